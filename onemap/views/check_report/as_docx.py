"""The report of a check as a document to be signed and sealed, in the form that departments use."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt

from onemap.views.check_report.facts import CheckReport, RuleResult, rule_results
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

__all__ = ["write_docx"]

_MOST_RECORDS = 100  # of one rule; the workbook has all samples
_MOST_MENDED = 500
_FONT, _HEAD_FONT, _LATIN_FONT = "宋体", "黑体", "Times New Roman"
_SHORT_SIDE, _LONG_SIDE, _MARGIN = Mm(210), Mm(297), Mm(20)
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the archive keeps no earlier date
_FORMATS = {"integer": "{:,}", "share": "{:.2%}", "degrees": "{:.6f}"}


def write_docx(report: CheckReport, path: Path, *, lang: str = "zh") -> None:
    """Write the report as a document on A4.

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
    >>> path = Path(tempfile.mkdtemp()) / "report.docx"
    >>> write_docx(CheckReport("x.gdb", "generic", {}, [], [], datetime.date(2026, 1, 1)), path)
    >>> docx.Document(str(path)).paragraphs[0].text
    '质检报告'
    """
    document = docx.Document()
    _set_up(document, report, lang)
    results = rule_results(report)
    _write_form(document, report, results, lang)
    _turn(document)
    t = said(lang)
    _write_table(document, t("item_table"), item_columns(results, lang), note=t("method"))
    shown = sum(min(len(one.samples), _MOST_RECORDS) for one in results)
    total = sum(one.total for one in results)
    note = t("shown_rest", total=f"{total:,}", shown=f"{shown:,}") if shown < total else ""
    records = finding_columns(results, lang, most=_MOST_RECORDS)[:-1]  # what to do stands in the workbook
    _write_table(document, t("findings"), records, note=note)
    if report.waived:
        _write_table(document, t("waived"), waived_columns(report, lang))
    if report.mended:
        columns = [_first(column, _MOST_MENDED) for column in mended_columns(report, lang)]
        _write_table(document, t("mended"), columns, note=t("mended_note"))
    content = BytesIO()
    document.save(content)
    path.write_bytes(_dated(content))


def _first(column: Column, most: int) -> Column:
    """Give a column cut at a number of rows."""
    return Column(column.header, column.cells[:most], column.kind, column.width, column.joined)


def _set_up(document: Any, report: CheckReport, lang: str) -> None:
    """Set page, fonts, page number and properties."""
    for name, font, size in (("Normal", _FONT, 10.5), ("Title", _HEAD_FONT, 20), ("Heading 1", _HEAD_FONT, 14)):
        style = document.styles[name]
        style.font.name, style.font.size = _LATIN_FONT, Pt(size)
        style.font.color.rgb = None
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for side in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{side}"), None)
        fonts.set(qn("w:eastAsia"), font)
    _speak(document.styles["Normal"], lang)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    _no_line_below(document.styles["Title"])
    section = document.sections[0]
    section.page_width, section.page_height = _SHORT_SIDE, _LONG_SIDE
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN
    _number_pages(section.footer.paragraphs[0], lang)
    made = dt.datetime.combine(report.date, dt.time(), tzinfo=dt.UTC).replace(tzinfo=None)
    properties = document.core_properties
    properties.title = f"{said(lang)('title')} {plain(report.name)}"[:255]
    properties.author = properties.last_modified_by = "onemap"
    properties.comments = ""
    properties.created = properties.modified = made
    properties.language = "zh-CN" if lang == "zh" else "en"


def _speak(style: Any, lang: str) -> None:
    """State the language, by which programs choose the shapes of hanzi and of stops between them."""
    speech = OxmlElement("w:lang")
    speech.set(qn("w:val"), "zh-CN" if lang == "zh" else "en-US")
    speech.set(qn("w:eastAsia"), "zh-CN")
    style.element.get_or_add_rPr().append(speech)


def _no_line_below(style: Any) -> None:
    """Take the line off that the template draws below a title."""
    border = style.element.pPr.find(qn("w:pBdr"))
    if border is not None:
        style.element.pPr.remove(border)


def _number_pages(paragraph: Any, lang: str) -> None:
    """Put the number of the page, and how many there are, into a paragraph."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    before, _, rest = said(lang)("page_line", page="\0", pages="\1").replace("\ufffd", "\0", 1).partition("\0")
    between, _, after = rest.partition("\ufffd")
    for text, field in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
        paragraph.add_run(text)
        if field:
            simple = OxmlElement("w:fldSimple")
            simple.set(qn("w:instr"), field)
            paragraph._p.append(simple)  # noqa: SLF001  (python-docx makes no fields)


def _write_form(document: Any, report: CheckReport, results: Sequence[RuleResult], lang: str) -> None:
    """Write the first page: head, conclusion, what was checked in sentences, names and the place of the seal."""
    t = said(lang)
    title = document.add_paragraph(t("title"), style="Title")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    lines = [*facts_of(report, lang), (t("sentences"), sentences_of(results, lang)), (t("remark"), "\n\n")]
    table = document.add_table(rows=0, cols=0, style="Table Grid")
    widths = [Mm(34), Mm(51), Mm(34), Mm(51)]
    _set_columns(table, widths)
    for name, value in lines:
        cells = [_cell(name, widths[0], bold=True), _cell(value, sum(widths[1:]), span=3, bold=name == t("conclusion"))]
        table._tbl.append(_row(cells))  # noqa: SLF001
    inspector, reviewer = (plain(report.people.get(one, "")) for one in ("inspector", "reviewer"))
    names = [t("inspector"), inspector, t("reviewer"), reviewer]
    table._tbl.append(  # noqa: SLF001
        _row([_cell(name, width, bold=True) for name, width in zip(names, widths, strict=True)], least=Mm(12))
    )
    seal = _cell(f"{t('seal')}\n\n{t('signed')}                    ", sum(widths), span=4, right=True)
    table._tbl.append(_row([seal], least=Mm(38)))  # noqa: SLF001


