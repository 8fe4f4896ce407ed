"""Cells of an elevation model that could hold a new site, tile by tile: rises, and what sees most of the gaps.

What is in sight is turned round: from each gap place the cells are marked from which a mast would see it. The marks,
weighted and added up, tell for each cell how much of the gaps a mast there would see.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.candidate_settings import RiseSettings
from onemap.analyses.candidates.cells import Near, cell_places, cell_sides
from onemap.analyses.candidates.gap_places import squares_at
from onemap.analyses.conflicts import NO_ZONE, PointZones
from onemap.analyses.coverage.line_of_sight import pixels_of
from onemap.layers.grid import Grid
from onemap.progress import Progress, silent
from onemap.terrain.plane import even_plane
from onemap.terrain.relief import highest_within, slopes_deg
from onemap.terrain.viewshed import VISIBLE, Eye, viewshed

__all__ = ["LEFT_OUT", "Ground", "search_cells", "weight_in_sight"]

LEFT_OUT = ("unseen", "void", "steep", "road", "power", "beside")
"""Why cells are left out, the first that holds."""

Floats = NDArray[np.float64]
Window = tuple[int, int, int, int]

_THREADS, _AT_ONCE = 2, 128


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """An elevation model with what cells are held against.

    Attributes
    ----------
    grid
        Heights of the ground.
    crs
        Geographic CRS of all places.
    road, power
        What roads and power are near; None where there are none, and nothing is asked.
    zones
        Zones made ready; None where there are none.
    shared
        What should be shared in place of building beside it; None where there is none.
    """

    grid: Grid
    crs: CRS
    road: Near | None = None
    power: Near | None = None
    zones: PointZones | None = None
    shared: Near | None = None


def search_cells(
    ground: Ground, samples: pd.DataFrame, settings: RiseSettings, *, progress: Progress = silent
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Find the cells that could hold a new site.

    Parameters
    ----------
    ground
        Elevation model, roads, power.
    samples
        Gap places, see `onemap.analyses.candidates.gap_places.in_squares`.
    settings
        Limits.
    progress
        Told how many tiles are done.

    Returns
    -------
    cells
        row, column, lon, lat, ground_elev_m, slope_deg, seen_weight, scale_m (the largest at which it is the highest;
        0 where it is no rise), zone_status, zone_ids, zone_kind, best (most in sight of its square, among those where
        building is forbidden, and among the others), by row, then column. The same whatever the tiles.
    left_out
        How many cells each of `LEFT_OUT` took; "unseen" counts within tiles that were looked at only.

    Examples
    --------
    >>> from affine import Affine
    >>> rows, columns = np.mgrid[-40:41, -40:41]
    >>> cone = (400.0 - 5.0 * np.hypot(rows, columns)).astype("float32")
    >>> grid = Grid(cone, Affine(0.001, 0, 75, 0, -0.001, 39.081), "EPSG:4490")
    >>> samples = pd.DataFrame({"lon": [75.07], "lat": [39.05], "weight": [9.0], "places": [1]})
    >>> cells, _ = search_cells(Ground(grid, CRS("EPSG:4490")), samples, RiseSettings(square_m=20_000.0))
    >>> cells.loc[cells["scale_m"].gt(0), ["row", "column", "scale_m", "seen_weight"]].values.tolist()
    [[40.0, 40.0, 3000.0, 9.0]]
    """
    sight = _sight_of(ground, samples, settings)
    tiles = list(_tiles(ground.grid, sight, settings))
    left_out = dict.fromkeys(LEFT_OUT, 0)
    parts = []
    with progress.step("plan_rises_step", total=len(tiles)) as done:
        for window in tiles:
            cells, counts = _tile(ground, sight, settings, window)
            parts.append(cells)
            left_out = {name: left_out[name] + counts[name] for name in LEFT_OUT}
            done(1)
    cells = pd.concat(parts, ignore_index=True) if parts else _no_cells()
    cells["best"] = _best_of_squares(cells, settings.square_m)
    kept = cells["best"].to_numpy(dtype=bool) | (cells["scale_m"].to_numpy() > 0)
    return cells[kept].sort_values(["row", "column"], ignore_index=True), left_out


