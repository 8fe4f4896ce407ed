"""Layers that go by way of disk: rows, findings and manifest are those of layers in memory."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from onemap.config import load_project
from onemap.delivery.writers import gpkg
from onemap.layers.conform import LayerMapping
from onemap.layers.whole_layer import FrameLayer, RemainingLayer
from onemap.sources import open_reader
from onemap.workflows import large_sources, streamed_layers
from onemap.workflows.large_sources import conform_batches
from onemap.workflows.layer_spool import LayerSpool
from onemap.workflows.run import run_project
from onemap.workflows.streamed_layers import LayerPart, join_parts, spool_batches

COUNTY = shapely.box(74.7, 39.2, 75.8, 40.1)
FIELDS = {
    "tower_id": "编码",
    "name": "名称",
    "owner": "产权",
    "height_agl_m": "塔高",
    "platforms_total": "平台",
    "district_code": "区划",
    "town": "乡镇",
}
MAPPING = LayerMapping(
    "towers", crs="EPSG:4490", fields=FIELDS, lon="经度", lat="纬度", repair=["leading_zeros", "above_sea_heights"]
)
FEWER = LayerMapping(
    "towers", crs="EPSG:4490", fields={"tower_id": "编码", "operator_site_code": "名称"}, lon="经度", lat="纬度"
)
PROJECT = """
[project]
name = "很多站址"
code = "659900"
date = 2026-01-01

[coverage]
model = "radius"

[[source]]
path = "towers.{ending}"
layer = "towers"
repair = ["leading_zeros"]
{places}
[source.fields]
tower_id = "编码"
name = "名称"
owner = "产权"
height_agl_m = "塔高"

[[source]]
path = "more.csv"
layer = "towers"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"

[source.fields]
tower_id = "编码"
platforms_total = "平台"
"""


def offices_table(count: int, seed: int) -> pd.DataFrame:
    """Make rows as offices send them: repeated codes and places, lost zeros, unread heights, places elsewhere."""
    rng = np.random.default_rng(seed)
    numbers = rng.integers(0, count, count)
    codes = pd.Series([f"{number:04d}" for number in numbers]).astype(object)
    codes[rng.random(count) < 0.03] = "57"
    lon, lat = 75.0 + numbers // 2 % 17 / 100, 39.4 + numbers // 2 % 13 / 100 + (rng.random(count) < 0.2) * 1e-4
    lon[rng.random(count) < 0.03] = 100.0
    table = pd.DataFrame(
        {
            "编码": codes,
            "名称": [f"{'城关太平新华东风'[number // 2 % 8]}山站" for number in numbers],
            "产权": rng.choice(["中国铁塔", "中国移动", ""], count),
            "塔高": rng.choice(["30", "35米", "高", ""], count),
            "平台": rng.choice(["1", "2", ""], count),
            "区划": rng.choice(["659900001", "659900002", ""], count),
            "乡镇": rng.choice(["桃亭镇", "梨湾镇", ""], count, p=[0.8, 0.1, 0.1]),
            "经度": [f"{one:.5f}" for one in lon],
            "纬度": [f"{one:.5f}" for one in lat],
        }
    )
    return table.mask(table == "", None)


def told(findings) -> Counter[str]:
    """Count findings by all that they say."""
    return Counter(json.dumps(one.as_dict(), ensure_ascii=False, sort_keys=True) for one in findings)


def stored(path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Give rows, geometries as they are among them, and columns of the towers."""
    with sqlite3.connect(path) as base:
        columns = base.execute("SELECT name, type FROM pragma_table_info('towers')").fetchall()
        return base.execute("SELECT * FROM towers ORDER BY fid").fetchall(), columns


@pytest.fixture(scope="module")
def reader():
    with open_reader() as one:
        yield one


@pytest.mark.parametrize(("size", "seed"), [(7, 1), (1000, 2)])
def test_a_layer_on_disk_is_the_layer_in_memory(tmp_path, reader, size, seed):
    offices_table(150, seed).to_csv(tmp_path / "a.csv", index=False)
    offices_table(50, seed + 10).to_csv(tmp_path / "b.csv", index=False)
    held, aside = [], []
    for number, (file, mapping) in enumerate([("a.csv", MAPPING), ("b.csv", FEWER), ("b.csv", MAPPING)]):
        reading = {"working_crs": "EPSG:4490", "area": COUNTY, "file": file, "reader": reader, "batch_rows": size}
        large = conform_batches(tmp_path / file, mapping, **reading)
        held.append(LayerPart.of(large.conformed))
        last, part, rows = spool_batches(tmp_path / file, mapping, tmp_path / f"{number}.arrow", **reading)
        aside.append(part)
        assert (last.rows.tolist(), rows) == (large.last.rows.tolist(), large.rows)
        assert part.operation == large.conformed.operation
        assert [one.as_dict() for one in part.findings] == [one.as_dict() for one in large.conformed.findings]
    for parts in (aside, [aside[0], held[1], held[2]], [held[0], aside[1], held[2]]):
        assert_same_layer(tmp_path, held, parts)


