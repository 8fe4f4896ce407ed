"""The faults that are planted in forms: one function a kind, which says what it planted and where."""

from __future__ import annotations

from collections.abc import Callable

from tests.workflows.filled_in import Column, Form

Planter = Callable[[Form, int], bool]


def _one(form: Form, columns: list[Column]) -> Column | None:
    return form.rng.choice(columns) if columns else None


def missing_required(form: Form, row: int) -> bool:
    column = _one(form, [column for column in form.columns if column.required])
    if column is None:
        return False
    form.put(row, column, form.rng.choice([None, "", "  "]) if column.kind not in {"lon", "lat"} else None)
    form.plant(row, "missing", column)
    return True


def unreadable_number(form: Form, row: int) -> bool:
    column = _one(form, form.of("integer", "number"))
    if column is None:
        return False
    form.put(row, column, form.rng.choice(["约35", "不详", "30-40", "待测", "见附表"]))
    form.plant(row, "unreadable number", column)
    return True


def number_in_another_unit(form: Form, row: int) -> bool:
    column = _one(form, [one for one in form.of("number") if "（" in one.header])
    if column is None:
        return False
    form.put(row, column, "35 kWh" if "千瓦" not in column.header else "35 海里")
    form.plant(row, "another unit", column)
    return True


def out_of_range(form: Form, row: int) -> bool:
    column = _one(form, [one for one in form.of("integer", "number") if one.high is not None and abs(one.high) < 1e11])
    if column is None or column.high is None or column.low is None:
        return False
    over = column.high * 2 + 7 if column.high > 0 else column.high + 77
    under = column.low - abs(column.low) - 7
    value = form.rng.choice([over, under])
    form.put(row, column, int(value) if column.kind == "integer" else value)
    form.plant(row, "out of range", column)
    return True


def unknown_word(form: Form, row: int) -> bool:
    column = _one(form, [one for one in form.of("choice") if not one.is_open])
    if column is None:
        return False
    form.put(row, column, form.rng.choice(["不详", "其它", "待定", "见备注"]))
    form.plant(row, "unknown word", column)
    return True


def neither_yes_nor_no(form: Form, row: int) -> bool:
    column = _one(form, form.of("yes_no"))
    if column is None:
        return False
    form.put(row, column, form.rng.choice(["可能", "部分", "待核实"]))
    form.plant(row, "neither yes nor no", column)
    return True


def no_such_day(form: Form, row: int) -> bool:
    column = _one(form, form.of("date"))
    if column is None:
        return False
    form.put(row, column, form.rng.choice(["2026-13-40", "去年", "2026年2月30日", "待定"]))
    form.plant(row, "no such day", column)
    return True


def identifier_again(form: Form, row: int) -> bool:
    earlier = [one for one in form.rows if one < row and one not in form.used]
    if not earlier or form.id_column.kind != "code" or not form.id_column.required:
        return False
    first = form.rng.choice(earlier)
    form.put(row, form.id_column, form.sheet.cell(first, form.id_column.at).value)
    form.used.add(first)
    form.plant(row, "identifier again", form.id_column)
    return True


def spoiled_identifier(form: Form, row: int) -> bool:
    if form.id_column.kind != "code":
        return False
    form.put(row, form.id_column, f"4.6{form.number % 10}{row % 10}E+14")
    form.plant(row, "spoiled identifier", form.id_column)
    return True


def swapped_axes(form: Form, row: int) -> bool:
    lon, lat = form.of("lon"), form.of("lat")
    if not lon:
        return False
    one, two = (form.sheet.cell(row, column.at).value for column in (lon[0], lat[0]))
    form.put(row, lon[0], two)
    form.put(row, lat[0], one)
    form.plant(row, "swapped", lon[0], lat[0])
    return True


def far_away(form: Form, row: int) -> bool:
    lon, lat = form.of("lon"), form.of("lat")
    if not lon:
        return False
    form.put(row, lon[0], -75.123457)
    form.put(row, lat[0], -39.654321)
    form.plant(row, "far away", lon[0], lat[0])
    return True


def unreadable_place(form: Form, row: int) -> bool:
    column = _one(form, form.of("lon", "lat"))
    if column is None:
        return False
    form.put(row, column, form.rng.choice(["见图", "不详", "75°61′12″", None]))
    form.plant(row, "unreadable place", column)
    return True


def unreadable_shape(form: Form, row: int) -> bool:
    column = _one(form, form.of("shape"))
    if column is None:
        return False
    form.put(row, column, form.rng.choice(["见附图", "75.98 39.46", "LINESTRING (75 39", "75.98，39.46", None]))
    form.plant(row, "unreadable shape", column)
    return True


def same_as_above(form: Form, row: int) -> bool:
    column = _one(form, form.of("choice", "text"))
    if column is None:
        return False
    form.put(row, column, form.rng.choice(["同上", "〃"]))
    form.plant(row, "same as above", column)
    return True


def row_of_totals(form: Form, row: int) -> bool:
    column = _one(form, [form.id_column, *(one for one in form.columns[:2] if one.kind == "text")])
    if column is None:
        return False
    for other in form.columns:
        form.put(row, other, None)
    form.put(row, column, form.rng.choice(["合计", "小计", "总计"]))
    form.plant(row, "totals", column)
    return True


def error_of_a_formula(form: Form, row: int) -> bool:
    column = _one(form, form.of("text", "number", "choice"))
    if column is None:
        return False
    form.put(row, column, "#REF!")
    form.plant(row, "error of a formula", column)
    return True


def formula_without_result(form: Form, row: int) -> bool:
    column = _one(form, form.of("number", "integer"))
    if column is None:
        return False
    form.put(row, column, "=20+15")
    form.plant(row, "formula without result", column)
    return True


def wrong_encoding(form: Form, row: int) -> bool:
    column = _one(form, [one for one in form.of("text") if one.header.endswith(("名称", "备注"))])
    if column is None:
        return False
    form.put(row, column, form.rng.choice(["ÒÆ¶¯»ùÕ¾", "锟斤拷锟斤拷"]))
    form.plant(row, "wrong encoding", column)
    return True


def name_against_code(form: Form, row: int) -> bool:
    code = [one for one in form.columns if one.header == "所属行政村代码"]
    name = [one for one in form.columns if one.header == "行政村"]
    if not code or not name or any(what == "name against code" for _, _, what in form.planted) or len(form.rows) < 12:
        return False
    form.put(row, name[0], "乙庄村")
    form.plant(row, "name against code", code[0], name[0])
    return True


PLANTERS: tuple[Planter, ...] = (
    missing_required, unreadable_number, number_in_another_unit, out_of_range, unknown_word, neither_yes_nor_no, no_such_day,
    identifier_again, spoiled_identifier, swapped_axes, far_away, unreadable_place, unreadable_shape, same_as_above,
    row_of_totals, error_of_a_formula, formula_without_result, wrong_encoding, name_against_code,
)  # fmt: skip
