"""Where fibre is: rooms and nodes with free capacity, and the towers and rooms that a microwave link can end at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, places
from onemap.analyses.connection_settings import ConnectionSettings
from onemap.analyses.sharing.near_lines import near_segments, segments_of
from onemap.layers.nearest import nearest

__all__ = ["FarEnds", "Supply", "far_ends", "supply_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Places where new fibre can end; arrays of shape (n,).

    Attributes
    ----------
    layer, name
        Layer and id of each.
    lon, lat
        In degrees.
    room_for
        How many sites each takes; infinite where nothing limits it.
    """

    layer: NDArray[np.object_]
    name: NDArray[np.object_]
    lon: Floats
    lat: Floats
    room_for: Floats


@dataclass(frozen=True, slots=True, eq=False)
class FarEnds:
    """Where microwave links can end; arrays of shape (n,).

    Attributes
    ----------
    layer, name
        Layer and id of each.
    lon, lat, height_agl_m
        In degrees; height of the antenna above ground in metres.
    """

    layer: NDArray[np.object_]
    name: NDArray[np.object_]
    lon: Floats
    lat: Floats
    height_agl_m: Floats


def _chosen(layer: gpd.GeoDataFrame, operator: str, settings: ConnectionSettings) -> gpd.GeoDataFrame:
    """Keep what is in service and may be used."""
    serving = column(layer, "status").fillna("in service").eq("in service").to_numpy(dtype=bool)
    own = column(layer, operator).isin(settings.operators).to_numpy(dtype=bool) | (not settings.operators)
    return layer[serving & own].reset_index(drop=True)


def supply_of(layers: Mapping[str, gpd.GeoDataFrame], settings: ConnectionSettings) -> Supply:
    """List the rooms and nodes in service with free capacity, and towers with fibre if those may give some.

    Parameters
    ----------
    layers
        Canonical layers `rooms`, `nodes`, `towers`, `cables`, as far as there are.
    settings
        Whose count, and what free capacity is.

    Returns
    -------
    supply
        Ordered by layer, then id.

    Examples
    --------
    >>> import shapely
    >>> rooms = gpd.GeoDataFrame({"room_id": ["B", "A"], "racks_free": [0, 3]},
    ...     geometry=[shapely.Point(75, 39), shapely.Point(75, 39.1)], crs="EPSG:4490")
    >>> supply_of({"rooms": rooms}, ConnectionSettings()).name.tolist()
    ['A']
    """
    found = []
    for name, free, each in (("rooms", "racks_free", 0), ("nodes", "ports_free", settings.ports_per_site)):
        if name not in layers:
            continue
        layer = _chosen(layers[name], "operator" if name == "rooms" else "owner", settings)
        spare = column(layer, free, "number").to_numpy()
        layer = layer[(spare >= max(each, 1)) | (np.isnan(spare) & settings.unknown_capacity)]
        spare = column(layer, free, "number").to_numpy()
        room = np.floor(spare / each) if each else np.full(len(layer), np.inf)
        found.append(_listed(layer, name, np.where(np.isnan(room), np.inf, room)))
    if settings.towers_give_fibre:
        ends = far_ends(layers, settings)
        tower = ends.layer == "towers"
        towers = (ends.layer, ends.name, ends.lon, ends.lat, np.full(len(tower), np.inf))
        found.append(tuple(one[tower] for one in towers))
    return Supply(*_ordered(found))


def far_ends(layers: Mapping[str, gpd.GeoDataFrame], settings: ConnectionSettings) -> FarEnds:
    """List the rooms in service, and the towers in service that have fibre.

    Parameters
    ----------
    layers
        Canonical layers `towers`, `rooms`, `cables`, `nodes`, as far as there are.
    settings
        Which towers have fibre, and heights of what does not say.

    Examples
    --------
    >>> import shapely
    >>> tower = gpd.GeoDataFrame({"tower_id": ["T"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> far_ends({"towers": tower}, ConnectionSettings(towers_have_fibre="all")).height_agl_m
    array([30.])
    """
    found = []
    if "rooms" in layers:
        rooms = _chosen(layers["rooms"], "operator", settings)
        found.append(_listed(rooms, "rooms", np.full(len(rooms), settings.room_height_m)))
    if "towers" in layers and settings.towers_have_fibre != "none":
        towers = layers["towers"]
        towers = towers[column(towers, "status").fillna("in service").eq("in service").to_numpy(dtype=bool)]
        if settings.towers_have_fibre == "near":
            towers = towers[_near_fibre(towers, layers, settings)]
        height_m = column(towers, "height_agl_m", "number").fillna(settings.tower_height_m).to_numpy()
        found.append(_listed(towers, "towers", height_m))
    return FarEnds(*_ordered(found))


def _near_fibre(
    towers: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame], settings: ConnectionSettings
) -> NDArray[np.bool_]:
    """Tell which towers stand near a cable, node or room in service."""
    lon, lat = places(towers, "towers")
    near = np.zeros(len(towers), dtype=bool)
    for name in ("nodes", "rooms"):
        if name in layers:
            serving = column(layers[name], "status").fillna("in service").eq("in service").to_numpy(dtype=bool)
            among = places(layers[name][serving], name)
            near |= nearest(lon, lat, *among)[1] <= settings.fibre_near_m
    if "cables" in layers:
        cables = layers["cables"]
        cables = cables[column(cables, "status").fillna("in service").eq("in service").to_numpy(dtype=bool)]
        found = near_segments(lon, lat, segments_of(cables), distance_m=settings.fibre_near_m)
        near[found.point] = True
    return near


def _listed(layer: gpd.GeoDataFrame, name: str, values: Floats) -> tuple[NDArray[Any], ...]:
    """Give layer, id, place and one value of each row."""
    lon, lat = places(layer, name)
    return np.full(len(layer), name, dtype=object), ids(layer, name).to_numpy(dtype=object), lon, lat, values


def _ordered(found: list[tuple[NDArray[Any], ...]]) -> list[NDArray[Any]]:
    """Put rows in the order of layer, id and place."""
    columns: list[NDArray[Any]] = [
        np.concatenate([np.asarray(one[at], dtype=dtype) for one in found]) if found else np.empty(0, dtype=dtype)
        for at, dtype in enumerate((object, object, float, float, float))
    ]
    layer, name, lon, lat = columns[:4]
    order = sorted(range(len(lon)), key=lambda at: (str(layer[at]), str(name[at]), lon[at], lat[at]))
    return [one[np.array(order, dtype=np.int64)] for one in columns]
