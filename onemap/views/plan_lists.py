"""Lists of the plan: which result layers they show, and in which columns."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from onemap.layers.catalogue import schema
from onemap.layers.schema import Field
from onemap.views.list_columns import Cell, Column, Kind, OfficeList, empty, numbered, plain_cell, spoken, titled
from onemap.views.plan_words import IN_BOTH, MONEY, move_words, plan_in_words, unit_of_money

__all__ = ["plan_lists"]

_COSTS = ("cost", "cost_site", "cost_radio", "cost_connection", "cost_power", "cost_access")
_LISTS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "plan_sites",
        "plan_sites",
        (
            "build_order", "year", "kind", "name", "what", "where", "served", "served_places", "served_people",
            "served_road_km", "indicators", "agree", *_COSTS, "way", "reason", "runner_up", "runner_up_kind",
            "runner_up_share", "runner_up_cost", "certainty", "margin_db", "margin_least_db", "price_certainty",
            "owner", "facility_layer", "facility_id", "technologies", "operators", "bands", "height_agl_m",
            "zone_status", "zone_ids", "site_id", "source",
        ),
        ("decision", "remarks"),
    ),
    (
        "plan_connections",
        "plan_connections",
        (
            "site_id", "way", "to_layer", "to_id", "route_m", "shared_with", "trench_m", "leg_m", "hung_m", "bore_m",
            "spare_m", "link_m", "antenna_m", "power", "power_layer", "power_id", "power_m", "road_m", "cost",
            "cost_fibre", "cost_microwave", "cost_satellite", "cost_power", "cost_access", "price_certainty",
            "open_parts", "reason",
        ),
        (),
    ),
    ("plan_phases", "plan_phases", ("phase", "year", "budget", "sites", "cost", "cost_so_far", "share_after"), ()),
    (
        "plan_indicators",
        "plan_indicators",
        (
            "indicator", "district_code", "district_name", "unit", "total", "covered_before", "covered_after",
            "gained", "share_before", "share_after", "missing_before", "missing_after", "state_before", "state_after",
            "reason",
        ),
        (),
    ),
    (
        "plan_curve",
        "plan_budget_curve",
        ("budget", "cost", "share", "nested_share", "optimality_gap", "proven"),
        (),
    ),
    (
        "plan_moves",
        "plan_sensitivity",
        (
            "what_moves", "step", "unit", "reached_share", "cost", "cost_change", "sites_kept", "sites_dropped",
            "sites_added", "old_share", "old_cost",
        ),
        (),
    ),
    (
        "plan_served",
        "plan_served",
        (
            "target_layer", "target_id", "name", "technology", "operator", "state", "site_id", "distance_m",
            "margin_db", "weight", "weight_assumed", "length_m", "must", "cheapest", "cheapest_cost", "satellite",
            "satellite_cost", "reason",
        ),
        (),
    ),
    (
        "satellites",
        "satellite_looks",
        (
            "target_layer", "target_id", "name", "satellite", "satellite_lon", "azimuth_deg", "elevation_deg",
            "horizon_deg", "horizon_distance_m", "margin_deg", "verdict", "sky_share", "low_orbit_verdict", "best",
            "reason",
        ),
        (),
    ),
    (
        "plan_rejected",
        "plan_rejected_candidates",
        (
            "kind", "name", "owner", "equipment", "cause", "zone_ids", "reason", "facility_layer", "facility_id",
            "source",
        ),
        (),
    ),
)  # fmt: skip
"""Name of a list, result layer, its columns in order, and the columns that people fill in."""
_NAMED = {"indicator": ("zh", "en"), "what_moves": ("what", "what")}


def plan_lists(results: Mapping[str, gpd.GeoDataFrame], *, lang: str = "zh") -> tuple[OfficeList, ...]:
    """List the plan: sites, connections, years, indicators, money, assumptions, who is served, what was left out.

    Candidates that were looked at and not chosen run to thousands: they stand in the results, and have no list.

    Parameters
    ----------
    results
        Result layers by name; a list without rows is left out.
    lang
        Language of the values; headers carry both. Money stands in the headers as its unit.

    Returns
    -------
    lists
        In the order in which people read them.

    Examples
    --------
    >>> phases = gpd.GeoDataFrame(
    ...     {"phase": [1], "year": [2026], "cost": [298.1], "share_after": [0.75], "money": ["万元"]},
    ...     geometry=gpd.points_from_xy([75.1], [39.6]),
    ... )
    >>> [column.header("zh") for column in plan_lists({"plan_phases": phases})[0].columns][2:6]
    ['年份', '当年资金 (万元)', '站点数', '当期费用 (万元)']
    """
    money = unit_of_money(results)
    spelt = plan_in_words({name: results[name] for _, name, _, _ in _LISTS if name in results}, zeros=True)
    return tuple(
        titled(name, [*_columns(layer, spelt[layer], fields, lang, money=money), *_to_fill(to_fill, spelt[layer])])
        for name, layer, fields, to_fill in _LISTS
        if len(spelt.get(layer, ()))
    )


def _to_fill(labels: tuple[str, ...], frame: pd.DataFrame) -> list[Column]:
    """Give the columns that people fill in."""
    return [empty(label, len(frame)) for label in labels]


def _columns(layer: str, frame: pd.DataFrame, fields: tuple[str, ...], lang: str, *, money: str) -> list[Column]:
    """Give the columns of a list, row numbers first."""
    known = schema(layer).fields
    columns = [numbered(len(frame))]
    for name in fields:
        zh, en = _NAMED.get(name) or ((f"{name}_zh", f"{name}_en") if _in_both(name, known) else (name, name))
        own = zh if lang == "zh" else en
        values = list(frame[own]) if own in frame else [None] * len(frame)
        if name == "what_moves":
            values = [move_words(value, lang) for value in values]
        columns.append(
            _column(name, (known[zh], known[en]), [plain_cell(value) for value in values], lang, money=money)
        )
    return columns


def _in_both(name: str, known: Mapping[str, Field]) -> bool:
    """Tell whether a field stands in both languages."""
    return name in IN_BOTH and f"{name}_zh" in known


def _column(name: str, fields: tuple[Field, Field], cells: list[Cell], lang: str, *, money: str) -> Column:
    """Make one column, its unit in its header."""
    unit = money if name in MONEY else fields[0].unit
    heads = [words + (f" ({unit})" if unit else "") for words in (fields[0].alias_zh, _english(fields[1].alias_en))]
    kind = _kind(name, fields[0])
    if name == "year":  # no quantity: 2026, never 2,026
        cells = [None if cell is None else str(cell) for cell in cells]
    if kind == "text":
        cells = spoken(cells, lang, is_list=fields[0].kind == "list" or name in {"technologies", "operators"})
    return Column(heads[0], heads[1], kind, tuple(cells))


def _english(alias: str) -> str:
    """Give the English name of a field that stands in both languages, without saying which."""
    return alias.removesuffix(" (Chinese)")


def _kind(name: str, field: Field) -> Kind:
    """Tell how the numbers of a field are written."""
    if field.kind not in {"integer", "number"} or name == "year":
        return "text"
    if name.endswith("_share") or name in {"share", "share_before", "share_after", "optimality_gap"}:
        return "share"
    return "integer" if field.kind == "integer" else "number"
