"""What --fix mends: safe things only, in a copy, listed before and after; once more it changes nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from onemap.cli.app import run
from onemap.delivery.fixes import FIXES, MendableLayer, mend_layer
from onemap.delivery.profile import load_profile
from onemap.errors import ProjectError, WriteError
from onemap.findings import Finding
from onemap.workflows.checking import Checked, check_path
from onemap.workflows.fixing import fix_checked, fixed_folder
from tests.workflows.faulty_deliveries import head, layer

PROFILE = "telecom-special-plan"
DATE = dt.date(2026, 3, 1)
BOX = shapely.box(75.2, 39.5, 75.201, 39.501)
DOUBLED = shapely.from_wkt("POLYGON ((75.3 39.5, 75.301 39.5, 75.301 39.5, 75.301 39.501, 75.3 39.501, 75.3 39.5))")


def area_m2(shape: shapely.Polygon) -> float:
    """Area on the ellipsoid of CGCS2000, by PROJ's own command of it."""
    return abs(Geod(a=6378137.0, rf=298.257222101).geometry_area_perimeter(shape)[0])


def mendable() -> dict[str, gpd.GeoDataFrame]:
    """Areas: one clean, one with all that can be mended, one whose area is a unit apart; and a layer without a fault."""
    columns = head(3, 3, "0000000103")
    columns["MC"] = ["机房一", " 机房二 ", "机房三\u200b"]
    columns["YSDM"] = ["0000000103", "００００００0103", "0000000103"]
    columns["MJ"] = np.array([area_m2(BOX), area_m2(DOUBLED) * 1.04, area_m2(BOX) / 10_000]).round(2)
    third = shapely.box(75.25, 39.5, 75.251, 39.501)
    areas = layer(columns, [BOX, DOUBLED, third])
    return {"SZGYSSM": areas, "SZGYSSD": layer(head(1, 1, "0000000101"), [shapely.Point(75.4, 39.6)])}


def write(path: Path) -> Path:
    if path.suffix in {".gpkg", ".gdb"}:
        for name, frame in mendable().items():
            driver = "GPKG" if path.suffix == ".gpkg" else "OpenFileGDB"
            frame.to_file(path, layer=name, driver=driver)
        return path
    path.mkdir()
    for name, frame in mendable().items():
        frame.to_file(path / f"{name}.shp", encoding="UTF-8")
    return path


def fingerprint(path: Path) -> str:
    files = [path] if path.is_file() else sorted(item for item in path.rglob("*") if item.is_file())
    return hashlib.sha256(b"".join(item.read_bytes() for item in files)).hexdigest()


def read(path: Path, name: str) -> gpd.GeoDataFrame:
    return (
        gpd.read_file(path / f"{name}.shp")
        if path.is_dir() and path.suffix != ".gdb"
        else gpd.read_file(path, layer=name)
    )


SLOW = pytest.mark.slow


@pytest.mark.parametrize("name", ["a.gpkg", pytest.param("a.gdb", marks=SLOW), pytest.param("a", marks=SLOW)])
def test_faults_are_mended_in_a_copy_and_nothing_else_changes(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name)
    before = fingerprint(path)
    checked = check_path(path)
    fixed = fix_checked(checked, profile=PROFILE, date=DATE)
    assert fingerprint(path) == before
    assert fixed.folder == tmp_path / "a.fixed"
    copy = fixed.folder if name == "a" else fixed.folder / name
    again = check_path(copy)
    asked = {cell.rule for cell in fixed.cells}
    blanks = set() if name == "a" else {"OM-ENC-104"}  # a Shapefile keeps none at the ends
    assert asked == {"OM-ENC-102", "OM-ENC-103", "OM-GEO-110", "OM-ATT-112"} | blanks
    left = {(one.rule, one.layer, one.row) for one in again.findings}
    assert left <= {(one.rule, one.layer, one.row) for one in checked.findings}  # nothing new
    mended = {(one.rule, one.layer, one.row) for one in fixed.cells}
    assert not left & mended  # passes the rule that asked
    assert ("OM-ATT-112", "SZGYSSM", 3) in left  # a unit apart is left to a person
    for layer_name in ("SZGYSSM", "SZGYSSD"):
        old, new = read(path, layer_name), read(copy, layer_name)
        changed = {(cell.row - 1, cell.field) for cell in fixed.cells if cell.layer == layer_name}
        assert list(old.columns) == list(new.columns)
        assert new.crs == old.crs
        for row in range(len(old)):
            for column in old.columns.drop("geometry"):
                same = old[column].iloc[row] == new[column].iloc[row] or (
                    pd.isna(old[column].iloc[row]) and pd.isna(new[column].iloc[row])
                )
                assert same == ((row, column) not in changed), (row, column)
            same_shape = shapely.equals_identical(
                shapely.normalize(old.geometry.iloc[row]), shapely.normalize(new.geometry.iloc[row])
            )
            assert same_shape == ((row, "") not in changed)


