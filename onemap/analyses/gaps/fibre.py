"""How far places are from fibre: along roads to the nearest cable, node or room with free capacity."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from onemap.analyses.columns import column, ids, places, require_geographic, result_layer
from onemap.analyses.gaps.network import road_network
from onemap.layers.chainage import even_offsets, measure_line
from onemap.layers.nearest import Neighbours
from onemap.messages import text

__all__ = ["FibreSettings", "fibre_distances"]

_FREE = {"cables": "cores_free", "nodes": "ports_free", "rooms": "racks_free"}
_WAYS = ("drop", "road", "straight")


@dataclass(frozen=True, slots=True)
class FibreSettings:
    """How the way to fibre is measured. All are choices of the project: no rule gives them.

    Attributes
    ----------
    class_edges_m
        Edges of the classes of distance, rising, in metres.
    drop_m
        A place this near to fibre is reached straight, roads or not, in metres.
    road_reach_m
        Farthest that a place or a point of supply may stand from the road it is reached by, in metres.
    road_snap_m
        An end of a road this near to another road is joined to it, in metres.
    cable_step_m
        A cable can be reached at points this far apart along it, in metres.
    unknown_capacity
        Whether supply counts whose free capacity is not stated.

    Examples
    --------
    >>> FibreSettings().class_edges_m
    (500.0, 2000.0, 5000.0, 10000.0)
    """

    class_edges_m: tuple[float, ...] = (500.0, 2_000.0, 5_000.0, 10_000.0)
    drop_m: float = 300.0
    road_reach_m: float = 1_000.0
    road_snap_m: float = 10.0
    cable_step_m: float = 100.0
    unknown_capacity: bool = True

    def __post_init__(self) -> None:
        if not self.class_edges_m or min(self.class_edges_m) <= 0 or np.any(np.diff(self.class_edges_m) <= 0):
            msg = f"class_edges_m must be positive and rise, got {self.class_edges_m}"
            raise ValueError(msg)
        for name in ("drop_m", "road_reach_m", "road_snap_m"):
            if not getattr(self, name) >= 0:
                msg = f"{name} must not be negative, got {getattr(self, name)}"
                raise ValueError(msg)
        if not self.cable_step_m > 0:
            msg = f"cable_step_m must be positive, got {self.cable_step_m}"
            raise ValueError(msg)


def fibre_distances(
    targets: Mapping[str, gpd.GeoDataFrame],
    supply: Mapping[str, gpd.GeoDataFrame],
    roads: gpd.GeoDataFrame | None,
    *,
    settings: FibreSettings | None = None,
) -> gpd.GeoDataFrame:
    """Give for each place the distance to the nearest fibre that has free capacity.

    Parameters
    ----------
    targets
        Canonical layer name → places, geographic CRS.
    supply
        Canonical layers `cables`, `nodes` and `rooms`, as far as there are; what is not in service, or has no free
        cores, ports or racks, does not count.
    roads
        Canonical layer; None where there is none.
    settings
        Classes and reaches; the defaults if not given.

    Returns
    -------
    fibre_distances
        Result layer `fibre_distances`, a row for each place. `way` is "drop" (nearer than `drop_m`), "road" (along the
        road network, both legs beside it included) or "straight" where no road leads, which the reason says. Distance
        and class are missing where there is no supply at all.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a place has no geometry.

    Notes
    -----
    Shortest ways from all supply at once (Dijkstra): time grows nearly with the segments of the roads, 50 to 90
    microseconds each with a place for every ten, and memory by about 3 kB each (`benchmarks/fibre_ways.py`).

    Examples
    --------
    >>> road = gpd.GeoDataFrame({"road_id": ["R"]}, geometry=[shapely.LineString([(75, 39), (75.1, 39)])],
    ...     crs="EPSG:4490")
    >>> school = gpd.GeoDataFrame({"school_id": ["S"]}, geometry=[shapely.Point(75.1, 39)], crs="EPSG:4490")
    >>> room = gpd.GeoDataFrame({"room_id": ["M"], "racks_free": [2]}, geometry=[shapely.Point(75, 39)],
    ...     crs="EPSG:4490")
    >>> found = fibre_distances({"schools": school}, {"rooms": room}, road)
    >>> found[["distance_m", "way", "distance_class"]].round(0).values.tolist()
    [[8663.0, 'road', '5000-10000']]
    """
    crs = require_geographic(**targets, **supply, roads=roads)
    settings = settings or FibreSettings()
    asked = _asked(targets)
    if asked.empty:
        return result_layer("fibre_distances", {}, np.empty(0, dtype=object), crs)
    sources = _sources(supply, settings)
    values: dict[str, object] = {name: asked[name].array for name in asked.columns.drop(["lon", "lat"])}
    values |= (ways := _nearest(asked, sources, roads, settings))
    values["distance_class"] = _classes(np.asarray(ways["distance_m"], dtype=float), settings.class_edges_m)
    records = pd.DataFrame(ways).to_dict("records")
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [_reason(record, lang) for record in records]
    points = np.asarray(shapely.points(asked["lon"].to_numpy(), asked["lat"].to_numpy()))
    return result_layer("fibre_distances", values, points, crs)


def _asked(targets: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """List the places of all layers."""
    parts = []
    for name, layer in targets.items():
        lon, lat = places(layer, name)
        fields = {field: column(layer, field).array for field in ("name", "village_id", "source")}
        people = {field: column(layer, field, "integer").array for field in ("households", "population")}
        parts.append(
            pd.DataFrame(
                {"target_layer": name, "target_id": ids(layer, name).array, **fields, **people, "lon": lon, "lat": lat}
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _sources(supply: Mapping[str, gpd.GeoDataFrame], settings: FibreSettings) -> pd.DataFrame:
    """List the points at which fibre can be reached: nodes, rooms, and cables every few metres."""
    parts = []
    for name, free in _FREE.items():
        if name not in supply:
            continue
        layer = supply[name]
        serving = column(layer, "status").fillna("in service").eq("in service").to_numpy(dtype=bool)
        spare = column(layer, free, "number").to_numpy()
        chosen = layer[serving & ((spare > 0) | (np.isnan(spare) & settings.unknown_capacity))]
        names = ids(chosen, name).to_numpy(dtype=object)
        lon, lat, row = _reached(chosen, name, settings.cable_step_m)
        known = column(chosen, free, "number").notna().to_numpy(dtype=bool)[row]
        parts.append(pd.DataFrame({"layer": name, "id": names[row], "known": known, "lon": lon, "lat": lat}))
    columns = ["layer", "id", "known", "lon", "lat"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({one: [] for one in columns})


def _reached(
    layer: gpd.GeoDataFrame, name: str, step_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Give the points at which the rows of a layer can be reached, and the row of each."""
    lon, lat = places(layer, name)  # which refuses rows without a place
    if name != "cables":
        return lon, lat, np.arange(len(layer))
    lines = [measure_line(line) for line in layer.geometry]
    points = [line.points_at(even_offsets(line.length_m, step_m)) for line in lines]
    if not points:
        return np.empty(0), np.empty(0), np.empty(0, dtype=np.int64)
    lon, lat = (np.concatenate(side) for side in zip(*points, strict=True))
    return lon, lat, np.repeat(np.arange(len(points)), [len(one) for one, _ in points])


