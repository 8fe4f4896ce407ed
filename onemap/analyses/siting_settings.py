"""What a plan is to reach, and how long it may be looked for; beside its package, so that no solver is loaded."""

from __future__ import annotations

import itertools
import math
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from onemap.errors import ProjectError

__all__ = ["Phase", "SitingSettings"]


class Phase(BaseModel):
    """The money of one year.

    Attributes
    ----------
    year
        Calendar year.
    budget
        What may be spent in it, in the unit of costs; what is left over goes to the next one.

    Examples
    --------
    >>> Phase(year=2026, budget=500).budget
    500.0
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    year: int
    budget: float


class SitingSettings(BaseModel):
    """What a plan is to reach: exactly one of a share and a budget.

    Attributes
    ----------
    target_share
        Share of all weight that is to be served, of (0, 1]; what is served before counts. The least cost is looked for.
    budget
        What may be spent, in the unit of costs. The most weight is looked for.
    phases
        Years with their money, in order. With a budget they add up to it. They decide the order of building, never
        what is built.
    must_serve
        Whether the targets marked in the problem have to be served.
    unreachable
        What to do where the share cannot be reached, or a target that must be served has no candidate: plan the best
        that can be reached and say what is missing, or end with an error.
    gap
        A proven distance from the best of at most this share is good enough; no proof is looked for beyond it.
    time_limit_s
        When the search is cut by the clock, in seconds. The work limits below come first on a common computer, so that
        the plan does not depend on the clock; where the clock did cut, the status says so.
    search_work, bound_work
        How much work the search and the bound may take, in pairs of candidate and target looked at; the search takes
        some more for each pair there is.
    exact_pairs, branch_work, branch_nodes
        Up to how many pairs the problem, once reduced, is closed by branches (0: never); how much work these may take,
        in steps of the simplex method times pairs; how many branches the exact solver may take on a small problem.

    Raises
    ------
    ProjectError
        If share and budget are both given or both missing, or a value makes no sense.

    Examples
    --------
    >>> SitingSettings(target_share=0.95).must_serve
    True
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    target_share: float | None = None
    budget: float | None = None
    phases: tuple[Phase, ...] = ()
    must_serve: bool = True
    unreachable: Literal["best", "error"] = "best"
    gap: float = Field(default=0.0, ge=0.0, lt=1.0)
    time_limit_s: float = Field(default=300.0, gt=0.0)
    search_work: int = Field(default=1_200_000_000, ge=0)
    bound_work: int = Field(default=1_000_000_000, ge=0)
    exact_pairs: int = Field(default=80_000, ge=0)
    branch_work: int = Field(default=4_000_000_000, ge=0)
    branch_nodes: int = Field(default=2_000, ge=0)

    @model_validator(mode="after")
    def _require_sense(self) -> Self:
        """Refuse settings that contradict each other."""
        if self.target_share is not None and self.budget is not None:
            raise ProjectError("siting_both_aims", share=self.target_share, budget=self.budget)
        if self.target_share is None and self.budget is None:
            raise ProjectError("siting_no_aim")
        if self.target_share is not None and not 0 < self.target_share <= 1:
            raise ProjectError("siting_share", share=self.target_share)
        if self.budget is not None and not (math.isfinite(self.budget) and self.budget >= 0):
            raise ProjectError("siting_budget", budget=self.budget)
        self._require_phases()
        return self

    def _require_phases(self) -> None:
        """Refuse years that are out of order, money below zero, and sums that differ from the budget."""
        for phase in self.phases:
            if not (math.isfinite(phase.budget) and phase.budget >= 0):
                raise ProjectError("siting_phase_budget", year=phase.year, budget=phase.budget)
        for before, after in itertools.pairwise(self.phases):
            if after.year <= before.year:
                raise ProjectError("siting_phase_order", before=before.year, after=after.year)
        total = sum(phase.budget for phase in self.phases)
        if self.phases and self.budget is not None and abs(total - self.budget) > 1e-9 * max(total, self.budget):
            raise ProjectError("siting_phase_sum", total=f"{total:g}", budget=f"{self.budget:g}")
