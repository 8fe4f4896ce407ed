"""Areas, fibre and priorities: against independent computations."""

from __future__ import annotations

import heapq

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from onemap.analyses.coverage import CoverageSettings, coverage
from onemap.analyses.gaps.areas import area_points, coverage_of_areas, coverage_of_areas_on_grids
from onemap.analyses.gaps.fibre import FibreSettings, fibre_distances
from onemap.analyses.gaps.priorities import PARTS, PrioritySettings, gap_priorities
from onemap.layers.grid import Grid

GEOD = Geod(ellps="GRS80")
CRS = "EPSG:4490"


def districts_of(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    names = [f"65000{n}" for n in range(len(shapes))]
    return gpd.GeoDataFrame({"code": names, "name": names}, geometry=list(shapes), crs=CRS)


def star(seed: int) -> shapely.Polygon:
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, 40))
    reach = rng.uniform(0.05, 0.2, 40)
    return shapely.make_valid(
        shapely.Polygon(np.column_stack([75.3 + reach * np.cos(turn), 39.3 + reach * np.sin(turn)]))
    )


# --------------------------------------------------------------------------------------------------------------- areas


@pytest.mark.parametrize("seed", range(5))
def test_cells_cut_by_an_area_have_its_ellipsoidal_area(seed: int) -> None:
    shape = star(seed)
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 3, (60, 60)).astype(float)
    grid = Grid(values, Affine(0.01, 0, 75.0, 0, -0.01, 39.6), CRS)
    found = coverage_of_areas_on_grids({"districts": districts_of(shape)}, {("4G", "any"): grid}).iloc[0]
    wanted = np.zeros(3)
    for row in range(60):
        for column in range(60):
            west, north = 75.0 + 0.01 * column, 39.6 - 0.01 * row
            piece = shapely.intersection(shape, shapely.box(west, north - 0.01, west + 0.01, north))
            if not piece.is_empty:
                wanted[int(values[row, column])] += abs(GEOD.geometry_area_perimeter(piece)[0])
    shares = found[["covered_share", "depends_share", "uncovered_share"]].to_numpy(dtype=float)
    np.testing.assert_allclose(shares, wanted / wanted.sum(), atol=2e-6)
    assert found["area_km2"] == pytest.approx(wanted.sum() / 1e6, rel=1e-4)  # its edges are geodesics


def test_people_of_a_raster_count_by_the_part_of_their_cell() -> None:
    grid = Grid(np.array([[0.0, 2.0], [np.nan, 2.0]]), Affine(0.1, 0, 75, 0, -0.1, 39.2), CRS)
    people = Grid(np.array([[100.0, 40.0], [10.0, 0.0]]), grid.transform, CRS)
    area = districts_of(shapely.box(75, 39, 75.15, 39.2))
    found = coverage_of_areas_on_grids({"districts": area}, {("4G", "any"): grid}, people=people).iloc[0]
    assert found["population"] == pytest.approx(130.0)
    assert found["covered_population_share"] == pytest.approx(100 / 130)
    assert found["depends_share"] == pytest.approx(1 / 3, abs=1e-3)


def test_points_come_near_the_shares_of_a_known_circle() -> None:
    square = shapely.box(75.0, 39.0, 75.4, 39.3)
    areas = {"districts": districts_of(square), "sea_areas": districts_of(shapely.box(75.0, 39.0, 75.2, 39.3))}
    points = area_points(areas, step_m=500.0)
    cells = gpd.GeoDataFrame(
        {"cell_id": ["C"], "operator": ["中国移动"], "technology": ["4G"]},
        geometry=[shapely.Point(75.2, 39.15)],
        crs=CRS,
    )
    settings = CoverageSettings(model="radius", technologies=("4G",), operators=(), range_m={"4G": 10_000.0})
    verdicts = coverage({"places": points}, cells, None, settings=settings)
    found = coverage_of_areas(areas, verdicts).set_index("area_layer")
    circle = np.pi * 10_000.0**2
    whole = abs(GEOD.geometry_area_perimeter(square)[0])
    assert found.loc["districts", "covered_share"] == pytest.approx(circle / whole, rel=0.01)
    assert found.loc["sea_areas", "covered_share"] == pytest.approx(circle / whole, rel=0.01)
    assert found["covered_population_share"].isna().all()


