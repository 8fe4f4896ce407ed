"""Who gets what: as many demands met as can be, then at the least cost, nothing given away twice.

The pairs of demands and supplies fall into parts that have nothing to do with each other. A part whose demands are all
of one size is solved exactly by shortest ways (`allotment_kernel`), until the search has looked at `search_limit`
pairs; one whose demands differ in size, or share a load, is solved exactly by HiGHS as long as it has no more pairs
than `bundle_limit`. What is beyond goes to the cheapest with room, and prices bound what that can have lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, maximum_bipartite_matching

from onemap.analyses.sharing.allotment_kernel import allot_exactly
from onemap.analyses.sharing.allotment_ties import first_of_equals
from onemap.analyses.sharing.bundles import Bundle, allot_bundle, allot_in_turn

__all__ = ["Allotment", "Limits", "Offers", "allot"]

_MOST_SEATS = 20_000_000
"""Beyond so many pairs of demands and single units the number of demands that can be met is not counted."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Offers:
    """Demands, supplies, and which could serve which.

    Attributes
    ----------
    demand, supply
        Pairs, shape (m,): positions of demand and supply.
    cost
        Cost of each pair, shape (m,), a whole number of at least zero.
    units
        How many units each demand takes of one supply, shape (n,), at least one.
    room
        How many units each supply has, shape (k,).
    load
        What each demand weighs on a supply besides, shape (n,), in kilograms; zero where it does not matter.
    spare
        What each supply can bear, shape (k,), in kilograms; infinite where it does not matter.
    """

    demand: Ints
    supply: Ints
    cost: Ints
    units: Ints
    room: Ints
    load: Floats
    spare: Floats


@dataclass(frozen=True, slots=True)
class Limits:
    """Up to where the allotment is exact.

    Attributes
    ----------
    search_limit
        Pairs that the search of shortest ways may look at, in all.
    bundle_limit
        Pairs of a part whose demands differ in size.
    """

    search_limit: int = 200_000_000
    bundle_limit: int = 2_000


@dataclass(frozen=True, slots=True)
class Allotment:
    """Who got what.

    Attributes
    ----------
    supply
        Supply of each demand, shape (n,); -1 where it goes without.
    exact
        Whether the part of each demand was solved exactly, shape (n,).
    more_at_most
        How many more demands another allotment could meet, at most.
    less_at_most
        How much less another one that meets as many could cost, at most; zero where all is exact. Bounded by the prices
        where they tell, else by as many of the cheapest pairs, one a demand.
    """

    supply: Ints
    exact: NDArray[np.bool_]
    more_at_most: int
    less_at_most: int


