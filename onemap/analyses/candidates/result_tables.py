"""Result layers of candidates, and why each is one or is none, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from onemap.analyses.columns import result_layer
from onemap.analyses.coverage.settings import ANY_OPERATOR
from onemap.messages import LANGUAGES, catalogue, text

__all__ = ["candidates_layer", "joined_candidates", "rejected_layer"]

_SAME = (
    "candidate_id", "spot_id", "kind", "facility_layer", "facility_id", "name", "owner", "equipment", "technologies",
    "operators", "bands", "height_agl_m", "platforms_free", "year", "zone_status", "zone_ids", "ground_elev_m",
    "rise_m", "slope_deg", "road_m", "power_m", "seen_weight", "seen_places", "cluster", "satellite", "source",
)  # fmt: skip
_REJECTED = ("kind", "facility_layer", "facility_id", "name", "owner", "equipment", "cause", "zone_ids", "source")


def candidates_layer(table: pd.DataFrame, crs: CRS | str) -> gpd.GeoDataFrame:
    """Give the result layer of candidates.

    Parameters
    ----------
    table
        Candidates that were found: lon, lat, height_known, spare_kg and columns of the layer.
    crs
        Of the places.

    Examples
    --------
    >>> site = pd.DataFrame({"candidate_id": ["a"], "kind": "planned", "height_agl_m": 30.0, "height_known": False,
    ...     "room_known": True, "spare_kg": np.inf, "operators": "any", "lon": 75.0, "lat": 39.0})
    >>> candidates_layer(site, "EPSG:4490")["assumed_en"].tolist()
    ['height of the antenna 30 m; bands and power by presets, radiating all round; operator not named']
    """
    values: dict[str, object] = {name: table[name].array for name in _SAME if name in table}
    if "zone_ids" in table:
        values["zone_ids"] = table["zone_ids"].replace("", None).array
    if len(table) and "height_known" in table:
        values["height_assumed"] = ~table["height_known"].astype(bool).to_numpy()
        spare_kg = table["spare_kg"].to_numpy(dtype=float)
        values["load_spare_kg"] = np.where(np.isfinite(spare_kg), spare_kg, np.nan)
    records = table.to_dict("records")
    for lang in LANGUAGES:
        values[f"reason_{lang}"] = [_reason(record, lang) for record in records]
        values[f"assumed_{lang}"] = [_assumed(record, lang) or None for record in records]
    return result_layer("plan_candidates", values, _points(table), crs)


def rejected_layer(table: pd.DataFrame, crs: CRS | str) -> gpd.GeoDataFrame:
    """Give the result layer of what is no candidate.

    Parameters
    ----------
    table
        What was rejected: lon, lat, cause, what the cause rests on, and columns of the layer.
    crs
        Of the places.

    Examples
    --------
    >>> field = pd.DataFrame({"kind": ["new site"], "cause": "forbidden", "zone_ids": "Z1", "zone_kind":
    ...     "permanent basic farmland", "lon": 75.0, "lat": 39.0})
    >>> rejected_layer(field, "EPSG:4490")["reason_en"].tolist()
    ['building is forbidden in Z1 (permanent basic farmland)']
    """
    values: dict[str, object] = {name: table[name].array for name in _REJECTED if name in table}
    if "zone_ids" in table:
        values["zone_ids"] = table["zone_ids"].replace("", None).array
    records = table.to_dict("records")
    for lang in LANGUAGES:
        values[f"reason_{lang}"] = [_why_not(record, lang) for record in records]
    return result_layer("plan_rejected_candidates", values, _points(table), crs)


def joined_candidates(*layers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put layers of one kind behind one another.

    Parameters
    ----------
    *layers
        One or more result layers with the same fields, in one CRS.

    Examples
    --------
    >>> site = pd.DataFrame({"candidate_id": ["a"], "kind": "planned", "lon": 75.0, "lat": 39.0})
    >>> layer = candidates_layer(site, "EPSG:4490")
    >>> len(joined_candidates(layer, layer.iloc[:0], layer))
    2
    """
    filled = [layer for layer in layers if len(layer)] or [layers[0]]
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), crs=layers[0].crs)


