"""共建共享需求清单: each demand and gap once with what can be shared, in the columns that offices use; all matches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import geopandas as gpd
import shapely

from onemap.messages import entry, text
from onemap.views.list_columns import Cell, Kind, OfficeList, given, numbered, plain_cell, spoken, titled
from onemap.views.map_data import lonlat
from onemap.views.view_settings import ViewSettings

__all__ = ["demand_list", "match_list"]

_DEMANDS: dict[str, Kind] = {
    "demand": "text", "unit_asking": "text", "resource": "text", "point": "text", "lonlat": "text",
    "height_or": "text", "when": "text", "candidate": "text", "owner": "text", "distance": "text",
    "conclusion": "text", "why_not": "text", "contact": "text",
}  # fmt: skip
_MATCHES: dict[str, Kind] = {
    "demand": "text", "technology": "text", "point": "text", "lon": "degrees", "lat": "degrees", "rank": "integer",
    "resource": "text", "candidate": "text", "owner": "text", "height": "number", "distance_m": "number", "why": "text",
}  # fmt: skip


def demand_list(results: Mapping[str, gpd.GeoDataFrame], settings: ViewSettings, *, lang: str = "zh") -> OfficeList:
    """List each demand and then each gap once: what is to be shared, or why there is nothing.

    Parameters
    ----------
    results
        Of which `demand_outcomes`, `sharing_matches` and `sharing_unmatched` are read, any CRS.
    settings
        Order of the technologies.
    lang
        Language of the values.

    Returns
    -------
    list
        Columns of the office list in its order; what can be shared comes first within its technology.

    Examples
    --------
    >>> import datetime
    >>> demand_list({}, ViewSettings("示范县", datetime.date(2026, 1, 1))).columns[4].zh
    '经纬度'
    """
    records = [*_best(_matched(results, lang), lang), *_unmatched(results.get("sharing_unmatched"), lang)]
    records.sort(key=lambda record: _technology_place(record, settings))
    records = [*_asked(results.get("demand_outcomes"), lang), *records]
    columns = [given(label, kind, [record.get(label) for record in records]) for label, kind in _DEMANDS.items()]
    return titled("demands", columns)


def match_list(results: Mapping[str, gpd.GeoDataFrame], settings: ViewSettings, *, lang: str = "zh") -> OfficeList:
    """List everything that could be shared for each gap, with its reason.

    Parameters
    ----------
    results, settings, lang
        As for `demand_list`.

    Examples
    --------
    >>> import datetime
    >>> len(match_list({}, ViewSettings("示范县", datetime.date(2026, 1, 1))))
    0
    """
    records = sorted(_matched(results, lang), key=lambda record: _technology_place(record, settings))
    columns = [given(label, kind, [record.get(label) for record in records]) for label, kind in _MATCHES.items()]
    return titled("matches", [numbered(len(records)), *columns])


def _technology_place(record: Mapping[str, Cell], settings: ViewSettings) -> int:
    """Give the order of a record's technology."""
    known = settings.technologies
    return known.index(str(record["technology"])) if record["technology"] in known else len(known)


def _best(records: list[dict[str, Cell]], lang: str) -> list[dict[str, Cell]]:
    """Keep the best match of each gap and say how many more there are."""
    groups: dict[Cell, list[dict[str, Cell]]] = {}
    for record in records:
        groups.setdefault(record["demand"], []).append(record)
    best = []
    for group in groups.values():
        first = min(group, key=lambda record: float(record["rank"] or 1))
        text_id = "list_can_share_more" if len(group) > 1 else "list_can_share"
        best.append({**first, "conclusion": text(text_id, lang, more=len(group) - 1)})
    return best


