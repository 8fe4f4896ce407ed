"""Values of attribute tables: from text to numbers, dates and times, and back."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from onemap.vct.grammar import Field

__all__ = ["as_text", "column_texts", "read_values"]

_YES, _NO = frozenset({"1", "t", "true", "y", "yes", "是"}), frozenset({"0", "f", "false", "n", "no", "否"})
_LARGEST = 2**63


def read_values(texts: Sequence[str], kind: str) -> tuple[list[Any], list[int]]:
    """Turn the texts of a column into values.

    Parameters
    ----------
    texts
        As they stand in the file; an empty one is a missing value.
    kind
        As `kind_of_type` gives it.

    Returns
    -------
    values
        Text, int, float, date, time, datetime or bool; None where there is none.
    wrong
        Positions of texts that are no such value; they are None.

    Examples
    --------
    >>> read_values(["20260101", "", "soon"], "date")
    ([datetime.date(2026, 1, 1), None, None], [2])
    """
    if kind == "text":
        return [text or None for text in texts], []
    read = _READ[kind]
    try:
        if kind == "number":
            return _numbers(texts), []
        return [read(text) if text else None for text in texts], []
    except ValueError:
        pass
    values: list[Any] = []
    wrong = []
    for at, text in enumerate(texts):
        try:
            values.append(read(text.strip()) if text.strip() else None)
        except ValueError:
            values.append(None)
            wrong.append(at)
    return values, wrong


def as_text(value: Any, field: Field) -> str:
    """Write a value as the format wants it.

    Parameters
    ----------
    value
        A value of the kind of the field; None for a missing one.
    field
        The field: digits after the point.

    Examples
    --------
    >>> as_text(5600.0, Field("TBMJ", "Float", 15, 2)), as_text(dt.date(2026, 1, 2), Field("GXSJ", "Date", 8))
    ('5600.00', '20260102')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    kind = field.kind
    if kind == "number":
        return f"{value:.{field.decimals}f}" if field.decimals is not None else plain_number(float(value))
    if kind == "yes-no":
        return "T" if value else "F"
    write = _WRITE.get(kind)
    return str(value) if write is None or isinstance(value, str) else write(value)


def column_texts(values: Sequence[Any], field: Field) -> list[str]:
    """Write the values of a column.

    Parameters
    ----------
    values, field
        As in `as_text`.

    Examples
    --------
    >>> column_texts(["水田", None], Field("MC", "Char", 8)), column_texts([1.0, None], Field("MJ", "Float", 15, 2))
    (['水田', ''], ['1.00', ''])
    """
    kind, kinds = field.kind, set(map(type, values))
    if kinds <= {str, type(None)} and kind == "text":
        return [value or "" for value in values]
    if kinds <= {float, int} and kind == "number" and field.decimals is not None:
        form = f".{field.decimals}f"
        return [format(value, form) if value == value else "" for value in values]  # noqa: PLR0124  (NaN)
    return [as_text(value, field) for value in values]


def plain_number(value: float) -> str:
    """Write a number without an exponent, in as few digits as give it back.

    Examples
    --------
    >>> plain_number(0.1), plain_number(1e-7), plain_number(3.0)
    ('0.1', '0.0000001', '3')
    """
    words = repr(value)
    if "e" not in words:
        return words.removesuffix(".0")
    digits, _, power = words.partition("e")
    whole, _, part = digits.lstrip("-").partition(".")
    sign, exponent = "-" if value < 0 else "", int(power)
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{whole}{part}"
    return f"{sign}{whole}{part.ljust(exponent, '0')}"


def _whole(text: str) -> int:
    """Read a whole number of 64 bits; one that is written with zeros after a point is one too."""
    number = (
        int(text.partition(".")[0]) if text.count(".") == 1 and not text.partition(".")[2].strip("0") else int(text)
    )
    if not -_LARGEST <= number < _LARGEST or "_" in text:
        raise ValueError(text)
    return number


def _numbers(texts: Sequence[str]) -> list[float | None]:
    """Read numbers that are all finite."""
    if "_" in "".join(texts):
        raise ValueError("_")
    numbers = [float(text) if text else None for text in texts]
    if not all(map(math.isfinite, filter(None, numbers))):
        raise ValueError("nan")
    return numbers


def _number(text: str) -> float:
    """Read a number that is finite."""
    number = float(text)
    if not math.isfinite(number) or "_" in text:
        raise ValueError(text)
    return number


def _date(text: str) -> dt.date:
    """Read YYYYMMDD, or the same with marks between."""
    if len(text) == 8 and text.isdecimal():
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    for mark in "-/.":
        parts = text.split(mark)
        if len(parts) == 3 and len(parts[0]) == 4:
            return dt.date(int(parts[0]), int(parts[1]), int(parts[2]))
    raise ValueError(text)


def _time(text: str) -> dt.time:
    """Read hh:mm:ss, with parts of a second as it may be."""
    hour, minute, second = text.split(":")
    whole, _, part = second.partition(".")
    return dt.time(int(hour), int(minute), int(whole), int(part[:6].ljust(6, "0")))


def _date_time(text: str) -> dt.datetime:
    """Read YYYYMMDDhh:mm:ss, with a blank or T between as it may be."""
    at = text.index(":") - 2
    return dt.datetime.combine(_date(text[:at].rstrip(" T")), _time(text[at:]))


def _yes_no(text: str) -> bool:
    """Read yes or no."""
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ValueError(text)
    return word in _YES


def _time_text(value: dt.time) -> str:
    """Write a time."""
    return value.strftime("%H:%M:%S") + (f".{value.microsecond:06d}" if value.microsecond else "")


_READ: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "whole": _whole,
        "number": _number,
        "date": _date,
        "time": _time,
        "date-time": _date_time,
        "yes-no": _yes_no,
    }
)
_WRITE: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "date": lambda value: f"{value.year:04d}{value.month:02d}{value.day:02d}",
        "time": _time_text,
        "date-time": lambda value: f"{value.year:04d}{value.month:02d}{value.day:02d}{_time_text(value.time())}",
    }
)