def allot(offers: Offers, limits: Limits | None = None) -> Allotment:
    """Give supplies to demands: the most demands met, then the least cost, then the first by rule.

    Parameters
    ----------
    offers
        Demands and supplies, each in the order that breaks ties.
    limits
        Up to where it is exact; the defaults if not given.

    Returns
    -------
    allotment
        No supply gives more than it has. Of allotments of equal number and cost the one is taken that gives the first
        demand the first of its pairs (by cost, then supply), then the second, and so on; in parts of more than
        `bundles.TIED_PAIRS` pairs whose demands differ in size the one that the solver finds.

    Raises
    ------
    ValueError
        If a cost is negative, or a demand asks for less than one unit.

    References
    ----------
    J. Edmonds, R. M. Karp, "Theoretical improvements in algorithmic efficiency for network flow problems", J. ACM 19
    (1972), for shortest ways with prices; J. E. Hopcroft, R. M. Karp, "An n^5/2 algorithm for maximum matchings in
    bipartite graphs", SIAM J. Comput. 2 (1973), for how many can be met; HiGHS by way of `scipy.optimize.milp`.

    Examples
    --------
    Two demands, one supply with room for one; the nearer gets it:

    >>> one, none = np.ones(2, dtype=np.int64), np.zeros(2)
    >>> offers = Offers(np.array([0, 1]), np.array([0, 0]), np.array([7, 3]), one, one[:1], none, np.array([np.inf]))
    >>> allot(offers).supply
    array([-1,  0])
    """
    _require_sense(offers)
    limits = limits or Limits()
    demands = len(offers.units)
    held = np.full(demands, -1, dtype=np.int64)
    exact = np.ones(demands, dtype=bool)
    fits = (offers.units[offers.demand] <= offers.room[offers.supply]) & (
        offers.load[offers.demand] <= offers.spare[offers.supply]
    )
    order = np.flatnonzero(fits)
    order = order[np.lexsort((offers.supply[order], offers.cost[order], offers.demand[order]))]
    if not len(order):
        return Allotment(held, exact, 0, 0)
    demand, supply, cost = offers.demand[order], offers.supply[order], offers.cost[order]
    part = _parts(demand, supply, demands, len(offers.room))
    plain = _plain_parts(demand, supply, part, offers)
    without = int(cost.max()) * (demands + 1) + 1
    chosen = plain[part]
    room = _room(supply[chosen], demand[chosen], offers)
    held, lost, more = _shortest(demand[chosen], supply[chosen], cost[chosen], room=room, without=without,
                                 limits=limits, demands=demands, part=part[chosen], exact=exact)  # fmt: skip
    for rows in _each_part(part, ~chosen):
        bundle = _bundle(demand[rows], supply[rows], cost[rows], offers)
        if len(rows) <= limits.bundle_limit:
            taken = allot_bundle(bundle)
        else:
            taken = allot_in_turn(bundle)
            exact[demand[rows]] = False
            lost_here = _lost(bundle, taken, without)
            lost, more = lost + lost_here, more + lost_here // without
        held[demand[rows][taken]] = supply[rows][taken]
    if exact.all():
        return Allotment(held, exact, 0, 0)
    least = _saving(demand, supply, cost, held)
    return Allotment(held, exact, int(more), int(min(lost, least) if lost < without else least))


def _saving(demand: Ints, supply: Ints, cost: Ints, held: Ints) -> int:
    """Compare what is paid with as many of the cheapest pairs, one a demand: nothing that meets as many costs less."""
    first = np.concatenate([[True], np.diff(demand) != 0])
    cheapest = np.sort(cost[first])[: int((held >= 0).sum())]
    return int(cost[held[demand] == supply].sum()) - int(cheapest.sum())


def _require_sense(offers: Offers) -> None:
    """Require costs and sizes that mean something."""
    if len(offers.cost) and offers.cost.min() < 0:
        msg = f"cost must be zero or more, got {offers.cost.min()}"
        raise ValueError(msg)
    if len(offers.units) and offers.units.min() < 1:
        msg = f"units must be one or more, got {offers.units.min()}"
        raise ValueError(msg)


def _parts(demand: Ints, supply: Ints, demands: int, supplies: int) -> Ints:
    """Give each pair the number of its part: parts have nothing to do with each other."""
    size = demands + supplies
    graph = coo_array((np.ones(len(demand), dtype=np.int8), (demand, demands + supply)), shape=(size, size))
    labels = connected_components(graph.tocsr(), directed=False)[1]
    return np.unique(labels[demand], return_inverse=True)[1].astype(np.int64)


def _plain_parts(demand: Ints, supply: Ints, part: Ints, offers: Offers) -> NDArray[np.bool_]:
    """Tell the parts whose demands are all of one size, and whose loads can never add up to too much."""
    count = int(part.max()) + 1
    least, most = np.full(count, np.iinfo(np.int64).max), np.zeros(count, dtype=np.int64)
    np.minimum.at(least, part, offers.units[demand])
    np.maximum.at(most, part, offers.units[demand])
    weight = np.bincount(supply, weights=offers.load[demand], minlength=len(offers.room))
    single = offers.room < 2 * offers.units.min()
    heavy = (weight > offers.spare) & ~single
    plain = least == most
    plain[part[heavy[supply]]] = False
    return np.asarray(plain, dtype=bool)


