"""The geometry of an inland path whose points are evenly spaced, without a division or a root for each point.

Slopes are taken for each step instead of each kilometre, so that one table of reciprocals serves every path. The edge
of a path in sight is found by comparing squares that keep their sign, and the edges of the smooth earth come from
closed forms: only the points next to them are looked at.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from onemap.radio.p1812.path_geometry import (
    AT_BETA,
    BETA_RADIUS_KM,
    D_LR_KM,
    D_LT_KM,
    DISTANCE_KM,
    DLM_KM,
    DTM_KM,
    HM_M,
    HRS_AMSL_M,
    HSR_DUCT_M,
    HSRD_M,
    HST_DUCT_M,
    HSTD_M,
    HTS_AMSL_M,
    IS_LOS,
    NU_PROFILE,
    NU_SMOOTH,
    OMEGA,
    REFLECTION_KM,
    THETA_MRAD,
    THETA_R_MRAD,
    THETA_T_MRAD,
    fill_end_heights,
    fill_smooth_earth,
)

__all__ = ["trace_even_median", "trace_even_path"]

RISING = np.concatenate([[0.0], 1.0 / np.arange(1.0, 8193.0)])
FALLING = np.ascontiguousarray(RISING[::-1])


@numba.njit(cache=True, nogil=True)
def _reciprocals(count):  # type: ignore[no-untyped-def]
    """Give one over the steps from the start to each point of a path, and one over those to its end; 0 for none."""
    if count <= RISING.shape[0]:
        return RISING[:count], FALLING[FALLING.shape[0] - count :]
    rising = np.zeros(count)
    for step in range(1, count):
        rising[step] = 1.0 / step
    return rising, rising[::-1].copy()


@numba.njit(cache=True, nogil=True)
def _ground_slopes(height_m, ends_m, bulge, inverse):  # type: ignore[no-untyped-def]
    """Find the largest slopes seen from both ends, bent and straight, the largest height over the ray, and two sums."""
    hts_m, hrs_m = ends_m
    rising, falling = inverse
    steps = rising.shape[0] - 1
    rise = (hrs_m - hts_m) * rising[steps]
    bent_t = bent_r = flat_t = flat_r = over_m = -math.inf
    total_m = moment = 0.0
    for point in range(1, steps):
        place = float(point)
        here_m = height_m[point]
        above_t = here_m - hts_m
        slope_t = above_t * rising[point]
        slope_r = (here_m - hrs_m) * falling[point]
        bent_t = max(bent_t, slope_t - bulge * place)
        bent_r = max(bent_r, slope_r - bulge * (steps - place))
        flat_t = max(flat_t, slope_t)
        flat_r = max(flat_r, slope_r)
        over_m = max(over_m, above_t - rise * place)
        total_m += here_m
        moment += here_m * place
    return (bent_t, bent_r), (over_m, flat_t - rise, flat_r + rise), (total_m, moment)


@numba.njit(cache=True, nogil=True)
def _bent_slopes(height_m, ends_m, bulge, inverse):  # type: ignore[no-untyped-def]
    """Find the largest slopes seen from both ends over the bulge of the earth."""
    hts_m, hrs_m = ends_m
    rising, falling = inverse
    steps = rising.shape[0] - 1
    bent_t = bent_r = -math.inf
    for point in range(1, steps):
        place = float(point)
        bent_t = max(bent_t, (height_m[point] - hts_m) * rising[point] - bulge * place)
        bent_r = max(bent_r, (height_m[point] - hrs_m) * falling[point] - bulge * (steps - place))
    return bent_t, bent_r


@numba.njit(cache=True, nogil=True)
def _signed_square(height_m, rise, bulge, point, inverse):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the square, its sign kept, of how high a point stands in the Fresnel zones; it grows with the parameter."""
    rising, falling = inverse
    place = float(point)
    over_m = height_m + bulge * place * (rising.shape[0] - 1 - place) - rise * place
    return over_m * abs(over_m) * (rising[point] * falling[point])


