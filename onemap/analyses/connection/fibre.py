"""Fibre for many sites at once: trees over the graph of ways, each metre paid once, nothing filled beyond its room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onemap.analyses.connection.choice import Chosen, choose, paths_to_root
from onemap.analyses.connection.steiner import weighted_graph
from onemap.analyses.connection.tree_kernels import FAR
from onemap.analyses.connection.ways import KINDS, Ways
from onemap.analyses.costs import CostBook

__all__ = ["FibrePlan", "Room", "edge_costs", "fibre_plan"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_LARGEST = 2.0**50
_SPARE, _ROOT = KINDS.index("spare"), KINDS.index("root")


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """How many sites what exists can take; infinite where nothing limits it.

    Attributes
    ----------
    cables
        For each of the lines of "spare", shape (k,).
    supply
        For each place of supply, shape (s,).
    """

    cables: Floats
    supply: Floats


@dataclass(frozen=True, slots=True, eq=False)
class FibrePlan:
    """Which sites get fibre, and how.

    Attributes
    ----------
    on_fibre
        Whether each site does, shape (n,).
    reached
        Whether there is any way from each site to free fibre, full cables and nodes aside.
    turned_away
        Whether what its cheapest way led over was full with others.
    paths
        Edges from each site to the root, in that order; empty where it gets no fibre.
    users
        Number of sites whose path leads over each edge, shape (m,).
    cost
        Sum over the edges that are used, each once, in the money of the costs.
    bound
        No tree over all reachable sites costs less, rooms of cables and nodes aside.
    settled
        Whether the search for exchanges ended by itself.
    """

    on_fibre: Flags
    reached: Flags
    turned_away: Flags
    paths: list[Integers]
    users: Integers
    cost: float
    bound: float
    settled: bool

    def share(self, values: Floats, edges: Flags | None = None, *, order: Sequence[int] | None = None) -> Floats:
        """Split values of edges among the sites that use them: evenly, or all to the first that is built.

        Parameters
        ----------
        values
            Shape (m,).
        edges
            Which edges count; all if not given.
        order
            Sites in the order of building, so that the first pays; None splits evenly.

        Returns
        -------
        share
            Shape (n,): sums to the sum over the edges used.
        """
        if order is not None:
            return self._first_pays(values if edges is None else np.where(edges, values, 0.0), order)
        each = np.where(self.users > 0, values / np.maximum(self.users, 1), 0.0)
        if edges is not None:
            each = np.where(edges, each, 0.0)
        return np.array([each[path].sum() for path in self.paths], dtype=float)

    def _first_pays(self, values: Floats, order: Sequence[int]) -> Floats:
        """Give the values of the edges that nobody before a site uses."""
        built = np.zeros(len(values), dtype=bool)
        share = np.zeros(len(self.paths))
        for site in order:
            path = self.paths[site]
            share[site] = values[path[~built[path]]].sum()
            built[path] = True
        return share


def edge_costs(ways: Ways, book: CostBook) -> Floats:
    """Price the edges of a graph of ways.

    Parameters
    ----------
    ways
        The graph.
    book
        Prices: only kinds that occur need one.

    Returns
    -------
    cost
        Shape (m,), in the money of the book.

    Raises
    ------
    ProjectError
        If a kind that occurs has no price.

    Examples
    --------
    >>> from onemap.analyses.costs import package_costs
    >>> none, one = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
    >>> road = Ways(none, one, np.array([500.0]), none, none, none, np.zeros(2), np.zeros(2), np.ones(1, bool))
    >>> edge_costs(road, package_costs())
    array([6.])
    """
    cost = np.zeros(len(ways.start))
    for place, kind in enumerate(KINDS):
        here = ways.kind == place
        if place != _ROOT and here.any():
            cost[here] = ways.length_m[here] / 1000.0 * book.price(f"fibre_{kind}")
    if ways.taps.any():
        cost += ways.taps * book.price("fibre_tap")
    return cost


def fibre_plan(ways: Ways, costs: Floats, without: Floats, *, room: Room, budget: int = 50_000_000) -> FibrePlan:
    """Bring fibre to the sites for which it is cheaper than what they cost without.

    Parameters
    ----------
    ways
        The graph; its first n nodes are the sites.
    costs
        Cost of each edge, shape (m,).
    without
        What each site costs without fibre, shape (n,), in the same money, less what fibre costs at the site itself;
        infinite where it must have fibre if it can.
    room
        What cables and nodes can take.
    budget
        Most steps of each search for exchanges.

    Returns
    -------
    plan
        While nothing is full, that of `choose`. Where a cable or node would serve more sites than it has room for,
        those with the cheapest ways keep it, the others are joined again, what is built already being free to them:
        no factor is proven for that.

    Examples
    --------
    >>> none, one = np.zeros(2, dtype=np.int64), np.ones(2, dtype=np.int64)
    >>> road = Ways(np.array([0, 1]), np.array([1, 2]), np.array([500.0, 0.0]), np.array([0, 5]), none - 1, none,
    ...     np.zeros(2), np.zeros(2), np.ones(1, bool))
    >>> plan = fibre_plan(road, np.array([6.0, 0.0]), np.array([np.inf]), room=Room(np.empty(0), np.empty(0)))
    >>> plan.on_fibre, plan.paths, plan.cost
    (array([ True]), [array([0, 1])], 6.0)
    """
    count = len(without)
    scale = 10.0 ** min(9, np.floor(np.log10(_LARGEST / max(costs.sum(), 1e-9))))
    weight = np.rint(costs * scale).astype(np.int64)
    prize = np.full(count, FAR, dtype=np.int64)
    prize[np.isfinite(without)] = np.rint(np.clip(without[np.isfinite(without)], 0, _LARGEST / scale) * scale)
    left = [room.cables.copy(), room.supply.copy()]
    todo, turned = np.arange(count), np.zeros(count, dtype=bool)
    paths: list[Integers] = [np.empty(0, dtype=np.int64)] * count
    first: Chosen | None = None
    while True:
        chosen, found = _joined(ways, weight, todo, prize=prize, left=left, budget=budget)
        first = first or chosen
        away = _admitted(ways, costs, todo, found=found, left=left)
        for site, path in zip(todo.tolist(), found, strict=True):
            if site not in away:
                paths[site] = path
                weight[path] = 0
        if not away:
            break
        todo = np.array(sorted(away), dtype=np.int64)
        turned[todo] = True
    users = np.bincount(np.concatenate([*paths, np.empty(0, np.int64)]), minlength=len(costs))
    on_fibre = np.array([len(path) > 0 for path in paths], dtype=bool)
    total = float(costs[users > 0].sum())
    bound = max(first.bound - ways.root, 0) / scale  # each weight was rounded by half at most
    return FibrePlan(on_fibre, first.reached, turned, paths, users, total, bound, first.settled)


def _joined(
    ways: Ways, weight: Integers, sites: Integers, *, prize: Integers, left: list[Floats], budget: int
) -> tuple[Chosen, list[Integers]]:
    """Choose among the edges that are not full; give the paths of the sites, empty for those not joined."""
    full = np.zeros(len(weight), dtype=bool)
    for of, room in zip(_resources(ways), left, strict=True):
        used = of >= 0
        full[used] |= room[of[used]] < 1
    kept = np.flatnonzero(~full)
    graph = weighted_graph(ways.start[kept], ways.end[kept], weight[kept], size=ways.root + 1)
    chosen = choose(graph, sites, ways.root, prize=prize[sites], budget=budget)
    joined = paths_to_root(graph, chosen.edges, sites[chosen.on_tree], ways.root)
    paths: list[Integers] = [np.empty(0, dtype=np.int64)] * len(sites)
    for at, path in zip(np.flatnonzero(chosen.on_tree).tolist(), joined, strict=True):
        paths[at] = kept[path]
    return chosen, paths


def _resources(ways: Ways) -> tuple[Integers, Integers]:
    """Give the cable and the supply that each edge takes room of; -1 for none."""
    on_cable = (ways.kind == _SPARE) | (ways.taps > 0)
    return np.where(on_cable, ways.row, -1), np.where(ways.kind == _ROOT, ways.row, -1)


def _admitted(ways: Ways, costs: Floats, sites: Integers, *, found: list[Integers], left: list[Floats]) -> set[int]:
    """Let sites in, those with the cheapest ways first, until what they need is full; give those turned away."""
    price = [float(costs[path].sum()) for path in found]
    kinds = _resources(ways)
    away = set[int]()
    for at in sorted(range(len(found)), key=lambda at: (price[at], sites[at])):
        needs = [np.unique(of[found[at]][of[found[at]] >= 0]) for of in kinds]
        if all((room[need] >= 1).all() for room, need in zip(left, needs, strict=True)):
            for room, need in zip(left, needs, strict=True):
                room[need] -= 1
        else:
            away.add(int(sites[at]))
    return away
