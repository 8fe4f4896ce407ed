"""Basic transmission loss from the geometry of a path: scalar arithmetic, one call for each frequency and time.

The sub-models (diffraction, tropospheric scatter, ducting) and their combination follow ITU-R P.1812-8, equations 2
to 63. Sums of powers are taken relative to their largest term, so no loss overflows or underflows.
"""

from __future__ import annotations

import math

import numba

from onemap.radio.diffraction import bullington_loss, delta_bullington_loss, spherical_earth_loss
from onemap.radio.p1812.ducting import ducting_loss
from onemap.radio.p1812.path_geometry import (
    AT_BETA,
    BETA_RADIUS_KM,
    CLEARANCE_M,
    D_LR_KM,
    D_LT_KM,
    DISTANCE_KM,
    DLM_KM,
    DTM_KM,
    GRAZING_RADIUS_KM,
    HORIZON_KM,
    HRS_AMSL_M,
    HSRD_M,
    HSTD_M,
    HTS_AMSL_M,
    NU_PROFILE,
    NU_SMOOTH,
    OMEGA,
    REQUIRED,
    THETA_MRAD,
    effective_radius,
)

__all__ = [
    "anomalous_share",
    "combined_loss",
    "diffraction_losses",
    "free_space_losses",
    "inverse_normal",
    "path_loss",
    "scatter_loss",
    "time_factor",
]

WAVELENGTH_M_GHZ = 0.2998
"""Wavelength times frequency, with the rounding of the Recommendation."""


@numba.njit(cache=True, nogil=True)
def inverse_normal(share):  # type: ignore[no-untyped-def]
    """Approximate the deviate that a normal variable exceeds with a probability (ITU-R P.1812-8).

    Parameters
    ----------
    share
        Probability, 0 to 1; held within a millionth of both ends.

    Returns
    -------
    deviate
        Positive below one half.

    Examples
    --------
    >>> round(inverse_normal(0.1), 3), round(inverse_normal(0.9), 3)
    (1.282, -1.282)
    """
    share = max(1e-6, min(1.0 - 1e-6, share))
    tail = share if share <= 0.5 else 1.0 - share
    t = math.sqrt(-2.0 * math.log(tail))
    upper = (0.010328 * t + 0.802853) * t + 2.515516698
    lower = ((0.001308 * t + 0.189269) * t + 1.432788) * t + 1.0
    deviate = t - upper / lower
    return deviate if share <= 0.5 else -deviate


@numba.njit(cache=True, nogil=True)
def anomalous_share(geometry, latitude_deg):  # type: ignore[no-untyped-def]
    """Give how often the lowest air refracts strongly over a path (ITU-R P.1812-8, equations 2 to 5).

    Parameters
    ----------
    geometry
        Vector filled by `trace_path`; its longest stretches of land are used.
    latitude_deg
        Latitude of the middle of the path, in degrees.

    Returns
    -------
    b0_percent, tau
        Share of the time in percent; the factor of equation 3.

    Examples
    --------
    >>> import numpy as np
    >>> from onemap.radio.p1812.path_geometry import SLOTS
    >>> [round(float(value), 3) for value in anomalous_share(np.full(SLOTS, 10.0), 40.0)]
    [9.341, 0.1]
    """
    tau = 1.0 - math.exp(-4.12e-4 * geometry[DLM_KM] ** 2.41)
    coastal = 10.0 ** (-geometry[DTM_KM] / (16.0 - 6.6 * tau))
    mu1 = min((coastal + 10.0 ** (-5.0 * (0.496 + 0.354 * tau))) ** 0.2, 1.0)
    latitude_deg = abs(latitude_deg)
    if latitude_deg <= 70.0:
        mu4 = mu1 ** (-0.935 + 0.0176 * latitude_deg)
        return 10.0 ** (-0.015 * latitude_deg + 1.67) * mu1 * mu4, tau
    return 4.17 * mu1 * mu1**0.3, tau


