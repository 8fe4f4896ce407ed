"""GML and GPX: brought to UTF-8, without document type, and never with a schema that lies elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.parsers import expat  # no entities get this far: `xml_text` refuses their declarations

from onemap.errors import ReadError
from onemap.sources.worker.answer import Remark
from onemap.sources.worker.columns import told_apart
from onemap.sources.worker.prepared import Content, Prepared
from onemap.sources.worker.xml_text import xml_text

__all__ = ["prepare_gml", "prepare_gpx"]

_BOUNDS = re.compile(r"<(gml:)?boundedBy\b[^>]*>.*?</(gml:)?boundedBy>|<(gml:)?boundedBy\b[^>]*/>", re.DOTALL)
_SCHEMA = re.compile(r"""\s[\w.-]+:(schemaLocation|noNamespaceSchemaLocation)\s*=\s*("[^"]*"|'[^']*')""")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'  # by which GDAL knows the format
_GPX_PARTS = frozenset({"route_points", "track_points"})


def prepare_gml(path: Path, _options: Mapping[str, Any]) -> Prepared:
    """Make GML ready: every value as text first, as GDAL takes a code such as 007 for a number."""
    text, encoding, remarks = _whole(path)
    text = _SCHEMA.sub("", _BOUNDS.sub("", text))
    return Prepared(
        f"{_HEAD}{text}".encode(),
        encoding,
        options={"DOWNLOAD_SCHEMA": "NO", "WRITE_GFS": "NO"},
        settings={"GML_FIELDTYPES": "ALWAYS_STRINGS"},
        remarks=remarks,
        finish=_finished,
    )


def prepare_gpx(path: Path, _options: Mapping[str, Any]) -> Prepared:
    """Make GPX ready; the points of routes and tracks are layers that must be asked for."""
    text, encoding, remarks = _whole(path)
    return Prepared(f"{_HEAD}{text}".encode(), encoding, remarks=remarks, finish=_without_empty, passed_over=_GPX_PARTS)


def _whole(path: Path) -> tuple[str, str, tuple[Remark, ...]]:
    """Give the text of a file that is XML to its end: of a cut one GDAL reads what it can and says nothing."""
    text, encoding, remarks = xml_text(path)
    try:
        expat.ParserCreate().Parse(text.encode(), True)  # noqa: FBT003  (the parameter has no name)
    except expat.ExpatError as error:
        raise ReadError("file_damaged", path=path, reason=str(error)[:160]) from error
    return text, encoding, remarks


def _finished(layer: Content) -> Content:
    """Give numbers as such where all values of a column are some."""
    layer.columns = [told_apart(column) for column in layer.columns]
    return layer


def _without_empty(layer: Content) -> Content:
    """Leave out the columns of the standard that this file fills nowhere."""
    kept = [at for at, column in enumerate(layer.columns) if column.null_count < len(column)]
    layer.names = [layer.names[at] for at in kept]
    layer.columns = [layer.columns[at] for at in kept]
    return layer
