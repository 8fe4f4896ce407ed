r"""Sector patterns: how much less an antenna radiates off its main direction.

A pattern is a parabola in decibels in azimuth and another in elevation, each cut off at a depth, and so is their sum.
TR 36.814 and TR 38.901 differ in the depths only; half beamwidths are those of the antenna at hand.
"""

from __future__ import annotations

import math
from typing import Literal

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "ELEMENT_GAIN_DBI",
    "PATTERNS",
    "Pattern",
    "elevation_deg",
    "pattern_gain_db",
    "relative_gain_db",
    "sector_gains_db",
    "tilted_gain_db",
]

Pattern = Literal["36.814", "38.901"]

PATTERNS: dict[Pattern, tuple[float, float]] = {"36.814": (25.0, 20.0), "38.901": (30.0, 30.0)}
"""Depth A_m of the back and depth SLA_v of the side lobes, in decibels.

TR 36.814 V9.0.0, table A.2.1.1-2; TR 38.901, table 7.3-1.
"""

ELEMENT_GAIN_DBI = 8.0
"""Largest gain of one element of an array: TR 38.901, table 7.3-1."""

_FULL_CIRCLE_DEG = 360.0


@numba.njit(cache=True, nogil=True)
def pattern_gain_db(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    azimuth_off_deg, elevation_deg, beamwidth_deg, v_beamwidth_deg, tilt_deg, back_db, side_lobe_db
):
    r"""Give the gain of a sector antenna in one direction, relative to its largest.

    .. math::
        A_H = \min(12 (\varphi / \varphi_{3dB})^2, A_m), \quad
        A_V = \min(12 ((\theta - \theta_{tilt}) / \theta_{3dB})^2, SLA_v), \quad
        A = -\min(A_H + A_V, A_m)

    Parameters
    ----------
    azimuth_off_deg
        Azimuth of the direction less that of the antenna, in degrees, any turn; NaN: the antenna is omnidirectional.
    elevation_deg
        Elevation of the direction above the horizontal, in degrees; NaN: not known, nothing is taken off for it.
    beamwidth_deg, v_beamwidth_deg
        Angles between the half-power directions, in degrees; NaN or 360 and more: the same all round.
    tilt_deg
        Direction of the beam below the horizontal, in degrees.
    back_db, side_lobe_db
        Depths at which the pattern is cut off, in decibels.

    Returns
    -------
    gain_db
        Zero in the main direction, negative elsewhere, in decibels; never NaN.

    References
    ----------
    3GPP TR 36.814 V9.0.0, table A.2.1.1-2; 3GPP TR 38.901, table 7.3-1 (there with zenith angles).

    Examples
    --------
    At half the beamwidth off, 3 dB are missing; behind, the depth of the back:

    >>> [pattern_gain_db(off, 0.0, 65.0, 10.0, 0.0, 30.0, 30.0) for off in (32.5, 180.0)]
    [-3.0, -30.0]
    """
    horizontal_db = 0.0
    if beamwidth_deg < _FULL_CIRCLE_DEG and not math.isnan(azimuth_off_deg):
        off_deg = azimuth_off_deg - _FULL_CIRCLE_DEG * math.floor(azimuth_off_deg / _FULL_CIRCLE_DEG + 0.5)
        ratio = off_deg / beamwidth_deg
        horizontal_db = min(12.0 * ratio * ratio, back_db)
    vertical_db = 0.0
    if v_beamwidth_deg < _FULL_CIRCLE_DEG and not math.isnan(elevation_deg):
        ratio = (elevation_deg + tilt_deg) / v_beamwidth_deg
        vertical_db = min(12.0 * ratio * ratio, side_lobe_db)
    return 0.0 - min(horizontal_db + vertical_db, back_db)  # never minus zero


