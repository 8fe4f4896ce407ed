"""Facilities of a project against its zones: the pilot against an overlay in the plane, steps, rules of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from onemap.analyses.conflicts import find_conflicts
from onemap.config import load_project
from onemap.errors import LayerError, ProjectError
from onemap.views.conflict_list import conflict_list
from onemap.workflows.conflicts import conflicts_of_project
from onemap.workflows.reading import Inputs, read_layers
from onemap.workflows.run import run_project
from tests.factories import PROJECT, make_project

ZONES = """
[[source]]
layer = "zones"
path = "zones.geojson"
[source.fields]
zone_id = "id"
kind = "kind"

[[source]]
layer = "planned_sites"
path = "sites.geojson"
[source.fields]
site_id = "id"
"""
GAUSS_KRUGER = (
    "EPSG:4534"  # CGCS2000, 75° E: the pilot lies within 0.7° of it, where areas are at most 0.008 % too large
)
LINES = ("cables", "ducts", "works")


@pytest.fixture(scope="module")
def pilot_inputs(root: Path) -> Inputs:
    return read_layers(load_project(root / "data" / "pilot"))


def with_zones(folder: Path, *, more: str = "") -> Path:
    """Write a project with a field, a red line and two planned sites, one of them in the field."""
    make_project(folder, project=PROJECT.replace("[elevation]", f"{more}\n[elevation]") + ZONES)
    field, line = shapely.box(75.19, 39.59, 75.22, 39.61), shapely.box(75.3, 39.6, 75.4, 39.7)
    zones = {"id": ["F1", "R1"], "kind": ["permanent basic farmland", "ecological red line"]}
    gpd.GeoDataFrame(zones, geometry=[field, line], crs=4490).to_file(folder / "zones.geojson")
    sites = gpd.GeoDataFrame({"id": ["P1", "P2"]}, geometry=gpd.points_from_xy([75.191, 75.25], [39.6, 39.6]), crs=4490)
    sites.to_file(folder / "sites.geojson")
    return folder


def dense(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Bring a layer into the plane with its edges still straight in degrees."""
    return layer.set_geometry(layer.geometry.segmentize(0.0005)).to_crs(GAUSS_KRUGER)


def plane_sizes(inputs: Inputs) -> dict[tuple[str, str], float]:
    """Overlay the pilot's facilities and zones in the plane, pair by pair; what overlaps counts for the first zone."""
    zones = dense(inputs.layers["zones"])
    zones = zones[zones["kind"] != "urban development boundary"].sort_values("zone_id")
    shapes = shapely.make_valid(np.asarray(zones.geometry, dtype=object))
    found: dict[tuple[str, str], float] = {}
    keys = {"towers": "tower_id", "rooms": "room_id", "cables": "cable_id", "ducts": "duct_id", "works": "work_id"}
    for name, key in {**keys, "planned_sites": "site_id"}.items():
        layer = inputs.layers[name]
        if "status" in layer:
            layer = layer[layer["status"].fillna("") != "retired"]
        for facility_id, place, area_m2 in zip(
            layer[key],
            dense(layer).geometry,
            layer.get("site_area_m2", pd.Series(np.nan, layer.index)),
            strict=True,
        ):
            half_m = np.sqrt(area_m2 if area_m2 > 0 else {"rooms": 60.0}.get(name, 100.0)) / 2
            shape = (
                place
                if name in LINES
                else shapely.box(place.x - half_m, place.y - half_m, place.x + half_m, place.y + half_m)
            )
            before = dict.fromkeys(zones["kind"], shapely.Polygon())
            for zone_id, kind, zone in zip(zones["zone_id"], zones["kind"], shapes, strict=True):
                part = shape.intersection(zone).difference(before[kind])
                if part.is_empty:
                    continue
                before[kind] = before[kind].union(zone)
                if (part.length if name in LINES else part.area) > 0.01:
                    found[facility_id, zone_id] = part.length if name in LINES else part.area
    return found


@pytest.mark.slow
def test_the_pilot_agrees_with_an_overlay_in_the_plane_and_nothing_else_is_found(pilot_inputs: Inputs) -> None:
    layers = pilot_inputs.layers
    conflicts = find_conflicts(layers, layers["zones"], districts=layers["districts"])
    found = conflicts.found
    # the zone that was spoilt to cross itself lies upon another
    told = [(finding.rule, finding.row, finding.feature[-6:]) for finding in conflicts.findings]
    assert told == [("OM-GEO-261", 13, "YN0013"), ("OM-TOP-261", 13, "YN0013")]
    zones = layers["zones"].set_index("zone_id").to_crs(GAUSS_KRUGER).geometry
    both = shapely.make_valid(zones["6599008801YN0013"]).intersection(zones["6599008801YN0001"])
    assert float(str(conflicts.findings[1].values["area_m2"])) == pytest.approx(both.area, rel=2e-4)
    avoided = found[found["verdict"].isin(["forbidden", "needs recognition"])]
    sizes = {(row.facility_id, row.zone_ids): row.area_m2 + row.length_m for row in avoided.itertuples()}
    expected = plane_sizes(pilot_inputs)
    assert set(sizes) == set(expected)
    for key, size in expected.items():
        assert sizes[key] == pytest.approx(size, rel=1e-3), key
    assert avoided["verdict"].eq("forbidden").equals(avoided["zone_kind"].eq("permanent basic farmland"))


