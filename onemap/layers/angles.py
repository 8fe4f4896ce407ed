"""Angles as people write them: decimal degrees, degrees-minutes-seconds, with signs, letters or words."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["parse_angle"]

_BEFORE_NFKC = str.maketrans(
    {
        "º": "°",
        "˚": "°",
        "゜": "°",
        "´": "′",
        "`": "′",
        "’": "′",
        "‘": "′",
        "“": "″",
        "”": "″",
        "度": "°",
        "分": "′",
        "秒": "″",
    }
)
_AFTER_NFKC = str.maketrans({"'": "′", '"': "″", "−": "-", "–": "-", "—": "-"})
_SIDES = {
    "东经": ("lon", 1), "西经": ("lon", -1), "北纬": ("lat", 1), "南纬": ("lat", -1),
    "东": ("lon", 1), "西": ("lon", -1), "北": ("lat", 1), "南": ("lat", -1),
    "E": ("lon", 1), "W": ("lon", -1), "N": ("lat", 1), "S": ("lat", -1),
    "经°": ("lon", 1), "纬°": ("lat", 1),
}  # fmt: skip
_SIDE = "|".join(_SIDES)
_WRITING = re.compile(
    rf"^(?P<before>{_SIDE})?[:\s]*(?P<sign>[+-])?\s*(?P<number>\d.*?)[\s,;]*(?P<after>{_SIDE})?$", re.IGNORECASE
)
_DECIMAL = r"\d+(?:\.\d*)?"
_NUMBER = re.compile(
    rf"""^(?:
        (?P<d1>{_DECIMAL})\s*°?                                                     # 75.5  75.5°
      | (?P<d2>\d+)\s*°\s*(?P<m2>{_DECIMAL})\s*′?                                   # 75°12.5′
      | (?P<d3>\d+)\s*°\s*(?P<m3>\d+)\s*′\s*(?P<s3>{_DECIMAL})\s*″?                 # 75°12′34.5″
      | (?P<d4>\d+)\s*[\s:-]\s*(?P<m4>\d+)\s*[\s:-]\s*(?P<s4>{_DECIMAL})\s*″?       # 75-12-34.5  75 12 34.5
      | (?P<d5>\d+)\s*[\s:]\s*(?P<m5>{_DECIMAL})\s*′?                               # 75 12.5
    )$""",
    re.VERBOSE,
)


def parse_angle(text: str) -> tuple[float, str] | None:
    """Read an angle.

    Parameters
    ----------
    text
        Decimal degrees or degrees, minutes and seconds, in any usual writing; full-width characters too.

    Returns
    -------
    angle
        Degrees, and the axis that a letter or word names ("lon", "lat" or ""); None if the text is no angle: other
        words, minutes or seconds of 60 or more, a sign that contradicts the letter.

    Examples
    --------
    >>> [parse_angle(text) for text in ("75°12′36″", "E75.21°", "东经75度12分36秒", "39 30 00", "7512")]
    [(75.21, ''), (75.21, 'lon'), (75.21, 'lon'), (39.5, ''), (7512.0, '')]
    >>> parse_angle("75°61′") is None
    True
    """
    plain = unicodedata.normalize("NFKC", text.translate(_BEFORE_NFKC)).translate(_AFTER_NFKC)
    plain = plain.replace("′′", "″").strip()
    writing = _WRITING.match(plain)
    number = _NUMBER.match(writing["number"]) if writing else None
    if writing is None or number is None:
        return None
    degrees, *smaller = (float(part) for part in number.groups() if part is not None)
    if any(part >= 60 for part in smaller):
        return None
    value = degrees + sum(part / 60 ** (power + 1) for power, part in enumerate(smaller))
    sides = {_SIDES[side.upper()] for side in (writing["before"], writing["after"]) if side}
    if len(sides) > 1 or (sides and writing["sign"]):
        return None
    axis, side_sign = next(iter(sides), ("", 1))
    return value * side_sign * (-1 if writing["sign"] == "-" else 1), axis
