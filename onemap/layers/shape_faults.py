"""What is wrong with shapes in the working CRS, and what repairs make of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onemap.layers.repairs import outcome
from onemap.layers.row_faults import RowFault
from onemap.layers.shape_checks import (
    area_m2,
    crossing_antimeridian,
    mended,
    outside_share,
    repeated_vertices,
    spikes,
    split_at_antimeridian,
    validity_reason,
    without_extent,
)
from onemap.messages import Told

__all__ = ["checked_shapes"]

Geometry = NDArray[np.object_]

_SHORTEST_SPIKE_M = 1.0
_SHORTEST_SPIKE_DEG = 1e-5
_LEAST_SHARE = 0.001


@dataclass(frozen=True, slots=True)
class _Shapes:
    """Lines and polygons of a source, and where they stand in it."""

    geometry: Geometry
    rows: NDArray[np.int64]
    repairs: Collection[str]
    geographic: bool
    area: BaseGeometry | None

    def fault(self, rule: str, at: int, values: Mapping[str, object], done: Told | None = None) -> RowFault:
        """Name a shape at fault."""
        action: Literal["kept", "repaired"] = "repaired" if done and done.text_id == "done_repaired" else "kept"
        told = {**values, "done": done} if done else values
        return RowFault(rule, int(self.rows[at]), told, action)


def checked_shapes(
    geometry: Geometry, *, geographic: bool, area: BaseGeometry | None = None, repairs: Collection[str] = ()
) -> tuple[Geometry, list[RowFault]]:
    """Look at lines and polygons, and repair what the project asks for.

    Parameters
    ----------
    geometry
        Shapely geometries in the working CRS, shape (n,); None where a row is rejected already. Points pass.
    geographic
        Whether their coordinates are degrees.
    area
        Where they should lie, in the working CRS; None for anywhere.
    repairs
        Names of repairs that the project asks for.

    Returns
    -------
    geometry
        New geometries; None where a shape has no extent.
    faults
        OM-GEO-004 not valid, OM-GEO-009 repeated vertices, OM-GEO-010 without extent (rejected), OM-GEO-011 spikes,
        OM-GEO-012 over the 180th meridian, OM-GEO-013 partly outside.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(75, 39), (75.02, 39.02), (75.02, 39), (75, 39.02)])
    >>> shapes, faults = checked_shapes(np.array([bow_tie]), geographic=True, repairs=["geometry"])
    >>> shapes[0].is_valid, faults[0].rule, faults[0].action
    (True, 'OM-GEO-004', 'repaired')
    """
    rows = np.flatnonzero(shapely.get_dimensions(geometry) >= 1)
    if not len(rows):
        return geometry, []
    checked = np.asarray(geometry, dtype=object).copy()
    flat = rows[without_extent(checked[rows])]
    faults = [_without_extent(checked[row], int(row)) for row in flat]
    checked[flat] = None
    rows = np.setdiff1d(rows, flat)
    shapes = _Shapes(checked[rows], rows, repairs, geographic, area)
    for check in _CHECKS:
        faults += check(shapes)
    checked[rows] = shapes.geometry
    return checked, faults


def _without_extent(shape: BaseGeometry, row: int) -> RowFault:
    """Reject a shape without extent."""
    west, south, east, north = shape.bounds
    value = (
        f"{west:.10g}, {south:.10g}"
        if (west, south) == (east, north)
        else f"{west:.10g}, {south:.10g} – {east:.10g}, {north:.10g}"
    )
    return RowFault("OM-GEO-010", row, {"kind": shape.geom_type, "value": value}, "rejected")


def _repeated(shapes: _Shapes) -> list[RowFault]:
    """Find vertices that stand twice in a row."""
    counts = repeated_vertices(shapes.geometry)
    at_fault = np.flatnonzero(counts).tolist()
    before = shapely.get_num_coordinates(shapes.geometry)
    if "duplicate_vertices" in shapes.repairs:
        shapes.geometry[at_fault] = shapely.remove_repeated_points(shapes.geometry[at_fault])
    after = shapely.get_num_coordinates(shapes.geometry)
    faults = []
    for at in at_fault:
        done = outcome("duplicate_vertices", shapes.repairs, before=int(before[at]), after=int(after[at]))
        faults.append(shapes.fault("OM-GEO-009", at, {"count": int(counts[at])}, done))
    return faults


def _over_antimeridian(shapes: _Shapes) -> list[RowFault]:
    """Find shapes that jump over the 180th meridian."""
    if not shapes.geographic:
        return []
    faults = []
    for at in np.flatnonzero(crossing_antimeridian(shapes.geometry)).tolist():
        before = shapes.geometry[at]
        if "antimeridian" in shapes.repairs:
            shapes.geometry[at] = split_at_antimeridian(before)
        done = outcome("antimeridian", shapes.repairs, before=_width(before), after=_width(shapes.geometry[at]))
        faults.append(shapes.fault("OM-GEO-012", at, {}, done))
    return faults


def _width(shape: BaseGeometry) -> str:
    """Give the degrees of longitude that the parts of a shape span."""
    return " + ".join(f"{part.bounds[2] - part.bounds[0]:.6g}°" for part in shapely.get_parts(shape))


def _invalid(shapes: _Shapes) -> list[RowFault]:
    """Find shapes that are not valid, with the place."""
    faults = []
    for at in np.flatnonzero(~shapely.is_valid(shapes.geometry)).tolist():
        before = shapes.geometry[at]
        whole = mended(before) if "geometry" in shapes.repairs else None
        if whole is not None:
            shapes.geometry[at] = whole
        asked = shapes.repairs if whole is not None else ()
        done = outcome("geometry", asked, before=_size(before, shapes), after=_size(shapes.geometry[at], shapes))
        faults.append(shapes.fault("OM-GEO-004", at, {"reason": validity_reason(before)}, done))
    return faults


def _size(shape: BaseGeometry, shapes: _Shapes) -> str:
    """Give the area of a polygon, or the parts of a line."""
    if shapely.get_dimensions(shape) == 2:
        return f"{area_m2(shape, geographic=shapes.geographic):.1f} m²"
    return str(shape.wkt[:60])


def _spiked(shapes: _Shapes) -> list[RowFault]:
    """Find outlines that run out and straight back."""
    shortest = _SHORTEST_SPIKE_DEG if shapes.geographic else _SHORTEST_SPIKE_M
    counts, tips = spikes(shapes.geometry, shortest=shortest)
    return [
        shapes.fault("OM-GEO-011", at, {"count": int(counts[at]), "value": f"{tips[at][0]:.10g}, {tips[at][1]:.10g}"})
        for at in np.flatnonzero(counts).tolist()
    ]


def _partly_outside(shapes: _Shapes) -> list[RowFault]:
    """Find shapes that lie partly outside the area."""
    if shapes.area is None:
        return []
    shares = outside_share(shapes.geometry, shapes.area)
    return [
        shapes.fault("OM-GEO-013", at, {"share": f"{shares[at]:.1%}"})
        for at in np.flatnonzero(shares > _LEAST_SHARE).tolist()
    ]


_CHECKS: tuple[Callable[[_Shapes], list[RowFault]], ...] = (
    _repeated,
    _over_antimeridian,
    _invalid,
    _spiked,
    _partly_outside,
)
