"""Every list in one workbook, in the columns that offices use, behind a sheet that says what is where."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import xlsxwriter

from onemap.findings import Finding
from onemap.messages import LANGUAGES, catalogue, entry, text
from onemap.views.escaping import plain
from onemap.views.list_columns import given, numbered, titled
from onemap.views.lists import Column, Kind, OfficeList, office_lists, plain_cell
from onemap.views.view_settings import ViewSettings

__all__ = ["write_findings_sheet", "write_workbook"]

_FORMATS = {"text": "@", "integer": "0", "number": "#,##0.0", "share": "0.0%", "degrees": "0.000000"}
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_EARLIEST = dt.datetime(2000, 1, 1)  # noqa: DTZ001  # the format knows no zones; a table of findings has no date
_HEAD_ROWS = 4  # title, facts, Chinese header, English header
_FINDING_KINDS: dict[str, Kind] = {"row": "integer", "lon": "degrees", "lat": "degrees"}
_WIDEST = 40
_LONGEST_CELL = 32_767  # characters; a limit of the format
_TO_FILL = ("measure", "unit", "deadline", "decision", "remarks", "inspector", "reviewer")
_MOST_ROWS = 1_048_576 - _HEAD_ROWS


def write_workbook(
    path: Path,
    *,
    layers: Mapping[str, gpd.GeoDataFrame],
    results: Mapping[str, gpd.GeoDataFrame],
    findings: Sequence[Finding],
    settings: ViewSettings,
) -> Path:
    """Write every list into its own sheet.

    Parameters
    ----------
    path
        The workbook to write (.xlsx); its folder must exist.
    layers, results
        Layers by name, any CRS; a list without rows still has its sheet, with its headers. The first sheet names all.
    findings
        What was found in the data.
    settings
        County, date, class and language of the values; headers are in Chinese and English.

    Returns
    -------
    path
        The workbook written. Text is always text, never a formula; the same arguments give the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "lists.xlsx"
    ...     settings = ViewSettings("示范县", dt.date(2026, 1, 1))
    ...     write_workbook(path, layers={}, results={}, findings=[], settings=settings).name
    'lists.xlsx'
    """
    book = xlsxwriter.Workbook(str(path), _OPTIONS)
    made = dt.datetime.combine(settings.data_date, dt.time(), tzinfo=dt.UTC).replace(tzinfo=None)
    book.set_properties({"title": plain(settings.title(settings.lang)), "created": made})
    styles = _styles(book)
    lists = office_lists(layers, results, findings, settings, lang=settings.lang)
    _write_index(book, lists, settings, styles)
    for office_list in lists:
        _write_sheet(book, office_list, settings, styles)
    book.close()
    return path


def write_findings_sheet(path: Path, table: pd.DataFrame) -> Path:
    """Write a table of findings as the only sheet of a workbook.

    Parameters
    ----------
    path
        The workbook to write (.xlsx); its folder must exist.
    table
        One row a finding, as `findings.findings_table` gives it; any columns.

    Returns
    -------
    path
        The workbook written: text is always text, the creation date is fixed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_findings_sheet(Path(folder) / "findings.xlsx", pd.DataFrame({"rule": ["=1+1"]})).name
    'findings.xlsx'
    """
    book = xlsxwriter.Workbook(str(path), _OPTIONS)
    book.set_properties({"created": _EARLIEST})
    styles = _styles(book)
    columns = [
        Column(*_header(name), _FINDING_KINDS.get(name, "text"), tuple(plain_cell(value) for value in table[name]))
        for name in map(str, table.columns)
    ]
    _write_rows(book.add_worksheet("findings"), columns, styles, first_row=0)
    book.close()
    return path


def _header(name: str) -> tuple[str, str]:
    """Give the headers of a column of findings; its name where the catalogue has none."""
    head, _, lang = name.rpartition("_")
    known = catalogue().get(f"list_{head}" if lang in LANGUAGES else f"list_{name}", {"zh": name, "en": name})
    mark = f" ({lang})" if lang in LANGUAGES else ""
    return known["zh"] + mark, known["en"] + mark


def _styles(book: Any) -> dict[str, Any]:
    """Make the formats of cells."""
    base = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
    styles = {kind: book.add_format({**base, "num_format": number}) for kind, number in _FORMATS.items()}
    styles["text"].set_text_wrap()
    styles["title"] = book.add_format({**base, "font_size": 14, "bold": True})
    styles["facts"] = book.add_format({**base, "font_color": "#69717B"})
    head = {**base, "bold": True, "bg_color": "#E9EDF1", "border": 1, "border_color": "#C5CBD1", "text_wrap": True}
    styles["zh"] = book.add_format(head)
    styles["link"] = book.add_format({**base, "font_color": "#0072B2", "underline": 1})
    styles["en"] = book.add_format({**head, "bold": False, "italic": True})
    return styles


def _write_index(book: Any, lists: Sequence[OfficeList], settings: ViewSettings, styles: Mapping[str, Any]) -> None:
    """Write the first sheet: what the workbook holds, how many rows, and what the office fills in."""
    empty = ["、".join(_unfilled(one, settings.lang)) or None for one in lists]
    columns = [
        numbered(len(lists)),
        given("sheet", "text", [one.title(settings.lang) for one in lists]),
        given("sheet_en", "text", [one.en for one in lists]),
        given("rows", "integer", [len(one) for one in lists]),
        given("to_fill", "text", empty),
    ]
    index = titled("index", columns)
    sheet = _write_sheet(book, index, settings, styles)
    for row, one in enumerate(lists, start=_HEAD_ROWS):
        name = _sheet_name(one.title(settings.lang))
        sheet.write_url(row, 1, f"internal:'{name}'!A1", styles["link"], one.title(settings.lang))


def _unfilled(office_list: OfficeList, lang: str) -> list[str]:
    """Name the columns that are there to be filled in."""
    known = {entry(f"list_{label}")["zh"] for label in _TO_FILL}
    return [column.header(lang) for column in office_list.columns if column.zh in known and not any(column.cells)]


def _write_sheet(book: Any, office_list: OfficeList, settings: ViewSettings, styles: Mapping[str, Any]) -> Any:
    """Write one list: title, facts, two header rows, rows; set up for A4 across, heads on every page."""
    sheet = book.add_worksheet(_sheet_name(office_list.title(settings.lang)))
    sheet.write_string(
        0, 0, plain(f"{settings.county(settings.lang)} {office_list.title(settings.lang)}"), styles["title"]
    )
    sheet.write_string(1, 0, _facts(settings, len(office_list)), styles["facts"])
    _write_rows(sheet, office_list.columns, styles, first_row=2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2, 3)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer(f"&L&A&R{text('list_page', settings.lang)}")
    return sheet


def _write_rows(sheet: Any, columns: Sequence[Column], styles: Mapping[str, Any], *, first_row: int) -> None:
    """Write two rows of headers and the rows below; text as text, numbers as numbers."""
    below = first_row + 2
    for place, column in enumerate(columns):
        sheet.write_string(first_row, place, column.zh, styles["zh"])
        sheet.write_string(first_row + 1, place, column.en, styles["en"])
        sheet.set_column(place, place, _width(column))
        for row, value in enumerate(column.cells[:_MOST_ROWS], start=below):
            if isinstance(value, str):
                sheet.write_string(row, place, value[:_LONGEST_CELL], styles["text"])
            elif value is not None:
                sheet.write_number(row, place, value, styles[column.kind])
    rows = len(columns[0].cells) if columns else 0
    sheet.freeze_panes(below, 2)
    sheet.autofilter(below - 1, 0, below - 1 + min(rows, _MOST_ROWS), max(0, len(columns) - 1))


def _facts(settings: ViewSettings, count: int) -> str:
    """Say what a sheet holds: date, class, rows, simulated."""
    parts = [settings.facts(settings.lang), text("view_rows", settings.lang, count=count)]
    if settings.simulated:
        parts.append(text("view_simulated", settings.lang))
    return plain(" · ".join(parts))


def _sheet_name(title: str) -> str:
    """Give a title without the signs that a sheet's name cannot hold, at most 31 characters."""
    return re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:31]


def _width(column: Column) -> float:
    """Give the width of a column in characters; a hanzi is two wide."""
    texts = [column.zh, *(str(value) for value in column.cells[:200] if value is not None)]
    widest = max(sum(2 if ord(sign) > 0x2E80 else 1 for sign in value) for value in texts)
    return min(_WIDEST, max(7, widest + 2))