_COLUMNS = ("row", "column", "lon", "lat", "ground_elev_m", "slope_deg", "seen_weight", "scale_m")


def _no_cells() -> pd.DataFrame:
    """Give the table without rows."""
    texts = {name: pd.Series(dtype="object") for name in ("zone_status", "zone_ids", "zone_kind")}
    return pd.DataFrame({**{name: pd.Series(dtype="float64") for name in _COLUMNS}, **texts})


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """What is looked over: every n-th cell, and gap places on such cells."""

    heights: NDArray[np.floating]
    step: int
    places: pd.DataFrame


def _sight_of(ground: Ground, samples: pd.DataFrame, settings: RiseSettings) -> _Sight:
    """Thin cells that are finer than need be, the middle one of each block for all, and put gap places on them."""
    values = ground.grid.values
    middle = np.array([(values.shape[0] - 1) / 2.0])
    finest_m = float(min(side[0] for side in cell_sides(ground.grid, middle, ground.crs)))
    step = max(min(int(settings.sight_cell_m / finest_m + 0.1), *values.shape), 1)
    heights = np.ascontiguousarray(values[step // 2 :: step, step // 2 :: step])
    places = _samples_on_cells(ground, samples)
    row, column = (
        np.minimum(places[name].to_numpy() // step, count - 1)
        for name, count in zip(("row", "column"), heights.shape, strict=True)
    )
    places = places.assign(row=row, column=column, row_m=step * places["row_m"], column_m=step * places["column_m"])
    return _Sight(heights, step, places[np.isfinite(heights[row, column])].reset_index(drop=True))


def _samples_on_cells(ground: Ground, samples: pd.DataFrame) -> pd.DataFrame:
    """Put gap places on the nearest cells; leave out those beyond the model."""
    rows, columns = ground.grid.values.shape
    if samples.empty:
        return samples.assign(row=0, column=0, column_m=1.0, row_m=1.0)
    pixels = pixels_of(samples["lon"].to_numpy(), samples["lat"].to_numpy(), ground.grid, ground.crs)
    column, row = np.round(pixels.T)
    inside = (column >= 0) & (row >= 0) & (column < columns) & (row < rows)
    table = samples[inside].assign(row=row[inside].astype(int), column=column[inside].astype(int))
    column_m, row_m = cell_sides(ground.grid, table["row"].to_numpy(dtype=float), ground.crs)
    return pd.DataFrame(table.assign(column_m=column_m, row_m=row_m))


def _reaches(places: pd.DataFrame, view_m: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give how many rows and columns each place may see."""
    down = np.ceil(view_m / places["row_m"].to_numpy()).astype(np.int64) + 1
    across = np.ceil(view_m / places["column_m"].to_numpy()).astype(np.int64) + 1
    return down, across


def _tiles(grid: Grid, sight: _Sight, settings: RiseSettings) -> Iterator[Window]:
    """Give the tiles from which a gap place may be seen: first row, first column, rows, columns."""
    rows, columns = grid.values.shape
    side = settings.tile_cells
    places, step = sight.places, sight.step
    down, across = (step * (reach + 1) for reach in _reaches(places, settings.view_m))
    row, column = step * places["row"].to_numpy(), step * places["column"].to_numpy()
    for top in range(0, rows, side):
        for left in range(0, columns, side):
            near = (row + down >= top) & (row - down < top + side)
            if (near & (column + across >= left) & (column - across < left + side)).any():
                yield top, left, min(side, rows - top), min(side, columns - left)


def weight_in_sight(
    heights: NDArray[np.floating], places: pd.DataFrame, settings: RiseSettings, window: Window
) -> Floats:
    """Add up, for each cell of a window, the weight of the gap places that a mast there would see.

    Parameters
    ----------
    heights
        Heights of the ground, shape (rows, columns), in metres; NaN is a void.
    places
        row, column (whole), weight, column_m, row_m (sides of the cells there).
    settings
        Heights of both ends, reach, refraction.
    window
        First row, first column, rows, columns.

    Returns
    -------
    weight
        Shape (rows, columns); places are added up in their order, so every window gives the same.

    Examples
    --------
    >>> place = pd.DataFrame({"row": [2], "column": [2], "weight": [7.0], "column_m": 100.0, "row_m": 100.0})
    >>> weight_in_sight(np.zeros((5, 5)), place, RiseSettings(view_m=100.0), (2, 0, 1, 5))
    array([[0., 7., 7., 7., 0.]])
    """
    top, left, rows, columns = window
    seen = np.zeros((rows, columns))
    down, across = _reaches(places, settings.view_m)
    row, column = places["row"].to_numpy(), places["column"].to_numpy()
    near = (
        (row + down >= top) & (row - down < top + rows) & (column + across >= left) & (column - across < left + columns)
    )
    wanted = np.flatnonzero(near)
    with ThreadPoolExecutor(_THREADS) as threads:  # the kernels run side by side; what they give is added up in order
        for first in range(0, len(wanted), _AT_ONCE):
            some = places.iloc[wanted[first : first + _AT_ONCE]]
            discs = threads.map(lambda place: _in_sight(heights, place, settings), some.itertuples())
            for (north, west, sight), weight in zip(discs, some["weight"].to_numpy(dtype=float), strict=True):
                first_row, end_row = max(north, top), min(north + sight.shape[0], top + rows)
                first_column, end_column = max(west, left), min(west + sight.shape[1], left + columns)
                part = sight[first_row - north : end_row - north, first_column - west : end_column - west]
                seen[first_row - top : end_row - top, first_column - left : end_column - left] += weight * part
    return seen


def _in_sight(heights: NDArray[np.floating], place: Any, settings: RiseSettings) -> tuple[int, int, NDArray[np.bool_]]:
    """Mark the cells from which a mast would see a place: first row and column of its disc, and the marks.

    The disc is the same whatever the window: what is in sight must not depend on where it is cut.
    """
    down, across = (math.ceil(settings.view_m / side) + 1 for side in (place.row_m, place.column_m))
    north, west = max(place.row - down, 0), max(place.column - across, 0)
    disc = heights[north : place.row + down + 1, west : place.column + across + 1]
    plane = even_plane(float(place.column - west), float(place.row - north), place.column_m, place.row_m)
    eye = Eye(settings.target_m, settings.mast_m, settings.view_m, settings.k_factor)
    return north, west, viewshed(disc, plane, eye) == VISIBLE


def _tile(ground: Ground, sight: _Sight, settings: RiseSettings, window: Window) -> tuple[pd.DataFrame, dict[str, int]]:
    """Find the cells of one tile that pass all limits; count the others."""
    top, left, rows, columns = window
    seen = _seen(sight, settings, window)
    slope, scale_m = _shape(ground, settings, window)
    ok = seen > 0
    left_out = dict.fromkeys(LEFT_OUT, 0) | {"unseen": int((~ok).sum())}
    known = np.isfinite(ground.grid.values[top : top + rows, left : left + columns]) & np.isfinite(slope)
    left_out["void"] = int((ok & ~known).sum())
    ok &= known
    gentle = np.nan_to_num(slope, nan=np.inf) <= settings.max_slope_deg
    left_out["steep"] = int((ok & ~gentle).sum())
    row, column = np.nonzero(ok & gentle)
    lon, lat = cell_places(ground.grid, (column + left).astype(float), (row + top).astype(float), ground.crs)
    kept = np.ones(len(row), dtype=bool)
    for name, near in (("road", ground.road), ("power", ground.power)):
        if near is not None:
            fits = np.zeros(len(row), dtype=bool)
            fits[kept] = near.about(lon[kept], lat[kept])
            left_out[name] = int((kept & ~fits).sum())
            kept = fits
    if ground.shared is not None:
        beside = np.zeros(len(row), dtype=bool)
        beside[kept] = ground.shared.about(lon[kept], lat[kept])
        left_out["beside"] = int(beside.sum())
        kept &= ~beside
    row, column, lon, lat = row[kept], column[kept], lon[kept], lat[kept]
    table = pd.DataFrame(
        {
            "row": row + top,
            "column": column + left,
            "lon": lon,
            "lat": lat,
            "ground_elev_m": ground.grid.values[row + top, column + left].astype(float),
            "slope_deg": slope[row, column],
            "seen_weight": seen[row, column],
            "scale_m": scale_m[row, column],
        }
    )
    table = _with_zones(table, ground.zones, settings)
    best = _best_of_squares(table, settings.square_m)  # the best of the whole square is the best of its part
    return table[best | (table["scale_m"].to_numpy() > 0)], left_out


def _seen(sight: _Sight, settings: RiseSettings, window: Window) -> Floats:
    """Give what is in sight of each cell of a tile: what is in sight of the cell that stands for it."""
    top, left, rows, columns = window
    row, column = (
        np.minimum(np.arange(first, first + count) // sight.step, size - 1)
        for first, count, size in zip((top, left), (rows, columns), sight.heights.shape, strict=True)
    )
    part = (int(row[0]), int(column[0]), int(row[-1] - row[0] + 1), int(column[-1] - column[0] + 1))
    seen = weight_in_sight(sight.heights, sight.places, settings, part)
    return seen[np.ix_(row - row[0], column - column[0])]


def _with_zones(cells: pd.DataFrame, zones: PointZones | None, settings: RiseSettings) -> pd.DataFrame:
    """Hold cells against zones."""
    if zones is None or cells.empty:
        return cells.assign(zone_status="not checked" if zones is None else NO_ZONE, zone_ids="", zone_kind="")
    area_m2 = np.full(len(cells), settings.site_area_m2)
    told = zones.at(cells["lon"].to_numpy(float), cells["lat"].to_numpy(float), area_m2, layer="planned_sites")
    return cells.assign(zone_status=told.verdict, zone_ids=told.zone_ids, zone_kind=told.kind)


def _shape(ground: Ground, settings: RiseSettings, window: Window) -> tuple[Floats, Floats]:
    """Give slope, and the largest scale at which a cell is the highest, of one tile."""
    top, left, rows, columns = window
    middle = np.array([(ground.grid.values.shape[0] - 1) / 2.0])
    column_m, row_m = (float(side[0]) for side in cell_sides(ground.grid, middle, ground.crs))
    reach = [(max(round(one / row_m), 1), max(round(one / column_m), 1)) for one in sorted(settings.scales_m)]
    margin_rows, margin_columns = np.max([*reach, (1, 1)], axis=0).tolist()
    first_row, first_column = max(top - margin_rows, 0), max(left - margin_columns, 0)
    heights = ground.grid.values[first_row : top + rows + margin_rows, first_column : left + columns + margin_columns]
    inner = slice(top - first_row, top - first_row + rows), slice(left - first_column, left - first_column + columns)
    sides = cell_sides(ground.grid, np.arange(first_row, first_row + heights.shape[0], dtype=float), ground.crs)
    slope = slopes_deg(heights, *sides)[inner]
    scale_m = np.zeros((rows, columns))
    for one, (down, across) in zip(sorted(settings.scales_m), reach, strict=True):
        scale_m[highest_within(heights, down, across)[inner]] = one
    return slope, scale_m


def _best_of_squares(cells: pd.DataFrame, side_m: float) -> NDArray[np.bool_]:
    """Mark the cell with most in sight of each square, forbidden ones apart; of equal ones the highest, the first."""
    best = np.zeros(len(cells), dtype=bool)
    if not len(cells):
        return best
    square = squares_at(cells["lon"].to_numpy(), cells["lat"].to_numpy(), side_m)
    square = np.column_stack([square, cells["zone_status"].eq("forbidden").to_numpy(dtype=np.int64)])
    rank = (cells["column"], cells["row"], -cells["ground_elev_m"], -cells["seen_weight"])
    order = np.lexsort((*rank, *square.T))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(square[order], axis=0) != 0).any(axis=1)
    best[order[first]] = True
    return best
