"""What was found: what to build in which order, what it costs and serves, and how far from the best it can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from onemap.messages import text

__all__ = ["SitingSolution", "Status"]

Status = Literal[
    "optimal", "within_gap", "best_known", "cut_by_clock", "unreachable", "reached_before", "nothing_affordable"
]
"""optimal: proven; within_gap: proven to lie within the gap asked for; best_known: no proof, the gap is stated;
cut_by_clock: as before, but the clock ended the search, and another computer may find another plan; unreachable: the
best that can be reached, less than was asked; reached_before: nothing needs to be built; nothing_affordable: the
budget buys nothing that serves anybody."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SitingSolution:
    """A plan.

    Attributes
    ----------
    chosen
        Positions of the candidates to build, in the order of building, shape (k,).
    cost
        What they cost together, in the unit of costs.
    served
        Which targets are served in the end, shape (m,).
    reached_share, share_before
        Share of all weight that is served in the end, and before.
    value
        What was asked for: the cost, where a share was to be reached, else the weight served newly.
    bound
        No plan can have a value below it (cost) or above it (weight).
    gap
        How far the value is from the bound, as a share of the value; 0 where the plan is proven to be the best.
    proven
        Whether it is proven that none is better.
    status
        See `Status`.
    phase
        For each chosen one the position of its phase, shape (k,); -1 where the money of all phases does not last for
        it, or there are no phases.
    runner_up
        For each chosen one the cheapest other candidate that could stand for it (it would serve all that the chosen
        one alone serves), shape (k,); -1 where there is none.
    alone, alone_must
        Weight, and number of targets that must be served, that would be lost without each chosen one, shape (k,).
    missing_share
        How much of the target share is not reached; 0 where it is.
    nobody
        Targets that no candidate serves, and nothing before, shape (m,).
    reason_id, reason_values
        The text that says how the plan ended, and its values.
    """

    chosen: Ints
    cost: float
    served: npt.NDArray[np.bool_]
    reached_share: float
    share_before: float
    value: float
    bound: float
    gap: float
    proven: bool
    status: Status
    phase: Ints
    runner_up: Ints
    alone: npt.NDArray[np.float64]
    alone_must: Ints
    missing_share: float
    nobody: npt.NDArray[np.bool_]
    reason_id: str
    reason_values: dict[str, object] = field(default_factory=dict)

    def reason(self, lang: str) -> str:
        """Say in a language, "zh" or "en", how the plan ended."""
        return text(self.reason_id, lang, **self.reason_values)
