"""Two dates of the sample county: the changes between them, in files, lead from the old delivery to the new."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from onemap.cli.app import run
from onemap.config import load_project
from onemap.errors import ProjectError
from onemap.workflows.identifiers_before import identifiers_before

DATE = ["--date", "2026-03-01", "--name", "示范县"]
GONE, RENAMED, MOVED, NEW = "JF0001", "JF0004", "JF0009", "JF9999"
BASE_LAYERS = ("SZGYSSD", "SZGYSSX", "ZDJCSSD", "ZDJCSSX", "JQZDXMD")
OWN_PROFILE = """
name = "our-maintenance"
skip = ["OM-ATT-105", "OM-TOP-", "OM-PKG-101"]
[changes]
base = "telecom-special-plan"
[[field]]
name = "WHLX"
alias = "维护类型"
length = 2
required = true
fill = "change_kind"
[[field]]
name = "WHBH"
alias = "维护编号"
length = 18
required = true
fill = "change_number"
"""


@pytest.fixture(scope="module")
def two_dates(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Deliver the county; then one core room has gone, one room is renamed, one has moved, one has come."""
    base = tmp_path_factory.mktemp("dates")
    project = base / "project"
    shutil.copytree(root / "data" / "pilot", project)
    settings = project / "onemap.toml"
    text = settings.read_text(encoding="utf-8").replace('formats = ["gdb", "gpkg", "shp"]', 'formats = ["gdb"]')
    settings.write_text(text, encoding="utf-8")
    assert run(["deliver", str(project), "--out", str(base / "old")]) == 0
    rooms = json.loads((project / "rooms.geojson").read_text(encoding="utf-8"))
    known = {one["properties"]["机房编码"]: one for one in rooms["features"]}
    new: dict[str, Any] = json.loads(json.dumps(known[RENAMED]))
    new["properties"] |= {"机房编码": NEW, "机房名称": "新核心机楼", "机房类型": "核心机楼"}
    new["geometry"]["coordinates"][0] += 0.01
    known[RENAMED]["properties"]["机房名称"] = "更名机房"
    known[MOVED]["geometry"]["coordinates"][1] += 0.001
    del known[GONE]
    rooms["features"] = [*known.values(), new]
    (project / "rooms.geojson").write_text(json.dumps(rooms, ensure_ascii=False), encoding="utf-8")
    settings.write_text(text.replace("[delivery]", f'[delivery]\nprevious = "{base / "old"}"'), encoding="utf-8")
    assert run(["deliver", str(project), "--out", str(base / "new")]) == 0
    return base / "old" / "delivery", base / "new" / "delivery"


def rows(path: Path, name: str) -> pd.DataFrame:
    """Read a layer without onemap, in order of identifiers, places to 1e-7 degrees."""
    frame = gpd.read_file(path, layer=name)
    places = shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=7)
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(place=places)
    return table.astype("string").sort_values("BSM").reset_index(drop=True)


def geodatabase(folder: Path) -> Path:
    return next(folder.glob("*.gdb"))


@pytest.mark.slow
@pytest.mark.parametrize("form", ["gdb", "gpkg"])
def test_taken_out_and_put_in_they_make_the_new_delivery(two_dates, tmp_path, form):
    old, new = (geodatabase(folder) for folder in two_dates)
    (tmp_path / "our.toml").write_text(OWN_PROFILE, encoding="utf-8")
    out = tmp_path / "changes"
    words = ["changes", str(two_dates[0]), str(two_dates[1]), "--out", str(out), *DATE, "--format", form]
    assert run([*words, "--profile", str(tmp_path / "our.toml")]) == 0
    made = next(out.glob(f"*.{form}"))
    told = pd.read_csv(out / "changes.csv", dtype="string")
    for name in BASE_LAYERS:
        before, after = rows(made, f"WHQ{name}"), rows(made, f"WHH{name}")
        whole = rows(old, name)
        updated = pd.concat([whole[~whole["BSM"].isin(before["BSM"])], after[whole.columns]])
        pd.testing.assert_frame_equal(updated.sort_values("BSM").reset_index(drop=True), rows(new, name))
        change = rows(made, f"WHC{name}")
        assert change["BSM"].tolist() == told[told["layer"] == name]["identifier"].tolist()
        assert dict(zip(change["WHLX"], change["WHLX"], strict=True)).keys() <= {"1", "2", "3"}
    rooms = told[told["layer"] == "SZGYSSD"]
    assert sorted(rooms["change"]) == ["added", "changed", "changed", "removed"]
    assert set(rooms["fields"].dropna()) == {"MC", "geometry"}
    assert told["number"].tolist() == [f"20260301{number:06d}" for number in range(1, len(told) + 1)]


