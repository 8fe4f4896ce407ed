"""Resource elements: how many a carrier has, and what power each of them gets and radiates."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["LTE_RESOURCE_BLOCKS", "NR_RESOURCE_BLOCKS", "eirp_per_element", "power_per_element"]

LTE_RESOURCE_BLOCKS: Mapping[float, int] = MappingProxyType({1.4: 6, 3: 15, 5: 25, 10: 50, 15: 75, 20: 100})
"""Bandwidth in MHz → resource blocks: 3GPP TS 36.104, table 5.6-1."""

NR_RESOURCE_BLOCKS: Mapping[int, Mapping[float, int]] = MappingProxyType(
    {
        15: {5: 25, 10: 52, 15: 79, 20: 106, 25: 133, 30: 160, 40: 216, 50: 270},
        30: {5: 11, 10: 24, 15: 38, 20: 51, 25: 65, 30: 78, 40: 106, 50: 133, 60: 162, 70: 189, 80: 217, 90: 245,
             100: 273},
        60: {10: 11, 15: 18, 20: 24, 25: 31, 30: 38, 40: 51, 50: 65, 60: 79, 70: 93, 80: 107, 90: 121, 100: 135},
    }
)  # fmt: skip
"""Subcarrier spacing in kHz → bandwidth in MHz → resource blocks: 3GPP TS 38.104, table 5.3.2-1."""

_SUBCARRIERS = 12


def power_per_element(power_w: ArrayLike, resource_blocks: ArrayLike) -> NDArray[np.float64]:
    r"""Give the power of one resource element, the power of a port being spread evenly over its subcarriers.

    .. math:: P_{RE} = 10 \lg(1000 P) - 10 \lg(12 N_{RB})

    Parameters
    ----------
    power_w
        Power of one port, any shape, in watts.
    resource_blocks
        Number of resource blocks of the carrier (`LTE_RESOURCE_BLOCKS`, `NR_RESOURCE_BLOCKS`).

    Returns
    -------
    power_re_dbm
        Of the common shape, in dBm.

    Raises
    ------
    ValueError
        If a power or a number of resource blocks is not positive.

    References
    ----------
    3GPP TS 36.211, 6.2.3, and TS 38.211, 4.4.4.1: a resource block has 12 subcarriers.

    Examples
    --------
    10 W over 100 MHz of NR:

    >>> power_per_element(10.0, NR_RESOURCE_BLOCKS[30][100]).round(2)
    np.float64(4.85)
    """
    power, blocks = np.asarray(power_w, dtype=np.float64), np.asarray(resource_blocks, dtype=np.float64)
    for name, values in (("power_w", power), ("resource_blocks", blocks)):
        if (values <= 0.0).any():
            msg = f"{name} must be more than zero, got {values[values <= 0.0].flat[0]:g}"
            raise ValueError(msg)
    return np.asarray(10.0 * np.log10(1000.0 * power) - 10.0 * np.log10(_SUBCARRIERS * blocks))[()]


def eirp_per_element(
    rs_power_dbm: ArrayLike, gain_dbi: ArrayLike, *, feeder_loss_db: ArrayLike = 0.0, boost_db: ArrayLike = 0.0
) -> NDArray[np.float64]:
    """Give the EIRP of one resource element of the reference signal, in the antenna's main direction.

    Parameters
    ----------
    rs_power_dbm
        Power of a resource element at the port, any shape, in dBm.
    gain_dbi
        Largest gain of the antenna, or of the beam of a synchronisation block, in dBi.
    feeder_loss_db
        Loss between port and antenna, in dB.
    boost_db
        Power that the reference signal takes from data (LTE: 3 dB where PB = 1), where rs_power_dbm does not have it.

    Returns
    -------
    eirp_re_dbm
        Of the common shape, in dBm.

    References
    ----------
    3GPP TS 36.213, 5.2: energy of cell-specific reference signals over that of data, by the parameter PB.

    Examples
    --------
    60 W over 20 MHz of LTE, boosted, with a panel of 17 dBi:

    >>> eirp_per_element(power_per_element(60.0, 100), 17.0, boost_db=3.0).round(1)
    np.float64(37.0)
    """
    radiated = np.asarray(rs_power_dbm, dtype=np.float64) + np.asarray(boost_db) + np.asarray(gain_dbi)
    return np.asarray(radiated - np.asarray(feeder_loss_db))[()]
