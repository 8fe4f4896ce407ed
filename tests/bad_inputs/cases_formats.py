"""The many formats: workbooks as offices lay them out, drawings, exchange formats, archives, rasters."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import rasterio
import shapely
import xlwt
from affine import Affine
from xlwt.CompoundDoc import XlsDoc

from tests.bad_inputs.making import CSV_HEAD, CSV_ROWS, name_source, towers, write, write_text
from tests.bad_inputs.registry import bad, good

HEAD = ["站址编码", "站址名称", "塔高", "经度", "纬度"]
ROWS = [["T1", "甲站", 35, 75.201234, 39.601234], ["T2", "乙站", 30, 75.251234, 39.621234]]
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>站址</name>{}</Document></kml>'
PLACEMARK = "<Placemark><name>甲站</name>{}<Point><coordinates>75.2,39.6</coordinates></Point></Placemark>"
GPX = (
    '<?xml version="1.0" encoding="UTF-8"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">'
    '<wpt lat="39.6" lon="75.2"><name>甲站</name></wpt></gpx>'
)
PLACE = Affine(0.01, 0, 75, 0, -0.01, 40)


def workbook(folder: Path, rows: list[list[object]], *merged: str, name: str = "towers.xlsx") -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(folder / name)
    return folder / name


def drawing(entities: str, *, page: str = "ANSI_936") -> str:
    return (
        f"0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n9\n$DWGCODEPAGE\n3\n{page}\n0\nENDSEC\n"
        f"0\nSECTION\n2\nENTITIES\n{entities}0\nENDSEC\n0\nEOF\n"
    )


POINT = "0\nPOINT\n8\n站址\n10\n500000\n20\n4400000\n"
TEXT = "0\nTEXT\n8\n注记\n10\n500000\n20\n4400010\n40\n2\n1\n甲站\n"


def elevation(folder: Path, values: np.ndarray, *, bands: int = 1, **options: object) -> Path:
    profile = {"crs": "EPSG:4490", "transform": PLACE, "dtype": values.dtype.name, "count": bands, **options}
    path = folder / "dem.tif"
    with rasterio.open(path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], **profile) as out:
        for band in range(1, bands + 1):
            out.write(values, band)
    return path


def heights() -> np.ndarray:
    return np.arange(10_000, dtype="float32").reshape(100, 100) / 10


def parquet(folder: Path, **columns: pa.Array) -> Path:
    shapes = pa.array([shapely.to_wkb(shapely.Point(75.2, 39.6))])
    one = {"encoding": "WKB", "geometry_types": ["Point"]}
    named = {name: one for name in ("geometry", *columns) if name == "geometry" or name.startswith("位置")}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": named}
    table = pa.table({"站址编码": pa.array(["T1"]), **columns, "geometry": shapes})
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), folder / "towers.parquet")
    return folder / "towers.parquet"


def collection(place: list[float], **members: object) -> str:
    point = {"type": "Point", "coordinates": place}
    one = {"type": "Feature", "properties": {"站址名称": "甲站"}, "geometry": point}
    return json.dumps({"type": "FeatureCollection", **members, "features": [one]}, ensure_ascii=False)


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def zipped_shapefile(folder: Path, *, without: str = "") -> Path:
    path = write(towers(), folder / "towers.shp", encoding="GBK")
    parts = {part.name: part.read_bytes() for part in folder.glob("towers.*") if part.suffix != without}
    for part in folder.glob("towers.*"):
        part.unlink()
    return archive(path.with_suffix(".zip"), **parts)


@good(rule="OM-PKG-031")
@good(rule="OM-PKG-032")
@good(rule="OM-PKG-033")
@good(rule="OM-PKG-034")
@good(rule="OM-PKG-035")
@good(rule="OM-PKG-036")
@good(rule="OM-FLD-010")
def honest_workbook(folder: Path) -> Path:
    """A workbook with its header in the first row."""
    return workbook(folder, [HEAD, *ROWS])


@bad(rule="OM-PKG-031")
def workbook_with_titles(folder: Path) -> Path:
    """A workbook with a title and a line about the sender above the header."""
    titles = [["示范县站址台账"], ["填报单位：甲公司", None, "日期：2026年1月"], []]
    return workbook(folder, [*titles, HEAD, *ROWS], "A1:E1")


@bad(rule="OM-PKG-031")
def csv_with_a_title(folder: Path) -> Path:
    """A CSV with a title above the header."""
    return write_text(folder / "towers.csv", "示范县站址台账,,,,,\n" + CSV_HEAD + CSV_ROWS)


@bad(rule="OM-PKG-031")
def old_workbook_with_a_title(folder: Path) -> Path:
    """An .xls with a title above the header."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("站址")
    for at, row in enumerate([["示范县站址台账"], HEAD, *ROWS]):
        for column, cell in enumerate(row):
            sheet.write(at, column, cell)
    book.save(str(folder / "towers.xls"))
    return folder / "towers.xls"


