"""Losses at the cells of one ray, nearest first."""

from __future__ import annotations

import math

import numba
import numpy as np

from onemap.radio.p1812.basic_loss import path_loss
from onemap.radio.p1812.path_geometry import SLOTS, THETA_T_MRAD
from onemap.radio.sweep.cell_geometry import fill_cell, fill_roughness
from onemap.radio.sweep.median_loss import NEEDS_DUCTING, median_loss
from onemap.radio.sweep.ray import grow, new_ray, start_ray
from onemap.terrain.plane import place_at
from onemap.terrain.rays import ray_cells, ray_direction, sample_ray
from onemap.terrain.uncounted import UNCOUNTED

__all__ = ["LEAST_KM", "LEAST_SAMPLES", "new_desk", "ray_losses"]

LEAST_KM = 0.25
"""Nearest cell that P.1812 is used for, in kilometres; free space before it (ITU-R P.1812-8, section 1)."""

LEAST_SAMPLES = 3
"""Fewest samples between the mast and such a cell: a profile has more than four points."""


@numba.njit(cache=True, nogil=True)
def new_desk(size):  # type: ignore[no-untyped-def]
    """Make room for the work on one ray after another.

    Parameters
    ----------
    size
        Largest number of samples of a ray.

    Returns
    -------
    desk
        A ray, the geometry of a path.

    Examples
    --------
    >>> new_desk(10)[1].shape == (SLOTS,)
    True
    """
    return new_ray(size), np.zeros(SLOTS)


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def _order_cells(cells, frame, columns, order):  # type: ignore[no-untyped-def]
    """Find distance and last sample of each cell of a ray; put them in order of the latter."""
    mast, to_metres, _, first, step_m, _ = frame
    number_of, distance_m, last_of = order
    for number in range(cells.shape[0]):
        u = first[1] + cells[number] % columns - mast[0]
        v = first[0] + cells[number] // columns - mast[1]
        away_m = math.hypot(place_at(to_metres[0], u, v), place_at(to_metres[1], u, v))
        last = max(int(away_m / step_m - 0.5), 0)
        # The cells come almost in order, so each one moves by a place or none.
        place = number
        while place > 0 and last_of[place - 1] > last:
            number_of[place], distance_m[place] = number_of[place - 1], distance_m[place - 1]
            last_of[place] = last_of[place - 1]
            place -= 1
        number_of[place], distance_m[place], last_of[place] = cells[number], away_m, last


@numba.njit(cache=True, nogil=True)
def _load_ray(terrain, frame, direction, count, ray):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Write the heights of all samples of a ray; give the number before a void."""
    heights, clutter_m, origin = terrain
    mast, _, to_cells, _, step_m, _ = frame
    lines = ray_cells(to_cells, direction[0], direction[1])
    sample_ray(heights, origin, mast, lines, step_m, count, ray[0])
    (a1, a2, a3), (b1, b2, b3) = lines
    ray[1][:count] = ray[0][:count]
    if clutter_m.shape[0] > 0:
        last_row, last_column = clutter_m.shape[0] - 1, clutter_m.shape[1] - 1
        for number in range(1, count):
            d = number * step_m
            column = math.floor(mast[0] + d * (a1 + d * (a2 + d * a3)) + 0.5) - origin[1]
            row = math.floor(mast[1] + d * (b1 + d * (b2 + d * b3)) + 0.5) - origin[0]
            # The nearest cell, not the mean of four: the edge of a wood is no slope.
            ray[1][number] += clutter_m[min(max(row, 0), last_row), min(max(column, 0), last_column)]
    return start_ray(ray, count)


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def _free_space(distance_km, rise_m, frequency_ghz):  # type: ignore[no-untyped-def]
    """Give the loss in free space, in dB, at a metre at least (ITU-R P.1812-8, equation 8)."""
    squared = max(distance_km * distance_km + 1e-6 * rise_m * rise_m, 1e-6)
    return 92.4 + 20.0 * math.log10(frequency_ghz) + 10.0 * math.log10(squared)


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def _cell_losses(desk, path, waves, air, losses):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Write the losses of one path at all carriers; give the rise of the wave at the transmitter in milliradians."""
    ray, geometry = desk
    last, step_km, end = path
    carriers, table = waves
    radius_km, covered, time_percent, delta_n, n0, latitude_deg, spread_db = air
    if last < LEAST_SAMPLES or end[0] < LEAST_KM:
        rise_m = end[1] + end[3] - ray[0][0] - end[2]
        for number in range(carriers.shape[0]):
            losses[number] = _free_space(end[0], rise_m, carriers[number, 0])
        return 1000.0 * math.atan2(rise_m, 1000.0 * end[0])
    rare = time_percent < 50.0
    horizons = fill_cell(ray, last, step_km, end, (radius_km, covered, rare), geometry)
    rough = False
    for number in range(carriers.shape[0]):
        loss_db = NEEDS_DUCTING if rare else median_loss(geometry, table[number], (radius_km, spread_db), n0)
        if loss_db == NEEDS_DUCTING:
            if not rough:
                fill_roughness(ray, horizons, step_km, geometry)
                rough = True
            wave = (carriers[number, 0], int(carriers[number, 1]))
            lbc_db, least_db = path_loss(
                geometry, wave[0], wave[1], time_percent, delta_n, n0, latitude_deg, 500.0, 500.0
            )
            loss_db = max(lbc_db, least_db)
        losses[number] = loss_db
    return geometry[THETA_T_MRAD]


