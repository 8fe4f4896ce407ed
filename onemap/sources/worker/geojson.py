"""GeoJSON: its encoding, features line by line, and a coordinate system that it may name in the old way."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from onemap.errors import ReadError
from onemap.sources.worker.answer import Remark
from onemap.sources.worker.prepared import Content, Prepared

__all__ = ["prepare_geojson"]

_ENDS_BYTES = 65536
_CRS = re.compile(rb'"crs"\s*:\s*(null|\{[^{}]*(?:\{[^{}]*\}[^{}]*)?\})')
_CODE = re.compile(r"(?:epsg|ogc)[:/]{1,2}(?:[\w.]*[:/])?(?:crs84|\d{4,6})|crs84", re.IGNORECASE)
_TOO_FAR_EAST, _TOO_FAR_NORTH = 360.0, 90.0


def prepare_geojson(path: Path, options: Mapping[str, Any]) -> Prepared:
    """Make GeoJSON ready: in UTF-8, one collection, its CRS only where it says one that is known or means degrees."""
    content = path.read_bytes()
    text, encoding, remarks = _utf8(path, content, options.get("encoding"))
    lines = _feature_lines(text)
    said = _CRS.search(text[:_ENDS_BYTES]) or _CRS.search(text[-_ENDS_BYTES:])
    declared = _crs_name(said[1]) if said else None
    source = lines if lines is not None else text if text is not content else path
    as_written = {"DATE_AS_STRING": "YES"}  # JSON knows no dates: text that looks like one stays text
    return Prepared(
        source, encoding, options=as_written, remarks=remarks, finish=lambda layer: _finished(layer, path, declared)
    )


def _utf8(path: Path, content: bytes, asked: str | None) -> tuple[bytes, str, list[Remark]]:
    """Give the content in UTF-8, as the standard wants it; other encodings with a remark."""
    if asked is None and content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return _recoded(path, content, "utf-16"), "utf-16", []
    if asked is None or asked.lower().replace("_", "-") in {"utf-8", "utf8"}:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            if asked:
                raise ReadError("text_not_utf8", path=path) from None
        else:
            return content, "utf-8", []
        values = {"file": path.name, "declared": "utf-8", "encoding": "gb18030"}
        return _recoded(path, content, "gb18030"), "gb18030", [Remark("OM-ENC-004", values)]
    return _recoded(path, content, asked), asked, []


def _recoded(path: Path, content: bytes, encoding: str) -> bytes:
    """Bring text to UTF-8."""
    try:
        return content.decode(encoding).encode()
    except LookupError as error:
        raise ReadError("encoding_unknown", path=path, encoding=encoding[:40]) from error
    except UnicodeError as error:
        raise ReadError("text_not_utf8", path=path) from error


def _feature_lines(text: bytes) -> bytes | None:
    """Give features that stand line by line as one collection; None if the file is one document already."""
    first, newline, rest = text.lstrip(b"\x1e\xef\xbb\xbf \r\n").partition(b"\n")
    following = rest.lstrip(b"\x1e \r\n")
    if not newline or not first.startswith(b"{") or not following.startswith(b"{") or not _is_feature(first):
        return None
    lines = (line.strip(b"\x1e \r\t") for line in text.removeprefix(b"\xef\xbb\xbf").split(b"\n"))
    return b'{"type":"FeatureCollection","features":[' + b",".join(line for line in lines if line) + b"]}"


def _is_feature(line: bytes) -> bool:
    """Tell whether a line is a whole feature."""
    try:
        return bool(json.loads(line).get("type") == "Feature")
    except (ValueError, RecursionError, AttributeError):
        return False


def _crs_name(said: bytes) -> str:
    """Give the name in a member "crs", "null" where it says that there is none."""
    try:
        member = json.loads(said)
    except ValueError:
        return "?"
    if member is None:
        return "null"
    properties = member.get("properties") or {}
    return str(properties.get("name") or properties.get("code") or properties.get("href") or "?")[:80]


def _finished(layer: Content, path: Path, declared: str | None) -> Content:
    """Take no system for known where the file names one that GDAL does not know, or where numbers are no degrees."""
    if layer.geometry is None:
        return layer
    if declared is not None and not _CODE.search(declared):
        layer.crs = None
        layer.remarks.append(Remark("OM-PKG-048", {"file": path.name, "crs": declared}))
    elif declared is None and _beyond_degrees(layer.geometry):
        layer.crs = None
        layer.remarks.append(Remark("OM-PKG-044", {"file": path.name}))
    return layer


def _beyond_degrees(geometry: pa.ChunkedArray) -> bool:
    """Tell whether most places are such as degrees cannot name."""
    try:
        places = shapely.get_coordinates(shapely.from_wkb(np.asarray(geometry.to_pylist(), dtype=object)))
    except shapely.errors.GEOSException:
        return False
    places = places[np.isfinite(places).all(axis=1)]
    beyond = (np.abs(places[:, 0]) > _TOO_FAR_EAST) | (np.abs(places[:, 1]) > _TOO_FAR_NORTH)
    return bool(len(places)) and bool(beyond.mean() > 0.5)
