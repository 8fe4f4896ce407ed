"""A public copy holds what is allowed and nothing else, to the byte."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import CRS, Geod

from onemap.cli.app import run
from onemap.config import load_project
from onemap.config.publish_settings import PublishSettings
from onemap.errors import ProjectError, RefusedError
from onemap.workflows.coarse_places import coarse, grid_of
from onemap.workflows.public_layers import require_public
from onemap.workflows.publishing import publish_project

SECRETS = {
    "tower_id": "ZX-SECRET-0001",
    "owner": "机密产权单位甲",
    "operator_site_code": "OPCODE-7777",
    "power": "secretpower",
    "source file": "incoming-from-bureau",
    "submitter": "某报送单位",
    "name of the field": "站址原始编码列",
    "cable": "CABLE-SECRET-9",
    "name with the id": "山顶",
}
PLACES = ((75.123456, 39.567891), (75.234567, 39.612345), (75.345678, 39.698765))
FORMATS = '"gdb", "gpkg", "shp", "geojson", "vct", "kmz", "dxf", "xlsx"'


def make_project(folder: Path, *, publish: str = "", data_class: str = "公开", row_class: str = "") -> Path:
    folder.mkdir(parents=True)
    tower_id, column = SECRETS["tower_id"], SECRETS["name of the field"]
    names = [f"山顶{tower_id}", "河边站", "路口站"]
    rows = [
        f"{tower_id}{at},{name},{SECRETS['owner']},{SECRETS['operator_site_code']},{SECRETS['power']},{lon},{lat},{row_class}"
        for at, (name, (lon, lat)) in enumerate(zip(names, PLACES, strict=True))
    ]
    rows[0] = rows[0].replace(f"{tower_id}0", tower_id, 1)
    text = "\n".join([f"{column},名称,产权,内码,供电,经度,纬度,密级", *rows]) + "\n"
    (folder / f"{SECRETS['source file']}.csv").write_text(text, encoding="utf-8")
    tiny = shapely.LineString([(75.2, 39.6), (75.2001, 39.6001)])
    long = shapely.LineString([(75.200123, 39.600123), (75.25, 39.63), (75.300987, 39.650987)])
    cables = gpd.GeoDataFrame(
        {"cable_id": [SECRETS["cable"], "C2"], "operator": ["中国电信"] * 2, "name": ["段一", "段二"]},
        geometry=[long, tiny],
        crs=4490,
    )
    pyogrio.write_dataframe(cables, folder / "cables.gpkg", layer="cables")
    county = gpd.GeoDataFrame(
        {"code": ["659900101"], "name": ["甲镇"], "level": ["town"]}, geometry=[shapely.box(75, 39, 76, 40)], crs=4490
    )
    pyogrio.write_dataframe(county, folder / "districts.gpkg", layer="districts")
    (folder / "onemap.toml").write_text(
        f"""
[project]
name = "示范县"
code = "659900"
date = 2026-01-01
data_class = "{data_class}"

[[source]]
layer = "towers"
path = "{SECRETS["source file"]}.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
tower_id = "{column}"
name = "名称"
owner = "产权"
operator_site_code = "内码"
power = "供电"
security_class = "密级"
[source.constants]
submitter = "{SECRETS["submitter"]}"

[[source]]
layer = "cables"
path = "cables.gpkg"
[source.fields]
cable_id = "cable_id"
operator = "operator"
name = "name"

[[source]]
layer = "districts"
path = "districts.gpkg"
[source.fields]
code = "code"
name = "name"
level = "level"

[coverage]
model = "radius"

