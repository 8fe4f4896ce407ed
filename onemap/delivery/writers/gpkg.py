"""GeoPackage 1.3: delivery layers, and any layers or tables of onemap in one file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.writers.arrow import (
    GEOMETRY,
    StoredField,
    WrittenLayer,
    build_table,
    check_values,
    geometry_column,
    read_back,
    refuse_existing,
    wkb_column,
    write_table,
)
from onemap.delivery.writers.layer_styles import layer_styles
from onemap.delivery.writers.table_pieces import TablePieces
from onemap.errors import WriteError
from onemap.layers.catalogue import catalogue
from onemap.layers.crs_names import crs_label, parse_crs
from onemap.layers.whole_layer import WholeLayer

__all__ = ["write", "write_layers"]

_VERSION = {"VERSION": "1.3"}
_KINDS = {0: "Point", 1: "LineString", 2: "LineString", 3: "Polygon", 4: "Point", 5: "LineString", 6: "Polygon"}
_GEOMETRY_FIELD = pa.field(GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "ogc.wkb"})
_TAKEN = {"fid", "geom", GEOMETRY}


def write(layers: Sequence[DeliveryLayer], path: Path, *, date: dt.date) -> list[WrittenLayer]:
    """Write delivery layers as one GeoPackage and read them back; QGIS takes their look and aliases from it.

    Parameters
    ----------
    layers
        Layers with a CRS.
    path
        File to make; it must not exist.
    date
        Date that the file is given.

    Returns
    -------
    written
        One entry a layer.

    Raises
    ------
    WriteError
        If a value does not fit its field, the path exists, or what was written does not read back.

    Examples
    --------
    >>> import datetime
    >>> from pathlib import Path
    >>> write([], Path("empty.gpkg"), date=datetime.date(2026, 1, 1))
    []
    """
    refuse_existing(path)
    written = []
    for layer in layers:
        check_values(layer)
        stored = tuple(StoredField(one.name, one.name, one.length) for one in layer.fields)
        table, geometry_type = build_table(layer, stored=stored, as_decimal=False, multi=False)
        options = {"DESCRIPTION": layer.alias, "GEOMETRY_NAME": "geom"}
        rows = _write(table, path, layer.code, geometry_type=geometry_type, crs=layer.crs, date=date, options=options)
        written.append(WrittenLayer(layer.code, path, rows, stored))
    if layers:
        styles = _table("layer_styles", layer_styles(layers, date=date))
        _write(styles, path, "layer_styles", geometry_type=None, crs=None, date=date, options={"FID": "id"})
    return written


def write_layers(layers: Mapping[str, pd.DataFrame | WholeLayer], path: Path, *, date: dt.date) -> list[WrittenLayer]:
    """Write layers and tables as one GeoPackage, with the Chinese aliases of the catalogue, and read them back.

    Lists become text joined with ";", dates text, whole numbers stay whole where values are missing. A frame without
    geometry becomes a table.

    Parameters
    ----------
    layers
        Frames by name, each geographic one with a CRS; or points that are kept otherwise, which are written piece by
        piece.
    path
        File to make; it must not exist.
    date
        Date that the file is given.

    Returns
    -------
    written
        One entry a layer.

    Raises
    ------
    WriteError
        If the path exists, two columns differ in case only or are called fid or geom, a layer has no CRS, or what was
        written does not read back.

    Examples
    --------
    >>> import datetime, tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "results.gpkg"
    >>> table = pd.DataFrame({"name": ["甲村"], "households": pd.array([None], dtype="Int64")})
    >>> write_layers({"summary": table}, file, date=datetime.date(2026, 1, 1))[0].rows
    1
    """
    refuse_existing(path)
    written = []
    for name, layer in layers.items():
        table, geometry_type, crs = _framed(name, layer) if isinstance(layer, pd.DataFrame) else _streamed(name, layer)
        known = catalogue().get(name)
        options = {"DESCRIPTION": known.alias_zh} if known else {}
        rows = _write(table, path, name, geometry_type=geometry_type, crs=crs, date=date, options=options)
        columns = [column for column in layer.columns if column != getattr(layer, "active_geometry_name", None)]
        stored = tuple(StoredField(column, column, 0) for column in columns)
        written.append(WrittenLayer(name, path, rows, stored))
    return written


def _framed(name: str, frame: pd.DataFrame) -> tuple[pa.Table | TablePieces, str | None, str | None]:
    """Give a frame as a table, with its kind of geometry and its CRS."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return _table(name, pd.DataFrame(frame)), None, None
    crs = _system(name, frame.crs)
    table = _table(name, pd.DataFrame(frame.drop(columns=frame.active_geometry_name)))
    wkb, geometry_type = _geometry(np.asarray(frame.geometry.array, dtype=object))
    return table.append_column(_GEOMETRY_FIELD, wkb), geometry_type, crs


