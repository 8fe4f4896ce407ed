"""Power received and best server on every cell of an elevation model, tile by tile.

Each tile asks the masts within reach for their losses on its own cells, so memory follows the tile and not the area,
and the tiles together are the whole. Losses are those of the sweep after ITU-R P.1812.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.coverage.candidates import Network, network_of
from onemap.analyses.coverage.line_of_sight import pixels_of
from onemap.analyses.coverage.settings import ANY_OPERATOR, CoverageSettings
from onemap.analyses.coverage.strongest import keep_strongest
from onemap.layers.grid import Grid
from onemap.layers.nearest import GEOD
from onemap.progress import Progress, silent
from onemap.radio.climate import refractivity_at
from onemap.radio.sweep import Air, Ground, Mast, Window, sweep_paths
from onemap.terrain.plane import Plane, fit_plane
from onemap.terrain.profile import heights_at

__all__ = [
    "NOBODY",
    "CoverageTile",
    "coverage_tiles",
    "kinds_asked",
    "masts_off_ground",
    "out_of_range",
    "plane_at",
    "power_classes",
]

Floats = NDArray[np.float64]

NOBODY = -1
"""Best server of a cell that no antenna reaches."""

_POLARISATIONS = {"horizontal": 1.0, "vertical": 2.0}
_MARGIN = 2  # cells round a window, for the interpolation of heights


@dataclass(frozen=True, slots=True, eq=False)
class CoverageTile:
    """What one tile received.

    Attributes
    ----------
    window
        First row, first column, number of rows and columns in the elevation model.
    rsrp_dbm
        Power of a resource element of the strongest antenna for each kind of service, shape (kinds, rows, columns), in
        dBm; NaN where no antenna reaches or the ground is not known.
    server
        Number of that antenna in the table of antennas, same shape; `NOBODY` where there is none.
    """

    window: Window
    rsrp_dbm: NDArray[np.float32]
    server: NDArray[np.int32]


def kinds_asked(settings: CoverageSettings) -> list[tuple[str, str]]:
    """List the kinds of service: each technology with each operator, "any" first.

    Parameters
    ----------
    settings
        What coverage is judged by.

    Examples
    --------
    >>> kinds_asked(CoverageSettings(technologies=("4G",), operators=("A",)))
    [('4G', 'any'), ('4G', 'A')]
    """
    return [(one, operator) for one in settings.technologies for operator in (ANY_OPERATOR, *settings.operators)]


def plane_at(grid: Grid, lon: float, lat: float, *, crs: CRS, reach_m: float) -> Plane:
    """Give the plane in metres round a place on a grid of any CRS, from geodesics of the ellipsoid.

    Parameters
    ----------
    grid
        The grid.
    lon, lat
        The place, in degrees.
    crs
        Geographic CRS of the place.
    reach_m
        How far the plane must serve, in metres.

    Raises
    ------
    CRSError
        If there is no known operation between the two systems.

    Examples
    --------
    >>> from affine import Affine
    >>> grid = Grid(np.zeros((10, 10), dtype="float32"), Affine(0.01, 0, 75, 0, -0.01, 39.1), "EPSG:4490")
    >>> plane = plane_at(grid, 75.05, 39.05, crs=CRS("EPSG:4490"), reach_m=5_000.0)
    >>> round(plane.column, 6), round(plane.cell_m), plane.error_m < 0.01
    (4.5, 866, True)
    """
    azimuth, distance_m = (part.ravel() for part in np.meshgrid(np.arange(0, 360, 15), reach_m * np.arange(1, 6) / 5))
    lons, lats, _ = GEOD.fwd(np.full(azimuth.shape, lon), np.full(azimuth.shape, lat), azimuth, distance_m)
    pixels = pixels_of(np.append(lons, lon), np.append(lats, lat), grid, crs)
    angle = np.radians(azimuth)
    metres = distance_m[:, None] * np.column_stack([np.sin(angle), np.cos(angle)])
    return fit_plane(pixels[-1, 0], pixels[-1, 1], pixels[:-1], metres)


def masts_off_ground(antennas: pd.DataFrame, grid: Grid, *, crs: CRS) -> NDArray[np.bool_]:
    """Tell which antennas stand off the elevation model or in a void of it: they are left out of rasters.

    Parameters
    ----------
    antennas
        Table of `serving_antennas`.
    grid
        Heights of the ground.
    crs
        Geographic CRS of the antennas.

    Examples
    --------
    >>> from affine import Affine
    >>> grid = Grid(np.zeros((10, 10), dtype="float32"), Affine(0.01, 0, 75, 0, -0.01, 39.1), "EPSG:4490")
    >>> masts_off_ground(pd.DataFrame({"lon": [75.05, 80.0], "lat": [39.05, 39.05]}), grid, crs=CRS("EPSG:4490"))
    array([False,  True])
    """
    if not len(antennas):
        return np.zeros(0, dtype=bool)
    pixels = pixels_of(antennas["lon"].to_numpy(dtype=float), antennas["lat"].to_numpy(dtype=float), grid, crs)
    off: NDArray[np.bool_] = np.isnan(heights_at(grid.values, pixels[:, 0], pixels[:, 1]))
    return off


def out_of_range(antennas: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which antennas send on a frequency that P.1812 does not know: they are left out of rasters.

    Parameters
    ----------
    antennas
        Table of `serving_antennas`.

    Examples
    --------
    >>> out_of_range(pd.DataFrame({"frequency_mhz": [1_850.0, 26_000.0]}))
    array([False,  True])
    """
    return ~_in_range(antennas["frequency_mhz"].to_numpy(dtype=float))


