"""The best plan for a core: exactly where it is small, else by search between a plan and a bound that close in."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from onemap.analyses.siting.bound_kernel import relaxed_bound
from onemap.analyses.siting.branching import branch_and_bound
from onemap.analyses.siting.core import Aim, Core, part_of
from onemap.analyses.siting.exact import SMALL_CANDIDATES, SMALL_PAIRS, solve_exactly
from onemap.analyses.siting.search_kernel import greedy_plan, improved_plan, pruned_plan
from onemap.analyses.siting.substitutes import stand_ins
from onemap.analyses.siting_settings import SitingSettings

__all__ = ["Answer", "Clock", "solve"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_ROUNDS = (400, 4_000)
_STEPS = (20_000, 1_000_000)
_WORK_A_PAIR = 200
_DRAWS = 65_521
_HEATS = (0.3, 0.1, 0.3, 0.1)
"""How much worse than a mean candidate's share an exchange may be at first, in each cycle of the search."""
_NUDGE = 0.05
_SWAPS = 200
"""How many chosen candidates give way to earlier ones at most."""
_NARROW = 0.7
"""A second turn is worth its work if at most this share of the candidates is left."""
_ROOM = 1e-6
_UNKNOWN_PAIRS = 6_000
"""Up to how many pairs the exact solver looks for a plan where the search found none that is allowed."""


