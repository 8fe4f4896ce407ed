"""All of a path that needs no frequency: heights, horizons, zones, and the edges that diffract.

`trace_path` fills a vector, the geometry, of which every place has a name here; what depends on frequency and time is
scalar arithmetic on it. Diffraction parameters are kept as ``nu * sqrt(wavelength)``, wavelength in metres, for two
radii of the earth: the median effective one, and (places plus `AT_BETA`) three times its radius for strong refraction.
"""

from __future__ import annotations

import math

import numba

__all__ = [
    "AT_BETA",
    "BETA_RADIUS_KM",
    "CLEARANCE_M",
    "COASTAL",
    "DISTANCE_KM",
    "DLM_KM",
    "DTM_KM",
    "D_LR_KM",
    "D_LT_KM",
    "EARTH_RADIUS_KM",
    "GRAZING_RADIUS_KM",
    "HM_M",
    "HORIZON_KM",
    "HRE_M",
    "HRS_AMSL_M",
    "HSRD_M",
    "HSR_DUCT_M",
    "HSR_M",
    "HSTD_M",
    "HST_DUCT_M",
    "HST_M",
    "HTE_M",
    "HTS_AMSL_M",
    "INLAND",
    "IS_LOS",
    "NU_PROFILE",
    "NU_SMOOTH",
    "OMEGA",
    "REFLECTION_KM",
    "REQUIRED",
    "SEA_ZONE",
    "SLOTS",
    "THETA_MRAD",
    "THETA_R_MRAD",
    "THETA_T_MRAD",
    "edge_parameter",
    "effective_radius",
    "fill_end_heights",
    "fill_smooth_earth",
    "trace_path",
]

EARTH_RADIUS_KM = 6371.0
BETA_RADIUS_KM = 3.0 * EARTH_RADIUS_KM  # equation 7b
SEA_ZONE, COASTAL, INLAND = 1, 3, 4

DISTANCE_KM = 0
HTS_AMSL_M = 1  # antennas above sea level
HRS_AMSL_M = 2
HST_M = 3  # smooth surface under the ends, equations 85 and 86
HSR_M = 4
HST_DUCT_M = 5  # not above the ground
HSR_DUCT_M = 6
HSTD_M = 7  # the same for diffraction, equations 89 to 91
HSRD_M = 8
HTE_M = 9  # effective heights for ducting, equation 92
HRE_M = 10
HM_M = 11  # roughness, equation 93
THETA_T_MRAD = 12
THETA_R_MRAD = 13
THETA_MRAD = 14  # angular distance
D_LT_KM = 15  # distance from each end to its horizon
D_LR_KM = 16
IS_LOS = 17  # 1 in sight, 0 beyond the horizon
OMEGA = 18  # share over sea
DTM_KM = 19  # longest stretch of land; of inland
DLM_KM = 20
NU_PROFILE = 21  # nu * sqrt(wavelength) of the Bullington edge of the profile; of the smooth profile
NU_SMOOTH = 22
HORIZON_KM = 23  # distance at which the ends lose sight of each other over the smooth earth
CLEARANCE_M = 24  # smallest clearance over the smooth earth
REQUIRED = 25  # clearance for no loss over the square root of the wavelength
GRAZING_RADIUS_KM = 26  # radius at which the path is just in sight
REFLECTION_KM = 27  # distance of the smallest clearance from the transmitter
AT_BETA = 7
SLOTS = REFLECTION_KM + AT_BETA + 1


@numba.njit(cache=True, nogil=True)
def effective_radius(delta_n):  # type: ignore[no-untyped-def]
    """Give the median effective radius of the earth, in kilometres (ITU-R P.1812-8, equations 6 and 7a).

    Parameters
    ----------
    delta_n
        Median lapse of refractivity over the lowest kilometre, in N-units per kilometre, less than 157.

    Returns
    -------
    radius_km
        Radius, in kilometres.

    Examples
    --------
    >>> round(effective_radius(45.0), 6)
    8930.776786
    """
    return EARTH_RADIUS_KM * 157.0 / (157.0 - delta_n)


@numba.njit(cache=True, nogil=True)
def edge_parameter(over_m, from_km, to_km):  # type: ignore[no-untyped-def]
    """Give ``nu * sqrt(wavelength)`` of an edge, from its height over the straight ray and its distances to the ends.

    Parameters
    ----------
    over_m
        Height of the edge above the ray, in metres.
    from_km, to_km
        Distances to the two ends, in kilometres.

    Returns
    -------
    parameter
        In the square root of metres (ITU-R P.1812-8, equation 16).

    Examples
    --------
    >>> round(edge_parameter(10.0, 5.0, 5.0), 4)
    0.2828
    """
    return over_m * math.sqrt(0.002 * (from_km + to_km) / (from_km * to_km))


