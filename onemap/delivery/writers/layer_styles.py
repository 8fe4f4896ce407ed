"""The table from which QGIS takes the look of layers of a GeoPackage, and the aliases of their fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

import pandas as pd

from onemap.delivery.layer import DeliveryLayer

__all__ = ["layer_styles"]

_COLOURS = ("213,94,0", "0,114,178", "0,158,115", "204,121,167", "230,159,0", "86,180,233")
_KINDS = {
    "Point": ("marker", "SimpleMarker", {"name": "circle", "size": "2.4", "outline_color": "255,255,255,255"}),
    "LineString": ("line", "SimpleLine", {"line_width": "0.6", "line_style": "solid"}),
    "Polygon": ("fill", "SimpleFill", {"style": "solid", "outline_width": "0.4"}),
}
_PAINTED = {
    "Point": {"color": "255"},
    "LineString": {"line_color": "255"},
    "Polygon": {"color": "70", "outline_color": "255"},
}


def layer_styles(layers: Sequence[DeliveryLayer], *, date: dt.date) -> pd.DataFrame:
    """Give a style for each layer.

    Parameters
    ----------
    layers
        The layers.
    date
        Date that the styles are given.

    Returns
    -------
    styles
        The table "layer_styles" as QGIS reads it, one row a layer.

    Examples
    --------
    >>> layer_styles([], date=dt.date(2026, 1, 1)).columns[:3].tolist()
    ['f_table_catalog', 'f_table_schema', 'f_table_name']
    """
    return pd.DataFrame(
        {
            "f_table_catalog": ["" for _ in layers],
            "f_table_schema": ["" for _ in layers],
            "f_table_name": [one.code for one in layers],
            "f_geometry_column": ["geom" for _ in layers],
            "styleName": [one.alias or one.code for one in layers],
            "styleQML": [_qml(one, _COLOURS[at % len(_COLOURS)]) for at, one in enumerate(layers)],
            "styleSLD": ["" for _ in layers],
            "useAsDefault": [True for _ in layers],
            "description": [one.alias or one.code for one in layers],
            "owner": ["" for _ in layers],
            "update_time": [f"{date.isoformat()}T00:00:00.000Z" for _ in layers],
        }
    ).astype({"styleQML": "string", "useAsDefault": bool})


def _qml(layer: DeliveryLayer, colour: str) -> str:
    """Give the style of a layer: one symbol, and what people read for each field."""
    kind, symbol, options = _KINDS[layer.geometry]
    painted = {name: f"{colour},{alpha}" for name, alpha in _PAINTED[layer.geometry].items()}
    held = "".join(
        f'<Option name="{name}" value="{value}" type="QString"/>' for name, value in {**options, **painted}.items()
    )
    aliases = "".join(
        f'<alias field={quoteattr(one.name)} index="{at}" name={quoteattr(one.alias)}/>'
        for at, one in enumerate(layer.fields, start=1)
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.22.0" styleCategories="Symbology|Fields">'
        '<renderer-v2 type="singleSymbol" forceraster="0" symbollevels="0" enableorderby="0"><symbols>'
        f'<symbol name="0" type="{kind}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="{symbol}" enabled="1" locked="0" pass="0"><Option type="Map">{held}</Option></layer>'
        f"</symbol></symbols></renderer-v2><aliases>{aliases}</aliases></qgis>"
    )
