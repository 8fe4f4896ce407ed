"""The attributes of a canonical layer from the columns of a source: rename, map values, cast, question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.errors import LayerError
from onemap.layers.dates import parse_date
from onemap.layers.numbers import parse_number
from onemap.layers.row_faults import RowFault
from onemap.layers.schema import Field, FieldKind
from onemap.layers.units import known_units, unit_factor
from onemap.layers.values import cell_text, parse_yes_no, split_list, unique_members

__all__ = ["DTYPES", "cell_texts", "constant_column", "field_column", "fill_gaps", "missing_rows", "yes_no_column"]

Texts = NDArray[np.object_]
Faults = list[RowFault]

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
_LOST_DIGITS = re.compile(r"^\d(?:\.\d+)?E\+?\d{2,}$", re.IGNORECASE)
_IDENTIFIERS = ("_id", "_code", "code")
_INTEGER_LIMIT = 2**63


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one column is read as."""

    field: Field
    unit: str
    factor: float
    known: Mapping[str, str]
    translated: Mapping[str, str]


Parsed = tuple[object, str]  # the value, and the rule that it breaks or ""


def cell_texts(column: pd.Series) -> Texts:
    """Give a column as trimmed texts.

    Parameters
    ----------
    column
        Cells as a reader gave them.

    Returns
    -------
    texts
        Object array, shape (n,); None where a cell holds nothing.

    Examples
    --------
    >>> cell_texts(pd.Series([12.0, " 东塔 ", None], dtype=object)).tolist()
    ['12', '东塔', None]
    """
    texts = np.empty(len(column), dtype=object)
    texts[:] = [cell_text(value) for value in column]
    return texts


def field_column(
    field: Field, texts: Texts, *, layer: str, values: Mapping[str, str], unit: str = ""
) -> tuple[pd.Series, Faults]:
    """Cast the texts of a column to a field.

    Parameters
    ----------
    field
        Field of the catalogue.
    texts
        Texts from `cell_texts`, shape (n,).
    layer
        Name of the layer, for messages.
    values
        Value of the source → canonical value; members of lists are looked up one by one.
    unit
        Unit of the column, empty if it is the field's own.

    Returns
    -------
    column
        Values with the dtype of the kind, index 0 … n-1.
    faults
        Values that cannot be read (made empty), are not among the known ones, lie outside the plausible range, or are
        identifiers that a spreadsheet rounded (all kept as they are).

    Raises
    ------
    LayerError
        If the unit cannot be turned into the field's.

    Examples
    --------
    >>> height = Field("height_agl_m", "number", "塔高", "height", unit="m")
    >>> column, faults = field_column(height, np.array(["35米", "高"], dtype=object), layer="towers", values={})
    >>> column.tolist(), faults[0].rule
    ([35.0, nan], 'OM-ATT-002')
    """
    asked = _asked(field, layer, values, unit)
    parse = _PARSERS[field.kind]
    codes, distinct = pd.factorize(texts, use_na_sentinel=True)
    parsed = [parse(_translate(str(text), asked), asked) for text in distinct]
    cells = np.empty(len(texts), dtype=object)
    cells[:] = None
    faults: Faults = []
    for code, (text, (value, rule)) in enumerate(zip(distinct, parsed, strict=True)):
        rows = np.flatnonzero(codes == code) if rule else None
        if rows is not None:
            faults += [RowFault(rule, int(row), _named(field, str(text)), fields=(field.name,)) for row in rows]
        parsed[code] = (value, rule)
    known = codes >= 0
    lookup = np.empty(len(parsed), dtype=object)
    lookup[:] = [value for value, _ in parsed]
    cells[known] = lookup[codes[known]]
    return _series(field, cells), faults


