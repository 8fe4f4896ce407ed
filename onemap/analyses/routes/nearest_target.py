"""From a place on a road to the nearest of many targets over open roads: a search that stops when it is there.

The search grows from the place that asks, so that its work depends on how far the nearest target is, not on how many
roads a country has.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from onemap.analyses.routes.road_graph import RoadGraph

__all__ = ["Roadside", "nearest_targets", "roadside"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Roadside(NamedTuple):
    """Roads as lists of neighbours, and who stands at them.

    first, neighbour, link, length_m: neighbours of road node i at `first[i]` to `first[i + 1]`, the link that leads
    there and its length; joined_first, joined, joined_m: the same of the places joined to a road node; reach_first,
    reach, reach_m: the road nodes to which a place is joined.
    """

    first: Integers
    neighbour: Integers
    link: Integers
    length_m: Floats
    joined_first: Integers
    joined: Integers
    joined_m: Floats
    reach_first: Integers
    reach: Integers
    reach_m: Floats


def roadside(graph: RoadGraph, joined: tuple[Integers, Integers, Floats], count: int) -> Roadside:
    """List the neighbours along roads.

    Parameters
    ----------
    graph
        The roads.
    joined
        Of `RoadGraph.attach`: places, road nodes, metres.
    count
        Number of places.

    Returns
    -------
    lists
        For `nearest_targets`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from onemap.analyses.routes.road_graph import road_graph
    >>> road = gpd.GeoDataFrame(geometry=[shapely.LineString([(75, 39), (75.01, 39)])], crs="EPSG:4490")
    >>> graph = road_graph(road, pieces_m=1e6)
    >>> lists = roadside(graph, graph.attach(np.array([75.0]), np.array([39.0]), 10.0), 1)
    >>> lists.neighbour, lists.reach_m.round(1)
    (array([1, 0]), array([  0. , 866.3]))
    """
    tails = np.concatenate([graph.start, graph.end])
    heads = np.concatenate([graph.end, graph.start])
    link = np.tile(np.arange(len(graph.start)), 2)
    first, order = _rows(tails, graph.size)
    place, node, metres = joined
    joined_first, by_node = _rows(node, graph.size)
    reach_first, by_place = _rows(place, count)
    return Roadside(
        first,
        heads[order],
        link[order],
        graph.length_m[link[order]],
        joined_first,
        place[by_node],
        metres[by_node],
        reach_first,
        node[by_place],
        metres[by_place],
    )


def nearest_targets(
    lists: Roadside, places: Integers, closed: NDArray[np.bool_], is_target: NDArray[np.bool_]
) -> tuple[Floats, Integers]:
    """Find for each of some places the nearest target along open roads.

    Parameters
    ----------
    lists
        Of `roadside`.
    places
        Who asks, shape (n,).
    closed
        Links that may not be used, shape (number of links,).
    is_target
        Places that may be led to, shape (number of places,).

    Returns
    -------
    length_m, target
        Shape (n,); infinite and -1 where no open road leads to a target. Of several at one distance the first.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from onemap.analyses.routes.road_graph import road_graph
    >>> road = gpd.GeoDataFrame(geometry=[shapely.LineString([(75, 39), (75.01, 39)])], crs="EPSG:4490")
    >>> graph = road_graph(road)
    >>> lists = roadside(graph, graph.attach(np.array([75.0, 75.01]), np.array([39.0, 39.0]), 10.0), 2)
    >>> closed, is_target = np.zeros(len(graph.start), dtype=bool), np.array([False, True])
    >>> length_m, target = nearest_targets(lists, np.array([0]), closed, is_target)
    >>> length_m.round(), target
    (array([866.]), array([1]))
    """
    size = len(lists.first) - 1
    far_m, seen, dead = np.empty(size), np.full(size, -1, np.int64), np.zeros(size, np.bool_)
    length_m, target = np.full(len(places), np.inf), np.full(len(places), -1, np.int64)
    for asked, place in enumerate(places.tolist()):
        length_m[asked], target[asked] = _search(lists, place, asked, closed, is_target, far_m, seen, dead)
    return length_m, target


def _rows(key: Integers, size: int) -> tuple[Integers, Integers]:
    """Order rows by a key: where each key begins, and the order."""
    first = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(key, minlength=size), out=first[1:])
    return first, np.argsort(key, kind="stable")


@numba.njit(cache=True, nogil=True)
def _search(lists, place, asked, closed, is_target, far_m, seen, dead):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Grow from one place until no nearer target can come; where none was found all that was reached is dead."""
    heap = [(np.inf, np.int64(-1))]
    nearest_m, target = heappop(heap)
    if not _set_out(lists, place, asked, far_m, seen, dead, heap):
        return nearest_m, target
    while heap:
        here_m, node = heappop(heap)
        if here_m > nearest_m:
            break
        if here_m > far_m[node]:
            continue
        for at in range(lists.joined_first[node], lists.joined_first[node + 1]):
            other, there_m = lists.joined[at], here_m + lists.joined_m[at]
            if is_target[other] and (there_m, other) < (nearest_m, target):
                nearest_m, target = there_m, other
        _grow(lists, node, here_m, asked, closed, far_m, seen, heap)
    if target < 0:
        for reached in range(len(seen)):
            dead[reached] |= seen[reached] == asked
    return nearest_m, target


@numba.njit(cache=True, nogil=True)
def _set_out(lists, place, asked, far_m, seen, dead, heap):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Enter the road nodes to which a place is joined; tell whether one of them may lead anywhere."""
    is_alive = False
    for at in range(lists.reach_first[place], lists.reach_first[place + 1]):
        node, here_m = lists.reach[at], lists.reach_m[at]
        is_alive |= not dead[node]
        if seen[node] != asked or here_m < far_m[node]:
            seen[node], far_m[node] = asked, here_m
            heappush(heap, (here_m, node))
    return is_alive


@numba.njit(cache=True, nogil=True)
def _grow(lists, node, here_m, asked, closed, far_m, seen, heap):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Enter the neighbours of a road node along open roads."""
    for at in range(lists.first[node], lists.first[node + 1]):
        other, there_m = lists.neighbour[at], here_m + lists.length_m[at]
        if not closed[lists.link[at]] and (seen[other] != asked or there_m < far_m[other]):
            seen[other], far_m[other] = asked, there_m
            heappush(heap, (there_m, other))
