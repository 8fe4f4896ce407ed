"""Coverage of places and roads: who serves, what stands in the way, what a verdict rests on."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from geopandas.testing import assert_geodataframe_equal
from pyproj import CRS, Geod

from onemap.analyses.coverage import (
    CoverageSettings,
    coverage,
    coverage_along,
    serving_antennas,
    tower_users,
)
from onemap.errors import CRSError, LayerError
from onemap.layers.catalogue import schema
from onemap.layers.grid import Grid

GEOD = Geod(ellps="GRS80")
CRS_NAME = "EPSG:4490"
RADIUS = CoverageSettings(model="radius", technologies=("4G",), operators=("中国移动", "中国联通"))
SIGHT = dataclasses.replace(RADIUS, model="line of sight")


def layer(rows: list[dict[str, object]], places: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry=[shapely.Point(place) for place in places], crs=CRS_NAME)


def schools(*places: tuple[float, float]) -> gpd.GeoDataFrame:
    rows = [
        {"school_id": f"S{number}", "name": f"学校{number}", "source": f"s.csv||{number}"}
        for number in range(len(places))
    ]
    return layer(rows, list(places))


def cell(**fields: object) -> dict[str, object]:
    return {
        "cell_id": "C1",
        "tower_id": "T1",
        "operator": "中国移动",
        "technology": "4G",
        "height_agl_m": 30.0,
    } | fields


def flat(height_m: float = 0.0, rows: int = 200, columns: int = 400) -> Grid:
    values = np.full((rows, columns), height_m, dtype=np.float32)
    return Grid(values, Affine(0.0005, 0, 74.95, 0, -0.0005, 39.05), CRS_NAME)


def verdicts_of(result: gpd.GeoDataFrame) -> dict[str, str]:
    return dict(zip(result["operator"], result["verdict"], strict=True))


def test_a_cell_covers_its_operator_within_its_range() -> None:
    cells = layer([cell()], [(75.0, 39.0)])
    result = coverage({"schools": schools((75.01, 39.0))}, cells, None, settings=RADIUS)
    assert verdicts_of(result) == {"any": "covered", "中国移动": "covered", "中国联通": "uncovered"}
    assert result["distance_m"].iloc[0] == pytest.approx(GEOD.inv(75.01, 39.0, 75.0, 39.0)[2])
    assert list(result.columns) == [*schema("verdicts").names, "geometry"]


def test_a_shared_cell_counts_for_every_operator_that_shares_it() -> None:
    cells = layer([cell(shared_with="中国联通;中国电信")], [(75.0, 39.0)])
    result = coverage({"schools": schools((75.01, 39.0))}, cells, None, settings=RADIUS)
    assert set(result["verdict"]) == {"covered"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "covered"),
        ({"status": "in service"}, "covered"),
        ({"status": None}, "covered"),
        ({"status": "planned"}, "uncovered"),
        ({"status": "retired"}, "uncovered"),
        ({"status": "building"}, "uncovered"),
        ({"coverage_type": "macro"}, "covered"),
        ({"coverage_type": None}, "covered"),
        ({"coverage_type": "indoor"}, "uncovered"),
        ({"coverage_type": "repeater"}, "uncovered"),
        ({"technology": "5G"}, "uncovered"),
        ({"technology": None}, "uncovered"),
    ],
)
def test_only_macro_cells_in_service_cover(fields: dict[str, object], expected: str) -> None:
    cells = layer([cell(**fields)], [(75.0, 39.0)])
    result = coverage({"schools": schools((75.01, 39.0))}, cells, None, settings=RADIUS)
    assert verdicts_of(result)["any"] == expected


def test_a_cell_takes_status_place_and_height_from_its_tower() -> None:
    towers = layer([{"tower_id": "T1", "height_agl_m": 45.0, "status": "in service"}], [(75.0, 39.0)])
    cells = gpd.GeoDataFrame([cell(height_agl_m=None)], geometry=[None], crs=CRS_NAME)
    antennas = serving_antennas(cells, towers, default_height_m=30)
    assert antennas[["lon", "lat", "height_agl_m", "height_assumed"]].values.tolist() == [[75.0, 39.0, 45.0, False]]
    retired = towers.assign(status="retired")
    assert serving_antennas(cells, retired, default_height_m=30).empty


def test_a_height_nobody_gives_is_assumed_and_said() -> None:
    cells = layer([cell(height_agl_m=None)], [(75.0, 39.0)])
    result = coverage({"schools": schools((75.01, 39.0))}, cells, None, settings=SIGHT, grid=flat())
    assert "30 m is assumed" in result["reason_en"].iloc[0]
    assert "按 30 米假定" in result["reason_zh"].iloc[0]


def test_a_tower_stands_in_only_for_cells_nobody_listed() -> None:
    towers = layer(
        [
            {"tower_id": "T1", "owner": "中国铁塔", "tenants": "中国移动;中国联通", "technologies": "4G;5G"},
            {"tower_id": "T2", "owner": "中国联通", "tenants": None, "technologies": "4G"},
            {"tower_id": "T3", "owner": "中国联通", "tenants": None, "technologies": None},
            {
                "tower_id": "T4",
                "owner": "中国联通",
                "tenants": None,
                "technologies": "4G",
            },
        ],
        [(75.0, 39.0), (75.1, 39.0), (75.2, 39.0), (75.3, 39.0)],
    ).assign(status=["in service", None, "in service", "planned"])
    cells = layer([cell(tower_id="T1", status="retired")], [(75.0, 39.0)])
    antennas = serving_antennas(cells, towers, default_height_m=30)
    assert antennas[["tower_id", "technology", "operators"]].values.tolist() == [["T2", "4G", ("中国联通",)]]
    alone = serving_antennas(None, towers, default_height_m=30)
    assert alone["tower_id"].tolist() == ["T1", "T1", "T2"]
    assert alone["operators"].tolist()[0] == ("中国移动", "中国联通")


def test_the_tower_company_serves_nobody_itself() -> None:
    towers = layer([{"tower_id": "T1", "owner": "中国铁塔"}], [(75.0, 39.0)])
    assert tower_users(towers) == [()]


def test_the_wall_between_is_named_as_obstacle() -> None:
    grid = flat()
    wall = 100 + 10  # column at 75.005 E
    grid.values[:, wall - 1 : wall + 2] = 60.0
    result = coverage(
        {"schools": schools((75.01, 39.0))}, layer([cell()], [(75.0, 39.0)]), None, settings=SIGHT, grid=grid
    )
    verdict = result.iloc[0]
    assert verdict["verdict"] == "uncovered"
    assert verdict["obstacle_elev_m"] == pytest.approx(60.0)
    wall_lon = 74.95 + (wall + 0.5) * 0.0005
    assert verdict["obstacle_distance_m"] == pytest.approx(GEOD.inv(75.0, 39.0, wall_lon, 39.0)[2], abs=60.0)
    assert verdict["cell_id"] == "C1"
    assert verdict["clearance_m"] < -30


def test_a_plain_is_covered_from_a_mast() -> None:
    places = [(75.0 + step * 0.01, 39.0) for step in range(1, 9)]
    result = coverage({"schools": schools(*places)}, layer([cell()], [(75.0, 39.0)]), None, settings=SIGHT, grid=flat())
    assert set(result.loc[result["operator"] == "any", "verdict"]) == {"covered"}


def test_a_void_on_the_only_path_leaves_the_verdict_open() -> None:
    grid = flat()
    grid.values[:, 110] = np.nan
    result = coverage(
        {"schools": schools((75.01, 39.0))}, layer([cell()], [(75.0, 39.0)]), None, settings=SIGHT, grid=grid
    )
    assert verdicts_of(result) == {"any": "depends", "中国移动": "depends", "中国联通": "uncovered"}
    assert "void" in result["reason_en"].iloc[0]


def test_a_second_cell_that_sees_beats_a_nearer_one_that_does_not() -> None:
    grid = flat()
    grid.values[:, 110] = 60.0
    cells = layer([cell(), cell(cell_id="C2", tower_id="T2")], [(75.0, 39.0), (75.04, 39.0)])
    verdict = coverage({"schools": schools((75.01, 39.0))}, cells, None, settings=SIGHT, grid=grid).iloc[0]
    assert (verdict["verdict"], verdict["cell_id"]) == ("covered", "C2")


def test_what_is_out_of_range_says_how_far_the_nearest_is() -> None:
    result = coverage({"schools": schools((76.0, 39.0))}, layer([cell()], [(75.0, 39.0)]), None, settings=RADIUS)
    away_m = GEOD.inv(76.0, 39.0, 75.0, 39.0)[2]
    assert result["reason_en"].iloc[0] == f"no serving cell within 8000 m; the nearest is {away_m:.0f} m away"
    assert result["reason_en"].iloc[2] == "no serving cell of this kind at all"
    assert result["cell_id"].isna().all()


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4534"])
def test_the_grid_may_have_another_crs(crs: str) -> None:
    if CRS(crs).is_projected:
        grid = Grid(np.zeros((300, 600), dtype=np.float32), Affine(50, 0, 490_000, 0, -50, 4_325_000), crs)
    else:
        grid = dataclasses.replace(flat(), crs=crs)
    result = coverage(
        {"schools": schools((75.01, 39.0))}, layer([cell()], [(75.0, 39.0)]), None, settings=SIGHT, grid=grid
    )
    assert verdicts_of(result)["any"] == "covered"


def test_a_place_beyond_the_grid_depends_and_the_others_are_judged() -> None:
    cells = layer([cell()], [(75.0, 39.0)])
    edge = float(flat().bounds[2])
    where = schools((75.01, 39.0), (edge + 0.001, 39.0))
    settings = dataclasses.replace(SIGHT, range_m={"4G": 200_000.0}, operators=())
    found = coverage({"schools": where}, cells, None, settings=settings, grid=flat())
    assert found["verdict"].tolist() == ["covered", "depends"]
    assert "the elevation model does not know the ground" in found["reason_en"].iloc[1]


def test_an_antenna_beyond_the_grid_leaves_the_verdict_open() -> None:
    cells = layer([cell()], [(74.94, 39.0)])
    result = coverage({"schools": schools((74.96, 39.0))}, cells, None, settings=SIGHT, grid=flat())
    assert verdicts_of(result)["any"] == "depends"


def test_line_of_sight_without_a_grid_is_refused() -> None:
    with pytest.raises(LayerError, match="needs an elevation model"):
        coverage({"schools": schools((75.0, 39.0))}, None, None, settings=SIGHT)


def test_layers_of_two_systems_are_refused() -> None:
    cells = layer([cell()], [(75.0, 39.0)]).set_crs("EPSG:4214", allow_override=True)
    with pytest.raises(CRSError, match="schools EPSG:4490, cells EPSG:4214"):
        coverage({"schools": schools((75.0, 39.0))}, cells, None, settings=RADIUS)


def test_projected_layers_are_refused() -> None:
    with pytest.raises(CRSError, match="analyses need layers in degrees"):
        coverage(
            {"schools": schools((75.0, 39.0)).set_crs("EPSG:4534", allow_override=True)}, None, None, settings=RADIUS
        )


def test_a_place_without_geometry_is_refused() -> None:
    lost = gpd.GeoDataFrame({"school_id": ["S1"]}, geometry=[None], crs=CRS_NAME)
    with pytest.raises(LayerError, match="every row of schools must have a place"):
        coverage({"schools": lost}, None, None, settings=RADIUS)


def test_empty_layers_give_empty_verdicts() -> None:
    empty = schools((75.0, 39.0)).iloc[:0]
    assert coverage({"schools": empty}, None, None, settings=RADIUS).empty
    assert coverage_along(roads().iloc[:0], None, None, settings=RADIUS).empty


@pytest.mark.parametrize("seed", range(3))
def test_more_cells_never_give_more_gap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = hills(rng)
    targets = {"schools": schools(*zip(rng.uniform(74.96, 75.14, 60), rng.uniform(38.96, 39.04, 60), strict=True))}
    places = list(zip(rng.uniform(74.96, 75.14, 12), rng.uniform(38.96, 39.04, 12), strict=True))
    cells = layer([cell(cell_id=f"C{number}") for number in range(12)], places)
    rank = {"uncovered": 0, "depends": 1, "covered": 2}
    before = np.full(60 * 3, -1)
    for count in (0, 3, 6, 12):
        result = coverage(targets, cells.iloc[:count], None, settings=SIGHT, grid=grid)
        after = result["verdict"].map(rank).to_numpy(dtype=int)
        assert (after >= before).all()
        before = after
    assert len(set(before)) > 1


def hills(rng: np.random.Generator) -> Grid:
    rows, columns = np.mgrid[0:200, 0:400]
    values = sum(
        120 * np.sin(rows / rng.uniform(8, 30) + rng.uniform(0, 6)) * np.cos(columns / rng.uniform(8, 30))
        for _ in range(3)
    )
    return dataclasses.replace(flat(), values=(values + 2_000).astype(np.float32))


def test_a_hundred_verdicts_follow_from_the_elevation_model_alone() -> None:
    rng = np.random.default_rng(11)
    grid = hills(rng)
    grid.values[rng.uniform(size=grid.values.shape) < 0.002] = np.nan
    targets = schools(*zip(rng.uniform(74.96, 75.14, 100), rng.uniform(38.96, 39.04, 100), strict=True))
    places = list(zip(rng.uniform(74.96, 75.14, 15), rng.uniform(38.96, 39.04, 15), strict=True))
    heights = rng.uniform(15, 60, 15)
    cells = layer([cell(cell_id=f"C{number}", height_agl_m=heights[number]) for number in range(15)], places)
    result = coverage({"schools": targets}, cells, None, settings=SIGHT, grid=grid)
    result = result[result["operator"] == "any"].reset_index(drop=True)
    assert set(result["verdict"]) == {"covered", "depends", "uncovered"}
    for number, verdict in result.iterrows():
        here = targets.geometry[number]
        outcomes = {}
        for index, (place, height_m) in enumerate(zip(places, heights, strict=True)):
            distance_m = GEOD.inv(*place, here.x, here.y)[2]
            if distance_m <= 8_000:
                outcomes[f"C{index}"] = (distance_m, *_outcome(grid, (*place, height_m), (here.x, here.y), distance_m))
        expected = {"covered", "depends", "uncovered"}
        states = {outcome[1] for outcome in outcomes.values()}
        expected = next((state for state in ("covered", "depends") if state in states), "uncovered")
        assert verdict["verdict"] == expected
        if not outcomes:
            assert pd.isna(verdict["cell_id"])
            continue
        distance_m, state, clearance_m, obstacle_m = outcomes[verdict["cell_id"]]
        assert state == expected
        assert verdict["distance_m"] == pytest.approx(distance_m)
        if expected == "covered":
            assert distance_m == min(outcome[0] for outcome in outcomes.values() if outcome[1] == "covered")
        if math.isnan(clearance_m):
            assert math.isnan(verdict["clearance_m"])
        else:
            assert verdict["clearance_m"] == pytest.approx(clearance_m, abs=0.05)
            assert verdict["obstacle_distance_m"] == pytest.approx(obstacle_m, abs=1.0)


def _outcome(
    grid: Grid, antenna: tuple[float, float, float], target: tuple[float, float], distance_m: float
) -> tuple[str, float, float]:
    """Judge one path along the geodesic itself, by the grid's own sampling."""
    azimuth, _, _ = GEOD.inv(*antenna[:2], *target)
    across = (target[0] - antenna[0]) / 0.0005
    down = (target[1] - antenna[1]) / 0.0005
    steps = max(2, math.ceil(2 * math.hypot(across, down) - 1e-4))
    t = np.arange(1, steps) / steps
    lon, lat, _ = GEOD.fwd(
        np.full(len(t), antenna[0]), np.full(len(t), antenna[1]), np.full(len(t), azimuth), t * distance_m
    )
    ends = grid.sample([antenna[0], target[0]], [antenna[1], target[1]]) + np.array([antenna[2], 1.5])
    if np.isnan(ends).any():
        return "depends", math.nan, math.nan
    ground = grid.sample(lon, lat)
    ray = ends[0] + t * (ends[1] - ends[0])
    clearance = ray - ground - t * (1 - t) * distance_m**2 / (2 * 4 / 3 * 6_371_000)
    reduced = clearance / (2 * np.sqrt(t * (1 - t)))
    if np.isnan(reduced).all():
        return "depends", math.nan, math.nan
    worst = int(np.nanargmin(reduced))
    if reduced[worst] < -5:
        state = "uncovered"
    else:
        state = "depends" if np.isnan(ground).any() or reduced[worst] <= 5 else "covered"
    return state, float(clearance[worst]), float(t[worst] * distance_m)


