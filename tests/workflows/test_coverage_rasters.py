"""Rasters of coverage: tiles give the whole, files say what they are, polygons follow the classes."""

import datetime as dt
import json
import tracemalloc

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import CRS, Transformer

from onemap.analyses.coverage import CoverageSettings
from onemap.analyses.coverage.rasters import coverage_tiles, masts_off_ground, out_of_range, power_classes
from onemap.config import Project
from onemap.config.coverage_raster_settings import CoverageRasterSettings
from onemap.errors import LayerError
from onemap.layers.grid import Grid
from onemap.workflows.coverage_rasters import write_coverage_rasters
from onemap.workflows.reading import Inputs

SIZE = 70
PLACE = Affine(0.001, 0, 75.0, 0, -0.001, 39.07)


def ground(void=False):
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    heights = (60 * np.sin(rows / 6) * np.cos(columns / 5)).astype("float32")
    if void:
        heights[10:14, 40:44] = np.nan
    return Grid(heights, PLACE, "EPSG:4490")


def antennas():
    return pd.DataFrame(
        {
            "cell_id": ["A1", "A2", "B1", "OFF"], "tower_id": "T", "technology": "4G",
            "operators": [("A",), ("A",), ("B",), ("A",)], "lon": [75.02, 75.02, 75.05, 80.0],
            "lat": [39.03, 39.03, 39.04, 39.0], "height_agl_m": 30.0, "frequency_mhz": [1_850.0, 870.0, 1_850.0, 870.0],
            "eirp_re_dbm": 34.0, "azimuth_deg": [0.0, np.nan, 180.0, np.nan], "beamwidth_deg": 65.0,
            "v_beamwidth_deg": 8.0, "tilt_deg": 4.0, "mech_tilt_deg": 0.0,
        }
    )  # fmt: skip


SETTINGS = CoverageSettings(technologies=("4G",), operators=("A", "B"), reach_m=6_000.0)


def whole(tile_cells, table=None, **options):
    power, server = np.full((3, SIZE, SIZE), np.nan, "float32"), np.full((3, SIZE, SIZE), -9, "int32")
    for tile in coverage_tiles(
        antennas() if table is None else table, ground(void=True), settings=SETTINGS, crs=CRS("EPSG:4490"),
        tile_cells=tile_cells, **options,
    ):  # fmt: skip
        cut = (slice(None), *(slice(tile.window[i], tile.window[i] + tile.window[i + 2]) for i in (0, 1)))
        power[cut], server[cut] = tile.rsrp_dbm, tile.server
    return power, server


def test_tiles_are_the_whole_and_threads_change_nothing():
    power, server = whole(SIZE)
    for cells, threads in ((23, 1), (40, 2)):
        again = whole(cells, threads=threads)
        np.testing.assert_array_equal(power, again[0])
        np.testing.assert_array_equal(server, again[1])
    assert set(np.unique(server)) <= {-1, 0, 1, 2}
    np.testing.assert_array_equal(power[0], np.fmax(power[1], power[2]))
    assert np.isnan(power[:, 10:14, 40:44]).all()
    assert ((server == -1) == np.isnan(power)).all()


def test_without_antennas_nobody_is_reached():
    power, server = whole(SIZE, antennas().iloc[:0])
    assert np.isnan(power).all()
    assert (server == -1).all()


def test_antenna_off_the_ground_is_left_out():
    assert masts_off_ground(antennas(), ground(), crs=CRS("EPSG:4490")).tolist() == [False, False, False, True]


def test_antenna_above_the_range_of_the_model_is_left_out():
    table = antennas().iloc[:3].assign(frequency_mhz=[1_850.0, 26_000.0, 28_000.0])
    assert out_of_range(table).tolist() == [False, True, True]
    assert set(np.unique(whole(SIZE, table)[1])) == {-1, 0}


def test_classes_fall():
    with pytest.raises(ValueError, match="edges_dbm"):
        power_classes(np.zeros(1, "float32"), (-105.0, -95.0))
    with pytest.raises(ValueError, match="edges that fall"):
        CoverageRasterSettings(class_edges_dbm=(-105.0, -95.0))


def test_tile_without_cells_is_refused():
    with pytest.raises(ValueError, match="tile_cells"):
        whole(0)


def project():
    return Project.model_validate(
        {
            "project": {"name": "试点", "date": dt.date(2026, 1, 1)},
            "source": [{"layer": "towers", "path": "towers.gpkg"}],
            "elevation": {"path": "dem.tif"},
            "coverage": {"technologies": ["4G"], "operators": ["中国移动"], "reach_m": 6_000},
            "coverage_rasters": {"write": True, "tile_cells": 64},
        }
    )


