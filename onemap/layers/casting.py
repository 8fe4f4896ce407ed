"""From texts to the values of a field: one function a kind reads one text, plain words are read all at once.

`PARSERS` say what a text means, in the field's unit, and which rule it breaks. A plain word, such as 35 or 35.5, cannot
mean anything else, so columns of those are cast as a whole; every other word goes to its parser, once however often it
stands in the column.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from onemap.layers.cells import matching, words_like
from onemap.layers.dates import parse_date
from onemap.layers.numbers import parse_number
from onemap.layers.schema import Field, FieldKind
from onemap.layers.values import parse_yes_no, split_list, unique_members

__all__ = ["DTYPES", "LIST_MARK", "PARSERS", "Asked", "Cast", "Parsed", "array_of", "cast_words", "plain_word"]

DTYPES: Mapping[FieldKind, str] = {
    "text": "string",
    "list": "string",
    "date": "string",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
}
"""How each kind of field is kept: lists joined with ";", dates as ISO text, missing numbers as NaN."""

LIST_MARK = ";"
"""Between the members of a list."""

_LOST_DIGITS = re.compile(r"^\d(?:\.\d+)?E\+?\d{2,}$", re.IGNORECASE)
_IDENTIFIERS = ("_id", "_code", "code")
_INTEGER_LIMIT = 2**63
_PLAIN_NUMBER = r"^-?[0-9]{1,40}(\.[0-9]{1,40})?$"
_PLAIN_INTEGER = r"^-?[0-9]{1,15}$"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$"
_ODD_IDENTIFIER = r"\.0+$|^.(\..+)?[eE].{2,}$"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a column is read as.

    Attributes
    ----------
    field
        Field of the catalogue.
    unit
        Unit of the column.
    factor
        Factor to the unit of the field.
    known
        Plain form of each known value → its own spelling.
    translated
        Plain form of values of the source → canonical value.
    """

    field: Field
    unit: str
    factor: float
    known: Mapping[str, str]
    translated: Mapping[str, str]


Parsed = tuple[object, str]
"""The value of a text, and the rule that it breaks or ""."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Words as values of a field.

    Attributes
    ----------
    values
        One a word: float64 array, or a pandas array of the dtype of the kind.
    wrong
        Position of a word → rule that it breaks.
    """

    values: Any
    wrong: Mapping[int, str]


def plain_word(text: str) -> str:
    """Give a text without width and case, to compare.

    Examples
    --------
    >>> plain_word(" Ｔower")
    'tower'
    """
    return unicodedata.normalize("NFKC", text).strip().casefold()


def cast_words(words: Any, asked: Asked) -> Cast:
    """Read the words of a column.

    Parameters
    ----------
    words
        Arrow array of texts without nulls.
    asked
        What they are read as.

    Examples
    --------
    >>> height = Field("height_agl_m", "number", "塔高", "height", unit="m")
    >>> cast = cast_words(words_like(["35", "35米", "高"]), Asked(height, "m", 1.0, {}, {}))
    >>> cast.values.tolist(), cast.wrong
    ([35.0, 35.0, nan], {2: 'OM-ATT-002'})
    """
    if asked.translated and asked.field.kind != "list":
        words = words_like([_translate(word, asked) for word in words.to_pylist()])
    return _CASTS[asked.field.kind](words, asked)


def array_of(values: Sequence[Any], kind: FieldKind) -> Any:
    """Give single values as a pandas array of the dtype of a kind.

    Examples
    --------
    >>> array_of(["4G;5G", None], "list").isna().tolist()
    [False, True]
    """
    dtype: Any = DTYPES[kind]
    return pd.Series(values, dtype=object).astype(dtype).array


def _translate(text: str, asked: Asked) -> str:
    """Give the canonical value of a source value, the value itself where the mapping has none."""
    return asked.translated.get(plain_word(text), text)


def _number(text: str, asked: Asked) -> Parsed:
    """Read a number in the unit of the column and give it in the field's."""
    number = parse_number(text, asked.unit)
    if number is None:
        return None, "OM-ATT-002"
    number *= asked.factor
    low, high = asked.field.minimum, asked.field.maximum
    implausible = (low is not None and number < low) or (high is not None and number > high)
    return number, "OM-ATT-007" if implausible else ""


def _integer(text: str, asked: Asked) -> Parsed:
    """Read a whole number; 12.0 is one."""
    number, rule = _number(text, asked)
    if not isinstance(number, float) or abs(number) >= _INTEGER_LIMIT or abs(number - round(number)) > 1e-9:
        return None, "OM-ATT-002"
    exact = re.fullmatch(r"[+-]?\d+", text) is not None and asked.factor == 1.0
    return int(text) if exact else round(number), rule


def _boolean(text: str, asked: Asked) -> Parsed:  # noqa: ARG001  (all parsers share one signature)
    """Read yes or no."""
    answer = parse_yes_no(text)
    return answer, "OM-ATT-002" if answer is None else ""


def _date(text: str, asked: Asked) -> Parsed:  # noqa: ARG001
    """Read a day."""
    day = parse_date(text)
    return day, "OM-ATT-002" if day is None else ""


