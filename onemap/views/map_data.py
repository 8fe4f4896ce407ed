"""Layers as the data of the map page: coordinates, values, labels in both languages, nothing that could run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.layers.catalogue import schema
from onemap.layers.schema import Field
from onemap.messages import catalogue as texts
from onemap.views.escaping import plain
from onemap.views.map_classes import classes_of
from onemap.views.map_styles import GROUPS, STYLES
from onemap.views.plan_gaps import gaps_with_plan
from onemap.views.plan_words import IN_BOTH, MONEY, plan_in_words, unit_of_money
from onemap.views.style import GAP_MARKS, PLAN_MARKS, ZONE_COLORS, LayerStyle, operator_color, other_operators
from onemap.views.view_settings import ViewSettings

__all__ = ["lonlat", "map_data", "words"]

_DECIMALS = 6  # of a degree: 0.1 m
_WORD = "word "  # ids of the words for canonical values begin so


def lonlat(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give a layer in degrees of its own datum; the datum is never shifted here.

    Parameters
    ----------
    layer
        Any layer; one without CRS is taken as degrees.

    Examples
    --------
    >>> lonlat(gpd.GeoDataFrame(geometry=gpd.points_from_xy([75.1], [39.6]), crs=4490)).crs.to_epsg()
    4490
    """
    if layer.crs is None or layer.crs.is_geographic:
        return layer
    return layer.to_crs(layer.crs.geodetic_crs)