@numba.njit(cache=True, nogil=True)
def _blocked_edge(slope_t, slope_r, ht_m, hr_m, distance_km):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the parameter of the edge where the two horizon rays meet (equations 18 to 20)."""
    edge_km = (hr_m - ht_m + slope_r * distance_km) / (slope_t + slope_r)
    rest_km = distance_km - edge_km
    over_m = ht_m + slope_t * edge_km - (ht_m * rest_km + hr_m * edge_km) / distance_km
    return edge_parameter(over_m, edge_km, rest_km)


@numba.njit(cache=True, nogil=True)
def _bullington_parameter(distance_km, surface_m, count, ends_m, radius_km):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Find the parameter of the Bullington edge of a profile (equations 13 to 20); an empty surface is sea level."""
    ht_m, hr_m = ends_m
    total_km = distance_km[count - 1]
    bulge = 500.0 / radius_km
    smooth = surface_m.shape[0] == 0
    slope_t = slope_r = largest = -math.inf
    for point in range(1, count - 1):
        from_km = distance_km[point]
        to_km = total_km - from_km
        raised_m = bulge * from_km * to_km
        if not smooth:
            raised_m += surface_m[point]
        slope_t = max(slope_t, (raised_m - ht_m) / from_km)
        slope_r = max(slope_r, (raised_m - hr_m) / to_km)
        over_m = raised_m - (ht_m * to_km + hr_m * from_km) / total_km
        largest = max(largest, edge_parameter(over_m, from_km, to_km))
    if slope_t < (hr_m - ht_m) / total_km:
        return largest
    return _blocked_edge(slope_t, slope_r, ht_m, hr_m, total_km)


@numba.njit(cache=True, nogil=True)
def fill_smooth_earth(radius_km, shift, geometry):  # type: ignore[no-untyped-def]
    """Fill in what the smooth earth of one radius needs, from the heights that the geometry holds already.

    Parameters
    ----------
    radius_km
        Radius of the earth, in kilometres.
    shift
        0 for the effective radius, `AT_BETA` for the other one.
    geometry
        Vector of `SLOTS` numbers with `DISTANCE_KM`, `HTS_AMSL_M`, `HRS_AMSL_M`, `HSTD_M` and `HSRD_M`; the places
        `HORIZON_KM` to `REFLECTION_KM` (plus the shift) are written.

    References
    ----------
    ITU-R P.1812-8, equations 22 to 27.

    Examples
    --------
    >>> import numpy as np
    >>> geometry = np.zeros(SLOTS)
    >>> geometry[[DISTANCE_KM, HTS_AMSL_M, HRS_AMSL_M]] = 10.0, 30.0, 30.0
    >>> fill_smooth_earth(8_500.0, 0, geometry)
    >>> geometry[[HORIZON_KM, CLEARANCE_M, REFLECTION_KM]].round(2)
    array([45.17, 28.53,  5.  ])
    """
    distance_km = geometry[DISTANCE_KM]
    ht_m = geometry[HTS_AMSL_M] - geometry[HSTD_M]
    hr_m = geometry[HRS_AMSL_M] - geometry[HSRD_M]
    roots = math.sqrt(ht_m) + math.sqrt(hr_m)
    m = 250.0 * distance_km * distance_km / (radius_km * (ht_m + hr_m))
    inner = 1.5 * (ht_m - hr_m) / (ht_m + hr_m) * math.sqrt(3.0 * m / (m + 1.0) ** 3)
    angle = math.pi / 3.0 + math.acos(max(-1.0, min(1.0, inner))) / 3.0
    b = 2.0 * math.sqrt((m + 1.0) / (3.0 * m)) * math.cos(angle)
    d1_km = 0.5 * distance_km * (1.0 + b)
    d2_km = distance_km - d1_km
    bent_t_m = ht_m - 500.0 * d1_km * d1_km / radius_km
    bent_r_m = hr_m - 500.0 * d2_km * d2_km / radius_km
    geometry[HORIZON_KM + shift] = math.sqrt(2.0 * radius_km) * math.sqrt(0.001) * roots
    geometry[CLEARANCE_M + shift] = (bent_t_m * d2_km + bent_r_m * d1_km) / distance_km
    geometry[REQUIRED + shift] = 17.456 * math.sqrt(d1_km * d2_km / distance_km)
    geometry[GRAZING_RADIUS_KM + shift] = 500.0 * (distance_km / roots) ** 2
    geometry[REFLECTION_KM + shift] = d1_km