@bad(rule="OM-PKG-032")
def workbook_with_a_header_of_two_rows(folder: Path) -> Path:
    """A workbook whose header runs over two rows of merged cells."""
    rows = [["站址编码", "站址名称", "塔高", "位置", None], [None, None, None, "经度", "纬度"], *ROWS]
    return workbook(folder, rows, "A1:A2", "B1:B2", "C1:C2", "D1:E1")


@bad(rule="OM-PKG-033")
def workbook_with_merged_rows(folder: Path) -> Path:
    """A workbook in which one county is merged over two rows."""
    rows = [["县", *HEAD], ["甲县", *ROWS[0]], [None, *ROWS[1]]]
    return workbook(folder, rows, "A2:A3")


@bad(rule="OM-PKG-034")
def workbook_with_notes_below(folder: Path) -> Path:
    """A workbook with a note and the signer below the table."""
    return workbook(folder, [HEAD, *ROWS, [], ["注：坐标为2000国家大地坐标系"], ["填表人：张三"]])


@bad(rule="OM-PKG-035", ask="run")
def workbook_with_a_hidden_sheet(folder: Path) -> Path:
    """A workbook with a hidden sheet of codes beside the sheet of towers."""
    path = workbook(folder, [[*HEAD, "产权单位"], *[[*row, "中国铁塔"] for row in ROWS]])
    book = openpyxl.load_workbook(path)
    codes = book.create_sheet("代码")
    codes.append(["代码", "含义"])
    codes.sheet_state = "hidden"
    book.save(path)
    return name_source(folder, path.name, keys='crs = "EPSG:4490"\nlon = "经度"\nlat = "纬度"')


@bad(rule="OM-PKG-036")
def workbook_with_an_error(folder: Path) -> Path:
    """A workbook in which a lookup has failed: #N/A."""
    path = workbook(folder, [HEAD, *ROWS])
    book = openpyxl.load_workbook(path)
    book.active["C2"] = "#N/A"
    book.active["C2"].data_type = "e"
    book.save(path)
    return path


@good(rule="OM-PKG-037")
@good(rule="OM-PKG-039")
def honest_kml(folder: Path) -> Path:
    """A KML of one placemark."""
    return write_text(folder / "towers.kml", KML.format(PLACEMARK.format("")))


@bad(rule="OM-PKG-037")
def kml_with_overlays(folder: Path) -> Path:
    """A KML with a style and an overlay on the screen."""
    return write_text(folder / "towers.kml", KML.format("<Style id='a'/><ScreenOverlay/>" + PLACEMARK.format("")))


@good(rule="OM-PKG-038")
def honest_old_workbook(folder: Path) -> Path:
    """An .xls without a password."""
    book = xlwt.Workbook(encoding="utf-8")
    book.add_sheet("站址").write(0, 0, "站址编码")
    book.save(str(folder / "towers.xls"))
    return folder / "towers.xls"


