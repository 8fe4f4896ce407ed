"""The attributes of a canonical layer from the columns of a source: rename, map values, cast, question."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.errors import LayerError
from onemap.layers.casting import LIST_MARK, Asked, Parsed, array_of, cast_words, plain_word
from onemap.layers.cell_checks import named_cell
from onemap.layers.cells import Texts, cell_texts
from onemap.layers.repairs import outcome
from onemap.layers.row_faults import RowFault
from onemap.layers.schema import Field, FieldKind
from onemap.layers.units import known_units, unit_factor
from onemap.layers.values import cell_text, parse_yes_no, split_list, unique_members
from onemap.messages import Told

__all__ = ["constant_column", "field_column", "fill_gaps", "missing_rows", "yes_no_column"]

Faults = list[RowFault]

_RECKONED = "OM-ATT-011"


def field_column(
    field: Field,
    texts: Texts,
    *,
    layer: str,
    values: Mapping[str, str],
    unit: str = "",
    repairs: Collection[str] = (),
) -> tuple[pd.Series, Faults]:
    """Cast the texts of a column to a field.

    Parameters
    ----------
    field
        Field of the catalogue.
    texts
        Texts from `cell_texts`, of n rows.
    layer
        Name of the layer, for messages.
    values
        Value of the source → canonical value; members of lists are looked up one by one.
    unit
        Unit of the column, empty if it is the field's own.
    repairs
        Names of repairs that the project asks for.

    Returns
    -------
    column
        Values with the dtype of the kind, index 0 … n-1.
    faults
        Values that cannot be read (made empty), are not among the known ones, or that the field does not expect (kept
        as they are, or repaired as asked); in the order of the rows.

    Raises
    ------
    LayerError
        If the unit cannot be turned into the field's.

    Examples
    --------
    >>> height = Field("height_agl_m", "number", "塔高", "height", unit="m")
    >>> texts = cell_texts(pd.Series(["35米", "高"]))
    >>> column, faults = field_column(height, texts, layer="towers", values={})
    >>> column.tolist(), faults[0].rule
    ([35.0, nan], 'OM-ATT-002')
    """
    asked = replace(_asked(field, layer, values, unit), repairs=frozenset(repairs))
    cast = cast_words(texts.words, asked)
    return _spread(cast.values, texts.codes), _faults(texts, cast.wrong, asked)


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
    texts = cell_texts(pd.Series([value], dtype=object))
    column, faults = field_column(field, texts, layer=layer, values={})
    if any(fault.rule in {"OM-ATT-002", "OM-ATT-003"} for fault in faults):
        kind = f"{field.kind} ({', '.join(field.values)})" if field.values else field.kind
        raise LayerError("layer_bad_constant", layer=layer, field=field.name, kind=kind, value=value)
    return _spread(column.array, np.zeros(count, dtype=np.int64))


def yes_no_column(field: Field, columns: Mapping[str, Texts], names: Mapping[str, str]) -> tuple[pd.Series, Faults]:
    """Join yes/no columns to a list.

    Parameters
    ----------
    field
        The list field.
    columns
        Member of the list → texts of its column, of n rows.
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
    >>> cells = {"中国移动": cell_texts(pd.Series(["是", "否"])), "中国联通": cell_texts(pd.Series(["√", None]))}
    >>> tenants = Field("tenants", "list", "共享运营商", "tenants")
    >>> yes_no_column(tenants, cells, {"中国移动": "移动", "中国联通": "联通"})[0].tolist()
    ['中国移动;中国联通', <NA>]
    """
    answered = []
    faults: Faults = []
    for member, texts in columns.items():
        answers = [parse_yes_no(word) for word in texts.words.to_pylist()]
        rows = np.zeros(len(texts), dtype=bool)
        rows[texts.rows_of(np.array([answer is True for answer in answers], dtype=bool))] = True
        answered.append(rows)
        neither = Parsed(None, "OM-ATT-002", "why_neither")
        unread = {word: neither for word, answer in enumerate(answers) if answer is None}
        found = _faults(texts, unread, _asked(field, "", {}, ""), alias=names[member])
        faults += [replace(fault, columns=(names[member],)) for fault in found]
    patterns, codes = np.unique(np.column_stack(answered), axis=0, return_inverse=True)
    members = list(columns)
    words = [
        LIST_MARK.join(member for member, is_yes in zip(members, pattern, strict=True) if is_yes) or None
        for pattern in patterns.tolist()
    ]
    return _spread(array_of(words, "list"), codes.ravel()), faults


def fill_gaps(column: pd.Series, other: pd.Series, kind: FieldKind) -> pd.Series:
    """Fill what is missing in a column from another; lists are joined.

    Examples
    --------
    >>> fill_gaps(pd.Series(["4G", None], dtype="string"), pd.Series(["5G", "5G"], dtype="string"), "list").tolist()
    ['4G;5G', '5G']
    """
    if kind != "list":
        return column.where(column.notna(), other)
    pairs = pd.MultiIndex.from_arrays([column.fillna(""), other.fillna("")])
    codes, distinct = pairs.factorize()
    joined = [LIST_MARK.join(unique_members(split_list(f"{one};{two}"))) or None for one, two in distinct]
    return _spread(array_of(joined, "list"), codes)


def missing_rows(columns: Mapping[str, pd.Series], required: Sequence[Field]) -> Faults:
    """Reject rows in which a required field is missing; one fault a row, naming all that are.

    Examples
    --------
    >>> name = Field("name", "text", "名称", "name", required=True)
    >>> [fault.position for fault in missing_rows({"name": pd.Series(["a", None], dtype="string")}, [name])]
    [1]
    """
    if not required:
        return []
    absent = np.column_stack([columns[field.name].isna().to_numpy(dtype=bool) for field in required])
    rows = np.flatnonzero(absent.any(axis=1))
    patterns, codes = np.unique(absent[rows], axis=0, return_inverse=True)
    named = []
    for pattern in patterns:
        empty = [field for field, is_empty in zip(required, pattern, strict=True) if is_empty]
        values = {"field": ", ".join(one.name for one in empty), "alias": "、".join(one.alias_zh for one in empty)}
        named.append((values, tuple(one.name for one in empty)))
    return [
        RowFault("OM-ATT-001", row, named[code][0], "rejected", named[code][1])
        for row, code in zip(rows.tolist(), codes.ravel().tolist(), strict=True)
    ]


def _asked(field: Field, layer: str, values: Mapping[str, str], unit: str) -> Asked:
    """Put together what a column is read as."""
    factor = unit_factor(unit, field.unit) if unit else 1.0
    if factor is None:
        known = ", ".join(known_units(field.unit)) or field.unit or "-"
        raise LayerError(
            "layer_unknown_unit", layer=layer, field=field.name, unit=field.unit or "-", given=unit, known=known
        )
    return Asked(
        field=field,
        unit=unit or field.unit,
        factor=factor,
        known={plain_word(value): value for value in field.values},
        translated={plain_word(cell_text(given) or ""): wanted for given, wanted in values.items()},
    )


def _spread(values: Any, codes: NDArray[np.int64]) -> pd.Series:
    """Give each row the value of its word, nothing where it has none."""
    return pd.Series(pd.api.extensions.take(values, codes, allow_fill=True))


def _faults(texts: Texts, wrong: Mapping[int, Parsed], asked: Asked, **more: object) -> Faults:
    """Name the rows of wrong words; rows of one word share their values. Units reckoned are one note for the column."""
    if not wrong:
        return []
    field = asked.field
    chosen = np.zeros(len(texts.words), dtype=bool)
    chosen[list(wrong)] = True
    rows = texts.rows_of(chosen)
    named = {word: {**_told(asked, str(texts.words[word]), parsed), **more} for word, parsed in wrong.items()}
    listed = zip(rows.tolist(), texts.codes[rows].tolist(), strict=True)
    faults, reckoned = [], []
    for row, word in listed:
        parsed = wrong[word]
        if parsed.rule == _RECKONED:
            reckoned.append(word)
            continue
        action: Literal["kept", "repaired"] = "repaired" if parsed.repair in asked.repairs else "kept"
        faults.append(RowFault(parsed.rule, row, named[word], action, (field.name,)))
    if reckoned:
        values = {**named[reckoned[0]], "count": len(reckoned)}
        faults.append(RowFault(_RECKONED, None, values, fields=(field.name,)))
    return faults


def _told(asked: Asked, text: str, parsed: Parsed) -> dict[str, object]:
    """Give the values that a message about a word names: why it is wrong, and what became of it."""
    told = named_cell(asked.field, text)
    if parsed.why:
        told["reason"] = Told(parsed.why)
    after = "" if parsed.meant is None else parsed.meant
    left = "done_empty" if parsed.value is None else "done_kept"
    told["done"] = outcome(parsed.repair, asked.repairs, before=text, after=after, left=left)
    told["after"] = after
    return told
