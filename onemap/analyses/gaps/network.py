"""Roads as a network: junctions where they meet, cross or end near each other, and places attached beside them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array

from onemap.layers.nearest import GEOD, geodesic_distance

__all__ = ["RoadNetwork", "road_network"]

_DIGITS = 8  # of a degree: 1 mm; vertices nearer than this are one
_SHORTEST_M = 1e-6  # a graph takes a weight of zero for no edge


@dataclass(frozen=True, slots=True)
class RoadNetwork:
    """A network and where places stand by it.

    Attributes
    ----------
    edges
        Pairs of nodes, shape (m, 2).
    length_m
        Their geodesic lengths, shape (m,).
    node_count
        Number of nodes; the first are the places, in their order.
    leg_m
        Straight way of each place to its road, in metres; infinite where none is near enough.
    row
        Row of the road that each edge lies on, shape (m,); of a leg, that of the road it leads to.
    lon, lat
        The nodes, shape (node_count,), in degrees.
    """

    edges: NDArray[np.int64]
    length_m: NDArray[np.float64]
    node_count: int
    leg_m: NDArray[np.float64]
    row: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    def graph(self) -> csr_array:
        """Give the lengths between nodes as a sparse matrix, the shortest where two edges join the same nodes.

        Examples
        --------
        >>> none = np.zeros(0)
        >>> network = RoadNetwork(np.array([[0, 1], [1, 0]]), np.array([5.0, 3.0]), 2, none, none, none, none)
        >>> network.graph().toarray()
        array([[0., 3.],
               [3., 0.]])
        """
        ends = np.sort(self.edges, axis=1)
        order = np.lexsort((self.length_m, ends[:, 1], ends[:, 0]))
        ends, length_m = ends[order], np.maximum(self.length_m[order], _SHORTEST_M)
        first = np.ones(len(ends), dtype=bool)
        first[1:] = np.any(ends[1:] != ends[:-1], axis=1)
        first &= ends[:, 0] != ends[:, 1]
        start, end, length_m = ends[first, 0], ends[first, 1], length_m[first]
        rows, columns = np.concatenate([start, end]), np.concatenate([end, start])
        shape = (self.node_count, self.node_count)
        return csr_array((np.concatenate([length_m, length_m]), (rows, columns)), shape=shape)


def road_network(
    roads: gpd.GeoDataFrame,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    *,
    snap_m: float,
    reach_m: float | NDArray[np.float64],
    crossings: bool = True,
    only: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None,
) -> RoadNetwork:
    """Make a network of roads, and attach places to the nearest of them.

    Parameters
    ----------
    roads
        Lines in geographic coordinates. Roads that share a vertex or cross are joined there; whether they cross at one
        level is not known, and taken so.
    lon, lat
        Places, shape (n,), in degrees.
    snap_m
        An end of a road this near to another is joined to it, in metres.
    reach_m
        Farthest that a place may stand from its road, in metres; one for all, or shape (n,): below 0 for none.
    crossings
        Whether lines are joined where they cross; else at common vertices and ends only.
    only
        Marks of places, shape (n,), and of the rows that these may hang on; all may hang on all if not given.

    Returns
    -------
    network
        Its nodes and edges.

    Examples
    --------
    >>> roads = gpd.GeoDataFrame(geometry=[shapely.LineString([(75, 39), (75.01, 39)])], crs="EPSG:4490")
    >>> network = road_network(roads, np.array([75.005]), np.array([39.001]), snap_m=5.0, reach_m=500.0)
    >>> network.leg_m.round(1), len(network.edges)
    (array([111.]), 3)
    """
    pieces = _segments(roads)
    start, end = pieces.start, pieces.end
    leg_m = np.full(len(lon), np.inf)
    if not len(start):
        return RoadNetwork(np.empty((0, 2), np.int64), np.empty(0), len(lon), leg_m, np.empty(0, np.int64), lon, lat)
    cut_segment, cut_place, bridges = _cuts(pieces, snap_m, crossings=crossings)
    place, segment, share, off_m = _attached(lon, lat, pieces, reach_m, only=only)
    leg_m[place] = off_m
    feet = start[segment] + share[:, None] * (end[segment] - start[segment])
    every_segment = np.concatenate([cut_segment, segment])
    every_place = np.concatenate([cut_place, feet])
    points, edge, length_m = _noded(start, end, every_segment, every_place)
    nodes, number = _one_place(np.concatenate([points, bridges.start, bridges.end]))
    number += len(lon)
    number, ends = number[: len(points)], number[len(points) :].reshape(2, -1).T
    foot = number[2 * len(start) + len(cut_segment) :]
    edges = np.concatenate([number[edge], ends, np.column_stack([place, foot])])
    owner = np.concatenate([np.arange(len(start)), np.arange(len(start)), every_segment])
    row = pieces.row[np.concatenate([owner[edge[:, 0]], bridges.segment, segment])]
    node_lon, node_lat = np.concatenate([lon, nodes[:, 0]]), np.concatenate([lat, nodes[:, 1]])
    return RoadNetwork(
        edges,
        np.concatenate([length_m, bridges.length_m, off_m]),
        len(node_lon),
        leg_m,
        row=row,
        lon=node_lon,
        lat=node_lat,
    )


def _one_place(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give each place once, from west to east, and the number of each point's place."""
    points = np.round(points, _DIGITS)
    order = np.lexsort((points[:, 1], points[:, 0]))
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.any(points[order][1:] != points[order][:-1], axis=1)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return points[order[new]], number


