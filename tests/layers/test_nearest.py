"""Nearest neighbours against every distance on the ellipsoid."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from onemap.layers.nearest import Neighbours, nearest, pairs_within, points_within

GEOD = Geod(ellps="GRS80")


def all_distances(points: tuple[np.ndarray, np.ndarray], among: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    grids = [
        np.ascontiguousarray(np.broadcast_to(one, (len(points[0]), len(among[0]))))
        for one in (points[0][:, None], points[1][:, None], among[0][None, :], among[1][None, :])
    ]
    return np.asarray(GEOD.inv(*(grid.ravel() for grid in grids))[2]).reshape(grids[0].shape)


REGIONS = {
    "china": ((75, 120), (24, 40)),
    "antimeridian": ((179, 181), (-20, 20)),
    "north pole": ((-180, 180), (88, 90)),
    "south pole": ((-180, 180), (-90, -88)),
    "world": ((-180, 180), (-90, 90)),
    "one street": ((75.0, 75.001), (39.0, 39.001)),
}


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("count", [1, 2, 5, 400])
def test_nearest_is_nearest_on_the_ellipsoid(region: str, count: int) -> None:
    rng = np.random.default_rng(42)
    lons, lats = REGIONS[region]
    points = rng.uniform(*lons, 200), rng.uniform(*lats, 200)
    among = rng.uniform(*lons, count), rng.uniform(*lats, count)
    lengths = all_distances(points, among)
    found, distance_m = nearest(*points, *among)
    np.testing.assert_allclose(distance_m, lengths.min(axis=1), rtol=0, atol=5.1e-7)  # given to the micrometre
    np.testing.assert_allclose(lengths[np.arange(200), found], lengths.min(axis=1), atol=1e-8)


def test_candidates_equally_far_by_chord_are_measured() -> None:
    # Rings of points at one geodesic distance, the true nearest 1 mm closer: chords differ by less than the bound at
    # these lengths, so that only measuring tells them apart.
    azimuth = np.arange(0, 360, 10.0)
    for radius_m in (1_000.0, 100_000.0, 2_000_000.0):
        length_m = np.full(azimuth.shape, radius_m)
        length_m[9] -= 0.001
        lon, lat, _ = GEOD.fwd(np.full(azimuth.shape, 100.0), np.full(azimuth.shape, 33.0), azimuth, length_m)
        found, distance_m = nearest([100.0], [33.0], lon, lat)
        assert found.tolist() == [9]
        assert distance_m[0] == pytest.approx(radius_m - 0.001, abs=1e-6)


def test_many_places_at_one_spot_are_no_trouble() -> None:
    among_lon, among_lat = np.full(5_000, 100.0), np.full(5_000, 33.0)
    _, distance_m = nearest([100.0, 100.1], [33.0, 33.0], among_lon, among_lat)
    assert distance_m[0] == 0
    assert distance_m[1] == pytest.approx(GEOD.inv(100.1, 33.0, 100.0, 33.0)[2])


def test_antipodes_are_found() -> None:
    found, distance_m = nearest([0.0], [0.0], [180.0, 179.9], [0.0, 0.05])
    lengths = [GEOD.inv(0, 0, 180.0, 0.0)[2], GEOD.inv(0, 0, 179.9, 0.05)[2]]
    assert distance_m[0] == pytest.approx(min(lengths))
    assert found[0] == int(np.argmin(lengths))


def test_nothing_to_look_among_gives_no_neighbour() -> None:
    found, distance_m = nearest([100.0], [33.0], [], [])
    assert found.tolist() == [-1]
    assert np.isinf(distance_m[0])
    assert nearest([], [], [1.0], [1.0])[0].size == 0


def test_coordinates_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="coordinates must be numbers, got nan at position 1"):
        nearest([1.0, np.nan], [1.0, 1.0], [1.0], [1.0])
    with pytest.raises(ValueError, match="coordinates must be numbers, got inf"):
        Neighbours([np.inf], [1.0])


@pytest.mark.parametrize("region", ["china", "antimeridian", "north pole"])
def test_all_within_a_distance_are_found(region: str) -> None:
    rng = np.random.default_rng(3)
    lons, lats = REGIONS[region]
    points = rng.uniform(*lons, 150), rng.uniform(*lats, 150)
    among = rng.uniform(*lons, 300), rng.uniform(*lats, 300)
    limit_m = float(np.quantile(all_distances(points, among), 0.05))
    point, neighbour, length_m = points_within(*points, *among, distance_m=limit_m)
    expected = np.argwhere(all_distances(points, among) <= limit_m)
    np.testing.assert_array_equal(np.column_stack([point, neighbour]), expected)
    assert (length_m <= limit_m).all()
    count = Neighbours(*among).counts_within(*points, distance_m=limit_m)
    assert (count >= np.bincount(point, minlength=150)).all()
    assert count.sum() <= len(point) + 2


def test_the_limit_is_inclusive_and_pairs_come_once() -> None:
    lon, lat, _ = GEOD.fwd(100.0, 33.0, 60.0, 500.0)
    exact_m = GEOD.inv(100.0, 33.0, lon, lat)[2]
    first, second, length_m = pairs_within([100.0, lon], [33.0, lat], distance_m=exact_m)
    assert (first.tolist(), second.tolist()) == ([0], [1])
    assert length_m[0] == 500.0
    assert pairs_within([100.0, lon], [33.0, lat], distance_m=500.0)[0].size == 1
    assert pairs_within([100.0, lon], [33.0, lat], distance_m=exact_m - 1e-6)[0].size == 0