class Clock:
    """Counts down the seconds of a time limit.

    Examples
    --------
    >>> Clock(60.0).left() > 59
    True
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Give the seconds that are left; zero or less when the time is over."""
        return self._end - time.monotonic()


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A plan for a core.

    Attributes
    ----------
    inside
        Who is in, shape (n,).
    allowed
        Whether it reaches what is needed within the limit.
    value
        Its cost, or the weight it serves.
    bound
        None costs less, or serves more.
    proven
        Whether none is better; or, where it is not allowed, whether none is.
    cut
        Whether the clock ended the search.
    """

    inside: Bools
    allowed: bool
    value: float
    bound: float
    proven: bool
    cut: bool

    @property
    def gap(self) -> float:
        """How far the value is from the bound, as a share of the value."""
        far = abs(self.value - self.bound)
        return 0.0 if self.proven or far == 0 else far / self.value if self.value else float("inf")


def solve(core: Core, aim: Aim, settings: SitingSettings, clock: Clock, *, begin: Bools | None = None) -> Answer:
    """Find the best plan.

    Parameters
    ----------
    core, aim
        What to solve, in whole numbers.
    settings
        Limits of work and time.
    clock
        What is left of the time.
    begin
        A plan that is known, shape (n,).

    Returns
    -------
    answer
        The plan; nobody is in where none was found that is allowed.

    Examples
    --------
    >>> from onemap.analyses.siting.problem import SitingProblem
    >>> from onemap.analyses.siting.core import core_of
    >>> no = np.zeros(2, dtype=bool)
    >>> serves = np.array([[True, False], [True, True]])
    >>> problem = SitingProblem(np.array([5.0, 2.0]), serves, np.array([1.0, 3]), no, no, np.zeros(2, int), ["a", "b"])
    >>> core = core_of(problem, must_serve=True)[0]
    >>> solve(core, Aim(True, 4.0, 99.0), SitingSettings(target_share=1.0), Clock(9.0)).value
    5.0
    """
    core = _forced(core, aim)
    nothing = np.zeros(len(core.ground[4]), dtype=bool)
    if not core.ground[7].any() and (aim.need <= 0 if aim.cheaper else not core.pairs):
        return Answer(nothing, allowed=aim.need <= 0, value=0.0, bound=0.0, proven=True, cut=False)
    task = _Task(core, aim, settings, clock)
    bound = 0.0 if aim.cheaper else core.total
    worst = np.inf if aim.cheaper else -1.0
    answer = Answer(nothing, allowed=False, value=worst, bound=bound, proven=False, cut=False)
    if begin is not None:
        answer = _better(task, answer, begin)
    answer = _better(task, answer, _first_plan(task, begin))
    if _small(core, settings):
        answer = _exactly(task, answer)
    if not _done(answer, settings):
        answer = _closing_in(task, answer)
    return _by_rule(task, answer)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """What is asked, and what it may take."""

    core: Core
    aim: Aim
    settings: SitingSettings
    clock: Clock


def _done(answer: Answer, settings: SitingSettings) -> bool:
    """Tell whether what is proven is enough."""
    return answer.proven or (answer.allowed and settings.gap > 0 and answer.gap <= settings.gap)


def _forced(core: Core, aim: Aim) -> Core:
    """Mark the targets without which what is needed cannot be reached."""
    weight, must = core.ground[6:]
    needed = must | (weight > core.total - aim.need)
    return replace(core, ground=(*core.ground[:7], needed))


def _first_plan(task: _Task, begin: Bools | None) -> Bools:
    """Give the greedy plan: first for the targets that must be served, then for the rest."""
    core, aim = task.core, task.aim
    weight, must = core.ground[6:]
    inside = np.zeros(len(core.ground[4]), dtype=bool) if begin is None or aim.cheaper else begin.copy()
    enough = aim.need if aim.cheaper else np.inf
    if must.any() and not must.all():
        inside = greedy_plan(core.ground, must.astype(np.float64), inside, (aim.limit, 0.0))[0]
    worth = np.ones(len(weight)) if must.all() else weight
    inside = greedy_plan(core.ground, worth, inside, (aim.limit, enough))[0]
    return np.asarray(pruned_plan(core.ground, worth, inside, aim.need if aim.cheaper else core.tell(inside)[1]))


def _better(task: _Task, answer: Answer, inside: Bools) -> Answer:
    """Take a plan if it is allowed and better; see what it proves."""
    core, aim = task.core, task.aim
    cost, served, missed = core.tell(inside)
    value = cost if aim.cheaper else served
    if missed == 0 and served >= aim.need and cost <= aim.limit:
        better = value < answer.value if aim.cheaper else value > answer.value
        equal = value == answer.value and cost < core.tell(answer.inside)[0]
        if not answer.allowed or better or equal:
            answer = replace(answer, inside=inside, allowed=True, value=value)
    if answer.allowed and abs(answer.value - answer.bound) < 1 - _ROOM:
        answer = replace(answer, proven=True, bound=answer.value)
    return answer


def _small(core: Core, settings: SitingSettings) -> bool:
    """Tell whether the exact solver takes a core as a whole."""
    return core.pairs <= min(SMALL_PAIRS, settings.exact_pairs) and len(core.columns) <= SMALL_CANDIDATES


def _closing_in(task: _Task, answer: Answer) -> Answer:
    """Raise the bound and better the plan, then close in among the candidates that a better plan can hold."""
    answer, kept = _one_turn(task, answer)
    if _done(answer, task.settings) or answer.cut:
        return answer
    if not answer.allowed or kept.mean() > _NARROW:
        return answer if _small(task.core, task.settings) else _exactly(task, answer)
    part, known = replace(task, core=part_of(task.core, kept)), answer.value
    lesser = _exactly(part, replace(answer, inside=answer.inside[kept]))
    if not _done(lesser, task.settings):
        lesser, _ = _one_turn(part, lesser)
    inside = np.zeros_like(kept)
    inside[kept] = lesser.inside
    bound = min(known, lesser.bound) if task.aim.cheaper else max(known, lesser.bound)
    return _better(task, replace(answer, bound=bound, cut=lesser.cut), inside)


def _one_turn(task: _Task, answer: Answer) -> tuple[Answer, Bools]:
    """Raise the bound and better the plan; tell the candidates that a better plan can hold, and those of this one."""
    core, aim = task.core, task.aim
    if task.clock.left() <= 0:
        return replace(answer, cut=True), answer.inside
    rounds = int(np.clip(task.settings.bound_work // max(1, core.pairs), *_ROUNDS))
    bound, prices, rate = relaxed_bound(core.ground, _first_prices(core, aim), _relaxed_aim(task, answer), rounds)
    answer = _with_bound(task, answer, float(bound))
    if not _done(answer, task.settings):
        answer = _searched(task, answer, prices, float(rate))
    kept = _can_be_better(task, answer, prices, (float(bound), 1.0 if aim.cheaper else float(rate)))
    return answer, kept | answer.inside


def _can_be_better(task: _Task, answer: Answer, prices: Floats, at: tuple[float, float]) -> Bools:
    """Tell the candidates that do not lift the bound beyond the plan that is known, if they are taken."""
    start, rows, _, _, cost, group, _, _ = task.core.ground
    bound, money = at
    gain = np.add.reduceat(prices[rows], start[:-1]) - money * cost
    best = np.zeros(int(group.max()) + 1)
    np.maximum.at(best, group, gain)
    known = _relaxed_aim(task, answer)[2] - 1.0
    room = _ROOM * max(1.0, abs(bound))
    return np.asarray(bound + best[group] - gain <= known + room)


def _relaxed_aim(task: _Task, answer: Answer) -> tuple[bool, float, float]:
    """Say what is bounded, for `relaxed_bound`; it leaves out the weight of targets that must be served."""
    core, aim = task.core, task.aim
    sure = float(core.ground[6][core.ground[7]].sum())
    if aim.cheaper:
        return True, aim.need - sure, answer.value if answer.allowed else float(core.ground[4].sum())
    return False, aim.limit, sure - answer.value if answer.allowed else 0.0


def _with_bound(task: _Task, answer: Answer, bound: float) -> Answer:
    """Keep the better bound; no plan has a part of a whole number.

    What bounds a weight is below zero, and leaves out the targets that must be served.
    """
    room = _ROOM * max(1.0, abs(bound) * _ROOM)
    if task.aim.cheaper:
        answer = replace(answer, bound=max(answer.bound, float(np.ceil(bound - room))))
    else:
        sure = float(task.core.ground[6][task.core.ground[7]].sum())
        answer = replace(answer, bound=min(answer.bound, float(np.floor(sure - bound + room))))
    return _better(task, answer, answer.inside)


def _first_prices(core: Core, aim: Aim) -> Floats:
    """Begin with the share of each target in its cheapest candidate; for a budget with a share of its weight."""
    start, _, first, others, cost, _, weight, must = core.ground
    if not aim.cheaper and not must.any():
        return np.asarray(weight / np.diff(first))
    share = cost / np.diff(start)
    return np.asarray(np.minimum.reduceat(share[others], first[:-1]))


def _searched(task: _Task, answer: Answer, prices: Floats, rate: float) -> Answer:
    """Look for a better plan by exchanges, in cycles that begin at the best one."""
    core, aim = task.core, task.aim
    each = max(1.0, core.pairs / len(core.ground[6]) * core.pairs / len(core.ground[4]))
    work = task.settings.search_work + _WORK_A_PAIR * core.pairs
    steps = int(np.clip(work / each, *_STEPS)) // len(_HEATS)
    draws = np.random.default_rng(11).random(_DRAWS)
    worth, money = _worth(core, aim, prices, rate)
    for cycle, heat in enumerate(_HEATS if task.settings.search_work else ()):
        if task.clock.left() <= 0:
            return replace(answer, cut=True)
        inside = answer.inside if answer.allowed else _first_plan(task, None)
        mean = _mean_worth(core, worth, inside)
        goal = (aim.limit, aim.need, aim.cheaper, money, answer.bound if aim.cheaper else -answer.bound)
        how = (steps, np.roll(draws, 1_009 * cycle), heat * mean, _NUDGE * mean)
        best, cost, _ = improved_plan(core.ground, worth, inside, goal, how)
        if np.isfinite(cost):
            answer = _better(task, answer, best)
        if _done(answer, task.settings):
            break
    return answer


def _worth(core: Core, aim: Aim, prices: Floats, rate: float) -> tuple[Floats, float]:
    """Say what the search takes targets and a unit of money to be worth: prices where all must be served, else weights.

    Half of what the bound takes money to be worth, so that a site is not let go for a trifle.
    """
    weight, must = core.ground[6:]
    if must.all():
        return prices + _NUDGE * float(core.ground[4].mean()) / 10, 1.0
    money = (1.0 / rate if rate > 0 else 0.0) if aim.cheaper else rate
    return np.where(must, np.maximum(prices * (money if aim.cheaper else 1.0), weight), weight), 0.5 * money


def _mean_worth(core: Core, worth: Floats, inside: Bools) -> float:
    """Give what a candidate inside serves in the mean."""
    start, rows = core.ground[:2]
    served = np.zeros(len(worth), dtype=bool)
    for one in np.flatnonzero(inside):
        served[rows[start[one] : start[one + 1]]] = True
    return float(worth[served].sum()) / max(1, int(inside.sum()))


def _by_rule(task: _Task, answer: Answer) -> Answer:
    """Put an earlier candidate in the place of a chosen one wherever it can stand for it."""
    core = task.core
    inside, place = answer.inside.copy(), np.arange(len(answer.inside))
    every = np.ones(len(core.ground[6]), dtype=bool)
    for _ in range(_SWAPS):
        chosen = np.flatnonzero(inside)[::-1].copy()
        if not len(chosen):
            break
        other = stand_ins(core.ground[:4], chosen, place, core.ground[5], every)
        earlier = np.flatnonzero((other >= 0) & (other < chosen))
        if not len(earlier):
            break
        inside[chosen[earlier[0]]], inside[other[earlier[0]]] = False, True
    if not answer.allowed or (inside == answer.inside).all():
        return answer
    value = core.tell(inside)[0 if task.aim.cheaper else 1]
    return _better(task, replace(answer, inside=inside, value=value), inside)


def _exactly(task: _Task, answer: Answer) -> Answer:
    """Close what is open by branches, where the problem is small enough: a small one in all, a larger one by its value.

    Without a plan that is allowed there is nothing to measure branches by; the exact solver then looks for one.
    """
    core, settings = task.core, task.settings
    if answer.cut or core.pairs > settings.exact_pairs:
        return answer
    if _small(core, settings) or (not answer.allowed and core.pairs <= _UNKNOWN_PAIRS):
        return _solved(task, answer)
    if not answer.allowed:
        return answer
    found = branch_and_bound(
        core, task.aim, answer.inside, work=settings.branch_work, seconds_left=task.clock.left, gap=settings.gap
    )
    inside = answer.inside if found.inside is None else found.inside
    return _better(task, replace(_with_bound(task, answer, found.bound), cut=found.cut), inside)


def _solved(task: _Task, answer: Answer) -> Answer:
    """Let the exact solver close what is open."""
    core, settings = task.core, task.settings
    known = answer.inside if answer.allowed else None
    found = solve_exactly(
        core, task.aim, known, nodes=settings.branch_nodes, seconds_left=task.clock.left, gap=settings.gap
    )
    if found.inside is None:
        return replace(answer, proven=found.proven, cut=found.cut)
    answer = replace(_with_bound(task, answer, found.bound), cut=found.cut)
    answer = _better(task, answer, found.inside)
    if found.proven and not settings.gap:
        value = core.tell(found.inside)[0 if task.aim.cheaper else 1]
        answer = Answer(found.inside, allowed=True, value=value, bound=value, proven=True, cut=False)
    return answer
