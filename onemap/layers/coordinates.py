"""Points from two columns of coordinates, as people write them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from onemap.layers.angles import parse_angle
from onemap.layers.cells import Texts, matching
from onemap.layers.numbers import parse_number
from onemap.layers.row_faults import RowFault

__all__ = ["points_of_columns"]

_PLAIN = r"^-?[0-9]{1,40}(\.[0-9]{0,40})?$"
_SIDES = {"": 0, "lon": 1, "lat": 2}


@dataclass(frozen=True, slots=True)
class _Axis:
    """One column read: numbers (NaN where there is none), and the axis that a letter in the cell names."""

    numbers: NDArray[np.float64]
    sides: NDArray[np.int8]
    is_read: NDArray[np.bool_]


def points_of_columns(easting: Texts, northing: Texts, *, angular: bool) -> tuple[NDArray[np.object_], list[RowFault]]:
    """Make points of two coordinate columns.

    Parameters
    ----------
    easting, northing
        Texts of the cells, of n rows: lon and lat where angular.
    angular
        Whether they are angles (decimal or degrees-minutes-seconds) or plain metres.

    Returns
    -------
    points
        Shapely points, shape (n,); None where a coordinate is missing or cannot be read.
    faults
        Rejected rows: unreadable, or north written in the column of east.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.layers.cells import cell_texts
    >>> lon, lat = cell_texts(pd.Series(["75°12′36″", "?"])), cell_texts(pd.Series(["39.5", "39.5"]))
    >>> points, faults = points_of_columns(lon, lat, angular=True)
    >>> points[0], faults[0].rule, faults[0].fields
    (<POINT (75.21 39.5)>, 'OM-GEO-001', ('lon',))
    """
    across, up = _axis(easting, angular=angular), _axis(northing, angular=angular)
    is_read = across.is_read & up.is_read
    turned = is_read & ((across.sides == _SIDES["lat"]) | (up.sides == _SIDES["lon"]))
    points = np.full(len(easting), None, dtype=object)
    good = is_read & ~turned
    points[good] = shapely.points(across.numbers[good], up.numbers[good])
    names = ("lon", "lat") if angular else ("easting", "northing")
    faults = []
    for row in np.flatnonzero(~good).tolist():
        written = {"value": f"{easting[row] or ''}, {northing[row] or ''}"}
        wrong = tuple(name for name, axis in zip(names, (across, up), strict=True) if not axis.is_read[row])
        faults.append(RowFault("OM-CRS-006" if turned[row] else "OM-GEO-001", row, written, "rejected", wrong or names))
    return points, faults


def _axis(texts: Texts, *, angular: bool) -> _Axis:
    """Read one column: plain numbers all at once, other writings one by one."""
    plain = matching(texts.words, _PLAIN)
    numbers, sides = np.full(len(plain), np.nan), np.zeros(len(plain), dtype=np.int8)
    numbers[plain] = texts.words.filter(pa.array(plain)).cast(pa.float64()).to_numpy()
    is_read = plain.copy()
    others = np.flatnonzero(~plain)
    for word, text in zip(others.tolist(), texts.words.take(pa.array(others)).to_pylist(), strict=True):
        found = _read(text, angular=angular)
        if found is not None:
            numbers[word], sides[word], is_read[word] = found[0], _SIDES[found[1]], True
    known = texts.codes >= 0
    if not len(plain):
        nothing = np.zeros(len(known), dtype=bool)
        return _Axis(np.full(len(known), np.nan), nothing.astype(np.int8), nothing)
    return _Axis(np.where(known, numbers[texts.codes], np.nan), sides[texts.codes], known & is_read[texts.codes])


def _read(text: str, *, angular: bool) -> tuple[float, str] | None:
    """Read one coordinate: its value, and the axis that its letter names."""
    if angular:
        return parse_angle(text)
    number = parse_number(text, "m")
    return None if number is None else (number, "")
