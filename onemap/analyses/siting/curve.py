"""What more money would serve, and what a plan becomes where a price, a weight or the coverage is another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from onemap.analyses.siting.core import core_of
from onemap.analyses.siting.outcome import share_of
from onemap.analyses.siting.plan import site_plan
from onemap.analyses.siting.problem import SitingProblem
from onemap.analyses.siting.search_kernel import greedy_plan
from onemap.analyses.siting.solution import SitingSolution
from onemap.analyses.siting_settings import SitingSettings
from onemap.errors import ProjectError
from onemap.progress import Progress, silent

__all__ = ["BudgetCurve", "PlanChange", "budget_curve", "plan_again"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class BudgetCurve:
    """The share that is served against money.

    Attributes
    ----------
    budget
        Budgets, rising, shape (k,), in the unit of costs.
    cost, share
        What the best plan known for each budget costs, and the share it serves, shape (k,); never falling.
    gap, proven
        How far the weight that each serves newly can be from the most, as a share of it, and whether it is proven to
        be the most, shape (k,).
    nested_share
        Share that is served if each budget only adds to the sites of the one before, shape (k,): they are built in one
        order, the one that serves most for its cost first. What this lacks of `share` is the price of going step
        by step.
    """

    budget: Floats
    cost: Floats
    share: Floats
    gap: Floats
    proven: npt.NDArray[np.bool_]
    nested_share: Floats


def budget_curve(
    problem: SitingProblem,
    steps: int | Sequence[float] = 10,
    *,
    settings: SitingSettings | None = None,
    progress: Progress = silent,
) -> BudgetCurve:
    """Plan for several budgets.

    Parameters
    ----------
    problem
        Candidates and targets. What must be served is a wish like any other here, so that small budgets have a plan.
    steps
        The budgets; or how many of equal distance up to what serving all costs, built in one order.
    settings
        Limits of work and time for each budget; share, budget and phases in them do not matter.
    progress
        Told how far it is.

    Returns
    -------
    curve
        One point for each budget. A plan of a smaller budget stands for a larger one where it serves more.

    Raises
    ------
    ProjectError
        If a budget is negative, or there is nothing to plan.

    Examples
    --------
    >>> no = np.zeros(2, dtype=bool)
    >>> keys = np.array(["a", "b"])
    >>> problem = SitingProblem(np.array([5.0, 2.0]), np.eye(2), np.array([1.0, 3]), no, no, np.zeros(2, int), keys)
    >>> budget_curve(problem, [0.0, 2.0, 7.0]).share
    array([0.  , 0.75, 1.  ])
    """
    nested = _nested(problem)
    budgets = np.sort(
        np.linspace(0, nested[0][-1], steps + 1)[1:] if isinstance(steps, int) else np.asarray(steps, float)
    )
    limits = {} if settings is None else settings.model_dump(exclude={"target_share", "budget", "phases", "must_serve"})
    rows: list[tuple[float, float, float, bool]] = []
    best: tuple[float, float] = (0.0, share_of(problem, problem.served_before))
    with progress.step("siting_step_curve", total=len(budgets), count=len(budgets)) as done:
        for budget in budgets:
            asked = SitingSettings(**(limits | {"budget": float(budget), "must_serve": False}))
            plan = site_plan(problem, asked)
            best = max(best, (plan.cost, plan.reached_share), key=lambda one: one[1])
            new = (best[1] - plan.share_before) * float(problem.weight.sum())
            gap = plan.gap if new <= plan.value else max(0.0, plan.bound - new) / new
            rows.append((*best, gap, plan.proven))
            done(1)
    cost, share, gap_of, proven = (np.array(column) for column in zip(*rows, strict=True))
    at = np.searchsorted(nested[0], budgets * (1 + 1e-12), side="right") - 1
    return BudgetCurve(budgets, cost, share, gap_of, proven.astype(bool), nested[1][at])


def _nested(problem: SitingProblem) -> tuple[Floats, Floats]:
    """Build in one order, the one that serves most for its cost first; give cost and share after each."""
    if not problem.size[1]:
        raise ProjectError("siting_no_candidates", share_before=f"{100 * share_of(problem, problem.served_before):.1f}")
    core, money, weigh = core_of(problem, must_serve=False)
    ground = core.ground
    _, order, count = greedy_plan(ground, ground[6], np.zeros(len(core.columns), dtype=bool), (np.inf, np.inf))
    start, rows = ground[:2]
    served = np.zeros(len(ground[6]), dtype=bool)
    cost, weight = [0.0], [0.0]
    for one in order[:count]:
        mine = rows[start[one] : start[one + 1]]
        cost.append(cost[-1] + float(ground[4][one]))
        weight.append(weight[-1] + float(ground[6][mine[~served[mine]]].sum()))
        served[mine] = True
    total = max(float(problem.weight.sum()), 1e-300)
    return np.array(cost) * money, share_of(problem, problem.served_before) + np.array(weight) * weigh / total


@dataclass(frozen=True, slots=True, eq=False)
class PlanChange:
    """What a plan becomes where something is another.

    Attributes
    ----------
    plan
        The new plan.
    kept, dropped, added
        Positions of candidates that are in both plans, in the old one only, in the new one only; sorted.
    cost_change, share_change
        New less old.
    old_share, old_cost
        What the old plan would serve and cost under the new circumstances, if it were built all the same.
    """

    plan: SitingSolution
    kept: Ints
    dropped: Ints
    added: Ints
    cost_change: float
    share_change: float
    old_share: float
    old_cost: float


def plan_again(
    problem: SitingProblem,
    settings: SitingSettings,
    before: SitingSolution,
    *,
    cost: Floats | None = None,
    serves: csc_array | None = None,
    weight: Floats | None = None,
) -> PlanChange:
    """Plan again with other costs, coverage or weights, and compare.

    Parameters
    ----------
    problem, settings, before
        What was planned, and the plan.
    cost, serves, weight
        What is another now, as in `SitingProblem`; as it was where None.

    Returns
    -------
    change
        The new plan beside the old one.

    Examples
    --------
    >>> no = np.zeros(2, dtype=bool)
    >>> one, keys = np.ones(1), np.array(["a", "b"])
    >>> problem = SitingProblem(np.array([5.0, 2]), np.ones((1, 2)), one, no[:1], no[:1], np.zeros(2, int), keys)
    >>> settings = SitingSettings(target_share=1)
    >>> change = plan_again(problem, settings, site_plan(problem, settings), cost=np.array([5.0, 6.0]))
    >>> change.dropped, change.added, change.cost_change
    (array([1]), array([0]), 3.0)
    """
    other = replace(
        problem,
        cost=problem.cost if cost is None else cost,
        serves=problem.serves if serves is None else serves,
        weight=problem.weight if weight is None else weight,
    )
    plan = site_plan(other, settings)
    return PlanChange(
        plan=plan,
        kept=np.intersect1d(before.chosen, plan.chosen),
        dropped=np.setdiff1d(before.chosen, plan.chosen),
        added=np.setdiff1d(plan.chosen, before.chosen),
        cost_change=plan.cost - before.cost,
        share_change=plan.reached_share - before.reached_share,
        old_share=share_of(other, other.served_by(before.chosen)),
        old_cost=float(other.cost[before.chosen].sum()),
    )
