"""The sweep against the path model on its own samples, over real and made terrain; turned, moved and cut grids."""

import math
from itertools import pairwise

import numpy as np
import pytest

from onemap.radio.p1812 import SLOTS, effective_radius, path_loss, trace_path
from onemap.radio.sweep import Air, Ground, Mast, sweep_losses
from onemap.radio.sweep.median_loss import least_spread
from onemap.terrain.plane import even_plane, place_at
from onemap.terrain.profile import heights_at
from onemap.terrain.rays import ray_cells, ray_direction, ray_of, rays_per_octant, sample_ray

CARRIERS = np.array([[0.7, 2.0], [3.5, 1.0]])
TERRAINS = {
    "flat": lambda _, size: np.full((size, size), 100.0),
    "sea": lambda _, size: np.zeros((size, size)),
    "noise": lambda rng, size: rng.normal(0, 20, (size, size)),
    "hills": lambda _, size: 200 * np.sin(np.arange(size) / 9)[:, None] * np.cos(np.arange(size) / 7)[None, :],
}
REAL = {"everest": "everest/dem_srtm3_N27E086_filled.tif", "andorra": "andorra/dem_srtm3_N42E001_filled.tif"}


def own_samples(ground, mast, cell):
    """Give distances, heights and surface of the path that the sweep takes to a cell."""
    plane, step_m = mast.plane, mast.plane.cell_m
    per_octant = rays_per_octant(mast.reach_m, step_m)
    u, v = cell[1] - plane.column, cell[0] - plane.row
    east, north = place_at(plane.to_metres[0], u, v), place_at(plane.to_metres[1], u, v)
    away_m = math.hypot(east, north)
    last = max(int(away_m / step_m - 0.5), 0)
    lines = ray_cells(plane.to_cells, *ray_direction(ray_of(east, north, per_octant), per_octant))
    found = np.empty(last + 1)
    first = (ground.first_row, ground.first_column)
    sample_ray(ground.height_m, first, (plane.column, plane.row), lines, step_m, last + 1, found)
    height_m = np.append(found, ground.height_m[cell[0] - first[0], cell[1] - first[1]])
    surface_m = height_m.copy()
    if ground.clutter_m is not None:
        d = np.arange(1, last + 1) * step_m
        across, along = (part[0] * d + part[1] * d**2 + part[2] * d**3 for part in lines)
        columns = np.floor(plane.column + across + 0.5).astype(int)
        rows = np.floor(plane.row + along + 0.5).astype(int)
        surface_m[1:-1] += ground.clutter_m[rows, columns]
    return np.append(np.arange(last + 1) * step_m, away_m) / 1000, height_m, surface_m


def own_losses(ground, mast, air, cell):
    """Give the losses of the path model on those samples."""
    distance_km, height_m, surface_m = own_samples(ground, mast, cell)
    if np.isnan(surface_m).any():
        return np.full(len(CARRIERS), np.nan)
    rise_km = (height_m[0] + mast.height_agl_m - height_m[-1] - air.receiver_agl_m) / 1000
    if len(distance_km) < 5 or distance_km[-1] < 0.25:
        squared = distance_km[-1] ** 2 + rise_km**2
        return 92.4 + 20 * np.log10(CARRIERS[:, 0]) + 10 * np.log10(squared)
    geometry, radius_km = np.zeros(SLOTS), effective_radius(air.delta_n)
    inland = np.full(len(height_m), 4)
    trace_path(
        distance_km, height_m, surface_m, inland, len(height_m), mast.height_agl_m, air.receiver_agl_m, radius_km, geometry
    )  # fmt: skip
    return [
        max(path_loss(geometry, f, int(p), air.time_percent, air.delta_n, air.n0, mast.latitude_deg, 500.0, 500.0))
        for f, p in CARRIERS
    ]


def compare(height_m, *, cells, rng, time_percent=50.0, clutter=False, agl=(30.0, 1.5), reach_m=15_000.0):
    rows, columns = height_m.shape
    clutter_m = rng.choice([0.0, 10.0, 15.0], height_m.shape).astype("float32") if clutter else None
    ground = Ground(height_m.astype("float32"), clutter_m)
    place = rng.uniform(0.3, 0.7, 2) * (columns, rows)
    mast = Mast(even_plane(*place, 80.0, 92.0), agl[0], reach_m, 28.0)
    air = Air(time_percent=time_percent, receiver_agl_m=agl[1])
    losses = sweep_losses(ground, mast, CARRIERS, air=air)
    known = np.argwhere(np.isfinite(losses[0]))
    assert len(known) > 100
    worst = 0.0
    for row, column in known[rng.integers(0, len(known), cells)]:
        expected = own_losses(ground, mast, air, (row, column))
        worst = max(worst, np.abs(losses[:, row, column] - expected).max())
    return worst