@numba.njit(cache=True, nogil=True)
def time_factor(time_percent, b0_percent):  # type: ignore[no-untyped-def]
    """Weigh median refraction against strong refraction for a share of the time (ITU-R P.1812-8, equation 40).

    Parameters
    ----------
    time_percent, b0_percent
        Share of the time asked for, and of strong refraction, in percent.

    Returns
    -------
    factor
        0 at the median, 1 where strong refraction lasts at least as long.

    Examples
    --------
    >>> time_factor(1.0, 5.0)
    1.0
    """
    if time_percent > b0_percent:
        return inverse_normal(0.01 * time_percent) / inverse_normal(0.01 * b0_percent)
    return 1.0


@numba.njit(cache=True, nogil=True)
def free_space_losses(geometry, frequency_ghz, time_percent, b0_percent):  # type: ignore[no-untyped-def]
    """Give the loss in free space, alone and with focusing for two shares of the time (ITU-R P.1812-8, 8 to 11).

    Parameters
    ----------
    geometry
        Vector filled by `trace_path`.
    frequency_ghz
        Frequency, in gigahertz.
    time_percent, b0_percent
        The two shares of the time, in percent.

    Returns
    -------
    lbfs_db, lb0p_db, lb0b_db
        Losses, in dB.

    Examples
    --------
    >>> import numpy as np
    >>> from onemap.radio.p1812.path_geometry import SLOTS
    >>> geometry = np.zeros(SLOTS)
    >>> geometry[DISTANCE_KM] = 10.0
    >>> [round(float(value), 2) for value in free_space_losses(geometry, 1.0, 50.0, 2.0)]
    [112.4, 112.4, 112.4]
    """
    rise_km = 0.001 * (geometry[HTS_AMSL_M] - geometry[HRS_AMSL_M])
    squared = geometry[DISTANCE_KM] * geometry[DISTANCE_KM] + rise_km * rise_km
    lbfs_db = 92.4 + 20.0 * math.log10(frequency_ghz) + 10.0 * math.log10(squared)
    focus = 2.6 * (1.0 - math.exp(-0.1 * (geometry[D_LT_KM] + geometry[D_LR_KM])))
    lb0p_db = lbfs_db + focus * math.log10(time_percent / 50.0)
    return lbfs_db, lb0p_db, lbfs_db + focus * math.log10(b0_percent / 50.0)


@numba.njit(cache=True, nogil=True)
def diffraction_losses(geometry, radius_km, frequency_ghz, polarisation):  # type: ignore[no-untyped-def]
    """Give the delta-Bullington loss of a path and its parts (ITU-R P.1812-8, equations 12 to 41).

    Parameters
    ----------
    geometry
        Vector filled by `trace_path`.
    radius_km
        The median effective radius, or `BETA_RADIUS_KM`.
    frequency_ghz
        Frequency, in gigahertz.
    polarisation
        1 horizontal, 2 vertical.

    Returns
    -------
    ld_db, lbulla_db, lbulls_db, ldsph_db
        The loss beyond free space; the Bullington loss of the actual and of the smooth profile; the spherical loss.

    Examples
    --------
    >>> import numpy as np
    >>> from onemap.radio.p1812.path_geometry import INLAND, SLOTS, trace_path
    >>> geometry, plain = np.empty(SLOTS), np.zeros(101)
    >>> inland = np.full(101, INLAND)
    >>> trace_path(np.linspace(0.0, 60.0, 101), plain, plain, inland, 101, 30.0, 10.0, 8_500.0, geometry)
    >>> [round(float(value), 2) for value in diffraction_losses(geometry, 8_500.0, 1.0, 1)]
    [41.33, 23.2, 23.2, 41.33]
    """
    shift = AT_BETA if radius_km == BETA_RADIUS_KM else 0
    distance_km = geometry[DISTANCE_KM]
    per_wave = math.sqrt(frequency_ghz / WAVELENGTH_M_GHZ)
    lbulla_db = bullington_loss(geometry[NU_PROFILE + shift] * per_wave, distance_km)
    lbulls_db = bullington_loss(geometry[NU_SMOOTH + shift] * per_wave, distance_km)
    ht_m = geometry[HTS_AMSL_M] - geometry[HSTD_M]
    hr_m = geometry[HRS_AMSL_M] - geometry[HSRD_M]
    path = (radius_km, distance_km, ht_m, hr_m)
    clearance = (geometry[CLEARANCE_M + shift], geometry[REQUIRED + shift])
    sight = (geometry[HORIZON_KM + shift], clearance[0], clearance[1], geometry[GRAZING_RADIUS_KM + shift])
    ldsph_db = spherical_earth_loss(path, sight, geometry[OMEGA], frequency_ghz, polarisation)
    return delta_bullington_loss(lbulla_db, lbulls_db, ldsph_db), lbulla_db, lbulls_db, ldsph_db


