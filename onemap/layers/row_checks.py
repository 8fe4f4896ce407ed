"""Rows that are no features, and what the names of columns say against their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from onemap.layers.cells import cell_texts, matching
from onemap.layers.column_checks import says_above_sea, says_latitude_wrongly, stated_unit
from onemap.layers.row_faults import RowFault
from onemap.layers.schema import Field
from onemap.layers.units import unit_factor

__all__ = ["header_notes", "total_rows"]

_WORDS = r"合\s*计|小\s*计|总\s*计|共\s*计|累\s*计|汇\s*总|总\s*数|平\s*均(值|数)?"
_FOREIGN = r"((grand|sub)[- ]?)?totals?|sum|average|mean"
_COUNT = r"\s*[:：]?\s*[(（]?\s*[0-9][0-9.,]*\s*[^0-9\s]{0,3}\s*[)）]?"
_TOTAL = rf"(?i)^({_WORDS}|{_FOREIGN})\s*[:：]?({_COUNT})?$"
_TOTAL_OF = rf"(?i)^\S{{0,8}}({_WORDS})\s*[:：]?({_COUNT})?$|^共\s*[0-9]+\s*\S{{0,2}}$|{_TOTAL}"
_ABOVE_GROUND = ("height_agl_m", "wanted_height_m")


class _Mapping(Protocol):
    """What is looked at of a mapping."""

    @property
    def fields(self) -> Mapping[str, str]:
        """Canonical field → column."""

    @property
    def units(self) -> Mapping[str, str]:
        """Canonical field → unit of its column."""

    @property
    def lat(self) -> str | None:
        """Column of latitudes."""


def total_rows(frame: pd.DataFrame, *, features: pd.Series | None, rejected: Sequence[int]) -> dict[int, RowFault]:
    """Find rows that sum up others: 合计, 小计, Total and the like.

    A row counts as one if such a word is its identifier, or stands in any cell of a row that has no place or no
    identifier anyway; a village that is called so is safe.

    Parameters
    ----------
    frame
        Cells as a reader gave them.
    features
        Identifier of each row, None where there is none.
    rejected
        Positions of rows that cannot stay.

    Returns
    -------
    faults
        Position → OM-ATT-017, rejected.

    Examples
    --------
    >>> frame = pd.DataFrame({"编码": ["T1", None, None], "名称": ["合计", "合计：2个", "东塔"]})
    >>> list(total_rows(frame, features=frame["编码"], rejected=[1, 2]))
    [1]
    """
    found: dict[int, RowFault] = {}
    if features is not None:
        texts = cell_texts(features)
        for row in texts.rows_of(matching(texts.words, _TOTAL)).tolist():
            found[row] = _total(row, texts[row])
    rows = np.array(sorted(set(rejected) - set(found)), dtype=np.int64)
    if not len(rows):
        return found
    some = frame.iloc[rows]
    for position in range(some.shape[1]):
        texts = cell_texts(some.iloc[:, position])
        for at in texts.rows_of(matching(texts.words, _TOTAL_OF)).tolist():
            found.setdefault(int(rows[at]), _total(int(rows[at]), texts[at]))
    return found


def header_notes(mapping: _Mapping, fields: Mapping[str, Field]) -> list[RowFault]:
    """Note columns whose names speak against what they are mapped to.

    Parameters
    ----------
    mapping
        How the source becomes its layer.
    fields
        Fields of the layer by name.

    Returns
    -------
    notes
        OM-FLD-015 维度 as latitude, OM-FLD-016 heights above the sea as heights above ground, OM-FLD-017 a unit in the
        name that is not followed.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from onemap.layers.catalogue import schema
    >>> mapping = SimpleNamespace(fields={"height_agl_m": "海拔挂高(cm)"}, units={}, lat="维度")
    >>> [note.rule for note in header_notes(mapping, schema("cells").fields)]
    ['OM-FLD-015', 'OM-FLD-016', 'OM-FLD-017']
    """
    notes = []
    if mapping.lat is not None and says_latitude_wrongly(mapping.lat):
        notes.append(RowFault("OM-FLD-015", None, {"value": mapping.lat}, fields=("lat",)))
    for name, header in mapping.fields.items():
        field = fields[name]
        values = {"field": name, "alias": field.alias_zh, "value": header}
        if name in _ABOVE_GROUND and says_above_sea(header):
            notes.append(RowFault("OM-FLD-016", None, values, fields=(name,)))
        said, read = stated_unit(header), mapping.units.get(name, "") or field.unit
        if said and field.unit and name not in mapping.units and unit_factor(said, field.unit) not in {1.0, None}:
            notes.append(RowFault("OM-FLD-017", None, {**values, "unit": read, "likely": said}, fields=(name,)))
    return notes


def _total(row: int, text: str | None) -> RowFault:
    """Leave out a row of totals."""
    return RowFault("OM-ATT-017", row, {"value": text or ""}, "rejected")
