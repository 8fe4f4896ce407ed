"""The loss on one path by one model: what each needs of the ground, where it holds, and what stands in where not.

Every model is held to the range that its document gives. Below 250 m, where P.1812 has no answer, the free space is
taken. Where another model does not hold, delta-Bullington over the same ground stands in for it; without ground nothing
does, and the free space is the most that can arrive.
"""

from __future__ import annotations

import math

import numba

from onemap.radio.hata import COST231_MHZ, HATA_MHZ, LARGE, OPEN, cost231_loss, effective_base_height, hata_loss
from onemap.radio.hata import range_flags as hata_flags
from onemap.radio.itm.kernels import shape_loss
from onemap.radio.itm.terrain_shape import trace_terrain
from onemap.radio.p1812.basic_loss import diffraction_losses, path_loss
from onemap.radio.p1812.even_path import trace_even_median, trace_even_path
from onemap.radio.p1812.path_geometry import (
    HRS_AMSL_M,
    HTS_AMSL_M,
    IS_LOS,
    THETA_T_MRAD,
    effective_radius,
)
from onemap.radio.tr38901 import RMA, UMA, scenario_loss
from onemap.radio.tr38901 import range_flags as tr38901_flags

__all__ = [
    "BONUS_DB",
    "BY_MODEL",
    "ENVIRONMENT_CODES",
    "FREE_SPACE_SHORT",
    "MODEL_CODES",
    "NO_MODEL",
    "OVER_VOID",
    "STANDS_IN",
    "free_space_db",
    "loss_of_path",
    "trace_ground",
]

P1812, DELTA_BULLINGTON, ITM, TR38901, HATA = 0, 1, 2, 3, 4
MODEL_CODES = {"p1812": P1812, "delta-bullington": DELTA_BULLINGTON, "itm": ITM, "tr38901": TR38901, "hata": HATA}
"""Models by their name in the settings."""

BONUS_DB = {"p1812": 0.0, "delta-bullington": 0.0, "itm": 10.0, "tr38901": 5.0, "hata": 10.0}
"""How much more than in free space a model may give at the median of the time, in dB; more than any does."""

RURAL, SUBURBAN, URBAN = 0, 1, 2
ENVIRONMENT_CODES = {"rural": RURAL, "suburban": SUBURBAN, "urban": URBAN}
"""Surroundings by their name in the settings: RMa and Hata's open land, UMa and suburbs, UMa and a large city."""

BY_MODEL, STANDS_IN, FREE_SPACE_SHORT, OVER_VOID, OUTSIDE_GRID, NO_MODEL = 0, 1, 2, 3, 4, 5
"""What a loss rests on. After `FREE_SPACE_SHORT` it is that of free space, and more may be lost."""

SHORTEST_M = 250.0
"""ITU-R P.1812-8, section 1: distances of about 0.25 km to about 3 000 km."""

FAR_FROM_COAST_KM = 500.0  # ITU-R P.1812-8, section 3.4: where no coast is known to be near
CONTINENTAL_TEMPERATE = 5  # climate of the Irregular Terrain Model
AVERAGE_GROUND = (15.0, 0.005)  # relative permittivity, conductivity in S/m
BROADCAST_MODE = 3  # variability by time, location and situation, each by itself
ITM_SHORTEST_M = 1_000.0  # NTIA Report 82-100: 1 to 2 000 km


@numba.njit(cache=True, nogil=True)
def free_space_db(distance_m, rise_m, frequency_ghz):  # type: ignore[no-untyped-def]
    """Give the loss in free space, nowhere nearer than a metre, in dB (ITU-R P.1812-8, equation 8).

    Parameters
    ----------
    distance_m, rise_m
        Distance over the ground and difference of the heights, in metres.
    frequency_ghz
        Frequency, in gigahertz.

    Examples
    --------
    >>> round(free_space_db(1_000.0, 0.0, 1.0), 1), round(free_space_db(0.0, 0.0, 1.0), 1)
    (92.4, 32.4)
    """
    slant_km = 0.001 * max(math.sqrt(distance_m * distance_m + rise_m * rise_m), 1.0)
    return 92.4 + 20.0 * math.log10(frequency_ghz) + 20.0 * math.log10(slant_km)


