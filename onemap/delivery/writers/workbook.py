"""The tables of a delivery as a workbook: totals first, then a sheet a layer, then what the fields are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import xlsxwriter

from onemap.delivery.areas import ellipsoidal_areas, ellipsoidal_lengths
from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.writers.arrow import StoredField, WrittenLayer, refuse_existing
from onemap.errors import WriteError

__all__ = ["TOTALS", "write"]

TOTALS, FIELDS = "汇总", "字段说明"
_MOST_ROWS = 1_048_575
_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}
_TOTAL_HEADS = ("图层代码", "图层名称", "几何类型", "要素数", "长度（千米）", "面积（平方米）")
_FIELD_HEADS = ("图层代码", "字段代码", "字段名称", "类型", "长度", "小数位", "必填")
_KINDS = {"Point": "点", "LineString": "线", "Polygon": "面"}
_TYPES = {"text": "文本", "integer": "整数", "number": "数值"}
_WIDEST = 40


def write(layers: Sequence[DeliveryLayer], path: Path, *, date: dt.date, title: str = "") -> list[WrittenLayer]:
    """Write the tables of layers as one workbook.

    The first sheet holds the rows, length and area of each layer and their sums; each layer has a sheet of its own,
    with the aliases of its fields in one row of heads; the last says what the fields are.

    Parameters
    ----------
    layers
        The layers.
    path
        Workbook to make (.xlsx); it must not exist.
    date
        Date that the workbook is given.
    title
        Title of the workbook.

    Returns
    -------
    written
        One entry a layer.

    Raises
    ------
    WriteError
        If the path exists or a layer has more rows than a sheet.

    Examples
    --------
    >>> import tempfile
    >>> write([], Path(tempfile.mkdtemp()) / "empty.xlsx", date=dt.date(2026, 1, 1))
    []
    """
    refuse_existing(path)
    for layer in layers:
        if len(layer.frame) > _MOST_ROWS:
            raise WriteError("workbook_too_long", layer=layer.code, rows=len(layer.frame), limit=_MOST_ROWS)
    book = xlsxwriter.Workbook(str(path), _OPTIONS)
    book.set_properties({"title": title, "created": dt.datetime.combine(date, dt.time())})
    head = book.add_format({"bold": True, "bg_color": "#E9EDF1", "border": 1, "border_color": "#C5CBD1"})
    text = book.add_format({"num_format": "@"})
    _write_rows(book.add_worksheet(TOTALS), _TOTAL_HEADS, _totals(layers), (head, text))
    written = []
    for layer in layers:
        rows = [
            [_cell(value) for value in row] for row in layer.frame[[one.name for one in layer.fields]].to_numpy(object)
        ]
        _write_rows(book.add_worksheet(layer.code), [one.alias or one.name for one in layer.fields], rows, (head, text))
        stored = tuple(StoredField(one.name, one.alias or one.name, 0) for one in layer.fields)
        written.append(WrittenLayer(layer.code, path, len(rows), stored))
    _write_rows(book.add_worksheet(FIELDS), _FIELD_HEADS, _fields(layers), (head, text))
    book.close()
    return written


def _measured(layer: DeliveryLayer) -> tuple[int, float | None, float | None]:
    """Count the rows of a layer; give its length (km) or area (m²) on the ellipsoid, None where it has none."""
    rows = len(layer.frame)
    length, area = None, None
    if layer.geometry == "LineString" and rows:
        length = round(float(np.nansum(ellipsoidal_lengths(layer.frame.geometry))) / 1000, 3)
    if layer.geometry == "Polygon" and rows:
        there = layer.frame.geometry[~shapely.is_missing(np.asarray(layer.frame.geometry.array, dtype=object))]
        area = round(float(np.nansum(ellipsoidal_areas(there))), 2)
    return rows, length, area


def _totals(layers: Sequence[DeliveryLayer]) -> list[list[Any]]:
    """Give the rows of the first sheet, the sums last."""
    measured = [_measured(layer) for layer in layers]
    rows: list[list[Any]] = [
        [layer.code, layer.alias, _KINDS[layer.geometry], *figures]
        for layer, figures in zip(layers, measured, strict=True)
    ]
    sums = [sum(one[at] or 0 for one in measured) for at in range(3)]
    return [*rows, ["合计", "", "", sums[0], round(sums[1], 3), round(sums[2], 2)]]


def _fields(layers: Sequence[DeliveryLayer]) -> list[list[Any]]:
    """Give the rows of the last sheet."""
    return [
        [layer.code, one.name, one.alias, _TYPES[one.type], one.length, one.decimals, "是" if one.required else "否"]
        for layer in layers
        for one in layer.fields
    ]


def _cell(value: Any) -> Any:
    """Give a value as a cell: missing ones empty, numbers of Python."""
    if value is None or str(value) == "<NA>" or value != value:  # noqa: PLR0124
        return None
    return value.item() if isinstance(value, np.generic) else value


def _write_rows(sheet: Any, heads: Sequence[str], rows: Sequence[Sequence[Any]], styles: tuple[Any, Any]) -> None:
    """Write heads and rows; text as text, numbers as numbers."""
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, styles[0])
        shown = [head, *(str(row[place]) for row in rows[:200] if row[place] is not None)]
        sheet.set_column(
            place, place, min(_WIDEST, max(sum(2 if ord(one) > 0x2E80 else 1 for one in word) for word in shown) + 2)
        )
    for at, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(at, place, value, styles[1])
            elif value is not None:
                sheet.write_number(at, place, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(rows)), max(0, len(heads) - 1))
