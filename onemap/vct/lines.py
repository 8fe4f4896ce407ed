"""The lines of a VCT file, with their places in it, some megabytes at a time; the encoding of its text."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import BinaryIO

import numpy as np

from onemap.errors import ReadError

__all__ = ["Lines", "encoding_of", "line_number"]

_BLOCK_BYTES = 4 * 1024**2
_LONGEST_LINE = 8 * 1024**2
_COMMENT = b"commentbegin"
_BLANK_BYTES = (9, 32)


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
        self._starts: list[int] = []
        self._ends: list[int] = []
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

    def window(self) -> tuple[bytes, int, list[int], list[int], int]:
        """Give what is at hand: bytes, their place in the file, where lines begin and end, and the next line."""
        return self._data, self._base, self._starts, self._ends, self._at

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
        self._starts, self._ends = starts.tolist(), ends.tolist()
        if self._is_comment or _COMMENT in data.lower():
            self._starts, self._ends = self._without_comments(data, self._starts, self._ends)
        self._data, self._base, self._rest_at = data, base, rest_at
        self._at, self._count = 0, len(self._starts)

    def _without_comments(self, data: bytes, starts: list[int], ends: list[int]) -> tuple[list[int], list[int]]:
        """Leave out the lines from CommentBegin to CommentEnd."""
        kept: list[tuple[int, int]] = []
        for start, end in zip(starts, ends, strict=True):
            word = data[start:end].strip().lower() if end - start < 200 else b""
            if word == b"commentbegin":
                self._is_comment = True
            elif not self._is_comment:
                kept.append((start, end))
            elif word == b"commentend":
                self._is_comment = False
        return [start for start, _ in kept], [end for _, end in kept]
