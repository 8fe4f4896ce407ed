"""Cables on one route, and route kilometres, against ways that are known because cables were laid along them."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely

from onemap.analyses.routes import (
    RouteSettings,
    lay_cables,
    route_lengths,
    route_sections,
    sections_of,
    shared_routes,
)
from onemap.errors import CRSError
from onemap.layers.catalogue import schema
from tests.analyses.routes.route_networks import CRS, GEOD, cables, drawn_along, in_degrees, random_walks, streets


def winding(rng: np.random.Generator, *, length_m: float) -> np.ndarray:
    """Give a road in metres whose bends turn by up to 60 degrees every 200-500 m."""
    steps = rng.uniform(200, 500, int(length_m / 350))
    heading = np.cumsum(rng.uniform(-np.pi / 3, np.pi / 3, len(steps)) * 0.5)
    moves = np.column_stack([np.cos(heading), np.sin(heading)]) * steps[:, None]
    return np.concatenate([[[0.0, 0.0]], np.cumsum(moves, axis=0)])


@pytest.mark.parametrize("seed", range(20))
def test_two_drawings_of_one_road_share_at_least_98_per_cent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    road = winding(rng, length_m=12_000)
    truth_km = shapely.LineString(road).length / 1000.0
    pair = shared_routes(lay_cables(cables([drawn_along(road, rng), drawn_along(road, rng).reverse()])))
    assert len(pair) == 1
    assert 0.98 * truth_km <= pair["shared_km"][0] <= 1.02 * truth_km
    assert pair["opposite"][0]
    assert pair[["share_a", "share_b"]].to_numpy().min() >= 0.98
    assert pair["distance_m"][0] < 20.0


@pytest.mark.parametrize("seed", range(10))
def test_parallel_cables_60_m_apart_share_nothing_at_20_m(seed: int) -> None:
    rng = np.random.default_rng(seed)
    road = winding(rng, length_m=12_000)
    lines = [drawn_along(road, rng, noise_m=8.0), drawn_along(road, rng, noise_m=8.0, side_m=60.0)]
    assert shared_routes(lay_cables(cables(lines))).empty
    wide = RouteSettings(tolerance_m=80.0)
    assert len(shared_routes(lay_cables(cables(lines), settings=wide), settings=wide)) == 1


def test_crossing_and_following_cables_share_nothing() -> None:
    ways = [[(-500, 0), (500, 0)], [(0, -500), (0, 500)], [(500, 0), (1500, 0)], [(-400, -300), (400, 300)]]
    lines = [shapely.LineString(in_degrees(np.array(way, dtype=float))) for way in ways]
    assert shared_routes(lay_cables(cables(lines))).empty


def network_error(seed: int) -> tuple[float, float]:
    """Give the relative error of the route kilometres of a random network, and of its shared pairs."""
    rng = np.random.default_rng(seed)
    crossings, pairs = streets(rng)
    walks = random_walks(pairs, rng, count=int(rng.integers(4, 25)))
    used = {frozenset(step) for walk in walks for step in pairwise(walk)}
    truth_m = sum(float(np.hypot(*(crossings[a] - crossings[b]))) for a, b in map(sorted, used))
    lines = [drawn_along(crossings[walk], rng) for walk in walks]
    lines = [line.reverse() if rng.random() < 0.5 else line for line in lines]
    laid = lay_cables(cables(lines))
    sections = sections_of(laid)
    lengths = route_lengths(laid, sections).set_index("operator")
    steps = [{frozenset(step) for step in pairwise(walk)} for walk in walks]
    both = [a & b for place, a in enumerate(steps) for b in steps[:place]]
    pairs_m = sum(float(np.hypot(*np.subtract(*crossings[sorted(one)]))) for each in both for one in each)
    found_m = shared_routes(laid)["shared_km"].sum() * 1000.0
    assert lengths.loc["any", "route_km"] == pytest.approx(route_sections(laid, sections)["length_km"].sum())
    return lengths.loc["any", "route_km"] * 1000.0 / truth_m - 1.0, (found_m - pairs_m) / max(pairs_m, 1.0)


@pytest.mark.slow
def test_route_kilometres_are_within_one_per_cent_on_200_random_networks() -> None:
    errors = np.array([network_error(seed) for seed in range(200)])
    assert np.abs(errors[:, 0]).max() < 0.01
    assert np.abs(errors[:, 1]).max() < 0.02


def test_lengths_by_operator_add_up() -> None:
    rng = np.random.default_rng(5)
    road = winding(rng, length_m=8_000)
    km = shapely.LineString(road).length / 1000.0
    lines = [drawn_along(road, rng, noise_m=3.0) for _ in range(3)]
    layer = cables(lines, operator=["甲", "甲", "乙"], sheath_km=[9.0, np.nan, 10.0])
    laid = lay_cables(layer)
    lengths = route_lengths(laid, sections_of(laid)).set_index("operator")
    assert lengths["route_km"].to_numpy() == pytest.approx([km, km, km], rel=0.01)
    assert lengths["shared_km"].to_numpy() == pytest.approx([km, km, km], rel=0.01)
    drawn = GEOD.geometry_length(lines[1]) / 1000.0
    assert lengths.loc["any", "sheath_km"] == pytest.approx(19.0 + drawn, rel=1e-6)
    assert lengths.loc["甲", "sheath_given_share"] == 0.5
    assert lengths.loc["any", "cables"] == 3


def test_answer_does_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(11)
    crossings, pairs = streets(rng)
    lines = [drawn_along(crossings[walk], rng) for walk in random_walks(pairs, rng, count=12)]
    layer = cables(lines)
    turned = layer.sample(frac=1.0, random_state=3)
    one, two = (shared_routes(lay_cables(each)) for each in (layer, turned))
    assert one.drop(columns="geometry").equals(two.drop(columns="geometry"))
    assert one.geometry.geom_equals(two.geometry).all()


def test_parts_of_a_line_are_not_joined_over_their_jump() -> None:
    flat = in_degrees(np.array([(0, 0), (1000, 0), (5000, 0), (6000, 0)], dtype=float))
    whole = shapely.LineString(in_degrees(np.array([(0, 5), (6000, 5)], dtype=float)))
    layer = cables([shapely.MultiLineString([flat[:2], flat[2:]]), whole])
    pair = shared_routes(lay_cables(layer)).iloc[0]
    assert pair["shared_km"] == pytest.approx(2.0, abs=0.03)
    assert pair["stretches"] == 2
    assert pair.geometry.geom_type == "MultiLineString"


@pytest.mark.parametrize(
    "lines",
    [[], [shapely.LineString([(75, 39), (75, 39)])], [shapely.LineString(), None, shapely.Point(75, 39)]],
    ids=["no rows", "no length", "no lines"],
)
def test_empty_layers_and_lines_without_length_share_nothing(lines: list[shapely.Geometry]) -> None:
    laid = lay_cables(cables(lines))
    sections = sections_of(laid)
    assert shared_routes(laid).empty
    assert list(shared_routes(laid).columns) == [*schema("shared_routes").names, "geometry"]
    assert route_sections(laid, sections).empty
    assert route_lengths(laid, sections)["route_km"].sum() == 0.0


def test_planned_and_retired_cables_are_left_out() -> None:
    road = in_degrees(np.array([(0, 0), (3000, 0)], dtype=float))
    layer = cables([shapely.LineString(road)] * 4, status=["in service", "retired", "planned", None])
    assert shared_routes(lay_cables(layer))[["cable_a", "cable_b"]].to_numpy().tolist() == [["C00000", "C00003"]]


def test_projected_layers_are_refused() -> None:
    layer = gpd.GeoDataFrame({"cable_id": ["A"]}, geometry=[shapely.LineString([(0, 0), (9, 9)])], crs="EPSG:4534")
    with pytest.raises(CRSError, match="EPSG:4534"):
        lay_cables(layer)


def test_layer_is_left_as_it_is() -> None:
    layer = cables([shapely.LineString([(75, 39), (75.1, 39)]), shapely.LineString([(75, 39), (75.1, 39)])])
    before = layer.copy(deep=True)
    shared_routes(lay_cables(layer))
    assert layer.equals(before)
    assert layer.crs == CRS