def constant_column(field: Field, value: object, count: int, *, layer: str) -> pd.Series:
    """Give a column of one value.

    Parameters
    ----------
    field
        Field of the catalogue.
    value
        Value from the project file.
    count
        Number of rows.
    layer
        Name of the layer, for the message.

    Returns
    -------
    column
        Values with the dtype of the kind, index 0 … count-1.

    Raises
    ------
    LayerError
        If the value is none of the field's kind.

    Examples
    --------
    >>> constant_column(Field("owner", "text", "产权单位", "owner"), "中国铁塔", 2, layer="towers").tolist()
    ['中国铁塔', '中国铁塔']
    """
    texts = np.empty(1, dtype=object)
    texts[0] = cell_text(value)
    column, faults = field_column(field, texts, layer=layer, values={})
    if any(fault.rule in {"OM-ATT-002", "OM-ATT-003"} for fault in faults):
        kind = f"{field.kind} ({', '.join(field.values)})" if field.values else field.kind
        raise LayerError("layer_bad_constant", layer=layer, field=field.name, kind=kind, value=value)
    return column.take(np.zeros(count, dtype=np.int64)).reset_index(drop=True)


def yes_no_column(field: Field, columns: Mapping[str, Texts], names: Mapping[str, str]) -> tuple[pd.Series, Faults]:
    """Join yes/no columns to a list.

    Parameters
    ----------
    field
        The list field.
    columns
        Member of the list → texts of its column, shape (n,).
    names
        Member of the list → name of its column, for messages.

    Returns
    -------
    column
        Members that are yes, joined with ";"; NA where none is.
    faults
        Cells that are neither yes nor no (taken as no).

    Examples
    --------
    >>> cells = {"中国移动": np.array(["是", "否"], dtype=object), "中国联通": np.array(["√", None], dtype=object)}
    >>> tenants = Field("tenants", "list", "共享运营商", "tenants")
    >>> yes_no_column(tenants, cells, {"中国移动": "移动", "中国联通": "联通"})[0].tolist()
    ['中国移动;中国联通', <NA>]
    """
    count = len(next(iter(columns.values())))
    members: list[list[str]] = [[] for _ in range(count)]
    faults: Faults = []
    for member, texts in columns.items():
        for row, text in enumerate(texts):
            answer = None if text is None else parse_yes_no(text)
            if answer:
                members[row].append(member)
            elif text is not None and answer is None:
                faults.append(RowFault("OM-ATT-002", row, {**_named(field, text), "alias": names[member]}))
    cells = np.empty(count, dtype=object)
    cells[:] = [LIST_MARK.join(unique_members(row)) or None for row in members]
    return _series(field, cells), faults


def fill_gaps(column: pd.Series, other: pd.Series, kind: FieldKind) -> pd.Series:
    """Fill what is missing in a column from another; lists are joined.

    Examples
    --------
    >>> fill_gaps(pd.Series(["4G", None], dtype="string"), pd.Series(["5G", "5G"], dtype="string"), "list").tolist()
    ['4G;5G', '5G']
    """
    if kind != "list":
        return column.where(column.notna(), other)
    both = zip(column.fillna(""), other.fillna(""), strict=True)
    cells = np.empty(len(column), dtype=object)
    cells[:] = [LIST_MARK.join(unique_members(split_list(f"{one};{two}"))) or None for one, two in both]
    return pd.Series(cells, dtype=DTYPES["list"])


def missing_rows(columns: Mapping[str, pd.Series], required: Sequence[Field]) -> Faults:
    """Reject rows in which a required field is missing; one fault a row, naming all that are.

    Examples
    --------
    >>> name = Field("name", "text", "名称", "name", required=True)
    >>> [fault.position for fault in missing_rows({"name": pd.Series(["a", None], dtype="string")}, [name])]
    [1]
    """
    absent = pd.DataFrame({field.name: columns[field.name].isna() for field in required})
    faults = []
    for row in np.flatnonzero(absent.any(axis=1).to_numpy(dtype=bool)):
        empty = [field for field in required if absent[field.name].iloc[row]]
        names = {"field": ", ".join(one.name for one in empty), "alias": "、".join(one.alias_zh for one in empty)}
        fields = tuple(one.name for one in empty)
        faults.append(RowFault("OM-ATT-001", int(row), names, "rejected", fields))
    return faults


