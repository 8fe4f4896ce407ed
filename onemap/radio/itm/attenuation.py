"""Reference attenuation of ITM: loss beyond free space of the median path, in sight, by diffraction or by scatter."""

from __future__ import annotations

import cmath
import math

import numba

from onemap.radio.itm import codes
from onemap.radio.itm.diffraction import WAVE_NUMBER_MHZ, diffraction_line, roughness, surface_deviation
from onemap.radio.itm.terrain_shape import (
    CURVATURE_PER_M,
    DISTANCE_M,
    IRREGULARITY_M,
    RX_ANGLE,
    RX_EFFECTIVE_M,
    RX_HORIZON_M,
    SURFACE_N,
    TX_ANGLE,
    TX_EFFECTIVE_M,
    TX_HORIZON_M,
)
from onemap.radio.itm.troposcatter import scatter_loss

__all__ = ["DIFFRACTION", "LINE_OF_SIGHT", "TROPOSCATTER", "ground_impedance", "reference_attenuation"]

LINE_OF_SIGHT, DIFFRACTION, TROPOSCATTER = 1, 2, 3
"""Modes of propagation, numbered as in the NTIA reference."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def ground_impedance(frequency_mhz, polarisation, permittivity, conductivity):  # type: ignore[no-untyped-def]
    """Give the relative impedance of the ground (Algorithm, eq. 1.5).

    Parameters
    ----------
    frequency_mhz
        Frequency, in megahertz.
    polarisation
        1 horizontal, 2 vertical.
    permittivity, conductivity
        Of the ground: relative; in siemens per metre.

    Returns
    -------
    impedance
        A complex number without unit.

    Examples
    --------
    >>> round(abs(ground_impedance(900.0, 1, 15.0, 0.005)), 3)
    3.742
    """
    relative = complex(permittivity, 18_000.0 * conductivity / frequency_mhz)
    impedance = cmath.sqrt(relative - 1.0)
    return impedance / relative if polarisation == 2 else impedance


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _side_flags(angle, horizon_m, smooth_m, is_receiver):  # type: ignore[no-untyped-def]
    """Warn of a horizon that is steep or far from that of the smooth earth; the receiver's bits lie one up."""
    flags = 0
    if abs(angle) > 0.2:
        flags |= codes.WARN_TX_ANGLE
    if horizon_m < 0.1 * smooth_m:
        flags |= codes.WARN_TX_HORIZON_NEAR
    if horizon_m > 3.0 * smooth_m:
        flags |= codes.WARN_TX_HORIZON_FAR
    return flags << 1 if is_receiver else flags


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _medium_code(impedance, shape):  # type: ignore[no-untyped-def]
    """Check what was derived of air and ground: return code and warning flags."""
    if shape[SURFACE_N] < 150.0:
        return codes.SURFACE_REFRACTIVITY_SMALL, 0
    if shape[SURFACE_N] > 400.0:
        return codes.SURFACE_REFRACTIVITY_LARGE, 0
    flags = codes.WARN_SURFACE_REFRACTIVITY if shape[SURFACE_N] < 250.0 else 0
    if not 4_000_000.0 <= 1.0 / shape[CURVATURE_PER_M] <= 13_333_333.0:
        return codes.EFFECTIVE_EARTH, flags
    if impedance.real <= abs(impedance.imag):
        return codes.GROUND_IMPEDANCE, flags
    return codes.SUCCESS, flags


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _distance_flags(distance_m, height_gap_m):  # type: ignore[no-untyped-def]
    """Warn of a distance near or beyond the limits of the model."""
    flags = 0
    if distance_m < height_gap_m / 0.2:
        flags |= codes.WARN_DISTANCE_SMALL
    if distance_m < 1e3:
        flags |= codes.WARN_DISTANCE_VERY_SMALL
    if distance_m > 1000e3:
        flags |= codes.WARN_DISTANCE_LARGE
    if distance_m > 2000e3:
        flags |= codes.WARN_DISTANCE_VERY_LARGE
    return flags


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _two_rays(distance_m, wave_number, impedance, shape):  # type: ignore[no-untyped-def]
    """Loss by the direct ray and the one off the ground (Algorithm, eqs 4.46 to 4.50)."""
    tx_m, rx_m = shape[TX_EFFECTIVE_M], shape[RX_EFFECTIVE_M]
    total_m = tx_m + rx_m
    sine = total_m / math.sqrt(distance_m * distance_m + total_m * total_m)
    deviation_m = surface_deviation(roughness(distance_m, shape[IRREGULARITY_M]))
    reflected = (sine - impedance) / (sine + impedance) * math.exp(-min(10.0, wave_number * deviation_m * sine))
    power = reflected.real * reflected.real + reflected.imag * reflected.imag
    if power < 0.25 or power < sine:
        reflected *= math.sqrt(sine / power)
    phase = 2.0 * wave_number * tx_m * rx_m / distance_m
    if phase > 0.5 * math.pi:
        phase = math.pi - 0.25 * math.pi * math.pi / phase
    real = math.cos(phase) + reflected.real
    imaginary = reflected.imag - math.sin(phase)
    return -10.0 * math.log10(real * real + imaginary * imaginary)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _sight_loss(distance_m, frequency_mhz, impedance, line, smooth_reach_m, shape):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Loss in sight: two rays, with the extended diffraction line as far as the ground is rough (Algorithm, 4.40)."""
    share = 1.0 / (1.0 + frequency_mhz * shape[IRREGULARITY_M] / max(10e3, smooth_reach_m))
    rays_db = _two_rays(distance_m, frequency_mhz / WAVE_NUMBER_MHZ, impedance, shape)
    return share * rays_db + (1.0 - share) * (line[0] * distance_m + line[1])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _sight_distances(frequency_mhz, line, shape):  # type: ignore[no-untyped-def]
    """Pick the two distances through which the curve in sight is laid (ERL 79-ITS 67, eqs 3.16a, 3.16d)."""
    reach_m = shape[TX_HORIZON_M] + shape[RX_HORIZON_M]
    near_m = 0.04 * frequency_mhz * shape[TX_EFFECTIVE_M] * shape[RX_EFFECTIVE_M]
    if line[1] >= 0.0:
        near_m = min(near_m, 0.5 * reach_m)
        return near_m, near_m + 0.25 * (reach_m - near_m)
    return near_m, max(-line[1] / line[0], 0.25 * reach_m)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _curve_through(near, middle, far, line):  # type: ignore[no-untyped-def]
    """Coefficients of distance and of its logarithm through three points (ERL 79-ITS 67, eqs 3.20, 3.21).

    Points are (metres, dB); the coefficients are never negative; -1 for the first where no such curve is wanted.
    """
    span_m = far[0] - near[0]
    stretch = math.log(far[0] / near[0])
    step_m = middle[0] - near[0]
    numerator = span_m * (middle[1] - near[1]) - step_m * (far[1] - near[1])
    bend = max(0.0, numerator / (span_m * math.log(middle[0] / near[0]) - step_m * stretch))
    if not (line[1] > 0.0 or bend > 0.0):
        return -1.0, 0.0
    slope = (far[1] - near[1] - bend * stretch) / span_m
    if slope >= 0.0:
        return slope, bend
    bend = max(far[1] - near[1], 0.0) / stretch
    return (line[0] if bend == 0.0 else 0.0), bend


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _in_sight(frequency_mhz, impedance, line, smooth_reach_m, shape):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the reference attenuation within the smooth horizon (ERL 79-ITS 67, eq. 3.19)."""
    near_m, middle_m = _sight_distances(frequency_mhz, line, shape)
    far_db = smooth_reach_m * line[0] + line[1]
    middle_db = _sight_loss(middle_m, frequency_mhz, impedance, line, smooth_reach_m, shape)
    slope, bend = -1.0, 0.0
    if near_m < middle_m:
        near_db = _sight_loss(near_m, frequency_mhz, impedance, line, smooth_reach_m, shape)
        slope, bend = _curve_through((near_m, near_db), (middle_m, middle_db), (smooth_reach_m, far_db), line)
    if slope == -1.0:
        slope = max(far_db - middle_db, 0.0) / (smooth_reach_m - middle_m)
        if slope == 0.0:
            slope = line[0]
    distance_m = shape[DISTANCE_M]
    return far_db + slope * (distance_m - smooth_reach_m) + bend * math.log(distance_m / smooth_reach_m)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _beyond_sight(frequency_mhz, line, smooth_reach_m, sight_angle, shape):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the reference attenuation beyond the smooth horizon, the lower of diffraction and scatter, and which."""
    distance_m = shape[DISTANCE_M]
    reach_m = shape[TX_HORIZON_M] + shape[RX_HORIZON_M]
    diffraction_db = line[0] * distance_m + line[1]
    far_db, gain_db = scatter_loss(reach_m + 400e3, sight_angle, frequency_mhz, -1.0, shape)
    near_db, _ = scatter_loss(reach_m + 200e3, sight_angle, frequency_mhz, gain_db, shape)
    if near_db >= 1000.0:  # the scatter loss is not defined
        return diffraction_db, DIFFRACTION
    slope = (far_db - near_db) / 200e3
    scale_m = (1.0 / (shape[CURVATURE_PER_M] ** 2 * frequency_mhz)) ** (1.0 / 3.0)
    crossing_m = (near_db - line[1] - slope * (reach_m + 200e3)) / (line[0] - slope)
    change_m = max(smooth_reach_m, reach_m + 1.088 * scale_m * math.log(frequency_mhz), crossing_m)
    if distance_m > change_m:
        return slope * distance_m + (line[0] - slope) * change_m + line[1], TROPOSCATTER
    return diffraction_db, DIFFRACTION


@numba.njit(cache=True, nogil=True, error_model="numpy")
def reference_attenuation(frequency_mhz, impedance, shape):  # type: ignore[no-untyped-def]
    """Give the median loss beyond free space (Algorithm, section 4).

    Parameters
    ----------
    frequency_mhz
        Frequency, in megahertz.
    impedance
        That of `ground_impedance`.
    shape
        Vector of `SLOTS` numbers that `trace_terrain` or `area_shape` filled.

    Returns
    -------
    attenuation_db, mode, code, flags
        In dB, NaN where the code is not 0; mode of propagation; return code and warning flags.

    Examples
    --------
    >>> import numpy as np
    >>> from onemap.radio.itm.terrain_shape import SLOTS, area_shape
    >>> shape = np.empty(SLOTS)
    >>> area_shape(10e3, 20.0, 15.0, 3.0, 0, 0, 301.0, shape)
    >>> found = reference_attenuation(3_500.0, ground_impedance(3_500.0, 2, 15.0, 0.005), shape)
    >>> round(float(found[0]), 1), found[1:]
    (11.2, (1, 0, 0))
    """
    curvature_per_m = shape[CURVATURE_PER_M]
    tx_smooth_m = math.sqrt(2.0 * shape[TX_EFFECTIVE_M] / curvature_per_m)
    rx_smooth_m = math.sqrt(2.0 * shape[RX_EFFECTIVE_M] / curvature_per_m)
    flags = _side_flags(shape[TX_ANGLE], shape[TX_HORIZON_M], tx_smooth_m, False)  # noqa: FBT003
    flags |= _side_flags(shape[RX_ANGLE], shape[RX_HORIZON_M], rx_smooth_m, True)  # noqa: FBT003
    code, medium_flags = _medium_code(impedance, shape)
    flags |= medium_flags
    if code != codes.SUCCESS:
        return math.nan, 0, code, flags
    flags |= _distance_flags(shape[DISTANCE_M], abs(shape[TX_EFFECTIVE_M] - shape[RX_EFFECTIVE_M]))
    reach_m = shape[TX_HORIZON_M] + shape[RX_HORIZON_M]
    sight_angle = -max(shape[TX_ANGLE] + shape[RX_ANGLE], -reach_m * curvature_per_m)
    smooth_reach_m = tx_smooth_m + rx_smooth_m
    line = diffraction_line(frequency_mhz, abs(impedance), smooth_reach_m, sight_angle, shape)
    if shape[DISTANCE_M] < smooth_reach_m:
        loss_db, mode = _in_sight(frequency_mhz, impedance, line, smooth_reach_m, shape), LINE_OF_SIGHT
    else:
        loss_db, mode = _beyond_sight(frequency_mhz, line, smooth_reach_m, sight_angle, shape)
    return max(loss_db, 0.0), mode, code, flags
