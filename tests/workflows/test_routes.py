"""Routes go the whole way: from files of cables and rooms to result layers, lists and findings of `onemap share`."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from onemap.cli.app import run
from tests.factories import PROJECT, SCHOOLS, TOWERS

pytestmark = pytest.mark.slow

CABLES = """
[coverage]
model = "radius"

[routes]
tolerance_m = 25

[[source]]
layer = "cables"
path = "net.gpkg"
source_layer = "cables"
[source.fields]
cable_id = "cable_id"
operator = "operator"
from_node = "from_node"
to_node = "to_node"

[[source]]
layer = "rooms"
path = "net.gpkg"
source_layer = "rooms"
[source.fields]
room_id = "room_id"
operator = "operator"
kind = "kind"

[[source]]
layer = "nodes"
path = "net.gpkg"
source_layer = "nodes"
[source.fields]
node_id = "node_id"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "county"
    folder.mkdir()
    text = PROJECT.replace('[elevation]\npath = "dem.tif"\n', "")
    (folder / "onemap.toml").write_text(text + CABLES, encoding="utf-8")
    (folder / "towers.csv").write_text(TOWERS, encoding="utf-8")
    (folder / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    ways = [[(75.2, 39.6), (75.3, 39.6)], [(75.3, 39.6001), (75.2, 39.6001)], [(75.3, 39.6), (75.3, 39.65)]]
    cables = gpd.GeoDataFrame(
        {
            "cable_id": ["A", "B", "C"],
            "operator": ["中国移动", "中国电信", "中国移动"],
            "from_node": ["R1", None, "J1"],
            "to_node": ["J1", None, "J9"],
        },
        geometry=[shapely.LineString(way) for way in ways],
        crs="EPSG:4490",
    )
    rooms = gpd.GeoDataFrame(
        {"room_id": ["R1"], "operator": ["中国移动"], "kind": ["core"]},
        geometry=[shapely.Point(75.2, 39.6)],
        crs="EPSG:4490",
    )
    nodes = gpd.GeoDataFrame({"node_id": ["J1"]}, geometry=[shapely.Point(75.3, 39.6)], crs="EPSG:4490")
    for name, layer in (("cables", cables), ("rooms", rooms), ("nodes", nodes)):
        layer.to_file(folder / "net.gpkg", layer=name)
    return folder


def test_share_gives_routes_single_routes_and_findings(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(["share", str(project), "--out", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    figures = {one.pop("figure"): one for one in answer["figures"]}
    assert figures["routes"] == {
        "route_km": pytest.approx(14.1, abs=0.1),
        "sheath_km": pytest.approx(22.7, abs=0.1),
        "shared_km": pytest.approx(8.6, abs=0.1),
    }
    assert figures["single_routes"]["single_route"] == 2
    shared = gpd.read_file(out / "results.gpkg", layer="shared_routes")
    assert shared[["cable_a", "cable_b", "opposite"]].to_numpy().tolist() == [["A", "B", True]]
    assert "25" in shared["reason_zh"][0]
    nodes = gpd.read_file(out / "results.gpkg", layer="network_nodes")
    nodes = nodes[nodes["operator"].eq("中国移动")].set_index("node_id")
    assert nodes.loc["J1", "verdict"] == "single route"
    assert nodes.loc["R1", "verdict"] == "root"
    cuts = gpd.read_file(out / "results.gpkg", layer="network_cuts")
    assert cuts["isolated"].tolist() == [2, 1]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    found = [(one["rule"], one["feature"]) for one in manifest["findings"]["all"] if one["rule"].startswith("OM-TOP")]
    assert sorted(found) == [("OM-TOP-201", "C"), ("OM-TOP-205", "")]
    assert manifest["settings"]["routes"]["tolerance_m"] == 25


def test_report_lists_routes(project: Path, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    out = tmp_path / "out"
    assert run(["report", str(project), "--out", str(out)]) == 0
    book = openpyxl.load_workbook(out / "report" / "lists.xlsx", read_only=True)
    assert {"同路由光缆清单", "沟公里与皮长公里统计", "单路由节点清单", "单点断点清单"} <= set(book.sheetnames)
    page = (out / "report" / "index.html").read_text(encoding="utf-8")
    assert "同路由光缆清单" in page
    assert "单路由判定" in page
