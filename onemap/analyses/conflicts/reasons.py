"""Why a row of conflicts says what it says, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from onemap.analyses.conflicts.places import Place
from onemap.analyses.conflicts.settings import ConflictSettings
from onemap.messages import catalogue, text

__all__ = ["place_reason", "row_reason"]


def row_reason(
    row: Mapping[Any, Any],
    places: Mapping[int, Place | None],
    settings: ConflictSettings,
    lang: str,
    *,
    avoided: bool,
) -> str:
    """Say what a facility shares with a zone, and where else it could stand.

    Parameters
    ----------
    row
        facility, kind, outside, code, zone_ids, zone_name, class_name, area_m2, footprint_m2, length_m, total_length_m,
        part_share, area_assumed, rule.
    places
        Allowed place by facility; None where there is none.
    settings
        Radius of the search.
    lang
        "zh" or "en".
    avoided
        Whether the facility should not be there, so that a place is told.

    Examples
    --------
    >>> from onemap.analyses.conflicts.rules import package_rules
    >>> row = {"facility": 0, "kind": "ecological red line", "outside": False, "code": "", "zone_ids": "Z1",
    ...     "zone_name": None, "class_name": None, "area_m2": 0.0, "footprint_m2": 0.0, "length_m": 50.0,
    ...     "total_length_m": 200.0, "part_share": 0.25, "area_assumed": False,
    ...     "rule": package_rules().find("ecological red line", "cables")}
    >>> row_reason(row, {}, ConflictSettings(), "en", avoided=True)
    '50.0 m of 200.0 m (25.0%) in Z1 (ecological red line)'
    """
    words = _where(row, lang, _what(row, lang))
    if row["area_assumed"]:
        words += text("conflict_assumed", lang)
    if not row["rule"].basis:
        words += text("conflict_no_basis", lang)
    if not avoided or row["facility"] not in places:
        return words
    place = places[row["facility"]]
    if place is None:
        return words + text("conflict_no_place", lang, radius=f"{settings.search_radius_m:,.0f}")
    return words + text(
        "conflict_place",
        lang,
        distance=f"{place.distance_m:,.0f}",
        direction=_direction(place.azimuth_deg, lang),
        lon=f"{place.lon:.6f}",
        lat=f"{place.lat:.6f}",
    )


def place_reason(place: Place | None, zone_ids: str, settings: ConflictSettings, lang: str) -> str:
    """Say where a site could stand, or that there is no such place.

    Parameters
    ----------
    place
        The place; None if there is none.
    zone_ids
        Zones that the site is in, parted by ";".
    settings
        Radius and clearance.
    lang
        "zh" or "en".

    Examples
    --------
    >>> place_reason(None, "Z1", ConflictSettings(), "en")
    'no place within 2,000 m is 10 m clear of zones that forbid it or need recognition'
    """
    clearance = f"{settings.clearance_m:g}"
    if place is None:
        return text("place_not_found", lang, radius=f"{settings.search_radius_m:,.0f}", clearance=clearance)
    return text(
        "place_found",
        lang,
        distance=f"{place.distance_m:,.0f}",
        direction=_direction(place.azimuth_deg, lang),
        clearance=clearance,
        zones=zone_ids.replace(";", "、" if lang == "zh" else ", "),
    )


def _what(row: Mapping[Any, Any], lang: str) -> str:
    """Say how much: area, length or both."""
    percent, parts = f"{row['part_share']:.1%}", []
    if row["footprint_m2"] > 0:
        sizes = {"area": f"{row['area_m2']:,.2f}", "whole": f"{row['footprint_m2']:,.2f}"}
        parts.append(text("conflict_area", lang, percent=percent, **sizes))
    if row["total_length_m"] > 0:
        percent = f"{row['length_m'] / row['total_length_m']:.1%}"
        sizes = {"length": f"{row['length_m']:,.1f}", "whole": f"{row['total_length_m']:,.1f}"}
        parts.append(text("conflict_length", lang, percent=percent, **sizes))
    return ("；" if lang == "zh" else "; ").join(parts)


def _where(row: Mapping[Any, Any], lang: str, what: str) -> str:
    """Say in which zone or class, or outside which kind."""
    kind = catalogue().get(f"word {row['kind']}", {lang: row["kind"]})[lang]
    by_class = row["rule"].zone_kind == "land use" or bool(row["code"])
    if by_class:
        named = " ".join(str(part) for part in (row["code"], row["class_name"]) if not pd.isna(part) and part)
        zone = text("conflict_class_none", lang) if row["outside"] else named or kind
        return text("conflict_takes_class", lang, what=what, zone=zone)
    if row["outside"]:
        return text("conflict_outside", lang, what=what, kind=kind)
    zone = " ".join(str(part) for part in (row["zone_ids"], row["zone_name"]) if not pd.isna(part) and part)
    return text("conflict_takes", lang, what=what, zone=zone.replace(";", ", ") or "?", kind=kind)


def _direction(azimuth_deg: float, lang: str) -> str:
    """Name one of eight directions."""
    return text(f"direction_{round(azimuth_deg / 45.0) % 8}", lang)
