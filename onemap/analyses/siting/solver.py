"""The best plan for a core: exactly where it is small, else by search between a plan and a bound that close in."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from onemap.analyses.siting.bound_kernel import relaxed_bound
from onemap.analyses.siting.core import Aim, Core, part_of
from onemap.analyses.siting.exact import SMALL_CANDIDATES, SMALL_PAIRS, solve_exactly
from onemap.analyses.siting.search_kernel import greedy_plan, improved_plan, pruned_plan
from onemap.analyses.siting.settings import SitingSettings

__all__ = ["Answer", "Clock", "solve"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_ROUNDS = (400, 4_000)
_STEPS = (20_000, 600_000)
_DRAWS = 65_521
_HEATS = (0.3, 0.1, 0.3, 0.1)
"""How much worse than a mean candidate's share an exchange may be at first, in each cycle of the search."""
_NUDGE = 0.05
_ROOM = 1e-6


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
    answer = Answer(nothing, allowed=False, value=np.inf if aim.cheaper else -1.0, proven=False, cut=False,
                    bound=0.0 if aim.cheaper else core.total)  # fmt: skip
    if begin is not None:
        answer = _better(core, aim, answer, begin)
    answer = _better(core, aim, answer, _first_plan(core, aim, begin))
    small = core.pairs <= SMALL_PAIRS and len(nothing) <= SMALL_CANDIDATES and core.pairs <= settings.exact_pairs
    for step in (_exactly, _closing_in) if small else (_closing_in, _exactly):
        if not _done(answer, settings) or (small and step is _exactly):
            answer = step(core, aim, answer, settings, clock)
    return answer


def _done(answer: Answer, settings: SitingSettings) -> bool:
    """Tell whether what is proven is enough."""
    return answer.proven or (answer.allowed and 0 < settings.gap and answer.gap <= settings.gap)


def _forced(core: Core, aim: Aim) -> Core:
    """Mark the targets without which what is needed cannot be reached."""
    weight, must = core.ground[6:]
    needed = must | (weight > core.total - aim.need)
    return replace(core, ground=(*core.ground[:7], needed))


def _first_plan(core: Core, aim: Aim, begin: Bools | None) -> Bools:
    """Give the greedy plan: first for the targets that must be served, then for the rest."""
    weight, must = core.ground[6:]
    inside = np.zeros(len(core.ground[4]), dtype=bool) if begin is None or aim.cheaper else begin.copy()
    enough = aim.need if aim.cheaper else np.inf
    if must.any() and not must.all():
        worth = must.astype(np.float64)
        inside = greedy_plan(core.ground, worth, inside, (aim.limit, 0.0))[0]
    worth = np.ones(len(weight)) if must.all() else weight
    inside = greedy_plan(core.ground, worth, inside, (aim.limit, enough))[0]
    return np.asarray(pruned_plan(core.ground, worth, inside, aim.need if aim.cheaper else core.tell(inside)[1]))


def _better(core: Core, aim: Aim, answer: Answer, inside: Bools) -> Answer:
    """Take a plan if it is allowed and better; see what it proves."""
    cost, served, missed = core.tell(inside)
    allowed = missed == 0 and served >= aim.need and cost <= aim.limit
    value = cost if aim.cheaper else served
    if allowed:
        cheaper = value < answer.value if aim.cheaper else value > answer.value
        equal = value == answer.value and cost < core.tell(answer.inside)[0]
        if not answer.allowed or cheaper or equal:
            answer = replace(answer, inside=inside, allowed=True, value=value)
    if answer.allowed and abs(answer.value - answer.bound) < 1 - _ROOM:
        answer = replace(answer, proven=True, bound=answer.value)
    return answer