def words(values: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Give the Chinese and English words for canonical values; a value without words is left out.

    Examples
    --------
    >>> words(["covered", "甲公司"])
    {'covered': ('已覆盖', 'covered')}
    """
    entries = texts()
    return {
        value: (entries[_WORD + value]["zh"], entries[_WORD + value]["en"])
        for value in values
        if _WORD + value in entries
    }


def map_data(
    layers: Mapping[str, gpd.GeoDataFrame], results: Mapping[str, gpd.GeoDataFrame], settings: ViewSettings
) -> dict[str, Any]:
    """Gather everything that the map page shows.

    Parameters
    ----------
    layers
        Canonical layers by name, any CRS; any may be missing or empty.
    results
        Result layers by name, likewise.
    settings
        What stands in the corner, and the order of technologies and operators.

    Returns
    -------
    data
        Plain values, ready for JSON: coordinates in degrees with six decimals, [lon, lat].

    Examples
    --------
    >>> import datetime
    >>> map_data({}, {}, ViewSettings("示范县", datetime.date(2026, 1, 1), simulated=True))["simulated"]
    True
    """
    planned = {name: lonlat(layer) if name in _OF_PLAN else layer for name, layer in results.items()}
    frames = {**layers, **plan_in_words(gaps_with_plan(planned))}
    switches = [
        switch
        for style in STYLES
        if style.layer in frames and len(frames[style.layer])
        for switch in _switches(style, _rows_to_show(style, frames))
        if not (style.alone and _says_nothing(switch))
    ]
    found = {value for switch in switches for value in switch.pop("words")}
    technologies, operators = _filter_values(results, settings)
    return {
        "lang": settings.lang,
        "title": [settings.title("zh"), settings.title("en")],
        "date": settings.data_date.isoformat(),
        "class": plain(settings.data_class),
        "simulated": settings.simulated,
        "groups": [[group, *_both(f"map_group_{group}")] for group in GROUPS],
        "texts": {key[4:]: [entry["zh"], entry["en"]] for key, entry in texts().items() if key.startswith("map_")},
        "words": {
            key: list(pair)
            for key, pair in sorted(words(found | {*technologies, *operators, settings.data_class}).items())
        },
        "technologies": technologies,
        "operators": operators,
        "layers": switches,
    }


def _says_nothing(switch: Mapping[str, Any]) -> bool:
    """Tell whether nothing is known of any row."""
    return [name for name, _, _ in switch["classes"]] == [texts()["map_class_unknown"]["zh"]]


def _rows_to_show(style: LayerStyle, frames: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Leave out what is no gap, and villages twice: by the official rule and as points."""
    layer = lonlat(frames[style.layer])
    layer = layer[~(layer.geometry.isna() | layer.geometry.is_empty)]
    if style.layer == "village_verdicts":
        layer = layer[layer["verdict"].isin(["uncovered", "depends"]).fillna(value=False)]
    if style.layer == "conflicts":
        layer = _to_avoid(layer)
    if style.group == "plan":
        layer = _of_plan(style.layer, layer)
    if style.layer in _BY_DISTRICT:  # the county as a whole stands in the lists
        layer = layer[layer["district_code"].fillna("").ne("").to_numpy(dtype=bool)]
    if style.layer == "demands" and len(frames.get("demand_outcomes", ())):
        layer = layer.iloc[:0]
    if style.layer == "gap_points" and len(frames.get("village_verdicts", ())):
        layer = layer[layer["target_layer"].ne("villages").fillna(value=True)]
    return layer


def _of_plan(name: str, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out what the map says better elsewhere: roads stand in the stretches, ends of connections in the sites."""
    if name == "plan_connections":
        return layer[shapely.get_dimensions(layer.geometry.to_numpy()) == 1]
    if name == "plan_served":
        return layer[layer["target_layer"].ne("roads").to_numpy(dtype=bool)]
    if name == "satellite_looks" and "best" in layer:
        return layer[layer["best"].fillna(value=False).to_numpy(dtype=bool)]
    return layer


def _to_avoid(conflicts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep what stands where it should not, areas as points: the ground of a site is too small to be seen."""
    there = conflicts[conflicts["verdict"].isin(["forbidden", "needs recognition"]).to_numpy(dtype=bool)]
    shapes = np.asarray(there.geometry.to_numpy(), dtype=object)
    marks = np.where(shapely.get_dimensions(shapes) == 2, shapely.point_on_surface(shapes), shapes)
    return there.set_geometry(gpd.GeoSeries(marks, index=there.index, crs=there.crs))


def _switches(style: LayerStyle, layer: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Make one switch of the layer, or one for each value of the field that splits it."""
    if layer.empty:
        return []
    if not style.split or style.split not in layer:
        return [_switch(style, layer, "", ())]
    keys = layer[style.split].astype("string").fillna("")
    others = other_operators(keys)
    order = sorted(set(keys), key=lambda value: (value == "", value in others, _place(style, value), value))
    return [_switch(style, layer[keys.eq(value)], value, others) for value in order]


def _place(style: LayerStyle, value: str) -> int:
    """Give the order of a value: as in the catalogue of words, targets as in their marks."""
    known = list(GAP_MARKS) if style.split == "target_layer" else [key[len(_WORD) :] for key in texts()]
    return known.index(value) if value in known else len(known)


def _switch(style: LayerStyle, layer: gpd.GeoDataFrame, value: str, others: tuple[str, ...]) -> dict[str, Any]:
    """Describe one switch of the page with its rows."""
    mark, size, color = _look(style, value, others)
    fields = _popup_fields(style, layer)
    rows, found = _rows(style, layer, fields)
    known = schema(style.layer)
    label = _label(style, layer, value)
    classes = classes_of(layer, style.classes) if style.classes else None
    money = unit_of_money({style.layer: layer})
    for row, number in zip(rows, classes.number if classes else (), strict=False):
        row["k"] = number
    return {
        "id": f"{style.layer}:{value}" if style.split else style.layer,
        "group": style.group,
        "label": label,
        "family": label if style.alone else [known.alias_zh, known.alias_en],
        "mark": mark,
        "size": size,
        "color": color,
        "fill": style.fill,
        "on": style.shown,
        "gap": style.gap,
        "filtered": style.gap or style.layer in _BY_TECHNOLOGY,
        "byOperator": style.gap or style.layer == "area_coverage",
        "classes": [list(one) for one in classes.legend] if classes else None,
        "alone": style.alone,
        "ended": style.ended,
        "number": fields.index(style.number) if style.number in fields else None,
        "cluster": style.clustered,
        "fields": [_field_head(name, known.fields, money) for name in fields],
        "rows": rows,
        "words": found,
    }


def _look(style: LayerStyle, value: str, others: tuple[str, ...]) -> tuple[str, float, str]:
    """Give mark, size and colour of a switch."""
    if style.split in {"owner", "operator"} and value:
        return style.mark, style.size, operator_color(value, others)
    if style.group == "plan" and value in PLAN_MARKS:
        return (*PLAN_MARKS[value], style.color)
    if style.split == "target_layer":
        mark, size = GAP_MARKS.get(value, (style.mark, style.size))
        return mark, size, style.color
    return style.mark, style.size, ZONE_COLORS.get(value, style.color)


def _field_head(name: str, fields: Mapping[str, Field], money: str) -> list[str]:
    """Give the names of a field of a popup, and its unit."""
    if name not in fields:  # in both languages
        return [fields[f"{name}_zh"].alias_zh, fields[f"{name}_en"].alias_en, ""]
    unit = money if name in MONEY else _unit(name, fields[name])
    return [fields[name].alias_zh, fields[name].alias_en, unit]


def _unit(name: str, field: Field) -> str:
    """Give the unit of a field; shares are shown in per cent."""
    is_share = field.kind == "number" and (name.endswith("_share") or name.startswith("share_"))
    return "%" if is_share else field.unit


_WITH_FAMILY = ("conflicts", "network_nodes")  # whose verdicts say little without the name of the layer


def _label(style: LayerStyle, layer: gpd.GeoDataFrame, value: str) -> list[str]:
    """Name a switch: the layer, or the value that splits it."""
    known = schema("villages" if style.layer == "village_verdicts" else style.layer)
    alias = (known.alias_zh, known.alias_en)
    if not style.split:
        return list(alias)
    pair = _split_name(style, layer, value)
    if f"map_{style.layer} {value}" in texts():
        return _both(f"map_{style.layer} {value}")
    if style.split in {"owner", "operator"}:
        return [f"{pair[0]} {alias[0]}", f"{alias[1]}: {pair[1]}"]
    if style.split == "area_layer" or style.layer in _WITH_FAMILY:
        return [f"{alias[0]}：{pair[0]}", f"{alias[1]}: {pair[1]}"]
    return list(pair)


def _split_name(style: LayerStyle, layer: gpd.GeoDataFrame, value: str) -> Sequence[str]:
    """Name the value that splits a layer: a canonical layer, a target of an indicator, a word."""
    if style.split == "target_layer" and value:
        target = schema(value)
        return target.alias_zh, target.alias_en
    if style.split == "target_id" and {"zh", "en"} <= set(layer):
        return [plain(layer[lang].iloc[0]) for lang in ("zh", "en")]
    return words([value]).get(value, (plain(value), plain(value))) if value else _both("map_no_value")


def _popup_fields(style: LayerStyle, layer: gpd.GeoDataFrame) -> list[str]:
    """Give the fields of the popup that the layer has, without reason, title and source."""
    known = schema(style.layer).fields
    return [
        name
        for name in style.fields
        if (name in layer and name in known) or (name in IN_BOTH and {f"{name}_zh", f"{name}_en"} <= set(layer))
    ]


def _rows(style: LayerStyle, layer: gpd.GeoDataFrame, fields: Sequence[str]) -> tuple[list[dict[str, Any]], set[str]]:
    """Give the rows of a switch, and the canonical values met in them."""
    columns = {name: layer[name].tolist() for name in (*fields, *_SPECIAL, *style.title, "plan_lines") if name in layer}
    for name in set(fields) - set(columns):
        columns[name] = [list(pair) for pair in zip(layer[f"{name}_zh"], layer[f"{name}_en"], strict=True)]
    names = [_first(values) for values in zip(*(columns[name] for name in style.title if name in columns), strict=True)]
    rows: list[dict[str, Any]] = []
    found: set[str] = set()
    for place, geometry in enumerate(layer.geometry):
        values = [_value(columns[name][place]) for name in fields]
        found.update(part for value in values if isinstance(value, str) for part in value.split(";"))
        row: dict[str, Any] = {"g": _coordinates(geometry), "n": names[place] if names else "", "v": values}
        row.update({key: _value(columns[name][place]) for name, key in _SPECIAL.items() if name in columns})
        for line in columns["plan_lines"][place] if "plan_lines" in columns else ():
            row.setdefault("pg", []).append(_pairs(line))
        rows.append({key: value for key, value in row.items() if value is not None})
    return rows, found


_OF_PLAN = ("plan_served", "gap_points", "village_verdicts", "gap_stretches")
_BY_DISTRICT = ("indicators", "development")
_BY_TECHNOLOGY = (
    "sharing_matches",
    "sharing_unmatched",
    "area_coverage",
)  # follow the chosen technology, not the operator
_SPECIAL = {
    "reason_zh": "rz",
    "reason_en": "re",
    "source": "s",
    "technology": "t",
    "operator": "o",
    "verdict": "c",
    "length_m": "l",
    "plan_zh": "pz",
    "plan_en": "pe",
    "plan_m": "pm",
}


def _first(values: tuple[object, ...]) -> str:
    """Give the first value that is there, as text."""
    return next((plain(value) for value in values if _value(value) is not None), "")


def _value(value: object) -> Any:
    """Give a value of a frame as JSON knows it; a pair of texts is one in each language."""
    if isinstance(value, list):
        return [_value(one) or "" for one in value] if any(map(_value, value)) else None
    if value is None or value is pd.NA or value is pd.NaT or value == "":
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    return plain(value)


def _coordinates(geometry: shapely.Geometry) -> list[Any]:
    """Give coordinates: [lon, lat] of a point; a list of parts of a line; a list of polygons, each a list of rings."""
    if geometry.geom_type == "Point":
        return _pairs(geometry)[0]
    parts = list(getattr(geometry, "geoms", [geometry]))
    if parts[0].geom_type == "Point":
        return _pairs(parts[0])[0]
    if parts[0].geom_type == "Polygon":
        return [[_pairs(ring) for ring in (part.exterior, *part.interiors)] for part in parts]
    return [_pairs(part) for part in parts]


def _pairs(geometry: shapely.Geometry) -> list[list[float]]:
    """Give the coordinates of a simple geometry, rounded."""
    rounded: list[list[float]] = shapely.get_coordinates(geometry).round(_DECIMALS).tolist()
    return rounded


def _both(text_id: str) -> list[str]:
    """Give a text in both languages."""
    return [texts()[text_id]["zh"], texts()[text_id]["en"]]


def _filter_values(results: Mapping[str, gpd.GeoDataFrame], settings: ViewSettings) -> tuple[list[str], list[str]]:
    """Give technologies and operators to choose from: those of the settings first, then others met."""
    frames = [results[style.layer] for style in STYLES if style.gap and len(results.get(style.layer, ()))]
    found: list[set[str]] = [
        {str(value) for frame in frames if name in frame for value in frame[name].dropna()}
        for name in ("technology", "operator")
    ]
    technologies = [*dict.fromkeys([*(t for t in settings.technologies if t in found[0]), *sorted(found[0])])]
    wanted = ["any", *settings.operators]
    operators = [*dict.fromkeys([*(o for o in wanted if o in found[1]), *sorted(found[1])])]
    return technologies, operators
