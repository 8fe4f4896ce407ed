"""Better Steiner trees by exchange: a path between two branchings, or a branching, for something cheaper."""

from __future__ import annotations

import numba
import numpy as np

from onemap.analyses.connection.tree_kernels import FAR, heap_pop, heap_push, orient

__all__ = ["improve"]

_MOST_PARTS = 8  # a branching with more arms is left as it is


@numba.njit(cache=True, nogil=True)
def improve(graph, chosen, terminal, root, budget):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Exchange parts of a tree until nothing is cheaper, or the budget of steps over nodes is spent.

    `graph` is (indptr, head, edge, start, end, weight); `chosen` marks the edges of the tree and is changed. Gives the
    steps that were taken: at most the budget where it ended by itself.
    """
    indptr, head, edge, start, end, _ = graph
    count = len(indptr) - 1
    room = len(head) + count + 1
    # The last number counts searches: a mark from an earlier one is no mark.
    work = (
        np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64),
        np.zeros(count, np.int64), np.empty(room, np.int64), np.empty(room, np.int64), np.zeros(2, np.int64),
    )  # fmt: skip
    better = True
    while better and work[7][1] < budget:
        better = False
        tried = np.zeros(count, np.bool_)
        changed = True
        while changed and work[7][1] < budget:
            changed = False
            order, place, last, up = orient(indptr, head, edge, chosen, root)
            degree = _degrees(order, up, start, end, count)
            work[7][1] += len(order)
            for at in range(len(order) - 1, 0, -1):
                node = order[at]
                if tried[node] or not (terminal[node] or degree[node] > 2):
                    continue
                if work[7][1] >= budget:
                    break
                tried[node] = True
                tree = (order, place, last, up, degree)
                changed = _exchange(graph, chosen, terminal, tree, node, work)
                if changed:
                    better = True
                    break
    return work[7][1]


@numba.njit(cache=True, nogil=True)
def _degrees(order, up, start, end, count):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Count the edges of the tree at each node."""
    degree = np.zeros(count, np.int64)
    for node in order[1:]:
        degree[start[up[node]]] += 1
        degree[end[up[node]]] += 1
    return degree


@numba.njit(cache=True, nogil=True)
def _exchange(graph, chosen, terminal, tree, node, work):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Try the path above a node, then, if it is a mere branching, the node with all its paths."""
    roots = np.empty(_MOST_PARTS, np.int64)
    roots[0] = node
    top, cost = _climb(graph, terminal, tree, node)
    if _reconnect(graph, chosen, tree, (roots[:1], top, cost), work):
        return True
    if terminal[node]:
        return False
    indptr, head, edge = graph[:3]
    up = tree[3]
    parts = 0
    for arc in range(indptr[node], indptr[node + 1]):
        if chosen[edge[arc]] and edge[arc] != up[node]:
            if parts == _MOST_PARTS:
                return False
            low, path_cost = _descend(graph, chosen, terminal, tree, (head[arc], edge[arc]))
            roots[parts] = low
            cost += path_cost
            parts += 1
    return _reconnect(graph, chosen, tree, (roots[:parts], top, cost), work)


@numba.njit(cache=True, nogil=True)
def _climb(graph, terminal, tree, node):  # type: ignore[no-untyped-def]
    """Follow the path above a node: the last node before the next key node, and the cost up to that."""
    start, end, weight = graph[3:]
    up, degree = tree[3], tree[4]
    cost = np.int64(0)
    while True:
        cost += weight[up[node]]
        above = start[up[node]] + end[up[node]] - node
        if terminal[above] or degree[above] > 2 or up[above] < 0:
            return node, cost
        node = above


@numba.njit(cache=True, nogil=True)
def _descend(graph, chosen, terminal, tree, first):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Follow a path downwards to the next key node: that, and the cost."""
    indptr, head, edge = graph[:3]
    weight, degree, up = graph[5], tree[4], tree[3]
    node, step = first
    cost = weight[step]
    while not terminal[node] and degree[node] == 2:
        for arc in range(indptr[node], indptr[node + 1]):
            if chosen[edge[arc]] and edge[arc] != up[node]:
                cost += weight[edge[arc]]
                node = head[arc]
                break
    return node, cost


