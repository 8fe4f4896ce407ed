"""Satellites: look angles by another program and by the sphere; the horizon by closed forms."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from onemap.analyses.candidate_settings import EXAMPLE_SATELLITES, SatelliteSettings
from onemap.analyses.candidates.satellite import (
    GEOSTATIONARY_RADIUS_M,
    look_angles,
    satellite_candidates,
    satellite_looks,
)
from onemap.errors import LayerError
from onemap.layers.grid import Grid
from onemap.terrain.horizon import horizon_of, open_sky_share
from onemap.terrain.plane import even_plane
from tests.analyses.candidates.small_county import CRS_NAME


def by_proj(lon: float, lat: float, height_m: float, orbit: float) -> tuple[float, float]:
    """Turn the satellite into the horizon system of the place by PROJ's topocentric conversion."""
    turn = Transformer.from_pipeline(f"+proj=topocentric +ellps=GRS80 +lon_0={lon} +lat_0={lat} +h_0={height_m}")
    angle = np.radians(orbit)
    satellite = GEOSTATIONARY_RADIUS_M * np.cos(angle), GEOSTATIONARY_RADIUS_M * np.sin(angle), 0.0
    east, north, up = turn.transform(*satellite)
    return np.degrees(np.arctan2(east, north)) % 360.0, np.degrees(np.arctan2(up, np.hypot(east, north)))


@given(st.floats(-180, 180), st.floats(-85, 85), st.floats(0, 8_000), st.floats(-180, 180))
def test_look_angles_are_those_of_proj(lon: float, lat: float, height_m: float, orbit: float) -> None:
    azimuth, elevation = (float(part) for part in look_angles(lon, lat, orbit, height_m=height_m))
    azimuth_there, elevation_there = by_proj(lon, lat, height_m, orbit)
    assert elevation == pytest.approx(elevation_there, abs=1e-6)
    if abs(elevation_there) < 89.99:
        assert (azimuth - azimuth_there + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-4)


def test_look_angles_agree_with_the_spherical_formula_within_a_quarter_of_a_degree() -> None:
    lon, lat = np.meshgrid(np.linspace(75, 135, 25), np.linspace(18, 53, 15))
    azimuth, elevation = look_angles(lon, lat, 110.5)
    turn, north = np.radians(lon - 110.5), np.radians(lat)
    cosine = np.cos(north) * np.cos(turn)
    flat = np.degrees(np.arctan((cosine - 6_371.0 / 42_164.17) / np.sqrt(1 - cosine**2)))
    np.testing.assert_allclose(elevation, flat, atol=0.25)
    sphere = (180.0 + np.degrees(np.arctan2(np.tan(turn), np.sin(north)))) % 360.0
    np.testing.assert_allclose(azimuth, sphere, atol=0.25)


def test_look_angles_agree_with_published_examples() -> None:
    """D. Roddy, example 3.2 (elevation 48° for 35° N, 100° W and 90° W); tutorialsweb.com/satcom (cos E = 0.9405, A = 78.83°)."""
    azimuth, elevation = look_angles([-100.0, -30.0], [35.0, -20.0], [-90.0, 30.0])
    assert elevation[0] == pytest.approx(48.0, abs=0.5)
    assert np.cos(np.radians(elevation[1])) == pytest.approx(0.9405, abs=0.001)
    assert azimuth[1] == pytest.approx(78.83, abs=0.25)


def test_the_horizon_of_a_ring_wall_and_of_the_curved_plain() -> None:
    rows, columns = np.mgrid[-100:101, -100:101]
    ground = np.where(np.hypot(rows, columns) * 50.0 > 4_000.0, 800.0, 0.0)
    directions = np.arange(0.0, 360.0, 15.0)
    seen = horizon_of(ground, even_plane(100.0, 100.0, 50.0, 50.0), directions, height_agl_m=10.0, reach_m=4_900.0)
    expected = np.degrees(np.arctan(790.0 / seen.distance_m - seen.distance_m / (2 * 4 / 3 * 6_371_000.0)))
    np.testing.assert_allclose(seen.elevation_deg, expected, atol=0.01)
    assert (np.abs(seen.distance_m - 4_025.0) < 80.0).all()
    assert seen.known.all()
    plain = horizon_of(
        np.zeros((3, 2_001)), even_plane(0.0, 1.0, 50.0, 50.0), np.array([90.0]), height_agl_m=100.0, reach_m=99_000.0
    )
    radius_m = 4 / 3 * 6_371_000.0
    assert plain.elevation_deg[0] == pytest.approx(-np.degrees(np.sqrt(2 * 100.0 / radius_m)), abs=1e-3)
    assert plain.distance_m[0] == pytest.approx(np.sqrt(2 * radius_m * 100.0), abs=100.0)