@pytest.mark.parametrize("terrain", TERRAINS)
@pytest.mark.parametrize(("time_percent", "clutter"), [(50.0, False), (50.0, True), (5.0, False), (1.0, True)])
def test_sweep_is_the_path_model_on_its_own_samples(terrain, time_percent, clutter):
    rng = np.random.default_rng(7)
    height_m = TERRAINS[terrain](rng, 220)
    assert compare(height_m, cells=40, rng=rng, time_percent=time_percent, clutter=clutter, reach_m=8_000) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("terrain", [*TERRAINS, *REAL])
def test_sweep_is_the_path_model_on_a_hundred_thousand_cells(terrain, request):
    rng = np.random.default_rng(11)
    if terrain in REAL:
        rasterio = pytest.importorskip("rasterio")

        path = request.getfixturevalue("shared") / "data" / REAL[terrain]
        with rasterio.open(path) as file:
            height_m = file.read(1).astype(float)
    else:
        height_m = TERRAINS[terrain](rng, 1200)
    for time_percent, clutter, agl in [
        (50.0, False, (30.0, 1.5)), (50.0, True, (45.0, 1.5)), (10.0, False, (30.0, 10.0)), (1.0, True, (15.0, 1.5)),
    ]:  # fmt: skip
        for _ in range(2):
            worst = compare(height_m, cells=2_100, rng=rng, time_percent=time_percent, clutter=clutter, agl=agl)
            assert worst < 1e-6


def hilly(size=160, seed=3):
    rng = np.random.default_rng(seed)
    return (TERRAINS["hills"](rng, size) + rng.normal(0, 4, (size, size))).astype("float32")


