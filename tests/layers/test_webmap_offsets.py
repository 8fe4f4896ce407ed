"""GCJ-02 and BD-09 against published points, there and back, and at the rim of the box."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from onemap.layers.webmap_offsets import (
    GCJ_BOUNDS,
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

GEOD = Geod(ellps="WGS84")


def miss_m(lon, lat, other_lon, other_lat):
    return GEOD.inv(lon, lat, other_lon, other_lat)[2]


@pytest.fixture
def points():
    rng = np.random.default_rng(20260101)
    west, south, east, north = GCJ_BOUNDS
    return rng.uniform(west + 0.02, east - 0.02, 200_000), rng.uniform(south + 0.02, north - 0.02, 200_000)


def test_published_point_is_met():
    lon, lat = wgs84_to_gcj02([116.404], [39.915])
    np.testing.assert_allclose([lon[0], lat[0]], [116.410244, 39.916404], atol=6e-7)
    lon, lat = wgs84_to_bd09([116.404], [39.915])
    np.testing.assert_allclose([lon[0], lat[0]], [116.416627, 39.922700], atol=6e-7)


@pytest.mark.parametrize(
    ("there", "back"),
    [(wgs84_to_gcj02, gcj02_to_wgs84), (gcj02_to_bd09, bd09_to_gcj02), (wgs84_to_bd09, bd09_to_wgs84)],
)
def test_there_and_back_misses_by_less_than_a_micrometre(points, there, back):
    lon, lat = back(*there(*points))
    assert miss_m(*points, lon, lat).max() < 1e-6


def test_offset_has_the_size_that_is_known_in_china(points):
    offset_m = miss_m(*points, *wgs84_to_gcj02(*points))
    assert 350 < offset_m.mean() < 650
    assert offset_m.max() < 1100


def test_inverse_stands_on_the_meridian_where_the_formula_has_a_kink():
    lon, lat = np.full(1000, 105.0) + np.linspace(-1e-9, 1e-9, 1000), np.linspace(20, 45, 1000)
    back_lon, back_lat = gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat))
    assert miss_m(lon, lat, back_lon, back_lat).max() < 1e-6


@pytest.mark.parametrize("place", [(1.52, 42.5), (140.0, 40.0), (86.9, -5.0), (71.9, 40.0)])
def test_outside_the_box_gcj_is_wgs_both_ways(place):
    for shift in (wgs84_to_gcj02, gcj02_to_wgs84):
        lon, lat = shift(*place)
        assert (float(lon), float(lat)) == place


def test_missing_coordinates_stay_missing_and_spoil_no_other():
    lon, lat = bd09_to_wgs84(*wgs84_to_bd09([75.2, np.nan], [39.5, np.nan]))
    assert np.isnan(lon[1])
    assert np.isnan(lat[1])
    assert lon[0] == pytest.approx(75.2, abs=1e-11)


def test_arguments_are_unchanged():
    lon, lat = np.array([75.2]), np.array([39.5])
    bd09_to_wgs84(lon, lat)
    assert lon.tolist() == [75.2]
    assert lat.tolist() == [39.5]
