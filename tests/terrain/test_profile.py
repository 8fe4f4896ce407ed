"""The path kernel against plain Python, closed forms and its own uncompiled self."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod

from onemap.terrain import profile
from onemap.terrain.kernel_cache import kernel_cache_folder, kernel_cache_key
from onemap.terrain.profile import BLOCKED, CLEAR, GRAZING, UNKNOWN, heights_at, margin_shape, sight_lines, sight_states


def straight(columns: float, row: float = 1.0) -> np.ndarray:
    return np.array([[[0.0, row], [columns / 2, row], [columns, row]]])


def look(ground: np.ndarray, distance_m: float, start_m: float, end_m: float, *, k_factor: float = 4 / 3):
    columns = ground.shape[1] - 1
    return sight_lines(
        ground,
        straight(columns),
        np.array([distance_m]),
        start_agl_m=np.array([start_m]),
        end_agl_m=np.array([end_m]),
        k_factor=k_factor,
    )


@pytest.mark.parametrize("k_factor", [1.0, 4 / 3, 10.0])
def test_two_masts_on_a_plain_lose_sight_at_the_horizon(k_factor: float) -> None:
    # The horizon of a mast of height h on a smooth earth of radius kR is sqrt(2 k R h), for two masts the sum.
    start_m, end_m = 40.0, 10.0
    radius_m = k_factor * 6_371_000.0
    horizon_m = math.sqrt(2 * radius_m * start_m) + math.sqrt(2 * radius_m * end_m)
    plain = np.zeros((3, 2001))
    assert look(plain, horizon_m * 0.999, start_m, end_m, k_factor=k_factor).clearance_m[0] > 0
    assert look(plain, horizon_m * 1.001, start_m, end_m, k_factor=k_factor).clearance_m[0] < 0


def test_the_obstacle_at_the_horizon_lies_where_the_ray_touches_the_earth() -> None:
    radius_m = 4 / 3 * 6_371_000.0
    to_horizon_m = math.sqrt(2 * radius_m * 40.0)
    distance_m = to_horizon_m + math.sqrt(2 * radius_m * 10.0)
    sights = look(np.zeros((3, 4001)), distance_m, 40.0, 10.0)
    assert sights.clearance_m[0] == pytest.approx(0.0, abs=1e-3)
    assert sights.obstacle_distance_m[0] == pytest.approx(to_horizon_m, rel=2e-3)


@pytest.mark.parametrize("above_m", [-0.5, -1e-6, 1e-6, 0.5])
def test_a_knife_edge_blocks_from_its_exact_height(above_m: float) -> None:
    distance_m, edge, columns = 10_000.0, 30, 100
    fraction = edge / columns
    ray_m = 20.0 + fraction * (60.0 - 20.0)
    bulge_m = fraction * (1 - fraction) * distance_m**2 / (2 * 4 / 3 * 6_371_000.0)
    ground = np.zeros((3, columns + 1))
    ground[:, edge] = ray_m - bulge_m + above_m
    sights = look(ground, distance_m, 20.0, 60.0)
    assert sights.clearance_m[0] == pytest.approx(-above_m, abs=1e-9)
    assert sights.obstacle_distance_m[0] == pytest.approx(3_000.0)
    assert sights.obstacle_elev_m[0] == pytest.approx(ray_m - bulge_m + above_m)
    assert (sight_states(sights, 0.0)[0] == BLOCKED) == (above_m > 0)


def test_the_margin_leaves_a_close_call_open_on_both_sides() -> None:
    for height_m, expected in ((24.0, CLEAR), (26.0, GRAZING), (34.0, GRAZING), (36.0, BLOCKED)):
        ground = np.zeros((3, 101))
        ground[:, 50] = height_m
        sights = look(ground, 1_000.0, 30.0, 30.0, k_factor=1e9)
        assert sight_states(sights, 5.0)[0] == expected


def test_the_margin_is_full_in_the_middle_and_nothing_at_the_ends() -> None:
    assert margin_shape(np.array([0.0, 0.5, 1.0])).tolist() == [0.0, 1.0, 0.0]


def test_a_void_leaves_open_what_known_ground_does_not_block() -> None:
    ground = np.zeros((3, 101))
    ground[:, 40] = np.nan
    assert sight_states(look(ground, 1_000.0, 30.0, 30.0), 5.0)[0] == UNKNOWN
    ground[:, 60] = 100.0
    assert sight_states(look(ground, 1_000.0, 30.0, 30.0), 5.0)[0] == BLOCKED


@pytest.mark.parametrize("column", [0, 100])
def test_a_void_under_an_end_leaves_all_open(column: int) -> None:
    ground = np.zeros((3, 101))
    ground[:, column] = np.nan
    ground[:, 50] = 1_000.0
    sights = look(ground, 1_000.0, 30.0, 30.0)
    assert sight_states(sights, 5.0)[0] == UNKNOWN
    assert np.isnan(sights.clearance_m[0])


def test_a_path_beyond_the_grid_is_unknown() -> None:
    sights = sight_lines(
        np.zeros((3, 10)), straight(50.0), np.array([100.0]), start_agl_m=np.array([9.0]), end_agl_m=np.array([9.0])
    )
    assert sight_states(sights, 0.0)[0] == UNKNOWN


def test_ends_at_one_place_see_each_other() -> None:
    sights = sight_lines(
        np.zeros((3, 3)), straight(0.0), np.array([0.0]), start_agl_m=np.array([30.0]), end_agl_m=np.array([1.5])
    )
    assert sight_states(sights, 5.0)[0] == CLEAR


def test_a_pixel_without_weight_is_no_void() -> None:
    heights = np.array([[5.0, np.nan], [np.nan, np.nan]])
    assert heights_at(heights, np.array([0.0, 0.5]), np.array([0.0, 0.0])).tolist()[0] == 5.0
    assert np.isnan(heights_at(heights, np.array([0.5]), np.array([0.0])))[0]


def test_a_single_pixel_has_a_height() -> None:
    assert heights_at(np.array([[7.0]]), np.array([0.0]), np.array([0.0])).tolist() == [7.0]


def test_paths_that_do_not_agree_in_number_are_refused() -> None:
    with pytest.raises(ValueError, match="paths must agree in number"):
        sight_lines(np.zeros((3, 3)), straight(2.0), np.zeros(2), start_agl_m=np.zeros(2), end_agl_m=np.zeros(2))


def test_a_k_factor_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="k_factor must be more than zero"):
        look(np.zeros((3, 3)), 100.0, 1.0, 1.0, k_factor=0.0)


def random_paths(rng: np.random.Generator, shape: tuple[int, int], count: int) -> np.ndarray:
    ends = rng.uniform(0, 1, (count, 2, 2)) * np.array([shape[1] - 1, shape[0] - 1])
    middle = np.clip(ends.mean(axis=1) + rng.normal(0, 0.3, (count, 2)), 0, np.array([shape[1] - 1, shape[0] - 1]))
    return np.stack([ends[:, 0], middle, ends[:, 1]], axis=1)


def test_compiled_and_plain_kernels_agree() -> None:
    rng = np.random.default_rng(7)
    heights = rng.uniform(0, 300, (40, 50)).astype(np.float32)
    heights[rng.uniform(size=heights.shape) < 0.01] = np.nan
    pixels = random_paths(rng, heights.shape, 40)
    follow, height = (getattr(one, "py_func", one) for one in (profile._follow_one, profile.height_at))
    for path in pixels:
        compiled, plain = np.empty(4), np.empty(4)
        ends = np.array([200.0, 100.0])
        one = profile._follow_one(heights, path, 5_000.0, ends, 1.7e7, compiled)
        other = follow(heights, path, 5_000.0, ends, 1.7e7, plain)
        assert one == other
        np.testing.assert_allclose(compiled, plain, rtol=1e-12, equal_nan=True)
    column, row = float(pixels[0, 0, 0]), float(pixels[0, 0, 1])
    np.testing.assert_allclose(profile.height_at(heights, column, row), height(heights, column, row), equal_nan=True)


def plain_height(heights: np.ndarray, column: float, row: float) -> float:
    """Interpolate, written out for this test."""
    left, top = math.floor(column), math.floor(row)
    total = 0.0
    for one, other, weight in (
        (top, left, (1 - (column - left)) * (1 - (row - top))),
        (top, left + 1, (column - left) * (1 - (row - top))),
        (top + 1, left, (1 - (column - left)) * (row - top)),
        (top + 1, left + 1, (column - left) * (row - top)),
    ):
        if weight:
            total += weight * float(heights[one, other])
    return total


def test_sight_agrees_with_plain_python_on_the_everest_tile(shared: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    path = shared / "data" / "everest" / "dem_srtm3_N27E086_filled.tif"
    if not path.is_file():
        pytest.skip("the Everest tile is absent")
    with rasterio.open(path) as source:
        heights = source.read(1).astype(np.float32)
        transform = source.transform
    rng = np.random.default_rng(1953)
    geod = Geod(ellps="GRS80")
    count, agreed, blocked = 1_000, 0, 0
    back = ~transform
    lon, lat = rng.uniform(86.1, 86.9, count), rng.uniform(27.1, 27.9, count)
    length_m, azimuth = rng.uniform(300, 8_000, count), rng.uniform(0, 360, count)
    start_m, end_m = rng.uniform(10, 60, count), rng.uniform(1, 30, count)
    stops = [geod.fwd(lon, lat, azimuth, length_m * share)[:2] for share in (0.0, 0.5, 1.0)]
    pixels = np.stack(
        [np.column_stack([back.a * x + back.c - 0.5, back.e * y + back.f - 0.5]) for x, y in stops], axis=1
    )
    found = sight_lines(heights, pixels, length_m, start_agl_m=start_m, end_agl_m=end_m, k_factor=4 / 3)
    states = sight_states(found, 5.0)
    for number in range(count):
        steps = max(2, math.ceil(2 * _speed(pixels[number])))
        expected = _plain_sight(
            heights, pixels[number], length_m[number], ends_m=(start_m[number], end_m[number]), steps=steps
        )
        assert found.clearance_m[number] == pytest.approx(expected[1], abs=1e-6)
        assert found.obstacle_distance_m[number] == pytest.approx(expected[2], abs=1e-6)
        assert found.obstacle_elev_m[number] == pytest.approx(expected[3], abs=1e-6)
        agreed += states[number] == (CLEAR if expected[0] > 5 else BLOCKED if expected[0] < -5 else GRAZING)
        blocked += states[number] == BLOCKED
    assert agreed == count
    assert 200 < blocked < 900


def _speed(path: np.ndarray) -> float:
    across, down = abs(path[2] - path[0]) + abs(4 * (path[1] - (path[0] + path[2]) / 2))
    return math.hypot(across, down)


def _plain_sight(
    heights: np.ndarray, path: np.ndarray, length_m: float, *, ends_m: tuple[float, float], steps: int
) -> tuple[float, float, float, float]:
    """Follow one ray, written out for this test: the parabola through three points in Lagrange's form."""
    first = plain_height(heights, *path[0]) + ends_m[0]
    last = plain_height(heights, *path[2]) + ends_m[1]
    best = (math.inf, math.nan, math.nan, math.nan)
    for step in range(1, steps):
        t = step / steps
        weights = ((1 - t) * (1 - 2 * t), 4 * t * (1 - t), t * (2 * t - 1))
        column = sum(weight * stop[0] for weight, stop in zip(weights, path, strict=True))
        row = sum(weight * stop[1] for weight, stop in zip(weights, path, strict=True))
        ground = plain_height(heights, column, row)
        bulge = t * length_m * (length_m - t * length_m) / (2 * 4 / 3 * 6_371_000)
        clearance = first * (1 - t) + last * t - (ground + bulge)
        reduced = clearance / (2 * math.sqrt(t * (1 - t)))
        if reduced < best[0] - 1e-12:
            best = (reduced, clearance, t * length_m, ground)
    return best


@pytest.mark.parametrize("lat", [0.0, 40.0, 70.0])
@pytest.mark.parametrize("azimuth", [0.0, 45.0, 90.0, 200.0])
def test_the_parabola_stays_on_the_geodesic(lat: float, azimuth: float) -> None:
    geod = Geod(ellps="GRS80")
    length_m = 30_000.0
    stops = np.array([geod.fwd(75.0, lat, azimuth, share * length_m)[:2] for share in (0.0, 0.5, 1.0)])
    for t in np.linspace(0, 1, 21):
        lon, here = (1 - t) * (1 - 2 * t) * stops[0] + 4 * t * (1 - t) * stops[1] + t * (2 * t - 1) * stops[2]
        exact = geod.fwd(75.0, lat, azimuth, t * length_m)[:2]
        assert geod.inv(lon, here, *exact)[2] < 0.1


def test_the_key_of_the_kernel_cache_follows_the_sources(tmp_path: Path) -> None:
    assert kernel_cache_folder(tmp_path) == tmp_path / f"kernels-{kernel_cache_key()}"
    assert int(kernel_cache_key(), 16) >= 0


def test_the_key_is_asked_for_without_loading_numba() -> None:
    code = "import sys; import onemap.terrain.kernel_cache; raise SystemExit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
