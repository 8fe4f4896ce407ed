"""Facilities and the ground they take against zones: farmland, red line, reserves, land use, urban boundary."""

from onemap.analyses.conflicts.footprints import FACILITY_LAYERS
from onemap.analyses.conflicts.report import Conflicts, find_conflicts
from onemap.analyses.conflicts.rules import VERDICTS, ZoneKind, ZoneRule, ZoneRules, package_rules, read_rules
from onemap.analyses.conflicts.settings import ConflictSettings

__all__ = [
    "FACILITY_LAYERS",
    "VERDICTS",
    "ConflictSettings",
    "Conflicts",
    "ZoneKind",
    "ZoneRule",
    "ZoneRules",
    "find_conflicts",
    "package_rules",
    "read_rules",
]