@numba.njit(cache=True, nogil=True)
def _closest_edge(height_m, ends_m, bulge, inverse):  # type: ignore[no-untyped-def]
    """Find the signed square of the point that stands highest in the Fresnel zones."""
    steps = inverse[0].shape[0] - 1
    rise = (ends_m[1] - ends_m[0]) / steps
    largest = -math.inf
    for point in range(1, steps):
        largest = max(largest, _signed_square(height_m[point] - ends_m[0], rise, bulge, point, inverse))
    return largest


@numba.njit(cache=True, nogil=True)
def _last_edge(height_m, ends_m, bulge, square, inverse):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Find the last point whose signed square is the largest one."""
    point = inverse[0].shape[0] - 2
    rise = (ends_m[1] - ends_m[0]) / (point + 1)
    while point > 1 and _signed_square(height_m[point] - ends_m[0], rise, bulge, point, inverse) < square:
        point -= 1
    return point


@numba.njit(cache=True, nogil=True)
def _horizon_points(height_m, ends_m, bulge, slopes, inverse):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the first point of the transmitter's horizon and the last one of the receiver's."""
    hts_m, hrs_m = ends_m
    rising, falling = inverse
    steps = rising.shape[0] - 1
    first, last = 1, steps - 1
    while first < steps - 1 and (height_m[first] - hts_m) * rising[first] - bulge * float(first) < slopes[0]:
        first += 1
    while last > 1:
        rest = float(steps) - float(last)
        if (height_m[last] - hrs_m) * falling[last] - bulge * rest >= slopes[1]:
            break
        last -= 1
    return first, last


@numba.njit(cache=True, nogil=True)
def _fill_horizons(height_m, bulge, slopes, inverse, geometry):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Fill in the horizons and the roughness between them; give the signed square of a path in sight."""
    ends_m = (geometry[HTS_AMSL_M], geometry[HRS_AMSL_M])
    steps = inverse[0].shape[0] - 1
    step_km = geometry[DISTANCE_KM] / steps
    rise = (ends_m[1] - ends_m[0]) / steps
    tangent_t, tangent_r = slopes
    geometry[IS_LOS] = square = 0.0
    if tangent_t > rise - bulge * steps:
        first, last = _horizon_points(height_m, ends_m, bulge, slopes, inverse)
    else:
        geometry[IS_LOS] = 1.0
        tangent_t, tangent_r = rise - bulge * steps, -rise - bulge * steps
        square = _closest_edge(height_m, ends_m, bulge, inverse)
        first = last = _last_edge(height_m, ends_m, bulge, square, inverse)
    per_step = 1.0 / (1000.0 * step_km)
    geometry[THETA_T_MRAD] = 1000.0 * math.atan(tangent_t * per_step)
    geometry[THETA_R_MRAD] = 1000.0 * math.atan(tangent_r * per_step)
    # The bulge of one step is 500 times its square over the radius of the earth.
    bend_mrad = 2.0 * bulge * steps / step_km
    geometry[THETA_MRAD] = bend_mrad + geometry[THETA_T_MRAD] + geometry[THETA_R_MRAD]
    geometry[D_LT_KM] = first * step_km
    geometry[D_LR_KM] = (steps - last) * step_km
    slope = (geometry[HSR_DUCT_M] - geometry[HST_DUCT_M]) / steps
    rough_m = -math.inf
    for point in range(first, last + 1):
        rough_m = max(rough_m, height_m[point] - slope * float(point))
    geometry[HM_M] = rough_m - geometry[HST_DUCT_M]
    return square


@numba.njit(cache=True, nogil=True)
def _edge(slopes, ends_m, scale):  # type: ignore[no-untyped-def]
    """Give the parameter of the edge where the two horizon rays of a blocked path meet."""
    steps, step_km = scale
    place = (ends_m[1] - ends_m[0] + slopes[1] * steps) / (slopes[0] + slopes[1])
    rest = steps - place
    over_m = slopes[0] * place - (ends_m[1] - ends_m[0]) * place / steps
    return over_m * math.sqrt(0.002 * steps / (step_km * place * rest))


@numba.njit(cache=True, nogil=True)
def _profile_parameter(ends_m, bulge, slopes, square, scale):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the parameter of the Bullington edge of a profile, from its largest slopes or its signed square in sight."""
    steps, step_km = scale
    raised = (slopes[0] + bulge * steps, slopes[1] + bulge * steps)
    if raised[0] < (ends_m[1] - ends_m[0]) / steps:
        return math.copysign(math.sqrt(abs(square) * (0.002 * steps / step_km)), square)
    return _edge(raised, ends_m, scale)