@pytest.mark.slow
def test_the_yearly_package_is_named_and_widths_are_exact(two_dates, tmp_path, capsys):
    out = tmp_path / "changes"
    words = ["changes", str(two_dates[0]), str(two_dates[1]), "--out", str(out), *DATE, "--value", "WHLY=001", "--json"]
    assert run(words) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["changes"]["ZDJCSSD"] == {"added": 1, "changed": 0, "removed": 1}
    path = out / "659900示范县2026年度县级国土空间总体规划动态维护.gdb"
    info = pyogrio.read_info(path, layer="WHCZDJCSSD")
    assert list(info["fields"])[-5:] == ["WHLX", "WHLY", "JDZBLY", "WHBH", "KZBSHSLX"]
    assert set(rows(path, "WHCZDJCSSD")["WHLY"]) == {"001"}
    assert (out / "元数据.xml").is_file()
    assert (out / "建库报告.docx").is_file()
    code = run(["check", str(path), "--profile", "annual-maintenance"])
    assert code == 0, capsys.readouterr().out


@pytest.mark.slow
def test_the_same_changes_give_the_same_bytes(two_dates, tmp_path):
    for name in ("one", "two"):
        assert run(["changes", *map(str, two_dates), "--out", str(tmp_path / name), *DATE, "--format", "gdb"]) == 0
    one, two = (json.loads((tmp_path / name / "manifest.json").read_text(encoding="utf-8")) for name in ("one", "two"))
    assert one["outputs"] == two["outputs"]


@pytest.mark.slow
def test_features_that_were_there_keep_their_identifiers(two_dates):
    old, new = (pd.read_csv(folder / "trace.csv", dtype="string") for folder in two_dates)
    both = old.merge(new, on=["layer", "canonical_layer", "id", "part"])
    assert len(both) == len(old) - len(old[old["id"] == GONE])
    assert (both["identifier_x"] == both["identifier_y"]).all()
    assert not set(new[new["id"] == NEW]["identifier"]) & set(old["identifier"])


def test_a_delivery_that_is_not_there_ends_with_three(tmp_path, capsys):
    assert run(["changes", str(tmp_path / "no"), str(tmp_path / "no"), "--out", str(tmp_path / "out")]) == 3
    assert not (tmp_path / "out").exists()
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def points(path: Path, identifiers: list[str | None]) -> Path:
    frame = gpd.GeoDataFrame({"BSM": identifiers}, geometry=[shapely.Point(75, 39)] * len(identifiers), crs=4490)
    frame.to_file(path, layer="ZDJCSSD")
    return path


def test_features_without_identifiers_of_their_own_end_with_one(tmp_path, capsys):
    old = points(tmp_path / "old.gpkg", ["659900011100000001"])
    new = points(tmp_path / "new.gpkg", ["659900011100000001", None, "659900011100000001"])
    out = tmp_path / "out"
    assert run(["changes", str(old), str(new), "--out", str(out), *DATE, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert [(one["rule"], one["row"]) for one in answer["findings"]] == [("OM-ATT-101", 2), ("OM-ATT-105", 3)]
    assert not out.exists()


def lines(path: Path, places: dict[str, float]) -> Path:
    routes = [shapely.LineString([(75, north), (75.1, north + 0.01)]) for north in places.values()]
    codes = {"YSDM": "0000000112", "XZQDM": "659900001000", "XZQMC": "桃亭镇", "MC": "光缆", "LX": "41"}
    frame = gpd.GeoDataFrame({"BSM": list(places), **codes}, geometry=routes, crs=4490)
    frame.to_file(path, layer="ZDJCSSX", driver={".gdb": "OpenFileGDB", ".gpkg": "GPKG"}[path.suffix])
    return path


@pytest.mark.parametrize("kinds", [("gpkg", "gpkg"), ("gdb", "gpkg"), ("gpkg", "gdb")])
@pytest.mark.parametrize("form", ["gdb", "gpkg", "shp"])
def test_lines_changed_come_back_from_every_format_whatever_the_deliveries_are(tmp_path, kinds, form):
    old = lines(tmp_path / f"old.{kinds[0]}", {"659900011200000001": 39.1, "659900011200000002": 39.2})
    new = lines(tmp_path / f"new.{kinds[1]}", {"659900011200000002": 39.2, "659900011200000003": 39.3})
    out = tmp_path / "out"
    assert run(["changes", str(old), str(new), "--out", str(out), *DATE, "--format", form]) == 0
    table = pd.read_csv(out / "changes.csv", dtype=str)
    assert table[["identifier", "change"]].to_numpy().tolist() == [
        ["659900011200000001", "removed"],
        ["659900011200000003", "added"],
    ]


def test_a_delivery_of_other_layers_is_not_one_whose_features_all_went(tmp_path, capsys):
    old = points(tmp_path / "old.gpkg", ["659900011100000001"])
    other = tmp_path / "other.gpkg"
    gpd.read_file(old).to_file(other, layer="telecom_points")
    assert run(["changes", str(old), str(other), "--out", str(tmp_path / "out"), *DATE]) == 2
    assert "other.gpkg" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (["--format", "dxf"], "the first one of gdb"),
        (["--format", "pdf"], "got pdf"),
        (["--value", "WHLY"], "FIELD=VALUE"),
        (["--value", "XX=1"], "got XX"),
        (["--date", "March"], "March"),
        (["--profile", "generic"], r"must have a table \[changes\]"),
        (["--code", "12"], "six digits .* got 12"),
        (["--date", "1970-01-01"], "a day of 1980 or later"),
    ],
)
def test_wrong_words_end_with_two(tmp_path, capsys, words, match):
    file = points(tmp_path / "old.gpkg", ["659900011100000001"])
    other = points(tmp_path / "new.gpkg", ["659900011100000002"])
    assert run(["changes", str(file), str(other), "--out", str(tmp_path / "out"), *words]) == 2
    error = capsys.readouterr().err
    assert len(error.strip().splitlines()) == 1
    assert re.search(match, error)
    assert not (tmp_path / "out").exists()