@numba.njit(cache=True, nogil=True)
def ray_losses(desk, terrain, frame, ray_number, cells, carriers, air, order, losses, rises):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Write the losses at the cells of one ray.

    Parameters
    ----------
    desk
        Room for the work, see `new_desk`.
    terrain
        Heights of the ground; of what stands on it, of that shape or of shape (0, 0); row and column of the first.
    frame
        Column and row of the mast; coefficients of the plane both ways; first row and column of the cells asked for, in
        the count of the mast's; distance between samples in metres; number of rays in an eighth.
    ray_number
        Which ray.
    cells
        Its cells, as `cells_by_ray` gives them, and the number of columns that they are counted by.
    carriers
        Frequencies in gigahertz and polarisations, shape (n, 2), and their `carrier_table`.
    air
        Heights of transmitter and receiver above the ground in metres, effective radius of the earth in kilometres,
        whether something stands on the ground, share of the time in percent, delta N, N0, latitude in degrees,
        `least_spread` in dB.
    order
        Room for the cells' flat numbers, distances in metres and last samples; written, in order of the distance.
    losses, rises
        Shape (cells, n) and (cells,): losses in dB, angles at which the wave leaves the mast in milliradians; written;
        NaN where the ground is not known.
    """
    numbers, columns = cells
    htg_m, hrg_m, radius_km, covered, time_percent, delta_n, n0, latitude_deg, spread_db = air
    _order_cells(numbers, frame, columns, order)
    heights, _, origin = terrain
    first, step_m = frame[3], frame[4]
    count = order[2][numbers.shape[0] - 1] + 1
    ray = desk[0]
    known = _load_ray(terrain, frame, ray_direction(ray_number, frame[5]), count, ray)
    bulge_beta = 500.0 / (3.0 * 6371.0) if time_percent < 50.0 else 0.0
    grown = (ray[0][0] + htg_m, 500.0 / radius_km, bulge_beta, covered)
    sample = 0
    for place in range(numbers.shape[0]):
        cell, last = order[0][place], order[2][place]
        row, column = first[0] - origin[0] + cell // columns, first[1] - origin[1] + cell % columns
        end_m = np.float64(heights[row, column])
        if last >= known or math.isnan(end_m):
            losses[place, :] = math.nan
            rises[place] = math.nan
            continue
        while sample < last:
            sample += 1
            grow(ray, sample, 0.001 * step_m, grown)
        path = (last, 0.001 * step_m, (0.001 * order[1][place], end_m, htg_m, hrg_m))
        weather = (radius_km, covered, time_percent, delta_n, n0, latitude_deg, spread_db)
        rises[place] = _cell_losses(desk, path, carriers, weather, losses[place])
