"""The geometry of the path to one cell, from what its ray knows: the same numbers as `trace_path` finds point by point.

The path runs over the samples of the ray and ends at the cell's own centre and height; the last sample before it lies
half a step to one and a half steps away.
"""

from __future__ import annotations

import math

import numba

from onemap.radio.p1812.path_geometry import (
    AT_BETA,
    BETA_RADIUS_KM,
    D_LR_KM,
    D_LT_KM,
    DISTANCE_KM,
    DLM_KM,
    DTM_KM,
    HM_M,
    HORIZON_KM,
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
    edge_parameter,
    fill_end_heights,
    fill_smooth_earth,
)
from onemap.radio.sweep.ray import (
    FIRST,
    NEAREST,
    NEAREST_SURFACE,
    RISE_BETA,
    RISE_FLAT,
    RISE_GROUND,
    RISE_SURFACE,
    SUM_1,
    SUM_2,
)
from onemap.terrain.blocks import highest_between, nearest_to_ray
from onemap.terrain.hull import support, tangent
from onemap.terrain.uncounted import UNCOUNTED

__all__ = ["fill_cell", "fill_roughness"]


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def _fill_ends(ray, last, step_km, end, geometry):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Fill in the heights of the ends (equations 83 to 92)."""
    ground, _, _, hulls, running = ray
    total_km, end_m, htg_m, hrg_m = end
    hts_m, hrs_m = ground[0] + htg_m, end_m + hrg_m
    last_km, last_m = last * step_km, ground[last]
    v1 = running[SUM_1] + (total_km - last_km) * (end_m + last_m)
    v2 = running[SUM_2] + (total_km - last_km) * (
        end_m * (2.0 * total_km + last_km) + last_m * (total_km + 2.0 * last_km)
    )
    slope = (hrs_m - hts_m) / total_km
    slope_t = running[RISE_FLAT] - slope
    over_m, slope_r = -1.0, 0.0
    if slope_t > 0.0:
        places, heights, _ = hulls[0]
        at = support(hulls[0], slope)
        over_m = heights[at] - hts_m - slope * places[at]
        at = tangent(hulls[0], total_km, hrs_m)
        slope_r = (heights[at] - hrs_m) / (total_km - places[at]) + slope
    geometry[DISTANCE_KM] = total_km
    fill_end_heights((ground[0], end_m, htg_m, hrg_m), (v1, v2), (over_m, slope_t, slope_r), geometry)


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def _fill_horizons(ray, last, step_km, bulge, geometry):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Fill in the horizons (equations 76 to 82); give the samples they stand on."""
    ground, _, maxima, hulls, running = ray
    total_km, hts_m, hrs_m = geometry[DISTANCE_KM], geometry[HTS_AMSL_M], geometry[HRS_AMSL_M]
    slope = (hrs_m - hts_m) / total_km
    rise_t, rise_r = running[RISE_GROUND], -slope - bulge * total_km
    if rise_t <= slope - bulge * total_km:
        geometry[IS_LOS] = 1.0
        rise_t = slope - bulge * total_km
        guess = int(running[NEAREST])
        first = nearest_to_ray(ground, last, step_km, (hts_m, slope, bulge, total_km), maxima[0], guess)
        running[NEAREST] = last = first
    else:
        geometry[IS_LOS] = 0.0
        first = int(running[FIRST])
        low_m = hrs_m - bulge * total_km * total_km
        at = tangent(hulls[1], total_km, low_m)
        last_km = hulls[1][0][at]
        rise_r = (hulls[1][1][at] - low_m) / (total_km - last_km) - 2.0 * bulge * total_km
        last = int(last_km / step_km + 0.5)
    geometry[D_LT_KM] = first * step_km
    geometry[D_LR_KM] = total_km - last * step_km
    geometry[THETA_T_MRAD] = 1000.0 * math.atan(0.001 * rise_t)
    geometry[THETA_R_MRAD] = 1000.0 * math.atan(0.001 * rise_r)
    geometry[THETA_MRAD] = 2.0 * bulge * total_km + geometry[THETA_T_MRAD] + geometry[THETA_R_MRAD]
    return first, last


