"""The ground of the map: light, place and voids."""

import numpy as np
import pytest
from affine import Affine

from onemap.layers.grid import Grid
from onemap.views.relief import hillshade, relief_picture


def test_slope_to_the_light_is_brighter_than_flat_ground_and_flat_brighter_than_the_far_side():
    height_m = np.full(21, 90.0)
    column = np.arange(21) * 30.0
    towards_west = hillshade(np.tile(column, (21, 1)), 1.0, height_m)[10, 10]
    towards_east = hillshade(np.tile(-column, (21, 1)), 1.0, height_m)[10, 10]
    assert towards_west > np.sin(np.pi / 4) > towards_east


def test_rows_are_equally_spaced_in_web_mercator():
    """A step in height at 45° N lies where Mercator puts 45° N, not half way."""
    lat = np.arange(60.0, 30.0, -0.05) - 0.025
    values = np.repeat(np.where(lat > 45, 3000.0, 0.0)[:, None], 100, axis=1)
    grid = Grid(values, Affine(0.05, 0, 70, 0, -0.05, 60), "EPSG:4326")
    relief = relief_picture(grid, (70, 30, 75, 60), longest_side_px=2000)
    brightness = relief.shade[:, 50].astype(int)
    step = int(np.abs(brightness - np.median(brightness)).argmax())
    northing = np.arctanh(np.sin(np.radians([30.0, 45.0, 60.0])))
    wanted = (northing[2] - northing[1]) / (northing[2] - northing[0])
    assert step / len(brightness) == pytest.approx(wanted, abs=0.005)


def test_voids_are_clear_and_a_window_off_the_model_gives_nothing():
    values = np.zeros((50, 50))
    values[:10, :10] = np.nan
    grid = Grid(values, Affine(0.01, 0, 75, 0, -0.01, 40), "EPSG:4490")
    relief = relief_picture(grid, (74, 39, 76, 41))
    assert not relief.known[0, 0]
    assert relief.known[-1, -1]
    assert relief.data_uri().startswith("data:image/webp;base64,")
    assert relief_picture(grid, (80, 39, 81, 40)) is None


def test_projected_model_gives_the_same_ground():
    grid = Grid(np.zeros((100, 100)), Affine(100, 0, 500_000, 0, -100, 4_420_000), "EPSG:4534")
    relief = relief_picture(grid, (74.9, 39.8, 75.2, 40.0))
    assert relief is not None
    assert relief.known.mean() > 0.9
    assert 74.99 < relief.west < 75.01
