r"""Link budgets: from the power of a transmitter to the power of the reference signal at a receiver.

.. math::
    RSRP = P_{port} - 10 \lg(12 N_{RB}) + \Delta_{boost} + G(\varphi, \theta) - L_{feeder}
           - L_b - L_{body} - L_{pen} + G_{UE}

All is told per resource element, so that bandwidths compare. The first terms, with the largest gain in place of the
gain in the direction, are the EIRP per resource element.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from onemap.radio.antenna import pattern_gain_db
from onemap.radio.resource_elements import (
    LTE_RESOURCE_BLOCKS,
    NR_RESOURCE_BLOCKS,
    eirp_per_element,
    power_per_element,
)

__all__ = [
    "LTE_RESOURCE_BLOCKS",
    "NR_RESOURCE_BLOCKS",
    "beams_gain_db",
    "eirp_per_element",
    "power_per_element",
    "received_dbm",
    "rsrp",
    "ssb_beams",
]


@numba.njit(cache=True, nogil=True)
def received_dbm(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    eirp_re_dbm, relative_gain_db, loss_db, body_loss_db, penetration_db, ue_gain_dbi
):
    """Give the power of the reference signal that one receiver gets from one antenna (RSRP).

    Parameters
    ----------
    eirp_re_dbm
        EIRP of a resource element in the main direction, in dBm.
    relative_gain_db
        Gain in the direction of the receiver less the largest gain, zero or negative (`antenna.relative_gain_db`).
    loss_db
        Basic transmission loss of the path.
    body_loss_db, penetration_db
        Losses by the body of the user and by walls.
    ue_gain_dbi
        Gain of the receiver's antenna.

    Returns
    -------
    rsrp_dbm
        In dBm per resource element.

    References
    ----------
    3GPP TS 36.214, 5.1.1, and TS 38.215, 5.1.1: RSRP and SS-RSRP, mean power of the resource elements.

    Examples
    --------
    >>> received_dbm(36.0, -3.0, 138.0, 0.0, 0.0, 0.0)
    -105.0
    """
    return eirp_re_dbm + relative_gain_db - loss_db - body_loss_db - penetration_db + ue_gain_dbi


def rsrp(
    eirp_re_dbm: ArrayLike,
    loss_db: ArrayLike,
    *,
    relative_gain_db: ArrayLike = 0.0,
    body_loss_db: ArrayLike = 0.0,
    penetration_db: ArrayLike = 0.0,
    ue_gain_dbi: ArrayLike = 0.0,
) -> NDArray[np.float64]:
    """Give the power of the reference signal at many receivers.

    Parameters
    ----------
    eirp_re_dbm, loss_db, relative_gain_db, body_loss_db, penetration_db, ue_gain_dbi
        As `received_dbm`, any shapes that fit each other.

    Returns
    -------
    rsrp_dbm
        Of the common shape, in dBm per resource element; NaN where an argument is.

    Raises
    ------
    ValueError
        If a relative gain is positive, or a loss by body or walls negative.

    References
    ----------
    3GPP TS 36.214, 5.1.1; 3GPP TS 38.215, 5.1.1.

    Examples
    --------
    >>> rsrp(36.0, [120.0, 140.0], body_loss_db=2.0)
    array([ -86., -106.])
    """
    relative = np.asarray(relative_gain_db, dtype=np.float64)
    if (relative > 0.0).any():
        msg = f"relative_gain_db must not be positive, got {relative[relative > 0.0].flat[0]:g} dB"
        raise ValueError(msg)
    for name, given in (("body_loss_db", body_loss_db), ("penetration_db", penetration_db)):
        if (np.asarray(given) < 0.0).any():
            msg = f"{name} must not be negative, got {np.min(np.asarray(given)):g} dB"
            raise ValueError(msg)
    gains = np.asarray(eirp_re_dbm, dtype=np.float64) + relative + np.asarray(ue_gain_dbi, dtype=np.float64)
    losses = np.asarray(loss_db, dtype=np.float64) + np.asarray(body_loss_db) + np.asarray(penetration_db)
    return np.asarray(gains - losses)[()]


def ssb_beams(count: int, *, sector_deg: float = 120.0) -> NDArray[np.float64]:
    """Give the azimuths of beams of synchronisation blocks, spread evenly over a sector.

    Parameters
    ----------
    count
        Number of beams; 3GPP allows 4 up to 3 GHz, 8 up to 6 GHz.
    sector_deg
        Width that they cover together, in degrees.

    Returns
    -------
    azimuth_off_deg
        Of each beam off the azimuth of the antenna, shape (count,), in degrees.

    Raises
    ------
    ValueError
        If there is no beam.

    References
    ----------
    3GPP TS 38.213, 4.1: number of candidate blocks.

    Examples
    --------
    >>> ssb_beams(4)
    array([-45., -15.,  15.,  45.])
    """
    if count < 1:
        msg = f"count must be at least 1, got {count}"
        raise ValueError(msg)
    width_deg = sector_deg / count
    return np.asarray((np.arange(count) + 0.5) * width_deg - 0.5 * sector_deg)


@numba.njit(cache=True, nogil=True)
def beams_gain_db(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    azimuth_off_deg, elevation_deg, beam_azimuths_deg, beamwidth_deg, v_beamwidth_deg, tilt_deg
):
    """Give the gain of the best of several beams in one direction, relative to the largest gain of a beam.

    A phone measures each beam of the synchronisation blocks and reports the strongest, so SS-RSRP takes the gain of
    that one.

    Parameters
    ----------
    azimuth_off_deg, elevation_deg
        Direction, as `antenna.pattern_gain_db`.
    beam_azimuths_deg
        Azimuths of the beams off that of the antenna, shape (n,), in degrees (`ssb_beams`).
    beamwidth_deg, v_beamwidth_deg, tilt_deg
        Of each beam, in degrees.

    Returns
    -------
    gain_db
        By the depths of TR 38.901; zero or less, never NaN.

    References
    ----------
    3GPP TS 38.215, 5.1.1 (SS-RSRP); 3GPP TR 38.901, table 7.3-1.

    Examples
    --------
    Half-way between two beams of 30 degrees that are 30 degrees apart, 3 dB are missing:

    >>> [float(beams_gain_db(off, -3.0, ssb_beams(4), 30.0, 10.0, 3.0)) for off in (0.0, 30.0, 45.0)]
    [-3.0, -3.0, 0.0]
    """
    best_db = -math.inf
    for beam in range(beam_azimuths_deg.shape[0]):
        gain_db = pattern_gain_db(
            azimuth_off_deg - beam_azimuths_deg[beam],
            elevation_deg,
            beamwidth_deg,
            v_beamwidth_deg,
            tilt_deg,
            30.0,
            30.0,
        )
        best_db = max(best_db, gain_db)
    return best_db
