"""Points that lie where nothing was measured: too few decimals, whole degrees, many rows on one spot."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from onemap.layers.row_faults import RowFault

__all__ = ["Precision", "coarse_notes", "decimals", "heaps", "rough_places", "rough_rows"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

MOST_DECIMALS = 6
"""More are not told apart: 0.000001° is a decimetre."""
FEWEST_DECIMALS = 4
"""0.0001° is ten metres; with fewer decimals a place is not one of a site."""

_ENOUGH_ROWS = 5
_DEGREE_M = 111_000.0
_FIRST_ROWS = 1000
_BY_CHANCE = 0.01  # so many rows of a source may be called rough though they only happen to end in zeros


@dataclass(slots=True)
class Precision:
    """How many decimals the places of a source in degrees are given with; grows batch by batch.

    Attributes
    ----------
    counts
        Number of rows with 0, 1, … 6 decimals in the better of their coordinates.
    spots
        Some different places, until there are enough to judge by.
    """

    counts: Counts = field(default_factory=lambda: np.zeros(MOST_DECIMALS + 1, dtype=np.int64))
    spots: set[complex] = field(default_factory=set)

    def add(self, lon: ArrayLike, lat: ArrayLike) -> None:
        """Look at some more places.

        Parameters
        ----------
        lon, lat
            Degrees, shape (n,), finite.
        """
        self.counts = self.counts + np.bincount(_given(lon, lat), minlength=MOST_DECIMALS + 1)
        places = np.asarray(lon, dtype=np.float64) + 1j * np.asarray(lat, dtype=np.float64)
        for some in (places[:_FIRST_ROWS], places):
            if len(self.spots) < _ENOUGH_ROWS:
                self.spots |= set(np.unique(some)[:_ENOUGH_ROWS].tolist())

    def too_few(self) -> int | None:
        """Give the decimals that no place exceeds, where these are too few; None where they are enough."""
        there = np.flatnonzero(self.counts)
        few = len(self.spots) >= _ENOUGH_ROWS and there[-1] < FEWEST_DECIMALS
        return int(there[-1]) if few else None

    def usual(self) -> int:
        """Give the decimals that half of the places have at least."""
        beyond = np.cumsum(self.counts[::-1])[::-1]
        return int(np.flatnonzero(2 * beyond >= beyond[0])[-1])


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


def rough_rows(lon: ArrayLike, lat: ArrayLike, precision: Precision) -> Counts:
    """Find places that are given much more roughly than the others of their source, or in whole degrees.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,), finite.
    precision
        That of the whole source.

    Returns
    -------
    rows
        Positions. Where all places are rough, only whole degrees count.

    Examples
    --------
    >>> lon, lat = [75.123456, 75.223457, 75.12], [39.123456, 39.323456, 39.5]
    >>> precision = Precision()
    >>> precision.add(lon, lat)
    >>> rough_rows(lon, lat, precision).tolist(), precision.usual(), precision.too_few()
    ([2], 6, None)
    """
    given, usual = _given(lon, lat), precision.usual()
    rough = given == 0
    if usual >= FEWEST_DECIMALS:
        zeros = np.log10(precision.counts.sum() / _BY_CHANCE) / 2  # at the end of both coordinates
        rough |= given <= usual - max(2, int(np.ceil(zeros)))
    return np.flatnonzero(rough)


def rough_places(
    geometry: NDArray[np.object_], moved: NDArray[np.object_], precision: Precision | None
) -> list[RowFault]:
    """Question points that are given far more roughly than the others of their source.

    Parameters
    ----------
    geometry
        Shapely geometries in the CRS of the source, shape (n,); others than points pass.
    moved
        The same in the working CRS; None where a row is rejected already.
    precision
        That of the whole source; None where its coordinates are not degrees.

    Examples
    --------
    >>> sites = shapely.points([[75.123456, 39.123456], [75.0, 39.0]])
    >>> precision = Precision()
    >>> precision.add([75.123456, 75.0], [39.123456, 39.0])
    >>> rough_places(sites, sites, precision)[0].position
    1
    """
    points = np.flatnonzero((shapely.get_type_id(geometry) == 0) & ~shapely.is_missing(moved))
    if precision is None or not len(points):
        return []
    lon, lat = shapely.get_x(geometry[points]), shapely.get_y(geometry[points])
    rows = rough_rows(lon, lat, precision).tolist()
    return [RowFault("OM-GEO-007", int(points[at]), {"value": f"{lon[at]:.10g}, {lat[at]:.10g}"}) for at in rows]


def coarse_notes(precision: Precision | None) -> list[RowFault]:
    """Note a source whose places all have too few decimals.

    Parameters
    ----------
    precision
        That of the whole source; None where its coordinates are not degrees.

    Examples
    --------
    >>> coarse_notes(None)
    []
    """
    given = None if precision is None else precision.too_few()
    if given is None:
        return []
    values = {"decimals": given, "distance_m": round(_DEGREE_M / 10**given)}
    return [RowFault("OM-GEO-006", None, values, fields=("lon", "lat"))]


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
    east, north = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    ordered = np.sort(east)
    last = ordered[fewest - 1 :]
    again = last[last == ordered[: len(last)]]
    rows = np.flatnonzero(np.isin(east, np.unique(again))) if len(again) else np.empty(0, dtype=np.int64)
    _, first, counts = np.unique(east[rows] + 1j * north[rows], return_index=True, return_counts=True)
    many = np.flatnonzero(counts >= fewest)
    order = many[np.argsort(first[many])]
    return rows[first[order]], counts[order]


def _given(lon: ArrayLike, lat: ArrayLike) -> Counts:
    """Count the decimals of the better given of two coordinates."""
    return np.maximum(decimals(lon), decimals(lat))


def _is_rounded(numbers: Floats, power: int) -> NDArray[np.bool_]:
    """Tell which numbers have no more than so many decimals."""
    scaled = numbers * 10.0**power
    return np.asarray(np.abs(scaled - np.round(scaled)) < 1e-7 * np.maximum(1.0, 10.0 ** (power - 3)), dtype=bool)
