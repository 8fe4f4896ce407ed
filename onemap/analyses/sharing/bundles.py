"""Allotment where demands differ in size or share a load: a small integer programme each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

__all__ = ["TIED_PAIRS", "Bundle", "allot_bundle", "allot_in_turn"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

TIED_PAIRS = 60
"""Up to so many pairs ties are broken by rule: each step of the rule asks the solver again."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """One part: pairs of demands and supplies, ordered by demand, then cost, then supply.

    Attributes
    ----------
    demand, supply, cost
        Pairs, shape (m,).
    units, load
        What each demand takes, shape (n,): units, and kilograms.
    room, spare
        What each supply has, shape (k,).
    """

    demand: Ints
    supply: Ints
    cost: Ints
    units: Ints
    room: Ints
    load: Floats
    spare: Floats


def allot_bundle(bundle: Bundle) -> Ints:
    """Choose pairs: the most demands met, then the least cost, then the first by rule.

    Parameters
    ----------
    bundle
        The part.

    Returns
    -------
    pairs
        Positions of the pairs that are chosen.

    Raises
    ------
    RuntimeError
        If the solver finds no solution, though none chosen is one.

    Examples
    --------
    Three bores free, asked for by demands of two, two and one:

    >>> one = np.zeros(3, dtype=np.int64)
    >>> bundle = Bundle(np.arange(3), one, np.array([5, 4, 9]), np.array([2, 2, 1]), np.array([3]), one * 0.0,
    ...     np.array([np.inf]))
    >>> allot_bundle(bundle)
    array([1, 2])
    """
    rows, limits = _limits(bundle)
    pairs = len(bundle.demand)
    count = int(_solve(-np.ones(pairs), rows, limits, np.zeros(pairs), np.ones(pairs)).sum())
    rows = vstack([rows, csr_array(-np.ones((1, pairs)))], format="csr")
    limits = np.append(limits, -count)
    cost = bundle.cost.astype(float)
    low, high = np.zeros(pairs), np.ones(pairs)
    chosen = _solve(cost, rows, limits, low, high)
    if pairs > TIED_PAIRS:
        return np.flatnonzero(chosen)
    least = int(bundle.cost[chosen].sum())
    for demand in range(len(bundle.units)):
        for pair in np.flatnonzero(bundle.demand == demand):
            if not chosen[pair]:
                low[pair] = 1.0
                other = _solve(cost, rows, limits, low, high)
                if len(other) == 0 or int(bundle.cost[other].sum()) != least:
                    low[pair], high[pair] = 0.0, 0.0
                    continue
                chosen = other
            low[pair] = 1.0
            break
    return np.flatnonzero(chosen)


def allot_in_turn(bundle: Bundle) -> Ints:
    """Choose pairs from the cheapest on, as long as there is room.

    Parameters
    ----------
    bundle
        The part.

    Returns
    -------
    pairs
        Positions of the pairs that are chosen, rising.

    Examples
    --------
    >>> one = np.zeros(3, dtype=np.int64)
    >>> bundle = Bundle(np.arange(3), one, np.array([5, 4, 9]), np.array([2, 2, 1]), np.array([3]), one * 0.0,
    ...     np.array([np.inf]))
    >>> allot_in_turn(bundle)
    array([1, 2])
    """
    room, spare = bundle.room.copy(), bundle.spare.copy()
    met = np.zeros(len(bundle.units), dtype=bool)
    chosen = []
    for pair in np.lexsort((bundle.supply, bundle.demand, bundle.cost)):
        demand, supply = bundle.demand[pair], bundle.supply[pair]
        if met[demand] or bundle.units[demand] > room[supply] or bundle.load[demand] > spare[supply]:
            continue
        met[demand] = True
        room[supply] -= bundle.units[demand]
        spare[supply] -= bundle.load[demand]
        chosen.append(int(pair))
    return np.array(sorted(chosen), dtype=np.int64)


def _limits(bundle: Bundle) -> tuple[csr_array, Floats]:
    """Write down that a demand is met once, and that no supply gives more than it has."""
    pairs = np.arange(len(bundle.demand))
    demands, supplies = len(bundle.units), len(bundle.room)
    once = csr_array((np.ones(len(pairs)), (bundle.demand, pairs)), shape=(demands, len(pairs)))
    units = bundle.units[bundle.demand].astype(float)
    given = csr_array((units, (bundle.supply, pairs)), shape=(supplies, len(pairs)))
    borne = csr_array((bundle.load[bundle.demand], (bundle.supply, pairs)), shape=(supplies, len(pairs)))
    bears = np.isfinite(bundle.spare)
    rows = vstack([once, given, borne[np.flatnonzero(bears)]], format="csr")
    return rows, np.concatenate([np.ones(demands), bundle.room.astype(float), bundle.spare[bears]])


def _solve(cost: Floats, rows: csr_array, limits: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:  # noqa: PLR0917
    """Ask the solver; nothing where there is no solution."""
    found = milp(
        cost,
        constraints=LinearConstraint(rows, -np.inf, limits),
        integrality=np.ones(len(cost), dtype=np.int64),
        bounds=Bounds(low, high),
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:
        if (low > 0).any():
            return np.zeros(0, dtype=bool)
        msg = f"the solver must find an allotment, got {found.message}"
        raise RuntimeError(msg)
    return np.asarray(found.x > 0.5)
