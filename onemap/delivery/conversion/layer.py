"""A layer as it is, without a profile; what a format takes from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["LOSSES", "Loss", "PlainLayer", "Plan", "plain_layer"]

LOSSES = {
    "names": "OM-OUT-001",
    "text-cut": "OM-OUT-002",
    "empty-text": "OM-OUT-003",
    "characters": "OM-OUT-004",
    "number-as-text": "OM-OUT-005",
    "number-rounded": "OM-OUT-006",
    "yes-no-as-number": "OM-OUT-007",
    "date-as-other": "OM-OUT-008",
    "time-zone": "OM-OUT-009",
    "time-rounded": "OM-OUT-010",
    "values-as-text": "OM-OUT-011",
    "empty-geometry": "OM-OUT-012",
    "geometry-kind": "OM-OUT-013",
    "height": "OM-OUT-014",
    "coordinates-not-finite": "OM-OUT-015",
    "coordinates-rounded": "OM-OUT-016",
    "crs": "OM-OUT-017",
    "columns": "OM-OUT-018",
    "rings": "OM-OUT-019",
    "separators": "OM-OUT-020",
}
"""Kinds of loss, as `--allow-loss` names them, and their rules."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What a format cannot hold of one column, or of the whole layer.

    Attributes
    ----------
    kind
        A key of `LOSSES`.
    column
        Column as given; None for the geometry or the layer.
    positions
        Rows at fault, from 0, shape (n,); empty where it is about the column or layer itself.
    before, after
        The first such cell as given and as stored, as text.
    """

    kind: str
    column: str | None
    positions: NDArray[np.int64]
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PlainLayer:
    """A layer to be written as it is.

    Attributes
    ----------
    name
        Name of the layer.
    table
        Attributes, of Arrow types string, int64, uint64 (over the largest int64), double, bool, date32, time64 and
        timestamp (microseconds, with or without a zone).
    geometry
        Shapely geometries, shape (n,), None where a row has none; None for a table.
    crs
        "EPSG:n" or WKT; None if it is not known.
    aliases
        Column → what people read.
    losses
        What could not even be brought to these types.
    """

    name: str
    table: pa.Table
    geometry: NDArray[np.object_] | None
    crs: str | None
    aliases: Mapping[str, str] = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.table.num_rows) if self.geometry is None else len(self.geometry)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A layer as a format will hold it.

    Attributes
    ----------
    given
        The layer as given.
    stored
        The layer as it must read back.
    names
        Column as given → name in the file.
    losses
        What differs between the two.
    geometry_type
        Kind of geometry to declare, as GDAL names it; None for a table.
    widths
        Name in the file → width of a text, in the unit of the format.
    decimals
        Name in the file → digits after the point, for formats that store numbers as digits.
    """

    given: PlainLayer
    stored: PlainLayer
    names: Mapping[str, str]
    losses: tuple[Loss, ...]
    geometry_type: str | None
    widths: Mapping[str, int] = field(default_factory=dict)
    decimals: Mapping[str, int] = field(default_factory=dict)


def plain_layer(
    name: str,
    frame: pd.DataFrame,
    geometry: NDArray[np.object_] | None,
    *,
    crs: str | None,
    aliases: Mapping[str, str] | None = None,
) -> PlainLayer:
    """Bring a frame to the few types that formats know.

    Parameters
    ----------
    name
        Name of the layer.
    frame
        Attributes, one row a feature; its columns must be named differently. NaN is a missing value.
    geometry
        Shapely geometries, shape (n,); None for a table.
    crs
        "EPSG:n" or WKT; None if it is not known.
    aliases
        Column → what people read.

    Returns
    -------
    layer
        The layer; values that are neither text, number, yes/no, date nor time are text in it, and listed as a loss.

    Examples
    --------
    >>> layer = plain_layer("towers", pd.DataFrame({"塔高": [35, None], "name": ["a", [1]]}), None, crs=None)
    >>> layer.table.schema.types, [loss.column for loss in layer.losses]
    ([DataType(double), DataType(string)], ['name'])
    """
    arrays, losses = [], []
    for column in frame.columns:
        array, positions = _plain_array(frame[column])
        arrays.append(array)
        if len(positions):
            first = int(positions[0])
            before, after = repr(frame[column].iloc[first]), str(array[first].as_py())
            losses.append(Loss("values-as-text", str(column), positions, before, after))
    table = pa.Table.from_arrays(arrays, names=[str(column) for column in frame.columns])
    if not arrays:
        table = pa.table({"": pa.nulls(len(frame))}).drop_columns([""])
    return PlainLayer(name, table, geometry, crs, dict(aliases or {}), tuple(losses))


def _plain_array(values: pd.Series[Any]) -> tuple[pa.Array, NDArray[np.int64]]:
    """Give a column as one of the few types, and the positions of values that had to become text."""
    try:
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return _as_texts(values)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    simple = _simplified(array)
    return _as_texts(values) if simple is None else (simple, np.array([], dtype=np.int64))


def _simplified(array: pa.Array) -> pa.Array | None:
    """Bring an Arrow array to one of the few types; None if that would change a value."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _simplified(array.dictionary_decode())
    if pa.types.is_null(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return array.cast(pa.string())
    if pa.types.is_integer(kind):
        return _whole(array)
    if pa.types.is_floating(kind):
        numbers = array.cast(pa.float64())
        return pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)
    for tells, wanted in (
        (pa.types.is_date, pa.date32()),
        (pa.types.is_time, pa.time64("us")),
        (pa.types.is_timestamp, pa.timestamp("us", getattr(kind, "tz", None))),
    ):
        if tells(kind):
            return _cast_safely(array, wanted)
    return array if pa.types.is_string(kind) or pa.types.is_boolean(kind) else None


def _whole(array: pa.Array) -> pa.Array:
    """Give whole numbers as int64, as uint64 only where one is larger."""
    fits = array.type != pa.uint64() or (pc.max(array).as_py() or 0) < 2**63
    return array.cast(pa.int64() if fits else pa.uint64())


def _cast_safely(array: pa.Array, wanted: pa.DataType) -> pa.Array | None:
    """Cast an array if no value changes by it."""
    try:
        return array.cast(wanted, safe=True)
    except pa.ArrowInvalid:
        return None


def _as_texts(values: pd.Series[Any]) -> tuple[pa.Array, NDArray[np.int64]]:
    """Give values of several kinds as text, with the positions of those that were none."""
    missing = [_is_missing(value) for value in values]
    texts = [None if gone else _text(value) for value, gone in zip(values, missing, strict=True)]
    changed = [not gone and not isinstance(value, str) for value, gone in zip(values, missing, strict=True)]
    return pa.array(texts, pa.string()), np.flatnonzero(changed).astype(np.int64)


def _is_missing(value: Any) -> bool:
    """Tell a missing value from a list that holds one."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _text(value: Any) -> str:
    """Give a value as text, a list joined with ";"."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return ";".join("" if item is None else str(item) for item in value)
    return str(value)
