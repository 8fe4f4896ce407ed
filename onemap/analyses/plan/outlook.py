"""A plan as a whole: its figures, its phases, what more money would do, what changes when an assumption moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, places, result_layer
from onemap.analyses.costs import CERTAINTIES
from onemap.analyses.plan.alternatives import BUILT_KINDS, SHARED_KINDS
from onemap.analyses.plan.choosing import Chosen
from onemap.analyses.siting import PlanChange, SitingSettings, SitingSolution, budget_curve, plan_again
from onemap.messages import LANGUAGES, text
from onemap.progress import Progress, silent

__all__ = ["Outlook", "plan_budget_curve", "plan_phases", "plan_sensitivity", "plan_summary"]

_QUICK = 10
"""The curve and the moves take this much less work each than the plan itself."""
_BOUNDED = frozenset({"optimal", "within_gap", "best_known", "cut_by_clock"})
_NEAR = 0.005
"""A plan proven to be this near to the best is near enough to tell what moves."""
_PRICED = ("site", "radio", "fibre", "microwave", "satellite", "power", "access")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outlook:
    """How far one looks around a plan.

    Attributes
    ----------
    curve_points
        For how many budgets the most that can be served is found.
    margin_step_db
        By how much the radio margin is moved, in dB.
    price_step
        By which share prices are moved.
    """

    curve_points: int = 10
    margin_step_db: float = 3.0
    price_step: float = 0.2


def plan_summary(
    chosen: Chosen, settings: SitingSettings, certainty: Sequence[str | None], *, weight: str
) -> gpd.GeoDataFrame:
    """Give the figures of a plan: what it reaches, what it costs, how far from the best it can be.

    Parameters
    ----------
    chosen, settings
        The plan, and what was asked for.
    certainty
        The least sure price of each site.
    weight
        What targets are weighed by.

    Returns
    -------
    plan_summary
        Result layer `plan_summary` of one row.

    Examples
    --------
    >>> from onemap.analyses.plan.example import example_plan
    >>> summary = plan_summary(example_plan()[0], SitingSettings(target_share=1), ["example"] * 2, weight="population")
    >>> summary[["sites", "new_sites", "reached_share"]].values.tolist()
    [[2, 1, 1.0]]
    """
    solution, kind = chosen.solution, column(chosen.sites, "kind")
    sure = [CERTAINTIES.index(one) for one in certainty if one in CERTAINTIES]
    values: dict[str, object] = {
        "target_share": [settings.target_share], "budget": [settings.budget], "share_before": [solution.share_before],
        "reached_share": [solution.reached_share], "missing_share": [solution.missing_share],
        "sites": [len(kind)], "shared_sites": [int(kind.isin(SHARED_KINDS).sum())],
        "new_sites": [int(kind.isin(BUILT_KINDS).sum())], "cost": [chosen.cost], "cost_alone": [chosen.cost_alone],
        "money": [chosen.question.costs.money or None],
        "price_certainty": [CERTAINTIES[min(sure)] if sure else None], "optimality_gap": [_known(solution.gap)],
        "proven": [bool(solution.proven)], "status": [solution.status], "weight": [weight],
        "targets": [chosen.problem.size[0]], "candidates": [chosen.problem.size[1]],
        "out_of_reach": [int(solution.nobody.sum())],
    }  # fmt: skip
    for lang in LANGUAGES:
        values[f"reason_{lang}"] = [_summary(chosen, settings, lang)]
    return result_layer("plan_summary", values, _middle(chosen, 1), chosen.question.targets.crs)


def _known(gap: float) -> float:
    """Give a gap; missing where nothing is known of it."""
    return gap if np.isfinite(gap) else np.nan


def _summary(chosen: Chosen, settings: SitingSettings, lang: str) -> str:
    """Say in a sentence what the plan does and how sure that is."""
    solution, money = chosen.solution, chosen.question.costs.money
    values = {
        "sites": len(chosen.sites), "cost": f"{chosen.cost:,.1f} {money}",
        "before": f"{100.0 * solution.share_before:.1f}", "after": f"{100.0 * solution.reached_share:.1f}",
    }  # fmt: skip
    words = text("plan_sum", lang, **values)
    if settings.target_share is not None:
        words += text("plan_sum_share", lang, share=f"{100.0 * settings.target_share:g}")
    else:
        words += text("plan_sum_budget", lang, budget=f"{settings.budget or 0.0:,.1f} {money}")
    words += solution.reason(lang)
    if solution.status in _BOUNDED and np.isfinite(solution.gap):
        words += text("plan_sum_prices", lang)
    saved = chosen.cost_alone - chosen.cost
    if abs(saved) > 0.05:  # less does not show in the figure
        words += text("plan_sum_saved" if saved > 0 else "plan_sum_dearer", lang, saved=f"{abs(saved):,.1f} {money}")
    return words


def _middle(chosen: Chosen, count: int) -> NDArray[np.object_]:
    """Give the middle of the targets, so many times: a place for what is a list."""
    targets = chosen.question.targets
    lon, lat = places(targets, "targets")
    point = shapely.Point(float(np.mean(lon)), float(np.mean(lat))) if len(lon) else shapely.Point()
    return np.array([point] * count, dtype=object)


def plan_phases(chosen: Chosen, settings: SitingSettings) -> gpd.GeoDataFrame:
    """Give what each year builds, costs and reaches.

    Parameters
    ----------
    chosen, settings
        The plan, and its years with their money.

    Returns
    -------
    plan_phases
        Result layer `plan_phases`: a row a phase; last, without a year, what the money of all years does not last for.
        One row for all without phases.

    Examples
    --------
    >>> from onemap.analyses.plan.example import example_plan
    >>> plan_phases(example_plan()[0], SitingSettings(target_share=1))[["sites", "share_after"]].values.tolist()
    [[2, 1.0]]
    """
    phase = np.asarray(chosen.solution.phase, dtype=np.int64)
    numbers = [*range(len(settings.phases)), *([-1] if (phase < 0).any() or not settings.phases else [])]
    total, order = chosen.costs["total"].to_numpy(dtype=float), chosen.solution.chosen
    rows, built, spent = [], np.zeros(len(phase), dtype=bool), 0.0
    for number in numbers:
        mine = phase == number
        built |= mine
        spent += float(total[mine].sum())
        served = chosen.problem.served_by(order[built])
        year, budget = (settings.phases[number].year, settings.phases[number].budget) if number >= 0 else (None, None)
        sums = int(mine.sum()), float(total[mine].sum()), spent, _share(chosen, served)
        rows.append((number + 1 if number >= 0 else None, year, budget, *sums))
    names = ("phase", "year", "budget", "sites", "cost", "cost_so_far", "share_after")
    values: dict[str, object] = {name: list(part) for name, part in zip(names, zip(*rows, strict=True), strict=True)}
    values["money"] = [chosen.question.costs.money or None] * len(rows)
    return result_layer("plan_phases", values, _middle(chosen, len(rows)), chosen.question.targets.crs)


def _share(chosen: Chosen, served: NDArray[np.bool_]) -> float:
    """Give the share of all weight."""
    weight = chosen.problem.weight
    total = float(weight.sum())
    return float(weight[served].sum()) / total if total > 0 else 1.0


def plan_budget_curve(
    chosen: Chosen, settings: SitingSettings, points: int, *, progress: Progress = silent
) -> gpd.GeoDataFrame:
    """Give the share that can be served for less and for more money, at the costs that decided.

    Parameters
    ----------
    chosen, settings
        The plan, and what was asked for: the limits of work are a tenth of its.
    points
        How many budgets; 0: none. They reach up to what serving all costs.
    progress
        Told how far it is.

    Returns
    -------
    plan_budget_curve
        Result layer `plan_budget_curve`, budgets rising; the first is nothing spent.

    Examples
    --------
    >>> from onemap.analyses.plan.example import example_plan
    >>> curve = plan_budget_curve(example_plan()[0], SitingSettings(target_share=1), 2)
    >>> curve["share"].round(2).tolist()
    [0.0, 0.97, 1.0]
    """
    crs = chosen.question.targets.crs
    if not points or not chosen.problem.size[1]:
        return result_layer("plan_budget_curve", {}, np.empty(0, dtype=object), crs)
    curve = budget_curve(chosen.problem, points, settings=_quick(settings), progress=progress)
    before = chosen.solution.share_before

    def led(first: float, values: Floats) -> Floats:
        return np.append(first, values)

    values: dict[str, object] = {
        "budget": led(0.0, curve.budget), "cost": led(0.0, curve.cost), "share": led(before, curve.share),
        "nested_share": led(before, curve.nested_share), "optimality_gap": led(0.0, curve.gap),
        "proven": [True, *curve.proven.tolist()],
        "money": [chosen.question.costs.money or None] * (len(curve.budget) + 1),
    }  # fmt: skip
    return result_layer("plan_budget_curve", values, _middle(chosen, len(curve.budget) + 1), crs)


def _quick(settings: SitingSettings) -> SitingSettings:
    """Give settings that take less work, and are content with a plan that is nearly the best."""
    less: dict[str, object] = {
        "gap": max(settings.gap, _NEAR),
        "search_work": settings.search_work // _QUICK,
        "bound_work": settings.bound_work // _QUICK,
        "branch_work": settings.branch_work // (_QUICK * _QUICK),
    }
    if settings.budget is not None:  # what must be served may cost more than the budget then
        less["must_serve"] = False
    return settings.model_copy(update={**less, "unreachable": "best"})


def plan_sensitivity(
    chosen: Chosen, settings: SitingSettings, outlook: Outlook, *, progress: Progress = silent
) -> gpd.GeoDataFrame:
    """Plan again with other margins and prices, one at a time, at the costs that decided.

    Parameters
    ----------
    chosen, settings
        The plan, and what was asked for: the limits of work are a tenth of its.
    outlook
        The steps.
    progress
        Told how far it is.

    Returns
    -------
    plan_sensitivity
        Result layer `plan_sensitivity`: a row for each move, down and up. The new plan is proven to be within 0.5 % of
        the best or the best found with a tenth of the work; where the plan as it is does as well then, it stays.

    Examples
    --------
    >>> from onemap.analyses.plan.example import example_plan
    >>> asked = SitingSettings(target_share=1)
    >>> moved = plan_sensitivity(example_plan()[0], asked, Outlook(price_step=0.5)).set_index(["what", "step"])
    >>> moved.loc[("site", 50.0), "cost_change"].item()
    22.0
    """
    crs, quick = chosen.question.targets.crs, _quick(settings)
    moves = _moves(chosen, outlook)
    if not moves or not chosen.problem.size[1]:
        return result_layer("plan_sensitivity", {}, np.empty(0, dtype=object), crs)
    problem, before = chosen.problem, chosen.solution
    rows = []
    with progress.step("plan_step_sensitivity", total=len(moves)) as done:
        for what, step in moves:
            if what == "radio margin":
                change = plan_again(problem, quick, before, serves=chosen.serves(shift_db=step))
            else:
                change = plan_again(problem, quick, before, cost=_moved(chosen, what, step))
            rows.append(_row(what, step, _stays(change, before, quick), float(problem.cost[before.chosen].sum())))
            done(1)
    money = chosen.question.costs.money
    table = pd.DataFrame(rows).assign(money=money or None)
    values: dict[str, object] = {str(name): table[name].array for name in table}
    for lang in LANGUAGES:
        values[f"reason_{lang}"] = [_told(row, money, lang) for row in table.to_dict("records")]
    return result_layer("plan_sensitivity", values, _middle(chosen, len(rows)), crs)


def _moved(chosen: Chosen, what: str, step: float) -> Floats:
    """Give the costs that decided, with the prices of one part moved as in the costs of each candidate alone."""
    costs = chosen.question.costs
    more = costs.moved(what, 1.0 + step) - costs.table["total"].to_numpy(dtype=float)
    return np.asarray(np.maximum(chosen.problem.cost + more, 0.0), dtype=float)


def _moves(chosen: Chosen, outlook: Outlook) -> list[tuple[str, float]]:
    """List what is moved, and how far: margins as far as they were kept, prices that count in some candidate."""
    found: list[tuple[str, float]] = []
    reach = chosen.question.reach
    if outlook.margin_step_db and np.isfinite(reach.margin_db.astype(float)).any():
        up = min(outlook.margin_step_db, reach.settings.spare_db)
        found += [("radio margin", -outlook.margin_step_db), ("radio margin", up)]
    if outlook.price_step:
        base = chosen.question.costs.table["total"].to_numpy(dtype=float)
        for part in _PRICED:
            moved = chosen.question.costs.moved(part, 1.0 + outlook.price_step)
            if np.any(np.abs(moved - base) > 1e-9):
                found += [(part, -outlook.price_step), (part, outlook.price_step)]
    return [one for one in found if one[1]]


def _stays(change: PlanChange, before: SitingSolution, settings: SitingSettings) -> PlanChange:
    """Keep the plan as it is where it does as well under the new circumstances."""
    plan = change.plan
    if settings.budget is not None:
        fits = change.old_cost <= settings.budget and change.old_share >= plan.reached_share
    else:
        enough = change.old_share >= min(settings.target_share or 0.0, plan.reached_share)
        fits = enough and change.old_cost <= plan.cost
    if not fits:
        return change
    same = replace(plan, chosen=before.chosen, cost=change.old_cost, reached_share=change.old_share)
    nobody = before.chosen[:0]
    return replace(change, plan=same, kept=before.chosen, dropped=nobody, added=nobody)


def _row(what: str, step: float, change: PlanChange, before: float) -> dict[str, object]:
    """Give the figures of a move, against what the plan costs before it."""
    return {
        "what": what, "step": step if what == "radio margin" else 100.0 * step,
        "unit": "dB" if what == "radio margin" else "%", "reached_share": change.plan.reached_share,
        "cost": change.plan.cost, "cost_change": change.plan.cost - before, "sites_kept": len(change.kept),
        "sites_dropped": len(change.dropped), "sites_added": len(change.added), "old_share": change.old_share,
        "old_cost": change.old_cost,
    }  # fmt: skip


def _told(row: Mapping[Any, Any], money: str, lang: str) -> str:
    """Say what a move changes."""
    values = {
        "what": text("plan_move_" + str(row["what"]).replace(" ", "_"), lang),
        "step": f"{row['step']:+g} {row['unit']}",
        "share": f"{100.0 * float(row['reached_share']):.1f}", "cost": f"{row['cost']:,.1f} {money}",
        "change": f"{row['cost_change']:+,.1f} {money}", "kept": row["sites_kept"], "dropped": row["sites_dropped"],
        "added": row["sites_added"], "old_share": f"{100.0 * float(row['old_share']):.1f}",
    }  # fmt: skip
    return text("plan_move", lang, **values)