def test_points_of_tiles_are_those_of_the_whole() -> None:
    shape = star(3)
    west, south, east, north = shape.bounds
    middle = (west + east) / 2
    halves = [
        shapely.intersection(shape, shapely.box(*box))
        for box in ((west, south, middle, north), (middle, south, east, north))
    ]
    whole = set(area_points({"districts": districts_of(shape)}, step_m=700.0)["place_id"])
    parts = [set(area_points({"districts": districts_of(half)}, step_m=700.0)["place_id"]) for half in halves]
    assert parts[0] | parts[1] == whole


def test_people_of_places_are_shared_out_to_every_area_that_holds_them() -> None:
    areas = {
        "districts": districts_of(shapely.box(75, 39, 76, 40), shapely.box(75, 39, 75.5, 40), shapely.box(0, 0, 1, 1))
    }
    people = gpd.GeoDataFrame(
        {"technology": "4G", "operator": "any", "verdict": ["covered", "uncovered"], "population": [300, 100]},
        geometry=gpd.points_from_xy([75.2, 75.8], [39.5, 39.5]), crs=CRS,
    )  # fmt: skip
    found = coverage_of_areas(areas, people, people=people)
    assert found["covered_population_share"].tolist()[:2] == [0.75, 1.0]
    assert found[["covered_share", "population"]].iloc[2].isna().all()


# --------------------------------------------------------------------------------------------------------------- fibre


def grid_roads(n: int = 6, step: float = 0.01) -> gpd.GeoDataFrame:
    lines = [shapely.LineString([(75 + step * i, 39), (75 + step * i, 39 + step * (n - 1))]) for i in range(n)]
    lines += [shapely.LineString([(75, 39 + step * i), (75 + step * (n - 1), 39 + step * i)]) for i in range(n)]
    return gpd.GeoDataFrame({"road_id": [f"R{i}" for i in range(len(lines))]}, geometry=lines, crs=CRS)


def points_of(layer_id: str, places: list[tuple[float, float]], **fields: object) -> gpd.GeoDataFrame:
    table = {layer_id: [f"{layer_id}{n}" for n in range(len(places))], **fields}
    return gpd.GeoDataFrame(table, geometry=[shapely.Point(place) for place in places], crs=CRS)


def searched(sources: set[tuple[int, int]], n: int, step: float) -> dict[tuple[int, int], float]:
    """Search the crossings of a grid of roads from several of them at once, one step at a time."""
    done: dict[tuple[int, int], float] = {}
    queue = [(0.0, one) for one in sources]
    while queue:
        way_m, (a, b) = heapq.heappop(queue)
        if (a, b) in done:
            continue
        done[a, b] = way_m
        for c, d in ((a + 1, b), (a - 1, b), (a, b + 1), (a, b - 1)):
            if 0 <= c < n and 0 <= d < n:
                ends = 75 + step * a, 39 + step * b, 75 + step * c, 39 + step * d
                heapq.heappush(queue, (way_m + GEOD.inv(*ends)[2], (c, d)))
    return done


@pytest.mark.parametrize("seed", range(6))
def test_ways_along_roads_equal_those_of_a_plain_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, step = 6, 0.01
    roads = grid_roads(n, step)
    crossing = rng.integers(0, n, (30, 2))
    schools = points_of("school_id", [(75 + step * a, 39 + step * b) for a, b in crossing])
    rooms = points_of("room_id", [(75 + step * a, 39 + step * b) for a, b in rng.integers(0, n, (3, 2))])
    found = fibre_distances({"schools": schools}, {"rooms": rooms}, roads, settings=FibreSettings(drop_m=0.0))
    sources = {(round((p.x - 75) / step), round((p.y - 39) / step)) for p in rooms.geometry}
    wanted = searched(sources, n, step)
    np.testing.assert_allclose(found["distance_m"], [wanted[a, b] for a, b in crossing.tolist()], atol=0.01)
    assert set(found["way"]) <= {"road", "drop"}


