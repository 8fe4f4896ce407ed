"""Loss by scatter in the troposphere, as ITM has it."""

from __future__ import annotations

import math

import numba
import numpy as np

from onemap.radio.itm.diffraction import WAVE_NUMBER_MHZ
from onemap.radio.itm.terrain_shape import (
    CURVATURE_PER_M,
    RX_ANGLE,
    RX_EFFECTIVE_M,
    RX_HORIZON_M,
    SURFACE_N,
    TX_ANGLE,
    TX_EFFECTIVE_M,
    TX_HORIZON_M,
)

__all__ = ["UNDEFINED_DB", "scatter_loss"]

UNDEFINED_DB = 1001.0
"""Given where the scatter loss is not defined (Algorithm, section 4: both gain parameters below 0.2)."""
GAIN_CURVES = np.array([[25.0, 24.0], [80.0, 45.0], [177.0, 68.0], [395.0, 80.0], [705.0, 105.0]])
"""Coefficients of r^-4 and r^-2 for an efficiency of 1 to 5. Algorithm, eq. 6.13."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _gain_curve(efficiency, parameter):  # type: ignore[no-untyped-def]
    """Frequency gain of a terminal at one whole efficiency (Algorithm, eq. 6.13)."""
    inverse = 1.0 / (parameter * parameter)
    return 10.0 * math.log10(
        1.0 + (GAIN_CURVES[efficiency - 1, 0] * inverse + GAIN_CURVES[efficiency - 1, 1]) * inverse
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _terminal_gain(parameter, efficiency):  # type: ignore[no-untyped-def]
    """Frequency gain of a terminal, between the curves of two efficiencies (TN 101, section 9.2)."""
    efficiency = min(max(efficiency, 1.0), 5.0)
    whole = int(efficiency)
    gain = _gain_curve(whole, parameter)
    rest = efficiency - whole
    return gain if rest == 0.0 else (1.0 - rest) * gain + rest * _gain_curve(whole + 1, parameter)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _efficiency(crossing_m, surface_n):  # type: ignore[no-untyped-def]
    """Efficiency of scatter at the height where the horizon rays cross (TN 101, eq. 9.3a; Algorithm, eq. 4.67)."""
    fading = math.exp(-(min(1.7, crossing_m / 8.0e3) ** 6))
    return crossing_m / 1.7556e3 * (1.0 + (0.031 - surface_n * 2.32e-3 + surface_n * surface_n * 5.67e-6) * fading)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _frequency_gain(distance_m, frequency_mhz, shape):  # type: ignore[no-untyped-def]
    """Frequency gain function of the path, in dB (TN 101, eq. 9.5); negative where it is not defined."""
    lead_m = abs(shape[TX_HORIZON_M] - shape[RX_HORIZON_M])
    ratio = shape[RX_EFFECTIVE_M] / shape[TX_EFFECTIVE_M]
    if shape[TX_HORIZON_M] < shape[RX_HORIZON_M]:
        ratio = 1.0 / ratio
    angle = shape[TX_ANGLE] + shape[RX_ANGLE] + distance_m * shape[CURVATURE_PER_M]
    twice_turn = 2.0 * frequency_mhz / WAVE_NUMBER_MHZ * angle  # TN 101, eq. 9.4a
    first, second = twice_turn * shape[TX_EFFECTIVE_M], twice_turn * shape[RX_EFFECTIVE_M]
    if first < 0.2 and second < 0.2:
        return -1.0
    asymmetry = (distance_m - lead_m) / (distance_m + lead_m)
    lean = min(max(0.1, ratio / asymmetry), 10.0)
    asymmetry = max(0.1, asymmetry)
    crossing_m = (distance_m - lead_m) * (distance_m + lead_m) * angle * 0.25 / distance_m  # TN 101, eq. 9.3b
    efficiency = _efficiency(crossing_m, shape[SURFACE_N])
    mean_db = 0.5 * (_terminal_gain(first, efficiency) + _terminal_gain(second, efficiency))
    excess = 6.0 * (0.6 - math.log10(max(efficiency, 1.0))) * math.log10(asymmetry) * math.log10(lean)
    gain_db = max(mean_db + min(mean_db, excess), 0.0)
    if efficiency < 1.0:
        root = math.sqrt(2.0)
        product = ((1.0 + root / first) * (1.0 + root / second)) ** 2
        lowest_db = 10.0 * math.log10(product * (first + second) / (first + second + 2.0 * root))
        gain_db = efficiency * gain_db + (1.0 - efficiency) * lowest_db
    return gain_db


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _attenuation_function(reach_m):  # type: ignore[no-untyped-def]
    """Attenuation function of angle times distance, in dB (Algorithm, eq. 6.9)."""
    if reach_m <= 10e3:
        return 133.4 + 0.332e-3 * reach_m - 10.0 * math.log10(reach_m)
    if reach_m <= 70e3:
        return 104.6 + 0.212e-3 * reach_m - 2.5 * math.log10(reach_m)
    return 71.8 + 0.157e-3 * reach_m + 5.0 * math.log10(reach_m)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def scatter_loss(distance_m, sight_angle, frequency_mhz, farther_gain_db, shape):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the loss by scatter at a distance (Algorithm, eq. 4.63), and the frequency gain in it.

    Parameters
    ----------
    distance_m
        Distance, in metres.
    sight_angle
        Angular distance within line of sight, in radians.
    frequency_mhz
        Frequency, in megahertz.
    farther_gain_db
        Frequency gain at the farther of two distances, -1 where none is known yet: a gain of more than 15 dB is taken
        from there (Algorithm, section 4).
    shape
        Vector of `SLOTS` numbers that `trace_terrain` or `area_shape` filled.

    Returns
    -------
    loss_db, gain_db
        Loss beyond free space, `UNDEFINED_DB` where it is not defined; frequency gain.

    Examples
    --------
    >>> from onemap.radio.itm.terrain_shape import SLOTS, area_shape
    >>> shape = np.empty(SLOTS)
    >>> area_shape(300e3, 90.0, 30.0, 10.0, 0, 0, 301.0, shape)
    >>> [round(float(value), 2) for value in scatter_loss(300e3, 4e-3, 900.0, -1.0, shape)]
    [66.62, 0.45]
    """
    gain_db = farther_gain_db
    if farther_gain_db <= 15.0:
        gain_db = _frequency_gain(distance_m, frequency_mhz, shape)
        if gain_db < 0.0:
            return UNDEFINED_DB, farther_gain_db
        if gain_db > 15.0 and farther_gain_db >= 0.0:
            gain_db = farther_gain_db
    angle = distance_m * shape[CURVATURE_PER_M] - sight_angle
    loss_db = _attenuation_function(angle * distance_m) + 10.0 * math.log10(frequency_mhz * angle**4)
    return loss_db - 0.1 * (shape[SURFACE_N] - 301.0) * math.exp(-angle * distance_m / 40e3) + gain_db, gain_db
