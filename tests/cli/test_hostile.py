"""Hostile luck: settings, files and places that go wrong end with one clear line, and no row is lost unsaid."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from onemap.cli.app import run
from onemap.cli.kernels import keep_kernels
from onemap.workflows import staging
from tests.factories import PROJECT, SCHOOLS, TOWERS, make_project

WRONG_SETTINGS = {
    "infinite range": '[coverage]\nrange_m = {"4G" = inf, "5G" = 3000}\n',
    "infinite earth": "[coverage]\nk_factor = inf\n",
    "tiny earth": "[coverage]\nk_factor = 1e-9\n",
    "infinite step": "[coverage]\nroad_step_m = inf\n",
    "infinite match": "[sharing]\nmatch_distance_m = inf\n",
    "range as text": '[coverage]\nrange_m = {"4G" = "8 km", "5G" = 3000}\n',
    "negative range": '[coverage]\nrange_m = {"4G" = -1, "5G" = 3000}\n',
    "no technology": "[coverage]\ntechnologies = []\n",
    "technology twice": '[coverage]\ntechnologies = ["4G", "4G"]\n',
    "nameless operator": '[coverage]\noperators = [""]\n',
    "operator twice": '[coverage]\noperators = ["中国移动", "中国移动"]\n',
    "unknown format": '[delivery]\nformats = ["dgn"]\n',
}


@pytest.mark.parametrize("case", WRONG_SETTINGS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_wrong_setting_is_named_in_one_line(
    case: str, lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_project(tmp_path / "project", project=PROJECT + WRONG_SETTINGS[case])
    assert run(["gaps", str(folder), "--lang", lang]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    for words in ("inside onemap", "内部出错", "Tuple should", "String should"):
        assert words not in said
    if lang == "zh":
        assert " should " not in said


@pytest.mark.parametrize("date", ["0001-01-01", "9999-01-01", "2026-01-01T12:00:00Z", '"2026"'])
def test_date_that_no_archive_can_hold_is_a_wrong_setting(
    date: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_project(tmp_path / "project", project=PROJECT.replace("2026-01-01", date))
    assert run(["gaps", str(folder), "--lang", "en"]) == 2
    assert "project.date must be" in capsys.readouterr().err


def void_elevation(folder: Path) -> None:
    make_project(folder)
    with rasterio.open(folder / "dem.tif", "r+") as file:
        file.write(np.full((1, 600, 600), -32768, dtype="int16"))


def elevation_of_another_datum(folder: Path) -> None:
    make_project(folder)
    with rasterio.open(folder / "dem.tif", "r+") as file:
        file.crs = "EPSG:4214"


def all_swapped(folder: Path) -> None:
    make_project(folder, schools=SCHOOLS.replace("经度,纬度", "纬度,经度"))


def unknown_system(folder: Path) -> None:
    make_project(folder, project=PROJECT.replace("EPSG:4490", "Foo80"))


def open_quotation_mark(folder: Path) -> None:
    make_project(folder, schools=SCHOOLS + 'S3,"丙小学,75.3,39.7\nS4,丁小学,75.3,39.71\n')


def web_address(folder: Path) -> None:
    make_project(folder, project=PROJECT.replace("schools.csv", "http://127.0.0.1/schools.csv"))


def nothing_left(folder: Path) -> None:
    make_project(
        folder, towers=TOWERS.replace("T1", "").replace("T2", ""), schools=SCHOOLS.replace("S1", "").replace("S2", "")
    )


def cut_geodatabase(folder: Path) -> None:
    make_project(folder, project=PROJECT + '[[source]]\nlayer = "places"\npath = "x.gdb"\n')
    points = shapely.points(np.linspace(75.2, 75.3, 300), 39.7)
    places = gpd.GeoDataFrame({"place_id": [f"P{at}" for at in range(300)]}, geometry=points, crs=4490)
    places.to_file(folder / "x.gdb", driver="OpenFileGDB", layer="places")
    table = sorted((folder / "x.gdb").glob("*.gdbtable"))[-1]
    table.write_bytes(table.read_bytes()[: table.stat().st_size // 2])


BAD: dict[str, tuple[Callable[[Path], None], int, str]] = {
    "elevation all void": (void_elevation, 2, "dem.tif"),
    "elevation of another datum": (elevation_of_another_datum, 2, "dem.tif"),
    "all coordinates swapped": (all_swapped, 2, "schools.csv"),
    "unknown coordinate system": (unknown_system, 2, "towers.csv"),
    "quotation mark never closed": (open_quotation_mark, 3, "line 4"),
    "web address": (web_address, 4, "http://127.0.0.1/schools.csv"),
    "no row left": (nothing_left, 2, "towers.csv:2 OM-ATT-001"),
    "geodatabase cut": (cut_geodatabase, 3, "x.gdb"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_names_its_file_and_writes_nothing(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, code, named = BAD[case]
    make(tmp_path / "project")
    assert run(["run", str(tmp_path / "project"), "--lang", "en", "--only", "report"]) == code
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert named in said
    assert not list((tmp_path / "project").glob("out*"))


def test_quotation_marks_that_are_closed_lose_nothing(tmp_path: Path) -> None:
    folder = make_project(
        tmp_path / "project", schools=SCHOOLS + 'S3,"丙\n""小""学",75.3,39.7\nS4,丁 "x" 小学,75.31,39.7'
    )
    assert run(["gaps", str(folder), "--json"]) == 0
    layers = gpd.read_file(folder / "out-gaps" / "layers.gpkg", layer="schools")
    assert list(layers["name"][2:]) == ['丙 "小"学', '丁 "x" 小学']


def test_raster_is_inspected_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path / "project")
    assert run(["inspect", str(folder / "dem.tif"), "--lang", "en", "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert (described["driver"], described["crs_declared"], described["rows"]) == ("GTiff", "EPSG:4490", None)


@pytest.mark.parametrize("name", ["found.json", "found.xlsx"])
def test_report_of_a_check_that_cannot_be_written_is_said(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_project(tmp_path / "project")
    report = tmp_path / "nowhere" / name
    assert run(["check", str(folder / "towers.csv"), "--profile", "generic", "--report", str(report)]) == 3
    said = capsys.readouterr().err
    assert str(report.parent) in said
    assert "must exist to write into" in said
    assert "onemap (" not in said


def test_full_disk_is_said_and_the_old_output_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_project(tmp_path / "project")
    assert run(["gaps", str(folder), "--json"]) == 0
    before = (folder / "out-gaps" / "manifest.json").read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("onemap.workflows.run.write_manifest", fail)
    capsys.readouterr()
    assert run(["gaps", str(folder), "--lang", "en"]) == 3
    assert "must have room" in capsys.readouterr().err
    assert (folder / "out-gaps" / "manifest.json").read_bytes() == before
    assert not list(folder.glob("*.staging-*"))


def test_user_without_name_and_home_can_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError

    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(getpass, "getuser", nameless)
    monkeypatch.setattr(Path, "home", homeless)
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    keep_kernels()
    monkeypatch.setenv("NUMBA_CACHE_DIR", os.environ["NUMBA_CACHE_DIR"])
    folder = make_project(tmp_path / "project")
    assert run(["gaps", str(folder), "--json"]) == 0
    assert json.loads((folder / "out-gaps" / "manifest.json").read_text(encoding="utf-8"))
    assert staging.MANIFEST in {item.name for item in (folder / "out-gaps").iterdir()}


def test_init_passes_over_outputs_and_tables_too_short_for_a_title(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_project(tmp_path / "project")
    assert run(["gaps", str(folder), "--json"]) == 0
    (folder / "onemap.toml").unlink()
    (folder / "one.csv").write_text("x\n1\n", encoding="utf-8")
    (folder / "out-gaps.staging-1").mkdir()
    (folder / "out-gaps.staging-1" / "towers.csv").write_text(TOWERS, encoding="utf-8")
    capsys.readouterr()
    assert run(["init", str(folder), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert sorted(one["path"] for one in answer["sources"]) == ["one.csv", "schools.csv", "towers.csv"]
    assert answer["problems"] == []


def test_project_file_that_cannot_be_written_whole_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_project(tmp_path / "project")
    (folder / "onemap.toml").unlink()

    def fail(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", fail)
    assert run(["init", str(folder), "--lang", "en"]) == 3
    assert "onemap.toml must be writable" in capsys.readouterr().err
    assert sorted(item.name for item in folder.iterdir()) == ["dem.tif", "schools.csv", "towers.csv"]


def test_interrupt_is_said_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_project(tmp_path / "project")

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("onemap.workflows.run.read_layers", interrupt)
    assert run(["gaps", str(folder), "--lang", "en"]) == 130
    assert capsys.readouterr().err == "error: interrupted; no output was changed\n"
    assert not list(folder.glob("out*"))


def test_geojson_without_features_is_an_empty_layer(tmp_path: Path) -> None:
    source = '[[source]]\nlayer = "places"\npath = "x.geojson"\n[source.fields]\nplace_id = "编号"\n'
    folder = make_project(tmp_path / "project", project=PROJECT + source)
    (folder / "x.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    assert run(["gaps", str(folder), "--json"]) == 0
    manifest = json.loads((folder / "out-gaps" / "manifest.json").read_text(encoding="utf-8"))
    assert [one["file"] for one in manifest["findings"]["all"]] == ["x.geojson"]


def test_hostile_file_is_refused_by_a_check_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "towers.geojson").write_text('<OGRVRTDataSource><OGRVRTLayer name="x"/></OGRVRTDataSource>')
    for path in (tmp_path / "towers.geojson", tmp_path):
        assert run(["check", str(path), "--lang", "en"]) == 4
        assert capsys.readouterr().err.count("\n") == 1
