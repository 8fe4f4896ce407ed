"""Numbers as people write them into cells, and why a text is none."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onemap.layers.units import unit_factor

__all__ = ["NumberReading", "parse_number", "read_number"]

_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?")
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d{1,3}(?: \d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?"
_WRITTEN = re.compile(rf"^(?P<number>[+-]?{_NUMBER})\s*(?P<unit>[^\d\s+.,-].*)?$", re.IGNORECASE)
_INSIDE = re.compile(r"[+-]?\d+(?:\.\d+)?")
_COMMA = re.compile(r"^[+-]?(?:\d+,(?:\d{1,2}|\d{4,})|\d{4,},\d+|0,\d+|\d{1,3}(?:\.\d{3})+,\d+)$")
_ABOUT = re.compile(
    r"约|大概|大致|接近|^近|[~≈±]|左右|上下|[余多]|估|\babout\b|\bca\.?(?=\s|\d)|approx|[?]$", re.IGNORECASE
)
_BOUND = re.compile(r"[<>≤≥≦≧]|以上|以下|以内|超过|大于|小于|不足|不低于|不高于|不超过|至少|最多|\+$")
_RANGE = re.compile(r"\d\D*?(?:[-—–~]|至|到|\bto\b)\s*\d", re.IGNORECASE)
_CHOICE = re.compile(r"\d\D*?(?:[/、;\\&]|或|和|及|\bor\b|\band\b)\s*\d", re.IGNORECASE)
_COUNTERS = frozenset("人户个条座芯孔架台名所栋处口匹家间年根对段副套面次位")
_MULTIPLIERS = {"亿": 1e8, "万": 1e4, "千": 1e3, "百": 1e2}
_DIGITS = {
    "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
    "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_RANKED = "".join([*_DIGITS, *_TENS])
_NUMERAL = re.compile(rf"^[{_RANKED}][{_RANKED}万亿]*(?:点[{''.join(_DIGITS)}]+)?")


@dataclass(frozen=True, slots=True)
class NumberReading:
    """What a text says as a number.

    Attributes
    ----------
    value
        The number in the unit wanted, None where the text is no plain number.
    why
        Id of the text that says why it is none, such as "why_about"; empty where it is one.
    meant
        The number that was probably meant, None where that is open too.
    converted
        Whether the cell states another unit, or a multiplier (万), that was reckoned with.
    """

    value: float | None
    why: str = ""
    meant: float | None = None
    converted: bool = False


def parse_number(text: str, unit: str = "") -> float | None:
    """Read a number: plain, with full-width digits, thousands separators, or a unit behind it.

    Parameters
    ----------
    text
        What stands in the cell.
    unit
        Unit that the number is wanted in; only units that turn into it may follow the number.

    Returns
    -------
    number
        In that unit; None if the text is no such number.

    Examples
    --------
    >>> [parse_number(text, "m") for text in ("３５", "1,234.5", "35米", "35 m", "0.5 km", "约35", "30-40", "12,5")]
    [35.0, 1234.5, 35.0, 35.0, 500.0, None, None, None]
    """
    return read_number(text, unit).value


def read_number(text: str, unit: str = "") -> NumberReading:
    """Read a number, or say why it is none and which was probably meant.

    Parameters
    ----------
    text
        What stands in the cell.
    unit
        Unit that the number is wanted in. Without one, words that count (人, 芯, 座) may follow the number.

    Returns
    -------
    reading
        The number, or the reason.

    Examples
    --------
    >>> read_number("三十五", "m")
    NumberReading(value=None, why='why_numeral', meant=35.0, converted=False)
    >>> read_number("2公里", "m"), read_number("35层", "m").why
    (NumberReading(value=2000.0, why='', meant=None, converted=True), 'why_unit')
    """
    if _PLAIN.fullmatch(text):  # most cells
        return NumberReading(float(text)) if len(text) < 300 else NumberReading(None, "why_infinite")
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").strip().removeprefix("'")
    found = _WRITTEN.match(plain)
    if found is not None:
        reading = _with_unit(found["number"], (found["unit"] or "").strip(), unit)
        if reading is not None:
            return reading
    return _doubtful(plain, unit)


def _with_unit(digits: str, given: str, unit: str) -> NumberReading | None:
    """Read a number that a unit may follow; None where what follows is no unit that fits."""
    number = float(digits.replace(",", "").replace(" ", ""))
    if not math.isfinite(number):
        return NumberReading(None, "why_infinite")
    if not given:
        return NumberReading(number)
    factor = _factor(given.strip("()[] "), unit)
    return None if factor is None else NumberReading(_times(number, factor), converted=factor != 1.0)


def _factor(given: str, unit: str) -> float | None:
    """Give the factor of what follows a number: a unit, a word that counts, or 万 before either."""
    if not given:
        return 1.0
    if unit and (factor := unit_factor(given, unit)) is not None:
        return factor
    if not unit and given in _COUNTERS:
        return 1.0
    times = _MULTIPLIERS.get(given[0])
    rest = None if times is None else _factor(given[1:], unit)
    return None if times is None or rest is None else times * rest


def _times(number: float, factor: float) -> float:
    """Turn a number into another unit, without the dust of binary fractions."""
    return number if factor == 1.0 else float(f"{number * factor:.15g}")


def _doubtful(plain: str, unit: str) -> NumberReading:
    """Say why a text is no plain number, and what was probably meant."""
    for why, speaks in _REASONS.items():
        if speaks(plain):
            return NumberReading(None, why, _MEANT.get(why, _nothing)(plain, unit))
    return NumberReading(None, "why_words")


def _is_unit(plain: str) -> bool:
    """Tell whether a text is a number and a word behind it."""
    return _WRITTEN.match(plain) is not None


def _about(plain: str, unit: str) -> float | None:
    """Give the only number in a text, in the unit behind it."""
    inside = _INSIDE.findall(plain)
    if len(inside) != 1:
        return None
    behind = re.sub(r"\(?估\)?|左右|上下|[余多?]|\s", "", plain[plain.index(inside[0]) + len(inside[0]) :])
    factor = _factor(behind, unit)
    return None if factor is None else _times(float(inside[0]), factor)


def _comma(plain: str, _unit: str) -> float:
    """Read a comma as the mark of decimals."""
    return float(plain.replace(".", "").replace(",", "."))


def _numeral(plain: str, unit: str) -> float | None:
    """Read Chinese numerals, and the unit behind them."""
    found = _NUMERAL.match(plain)
    if found is None:
        return None
    whole, _, decimals = found[0].partition("点")
    number = _whole(whole) + (float("0." + "".join(str(_DIGITS[one]) for one in decimals)) if decimals else 0.0)
    factor = _factor(plain[found.end() :].strip(), unit)
    return None if factor is None else _times(number, factor)


def _whole(numeral: str) -> float:
    """Read a whole number in Chinese numerals: 三百二十 by its ranks, 三五 digit by digit."""
    if all(one in _DIGITS for one in numeral):
        return float("".join(str(_DIGITS[one]) for one in numeral))
    total, part, digit = 0, 0, 0
    for one in numeral:
        if one in _DIGITS:
            digit = _DIGITS[one]
        elif one in _TENS:
            part, digit = part + (digit or 1) * _TENS[one], 0
        else:
            total, part, digit = (total + part + digit) * int(_MULTIPLIERS[one]), 0, 0
    return float(total + part + digit)


def _nothing(_plain: str, _unit: str) -> float | None:
    """Mean nothing that is known."""
    return None


_REASONS: Mapping[str, Callable[[str], object]] = {  # the first that speaks
    "why_comma": _COMMA.match,
    "why_percent": lambda plain: plain.endswith(("%", "‰")),
    "why_bound": _BOUND.search,
    "why_range": lambda plain: _RANGE.search(plain) and "±" not in plain,
    "why_choice": _CHOICE.search,
    "why_about": _ABOUT.search,
    "why_numeral": _NUMERAL.match,
    "why_unit": _is_unit,
}
_MEANT: Mapping[str, Callable[[str, str], float | None]] = {
    "why_comma": _comma,
    "why_about": _about,
    "why_numeral": _numeral,
}
