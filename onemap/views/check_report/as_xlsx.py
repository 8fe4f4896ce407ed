"""The report of a check as a workbook in the form that departments use: the form, check items, records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import xlsxwriter

from onemap.views.check_report.facts import MOST_SAMPLES, CheckReport, RuleResult, rule_results
from onemap.views.check_report.form import (
    Column,
    facts_of,
    finding_columns,
    item_columns,
    mended_columns,
    said,
    sentences_of,
    waived_columns,
)
from onemap.views.escaping import plain

__all__ = ["write_xlsx"]

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FORMATS = {"text": "@", "integer": "#,##0", "share": "0.00%", "degrees": "0.000000"}
_FONT = "宋体"
_HEAD_FONT = "黑体"
_LONGEST_CELL = 32_767  # characters; a limit of the format
_LINE_CHARACTERS = 78  # characters of a line of the form, a hanzi counting two
_ROW_POINTS = 13.5
_HIGHEST_POINTS = 400.0  # a row of a workbook holds 409


def write_xlsx(report: CheckReport, path: Path, *, lang: str = "zh") -> None:
    """Write the report as a workbook; text is always text, never a formula.

    Parameters
    ----------
    report
        What was found.
    path
        File to write.
    lang
        "zh" or "en".

    Examples
    --------
    >>> import datetime, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "report.xlsx"
    >>> write_xlsx(CheckReport("x.gdb", "generic", {}, [], [], datetime.date(2026, 1, 1)), path)
    >>> path.stat().st_size > 0
    True
    """
    t = said(lang)
    content = BytesIO()
    book = xlsxwriter.Workbook(content, _OPTIONS)
    made = dt.datetime.combine(report.date, dt.time(), tzinfo=dt.UTC).replace(tzinfo=None)
    book.set_properties({"title": f"{t('title')} {plain(report.name)}", "created": made})
    styles = _styles(book)
    results = rule_results(report)
    _write_form(book.add_worksheet(t("sheet_form")), report, results, styles, lang=lang)
    _write_table(book.add_worksheet(t("sheet_items")), item_columns(results, lang), styles, title=t("item_table"))
    records = book.add_worksheet(t("sheet_findings"))
    _write_table(
        records,
        finding_columns(results, lang),
        styles,
        title=t("findings"),
        note=t("sampled", most=f"{MOST_SAMPLES:,}"),
    )
    if report.waived:
        _write_table(book.add_worksheet(t("sheet_waived")), waived_columns(report, lang), styles, title=t("waived"))
    if report.mended:
        columns = mended_columns(report, lang)
        sheet = book.add_worksheet(t("sheet_mended"))
        _write_table(sheet, columns, styles, title=t("mended"), note=t("mended_note"))
    book.close()
    path.write_bytes(content.getvalue())


def _styles(book: Any) -> dict[str, Any]:
    """Make the formats of cells."""
    base = {"font_name": _FONT, "font_size": 10, "valign": "vcenter", "border": 1, "border_color": "#7F7F7F"}
    styles = {
        kind: book.add_format({**base, "num_format": number, "align": "left" if kind == "text" else "center"})
        for kind, number in _FORMATS.items()
    }
    styles["text"].set_text_wrap()
    styles["joined"] = book.add_format({**base, "text_wrap": True, "align": "center"})
    head = {"font_name": _HEAD_FONT, "text_wrap": True, "align": "center", "bg_color": "#E9EDF1"}
    styles["head"] = book.add_format({**base, **head})
    styles["title"] = book.add_format(
        {"font_name": _HEAD_FONT, "font_size": 18, "align": "center", "valign": "vcenter"}
    )
    styles["section"] = book.add_format({"font_name": _HEAD_FONT, "font_size": 12, "valign": "vcenter"})
    styles["note"] = book.add_format({"font_name": _FONT, "font_size": 9, "font_color": "#595959", "valign": "vcenter"})
    styles["verdict"] = book.add_format({**base, "text_wrap": True, "bold": True})
    styles["seal"] = book.add_format(
        {**base, "align": "right", "valign": "bottom", "font_color": "#7F7F7F", "text_wrap": True}
    )
    return styles


def _write_form(
    sheet: Any, report: CheckReport, results: Sequence[RuleResult], styles: Mapping[str, Any], *, lang: str
) -> None:
    """Write the form: head, what was checked in sentences, remarks, names and the place of the seal."""
    t = said(lang)
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 3, 27)
    sheet.merge_range(0, 0, 0, 3, t("title"), styles["title"])
    sheet.set_row(0, 36)
    row = 1
    facts = facts_of(report, lang)
    for name, value in facts:
        style = styles["verdict"] if name == t("conclusion") else styles["text"]
        row = _line(sheet, row, name, value, head=styles["head"], style=style)
    row = _line(sheet, row, t("sentences"), sentences_of(results, lang), head=styles["head"], style=styles["text"])
    row = _line(sheet, row, t("remark"), "\n\n\n", head=styles["head"], style=styles["text"])
    sheet.write_string(row, 0, t("inspector"), styles["head"])
    sheet.write_string(row, 1, plain(report.people.get("inspector", "")), styles["text"])
    sheet.write_string(row, 2, t("reviewer"), styles["head"])
    sheet.write_string(row, 3, plain(report.people.get("reviewer", "")), styles["text"])
    sheet.set_row(row, 30)
    sheet.merge_range(row + 1, 0, row + 1, 3, f"{t('seal')}\n{t('signed')}                    ", styles["seal"])
    sheet.set_row(row + 1, 90)
    _set_page(sheet, landscape=False)


def _line(sheet: Any, row: int, name: str, value: str, *, head: Any, style: Any) -> int:
    """Write a line of the form, high enough for its text, and give the next one."""
    sheet.write_string(row, 0, name, head)
    sheet.merge_range(row, 1, row, 3, "", style)
    sheet.write_string(row, 1, value[:_LONGEST_CELL], style)
    sheet.set_row(row, _height([(value, _LINE_CHARACTERS)]) + 8)
    return row + 1


def _height(cells: Sequence[tuple[str, int]]) -> float:
    """Give the height in points that texts need in columns of so many characters."""
    lines = [
        sum(max(1, -(-_characters(line) // max(1, width - 1))) for line in text.split("\n")) for text, width in cells
    ]
    return min(_HIGHEST_POINTS, _ROW_POINTS * max(lines, default=1) + 3)


def _write_table(
    sheet: Any, columns: Sequence[Column], styles: Mapping[str, Any], *, title: str, note: str = ""
) -> None:
    """Write a table under a title; its header stands on every page."""
    sheet.write_string(0, 0, title, styles["section"])
    sheet.write_string(1, 0, note, styles["note"])
    starts_group = _group_starts(columns)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(2, place, column.header, styles["head"])
        if column.joined:
            _write_joined(sheet, place, column, starts=starts_group[place], style=styles["joined"])
            continue
        for row, value in enumerate(column.cells, start=3):
            if isinstance(value, str):
                sheet.write_string(row, place, value[:_LONGEST_CELL], styles[column.kind])
            elif value is None:
                sheet.write_blank(row, place, None, styles[column.kind])
            else:
                sheet.write_number(row, place, value, styles[column.kind])
    rows = len(columns[0].cells)
    for row in range(rows):
        alone = [one for place, one in enumerate(columns) if _stands_alone(row, rows, starts_group.get(place))]
        sheet.set_row(3 + row, _height([(str(one.cells[row]), one.width) for one in alone if one.kind == "text"]))
    sheet.freeze_panes(3, 0)
    if not any(column.joined for column in columns):
        sheet.autofilter(2, 0, 2 + rows, len(columns) - 1)
    sheet.repeat_rows(2)
    _set_page(sheet, landscape=True)


def _group_starts(columns: Sequence[Column]) -> dict[int, list[int]]:
    """Give for each joined column the rows where a group starts: where it or a joined one before it changes."""
    starts: dict[int, list[int]] = {}
    keys: list[tuple[object, ...]] = [()] * len(columns[0].cells)
    for place, column in enumerate(columns):
        if column.joined:
            keys = [(*key, value) for key, value in zip(keys, column.cells, strict=True)]
            starts[place] = [row for row, key in enumerate(keys) if not row or key != keys[row - 1]]
    return starts


def _stands_alone(row: int, rows: int, starts: Sequence[int] | None) -> bool:
    """Tell whether a cell is not joined with that above or below."""
    return starts is None or (row in starts and (row + 1 in starts or row + 1 == rows))


def _write_joined(sheet: Any, place: int, column: Column, *, starts: Sequence[int], style: Any) -> None:
    """Write a column whose equal neighbours stand in one cell."""
    for start, end in pairwise([*starts, len(column.cells)]):
        text = str(column.cells[start])
        if end - start > 1:
            sheet.merge_range(3 + start, place, 2 + end, place, "", style)
        sheet.write_string(3 + start, place, text, style)


def _set_page(sheet: Any, *, landscape: bool) -> None:
    """Set A4, one page wide, with the page's number below."""
    sheet.set_paper(9)
    if landscape:
        sheet.set_landscape()
    sheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    sheet.set_footer("&C&P / &N")


def _characters(text: str) -> int:
    """Count the width of a text in characters; a hanzi is two wide."""
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)
