"""Rows of attribute tables: found by the identifier of their feature, read some thousand at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onemap.vct.coordinates import Stretches
from onemap.vct.grammar import Field
from onemap.vct.index import Index
from onemap.vct.lookup import Lookup
from onemap.vct.values import read_values

__all__ = ["Rows"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a table.

    Attributes
    ----------
    ids
        What each row begins with: the identifier of its feature; -1 if it is no number. Shape (n,).
    fields
        Fields of the table.
    has_key
        Whether the identifier stands before the fields; else it is the first of them.
    """

    ids: Integers
    fields: tuple[Field, ...]
    has_key: bool
    _starts: Integers
    _ends: Integers
    _lookup: Lookup
    _names: tuple[str, ...]
    _stretches: Stretches
    _note: Callable[[str, int, int], None]

    @classmethod
    def of(cls, index: Index, name: str, stretches: Stretches, note: Callable[[str, int, int], None]) -> Rows:
        """Take the rows of a table; the first row tells whether the identifier stands before the fields."""
        fields = index.tables[name].fields
        names = _distinct([field.name for field in fields])
        places = index.rows.get(name)
        if places is None or not places.ids:
            none = np.empty(0, dtype=np.int64)
            return cls(none, fields, True, none, none, Lookup.of(none), names, stretches, note)  # noqa: FBT003
        ids, starts = np.frombuffer(places.ids, np.int64), np.frombuffer(places.starts, np.int64)
        ends = starts + np.frombuffer(places.sizes, np.int32)
        first = stretches.bytes_of(starts[:1], ends[:1])[0].decode(index.encoding, "replace")
        tokens = first.count(index.head.separator) + 1
        has_key = tokens > len(fields) if tokens in {len(fields), len(fields) + 1} else index.head.is_new
        lookup = Lookup.of(ids)
        again = np.flatnonzero(np.diff(lookup.ids) == 0)
        if len(again) and lookup.ids[0] >= 0:
            note("vct_row_repeated", int(starts[lookup.order[again[0] + 1]]), len(again))
        return cls(ids, fields, has_key, starts, ends, lookup, names, stretches, note)

    def place(self, row: int) -> int:
        """Give where a row begins in the file."""
        return int(self._starts[row])

    def find(self, ids: Integers) -> Integers:
        """Give the row of each feature, the first where there are several; -1 where there is none."""
        return self._lookup.find(ids)

    def without(self, ids: Integers) -> Integers:
        """Give the rows that belong to none of some features."""
        return np.flatnonzero(~np.isin(self.ids, ids)).astype(np.int64)

    def read(self, rows: Integers) -> Mapping[str, list[Any]]:
        """Read rows, -1 for one without values.

        Returns
        -------
        columns
            Field → values; a name that comes again gets a number.
        """
        there = np.flatnonzero(rows >= 0)
        asked, back = rows[there], None
        if (np.diff(asked) <= 0).any():
            asked, back = np.unique(asked, return_inverse=True)
        texts = self._texts(asked)
        columns: dict[str, list[Any]] = {}
        for name, field, column in zip(self._names, self.fields, texts, strict=True):
            values, wrong = read_values(column, field.kind)
            if wrong:
                self._note("vct_value", self.place(int(asked[wrong[0]])), len(wrong))
            if back is not None:
                values = [values[at] for at in back.tolist()]
            columns[name] = values if len(there) == len(rows) else _spread(values, there, len(rows))
        return columns

    def _texts(self, rows: Integers) -> list[Sequence[str]]:
        """Read the texts of rows, field by field."""
        width = len(self.fields) + self.has_key
        if not len(rows):
            return [()] * len(self.fields)
        words = b"\n".join(self._stretches.bytes_of(self._starts[rows], self._ends[rows]))
        try:
            text = words.decode(self._stretches.encoding)
        except UnicodeDecodeError:
            self._note("vct_text_wrong", self.place(int(rows[0])), 1)
            text = words.decode(self._stretches.encoding, "replace")
        separator = self._stretches.head.separator
        if _is_even(words, separator, len(rows), width):
            tokens = text.replace("\n", separator).split(separator)
            return [tokens[at::width] for at in range(int(self.has_key), width)]
        split = [line.split(separator) for line in text.split("\n")]
        odd = [at for at, row in enumerate(split) if len(row) != width]
        if odd:
            self._fit(split, odd, rows, width)
        columns: list[Sequence[str]] = list(zip(*split, strict=True))
        return columns[1:] if self.has_key else columns

    def _fit(self, split: list[list[str]], odd: list[int], rows: Integers, width: int) -> None:
        """Fill rows that are too short; put what is too much into the last value, and say so."""
        separator = self._stretches.head.separator
        long = [at for at in odd if len(split[at]) > width]
        for at in odd:
            row = split[at]
            split[at] = [*row[: width - 1], separator.join(row[width - 1 :]), *[""] * (width - len(row))][:width]
        if long:
            self._note("vct_row_long", self.place(int(rows[long[0]])), len(long))
        if len(long) < len(odd):
            short = next(at for at in odd if at not in long)
            self._note("vct_row_short", self.place(int(rows[short])), len(odd) - len(long))


def _is_even(words: bytes, separator: str, rows: int, width: int) -> bool:
    """Tell whether every row has so many values, where that shows in the bytes."""
    if not (separator.isascii() and separator < "0"):  # no byte of a Chinese character is so small
        return False
    data = np.frombuffer(words, np.uint8)
    marks = data[(data == ord(separator)) | (data == 10)]
    if len(marks) != rows * width - 1:
        return False
    is_end = np.append(marks, np.uint8(10)).reshape(rows, width) == 10
    return bool(is_end[:, -1].all() and not is_end[:, :-1].any())


def _spread(values: Sequence[Any], there: Integers, count: int) -> list[Any]:
    """Put values where their rows are; None elsewhere."""
    placed: list[Any] = [None] * count
    for at, value in zip(there.tolist(), values, strict=True):
        placed[at] = value
    return placed


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Give names of which each comes once: one that comes again gets a number."""
    taken, last = set(names), dict.fromkeys(names, 1)
    seen: set[str] = set()
    fresh = []
    for name in names:
        one = name
        while one in seen or (one != name and one in taken):
            last[name] += 1
            one = f"{name}_{last[name]}"
        seen.add(one)
        fresh.append(one)
    return tuple(fresh)
