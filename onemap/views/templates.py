"""The form of a layer that offices fill in (填报模板): lists to choose from, an example, notes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from onemap.layers.catalogue import schema
from onemap.layers.template_columns import TemplateColumn, template_columns, unit_word
from onemap.layers.templates import MARK_SHEET, SUBMISSION_ITEMS, TEMPLATE_VERSION
from onemap.messages import catalogue as texts
from onemap.messages import entry, text
from onemap.views.escaping import plain
from onemap.views.list_columns import shown_width

__all__ = ["HEADER_ROW", "write_template"]

HEADER_ROW = 3
"""Row of the headers, from 1: below the title and one line of help."""

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_MADE = dt.datetime(2000, 1, 1)  # noqa: DTZ001  # the format knows no zones; the same form is always the same bytes
_LAST_ROW = 1_048_575
_MANY_COLUMNS = 16
_A3, _A4 = 8, 9
_LONGEST_PROMPT = 255  # characters; a limit of the format
_WIDTHS = {"boolean": 9, "integer": 10, "number": 11, "date": 13, "shape": 46}
_FORMATS = {"integer": "0", "number": "General", "date": "yyyy-mm-dd", "lon": "0.000000", "lat": "0.000000"}
_INK, _RIM, _NEEDED, _OPEN, _EXAMPLE = "#1F2A36", "#C5CBD1", "#CFE0F0", "#E9EDF1", "#8A939D"
_NOTE_WIDTHS = (7, 32, 9, 46, 10, 46, 24)
_EARLIEST, _LATEST = dt.date(1980, 1, 1), dt.date(2107, 12, 31)


def write_template(path: Path, layer: str, *, lang: str = "zh") -> Path:
    """Write the form of a layer.

    Parameters
    ----------
    path
        The workbook to write (.xlsx); its folder must exist.
    layer
        Canonical layer.
    lang
        Language of the form, "zh" or "en".

    Returns
    -------
    path
        The workbook written: the form, the sheet of the submission, notes, and a hidden sheet that marks it. The same
        arguments give the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_template(Path(folder) / "towers.xlsx", "towers").name
    'towers.xlsx'
    """
    book = xlsxwriter.Workbook(str(path), _OPTIONS)
    title = text("template_title", lang, layer=_alias(layer, lang))
    book.set_properties({"title": title, "created": _MADE})
    book.set_custom_property("onemap_template", f"{layer} {TEMPLATE_VERSION}", "text")
    styles = _styles(book)
    _write_form(book, layer, lang, styles)
    _write_submission(book, lang, styles)
    _write_notes(book, layer, lang, styles)
    _write_mark(book, layer, lang)
    book.close()
    return path


def _alias(layer: str, lang: str) -> str:
    """Give the name of a layer in a language."""
    one = schema(layer)
    return one.alias_zh if lang == "zh" else one.alias_en


def _styles(book: Any) -> dict[str, Any]:
    """Make the formats of cells."""
    base = {"font_name": "Microsoft YaHei", "font_size": 10, "font_color": _INK, "valign": "vcenter"}
    cell = {**base, "border": 1, "border_color": _RIM}
    head = {**cell, "bold": True, "align": "center", "text_wrap": True}
    styles = {kind: book.add_format({**cell, "num_format": _FORMATS.get(kind, "@")}) for kind in (*_FORMATS, "text")}
    for kind in (*_FORMATS, "text"):
        grey = {**cell, "num_format": _FORMATS.get(kind, "@"), "italic": True, "font_color": _EXAMPLE}
        styles[f"example {kind}"] = book.add_format({**grey, "bg_color": "#F6F7F8"})
    styles["title"] = book.add_format({**base, "font_size": 16, "bold": True})
    styles["lead"] = book.add_format({**base, "font_color": "#69717B"})
    styles["needed"] = book.add_format({**head, "bg_color": _NEEDED})
    styles["open"] = book.add_format({**head, "bg_color": _OPEN})
    styles["note"] = book.add_format({**base, "text_wrap": True, "valign": "top"})
    styles["wrapped"] = book.add_format({**cell, "text_wrap": True, "valign": "top"})
    styles["fixed"] = book.add_format({**cell, "bg_color": "#F6F7F8"})
    return styles


def _write_form(book: Any, layer: str, lang: str, styles: Mapping[str, Any]) -> None:
    """Write the sheet that is filled in: title, help, headers, example."""
    sheet = book.add_worksheet(_alias(layer, lang)[:31])
    columns = template_columns(layer)
    sheet.set_row(0, 30)
    sheet.set_row(HEADER_ROW - 1, 52)
    for place, column in enumerate(columns):
        style = styles[_style_of(column)]
        sheet.set_column(place, place, _width(column, lang), style)
        sheet.write_string(HEADER_ROW - 1, place, column.header(lang), styles["needed" if column.required else "open"])
        _write_example(sheet, layer, column, place, lang=lang, style=styles[f"example {_style_of(column)}"])
        asked = _validation(layer, column, lang)
        if asked is not None:
            sheet.data_validation(HEADER_ROW, place, _LAST_ROW, place, asked)
    sheet.write_string(0, 0, text("template_title", lang, layer=_alias(layer, lang)), styles["title"])
    sheet.write_string(1, 0, text("template_lead", lang), styles["lead"])
    for place in range(1, len(columns)):
        sheet.write_blank(0, place, None, styles["title"])
        sheet.write_blank(1, place, None, styles["lead"])
    sheet.freeze_panes(HEADER_ROW, 2)
    sheet.set_landscape()
    sheet.set_paper(_A3 if len(columns) > _MANY_COLUMNS else _A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(2 if len(columns) > _MANY_COLUMNS else 1, 0)
    sheet.repeat_columns(0, 1)
    sheet.repeat_rows(0, HEADER_ROW - 1)
    sheet.set_footer("&C&P / &N")


def _write_example(sheet: Any, layer: str, column: TemplateColumn, place: int, *, lang: str, style: Any) -> None:
    """Write one cell of the example row."""
    example = _meaning(layer, column)[f"example_{lang}"]
    if column.kind in {"integer", "number"}:
        sheet.write_number(HEADER_ROW, place, float(example), style)
    elif column.kind == "date":
        sheet.write_datetime(HEADER_ROW, place, dt.datetime.fromisoformat(example), style)
    else:
        sheet.write_string(HEADER_ROW, place, example, style)


def _write_submission(book: Any, lang: str, styles: Mapping[str, Any]) -> None:
    """Write the sheet that says who submits what."""
    sheet = book.add_worksheet(text("template_sheet_submission", lang))
    for place, (label, width) in enumerate((("item", 20), ("content", 44), ("remark", 80))):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, text(f"template_{label}", lang), styles["open"])
    sheet.set_row(0, 24)
    for row, item in enumerate(SUBMISSION_ITEMS, start=1):
        sheet.set_row(row, 24)
        asked = entry(f"template_info_{item}")
        sheet.write_string(row, 0, asked[lang], styles["needed" if asked[lang].endswith("*") else "open"])
        sheet.write_blank(row, 1, None, styles["date" if item == "data_date" else "text"])
        sheet.write_string(row, 2, asked[f"note_{lang}"], styles["wrapped"])
        if item == "crs":
            sheet.write_string(row, 1, text("template_crs", lang), styles["fixed"])
        elif item == "data_date":
            sheet.data_validation(row, 1, row, 1, _date_validation(lang))
        elif item == "security_class":
            classes = text("template_classes", lang).split(";")
            sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": classes, "error_type": "warning"})
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def _write_notes(book: Any, layer: str, lang: str, styles: Mapping[str, Any]) -> None:
    """Write the page of notes: how to fill in, and what each column means."""
    sheet = book.add_worksheet(text("template_sheet_notes", lang))
    title = text("template_notes_title", lang, layer=_alias(layer, lang))
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, title, styles["title"])
    labels = ("column", "header", "required", "meaning", "unit", "values", "example")
    for place, width in enumerate(_NOTE_WIDTHS):
        sheet.set_column(place, place, width)
    row = 1
    for number, note in enumerate(_notes(layer, lang), start=1):
        sheet.merge_range(row, 0, row, len(labels) - 1, f"{number}. {note}", styles["note"])
        sheet.set_row(row, 16 * (1 + shown_width(note) // 165))
        row += 1
    for place, label in enumerate(labels):
        sheet.write_string(row + 1, place, text(f"template_notes_{label}", lang), styles["open"])
    for place, column in enumerate(template_columns(layer)):
        explained = _explained(layer, column, place, lang)
        deepest = max(
            -(-shown_width(words) // (width - 2)) for words, width in zip(explained, _NOTE_WIDTHS, strict=True)
        )
        sheet.set_row(row + 2 + place, 15 * max(1, deepest))
        for at, words in enumerate(explained):
            sheet.write_string(row + 2 + place, at, plain(words), styles["wrapped"])
    sheet.freeze_panes(row + 2, 0)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def _notes(layer: str, lang: str) -> list[str]:
    """Give the notes on how to fill in the form of a layer."""
    kinds = schema(layer).geometry
    notes = ["rows", "columns", "numbers"]
    if "Point" in kinds:
        notes += ["point", *(["outline"] if len(kinds) > 1 else [])]
    else:
        notes += ["line"] if "LineString" in kinds else ["polygon"]
        notes += ["both"] if len(kinds) > 1 else []
    return [text(f"template_note_{note}", lang) for note in (*notes, "return")]


def _explained(layer: str, column: TemplateColumn, place: int, lang: str) -> list[str]:
    """Explain one column, a text a column of the page of notes."""
    meaning = _meaning(layer, column)
    unit = unit_word(column.unit, lang) if column.unit else ""
    required = text("template_yes", lang) if column.required else ""
    return [
        xl_col_to_name(place),
        column.header(lang),
        required,
        meaning[lang],
        unit,
        _allowed(column, lang),
        meaning[f"example_{lang}"],
    ]


def _allowed(column: TemplateColumn, lang: str) -> str:
    """Say what may stand in a column."""
    if column.kind == "boolean":
        return _listed(_answers(lang), lang)
    if column.choices:
        words = _listed([choice[0 if lang == "zh" else 1] for choice in column.choices], lang)
        return text("template_or_other", lang, values=words) if column.is_open else words
    kind = "code" if column.kind == "text" and column.name.endswith(("_id", "code")) else column.kind
    words = text(f"template_any_{kind}", lang)
    return ", ".join(part for part in (words, _range(column, lang)) if part).replace(
        ", ", "，" if lang == "zh" else ", "
    )


def _range(column: TemplateColumn, lang: str) -> str:
    """Say in which range the numbers of a column lie; empty where any will do."""
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return text("template_range", lang, low=f"{low:g}", high=f"{high:g}")
    if low is not None:
        return text("template_range_low", lang, low=f"{low:g}")
    return "" if high is None else text("template_range_high", lang, high=f"{high:g}")


def _meaning(layer: str, column: TemplateColumn) -> Mapping[str, str]:
    """Give what a column means, with its example: for this layer, for an identifier, for the field."""
    name = column.name
    is_others = column.kind == "list" and not column.member and f"template_field {name}" in texts()
    wanted = [f"template_field {layer} {name}"]
    wanted += ["template_field id"] if name == schema(layer).id_field else []
    wanted += ["template_field others"] if is_others else []
    return next(texts()[key] for key in (*wanted, f"template_field {name}") if key in texts())


def _validation(layer: str, column: TemplateColumn, lang: str) -> dict[str, Any] | None:
    """Give what a spreadsheet lets stand in a column; None for any text."""
    prompt = {"input_title": column.header(lang)[:32], "input_message": _meaning(layer, column)[lang][:_LONGEST_PROMPT]}
    if column.kind == "boolean" or column.choices:
        words = (
            _answers(lang) if column.kind == "boolean" else [one[0 if lang == "zh" else 1] for one in column.choices]
        )
        wrong = text("template_wrong_choice", lang, values=_listed(words, lang))[:_LONGEST_PROMPT]
        kind = "information" if column.is_open and column.kind != "boolean" else "stop"
        return {**prompt, "validate": "list", "source": words, "error_type": kind, "error_message": wrong}
    if column.kind == "date":
        return {**prompt, **_date_validation(lang)}
    if column.kind not in {"integer", "number"}:
        return None
    limits = (column.minimum, column.maximum)
    low, high = (far if limit is None else limit for limit, far in zip(limits, (-1e12, 1e12), strict=True))
    return {
        **prompt,
        "validate": "integer" if column.kind == "integer" else "decimal",
        "criteria": "between",
        "minimum": low,
        "maximum": high,
        "error_type": "warning",
        "error_message": text("template_wrong_number", lang, range=_range(column, lang) or "-"),
    }


def _date_validation(lang: str) -> dict[str, Any]:
    """Let dates stand in a cell, also as text."""
    return {
        "validate": "date",
        "criteria": "between",
        "minimum": _EARLIEST,
        "maximum": _LATEST,
        "error_type": "warning",
        "error_message": text("template_wrong_date", lang),
    }


def _answers(lang: str) -> list[str]:
    """Give the words for yes and no."""
    return [text("template_yes", lang), text("template_no", lang)]


def _listed(words: list[str], lang: str) -> str:
    """Join words as a person lists them."""
    return ("、" if lang == "zh" else ", ").join(words)


def _style_of(column: TemplateColumn) -> str:
    """Name the format of the cells of a column."""
    return column.name if column.name in {"lon", "lat"} else column.kind if column.kind in _FORMATS else "text"


def _width(column: TemplateColumn, lang: str) -> float:
    """Give the width of a column in characters; a header may run over two lines."""
    least = _WIDTHS.get(column.kind, 14 if column.choices else 18)
    return float(max(least, min(26, 3 + shown_width(column.header(lang)) * 0.6)))


def _write_mark(book: Any, layer: str, lang: str) -> None:
    """Write the hidden sheet by which a filled form is known, with the field of each header."""
    sheet = book.add_worksheet(MARK_SHEET)
    rows = [("key", "value"), ("layer", layer), ("version", str(TEMPLATE_VERSION)), ("language", lang)]
    rows += [("sheet", _alias(layer, lang)[:31]), ("header_row", str(HEADER_ROW))]
    rows += [(column.header(lang), f"{column.name} {column.member}".strip()) for column in template_columns(layer)]
    for row, (key, value) in enumerate(rows):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    sheet.very_hidden()
