"""Cheapest allotment of supplies to demands: shortest ways over a graph of pairs, one demand after another.

All costs are whole numbers, so no rounding decides. A demand may go without at a price above all costs; so as many as
possible are met, and among those ways the cheapest is taken.
"""

from __future__ import annotations

import heapq

import numba
import numpy as np

__all__ = ["allot_exactly"]


@numba.njit(cache=True, nogil=True)
def allot_exactly(pairs, room, without, limit):  # type: ignore[no-untyped-def]
    """Allot by successive shortest ways; what is left when the search has looked at too many pairs goes to the nearest.

    Parameters
    ----------
    pairs
        Tuple of arrays: where the pairs of each demand start, shape (n + 1,), and by pair, cheapest first for each
        demand, the supply and the cost; whole numbers.
    room
        How many demands each supply can take, shape (k,).
    without
        Price of a demand that goes without, above the sum of all costs.
    limit
        How many pairs may be looked at before the rest is done without a search.

    Returns
    -------
    held, worth, price, searched
        Supply of each demand (-1: without); what each demand costs at most and what each supply adds, which together
        bound the cost of every allotment from below; how many demands were searched for.

    Examples
    --------
    Two want the first supply; the one that loses less takes the second:

    >>> pairs = np.array([0, 2, 4]), np.array([0, 1, 0, 1]), np.array([1, 3, 1, 9])
    >>> allot_exactly(pairs, np.array([1, 1]), 100, 1_000)[0]
    array([1, 0])
    """
    start, to, _ = pairs
    demands, supplies = start.shape[0] - 1, room.shape[0]
    held = np.full(demands, -1, dtype=np.int64)
    worth = np.zeros(demands, dtype=np.int64)
    price = np.zeros(supplies, dtype=np.int64)
    slots = slots_of(to, room)
    far = np.full(demands, -1, dtype=np.int64)
    reached = np.full(supplies, -1, dtype=np.int64)
    source = np.full(supplies, -1, dtype=np.int64)
    looked = 0
    searched = demands
    for demand in range(demands):
        if looked > limit:
            searched = demand
            break
        looked += _search(pairs, room, without, demand, (held, worth, price), slots, (far, reached, source))
    for demand in range(searched, demands):
        _take_cheapest(pairs, room, without, demand, (held, worth, price), slots)
    return held, worth, price, searched


@numba.njit(cache=True, nogil=True)
def slots_of(to, room):  # type: ignore[no-untyped-def]
    """Make the lists of who holds a supply: where each starts, how many, who."""
    degree = np.zeros(room.shape[0], dtype=np.int64)
    for pair in range(to.shape[0]):
        degree[to[pair]] += 1
    first = np.zeros(room.shape[0] + 1, dtype=np.int64)
    for supply in range(room.shape[0]):
        first[supply + 1] = first[supply] + min(room[supply], degree[supply])
    return first, np.zeros(room.shape[0], dtype=np.int64), np.full(first[-1], -1, dtype=np.int64)


@numba.njit(cache=True, nogil=True)
def _search(pairs, room, without, demand, state, slots, scratch):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Find the shortest way for one more demand, and move those on it; give the number of pairs looked at."""
    held, worth, price = state
    far, _, source = scratch
    end, looked = (np.int64(without), np.int64(demand), np.int64(-1)), 0
    heap = [(np.int64(0), np.int64(demand))]
    far[demand] = 0
    touched = [np.int64(demand)], [np.int64(demand)]
    touched[1].pop()
    while heap:
        way, one = heapq.heappop(heap)
        if way >= end[0]:
            break
        if way > far[one]:
            continue
        base = way if one == demand else way - worth[one]
        if one != demand and base + without < end[0]:
            end = (np.int64(base + without), one, np.int64(-1))
        end, more = _look_at(pairs, room, (one, base, end), (held, price), slots, scratch, (heap, touched))
        looked += more
    _move(held, slots, source, (demand, end[1], end[2]))
    _raise_prices(worth, price, scratch, touched, end[0])
    return looked


@numba.njit(cache=True, nogil=True)
def _look_at(pairs, room, step, state, slots, scratch, queue):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Look at the pairs of one demand, as long as they can shorten the way; give the best end, and how many."""
    start, to, cost = pairs
    one, base, end = step
    held, price = state
    first, used, _ = slots
    _, reached, source = scratch
    looked = 0
    for pair in range(start[one], start[one + 1]):
        if base + cost[pair] >= end[0]:
            break
        looked += 1
        supply = to[pair]
        length = base + cost[pair] + price[supply]
        if length >= end[0] or supply == held[one] or (reached[supply] >= 0 and length >= reached[supply]):
            continue
        if reached[supply] < 0:
            queue[1][1].append(np.int64(supply))
        reached[supply] = length
        source[supply] = one
        if used[supply] < room[supply]:
            end = (np.int64(length), one, np.int64(supply))
        else:
            _pass_on(first[supply], used[supply], length, slots, scratch, queue)
    return end, looked


@numba.njit(cache=True, nogil=True)
def _pass_on(first, count, length, slots, scratch, queue):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Go on to those who hold a supply: they could leave it."""
    far = scratch[0]
    heap, touched = queue
    for slot in range(first, first + count):
        other = slots[2][slot]
        if far[other] < 0:
            touched[0].append(np.int64(other))
        if far[other] < 0 or length < far[other]:
            far[other] = length
            heapq.heappush(heap, (np.int64(length), np.int64(other)))


@numba.njit(cache=True, nogil=True)
def _raise_prices(worth, price, scratch, touched, best):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Raise the prices of all that lies nearer than the end, and clear what the search has written down."""
    far, reached, _ = scratch
    for one in touched[0]:
        if far[one] < best:
            worth[one] += best - far[one]
        far[one] = -1
    for supply in touched[1]:
        if reached[supply] < best:
            price[supply] += best - reached[supply]
        reached[supply] = -1


@numba.njit(cache=True, nogil=True)
def _move(held, slots, source, way):  # type: ignore[no-untyped-def]
    """Move everyone on the way by one place."""
    demand, one, supply = way
    while True:
        before = held[one]
        if before >= 0:
            leave(slots, before, one)
        held[one] = supply
        if supply >= 0:
            enter(slots, supply, one)
        if one == demand:
            return
        supply = before
        one = source[before]


@numba.njit(cache=True, nogil=True)
def enter(slots, supply, demand):  # type: ignore[no-untyped-def]
    """Write a demand into the list of a supply."""
    first, used, who = slots
    who[first[supply] + used[supply]] = demand
    used[supply] += 1


@numba.njit(cache=True, nogil=True)
def leave(slots, supply, demand):  # type: ignore[no-untyped-def]
    """Strike a demand off the list of a supply."""
    first, used, who = slots
    last = first[supply] + used[supply] - 1
    for slot in range(first[supply], last + 1):
        if who[slot] == demand:
            who[slot] = who[last]
            break
    used[supply] -= 1


@numba.njit(cache=True, nogil=True)
def _take_cheapest(pairs, room, without, demand, state, slots):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give a demand the cheapest supply with room; what it could cost at least is kept for the bound."""
    start, to, cost = pairs
    held, worth, price = state
    _, used, _ = slots
    worth[demand] = without
    for pair in range(start[demand], start[demand + 1]):
        supply = to[pair]
        worth[demand] = min(worth[demand], cost[pair] + price[supply])
        if held[demand] < 0 and used[supply] < room[supply]:
            held[demand] = supply
            enter(slots, supply, demand)
