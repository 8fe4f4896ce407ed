"""Clutter heights on the cells of an elevation model, held against loops over cells and pyproj."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from affine import Affine

from onemap.errors import CRSError
from onemap.layers.clutter import clutter_heights, open_land, with_buildings
from onemap.layers.grid import Grid
from onemap.layers.land_cover import category_heights, land_cover_table, presets

TABLE = land_cover_table()
CODES = np.array([10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100], dtype=float)
HEIGHTS = {10: 15, 20: 0, 30: 0, 40: 0, 50: 10, 60: 0, 70: 0, 80: 0, 90: 0, 95: 15, 100: 0}


def cover_grid(shape: tuple[int, int], transform: Affine, crs: str, seed: int = 1) -> Grid:
    return Grid(np.random.default_rng(seed).choice(CODES, shape).astype(np.float32), transform, crs)


def like_grid(shape: tuple[int, int], transform: Affine, crs: str) -> Grid:
    return Grid(np.zeros(shape, dtype=np.float32), transform, crs)


def nearest_by_loop(cover: Grid, like: Grid) -> np.ndarray:
    """Bring the middle of each cell over, one by one, by pyproj."""
    over = pyproj.Transformer.from_crs(like.crs, cover.crs, always_xy=True)
    heights = np.zeros(like.values.shape)
    for row in range(heights.shape[0]):
        for column in range(heights.shape[1]):
            east, north = like.transform @ (column + 0.5, row + 0.5)
            place = ~cover.transform @ over.transform(east, north)
            place = int(np.floor(place[1])), int(np.floor(place[0]))
            if 0 <= place[0] < cover.values.shape[0] and 0 <= place[1] < cover.values.shape[1]:
                heights[row, column] = HEIGHTS[int(cover.values[place])]
    return heights


def tallest_by_loop(cover: Grid, like: Grid) -> np.ndarray:
    over = pyproj.Transformer.from_crs(cover.crs, like.crs, always_xy=True)
    heights = np.full(like.values.shape, -1.0)
    for row in range(cover.values.shape[0]):
        for column in range(cover.values.shape[1]):
            place = ~like.transform @ over.transform(*(cover.transform @ (column + 0.5, row + 0.5)))
            at = int(np.floor(place[1])), int(np.floor(place[0]))
            if 0 <= at[0] < heights.shape[0] and 0 <= at[1] < heights.shape[1]:
                heights[at] = max(heights[at], HEIGHTS[int(cover.values[row, column])])
    return np.where(heights >= 0, heights, nearest_by_loop(cover, like))


GEOGRAPHIC = Affine(0.0003, 0, 75.2013, 0, -0.0003, 39.6017)
PLANE = Affine(31.0, 0, 517_240.0, 0, -29.0, 4_385_130.0)


@pytest.mark.parametrize(
    ("cover_place", "cover_crs", "like_place", "like_crs"),
    [
        (Affine(0.0001, 0, 75.2, 0, -0.0001, 39.6012), "EPSG:4490", GEOGRAPHIC, "EPSG:4490"),
        (Affine(0.0011, 0, 75.2, 0, -0.0013, 39.6112), "EPSG:4490", GEOGRAPHIC, "EPSG:4490"),
        (Affine(0.0001, 0, 75.2, 0, -0.0001, 39.6012), "EPSG:4490", PLANE, "EPSG:4534"),
        (Affine(10.0, 0, 517_100.0, 0, -10.0, 4_385_200.0), "EPSG:4534", GEOGRAPHIC, "EPSG:4490"),
        (Affine(9.0, 4.0, 517_100.0, 4.0, -9.0, 4_385_000.0), "EPSG:4534", PLANE, "EPSG:4534"),
    ],
    ids=["finer", "coarser", "plane wanted", "plane given", "turned"],
)
def test_both_rules_equal_a_loop_over_the_cells(
    cover_place: Affine, cover_crs: str, like_place: Affine, like_crs: str
) -> None:
    cover, like = cover_grid((90, 130), cover_place, cover_crs), like_grid((35, 45), like_place, like_crs)
    nearest = clutter_heights(cover, like, TABLE)
    tallest = clutter_heights(cover, like, TABLE, rule="tallest")
    np.testing.assert_array_equal(nearest.grid.values, nearest_by_loop(cover, like))
    np.testing.assert_array_equal(tallest.grid.values, tallest_by_loop(cover, like))
    assert nearest.grid.transform == like.transform
    assert nearest.grid.crs == like.crs
    assert (nearest.grid.values > 0).any()


def test_places_far_from_the_lattice_are_right_in_a_large_grid() -> None:
    cover = cover_grid((1500, 1400), Affine(0.0001, 0, 75.19, 0, -0.0001, 39.66), "EPSG:4490")
    like = like_grid((420, 400), Affine(30.0, 0, 516_800.0, 0, -30.0, 4_389_000.0), "EPSG:4534")
    found, looped = clutter_heights(cover, like, TABLE).grid.values, nearest_by_loop(cover, like)
    assert (found != looped).mean() < 0.001  # a middle within 5 mm of an edge may fall to the other side


def test_user_table_changes_height_and_category() -> None:
    table = land_cover_table(
        changes={10: {"height_m": 22.0}, 50: {"category": "dense-urban"}, 7: {"category": "urban"}}
    )
    assert [table[code].height_m for code in (10, 50, 7, 30)] == [22.0, 20.0, 15.0, 0.0]
    assert [table[code].is_assumed for code in (10, 50)] == [False, True]
    assert set(land_cover_table("none", {1: {"category": "water", "zone": "sea"}})) == {1}


def test_heights_of_the_preset_are_those_of_its_categories() -> None:
    assert dict(category_heights()) == {
        "water": 0, "open": 0, "suburban": 10, "urban": 15, "forest": 15, "dense-urban": 20,
    }  # fmt: skip
    assert {code: one.height_m for code, one in TABLE.items()} == HEIGHTS
    assert {one.zone for one in TABLE.values()} == {"inland"}
    assert presets() == ("esa-worldcover", "none")


def test_wrong_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="preset must be one of"):
        land_cover_table("corine")
    with pytest.raises(ValueError, match="category must be one of"):
        land_cover_table(changes={10: {"category": "jungle"}})
    with pytest.raises(ValueError, match="needs a category"):
        land_cover_table(changes={7: {"height_m": 3.0}})


def test_unknown_codes_and_voids_are_open_land_and_counted() -> None:
    values = np.array([[10, 0, 7.5, np.nan], [300, -1, 50, 1e9]], dtype=np.float32)
    cover = Grid(values, Affine(1, 0, 75, 0, -1, 40), "EPSG:4490")
    found = clutter_heights(cover, like_grid((2, 4), cover.transform, cover.crs), TABLE)
    assert found.grid.values.tolist() == [[15, 0, 0, 0], [0, 0, 10, 0]]
    assert dict(found.unknown) == {0: 1 / 8, 300: 1 / 8}
    assert found.void_share == 4 / 8


def test_grids_of_unrelated_datums_are_refused() -> None:
    cover = cover_grid((4, 4), Affine(1, 0, 75, 0, -1, 40), "EPSG:4610")
    with pytest.raises(CRSError, match="must be declared"):
        clutter_heights(cover, like_grid((2, 2), Affine(0.1, 0, 75, 0, -0.1, 40), "EPSG:4490"), TABLE)


def test_buildings_stand_where_the_middle_of_a_cell_lies_in_them() -> None:
    like = like_grid((40, 50), Affine(10.0, 0, 500_000.0, 0, -10.0, 4_385_000.0), "EPSG:4534")
    rng = np.random.default_rng(3)
    west, north = 500_000 + rng.uniform(0, 450, 25), 4_385_000 - rng.uniform(0, 350, 25)
    wide, deep, height = rng.uniform(5, 60, 25), rng.uniform(5, 60, 25), rng.uniform(3, 80, 25).round(1)
    houses = gpd.GeoDataFrame(geometry=shapely.box(west, north - deep, west + wide, north), crs="EPSG:4534")
    found = with_buildings(open_land(like), houses, height, default_height_m=6)
    wanted = np.zeros(like.values.shape)
    for row in range(40):
        for column in range(50):
            point = shapely.Point(like.transform @ (column + 0.5, row + 0.5))
            wanted[row, column] = max(
                (h for shape, h in zip(houses.geometry, height, strict=True) if shape.contains(point)), default=0
            )
    np.testing.assert_allclose(found.grid.values, wanted, rtol=1e-6)
    assert found.building_share == pytest.approx((wanted > 0).mean())
    touched = with_buildings(open_land(like), houses, height, default_height_m=6, rule="tallest").grid.values
    assert (touched >= found.grid.values).all()
    assert (touched > 0).sum() > (wanted > 0).sum()


def test_a_known_building_replaces_the_height_of_its_class() -> None:
    cover = Grid(np.full((2, 2), 10.0), Affine(1, 0, 75, 0, -1, 40), "EPSG:4490")
    forest = clutter_heights(cover, cover, TABLE)
    shapes = [shapely.box(75, 39, 76, 40), shapely.box(76, 38, 77, 39), shapely.Point(75.5, 38.5)]
    houses = gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4490")
    low = with_buildings(forest, houses, [4.0, -3.0, 9.0], default_height_m=6)
    assert low.grid.values.tolist() == [[4, 15], [15, 6]]
    assert low.assumed_buildings == 1
    assert with_buildings(forest, houses, ["4 m", None, 9.0], default_height_m=6).assumed_buildings == 2
    assert forest.grid.values.tolist() == [[15, 15], [15, 15]]
    houses = gpd.GeoDataFrame(geometry=[shapes[0].buffer(-0.1), shapely.box(75.9, 38.9, 76.1, 38.95)], crs="EPSG:4490")
    tall = with_buildings(forest, houses, [4.0, 30.0], default_height_m=6, rule="tallest")
    assert tall.grid.values.tolist() == [[15, 15], [30, 30]]


def test_buildings_come_in_their_own_system() -> None:
    like = like_grid((20, 20), Affine(0.0003, 0, 75.2, 0, -0.0003, 39.6), "EPSG:4490")
    house = gpd.GeoDataFrame(geometry=[shapely.box(75.2006, 39.597, 75.2012, 39.5985)], crs="EPSG:4490")
    plane = house.to_crs("EPSG:4534")
    ours = with_buildings(open_land(like), house, [8.0], default_height_m=6)
    moved = with_buildings(open_land(like), plane, [8.0], default_height_m=6)
    np.testing.assert_array_equal(ours.grid.values, moved.grid.values)
    assert ours.grid.values.sum() == 8 * 2 * 5
