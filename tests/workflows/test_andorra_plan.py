"""Andorra: a plan over real terrain, with real pylons to share and fibre along real roads and power lines."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from onemap.cli.app import run

pytestmark = pytest.mark.slow
METRES = "EPSG:32631"
PLAN = """
[plan]
target_share = 0.9
curve_points = 2
price_step = 0.0
margin_step_db = 0.0

[plan.rises]
min_rise_m = 30

[plan.connection]                  # no communications are in the data: masts are taken to have fibre to give
towers_have_fibre = "all"
towers_give_fibre = true
microwave = false
mains_most_kv = 400
satellite = "never"

[plan.targets]
weight = "places"
"""


@pytest.fixture(scope="module")
def source(shared: Path) -> Path:
    file = shared / "data" / "andorra" / "andorra_osm_2013.gpkg"
    if not file.is_file():
        pytest.skip("the data of Andorra does not lie beside the repository")
    return file


@pytest.fixture(scope="module")
def out(root: Path, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan for the masts alone: in this project pylons carry no radio, and are only there to be shared."""
    folder = tmp_path_factory.mktemp("andorra-plan")
    text = (root / "tests" / "projects" / "andorra" / "onemap.toml").read_text(encoding="utf-8")
    parts = text.split("[[source]]")
    kept = [part for part in parts if not ('layer = "towers"' in part and "power_towers" in part)]
    assert len(kept) == len(parts) - 1
    text = "[[source]]".join(kept).replace("../../../../shared/data/andorra", str(source.parent))
    text = text.replace('operators = ["masts", "power towers"]', 'operators = ["masts"]').split("[delivery]")[0] + PLAN
    (folder / "onemap.toml").write_text(text, encoding="utf-8")
    assert run(["plan", str(folder), "--out", str(folder / "out"), "--json"]) == 0
    return folder / "out"


def test_the_share_is_reached_in_the_system_of_the_project(out: Path) -> None:
    summary = gpd.read_file(out / "results.gpkg", layer="plan_summary").iloc[0]
    sites = gpd.read_file(out / "results.gpkg", layer="plan_sites")
    assert sites.crs.to_epsg() == 4326
    assert summary["reached_share"] >= 0.9 or summary["status"] == "unreachable"
    assert summary["reached_share"] > summary["share_before"]
    assert len(sites) == summary["sites"] > 0
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["settings"]["plan"]["target_share"] == 0.9


def test_each_chosen_structure_is_a_pylon_of_the_data(out: Path, source: Path) -> None:
    sites = gpd.read_file(out / "results.gpkg", layer="plan_sites")
    offered = gpd.read_file(out / "results.gpkg", layer="plan_candidates")
    pylons = gpd.read_file(source, layer="power_towers")
    place = dict(zip(pylons["osm_id"].astype(str), pylons.to_crs(4326).geometry, strict=True))
    assert offered["kind"].eq("structure").sum() > 0
    structures = sites[sites["kind"].eq("structure")]
    assert len(structures) > 0
    for line in structures.itertuples():
        assert place[str(line.facility_id)].distance(line.geometry) < 1e-7
    masts = gpd.read_file(source, layer="towers_masts")
    assert set(sites.loc[sites["kind"].eq("existing tower"), "facility_id"]) <= set(masts["osm_id"].astype(str))


def test_every_metre_of_fibre_lies_on_a_road_or_a_power_line(out: Path, source: Path) -> None:
    """But for legs to sites, and for what leads from a line into a tower or from a line to the next."""
    links = gpd.read_file(out / "results.gpkg", layer="plan_connections").to_crs(METRES)
    fibre = links[links["way"].eq("fibre")]
    assert fibre.length.sum() > 10_000
    sites = shapely.union_all(
        gpd.read_file(out / "results.gpkg", layer="plan_sites").to_crs(METRES).geometry.to_numpy()
    )
    roads = gpd.read_file(source, layer="roads").to_crs(METRES)
    lines = gpd.read_file(source, layer="power_lines").to_crs(METRES)
    ground = shapely.union_all([*roads.geometry, *lines.geometry]).buffer(1.0)
    off = shapely.difference(shapely.union_all(fibre.geometry.to_numpy()), ground)
    pieces = gpd.GeoSeries(shapely.get_parts(shapely.line_merge(off)), crs=METRES)
    leg = pieces.distance(sites) < 1.5
    assert (pieces[leg].length <= 1_000.0).all()  # road_reach_m
    assert (pieces[~leg].length <= 200.0).all()  # room_reach_m
    assert pieces[leg].length.sum() <= fibre["leg_m"].sum() + 1.0
    assert pieces.length.sum() < 0.1 * fibre.length.sum()