def _asked(field: Field, layer: str, values: Mapping[str, str], unit: str) -> _Asked:
    """Put together what a column is read as."""
    factor = unit_factor(unit, field.unit) if unit else 1.0
    if factor is None:
        known = ", ".join(known_units(field.unit)) or field.unit or "-"
        raise LayerError(
            "layer_unknown_unit", layer=layer, field=field.name, unit=field.unit or "-", given=unit, known=known
        )
    return _Asked(
        field=field,
        unit=unit or field.unit,
        factor=factor,
        known={_plain(value): value for value in field.values},
        translated={_plain(cell_text(given) or ""): wanted for given, wanted in values.items()},
    )


def _translate(text: str, asked: _Asked) -> str:
    """Give the canonical value of a source value, the value itself where the mapping has none."""
    return asked.translated.get(_plain(text), text)


def _number(text: str, asked: _Asked) -> Parsed:
    """Read a number in the unit of the column and give it in the field's."""
    number = parse_number(text, asked.unit)
    if number is None:
        return None, "OM-ATT-002"
    number *= asked.factor
    low, high = asked.field.minimum, asked.field.maximum
    implausible = (low is not None and number < low) or (high is not None and number > high)
    return number, "OM-ATT-007" if implausible else ""


def _integer(text: str, asked: _Asked) -> Parsed:
    """Read a whole number; 12.0 is one."""
    number, rule = _number(text, asked)
    if not isinstance(number, float) or abs(number) >= _INTEGER_LIMIT or abs(number - round(number)) > 1e-9:
        return None, "OM-ATT-002"
    exact = re.fullmatch(r"[+-]?\d+", text) is not None and asked.factor == 1.0
    return int(text) if exact else round(number), rule


def _boolean(text: str, asked: _Asked) -> Parsed:  # noqa: ARG001  (all parsers share one signature)
    """Read yes or no."""
    answer = parse_yes_no(text)
    return answer, "OM-ATT-002" if answer is None else ""


def _date(text: str, asked: _Asked) -> Parsed:  # noqa: ARG001
    """Read a day."""
    day = parse_date(text)
    return day, "OM-ATT-002" if day is None else ""


def _text(text: str, asked: _Asked) -> Parsed:
    """Take a text; a known value in its own spelling."""
    if asked.field.values:
        found = asked.known.get(_plain(text))
        return (text, "OM-ATT-003") if found is None else (found, "")
    if not asked.field.name.endswith(_IDENTIFIERS):
        return text, ""
    whole = re.fullmatch(r"(\d{5,})\.0+", text)
    lost = _LOST_DIGITS.match(text) is not None
    return (whole[1] if whole else text), "OM-ATT-008" if lost else ""


def _list(text: str, asked: _Asked) -> Parsed:
    """Split a list and take its members one by one."""
    members = unique_members(part for member in split_list(text) for part in split_list(_translate(member, asked)))
    if asked.field.values:
        unknown = [member for member in members if _plain(member) not in asked.known]
        members = [asked.known.get(_plain(member), member) for member in members]
        return LIST_MARK.join(members), "OM-ATT-003" if unknown else ""
    return LIST_MARK.join(members) or None, ""


_PARSERS: Mapping[FieldKind, Callable[[str, _Asked], Parsed]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "list": _list,
    "date": _date,
}


def _named(field: Field, text: str) -> dict[str, object]:
    """Give the values that a message about one cell names."""
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


def _series(field: Field, cells: Texts) -> pd.Series:
    """Give cells the dtype of the field."""
    if field.kind == "number":
        return pd.Series(pd.to_numeric(pd.Series(cells, dtype=object)), dtype="float64")
    return pd.Series(cells, dtype=DTYPES[field.kind])


def _plain(text: str) -> str:
    """Give a text without width and case, to compare."""
    return unicodedata.normalize("NFKC", text).strip().casefold()
