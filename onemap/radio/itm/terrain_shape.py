"""What ITM takes from a profile of heights: horizons, irregularity, effective heights.

The result is a vector `shape` with the named slots below. It does not depend on the frequency, so that further bands
on the same path cost only `attenuation` and `variability`.
"""

from __future__ import annotations

import math

import numba
import numpy as np

__all__ = ["SLOTS", "area_shape", "trace_terrain"]

DISTANCE_M, TX_M, RX_M = 0, 1, 2
"""Slots: length of the path; heights of the terminals above ground."""
TX_EFFECTIVE_M, RX_EFFECTIVE_M, TX_HORIZON_M, RX_HORIZON_M, TX_ANGLE, RX_ANGLE = 3, 4, 5, 6, 7, 8
"""Slots: effective heights; distances to the horizons; elevation angles of the horizons, in radians."""
IRREGULARITY_M, SURFACE_N, CURVATURE_PER_M, KNOWN_PATH = 9, 10, 11, 12
"""Slots: terrain irregularity; surface refractivity; curvature of the effective earth; 1 on a profile, 0 in an area."""
SLOTS = 13

EARTH_CURVATURE_PER_M = 157e-9
"""Curvature of the earth, about 1/6370 km. Algorithm, section 1."""
MOST_SAMPLES = 245


@numba.njit(cache=True, nogil=True, error_model="numpy")
def set_refractivity(n0, system_height_m, shape):  # type: ignore[no-untyped-def]
    """Set surface refractivity (TN 101, eq. 4.3) and the curvature of the effective earth (TN 101, eq. 4.4)."""
    surface_n = n0 * math.exp(-system_height_m / 9460.0)
    shape[SURFACE_N] = surface_n
    shape[CURVATURE_PER_M] = EARTH_CURVATURE_PER_M * (1.0 - 0.04665 * math.exp(surface_n / 179.3))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _mean_height(height_m, last):  # type: ignore[no-untyped-def]
    """Mean height of the path without its first and last tenth."""
    tenth = int(0.1 * last)
    total = 0.0
    for index in range(tenth, last - tenth + 1):
        total += height_m[index]
    return total / (last - 2 * tenth + 1)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _set_horizons(height_m, last, step_m, shape):  # type: ignore[no-untyped-def]
    """Find the horizons of both terminals: the steepest ray up from each (TN 101, eq. 6.15)."""
    distance_m = last * step_m
    half_curvature = 0.5 * shape[CURVATURE_PER_M]
    tx_amsl_m = height_m[0] + shape[TX_M]
    rx_amsl_m = height_m[last] + shape[RX_M]
    bulge = distance_m * half_curvature
    tx_angle = (rx_amsl_m - tx_amsl_m) / distance_m - bulge
    rx_angle = (tx_amsl_m - rx_amsl_m) / distance_m - bulge
    tx_horizon_m = rx_horizon_m = distance_m
    from_tx_m, from_rx_m = 0.0, distance_m
    for index in range(1, last):
        # Summed step by step as in the reference: fits begin at whole points, and rounding decides which.
        from_tx_m += step_m
        from_rx_m -= step_m
        angle = (height_m[index] - tx_amsl_m) / from_tx_m - from_tx_m * half_curvature
        if angle > tx_angle:
            tx_angle = angle
            tx_horizon_m = from_tx_m
        angle = (height_m[index] - rx_amsl_m) / from_rx_m - from_rx_m * half_curvature
        if angle > rx_angle:
            rx_angle = angle
            rx_horizon_m = from_rx_m
    shape[TX_ANGLE], shape[RX_ANGLE] = tx_angle, rx_angle
    shape[TX_HORIZON_M], shape[RX_HORIZON_M] = tx_horizon_m, rx_horizon_m


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fitted_ends(height_m, last, start, end):  # type: ignore[no-untyped-def]
    """Fit a line to the heights between two places, given in steps; its heights at both ends of the whole profile.

    The sums weigh the first and the last height by a half (Algorithm, section 6).
    """
    first = int(max(start, 0.0))
    final = last - int(max(last - end, 0.0))
    if final <= first:
        first = max(first - 1, 0)
        final = last - int(max(last - (final + 1.0), 0.0))
    length = float(final - first)
    middle = 0.5 * length
    total = 0.5 * (height_m[first] + height_m[final])
    moment = 0.5 * (height_m[final] - height_m[first]) * middle
    for step in range(1, final - first):
        height = height_m[first + step]
        total += height
        moment += height * (step - middle)
    mean = total / length
    slope = moment * 12.0 / ((length * length + 2.0) * length)
    centre = final - middle
    return mean - slope * centre, mean + slope * (last - centre)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _gather(values, low, high, pivot, equals):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Move values below a pivot (with `equals` those at it too) to the front, without a branch; tell where they end."""
    end = low
    for place in range(low, high + 1):
        value = values[place]
        values[place] = values[end]
        values[end] = value
        end += (value < pivot) | (equals & (value == pivot))
    return end


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _select(values, count, rank):  # type: ignore[no-untyped-def]
    """Give the value of a rank, 0 the smallest, and leave smaller ones before it, larger ones behind (quickselect)."""
    low = 0
    high = count - 1
    while low < high:
        pivot = values[(low + high) // 2]
        end = _gather(values, low, high, pivot, False)  # noqa: FBT003
        if rank < end:
            high = end - 1
            continue
        low = _gather(values, end, high, pivot, True)  # noqa: FBT003
        if rank < low:
            return pivot
    return values[rank]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _resample(height_m, last, start, step, count, samples):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Take heights at even steps, both counted in points of the profile."""
    first = int(start)
    for sample in range(count):
        place = start + sample * step
        index = min(max(math.ceil(place) - 1, first), last - 1)
        rest = place - (index + 1.0)
        samples[sample] = height_m[index + 1] + (height_m[index + 1] - height_m[index]) * rest