def roads(**fields: object) -> gpd.GeoDataFrame:
    line = shapely.LineString([(75.0, 39.0), (75.05, 39.0), (75.05, 39.03)])
    row = {"road_id": "R1", "ref": "G219", "name": "示范路", "is_border": True} | fields
    return gpd.GeoDataFrame([row], geometry=[line], crs=CRS_NAME)


def test_road_points_stand_every_step_and_at_both_ends() -> None:
    result = coverage_along(roads(chainage_from_km=12.0), layer([cell()], [(75.0, 39.0)]), None, settings=RADIUS)
    one = result[result["operator"] == "any"]
    length_m = GEOD.geometry_length(roads().geometry[0])
    np.testing.assert_allclose(one["offset_m"], [*np.arange(0, length_m, 50.0), length_m])
    np.testing.assert_allclose(one["chainage_m"], 12_000 + one["offset_m"])
    steps = GEOD.inv(
        *(
            one.geometry.x.to_numpy()[:-1],
            one.geometry.y.to_numpy()[:-1],
            one.geometry.x.to_numpy()[1:],
            one.geometry.y.to_numpy()[1:],
        )
    )[2]
    assert steps.max() <= 50.0 + 1e-6
    assert one.geometry.iloc[-1].coords[0] == (75.05, 39.03)
    assert list(result.columns) == [*schema("road_verdicts").names, "geometry"]


