"""Single values as files hold them: text, numbers, yes and no, dates, lists."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from onemap.layers.units import unit_factor

__all__ = ["cell_text", "parse_date", "parse_number", "parse_yes_no", "plain_text", "split_list", "unique_members"]

_MISSING = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "null", "<null>", "<na>", "nan", "nat", "n/a", "#n/a", "<空>"}
)
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\x00"), None)
_BLANKS = re.compile(r"[\s\x01-\x1f\x7f]+")
_NUMBER = re.compile(
    r"^(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*(?P<unit>[^\d\s+.,-].*)?$",
    re.IGNORECASE,
)
_YES = frozenset(["是", "有", "对", "y", "yes", "t", "true", "1", "√", "✓", "✔", "☑", "●", "已", "on"])
_NO = frozenset(
    ["否", "无", "没有", "错", "n", "no", "f", "false", "0", "×", "✗", "✘", "x", "☐", "○", "未", "off", "非"]
)
_LIST_MARKS = re.compile(r"[、,，;；/|\n]+")
_DATE = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*(?:[-/.月]\s*(\d{1,2})\s*日?|月)?(?:[T\s]+\d{1,2}[:时].*)?$")
_PACKED_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_EXCEL_DAY_ZERO = dt.date(1899, 12, 30)
_EXCEL_DAYS = (18264, 73415)  # 1950-01-01 to 2100-12-31


def cell_text(value: object) -> str | None:
    r"""Give what a cell holds as trimmed text; None where it holds nothing.

    Whole numbers that a workbook keeps as floats lose their ".0"; dates become ISO text; lists are joined with ";".

    Examples
    --------
    >>> [cell_text(value) for value in (659900001.0, "  东\u3000塔 ", None, float("nan"), "－", True)]
    ['659900001', '东 塔', None, None, None, 'true']
    """
    if isinstance(value, str):
        return plain_text(value)
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    for types, give_text in _WRITERS.items():
        if isinstance(value, types):
            return give_text(value)
    return plain_text(str(value))


def plain_text(text: str) -> str | None:
    r"""Trim a text, make its blanks single and drop what cannot be seen; None where nothing is left or it says so.

    Examples
    --------
    >>> plain_text("\ufeff 北山  站\n"), plain_text("NULL"), plain_text("/")
    ('北山 站', None, None)
    """
    plain = _BLANKS.sub(" ", text.translate(_INVISIBLE)).strip()
    return None if unicodedata.normalize("NFKC", plain).casefold() in _MISSING or plain == "－" else plain


def parse_number(text: str, unit: str = "") -> float | None:
    """Read a number: plain, with full-width digits or thousands separators, with its own unit behind it.

    Parameters
    ----------
    text
        What stands in the cell.
    unit
        Unit that the column is in; only this one may follow the number.

    Returns
    -------
    number
        In that unit; None if the text is no such number.

    Examples
    --------
    >>> [parse_number(text, "m") for text in ("３５", "1,234.5", "35米", "35 m", "35 km", "约35", "30-40", "12,5")]
    [35.0, 1234.5, 35.0, 35.0, None, None, None, None]
    """
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
    found = _NUMBER.match(plain)
    if found is None:
        return None
    given = found["unit"]
    if given is not None and not (unit and unit_factor(given, unit) == 1.0):
        return None
    number = float(found["number"].replace(",", ""))
    return number if math.isfinite(number) else None


def parse_yes_no(text: str) -> bool | None:
    """Read yes or no; None if the text is neither.

    Examples
    --------
    >>> [parse_yes_no(text) for text in ("是", "√", "Y", "1", "0", "无", "×", "可能")]
    [True, True, True, True, False, False, False, None]
    """
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    if plain in _YES:
        return True
    number = parse_number(plain)
    if plain in _NO or number == 0.0:
        return False
    return True if number == 1.0 else None


def parse_date(text: str) -> str | None:
    """Read a day and give it as ISO text; a month alone is its first day; None if the text is no date.

    Days of a workbook (a bare number of days since 1899-12-30) are read too, between 1950 and 2100.

    Examples
    --------
    >>> [parse_date(text) for text in ("2026年1月5日", "2026/1/5", "20260105", "46027", "2026.1", "2026-02-30")]
    ['2026-01-05', '2026-01-05', '2026-01-05', '2026-01-05', '2026-01-01', None]
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _DATE.match(plain) or _PACKED_DATE.match(plain)
    if found is not None:
        year, month, day = (int(part or 1) for part in found.groups())
        try:
            return dt.date(year, month, day).isoformat()
        except ValueError:
            return None
    number = parse_number(plain)
    if number is not None and _EXCEL_DAYS[0] <= number <= _EXCEL_DAYS[1]:
        return (_EXCEL_DAY_ZERO + dt.timedelta(days=int(number))).isoformat()
    return None


def split_list(text: str) -> list[str]:
    """Split a list of texts on any of the usual marks.

    Examples
    --------
    >>> split_list("移动、联通/电信； 铁塔")
    ['移动', '联通', '电信', '铁塔']
    """
    return [member for part in _LIST_MARKS.split(text) if (member := part.strip())]


def unique_members(members: Iterable[str]) -> list[str]:
    """Drop members that stand twice, keep the order.

    Examples
    --------
    >>> unique_members(["4G", "5G", "4G"])
    ['4G', '5G']
    """
    return list(dict.fromkeys(members))


def _float_text(value: float | np.floating) -> str | None:
    """Give a float as people write it."""
    number = float(value)
    if math.isnan(number):
        return None
    if number.is_integer() and abs(number) < 2**53:
        return str(int(number))
    return repr(number) if isinstance(value, float) else str(value)


def _moment_text(value: dt.datetime | np.datetime64) -> str | None:
    """Give a date as ISO text, with its time if it has one."""
    if np.isnat(np.datetime64(value)):
        return None
    moment = pd.Timestamp(value)
    if moment == moment.normalize():
        return str(moment.date().isoformat())
    return str(moment.isoformat(sep=" ", timespec="seconds"))


def _members_text(value: Iterable[object]) -> str | None:
    """Give a list as text."""
    members = [cell_text(member) for member in value]
    return ";".join(member for member in members if member) or None


_WRITERS: Mapping[tuple[type, ...], Callable[[Any], str | None]] = {
    (float, np.floating): _float_text,
    (dt.datetime, np.datetime64): _moment_text,
    (list, tuple, np.ndarray): _members_text,
}