def _nearest(
    asked: pd.DataFrame, sources: pd.DataFrame, roads: gpd.GeoDataFrame | None, settings: FibreSettings
) -> dict[str, object]:
    """Give the way of each place to fibre, how long it is, and to what it leads."""
    lon, lat = asked["lon"].to_numpy(dtype=float), asked["lat"].to_numpy(dtype=float)
    straight, straight_m = Neighbours(sources["lon"], sources["lat"]).nearest(lon, lat)
    by_road, road_m, leg_m = _along_roads(lon, lat, sources, roads=roads, settings=settings)
    drop = straight_m <= settings.drop_m
    led = np.isfinite(road_m) & ~drop
    found = np.where(led, by_road, straight)
    distance_m = np.where(led, road_m, straight_m)
    known = np.isfinite(distance_m)
    way = np.array(_WAYS, dtype=object)[np.where(drop, 0, np.where(led, 1, 2))]
    way[~known] = None
    at = np.where(known, found, 0)

    def of(field: str) -> NDArray[np.object_]:
        values = np.full(len(at), None, dtype=object)
        values[known] = sources[field].to_numpy(dtype=object)[at[known]]
        return values

    return {
        "supply_layer": of("layer"),
        "supply_id": of("id"),
        "capacity_known": pd.Series(of("known"), dtype="boolean"),
        "distance_m": np.where(known, distance_m, np.nan),
        "straight_m": np.where(np.isfinite(straight_m), straight_m, np.nan),
        "way": way,
        "leg_m": np.where(led & np.isfinite(leg_m), leg_m, np.nan),
    }


def _along_roads(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    sources: pd.DataFrame,
    *,
    roads: gpd.GeoDataFrame | None,
    settings: FibreSettings,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Give the nearest source of each place along roads, the length of the way, and its first leg."""
    count, supply = len(lon), len(sources)
    nothing = np.zeros(count, dtype=np.int64), np.full(count, np.inf), np.full(count, np.inf)
    if roads is None or roads.empty or not supply:
        return nothing
    every_lon = np.concatenate([lon, sources["lon"].to_numpy(dtype=float)])
    every_lat = np.concatenate([lat, sources["lat"].to_numpy(dtype=float)])
    network = road_network(roads, every_lon, every_lat, snap_m=settings.road_snap_m, reach_m=settings.road_reach_m)
    # A way leads over roads, never through another place that hangs on one.
    distance_m, _, origin = dijkstra(
        network.graph(), directed=False, indices=np.arange(count, count + supply), min_only=True,
        return_predecessors=True,
    )  # fmt: skip
    source = np.where(np.isfinite(distance_m[:count]), origin[:count] - count, 0)
    return source.astype(np.int64), distance_m[:count], network.leg_m[:count]


def _classes(distance_m: NDArray[np.float64], edges_m: tuple[float, ...]) -> list[str | None]:
    """Name the class of each distance by its edges; an edge belongs to the class below it."""
    names = [f"0-{edges_m[0]:g}", *(f"{a:g}-{b:g}" for a, b in itertools.pairwise(edges_m))]
    names.append(f">{edges_m[-1]:g}")
    place = np.searchsorted(np.array(edges_m), distance_m, side="left")
    return [None if np.isnan(one) else names[at] for one, at in zip(distance_m, place, strict=True)]


def _reason(record: Mapping[object, object], lang: str) -> str:
    """Say what leads to fibre."""
    if record["way"] is None:
        return text("fibre_none", lang)
    values = {name: record[name] for name in ("supply_layer", "supply_id")}
    layer = text(f"fibre_{record['supply_layer']}", lang)
    distance = f"{float(str(record['distance_m'])):,.0f}"
    said = text(f"fibre_{record['way']}", lang, layer=layer, id=values["supply_id"], distance_m=distance)
    return said if record["capacity_known"] else said + text("fibre_capacity_unknown", lang)
