"""Facilities and the ground they take against zones: farmland, red line, reserves, land use, urban boundary."""

from onemap.analyses.conflicts.at_points import NO_ZONE, PointVerdicts, PointZones, point_zones
from onemap.analyses.conflicts.footprints import FACILITY_LAYERS
from onemap.analyses.conflicts.report import Conflicts, find_conflicts
from onemap.analyses.conflicts.rules import VERDICTS, ZoneKind, ZoneRule, ZoneRules, package_rules, read_rules
from onemap.analyses.conflicts.settings import ConflictSettings

__all__ = [
    "FACILITY_LAYERS",
    "NO_ZONE",
    "VERDICTS",
    "ConflictSettings",
    "Conflicts",
    "PointVerdicts",
    "PointZones",
    "ZoneKind",
    "ZoneRule",
    "ZoneRules",
    "find_conflicts",
    "package_rules",
    "point_zones",
    "read_rules",
]
