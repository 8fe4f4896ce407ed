"""What the values of a column look like: numbers, angles, words, identifiers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.layers.angles import parse_angle
from onemap.layers.values import cell_text, parse_yes_no

__all__ = ["Profile", "profiles_of"]

_SAMPLE_ROWS = 2_000
_TEXTS = 300
_NUMBER = re.compile(
    r"^[约≈~<>≤≥]?\s*([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:e[+-]?\d+)?)"
    r"\s*[a-zA-Z°%²/㎡米公里千平方度元个人户层根条芯孔瓦吨伏亩年处]{0,5}(?:左右)?$",
    re.IGNORECASE,
)
_CELL = re.compile(r"^460[-_ ]?\d{2}[-_ ]?\d{3,10}[-_ ]\d{1,5}([-_ ]\d{1,5})?$|^460\d{2}[0-9A-F]{6,12}$", re.IGNORECASE)
_DATE = re.compile(r"^\d{4}\s*[-/.年]\s*\d{1,2}")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Profile:
    """The values of one column, from a sample of its rows; shares are of the filled ones.

    Attributes
    ----------
    rows
        Cells that were looked at; 0 where the values are not known.
    filled
        Cells of the sample that hold something.
    texts
        Some of the distinct values, as texts.
    numbers
        The values that are numbers, shape (n,).
    distinct_share, numeric_share, whole_share, yes_no_share, angle_share, date_share, cell_share, han_share
        Distinct values; numbers; whole numbers; yes or no; degrees, minutes and seconds; dates; identifiers of cells
        as operators write them; texts with Chinese characters.
    counts_up
        True for 1, 2, 3 … down the rows.
    """

    rows: int = 0
    filled: int = 0
    texts: tuple[str, ...] = ()
    numbers: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    distinct_share: float = 0.0
    numeric_share: float = 0.0
    whole_share: float = 0.0
    yes_no_share: float = 0.0
    angle_share: float = 0.0
    date_share: float = 0.0
    cell_share: float = 0.0
    han_share: float = 0.0
    counts_up: bool = False

    def share_within(self, low: float, high: float) -> float:
        """Give the share of the numbers that lie from low to high; 0 without numbers."""
        inside = (self.numbers >= low) & (self.numbers <= high)
        return float(inside.mean()) if len(self.numbers) else 0.0

    @property
    def middle(self) -> float:
        """Median of the numbers, NaN without numbers."""
        return float(np.median(self.numbers)) if len(self.numbers) else float("nan")


def profiles_of(frame: pd.DataFrame) -> Mapping[str, Profile]:
    """Look at the values of every column of a source.

    Parameters
    ----------
    frame
        Attributes as read; a sample of the rows, evenly taken, stands for all.

    Examples
    --------
    >>> seen = profiles_of(pd.DataFrame({"塔高": ["35米", "40"], "名称": ["东塔", "西塔"]}))
    >>> seen["塔高"].numbers.tolist(), seen["名称"].han_share
    ([35.0, 40.0], 1.0)
    """
    step = max(1, -(-len(frame) // _SAMPLE_ROWS))
    sample = frame.iloc[::step]
    return MappingProxyType({str(name): _profile(sample.iloc[:, at]) for at, name in enumerate(sample.columns)})


def _profile(column: pd.Series) -> Profile:
    """Look at the values of one column."""
    cells = [text for value in column if (text := cell_text(value)) is not None]
    if not cells:
        return Profile(rows=len(column))
    distinct = list(dict.fromkeys(cells))
    read = {text: _number(text) for text in distinct}
    numbers = np.array([number for text in cells if (number := read[text]) is not None], dtype=np.float64)

    def share(test: object) -> float:
        passed = {text for text in distinct if test(text)}  # type: ignore[operator]
        return sum(text in passed for text in cells) / len(cells)

    return Profile(
        rows=len(column),
        filled=len(cells),
        texts=tuple(distinct[:_TEXTS]),
        numbers=numbers,
        distinct_share=len(distinct) / len(cells),
        numeric_share=len(numbers) / len(cells),
        whole_share=float((numbers == np.round(numbers)).sum()) / len(cells),
        yes_no_share=share(lambda text: parse_yes_no(text) is not None),
        angle_share=share(_is_angle),
        date_share=share(lambda text: bool(_DATE.match(text))),
        cell_share=share(lambda text: bool(_CELL.match(text))),
        han_share=share(lambda text: bool(_HAN.search(text))),
        counts_up=_counts_up(numbers, len(cells)),
    )


def _number(text: str) -> float | None:
    """Read a number with or without a unit."""
    found = _NUMBER.match(unicodedata.normalize("NFKC", text))
    return None if found is None else float(found[1].replace(",", ""))


def _is_angle(text: str) -> bool:
    """Tell degrees that are written with minutes, seconds or a letter."""
    return _number(text) is None and any(mark in text for mark in "°度′'分") and parse_angle(text) is not None


def _counts_up(numbers: NDArray[np.float64], filled: int) -> bool:
    """Tell whether numbers count the rows."""
    steps = np.diff(numbers)
    return (
        len(numbers) == filled > 1 and bool((steps > 0).all()) and numbers[0] in {0.0, 1.0} and bool(np.ptp(steps) == 0)
    )
