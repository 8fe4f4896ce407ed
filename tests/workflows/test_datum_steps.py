"""What a project declares about datums and heights, from the project file to the manifest."""

from __future__ import annotations

import json

import numpy as np
import pyproj
import pytest

from onemap.config import load_project
from onemap.errors import CRSError, ProjectError
from onemap.workflows.reading import read_layers
from onemap.workflows.run import run_project

HEAD = """
[project]
name = "示范县"
code = "659900"
date = 2026-01-01
[coverage]
model = "radius"
"""
SOURCE = """
[[source]]
layer = "towers"
path = "{path}"
crs = "{crs}"
{axes}
fields = {{ tower_id = "编码" }}
"""
METRES = 'easting = "东"\nnorthing = "北"'
DEGREES = 'lon = "经度"\nlat = "纬度"'
PLACES = np.array([(505_000.0, 4_372_000.0), (541_000, 4_374_000), (512_000, 4_408_000), (538_000, 4_401_000)])
STEP = (90.0, 40.0)


def project_of(folder, more, *, crs="EPSG:2370", places=PLACES):
    rows = "".join(f"T{row},{east!r},{north!r}\n" for row, (east, north) in enumerate(places.tolist()))
    (folder / "towers.csv").write_text("编码,东,北\n" + rows, encoding="utf-8")
    source = SOURCE.format(path="towers.csv", crs=crs, axes=METRES)
    (folder / "onemap.toml").write_text(HEAD + source + more, encoding="utf-8")
    return load_project(folder)


def table(folder, head, rows):
    lines = [",".join(str(value) for value in row) for row in rows]
    (folder / "common.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")


def control(**keys):
    given = {"path": '"common.csv"', "method": '"4-parameter"', "max_residual_m": "0.1", "target_crs": '"EPSG:4534"'}
    given |= keys
    return "[source.control_points]\n" + "".join(f"{name} = {value}\n" for name, value in given.items() if value)


def common_rows(spoiled_m=0.0):
    east, north = STEP
    rows = [(f"P{row}", e, n, e + east, n + north) for row, (e, n) in enumerate(PLACES.tolist(), 1)]
    rows[2] = (*rows[2][:4], rows[2][4] + spoiled_m)
    return rows


def places_of(project):
    towers = read_layers(project).layers["towers"]
    return np.column_stack(pyproj.Proj("EPSG:4534")(towers.geometry.x.to_numpy(), towers.geometry.y.to_numpy()))


@pytest.mark.parametrize(
    ("head", "columns"),
    [
        ("name,source_easting,source_northing,target_easting,target_northing", ""),
        ("点名,源东坐标,源北坐标,目标东坐标,目标北坐标", ""),
        ("点号,源横坐标,源纵坐标,目标横坐标,目标纵坐标", ""),
        (
            "控制点,Y80,X80,Y2000,X2000",
            (
                '{ name = "控制点", source_easting = "Y80", source_northing = "X80", target_easting = "Y2000", '
                'target_northing = "X2000" }'
            ),
        ),
    ],
)
def test_table_of_control_points_is_read_by_its_headers(head, columns, tmp_path):
    table(tmp_path, head, common_rows())
    found = places_of(project_of(tmp_path, control(columns=columns)))
    assert np.abs(found - (PLACES + STEP)).max() < 1e-5


def test_table_in_degrees_minutes_and_seconds_is_read(tmp_path):
    shift = "proj=helmert x=15 y=-150 z=-90"
    there = pyproj.Transformer.from_pipeline(
        "proj=pipeline step proj=unitconvert xy_in=deg xy_out=rad step proj=cart a=6378140 rf=298.257 "
        f"step {shift} step inv proj=cart ellps=GRS80 step proj=unitconvert xy_in=rad xy_out=deg"
    )
    xian = pyproj.Proj(proj="tmerc", lon_0=75, x_0=500_000, a=6378140, rf=298.257)
    lon, lat = xian(*PLACES.T, inverse=True)
    rows = []
    for row, ends in enumerate(zip(lon, lat, *there.transform(lon, lat), strict=True)):
        rows.append((f"P{row}", *(f"{int(v)}°{int(v % 1 * 60)}′{v * 3600 % 60:.6f}″" for v in ends)))
    table(tmp_path, "点名,源经度,源纬度,目标经度,目标纬度", rows)
    keys = {"method": '"7-parameter"', "crs": '"EPSG:4610"', "target_crs": ""}
    project = project_of(tmp_path, control(**keys))
    expected = np.column_stack(pyproj.Proj("EPSG:4534")(*there.transform(lon, lat)))
    assert np.abs(places_of(project) - expected).max() < 0.005


def test_residuals_and_the_table_stand_in_the_manifest(tmp_path):
    table(tmp_path, "点名,源东坐标,源北坐标,目标东坐标,目标北坐标", common_rows(0.08))
    run_project(project_of(tmp_path, control()), tmp_path / "out", steps=("layers",))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    (operation,) = manifest["operations"]
    report = operation["control_points"]
    assert report["worst_point"] == "P3"
    assert [one["name"] for one in report["residuals"]] == ["P1", "P2", "P3", "P4"]
    assert operation["accuracy_m"] == pytest.approx(report["rms_m"], abs=1e-4)
    assert report["worst_residual_m"] < report["max_residual_m"] == 0.1
    assert "common.csv" in manifest["inputs"]


