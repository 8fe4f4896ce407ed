"""What is wrong with one row while a layer is conformed, before it is named as a person sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["CellFault", "RowFault"]


@dataclass(frozen=True, slots=True)
class RowFault:
    """A fault at a position of the source.

    Attributes
    ----------
    rule
        Id of the rule.
    position
        Position of the row in the source, from 0; None for the whole source.
    values
        What the placeholders of the rule's message stand for.
    action
        What was done about it.
    fields
        Canonical fields, or "lon", "lat", "easting", "northing", whose cells are at fault; empty for the whole row.
    columns
        Names of columns of the source whose cells are at fault, where a field is made of several.
    """

    rule: str
    position: int | None
    values: Mapping[str, object] = field(default_factory=dict)
    action: Literal["kept", "rejected", "repaired"] = "kept"
    fields: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with one cell of a column, before it is known which field it is read for.

    Attributes
    ----------
    rule
        Id of the rule.
    row
        Position of the cell in its column, from 0.
    values
        What the placeholders of the rule's message stand for, besides the field and its value.
    meant
        Text that was probably meant; None where that is not known, or where the cell probably means nothing.
    repair
        Name of the repair that takes what was meant; empty where there is none.
    """

    rule: str
    row: int
    values: Mapping[str, object] = field(default_factory=dict)
    meant: str | None = None
    repair: str = ""
