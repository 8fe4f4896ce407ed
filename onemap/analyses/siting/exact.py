"""Small siting problems solved exactly by HiGHS, and of equal plans the first by rule.

The model has one whole variable for each candidate and one for each target that need not be served, which is at most
the sum of its candidates. Whatever the solver answers is rounded and counted again in whole numbers before it is
believed; a bound is believed to one part in ten million.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack, vstack

from onemap.analyses.siting.core import Aim, Core

if TYPE_CHECKING:
    import highspy

__all__ = ["SMALL_CANDIDATES", "SMALL_PAIRS", "Exact", "allowed", "lp_of", "model_of", "solve_exactly"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SMALL_CANDIDATES = 300
SMALL_PAIRS = 5_000
"""Beyond so many candidates or pairs equal plans are not compared."""
_BLOCK = 12
"""So many candidates are put in order by one solution: powers of two up to here are far above tolerances."""
_BELIEVED = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """What the solver found.

    Attributes
    ----------
    inside
        Who is in; None if no plan was found.
    bound
        No plan costs less (serves more).
    proven
        Whether the plan is proven to be the best, or that there is none.
    cut
        Whether the clock ended the search.
    """

    inside: Bools | None
    bound: float
    proven: bool
    cut: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """Rows between bounds, variables between bounds; the first `whole` variables are whole."""

    matrix: csr_array
    row_low: Floats
    row_high: Floats
    low: Floats
    high: Floats
    whole: int

    def with_row(self, row: Floats, low: float, high: float) -> _Model:
        """Add a row."""
        matrix = csr_array(vstack([self.matrix, csr_array(row[None, :])]))
        return replace(
            self, matrix=matrix, row_low=np.append(self.row_low, low), row_high=np.append(self.row_high, high)
        )


def solve_exactly(
    core: Core, aim: Aim, known: Bools | None, *, nodes: int, seconds_left: Callable[[], float], gap: float = 0.0
) -> Exact:
    """Solve a core, and take the first by rule of all plans that are as good.

    Parameters
    ----------
    core, aim
        What to solve.
    known
        A plan to begin with, or None.
    nodes
        How many branches the solver may look at.
    seconds_left
        Gives the seconds that are left.
    gap
        A plan proven to be as near the best as this is good enough.

    Returns
    -------
    exact
        Of plans equal in what is asked the cheapest, then the one with the least sum of ranks (counted from one), then
        the one that takes the first candidate in the order of cost, rank and key; up to a size.

    Examples
    --------
    >>> from onemap.analyses.siting.problem import SitingProblem
    >>> from onemap.analyses.siting.core import core_of
    >>> no = np.zeros(2, dtype=bool)
    >>> serves = np.array([[True, False], [True, True]])
    >>> problem = SitingProblem(np.array([5.0, 2.0]), serves, np.array([1.0, 3]), no, no, np.zeros(2, int), ["a", "b"])
    >>> core = core_of(problem, must_serve=True)[0]
    >>> solve_exactly(core, Aim(True, 3.0, 99.0), None, nodes=9, seconds_left=lambda: 9.0).inside
    array([ True, False])
    """
    model, weigh = model_of(core, aim)
    size = len(core.ground[4])
    cost = np.concatenate([core.ground[4], np.zeros(len(weigh) - size)])
    solver = _Solver(core, aim, nodes, seconds_left)
    found = solver.run(model, cost if aim.cheaper else -weigh, known, gap)
    if found.inside is None or not found.proven or gap > 0:
        return found
    if not aim.cheaper:
        served = core.tell(found.inside)[1]
        solver = _Solver(core, replace(aim, need=served), nodes, seconds_left)
        model = model.with_row(weigh, served - float(core.ground[6][core.ground[7]].sum()) - 0.5, np.inf)
        cheaper = solver.run(model, cost, found.inside, 0.0)
        found = found if cheaper.inside is None else replace(found, inside=cheaper.inside, cut=cheaper.cut)
    if size > SMALL_CANDIDATES or core.pairs > SMALL_PAIRS or found.cut or found.inside is None:
        return found
    model = model.with_row(cost, -np.inf, core.tell(found.inside)[0] + 0.5)
    return replace(found, inside=_first_of_equals(core, solver, model, found.inside))


def _first_of_equals(core: Core, solver: _Solver, model: _Model, inside: Bools) -> Bools:
    """Take of equal plans the one of the least sum of ranks, then the first in the order of candidates."""
    size, width = len(inside), len(model.low)
    ranks = np.zeros(width)
    ranks[:size] = core.rank
    found = solver.run(model, ranks, inside, 0.0)
    if found.inside is None or not found.proven:
        return inside
    inside = found.inside
    model = model.with_row(ranks, -np.inf, float(core.rank[inside].sum()) + 0.5)
    for begin in range(0, size, _BLOCK):
        block = slice(begin, min(begin + _BLOCK, size))
        wish = np.zeros(width)
        wish[block] = -(2.0 ** np.arange(block.stop - begin - 1, -1, -1))
        found = solver.run(model, wish, inside, 0.0)
        if found.inside is None or not found.proven:
            return inside
        inside = found.inside
        low, high = model.low.copy(), model.high.copy()
        low[block] = high[block] = inside[block]
        model = replace(model, low=low, high=high)
        if inside[block.stop :].sum() == 0:
            break
    return inside


def model_of(core: Core, aim: Aim) -> tuple[_Model, Floats]:
    """Write the rows: targets, groups, weight, money; give the weight of each variable too.

    Examples
    --------
    >>> from onemap.analyses.siting.problem import SitingProblem
    >>> from onemap.analyses.siting.core import core_of
    >>> no, serves = np.zeros(2, dtype=bool), np.array([[True, False], [True, True]])
    >>> problem = SitingProblem(np.array([5.0, 2.0]), serves, np.array([1.0, 3]), no, no, np.zeros(2, int), ["a", "b"])
    >>> model, weigh = model_of(core_of(problem, must_serve=True)[0], Aim(True, 3.0, 9.0))
    >>> model.matrix.toarray(), weigh
    (array([[ 0.,  1., -1.,  0.],
           [ 1.,  1.,  0., -1.],
           [ 0.,  0.,  1.,  3.]]), array([0., 0., 1., 3.]))
    """
    _, _, first, others, cost, group, weight, must = core.ground
    targets, size = len(weight), len(cost)
    free = np.flatnonzero(~must)
    cover = csr_array((np.ones(len(others)), others, first), shape=(targets, size))
    own = csr_array((np.full(len(free), -1.0), (free, np.arange(len(free)))), shape=(targets, len(free)))
    blocks, low, high = [hstack([cover, own])], [must.astype(float)], [np.full(targets, np.inf)]
    shared = np.flatnonzero(np.bincount(group, minlength=1) > 1)
    if len(shared):
        at = np.searchsorted(shared, group)
        member = np.flatnonzero((at < len(shared)) & (shared[np.minimum(at, len(shared) - 1)] == group))
        rows = csr_array((np.ones(len(member)), (at[member], member)), shape=(len(shared), size + len(free)))
        blocks, low, high = [*blocks, rows], [*low, np.zeros(len(shared))], [*high, np.ones(len(shared))]
    width = size + len(free)
    weigh = np.concatenate([np.zeros(size), weight[free]])
    model = _Model(csr_array(vstack(blocks)), np.concatenate(low), np.concatenate(high), np.zeros(width),
                   np.ones(width), size)  # fmt: skip
    need = aim.need - float(weight[must].sum())
    if need > 0:
        model = model.with_row(weigh, need - 0.5, np.inf)
    if np.isfinite(aim.limit) and aim.limit < cost.sum():
        model = model.with_row(np.concatenate([cost, np.zeros(len(free))]), -np.inf, aim.limit + 0.5)
    return model, weigh


class _Solver:
    """Runs one model after another with the limits of one core."""

    def __init__(self, core: Core, aim: Aim, nodes: int, seconds_left: Callable[[], float]) -> None:
        self.core, self.aim, self.nodes, self.seconds_left = core, aim, nodes, seconds_left

    def run(self, model: _Model, objective: Floats, known: Bools | None, gap: float) -> Exact:
        """Solve one model for its least objective; believe no plan that is not one in whole numbers."""
        import highspy

        seconds = self.seconds_left()
        if seconds <= 0:
            return Exact(known, -np.inf, proven=False, cut=True)
        highs = highspy.Highs()  # type: ignore[no-untyped-call]
        options = {"output_flag": False, "threads": 1, "random_seed": 0, "mip_rel_gap": gap, "mip_abs_gap": 0.9,
                   "time_limit": seconds, "mip_max_nodes": self.nodes}  # fmt: skip
        for name, value in options.items():
            highs.setOptionValue(name, value)
        highs.passModel(lp_of(model, objective))
        if known is not None:
            solution = highspy.HighsSolution()
            solution.col_value = [*known.astype(float), *self._served(model, known)]
            highs.setSolution(solution)
        highs.run()
        return self._read(highs, known)

    def _served(self, model: _Model, inside: Bools) -> list[float]:
        """Tell which targets a plan serves, as the variables of the model."""
        must = self.core.ground[7]
        start, rows = self.core.ground[:2]
        served = np.zeros(len(must))
        for one in np.flatnonzero(inside):
            served[rows[start[one] : start[one + 1]]] = 1.0
        return served[~must].tolist() if len(model.low) > model.whole else []

    def _read(self, highs: highspy.Highs, known: Bools | None) -> Exact:
        """Read the answer, and count again what it costs and serves."""
        import highspy

        status = highs.getModelStatus()
        kinds = highspy.HighsModelStatus
        cut = status == kinds.kTimeLimit
        if status == kinds.kInfeasible:
            return Exact(known, np.inf, proven=known is None, cut=False)
        info = highs.getInfo()
        size = len(self.core.ground[4])
        values = np.asarray(highs.getSolution().col_value)
        inside = values[:size] > 0.5 if len(values) else None
        if inside is None or not allowed(self.core, self.aim, inside):
            return Exact(known, float(info.mip_dual_bound), proven=False, cut=cut)
        value = float(info.objective_function_value)
        bound = float(info.mip_dual_bound)
        proven = value - bound <= max(0.95, _BELIEVED * abs(value)) and status == kinds.kOptimal
        return Exact(inside, bound, proven=proven, cut=cut)


def allowed(core: Core, aim: Aim, inside: Bools) -> bool:
    """Tell whether a plan keeps to all limits in whole numbers.

    Examples
    --------
    >>> from onemap.analyses.siting.problem import SitingProblem
    >>> from onemap.analyses.siting.core import core_of
    >>> no, serves = np.zeros(2, dtype=bool), np.array([[True, False], [True, True]])
    >>> problem = SitingProblem(np.array([5.0, 2.0]), serves, np.array([1.0, 3]), no, no, np.zeros(2, int), ["a", "b"])
    >>> core = core_of(problem, must_serve=True)[0]
    >>> allowed(core, Aim(True, 4.0, 9.0), np.array([True, False]))
    False
    """
    cost, served, missed = core.tell(inside)
    groups = np.bincount(core.ground[5][inside], minlength=1)
    return missed == 0 and served >= aim.need and cost <= aim.limit and groups.max(initial=0) <= 1


def lp_of(model: _Model, objective: Floats) -> highspy.HighsLp:
    """Write the model in the solver's words.

    Examples
    --------
    >>> model = _Model(csr_array(np.ones((1, 2))), np.ones(1), np.full(1, np.inf), np.zeros(2), np.ones(2), 1)
    >>> lp = lp_of(model, np.array([5.0, 2.0]))
    >>> lp.num_col_, lp.num_row_
    (2, 1)
    """
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(objective), model.matrix.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = objective, model.low, model.high
    lp.row_lower_ = np.where(np.isinf(model.row_low), -highspy.kHighsInf, model.row_low)
    lp.row_upper_ = np.where(np.isinf(model.row_high), highspy.kHighsInf, model.row_high)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = model.matrix.indptr, model.matrix.indices
    lp.a_matrix_.value_ = model.matrix.data
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kInteger] * model.whole + [kinds.kContinuous] * (len(objective) - model.whole)
    return lp
