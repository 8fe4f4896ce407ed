"""Codes and names in one layer against the districts and villages of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.findings import Finding
from onemap.layers.agreement import is_same_name
from onemap.layers.catalogue import schema as schema_of
from onemap.layers.cell_checks import named_cell
from onemap.layers.whole_layer import WholeLayer, whole_of

__all__ = ["disagreeing_names"]

_KNOWN = (("districts", "code"), ("villages", "village_id"))
_CODES = ("district_code", "village_id")
_NAMES = {9: "town", 12: "village"}
"""Digits of a code → field that names the place they stand for."""
_ROWS_AT_ONCE = 100_000


def disagreeing_names(layers: Mapping[str, gpd.GeoDataFrame | WholeLayer]) -> list[Finding]:
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
    wholes = {name: whole_of(layer) for name, layer in layers.items()}
    for layer, code in _KNOWN:
        if layer in wholes and {code, "name"} <= set(wholes[layer].columns):
            rows = pd.DataFrame({name: wholes[layer][name] for name in (code, "name")}).dropna()
            known |= dict(zip(rows[code].astype(str), rows["name"].astype(str), strict=True))
    findings = []
    for layer, whole in wholes.items() if known else ():
        for code in _CODES:
            for width, name in _NAMES.items():
                if code in whole and name in whole:
                    findings += _disagreeing(layer, whole, (code, width, name), known)
    return findings


def _disagreeing(
    layer: str, whole: WholeLayer, fields: tuple[str, int, str], known: Mapping[str, str]
) -> list[Finding]:
    """Compare one code with one name, texts of some rows at a time."""
    code, width, name = fields
    codes, names = whole[code], whole[name]
    found: list[tuple[int, tuple[str, str]]] = []
    for start in range(0, len(whole), _ROWS_AT_ONCE):
        some = slice(start, start + _ROWS_AT_ONCE)
        long = codes.iloc[some].str.len().ge(width).fillna(value=False).to_numpy(dtype=bool)
        rows = start + np.flatnonzero(long & names.iloc[some].notna().to_numpy(dtype=bool))
        pairs = pd.DataFrame({"code": codes.iloc[rows].str.slice(0, width), "name": names.iloc[rows]})
        spoken, distinct = pd.MultiIndex.from_frame(pairs.astype(object)).factorize()
        odd = np.array([one in known and not is_same_name(known[one], said) for one, said in distinct], dtype=bool)
        at_fault = np.flatnonzero(odd[spoken])
        found += [(int(rows[at]), distinct[spoken[at]]) for at in at_fault]
    rows = np.array([row for row, _ in found], dtype=np.int64)
    values = [
        {**named_cell(schema_of(layer).fields[name], said), "code": place, "expected": known[place]}
        for _, (place, said) in found
    ]
    return _findings(layer, whole, rows, values) if found else []


def _findings(
    layer: str, whole: WholeLayer, rows: NDArray[np.int64], values: Sequence[Mapping[str, object]]
) -> list[Finding]:
    """Name rows whose code and name disagree."""
    id_field = schema_of(layer).id_field
    sources = whole["source"].iloc[rows].tolist()
    features = whole[id_field].iloc[rows].tolist() if id_field in whole else [""] * len(rows)
    centres = shapely.centroid(whole.shapes(rows))
    geographic = whole.crs.is_geographic
    findings = []
    for told, source, feature, centre in zip(values, sources, features, centres, strict=True):
        file, sheet, number = str(source).rsplit("|", 2)
        findings.append(
            Finding(
                rule="OM-ATT-026",
                layer=layer,
                file=file,
                row=int(number) if number.isdigit() else None,
                feature=str(feature),
                values=MappingProxyType(told),
                lon=float(centre.x) if geographic else None,
                lat=float(centre.y) if geographic else None,
                sheet=sheet,
            )
        )
    return findings
