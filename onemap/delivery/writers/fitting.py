"""Fit a delivery layer to what a format can hold: what has to change is listed, never done without a word."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from onemap.delivery.conversion.columns import plain_text, table_text
from onemap.delivery.conversion.layer import Loss, PlainLayer, Plan
from onemap.delivery.layer import DeliveryLayer
from onemap.layers.crs_names import crs_label, parse_crs

__all__ = ["as_plain", "fit", "with_profile_widths"]

_SHOWN = 60
_TYPES = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64()}
_NUMBERS = {"integer": np.int64, "number": np.float64}


def fit(layer: DeliveryLayer, *, encoding: str = "") -> tuple[DeliveryLayer, tuple[Loss, ...]]:
    """Bring text and shapes of a layer to what GDAL can write.

    Text ends at a zero byte, which would end it without a word; a shape with a coordinate that is no number is left
    out. In a Shapefile, 〓 stands for a character outside its encoding; text is cut between characters to 254 bytes.

    Parameters
    ----------
    layer
        The layer; it is not changed.
    encoding
        "gbk" or "utf-8" for a Shapefile; empty for formats whose text is without limits.

    Returns
    -------
    fitted, losses
        A layer whose values all fit, and what of it is not as given.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from onemap.delivery.profile import ProfileField
    >>> frame = gpd.GeoDataFrame({"MC": pd.array(["𠮷村"], dtype="string")}, geometry=gpd.points_from_xy([75], [39]))
    >>> villages = DeliveryLayer("VILLAGES", "", "Point", 1, (ProfileField(name="MC", alias="", length=9),), frame, "")
    >>> fitted, losses = fit(villages, encoding="gbk")
    >>> fitted.frame["MC"].tolist(), losses[0].kind
    (['〓村'], 'characters')
    """
    columns: dict[str, pd.Series[Any]] = {}
    losses: list[Loss] = []
    for field in layer.fields:
        if field.type != "text":
            continue
        given = _texts(layer.frame[field.name])
        stored = table_text(given, encoding) if encoding else plain_text(given)
        changed = [_loss(kind, field.name, mask, (given, stored.array)) for kind, mask in stored.losses if mask.any()]
        if changed:
            columns[field.name] = pd.Series(stored.array.to_pylist(), index=layer.frame.index, dtype="string")
        losses += changed
    frame = layer.frame.assign(**columns) if columns else layer.frame
    geometry = np.asarray(frame.geometry.array, dtype=object)
    wild = _not_finite(geometry)
    if wild.any():
        losses.append(Loss("coordinates-not-finite", None, np.flatnonzero(wild).astype(np.int64)))
        frame = frame.set_geometry(frame.geometry.where(~wild))
    return (dataclasses.replace(layer, frame=frame) if losses else layer), tuple(losses)


def as_plain(layer: DeliveryLayer) -> PlainLayer:
    """Give a delivery layer for the formats that are planned column by column.

    Parameters
    ----------
    layer
        The layer.

    Returns
    -------
    plain
        The same rows in the system of their coordinates; a vertical system that the layer states besides is a loss.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from onemap.delivery.profile import ProfileField
    >>> frame = gpd.GeoDataFrame(
    ...     {"MC": pd.array(["甲村"], dtype="string")}, geometry=gpd.points_from_xy([75], [39]), crs=4490
    ... )
    >>> fields = (ProfileField(name="MC", alias="名称", length=9),)
    >>> plain = as_plain(DeliveryLayer("VILLAGES", "", "Point", 1, fields, frame, "EPSG:4490+5737"))
    >>> plain.crs, plain.aliases, plain.losses[0].before
    ('EPSG:4490', {'MC': '名称'}, 'EPSG:4490+5737')
    """
    arrays = []
    for field in layer.fields:
        values = layer.frame[field.name]
        if field.type == "text":
            arrays.append(_texts(values))
            continue
        missing = values.isna().to_numpy(dtype=bool)
        numbers = values.fillna(0).to_numpy(dtype=_NUMBERS[field.type])
        arrays.append(pa.array(numbers, _TYPES[field.type], mask=missing))
    crs = None if layer.frame.crs is None else crs_label(parse_crs(layer.frame.crs))
    lost = (Loss("crs", None, _no_rows(), layer.crs, crs or ""),) if layer.crs and layer.crs != crs else ()
    table = pa.Table.from_arrays(arrays, names=[field.name for field in layer.fields])
    aliases = {field.name: field.alias for field in layer.fields}
    geometry = np.asarray(layer.frame.geometry.array, dtype=object)
    return PlainLayer(layer.code, table, geometry, crs, aliases, lost)


def with_profile_widths(plan: Plan, layer: DeliveryLayer) -> Plan:
    """Declare fields as wide as the profile says, wider only where a text needs that.

    Parameters
    ----------
    plan
        The layer as planned for a format.
    layer
        The delivery layer that it was made of.

    Returns
    -------
    plan
        The plan with the profile's widths and decimals, and its kind of geometry where there is no row to show it.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from onemap.delivery.conversion.plans import plan_layer
    >>> from onemap.delivery.profile import ProfileField
    >>> frame = gpd.GeoDataFrame({"MC": pd.array([], dtype="string")}, geometry=[], crs=4490)
    >>> roads = DeliveryLayer("ROADS", "", "LineString", 1, (ProfileField(name="MC", alias="", length=9),), frame, "")
    >>> plan = with_profile_widths(plan_layer(as_plain(roads), "vct"), roads)
    >>> plan.widths, plan.geometry_type
    ({'MC': 9}, 'LineString')
    """
    widths, decimals = dict(plan.widths), dict(plan.decimals)
    for field in layer.fields:
        name = plan.names[field.name]
        if pa.types.is_string(plan.stored.table.schema.field(name).type):
            widths[name] = max(field.length, widths.get(name, 0))
        elif field.type == "number":
            widths[name], decimals[name] = field.length, field.decimals
    kind = plan.geometry_type if plan.stored.rows else layer.geometry
    return dataclasses.replace(plan, widths=widths, decimals=decimals, geometry_type=kind)


def _texts(values: pd.Series[Any]) -> pa.Array:
    """Give a column of text as Arrow."""
    return pa.array(values.astype(object).where(values.notna(), None).tolist(), pa.string())


def _loss(kind: str, name: str, mask: np.ndarray, arrays: tuple[pa.Array, pa.Array]) -> Loss:
    """List the cells of a column that change, with the first as given and as stored."""
    positions = np.flatnonzero(mask).astype(np.int64)
    before, after = (str(pc.take(array, [int(positions[0])])[0].as_py())[:_SHOWN] for array in arrays)
    return Loss(kind, name, positions, before, after)


def _not_finite(geometry: np.ndarray) -> np.ndarray:
    """Tell which shapes hold a coordinate that is no number."""
    places, owner = shapely.get_coordinates(geometry, return_index=True)
    wild = np.zeros(len(geometry), dtype=bool)
    wild[owner[~np.isfinite(places).all(axis=1)]] = True
    return wild


def _no_rows() -> np.ndarray:
    """Give no rows."""
    return np.array([], dtype=np.int64)