def test_widths_of_fields_stay(tmp_path: Path) -> None:
    schema = {"geometry": "Point", "properties": {"BSM": "str:18", "MC": "str:100", "N": "float:15.2"}}
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "SZGYSSD.shp"
    with fiona.open(path, "w", driver="ESRI Shapefile", schema=schema, crs="EPSG:4490", encoding="GBK") as file:
        record = {"BSM": "659900000100000001", "MC": "甲\u3000乙\u3000", "N": 12.5}
        file.write({"geometry": {"type": "Point", "coordinates": (75.4, 39.6)}, "properties": record})
    fixed = fix_checked(check_path(path.parent), profile=PROFILE, date=DATE)
    assert [(cell.before, cell.after) for cell in fixed.cells] == [("甲\u3000乙\u3000", "甲\u3000乙")]
    with fiona.open(fixed.folder / "SZGYSSD.shp") as file:
        assert dict(file.schema["properties"]) == schema["properties"]
        assert dict(next(iter(file))["properties"])["N"] == 12.5


@pytest.mark.slow
def test_a_second_time_nothing_is_mended(tmp_path: Path) -> None:
    first = fix_checked(check_path(write(tmp_path / "a.gpkg")), profile=PROFILE, date=DATE)
    second = fix_checked(check_path(first.folder / "a.gpkg"), profile=PROFILE, date=DATE)
    assert second.cells == ()
    assert second.folder is None
    assert not fixed_folder(first.folder / "a.gpkg").exists()


def test_before_and_after_are_listed_beside_the_copy(tmp_path: Path) -> None:
    fixed = fix_checked(check_path(write(tmp_path / "a.gpkg")), profile=PROFILE, date=DATE)
    content = json.loads((fixed.folder / "manifest.json").read_text(encoding="utf-8"))
    cells = {(one["rule"], one["row"], one["field"]): (one["before"], one["after"]) for one in content["mended"]}
    assert cells["OM-ENC-104", 2, "MC"] == (" 机房二 ", "机房二")
    assert cells["OM-ENC-103", 2, "YSDM"] == ("００００００0103", "0000000103")
    assert cells["OM-ATT-112", 2, "MJ"] == (f"{area_m2(DOUBLED) * 1.04:.2f}", f"{area_m2(DOUBLED):.2f}")
    assert content["mended_copy_of"] == "a.gpkg"
    assert str(tmp_path) not in json.dumps(content)
    assert all(one["feature"].startswith("659900") for one in content["mended"])


