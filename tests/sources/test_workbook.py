"""Workbooks as offices send them: titles above, merged headers, notes below, hidden sheets, errors, old .xls."""

# ruff: noqa: DTZ001
from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
import xlwt

from onemap.errors import ReadError
from onemap.sources import Reader, SourceLayer, list_layers, read_file

HEAD = ["站址编码", "站址名称", "经度", "纬度", "塔高"]
ROWS = [["T1", "甲站", 75.2, 39.6, 35], ["T2", "乙站", 75.25, 39.62, 30.5]]


def xlsx(path: Path, rows: list[list[object]], *merged: str) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(path)
    return path


def xls(path: Path, rows: list[list[object]], *merged: tuple[int, int, int, int]) -> Path:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("站址")
    inside = {(r, c) for r1, r2, c1, c2 in merged for r in range(r1, r2 + 1) for c in range(c1, c2 + 1)}
    for r1, r2, c1, c2 in merged:
        sheet.write_merge(r1, r2, c1, c2, rows[r1][c1])
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell is not None and (at, column) not in inside:
                sheet.write(at, column, cell)
    book.save(str(path))
    return path


def ids(source: SourceLayer) -> dict[str, list[int | None]]:
    found: dict[str, list[int | None]] = {}
    for finding in source.findings:
        found.setdefault(finding.rule, []).append(finding.row)
    return found


@pytest.mark.parametrize("write", [xlsx, xls], ids=["xlsx", "xls"])
def test_titles_above_and_notes_below_are_no_rows(tmp_path: Path, reader: Reader, write: object) -> None:
    rows = [
        ["示范县通信基础设施站址台账", None, None, None, None],
        ["填报单位：甲公司", None, "填报日期：2026年1月", None, None],
        [None] * 5,
        HEAD,
        ROWS[0],
        [None] * 5,
        ROWS[1],
        [None] * 5,
        ["注：坐标为2000国家大地坐标系", None, None, None, None],
        ["填表人：张三", None, None, "联系电话：123456", None],
    ]
    merged = ("A1:E1",) if write is xlsx else ((0, 0, 0, 4),)
    path = write(tmp_path / ("台账.xlsx" if write is xlsx else "台账.xls"), rows, *merged)
    source = read_file(path, reader=reader)
    assert list(source.frame.columns) == HEAD
    assert source.rows.tolist() == [5, 7]
    assert source.frame["塔高"].tolist() == [35, 30.5]
    assert ids(source) == {"OM-PKG-031": [4], "OM-PKG-034": [9, 10]}
    assert list_layers(path, reader=reader)[0].fields == tuple(HEAD)
    assert source.driver == ("XLSX" if write is xlsx else "XLS")


@pytest.mark.parametrize("write", [xlsx, xls], ids=["xlsx", "xls"])
def test_header_of_two_rows_is_joined(tmp_path: Path, reader: Reader, write: object) -> None:
    rows = [
        ["站址台账", None, None, None, None],
        ["站址编码", "站址名称", "位置", None, "塔高"],
        [None, None, "经度", "纬度", None],
        *ROWS,
    ]
    merged = (
        ("A1:E1", "A2:A3", "B2:B3", "C2:D2", "E2:E3")
        if write is xlsx
        else ((0, 0, 0, 4), (1, 2, 0, 0), (1, 2, 1, 1), (1, 1, 2, 3), (1, 2, 4, 4))
    )
    source = read_file(write(tmp_path / ("t.xlsx" if write is xlsx else "t.xls"), rows, *merged), reader=reader)
    assert list(source.frame.columns) == ["站址编码", "站址名称", "位置_经度", "位置_纬度", "塔高"]
    assert source.rows.tolist() == [4, 5]
    assert ids(source) == {"OM-PKG-031": [2], "OM-PKG-032": [2]}


def test_groups_without_vertical_merges_are_joined_too(tmp_path: Path, reader: Reader) -> None:
    rows = [["基本信息", None, "位置", None], ["站址编码", "站址名称", "经度", "纬度"], *[row[:4] for row in ROWS]]
    source = read_file(xlsx(tmp_path / "t.xlsx", rows, "A1:B1", "C1:D1"), reader=reader)
    assert list(source.frame.columns) == ["基本信息_站址编码", "基本信息_站址名称", "位置_经度", "位置_纬度"]
    assert source.rows.tolist() == [3, 4]


