"""Candidates of a plan: what stands, what is planned, new sites in the terrain, satellites; what each would serve.

```text
 standing ─┐
 rises ────┼─▶ plan_candidates ─▶ reach_of ─▶ which targets each would serve ─▶ siting
 satellite ┘        ▲ zones, owners, loads        ▲ plan_targets: what is to be served, with weights
```
"""

from onemap.analyses.candidate_settings import (
    EXAMPLE_SATELLITES,
    KINDS,
    RANKS,
    Equipment,
    ReachSettings,
    RiseSettings,
    SatelliteSettings,
    StandingSettings,
    TargetSettings,
)
from onemap.analyses.candidates.reach import Reach, joined_reach, reach_of
from onemap.analyses.candidates.result_tables import joined_candidates, rejected_layer
from onemap.analyses.candidates.rises import Rises, power_sources, rises
from onemap.analyses.candidates.satellite import look_angles, satellite_candidates, satellite_looks
from onemap.analyses.candidates.siting_inputs import SitingInputs, siting_inputs
from onemap.analyses.candidates.standing import Candidates, StandingRules, standing_candidates
from onemap.analyses.candidates.targets import plan_targets

__all__ = [
    "EXAMPLE_SATELLITES",
    "KINDS",
    "RANKS",
    "Candidates",
    "Equipment",
    "Reach",
    "ReachSettings",
    "RiseSettings",
    "Rises",
    "SatelliteSettings",
    "SitingInputs",
    "StandingRules",
    "StandingSettings",
    "TargetSettings",
    "joined_candidates",
    "joined_reach",
    "look_angles",
    "plan_targets",
    "power_sources",
    "reach_of",
    "rejected_layer",
    "rises",
    "satellite_candidates",
    "satellite_looks",
    "siting_inputs",
    "standing_candidates",
]
