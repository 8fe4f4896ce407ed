"""A drive test of a project: errors of its model, the map of residuals, and measured gaps."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
from rasterio.transform import from_origin

from onemap.config import load_project
from onemap.errors import ProjectError
from onemap.workflows.coverage_gaps import find_gaps
from onemap.workflows.reading import read_layers
from onemap.workflows.run import run_project
from tests.factories import write_plain

PROJECT = """
[project]
name = "示范县"
date = 2026-01-01
simulated = true
{tables}
[elevation]
path = "dem.tif"
[coverage]
model = "{model}"
compare = {compare}
technologies = ["4G"]
operators = ["中国移动"]
[[source]]
layer = "cells"
path = "cells.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
cell_id = "小区"
operator = "运营商"
technology = "制式"
frequency_mhz = "频率"
eirp_re_dbm = "EIRP"
beamwidth_deg = "波束"
v_beamwidth_deg = "垂直波束"
height_agl_m = "挂高"
[[source]]
layer = "schools"
path = "schools.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
school_id = "学校代码"
[[source]]
layer = "measurements"
path = "drive.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
cell_id = "小区"
rsrp_dbm = "RSRP"
technology = "制式"
operator = "运营商"
"""
CELLS = "小区,运营商,制式,频率,EIRP,波束,垂直波束,挂高,经度,纬度\nC1,中国移动,4G,1850,34,360,180,40,75.2,39.6\n"
SCHOOLS = "学校代码,经度,纬度\nS1,75.21,39.6\nS2,75.25,39.6\n"
OFFSET_DB = -7.5


def hata_dbm(lon: float, lat: float) -> float:
    """Give the level of the cell by Hata's suburban formula."""
    from pyproj import Geod

    km = Geod(ellps="GRS80").inv(75.2, 39.6, lon, lat)[2] / 1_000
    phone = (1.1 * math.log10(1850) - 0.7) * 1.5 - (1.56 * math.log10(1850) - 0.8)
    loss = 46.3 + 33.9 * math.log10(1850) - 13.82 * math.log10(40) - phone
    return 34 - (loss + (44.9 - 6.55 * math.log10(40)) * math.log10(km))


def make(folder: Path, *, model: str = "p1812", compare: str = "[]", tables: str = "", rows: str = "") -> Path:
    """Write a project on a plain; each drive sample is off the model by the same."""
    folder.mkdir(parents=True, exist_ok=True)
    write_plain(folder / "dem.tif")
    (folder / "cells.csv").write_text(CELLS, encoding="utf-8")
    (folder / "schools.csv").write_text(SCHOOLS, encoding="utf-8")
    (folder / "drive.csv").write_text("小区,RSRP,制式,运营商,经度,纬度\n" + rows, encoding="utf-8")
    text = PROJECT.format(model=model, compare=compare, tables=tables)
    (folder / "onemap.toml").write_text(text, encoding="utf-8")
    return folder


def drive(level: float = -90.0, count: int = 60, *, cell: str = "C1", lon: float = 75.22, step: float = 0.002) -> str:
    """Give rows of a drive test to the east."""
    return "".join(f"{cell},{level},4G,中国移动,{lon + step * one:.6f},39.6\n" for one in range(count))


def results(folder: Path) -> dict[str, gpd.GeoDataFrame]:
    return {
        name: gpd.read_file(folder / "results.gpkg", layer=name)
        for name, _ in pyogrio.list_layers(folder / "results.gpkg")
    }


def test_a_run_writes_residuals_and_errors_of_each_model(tmp_path: Path) -> None:
    first = make(tmp_path / "first", rows=drive())
    run_project(load_project(first), tmp_path / "one", steps=("gaps",))
    predicted = results(tmp_path / "one")["measurement_residuals"]
    assert len(predicted) == 60
    rows = "".join(
        f"C1,{one.predicted_dbm + OFFSET_DB:.6f},4G,中国移动,{one.geometry.x:.6f},{one.geometry.y:.6f}\n"
        for one in predicted.itertuples()
    )
    second = make(
        tmp_path / "second", rows=rows + drive(20.0, 3) + drive(-90, 5, cell="C9"), compare='["delta-bullington"]'
    )
    run_project(load_project(second), tmp_path / "two", steps=("gaps",))
    found = results(tmp_path / "two")
    assert len(found["measurement_residuals"]) == 60
    np.testing.assert_allclose(found["measurement_residuals"]["residual_db"], OFFSET_DB, atol=1e-4)
    np.testing.assert_allclose(found["measurement_residuals"]["left_out_residual_db"], 0, atol=1e-4)
    assert set(found["measurement_residuals"]["residual_class"]) == {"weaker"}
    errors = found["model_errors"].set_index(["model", "dimension"])
    whole = errors.loc[[("p1812", "all")]].iloc[0]
    assert (whole["places"], whole["samples"]) == (60, 60)
    assert whole["mean_db"] == pytest.approx(OFFSET_DB, abs=1e-4)
    assert errors.loc[[("p1812", "calibration")]].iloc[0]["offset_db"] == pytest.approx(OFFSET_DB, abs=1e-4)
    assert "delta-bullington" in errors.index.get_level_values("model")