def _in_range(frequency_mhz: Floats) -> NDArray[np.bool_]:
    """Tell which frequencies P.1812 knows: 30 MHz to 6 GHz, section 1 of it."""
    known: NDArray[np.bool_] = (frequency_mhz >= 30.0) & (frequency_mhz <= 6_000.0)
    return known


def coverage_tiles(
    antennas: pd.DataFrame,
    grid: Grid,
    *,
    settings: CoverageSettings,
    crs: CRS,
    clutter: Grid | None = None,
    tile_cells: int = 1024,
    threads: int = 1,
    progress: Progress = silent,
) -> Iterator[CoverageTile]:
    """Compute the power received and the best server on every cell, a tile at a time.

    Parameters
    ----------
    antennas
        Table of `serving_antennas`; those off the ground (`masts_off_ground`) and those of frequencies that the model
        does not know (`out_of_range`) are left out.
    grid
        Heights of the ground, in metres above sea level; NaN is a void.
    settings
        What coverage is judged by: kinds of service, reach, share of the time, receiver, air.
    crs
        Geographic CRS of the antennas.
    clutter
        Heights of what stands on the ground, on the cells of `grid`; None: open land.
    tile_cells
        Side of a tile, in cells.
    threads
        How many threads share the rays of a mast.
    progress
        Told how many tiles are done.

    Yields
    ------
    tile
        Tiles from the northwest, row by row; together they are the grid.

    Raises
    ------
    ValueError
        If the tile has no cells, or the clutter does not lie on the cells of the grid.

    Examples
    --------
    >>> from affine import Affine
    >>> plain = Grid(np.zeros((80, 80), dtype="float32"), Affine(0.001, 0, 74.98, 0, -0.001, 39.04), "EPSG:4490")
    >>> antennas = pd.DataFrame({"technology": "4G", "operators": [("A",)], "lon": 75.0, "lat": 39.0,
    ...     "height_agl_m": 30.0, "frequency_mhz": 1_850.0, "eirp_re_dbm": 34.0, "azimuth_deg": np.nan,
    ...     "beamwidth_deg": 360.0, "v_beamwidth_deg": 10.0, "tilt_deg": 0.0, "mech_tilt_deg": 0.0})
    >>> settings = CoverageSettings(technologies=("4G",), operators=())
    >>> tile, = coverage_tiles(antennas, plain, settings=settings, crs=CRS("EPSG:4490"))
    >>> tile.rsrp_dbm.shape, int(tile.server.max())
    ((1, 80, 80), 0)
    """
    if tile_cells < 1:
        msg = f"tile_cells must be one or more, got {tile_cells}"
        raise ValueError(msg)
    if clutter is not None and clutter.values.shape != grid.values.shape:
        msg = f"clutter must lie on the cells of the elevation model, {grid.values.shape}, got {clutter.values.shape}"
        raise ValueError(msg)
    kinds = kinds_asked(settings)
    masts = _placed(antennas, grid, settings, crs)
    rows, columns = grid.values.shape
    corners = [(row, column) for row in range(0, rows, tile_cells) for column in range(0, columns, tile_cells)]
    with progress.step("coverage_step", total=len(corners)) as done:
        for row, column in corners:
            window = (row, column, min(tile_cells, rows - row), min(tile_cells, columns - column))
            tile = _empty_tile(window, len(kinds))
            for mast in masts:
                _add_mast(mast, tile, (grid, clutter), threads)
            yield tile
            done(1)


