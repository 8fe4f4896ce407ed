"""Guesses from headers and values as offices write them."""

from __future__ import annotations

import csv
from importlib.resources import files

import pandas as pd
import pytest

from onemap.layers.catalogue import catalogue
from onemap.layers.guessing import (
    guess_coordinates,
    guess_fields,
    guess_layer,
    guess_value,
    match_columns,
    profiles_of,
)
from onemap.layers.guessing.spellings import LAYERS_RENAMED, RENAMED

HEADERS = {
    "towers": ["铁塔站址编码", "站址名称", "塔高（米）", "产权单位", "经度", "维度"],
    "cells": ["CGI", "小区名称", "方位角", "机械下倾角", "频点", "经度", "纬度"],
    "schools": ["学校标识码", "学校名称", "办学类型", "在校学生数"],
    "roads": ["路线编号", "路线名称", "技术等级", "起点桩号", "止点桩号"],
    "zones": ["YJJBNTTBBH", "YJJBNTMJ", "DLBM", "DLMC"],
    "districts": ["XZQDM", "XZQMC"],
    "cables": ["GLDBH", "GLDMC", "QSDW", "FSFS", "XS"],
    "townships": ["乡镇代码", "乡镇名称", "常住人口"],
    "planned_sites": ["规划站编号", "规划站名", "规划塔高", "规划制式"],
}


@pytest.mark.parametrize("layer", HEADERS)
def test_layer_is_found_from_real_headers(layer: str) -> None:
    assert guess_layer(HEADERS[layer])[0].layer == layer


def test_layer_without_that_kind_of_geometry_is_not_proposed() -> None:
    assert all(guess.layer != "roads" for guess in guess_layer(HEADERS["roads"], {"Point"}))


def test_header_cut_to_ten_bytes_is_known() -> None:
    assert guess_fields("towers", ["铁塔站址编"]) == {"tower_id": "铁塔站址编"}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("size", [9, 10])
def test_every_long_spelling_is_known_when_cut(encoding: str, size: int) -> None:
    for header in ("所属站址编码", "铁塔公司站址编码", "占地面积（平方米）", "所属行政村代码"):
        cut = header.encode(encoding)[:size].decode(encoding, "ignore")
        layer = "settlements" if "村" in header else "cells" if header.startswith("所属") else "towers"
        assert cut in guess_fields(layer, [cut]).values(), cut


@pytest.mark.parametrize(
    ("layer", "cut", "field"),
    [("roads", "道路唯一编", "road_id"), ("roads", "公路路线编", "ref"), ("towers", "本次站点编", "tower_id")],
)
def test_header_that_no_list_knows_is_known_when_its_last_word_is_cut(layer: str, cut: str, field: str) -> None:
    (guess,) = match_columns(layer, [cut])
    assert (guess.field, guess.how) == (field, "guess_cut")


def test_areas_are_no_security_class() -> None:
    frame = pd.DataFrame({"XZQDM": ["532624100", "532624101"], "XZQMC": ["甲镇", "乙镇"], "MJ": [12.5, 80.25]})
    assert "security_class" not in guess_fields("districts", list(frame.columns), profiles_of(frame))


def test_time_of_a_sample_is_no_date_of_data() -> None:
    assert guess_fields("measurements", ["采集时间", "RSRP"])["time"] == "采集时间"


def test_name_of_a_sumu_is_its_own_name() -> None:
    assert guess_fields("townships", ["乡镇代码", "苏木镇名称"])["name"] == "苏木镇名称"


def test_sheet_of_a_health_office_tells_clinics() -> None:
    assert guess_layer(["机构代码", "机构名称", "机构类别"], name=["卫健局", "卫生机构"])[0].layer == "clinics"


def test_x_and_y_behind_the_name_of_a_place_are_coordinates() -> None:
    frame = pd.DataFrame({"村委会驻地X": [2551000.5, 2552000.5], "村委会驻地Y": [35461000.5, 35462000.5]})
    guess = guess_coordinates(list(frame.columns), profiles_of(frame))
    assert guess is not None
    assert guess.fields == {"easting": "村委会驻地Y", "northing": "村委会驻地X"}


def test_own_meaning_comes_before_the_general_one() -> None:
    assert guess_fields("districts", ["XZQDM", "XZQMC"]) == {"code": "XZQDM", "name": "XZQMC"}


