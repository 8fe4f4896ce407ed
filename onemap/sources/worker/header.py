"""Where the column names of a table stand: below titles, over one row or several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

__all__ = ["Header", "Merged", "filled_count", "find_header", "is_blank", "title_of"]

Merged = tuple[tuple[int, int], tuple[int, int]]
"""First and last cell of a merged range, each as (row, column) from 0."""

_LOOKED_AT = 200
_LATEST = 40
_DEEPEST = 4
_COUNTED = 4
_WIDE_ENOUGH = 0.6
_WORDS_ENOUGH = 0.75
_LONG = 40
_NUMBER = re.compile(r"[-+]?[\d.,]+(e[-+]?\d+)?\s*[%°a-zA-Z米]{0,3}", re.IGNORECASE)
_ASIDE = re.compile(r"[（(\[【][^）)\]】]*[）)\]】]")
_LABELLED = re.compile(r"\S+[：:]\s*\S")


@dataclass(frozen=True, slots=True)
class Header:
    """Rows of the column names (first and last, from 1), the names, one a column (empty: no name).

    Below the names a form may number its columns: 1, 2, 3 …; that row, 0 for none, is the last one then.
    """

    first: int
    last: int
    names: list[str]
    numbered: int = 0


def find_header(records: Sequence[Sequence[Any]], merged: Iterable[Merged] = ()) -> Header | None:
    """Find the column names: the first row that is nearly as wide as the table and holds words; None if all is blank.

    A row of one cell, or of labels with values ("填报单位：甲公司"), is a title. Where merged cells part a heading, the
    names run over several rows and are joined. Without such a row the first row of more than one cell is taken.
    """
    head = records[:_LOOKED_AT]
    ranges = [one for one in merged if one[0][0] < _LOOKED_AT]
    typical = _typical_width(head)
    for at, cells in enumerate(head[:_LATEST]):
        spread = _spread(cells, at, ranges)
        if _is_heading(spread, typical):
            return _joined(head, at, ranges)
    first = next((at for at, cells in enumerate(records) if filled_count(cells) > 1), None)
    if first is None:
        first = next((at for at, cells in enumerate(records) if filled_count(cells)), None)
    return None if first is None else Header(first + 1, first + 1, [title_of(cell) for cell in records[first]])


def is_blank(cell: Any) -> bool:
    """Tell whether a cell shows nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def filled_count(cells: Sequence[Any]) -> int:
    """Count the cells that show something."""
    return sum(not is_blank(cell) for cell in cells)


def title_of(cell: Any) -> str:
    """Give a column name without the space and line breaks around and within it."""
    return "" if cell is None else " ".join(str(cell).replace("\ufeff", "").split())


def _typical_width(head: Sequence[Sequence[Any]]) -> float:
    """Give the number of cells that most rows fill; rows of one cell count only where there are no others."""
    counts = [count for cells in head if (count := filled_count(cells))]
    wide = [count for count in counts if count > 1] or counts
    return quantiles(wide, n=4)[2] if len(wide) > 1 else float(max(wide, default=0))


def _spread(cells: Sequence[Any], at: int, ranges: Sequence[Merged]) -> list[Any]:
    """Give a row with the value of each merged range in all its cells."""
    spread = list(cells)
    for (top, left), (_, right) in ranges:
        if top == at and left < len(spread):
            spread[left : right + 1] = [spread[left]] * (min(right + 1, len(spread)) - left)
    return spread


def _is_heading(spread: Sequence[Any], typical: float) -> bool:
    """Tell whether a row names columns: wide, of different words, neither numbers nor labels with values."""
    filled = [cell for cell in spread if not is_blank(cell)]
    words = [cell for cell in filled if isinstance(cell, str) and _is_word(cell.strip())]
    enough = 1 if typical <= 1 else 2
    return (
        len(filled) >= max(enough, _WIDE_ENOUGH * typical)
        and len(set(words)) >= enough
        and len(words) >= _WORDS_ENOUGH * len(filled)
    )


def _is_word(text: str) -> bool:
    """Tell whether a text may be the name of a column; what stands in brackets explains it."""
    bare = _ASIDE.sub("", text).strip() or text
    return len(bare) <= _LONG and not _NUMBER.fullmatch(text) and not _LABELLED.match(bare)


def _joined(head: Sequence[Sequence[Any]], at: int, ranges: Sequence[Merged]) -> Header:
    """Give the names of a heading, those of several rows joined by "_"."""
    last = min(at + _depth(head, at, ranges), len(head)) - 1
    rows = [_spread(head[row], row, ranges) for row in range(at, last + 1)]
    width = max(len(row) for row in rows)
    names = []
    for column in range(width):
        parts = [title_of(row[column]) for row in rows if column < len(row)]
        names.append("_".join(dict.fromkeys(part for part in parts if part)))
    is_numbered = last + 1 < len(head) and _counts_columns(head[last + 1], sum(map(bool, names)))
    return Header(at + 1, last + 1 + is_numbered, names, last + 2 if is_numbered else 0)


def _counts_columns(cells: Sequence[Any], named: int) -> bool:
    """Tell whether a row only numbers the columns."""
    shown = [
        f"{cell:g}" if isinstance(cell, float) else str(cell).strip("（）() ") for cell in cells if not is_blank(cell)
    ]
    return len(shown) >= max(_COUNTED, named - 1) and shown == [str(number) for number in range(1, len(shown) + 1)]


def _depth(head: Sequence[Sequence[Any]], at: int, ranges: Sequence[Merged]) -> int:
    """Count the rows of a heading: as deep as its merged cells reach, and one more below a group of columns."""
    own = [one for one in ranges if one[0][0] == at]
    depth = 1 + max((bottom - at for (_, _), (bottom, _) in own), default=0)
    groups = [one for one in own if one[1][1] > one[0][1] and one[1][0] - at + 1 == depth]
    below = head[at + depth] if groups and at + depth < len(head) else ()
    named = [below[column] for one in groups for column in range(one[0][1], one[1][1] + 1) if column < len(below)]
    is_named = bool(named) and all(isinstance(cell, str) and _is_word(cell.strip()) for cell in named)
    return min(depth + is_named, _DEEPEST)
