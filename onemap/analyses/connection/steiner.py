"""Trees that join places at least cost over a graph: at most twice the least, better by exchange, exact where small.

Weights are whole numbers, so that sums do not depend on their order, ties are ties, and a tree is the same on every
machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from onemap.analyses.connection.tree_exchange import improve
from onemap.analyses.connection.tree_kernels import (
    FAR,
    heap_pop,
    heap_push,
    kept_edges,
    nearest_sources,
    trace_back,
)

__all__ = ["SteinerTree", "WeightedGraph", "exact_tree", "steiner_tree", "weighted_graph"]

Integers = NDArray[np.int64]

_LARGEST = 2**52
"""Largest sum of all weights: ways and sums of ways stay whole numbers far below the largest there is."""

_MOST_EXACT = 14


@dataclass(frozen=True, slots=True, eq=False)
class WeightedGraph:
    """An undirected graph; of edges between the same nodes only the cheapest is walked, the first of equal ones.

    Attributes
    ----------
    start, end, weight
        All edges as given, shape (m,).
    walked
        The edges that are walked, rising.
    indptr, head, edge
        Arcs of each node, ordered by their heads: node i's are those from indptr[i] to indptr[i + 1]; where they lead,
        and the edge.
    """

    start: Integers
    end: Integers
    weight: Integers
    walked: Integers
    indptr: Integers
    head: Integers
    edge: Integers

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1


@dataclass(frozen=True, slots=True, eq=False)
class SteinerTree:
    """A tree over terminals.

    Attributes
    ----------
    edges
        Positions of its edges, rising.
    weight
        Their sum.
    bound
        No tree weighs less than this.
    settled
        False where the search for exchanges was cut off by its budget.
    """

    edges: Integers
    weight: int
    bound: int
    settled: bool


def weighted_graph(start: ArrayLike, end: ArrayLike, weight: ArrayLike, *, size: int) -> WeightedGraph:
    """Make a graph.

    Parameters
    ----------
    start, end
        Nodes of each edge, shape (m,), from 0 to size - 1. An edge from a node to itself is never walked.
    weight
        Whole numbers from 0 on, shape (m,).
    size
        Number of nodes.

    Raises
    ------
    ValueError
        If a weight is negative, or all together are 2^52 or more.

    Examples
    --------
    >>> weighted_graph([0, 1, 0], [1, 0, 0], [5, 3, 1], size=2).edge
    array([1, 1])
    """
    start, end, weight = (np.ascontiguousarray(one, dtype=np.int64) for one in (start, end, weight))
    if len(weight) and (weight.min() < 0 or weight.astype(float).sum() >= _LARGEST):
        msg = f"weights must be at least 0 and less than 2^52 in all, got {weight.min()} to {weight.max()}"
        raise ValueError(msg)
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((np.arange(len(start)), weight, high, low))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (low[order][1:] != low[order][:-1]) | (high[order][1:] != high[order][:-1])
    kept = order[first & (low[order] != high[order])]
    tail = np.concatenate([start[kept], end[kept]])
    head = np.concatenate([end[kept], start[kept]])
    order = np.lexsort((head, tail))
    indptr = np.searchsorted(tail[order], np.arange(size + 1)).astype(np.int64)
    return WeightedGraph(start, end, weight, np.sort(kept), indptr, head[order], np.concatenate([kept, kept])[order])


def steiner_tree(
    graph: WeightedGraph, terminals: ArrayLike, *, budget: int = 50_000_000, exact_work: int = 20_000_000
) -> SteinerTree:
    """Join terminals by a tree that weighs at most twice the least, then exchange parts while that helps.

    Parameters
    ----------
    graph
        The graph.
    terminals
        Nodes to be joined, shape (k,).
    budget
        Most steps of the search for exchanges; a step takes some tenths of a microsecond. Steps are counted, not
        seconds: the tree does not depend on the machine.
    exact_work
        The tree is that of `exact_tree` where n (3^(k-1) + 16 2^(k-1)) is at most this, n being the number of nodes.

    Returns
    -------
    tree
        Weighs at most 2 (1 - 1/k) times the least.

    Raises
    ------
    ValueError
        If the terminals are in several pieces of the graph.

    References
    ----------
    K. Mehlhorn, "A faster approximation algorithm for the Steiner problem in graphs", Inf. Proc. Lett. 27 (1988): the
    tree of ways between neighbouring regions is a least spanning tree of all distances between terminals, which gives
    both the factor and the bound. E. Uchoa, R. Werneck, "Fast local search for the Steiner problem in graphs", J. Exp.
    Algorithmics 17 (2012): exchange of key paths and elimination of key vertices.

    Examples
    --------
    A star is cheaper than the triangle round it:

    >>> star = weighted_graph([0, 1, 2, 0, 0, 1], [3, 3, 3, 1, 2, 2], [5, 5, 5, 9, 9, 9], size=4)
    >>> tree = steiner_tree(star, [0, 1, 2])
    >>> tree.edges, tree.weight
    (array([0, 1, 2]), 15)
    """
    ends = np.unique(np.asarray(terminals, dtype=np.int64))
    chosen = np.zeros(len(graph.start), dtype=bool)
    if len(ends) <= _MOST_EXACT and graph.size * (3 ** (len(ends) - 1) + 16 * 2 ** (len(ends) - 1)) <= exact_work:
        return exact_tree(graph, ends)
    if len(ends) < 2:
        return SteinerTree(np.empty(0, dtype=np.int64), 0, 0, settled=True)
    bound = _spanned(graph, ends, chosen)
    is_end = np.zeros(graph.size, dtype=bool)
    is_end[ends] = True
    arrays = (graph.indptr, graph.head, graph.edge, graph.start, graph.end, graph.weight)
    spent, least = 0, int(FAR)
    while spent < budget:
        chosen = _tidied(graph, chosen, is_end)
        weight = int(graph.weight[chosen].sum())
        if weight >= least:
            break
        least = weight
        spent += max(int(improve(arrays, chosen, is_end, ends[0], budget - spent)), 1)
    chosen = _tidied(graph, chosen, is_end)
    edges = np.flatnonzero(chosen).astype(np.int64)
    return SteinerTree(edges, int(graph.weight[edges].sum()), bound, settled=spent < budget)


def _spanned(graph: WeightedGraph, ends: Integers, chosen: NDArray[np.bool_]) -> int:
    """Mark the ways of a least spanning tree of the distances between terminals; give the bound that follows."""
    distance, label, via = nearest_sources(graph.indptr, graph.head, graph.edge, graph.weight, ends)
    walked = graph.walked
    one, other = graph.start[walked], graph.end[walked]
    border = walked[(label[one] >= 0) & (label[other] >= 0) & (label[one] != label[other])]
    one, other = graph.start[border], graph.end[border]
    length = distance[one] + graph.weight[border] + distance[other]
    order = np.lexsort((border, length))
    kept = order[kept_edges(label[one][order], label[other][order], len(ends))]
    if len(kept) < len(ends) - 1:
        msg = f"terminals must be in one piece of the graph, got {len(ends) - len(kept)} pieces"
        raise ValueError(msg)
    chosen[border[kept]] = True
    trace_back(graph.start, graph.end, via, chosen, np.concatenate([one[kept], other[kept]]))
    # 2 (1 - 1/k) times the least tree is at least this spanning tree.
    return -(-int(length[kept].sum()) * len(ends) // (2 * (len(ends) - 1)))


def _tidied(graph: WeightedGraph, chosen: NDArray[np.bool_], is_end: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Span the nodes of a tree at least cost, and cut off what leads to no terminal."""
    inside = is_end.copy()
    inside[graph.start[chosen]] = inside[graph.end[chosen]] = True
    walked = graph.walked
    among = walked[inside[graph.start[walked]] & inside[graph.end[walked]]]
    among = among[np.lexsort((among, ~chosen[among], graph.weight[among]))]
    kept = np.sort(among[kept_edges(graph.start[among], graph.end[among], graph.size)])
    while True:
        degree = np.bincount(graph.start[kept], minlength=graph.size)
        degree += np.bincount(graph.end[kept], minlength=graph.size)
        idle = (degree == 1) & ~is_end
        dead = idle[graph.start[kept]] | idle[graph.end[kept]]
        if not dead.any():
            break
        kept = kept[~dead]
    found = np.zeros(len(chosen), dtype=bool)
    found[kept] = True
    return found