def assert_same_layer(folder, held, parts):
    whole, found = join_parts("towers", held)
    layer, also = join_parts("towers", parts)
    assert isinstance(layer, RemainingLayer)
    assert [one.as_dict() for one in also] == [one.as_dict() for one in found]
    rules = {one.rule for one in found}
    assert rules >= {"OM-ATT-005", "OM-ATT-006", "OM-ATT-024", "OM-ATT-028", "OM-ATT-002", "OM-GEO-003"}
    assert [one.values["done"] for one in found if one.rule == "OM-ATT-024" and one.action == "repaired"]
    given = pd.concat(list(layer.pieces()), ignore_index=True)
    pd.testing.assert_frame_equal(pd.DataFrame(given), pd.DataFrame(whole.frame))
    assert given.crs == whole.crs
    for name, one in {"held": whole.frame, "aside": layer}.items():
        (folder / f"{name}.gpkg").unlink(missing_ok=True)
        gpkg.write_layers({"towers": one}, folder / f"{name}.gpkg", date=pd.Timestamp("2026-01-01").date())
    assert (folder / "aside.gpkg").read_bytes() == (folder / "held.gpkg").read_bytes()


def write_project(folder, ending: str) -> None:
    """Write a project of one source in a format, and another beside it."""
    table = offices_table(300, 5)
    placed = gpd.GeoDataFrame(
        table.drop(columns=["经度", "纬度"]),
        geometry=gpd.points_from_xy(table["经度"].astype(float), table["纬度"].astype(float)),
        crs="EPSG:4490",
    )
    places = ""
    if ending == "csv":
        table.to_csv(folder / "towers.csv", index=False)
        places = 'crs = "EPSG:4490"\nlon = "经度"\nlat = "纬度"\n'
    else:
        placed.to_file(folder / f"towers.{ending}", encoding="utf-8")
    offices_table(50, 6).to_csv(folder / "more.csv", index=False)
    (folder / "onemap.toml").write_text(PROJECT.format(ending=ending, places=places), encoding="utf-8")


@pytest.mark.parametrize("ending", ["gpkg", "csv", "shp"])
def test_a_run_by_way_of_disk_writes_what_a_run_in_memory_writes(tmp_path, monkeypatch, ending):
    write_project(tmp_path, ending)
    project = load_project(tmp_path / "onemap.toml")
    held = run_project(project, tmp_path / "held", steps=("layers",))
    monkeypatch.setattr(large_sources, "LARGE_BYTES", 5_000)
    assert streamed_layers.layers_to_stream(project) == {"towers"}
    aside = run_project(project, tmp_path / "aside", steps=("layers",))
    assert told(aside.findings) == told(held.findings)
    assert stored(tmp_path / "aside" / "layers.gpkg") == stored(tmp_path / "held" / "layers.gpkg")
    assert len(stored(tmp_path / "aside" / "layers.gpkg")[0]) > 100
    manifests = [json.loads((tmp_path / name / "manifest.json").read_text("utf-8")) for name in ("held", "aside")]
    assert manifests[0] == manifests[1]
    assert sorted(item.name for item in (tmp_path / "aside").iterdir()) == ["layers.gpkg", "manifest.json", "run.log"]


def test_a_layer_of_which_no_row_stays_is_written_empty(tmp_path, reader):
    (tmp_path / "a.csv").write_text("编码,经度,纬度\n,75.1,39.5\n,75.2,39.5\n", encoding="utf-8")
    mapping = LayerMapping("towers", crs="EPSG:4490", fields={"tower_id": "编码"}, lon="经度", lat="纬度")
    _, part, rows = spool_batches(
        tmp_path / "a.csv",
        mapping,
        tmp_path / "a.arrow",
        working_crs="EPSG:4490",
        file="a.csv",
        reader=reader,
        batch_rows=1,
    )
    layer, found = join_parts("towers", [part])
    assert (rows, len(layer), [one.action for one in found].count("rejected")) == (2, 0, 2)
    written = gpkg.write_layers({"towers": layer}, tmp_path / "a.gpkg", date=pd.Timestamp("2026-01-01").date())
    assert (written[0].rows, stored(tmp_path / "a.gpkg")[0]) == (0, [])


def test_columns_of_all_kinds_come_back_from_disk_as_they_were(tmp_path):
    sites = gpd.GeoDataFrame(
        {
            "name": pd.array(["甲", None, "乙"], dtype="string"),
            "platforms_total": pd.array([1, None, 3], dtype="Int64"),
            "height_agl_m": [30.0, np.nan, 35.5],
            "has_room": pd.array([True, None, False], dtype="boolean"),
        },
        geometry=shapely.points([[75.1, 39.5], [75.2, 39.6], [75.3, 39.7]]),
        crs="EPSG:4490",
    )
    with LayerSpool(tmp_path / "a.arrow") as aside:
        for part in (sites, sites.iloc[:0], sites.iloc[1:].reset_index(drop=True)):
            aside.add(part)
    layer, whole = aside.layer(), FrameLayer(pd.concat([sites, sites.iloc[1:]], ignore_index=True))
    pd.testing.assert_frame_equal(pd.concat(list(layer.pieces()), ignore_index=True), whole.frame)
    for name in layer.columns:
        pd.testing.assert_series_equal(layer[name], whole[name], check_names=False)
    assert np.array_equal(layer.shapes(np.array([4, 0])), whole.shapes(np.array([4, 0])))
