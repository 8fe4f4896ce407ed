"""A table of cells with a header row, as a sheet or delimited text holds it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from onemap.errors import ReadError
from onemap.sources.worker.answer import Remark, distinct_names
from onemap.sources.worker.header import Header, Merged, filled_count, find_header, is_blank, title_of

__all__ = ["Sheet", "closing_notes", "header_of", "refuse_too_wide", "said_of_header", "sheet_of", "table_header"]

_COLUMN_LIMIT = 10_000
_NOTE = re.compile(
    r"[（(【*※]?\s*(注|备注|说明|附注|填表|制表|填报|审核|审批|负责人|联系|单位|数据来源|note|remark|source)"
    r"\w{0,6}\s*[】)）]?\s*[:：、.]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Column names, columns of cells (None: empty), the row number of each row as a person sees it, and remarks.

    Besides: where each column stands among all cells of the table, from 0, and the (last) row of the column names.
    """

    names: list[str]
    columns: list[Sequence[Any]]
    rows: list[int]
    remarks: list[Remark]
    positions: list[int]
    header_row: int


def header_of(records: Iterable[Sequence[Any]], header_row: int) -> Sequence[Any] | None:
    """Give the row of the column names, None if the table ends before it."""
    return next(islice(iter(records), header_row - 1, None), None)


def sheet_of(
    path: Path, records: Sequence[Sequence[Any]], header_row: int | None, merged: Sequence[Merged] = ()
) -> Sheet:
    """Take a table of cells apart; rows without any value are left out, the numbers of the others stay."""
    header = table_header(path, records, header_row, merged)
    named = next((at for at in range(len(header.names), 0, -1) if header.names[at - 1]), 0)
    body = [(row, cells) for row, cells in enumerate(records[header.last :], start=header.last + 1)]
    filled = [(row, cells, end) for row, cells in body if (end := _width(cells))]
    notes = closing_notes(filled, named)
    filled = filled[: len(filled) - len(notes)]
    width = max([named, *(end for _, _, end in filled)])
    refuse_too_wide(path, width)
    titles = [*header.names[:width], *[""] * (width - len(header.names))]
    columns = list(islice(zip_longest(*(cells for _, cells, _ in filled)), width))
    columns += [(None,) * len(filled)] * (width - len(columns))
    remarks = [Remark("OM-PKG-004", {"cells": end, "columns": named}, row=row) for row, _, end in filled if end > named]
    kept = [at for at in range(width) if titles[at] or any(not is_blank(cell) for cell in columns[at])]
    nameless = [at for at in kept if not titles[at] and at < named]
    remarks += [
        Remark("OM-PKG-002", {"column": at + 1, "name": f"column_{at + 1}"}, row=header.last) for at in nameless
    ]
    names, repeated = distinct_names([titles[at] or f"column_{at + 1}" for at in kept])
    remarks = [*said_of_header(header, header_row), *remarks, *repeated, *notes]
    return Sheet(names, [columns[at] for at in kept], [row for row, _, _ in filled], remarks, kept, header.last)


def table_header(path: Path, records: Sequence[Sequence[Any]], asked: int | None, merged: Sequence[Merged]) -> Header:
    """Give the column names: in the row asked for, else where they are found."""
    if asked is None:
        found = find_header(records, merged)
        if found is not None:
            return found
    cells = header_of(records, asked or 1)
    if cells is None or not filled_count(cells):
        raise ReadError("header_row_empty", path=path, row=asked or 1, rows=len(records))
    return Header(asked or 1, asked or 1, [title_of(cell) for cell in cells])


def said_of_header(header: Header, asked: int | None) -> list[Remark]:
    """Remark on a header that was found below the first row, or over several."""
    if asked is not None:
        return []
    remarks = []
    if header.first > 1:
        values = {"row": header.first, "before": header.first - 1, "names": "、".join(header.names[:3])}
        remarks.append(Remark("OM-PKG-031", values, row=header.first))
    last = header.last - bool(header.numbered)
    if last > header.first:
        example = next((name for name in header.names if "_" in name), header.names[0])
        values = {"first": header.first, "last": last, "example": example}
        remarks.append(Remark("OM-PKG-032", values, row=header.first))
    if header.numbered:
        remarks.append(Remark("OM-PKG-034", {"text": "1 2 3 …"}, row=header.numbered))
    return remarks


def closing_notes(filled: Sequence[tuple[int, Sequence[Any], int]], named: int) -> list[Remark]:
    """Remark on the lines of notes that end a table: one or two cells, apart by a blank row or by their words."""
    notes: list[Remark] = []
    at = len(filled) - 1
    pending: list[Remark] = []
    while named >= 3 and at > 0:
        row, cells, _ = filled[at]
        shown = [str(cell) for cell in cells if not is_blank(cell)]
        if len(shown) > 2 or not any(isinstance(cell, str) for cell in cells):
            break
        is_worded = all(_NOTE.match(text.strip()) for text in shown[:1])
        is_apart = len(shown) == 1 and row - filled[at - 1][0] > 1
        pending.append(Remark("OM-PKG-034", {"text": " ".join(shown)[:80]}, row=row))
        if is_worded or is_apart:
            notes += pending
            pending = []
        at -= 1
    return notes[::-1]


def refuse_too_wide(path: Path, width: int) -> None:
    """Refuse a table of more columns than any table of a county has."""
    if width > _COLUMN_LIMIT:
        raise ReadError("columns_too_many", path=path, columns=width, limit=_COLUMN_LIMIT)


def _width(cells: Sequence[Any]) -> int:
    """Give the number of cells up to the last that shows something."""
    if cells and not is_blank(cells[-1]):  # the quick way for most rows
        return len(cells)
    return next((at for at in range(len(cells), 0, -1) if not is_blank(cells[at - 1])), 0)