def exact_tree(graph: WeightedGraph, terminals: ArrayLike) -> SteinerTree:
    """Join few terminals by the cheapest tree there is.

    Parameters
    ----------
    graph
        The graph, of n nodes.
    terminals
        Nodes to be joined, shape (k,): time grows with n 3^k, memory is 24 n 2^k bytes.

    Raises
    ------
    ValueError
        If the terminals are in several pieces of the graph.

    References
    ----------
    S. E. Dreyfus, R. A. Wagner, "The Steiner problem in graphs", Networks 1 (1971), with the shortest ways of each set
    by one search (R. E. Erickson, C. L. Monma, A. F. Veinott, 1987).

    Examples
    --------
    >>> star = weighted_graph([0, 1, 2, 0, 0, 1], [3, 3, 3, 1, 2, 2], [5, 5, 5, 9, 9, 9], size=4)
    >>> exact_tree(star, [0, 1, 2]).weight
    15
    """
    ends = np.unique(np.asarray(terminals, dtype=np.int64))
    if len(ends) < 2:
        return SteinerTree(np.empty(0, dtype=np.int64), 0, 0, settled=True)
    arrays = (graph.indptr, graph.head, graph.edge, graph.start, graph.end, graph.weight)
    chosen = np.zeros(len(graph.start), dtype=np.bool_)
    least = int(_dreyfus_wagner(arrays, ends[1:], ends[0], chosen))
    if least >= FAR:
        msg = "terminals must be in one piece of the graph, got several"
        raise ValueError(msg)
    edges = np.flatnonzero(chosen).astype(np.int64)
    return SteinerTree(edges, int(graph.weight[edges].sum()), least, settled=True)


