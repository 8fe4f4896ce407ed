"""Codes and names in one layer against the districts and villages of another."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.findings import Finding
from onemap.layers.agreement import is_same_name
from onemap.layers.catalogue import schema as schema_of
from onemap.layers.cell_checks import named_cell

__all__ = ["disagreeing_names"]

_KNOWN = (("districts", "code"), ("villages", "village_id"))
_CODES = ("district_code", "village_id")
_NAMES = {9: "town", 12: "village"}
"""Digits of a code → field that names the place they stand for."""


def disagreeing_names(layers: Mapping[str, gpd.GeoDataFrame]) -> list[Finding]:
    """Find rows whose town or village is not the one that the districts or villages have under its code.

    Parameters
    ----------
    layers
        Canonical layers by name.

    Returns
    -------
    findings
        OM-ATT-026, one a cell; rows without code or name are passed over, and codes that nobody knows.

    Examples
    --------
    >>> import shapely
    >>> here = shapely.points([[75.2, 39.6]])
    >>> districts = gpd.GeoDataFrame({"code": ["659900001"], "name": ["桃亭镇"]}, geometry=here, crs="EPSG:4490")
    >>> sites = gpd.GeoDataFrame(
    ...     {"tower_id": ["T1"], "district_code": ["659900001"], "town": ["梨湾镇"], "source": ["a.csv||2"]},
    ...     geometry=here, crs="EPSG:4490",
    ... )
    >>> disagreeing_names({"districts": districts, "towers": sites})[0].values["expected"]
    '桃亭镇'
    """
    known: dict[str, str] = {}
    for layer, code in _KNOWN:
        if layer in layers and {code, "name"} <= set(layers[layer].columns):
            rows = layers[layer][[code, "name"]].dropna()
            known |= dict(zip(rows[code].astype(str), rows["name"].astype(str), strict=True))
    findings = []
    for layer, frame in layers.items() if known else ():
        for code in _CODES:
            for width, name in _NAMES.items():
                if code in frame and name in frame:
                    findings += _disagreeing(layer, frame, (code, width, name), known)
    return findings


def _disagreeing(
    layer: str, frame: gpd.GeoDataFrame, fields: tuple[str, int, str], known: Mapping[str, str]
) -> list[Finding]:
    """Compare one code with one name."""
    code, width, name = fields
    long = frame[code].str.len().ge(width).fillna(value=False).to_numpy(dtype=bool)
    rows = np.flatnonzero(long & frame[name].notna().to_numpy(dtype=bool))
    pairs = pd.DataFrame({"code": frame[code].iloc[rows].str.slice(0, width), "name": frame[name].iloc[rows]})
    codes, distinct = pd.MultiIndex.from_frame(pairs.astype(object)).factorize()
    odd = [one in known and not is_same_name(known[one], said) for one, said in distinct]
    return [
        _finding(layer, frame, int(row), fields=(code, name), said=distinct[at], expected=known[distinct[at][0]])
        for row, at in zip(rows, codes, strict=True)
        if odd[at]
    ]


def _finding(
    layer: str, frame: gpd.GeoDataFrame, row: int, *, fields: tuple[str, str], said: tuple[str, str], expected: str
) -> Finding:
    """Name a row whose code and name disagree."""
    schema = schema_of(layer)
    file, sheet, number = str(frame["source"].iloc[row]).rsplit("|", 2)
    centre = frame.geometry.iloc[row].centroid
    geographic = frame.crs.is_geographic
    values = {**named_cell(schema.fields[fields[1]], said[1]), "code": said[0], "expected": expected}
    return Finding(
        rule="OM-ATT-026",
        layer=layer,
        file=file,
        row=int(number) if number.isdigit() else None,
        feature=str(frame[schema.id_field].iloc[row]) if schema.id_field in frame else "",
        values=MappingProxyType(values),
        lon=float(centre.x) if geographic else None,
        lat=float(centre.y) if geographic else None,
        sheet=sheet,
    )