@pytest.mark.parametrize("time_percent", [50.0, 10.0])
@pytest.mark.parametrize("seed", range(8))
def test_turning_the_grid_turns_the_losses(seed, time_percent):
    """Rounding of a turned place may move a sample by 1e-13 of a cell; ties that it could break need level ground."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(60, 130))
    height_m, (column, row) = hilly(size, seed), rng.uniform(10, size - 11, 2)
    air = Air(time_percent=time_percent)
    straight = sweep_losses(
        Ground(height_m), Mast(even_plane(column, row, 30, 30), 30.0, 2_500, 40.0), CARRIERS, air=air
    )
    for turns in (1, 2, 3):
        column, row, height_m = row, size - 1 - column, np.rot90(height_m).copy()
        mast = Mast(even_plane(column, row, 30, 30), 30.0, 2_500, 40.0)
        turned = sweep_losses(Ground(height_m), mast, CARRIERS, air=air)
        np.testing.assert_allclose(np.rot90(straight, turns, axes=(1, 2)), turned, rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_mast_and_phone_may_change_places(seed):
    """Bending alone is the same both ways (the search starts at the other end); the sweep has it on its eastern ray."""
    rng = np.random.default_rng(seed)
    line = rng.normal(0, 15, 401) + 120 * np.sin(np.arange(401) / 31)
    there, back = np.tile(line, (3, 1)), np.tile(line[::-1], (3, 1))
    mast = Mast(even_plane(0, 1, 50, 50), 25.0, 21_000, 40.0)
    whole = sweep_losses(Ground(there), mast, CARRIERS, air=Air(receiver_agl_m=25.0))[:, 1, 400]
    np.testing.assert_allclose(
        sweep_losses(Ground(back), mast, CARRIERS, air=Air(receiver_agl_m=25.0))[:, 1, 400], whole, rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("seed", range(4))
def test_more_height_over_open_ground_never_bends_more(seed):
    """What is lost beyond free space falls as the mast grows, wherever it was in sight with nothing in its zone."""
    ground = Ground(hilly(120, seed) * 0.2)
    excess = []
    for height_agl_m in (20.0, 40.0, 80.0, 160.0):
        mast = Mast(even_plane(60.3, 59.7, 30, 30), height_agl_m, 1_500, 40.0)
        losses = sweep_losses(ground, mast, CARRIERS)
        rows, columns = np.mgrid[0:120, 0:120]
        along = np.hypot(rows - 59.7, columns - 60.3) * 0.03
        foot = heights_at(ground.height_m, np.array([60.3]), np.array([59.7]))[0]
        rise = (foot + height_agl_m - ground.height_m - 1.5) / 1000
        free = 92.4 + 20 * np.log10(CARRIERS[:, 0])[:, None, None] + 10 * np.log10(along**2 + rise**2)
        excess.append(losses - free)
    for lower, higher in pairwise(excess):
        open_air = np.abs(lower) < 1e-9
        assert open_air.sum() > 1_000
        assert np.nanmax(higher[open_air]) < 1e-9
        assert np.nanmin(higher) > -1e-9


def test_moving_the_grid_moves_the_losses():
    height_m = hilly()
    here = sweep_losses(Ground(height_m), Mast(even_plane(70.25, 91.5, 30, 30), 30.0, 2_500, 40.0), CARRIERS)
    plane = even_plane(70.25 + 4096, 91.5 + 512, 30, 30)
    there = sweep_losses(Ground(height_m, None, 512, 4096), Mast(plane, 30.0, 2_500, 40.0), CARRIERS)
    assert np.nanmax(np.abs(here - there)) < 1e-6


def test_tiles_are_the_whole():
    ground = Ground(hilly(), (hilly(seed=5) > 50).astype("float32") * 10)
    mast = Mast(even_plane(70.3, 91.7, 30, 30), 30.0, 2_500, 40.0)
    whole = sweep_losses(ground, mast, CARRIERS)
    for row, column in ((0, 0), (0, 80), (80, 0), (80, 80)):
        part = sweep_losses(ground, mast, CARRIERS, window=(row, column, 80, 80))
        np.testing.assert_array_equal(part, whole[:, row : row + 80, column : column + 80])


def test_threads_change_nothing():
    mast = Mast(even_plane(70.3, 91.7, 30, 30), 30.0, 2_500, 40.0)
    one = sweep_losses(Ground(hilly()), mast, CARRIERS)
    np.testing.assert_array_equal(sweep_losses(Ground(hilly()), mast, CARRIERS, threads=2), one)


def test_cells_behind_a_void_are_not_known():
    height_m = np.zeros((3, 60), dtype="float32")
    height_m[:, 20] = np.nan
    losses = sweep_losses(Ground(height_m), Mast(even_plane(0, 1, 30, 30), 30.0, 1_700, 40.0), CARRIERS)
    assert np.isfinite(losses[0, 1, :19]).all()
    assert np.isnan(losses[0, 1, 20:]).all()


def test_cell_of_the_mast_itself_has_a_finite_loss():
    losses = sweep_losses(
        Ground(np.zeros((3, 3), dtype="float32")), Mast(even_plane(1, 1, 30, 30), 1.5, 60, 40.0), CARRIERS
    )
    assert np.isfinite(losses).all()


def test_loss_grows_with_distance_over_flat_ground():
    losses = sweep_losses(
        Ground(np.zeros((3, 500), dtype="float32")), Mast(even_plane(0, 1, 60, 60), 30.0, 29_900, 40.0), CARRIERS
    )
    assert (np.diff(losses[:, 1, 6:490], axis=1) > -0.02).all()


@pytest.mark.parametrize("latitude_deg", [0.0, 30.0, 60.0, 69.0, 75.0])
def test_spread_of_ducting_is_bounded(latitude_deg):
    assert least_spread(latitude_deg, 50.0) > 0


@pytest.mark.parametrize(("column", "row"), [(-2.0, 1.0), (1.0, 9.0), (math.nan, 1.0)])
def test_mast_off_the_ground_is_refused(column, row):
    with pytest.raises(ValueError, match="the mast must stand on known ground"):
        sweep_losses(Ground(np.zeros((5, 5))), Mast(even_plane(column, row, 30, 30), 30.0, 60, 40.0), CARRIERS)


@pytest.mark.parametrize(
    ("values", "name"),
    [((-5.0, 100.0, 0.0), "height_agl_m"), ((30.0, 0.0, 0.0), "reach_m"), ((30.0, 10.0, 99.0), "lat")],
)
def test_mast_that_cannot_be_is_refused(values, name):
    with pytest.raises(ValueError, match=name):
        Mast(even_plane(0, 0, 30, 30), *values)


@pytest.mark.parametrize("name", ["receiver_agl_m", "time_percent", "delta_n", "n0"])
def test_air_that_cannot_be_is_refused(name):
    with pytest.raises(ValueError, match=name):
        Air(**{name: -1.0})


@pytest.mark.parametrize("carriers", [np.zeros((0, 2)), np.array([[7.0, 1.0]]), np.array([[1.0, 3.0]]), np.zeros(2)])
def test_carriers_that_cannot_be_are_refused(carriers):
    with pytest.raises(ValueError, match="carriers must"):
        sweep_losses(Ground(np.zeros((5, 5))), Mast(even_plane(1, 1, 30, 30), 30.0, 60, 40.0), carriers)


def test_window_off_the_ground_is_refused():
    with pytest.raises(ValueError, match="window must lie on the ground"):
        sweep_losses(
            Ground(np.zeros((5, 5))), Mast(even_plane(1, 1, 30, 30), 30.0, 60, 40.0), CARRIERS, window=(3, 3, 4, 4)
        )


def test_ground_and_clutter_must_agree():
    with pytest.raises(ValueError, match="clutter_m must have the shape"):
        Ground(np.zeros((5, 5)), np.zeros((4, 5)))