@numba.njit(cache=True, nogil=True)
def relative_gain_db(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    azimuth_off_deg, elevation_deg, beamwidth_deg, v_beamwidth_deg, tilt_deg
):
    """Give the gain of a sector antenna in one direction relative to its largest, by the depths of TR 36.814.

    Parameters
    ----------
    azimuth_off_deg, elevation_deg, beamwidth_deg, v_beamwidth_deg, tilt_deg
        As `pattern_gain_db`: NaN azimuth or beamwidth is an omnidirectional antenna, elevation is positive upwards,
        tilt positive downwards.

    Returns
    -------
    gain_db
        Between -25 dB and zero; never NaN.

    References
    ----------
    3GPP TR 36.814 V9.0.0, table A.2.1.1-2: depths of 25 dB (back) and 20 dB (side lobes).

    Examples
    --------
    A panel of 65 by 7 degrees tilted by 6: the horizon ahead lies 8.8 dB below the beam.

    >>> round(relative_gain_db(0.0, 0.0, 65.0, 7.0, 6.0), 1), relative_gain_db(180.0, -6.0, 65.0, 7.0, 6.0)
    (-8.8, -25.0)
    """
    return pattern_gain_db(azimuth_off_deg, elevation_deg, beamwidth_deg, v_beamwidth_deg, tilt_deg, 25.0, 20.0)


@numba.njit(cache=True, nogil=True)
def tilted_gain_db(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    azimuth_off_deg, elevation_deg, beamwidth_deg, v_beamwidth_deg, tilt_deg, mech_tilt_deg
):
    """Give the gain of a sector antenna, part of whose tilt is mechanical, relative to its largest.

    A mechanical tilt leans the antenna: its beam sinks ahead, stays level at the sides and rises behind. So the
    direction is turned into the antenna's own angles first. An electrical tilt sinks the beam alike all round.

    Parameters
    ----------
    azimuth_off_deg, elevation_deg, beamwidth_deg, v_beamwidth_deg
        As `pattern_gain_db`.
    tilt_deg
        Whole tilt of the beam ahead below the horizontal, electrical and mechanical, in degrees.
    mech_tilt_deg
        The mechanical part of it, in degrees; NaN: none. An omnidirectional antenna has none.

    Returns
    -------
    gain_db
        By the depths of TR 36.814; never NaN. Equal to `relative_gain_db` where nothing of the tilt is mechanical.

    References
    ----------
    3GPP TR 38.901, 7.1.3: rotation from the antenna's own to the common angles by a downtilt alone.

    Examples
    --------
    Sideways, a mechanical tilt of 10 degrees takes nothing off at the horizon, an electrical one 12 dB:

    >>> [round(tilted_gain_db(90.0, 0.0, 120.0, 10.0, 10.0, mech), 2) for mech in (10.0, 0.0)]
    [-6.75, -18.75]
    """
    directed = not (math.isnan(azimuth_off_deg) or math.isnan(beamwidth_deg) or beamwidth_deg >= _FULL_CIRCLE_DEG)
    if not directed or math.isnan(elevation_deg) or math.isnan(mech_tilt_deg) or mech_tilt_deg == 0.0:
        return relative_gain_db(azimuth_off_deg, elevation_deg, beamwidth_deg, v_beamwidth_deg, tilt_deg)
    azimuth, elevation, lean = math.radians(azimuth_off_deg), math.radians(elevation_deg), math.radians(mech_tilt_deg)
    ahead, up = math.cos(elevation) * math.cos(azimuth), math.sin(elevation)
    own_ahead = ahead * math.cos(lean) - up * math.sin(lean)
    own_up = ahead * math.sin(lean) + up * math.cos(lean)
    own_azimuth_deg = math.degrees(math.atan2(math.cos(elevation) * math.sin(azimuth), own_ahead))
    own_elevation_deg = math.degrees(math.asin(max(-1.0, min(1.0, own_up))))
    return relative_gain_db(
        own_azimuth_deg, own_elevation_deg, beamwidth_deg, v_beamwidth_deg, tilt_deg - mech_tilt_deg
    )