def test_chainage_falls_on_a_road_drawn_against_it() -> None:
    fell = coverage_along(roads(chainage_from_km=20.0, direction="down"), None, None, settings=RADIUS)
    np.testing.assert_allclose(fell["chainage_m"], 20_000 - fell["offset_m"])
    unknown = coverage_along(roads(direction="down"), None, None, settings=RADIUS)
    assert unknown["chainage_m"].iloc[len(unknown) // 3 - 1] == pytest.approx(0, abs=1e-6)


def test_road_points_agree_with_places_at_the_same_spots() -> None:
    rng = np.random.default_rng(2)
    grid, cells = hills(rng), layer([cell(), cell(cell_id="C2")], [(75.02, 39.01), (75.06, 38.99)])
    along = coverage_along(roads(), cells, None, settings=SIGHT, grid=grid)
    along = along[along["operator"] == "any"].reset_index(drop=True)
    points = schools(*zip(along.geometry.x, along.geometry.y, strict=True))
    places = coverage({"schools": points}, cells, None, settings=SIGHT, grid=grid)
    places = places[places["operator"] == "any"].reset_index(drop=True)
    for name in ("verdict", "cell_id", "distance_m", "clearance_m", "obstacle_distance_m"):
        pd.testing.assert_series_equal(along[name], places[name])


def test_a_road_id_that_stands_twice_is_refused() -> None:
    twice = pd.concat([roads(), roads()], ignore_index=True)
    with pytest.raises(LayerError, match="every road must have a road_id of its own"):
        coverage_along(twice, None, None, settings=RADIUS)


def test_a_road_that_is_no_line_is_refused() -> None:
    point = roads().set_geometry([shapely.Point(75, 39)], crs=CRS_NAME)
    with pytest.raises(LayerError, match="every road must be a line"):
        coverage_along(point, None, None, settings=RADIUS)


def test_verdicts_are_never_missing_and_arguments_stay_as_they_are() -> None:
    rng = np.random.default_rng(9)
    grid, line = hills(rng), roads()
    targets = {"schools": schools((75.01, 39.0), (75.1, 39.0)).set_index(pd.Index([7, 3]))}
    cells = layer([cell(), cell(cell_id="C2", status=None)], [(75.0, 39.0), (75.02, 39.02)]).set_index(pd.Index([5, 5]))
    towers = layer([{"tower_id": "T1", "technologies": "4G", "owner": None}], [(75.05, 39.0)])
    copies = [frame.copy(deep=True) for frame in (targets["schools"], cells, towers, line)]
    values = grid.values.copy()
    found = coverage(targets, cells, towers, settings=SIGHT, grid=grid)
    along = coverage_along(line, cells, towers, settings=SIGHT, grid=grid)
    assert found["verdict"].notna().all()
    assert along["verdict"].notna().all()
    for frame, copy in zip((targets["schools"], cells, towers, line), copies, strict=True):
        assert_geodataframe_equal(frame, copy)
    np.testing.assert_array_equal(grid.values, values)


def test_places_judged_in_parts_have_the_verdicts_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(21)
    grid = hills(rng)
    targets = {"schools": schools(*zip(rng.uniform(74.96, 75.14, 50), rng.uniform(38.96, 39.04, 50), strict=True))}
    places = list(zip(rng.uniform(74.96, 75.14, 5), rng.uniform(38.96, 39.04, 5), strict=True))
    cells = layer([cell(cell_id=f"C{number}") for number in range(5)], places)
    whole = coverage(targets, cells, None, settings=SIGHT, grid=grid)
    monkeypatch.setattr("onemap.analyses.coverage.service._PLACES_AT_ONCE", 7)
    assert_geodataframe_equal(coverage(targets, cells, None, settings=SIGHT, grid=grid), whole)


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="model must be"):
        CoverageSettings(model="magic")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="road_step_m must be more than zero"):
        CoverageSettings(road_step_m=0)
    with pytest.raises(ValueError, match="clearance_margin_m must not be negative"):
        CoverageSettings(clearance_margin_m=-1)
    with pytest.raises(ValueError, match="operators must not name"):
        CoverageSettings(operators=("any",))


def test_andorra_masts_are_judged_over_real_ground_with_voids(shared: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    folder = shared / "data" / "andorra"
    if not folder.is_dir():
        pytest.skip("the Andorra data are absent")
    with rasterio.open(folder / "dem_srtm3_N42E001_raw.tif") as source:
        values = source.read(1).astype(np.float32)
        values[values == source.nodata] = np.nan
        grid = Grid(values, source.transform, "EPSG:4326")
    masts = gpd.read_file(folder / "andorra_osm_2013.gpkg", layer="towers_masts").to_crs(4326)
    towns = gpd.read_file(folder / "andorra_osm_2013.gpkg", layer="settlements").to_crs(4326)
    masts = masts.assign(tower_id=[f"M{number}" for number in range(len(masts))], technologies="4G")
    towns = towns.assign(settlement_id=[f"N{number}" for number in range(len(towns))])
    inside = shapely.box(*grid.bounds)
    towns = towns[towns.within(inside)]
    settings = CoverageSettings(technologies=("4G",), operators=())
    found = coverage({"settlements": towns}, None, masts, settings=settings, grid=grid)
    assert len(found) == len(towns)
    assert {"covered", "uncovered"} <= set(found["verdict"])
