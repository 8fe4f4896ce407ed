"""The lists that offices work with, as tables of plain values: report and workbook show the same ones.

References
----------
Columns of 覆盖缺口清单 and 共建共享需求清单 as county offices use them; what onemap does not know stays an empty column
to be filled in by hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import pandas as pd
import shapely

from onemap.findings import Finding
from onemap.layers.catalogue import schema
from onemap.layers.schema import Field
from onemap.messages import entry
from onemap.views.escaping import plain
from onemap.views.map_data import lonlat, words
from onemap.views.view_settings import ViewSettings

__all__ = ["Cell", "Column", "Kind", "OfficeList", "office_lists", "plain_cell"]

Cell = str | int | float | None
Kind = Literal["text", "integer", "number", "share", "degrees"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list.

    Attributes
    ----------
    zh, en
        Headers; a unit stands in them.
    kind
        How its numbers are written: integer, number (one decimal), share (per cent) or degrees (six decimals).
    cells
        One value a row; None where nothing is known.
    """

    zh: str
    en: str
    kind: Kind
    cells: tuple[Cell, ...]

    def header(self, lang: str) -> str:
        """Give the header in a language."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class OfficeList:
    """One list.

    Attributes
    ----------
    name
        What it is called inside: gaps, villages, gap_details, stretches, roads, demands, clusters, pairs, findings.
    zh, en
        Titles.
    columns
        Its columns, all of one length.
    """

    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]

    def title(self, lang: str) -> str:
        """Give the title in a language."""
        return self.zh if lang == "zh" else self.en

    def __len__(self) -> int:
        return len(self.columns[0].cells) if self.columns else 0


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
    places = _Places(layers, settings.county_name, lang)
    return (
        _gap_list(results, places, settings),
        _plain_list("villages", results, "village_verdicts", fields=_VILLAGES, lang=lang),
        _plain_list("gap_details", results, "gap_points", fields=_DETAILS, lang=lang),
        _plain_list(
            "stretches", results, "gap_stretches", fields=_STRETCHES, lang=lang, to_fill=("measure", "unit", "deadline")
        ),
        _plain_list("roads", results, "road_summary", fields=_ROADS, lang=lang),
        _demand_list(results.get("sharing_matches"), results.get("sharing_unmatched"), places),
        _plain_list(
            "clusters", results, "colocation_clusters", fields=_CLUSTERS, lang=lang, to_fill=("decision", "remarks")
        ),
        _plain_list("pairs", results, "colocation_pairs", fields=_PAIRS, lang=lang),
        _finding_list(findings, lang),
    )


_VILLAGES = (
    "village_id", "name", "households", "population", "technology", "operator", "verdict", "near_station",
    "nearest_station_id", "nearest_station_m", "places_total", "places_covered", "failing_places", "reason", "source",
)  # fmt: skip
_DETAILS = (
    "target_layer", "target_id", "name", "village_id", "households", "population", "technology", "operator", "verdict",
    "nearest_tower_id", "nearest_tower_m", "reason", "source",
)  # fmt: skip
_STRETCHES = (
    "road_id", "ref", "road_name", "is_border", "technology", "operator", "verdict", "chainage_from", "chainage_to",
    "length_m", "reason",
)  # fmt: skip
_ROADS = (
    "road_id", "ref", "road_name", "is_border", "technology", "operator", "length_m", "covered_m", "depends_m",
    "uncovered_m", "covered_share", "longest_gap_m", "meets_target",
)  # fmt: skip
_CLUSTERS = ("cluster_id", "tower_ids", "operators", "tower_count", "span_m", "keeper_id", "reason")
_PAIRS = ("tower_a", "owner_a", "tower_b", "owner_b", "distance_m", "limit_m", "reason")


class _Places:
    """Where things are, in words: county, town, village."""

    def __init__(self, layers: Mapping[str, gpd.GeoDataFrame], county: str, lang: str) -> None:
        self.county = plain(county)
        self.lang = lang
        villages = layers.get("villages")
        self.villages = {} if villages is None else dict(zip(villages["village_id"], villages["name"], strict=True))
        districts = layers.get("districts")
        self.towns = (
            None if districts is None else lonlat(districts[districts["code"].str.len().gt(6).fillna(value=False)])
        )

    def town(self, point: shapely.Geometry) -> Cell:
        """Give the name of the town that holds a place."""
        if self.towns is None or self.towns.empty:
            return None
        inside = self.towns.geometry.covers(point.representative_point())
        return plain_cell(next(iter(self.towns.loc[inside, "name"]), None))

    def village(self, village_id: object) -> Cell:
        """Give the name of a village."""
        return plain_cell(self.villages.get(village_id))


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
    columns = [_numbered(len(rows))]
    for field in fields:
        column = f"reason_{lang}" if field == "reason" else field
        values = list(rows[column]) if column in rows else [None] * len(rows)
        columns.append(_column(known[f"{field}_{lang}" if field == "reason" else field], field, values, lang))
    columns += [_empty(label, len(rows)) for label in to_fill]
    return _office_list(name, columns)


def _column(field: Field, name: str, values: Sequence[object], lang: str) -> Column:
    """Make a column of a field of the catalogue."""
    if name == "reason":
        header = entry("list_reason")
        return Column(header["zh"], header["en"], "text", tuple(plain_cell(value) for value in values))
    unit = f" ({field.unit})" if field.unit else ""
    kind: Kind = "text"
    if field.kind in {"integer", "number"}:
        kind = "share" if name.endswith("_share") else "integer" if field.kind == "integer" else "number"
    cells = [plain_cell(value) for value in values]
    if kind == "text":
        cells = _spoken(cells, lang, is_list=field.kind == "list")
    return Column(field.alias_zh + unit, field.alias_en + unit, kind, tuple(cells))


def _spoken(cells: list[Cell], lang: str, *, is_list: bool = False) -> list[Cell]:
    """Put words in the place of canonical values."""
    parts = {part for cell in cells if isinstance(cell, str) for part in (cell.split(";") if is_list else [cell])}
    known = {value: pair[0 if lang == "zh" else 1] for value, pair in words(parts).items()}
    mark = "、" if lang == "zh" else ", "
    return [
        mark.join(known.get(part, part) for part in (cell.split(";") if is_list else [cell]))
        if isinstance(cell, str)
        else cell
        for cell in cells
    ]


def plain_cell(value: object) -> Cell:
    """Give a value of a frame as text, number or None; yes and no as words.

    Examples
    --------
    >>> plain_cell(float("nan")), plain_cell(True), plain_cell(12)
    (None, 'yes', 12)
    """
    if value is None or value is pd.NA or value is pd.NaT or value == "":
        return None
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, int) or pd.api.types.is_integer(value):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return plain(value)


def _numbered(count: int) -> Column:
    """Give the column of row numbers, from 1."""
    header = entry("list_number")
    return Column(header["zh"], header["en"], "integer", tuple(range(1, count + 1)))


def _empty(label: str, count: int) -> Column:
    """Make a column that people fill in."""
    return _given(label, "text", [None] * count)


def _given(label: str, kind: Kind, cells: Sequence[Cell]) -> Column:
    """Make a column with a header of the views."""
    header = entry(f"list_{label}")
    return Column(header["zh"], header["en"], kind, tuple(cells))


def _office_list(name: str, columns: Sequence[Column]) -> OfficeList:
    """Give a list its title."""
    title = entry(f"list_title_{name}")
    return OfficeList(name, title["zh"], title["en"], tuple(columns))


_WHERE = ("town", "village", "kind", "place")


def _gap_list(results: Mapping[str, gpd.GeoDataFrame], places: _Places, settings: ViewSettings) -> OfficeList:
    """List each place once, with its verdict by technology for any operator."""
    rows = _gap_rows(results.get("gap_points"), results.get("village_verdicts"))
    assessed = _assessed(results)
    technologies = [*dict.fromkeys([*settings.technologies, *sorted(assessed)])]
    otherwise = {technology: "covered" if technology in assessed else None for technology in technologies}
    records = [] if rows is None else [_gap_record(group, otherwise, places) for group in _by_place(rows)]
    records.sort(
        key=lambda record: (str(record["town"] or ""), str(record["village"] or ""), str(record["place"] or ""))
    )
    count = len(records)
    columns = [_numbered(count)]
    columns.append(_given("county", "text", [places.county] * count))
    columns += [_given(label, "text", [record[label] for record in records]) for label in _WHERE]
    columns += [
        _given(label, "integer", [record[label] for record in records]) for label in ("households", "population")
    ]
    for technology in technologies:
        cells = _spoken([record[f"is {technology}"] for record in records], places.lang)
        columns.append(Column(technology, technology, "text", tuple(cells)))
    columns.append(_given("fibre", "text", [entry("list_not_assessed")[places.lang]] * count))
    columns.append(_given("nearest", "text", [record["nearest"] for record in records]))
    columns.append(_given("nearest_m", "number", [record["nearest_m"] for record in records]))
    columns += [_empty(label, count) for label in ("measure", "unit", "deadline", "remarks")]
    return _office_list("gaps", columns)


def _gap_rows(points: gpd.GeoDataFrame | None, villages: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Join places and villages that lack service of any operator."""
    parts = []
    if points is not None and len(points):
        drop = points["target_layer"].eq("villages") & (villages is not None and len(villages) > 0)
        parts.append(points[~drop.fillna(value=False)])
    if villages is not None and len(villages):
        same = villages.rename(
            columns={"nearest_station_id": "nearest_tower_id", "nearest_station_m": "nearest_tower_m"}
        )
        parts.append(same.assign(target_layer="villages", target_id=same["village_id"]))
    if not parts:
        return None
    columns = [
        "target_layer", "target_id", "name", "village_id", "households", "population", "technology", "operator",
        "verdict", "nearest_tower_id", "nearest_tower_m", "geometry",
    ]  # fmt: skip
    frames = [lonlat(part).reindex(columns=columns).astype(object) for part in parts]
    rows = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry")
    return rows[rows["operator"].eq("any").fillna(value=False)]


