"""Bad inputs that `inspect` must see through by itself: systems, axes, encodings, columns, with no project to help."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import shapely
from pyproj import Transformer

from tests.bad_inputs.making import CSV_HEAD, CSV_ROWS, towers, write, write_text
from tests.bad_inputs.registry import bad, good

BEIJING = [(116.31, 39.92), (116.35, 39.95), (116.41, 39.98), (116.44, 40.01)]


def table(folder: Path, columns: dict[str, list[object]], *, encoding: str = "utf-8", name: str = "towers.csv") -> Path:
    """Write a table of four towers in Beijing with some columns besides."""
    frame = pd.DataFrame(
        {
            "站址编码": [f"T{at}" for at in range(4)],
            "站址名称": [f"北站{at}" for at in range(4)],
            "塔高(m)": [30] * 4,
            **columns,
        }
    )
    write_text(folder / name, frame.to_csv(index=False), encoding)
    return folder / name


def placed(folder: Path, places: list[tuple[float, float]], crs: str | None, *, code: str = "110105") -> Path:
    """Write four towers as a GeoPackage, with the code of their district."""
    frame = {
        "站址编码": [f"T{at}" for at in range(4)],
        "站址名称": [f"站{at}" for at in range(4)],
        "区县代码": [code] * 4,
    }
    return write(gpd.GeoDataFrame(frame, geometry=shapely.points(places), crs=crs), folder / "towers.gpkg")


def in_zone(crs: int, *, turned: bool = False) -> list[tuple[float, float]]:
    """Give the four towers in a projection, north before east if turned."""
    moved = [Transformer.from_crs(4490, crs, always_xy=True).transform(lon, lat) for lon, lat in BEIJING]
    return [(north, east) if turned else (east, north) for east, north in moved]


def two(places: list[tuple[float, float]], first: str, second: str) -> dict[str, list[object]]:
    """Give places as two columns."""
    return {first: [one for one, _ in places], second: [other for _, other in places]}


@bad(rule="OM-CRS-050")
def metres_declared_as_degrees_beside_a_district_code(folder: Path) -> Path:
    """GeoPackage of zone 39 metres that declares CGCS2000 degrees"""
    return placed(folder, in_zone(4527), "EPSG:4490")


@bad(rule="OM-CRS-050")
def degrees_declared_as_metres_beside_a_district_code(folder: Path) -> Path:
    """GeoPackage of degrees that declares a zone"""
    return placed(folder, BEIJING, "EPSG:4548")


@bad(rule="OM-CRS-050")
def zone_of_the_next_meridian(folder: Path) -> Path:
    """GeoPackage in the zone of 117°E that declares the one of 120°E, with codes of Beijing"""
    return placed(folder, in_zone(4548), "EPSG:4549")


@bad(rule="OM-CRS-050")
def zone_number_that_the_declared_system_has_not(folder: Path) -> Path:
    """GeoPackage with zone numbers before the eastings, declared without (4527 as 4548)"""
    return placed(folder, in_zone(4527), "EPSG:4548")


@bad(rule="OM-CRS-050")
def zone_number_that_is_missing(folder: Path) -> Path:
    """GeoPackage without zone numbers, declared with them (4548 as 4527)"""
    return placed(folder, in_zone(4548), "EPSG:4527")


@bad(rule="OM-CRS-050")
def six_degree_zone_declared_as_three_degree_zone(folder: Path) -> Path:
    """GeoPackage with the number of a 6-degree zone, declared in a 3-degree zone"""
    return placed(folder, in_zone(4498), "EPSG:4527")


@good(rule="OM-CRS-050")
@good(rule="OM-CRS-056")
@good(rule="OM-CRS-057")
def honest_degrees(folder: Path) -> Path:
    """GeoPackage of degrees that declares CGCS2000, with codes of Beijing"""
    return placed(folder, BEIJING, "EPSG:4490")


@bad(rule="OM-CRS-051")
def degrees_in_a_table(folder: Path) -> Path:
    """CSV of degrees, which can say no system"""
    return table(folder, two(BEIJING, "经度", "纬度"))


@bad(rule="OM-CRS-051")
def zone_number_in_a_table(folder: Path) -> Path:
    """CSV of metres with the zone number before the easting, X for north"""
    return table(folder, two(in_zone(4527, turned=True), "X坐标", "Y坐标"))


@bad(rule="OM-CRS-051")
def shapefile_without_prj(folder: Path) -> Path:
    """Shapefile of zone 39 metres without .prj"""
    path = write(towers(), folder / "towers.shp", encoding="UTF-8")
    (folder / "towers.prj").unlink()
    return path


@good(rule="OM-CRS-051")
@good(rule="OM-CRS-052")
@good(rule="OM-FLD-022")
@good(rule="OM-FLD-023")
@good(rule="OM-FLD-024")
@good(rule="OM-FLD-026")
def honest_geopackage(folder: Path) -> Path:
    """GeoPackage of towers that declares its system"""
    return write(towers(), folder / "towers.gpkg")


@bad(rule="OM-CRS-052")
def metres_of_no_zone(folder: Path) -> Path:
    """CSV of metres without zone number, and nothing that tells the province"""
    places = in_zone(4548)
    return table(folder, {"站址名称": ["甲", "乙", "丙", "丁"], **two(places, "东坐标", "北坐标")})


@bad(rule="OM-CRS-053")
def longitude_and_latitude_exchanged(folder: Path) -> Path:
    """CSV whose column 经度 holds latitudes and 纬度 longitudes"""
    return table(folder, two([(lat, lon) for lon, lat in BEIJING], "经度", "纬度"))


@good(rule="OM-CRS-053")
@good(rule="OM-CRS-054")
@good(rule="OM-CRS-055")
@good(rule="OM-CRS-058")
@good(rule="OM-CRS-059")
@good(rule="OM-FLD-020")
@good(rule="OM-FLD-025")
@good(rule="OM-ENC-008")
@good(rule="OM-ENC-009")
def honest_table(folder: Path) -> Path:
    """CSV of towers with decimal degrees, in UTF-8"""
    return write_text(folder / "towers.csv", CSV_HEAD + CSV_ROWS)


@bad(rule="OM-CRS-054")
def degrees_minutes_and_seconds(folder: Path) -> Path:
    """CSV of degrees, minutes and seconds as text"""
    return table(folder, {"东经": ["116°18′36″"] * 4, "北纬": ["39°55′12″"] * 4})


@bad(rule="OM-CRS-055")
def microdegrees(folder: Path) -> Path:
    """CSV of whole numbers that are degrees times a million"""
    return table(folder, two([(round(lon * 1e6), round(lat * 1e6)) for lon, lat in BEIJING], "经度", "纬度"))


@bad(rule="OM-CRS-056")
def drawing_units(folder: Path) -> Path:
    """GeoPackage of small local coordinates that declares nothing"""
    return placed(folder, [(812.5, 903.1), (840.2, 911.7), (866.0, 950.4), (901.3, 970.9)], None)


@bad(rule="OM-CRS-057")
def district_of_another_province(folder: Path) -> Path:
    """GeoPackage of degrees in Beijing whose rows carry codes of Xinjiang"""
    return placed(folder, BEIJING, "EPSG:4490", code="653130")


@bad(rule="OM-CRS-058")
def x_for_north(folder: Path) -> Path:
    """CSV with X坐标 for north and Y坐标 for east, as surveyors write"""
    return table(folder, two(in_zone(4527, turned=True), "X坐标", "Y坐标"))


@bad(rule="OM-CRS-059")
def metres_in_columns_of_degrees(folder: Path) -> Path:
    """CSV whose columns 经度 and 纬度 hold metres"""
    return table(folder, two(in_zone(4527), "经度", "纬度"))


@bad(rule="OM-CRS-015")
def latitude_before_longitude_in_geojson(folder: Path) -> Path:
    """GeoPackage with latitude before longitude in every point"""
    return placed(folder, [(lat, lon) for lon, lat in BEIJING], "EPSG:4490")


@bad(rule="OM-CRS-006")
def one_row_swapped(folder: Path) -> Path:
    """CSV with latitude and longitude exchanged in one row"""
    return table(folder, two([*BEIJING[:3], (BEIJING[3][1], BEIJING[3][0])], "经度", "纬度"))


@bad(rule="OM-ENC-001")
def gbk_table(folder: Path) -> Path:
    """CSV in GBK, which says no encoding"""
    return table(folder, two(BEIJING, "经度", "纬度"), encoding="gbk")


@bad(rule="OM-ENC-001")
def big5_table(folder: Path) -> Path:
    """CSV in Big5, in traditional characters"""
    rows = "".join(f"T{at},臺北鐵塔基站{at},{121.5 + at / 100},25.04\n" for at in range(6))
    return write_text(folder / "towers.csv", "站址編碼,站址名稱,經度,緯度\n" + rows, "big5")


@bad(rule="OM-ENC-001")
def shapefile_without_cpg(folder: Path) -> Path:
    """Shapefile in GBK without .cpg and without a language byte"""
    path = write(towers(), folder / "towers.shp", encoding="GBK")
    (folder / "towers.cpg").unlink(missing_ok=True)
    table_part = folder / "towers.dbf"
    content = bytearray(table_part.read_bytes())
    content[29] = 0
    table_part.write_bytes(content)
    return path


@bad(rule="OM-ENC-004")
def shapefile_with_a_wrong_cpg(folder: Path) -> Path:
    """Shapefile in GBK whose .cpg says UTF-8"""
    path = write(towers(), folder / "towers.shp", encoding="GBK")
    (folder / "towers.cpg").write_text("UTF-8")
    return path


@bad(rule="OM-ENC-008")
def two_characters_in_gbk(folder: Path) -> Path:
    """CSV with two characters beyond ASCII, which two encodings can give"""
    return write_text(folder / "towers.csv", "site_id,site_name,lon,lat\nT1,联通,116.31,39.92\n", "gbk")


@bad(rule="OM-ENC-009")
def headers_decoded_wrongly(folder: Path) -> Path:
    """CSV whose headers were read as GBK though they were UTF-8, and saved again"""
    wrong = "站址编码,站址名称,塔高,经度,纬度".encode().decode("gb18030", "ignore")
    return write_text(folder / "towers.csv", f"{wrong}\nT1,North,30,116.31,39.92\n")


@bad(rule="OM-ENC-009")
def headers_of_question_marks(folder: Path) -> Path:
    """CSV whose headers were lost to question marks"""
    return write_text(folder / "towers.csv", "site_id,????????,lon,lat\nT1,30,116.31,39.92\n")


@bad(rule="OM-FLD-020")
def two_coordinates_in_one_cell(folder: Path) -> Path:
    """CSV with longitude and latitude in one column"""
    return table(folder, {"经纬度": [f"{lon},{lat}" for lon, lat in BEIJING]})


@bad(rule="OM-PKG-055")
def table_of_headers_alone(folder: Path) -> Path:
    """CSV with column names and no row"""
    return write_text(folder / "table.csv", "站址编码,站址名称,经度,纬度\n")


@good(rule="OM-PKG-055")
def table_of_one_row(folder: Path) -> Path:
    """CSV with one row"""
    return write_text(folder / "table.csv", "站址编码,站址名称,经度,纬度\nT1,北站,116.31,39.92\n")


@bad(rule="OM-PKG-017", exit_code=3)
def kml_without_places(folder: Path) -> Path:
    """KML with a folder and no place in it"""
    head = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    return write_text(folder / "站址.kml", f"{head}<Folder><name>站址</name></Folder></Document></kml>")


@bad(rule="OM-PKG-017", exit_code=3)
def workbook_without_cells(folder: Path) -> Path:
    """XLSX whose only sheet is empty"""
    openpyxl.Workbook().save(folder / "站址.xlsx")
    return folder / "站址.xlsx"


@bad(rule="OM-PKG-017", exit_code=3)
def archive_of_nothing(folder: Path) -> Path:
    """ZIP without members"""
    zipfile.ZipFile(folder / "sent.zip", "w").close()
    return folder / "sent.zip"


@bad(rule="OM-FLD-022")
def headers_that_say_nothing(folder: Path) -> Path:
    """CSV with headers that no layer knows"""
    return write_text(folder / "table.csv", "甲,乙\n1,2\n")


@bad(rule="OM-FLD-023")
def cells_of_nobody(folder: Path) -> Path:
    """CSV of cells that tells no operator"""
    head = "小区标识,小区名称,网络制式,方位角,经度,纬度\n"
    return write_text(folder / "table.csv", head + "C1,甲,4G,30,116.31,39.92\nC2,乙,5G,60,116.32,39.93\n")


@bad(rule="OM-FLD-024")
def two_columns_for_one_field(folder: Path) -> Path:
    """CSV with 站址编码 and 铁塔编码, both identifiers of towers"""
    return table(folder, {"铁塔编码": [f"A{at}" for at in range(4)], **two(BEIJING, "经度", "纬度")})


@bad(rule="OM-FLD-025")
def towers_without_places(folder: Path) -> Path:
    """CSV of towers without columns of coordinates"""
    return table(folder, {"产权单位": ["中国铁塔"] * 4})


@bad(rule="OM-FLD-026")
def lengths_in_metres(folder: Path) -> Path:
    """GeoPackage of cables whose lengths are in metres"""
    lines = [shapely.LineString([(lon, lat), (lon + 0.01, lat)]) for lon, lat in BEIJING]
    frame = {
        "光缆段编码": [f"G{at}" for at in range(4)],
        "产权单位": ["移动"] * 4,
        "长度(米)": [853.0] * 4,
        "芯数": [24] * 4,
    }
    return write(gpd.GeoDataFrame(frame, geometry=lines, crs="EPSG:4490"), folder / "cables.gpkg")
