"""Two ways that share neither a cable nor a trench, or the cut that prevents them.

Links that lie in one trench fall together, so that ways must differ in trenches, not only in cables. Whether two such
ways exist is hard to tell in general; a way and what is left without its trenches settles most networks, the rest is
decided exactly by integer programming.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import breadth_first_order, dijkstra, maximum_flow

from onemap.analyses.routes.network import CableNetwork

__all__ = ["DisjointRoutes", "disjoint_routes"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DisjointRoutes:
    """What there is between two nodes.

    Attributes
    ----------
    edge_disjoint
        Most ways of which no two share a link.
    cut
        A smallest set of links whose loss parts the two nodes, as many as `edge_disjoint`, ordered.
    routes
        Two ways that share neither a link nor a trench, each as links in order from the first node; else none. The
        first found, not always the shortest two.
    trench_cut
        Links of one trench, or the one link, whose loss parts the two nodes; none where no single place does.
    """

    edge_disjoint: int
    cut: tuple[int, ...]
    routes: tuple[tuple[int, ...], ...]
    trench_cut: tuple[int, ...]


def disjoint_routes(
    network: CableNetwork,
    ends: tuple[str, str],
    together: Sequence[tuple[Integers, int]] = (),
    *,
    operator: str | None = None,
) -> DisjointRoutes:
    """Find two ways between nodes that share neither a link nor a trench, or what prevents them.

    Parameters
    ----------
    network
        Of `cable_network`.
    ends
        Ids of two nodes.
    together
        Of `trenches`: links that fall together.
    operator
        Whose cables to use; None for all.

    Returns
    -------
    found
        Ways and cuts, as positions of links in the network.

    Raises
    ------
    ValueError
        If a node is not in the network, or both are one.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from onemap.analyses.routes.network import cable_network
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> ways = [shapely.LineString([(75, 39), (75.1, 39)]), shapely.LineString([(75, 39), (75.05, 39.1), (75.1, 39)])]
    >>> laid = lay_cables(gpd.GeoDataFrame({"cable_id": ["A", "B"]}, geometry=ways, crs="EPSG:4490"))
    >>> disjoint_routes(cable_network(laid, {}), ("N00001", "N00002"))
    DisjointRoutes(edge_disjoint=2, cut=(0, 1), routes=((0,), (1,)), trench_cut=())
    """
    places = [np.flatnonzero(network.nodes["node_id"].eq(end).to_numpy(dtype=bool)) for end in ends]
    if not all(len(place) for place in places) or ends[0] == ends[1]:
        msg = f"ends must be two nodes of the network, got {ends[0]} and {ends[1]}"
        raise ValueError(msg)
    graph = _Graph(network, operator, int(places[0][0]), int(places[1][0]))
    flow, cut = graph.most_flow()
    groups = [graph.mine(links) for links, _ in together]
    groups = [links for links in groups if len(links) > 1]
    if flow == 0:
        return DisjointRoutes(0, (), (), ())
    single = [cut] if flow == 1 else groups
    trench = next((links for links in single if not graph.joined(links)), np.empty(0, np.int64))
    ways = () if len(trench) else graph.two_ways(groups)
    return DisjointRoutes(flow, graph.named(cut), tuple(graph.named(way) for way in ways), graph.named(trench))


class _Graph:
    """The links of an operator between two nodes."""

    def __init__(self, network: CableNetwork, operator: str | None, source: int, target: int) -> None:
        whole = network.start != network.end
        self.links = np.flatnonzero(whole if operator is None else whole & (network.operator == operator))
        self.start, self.end = network.start[self.links], network.end[self.links]
        self.length_m = np.maximum((network.to_m - network.from_m)[self.links], 1e-3)
        self.size, self.source, self.target = len(network.nodes), source, target

    def named(self, own: Integers) -> tuple[int, ...]:
        """Give links as positions in the network."""
        return tuple(int(link) for link in self.links[np.asarray(own, dtype=np.int64)])

    def mine(self, links: Integers) -> Integers:
        """Give those of some links that are here, as positions here."""
        at = np.searchsorted(self.links, links)
        at = np.minimum(at, max(len(self.links) - 1, 0))
        return at[self.links[at] == links] if len(self.links) else at[:0]

    def most_flow(self) -> tuple[int, Integers]:
        """Give the number of ways without a common link, and a smallest cut."""
        tails, heads = np.concatenate([self.start, self.end]), np.concatenate([self.end, self.start])
        ones = np.ones(len(tails), dtype=np.int32)
        links: Any = sp.coo_array((ones, (tails, heads)), shape=(self.size, self.size))
        capacity = links.tocsr()
        found = maximum_flow(capacity, self.source, self.target)
        left = capacity - found.flow
        left.data = np.maximum(left.data, 0)
        left.eliminate_zeros()
        inside = np.zeros(self.size, dtype=bool)
        inside[breadth_first_order(left, self.source, return_predecessors=False)] = True
        return int(found.flow_value), np.flatnonzero(inside[self.start] != inside[self.end])

    def joined(self, without: Integers) -> bool:
        """Tell whether the two nodes stay joined without some links."""
        return self.shortest(np.isin(np.arange(len(self.links)), without)) is not None

    def shortest(self, closed: NDArray[np.bool_]) -> Integers | None:
        """Give the shortest way over links that are not closed; None if there is none."""
        usable = np.flatnonzero(~closed)
        usable = usable[np.argsort(-self.length_m[usable], kind="stable")]
        # Of several links between two nodes the last, the shortest, stays.
        key = {}
        for link in usable.tolist():
            a, b = int(self.start[link]), int(self.end[link])
            key[min(a, b), max(a, b)] = link
        if not key:
            return None
        kept = np.array(list(key.values()))
        shape = (self.size, self.size)
        graph: Any = sp.csr_array((self.length_m[kept], (self.start[kept], self.end[kept])), shape=shape)
        far, before = dijkstra(graph, directed=False, indices=np.array([self.source]), return_predecessors=True)
        far, before = far[0], before[0]
        if not np.isfinite(far[self.target]):
            return None
        way, at = [], self.target
        while at != self.source:
            back = int(before[at])
            way.append(key[min(at, back), max(at, back)])
            at = back
        return np.array(way[::-1], dtype=np.int64)

    def two_ways(self, groups: Sequence[Integers]) -> tuple[Integers, ...]:
        """Give two ways without a common link or trench; none if there are none."""
        first = self.shortest(np.zeros(len(self.links), dtype=bool))
        if first is None:
            return ()
        closed = np.zeros(len(self.links), dtype=bool)
        closed[first] = True
        for group in groups:
            closed[group] |= bool(np.isin(group, first).any())
        second = self.shortest(closed)
        return (first, second) if second is not None else self._solved(groups)

    def _solved(self, groups: Sequence[Integers]) -> tuple[Integers, ...]:
        """Decide by integer programming: arcs of two ways, and trenches that either uses."""
        links, sets = len(self.links), [np.array([link]) for link in range(len(self.links))] + list(groups)
        one = np.ones(links)
        number = np.arange(links)
        leaves = sp.coo_array((one, (self.start, number)), shape=(self.size, links))
        comes = sp.coo_array((one, (self.end, number)), shape=(self.size, links))
        balance = sp.hstack([leaves - comes, comes - leaves])
        rows = np.repeat(np.arange(len(sets)), [len(group) for group in sets])
        member = np.concatenate(sets)
        # u of a set is at least each arc that uses it: one row for each member.
        use = sp.coo_array((np.ones(len(rows)), (np.arange(len(rows)), member)), shape=(len(rows), links))
        held = sp.coo_array((-np.ones(len(rows)), (np.arange(len(rows)), rows)), shape=(len(rows), len(sets)))
        none_x, none_u = sp.coo_array((len(rows), 2 * links)), sp.coo_array((len(rows), len(sets)))
        both = sp.hstack([use, use])
        empty = sp.coo_array((self.size, 2 * links))
        blank = sp.coo_array((self.size, 2 * len(sets)))
        eye = sp.eye_array(len(sets))
        supply = np.zeros(self.size)
        supply[self.source], supply[self.target] = 1.0, -1.0
        constraints = [
            LinearConstraint(sp.csr_array(sp.hstack([balance, empty, blank])), supply, supply),
            LinearConstraint(sp.csr_array(sp.hstack([empty, balance, blank])), supply, supply),
            LinearConstraint(sp.csr_array(sp.hstack([both, none_x, held, none_u])), -np.inf, 0),
            LinearConstraint(sp.csr_array(sp.hstack([none_x, both, none_u, held])), -np.inf, 0),
            LinearConstraint(sp.csr_array(sp.hstack([sp.coo_array((len(sets), 4 * links)), eye, eye])), -np.inf, 1),
        ]
        cost = np.concatenate([np.tile(self.length_m, 4), np.zeros(2 * len(sets))])
        whole = np.concatenate([np.ones(4 * links), np.zeros(2 * len(sets))])
        solved = milp(cost, constraints=constraints, integrality=whole, bounds=Bounds(0, 1))
        if solved.x is None:
            return ()
        used = solved.x[: 4 * links].reshape(2, 2, links).sum(axis=1) > 0.5
        ways = [self.shortest(~mine) for mine in used]
        return tuple(way for way in ways if way is not None)
