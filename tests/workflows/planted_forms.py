"""Forms with faults planted cell by cell; the planter keeps the truth, onemap does not tell it."""

from __future__ import annotations

import csv
import datetime as dt
import random
from pathlib import Path

import openpyxl
from openpyxl.utils import get_column_letter

from tests.workflows.filled_in import HEADER_ROW, Form, read_columns, sound_value
from tests.workflows.planted_faults import (
    PLANTERS,
    neither_yes_nor_no,
    no_such_day,
    unknown_word,
    unreadable_number,
    unreadable_place,
    unreadable_shape,
)

FIRST_ROW = 5
Cell = tuple[str, str, int, str]  # file, sheet, row, letter


def fill(path: Path, layer: str, seed: int, number: int) -> tuple[Path, set[Cell]]:
    """Fill in a form, plant faults, and say where they stand in the file as it is sent.

    The office may add columns of its own, delete the example or the hidden sheet, or send a CSV.
    """
    rng = random.Random(seed)  # noqa: S311
    book = openpyxl.load_workbook(path)
    form = Form(path, book, book.worksheets[0], read_columns(book, layer), rng, number, layer)
    wrong = fill_submission(form, number)
    form.rows = list(range(FIRST_ROW, FIRST_ROW + rng.randint(14, 40)))
    for row in form.rows:
        for column in form.columns:
            form.put(row, column, sound_value(form, column, row))
    for _ in range(rng.randint(6, 12)):
        free = [row for row in form.rows if row not in form.used]
        if len(free) > 6:
            rng.choice(PLANTERS)(form, rng.choice(free))
    if rng.random() < 0.5:
        several_in_one_row(form)
    return send(form, wrong)


def several_in_one_row(form: Form) -> None:
    """Plant several faults in one row, one of which rejects it."""
    free = [row for row in form.rows if row not in form.used]
    row = form.rng.choice(free)
    for planter in (
        unreadable_place,
        unreadable_shape,
        unknown_word,
        neither_yes_nor_no,
        no_such_day,
        unreadable_number,
    ):
        planter(form, row)


def fill_submission(form: Form, number: int) -> list[tuple[int, str]]:
    """Fill in the sheet of the submission, sometimes wrongly; give row and letter of what is wrong."""
    sheet = form.book["填报信息"]
    rows = {cell.value: cell.row for cell in sheet["A"]}
    sheet.cell(rows["报送单位*"], 2, f"甲县第{number}单位")
    sheet.cell(rows["数据日期*"], 2, form.rng.choice([dt.date(2026, 1, 5), "2026-01-05", "2026年1月5日"]))
    sheet.cell(rows["密级"], 2, "内部")
    fault = form.rng.random()
    if fault < 0.15:
        sheet.cell(rows["数据日期*"], 2).value = form.rng.choice([None, "去年年底"])
        return [(rows["数据日期*"], "B")]
    if fault < 0.25:
        sheet.cell(rows["坐标系"], 2, "西安80")
        return [(rows["坐标系"], "B")]
    return []


def send(form: Form, wrong: list[tuple[int, str]]) -> tuple[Path, set[Cell]]:
    """Save the form as the office sends it, and give the cells at fault there."""
    rng, sheet = form.rng, form.sheet
    moved = 0
    if rng.random() < 0.4:
        at = rng.randint(3, len(form.columns))
        sheet.insert_cols(at)
        if rng.random() < 0.6:  # else a blank column stays between
            sheet.cell(HEADER_ROW, at, "本单位台账号")
            for row in form.rows:
                sheet.cell(row, at, f"TZ{row}")
        moved = at
    columns = {column.header: column.at + (1 if moved and column.at >= moved else 0) for column in form.columns}
    if rng.random() < 0.3:  # the example is cleared away
        for cell in sheet[HEADER_ROW + 1]:
            cell.value = None
    if rng.random() < 0.2:
        del form.book["onemap_template"]
    if rng.random() < 0.2 and not any(
        what in {"formula without result", "error of a formula"} for *_, what in form.planted
    ):
        return as_csv(form, columns)
    form.book.save(form.path)
    cells = {(form.path.name, sheet.title, row, get_column_letter(columns[header])) for row, header, _ in form.planted}
    return form.path, cells | {(form.path.name, "填报信息", row, letter) for row, letter in wrong}


def as_csv(form: Form, columns: dict[str, int]) -> tuple[Path, set[Cell]]:
    """Send the table alone, as comma-separated text."""
    path = form.path.with_suffix(".csv")
    with path.open("w", encoding=form.rng.choice(["utf-8-sig", "gb18030"]), newline="") as stream:
        writer = csv.writer(stream)
        for record in form.sheet.iter_rows(values_only=True):
            writer.writerow(["" if cell is None else cell for cell in record])
    form.path.unlink()
    return path, {(path.name, "", row, get_column_letter(columns[header])) for row, header, _ in form.planted}
