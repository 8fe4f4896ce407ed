"""Among allotments of equal cost the first by rule: rings of moves that cost nothing.

An allotment found by shortest ways leaves prices; every other one of the same cost uses only pairs whose cost and price
make up what the demand is worth, and leaves room only where the price is zero. So a demand can have an earlier of its
pairs if the one too many there can be passed on, at no cost, to where it has left.
"""

from __future__ import annotations

import numba
import numpy as np

from onemap.analyses.sharing.allotment_kernel import enter, leave, slots_of

__all__ = ["first_of_equals"]


@numba.njit(cache=True, nogil=True)
def first_of_equals(pairs, room, without, found):  # type: ignore[no-untyped-def]
    """Among the allotments of equal cost take the first: the first demand gets the earliest of its pairs, and so on.

    Parameters
    ----------
    pairs, room, without
        As for `allot_exactly`.
    found
        Its `held`, `worth` and `price`, all demands searched for.

    Returns
    -------
    held
        Supply of each demand, shape (n,).

    Examples
    --------
    Both ways cost the same; the first demand takes what stands first in its list:

    >>> pairs = np.array([0, 2, 4]), np.array([0, 1, 0, 1]), np.array([5, 5, 5, 5])
    >>> found = np.array([1, 0]), np.array([5, 5]), np.array([0, 0])
    >>> first_of_equals(pairs, np.array([1, 1]), 100, found)
    array([0, 1])
    """
    start, to, cost = pairs
    given, worth, price = found
    held = given.copy()
    demands, supplies = held.shape[0], room.shape[0]
    slots = slots_of(to, room)
    for demand in range(demands):
        if held[demand] >= 0:
            enter(slots, held[demand], demand)
    back = _turned(pairs, supplies)
    tail = supplies  # stands for "without" and for room that is left
    onward = np.full(supplies + 1, -1, dtype=np.int64)
    backward = np.full(supplies + 1, -1, dtype=np.int64)
    for demand in range(demands):
        for pair in range(start[demand], start[demand + 1]):
            supply = to[pair]
            if supply == held[demand]:
                break
            if cost[pair] + price[supply] != worth[demand]:
                continue
            graph = (pairs, back, slots, room)
            if _rotate(graph, (held, worth, price, without), (demand, supply, tail), (onward, backward)):
                break
    return held


@numba.njit(cache=True, nogil=True)
def _turned(pairs, supplies):  # type: ignore[no-untyped-def]
    """List the pairs by supply: where those of each start, the demand and the cost."""
    start, to, cost = pairs
    first = np.zeros(supplies + 1, dtype=np.int64)
    for pair in range(to.shape[0]):
        first[to[pair] + 1] += 1
    for supply in range(supplies):
        first[supply + 1] += first[supply]
    place = first[:-1].copy()
    demand_of = np.empty(to.shape[0], dtype=np.int64)
    cost_of = np.empty(to.shape[0], dtype=np.int64)
    for demand in range(start.shape[0] - 1):
        for pair in range(start[demand], start[demand + 1]):
            slot = place[to[pair]]
            demand_of[slot], cost_of[slot] = demand, cost[pair]
            place[to[pair]] += 1
    return first, demand_of, cost_of


@numba.njit(cache=True, nogil=True)
def _rotate(graph, state, wish, scratch):  # type: ignore[no-untyped-def]
    """Move a demand to another supply at no cost, if there is a ring of moves that lets it; demands before it stay."""
    slots = graph[2]
    held = state[0]
    demand, supply, tail = wish
    onward, backward = scratch
    left = held[demand] if held[demand] >= 0 else tail
    seen = [np.int64(supply)]
    onward[supply] = demand
    _spread(graph, state, (demand, left, tail), onward, seen)
    known = [np.int64(left)]
    backward[left] = demand
    done = onward[left] >= 0
    if not done and onward[tail] >= 0:
        done = _gather(graph, state, (demand, left, tail), backward, known)
    if done:
        moves = [(np.int64(demand), np.int64(supply))]
        node = left
        if onward[left] < 0:
            node = tail
            _follow_back(backward, (left, tail), moves)
        _follow_on(held, onward, (node, supply, tail), moves)
        for one, _ in moves:
            if held[one] >= 0:
                leave(slots, held[one], one)
        for one, new in moves:
            held[one] = new if new != tail else -1
            if new != tail:
                enter(slots, new, one)
    for node in seen:
        onward[node] = -1
    onward[tail] = -1
    onward[left] = -1
    for node in known:
        backward[node] = -1
    backward[tail] = -1
    return done


_TAIL_MARK = 1 << 62  # a supply gives back to, or takes from, the room that is left: no demand moves


@numba.njit(cache=True, nogil=True)
def _spread(graph, state, aim, onward, seen):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Mark all that a demand too many can be passed on to, until it is where one has left."""
    _, _, (first, used, who), room = graph
    _, worth, _, without = state
    demand, left, tail = aim
    number = 0
    while number < len(seen) and onward[left] < 0:
        supply = seen[number]
        number += 1
        if onward[tail] < 0 and used[supply] < room[supply]:
            onward[tail] = _TAIL_MARK + supply
        for slot in range(first[supply], first[supply] + used[supply]):
            one = who[slot]
            if one <= demand:  # what was settled before stays
                continue
            if onward[tail] < 0 and worth[one] == without:
                onward[tail] = one
            _mark_equals(graph[0], state, one, onward, seen)


@numba.njit(cache=True, nogil=True)
def _mark_equals(pairs, state, one, onward, seen):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Mark the supplies that a demand could hold at the same cost."""
    start, to, cost = pairs
    _, worth, price, _ = state
    for pair in range(start[one], start[one + 1]):
        other = to[pair]
        if onward[other] < 0 and cost[pair] + price[other] == worth[one]:
            onward[other] = one
            seen.append(np.int64(other))


@numba.njit(cache=True, nogil=True)
def _gather(graph, state, aim, backward, known):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Mark all from which one can be passed on to the supply that lost one; tell whether the tail is among them."""
    _, (first, demand_of, cost_of), (_, used, _), _ = graph
    held, worth, price, _ = state
    demand, _, tail = aim
    number = 0
    while number < len(known):
        supply = known[number]
        number += 1
        if price[supply] == 0 and used[supply] > 0:
            backward[tail] = _TAIL_MARK + supply
            return True
        for slot in range(first[supply], first[supply + 1]):
            one = demand_of[slot]
            if one <= demand or held[one] == supply or cost_of[slot] + price[supply] != worth[one]:
                continue
            if held[one] < 0:
                backward[tail] = one * (tail + 1) + supply
                return True
            if backward[held[one]] < 0:
                backward[held[one]] = one * (tail + 1) + supply
                known.append(np.int64(held[one]))
    return False


@numba.njit(cache=True, nogil=True)
def _follow_on(held, onward, ends, moves):  # type: ignore[no-untyped-def]
    """List the moves from the supply that gets one too many to a node."""
    node, supply, _ = ends
    while node != supply:
        one = onward[node]
        if one >= _TAIL_MARK:
            node = one - _TAIL_MARK
            continue
        moves.append((np.int64(one), np.int64(node)))
        node = held[one]


@numba.njit(cache=True, nogil=True)
def _follow_back(backward, ends, moves):  # type: ignore[no-untyped-def]
    """List the moves from the tail to the supply that one has left."""
    left, tail = ends
    node = tail
    while node != left:
        step = backward[node]
        if step >= _TAIL_MARK:
            node = step - _TAIL_MARK
            continue
        one, supply = step // (tail + 1), step % (tail + 1)
        moves.append((np.int64(one), np.int64(supply)))
        node = supply
