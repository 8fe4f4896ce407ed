"""Files that are looked at together: the one that a web map shifted is named, in whatever format and system they come."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from onemap.layers.webmap_offsets import wgs84_to_bd09, wgs84_to_gcj02
from onemap.workflows.inspecting import inspect_files

RULES = {"OM-CRS-041", "OM-CRS-042"}


@pytest.fixture
def places():
    rng = np.random.default_rng(12)
    return rng.uniform(75.1, 75.6, 40), rng.uniform(39.4, 39.9, 40)


def as_table(path, lon, lat):
    rows = "".join(f"T{row},站{row},{e:.7f},{n:.7f}\n" for row, (e, n) in enumerate(zip(lon, lat, strict=True)))
    path.write_text("站址编码,站址名称,经度,纬度\n" + rows, encoding="utf-8")
    return path


def as_package(path, lon, lat, crs="EPSG:4534"):
    layer = gpd.GeoDataFrame(
        {"站址编码": [f"S{row}" for row in range(len(lon))]}, geometry=gpd.points_from_xy(lon, lat)
    )
    layer.set_crs("EPSG:4490").to_crs(crs).to_file(path, layer="sites")
    return path


def hints(*files):
    return [(entry.path.rsplit("/")[-1], one.rule, one.values["system"])
            for entry in inspect_files(files) for one in entry.findings if one.rule in RULES]  # fmt: skip


@pytest.mark.parametrize(("system", "forward"), [("GCJ-02", wgs84_to_gcj02), ("BD-09", wgs84_to_bd09)])
def test_table_of_a_web_map_is_named_beside_a_layer_in_metres(system, forward, places, tmp_path):
    shifted = as_table(tmp_path / "a.csv", *forward(*places))
    plain = as_package(tmp_path / "b.gpkg", *places)
    assert hints(shifted, plain) == hints(plain, shifted) == [("a.csv", "OM-CRS-041", system)]


def test_files_that_agree_are_not_questioned(places, tmp_path):
    files = as_table(tmp_path / "a.csv", *places), as_package(tmp_path / "b.gpkg", *places)
    assert hints(*files) == []
    both = [np.array(wgs84_to_gcj02(*places))] * 2
    assert hints(*(as_table(tmp_path / f"{name}.csv", *one) for name, one in zip("cd", both, strict=True))) == []


def test_one_file_alone_says_nothing(places, tmp_path):
    assert hints(as_table(tmp_path / "a.csv", *wgs84_to_gcj02(*places))) == []
