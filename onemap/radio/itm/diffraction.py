"""Loss behind the horizon by diffraction, as ITM has it: two knife edges and a smooth earth, weighed by roughness."""

from __future__ import annotations

import math

import numba

from onemap.radio.itm.terrain_shape import (
    CURVATURE_PER_M,
    IRREGULARITY_M,
    KNOWN_PATH,
    RX_EFFECTIVE_M,
    RX_HORIZON_M,
    RX_M,
    TX_EFFECTIVE_M,
    TX_HORIZON_M,
    TX_M,
)

__all__ = ["WAVE_NUMBER_MHZ", "diffraction_line", "roughness", "surface_deviation"]

WAVE_NUMBER_MHZ = 47.7
"""Frequency in MHz divided by this is the wave number in 1/m. Algorithm, eq. 1.1."""
ACTUAL_EARTH_M = 6_370e3


@numba.njit(cache=True, nogil=True, error_model="numpy")
def roughness(distance_m, irregularity_m):  # type: ignore[no-untyped-def]
    """Give the irregularity of a path of this length (ERL 79-ITS 67, eq. 3).

    Parameters
    ----------
    distance_m
        Length of the path, in metres.
    irregularity_m
        Irregularity of very long paths, in metres.

    Returns
    -------
    roughness_m
        At least a fifth of it.

    Examples
    --------
    >>> round(roughness(50e3, 90.0), 2)
    63.51
    """
    return irregularity_m * (1.0 - 0.8 * math.exp(-distance_m / 50e3))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def surface_deviation(roughness_m):  # type: ignore[no-untyped-def]
    """Give the deviation of terrain within the first Fresnel zone (ERL 79-ITS 67, eq. 3.6a).

    Parameters
    ----------
    roughness_m
        Irregularity of the path, in metres.

    Returns
    -------
    deviation_m
        Root mean square, in metres.

    Examples
    --------
    >>> round(surface_deviation(90.0), 2)
    15.05
    """
    return 0.78 * roughness_m * math.exp(-0.5 * math.sqrt(math.sqrt(roughness_m)))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _edge_loss(nu_squared):  # type: ignore[no-untyped-def]
    """Loss over a knife edge from the square of its parameter (TN 101, eqs III.24b, III.24c)."""
    if nu_squared < 5.76:
        return 6.02 + 9.11 * math.sqrt(nu_squared) - 1.27 * nu_squared
    return 12.953 + 10.0 * math.log10(nu_squared)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _two_edges(beyond_m, angle, frequency_mhz, shape):  # type: ignore[no-untyped-def]
    """Loss over the edges at both horizons (TN 101, eqs I.1, I.7); 0.0795775 is 1/(4 pi)."""
    factor = 0.0795775 * frequency_mhz / WAVE_NUMBER_MHZ * angle * angle * beyond_m
    tx_m, rx_m = shape[TX_HORIZON_M], shape[RX_HORIZON_M]
    return _edge_loss(factor * tx_m / (beyond_m + tx_m)) + _edge_loss(factor * rx_m / (beyond_m + rx_m))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _radius_terms(radius_m, frequency_root, impedance):  # type: ignore[no-untyped-def]
    """Parameter K of a radius, and the scale of its distances in 1/km (Vogler 1964, eqs 2, 6a)."""
    ratio = (4.0 / 3.0 * ACTUAL_EARTH_M / radius_m) ** (1.0 / 3.0)
    parameter = 0.017778 * ratio / (frequency_root * impedance)
    return parameter, (1.607 - parameter) * ratio * ratio * frequency_root


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _height_gain(distance, parameter):  # type: ignore[no-untyped-def]
    """Gain of a terminal's height over a smooth earth, in dB (Algorithm, section 6; Vogler 1964)."""
    if distance >= 200.0:
        gain = 0.05751 * distance - 4.343 * math.log(distance)
        if distance < 2000.0:
            weight = 0.0134 * distance * math.exp(-0.005 * distance)
            gain = (1.0 - weight) * gain + weight * (17.372 * math.log(distance) - 117.0)
        return gain
    depth = -math.log(parameter)
    if parameter < 1e-5 or distance * depth**3 > 5495.0:
        return 17.372 * math.log(distance) - 117.0 if distance > 1.0 else -117.0
    return 2.5e-5 * distance * distance / parameter - 8.686 * depth - 15.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _smooth_earth(beyond_m, angle, frequency_mhz, impedance, shape):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Loss round a smooth earth of three radii (Algorithm, eqs 4.12 to 4.20; TN 101, eq. 8.4; Vogler 1964)."""
    root = frequency_mhz ** (1.0 / 3.0)
    tx_m, rx_m = shape[TX_HORIZON_M], shape[RX_HORIZON_M]
    _, scale = _radius_terms(beyond_m / angle, root, impedance)
    tx_parameter, tx_scale = _radius_terms(0.5 * tx_m * tx_m / shape[TX_EFFECTIVE_M], root, impedance)
    rx_parameter, rx_scale = _radius_terms(0.5 * rx_m * rx_m / shape[RX_EFFECTIVE_M], root, impedance)
    tx_distance, rx_distance = tx_scale * tx_m / 1e3, rx_scale * rx_m / 1e3
    distance = scale * beyond_m / 1e3 + tx_distance + rx_distance
    gain = _height_gain(tx_distance, tx_parameter) + _height_gain(rx_distance, rx_parameter)
    return 0.05751 * distance - 10.0 * math.log10(distance) - gain - 20.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _edge_weight(distance_m, sight_angle, frequency_mhz, shape):  # type: ignore[no-untyped-def]
    """Share of the smooth earth in the loss (ERL 79-ITS 67, eq. 3.23)."""
    heights = shape[TX_M] * shape[RX_M]
    surplus = shape[TX_EFFECTIVE_M] * shape[RX_EFFECTIVE_M] - heights
    if shape[KNOWN_PATH] > 0.0:  # low antennas on a known path: C is about 10 (page 3-8)
        heights += 10.0
    seen_m = shape[TX_HORIZON_M] + shape[RX_HORIZON_M] - sight_angle / shape[CURVATURE_PER_M]
    waves = min(roughness(distance_m, shape[IRREGULARITY_M]) * frequency_mhz / WAVE_NUMBER_MHZ, 6283.2)
    return 25.1 / (25.1 + math.sqrt((math.sqrt(1.0 + surplus / heights) + seen_m / distance_m) * waves))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _diffraction_loss(distance_m, sight_angle, frequency_mhz, impedance, clutter_db, shape):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Loss by diffraction at a distance behind the horizons (Algorithm, eq. 4.11)."""
    beyond_m = distance_m - (shape[TX_HORIZON_M] + shape[RX_HORIZON_M])
    angle = distance_m * shape[CURVATURE_PER_M] - sight_angle
    share = _edge_weight(distance_m, sight_angle, frequency_mhz, shape)
    smooth_db = _smooth_earth(beyond_m, angle, frequency_mhz, impedance, shape)
    return share * smooth_db + (1.0 - share) * _two_edges(beyond_m, angle, frequency_mhz, shape) + clutter_db


