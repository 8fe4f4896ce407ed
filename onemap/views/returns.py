"""The return list of one submitter (退改清单): every fault at its own sheet, row and column, and what to do."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from onemap.findings import SEVERITIES, Finding
from onemap.layers.catalogue import catalogue
from onemap.layers.template_columns import known_values, office_word
from onemap.messages import catalogue as texts
from onemap.messages import entry, text
from onemap.views.escaping import plain
from onemap.views.list_columns import shown_width

__all__ = ["ReturnLine", "ReturnTable", "write_returns"]

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_MADE = dt.datetime(2000, 1, 1)  # noqa: DTZ001  # the format knows no zones; the same faults are always the same bytes
_LONGEST_CELL = 32_767  # characters; a limit of the format
_MOST_ROWS = 1_000_000
_MOST_COMMENTS = 5_000
_LINE_POINTS = 15
_A3, _A4 = 8, 9
_LIST = (
    ("number", 6), ("file_name", 26), ("sheet", 16), ("row", 7), ("letter", 6), ("cell", 8), ("header", 20),
    ("value", 26), ("message", 48), ("hint", 48), ("severity", 8), ("fate", 9), ("rule", 13), ("done", 24),
    ("remarks", 16),
)  # fmt: skip
_BY_TABLE = (("file_name", 40), ("sheet", 24), ("rows", 12), ("faults", 12), ("rejected", 14))
_BY_RULE = (("message", 40), ("rule", 24), ("severity", 12), ("faults", 12))
_INK, _RIM, _HEAD = "#1F2A36", "#C5CBD1", "#E9EDF1"
_SEVERITY_FILLS = {"fatal": "#F8D7D4", "error": "#F8D7D4", "warning": "#FCEFCF", "info": "#EEF1F4"}


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """One cell (or row, or table) that must be mended.

    Attributes
    ----------
    file, sheet
        File as its office knows it, sheet or layer in it.
    row
        Row as a person sees it there; None for a fault of the whole table.
    column
        Position of the column in a CSV or sheet, from 0 for A; None where the format has no letters, or for a row.
    header
        Name of the column, empty for a fault of the row.
    value
        What stands in the cell.
    finding
        What was found.
    is_rejected
        Whether the row was not taken.
    """

    file: str
    sheet: str
    row: int | None
    column: int | None
    header: str
    value: str
    finding: Finding
    is_rejected: bool


@dataclass(frozen=True, slots=True)
class ReturnTable:
    """A table that was submitted, to count its rows and to mark a copy of it.

    Attributes
    ----------
    file, sheet
        As in the lines.
    rows
        Row numbers as a person sees them.
    header_row
        Row of the column names; None where the format has none.
    names
        Names of the columns.
    positions
        Position of each column, from 0 for A; empty where the format has no letters.
    cells
        Texts of each column, one a row; None where a cell is empty. Empty where no copy is wanted.
    """

    file: str
    sheet: str
    rows: tuple[int, ...] = ()
    header_row: int | None = None
    names: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()
    cells: tuple[tuple[str | None, ...], ...] = ()


def write_returns(
    path: Path, submitter: str, lines: Sequence[ReturnLine], tables: Sequence[ReturnTable], *, lang: str = "zh"
) -> Path:
    """Write the return list of a submitter.

    Parameters
    ----------
    path
        The workbook to write (.xlsx); its folder must exist.
    submitter
        Who must mend it.
    lines
        What must be mended, in the order wanted.
    tables
        The tables that were submitted.
    lang
        Language of the texts; headers are in both.

    Returns
    -------
    path
        The workbook: summary, list, and a marked copy of each table at fault. Whatever a file says is text in it, never
        a formula; the same arguments give the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_returns(Path(folder) / "a.xlsx", "甲公司", [], []).name
    'a.xlsx'
    """
    book = xlsxwriter.Workbook(str(path), _OPTIONS)
    book.set_properties({"title": plain(f"{text('return_title', lang)} {submitter}"), "created": _MADE})
    styles = _styles(book)
    _write_summary(book, submitter, lines, tables, lang=lang, styles=styles)
    _write_list(book, lines, lang, styles)
    at_fault = [one for one in tables if any((line.file, line.sheet) == (one.file, one.sheet) for line in lines)]
    marked = [one for one in at_fault if one.cells]
    for number, table in enumerate(marked, start=1):
        here = [line for line in lines if (line.file, line.sheet) == (table.file, table.sheet)]
        name = text("return_sheet_marked", lang, number=number, sheet=table.sheet or Path(table.file).stem)
        _write_marked(book, _sheet_name(name), table, here, lang=lang, styles=styles)
    book.close()
    return path


def _styles(book: Any) -> dict[str, Any]:
    """Make the formats of cells."""
    base = {"font_name": "Microsoft YaHei", "font_size": 10, "font_color": _INK, "valign": "top"}
    cell = {**base, "border": 1, "border_color": _RIM, "text_wrap": True}
    styles = {
        "title": book.add_format({**base, "font_size": 16, "bold": True}),
        "facts": book.add_format({**base, "font_size": 11}),
        "note": book.add_format({**base, "text_wrap": True, "font_color": "#69717B"}),
        "text": book.add_format({**cell, "num_format": "@"}),
        "integer": book.add_format({**cell, "num_format": "0"}),
        "zh": book.add_format({**cell, "bold": True, "bg_color": _HEAD}),
        "en": book.add_format({**cell, "italic": True, "bg_color": _HEAD, "font_color": "#69717B"}),
        "copy": book.add_format({**base, "num_format": "@"}),
        "copy head": book.add_format({**cell, "num_format": "@", "bold": True, "bg_color": _HEAD}),
    }
    fills = {severity: book.add_format({**cell, "bg_color": fill}) for severity, fill in _SEVERITY_FILLS.items()}
    return {**styles, **fills}


def _write_summary(
    book: Any,
    submitter: str,
    lines: Sequence[ReturnLine],
    tables: Sequence[ReturnTable],
    *,
    lang: str,
    styles: Mapping[str, Any],
) -> None:
    """Write the page of counts: by table and by rule."""
    sheet = book.add_worksheet(text("return_sheet_summary", lang))
    rows = {(line.file, line.sheet, line.row) for line in lines if line.row is not None}
    gone = {(line.file, line.sheet, line.row) for line in lines if line.is_rejected}
    files = len({line.file for line in lines})
    counts = text("return_counts", lang, faults=len(lines), files=files, rows=len(rows), rejected=len(gone))
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, text("return_title", lang), styles["title"])
    sheet.write_string(1, 0, plain(text("return_for", lang, submitter=submitter)), styles["facts"])
    sheet.write_string(2, 0, counts, styles["facts"])
    sheet.merge_range(3, 0, 3, 4, text("return_how", lang), styles["note"])
    sheet.set_row(3, 2.5 * _LINE_POINTS)
    below = 5
    for title, columns, records in (
        ("by_table", _BY_TABLE, _table_counts(lines, tables)),
        ("by_rule", _BY_RULE, _rule_counts(lines, lang)),
    ):
        sheet.write_string(below, 0, text(f"return_{title}", lang), styles["facts"])
        _write_heads(sheet, below + 1, columns, styles)
        for at, record in enumerate(records, start=below + 3):
            _write_record(sheet, at, record, styles)
        below += 4 + len(records)
    for place, (_, width) in enumerate(_BY_TABLE):
        sheet.set_column(place, place, width)
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _table_counts(lines: Sequence[ReturnLine], tables: Sequence[ReturnTable]) -> list[list[str | int | None]]:
    """Count by table: rows, faults, rows rejected."""
    sizes = {(table.file, table.sheet): len(table.rows) for table in tables}
    places = dict.fromkeys([*sizes, *((line.file, line.sheet) for line in lines)])
    faults = Counter((line.file, line.sheet) for line in lines)
    gone = Counter(
        (file, sheet) for file, sheet, _ in {(one.file, one.sheet, one.row) for one in lines if one.is_rejected}
    )
    return [[*place, sizes.get(place), faults[place], gone[place]] for place in places]


def _rule_counts(lines: Sequence[ReturnLine], lang: str) -> list[list[str | int | None]]:
    """Count by rule, the most frequent first."""
    counts = Counter(line.finding.rule for line in lines)
    severities = {line.finding.rule: line.finding.severity for line in lines}
    return [
        [text(rule, lang, "title"), rule, text(f"severity_{severities[rule]}", lang), count]
        for rule, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]


def _write_heads(sheet: Any, row: int, columns: Sequence[tuple[str, int]], styles: Mapping[str, Any]) -> None:
    """Write headers in both languages, one row each."""
    for place, (label, _) in enumerate(columns):
        for offset, lang in enumerate(("zh", "en")):
            sheet.write_string(row + offset, place, entry(f"return_{label}")[lang], styles[lang])


def _write_record(sheet: Any, row: int, record: Sequence[str | int | None], styles: Mapping[str, Any]) -> None:
    """Write one row of a table; text as text, numbers as numbers."""
    for place, value in enumerate(record):
        if isinstance(value, int):
            sheet.write_number(row, place, value, styles["integer"])
        else:
            sheet.write_string(row, place, plain(value or "")[:_LONGEST_CELL], styles["text"])


def _write_list(book: Any, lines: Sequence[ReturnLine], lang: str, styles: Mapping[str, Any]) -> None:
    """Write the list itself, one line a cell at fault."""
    sheet = book.add_worksheet(text("return_sheet_list", lang))
    for place, (_, width) in enumerate(_LIST):
        sheet.set_column(place, place, width)
    _write_heads(sheet, 0, _LIST, styles)
    severity_at = [label for label, _ in _LIST].index("severity")
    for number, line in enumerate(lines[:_MOST_ROWS], start=1):
        record = _record(number, line, lang)
        sheet.set_row(number + 1, _LINE_POINTS * _deepest(record))
        _write_record(sheet, number + 1, record, styles)
        severity = line.finding.severity
        sheet.write_string(number + 1, severity_at, text(f"severity_{severity}", lang), styles[severity])
    sheet.freeze_panes(2, 0)
    sheet.autofilter(1, 0, 1 + min(len(lines), _MOST_ROWS), len(_LIST) - 1)
    sheet.set_landscape()
    sheet.set_paper(_A3)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, 1)
    sheet.set_footer("&C&P / &N")


def _deepest(record: Sequence[str | int | None]) -> int:
    """Count the lines that the deepest cell of a row needs."""
    widths = (width for _, width in _LIST)
    return max(-(-shown_width(str(value or "-")) // (width - 1)) for value, width in zip(record, widths, strict=True))


def _record(number: int, line: ReturnLine, lang: str) -> list[str | int | None]:
    """Give one line as the cells of its row."""
    has_letter = line.column is not None
    cell = xl_rowcol_to_cell(line.row - 1, line.column) if has_letter and line.row is not None else ""
    fate = "" if line.row is None else text(f"return_fate_{'rejected' if line.is_rejected else 'kept'}", lang)
    return [
        number,
        line.file,
        line.sheet,
        text("return_whole_table", lang) if line.row is None else line.row,
        xl_col_to_name(line.column) if has_letter else "",
        cell,
        line.header,
        line.value,
        _said(line, lang),
        _advice(line.finding, lang),
        "",
        fate,
        line.finding.rule,
        "",
        "",
    ]


def _said(line: ReturnLine, lang: str) -> str:
    """Say what is wrong, in the words of the table where there are such."""
    finding = line.finding
    wording = f"return_say {finding.rule}"
    if wording in texts() and (line.header or "{header}" not in entry(wording)[lang]):
        values = {
            **finding.values,
            "header": line.header.removesuffix("*"),
            "cell": line.value,
            "words": _words(finding, lang),
        }
        values["first"] = _first(str(values.get("first", "")), lang)
        try:
            return " ".join(text(wording, lang, **values).split())
        except KeyError:  # the rule's finding was made without one of these values
            return finding.message(lang)
    return finding.message(lang)


def _advice(finding: Finding, lang: str) -> str:
    """Say what the office must do; the hint of the rule where there is no wording for offices."""
    wording = f"return_do {finding.rule}"
    return text(wording, lang) if wording in texts() else finding.hint(lang)


def _words(finding: Finding, lang: str) -> str:
    """List the words that may stand in a cell."""
    layer, name = catalogue().get(finding.layer), str(finding.values.get("field", ""))
    if layer is None or name not in layer.fields:
        return str(finding.values.get("known", ""))
    return ("、" if lang == "zh" else ", ").join(office_word(value, lang) for value in known_values(layer.fields[name]))


def _first(source: str, lang: str) -> str:
    """Say where another row stands, from its "file|sheet|row"."""
    parts = source.rsplit("|", 2)
    if len(parts) != 3:
        return source
    file, sheet, row = parts
    return " ".join(text("return_first", lang, file=file, sheet=sheet, row=row).split())


def _write_marked(
    book: Any, name: str, table: ReturnTable, lines: Sequence[ReturnLine], *, lang: str, styles: Mapping[str, Any]
) -> None:
    """Write a copy of a table, each cell where it stands there, those at fault coloured and commented."""
    sheet = book.add_worksheet(name)
    head = (table.header_row or 1) - 1
    contents: dict[tuple[int, int], str] = {}
    for header, place, cells in zip(table.names, table.positions, table.cells, strict=True):
        sheet.set_column(place, place, 16)
        sheet.write_string(head, place, plain(header), styles["copy head"])
        contents |= {(row - 1, place): cell for row, cell in zip(table.rows, cells, strict=True) if cell is not None}
    for (row, place), cell in contents.items():
        sheet.write_string(row, place, plain(cell)[:_LONGEST_CELL], styles["copy"])
    for number, ((row, place), here) in enumerate(_by_cell(table, lines).items()):
        severity = min((line.finding.severity for line in here), key=SEVERITIES.index)
        value = contents.get((row, place), table.names[table.positions.index(place)] if row == head else "")
        sheet.write_string(row, place, plain(value)[:_LONGEST_CELL], styles[severity])
        if number < _MOST_COMMENTS:
            said = "\n".join(dict.fromkeys(_said(line, lang) for line in here))
            sheet.write_comment(row, place, plain(said)[:_LONGEST_CELL], {"x_scale": 2, "author": "onemap"})
    sheet.freeze_panes(head + 1, 0)
    sheet.set_landscape()
    sheet.set_paper(_A3)
    sheet.fit_to_pages(1, 0)


def _by_cell(table: ReturnTable, lines: Sequence[ReturnLine]) -> dict[tuple[int, int], list[ReturnLine]]:
    """Gather lines by cell; a fault of a whole row stands at its first cell."""
    found: dict[tuple[int, int], list[ReturnLine]] = {}
    for line in lines:
        if line.row is not None:
            place = min(table.positions) if line.column is None else line.column
            found.setdefault((line.row - 1, place), []).append(line)
    return found


def _sheet_name(title: str) -> str:
    """Give a title without the signs that a sheet's name cannot hold, at most 31 characters."""
    return "".join(" " if sign in "[]:*?/\\'" else sign for sign in plain(title)).strip()[:31]
