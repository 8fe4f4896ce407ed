"""Vector files, read by GDAL into Arrow."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import pyogrio._ogr
import pyogrio.raw
from pyogrio.errors import DataLayerError, DataSourceError

from onemap.errors import ReadError
from onemap.sources.worker.answer import Answer, Remark, Rows, distinct_names
from onemap.sources.worker.shapefile import TextEncoding, check_parts, field_sizes, text_encoding

__all__ = ["batches", "describe", "read"]

_EVERY_BYTE = "ISO-8859-1"  # in this encoding any bytes are text, so that nothing is lost before it is decoded
_FAILED = (DataSourceError, DataLayerError, ValueError, RuntimeError)
_CURVES = frozenset({8, 9, 10, 11, 12, 13, 14})  # codes of OGC 06-103r4 and ISO 13249-3, less thousands for Z and M

_WIDTH, _PRECISION, _ALIAS = b"GDAL:OGR:width", b"GDAL:OGR:precision", b"GDAL:OGR:alternative_name"


def describe(path: Path, driver: str, _options: Mapping[str, Any]) -> Answer:
    """List the layers of a file."""
    encoding = _encoding(path, driver, None)
    _straighten()
    layers = []
    for name, geometry_type in _layer_names(path):
        info = _info(path, name, encoding.name)
        layers.append(
            {
                "name": name,
                "driver": driver,
                "geometry_type": geometry_type,
                "rows": int(info["features"]),
                "crs": info["crs"],
                "fields": [str(field) for field in info["fields"]],
                "encoding": encoding.name,
            }
        )
    return Answer({"layers": layers}, remarks=encoding.remarks)


def read(path: Path, driver: str, options: Mapping[str, Any]) -> Answer:
    """Read one layer: its columns, then the geometry as WKB if it has one, then the row numbers from 1."""
    layer = _opened(path, driver, options)
    piece = _read_table(layer)
    _require_all_rows(layer, piece.table.num_rows)
    body, remarks = _body(layer, piece, 0)
    return Answer(_facts(layer, piece), body, (*layer.encoding.remarks, *piece.remarks, *remarks))


def batches(path: Path, driver: str, options: Mapping[str, Any]) -> Answer:
    """Read one layer as `read` does, but piece by piece."""
    layer = _opened(path, driver, options)
    pieces = _pieces(layer, int(options["batch_rows"]))
    first = next(pieces)
    body, found = _body(layer, first, 0)
    remarks = [*layer.encoding.remarks, *first.remarks, *found]

    def rows() -> Iterator[pa.RecordBatch]:
        yield from body.to_batches()
        count = body.num_rows
        for piece in pieces:
            more, found = _body(layer, piece, count)
            remarks.extend(one for one in (*piece.remarks, *found) if one not in remarks)
            yield from more.to_batches()
            count += more.num_rows
        _require_all_rows(layer, count)

    return Answer(_facts(layer, first), Rows(body.schema, rows()), remarks)


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer that is being read."""

    path: Path
    driver: str
    name: str
    encoding: TextEncoding

    @property
    def options(self) -> dict[str, str]:
        """Give what GDAL must be told of the encoding: only a Shapefile leaves it open."""
        return {"encoding": self.encoding.name} if self.driver == "ESRI Shapefile" else {}


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows as GDAL gives them, with what it says of the layer."""

    meta: Mapping[str, Any]
    table: pa.Table
    remarks: list[Remark] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Names of the fields."""
        return [str(name) for name in self.meta["fields"]]

    @property
    def has_geometry(self) -> bool:
        """Whether the layer has geometries; they are the last column."""
        return self.meta["geometry_type"] is not None


def _opened(path: Path, driver: str, options: Mapping[str, Any]) -> _Layer:
    """Settle encoding and layer."""
    encoding = _encoding(path, driver, options.get("encoding"))
    _straighten()
    return _Layer(path, driver, _choose_layer(path, options.get("layer"), encoding.name), encoding)


def _require_all_rows(layer: _Layer, rows: int) -> None:
    """Refuse a geodatabase of which GDAL skips the rows that a cut table lacks, and says nothing."""
    if layer.driver == "OpenFileGDB" and rows < int(_info(layer.path, layer.name, layer.encoding.name)["features"]):
        raise ReadError("file_truncated", path=layer.path)


def _facts(layer: _Layer, piece: _Piece) -> dict[str, Any]:
    """Say what the layer is."""
    return {
        "layer": layer.name,
        "crs": piece.meta["crs"],
        **layer.encoding.facts,
        "has_geometry": piece.has_geometry,
        "stored": _stored(layer, piece.names, piece.table.schema),
    }


