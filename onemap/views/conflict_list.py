"""衔接核对表: one line for each facility and zone, with rule, area or length, share, advice."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from onemap.layers.catalogue import schema
from onemap.messages import entry, text
from onemap.views.list_columns import Cell, Column, Kind, OfficeList, empty, given, numbered, plain_cell, spoken, titled

__all__ = ["conflict_list"]

_FIRST = ("facility_layer", "facility_id", "name", "owner", "stage", "verdict", "zone_kind", "position")
_SIZES = ("footprint_m2", "area_m2", "total_length_m", "length_m", "part_share")
_LAST = ("source", "zone_source")


def conflict_list(results: Mapping[str, gpd.GeoDataFrame], *, lang: str = "zh") -> OfficeList:
    """List what facilities share with zones, the gravest first.

    Parameters
    ----------
    results
        Of which `conflicts` is read, any CRS.
    lang
        Language of the values.

    Returns
    -------
    list
        The columns onemap fills, then 处理意见 and 备注 for the department.

    Examples
    --------
    >>> conflict_list({}).zh, len(conflict_list({}))
    ('衔接核对表', 0)
    """
    frame = results.get("conflicts")
    rows = pd.DataFrame() if frame is None else pd.DataFrame(frame.drop(columns="geometry"))
    count = len(rows)

    def values(name: str) -> list[object]:
        return list(rows[name]) if name in rows else [None] * count

    def reason(label: str, name: str) -> Column:
        return given(label, "text", [plain_cell(value) for value in values(f"{name}_{lang}")])

    bases = [plain_cell(value) or entry("list_no_basis")[lang] for value in values("basis")]
    columns = [numbered(count), *(_field(name, values(name), lang) for name in _FIRST)]
    columns.append(given("ground", "text", [_ground(record) for record in rows.to_dict("records")]))
    columns += [_field(name, values(name), lang) for name in _SIZES]
    columns += [_field("rule_id", values("rule_id"), lang), given("basis", "text", bases)]
    columns += [reason("explanation", "reason"), reason("advice", "advice")]
    columns.append(given("allowed_place", "text", [_place(record, lang) for record in rows.to_dict("records")]))
    columns += [_field(name, values(name), lang) for name in _LAST]
    return titled("conflicts", [*columns, empty("decision", count), empty("remarks", count)])


def _field(name: str, values: list[object], lang: str) -> Column:
    """Make a column of a field of the catalogue; sizes that are zero stay empty."""
    field = schema("conflicts").fields[name]
    unit = f" ({field.unit})" if field.unit else ""
    kind: Kind = "text"
    if field.kind == "number":
        kind = "share" if name == "part_share" else "number"
    cells = [plain_cell(value) for value in values]
    if kind == "number":
        cells = [round(cell, 2) or None if isinstance(cell, int | float) else None for cell in cells]
    return Column(field.alias_zh + unit, field.alias_en + unit, kind, tuple(spoken(cells, lang)))


def _ground(record: Mapping[object, object]) -> Cell:
    """Name the zone, or the class of land use."""
    code, name = plain_cell(record.get("class_code")), plain_cell(record.get("class_name"))
    parts = [code, name] if code else [plain_cell(record.get("zone_ids")), plain_cell(record.get("zone_name"))]
    return " ".join(str(part) for part in parts if part is not None) or None


def _place(record: Mapping[object, object], lang: str) -> Cell:
    """Tell where a planned site may stand instead."""
    lon, lat, distance_m = (record[f"place_{name}"] for name in ("lon", "lat", "distance_m"))
    if not isinstance(lon, float) or pd.isna(lon):
        return None
    return text("list_allowed_place_value", lang, lon=f"{lon:.6f}", lat=f"{lat:.6f}", distance=f"{distance_m:,.0f}")
