"""A table of cells with a header row, as a sheet or delimited text holds it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from onemap.errors import ReadError
from onemap.sources.worker.answer import Remark, distinct_names

__all__ = ["Sheet", "header_of", "sheet_of"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Column names, columns of cells (None: empty), the row number of each row as a person sees it, and remarks."""

    names: list[str]
    columns: list[list[Any]]
    rows: list[int]
    remarks: list[Remark]


def header_of(records: Iterable[Sequence[Any]], header_row: int) -> Sequence[Any] | None:
    """Give the row of the column names, None if the table ends before it."""
    return next(islice(iter(records), header_row - 1, None), None)


def sheet_of(path: Path, records: Sequence[Sequence[Any]], header_row: int | None) -> Sheet:
    """Take a table of cells apart; rows without any value are left out, the numbers of the others stay."""
    number = header_row or 1
    header = header_of(records, number)
    if header is None or all(_is_blank(cell) for cell in header):
        raise ReadError("header_row_empty", path=path, row=number, rows=len(records))
    body = [(row, cells) for row, cells in enumerate(records, start=1) if row > number]
    filled = [(row, cells) for row, cells in body if not all(_is_blank(cell) for cell in cells)]
    width = max([_width(header), *(_width(cells) for _, cells in filled)])
    titles = [_title(header[at]) if at < len(header) else "" for at in range(width)]
    columns = [[cells[at] if at < len(cells) else None for _, cells in filled] for at in range(width)]
    remarks = [
        Remark("OM-PKG-004", {"cells": _width(cells), "columns": _width(header)}, row=row)
        for row, cells in filled
        if _width(cells) > _width(header)
    ]
    kept = [at for at in range(width) if titles[at] or any(not _is_blank(cell) for cell in columns[at])]
    nameless = [at for at in kept if not titles[at] and at < _width(header)]
    remarks += [Remark("OM-PKG-002", {"column": at + 1, "name": f"column_{at + 1}"}, row=number) for at in nameless]
    names, repeated = distinct_names([titles[at] or f"column_{at + 1}" for at in kept])
    return Sheet(names, [columns[at] for at in kept], [row for row, _ in filled], [*remarks, *repeated])


def _is_blank(cell: Any) -> bool:
    """Tell whether a cell shows nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _width(cells: Sequence[Any]) -> int:
    """Give the number of cells up to the last that shows something."""
    return next((at for at in range(len(cells), 0, -1) if not _is_blank(cells[at - 1])), 0)


def _title(cell: Any) -> str:
    """Give a column name without the space and line breaks around and within it."""
    return "" if cell is None else " ".join(str(cell).replace("\ufeff", "").split())
