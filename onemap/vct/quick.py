"""Records in their usual form, passed over many at once; any other is left to `onemap.vct.records`."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from onemap.vct.lines import Lines, Window
from onemap.vct.records import BY_LINES, LINE, POINTS, Section

__all__ = ["QUICK", "Passing", "quick_rows", "whole_numbers"]

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_LONGEST_ID, _LONGEST_CODE = 18, 16
_FIRST_LOOK, _GROWTH = 8, 8
_LONGEST_WAIT = 255
_ROW = 8
_SHORTEST = 9  # lines that a record of any kind may need
_OF_NUMBERS = b"0123456789+-.eE"


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Records by the numbers of their first line and of the 0 that ends them: their pieces, and which are usual."""

    is_usual: Mask
    first: Integers
    last: Integers
    counts: Integers


def whole_numbers(data: Bytes, starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
    """Read the digits that stretches begin with.

    Parameters
    ----------
    data
        Text, shape (n,).
    starts, ends
        The stretches, shape (k,).

    Returns
    -------
    numbers, sizes
        What the digits say and how many there are, shape (k,); no more than 19 are read.

    Examples
    --------
    >>> whole_numbers(np.frombuffer(b"12,x", np.uint8), np.array([0, 3]), np.array([4, 4]))
    (array([12,  0]), array([2, 0]))
    """
    numbers, sizes = np.zeros(len(starts), dtype=np.int64), np.zeros(len(starts), dtype=np.int64)
    is_digit = np.ones(len(starts), dtype=bool)
    for at in range(_LONGEST_ID + 1):
        places = starts + at
        digits = data[np.minimum(places, len(data) - 1)] - np.uint8(48)
        is_digit &= (digits <= 9) & (places < ends)
        if not is_digit.any():
            break
        numbers = np.where(is_digit, numbers * 10 + digits, numbers)
        sizes += is_digit
    return numbers, sizes


def _points(window: Window, first: Integers, last: Integers, separator: int) -> _Found:
    """Tell which are single points with their count."""
    fits = last - first == 6
    first = np.where(fits, first, 0)
    fits &= _is(window, first + 3, b"1") & _is(window, first + 4, b"1") & _has(window, first + 5, separator)
    return _Found(fits, first + 5, first + 5, np.ones(len(first), dtype=np.int64))


def _lines(window: Window, first: Integers, last: Integers, _separator: int) -> _Found:
    """Tell which are lines of one piece."""
    fits = last - first >= 8
    first = np.where(fits, first, 0)
    fits &= _is(window, first + 3, b"1") & _is(window, first + 4, b"1") & _is(window, first + 5, b"11")
    counts = last - first - 7
    return _Found(fits & _says(window, first + 6, counts), first + 7, last - 1, counts)


def _polygons(window: Window, first: Integers, last: Integers, separator: int) -> _Found:
    """Tell which are polygons made of lines, eight a row."""
    fits = last - first >= 8
    first, last = np.where(fits, first, 0), np.where(fits, last, min(8, len(window.starts) - 1))
    fits &= _is(window, first + 3, b"100") & _has(window, first + 4, separator) & _is(window, first + 5, b"21")
    items, is_wrong, uneven = window.lists(separator)
    rest = items[last - 1]
    fits &= (uneven[last - 1] == uneven[first + 7]) & (rest <= _ROW) & ~is_wrong[last - 1]
    counts = (last - first - 8) * _ROW + rest
    return _Found(fits & _says(window, first + 6, counts), first + 7, last - 1, counts)


def _is(window: Window, lines: Integers, word: bytes) -> Mask:
    """Tell which lines hold a word and nothing else."""
    starts = window.starts[lines]
    same: Mask = window.ends[lines] - starts == len(word)
    for at, one in enumerate(word):
        same &= window.data[np.minimum(starts + at, len(window.data) - 1)] == one
    return same


def _has(window: Window, lines: Integers, separator: int) -> Mask:
    """Tell which lines have a separator behind the digits that they begin with."""
    starts, ends = window.starts[lines], window.ends[lines]
    found = np.zeros(len(lines), dtype=bool)
    left = np.arange(len(lines))
    for at in range(int((ends - starts).max(initial=0))):
        if not len(left):
            break
        here = starts[left] + at
        inside = here < ends[left]
        left, here = left[inside], here[inside]
        hit = window.data[here] == separator
        found[left[hit]] = True
        left = left[~hit]
    return found


def _says(window: Window, lines: Integers, counts: Integers) -> Mask:
    """Tell which lines hold a count that is right."""
    starts, ends = window.starts[lines], window.ends[lines]
    numbers, sizes = whole_numbers(window.data, starts, ends)
    right: Mask = (sizes == ends - starts) & (sizes <= _LONGEST_ID) & (numbers == counts)
    return right


@dataclass(slots=True)
class Passing:
    """Passes over usual records as long as that is worth while.

    Attributes
    ----------
    usual
        Tells which records are usual; None where none are.
    form
        Their form.
    """

    usual: tuple[Callable[[Window, Integers, Integers, int], _Found], int] | None
    _wait: int = 0
    _misses: int = 0

    def over(self, section: Section) -> None:
        """Pass over the usual records at hand; where there were none lately, wait for some to go by."""
        if self.usual is None or len(section.separator) != 1 or section.separator in _OF_NUMBERS:
            return
        if self._wait:
            self._wait -= 1
            return
        passed = self._passed(section)
        self._misses = 0 if passed >= _FIRST_LOOK else min(2 * self._misses + 1, _LONGEST_WAIT)
        self._wait = self._misses

    def _passed(self, section: Section) -> int:
        """Pass over some usual records, then more and more at once; give their number."""
        assert self.usual is not None  # noqa: S101  (asked before)
        tells, form = self.usual
        window, at = section.lines.window()
        if len(window.starts) < _SHORTEST:
            return 0
        last = window.zeros[np.searchsorted(window.zeros, at) :]
        first = np.concatenate([[at], last[:-1] + 1])[: len(last)]
        done, size = 0, _FIRST_LOOK
        while done < len(last):
            part = slice(done, done + size)
            passed = _kept(section, window, tells(window, first[part], last[part], section.separator[0]), first[part])
            if passed:
                done += _added(section, window, passed, form)
            if passed is None or len(passed[0]) < len(first[part]):
                break
            size *= _GROWTH
        if done:
            section.lines.advance(int(last[done - 1]) + 1)
        return done


def _kept(section: Section, window: Window, found: _Found, first: Integers) -> tuple[Integers, Integers, _Found] | None:
    """Read identifiers and codes of the usual records at the front; None if there are none."""
    lines = np.minimum(np.stack([first, first + 1]), len(window.starts) - 1)
    ids, id_sizes = whole_numbers(window.data, window.starts[lines[0]], window.ends[lines[0]])
    codes, code_sizes = whole_numbers(window.data, window.starts[lines[1]], window.ends[lines[1]])
    usual = found.is_usual & (id_sizes == window.ends[lines[0]] - window.starts[lines[0]])
    usual &= (code_sizes == window.ends[lines[1]] - window.starts[lines[1]]) & (code_sizes <= _LONGEST_CODE)
    usual &= id_sizes <= _LONGEST_ID
    count = len(usual) if usual.all() else int(np.argmin(usual))
    if not count:
        return None
    part = slice(0, count)
    pieces = _Found(found.is_usual[part], found.first[part], found.last[part], found.counts[part])
    return ids[part], _numbered(section.codes, codes[part], code_sizes[part]), pieces


def _numbered(known: dict[bytes, int], codes: Integers, sizes: Integers) -> Integers:
    """Give the numbers of codes; those that are new get the next."""
    keys, first, of_key = np.unique(codes * 32 + sizes, return_index=True, return_inverse=True)
    numbers = np.empty(len(keys), dtype=np.int64)
    for at in np.argsort(first).tolist():
        word = str(int(keys[at]) // 32).zfill(int(keys[at]) % 32).encode()
        numbers[at] = known.setdefault(word, len(known))
    given: Integers = numbers[of_key]
    return given


def _added(section: Section, window: Window, kept: tuple[Integers, Integers, _Found], form: int) -> int:
    """Add records to the places of their section; give their number."""
    ids, codes, found = kept
    starts, ends = window.base + window.starts[found.first], window.base + window.ends[found.last]
    section.places.add(form, ids, codes, (starts, ends, found.counts))
    return len(ids)


def quick_rows(lines: Lines, separator: bytes, found: tuple[array[int], array[int], array[int]]) -> None:
    r"""Pass over rows that begin with a number and a separator.

    Parameters
    ----------
    lines
        The lines of the file.
    separator
        What stands between values.
    found
        Takes the number of each row, where it begins, and its length.

    Examples
    --------
    >>> import io
    >>> from pathlib import Path
    >>> lines = Lines(io.BytesIO(b"1,a\n2,b\nTableEnd\n"), Path("a.vct"))
    >>> found = array("q"), array("q"), array("i")
    >>> lines.more(), quick_rows(lines, b",", found), found[0].tolist(), lines.take()
    (True, None, [1, 2], b'TableEnd')
    """
    if len(separator) != 1 or separator in _OF_NUMBERS:
        return
    window, at = lines.window()
    size = _FIRST_LOOK
    while at < len(window.starts):
        starts, ends = window.starts[at : at + size], window.ends[at : at + size]
        numbers, sizes = whole_numbers(window.data, starts, ends)
        behind = np.minimum(starts + sizes, len(window.data) - 1)
        usual = (sizes > 0) & (sizes <= _LONGEST_ID) & (behind < ends) & (window.data[behind] == separator[0])
        count = len(usual) if usual.all() else int(np.argmin(usual))
        found[0].frombytes(numbers[:count].tobytes())
        found[1].frombytes((window.base + starts[:count]).tobytes())
        found[2].frombytes((ends - starts)[:count].astype(np.int32).tobytes())
        at, size = at + count, size * _GROWTH
        if count < len(usual):
            break
    lines.advance(at)


QUICK: Mapping[str, tuple[Callable[[Window, Integers, Integers, int], _Found], int]] = MappingProxyType(
    {"point": (_points, POINTS), "line": (_lines, LINE), "polygon": (_polygons, BY_LINES)}
)
"""Section → what tells its usual records in the model of 2007, and their form."""
