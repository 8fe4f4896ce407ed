"""Loss over the edges of the ground and round the curved earth: the pieces of the delta-Bullington method.

A diffraction parameter is the product of a length that only the path decides and one over the square root of the
wavelength, so callers keep ``nu * sqrt(wavelength)`` and find the loss at any frequency by scalar arithmetic.
"""

from __future__ import annotations

import math

import numba

__all__ = [
    "HORIZONTAL",
    "LAND",
    "SEA",
    "VERTICAL",
    "bullington_loss",
    "delta_bullington_loss",
    "first_term_loss",
    "knife_edge_loss",
    "spherical_earth_loss",
    "surface_loss",
]

HORIZONTAL, VERTICAL = 1, 2

LAND = (22.0, 0.003)
"""Relative permittivity and conductivity in S/m of land (ITU-R P.1812-8)."""

SEA = (80.0, 5.0)
"""Relative permittivity and conductivity in S/m of sea (ITU-R P.1812-8)."""


@numba.njit(cache=True, nogil=True)
def knife_edge_loss(nu):  # type: ignore[no-untyped-def]
    """Give the loss over one knife edge, in dB (ITU-R P.1812-8, equation 12).

    Parameters
    ----------
    nu
        Diffraction parameter of the edge, a number without unit.

    Returns
    -------
    loss_db
        Zero for an edge far enough below the ray (nu of at most -0.78).

    Examples
    --------
    An edge that touches the ray costs 6 dB:

    >>> round(knife_edge_loss(0.0), 2)
    6.03
    """
    if nu > -0.78:
        shifted = nu - 0.1
        return 6.9 + 20.0 * math.log10(math.sqrt(shifted * shifted + 1.0) + shifted)
    return 0.0


@numba.njit(cache=True, nogil=True)
def bullington_loss(nu, distance_km):  # type: ignore[no-untyped-def]
    """Give the Bullington loss of a path, in dB (ITU-R P.1812-8, equation 21).

    Parameters
    ----------
    nu
        Diffraction parameter of the edge that stands for the path, or the largest one of a path in sight.
    distance_km
        Length of the path, in kilometres.

    Returns
    -------
    loss_db
        The loss over that edge and what the rest of the path adds to it.

    Examples
    --------
    >>> round(bullington_loss(0.0, 10.0), 2)
    12.5
    """
    edge_db = knife_edge_loss(nu)
    return edge_db + (1.0 - math.exp(-edge_db / 6.0)) * (10.0 + 0.02 * distance_km)


@numba.njit(cache=True, nogil=True)
def _height_gain(normalised, k):  # type: ignore[no-untyped-def]
    """Give the gain of one antenna's height, in dB (ITU-R P.1812-8, equations 35 and 36)."""
    if normalised > 2.0:
        over = normalised - 1.1
        gain = 17.6 * math.sqrt(over) - 5.0 * math.log10(over) - 8.0
    else:
        gain = 20.0 * math.log10(normalised + 0.1 * normalised * normalised * normalised)
    return max(gain, 2.0 + 20.0 * math.log10(k))


@numba.njit(cache=True, nogil=True)
def surface_loss(ground, path, frequency_ghz, polarisation):  # type: ignore[no-untyped-def]
    """Give the first term of diffraction round a smooth earth of one ground, in dB.

    Parameters
    ----------
    ground
        Relative permittivity and conductivity in S/m, as `LAND` or `SEA`.
    path
        Radius of the earth and length of the path in kilometres, heights of the two ends above the smooth earth in
        metres.
    frequency_ghz
        Frequency, in gigahertz.
    polarisation
        `HORIZONTAL` or `VERTICAL`.

    Returns
    -------
    loss_db
        Loss beyond free space; may be negative well inside the horizon, where it does not hold.

    References
    ----------
    ITU-R P.1812-8, equations 28 to 36.

    Examples
    --------
    >>> round(surface_loss(LAND, (8_500.0, 100.0, 30.0, 10.0), 1.0, HORIZONTAL), 2)
    76.1
    """
    permittivity, conductivity = ground
    radius_km, distance_km, ht_m, hr_m = path
    displaced = (18.0 * conductivity / frequency_ghz) ** 2
    k = 0.036 * (radius_km * frequency_ghz) ** (-1.0 / 3.0) * ((permittivity - 1.0) ** 2 + displaced) ** -0.25
    if polarisation == VERTICAL:
        k *= math.sqrt(permittivity * permittivity + displaced)
    k2 = k * k
    k4 = k2 * k2
    beta = (1.0 + 1.6 * k2 + 0.67 * k4) / (1.0 + 4.5 * k2 + 1.53 * k4)
    reach = 21.88 * beta * (frequency_ghz / (radius_km * radius_km)) ** (1.0 / 3.0) * distance_km
    per_height = 0.9575 * beta * (frequency_ghz * frequency_ghz / radius_km) ** (1.0 / 3.0)
    if reach >= 1.6:
        along_db = 11.0 + 10.0 * math.log10(reach) - 17.6 * reach
    else:
        along_db = -20.0 * math.log10(reach) - 5.6488 * reach**1.425
    return -along_db - _height_gain(beta * per_height * ht_m, k) - _height_gain(beta * per_height * hr_m, k)