def _by_place(rows: gpd.GeoDataFrame) -> list[pd.DataFrame]:
    """Give the rows of each place that lacks something."""
    groups = [group for _, group in rows.groupby(["target_layer", "target_id"], sort=True)]
    return [group for group in groups if group["verdict"].isin(["uncovered", "depends"]).any()]


def _assessed(results: Mapping[str, gpd.GeoDataFrame]) -> set[str]:
    """Give the technologies that any result speaks of; of others nothing is known."""
    frames = [results[name] for name in ("verdicts", "gap_points", "village_verdicts") if name in results]
    return {str(value) for frame in frames for value in frame["technology"].dropna()}


def _gap_record(group: pd.DataFrame, otherwise: Mapping[str, Cell], places: _Places) -> dict[str, Cell]:
    """Describe one place that lacks something."""
    first = group.iloc[0]
    is_village = first["target_layer"] == "villages"
    verdicts = dict(zip(group["technology"], group["verdict"], strict=True))
    return {
        "town": places.town(first["geometry"]),
        "village": plain_cell(first["name"]) if is_village else places.village(first["village_id"]),
        "kind": _spoken([plain_cell(first["target_layer"])], places.lang)[0],
        "place": None if is_village else plain_cell(first["name"]) or plain_cell(first["target_id"]),
        "households": plain_cell(first["households"]),
        "population": plain_cell(first["population"]),
        "nearest": plain_cell(first["nearest_tower_id"]),
        "nearest_m": plain_cell(first["nearest_tower_m"]),
        **{f"is {technology}": plain_cell(verdicts.get(technology, usual)) for technology, usual in otherwise.items()},
    }


