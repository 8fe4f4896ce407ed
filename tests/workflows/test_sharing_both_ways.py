"""Sharing both ways over real ground: planted cases are found, and nothing else; the way from a folder to the lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from affine import Affine
from openpyxl import load_workbook
from pyproj import CRS, Geod

from onemap.analyses.colocation import colocation_clusters, colocation_pairs
from onemap.analyses.sharing.sight import Rays
from onemap.config import Project, load_project
from onemap.layers.grid import Grid
from onemap.terrain.profile import BLOCKED, CLEAR
from onemap.workflows.ground_sight import sight_over, view_over
from onemap.workflows.reading import Inputs, read_layers
from onemap.workflows.run import run_project
from onemap.workflows.sharing_both_ways import share_both_ways
from tests.factories import PROJECT, make_project

pytestmark = pytest.mark.slow
GEOD = Geod(ellps="GRS80")
DEGREES = CRS("EPSG:4490")

DEMANDS = """
[[source]]
layer = "demands"
path = "demands.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
demand_id = "需求编号"
requester = "需求单位"
kind = "资源类型"
wanted_height_m = "挂高"
contact_person = "联系人"

[sharing.demands]
rejections_per_demand = 2
"""
ROWS = (
    "需求编号,需求单位,资源类型,挂高,联系人,经度,纬度\n"
    "D1,公安局,视频监控,20,甲,75.202,39.601\n"
    "D2,中国电信,站址,40,乙,75.251,39.621\n"
    "D3,中国电信,飞艇,,,75.25,39.62\n"
)


@pytest.fixture(scope="module")
def project(root: Path) -> Project:
    return load_project(root / "data" / "pilot")


@pytest.fixture(scope="module")
def inputs(project: Project) -> Inputs:
    return read_layers(project)


def beside(point: shapely.Point, east_m: float) -> shapely.Point:
    return shapely.Point(GEOD.fwd(point.x, point.y, 90.0, east_m)[:2])


def joined(layer: gpd.GeoDataFrame, rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    added = gpd.GeoDataFrame(rows, geometry="geometry", crs=layer.crs)
    return gpd.GeoDataFrame(pd.concat([layer, added], ignore_index=True), geometry="geometry", crs=layer.crs)


def far_from(points: gpd.GeoDataFrame, others: gpd.GeoDataFrame, *, rank: int = 0) -> tuple[shapely.Point, float]:
    """Give the point that lies farthest from all others, and how far."""
    lon, lat = others.geometry.x.to_numpy(), others.geometry.y.to_numpy()
    found = []
    for point in points.geometry:
        length_m = GEOD.inv(np.full(len(lon), point.x), np.full(len(lat), point.y), lon, lat)[2]
        found.append(float(np.sort(length_m)[rank]))
    place = int(np.argmax(found))
    return points.geometry.iloc[place], found[place]


def test_a_planted_cluster_is_found_and_nothing_else(inputs: Inputs) -> None:
    towers = inputs.layers["towers"]
    settled = {name: inputs.layers[name] for name in ("settlements", "zones")}
    standing = towers[towers["status"].fillna("").ne("retired").to_numpy(dtype=bool)]
    point, alone_m = far_from(standing, standing, rank=1)
    assert alone_m > 3_500
    planted = joined(towers, [{"tower_id": "PLANTED", "owner": "中国广电", "height_agl_m": 80.0, "status": "in service",
                               "geometry": beside(point, 400.0)}])  # fmt: skip
    before, after = (colocation_pairs(layer, **settled) for layer in (towers, planted))
    neighbour = towers["tower_id"][towers.geometry.geom_equals(point)].iloc[0]
    key = ["tower_a", "tower_b"]
    new = {frozenset(pair) for pair in after[key].values.tolist()} - {frozenset(p) for p in before[key].values.tolist()}
    assert new == {frozenset((neighbour, "PLANTED"))}
    one, other = (set(colocation_clusters(p, t)["tower_ids"]) for p, t in ((before, towers), (after, planted)))
    gone, come = one - other, other - one
    assert not gone
    assert len(come) == 1
    assert set(come.pop().split(";")) == {neighbour, "PLANTED"}


def test_planted_structures_and_works_are_found_and_nothing_else(project: Project, inputs: Inputs) -> None:
    layers = dict(inputs.layers)
    masts = pd.concat([layers["towers"][["geometry"]], layers["structures"][["geometry"]]])
    point, alone_m = far_from(layers["settlements"], gpd.GeoDataFrame(masts, crs=layers["towers"].crs))
    assert alone_m > 600
    pole = {"kind": "power tower", "owner": "县电网", "height_agl_m": 45.0, "status": "in service"}
    layers["structures"] = joined(
        layers["structures"],
        [
            pole | {"structure_id": "FIT", "load_spare_kg": 300.0, "geometry": beside(point, 250.0)},
            pole | {"structure_id": "UNFIT", "load_spare_kg": 20.0, "geometry": beside(point, 150.0)},
        ],
    )
    layers["demands"] = gpd.GeoDataFrame(
        {"demand_id": ["D1"], "requester": ["中国移动"], "kind": ["站址"], "load_kg": [60.0], "wanted_height_m": [30.0]},
        geometry=[point], crs=layers["towers"].crs,
    )  # fmt: skip
    layers["works"] = gpd.GeoDataFrame(
        {"work_id": ["W1", "W2"], "kind": ["bridge", "road"], "year": [2027, 2020]},
        geometry=[shapely.LineString([beside(point, -90.0), beside(point, 90.0)])] * 2, crs=layers["towers"].crs,
    )  # fmt: skip
    found = share_both_ways(project, replace(inputs, layers=layers), {})
    assert found["demand_matches"]["candidate_id"].tolist() == ["FIT"]
    assert found["demand_matches"]["clearance_m"].iloc[0] > 0
    assert found["demand_rejections"][["candidate_id", "rejected_for"]].values.tolist() == [["UNFIT", "load"]]
    assert found["work_reservations"][["work_id", "need_layer", "need_ids"]].values.tolist() == [
        ["W1", "demands", "D1"]
    ]


def test_pole_routes_of_the_pilot_are_those_drawn_twice(project: Project, inputs: Inputs) -> None:
    found = share_both_ways(project, inputs, {})["pole_routes"]
    cables = inputs.layers["cables"].set_index("cable_id").to_crs(32643)
    flat = found.to_crs(32643)
    assert len(found)
    flat = flat[flat["beside_layer"].eq("cables")]
    for row in flat.itertuples():
        assert {cables.loc[row.cable_id, "laying"], cables.loc[row.beside_id, "laying"]} == {"aerial"}
        assert (
            shapely.hausdorff_distance(
                row.geometry, cables.geometry[row.beside_id].intersection(row.geometry.buffer(40))
            )
            < 60
        )
    aerial_km = cables.loc[cables["laying"].eq("aerial").to_numpy(dtype=bool)].geometry.length.sum() / 1000
    assert 0 < found["pole_km"].sum() < aerial_km
    assert found["pole_km"].sum() <= found["length_m"].sum() / 1000 + 1e-9


def ground(project: Project, wall_m: float = 0.0) -> Grid:
    heights = np.zeros((200, 200), dtype=np.float32)
    heights[:, 110] = wall_m
    return Grid(heights, Affine(0.0003, 0, 75.0, 0, -0.0003, 39.03), project.project.working_crs)


def test_a_camera_sees_all_of_a_plain_and_nothing_behind_a_wall(project: Project) -> None:
    lon, lat = np.array([75.03]), np.array([39.0])
    rays = Rays(lon, lat, np.array([20.0]), lon, lat, np.array([500.0]))
    assert view_over(DEGREES, ground(project), 1.5)(rays).tolist() == [1.0]
    share = view_over(DEGREES, ground(project, 200.0), 1.5)(rays)[0]
    ahead_m = (110.5 - 100.0) * 0.0003 * 86_600
    angle = np.arccos(ahead_m / 500.0)
    hidden = (angle - ahead_m / 500.0 * np.sin(angle)) / np.pi
    assert share == pytest.approx(1 - hidden, abs=0.02)
    off = Rays(lon + 9, lat, np.array([20.0]), lon + 9, lat, np.array([500.0]))
    assert np.isnan(view_over(DEGREES, ground(project), 1.5)(off)[0])
    beyond = Rays(np.array([75.036]), lat, np.array([20.0]), np.array([75.028]), lat, np.array([300.0]))
    assert view_over(DEGREES, ground(project, 200.0), 1.5)(beyond)[0] == 0.0
    seen = [
        sight_over(DEGREES, ground(project, height_m), 1.5, k_factor=4 / 3, margin_m=5.0)(beyond).state[0]
        for height_m in (0.0, 200.0)
    ]
    assert seen == [CLEAR, BLOCKED]


def test_from_a_folder_to_the_lists(tmp_path: Path) -> None:
    settings = PROJECT.replace('height_agl_m = "塔高"', 'height_agl_m = "塔高"\nplatforms_free = "空闲平台"') + DEMANDS
    towers = (
        "站址编码,站址名称,塔高,空闲平台,制式,经度,纬度\nT1,甲站,35,1,4G,75.20,39.60\nT2,乙站,30,1,4G/5G,75.25,39.62\n"
    )
    folder = make_project(tmp_path / "project", project=settings, towers=towers)
    (folder / "demands.csv").write_text(ROWS, encoding="utf-8")
    outcome = run_project(load_project(folder), tmp_path / "out", steps=("share", "report"))
    assert [(one.rule, one.feature, one.row) for one in outcome.findings if one.rule == "OM-BIZ-228"] == [
        ("OM-BIZ-228", "D3", 4)
    ]
    results = tmp_path / "out" / "results.gpkg"
    assert {"demand_outcomes", "demand_matches", "demand_rejections"} <= set(pyogrio.list_layers(results)[:, 0])
    met = pyogrio.read_dataframe(results, layer="demand_matches")
    assert met[["demand_id", "candidate_id", "direction"]].values.tolist() == [["D1", "T1", "ours to them"]]
    book = load_workbook(tmp_path / "out" / "report" / "lists.xlsx")
    sheet = book["共建共享需求清单"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)][:3]
    assert [row[0] for row in rows] == ["D1", "D2", "D3"]
    assert rows[0][1:3] == ["公安局", "视频监控"]
    assert rows[0][7:9] == ["T1", "中国移动"]
    assert rows[0][12] == "甲"
    assert "高 30 米，需求 40 米" in rows[1][11]
    assert "共享需求匹配清单" in book.sheetnames
    assert "未采用资源及原因" in book.sheetnames


def test_no_rows_of_demands_give_lists_without_rows(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project", project=PROJECT + DEMANDS)
    (folder / "demands.csv").write_text(ROWS.splitlines()[0] + "\n", encoding="utf-8")
    outcome = run_project(load_project(folder), tmp_path / "out", steps=("share",))
    assert outcome.errors == 0
    results = tmp_path / "out" / "results.gpkg"
    for name in pyogrio.list_layers(results)[:, 0]:
        assert not name.startswith("demand_") or pyogrio.read_info(results, layer=name)["features"] == 0
