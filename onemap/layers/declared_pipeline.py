"""A PROJ pipeline declared by the user: checked word by word before PROJ sees it.

A pipeline may name files (grids, model files, other pipelines) that PROJ would look for on disk and on the network. So
only operations and keys that compute are let through.
"""

from __future__ import annotations

from dataclasses import dataclass

from onemap.errors import CRSError

__all__ = ["DeclaredPipeline", "NamedOperation"]

_OPERATION_NAMES = """
    affine axisswap cart etmerc helmert laea lcc longlat lonlat merc molobadekas molodensky noop pipeline pop
    push stere sterea tmerc unitconvert ups utm aea geogoffset
"""
_KEY_NAMES = """
    proj step inv omit_fwd omit_inv order xy_in xy_out z_in z_out v_1 v_2 v_3 v_4 ellps a b f rf x y z rx ry
    rz s theta convention exact px py pz dx dy dz da df abridged xoff yoff zoff s11 s12 s13 s21 s22 s23 s31
    s32 s33 dlon dlat dh lon_0 lat_0 lat_1 lat_2 lat_ts k k_0 x_0 y_0 zone south units to_meter no_defs type
    approx algo
"""
_OPERATIONS = frozenset(_OPERATION_NAMES.split())
_KEYS = frozenset(_KEY_NAMES.split())


@dataclass(frozen=True, slots=True)
class DeclaredPipeline:
    """A pipeline from the coordinates of a source to degrees of the target's datum.

    Attributes
    ----------
    steps
        The pipeline as PROJ writes it. In: easting, northing in metres, or lon, lat in degrees, as the source has them.
        Out: lon, lat in degrees on the datum of the target.
    accuracy_m
        Accuracy as whoever gave it states it, in metres; None where unknown.

    Raises
    ------
    CRSError
        If it names an operation or a key that is not one of those that only compute.

    Examples
    --------
    >>> DeclaredPipeline("+proj=pipeline +step +proj=axisswap +order=2,1", 0.5).chain
    ('proj=axisswap order=2,1',)
    >>> DeclaredPipeline("+proj=hgridshift +grids=https://example.org/a.tif", 0.5)
    Traceback (most recent call last):
    onemap.errors.CRSError: a pipeline may only hold steps that compute, without files or grids, got proj=hgridshift...
    """

    steps: str
    accuracy_m: float | None

    def __post_init__(self) -> None:
        for word in self._words():
            key, _, value = word.partition("=")
            if key not in _KEYS or (key == "proj" and value not in _OPERATIONS):
                raise CRSError("pipeline_word", word=word[:60])

    @property
    def chain(self) -> tuple[str, ...]:
        """The steps one by one, without the marks that PROJ allows to leave out."""
        steps: list[list[str]] = [[]]
        for word in self._words():
            if word == "step":
                steps.append([])
            elif word not in {"proj=pipeline", "no_defs", "type=crs"}:
                steps[-1].append(word)
        return tuple(" ".join(step) for step in steps if step)

    def _words(self) -> list[str]:
        """Give the words of the pipeline without their plus signs."""
        return [word.removeprefix("+") for word in self.steps.split()]


@dataclass(frozen=True, slots=True)
class NamedOperation:
    """A published operation that the user asks for by its code.

    Attributes
    ----------
    code
        "EPSG:n" of a coordinate transformation.
    """

    code: str
