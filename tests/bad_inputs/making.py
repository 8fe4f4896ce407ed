"""Small files that cases start from: one honest layer of towers, in any format, and projects that name them."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely

HEAD = """
[project]
name = "示范县"
code = "659900"
date = 2026-01-01
simulated = true
[coverage]
model = "radius"
"""
TOWERS_SOURCE = """
[[source]]
layer = "towers"
path = "{path}"
{keys}
[source.fields]
tower_id = "站址编码"
name = "站址名称"
height_agl_m = "塔高"
owner = "产权单位"
"""
CSV_HEAD = "站址编码,站址名称,塔高,产权单位,经度,纬度\n"
CSV_ROWS = "T1,甲站,35,中国铁塔,75.201234,39.601234\nT2,乙站,30,中国铁塔,75.251234,39.621234\n"
IN_DEGREES = 'crs = "EPSG:4490"\nlon = "经度"\nlat = "纬度"'


def towers(crs: str | None = "EPSG:4490") -> gpd.GeoDataFrame:
    """Give two honest towers."""
    return gpd.GeoDataFrame(
        {"站址编码": ["T1", "T2"], "站址名称": ["甲站", "乙站"], "塔高": [35.0, 30.0], "产权单位": ["中国铁塔"] * 2},
        geometry=[shapely.Point(75.201234, 39.601234), shapely.Point(75.251234, 39.621234)],
        crs=crs,
    )


def write(frame: gpd.GeoDataFrame, path: Path, /, **options: object) -> Path:
    """Write a layer by GDAL, the format by the extension."""
    drivers = {
        ".shp": "ESRI Shapefile",
        ".gpkg": "GPKG",
        ".gdb": "OpenFileGDB",
        ".geojson": "GeoJSON",
        ".fgb": "FlatGeobuf",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cut names and missing systems are what some cases are about
        pyogrio.write_dataframe(frame, path, driver=drivers[path.suffix], **options)
    return path


def write_text(path: Path, words: str, encoding: str = "utf-8") -> Path:
    """Write a text."""
    path.write_bytes(words.encode(encoding))
    return path


def write_project(
    folder: Path, rows: str = CSV_ROWS, *, head: str = CSV_HEAD, keys: str = IN_DEGREES, more: str = ""
) -> Path:
    """Write a project of one CSV of towers, and give its folder."""
    write_text(folder / "towers.csv", head + rows)
    return name_source(folder, "towers.csv", keys=keys, more=more)


def name_source(folder: Path, path: str, *, keys: str = "", more: str = "") -> Path:
    """Write a project file that takes towers from a file, and give its folder."""
    write_text(folder / "onemap.toml", HEAD + TOWERS_SOURCE.format(path=path, keys=keys) + more)
    return folder
