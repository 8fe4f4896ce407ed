"""Workbooks (XLSX): cells as the sheet holds them, text as text and numbers as numbers."""

from __future__ import annotations

import datetime as dt
import json
import re
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
import pyarrow as pa

from onemap.errors import ReadError, RefusedError
from onemap.sources.worker.answer import Answer, Remark
from onemap.sources.worker.sheet import sheet_of

__all__ = ["describe", "read"]

_UNREADABLE = (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, ParseError, OSError, EOFError)
_ENTITY = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def describe(path: Path, driver: str, options: Mapping[str, Any]) -> Answer:
    """List the sheets of a workbook that hold anything."""
    layers = []
    for name in _sheet_names(path):
        records = _records(path, name)
        if records:
            sheet = sheet_of(path, records, options.get("header_row") or _first_filled(records))
            layers.append(
                {
                    "name": name,
                    "driver": driver,
                    "geometry_type": None,
                    "rows": len(sheet.rows),
                    "crs": None,
                    "fields": sheet.names,
                    "encoding": None,
                }
            )
    return Answer({"layers": layers})


def read(path: Path, _driver: str, options: Mapping[str, Any]) -> Answer:
    """Read one sheet: its columns, then the row numbers of the sheet."""
    name, records = _choose(path, options.get("layer"))
    sheet = sheet_of(path, records, options.get("header_row"))
    columns = [_column(cells) for cells in sheet.columns]
    table = pa.Table.from_arrays(
        [*(array for array, _ in columns), pa.array(sheet.rows, pa.int64())], names=[*sheet.names, "row"]
    )
    facts = {
        "layer": name,
        "crs": None,
        "encoding": None,
        "has_geometry": False,
        "mixed": [at for at, (_, is_mixed) in enumerate(columns) if is_mixed],
    }
    return Answer(facts, table, (*sheet.remarks, *_unstored(path, name, sheet.rows)))


def _open(path: Path, *, values: bool = True) -> Any:
    """Open a workbook whose parts declare no entities."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                if member.endswith((".xml", ".rels")) and _ENTITY.search(archive.open(member).read(4096)):
                    raise RefusedError("xml_entities", path=path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(path, read_only=True, data_only=values, keep_links=False)
    except _UNREADABLE as error:
        raise ReadError("file_damaged", path=path, reason=type(error).__name__) from error


def _sheet_names(path: Path) -> list[str]:
    """List the sheets with cells; chart sheets have none."""
    return [sheet.title for sheet in _open(path).worksheets]


def _records(path: Path, name: str, *, values: bool = True) -> list[Sequence[Any]]:
    """Read the cells of a sheet, row by row, up to the last row that holds anything."""
    sheet = _open(path, values=values)[name]
    try:
        sheet.reset_dimensions()  # what a sheet says of its extent is often wrong
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            records = list(sheet.iter_rows(values_only=True))
    except _UNREADABLE as error:
        raise ReadError("file_damaged", path=path, reason=type(error).__name__) from error
    while records and all(cell is None for cell in records[-1]):
        records.pop()
    return records


def _choose(path: Path, asked: str | None) -> tuple[str, list[Sequence[Any]]]:
    """Take the sheet asked for, or the only one that holds anything."""
    names = _sheet_names(path)
    if asked:
        if asked not in names:
            raise ReadError("layer_missing", path=path, layer=asked, layers="、".join(names))
        return asked, _records(path, asked)
    filled = [(name, records) for name in names if (records := _records(path, name))]
    if not filled:
        raise ReadError("file_empty", path=path)
    if len(filled) > 1:
        raise ReadError("layer_not_chosen", path=path, layers="、".join(name for name, _ in filled))
    return filled[0]


def _first_filled(records: Sequence[Sequence[Any]]) -> int:
    """Give the number of the first row that holds more than a title, else the first that holds anything."""
    counts = [sum(cell is not None for cell in cells) for cells in records]
    wide = next((row for row, count in enumerate(counts, start=1) if count > 1), 0)
    return wide or next(row for row, count in enumerate(counts, start=1) if count)


def _column(cells: Sequence[Any]) -> tuple[pa.Array, bool]:
    """Give a column of one kind as such; one of several kinds as JSON, cell by cell."""
    kinds = {type(cell) for cell in cells if cell is not None}
    try:
        if kinds <= {str}:
            return pa.array(cells, pa.string()), False
        if kinds == {bool}:
            return pa.array(cells, pa.bool_()), False
        if kinds == {int}:
            return pa.array(cells, pa.int64()), False
        if kinds <= {int, float}:
            return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64()), False
        if kinds == {dt.datetime}:
            return pa.array(cells, pa.timestamp("us")), False
    except (pa.ArrowInvalid, OverflowError):
        pass  # a number too big for its column travels as JSON
    return pa.array([None if cell is None else json.dumps(_jsonable(cell)) for cell in cells], pa.string()), True


def _jsonable(cell: Any) -> Any:
    """Give a cell as JSON knows it; dates and times in ISO 8601."""
    if isinstance(cell, (str, int, float)):
        return cell
    return cell.isoformat(" ") if isinstance(cell, dt.datetime) else str(cell)


def _unstored(path: Path, name: str, rows: Sequence[int]) -> list[Remark]:
    """Remark on formulas whose result the file does not hold: a program wrote them and none has computed them."""
    with zipfile.ZipFile(path) as archive:
        sheets = [member for member in archive.namelist() if member.startswith("xl/worksheets/")]
        if not any(b"<f" in archive.read(member) for member in sheets):
            return []
    formulas, values = _records(path, name, values=False), _records(path, name)
    remarks = []
    for row in rows:
        results = values[row - 1] if row <= len(values) else ()
        for at, cell in enumerate(formulas[row - 1]):
            if isinstance(cell, str) and cell.startswith("=") and (at >= len(results) or results[at] is None):
                remarks.append(Remark("OM-PKG-007", {"column": at + 1}, row=row))
    return remarks
