"""Exchange formats, read by GDAL after each has been made ready: GeoJSON, DXF, MapInfo, GML, GPX, FlatGeobuf."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import pyogrio.raw
from pyogrio.errors import DataLayerError, DataSourceError

from onemap.errors import ReadError
from onemap.sources.worker.answer import Answer, distinct_names
from onemap.sources.worker.columns import plain_columns
from onemap.sources.worker.curves import straight, straighten
from onemap.sources.worker.dxf import prepare_dxf
from onemap.sources.worker.flatgeobuf import prepare_flatgeobuf
from onemap.sources.worker.geojson import prepare_geojson
from onemap.sources.worker.gml import prepare_gml, prepare_gpx
from onemap.sources.worker.mapinfo import prepare_mapinfo
from onemap.sources.worker.prepared import Content, Prepared

__all__ = ["describe", "read"]

_PREPARE: Mapping[str, Callable[[Path, Mapping[str, Any]], Prepared]] = {
    "DXF": prepare_dxf,
    "FlatGeobuf": prepare_flatgeobuf,
    "GML": prepare_gml,
    "GPX": prepare_gpx,
    "GeoJSON": prepare_geojson,
    "MapInfo File": prepare_mapinfo,
}
_FAILED = (DataSourceError, DataLayerError, ValueError, RuntimeError, pa.ArrowInvalid, OSError)
_NAMED_BY_FILE = frozenset({"DXF", "FlatGeobuf", "GeoJSON", "MapInfo File"})


def describe(path: Path, driver: str, options: Mapping[str, Any]) -> Answer:
    """List the layers that hold features, or all where none does."""
    prepared = _PREPARE[driver](path, options)
    layers = []
    with _settings(prepared), _failures(path):
        straighten()
        for name, kind in _layers(prepared):
            content = _content(path, prepared, _handle(name))
            layers.append(
                {
                    "name": _shown(path, driver, name),
                    "driver": driver,
                    "geometry_type": kind,
                    "rows": len(content.rows),
                    "crs": content.crs,
                    "fields": content.names,
                    "encoding": content.encoding or prepared.encoding,
                }
            )
    return Answer({"layers": [one for one in layers if one["rows"]] or layers[:1]}, remarks=prepared.remarks)


def read(path: Path, driver: str, options: Mapping[str, Any]) -> Answer:
    """Read one layer: its columns, then the shapes as WKB if it has any, then the row numbers."""
    prepared = _PREPARE[driver](path, options)
    with _settings(prepared), _failures(path):
        straighten()
        layers = [name for name, _ in _layers(prepared)]
        name = _choose(path, prepared, driver, layers, asked=options.get("layer"))
        content = _content(path, prepared, _handle(name))
    names, columns, left = plain_columns(content.names, content.columns)
    names, repeated = distinct_names(names)
    shapes = [] if content.geometry is None else [content.geometry]
    table = pa.Table.from_arrays(
        [*columns, *shapes, content.rows], names=[*names, *["geometry" for _ in shapes], "row"]
    )
    facts = {
        "layer": _shown(path, driver, name),
        "crs": content.crs,
        "encoding": content.encoding or prepared.encoding,
        "has_geometry": bool(shapes),
        "stored": [
            {"name": name, "type": str(column.type), "width": None, "decimals": None}
            for name, column in zip(names, columns, strict=True)
        ],
    }
    return Answer(facts, table, (*prepared.remarks, *content.remarks, *left, *repeated))


def _shown(path: Path, driver: str, name: str) -> str:
    """Name a layer as people know it: the content of a file of one layer bears the name of the file."""
    return path.stem if driver in _NAMED_BY_FILE and driver != "DXF" else name


def _layers(prepared: Prepared) -> list[tuple[str, str | None]]:
    """List names and kinds of geometry."""
    found = pyogrio.list_layers(prepared.source)
    return [(str(name), None if kind is None else str(kind)) for name, kind in found]


def _handle(name: str) -> str | int:
    """Give what to ask GDAL for: content in memory that names no layer gets another made-up name at each opening."""
    return 0 if name.startswith("pyogrio_") else name


def _choose(path: Path, prepared: Prepared, driver: str, layers: list[str], *, asked: str | None) -> str:
    """Take the layer asked for, or the only one that holds features."""
    if not layers:
        raise ReadError("file_without_layers", path=path)
    if asked in layers:
        return str(asked)
    if asked and (driver == "DXF" or (driver in _NAMED_BY_FILE and asked == path.stem)):
        return layers[0]
    if asked:
        raise ReadError("layer_missing", path=path, layer=asked, layers="、".join(layers))
    candidates = [name for name in layers if name not in prepared.passed_over]
    if len(candidates) > 1:
        candidates = [name for name in candidates if _features(prepared, _handle(name))] or candidates[:1]
    if len(candidates) > 1:
        raise ReadError("layer_not_chosen", path=path, layers="、".join(candidates))
    return candidates[0]


def _features(prepared: Prepared, layer: str | int) -> int:
    """Count the features of a layer."""
    info = pyogrio.read_info(prepared.source, layer=layer, force_feature_count=True, **prepared.options)
    return int(info["features"])


def _content(path: Path, prepared: Prepared, layer: str | int) -> Content:
    """Read a layer and do what is still to be done to it."""
    if prepared.decode is not None:
        content = _decoded(prepared, layer, prepared.decode)
    else:
        try:
            meta, table = pyogrio.raw.read_arrow(prepared.source, layer=layer, **prepared.options)
            table.validate(full=True)
        except (UnicodeDecodeError, pa.ArrowInvalid) as error:
            raise ReadError("text_not_utf8", path=path) from error
        has_geometry = meta["geometry_type"] is not None
        columns = [table.column(place) for place in range(table.num_columns - has_geometry)]
        shapes = table.column(table.num_columns - 1) if has_geometry else None
        names = [str(field) for field in meta["fields"]]
        content = Content(names, columns, shapes, _numbers(table.num_rows), meta["crs"])
    if prepared.rows is not None and len(content.rows) < prepared.rows:
        raise ReadError("file_truncated", path=path)
    if content.geometry is not None:
        content.geometry, remarks = straight(prepared.source, layer, content.geometry, prepared.options)
        content.remarks += remarks
    return prepared.finish(content)


def _decoded(prepared: Prepared, layer: str | int, encoding: str) -> Content:
    """Read a layer whose text GDAL leaves as it is, by the slower way that decodes it."""
    meta, _, shapes, values = pyogrio.raw.read(prepared.source, layer=layer, encoding=encoding, **prepared.options)
    columns = [pa.chunked_array([_array(value)]) for value in values]
    count = len(shapes) if shapes is not None else len(values[0]) if values else 0
    geometry = None if shapes is None else pa.chunked_array([pa.array(shapes.tolist(), pa.binary())])
    return Content([str(field) for field in meta["fields"]], columns, geometry, _numbers(count), meta["crs"])


def _array(values: np.ndarray[Any, Any]) -> pa.Array:
    """Turn a column of numpy into one of Arrow."""
    if values.dtype == object:
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    return pa.array(values)


def _numbers(count: int) -> pa.Array:
    """Give the numbers of rows, from 1."""
    return pa.array(range(1, count + 1), pa.int64())


@contextmanager
def _settings(prepared: Prepared) -> Iterator[None]:
    """Give GDAL the settings of a driver for a while."""
    pyogrio.set_gdal_config_options(dict(prepared.settings))
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(prepared.settings))


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    """Turn what GDAL says of a file it cannot read into our error."""
    try:
        yield
    except _FAILED as error:
        raise ReadError("file_damaged", path=path, reason=" ".join(str(error).split())[:160]) from error
