"""A grid gives back what was put in: planes exactly, voids as voids."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from onemap.layers.grid import Grid

CELL = 1 / 1200
NORTH_UP = Affine(CELL, 0, 75.0, 0, -CELL, 40.0)


def plane(transform: Affine, *, shape: tuple[int, int] = (40, 60)) -> Grid:
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    lon = transform.a * columns + transform.b * rows + transform.c
    lat = transform.d * columns + transform.e * rows + transform.f
    return Grid(height(lon, lat), transform, "EPSG:4490")


def middle(column: object, row: object) -> tuple[np.ndarray, np.ndarray]:
    return 75.0 + CELL * np.asarray(column), 40.0 - CELL * np.asarray(row)


def height(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return 100.0 + 2000.0 * (lon - 75) - 3000.0 * (lat - 40)


@pytest.mark.parametrize(
    "transform",
    [
        NORTH_UP,
        Affine(CELL, 0, 75.0, 0, CELL, 39.9),
        Affine(CELL, CELL / 3, 75.0, CELL / 4, -CELL, 40.0),
    ],
    ids=["north up", "south up", "turned"],
)
def test_bilinear_interpolation_of_a_plane_is_exact(transform: Affine) -> None:
    rng = np.random.default_rng(1)
    column, row = rng.uniform(0.5, 59.5, 500), rng.uniform(0.5, 39.5, 500)
    lon = transform.a * column + transform.b * row + transform.c
    lat = transform.d * column + transform.e * row + transform.f
    assert plane(transform).sample(lon, lat) == pytest.approx(height(lon, lat), abs=1e-6)


def test_places_outside_and_places_that_are_not_finite_have_no_value() -> None:
    west, south, east, north = plane(NORTH_UP).bounds
    lon = np.array([west - 1e-6, east + 1e-6, 75.01, 75.01, np.nan, np.inf])
    lat = np.array([39.99, 39.99, south - 1e-6, north + 1e-6, 39.99, 39.99])
    assert np.isnan(plane(NORTH_UP).sample(lon, lat)).all()


def test_the_edges_themselves_have_a_value() -> None:
    grid = plane(NORTH_UP)
    west, south, east, north = grid.bounds
    assert np.isfinite(grid.sample([west, east, west, east], [south, south, north, north])).all()
    assert grid.covers(grid.bounds)


@given(column=st.floats(0.5, 59.5), row=st.floats(0.5, 39.5))
def test_a_void_speaks_only_where_it_has_a_weight(column: float, row: float) -> None:
    values = np.ones((40, 60))
    values[20, 30] = np.nan
    lon, lat = middle(column, row)
    sampled = Grid(values, NORTH_UP, "EPSG:4490").sample(lon, lat)
    near = max(abs(column - 30.5), abs(row - 20.5))
    if abs(near - 1) > 1e-6:
        assert np.isnan(sampled) == (near < 1)


def test_the_middle_of_a_cell_beside_a_void_keeps_its_value() -> None:
    values = np.arange(2400, dtype="float32").reshape(40, 60)
    wanted = values.copy()
    values[::2, ::2] = np.nan
    lon, lat = middle(np.arange(60)[None, :] + 0.5, np.arange(40)[:, None] + 0.5)
    sampled = Grid(values, NORTH_UP, "EPSG:4490").sample(lon, lat)
    assert sampled[1::2, 1::2] == pytest.approx(wanted[1::2, 1::2])
    assert np.isnan(sampled[::2, ::2]).all()


def test_a_grid_of_one_cell_has_one_value() -> None:
    grid = Grid(np.array([[7.0]]), NORTH_UP, "EPSG:4490")
    assert grid.sample(75 + CELL / 3, 40 - CELL / 3) == 7.0


def test_values_that_cannot_hold_voids_are_refused() -> None:
    with pytest.raises(ValueError, match="floating 2-D array, got int64"):
        Grid(np.zeros((2, 2), dtype="int64"), NORTH_UP, "EPSG:4490")


def test_a_transform_without_area_is_refused() -> None:
    with pytest.raises(ValueError, match="invertible"):
        Grid(np.zeros((2, 2)), Affine(0, 0, 75, 0, -1, 40), "EPSG:4490")
