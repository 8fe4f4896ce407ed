"""Which candidates are built: chosen at what each costs alone, connected together, and looked at again beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csc_array

from onemap.analyses.candidates import Reach, siting_inputs
from onemap.analyses.columns import column
from onemap.analyses.connection import Connections, ConnectionSettings, connections
from onemap.analyses.costs import CostBook
from onemap.analyses.plan.costing import CandidateCosts, as_planned_sites, candidate_costs
from onemap.analyses.plan.new_fibre import with_new_fibre
from onemap.analyses.plan.years import filled_years, hosts_first, in_years
from onemap.analyses.siting import SitingProblem, SitingSettings, SitingSolution, site_plan
from onemap.errors import ProjectError
from onemap.layers.grid import Grid
from onemap.progress import Progress, silent

__all__ = ["Chosen", "Ground", "PlanQuestion", "choose_sites"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_CONNECTION = ("cost_fibre", "cost_microwave", "cost_satellite")
_MOST_TURNS = 10
_OTHERS = ("site", "radio", "power", "access")
_SAME = 1e-9  # shares
_CENT = 1e-4  # stretches of fibre are rounded to a millionth each


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What sites are connected over.

    Attributes
    ----------
    layers
        Canonical layers by name.
    grid
        Heights of the ground; None where there is no elevation model.
    book, settings
        Prices; how sites are connected.
    """

    layers: Mapping[str, gpd.GeoDataFrame]
    grid: Grid | None
    book: CostBook
    settings: ConnectionSettings


