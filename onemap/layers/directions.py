"""Directions on the ellipsoid."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onemap.layers.nearest import GEOD

__all__ = ["geodesic_azimuth"]


def geodesic_azimuth(
    from_lon: ArrayLike, from_lat: ArrayLike, to_lon: ArrayLike, to_lat: ArrayLike
) -> NDArray[np.float64]:
    """Give the direction in which a geodesic leaves its first point.

    Parameters
    ----------
    from_lon, from_lat, to_lon, to_lat
        Shape (n,), in degrees (CGCS2000 or WGS 84).

    Returns
    -------
    azimuth_deg
        Shape (n,), in degrees of [0, 360) clockwise from north.

    References
    ----------
    C. F. F. Karney, "Algorithms for geodesics", J. Geodesy 87 (2013).

    Examples
    --------
    >>> geodesic_azimuth([0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, -1.0]).round(1)
    array([ 90., 180.])
    """
    start_lon, start_lat = np.asarray(from_lon, dtype=float), np.asarray(from_lat, dtype=float)
    azimuth = GEOD.inv(start_lon, start_lat, np.asarray(to_lon, dtype=float), np.asarray(to_lat, dtype=float))[0]
    return np.asarray(azimuth, dtype=np.float64) % 360.0