@numba.njit(cache=True, nogil=True)
def trace_ground(rules, mast, distance_m, profile, buffers):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Fill the geometry of a path from its profile; at the foot of the mast only heights and direction.

    Parameters
    ----------
    rules
        `Rules` of the kernel.
    mast
        Height above the ground in metres, delta N and N0 in N-units.
    distance_m
        Length of the path, in metres.
    profile
        Number of its steps; whether anything stands on the ground.
    buffers
        Ground and surface in metres, room for distances, the geometry, room for the shape of ITM.
    """
    ground_m, surface_m, distance_km, geometry, shape = buffers
    mast_m, delta_n, n0 = mast
    steps, has_clutter = profile
    if distance_m < 1.0:
        geometry[HTS_AMSL_M], geometry[HRS_AMSL_M] = ground_m[0] + mast_m, ground_m[steps] + rules.receiver_m
        geometry[IS_LOS] = 1.0
        geometry[THETA_T_MRAD] = -500.0 * math.pi
        return
    step_km = 0.001 * distance_m / steps
    radius_km = effective_radius(delta_n)
    ground_m = ground_m[: steps + 1]
    surface_m = surface_m[: steps + 1 if has_clutter else 0]
    if rules.time_percent >= 50.0:
        trace_even_median(step_km, ground_m, surface_m, steps + 1, mast_m, rules.receiver_m, radius_km, geometry)
    else:
        trace_even_path(step_km, ground_m, surface_m, steps + 1, mast_m, rules.receiver_m, radius_km, geometry)
    if rules.model == HATA:
        for step in range(steps + 1):
            distance_km[step] = step * step_km
    if rules.model == ITM:
        trace_terrain(ground_m, steps + 1, 1000.0 * step_km, mast_m, rules.receiver_m, n0, shape)


@numba.njit(cache=True, nogil=True)
def loss_of_path(rules, mast, latitude_deg, distance_m, steps, frequency_ghz, buffers):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the loss on a path at the median of locations, and what it rests on.

    Parameters
    ----------
    rules, mast, distance_m, steps, buffers
        As for `trace_ground`, which has filled the buffers; no steps: the ground is not known.
    latitude_deg
        Latitude of the middle of the path, in degrees.
    frequency_ghz
        Frequency, in gigahertz.

    Returns
    -------
    loss_db, basis
        Loss in dB; `BY_MODEL`, `STANDS_IN`, `FREE_SPACE_SHORT` or `NO_MODEL`.
    """
    geometry = buffers[3]
    grounded = steps > 0
    rise_m = geometry[HTS_AMSL_M] - geometry[HRS_AMSL_M] if grounded else mast[0] - rules.receiver_m
    loss_db = math.nan
    if rules.model == HATA:
        loss_db = _hata_loss(rules, mast[0], distance_m, steps, frequency_ghz, buffers)
    elif rules.model == TR38901 and grounded:
        loss_db = _tr38901_loss(rules, mast[0], distance_m, frequency_ghz, geometry[IS_LOS] > 0.0)
    elif grounded and distance_m >= SHORTEST_M:
        loss_db = _loss_over_ground(rules, mast, latitude_deg, distance_m, frequency_ghz, buffers)
    if math.isfinite(loss_db):
        return loss_db, BY_MODEL
    free_db = free_space_db(distance_m, rise_m, frequency_ghz)
    if distance_m < SHORTEST_M:
        return free_db, FREE_SPACE_SHORT
    if not grounded:
        return free_db, NO_MODEL
    bent_db = diffraction_losses(geometry, effective_radius(mast[1]), frequency_ghz, rules.polarisation)[0]
    return free_db + bent_db, BY_MODEL if rules.model == DELTA_BULLINGTON else STANDS_IN


@numba.njit(cache=True, nogil=True)
def _loss_over_ground(rules, mast, latitude_deg, distance_m, frequency_ghz, buffers):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the loss by P.1812 or ITM; NaN where they do not hold, and by delta-Bullington, which holds in any case."""
    if rules.model == P1812 and 0.03 <= frequency_ghz <= 6.0:
        loss_db, least_db = path_loss(
            buffers[3], frequency_ghz, rules.polarisation, rules.time_percent, mast[1], mast[2], latitude_deg,
            FAR_FROM_COAST_KM, FAR_FROM_COAST_KM,
        )  # fmt: skip
        return max(loss_db, least_db)
    if rules.model == ITM and distance_m >= ITM_SHORTEST_M and 0.02 <= frequency_ghz <= 20.0:
        return shape_loss(
            buffers[4], 1000.0 * frequency_ghz, rules.polarisation, AVERAGE_GROUND[0], AVERAGE_GROUND[1],
            CONTINENTAL_TEMPERATE, BROADCAST_MODE, rules.time_percent, 50.0, 50.0,
        )[0]  # fmt: skip
    return math.nan


@numba.njit(cache=True, nogil=True)
def _tr38901_loss(rules, mast_m, distance_m, frequency_ghz, in_sight):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the loss by RMa in rural, by UMa in other surroundings, the ground deciding on sight; NaN out of range."""
    scenario = RMA if rules.environment == RURAL else UMA
    if tr38901_flags(scenario, distance_m, mast_m, rules.receiver_m, frequency_ghz, in_sight) != 0:
        return math.nan
    return scenario_loss(scenario, distance_m, mast_m, rules.receiver_m, frequency_ghz, in_sight)


@numba.njit(cache=True, nogil=True)
def _hata_loss(rules, mast_m, distance_m, steps, frequency_ghz, buffers):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the loss by Hata, from 1500 MHz by COST 231, which knows no open land; NaN out of range.

    The antenna stands as high as it does above the mean ground of the path, where that is known.
    """
    base_m = mast_m
    if steps > 0:
        base_m = effective_base_height(buffers[2], buffers[0], steps + 1, mast_m)
    frequency_mhz, distance_km = 1000.0 * frequency_ghz, 0.001 * distance_m
    environment = LARGE if rules.environment == URBAN else rules.environment
    if hata_flags(distance_km, base_m, rules.receiver_m, frequency_mhz, HATA_MHZ) == 0:
        return hata_loss(environment, distance_km, base_m, rules.receiver_m, frequency_mhz)
    if environment != OPEN and hata_flags(distance_km, base_m, rules.receiver_m, frequency_mhz, COST231_MHZ) == 0:
        return cost231_loss(environment, distance_km, base_m, rules.receiver_m, frequency_mhz)
    return math.nan