def _demand_list(matches: gpd.GeoDataFrame | None, unmatched: gpd.GeoDataFrame | None, places: _Places) -> OfficeList:
    """List what could be shared for each gap, and the gaps that nothing can serve."""
    records = _matched(matches, places.lang) + _unmatched(unmatched, places.lang)
    kinds: dict[str, Kind] = {
        "demand": "text", "unit_asking": "text", "technology": "text", "place": "text", "lon": "degrees",
        "lat": "degrees", "resource": "text", "height": "number", "when": "text", "candidate": "text", "owner": "text",
        "distance": "number", "rank": "integer", "conclusion": "text", "why": "text",
        "why_not": "text", "contact": "text",
    }  # fmt: skip
    columns = [_given(label, kind, [record.get(label) for record in records]) for label, kind in kinds.items()]
    return _office_list("demands", [_numbered(len(records)), *columns])


def _matched(matches: gpd.GeoDataFrame | None, lang: str) -> list[dict[str, Cell]]:
    """Describe each match."""
    if matches is None or matches.empty:
        return []
    places = [shapely.get_point(line, 0) for line in lonlat(matches).geometry]
    return [
        {
            "demand": f"{row.place_id}-{row.technology}",
            "technology": plain_cell(row.technology),
            "place": plain_cell(row.place_name),
            "lon": point.x,
            "lat": point.y,
            "resource": _spoken([plain_cell(row.candidate_layer)], lang)[0],
            "height": plain_cell(row.height_agl_m),
            "candidate": plain_cell(row.candidate_id),
            "owner": _spoken([plain_cell(row.candidate_owner)], lang)[0],
            "distance": plain_cell(row.distance_m),
            "rank": plain_cell(row.rank),
            "conclusion": entry("list_can_share")[lang],
            "why": plain_cell(row.reason_zh if lang == "zh" else row.reason_en),
        }
        for row, point in zip(_tuples(matches), places, strict=True)
    ]


