"""Sources of several files, of which one leads elsewhere: Shapefiles, MapInfo tables, geodatabases, rasters."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from tests.bad_inputs.making import towers, write, write_project
from tests.hostile.registry import Goal, trap
from tests.hostile.traps_pointers import text

TAB = (
    "!table\n!version 300\n!charset WindowsSimpChinese\n\nDefinition Table\n  {kind}\n  Fields 1\n    id Char (10) ;\n"
)
GRID = 'GEOGCS["a",DATUM["b",SPHEROID["c",6378245,298.3],EXTENSION["PROJ4_GRIDS","{grid}"]],PRIMEM["d",0],UNIT["Degree",0.0174532925199433]]'


def shapefile(folder: Path) -> Path:
    """Write an honest Shapefile."""
    return write(towers()[["geometry"]].assign(id="T"), folder / "towers.shp", encoding="utf-8")


def elsewhere(part: Path, goal: Goal) -> None:
    """Put a link to a file in another folder in place of a part."""
    content = part.read_bytes() if part.exists() else b""
    part.unlink(missing_ok=True)
    part.symlink_to(goal.file(part.name, content))


def raster(path: Path, **options: object) -> Path:
    """Write a small elevation model."""
    place = {"crs": "EPSG:4490", "transform": from_origin(75.0, 40.0, 0.01, 0.01)}
    with rasterio.open(path, "w", driver="GTiff", width=40, height=40, count=1, dtype="int16", **place, **options) as f:
        f.write(np.full((1, 40, 40), 1200, "int16"))
    return path


@trap("OM-SEC-003")
def shapefile_with_a_linked_table(folder: Path, goal: Goal) -> Path:
    """A Shapefile whose .dbf is a link to a file in another folder."""
    path = shapefile(folder)
    elsewhere(path.with_suffix(".dbf"), goal)
    return path


@trap("OM-SEC-003")
def shapefile_with_a_linked_index(folder: Path, goal: Goal) -> Path:
    """A Shapefile beside which a spatial index is a link to a file in another folder."""
    path = shapefile(folder)
    elsewhere(path.with_suffix(".qix"), goal)
    return path


@trap("OM-SEC-002")
def shapefile_with_a_pipe(folder: Path, goal: Goal) -> Path:
    """A Shapefile whose .cpg is a pipe, at which a reader would wait for ever."""
    path = shapefile(folder)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    os.mkfifo(path.with_suffix(".cpg"))
    return path


@trap("OM-SEC-027")
def shapefile_with_a_grid_file(folder: Path, goal: Goal) -> Path:
    """A Shapefile whose .prj has PROJ read a grid file from another folder."""
    path = shapefile(folder)
    text(path.with_suffix(".prj"), GRID.format(grid=goal.file("shift.gsb", b"\0" * 500)))
    return path


@trap("OM-SEC-027")
def shapefile_with_a_grid_on_the_network(folder: Path, goal: Goal) -> Path:
    """A Shapefile whose .prj has PROJ fetch a grid."""
    path = shapefile(folder)
    text(path.with_suffix(".prj"), GRID.format(grid=goal.url("shift.tif")))
    return path


@trap("OM-SEC-027")
def shapefile_with_a_proj_string(folder: Path, goal: Goal) -> Path:
    """A Shapefile whose .prj is a PROJ string with a grid."""
    path = shapefile(folder)
    text(path.with_suffix(".prj"), f"+proj=longlat +ellps=krass +nadgrids=@{goal.file('shift.gsb')} +no_defs")
    return path


@trap("OM-SEC-004")
def linked_table(folder: Path, goal: Goal) -> Path:
    """A MapInfo table that is linked to a database."""
    return text(folder / "towers.tab", TAB.format(kind=f'Type LINKED Charset "Neutral" File "{goal.file("a.dat")}"'))


@trap("OM-SEC-004")
def raster_table(folder: Path, goal: Goal) -> Path:
    """A MapInfo table that shows a raster of another folder."""
    return text(folder / "towers.tab", TAB.format(kind=f'File "{goal.file("dem.tif")}"\n  Type "RASTER"'))


@trap("OM-SEC-004")
def spreadsheet_table(folder: Path, goal: Goal) -> Path:
    """A MapInfo table over a workbook of another folder."""
    return text(folder / "towers.tab", TAB.format(kind=f'File "{goal.file("a.xlsx")}"\n  Type XLS'))


@trap("OM-SEC-004")
def view_table(folder: Path, goal: Goal) -> Path:
    """A MapInfo view that opens tables of another folder."""
    stem = goal.file("a.dat").with_suffix("")
    words = f'!table\n!version 100\nOpen Table "{stem}" Hide\nCreate View towers As\nSelect id\nFrom a\n'
    return text(folder / "towers.tab", words)


@trap("OM-SEC-004")
def seamless_table(folder: Path, goal: Goal) -> Path:
    """A seamless MapInfo table, whose rows are paths of other tables."""
    metadata = 'begin_metadata\n"\\IsSeamless" = "TRUE"\n"\\IsSeamless\\AutoRefresh" = "TRUE"\nend_metadata\n'
    (folder / "towers.dat").write_bytes(str(goal.file("a.tab")).encode())
    return text(folder / "towers.tab", TAB.format(kind='Type NATIVE Charset "Neutral"') + metadata)


@trap("OM-SEC-002")
def geodatabase_with_a_link(folder: Path, goal: Goal) -> Path:
    """A File GDB of which a table is a link to a file in another folder."""
    path = write(towers(), folder / "towers.gdb", layer="towers")
    elsewhere(sorted(path.glob("*.gdbtable"))[-1], goal)
    return path


@trap("OM-SEC-004")
def raster_with_a_virtual_overview(folder: Path, goal: Goal) -> Path:
    """A GeoTIFF whose overviews are a virtual raster over another folder."""
    path = raster(folder / "dem.tif")
    text(folder / "dem.tif.ovr", f"<VRTDataset><SourceFilename>{goal.file('a.tif')}</SourceFilename></VRTDataset>")
    return path


@trap("OM-SEC-003")
def raster_with_a_linked_mask(folder: Path, goal: Goal) -> Path:
    """A GeoTIFF whose mask is a link to a file in another folder."""
    path = raster(folder / "dem.tif")
    (folder / "dem.tif.msk").symlink_to(raster(goal.file("dem.tif")))
    return path


@trap("OM-SEC-004")
def raster_with_metadata_beside(folder: Path, goal: Goal) -> Path:
    """A GeoTIFF beside whose .aux.xml names overviews in another folder."""
    path = raster(folder / "dem.tif")
    named = f'<MDI key="OVERVIEW_FILE">{raster(goal.file("a.tif"))}</MDI>'
    text(folder / "dem.tif.aux.xml", f'<PAMDataset><Metadata domain="OVERVIEWS">{named}</Metadata></PAMDataset>')
    return path


@trap("OM-SEC-004")
def raster_with_metadata_inside(folder: Path, goal: Goal) -> Path:
    """A GeoTIFF whose own metadata name overviews in another folder."""
    path = raster(folder / "dem.tif")
    with rasterio.open(path, "r+") as file:
        file.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=str(raster(goal.file("a.tif"))))
    return path


@trap("OM-SEC-023")
def raster_with_another_overview(folder: Path, goal: Goal) -> Path:
    """A GeoTIFF whose overviews are no raster."""
    path = raster(folder / "dem.tif")
    text(folder / "dem.tif.ovr", f"file = {goal.file('a.tif')}\n")
    return path


@trap("OM-SEC-007", ask="run")
def raster_of_forty_billion_cells(folder: Path, goal: Goal) -> Path:
    """An elevation model of 200,000 × 200,000 cells in a file of a few kilobytes."""
    rows = "T1,甲站,35,中国铁塔,75.05,39.95\nT2,乙站,30,中国铁塔,76.95,38.05\n"
    write_project(folder, rows, more='[elevation]\npath = "dem.tif"\n')
    options = {"sparse_ok": True, "compress": "deflate", "bigtiff": "yes"}
    with rasterio.open(
        folder / "dem.tif", "w", driver="GTiff", width=200_000, height=200_000, count=1, dtype="uint8",
        crs="EPSG:4490", transform=from_origin(75.0, 40.0, 1e-5, 1e-5), **options,
    ):  # fmt: skip
        pass
    return folder


@trap("OM-SEC-004")
def schema_that_includes_another(folder: Path, goal: Goal) -> Path:
    """A GML whose schema beside it includes one of another folder."""
    path = text(
        folder / "towers.gml",
        '<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml"></ogr:FeatureCollection>',
    )
    include = f'<xs:include schemaLocation="{goal.file("a.xsd")}"/>'
    text(folder / "towers.xsd", f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{include}</xs:schema>')
    return path


@trap("OM-SEC-003")
def geopackage_with_a_linked_log(folder: Path, goal: Goal) -> Path:
    """A GeoPackage whose write-ahead log is a link to a file in another folder."""
    path = write(towers(), folder / "towers.gpkg")
    (folder / "towers.gpkg-wal").symlink_to(goal.file("a-wal"))
    return path
