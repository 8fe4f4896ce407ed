"""The whole of ITM for one path or one distance in an area: scalar functions for other compiled functions."""

from __future__ import annotations

import math

import numba
import numpy as np

from onemap.radio.itm import codes
from onemap.radio.itm.attenuation import ground_impedance, reference_attenuation
from onemap.radio.itm.terrain_shape import DISTANCE_M, SLOTS, area_shape, trace_terrain
from onemap.radio.itm.variability import varied_attenuation

__all__ = ["itm_area", "itm_point_to_point", "shape_loss"]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _checked(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    tx_m, rx_m, frequency_mhz, polarisation, n0, climate, permittivity, conductivity, mdvar, time, location, situation
):
    """Check arguments in the order of the NTIA reference: return code and warning flags."""
    code, flags = codes.check_heights(tx_m, rx_m)
    if code != codes.SUCCESS:
        return code, flags
    if climate < 1 or climate > 7:
        return codes.CLIMATE, flags
    code, medium_flags = codes.check_medium(frequency_mhz, polarisation, permittivity, conductivity, n0)
    if code == codes.SUCCESS:
        code = codes.check_variability(mdvar, time, location, situation)
    return code, flags | medium_flags


@numba.njit(cache=True, nogil=True, error_model="numpy")
def shape_loss(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    shape, frequency_mhz, polarisation, permittivity, conductivity, climate, mdvar, time, location, situation
):
    """Give basic loss, warning flags and return code of a path whose shape is known; arguments are not checked.

    Parameters
    ----------
    shape
        Vector of `SLOTS` numbers that `trace_terrain` or `area_shape` filled.
    frequency_mhz, polarisation, permittivity, conductivity, climate, mdvar, time, location, situation
        As in `itm_point_to_point`.

    Returns
    -------
    loss_db, flags, code
        As in `itm_point_to_point`.

    Examples
    --------
    >>> shape = np.empty(SLOTS)
    >>> area_shape(10e3, 20.0, 15.0, 3.0, 0, 0, 301.0, shape)
    >>> round(float(shape_loss(shape, 3_500.0, 2, 15.0, 0.005, 5, 1, 50.0, 50.0, 50.0)[0]), 1)
    134.5
    """
    impedance = ground_impedance(frequency_mhz, polarisation, permittivity, conductivity)
    attenuation_db, _, code, flags = reference_attenuation(frequency_mhz, impedance, shape)
    if code != codes.SUCCESS:
        return math.nan, flags, code
    varied_db, tail_flags = varied_attenuation(
        attenuation_db, frequency_mhz, climate, mdvar, time, location, situation, shape
    )
    free_db = 32.45 + 20.0 * math.log10(frequency_mhz) + 20.0 * math.log10(shape[DISTANCE_M] / 1000.0)
    return free_db + varied_db, flags | tail_flags, code


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _ended(loss_db, flags, code):  # type: ignore[no-untyped-def]
    """Give loss, flags and code as they go out: a success with flags has a code of its own."""
    if code == codes.SUCCESS and flags != 0:
        code = codes.SUCCESS_WITH_WARNINGS
    return loss_db, flags, code