[delivery]
formats = [{FORMATS}]
allow_losses = ["all"]
{publish}
""",
        encoding="utf-8",
    )
    return folder


def contents(place: Path) -> Iterator[tuple[str, bytes]]:
    """Give the bytes of every file, and of every part of a packed one; the names too."""
    for item in sorted(place.rglob("*")):
        yield item.name, item.relative_to(place).as_posix().encode()
        if item.is_file():
            raw = item.read_bytes()
            yield item.name, raw
            if zipfile.is_zipfile(item):
                with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                    for name in archive.namelist():
                        yield f"{item.name}/{name}", name.encode() + archive.read(name)


def spelt(secret: str) -> set[bytes]:
    found = {secret.encode(code) for code in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")}
    return found | {json.dumps(secret)[1:-1].encode()}


def leaks(place: Path, secrets: dict[str, str]) -> list[tuple[str, str]]:
    files = list(contents(place))
    assert len(files) > 20
    return [
        (what, file) for what, secret in secrets.items() for file, raw in files if any(b in raw for b in spelt(secret))
    ]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    base = tmp_path_factory.mktemp("canary-folder")
    folder = make_project(base / "project", publish='[publish]\nfields = ["MC", "XZQMC"]\ngrid_m = 250')
    outcome = publish_project(load_project(folder), base / "public")
    return base / "public", {"findings": outcome.findings, "base": str(base)}


def test_no_secret_of_the_inputs_is_in_any_byte(published: tuple[Path, dict[str, object]]) -> None:
    place, about = published
    exact = {f"coordinate {value}": str(value) for pair in PLACES for value in pair}
    assert leaks(place, {**SECRETS, **exact, "folder": str(about["base"]), "working folder": str(Path.cwd())}) == []
    stored = [np.float64(value).tobytes() for pair in PLACES for value in pair]
    assert not [name for name, raw in contents(place) for one in stored if one in raw]


def test_the_search_would_find_them(published: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    place, _ = published
    assert {what for what, _ in leaks(place, {"an allowed name": "河边站", "an allowed district": "甲镇"})} == {
        "an allowed name",
        "an allowed district",
    }
    folder = make_project(
        tmp_path / "project",
        publish='[publish]\nfields = ["BSM", "MC", "BZ"]\ngrid_m = 250\noriginal_ids = true',
    )
    publish_project(load_project(folder), tmp_path / "public")
    found = {what for what, _ in leaks(tmp_path / "public", SECRETS)}
    assert found == {"tower_id", "cable", "name with the id"}


def test_every_format_holds_the_allowed_fields_on_the_grid(published: tuple[Path, dict[str, object]]) -> None:
    place, about = published
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    grid = manifest["publish"]["grid"]
    assert grid["metres_at_least"] == 250
    assert manifest["layers"]["SZGYSSD"] == {"rows": 3, "fields": ["YSDM", "XZQMC", "MC", "LX"]}
    assert manifest["layers"]["SZGYSSX"]["rows"] == 1
    assert {"settings", "inputs", "operations"}.isdisjoint(manifest)
    rules = {finding.rule for finding in about["findings"]}  # type: ignore[attr-defined]
    assert {"OM-OUT-151", "OM-OUT-152", "OM-OUT-153"} <= rules
    assert "OM-OUT-155" not in rules
    files = [*(place / "delivery").glob("*.gdb"), *(place / "delivery").glob("*.gpkg")]
    assert len(files) == 2
    for file in files:
        towers = pyogrio.read_dataframe(file, layer="SZGYSSD")
        assert [name for name in towers.columns if name != "geometry"] == ["YSDM", "XZQMC", "MC", "LX"]
        counted = shapely.get_coordinates(towers.geometry.array) / [grid["step_x"], grid["step_y"]]
        assert np.abs(counted - counted.round()).max() < 1e-6
        assert (
            np.abs(shapely.get_coordinates(towers.geometry.array) - np.array(PLACES)).max() <= grid["step_x"] / 2 + 1e-9
        )
        assert towers["MC"].isna().sum() == 1
    assert {item.suffix for item in (place / "delivery").iterdir()} >= {
        ".gdb",
        ".gpkg",
        ".vct",
        ".kmz",
        ".dxf",
        ".xlsx",
    }


def test_another_run_in_another_folder_gives_the_same_bytes(
    published: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    folder = make_project(tmp_path / "elsewhere", publish='[publish]\nfields = ["MC", "XZQMC"]\ngrid_m = 250')
    publish_project(load_project(folder), tmp_path / "public")
    first, second = (
        {item.relative_to(place).as_posix(): item.read_bytes() for item in place.rglob("*") if item.is_file()}
        for place in (published[0], tmp_path / "public")
    )
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_each_place_is_once_on_the_map(published: tuple[Path, dict[str, object]]) -> None:
    page = (published[0] / "map" / "index.html").read_text(encoding="utf-8")
    data = json.loads(page.split('<script type="application/json" id="data">')[1].split("</script>")[0])
    assert sorted(len(layer["rows"]) for layer in data["layers"]) == [1, 3]
    assert data["title"][0] == "示范县通信设施（公开版）"
    assert data["review"] == ""


def test_steps_are_as_wide_as_stated_wherever_they_are() -> None:
    geod = Geod(ellps="GRS80")
    for lat in (0.0, 18.2, 39.5, 53.5):
        for grid_m in (1.0, 100.0, 5000.0):
            grid = grid_of(CRS(4490), grid_m=grid_m, south_north=(lat - 0.5, lat + 0.5))
            for at in (lat - 0.5, lat, lat + 0.5 - grid.step_y):
                east = geod.inv(100, at, 100 + grid.step_x, at)[2]
                north = geod.inv(100, at, 100, at + grid.step_y)[2]
                assert grid_m <= east * (1 + 1e-9)
                assert grid_m <= north * (1 + 1e-9)
                assert max(east, north) < 1.5 * grid_m
    assert grid_of(CRS(4527), grid_m=100, south_north=(4e6, 4.1e6)).step_x == 100
    assert math.isclose(grid_of(CRS(2263), grid_m=100, south_north=(0, 1)).step_x, 330, rel_tol=0.01)


def test_rounded_shapes_are_valid_or_gone() -> None:
    rng = np.random.default_rng(5)
    grid = grid_of(CRS(4490), grid_m=100, south_north=(39, 40))
    shapes = []
    for _ in range(400):
        angles = np.sort(rng.random(rng.integers(3, 40))) * 2 * np.pi
        radius = rng.random(len(angles)) * 10 ** rng.uniform(-4, -1.5)
        ring = np.column_stack([75 + radius * np.cos(angles), 39.5 + radius * np.sin(angles)])
        shapes += [shapely.make_valid(shapely.Polygon(ring)), shapely.LineString(ring)]
    shapes = [one for one in shapes if one.geom_type != "GeometryCollection"]
    given = np.array(shapes, dtype=object)
    rounded = coarse(given, grid)
    left = rounded[~shapely.is_missing(rounded)]
    assert 50 < len(left) < len(given)
    assert shapely.is_valid(left).all()
    counted = shapely.get_coordinates(left) / [grid.step_x, grid.step_y]
    assert np.abs(counted - counted.round()).max() < 1e-6
    assert [one.geom_type for one in given] == [one.geom_type for one in shapes]
    half_m = 0.5 * math.hypot(grid.step_x, grid.step_y)
    pairs = [(one, two) for one, two in zip(given, rounded, strict=True) if two is not None]
    assert (
        max(shapely.hausdorff_distance(one, two) for one, two in pairs if one.geom_type == "LineString")
        <= half_m + 1e-9
    )


@pytest.mark.parametrize("found", ["涉密", "秘密★10年", "机密级", "绝密", "内部（涉密）", "SECRET", "Confidential"])
def test_a_secret_layer_is_refused_and_nothing_is_written(
    found: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    towers = gpd.GeoDataFrame(
        {"security_class": [None, "公开", found]}, geometry=gpd.points_from_xy([75] * 3, [39] * 3)
    )
    with pytest.raises(RefusedError, match=f"the layer towers holds 1 rows of class {found}"):
        require_public({"towers": towers}, ["towers"], project_class="公开", settings=PublishSettings())
    with pytest.raises(RefusedError, match="the project is of class"):
        require_public({}, [], project_class=found, settings=PublishSettings())
    if found == "涉密":
        folder = make_project(tmp_path / "project", row_class=found)
        assert run(["deliver", str(folder), "--publish", "--lang", "en"]) == 4
        assert "holds 3 rows of class 涉密" in capsys.readouterr().err
        assert not list(folder.glob("out*"))


def test_what_is_not_secret_passes_with_a_remark() -> None:
    classes = ["非涉密", "内部", "公开", None, "内部"]
    towers = gpd.GeoDataFrame({"security_class": classes}, geometry=gpd.points_from_xy([75] * 5, [39] * 5))
    found = require_public({"towers": towers}, ["towers"], project_class="内部", settings=PublishSettings())
    assert {one.values["found"]: one.values["count"] for one in found} == {"非涉密": 1, "内部": 2}
    with pytest.raises(RefusedError, match="class 内部"):
        require_public(
            {"towers": towers}, ["towers"], project_class="公开", settings=PublishSettings(refused_classes=("内部",))
        )
    assert not require_public({"cells": towers}, ["towers"], project_class="公开", settings=PublishSettings())


@pytest.mark.parametrize(
    ("publish", "wanted"),
    [
        ('fields = ["OWNER"]', "OWNER is none"),
        ('fields = ["BZ"]', "the field BZ tells"),
    ],
)
def test_fields_that_may_not_be_published_are_refused(publish: str, wanted: str, tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project", publish=f"[publish]\n{publish}")
    with pytest.raises(ProjectError, match=wanted):
        publish_project(load_project(folder), tmp_path / "public")
    assert not (tmp_path / "public").exists()


@pytest.mark.parametrize("publish", ["grid_m = 0", "grid_m = -5", "grid_m = nan", "feilds = []", 'fields = [""]'])
def test_wrong_settings_are_named(publish: str, tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project", publish=f"[publish]\n{publish}")
    with pytest.raises(ProjectError, match="publish"):
        load_project(folder)


@pytest.mark.parametrize("number", ["", "新S(2026)001号<b>"])
def test_the_map_has_a_slot_for_its_review_number_and_a_banner_while_it_is_empty(number: str, tmp_path: Path) -> None:
    from onemap.views.view_settings import ViewSettings
    from onemap.views.web_map import write_map

    towers = gpd.GeoDataFrame({"tower_id": ["1"]}, geometry=gpd.points_from_xy([75.1], [39.6]), crs=4490)
    settings = ViewSettings("示范县", load_date(), review_number=number)
    page = write_map(tmp_path / "a.html", layers={"towers": towers}, results={}, elevation=None, settings=settings)
    words = page.read_text(encoding="utf-8")
    assert ('id="review" class="card missing"' in words) == (not number)
    assert ("审图号未填写：公开前" in words.split("<script type=")[0]) == (not number)
    assert ("审图号：新S(2026)001号" in words) == bool(number)
    assert "号<b>" not in words
    plain = write_map(
        tmp_path / "b.html",
        layers={"towers": towers},
        results={},
        elevation=None,
        settings=ViewSettings("示范县", load_date()),
    )
    assert 'id="review"' not in plain.read_text(encoding="utf-8")


def load_date() -> object:
    import datetime as dt

    return dt.date(2026, 1, 1)
