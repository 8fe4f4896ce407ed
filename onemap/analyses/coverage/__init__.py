"""Coverage of places and roads by field strength, sight or radius, decided on the paths to the targets themselves."""

from onemap.analyses.coverage.along import coverage_along
from onemap.analyses.coverage.antennas import serving_antennas, tower_users
from onemap.analyses.coverage.assumptions import assumptions_text
from onemap.analyses.coverage.line_of_sight import Ends, sights_between
from onemap.analyses.coverage.places import coverage
from onemap.analyses.coverage.settings import ANY_OPERATOR, TOWER_COMPANY, CoverageSettings

__all__ = [
    "ANY_OPERATOR",
    "TOWER_COMPANY",
    "CoverageSettings",
    "Ends",
    "assumptions_text",
    "coverage",
    "coverage_along",
    "serving_antennas",
    "sights_between",
    "tower_users",
]
