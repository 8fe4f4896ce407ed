"""The cells of a column as trimmed texts: each distinct word once, and which word stands in which row.

`values.cell_text` says what one cell holds. A column of a million cells goes the same way at once: words in which
nothing is to be trimmed are taken as they are, only the others pass through that function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from onemap.layers.values import cell_text

__all__ = ["Texts", "cell_texts", "matching", "words_like"]

_SPACES = r"\x{85}\x{a0}\x{1680}\x{2000}-\x{200d}\x{2028}\x{2029}\x{202f}\x{205f}\x{2060}\x{3000}\x{feff}"
_ODD = rf"[\x00-\x1f\x7f{_SPACES}]|  |^ | $|^[^0-9]{{0,6}}$"
"""What trimming may change: blanks and unseen characters; and short words without a digit, which may say "none"."""
_SAMPLE_ROWS = 10_000
_EXACT_FLOAT = 2.0**53


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts of a column.

    Attributes
    ----------
    words
        Arrow array of texts without nulls; the words of the column, mostly each once.
    codes
        Position in `words` for each row, shape (n,); -1 where the cell holds nothing.
    """

    words: Any
    codes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[str | None]:
        return iter(self.array().to_pylist())

    def __getitem__(self, row: int) -> str | None:
        code = int(self.codes[row])
        return None if code < 0 else str(self.words[code])

    def array(self) -> Any:
        """Give the texts row by row, as an Arrow array with nulls."""
        return self.words.take(pa.array(self.codes, mask=self.codes < 0))

    def rows_of(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Give the rows whose word is chosen; `chosen` has one truth value a word."""
        if not chosen.any():
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero((self.codes >= 0) & chosen[self.codes])


def cell_texts(column: pd.Series) -> Texts:
    """Give a column as trimmed texts.

    Parameters
    ----------
    column
        Cells as a reader gave them.

    Returns
    -------
    texts
        What `values.cell_text` gives for each cell.

    Examples
    --------
    >>> list(cell_texts(pd.Series([12.0, " 东塔 ", None], dtype=object)))
    ['12', '东塔', None]
    """
    for is_kind, give_texts in _KINDS:
        if is_kind(column.dtype):
            return give_texts(column)
    return _of_objects(column)


def matching(words: Any, pattern: str) -> NDArray[np.bool_]:
    """Tell which words match a pattern (RE2, anywhere in the word).

    Examples
    --------
    >>> matching(pa.array(["12", "1e5"], pa.large_string()), "^[0-9]+$").tolist()
    [True, False]
    """
    found: NDArray[np.bool_] = pc.match_substring_regex(words, pattern).to_numpy(zero_copy_only=False).astype(bool)
    return found


def words_like(texts: list[str | None]) -> Any:
    """Give texts as an Arrow array of the kind that `Texts.words` is.

    Examples
    --------
    >>> words_like(["甲", None]).null_count
    1
    """
    return pa.array(texts, pa.large_string())


def _of_strings(column: pd.Series) -> Texts:
    """Take texts: distinct ones once where words come again, odd ones through the exact function."""
    found = pa.array(column.array, from_pandas=True)
    whole = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return _trimmed(whole.cast(pa.large_string()))


def _trimmed(cells: Any) -> Texts:
    """Trim Arrow texts."""
    if _comes_again(cells):
        encoded = cells.dictionary_encode()
        words, codes = encoded.dictionary, encoded.indices.fill_null(-1).to_numpy().astype(np.int64)
    else:
        missing = cells.is_null().to_numpy(zero_copy_only=False)
        words, codes = cells.fill_null(""), np.where(missing, -1, np.arange(len(cells)))
    odd = matching(words, _ODD)
    if not odd.any():
        return Texts(words, codes)
    mended = words_like([cell_text(word) for word in words.filter(pa.array(odd)).to_pylist()])
    words = pc.replace_with_mask(words, pa.array(odd), mended)
    gone = words.is_null().to_numpy(zero_copy_only=False)
    known = codes >= 0
    codes[known] = np.where(gone[codes[known]], -1, codes[known])
    return Texts(words.fill_null(""), codes)


def _comes_again(cells: Any) -> bool:
    """Tell whether words stand in several rows, by the first of them."""
    sample = cells.slice(0, _SAMPLE_ROWS)
    return len(sample.unique()) <= 0.5 * len(sample)


def _of_integers(column: pd.Series) -> Texts:
    """Write whole numbers."""
    cells = pa.array(column.array, from_pandas=True)
    whole = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    return _of_words(whole.cast(pa.large_string()))


def _of_words(cells: Any) -> Texts:
    """Take Arrow texts that need no trimming."""
    encoded = cells.dictionary_encode()
    return Texts(encoded.dictionary, encoded.indices.fill_null(-1).to_numpy().astype(np.int64))


def _of_floats(column: pd.Series) -> Texts:
    """Write numbers: whole ones without a point, others as Python writes them."""
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    codes, distinct = pd.factorize(numbers, use_na_sentinel=True)
    with np.errstate(invalid="ignore"):
        whole = (np.abs(distinct) < _EXACT_FLOAT) & (distinct == np.floor(distinct))
    words = np.empty(len(distinct), dtype=object)
    words[whole] = pa.array(distinct[whole].astype(np.int64)).cast(pa.string()).to_pylist()
    words[~whole] = [cell_text(float(number)) for number in distinct[~whole]]
    return Texts(words_like(words.tolist()), codes.astype(np.int64))


def _of_truths(column: pd.Series) -> Texts:
    """Write yes and no."""
    codes = column.to_numpy(dtype=np.int64, na_value=-1) if column.isna().any() else column.to_numpy(dtype=np.int64)
    return Texts(words_like(["false", "true"]), codes)


def _of_moments(column: pd.Series) -> Texts:
    """Write dates and times."""
    codes, distinct = pd.factorize(column, use_na_sentinel=True)
    return Texts(words_like([cell_text(moment) for moment in distinct]), codes.astype(np.int64))


def _of_objects(column: pd.Series) -> Texts:
    """Write cells of several kinds."""
    if pd.api.types.infer_dtype(column, skipna=True) == "string":
        return _trimmed(pa.array(column, pa.large_string(), from_pandas=True))
    return _of_words(words_like([cell_text(value) for value in column]))


_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[pd.Series], Texts]], ...] = (
    (lambda kind: isinstance(kind, pd.StringDtype), _of_strings),
    (pd.api.types.is_bool_dtype, _of_truths),
    (pd.api.types.is_integer_dtype, _of_integers),
    (pd.api.types.is_float_dtype, _of_floats),
    (pd.api.types.is_datetime64_any_dtype, _of_moments),
)
