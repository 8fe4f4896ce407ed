"""Cells, columns and rows that a spreadsheet, a form or a tired hand spoiled."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bad_inputs.making import HEAD, write_text
from tests.bad_inputs.registry import bad, good

TOWERS = {"tower_id": "站址编码", "name": "站址名称", "height_agl_m": "塔高"}
IDS = ("T1", "T2", "T3", "T4", "T5", "T6")
NAMES = ("甲站", "乙站", "丙站", "丁站", "戊站", "己站")
PLACES = (
    ("75.201234", "39.601234"), ("75.251234", "39.621234"), ("75.223457", "39.643457"),
    ("75.312346", "39.652347"), ("75.331235", "39.671235"), ("75.352348", "39.682349"),
)  # fmt: skip
HEIGHTS = ("35", "30", "42", "28", "33", "45")


def project(
    folder: Path,
    columns: Mapping[str, Sequence[str]],
    *,
    fields: Mapping[str, str] = TOWERS,
    layer: str = "towers",
    keys: str = "",
    lat: str = "纬度",
) -> Path:
    """Write a CSV with the columns, a place a row, and the project that maps it."""
    count = len(next(iter(columns.values())))
    places = {"经度": [lon for lon, _ in PLACES][:count], lat: [north for _, north in PLACES][:count]}
    table = {**places, **columns}
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    mapped = "\n".join(f'{field} = "{column}"' for field, column in fields.items())
    source = f'[[source]]\nlayer = "{layer}"\npath = "table.csv"\ncrs = "EPSG:4490"\nlon = "经度"\nlat = "{lat}"\n'
    write_text(folder / "onemap.toml", f"{HEAD}{source}{keys}\n[source.fields]\n{mapped}\n")
    return folder


def towers(folder: Path, *, keys: str = "", **cells: Sequence[str]) -> Path:
    """Write a project of towers of which some columns are given."""
    count = len(next(iter(cells.values())))
    columns = {"站址编码": IDS[:count], "站址名称": NAMES[:count], "塔高": HEIGHTS[:count]}
    names = {"ids": "站址编码", "names": "站址名称", "heights": "塔高"}
    return project(folder, {**columns, **{names[key]: given for key, given in cells.items()}}, keys=keys)


def one_field(folder: Path, field: str, column: str, cells: Sequence[str], **more: str) -> Path:
    """Write a project of towers with one more field."""
    columns = {"站址编码": IDS[: len(cells)], column: cells}
    return project(folder, columns, fields={"tower_id": "站址编码", field: column}, **more)


def cells_of_radio(folder: Path, field: str, column: str, values: Sequence[str], **more: Sequence[str]) -> Path:
    """Write a project of radio cells with one more field."""
    count = len(values)
    columns = {"小区标识": IDS[:count], "运营商": ["中国移动"] * count, "制式": ["4G"] * count, column: values} | more
    fields = {"cell_id": "小区标识", "operator": "运营商", "technology": "制式", field: column}
    return project(folder, columns, fields=fields, layer="cells")


@good(rule="OM-ATT-002", ask="run")
@good(rule="OM-ATT-004", ask="run")
@good(rule="OM-ATT-005", ask="run")
@good(rule="OM-ATT-006", ask="run")
@good(rule="OM-ATT-007", ask="run")
@good(rule="OM-ATT-008", ask="run")
@good(rule="OM-ATT-009", ask="run")
@good(rule="OM-ATT-011", ask="run")
@good(rule="OM-ATT-013", ask="run")
@good(rule="OM-ATT-014", ask="run")
@good(rule="OM-ATT-016", ask="run")
@good(rule="OM-ATT-017", ask="run")
@good(rule="OM-ATT-018", ask="run")
@good(rule="OM-ATT-019", ask="run")
@good(rule="OM-ATT-020", ask="run")
@good(rule="OM-ATT-021", ask="run")
@good(rule="OM-ATT-022", ask="run")
@good(rule="OM-ATT-023", ask="run")
@good(rule="OM-ATT-024", ask="run")
@good(rule="OM-ATT-025", ask="run")
@good(rule="OM-ATT-029", ask="run")
@good(rule="OM-FLD-015", ask="run")
@good(rule="OM-FLD-016", ask="run")
@good(rule="OM-FLD-017", ask="run")
@good(rule="OM-GEO-006", ask="run")
@good(rule="OM-GEO-007", ask="run")
@good(rule="OM-GEO-008", ask="run")
def honest_towers(folder: Path) -> Path:
    """Six towers as they should be."""
    return towers(folder, ids=IDS)


@good(rule="OM-ATT-001", ask="run")
@good(rule="OM-ATT-003", ask="run")
@good(rule="OM-ATT-010", ask="run")
@good(rule="OM-ATT-012", ask="run")
@good(rule="OM-ATT-015", ask="run")
@good(rule="OM-ATT-026", ask="run")
@good(rule="OM-ATT-027", ask="run")
def honest_cells(folder: Path) -> Path:
    """Radio cells with azimuths, days, codes and names that agree."""
    columns = {
        "小区标识": ["460-00-1-1", "460-00-1-2", "460-00-1-3"], "运营商": ["中国移动"] * 3, "制式": ["4G"] * 3,
        "方位角": ["0", "120", "240"], "日期": ["2024-03-05", "2024/3/6", "20240307"], "代码": ["659900001"] * 3, "乡镇": ["桃亭镇"] * 3,
    }  # fmt: skip
    fields = {
        "cell_id": "小区标识", "operator": "运营商", "technology": "制式", "azimuth_deg": "方位角", "data_date": "日期",
        "district_code": "代码", "town": "乡镇",
    }  # fmt: skip
    return project(folder, columns, fields=fields, layer="cells")


@bad(rule="OM-ATT-001", ask="run")
def row_without_its_identifier(folder: Path) -> Path:
    """A tower without its code: the row is rejected."""
    return towers(folder, ids=["T1", ""])


def _number(folder: Path, cell: str) -> Path:
    """Write a project in which one height is spelled oddly."""
    return towers(folder, heights=["35", cell])


@bad(rule="OM-ATT-002", ask="run")
def height_given_roughly(folder: Path) -> Path:
    """A height written as 约35."""
    return _number(folder, "约35")


@bad(rule="OM-ATT-002", ask="run")
def height_as_a_range(folder: Path) -> Path:
    """A height written as 35-40."""
    return _number(folder, "35-40")


@bad(rule="OM-ATT-002", ask="run")
def height_as_a_bound(folder: Path) -> Path:
    """A height written as ＞30."""
    return _number(folder, "＞30")


@bad(rule="OM-ATT-002", ask="run")
def height_as_a_choice(folder: Path) -> Path:
    """Two heights in one cell, 35/40."""
    return _number(folder, "35/40")


@bad(rule="OM-ATT-002", ask="run")
def height_in_chinese_numerals(folder: Path) -> Path:
    """A height written as 三十五."""
    return _number(folder, "三十五")


@bad(rule="OM-ATT-002", ask="run")
def height_with_a_decimal_comma(folder: Path) -> Path:
    """A height written as 12,5."""
    return _number(folder, "12,5")


@bad(rule="OM-ATT-002", ask="run")
def height_in_storeys(folder: Path) -> Path:
    """A height with a unit that is none of length, 35层."""
    return _number(folder, "35层")


@bad(rule="OM-ATT-002", ask="run")
def day_that_may_be_two(folder: Path) -> Path:
    """A date written as 05.03.2024."""
    return one_field(folder, "data_date", "日期", ["2024-03-05", "05.03.2024"])


@bad(rule="OM-ATT-002", ask="run")
def year_of_two_digits(folder: Path) -> Path:
    """A date written as 24-3-5."""
    return one_field(folder, "data_date", "日期", ["2024-03-05", "24-3-5"])


@bad(rule="OM-ATT-003", ask="run")
def status_nobody_listed(folder: Path) -> Path:
    """A status that is not among the known ones."""
    return one_field(folder, "status", "状态", ["in service", "待核实"])


@bad(rule="OM-ATT-004", ask="run")
def tower_without_height(folder: Path) -> Path:
    """A tower whose height is empty."""
    return _number(folder, "")


@bad(rule="OM-ATT-005", ask="run")
def row_that_stands_twice(folder: Path) -> Path:
    """The same row twice."""
    write_text(folder / "table.csv", "站址编码,站址名称,塔高,经度,纬度\n" + "T1,甲站,35,75.201234,39.601234\n" * 2)
    return _named(folder)


@bad(rule="OM-ATT-006", ask="run")
def identifier_of_two_towers(folder: Path) -> Path:
    """Two different towers with one code."""
    return towers(folder, ids=["T1", "T1"])


@bad(rule="OM-ATT-007", ask="run")
def tower_of_a_kilometre(folder: Path) -> Path:
    """A height of 980 m."""
    return _number(folder, "980")


@bad(rule="OM-ATT-008", ask="run")
def identifier_in_scientific_notation(folder: Path) -> Path:
    """A code that a spreadsheet wrote as 4.6E+14."""
    return towers(folder, ids=["T1", "4.6E+14"])


@bad(rule="OM-ATT-008", ask="run")
def identifier_without_its_last_digits(folder: Path) -> Path:
    """A code of 18 digits that ends in zeros after the fifteenth."""
    return towers(folder, ids=["460001234567891234", "460001234567890000"])


@bad(rule="OM-ATT-009", ask="run")
def towers_without_heights(folder: Path) -> Path:
    """A list of towers that has no column of heights."""
    return one_field(folder, "owner", "产权单位", ["中国铁塔", "中国铁塔"])


@bad(rule="OM-ATT-010", ask="run")
def rows_not_asked_for(folder: Path) -> Path:
    """A row that the project does not take."""
    write_text(
        folder / "table.csv",
        "站址编码,站址名称,塔高,经度,纬度\nT1,甲站,35,75.201234,39.601234\nT2,乙站,30,75.251234,39.621234\n",
    )
    return _named(folder, '[source.where]\n"站址名称" = ["甲站"]\n')


@bad(rule="OM-ATT-011", ask="run")
def height_in_its_own_unit(folder: Path) -> Path:
    """A height written as 0.05km in a column of metres: reckoned, and said so."""
    return _number(folder, "0.05km")


@bad(rule="OM-ATT-012", ask="run")
def day_of_a_month_alone(folder: Path) -> Path:
    """A date written as 2024.1, January or October."""
    return one_field(folder, "data_date", "日期", ["2024-03-05", "2024.1"])


@bad(rule="OM-ATT-013", ask="run")
def error_of_a_formula(folder: Path) -> Path:
    """A cell that says #REF!."""
    return towers(folder, names=["甲站", "#REF!"])


