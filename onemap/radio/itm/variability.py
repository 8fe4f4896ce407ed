"""How the loss of ITM varies with time, location and situation.

Hufford, "The ITS Irregular Terrain Model, version 1.2.2: the Algorithm", section 5.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from onemap.radio.itm import codes
from onemap.radio.itm.diffraction import WAVE_NUMBER_MHZ, roughness
from onemap.radio.itm.terrain_shape import DISTANCE_M, IRREGULARITY_M, RX_EFFECTIVE_M, TX_EFFECTIVE_M

__all__ = ["normal_deviate", "varied_attenuation"]

# Rows: equatorial, continental subtropical, maritime subtropical, desert, continental temperate, maritime temperate
# over land, maritime temperate over sea. Columns c1, c2 in dB and x1, x2, x3 in km. Algorithm, table 5.1.
MEDIAN = np.array([
    [-9.67, 12.7, 144.9, 190.3, 133.8],
    [-0.62, 9.19, 228.9, 205.2, 143.6],
    [1.26, 15.5, 262.6, 185.2, 99.8],
    [-9.21, 9.05, 84.1, 101.1, 98.6],
    [-0.62, 9.19, 228.9, 205.2, 143.6],
    [-0.39, 2.86, 141.7, 315.9, 167.4],
    [3.15, 857.9, 2222.0, 164.8, 116.3],
])  # fmt: skip
BELOW = np.array([
    [2.13, 159.5, 762.2, 123.6, 94.5],
    [2.66, 7.67, 100.4, 172.5, 136.4],
    [6.11, 6.65, 138.2, 242.2, 178.6],
    [1.98, 13.11, 139.1, 132.7, 193.5],
    [2.68, 7.16, 93.7, 186.8, 133.5],
    [6.86, 10.38, 187.8, 169.6, 108.9],
    [8.51, 169.8, 609.8, 119.9, 106.6],
])  # fmt: skip
ABOVE = np.array([
    [2.11, 102.3, 636.9, 134.8, 95.6],
    [6.87, 15.53, 138.7, 143.7, 98.6],
    [10.08, 9.60, 165.3, 225.7, 129.7],
    [3.68, 159.3, 464.4, 93.1, 94.2],
    [4.75, 8.12, 93.2, 135.9, 113.4],
    [8.58, 13.97, 216.0, 152.0, 122.7],
    [8.43, 8.19, 136.2, 188.5, 122.9],
])  # fmt: skip
# Columns: C_D and z_D of small time percentages; then g = a + b / ((c q)^2 + 1) below and above the median: a, b, c.
TAIL_AND_FREQUENCY = np.array([
    [1.224, 1.282, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    [0.801, 2.161, 1.0, 0.0, 0.0, 0.93, 0.31, 2.00],
    [1.380, 1.282, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    [1.000, 20.0, 1.0, 0.0, 0.0, 0.93, 0.19, 1.79],
    [1.224, 1.282, 0.92, 0.25, 1.77, 0.93, 0.31, 2.00],
    [1.518, 1.282, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    [1.518, 1.282, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
])  # fmt: skip
FAR_TAIL = 3.10


@numba.njit(cache=True, nogil=True, error_model="numpy")
def normal_deviate(share):  # type: ignore[no-untyped-def]
    """Give the deviate that a standard normal variable exceeds with this share (Abramowitz and Stegun, eq. 26.2.23).

    Parameters
    ----------
    share
        Probability, above 0 and below 1.

    Returns
    -------
    deviate
        Positive below one half; to 4.5e-4.

    Examples
    --------
    >>> round(normal_deviate(0.1), 3)
    1.282
    """
    root = math.sqrt(-2.0 * math.log(min(share, 1.0 - share)))
    upper = (0.010328 * root + 0.802853) * root + 2.515516
    lower = ((0.001308 * root + 0.189269) * root + 1.432788) * root + 1.0
    deviate = root - upper / lower
    return -deviate if share > 0.5 else deviate


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _curve(row, effective_km):  # type: ignore[no-untyped-def]
    """Curve over effective distance (TN 101, eqs III.69, III.70)."""
    peak = ((effective_km - row[3]) / row[4]) ** 2
    rise = (effective_km / row[2]) ** 2
    return (row[0] + row[1] / (1.0 + peak)) * rise / (1.0 + rise)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _effective_distance_km(wave_number, shape):  # type: ignore[no-untyped-def]
    """Effective distance: 130 km where diffraction and scatter are about equal (Algorithm, eqs 5.2, 5.3)."""
    equal_m = math.sqrt(2.0 * 9_000e3 * shape[TX_EFFECTIVE_M]) + math.sqrt(2.0 * 9_000e3 * shape[RX_EFFECTIVE_M])
    equal_m += (575.7e12 / wave_number) ** (1.0 / 3.0)
    distance_m = shape[DISTANCE_M]
    if distance_m < equal_m:
        return 130.0 * distance_m / equal_m
    return 130.0 + (distance_m - equal_m) / 1e3


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _time_deviation(climate, wave_number, effective_km, deviate):  # type: ignore[no-untyped-def]
    """Give the standard deviation with time on the side of the median of the deviate (Algorithm, 5.5 to 5.8)."""
    row = TAIL_AND_FREQUENCY[climate - 1]
    logarithm = math.log(0.133 * wave_number)
    if deviate < 0.0:
        gain = row[2] + row[3] / ((row[4] * logarithm) ** 2 + 1.0)
        return _curve(BELOW[climate - 1], effective_km) * gain
    gain = row[5] + row[6] / ((row[7] * logarithm) ** 2 + 1.0)
    deviation = _curve(ABOVE[climate - 1], effective_km) * gain
    if deviate <= row[1]:
        return deviation
    tail = row[0] * deviation
    return tail + (deviation - tail) * row[1] / deviate


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _combined(mode, deviates, deviations):  # type: ignore[no-untyped-def]
    """Sum the variations by the mode: 0 single message, 1 accidental, 2 mobile, 3 broadcast (Algorithm, eq. 5.11)."""
    in_time, in_location, in_situation = deviates
    time_db, location_db, situation_db = deviations
    shift_time, shift_location = time_db * in_time, location_db * in_location
    square = situation_db**2 + shift_time**2 / (7.8 + in_situation**2) + shift_location**2 / (24.0 + in_situation**2)
    if mode == 0:
        return math.sqrt(time_db**2 + location_db**2 + square) * in_situation
    if mode == 1:
        return shift_time + math.sqrt(location_db**2 + square) * in_situation
    if mode == 2:
        return math.sqrt(time_db**2 + location_db**2) * in_time + math.sqrt(square) * in_situation
    return shift_time + shift_location + math.sqrt(square) * in_situation


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _deviates(mode, time, location, situation):  # type: ignore[no-untyped-def]
    """Deviates of time, location, situation: which of them go together is what the mode says."""
    in_time, in_location = normal_deviate(time / 100.0), normal_deviate(location / 100.0)
    in_situation = normal_deviate(situation / 100.0)
    if mode == 0:
        return in_situation, in_situation, in_situation
    if mode == 1:
        return in_time, in_situation, in_situation
    if mode == 2:
        return in_time, in_time, in_situation
    return in_time, in_location, in_situation


@numba.njit(cache=True, nogil=True, error_model="numpy")
def varied_attenuation(attenuation_db, frequency_mhz, climate, mdvar, time, location, situation, shape):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the attenuation not exceeded with the percentages asked for (Algorithm, section 5).

    Parameters
    ----------
    attenuation_db
        Reference attenuation, in dB.
    frequency_mhz
        Frequency, in megahertz.
    climate
        1 to 7, see `ItmConditions`.
    mdvar
        Mode: 0 single message, 1 accidental, 2 mobile, 3 broadcast; plus 10 without variation with location (both
        places are known), plus 20 without that with situation (interference).
    time, location, situation
        Percentages, above 0 and below 100.
    shape
        Vector of `SLOTS` numbers that `trace_terrain` or `area_shape` filled.

    Returns
    -------
    varied_db, flags
        In dB; warning flags.

    Examples
    --------
    >>> from onemap.radio.itm.terrain_shape import SLOTS, area_shape
    >>> shape = np.empty(SLOTS)
    >>> area_shape(10e3, 20.0, 15.0, 3.0, 0, 0, 301.0, shape)
    >>> round(float(varied_attenuation(11.2, 3_500.0, 5, 1, 50.0, 50.0, 90.0, shape)[0]), 1)
    27.0
    """
    mode = mdvar % 10
    wave_number = frequency_mhz / WAVE_NUMBER_MHZ
    effective_km = _effective_distance_km(wave_number, shape)
    deviates = _deviates(mode, time, location, situation)
    is_far = max(abs(deviates[0]), abs(deviates[1]), abs(deviates[2])) > FAR_TAIL
    location_db = 0.0
    if mdvar % 20 < 10:  # Algorithm, eq. 5.9
        waves = wave_number * roughness(shape[DISTANCE_M], shape[IRREGULARITY_M])
        location_db = 10.0 * waves / (waves + 13.0)
    situation_db = 0.0 if mdvar >= 20 else 5.0 + 3.0 * math.exp(-effective_km / 100.0)  # Algorithm, eq. 5.10
    time_db = _time_deviation(climate, wave_number, effective_km, deviates[0])
    varied_db = attenuation_db - _curve(MEDIAN[climate - 1], effective_km)
    varied_db -= _combined(mode, deviates, (time_db, location_db, situation_db))
    if varied_db < 0.0:  # less than free space is rare: Algorithm, section 5, last equation
        varied_db = varied_db * (29.0 - varied_db) / (29.0 - 10.0 * varied_db)
    return varied_db, codes.WARN_VARIABILITY if is_far else 0
