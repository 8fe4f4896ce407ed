"""Where new fibre can run: roads, free bores, pole routes and spare cores as one graph, with the root of all supply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from onemap.analyses.columns import column
from onemap.analyses.connection.supply import Supply
from onemap.analyses.connection_settings import ConnectionSettings
from onemap.analyses.gaps.network import RoadNetwork, road_network
from onemap.analyses.routes.measured_lines import measure_lines
from onemap.layers.nearest import Neighbours

__all__ = ["KINDS", "Ways", "way_lines", "ways"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

KINDS = ("trench", "bore", "hung", "spare", "leg", "root")
"""What a metre of the way is: new trench along a road, in a free bore, hung on poles, in spare cores, off the road."""

TRENCH, BORE, HUNG, SPARE, LEG, ROOT = range(6)
_LINES = ("trench", "bore", "hung", "spare")


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """A graph of ways.

    Attributes
    ----------
    start, end, length_m
        Edges, shape (m,): nodes and lengths in metres; the first nodes are the sites, the last one is the root.
    kind
        Position in `KINDS` of each edge; edges of "root" join supply to the root and have no length.
    row
        Row of the line that an edge lies on or leads to, in `way_lines` of its kind; of an edge to the root, the row of
        the supply, or -1; else -1.
    taps
        Existing cables that are opened on an edge: 0 or 1.
    lon, lat
        The nodes, in degrees; the root has none.
    site_reach
        Whether each site has any edge.
    """

    start: Integers
    end: Integers
    length_m: Floats
    kind: Integers
    row: Integers
    taps: Integers
    lon: Floats
    lat: Floats
    site_reach: NDArray[np.bool_]

    @property
    def root(self) -> int:
        """Node of the root."""
        return len(self.lon)


def way_lines(
    layers: Mapping[str, gpd.GeoDataFrame], roads: gpd.GeoDataFrame | None, settings: ConnectionSettings
) -> dict[str, gpd.GeoDataFrame]:
    """Choose the lines that each kind of way can follow.

    Parameters
    ----------
    layers
        Canonical layers `cables` and `ducts`, as far as there are.
    roads
        Canonical layer; None where there is none.
    settings
        Whose cables count, and what free capacity is.

    Returns
    -------
    lines
        "trench": roads; "bore": ducts in service with a free bore; "hung": aerial cables in service; "spare": cables in
        service with the spare cores of a site. Each in the order of its rows.

    Examples
    --------
    >>> cable = gpd.GeoDataFrame({"cable_id": ["A"], "operator": ["甲"], "cores_free": [4]},
    ...     geometry=[shapely.LineString([(75, 39), (75.1, 39)])], crs="EPSG:4490")
    >>> {kind: len(lines) for kind, lines in way_lines({"cables": cable}, None, ConnectionSettings()).items()}
    {'spare': 1}
    """
    found: dict[str, gpd.GeoDataFrame] = {}
    if roads is not None:
        found["trench"] = roads
    if "ducts" in layers:
        ducts = _in_service(layers["ducts"])
        found["bore"] = ducts[column(ducts, "bores_free", "integer").fillna(0).gt(0).to_numpy(dtype=bool)]
    if "cables" in layers:
        cables = _in_service(layers["cables"])
        found["hung"] = cables[column(cables, "laying").eq("aerial").fillna(value=False).to_numpy(dtype=bool)]
        free = column(cables, "cores_free", "number").to_numpy()
        enough = (free >= max(settings.cores_per_site, 1)) | (np.isnan(free) & settings.unknown_capacity)
        own = column(cables, "operator").isin(settings.operators).to_numpy(dtype=bool) | (not settings.operators)
        found["spare"] = cables[enough & own]
    return {kind: lines for kind in _LINES if kind in found and len(lines := _drawn(found[kind]))}


def _in_service(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep what is in service; what does not say is."""
    return layer[column(layer, "status").fillna("in service").eq("in service").to_numpy(dtype=bool)]