@numba.njit(cache=True, nogil=True)
def scatter_loss(geometry, frequency_ghz, time_percent, n0):  # type: ignore[no-untyped-def]
    """Give the loss by tropospheric scatter, in dB (ITU-R P.1812-8, equations 44 and 45).

    Parameters
    ----------
    geometry
        Vector filled by `trace_path`.
    frequency_ghz
        Frequency, in gigahertz.
    time_percent
        Share of the time, 1 to 50 percent.
    n0
        Median refractivity at sea level, in N-units.

    Returns
    -------
    loss_db
        Basic transmission loss.

    Examples
    --------
    >>> import numpy as np
    >>> from onemap.radio.p1812.path_geometry import SLOTS
    >>> round(float(scatter_loss(np.full(SLOTS, 100.0), 2.0, 50.0, 325.0)), 2)
    246.18
    """
    over = math.log10(frequency_ghz / 2.0)
    fixed_db = 190.1 + 25.0 * math.log10(frequency_ghz) - 2.5 * over * over
    along_db = 20.0 * math.log10(geometry[DISTANCE_KM]) + 0.573 * geometry[THETA_MRAD] - 0.15 * n0
    rare = max(math.log10(50.0 / time_percent), 0.0)
    return fixed_db + along_db - (10.125 * rare**0.7 if rare > 0.0 else 0.0)


@numba.njit(cache=True, nogil=True)
def combined_loss(geometry, free_db, bent_db, factor):  # type: ignore[no-untyped-def]
    """Join the losses of all mechanisms, in dB (ITU-R P.1812-8, equations 57 to 63).

    Parameters
    ----------
    geometry
        Vector filled by `trace_path`.
    free_db
        Free-space losses as `free_space_losses` gives them.
    bent_db
        Diffraction loss at the median and for the share of the time, loss by ducting, loss by scatter.
    factor
        That of `time_factor`, and 1 where the share of the time is less than b0, otherwise 0.

    Returns
    -------
    lbc_db, parts
        Basic transmission loss at the median of locations; the values named Lminb0p, Lminbap, Lbda, Lbam, Fj and Fk.

    Examples
    --------
    >>> import numpy as np
    >>> from onemap.radio.p1812.path_geometry import SLOTS
    >>> geometry = np.zeros(SLOTS)
    >>> geometry[DISTANCE_KM] = 5.0
    >>> round(float(combined_loss(geometry, (100.0, 100.0, 99.0), (5.0, 5.0, 140.0, 190.0), (0.0, 0.0))[0]), 2)
    105.0
    """
    lbfs_db, lb0p_db, lb0b_db = free_db
    ld50_db, ldp_db, lba_db, lbs_db = bent_db
    fi, is_rare = factor
    fj = 1.0 - 0.5 * (1.0 + math.tanh(2.4 * (geometry[THETA_MRAD] - 0.3) / 0.3))
    fk = 1.0 - 0.5 * (1.0 + math.tanh(1.5 * (geometry[DISTANCE_KM] - 20.0) / 20.0))
    lbd50_db = lbfs_db + ld50_db
    lbd_db = lb0p_db + ldp_db
    over_land_db = (1.0 - geometry[OMEGA]) * ldp_db
    median_db = lbd50_db + (lb0b_db + over_land_db - lbd50_db) * fi
    lminb0p_db = lb0p_db + over_land_db if is_rare > 0.0 else median_db
    larger = max(lba_db, lb0p_db)
    lminbap_db = larger + 2.5 * math.log1p(math.exp(-abs(lba_db - lb0p_db) / 2.5))
    lbda_db = lbd_db if lminbap_db > lbd_db else lminbap_db + (lbd_db - lminbap_db) * fk
    lbam_db = lbda_db + (lminb0p_db - lbda_db) * fj
    smaller = min(lbs_db, lbam_db)
    lbc_db = smaller - 5.0 * math.log10(1.0 + 10.0 ** (-0.2 * abs(lbs_db - lbam_db)))
    return lbc_db, (lminb0p_db, lminbap_db, lbda_db, lbam_db, fj, fk)


