"""Numbers that a field does not expect: outside its range, standing for 'unknown', a full turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onemap.layers.schema import Field

__all__ = ["NUMBER_REPAIRS", "number_rule", "questioned_numbers"]

NUMBER_REPAIRS: Mapping[str, str] = {
    "why_about": "rough_numbers",
    "why_comma": "decimal_comma",
    "why_numeral": "chinese_numerals",
}
"""Why a text is no plain number → repair that takes what was meant."""

_SENTINELS = frozenset(
    [
        -1, -9, -99, -999, -9999, -99999, 255, 999, 9999, 99999, 999999,
        32767, -32768, 65534, 65535, 2147483647, -2147483648, 4294967295,
    ]
)  # fmt: skip
"""Numbers that stand for 'unknown' where they lie outside the range of a field."""
_AZIMUTHS = ("azimuth_deg",)
_FULL_TURN = 360.0


def questioned_numbers(field: Field, numbers: ArrayLike) -> NDArray[np.bool_]:
    """Tell which numbers `number_rule` has something to say of.

    Parameters
    ----------
    field
        Field of the catalogue.
    numbers
        Numbers in its unit, shape (n,); NaN where missing.

    Examples
    --------
    >>> azimuth = Field("azimuth_deg", "number", "方位角", "azimuth", unit="°", minimum=0, maximum=360)
    >>> questioned_numbers(azimuth, [0.0, 360.0, 65535.0, np.nan]).tolist()
    [False, True, True, False]
    """
    values: NDArray[Any] = np.asarray(numbers)
    found = np.zeros(len(values), dtype=bool)
    if field.minimum is not None:
        found |= values < field.minimum
    if field.maximum is not None:
        found |= values > field.maximum
    if field.name in _AZIMUTHS:
        found |= values == _FULL_TURN
    return found


def number_rule(field: Field, number: float) -> tuple[str, str, float | None]:
    """Say which rule a number breaks.

    Parameters
    ----------
    field
        Field of the catalogue.
    number
        In the unit of the field.

    Returns
    -------
    rule, repair, meant
        Id of the rule, empty if none; name of the repair that fits, empty if none; the number that it takes, None for
        nothing.

    Examples
    --------
    >>> azimuth = Field("azimuth_deg", "number", "方位角", "azimuth", unit="°", minimum=0, maximum=360)
    >>> [number_rule(azimuth, number) for number in (65535.0, 725.0, 360.0, 120.0)]
    [('OM-ATT-014', 'sentinels', None), ('OM-ATT-007', '', None), ('OM-ATT-015', 'azimuth_360', 0.0), ('', '', None)]
    """
    below = field.minimum is not None and number < field.minimum
    above = field.maximum is not None and number > field.maximum
    if below or above:
        return ("OM-ATT-014", "sentinels", None) if number in _SENTINELS else ("OM-ATT-007", "", None)
    if field.name in _AZIMUTHS and number == _FULL_TURN:
        return "OM-ATT-015", "azimuth_360", 0.0
    return "", "", None
