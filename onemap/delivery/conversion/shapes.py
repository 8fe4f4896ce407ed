"""What becomes of the shapes in a format: as they will read back, and which are changed by that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.errors import WriteError

__all__ = ["ShapeLimits", "Shapes", "plan_shapes"]

Geometries = NDArray[np.object_]
Mask = NDArray[np.bool_]

_FAMILIES = {0: "Point", 1: "LineString", 2: "LineString", 3: "Polygon", 4: "Point", 5: "LineString", 6: "Polygon"}
_MANY = {"Point": shapely.MultiPoint, "LineString": shapely.MultiLineString, "Polygon": shapely.MultiPolygon}
_SINGLE, _COLLECTION = frozenset({0, 1, 2, 3}), 7


@dataclass(frozen=True, slots=True)
class ShapeLimits:
    """What a format does to shapes.

    Attributes
    ----------
    one_family
        All shapes of a layer must be points, or lines, or areas.
    empties
        Empty shapes are told from missing ones.
    not_finite
        Coordinates may be NaN or infinite.
    measures
        The fourth coordinate is kept.
    mixed_heights
        Shapes with and without heights may stand in one layer.
    lines_areas
        "as given"; "many" where lines and areas are read as Multi kinds; "fewest" where those of one part are read as
        single and points as Multi if one of them is.
    """

    one_family: bool = False
    empties: bool = True
    not_finite: bool = True
    measures: bool = True
    mixed_heights: bool = True
    lines_areas: str = "as given"


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """Shapes as they will read back, the kinds of loss with their rows, and the kind to declare."""

    geometry: Geometries
    losses: Sequence[tuple[str, Mask]]
    geometry_type: str


def plan_shapes(geometry: Geometries, limits: ShapeLimits, *, layer: str) -> Shapes:
    """Bring shapes to what a format holds.

    Parameters
    ----------
    geometry
        Shapely geometries, shape (n,), None where a row has none.
    limits
        What the format does to shapes.
    layer
        Name of the layer, for the message.

    Raises
    ------
    WriteError
        If points, lines and areas stand together in a format of one family.

    Examples
    --------
    >>> shapes = plan_shapes(np.array([shapely.Point(), None]), ShapeLimits(empties=False), layer="towers")
    >>> shapes.geometry.tolist(), shapes.losses[1]
    ([None, None], ('empty-geometry', array([ True, False])))
    """
    fresh = geometry.copy()
    wild = _not_finite(fresh) if not limits.not_finite else np.zeros(len(fresh), dtype=bool)
    fresh[wild] = None
    empty = shapely.is_empty(fresh) if not limits.empties else np.zeros(len(fresh), dtype=bool)
    fresh[empty] = None
    losses = [("coordinates-not-finite", wild), ("empty-geometry", empty)]
    families = _families(fresh)
    if limits.one_family and (len(families) > 1 or "Unknown" in families):
        raise WriteError("geometry_families_mixed", layer=layer, kinds=", ".join(sorted(families)))
    fresh, flattened = _with_heights(fresh, limits)
    fresh, other = _with_parts(fresh, limits)
    return Shapes(fresh, [*losses, ("height", flattened), ("geometry-kind", other)], _declared(fresh, limits))


def _not_finite(geometry: Geometries) -> Mask:
    """Tell which shapes hold a coordinate or height that is no number."""
    present = ~shapely.is_missing(geometry)
    coordinates, at = shapely.get_coordinates(geometry[present], include_z=True, return_index=True)
    flat = ~shapely.has_z(geometry[present])
    wrong = ~np.isfinite(coordinates[:, :2]).all(axis=1)
    wrong |= ~flat[at] & ~np.isfinite(coordinates[:, 2])
    found = np.zeros(int(present.sum()), dtype=bool)
    found[at[wrong]] = True
    result = np.zeros(len(geometry), dtype=bool)
    result[present] = found
    return result


def _families(geometry: Geometries) -> set[str]:
    """Name the families of shapes that there are."""
    return {_FAMILIES.get(int(kind), "Unknown") for kind in np.unique(shapely.get_type_id(geometry)) if kind >= 0}


def _with_heights(geometry: Geometries, limits: ShapeLimits) -> tuple[Geometries, Mask]:
    """Leave measures out, and give all shapes a height where one has, as far as the format wants that."""
    measured, high = shapely.has_m(geometry), shapely.has_z(geometry)
    changed = np.zeros(len(geometry), dtype=bool)
    fresh = geometry.copy()
    if not limits.measures and measured.any():
        plain = measured & ~high
        fresh[plain] = shapely.force_2d(fresh[plain])
        fresh[measured & high] = shapely.force_3d(fresh[measured & high])
        changed |= measured
    if not limits.mixed_heights and high.any():
        low = ~high & ~shapely.is_missing(fresh)
        fresh[low] = shapely.force_3d(fresh[low], z=0.0)
        changed |= low
    return fresh, changed


def _with_parts(geometry: Geometries, limits: ShapeLimits) -> tuple[Geometries, Mask]:
    """Make shapes single or many as they will read back."""
    kinds = shapely.get_type_id(geometry)
    fresh = geometry.copy()
    changed = np.zeros(len(geometry), dtype=bool)
    if limits.lines_areas == "as given":
        return fresh, changed
    parts = shapely.get_num_geometries(geometry)
    points = np.isin(kinds, [0, 4])
    if points.any():
        to_many = (kinds == 0) & bool((kinds == 4).any())
        to_one = np.zeros(len(geometry), dtype=bool)
    else:
        to_many = np.isin(kinds, [1, 2, 3]) & (limits.lines_areas == "many")
        to_one = np.isin(kinds, [5, 6]) & (parts == 1) & (limits.lines_areas == "fewest")
    for at in np.flatnonzero(to_many):
        fresh[at] = _MANY[_FAMILIES[int(kinds[at])]]([geometry[at]])
    fresh[to_one] = shapely.get_geometry(geometry[to_one], 0)
    return fresh, to_many | to_one


def _declared(geometry: Geometries, limits: ShapeLimits) -> str:
    """Name the kind to declare: the one kind there is, or that of the family where the format has no finer one."""
    kinds = {int(kind) for kind in np.unique(shapely.get_type_id(geometry)) if kind >= 0}
    high, measured = bool(shapely.has_z(geometry).any()), bool(shapely.has_m(geometry).any())
    ending = (" Z" if high else "") + ("M" if high and measured else " M" if measured else "")
    if not kinds:
        return "Point" if limits.one_family else "Unknown"
    families = {_FAMILIES.get(kind, "Unknown") for kind in kinds}
    if len(families) > 1 or "Unknown" in families:
        return "Unknown"
    family = families.pop()
    if limits.lines_areas == "as given":
        return "Unknown" if len(kinds) > 1 else ("" if kinds <= _SINGLE else "Multi") + family + ending
    many = 4 in kinds or (limits.lines_areas == "many" and family != "Point")
    return ("Multi" if many else "") + family + ending
