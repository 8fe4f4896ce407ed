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
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from onemap.layers.cells import matching, words_like
from onemap.layers.dates import read_date
from onemap.layers.number_doubts import NUMBER_REPAIRS, number_rule, questioned_numbers
from onemap.layers.numbers import read_number
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

_INTEGER_LIMIT = 2**63
_PLAIN_NUMBER = r"^-?[0-9]{1,40}(\.[0-9]{1,40})?$"
_PLAIN_INTEGER = r"^-?[0-9]{1,15}$"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$"


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
    repairs
        Names of repairs that the project asks for.
    """

    field: Field
    unit: str
    factor: float
    known: Mapping[str, str]
    translated: Mapping[str, str]
    repairs: frozenset[str] = frozenset()


class Parsed(NamedTuple):
    """What came of one text.

    Attributes
    ----------
    value
        Its value in the unit of the field, None where it has none.
    rule
        Rule that it breaks, empty if none.
    why
        Id of the text that says why.
    meant
        Value that a repair would take.
    repair
        Name of that repair; `value` is `meant` where the project asks for it.
    """

    value: object
    rule: str = ""
    why: str = ""
    meant: object = None
    repair: str = ""


@dataclass(frozen=True, slots=True)
class Cast:
    """Words as values of a field.

    Attributes
    ----------
    values
        One a word: float64 array, or a pandas array of the dtype of the kind.
    wrong
        Position of a word → what is wrong with it.
    """

    values: Any
    wrong: Mapping[int, Parsed]


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
    >>> cast.values.tolist(), cast.wrong[2].rule, cast.wrong[2].why
    ([35.0, 35.0, nan], 'OM-ATT-002', 'why_words')
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
    reading = read_number(text, asked.unit)
    if reading.value is None:
        meant = None if reading.meant is None else reading.meant * asked.factor
        repair = "" if meant is None else NUMBER_REPAIRS[reading.why]
        return Parsed(meant if repair in asked.repairs else None, "OM-ATT-002", reading.why, meant, repair)
    number = reading.value * asked.factor
    rule, repair, meant = number_rule(asked.field, number)
    if rule:
        return Parsed(meant if repair and repair in asked.repairs else number, rule, "", meant, repair)
    return Parsed(number, "OM-ATT-011" if reading.converted else "")


def _integer(text: str, asked: Asked) -> Parsed:
    """Read a whole number; 12.0 is one."""
    parsed = _number(text, asked)
    number = parsed.value
    if not isinstance(number, float):
        return parsed
    if abs(number) >= _INTEGER_LIMIT or abs(number - round(number)) > 1e-9:
        return Parsed(None, "OM-ATT-002", "why_not_whole")
    exact = re.fullmatch(r"[+-]?\d+", text) is not None and asked.factor == 1.0
    return parsed._replace(value=int(text) if exact and not parsed.repair else round(number))


def _boolean(text: str, asked: Asked) -> Parsed:  # noqa: ARG001  (all parsers share one signature)
    """Read yes or no."""
    answer = parse_yes_no(text)
    return Parsed(None, "OM-ATT-002", "why_neither") if answer is None else Parsed(answer)


def _date(text: str, asked: Asked) -> Parsed:
    """Read a day."""
    reading = read_date(text)
    if reading.day is not None:
        return Parsed(reading.day, "OM-ATT-012" if reading.why else "", reading.why, reading.day)
    repair = next((name for name in reading.meant if name in asked.repairs), "")
    meant = reading.meant.get(repair)
    return Parsed(meant, "OM-ATT-002", reading.why, meant, repair)


def _text(text: str, asked: Asked) -> Parsed:
    """Take a known value in its own spelling."""
    found = asked.known.get(plain_word(text))
    return Parsed(text, "OM-ATT-003") if found is None else Parsed(found)


def _list(text: str, asked: Asked) -> Parsed:
    """Split a list and take its members one by one."""
    given = (piece for member in split_list(text) for piece in _known_pieces(member, asked))
    members = unique_members(part for member in given for part in split_list(_translate(member, asked)))
    if asked.field.values:
        unknown = [member for member in members if plain_word(member) not in asked.known]
        members = [asked.known.get(plain_word(member), member) for member in members]
        return Parsed(LIST_MARK.join(members), "OM-ATT-003" if unknown else "")
    return Parsed(LIST_MARK.join(members) or None)


def _known_pieces(member: str, asked: Asked) -> list[str]:
    """Part a member that is nothing but known ones, run together or joined: 移动联通, 移动和联通."""
    known = {*asked.translated, *asked.known}
    plain = plain_word(member)
    if not known or plain in known:
        return [member]
    one = "|".join(re.escape(word) for word in sorted(known, key=len, reverse=True) if word)
    if not re.fullmatch(rf"(?:{one})(?:[\s&和与及]*(?:{one}))+", plain):
        return [member]
    return re.findall(one, plain)


PARSERS: Mapping[FieldKind, Callable[[str, Asked], Parsed]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "list": _list,
    "date": _date,
}
"""How one text of each kind is read."""


def _parsed(words: Any, asked: Asked, rows: NDArray[np.int64]) -> tuple[list[Any], dict[int, Parsed]]:
    """Read some words one by one."""
    parse = PARSERS[asked.field.kind]
    values, wrong = [], {}
    for row, word in zip(rows.tolist(), words.take(pa.array(rows)).to_pylist(), strict=True):
        parsed = parse(word, asked)
        values.append(parsed.value)
        if parsed.rule:
            wrong[row] = parsed
    return values, wrong


def _cast_numbers(words: Any, asked: Asked) -> Cast:
    """Read numbers."""
    plain = matching(words, _PLAIN_NUMBER)
    numbers = np.full(len(words), np.nan)
    numbers[plain] = words.filter(pa.array(plain)).cast(pa.float64()).to_numpy() * asked.factor
    others = np.flatnonzero(~plain)
    values, wrong = _parsed(words, asked, others)
    numbers[others] = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    doubts = _questioned(numbers, plain, asked)
    mended = [row for row, one in doubts.items() if one.value is None or one.value != numbers[row]]
    numbers[mended] = np.array([doubts[row].value for row in mended], dtype=np.float64)  # None becomes NaN
    return Cast(numbers, doubts | wrong)


def _cast_integers(words: Any, asked: Asked) -> Cast:
    """Read whole numbers."""
    plain = matching(words, _PLAIN_INTEGER) if asked.factor == 1.0 else np.zeros(len(words), dtype=bool)
    numbers, missing = np.zeros(len(words), dtype=np.int64), np.zeros(len(words), dtype=bool)
    numbers[plain] = words.filter(pa.array(plain)).cast(pa.int64()).to_numpy()
    others = np.flatnonzero(~plain)
    values, wrong = _parsed(words, asked, others)
    missing[others] = [value is None for value in values]
    numbers[others] = np.array([0 if value is None else value for value in values], dtype=np.int64)
    doubts = _questioned(numbers, plain, asked)
    missing[[row for row, one in doubts.items() if one.value is None]] = True
    return Cast(pd.arrays.IntegerArray(numbers, missing), doubts | wrong)


def _questioned(numbers: NDArray[Any], plain: NDArray[np.bool_], asked: Asked) -> dict[int, Parsed]:
    """Find plain numbers that the field does not expect."""
    doubts = {}
    for row in np.flatnonzero(questioned_numbers(asked.field, numbers) & plain).tolist():
        rule, repair, meant = number_rule(asked.field, float(numbers[row]))
        value = meant if repair and repair in asked.repairs else float(numbers[row])
        doubts[row] = Parsed(value, rule, "", meant, repair)
    return doubts


def _cast_texts(words: Any, asked: Asked) -> Cast:
    """Take texts; values of a list of known ones in their own spelling."""
    if not asked.field.values:
        return Cast(pd.array(words, dtype=DTYPES["text"]), {})
    return _cast_others(words, asked)


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
