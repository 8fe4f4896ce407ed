"""What the writers share: exact fields through Arrow, bytes that do not change, and reading back.

GDAL takes widths, aliases and NOT NULL from the metadata of Arrow fields; no other public way sets them all. Bytes
depend on the clock and on random identifiers unless GDAL is told otherwise, which is global, so it is set while writing
only.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import shapely
from pyproj import CRS

from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.profile import ProfileField
from onemap.delivery.writers.table_pieces import ROWS_AT_ONCE, RowsInOrder, TablePieces
from onemap.errors import WriteError

__all__ = [
    "GEOMETRY",
    "StoredField",
    "WrittenLayer",
    "build_table",
    "check_values",
    "geometry_column",
    "read_back",
    "refuse_existing",
    "wkb_column",
    "write_table",
]

GEOMETRY = "geometry"
_LARGEST_INTEGER = 2**31 - 1
_LISTED = 5
_WIDTH = b"GDAL:OGR:width"


@dataclass(frozen=True, slots=True)
class StoredField:
    """How a field of the profile is stored: its name in the file and its width there (bytes in a Shapefile)."""

    name: str
    stored_name: str
    width: int


@dataclass(frozen=True, slots=True)
class WrittenLayer:
    """A layer as written and read back.

    Attributes
    ----------
    code
        Code of the layer.
    path
        File, or geodatabase, that holds it.
    rows
        Rows read back.
    fields
        Names and widths as stored, in order.
    """

    code: str
    path: Path
    rows: int
    fields: tuple[StoredField, ...]


def refuse_existing(path: Path) -> None:
    """Refuse to write over anything: outputs are staged beside the old ones.

    Raises
    ------
    WriteError
        If the path exists, or the folder that it is to lie in does not.
    """
    if path.exists():
        raise WriteError("delivery_path_exists", path=path.name)
    if not path.parent.is_dir():
        raise WriteError("delivery_folder_missing", path=str(path.parent))


def check_values(layer: DeliveryLayer) -> None:
    """Refuse values that the fields of a layer cannot hold: nothing is cut or dropped without a word.

    Raises
    ------
    WriteError
        If the layer has no system of coordinates, a required value is missing, a text is longer than its field or a
        number has too many digits; the message lists the first ones.
    """
    if not layer.crs:
        raise WriteError("delivery_crs_missing", layer=layer.code)
    identifier = layer.frame[layer.fields[0].name].astype("string").fillna("-")
    for field in layer.fields:
        values = layer.frame[field.name]
        if field.type == "text":
            wrong = values.str.len().gt(field.length).fillna(value=False)
        else:
            limit = _LARGEST_INTEGER if field.type == "integer" else 10.0 ** (field.length - field.decimals - 1)
            wrong = values.abs().ge(limit).fillna(value=False) | np.isinf(values.astype("float64"))
        _refuse("text_too_long", layer, field, identifier[wrong.to_numpy(dtype=bool)])
        if field.required:
            _refuse("required_value_missing", layer, field, identifier[values.isna().to_numpy(dtype=bool)])


def _refuse(text_id: str, layer: DeliveryLayer, field: ProfileField, identifiers: pd.Series[str]) -> None:
    """Raise if there are rows at fault."""
    if len(identifiers):
        listed = ", ".join(identifiers[:_LISTED])
        raise WriteError(
            text_id, layer=layer.code, field=field.name, limit=field.length, count=len(identifiers), rows=listed
        )


def build_table(
    layer: DeliveryLayer, *, stored: Sequence[StoredField], as_decimal: bool, multi: bool
) -> tuple[pa.Table, str]:
    """Build the Arrow table of a layer, each field with its width, alias and NOT NULL.

    Parameters
    ----------
    layer
        The layer.
    stored
        Names and widths in the file, in the order of its fields.
    as_decimal
        Give numbers as decimals, for formats whose numbers have digits.
    multi
        Store lines and areas as their Multi kinds.

    Returns
    -------
    table, geometry_type
        The table with a column "geometry" (WKB), and the kind of geometry to declare.
    """
    columns, fields = [], []
    for field, place in zip(layer.fields, stored, strict=True):
        metadata = {"GDAL:OGR:width": str(place.width), "GDAL:OGR:alternative_name": field.alias}
        array = _array(field, layer.frame[field.name], as_decimal=as_decimal)
        if field.type != "text" and not as_decimal:
            del metadata["GDAL:OGR:width"]
        fields.append(pa.field(place.stored_name, array.type, nullable=not field.required, metadata=metadata))
        columns.append(array)
    geometry = np.asarray(layer.frame.geometry.array, dtype=object)
    wkb, geometry_type = geometry_column(geometry, layer.geometry, multi=multi)
    fields.append(pa.field(GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "ogc.wkb"}))
    return pa.table([*columns, wkb], schema=pa.schema(fields)), geometry_type


def geometry_column(geometry: np.ndarray, kind: str, *, multi: bool) -> tuple[pa.Array, str]:
    """Give geometries as WKB, and the kind to declare: single where all parts are, unless Multi is wanted."""
    several = bool((shapely.get_type_id(geometry) > 3).any())
    as_multi = several or (multi and kind != "Point")
    if as_multi:
        makers = {
            "Point": shapely.multipoints,
            "LineString": shapely.multilinestrings,
            "Polygon": shapely.multipolygons,
        }
        geometry = np.array(
            [one if one is None or shapely.get_type_id(one) > 3 else makers[kind]([one]) for one in geometry],
            dtype=object,
        )
    return wkb_column(geometry), f"Multi{kind}" if as_multi else kind


def wkb_column(geometry: np.ndarray) -> pa.ChunkedArray:
    """Give geometries as WKB, some at a time, as each is an object of its own on the way."""
    starts = range(0, max(len(geometry), 1), ROWS_AT_ONCE)
    pieces = [shapely.to_wkb(geometry[start : start + ROWS_AT_ONCE], flavor="iso") for start in starts]
    return pa.chunked_array([pa.array(piece, pa.binary()) for piece in pieces], pa.binary())


def _array(field: ProfileField, values: pd.Series[Any], *, as_decimal: bool) -> pa.Array:
    """Give a column as Arrow, missing values as nulls."""
    missing = values.isna().to_numpy(dtype=bool)
    if field.type == "text":
        plain = [None if gone else str(one) for one, gone in zip(values, missing, strict=True)]
        return pa.array(plain, pa.string())
    if field.type == "integer":
        return pa.array([None if gone else int(one) for one, gone in zip(values, missing, strict=True)], pa.int32())
    if as_decimal:
        exact = [
            None if gone else Decimal(f"{one:.{field.decimals}f}") for one, gone in zip(values, missing, strict=True)
        ]
        return pa.array(exact, pa.decimal128(field.length, field.decimals))
    return pa.array([None if gone else float(one) for one, gone in zip(values, missing, strict=True)], pa.float64())


def write_table(
    table: pa.Table | TablePieces,
    path: Path,
    *,
    layer: str,
    driver: str,
    geometry_type: str | None,
    crs: str | None,
    date: dt.date,
    encoding: str | None = None,
    dataset_options: Mapping[str, str] | None = None,
    layer_options: Mapping[str, str] | None = None,
    geometry: str = GEOMETRY,
) -> None:
    """Write an Arrow table as one layer, with bytes that depend on the data and the date only.

    Raises
    ------
    WriteError
        If GDAL fails, or warns: a warning while writing means that something was changed or lost.
    """
    with _reproducible(date), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            pyogrio.raw.write_arrow(
                table,
                str(path),
                layer=layer,
                driver=driver,
                geometry_name=geometry if geometry_type else None,
                geometry_type=geometry_type,
                crs=crs if geometry_type else None,
                encoding=encoding,
                dataset_options=dict(dataset_options or {}),
                layer_options=dict(layer_options or {}),
            )
        except (
            pyogrio.errors.DataSourceError,
            pyogrio.errors.DataLayerError,
            RuntimeError,
            ValueError,
            OSError,
        ) as error:
            raise WriteError("delivery_write_failed", path=path.name, layer=layer, problem=str(error)) from error
    lossy = [str(one.message) for one in caught if issubclass(one.category, RuntimeWarning)]
    if lossy:
        raise WriteError("delivery_write_failed", path=path.name, layer=layer, problem="; ".join(lossy[:_LISTED]))


@contextmanager
def _reproducible(date: dt.date) -> Iterator[None]:
    """Take clock and chance out of what GDAL writes; put the settings back afterwards."""
    wanted = {
        "OPENFILEGDB_REPRODUCIBLE_UUID": "YES",
        "OGR_CURRENT_DATE": f"{date.isoformat()}T00:00:00.000Z",
        "DBF_DATE_LAST_UPDATE": date.isoformat(),
    }
    before = {name: pyogrio.get_gdal_config_option(name) for name in wanted}
    pyogrio.set_gdal_config_options(wanted)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def read_back(path: Path, layer: str, table: pa.Table | TablePieces, *, crs: str | None, widths: bool = True) -> int:
    """Read a layer that was just written and require what was meant to be in it.

    Parameters
    ----------
    path, layer
        What was written.
    table
        What it was written from.
    crs
        System of coordinates it must have, None for a table without geometry.
    widths
        Whether the widths of text must be found again.

    Returns
    -------
    rows
        How many rows it holds.

    Raises
    ------
    WriteError
        If rows, fields, widths, system of coordinates or values differ.
    """
    rows, problem = 0, ""
    meant = RowsInOrder.of(table)
    try:
        with pyogrio.raw.open_arrow(str(path), layer=layer, batch_size=ROWS_AT_ONCE, use_pyarrow=True) as (
            info,
            stored,
        ):
            for batch in stored:
                found = pa.Table.from_batches([batch])
                problem = problem or _difference(meant.take(found.num_rows), found, widths=widths)
                rows += found.num_rows
            empty = stored.schema.empty_table()
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, ValueError) as error:
        raise WriteError("delivery_read_back", path=path.name, layer=layer, problem=str(error)) from error
    if rows != table.num_rows:
        problem = f"{rows} rows, not {table.num_rows}"
    problem = problem or _difference(table.schema.empty_table(), empty, widths=widths)
    if not problem and crs is not None and not _same_crs(info["crs"], crs):
        problem = f"CRS {info['crs']}, not {crs}"
    if problem:
        raise WriteError("delivery_read_back", path=path.name, layer=layer, problem=problem)
    return rows


def _difference(meant: pa.Table, found: pa.Table, *, widths: bool) -> str:
    """Say where a table read back differs from the one meant; empty if nowhere."""
    if found.num_rows != meant.num_rows:
        return f"{found.num_rows} rows, not {meant.num_rows}"
    for field in meant.schema:
        if field.name == GEOMETRY:
            continue
        if field.name not in found.column_names:
            return f"field {field.name} is missing"
        width = (field.metadata or {}).get(_WIDTH)
        stored = (found.schema.field(field.name).metadata or {}).get(_WIDTH)
        if widths and _is_text(field.type) and width != stored:
            return f"field {field.name} has width {stored!r}, not {width!r}"
        if not _same_values(meant[field.name], found[field.name]):
            return f"values of field {field.name} differ"
    return ""


def _same_values(meant: pa.ChunkedArray, found: pa.ChunkedArray) -> bool:
    """Compare two columns; empty text may come back as null (Shapefile), truth values as 0 and 1."""
    if _is_text(meant.type):
        texts = [pc.fill_null(column.cast(pa.large_string()), "") for column in (meant, found)]
        return bool(texts[0].equals(texts[1]))
    left = meant.cast(pa.float64()) if not pa.types.is_boolean(meant.type) else meant.cast(pa.int8()).cast(pa.float64())
    right = found.cast(pa.int8()).cast(pa.float64()) if pa.types.is_boolean(found.type) else found.cast(pa.float64())
    one, two = (column.to_pandas().to_numpy(dtype=float, na_value=np.nan) for column in (left, right))
    return bool(np.allclose(one, two, rtol=1e-12, atol=0, equal_nan=True))


def _is_text(kind: pa.DataType) -> bool:
    """Tell whether a type is one of text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _same_crs(found: str | None, meant: str) -> bool:
    """Compare two systems of coordinates, by code or by definition."""
    if found is None:
        return False
    left, right = CRS.from_user_input(found), CRS.from_user_input(meant)
    return left == right or left.equals(right, ignore_axis_order=True) or left.name == right.name