@numba.njit(cache=True, nogil=True)
def fill_end_heights(ends, sums, obstruction, geometry):  # type: ignore[no-untyped-def]
    """Fill in the heights of the ends above the sea and above the smooth surfaces.

    Parameters
    ----------
    ends
        Heights of the ground at both ends, then of the antennas above it, in metres.
    sums
        The two sums of equations 85 and 86 that the smooth surface is fitted by.
    obstruction
        Largest height over the ray from end to end in metres, largest slopes of it seen from both ends in metres a
        kilometre (equation 88).
    geometry
        Vector of `SLOTS` numbers with `DISTANCE_KM`; the places `HTS_AMSL_M` to `HRE_M` are written.

    References
    ----------
    ITU-R P.1812-8, equations 85 to 92.

    Examples
    --------
    A plain 100 m above the sea:

    >>> import numpy as np
    >>> geometry = np.zeros(SLOTS)
    >>> geometry[DISTANCE_KM] = 10.0
    >>> fill_end_heights((100.0, 100.0, 30.0, 10.0), (2_000.0, 30_000.0), (-10.0, -3.0, -1.0), geometry)
    >>> geometry[[HTS_AMSL_M, HST_M, HSR_M, HTE_M]]
    array([130., 100., 100.,  30.])
    """
    first_m, last_m, htg_m, hrg_m = ends
    v1, v2 = sums
    distance_km = geometry[DISTANCE_KM]
    hst_m = (2.0 * v1 * distance_km - v2) / (distance_km * distance_km)
    hsr_m = (v2 - v1 * distance_km) / (distance_km * distance_km)
    over_m, slope_t, slope_r = obstruction
    lower_t_m = over_m * (slope_t / (slope_t + slope_r)) if over_m > 0.0 else 0.0
    lower_r_m = over_m * (slope_r / (slope_t + slope_r)) if over_m > 0.0 else 0.0
    geometry[HTS_AMSL_M] = first_m + htg_m
    geometry[HRS_AMSL_M] = last_m + hrg_m
    geometry[HST_M] = hst_m
    geometry[HSR_M] = hsr_m
    geometry[HST_DUCT_M] = min(hst_m, first_m)
    geometry[HSR_DUCT_M] = min(hsr_m, last_m)
    geometry[HSTD_M] = min(hst_m - lower_t_m, first_m)
    geometry[HSRD_M] = min(hsr_m - lower_r_m, last_m)
    geometry[HTE_M] = htg_m + first_m - geometry[HST_DUCT_M]
    geometry[HRE_M] = hrg_m + last_m - geometry[HSR_DUCT_M]


@numba.njit(cache=True, nogil=True)
def _fill_ends(distance_km, height_m, count, htg_m, hrg_m, geometry):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Gather the sums and obstructions of a profile, then fill in the heights of the ends."""
    total_km = distance_km[count - 1]
    hts_m = height_m[0] + htg_m
    hrs_m = height_m[count - 1] + hrg_m
    v1 = v2 = 0.0
    over_m = slope_t = slope_r = -math.inf
    for point in range(1, count):
        before_km, here_km = distance_km[point - 1], distance_km[point]
        before_m, here_m = height_m[point - 1], height_m[point]
        v1 += (here_km - before_km) * (here_m + before_m)
        v2 += (here_km - before_km) * (here_m * (2.0 * here_km + before_km) + before_m * (here_km + 2.0 * before_km))
        if point < count - 1:
            rest_km = total_km - here_km
            above_m = here_m - (hts_m * rest_km + hrs_m * here_km) / total_km
            over_m = max(over_m, above_m)
            slope_t = max(slope_t, above_m / here_km)
            slope_r = max(slope_r, above_m / rest_km)
    geometry[DISTANCE_KM] = total_km
    ends = (height_m[0], height_m[count - 1], htg_m, hrg_m)
    fill_end_heights(ends, (v1, v2), (over_m, slope_t, slope_r), geometry)


@numba.njit(cache=True, nogil=True)
def _horizon_points(distance_km, height_m, count, radius_km, geometry):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Fill in the horizon angles and distances (equations 76 to 82); give the points of the two horizons."""
    total_km = geometry[DISTANCE_KM]
    hts_m, hrs_m = geometry[HTS_AMSL_M], geometry[HRS_AMSL_M]
    first = last = nearest = 1
    rise_t = rise_r = largest = -math.inf
    for point in range(1, count - 1):
        from_km = distance_km[point]
        to_km = total_km - from_km
        tangent_t = (height_m[point] - hts_m) / (1000.0 * from_km) - from_km / (2.0 * radius_km)
        tangent_r = (height_m[point] - hrs_m) / (1000.0 * to_km) - to_km / (2.0 * radius_km)
        over_m = height_m[point] + 500.0 * from_km * to_km / radius_km
        over_m -= (hts_m * to_km + hrs_m * from_km) / total_km
        parameter = edge_parameter(over_m, from_km, to_km)
        if tangent_t > rise_t:
            rise_t, first = tangent_t, point
        if tangent_r >= rise_r:
            rise_r, last = tangent_r, point
        if parameter >= largest:
            largest, nearest = parameter, point
    straight_t = (hrs_m - hts_m) / (1000.0 * total_km) - total_km / (2.0 * radius_km)
    geometry[IS_LOS] = 0.0
    if rise_t <= straight_t:
        geometry[IS_LOS] = 1.0
        rise_t, rise_r = straight_t, (hts_m - hrs_m) / (1000.0 * total_km) - total_km / (2.0 * radius_km)
        first = last = nearest
    geometry[THETA_T_MRAD] = 1000.0 * math.atan(rise_t)
    geometry[THETA_R_MRAD] = 1000.0 * math.atan(rise_r)
    geometry[THETA_MRAD] = 1000.0 * total_km / radius_km + geometry[THETA_T_MRAD] + geometry[THETA_R_MRAD]
    geometry[D_LT_KM] = distance_km[first]
    geometry[D_LR_KM] = total_km - distance_km[last]
    return first, last


