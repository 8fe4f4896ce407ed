"""How far new sites are from a road that building material can come along."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from onemap.analyses.connection_settings import ConnectionSettings
from onemap.analyses.sharing.near_lines import near_segments, segments_of

__all__ = ["road_distance", "track_length"]

Floats = NDArray[np.float64]


def road_distance(lon: Floats, lat: Floats, roads: gpd.GeoDataFrame | None, *, settings: ConnectionSettings) -> Floats:
    """Give the straight distance of each site to its nearest road.

    Parameters
    ----------
    lon, lat
        The sites, shape (n,), in degrees.
    roads
        Canonical layer; None where there is none.
    settings
        How far it is looked.

    Returns
    -------
    distance_m
        In metres; infinite where no road is in reach.

    Examples
    --------
    >>> import shapely
    >>> road = gpd.GeoDataFrame(geometry=[shapely.LineString([(75, 39), (75, 40)])], crs="EPSG:4490")
    >>> road_distance(np.array([75.01, 76.0]), np.array([39.5, 39.5]), road, settings=ConnectionSettings()).round()
    array([860.,  inf])
    """
    distance_m = np.full(len(lon), np.inf)
    if roads is not None and len(roads):
        near = near_segments(lon, lat, segments_of(roads), distance_m=settings.access_reach_m)
        np.minimum.at(distance_m, near.point, near.distance_m)
    return distance_m


def track_length(distance_m: Floats, *, settings: ConnectionSettings) -> Floats:
    """Give the length of the track that each site needs.

    Parameters
    ----------
    distance_m
        Distance to the nearest road, in metres.
    settings
        Up to where none is needed.

    Returns
    -------
    length_m
        In metres; NaN where no road is in reach.

    Examples
    --------
    >>> track_length(np.array([20.0, 800.0, np.inf]), settings=ConnectionSettings())
    array([  0., 800.,  nan])
    """
    needed = np.where(distance_m > settings.access_free_m, distance_m, 0.0)
    return np.where(np.isfinite(distance_m), needed, np.nan)
