"""Lists of gaps in a run: fibre, priorities, indicators, and what moved since an earlier date."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pyogrio
import pytest

from onemap.config import load_project
from onemap.errors import ProjectError, ReadError
from onemap.workflows.run import Outcome, run_project
from tests.factories import PROJECT, TOWERS, make_project

RADIUS = """
[coverage]
model = "radius"
technologies = ["4G", "5G"]
operators = ["中国移动"]
"""
ROADS = """
[[source]]
layer = "roads"
path = "roads.geojson"
crs = "EPSG:4490"
[source.fields]
road_id = "id"
ref = "ref"
"""
PLACES = """
[[source]]
layer = "settlements"
path = "settlements.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
settlement_id = "编码"
households = "户数"
population = "人口"

[[source]]
layer = "villages"
path = "villages.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
village_id = "编码"
name = "名称"

[[source]]
layer = "rooms"
path = "rooms.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
room_id = "编码"
racks_free = "空闲机架"
built_year = "年份"
[source.constants]
operator = "中国移动"
"""


def county(folder: Path, *, towers: str = TOWERS, more: str = "") -> Path:
    """Write a county with a road of two kilometres, two settlements, a village and a room."""
    make_project(folder, project=PROJECT + ROADS + PLACES + RADIUS + more, towers=towers)
    line = {"type": "LineString", "coordinates": [[75.2, 39.6], [75.45, 39.75]]}
    rows = [{"type": "Feature", "properties": {"id": "R1", "ref": None}, "geometry": line}]
    (folder / "roads.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": rows}), encoding="utf-8")
    (folder / "settlements.csv").write_text(
        "编码,户数,人口,经度,纬度\nA,30,120,75.21,39.61\nB,,40,75.5,39.9\n", encoding="utf-8"
    )
    (folder / "villages.csv").write_text("编码,名称,经度,纬度\nV,甲村,75.5,39.9\n", encoding="utf-8")
    (folder / "rooms.csv").write_text("编码,空闲机架,年份,经度,纬度\nM,2,2000,75.2,39.6\n", encoding="utf-8")
    return folder


def ran(folder: Path, out: Path, *steps: str) -> Outcome:
    return run_project(load_project(folder), out, **({"steps": steps} if steps else {}))


def test_a_run_writes_the_lists_and_says_what_is_missing(tmp_path: Path) -> None:
    outcome = ran(county(tmp_path / "county"), tmp_path / "out")
    rules = {one.rule: one for one in outcome.findings}
    assert rules["OM-BIZ-225"].values["count"] == rules["OM-BIZ-226"].values["count"] == 1
    assert rules["OM-BIZ-227"].values["settlement"] == "B"
    written = set(pyogrio.list_layers(tmp_path / "out" / "results.gpkg")[:, 0])
    assert {"fibre_distances", "gap_priorities", "application_list", "indicators", "development"} <= written
    fibre = pyogrio.read_dataframe(tmp_path / "out" / "results.gpkg", layer="fibre_distances").set_index("target_id")
    # The school stands by the road that leads to the room, the far settlement by no road.
    assert fibre.loc["S2", "way"] == "road"
    assert fibre.loc["B", "way"] == "straight"
    book = openpyxl.load_workbook(tmp_path / "out" / "report" / "lists.xlsx")
    assert {"缺口优先顺序清单", "光纤距离清单", "普遍服务建设清单", "指标完成情况", "协同发展情况"} <= set(
        book.sheetnames
    )
    rows = list(book["覆盖缺口清单"].iter_rows(min_row=3, values_only=True))
    fibre_column, remarks = rows[0].index("光纤"), rows[0].index("备注")
    assert any("直线" in str(row[fibre_column]) for row in rows[2:])
    assert all("优先顺序" in str(row[remarks]) for row in rows[2:])
    report = (tmp_path / "out" / "report" / "index.html").read_text(encoding="utf-8")
    assert "指标完成情况" in report
    assert "待核实" in report or "未达标" in report


def test_what_moved_since_an_earlier_date_is_listed(tmp_path: Path) -> None:
    fewer = "".join(TOWERS.splitlines(keepends=True)[:2])
    ran(county(tmp_path / "before", towers=fewer), tmp_path / "out-before", "gaps")
    more = TOWERS + "T3,丙站,30,4G/5G,75.44,39.74\n"
    late = county(tmp_path / "after", towers=more, more='\n[indicators]\nbefore = "../out-before"\n')
    ran(late, tmp_path / "out")
    moved = pyogrio.read_dataframe(tmp_path / "out" / "results.gpkg", layer="verdict_changes")
    gained = moved[(moved["target_id"] == "S2") & (moved["operator"] == "any")]
    assert set(gained["technology"]) == {"4G", "5G"}
    assert set(gained["change"]) == {"gained"}
    changes = pyogrio.read_dataframe(tmp_path / "out" / "results.gpkg", layer="indicator_changes")
    roads = changes[changes["target_id"] == "signal-2024-roads"].iloc[0]
    assert roads["after_share"] > roads["before_share"]
    book = openpyxl.load_workbook(tmp_path / "out" / "report" / "lists.xlsx")
    assert {"两期指标对比", "两期覆盖变化清单"} <= set(book.sheetnames)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert "../out-before" in manifest["inputs"]


POSTS = """
[[source]]
layer = "kilometre_posts"
path = "km.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
kilometre_post_id = "编码"
road_id = "道路"
chainage_km = "桩号"

