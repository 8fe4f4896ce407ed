"""Searches along a ray that a hull cannot answer, made short by the highest ground of blocks of samples.

The sample that comes nearest to a ray, measured by the Fresnel zone there, need not lie on the hull. But a block of
samples whose highest ground, put where the ray is lowest and the zone widest, would still be farther than the best one
so far need not be looked at. Blocks of 16 samples stand in groups of 8.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from onemap.terrain.uncounted import UNCOUNTED

__all__ = ["block_maxima", "blocks_of", "highest_between", "nearest_to_ray"]

_SAMPLES, _BLOCKS = 16, 8
_GROUP = _SAMPLES * _BLOCKS


@numba.njit(cache=True, nogil=True)
def blocks_of(size):  # type: ignore[no-untyped-def]
    """Make room for the highest grounds of the blocks and groups of a ray.

    Parameters
    ----------
    size
        Largest number of samples.

    Returns
    -------
    maxima
        Of the blocks, of the groups.

    Examples
    --------
    >>> [part.shape for part in blocks_of(300)]
    [(19,), (3,)]
    """
    return np.empty(size // _SAMPLES + 1), np.empty(size // _GROUP + 1)


@numba.njit(cache=True, nogil=True)
def block_maxima(heights, count, maxima):  # type: ignore[no-untyped-def]
    """Fill in the highest ground of each block and group.

    Parameters
    ----------
    heights
        Heights of the samples.
    count
        How many of them to use; no voids among them.
    maxima
        As `blocks_of` makes them; written.

    Examples
    --------
    >>> maxima = blocks_of(20)
    >>> block_maxima(np.arange(20.0), 20, maxima)
    >>> maxima[0].tolist(), maxima[1].tolist()
    ([15.0, 19.0], [19.0])
    """
    blocks, groups = maxima
    for group in range((count + _GROUP - 1) // _GROUP):
        groups[group] = -math.inf
    for block in range((count + _SAMPLES - 1) // _SAMPLES):
        highest = -math.inf
        for sample in range(block * _SAMPLES, min((block + 1) * _SAMPLES, count)):
            highest = max(highest, heights[sample])
        blocks[block] = highest
        group = block // _BLOCKS
        groups[group] = max(groups[group], highest)


@numba.njit(cache=True, nogil=True)
def _least_gap(highest_m, span_km, ray, best):  # type: ignore[no-untyped-def]
    """Tell whether ground of a height somewhere in a span could come nearer to the ray than the best so far."""
    ht_m, slope, bulge, total_km = ray
    lowest_km = 0.5 * (total_km - slope / bulge)
    lowest_km = min(max(lowest_km, span_km[0]), span_km[1])
    gap_m = ht_m + slope * lowest_km - bulge * lowest_km * (total_km - lowest_km) - highest_m
    if gap_m <= 0.0:
        return True
    middle_km = min(max(0.5 * total_km, span_km[0]), span_km[1])
    return gap_m * gap_m * best[1] <= best[0] * middle_km * (total_km - middle_km)


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def nearest_to_ray(heights, last, step_km, ray, maxima, guess):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Find the sample that comes nearest to a ray in sight, measured by the width of the Fresnel zone there.

    Parameters
    ----------
    heights
        Heights of the samples, in metres.
    last
        Number of the last sample before the receiver; the first one that counts is 1.
    step_km
        Distance between samples, in kilometres.
    ray
        Height of the start in metres, its rise in metres a kilometre, the bulge of the earth in metres a square
        kilometre (``500 / radius``), the length of the path in kilometres. No sample may touch the ray.
    maxima
        As `block_maxima` fills them.
    guess
        A sample that might be it.

    Returns
    -------
    sample
        Its number; of equally near ones the last.

    Examples
    --------
    >>> heights = np.array([0.0, 0.0, 0.0, 5.0, 0.0, 0.0])
    >>> maxima = blocks_of(6)
    >>> block_maxima(heights, 6, maxima)
    >>> nearest_to_ray(heights, 5, 1.0, (30.0, -1.0, 0.06, 6.0), maxima, 1)
    3
    """
    ht_m, slope, bulge, total_km = ray
    blocks, groups = maxima
    at = min(max(guess, 1), last)
    here_km = at * step_km
    zone = here_km * (total_km - here_km)
    gap_m = ht_m + slope * here_km - bulge * zone - heights[at]
    best = (gap_m * gap_m, zone)
    for group in range(last // _GROUP, -1, -1):
        from_km = group * _GROUP * step_km
        span_km = (from_km, min(from_km + (_GROUP - 1) * step_km, last * step_km))
        if not _least_gap(groups[group], span_km, ray, best):
            continue
        for block in range(min(group * _BLOCKS + _BLOCKS - 1, last // _SAMPLES), group * _BLOCKS - 1, -1):
            from_km = block * _SAMPLES * step_km
            span_km = (from_km, min(from_km + (_SAMPLES - 1) * step_km, last * step_km))
            if not _least_gap(blocks[block], span_km, ray, best):
                continue
            for sample in range(min(block * _SAMPLES + _SAMPLES - 1, last), max(block * _SAMPLES, 1) - 1, -1):
                here_km = sample * step_km
                zone = here_km * (total_km - here_km)
                gap_m = ht_m + slope * here_km - bulge * zone - heights[sample]
                left, right = gap_m * gap_m * best[1], best[0] * zone
                if left < right or (left == right and sample > at):
                    best = (gap_m * gap_m, zone)
                    at = sample
    return at


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def highest_between(heights, span, step_km, slope, maxima):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Find how high the ground between two samples stands over a line through the start.

    Parameters
    ----------
    heights
        Heights of the samples, in metres.
    span
        Numbers of the first and the last sample.
    step_km
        Distance between samples, in kilometres.
    slope
        Rise of the line from height 0, in metres a kilometre.
    maxima
        As `block_maxima` fills them.

    Returns
    -------
    over_m
        Height over the line, in metres; minus infinity if there is no sample.

    Examples
    --------
    >>> heights = np.array([9.0, 1.0, 3.0, 5.0])
    >>> maxima = blocks_of(4)
    >>> block_maxima(heights, 4, maxima)
    >>> highest_between(heights, (1, 3), 1.0, 1.5, maxima)
    0.5
    """
    first, last = span
    blocks, groups = maxima
    over_m = -math.inf
    block = first // _SAMPLES
    while block * _SAMPLES <= last:
        from_km = max(block * _SAMPLES, first) * step_km
        if block % _BLOCKS == 0:
            to_km = (block * _SAMPLES + _GROUP - 1) * step_km
            if groups[block // _BLOCKS] - min(slope * from_km, slope * to_km) <= over_m:
                block += _BLOCKS
                continue
        to_km = (block * _SAMPLES + _SAMPLES - 1) * step_km
        if blocks[block] - min(slope * from_km, slope * to_km) > over_m:
            for sample in range(max(block * _SAMPLES, first), min(block * _SAMPLES + _SAMPLES - 1, last) + 1):
                over_m = max(over_m, heights[sample] - slope * sample * step_km)
        block += 1
    return over_m