def power_classes(rsrp_dbm: NDArray[np.float32], edges_dbm: tuple[float, ...]) -> NDArray[np.uint8]:
    """Sort powers into classes: 1 the strongest, one more for each edge that is not reached; 0 where nothing is known.

    Parameters
    ----------
    rsrp_dbm
        Powers, in dBm; NaN: not known.
    edges_dbm
        Lower edges of the classes, falling, in dBm; a power on an edge belongs to the stronger class.

    Returns
    -------
    classes
        Same shape.

    Raises
    ------
    ValueError
        If the edges do not fall.

    Examples
    --------
    >>> power_classes(np.array([-80.0, -85.0, -90.0, -120.0, np.nan]), (-85.0, -95.0, -105.0, -115.0))
    array([1, 1, 2, 5, 0], dtype=uint8)
    """
    edges = np.asarray(edges_dbm, dtype=float)
    if not len(edges) or not (np.diff(edges) < 0).all():
        msg = f"edges_dbm must be one or more values that fall, got {edges_dbm}"
        raise ValueError(msg)
    known = np.isfinite(rsrp_dbm)
    below = np.searchsorted(-edges, -np.where(known, rsrp_dbm, 0.0), side="left")
    return np.where(known, below + 1, 0).astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class _PlacedMast:
    """A mast on the grid, with its antennas as the kernel takes them."""

    mast: Mast
    air: Air
    carriers: Floats
    sectors: Floats
    kinds: NDArray[np.int64]
    numbers: NDArray[np.int64]
    box: Window


def _placed(antennas: pd.DataFrame, grid: Grid, settings: CoverageSettings, crs: CRS) -> list[_PlacedMast]:
    """Put the masts on the grid; those off the ground, and without a frequency that the model knows, are left out."""
    off = masts_off_ground(antennas, grid, crs=crs)
    network = network_of(antennas, kinds_asked(settings))
    air = refractivity_at(network.lon, network.lat) if len(network.lon) else None
    in_range = _in_range(1_000.0 * network.antennas.frequency_ghz)
    placed = []
    for number in range(len(network.lon)):
        first = int(network.masts.first[number])
        here = slice(first, int(network.masts.first[number + 1]))
        if air is None or off[network.antennas.number[first]] or not in_range[here].any():
            continue
        lapse = float(air.delta_n[number]) if settings.delta_n is None else settings.delta_n
        level = float(air.n0[number]) if settings.n0 is None else settings.n0
        about = Air(max(settings.target_height_m, 1.0), settings.time_percent, lapse, level)
        placed.append(_placed_one(network, number, grid, (crs, settings, about)))
    return placed