def test_merged_cells_among_rows_are_named_and_filled_only_when_asked(tmp_path: Path, reader: Reader) -> None:
    rows = [["县", "站址编码", "塔高"], ["甲县", "T1", 30], [None, "T2", 31], ["乙县", "T3", 32]]
    path = xlsx(tmp_path / "t.xlsx", rows, "A2:A3")
    source = read_file(path, reader=reader)
    assert source.frame["县"].tolist() == ["甲县", pd.NA, "乙县"]
    assert ids(source) == {"OM-PKG-033": [2]}
    filled = read_file(path, fill_merged=True, reader=reader)
    assert filled.frame["县"].tolist() == ["甲县", "甲县", "乙县"]
    assert [(one.rule, one.action) for one in filled.findings] == [("OM-PKG-033", "repaired")]
    assert "已按项目要求填入各格" in filled.findings[0].message("zh")


def test_a_plain_table_is_read_from_its_first_row_without_a_word(tmp_path: Path, reader: Reader) -> None:
    texts = [["站址编码", "名称", "产权单位"], ["T1", "甲站", "中国铁塔"], ["T2", "乙站", "中国铁塔"]]
    source = read_file(xlsx(tmp_path / "t.xlsx", texts), reader=reader)
    assert (list(source.frame.columns), source.rows.tolist(), source.findings) == (texts[0], [2, 3], ())
    one = read_file(xlsx(tmp_path / "one.xlsx", [["名称"], ["甲站"], ["乙站"]]), reader=reader)
    assert (list(one.frame.columns), one.rows.tolist(), one.findings) == (["名称"], [2, 3], ())


@pytest.mark.parametrize(
    "numbers", [[1, 2, 3, 4, 5], ["1", "2", "3", "4", "5"], ["（1）", "（2）", "（3）", "（4）", "（5）"]]
)
def test_numbers_of_the_columns_are_no_row(tmp_path: Path, reader: Reader, numbers: list[object]) -> None:
    source = read_file(xlsx(tmp_path / "t.xlsx", [HEAD, numbers, *ROWS]), reader=reader)
    assert (list(source.frame.columns), source.rows.tolist()) == (HEAD, [3, 4])
    assert ids(source) == {"OM-PKG-034": [2]}
    lines = "\n".join(",".join(map(str, row)) for row in [HEAD, numbers, *ROWS])
    (tmp_path / "t.csv").write_text(lines + "\n", encoding="utf-8")
    source = read_file(tmp_path / "t.csv", reader=reader)
    assert (source.rows.tolist(), ids(source)) == ([3, 4], {"OM-PKG-034": [2]})


HEADS = {
    "units in brackets": [
        "站址编码",
        "塔高（单位：米）",
        "经度（单位：度，必填，六位小数，例如七十五点二零一二三四，请勿填写度分秒形式的数值）",
        "纬度",
    ],
    "years": ["县", "2021", "2022", "2023"],
    "half of it": ["站址编码", "站址名称", None, None],
    "numbers as years": ["县", 2021, 2022, 2023],
}


@pytest.mark.parametrize("case", HEADS)
@pytest.mark.parametrize("titles", [0, 2])
def test_odd_headers_are_headers(tmp_path: Path, reader: Reader, *, case: str, titles: int) -> None:
    rows = [["T1", 30, 75.2, 39.6], ["T2", 31, 75.3, 39.7], ["T3", 32, 75.4, 39.8]]
    above = [["台账", None, None, None]] * titles
    source = read_file(xlsx(tmp_path / "t.xlsx", [*above, HEADS[case], *rows]), reader=reader)
    assert source.rows.tolist() == [titles + 2, titles + 3, titles + 4]
    assert str(HEADS[case][0]) == source.frame.columns[0]


def test_sparse_last_rows_stay_rows(tmp_path: Path, reader: Reader) -> None:
    rows = [HEAD, *ROWS, ["T3", "丙站", None, None, None], ["T4", None, None, None, None]]
    source = read_file(xlsx(tmp_path / "t.xlsx", rows), reader=reader)
    assert source.rows.tolist() == [2, 3, 4, 5]


