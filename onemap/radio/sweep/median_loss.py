"""The loss of an inland path at the median of time, with as few roots and logarithms as its kind of path needs.

It is the loss of `path_loss` at 50 percent. There the share of strong refraction plays no part, ducting only counts
where its loss is less than that by diffraction, and a bound that needs no power of a number mostly shows that it is
not: the spread of equation 50 is never negative, because b0 is less than 50 percent. What depends on the frequency
alone stands in a table.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from onemap.radio.diffraction import LAND, VERTICAL, bullington_loss
from onemap.radio.p1812.path_geometry import (
    CLEARANCE_M,
    D_LR_KM,
    D_LT_KM,
    DISTANCE_KM,
    GRAZING_RADIUS_KM,
    HORIZON_KM,
    HRS_AMSL_M,
    HSRD_M,
    HSTD_M,
    HTS_AMSL_M,
    NU_PROFILE,
    NU_SMOOTH,
    REQUIRED,
    THETA_MRAD,
    THETA_R_MRAD,
    THETA_T_MRAD,
)
from onemap.terrain.uncounted import UNCOUNTED

__all__ = ["NEEDS_DUCTING", "carrier_table", "least_spread", "median_loss"]

NEEDS_DUCTING = -1.0
"""What `median_loss` gives where the bound on ducting does not decide; the whole method is needed."""

_FREQUENCY_GHZ, _FREE_DB, _PER_WAVE, _CUBE_ROOT, _ROOT, _SCATTER_DB, _SURFACE_K = range(7)


def carrier_table(carriers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute what depends on the frequency and the polarisation alone.

    Parameters
    ----------
    carriers
        Frequencies in gigahertz and polarisations (1 horizontal, 2 vertical), shape (n, 2).

    Returns
    -------
    table
        Shape (n, 7): the frequency; the free-space loss at a kilometre in dB; the inverse root of the wavelength; cube
        root and root of the frequency; the fixed part of the loss by scatter in dB; the surface admittance times the
        cube root of the earth's radius.

    References
    ----------
    ITU-R P.1812-8, equations 8, 15, 30, 31 and 44.

    Examples
    --------
    >>> carrier_table(np.array([[1.0, 1.0]]))[0, :3].round(2)
    array([ 1.  , 92.4 ,  1.83])
    """
    frequency_ghz = carriers[:, 0]
    permittivity, conductivity = LAND
    displaced = (18.0 * conductivity / frequency_ghz) ** 2
    surface_k = 0.036 * frequency_ghz ** (-1.0 / 3.0) * ((permittivity - 1.0) ** 2 + displaced) ** -0.25
    surface_k = np.where(carriers[:, 1] == VERTICAL, surface_k * np.sqrt(permittivity**2 + displaced), surface_k)
    free_db = 20.0 * np.log10(frequency_ghz)
    scatter_db = 190.1 + 1.25 * free_db - 2.5 * np.log10(frequency_ghz / 2.0) ** 2
    return np.column_stack(
        [
            frequency_ghz,
            92.4 + free_db,
            np.sqrt(frequency_ghz / 0.2998),
            np.cbrt(frequency_ghz),
            np.sqrt(frequency_ghz),
            scatter_db,
            surface_k,
        ]
    )