@bad(rule="OM-PKG-038", exit_code=3)
def old_workbook_under_a_password(folder: Path) -> Path:
    """An .xls that asks for a password."""
    book = xlwt.Workbook(encoding="utf-8")
    book.add_sheet("站址").write(0, 0, "站址编码")
    stream = book.get_biff_data()
    first = 4 + int.from_bytes(stream[2:4], "little")  # the record that begins the stream
    locked = stream[:first] + b"\x2f\x00\x36\x00" + b"\x01\x00\x01\x00\x01\x00" + bytes(48) + stream[first:]
    XlsDoc().save(str(folder / "towers.xls"), locked)
    return folder / "towers.xls"


@bad(rule="OM-PKG-039")
def ovital_with_shifted_places(folder: Path) -> Path:
    """An .ovkml whose places are marked as shifted."""
    return write_text(folder / "towers.ovkml", KML.format(PLACEMARK.format("<OvCoordType>GCJ02</OvCoordType>")))


@bad(rule="OM-PKG-039")
def ovital_without_a_mark(folder: Path) -> Path:
    """An .ovkml that does not say whether its places are shifted."""
    return write_text(folder / "towers.ovkml", KML.format(PLACEMARK.format("")))


@bad(rule="OM-PKG-039")
def ovital_archive_without_a_mark(folder: Path) -> Path:
    """An .ovkmz that does not say whether its places are shifted."""
    return archive(folder / "towers.ovkmz", **{"doc.kml": KML.format(PLACEMARK.format("")).encode()})


@good(rule="OM-PKG-040")
def flatgeobuf_without_an_index(folder: Path) -> Path:
    """A FlatGeobuf without an index keeps its rows in order."""
    return write(towers(), folder / "towers.fgb", SPATIAL_INDEX="NO")


@bad(rule="OM-PKG-040")
def flatgeobuf_with_an_index(folder: Path) -> Path:
    """A FlatGeobuf with an index, whose writer has sorted the rows."""
    return write(towers(), folder / "towers.fgb")


@good(rule="OM-PKG-041")
@good(rule="OM-PKG-042")
@good(rule="OM-FLD-012")
def honest_drawing(folder: Path) -> Path:
    """A DXF of one layer of points."""
    return write_text(folder / "towers.dxf", drawing(POINT), "gbk")


@bad(rule="OM-PKG-041")
def drawing_of_two_layers(folder: Path) -> Path:
    """A DXF with two layers."""
    return write_text(folder / "towers.dxf", drawing(POINT + TEXT), "gbk")


@bad(rule="OM-PKG-042")
def drawing_with_a_solid(folder: Path) -> Path:
    """A DXF with an entity that is not read."""
    return write_text(folder / "towers.dxf", drawing(POINT + "0\n3DSOLID\n8\n站址\n"), "gbk")


@bad(rule="OM-FLD-012")
def drawing_with_texts(folder: Path) -> Path:
    """A DXF whose names are texts beside the symbols."""
    return write_text(folder / "towers.dxf", drawing(POINT + TEXT), "gbk")


@bad(rule="OM-ENC-004")
def drawing_with_a_western_code_page(folder: Path) -> Path:
    """A DXF that names a Western code page and holds GBK."""
    return write_text(folder / "towers.dxf", drawing(POINT + TEXT, page="ANSI_1252"), "gbk")


@bad(rule="OM-PKG-015", exit_code=3)
def drawing_cut_short(folder: Path) -> Path:
    """A DXF that ends within its entities."""
    return write_text(folder / "towers.dxf", drawing(POINT)[:-30], "gbk")


@good(rule="OM-PKG-043")
@good(rule="OM-FLD-011")
def honest_parquet(folder: Path) -> Path:
    """A GeoParquet with one column of shapes."""
    return parquet(folder)


