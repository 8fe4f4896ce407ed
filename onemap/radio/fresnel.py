"""Zones round a path: how much room a wave needs over the ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["LIGHT_SPEED_M_PER_S", "fresnel_clearance", "fresnel_radius"]

LIGHT_SPEED_M_PER_S = 299_792_458.0
EARTH_RADIUS_M = 6_371_000.0


def fresnel_radius(
    distance_m: ArrayLike,
    path_length_m: float,
    frequency_mhz: float,
    *,
    zone: int = 1,
) -> NDArray[np.float64]:
    r"""Compute the radius of a Fresnel zone at points along a radio path.

    .. math:: r_n = \sqrt{n \lambda d (D - d) / D}

    Parameters
    ----------
    distance_m
        Distance :math:`d` from the transmitter, shape (n,), in metres.
    path_length_m
        Length :math:`D` of the path, in metres.
    frequency_mhz
        Carrier frequency, in megahertz.
    zone
        Number :math:`n` of the zone; 1 is the one to keep clear.

    Returns
    -------
    radius_m
        Radius of the zone, shape (n,), in metres; zero at both ends.

    Raises
    ------
    ValueError
        If a point lies off the path, or the path, the frequency or the zone is not positive.

    References
    ----------
    ITU-R P.526, "Fresnel ellipsoids and Fresnel zones".

    Examples
    --------
    The middle of a 10 km path at 3.5 GHz:

    >>> fresnel_radius([5_000], 10_000, 3_500).round(1)
    array([14.6])
    """
    distance_m = np.asarray(distance_m, dtype=float)
    for name, value in (("path_length_m", path_length_m), ("frequency_mhz", frequency_mhz), ("zone", zone)):
        if not value > 0:
            msg = f"{name} must be more than zero, got {value:g}"
            raise ValueError(msg)
    off_path = ~((distance_m >= 0) & (distance_m <= path_length_m))
    if off_path.any():
        msg = f"distance_m must lie in [0, {path_length_m:g}] m, got {distance_m[off_path][0]:g} m"
        raise ValueError(msg)
    wavelength_m = LIGHT_SPEED_M_PER_S / (frequency_mhz * 1e6)
    remaining_m = path_length_m - distance_m
    return np.asarray(np.sqrt(zone * wavelength_m * distance_m * remaining_m / path_length_m))


def fresnel_clearance(
    distance_m: ArrayLike,
    height_m: ArrayLike,
    antennas_amsl_m: tuple[float, float],
    frequency_mhz: float,
    *,
    k_factor: float = 4.0 / 3.0,
) -> NDArray[np.float64]:
    """Compute how much of the first Fresnel zone the ground leaves clear at points along a path.

    Parameters
    ----------
    distance_m
        Distance from the transmitter, shape (n,), rising from 0 to the length of the path, in metres.
    height_m
        Height of the ground or of what stands on it, shape (n,), in metres above sea level; NaN is a void.
    antennas_amsl_m
        Heights of the transmitting and the receiving antenna, in metres above sea level.
    frequency_mhz
        Carrier frequency, in megahertz.
    k_factor
        Ratio of the effective radius of the earth to its radius.

    Returns
    -------
    clearance
        Height of the ray over the ground in radii of the first zone, shape (n - 2,), without the two ends: at least
        0.6 costs nothing, below 0 is out of sight; NaN at a void.

    Raises
    ------
    ValueError
        If there are fewer than three points, or they do not rise from 0.

    References
    ----------
    ITU-R P.526, Fresnel zones and effective radius of the earth.

    Examples
    --------
    A hill of 100 m halfway between two masts of 100 m:

    >>> fresnel_clearance([0, 5_000, 10_000], [0, 100, 0], (100.0, 100.0), 3_500).round(2)
    array([-0.1])
    """
    distance_m = np.asarray(distance_m, dtype=float)
    if len(distance_m) < 3 or distance_m[0] != 0 or not (np.diff(distance_m) > 0).all():
        msg = f"distance_m must rise from 0 over at least three points, got {len(distance_m)} points"
        raise ValueError(msg)
    length_m = float(distance_m[-1])
    inner_m = distance_m[1:-1]
    bulge_m = inner_m * (length_m - inner_m) / (2.0 * k_factor * EARTH_RADIUS_M)
    from_m, to_m = antennas_amsl_m
    ray_m = from_m + (to_m - from_m) * inner_m / length_m
    ground_m = np.asarray(height_m, dtype=float)[1:-1]
    return np.asarray((ray_m - ground_m - bulge_m) / fresnel_radius(inner_m, length_m, frequency_mhz))