def _placed_one(network: Network, number: int, grid: Grid, rules: tuple[CRS, CoverageSettings, Air]) -> _PlacedMast:
    """Put one mast on the grid."""
    crs, settings, air = rules
    given = network.antennas
    own = np.arange(network.masts.first[number], network.masts.first[number + 1])
    own = own[_in_range(1_000.0 * given.frequency_ghz[own])]
    lon, lat = float(network.lon[number]), float(network.lat[number])
    plane = plane_at(grid, lon, lat, crs=crs, reach_m=settings.reach_m)
    ghz, carrier = np.unique(given.frequency_ghz[own], return_inverse=True)
    sectors = np.column_stack(
        [
            carrier,
            given.eirp_dbm[own] - settings.body_loss_db,
            given.azimuth_deg[own],
            given.beamwidth_deg[own],
            given.v_beamwidth_deg[own],
            given.tilt_deg[own],
            given.mech_tilt_deg[own],
        ]
    ).astype(float)
    carriers = np.column_stack([ghz, np.full(len(ghz), _POLARISATIONS[settings.polarisation])])
    mast = Mast(plane, float(network.masts.height_m[number]), settings.reach_m, lat)
    numbers = given.number[own].astype(np.int64)
    return _PlacedMast(mast, air, carriers, sectors, given.kinds[own], numbers, _box(plane, settings.reach_m))


def _box(plane: Plane, reach_m: float) -> Window:
    """Give the rows and columns that a mast may reach, with some to spare for the bend of the plane."""
    reach = 1.05 * reach_m * np.hypot(plane.to_cells[:, 0], plane.to_cells[:, 1]) + _MARGIN
    row, column = math.floor(plane.row - reach[1]), math.floor(plane.column - reach[0])
    return row, column, math.ceil(2 * reach[1]) + 1, math.ceil(2 * reach[0]) + 1


def _empty_tile(window: Window, kinds: int) -> CoverageTile:
    """Give a tile that nobody serves."""
    shape = (kinds, window[2], window[3])
    return CoverageTile(window, np.full(shape, np.nan, dtype=np.float32), np.full(shape, NOBODY, dtype=np.int32))


def _shared(one: Window, other: Window) -> Window | None:
    """Give what two windows share, None if nothing."""
    row, column = max(one[0], other[0]), max(one[1], other[1])
    rows = min(one[0] + one[2], other[0] + other[2]) - row
    columns = min(one[1] + one[3], other[1] + other[3]) - column
    return (row, column, rows, columns) if rows > 0 and columns > 0 else None


def _ground_to(mast: Mast, window: Window, grid: Grid, clutter: Grid | None) -> Ground:
    """Cut the ground out that lies between a mast and a window."""
    rows, columns = grid.values.shape
    top = max(min(window[0], math.floor(mast.plane.row)) - _MARGIN, 0)
    left = max(min(window[1], math.floor(mast.plane.column)) - _MARGIN, 0)
    bottom = min(max(window[0] + window[2], math.ceil(mast.plane.row)) + _MARGIN, rows)
    right = min(max(window[1] + window[3], math.ceil(mast.plane.column)) + _MARGIN, columns)
    cut = (slice(top, bottom), slice(left, right))
    return Ground(grid.values[cut], None if clutter is None else clutter.values[cut], top, left)


def _add_mast(placed: _PlacedMast, tile: CoverageTile, grids: tuple[Grid, Grid | None], threads: int) -> None:
    """Add what a mast sends to the cells of a tile."""
    window = _shared(placed.box, tile.window)
    if window is None:
        return
    ground = _ground_to(placed.mast, window, *grids)
    losses, rises = sweep_paths(ground, placed.mast, placed.carriers, air=placed.air, window=window, threads=threads)
    plane = placed.mast.plane
    frame = (plane.column, plane.row, plane.to_metres)
    cut = (
        slice(None),
        *(slice(window[i] - tile.window[i], window[i] - tile.window[i] + window[i + 2]) for i in (0, 1)),
    )
    keep_strongest(
        (losses, rises),
        (frame, (window[0], window[1])),
        (placed.sectors, placed.kinds, placed.numbers),
        tile.rsrp_dbm[cut],
        tile.server[cut],
    )
