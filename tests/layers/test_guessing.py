"""Guesses from headers as offices write them."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from onemap.layers.catalogue import catalogue
from onemap.layers.guessing import LAYERS_RENAMED, guess_fields, guess_layer, guess_value

HEADERS = {
    "towers": ["铁塔站址编码", "站址名称", "塔高（米）", "产权单位", "经度", "维度"],
    "cells": ["CGI", "小区名称", "方位角", "机械下倾角", "频点", "经度", "纬度"],
    "schools": ["学校标识码", "学校名称", "办学类型", "在校学生数"],
    "roads": ["路线编号", "路线名称", "技术等级", "起点桩号", "止点桩号"],
    "zones": ["YJJBNTTBBH", "YJJBNTMJ", "DLBM", "DLMC"],
    "districts": ["XZQDM", "XZQMC"],
}


@pytest.mark.parametrize("layer", HEADERS)
def test_layer_is_found_from_real_headers(layer: str) -> None:
    assert guess_layer(HEADERS[layer])[0].layer == layer


def test_layer_without_that_kind_of_geometry_is_not_proposed() -> None:
    assert all(guess.layer != "roads" for guess in guess_layer(HEADERS["roads"], {"Point"}))


def test_header_cut_to_ten_bytes_is_known() -> None:
    assert guess_fields("towers", ["铁塔站址编"]) == {"tower_id": "铁塔站址编"}


def test_own_meaning_comes_before_the_general_one() -> None:
    assert guess_fields("districts", ["XZQDM", "XZQMC"]) == {"code": "XZQDM", "name": "XZQMC"}


def test_every_spelling_of_a_catalogued_field_is_known() -> None:
    content = (files("onemap.layers.guessing") / "synonyms.csv").read_text(encoding="utf-8-sig")
    missed = []
    for row in csv.DictReader(content.splitlines()):
        layer = LAYERS_RENAMED.get(row["layer"], row["layer"])
        if layer in catalogue() and row["field"] in catalogue()[layer].fields:
            found = guess_fields(layer, [row["synonym"]])
            if row["synonym"] not in found.values():
                missed.append((layer, row["field"], row["synonym"]))
    assert missed == []


def test_values_are_known_in_several_spellings() -> None:
    assert guess_value("status", "在网") == "in service"
    assert guess_value("tenants", "移动") == "中国移动"
    assert guess_value("status", "=1+1") is None


def test_name_of_a_layer_settles_what_headers_leave_open() -> None:
    columns = ["所属行政村代码", "类型"]
    assert [guess_layer(columns, name=name)[0].layer for name in ("卫生室", "schools_2026")] == ["clinics", "schools"]