def _streamed(name: str, layer: WholeLayer) -> tuple[pa.Table | TablePieces, str | None, str | None]:
    """Give points as a table of which some rows at a time are held."""

    def pieces() -> Iterator[pa.Table]:
        for piece in layer.pieces():
            table = _table(name, pd.DataFrame(piece.drop(columns=piece.active_geometry_name)))
            wkb = wkb_column(np.asarray(piece.geometry.array, dtype=object))
            yield table.append_column(_GEOMETRY_FIELD, wkb)

    return (
        TablePieces(next(pieces()).schema, len(layer), pieces),
        "Point" if len(layer) else "Unknown",
        _system(name, layer.crs),
    )


def _system(name: str, crs: object) -> str:
    """Name the CRS of a layer, by its code where it has one."""
    if crs is None:
        raise WriteError("delivery_crs_missing", layer=name)
    label = crs_label(parse_crs(crs))
    return label if label.startswith("EPSG:") else parse_crs(crs).to_wkt()


def _write(
    table: pa.Table | TablePieces,
    path: Path,
    layer: str,
    *,
    geometry_type: str | None,
    crs: str | None,
    date: dt.date,
    options: Mapping[str, str],
) -> int:
    """Write one layer and read it back."""
    write_table(
        table,
        path,
        layer=layer,
        driver="GPKG",
        geometry_type=geometry_type,
        crs=crs,
        date=date,
        dataset_options={} if path.exists() else _VERSION,
        layer_options=options,
    )
    return read_back(path, layer, table, crs=crs if geometry_type else None)


def _table(name: str, frame: pd.DataFrame) -> pa.Table:
    """Give the attributes of any layer as Arrow, with the aliases of the catalogue."""
    lower = [str(column).lower() for column in frame.columns]
    wrong = [column for column in lower if column in _TAKEN or lower.count(column) > 1]
    if wrong:
        raise WriteError("column_name_taken", layer=name, field=wrong[0])
    known = catalogue().get(name)
    fields, arrays = [], []
    for column in frame.columns:
        array = _column(frame[column])
        alias = known.fields[column].alias_zh if known and column in known.fields else ""
        metadata = {"GDAL:OGR:alternative_name": alias} if alias else None
        fields.append(pa.field(str(column), array.type, metadata=metadata))
        arrays.append(array)
    if not fields:
        fields, arrays = [pa.field("row", pa.int64())], [pa.array(range(1, len(frame) + 1), pa.int64())]
    return pa.table(arrays, schema=pa.schema(fields))


def _column(values: pd.Series[Any]) -> pa.Array:
    """Give one column: truth values, whole numbers and numbers as they are, anything else as text."""
    missing = values.isna().to_numpy(dtype=bool)
    if isinstance(values.dtype, pd.StringDtype):
        return pa.array(values.array, pa.large_string(), from_pandas=True)
    if pd.api.types.is_bool_dtype(values.dtype):
        return pa.array(values.to_numpy(dtype=object), pa.bool_(), mask=missing)
    if pd.api.types.is_integer_dtype(values.dtype):
        return pa.array(values.fillna(0).to_numpy(dtype=np.int64), pa.int64(), mask=missing)
    if pd.api.types.is_float_dtype(values.dtype):
        return pa.array(values.to_numpy(dtype=np.float64, na_value=np.nan), pa.float64(), mask=missing)
    return pa.array([None if gone else _as_text(one) for one, gone in zip(values, missing, strict=True)], pa.string())


def _as_text(value: object) -> str:
    """Give a value as text; a list joined with ";"."""
    if isinstance(value, (list, tuple)):
        return ";".join(str(one) for one in value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _geometry(geometry: np.ndarray) -> tuple[pa.Array, str]:
    """Give geometries as WKB and the kind to declare; heights are kept where there are any."""
    present = geometry[~shapely.is_missing(geometry)]
    kinds = {_KINDS.get(int(one), "Unknown") for one in np.unique(shapely.get_type_id(present))}
    ending = ""
    if shapely.has_z(present).any():
        geometry, ending = shapely.force_3d(geometry), " Z"
    if len(kinds) != 1 or kinds == {"Unknown"}:
        return wkb_column(geometry), "Unknown"
    wkb_array, kind = geometry_column(geometry, kinds.pop(), multi=False)
    return wkb_array, kind + ending