@bad(rule="OM-PKG-043")
def parquet_with_two_columns_of_shapes(folder: Path) -> Path:
    """A GeoParquet with two columns of shapes."""
    return parquet(folder, 位置2=pa.array([shapely.to_wkb(shapely.Point(1, 2))]))


@bad(rule="OM-FLD-011")
def parquet_with_lists(folder: Path) -> Path:
    """A GeoParquet with a column of lists."""
    return parquet(folder, 共享=pa.array([["移动", "联通"]]))


@bad(rule="OM-PKG-015", exit_code=3)
def parquet_cut_short(folder: Path) -> Path:
    """A GeoParquet without its last bytes."""
    path = parquet(folder)
    path.write_bytes(path.read_bytes()[:-20])
    return path


@good(rule="OM-PKG-044")
@good(rule="OM-PKG-048")
def honest_geojson(folder: Path) -> Path:
    """A GeoJSON in degrees that names no system."""
    return write_text(folder / "towers.geojson", collection([75.2, 39.6]))


@bad(rule="OM-PKG-044")
def geojson_in_metres(folder: Path) -> Path:
    """A GeoJSON in metres that names no system: libraries say WGS 84."""
    return write_text(folder / "towers.geojson", collection([500_000, 4_400_000]))


@bad(rule="OM-PKG-048")
def geojson_in_gcj_02(folder: Path) -> Path:
    """A GeoJSON that names GCJ-02: libraries say WGS 84."""
    said = {"type": "name", "properties": {"name": "GCJ-02"}}
    return write_text(folder / "towers.geojson", collection([75.2, 39.6], crs=said))


@bad(rule="OM-ENC-004")
def geojson_in_gbk(folder: Path) -> Path:
    """A GeoJSON in GBK."""
    return write_text(folder / "towers.geojson", collection([75.2, 39.6]), "gbk")


@bad(rule="OM-PKG-014", exit_code=3)
def geojson_cut_short(folder: Path) -> Path:
    """A GeoJSON that ends within a feature."""
    return write_text(folder / "towers.geojson", collection([75.2, 39.6])[:-25])


@good(rule="OM-PKG-045")
def zip_of_a_shapefile(folder: Path) -> Path:
    """A ZIP of the four files of a Shapefile."""
    return zipped_shapefile(folder)


@bad(rule="OM-PKG-045")
def zip_with_a_letter(folder: Path) -> Path:
    """A ZIP of a table and a letter."""
    table = (CSV_HEAD + CSV_ROWS).encode()
    return archive(folder / "towers.zip", **{"towers.csv": table, "公函.docx": b"letter"})


@bad(rule="OM-PKG-025", exit_code=3)
def zip_of_half_a_shapefile(folder: Path) -> Path:
    """A ZIP of a Shapefile without its .dbf."""
    return zipped_shapefile(folder, without=".dbf")


@bad(rule="OM-PKG-017", exit_code=3)
def folder_without_layers(folder: Path) -> Path:
    """A folder that holds a letter only."""
    (folder / "sent").mkdir()
    write_text(folder / "sent" / "公函.docx", "letter")
    return folder / "sent"


@good(rule="OM-PKG-046")
@good(rule="OM-PKG-047")
@good(rule="OM-FLD-013")
def honest_raster(folder: Path) -> Path:
    """A GeoTIFF of one band without voids."""
    return elevation(folder, heights())


@bad(rule="OM-PKG-046")
def raster_with_fills(folder: Path) -> Path:
    """A GeoTIFF in which -9999 stands for nothing and nobody says so."""
    values = heights()
    values[:10] = -9999
    return elevation(folder, values)


@bad(rule="OM-PKG-047")
def raster_with_voids(folder: Path) -> Path:
    """A GeoTIFF of which a tenth is void."""
    values = heights()
    values[:10] = -9999
    return elevation(folder, values, nodata=-9999)


