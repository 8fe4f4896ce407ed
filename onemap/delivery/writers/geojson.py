"""GeoJSON as text: numbers in their shortest exact form, the coordinate system named by code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import shapely

from onemap.delivery.conversion.layer import PlainLayer, Plan

__all__ = ["write_geojson"]

_ROWS_AT_ONCE = 20_000


def write_geojson(plan: Plan, path: Path) -> None:
    """Write a layer as a GeoJSON FeatureCollection, one feature a line.

    The coordinate system stands in the member "crs" of GeoJSON 2008, as GDAL and QGIS read it: null where it is not
    known, left out for WGS 84, which RFC 7946 takes for granted.

    Parameters
    ----------
    plan
        The layer as planned for "geojson".
    path
        File to make.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> from onemap.delivery.conversion.plans import plan_layer
    >>> place = np.array([shapely.Point(75, 39.5)])
    >>> towers = plain_layer("towers", pd.DataFrame({"name": ["甲"]}), place, crs="EPSG:4326")
    >>> file = Path(tempfile.mkdtemp()) / "towers.geojson"
    >>> write_geojson(plan_layer(towers, "geojson"), file)
    >>> print(file.read_text(encoding="utf-8").splitlines()[1])
    {"type": "Feature", "properties": {"name": "甲"}, "geometry": {"type":"Point","coordinates":[75.0,39.5]}}
    """
    layer = plan.stored
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{{"type": "FeatureCollection", "name": {_json(layer.name)}{_crs(layer)}, "features": [')
        _write_features(layer, file)
        file.write("\n]}\n")


def _write_features(layer: PlainLayer, file: IO[str]) -> None:
    """Write the features, some thousands at a time."""
    start = "\n"
    for properties, shapes in _pieces(layer):
        lines = [
            f'{{"type": "Feature", "properties": {_json(one)}, "geometry": {shape or "null"}}}'
            for one, shape in zip(properties, shapes, strict=True)
        ]
        file.write(start + ",\n".join(lines))
        start = ",\n"


def _pieces(layer: PlainLayer) -> Iterator[tuple[list[dict[str, Any]], np.ndarray]]:
    """Give attributes and shapes of some thousands of rows."""
    geometry = np.full(layer.rows, None, dtype=object) if layer.geometry is None else layer.geometry
    for first in range(0, layer.rows, _ROWS_AT_ONCE):
        part = layer.table.slice(first, _ROWS_AT_ONCE)
        shapes = shapely.to_geojson(geometry[first : first + _ROWS_AT_ONCE])
        yield part.to_pylist() if part.num_columns else [{} for _ in shapes], shapes


def _crs(layer: PlainLayer) -> str:
    """Give the member that names the system; WGS 84 only where heights would make it the one with heights."""
    if layer.crs is None:
        return ', "crs": null'
    code = layer.crs.removeprefix("EPSG:")
    if code == "4326" and not shapely.has_z(layer.geometry).any():
        return ""
    return f', "crs": {{"type": "name", "properties": {{"name": "urn:ogc:def:crs:EPSG::{code}"}}}}'


def _json(value: object) -> str:
    """Write a value as JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
