"""Delimited text block by block: decoded strictly, split into records, never the whole file at once.

What a record is, Python's `csv` says. A block without a quotation mark needs no such care: it is split by Arrow, which
is ten times as fast, as long as each of its lines has as many cells as its first.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from onemap.errors import ReadError
from onemap.sources.worker.answer import Remark
from onemap.sources.worker.encodings import Detected, detect, remarks_on
from onemap.sources.worker.header import is_blank
from onemap.sources.worker.sheet import refuse_too_wide

__all__ = ["Block", "TextFile", "beginning", "record_blocks", "text_file", "visible"]

_BLOCK_BYTES = 8_000_000
_BEGINNING = 1_000_000
_CELL_LIMIT = 10_000_000
_RECORD_LIMIT = 64_000_000
_TELLING_LINES = 4_000
_COLUMN_LIMIT = 10_000
_CELLS_AT_ONCE = 5_000_000
_END = "\0"  # text with this character is turned away before, so as the last line it can only be ours
_MAYBE_BLANK = (
    r"^[\x00-\x20\x7f-\x{a0}\x{1680}\x{180e}\x{2000}-\x{200f}\x{2028}-\x{202f}\x{205f}-\x{206f}\x{3000}\x{feff}]*$"
)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file, its encoding for Python, what speaks for it, and what there is to say about it."""

    path: Path
    codec: str
    detected: Detected
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Records that follow each other.

    Attributes
    ----------
    first
        Number of the first record in the file, from 1.
    columns
        Arrow arrays of text, one a cell of the widest record; null where a cell is empty or there is none.
    """

    first: int
    columns: list[Any]

    @property
    def count(self) -> int:
        """Number of records."""
        return len(self.columns[0])

    def shown(self, columns: slice = slice(None)) -> NDArray[np.bool_]:
        """Tell which records show something in some of the columns."""
        shown = np.zeros(self.count, dtype=bool)
        for column in self.columns[columns]:
            rest = np.flatnonzero(~shown)
            if not len(rest):
                break
            shown[rest] = visible(column if len(rest) == len(shown) else column.take(pa.array(rest)))
        return shown

    def records(self, rows: NDArray[np.int64]) -> list[list[str | None]]:
        """Give some records, by their position in the block."""
        chosen = [column.take(pa.array(rows)).to_pylist() for column in self.columns]
        return [list(cells) for cells in zip(*chosen, strict=True)]


def visible(column: Any) -> NDArray[np.bool_]:
    """Tell which cells show something."""
    matched = pc.match_substring_regex(column, _MAYBE_BLANK).fill_null(fill_value=True)
    maybe: NDArray[np.bool_] = matched.to_numpy(zero_copy_only=False).astype(bool)
    if maybe.any():
        cells = column.take(pa.array(np.flatnonzero(maybe))).to_pylist()
        maybe[maybe] = [is_blank(cell) for cell in cells]
    return ~maybe


def text_file(path: Path, asked: str | None) -> TextFile:
    """Settle the encoding: the one asked for, else the one that the bytes speak for."""
    if asked is not None:
        is_utf8 = asked.lower().replace("_", "-") in {"utf-8", "utf8"}
        return TextFile(path, "utf-8-sig" if is_utf8 else asked, Detected(asked, 1.0, "encoding_asked"))
    found = detect(_telling_lines(path))
    codec = "utf-8-sig" if found.name == "utf-8" else found.name
    return TextFile(path, codec, found, tuple(remarks_on(found, path.name)))


def _telling_lines(path: Path) -> list[bytes]:
    """Give the first line, and further ones that hold bytes beyond ASCII, until there are enough."""
    lines: list[bytes] = []
    rest = b""
    with path.open("rb") as file:
        while len(lines) < _TELLING_LINES and (piece := file.read(_BLOCK_BYTES)):
            *whole, rest = (rest + piece).split(b"\n")
            if not lines and whole:
                lines.append(whole.pop(0))
            if not piece.isascii():
                lines += [line for line in whole if not line.isascii()][:_TELLING_LINES]
    return [*lines, rest] if not lines or not rest.isascii() else lines


def beginning(file: TextFile) -> str:
    """Give the first million characters."""
    return next(_decoded(file), "")[:_BEGINNING]


def record_blocks(file: TextFile, delimiter: str) -> Iterator[Block]:
    """Split a file into blocks of records; an empty cell is null."""
    csv.field_size_limit(_CELL_LIMIT)
    begun = ""  # text of a record that the last block cut
    first, line = 1, 1
    for piece, is_last in _texts(file):
        text = begun + piece
        end = len(text) if is_last else _whole_lines(text)
        whole = text[:end] if not is_last or text.endswith(("\n", "\r")) else f"{text}\n"
        columns, taken = _split_fast(whole, delimiter), end
        if columns is not None:
            blocks = [columns]
        else:
            records, taken = _split(file.path, whole, delimiter, line=line, is_last=is_last)
            blocks = list(_columns(file.path, records))
        begun = text[taken:]
        if len(begun) > _RECORD_LIMIT:
            raise ReadError("text_table_damaged", path=file.path, line=line + _lines(text[:taken]))
        for columns in blocks:
            yield Block(first, columns)
            first += len(columns[0])
        line += _lines(text[:taken])


def _texts(file: TextFile) -> Iterator[tuple[str, bool]]:
    """Give the decoded text piece by piece, and with each whether it is the last."""
    waiting = None
    for piece in _decoded(file):
        if _END in piece:
            raise ReadError("format_disagrees", path=file.path, suffix=file.path.suffix)
        if waiting is not None:
            yield waiting, False
        waiting = piece
    yield waiting or "", True


def _decoded(file: TextFile) -> Iterator[str]:
    """Decode all or say where it fails."""
    lines = 0
    try:
        for piece in _strictly(file.path, file.codec):
            yield piece
            lines += piece.count("\n")
    except LookupError as error:
        raise ReadError("encoding_unknown", path=file.path, encoding=file.codec[:40]) from error
    except UnicodeError as error:
        bad = error.object[: error.start] if isinstance(error, UnicodeDecodeError) else b""
        shown = file.codec.removesuffix("-sig")
        line = lines + bad.count(b"\n") + 1
        raise ReadError("text_undecodable", path=file.path, encoding=shown, line=line) from error


def _strictly(path: Path, codec: str) -> Iterator[str]:
    """Decode a file piece by piece."""
    b"".decode(codec)  # what is no encoding of text fails here
    decoder = codecs.getincrementaldecoder(codec)("strict")
    with path.open("rb") as file:
        while piece := file.read(_BLOCK_BYTES):
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)


def _whole_lines(text: str) -> int:
    """Give where the last line ends that is there as a whole; a break of two characters is not cut."""
    return max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1


def _lines(text: str) -> int:
    """Count the line breaks of a text."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _split_fast(text: str, delimiter: str) -> list[Any] | None:
    """Split text that has no quotation marks and as many cells in every line; None for all other text."""
    returns = text.count("\r")
    if '"' in text or not text or text.startswith("\ufeff") or returns != text.count("\r\n"):
        return None
    end = text.find("\n")
    width = text.count(delimiter, 0, end) + 1
    if width > _COLUMN_LIMIT or end < 0:
        return None
    names = [str(at) for at in range(width)]
    try:
        table = pyarrow.csv.read_csv(
            pa.py_buffer(text.encode()),
            read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=1 << 24),
            parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:
        return None
    except pa.ArrowException as error:  # threads that find no memory say no more than this
        raise MemoryError from error
    if table.num_rows != text.count("\n"):
        return None
    return [column.combine_chunks() for column in table.columns]