@numba.njit(cache=True, nogil=True)
def _dreyfus_wagner(graph, ends, root, chosen):  # type: ignore[no-untyped-def]
    """Find the least tree over each set of terminals and each node; mark the edges of that over all and the root."""
    start, end = graph[3], graph[4]
    count, sets = len(graph[0]) - 1, 1 << len(ends)
    least = np.full((sets, count), FAR, np.int64)
    via = np.full((sets, count), -1, np.int64)  # an edge, or -2 minus the set that is joined here
    heap = (np.empty(len(graph[1]) + count + 1, np.int64), np.empty(len(graph[1]) + count + 1, np.int64))
    for place in range(len(ends)):
        least[1 << place, ends[place]] = 0
    for every in range(1, sets):
        _join_sets(least, via, every)
        _spread(graph, least[every], via[every], heap)
    if least[sets - 1, root] >= FAR:
        return FAR
    stack = [(sets - 1, root)]
    while len(stack) > 0:
        every, node = stack.pop()
        step = via[every, node]
        if step >= 0:
            chosen[step] = True
            stack.append((every, start[step] + end[step] - node))
        elif step < -1:
            stack.append((-2 - step, node))
            stack.append((every ^ (-2 - step), node))
    return least[sets - 1, root]


@numba.njit(cache=True, nogil=True)
def _join_sets(least, via, every):  # type: ignore[no-untyped-def]
    """Join the trees of two parts of a set at each node."""
    some = (every - 1) & every
    while 2 * some > every:
        for node in range(least.shape[1]):
            joined = least[some, node] + least[every ^ some, node]
            if joined < least[every, node]:
                least[every, node] = joined
                via[every, node] = -2 - some
        some = (some - 1) & every


@numba.njit(cache=True, nogil=True)
def _spread(graph, least, via, heap):  # type: ignore[no-untyped-def]
    """Carry the trees of one set along the edges."""
    indptr, head, edge, _, _, weight = graph
    keys, nodes = heap
    size = 0
    for node in range(len(least)):
        if least[node] < FAR:
            size = heap_push(keys, nodes, size, least[node], node)
    while size > 0:
        size = heap_pop(keys, nodes, size)
        key, node = keys[size], nodes[size]
        if key > least[node]:
            continue
        for arc in range(indptr[node], indptr[node + 1]):
            reached = key + weight[edge[arc]]
            if reached < least[head[arc]]:
                least[head[arc]] = reached
                via[head[arc]] = edge[arc]
                size = heap_push(keys, nodes, size, reached, head[arc])
