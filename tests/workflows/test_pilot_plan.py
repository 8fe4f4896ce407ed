"""The plan of the pilot, told by its files, held against the layers it was made from."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest

from onemap.analyses.candidates import plan_targets, reach_of
from onemap.cli.app import run
from onemap.config import load_project
from onemap.workflows.coverage_gaps import PLACES, coverage_settings
from onemap.workflows.reading import read_layers

pytestmark = pytest.mark.slow
QUICK = "[plan]\ncurve_points = 2\nprice_step = 0.0\nmargin_step_db = 0.0\n"
SHARED = {"existing tower", "structure", "room"}


@dataclass(frozen=True)
class Made:
    """A plan as it was written and told."""

    out: Path
    told: dict[str, Any]

    def layer(self, name: str, file: str = "results.gpkg") -> gpd.GeoDataFrame:
        return gpd.read_file(self.out / file, layer=name)


@pytest.fixture(scope="module")
def project(pilot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the pilot with less to look at beside the plan itself."""
    folder = tmp_path_factory.mktemp("pilot") / "in"
    shutil.copytree(pilot, folder)
    file = folder / "onemap.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("[plan]\n", QUICK), encoding="utf-8")
    return folder


def made(project: Path, out: Path, words_file: Path, *words: str) -> Made:
    """Plan by the command line."""
    with words_file.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        assert run(["plan", str(project), "--out", str(out), "--json", *words]) == 0
    return Made(out, json.loads(words_file.read_text(encoding="utf-8").strip().splitlines()[-1]))


