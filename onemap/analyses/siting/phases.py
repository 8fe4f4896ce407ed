"""Which of the chosen candidates are built in which year, and in which order.

The set that was chosen stays. Year by year, the money there is by then (what was not spent before is carried over)
buys those of them that newly serve the most weight; of equal ones the cheapest, then the first by rank and key. What
serves nobody newly (it is there for others' sake, or for a target without weight) goes to the last year that can pay
for it. Within a year the one that serves most for its cost goes first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onemap.analyses.siting.core import Aim, Core, part_of
from onemap.analyses.siting.search_kernel import greedy_plan
from onemap.analyses.siting.solver import Clock, solve
from onemap.analyses.siting_settings import SitingSettings

__all__ = ["in_order", "in_phases"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_ROOM = 1e-9


def in_phases(core: Core, inside: Bools, money: float, settings: SitingSettings, *, clock: Clock) -> tuple[Ints, Ints]:
    """Order the chosen by years.

    Parameters
    ----------
    core, inside
        The problem, and who is chosen.
    money
        What one unit of the core's costs is.
    settings
        Phases, and limits of work.
    clock
        What is left of the time.

    Returns
    -------
    order, phase
        Positions in the core in the order of building, and the phase of each; -1 where the money does not last.

    Examples
    --------
    >>> from onemap.analyses.siting.problem import SitingProblem
    >>> from onemap.analyses.siting.core import core_of
    >>> no = np.zeros(2, dtype=bool)
    >>> keys = np.array(["a", "b"])
    >>> problem = SitingProblem(np.array([5.0, 2.0]), np.eye(2), np.array([1.0, 3]), no, no, np.zeros(2, int), keys)
    >>> core, money, _ = core_of(problem, must_serve=True)
    >>> years = SitingSettings(budget=7, phases=[{"year": 2026, "budget": 4}, {"year": 2027, "budget": 3}])
    >>> in_phases(core, np.array([True, True]), money, years, clock=Clock(9.0))
    (array([0, 1]), array([0, 1]))
    """
    if not settings.phases:
        order = in_order(core, inside, np.zeros_like(inside))
        return order, np.full(len(order), -1, dtype=np.int64)
    phase = np.full(len(inside), -1, dtype=np.int64)
    built, orders = np.zeros_like(inside), []
    purse = np.floor(np.cumsum([one.budget for one in settings.phases]) / money + _ROOM)
    for number, limit in enumerate(purse):
        left = float(limit - core.ground[4][built].sum())
        taken = _year(core, inside & ~built, built, left, settings=settings, clock=clock)
        if number == len(purse) - 1:
            taken = _filled(core, inside & ~built, taken, left)
        orders.append(in_order(core, taken, built))
        phase[taken] = number
        built |= taken
    orders.append(in_order(core, inside & ~built, built))
    order = np.concatenate(orders)
    return order, phase[order]


def _year(core: Core, left_over: Bools, built: Bools, money: float, *, settings: SitingSettings, clock: Clock) -> Bools:
    """Choose what the money of one year buys."""
    taken = np.zeros_like(built)
    part = part_of(core, left_over & (core.ground[4] <= money), without=built, free=True)
    if part.pairs:
        asked = settings.model_copy(update={"gap": 0.0})
        answer = solve(part, Aim(cheaper=False, need=0.0, limit=money), asked, clock)
        taken[np.isin(core.columns, part.columns[answer.inside])] = True
    return taken


def _filled(core: Core, left_over: Bools, taken: Bools, money: float) -> Bools:
    """Add to the last year what it can still pay for, the cheapest first."""
    filled = taken.copy()
    spent = float(core.ground[4][taken].sum())
    for one in np.flatnonzero(left_over & ~taken):
        if spent + core.ground[4][one] <= money:
            filled[one] = True
            spent += core.ground[4][one]
    return filled


def in_order(core: Core, inside: Bools, before: Bools) -> Ints:
    """Order candidates: the one that newly serves most for its cost first, those that serve nobody newly last.

    Parameters
    ----------
    core
        The problem.
    inside, before
        Who is to be ordered, and who is built before.

    Returns
    -------
    order
        Positions in the core.

    Examples
    --------
    >>> from onemap.analyses.siting.problem import SitingProblem
    >>> from onemap.analyses.siting.core import core_of
    >>> no = np.zeros(2, dtype=bool)
    >>> keys = np.array(["a", "b"])
    >>> problem = SitingProblem(np.array([5.0, 2.0]), np.eye(2), np.array([9.0, 3]), no, no, np.zeros(2, int), keys)
    >>> core = core_of(problem, must_serve=True)[0]
    >>> core.columns[in_order(core, np.array([True, True]), np.array([False, False]))]
    array([0, 1])
    """
    part = part_of(core, inside, without=before, free=True)
    _, order, count = greedy_plan(
        part.ground, part.ground[6], np.zeros(len(part.columns), dtype=bool), (np.inf, np.inf)
    )
    place = np.searchsorted(core.columns[np.argsort(core.columns)], part.columns[order[:count]])
    first = np.argsort(core.columns)[place]
    rest = np.setdiff1d(np.flatnonzero(inside), first)
    return np.concatenate([first, rest]).astype(np.int64)
