"""Land cover, buildings and measurements that a radio model cannot use as they are."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine

from tests.bad_inputs.making import HEAD, IN_DEGREES, write, write_project, write_text
from tests.bad_inputs.registry import bad, good

GROUND = Affine(0.001, 0, 75.15, 0, -0.001, 39.7)
CELLS = "小区,运营商,制式,类型,经度,纬度\nC1,中国移动,4G,macro,75.201,39.601\nC2,中国移动,4G,indoor,75.202,39.602\n"
CELLS_SOURCE = """
[[source]]
layer = "cells"
path = "cells.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
cell_id = "小区"
operator = "运营商"
technology = "制式"
coverage_type = "类型"
[[source]]
layer = "measurements"
path = "drive.csv"
crs = "EPSG:4490"
lon = "经度"
lat = "纬度"
[source.fields]
cell_id = "小区"
rsrp_dbm = "RSRP"
"""


def raster(path: Path, values: np.ndarray, **options: object) -> None:
    """Write a GeoTIFF of one band."""
    profile = {"crs": "EPSG:4490", "transform": GROUND, "dtype": values.dtype.name, "count": 1, **options}
    with rasterio.open(path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], **profile) as out:
        out.write(values, 1)


def land(folder: Path, codes: np.ndarray, *, keys: str = "", more: str = "", **options: object) -> Path:
    """Write two towers on a plain with land cover."""
    raster(folder / "dem.tif", np.full((200, 200), 1200, dtype="int16"))
    raster(folder / "cover.tif", codes, **options)
    tables = f'[elevation]\npath = "dem.tif"\n[rasters.land_cover]\npath = "cover.tif"\n{keys}{more}'
    return write_project(folder, keys=IN_DEGREES, more=tables)


def drive(folder: Path, *rows: tuple[str, str]) -> Path:
    """Write two cells and a drive test."""
    write_text(folder / "cells.csv", CELLS)
    places = (f"{cell},{rsrp},75.2{number}1234,39.6{number}1234" for number, (cell, rsrp) in enumerate(rows))
    write_text(folder / "drive.csv", "小区,RSRP,经度,纬度\n" + "\n".join(places) + "\n")
    write_text(folder / "onemap.toml", HEAD + CELLS_SOURCE)
    return folder


@good(rule="OM-PKG-077", ask="run")
@good(rule="OM-PKG-078", ask="run")
@good(rule="OM-PKG-079", ask="run")
def land_cover_of_worldcover(folder: Path) -> Path:
    """Land cover with codes of ESA WorldCover, and buildings with heights."""
    houses = gpd.GeoDataFrame({"高度": [9.0]}, geometry=[shapely.box(75.2, 39.6, 75.203, 39.603)], crs="EPSG:4490")
    write(houses, folder / "houses.gpkg")
    more = '[rasters.buildings]\npath = "houses.gpkg"\nheight_field = "高度"\n'
    return land(folder, np.tile(np.array([10, 30], dtype="uint8"), (200, 100)), more=more)


@bad(rule="OM-PKG-077", ask="run")
def land_cover_with_codes_of_another_product(folder: Path) -> Path:
    """Land cover with a code that the preset does not know."""
    return land(folder, np.tile(np.array([10, 7], dtype="uint8"), (200, 100)))


@bad(rule="OM-PKG-078", ask="run")
def land_cover_that_ends_too_soon(folder: Path) -> Path:
    """Land cover that covers half of the elevation model."""
    return land(folder, np.full((200, 100), 10, dtype="uint8"))


@bad(rule="OM-PKG-079", ask="run")
def buildings_without_heights(folder: Path) -> Path:
    """Buildings of which one has no height."""
    shapes = [shapely.box(75.2, 39.6, 75.203, 39.603), shapely.box(75.21, 39.6, 75.213, 39.603)]
    write(gpd.GeoDataFrame({"高度": [9.0, None]}, geometry=shapes, crs="EPSG:4490"), folder / "houses.gpkg")
    more = '[rasters.buildings]\npath = "houses.gpkg"\nheight_field = "高度"\n'
    return land(folder, np.full((200, 200), 30, dtype="uint8"), more=more)


@good(rule="OM-BIZ-001", ask="run")
@good(rule="OM-BIZ-002", ask="run")
@good(rule="OM-BIZ-003", ask="run")
def drive_test_of_known_cells(folder: Path) -> Path:
    """A drive test of a macro cell, at levels that phones report."""
    return drive(folder, ("C1", "-95"), ("C1", "-140"), ("C1", "-44"))


@bad(rule="OM-BIZ-001", ask="run")
def drive_test_of_a_cell_nobody_listed(folder: Path) -> Path:
    """A drive test with a cell that the layer of cells does not hold."""
    return drive(folder, ("C1", "-95"), ("C9", "-100"))


@bad(rule="OM-BIZ-002", ask="run")
def drive_test_of_an_indoor_cell(folder: Path) -> Path:
    """A drive test with a cell that serves a building."""
    return drive(folder, ("C1", "-95"), ("C2", "-70"))


@bad(rule="OM-BIZ-003", ask="run")
def drive_test_with_impossible_levels(folder: Path) -> Path:
    """A drive test with +20, 0 and -200 dBm."""
    return drive(folder, ("C1", "-95"), ("C1", "20"), ("C1", "0"), ("C1", "-200"))
