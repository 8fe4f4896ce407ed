"""Andorra: real roads, settlements, masts and power towers over real terrain with voids, the whole way."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from onemap.analyses.sharing.demands import match_demands
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


@pytest.mark.slow
def test_every_gap_is_served_from_what_stands_or_told_why_not(out: Path) -> None:
    gaps = gpd.read_file(out / "results.gpkg", layer="gap_points")
    gaps = gaps[gaps["operator"].eq("any")]
    matched = gpd.read_file(out / "results.gpkg", layer="sharing_matches")
    unmatched = gpd.read_file(out / "results.gpkg", layer="sharing_unmatched")
    assert len(gaps) > 0
    assert set(matched["place_id"]) | set(unmatched["place_id"]) == set(gaps["target_id"])
    assert unmatched["reason_en"].str.contains("towers and structures within 8000 m").any()


@pytest.mark.slow
def test_gaps_of_masts_as_demands_are_met_by_as_many_pylons_as_can_be(out: Path) -> None:
    gaps = gpd.read_file(out / "results.gpkg", layer="gap_points")
    gaps = gaps[gaps["operator"].eq("masts") & gaps["target_layer"].eq("settlements")]
    pylons = gpd.read_file(out / "layers.gpkg", layer="structures")
    demands = gpd.GeoDataFrame(
        {"demand_id": gaps["target_id"].array, "requester": "masts", "kind": "站址", "wanted_height_m": 20.0},
        geometry=gaps.geometry.array,
        crs=gaps.crs,
    )
    met = match_demands(demands, {"structures": pylons})
    assert met.matches["candidate_id"].is_unique
    assert met.matches["distance_m"].max() <= 3_000
    east, north = (demands.to_crs("EPSG:32631").geometry, pylons.to_crs("EPSG:32631").geometry)
    near = np.array([north.distance(place).to_numpy() <= 3_000 for place in east])
    most = maximum_bipartite_matching(csr_array(near), perm_type="column")
    assert len(met.matches) == (most >= 0).sum() > 0


@pytest.mark.slow
def test_routes_of_power_lines_are_counted_once(out: Path) -> None:
    lines = gpd.read_file(out / "layers.gpkg", layer="cables")
    lengths = gpd.read_file(out / "results.gpkg", layer="route_lengths").set_index("operator").loc["any"]
    drawn_km = lines.to_crs("EPSG:32631").length.sum() / 1000.0
    assert lengths["drawn_km"] == pytest.approx(drawn_km, rel=2e-3)  # the scale of the plane is within 0.4 per mille
    assert 0.5 * drawn_km < lengths["route_km"] <= lengths["drawn_km"] + 1e-6
    sections = gpd.read_file(out / "results.gpkg", layer="route_sections")
    assert sections["length_km"].sum() == pytest.approx(lengths["route_km"])


@pytest.mark.slow
def test_ground_of_facilities_on_land_use_adds_up(out: Path) -> None:
    found = gpd.read_file(out / "results.gpkg", layer="conflicts")
    towers = found[found["facility_layer"].eq("towers") & found["zone_kind"].eq("land use")]
    assert len(towers) > 0
    assert (towers["verdict"] == "report only").all()
    sums = towers.groupby("facility_id")[["area_m2", "part_share"]].sum()
    assert (sums["area_m2"] <= 100.0 + 0.01).all()
    assert (sums["part_share"] <= 1.0 + 1e-6).all()
