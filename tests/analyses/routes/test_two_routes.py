"""Two routes to a core room: what a ring, a tail, and two cables in one trench give."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from onemap.analyses.routes import (
    RouteSettings,
    cable_network,
    cuts_by_operator,
    lay_cables,
    routes_between,
    sections_of,
    trenches,
    two_routes,
)

PLACES = {"R": (75.0, 39.0), "S": (75.1, 39.0), "T": (75.2, 39.0), "U": (75.5, 39.5)}
NORTH = [(75.0, 39.0), (75.05, 39.05), (75.1, 39.0)]


def found(ways: dict[str, list], *, settings: RouteSettings | None = None, operators=None) -> gpd.GeoDataFrame:
    owners = operators or ["甲"] * len(ways)
    cables = {"cable_id": list(ways), "operator": owners}
    laid = lay_cables(gpd.GeoDataFrame(cables, geometry=[shapely.LineString(way) for way in ways.values()], crs=4490))
    rooms = {"room_id": list(PLACES), "operator": ["甲"] * 4, "kind": ["core", "access", "access", "access"]}
    places = gpd.GeoDataFrame(rooms, geometry=[shapely.Point(place) for place in PLACES.values()], crs=4490)
    network = cable_network(laid, {"rooms": places})
    together = trenches(network, sections_of(laid))
    judged = cuts_by_operator(network, together)
    return two_routes(laid, network, judged, together, settings=settings).set_index("node_id")


def line(one: str, other: str) -> list:
    return [PLACES[one], PLACES[other]]


def test_ring_has_two_routes_and_its_tail_has_not():
    rows = found({"A": line("R", "S"), "B": NORTH, "C": line("S", "T")})
    assert rows["verdict"].to_dict() == {"S": "two routes", "T": "one route"}
    assert rows.loc["T", "cut_cables"] == "C"
    assert rows.loc["S", "first_km"] == pytest.approx(8.65, abs=0.05)  # 0.1° of longitude at 39° north
    assert rows.loc["S", "second_km"] > rows.loc["S", "first_km"]
    assert rows.loc["S"].geometry.length == pytest.approx(0.1 + 2 * np.hypot(0.05, 0.05))


def test_two_cables_in_one_trench_are_one_route():
    rows = found({"A": line("R", "S"), "B": [(75.0, 39.00003), (75.1, 39.00003)]})
    assert rows.loc["S", "verdict"] == "one route"
    assert rows.loc["S", "cut_cables"] == "A;B"


def test_cables_of_others_help_nobody_and_a_room_without_way_is_said():
    rows = found({"A": line("R", "S"), "B": NORTH, "C": line("T", "U")}, operators=["甲", "乙", "甲"])
    assert rows.loc["S", "verdict"] == "one route"
    assert rows.loc["T", "verdict"] == "not connected"
    assert rows.loc["T"].geometry == shapely.Point(PLACES["T"])


def test_rooms_beyond_the_limit_are_listed_as_not_sought():
    rows = found({"A": line("R", "S"), "C": line("S", "T")}, settings=RouteSettings(two_route_rooms=1))
    assert rows["verdict"].to_dict() == {"S": "one route", "T": "not sought"}


def test_unknown_node_is_refused():
    laid = lay_cables(
        gpd.GeoDataFrame({"cable_id": ["A"]}, geometry=[shapely.LineString([(75, 39), (75.1, 39)])], crs=4490)
    )
    with pytest.raises(ValueError, match="got N00001 and X"):
        routes_between(laid, cable_network(laid, {}), ("N00001", "X"))


@pytest.mark.parametrize("seed", range(20))
def test_verdicts_agree_with_edge_connectivity(seed: int):
    """Straight cables between random rooms share no trench: two routes are two edge-disjoint ways."""
    rng = np.random.default_rng(seed)
    names = [f"N{number}" for number in range(9)]
    angles = np.linspace(0, 2 * np.pi, 10)[:-1] + rng.uniform(0, 0.3, 9)
    spots = [(75 + 0.3 * np.cos(angle), 39 + 0.3 * np.sin(angle)) for angle in angles]
    pairs = [(a, b) for a in range(9) for b in range(a) if rng.random() < 0.22] or [(1, 0)]
    ways = [shapely.LineString([spots[a], spots[b]]) for a, b in pairs]
    cables = {"cable_id": [f"C{number}" for number in range(len(pairs))], "operator": ["甲"] * len(pairs)}
    ends = {"from_node": [names[a] for a, _ in pairs], "to_node": [names[b] for _, b in pairs]}
    laid = lay_cables(gpd.GeoDataFrame({**cables, **ends}, geometry=ways, crs=4490))
    kind = ["core", *["access"] * 8]
    rooms = gpd.GeoDataFrame(
        {"room_id": names, "operator": ["甲"] * 9, "kind": kind},
        geometry=gpd.points_from_xy(*np.transpose(spots)),
        crs=4490,
    )
    settings = RouteSettings(join_midspan=False, room_reach_m=0)
    network = cable_network(laid, {"rooms": rooms}, settings=settings)
    rows = two_routes(laid, network, cuts_by_operator(network, [], settings=settings))
    graph = nx.Graph([(names[a], names[b]) for a, b in pairs])
    for row in rows.itertuples():
        ways_there = nx.edge_connectivity(graph, row.node_id, names[0]) if names[0] in graph else 0
        wanted = "two routes" if ways_there > 1 else "one route" if ways_there else "not connected"
        assert row.verdict == wanted, row.node_id