@pytest.mark.slow
def test_the_planned_site_of_the_pilot_in_farmland_gets_a_place_and_no_other_does(pilot_inputs: Inputs) -> None:
    layers = pilot_inputs.layers
    conflicts = find_conflicts(layers, layers["zones"], districts=layers["districts"])
    planned = conflicts.found[(conflicts.found["stage"] == "planned") & (conflicts.found["verdict"] == "forbidden")]
    assert planned["facility_id"].tolist() == conflicts.places["facility_id"].tolist() == ["GH0001"]
    field = layers["zones"].set_index("zone_id").to_crs(GAUSS_KRUGER).geometry[planned["zone_ids"].iloc[0]]
    ends = [shapely.Point(at) for at in conflicts.places.to_crs(GAUSS_KRUGER).geometry[0].coords]
    assert field.contains(ends[0])
    assert ends[1].distance(field) == pytest.approx(10.0 + np.sqrt(100.0 / 2), abs=0.1)
    assert ends[0].distance(field.boundary) + ends[1].distance(field) == pytest.approx(
        ends[0].distance(ends[1]), abs=8.0
    )


@pytest.mark.slow
def test_each_facility_of_the_pilot_is_inside_the_urban_boundary_outside_or_both(pilot_inputs: Inputs) -> None:
    layers = pilot_inputs.layers
    found = find_conflicts(layers, layers["zones"]).found
    town = found[found["zone_kind"] == "urban development boundary"]
    total = town.groupby(["facility_layer", "facility_id"])["part_share"].sum()
    standing = sum(
        int((layers[name].get("status", pd.Series("", layers[name].index)).fillna("") != "retired").sum())
        for name in ("towers", "rooms", "cables", "ducts", "works", "planned_sites")
    )
    assert len(total) == standing
    assert total.to_numpy() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.slow
def test_planted_cases_are_found_and_nothing_else(pilot_inputs: Inputs) -> None:
    """What the pilot does not have: planned sites on a border, in a core, on land of each class, zones that overlap."""
    zones = pilot_inputs.layers["zones"]
    town = zones[zones["kind"] == "urban development boundary"].geometry.iloc[0].centroid
    lon, lat = town.x, town.y
    planted = gpd.GeoDataFrame(
        {
            "zone_id": ["CORE", "LU1", "LU2", "TWICE"],
            "kind": ["nature reserve core", "land use", "land use", "nature reserve core"],
            "kind_code": [None, "0101", "130600", None],
        },
        geometry=[
            shapely.box(lon, lat, lon + 0.01, lat + 0.01), shapely.box(lon - 0.01, lat, lon, lat + 0.01),
            shapely.box(lon, lat, lon + 0.01, lat + 0.01), shapely.box(lon + 0.005, lat, lon + 0.015, lat + 0.01),
        ],
        crs=zones.crs,
    )  # fmt: skip
    sites = gpd.GeoDataFrame(
        {"site_id": ["BORDER", "AWAY"]},
        geometry=gpd.points_from_xy([lon, lon - 0.005], [lat + 0.005] * 2),
        crs=zones.crs,
    )
    conflicts = find_conflicts({"planned_sites": sites}, pd.concat([zones, planted], ignore_index=True))
    rows = conflicts.found[conflicts.found["zone_kind"] != "urban development boundary"]
    told = {(row.facility_id, row.zone_ids, row.verdict): round(row.area_m2, 3) for row in rows.itertuples()}
    assert told == {
        ("BORDER", "CORE", "forbidden"): 50.0, ("BORDER", "LU1", "report only"): 50.0, ("BORDER", "LU2", "allowed"): 50.0,
        ("AWAY", "LU1", "report only"): 100.0,
    }  # fmt: skip
    assert [finding.rule for finding in conflicts.findings if finding.feature in {"CORE", "TWICE"}] == ["OM-TOP-261"]


