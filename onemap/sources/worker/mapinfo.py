"""MapInfo tables (TAB) and exchange files (MIF/MID): their parts, and the encoding of their text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from onemap.errors import ReadError, RefusedError
from onemap.sources.worker.answer import Remark
from onemap.sources.worker.mapinfo_parts import whole_rows
from onemap.sources.worker.prepared import Content, Prepared

__all__ = ["prepare_mapinfo"]

_CHARSET = re.compile(rb"""charset\s+"?([\w.-]{1,30})""", re.IGNORECASE)
_LINKED = re.compile(rb"^\s*(type\s+(linked|raster|wms|wfs|tileserver|view|odbc)|open\s+table|file\s+\")", re.I | re.M)
_SILENT = {"", "neutral", "none"}
_HEAD_BYTES = 65536
_SAMPLE = 2_000
_EVERY_BYTE = "ISO-8859-1"  # in this encoding any bytes are text


def prepare_mapinfo(path: Path, options: Mapping[str, Any]) -> Prepared:
    """Make a table ready: all its parts there, and its text in an encoding that its bytes bear out."""
    rows = whole_rows(path)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if path.suffix.lower() == ".tab" and _LINKED.search(head):
        raise RefusedError("file_indirect", path=path)
    said = _CHARSET.search(head)
    charset = said[1].decode("ascii", "replace") if said else ""
    if charset.lower() in _SILENT:
        return _as_bytes(path, options.get("encoding"), rows)
    return Prepared(path, _plain_name(charset), rows=rows, finish=lambda layer: _told_again(layer, path, charset))


def _plain_name(charset: str) -> str:
    """Give the common name of a character set of MapInfo."""
    names = {"windowssimpchinese": "gbk", "windowstradchinese": "big5", "utf-8": "utf-8", "utf-16": "utf-16"}
    return names.get(charset.lower(), charset.lower())


def _as_bytes(path: Path, asked: str | None, rows: int) -> Prepared:
    """Have the text of a table that names no character set read byte by byte, to be decoded when it is known."""
    if asked and not _is_known(asked):
        raise ReadError("encoding_unknown", path=path, encoding=asked[:40])
    return Prepared(path, decode=_EVERY_BYTE, rows=rows, finish=lambda layer: _settled(layer, path, asked))


def _settled(layer: Content, path: Path, asked: str | None) -> Content:
    """Decode text that was read byte by byte: as asked, else as UTF-8 where all of it is, else as Chinese."""
    places = [at for at, column in enumerate(layer.columns) if pa.types.is_string(column.type)]
    texts = {value for at in places for value in layer.columns[at].unique().to_pylist() if value}
    name_encoding, layer.encoding = asked or _fitting(layer.names), asked or _fitting(texts or layer.names)
    try:
        told = {text: text.encode(_EVERY_BYTE).decode(layer.encoding) for text in texts}
    except UnicodeError as error:
        raise ReadError("text_not_utf8", path=path) from error
    for at, raw in enumerate(layer.names):
        layer.names[at] = raw.encode(_EVERY_BYTE).decode(name_encoding, "ignore")
        if len(layer.names[at].encode(name_encoding)) != len(raw):
            layer.remarks.append(Remark("OM-ENC-003", {"name": layer.names[at]}))
    for at in places:
        values = [value and told[value] for value in layer.columns[at].to_pylist()]
        layer.columns[at] = pa.chunked_array([pa.array(values, pa.string())])
    if not asked and not all(text.isascii() for text in [*texts, *layer.names]):
        layer.remarks.append(Remark("OM-ENC-001", {"file": path.name, "encoding": layer.encoding}))
    return layer


def _fitting(texts: Iterable[str]) -> str:
    """Give the encoding of texts that were read byte by byte: UTF-8 where all of them are, else Chinese."""
    return "utf-8" if all(_decodes(text.encode(_EVERY_BYTE), "utf-8") for text in texts) else "gb18030"


def _is_known(encoding: str) -> bool:
    """Tell whether an encoding is known."""
    try:
        codecs.lookup(encoding)
    except (LookupError, ValueError):
        return False
    return True


def _decodes(content: bytes, encoding: str) -> bool:
    """Tell whether bytes are text in an encoding."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _told_again(layer: Content, path: Path, charset: str) -> Content:
    """Decode again what is Chinese under a Western character set: ÒÆ¶¯ for 移动."""
    if not charset.lower().startswith(("windowslatin", "iso8859")):
        return layer
    places = [at for at, column in enumerate(layer.columns) if pa.types.is_string(column.type)]
    sample = [
        value
        for at in places
        for value in layer.columns[at].slice(0, _SAMPLE).to_pylist()
        if value and not value.isascii()
    ]
    sample += [name for name in layer.names if not name.isascii()]
    if not sample or not all(_chinese(value) for value in sample):
        return layer
    layer.names = [_chinese(name) or name for name in layer.names]
    for at in places:
        values = [value and (_chinese(value) or value) for value in layer.columns[at].to_pylist()]
        layer.columns[at] = pa.chunked_array([pa.array(values, pa.string())])
    layer.encoding = "gb18030"
    said = {"file": path.name, "declared": charset, "encoding": "gb18030"}
    layer.remarks.append(Remark("OM-ENC-004", said))
    return layer


def _chinese(text: str) -> str | None:
    """Give the Chinese text whose bytes were taken for Western ones, None if they are not Chinese."""
    try:
        return text.encode("cp1252").decode("gb2312")
    except UnicodeError:
        return None