def _body(layer: _Layer, piece: _Piece, start: int) -> tuple[pa.Table, list[Remark]]:
    """Give rows that begin after so many others: plain columns, straight shapes, row numbers."""
    table = piece.table
    geometry: list[pa.ChunkedArray] = []
    curves: list[Remark] = []
    if piece.has_geometry:
        shapes, curves = _straight(layer, table.column(table.num_columns - 1), start)
        geometry = [shapes]
    columns = [table.column(at) for at in range(table.num_columns - piece.has_geometry)]
    names, columns, more = _plain_columns(piece.names, columns)
    names, repeated = distinct_names(names)
    numbers = pa.array(np.arange(start + 1, start + table.num_rows + 1))
    labels = [*names, *["geometry" for _ in geometry], "row"]
    return pa.Table.from_arrays([*columns, *geometry, numbers], names=labels), [*more, *repeated, *curves]


def _encoding(path: Path, driver: str, asked: str | None) -> TextEncoding:
    """Settle the encoding of the text; only a Shapefile leaves it open."""
    if driver != "ESRI Shapefile":
        return TextEncoding("utf-8")
    return text_encoding(check_parts(path), asked)


def _layer_names(path: Path) -> list[tuple[str, str | None]]:
    """List names and kinds of geometry."""
    try:
        return [(str(name), None if kind is None else str(kind)) for name, kind in pyogrio.list_layers(path)]
    except DataSourceError as error:
        raise ReadError("file_damaged", path=path, reason=_reason(error)) from error


def _info(path: Path, layer: str, encoding: str) -> dict[str, Any]:
    """Describe one layer, its rows counted."""
    for name in (encoding, _EVERY_BYTE):
        try:
            info: dict[str, Any] = pyogrio.read_info(path, layer=layer, encoding=name, force_feature_count=True)
        except UnicodeDecodeError:
            continue
        except (DataSourceError, DataLayerError, ValueError) as error:
            raise ReadError("file_damaged", path=path, reason=_reason(error)) from error
        if name != encoding:
            info["fields"] = [_again(str(field), encoding) for field in info["fields"]]
        return info
    raise ReadError("file_damaged", path=path, reason="UnicodeDecodeError")


def _choose_layer(path: Path, asked: str | None, encoding: str) -> str:
    """Take the layer asked for, or the only one that holds rows."""
    names = [name for name, _ in _layer_names(path)]
    if asked:
        if asked not in names:
            raise ReadError("layer_missing", path=path, layer=asked, layers="、".join(names))
        return asked
    if len(names) > 1:
        filled = [name for name in names if int(_info(path, name, encoding)["features"]) != 0]
        names = filled if len(filled) == 1 else names
    if not names:
        raise ReadError("file_without_layers", path=path)
    if len(names) > 1:
        raise ReadError("layer_not_chosen", path=path, layers="、".join(names))
    return names[0]


def _read_table(layer: _Layer) -> _Piece:
    """Read a layer by Arrow, and as raw bytes where the text of a Shapefile does not decode as a whole."""
    try:
        meta, table = pyogrio.raw.read_arrow(layer.path, layer=layer.name, **layer.options)
        table.validate(full=True)
    except (UnicodeDecodeError, pa.ArrowInvalid) as error:
        return _read_as_bytes(_shapefile(layer, error))
    except _FAILED as error:
        raise ReadError("file_damaged", path=layer.path, reason=_reason(error)) from error
    return _Piece(dict(meta), table)


def _pieces(layer: _Layer, count: int) -> Iterator[_Piece]:
    """Read a layer by Arrow, so many rows at a time; those whose text does not decode as raw bytes. One at least."""
    start = 0
    try:
        with pyogrio.raw.open_arrow(
            layer.path, layer=layer.name, batch_size=count, use_pyarrow=True, **layer.options
        ) as (meta, reader):
            for batch in reader:
                yield _checked(layer, _Piece(dict(meta), pa.Table.from_batches([batch])), start)
                start += batch.num_rows
            if not start:
                yield _Piece(dict(meta), reader.schema.empty_table())
    except UnicodeDecodeError as error:  # a name of a field is cut within a character
        yield from _pieces_as_bytes(_shapefile(layer, error), count)
    except _FAILED as error:
        raise ReadError("file_damaged", path=layer.path, reason=_reason(error)) from error


def _checked(layer: _Layer, piece: _Piece, start: int) -> _Piece:
    """Give rows whose text is valid, read again as raw bytes if need be."""
    try:
        piece.table.validate(full=True)
    except pa.ArrowInvalid as error:
        return _read_as_bytes(_shapefile(layer, error), start, piece.table.num_rows)
    return piece


def _pieces_as_bytes(layer: _Layer, count: int) -> Iterator[_Piece]:
    """Read a Shapefile as raw bytes, so many rows at a time."""
    start, piece = 0, _read_as_bytes(layer, 0, count)
    while piece.table.num_rows or not start:
        yield piece
        start += max(piece.table.num_rows, 1)
        piece = _read_as_bytes(layer, start, count)


def _shapefile(layer: _Layer, error: Exception) -> _Layer:
    """Require a Shapefile, the only format whose text may be in any encoding."""
    if layer.driver != "ESRI Shapefile":
        raise ReadError("text_not_utf8", path=layer.path) from error
    return layer