[[source]]
layer = "finished_places"
path = "finished.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
finished_id = "编码"
technology = "制式"
district_code = "行政区"

[[source]]
layer = "measurements"
path = "measured.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
technology = "制式"
rsrp_dbm = "电平"
"""


def test_kilometre_posts_calibrate_and_finished_places_are_checked(tmp_path: Path) -> None:
    folder = county(tmp_path / "county", more="\n[universal_service]\nmin_samples = 3\n" + POSTS)
    (folder / "km.csv").write_text(
        "编码,道路,桩号,经度,纬度\nP1,R1,50,75.2,39.6\nP2,R9,60,75.45,39.75\n", encoding="utf-8"
    )
    (folder / "finished.csv").write_text(
        "编码,制式,行政区,经度,纬度\nF1,4G,659901,75.21,39.61\nF2,4G,659902,75.5,39.9\n", encoding="utf-8"
    )
    samples = "".join(f"4G,{power},75.21,39.61\n" for power in (-90, -95, -100))
    (folder / "measured.csv").write_text("制式,电平,经度,纬度\n" + samples, encoding="utf-8")
    outcome = ran(folder, tmp_path / "out")
    assert [one.feature for one in outcome.findings if one.rule == "OM-BIZ-220"] == ["P2"]
    stretches = pyogrio.read_dataframe(tmp_path / "out" / "results.gpkg", layer="gap_stretches")
    first = stretches.sort_values("from_m").iloc[0]
    assert first["chainage_from_m"] == pytest.approx(50_000 + first["from_m"], abs=1)
    checked = pyogrio.read_dataframe(tmp_path / "out" / "results.gpkg", layer="acceptance").set_index("finished_id")
    assert checked["outcome"].to_dict() == {"F1": "passed", "F2": "not measured"}
    assert "普遍服务抽检结果" in openpyxl.load_workbook(tmp_path / "out" / "report" / "lists.xlsx").sheetnames


def test_earlier_results_that_are_not_there_are_named(tmp_path: Path) -> None:
    folder = county(tmp_path / "county", more='\n[indicators]\nbefore = "nowhere"\n')
    with pytest.raises(ProjectError, match="nowhere is neither"):
        ran(folder, tmp_path / "out", "gaps")
    other = county(tmp_path / "other", more='\n[indicators]\nbefore = "schools.csv"\n')
    with pytest.raises(ReadError, match="must hold the layer indicators"):
        ran(other, tmp_path / "out", "gaps")
