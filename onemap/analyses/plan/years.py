"""Which of the chosen sites are built in which year, at what they cost together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onemap.analyses.siting import SitingProblem, SitingSettings, site_plan

__all__ = ["in_years"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
_ROOM = 1e-6


def in_years(
    problem: SitingProblem, chosen: Integers, cost: Floats, settings: SitingSettings
) -> tuple[Integers, Integers]:
    """Order the chosen by years: as the choice itself does, but at the costs of the sites together.

    Parameters
    ----------
    problem
        Candidates and targets.
    chosen
        Positions of the chosen candidates, shape (k,).
    cost
        What each costs beside the others, shape (k,).
    settings
        Years with their money, limits of work.

    Returns
    -------
    order, phase
        Positions in `chosen` in the order of building, and the number of the year of each; -1 where the money of all
        years does not last. Each year buys what newly serves the most weight for the money there is by then; what
        serves nobody newly goes to the last year.

    Examples
    --------
    >>> no = np.zeros(2, dtype=bool)
    >>> keys = np.array(["a", "b"])
    >>> problem = SitingProblem(np.array([5.0, 2.0]), np.eye(2), np.array([1.0, 3]), no, no, np.zeros(2, int), keys)
    >>> years = SitingSettings(target_share=1, phases=[{"year": 2026, "budget": 4}, {"year": 2027, "budget": 4}])
    >>> in_years(problem, np.array([0, 1]), np.array([6.0, 2.0]), years)
    (array([1, 0]), array([0, 1]))
    """
    spent, purse = 0.0, 0.0
    order, phase = list[int](), list[int]()
    left = np.arange(len(chosen))
    for number, year in enumerate(settings.phases):
        purse += year.budget
        taken = _year(problem, chosen, cost, (order, left), money=purse - spent, settings=settings)
        if number == len(settings.phases) - 1:
            taken += _cheapest(cost, np.setdiff1d(left, taken), purse - spent - cost[taken].sum())
        order += taken
        phase += [number] * len(taken)
        spent += float(cost[taken].sum())
        left = np.setdiff1d(left, taken)
    rest = left.tolist()
    return np.array(order + rest, dtype=np.int64), np.array(phase + [-1] * len(rest), dtype=np.int64)


def _year(
    problem: SitingProblem,
    chosen: Integers,
    cost: Floats,
    built_left: tuple[list[int], Integers],
    *,
    money: float,
    settings: SitingSettings,
) -> list[int]:
    """Choose what the money of one year buys, in the order of building."""
    built, left = built_left
    before = problem.served_by(chosen[built])
    if not len(left) or not problem.weight.sum() > 0:
        return []
    columns = chosen[left]
    part = replace(
        problem, cost=cost[left], serves=problem.serves[:, columns], served_before=before, rank=problem.rank[columns],
        key=np.asarray(problem.key)[columns], joint=None,
    )  # fmt: skip
    asked = settings.model_copy(
        update={"target_share": None, "budget": money + _ROOM, "phases": (), "must_serve": False, "gap": 0.0}
    )
    return [int(one) for one in left[site_plan(part, asked).chosen]]


def _cheapest(cost: Floats, left: Integers, money: float) -> list[int]:
    """Give what the money still lasts for, the cheapest first."""
    found = []
    for one in left[np.lexsort((left, cost[left]))]:
        if cost[one] <= money + _ROOM:
            found.append(int(one))
            money -= float(cost[one])
    return found
