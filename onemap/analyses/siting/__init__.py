"""Where to build or share: arrays in, a plan out (`site_plan`), with its proven distance from the best.

The package knows candidates, costs, targets and weights only; where they come from, and how a site is connected, is
told by others. `budget_curve` gives the share reached against money, `plan_again` what changes with other costs,
weights or coverage.
"""

from onemap.analyses.siting.curve import BudgetCurve, PlanChange, budget_curve, plan_again
from onemap.analyses.siting.plan import site_plan
from onemap.analyses.siting.problem import SitingProblem
from onemap.analyses.siting.solution import SitingSolution
from onemap.analyses.siting_settings import Phase, SitingSettings

__all__ = [
    "BudgetCurve",
    "Phase",
    "PlanChange",
    "SitingProblem",
    "SitingSettings",
    "SitingSolution",
    "budget_curve",
    "plan_again",
    "site_plan",
]
