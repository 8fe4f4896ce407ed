r"""Losses of 3GPP TR 38.901 in rural, urban and street-canyon places (RMa, UMa, UMi), with and without line of sight.

All formulas are those of table 7.4.1-1; the speed of light is 3.0e8 m/s as there.
The environment height is 1 m (note 1 of the table).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "SCENARIOS",
    "Tr38901Losses",
    "rma_loss",
    "scenario_loss",
    "tr38901_flag_names",
    "tr38901_losses",
    "uma_loss",
    "umi_loss",
]

RMA, UMA, UMI = 0, 1, 2
SCENARIOS = {"rma": RMA, "uma": UMA, "umi": UMI}
"""Names of the scenarios and the numbers that kernels take."""

LIGHT_SPEED_M_PER_S = 3.0e8
ENVIRONMENT_M = 1.0
BUILDING_M, STREET_M = 5.0, 20.0

TOO_NEAR, TOO_FAR, BASE_HEIGHT, TERMINAL_HEIGHT, FREQUENCY, SURROUNDINGS = 1, 2, 4, 8, 16, 32
FLAG_NAMES = {
    TOO_NEAR: "distance_too_small",
    TOO_FAR: "distance_too_large",
    BASE_HEIGHT: "base_height",
    TERMINAL_HEIGHT: "terminal_height",
    FREQUENCY: "frequency",
    SURROUNDINGS: "building_or_street",
}
# Rows RMa, UMa, UMi: farthest with and without line of sight in m, base height, terminal height in m, frequency in GHz.
LIMITS = np.array([
    [10_000.0, 5_000.0, 10.0, 150.0, 1.0, 10.0, 0.5, 30.0],
    [5_000.0, 5_000.0, 25.0, 25.0, 1.5, 22.5, 0.5, 100.0],
    [5_000.0, 5_000.0, 10.0, 10.0, 1.5, 22.5, 0.5, 100.0],
])  # fmt: skip
NEAREST_M = 10.0


@dataclass(frozen=True, slots=True)
class Tr38901Losses:
    """Losses and what of their arguments lies outside the table; arrays of shape (n,).

    Attributes
    ----------
    loss_db
        Path loss without shadowing, in dB; NaN where an argument is no positive number.
    flags
        Bits of what lies outside the range of the model (see `tr38901_flag_names`); there the loss is extrapolated.
    """

    loss_db: NDArray[np.float64]
    flags: NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def _slant(distance2d_m, base_m, terminal_m):  # type: ignore[no-untyped-def]
    """Distance between the antennas themselves."""
    return math.hypot(distance2d_m, base_m - terminal_m)


@numba.njit(cache=True, nogil=True)
def break_distance(scenario, base_m, terminal_m, frequency_ghz):  # type: ignore[no-untyped-def]
    """Give the distance of the break point: notes 1 and 5 of table 7.4.1-1."""
    waves = frequency_ghz * 1e9 / LIGHT_SPEED_M_PER_S
    if scenario == RMA:
        return 2.0 * math.pi * base_m * terminal_m * waves
    return 4.0 * (base_m - ENVIRONMENT_M) * (terminal_m - ENVIRONMENT_M) * waves


@numba.njit(cache=True, nogil=True)
def _rma_before_break(slant_m, frequency_ghz, building_m):  # type: ignore[no-untyped-def]
    """RMa, PL1."""
    roofs = building_m**1.72
    return (
        20.0 * math.log10(40.0 * math.pi * slant_m * frequency_ghz / 3.0)
        + min(0.03 * roofs, 10.0) * math.log10(slant_m)
        - min(0.044 * roofs, 14.77)
        + 0.002 * math.log10(building_m) * slant_m
    )


@numba.njit(cache=True, nogil=True)
def rma_loss(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    distance2d_m, base_m, terminal_m, frequency_ghz, los, building_m=BUILDING_M, street_m=STREET_M
):
    """Give the loss in rural places (RMa; table 7.4.1-1).

    Parameters
    ----------
    distance2d_m
        Distance over the ground, in metres.
    base_m, terminal_m
        Heights of the antennas above ground, in metres.
    frequency_ghz
        Frequency, in gigahertz.
    los
        True with line of sight.
    building_m, street_m
        Mean height of buildings and width of streets, in metres.

    Returns
    -------
    loss_db
        Path loss without shadowing; nothing is checked (see `tr38901_losses`).

    Examples
    --------
    >>> round(rma_loss(1_000.0, 35.0, 1.5, 5.0, True), 4)
    108.5577
    """
    slant_m = _slant(distance2d_m, base_m, terminal_m)
    break_m = break_distance(RMA, base_m, terminal_m, frequency_ghz)
    if distance2d_m <= break_m:
        sight_db = _rma_before_break(slant_m, frequency_ghz, building_m)
    else:
        sight_db = _rma_before_break(break_m, frequency_ghz, building_m) + 40.0 * math.log10(slant_m / break_m)
    if los:
        return sight_db
    hidden_db = (
        161.04
        - 7.1 * math.log10(street_m)
        + 7.5 * math.log10(building_m)
        - (24.37 - 3.7 * (building_m / base_m) ** 2) * math.log10(base_m)
        + (43.42 - 3.1 * math.log10(base_m)) * (math.log10(slant_m) - 3.0)
        + 20.0 * math.log10(frequency_ghz)
        - (3.2 * math.log10(11.75 * terminal_m) ** 2 - 4.97)
    )
    return max(sight_db, hidden_db)


@numba.njit(cache=True, nogil=True)
def uma_loss(distance2d_m, base_m, terminal_m, frequency_ghz, los):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the loss in towns with antennas over the roofs (UMa; table 7.4.1-1).

    Parameters
    ----------
    distance2d_m, base_m, terminal_m, frequency_ghz, los
        As in `rma_loss`.

    Returns
    -------
    loss_db
        As in `rma_loss`.

    Examples
    --------
    >>> round(uma_loss(1_000.0, 25.0, 1.5, 5.0, False), 4)
    144.7641
    """
    slant_m = _slant(distance2d_m, base_m, terminal_m)
    break_m = break_distance(UMA, base_m, terminal_m, frequency_ghz)
    logs = math.log10(slant_m)
    waves_db = 20.0 * math.log10(frequency_ghz)
    if distance2d_m <= break_m:
        sight_db = 28.0 + 22.0 * logs + waves_db
    else:
        sight_db = 28.0 + 40.0 * logs + waves_db - 9.0 * math.log10(break_m**2 + (base_m - terminal_m) ** 2)
    if los:
        return sight_db
    return max(sight_db, 13.54 + 39.08 * logs + waves_db - 0.6 * (terminal_m - 1.5))


