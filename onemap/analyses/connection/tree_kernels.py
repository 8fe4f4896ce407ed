"""Loops over a graph of whole-number weights: nearest terminals, spanning trees, pruning; ties by the numbers."""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["FAR", "dearest_cut", "heap_pop", "heap_push", "kept_edges", "nearest_sources", "orient", "trace_back"]

FAR = np.int64(2**61)
"""Farther than any way; the sum of two is a number still."""


@numba.njit(cache=True, nogil=True)
def heap_push(keys, nodes, size, key, node):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Put a node on a heap ordered by key, then node; give the new size."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if keys[above] < key or (keys[above] == key and nodes[above] <= node):
            break
        keys[at] = keys[above]
        nodes[at] = nodes[above]
        at = above
    keys[at] = key
    nodes[at] = node
    return size + 1


@numba.njit(cache=True, nogil=True)
def heap_pop(keys, nodes, size):  # type: ignore[no-untyped-def]
    """Take the first off the heap; what was first is left behind the end. Give the new size."""
    first_key, first_node = keys[0], nodes[0]
    size -= 1
    key, node = keys[size], nodes[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        other = below + 1
        if other < size and (keys[other] < keys[below] or (keys[other] == keys[below] and nodes[other] < nodes[below])):
            below = other
        if key < keys[below] or (key == keys[below] and node <= nodes[below]):
            break
        keys[at] = keys[below]
        nodes[at] = nodes[below]
        at = below
    keys[at] = key
    nodes[at] = node
    keys[size] = first_key
    nodes[size] = first_node
    return size


@numba.njit(cache=True, nogil=True)
def nearest_sources(indptr, head, edge, weight, sources):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give for each node the distance to its nearest source, which one, and the edge that leads there (-1: none)."""
    count = len(indptr) - 1
    distance = np.full(count, FAR, np.int64)
    label = np.full(count, -1, np.int64)
    via = np.full(count, -1, np.int64)
    done = np.zeros(count, np.bool_)
    keys = np.empty(len(head) + len(sources) + 1, np.int64)
    nodes = np.empty(len(keys), np.int64)
    size = 0
    for place in range(len(sources)):
        node = sources[place]
        if label[node] < 0:
            distance[node] = 0
            label[node] = place
            size = heap_push(keys, nodes, size, 0, node)
    while size > 0:
        size = heap_pop(keys, nodes, size)
        node = nodes[size]
        if done[node]:
            continue
        done[node] = True
        for arc in range(indptr[node], indptr[node + 1]):
            other = head[arc]
            reached = distance[node] + weight[edge[arc]]
            if reached < distance[other]:
                distance[other] = reached
                label[other] = label[node]
                via[other] = edge[arc]
                size = heap_push(keys, nodes, size, reached, other)
    return distance, label, via


@numba.njit(cache=True, nogil=True)
def _find(parent, one):  # type: ignore[no-untyped-def]
    """Find who stands for a set."""
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one


@numba.njit(cache=True, nogil=True)
def kept_edges(first, second, count):  # type: ignore[no-untyped-def]
    """Tell which edges, tried in their order, join what is not joined yet."""
    parent = np.arange(count)
    kept = np.zeros(len(first), np.bool_)
    for place in range(len(first)):
        one, other = _find(parent, first[place]), _find(parent, second[place])
        if one != other:
            parent[max(one, other)] = min(one, other)
            kept[place] = True
    return kept


@numba.njit(cache=True, nogil=True)
def trace_back(start, end, via, chosen, ends):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Mark the edges on the ways from nodes back to their sources."""
    for node in ends:
        while via[node] >= 0 and not chosen[via[node]]:
            step = via[node]
            chosen[step] = True
            node = start[step] + end[step] - node  # noqa: PLW2901


@numba.njit(cache=True, nogil=True)
def orient(indptr, head, edge, chosen, root):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Walk a tree from its root: order, place in it (-1: not in the tree), end of the part below, edge upwards."""
    count = len(indptr) - 1
    order = np.empty(count, np.int64)
    place = np.full(count, -1, np.int64)
    last = np.zeros(count, np.int64)
    up = np.full(count, -1, np.int64)
    stack = np.empty(count + 1, np.int64)
    arcs = np.empty(count + 1, np.int64)
    order[0], place[root] = root, 0
    stack[0], arcs[0] = root, indptr[root]
    depth, size = 1, 1
    while depth > 0:
        node = stack[depth - 1]
        arc = arcs[depth - 1]
        if arc == indptr[node + 1]:
            last[node] = size
            depth -= 1
            continue
        arcs[depth - 1] += 1
        other = head[arc]
        if chosen[edge[arc]] and place[other] < 0:
            place[other] = size
            order[size] = other
            up[other] = edge[arc]
            size += 1
            stack[depth] = other
            arcs[depth] = indptr[other]
            depth += 1
    return order[:size], place, last, up


@numba.njit(cache=True, nogil=True)
def dearest_cut(tree, start, end, weight, prize):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Tell which nodes of a tree stay when what costs more than the prizes behind it is cut off.

    `tree` is (order, up) of `orient`. Exact on the tree: a part stays if its prizes are at least the cost of its edges,
    parts of parts weighed likewise.
    """
    order, up = tree
    worth = prize.copy()
    for place in range(len(order) - 1, 0, -1):
        node = order[place]
        gain = worth[node] - weight[up[node]]
        if worth[node] > 0 and gain >= 0:
            above = start[up[node]] + end[up[node]] - node
            worth[above] = min(worth[above] + gain, FAR // 4)
    stays = np.zeros(len(prize), np.bool_)
    stays[order[0]] = True
    for place in range(1, len(order)):
        node = order[place]
        above = start[up[node]] + end[up[node]] - node
        stays[node] = stays[above] and worth[node] > 0 and worth[node] >= weight[up[node]]
    return stays
