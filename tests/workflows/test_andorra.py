"""Andorra: real roads, settlements, masts and power towers over real terrain with voids, the whole way."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest

from onemap.cli.app import run


@pytest.fixture(scope="module")
def out(root: Path, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert (shared / "data" / "andorra").is_dir()
    folder = tmp_path_factory.mktemp("andorra") / "out"
    assert run(["run", str(root / "tests" / "projects" / "andorra"), "--out", str(folder), "--json"]) == 0
    return folder


@pytest.mark.slow
def test_report_states_what_masts_and_power_towers_would_see(out: Path) -> None:
    places = gpd.read_file(out / "results.gpkg", layer="verdicts")
    roads = gpd.read_file(out / "results.gpkg", layer="road_summary")
    settlements = places[places["target_layer"].eq("settlements")]
    report = (out / "report" / "index.html").read_text(encoding="utf-8")
    for operator in ("masts", "power towers"):
        seen = settlements[settlements["operator"].eq(operator)]
        assert len(seen) == 67
        assert seen["verdict"].isin(["covered", "depends", "uncovered"]).all()
        km = roads.loc[roads["operator"].eq(operator), "covered_m"].sum() / 1000.0
        assert 0 < km < roads.loc[roads["operator"].eq("any"), "length_m"].sum() / 1000.0
        assert operator in report
    either = settlements[settlements["operator"].eq("any")]["verdict"].eq("covered").sum()
    each = max(
        settlements[settlements["operator"].eq(one)]["verdict"].eq("covered").sum() for one in ("masts", "power towers")
    )
    assert either >= each > 0


@pytest.mark.slow
def test_whole_way_leaves_all_outputs_in_the_systems_of_the_project(out: Path) -> None:
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert {"map/index.html", "report/index.html", "report/lists.xlsx", "layers.gpkg"} <= set(manifest["outputs"])
    assert any(name.startswith("delivery/") for name in manifest["outputs"])
    assert manifest["settings"]["project"]["working_crs"] == "EPSG:4326"
    assert gpd.read_file(out / "layers.gpkg", layer="roads").crs.to_epsg() == 4326
