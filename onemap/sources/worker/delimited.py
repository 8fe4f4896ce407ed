"""Delimited text (CSV): every value as text, unchanged."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from onemap.errors import ReadError
from onemap.sources.worker.answer import Answer, Remark
from onemap.sources.worker.sheet import Sheet, header_of, sheet_of

__all__ = ["describe", "read"]

_DELIMITERS = (",", ";", "\t")
_CELL_LIMIT = 10_000_000
_END = "\0"  # text with this character is turned away before, so as the last line it can only be ours


def describe(path: Path, driver: str, options: Mapping[str, Any]) -> Answer:
    """List the one layer of a delimited file."""
    text, encoding, remarks = _decoded(path, options.get("encoding"))
    sheet = sheet_of(path, _records(path, text, options), options.get("header_row"))
    layer = {
        "name": "",
        "driver": driver,
        "geometry_type": None,
        "rows": len(sheet.rows),
        "crs": None,
        "fields": sheet.names,
        "encoding": encoding,
    }
    return Answer({"layers": [layer]}, remarks=remarks)


def read(path: Path, _driver: str, options: Mapping[str, Any]) -> Answer:
    """Read the table: its columns as text, then the row numbers as a spreadsheet counts them."""
    if options.get("layer"):
        raise ReadError("layer_missing", path=path, layer=options["layer"], layers="-")
    text, encoding, remarks = _decoded(path, options.get("encoding"))
    sheet: Sheet = sheet_of(path, _records(path, text, options), options.get("header_row"))
    arrays = [pa.array(column, pa.string()) for column in sheet.columns]
    table = pa.Table.from_arrays([*arrays, pa.array(sheet.rows, pa.int64())], names=[*sheet.names, "row"])
    facts = {
        "layer": "",
        "crs": None,
        "encoding": encoding,
        "has_geometry": False,
        "positions": sheet.positions,
        "header_row": sheet.header_row,
    }
    return Answer(facts, table, (*remarks, *sheet.remarks))


def _decoded(path: Path, asked: str | None) -> tuple[str, str, list[Remark]]:
    """Give the text and the encoding: the one asked for, else UTF-8, else GB 18030, each strictly."""
    content = path.read_bytes()
    if asked is None and content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _strict(path, content, "utf-16"), "utf-16", []
    if asked is not None:
        is_utf8 = asked.lower().replace("_", "-") in {"utf-8", "utf8"}
        return _strict(path, content, "utf-8-sig" if is_utf8 else asked), asked, []
    try:
        return content.decode("utf-8-sig"), "utf-8-sig" if content[:3] == b"\xef\xbb\xbf" else "utf-8", []
    except UnicodeDecodeError:
        remark = Remark("OM-ENC-001", {"file": path.name, "encoding": "gb18030"})
        return _strict(path, content, "gb18030"), "gb18030", [remark]


def _strict(path: Path, content: bytes, encoding: str) -> str:
    """Decode all or say where it fails."""
    try:
        return content.decode(encoding)
    except LookupError as error:
        raise ReadError("encoding_unknown", path=path, encoding=encoding[:40]) from error
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise ReadError(
            "text_undecodable", path=path, encoding=encoding.removesuffix("-sig"), line=content.count(b"\n", 0, at) + 1
        ) from error


def _records(path: Path, text: str, options: Mapping[str, Any]) -> list[Sequence[str | None]]:
    """Split into rows and cells; an empty cell is None."""
    if "\0" in text:
        raise ReadError("format_disagrees", path=path, suffix=path.suffix)
    csv.field_size_limit(_CELL_LIMIT)
    delimiter = _delimiter(text, options.get("header_row") or 1)
    ended = text if text.endswith(("\n", "\r")) else f"{text}\n"
    reader = csv.reader(io.StringIO(f"{ended}{_END}", newline=""), delimiter=delimiter)
    records: list[Sequence[str | None]] = []
    begins = 1  # line on which the record begins
    try:
        for record in reader:
            if reader.line_num == begins and record == [_END]:
                return records
            if record[-1:] and record[-1].endswith(_END):  # a quotation mark that is never closed took all that follows
                raise ReadError("text_table_damaged", path=path, line=begins)
            records.append([cell or None for cell in record])
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ReadError("text_table_damaged", path=path, line=reader.line_num) from error
    return records


def _delimiter(text: str, header_row: int) -> str:
    """Take the delimiter that gives the header row most cells."""
    counts = {}
    for delimiter in _DELIMITERS:
        reader = csv.reader(io.StringIO(text[:1_000_000], newline=""), delimiter=delimiter)
        try:
            counts[delimiter] = len(header_of(reader, header_row) or ())
        except csv.Error:
            counts[delimiter] = 0
    return max(_DELIMITERS, key=lambda delimiter: counts[delimiter])