def _turn(document: Any) -> None:
    """Begin a section on its side, for tables of many columns."""
    section = document.add_section()
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = _LONG_SIDE, _SHORT_SIDE


def _write_table(document: Any, title: str, columns: Sequence[Column], *, note: str = "") -> None:
    """Write a table under a heading; its header stands on every page, no row is torn."""
    document.add_heading(title, level=1)
    if note:
        document.add_paragraph(note)
    whole = sum(column.width for column in columns)
    room = _LONG_SIDE - 2 * _MARGIN
    widths = [Emu(int(room * column.width / whole)) for column in columns]
    table = document.add_table(rows=0, cols=0, style="Table Grid")
    _set_columns(table, widths)
    head = [_cell(column.header, width, bold=True, shade=True) for column, width in zip(columns, widths, strict=True)]
    table._tbl.append(_row(head, is_header=True))  # noqa: SLF001
    joins = [False] * len(columns)
    above: tuple[object, ...] = ()
    for values in zip(*(column.cells for column in columns), strict=True):
        same = True
        for place, column in enumerate(columns):
            same = same and (not column.joined or (bool(above) and values[place] == above[place]))
            joins[place] = column.joined and same
        above = values
        table._tbl.append(_row(_table_cells(columns, values, widths, joins)))  # noqa: SLF001
    document.add_paragraph()


def _table_cells(
    columns: Sequence[Column], values: Sequence[object], widths: Sequence[int], joins: Sequence[bool]
) -> list[Any]:
    """Give the cells of a row; one that repeats a joined column's goes on in that above."""
    cells = []
    for column, value, width, join in zip(columns, values, widths, joins, strict=True):
        text = "" if value is None or join else _FORMATS.get(column.kind, "{}").format(value)
        merge = ("continue" if join else "restart") if column.joined else ""
        cells.append(_cell(text, width, right=column.kind != "text", merge=merge, small=True))
    return cells


def _set_columns(table: Any, widths: Iterable[int]) -> None:
    """Fix the widths of a table's columns."""
    table.autofit = False
    grid = table._tbl.tblGrid  # noqa: SLF001
    for width in widths:
        column = OxmlElement("w:gridCol")
        column.set(qn("w:w"), str(Emu(width).twips))
        grid.append(column)


def _row(cells: Iterable[Any], *, is_header: bool = False, least: int = 0) -> Any:
    """Make a row that stays on one page; a header is repeated on every page."""
    row, properties = OxmlElement("w:tr"), OxmlElement("w:trPr")
    if is_header or not least:
        properties.append(OxmlElement("w:cantSplit"))
    if least:
        height = OxmlElement("w:trHeight")
        height.set(qn("w:val"), str(Emu(least).twips))
        height.set(qn("w:hRule"), "atLeast")
        properties.append(height)
    if is_header:
        properties.append(OxmlElement("w:tblHeader"))
    row.append(properties)
    row.extend(cells)
    return row


def _cell(
    text: str,
    width: int,
    *,
    span: int = 1,
    bold: bool = False,
    right: bool = False,
    shade: bool = False,
    small: bool = False,
    merge: str = "",
) -> Any:
    """Make a cell; each line of its text is a paragraph."""
    cell, properties = OxmlElement("w:tc"), OxmlElement("w:tcPr")
    for name, key, value in (
        ("w:tcW", "w:w", str(Emu(width).twips)),
        ("w:gridSpan", "w:val", str(span) if span > 1 else ""),
        ("w:vMerge", "w:val", merge),
        ("w:shd", "w:fill", "E9EDF1" if shade else ""),
        ("w:vAlign", "w:val", "center"),
    ):
        if value:
            part = OxmlElement(name)
            part.set(qn(key), value)
            if name == "w:tcW":
                part.set(qn("w:type"), "dxa")
            if name == "w:shd":
                part.set(qn("w:val"), "clear")
            properties.append(part)
    cell.append(properties)
    cell.extend(_paragraph(line, bold=bold, right=right, small=small or shade) for line in plain(text).split("\n"))
    return cell


def _paragraph(text: str, *, bold: bool, right: bool, small: bool) -> Any:
    """Make a paragraph of a cell."""
    paragraph, properties, spacing = OxmlElement("w:p"), OxmlElement("w:pPr"), OxmlElement("w:spacing")
    for side in ("before", "after"):
        spacing.set(qn(f"w:{side}"), "20")
    properties.append(spacing)
    if right:
        side = OxmlElement("w:jc")
        side.set(qn("w:val"), "right")
        properties.append(side)
    paragraph.append(properties)
    run, look, words = OxmlElement("w:r"), OxmlElement("w:rPr"), OxmlElement("w:t")
    if bold:
        look.append(OxmlElement("w:b"))
    if small:
        size = OxmlElement("w:sz")
        size.set(qn("w:val"), "17")
        look.append(size)
    words.text = text
    words.set(qn("xml:space"), "preserve")
    run.append(look)
    run.append(words)
    paragraph.append(run)
    return paragraph


def _dated(content: BytesIO) -> bytes:
    """Pack a document again with one date for all its parts: the same report gives the same bytes."""
    packed = BytesIO()
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return packed.getvalue()