def test_files_say_what_they_are(tmp_path):
    towers = gpd.GeoDataFrame(
        {"tower_id": ["T1"], "technologies": ["4G"], "tenants": ["中国移动"], "height_agl_m": [35.0]},
        geometry=[shapely.Point(75.03, 39.03)], crs="EPSG:4490",
    )  # fmt: skip
    inputs = Inputs({"towers": towers}, (), (), {}, ground(void=True))
    paths = write_coverage_rasters(project(), inputs, tmp_path / "coverage")
    with rasterio.open(paths["rsrp_4G_中国移动"]) as file:
        power = file.read(1, masked=True)
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (file.units, file.nodata, file.transform) == (("dBm",), -9999.0, PLACE)
        assert file.tags()["model"] == "ITU-R P.1812-8"
        assert json.loads(file.tags()["legend_classes_dbm"])["< -115"] == 5
    with rasterio.open(paths["server_4G_any"]) as file:
        server = file.read(1, masked=True)
    assert (power.mask == server.mask).all()
    assert power.mask[10:14, 40:44].all()
    table = pd.read_csv(paths["servers"])
    assert set(np.unique(server.compressed())) == set(table["number"])
    areas = gpd.read_file(paths["areas"])
    classes = power_classes(power.filled(np.nan), (-85.0, -95.0, -105.0, -115.0))
    for row in areas[areas["operator"] == "any"].itertuples():
        assert row.geometry.area / 1e-6 == pytest.approx((classes == row.class_number).sum())


def test_without_elevation_there_is_no_raster(tmp_path):
    with pytest.raises(LayerError, match="elevation"):
        write_coverage_rasters(project(), Inputs({}, (), (), {}, None), tmp_path)


def test_antenna_in_a_void_is_left_out():
    table = antennas().assign(lon=75.0425, lat=39.0575)
    assert masts_off_ground(table, ground(void=True), crs=CRS("EPSG:4490")).all()
    power, server = whole(SIZE, table)
    assert np.isnan(power).all()
    assert (server == -1).all()


def test_grid_in_a_plane_gives_what_the_one_in_degrees_gives():
    """Level ground, so that only distances and directions can differ; one antenna all round, another with a beam."""
    forward = Transformer.from_crs(4490, 4534, always_xy=True).transform
    east, north = forward(75.02, 39.03)
    flat = Grid(np.zeros((61, 61), "float32"), Affine(100, 0, east - 3050, 0, -100, north + 3050), "EPSG:4534")
    table = antennas().iloc[:2]
    (tile,) = coverage_tiles(table, flat, settings=SETTINGS, crs=CRS("EPSG:4490"))
    plain = Grid(np.zeros((SIZE, SIZE), "float32"), PLACE, "EPSG:4490")
    (degrees,) = coverage_tiles(table, plain, settings=SETTINGS, crs=CRS("EPSG:4490"))
    for row, column in ((39, 30), (20, 45), (50, 19)):
        lon, lat = PLACE @ (column + 0.5, row + 0.5)
        place = forward(lon, lat)
        there = ~flat.transform @ place
        found = tile.rsrp_dbm[0, int(there[1]), int(there[0])]
        assert found == pytest.approx(degrees.rsrp_dbm[0, row, column], abs=1.5)


def test_elevation_of_one_cell_is_enough_for_its_own_cell():
    one = Grid(np.full((1, 1), 5.0, "float32"), Affine(0.001, 0, 75.0195, 0, -0.001, 39.0305), "EPSG:4490")
    table = antennas().iloc[:1].assign(lon=75.02, lat=39.03)
    (tile,) = coverage_tiles(table, one, settings=SETTINGS, crs=CRS("EPSG:4490"))
    assert np.isfinite(tile.rsrp_dbm[0]).all()


def peak_bytes(cells):
    """Give the most memory that arrays take while tiles of 200 cells of an area are computed."""
    heights = np.zeros((cells, cells), "float32")
    area = Grid(heights, Affine(0.001, 0, 75.0, 0, -0.001, 39.0 + 0.001 * cells), "EPSG:4490")
    lon, lat = np.meshgrid(75.05 + 0.2 * np.arange(cells // 200), 39.05 + 0.2 * np.arange(cells // 200))
    one = antennas().iloc[:1].drop(columns=["lon", "lat"])
    table = pd.concat([one.assign(lon=x, lat=y) for x, y in zip(lon.flat, lat.flat, strict=True)], ignore_index=True)
    tracemalloc.start()
    for tile in coverage_tiles(table, area, settings=SETTINGS, crs=CRS("EPSG:4490"), tile_cells=200):
        assert np.isfinite(tile.rsrp_dbm).any()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.slow
def test_memory_follows_the_tile_and_not_the_area():
    peak_bytes(200)
    small, large = peak_bytes(400), peak_bytes(1600)
    assert large < 1.25 * small + 2_000_000
