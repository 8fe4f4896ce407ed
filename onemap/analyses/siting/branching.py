"""Bound and plan brought together by branches over the linear relaxation, which HiGHS's simplex solves.

Where a good plan is known, little is left to branch on: what the relaxation charges for taking a candidate (or for
letting it go) rules most candidates out or in at once, and the rest of the tree is small. Cuts and the solver's own
searches take many times as long as these branches do and win little, so that neither is used here. Work is counted in
steps of the simplex method, times the pairs of the core, and does not depend on the speed of the computer.

References
----------
A. H. Land, A. G. Doig, "An automatic method of solving discrete programming problems", Econometrica 28 (1960); M.
Bénichou et al., "Experiments in mixed-integer linear programming", Math. Programming 1 (1971), for pseudo-costs.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from onemap.analyses.siting.core import Aim, Core
from onemap.analyses.siting.exact import Exact, allowed, lp_of, model_of
from onemap.analyses.siting.search_kernel import greedy_plan, pruned_plan

if TYPE_CHECKING:
    import highspy

__all__ = ["branch_and_bound"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

States = npt.NDArray[np.int8]
_Branch = tuple[float, int, States, "highspy.HighsBasis | None"]

_WHOLE = 1e-6
"""What lies as near a whole number counts as one."""
_ROOM = 1e-6
_BELIEVED = 1e-7
"""A bound is believed to one part in ten million."""
_LIKELY = 0.3
"""A candidate that is taken by this share is first tried inside."""
_LEAST = 1e-6
_STEPS_A_BRANCH = 20
"""What a branch costs besides its steps."""


@dataclass(frozen=True, slots=True, eq=False)
class _Relaxed:
    """What a relaxation gives: its value, and value and reduced cost of each candidate."""

    value: float
    taken: Floats
    reduced: Floats


def branch_and_bound(
    core: Core, aim: Aim, known: Bools, *, work: int, seconds_left: Callable[[], float], gap: float = 0.0
) -> Exact:
    """Better a plan that is known, or prove that none is better.

    Parameters
    ----------
    core, aim
        What to solve.
    known
        A plan that is allowed, shape (n,).
    work
        Steps of the simplex method, times pairs of the core, that it may take.
    seconds_left
        Gives the seconds that are left.
    gap
        A plan proven to be as near the best as this is good enough.

    Returns
    -------
    exact
        The best plan known; its bound as `solver` takes it (cost, or minus the weight of targets that need not be
        served).

    Examples
    --------
    >>> from onemap.analyses.siting.problem import SitingProblem
    >>> from onemap.analyses.siting.core import core_of
    >>> no, serves = np.zeros(3, dtype=bool), np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=bool)
    >>> problem = SitingProblem(np.array([5.0, 6, 7]), serves, np.ones(3), no, no, np.zeros(3, int), list("abc"))
    >>> core = core_of(problem, must_serve=True)[0]
    >>> known, left = np.array([True, False, True]), lambda: 9.0
    >>> found = branch_and_bound(core, Aim(True, 3.0, 99.0), known, work=10**6, seconds_left=left)
    >>> found.inside, found.bound, found.proven
    (array([ True,  True, False]), 11.0, True)
    """
    relaxation = _Relaxation(core, aim, work, seconds_left)
    tree = _Tree(core, aim, known, relaxation)
    tree.grow(gap)
    return Exact(tree.inside, tree.lowest(), proven=tree.lowest() >= tree.value, cut=relaxation.cut)


class _Tree:
    """The open branches, the best plan, and the relaxation that goes from one to the next.

    A branch is its bound, a number that tells equal ones apart, who is in (1), out (0) or open (-1), and the basis that
    the simplex method begins at.
    """

    def __init__(self, core: Core, aim: Aim, known: Bools, relaxation: _Relaxation) -> None:
        self.core, self.aim, self.relaxation = core, aim, relaxation
        self.sure = 0.0 if aim.cheaper else float(core.ground[6][core.ground[7]].sum())
        self.inside, self.value = known, self._value(known)
        self.open: list[_Branch] = [(-np.inf, 0, np.full(len(known), -1, dtype=np.int8), None)]
        self.count, self.unsolved = 0, np.inf
        self.gain, self.tried = np.zeros((2, len(known))), np.zeros((2, len(known)))

    def lowest(self) -> float:
        """Give what no plan is below."""
        return min(self.value, self.unsolved, self.open[0][0] if self.open else np.inf)

    def grow(self, gap: float) -> None:
        """Look into branches, the one of the lowest bound first, until all are closed or the work is done."""
        while self.open and self.value - self.lowest() > gap * abs(self.value - self.sure):
            bound, _, state, basis = heapq.heappop(self.open)
            if not self._closed(bound) and not self._dive(bound, state, basis):
                break

    def _dive(self, bound: float, state: States, basis: highspy.HighsBasis | None) -> bool:
        """Go down from a branch, leaving the other side of each fork open; tell whether there is work left."""
        fork = -1, 0, 0.0
        while True:
            relaxed = self.relaxation.solve(state, basis, self.value)
            if relaxed is None:
                self._leave_open(bound, state, None)
                return False
            self._learn(fork, relaxed.value - bound)
            bound, basis = max(bound, relaxed.value), None
            if not self._closed(bound):
                self._round(relaxed.taken)
            if self._closed(bound):
                return True
            state = self._ruled(state, relaxed)
            one = self._fork(state, relaxed.taken)
            if one < 0:
                self.unsolved = min(self.unsolved, bound)
                return True
            side = int(relaxed.taken[one] >= _LIKELY)
            self._leave_open(bound, self._sided(state, one, 1 - side), self.relaxation.basis())
            state = self._sided(state, one, side)
            fork = one, side, float(abs(side - relaxed.taken[one]))

    def _leave_open(self, bound: float, state: States, basis: highspy.HighsBasis | None) -> None:
        """Keep a branch for later."""
        self.count += 1
        heapq.heappush(self.open, (bound, self.count, state, basis))

    def _closed(self, bound: float) -> bool:
        """Tell whether a branch cannot hold a better plan; no plan has a part of a whole number."""
        return bound > self.value - 1.0 + max(_ROOM, _BELIEVED * abs(self.value))

    def _value(self, inside: Bools) -> float:
        """Give what is made least: the cost, or minus the weight that need not be served."""
        cost, served, _ = self.core.tell(inside)
        return cost if self.aim.cheaper else self.sure - served

    def _round(self, taken: Floats) -> None:
        """Make a plan of what is taken by half or more; keep it if it is the best."""
        core, aim = self.core, self.aim
        inside, need = taken > 0.5, aim.need if aim.cheaper else np.inf
        if aim.cheaper or float(core.ground[4][inside].sum()) <= aim.limit:
            inside = greedy_plan(core.ground, core.ground[6], inside, (aim.limit, need))[0]
        inside = pruned_plan(core.ground, core.ground[6], inside, min(need, core.tell(inside)[1]))
        if allowed(core, aim, inside) and self._value(inside) < self.value:
            self.inside, self.value = inside, self._value(inside)

    def _ruled(self, state: States, relaxed: _Relaxed) -> States:
        """Fix those that would lift the bound beyond the best plan if they changed sides."""
        dear = relaxed.value + np.abs(relaxed.reduced) > self.value - 1.0 + max(_ROOM, _BELIEVED * abs(self.value))
        state = state.copy()
        state[(state < 0) & dear & (relaxed.taken < _WHOLE) & (relaxed.reduced > 0)] = 0
        state[(state < 0) & dear & (relaxed.taken > 1 - _WHOLE) & (relaxed.reduced < 0)] = 1
        return state

    def _fork(self, state: States, taken: Floats) -> int:
        """Choose the candidate whose two sides promise to lift the bound most; -1 where all are whole."""
        split = np.flatnonzero((state < 0) & (taken > _WHOLE) & (taken < 1 - _WHOLE))
        if not len(split):
            return -1
        known = self.tried > 0
        each = np.where(known, self.gain / np.maximum(self.tried, 1), 0.0)
        mean = np.array([each[side][known[side]].mean() if known[side].any() else 1.0 for side in (0, 1)])
        each = np.where(known, each, mean[:, None])[:, split]
        lifts = each[0] * taken[split] + _LEAST, each[1] * (1 - taken[split]) + _LEAST
        return int(split[np.argmax(np.round(lifts[0] * lifts[1], 12))])

    def _learn(self, fork: tuple[int, int, float], lift: float) -> None:
        """Note by how much one side of a fork lifted the bound, for each part by which a candidate was moved."""
        one, side, moved = fork
        if one >= 0 and np.isfinite(lift):
            self.gain[side, one] += max(0.0, lift) / moved
            self.tried[side, one] += 1

    def _sided(self, state: States, one: int, side: int) -> States:
        """Put a candidate on one side; others of its group are out where it is in."""
        state = state.copy()
        if side:
            group = self.core.ground[5]
            state[(group == group[one]) & (state < 0)] = 0
        state[one] = side
        return state


class _Relaxation:
    """The relaxation of a core, solved again and again between other limits."""

    def __init__(self, core: Core, aim: Aim, work: int, seconds_left: Callable[[], float]) -> None:
        import highspy

        model, weigh = model_of(core, aim)
        self.size, self.seconds_left, self.cut = len(core.ground[4]), seconds_left, False
        self.steps, self.before = work // max(1, core.pairs), np.full(self.size, -1, dtype=np.int8)
        objective = np.concatenate([core.ground[4], np.zeros(len(weigh) - self.size)]) if aim.cheaper else -weigh
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]
        options: dict[str, bool | int | str] = {"output_flag": False, "threads": 1, "random_seed": 0,
                                                "presolve": "off", "solver": "simplex"}  # fmt: skip
        for name, value in options.items():
            self.highs.setOptionValue(name, value)
        relaxed = lp_of(model, objective)
        relaxed.integrality_ = []
        self.highs.passModel(relaxed)

    def basis(self) -> highspy.HighsBasis:
        """Give the basis the last solution ended at."""
        return self.highs.getBasis()

    def solve(self, state: States, basis: highspy.HighsBasis | None, value: float) -> _Relaxed | None:
        """Solve with some candidates in or out, as far as it is below a value; None where the work is done."""
        import highspy

        seconds = self.seconds_left()
        self.cut |= seconds <= 0
        if self.cut or self.steps <= 0:
            return None
        moved = np.flatnonzero(state != self.before).astype(np.int32)
        if len(moved):
            low, high = (state[moved] == 1).astype(np.float64), (state[moved] != 0).astype(np.float64)
            self.highs.changeColsBounds(len(moved), moved, low, high)
            self.before = state.copy()
        if basis is not None:
            self.highs.setBasis(basis)
        self.highs.setOptionValue("simplex_iteration_limit", self.steps)
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + seconds)
        self.highs.setOptionValue("objective_bound", value - 1.0 + 2 * max(_ROOM, _BELIEVED * abs(value)))
        self.highs.run()
        self.steps -= self.highs.getInfo().simplex_iteration_count + _STEPS_A_BRANCH
        return self._read(highspy.HighsModelStatus)

    def _read(self, kinds: type[highspy.HighsModelStatus]) -> _Relaxed | None:
        """Read the answer: beyond all bounds where there is none below the value, None where it was cut short."""
        status = self.highs.getModelStatus()
        none = np.zeros(self.size)
        if status in (kinds.kInfeasible, kinds.kObjectiveBound):
            return _Relaxed(np.inf, none, none)
        if status != kinds.kOptimal:
            self.cut |= status == kinds.kTimeLimit
            return None
        solution = self.highs.getSolution()
        taken, reduced = (np.array(one[: self.size]) for one in (solution.col_value, solution.col_dual))
        return _Relaxed(float(self.highs.getInfo().objective_function_value), taken, reduced)
