"""Which fields stand in the lists that rest on gaps: areas, fibre, priorities, universal service, indicators."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["GAP_LISTS"]


def _always(*names: str) -> Callable[[str], tuple[str, ...]]:
    """Give the same fields in either language."""
    return lambda _lang: names


GAP_LISTS: tuple[tuple[str, str, Callable[[str], tuple[str, ...]]], ...] = (
    (
        "priorities",
        "gap_priorities",
        _always(
            "rank", "target_layer", "target_id", "name", "village_id", "households", "population", "lacks", "score",
            "people_part", "kind_part", "lack_part", "isolation_part", "fibre_part", "unknown_parts", "reason",
            "source",
        ),
    ),
    (
        "areas",
        "area_coverage",
        _always(
            "area_layer", "area_id", "name", "technology", "operator", "area_km2", "covered_share", "depends_share",
            "uncovered_share", "population", "covered_population_share", "basis",
        ),
    ),
    (
        "fibre",
        "fibre_distances",
        _always(
            "target_layer", "target_id", "name", "village_id", "households", "population", "distance_m", "way",
            "distance_class", "supply_layer", "supply_id", "straight_m", "reason", "source",
        ),
    ),
    (
        "applications",
        "application_list",
        _always(
            "target_layer", "target_id", "name", "village_id", "households", "population", "technology", "rank",
            "score", "fibre_m", "chainage_from", "chainage_to", "length_m", "reason", "source",
        ),
    ),
    (
        "acceptance",
        "acceptance",
        _always(
            "finished_id", "name", "county", "village_id", "technology", "operator", "drawn", "samples", "good_share",
            "outcome", "reason", "source",
        ),
    ),
    (
        "indicators",
        "indicators",
        lambda lang: (
            f"programme_{lang}", lang, "district_code", "district_name", "deadline", "due", "total", "unit", "covered",
            "depends", "uncovered", "covered_share", "required_share", "missing", "state", "source", "confidence",
        ),
    ),
    (
        "indicator_changes",
        "indicator_changes",
        lambda lang: (
            lang, "district_code", "district_name", "unit", "before_share", "after_share", "change_share",
            "covered_before", "covered_after", "covered_change", "state_before", "state_after",
        ),
    ),
    (
        "verdict_changes",
        "verdict_changes",
        _always(
            "target_layer", "target_id", "name", "village_id", "technology", "operator", "verdict_before",
            "verdict_after", "change",
        ),
    ),
    (
        "development",
        "development",
        _always("measure", "district_code", "district_name", "value", "total", "known_share", "mean", "unknown"),
    ),
)  # fmt: skip
"""List, result layer, and its fields in a language; a list without rows has no sheet."""
