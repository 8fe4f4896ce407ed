"""Why this candidate and not another: who could stand for it, how far, at what cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onemap.analyses.columns import column
from onemap.analyses.plan.choosing import Chosen

__all__ = ["Alternative", "alternatives"]

SHARED_KINDS = ("existing tower", "structure", "room")
BUILT_KINDS = ("planned", "new site")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Who could stand for a chosen site.

    Attributes
    ----------
    candidate
        Position of the runner-up; -1 where no other candidate serves anything that the site alone serves.
    share
        Share of what the site alone serves, by weight, that the runner-up would serve.
    cost
        What it costs alone.
    shared, shared_share
        For a site that is to be built: the best of what stands already, and its share; -1 and 0 where nothing does.
    """

    candidate: int
    share: float
    cost: float
    shared: int = -1
    shared_share: float = 0.0


def alternatives(chosen: Chosen) -> list[Alternative]:
    """Find for each chosen site the candidate that could best stand for it.

    Parameters
    ----------
    chosen
        The plan.

    Returns
    -------
    alternatives
        In the order of building. Candidates of the same spot, and those chosen, do not count. The largest share goes
        first, then the least cost, then the order of the candidates.

    Examples
    --------
    >>> from onemap.analyses.plan.example import example_plan
    >>> first, second = alternatives(example_plan()[0])
    >>> first.candidate, first.share, second.candidate  # the roof of the room; nobody
    (2, 0.625, -1)
    """
    problem, picked = chosen.problem, chosen.solution.chosen
    cost = chosen.question.costs.table["total"].to_numpy(dtype=float)
    kind = column(chosen.question.candidates, "kind").to_numpy(dtype=object)
    rows = problem.serves.tocsr()
    times = np.asarray(rows[:, picked].sum(axis=1)).ravel() + 2 * problem.served_before
    free = np.ones(problem.size[1], dtype=bool)
    free[picked] = False
    free[chosen.banned] = False
    if problem.joint is not None:  # a spot takes one equipment, and those of the plan are taken
        free &= (problem.joint < 0) | ~np.isin(problem.joint, problem.joint[picked])
    found = []
    for one in picked:
        mine = problem.serves.indices[problem.serves.indptr[one] : problem.serves.indptr[one + 1]]
        mine = mine[times[mine] == 1]
        share = _shares(rows, mine, problem.weight) * free
        best = _best(share, cost)
        shared = share * np.isin(kind, SHARED_KINDS) if kind[one] in BUILT_KINDS else np.zeros(0)
        stands = _best(shared, cost) if len(shared) else -1
        found.append(
            Alternative(
                best, float(share[best]) if best >= 0 else 0.0, float(cost[best]) if best >= 0 else np.nan, stands,
                float(share[stands]) if stands >= 0 else 0.0,
            )
        )  # fmt: skip
    return found


def _shares(rows: object, mine: NDArray[np.int64], weight: Floats) -> Floats:
    """Give the share by weight of some targets that each candidate serves."""
    part = rows[mine]  # type: ignore[index]
    worth = weight[mine]
    total = float(worth.sum())
    if total <= 0:
        worth, total = np.ones(len(mine)), float(max(len(mine), 1))
    return np.asarray(part.T @ worth, dtype=float) / total


def _best(share: Floats, cost: Floats) -> int:
    """Give the position of the largest share, of equal ones the cheapest, then the first; -1 where all are zero."""
    if not len(share) or share.max() <= 0:
        return -1
    equal = np.flatnonzero(share >= share.max() - 1e-12)
    return int(equal[np.argmin(cost[equal])])