@numba.njit(cache=True, nogil=True, error_model="numpy")
def itm_point_to_point(  # type: ignore[no-untyped-def]  # noqa: PLR0913, PLR0917
    height_m, count, step_m, tx_m, rx_m, frequency_mhz, polarisation, n0, climate, permittivity, conductivity,
    mdvar, time, location, situation,
):  # fmt: skip
    """Give basic loss, warning flags and return code over an evenly spaced profile.

    Parameters
    ----------
    height_m, count, step_m
        Heights of the ground from the transmitter on, how many to use, and the distance between them, in metres.
    tx_m, rx_m
        Heights of the antennas above ground, in metres.
    frequency_mhz
        Frequency, 20 to 20,000 MHz.
    polarisation
        1 horizontal, 2 vertical.
    n0, climate, permittivity, conductivity, mdvar, time, location, situation
        As in `ItmConditions`.

    Returns
    -------
    loss_db, flags, code
        Basic transmission loss in dB, NaN where the code is neither 0 nor 1; warning flags as bits; return code.

    Examples
    --------
    >>> flat = np.zeros(101)
    >>> ends = (15.0, 3.0, 3_500.0, 2, 325.0)
    >>> loss_db, flags, code = itm_point_to_point(flat, 101, 100.0, *ends, 5, 15.0, 0.005, 12, 50.0, 50.0, 50.0)
    >>> round(float(loss_db), 1), flags, code
    (128.1, 0, 0)
    """
    code, flags = _checked(
        tx_m, rx_m, frequency_mhz, polarisation, n0, climate, permittivity, conductivity, mdvar, time, location,
        situation,
    )  # fmt: skip
    if code == codes.SUCCESS and not (count >= 2 and 0.0 < step_m < math.inf):
        code = codes.PATH_DISTANCE
    if code != codes.SUCCESS:
        return math.nan, flags, code
    if not math.isfinite(_sum_of(height_m, count)):
        return math.nan, flags, codes.UNKNOWN_HEIGHT
    shape = np.empty(SLOTS)
    trace_terrain(height_m, count, step_m, tx_m, rx_m, n0, shape)
    loss_db, path_flags, code = shape_loss(
        shape, frequency_mhz, polarisation, permittivity, conductivity, climate, mdvar, time, location, situation
    )
    return _ended(loss_db, flags | path_flags, code)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _sum_of(height_m, count):  # type: ignore[no-untyped-def]
    """Add heights: not finite where one of them is not."""
    total = 0.0
    for index in range(count):
        total += height_m[index]
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def itm_area(  # type: ignore[no-untyped-def]  # noqa: PLR0913, PLR0917
    distance_m, irregularity_m, tx_m, rx_m, tx_siting, rx_siting, frequency_mhz, polarisation, n0, climate,
    permittivity, conductivity, mdvar, time, location, situation,
):  # fmt: skip
    """Give basic loss, warning flags and return code over terrain of which only the irregularity is known.

    Parameters
    ----------
    distance_m, irregularity_m
        Distance and terrain irregularity, in metres.
    tx_m, rx_m
        Heights of the antennas above ground, in metres.
    tx_siting, rx_siting
        0 at random, 1 careful, 2 very careful.
    frequency_mhz
        Frequency, 20 to 20,000 MHz.
    polarisation
        1 horizontal, 2 vertical.
    n0, climate, permittivity, conductivity, mdvar, time, location, situation
        As in `ItmConditions`.

    Returns
    -------
    loss_db, flags, code
        Basic transmission loss in dB, NaN where the code is neither 0 nor 1; warning flags as bits; return code.

    Examples
    --------
    >>> ends = (15.0, 3.0, 0, 0, 3_500.0, 2, 301.0)
    >>> round(float(itm_area(10e3, 20.0, *ends, 5, 15.0, 0.005, 1, 50.0, 50.0, 50.0)[0]), 1)
    134.5
    """
    code, flags = _checked(
        tx_m, rx_m, frequency_mhz, polarisation, n0, climate, permittivity, conductivity, mdvar, time, location,
        situation,
    )  # fmt: skip
    if code == codes.SUCCESS:
        code = _area_code(distance_m, irregularity_m, tx_siting, rx_siting)
    if code != codes.SUCCESS:
        return math.nan, flags, code
    shape = np.empty(SLOTS)
    area_shape(distance_m, irregularity_m, tx_m, rx_m, tx_siting, rx_siting, n0, shape)
    loss_db, path_flags, code = shape_loss(
        shape, frequency_mhz, polarisation, permittivity, conductivity, climate, mdvar, time, location, situation
    )
    return _ended(loss_db, flags | path_flags, code)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _area_code(distance_m, irregularity_m, tx_siting, rx_siting):  # type: ignore[no-untyped-def]
    """Check what only an area has."""
    if not 0.0 < distance_m < math.inf:
        return codes.PATH_DISTANCE
    if not 0.0 <= irregularity_m < math.inf:
        return codes.IRREGULARITY
    if tx_siting not in (0, 1, 2):
        return codes.TX_SITING
    if rx_siting not in (0, 1, 2):
        return codes.RX_SITING
    return codes.SUCCESS
