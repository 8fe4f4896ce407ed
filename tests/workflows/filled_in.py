"""Forms filled in as offices do, without any fault.

Headers, words and ranges are read from the form itself (its cells, its drop-downs, its page of notes), so whoever fills
it in knows no more than an office does.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

HEADER_ROW = 3
HANZI = "东南西北中山水石林田河湖泉塘坪岭沟湾桥口关城安宁和平新兴光明红旗前进团结"


@dataclass
class Column:
    """One column of a form as its notes and drop-downs tell it."""

    header: str
    at: int
    kind: str
    required: bool
    words: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    is_open: bool = False


@dataclass
class Form:
    """One form being filled in."""

    path: Path
    book: Any
    sheet: Worksheet
    columns: list[Column]
    rng: random.Random
    number: int
    layer: str
    planted: list[tuple[int, str, str]] = field(default_factory=list)  # row, header, what
    used: set[int] = field(default_factory=set)
    rows: list[int] = field(default_factory=list)

    @property
    def id_column(self) -> Column:
        return self.columns[0]

    def of(self, *kinds: str) -> list[Column]:
        return [column for column in self.columns if column.kind in kinds]

    def put(self, row: int, column: Column, value: object) -> None:
        self.sheet.cell(row, column.at).value = value  # type: ignore[assignment]

    def plant(self, row: int, what: str, *columns: Column) -> None:
        self.used.add(row)
        self.planted += [(row, column.header, what) for column in columns]


def read_columns(book: Any, layer: str) -> list[Column]:
    """Learn the columns of a form from its page of notes and its drop-downs."""
    sheet, notes = book.worksheets[0], book["填报说明"]
    table = {row[1]: row for row in notes.iter_rows(values_only=True) if row[1] and row[0] and str(row[0]).isalpha()}
    lists = {}
    for one in sheet.data_validations.dataValidation:
        at = openpyxl.utils.column_index_from_string(
            "".join(sign for sign in str(one.sqref).split(":")[0] if sign.isalpha())
        )
        lists[at] = one
    columns = []
    for cell in sheet[HEADER_ROW]:
        _, header, required, _, _, allowed, _ = table[cell.value]
        asked = lists.get(cell.column)
        words = tuple(asked.formula1.strip('"').split(",")) if asked is not None and asked.type == "list" else ()
        kind = (
            "yes_no"
            if words == ("是", "否")
            else "choice"
            if words
            else "date"
            if allowed.startswith("日期")
            else "integer"
            if allowed.startswith("整数")
            else "number"
            if allowed.startswith("数字")
            else "shape"
            if "WKT" in allowed
            else "code"
            if "原样" in allowed
            else "text"
        )
        kind = {"经度": "lon", "纬度": "lat"}.get(header[:2], kind)
        bounds = asked is not None and asked.type in {"whole", "decimal"}
        low, high = (float(asked.formula1), float(asked.formula2)) if bounds else (None, None)
        columns.append(Column(header, cell.column, kind, required == "是", words, low, high, "其他" in allowed))
    return columns


def sound_value(form: Form, column: Column, row: int) -> object:
    """Give a value that nobody could find fault with."""
    rng = form.rng
    if column is form.id_column and column.kind == "code":
        return identifier(form, row)
    day = dt.date(2025, rng.randint(1, 12), rng.randint(1, 28))
    by_kind: dict[str, Callable[[], object]] = {
        "lon": lambda: round(rng.uniform(75.2, 76.6), 5) + rng.randint(1, 9) / 1e6,
        "lat": lambda: round(rng.uniform(38.9, 39.9), 5) + rng.randint(1, 9) / 1e6,
        "shape": lambda: sound_shape(form),
        "yes_no": lambda: rng.choice(["是", "否", "是", None]),
        "choice": lambda: rng.choice(column.words),
        "date": lambda: rng.choice([day, day.isoformat(), f"{day.year}年{day.month}月{day.day}日", None]),
        "integer": lambda: sound_number(form, column),
        "number": lambda: sound_number(form, column),
    }
    return by_kind.get(column.kind, lambda: sound_text(form, column, row))()


def identifier(form: Form, row: int) -> str:
    """Give an identifier as its kind of layer has it."""
    digits = {"villages": 12, "districts": 12, "sea_areas": 12, "townships": 9}.get(form.layer)
    if digits is None:
        return f"{chr(65 + form.number)}{form.layer[:2].upper()}-{form.number:02d}{row:04d}"
    return f"6531{form.number:02d}{row:03d}200"[:digits]


def sound_number(form: Form, column: Column) -> float | int:
    """Give a number well inside the range of its column, of an ordinary size."""
    usual = {
        "塔高": (20, 50), "挂高": (20, 50), "杆塔高度": (20, 50), "需求挂高": (20, 50), "地面高程": (1200, 1400),
        "占地面积": (40, 300), "频率": (800, 3600), "建成年份": (2001, 2025), "年份": (2026, 2030), "建设年份": (2026, 2030),
        "需求年份": (2026, 2030), "平台总数": (3, 6), "空闲平台": (0, 2), "纤芯数": (24, 96), "空闲纤芯": (2, 12), "管孔数": (6, 12),
        "空闲管孔": (1, 4), "户数": (30, 400), "人口": (200, 1500), "在校生数": (50, 900), "皮长公里": (1, 12), "PUE": (1.2, 1.8),
        "电压等级": (35, 110), "剩余承载": (50, 300), "方位角": (1, 350), "RSRP": (-115, -70), "起点桩号": (1, 90),
    }  # fmt: skip
    name = column.header.removesuffix("*").split("（")[0]
    low, high = usual.get(name, (None, None))
    if low is None:
        assert column.low is not None
        assert column.high is not None
        span = min(column.high - column.low, 60)
        low, high = column.low + 0.3 * span, column.low + 0.7 * span
    if column.kind == "integer":
        return form.rng.randint(round(low), round(high))
    return round(form.rng.uniform(low, high), 1)


def sound_text(form: Form, column: Column, row: int) -> str | None:
    """Give a text."""
    name, rng = column.header.removesuffix("*"), form.rng
    fixed = {"行政区代码": "653101", "乡镇": "甲乡", "行政村": "甲村", "所属行政村代码": "653101201200"}
    if name in fixed:
        return fixed[name]
    if name.endswith("名称") or column.required:
        return f"{rng.choice(HANZI)}{rng.choice(HANZI)}{row}{form.number}号"
    return rng.choice([None, f"{rng.choice(HANZI)}{rng.choice(HANZI)}"])


def sound_shape(form: Form) -> str:
    """Give a short line, or a small outline round a place."""
    rng = form.rng
    lon, lat = rng.uniform(75.2, 76.4), rng.uniform(38.9, 39.8)
    if form.layer in {"cables", "ducts", "roads"} or (form.layer == "works" and rng.random() < 0.5):
        points = [
            (lon + 0.012 * at + rng.uniform(0.001, 0.01), lat + rng.uniform(0, 0.01)) for at in range(rng.randint(2, 6))
        ]
        return rng.choice(["，", "; ", ", "]).join(f"{x:.6f} {y:.6f}" for x, y in points)
    w, h = rng.uniform(0.002, 0.01), rng.uniform(0.002, 0.01)
    ring = [(lon, lat), (lon + w, lat), (lon + w, lat + h), (lon, lat + h)]
    ring += ring[:1] if form.layer == "works" or rng.random() < 0.5 else []
    if rng.random() < 0.3:
        ring = [*ring, ring[0]] if ring[0] != ring[-1] else ring
        return f"POLYGON (({', '.join(f'{x:.6f} {y:.6f}' for x, y in ring)}))"
    return "；".join(f"{x:.6f} {y:.6f}" for x, y in ring)