@pytest.mark.slow
def test_the_same_input_gives_the_same_copy(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        fix_checked(check_path(write(tmp_path / name / "a.gdb")), profile=PROFILE, date=DATE)
    assert fingerprint(tmp_path / "one" / "a.fixed") == fingerprint(tmp_path / "two" / "a.fixed")


@pytest.mark.slow
def test_an_old_copy_survives_an_error(tmp_path: Path, monkeypatch) -> None:
    checked = check_path(write(tmp_path / "a.gpkg"))
    fixed = fix_checked(checked, profile=PROFILE, date=DATE)
    before = fingerprint(fixed.folder)

    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("onemap.workflows.fixing._manifest", fail)
    with pytest.raises(WriteError, match=r"a\.fixed"):
        fix_checked(checked, profile=PROFILE, date=DATE)
    assert fingerprint(fixed.folder) == before


def test_geojson_is_mended_as_the_others(tmp_path: Path) -> None:
    path = tmp_path / "SZGYSSD.geojson"
    frame = layer({**head(1, 1, "0000000101"), "MC": [" 甲站"]}, [shapely.Point(75.4, 39.6)]).to_crs("EPSG:4326")
    frame.to_file(path, driver="GeoJSON")
    fixed = fix_checked(check_path(path), profile=PROFILE, date=DATE)
    assert [(cell.field, cell.after) for cell in fixed.cells] == [("MC", "甲站")]
    new = gpd.read_file(tmp_path / "SZGYSSD.fixed" / path.name)
    assert new.drop(columns="MC").equals(gpd.read_file(path).drop(columns="MC"))


def test_a_format_that_is_not_written_again_is_named(tmp_path: Path) -> None:
    path = tmp_path / "SZGYSSD.csv"
    path.write_text("BSM,MC\n659900000100000001, 甲站 \n", encoding="utf-8")
    blank = Finding("OM-ENC-104", "SZGYSSD", row=1, values={"field": "MC"})
    checked = Checked(path, PROFILE, (blank,), (), (("SZGYSSD", 1),))
    with pytest.raises(ProjectError, match=r"must be one of \.gdb \.gpkg \.shp \.geojson, got SZGYSSD\.csv"):
        fix_checked(checked, profile=PROFILE, date=DATE)


@pytest.mark.slow
def test_commands_show_before_and_after(tmp_path: Path, capsys) -> None:
    path = write(tmp_path / "a.gpkg")
    report = tmp_path / "r.json"
    words = ["check", str(path), "--fix", "--report", str(report), "--date", "2026-03-01", "--lang", "en"]
    assert run(words) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "cells mended in a copy" in out
    assert len(json.loads(report.read_text(encoding="utf-8"))["mended"]) == 5
    assert run([*words, "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["fixed"]["mended"]) == 5
    assert run(["check", str(tmp_path / "a.fixed" / "a.gpkg"), "--fix", "--lang", "zh"]) == 1
    assert "没有可安全自动修复的问题" in capsys.readouterr().out


def mended(
    columns: dict[str, list[object]], rule: str, shapes=None, name: str = "SZGYSSM"
) -> tuple[MendableLayer, list]:
    frame = pd.DataFrame({key: pd.array(value, dtype="string") for key, value in columns.items()})
    geometry = None if shapes is None else np.array(shapes, dtype=object)
    return mend_layer(MendableLayer(name, frame, geometry, "EPSG:4490", load_profile(PROFILE)), {rule})


def test_what_cannot_be_known_stays() -> None:
    twice = {"BSM": ["659900000300000001", "65990000030000000１"]}
    assert mended(twice, "OM-ENC-103")[1] == []  # would be one identifier for two features
    assert mended({"YSDM": ["1000 600100"]}, "OM-ENC-103")[1] == []  # a blank within a code may stand for a digit
    assert mended({"MC": ["一 二", "  ", None]}, "OM-ENC-104")[1] == []
    assert mended({"MC": ["ئۇ\u200cيغۇر", "\ue000"]}, "OM-ENC-102")[1] == []  # joiners that a script needs
    high = [shapely.Point(75, 39, 1200)]
    assert mended({"BSM": ["1"]}, "OM-GEO-117", high)[1] == []
    near = [shapely.LineString([(75, 39), (75.000000001, 39), (75.1, 39)])]
    assert mended({"BSM": ["1"]}, "OM-GEO-110", near)[1] == []
    assert mended({"MC": [" a "]}, "OM-TOP-101")[1] == []


def test_arguments_are_not_changed() -> None:
    frame = pd.DataFrame({"MC": pd.array([" a "], dtype="string")})
    shapes = np.array([DOUBLED], dtype=object)
    given = MendableLayer("SZGYSSM", frame, shapes, "EPSG:4490", load_profile(PROFILE))
    fresh, changes = mend_layer(given, set(FIXES))
    assert len(changes) == 2
    assert (frame["MC"].iloc[0], shapes[0]) == (" a ", DOUBLED)
    assert fresh.frame["MC"].iloc[0] == "a"


def test_only_the_order_of_fields_changes(tmp_path: Path) -> None:
    frame = mendable()["SZGYSSD"][["MC", "BSM", "LX", "YSDM", "XZQMC", "XZQDM", "BZ", "geometry"]]
    frame.to_file(tmp_path / "a.gpkg", layer="SZGYSSD", driver="GPKG")
    fixed = fix_checked(check_path(tmp_path / "a.gpkg"), profile=PROFILE, date=DATE)
    assert [cell.rule for cell in fixed.cells] == ["OM-FLD-105"]
    new = gpd.read_file(fixed.folder / "a.gpkg", layer="SZGYSSD")
    assert list(new.columns) == ["BSM", "YSDM", "XZQDM", "XZQMC", "MC", "LX", "BZ", "geometry"]
    assert new[list(frame.columns)].equals(gpd.read_file(tmp_path / "a.gpkg", layer="SZGYSSD"))