@bad(rule="OM-FLD-013")
def raster_of_three_bands(folder: Path) -> Path:
    """A GeoTIFF of three bands."""
    return elevation(folder, heights(), bands=3)


@good(rule="OM-PKG-049")
def honest_mapinfo(folder: Path) -> Path:
    """A MapInfo table with all its parts, in the Chinese character set."""
    pyogrio.write_dataframe(towers("EPSG:4326"), folder / "towers.tab", driver="MapInfo File", ENCODING="CP936")
    return folder / "towers.tab"


@bad(rule="OM-PKG-049", exit_code=3)
def mapinfo_without_its_data(folder: Path) -> Path:
    """A MapInfo table without its .dat."""
    path = honest_mapinfo(folder)
    path.with_suffix(".dat").unlink()
    return path


@bad(rule="OM-PKG-049", exit_code=3)
def mif_without_mid(folder: Path) -> Path:
    """A MapInfo exchange file without its .mid."""
    pyogrio.write_dataframe(towers("EPSG:4326"), folder / "towers.mif", driver="MapInfo File", ENCODING="CP936")
    (folder / "towers.mid").unlink()
    return folder / "towers.mif"


@bad(rule="OM-ENC-001")
def mapinfo_without_a_character_set(folder: Path) -> Path:
    """A MapInfo table in GBK that names no character set."""
    path = honest_mapinfo(folder)
    path.write_bytes(path.read_bytes().replace(b"WindowsSimpChinese", b"Neutral"))
    return path


@bad(rule="OM-FLD-010", exit_code=3)
def csv_of_very_many_columns(folder: Path) -> Path:
    """A CSV of 100,000 columns: rows and columns exchanged."""
    return write_text(folder / "towers.csv", ",".join(f"T{at}" for at in range(100_000)) + "\n1\n")


@good(rule="OM-FLD-014")
def folder_of_one_table(folder: Path) -> Path:
    """A folder that holds one table."""
    (folder / "sent").mkdir()
    write_text(folder / "sent" / "towers.csv", CSV_HEAD + CSV_ROWS)
    return folder / "sent"


@bad(rule="OM-FLD-014", exit_code=3)
def folder_of_very_many_tables(folder: Path) -> Path:
    """A folder of more tables than anyone means to name."""
    (folder / "sent").mkdir()
    for at in range(5_001):
        (folder / "sent" / f"{at}.csv").touch()
    return folder / "sent"


@good(rule="OM-ENC-007")
def honest_gpx(folder: Path) -> Path:
    """A GPX of one waypoint."""
    return write_text(folder / "towers.gpx", GPX)


@bad(rule="OM-ENC-007", exit_code=3)
def gpx_in_no_encoding(folder: Path) -> Path:
    """A GPX with bytes that are neither UTF-8 nor Chinese."""
    path = write_text(folder / "towers.gpx", GPX)
    path.write_bytes(path.read_bytes().replace("甲站".encode(), b"\xff\xff\xfe"))
    return path


@bad(rule="OM-SEC-006", exit_code=4)
def gml_with_entities(folder: Path) -> Path:
    """A GML that declares entities."""
    pyogrio.write_dataframe(towers(), folder / "towers.gml", driver="GML")
    text = (folder / "towers.gml").read_text(encoding="utf-8")
    lol = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n<ogr:FeatureCollection'
    return write_text(folder / "towers.gml", text.replace("<ogr:FeatureCollection", lol, 1))


@bad(rule="OM-PKG-014", exit_code=3)
def flatgeobuf_cut_short(folder: Path) -> Path:
    """A FlatGeobuf without its last rows."""
    many = gpd.GeoDataFrame(
        {"n": range(200)}, geometry=[shapely.Point(75 + at / 1e3, 39) for at in range(200)], crs=4490
    )
    path = write(many, folder / "towers.fgb", SPATIAL_INDEX="NO")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path