def test_wrong_point_of_the_table_ends_the_run_and_is_named(tmp_path):
    table(tmp_path, "点名,源东坐标,源北坐标,目标东坐标,目标北坐标", common_rows(3.0))
    with pytest.raises(CRSError, match=r"towers.csv: .*P3 is off by"):
        read_layers(project_of(tmp_path, control()))


def test_cell_of_a_table_that_is_no_number_is_named_by_its_row(tmp_path):
    rows = common_rows()
    rows[1] = ("P2", "约541000", *rows[1][2:])
    table(tmp_path, "点名,源东坐标,源北坐标,目标东坐标,目标北坐标", rows)
    with pytest.raises(CRSError, match="row 3 has '约541000'"):
        read_layers(project_of(tmp_path, control()))


def test_four_parameters_and_pipeline_and_code_are_taken_from_the_project(tmp_path):
    shift = (
        '[source.plane_shift]\neast_m = 90\nnorth_m = 40\npositive_rotation = "clockwise"\ntarget_crs = "EPSG:4534"\n'
    )
    assert np.abs(places_of(project_of(tmp_path, shift)) - (PLACES + STEP)).max() < 1e-5
    steps = (
        "proj=pipeline step inv proj=tmerc lon_0=75 x_0=500000 ellps=GRS80 step proj=unitconvert xy_in=rad xy_out=deg"
    )
    pipeline = f'[source.pipeline]\nsteps = "{steps}"\naccuracy_m = 2.0\n'
    project = project_of(tmp_path, pipeline)
    assert np.abs(places_of(project) - PLACES).max() < 1e-5
    assert read_layers(project).operations[0]["accuracy_m"] == 2.0
    inside = np.array([(590_000.0, 4_300_000.0), (591_000.0, 4_310_000.0)])
    named = project_of(tmp_path, 'operation = "EPSG:15921"\n', crs="EPSG:2423", places=inside)
    assert "EPSG:15921" in str(read_layers(named).operations[0]["operation"])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('operation = "EPSG:15921"\n[source.pipeline]\nsteps = "proj=noop"\naccuracy_m = 1', "at most one of"),
        ("[source.control_points]\nmethod = '4-parameter'\nmax_residual_m = 0.1", "either path or points"),
        (control(max_residual_m=""), "max_residual_m"),
        (control(method='"affine"'), "4-parameter"),
        ('[source.plane_shift]\neast_m = 1\nnorth_m = 1\ntarget_crs = "EPSG:4534"', "positive_rotation"),
        ('[source.datum_shift]\nmethod = "translation"\ntx_m = 1\nty_m = 1\ntz_m = 1\nrx_arcsec = 1', "translation"),
        ('vertical_datum = "海平面"', "a datum of heights"),
        ('operation = "Tarim"', "operation"),
    ],
)
def test_declaration_that_says_too_much_or_too_little_is_a_wrong_key(more, words, tmp_path):
    with pytest.raises(ProjectError, match=words):
        project_of(tmp_path, more)


def heights_project(folder, first, second, *, more=""):
    sources = ""
    for name, datum in (("a", first), ("b", second)):
        (folder / f"{name}.csv").write_text(f"编码,经度,纬度,高程\n{name}1,75.2,39.6,1200\n", encoding="utf-8")
        axes = DEGREES + (f'\nvertical_datum = "{datum}"' if datum else "")
        source = SOURCE.format(path=f"{name}.csv", crs="EPSG:4490", axes=axes)
        sources += source.replace('"编码" }', '"编码", ground_elev_m = "高程" }')
    (folder / "onemap.toml").write_text(HEAD + sources + more, encoding="utf-8")
    return [one for one in read_layers(load_project(folder)).findings if one.rule.startswith("OM-CRS")]


def test_heights_of_two_datums_are_an_error_that_names_both(tmp_path):
    (found,) = heights_project(tmp_path, "1985国家高程基准", "EPSG:5736")
    assert (found.rule, found.severity, found.file) == ("OM-CRS-039", "error", "b.csv")
    assert "1956年黄海高程系" in found.message("zh")
    assert "1985 National Height Datum" in found.message("en")


@pytest.mark.parametrize(("first", "second", "rules"), [
    ("EPSG:5737", "1985国家高程基准", []), ("", "", []), ("EPSG:5737", "", ["OM-CRS-040"]), ("", "EGM96", ["OM-CRS-040"]),
])  # fmt: skip
def test_heights_are_questioned_only_where_a_datum_is_known(first, second, rules, tmp_path):
    assert [one.rule for one in heights_project(tmp_path, first, second)] == rules


def test_layer_of_another_province_is_questioned(tmp_path):
    project = project_of(tmp_path, "", crs="EPSG:4549")
    found = [one for one in read_layers(project).findings if one.rule == "OM-CRS-043"]
    assert len(found) == 1
    assert "新疆维吾尔自治区" in found[0].message("zh")
    assert not [one for one in read_layers(project_of(tmp_path, "", crs="EPSG:4534")).findings if "CRS" in one.rule]