def test_what_counts_as_supply_and_how_a_place_is_reached() -> None:
    road = gpd.GeoDataFrame({"road_id": ["R"]}, geometry=[shapely.LineString([(75, 39), (75.2, 39)])], crs=CRS)
    schools = points_of("school_id", [(75.1, 39.002), (75.0, 39.0005), (77.0, 39.0)])
    rooms = points_of("room_id", [(75.09, 39.0), (75.0, 39.0), (75.2, 39.0)], racks_free=[0, 3, None])
    found = fibre_distances({"schools": schools}, {"rooms": rooms}, road)
    assert found["way"].tolist() == ["road", "drop", "straight"]
    # The nearest room has no free rack.
    assert found["supply_id"].tolist() == ["room_id1", "room_id1", "room_id2"]
    leg_m, along_m = GEOD.inv(75.1, 39.002, 75.1, 39.0)[2], GEOD.inv(75.0, 39.0, 75.1, 39.0)[2]
    assert found["distance_m"].iloc[0] == pytest.approx(leg_m + along_m, abs=0.5)
    assert found["leg_m"].iloc[0] == pytest.approx(leg_m, abs=0.01)
    assert "没有道路相通" in found["reason_zh"].iloc[2]
    assert "not stated" in found["reason_en"].iloc[2]
    strict = fibre_distances(
        {"schools": schools}, {"rooms": rooms}, road, settings=FibreSettings(unknown_capacity=False)
    )
    assert set(strict["supply_id"]) == {"room_id1"}


def test_a_network_in_pieces_leads_only_so_far() -> None:
    lines = [[(75, 39), (75.1, 39)], [(75.2, 39), (75.3, 39)]]
    roads = gpd.GeoDataFrame({"road_id": ["A", "B"]}, geometry=[shapely.LineString(one) for one in lines], crs=CRS)
    schools = points_of("school_id", [(75.1, 39.0), (75.3, 39.0)])
    found = fibre_distances({"schools": schools}, {"rooms": points_of("room_id", [(75.0, 39.0)])}, roads)
    assert found["way"].tolist() == ["road", "straight"]
    assert found["distance_m"].iloc[1] == pytest.approx(GEOD.inv(75.3, 39, 75.0, 39)[2])


def test_roads_that_nearly_meet_are_joined_and_cables_are_met_on_the_way() -> None:
    side = GEOD.fwd(75.1, 39.0, 0.0, 6.0)[:2]
    lines = [[(75, 39), (75.2, 39)], [side, (75.1, 39.1)]]
    roads = gpd.GeoDataFrame({"road_id": ["A", "B"]}, geometry=[shapely.LineString(one) for one in lines], crs=CRS)
    cables = gpd.GeoDataFrame(
        {"cable_id": ["K"], "cores_free": [12]},
        geometry=[shapely.LineString([(75.05, 38.95), (75.05, 39.05)])],
        crs=CRS,
    )
    schools = points_of("school_id", [(75.1, 39.1)])
    found = fibre_distances({"schools": schools}, {"cables": cables}, roads).iloc[0]
    wanted = GEOD.inv(75.1, 39.1, 75.1, 39.0)[2] + GEOD.inv(75.05, 39, 75.1, 39)[2]
    assert found["way"] == "road"
    assert found["distance_m"] == pytest.approx(wanted, abs=60)  # the cable is met within half a step of 100 m
    apart = fibre_distances(
        {"schools": schools}, {"cables": cables}, roads, settings=FibreSettings(road_snap_m=1.0)
    ).iloc[0]
    assert apart["way"] == "straight"


def test_without_fibre_or_roads_it_says_so() -> None:
    schools = points_of("school_id", [(75.1, 39.1)])
    nothing = fibre_distances({"schools": schools}, {}, None).iloc[0]
    assert pd.isna(nothing["distance_m"])
    assert pd.isna(nothing["distance_class"])
    assert "没有具备空闲能力" in nothing["reason_zh"]
    straight = fibre_distances({"schools": schools}, {"rooms": points_of("room_id", [(75.1, 39.2)])}, None).iloc[0]
    assert straight["way"] == "straight"
    assert fibre_distances({"schools": schools.iloc[:0]}, {}, None).empty


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(75, 75.05), st.floats(39, 39.05)), min_size=1, max_size=8))
def test_a_way_is_never_shorter_than_the_straight_line(places: list[tuple[float, float]]) -> None:
    rooms = points_of("room_id", [(75.021, 39.033)])
    found = fibre_distances({"schools": points_of("school_id", places)}, {"rooms": rooms}, grid_roads())
    assert (found["distance_m"] >= found["straight_m"] - 0.01).all()