def _drawn(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep what is a line."""
    shapes = np.asarray(layer.geometry.to_numpy(), dtype=object)
    line = np.isin(shapely.get_type_id(shapes), (1, 5)) & ~shapely.is_empty(shapes)
    return layer[line].reset_index(drop=True)


def ways(
    lon: Floats,
    lat: Floats,
    lines: Mapping[str, gpd.GeoDataFrame],
    supply: Supply,
    *,
    settings: ConnectionSettings,
) -> Ways:
    """Make the graph of all ways.

    Parameters
    ----------
    lon, lat
        The sites, shape (n,), in degrees.
    lines
        Those of `way_lines`.
    supply
        Where fibre is free.
    settings
        Reaches and joins.

    Returns
    -------
    ways
        Sites and supply hang on the nearest line of each kind within reach; a site whose lines lead to no supply, also
        on the nearest road in reach that does. One can change between kinds of line at
        crossings and every few metres where they run near each other.

    Examples
    --------
    >>> from onemap.analyses.connection.supply import supply_of
    >>> road = gpd.GeoDataFrame(geometry=[shapely.LineString([(75, 39), (75.1, 39)])], crs="EPSG:4490")
    >>> room = gpd.GeoDataFrame({"room_id": ["M"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> asked = ConnectionSettings()
    >>> graph = ways(np.array([75.1]), np.array([39.0]), {"trench": road}, supply_of({"rooms": room}, asked),
    ...     settings=asked)
    >>> [KINDS[kind] for kind in graph.kind]
    ['trench', 'trench', 'trench', 'leg', 'leg', 'root']
    """
    joins = _joins(lines, settings)
    nobody = np.empty(0, dtype=np.int64), np.empty(0, dtype=bool)
    found = _graph((lon, lat), joins, lines, supply=supply, again=nobody, settings=settings)
    again = _cut_off(found, len(lon), len(lines.get("trench", ())))
    return _graph((lon, lat), joins, lines, supply=supply, again=again, settings=settings) if len(again[0]) else found


def _graph(
    sites: tuple[Floats, Floats],
    joins: tuple[Floats, Floats],
    lines: Mapping[str, gpd.GeoDataFrame],
    *,
    supply: Supply,
    again: tuple[Integers, Flags],
    settings: ConnectionSettings,
) -> Ways:
    """Make the graph; some sites hang again on some of the roads."""
    (lon, lat), (cut, good) = sites, again
    place_lon = np.concatenate([lon, supply.lon, joins[0], lon[cut]])
    place_lat = np.concatenate([lat, supply.lat, joins[1], lat[cut]])
    counts = (len(lon), len(supply.lon), len(joins[0]), len(cut))
    parts = _Edges(place_lon, place_lat)
    for kind, layer in lines.items():
        reach_m = np.repeat(_reaches(kind, settings), counts)
        only = (np.repeat([False, False, False, True], counts), good) if kind == "trench" and len(cut) else None
        network = road_network(
            layer, place_lon, place_lat, snap_m=settings.road_snap_m, reach_m=reach_m, crossings=kind != "spare",
            only=only,
        )  # fmt: skip
        first = parts.size
        parts.add(network, _LINES.index(kind), is_supply=np.repeat([False, True, False, False], counts))
        if kind == "spare":
            _spare_to_root(parts, network, first, counts=counts, settings=settings)
    site, at, far_m = Neighbours(supply.lon, supply.lat).within(lon, lat, distance_m=settings.drop_m)
    parts.append(site, at + len(lon), far_m, LEG, np.full(len(site), -1), np.zeros(len(site), np.int64))
    rooms = np.arange(counts[1])
    parts.to_root(rooms + len(lon), rooms)
    return parts.ways(len(lon), cut)


def _cut_off(found: Ways, sites: int, roads: int) -> tuple[Integers, Flags]:
    """Give the sites whose lines lead to no supply, and mark the roads that do."""
    size = found.root + 1
    shape = (size, size)
    _, label = connected_components(coo_array((np.ones(len(found.start)), (found.start, found.end)), shape=shape))
    led = label == label[found.root]
    good = np.zeros(roads, dtype=bool)
    good[found.row[(found.kind == TRENCH) & led[found.start]]] = True
    return np.flatnonzero(~led[:sites] & good.any()), good


def _reaches(kind: str, settings: ConnectionSettings) -> tuple[float, float, float, float]:
    """Give how far sites, supply, joins and sites that hang again may stand from a line of a kind."""
    if kind == "trench":
        return settings.road_reach_m, settings.road_reach_m, settings.join_m, settings.road_reach_m
    return settings.drop_m, settings.room_reach_m if kind == "spare" else settings.drop_m, settings.join_m, -1.0


def _joins(lines: Mapping[str, gpd.GeoDataFrame], settings: ConnectionSettings) -> tuple[Floats, Floats]:
    """Give the places where one may change between kinds: along cables, ducts and poles, and where they cross."""
    places = []
    for kind, layer in lines.items():
        if kind == "trench":
            continue
        measured = measure_lines(layer)
        count = np.maximum(np.ceil(measured.length_m / settings.join_step_m), 1).astype(np.int64)
        line = np.repeat(np.arange(len(count)), count + 1)
        step = np.arange(len(line)) - np.repeat(np.cumsum(count + 1) - (count + 1), count + 1)
        places.append(np.column_stack(measured.points_at(line, step / count[line] * measured.length_m[line])))
        if "trench" in lines:
            places.append(_crossings(lines["trench"], layer))
    if not places:
        return np.empty(0), np.empty(0)
    found = np.unique(np.round(np.concatenate(places), 8), axis=0).astype(np.float64)
    return found[:, 0], found[:, 1]


def _crossings(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> Floats:
    """Give the points where lines of two layers cross."""
    first, second = (np.asarray(layer.geometry.to_numpy(), dtype=object) for layer in (one, other))
    at, where = shapely.STRtree(first).query(second, predicate="intersects")
    met = shapely.get_parts(shapely.intersection(second[at], first[where]))
    return np.asarray(shapely.get_coordinates(met[shapely.get_type_id(met) == 0]))


class _Edges:
    """Edges gathered layer by layer; the places are the first nodes."""

    def __init__(self, lon: Floats, lat: Floats) -> None:
        self.places = len(lon)
        self.lon, self.lat = [lon], [lat]
        self.size = len(lon)
        self.parts: list[tuple[Integers, ...]] = []
        self.length_m: list[Floats] = []

    def append(self, *columns: NDArray[np.generic] | int) -> None:
        """Add edges: start, end, length, kind, row, taps."""
        start, end, length_m, kind, row, taps = columns
        kinds = np.broadcast_to(np.asarray(kind, dtype=np.int64), np.shape(start))
        self.parts.append(tuple(np.asarray(one, dtype=np.int64) for one in (start, end, kinds, row, taps)))
        self.length_m.append(np.asarray(length_m, dtype=float))

    def to_root(self, nodes: Integers, row: Integers) -> None:
        """Join nodes to the root, which is -1 until all nodes are known."""
        none = np.zeros(len(nodes), dtype=np.int64)
        self.append(nodes, none - 1, none, ROOT, row, none)

    def add(self, network: RoadNetwork, kind: int, *, is_supply: NDArray[np.bool_]) -> None:
        """Add a layer; edges that touch a place are legs, and open a cable unless they lead to supply."""
        edges = np.where(network.edges < self.places, network.edges, network.edges + self.size - self.places)
        touches = network.edges.min(axis=1) < self.places if len(edges) else np.zeros(0, dtype=bool)
        supplied = np.zeros(len(edges), dtype=bool)
        supplied[touches] = is_supply[network.edges[touches].min(axis=1)]
        is_leg = touches & ~(supplied & (kind == SPARE))
        taps = is_leg & (kind == SPARE)
        self.append(edges[:, 0], edges[:, 1], network.length_m, np.where(is_leg, LEG, kind), network.row, taps)
        self.lon.append(network.lon[self.places :])
        self.lat.append(network.lat[self.places :])
        self.size += network.node_count - self.places

    def ways(self, sites: int, again: Integers) -> Ways:
        """Give all edges; the last places are sites again."""
        start, end, kind, row, taps = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        end = np.where(end < 0, self.size, end)
        number = np.arange(self.size + 1)
        number[self.places - len(again) : self.places] = again
        start, end = number[start], number[end]
        reach = np.zeros(self.size + 1, dtype=bool)
        reach[start] = reach[end] = True
        lon, lat = np.concatenate(self.lon), np.concatenate(self.lat)
        return Ways(start, end, np.concatenate(self.length_m), kind, row, taps, lon, lat, reach[:sites])


def _spare_to_root(
    parts: _Edges, network: RoadNetwork, first: int, *, counts: tuple[int, ...], settings: ConnectionSettings
) -> None:
    """Let cables count as supply themselves: all, or those whose network leads to none."""
    if settings.cable_ends_at == "to the room":
        return
    edges, places = network.edges, sum(counts)
    on_cable = edges.min(axis=1) >= places
    # Places other than supply join nothing: a cable does not go on through a site.
    supplied = (edges.min(axis=1) >= counts[0]) & (edges.min(axis=1) < counts[0] + counts[1])
    used = edges[on_cable | supplied]
    shape = (network.node_count, network.node_count)
    _, label = connected_components(coo_array((np.ones(len(used)), (used[:, 0], used[:, 1])), shape=shape))
    fed = np.isin(label, label[counts[0] : counts[0] + counts[1]])
    feet = np.unique(edges[~on_cable].max(axis=1))
    if settings.cable_ends_at == "to the room where drawn":
        feet = feet[~fed[feet]]
    parts.to_root(feet - places + first, np.full(len(feet), -1))