def _closing_in(core: Core, aim: Aim, answer: Answer, settings: SitingSettings, clock: Clock) -> Answer:
    """Raise the bound and better the plan in turns."""
    rounds = int(np.clip(settings.bound_work // core.pairs, *_ROUNDS)) // 2
    prices, rate = _first_prices(core, aim), 1.0
    for turn in range(2):
        if clock.left() <= 0:
            return replace(answer, cut=True)
        bound, prices, rate = relaxed_bound(core.ground, prices, _relaxed_aim(core, aim, answer), rounds)
        answer = _with_bound(core, aim, answer, float(bound))
        if turn == 0 and not _done(answer, settings):
            answer = _searched(core, aim, answer, settings, clock, prices=prices, rate=float(rate))
        if _done(answer, settings):
            break
    return answer


def _relaxed_aim(core: Core, aim: Aim, answer: Answer) -> tuple[bool, float, float]:
    """Say what is bounded, for `relaxed_bound`; it leaves out the weight of targets that must be served."""
    sure = float(core.ground[6][core.ground[7]].sum())
    if aim.cheaper:
        return True, aim.need - sure, answer.value if answer.allowed else float(core.ground[4].sum())
    return False, aim.limit, sure - answer.value if answer.allowed else 0.0


def _with_bound(core: Core, aim: Aim, answer: Answer, bound: float) -> Answer:
    """Keep the better bound; no plan has a part of a whole number.

    What bounds a weight is below zero, and leaves out the targets that must be served.
    """
    if aim.cheaper:
        whole = float(np.ceil(bound - _ROOM * max(1.0, abs(bound) * _ROOM)))
        answer = replace(answer, bound=max(answer.bound, whole))
    else:
        bound -= float(core.ground[6][core.ground[7]].sum())
        whole = float(np.floor(-bound + _ROOM * max(1.0, abs(bound) * _ROOM)))
        answer = replace(answer, bound=min(answer.bound, whole))
    return _better(core, aim, answer, answer.inside)


def _first_prices(core: Core, aim: Aim) -> Floats:
    """Begin with the share of each target in its cheapest candidate; for a budget with a share of its weight."""
    start, _, first, others, cost, _, weight, must = core.ground
    if not aim.cheaper and not must.any():
        return np.asarray(weight / np.diff(first))
    share = cost / np.diff(start)
    return np.asarray(np.minimum.reduceat(share[others], first[:-1]))


def _searched(
    core: Core, aim: Aim, answer: Answer, settings: SitingSettings, clock: Clock, *, prices: Floats, rate: float
) -> Answer:
    """Look for a better plan by exchanges, in cycles that begin at the best one."""
    weight, must = core.ground[6:]
    targets, size = len(weight), len(core.ground[4])
    each = max(1.0, core.pairs / targets * core.pairs / size)
    steps = int(np.clip(settings.search_work / each, *_STEPS)) // len(_HEATS) if settings.search_work else 0
    draws = np.random.default_rng(11).random(_DRAWS)
    if must.all():
        worth, money = prices + _NUDGE * core.ground[4].mean() / 10, 1.0
    else:
        money = (1.0 / rate if rate > 0 else 0.0) if aim.cheaper else rate
        worth = np.where(must, np.maximum(prices * (money if aim.cheaper else 1.0), weight), weight)
    for cycle, heat in enumerate(_HEATS):
        if clock.left() <= 0:
            return replace(answer, cut=True)
        inside = answer.inside if answer.allowed else _first_plan(core, aim, None)
        mean = float(worth[core.ground[1]].sum()) / max(1, size) if not inside.any() else _mean_loss(core, worth, inside)
        goal = (aim.limit, aim.need, aim.cheaper, money * (1.0 if must.all() else 0.5), answer.bound if aim.cheaper else -answer.bound)
        work = (steps, np.roll(draws, 1_009 * cycle), heat * mean, _NUDGE * mean)
        best, cost, _ = improved_plan(core.ground, worth, inside, goal, work)
        if np.isfinite(cost):
            answer = _better(core, aim, answer, best)
        if _done(answer, settings):
            break
    return answer


def _mean_loss(core: Core, worth: Floats, inside: Bools) -> float:
    """Give the worth that a candidate inside serves in the mean."""
    start, rows = core.ground[:2]
    served = np.zeros(len(worth), dtype=bool)
    for one in np.flatnonzero(inside):
        served[rows[start[one] : start[one + 1]]] = True
    return float(worth[served].sum()) / int(inside.sum())


def _exactly(core: Core, aim: Aim, answer: Answer, settings: SitingSettings, clock: Clock) -> Answer:
    """Let the exact solver close what is open, where the problem is small enough."""
    if core.pairs > settings.exact_pairs or answer.cut:
        return answer
    known = answer.inside if answer.allowed else None
    found = solve_exactly(core, aim, known, nodes=settings.branch_nodes, seconds_left=clock.left, gap=settings.gap)
    if found.inside is None:
        return replace(answer, proven=found.proven, cut=found.cut)
    answer = replace(_with_bound(core, aim, answer, found.bound), cut=found.cut)
    answer = _better(core, aim, answer, found.inside)
    if found.proven:
        value = core.tell(found.inside)[0 if aim.cheaper else 1]
        answer = Answer(found.inside, allowed=True, value=value, bound=value, proven=True, cut=False)
    return answer
