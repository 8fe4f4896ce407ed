"""Cells in sight: closed forms, a plain search cell by cell, turned and moved grids, and another program."""

import math
import shutil
import subprocess

import numpy as np
import pytest

from onemap.terrain.plane import even_plane, fit_plane
from onemap.terrain.profile import EARTH_RADIUS_M
from onemap.terrain.rays import ray_direction, ray_of, rays_per_octant
from onemap.terrain.viewshed import BEYOND, HIDDEN, VISIBLE, VOID, Eye, viewshed


def hills(size, seed=1):
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:size, 0:size]
    waves = 300 * np.sin(rows / 9.1) * np.cos(columns / 7.3) + 80 * np.sin((rows + columns) / 3.7)
    return waves + rng.normal(0, 5, (size, size))


def test_horizon_over_the_sea_is_where_the_closed_form_says():
    step_m, k = 100.0, 4 / 3
    horizon_m = math.sqrt(2 * k * EARTH_RADIUS_M) * (math.sqrt(40.0) + math.sqrt(2.0))
    sight = viewshed(np.zeros((3, 500)), even_plane(0, 1, step_m, step_m), Eye(40.0, 2.0, 49_900.0, k))
    last = np.flatnonzero(sight[1] == VISIBLE).max() * step_m
    assert horizon_m == pytest.approx(31_900, abs=100)
    assert abs(last - horizon_m) <= 2 * step_m


def test_one_step_beyond_the_reach_is_not_judged():
    sight = viewshed(np.zeros((1, 4)), even_plane(0, 0, 30, 30), Eye(10.0, 1.5, 60.0))
    assert sight.tolist() == [[VISIBLE, VISIBLE, VISIBLE, BEYOND]]


def test_cells_behind_a_void_are_not_known_unless_hidden():
    ground = np.zeros((1, 8))
    ground[0, 2] = np.nan
    ground[0, 5] = 100.0
    sight = viewshed(ground, even_plane(0, 0, 30, 30), Eye(10.0, 1.5, 500.0))
    assert sight.tolist() == [[VISIBLE, VISIBLE, VOID, VOID, VOID, VOID, HIDDEN, HIDDEN]]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turning_the_grid_turns_the_sight(turns):
    ground = hills(81)
    eye = Eye(15.0, 1.5, 1_000.0)
    straight = viewshed(ground, even_plane(30.3, 44.1, 30, 30), eye)
    column, row = 30.3, 44.1
    for _ in range(turns):
        column, row = row, 80 - column
    turned = viewshed(np.rot90(ground, turns), even_plane(column, row, 30, 30), eye)
    assert (np.rot90(straight, turns) == turned).mean() > 0.9998


def test_moving_the_window_changes_nothing():
    ground = hills(90)
    eye = Eye(15.0, 1.5, 700.0)
    whole = viewshed(ground, even_plane(44, 45, 30, 30), eye)
    part = viewshed(ground[10:80, 12:80], even_plane(32, 35, 30, 30), eye)
    assert (whole[10:80, 12:80] == part).all()


def test_ray_of_its_own_direction_is_found():
    count = 37
    for ray in range(8 * count):
        east, north = ray_direction(ray, count)
        assert math.hypot(east, north) == pytest.approx(1.0)
        assert ray_of(1e4 * east, 1e4 * north, count) == ray


def test_neighbouring_rays_lie_at_most_one_cell_apart_at_the_rim():
    count = rays_per_octant(20_000.0, 30.0)
    ends = np.array([ray_direction(ray, count) for ray in range(8 * count)]) * 20_000.0
    apart_m = np.hypot(*(ends - np.roll(ends, 1, axis=0)).T)
    assert apart_m.max() <= 30.0
    assert apart_m.min() > 24.0


def test_grid_in_degrees_has_its_true_distances():
    from pyproj import Geod

    geod = Geod(ellps="GRS80")
    lon, lat, cell = 86.9, 27.9, 1 / 1200
    azimuth, distance = (part.ravel() for part in np.meshgrid(np.arange(0, 360, 20.0), [2e3, 8e3, 15e3, 22e3, 30e3]))
    lons, lats, _ = geod.fwd(np.full(azimuth.shape, lon), np.full(azimuth.shape, lat), azimuth, distance)
    cells = np.column_stack([(lons - 86) / cell - 0.5, (28 - lats) / cell - 0.5])
    metres = distance[:, None] * np.column_stack([np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))])
    plane = fit_plane((lon - 86) / cell - 0.5, (28 - lat) / cell - 0.5, cells, metres)
    assert plane.error_m < 0.05
    assert 81 < plane.cell_m < 83


@pytest.mark.parametrize("place", [(-3.0, 1.0), (1.0, 50.0), (2.0, 2.0)])
def test_observer_off_known_ground_is_refused(place):
    ground = np.zeros((5, 5))
    ground[2, 2] = np.nan
    with pytest.raises(ValueError, match="must stand on known ground"):
        viewshed(ground, even_plane(*place, 30, 30), Eye(10.0, 1.5, 100.0))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ((-1.0, 1.5, 100.0), "height_agl_m"),
        ((1.0, math.nan, 100.0), "target_agl_m"),
        ((1.0, 1.5, 0.0), "reach_m"),
        ((1.0, 1.5, 10.0, 0.0), "k_factor"),
    ],
)
def test_eye_that_cannot_be_is_refused(values, name):
    with pytest.raises(ValueError, match=name):
        Eye(*values)


def test_plane_of_too_few_places_is_refused():
    with pytest.raises(ValueError, match="9 places or more"):
        fit_plane(0, 0, np.zeros((3, 2)), np.zeros((3, 2)))


def test_plane_of_flat_cells_is_refused():
    with pytest.raises(ValueError, match="column_m and row_m"):
        even_plane(0, 0, 0, 30)


def test_disc_without_radius_is_refused():
    with pytest.raises(ValueError, match="radius_m"):
        rays_per_octant(0.0, 30.0)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gdal_viewshed") is None, reason="needs gdal-bin")
def test_another_program_sees_the_same(tmp_path):
    """GDAL goes from cell to cell and interpolates lines of sight, so borders of shadows differ by a cell."""
    import rasterio

    ground = hills(400).astype("float32")
    transform = rasterio.Affine(30, 0, 500_000, 0, -30, 3_100_000)
    with rasterio.open(
        tmp_path / "dem.tif", "w", driver="GTiff", width=400, height=400, count=1, dtype="float32", crs="EPSG:32645",
        transform=transform,
    ) as file:  # fmt: skip
        file.write(ground, 1)
    column, row = np.unravel_index(np.argmax(ground[150:250, 150:250].T), (100, 100))
    place = transform @ (column + 150.5, row + 150.5)
    subprocess.run(
        ["gdal_viewshed", "-q", "-ox", str(place[0]), "-oy", str(place[1]), "-oz", "30", "-tz", "1.5", "-md", "0",
         "-cc", "0.75", "-vv", "1", "-iv", "0", "dem.tif", "sight.tif"], cwd=tmp_path, check=True,
    )  # fmt: skip
    with rasterio.open(tmp_path / "sight.tif") as file:
        theirs = file.read(1) == 1
    ours = viewshed(ground, even_plane(column + 150, row + 150, 30, 30), Eye(30.0, 1.5, 9_000.0)) == VISIBLE
    assert theirs.mean() > 0.05
    assert (ours == theirs).mean() > 0.97
