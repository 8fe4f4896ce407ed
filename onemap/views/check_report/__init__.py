"""The report of a check in the formats that people and programs take: one writer each, of one signature."""

from __future__ import annotations

from onemap.views.check_report.facts import (
    MOST_SAMPLES,
    CheckItem,
    CheckReport,
    MendedCell,
    RuleResult,
    WaivedFinding,
    item_of,
    rule_results,
    sentence,
)

__all__ = [
    "MOST_SAMPLES",
    "CheckItem",
    "CheckReport",
    "MendedCell",
    "RuleResult",
    "WaivedFinding",
    "item_of",
    "rule_results",
    "sentence",
]
