"""Delimited text (CSV): every value as text, unchanged.

A table is gone over twice where it is wanted in batches: what its columns are shows only at its end.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from onemap.errors import ReadError
from onemap.sources.worker.answer import Answer, Batches, Remark, distinct_names
from onemap.sources.worker.header import Header
from onemap.sources.worker.sheet import closing_notes, header_of, refuse_too_wide, said_of_header, table_header
from onemap.sources.worker.text_blocks import Block, TextFile, record_blocks, text_file, visible

__all__ = ["batches", "describe", "read"]

_DELIMITERS = (",", ";", "\t")
_HEAD_RECORDS = 200
_TAIL_RECORDS = 10_000
"""Notes that end a table are looked for among so many of its last rows."""
_NOTE_CELLS = 2


@dataclass(slots=True)
class _Layout:
    """What the columns and rows of a table are, as found so far."""

    header: Header
    named: int
    width: int
    rows: int = 0
    filled: set[int] = field(default_factory=set)
    wide: list[Remark] = field(default_factory=list)
    tail: list[tuple[int, Sequence[Any], int]] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)

    @property
    def titles(self) -> list[str]:
        """Column names, empty where a column has none."""
        return [*self.header.names[: self.width], *[""] * (self.width - len(self.header.names))]

    @property
    def kept(self) -> list[int]:
        """Positions of the columns that have a name or hold something."""
        return [at for at, title in enumerate(self.titles) if title or at in self.filled]

    @property
    def left_out(self) -> set[int]:
        """Numbers of the rows that are notes."""
        return {note.row for note in self.notes if note.row is not None}


def describe(path: Path, driver: str, options: Mapping[str, Any]) -> Answer:
    """List the one layer of a delimited file."""
    file, _, layout = _surveyed(path, options)
    layer = {
        "name": "",
        "driver": driver,
        "geometry_type": None,
        "rows": layout.rows - len(layout.notes),
        "crs": None,
        "fields": _names(layout)[0],
        "encoding": file.encoding,
    }
    return Answer({"layers": [layer]}, remarks=file.remarks)


def read(path: Path, _driver: str, options: Mapping[str, Any]) -> Answer:
    """Read the table: its columns as text, then the row numbers as a spreadsheet counts them."""
    kept: list[Block] = []
    file, _, layout = _surveyed(path, options, kept)
    names, remarks = _names(layout)
    tables = [_table(block, layout, names) for block in kept]
    table = pa.concat_tables(tables) if tables else _nothing(names)
    return Answer(_facts(file, layout), table, (*file.remarks, *remarks))


def batches(path: Path, _driver: str, options: Mapping[str, Any]) -> Batches:
    """Read the table in batches, after going over it once for what its columns are."""
    file, delimiter, layout = _surveyed(path, options)
    names, remarks = _names(layout)
    schema = _nothing(names).schema

    def tables() -> Iterator[pa.RecordBatch]:
        for block in record_blocks(file, delimiter):
            yield from _table(block, layout, names).to_batches(int(options["batch_rows"]))

    return Batches(_facts(file, layout), schema, tables(), [*file.remarks, *remarks])


def _facts(file: TextFile, layout: _Layout) -> dict[str, Any]:
    """Say what the table is."""
    return {
        "layer": "",
        "crs": None,
        "encoding": file.encoding,
        "has_geometry": False,
        "positions": layout.kept,
        "header_row": layout.header.last,
        "rows": layout.rows - len(layout.notes),
    }


def _surveyed(
    path: Path, options: Mapping[str, Any], kept: list[Block] | None = None
) -> tuple[TextFile, str, _Layout]:
    """Go over a table once: its encoding, delimiter, header, columns and notes; keep its blocks where asked."""
    if options.get("layer"):
        raise ReadError("layer_missing", path=path, layer=options["layer"], layers="-")
    asked = options.get("header_row")
    file = text_file(path, options.get("encoding"))
    delimiter = _delimiter(file, asked or 1)
    head, blocks = _head(record_blocks(file, delimiter))
    header = table_header(path, head, asked, ())
    named = next((at for at in range(len(header.names), 0, -1) if header.names[at - 1]), 0)
    layout = _Layout(header, named, named)
    for block in blocks:
        _look(path, block, layout)
        if kept is not None:
            kept.append(block)
    layout.notes = closing_notes(layout.tail, named)
    _look_again(layout)
    layout.wide = [remark for remark in layout.wide if remark.row not in layout.left_out]
    layout.notes = [*said_of_header(header, asked), *layout.wide, *layout.notes]
    return file, delimiter, layout
