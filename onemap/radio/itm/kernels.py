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
    """Give basic loss, warning flags and return code of a path whose `shape` is known; arguments are not checked."""
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
    """Give basic loss in dB, warning flags and return code over the first `count` heights of an evenly spaced profile.

    Polarisation 1 horizontal, 2 vertical. The loss is NaN where the code is neither 0 nor 1.
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
    """Give basic loss in dB, warning flags and return code over terrain of which only the irregularity is known.

    Siting 0 at random, 1 careful, 2 very careful; polarisation 1 horizontal, 2 vertical.
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
