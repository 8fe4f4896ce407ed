"""Coordinates as text: whole steps of a grid, written with a fixed number of decimals, many at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["coordinate_lines"]

Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_ZERO, _DOT, _MINUS = 48, 46, 45


def coordinate_lines(
    grid: Integers, decimals: int, *, separator: bytes = b",", end: bytes = b"\r\n"
) -> tuple[bytes, Integers]:
    r"""Write coordinates, a line each.

    Parameters
    ----------
    grid
        Coordinates in units of the last decimal, shape (n, 2 or more).
    decimals
        Digits after the point.
    separator
        What stands between the numbers of a line.
    end
        What stands behind a line.

    Returns
    -------
    text, ends
        All lines, and where each ends in them, shape (n,).

    Examples
    --------
    >>> coordinate_lines(np.array([[385000001234, -5]]), 4, end=b"\n")
    (b'38500000.1234,-0.0005\n', array([22]))
    """
    count = len(grid)
    pieces: list[Bytes] = []
    masks: list[Mask | None] = []
    for axis in range(grid.shape[1]):
        digits, mask = _digits(grid[:, axis], decimals)
        between = np.frombuffer(separator if axis < grid.shape[1] - 1 else end, np.uint8)
        pieces += [digits, np.broadcast_to(between, (count, len(between)))]
        masks += [mask, None]
    cells = np.concatenate(pieces, axis=1)
    if all(mask is None for mask in masks):
        return cells.tobytes(), np.arange(1, count + 1) * cells.shape[1]
    whole = [
        np.ones(piece.shape, dtype=bool) if mask is None else mask for piece, mask in zip(pieces, masks, strict=True)
    ]
    kept = np.concatenate(whole, axis=1)
    return cells[kept].tobytes(), np.cumsum(kept.sum(axis=1))


def _digits(numbers: Integers, decimals: int) -> tuple[Bytes, Mask | None]:
    """Give the characters of numbers, all of one width, and which of them count; None if all do."""
    sizes = np.abs(numbers)
    width = max(len(str(int(sizes.max(initial=0)))), decimals + 1)
    digits = np.empty((len(numbers), width), dtype=np.uint8)
    left = sizes
    for at in range(width - 1, -1, -1):
        rest = left // 10
        digits[:, at] = left - rest * 10 + _ZERO
        left = rest
    powers = 10 ** np.arange(width - 1, decimals, -1, dtype=np.int64)
    is_negative = numbers < 0
    head, tail = digits[:, : width - decimals], digits[:, width - decimals :]
    dot = np.full((len(numbers), 1 if decimals else 0), _DOT, dtype=np.uint8)
    full = len(numbers) > 0 and (not len(powers) or int(sizes.min()) >= int(powers[0])) and not is_negative.any()
    if full:
        return np.concatenate([head, dot, tail], axis=1), None
    sign = np.full((len(numbers), 1), _MINUS, dtype=np.uint8)
    sure = np.ones((len(numbers), 1 + dot.shape[1] + decimals), dtype=bool)
    mask = np.concatenate([is_negative[:, None], sizes[:, None] >= powers[None, :], sure], axis=1)
    return np.concatenate([sign, head, dot, tail], axis=1), mask
