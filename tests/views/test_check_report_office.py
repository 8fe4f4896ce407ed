"""Reports of a check as workbook and document, read back by other programs than those that wrote them."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm

from onemap.views.check_report import rule_results
from onemap.views.check_report.as_docx import write_docx
from onemap.views.check_report.as_xlsx import write_xlsx
from onemap.views.check_report.form import sentences_of
from tests.views.check_reports import HOSTILE, Counted, invalid, make_report

SAFE = HOSTILE.replace("\x01", "\ufffd")
MANY = [invalid(row) for row in range(1, 1201)]


@pytest.fixture
def book(tmp_path: Path) -> openpyxl.Workbook:
    write_xlsx(make_report(), tmp_path / "r.xlsx")
    return openpyxl.load_workbook(tmp_path / "r.xlsx")


@pytest.fixture
def document(tmp_path: Path):
    write_docx(make_report(), tmp_path / "r.docx")
    return docx.Document(str(tmp_path / "r.docx"))


def text_of(sheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def cells_of(table) -> list[list[str]]:
    return [
        [
            "\n".join("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in cell.iter(qn("w:p")))
            for cell in row.tc_lst
        ]
        for row in table._tbl.tr_lst
    ]


def test_workbook_holds_the_form(book) -> None:
    assert book.sheetnames == ["质检报告", "检查项统计", "错误记录", "确认记录", "修复记录"]
    words = "\n".join(text_of(book["质检报告"]))
    for part in ("质检依据", "质检结论", "检查人", "复核人", "盖章处", "不通过", "共检查300个要素，其中297个要素通过"):
        assert part in words, part
    heads = [cell.value for cell in book["检查项统计"][3]]
    assert heads == [
        "序号",
        "一级检查项",
        "二级检查项",
        "检查内容",
        "规则",
        "单位",
        "检查数",
        "错误数",
        "错误率",
        "结果",
    ]


def test_counts_of_the_workbook_are_numbers(book) -> None:
    rows = {row[4]: row for row in book["检查项统计"].iter_rows(min_row=4, values_only=True)}
    assert rows["OM-GEO-102"][6:] == (300, 3, 0.01, "不符合")
    assert rows["OM-ATT-105"][6:] == (320, 0, 0, "符合")
    assert rows["OM-ATT-104"][9] == "需核实"


def test_records_name_layer_identifier_and_place(book) -> None:
    rows = [row for row in book["错误记录"].iter_rows(min_row=4, values_only=True) if row[1] == "OM-GEO-102"]
    assert rows[0][3:8] == ("SZGYSSM", 7, "659900020100000007", pytest.approx(75.0007), 39.5)
    assert len(rows) == 3


def test_nothing_in_the_workbook_is_a_formula_or_a_link(book) -> None:
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert SAFE in {cell.value for cell in cells}


def test_workbook_prints_on_a4_with_headers_and_page_numbers(book) -> None:
    for sheet in book:
        assert sheet.page_setup.paperSize == 9
        assert "&P" in sheet.oddFooter.center.text or sheet.oddFooter.center.text == "&[Page] / &[Pages]"
    for name in ("检查项统计", "错误记录"):
        assert book[name].print_title_rows == "$3:$3"
    assert {cell.font.name for cell in book["错误记录"][4]} == {"宋体"}
    assert book["错误记录"].column_dimensions["F"].width >= 20  # an identifier of 18 or 20 digits on one line


def test_workbook_lists_a_thousand_of_a_rule_and_says_so(tmp_path: Path) -> None:
    write_xlsx(make_report(findings=MANY, waived=[], mended=[]), tmp_path / "r.xlsx", lang="en")
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["Findings"]
    assert sheet.max_row == 1003
    assert sheet["A2"].value.startswith("At most 1,000 findings of a rule are listed; all totals are of all data")


def test_document_holds_the_form(document) -> None:
    form = {row[0]: row[-1] for row in cells_of(document.tables[0])}
    assert form["质检对象"] == "示范县.gdb"
    assert "GB/T 39972-2021" in form["质检依据"]
    assert "不通过" in form["质检结论"]
    assert "共检查300个要素，其中297个要素通过" in form["检查情况"]
    assert "检查人" in form
    assert any("盖章处" in name for name in form)
    assert [row for row in cells_of(document.tables[0]) if "复核人" in row]


def test_document_is_a4_with_page_numbers_and_repeated_headers(document) -> None:
    first, second = document.sections
    assert [round(side.mm) for side in (first.page_width, first.page_height)] == [210, 297]
    assert [round(side.mm) for side in (second.page_width, second.page_height)] == [297, 210]
    fields = [one.get(qn("w:instr")) for one in first.footer._element.iter(qn("w:fldSimple"))]
    assert fields == ["PAGE", "NUMPAGES"]
    footer = "".join(run.text or "" for run in first.footer._element.iter(qn("w:t")))
    assert footer == "第  页，共  页"
    for table in document.tables[1:]:
        assert table._tbl.tr_lst[0].find(qn("w:trPr")).find(qn("w:tblHeader")) is not None


def test_document_names_a_font_for_chinese(document) -> None:
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "宋体"
    assert document.styles["Heading 1"].element.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"
    assert fonts.get(qn("w:eastAsiaTheme")) is None  # a theme would win


def test_document_tables_fit_the_page(document) -> None:
    widths = [sum(int(column.get(qn("w:w"))) for column in table._tbl.tblGrid) for table in document.tables]
    assert widths[0] <= Mm(170).twips + 2  # what A4 leaves between margins of 20 mm
    assert all(width <= Mm(257).twips + 10 for width in widths[1:])


def test_document_shows_hostile_text_as_text(document, tmp_path: Path) -> None:
    cells = {cell for table in document.tables for row in cells_of(table) for cell in row}
    assert SAFE in cells
    with zipfile.ZipFile(tmp_path / "r.docx") as archive:
        parts = {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
    assert "<script>" not in parts["word/document.xml"]
    assert not [name for name in parts if "embed" in name.lower() or name.endswith(".bin")]
    assert 'TargetMode="External"' not in "".join(parts.values())


def test_document_counts_true_totals_and_cuts(tmp_path: Path) -> None:
    write_docx(make_report(findings=MANY, counted=[]), tmp_path / "r.docx", lang="en")
    cut = docx.Document(str(tmp_path / "r.docx"))
    assert len(cut.tables[2].rows) == 101
    assert any("1,200 in all, the first 100 are listed" in one.text for one in cut.paragraphs)


def test_the_form_stays_one_page_whatever_fails(tmp_path: Path) -> None:
    rules = [f"OM-{group}-{number}" for group in ("ATT", "GEO", "FLD") for number in range(101, 107)]
    every = make_report(findings=[], counted=[Counted(rule, of_layers=False, checked=9, failed=2) for rule in rules])
    counted = [*every.counted, Counted("OM-CRS-101", of_layers=True, checked=2, failed=0)]
    lines = sentences_of(rule_results(make_report(findings=[], counted=counted)), "zh").split("\n")
    assert len(lines) == 10
    assert all(line.startswith(f"{number}. 共检查9个要素，其中7个要素通过") for number, line in enumerate(lines[:8], 1))
    assert lines[8:] == ["9. 另有10条规则不符合，见检查项统计。", "10. 其余1条规则所检查的要素和图层全部通过。"]


def test_english_document_has_no_chinese_but_names(tmp_path: Path) -> None:
    report = make_report(name="county.gdb", profile="generic", waived=[], mended=[], findings=[invalid(1)])
    write_docx(report, tmp_path / "r.docx", lang="en")
    write_xlsx(report, tmp_path / "r.xlsx", lang="en")
    document = docx.Document(str(tmp_path / "r.docx"))
    words = [one.text for one in document.paragraphs]
    words += [cell for table in document.tables for row in cells_of(table) for cell in row]
    words += [word for sheet in openpyxl.load_workbook(tmp_path / "r.xlsx") for word in text_of(sheet)]
    assert not [word for word in words if re.search("[\u4e00-\u9fff]", word)]


@pytest.mark.parametrize(("write", "ending"), [(write_xlsx, "xlsx"), (write_docx, "docx")])
def test_the_same_report_gives_the_same_bytes(tmp_path: Path, monkeypatch, write, ending: str) -> None:
    write(make_report(), tmp_path / f"a.{ending}")
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    write(make_report(), tmp_path / f"b.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


@pytest.mark.parametrize("write", [write_xlsx, write_docx])
def test_a_check_without_findings_has_its_report(tmp_path: Path, write) -> None:
    path = tmp_path / "r"
    write(make_report(findings=[], counted=[], layers={}, waived=[], mended=[]), path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
