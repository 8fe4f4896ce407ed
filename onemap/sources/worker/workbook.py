"""Workbooks (XLSX, XLS): cells as the sheet holds them, text as text and numbers as numbers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import python_calamine as calamine

from onemap.errors import ReadError
from onemap.sources.worker.answer import Answer, Remark
from onemap.sources.worker.header import Merged, is_blank
from onemap.sources.worker.sheet import Sheet, sheet_of
from onemap.sources.worker.sheet_xml import Unseen, refuse_entities, unseen_cells

__all__ = ["describe", "read"]

_EXACT = 2**53
_UNREADABLE = (calamine.CalamineError, OSError, ValueError)


@dataclass(slots=True)
class _Cells:
    """The cells of one sheet, its merged ranges, whether it is hidden, and what there is to say of it."""

    name: str
    records: list[list[Any]]
    merged: list[Merged]
    is_hidden: bool
    unseen: Unseen = field(default_factory=Unseen)


def describe(path: Path, driver: str, _options: Mapping[str, Any]) -> Answer:
    """List the sheets of a workbook that hold anything."""
    layers = []
    with _opened(path, driver) as book:
        for meta in _worksheets(book):
            cells = _cells(path, driver, book, meta)
            if cells.records:
                sheet = sheet_of(path, cells.records, None, cells.merged)
                layers.append(
                    {
                        "name": cells.name,
                        "driver": driver,
                        "geometry_type": None,
                        "rows": len(sheet.rows),
                        "crs": None,
                        "fields": sheet.names,
                        "encoding": None,
                    }
                )
    return Answer({"layers": layers})


def read(path: Path, driver: str, options: Mapping[str, Any]) -> Answer:
    """Read one sheet: its columns, then the row numbers of the sheet."""
    with _opened(path, driver) as book:
        cells, remarks = _choose(path, driver, book, options.get("layer"))
    if not cells.records:
        raise ReadError("file_empty", path=path)
    if options.get("fill_merged"):
        _fill(cells)
    sheet = sheet_of(path, cells.records, options.get("header_row"), cells.merged)
    columns = [_column(values) for values in sheet.columns]
    table = pa.Table.from_arrays(
        [*(array for array, _ in columns), pa.array(sheet.rows, pa.int64())], names=[*sheet.names, "row"]
    )
    facts = {
        "layer": cells.name,
        "crs": None,
        "encoding": None,
        "has_geometry": False,
        "mixed": [at for at, (_, is_mixed) in enumerate(columns) if is_mixed],
        "positions": sheet.positions,
        "header_row": sheet.header_row,
    }
    merged = _merged_in(cells, sheet, is_filled=bool(options.get("fill_merged")))
    return Answer(facts, table, (*remarks, *sheet.remarks, *merged, *cells.unseen.remarks(set(sheet.rows))))


@contextmanager
def _opened(path: Path, driver: str) -> Iterator[calamine.CalamineWorkbook]:
    """Open a workbook whose parts declare no entities."""
    if driver == "XLSX":
        refuse_entities(path)
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            yield book
    except calamine.PasswordError as error:
        raise ReadError("workbook_locked", path=path) from error
    except _UNREADABLE as error:
        raise ReadError("file_damaged", path=path, reason=f"{type(error).__name__} {error}".strip()[:160]) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # by which a library in Rust gives up; it is no Exception
            raise
        raise ReadError("file_damaged", path=path, reason="panic") from error


def _worksheets(book: calamine.CalamineWorkbook) -> list[calamine.SheetMetadata]:
    """List the sheets with cells; chart sheets have none."""
    return [meta for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]


def _cells(path: Path, driver: str, book: calamine.CalamineWorkbook, meta: calamine.SheetMetadata) -> _Cells:
    """Read the cells of a sheet up to the last row that holds anything."""
    sheet = book.get_sheet_by_name(meta.name)
    records: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    unseen = unseen_cells(path, meta.name) if driver == "XLSX" else Unseen()
    for (row, column), number in unseen.long_numbers.items():
        if row < len(records) and column < len(records[row]):
            records[row][column] = number
    while records and not any(cell != "" for cell in records[-1]):
        records.pop()
    is_hidden = meta.visible != calamine.SheetVisibleEnum.Visible
    return _Cells(meta.name, records, sheet.merged_cell_ranges or [], is_hidden, unseen)


def _choose(path: Path, driver: str, book: calamine.CalamineWorkbook, asked: str | None) -> tuple[_Cells, list[Remark]]:
    """Take the sheet asked for, or the only one that holds anything; a hidden one only where no other does."""
    metas = {meta.name: meta for meta in _worksheets(book)}
    if asked:
        if asked not in metas:
            raise ReadError("layer_missing", path=path, layer=asked, layers="、".join(metas))
        cells = _cells(path, driver, book, metas[asked])
        return cells, _said_of_hidden([cells], taken=cells)
    filled = [cells for meta in metas.values() if (cells := _cells(path, driver, book, meta)).records]
    shown = [cells for cells in filled if not cells.is_hidden] or filled
    if not shown:
        raise ReadError("file_empty", path=path)
    if len(shown) > 1:
        raise ReadError("layer_not_chosen", path=path, layers="、".join(cells.name for cells in shown))
    return shown[0], _said_of_hidden(filled, taken=shown[0])


def _said_of_hidden(sheets: Sequence[_Cells], *, taken: _Cells) -> list[Remark]:
    """Remark on hidden sheets that hold something: the one that is read, and those passed over."""
    return [
        Remark("OM-PKG-035", {"sheet": cells.name, "rows": len(cells.records), "taken": taken.name})
        for cells in sheets
        if cells.is_hidden
    ]


def _fill(cells: _Cells) -> None:
    """Put the value of each merged range into all its cells."""
    for (top, left), (bottom, right) in cells.merged:
        value = _at(cells.records, top, left)
        for row in cells.records[top : bottom + 1]:
            row.extend([None] * (min(right + 1, len(cells.records[0])) - len(row)))
            row[left : right + 1] = [value] * len(row[left : right + 1])


def _merged_in(cells: _Cells, sheet: Sheet, *, is_filled: bool) -> list[Remark]:
    """Remark on merged cells among the rows: their value stands in the first cell only, or was put into all."""
    done = {"text": "merged_filled" if is_filled else "merged_left"}
    rows = set(sheet.rows)
    remarks = []
    for (top, left), (bottom, right) in cells.merged:
        covered = [row for row in range(top + 1, bottom + 2) if row in rows]
        value = _at(cells.records, top, left)
        if covered and top + 1 in rows and not is_blank(value) and (right > left or len(covered) > 1):
            values = {"column": left + 1, "value": str(value)[:60], "first": top + 1, "last": bottom + 1}
            values["done"] = done
            remarks.append(Remark("OM-PKG-033", values, row=top + 1))
    return remarks


def _at(records: Sequence[Sequence[Any]], row: int, column: int) -> Any:
    """Give one cell, None beyond the edge."""
    return next(islice(records[row], column, None), None) if row < len(records) else None


def _column(cells: Sequence[Any]) -> tuple[pa.Array, bool]:
    """Give a column of one kind as such; one of several kinds as JSON, cell by cell; "" stands for an empty cell."""
    values = [None if cell == "" else cell for cell in cells]
    kinds = set(map(type, values)) - {type(None)}
    try:
        if kinds <= {str}:
            return pa.array(values, pa.string()), False
        if kinds == {bool}:
            return pa.array(values, pa.bool_()), False
        if kinds <= {int, float}:
            return _numbers(values, has_long=int in kinds), False
        if kinds <= {dt.datetime, dt.date}:
            return pa.array([None if cell is None else _moment(cell) for cell in values], pa.timestamp("us")), False
    except (pa.ArrowInvalid, OverflowError):
        pass  # a number too big for its column travels as JSON
    return pa.array([None if cell is None else json.dumps(_jsonable(cell)) for cell in values], pa.string()), True


def _numbers(values: Sequence[Any], *, has_long: bool) -> pa.Array:
    """Give numbers, which a workbook holds as floats but for long codes: whole ones as such."""
    if has_long:
        return pa.array([None if cell is None else int(cell) if _is_whole(cell) else cell for cell in values])
    array = pa.array(values, pa.float64())
    whole = pc.all(pc.and_(pc.equal(pc.floor(array), array), pc.less(pc.abs(array), _EXACT))).as_py()
    return array.cast(pa.int64()) if whole else array


def _is_whole(number: float) -> bool:
    """Tell whether a number is whole and exact."""
    return float(number).is_integer() and (isinstance(number, int) or abs(number) < _EXACT)


def _moment(cell: dt.date) -> dt.datetime:
    """Give a day as its first moment."""
    return cell if isinstance(cell, dt.datetime) else dt.datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001


def _jsonable(cell: Any) -> Any:
    """Give a cell as JSON knows it; dates and times in ISO 8601."""
    if isinstance(cell, float):
        return int(cell) if _is_whole(cell) else cell
    if isinstance(cell, (str, int)):
        return cell
    return cell.isoformat(" ") if isinstance(cell, dt.datetime) else str(cell)