@given(st.floats(-5, 89), st.floats(0, 60))
def test_an_even_horizon_leaves_a_cap_of_the_sky(horizon_deg: float, mask_deg: float) -> None:
    share = open_sky_share(np.full(36, horizon_deg), mask_deg)
    cap = (1 - np.sin(np.radians(max(horizon_deg, mask_deg)))) / (1 - np.sin(np.radians(mask_deg)))
    assert share == pytest.approx(cap)
    assert 0.0 <= share <= 1.0


def valley(wall_m: float = 3_000.0) -> Grid:
    """Give a plain with a wall to the south of 75° E, 39° N, 2 km away."""
    values = np.zeros((400, 400), dtype=np.float32)
    values[218:] = wall_m
    return Grid(values, Affine(0.001, 0, 74.8, 0, -0.001, 39.2), CRS_NAME)


def places(*where: tuple[float, float]) -> gpd.GeoDataFrame:
    ids = [f"S{number}" for number in range(len(where))]
    points = [shapely.Point(*one) for one in where]
    return gpd.GeoDataFrame({"target_layer": "schools", "target_id": ids}, geometry=points, crs=CRS_NAME)


NEAR = SatelliteSettings(satellites={"south": 75.0, "east": 152.0, "far": -120.0}, horizon_m=20_000.0)


def test_a_wall_hides_what_stands_low_behind_it() -> None:
    looks = satellite_looks(
        places((75.0, 39.0), (75.0, 39.15)), valley(), settings=NEAR.model_copy(update={"horizon_m": 15_000.0})
    )
    assert looks["verdict"].tolist() == ["blocked", "blocked", "blocked", "visible", "blocked", "blocked"]
    south = looks.iloc[0]
    assert south["horizon_deg"] == pytest.approx(np.degrees(np.arctan(2_997.0 / 2_080.0)), abs=1.0)
    assert south["margin_deg"] == pytest.approx(south["elevation_deg"] - south["horizon_deg"])
    assert "the ground reaches" in south["reason_en"]
    assert "方位角" in south["reason_zh"]
    assert looks["best"].tolist()[3:] == [True, False, False]
    assert looks["sky_share"].iloc[0] < 0.85 < looks["sky_share"].iloc[3]


def test_a_higher_dish_never_sees_less_beyond_a_wall() -> None:
    margins = [
        satellite_looks(places((75.0, 39.0)), valley(2_200.0), settings=NEAR.model_copy(update={"dish_m": dish_m}))
        for dish_m in (0.0, 5.0, 50.0)
    ]
    values = [looks["horizon_deg"].iloc[0] for looks in margins]
    assert values[0] > values[1] > values[2]


def test_unknown_ground_on_the_way_leaves_it_to_a_test_on_site() -> None:
    grid = valley(0.0)
    grid.values[230:240] = np.nan
    looks = satellite_looks(places((75.0, 39.0)), grid, settings=NEAR)
    assert looks["verdict"].iloc[0] == "depends"  # 3.4 km to the south there could be a wall of 8,849 m: 69 degrees
    assert looks["elevation_deg"].iloc[0] < np.degrees(np.arctan(8_846.0 / 3_400.0))
    assert (
        "as far as the ground is known, which it is not all the way: to be tested on site" in looks["reason_en"].iloc[0]
    )
    assert looks["low_orbit_verdict"].iloc[0] == "depends"
    behind = satellite_looks(places((75.0, 39.12)), grid, settings=NEAR)
    assert behind["verdict"].iloc[0] == "visible"  # from 17 km away that wall would stand 28 degrees high
    off = satellite_looks(places((90.0, 39.0)), grid, settings=NEAR)
    assert off["verdict"].iloc[0] == "depends"
    assert off["horizon_deg"].isna().all()


def test_dishes_are_candidates_where_something_is_visible_once_a_place() -> None:
    targets = places((75.0, 39.15), (75.0, 39.15), (75.0, 39.0))
    looks = satellite_looks(targets, valley(), settings=NEAR)
    found = satellite_candidates(targets, looks)
    assert found[["candidate_id", "satellite", "kind"]].values.tolist() == [
        ["satellite:schools:S0", "south", "satellite"]
    ]
    assert found["reason_zh"].tolist() == ["可在 S0 安装卫星终端"]
    assert satellite_candidates(targets.iloc[:0], looks.iloc[:0]).empty


def test_no_elevation_model_and_no_satellite_are_clear_errors() -> None:
    with pytest.raises(LayerError, match="sight of satellites needs an elevation model"):
        satellite_looks(places((75.0, 39.0)), None)
    with pytest.raises(LayerError, match="at least one geostationary satellite"):
        satellite_looks(places((75.0, 39.0)), valley(), settings=SatelliteSettings(satellites={}))
    assert satellite_looks(places(), valley()).empty
    assert all(name.startswith("example") for name in EXAMPLE_SATELLITES)