def _unmatched(unmatched: gpd.GeoDataFrame | None, lang: str) -> list[dict[str, Cell]]:
    """Describe each gap that nothing can serve."""
    if unmatched is None or unmatched.empty:
        return []
    return [
        {
            "demand": f"{row.place_id}-{row.technology}",
            "technology": plain_cell(row.technology),
            "place": plain_cell(row.place_name),
            "lon": point.x,
            "lat": point.y,
            "conclusion": entry("list_cannot_share")[lang],
            "why_not": plain_cell(row.reason_zh if lang == "zh" else row.reason_en),
        }
        for row, point in zip(_tuples(unmatched), lonlat(unmatched).geometry, strict=True)
    ]


def _tuples(layer: gpd.GeoDataFrame) -> list[_Row]:
    """Give rows whose missing columns are None."""
    return [_Row(record) for record in layer.drop(columns="geometry").to_dict("records")]


class _Row:
    """A row whose values are read as attributes; a column that is not there reads as None."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> object:
        return self._values.get(name)


def _finding_list(findings: Sequence[Finding], lang: str) -> OfficeList:
    """List what was found in the data."""
    columns = [
        _numbered(len(findings)),
        _given("rule", "text", [finding.rule for finding in findings]),
        _given("severity", "text", _spoken([finding.severity for finding in findings], lang)),
        _given("layer", "text", _spoken([finding.layer for finding in findings], lang)),
        _given("file", "text", [plain_cell(finding.file) for finding in findings]),
        _given("row", "integer", [plain_cell(finding.row) for finding in findings]),
        _given("feature", "text", [plain_cell(finding.feature) for finding in findings]),
        _given("message", "text", [plain(finding.message(lang)) for finding in findings]),
        _given("hint", "text", [plain(finding.hint(lang)) for finding in findings]),
        _given("action", "text", _spoken([finding.action for finding in findings], lang)),
        _given("lon", "degrees", [plain_cell(finding.lon) for finding in findings]),
        _given("lat", "degrees", [plain_cell(finding.lat) for finding in findings]),
        _empty("inspector", len(findings)),
        _empty("reviewer", len(findings)),
    ]
    return _office_list("findings", columns)