@numba.njit(cache=True, nogil=True, error_model="numpy")
def diffraction_line(frequency_mhz, impedance, smooth_reach_m, sight_angle, shape):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Lay a line through the diffraction loss at two distances far behind the horizon (Algorithm, section 4).

    Parameters
    ----------
    frequency_mhz
        Frequency, in megahertz.
    impedance
        Magnitude of the relative impedance of the ground.
    smooth_reach_m
        Sum of the distances to both horizons of the smooth earth, in metres.
    sight_angle
        Angular distance within line of sight, in radians.
    shape
        Vector of `SLOTS` numbers that `trace_terrain` or `area_shape` filled.

    Returns
    -------
    slope, start_db
        In dB per metre; in dB at distance zero.

    Examples
    --------
    >>> import numpy as np
    >>> from onemap.radio.itm.terrain_shape import SLOTS, area_shape
    >>> shape = np.empty(SLOTS)
    >>> area_shape(50e3, 90.0, 30.0, 10.0, 0, 0, 301.0, shape)
    >>> slope, start_db = diffraction_line(900.0, 4.0, 35e3, 4e-3, shape)
    >>> round(float(1e3 * slope), 3), round(float(start_db), 2)
    (0.472, 7.95)
    """
    scale_m = (1.0 / (shape[CURVATURE_PER_M] ** 2 * frequency_mhz)) ** (1.0 / 3.0)
    near_m = max(smooth_reach_m, shape[TX_HORIZON_M] + shape[RX_HORIZON_M] + 5.0 * scale_m)
    far_m = near_m + 10.0 * scale_m
    deviation_m = surface_deviation(roughness(smooth_reach_m, shape[IRREGULARITY_M]))
    # ERL 79-ITS 67, eq. 3.38c
    clutter_db = min(15.0, 5.0 * math.log10(1.0 + 1e-5 * shape[TX_M] * shape[RX_M] * frequency_mhz * deviation_m))
    near_db = _diffraction_loss(near_m, sight_angle, frequency_mhz, impedance, clutter_db, shape)
    far_db = _diffraction_loss(far_m, sight_angle, frequency_mhz, impedance, clutter_db, shape)
    slope = (far_db - near_db) / (far_m - near_m)
    return slope, near_db - slope * near_m