@numba.njit(cache=True, nogil=True)
def _fill_zones(distance_km, zone, count, geometry):  # type: ignore[no-untyped-def]
    """Fill in the share over sea and the longest stretches of land and of inland."""
    sea_km = land_km = inland_km = longest_land_km = longest_inland_km = 0.0
    for point in range(count):
        here_km = distance_km[point]
        before_km = 0.5 * (here_km - distance_km[max(point - 1, 0)])
        after_km = 0.5 * (distance_km[min(point + 1, count - 1)] - here_km)
        own_km = before_km + after_km
        if zone[point] == SEA_ZONE:
            sea_km += own_km
            land_km = inland_km = 0.0
        else:
            land_km += own_km
            inland_km = inland_km + own_km if zone[point] == INLAND else 0.0
        longest_land_km = max(longest_land_km, land_km)
        longest_inland_km = max(longest_inland_km, inland_km)
    geometry[OMEGA] = min(sea_km / distance_km[count - 1], 1.0)
    geometry[DTM_KM] = longest_land_km
    geometry[DLM_KM] = longest_inland_km


@numba.njit(cache=True, nogil=True)
def trace_path(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    distance_km, height_m, surface_m, zone, count, htg_m, hrg_m, effective_radius_km, geometry
):
    """Fill the geometry of a path from points at any spacing.

    Parameters
    ----------
    distance_km
        Distances of the points from the transmitter, the first one 0, rising, in kilometres.
    height_m
        Heights of the ground above sea level, in metres; no voids.
    surface_m
        Heights with what stands on the ground, the same as `height_m` at both ends; empty where nothing stands on it.
    zone
        `SEA_ZONE`, `COASTAL` or `INLAND`, for each point.
    count
        How many points of the arrays to use, more than four.
    htg_m, hrg_m
        Heights of the antennas above the ground, in metres, more than zero.
    effective_radius_km
        Median effective radius of the earth, see `effective_radius`.
    geometry
        Vector of `SLOTS` numbers that is written.

    Examples
    --------
    >>> import numpy as np
    >>> geometry, plain = np.empty(SLOTS), np.full(101, 100.0)
    >>> inland = np.full(101, INLAND)
    >>> trace_path(np.linspace(0.0, 10.0, 101), plain, plain, inland, 101, 30.0, 10.0, 8_500.0, geometry)
    >>> geometry[[DISTANCE_KM, HTS_AMSL_M, HST_M, IS_LOS]]
    array([ 10., 130., 100.,   1.])
    """
    _fill_ends(distance_km, height_m, count, htg_m, hrg_m, geometry)
    first, last = _horizon_points(distance_km, height_m, count, effective_radius_km, geometry)
    _fill_zones(distance_km, zone, count, geometry)
    base_m = geometry[HST_DUCT_M]
    slope = (geometry[HSR_DUCT_M] - base_m) / geometry[DISTANCE_KM]
    rough_m = -math.inf
    for point in range(first, last + 1):
        rough_m = max(rough_m, height_m[point] - (base_m + slope * distance_km[point]))
    geometry[HM_M] = rough_m
    over_sea = (geometry[HTS_AMSL_M], geometry[HRS_AMSL_M])
    over_smooth = (over_sea[0] - geometry[HSTD_M], over_sea[1] - geometry[HSRD_M])
    flat = surface_m[:0]
    surface_m = height_m if surface_m.shape[0] == 0 else surface_m
    for shift, radius_km in ((0, effective_radius_km), (AT_BETA, BETA_RADIUS_KM)):
        geometry[NU_PROFILE + shift] = _bullington_parameter(distance_km, surface_m, count, over_sea, radius_km)
        geometry[NU_SMOOTH + shift] = _bullington_parameter(distance_km, flat, count, over_smooth, radius_km)
        fill_smooth_earth(radius_km, shift, geometry)
