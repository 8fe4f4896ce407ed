"""GeoParquet 1.1: the only one of the formats that holds every value as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from onemap.delivery.conversion.layer import PlainLayer, Plan

__all__ = ["write_parquet"]

_ROWS_A_GROUP = 100_000


def write_parquet(plan: Plan, path: Path) -> None:
    """Write a layer as GeoParquet, geometry in WKB, the coordinate system as PROJJSON.

    Parameters
    ----------
    plan
        The layer as planned for "parquet".
    path
        File to make.

    References
    ----------
    GeoParquet 1.1.0: metadata of the file (version, primary_column, columns) and of a column (encoding,
    geometry_types, crs, bbox); a crs of null says that it is not known.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> from onemap.delivery.conversion.plans import plan_layer
    >>> place = np.array([shapely.Point(75, 39.5)])
    >>> towers = plain_layer("towers", pd.DataFrame({"name": ["甲"]}), place, crs="EPSG:4490")
    >>> file = Path(tempfile.mkdtemp()) / "towers.parquet"
    >>> write_parquet(plan_layer(towers, "parquet"), file)
    >>> json.loads(pq.read_schema(file).metadata[b"geo"])["columns"]["geometry"]["geometry_types"]
    ['Point']
    """
    layer = plan.stored
    table = layer.table
    if layer.geometry is not None:
        column = _free(table.column_names)
        wkb = pa.array(shapely.to_wkb(layer.geometry, flavor="iso"), pa.binary())
        table = table.append_column(column, wkb) if table.num_columns else pa.table({column: wkb})
        table = table.replace_schema_metadata({"geo": json.dumps(_metadata(layer, column), ensure_ascii=False)})
    pq.write_table(table, path, compression="zstd", row_group_size=_ROWS_A_GROUP)


def _metadata(layer: PlainLayer, column: str) -> dict[str, Any]:
    """Describe the geometry."""
    shapes = layer.geometry if layer.geometry is not None else np.array([], dtype=object)
    present = shapes[~shapely.is_missing(shapes)]
    facts: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted({_kind(shape) for shape in present}),
        "crs": None if layer.crs is None else CRS.from_user_input(layer.crs).to_json_dict(),
    }
    if len(present) and np.isfinite(bounds := shapely.total_bounds(present)).all():
        facts["bbox"] = [float(side) for side in bounds]
    return {"version": "1.1.0", "primary_column": column, "columns": {column: facts}}


def _kind(shape: shapely.Geometry) -> str:
    """Name the kind of a shape as the format does."""
    return f"{shape.geom_type}{' Z' if shape.has_z else ''}"


def _free(names: list[str]) -> str:
    """Give the geometry a name that no column has."""
    name, number = "geometry", 0
    while name in names:
        number += 1
        name = f"geometry_{number}"
    return name