@bad(rule="OM-ATT-014", ask="run")
def azimuth_of_65535(folder: Path) -> Path:
    """An azimuth of 65535, which stands for 'unknown'."""
    return cells_of_radio(folder, "azimuth_deg", "方位角", ["120", "65535"])


@bad(rule="OM-ATT-015", ask="run")
def azimuth_of_a_full_turn(folder: Path) -> Path:
    """An azimuth of 360°."""
    return cells_of_radio(folder, "azimuth_deg", "方位角", ["120", "360"])


@bad(rule="OM-ATT-016", ask="run")
def heights_above_the_sea(folder: Path) -> Path:
    """Heights of towers that are those of mountains."""
    return towers(folder, heights=["1535", "1612", "1498", "1577"])


@bad(rule="OM-ATT-017", ask="run")
def row_of_totals(folder: Path) -> Path:
    """A row that says 合计 under the others."""
    return towers(folder, ids=["T1", "T2", "合计"])


@bad(rule="OM-ATT-017", ask="run")
def row_of_totals_with_a_count_in_the_middle(folder: Path) -> Path:
    """A row without a code that says 小计：2个, among others."""
    return towers(folder, ids=["T1", "T2", "", "T4"], names=["甲站", "乙站", "小计：2个", "丁站"])


@bad(rule="OM-ATT-018", ask="run")
def value_of_the_row_above(folder: Path) -> Path:
    """A cell that says 同上."""
    return one_field(folder, "owner", "产权单位", ["中国铁塔", "同上"])