def _matched(results: Mapping[str, gpd.GeoDataFrame], lang: str) -> list[dict[str, Cell]]:
    """Describe each match."""
    matches = results.get("sharing_matches")
    if matches is None or matches.empty:
        return []
    places = [shapely.get_point(line, 0) for line in lonlat(matches).geometry]
    return [
        {
            **_place(row, point),
            "resource": spoken([plain_cell(row.candidate_layer)], lang)[0],
            "height": plain_cell(row.height_agl_m),
            "height_or": _height(plain_cell(row.height_agl_m), lang),
            "candidate": plain_cell(row.candidate_id),
            "owner": spoken([plain_cell(row.candidate_owner)], lang)[0],
            "distance": _metres(plain_cell(row.distance_m), lang),
            "distance_m": plain_cell(row.distance_m),
            "rank": plain_cell(row.rank),
            "why": _reason(row, lang),
        }
        for row, point in zip(_rows(matches), places, strict=True)
    ]


def _unmatched(unmatched: gpd.GeoDataFrame | None, lang: str) -> list[dict[str, Cell]]:
    """Describe each gap that nothing can serve."""
    if unmatched is None or unmatched.empty:
        return []
    return [
        {
            **_place(row, point),
            "conclusion": entry("list_cannot_share")[lang],
            "why_not": _reason(row, lang),
        }
        for row, point in zip(_rows(unmatched), lonlat(unmatched).geometry, strict=True)
    ]


def _asked(outcomes: gpd.GeoDataFrame | None, lang: str) -> list[dict[str, Cell]]:
    """Describe what came of each demand."""
    if outcomes is None or outcomes.empty:
        return []
    return [
        {
            "demand": plain_cell(row.demand_id),
            "unit_asking": plain_cell(row.requester),
            "resource": spoken([plain_cell(row.resource)], lang)[0],
            "point": plain_cell(row.demand_name) or plain_cell(row.demand_id),
            "lonlat": f"{point.x:.6f}, {point.y:.6f}",
            "height_or": _amount(
                plain_cell(row.resource), plain_cell(row.wanted_height_m), plain_cell(row.units), lang
            ),
            "when": plain_cell(str(row.year)) if plain_cell(row.year) is not None else None,
            "candidate": plain_cell(row.candidate_id),
            "owner": spoken([plain_cell(row.candidate_owner)], lang)[0],
            "distance": _metres(plain_cell(row.distance_m), lang),
            "conclusion": spoken([plain_cell(row.conclusion)], lang)[0],
            "why_not": None if row.conclusion == "shared" else _reason(row, lang),
            "contact": plain_cell(row.contact_person),
        }
        for row, point in zip(_rows(outcomes), lonlat(outcomes).geometry, strict=True)
    ]


def _reason(row: _Row, lang: str) -> Cell:
    """Give the reason of a row."""
    return plain_cell(row.reason_zh if lang == "zh" else row.reason_en)


def _amount(resource: Cell, height_m: Cell, units: Cell, lang: str) -> Cell:
    """Give the height wanted of a mast, or the number of bores, cores or racks."""
    if resource in {"platform", "camera"}:
        return _height(height_m, lang)
    return None if units is None or resource is None else text(f"list_amount_{resource}", lang, count=units)


def _place(row: _Row, point: shapely.Geometry) -> dict[str, Cell]:
    """Say where something is wanted, and what."""
    return {
        "demand": f"{row.place_id}-{row.technology}",
        "technology": plain_cell(row.technology),
        "point": plain_cell(row.place_name) or plain_cell(row.place_id),
        "lon": point.x,
        "lat": point.y,
        "lonlat": f"{point.x:.6f}, {point.y:.6f}",
    }


def _metres(distance_m: Cell, lang: str) -> Cell:
    """Give a distance with its unit."""
    known = isinstance(distance_m, int | float)
    return text("list_distance_value", lang, distance=f"{distance_m:,.0f}") if known else None


def _height(height_m: Cell, lang: str) -> Cell:
    """Give a mounting height with its unit."""
    return text("list_height_value", lang, height=f"{height_m:g}") if isinstance(height_m, int | float) else None


def _rows(layer: gpd.GeoDataFrame) -> Iterator[_Row]:
    """Give rows whose missing columns are None."""
    return (_Row(record) for record in layer.drop(columns="geometry").to_dict("records"))


class _Row:
    """A row whose values are read as attributes; a column that is not there reads as None."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> object:
        return self._values.get(name)
