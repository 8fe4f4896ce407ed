"""Coordinates and identifiers, from their stretches of a file to numbers, many records at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from onemap.errors import ReadError
from onemap.vct.even import even_numbers
from onemap.vct.grammar import Head
from onemap.vct.lines import line_number
from onemap.vct.records import shown

__all__ = ["Stretches", "as_degrees"]

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]

_GAP_BYTES = 4096
_MOST_BYTES = 16 * 1024**2
_COMMENT = re.compile(rb"[ \t]*commentbegin\s*\n.*?commentend[ \t]*\r?\n?", re.IGNORECASE | re.DOTALL)
_OF_NUMBERS = b"0123456789+-.eE \t\r\n"


@dataclass(frozen=True, slots=True)
class Stretches:
    """Reads stretches of a file.

    Attributes
    ----------
    file
        The open file.
    path
        Its path, for messages.
    head
        Its head: the separator, numbers of a coordinate, axes, unit and offset.
    encoding
        Encoding of its text.
    """

    file: BinaryIO
    path: Path
    head: Head
    encoding: str

    def bytes_of(self, starts: Sequence[int] | Integers, ends: Sequence[int] | Integers) -> list[bytes]:
        """Read stretches; those that lie near each other at once."""
        first, last = np.asarray(starts, dtype=np.int64), np.asarray(ends, dtype=np.int64)
        pieces: list[bytes] = []
        for at, to in _runs(first, last):
            base = int(first[at])
            self.file.seek(base)
            data = self.file.read(int(last[to - 1]) - base)
            here = zip((first[at:to] - base).tolist(), (last[at:to] - base).tolist(), strict=True)
            pieces += [data[a:b] for a, b in here]
        return pieces

    def coordinates(self, starts: Integers, ends: Integers, counts: Integers) -> Numbers:
        """Read coordinates, shape (sum of counts, 2 or 3): east, north and height, as the head means them.

        Raises
        ------
        ReadError
            If a line holds no coordinate; with its number.
        """
        if not len(starts):
            return np.empty((0, self.head.dimensions))
        total, width = int(counts.sum()), self.head.dimensions
        numbers = self._even_numbers(starts, ends, counts)
        if numbers is not None:
            return self.placed(numbers.reshape(total, width))
        pieces = self.bytes_of(starts, ends)
        numbers = self._numbers(b"\n".join(pieces))
        if numbers is None or len(numbers) != total * width:
            numbers, width = self._line_by_line(pieces, starts, counts)
        return self.placed(numbers.reshape(total, width))

    def _even_numbers(self, starts: Integers, ends: Integers, counts: Integers) -> Numbers | None:
        """Read coordinates that are all written with the same digits; None where they are not, as far as is known."""
        separator = self._separator
        if len(separator) != 1:
            return None
        parts = []
        for at, to in _runs(starts, ends):
            base = int(starts[at])
            self.file.seek(base)
            block = np.frombuffer(self.file.read(int(ends[to - 1]) - base), np.uint8)
            read = even_numbers(block, starts[at:to] - base, ends[at:to] - base, counts[at:to], separator=separator)
            if read is None or read.shape[1] != self.head.dimensions:
                return None
            parts.append(read)
        return np.concatenate(parts)

    def identifiers(self, starts: Integers, ends: Integers, counts: Integers) -> Integers:
        """Read lists of identifiers with signs, shape (sum of counts,)."""
        if not len(starts):
            return np.empty(0, dtype=np.int64)
        pieces = self.bytes_of(starts, ends)
        words = b" ".join(pieces).replace(self._separator, b" ")
        if b"omment" in words.lower():
            words = b" ".join(_COMMENT.sub(b"", piece) for piece in pieces).replace(self._separator, b" ")
        try:
            found = np.array(words.split(), dtype=np.int64)
        except (ValueError, OverflowError):
            found = np.empty(0, dtype=np.int64)
        if len(found) != int(counts.sum()):
            raise self.error("vct_number_expected", int(starts[0]), wanted="id", found=shown(pieces[0]))
        return found

    def error(self, text_id: str, offset: int, **values: object) -> ReadError:
        """Give an error that names the file and the line of a place in it."""
        return ReadError(text_id, path=self.path.name, line=line_number(self.file, offset), **values)

    @property
    def _separator(self) -> bytes:
        return self.head.separator.encode(self.encoding)

    def _numbers(self, words: bytes) -> Numbers | None:
        """Turn text into numbers; None where it holds anything else."""
        words = words.replace(self._separator, b" ")
        if words.translate(None, _OF_NUMBERS):
            return None
        try:
            found = np.fromstring(words, sep=" ")
        except (ValueError, DeprecationWarning):
            return None
        return found if np.isfinite(found).all() else None

    def _line_by_line(self, pieces: list[bytes], starts: Integers, counts: Integers) -> tuple[Numbers, int]:
        """Read coordinates line by line: heights where there need be none, comments; or say which line is wrong."""
        rows: list[list[float]] = []
        for piece, start, count in zip(pieces, starts.tolist(), counts.tolist(), strict=True):
            rows += self._lines_of(piece, start, count)
        width = 3 if any(len(row) == 3 for row in rows) and self.head.dimensions == 3 else 2
        return np.array([[*row, np.nan][:width] for row in rows], dtype=float), width

    def _lines_of(self, piece: bytes, start: int, count: int) -> list[list[float]]:
        """Read the coordinates of one stretch."""
        rows = []
        if _COMMENT.search(piece):
            piece = _COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), piece)
        offset = start
        for line in piece.split(b"\n"):
            if line.strip():
                rows.append(self._coordinate(line.strip(), offset))
            offset += len(line) + 1
        if len(rows) != count:
            raise self.error("vct_coordinate_expected", start, found=f"{len(rows)} / {count}")
        return rows

    def _coordinate(self, line: bytes, offset: int) -> list[float]:
        """Read one coordinate."""
        try:
            parts = [float(part) for part in line.split(self._separator) if part.strip()]
        except ValueError:
            parts = []
        if len(parts) not in {2, 3} or b"_" in line or not np.isfinite(parts).all():
            raise self.error("vct_coordinate_expected", offset, found=shown(line))
        return parts

    def placed(self, numbers: Numbers) -> Numbers:
        """Bring numbers to east and north, in metres or degrees."""
        head = self.head
        is_swapped = head.is_northing_first
        if not head.is_new and is_swapped and len(numbers):
            is_swapped = bool((np.abs(numbers[:, 0]) > 180).any())
        if is_swapped:
            numbers = numbers[:, [1, 0, *range(2, numbers.shape[1])]]
        letter, factor = head.unit
        if letter == "S":
            numbers = np.column_stack([as_degrees(numbers[:, 0]), as_degrees(numbers[:, 1]), numbers[:, 2:]])
        elif factor != 1.0:
            numbers = np.column_stack([numbers[:, :2] * factor, numbers[:, 2:]])
        if head.offset != (0.0, 0.0):
            numbers = np.column_stack([numbers[:, :2] + head.offset, numbers[:, 2:]])
        return numbers


def as_degrees(numbers: Numbers) -> Numbers:
    """Turn numbers written DDDMMSS.SSSS into degrees.

    Examples
    --------
    >>> as_degrees(np.array([1143000.0]))
    array([114.5])
    """
    whole = np.abs(numbers)
    degrees, rest = np.floor(whole / 10_000), np.mod(whole, 10_000)
    minutes, seconds = np.floor(rest / 100), np.mod(rest, 100)
    result: Numbers = np.sign(numbers) * (degrees + minutes / 60 + seconds / 3600)
    return result


def _runs(starts: Integers, ends: Integers) -> list[tuple[int, int]]:
    """Give first and last of each run of stretches that lie near each other, one behind the other."""
    apart = (starts[1:] < ends[:-1]) | (starts[1:] - ends[:-1] > _GAP_BYTES)
    apart |= starts[1:] // _MOST_BYTES != starts[:-1] // _MOST_BYTES
    breaks = (np.flatnonzero(apart) + 1).tolist()
    return list(zip([0, *breaks], [*breaks, len(starts)], strict=True)) if len(starts) else []
