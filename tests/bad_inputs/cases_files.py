"""Files that are missing, cut, empty, of another kind, or that say a wrong thing of themselves."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
import shapely

from tests.bad_inputs.making import (
    CSV_HEAD,
    CSV_ROWS,
    IN_DEGREES,
    name_source,
    towers,
    write,
    write_project,
    write_text,
)
from tests.bad_inputs.registry import bad, good
from tests.factories import write_plain


@good(rule="OM-PKG-002")
@good(rule="OM-PKG-003")
@good(rule="OM-PKG-004")
@good(rule="OM-PKG-013")
@good(rule="OM-PKG-018")
@good(rule="OM-PKG-019")
@good(rule="OM-PKG-075")
@good(rule="OM-PKG-024")
@good(rule="OM-PKG-027")
@good(rule="OM-ENC-006")
@good(rule="OM-PKG-011")
@good(rule="OM-PKG-012")
def honest_csv(folder: Path) -> Path:
    """A CSV in UTF-8 with a header and two rows."""
    return write_text(folder / "towers.csv", CSV_HEAD + CSV_ROWS)


@bad(rule="OM-PKG-002")
def csv_with_a_nameless_column(folder: Path) -> Path:
    """A CSV whose third column holds values without a name."""
    return write_text(folder / "towers.csv", "站址编码,站址名称,,经度,纬度\nT1,甲站,35,75.2,39.6\n")


@bad(rule="OM-PKG-003")
def csv_with_a_repeated_name(folder: Path) -> Path:
    """A CSV with two columns of one name."""
    return write_text(folder / "towers.csv", "站址编码,经度,经度,纬度\nT1,75.2,75.3,39.6\n")


@bad(rule="OM-PKG-004")
def csv_with_a_long_row(folder: Path) -> Path:
    """A CSV row with more cells than the header, because a name holds a comma."""
    return write_text(folder / "towers.csv", "站址编码,站址名称,经度,纬度\nT1,甲站,东,75.2,39.6\n")


@bad(rule="OM-PKG-005")
def geopackage_with_pictures(folder: Path) -> Path:
    """A GeoPackage with a column of binary pictures."""
    layer = towers()
    path = write(layer, folder / "towers.gpkg", layer="towers")
    with sqlite3.connect(path) as base:
        base.execute('alter table "towers" add column "照片" BLOB')
    base.close()
    return path


@bad(rule="OM-PKG-007")
def workbook_with_a_formula_without_result(folder: Path) -> Path:
    """A workbook written by a program, with formulas that nobody has computed."""
    return _workbook(folder, [["站址编码", "塔高", "经度", "纬度"], ["T1", "=20+15", 75.2, 39.6]])


@bad(rule="OM-PKG-010", ask="run")
def csv_with_a_header_only(folder: Path) -> Path:
    """A CSV that holds a header and no row."""
    return write_project(folder, "")


@bad(rule="OM-PKG-011", exit_code=3)
def missing_file(folder: Path) -> Path:
    """A file that is not there."""
    return folder / "towers.csv"


@bad(rule="OM-PKG-012", exit_code=3)
def name_that_is_too_long(folder: Path) -> Path:
    """A file name longer than the system allows."""
    return folder / f"{'塔' * 200}.csv"


@bad(rule="OM-PKG-013", exit_code=3)
def empty_file(folder: Path) -> Path:
    """A file of no bytes."""
    return write_text(folder / "towers.csv", "")


@bad(rule="OM-PKG-014", exit_code=3)
def damaged_geopackage(folder: Path) -> Path:
    """A GeoPackage whose second half is noise."""
    path = write(towers(), folder / "towers.gpkg")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + b"\xa5" * (len(content) // 2))
    return path


@bad(rule="OM-PKG-014", exit_code=3)
def workbook_cut_short(folder: Path) -> Path:
    """A workbook of which a part of a sheet is noise."""
    path = _workbook(folder, [["站址编码"], *[[f"T{row}"] for row in range(2_000)]])
    content = bytearray(path.read_bytes())
    at = content.find(b"xl/worksheets/sheet1.xml")
    content[at + 100 : at + 1_000] = b"\xa5" * 900
    path.write_bytes(bytes(content))
    return path


@bad(rule="OM-PKG-015", exit_code=3)
def shapefile_with_a_cut_shp(folder: Path) -> Path:
    """A Shapefile whose .shp lacks its last 20 bytes: libraries read null shapes without a word."""
    path = honest_shapefile(folder)
    path.write_bytes(path.read_bytes()[:-20])
    return path


@bad(rule="OM-PKG-015", exit_code=3)
def shapefile_with_a_cut_dbf(folder: Path) -> Path:
    """A Shapefile whose .dbf lacks its last 60 bytes."""
    path = honest_shapefile(folder)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:-60])
    return path


@bad(rule="OM-PKG-015", exit_code=3)
def shapefile_with_a_cut_shx(folder: Path) -> Path:
    """A Shapefile whose .shx lacks its last 8 bytes."""
    path = honest_shapefile(folder)
    index = path.with_suffix(".shx")
    index.write_bytes(index.read_bytes()[:-8])
    return path


@bad(rule="OM-PKG-017", exit_code=3)
def kml_without_places(folder: Path) -> Path:
    """A KML file without any place."""
    return write_text(folder / "empty.kml", '<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>')


@good(rule="OM-PKG-005")
@good(rule="OM-PKG-006")
@good(rule="OM-PKG-008")
@good(rule="OM-PKG-014")
@good(rule="OM-PKG-017")
@good(rule="OM-PKG-020")
def honest_geopackage(folder: Path) -> Path:
    """A GeoPackage of two towers."""
    return write(towers(), folder / "towers.gpkg")


@bad(rule="OM-PKG-008")
def kml_with_a_ring_of_two_points(folder: Path) -> Path:
    """A KML file with a polygon whose ring has two points."""
    ring = "<Polygon><outerBoundaryIs><LinearRing><coordinates>75,39 76,40</coordinates></LinearRing></outerBoundaryIs></Polygon>"
    words = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>区</name>{ring}</Placemark></kml>'
    return write_text(folder / "zones.kml", words)


@bad(rule="OM-PKG-018", exit_code=3)
def unknown_extension(folder: Path) -> Path:
    """A file of a format that nobody knows."""
    return write_text(folder / "towers.xyz123", CSV_HEAD + CSV_ROWS)


@bad(rule="OM-PKG-019", exit_code=3)
def noise_called_a_shapefile(folder: Path) -> Path:
    """Noise with the extension of a Shapefile."""
    path = folder / "towers.shp"
    path.write_bytes(bytes(range(256)) * 40)
    return path


@bad(rule="OM-PKG-075", exit_code=3)
def text_called_a_shapefile(folder: Path) -> Path:
    """A text with the extension of a Shapefile."""
    return write_text(folder / "towers.shp", CSV_HEAD + CSV_ROWS)


@bad(rule="OM-PKG-075", exit_code=3)
def workbook_called_a_csv(folder: Path) -> Path:
    """A workbook renamed to .csv."""
    return _workbook(folder, [["站址编码"], ["T1"]]).rename(folder / "towers.csv")


@bad(rule="OM-PKG-020", exit_code=3, ask="run")
def raster_named_as_a_layer(folder: Path) -> Path:
    """A project that takes towers from an elevation model."""
    write_plain(folder / "towers.tif")
    return name_source(folder, "towers.tif")


@bad(rule="OM-PKG-021", exit_code=3, ask="run")
def table_named_as_elevation(folder: Path) -> Path:
    """A project that takes its elevation from a table."""
    return write_project(folder, more='[elevation]\npath = "towers.csv"\n')


@bad(rule="OM-PKG-022", exit_code=3, ask="run")
def layer_that_is_not_there(folder: Path) -> Path:
    """A project that names a layer which the GeoPackage does not hold."""
    write(towers(), folder / "towers.gpkg", layer="sites")
    return name_source(folder, "towers.gpkg", keys='source_layer = "towers"')


@bad(rule="OM-PKG-023", exit_code=3, ask="run")
def several_layers_and_none_named(folder: Path) -> Path:
    """A project that names a GeoPackage of two layers and neither of them."""
    write(towers(), folder / "towers.gpkg", layer="one")
    pyogrio.write_dataframe(towers(), folder / "towers.gpkg", driver="GPKG", layer="two")
    return name_source(folder, "towers.gpkg")


@good(rule="OM-PKG-022", ask="run")
@good(rule="OM-PKG-023", ask="run")
@good(rule="OM-FLD-001", ask="run")
@good(rule="OM-FLD-003", ask="run")
@good(rule="OM-FLD-004", ask="run")
def honest_layer_of_two(folder: Path) -> Path:
    """A project that names one of two layers."""
    write(towers(), folder / "towers.gpkg", layer="one")
    pyogrio.write_dataframe(towers(), folder / "towers.gpkg", driver="GPKG", layer="two")
    return name_source(folder, "towers.gpkg", keys='source_layer = "two"')


@bad(rule="OM-PKG-024", exit_code=3, ask="run")
def header_row_beyond_the_table(folder: Path) -> Path:
    """A project whose header row lies below the last line of the table."""
    return write_project(folder, keys=f"{IN_DEGREES}\nheader_row = 9")


@bad(rule="OM-PKG-025", exit_code=3)
def shapefile_without_dbf(folder: Path) -> Path:
    """A Shapefile without its .dbf: libraries lose all attributes without a word."""
    path = honest_shapefile(folder)
    path.with_suffix(".dbf").unlink()
    return path


@bad(rule="OM-PKG-025", exit_code=3)
def shapefile_without_shx(folder: Path) -> Path:
    """A Shapefile without its .shx."""
    path = honest_shapefile(folder)
    path.with_suffix(".shx").unlink()
    return path


@bad(rule="OM-PKG-026", exit_code=3)
def shapefile_with_the_table_of_another(folder: Path) -> Path:
    """A Shapefile beside the .dbf of another one, with fewer rows."""
    path = honest_shapefile(folder)
    other = write(towers().iloc[:1][["塔高", "geometry"]], folder / "other.shp", encoding="gbk")
    path.with_suffix(".dbf").write_bytes(other.with_suffix(".dbf").read_bytes())
    for part in folder.glob("other.*"):
        part.unlink()
    return path


@good(rule="OM-PKG-015")
@good(rule="OM-PKG-025")
@good(rule="OM-PKG-026")
@good(rule="OM-ENC-001")
@good(rule="OM-ENC-002")
@good(rule="OM-ENC-003")
@good(rule="OM-ENC-004")
@good(rule="OM-ENC-005")
def honest_shapefile(folder: Path) -> Path:
    """A Shapefile in GBK that says so."""
    layer = towers().rename(columns={"站址编码": "编码", "站址名称": "名称", "产权单位": "产权"})
    return write(layer, folder / "towers.shp", encoding="gbk")


@bad(rule="OM-PKG-027", exit_code=3)
def csv_with_an_open_quotation(folder: Path) -> Path:
    """A CSV with a quotation mark that is never closed."""
    return write_text(folder / "towers.csv", '站址编码,站址名称,经度,纬度\nT1,"甲站,75.2,39.6\nT2,乙站,75.3,39.6\n')


@bad(rule="OM-PKG-028", exit_code=2, ask="run")
def elevation_of_another_place(folder: Path) -> Path:
    """An elevation model a thousand kilometres from the layers."""
    write_plain(folder / "dem.tif", west=100.0)
    return write_project(folder, more='[elevation]\npath = "dem.tif"\n')


@good(rule="OM-PKG-010", ask="run")
@good(rule="OM-PKG-021", ask="run")
@good(rule="OM-PKG-028", ask="run")
@good(rule="OM-FLD-002", ask="run")
@good(rule="OM-FLD-006", ask="run")
def honest_project(folder: Path) -> Path:
    """A project with towers and elevation."""
    write_plain(folder / "dem.tif")
    return write_project(folder, more='[source.units]\nheight_agl_m = "m"\n[elevation]\npath = "dem.tif"\n')


@bad(rule="OM-ENC-001")
def shapefile_in_gbk_without_cpg(folder: Path) -> Path:
    """A Shapefile in GBK that does not say so: libraries show mojibake without a word."""
    path = honest_shapefile(folder)
    _forget_encoding(path)
    return path


@bad(rule="OM-ENC-002")
def shapefile_with_foreign_bytes(folder: Path) -> Path:
    """A Shapefile in UTF-8 of which one value holds bytes that are not."""
    path = honest_shapefile(folder)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("甲站".encode("gbk"), b"\xbc\xff\xff\xff"))
    return path


@bad(rule="OM-ENC-003")
def shapefile_with_a_name_cut_in_a_character(folder: Path) -> Path:
    """A Shapefile in UTF-8 whose column names were cut within a character: libraries cannot read it."""
    layer = towers()[["站址编码", "geometry"]].rename(columns={"站址编码": "NAMEABCDE1"})
    path = write(layer, folder / "towers.shp", encoding="utf-8")
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"NAMEABCDE1", "基站名称".encode()[:10]))
    return path


@bad(rule="OM-ENC-004")
def shapefile_in_gbk_called_utf8(folder: Path) -> Path:
    """A Shapefile in GBK whose .cpg says UTF-8."""
    path = honest_shapefile(folder)
    write_text(path.with_suffix(".cpg"), "UTF-8")
    return path


@bad(rule="OM-ENC-004")
def shapefile_with_an_unknown_cpg(folder: Path) -> Path:
    """A Shapefile in GBK whose .cpg names no encoding there is: libraries take Latin-1 without a word."""
    path = honest_shapefile(folder)
    write_text(path.with_suffix(".cpg"), "GB99999")
    return path


@bad(rule="OM-ENC-005", exit_code=3, ask="run")
def project_with_an_unknown_encoding(folder: Path) -> Path:
    """A project that names an encoding which does not exist."""
    return write_project(folder, keys=f'{IN_DEGREES}\nencoding = "gb99999"')


@bad(rule="OM-ENC-006", exit_code=3, ask="run")
def project_with_a_wrong_encoding(folder: Path) -> Path:
    """A project that says UTF-8 of a CSV in GBK."""
    write_project(folder, keys=f'{IN_DEGREES}\nencoding = "utf-8"')
    write_text(folder / "towers.csv", CSV_HEAD + CSV_ROWS, "gb18030")
    return folder


@bad(rule="OM-FLD-001", exit_code=2, ask="run")
def project_with_a_column_that_is_not_there(folder: Path) -> Path:
    """A project that maps from a column which the file lacks."""
    return write_project(folder, head=CSV_HEAD.replace("塔高", "挂高"))


@bad(rule="OM-FLD-002", exit_code=2, ask="run")
def project_with_a_column_that_two_names_fit(folder: Path) -> Path:
    """A project that writes a column without the case in which two columns of the file differ."""
    write_project(
        folder, "T1,甲站,35,中国铁塔,35,75.201234,39.601234\n", head="站址编码,站址名称,Hgt,产权单位,HGT,经度,纬度\n"
    )
    settings = folder / "onemap.toml"
    return write_text(settings, settings.read_text(encoding="utf-8").replace('"塔高"', '"hgt"')).parent


@bad(rule="OM-FLD-003", exit_code=2, ask="run")
def project_without_a_required_field(folder: Path) -> Path:
    """A project that maps no column to the identifier."""
    write_project(folder)
    settings = folder / "onemap.toml"
    words = settings.read_text(encoding="utf-8").replace('tower_id = "站址编码"\n', "")
    return write_text(settings, words).parent


@bad(rule="OM-FLD-004", exit_code=2, ask="run")
def table_without_named_coordinates(folder: Path) -> Path:
    """A project that takes places from a table without saying which columns hold them."""
    return write_project(folder, keys='crs = "EPSG:4490"')


@bad(rule="OM-FLD-006", exit_code=2, ask="run")
def project_with_an_unknown_unit(folder: Path) -> Path:
    """A project that gives heights in degrees Celsius."""
    return write_project(folder, more='[source.units]\nheight_agl_m = "°C"\n')


@bad(rule="OM-PKG-006")
def geopackage_with_curves(folder: Path) -> Path:
    """A GeoPackage with a circular arc."""
    line = gpd.GeoDataFrame({"ref": ["G1"]}, geometry=[shapely.LineString([(75, 39), (76, 40)])], crs="EPSG:4490")
    path = write(line, folder / "roads.gpkg", layer="roads")
    arc = (
        bytes.fromhex("01" + "08000000" + "03000000")
        + shapely.to_wkb(shapely.LineString([(75, 39), (75.5, 39.8), (76, 39)]), byte_order=1)[9:]
    )
    head = b"GP\x00\x01" + (4490).to_bytes(4, "little")
    with sqlite3.connect(path) as base:
        for trigger in base.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            base.execute(f'drop trigger "{trigger[0]}"')
        base.execute("update roads set geom = ?", (head + arc,))
    base.close()
    return path


@bad(rule="OM-GEO-015")
def geopackage_with_a_ring_of_two_points(folder: Path) -> Path:
    """A GeoPackage with a polygon whose ring has two points."""
    zone = gpd.GeoDataFrame({"name": ["区"]}, geometry=[shapely.box(75, 39, 76, 40)], crs="EPSG:4490")
    path = write(zone, folder / "zones.gpkg", layer="zones")
    ring = (
        bytes.fromhex("01" + "03000000" + "01000000" + "02000000")
        + shapely.to_wkb(shapely.LineString([(75, 39), (76, 40)]), byte_order=1)[9:]
    )
    head = b"GP\x00\x01" + (4490).to_bytes(4, "little")
    with sqlite3.connect(path) as base:
        for trigger in base.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            base.execute(f'drop trigger "{trigger[0]}"')
        base.execute("update zones set geom = ?", (head + ring,))
    base.close()
    return path


@good(rule="OM-PKG-007")
def honest_workbook(folder: Path) -> Path:
    """A workbook of values."""
    return _workbook(folder, [["站址编码", "塔高", "经度", "纬度"], ["T1", 35, 75.2, 39.6]])


def _workbook(folder: Path, rows: list[list[object]]) -> Path:
    """Write a workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "towers.xlsx")
    return folder / "towers.xlsx"


def _forget_encoding(path: Path) -> None:
    """Take from a Shapefile all that says in which encoding its text is."""
    path.with_suffix(".cpg").unlink()
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = 0
    path.with_suffix(".dbf").write_bytes(bytes(table))
