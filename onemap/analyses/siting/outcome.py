"""How the answer to a core is told as a plan: amounts in their units, status, reasons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onemap.analyses.siting.problem import SitingProblem
from onemap.analyses.siting.solution import SitingSolution, Status
from onemap.analyses.siting.solver import Answer
from onemap.analyses.siting.substitutes import alone_of, runner_ups
from onemap.analyses.siting_settings import SitingSettings

__all__ = ["Found", "out_of_reach", "share_of", "solution_of"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was found on the way, in whole numbers.

    Attributes
    ----------
    answer
        The plan of the core.
    nobody
        Targets that no candidate serves.
    money, weigh
        What one unit of cost and of weight is.
    need, most
        Weight asked for newly, and the most that can be served newly.
    must_lost
        How many targets that must be served have no candidate.
    blocked, blocked_proven
        Whether candidates that exclude each other keep the need from being reached, and whether that is proven.
    """

    answer: Answer
    nobody: Bools
    money: float
    weigh: float
    need: float
    most: float
    must_lost: int
    blocked: bool = False
    blocked_proven: bool = False


def share_of(problem: SitingProblem, served: Bools) -> float:
    """Give the share of all weight that is served; 1 where nothing has weight.

    Examples
    --------
    >>> no = np.zeros(2, dtype=bool)
    >>> problem = SitingProblem(np.ones(2), np.eye(2), np.array([9.0, 3]), no, no, np.zeros(2, int), ["a", "b"])
    >>> share_of(problem, np.array([True, False]))
    0.75
    """
    total = float(problem.weight.sum())
    return float(problem.weight[served].sum()) / total if total > 0 else 1.0


def out_of_reach(problem: SitingProblem, settings: SitingSettings, found: Found) -> tuple[str, dict[str, object]]:
    """Say by how much an aim is out of reach, and what no candidate serves.

    Examples
    --------
    >>> no = np.zeros(2, dtype=bool)
    >>> problem = SitingProblem(np.ones(1), [[1], [0]], np.array([9.0, 3]), no, no, np.zeros(1, int), ["a"])
    >>> answer = Answer(np.array([True]), allowed=True, value=1.0, bound=1.0, proven=True, cut=False)
    >>> found = Found(answer, np.array([False, True]), 1.0, 1.0, need=12.0, most=9.0, must_lost=0)
    >>> out_of_reach(problem, SitingSettings(target_share=1), found)[1]["missing"]
    '25.00'
    """
    if settings.target_share is None or found.need <= found.most:
        return "siting_must_unreachable", {"must": found.must_lost}
    most = share_of(problem, problem.served_before) + found.most * found.weigh / float(problem.weight.sum())
    asked = settings.target_share
    values: dict[str, object] = {
        "share": f"{100 * asked:.2f}", "most": f"{100 * most:.2f}", "missing": f"{100 * (asked - most):.2f}",
    }  # fmt: skip
    if found.blocked and not found.blocked_proven:
        return "siting_not_reached", values
    values |= {"nobody": int(found.nobody.sum()), "weight": f"{problem.weight[found.nobody].sum():g}",
               "must": found.must_lost}  # fmt: skip
    return "siting_unreachable", values


def solution_of(
    problem: SitingProblem, settings: SitingSettings, found: Found, built: tuple[Ints, Ints]
) -> SitingSolution:
    """Tell the plan; what it costs and serves is counted anew from the problem.

    Examples
    --------
    >>> no = np.zeros(2, dtype=bool)
    >>> problem = SitingProblem(np.ones(1), [[1], [0]], np.array([9.0, 3]), no, no, np.zeros(1, int), ["a"])
    >>> answer = Answer(np.array([True]), allowed=True, value=1.0, bound=1.0, proven=True, cut=False)
    >>> found = Found(answer, np.array([False, True]), 1.0, 1.0, need=9.0, most=9.0, must_lost=0)
    >>> solution_of(problem, SitingSettings(target_share=0.75), found, (np.array([0]), np.array([-1]))).status
    'optimal'
    """
    chosen, phase = built
    served = problem.served_by(chosen)
    answer = found.answer
    unit = found.money if settings.target_share is not None else found.weigh
    reached, before = share_of(problem, served), share_of(problem, problem.served_before)
    asked = settings.target_share or 0.0
    alone, alone_must = alone_of(problem, chosen, must_serve=settings.must_serve)
    status, reason, values = _status(problem, settings, found, chosen)
    return SitingSolution(
        chosen=chosen, cost=float(problem.cost[chosen].sum()), served=served, reached_share=reached,
        share_before=before, value=answer.value * unit, bound=answer.bound * unit, gap=answer.gap,
        proven=answer.proven and not (found.blocked and not found.blocked_proven), status=status, phase=phase,
        runner_up=runner_ups(problem, chosen, must_serve=settings.must_serve), alone=alone, alone_must=alone_must,
        missing_share=max(0.0, asked - reached) if found.need > found.most or found.blocked else 0.0,
        nobody=found.nobody, reason_id=reason, reason_values=values,
    )  # fmt: skip


def _status(
    problem: SitingProblem, settings: SitingSettings, found: Found, chosen: Ints
) -> tuple[Status, str, dict[str, object]]:
    """Give status, text and values of how it ended."""
    answer = found.answer
    if found.must_lost or found.need > found.most:
        return "unreachable", *out_of_reach(problem, settings, found)
    if not len(chosen):
        return _nothing(problem, settings)
    gap = {"gap": f"{100 * answer.gap:.2f}"}
    if answer.proven:
        return "optimal", "siting_optimal", {}
    if settings.gap > 0 and answer.gap <= settings.gap:
        return "within_gap", "siting_within_gap", dict(gap)
    if answer.cut:
        return "cut_by_clock", "siting_cut_by_clock", {**gap, "seconds": f"{settings.time_limit_s:g}"}
    return "best_known", "siting_best_known", dict(gap)


def _nothing(problem: SitingProblem, settings: SitingSettings) -> tuple[Status, str, dict[str, object]]:
    """Say why nothing is built."""
    if settings.target_share is not None:
        return (
            "reached_before",
            "siting_reached_before",
            {"share": f"{100 * share_of(problem, problem.served_before):.1f}"},
        )
    open_weight = np.where(problem.served_before, 0.0, problem.weight)
    useful = problem.serves.T @ open_weight > 0
    if not useful.any():
        return "reached_before", "siting_nothing_left", {}
    cheapest = float(problem.cost[useful].min())
    return "nothing_affordable", "siting_nothing_affordable", {
        "budget": f"{settings.budget:g}", "cheapest": f"{cheapest:g}",
    }  # fmt: skip
