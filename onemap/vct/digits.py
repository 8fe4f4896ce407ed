"""Whole numbers and coordinates as text, by compiled loops: a grid of whole steps with a fixed number of decimals."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["coordinate_lines", "line_records", "listed_records"]

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]

_LONGEST = 20  # characters of a number of 64 bits
_ROW = 8
_ZERO, _DOT, _MINUS, _COMMA = 48, 46, 45, 44
_RETURN, _FEED = 13, 10


def coordinate_lines(grid: Integers, decimals: int) -> tuple[bytes, Integers]:
    r"""Write coordinates, a line each.

    Parameters
    ----------
    grid
        Coordinates in units of the last decimal, shape (n, 2).
    decimals
        Digits after the point.

    Returns
    -------
    text, ends
        All lines, and where each ends in them, shape (n,).

    Examples
    --------
    >>> coordinate_lines(np.array([[385000001234, -5]]), 4)
    (b'38500000.1234,-0.0005\r\n', array([23]))
    """
    out = np.empty(len(grid) * _coordinate_bytes(decimals), dtype=np.uint8)
    ends = np.empty(len(grid), dtype=np.int64)
    size = _coordinates(np.ascontiguousarray(grid), decimals, out, ends)
    return out[:size].tobytes(), ends


def line_records(grid: Integers, firsts: Integers, ids: Integers, *, middle: bytes, decimals: int) -> memoryview:
    r"""Write records that are an identifier, a text, a number of coordinates, the coordinates, and a 0.

    Parameters
    ----------
    grid
        Coordinates in units of the last decimal, shape (n, 2).
    firsts
        Where each record begins in them, and their number at the end, shape (records + 1,).
    ids
        Identifiers, shape (records,).
    middle
        What stands between identifier and number of coordinates.
    decimals
        Digits after the point.

    Examples
    --------
    >>> bytes(line_records(np.array([[15, 20]]), np.array([0, 1]), np.array([7]), middle=b"\r\n11\r\n", decimals=1))
    b'7\r\n11\r\n1\r\n1.5,2.0\r\n0\r\n\r\n'
    """
    room = len(grid) * _coordinate_bytes(decimals) + len(ids) * (len(middle) + 2 * _LONGEST + 8)
    out = np.empty(room, dtype=np.uint8)
    size = _line_records(np.ascontiguousarray(grid), firsts, ids, np.frombuffer(middle, np.uint8), decimals, out)
    return out[:size].data


def listed_records(
    labels: Integers, tokens: Integers, bounds: Integers, *, ids: Integers, middle: bytes, decimals: int
) -> memoryview:
    r"""Write records of polygons by the numbers of their lines, eight a row.

    Parameters
    ----------
    labels
        Label points in units of the last decimal, shape (records, 2).
    tokens
        Numbers of lines with signs, and the 0 between rings, shape (n,).
    bounds
        First and last of each record in them, shape (records, 2).
    ids
        Identifiers, shape (records,).
    middle
        What stands between identifier and label point.
    decimals
        Digits after the point.

    Examples
    --------
    >>> label, tokens, bounds = np.array([[15, 20]]), np.array([5, -6]), np.array([[0, 2]])
    >>> bytes(listed_records(label, tokens, bounds, ids=np.array([7]), middle=b"\r\n", decimals=1))
    b'7\r\n1.5,2.0\r\n21\r\n2\r\n5,-6\r\n0\r\n\r\n'
    """
    each = len(middle) + 2 * _LONGEST + 16 + _coordinate_bytes(decimals)
    out = np.empty(len(ids) * each + len(tokens) * (_LONGEST + 3), dtype=np.uint8)
    size = _listed_records(labels, tokens, bounds, ids, np.frombuffer(middle, np.uint8), decimals, out)
    return out[:size].data


def _coordinate_bytes(decimals: int) -> int:
    """Give the room that a line with two numbers takes at most."""
    return 2 * (_LONGEST + decimals + 2) + 3


@numba.njit(cache=True, nogil=True)
def _number(out: Bytes, at: int, number: int) -> int:
    """Write a whole number; give the place behind it."""
    left = number
    if number < 0:
        out[at] = _MINUS
        at += 1
        left = -number
    size = 1
    power = left // 10
    while power:
        size += 1
        power //= 10
    for place in range(at + size - 1, at - 1, -1):
        rest = left // 10
        out[place] = _ZERO + left - rest * 10
        left = rest
    return at + size


@numba.njit(cache=True, nogil=True)
def _fixed(out: Bytes, at: int, number: int, decimals: int, power: int) -> int:  # noqa: PLR0917
    """Write a number with decimals; give the place behind it."""
    left = number
    if number < 0:
        out[at] = _MINUS
        at += 1
        left = -number
    whole = left // power
    at = _number(out, at, whole)
    if decimals:
        out[at] = _DOT
        left -= whole * power
        for place in range(at + decimals, at, -1):
            rest = left // 10
            out[place] = _ZERO + left - rest * 10
            left = rest
        at += decimals + 1
    return at


@numba.njit(cache=True, nogil=True)
def _end(out: Bytes, at: int) -> int:
    """End a line; give the place behind it."""
    out[at] = _RETURN
    out[at + 1] = _FEED
    return at + 2


@numba.njit(cache=True, nogil=True)
def _coordinate(out: Bytes, at: int, east: int, north: int, decimals: int, power: int) -> int:  # noqa: PLR0917
    """Write a coordinate and end its line; give the place behind it."""
    at = _fixed(out, at, east, decimals, power)
    out[at] = _COMMA
    at = _fixed(out, at + 1, north, decimals, power)
    return _end(out, at)


@numba.njit(cache=True, nogil=True)
def _coordinates(grid: Integers, decimals: int, out: Bytes, ends: Integers) -> int:
    """Write coordinates; give the number of bytes."""
    power = 10**decimals
    at = 0
    for row in range(len(grid)):
        at = _coordinate(out, at, grid[row, 0], grid[row, 1], decimals, power)
        ends[row] = at
    return at


@numba.njit(cache=True, nogil=True)
def _begin(out: Bytes, at: int, identifier: int, middle: Bytes) -> int:
    """Write what a record begins with; give the place behind it."""
    at = _number(out, at, identifier)
    for one in range(len(middle)):
        out[at + one] = middle[one]
    return at + len(middle)


@numba.njit(cache=True, nogil=True)
def _finish(out: Bytes, at: int) -> int:
    """Write the 0 and the blank line that end a record; give the place behind it."""
    out[at] = _ZERO
    return _end(out, _end(out, at + 1))


@numba.njit(cache=True, nogil=True)
def _line_records(  # noqa: PLR0917
    grid: Integers, firsts: Integers, ids: Integers, middle: Bytes, decimals: int, out: Bytes
) -> int:
    """Write lines; give the number of bytes."""
    power = 10**decimals
    at = 0
    for record in range(len(ids)):
        at = _begin(out, at, ids[record], middle)
        at = _end(out, _number(out, at, firsts[record + 1] - firsts[record]))
        for row in range(firsts[record], firsts[record + 1]):
            at = _coordinate(out, at, grid[row, 0], grid[row, 1], decimals, power)
        at = _finish(out, at)
    return at


@numba.njit(cache=True, nogil=True)
def _listed_records(  # noqa: PLR0917
    labels: Integers, tokens: Integers, bounds: Integers, ids: Integers, middle: Bytes, decimals: int, out: Bytes
) -> int:
    """Write polygons; give the number of bytes."""
    power = 10**decimals
    at = 0
    for record in range(len(ids)):
        first, last = bounds[record, 0], bounds[record, 1]
        at = _begin(out, at, ids[record], middle)
        at = _coordinate(out, at, labels[record, 0], labels[record, 1], decimals, power)
        at = _end(out, _number(out, at, 21))
        at = _end(out, _number(out, at, last - first))
        for token in range(first, last):
            at = _number(out, at, tokens[token])
            if token == last - 1 or (token - first) % _ROW == _ROW - 1:
                at = _end(out, at)
            else:
                out[at] = _COMMA
                at += 1
        at = _finish(out, at)
    return at
