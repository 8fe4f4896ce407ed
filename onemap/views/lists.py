"""The lists that offices work with, as tables of plain values: report and workbook show the same ones.

References
----------
Columns of 覆盖缺口清单 and 共建共享需求清单 as county offices use them; what onemap does not know stays an empty column
to be filled in by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import pandas as pd

from onemap.findings import SEVERITIES, Finding
from onemap.layers.catalogue import schema
from onemap.layers.schema import Field
from onemap.messages import entry
from onemap.views.conflict_list import conflict_list
from onemap.views.demand_list import demand_list, match_list
from onemap.views.escaping import plain
from onemap.views.gap_list import gap_list
from onemap.views.gap_list_fields import GAP_LISTS
from onemap.views.list_columns import (
    Cell,
    Column,
    Kind,
    OfficeList,
    empty,
    given,
    numbered,
    plain_cell,
    spoken,
    titled,
)
from onemap.views.plan_lists import plan_lists
from onemap.views.route_lists import ROUTE_LISTS, urgent_first
from onemap.views.view_settings import ViewSettings

__all__ = ["Cell", "Column", "Kind", "OfficeList", "office_lists", "plain_cell"]


def office_lists(
    layers: Mapping[str, gpd.GeoDataFrame],
    results: Mapping[str, gpd.GeoDataFrame],
    findings: Sequence[Finding],
    settings: ViewSettings,
    *,
    lang: str = "zh",
) -> tuple[OfficeList, ...]:
    """Make every list from layers and results.

    Parameters
    ----------
    layers, results
        Layers by name, any CRS; any may be missing or empty: its list then has no rows.
    findings
        What was found in the data.
    settings
        County and order of technologies.
    lang
        Language of the values; headers carry both.

    Returns
    -------
    lists
        In the order in which people read them.

    Examples
    --------
    >>> import datetime
    >>> lists = office_lists({}, {}, [], ViewSettings("示范县", datetime.date(2026, 1, 1)))
    >>> lists[0].zh
    '覆盖缺口清单'
    """
    results = {name: _worst_first(name, frame, settings) for name, frame in results.items()}
    if "network_nodes" in results:
        results["network_nodes"] = urgent_first(results["network_nodes"])
    routes = [
        _plain_list(name, results, layer, fields=fields, lang=lang, to_fill=to_fill)
        for name, (layer, fields, to_fill) in ROUTE_LISTS.items()
    ]
    meant = [_plain_list(name, results, layer, fields=fields(lang), lang=lang) for name, layer, fields in GAP_LISTS]
    rare = [
        _plain_list(name, results, layer, fields=fields, lang=lang, to_fill=to_fill)
        for name, layer, fields, to_fill in _RARE
    ]
    return (
        gap_list(layers, results, settings, lang=lang),
        _plain_list("villages", results, "village_verdicts", fields=_VILLAGES, lang=lang),
        _plain_list("gap_details", results, "gap_points", fields=_DETAILS, lang=lang),
        _plain_list(
            "stretches", results, "gap_stretches", fields=_STRETCHES, lang=lang, to_fill=("measure", "unit", "deadline")
        ),
        _plain_list("roads", results, "road_summary", fields=_ROADS, lang=lang),
        *plan_lists(results, lang=lang),
        *(one for one in meant if len(one)),
        demand_list(results, settings, lang=lang),
        match_list(results, settings, lang=lang),
        _plain_list(
            "clusters", results, "colocation_clusters", fields=_CLUSTERS, lang=lang, to_fill=("decision", "remarks")
        ),
        _plain_list("pairs", results, "colocation_pairs", fields=_PAIRS, lang=lang),
        *([conflict_list(results, lang=lang)] if "conflicts" in results else []),  # where there are zones
        *(one for one in routes if len(one)),  # many counties have no cables
        *(one for one in rare if len(one)),  # few counties have been measured, or have works under way
        _finding_list(findings, lang),
    )


_VILLAGES = (
    "village_id", "name", "households", "population", "technology", "operator", "verdict", "near_station",
    "nearest_station_id", "nearest_station_m", "places_total", "places_covered", "committee_verdict", "school_verdict",
    "clinic_verdict", "settlement_verdict", "failing_parts", "failing_places", "reason", "source",
)  # fmt: skip
_DETAILS = (
    "target_layer", "target_id", "name", "village_id", "households", "population", "technology", "operator", "verdict",
    "nearest_tower_id", "nearest_tower_m", "reason", "source",
)  # fmt: skip
_STRETCHES = (
    "road_id", "ref", "road_name", "is_border", "technology", "operator", "verdict", "chainage_from", "chainage_to",
    "length_m", "part", "parts", "reason",
)  # fmt: skip
_ROADS = (
    "road_id", "ref", "road_name", "is_border", "technology", "operator", "length_m", "covered_m", "depends_m",
    "uncovered_m", "covered_share", "longest_gap_m", "meets_target",
)  # fmt: skip
_CLUSTERS = ("cluster_id", "tower_ids", "operators", "tower_count", "span_m", "keeper_id", "reason")
_PAIRS = ("tower_a", "owner_a", "tower_b", "owner_b", "distance_m", "limit_m", "reason")
_ERRORS = (
    "model", "dimension", "value", "places", "samples", "groups", "mean_db", "std_db", "rmse_db", "offset_db",
    "left_out_mean_db", "left_out_std_db",
)  # fmt: skip
_GIVEN = (
    "demand_id", "requester", "resource", "year", "units", "wanted_height_m", "candidate_layer", "candidate_id",
    "candidate_owner", "distance_m", "height_agl_m", "room_free", "seen_share", "direction", "method", "reason",
)  # fmt: skip
_REJECTED = (
    "demand_id", "requester", "resource", "candidate_layer", "candidate_id", "candidate_owner", "distance_m", "reason",
)  # fmt: skip
_RESERVED = (
    "work_id", "work_name", "work_kind", "stage", "work_owner", "year", "need_layer", "need_ids", "need_count",
    "distance_m", "length_m", "reserve", "reason",
)  # fmt: skip
_POLES = (
    "cable_id", "operator", "beside_layer", "beside_id", "beside_owner", "bores_free", "length_m", "pole_km",
    "distance_m", "advice", "reason",
)  # fmt: skip
_RARE: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("given", "demand_matches", _GIVEN, ()),
    ("rejected", "demand_rejections", _REJECTED, ()),
    ("reservations", "work_reservations", _RESERVED, ("remarks",)),
    ("poles", "pole_routes", _POLES, ("decision", "remarks")),
    ("model_errors", "model_errors", _ERRORS, ()),
)


_PER_CENT = ("_share", "_part", "score")
_VERDICTS = {"uncovered": 0, "depends": 1, "covered": 2}
_LARGE_FIRST = {
    "gap_points": "households",
    "village_verdicts": "households",
    "gap_stretches": "length_m",
    "road_summary": "uncovered_m",
    "colocation_clusters": "tower_count",
    "area_coverage": "population",
}
_WHOLE_FIRST = ("indicators", "indicator_changes", "development")  # the county before its districts


def _worst_first(name: str, frame: gpd.GeoDataFrame, settings: ViewSettings) -> gpd.GeoDataFrame:
    """Order a result: any operator before one, technologies as the project has them, the worst verdict, the largest."""
    if name in _WHOLE_FIRST and "district_code" in frame:
        part = frame["district_code"].fillna("").ne("").to_numpy(dtype=bool)
        return frame.iloc[part.argsort(kind="stable")].reset_index(drop=True)
    if frame.empty or name not in _LARGE_FIRST:
        return frame
    keys = {}
    for column, known in (
        ("operator", {value: place for place, value in enumerate(("any", *settings.operators))}),
        ("technology", {value: place for place, value in enumerate(settings.technologies)}),
        ("verdict", _VERDICTS),
    ):
        if column in frame:
            keys[column] = frame[column].map(known).astype("float64").fillna(len(known)).to_numpy()
    size = _LARGE_FIRST[name]
    if size in frame:
        keys[size] = -frame[size].astype("Float64").fillna(0).to_numpy(dtype=float)
    order = pd.DataFrame(keys).sort_values(list(keys), kind="stable").index
    return frame.iloc[order].reset_index(drop=True)


_IN_BOTH = ("reason", "reserve", "advice")
"""Fields that a layer holds in both languages."""


def _plain_list(
    name: str,
    results: Mapping[str, gpd.GeoDataFrame],
    layer: str,
    *,
    fields: tuple[str, ...],
    lang: str,
    to_fill: tuple[str, ...] = (),
) -> OfficeList:
    """List a result layer as it is, with the columns that people fill in."""
    known = schema(layer).fields
    frame = results.get(layer)
    rows = pd.DataFrame() if frame is None else frame
    columns = [numbered(len(rows))]
    for field in fields:
        column = f"{field}_{lang}" if field in _IN_BOTH else field
        values = list(rows[column]) if column in rows else [None] * len(rows)
        columns.append(_column(known[column], field, values, lang))
    columns += [empty(label, len(rows)) for label in to_fill]
    return titled(name, columns)


def _column(field: Field, name: str, values: Sequence[object], lang: str) -> Column:
    """Make a column of a field of the catalogue."""
    if name in _IN_BOTH:
        header = entry(f"list_{name}")
        return Column(header["zh"], header["en"], "text", tuple(plain_cell(value) for value in values))
    unit = f" ({field.unit})" if field.unit else ""
    kind: Kind = "text"
    if field.kind in {"integer", "number"}:
        kind = "share" if name.endswith(_PER_CENT) else "integer" if field.kind == "integer" else "number"
    cells = [plain_cell(value) for value in values]
    if name == "year":  # no quantity: 2026, never 2,026
        return Column(field.alias_zh, field.alias_en, "text", tuple(None if one is None else str(one) for one in cells))
    if kind == "text":
        classes = name == "value"  # of the errors of a model: one class, or several as "4G / 1850 MHz / in sight"
        cells = spoken(cells, lang, is_list=classes or field.kind == "list", between=" / " if classes else ";")
    return Column(field.alias_zh + unit, field.alias_en + unit, kind, tuple(cells))


def _finding_list(findings: Sequence[Finding], lang: str) -> OfficeList:
    """List what was found in the data."""
    findings = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
    columns = [
        numbered(len(findings)),
        given("rule", "text", [finding.rule for finding in findings]),
        given("severity", "text", spoken([finding.severity for finding in findings], lang)),
        given("layer", "text", spoken([finding.layer for finding in findings], lang)),
        given("file", "text", [plain_cell(finding.file) for finding in findings]),
        given("row", "integer", [plain_cell(finding.row) for finding in findings]),
        given("feature", "text", [plain_cell(finding.feature) for finding in findings]),
        given("message", "text", [plain(finding.message(lang)) for finding in findings]),
        given("hint", "text", [plain(finding.hint(lang)) for finding in findings]),
        given("action", "text", spoken([finding.action for finding in findings], lang)),
        given("lon", "degrees", [plain_cell(finding.lon) for finding in findings]),
        given("lat", "degrees", [plain_cell(finding.lat) for finding in findings]),
        empty("inspector", len(findings)),
        empty("reviewer", len(findings)),
    ]
    return titled("findings", columns)
