"""Columns of any Arrow type, brought to the plain ones: numbers, text, yes or no, dates and times."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from onemap.sources.worker.answer import Remark

__all__ = ["plain_columns", "told_apart"]

_EXACT_DIGITS = 15
_LEFT_OUT = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
_NESTED = (
    pa.types.is_list,
    pa.types.is_large_list,
    pa.types.is_fixed_size_list,
    pa.types.is_list_view,
    pa.types.is_large_list_view,
    pa.types.is_struct,
    pa.types.is_map,
    pa.types.is_union,
)
_AS_TEXT = (pa.types.is_time, pa.types.is_duration, pa.types.is_interval)
_WHOLE = r"-?(0|[1-9][0-9]{0,17})"
_NUMBER = r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,17})?([eE][-+]?[0-9]{1,3})?"


def plain_columns(
    names: Sequence[str], columns: Sequence[pa.ChunkedArray]
) -> tuple[list[str], list[pa.ChunkedArray], list[Remark]]:
    """Give plain columns: lists and records as text with a remark, codes decoded, binary content left out with one."""
    kept_names: list[str] = []
    kept: list[pa.ChunkedArray] = []
    remarks: list[Remark] = []
    for name, column in zip(names, columns, strict=True):
        kind = _storage(column.type)
        if _is_any(kind, _LEFT_OUT):
            remarks.append(Remark("OM-PKG-005", {"column": name}))
            continue
        if _is_any(kind, _NESTED):
            remarks.append(Remark("OM-FLD-011", {"column": name}))
        kept_names.append(name)
        kept.append(_plain(column, kind))
    return kept_names, kept, remarks


def told_apart(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give a column of text as numbers where every value is one in its plain form: "007" and "+1" stay text."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    for pattern, kind in ((_WHOLE, pa.int64()), (_NUMBER, pa.float64())):
        fits = pc.all(pc.match_substring_regex(column, f"^{pattern}$"), min_count=1).as_py()
        if fits:
            return column.cast(kind)
    return column


def _is_any(kind: pa.DataType, tests: Sequence[Callable[[pa.DataType], bool]]) -> bool:
    """Tell whether a type is one of several."""
    return any(test(kind) for test in tests)


def _storage(kind: pa.DataType) -> pa.DataType:
    """Give the type that an extension type is stored in."""
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _plain(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Give one column in a plain type."""
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind)
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type), kind.value_type)
    if _is_any(kind, _NESTED):
        return _mapped(column, _told)
    if _is_any(kind, _AS_TEXT):
        return _mapped(column, str)
    wanted = kind
    if pa.types.is_decimal(kind):
        wanted = pa.float64() if kind.precision <= _EXACT_DIGITS else pa.string()
    elif pa.types.is_float16(kind) or pa.types.is_string_view(kind) or pa.types.is_run_end_encoded(kind):
        wanted = pa.float32() if pa.types.is_float16(kind) else pa.string()
    return column.cast(wanted)


def _mapped(column: pa.ChunkedArray, told: Callable[[Any], str]) -> pa.ChunkedArray:
    """Give each value as text."""
    values = [None if value is None else told(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(values, pa.string())])


def _told(value: Any) -> str:
    """Give a list of plain values as text joined by semicolons, any other nested value as JSON."""
    if isinstance(value, list) and not any(isinstance(item, (list, dict, tuple)) for item in value):
        return ";".join("" if item is None else str(item) for item in value)
    return json.dumps(value, ensure_ascii=False, default=str)
