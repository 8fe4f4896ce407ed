"""VCT: the exchange format of China, read by `onemap.vct` in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from onemap.errors import ReadError
from onemap.sources.worker.answer import Answer, Remark, Rows, distinct_names
from onemap.vct import Batch, Field, Layer, VctFile, open_vct

__all__ = ["batches", "describe", "read"]

_KINDS = {"Point": "Point", "Line": "LineString", "Polygon": "Polygon", "Annotation": "Point"}
_TYPES = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "date-time": pa.timestamp("us"),
    "yes-no": pa.bool_(),
}
_SAID = (Field("annotation_text", "Char"), Field("annotation_angle_deg", "Float"))


def describe(path: Path, driver: str, options: Mapping[str, Any]) -> Answer:
    """List the layers, which needs one pass over the file."""
    with open_vct(path, encoding=options.get("encoding")) as file:
        layers = [
            {
                "name": layer.name,
                "driver": driver,
                "geometry_type": _KINDS.get(layer.kind),
                "rows": layer.rows,
                "crs": file.crs if layer.kind else None,
                "fields": _names(layer)[0],
                "encoding": file.encoding,
            }
            for layer in file.layers
        ]
        return Answer({"layers": layers}, remarks=_departures(file))


def read(path: Path, driver: str, options: Mapping[str, Any]) -> Answer:
    """Read one layer: its columns, then the shapes as WKB if it has any, then the row numbers from 1."""
    answer = batches(path, driver, options)
    assert isinstance(answer.body, Rows)  # noqa: S101  (what batches gives)
    return Answer(answer.facts, pa.Table.from_batches(answer.body.rows, answer.body.schema), answer.remarks)


def batches(path: Path, _driver: str, options: Mapping[str, Any]) -> Answer:
    """Read one layer as `read` does, but piece by piece."""
    file = open_vct(path, encoding=options.get("encoding"))
    layer = _chosen(file, options.get("layer"))
    names, remarks = _names(layer)
    kinds = [_TYPES[field.kind] for field in _fields(layer)]
    schema = pa.schema(
        [*zip(names, kinds, strict=True), *([("geometry", pa.binary())] if layer.kind else []), ("row", pa.int64())]
    )

    def rows() -> Iterator[pa.RecordBatch]:
        count = 0
        for batch in file.batches(layer, int(options.get("batch_rows", 20_000))):
            yield _record_batch(batch, schema, count)
            count += len(batch.ids)
        remarks.extend(_departures(file))
        file.close()

    facts = {
        "layer": layer.name,
        "crs": file.crs if layer.kind else None,
        "encoding": file.encoding,
        "has_geometry": bool(layer.kind),
        "stored": [
            {"name": name, "type": field.type, "width": field.length, "decimals": field.decimals}
            for name, field in zip(names, _fields(layer), strict=True)
        ],
    }
    return Answer(facts, Rows(schema, rows()), remarks)


def _chosen(file: VctFile, asked: str | None) -> Layer:
    """Take the layer asked for, or the only one that holds features."""
    if not file.layers:
        raise ReadError("file_without_layers", path=file.path)
    if asked:
        named = [layer for layer in file.layers if layer.name == asked]
        found = named or [layer for layer in file.layers if layer.code == asked]
        if not found:
            raise ReadError(
                "layer_missing", path=file.path, layer=asked, layers="、".join(one.name for one in file.layers)
            )
        return found[0]
    candidates = [layer for layer in file.layers if layer.rows] or list(file.layers[:1])
    if len(candidates) > 1:
        raise ReadError("layer_not_chosen", path=file.path, layers="、".join(one.name for one in candidates))
    return candidates[0]


def _fields(layer: Layer) -> tuple[Field, ...]:
    """Give the fields of a layer; annotations have two more."""
    return (*layer.fields, *(_SAID if layer.kind == "Annotation" else ()))


def _names(layer: Layer) -> tuple[list[str], list[Remark]]:
    """Give the names of the columns, each once."""
    return distinct_names([field.name for field in _fields(layer)])


def _record_batch(batch: Batch, schema: pa.Schema, before: int) -> pa.RecordBatch:
    """Turn features into rows of Arrow."""
    count = len(batch.ids)
    columns = [*batch.columns.values()]
    if len(columns) < len(schema) - (batch.geometry is not None) - 1:  # an annotation
        columns += [batch.texts, batch.angles]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=False)]
    if batch.geometry is not None:
        arrays.append(pa.array(shapely.to_wkb(batch.geometry, flavor="iso"), pa.binary()))
    arrays.append(pa.array(range(before + 1, before + count + 1), pa.int64()))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _departures(file: VctFile) -> list[Remark]:
    """Give what the file does otherwise than the format wants."""
    return [
        Remark("OM-PKG-080", {"done": {"text": one.text_id}, "count": one.count, "line": one.line or "-"}, one.line)
        for one in file.problems
    ]
