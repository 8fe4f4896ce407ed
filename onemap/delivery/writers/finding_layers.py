"""Findings as layers of a GeoPackage, at the place of the fault, in the colours of severities when QGIS opens them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap import messages
from onemap.delivery.writers.gpkg import write_layers
from onemap.findings import SEVERITIES, Finding

__all__ = ["write_finding_layers"]

_COLOURS = {"fatal": "122,1,119", "error": "215,48,31", "warning": "230,145,0", "info": "90,107,122"}
_LAYERS = {0: "findings_point", 1: "findings_line", 2: "findings_area"}
_TABLE = "findings_without_place"
_SYMBOLS = {"findings_point": "marker", "findings_line": "line", "findings_area": "fill"}
_TITLES = {"findings_point": "point", "findings_line": "line", "findings_area": "area"}
_COLUMNS = ("rule", "severity", "title", "layer", "file", "row", "feature", "message", "hint")


def write_finding_layers(
    findings: Sequence[Finding],
    shapes: Sequence[shapely.Geometry | None],
    path: Path,
    *,
    crs: str,
    date: dt.date,
    lang: str = "zh",
) -> None:
    """Write findings by the kind of their place: points, lines, areas, and those without a place in a table.

    Parameters
    ----------
    findings
        What was found; each stands in exactly one layer.
    shapes
        Place of each fault, in `crs`; None where it is not known, shape (n,).
    path
        GeoPackage to make; it must not exist.
    crs
        System of coordinates of the shapes.
    date
        Date that the file is given.
    lang
        Language of titles, messages and hints.

    Raises
    ------
    WriteError
        If the path exists, or what was written does not read back.

    Examples
    --------
    >>> import datetime, tempfile
    >>> file = Path(tempfile.mkdtemp()) / "findings.gpkg"
    >>> found = [Finding("OM-GEO-101", "SZGYSSD", row=1)]
    >>> write_finding_layers(found, [None], file, crs="EPSG:4490", date=datetime.date(2026, 1, 1))
    >>> file.is_file()
    True
    """
    table = _table(findings, lang)
    geometry = np.array([_placed(one) for one in shapes], dtype=object)
    kinds = np.array([-1 if one is None else int(shapely.get_dimensions(one)) for one in geometry], dtype=np.int64)
    layers: dict[str, pd.DataFrame] = {}
    for dimensions, name in _LAYERS.items():
        at = kinds == dimensions
        if at.any():
            layers[name] = gpd.GeoDataFrame(table[at].reset_index(drop=True), geometry=list(geometry[at]), crs=crs)
    layers[_TABLE] = table[kinds < 0].reset_index(drop=True)
    layers["layer_styles"] = _styles([name for name in layers if name in _SYMBOLS], date, lang)
    write_layers(layers, path, date=date)


def _placed(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """Give a shape that can be drawn, without heights; None for any other."""
    if (
        shape is None
        or shapely.is_empty(shape)
        or shapely.get_type_id(shape) == shapely.GeometryType.GEOMETRYCOLLECTION
    ):
        return None
    flat = shapely.force_2d(shape)
    return flat if np.isfinite(shapely.get_coordinates(flat)).all() else None


def _table(findings: Sequence[Finding], lang: str) -> pd.DataFrame:
    """Give the attributes of findings."""
    rows = [
        (
            one.rule, one.severity, one.title(lang), one.layer, one.file, one.row, one.feature, one.message(lang),
            one.hint(lang),
        )
        for one in findings
    ]  # fmt: skip
    table = pd.DataFrame.from_records(rows, columns=list(_COLUMNS))
    texts: dict[str, Any] = dict.fromkeys(set(_COLUMNS) - {"row"}, "string")
    return table.astype({**texts, "row": "Int64"})


def _styles(names: Sequence[str], date: dt.date, lang: str) -> pd.DataFrame:
    """Give the table from which QGIS takes the look of layers."""
    return pd.DataFrame(
        {
            "f_table_catalog": ["" for _ in names],
            "f_table_schema": ["" for _ in names],
            "f_table_name": list(names),
            "f_geometry_column": ["geom" for _ in names],
            "styleName": [messages.text(f"check_report_style_{_TITLES[name]}", lang) for name in names],
            "styleQML": [_qml(_SYMBOLS[name], lang) for name in names],
            "styleSLD": ["" for _ in names],
            "useAsDefault": [True for _ in names],
            "description": [messages.text(f"check_report_style_{_TITLES[name]}", lang) for name in names],
            "owner": ["" for _ in names],
            "update_time": [f"{date.isoformat()}T00:00:00.000Z" for _ in names],
        }
    )


def _qml(kind: str, lang: str) -> str:
    """Give the style of a layer: a symbol for each severity, the message as its tip."""
    words = {name: messages.text(f"severity_{name}", lang) for name in SEVERITIES}
    categories = "".join(
        f'<category value="{name}" symbol="{place}" label={quoteattr(words[name])} render="true"/>'
        for place, name in enumerate(SEVERITIES)
    )
    symbols = "".join(_symbol(kind, place, _COLOURS[name]) for place, name in enumerate(SEVERITIES))
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.22.0" styleCategories="Symbology|MapTips">'
        '<renderer-v2 type="categorizedSymbol" attr="severity" enableorderby="0" forceraster="0" symbollevels="0">'
        f"<categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>"
        "<mapTip>[% rule %] [% message %]</mapTip></qgis>"
    )


def _symbol(kind: str, place: int, colour: str) -> str:
    """Give one symbol: a ringed dot, a wide line, or a light fill with a strong edge."""
    white = "255,255,255,255"
    marker = {"name": "circle", "color": f"{colour},200", "outline_color": white, "size": "3"}
    line = {"line_color": f"{colour},230", "line_width": "0.9", "line_style": "solid"}
    fill = {"color": f"{colour},70", "outline_color": f"{colour},255", "outline_width": "0.6", "style": "solid"}
    layers = {"marker": ("SimpleMarker", marker), "line": ("SimpleLine", line), "fill": ("SimpleFill", fill)}
    name, properties = layers[kind]
    props = "".join(f'<prop k="{key}" v="{value}"/>' for key, value in properties.items())
    layer = f'<layer class="{name}" enabled="1" locked="0" pass="0">{props}</layer>'
    return f'<symbol type="{kind}" name="{place}" alpha="1" clip_to_extent="1" force_rhr="0">{layer}</symbol>'