@numba.njit(cache=True, nogil=True)
def first_term_loss(path, sea_share, frequency_ghz, polarisation):  # type: ignore[no-untyped-def]
    """Weigh the first terms over land and sea by their shares of the path, in dB (ITU-R P.1812-8, equation 28).

    Parameters
    ----------
    path
        Radius of the earth and length of the path in kilometres, heights of the two ends above the smooth earth in
        metres.
    sea_share
        Share of the path that lies over sea, 0 to 1.
    frequency_ghz
        Frequency, in gigahertz.
    polarisation
        `HORIZONTAL` or `VERTICAL`.

    Returns
    -------
    loss_db
        Loss beyond free space.

    Examples
    --------
    >>> path = (8_500.0, 100.0, 30.0, 10.0)
    >>> first_term_loss(path, 0.0, 1.0, HORIZONTAL) == surface_loss(LAND, path, 1.0, HORIZONTAL)
    True
    """
    loss_db = 0.0
    if sea_share > 0.0:
        loss_db += sea_share * surface_loss(SEA, path, frequency_ghz, polarisation)
    if sea_share < 1.0:
        loss_db += (1.0 - sea_share) * surface_loss(LAND, path, frequency_ghz, polarisation)
    return loss_db


@numba.njit(cache=True, nogil=True)
def spherical_earth_loss(path, sight, sea_share, frequency_ghz, polarisation):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the loss round a smooth earth, inside and beyond the horizon, in dB (ITU-R P.1812-8, equations 22 to 27).

    Parameters
    ----------
    path
        Radius of the earth and length of the path in kilometres, heights of the two ends above the smooth earth in
        metres.
    sight
        What of a path inside the horizon needs no frequency: distance to the horizon in kilometres, smallest
        clearance in metres, required clearance over the square root of the wavelength, radius in
        kilometres at which the path would just be in sight.
    sea_share
        Share of the path that lies over sea, 0 to 1.
    frequency_ghz
        Frequency, in gigahertz.
    polarisation
        `HORIZONTAL` or `VERTICAL`.

    Returns
    -------
    loss_db
        Loss beyond free space; zero where the earth leaves the required clearance.

    Examples
    --------
    >>> sight = (20.0, 30.0, 30.0, 4_000.0)
    >>> spherical_earth_loss((8_500.0, 10.0, 30.0, 10.0), sight, 0.0, 1.0, HORIZONTAL)
    0.0
    """
    horizon_km, clearance_m, required, grazing_radius_km = sight
    _, distance_km, ht_m, hr_m = path
    if distance_km >= horizon_km:
        return first_term_loss(path, sea_share, frequency_ghz, polarisation)
    required_m = required * math.sqrt(0.2998 / frequency_ghz)
    if clearance_m > required_m:
        return 0.0
    grazing = (grazing_radius_km, distance_km, ht_m, hr_m)
    loss_db = first_term_loss(grazing, sea_share, frequency_ghz, polarisation)
    return max((1.0 - clearance_m / required_m) * loss_db, 0.0) if loss_db > 0.0 else 0.0


@numba.njit(cache=True, nogil=True)
def delta_bullington_loss(actual_db, smooth_db, spherical_db):  # type: ignore[no-untyped-def]
    """Join the three losses of the delta-Bullington method, in dB (ITU-R P.1812-8, equation 39).

    Parameters
    ----------
    actual_db
        Bullington loss of the actual profile.
    smooth_db
        Bullington loss of the smooth profile.
    spherical_db
        Loss round the smooth earth.

    Returns
    -------
    loss_db
        Loss beyond free space.

    Examples
    --------
    >>> delta_bullington_loss(30.0, 10.0, 12.5)
    32.5
    """
    return actual_db + max(spherical_db - smooth_db, 0.0)