@numba.njit(cache=True, nogil=True)
def umi_loss(distance2d_m, base_m, terminal_m, frequency_ghz, los):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the loss in street canyons with antennas below the roofs (UMi; table 7.4.1-1).

    Parameters
    ----------
    distance2d_m, base_m, terminal_m, frequency_ghz, los
        As in `rma_loss`.

    Returns
    -------
    loss_db
        As in `rma_loss`.

    Examples
    --------
    >>> round(umi_loss(1_000.0, 10.0, 1.5, 5.0, True), 4)
    119.3114
    """
    slant_m = _slant(distance2d_m, base_m, terminal_m)
    break_m = break_distance(UMI, base_m, terminal_m, frequency_ghz)
    logs = math.log10(slant_m)
    waves = math.log10(frequency_ghz)
    if distance2d_m <= break_m:
        sight_db = 32.4 + 21.0 * logs + 20.0 * waves
    else:
        sight_db = 32.4 + 40.0 * logs + 20.0 * waves - 9.5 * math.log10(break_m**2 + (base_m - terminal_m) ** 2)
    if los:
        return sight_db
    return max(sight_db, 22.4 + 35.3 * logs + 21.3 * waves - 0.3 * (terminal_m - 1.5))


@numba.njit(cache=True, nogil=True)
def scenario_loss(scenario, distance2d_m, base_m, terminal_m, frequency_ghz, los):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the loss of a scenario (table 7.4.1-1).

    Parameters
    ----------
    scenario
        0 RMa, 1 UMa, 2 UMi.
    distance2d_m, base_m, terminal_m, frequency_ghz, los
        As in `rma_loss`.

    Returns
    -------
    loss_db
        As in `rma_loss`.

    Examples
    --------
    >>> round(scenario_loss(2, 1_000.0, 10.0, 1.5, 5.0, True), 4)
    119.3114
    """
    if scenario == RMA:
        return rma_loss(distance2d_m, base_m, terminal_m, frequency_ghz, los)
    if scenario == UMA:
        return uma_loss(distance2d_m, base_m, terminal_m, frequency_ghz, los)
    return umi_loss(distance2d_m, base_m, terminal_m, frequency_ghz, los)


