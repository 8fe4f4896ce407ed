"""Coordinates that are all written with as many digits, as most files have them: read column by column."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["even_numbers"]

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]

_ONCE = 65_536
_MOST_DIGITS = 15  # a whole number of so many digits is exact, and so is its quotient by a power of ten
_LONGEST = 80
_DOT, _ZERO = 46, 48


def even_numbers(
    data: Bytes, starts: Integers, ends: Integers, counts: Integers, *, separator: bytes
) -> Numbers | None:
    r"""Read coordinates without signs and exponents that all have their separator and their dots in the same places.

    Parameters
    ----------
    data
        Text, shape (n,).
    starts, ends, counts
        Stretches of lines and the number of lines in each, shape (k,).
    separator
        One byte.

    Returns
    -------
    numbers
        Shape (lines, numbers of a line); None if the text is not so, whatever else it may be.

    Examples
    --------
    >>> text = b"10.50,7.25\r\n11.00,8.00"
    >>> even_numbers(np.frombuffer(text, np.uint8), np.array([0]), np.array([22]), np.array([2]), separator=b",")
    array([[10.5 ,  7.25], [11.  ,  8.  ]])
    """
    places = _lines(data, starts, ends, counts)
    if places is None:
        return None
    firsts, width = places
    pattern = data[firsts[0] : firsts[0] + width]
    columns = _columns(pattern, separator[0])
    if columns is None:
        return None
    rows = sliding_window_view(data, width)
    parts = []
    for at in range(0, len(firsts), _ONCE):
        cells = rows[firsts[at : at + _ONCE]]
        read = _read(cells, columns, pattern)
        if read is None:
            return None
        parts.append(read)
    return np.concatenate(parts)


def _lines(data: Bytes, starts: Integers, ends: Integers, counts: Integers) -> tuple[Integers, int] | None:
    """Give where each line begins, and the width of all; None if they are not of one width."""
    several = np.flatnonzero(counts > 1)[:1]
    width = int((ends - starts)[0])
    end = 0
    if len(several):
        first = data[starts[several[0]] : ends[several[0]]]
        stop = int(np.argmax(first == 10))
        end = 2 if stop and first[stop - 1] == 13 else 1
        width = stop + 1 - end
    if not 0 < width <= _LONGEST or (ends - starts != counts * (width + end) - end).any():
        return None
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    firsts = np.repeat(starts, counts) + within * (width + end)
    behind = firsts[np.append(within[1:] != 0, False)] + width  # where a line of the same stretch follows
    if (data[behind + end - 1] != 10).any() or (end == 2 and (data[behind] != 13).any()):
        return None
    return firsts, width


def _columns(pattern: Bytes, separator: int) -> list[tuple[Integers, int]] | None:
    """Give, for each number of a line, the places of its digits and how many of them stand behind the dot."""
    bounds = [-1, *np.flatnonzero(pattern == separator).tolist(), len(pattern)]
    columns = []
    for first, last in itertools.pairwise(bounds):
        places = np.arange(first + 1, last)
        is_dot = pattern[places] == _DOT
        digits = places[~is_dot]
        if is_dot.sum() > 1 or not 0 < len(digits) <= _MOST_DIGITS:
            return None
        columns.append((digits, int((digits > places[is_dot][0]).sum()) if is_dot.any() else 0))
    return columns if len(columns) in {2, 3} else None


def _read(cells: Bytes, columns: list[tuple[Integers, int]], pattern: Bytes) -> Numbers | None:
    """Read rows of text; None if one of them is not like the others."""
    marks = np.setdiff1d(np.arange(len(pattern)), np.concatenate([digits for digits, _ in columns]))
    if (cells[:, marks] != pattern[marks]).any():
        return None
    numbers = np.empty((len(cells), len(columns)))
    for axis, (places, decimals) in enumerate(columns):
        digits = cells[:, places] - np.uint8(_ZERO)
        if digits.max() > 9:
            return None
        weights = 10.0 ** np.arange(len(places) - 1, -1, -1)
        numbers[:, axis] = (digits.astype(float) @ weights) / 10.0**decimals
    return numbers
