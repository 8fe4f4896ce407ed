"""From the median of a place to a share of its locations, and from a loss to a field strength."""

from __future__ import annotations

import math

import numba

from onemap.radio.p1812.basic_loss import inverse_normal

__all__ = ["centre_latitude", "field_strength", "location_sigma", "with_locations"]


@numba.njit(cache=True, nogil=True)
def location_sigma(frequency_ghz, cell_m, clutter_m, hrg_m):  # type: ignore[no-untyped-def]
    """Give the standard deviation of the loss over the locations of a cell, in dB (ITU-R P.1812-8).

    Parameters
    ----------
    frequency_ghz
        Frequency, in gigahertz.
    cell_m
        Size of the cell whose locations are meant, in metres (about the step of the elevation model).
    clutter_m
        Height of what stands on the ground at the receiver, in metres.
    hrg_m
        Height of the receiving antenna above the ground, in metres.

    Returns
    -------
    sigma_db
        Largest below the clutter, zero from 10 m above it.

    Examples
    --------
    >>> round(location_sigma(2.6, 100.0, 15.0, 1.5), 3), location_sigma(2.6, 100.0, 0.0, 10.0)
    (2.115, 0.0)
    """
    reach = 1.0 - max(0.0, min(1.0, (hrg_m - clutter_m) / 10.0))
    return reach * (0.52 + 0.024 * frequency_ghz) * cell_m**0.28


@numba.njit(cache=True, nogil=True)
def with_locations(lbc_db, lb0p_db, location_percent, sigma_db):  # type: ignore[no-untyped-def]
    """Give the loss that a share of the locations does not exceed, in dB (ITU-R P.1812-8, equation 69).

    Parameters
    ----------
    lbc_db, lb0p_db
        The two losses of `path_loss`.
    location_percent
        Share of the locations, 1 to 99 percent; the loss grows with it.
    sigma_db
        Standard deviation over the locations; zero for a receiver on the sea.

    Returns
    -------
    loss_db
        Basic transmission loss, not below that with line of sight.

    Examples
    --------
    >>> round(with_locations(120.0, 100.0, 90.0, 5.5), 2), with_locations(120.0, 100.0, 50.0, 0.0)
    (127.05, 120.0)
    """
    if sigma_db > 0.0:
        lbc_db = lbc_db - inverse_normal(0.01 * location_percent) * sigma_db
    return max(lb0p_db, lbc_db)


@numba.njit(cache=True, nogil=True)
def field_strength(loss_db, frequency_ghz):  # type: ignore[no-untyped-def]
    """Give the field strength of a transmitter of 1 kW effective radiated power (ITU-R P.1812-8, equation 70).

    Parameters
    ----------
    loss_db
        Basic transmission loss.
    frequency_ghz
        Frequency, in gigahertz.

    Returns
    -------
    field_dbuvm
        In dB above one microvolt a metre.

    Examples
    --------
    >>> round(field_strength(129.0969126, 0.0953), 4)
    49.8449
    """
    return 199.36 + 20.0 * math.log10(frequency_ghz) - loss_db


@numba.njit(cache=True, nogil=True)
def centre_latitude(ends_deg, distance_km):  # type: ignore[no-untyped-def]
    """Give the latitude half the length of a path along the great circle from its transmitter, in degrees.

    Parameters
    ----------
    ends_deg
        Latitude and longitude of the transmitter, then of the receiver, in degrees.
    distance_km
        Length of the path, in kilometres.

    Returns
    -------
    latitude_deg
        On a sphere of 6371 km.

    Examples
    --------
    >>> round(centre_latitude((53.18333333, -6.333333333, 54.16666667, -3.183333333), 235.1), 5)
    53.68658
    """
    from_lat, to_lat = math.radians(ends_deg[0]), math.radians(ends_deg[2])
    turn = math.radians(ends_deg[3] - ends_deg[1])
    cosine = math.sin(from_lat) * math.sin(to_lat) + math.cos(from_lat) * math.cos(to_lat) * math.cos(turn)
    north = math.sin(to_lat) - cosine * math.sin(from_lat)
    bearing = math.atan2(math.cos(from_lat) * math.cos(to_lat) * math.sin(turn), north)
    half = 0.5 * distance_km / 6371.0
    sine = math.sin(from_lat) * math.cos(half) + math.cos(from_lat) * math.sin(half) * math.cos(bearing)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))
