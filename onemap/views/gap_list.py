"""覆盖缺口清单: each place that lacks service once, in exactly the columns that offices use, the worst first."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
import shapely

from onemap.messages import entry, text
from onemap.views.escaping import plain
from onemap.views.gap_measures import Measures
from onemap.views.list_columns import Cell, Column, OfficeList, empty, given, numbered, plain_cell, spoken, titled
from onemap.views.map_data import lonlat
from onemap.views.view_settings import ViewSettings

__all__ = ["gap_list"]

_COLUMNS = ("4G", "5G")  # technologies that have a column of their own; others stand in the remarks
_WORST = {"uncovered": 0, "depends": 1}


def gap_list(
    layers: Mapping[str, gpd.GeoDataFrame],
    results: Mapping[str, gpd.GeoDataFrame],
    settings: ViewSettings,
    *,
    lang: str = "zh",
) -> OfficeList:
    """List each place once, with its verdict by technology for any operator.

    Parameters
    ----------
    layers
        Of which villages and districts name where a place lies; any CRS.
    results
        Of which gap points and village verdicts are listed; a village stands by the official rule. Where there are
        fibre distances, matches and priorities, the column of fibre, the measures and the remarks are filled from them.
    settings
        County and order of the technologies.
    lang
        Language of the values.

    Returns
    -------
    list
        Columns of the office list in its order. Villages and places without the first technology come first, the
        largest of them at the top; what a technology nobody judged would give is "not assessed".

    Examples
    --------
    >>> import datetime
    >>> [column.zh for column in gap_list({}, {}, ViewSettings("示范县", datetime.date(2026, 1, 1))).columns[7:11]]
    ['4G', '5G', '光纤', '最近站址及距离']
    """
    places = _Places(layers, settings.county(lang), lang)
    rows = _gap_rows(results.get("gap_points"), results.get("village_verdicts"))
    assessed = _assessed(results)
    technologies = [*dict.fromkeys([*_COLUMNS, *settings.technologies, *sorted(assessed)])]
    otherwise: dict[str, Cell] = {one: "covered" if one in assessed else None for one in technologies}
    records = [] if rows is None else [_gap_record(group, otherwise, places) for group in _by_place(rows)]
    records.sort(key=lambda record: _badness(record, technologies))
    count = len(records)
    columns = [numbered(count), given("county", "text", [places.county] * count)]
    columns += [given(label, "text", [record[label] for record in records]) for label in ("town", "village", "place")]
    columns += [
        given(label, "integer", [record[label] for record in records]) for label in ("households", "population")
    ]
    unknown = entry("list_not_assessed")[lang]
    for technology in _COLUMNS:
        cells = spoken([record[technology] for record in records], lang)
        columns.append(Column(technology, technology, "text", tuple(cell or unknown for cell in cells)))
    fibre = _fibre(results.get("fibre_distances"), lang)
    columns.append(given("fibre", "text", [fibre.get((record["layer"], record["id"]), unknown) for record in records]))
    columns.append(given("nearest_and_distance", "text", [record["nearest"] for record in records]))
    measures = Measures(layers, results, lang)
    columns.append(given("measure", "text", [measures.of(record, technologies) or None for record in records]))
    columns += [empty(label, count) for label in ("unit", "deadline")]
    ranks = _ranks(results.get("gap_priorities"), lang)
    remarks = [[_remarks(record, technologies, lang), ranks.get((record["layer"], record["id"]))] for record in records]
    columns.append(given("remarks", "text", [_joined(parts, lang) for parts in remarks]))
    return titled("gaps", columns)


def _badness(record: Mapping[str, Cell], technologies: list[str]) -> tuple[object, ...]:
    """Give the order of a place: without the first technology first, villages before places, large before small."""
    return (
        *(_WORST.get(str(record[technology]), 2) for technology in technologies),
        record["layer"] != "villages",
        -float(record["households"] or 0),
        *(str(record[label] or "") for label in ("town", "village", "layer", "id")),
    )


def _remarks(record: Mapping[str, Cell], technologies: list[str], lang: str) -> Cell:
    """Say what kind of place it is, and how other technologies than those with a column stand."""
    parts = spoken([record["layer"]], lang)
    for technology in technologies:
        if technology not in _COLUMNS:
            verdict = spoken([record[technology]], lang)[0] or entry("list_not_assessed")[lang]
            parts.append(f"{technology} {verdict}")
    return _joined(parts, lang)


def _joined(parts: list[Cell], lang: str) -> str:
    """Put remarks in a row."""
    return ("；" if lang == "zh" else "; ").join(str(part) for part in parts if part)


def _fibre(frame: gpd.GeoDataFrame | None, lang: str) -> dict[tuple[Cell, Cell], str]:
    """Say how far each place is from fibre."""
    if frame is None:
        return {}
    rows = frame[["target_layer", "target_id", "way", "distance_m"]].itertuples(index=False)
    return {
        (str(layer), str(one)): text("list_fibre_none", lang)
        if pd.isna(way)
        else text(f"list_fibre_{way}", lang, distance=f"{float(distance_m):,.0f}")
        for layer, one, way, distance_m in rows
    }


def _ranks(frame: gpd.GeoDataFrame | None, lang: str) -> dict[tuple[Cell, Cell], str]:
    """Say which place stands where in the order of priority."""
    if frame is None:
        return {}
    rows = frame[["target_layer", "target_id", "rank", "score"]].itertuples(index=False)
    return {
        (str(layer), str(one)): text("list_priority", lang, rank=int(rank), score=f"{float(score):.2f}")
        for layer, one, rank, score in rows
    }


def _nearest(tower: Cell, distance_m: Cell, lang: str) -> Cell:
    """Name the nearest tower with its distance."""
    if tower is None or not isinstance(distance_m, int | float):
        return tower
    return text("list_nearest_value", lang, tower=tower, distance=f"{distance_m:,.0f}")


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
        "layer": plain_cell(first["target_layer"]),
        "id": plain_cell(first["target_id"]),
        "place": None if is_village else plain_cell(first["name"]) or plain_cell(first["target_id"]),
        "households": plain_cell(first["households"]),
        "population": plain_cell(first["population"]),
        "nearest": _nearest(plain_cell(first["nearest_tower_id"]), plain_cell(first["nearest_tower_m"]), places.lang),
        **{technology: plain_cell(verdicts.get(technology, usual)) for technology, usual in otherwise.items()},
    }
