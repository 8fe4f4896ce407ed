"""Files that are refused for safety, one at least for each rule, and honest ones that look like them."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import openpyxl
import pyproj

from tests.bad_inputs.making import CSV_HEAD, CSV_ROWS, towers, write, write_project, write_text
from tests.bad_inputs.registry import Ask, bad, good
from tests.factories import write_plain
from tests.hostile.registry import Goal, Trap, every_trap

_CLOSED_PORT = 9  # nobody listens there


def _register(trap: Trap) -> None:
    """Register a trap as a bad file; what it names is not there, and must not be missed."""

    def make(folder: Path) -> Path:
        return Path(trap.make(folder, Goal(folder.parent / "elsewhere", _CLOSED_PORT)))

    make.__name__ = trap.name
    make.__doc__ = trap.line
    ask: Ask = "run" if trap.ask == "run" else "inspect"
    bad(rule=trap.rule, exit_code=trap.exit_code, ask=ask)(make)


_AS_FILES = {
    "OM-SEC-001": ("file_address", "address_in_a_project"),
    "OM-SEC-002": ("pipe", "folder_called_a_shapefile"),
    "OM-SEC-003": ("link_out", "shapefile_with_a_linked_table"),
    "OM-SEC-004": (
        "virtual_dataset_as_geojson",
        "virtual_dataset_as_geopackage",
        "virtual_dataset_as_shapefile",
        "virtual_dataset_behind_comments",
        "virtual_dataset_on_the_network",
        "feature_service",
        "kml_of_links_only",
        "linked_table",
        "raster_with_metadata_inside",
    ),
    "OM-SEC-005": ("archive_of_gigabytes",),
    "OM-SEC-006": (
        "kml_with_an_outer_entity",
        "kml_of_a_billion_laughs",
        "gml_with_an_outer_entity",
        "gpx_with_an_outer_entity",
        "workbook_with_an_outer_entity",
    ),
    "OM-SEC-007": ("raster_of_forty_billion_cells",),
    "OM-SEC-008": ("control_characters_in_a_name",),
    "OM-SEC-009": ("drawing", "drawing_called_dxf"),
    "OM-SEC-010": ("access_database", "access_database_called_geopackage"),
    "OM-SEC-011": ("rar_archive", "seven_zip_archive"),
    "OM-SEC-012": ("archive_of_thousands",),
    "OM-SEC-013": ("archive_of_zeros", "workbook_of_zeros"),
    "OM-SEC-014": ("archive_that_climbs", "archive_with_an_absolute_name", "archive_with_a_drive", "kmz_that_climbs"),
    "OM-SEC-015": ("archive_with_control_characters",),
    "OM-SEC-016": ("archive_with_one_name_twice",),
    "OM-SEC-017": ("archive_with_a_link",),
    "OM-SEC-018": ("archive_with_a_password",),
    "OM-SEC-019": ("archive_in_an_archive",),
    "OM-SEC-020": ("archive_that_overlaps",),
    "OM-SEC-022": ("virtual_dataset_behind_endless_padding",),
    "OM-SEC-023": ("raster_with_another_overview",),
    "OM-SEC-025": ("kml_with_links_and_places", "drawing_with_an_outer_reference", "workbook_with_other_workbooks"),
    "OM-SEC-026": (
        "geopackage_with_a_virtual_text",
        "geopackage_with_a_view_that_loads_code",
        "geopackage_with_a_view_without_end",
    ),
    "OM-SEC-027": ("shapefile_with_a_grid_file", "geopackage_with_a_grid_file"),
    "OM-SEC-028": ("parquet_with_a_pickle",),
    "OM-SEC-029": ("workbook_that_starts_programs",),
    "OM-SEC-030": ("drawing_that_multiplies",),
    "OM-PKG-015": ("table_with_four_billion_rows", "flatgeobuf_with_a_header_without_end"),
    "OM-PKG-075": ("page_as_workbook",),
}
"""Rule → the traps of `tests/hostile` that stand for it among the bad files."""

_named = {name for names in _AS_FILES.values() for name in names}
for _trap in every_trap():
    if _trap.name in _named:
        _register(_trap)


@bad(rule="OM-SEC-024", exit_code=4)
def raster_with_an_endless_description(folder: Path) -> Path:
    """A GeoTIFF beside whose .aux.xml is 17 MB long."""
    write_plain(folder / "dem.tif")
    write_text(folder / "dem.tif.aux.xml", f"<PAMDataset>{' ' * 17 * 1024**2}</PAMDataset>")
    return folder / "dem.tif"


@bad(rule="OM-PKG-076", exit_code=3)
def archive_packed_in_a_rare_way(folder: Path) -> Path:
    """A ZIP packed by LZMA."""
    with zipfile.ZipFile(folder / "towers.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("towers.csv", CSV_HEAD + CSV_ROWS)
    return folder / "towers.zip"


@bad(rule="OM-PKG-075", exit_code=3)
def text_called_xls(folder: Path) -> Path:
    """A table of text called .xls, as management systems export it."""
    return write_text(folder / "towers.xls", (CSV_HEAD + CSV_ROWS).replace(",", "\t"), "gb18030")


@bad(rule="OM-PKG-075", exit_code=3)
def geopackage_called_shp(folder: Path) -> Path:
    """A GeoPackage called .shp."""
    return write(towers(), folder / "towers.gpkg").rename(folder / "towers.shp")


@good(rule="OM-SEC-001")
@good(rule="OM-SEC-002")
@good(rule="OM-SEC-003")
@good(rule="OM-SEC-008")
@good(rule="OM-SEC-009")
@good(rule="OM-SEC-010")
@good(rule="OM-SEC-011")
@good(rule="OM-SEC-022")
@good(rule="OM-PKG-075")
def honest_link(folder: Path) -> Path:
    """A link to a table of the same folder, which begins with empty lines."""
    write_text(folder / "2026.csv", CSV_HEAD + CSV_ROWS)
    (folder / "towers.csv").symlink_to("2026.csv")
    return folder / "towers.csv"


@good(rule="OM-SEC-004")
@good(rule="OM-SEC-006")
@good(rule="OM-SEC-025")
def honest_kml(folder: Path) -> Path:
    """A KML with a comment, a style and a place whose text speaks of a virtual dataset."""
    style = '<Style id="a"><IconStyle><Icon><href>a.png</href></Icon></IconStyle></Style>'
    place = (
        "<Placemark><name>甲站</name><description>&lt;OGRVRTDataSource&gt; https://example.org</description>"
        "<styleUrl>#a</styleUrl><Point><coordinates>75.2,39.6</coordinates></Point></Placemark>"
    )
    words = f'<?xml version="1.0"?><!-- made by hand --><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{style}{place}</Document></kml>'
    return write_text(folder / "towers.kml", words)


@good(rule="OM-SEC-005")
@good(rule="OM-SEC-012")
@good(rule="OM-SEC-013")
@good(rule="OM-SEC-014")
@good(rule="OM-SEC-015")
@good(rule="OM-SEC-016")
@good(rule="OM-SEC-017")
@good(rule="OM-SEC-018")
@good(rule="OM-SEC-019")
@good(rule="OM-SEC-020")
@good(rule="OM-PKG-076")
def honest_archive(folder: Path) -> Path:
    """A ZIP of a Shapefile in a folder, and what macOS adds."""
    path = write(towers()[["geometry"]].assign(id="T1"), folder / "towers.shp", encoding="utf-8")
    parts = sorted(folder.glob("towers.*"))
    with zipfile.ZipFile(folder / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.write(part, f"县级/{part.name}")
            part.unlink()
        archive.writestr(f"__MACOSX/._{path.name}", "x")
    return folder / "packed.zip"


@good(rule="OM-SEC-007", ask="run")
@good(rule="OM-SEC-023", ask="run")
@good(rule="OM-SEC-024", ask="run")
def honest_raster_with_parts(folder: Path) -> Path:
    """A project whose elevation has overviews, statistics and a world file beside it."""
    write_plain(folder / "dem.tif")
    write_plain(folder / "dem.tif.ovr")
    write_text(folder / "dem.tif.aux.xml", "<PAMDataset><Metadata><MDI key='AREA'>a</MDI></Metadata></PAMDataset>")
    write_text(folder / "dem.tfw", "0.001\n0\n0\n-0.001\n75.0005\n39.9995\n")
    return write_project(folder, more='[elevation]\npath = "dem.tif"\n')


@good(rule="OM-SEC-026")
def honest_geopackage_with_a_view(folder: Path) -> Path:
    """A GeoPackage with an index, triggers and a view, as QGIS makes them."""
    path = write(towers(), folder / "towers.gpkg", layer="towers")
    with sqlite3.connect(path) as base:
        base.execute("create view high as select fid, upper(站址名称) as name, geom from towers where 塔高 > 30")
        row = "insert into gpkg_contents (table_name, data_type, identifier, srs_id) values ('high', 'features', 'high', 4490)"
        base.execute(row)
        base.execute("insert into gpkg_geometry_columns values ('high', 'geom', 'POINT', 4490, 0, 0)")
    base.close()
    return path


@good(rule="OM-SEC-027")
def honest_shapefile_with_a_named_grid(folder: Path) -> Path:
    """A Shapefile in Web Mercator, whose definition names the grid "@null"."""
    layer = towers().to_crs(3857)[["geometry"]].assign(id="T1")
    path = write(layer, folder / "towers.shp", encoding="utf-8")
    write_text(path.with_suffix(".prj"), pyproj.CRS(3857).to_wkt("WKT1_GDAL"))
    return path


@good(rule="OM-SEC-028")
def honest_parquet(folder: Path) -> Path:
    """A GeoParquet with the schema of Arrow in it."""
    layer = towers()
    layer.to_parquet(folder / "towers.parquet")
    return folder / "towers.parquet"


@good(rule="OM-SEC-029")
def honest_workbook(folder: Path) -> Path:
    """A workbook with a link in a cell."""
    book = openpyxl.Workbook()
    for row in (["站址编码", "经度", "纬度"], ["T1", 75.2, 39.6]):
        book.active.append(row)
    book.active["A2"].hyperlink = "https://example.org"
    book.save(folder / "towers.xlsx")
    return folder / "towers.xlsx"


@good(rule="OM-SEC-030")
def honest_drawing(folder: Path) -> Path:
    """A DXF with a block laid out in two rows of three."""
    insert = "0\nINSERT\n8\n0\n2\nA\n10\n75.2\n20\n39.6\n70\n3\n71\n2\n44\n0.1\n45\n0.1\n"
    head = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1009\n0\nENDSEC\n"
    return write_text(folder / "towers.dxf", f"{head}0\nSECTION\n2\nENTITIES\n{insert}0\nENDSEC\n0\nEOF\n")


@bad(rule="OM-SEC-004", exit_code=4, ask="check")
def delivery_that_points_elsewhere(folder: Path) -> Path:
    """A folder to be checked in which a GeoPackage is a virtual dataset."""
    write_text(folder / "towers.gpkg", "<OGRVRTDataSource><OGRVRTLayer name='a'/></OGRVRTDataSource>")
    return folder
