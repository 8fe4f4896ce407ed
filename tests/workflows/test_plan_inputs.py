"""What a plan cannot be made of: each a clear sentence in both languages, no traceback, and the old output stays."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from onemap.cli.app import run
from tests.workflows.small_plan import CRS, layers, write_plan

pytestmark = pytest.mark.slow

PIECES = gpd.GeoDataFrame(
    {"road_id": ["R1", "R2"], "ref": ["G1", "G1"], "name": ["甲", "乙"]},
    geometry=[shapely.LineString([(75, 39.5), (75.1, 39.5)]), shapely.LineString([(75.25, 39.5), (75.32, 39.5)])],
    crs=CRS,
)
ROADS_ONLY = '[plan.connection]\ntowers_have_fibre = "none"\nmicrowave = false\n'

REFUSED: dict[str, tuple[dict[str, Any], list[str], tuple[str, ...], tuple[str, ...]]] = {
    "no candidates": (
        {"without": ("towers", "structures", "planned_sites", "rooms")}, [],
        ("there is no candidate", "0.0 %"), ("没有候选站点", "0.0 %"),
    ),
    "no targets": (
        {"changed": {name: layer.iloc[:0] for name, layer in layers().items()}}, [],
        ("somebody to serve", "operator any"), ("服务对象", "运营商 any"),
    ),
    "roads without weight": (
        {"without": ("settlements", "schools", "posts"), "more": "[plan.targets]\nroad_weight_per_km = 0\n"}, [],
        ("somebody to serve", "roads 0 a km"), ("每公里权重 0",),
    ),
    "operator that is not judged": (
        {"more": '[plan.targets]\noperator = "无此公司"\n'}, [],
        ("operator 无此公司", "judged were operators any"), ("运营商 无此公司", "已判定的运营商为 any"),
    ),
    "technology that is not judged": (
        {"more": '[plan.targets]\ntechnologies = ["6G"]\n'}, [], ("technologies 6G", "4G"), ("制式 6G", "4G"),
    ),
    "share out of reach, as an error": (
        {"plan": '[plan]\ntarget_share = 1.0\nunreachable = "error"\n'}, [],
        ("100.00 % cannot be reached", "12.12 percentage points less"), ("100.00 % 无法达到", "差 12.12 个百分点"),
    ),
    "share and budget in the file": (
        {"plan": "[plan]\ntarget_share = 0.8\nbudget = 100\n"}, [], ("either at a share or at a budget",), ("之一",),
    ),
    "share and budget in the command": (
        {}, ["--target-share", "0.7", "--budget", "3"], ("either at a share or at a budget", "leave one out"),
        ("之一", "请去掉一个"),
    ),
    "share of more than all": ({}, ["--target-share", "1.2"], ("at most 1", "1.2"), ("不超过 1", "1.2")),
    "budget below nothing": ({}, ["--budget", "-1"], ("zero or more", "-1"), ("不小于零", "-1")),
    "years that do not add up": (
        {"plan": "[plan]\nbudget = 100\nphases = [{ year = 2026, budget = 10 }]\n"}, [],
        ("add up to the budget of 100, got 10",), ("应等于预算 100，现为 10",),
    ),
    "years out of order": (
        {"plan": "[plan]\nphases = [{ year = 2027, budget = 1 }, { year = 2026, budget = 1 }]\n"}, [],
        ("years must follow each other",), ("依次递增",),
    ),
    "rounds beyond the limit": ({"plan": "[plan]\nrounds = 99\n"}, [], ("plan.rounds", "99"), ("plan.rounds", "99")),
    "price step of all": ({"plan": "[plan]\nprice_step = 1.0\n"}, [], ("plan.price_step",), ("plan.price_step",)),
    "key that does not exist": ({"plan": "[plan]\ntarget = 0.9\n"}, [], ("plan.target",), ("plan.target",)),
    "must of no such layer": ({"plan": '[plan]\nmust = ["hotels"]\n'}, [], ("plan.must",), ("plan.must",)),
    "what must be served beyond the budget": (
        {"plan": '[plan]\nbudget = 0\nmust = ["posts"]\n'}, [], ("at least 351.2", "budget of 0"), ("超出预算 0",),
    ),
    "prices that are not there": (
        {"more": '[costs]\nfile = "prices.toml"\n'}, [], ("prices.toml", "no such file"), ("prices.toml", "没有这个文件"),
    ),
    "price without its source": (
        {"more": "[costs.items]\nsite_radio = { value = 5 }\n"}, [], ("site_radio",), ("site_radio",),
    ),
    "prices in different money": (
        {"more": '[costs.items]\nsite_radio = { value = 5, unit = "EUR/套", source = "x" }\n'}, [], ("EUR",), ("EUR",),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an output that was made before."""
    folder = tmp_path_factory.mktemp("before")
    out = folder / "out"
    assert run(["plan", str(write_plan(folder / "in")), "--out", str(out), "--json"]) == 0
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_no_plan_can_be_made_of_is_told(  # noqa: PLR0917
    name: str, lang: str, before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project, more, english, chinese = REFUSED[name]
    out = tmp_path / "out"
    shutil.copytree(before, out)
    folder = write_plan(tmp_path / "in", **project)
    capsys.readouterr()
    assert run(["plan", str(folder), "--out", str(out), "--json", "--lang", lang, *more]) == 2
    printed, said = capsys.readouterr()
    message = json.loads(printed)["error"]["message"]
    assert "Traceback" not in said + printed
    for words in english if lang == "en" else chinese:
        assert words in message
    assert contents(out) == contents(before)


FOUND: dict[str, tuple[dict[str, Any], list[str], dict[str, tuple[str, ...]], set[str]]] = {
    "share out of reach": (
        {"plan": "[plan]\ntarget_share = 1.0\n"}, [],
        {"OM-BIZ-249": ("12.12 percentage points less", "四村")}, {"unreachable"},
    ),
    "no money": ({}, ["--budget", "0"], {"OM-BIZ-249": ("the budget of 0 buys nothing", "the cheapest candidate that does costs")},
                 {"nothing_affordable"}),
    "must without places": ({"plan": '[plan]\nmust = ["clinics"]\n'}, [], {"OM-BIZ-251": ("clinics",)}, {"unreachable"}),
    "roads in pieces": (
        {"changed": {"roads": PIECES}, "connection": ROADS_ONLY}, [], {"OM-BIZ-252": ("are left out",), "OM-BIZ-249": ()},
        {"unreachable"},
    ),
    "no elevation model": ({}, [], {"OM-BIZ-248": ("got none",)}, {"unreachable"}),
    "equipment that is not asked for": (
        {"more": '[[plan.candidates.equipment]]\nname = "x5"\ntechnologies = ["5G"]\n'}, [],
        {"OM-BIZ-253": ("x5 has 5G", "4G")}, {"unreachable"},
    ),
    "layers without rows": (
        {"changed": {"structures": layers()["structures"].iloc[:0], "planned_sites": layers()["planned_sites"].iloc[:0]}},
        [], {"OM-PKG-010": ()}, {"unreachable"},
    ),
    "no planned sites": ({"without": ("planned_sites",)}, ["--target-share", "0.8"], {}, {"optimal"}),
    "roads alone": ({"without": ("settlements", "schools", "posts")}, ["--target-share", "0.6"], {}, {"optimal"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_what_a_plan_lacks_is_a_finding(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project, more, wanted, status = FOUND[name]
    out, folder = tmp_path / "out", write_plan(tmp_path / "in", **project)
    assert run(["plan", str(folder), "--out", str(out), "--lang", "en", *more]) == 0
    said = " ".join(" ".join(capsys.readouterr()).split())
    assert "Traceback" not in said
    for rule, words in wanted.items():
        assert rule in said
        for word in words:
            assert word in said
    summary = gpd.read_file(out / "results.gpkg", layer="plan_summary").iloc[0]
    assert summary["status"] in status
    assert len(gpd.read_file(out / "results.gpkg", layer="plan_sites")) == summary["sites"]


def test_margins_move_up_as_far_as_they_were_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A step of 6 dB with 1 dB to spare moves down by 6 and up by 1, and says so."""
    folder = write_plan(
        tmp_path / "in", plan="[plan]\nmargin_step_db = 6\ntarget_share = 0.5\n", model="p1812", elevation=True,
        more="[plan.reach]\nspare_db = 1\n",
    )  # fmt: skip
    assert run(["plan", str(folder), "--out", str(tmp_path / "out"), "--json"]) == 0
    moves = gpd.read_file(tmp_path / "out" / "results.gpkg", layer="plan_sensitivity")
    radio = moves[moves["what"].eq("radio margin")]
    assert radio["step"].tolist() == [-6.0, 1.0]
    assert radio["reason_en"].str.contains("+1 dB", regex=False).tolist() == [False, True]
    capsys.readouterr()


def test_a_run_goes_on_without_a_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`onemap run` computes all else, and says why there is no plan."""
    folder = write_plan(tmp_path / "in", without=("towers", "structures", "planned_sites", "rooms"))
    out = tmp_path / "out"
    assert run(["run", str(folder), "--out", str(out), "--json", "--lang", "en"]) == 0
    capsys.readouterr()
    found = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["findings"]["by_rule"]
    assert found["OM-BIZ-250"] == 1
    assert "plan_sites" not in gpd.list_layers(out / "results.gpkg")["name"].tolist()
    assert (out / "report" / "index.html").is_file()
