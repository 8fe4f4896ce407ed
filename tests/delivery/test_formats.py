"""Every format of a delivery: what it holds, what it lists as lost, and the same bytes each time."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import docx
import ezdxf
import fiona
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyogrio
import pytest
import shapely

from onemap.config import DeliverySettings, load_project
from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.mapping import Mapped
from onemap.delivery.profile import ProfileField, load_profile
from onemap.delivery.writers import gdb, shapefile, workbook
from onemap.delivery.writers.fitting import fit
from onemap.errors import WriteError
from onemap.layers.sectors import sector_wedges
from onemap.sources import open_reader, read_file
from onemap.vct import open_vct
from onemap.workflows.delivery_formats import FORMATS as JOBS
from onemap.workflows.delivery_formats import Job
from tests.delivery.deliver_small import FORMATS, ROOT, deliver_small, hashes, small_layers

STEM = "659900示范县通信基础设施专项规划"
KML = "{http://www.opengis.net/kml/2.2}"
DATE = dt.date(2026, 1, 1)
FIELDS = (
    ProfileField(name="BSM", alias="标识码", length=18, required=True),
    ProfileField(name="MC", alias="名称", length=200),
    ProfileField(name="MJ", alias="面积", type="number", length=15, decimals=2),
)


def layer_of(geometry: list, texts: list, kind: str = "Point") -> DeliveryLayer:
    frame = gpd.GeoDataFrame(
        {
            "BSM": pd.array([f"B{at}" for at in range(len(texts))], dtype="string"),
            "MC": pd.array(texts, dtype="string"),
            "MJ": np.arange(len(texts), dtype=float),
        },
        geometry=geometry,
        crs="EPSG:4490",
    )
    return DeliveryLayer("LAYER_A", "图层", kind, 1, FIELDS, frame, "EPSG:4490")


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    made = deliver_small(folder, allow_losses=("crs", "columns"))
    assert not [one.as_dict() for one in made.findings if one.rule == "OM-OUT-101"]
    assert {one.values["allowed"] for one in made.findings if one.rule in {"OM-OUT-017", "OM-OUT-018"}} == {True}
    return folder / "delivery"


def test_all_formats_and_their_papers_are_there(delivered: Path) -> None:
    names = {path.name for path in delivered.iterdir()}
    vector = f"{STEM}矢量数据"
    assert {f"{vector}.{one}" for one in ("gdb", "gpkg", "vct", "kmz", "dxf")} <= names
    assert {f"{STEM}表格.xlsx", "shapefile", "geojson", "元数据.xml", "建库报告.docx", "trace.csv"} <= names


def test_the_quality_report_stands_in_the_delivery_by_the_name_of_the_profile(delivered: Path) -> None:
    form = {
        row.cells[0].text: row.cells[1].text for row in docx.Document(delivered / "质量检查报告.docx").tables[0].rows
    }
    quality = json.loads((delivered / "quality.json").read_text(encoding="utf-8"))
    assert f"应用{len(quality['summary'])}条规则" in form["质检结论"]
    assert {"质检依据", "检查人", "质检日期"} <= set(form)


def test_a_vertical_system_is_a_loss_of_shapefiles_and_no_fault_of_them(tmp_path: Path) -> None:
    layers = (replace(layer_of([shapely.Point(75, 39)], ["甲"]), crs="EPSG:4490+5737"),)
    settings = DeliverySettings(formats=("shp",), allow_losses=("crs",))
    about = load_project(ROOT / "data" / "pilot").project
    with open_reader() as reader:
        job = Job(about, settings, load_profile("telecom-special-plan"), layers, tmp_path, reader)
        written, lost = JOBS["shp"](job)
    assert [(one.loss.kind, one.loss.before, one.loss.after) for one in lost] == [
        ("crs", "EPSG:4490+5737", "EPSG:4490")
    ]
    assert gpd.read_file(written[0].path).crs.to_epsg() == 4490


def test_losses_are_errors_unless_allowed_by_name(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    refused = deliver_small(tmp_path / "one", formats=("kmz",))
    allowed = deliver_small(tmp_path / "two", formats=("kmz",), allow_losses=("crs", "columns"))
    lost = [one for one in refused.findings if one.rule in {"OM-OUT-017", "OM-OUT-018"}]
    rows = pd.read_csv(tmp_path / "one" / "delivery" / "trace.csv", dtype=str).groupby("layer").size()
    assert [one.severity for one in lost] == ["error" if one.layer in rows else "info" for one in lost]
    assert refused.errors - allowed.errors == sum(one.layer in rows for one in lost) > 0
    assert {one.severity for one in allowed.findings if "allowed" in one.values} == {"info"}


def test_kmz_holds_rows_text_and_sectors_and_nothing_from_elsewhere(delivered: Path) -> None:
    with zipfile.ZipFile(delivered / f"{STEM}矢量数据.kmz") as archive:
        root = ET.fromstring(archive.read("doc.kml"))
    folders = {one.findtext(f"{KML}name"): one.findall(f"{KML}Placemark") for one in root.iter(f"{KML}Folder")}
    trace = pd.read_csv(delivered / "trace.csv", dtype=str)
    assert {name: len(marks) for name, marks in folders.items() if marks and name != "小区_扇区"} == trace.groupby(
        "layer"
    ).size().to_dict()
    assert len(folders["小区_扇区"]) == 1  # the cell without a direction has no wedge
    assert folders["小区_扇区"][0].find(f"{KML}Polygon") is not None
    names = {
        one.text for mark in folders["SZGYSSD"] for one in mark.iter(f"{KML}SimpleData") if one.get("name") == "MC"
    }
    assert {"核心机楼", "乙站"} <= names
    assert not [*root.iter(f"{KML}href"), *root.iter(f"{KML}NetworkLink")]


def test_wedge_looks_where_the_cell_does() -> None:
    (wedge,) = sector_wedges([75.0], [39.5], [90.0], [60.0], radius_m=1000.0)
    assert wedge.centroid.x > 75.0
    assert wedge.centroid.y == pytest.approx(39.5, abs=1e-4)
    area = gpd.GeoSeries([wedge], crs=4490).to_crs(32643).area.iloc[0]
    assert area == pytest.approx(np.pi * 1000**2 / 6, rel=0.01)


def test_drawing_holds_points_lines_and_text_on_named_layers(delivered: Path) -> None:
    drawing = pyogrio.read_dataframe(delivered / f"{STEM}矢量数据.dxf")
    counts = drawing["Layer"].value_counts()
    trace = pd.read_csv(delivered / "trace.csv", dtype=str).groupby("layer").size()
    for code in ("SZGYSSD", "SZGYSSX", "ZDJCSSD", "ZDJCSSX"):
        assert counts[code] == counts[f"{code}_注记"] == trace[code]
    assert {"乙站", "核心机楼"} <= set(drawing["Text"].dropna())
    area = drawing[drawing["Layer"].eq("SZGYSSM")].geometry.iloc[0]
    assert area.is_ring
    header = ezdxf.readfile(delivered / f"{STEM}矢量数据.dxf").header
    assert np.allclose([header["$EXTMIN"][:2], header["$EXTMAX"][:2]], np.reshape(drawing.total_bounds, (2, 2)))


def test_totals_of_the_workbook_are_those_of_the_layers(delivered: Path) -> None:
    book = openpyxl.load_workbook(delivered / f"{STEM}表格.xlsx")
    totals = {row[0]: row[3:] for row in book["汇总"].iter_rows(min_row=2, values_only=True)}
    trace = pd.read_csv(delivered / "trace.csv", dtype=str).groupby("layer").size()
    for code, count in trace.items():
        assert totals[code][0] == book[code].max_row - 1 == count
    assert totals["合计"][0] == trace.sum()
    heads = [cell.value for cell in book["SZGYSSM"][1]]
    areas = [row[heads.index("面积")].value for row in book["SZGYSSM"].iter_rows(min_row=2)]
    assert totals["SZGYSSM"][2] == pytest.approx(sum(areas), abs=0.02)
    geod = gpd.read_file(delivered / "shapefile" / "SZGYSSX.shp").to_crs(32643).length.sum() / 1000
    assert totals["SZGYSSX"][1] == pytest.approx(geod, rel=0.01)


def test_vct_has_the_widths_of_the_profile(delivered: Path) -> None:
    with open_vct(delivered / f"{STEM}矢量数据.vct") as file:
        assert [one.name for one in file.layers][:2] == ["SZGYSSD", "SZGYSSX"]
    found = read_file(delivered / f"{STEM}矢量数据.vct", layer="SZGYSSM")
    assert {"BSM": 18, "MJ": 15}.items() <= {one.name: one.width for one in found.stored}.items()
    text = (delivered / f"{STEM}矢量数据.vct").read_text(encoding="gb18030")
    assert "JQZDXMD" in text  # a layer without a row is told too


@pytest.mark.slow
def test_two_hash_seeds_folders_and_moments_give_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for seed, name in (("0", "a"), ("4242", "another folder")):
        folder = tmp_path / name
        folder.mkdir()
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": str(ROOT),
            "TZ": "Asia/Shanghai" if seed == "0" else "UTC",
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.delivery.deliver_small", str(folder)], cwd=ROOT, env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        found.append(json.loads(done.stdout))
        time.sleep(2.1)  # the clock of a ZIP archive has steps of two seconds
    assert found[0] == found[1]
    endings = {Path(name).suffix for name in found[0]}
    assert {
        ".gdbtable",
        ".gpkg",
        ".shp",
        ".dbf",
        ".geojson",
        ".vct",
        ".kmz",
        ".dxf",
        ".xlsx",
        ".xml",
        ".docx",
    } <= endings


@pytest.mark.parametrize("form", FORMATS)
def test_bad_data_are_losses_or_findings_in_every_format(form: str, tmp_path: Path) -> None:
    layers = small_layers()
    bad = ["塔\x01\x08", "😀𠮷塔", "x" * 5000]
    towers = layers["towers"].iloc[[0, 1, 2]].copy()
    towers["name"], towers["status"] = bad, "in service"
    towers["tower_id"] = ["A\tB", "=1+1", "<b>&"]
    towers.loc[towers.index[2], "owner"] = np.nan
    result = deliver_small(tmp_path, {**layers, "towers": towers}, formats=(form,))
    assert not [one.message("en") for one in result.findings if one.rule == "OM-OUT-101"]
    trace = pd.read_csv(tmp_path / "delivery" / "trace.csv", dtype=str)
    assert {"A\tB", "'=1+1", "<b>&"} <= set(trace["id"]) | {"A\tB"}
    lost = {one.values["kind"] for one in result.findings if one.rule.startswith("OM-OUT-0")}
    expected = {"shp": {"characters"}, "vct": {"characters"}, "kmz": {"characters"}, "dxf": {"characters"}}
    assert expected.get(form, set()) <= lost


@pytest.mark.parametrize("form", FORMATS)
def test_delivery_without_a_row_is_written(form: str, tmp_path: Path) -> None:
    layers = {name: layer.iloc[:0] if name != "districts" else layer for name, layer in small_layers().items()}
    result = deliver_small(tmp_path, layers, formats=(form,))
    assert not [one.message("en") for one in result.findings if one.rule == "OM-OUT-101"]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_shapefile_states_its_encoding_and_keeps_its_text(encoding: str, tmp_path: Path) -> None:
    layer = layer_of([shapely.Point(75, 39), None], ["中国铁塔站", None])
    shapefile.write([layer], tmp_path / "shp", date=DATE, encoding=encoding)
    assert (tmp_path / "shp" / "LAYER_A.cpg").read_text() == encoding.upper()
    with fiona.open(tmp_path / "shp" / "LAYER_A.shp") as file:
        assert [row["properties"]["MC"] for row in file] == ["中国铁塔站", None]


def test_text_is_fitted_to_254_bytes_between_characters_and_listed() -> None:
    fitted, losses = fit(layer_of([shapely.Point(75, 39)] * 3, ["长" * 150, "a\0b", "㵘"]), encoding="gbk")
    assert [one if one is None else len(one.encode("gbk")) for one in fitted.frame["MC"]] == [254, 1, 2]
    assert {(one.kind, tuple(one.positions)) for one in losses} == {("text-cut", (0, 1)), ("characters", (2,))}


def test_shape_without_a_number_is_left_out_and_listed() -> None:
    given = layer_of([shapely.Point(np.nan, 39), shapely.Point(75, 39)], ["a", "b"])
    fitted, losses = fit(given)
    assert fitted.frame.geometry.isna().tolist() == [True, False]
    assert [(one.kind, one.positions.tolist()) for one in losses] == [("coordinates-not-finite", [0])]
    assert not given.frame.geometry.isna().any()


SHAPES = {
    "Point": [shapely.Point(75, 39), None],
    "LineString": [
        shapely.LineString([(75, 39), (75.1, 39)]),
        None,
        shapely.MultiLineString([[(75, 39), (75, 40)], [(76, 39), (76, 40), (77, 40)]]),
    ],
    "Polygon": [
        shapely.box(75, 39, 76, 40).difference(shapely.box(75.2, 39.2, 75.3, 39.3)),
        shapely.MultiPolygon([shapely.box(77, 39, 78, 40), shapely.box(79, 39, 80, 40)]),
    ],
}


@pytest.mark.parametrize("kind", SHAPES)
def test_size_of_a_shapefile_is_foreseen_to_the_byte(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = layer_of(SHAPES[kind], ["甲"] * len(SHAPES[kind]), kind)
    shapefile.write([layer], tmp_path / "shp", date=DATE)
    size = (tmp_path / "shp" / "LAYER_A.shp").stat().st_size
    assert shapefile.shape_bytes(np.asarray(layer.frame.geometry.array, dtype=object)) == size
    table = (tmp_path / "shp" / "LAYER_A.dbf").stat().st_size
    monkeypatch.setattr(shapefile, "_MOST_BYTES", max(size, table) - 1)
    with pytest.raises(WriteError, match="Shapefile holds 2,147 MB"):
        shapefile.write([layer], tmp_path / "again", date=DATE)
    assert not (tmp_path / "again").exists()
    monkeypatch.setattr(shapefile, "_MOST_BYTES", max(size, table))
    shapefile.write([layer], tmp_path / "again", date=DATE)


def test_geodatabase_has_its_feature_dataset_and_compound_system(mapped: Mapped, tmp_path: Path) -> None:
    layers = [replace(layer, crs="EPSG:4490+5737") for layer in mapped.layers.values()]
    gdb.write(layers, tmp_path / "d.gdb", date=DATE, feature_dataset="TXJCSS")
    wkt = fiona.open(tmp_path / "d.gdb", layer="SZGYSSD").crs.to_wkt()
    assert "China Geodetic Coordinate System 2000" in wkt
    assert "1985" in wkt
    items = pyogrio.raw.read_arrow(tmp_path / "d.gdb", layer="GDB_Items", columns=["Name", "Path"])[1].to_pydict()
    assert "\\TXJCSS\\SZGYSSD" in items["Path"]


def test_no_public_way_gives_a_geodatabase_its_domains(tmp_path: Path) -> None:
    """GDAL's Arrow metadata can name a domain, but nothing in pyogrio can make one: the day this fails, use it."""
    metadata = {"GDAL:OGR:domain_name": "LX"}
    fields = [
        pa.field("LX", pa.string(), metadata=metadata),
        pa.field("g", pa.binary(), metadata={"ARROW:extension:name": "ogc.wkb"}),
    ]
    table = pa.table([pa.array(["10"]), pa.array([shapely.Point(75, 39).wkb])], schema=pa.schema(fields))
    options = {"geometry_name": "g", "geometry_type": "Point", "crs": "EPSG:4490"}
    pyogrio.raw.write_arrow(table, tmp_path / "d.gdb", layer="A", driver="OpenFileGDB", **options)
    _, found = pyogrio.raw.read_arrow(tmp_path / "d.gdb", layer="A")
    assert b"GDAL:OGR:domain_name" not in (found.schema.field("LX").metadata or {})
    assert not [name for name in dir(pyogrio.raw) if "domain" in name.lower()]


def test_workbook_refuses_more_rows_than_a_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_MOST_ROWS", 1)
    with pytest.raises(WriteError, match="LAYER_A has 2 rows"):
        workbook.write([layer_of([shapely.Point(75, 39)] * 2, ["a", "b"])], tmp_path / "a.xlsx", date=DATE)


def test_same_delivery_twice_in_one_process(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        deliver_small(tmp_path / name, formats=("kmz", "dxf", "xlsx", "vct"))
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")
