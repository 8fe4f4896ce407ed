"""Waivers take findings out by name and reason, and never in silence."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pytest
import shapely

from onemap.cli.app import run
from onemap.delivery.checked import CheckedLayer
from onemap.delivery.examining import examine_layers
from onemap.delivery.quality import check_layers
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
    assert "已豁免：OM-GEO-105 *" in printed
    assert "共 1 条，豁免人 张三" in printed
    assert "共豁免 1 条问题" in printed
    assert "未用到的豁免：OM-GEO-104" in printed


def test_totals_are_true_and_waivers_reach_what_is_not_listed(profile):
    count = 1_500
    frame = gpd.GeoDataFrame(
        {"BSM": [f"x{row}" for row in range(1, count + 1)]}, geometry=[None] * count, crs="EPSG:4490"
    )
    layers = {"SZGYSSD": CheckedLayer("SZGYSSD", frame, (), "EPSG:4490")}
    waivers = [
        Waiver(rule="OM-GEO-101", reason="a", by="b", row=1_400),
        Waiver(rule="OM-GEO-101", reason="a", by="b", bsm="x1450"),
        Waiver(rule="OM-ATT-106", reason="a", by="b"),
    ]
    found = examine_layers(layers, profile, waivers=waivers)
    listed = [one.row for one in found.findings if one.rule == "OM-GEO-101"]
    assert listed == [*range(1, 1_001)]
    assert found.totals["OM-GEO-101", "SZGYSSD"] == count - 2
    assert found.failed()["OM-GEO-101"] == count - 2
    assert "OM-ATT-106" not in found.failed()
    assert found.waived_totals == {0: 1, 1: 1, 2: count}
    assert [(one.rule, one.row) for one, _ in found.waived][:2] == [("OM-ATT-106", 1), ("OM-ATT-106", 2)]
    assert sum(one.rule == "OM-ATT-106" for one, _ in found.waived) == 1_000
    everything = check_layers(layers, profile)
    assert sum(one.rule == "OM-GEO-101" for one in everything) == count
