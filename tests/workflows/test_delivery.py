"""The delivery of the pilot, opened again by other programs, and checked."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from onemap.cli.app import run
from onemap.config import load_project
from onemap.delivery.profile import load_profile
from onemap.workflows.checking import check_path
from onemap.workflows.run import run_project

GDB = "659900示范县通信基础设施专项规划矢量数据.gdb"


@pytest.fixture(scope="module")
def delivery(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pilot") / "out"
    outcome = run_project(load_project(root / "data" / "pilot"), out, steps=("deliver",))
    assert outcome.delivery_errors == 0
    return out / "delivery"


def places_of(delivery: Path, code: str) -> dict[str, Path]:
    return {
        "gdb": delivery / GDB,
        "gpkg": (delivery / GDB).with_suffix(".gpkg"),
        "shp": delivery / "shapefile" / f"{code}.shp",
    }


@pytest.mark.parametrize("code", ["SZGYSSD", "SZGYSSX", "ZDJCSSD", "ZDJCSSX"])
def test_all_formats_hold_the_same_rows_and_text(delivery: Path, code: str) -> None:
    trace = pd.read_csv(delivery / "trace.csv", dtype=str)
    expected = sorted(trace.loc[trace["layer"].eq(code), "identifier"])
    assert expected
    frames = [
        gpd.read_file(path, layer=code).sort_values("BSM").reset_index(drop=True)
        for path in places_of(delivery, code).values()
    ]
    for frame in frames:
        assert frame["BSM"].tolist() == expected
        assert frame.crs.to_epsg() == 4490
        assert frame["MC"].tolist() == frames[0]["MC"].tolist()
        vertices = shapely.get_coordinates(frame.geometry)  # a geodatabase knows multi-part lines only
        assert np.allclose(vertices, shapely.get_coordinates(frames[0].geometry), rtol=0, atol=2e-9)
    assert frames[0]["XZQMC"].str.contains("[乡镇]").all()


def test_widths_are_those_of_the_profile_as_another_gdal_reads_them(delivery: Path) -> None:
    profile = load_profile("telecom-special-plan")
    for layer in profile.layers:
        expected = {field.name: field.length for field in profile.fields_of(layer) if field.type == "text"}
        for name, path in places_of(delivery, layer.code).items():
            with fiona.open(path, layer=layer.code) as file:
                stored = file.schema["properties"]
            for field, length in expected.items():
                width = int(stored[field].partition(":")[2])
                assert width == (min(length, 254) if name == "shp" else length), (name, layer.code, field)


def test_aliases_and_not_null_stand_in_the_stored_schema(delivery: Path) -> None:
    for name in ("gdb", "gpkg"):
        _, table = pyogrio.raw.read_arrow(places_of(delivery, "SZGYSSD")[name], layer="SZGYSSD")
        aliases = {
            field.name: (field.metadata or {}).get(b"GDAL:OGR:alternative_name", b"").decode() for field in table.schema
        }
        assert aliases["BSM"] == "标识码"
        assert aliases["YSDM"] == "要素代码"
        assert not table.schema.field("BSM").nullable
        assert table.schema.field("BZ").nullable


@pytest.mark.parametrize("name", ["gdb", "gpkg", "shp"])
def test_written_delivery_has_no_error_in_any_format(delivery: Path, root: Path, name: str) -> None:
    path = places_of(delivery, "SZGYSSD")[name]
    checked = check_path(path.parent if name == "shp" else path, districts=root / "data" / "pilot" / "planning.gdb")
    assert checked.errors == 0
    assert {finding.rule for finding in checked.findings} <= {"OM-ATT-104", "OM-ATT-108", "OM-FLD-103"}
    assert sum(rows for _, rows in checked.layers) > 300


def told(finding: dict[str, Any]) -> tuple[Any, ...]:
    """Give what the report of a check and its answer must say alike."""
    return tuple(finding[key] for key in ("rule", "layer", "row", "message_zh", "message_en"))


def test_spoilt_delivery_ends_with_one(delivery: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoilt = tmp_path / "spoilt.gpkg"
    shutil.copy(places_of(delivery, "SZGYSSD")["gpkg"], spoilt)
    layer = gpd.read_file(spoilt, layer="SZGYSSD")
    layer.loc[1, "BSM"] = layer.loc[0, "BSM"]
    layer.loc[2, "LX"] = "ZZ"
    layer.to_file(tmp_path / "spoilt.gpkg", layer="SZGYSSD", driver="GPKG")
    assert run(["check", str(spoilt), "--json", "--report", str(tmp_path / "findings.json")]) == 1
    answer = json.loads(capsys.readouterr().out)
    rules = {finding["rule"] for finding in answer["findings"]}
    assert {"OM-ATT-103", "OM-ATT-105"} <= rules
    report = json.loads((tmp_path / "findings.json").read_text(encoding="utf-8"))
    assert Counter(map(told, report["findings"])) == Counter(map(told, answer["findings"]))


@pytest.mark.slow
def test_two_runs_of_the_pilot_in_two_folders_give_the_same_bytes(root: Path, tmp_path: Path) -> None:
    manifests = []
    for name in ("one", "two"):
        shutil.copytree(root / "data" / "pilot", tmp_path / name / "pilot")
        run_project(load_project(tmp_path / name / "pilot"), tmp_path / name / "out")
        manifests.append(json.loads((tmp_path / name / "out" / "manifest.json").read_text(encoding="utf-8")))
    assert manifests[0] == manifests[1]
    assert {"map/index.html", "report/index.html", "report/lists.xlsx", "map/onemap.kmz"} <= set(
        manifests[0]["outputs"]
    )
