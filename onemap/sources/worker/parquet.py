"""GeoParquet: columns of any Arrow type, shapes as WKB or in the native encodings, and the system as PROJJSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from onemap.errors import ReadError
from onemap.sources.worker.answer import Answer, Remark, distinct_names
from onemap.sources.worker.columns import plain_columns
from onemap.sources.worker.native_shapes import NATIVE, as_wkb

__all__ = ["describe", "read"]

_FAILED = (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, ValueError, KeyError, TypeError, AttributeError)
_NO_KEY = object()
_COLUMN_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class _Geometry:
    """The column of the shapes: name, encoding, system ("" where it is none that can be named), kinds, the others."""

    column: str
    encoding: str
    crs: str | None
    kinds: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def describe(path: Path, driver: str, _options: Mapping[str, Any]) -> Answer:
    """List the one layer of a Parquet file, which needs its footer only."""
    file = _opened(path)
    geometry = _geometry(path, file)
    names = [name for name in file.schema_arrow.names if geometry is None or name != geometry.column]
    layer = {
        "name": "",
        "driver": driver,
        "geometry_type": None if geometry is None else geometry.kinds[0] if len(geometry.kinds) == 1 else "Unknown",
        "rows": file.metadata.num_rows,
        "crs": None if geometry is None else geometry.crs,
        "fields": names,
        "encoding": "utf-8",
    }
    return Answer({"layers": [layer]})


def read(path: Path, _driver: str, options: Mapping[str, Any]) -> Answer:
    """Read the table: its columns, then the shapes as WKB if it has any, then the row numbers from 1."""
    if options.get("layer"):
        raise ReadError("layer_missing", path=path, layer=options["layer"], layers="-")
    file = _opened(path)
    geometry = _geometry(path, file)
    remarks: list[Remark] = []
    try:
        table = file.read(use_threads=False)
        table.validate(full=True)
        shapes = [] if geometry is None else [as_wkb(table.column(geometry.column), geometry.encoding)]
    except _FAILED as error:
        raise ReadError("file_damaged", path=path, reason=_reason(error)) from error
    if geometry is not None and geometry.others:
        taken = {"column": geometry.column, "others": "、".join(geometry.others)}
        remarks.append(Remark("OM-PKG-043", taken))
    left_out = set() if geometry is None else {geometry.column, *geometry.others}
    kept = [at for at, name in enumerate(table.column_names) if name not in left_out]
    names, columns, more = plain_columns([table.column_names[at] for at in kept], [table.column(at) for at in kept])
    names, repeated = distinct_names(names)
    rows = pa.array(range(1, table.num_rows + 1), pa.int64())
    labels = [*names, *["geometry" for _ in shapes], "row"]
    facts = {
        "layer": "",
        "crs": None if geometry is None else geometry.crs,
        "encoding": "utf-8",
        "has_geometry": bool(shapes),
        "stored": [
            {"name": name, "type": str(column.type), "width": None, "decimals": None}
            for name, column in zip(names, columns, strict=True)
        ],
    }
    table = pa.Table.from_arrays([*columns, *shapes, rows], names=labels)
    return Answer(facts, table, (*remarks, *more, *repeated))


def _opened(path: Path) -> pq.ParquetFile:
    """Open a file by its footer."""
    try:
        file = pq.ParquetFile(path, memory_map=False, pre_buffer=False)
    except _FAILED as error:
        raise ReadError("file_damaged", path=path, reason=_reason(error)) from error
    if len(file.schema_arrow.names) > _COLUMN_LIMIT:
        raise ReadError("columns_too_many", path=path, columns=len(file.schema_arrow.names), limit=_COLUMN_LIMIT)
    return file


def _geometry(path: Path, file: pq.ParquetFile) -> _Geometry | None:
    """Find the column of the shapes: by the metadata of GeoParquet, by a logical type of Parquet, or there is none."""
    schema = file.schema_arrow
    said = (schema.metadata or {}).get(b"geo")
    if said is None:
        return _logical(file)
    try:
        geo = json.loads(said)
        columns = {name: one for name, one in geo["columns"].items() if name in schema.names}
        primary = geo.get("primary_column") or next(iter(columns))
        one = columns[primary]
        encoding, kinds = str(one.get("encoding", "WKB")), tuple(one.get("geometry_types") or ())
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError) as error:
        raise ReadError("file_damaged", path=path, reason=f"geo metadata: {type(error).__name__}") from error
    if encoding.upper() != "WKB" and encoding.lower() not in NATIVE:
        raise ReadError("file_damaged", path=path, reason=f"geometry encoding {encoding[:40]}")
    covering = _covering(one, schema.names)
    others = tuple(name for name in columns if name != primary)
    return _Geometry(primary, encoding, _crs_name(one.get("crs", _NO_KEY)), kinds, (*others, *covering))


def _covering(column: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Give the columns that hold nothing but the bounds of each shape."""
    box = (column.get("covering") or {}).get("bbox") or {}
    found = {place[0] for place in box.values() if isinstance(place, list) and place}
    return [name for name in names if name in found]


def _logical(file: pq.ParquetFile) -> _Geometry | None:
    """Find a column of Parquet's own logical type for shapes."""
    for at in range(len(file.schema)):
        column = file.schema.column(at)
        told = str(column.logical_type)
        if told.startswith(("Geometry", "Geography")) and "." not in column.path:
            _, has_crs, crs = told.partition("crs=")
            crs = crs.rstrip(")").partition(", ")[0].strip()
            return _Geometry(column.name, "WKB", _crs_name(_parsed(crs) if has_crs and crs else _NO_KEY))
    return None


def _parsed(text: str) -> Any:
    """Give PROJJSON as such, any other name of a system as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _crs_name(said: Any) -> str | None:
    """Name a system: "EPSG:n" where its PROJJSON says so, else WKT; WGS 84 where the standard lets it be left out."""
    if said is _NO_KEY:
        return "EPSG:4326"
    if said is None:
        return None
    code = said.get("id") if isinstance(said, dict) else None
    if isinstance(code, dict) and str(code.get("authority")).upper() == "EPSG":
        return f"EPSG:{code.get('code')}"
    if isinstance(code, dict) and str(code.get("code")).upper() in {"CRS84", "CRS84H"}:
        return "EPSG:4326"
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_json_dict(said) if isinstance(said, dict) else CRS.from_user_input(said)
    except (CRSError, TypeError, ValueError):
        return None
    number = crs.to_epsg(min_confidence=100)
    return f"EPSG:{number}" if number else str(crs.to_wkt())


def _reason(error: Exception) -> str:
    """Give the words of an error, short and on one line."""
    return " ".join(str(error).split())[:160] or type(error).__name__
