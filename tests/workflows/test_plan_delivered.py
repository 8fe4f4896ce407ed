"""Sites of a plan in a delivery: the table of planned sites gets them, and checks find nothing new."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from onemap.cli.app import run
from tests.workflows.small_plan import CRS, write_plan

pytestmark = pytest.mark.slow
DELIVERY = '[delivery]\nprofile = "telecom-special-plan"\nformats = ["gpkg"]\n'
COUNTY = gpd.GeoDataFrame(
    {"code": ["659900"], "name": ["示范县"], "level": ["county"]},
    geometry=[shapely.box(74.8, 39.3, 75.8, 40.0)],
    crs=CRS,
)


def delivered(folder: Path, *, sites: bool) -> tuple[Path, dict[str, int]]:
    """Run all, and give the folder and the rules that were met."""
    plan = f"[plan]\ntarget_share = 0.8\ndeliver_sites = {str(sites).lower()}\n"
    out = folder / "out"
    project = write_plan(folder / "in", plan=plan, more=DELIVERY, changed={"districts": COUNTY})
    assert run(["run", str(project), "--out", str(out), "--json"]) == 0
    found = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["findings"]["by_rule"]
    return out, found


def rows(out: Path) -> gpd.GeoDataFrame:
    files = [one for one in (out / "delivery").rglob("*.gpkg") if "JQZDXMD" in set(gpd.list_layers(one)["name"])]
    assert len(files) == 1
    return gpd.read_file(files[0], layer="JQZDXMD")


def test_the_delivery_holds_the_sites_of_the_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    out, found = delivered(tmp_path / "with", sites=True)
    bare, before = delivered(tmp_path / "without", sites=False)
    capsys.readouterr()
    ready = gpd.read_file(out / "plan" / "planned_sites.gpkg", layer="planned_sites")
    own = gpd.read_file(out / "layers.gpkg", layer="planned_sites")
    more = ready[~ready["site_id"].isin(own["site_id"])]
    assert len(more)
    assert len(rows(out)) == len(rows(bare)) + len(more)
    assert len(rows(bare)) == len(own)
    assert set(found) - set(before) == set()
