"""What coverage leaves out: places, administrative villages by the official rule, stretches of road."""

from onemap.analyses.gaps.lines import gap_stretches, road_summary
from onemap.analyses.gaps.points import gap_points
from onemap.analyses.gaps.settings import GapSettings
from onemap.analyses.gaps.villages import village_verdicts

__all__ = ["GapSettings", "gap_points", "gap_stretches", "road_summary", "village_verdicts"]