@numba.njit(cache=True, nogil=True)
def _smooth_parameter(ends_m, bulge, nearest, scale):  # type: ignore[no-untyped-def]
    """Find the parameter of the Bullington edge of sea level: only the points next to the closed forms can decide."""
    ht_m, hr_m = ends_m
    steps, step_km = scale
    top = steps - 1.0
    near_t = min(max(math.floor(math.sqrt(ht_m / bulge)), 1.0), top)
    near_r = min(max(math.floor(math.sqrt(hr_m / bulge)), 1.0), top)
    far_t, far_r = min(near_t + 1.0, top), min(near_r + 1.0, top)
    slope_t = max(bulge * (steps - near_t) - ht_m / near_t, bulge * (steps - far_t) - ht_m / far_t)
    slope_r = max(bulge * (steps - near_r) - hr_m / near_r, bulge * (steps - far_r) - hr_m / far_r)
    if slope_t >= (hr_m - ht_m) / steps:
        return _edge((slope_t, slope_r), ends_m, scale)
    largest = -math.inf
    for shift in range(-1, 3):
        place = min(max(math.floor(nearest) + shift, 1.0), top)
        rest = steps - place
        over_m = bulge * place * rest - (ht_m * rest + hr_m * place) / steps
        largest = max(largest, over_m * math.sqrt(0.002 * steps / (step_km * place * rest)))
    return largest