def _split(path: Path, text: str, delimiter: str, *, line: int, is_last: bool) -> tuple[list[list[str]], int]:
    """Split text into records as Python's `csv` does; give also how much of it whole records take."""
    source = io.StringIO(f"{text}{_END}", newline="")
    reader = csv.reader(source, delimiter=delimiter)
    records: list[list[str]] = []
    begins = 0  # lines before the record
    try:
        for record in reader:
            if reader.line_num == begins + 1 and record == [_END]:
                return records, len(text)
            if record[-1:] and record[-1].endswith(_END):  # a quotation mark that is not closed took all that follows
                break
            records.append(record)
            begins = reader.line_num
    except csv.Error as error:
        raise ReadError("text_table_damaged", path=path, line=line + reader.line_num - 1) from error
    if is_last:
        raise ReadError("text_table_damaged", path=path, line=line + begins)
    whole = io.StringIO(text, newline="")
    return records, sum(len(whole.readline()) for _ in range(begins))


def _columns(path: Path, records: list[list[str]]) -> Iterator[list[Any]]:
    """Turn records into columns, the short ones filled up; where they are many, some records at a time."""
    width = max((len(record) for record in records), default=0)
    if width > _COLUMN_LIMIT:
        width = max(next((at for at in range(len(one), 0, -1) if not is_blank(one[at - 1])), 0) for one in records)
        refuse_too_wide(path, width)
    width = max(width, 1)
    step = max(1, _CELLS_AT_ONCE // width)
    for start in range(0, len(records), step):
        even = [[*one[:width], *[""] * (width - len(one))] for one in records[start : start + step]]
        columns = [pa.array(cells, pa.large_string()) for cells in zip(*even, strict=True)]
        yield [pc.if_else(pc.equal(column, ""), None, column) for column in columns]
