"""The network of each operator by itself: what it stays connected to, and which cuts take what."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.network import CableNetwork
from onemap.analyses.routes.single_points import Cut, Spanned, cut_off, span

__all__ = ["OperatorCuts", "cuts_by_operator", "root_nodes"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OperatorCuts:
    """The cables of one operator, judged.

    Attributes
    ----------
    operator
        Whose.
    links
        Its links in the network, ordered.
    roots
        Nodes that others must stay connected to; none where the operator has no such room at its cables.
    spanned
        The tree over its links.
    cuts
        Of `cut_off`; their links are positions in `links`.
    sections
        For a cut of several links the section where they lie together, -1 for one of a single link.
    """

    operator: str
    links: Integers
    roots: Integers
    spanned: Spanned
    cuts: tuple[Cut, ...]
    sections: tuple[int, ...]

    def nodes_of(self, cut: Cut) -> Integers:
        """Give the nodes that a cut takes."""
        return np.concatenate([self.spanned.order[begin:end] for begin, end in cut.ranges] or [np.empty(0, np.int64)])

    def cuts_at(self) -> tuple[Integers, Integers]:
        """Give for each place of the tree the number of cuts that take it, and the one that takes least, -1 if none."""
        size = len(self.spanned.order)
        count = np.zeros(size + 1, dtype=np.int64)
        opening: list[tuple[int, int, int, int]] = []
        for number, cut in enumerate(self.cuts):
            for begin, end in cut.ranges:
                count[begin] += 1
                count[end] -= 1
                opening.append((begin, cut.count, number, end))
        return np.cumsum(count)[:-1], _least(sorted(opening), size)


def cuts_by_operator(
    network: CableNetwork, together: Sequence[tuple[Integers, int]], *, settings: RouteSettings | None = None
) -> list[OperatorCuts]:
    """Judge the cables of each operator.

    Parameters
    ----------
    network
        Of `cable_network`.
    together
        Of `trenches`: links that fall together, and where.
    settings
        Which rooms are roots.

    Returns
    -------
    judged
        In order of operator.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from onemap.analyses.routes.network import cable_network
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> way = shapely.LineString([(75, 39), (75.1, 39)])
    >>> laid = lay_cables(gpd.GeoDataFrame({"cable_id": ["A"], "operator": ["甲"]}, geometry=[way], crs="EPSG:4490"))
    >>> room = {"room_id": ["R"], "operator": ["甲"], "kind": ["core"]}
    >>> rooms = gpd.GeoDataFrame(room, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> [one.cuts for one in cuts_by_operator(cable_network(laid, {"rooms": rooms}), [])]
    [(Cut(links=(0,), ranges=((2, 3),)),)]
    """
    settings = settings or RouteSettings()
    judged = []
    by_link: dict[int, list[int]] = {}
    for number, (links, _) in enumerate(together):
        for link in links.tolist():
            by_link.setdefault(link, []).append(number)
    for operator in sorted(set(network.operator.tolist())):
        mine = np.flatnonzero(network.operator == operator)
        groups, sections = _groups_of(mine, together, by_link)
        roots = root_nodes(network, operator, mine, settings)
        spanned = span(network.start[mine], network.end[mine], roots, len(network.nodes))
        cuts = cut_off(spanned, groups) if len(roots) else []
        where = {tuple(group.tolist()): section for group, section in zip(groups, sections, strict=True)}
        places = tuple(where.get(cut.links, -1) for cut in cuts)
        judged.append(OperatorCuts(operator, mine, roots, spanned, tuple(cuts), places))
    return judged


def root_nodes(network: CableNetwork, operator: str, links: Integers, settings: RouteSettings) -> Integers:
    """Give the nodes that an operator's others must stay connected to, of those at its cables.

    Parameters
    ----------
    network
        Of `cable_network`.
    operator
        Whose rooms.
    links
        Its links.
    settings
        `root_kinds` and `root_ids`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from onemap.analyses.routes.network import cable_network
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> way = shapely.LineString([(75, 39), (75.1, 39)])
    >>> laid = lay_cables(gpd.GeoDataFrame({"cable_id": ["A"], "operator": ["甲"]}, geometry=[way], crs="EPSG:4490"))
    >>> root_nodes(cable_network(laid, {}), "甲", np.array([0]), RouteSettings(root_ids=("N00002",)))
    array([1])
    """
    table = network.nodes
    linked = np.zeros(len(table), dtype=bool)
    linked[network.start[links]] = linked[network.end[links]] = True
    kind = table["layer"].eq("rooms") & table["kind"].isin(settings.root_kinds) & table["operator"].eq(operator)
    named = table["node_id"].isin(settings.root_ids)
    return np.flatnonzero(linked & (kind | named).to_numpy(dtype=bool))


def _groups_of(
    mine: Integers, together: Sequence[tuple[Integers, int]], by_link: dict[int, list[int]]
) -> tuple[list[Integers], list[int]]:
    """Give the sets of links of one operator that fall together, as positions among its own, each set once."""
    place = {link: number for number, link in enumerate(mine.tolist())}
    found: dict[tuple[int, ...], int] = {}
    for number in sorted({one for link in mine.tolist() for one in by_link.get(link, ())}):
        links, section = together[number]
        own = tuple(place[link] for link in links.tolist() if link in place)
        if len(own) > 1:
            found.setdefault(own, section)
    return [np.array(own, dtype=np.int64) for own in found], list(found.values())


def _least(opening: Sequence[tuple[int, int, int, int]], size: int) -> Integers:
    """Give for each place the range open there that takes least, -1 if none is."""
    least = np.full(size, -1, dtype=np.int64)
    heap: list[tuple[int, int, int]] = []
    edges = sorted({0, size, *(one[0] for one in opening), *(one[3] for one in opening)})
    at = 0
    for low, high in pairwise(edges):
        while at < len(opening) and opening[at][0] <= low:
            _, count, number, end = opening[at]
            heapq.heappush(heap, (count, number, end))
            at += 1
        while heap and heap[0][2] <= low:
            heapq.heappop(heap)
        if heap:
            least[low:high] = heap[0][1]
    return least
