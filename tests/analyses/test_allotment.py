"""Who gets what, against every way there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from onemap.analyses.sharing.allotment import Allotment, Limits, Offers, allot

Rng = np.random.Generator


def options(offers: Offers) -> list[list[int]]:
    """Give the pairs of each demand in the order of the rule."""
    lists = []
    for demand in range(len(offers.units)):
        rows = np.flatnonzero(offers.demand == demand)
        lists.append(rows[np.lexsort((offers.supply[rows], offers.cost[rows]))].tolist())
    return lists


def best_of_all(offers: Offers) -> list[int]:
    """Try every way: most demands met, least cost, then the first demand its first pair, and so on."""
    lists = options(offers)
    best: tuple[tuple[int, int, tuple[int, ...]], list[int]] | None = None
    for chosen in itertools.product(*(range(len(rows) + 1) for rows in lists)):
        taken = [rows[place] if place < len(rows) else -1 for rows, place in zip(lists, chosen, strict=True)]
        if not fits(offers, taken):
            continue
        pairs = [pair for pair in taken if pair >= 0]
        key = (-len(pairs), int(offers.cost[pairs].sum()) if pairs else 0, chosen)
        if best is None or key < best[0]:
            best = (key, [int(offers.supply[pair]) if pair >= 0 else -1 for pair in taken])
    assert best is not None
    return best[1]


def fits(offers: Offers, taken: list[int]) -> bool:
    """Tell whether nothing is given twice."""
    room, spare = offers.room.copy(), offers.spare.copy()
    for demand, pair in enumerate(taken):
        if pair >= 0:
            room[offers.supply[pair]] -= offers.units[demand]
            spare[offers.supply[pair]] -= offers.load[demand]
    return bool((room >= 0).all() and (spare >= -1e-9).all())


def instance(rng: Rng, kind: str, *, demands: int, supplies: int, dense: float = 0.6, costs: int = 6) -> Offers:
    """Make a market: of single units, of several sizes, or with loads."""
    pairs = np.argwhere(rng.random((demands, supplies)) < dense).astype(np.int64)
    single = np.ones(demands, dtype=np.int64)
    return Offers(
        pairs[:, 0],
        pairs[:, 1],
        rng.integers(0, costs, len(pairs)),
        rng.integers(1, 4, demands) if kind == "sizes" else single,
        rng.integers(0, 5 if kind == "sizes" else 3, supplies),
        rng.integers(1, 5, demands) * 10.0 if kind == "loads" else np.zeros(demands),
        rng.integers(0, 8, supplies) * 10.0 if kind == "loads" else np.full(supplies, np.inf),
    )


def paid(offers: Offers, found: Allotment) -> tuple[int, int]:
    """Count the demands that are met, and add up what they cost."""
    chosen = found.supply[offers.demand] == offers.supply
    return int((found.supply >= 0).sum()), int(offers.cost[chosen].sum())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["single", "sizes", "loads"])
def test_five_hundred_small_markets_end_as_the_best_of_all_ways(kind: str) -> None:
    rng = np.random.default_rng(6)
    for number in range(180):
        offers = instance(
            rng, kind, demands=int(rng.integers(1, 7)), supplies=int(rng.integers(1, 6)), costs=(3, 6, 1000)[number % 3]
        )
        assert allot(offers).supply.tolist() == best_of_all(offers), (kind, number)


@pytest.mark.parametrize("kind", ["single", "sizes", "loads"])
def test_some_small_markets_end_as_the_best_of_all_ways(kind: str) -> None:
    rng = np.random.default_rng(60)
    for number in range(12):
        offers = instance(rng, kind, demands=5, supplies=4, costs=(3, 6, 1000)[number % 3])
        assert allot(offers).supply.tolist() == best_of_all(offers), (kind, number)


def test_a_county_agrees_with_another_solver() -> None:
    rng = np.random.default_rng(7)
    demands, supplies = 300, 180
    offers = instance(rng, "single", demands=demands, supplies=supplies, dense=0.02, costs=100_000)
    seat = np.repeat(np.arange(supplies), offers.room)
    without = int(offers.cost.max()) * (demands + 1) + 1
    first = np.concatenate([[0], np.cumsum(offers.room)])
    seats = [np.arange(first[supply], first[supply + 1]) for supply in offers.supply]
    rows = np.concatenate([np.repeat(offers.demand, [len(one) for one in seats]), np.arange(demands)])
    columns = np.concatenate([*seats, len(seat) + np.arange(demands)])
    costs = np.concatenate([np.repeat(offers.cost, [len(one) for one in seats]), np.full(demands, without)]) + 1.0
    graph = coo_array((costs, (rows, columns)), shape=(demands, len(seat) + demands)).tocsr()
    row, column = min_weight_full_bipartite_matching(graph)
    met = column < len(seat)
    expected = int(graph[row[met], column[met]].sum()) - int(met.sum())
    assert paid(offers, allot(offers)) == (int(met.sum()), expected)


@pytest.mark.parametrize("kind", ["single", "sizes"])
@pytest.mark.parametrize("seed", range(20))
def test_what_is_not_exact_says_so_and_keeps_its_bound(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    offers = instance(rng, kind, demands=40, supplies=18, dense=0.2, costs=1000)
    best = paid(offers, allot(offers))
    rough = allot(offers, Limits(search_limit=10, bundle_limit=0))
    count, cost = paid(offers, rough)
    assert not rough.exact.all()
    assert best[0] - count <= rough.more_at_most
    if best[0] == count:
        assert cost - best[1] <= rough.less_at_most
    assert allot(offers).more_at_most == 0
    assert allot(offers).less_at_most == 0


@given(st.integers(0, 2**32 - 1), st.sampled_from(["single", "sizes", "loads"]), st.integers(1, 400))
def test_nothing_is_given_twice(seed: int, kind: str, limit: int) -> None:
    rng = np.random.default_rng(seed)
    offers = instance(rng, kind, demands=int(rng.integers(1, 14)), supplies=int(rng.integers(1, 9)))
    found = allot(offers, Limits(search_limit=limit, bundle_limit=int(rng.integers(0, 60))))
    pairs = {(one, other): pair for pair, (one, other) in enumerate(zip(offers.demand, offers.supply, strict=True))}
    taken = [pairs[demand, supply] if supply >= 0 else -1 for demand, supply in enumerate(found.supply)]
    assert fits(offers, taken)


def test_an_empty_market_gives_nothing() -> None:
    none = np.empty(0, dtype=np.int64)
    found = allot(Offers(none, none, none, none, none, np.empty(0), np.empty(0)))
    assert not len(found.supply)
    assert found.more_at_most == 0


def test_a_cost_below_zero_is_refused() -> None:
    one, none = np.ones(1, dtype=np.int64), np.zeros(1)
    with pytest.raises(ValueError, match="cost must be zero or more, got -1"):
        allot(Offers(one * 0, one * 0, -one, one, one, none, none))
    with pytest.raises(ValueError, match="units must be one or more, got 0"):
        allot(Offers(one * 0, one * 0, one, one * 0, one, none, none))
