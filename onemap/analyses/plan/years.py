"""Which of the chosen sites are built in which year, at what they cost together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onemap.analyses.siting import Phase, SitingProblem, SitingSettings, site_plan

__all__ = ["filled_years", "hosts_first", "in_years"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
_ROOM = 1e-4  # stretches of fibre are rounded to a millionth each


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


def hosts_first(order: Integers, hosts: Mapping[int, int]) -> Integers:
    """Build each site after the one that its link ends at.

    Parameters
    ----------
    order
        Numbers of the sites in the order of building, shape (k,).
    hosts
        Site → site that its link ends at, as far as there are such links.

    Examples
    --------
    >>> hosts_first(np.array([0, 1, 2]), {0: 2})
    array([2, 0, 1])
    """
    found: list[int] = []
    for one in order.tolist():
        chain = [one]
        while chain[-1] in hosts and hosts[chain[-1]] not in chain:
            chain.append(hosts[chain[-1]])
        found += [site for site in reversed(chain) if site not in found]
    return np.array(found, dtype=np.int64)


def filled_years(cost: Floats, phases: Sequence[Phase]) -> Integers:
    """Give each site its year: in the order of building, the first whose money, with what is left over, lasts.

    Parameters
    ----------
    cost
        What each site costs where the first that uses a trench pays for it, in the order of building, shape (k,).
    phases
        Years with their money.

    Returns
    -------
    phase
        Numbers of the years, never falling; -1 for all from the first on for which the money of all years does not
        last, as later ones may lean on it.

    Examples
    --------
    >>> years = [Phase(year=2026, budget=4), Phase(year=2027, budget=4)]
    >>> filled_years(np.array([2.0, 3.0, 4.0]), years)
    array([ 0,  1, -1])
    """
    phase = np.full(len(cost), -1, dtype=np.int64)
    number, spent, purse = 0, 0.0, phases[0].budget if phases else 0.0
    for site, price in enumerate(cost.tolist()):
        while number < len(phases) and spent + price > purse + _ROOM:
            number += 1
            purse += phases[number].budget if number < len(phases) else 0.0
        if number >= len(phases):
            break
        phase[site] = number
        spent += price
    return phase


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