@numba.njit(cache=True, nogil=True)
def _reconnect(graph, chosen, tree, cut, work):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Join the parts below `roots` to the rest for less than what is cut costs; change the tree if that can be."""
    roots, top, cost = cut
    count = len(roots)
    best = np.full((count + 1, count + 1), FAR, np.int64)
    by_edge = np.full((count + 1, count + 1), -1, np.int64)
    by_node = np.full((count + 1, count + 1), -1, np.int64)
    _search(graph, tree, cut, work, (best, by_edge, by_node))
    # The least tree over the parts, from the rest on.
    joined = np.zeros(count + 1, np.bool_)
    joined[count] = True
    pairs = np.empty((count, 2), np.int64)
    total = np.int64(0)
    for turn in range(count):
        low = FAR
        for one in range(count + 1):
            for other in range(count + 1):
                if joined[one] and not joined[other] and best[one, other] < low:
                    low = best[one, other]
                    pairs[turn] = (one, other)
        if low == FAR:
            return False
        total += low
        joined[pairs[turn, 1]] = True
    if total >= cost:
        return False
    _cut_out(graph, chosen, tree, roots, top)
    start, end = graph[3], graph[4]
    for turn in range(count):
        one, other = pairs[turn]
        step = by_edge[one, other]
        chosen[step] = True
        near = by_node[one, other]
        _walk(graph, chosen, work, near)
        far = start[step] + end[step] - near
        if count not in (one, other):
            _walk(graph, chosen, work, far)
    return True


@numba.njit(cache=True, nogil=True)
def _cut_out(graph, chosen, tree, roots, top):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Take the paths between the parts and the rest out of the tree."""
    start, end = graph[3], graph[4]
    up = tree[3]
    for node in roots:
        while chosen[up[node]]:
            step = up[node]
            chosen[step] = False
            if node == top:
                break
            node = start[step] + end[step] - node  # noqa: PLW2901


@numba.njit(cache=True, nogil=True)
def _walk(graph, chosen, work, node):  # type: ignore[no-untyped-def]
    """Put the way back from a node to its part into the tree."""
    start, end = graph[3], graph[4]
    via = work[3]
    while via[node] >= 0:
        step = via[node]
        chosen[step] = True
        node = start[step] + end[step] - node


@numba.njit(cache=True, nogil=True)
def _search(graph, tree, cut, work, found):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Look round the parts for the cheapest ways between them and to the rest, cheaper than what is cut."""
    indptr, head, edge, _, _, weight = graph
    order, place, last = tree[:3]
    roots, top, cost = cut
    mark, distance, label, via, done, keys, nodes, counters = work
    counters[0] += 1
    turn = counters[0]
    size = 0
    for part in range(len(roots)):
        for at in range(place[roots[part]], last[roots[part]]):
            node = order[at]
            mark[node], distance[node], label[node], via[node] = turn, 0, part, -1
            size = heap_push(keys, nodes, size, 0, node)
    counters[1] += size
    rest = len(roots)
    from_place, to_place = place[top], last[top]
    while size > 0 and keys[0] < cost:
        size = heap_pop(keys, nodes, size)
        node = nodes[size]
        if done[node] == turn:
            continue
        done[node] = turn
        counters[1] += 1
        for arc in range(indptr[node], indptr[node + 1]):
            other, step = head[arc], edge[arc]
            reached = distance[node] + weight[step]
            if place[other] >= 0 and not from_place <= place[other] < to_place:
                _note(found, label[node], rest, reached, (step, node))
            elif mark[other] == turn and done[other] == turn and label[other] != label[node]:
                _note(found, label[node], label[other], reached + distance[other], (step, node))
            elif reached < cost and (mark[other] != turn or reached < distance[other]):
                mark[other], distance[other], label[other], via[other] = turn, reached, label[node], step
                size = heap_push(keys, nodes, size, reached, other)


@numba.njit(cache=True, nogil=True)
def _note(found, one, other, cost, way):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Keep the cheapest way between two parts."""
    best, by_edge, by_node = found
    if cost < best[one, other]:
        best[one, other] = best[other, one] = cost
        by_edge[one, other] = by_edge[other, one] = way[0]
        by_node[one, other] = by_node[other, one] = way[1]