@numba.njit(cache=True, nogil=True)
def elevation_deg(distance_m, from_amsl_m, to_amsl_m, effective_radius_m):  # type: ignore[no-untyped-def]
    r"""Give the elevation of one point as seen from another, the bulge of the earth included.

    .. math:: \theta = \arctan\left(\frac{h_2 - h_1}{d} - \frac{d}{2 a_e}\right)

    Where the path is not clear, the elevation of the horizon takes its place (P.1812 gives both as its angle of the
    transmitter, in milliradians).

    Parameters
    ----------
    distance_m
        Distance over the ground, in metres.
    from_amsl_m, to_amsl_m
        Heights of the two points above sea level, in metres.
    effective_radius_m
        Effective radius of the earth, in metres.

    Returns
    -------
    elevation_deg
        Positive upwards, in degrees; straight up, down or zero where the distance is zero.

    References
    ----------
    ITU-R P.1812-8, attachment 1, the angle from the transmitter to the receiver.

    Examples
    --------
    From a mast of 51.5 m a phone 1 km away lies 2.9 degrees below the horizontal:

    >>> round(elevation_deg(1_000.0, 51.5, 1.5, 8_500_000.0), 2)
    -2.87
    """
    if distance_m > 0.0:
        return math.degrees(math.atan((to_amsl_m - from_amsl_m) / distance_m - distance_m / (2.0 * effective_radius_m)))
    if to_amsl_m == from_amsl_m:
        return 0.0
    return math.copysign(90.0, to_amsl_m - from_amsl_m)


def sector_gains_db(
    azimuth_off_deg: ArrayLike,
    elevation_deg: ArrayLike,
    *,
    beamwidth_deg: ArrayLike = 65.0,
    v_beamwidth_deg: ArrayLike = 10.0,
    tilt_deg: ArrayLike = 0.0,
    pattern: Pattern = "36.814",
) -> NDArray[np.float64]:
    """Give the gain of sector antennas in many directions, relative to their largest.

    Parameters
    ----------
    azimuth_off_deg
        Azimuth of each direction less that of its antenna, in degrees; NaN: omnidirectional.
    elevation_deg
        Elevation of each direction, positive upwards, in degrees; NaN: not known.
    beamwidth_deg, v_beamwidth_deg
        Angles between the half-power directions, in degrees; NaN: the same all round.
    tilt_deg
        Direction of the beam below the horizontal, in degrees.
    pattern
        Whose depths cut the pattern off: "36.814" (25 and 20 dB) or "38.901" (30 and 30 dB).

    Returns
    -------
    gain_db
        In decibels, of the common shape of the arguments; zero or less, never NaN.

    Raises
    ------
    ValueError
        If a beamwidth is not positive, or the pattern is not known.

    References
    ----------
    3GPP TR 36.814 V9.0.0, table A.2.1.1-2; 3GPP TR 38.901, table 7.3-1.

    Examples
    --------
    >>> sector_gains_db([0, 35, 180, np.nan], 0.0, beamwidth_deg=70)
    array([  0.,  -3., -25.,   0.])
    """
    if pattern not in PATTERNS:
        msg = f"pattern must be one of {', '.join(PATTERNS)}, got {pattern!r}"
        raise ValueError(msg)
    arguments = np.broadcast_arrays(
        *(
            np.asarray(argument, dtype=np.float64)
            for argument in (azimuth_off_deg, elevation_deg, beamwidth_deg, v_beamwidth_deg, tilt_deg)
        )
    )
    for name, values in zip(("beamwidth_deg", "v_beamwidth_deg"), arguments[2:4], strict=True):
        if (values <= 0.0).any():
            msg = f"{name} must be more than zero, got {values[values <= 0.0][0]:g} degrees"
            raise ValueError(msg)
    gain_db = np.empty(arguments[0].size)
    _gains(np.stack([values.ravel() for values in arguments]), *PATTERNS[pattern], gain_db)
    return gain_db.reshape(arguments[0].shape)


@numba.njit(cache=True, nogil=True)
def _gains(directions, back_db, side_lobe_db, gain_db):  # type: ignore[no-untyped-def]
    """Fill in the gain of each direction."""
    for one in range(directions.shape[1]):
        gain_db[one] = pattern_gain_db(
            directions[0, one],
            directions[1, one],
            directions[2, one],
            directions[3, one],
            directions[4, one],
            back_db,
            side_lobe_db,
        )