def _points(table: pd.DataFrame) -> np.ndarray:
    """Give the places."""
    return np.asarray(shapely.points(table["lon"].to_numpy(float), table["lat"].to_numpy(float)), dtype=object)


def _reason(record: Mapping[Any, Any], lang: str) -> str:
    """Say what a candidate is and why it may be one."""
    figures = {
        "name": _said(record.get("name")) or _said(record.get("facility_id")) or "-",
        "owner": _said(record.get("owner")) or text("candidate_owner_unknown", lang),
        "height_m": _number(record.get("height_agl_m"), 1),
    }
    words = text("candidate_" + str(record["kind"]).replace(" ", "_"), lang, **figures, **_terrain(record))
    if record["kind"] == "existing tower":
        free = _said(record.get("platforms_free"))
        words += text("candidate_free", lang, count=free) if free else text("candidate_free_unknown", lang)
    status = record.get("zone_status")
    if status in {"needs recognition", "forbidden"}:
        kind = _zone(record, lang)
        words += text("candidate_zone_" + str(status).replace(" ", "_"), lang, zones=_zones(record, lang), kind=kind)
    elif status == "not checked":
        words += text("candidate_zone_not_checked", lang)
    return words


def _terrain(record: Mapping[Any, Any]) -> dict[str, str]:
    """Give the figures of a site in the terrain."""
    names = ("rise_m", "slope_deg", "road_m", "power_m", "seen_weight", "seen_places", "view_km", "ground_elev_m")
    return {name: _number(record.get(name), 1 if name in {"slope_deg", "view_km"} else 0) for name in names}


def _assumed(record: Mapping[Any, Any], lang: str) -> str:
    """Say what is assumed of a candidate."""
    said = []
    if "height_known" in record and not record["height_known"]:
        said.append(text("candidate_assumed_height", lang, height_m=_number(record["height_agl_m"], 1)))
    if record["kind"] == "structure" and not np.isfinite(record.get("spare_kg", np.inf)):
        said.append(text("candidate_assumed_load", lang))
    elif record["kind"] == "structure" and not record.get("load_kg"):
        said.append(text("candidate_assumed_weight", lang))
    if record["kind"] in {"existing tower", "room"} and not record.get("room_known", True):
        said.append(text("candidate_assumed_room", lang))
    if record["kind"] != "satellite":
        said.append(text("candidate_assumed_radio", lang))
    if record.get("operators") == ANY_OPERATOR:
        said.append(text("candidate_assumed_operator", lang))
    return {"zh": "；", "en": "; "}[lang].join(said)


def _why_not(record: Mapping[Any, Any], lang: str) -> str:
    """Say why something is no candidate."""
    figures = {
        "owner": _said(record.get("owner")) or "-",
        "technology": _said(record.get("technology")) or "-",
        "operators": _said(record.get("operators")) or "-",
        "height_m": _number(record.get("height_agl_m"), 1),
        "min_height_m": _number(record.get("min_height_m"), 1),
        "spare_kg": _number(record.get("spare_kg"), 0),
        "load_kg": _number(record.get("load_kg"), 0),
    }
    cause = str(record["cause"])
    if cause == "full":
        cause = {"existing tower": "full", "room": "full_room"}.get(str(record["kind"]), "full_structure")
    if cause == "forbidden":
        return text("candidate_not_forbidden", lang, zones=_zones(record, lang), kind=_zone(record, lang))
    return text(f"candidate_not_{cause}", lang, **figures)


def _zones(record: Mapping[Any, Any], lang: str) -> str:
    """Name the zones; a rule for what lies outside names none."""
    return _said(record.get("zone_ids")) or text("candidate_outside", lang)


def _zone(record: Mapping[Any, Any], lang: str) -> str:
    """Give the word for the kind of a zone."""
    kind = str(record.get("zone_kind") or "-")
    return text(f"word {kind}", lang) if f"word {kind}" in catalogue() else kind


def _said(value: object) -> str:
    """Give a value as text; empty where it is missing."""
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def _number(value: object, digits: int) -> str:
    """Give a number as text; a dash where it is not known."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return "-"
    return f"{round(float(value), digits):g}" if digits else f"{float(value):,.0f}"  # type: ignore[arg-type]
