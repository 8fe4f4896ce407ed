"""Which sources of a project look shifted by the offset of a web map, each seen against the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.config import SourceSettings
from onemap.findings import Finding
from onemap.layers.conform import Conformed
from onemap.layers.crs_names import OFFSET_SYSTEMS
from onemap.layers.shifted import ShiftHint, ShiftReference, shift_hints

__all__ = ["shift_findings"]

Floats = NDArray[np.float64]

_STEP_DEG = 0.0004  # points along lines: some 40 m apart
_MOST_STEPS = 500_000
_MOST_POINTS = 1_000_000  # a reference of more, such as a drive test, has points everywhere and tells nothing


@dataclass(frozen=True, slots=True)
class _Hinted:
    """A source that looks shifted against another one, each by its place in the project."""

    here: int
    there: int
    hint: ShiftHint


def shift_findings(read: Sequence[tuple[SourceSettings, Conformed]]) -> list[Finding]:
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
    if len(read) < 2:
        return []
    references = [ShiftReference.of(*_places(one.layer).T) for _, one in read]
    hinted = list(_compared(read, references))
    best: dict[int, _Hinted] = {}
    for one in sorted(hinted, key=lambda item: -item.hint.matches):
        if _believed(one, hinted):
            best.setdefault(one.here, one)
    return [_finding(read[one.here][0], read[one.there][0].path, one.hint) for one in best.values()]


def _believed(one: _Hinted, hinted: Sequence[_Hinted]) -> bool:
    """Tell whether as many sources speak against this one as against its witness, where each accuses the other."""
    mutual = any(item.here == one.there and item.there == one.here for item in hinted)
    against = sum(item.here == one.here for item in hinted)
    return not mutual or against >= sum(item.here == one.there for item in hinted)


def _compared(
    read: Sequence[tuple[SourceSettings, Conformed]], references: Sequence[ShiftReference]
) -> Iterator[_Hinted]:
    """Compare each source of points with each other source."""
    for here, (_, conformed) in enumerate(read):
        if conformed.operation is None:
            continue
        offset = conformed.operation.source_crs in OFFSET_SYSTEMS.values()
        lon, lat = _points(conformed.layer).T
        for there, reference in enumerate(references):
            hints = shift_hints(lon, lat, reference) if here != there else []
            yield from (_Hinted(here, there, hint) for hint in hints if hint.twice == offset)


def _points(layer: gpd.GeoDataFrame) -> Floats:
    """Give the coordinates of the points of a layer, shape (n, 2)."""
    geometry = np.asarray(layer.geometry.array, dtype=object)
    coordinates: Floats = shapely.get_coordinates(geometry[shapely.get_type_id(geometry) == shapely.GeometryType.POINT])
    return coordinates


def _places(layer: gpd.GeoDataFrame) -> Floats:
    """Give the points of a layer and points along its lines, shape (n, 2); polygons have no spots to share."""
    geometry = np.asarray(layer.geometry.array, dtype=object)
    lines = geometry[
        np.isin(shapely.get_type_id(geometry), [shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING])
    ]
    points = _points(layer)
    if len(points) > _MOST_POINTS:
        return np.empty((0, 2))
    if len(lines) == 0 or shapely.length(lines).sum() / _STEP_DEG > _MOST_STEPS:
        return points
    along = shapely.get_coordinates(shapely.segmentize(lines, _STEP_DEG))
    return np.vstack([points, along])


def _finding(source: SourceSettings, other: str, hint: ShiftHint) -> Finding:
    """Say that a source looks shifted."""
    told: dict[str, object] = {
        "system": hint.system,
        "other": other,
        "matches": hint.matches,
        "by_chance": hint.by_chance,
        "points": hint.points,
        "offset": f"{hint.offset_m:.0f}",
    }
    return Finding(
        rule="OM-CRS-042" if hint.twice else "OM-CRS-041",
        layer=source.layer,
        file=source.path,
        sheet=source.source_layer,
        values=MappingProxyType(told),
    )
