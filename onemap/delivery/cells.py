"""Cells of columns as text and as numbers, whatever a file has put there: bytes, lists, dates, half a character."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

__all__ = ["numbers_of", "text_of"]


def text_of(column: pd.Series[Any], *, strip: bool = True) -> pd.Series[str]:
    r"""Give a column as text; a missing value as empty text, what is no text as Python writes it.

    Parameters
    ----------
    column
        Cells of any kind.
    strip
        Whether blanks before and after are taken off.

    Examples
    --------
    >>> text_of(pd.Series([" a ", None, b"\xff", 3])).tolist()
    ['a', '', "b'\\xff'", '3']
    """
    try:
        text = column.astype("string")
    except (UnicodeError, TypeError, ValueError):
        text = column.map(_written).astype("string")
    text = text.fillna("")
    return text.str.strip() if strip else text


def numbers_of(column: pd.Series[Any]) -> pd.Series[float]:
    """Give a column as numbers; what is none is missing.

    Examples
    --------
    >>> numbers_of(pd.Series(["2.5", "x", None, [1]])).tolist()
    [2.5, nan, nan, nan]
    """
    try:
        return pd.to_numeric(column, errors="coerce").astype("float64")
    except (TypeError, ValueError, OverflowError):
        return column.map(_number).astype("float64")


def _written(value: object) -> str | None:
    """Give a value as text that can be stored."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _number(value: Any) -> float:  # whatever a file held
    """Give a value as a number, NaN where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")