@pytest.fixture(scope="module")
def plan(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("plan")
    return made(project, folder / "out", folder / "told.json")


@pytest.fixture(scope="module")
def serves(plan: Made, pilot: Path) -> tuple[np.ndarray, gpd.GeoDataFrame]:
    """Give who of the chosen serves which target, judged anew for the chosen alone."""
    settings = load_project(pilot)
    inputs = read_layers(settings)
    assert settings.plan is not None
    wanted = plan_targets(
        plan.layer("verdicts"), {name: layer for name, layer in inputs.layers.items() if name in PLACES},
        road_verdicts=plan.layer("road_verdicts"), settings=settings.plan.targets,
    )  # fmt: skip
    chosen = plan.layer("plan_sites").rename(columns={"site_id": "candidate_id"})
    reach = reach_of(
        chosen, wanted, coverage=coverage_settings(settings), settings=settings.plan.reach, grid=inputs.elevation,
        clutter=inputs.clutter,
    )  # fmt: skip
    return reach.serves().toarray(), wanted


def test_json_ends_with_what_a_script_wants(plan: Made) -> None:
    told, sites = plan.told, plan.layer("plan_sites")
    assert {
        "target_share",
        "reached_share",
        "cost",
        "optimality_gap",
        "sites",
        "indicators_before",
        "indicators_after",
    } <= set(told)
    assert told["target_share"] == 0.9
    assert told["reached_share"] >= 0.9
    assert 0.0 <= told["optimality_gap"] <= 0.01
    assert (
        told["cost"] == pytest.approx(sum(one["cost"] for one in told["sites"])) == pytest.approx(sites["cost"].sum())
    )
    for one, line in zip(told["sites"], sites.itertuples(), strict=True):
        assert {"kind", "lon", "lat", "reason", "cost"} <= set(one)
        assert (one["kind"], one["reason"]) == (line.kind, line.reason_en)
        assert (one["lon"], one["lat"]) == pytest.approx((line.geometry.x, line.geometry.y))
    before = {one["target_id"]: one["covered"] for one in told["indicators_before"]}
    after = {one["target_id"]: one["covered"] for one in told["indicators_after"]}
    assert before.keys() == after.keys()
    assert all(after[name] >= value for name, value in before.items() if value is not None)
    assert any(after[name] > value for name, value in before.items() if value is not None)


def test_no_site_that_takes_new_ground_stands_where_building_is_forbidden(plan: Made, pilot: Path) -> None:
    """Held against the zones as their file gives them, with no code of ours between."""
    zones = gpd.read_file(pilot / "planning.gdb", layer="zones").to_crs("EPSG:4490")
    forbidden = zones[zones["GKLX"].eq("永久基本农田")]
    assert len(forbidden)
    sites = plan.layer("plan_sites").to_crs("EPSG:4490")
    inside = gpd.sjoin(sites, forbidden[["geometry"]], predicate="intersects")
    assert inside.empty
    red = gpd.sjoin(sites, zones.loc[zones["GKLX"].eq("生态保护红线"), ["geometry"]], predicate="intersects")
    assert sites.loc[sorted(set(red.index)), "zone_status"].eq("needs recognition").all()


def test_sharing_comes_before_building(plan: Made) -> None:
    sites = plan.layer("plan_sites")
    built = sites[~sites["kind"].isin(SHARED)]
    assert len(sites) - len(built) > len(built)
    words = "nothing that stands could serve|of what stands, the best"
    assert built["reason_en"].str.contains(words).all()
    assert built["reason_zh"].str.contains("故须建设").all()


def test_every_site_is_needed(plan: Made, serves: tuple[np.ndarray, gpd.GeoDataFrame]) -> None:
    """Without any one of them less is served, and what is lost is what its line says."""
    by, wanted = serves
    weight, before = wanted["weight"].to_numpy(), wanted["served_before"].to_numpy(dtype=bool)
    total = weight[before | by.any(axis=1)].sum()
    assert total / weight.sum() == pytest.approx(plan.told["reached_share"], abs=1e-9)
    for number, said in enumerate(plan.layer("plan_sites")["alone_weight"]):
        rest = np.delete(by, number, axis=1).any(axis=1) | before
        lost = total - weight[rest].sum()
        assert lost == pytest.approx(said, abs=1e-6)
        must = wanted["target_layer"].eq("posts").to_numpy() & ~rest
        assert lost > 0 or must.any()


def test_all_posts_are_served(plan: Made, serves: tuple[np.ndarray, gpd.GeoDataFrame]) -> None:
    by, wanted = serves
    served = by.any(axis=1) | wanted["served_before"].to_numpy(dtype=bool)
    posts = wanted["target_layer"].eq("posts").to_numpy()
    assert posts.sum() > 0
    assert served[posts].all()


def test_years_stay_within_their_money(plan: Made) -> None:
    phases, sites = plan.layer("plan_phases"), plan.layer("plan_sites")
    years = phases[phases["year"].notna()]
    assert years["year"].tolist() == [2026, 2027, 2028]
    assert (years["cost"].cumsum() <= years["budget"].cumsum() + 1e-6).all()
    assert phases["share_after"].is_monotonic_increasing
    assert phases["share_after"].iloc[-1] == pytest.approx(plan.told["reached_share"])
    for year, cost in zip(years["year"], years["cost"], strict=True):
        assert sites.loc[sites["year"].eq(year), "cost"].sum() == pytest.approx(cost)


def test_sites_are_ready_to_be_delivered(plan: Made) -> None:
    ready, sites = plan.layer("planned_sites", "plan/planned_sites.gpkg"), plan.layer("plan_sites")
    assert len(ready) == sites["kind"].ne("satellite").sum()
    assert ready["site_id"].is_unique
    assert ready[["name", "kind", "technology", "origin", "source"]].notna().all().all()


def test_the_same_plan_on_every_run_and_with_one_thread(plan: Made, project: Path, tmp_path: Path, root: Path) -> None:
    words = [sys.executable, "-m", "onemap", "plan", str(project), "--out", str(tmp_path / "out"), "--json"]
    subprocess.run(
        words, check=True, capture_output=True, env={**os.environ, "NUMBA_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    )
    assert (tmp_path / "out" / "results.gpkg").read_bytes() == (plan.out / "results.gpkg").read_bytes()
    name = "plan/planned_sites.gpkg"
    assert (tmp_path / "out" / name).read_bytes() == (plan.out / name).read_bytes()


def test_less_is_cheaper(plan: Made, project: Path, tmp_path: Path) -> None:
    less = made(project, tmp_path / "less", tmp_path / "less.json", "--target-share", "0.7")
    assert less.told["reached_share"] >= 0.7
    assert less.told["cost"] < plan.told["cost"]


def test_a_budget_below_what_must_be_served_is_refused(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", str(project), "--out", str(tmp_path / "out"), "--budget", "300", "--lang", "en"]) == 2
    said = " ".join(capsys.readouterr())
    assert "the 10 places that must be served cost at least" in said
    assert "more than the budget of 300" in said
    assert not (tmp_path / "out").exists()
