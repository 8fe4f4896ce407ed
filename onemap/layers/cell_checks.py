"""Texts of a column before they are read for a field: what stands in place of a value, what was spoiled on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from onemap.layers.cells import Texts, matching, words_like
from onemap.layers.identifiers import is_identifier, scientific_identifiers, tidy_identifiers
from onemap.layers.repairs import outcome
from onemap.layers.row_faults import CellFault, RowFault
from onemap.layers.schema import Field
from onemap.layers.text_checks import damaged_texts

__all__ = ["checked_texts", "meant_above", "named_cell", "unseen_marks"]

Faults = list[RowFault]

_DITTO = r"""(?i)^(同上|同前|上同|同上行|同上一行|[〃″々"]|''|“|”|“”|ditto|do\.|as above|same as above|idem)$"""
_FORMULA_ERROR = r"(?i)^(#(REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|N/A|SPILL!|CALC!)|#{3,}|Err:5[0-9]{2})$"
_SPREADSHEET_MARKS = r"\.0+$|^['’‘＇`]|[０-９Ａ-Ｚａ-ｚ－]"
_SCIENTIFIC = r"^[+-]?[0-9]([.,][0-9]+)?[eE]\+?[0-9]+$"
_UNSEEN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}]|\S\s*[\r\n]\s*\S"
_LISTED = 100
"""So many notes of one rule on a column are listed row by row; of more there is one for the column."""


def checked_texts(
    field: Field, texts: Texts, *, repairs: Collection[str] = (), above: str | None = None
) -> tuple[Texts, Faults]:
    """Look at the texts of a column, and repair what the project asks for.

    Parameters
    ----------
    field
        Field of the catalogue that they are read for.
    texts
        Texts of n rows.
    repairs
        Names of repairs that the project asks for.
    above
        Text of the row before the first, None where there is none.

    Returns
    -------
    texts
        Without errors of formulas and words that stand for the row above; repaired as asked.
    faults
        What was found, with before and after where it was repaired.

    Examples
    --------
    >>> from onemap.layers.cells import cell_texts
    >>> import pandas as pd
    >>> owner = Field("owner", "text", "产权单位", "owner")
    >>> texts, faults = checked_texts(owner, cell_texts(pd.Series(["甲", "同上", "#REF!"])), repairs=["ditto"])
    >>> list(texts), [(fault.rule, fault.action) for fault in faults]
    (['甲', '甲', None], [('OM-ATT-018', 'repaired'), ('OM-ATT-013', 'kept')])
    """
    texts, faults = _without_stand_ins(field, texts, repairs, above)
    if field.kind in {"text", "list"}:
        if is_identifier(field.name):
            texts, found = _checked_identifiers(field, texts, repairs)
            faults += found
        if _may_be_damaged(texts.words):
            texts, found = _settled(field, texts, damaged_texts(_array(texts.words)), repairs)
            faults += _fewer(found, "OM-ATT-022")
    return texts, faults


def meant_above(texts: Texts, above: str | None = None) -> str | None:
    """Give the text that a 同上 in the row after the last one stands for, None where that is empty.

    Parameters
    ----------
    texts
        Texts of n rows as they were read.
    above
        Text that it stands for in the first of them.

    Examples
    --------
    >>> from onemap.layers.cells import cell_texts
    >>> import pandas as pd
    >>> [meant_above(cell_texts(pd.Series(cells)), "乙") for cells in (["甲", "同上"], ["甲", None], ["〃"])]
    ['甲', None, '乙']
    """
    ditto, error = matching(texts.words, _DITTO), matching(texts.words, _FORMULA_ERROR)
    stands_in = np.append(ditto, False)[texts.codes]
    own = np.flatnonzero(~stands_in)
    if not len(own):
        return above
    row = int(own[-1])
    return None if np.append(error, True)[texts.codes[row]] else texts[row]


def unseen_marks(field: Field, cells: pd.Series, numbers: NDArray[np.int64]) -> Faults:
    r"""Note texts out of which line breaks, control characters or invisible marks were taken.

    Parameters
    ----------
    field
        Field of the catalogue that the column is read for; only texts are looked at.
    cells
        Cells as a reader gave them, n rows.
    numbers
        Numbers of the rows as a person sees them, shape (n,).

    Returns
    -------
    faults
        One note for the column, or none. Blanks at the ends and double blanks do not count.

    Examples
    --------
    >>> name = Field("name", "text", "名称", "name")
    >>> unseen_marks(name, pd.Series(["西塔 ", "东\n塔"]), np.array([2, 3]))[0].values["row"]
    3
    """
    if field.kind not in {"text", "list"} or not (cells.dtype == object or isinstance(cells.dtype, pd.StringDtype)):
        return []
    if cells.dtype == object and pd.api.types.infer_dtype(cells, skipna=True) != "string":
        cells = cells.map(lambda cell: cell if isinstance(cell, str) else None)
    marked = pc.match_substring_regex(pa.array(cells, pa.large_string(), from_pandas=True), _UNSEEN)
    rows = np.flatnonzero(marked.fill_null(False).to_numpy(zero_copy_only=False))  # noqa: FBT003
    if not len(rows):
        return []
    values = {**named_cell(field, ""), "count": len(rows), "row": int(numbers[rows[0]])}
    return [RowFault("OM-ATT-019", None, values, fields=(field.name,))]


def named_cell(field: Field, text: str) -> dict[str, object]:
    """Give the values that a message about one cell names.

    Examples
    --------
    >>> named_cell(Field("pue", "number", "PUE", "PUE", minimum=1), "0.5")["minimum"]
    '1'
    """
    low = "-" if field.minimum is None else f"{field.minimum:g}"
    high = "-" if field.maximum is None else f"{field.maximum:g}"
    return {
        "field": field.name,
        "value": text,
        "alias": field.alias_zh,
        "unit": field.unit,
        "known": ", ".join(field.values),
        "minimum": low,
        "maximum": high,
    }


