"""Types of PostgreSQL, and what they become: the nullable kinds that every source layer has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

import pandas as pd
import pyarrow as pa

__all__ = ["ColumnKind", "finished", "kind_of_type"]

_WHOLE = frozenset({"int2", "int4", "int8", "oid"})
_AS_TEXT = "({})::text"
_SHAPE = "({})"
_EXPRESSIONS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar"), "{}"),
        "oid": "({})::int8",
        "timestamptz": "(({}) at time zone 'UTC')::text",
        "geometry": _SHAPE,
        "geography": _SHAPE,
        "bytea": "",
    }
)


@dataclass(frozen=True, slots=True)
class ColumnKind:
    """A column of a table or query.

    Attributes
    ----------
    name, type
        Its name, and the name of its type in the database.
    expression
        What is selected, with {} for the column; empty for one that is left out.
    """

    name: str
    type: str
    expression: str

    @property
    def is_shape(self) -> bool:
        """Whether it holds shapes."""
        return self.type in {"geometry", "geography"}

    @property
    def left_out(self) -> bool:
        """Whether it holds bytes, which no layer has."""
        return not self.expression


def kind_of_type(name: str, type_name: str, category: str) -> ColumnKind:
    """Say how a column is selected.

    Parameters
    ----------
    name
        Name of the column.
    type_name, category
        Name and category of its type in pg_type.

    Examples
    --------
    >>> kind_of_type("tenants", "_text", "A").expression
    "array_to_string({}, ';', '')"
    """
    if category == "A" and type_name.startswith("_"):
        return ColumnKind(name, type_name, "array_to_string({}, ';', '')")
    return ColumnKind(name, type_name, _EXPRESSIONS.get(type_name, _AS_TEXT))


def finished(column: ColumnKind, cells: Sequence[Any]) -> tuple[pd.Series[Any], str, bool]:
    """Make a series of the cells of a column.

    Parameters
    ----------
    column
        The column.
    cells
        Its cells as selected, None where missing.

    Returns
    -------
    series, kind, is_text
        The series, the Arrow name of its type, and whether numbers or dates had to stay text to stay exact.

    Examples
    --------
    >>> finished(ColumnKind("n", "numeric", ""), ["1.50", None])[1:]
    ('double', False)
    >>> finished(ColumnKind("n", "numeric", ""), ["0.12345678901234567890"])[1:]
    ('string', True)
    """
    make = _MAKERS.get("whole" if column.type in _WHOLE else column.type)
    if make is None:
        array = pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
        return _series(array), "string", False
    made = make(cells)
    if made is None:
        return _series(pa.array(cells, pa.string())), "string", True
    return _series(made), str(made.type), False


def _series(array: pa.Array) -> pd.Series[Any]:
    """Turn an array into a series of a kind that can miss values."""
    kinds = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype(), pa.string(): pd.StringDtype()}
    series: pd.Series[Any] = array.to_pandas(types_mapper=kinds.get)
    return series


def _exact(cells: Sequence[str | None]) -> pa.Array | None:
    """Give decimals as whole numbers or doubles if that keeps all of them; None if not."""
    present = [cell for cell in cells if cell is not None]
    if all(cell.lstrip("-").isdecimal() and len(cell) < 19 for cell in present):
        return pa.array([None if cell is None else int(cell) for cell in cells], pa.int64())
    try:
        if not all(Decimal(repr(float(cell))) == Decimal(cell) for cell in present if cell != "NaN"):
            return None
    except (InvalidOperation, ValueError):
        return None
    return pa.array([None if cell is None or cell == "NaN" else float(cell) for cell in cells], pa.float64())


def _cast(kind: pa.DataType) -> Callable[[Sequence[str | None]], pa.Array | None]:
    """Give a function that reads texts as dates or times; None if one is infinite or before the calendar."""

    def read(cells: Sequence[str | None]) -> pa.Array | None:
        try:
            return pa.array(cells, pa.string()).cast(kind)
        except pa.ArrowInvalid:
            return None

    return read


def _zoned(cells: Sequence[str | None]) -> pa.Array | None:
    """Read instants, which were selected in UTC."""
    plain = _cast(pa.timestamp("us"))(cells)
    return None if plain is None else plain.cast(pa.timestamp("us", "UTC"))


_MAKERS: Mapping[str, Callable[[Sequence[Any]], pa.Array | None]] = MappingProxyType(
    {
        "whole": lambda cells: pa.array(cells, pa.int64()),
        "bool": lambda cells: pa.array(cells, pa.bool_()),
        "float4": lambda cells: pa.array(cells, pa.float64()),
        "float8": lambda cells: pa.array(cells, pa.float64()),
        "numeric": _exact,
        "date": _cast(pa.date32()),
        "timestamp": _cast(pa.timestamp("us")),
        "timestamptz": _zoned,
    }
)
