"""Where to build or share: the plan that is asked for, and how far from the best it can be.

The way of a plan:

1. Amounts become whole numbers, so that no sum depends on its order; candidates are put in the order of cost, rank and
   key, which breaks all ties. Targets that are served already, or by nobody, go out; targets with the same candidates
   become one; candidates that an earlier one stands for go out.
2. A first plan takes what serves most for its cost, again and again; what is not needed goes.
3. Prices of the targets bound what any plan costs or serves (`bound_kernel`).
4. Exchanges of candidates near unserved targets better the plan (`search_kernel`), until bound and plan meet, or the
   work that is allowed is done.
5. Branches over the linear relaxation, which HiGHS solves, close what is open between plan and bound, where the work
   for that is within limits (`branching`); a small problem goes to HiGHS as a whole (`exact`), and of equal plans the
   first by rule is taken.
6. The chosen are ordered by years (`phases`), and each is told what it alone serves and who could stand for it.

Limits are limits of work, so that a plan does not depend on the speed of the computer; where the clock did end the
search, the status says so.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from onemap.analyses.siting.core import Aim, Core, core_of
from onemap.analyses.siting.outcome import Found, out_of_reach, share_of, solution_of
from onemap.analyses.siting.phases import in_phases
from onemap.analyses.siting.problem import SitingProblem, whole_numbers
from onemap.analyses.siting.solution import SitingSolution
from onemap.analyses.siting.solver import Answer, Clock, solve
from onemap.analyses.siting_settings import SitingSettings
from onemap.errors import ProjectError
from onemap.progress import Progress, silent

__all__ = ["site_plan"]

Bools = npt.NDArray[np.bool_]
_ROOM = 1e-9


def site_plan(problem: SitingProblem, settings: SitingSettings, *, progress: Progress = silent) -> SitingSolution:
    """Choose what to build: at the least cost for a share, or for the most weight within a budget.

    Parameters
    ----------
    problem
        Candidates and targets.
    settings
        What is to be reached, by when, and how long it may be looked for.
    progress
        Told how far it is.

    Returns
    -------
    solution
        The plan with its bound, gap and status. Of plans equal in what is asked the cheapest is taken, then the one
        with the least sum of ranks (counted from one), then the one that takes the first candidate in the order of
        cost, rank and key; among large ones this holds for exchanges one for one.

    Raises
    ------
    ProjectError
        If targets that must be served cost more than the budget, or the aim is out of reach and the settings ask for
        an error then, or there are no candidates or targets at all.

    References
    ----------
    R. Church, C. ReVelle, "The maximal covering location problem", Papers of the Regional Science Association 32
    (1974); C. Toregas et al., "The location of emergency service facilities", Oper. Res. 19 (1971).

    Examples
    --------
    Three candidates; the second serves both big villages for less than the two others:

    >>> serves = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]], dtype=bool)
    >>> no = np.zeros(3, dtype=bool)
    >>> cost, weight = np.array([4.0, 5, 4]), np.array([60.0, 35, 5])
    >>> problem = SitingProblem(cost, serves, weight, no, no, np.zeros(3, int), list("abc"))
    >>> plan = site_plan(problem, SitingSettings(target_share=0.9))
    >>> plan.chosen, plan.cost, round(plan.reached_share, 2), plan.status
    (array([1]), 5.0, 0.95, 'optimal')
    """
    if not problem.weight.sum() > 0 and not problem.must.any():
        raise ProjectError("siting_no_targets")
    if not problem.size[1]:
        raise ProjectError("siting_no_candidates", share_before=f"{100 * share_of(problem, problem.served_before):.1f}")
    clock = Clock(settings.time_limit_s)
    with progress.step("siting_step_reduce"):
        core, money, weigh = core_of(problem, must_serve=settings.must_serve)
    found = _found(problem, core, money, weigh, settings=settings)
    with progress.step("siting_step_search"):
        if settings.target_share is not None:
            found = _for_share(core, found, settings, clock)
        else:
            found = _for_budget(core, found, settings, clock)
    order, phase = in_phases(core, found.answer.inside, money, settings, clock=clock)
    return solution_of(problem, settings, found, (core.columns[order], phase))


def _found(problem: SitingProblem, core: Core, money: float, weigh: float, *, settings: SitingSettings) -> Found:
    """Count what is asked for, and what no candidate serves."""
    weight = whole_numbers(problem.weight)[0]
    reached = problem.served_before.copy()
    reached[problem.serves.indices] = True
    must = problem.must & settings.must_serve
    nobody = ~reached & ((weight > 0) | must)
    total = float(weight.sum())
    asked = np.ceil((settings.target_share or 0.0) * total - _ROOM * max(1.0, total * _ROOM))
    need = max(0.0, float(asked) - float(weight[problem.served_before].sum()))
    nothing = np.zeros(len(core.columns), dtype=bool)
    answer = Answer(nothing, allowed=True, value=0.0, bound=0.0, proven=True, cut=False)
    found = Found(answer, nobody, money, weigh, need=need, most=core.total, must_lost=int((nobody & must).sum()))
    if settings.unreachable == "error" and (found.must_lost or need > core.total):
        text_id, values = out_of_reach(problem, settings, found)
        raise ProjectError(text_id, **values)
    return found


def _for_share(core: Core, found: Found, settings: SitingSettings, clock: Clock) -> Found:
    """Find the cheapest plan that serves enough; where it is out of reach, the cheapest that serves all it can."""
    everything = float(core.ground[4].sum())
    answer = solve(core, Aim(cheaper=True, need=min(found.need, found.most), limit=everything), settings, clock)
    if answer.allowed:
        return replace(found, answer=answer)
    exact = settings.model_copy(update={"gap": 0.0})
    best = solve(core, Aim(cheaper=False, need=0.0, limit=everything), exact, clock)
    if not best.allowed:
        raise ProjectError("siting_must_in_each_others_way", count=int(core.ground[7].sum()))
    again = solve(core, Aim(cheaper=True, need=best.value, limit=everything), settings, clock, begin=best.inside)
    return replace(found, answer=again, most=best.value, blocked=True, blocked_proven=answer.proven or best.proven)


def _for_budget(core: Core, found: Found, settings: SitingSettings, clock: Clock) -> Found:
    """Find the plan that serves most for the money; where it is enough for all, the cheapest that serves all."""
    limit = float(np.floor((settings.budget or 0.0) / found.money + _ROOM))
    begin = _must_within(core, found, limit, settings, clock=clock)
    answer = solve(core, Aim(cheaper=False, need=0.0, limit=limit), settings, clock, begin=begin)
    if answer.allowed and answer.value >= core.total and core.pairs:
        aim = Aim(cheaper=True, need=core.total, limit=core.tell(answer.inside)[0])
        inside = solve(core, aim, settings, clock, begin=answer.inside).inside
        answer = replace(answer, inside=inside)
    return replace(found, answer=answer)


def _must_within(core: Core, found: Found, limit: float, settings: SitingSettings, *, clock: Clock) -> Bools | None:
    """Find the cheapest plan for what must be served; refuse a budget that is less."""
    count = int(core.ground[7].sum())
    if not count:
        return None
    everything = float(core.ground[4].sum())
    answer = solve(core, Aim(cheaper=True, need=0.0, limit=everything), settings.model_copy(update={"gap": 0.0}), clock)
    if not answer.allowed:
        raise ProjectError("siting_must_in_each_others_way", count=count)
    if answer.value > limit:
        values = {"count": count, "budget": f"{settings.budget:g}", "least": f"{answer.bound * found.money:g}"}
        if answer.bound > limit:
            raise ProjectError("siting_must_beyond_budget", **values)
        raise ProjectError("siting_must_maybe_beyond_budget", known=f"{answer.value * found.money:g}", **values)
    return answer.inside
