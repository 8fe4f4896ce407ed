"""Loss into buildings (ITU-R P.2109)."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["EFFICIENT", "TRADITIONAL", "building_entry_loss", "building_entry_scalar", "building_entry_sigma"]

TRADITIONAL, EFFICIENT = 0, 1
"""Classes of buildings: traditional; thermally efficient (coated glass, foil, thick insulation)."""

COEFFICIENTS = np.array(
    [
        [12.64, 3.72, 0.96, 9.6, 2.0, 9.1, -3.0, 4.5, -2.0],
        [28.19, -3.0, 8.48, 13.5, 3.8, 27.8, -2.9, 9.4, -2.1],
    ]
)
"""r, s, t, u, v, w, x, y, z of the two classes (ITU-R P.2109, table 1)."""

LOWEST_GHZ, HIGHEST_GHZ = 0.08, 100.0


@numba.njit(cache=True, nogil=True)
def building_entry_scalar(frequency_ghz, deviate, building, elevation_deg):  # type: ignore[no-untyped-def]
    """Give the loss into one building, in dB (ITU-R P.2109).

    Parameters
    ----------
    frequency_ghz
        Frequency, 0.08 to 100 gigahertz.
    deviate
        Normal deviate of the share of buildings and places that the loss is not exceeded for; 0 is the median.
    building
        `TRADITIONAL` or `EFFICIENT`.
    elevation_deg
        Angle of the path over the horizon at the building, in degrees.

    Returns
    -------
    loss_db
        Beyond the loss outside.

    Examples
    --------
    >>> round(building_entry_scalar(0.7, 0.0, TRADITIONAL, 0.0), 2)
    14.1
    """
    r, s, t, u, v, w, x, y, z = COEFFICIENTS[building]
    decade = math.log10(frequency_ghz)
    mean_1 = r + s * decade + t * decade * decade + 0.212 * abs(elevation_deg)
    first = deviate * (u + v * decade) + mean_1
    second = deviate * (y + z * decade) + w + x * decade
    return 10.0 * math.log10(10.0 ** (0.1 * first) + 10.0 ** (0.1 * second) + 10.0**-0.3)


def building_entry_loss(
    frequency_ghz: ArrayLike,
    *,
    share: float = 0.5,
    building: int = TRADITIONAL,
    elevation_deg: ArrayLike = 0.0,
) -> NDArray[np.float64]:
    """Compute the loss into buildings that a share of buildings and places in them does not exceed.

    Parameters
    ----------
    frequency_ghz
        Frequencies, any shape, 0.08 to 100 gigahertz.
    share
        Share of buildings and places, between 0 and 1; 0.5 is the median.
    building
        `TRADITIONAL` or `EFFICIENT`.
    elevation_deg
        Angle of the path over the horizon at the building, in degrees, of a shape that goes with the frequencies.

    Returns
    -------
    loss_db
        Beyond the loss outside, in dB.

    Raises
    ------
    ValueError
        If a frequency, the share or the class is out of range.

    References
    ----------
    ITU-R P.2109, table 1 and the equations with it.

    Examples
    --------
    >>> building_entry_loss([0.7, 2.6]).round(1), building_entry_loss([2.6], building=EFFICIENT).round(1)
    (array([14.1, 15.3]), array([30.6]))
    """
    frequency_ghz = np.asarray(frequency_ghz, dtype=float)
    outside = ~((frequency_ghz >= LOWEST_GHZ) & (frequency_ghz <= HIGHEST_GHZ))
    if outside.any():
        msg = f"frequency_ghz must lie in [{LOWEST_GHZ:g}, {HIGHEST_GHZ:g}] GHz, got {frequency_ghz[outside].flat[0]:g}"
        raise ValueError(msg)
    if not 0 < share < 1:
        msg = f"share must lie between 0 and 1, got {share:g}"
        raise ValueError(msg)
    if building not in {TRADITIONAL, EFFICIENT}:
        msg = f"building must be {TRADITIONAL} (traditional) or {EFFICIENT} (thermally efficient), got {building}"
        raise ValueError(msg)
    deviate = _normal_quantile(share)
    frequencies, angles = np.broadcast_arrays(frequency_ghz, np.asarray(elevation_deg, dtype=float))
    pairs = zip(frequencies.ravel().tolist(), angles.ravel().tolist(), strict=True)
    losses = [building_entry_scalar(frequency, deviate, building, angle) for frequency, angle in pairs]
    return np.array(losses).reshape(frequencies.shape)


def building_entry_sigma(frequency_ghz: float, *, building: int = TRADITIONAL) -> float:
    """Give the standard deviation that stands for building entry where it is joined with that of locations.

    Half the difference between the losses of 84.13 and 15.87 percent of buildings and places, which for a normal
    variable is its standard deviation.

    Parameters
    ----------
    frequency_ghz
        Frequency, 0.08 to 100 gigahertz.
    building
        `TRADITIONAL` or `EFFICIENT`.

    Returns
    -------
    sigma_db
        To be joined as the root of the sum of squares (ITU-R P.1812-8, section 4.9).

    Examples
    --------
    >>> round(building_entry_sigma(0.7), 2)
    7.43
    """
    upper = building_entry_scalar(frequency_ghz, 1.0, building, 0.0)
    lower = building_entry_scalar(frequency_ghz, -1.0, building, 0.0)
    return float(0.5 * (upper - lower))


def _normal_quantile(share: float) -> float:
    """Give the deviate below which a normal variable lies with a probability."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(share)