def _room(supply: Ints, demand: Ints, offers: Offers) -> Ints:
    """Count how many demands each supply can take; those that ask it are all of one size."""
    size = np.ones(len(offers.room), dtype=np.int64)
    size[supply] = offers.units[demand]
    return np.asarray(offers.room // size, dtype=np.int64)


def _shortest(
    demand: Ints,
    supply: Ints,
    cost: Ints,
    *,
    room: Ints,
    without: int,
    limits: Limits,
    demands: int,
    part: Ints,
    exact: NDArray[np.bool_],
) -> tuple[Ints, int, int]:
    """Solve all plain parts; mark those that are not exact; give what is lost, and how many more are met, at most."""
    start = np.searchsorted(demand, np.arange(demands + 1)).astype(np.int64)
    pairs = (start, np.ascontiguousarray(supply), np.ascontiguousarray(cost))
    held, worth, price, searched = allot_exactly(pairs, room, without, limits.search_limit)
    asking = start[1:] > start[:-1]
    if searched < demands and asking[searched:].any():
        open_parts = np.unique(part[demand >= searched])
        exact[demand[np.isin(part, open_parts)]] = False
        lost = _gap(pairs, held, worth, price, room=room, without=without)
        most = _most(demand, supply, np.minimum(room, np.bincount(supply, minlength=len(room))))
        return held, lost, int(min(lost // without, most - int((held >= 0).sum())))
    return first_of_equals(pairs, room, without, (held, worth, price)), 0, 0


def _most(demand: Ints, supply: Ints, room: Ints) -> int:
    """Count how many demands can be met at most; too large a count where there are too many seats to look at."""
    seats = room[supply]
    if int(seats.sum()) > _MOST_SEATS:
        return len(np.unique(demand))
    first = np.concatenate([[0], np.cumsum(room)])
    row = np.repeat(demand, seats)
    number = np.arange(len(row)) - np.repeat(np.cumsum(seats) - seats, seats)
    column = np.repeat(first[supply], seats) + number
    size = (int(demand.max()) + 1, int(first[-1]))
    graph = coo_array((np.ones(len(row), dtype=np.int8), (row, column)), shape=size).tocsr()
    matched = maximum_bipartite_matching(graph, perm_type="column") >= 0
    return int(matched.sum())


def _gap(pairs: tuple[Ints, Ints, Ints], held: Ints, worth: Ints, price: Ints, *, room: Ints, without: int) -> int:
    """Compare what an allotment costs with what every one costs at least (linear duality)."""
    start, to, cost = pairs
    asking = start[1:] > start[:-1]
    row = np.repeat(np.arange(len(held)), np.diff(start))
    paid = int(cost[to == held[row]].sum()) + without * int((asking & (held < 0)).sum())
    return paid - (int(worth[asking].sum()) - int((price * room).sum()))


def _each_part(part: Ints, wanted: NDArray[np.bool_]) -> Iterator[Ints]:
    """Give the pairs of each part that is wanted."""
    rows = np.flatnonzero(wanted)
    rows = rows[np.argsort(part[rows], kind="stable")]
    if len(rows):
        yield from np.split(rows, np.flatnonzero(np.diff(part[rows])) + 1)


def _bundle(demand: Ints, supply: Ints, cost: Ints, offers: Offers) -> Bundle:
    """Give one part with demands and supplies of its own numbers."""
    demands, one = np.unique(demand, return_inverse=True)
    supplies, other = np.unique(supply, return_inverse=True)
    return Bundle(one.astype(np.int64), other.astype(np.int64), cost, offers.units[demands], offers.room[supplies],
                  offers.load[demands], offers.spare[supplies])  # fmt: skip


def _lost(bundle: Bundle, taken: Ints, without: int) -> int:
    """Bound what an allotment in turn has lost: every demand as small as the smallest would cost no more."""
    demands = len(bundle.units)
    room = np.asarray(bundle.room // bundle.units.min(), dtype=np.int64)
    start = np.searchsorted(bundle.demand, np.arange(demands + 1)).astype(np.int64)
    pairs = (start, bundle.supply, np.ascontiguousarray(bundle.cost))
    _, worth, price, _ = allot_exactly(pairs, room, without, np.iinfo(np.int64).max)
    paid = int(bundle.cost[taken].sum()) + without * (demands - len(taken))
    return paid - (int(worth.sum()) - int((price * room).sum()))
