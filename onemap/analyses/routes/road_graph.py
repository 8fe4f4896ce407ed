"""Roads as a graph: vertices joined along roads, roads joined where they share a vertex or one ends at another."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from onemap.analyses.routes.measured_lines import MeasuredLines, measure_lines
from onemap.layers.nearest import geodesic_distance, pairs_within

__all__ = ["RoadGraph", "road_graph"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RoadGraph:
    """Roads as nodes and links.

    Attributes
    ----------
    lines
        The roads, measured.
    node
        Node of each vertex of the roads, shape (n,).
    size
        Number of nodes.
    start, end, length_m
        Links, shape (k,): their nodes and lengths in metres.
    road, middle_m
        Road of each link and the distance of its middle from the road's start; of a link between two roads, the road
        that it joins.
    """

    lines: MeasuredLines
    node: Integers
    size: int
    start: Integers
    end: Integers
    length_m: Floats
    road: Integers
    middle_m: Floats

    def attach(self, lon: Floats, lat: Floats, reach_m: float) -> tuple[Integers, Integers, Floats]:
        """Join points to the nearest road within reach: by way of the nearest place on it to both vertices beside.

        Parameters
        ----------
        lon, lat
            Points, shape (n,), in degrees.
        reach_m
            In metres.

        Returns
        -------
        point, node, length_m
            Two rows for each point within reach of a road.
        """
        point, segment, share, apart_m = _nearest_segments(self.lines, lon, lat, reach_m)
        span_m = self.lines.offset_m[segment + 1] - self.lines.offset_m[segment]
        node = np.concatenate([self.node[segment], self.node[segment + 1]])
        length_m = np.concatenate([apart_m + share * span_m, apart_m + (1.0 - share) * span_m])
        return np.concatenate([point, point]), node, length_m


def road_graph(roads: gpd.GeoDataFrame, *, snap_m: float = 5.0, pieces_m: float = 200.0) -> RoadGraph:
    """Make a graph of roads.

    Parameters
    ----------
    roads
        Canonical layer, geographic CRS. Roads that cross without a common vertex are not joined: one may be a bridge.
    snap_m
        Vertices of two roads this near are one; an end this near to another road joins it, in metres.
    pieces_m
        Longer straight pieces are cut, in metres.

    Returns
    -------
    graph
        Nodes and links.

    Examples
    --------
    >>> lines = [shapely.LineString([(75, 39), (75.01, 39)]), shapely.LineString([(75.005, 39), (75.005, 39.01)])]
    >>> graph = road_graph(gpd.GeoDataFrame(geometry=lines, crs="EPSG:4490"), pieces_m=1e6)
    >>> graph.size, len(graph.start)
    (4, 4)
    """
    lines = _cut_long(measure_lines(roads), pieces_m)
    line = np.repeat(np.arange(len(lines)), np.diff(lines.first))
    first, second, _ = pairs_within(lines.lon, lines.lat, distance_m=snap_m)
    other = line[first] != line[second]
    # The two ends of a loop are one too.
    other |= (first == lines.first[line[first]]) & (second == lines.first[line[first] + 1] - 1)
    first, second = first[other], second[other]
    count = len(lines.lon)
    joined = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(count, count))
    size, label = connected_components(joined, directed=False)
    node = np.asarray(label, dtype=np.int64)
    vertex = np.flatnonzero((np.diff(lines.part) == 0) & (np.diff(line) == 0))
    length_m = lines.offset_m[vertex + 1] - lines.offset_m[vertex]
    middle_m = (lines.offset_m[vertex + 1] + lines.offset_m[vertex]) / 2.0
    start, end, road = node[vertex], node[vertex + 1], line[vertex]
    ends = np.flatnonzero(np.diff(lines.part, prepend=-1, append=-1)[:-1] != 0)
    ends = np.unique(np.concatenate([ends, np.flatnonzero(np.diff(lines.part, append=-1) != 0)]))
    point, segment, share, apart_m = _nearest_segments(lines, lines.lon[ends], lines.lat[ends], snap_m, own=line[ends])
    span_m = lines.offset_m[segment + 1] - lines.offset_m[segment]
    tails = np.concatenate([node[ends[point]], node[ends[point]]])
    heads = np.concatenate([node[segment], node[segment + 1]])
    touch_m = np.concatenate([apart_m + share * span_m, apart_m + (1.0 - share) * span_m])
    return RoadGraph(
        lines,
        node,
        int(size),
        np.concatenate([start, tails]),
        np.concatenate([end, heads]),
        np.concatenate([length_m, touch_m]),
        np.concatenate([road, line[segment], line[segment]]),
        np.concatenate([middle_m, np.tile(lines.offset_m[segment] + span_m / 2.0, 2)]),
    )


def _cut_long(lines: MeasuredLines, pieces_m: float) -> MeasuredLines:
    """Add vertices so that no straight piece is longer than asked."""
    if not len(lines.lon):
        return lines
    span_m = np.append(np.diff(lines.offset_m), 0.0)
    span_m[np.append(np.diff(lines.part) != 0, True)] = 0.0
    cuts = np.maximum(np.ceil(span_m / pieces_m), 1).astype(np.int64)
    vertex = np.repeat(np.arange(len(cuts)), cuts)
    step = np.arange(len(vertex)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    share = step / cuts[vertex]
    after = np.minimum(vertex + 1, len(cuts) - 1)
    lon, lat, offset_m = (
        at[vertex] + share * (at[after] - at[vertex]) for at in (lines.lon, lines.lat, lines.offset_m)
    )
    before = np.concatenate([[0], np.cumsum(cuts)])
    return MeasuredLines(lon, lat, offset_m, lines.part[vertex], before[lines.first].astype(np.int64))


def _nearest_segments(
    lines: MeasuredLines, lon: Floats, lat: Floats, reach_m: float, *, own: Integers | None = None
) -> tuple[Integers, Integers, Floats, Floats]:
    """Find the nearest straight piece to each point within reach: point, first vertex, share along it, distance."""
    line = np.repeat(np.arange(len(lines)), np.diff(lines.first))
    vertex = np.flatnonzero((np.diff(lines.part) == 0) & (np.diff(lines.offset_m) > 0))
    if not len(lon) or not len(vertex):
        empty = np.empty(0, dtype=np.int64)
        return empty, empty.copy(), np.empty(0), np.empty(0)
    ends = np.stack([np.column_stack([at[vertex], at[vertex + 1]]) for at in (lines.lon, lines.lat)], axis=2)
    reach_deg = reach_m / (110_000.0 * max(np.cos(np.radians(min(np.abs(lat).max() + 0.1, 89.9))), 1e-3))
    point, found = shapely.STRtree(shapely.linestrings(ends)).query(
        shapely.points(lon, lat), predicate="dwithin", distance=reach_deg
    )
    at = vertex[found]
    if own is not None:
        point, at = point[line[at] != own[point]], at[line[at] != own[point]]
    squeeze = np.cos(np.radians(lat[point]))
    way = np.column_stack([(lines.lon[at + 1] - lines.lon[at]) * squeeze, lines.lat[at + 1] - lines.lat[at]])
    off = np.column_stack([(lon[point] - lines.lon[at]) * squeeze, lat[point] - lines.lat[at]])
    share = np.clip((way * off).sum(axis=1) / np.maximum((way * way).sum(axis=1), 1e-300), 0.0, 1.0)
    place_lon = lines.lon[at] + share * (lines.lon[at + 1] - lines.lon[at])
    place_lat = lines.lat[at] + share * (lines.lat[at + 1] - lines.lat[at])
    apart_m = geodesic_distance(lon[point], lat[point], place_lon, place_lat)
    order = np.lexsort((at, apart_m, point))
    order = order[apart_m[order] <= reach_m]
    first = np.ones(len(order), dtype=bool)
    first[1:] = point[order][1:] != point[order][:-1]
    kept = order[first]
    return point[kept].astype(np.int64), at[kept], share[kept], apart_m[kept]
