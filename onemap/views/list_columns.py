"""Columns and cells of lists: headers in both languages, values as text and numbers that a workbook can hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from onemap.messages import entry
from onemap.views.escaping import plain
from onemap.views.map_data import words

__all__ = [
    "Cell",
    "Column",
    "Kind",
    "OfficeList",
    "empty",
    "given",
    "numbered",
    "plain_cell",
    "shown_width",
    "spoken",
    "titled",
]

Cell = str | int | float | None
Kind = Literal["text", "integer", "number", "share", "degrees"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list.

    Attributes
    ----------
    zh, en
        Headers; a unit stands in them.
    kind
        How its numbers are written: integer, number (one decimal), share (per cent) or degrees (six decimals).
    cells
        One value a row; None where nothing is known.
    """

    zh: str
    en: str
    kind: Kind
    cells: tuple[Cell, ...]

    def header(self, lang: str) -> str:
        """Give the header in a language."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class OfficeList:
    """One list.

    Attributes
    ----------
    name
        What it is called inside: gaps, villages, gap_details, stretches, roads, those of `GAP_LISTS`, demands, matches,
        clusters, pairs, given, rejected, reservations, poles, conflicts, shared_routes, route_lengths, single_routes,
        cuts, ducts, delays, model_errors, those of `plan_lists`, findings.
    zh, en
        Titles.
    columns
        Its columns, all of one length.
    """

    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]

    def title(self, lang: str) -> str:
        """Give the title in a language."""
        return self.zh if lang == "zh" else self.en

    def __len__(self) -> int:
        return len(self.columns[0].cells) if self.columns else 0


def plain_cell(value: object) -> Cell:
    """Give a value of a frame as text, number or None; yes and no as words.

    Examples
    --------
    >>> plain_cell(float("nan")), plain_cell(True), plain_cell(12)
    (None, 'yes', 12)
    """
    if value is None or value is pd.NA or value is pd.NaT or value == "":
        return None
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, int) or pd.api.types.is_integer(value):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return plain(value)


def spoken(cells: Sequence[Cell], lang: str, *, is_list: bool = False, between: str = ";") -> list[Cell]:
    """Put words in the place of canonical values.

    Parameters
    ----------
    cells
        Values; those without words stay.
    lang
        "zh" or "en".
    is_list
        Whether a cell holds several values.
    between
        What stands between them; ";" is shown as the comma of the language, another sign as it is.

    Examples
    --------
    >>> spoken(["covered", None, 3], "zh")
    ['已覆盖', None, 3]
    """
    parts = {part for cell in cells if isinstance(cell, str) for part in (cell.split(between) if is_list else [cell])}
    known = {value: pair[0 if lang == "zh" else 1] for value, pair in words(parts).items()}
    mark = between if between != ";" else "、" if lang == "zh" else ", "
    return [
        mark.join(known.get(part, part) for part in (cell.split(between) if is_list else [cell]))
        if isinstance(cell, str)
        else cell
        for cell in cells
    ]


def shown_width(words: str) -> int:
    """Count the characters of a text as a sheet shows them, a hanzi as two.

    Examples
    --------
    >>> shown_width("塔高(m)")
    7
    """
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in words)


def numbered(count: int) -> Column:
    """Give the column of row numbers, from 1.

    Examples
    --------
    >>> numbered(2).cells
    (1, 2)
    """
    return given("number", "integer", range(1, count + 1))


def empty(label: str, count: int) -> Column:
    """Make a column that people fill in.

    Examples
    --------
    >>> empty("remarks", 2).cells
    (None, None)
    """
    return given(label, "text", [None] * count)


def given(label: str, kind: Kind, cells: Iterable[Cell]) -> Column:
    """Make a column with a header of the views, text `list_` and label.

    Examples
    --------
    >>> given("remarks", "text", ["a"]).header("zh")
    '备注'
    """
    header = entry(f"list_{label}")
    return Column(header["zh"], header["en"], kind, tuple(cells))


def titled(name: str, columns: Sequence[Column]) -> OfficeList:
    """Give a list its title, text `list_title_` and name.

    Examples
    --------
    >>> titled("gaps", [numbered(1)]).zh
    '覆盖缺口清单'
    """
    title = entry(f"list_title_{name}")
    return OfficeList(name, title["zh"], title["en"], tuple(columns))