def _without_stand_ins(field: Field, texts: Texts, repairs: Collection[str], above: str | None) -> tuple[Texts, Faults]:
    """Empty, or fill, the cells in which something else stands for a value."""
    words = texts.words
    ditto, error = matching(words, _DITTO), matching(words, _FORMULA_ERROR)
    if not (ditto.any() or error.any()):
        return texts, []
    codes = texts.codes.copy()
    wrong_rows, ditto_rows = texts.rows_of(error), texts.rows_of(ditto)
    codes[wrong_rows] = -1
    if "ditto" in repairs:
        codes = _carried_down(codes, ditto_rows, len(words) if above else -1)
        words = pa.concat_arrays([words, words_like([above])]) if above else words
    else:
        codes[ditto_rows] = -1
    filled = Texts(words, codes)
    faults = [
        _fault(
            field, "OM-ATT-018", row, texts[row] or "", repairs=repairs, repair="ditto", after=filled[row], left=True
        )
        for row in ditto_rows.tolist()
    ]
    faults += [
        _fault(field, "OM-ATT-013", row, texts[row] or "", repairs=repairs, left=True) for row in wrong_rows.tolist()
    ]
    return filled, faults


def _carried_down(codes: NDArray[np.int64], rows: NDArray[np.int64], first: int) -> NDArray[np.int64]:
    """Give rows the word of the nearest row above that is none of them, or a first word where there is none."""
    source = np.arange(len(codes))
    source[rows] = -1
    above = np.maximum.accumulate(source)
    return np.where(above >= 0, codes[above], first)


def _checked_identifiers(field: Field, texts: Texts, repairs: Collection[str]) -> tuple[Texts, Faults]:
    """Tidy identifiers, and find those that lost digits."""
    faults: Faults = []
    if matching(texts.words, _SPREADSHEET_MARKS).any():
        tidied, changed = tidy_identifiers(_array(texts.words))
        if len(changed):
            rows = texts.rows_of(_mask(changed, len(texts.words)))
            values = {**named_cell(field, str(texts.words[int(changed[0])])), "count": len(rows)}
            faults.append(RowFault("OM-ATT-025", None, values, "repaired", (field.name,)))
            texts = Texts(words_like(tidied.tolist()), texts.codes)
    if matching(texts.words, _SCIENTIFIC).any():
        texts, found = _settled(field, texts, scientific_identifiers(_array(texts.words)), repairs)
        faults += found
    return texts, faults


def _may_be_damaged(words: Any) -> bool:
    """Tell whether a column has more than plain letters."""
    return not pc.all(pc.string_is_ascii(words)).as_py() or pc.any(pc.match_substring(words, "&")).as_py()


def _settled(field: Field, texts: Texts, found: Sequence[CellFault], repairs: Collection[str]) -> tuple[Texts, Faults]:
    """Give the rows of words at fault, and the words that repairs make of them."""
    if not found:
        return texts, []
    by_word: dict[int, CellFault] = {}
    for one in found:
        by_word.setdefault(one.row, one)
    rows = texts.rows_of(_mask(by_word, len(texts.words)))
    words = {word: str(texts.words[word]) for word in by_word}
    faults = [
        _fault(
            field, by_word[word].rule, row, words[word],
            repairs=repairs, repair=by_word[word].repair, after=by_word[word].meant, more=by_word[word].values,
        )
        for row, word in zip(rows.tolist(), texts.codes[rows].tolist(), strict=True)
    ]  # fmt: skip
    mended = {word: one.meant for word, one in by_word.items() if one.repair and one.repair in repairs}
    return _with_words(texts, mended), faults


def _with_words(texts: Texts, mended: Mapping[int, str | None]) -> Texts:
    """Put other words in the place of some."""
    if not mended:
        return texts
    at = _mask(mended, len(texts.words))
    ordered = words_like([mended[word] for word in sorted(mended)])
    return Texts(pc.replace_with_mask(texts.words, pa.array(at), ordered), texts.codes)


def _fault(
    field: Field,
    rule: str,
    row: int,
    text: str,
    *,
    repairs: Collection[str],
    repair: str = "",
    after: str | None = None,
    more: Mapping[str, object] | None = None,
    left: bool = False,
) -> RowFault:
    """Name a cell at fault, and what became of it."""
    action: Literal["kept", "rejected", "repaired"] = "rejected" if left and field.required else "kept"
    stays = {"kept": "done_empty" if left else "done_kept", "rejected": "done_rejected"}[action]
    done = outcome(repair, repairs, before=text, after=after or "", left=stays)
    if repair and repair in repairs:
        action = "repaired"
    values = {**named_cell(field, text), **(more or {}), "done": done}
    return RowFault(rule, row, values, action, (field.name,))


def _fewer(faults: Faults, rule: str) -> Faults:
    """Keep one note for the column where a note stands at very many rows."""
    noted = [fault for fault in faults if fault.rule == rule]
    others = [fault for fault in faults if fault.rule != rule]
    if len(noted) <= _LISTED:
        return faults
    first = noted[0]
    return [*others, RowFault(rule, None, {**first.values, "count": len(noted)}, first.action, first.fields)]


def _mask(chosen: Iterable[int], count: int) -> NDArray[np.bool_]:
    """Give one truth value a word."""
    mask = np.zeros(count, dtype=bool)
    mask[list(chosen)] = True
    return mask


def _array(words: Any) -> NDArray[np.object_]:
    """Give words as an array of texts."""
    array = np.empty(len(words), dtype=object)
    array[:] = words.to_pylist()
    return array
