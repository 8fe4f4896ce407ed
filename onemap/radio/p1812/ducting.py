"""Loss by ducts over the surface and by reflection from layers of the air (ITU-R P.1812-8, equations 46 to 56)."""

from __future__ import annotations

import math

import numba

from onemap.radio.p1812.path_geometry import (
    D_LR_KM,
    D_LT_KM,
    DISTANCE_KM,
    HM_M,
    HRE_M,
    HRS_AMSL_M,
    HTE_M,
    HTS_AMSL_M,
    OMEGA,
    THETA_R_MRAD,
    THETA_T_MRAD,
)

__all__ = ["ducting_loss"]


@numba.njit(cache=True, nogil=True)
def _horizon_loss(theta_mrad, horizon_km, frequency_ghz):  # type: ignore[no-untyped-def]
    """Give the site shielding of one end, in dB (equation 48)."""
    over_mrad = theta_mrad - 0.1 * horizon_km
    if over_mrad <= 0.0:
        return 0.0
    near_db = 20.0 * math.log10(1.0 + 0.361 * over_mrad * math.sqrt(frequency_ghz * horizon_km))
    return near_db + 0.264 * over_mrad * frequency_ghz ** (1.0 / 3.0)


@numba.njit(cache=True, nogil=True)
def _coast_gain(omega, coast_km, horizon_km, height_amsl_m):  # type: ignore[no-untyped-def]
    """Give the correction for coupling over the sea at one end, in dB (equation 49)."""
    if omega >= 0.75 and coast_km <= horizon_km and coast_km <= 5.0:
        return -3.0 * math.exp(-0.25 * coast_km * coast_km) * (1.0 + math.tanh(0.07 * (50.0 - height_amsl_m)))
    return 0.0


@numba.njit(cache=True, nogil=True)
def _fixed_ducting_loss(geometry, frequency_ghz, coasts_km):  # type: ignore[no-untyped-def]
    """Give the coupling losses of a duct, in dB (equation 47)."""
    lt_km, lr_km = geometry[D_LT_KM], geometry[D_LR_KM]
    low_db = 45.375 - 137.0 * frequency_ghz + 92.5 * frequency_ghz * frequency_ghz if frequency_ghz < 0.5 else 0.0
    free_db = 102.45 + 20.0 * math.log10(frequency_ghz) + 20.0 * math.log10(lt_km + lr_km)
    shield_db = _horizon_loss(geometry[THETA_T_MRAD], lt_km, frequency_ghz)
    shield_db += _horizon_loss(geometry[THETA_R_MRAD], lr_km, frequency_ghz)
    sea_db = _coast_gain(geometry[OMEGA], coasts_km[0], lt_km, geometry[HTS_AMSL_M])
    sea_db += _coast_gain(geometry[OMEGA], coasts_km[1], lr_km, geometry[HRS_AMSL_M])
    return free_db + low_db + shield_db + sea_db


@numba.njit(cache=True, nogil=True)
def _duct_slope(geometry, radius_km, b0_percent, tau):  # type: ignore[no-untyped-def]
    """Give the share of the time of ducting and the power of equation 53 (equations 54 to 56)."""
    distance_km = geometry[DISTANCE_KM]
    alpha = max(-0.6 - 3.5e-9 * distance_km**3.1 * tau, -3.4)
    roots = math.sqrt(geometry[HTE_M]) + math.sqrt(geometry[HRE_M])
    mu2 = min(1.0, (500.0 / radius_km * (distance_km / roots) ** 2) ** alpha)
    mu3 = 1.0
    rough_m = geometry[HM_M] - 10.0
    if rough_m > 0.0:
        between_km = min(distance_km - geometry[D_LT_KM] - geometry[D_LR_KM], 40.0)
        mu3 = math.exp(-4.6e-5 * rough_m * (43.0 + 6.0 * between_km))
    beta_percent = max(b0_percent * mu2 * mu3, 1e-300)
    exponent = math.log10(beta_percent)
    steep = (9.51 - 4.8 * exponent + 0.198 * exponent * exponent) * 1e-6 * distance_km**1.13
    return beta_percent, 1.076 / (2.0058 - exponent) ** 1.012 * math.exp(-steep)


@numba.njit(cache=True, nogil=True)
def ducting_loss(geometry, radius_km, wave, duct):  # type: ignore[no-untyped-def]
    """Give the loss by ducting and reflection from layers, in dB (ITU-R P.1812-8, equations 46 to 56).

    Parameters
    ----------
    geometry
        Vector filled by `trace_path`.
    radius_km
        Median effective radius of the earth, in kilometres.
    wave
        Frequency in gigahertz, share of the time in percent.
    duct
        b0 in percent and tau of `anomalous_share`, distances of both ends from the coast in kilometres.

    Returns
    -------
    loss_db
        Basic transmission loss.

    Examples
    --------
    >>> import numpy as np
    >>> from onemap.radio.p1812.path_geometry import INLAND, SLOTS, trace_path
    >>> geometry, plain = np.empty(SLOTS), np.zeros(101)
    >>> inland = np.full(101, INLAND)
    >>> trace_path(np.linspace(0.0, 60.0, 101), plain, plain, inland, 101, 30.0, 10.0, 8_500.0, geometry)
    >>> round(float(ducting_loss(geometry, 8_500.0, (1.0, 50.0), (3.0, 0.9, 500.0, 500.0))), 2)
    217.13
    """
    frequency_ghz, time_percent = wave
    b0_percent, tau, coast_t_km, coast_r_km = duct
    fixed_db = _fixed_ducting_loss(geometry, frequency_ghz, (coast_t_km, coast_r_km))
    per_mrad_db = 5e-5 * radius_km * frequency_ghz ** (1.0 / 3.0)
    bent_mrad = 1000.0 * geometry[DISTANCE_KM] / radius_km
    bent_mrad += min(geometry[THETA_T_MRAD], 0.1 * geometry[D_LT_KM])
    bent_mrad += min(geometry[THETA_R_MRAD], 0.1 * geometry[D_LR_KM])
    beta_percent, gamma = _duct_slope(geometry, radius_km, b0_percent, tau)
    ratio = time_percent / beta_percent
    spread_db = (1.2 + 3.7e-3 * geometry[DISTANCE_KM]) * math.log10(ratio) + 12.0 * ratio**gamma - 12.0
    return fixed_db + per_mrad_db * bent_mrad + spread_db