def least_spread(latitude_deg: float, reach_km: float) -> float:
    """Give the least that the spread of ducting in time can add at the median (ITU-R P.1812-8, equation 50).

    Parameters
    ----------
    latitude_deg
        Latitude, in degrees: it bounds b0 (equation 4, its other factors being at most 1).
    reach_km
        Longest path, in kilometres.

    Returns
    -------
    least_db
        In dB, a decibel below the least on a fine grid of shares of the time and lengths.

    References
    ----------
    ITU-R P.1812-8, equations 4, 50, 53 and 53a.

    Examples
    --------
    >>> 40.0 < least_spread(30.0, 20.0) < 50.0
    True
    """
    largest = 10.0 ** (1.67 - 0.015 * abs(latitude_deg)) if abs(latitude_deg) <= 70.0 else 4.17
    share = np.linspace(-300.0, math.log10(largest), 20_001)[:, None]
    length_km = np.linspace(0.0, reach_km, 21)
    steep = (9.51 - 4.8 * share + 0.198 * share**2) * 1e-6 * length_km**1.13
    power = 1.076 / (2.0058 - share) ** 1.012 * np.exp(-steep)
    over = math.log10(50.0) - share
    spread_db = (1.2 + 3.7e-3 * length_km) * over + 12.0 * 10.0 ** (over * power) - 12.0
    return float(spread_db.min()) - 1.0


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def _height_gain(normalised, least_db):  # type: ignore[no-untyped-def]
    """Give the gain of one antenna's height, in dB (equations 35 and 36)."""
    if normalised > 2.0:
        over = normalised - 1.1
        return max(17.6 * math.sqrt(over) - 5.0 * math.log10(over) - 8.0, least_db)
    return max(20.0 * math.log10(normalised + 0.1 * normalised * normalised * normalised), least_db)


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def _land_loss(carrier, radius_km, geometry):  # type: ignore[no-untyped-def]
    """Give the first term of diffraction round a smooth earth of land, in dB (equations 29 to 36)."""
    shrunk = radius_km ** (-1.0 / 3.0)
    k = carrier[_SURFACE_K] * shrunk
    k2 = k * k
    k4 = k2 * k2
    beta = (1.0 + 1.6 * k2 + 0.67 * k4) / (1.0 + 4.5 * k2 + 1.53 * k4)
    reach = 21.88 * beta * carrier[_CUBE_ROOT] * shrunk * shrunk * geometry[DISTANCE_KM]
    per_height = 0.9575 * beta * beta * carrier[_CUBE_ROOT] * carrier[_CUBE_ROOT] * shrunk
    if reach >= 1.6:
        along_db = 11.0 + 10.0 * math.log10(reach) - 17.6 * reach
    else:
        along_db = -20.0 * math.log10(reach) - 5.6488 * reach**1.425
    least_db = 2.0 + 20.0 * math.log10(k)
    gains_db = _height_gain(per_height * (geometry[HTS_AMSL_M] - geometry[HSTD_M]), least_db)
    gains_db += _height_gain(per_height * (geometry[HRS_AMSL_M] - geometry[HSRD_M]), least_db)
    return -along_db - gains_db


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def _spherical_loss(carrier, radius_km, geometry):  # type: ignore[no-untyped-def]
    """Give the loss round the smooth earth, in dB (section 4.3.2)."""
    if geometry[DISTANCE_KM] >= geometry[HORIZON_KM]:
        return _land_loss(carrier, radius_km, geometry)
    required_m = geometry[REQUIRED] / carrier[_PER_WAVE]
    if geometry[CLEARANCE_M] > required_m:
        return 0.0
    loss_db = _land_loss(carrier, geometry[GRAZING_RADIUS_KM], geometry)
    return max((1.0 - geometry[CLEARANCE_M] / required_m) * loss_db, 0.0) if loss_db > 0.0 else 0.0


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def _ducting_exceeds(carrier, excess_db, air, squared, geometry):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Tell whether the loss by ducting surely exceeds that in free space by more than so much."""
    radius_km, spread_db = air
    lt_km, lr_km = geometry[D_LT_KM], geometry[D_LR_KM]
    theta_t, theta_r = geometry[THETA_T_MRAD], geometry[THETA_R_MRAD]
    bent_mrad = 1000.0 * geometry[DISTANCE_KM] / radius_km + min(theta_t, 0.1 * lt_km) + min(theta_r, 0.1 * lr_km)
    over_t, over_r = max(theta_t - 0.1 * lt_km, 0.0), max(theta_r - 0.1 * lr_km, 0.0)
    # Equations 46 to 51 without their logarithms of the angles, less equation 8.
    least_db = 10.05 + spread_db + 10.0 * math.log10((lt_km + lr_km) * (lt_km + lr_km) / squared)
    least_db += carrier[_CUBE_ROOT] * (5e-5 * radius_km * bent_mrad + 0.264 * (over_t + over_r))
    if least_db > excess_db:
        return True
    shield_t = 1.0 + 0.361 * over_t * carrier[_ROOT] * math.sqrt(lt_km)
    shield_r = 1.0 + 0.361 * over_r * carrier[_ROOT] * math.sqrt(lr_km)
    return least_db + 20.0 * math.log10(shield_t * shield_r) > excess_db


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def median_loss(geometry, carrier, air, n0):  # type: ignore[no-untyped-def]
    """Give the basic transmission loss of an inland path at medians of time and locations.

    Parameters
    ----------
    geometry
        Vector filled by `fill_cell` or `trace_path`; the roughness is not read.
    carrier
        One row of `carrier_table`.
    air
        Median effective radius of the earth in kilometres, `least_spread` in dB.
    n0
        Refractivity at sea level, in N-units.

    Returns
    -------
    loss_db
        In dB, not less than that in free space; `NEEDS_DUCTING` where ducting may be the stronger way.

    References
    ----------
    ITU-R P.1812-8, equations 8 to 63, at p = 50 %.

    Examples
    --------
    >>> from onemap.radio.p1812 import SLOTS, effective_radius, path_loss, trace_path
    >>> geometry, ground, inland = np.empty(SLOTS), np.zeros(101), np.full(101, 4)
    >>> radius_km = effective_radius(45.0)
    >>> trace_path(np.linspace(0.0, 20.0, 101), ground, ground, inland, 101, 30.0, 10.0, radius_km, geometry)
    >>> whole_db = path_loss(geometry, 0.7, 2, 50.0, 45.0, 325.0, 30.0, 500.0, 500.0)[0]
    >>> air = (radius_km, least_spread(30.0, 20.0))
    >>> abs(median_loss(geometry, carrier_table(np.array([[0.7, 2.0]]))[0], air, 325.0) - whole_db) < 1e-8
    True
    """
    distance_km = geometry[DISTANCE_KM]
    rise_km = 0.001 * (geometry[HTS_AMSL_M] - geometry[HRS_AMSL_M])
    squared = distance_km * distance_km + rise_km * rise_km
    free_db = carrier[_FREE_DB] + 10.0 * math.log10(squared)
    bent_db = bullington_loss(geometry[NU_PROFILE] * carrier[_PER_WAVE], distance_km)
    spherical_db = _spherical_loss(carrier, air[0], geometry)
    if spherical_db > 0.0:
        smooth_db = bullington_loss(geometry[NU_SMOOTH] * carrier[_PER_WAVE], distance_km)
        bent_db += max(spherical_db - smooth_db, 0.0)
    # Without diffraction, equation 61 takes it for the stronger way whatever ducting does.
    if bent_db > 0.0 and not _ducting_exceeds(carrier, bent_db, air, squared, geometry):
        return NEEDS_DUCTING
    loss_db = free_db + bent_db
    scatter_db = carrier[_SCATTER_DB] + 20.0 * math.log10(distance_km) + 0.573 * geometry[THETA_MRAD] - 0.15 * n0
    apart_db = abs(scatter_db - loss_db)
    loss_db = min(scatter_db, loss_db)
    if apart_db < 50.0:  # beyond, the weaker way adds less than a nanobel
        loss_db -= 5.0 * math.log10(1.0 + 10.0 ** (-0.2 * apart_db))
    return max(loss_db, free_db)