@numba.njit(cache=True, nogil=True)
def range_flags(scenario, distance2d_m, base_m, terminal_m, frequency_ghz, los):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give bits of what lies outside the table."""
    limits = LIMITS[scenario]
    flags = 0
    if not distance2d_m >= NEAREST_M:
        flags |= TOO_NEAR
    if distance2d_m > (limits[0] if los else limits[1]):
        flags |= TOO_FAR
    if not limits[2] <= base_m <= limits[3]:
        flags |= BASE_HEIGHT
    if not limits[4] <= terminal_m <= limits[5]:
        flags |= TERMINAL_HEIGHT
    if not limits[6] <= frequency_ghz <= limits[7]:
        flags |= FREQUENCY
    return flags


def tr38901_losses(
    scenario: str,
    distance2d_m: ArrayLike,
    *,
    base_m: ArrayLike,
    terminal_m: ArrayLike,
    frequency_ghz: ArrayLike,
    los: ArrayLike,
    building_m: float = BUILDING_M,
    street_m: float = STREET_M,
) -> Tr38901Losses:
    """Compute losses by TR 38.901, and tell what lies outside its tables.

    Parameters
    ----------
    scenario
        ``rma``, ``uma`` or ``umi``.
    distance2d_m
        Distance over the ground, in metres; 10 m to 5 km (RMa with line of sight: 10 km).
    base_m, terminal_m
        Heights of the antennas above ground, in metres: RMa 10 to 150 and 1 to 10; UMa 25 and 1.5 to 22.5; UMi 10 and
        1.5 to 22.5.
    frequency_ghz
        Frequency, in gigahertz: from 0.5 to 30 (RMa) or 100.
    los
        True where the path has line of sight.
    building_m, street_m
        RMa: mean height of buildings and width of streets, 5 to 50 m each.

    Returns
    -------
    losses
        Shape of the arguments broadcast together. Outside the ranges there is a flag, and the loss is extrapolated.

    Raises
    ------
    ValueError
        If the scenario has another name.

    References
    ----------
    3GPP TR 38.901, table 7.4.1-1.

    Examples
    --------
    >>> far = tr38901_losses("rma", [1_000, 20_000], base_m=35, terminal_m=1.5, frequency_ghz=5.0, los=True)
    >>> far.loss_db.round(4), [tr38901_flag_names(flags) for flags in far.flags.tolist()]
    (array([108.5577, 152.4308]), [[], ['distance_too_large']])
    """
    if scenario not in SCENARIOS:
        msg = f"scenario must be one of {', '.join(SCENARIOS)}, got {scenario!r}"
        raise ValueError(msg)
    columns = np.broadcast_arrays(distance2d_m, base_m, terminal_m, frequency_ghz, los)
    shape = columns[0].shape
    numbers = [np.ascontiguousarray(column, dtype=np.float64).ravel() for column in columns[:4]]
    found = Tr38901Losses(np.empty(shape), np.empty(shape, dtype=np.int64))
    sights = np.ascontiguousarray(columns[4], dtype=np.bool_).ravel()
    _fill(
        SCENARIOS[scenario],
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        sights,
        (float(building_m), float(street_m)),
        (found.loss_db.reshape(-1), found.flags.reshape(-1)),
    )
    return found


def tr38901_flag_names(flags: int) -> list[str]:
    """Name what lies outside the range of the model.

    Parameters
    ----------
    flags
        Flags, as bits.

    Returns
    -------
    names
        One word a flag, from the lowest bit.

    Examples
    --------
    >>> tr38901_flag_names(18)
    ['distance_too_large', 'frequency']
    """
    return [name for bit, name in FLAG_NAMES.items() if flags & bit]


@numba.njit(cache=True, nogil=True)
def _fill(scenario, distance2d_m, base_m, terminal_m, frequency_ghz, los, surroundings, found):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Go through all paths."""
    building_m, street_m = surroundings
    loss_db, flags = found
    is_outside = not (5.0 <= building_m <= 50.0 and 5.0 <= street_m <= 50.0)
    for path in range(distance2d_m.shape[0]):
        far, base, terminal, frequency = distance2d_m[path], base_m[path], terminal_m[path], frequency_ghz[path]
        flags[path] = range_flags(scenario, far, base, terminal, frequency, los[path])
        if scenario == RMA and is_outside:
            flags[path] |= SURROUNDINGS
        if not (far >= 0.0 and min(base, terminal, frequency) > 0.0 and _slant(far, base, terminal) > 0.0):
            loss_db[path] = math.nan
        elif scenario == RMA:
            loss_db[path] = rma_loss(far, base, terminal, frequency, los[path], building_m, street_m)
        else:
            loss_db[path] = scenario_loss(scenario, far, base, terminal, frequency, los[path])