def test_the_error_against_a_formula_is_that_of_the_formula(tmp_path: Path) -> None:
    lon = [75.23 + 0.005 * one for one in range(30)]
    rows = "".join(f"C1,{hata_dbm(one, 39.6) + 4:.6f},4G,中国移动,{one:.6f},39.6\n" for one in lon)
    folder = make(tmp_path / "in", model="hata", rows=rows)
    text = (
        (folder / "onemap.toml")
        .read_text(encoding="utf-8")
        .replace('model = "hata"', 'model = "hata"\nenvironment = "urban"')
    )
    (folder / "onemap.toml").write_text(text, encoding="utf-8")
    run_project(load_project(folder), tmp_path / "out", steps=("gaps",))
    residual = results(tmp_path / "out")["measurement_residuals"]["residual_db"]
    assert residual.std() == pytest.approx(0, abs=2e-3)
    assert residual.mean() - 4 == pytest.approx(0, abs=3.01)  # a large city is 3 dB worse than a small one


@pytest.mark.parametrize(("override", "verdict"), [("true", "uncovered"), ("false", "covered")])
def test_measured_gaps_count_when_the_project_says_so(tmp_path: Path, override: str, verdict: str) -> None:
    rows = drive(-121.0, 12, lon=75.2099, step=0.00001)
    folder = make(tmp_path, tables=f"[measurements]\noverride = {override}\n", rows=rows)
    project = load_project(folder)
    verdicts = find_gaps(project, read_layers(project))["verdicts"]
    mine = verdicts[verdicts["operator"] == "中国移动"].set_index("target_id")
    assert mine.loc["S1", "verdict"] == verdict
    assert mine.loc["S2", "model"] == "p1812"
    whole = verdicts[verdicts["operator"] == "any"].set_index("target_id")
    assert whole.loc["S1", "verdict"] == verdict


@pytest.mark.parametrize("model", ["radius", "line of sight"])
def test_models_without_a_level_are_not_held_against_levels(tmp_path: Path, model: str) -> None:
    run_project(load_project(make(tmp_path / "in", model=model, rows=drive())), tmp_path / "out", steps=("gaps",))
    assert "model_errors" not in results(tmp_path / "out")


def test_forest_weakens_what_is_behind_it(tmp_path: Path) -> None:
    found = []
    for name, tables in (("open", ""), ("forest", '[rasters.land_cover]\npath = "cover.tif"\n')):
        folder = make(tmp_path / name, tables=tables, rows=drive())
        codes = np.full((600, 600), 30, dtype="uint8")
        codes[:, 205:212] = 10  # 75.205 to 75.212: between the mast and the road
        place = from_origin(75.0, 40.0, 0.001, 0.001)
        with rasterio.open(
            folder / "cover.tif", "w", driver="GTiff", width=600, height=600, count=1, dtype="uint8", crs="EPSG:4490",
            transform=place,
        ) as file:  # fmt: skip
            file.write(codes, 1)
        run_project(load_project(folder), tmp_path / f"{name}-out", steps=("gaps", "map", "report"))
        found.append(results(tmp_path / f"{name}-out")["measurement_residuals"]["predicted_dbm"].to_numpy())
        page = (tmp_path / f"{name}-out" / "map" / "index.html").read_text(encoding="utf-8")
        assert "measurement_residuals:" in page
    assert (found[1] <= found[0] + 1e-9).all()
    assert (found[1] < found[0] - 1).any()


def test_wrong_keys_are_named(tmp_path: Path) -> None:
    for key, words in (("residual_edges_db = [5, -5, 1, 2]", "numbers that rise"), ("min_count = 0", "min_count")):
        with pytest.raises(ProjectError, match=words):
            load_project(make(tmp_path, tables=f"[measurements]\n{key}\n"))
