"""What other programs wrote is read back as it was: rows, order, Chinese text, nulls, whole numbers."""

from __future__ import annotations

import json
import sqlite3
import warnings
from pathlib import Path

import fiona
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from onemap.errors import ReadError
from onemap.sources import Reader, list_layers, read_file

NAMES = ["示范县一号站", "路口站", None]
FORMATS = {
    "towers.gpkg": {},
    "towers.gdb": {"driver": "OpenFileGDB", "TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"},
    "towers.geojson": {},
    "towers.shp": {"encoding": "GBK"},
}


def towers() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "名称": pd.array(NAMES, dtype="string"),
            "count": pd.array([1, None, 9_007_199_254_740_993], dtype="Int64"),
            "height": [30.5, np.nan, 45.0],
        },
        geometry=[shapely.Point(75.1, 39.5), None, shapely.Point(75.2, 39.6)],
        crs="EPSG:4490",
    )


def write(path: Path, rows: gpd.GeoDataFrame, **options: object) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        pyogrio.write_dataframe(rows, path, **options)
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_vector_files_come_back_as_written(tmp_path: Path, reader: Reader, name: str) -> None:
    source = read_file(write(tmp_path / name, towers(), **FORMATS[name]), reader=reader)
    assert source.frame["名称"].astype(object).where(source.frame["名称"].notna(), None).tolist() == NAMES
    assert source.frame["count"].dtype == pd.Int64Dtype()
    assert source.frame["count"].tolist() == [1, pd.NA, 9_007_199_254_740_993]
    assert source.frame["height"].tolist() == pytest.approx([30.5, np.nan, 45.0], nan_ok=True)
    assert source.geometry is not None
    assert source.geometry[1] is None
    assert shapely.equals_exact(source.geometry[2], shapely.Point(75.2, 39.6), 1e-8)
    assert (source.crs, source.rows.tolist()) == ("EPSG:4490", [1, 2, 3])
    assert source.findings == ()


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_without_rows_has_its_columns(tmp_path: Path, reader: Reader, name: str) -> None:
    empty = towers().iloc[:0]
    path = write(tmp_path / name, empty, geometry_type="Point", **FORMATS[name])
    source = read_file(path, reader=reader)
    assert len(source.frame) == 0
    assert len(source.rows) == 0
    if name != "towers.geojson":
        assert "名称" in source.frame


@pytest.mark.parametrize("name", ["towers.gpkg", "towers.gdb"])
def test_several_layers_need_a_choice_that_the_error_lists(tmp_path: Path, reader: Reader, name: str) -> None:
    path = write(tmp_path / name, towers(), layer="站址", **FORMATS[name])
    write(path, towers(), layer="光缆", append=True, **FORMATS[name])
    with pytest.raises(ReadError, match="站址、光缆"):
        read_file(path, reader=reader)
    with pytest.raises(ReadError, match="must hold the layer rooms"):
        read_file(path, layer="rooms", reader=reader)
    assert read_file(path, layer="光缆", reader=reader).layer == "光缆"
    assert [(info.name, info.rows) for info in list_layers(path, reader=reader)] == [("站址", 3), ("光缆", 3)]


def test_the_one_layer_that_holds_rows_needs_no_choice(tmp_path: Path, reader: Reader) -> None:
    path = write(tmp_path / "towers.gpkg", towers(), layer="full")
    write(path, towers().iloc[:0], layer="empty", append=True, geometry_type="Point")
    assert read_file(path, reader=reader).layer == "full"


def test_fiona_and_we_read_the_same(tmp_path: Path, reader: Reader) -> None:
    path = write(tmp_path / "towers.shp", towers(), encoding="GBK")
    with fiona.open(path) as other:
        names = [feature["properties"]["名称"] for feature in other]
    assert read_file(path, reader=reader).frame["名称"].fillna("").tolist() == [name or "" for name in names]


def test_polygons_lines_and_heights_are_kept(tmp_path: Path, reader: Reader) -> None:
    shapes = [shapely.LineString([(75, 39, 1500), (76, 40, 1600)]), shapely.LineString([(75, 39, 1), (75, 40, 2)])]
    path = write(tmp_path / "cables.gpkg", gpd.GeoDataFrame({"id": [1, 2]}, geometry=shapes, crs=4490))
    source = read_file(path, reader=reader)
    assert source.geometry is not None
    assert [shape.wkt for shape in source.geometry] == [shape.wkt for shape in shapes]