def _text(text: str, asked: Asked) -> Parsed:
    """Take a text; a known value in its own spelling."""
    if asked.field.values:
        found = asked.known.get(plain_word(text))
        return (text, "OM-ATT-003") if found is None else (found, "")
    if not asked.field.name.endswith(_IDENTIFIERS):
        return text, ""
    whole = re.fullmatch(r"(\d{5,})\.0+", text)
    lost = _LOST_DIGITS.match(text) is not None
    return (whole[1] if whole else text), "OM-ATT-008" if lost else ""


def _list(text: str, asked: Asked) -> Parsed:
    """Split a list and take its members one by one."""
    members = unique_members(part for member in split_list(text) for part in split_list(_translate(member, asked)))
    if asked.field.values:
        unknown = [member for member in members if plain_word(member) not in asked.known]
        members = [asked.known.get(plain_word(member), member) for member in members]
        return LIST_MARK.join(members), "OM-ATT-003" if unknown else ""
    return LIST_MARK.join(members) or None, ""


PARSERS: Mapping[FieldKind, Callable[[str, Asked], Parsed]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "list": _list,
    "date": _date,
}
"""How one text of each kind is read."""


def _parsed(words: Any, asked: Asked, rows: NDArray[np.int64]) -> tuple[list[object], dict[int, str]]:
    """Read some words one by one."""
    parse = PARSERS[asked.field.kind]
    values, wrong = [], {}
    for row, word in zip(rows.tolist(), words.take(pa.array(rows)).to_pylist(), strict=True):
        value, rule = parse(word, asked)
        values.append(value)
        if rule:
            wrong[row] = rule
    return values, wrong


def _cast_numbers(words: Any, asked: Asked) -> Cast:
    """Read numbers."""
    plain = matching(words, _PLAIN_NUMBER)
    numbers = np.full(len(words), np.nan)
    numbers[plain] = words.filter(pa.array(plain)).cast(pa.float64()).to_numpy() * asked.factor
    others = np.flatnonzero(~plain)
    values, wrong = _parsed(words, asked, others)
    numbers[others] = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return Cast(numbers, _implausible(numbers, plain, asked.field) | wrong)


def _cast_integers(words: Any, asked: Asked) -> Cast:
    """Read whole numbers."""
    plain = matching(words, _PLAIN_INTEGER) if asked.factor == 1.0 else np.zeros(len(words), dtype=bool)
    numbers, missing = np.zeros(len(words), dtype=np.int64), np.zeros(len(words), dtype=bool)
    numbers[plain] = words.filter(pa.array(plain)).cast(pa.int64()).to_numpy()
    others = np.flatnonzero(~plain)
    values, wrong = _parsed(words, asked, others)
    missing[others] = [value is None for value in values]
    numbers[others] = np.array([0 if value is None else value for value in values], dtype=np.int64)
    return Cast(pd.arrays.IntegerArray(numbers, missing), _implausible(numbers, plain, asked.field) | wrong)


def _implausible(numbers: NDArray[Any], plain: NDArray[np.bool_], field: Field) -> dict[int, str]:
    """Find plain numbers outside the range of the field."""
    outside = np.zeros(len(numbers), dtype=bool)
    if field.minimum is not None:
        outside |= numbers < field.minimum
    if field.maximum is not None:
        outside |= numbers > field.maximum
    return dict.fromkeys(np.flatnonzero(outside & plain).tolist(), "OM-ATT-007")


def _cast_texts(words: Any, asked: Asked) -> Cast:
    """Take texts; only values of a list of known ones, and identifiers that look like numbers, are looked at."""
    others = np.arange(len(words))
    if not asked.field.values:
        is_identifier = asked.field.name.endswith(_IDENTIFIERS)
        others = np.flatnonzero(matching(words, _ODD_IDENTIFIER)) if is_identifier else others[:0]
    values, wrong = _parsed(words, asked, others)
    if len(others):
        at_others = np.zeros(len(words), dtype=bool)
        at_others[others] = True
        words = pc.replace_with_mask(words, pa.array(at_others), words_like([str(value) for value in values]))
    return Cast(pd.array(words, dtype=DTYPES["text"]), wrong)


def _cast_dates(words: Any, asked: Asked) -> Cast:
    """Read days; of a plain moment only the day is looked at."""
    days = pc.if_else(pc.match_substring_regex(words, _MOMENT), pc.utf8_slice_codeunits(words, 0, 10), words)
    encoded = days.dictionary_encode()
    cast = _cast_others(encoded.dictionary, asked)
    codes = encoded.indices.to_numpy()
    wrong = (
        {row: cast.wrong[code] for row, code in enumerate(codes.tolist()) if code in cast.wrong} if cast.wrong else {}
    )
    return Cast(cast.values.take(codes), wrong)


def _cast_others(words: Any, asked: Asked) -> Cast:
    """Read words of which a column has few, one by one."""
    values, wrong = _parsed(words, asked, np.arange(len(words)))
    return Cast(array_of(values, asked.field.kind), wrong)


_CASTS: Mapping[FieldKind, Callable[[Any, Asked], Cast]] = {
    "text": _cast_texts,
    "integer": _cast_integers,
    "number": _cast_numbers,
    "boolean": _cast_others,
    "list": _cast_others,
    "date": _cast_dates,
}
