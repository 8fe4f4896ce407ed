"""How far new sites are from a road that building material can come along."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from onemap.analyses.columns import column, places
from onemap.analyses.connection_settings import ConnectionSettings
from onemap.analyses.sharing.near_lines import near_segments, segments_of
from onemap.layers.nearest import nearest

__all__ = ["road_distance", "track_length", "without_track"]

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


def without_track(
    road_m: Floats, lon: Floats, lat: Floats, layers: Mapping[str, gpd.GeoDataFrame], *, settings: ConnectionSettings
) -> Floats:
    """Take sites on the spot of a room or tower in service for reached already.

    Parameters
    ----------
    road_m, lon, lat
        Distance of the nearest road in metres, and places of the sites in degrees, shape (n,).
    layers
        Canonical layers `rooms` and `towers`, as far as there are.
    settings
        Whether that is assumed, and how near it is.

    Returns
    -------
    distance_m
        0 for those, else as it was.

    Examples
    --------
    >>> import shapely
    >>> room = gpd.GeoDataFrame({"room_id": ["M"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> where = np.array([75.0, 76.0]), np.array([39.0, 39.0])
    >>> without_track(np.array([700.0, np.inf]), *where, {"rooms": room}, settings=ConnectionSettings())
    array([ 0., inf])
    """
    if not settings.standing_reached:
        return road_m
    found = road_m.copy()
    for name in ("rooms", "towers"):
        if name not in layers or layers[name].empty:
            continue
        layer = layers[name]
        serving = column(layer, "status").fillna("in service").eq("in service").to_numpy(dtype=bool)
        found[nearest(lon, lat, *(part[serving] for part in places(layer, name)))[1] <= settings.existing_m] = 0.0
    return found


def track_length(distance_m: Floats, *, known: bool, settings: ConnectionSettings) -> Floats:
    """Give the length of the track that each site needs.

    Parameters
    ----------
    distance_m
        Distance to the nearest road, in metres.
    known
        Whether the project has roads at all.
    settings
        Up to where none is needed, and how far roads are looked for.

    Returns
    -------
    length_m
        In metres. Where no road is in reach it is that reach, the least that it can be, so that no site far from all
        roads is thought to need no track; 0 where roads are not known at all: that stays open.

    Examples
    --------
    >>> track_length(np.array([20.0, 800.0, np.inf]), known=True, settings=ConnectionSettings())
    array([   0.,  800., 5000.])
    """
    needed = np.where(distance_m > settings.access_free_m, distance_m, 0.0)
    return np.where(np.isfinite(distance_m), needed, settings.access_reach_m if known else 0.0)
