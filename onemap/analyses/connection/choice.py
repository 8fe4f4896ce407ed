"""Which sites get fibre: trees to the root against what each site would cost without, both weighed together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onemap.analyses.connection.steiner import WeightedGraph, steiner_tree
from onemap.analyses.connection.tree_kernels import FAR, dearest_cut, nearest_sources, orient

__all__ = ["Chosen", "choose", "paths_to_root"]

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_MOST_ROUNDS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A tree and who is on it.

    Attributes
    ----------
    on_tree
        Whether each site is joined by the tree, shape (n,).
    reached
        Whether there is any way from each site to the root.
    edges
        Marks of the edges of the tree, shape (m,).
    cost
        Weight of the tree and of what the other reachable sites cost without it.
    bound
        No tree over all reachable sites weighs less; it says nothing of mixed plans.
    settled
        Whether the search for exchanges ended by itself.
    """

    on_tree: Flags
    reached: Flags
    edges: Flags
    cost: int
    bound: int
    settled: bool


def choose(graph: WeightedGraph, sites: Integers, root: int, *, prize: Integers, budget: int = 50_000_000) -> Chosen:
    """Join sites to the root where that is cheaper than what they cost without.

    Parameters
    ----------
    graph
        Ways with their costs.
    sites
        Nodes of the sites, shape (n,), each once.
    root
        Node of the root.
    prize
        What each site costs without the tree, shape (n,); `FAR` where it must be joined if it can be.
    budget
        Most steps of each search for exchanges.

    Returns
    -------
    chosen
        On the tree that is given no part costs more than its sites would without it, and every other site would cost
        more by its own way to the tree. It never costs more than the tree over all sites that was found, nor than each
        site by itself at the lower of both costs. Beyond that no factor is proven for the mixture; where all sites must
        be joined, it is that of `steiner_tree`.

    References
    ----------
    The prize-collecting Steiner tree; the best cut of a tree is found from its leaves upwards (strong pruning): D. S.
    Johnson, M. Minkoff, S. Phillips, "The prize collecting Steiner tree problem", SODA 2000.

    Examples
    --------
    >>> from onemap.analyses.connection.steiner import weighted_graph
    >>> row = weighted_graph([0, 1, 2], [1, 2, 3], [5, 5, 50], size=4)
    >>> choose(row, np.array([1, 2, 3]), 0, prize=np.array([9, 9, 30])).on_tree
    array([ True,  True, False])
    """
    alone, _, _ = nearest_sources(graph.indptr, graph.head, graph.edge, graph.weight, np.array([root]))
    reached = alone[sites] < FAR
    most = int(graph.weight.sum()) + 1
    prize = np.where(reached, np.minimum(prize, most), 0)
    everyone = reached & (prize > 0)
    cheap = reached & (prize > 0) & (alone[sites] <= prize)
    best: tuple[int, Flags, Flags] | None = None
    bound, settled = 0, True
    for start in (everyone, cheap):
        tree = steiner_tree(graph, np.append(sites[start], root), budget=budget)
        settled &= tree.settled
        if start is everyone:
            bound = tree.bound
        found = _bettered(graph, sites, root, prize=prize, start=(start, _marks(graph, tree.edges)), budget=budget)
        if best is None or found[0] < best[0]:
            best = found
        if (everyone == cheap).all():
            break
    assert best is not None  # noqa: S101
    cost, on_tree, edges = best
    return Chosen(on_tree, reached, edges, cost, bound, settled)


def _bettered(
    graph: WeightedGraph, sites: Integers, root: int, *, prize: Integers, start: tuple[Flags, Flags], budget: int
) -> tuple[int, Flags, Flags]:
    """Cut off what is too dear and add what is cheap, until nothing changes; give cost, sites and edges."""
    inside, edges = start
    cost, known = _cost(graph, edges, prize, inside), inside
    for _ in range(_MOST_ROUNDS):
        inside, edges = _cut(graph, sites, root, prize=prize, edges=edges)
        more, wider = _grown(graph, sites, root, prize=prize, tree=(inside, edges))
        inside, edges = more, wider
        if (more != known).any():  # else the tree would be that which it began with
            fresh, known = _marks(graph, steiner_tree(graph, np.append(sites[more], root), budget=budget).edges), more
            edges = min(wider, fresh, key=lambda marks: int(graph.weight[marks].sum()))
        now = _cost(graph, edges, prize, inside)
        if now >= cost:
            break
        cost = now
    inside, edges = _cut(graph, sites, root, prize=prize, edges=edges)
    return _cost(graph, edges, prize, inside), inside, edges


def _marks(graph: WeightedGraph, edges: Integers) -> Flags:
    """Mark edges."""
    marks = np.zeros(len(graph.start), dtype=bool)
    marks[edges] = True
    return marks


def _cost(graph: WeightedGraph, edges: Flags, prize: Integers, inside: Flags) -> int:
    """Sum up the tree and the prizes that it leaves out."""
    return int(graph.weight[edges].sum()) + int(prize[~inside].sum())


def _cut(graph: WeightedGraph, sites: Integers, root: int, *, prize: Integers, edges: Flags) -> tuple[Flags, Flags]:
    """Cut off the parts that cost more than their sites would without them; sites that the tree passes join it."""
    order, place, _, up = orient(graph.indptr, graph.head, graph.edge, edges, root)
    worth = np.zeros(graph.size, dtype=np.int64)
    worth[sites] = prize
    stays = dearest_cut((order, up), graph.start, graph.end, graph.weight, worth)
    inside = stays[sites] & (prize > 0) & (place[sites] >= 0)
    return inside, edges & stays[graph.start] & stays[graph.end]


def _grown(
    graph: WeightedGraph, sites: Integers, root: int, *, prize: Integers, tree: tuple[Flags, Flags]
) -> tuple[Flags, Flags]:
    """Add the sites whose own way to the tree is cheaper than what they cost without."""
    inside, edges = tree
    nodes = np.unique(np.concatenate([[root], graph.start[edges], graph.end[edges]]))
    distance, _, via = nearest_sources(graph.indptr, graph.head, graph.edge, graph.weight, nodes)
    added = ~inside & (prize > 0) & (distance[sites] < prize)
    edges = edges.copy()
    for node in sites[added]:
        while via[node] >= 0 and not edges[via[node]]:
            edges[via[node]] = True
            node = graph.start[via[node]] + graph.end[via[node]] - node  # noqa: PLW2901
    return inside | added, edges


def paths_to_root(graph: WeightedGraph, edges: Flags, sites: Integers, root: int) -> list[Integers]:
    """Give the edges from each site to the root along a tree.

    Parameters
    ----------
    graph
        The graph.
    edges
        Marks of the edges of a tree that joins all the sites to the root.
    sites
        Nodes of the sites, shape (n,).
    root
        Node of the root.

    Examples
    --------
    >>> from onemap.analyses.connection.steiner import weighted_graph
    >>> row = weighted_graph([0, 1], [1, 2], [5, 5], size=3)
    >>> paths_to_root(row, np.array([True, True]), np.array([2]), 0)
    [array([1, 0])]
    """
    _, _, _, up = orient(graph.indptr, graph.head, graph.edge, edges, root)
    paths = []
    for node in sites.tolist():
        steps, at = [], node
        while up[at] >= 0:
            steps.append(up[at])
            at = graph.start[up[at]] + graph.end[up[at]] - at
        paths.append(np.array(steps, dtype=np.int64))
    return paths