@numba.njit(cache=True, nogil=True)
def path_loss(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    geometry, frequency_ghz, polarisation, time_percent, delta_n, n0, latitude_deg, coast_t_km, coast_r_km
):
    """Give the basic transmission loss of a path at the median of locations (ITU-R P.1812-8, equations 2 to 63).

    Parameters
    ----------
    geometry
        Vector filled by `trace_path` or `trace_even_path` with the effective radius that belongs to `delta_n`.
    frequency_ghz
        Frequency, 0.03 to 6 gigahertz.
    polarisation
        1 horizontal, 2 vertical.
    time_percent
        Share of the time for which the loss is not exceeded, 1 to 50 percent.
    delta_n, n0
        Median lapse of refractivity in N-units per kilometre, and refractivity at sea level in N-units.
    latitude_deg
        Latitude of the middle of the path, in degrees.
    coast_t_km, coast_r_km
        Distances of both ends from the coast over land, in kilometres: 0 on sea, 500 where far or not known.

    Returns
    -------
    lbc_db, lb0p_db
        The loss without location variability; the least loss that location variability can lead to (equation 10).

    Examples
    --------
    >>> import numpy as np
    >>> from onemap.radio.p1812.path_geometry import INLAND, SLOTS, trace_path
    >>> geometry, plain = np.empty(SLOTS), np.zeros(101)
    >>> inland = np.full(101, INLAND)
    >>> radius_km = effective_radius(40.0)
    >>> trace_path(np.linspace(0.0, 60.0, 101), plain, plain, inland, 101, 30.0, 10.0, radius_km, geometry)
    >>> [round(float(value), 2) for value in path_loss(geometry, 1.0, 1, 50.0, 40.0, 325.0, 40.0, 500.0, 500.0)]
    [169.11, 127.96]
    """
    radius_km = effective_radius(delta_n)
    b0_percent, tau = anomalous_share(geometry, latitude_deg)
    fi = time_factor(time_percent, b0_percent)
    free_db = free_space_losses(geometry, frequency_ghz, time_percent, b0_percent)
    ld50_db = diffraction_losses(geometry, radius_km, frequency_ghz, polarisation)[0]
    ldp_db = ld50_db
    if time_percent < 50.0:
        ldp_db += fi * (diffraction_losses(geometry, BETA_RADIUS_KM, frequency_ghz, polarisation)[0] - ld50_db)
    lbs_db = scatter_loss(geometry, frequency_ghz, time_percent, n0)
    duct = (b0_percent, tau, coast_t_km, coast_r_km)
    lba_db = ducting_loss(geometry, radius_km, (frequency_ghz, time_percent), duct)
    factor = (fi, 1.0 if time_percent < b0_percent else 0.0)
    return combined_loss(geometry, free_db, (ld50_db, ldp_db, lba_db, lbs_db), factor)[0], free_db[1]
