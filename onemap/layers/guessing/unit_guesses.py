"""Units that no header names, from the size of the numbers."""

from __future__ import annotations

from onemap.layers.guessing.headers import parse_header
from onemap.layers.guessing.profiles import Profile
from onemap.layers.schema import Field
from onemap.layers.units import known_units, unit_factor

__all__ = ["guess_unit"]

_MOST_OUTSIDE, _LEAST_INSIDE = 0.2, 0.9
_LONG_KM = 300.0
_LIKE = (0.4, 2.5)
_COMMON = ("km", "m", "cm", "W", "kW", "V", "kV", "kg", "t", "kHz", "MHz", "GHz", "m²", "亩", "ha", "km²")


def guess_unit(field: Field, column: str, seen: Profile, *, length_m: float | None = None) -> str:
    """Guess the unit of a column from its numbers, where it is not the field's own.

    Parameters
    ----------
    field
        Field of the catalogue, with a unit.
    column
        Header, which may name the field's own unit.
    seen
        Values of the column.
    length_m
        Middle length of the lines in metres; a column of lengths is compared with it.

    Returns
    -------
    unit
        Empty where the numbers fit the field's own unit, or no other one.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.layers.guessing.profiles import profiles_of
    >>> seen = profiles_of(pd.DataFrame({"长度": [6090.0, 13469.0]}))["长度"]
    >>> sheath = Field("sheath_km", "number", "皮长", "sheath", unit="km", minimum=0, maximum=2000)
    >>> guess_unit(sheath, "长度", seen), guess_unit(sheath, "皮长公里", seen)
    ('m', '')
    """
    if parse_header(column).unit or not len(seen.numbers):
        return ""
    if field.unit == "km" and field.name.startswith("sheath"):
        return _length_unit(seen.middle, length_m)
    low = -float("inf") if field.minimum is None else field.minimum
    high = float("inf") if field.maximum is None else field.maximum
    if seen.share_within(low, high) > _MOST_OUTSIDE:
        return ""
    for unit in known_units(field.unit):
        factor = unit_factor(unit, field.unit)
        if unit in _COMMON and factor and seen.share_within(low / factor, high / factor) >= _LEAST_INSIDE:
            return unit
    return ""


def _length_unit(middle: float, length_m: float | None) -> str:
    """Tell metres from kilometres by the lines themselves, else by size."""
    if length_m:
        if _LIKE[0] <= middle / length_m <= _LIKE[1]:
            return "m"
        if _LIKE[0] <= middle * 1000.0 / length_m <= _LIKE[1]:
            return ""
    return "m" if middle > _LONG_KM else ""
