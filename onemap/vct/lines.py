"""The lines of a VCT file, with their places in it, some megabytes at a time; the encoding of its text."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from onemap.errors import ReadError

__all__ = ["Lines", "Window", "encoding_of", "line_number"]

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_BLOCK_BYTES = 4 * 1024**2
_LONGEST_LINE = 8 * 1024**2
_COMMENT = b"commentbegin"
_BLANK_BYTES = (9, 32)
_ROW = 8  # identifiers that stand in a row


def encoding_of(file: BinaryIO) -> str:
    """Tell the encoding of a file: no keyword of the format states it.

    Parameters
    ----------
    file
        The open file; it is read from its beginning to its end, or to the first byte that is no UTF-8.

    Returns
    -------
    encoding
        "utf-8" if it begins with the mark of it or all of it is; else "gb18030", of which GBK is a part.

    Examples
    --------
    >>> import io
    >>> encoding_of(io.BytesIO("地类图斑".encode("gbk"))), encoding_of(io.BytesIO("地类图斑".encode()))
    ('gb18030', 'utf-8')
    """
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(_BLOCK_BYTES):
            decoder.decode(block)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def line_number(file: BinaryIO, offset: int) -> int:
    r"""Count the lines up to a place in a file.

    Examples
    --------
    >>> import io
    >>> line_number(io.BytesIO(b"a\nb\nc\n"), 4)
    3
    """
    file.seek(0)
    count, left = 1, offset
    while left > 0 and (block := file.read(min(left, _BLOCK_BYTES))):
        count += block.count(b"\n")
        left -= len(block)
    return count


@dataclass(frozen=True)
class Window:
    """The lines at hand, as arrays.

    Attributes
    ----------
    data
        Bytes of the file, shape (n,).
    base
        Place of the first of them in the file.
    starts, ends
        Where each line that is neither blank nor a comment begins and ends in them, shape (lines,).
    """

    data: Bytes
    base: int
    starts: Integers
    ends: Integers

    @cached_property
    def zeros(self) -> Integers:
        """Numbers of the lines that hold a 0 alone."""
        found: Integers = np.flatnonzero((self.ends - self.starts == 1) & (self.data[self.starts] == 48))
        return found

    def lists(self, separator: int) -> tuple[Integers, Mask, Integers]:
        """Look at lines as lists of numbers with signs.

        Returns
        -------
        items, is_wrong, uneven
            Of each line the number of items, and whether it is no such list; and, up to each line, the number of those
            that are not lists of eight, shape (lines + 1,).
        """
        if self._lists is None or self._lists[0] != separator:
            data = self.data
            is_separator = data == separator
            is_number = (data - np.uint8(48) <= 9) | (data == 45)
            is_odd = ~(is_number | is_separator | (data == 10) | (data == 13))
            is_odd[:-1] |= is_separator[:-1] & ~is_number[1:]
            items = self._within(np.flatnonzero(is_separator)) + 1
            is_wrong = (self._within(np.flatnonzero(is_odd)) > 0) | is_separator[self.starts]
            uneven = np.concatenate([[0], np.cumsum(is_wrong | (items != _ROW))])
            object.__setattr__(self, "_lists", (separator, items, is_wrong, uneven))
        assert self._lists is not None  # noqa: S101  (made above)
        return self._lists[1:]

    def _within(self, places: Integers) -> Integers:
        """Count the places that lie in each line."""
        return np.searchsorted(places, self.ends) - np.searchsorted(places, self.starts)

    _lists: tuple[int, Integers, Mask, Integers] | None = None


class Lines:
    r"""The lines of a file that are neither blank nor comments, one after another.

    Parameters
    ----------
    file
        The open file.
    path
        Its path, for messages.

    Examples
    --------
    >>> import io
    >>> lines = Lines(io.BytesIO(b"HeadBegin\r\n\r\n Dim: 2\nHeadEnd"), Path("a.vct"))
    >>> lines.take(), lines.take(), lines.place
    (b'HeadBegin', b'Dim: 2', 13)
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.path = path
        self.section = ""
        self._file = file
        self._base = 0
        self._rest_at = 0
        self._data = b""
        self._window = Window(np.empty(0, np.uint8), 0, np.empty(0, np.int64), np.empty(0, np.int64))
        self._starts = self._window.starts.data
        self._ends = self._window.ends.data
        self._at = 0
        self._count = 0
        self._is_comment = False
        self._is_over = False
        file.seek(0)
        if file.read(3) != codecs.BOM_UTF8:
            file.seek(0)
        else:
            self._base = 3

    @property
    def place(self) -> int:
        """Offset of the line that was taken last."""
        return self._base + self._starts[self._at - 1] if self._at else self._base

    @property
    def line(self) -> int:
        """Number of the line that was taken last, from 1."""
        here = self._file.tell()
        number = line_number(self._file, self.place)
        self._file.seek(here)
        return number

    def more(self) -> bool:
        """Tell whether there is another line."""
        return self._at < self._count or self._load()

    def take(self) -> bytes:
        """Give the next line, without the blanks at its ends.

        Raises
        ------
        ReadError
            If the file is over.
        """
        if self._at == self._count and not self._load():
            raise self.error("vct_truncated", section=self.section or "-")
        at = self._at
        self._at = at + 1
        return self._data[self._starts[at] : self._ends[at]].strip()

    def back(self) -> None:
        """Give the line that was taken last once more; between two lines taken, not oftener."""
        self._at -= 1

    def take_again(self) -> bytes:
        """Give the line that was taken last."""
        self._at -= 1
        return self.take()

    def window(self) -> tuple[Window, int]:
        """Give the lines at hand, and the number of the next of them."""
        return self._window, self._at

    def advance(self, at: int) -> None:
        """Go on with another line of the window."""
        self._at = at

    def span(self) -> tuple[int, int]:
        """Give where the line that was taken last begins and ends in the file, blanks at its ends included."""
        at = self._at - 1
        return self._base + self._starts[at], self._base + self._ends[at]

    def skip(self, count: int) -> tuple[int, int]:
        """Pass over so many lines, and give where they begin and end in the file.

        Raises
        ------
        ReadError
            If the file has fewer.
        """
        if count < 1:
            return 0, 0
        self.take()
        first, left = self.place, count - 1
        while left > self._count - self._at:
            left -= self._count - self._at
            self._at = self._count
            if not self._load():
                raise self.error("vct_truncated", section=self.section or "-")
        self._at += left
        return first, self._base + self._ends[self._at - 1]

    def error(self, text_id: str, /, **values: object) -> ReadError:
        """Give an error that names the file and the line that was taken last."""
        return ReadError(text_id, path=self.path.name, line=self.line, **values)

    def _load(self) -> bool:
        """Read the next block that holds a line; False at the end of the file."""
        while not self._is_over:
            self._fill()
            if self._count > self._at:
                return True
        return False

    def _fill(self) -> None:
        """Read one block, to the last whole line in it; the line taken last stays."""
        rest, base = self._data[self._rest_at :], self._base + self._rest_at
        block = self._file.read(_BLOCK_BYTES)
        if not block:
            self._is_over = True
        if b"\0" in block:
            raise self.error("vct_not_text")
        data = rest + block
        if self._is_over and data and not data.endswith(b"\n"):
            data += b"\n"
        self._set(data, base)
        if self._count == self._at and len(data) > _LONGEST_LINE:
            raise self.error("vct_line_long", most=_LONGEST_LINE)

    def _set(self, data: bytes, base: int) -> None:
        """Find the lines of a block."""
        found = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(found == 10)
        rest_at = int(ends[-1]) + 1 if len(ends) else 0
        starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1]) if len(ends) else ends
        ends = ends - ((ends > starts) & (found[np.maximum(ends, 1) - 1] == 13))
        kept = ends > starts
        starts, ends = starts[kept], ends[kept]
        blank = np.isin(found[starts], _BLANK_BYTES)
        if blank.any():
            filled = np.array([bool(data[a:b].strip()) for a, b in zip(starts[blank], ends[blank], strict=True)])
            kept = ~blank
            kept[blank] = filled
            starts, ends = starts[kept], ends[kept]
        if self._is_comment or _COMMENT in data.lower():
            starts, ends = self._without_comments(data, starts, ends)
        self._window = Window(found, base, starts, ends)
        self._starts, self._ends = starts.data, ends.data
        self._data, self._base, self._rest_at = data, base, rest_at
        self._at, self._count = 0, len(starts)

    def _without_comments(self, data: bytes, starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
        """Leave out the lines from CommentBegin to CommentEnd."""
        kept = np.zeros(len(starts), dtype=bool)
        for at, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            word = data[start:end].strip().lower() if end - start < 200 else b""
            if word == b"commentbegin":
                self._is_comment = True
            elif not self._is_comment:
                kept[at] = True
            elif word == b"commentend":
                self._is_comment = False
        return starts[kept], ends[kept]
