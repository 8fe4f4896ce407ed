"""What was read back, against what was planned: cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.delivery.conversion.layer import Loss, PlainLayer, Plan

__all__ = ["Proof", "compare", "grid_step"]

Geometries = NDArray[np.object_]

_GRID_DEGREES, _GRID_METRES = 1e-9, 1e-4
_DEGREES_MOST = 400.0


@dataclass(frozen=True, slots=True)
class Proof:
    """What reading back showed.

    Attributes
    ----------
    problem
        Where the file does not hold what was planned, in English for the log; empty if it does.
    losses
        What only reading can show: coordinates moved on the grid of the format, rings put together differently.
    """

    problem: str
    losses: tuple[Loss, ...]


def grid_step(layer: PlainLayer) -> float:
    """Give the step of the grid on which a File GDB keeps coordinates: 1e-9 degrees or 0.1 mm.

    Parameters
    ----------
    layer
        The layer; without a system of coordinates they are taken for degrees where all could be.

    Examples
    --------
    >>> grid_step(PlainLayer("towers", pa.table({}), np.array([shapely.Point(5e5, 4e6)]), None))
    0.0001
    """
    if layer.crs is not None:
        return _GRID_DEGREES if CRS.from_user_input(layer.crs).is_geographic else _GRID_METRES
    places = np.abs(shapely.get_coordinates(layer.geometry))
    return _GRID_METRES if (places > _DEGREES_MOST).any() else _GRID_DEGREES


def compare(plan: Plan, found: PlainLayer) -> Proof:
    """Compare a layer read back with what was planned.

    Parameters
    ----------
    plan
        The plan that was written.
    found
        What the file holds.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> from onemap.delivery.conversion.plans import plan_layer
    >>> towers = plain_layer("towers", pd.DataFrame({"id": [1, 2]}), None, crs=None)
    >>> other = plain_layer("towers", pd.DataFrame({"id": [1, 3]}), None, crs=None)
    >>> compare(plan_layer(towers, "gpkg"), other).problem
    'column id: row 2 holds 3, not 2'
    """
    stored = plan.stored
    problem = _table_problem(stored, found)
    if problem or stored.geometry is None or found.geometry is None:
        return Proof(problem, ())
    if not _same_crs(stored.crs, found.crs):
        return Proof(f"CRS {found.crs}, not {stored.crs}", ())
    return _shapes(stored.geometry, found.geometry, grid_step(stored))


def _table_problem(stored: PlainLayer, found: PlainLayer) -> str:
    """Say where rows, columns and cells differ; empty if nowhere."""
    if found.rows != stored.rows:
        return f"{found.rows} rows, not {stored.rows}"
    if found.table.column_names != stored.table.column_names:
        return f"columns {found.table.column_names}, not {stored.table.column_names}"
    for name in stored.table.column_names:
        problem = _column_problem(stored.table[name].combine_chunks(), found.table[name].combine_chunks())
        if problem:
            return f"column {name}: {problem}"
    if (found.geometry is None) != (stored.geometry is None):
        return "shapes where there were none, or none where there were"
    return ""


def _column_problem(meant: pa.Array, found: pa.Array) -> str:
    """Say where two columns differ; empty if nowhere. A column without a value has no kind."""
    if meant.null_count == len(meant) and found.null_count == len(found):
        return ""
    if pa.types.is_integer(meant.type) and pa.types.is_integer(found.type):
        meant, found = meant.cast(pa.int64()), found.cast(pa.int64())
    if meant.type != found.type:
        return f"kind {found.type}, not {meant.type}"
    differs = pc.fill_null(pc.not_equal(meant, found), False).to_numpy(zero_copy_only=False).astype(bool)  # noqa: FBT003
    differs |= meant.is_valid().to_numpy(zero_copy_only=False) != found.is_valid().to_numpy(zero_copy_only=False)
    if not differs.any():
        return ""
    at = int(np.flatnonzero(differs)[0])
    return f"row {at + 1} holds {found[at].as_py()!r}, not {meant[at].as_py()!r}"


def _same_crs(meant: str | None, found: str | None) -> bool:
    """Compare two systems, by code or definition."""
    if meant is None or found is None:
        return meant is found
    left, right = CRS.from_user_input(meant), CRS.from_user_input(found)
    return left == right or left.equals(right, ignore_axis_order=True) or left.name == right.name


def _shapes(meant: Geometries, found: Geometries, tolerance: float) -> Proof:
    """Compare shapes; rings may start elsewhere and run the other way."""
    left, right = (shapely.orient_polygons(shapes) for shapes in (meant, found))
    same = shapely.equals_identical(left, right) | (shapely.is_missing(left) & shapely.is_missing(right))
    if same.all():
        return Proof("", ())
    at = np.flatnonzero(~same)
    differing: dict[str, list[int]] = {"same": [], "coordinates-rounded": [], "rings": []}
    for position in at:
        verdict = _verdict(left[position], right[position], tolerance)
        if not verdict:
            return Proof(f"shape of row {position + 1} is {found[position]}, not {meant[position]}"[:300], ())
        differing[verdict].append(int(position))
    losses = [
        Loss(kind, None, np.array(rows, dtype=np.int64), str(meant[rows[0]])[:60], str(found[rows[0]])[:60])
        for kind, rows in differing.items()
        if rows and kind != "same"
    ]
    return Proof("", tuple(losses))


def _verdict(meant: shapely.Geometry | None, found: shapely.Geometry | None, tolerance: float) -> str:
    """Tell what differs between two shapes: nothing that counts, the coordinates a little, the rings; empty if more."""
    if meant is None or found is None:
        return ""
    if meant.geom_type == found.geom_type and _near(meant, found, tolerance):
        return "coordinates-rounded"
    is_area = meant.geom_type.endswith("Polygon") and found.geom_type.endswith("Polygon")
    return _area_verdict(meant, found, tolerance) if is_area else ""


def _area_verdict(one: shapely.Geometry, two: shapely.Geometry, tolerance: float) -> str:
    """Tell what differs between two areas, ring by ring; empty if more than a little."""
    left, right = _rings(one), _rings(two)
    moves = [_move(a, b) for a, b in zip(left, right, strict=False)]
    if len(left) != len(right) or max(moves, default=0.0) > tolerance:
        return ""
    if one.geom_type != two.geom_type or _holes(one) != _holes(two):
        return "rings"
    return "coordinates-rounded" if max(moves, default=0.0) > 0 else "same"


def _near(one: shapely.Geometry, two: shapely.Geometry, tolerance: float) -> bool:
    """Tell whether all coordinates of two shapes are near, one by one."""
    left, right = (shapely.get_coordinates(shape, include_z=True) for shape in (one, two))
    if left.shape != right.shape:
        return False
    apart = np.abs(np.nan_to_num(left) - np.nan_to_num(right))
    return bool((apart[:, :2] <= tolerance).all() and (apart[:, 2] <= _GRID_METRES).all())


def _holes(area: shapely.Geometry) -> list[int]:
    """Count the holes of each part."""
    return sorted(len(part.interiors) for part in shapely.get_parts(area))


def _move(one: shapely.Geometry, two: shapely.Geometry) -> float:
    """Give the farthest that a point of a ring has moved, wherever the ring starts and whichever way it runs."""
    left, right = (shapely.get_coordinates(area, include_z=True)[:-1] for area in (one, two))
    if left.shape != right.shape or not len(left):
        return np.inf if left.shape != right.shape else 0.0
    left, right = np.nan_to_num(left), np.nan_to_num(right)
    least = np.inf
    for way in (right, right[::-1]):
        for start in np.flatnonzero(np.abs(way - left[0]).max(axis=1) <= _GRID_METRES):
            least = min(least, float(np.abs(np.roll(way, -start, axis=0) - left).max()))
    return least


def _rings(area: shapely.Geometry) -> list[shapely.Geometry]:
    """Give the rings of an area, each as an area, in an order that small moves do not change."""
    rings = [shapely.Polygon(ring) for part in shapely.get_parts(area) for ring in (part.exterior, *part.interiors)]
    return sorted(rings, key=lambda ring: (*np.round(ring.bounds, 3), round(ring.area, 6)))