def test_curves_are_read_as_straight_pieces_and_said(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "arcs.gpkg"
    with fiona.open(path, "w", driver="GPKG", schema={"geometry": "LineString", "properties": {"a": "int"}}) as out:
        out.write({"geometry": {"type": "LineString", "coordinates": [(0, 0), (1, 1)]}, "properties": {"a": 1}})
    arc = (
        bytes.fromhex("4750000100000000" + "0108000000" + "03000000")
        + np.array([0, 0, 1, 1, 2, 0], dtype="<f8").tobytes()
    )
    with sqlite3.connect(path) as database:
        for (trigger,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f'drop trigger "{trigger}"')
        database.execute("update arcs set geom = ?", (arc,))
        database.execute("pragma writable_schema = 1")
        database.execute("update sqlite_master set sql = replace(sql, 'LINESTRING', 'CIRCULARSTRING')")
        database.execute("update gpkg_geometry_columns set geometry_type_name = 'CIRCULARSTRING'")
    database.close()
    source = read_file(path, reader=reader)
    assert source.geometry is not None
    assert source.geometry[0].length == pytest.approx(np.pi, rel=1e-3)
    assert [finding.rule for finding in source.findings] == ["OM-PKG-006"]


def test_geojson_is_wgs84_unless_it_says_otherwise(tmp_path: Path, reader: Reader) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"标签": ["甲", "乙"]},
            "geometry": {"type": "Point", "coordinates": [75, 39]},
        }
    ]
    path = tmp_path / "rooms.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8-sig")
    source = read_file(path, reader=reader)
    assert source.crs in {"EPSG:4326", "OGC:CRS84"}
    assert source.frame["标签"].tolist() == ["甲;乙"]
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": named, "features": features}), encoding="utf-8")
    assert read_file(path, reader=reader).crs == "EPSG:4490"


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>电力</name>
<Schema name="pole" id="pole"><SimpleField name="voltage" type="int"/></Schema>
<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>
<Folder><name>杆塔</name>
<Placemark><name>一号杆</name><ExtendedData><Data name="高度"><value>25</value></Data></ExtendedData>
<Point><coordinates>75.1,39.5,1800</coordinates></Point></Placemark>
<Placemark><name>二号杆</name><ExtendedData><SchemaData schemaUrl="#pole"><SimpleData name="voltage">110</SimpleData>
</SchemaData></ExtendedData><Point><coordinates>75.2,39.6</coordinates></Point></Placemark></Folder>
<Folder><name>变电站</name><Placemark><name>站</name><Point><coordinates>75,39</coordinates></Point></Placemark></Folder>
</Document></kml>"""


def test_kml_folders_are_layers_and_extended_data_is_kept(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "power.kml"
    path.write_text(KML, encoding="utf-8")
    assert {"杆塔", "变电站"} <= {info.name for info in list_layers(path, reader=reader)}
    with pytest.raises(ReadError, match="杆塔、变电站"):
        read_file(path, reader=reader)
    source = read_file(path, layer="杆塔", reader=reader)
    assert source.frame["Name"].tolist() == ["一号杆", "二号杆"]
    assert source.frame["高度"].tolist() == ["25", pd.NA]
    assert source.frame["voltage"].tolist() == [pd.NA, 110]
    assert source.geometry is not None
    assert source.geometry[0].wkt == "POINT Z (75.1 39.5 1800)"
    assert not {"tessellate", "extrude", "visibility", "icon"} & set(source.frame)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_delimited_text_is_kept_as_text(tmp_path: Path, reader: Reader, delimiter: str, encoding: str) -> None:
    lines = [["编码", "名称", "经度"], ["007", "北京路, “旧”", "75.10"], [], ["008", "㵘村", ""]]
    content = "\r\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    path = tmp_path / "sites.csv"
    path.write_bytes(content.encode(encoding))
    source = read_file(path, reader=reader)
    assert source.frame["编码"].tolist() == ["007", "008"]
    assert source.frame["名称"].tolist() == ["北京路, “旧”", "㵘村"]
    assert source.frame["经度"].tolist() == ["75.10", pd.NA]
    assert source.rows.tolist() == [2, 4]
    assert [finding.rule for finding in source.findings] == (["OM-ENC-001"] if encoding == "gb18030" else [])


def test_an_encoding_that_is_given_is_no_finding(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "sites.csv"
    path.write_bytes("编码,名称\nT1,路口\n".encode("gbk"))
    source = read_file(path, encoding="gbk", reader=reader)
    assert (source.frame["名称"].tolist(), source.findings) == (["路口"], ())
    with pytest.raises(ReadError, match="must be in utf-8, line 1 is not"):
        read_file(path, encoding="utf-8", reader=reader)
    with pytest.raises(ReadError, match="got klingon"):
        read_file(path, encoding="klingon", reader=reader)


def test_title_rows_odd_headers_and_long_rows_are_met(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "sites.csv"
    path.write_text("某县站址表,,,\n编码,名称,名称,,\nT1,甲,乙,丙,\nT2,丁\nT3,戊,己,庚,辛,壬\n", encoding="utf-8")
    source = read_file(path, header_row=2, reader=reader)
    assert source.frame.columns.tolist() == ["编码", "名称", "名称_2", "column_4", "column_5", "column_6"]
    assert source.rows.tolist() == [3, 4, 5]
    assert [(finding.rule, finding.row) for finding in source.findings][:2] == [("OM-PKG-004", 3), ("OM-PKG-004", 5)]
    with pytest.raises(ReadError, match=r"row 9 of .* must hold the column names"):
        read_file(path, header_row=9, reader=reader)
    with pytest.raises(ValueError, match="header_row must be 1 or more, got 0"):
        read_file(path, header_row=0, reader=reader)


def workbook(path: Path, rows: list[list[object]], *, sheets: tuple[str, ...] = ("学校",)) -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheets[0]
    for title in sheets[1:]:
        book.create_sheet(title)
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_workbook_cells_keep_their_kinds_and_rows_their_numbers(tmp_path: Path, reader: Reader) -> None:
    rows: list[list[object]] = [
        ["某县学校一览表"],
        ["编码", "名称", "学生", "面积", "电话", "寄宿"],
        ["01", "一中", 300, 1.5, 13800000000, True],
        [None],
        ["02", "二小", None, 2, "0998-123", False],
    ]
    source = read_file(workbook(tmp_path / "schools.xlsx", rows), header_row=2, reader=reader)
    assert source.frame["编码"].tolist() == ["01", "02"]
    assert source.frame["学生"].tolist() == [300, pd.NA]
    assert source.frame["面积"].tolist() == [1.5, 2.0]
    assert source.frame["电话"].tolist() == [13800000000, "0998-123"]
    assert source.frame["寄宿"].tolist() == [True, False]
    assert source.rows.tolist() == [3, 5]
    assert (source.layer, source.driver, source.geometry) == ("学校", "XLSX", None)


def test_sheets_are_layers(tmp_path: Path, reader: Reader) -> None:
    path = workbook(tmp_path / "one.xlsx", [["a"], [1]], sheets=("数据", "Sheet2", "Sheet3"))
    assert read_file(path, reader=reader).layer == "数据"
    book = openpyxl.load_workbook(path)
    book["Sheet2"].append(["b"])
    book.save(path)
    with pytest.raises(ReadError, match="数据、Sheet2"):
        read_file(path, reader=reader)
    assert [info.name for info in list_layers(path, reader=reader)] == ["数据", "Sheet2"]


def test_a_formula_that_nobody_computed_is_said(tmp_path: Path, reader: Reader) -> None:
    path = workbook(tmp_path / "sums.xlsx", [["a", "b"], [1, "=A2*2"]])
    source = read_file(path, reader=reader)
    assert [(finding.rule, finding.row, finding.values["column"]) for finding in source.findings] == [
        ("OM-PKG-007", 2, 2)
    ]


def test_a_missing_file_is_said_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="must exist") as caught:
        read_file(tmp_path / "没有.csv")
    assert "不存在" in caught.value.text("zh")


def test_kml_in_gbk_and_of_several_shapes_is_read(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "zones.kml"
    text = """<?xml version="1.0" encoding="GB2312"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>
    <Placemark id="a"><name>保护区</name><Polygon>
    <outerBoundaryIs><LinearRing><coordinates>0,0 4,0 4,4 0,4 0,0</coordinates></LinearRing></outerBoundaryIs>
    <innerBoundaryIs><LinearRing><coordinates>1,1 2,1 2,2 1,2 1,1</coordinates></LinearRing></innerBoundaryIs>
    </Polygon></Placemark>
    <Placemark><name>线</name><MultiGeometry><LineString><coordinates>0,0 1, 1</coordinates></LineString>
    <LineString><coordinates>2,2,5 3,3</coordinates></LineString></MultiGeometry></Placemark>
    <Placemark><name>坏</name><Point><coordinates>七十五,39</coordinates></Point></Placemark>
    <Placemark><name>无</name></Placemark></Document></kml>"""
    path.write_bytes(text.encode("gb18030"))
    source = read_file(path, reader=reader)
    assert source.frame["Name"].tolist() == ["保护区", "线", "坏", "无"]
    assert source.geometry is not None
    assert source.geometry[0].area == 15
    assert source.geometry[1].geom_type == "MultiLineString"
    assert source.geometry[2:].tolist() == [None, None]
    assert (source.layer, [(finding.rule, finding.row) for finding in source.findings]) == (
        "zones",
        [("OM-PKG-008", 3)],
    )