@dataclass(frozen=True, slots=True, eq=False)
class PlanQuestion:
    """What is to be decided.

    Attributes
    ----------
    candidates
        Result layer `plan_candidates`, those only that something connects.
    targets
        Table of `plan_targets`.
    reach
        What `reach_of` gave for these two.
    costs
        What each candidate costs alone.
    must
        Whether each target must be served.
    """

    candidates: gpd.GeoDataFrame
    targets: gpd.GeoDataFrame
    reach: Reach
    costs: CandidateCosts
    must: NDArray[np.bool_]

    def problem(self, *, shift_db: float = 0.0) -> SitingProblem:
        """Give it as arrays, with all margins shifted by so many decibels."""
        given = siting_inputs(self.candidates, self.targets, self.reach, shift_db=shift_db)
        return SitingProblem(
            cost=self.costs.table["total"].to_numpy(dtype=float),
            serves=given.serves,
            weight=given.weight,
            served_before=given.served_before,
            must=self.must,
            rank=given.rank,
            key=given.key,
            joint=given.joint,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """What is to be built, and what it costs together.

    Attributes
    ----------
    question, problem
        What was asked, as tables and as arrays, at the costs that decided.
    solution
        The choice, at the costs it was made with: those of each candidate alone, or beside the sites chosen before.
    connections
        How the chosen ones but dishes are connected together, in the order of building; None where there are none.
    costs
        A row for each chosen one, in the order of building: `site`, `radio`, `connection`, `power`, `access`, `total`,
        `way`; trenches that several use are split among them.
    cost_alone
        Sum of what each would cost alone.
    banned
        Positions of candidates that were given up, as nothing connects them beside the others.
    """

    question: PlanQuestion
    problem: SitingProblem
    solution: SitingSolution
    connections: Connections | None
    costs: pd.DataFrame
    cost_alone: float
    banned: Integers

    @property
    def cost(self) -> float:
        """What the plan costs."""
        return float(self.costs["total"].sum())

    def serves(self, *, shift_db: float) -> csc_array:
        """Who would serve whom with all margins shifted by so many decibels; those that were given up serve nobody."""
        return _without(replace(self.problem, serves=self.question.reach.serves(shift_db=shift_db)), self.banned).serves

    @property
    def sites(self) -> gpd.GeoDataFrame:
        """The chosen candidates, in the order of building."""
        return self.question.candidates.iloc[self.solution.chosen].reset_index(drop=True)


def choose_sites(
    question: PlanQuestion,
    settings: SitingSettings,
    ground: Ground,
    *,
    rounds: int = 1,
    progress: Progress = silent,
) -> Chosen:
    """Choose what to build.

    Parameters
    ----------
    question
        Candidates, targets and costs.
    settings
        What is to be reached.
    ground
        What sites are connected over.
    rounds
        How often the choice is made again at what sites cost beside the connections of the ones chosen.
    progress
        Told how far it is.

    Returns
    -------
    chosen
        The cheapest of the choices that serve as much; for a budget the one that serves most within it.

    Raises
    ------
    ProjectError
        As `site_plan`.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.candidates import reach_of
    >>> from onemap.analyses.costs import package_costs
    >>> from onemap.analyses.coverage import CoverageSettings
    >>> sites = gpd.GeoDataFrame({"candidate_id": ["T1:4G", "N1:4G"], "spot_id": ["T1", "N1"],
    ...     "kind": ["existing tower", "new site"], "technologies": "4G", "operators": "any", "bands": "B8",
    ...     "height_agl_m": 30.0}, geometry=[shapely.Point(75, 39), shapely.Point(75.01, 39)], crs="EPSG:4490")
    >>> school = gpd.GeoDataFrame({"target_key": ["a"], "technology": "4G", "operator": "any", "weight": 60.0,
    ...     "served_before": False}, geometry=[shapely.Point(75.02, 39)], crs="EPSG:4490")
    >>> room = gpd.GeoDataFrame({"room_id": ["M"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> ground = Ground({"rooms": room}, None, package_costs(), ConnectionSettings(satellite="last resort"))
    >>> costs = candidate_costs(sites, ground.layers, None, book=ground.book, settings=ground.settings)
    >>> reach = reach_of(sites, school, coverage=CoverageSettings(model="radius"))
    >>> question = PlanQuestion(sites, school, reach, costs, np.array([False]))
    >>> found = choose_sites(question, SitingSettings(target_share=1), ground)
    >>> found.sites["candidate_id"].tolist(), found.cost, found.solution.status
    (['T1:4G'], 24.8, 'optimal')
    """
    best = first = _connected(question, question.problem(), settings, ground, progress=progress)
    for _ in range(rounds):
        if not len(_grounded(best)):
            break
        problem = replace(best.problem, cost=_beside(best, ground))
        try:
            again = _connected(question, problem, settings, ground, banned=best.banned, progress=progress)
        except ProjectError:  # what must be served fits the budget in the first choice only
            break
        if not _better(again, best, settings):
            break
        best = replace(again, solution=_held_against(again, first.solution, settings))
    return _by_years(best, settings, ground) if settings.phases and len(best.sites) else best


def _by_years(found: Chosen, settings: SitingSettings, ground: Ground) -> Chosen:
    """Order what was chosen by years; what several use is paid by the first that is built."""
    solution = found.solution
    order, _ = in_years(found.problem, solution.chosen, found.costs["total"].to_numpy(dtype=float), settings)
    order = hosts_first(order, _hosts(found))
    ordered = {name: getattr(solution, name)[order] for name in ("chosen", "runner_up", "alone", "alone_must")}
    again = _priced(found.question, found.problem, replace(solution, **ordered), ground, banned=found.banned.tolist(),
                    first_pays=True)  # fmt: skip
    phase = filled_years(again.costs["total"].to_numpy(dtype=float), settings.phases)
    return replace(again, solution=replace(again.solution, phase=phase))


def _hosts(found: Chosen) -> Mapping[int, int]:
    """Give the numbers of the sites whose link ends at another new site, and of that site."""
    if found.connections is None:
        return {}
    names = {str(name): number for number, name in enumerate(column(found.sites, "candidate_id"))}
    rows = found.connections.sites
    linked = column(rows, "to_layer").eq("planned_sites").fillna(value=False).to_numpy(dtype=bool)
    pairs = zip(column(rows, "site_id")[linked], column(rows, "to_id")[linked], strict=True)
    return {names[str(site)]: names[str(host)] for site, host in pairs if str(host) in names}


def _better(again: Chosen, best: Chosen, settings: SitingSettings) -> bool:
    """Tell whether one choice is better than another in what is asked for."""
    more = again.solution.reached_share - best.solution.reached_share
    if settings.budget is not None:
        fits = again.cost <= settings.budget + _CENT
        return fits and (more > _SAME or (more > -_SAME and again.cost < best.cost - _CENT))
    enough = again.solution.reached_share >= min(settings.target_share or 0.0, best.solution.reached_share) - _SAME
    missed = int((~again.solution.served & again.problem.must).sum()) > int(
        (~best.solution.served & best.problem.must).sum()
    )
    return enough and not missed and again.cost < best.cost - _CENT


def _connected(
    question: PlanQuestion,
    problem: SitingProblem,
    settings: SitingSettings,
    ground: Ground,
    *,
    banned: Integers | None = None,
    progress: Progress,
) -> Chosen:
    """Choose, and connect what was chosen; give up spots that nothing connects beside the others, and choose again.

    Where cables or nodes have no room for all, sites together can cost more than each alone: then the choice is made
    again for less, by 1 to 5 % of the budget each time. In these cases the proof is taken back. After some turns only
    what is connected by then stays on offer, so that it ends.
    """
    given_up: list[int] = [] if banned is None else banned.tolist()
    asked, first, turns = settings, None, 0
    while True:
        solution = _planned(problem, asked, settings, progress=progress)
        first = first or solution
        found = _priced(question, problem, solution, ground, banned=given_up)
        lost = solution.chosen[found.costs["way"].eq("none").to_numpy(dtype=bool)]
        if len(lost):
            turns += 1
            given_up = sorted({*given_up, *_of_spots(problem, lost).tolist()})
            if turns >= _MOST_TURNS:
                given_up = np.setdiff1d(np.arange(problem.size[1]), np.setdiff1d(solution.chosen, lost)).tolist()
            problem = _without(problem, np.array(given_up, dtype=np.int64))
            continue
        if settings.budget is not None and len(solution.chosen) and found.cost > settings.budget + _CENT:
            step = float(np.clip(found.cost - settings.budget, 0.01 * settings.budget, 0.05 * settings.budget))
            asked = asked.model_copy(update={"budget": max(0.0, solution.cost - step)})
            continue
        if asked is settings and not given_up and found.cost <= found.cost_alone + _CENT:
            return found
        return replace(found, solution=_held_against(found, first, settings))


def _planned(
    problem: SitingProblem, asked: SitingSettings, settings: SitingSettings, *, progress: Progress
) -> SitingSolution:
    """Choose; an error about a budget that was lowered on the way names the one that was given."""
    try:
        return site_plan(problem, asked, progress=progress)
    except ProjectError as error:
        if asked is settings:
            raise
        values = {"known": "-", **error.values, "budget": f"{settings.budget:g}"}
        raise ProjectError("siting_must_maybe_beyond_budget", **values) from error


def _of_spots(problem: SitingProblem, candidates: Integers) -> Integers:
    """Give all candidates of the spots of some: what nothing connects is not connected with other equipment either."""
    if problem.joint is None:
        return candidates
    spots = problem.joint[candidates]
    mine = np.isin(problem.joint, spots[spots >= 0])
    mine[candidates] = True
    return np.flatnonzero(mine)


def _held_against(found: Chosen, first: SitingSolution, settings: SitingSettings) -> SitingSolution:
    """Hold a choice against the bound of the first, which was made at the prices of single connections.

    The first choice bounds what any choice costs, or serves, at those prices: no more is proven of another one.
    """
    solution = found.solution
    if settings.budget is None:
        value = found.cost_alone
        bound = min(first.bound, value)
        gap = (value - bound) / value if value > 0 else 0.0
    else:
        value, bound = solution.value, max(first.bound, solution.value)
        gap = (bound - value) / value if value > 0 else float(bound > 0)
    values: dict[str, object] = {"gap": f"{100.0 * gap:.2f}", "count": len(found.banned)}
    ended = solution.status in {"unreachable", "nothing_affordable", "reached_before"} and not len(found.banned)
    if ended:
        return replace(solution, bound=bound, gap=gap, proven=False)
    missing = (settings.target_share or 0.0) - solution.reached_share
    short = missing > _SAME
    reason = "plan_gave_way" if len(found.banned) else "siting_best_known"
    if short:
        gap, reason = np.inf, "plan_gave_way_short"
        values["missing"] = f"{100.0 * missing:.2f}"
    return replace(
        solution, bound=bound, gap=gap, proven=False, status="unreachable" if short else "best_known",
        reason_id=reason, reason_values=values,
    )  # fmt: skip


def _without(problem: SitingProblem, banned: Integers) -> SitingProblem:
    """Let candidates serve nobody."""
    serves = problem.serves.tolil(copy=True)
    serves[:, banned] = False
    return replace(problem, serves=serves.tocsc())


def _priced(
    question: PlanQuestion,
    problem: SitingProblem,
    solution: SitingSolution,
    ground: Ground,
    *,
    banned: list[int],
    first_pays: bool = False,
) -> Chosen:
    """Connect what was chosen together, and price it.

    A site that had a way of its own alone and would be left to a satellite beside the others counts as not connected:
    nobody looked at its sky.
    """
    alone = question.costs.table.iloc[solution.chosen].reset_index(drop=True)
    sites = question.candidates.iloc[solution.chosen].reset_index(drop=True)
    costs = alone[["way", "site", "radio", "connection", "power", "access", "total"]].copy()
    grounded = np.flatnonzero(column(sites, "kind").ne("satellite").to_numpy(dtype=bool))
    found = None
    if len(grounded):
        found = connections(
            as_planned_sites(sites.iloc[grounded]), ground.layers, ground.grid, book=ground.book,
            settings=ground.settings, first_pays=first_pays,
        )  # fmt: skip
        way = found.sites["way"].to_numpy(dtype=object)
        way[(way == "satellite") & (alone["way"].to_numpy(dtype=object)[grounded] != "satellite")] = "none"
        together = found.sites[list(_CONNECTION)].sum(axis=1).to_numpy(dtype=float)
        costs.loc[grounded, "way"] = way
        costs.loc[grounded, "connection"] = np.where(way == "none", alone["connection"].to_numpy()[grounded], together)
        costs["total"] = costs[["site", "radio", "connection", "power", "access"]].sum(axis=1)
    positions = np.array(sorted(banned), dtype=np.int64)
    return Chosen(question, problem, solution, found, costs, float(alone["total"].sum()), positions)


def _grounded(chosen: Chosen) -> gpd.GeoDataFrame:
    """Give the chosen sites that are connected over the ground."""
    return chosen.sites[column(chosen.sites, "kind").ne("satellite").to_numpy(dtype=bool)]


def _beside(chosen: Chosen, ground: Ground) -> Floats:
    """Price all candidates beside what is chosen: its new fibre can be tapped, its sites can be linked to.

    A chosen one costs its share of what is built together; another one what it costs alone, or with the new fibre as a
    cable with spare cores, whichever is less.
    """
    question = chosen.question
    cost = question.costs.table["total"].to_numpy(dtype=float).copy()
    kinds = column(question.candidates, "kind").to_numpy(dtype=object)
    on_ground = np.flatnonzero(kinds != "satellite")
    layers = None if chosen.connections is None else with_new_fibre(chosen.connections.sites, ground.layers)
    if layers is not None:
        candidates = question.candidates.iloc[on_ground]
        beside = candidate_costs(candidates, layers, None, book=ground.book, settings=ground.settings).table
        by_fibre = beside[["by_existing", "by_fibre"]].min(axis=1) + beside[list(_OTHERS)].sum(axis=1)
        cost[on_ground] = np.minimum(cost[on_ground], by_fibre.to_numpy(dtype=float))
    cost[chosen.solution.chosen] = chosen.costs["total"].to_numpy(dtype=float)
    cost[chosen.banned] = question.costs.table["total"].to_numpy(dtype=float)[chosen.banned]
    return cost
