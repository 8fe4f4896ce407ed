"""Clutter: heights of what stands on the ground, on the very cells of an elevation model.

Land cover comes in any CRS and resolution. By the rule "nearest" a cell takes the class in which its middle lies; by
"tallest" the highest of the classes whose cells have their middle in it, and the nearest where there is none. A cell
that nothing is known of is open land, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from rasterio.features import rasterize

from onemap.layers.crs import choose_operation, to_crs, transform
from onemap.layers.grid import Grid
from onemap.layers.land_cover import LandCoverClass

__all__ = ["CellRule", "Clutter", "clutter_heights", "open_land", "with_buildings"]

CellRule = Literal["nearest", "tallest"]

_CODES = 65_536  # codes of land cover are below; whatever is not takes the place behind them
_ROWS_AT_ONCE = 256
_LATTICE_CELLS = 16  # between places of known coordinates; bent by 5 mm at most over 16 cells of 30 m
_SNAP_CELLS = 1e-6  # a middle this near to an edge counts as on it, and belongs to the cell behind the edge
_HIGHEST_BUILDING_M = 1_000.0

Floats = NDArray[np.float64]
Cells = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Clutter:
    """Heights of clutter on the cells of an elevation model, and what they rest on.

    Attributes
    ----------
    grid
        Heights above ground in metres, 32-bit, on the cells of the elevation model; 0 where nothing is known.
    codes
        Code of land cover → share of the cells, 0 to 1; without voids and without what lies beyond the raster.
    unknown
        Codes without a class, likewise: they are taken as open land.
    void_share
        Share of the cells where the land cover says nothing or does not reach.
    building_share
        Share of the cells with a building.
    assumed_buildings
        How many buildings had no usable height, and took the default.
    """

    grid: Grid
    codes: Mapping[int, float]
    unknown: Mapping[int, float]
    void_share: float
    building_share: float = 0.0
    assumed_buildings: int = 0


def clutter_heights(
    land_cover: Grid, like: Grid, table: Mapping[int, LandCoverClass], *, rule: CellRule = "nearest"
) -> Clutter:
    """Give the clutter heights of a land cover raster on the cells of an elevation model.

    Parameters
    ----------
    land_cover
        Codes of classes, in any CRS; NaN where nothing is known.
    like
        The elevation model; only its cells matter.
    table
        Code → class, from `land_cover_table`.
    rule
        "nearest": the class at the middle of each cell. "tallest": the highest class within it.

    Returns
    -------
    clutter
        Heights in metres; 0 for voids, unknown codes and beyond the raster, whose shares it tells.

    Raises
    ------
    CRSError
        If there is no known operation between the two systems.

    Examples
    --------
    >>> from onemap.layers.land_cover import land_cover_table
    >>> cover = Grid(np.array([[10.0, 60.0], [50.0, 7.0]]), Affine(1, 0, 75, 0, -1, 40), "EPSG:4490")
    >>> like = Grid(np.zeros((2, 3)), Affine(1, 0, 75, 0, -1, 40), "EPSG:4490")
    >>> found = clutter_heights(cover, like, land_cover_table())
    >>> found.grid.values.tolist(), sorted(found.unknown), round(found.void_share, 2)
    ([[15.0, 0.0, 0.0], [10.0, 0.0, 0.0]], [7], 0.33)
    """
    height_of = np.zeros(_CODES + 1, dtype=np.float32)
    for code, one in table.items():
        height_of[code] = one.height_m
    values = np.zeros(like.values.shape, dtype=np.float32)
    counts = np.zeros(_CODES + 1, dtype=np.int64)
    for rows, column, row in _places(like, land_cover):
        inside = _inside(column, row, land_cover)
        codes = np.full(column.shape, _CODES, dtype=np.intp)
        codes[inside] = _codes(land_cover.values[row[inside], column[inside]])
        counts += np.bincount(codes.ravel(), minlength=_CODES + 1)
        values[rows] = height_of[codes]
    if rule == "tallest":
        values = _tallest(land_cover, like, height_of, values)
    return _counted(Grid(values, like.transform, like.crs), counts, table)


def with_buildings(
    clutter: Clutter,
    buildings: gpd.GeoDataFrame,
    height_m: ArrayLike,
    *,
    default_height_m: float,
    rule: CellRule = "nearest",
) -> Clutter:
    """Put buildings over clutter heights.

    Parameters
    ----------
    clutter
        Heights of land cover, or of open land from `open_land`.
    buildings
        Polygons with a CRS; other shapes are left out.
    height_m
        Height of each above ground, shape (n,), in metres; what is missing, negative or above 1,000 m is not usable.
    default_height_m
        Height of a building without a usable one, in metres: an assumption, counted in the result.
    rule
        "nearest": a building counts in the cells whose middle lies in it, and its height replaces that of the land
        cover. "tallest": it counts in all cells that it touches, unless the land cover stands higher.

    Returns
    -------
    clutter
        New heights on the same cells; of buildings in one cell the tallest stands.

    Raises
    ------
    CRSError
        If the buildings have no CRS, or there is no known operation to that of the grid.

    Examples
    --------
    >>> like = Grid(np.zeros((2, 2)), Affine(1, 0, 75, 0, -1, 40), "EPSG:4490")
    >>> house = gpd.GeoDataFrame(geometry=[shapely.box(75.2, 39.2, 75.8, 39.8)], crs="EPSG:4490")
    >>> with_buildings(open_land(like), house, [np.nan], default_height_m=6).grid.values.tolist()
    [[6.0, 0.0], [0.0, 0.0]]
    """
    height = pd.to_numeric(pd.Series(np.asarray(height_m)), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    usable = (height >= 0) & (height <= _HIGHEST_BUILDING_M)
    height = np.where(usable, height, default_height_m)
    shapes = np.asarray(to_crs(buildings, clutter.grid.crs).geometry.array, dtype=object)
    kept = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    assumed = int((kept & ~usable).sum())
    order = np.flatnonzero(kept)[np.argsort(height[kept], kind="stable")]  # drawn last stays: the tallest
    before = clutter.grid.values
    drawn = np.full(before.shape, np.nan, dtype=np.float32)
    if len(order):
        rasterize(
            ((shapes[one], height[one]) for one in order),
            out=drawn,
            transform=clutter.grid.transform,
            all_touched=rule == "tallest",
        )
    built = np.isfinite(drawn)
    values = np.where(built, drawn, before) if rule == "nearest" else np.fmax(drawn, before)
    grid = Grid(values.astype(np.float32), clutter.grid.transform, clutter.grid.crs)
    share = float(built.mean()) if built.size else 0.0
    return Clutter(grid, clutter.codes, clutter.unknown, clutter.void_share, share, assumed)


def open_land(like: Grid) -> Clutter:
    """Give clutter of height 0 on the cells of an elevation model: what is assumed where nothing is known.

    Examples
    --------
    >>> open_land(Grid(np.ones((1, 2)), Affine(1, 0, 75, 0, -1, 40), "EPSG:4490")).grid.values.tolist()
    [[0.0, 0.0]]
    """
    grid = Grid(np.zeros(like.values.shape, dtype=np.float32), like.transform, like.crs)
    return Clutter(grid, {}, {}, 1.0)


def _counted(grid: Grid, counts: NDArray[np.int64], table: Mapping[int, LandCoverClass]) -> Clutter:
    """Tell shares of codes."""
    total = max(1, int(counts.sum()))
    shares = {int(code): int(counts[code]) / total for code in np.flatnonzero(counts[:_CODES])}
    unknown = {code: share for code, share in shares.items() if code not in table}
    return Clutter(grid, shares, unknown, int(counts[_CODES]) / total)


def _tallest(
    land_cover: Grid, like: Grid, height_of: NDArray[np.float32], nearest: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Take the highest of the land cover cells with their middle in each cell; the nearest where there is none."""
    highest = np.full(like.values.shape, -np.inf, dtype=np.float32)
    for rows, column, row in _places(land_cover, like):
        inside = _inside(column, row, like)
        heights = height_of[_codes(land_cover.values[rows][inside])]
        np.maximum.at(highest, (row[inside], column[inside]), heights)
    found: NDArray[np.float32] = np.where(np.isfinite(highest), highest, nearest)
    return found


