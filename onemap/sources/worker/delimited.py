"""Delimited text (CSV): every value as text, unchanged.

A table is gone over twice where it is wanted in batches: what its columns are shows only at its end.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from onemap.errors import ReadError
from onemap.sources.worker.answer import Answer, Remark, Rows, distinct_names
from onemap.sources.worker.header import Header, filled_count, find_header, is_blank
from onemap.sources.worker.sheet import closing_notes, header_of, refuse_too_wide, said_of_header, table_header
from onemap.sources.worker.text_blocks import Block, TextFile, beginning, record_blocks, text_file, visible

__all__ = ["batches", "describe", "read"]

_DELIMITERS = (",", ";", "\t")
_HEAD = 200
_TAIL = 10_000
"""Notes that end a table are looked for among so many of its last rows."""
_NOTE_CELLS, _NOTED_COLUMNS = 2, 3


@dataclass(slots=True)
class _Layout:
    """What the columns and rows of a table are, as found so far."""

    header: Header
    named: int
    width: int
    rows: int = 0
    held: set[int] = field(default_factory=set)
    wide: list[Remark] = field(default_factory=list)
    tail: list[tuple[int, Sequence[Any], int]] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)

    def title(self, at: int) -> str:
        """Give the name of a column, empty where it has none."""
        return self.header.names[at] if at < len(self.header.names) else ""

    def kept(self) -> list[int]:
        """Give the positions of the columns that have a name or hold something."""
        return [at for at in range(self.width) if self.title(at) or at in self.held]

    def names(self) -> tuple[list[str], list[Remark]]:
        """Name the columns that are kept, with what there is to say of the table, the notes at its end last."""
        kept = self.kept()
        nameless = [at for at in kept if not self.title(at) and at < self.named]
        remarks = [
            Remark("OM-PKG-002", {"column": at + 1, "name": f"column_{at + 1}"}, row=self.header.last)
            for at in nameless
        ]
        names, repeated = distinct_names([self.title(at) or f"column_{at + 1}" for at in kept])
        return names, [*self.wide, *remarks, *repeated, *self.notes]


def describe(path: Path, driver: str, options: Mapping[str, Any]) -> Answer:
    """List the one layer of a delimited file."""
    file, _, layout = _surveyed(path, {**options, "layer": None})
    layer = {
        "name": "",
        "driver": driver,
        "geometry_type": None,
        "rows": layout.rows,
        "crs": None,
        "fields": layout.names()[0],
        "encoding": file.detected.name,
    }
    return Answer({"layers": [layer]}, remarks=file.remarks)


def read(path: Path, _driver: str, options: Mapping[str, Any]) -> Answer:
    """Read the table: its columns as text, then the row numbers as a spreadsheet counts them."""
    blocks: list[Block] = []
    file, _, layout = _surveyed(path, options, blocks)
    names, remarks = layout.names()
    tables = [_batch(block, layout, _schema(names)) for block in blocks]
    table = pa.Table.from_batches(tables, _schema(names))
    return Answer(_facts(file, layout), table, (*file.remarks, *_of_header(layout, options), *remarks))


def batches(path: Path, _driver: str, options: Mapping[str, Any]) -> Answer:
    """Read the table in batches, after going over it once for what its columns are."""
    file, delimiter, layout = _surveyed(path, options)
    names, remarks = layout.names()
    rows = (_batch(block, layout, _schema(names)) for block in record_blocks(file, delimiter))
    remarks = [*file.remarks, *_of_header(layout, options), *remarks]
    return Answer(_facts(file, layout), Rows(_schema(names), rows), remarks)


def _facts(file: TextFile, layout: _Layout) -> dict[str, Any]:
    """Say what the table is."""
    return {
        "layer": "",
        "crs": None,
        **file.detected.facts,
        "has_geometry": False,
        "positions": layout.kept(),
        "header_row": layout.header.last,
    }


def _of_header(layout: _Layout, options: Mapping[str, Any]) -> list[Remark]:
    """Remark on a header that was looked for."""
    return said_of_header(layout.header, options.get("header_row"))


def _schema(names: Sequence[str]) -> pa.Schema:
    """Give the columns of the answer."""
    return pa.schema([*((name, pa.large_string()) for name in names), ("row", pa.int64())])


def _batch(block: Block, layout: _Layout, schema: pa.Schema) -> pa.RecordBatch:
    """Give the rows of a block that hold something, without the header and the notes."""
    notes = [note.row - block.first for note in layout.notes if note.row is not None]
    shown = _shown(block, layout)
    shown[[at for at in notes if 0 <= at < block.count]] = False
    rows = np.flatnonzero(shown)
    empty = pa.nulls(block.count, pa.large_string())
    columns = [block.columns[at] if at < len(block.columns) else empty for at in layout.kept()]
    taken = columns if len(rows) == block.count else [column.take(pa.array(rows)) for column in columns]
    return pa.RecordBatch.from_arrays([*taken, pa.array(rows + block.first, pa.int64())], schema=schema)


def _surveyed(path: Path, options: Mapping[str, Any], kept: list[Block] | None = None) -> tuple[TextFile, str, _Layout]:
    """Go over a table once: its encoding, delimiter, header, columns and notes; keep its blocks where asked."""
    if options.get("layer"):
        raise ReadError("layer_missing", path=path, layer=options["layer"], layers="-")
    file = text_file(path, options.get("encoding"))
    delimiter = _delimiter(file, options.get("header_row"))
    header, blocks = _header(path, record_blocks(file, delimiter), options.get("header_row"))
    named = next((at for at in range(len(header.names), 0, -1) if header.names[at - 1]), 0)
    layout = _Layout(header, named, named)
    for block in blocks:
        _look(block, layout)
        if kept is not None:
            kept.append(block)
    layout.notes = closing_notes(layout.tail, named)
    layout.rows -= len(layout.notes)
    for row, cells, end in layout.tail[: len(layout.tail) - len(layout.notes)]:
        _hold(layout, row, cells, end)
    refuse_too_wide(path, layout.width)
    return file, delimiter, layout


def _header(path: Path, blocks: Iterator[Block], asked: int | None) -> tuple[Header, Iterator[Block]]:
    """Find the column names; give all blocks besides."""
    head: list[Sequence[Any]] = []
    seen: list[Block] = []
    for block in blocks:
        seen.append(block)
        head += block.records(np.arange(block.count)) if asked else block.records(np.arange(min(block.count, _HEAD)))
        if (len(head) >= _HEAD and any(map(filled_count, head))) if asked is None else len(head) >= asked:
            break
    try:
        return table_header(path, head, asked, ()), chain(seen, blocks)
    except ReadError as error:
        rows = sum(block.count for block in chain(seen, blocks))
        raise ReadError(error.text_id, **{**error.values, "rows": rows}) from error


def _shown(block: Block, layout: _Layout) -> NDArray[np.bool_]:
    """Tell which records of a block are rows below the header that show something."""
    shown = block.shown()
    shown[: max(0, layout.header.last - block.first + 1)] = False
    return shown


def _look(block: Block, layout: _Layout) -> None:
    """Add what a block says of the columns; its last rows, which may be notes, are held back."""
    rows = np.flatnonzero(_shown(block, layout))
    layout.rows += len(rows)
    apart = _tail_begins(block, rows) if layout.named >= _NOTED_COLUMNS else len(rows)
    if apart and layout.tail:
        for row, cells, end in layout.tail:
            _hold(layout, row, cells, end)
        layout.tail = []
    if layout.named >= _NOTED_COLUMNS:
        apart = max(apart - 1, 0)  # the row before them is looked at with the notes
    _hold_all(block, rows[:apart], layout)
    rest = rows[apart:]
    for row, cells in zip((rest + block.first).tolist(), block.records(rest), strict=True):
        layout.tail.append((row, cells, _end(cells)))
    while len(layout.tail) > _TAIL:
        _hold(layout, *layout.tail.pop(0))


def _tail_begins(block: Block, rows: NDArray[np.int64]) -> int:
    """Give where the last rows begin that show so few cells that they may be notes."""
    for end in range(len(rows), 0, -_HEAD):
        start = max(0, end - _HEAD)
        counts = [filled_count(cells) for cells in block.records(rows[start:end])]
        full = [at for at, count in enumerate(counts) if count > _NOTE_CELLS]
        if full:
            return start + full[-1] + 1
    return 0


def _hold_all(block: Block, rows: NDArray[np.int64], layout: _Layout) -> None:
    """Note which columns without a name hold something in some rows, and which rows are wider than the header."""
    ends = np.zeros(len(rows), dtype=np.int64)
    for at, column in enumerate(block.columns):
        if at < layout.named and (layout.title(at) or at in layout.held):
            continue
        shows = visible(column.take(pa.array(rows)))
        if shows.any():
            layout.held.add(at)
            ends[shows] = at + 1
    for row, end in zip(
        (rows[ends > layout.named] + block.first).tolist(), ends[ends > layout.named].tolist(), strict=True
    ):
        _widen(layout, row, end)


def _hold(layout: _Layout, row: int, cells: Sequence[Any], end: int) -> None:
    """Note what one row holds."""
    layout.held |= {at for at, cell in enumerate(cells) if not is_blank(cell)}
    if end > layout.named:
        _widen(layout, row, end)


def _widen(layout: _Layout, row: int, end: int) -> None:
    """Remark on a row that is wider than the header."""
    layout.width = max(layout.width, end)
    layout.wide.append(Remark("OM-PKG-004", {"cells": end, "columns": layout.named}, row=row))


def _end(cells: Sequence[Any]) -> int:
    """Give the number of cells up to the last that shows something."""
    return next((at for at in range(len(cells), 0, -1) if not is_blank(cells[at - 1])), 0)


def _delimiter(file: TextFile, header_row: int | None) -> str:
    """Take the delimiter that gives most column names: in the row that was asked for, else where they are found."""
    text = beginning(file)
    counts = {}
    for delimiter in _DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            counts[delimiter] = _names_count(reader, header_row)
        except csv.Error:
            counts[delimiter] = (0, 0)
    return max(_DELIMITERS, key=lambda delimiter: counts[delimiter])


def _names_count(reader: Iterator[Sequence[str]], header_row: int | None) -> tuple[int, int]:
    """Count the column names; of equally many those nearer to the top count more."""
    if header_row is not None:
        return len(header_of(reader, header_row) or ()), 0
    header = find_header(list(islice(reader, _HEAD)))
    return (0, 0) if header is None else (sum(map(bool, header.names)), -header.first)
