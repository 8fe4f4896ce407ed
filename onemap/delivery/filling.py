"""The values of a delivered field: identifiers, codes, areas, names, expressions, canonical fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import pandas as pd

from onemap.delivery.areas import ellipsoidal_areas
from onemap.delivery.expressions import parse_expression
from onemap.delivery.identifiers import Identifiers
from onemap.delivery.profile import ProfileField, ProfileLayer
from onemap.layers.catalogue import schema

__all__ = ["cast", "filled", "text_column"]


def filled(field: ProfileField, layer: ProfileLayer, rows: gpd.GeoDataFrame, numbers: Identifiers) -> pd.Series[Any]:
    """Fill one field of a layer.

    Parameters
    ----------
    field
        The field.
    layer
        The layer.
    rows
        Its rows: canonical fields, and where they come from (`_layer`, `_id`, `_source`, `_part`, `_parts`).
    numbers
        What numbers features.

    Returns
    -------
    values
        Of the type of the field, on the index of the rows.

    Examples
    --------
    >>> from onemap.delivery.profile_keys import BSMKeys
    >>> field = ProfileField(name="SSDW", alias="所属单位", type="text", length=20, expression="upper(operator)")
    >>> layer = ProfileLayer.model_validate(
    ...     {"code": "A", "alias": "甲", "number": 1, "geometry": "Point", "from": ["towers"]}
    ... )
    >>> rows = gpd.GeoDataFrame({"operator": ["tower_co"]}, geometry=gpd.points_from_xy([75], [39]), crs=4490)
    >>> filled(field, layer, rows, Identifiers(BSMKeys(), "659900")).tolist()
    ['TOWER_CO']
    """
    values: pd.Series[Any]
    expression = layer.values.get(field.name, field.expression)
    if expression:
        values = parse_expression(expression).values(_named(rows))
    elif field.filled_by == "identifier":
        values = pd.Series(_identifiers(layer, rows, numbers), index=rows.index, dtype="string")
    elif field.filled_by == "area":
        values = pd.Series(ellipsoidal_areas(rows.geometry).round(2), index=rows.index)
    elif field.filled_by == "remark":
        values = _remarks(rows)
    elif field.filled_by == "name":
        values = text_column(rows, "name").fillna(text_column(rows, "_id"))
    elif field.filled_by in {"feature_code", "land_use"}:
        constant = layer.ysdm if field.filled_by == "feature_code" else layer.land_use
        values = pd.Series(constant or pd.NA, index=rows.index, dtype="string")
    elif field.filled_by is not None:
        values = text_column(rows, f"_{field.filled_by}")
    else:
        values = _first_of(rows, field.from_fields)
    return cast(field, values)


def _identifiers(layer: ProfileLayer, rows: gpd.GeoDataFrame, numbers: Identifiers) -> list[str]:
    """Give the features of a layer their identifiers."""
    known = zip(rows["_layer"], rows["_id"], rows["_part"], strict=True)
    features = [(layer.code, str(name), "" if pd.isna(one) else str(one), int(part)) for name, one, part in known]
    districts = rows["_district_code"].fillna("").tolist() if "_district_code" in rows else [""] * len(rows)
    return numbers.of(layer.number, features, districts)


def _named(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give rows with what expressions may ask for besides canonical fields."""
    places = {"canonical_layer": "_layer", "canonical_id": "_id", "source": "_source"}
    places |= {name: f"_{name}" for name in ("district_code", "district_name")}
    return rows.assign(**{name: rows[own] for name, own in places.items() if own in rows})


def _remarks(rows: gpd.GeoDataFrame) -> pd.Series[str]:
    """Say what a feature was before: its canonical layer, identifier and part."""
    several = rows["_parts"].gt(1).to_numpy(dtype=bool)
    parts = ("（第" + rows["_part"].astype("string") + "部分）").where(several, "")
    aliases = rows["_layer"].map({name: schema(name).alias_zh for name in rows["_layer"].unique()}).astype("string")
    remarks: pd.Series[str] = aliases + " " + rows["_id"].astype("string") + parts
    return remarks


def _first_of(rows: gpd.GeoDataFrame, names: Iterable[str]) -> pd.Series[Any]:
    """Give the first of several columns that has a value."""
    values = pd.Series(pd.NA, index=rows.index, dtype="object")
    for name in names:
        if name in rows:
            values = values.where(values.notna(), rows[name].astype(object))
    return values


def cast(field: ProfileField, values: pd.Series[Any]) -> pd.Series[Any]:
    """Bring values to the type of a field; empty text is a missing value.

    Parameters
    ----------
    field
        The field.
    values
        Of any kind.

    Examples
    --------
    >>> area = ProfileField(name="MJ", alias="面积", type="number", length=15, decimals=1)
    >>> cast(area, pd.Series(["2.34", None])).tolist()
    [2.3, nan]
    """
    if field.type == "text":
        text = values.astype("string").str.strip()
        return text.mask(text.eq("").fillna(value=False).astype(bool))
    number = pd.to_numeric(values, errors="coerce").astype("float64").round(field.decimals)
    return number if field.type == "number" else number.astype("Int64")


def text_column(frame: pd.DataFrame, name: str) -> pd.Series[str]:
    """Give a column as text, all missing where the layer lacks it; empty text is missing.

    Parameters
    ----------
    frame
        A layer.
    name
        Column.

    Examples
    --------
    >>> text_column(pd.DataFrame({"name": [" 甲站", ""]}), "name").tolist()
    ['甲站', <NA>]
    """
    if name not in frame:
        return pd.Series(pd.NA, index=frame.index, dtype="string")
    text = frame[name].astype("string").str.strip()
    return text.mask(text.eq("").fillna(value=False).astype(bool))
