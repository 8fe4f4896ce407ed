"""Which sources of a project look shifted by the offset of a web map, each seen against the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.config import SourceSettings
from onemap.findings import Finding
from onemap.layers.crs_names import OFFSET_SYSTEMS
from onemap.layers.shifted import ShiftHint, ShiftReference, shift_hints
from onemap.layers.whole_layer import Rows, WholeLayer
from onemap.workflows.streamed_layers import LayerPart

__all__ = ["Shifted", "Spots", "shift_finding", "shift_findings", "shifts_among"]

Floats = NDArray[np.float64]

_STEP_DEG = 0.0004  # points along lines: some 40 m apart
_MOST_STEPS = 500_000
_MOST_POINTS = 1_000_000  # a reference of more, such as a drive test, has points everywhere and tells nothing


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Where the places of one layer are, to hold them against others.

    Attributes
    ----------
    points
        Lon and lat of its points in degrees, shape (n, 2).
    along
        The points, and points along its lines, shape (m, 2).
    is_mended
        True where the offset of a web map was taken away.
    """

    points: Floats
    along: Floats
    is_mended: bool


@dataclass(frozen=True, slots=True)
class Shifted:
    """A layer that looks shifted against another one, each by its position.

    Attributes
    ----------
    here, there
        Positions of the layer and of its witness.
    hint
        What speaks for it.
    """

    here: int
    there: int
    hint: ShiftHint


def shifts_among(layers: Sequence[Spots]) -> list[Shifted]:
    """Hold each layer against each other one.

    Parameters
    ----------
    layers
        Places of the layers.

    Returns
    -------
    shifted
        At most one a layer, against the witness that shows it best.
    """
    references = [ShiftReference.of(*one.along.T) for one in layers] if len(layers) > 1 else []
    hinted = list(_compared(layers, references))
    best: dict[int, Shifted] = {}
    for one in sorted(hinted, key=lambda item: -item.hint.matches):
        if _believed(one, hinted):
            best.setdefault(one.here, one)
    return list(best.values())


def shift_finding(shifted: Shifted, other: str, *, layer: str, file: str, sheet: str) -> Finding:
    """Say that a layer looks shifted against another file.

    Parameters
    ----------
    shifted
        What was found.
    other
        File of the witness.
    layer, file, sheet
        Canonical layer, file and sheet that look shifted.
    """
    hint = shifted.hint
    told: dict[str, object] = {
        "system": hint.system,
        "other": other,
        "matches": hint.matches,
        "by_chance": hint.by_chance,
        "points": hint.points,
        "offset": f"{hint.offset_m:.0f}",
    }
    rule = "OM-CRS-042" if hint.twice else "OM-CRS-041"
    return Finding(rule=rule, layer=layer, file=file, sheet=sheet, values=MappingProxyType(told))


def shift_findings(read: Sequence[tuple[SourceSettings, LayerPart]]) -> list[Finding]:
    """Hold the points of every source against points and lines of the others.

    Parameters
    ----------
    read
        The sources of a project, each with its canonical layer in degrees.

    Returns
    -------
    findings
        One a source that looks shifted, or from which an offset was taken away that it did not have; against the
        source that shows it best.
    """
    spots = [_spots(part) for _, part in read]
    findings = []
    for one in shifts_among(spots):
        source, other = read[one.here][0], read[one.there][0].path
        sheet = source.source_layer
        findings.append(shift_finding(one, other, layer=source.layer, file=source.path, sheet=sheet))
    return findings


def _spots(part: LayerPart) -> Spots:
    """Give the places of a source."""
    operation = part.operation
    is_mended = operation is not None and operation.source_crs in OFFSET_SYSTEMS.values()
    places = np.column_stack(part.layer.coordinates())
    is_point = ~np.isnan(places[:, 0])
    points = places if is_point.all() else places[is_point]
    return Spots(points, _along(part.layer, points, np.flatnonzero(~is_point)), is_mended)


def _believed(one: Shifted, hinted: Sequence[Shifted]) -> bool:
    """Tell whether as many sources speak against this one as against its witness, where each accuses the other."""
    mutual = any(item.here == one.there and item.there == one.here for item in hinted)
    against = sum(item.here == one.here for item in hinted)
    return not mutual or against >= sum(item.here == one.there for item in hinted)


def _compared(layers: Sequence[Spots], references: Sequence[ShiftReference]) -> Iterator[Shifted]:
    """Compare each layer with each other one."""
    for here, layer in enumerate(layers):
        for there, reference in enumerate(references):
            lon, lat = layer.points.T
            hints = shift_hints(lon, lat, reference) if here != there else []
            yield from (Shifted(here, there, hint) for hint in hints if hint.twice == layer.is_mended)


def _along(layer: WholeLayer, points: Floats, others: Rows) -> Floats:
    """Give the points of a layer and points along its lines, shape (n, 2); polygons have no spots to share."""
    if len(points) > _MOST_POINTS:
        return np.empty((0, 2))
    shapes = layer.shapes(others)
    lines = shapes[
        np.isin(shapely.get_type_id(shapes), [shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING])
    ]
    if len(lines) == 0 or shapely.length(lines).sum() / _STEP_DEG > _MOST_STEPS:
        return points
    along = shapely.get_coordinates(shapely.segmentize(lines, _STEP_DEG))
    return np.vstack([points, along])