def test_profiles_are_shown_checked_and_copied(tmp_path, capsys):
    assert run(["profile", "show", "--json"]) == 0
    known = json.loads(capsys.readouterr().out)["profiles"]
    assert {"annual-maintenance", "county-master-plan", "generic", "telecom-special-plan", "village-plan"} == set(known)
    for name in known:
        assert run(["profile", "show", name]) == 0
        assert name in capsys.readouterr().out
    own = tmp_path / "our-province.toml"
    assert run(["profile", "new", str(own), "--from", "village-plan"]) == 0
    assert "# " in own.read_text(encoding="utf-8")
    capsys.readouterr()
    assert run(["profile", "check", str(own), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["profile"] == "our-province"
    assert [one["text_en"].split(" is ")[0] for one in answer["open"]] == [
        "the feature code 0000000101 of layer SZGYSSD", "the feature code 0000000102 of layer SZGYSSX",
        "the feature code 0000000103 of layer SZGYSSM", "the feature code 0000000121 of layer JQZDXMD",
        "the code list facility_kind",
    ]  # fmt: skip
    before = own.read_bytes()
    assert run(["profile", "new", str(own)]) == 2
    assert own.read_bytes() == before
    own.write_text(own.read_text(encoding="utf-8").replace("length = 20", 'length = "x"'), encoding="utf-8")
    capsys.readouterr()
    assert run(["profile", "check", str(own)]) == 2
    assert "field[0].length" in capsys.readouterr().err


def test_an_own_profile_takes_its_code_lists_along(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = tmp_path / "a" / "ours.toml", tmp_path / "b" / "theirs.toml"
    assert run(["profile", "new", str(first)]) == 0
    (tmp_path / "a" / "facility_kind.csv").write_text("code,name_zh\n77,塔\n", encoding="utf-8")
    assert run(["profile", "new", str(second), "--from", str(first)]) == 0
    assert (tmp_path / "b" / "facility_kind.csv").read_text(encoding="utf-8") == "code,name_zh\n77,塔\n"


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (None, "there is no trace.csv"),
        ("layer,identifier\nA,1\n", "missing are canonical_layer, id, part"),
        ("layer,canonical_layer,id,part,identifier\nA,towers,T1,1,7\nA,towers,T2,1,7\n", "row 3"),
        ("layer,canonical_layer,id,part,identifier\nA,towers,T1,x,7\n", "row 2"),
    ],
)
def test_a_table_before_that_is_none_is_said(root, tmp_path, content, match):
    if content is not None:
        (tmp_path / "trace.csv").write_text(content, encoding="utf-8")
    project = load_project(root / "data" / "pilot")
    settings = project.delivery.model_copy(update={"previous": str(tmp_path)})
    with pytest.raises(ProjectError, match=match):
        identifiers_before(project.model_copy(update={"delivery": settings}))