@numba.njit(cache=True, nogil=True, error_model="numpy")
def irregularity(height_m, last, step_m, start_m, end_m):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Terrain irregularity: range between deciles about a fitted line, extended to a very long path.

    ERL 79-ITS 67, eq. 3, solved for the asymptotic value; resampled to at most 245 points (Algorithm, section 6).
    """
    start = start_m / step_m
    span = end_m / step_m - start
    if not span >= 2.0:
        return 0.0
    decile = min(max(4, int(0.1 * (span + 8.0))), 25)
    count = 10 * decile - 5
    samples = np.empty(MOST_SAMPLES)
    _resample(height_m, last, start, span / (count - 1.0), count, samples)
    first_fit, last_fit = fitted_ends(samples, count - 1, 0.0, count - 1.0)
    slope = (last_fit - first_fit) / (count - 1.0)
    line = first_fit
    for sample in range(count):
        # Summed step by step as in the reference: on a plain above the sea nothing but this rounding is left.
        samples[sample] -= line
        line += slope
    upper = _select(samples, count, count - decile)
    lower = _select(samples, count - decile, decile - 1)
    return (upper - lower) / (1.0 - 0.8 * math.exp(-(end_m - start_m) / 50e3))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _smooth_horizon(effective_m, irregularity_m, curvature_per_m):  # type: ignore[no-untyped-def]
    """Distances to the horizon of the smooth and of the irregular earth (Algorithm, eq. 3.3)."""
    smooth_m = math.sqrt(2.0 * effective_m / curvature_per_m)
    return smooth_m, smooth_m * math.exp(-0.07 * math.sqrt(irregularity_m / max(effective_m, 5.0)))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _set_median_horizons(shape):  # type: ignore[no-untyped-def]
    """Set horizons to what terrain of this irregularity has in the median (Algorithm, eqs 3.3, 3.4)."""
    irregularity_m = shape[IRREGULARITY_M]
    for side in range(2):
        effective_m = shape[TX_EFFECTIVE_M + side]
        smooth_m, horizon_m = _smooth_horizon(effective_m, irregularity_m, shape[CURVATURE_PER_M])
        shape[TX_HORIZON_M + side] = horizon_m
        rise_m = 0.65 * irregularity_m * (smooth_m / horizon_m - 1.0)
        shape[TX_ANGLE + side] = (rise_m - 2.0 * effective_m) / smooth_m


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _set_heights_in_sight(height_m, last, span, shape):  # type: ignore[no-untyped-def]
    """Effective heights well within line of sight: above one line under the path; the median horizons with them."""
    tx_fit_m, rx_fit_m = fitted_ends(height_m, last, span[0], span[1])
    shape[TX_EFFECTIVE_M] = shape[TX_M] + max(height_m[0] - tx_fit_m, 0.0)
    shape[RX_EFFECTIVE_M] = shape[RX_M] + max(height_m[last] - rx_fit_m, 0.0)
    _set_median_horizons(shape)
    reach_m = shape[TX_HORIZON_M] + shape[RX_HORIZON_M]
    if reach_m <= shape[DISTANCE_M]:
        # The terminals see each other, so they must stand higher than the line says.
        raised = (shape[DISTANCE_M] / reach_m) ** 2
        shape[TX_EFFECTIVE_M] *= raised
        shape[RX_EFFECTIVE_M] *= raised
        _set_median_horizons(shape)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def trace_terrain(height_m, count, step_m, tx_m, rx_m, n0, shape):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Fill `shape` from an evenly spaced profile (Algorithm, section 2).

    Parameters
    ----------
    height_m
        Heights of the ground from the transmitter on, in metres above sea level; no voids.
    count
        How many of them to use, at least 2.
    step_m
        Distance between them, in metres.
    tx_m, rx_m
        Heights of the antennas above ground, in metres.
    n0
        Refractivity at sea level, in N-units.
    shape
        Vector of `SLOTS` numbers that is written.

    References
    ----------
    G. A. Hufford, "The ITS Irregular Terrain Model, version 1.2.2: the Algorithm", NTIA.

    Examples
    --------
    >>> shape = np.empty(SLOTS)
    >>> trace_terrain(np.zeros(101), 101, 100.0, 15.0, 3.0, 301.0, shape)
    >>> [float(value) for value in shape[[DISTANCE_M, TX_EFFECTIVE_M, IRREGULARITY_M]]]
    [10000.0, 15.0, 0.0]
    """
    last = count - 1
    shape[DISTANCE_M], shape[TX_M], shape[RX_M], shape[KNOWN_PATH] = last * step_m, tx_m, rx_m, 1.0
    set_refractivity(n0, _mean_height(height_m, last), shape)
    _set_horizons(height_m, last, step_m, shape)
    distance_m, tx_horizon_m, rx_horizon_m = shape[DISTANCE_M], shape[TX_HORIZON_M], shape[RX_HORIZON_M]
    start_m = min(15.0 * tx_m, 0.1 * tx_horizon_m)
    end_m = distance_m - min(15.0 * rx_m, 0.1 * rx_horizon_m)
    shape[IRREGULARITY_M] = irregularity(height_m, last, step_m, start_m, end_m)
    if tx_horizon_m + rx_horizon_m > 1.5 * distance_m:
        _set_heights_in_sight(height_m, last, (start_m / step_m, end_m / step_m), shape)
        return
    tx_fit_m, _ = fitted_ends(height_m, last, start_m / step_m, 0.9 * tx_horizon_m / step_m)
    _, rx_fit_m = fitted_ends(height_m, last, (distance_m - 0.9 * rx_horizon_m) / step_m, end_m / step_m)
    shape[TX_EFFECTIVE_M] = tx_m + max(height_m[0] - tx_fit_m, 0.0)
    shape[RX_EFFECTIVE_M] = rx_m + max(height_m[last] - rx_fit_m, 0.0)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _sited_height(height_m, siting, irregularity_m):  # type: ignore[no-untyped-def]
    """Effective height of a terminal in an area, by how it was sited (Algorithm, eq. 3.2)."""
    if siting == 0:
        return height_m
    bonus = 4.0 if siting == 1 else 9.0
    if height_m < 5.0:
        bonus *= math.sin(0.1 * math.pi * height_m)
    return height_m + (1.0 + bonus) * math.exp(-min(20.0, 2.0 * height_m / max(1e-3, irregularity_m)))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def area_shape(distance_m, irregularity_m, tx_m, rx_m, tx_siting, rx_siting, n0, shape):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Fill `shape` for an area of which only the irregularity is known (Algorithm, section 3).

    Parameters
    ----------
    distance_m
        Length of the path, in metres.
    irregularity_m
        Terrain irregularity, in metres.
    tx_m, rx_m
        Heights of the antennas above ground, in metres.
    tx_siting, rx_siting
        0 at random, 1 careful, 2 very careful.
    n0
        Refractivity at sea level, in N-units.
    shape
        Vector of `SLOTS` numbers that is written.

    Examples
    --------
    >>> shape = np.empty(SLOTS)
    >>> area_shape(10e3, 20.0, 15.0, 3.0, 0, 0, 301.0, shape)
    >>> round(shape[TX_HORIZON_M]), round(shape[RX_HORIZON_M])
    (14722, 6206)
    """
    shape[DISTANCE_M], shape[TX_M], shape[RX_M], shape[KNOWN_PATH] = distance_m, tx_m, rx_m, 0.0
    shape[IRREGULARITY_M] = irregularity_m
    set_refractivity(n0, 0.0, shape)
    shape[TX_EFFECTIVE_M] = _sited_height(tx_m, tx_siting, irregularity_m)
    shape[RX_EFFECTIVE_M] = _sited_height(rx_m, rx_siting, irregularity_m)
    _set_median_horizons(shape)
