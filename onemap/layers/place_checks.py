"""Points that lie where nothing was measured: too few decimals, whole degrees, many rows on one spot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Coarse", "coarse_degrees", "decimals", "heaps"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

MOST_DECIMALS = 6
"""More are not told apart: 0.000001° is a decimetre."""
FEWEST_DECIMALS = 4
"""0.0001° is ten metres; with fewer decimals a place is not one of a site."""

_ENOUGH_ROWS = 5
_FEWER_BY = 3  # of a million honest pairs of coordinates, one ends in three zeros twice


@dataclass(frozen=True, slots=True)
class Coarse:
    """Places given too roughly.

    Attributes
    ----------
    column
        Decimals that all rows share where these are too few, None where they are enough.
    rows
        Positions of the rows that are much rougher than the others, or whole degrees.
    """

    column: int | None
    rows: Counts


def decimals(degrees: ArrayLike) -> Counts:
    """Count the decimals that numbers are given with, 6 at most.

    Examples
    --------
    >>> decimals([75.0, 75.21, 75.123456789]).tolist()
    [0, 2, 6]
    """
    numbers = np.asarray(degrees, dtype=np.float64)
    counts: Counts = np.full(numbers.shape, MOST_DECIMALS, dtype=np.int64)
    open_ones = np.arange(numbers.size)
    for power in range(MOST_DECIMALS):
        if power == 1:  # most numbers are settled by one look
            open_ones = open_ones[_is_rounded(numbers[open_ones], FEWEST_DECIMALS + 1) | (counts[open_ones] == 0)]
        rounded = open_ones[_is_rounded(numbers[open_ones], power)]
        counts[rounded] = np.minimum(counts[rounded], power)
    return counts


def coarse_degrees(lon: ArrayLike, lat: ArrayLike) -> Coarse:
    """Find places in degrees that are given too roughly to be of a site.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,), finite.

    Returns
    -------
    coarse
        What is rough; a column is judged from five different places on.

    Examples
    --------
    >>> lon, lat = [75.21, 75.3, 75.42, 75.11, 75.97], [39.5, 39.61, 39.7, 39.8, 39.93]
    >>> coarse_degrees(lon, lat).column
    2
    >>> coarse_degrees([75.123456, 75.223457, 75.0], [39.123456, 39.323456, 39.0]).rows.tolist()
    [2]
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    given = np.maximum(decimals(lon), decimals(lat))
    if not len(given):
        return Coarse(None, np.empty(0, dtype=np.int64))
    usual = int(np.median(given))
    rough = (given == 0) | ((given <= usual - _FEWER_BY) & (usual >= FEWEST_DECIMALS))
    most = int(given.max())
    few = most < FEWEST_DECIMALS and len(np.unique(lon + 1j * lat)) >= _ENOUGH_ROWS
    rows: Counts = np.flatnonzero(given == 0) if few else np.flatnonzero(rough)
    return Coarse(most if few else None, rows)


def heaps(lon: ArrayLike, lat: ArrayLike, *, fewest: int) -> tuple[Counts, Counts]:
    """Find spots on which many rows lie exactly, as where a centre stands for places that are not known.

    Parameters
    ----------
    lon, lat
        Coordinates, shape (n,).
    fewest
        So many rows on one spot make a heap.

    Returns
    -------
    first, counts
        Position of the first row of each heap and how many rows lie there, shape (m,), in the order of the rows.

    Examples
    --------
    >>> first, counts = heaps([75.0, 75.1, 75.1, 75.1], [39.0, 39.1, 39.1, 39.1], fewest=3)
    >>> first.tolist(), counts.tolist()
    ([1], [3])
    """
    places = np.asarray(lon, dtype=np.float64) + 1j * np.asarray(lat, dtype=np.float64)
    _, first, counts = np.unique(places, return_index=True, return_counts=True)
    many = np.flatnonzero(counts >= fewest)
    order = many[np.argsort(first[many])]
    return first[order], counts[order]


def _is_rounded(numbers: Floats, power: int) -> NDArray[np.bool_]:
    """Tell which numbers have no more than so many decimals."""
    scaled = numbers * 10.0**power
    return np.asarray(np.abs(scaled - np.round(scaled)) < 1e-7 * np.maximum(1.0, 10.0 ** (power - 3)), dtype=bool)
