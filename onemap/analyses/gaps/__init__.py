"""What coverage leaves out: places, administrative villages by the official rule, stretches of road, areas, fibre."""

from onemap.analyses.gaps.chainages import RoadChainages, road_chainages
from onemap.analyses.gaps.lines import gap_stretches, road_summary, with_chainage
from onemap.analyses.gaps.points import gap_points
from onemap.analyses.gaps.settings import GapSettings
from onemap.analyses.gaps.villages import household_findings, village_verdicts

__all__ = [
    "GapSettings",
    "RoadChainages",
    "gap_points",
    "gap_stretches",
    "household_findings",
    "road_chainages",
    "road_summary",
    "village_verdicts",
    "with_chainage",
]