@numba.njit(cache=True, nogil=True)
def _blocked_edge(slope_t, slope_r, ht_m, hr_m, total_km):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the parameter of the edge where the two horizon rays meet (equations 18 to 20)."""
    edge_km = (hr_m - ht_m + slope_r * total_km) / (slope_t + slope_r)
    rest_km = total_km - edge_km
    over_m = ht_m + slope_t * edge_km - (ht_m * rest_km + hr_m * edge_km) / total_km
    return edge_parameter(over_m, edge_km, rest_km)


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def _profile_edge(ray, last, step_km, view, geometry):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the parameter of the Bullington edge of the profile (equations 13 to 20)."""
    _, surface, maxima, hulls, running = ray
    rise_t, bulge, number, guess = view
    total_km, hts_m, hrs_m = geometry[DISTANCE_KM], geometry[HTS_AMSL_M], geometry[HRS_AMSL_M]
    slope = (hrs_m - hts_m) / total_km
    slope_t = rise_t + bulge * total_km
    if slope_t < slope:
        at = guess
        if at == 0:
            at = int(running[NEAREST_SURFACE])
            at = nearest_to_ray(surface, last, step_km, (hts_m, slope, bulge, total_km), maxima[1], at)
            running[NEAREST_SURFACE] = at
        here_km = at * step_km
        rest_km = total_km - here_km
        over_m = surface[at] + bulge * here_km * rest_km - (hts_m * rest_km + hrs_m * here_km) / total_km
        return edge_parameter(over_m, here_km, rest_km)
    hull = hulls[1] if number == 1 else (hulls[2] if number == 2 else hulls[3])
    low_m = hrs_m - bulge * total_km * total_km
    at = tangent(hull, total_km, low_m)
    slope_r = (hull[1][at] - low_m) / (total_km - hull[0][at]) - bulge * total_km
    return _blocked_edge(slope_t, slope_r, hts_m, hrs_m, total_km)


