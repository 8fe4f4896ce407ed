"""New sites in the terrain: what is highest, how steep it is, what it sees; tiles give the whole."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from pyproj import CRS, Transformer

from onemap.analyses.candidate_settings import RiseSettings
from onemap.analyses.candidates.cells import Near, cell_places, cell_sides
from onemap.analyses.candidates.gap_places import clusters_of, gap_places, in_squares
from onemap.analyses.candidates.rise_search import Ground, search_cells, weight_in_sight
from onemap.analyses.candidates.rises import power_sources, rises
from onemap.analyses.conflicts import point_zones
from onemap.analyses.coverage import CoverageSettings
from onemap.errors import LayerError
from onemap.layers.grid import Grid
from onemap.layers.nearest import geodesic_distance
from onemap.terrain.relief import highest_within, slopes_deg
from tests.analyses.candidates.small_county import CRS_NAME, hills

RADIO = CoverageSettings(technologies=("4G",), operators=())
FINE = RiseSettings(view_m=4_000.0, scales_m=(300.0, 900.0), tile_cells=1_000, max_slope_deg=40.0)


def lacking(count: int = 60, seed: int = 4, **fields: object) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    where = rng.uniform([75.05, 39.04], [75.16, 39.15], (count, 2))
    table = {"technology": "4G", "weight": rng.integers(1, 90, count).astype(float), "served_before": False}
    return gpd.GeoDataFrame(table | fields, geometry=shapely.points(where), crs=CRS_NAME)


def street() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.LineString([(75.03, 39.05), (75.1, 39.1), (75.17, 39.11)])], crs=CRS_NAME)


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 4))
def test_highest_cells_are_those_that_looking_at_each_window_finds(seed: int, rows: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    heights = rng.integers(0, 6, (9, 11)).astype(np.float32)
    heights[rng.random(heights.shape) < 0.1] = np.nan
    found = highest_within(heights, rows, columns)
    for row, column in np.ndindex(heights.shape):
        window = heights[max(row - rows, 0) : row + rows + 1, max(column - columns, 0) : column + columns + 1]
        top = not np.isnan(heights[row, column]) and heights[row, column] == np.nanmax(window)
        if top:
            first = np.argwhere(window == heights[row, column])[0]
            top = (first == [min(row, rows), min(column, columns)]).all()
        assert found[row, column] == top


def test_slopes_are_those_of_a_plane_a_paraboloid_and_a_cone() -> None:
    rows, columns = np.mgrid[0:30, 0:40].astype(float)
    east, north = 25.0 * columns, -30.0 * rows
    plane = slopes_deg(0.1 * east - 0.2 * north, 25.0, 30.0)
    np.testing.assert_allclose(plane[1:-1, 1:-1], np.degrees(np.arctan(np.hypot(0.1, 0.2))))
    assert np.isnan(plane[0]).all()
    bowl = slopes_deg(1e-3 * (east**2 + 2 * north**2), np.full(30, 25.0), 30.0)
    steep = np.degrees(np.arctan(1e-3 * np.hypot(2 * east, 4 * north)))
    np.testing.assert_allclose(bowl[1:-1, 1:-1], steep[1:-1, 1:-1])
    far = np.hypot(east - 5_000.0, north)
    cone = slopes_deg(900.0 - 0.3 * far, 25.0, 30.0)
    np.testing.assert_allclose(cone[1:-1, 1:-1], np.degrees(np.arctan(0.3)), atol=0.01)
    holed = 0.1 * east
    holed[10, 10] = np.nan
    gone = np.isnan(slopes_deg(holed, 25.0, 30.0))[1:-1, 1:-1]
    assert gone.sum() == 9


def test_sides_and_places_of_cells_in_degrees_and_in_metres() -> None:
    metres = Grid(np.zeros((50, 60)), Affine(50, 0, 39_495_000, 0, -50, 4_345_000), "EPSG:4527")
    for side_m in cell_sides(metres, np.array([10.0]), CRS(CRS_NAME)):
        np.testing.assert_allclose(side_m, 50.0, rtol=1e-4)
    column_m, row_m = cell_sides(hills(), np.array([0.0, 100.0]), CRS(CRS_NAME))
    np.testing.assert_allclose(row_m, 0.0008 * 111_020, rtol=1e-3)
    np.testing.assert_allclose(column_m, 0.0008 * 111_320 * np.cos(np.radians([39.2, 39.12])), rtol=2e-3)
    there = Transformer.from_crs("EPSG:4527", CRS_NAME, always_xy=True).transform(39_495_000 + 175.0, 4_345_000 - 25.0)
    found = cell_places(metres, np.array([3.0]), np.array([0.0]), CRS(CRS_NAME))
    np.testing.assert_allclose(np.ravel(found), there, atol=1e-9)


def test_a_cell_sees_what_the_whole_viewshed_of_each_gap_says() -> None:
    grid = hills(size=80)
    samples = pd.DataFrame({"row": [20, 50, 52], "column": [30, 10, 60], "weight": [2.0, 5.0, 11.0]})
    column_m, row_m = cell_sides(grid, samples["row"].to_numpy(float), CRS(CRS_NAME))
    samples = samples.assign(column_m=column_m, row_m=row_m)
    whole = weight_in_sight(grid.values, samples, FINE, (0, 0, 80, 80))
    alone = [weight_in_sight(grid.values, samples.iloc[[one]], FINE, (0, 0, 80, 80)) for one in range(3)]
    np.testing.assert_array_equal(whole, alone[0] + alone[1] + alone[2])
    np.testing.assert_array_equal(np.unique(alone[1]), [0.0, 5.0])
    assert alone[0][20, 30] == 2.0
    part = weight_in_sight(grid.values, samples, FINE, (17, 23, 40, 31))
    np.testing.assert_array_equal(part, whole[17:57, 23:54])


@pytest.mark.parametrize(("tile_cells", "sight_cell_m"), [(16, 90.0), (61, 250.0), (100, 90.0)])
def test_tiles_give_the_whole(tile_cells: int, sight_cell_m: float) -> None:
    grid, targets, fine = hills(), lacking(), FINE.model_copy(update={"sight_cell_m": sight_cell_m})
    zones = point_zones(field())
    ways = {"roads": street(), "power": street().set_geometry(shapely.points([[75.1, 39.1]]))}
    whole = rises(targets, grid, coverage=RADIO, settings=fine, zones=zones, **ways)
    tiled = rises(
        targets, grid, coverage=RADIO, settings=fine.model_copy(update={"tile_cells": tile_cells}), zones=zones, **ways
    )
    assert len(whole.found) > 5
    assert_frame_equal(pd.DataFrame(whole.found), pd.DataFrame(tiled.found))
    assert_frame_equal(pd.DataFrame(whole.rejected), pd.DataFrame(tiled.rejected))


def field() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"zone_id": ["F1", "R1"], "kind": ["permanent basic farmland", "ecological red line"]},
        geometry=[shapely.box(75.05, 39.04, 75.1, 39.09), shapely.box(75.1, 39.04, 75.2, 39.2)], crs=CRS_NAME,
    )  # fmt: skip


def test_sites_keep_all_limits_as_measured_anew() -> None:
    grid, targets = hills(), lacking()
    road, pylon = street(), gpd.GeoDataFrame(geometry=shapely.points([[75.1, 39.1], [75.13, 39.12]]), crs=CRS_NAME)
    settings = FINE.model_copy(
        update={"spacing_m": 700.0, "per_cluster": 3, "max_slope_deg": 12.0, "max_power_m": 4_000.0}
    )
    found = rises(
        targets, grid, coverage=RADIO, settings=settings, roads=road, power=pylon, zones=point_zones(field())
    ).found
    lon, lat = found.geometry.x.to_numpy(), found.geometry.y.to_numpy()
    assert len(found) > 5
    assert (found["slope_deg"] <= 12.0).all()
    assert found.groupby("cluster").size().max() <= 3
    plane = "+proj=aeqd +lat_0=39.1 +lon_0=75.1 +ellps=GRS80"
    flat = found.geometry.to_crs(plane)
    to_road = flat.distance(road.segmentize(0.001).to_crs(plane).iloc[0])
    np.testing.assert_allclose(found["road_m"], to_road, atol=1.0)
    assert (found["road_m"] <= 1_000.0).all()
    to_power = np.min(
        [geodesic_distance(lon, lat, np.full(len(lon), p.x), np.full(len(lon), p.y)) for p in pylon.geometry], axis=0
    )
    np.testing.assert_allclose(found["power_m"], to_power)
    for one in range(len(found)):
        others = np.arange(len(found)) != one
        assert (
            geodesic_distance(np.full(len(lon), lon[one]), np.full(len(lat), lat[one]), lon, lat)[others].min() > 700.0
        )
    assert not shapely.intersects(np.asarray(found.geometry), field().geometry.iloc[0]).any()
    red = shapely.contains(field().geometry.iloc[1], np.asarray(found.geometry))
    assert (found["zone_status"].eq("needs recognition").to_numpy() | ~red).all()
    assert red.any()


def test_the_only_summit_is_found_with_its_height_over_the_mean_ground() -> None:
    rows, columns = np.mgrid[-60:61, -60:61]
    cone = (900.0 - 4.0 * np.hypot(rows, columns)).astype(np.float32)
    grid = Grid(cone, Affine(0.001, 0, 75, 0, -0.001, 39.121), CRS_NAME)
    target = lacking(1).set_geometry(gpd.points_from_xy([75.09], [39.06]), crs=CRS_NAME)
    settings = RiseSettings(scales_m=(1_000.0,), per_cluster=1, square_m=20_000.0)
    best = rises(target, grid, coverage=RADIO, settings=settings).found.iloc[0]
    assert (best.geometry.x, best.geometry.y) == pytest.approx((75.0605, 39.0605))
    inner = (np.abs(rows) <= 9) & (np.abs(columns) <= 12)  # 1,000 m in cells of 111 m by 86 m
    assert best["rise_m"] == pytest.approx(900.0 - cone[inner].mean(dtype=float), abs=1e-3)
    assert best["seen_places"] == 1


def test_clusters_are_led_by_the_heaviest_and_reach_no_farther() -> None:
    samples = in_squares(gap_places(lacking(80)), 500.0)
    leader = clusters_of(samples, 2_000.0)
    lon, lat, weight = (samples[name].to_numpy() for name in ("lon", "lat", "weight"))
    assert (geodesic_distance(lon, lat, lon[leader], lat[leader]) <= 2_000.0).all()
    assert (weight[leader] >= weight).all()
    assert (leader[leader] == leader).all()
    heads = np.unique(leader)
    apart = geodesic_distance(
        *(np.repeat(one[heads], len(heads)) for one in (lon, lat)),
        *(np.tile(one[heads], len(heads)) for one in (lon, lat)),
    )
    assert (apart[apart > 0] > 2_000.0).all()
    assert samples["weight"].sum() == pytest.approx(gap_places(lacking(80))["weight"].sum())


def test_people_of_two_technologies_count_once() -> None:
    both = lacking(2, technology=["4G", "5G"], weight=[120.0, 100.0])
    both = both.set_geometry([both.geometry.iloc[0]] * 2, crs=CRS_NAME)
    assert gap_places(both)["weight"].tolist() == [120.0]
    assert gap_places(both.assign(served_before=True)).empty


def test_a_quick_look_never_says_near_of_what_is_far() -> None:
    near = Near(street(), 400.0, step_m=30.0)
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(75.02, 75.18, 4_000), rng.uniform(39.04, 39.12, 4_000)
    quick, exact = near.about(lon, lat), near.exactly(lon, lat)
    assert np.isfinite(exact[quick]).all()
    assert quick.sum() > 0.98 * np.isfinite(exact).sum() > 50


def test_without_an_elevation_model_there_is_a_clear_error() -> None:
    with pytest.raises(LayerError, match="new sites in the terrain need an elevation model"):
        rises(lacking(), None, coverage=RADIO)


def test_missing_roads_and_power_are_findings() -> None:
    found = rises(lacking(), hills(), coverage=RADIO, settings=FINE)
    assert [one.message("en") for one in found.findings] == [
        "new sites must lie near roads and power, but the project has no roads: that distance was not asked",
        "new sites must lie near roads and power, but the project has no place with power: that distance was not asked",
    ]
    nowhere = gpd.GeoDataFrame(geometry=[None], crs=CRS_NAME)
    assert rises(lacking(), hills(), coverage=RADIO, settings=FINE, roads=nowhere).findings == found.findings
    assert found.found["road_m"].isna().all()
    assert found.found["zone_status"].eq("not checked").all()


def test_where_everything_is_forbidden_the_finding_says_so_and_the_best_are_listed() -> None:
    everywhere = field().iloc[:1].set_geometry([shapely.box(74, 38, 77, 41)], crs=CRS_NAME)
    found = rises(
        lacking(), hills(), coverage=RADIO, settings=FINE, roads=street(), power=street(), zones=point_zones(everywhere)
    )
    assert found.found.empty
    assert [one.rule for one in found.findings] == ["OM-BIZ-247"]
    assert "building is forbidden" in found.findings[0].message("en")
    assert "禁止建设区" in found.findings[0].message("zh")
    assert len(found.rejected) > 3
    assert found.rejected["reason_en"].eq("building is forbidden in F1 (permanent basic farmland)").all()


def test_nothing_lacking_gives_nothing_and_no_complaint() -> None:
    found = rises(lacking().assign(served_before=True), hills(), coverage=RADIO, roads=street(), power=street())
    assert found.found.empty
    assert found.findings == ()
    beyond = lacking().set_geometry(shapely.points(np.full(60, 80.0), np.full(60, 39.0)), crs=CRS_NAME)
    found = rises(beyond, hills(), coverage=RADIO, roads=street(), power=street())
    assert [one.rule for one in found.findings] == ["OM-BIZ-247"]


def test_search_counts_what_it_leaves_out() -> None:
    grid = hills()
    samples = in_squares(gap_places(lacking(3)), 500.0)
    steep = FINE.model_copy(update={"max_slope_deg": 0.0001})
    cells, left_out = search_cells(Ground(grid, CRS(CRS_NAME)), samples, steep)
    assert cells.empty
    assert left_out["steep"] > 100
    assert sum(left_out.values()) == grid.values.size


def test_power_is_where_pylons_towers_rooms_and_settlements_are() -> None:
    at = gpd.points_from_xy([75.0, 75.1], [39.0, 39.0])
    layers = {
        "structures": gpd.GeoDataFrame(
            {"structure_id": ["a", "b"], "kind": ["power tower", "light pole"]}, geometry=at, crs=CRS_NAME
        ),
        "towers": gpd.GeoDataFrame({"tower_id": ["a", "b"], "status": ["planned", None]}, geometry=at, crs=CRS_NAME),
        "rooms": gpd.GeoDataFrame({"room_id": ["a", "b"]}, geometry=at, crs=CRS_NAME),
    }
    assert [shape.x for shape in power_sources(layers).geometry] == [75.0, 75.1, 75.0, 75.1]


def test_thinned_cells_see_about_what_all_cells_see() -> None:
    samples = in_squares(gap_places(lacking(30)), 500.0)
    ground = Ground(hills(), CRS(CRS_NAME))
    every, _ = search_cells(ground, samples, FINE.model_copy(update={"sight_cell_m": 60.0}))
    third, _ = search_cells(ground, samples, FINE.model_copy(update={"sight_cell_m": 210.0}))
    both = every.merge(third, on=["row", "column"])
    assert len(both) > 20
    assert np.corrcoef(both["seen_weight_x"], both["seen_weight_y"])[0, 1] > 0.7


def test_nothing_is_built_beside_what_can_be_shared() -> None:
    first = rises(lacking(), hills(), coverage=RADIO, settings=FINE).found
    towers = gpd.GeoDataFrame(geometry=first.geometry.iloc[:6].to_numpy(), crs=CRS_NAME)
    found = rises(lacking(), hills(), coverage=RADIO, settings=FINE, shared=towers).found
    for point in found.geometry:
        apart = geodesic_distance(
            *(np.full(6, one) for one in (point.x, point.y)), towers.geometry.x, towers.geometry.y
        )
        assert apart.min() > 500.0
    assert len(found) > 5