@numba.njit(cache=True, nogil=True)
def _fill_edges(shift, radius_km, slopes, square, scale, geometry):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Fill in what diffraction at one radius of the earth needs."""
    step_km = scale[1]
    bulge = 500.0 / radius_km * step_km * step_km
    hts_m, hrs_m = geometry[HTS_AMSL_M], geometry[HRS_AMSL_M]
    fill_smooth_earth(radius_km, shift, geometry)
    geometry[NU_PROFILE + shift] = _profile_parameter((hts_m, hrs_m), bulge, slopes, square, scale)
    over_smooth = (hts_m - geometry[HSTD_M], hrs_m - geometry[HSRD_M])
    nearest = geometry[REFLECTION_KM + shift] / step_km
    geometry[NU_SMOOTH + shift] = _smooth_parameter(over_smooth, bulge, nearest, scale)


@numba.njit(cache=True, nogil=True)
def _surface_edge(surface_m, ends_m, bulge, inverse):  # type: ignore[no-untyped-def]
    """Find the largest slopes over a surface and, in sight, the signed square of the point that stands highest."""
    steps = inverse[0].shape[0] - 1
    slopes = _bent_slopes(surface_m, ends_m, bulge, inverse)
    if slopes[0] + bulge * steps < (ends_m[1] - ends_m[0]) / steps:
        return slopes, _closest_edge(surface_m, ends_m, bulge, inverse)
    return slopes, 0.0


@numba.njit(cache=True, nogil=True)
def trace_even_median(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    step_km, height_m, surface_m, count, htg_m, hrg_m, effective_radius_km, geometry
):
    """Fill the geometry of an even inland path as far as the median of time needs it.

    Parameters
    ----------
    step_km
        Distance from point to point, in kilometres.
    height_m
        Heights of the ground above sea level, in metres; no voids (a NaN makes `HST_M` NaN).
    surface_m
        Heights with what stands on the ground, the same as `height_m` at both ends; empty where nothing stands on it.
    count
        How many points of the arrays to use, more than four.
    htg_m, hrg_m
        Heights of the antennas above the ground, in metres, more than zero.
    effective_radius_km
        Median effective radius of the earth.
    geometry
        Vector of `SLOTS` numbers that is written; the places for strong refraction (`NU_PROFILE + AT_BETA` and on) are
        set to NaN, so it serves `path_loss` for 50 percent of the time only.

    Examples
    --------
    >>> from onemap.radio.p1812.path_geometry import SLOTS
    >>> geometry, plain = np.empty(SLOTS), np.full(101, 100.0)
    >>> trace_even_median(0.1, plain, plain[:0], 101, 30.0, 10.0, 8_500.0, geometry)
    >>> geometry[[DISTANCE_KM, HTS_AMSL_M, IS_LOS, NU_PROFILE + AT_BETA]]
    array([ 10., 130.,   1.,  nan])
    """
    steps = count - 1
    inverse = _reciprocals(count)
    bulge = 500.0 / effective_radius_km * step_km * step_km
    first_m, last_m = height_m[0], height_m[steps]
    ends_m = (first_m + htg_m, last_m + hrg_m)
    slopes, obstruction, sums = _ground_slopes(height_m, ends_m, bulge, inverse)
    v1 = step_km * (2.0 * sums[0] + first_m + last_m)
    v2 = step_km * step_km * (6.0 * sums[1] + last_m * (3.0 * steps - 1.0) + first_m)
    geometry[DISTANCE_KM] = step_km * steps
    fill_end_heights((first_m, last_m, htg_m, hrg_m), (v1, v2), obstruction, geometry)
    square = _fill_horizons(height_m, bulge, slopes, inverse, geometry)
    geometry[OMEGA] = 0.0
    geometry[DTM_KM] = geometry[DLM_KM] = geometry[DISTANCE_KM]
    geometry[NU_PROFILE + AT_BETA : REFLECTION_KM + AT_BETA + 1] = math.nan
    if surface_m.shape[0] > 0:
        slopes, square = _surface_edge(surface_m, ends_m, bulge, inverse)
    _fill_edges(0, effective_radius_km, slopes, square, (float(steps), step_km), geometry)


@numba.njit(cache=True, nogil=True)
def trace_even_path(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    step_km, height_m, surface_m, count, htg_m, hrg_m, effective_radius_km, geometry
):
    """Fill the geometry of an even inland path, for any share of the time.

    Parameters
    ----------
    step_km, height_m, surface_m, count, htg_m, hrg_m, effective_radius_km
        As those of `trace_even_median`.
    geometry
        Vector of `SLOTS` numbers that is written.

    Examples
    --------
    >>> from onemap.radio.p1812.path_geometry import HORIZON_KM, SLOTS
    >>> geometry, plain = np.empty(SLOTS), np.full(101, 100.0)
    >>> trace_even_path(0.1, plain, plain[:0], 101, 30.0, 10.0, 8_500.0, geometry)
    >>> geometry[[HORIZON_KM, HORIZON_KM + AT_BETA]].round(1)
    array([35.6, 53.4])
    """
    trace_even_median(step_km, height_m, surface_m, count, htg_m, hrg_m, effective_radius_km, geometry)
    surface_m = height_m if surface_m.shape[0] == 0 else surface_m
    ends_m = (geometry[HTS_AMSL_M], geometry[HRS_AMSL_M])
    bulge = 500.0 / BETA_RADIUS_KM * step_km * step_km
    slopes, square = _surface_edge(surface_m, ends_m, bulge, _reciprocals(count))
    _fill_edges(AT_BETA, BETA_RADIUS_KM, slopes, square, (float(count - 1), step_km), geometry)
