"""Numbers of a whole column that speak against their field: another unit, heights above the sea; what headers say."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onemap.layers.schema import Field
from onemap.layers.units import known_units, unit_factor

__all__ = [
    "above_sea_column",
    "above_sea_rows",
    "likely_unit",
    "says_above_sea",
    "says_latitude_wrongly",
    "stated_unit",
]

_ENOUGH_ROWS = 3
_MOST = 0.9
_FEW = 0.2
_ABOVE_SEA = re.compile(r"海拔|高程|amsl|above\s*sea|altitude|elevation", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"[(（\[【]\s*(?:单位\s*[:：]?\s*)?([^)）\]】]{1,8}?)\s*[)）\]】]")
_BEHIND_MARK = re.compile(r"[_/](?:单位\s*[:：]?\s*)?([a-zA-Z²³°]{1,4}2?)$")
_HIGHEST_AGL_M = 200.0
_LOWEST_GROUND_M = 200.0


def likely_unit(field: Field, numbers: ArrayLike) -> str:
    """Name the unit that a column is probably in, where its numbers do not fit the unit of the field.

    Parameters
    ----------
    field
        Field of the catalogue, with its unit and plausible range.
    numbers
        Numbers as read, in the unit of the field, shape (n,); NaN where missing.

    Returns
    -------
    unit
        Another unit in which nine of ten numbers are plausible, while in the field's own hardly any is; else empty.

    Examples
    --------
    >>> height = Field("height_agl_m", "number", "塔高", "height", unit="m", minimum=2, maximum=200)
    >>> likely_unit(height, [3500, 4200, 2800]), likely_unit(height, [35, 42, 980])
    ('cm', '')
    """
    known = np.asarray(numbers, dtype=np.float64)
    known = known[np.isfinite(known) & (known != 0.0)]
    if not field.unit or len(known) < _ENOUGH_ROWS or _plausible_share(field, known) > _FEW:
        return ""
    for unit in known_units(field.unit):
        factor = unit_factor(unit, field.unit)
        if factor not in {None, 1.0} and _plausible_share(field, known * float(factor or 1.0)) >= _MOST:
            return unit
    return ""


def above_sea_rows(height_m: ArrayLike, ground_m: ArrayLike) -> NDArray[np.int64]:
    """Find heights above ground that are heights above the sea: less the ground, they are those of a tower.

    Parameters
    ----------
    height_m
        Heights as given, above ground, in metres, shape (n,).
    ground_m
        Heights of the ground above the sea, in metres, shape (n,).

    Returns
    -------
    rows
        Positions; only where the ground is higher than 200 m, as no tower is.

    Examples
    --------
    >>> above_sea_rows([1535.0, 35.0, 35.0], [1500.0, 1500.0, 4.0]).tolist()
    [0]
    """
    height, ground = np.asarray(height_m, dtype=np.float64), np.asarray(ground_m, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        tower_m = height - ground
        found = (
            (ground > _LOWEST_GROUND_M) & (height > _HIGHEST_AGL_M) & (tower_m >= -5.0) & (tower_m <= _HIGHEST_AGL_M)
        )
    return np.flatnonzero(found)


def above_sea_column(height_m: ArrayLike) -> bool:
    """Tell whether the heights of a column look like those of the ground: most beyond any tower, and of one land.

    Examples
    --------
    >>> above_sea_column([1535.0, 1612.0, 1498.0]), above_sea_column([3500.0, 30.0, 42.0])
    (True, False)
    """
    known = np.asarray(height_m, dtype=np.float64)
    known = known[np.isfinite(known)]
    if len(known) < _ENOUGH_ROWS or np.mean((known > _HIGHEST_AGL_M) & (known < 6000.0)) < _MOST:
        return False
    return bool(np.any(known != np.round(known, -2)))


def says_above_sea(header: str) -> bool:
    """Tell whether the name of a column speaks of heights above the sea.

    Examples
    --------
    >>> says_above_sea("天线海拔挂高"), says_above_sea("挂高(m)")
    (True, False)
    """
    return _ABOVE_SEA.search(unicodedata.normalize("NFKC", header)) is not None


def says_latitude_wrongly(header: str) -> bool:
    """Tell whether the name of a column says 维度 (dimension) where 纬度 (latitude) is meant.

    Examples
    --------
    >>> says_latitude_wrongly("维度"), says_latitude_wrongly("纬度")
    (True, False)
    """
    return "维度" in header


def stated_unit(header: str) -> str:
    """Give the unit that the name of a column states in brackets or behind a mark, empty if it states none.

    Examples
    --------
    >>> stated_unit("塔高（cm）"), stated_unit("height_km"), stated_unit("塔高"), stated_unit("建成时间(年)")
    ('cm', 'km', '', '')
    """
    plain = unicodedata.normalize("NFKC", header).strip()
    found = [*_IN_BRACKETS.findall(plain), *_BEHIND_MARK.findall(plain)]
    return next((unit for unit in found if known_units(unit)), "")


def _plausible_share(field: Field, numbers: NDArray[np.float64]) -> float:
    """Give the share of numbers in the range of a field."""
    low = -np.inf if field.minimum is None else field.minimum
    high = np.inf if field.maximum is None else field.maximum
    return float(np.mean((numbers >= low) & (numbers <= high)))
