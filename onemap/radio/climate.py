"""Refractivity of the air over China: a coarse default where nothing better is given.

The digital maps of the Recommendations may not be passed on; whoever has them gives the lapse of refractivity and the
refractivity at sea level as settings. Otherwise they come from the table of places here, weighted by inverse distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["DEFAULT_DELTA_N", "DEFAULT_N0", "PLACES", "Refractivity", "refractivity_at"]

DEFAULT_DELTA_N, DEFAULT_N0 = 40.0, 325.0
"""Lapse in N-units per kilometre and refractivity in N-units where no place of the table is near."""

PLACES: dict[str, tuple[float, float, float, float]] = {
    "Beijing": (116.4, 39.9, 37.2, 315.0),
    "Harbin": (126.6, 45.8, 38.2, 317.0),
    "Mohe": (122.5, 53.0, 38.8, 321.0),
    "Hulunbuir": (119.7, 49.2, 37.3, 319.0),
    "Yanbian": (129.5, 42.9, 38.2, 317.0),
    "Dandong": (124.4, 40.1, 39.7, 318.0),
    "Erenhot": (112.0, 43.7, 33.1, 318.0),
    "Lanzhou": (103.8, 36.1, 31.3, 325.0),
    "Urumqi": (87.6, 43.8, 33.1, 317.0),
    "Altay": (88.1, 47.8, 34.9, 319.0),
    "Kashgar": (76.0, 39.5, 31.5, 316.0),
    "Lhasa": (91.1, 29.7, 28.0, 335.0),
    "Ngari": (80.1, 32.5, 44.4, 340.0),
    "Nujiang": (98.9, 25.9, 43.9, 363.0),
    "Kunming": (102.7, 25.0, 37.7, 354.0),
    "Xishuangbanna": (100.8, 22.0, 44.6, 367.0),
    "Chongzuo": (107.4, 22.4, 47.0, 364.0),
    "Nanning": (108.4, 22.8, 46.1, 361.0),
    "Guangzhou": (113.3, 23.1, 47.4, 360.0),
    "Haikou": (110.3, 20.0, 48.8, 369.0),
    "Chengdu": (104.1, 30.7, 42.5, 345.0),
    "Wuhan": (114.3, 30.6, 45.7, 338.0),
    "Shanghai": (121.5, 31.2, 46.1, 336.0),
}
"""Longitude and latitude of the seat in degrees (to 0.1), lapse and refractivity as read off the maps there."""

FARTHEST_KM = 1_000.0


@dataclass(frozen=True, slots=True)
class Refractivity:
    """Median refractivity of the air at places; arrays of shape (n,).

    Attributes
    ----------
    delta_n
        Lapse over the lowest kilometre, in N-units per kilometre.
    n0
        Refractivity at sea level, in N-units.
    nearest_km
        Distance to the nearest place of the table, in kilometres.
    from_table
        False where no place lies within 1,000 km, so that the plain defaults are given.
    """

    delta_n: NDArray[np.float64]
    n0: NDArray[np.float64]
    nearest_km: NDArray[np.float64]
    from_table: NDArray[np.bool_]


def refractivity_at(lon: ArrayLike, lat: ArrayLike) -> Refractivity:
    """Estimate the refractivity of the air from the table of places, coarsely.

    Each place counts by the inverse square of its distance on the sphere.

    Parameters
    ----------
    lon, lat
        Longitude and latitude, shape (n,), in degrees (EPSG:4490 or EPSG:4326).

    Returns
    -------
    refractivity
        The estimate, and how far the nearest place of the table lies.

    Raises
    ------
    ValueError
        If a longitude or latitude is no number, or not one in degrees.

    References
    ----------
    Quantities: ITU-R P.1812-8, radio-meteorological data. Weights: an assumption of this package.

    Examples
    --------
    At Lhasa, and half-way between Guangzhou and Nanning:

    >>> found = refractivity_at([91.1, 110.8], [29.7, 22.9])
    >>> found.delta_n.round(1), found.n0.round(0)
    (array([28. , 46.3]), array([335., 360.]))
    """
    lon, lat = np.atleast_1d(np.asarray(lon, dtype=float)), np.atleast_1d(np.asarray(lat, dtype=float))
    wrong = ~((np.abs(lon) <= 360) & (np.abs(lat) <= 90))
    if wrong.any():
        msg = f"lon and lat must be in degrees, got {lon[wrong][0]:g}, {lat[wrong][0]:g}"
        raise ValueError(msg)
    table = np.array(list(PLACES.values()))
    cosine = (_on_sphere(lon, lat) @ _on_sphere(table[:, 0], table[:, 1]).T).clip(-1, 1)
    distance_km = 6371.0 * np.arccos(cosine)
    weight = 1.0 / np.maximum(distance_km, 1.0) ** 2
    weight /= weight.sum(axis=1, keepdims=True)
    nearest_km = distance_km.min(axis=1)
    from_table = nearest_km <= FARTHEST_KM
    delta_n = np.where(from_table, weight @ table[:, 2], DEFAULT_DELTA_N)
    return Refractivity(delta_n, np.where(from_table, weight @ table[:, 3], DEFAULT_N0), nearest_km, from_table)


def _on_sphere(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give points of the unit sphere, shape (n, 3)."""
    east, north = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