@numba.njit(cache=True, nogil=True)
def _smooth_rise(from_km, total_km, height_m, bulge):  # type: ignore[no-untyped-def]
    """Give the rise from an end to the sea at a distance, over the bulge of the path (equations 13 and 18)."""
    return bulge * (total_km - from_km) - height_m / from_km


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def _smooth_edge(last, step_km, bulge, shift, geometry):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the parameter of the Bullington edge of the sea at the same samples: those next to the true extremes."""
    total_km = geometry[DISTANCE_KM]
    ht_m, hr_m = geometry[HTS_AMSL_M] - geometry[HSTD_M], geometry[HRS_AMSL_M] - geometry[HSRD_M]
    at = min(max(int(math.sqrt(ht_m / bulge) / step_km), 1), last)
    slope_t = _smooth_rise(at * step_km, total_km, ht_m, bulge)
    slope_t = max(slope_t, _smooth_rise(min(at + 1, last) * step_km, total_km, ht_m, bulge))
    if slope_t < (hr_m - ht_m) / total_km:
        if total_km >= geometry[HORIZON_KM + shift]:
            fill_smooth_earth(500.0 / bulge, shift, geometry)
        largest = -math.inf
        at = min(max(int(geometry[REFLECTION_KM + shift] / step_km), 1), last)
        for sample in (at, min(at + 1, last)):
            here_km = sample * step_km
            rest_km = total_km - here_km
            over_m = bulge * here_km * rest_km - (ht_m * rest_km + hr_m * here_km) / total_km
            largest = max(largest, edge_parameter(over_m, here_km, rest_km))
        return largest
    at = min(max(int((total_km - math.sqrt(hr_m / bulge)) / step_km), 1), last)
    slope_r = _smooth_rise(total_km - at * step_km, total_km, hr_m, bulge)
    slope_r = max(slope_r, _smooth_rise(total_km - min(at + 1, last) * step_km, total_km, hr_m, bulge))
    return _blocked_edge(slope_t, slope_r, ht_m, hr_m, total_km)


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def _fill_sphere(radius_km, shift, geometry):  # type: ignore[no-untyped-def]
    """Fill in what the smooth earth needs; beyond the horizon that is the horizon alone (equation 22)."""
    ht_m, hr_m = geometry[HTS_AMSL_M] - geometry[HSTD_M], geometry[HRS_AMSL_M] - geometry[HSRD_M]
    geometry[HORIZON_KM + shift] = math.sqrt(0.002 * radius_km) * (math.sqrt(ht_m) + math.sqrt(hr_m))
    if geometry[DISTANCE_KM] < geometry[HORIZON_KM + shift]:
        fill_smooth_earth(radius_km, shift, geometry)


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def fill_roughness(ray, horizons, step_km, geometry):  # type: ignore[no-untyped-def]
    """Fill in the roughness of the ground between the horizons (ITU-R P.1812-8, equation 93); only ducting reads it.

    Parameters
    ----------
    ray, step_km, geometry
        As those of `fill_cell`, which has filled the geometry.
    horizons
        What it gave.
    """
    base_m = geometry[HST_DUCT_M]
    fall = (geometry[HSR_DUCT_M] - base_m) / geometry[DISTANCE_KM]
    geometry[HM_M] = highest_between(ray[0], horizons, step_km, fall, ray[2][0]) - base_m


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def fill_cell(ray, last, step_km, end, air, geometry):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Fill in the geometry of the path to one cell, all inland, but for the roughness.

    Parameters
    ----------
    ray
        A ray that has grown to the sample `last`.
    last
        Number of the last sample before the cell.
    step_km
        Distance between samples, in kilometres.
    end
        Distance of the cell in kilometres, height of its ground above sea level, heights of the antennas above the
        ground, transmitter first, in metres.
    air
        Effective radius of the earth in kilometres; whether something stands on the ground; whether the geometry for
        small shares of the time is wanted too.
    geometry
        Vector of `SLOTS` numbers that is written. Beyond the horizon of the smooth earth its clearance is left out.

    Returns
    -------
    horizons
        Numbers of the samples that are the horizons of transmitter and receiver, or the nearest to a ray in sight.

    References
    ----------
    ITU-R P.1812-8, sections 3.6 and 4.3, attachment 1.
    """
    total_km = end[0]
    radius_km, covered, rare = air
    running = ray[4]
    _fill_ends(ray, last, step_km, end, geometry)
    bulge = 500.0 / radius_km
    horizons = _fill_horizons(ray, last, step_km, bulge, geometry)
    geometry[OMEGA] = 0.0
    geometry[DTM_KM] = geometry[DLM_KM] = total_km
    guess = 0 if covered or geometry[IS_LOS] == 0.0 else horizons[0]
    view = (running[RISE_SURFACE], bulge, 2 if covered else 1, guess)
    geometry[NU_PROFILE] = _profile_edge(ray, last, step_km, view, geometry)
    _fill_sphere(radius_km, 0, geometry)
    geometry[NU_SMOOTH] = _smooth_edge(last, step_km, bulge, 0, geometry)
    if rare:
        bulge = 500.0 / BETA_RADIUS_KM
        view = (running[RISE_BETA], bulge, 3, 0)
        geometry[NU_PROFILE + AT_BETA] = _profile_edge(ray, last, step_km, view, geometry)
        _fill_sphere(BETA_RADIUS_KM, AT_BETA, geometry)
        geometry[NU_SMOOTH + AT_BETA] = _smooth_edge(last, step_km, bulge, AT_BETA, geometry)
    return horizons
