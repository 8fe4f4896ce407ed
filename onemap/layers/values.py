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

from onemap.layers.numbers import parse_number

__all__ = ["cell_text", "parse_yes_no", "plain_text", "split_list", "unique_members"]

_MISSING = frozenset({
    "", "-", "--", "—", "——", "/", "\\", "\\n", "null", "<null>", "(null)", "[null]", "none", "nil",
    "<na>", "nan", "nat", "n/a", "<空>", "(空)",
})  # fmt: skip
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\x00"), None)
_BLANKS = re.compile(r"[\s\x01-\x1f\x7f]+")
_YES = frozenset({
    "是", "是的", "有", "已有", "对", "已", "已建", "具备", "存在", "可", "支持", "满足", "开", "开通",
    "y", "yes", "t", "true", "1", "√", "✓", "✔", "☑", "●", "on",
})  # fmt: skip
_NO = frozenset({
    "否", "不是", "无", "没", "没有", "暂无", "错", "未", "未建", "非", "不具备", "不存在", "不可",
    "不支持", "不满足", "关", "未开通", "n", "no", "f", "false", "0", "×", "✗", "✘", "x", "☐", "○", "off",
})  # fmt: skip
_LIST_MARKS = re.compile(r"[、,，;；/|\n]+|(?<=\S)[+＋](?=[\s\w])")


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


def split_list(text: str) -> list[str]:
    """Split a list of texts on any of the usual marks.

    Examples
    --------
    >>> split_list("移动、联通/电信； 铁塔")
    ['移动', '联通', '电信', '铁塔']
    >>> split_list("4G+5G")
    ['4G', '5G']
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