def _stored(layer: _Layer, names: Sequence[str], schema: pa.Schema) -> list[dict[str, Any]]:
    """Say how each field is stored: name, type, width and decimals as far as the format has them."""
    sizes = field_sizes(check_parts(layer.path)[".dbf"]) if layer.driver == "ESRI Shapefile" else []
    stored = []
    for at, name in enumerate(names):
        facts = schema.field(at).metadata or {}
        width, decimals = (int(facts[key]) if key in facts else None for key in (_WIDTH, _PRECISION))
        if at < len(sizes):
            width, decimals = sizes[at]
        alias = facts.get(_ALIAS, b"").decode("utf-8", "replace")
        kind = str(schema.field(at).type)
        stored.append({"name": name, "type": kind, "width": width, "decimals": decimals, "alias": alias})
    return stored


def _read_as_bytes(layer: _Layer, start: int = 0, count: int | None = None) -> _Piece:
    """Read through Latin-1, which keeps every byte, then decode: names cut within a character keep what is whole."""
    encoding = layer.encoding.name
    meta, table = pyogrio.raw.read_arrow(
        layer.path, layer=layer.name, encoding=_EVERY_BYTE, skip_features=start, max_features=count
    )
    raw_names = [str(name) for name in meta["fields"]]
    meta = {**meta, "fields": [_again(name, encoding) for name in raw_names]}
    cut = [
        Remark("OM-ENC-003", {"name": fresh})
        for raw, fresh in zip(raw_names, meta["fields"], strict=True)
        if len(fresh.encode(encoding, "replace")) != len(raw)
    ]
    arrays = [
        pa.array([None if value is None else _again(value, encoding) for value in column.to_pylist()], pa.string())
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        else column
        for column in table.columns
    ]
    return _Piece(meta, pa.Table.from_arrays(arrays, names=[str(at) for at in range(len(arrays))]), cut)


def _again(text: str, encoding: str) -> str:
    """Decode text that was read as Latin-1 in its true encoding, without what was cut."""
    return text.encode("latin-1", "ignore").decode(encoding, "ignore")


def _plain_columns(
    names: Sequence[str], columns: Sequence[pa.ChunkedArray]
) -> tuple[list[str], list[pa.ChunkedArray], list[Remark]]:
    """Give stored codes for coded values, joined text for lists, and leave binary columns out with a remark."""
    kept_names, kept, remarks = [], [], []
    for name, column in zip(names, columns, strict=True):
        kind = column.type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            remarks.append(Remark("OM-PKG-005", {"column": name}))
            continue
        if pa.types.is_dictionary(kind):
            column = pa.chunked_array([chunk.indices for chunk in column.chunks], kind.index_type)  # noqa: PLW2901
        elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
            column = pa.array([_joined(value) for value in column.to_pylist()], pa.string())  # noqa: PLW2901
        kept_names.append(name)
        kept.append(column)
    return kept_names, kept, remarks


def _joined(value: list[Any] | None) -> str | None:
    """Give a list as text."""
    return None if value is None else ";".join("" if item is None else str(item) for item in value)


def _straighten(*, on: bool = True) -> None:
    """Have GDAL put short straight pieces in place of curves, which no other library here knows."""
    ctypes.CDLL(pyogrio._ogr.__file__).OGRSetNonLinearGeometriesEnabledFlag(0 if on else 1)  # noqa: SLF001


def _straight(layer: _Layer, geometry: pa.ChunkedArray, start: int) -> tuple[pa.ChunkedArray, list[Remark]]:
    """Give the shapes of rows without curves, with a remark if there were any."""
    if _holds_curves(geometry):  # GDAL hands the shapes of a GeoPackage to Arrow as they are stored
        _, _, shapes, _ = pyogrio.raw.read(
            layer.path, layer=layer.name, columns=[], skip_features=start, max_features=len(geometry)
        )
        return pa.chunked_array([pa.array(shapes.tolist(), pa.binary())]), [Remark("OM-PKG-006")]
    is_curved = not start and _is_curved(layer.path, layer.name)
    return geometry, [Remark("OM-PKG-006")] if is_curved else []


def _holds_curves(geometry: pa.ChunkedArray) -> bool:
    """Tell whether the code of any shape, its second to fifth byte, is one of a curve."""
    heads = pc.unique(pc.binary_slice(geometry.cast(pa.binary()), 0, 5)).to_pylist()
    codes = [int.from_bytes(head[1:], "little" if head[0] else "big") for head in heads if head]
    return any((code & 0x0FFFFFFF) % 1000 in _CURVES for code in codes)


def _is_curved(path: Path, layer: str) -> bool:
    """Tell whether the layer is one of curves: then pyogrio declines to describe it as it is."""
    _straighten(on=False)
    try:
        pyogrio.read_info(path, layer=layer, encoding=_EVERY_BYTE)
    except NotImplementedError:
        return True
    finally:
        _straighten()
    return False


def _reason(error: Exception) -> str:
    """Give the words of a library's error, short and on one line."""
    return " ".join(str(error).split())[:160]
