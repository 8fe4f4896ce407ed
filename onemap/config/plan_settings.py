"""The table `[plan]` of a project file, as a frozen model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from onemap.analyses.candidate_settings import (
    ReachSettings,
    RiseSettings,
    SatelliteSettings,
    StandingSettings,
    TargetSettings,
)
from onemap.analyses.connection_settings import ConnectionSettings
from onemap.analyses.siting_settings import Phase, SitingSettings
from onemap.config.strict_model import StrictModel

__all__ = ["PlanSettings"]

_Place = Literal["villages", "settlements", "schools", "clinics", "posts", "townships", "places", "roads"]


class PlanSettings(StrictModel):
    """What is planned, what for, and how hard it is looked for.

    Attributes
    ----------
    target_share
        Share of all weight that is to be served, of (0, 1], at the least cost. 0.95 where neither this nor a budget is
        given: an assumption, no rule names it.
    budget
        What may be spent, in the money of the prices: the most weight is served for it.
    phases
        Years with their money, in order; with a budget they add up to it.
    must
        Layers all of whose places have to be served.
    unreachable
        What to do where the share cannot be reached, or a place that must be served has no candidate: plan the "best"
        that can be reached and say what is missing, or end with an "error".
    new_sites
        Whether new sites are looked for in the terrain, besides what stands and what is planned.
    gap
        A proven distance from the best of at most this share is good enough.
    time_limit_s, search_work
        When one search is cut by the clock, in seconds, and how much work it may take before, in pairs of candidate and
        target looked at.
    rounds
        How often the plan is made again with what sites cost beside the connections of the ones chosen; the cheapest
        that serves as much is kept.
    satellite
        Places out of reach of all candidates: "listed" with the satellites they see and what a dish costs, "counted" as
        served by one, or "not looked at".
    curve_points
        For how many budgets the most that can be served is found; 0: none.
    margin_step_db
        By how much the radio margin is moved to see what changes, in dB; 0: not.
    price_step
        By which share the price of each part is moved to see what changes; 0: not.
    deliver_sites
        Whether the sites of the plan go into the delivery, among the planned sites.
    targets, candidates, rises, reach, sky, connection
        Tables: what is to be served and its weight; what may carry equipment; where new sites are looked for; what
        counts as served; satellites; how sites are connected.

    Raises
    ------
    ProjectError
        If share and budget are both given, or a value makes no sense.

    Examples
    --------
    >>> PlanSettings().siting().target_share, PlanSettings(budget=500).siting().target_share
    (0.95, None)
    """

    target_share: float | None = None
    budget: float | None = None
    phases: tuple[Phase, ...] = ()
    must: tuple[_Place, ...] = ()
    unreachable: Literal["best", "error"] = "best"
    new_sites: bool = True
    gap: float = Field(default=0.0, ge=0.0, lt=1.0)
    time_limit_s: float = Field(default=300.0, gt=0.0, le=86_400.0)
    search_work: int = Field(default=400_000_000, ge=0)
    rounds: int = Field(default=1, ge=0, le=10)
    satellite: Literal["listed", "counted", "not looked at"] = "listed"
    curve_points: int = Field(default=10, ge=0, le=100)
    margin_step_db: float = Field(default=3.0, ge=0, le=20)
    price_step: float = Field(default=0.2, ge=0, lt=1)
    deliver_sites: bool = False
    targets: TargetSettings = TargetSettings()
    candidates: StandingSettings = StandingSettings()
    rises: RiseSettings = RiseSettings()
    reach: ReachSettings = ReachSettings()
    sky: SatelliteSettings = SatelliteSettings()
    connection: ConnectionSettings = ConnectionSettings()

    @model_validator(mode="after")
    def _aim_makes_sense(self) -> PlanSettings:
        """Refuse aims that contradict each other when the project file is read, not when everything is computed."""
        self.siting()
        return self

    def siting(self) -> SitingSettings:
        """Give the settings of the choice of sites."""
        nothing = self.target_share is None and self.budget is None
        return SitingSettings(
            target_share=_USUAL_SHARE if nothing else self.target_share,
            budget=self.budget,
            phases=self.phases,
            unreachable=self.unreachable,
            gap=self.gap,
            time_limit_s=self.time_limit_s,
            search_work=self.search_work,
            bound_work=self.search_work,
        )


_USUAL_SHARE = 0.95