@pytest.mark.slow
def test_share_writes_conflicts_where_there_are_zones_and_counts_them(tmp_path: Path) -> None:
    folder = with_zones(tmp_path / "in", more='[coverage]\nmodel = "radius"\n')
    outcome = run_project(load_project(folder), tmp_path / "out", steps=("share", "conflicts", "report", "map"))
    found = gpd.read_file(tmp_path / "out" / "results.gpkg", layer="conflicts")
    assert found[["facility_id", "zone_ids", "verdict"]].to_numpy().tolist() == [
        ["P1", "F1", "forbidden"],
        ["T1", "F1", "forbidden"],
    ]
    assert dict(outcome.figures)["figure_conflicts"] == {"forbidden": 2, "recognition": 0, "total": 4}
    sheet = openpyxl.load_workbook(tmp_path / "out" / "report" / "lists.xlsx")["衔接核对表"]
    head = [cell.value for cell in sheet[3]]
    first = dict(zip(head, [cell.value for cell in sheet[5]], strict=True))
    assert (first["设施编码"], first["核对结论"], first["管控区或地类"]) == ("P1", "禁止", "F1")
    assert first["规则依据"].startswith("《中华人民共和国土地管理法》")
    assert "75.1898" in first["最近可选位置"]
    assert (first["占用面积 (m²)"], first["占比"]) == (pytest.approx(100.0), pytest.approx(1.0))
    page = (tmp_path / "out" / "report" / "index.html").read_text(encoding="utf-8")
    assert "衔接核对表" in page
    assert "占地面积取以点位为中心的正方形" in page
    assert "可选位置" in (tmp_path / "out" / "map" / "index.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_step_alone_needs_zones_and_others_do_without(tmp_path: Path) -> None:
    folder = make_project(
        tmp_path / "in", project=PROJECT.replace("[elevation]", '[coverage]\nmodel = "radius"\n[elevation]')
    )
    with pytest.raises(LayerError, match="conflicts need the layer zones"):
        run_project(load_project(folder), tmp_path / "out", steps=("conflicts",))
    run_project(load_project(folder), tmp_path / "out", steps=("share", "conflicts"))
    assert "conflicts" not in gpd.list_layers(tmp_path / "out" / "results.gpkg")["name"].tolist()


@pytest.mark.slow
def test_rules_of_the_project_count_and_stand_in_the_manifest(tmp_path: Path) -> None:
    folder = with_zones(tmp_path / "in", more='[conflicts]\nrules = "own.toml"\nclearance_m = 25\n')
    own = '[[rule]]\nid = "mine"\nzone_kind = "permanent basic farmland"\nverdict = "needs recognition"\nadvice_zh = "问"\nadvice_en = "ask"\n'
    (folder / "own.toml").write_text(own, encoding="utf-8")
    run_project(load_project(folder), tmp_path / "out", steps=("conflicts",))
    found = gpd.read_file(tmp_path / "out" / "results.gpkg", layer="conflicts")
    assert set(found["rule_id"]) == {"mine"}
    assert set(found["verdict"]) == {"needs recognition"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert "own.toml" in manifest["inputs"]
    (folder / "own.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ProjectError, match="UTF-8"):
        run_project(load_project(folder), tmp_path / "out", steps=("conflicts",))
    (folder / "own.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(ProjectError, match="more than 1 MB"):
        run_project(load_project(folder), tmp_path / "out", steps=("conflicts",))
    (folder / "own.toml").unlink()
    with pytest.raises(ProjectError, match="no such file"):
        run_project(load_project(folder), tmp_path / "out", steps=("conflicts",))


def test_overlaps_reach_the_findings_of_the_run_with_file_and_row(tmp_path: Path) -> None:
    folder = with_zones(tmp_path / "in")
    zones = gpd.read_file(folder / "zones.geojson")
    twice = pd.concat([zones, zones.iloc[:1].assign(id="F2")], ignore_index=True)
    twice.to_file(folder / "zones.geojson")
    outcome = run_project(load_project(folder), tmp_path / "out", steps=("conflicts",))
    found = [finding for finding in outcome.findings if finding.rule == "OM-TOP-261"]
    assert [(finding.file, finding.row, finding.feature) for finding in found] == [("zones.geojson", 3, "F2")]


def test_the_list_speaks_both_languages_and_is_left_out_without_zones(tmp_path: Path) -> None:
    project = load_project(with_zones(tmp_path / "in"))
    results, _ = conflicts_of_project(project, read_layers(project))
    english = conflict_list(results, lang="en")
    cells = {column.en: column.cells for column in english.columns}
    assert cells["verdict"][0] == "forbidden"
    assert cells["stage"] == ("planned", "existing")
    assert cells["length shared (m)"] == (None, None)
    assert cells["advice"][1].startswith("check the land approval")
    assert len(conflict_list({})) == 0