@dataclass(frozen=True, slots=True)
class _Segments:
    """Every piece of road between two vertices: its ends, and a tree to find it by."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    row: NDArray[np.int64]
    lines: NDArray[np.object_]
    tree: shapely.STRtree


@dataclass(frozen=True, slots=True)
class _Bridges:
    """Short ways between ends of roads that do not quite meet: their ends, a segment that they lead to, lengths."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    segment: NDArray[np.int64]
    length_m: NDArray[np.float64]


def _segments(roads: gpd.GeoDataFrame) -> _Segments:
    """Give every piece between two vertices."""
    shapes = np.asarray(roads.geometry.to_numpy(), dtype=object)
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    shapes, of_row = shapely.get_parts(shapes[there], return_index=True)
    places, line = shapely.get_coordinates(shapes, return_index=True)
    same = (line[1:] == line[:-1]) & np.any(places[1:] != places[:-1], axis=1)
    start, end = places[:-1][same], places[1:][same]
    lines = shapely.linestrings(np.stack([start, end], axis=1))
    return _Segments(start, end, there[of_row][line[:-1][same]], lines, shapely.STRtree(lines))


def _cuts(
    pieces: _Segments, snap_m: float, *, crossings: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64], _Bridges]:
    """Find where segments are cut: where others cross or touch them, or end near them; and ends near ends."""
    start, end, lines = pieces.start, pieces.end, pieces.lines
    one, other = pieces.tree.query(lines if crossings else lines[:0], predicate="intersects")
    crossing = one != other
    one, other = one[crossing], other[crossing]
    # Neighbours along a road meet at their common vertex, which cuts nothing.
    ends = [np.all(side[one] == at[other], axis=1) for side in (start, end) for at in (start, end)]
    apart = ~np.any(ends, axis=0)
    one, other = one[apart], other[apart]
    met = shapely.intersection(lines[one], lines[other])
    point = shapely.get_type_id(met) == 0
    segments, places = [one[point]], [shapely.get_coordinates(met[point])]
    loose = _loose_ends(start, end)
    found, segment, share, off_m = _attached(loose[:, 0], loose[:, 1], pieces, snap_m, every=True)
    inner = (share > 0) & (share < 1)
    segments.append(segment[inner])
    places.append(loose[found[inner]])  # the end itself: the road bends to it by less than snap_m
    beside = ~inner & (off_m > 0)
    far = np.where(share[beside, None] > 0, end[segment[beside]], start[segment[beside]])
    bridges = _Bridges(loose[found[beside]], far, segment[beside], off_m[beside])
    return np.concatenate(segments), np.concatenate(places), bridges


def _loose_ends(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the vertices that only one segment has."""
    vertices, count = np.unique(np.round(np.concatenate([start, end]), _DIGITS), axis=0, return_counts=True)
    loose: NDArray[np.float64] = vertices[count == 1]
    return loose


def _attached(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    pieces: _Segments,
    reach_m: float | NDArray[np.float64],
    *,
    every: bool = False,
    only: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Give the nearest segment of each place within reach (or every one), where on it, and how far off."""
    reach_m = np.broadcast_to(reach_m, lon.shape)
    north = reach_m / 110_000.0
    east = north / np.maximum(np.cos(np.radians(lat)), 0.01)
    start, end = pieces.start, pieces.end
    place, segment = pieces.tree.query(shapely.box(lon - east, lat - north, lon + east, lat + north))
    if only is not None:
        allowed = ~only[0][place] | only[1][pieces.row[segment]]
        place, segment = place[allowed], segment[allowed]
    scale = np.cos(np.radians(lat[place]))[:, None] * np.array([1.0, 0.0]) + np.array([0.0, 1.0])
    here = np.column_stack([lon, lat])[place]
    step, way = (end[segment] - start[segment]) * scale, (here - start[segment]) * scale
    share = np.clip((step * way).sum(axis=1) / (step * step).sum(axis=1), 0.0, 1.0)
    foot = start[segment] + share[:, None] * (end[segment] - start[segment])
    off_m = geodesic_distance(here[:, 0], here[:, 1], foot[:, 0], foot[:, 1])
    near = off_m <= reach_m[place]
    place, segment, share, off_m = place[near], segment[near], share[near], off_m[near]
    order = np.lexsort((segment, off_m, place))
    place, segment, share, off_m = place[order], segment[order], share[order], off_m[order]
    if every:
        return place, segment, share, off_m
    first = np.append(True, place[1:] != place[:-1]) if len(place) else np.zeros(0, dtype=bool)
    return place[first], segment[first], share[first], off_m[first]


def _noded(
    start: NDArray[np.float64], end: NDArray[np.float64], segment: NDArray[np.int64], cut: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Give all points, and the edges between neighbours along each segment with their lengths."""
    points = np.concatenate([start, end, cut])
    owner = np.concatenate([np.arange(len(start)), np.arange(len(start)), segment])
    step = (end - start)[owner]
    way = points - start[owner]
    share = (step * way).sum(axis=1) / (step * step).sum(axis=1)
    share[: len(start)], share[len(start) : 2 * len(start)] = 0.0, 1.0
    share = np.clip(share, 0.0, 1.0)
    order = np.lexsort((np.arange(len(points)), share, owner))
    same = owner[order][1:] == owner[order][:-1]
    edge = np.column_stack([order[:-1][same], order[1:][same]])
    length_m = np.asarray(GEOD.inv(*points[edge[:, 0]].T, *points[edge[:, 1]].T)[2])
    return points, edge, length_m
