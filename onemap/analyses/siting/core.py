"""A siting problem made small and exact: whole numbers, the order that breaks ties, nothing that cannot matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from onemap.analyses.siting.problem import SitingProblem, whole_numbers
from onemap.analyses.siting.reduction_kernel import dominated

__all__ = ["Aim", "Core", "core_of", "part_of"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ground = tuple[Ints, npt.NDArray[np.int32], Ints, npt.NDArray[np.int32], Floats, Ints, Floats, Bools]


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """What is asked of a plan, in whole numbers.

    Attributes
    ----------
    cheaper
        Whether the least cost is wanted; else the most weight, and then the least cost.
    need
        Weight that has to be served newly.
    limit
        What may be spent.
    """

    cheaper: bool
    need: float
    limit: float


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """What is left of a problem.

    Attributes
    ----------
    ground
        Arrays as in `cover_kernel`.
    rank
        Rank of each candidate counted from one, shape (n,).
    columns
        Position in the problem of each candidate, shape (n,).
    """

    ground: Ground
    rank: Ints
    columns: Ints

    @property
    def pairs(self) -> int:
        """How many pairs of candidate and target there are."""
        return len(self.ground[1])

    @property
    def total(self) -> float:
        """Weight of all targets."""
        return float(self.ground[6].sum())

    def tell(self, inside: Bools) -> tuple[float, float, int]:
        """Give cost, weight served and number of targets that must be served and are not."""
        start, rows, _, _, cost, _, weight, must = self.ground
        served = np.zeros(len(weight), dtype=bool)
        for one in np.flatnonzero(inside):
            served[rows[start[one] : start[one + 1]]] = True
        return float(cost[inside].sum()), float(weight[served].sum()), int((must & ~served).sum())


def core_of(problem: SitingProblem, *, must_serve: bool) -> tuple[Core, float, float]:
    """Bring a problem to whole numbers, without what is served already or cannot be.

    Returns
    -------
    core, money, weigh
        The core, and what one unit of its costs and weights is.

    Examples
    --------
    >>> serves = np.array([[True, False], [True, True]])
    >>> no = np.zeros(2, dtype=bool)
    >>> problem = SitingProblem(np.array([5.0, 2.0]), serves, np.array([1.5, 3]), no, no, np.zeros(2, int), ["a", "b"])
    >>> core, money, weigh = core_of(problem, must_serve=True)
    >>> core.columns, core.ground[4], weigh
    (array([1, 0]), array([2., 5.]), 0.1)
    """
    cost, money = _shared_unit(*whole_numbers(problem.cost))
    weight, weigh = whole_numbers(problem.weight)
    must = problem.must & must_serve
    order = np.lexsort((np.asarray(problem.key), problem.rank, cost))
    joint = np.full(len(cost), -1) if problem.joint is None else problem.joint
    matters = ~problem.served_before & ((weight > 0) | must)
    cover = problem.serves[:, order].tocsr()[np.flatnonzero(matters)]
    reached = np.diff(cover.indptr) > 0
    cover = cover[np.flatnonzero(reached)]
    rows = np.flatnonzero(matters)[reached]
    core = _core(cover, (cost[order], joint[order], weight[rows], must[rows]), problem.rank[order] + 1, order)
    return _smaller(core), money, weigh


def _shared_unit(whole: Floats, unit: float) -> tuple[Floats, float]:
    """Count in the largest amount that goes into all: a bound is then rounded to it (sites of one price: to sites)."""
    largest = int(np.gcd.reduce(whole.astype(np.int64))) if len(whole) else 1
    return (whole / largest, unit * largest) if largest > 1 else (whole, unit)


def part_of(core: Core, columns: Bools, *, without: Bools | None = None, free: bool = False) -> Core:
    """Keep some candidates only, and the targets that one of them serves and none of `without` does.

    With `free` no target of the part must be served.

    Examples
    --------
    >>> serves = np.array([[True, False], [True, True]])
    >>> no = np.zeros(2, dtype=bool)
    >>> problem = SitingProblem(np.array([5.0, 2.0]), serves, np.array([1.5, 3]), no, no, np.zeros(2, int), ["a", "b"])
    >>> part_of(core_of(problem, must_serve=True)[0], np.array([True, False])).pairs
    1
    """
    _, _, first, others, cost, group, weight, must = core.ground
    cover = csr_array((np.ones(len(others), dtype=bool), others, first), shape=(len(weight), len(cost)))
    open_rows = np.ones(len(weight), dtype=bool)
    if without is not None:
        start, rows = core.ground[:2]
        for one in np.flatnonzero(without):
            open_rows[rows[start[one] : start[one + 1]]] = False
    kept = np.flatnonzero(columns)
    cover = cover[:, kept]
    open_rows &= np.diff(cover.indptr) > 0
    left = np.flatnonzero(open_rows)
    amounts = cost[kept], group[kept], weight[left], must[left] & (not free)
    return _core(cover[left], amounts, core.rank[kept], core.columns[kept])


def _core(cover: csr_array, amounts: tuple[Floats, Ints, Floats, Bools], rank: Ints, columns: Ints) -> Core:
    """Put arrays together: targets with the same candidates become one, groups are numbered."""
    cost, joint, weight, must = amounts
    rows, weight, must = _merged(cover, weight, must)
    by_row = cover[rows]
    by_row.sort_indices()
    by_column = by_row.tocsc()
    by_column.sort_indices()
    alone = np.flatnonzero(joint < 0)
    group = np.unique(joint, return_inverse=True)[1].astype(np.int64)
    group[alone] = len(cost) + alone
    group = np.unique(group, return_inverse=True)[1].astype(np.int64)
    ground = (
        by_column.indptr.astype(np.int64), by_column.indices.astype(np.int32),
        by_row.indptr.astype(np.int64), by_row.indices.astype(np.int32),
        np.ascontiguousarray(cost, dtype=np.float64), group, weight, must,
    )  # fmt: skip
    return Core(ground, np.asarray(rank, dtype=np.int64), np.asarray(columns, dtype=np.int64))


def _merged(cover: csr_array, weight: Floats, must: Bools) -> tuple[Ints, Floats, Bools]:
    """Make one of targets that the same candidates serve; they are told apart by two sums of 64 bits."""
    if not cover.shape[0]:
        return np.zeros(0, dtype=np.int64), weight.astype(np.float64), must
    marks = np.random.default_rng(7).integers(0, 2**64, (2, cover.shape[1]), dtype=np.uint64)
    sums = [np.add.reduceat(mark[cover.indices], cover.indptr[:-1]) for mark in marks]
    _, rows, member = np.unique(np.stack(sums, axis=1), axis=0, return_index=True, return_inverse=True)
    order = np.argsort(rows)
    place = np.empty(len(rows), dtype=np.int64)
    place[order] = np.arange(len(rows))
    member = place[np.ravel(member)]
    added = np.bincount(member, weights=weight, minlength=len(rows))
    forced = np.bincount(member, weights=must, minlength=len(rows)) > 0
    return rows[order].astype(np.int64), added.astype(np.float64), forced


def _smaller(core: Core) -> Core:
    """Leave out candidates that another one stands for."""
    group = core.ground[5]
    if not len(group):
        return core
    single = np.bincount(group)[group] == 1
    marked = dominated(core.ground[:4], group, single)
    return part_of(core, ~marked) if marked.any() else core