@bad(rule="OM-ATT-019", ask="run")
def line_break_in_a_cell(folder: Path) -> Path:
    """A name over two lines."""
    return towers(folder, names=["甲站", "乙\n站"])


@bad(rule="OM-ATT-020", ask="run")
def marks_of_a_web_page(folder: Path) -> Path:
    """A name that says A&amp;B."""
    return towers(folder, names=["甲站", "A&amp;B站"])


@bad(rule="OM-ATT-021", ask="run")
def text_of_a_wrong_encoding(folder: Path) -> Path:
    """A name that went through a wrong encoding, ÒÆ¶¯."""
    return towers(folder, names=["甲站", "ÒÆ¶¯»ùÕ¾"])


@bad(rule="OM-ATT-021", ask="run")
def text_whose_bytes_are_lost(folder: Path) -> Path:
    """A name that says 锟斤拷."""
    return towers(folder, names=["甲站", "锟斤拷锟斤拷"])


@bad(rule="OM-ATT-022", ask="run")
def rare_hanzi(folder: Path) -> Path:
    """A name with a character that GBK does not have, 㵘."""
    return towers(folder, names=["甲站", "㵘洲站"])


@bad(rule="OM-ATT-023", ask="run")
def private_character(folder: Path) -> Path:
    """A name with a character of somebody's own font."""
    return towers(folder, names=["甲站", "\ue001镇站"])


@bad(rule="OM-ATT-024", ask="run")
def code_without_its_first_zero(folder: Path) -> Path:
    """A code of three digits among codes of four that begin with zeros."""
    return towers(folder, ids=["0101", "0102", "103", "0104", "0105"])


@bad(rule="OM-ATT-025", ask="run")
def identifier_with_the_tail_of_a_float(folder: Path) -> Path:
    """A code written as 659900001.0."""
    return towers(folder, ids=["659900001.0", "659900002"])