def _codes(values: NDArray[np.floating]) -> Cells:
    """Give values as codes; what is no code takes the place behind the last."""
    code = np.where(np.isfinite(values), values, -1.0)
    is_code = (code >= 0) & (code < _CODES) & (code == np.rint(code))
    return np.where(is_code, code, _CODES).astype(np.intp)


def _inside(column: Cells, row: Cells, grid: Grid) -> NDArray[np.bool_]:
    """Tell which places lie on a grid."""
    height, width = grid.values.shape
    inside: NDArray[np.bool_] = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    return inside


def _places(of: Grid, on: Grid) -> Iterator[tuple[slice, Cells, Cells]]:
    """Give, block by block of rows, in which column and row of a grid the middles of another one's cells lie."""
    height, width = of.values.shape
    columns: Floats = np.arange(width, dtype=np.float64) + 0.5
    lattice_columns = _lattice(0, width)
    for first in range(0, height, _ROWS_AT_ONCE):
        last = min(height, first + _ROWS_AT_ONCE)
        rows: Floats = np.arange(first, last, dtype=np.float64) + 0.5
        lattice_rows = _lattice(first, last)
        column, row = _onto(of, on, *np.meshgrid(lattice_columns, lattice_rows))
        column, row = (
            _between(_between(one, rows, lattice_rows).T, columns, lattice_columns).T for one in (column, row)
        )
        yield slice(first, last), _cell(column), _cell(row)


def _lattice(first: int, last: int) -> Floats:
    """Give places from one edge to another, both included, not farther apart than a few cells."""
    return np.linspace(first, last, 1 + max(1, -(-(last - first) // _LATTICE_CELLS)))


def _between(values: Floats, places: Floats, lattice: Floats) -> Floats:
    """Interpolate along the first axis from the places of a lattice to places between, linearly."""
    before = np.clip(np.searchsorted(lattice, places, side="right") - 1, 0, len(lattice) - 2)
    share = ((places - lattice[before]) / (lattice[before + 1] - lattice[before]))[:, None]
    return values[before] + share * (values[before + 1] - values[before])


def _onto(of: Grid, on: Grid, column: Floats, row: Floats) -> tuple[Floats, Floats]:
    """Bring places, counted from the corner of one grid, to those of another."""
    east, north = _apply(of.transform, column, row)
    if not CRS(of.crs).equals(CRS(on.crs)):
        operation = choose_operation(of.crs, on.crs, of.bounds)
        moved = transform(operation, east.ravel(), north.ravel())
        east, north = (one.reshape(column.shape) for one in moved)
    return _apply(~on.transform, east, north)


def _apply(place: Affine, first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Bring coordinates through an affine transform."""
    return place.a * first + place.b * second + place.c, place.d * first + place.e * second + place.f


def _cell(place: Floats) -> Cells:
    """Give the cell that a place lies in."""
    return np.floor(place + _SNAP_CELLS).astype(np.intp)
