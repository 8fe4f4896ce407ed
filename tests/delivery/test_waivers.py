"""Waivers take findings out by name and reason, and never in silence."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pytest
import shapely

from onemap.cli.app import run
from onemap.delivery.waivers import Waiver, load_waivers, waive
from onemap.errors import ProjectError
from onemap.findings import Finding

ONE = '[[waiver]]\nrule = "OM-GEO-105"\nreason = "上下两层"\nby = "张三"\n'
FINDING = Finding("OM-GEO-105", "SZGYSSD", row=3, feature="659900010100000003")


@pytest.mark.parametrize(
    ("keys", "is_waived"),
    [
        ({}, True),
        ({"layer": "SZGYSSD"}, True),
        ({"layer": "SZGYSSX"}, False),
        ({"bsm": "659900010100000003"}, True),
        ({"bsm": "659900010100000004"}, False),
        ({"row": 3}, True),
        ({"row": 4}, False),
        ({"rule": "OM-GEO-104"}, False),
        ({"until": dt.date(2026, 1, 2)}, True),
        ({"until": dt.date(2026, 1, 1)}, False),
    ],
)
def test_waiver_holds_for_what_it_names(keys, is_waived):
    waiver = Waiver(**{"rule": "OM-GEO-105", "reason": "上下两层", "by": "张三", **keys})
    left = waive([FINDING], [waiver], today=dt.date(2026, 1, 2))
    assert (left.findings == ()) == is_waived
    assert (left.unused == ()) == is_waived


def test_fatal_findings_are_never_waived():
    fatal = Finding("OM-PKG-102", "a", values={"layer": "a", "problem": "b"})
    assert waive([fatal], [Waiver(rule="OM-PKG-102", reason="a", by="b")]).findings == (fatal,)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (ONE.replace("by =", "who ="), "by"),
        (ONE.replace('"张三"', '" "'), "by"),
        (ONE.replace('reason = "上下两层"\n', ""), "reason"),
        (ONE.replace("OM-GEO-105", "GEO"), "rule"),
        ("waivers = 1\n", "waivers"),
        ("[[waiver]\n", "invalid|Expected"),
    ],
)
def test_wrong_file_is_refused_by_the_name_of_its_key(tmp_path, text, key):
    (tmp_path / "w.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match=key):
        load_waivers(tmp_path / "w.toml")


def test_check_prints_what_was_waived_and_by_whom(tmp_path, capsys):
    points = gpd.GeoDataFrame({"a": ["x", "y"]}, geometry=[shapely.Point(75, 39)] * 2, crs="EPSG:4490")
    points.to_file(tmp_path / "a.gpkg", layer="a")
    second = ONE.replace("OM-GEO-105", "OM-GEO-104").replace("张三", "李四")
    (tmp_path / "w.toml").write_text(ONE + second, encoding="utf-8")
    run(
        [
            "check",
            str(tmp_path / "a.gpkg"),
            "--profile",
            "generic",
            "--waivers",
            str(tmp_path / "w.toml"),
            "--lang",
            "zh",
        ]
    )
    printed = capsys.readouterr().out
    assert "已豁免：OM-GEO-105 a" in printed
    assert "张三" in printed
    assert "未用到的豁免：OM-GEO-104" in printed
