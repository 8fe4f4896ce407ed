"""Losses by Okumura-Hata and COST 231: curves fitted to measurements round Tokyo, for comparison."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "ENVIRONMENTS",
    "HataLosses",
    "cost231_loss",
    "cost231_losses",
    "effective_base_height",
    "hata_flag_names",
    "hata_loss",
    "hata_losses",
]

OPEN, SUBURBAN, SMALL, LARGE = 0, 1, 2, 3
ENVIRONMENTS = {"open": OPEN, "suburban": SUBURBAN, "small": SMALL, "large": LARGE}
"""Names of the environments (small and large: cities) and the numbers that kernels take."""

TOO_NEAR, TOO_FAR, BASE_HEIGHT, TERMINAL_HEIGHT, FREQUENCY = 1, 2, 4, 8, 16
FLAG_NAMES = {
    TOO_NEAR: "distance_too_small",
    TOO_FAR: "distance_too_large",
    BASE_HEIGHT: "base_height",
    TERMINAL_HEIGHT: "terminal_height",
    FREQUENCY: "frequency",
}
HATA_MHZ = (150.0, 1500.0)
COST231_MHZ = (1500.0, 2000.0)


@dataclass(frozen=True, slots=True)
class HataLosses:
    """Losses and what of their arguments lies outside the range of the model; arrays of shape (n,).

    Attributes
    ----------
    loss_db
        Median basic loss, in dB; NaN where an argument is no positive number.
    flags
        Bits of what lies outside (see `hata_flag_names`); there the loss is extrapolated.
    """

    loss_db: NDArray[np.float64]
    flags: NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def _terminal_correction(environment, frequency_mhz, terminal_m):  # type: ignore[no-untyped-def]
    """Correction for the height of the terminal (Hata 1980)."""
    if environment != LARGE:
        logs = math.log10(frequency_mhz)
        return (1.1 * logs - 0.7) * terminal_m - (1.56 * logs - 0.8)
    if frequency_mhz >= 300.0:
        return 3.2 * math.log10(11.75 * terminal_m) ** 2 - 4.97
    return 8.29 * math.log10(1.54 * terminal_m) ** 2 - 1.1


@numba.njit(cache=True, nogil=True)
def _with_distance(distance_km, base_m):  # type: ignore[no-untyped-def]
    """Give what the height of the base and the distance add in both models."""
    high = math.log10(base_m)
    return -13.82 * high + (44.9 - 6.55 * high) * math.log10(distance_km)


@numba.njit(cache=True, nogil=True)
def hata_loss(environment, distance_km, base_m, terminal_m, frequency_mhz):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the median loss by Hata (1980), see `hata_losses`.

    Parameters
    ----------
    environment
        0 open, 1 suburban, 2 small or medium city, 3 large city.
    distance_km
        Distance, in kilometres.
    base_m, terminal_m
        Height of the base antenna over the mean terrain, of the terminal above ground, in metres.
    frequency_mhz
        Frequency, in megahertz.

    Returns
    -------
    loss_db
        Median basic loss; nothing is checked.

    Examples
    --------
    >>> round(hata_loss(1, 2.0, 30.0, 1.0, 869.0), 4)
    128.0253
    """
    logs = math.log10(frequency_mhz)
    loss_db = 69.55 + 26.16 * logs + _with_distance(distance_km, base_m)
    loss_db -= _terminal_correction(environment, frequency_mhz, terminal_m)
    if environment == SUBURBAN:
        return loss_db - 2.0 * math.log10(frequency_mhz / 28.0) ** 2 - 5.4
    if environment == OPEN:
        return loss_db - 4.78 * logs**2 + 18.33 * logs - 40.94
    return loss_db


@numba.njit(cache=True, nogil=True)
def cost231_loss(environment, distance_km, base_m, terminal_m, frequency_mhz):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the median loss by COST 231-Hata, see `cost231_losses`; only environment 3 differs.

    Parameters
    ----------
    environment
        0 open, 1 suburban, 2 small or medium city, 3 large city.
    distance_km
        Distance, in kilometres.
    base_m, terminal_m
        Height of the base antenna over the mean terrain, of the terminal above ground, in metres.
    frequency_mhz
        Frequency, in megahertz.

    Returns
    -------
    loss_db
        Median basic loss; nothing is checked.

    Examples
    --------
    >>> round(cost231_loss(3, 2.0, 30.0, 1.0, 2_114.0), 4)
    153.6405
    """
    loss_db = 46.3 + 33.9 * math.log10(frequency_mhz) + _with_distance(distance_km, base_m)
    loss_db -= _terminal_correction(SMALL, frequency_mhz, terminal_m)
    return loss_db + 3.0 if environment == LARGE else loss_db


@numba.njit(cache=True, nogil=True)
def range_flags(distance_km, base_m, terminal_m, frequency_mhz, limits_mhz):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give bits of what lies outside the range of the models."""
    flags = 0
    if not distance_km >= 1.0:
        flags |= TOO_NEAR
    if distance_km > 20.0:
        flags |= TOO_FAR
    if not 30.0 <= base_m <= 200.0:
        flags |= BASE_HEIGHT
    if not 1.0 <= terminal_m <= 10.0:
        flags |= TERMINAL_HEIGHT
    if not limits_mhz[0] <= frequency_mhz <= limits_mhz[1]:
        flags |= FREQUENCY
    return flags