def test_every_spelling_of_a_catalogued_field_is_known() -> None:
    content = (files("onemap.layers.guessing") / "synonyms.csv").read_text(encoding="utf-8-sig")
    missed = []
    for row in csv.DictReader(content.splitlines()):
        layer = LAYERS_RENAMED.get(row["layer"], row["layer"])
        field = RENAMED.get(f"{row['layer']}.{row['field']}", row["field"])
        if layer in catalogue() and field in catalogue()[layer].fields:
            found = guess_fields(layer, [row["synonym"]])
            if row["synonym"] not in found.values():
                missed.append((layer, row["field"], row["synonym"]))
    assert missed == []


def test_values_are_known_in_several_spellings() -> None:
    assert guess_value("status", "在网") == "in service"
    assert guess_value("status", "3-规划") == "planned"
    assert guess_value("status", "未在网") is None
    assert guess_value("tenants", "移动") == "中国移动"
    assert guess_value("status", "=1+1") is None


def test_same_word_means_another_kind_in_another_layer() -> None:
    assert guess_value("kind", "灯杆", layer="towers") == "lamp-post"
    assert guess_value("kind", "灯杆", layer="structures") == "light pole"


def test_name_of_a_layer_settles_what_headers_leave_open() -> None:
    columns = ["所属行政村代码", "类型", "编号"]
    assert [guess_layer(columns, name=name)[0].layer for name in ("卫生室", "schools_2026")] == ["clinics", "schools"]


def test_one_column_feeds_one_field_and_the_best_one_wins() -> None:
    found = guess_fields("towers", ["站点名称", "站址名称", "铁塔高度(m)", "平台总数", "空闲平台数", "抱杆数"])
    assert found["height_agl_m"] == "铁塔高度(m)"
    assert found["platforms_free"] == "空闲平台数"
    assert len(set(found.values())) == len(found)


def test_values_against_a_header_are_doubted() -> None:
    frame = pd.DataFrame({"编码": ["T1", "T2"], "塔高": ["角钢塔", "单管塔"], "高度": [35, 40]})
    found = guess_fields("towers", list(frame.columns), profiles_of(frame))
    assert found["height_agl_m"] == "高度"


def test_values_alone_tell_operator_and_cell() -> None:
    frame = pd.DataFrame({"甲": ["460-00-600001-1", "460-00-600001-2"], "乙": ["移动", "联通"], "丙": ["4G", "5G"]})
    found = guess_fields("cells", list(frame.columns), profiles_of(frame))
    assert (found["cell_id"], found["operator"]) == ("甲", "乙")


def test_near_rivals_are_named() -> None:
    (first, second) = match_columns("towers", ["站址编码", "铁塔编码"])
    assert {first.field, second.field} == {"tower_id", "(tower_id)"}
    assert "铁塔编码" in (first.rivals or second.rivals) or "站址编码" in (first.rivals or second.rivals)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ([516012.0, 516100.0], [4373012.0, 4373100.0], {"easting": "X坐标", "northing": "Y坐标"}),
        ([4373012.0, 4373100.0], [516012.0, 516100.0], {"easting": "Y坐标", "northing": "X坐标"}),
        ([4373012.0, 4373100.0], [25516012.0, 25516100.0], {"easting": "Y坐标", "northing": "X坐标"}),
        ([75.2, 75.3], [39.5, 39.6], {"lon": "X坐标", "lat": "Y坐标"}),
        ([39.5, 39.6], [75.2, 75.3], {"lon": "Y坐标", "lat": "X坐标"}),
    ],
)
def test_x_and_y_are_told_by_their_values(x: list[float], y: list[float], expected: dict[str, str]) -> None:
    frame = pd.DataFrame({"站址编码": ["T1", "T2"], "X坐标": x, "Y坐标": y})
    guess = guess_coordinates(list(frame.columns), profiles_of(frame))
    assert guess is not None
    assert guess.fields == expected


def test_swapped_longitude_and_latitude_are_taken_by_value_and_said() -> None:
    frame = pd.DataFrame({"经度": [39.5, 39.6], "纬度": [75.2, 75.3]})
    guess = guess_coordinates(list(frame.columns), profiles_of(frame))
    assert guess is not None
    assert guess.fields == {"lon": "纬度", "lat": "经度"}
    assert guess.is_against_headers


def test_degrees_and_minutes_are_coordinates_too() -> None:
    frame = pd.DataFrame({"东经": ["75°17′28″", "75°18′"], "维度": ["39°41′27″", "39°42′"]})
    guess = guess_coordinates(list(frame.columns), profiles_of(frame))
    assert guess is not None
    assert guess.fields == {"lon": "东经", "lat": "维度"}
