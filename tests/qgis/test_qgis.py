"""The delivery of the pilot opens in QGIS and in Debian's ogrinfo: other programs, another GDAL."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from onemap.config import load_project
from onemap.delivery.profile import load_profile
from onemap.workflows.run import run_project

PYTHON = "/usr/bin/python3"
STEM = "659900示范县通信基础设施专项规划矢量数据"
CODES = ("SZGYSSD", "SZGYSSX", "SZGYSSM", "ZDJCSSD", "ZDJCSSX", "JQZDXMD")
EMPTY = {"SZGYSSM", "JQZDXMD"}
pytestmark = [pytest.mark.qgis, pytest.mark.slow]


@cache
def qgis_missing() -> str:
    if not Path(PYTHON).is_file():
        return f"no {PYTHON}"
    command = [PYTHON, "-c", "import qgis.core"]
    done = subprocess.run(command, capture_output=True, check=False, env={"QT_QPA_PLATFORM": "offscreen"})
    return "" if done.returncode == 0 else "QGIS is not installed (Debian: python3-qgis)"


@pytest.fixture(scope="module")
def delivery(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("qgis")
    shutil.copytree(root / "data" / "pilot", folder / "pilot")
    project = folder / "pilot" / "onemap.toml"
    text = project.read_text(encoding="utf-8")
    settings = (
        'formats = ["gdb", "gpkg", "shp", "geojson", "dxf"]\nfeature_dataset = "TXJCSS"\ndrawing_crs = "EPSG:4534"\n'
        'allow_losses = ["crs", "columns"]\n'
    )
    project.write_text(re.sub(r"^formats = .*$", settings, text, flags=re.MULTILINE), encoding="utf-8")
    outcome = run_project(load_project(folder / "pilot"), folder / "out", steps=("deliver",))
    assert outcome.delivery_errors == 0
    return folder / "out" / "delivery"


@pytest.fixture(scope="module")
def seen(delivery: Path) -> dict[str, dict]:
    """What QGIS sees, by format and layer."""
    if reason := qgis_missing():
        pytest.skip(reason)
    uris = {}
    for code in CODES:
        uris[f"gdb {code}"] = f"{delivery / STEM}.gdb|layername={code}"
        uris[f"gpkg {code}"] = f"{delivery / STEM}.gpkg|layername={code}"
        uris[f"shp {code}"] = str(delivery / "shapefile" / f"{code}.shp")
        uris[f"geojson {code}"] = str(delivery / "geojson" / f"{code}.geojson")
    for kind in ("Point", "LineString"):
        uris[f"dxf {kind}"] = f"{delivery / STEM}.dxf|layername=entities|geometrytype={kind}"
    script = Path(__file__).with_name("open_layers.py")
    done = subprocess.run(
        [PYTHON, str(script)], input=json.dumps(list(uris.values())), capture_output=True, text=True, timeout=300,
        check=False, env={"QT_QPA_PLATFORM": "offscreen", "HOME": str(delivery.parent), "LANG": "C.UTF-8"},
    )  # fmt: skip
    answer = next((line for line in done.stdout.splitlines() if line.startswith("QGIS-SEES ")), None)
    assert answer is not None, done.stderr[-2000:]
    found = json.loads(answer.removeprefix("QGIS-SEES "))
    return {name: found[uri] for name, uri in uris.items()}


@pytest.fixture(scope="module")
def trace(delivery: Path) -> pd.DataFrame:
    return pd.read_csv(delivery / "trace.csv", dtype=str)


@pytest.mark.parametrize("form", ["gdb", "gpkg", "shp", "geojson"])
def test_qgis_sees_the_same_rows_crs_and_text(form: str, seen: dict[str, dict], trace: pd.DataFrame) -> None:
    for code in CODES:
        layer = seen[f"{form} {code}"]
        expected = sorted(trace.loc[trace["layer"].eq(code), "identifier"])
        if form == "geojson" and code in EMPTY:  # a file without a feature, which the losses say
            continue
        assert layer["valid"], (form, code)
        assert layer["count"] == len(expected), (form, code)
        assert layer["crs"] == "EPSG:4490", (form, code)
        at = layer["names"].index("BSM")
        assert sorted(row[at] for row in layer["rows"]) == expected
        names = {one: layer["names"].index(one) for one in ("BSM", "MC", "XZQMC")}
        texts = {row[at]: (row[names["MC"]], row[names["XZQMC"]]) for row in layer["rows"]}
        mine = seen[f"gdb {code}"]
        places = {one: mine["names"].index(one) for one in names}
        assert texts == {row[places["BSM"]]: (row[places["MC"]], row[places["XZQMC"]]) for row in mine["rows"]}
        assert all(re.search("[乡镇]", town) for _, town in texts.values())


@pytest.mark.parametrize("form", ["gdb", "gpkg"])
def test_qgis_shows_the_aliases_of_the_profile(form: str, seen: dict[str, dict]) -> None:
    profile = load_profile("telecom-special-plan")
    for layer in profile.layers:
        shown = seen[f"{form} {layer.code}"]["aliases"]
        assert {one.name: shown[one.name] for one in profile.fields_of(layer)} == {
            one.name: one.alias for one in profile.fields_of(layer)
        }


def test_qgis_takes_the_style_of_a_geopackage(seen: dict[str, dict]) -> None:
    assert seen["gpkg SZGYSSD"]["color"] == "#d55e00"
    assert seen["gpkg SZGYSSX"]["color"] == "#0072b2"


def test_qgis_sees_points_lines_and_text_of_the_drawing(seen: dict[str, dict], trace: pd.DataFrame) -> None:
    points, lines = seen["dxf Point"], seen["dxf LineString"]
    layer, text = (points["names"].index(name) for name in ("Layer", "Text"))
    rows = trace.groupby("layer").size()
    drawn = pd.Series([row[layer] for row in points["rows"]]).value_counts()
    assert drawn["SZGYSSD"] == rows["SZGYSSD"]
    assert drawn["ZDJCSSD"] == rows["ZDJCSSD"]
    along = pd.Series([row[lines["names"].index("Layer")] for row in lines["rows"]]).value_counts()
    assert along["SZGYSSX"] == rows["SZGYSSX"]
    assert along["ZDJCSSX"] == rows["ZDJCSSX"]
    mine = seen["gdb SZGYSSD"]
    names = sorted(row[mine["names"].index("MC")] for row in mine["rows"])
    assert sorted(row[text] for row in points["rows"] if row[layer] == "SZGYSSD_注记") == names


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="ogrinfo is not installed (Debian: gdal-bin)")
def test_ogrinfo_shows_widths_aliases_and_not_null(delivery: Path) -> None:
    profile = load_profile("telecom-special-plan")
    for layer in profile.layers:
        command = ["ogrinfo", "-so", f"{delivery / STEM}.gdb", layer.code]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for field in profile.fields_of(layer):
            not_null = " NOT NULL" if field.required else ""
            width = f"String ({field.length}.0)" if field.type == "text" else "Real (0.0)"
            assert f'{field.name}: {width}{not_null}, alternative name="{field.alias}"' in told
        table = ["ogrinfo", "-so", str(delivery / "shapefile" / f"{layer.code}.shp"), layer.code]
        told = subprocess.run(table, capture_output=True, text=True, check=True).stdout
        for field in profile.fields_of(layer):
            kind = f"Real ({field.length}.{field.decimals})" if field.type == "number" else "String ("
            assert f"{field.name}: {kind}" in told
            if field.type == "text":
                width = int(re.search(rf"^{field.name}: String \((\d+)", told, re.MULTILINE)[1])
                assert width == min(field.length, 254)
