"""What a ray knows of its ground up to some sample: sums, steepest rises, hulls. It grows sample by sample.

Everything is kept for two radii of the earth where small shares of the time are asked for, and twice where something
stands on the ground: the smooth earth and the horizons go by the ground, the diffracting edges by what stands on it.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from onemap.terrain.blocks import block_maxima, blocks_of
from onemap.terrain.hull import clear_hull, new_hull, push
from onemap.terrain.uncounted import UNCOUNTED

__all__ = [
    "FIRST",
    "NEAREST",
    "NEAREST_SURFACE",
    "RISE_BETA",
    "RISE_FLAT",
    "RISE_GROUND",
    "RISE_SURFACE",
    "RUNNING",
    "SUM_1",
    "SUM_2",
    "grow",
    "new_ray",
    "start_ray",
]

SUM_1, SUM_2 = 0, 1  # the sums of ITU-R P.1812-8, equations 85 and 86
RISE_FLAT = 2  # steepest rise from the transmitter, in metres a kilometre, over a flat earth
RISE_GROUND = 3  # over the effective earth
FIRST = 4  # the first sample that is seen at that rise
RISE_SURFACE, RISE_BETA = 5, 6  # of what stands on the ground, over the effective earth and the other one
NEAREST, NEAREST_SURFACE = 7, 8  # the samples that came nearest to the last ray in sight
RUNNING = 9


@numba.njit(cache=True, nogil=True)
def new_ray(size):  # type: ignore[no-untyped-def]
    """Make room for one ray; it serves one after another.

    Parameters
    ----------
    size
        Largest number of samples.

    Returns
    -------
    ray
        Heights of the ground and of what stands on it; highest blocks of both; hulls of the ground over a flat earth
        and over the effective one, and of what stands on it over the effective earth and the other one; running values.

    Examples
    --------
    >>> ground, surface, maxima, hulls, running = new_ray(100)
    >>> ground.shape, len(hulls), running.shape
    ((100,), 4, (9,))
    """
    hulls = (new_hull(size), new_hull(size), new_hull(size), new_hull(size))
    return np.empty(size), np.empty(size), (blocks_of(size), blocks_of(size)), hulls, np.empty(RUNNING)


@numba.njit(cache=True, nogil=True)
def start_ray(ray, count):  # type: ignore[no-untyped-def]
    """Begin at the transmitter, with the heights of all samples written; give the number of samples before a void.

    Parameters
    ----------
    ray
        As `new_ray` makes it.
    count
        How many samples there are.

    Returns
    -------
    known
        The samples before it are no voids.

    Examples
    --------
    >>> ray = new_ray(4)
    >>> ray[0][:] = ray[1][:] = [5.0, 6.0, np.nan, 7.0]
    >>> start_ray(ray, 4)
    2
    """
    ground, surface, maxima, hulls, running = ray
    known = 0
    while known < count and not math.isnan(surface[known]):
        known += 1
    block_maxima(ground, known, maxima[0])
    block_maxima(surface, known, maxima[1])
    for hull in hulls:
        clear_hull(hull)
    running[:] = -math.inf
    running[SUM_1] = running[SUM_2] = 0.0
    running[FIRST] = running[NEAREST] = running[NEAREST_SURFACE] = 1.0
    return known


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def grow(ray, sample, step_km, air):  # type: ignore[no-untyped-def]
    """Add the next sample to a ray.

    Parameters
    ----------
    ray
        As `new_ray` makes it.
    sample
        Number of the sample, one more than that of the last one, the first time 1.
    step_km
        Distance between samples, in kilometres.
    air
        Height of the transmitter above sea level in metres; bulges of the effective earth and of the other one in
        metres a square kilometre (0: not wanted); whether something stands on the ground.

    Examples
    --------
    >>> ray = new_ray(3)
    >>> ray[0][:] = ray[1][:] = [5.0, 65.0, 7.0]
    >>> known = start_ray(ray, 3)
    >>> grow(ray, 1, 1.0, (35.0, 0.06, 0.0, False))
    >>> ray[4][[RISE_FLAT, RISE_GROUND, FIRST]]
    array([30.  , 29.94,  1.  ])
    """
    ground, surface, _, hulls, running = ray
    hts_m, bulge, bulge_beta, covered = air
    here_km, before_km = sample * step_km, (sample - 1) * step_km
    here_m, before_m = ground[sample], ground[sample - 1]
    running[SUM_1] += step_km * (here_m + before_m)
    running[SUM_2] += step_km * (here_m * (2.0 * here_km + before_km) + before_m * (here_km + 2.0 * before_km))
    rise = (here_m - hts_m) / here_km
    running[RISE_FLAT] = max(running[RISE_FLAT], rise)
    rise -= bulge * here_km
    if rise > running[RISE_GROUND]:
        running[RISE_GROUND] = rise
        running[FIRST] = sample
    push(hulls[0], here_km, here_m)
    push(hulls[1], here_km, here_m - bulge * here_km * here_km)
    if covered:
        rise = (surface[sample] - hts_m) / here_km - bulge * here_km
        running[RISE_SURFACE] = max(running[RISE_SURFACE], rise)
        push(hulls[2], here_km, surface[sample] - bulge * here_km * here_km)
    else:
        running[RISE_SURFACE] = running[RISE_GROUND]
    if bulge_beta > 0.0:
        rise = (surface[sample] - hts_m) / here_km - bulge_beta * here_km
        running[RISE_BETA] = max(running[RISE_BETA], rise)
        push(hulls[3], here_km, surface[sample] - bulge_beta * here_km * here_km)