@pytest.mark.parametrize(
    ("distance_m", "name"), [(0.0, "0-500"), (500.0, "0-500"), (500.1, "500-2000"), (10_001.0, ">10000")]
)
def test_an_edge_belongs_to_the_class_below(distance_m: float, name: str) -> None:
    lon, lat, _ = GEOD.fwd(75.0, 39.0, 90.0, distance_m)
    found = fibre_distances(
        {"schools": points_of("school_id", [(lon, lat)])}, {"rooms": points_of("room_id", [(75.0, 39.0)])}, None
    )
    assert found["distance_class"].tolist() == [name]


# ---------------------------------------------------------------------------------------------------------- priorities


def gaps_of(rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    usual = {
        "target_layer": "settlements",
        "technology": "4G",
        "operator": "any",
        "verdict": "uncovered",
        "nearest_tower_m": 4e3,
    }
    return gpd.GeoDataFrame([usual | row for row in rows], geometry=[shapely.Point(75, 39)] * len(rows), crs=CRS)


def test_the_score_is_the_weighted_mean_of_its_parts() -> None:
    gaps = gaps_of(
        [
            {"target_id": "A", "population": 500},
            {"target_id": "A", "population": 500, "technology": "5G", "verdict": "depends"},
            {"target_id": "B", "households": 100, "nearest_tower_m": 40e3},
            {"target_id": "B", "households": 100, "operator": "中国移动"},
        ]
    )
    chosen = PrioritySettings(weights={"people": 2, "kind": 1, "lack": 1})
    found = gap_priorities(gaps, settings=chosen).set_index("target_id")
    assert found.loc["A", [f"{name}_part" for name in PARTS[:4]]].tolist() == [0.5, 0.7, 0.75, 0.4]
    assert found.loc["A", "score"] == pytest.approx((2 * 0.5 + 0.7 + 0.75) / 4)
    assert found.loc["B", "people_part"] == pytest.approx(0.35)
    assert found.loc["B", "lack_part"] == 0.5
    assert found.loc["B", "isolation_part"] == 1.0
    assert found["lacks"].to_dict() == {"A": "4G;5G", "B": "4G"}
    assert found["unknown_parts"].tolist() == ["fibre", "fibre"]
    assert found["rank"].to_dict() == {"A": 1, "B": 2}


def test_equal_scores_are_ordered_by_name_whatever_the_order_of_the_rows() -> None:
    gaps = gaps_of([{"target_id": name, "population": 10} for name in "CABD"])
    for part in (gaps, gaps.iloc[::-1], gaps.sample(frac=1, random_state=3)):
        assert gap_priorities(part.reset_index(drop=True))["target_id"].tolist() == list("ABCD")


def test_villages_stand_by_the_rule() -> None:
    gaps = gaps_of([{"target_id": "V1", "target_layer": "villages"}, {"target_id": "V2", "target_layer": "villages"}])
    villages = gpd.GeoDataFrame(
        {"village_id": ["V1", "V2"], "verdict": ["covered", "uncovered"], "technology": "4G", "operator": "any"},
        geometry=[shapely.Point(75, 39)] * 2, crs=CRS,
    )  # fmt: skip
    assert gap_priorities(gaps, villages=villages)["target_id"].tolist() == ["V2"]
    assert len(gap_priorities(gaps)) == 2
    assert gap_priorities(gaps.iloc[:0]).empty


@pytest.mark.parametrize("weights", [{"beauty": 1.0}, {"people": -1.0}, {"people": 0.0}])
def test_weights_that_make_no_sense_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="weights must"):
        PrioritySettings(weights=weights)