@numba.njit(cache=True, nogil=True)
def effective_base_height(distance_km, height_m, count, base_m):  # type: ignore[no-untyped-def]
    """Give the height of the base antenna above the mean terrain 3 to 15 km away from it along the path.

    On a path shorter than 15 km: above the terrain from a fifth of it to its end (ITU-R P.1546, annex 5).

    Parameters
    ----------
    distance_km, height_m
        Profile: distances from the base and heights of the ground above sea level.
    count
        How many points to use.
    base_m
        Height of the antenna above ground, in metres.

    Returns
    -------
    effective_m
        In metres; not above zero where the base stands low.

    Examples
    --------
    >>> far_km = np.arange(21.0)
    >>> float(effective_base_height(far_km, 100.0 - 2.0 * far_km, 21, 30.0))
    48.0
    """
    far_km = min(distance_km[count - 1], 15.0)
    near_km = 3.0 if distance_km[count - 1] >= 15.0 else 0.2 * far_km
    total = 0.0
    points = 0
    for index in range(count):
        if near_km <= distance_km[index] <= far_km:
            total += height_m[index]
            points += 1
    return height_m[0] + base_m - total / points if points > 0 else base_m


def hata_losses(
    environment: str,
    distance_km: ArrayLike,
    *,
    base_m: ArrayLike,
    terminal_m: ArrayLike,
    frequency_mhz: ArrayLike,
) -> HataLosses:
    """Compute median losses by Okumura-Hata, and tell what lies outside its range.

    Parameters
    ----------
    environment
        ``open``, ``suburban``, ``small`` (small or medium city) or ``large`` (large city).
    distance_km
        Distance, 1 to 20 km.
    base_m
        Height of the base antenna over the mean terrain, 30 to 200 m.
    terminal_m
        Height of the terminal above ground, 1 to 10 m.
    frequency_mhz
        Frequency, 150 to 1500 MHz.

    Returns
    -------
    losses
        Shape of the arguments broadcast together. Outside the ranges there is a flag, and the loss is extrapolated.

    Raises
    ------
    ValueError
        If the environment has another name.

    References
    ----------
    M. Hata, "Empirical formula for propagation loss in land mobile radio services", IEEE Transactions on Vehicular
    Technology 29 (1980).

    Examples
    --------
    >>> near = hata_losses("suburban", [2.0, 30.0], base_m=30.0, terminal_m=1.0, frequency_mhz=869.0)
    >>> near.loss_db.round(4), [hata_flag_names(flags) for flags in near.flags.tolist()]
    (array([128.0253, 169.453 ]), [[], ['distance_too_large']])
    """
    return _computed(False, environment, (distance_km, base_m, terminal_m, frequency_mhz))  # noqa: FBT003


def cost231_losses(
    environment: str,
    distance_km: ArrayLike,
    *,
    base_m: ArrayLike,
    terminal_m: ArrayLike,
    frequency_mhz: ArrayLike,
) -> HataLosses:
    """Compute median losses by COST 231-Hata, and tell what lies outside its range.

    Parameters
    ----------
    environment
        ``large`` adds 3 dB for the centre of a large city; the other names of `hata_losses` are one and the same.
    distance_km, base_m, terminal_m
        As in `hata_losses`.
    frequency_mhz
        Frequency, 1500 to 2000 MHz.

    Returns
    -------
    losses
        As in `hata_losses`.

    References
    ----------
    COST Action 231, "Digital mobile radio towards future generation systems", final report (1999), chapter 4.

    Examples
    --------
    >>> cost231_losses("small", 2.0, base_m=30.0, terminal_m=1.0, frequency_mhz=2_114.0).loss_db.round(4)
    np.float64(150.6405)
    """
    return _computed(True, environment, (distance_km, base_m, terminal_m, frequency_mhz))  # noqa: FBT003


def hata_flag_names(flags: int) -> list[str]:
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
    >>> hata_flag_names(18)
    ['distance_too_large', 'frequency']
    """
    return [name for bit, name in FLAG_NAMES.items() if flags & bit]


def _computed(is_cost231: bool, environment: str, arguments: tuple[ArrayLike, ...]) -> HataLosses:  # noqa: FBT001
    """Check the environment, broadcast, and fill."""
    if environment not in ENVIRONMENTS:
        msg = f"environment must be one of {', '.join(ENVIRONMENTS)}, got {environment!r}"
        raise ValueError(msg)
    columns = np.broadcast_arrays(*arguments)
    numbers = [np.ascontiguousarray(column, dtype=np.float64).ravel() for column in columns]
    found = HataLosses(np.empty(columns[0].shape), np.empty(columns[0].shape, dtype=np.int64))
    _fill(
        is_cost231,
        ENVIRONMENTS[environment],
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        (found.loss_db.reshape(-1), found.flags.reshape(-1)),
    )
    return found


@numba.njit(cache=True, nogil=True)
def _fill(is_cost231, environment, distance_km, base_m, terminal_m, frequency_mhz, found):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Go through all paths."""
    loss_db, flags = found
    limits_mhz = COST231_MHZ if is_cost231 else HATA_MHZ
    for path in range(distance_km.shape[0]):
        far, base, terminal, frequency = distance_km[path], base_m[path], terminal_m[path], frequency_mhz[path]
        flags[path] = range_flags(far, base, terminal, frequency, limits_mhz)
        if not min(far, base, terminal, frequency) > 0.0:
            loss_db[path] = math.nan
        elif is_cost231:
            loss_db[path] = cost231_loss(environment, far, base, terminal, frequency)
        else:
            loss_db[path] = hata_loss(environment, far, base, terminal, frequency)