@bad(rule="OM-ATT-026", ask="run")
def name_of_another_code(folder: Path) -> Path:
    """A town whose code is that of another."""
    columns = {"站址编码": IDS, "代码": ["659900001"] * 6, "乡镇": ["桃亭镇"] * 5 + ["梨湾镇"]}
    return project(folder, columns, fields={"tower_id": "站址编码", "district_code": "代码", "town": "乡镇"})


@bad(rule="OM-ATT-027", ask="run")
def cell_of_another_network(folder: Path) -> Path:
    """A cell of 中国移动 whose id begins with the network of 中国联通."""
    ids = ["460-00-1-1", "460-01-1-2"]
    return cells_of_radio(folder, "azimuth_deg", "方位角", ["0", "120"], 小区标识=ids)


def two_lists(folder: Path, name: str) -> Path:
    """Write a tower of a tower company and, 15 m off, one of an operator under some name."""
    head = "站址编码,站址名称,塔高,产权单位,经度,纬度\n"
    write_text(folder / "company.csv", head + "T1,桃亭镇东基站,35,中国铁塔,75.201234,39.601234\n")
    write_text(folder / "operator.csv", head + f"Y1,{name},35,中国移动,75.201334,39.601334\n")
    source = '[[source]]\nlayer = "towers"\npath = "{path}"\ncrs = "EPSG:4490"\nlon = "经度"\nlat = "纬度"\n'
    mapped = '[source.fields]\ntower_id = "站址编码"\nname = "站址名称"\nheight_agl_m = "塔高"\nowner = "产权单位"\n'
    sources = "".join(source.format(path=path) + mapped for path in ("company.csv", "operator.csv"))
    write_text(folder / "onemap.toml", HEAD + sources)
    return folder


@bad(rule="OM-ATT-028", ask="run")
def one_site_in_two_lists(folder: Path) -> Path:
    """A tower that its company and an operator both list, 15 m apart."""
    return two_lists(folder, "桃亭镇东站（移动）")


@good(rule="OM-ATT-028", ask="run")
def two_sites_in_two_lists(folder: Path) -> Path:
    """Two towers of different names side by side."""
    return two_lists(folder, "桃亭中学楼顶站")


@bad(rule="OM-ATT-029", ask="run")
def heights_in_centimetres(folder: Path) -> Path:
    """A column of heights in centimetres that nobody said so of."""
    return towers(folder, heights=["3500", "3000", "4200", "2800"])


@bad(rule="OM-GEO-006", ask="run")
def places_with_two_decimals(folder: Path) -> Path:
    """Coordinates of which none has more than two decimals."""
    rows = "".join(f"T{at},站{at},3{at},75.{20 + at},39.{60 + at}\n" for at in range(1, 7))
    write_text(folder / "table.csv", "站址编码,站址名称,塔高,经度,纬度\n" + rows)
    return _named(folder)


@bad(rule="OM-GEO-007", ask="run")
def place_of_whole_degrees(folder: Path) -> Path:
    """A place at 75, 39 among exact ones."""
    write_text(
        folder / "table.csv", "站址编码,站址名称,塔高,经度,纬度\nT1,甲站,35,75.201234,39.601234\nT2,乙站,30,75,39\n"
    )
    return _named(folder)


@bad(rule="OM-GEO-008", ask="run")
def towers_on_one_spot(folder: Path) -> Path:
    """Twelve towers at the very same place."""
    rows = "".join(f"T{at},站{at},{20 + at},75.201234,39.601234\n" for at in range(12))
    write_text(folder / "table.csv", "站址编码,站址名称,塔高,经度,纬度\n" + rows)
    return _named(folder)


@bad(rule="OM-FLD-015", ask="run")
def latitude_called_dimension(folder: Path) -> Path:
    """A column 维度 that holds latitudes."""
    return project(folder, {"站址编码": IDS}, fields={"tower_id": "站址编码"}, lat="维度")


@bad(rule="OM-FLD-016", ask="run")
def header_of_heights_above_the_sea(folder: Path) -> Path:
    """A column 海拔挂高 taken for the height above ground."""
    return one_field(folder, "height_agl_m", "天线海拔挂高", ["35", "30"])


@bad(rule="OM-FLD-017", ask="run")
def header_with_another_unit(folder: Path) -> Path:
    """A column 塔高(cm) that is read in metres."""
    return one_field(folder, "height_agl_m", "塔高(cm)", ["35", "30"])


def _named(folder: Path, more: str = "") -> Path:
    """Write the project of a table of towers that is there."""
    mapped = "\n".join(f'{field} = "{column}"' for field, column in TOWERS.items())
    source = '[[source]]\nlayer = "towers"\npath = "table.csv"\ncrs = "EPSG:4490"\nlon = "经度"\nlat = "纬度"\n'
    write_text(folder / "onemap.toml", f"{HEAD}{source}[source.fields]\n{mapped}\n{more}")
    return folder
