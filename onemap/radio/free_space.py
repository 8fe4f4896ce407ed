"""Loss with nothing in the way."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["free_space_loss", "free_space_reach", "free_space_scalar"]

DECIBELS_AT_1_KM_1_GHZ = 92.45
"""20 log10(4 pi 10^12 / c) = 92.448, rounded to hundredths; ITU-R P.525 and P.1812 round it to 92.4."""

SHORTEST_M = 1.0


@numba.njit(cache=True, nogil=True)
def free_space_scalar(distance_m, frequency_mhz):  # type: ignore[no-untyped-def]
    """Give the loss of one path in free space, in dB; within a metre, that of a metre.

    Parameters
    ----------
    distance_m
        Distance between the antennas, in metres.
    frequency_mhz
        Frequency, in megahertz.

    Returns
    -------
    loss_db
        Basic transmission loss.

    Examples
    --------
    >>> round(free_space_scalar(1_000.0, 1_000.0), 2)
    92.45
    """
    distance_m = max(distance_m, SHORTEST_M)
    return DECIBELS_AT_1_KM_1_GHZ + 20.0 * math.log10(1e-6 * distance_m * frequency_mhz)


def free_space_loss(distance_m: ArrayLike, frequency_mhz: ArrayLike) -> NDArray[np.float64]:
    r"""Compute the loss between two antennas with nothing in the way.

    .. math:: L = 92.45 + 20 \log_{10} f + 20 \log_{10} d

    Parameters
    ----------
    distance_m
        Distances between the antennas, any shape, in metres; within one metre the loss is that of one metre.
    frequency_mhz
        Frequencies, of a shape that goes with it, in megahertz.

    Returns
    -------
    loss_db
        Basic transmission loss, in dB.

    Raises
    ------
    ValueError
        If a distance is negative or a frequency not positive, or one is not a number.

    References
    ----------
    ITU-R P.525 (d in kilometres, f in gigahertz; the constant there is 92.4).

    Examples
    --------
    One kilometre and ten at 700 MHz:

    >>> free_space_loss([1_000, 10_000], 700).round(2)
    array([ 89.35, 109.35])
    """
    distance_m = np.asarray(distance_m, dtype=float)
    frequency_mhz = np.asarray(frequency_mhz, dtype=float)
    for name, values, good in (
        ("distance_m", distance_m, distance_m >= 0),
        ("frequency_mhz", frequency_mhz, frequency_mhz > 0),
    ):
        if not good.all():
            msg = f"{name} must be a number of the right sign, got {values[~good].flat[0]:g}"
            raise ValueError(msg)
    product = 1e-6 * np.maximum(distance_m, SHORTEST_M) * frequency_mhz
    return np.asarray(DECIBELS_AT_1_KM_1_GHZ + 20.0 * np.log10(product))


def free_space_reach(loss_db: ArrayLike, frequency_mhz: ArrayLike) -> NDArray[np.float64]:
    """Compute the distance at which free space alone costs a loss: no path is longer at that loss.

    Parameters
    ----------
    loss_db
        Loss that may be borne, any shape, in dB.
    frequency_mhz
        Frequencies, of a shape that goes with it, in megahertz.

    Returns
    -------
    distance_m
        Distances, in metres.

    References
    ----------
    ITU-R P.525.

    Examples
    --------
    >>> free_space_reach([92.45], 1_000).round(0)
    array([1000.])
    """
    frequency_mhz = np.asarray(frequency_mhz, dtype=float)
    return np.asarray(
        1e6 / frequency_mhz * 10.0 ** ((np.asarray(loss_db, dtype=float) - DECIBELS_AT_1_KM_1_GHZ) / 20.0)
    )
