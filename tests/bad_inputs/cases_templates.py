"""Forms as offices send them back: filled in wrongly, changed, or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl

from onemap.layers.catalogue import schema
from onemap.views.templates import HEADER_ROW, write_template
from tests.bad_inputs.registry import bad, good

TOWER = {
    "站址编码*": "XJ-0001",
    "站址名称": "甲站",
    "经度（CGCS2000，度）*": 75.981234,
    "纬度（CGCS2000，度）*": 39.461234,
    "塔高（米）": 35,
    "状态": "在网",
}
ROAD = {"道路编码*": "L-0001", "坐标串（CGCS2000，经度 纬度，逐点）*": "75.981234 39.461234，75.991234 39.471234"}
SHAPE = "坐标串（CGCS2000，经度 纬度，逐点）*"


def form(
    folder: Path,
    rows: list[Mapping[str, object]],
    *,
    layer: str = "towers",
    said: Mapping[str, object] | None = None,
    change: Any = None,
) -> Path:
    """Fill in a form: rows by header, the submission by item; `change` takes the workbook before it is saved."""
    path = write_template(folder / f"{layer}.xlsx", layer)
    book = openpyxl.load_workbook(path)
    sheet, submission = book[schema(layer).alias_zh], book["填报信息"]
    columns = {cell.value: cell.column for cell in sheet[HEADER_ROW]}
    for at, row in enumerate(rows, start=HEADER_ROW + 2):
        for header, value in row.items():
            sheet.cell(at, columns[header]).value = value  # type: ignore[assignment]
    items = {cell.value: cell.row for cell in submission["A"]}
    stated = {"报送单位*": "甲县铁塔公司", "数据日期*": dt.date(2026, 1, 5), **(said or {})}
    for item, value in stated.items():
        submission.cell(items[item], 2).value = value  # type: ignore[assignment]
    if change is not None:
        change(book)
    book.save(path)
    return path


def tower(**wrong: object) -> dict[str, object]:
    """Give a row of the form of towers, some cells of it wrong."""
    headers = {
        header.split("（")[0].removesuffix("*"): header
        for header in [*TOWER, "平台总数", "数据日期", "有机房（是/否）"]
    }
    return {**TOWER, **{headers[name]: value for name, value in wrong.items()}}


@good(rule="OM-PKG-060")
@good(rule="OM-PKG-061")
@good(rule="OM-PKG-062")
@good(rule="OM-PKG-063")
@good(rule="OM-FLD-031")
@good(rule="OM-FLD-032")
def form_filled_in(folder: Path) -> Path:
    """A form of towers filled in as it should be."""
    return form(folder, [TOWER])


@good(rule="OM-FLD-030")
def form_of_roads_filled_in(folder: Path) -> Path:
    """A form of roads whose shape is a list of coordinates."""
    return form(folder, [ROAD], layer="roads")


@bad(rule="OM-PKG-060")
def form_without_its_date(folder: Path) -> Path:
    """A form that does not say of which day its data are."""
    return form(folder, [TOWER], said={"数据日期*": None})


@bad(rule="OM-PKG-060")
def form_without_its_submitter(folder: Path) -> Path:
    """A form that does not say who submits it."""
    return form(folder, [TOWER], said={"报送单位*": None})


@bad(rule="OM-PKG-061")
def form_with_a_date_in_words(folder: Path) -> Path:
    """A form whose date of data is "end of last year"."""
    return form(folder, [TOWER], said={"数据日期*": "去年年底"})


@bad(rule="OM-PKG-061")
def form_in_another_system(folder: Path) -> Path:
    """A form whose office put Xi'an 1980 in the place of CGCS2000."""
    return form(folder, [TOWER], said={"坐标系": "西安80"})


@bad(rule="OM-PKG-062")
def form_of_an_unknown_version(folder: Path) -> Path:
    """A form of a version that is not known."""

    def age(book: Any) -> None:
        for cell in book["onemap_template"]["A"]:
            if cell.value == "version":
                cell.offset(column=1).value = "99"

    return form(folder, [TOWER], change=age)


@bad(rule="OM-PKG-063")
def form_not_filled_in(folder: Path) -> Path:
    """A form that holds nothing but its example."""
    return form(folder, [])


@bad(rule="OM-FLD-030")
def form_of_roads_with_see_map(folder: Path) -> Path:
    """A road whose shape is "see the map"."""
    return form(folder, [{**ROAD, SHAPE: "见附图"}], layer="roads")


@bad(rule="OM-FLD-030")
def form_of_roads_with_half_a_line(folder: Path) -> Path:
    """A road of a single point."""
    return form(folder, [{**ROAD, SHAPE: "75.981234 39.461234"}], layer="roads")


@bad(rule="OM-FLD-030")
def form_of_roads_with_broken_wkt(folder: Path) -> Path:
    """A road whose WKT is cut short."""
    return form(folder, [{**ROAD, SHAPE: "LINESTRING (75.981234 39.461234, 75.99"}], layer="roads")


@bad(rule="OM-FLD-031")
def form_with_a_column_of_its_own(folder: Path) -> Path:
    """A form to which an office added a column."""

    def widen(book: Any) -> None:
        sheet = book["站址"]
        sheet.cell(HEADER_ROW, sheet.max_column + 1).value = "本单位台账号"

    return form(folder, [TOWER], change=widen)


@bad(rule="OM-FLD-032")
def form_without_a_required_column(folder: Path) -> Path:
    """A form from which an office took the longitudes."""
    return form(folder, [TOWER], change=lambda book: book["站址"].delete_cols(3))


@bad(rule="OM-ATT-001")
def form_with_an_empty_required_cell(folder: Path) -> Path:
    """A row of a form without its identifier."""
    return form(folder, [TOWER, tower(站址编码=None)])


@bad(rule="OM-ATT-002")
def form_with_about_so_high(folder: Path) -> Path:
    """A height of "about 35" in a form."""
    return form(folder, [tower(塔高="约35")])


@bad(rule="OM-ATT-002")
def form_with_a_day_that_is_none(folder: Path) -> Path:
    """The 30th of February in a form."""
    return form(folder, [tower(数据日期="2026-02-30")])


@bad(rule="OM-ATT-002")
def form_with_perhaps(folder: Path) -> Path:
    """ "Perhaps" where a form asks for yes or no."""
    return form(folder, [tower(有机房="可能")])


@bad(rule="OM-ATT-003")
def form_with_a_word_typed_over(folder: Path) -> Path:
    """A word that is not in the drop-down, typed over it."""
    return form(folder, [tower(状态="不详")])


@bad(rule="OM-ATT-007")
def form_with_too_many_platforms(folder: Path) -> Path:
    """Ninety-nine platforms on a tower."""
    return form(folder, [tower(平台总数=99)])


@bad(rule="OM-CRS-006")
def form_with_swapped_axes(folder: Path) -> Path:
    """A row whose longitude and latitude changed places."""
    return form(folder, [TOWER, tower(站址编码="XJ-0002", 经度=39.461234, 纬度=75.981234)])


@bad(rule="OM-ATT-017")
def form_with_a_row_of_totals(folder: Path) -> Path:
    """A form that ends with a row of totals."""
    return form(folder, [TOWER, {"站址编码*": "合计"}])