def test_long_codes_errors_and_formulas_without_result(tmp_path: Path, reader: Reader) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["编码", "塔高", "日期", "时刻", "是否"])
    sheet.append([111, "=20+15", dt.datetime(2026, 1, 2), dt.datetime(2026, 1, 2, 3, 4), True])
    sheet.append([222, "#N/A", dt.datetime(2026, 1, 3), dt.datetime(2026, 1, 2, 3, 5), False])
    sheet["B3"].data_type = "e"
    book.save(tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as plain, zipfile.ZipFile(tmp_path / "long.xlsx", "w") as long:
        for member in plain.namelist():  # as a program writes them that is not a spreadsheet
            content = plain.read(member)
            content = content.replace(b"<v>111</v>", b"<v>460110123456789012</v>")
            long.writestr(member, content.replace(b"<v>222</v>", b"<v>460110123456789013</v>"))
    source = read_file(tmp_path / "long.xlsx", reader=reader)
    assert source.frame["编码"].tolist() == [460110123456789012, 460110123456789013]
    assert source.frame["塔高"].isna().all()
    assert source.frame["日期"].tolist() == [pd.Timestamp(2026, 1, 2), pd.Timestamp(2026, 1, 3)]
    assert source.frame["时刻"].iloc[0] == pd.Timestamp(2026, 1, 2, 3, 4)
    assert source.frame["是否"].tolist() == [True, False]
    assert ids(source) == {"OM-PKG-007": [2], "OM-PKG-036": [3]}


def test_results_that_a_program_stored_are_read(tmp_path: Path, reader: Reader) -> None:
    book = xlsxwriter.Workbook(tmp_path / "t.xlsx")
    sheet = book.add_worksheet("站址")
    sheet.write_row(0, 0, ["编码", "塔高"])
    sheet.write_row(1, 0, ["T1"])
    sheet.write_formula(1, 1, "=20+15", None, 35)
    book.close()
    source = read_file(tmp_path / "t.xlsx", reader=reader)
    assert (source.frame["塔高"].tolist(), source.findings) == ([35], ())


def test_hidden_sheets_are_passed_over_with_a_word(tmp_path: Path, reader: Reader) -> None:
    book = openpyxl.Workbook()
    for row in [HEAD, *ROWS]:
        book.active.append(row)
    book.active.title = "站址"
    codes = book.create_sheet("代码")
    codes.append(["代码", "含义"])
    codes.append(["1", "铁塔"])
    codes.sheet_state = "hidden"
    book.save(tmp_path / "t.xlsx")
    source = read_file(tmp_path / "t.xlsx", reader=reader)
    assert (source.layer, ids(source)) == ("站址", {"OM-PKG-035": [None]})
    assert read_file(tmp_path / "t.xlsx", layer="代码", reader=reader).frame["含义"].tolist() == ["铁塔"]
    assert [info.name for info in list_layers(tmp_path / "t.xlsx", reader=reader)] == ["站址", "代码"]


def test_old_workbooks_keep_kinds_and_dates(tmp_path: Path, reader: Reader) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("站址")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for column, cell in enumerate(["编码", "塔高", "日期", "备用"]):
        sheet.write(0, column, cell)
    sheet.write(1, 0, "00123")
    sheet.write(1, 1, 35.5)
    sheet.write(1, 2, dt.datetime(2026, 1, 2), day)
    sheet.write(1, 3, True)
    book.save(str(tmp_path / "t.xls"))
    source = read_file(tmp_path / "t.xls", reader=reader)
    assert source.frame.iloc[0].tolist() == ["00123", 35.5, pd.Timestamp(2026, 1, 2), True]


def test_several_sheets_must_be_chosen_from(tmp_path: Path, reader: Reader) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    for name in ("站址", "机房"):
        book.add_sheet(name).write(0, 0, "编码")
    book.save(str(tmp_path / "t.xls"))
    with pytest.raises(ReadError, match=r"one layer of .*t\.xls must be named, it holds: 站址、机房"):
        read_file(tmp_path / "t.xls", reader=reader)


def test_a_far_lone_cell_ends_in_words(tmp_path: Path, reader: Reader) -> None:
    book = xlsxwriter.Workbook(tmp_path / "t.xlsx")
    sheet = book.add_worksheet()
    sheet.write(0, 0, "编码")
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    with pytest.raises(ReadError, match=r"t\.xlsx"):
        read_file(tmp_path / "t.xlsx", reader=reader)
