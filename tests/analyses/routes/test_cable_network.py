"""The network of cables: names before places, disagreements told, single points as removing by hand finds them."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from onemap.analyses.routes import (
    CableNetwork,
    RouteSettings,
    backhoe,
    cable_network,
    cuts_by_operator,
    disjoint_routes,
    duct_routes,
    lay_cables,
    network_cuts,
    network_findings,
    network_nodes,
    path_delays,
    second_routes,
    sections_of,
    trenches,
)
from onemap.layers.catalogue import schema
from tests.analyses.routes.route_networks import CRS, cables, drawn_along, in_degrees, random_walks, streets

Way = list[tuple[float, float]]


def line(way: Way) -> shapely.LineString:
    return shapely.LineString(in_degrees(np.array(way, dtype=float)))


def points(places: Way, **values: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(values, geometry=shapely.points(in_degrees(np.array(places, dtype=float))), crs=CRS)


def core(place: tuple[float, float], **values: object) -> gpd.GeoDataFrame:
    told = {"room_id": "R", "operator": "甲", "kind": "core"} | values
    return points([place], **{name: [value] for name, value in told.items()})


def test_names_join_ends_that_lie_apart_and_places_those_without() -> None:
    nodes = points([(0, 0), (5000, 0)], node_id=["A", "B"], kind=["joint", "joint"])
    ways: list[Way] = [[(10, 5), (4990, 5)], [(5060, 0), (9000, 0)], [(9010, 5), (12000, 0)]]
    layer = cables([line(way) for way in ways], from_node=["A", "B", None], to_node=["B", None, None])
    network = cable_network(lay_cables(layer), {"nodes": nodes})
    assert network.findings == ()
    names = network.nodes["node_id"].to_numpy()
    assert [names[one] for one in (network.start[0], network.end[0], network.start[1])] == ["A", "B", "B"]
    assert network.end[1] == network.start[2]
    assert len(network.nodes) == 4


def test_disagreements_of_names_and_places_are_findings() -> None:
    nodes = points([(0, 0), (5000, 0)], node_id=["A", "B"], kind=["joint", "joint"])
    ways: list[Way] = [[(0, 0), (4000, 0)], [(4000, 0), (9000, 0)], [(9000, 0), (9500, 900)], [(0, 5000), (900, 5000)]]
    layer = cables(
        [line(way) for way in ways],
        from_node=["A", "B", "X", "X"],
        to_node=["B", "T7", "", ""],
        source=[f"c.gpkg|c|{row}" for row in range(1, 5)],
    )
    towers = points([(9000, 300)], tower_id=["T7"])
    laid = lay_cables(layer)
    network = cable_network(laid, {"nodes": nodes, "towers": towers})
    found = [(one.rule, one.feature, one.row, one.columns) for one in network.findings]
    assert found == [
        ("OM-TOP-201", "C00002", 3, ("from_node",)),
        ("OM-TOP-201", "C00003", 4, ("from_node",)),
        ("OM-TOP-202", "C00000", 1, ("to_node",)),
        ("OM-TOP-202", "C00001", 2, ("from_node",)),
        ("OM-TOP-203", "C00003", 4, ("from_node",)),
    ]
    assert all(one.message("zh") and one.message("en") and one.hint("zh") for one in network.findings)
    # C1 names a tower, C2 a node that is not there: both ends are at one place and so joined.
    assert network.end[1] == network.start[2]
    assert network.start[2] != network.start[3]


def test_names_are_no_fault_where_no_layer_of_nodes_is_given() -> None:
    layer = cables([line([(0, 0), (900, 0)]), line([(2000, 0), (950, 0)])], to_node=["X", "X"])
    network = cable_network(lay_cables(layer), {})
    assert network.findings == ()
    assert network.end[0] == network.end[1]
    assert network.nodes["node_id"].tolist()[network.end[0]] == "X"


def test_cables_without_length_join_what_they_name_and_are_told() -> None:
    nodes = points([(0, 0), (5, 0), (3000, 0)], node_id=["A", "B", "C"], kind=["joint"] * 3)
    spot = shapely.LineString([shapely.get_point(line([(0, 0), (1, 0)]), 0)] * 2)
    layer = cables([spot, line([(5, 0), (3000, 0)]), None], from_node=["A", "B", None], to_node=["B", "C", None])
    laid = lay_cables(layer)
    network = cable_network(laid, {"nodes": nodes, "rooms": core((0, 0), room_id="A")})
    assert [one.rule for one in network.findings] == ["OM-TOP-204", "OM-TOP-204"]
    assert len(network) == 2
    settings = RouteSettings(root_ids=("A",))
    judged = cuts_by_operator(network, [], settings=settings)
    nodes_found = network_nodes(laid, network, judged, settings=settings)
    assert dict(zip(nodes_found["node_id"], nodes_found["cuts"], strict=True)) == {"A": 0, "B": 1, "C": 2}


def test_network_in_pieces_and_operators_without_core_rooms_are_told() -> None:
    ways: list[Way] = [[(0, 0), (2000, 0)], [(5000, 0), (7000, 0)], [(0, 9000), (900, 9000)]]
    laid = lay_cables(cables([line(way) for way in ways], operator=["甲", "甲", "乙"]))
    rooms = gpd.GeoDataFrame(
        {"room_id": ["R", "S"], "operator": ["甲", "甲"], "kind": ["core", "access"]},
        geometry=shapely.points(in_degrees(np.array([(0.0, 100.0), (0.0, 4000.0)]))),
        crs=CRS,
    )
    network = cable_network(laid, {"rooms": rooms})
    judged = cuts_by_operator(network, [])
    found = network_findings(network, judged)
    assert [(one.rule, one.values["operator"]) for one in found] == [("OM-TOP-205", "乙"), ("OM-TOP-206", "甲")]
    assert (found[1].values["pieces"], found[1].values["nodes"]) == (2, 2)
    nodes = network_nodes(laid, network, judged)
    told = nodes.groupby("verdict")["node_id"].count().to_dict()
    assert told == {"root": 1, "single route": 2, "not connected": 2, "no root": 2, "no cable": 1}
    assert nodes["reason_zh"].str.len().gt(5).all()


def test_trench_of_two_cables_is_a_single_point_where_neither_cable_is() -> None:
    there = [(0.0, 0.0), (4000.0, 0.0)]
    ways = [there, [(0.0, 6.0), (2000.0, 7.0), (4000.0, 5.0)], [(4000.0, 0.0), (4000.0, 3000.0)]]
    laid = lay_cables(cables([line(way) for way in ways]))
    sections = sections_of(laid)
    network = cable_network(laid, {"rooms": core((0, 0))})
    judged = cuts_by_operator(network, trenches(network, sections))
    cuts = network_cuts(laid, network, judged, sections)
    assert cuts[["cable_ids", "isolated"]].to_numpy().tolist() == [["C00000;C00001", 2], ["C00002", 1]]
    assert cuts["length_km"].to_numpy() == pytest.approx([4.0, 3.0], rel=0.01)
    nodes = network_nodes(laid, network, judged).set_index("node_id")
    assert nodes["verdict"].tolist() == ["root", "single route", "single route"]
    assert nodes["cuts"].tolist() == [0, 1, 2]
    assert nodes["nearest_cut"].tolist()[1:] == ["C00000;C00001", "C00002"]
    far = nodes.index[1]
    found = disjoint_routes(network, ("R", far), trenches(network, sections), operator="甲")
    assert found.edge_disjoint == 2
    assert found.routes == ()
    assert found.trench_cut == (0, 1)


def test_one_backhoe_cuts_all_cables_of_the_trench() -> None:
    ways: list[Way] = [[(0, 0), (4000, 0)], [(0, 8), (4000, 8)], [(0, -200), (4000, -200)], [(0, 4), (2000, 4)]]
    laid = lay_cables(cables([line(way) for way in ways], operator=["甲", "甲", "甲", "乙"]))
    layers = {"rooms": core((0, 0))}
    network = cable_network(laid, layers, settings=RouteSettings(room_reach_m=0))
    here = in_degrees(np.array([(1000.0, 3.0)]))[0]
    dug = backhoe(laid, network, (here[0], here[1])).set_index("operator")
    assert dug["cable_ids"].to_dict() == {"甲": "C00000;C00001", "乙": "C00003"}
    assert dug["isolated"].to_dict() == {"甲": 1, "乙": 0}
    nothing = in_degrees(np.array([(1000.0, 3000.0)]))[0]
    assert backhoe(laid, network, (nothing[0], nothing[1])).empty


def by_hand(network: CableNetwork, operator: str, groups: list[np.ndarray], roots: list[int]) -> set[int]:
    """Give the nodes that the loss of one link or one trench parts from all roots."""
    mine = np.flatnonzero(network.operator == operator)
    single = set()
    whole = reached(network, mine, set(), roots)
    for lost in [{int(link)} for link in mine] + [set(group.tolist()) for group in groups]:
        single |= whole - reached(network, mine, lost, roots)
    return single


def reached(network: CableNetwork, links: np.ndarray, lost: set[int], roots: list[int]) -> set[int]:
    graph = nx.Graph()
    graph.add_nodes_from(range(len(network.nodes)))
    graph.add_edges_from((network.start[link], network.end[link]) for link in links if int(link) not in lost)
    return {node for root in roots for node in nx.node_connected_component(graph, root)}


@pytest.mark.parametrize("seed", range(25))
def test_single_routes_of_laid_networks_equal_removal_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    crossings, pairs = streets(rng)
    walks = random_walks(pairs, rng, count=18, longest=3)
    operators = list(rng.choice(["甲", "乙"], len(walks)))
    laid = lay_cables(cables([drawn_along(crossings[walk], rng, noise_m=5.0) for walk in walks], operator=operators))
    together = trenches(cable_network(laid, {}), sections_of(laid))
    network = cable_network(laid, {})
    first = {name: int(network.start[np.flatnonzero(network.operator == name)[0]]) for name in ("甲", "乙")}
    settings = RouteSettings(root_ids=tuple(network.nodes["node_id"].iloc[list(first.values())]))
    judged = cuts_by_operator(network, together, settings=settings)
    nodes = network_nodes(laid, network, judged, settings=settings)
    place = dict(zip(network.nodes["node_id"], range(len(network.nodes)), strict=True))
    for operator, part in nodes.groupby("operator"):
        roots = [place[one] for one in part.loc[part["verdict"].eq("root"), "node_id"]]
        single = {place[one] for one in part.loc[part["verdict"].eq("single route"), "node_id"]}
        assert single == by_hand(network, str(operator), [links for links, _ in together], roots)


def test_second_route_leads_over_roads_without_the_cables_that_are_cut() -> None:
    ways: list[Way] = [[(0, 0), (4000, 0)], [(4000, 0), (8000, 0)]]
    laid = lay_cables(cables([line(way) for way in ways]))
    network = cable_network(laid, {"rooms": core((0, 0))})
    judged = cuts_by_operator(network, [])
    detour = [
        [(0, 3), (8000, 3)],
        [(4000, 3), (4000, 2000), (0, 2000), (0, 3)],
        [(4000, 2000), (8000, 2000), (8000, 3)],
    ]
    roads = gpd.GeoDataFrame({"road_id": ["a", "b", "c"]}, geometry=[line(way) for way in detour], crs=CRS)
    second = second_routes(laid, network, judged, roads)
    names = network.nodes["node_id"]
    assert {names[node]: (round(km, 1), names[to]) for (_, node), (km, to) in second.items()} == {
        "N00001": (8.0, "R"),
        "N00002": (12.0, "R"),
    }
    nodes = network_nodes(laid, network, judged, second=second).set_index("node_id")
    assert nodes.loc["N00002", "second_route_to"] == "R"
    assert "12.0" in nodes.loc["N00002", "reason_en"]
    assert second_routes(laid, network, judged, roads.iloc[:1]) == {}
    without = network_nodes(laid, network, judged, second={})
    assert without["reason_en"].str.contains("no second route").sum() == 2
    assert second_routes(laid, network, judged, roads.iloc[:0]) == {}


def test_delay_counts_sheath_and_rooms_on_the_way() -> None:
    ways: list[Way] = [[(0, 0), (10_000, 0)], [(10_000, 0), (20_000, 0)], [(0, 0), (10_000, 9000), (20_000, 0)]]
    laid = lay_cables(cables([line(way) for way in ways], sheath_km=[12.0, np.nan, 60.0]))
    centres = points([(0, 0), (20_000, 0), (0, 90_000)], centre_id=["D1", "D2", "D3"])
    layers = {"data_centres": centres, "rooms": core((10_000, 0))}
    settings = RouteSettings(hop_us=30.0)
    network = cable_network(laid, layers, settings=settings)
    delays = path_delays(laid, network, settings=settings)
    assert delays[["centre_a", "centre_b"]].to_numpy().tolist()[0] == ["D1", "D2"]
    assert delays["delay_us"][0] == pytest.approx(5 * 22.0 + 30, abs=0.5)
    assert delays["cable_ids"].tolist() == ["C00000;C00001", "", ""]
    assert delays["rooms_passed"][0] == 1
    assert delays["delay_us"].isna().tolist() == [False, True, True]
    # Slow rooms make the longer way without one the quicker.
    slow = RouteSettings(hop_us=500.0)
    assert path_delays(laid, network, settings=slow)["cable_ids"][0] == "C00002"


def test_ducts_with_free_bores_are_listed_for_cables_beside_and_demands_near() -> None:
    ducts = gpd.GeoDataFrame(
        {
            "duct_id": ["D1", "D2", "D3"],
            "owner": ["丙"] * 3,
            "bores_free": [4, 0, 2],
            "status": [None, None, "planned"],
        },
        geometry=[line([(0, 0), (3000, 0)]), line([(0, 3), (3000, 3)]), line([(0, 0), (3000, 0)])],
        crs=CRS,
    )
    ways: list[Way] = [[(3000, 8), (1000, 8)], [(0, 5), (3000, 5)], [(1500, -900), (1500, 900)]]
    laid = lay_cables(cables([line(way) for way in ways], laying=["aerial", "duct", "aerial"]))
    demands = points([(500, 80), (500, 180)], demand_id=["N1", "N2"], requester=["某学校", "某学校"])
    found = duct_routes(ducts, laid, demands)
    assert found[["duct_id", "beside_layer", "beside_id"]].to_numpy().tolist() == [
        ["D1", "cables", "C00000"],
        ["D1", "demands", "N1"],
    ]
    assert found["shared_km"][0] == pytest.approx(2.0, abs=0.03)
    assert found["distance_m"].to_numpy() == pytest.approx([8.0, 80.0], abs=0.2)
    assert list(found.columns) == [*schema("duct_routes").names, "geometry"]
    assert duct_routes(ducts, None, demands)["beside_id"].tolist() == ["N1"]
    assert duct_routes(ducts.iloc[:0], laid, demands).empty


def test_empty_layers_give_empty_lists() -> None:
    laid = lay_cables(cables([]))
    network = cable_network(laid, {})
    sections = sections_of(laid)
    judged = cuts_by_operator(network, trenches(network, sections))
    assert judged == []
    for name, layer in (
        ("network_nodes", network_nodes(laid, network, judged)),
        ("network_cuts", network_cuts(laid, network, judged, sections)),
        ("path_delays", path_delays(laid, network)),
    ):
        assert layer.empty
        assert list(layer.columns) == [*schema(name).names, "geometry"]
    assert network_findings(network, judged) == []


def test_ends_beside_the_middle_of_a_cable_are_joints_in_it() -> None:
    # Two branches of one operator meet at a trunk; so does one of another, which is none of it.
    ways: list[Way] = [
        [(0, 0), (9000, 0)],
        [(4000, 6), (4000, 3000)],
        [(4004, 4), (5000, -3000)],
        [(4000, 2), (0, 3000)],
    ]
    laid = lay_cables(cables([line(way) for way in ways], operator=["甲", "甲", "甲", "乙"]))
    network = cable_network(laid, {"rooms": core((0, 0))})
    assert np.bincount(network.cable).tolist() == [2, 1, 1, 1]
    listed = network_nodes(laid, network, cuts_by_operator(network, []))
    assert sorted(listed["verdict"]) == ["no root"] * 2 + ["root"] + ["single route"] * 4
    apart = cable_network(laid, {"rooms": core((0, 0))}, settings=RouteSettings(join_midspan=False))
    assert np.bincount(apart.cable).tolist() == [1, 1, 1, 1]


def test_joints_of_a_cable_are_none_in_the_cable_beside_it() -> None:
    ways: list[Way] = [[(-500, 0), (9000, 0)], [(0, 900), (0, 8), (4000, 8)], [(4000, 8), (8900, 8), (8900, 900)]]
    network = cable_network(lay_cables(cables([line(way) for way in ways])), {})
    assert np.bincount(network.cable).tolist() == [1, 1, 1]


def test_a_cable_drawn_from_its_far_end_is_no_disagreement() -> None:
    nodes = points([(0, 0), (5000, 0), (-4000, 0)], node_id=["A", "B", "C"], kind=["joint"] * 3)
    ways: list[Way] = [[(0, 0), (5000, 0)], [(-4000, 0), (0, 0)], [(5000, 5), (9000, 0)]]
    layer = cables([line(way) for way in ways], from_node=["A", "A", None], to_node=["B", "C", "B"])
    network = cable_network(lay_cables(layer), {"nodes": nodes})
    assert network.findings == ()
    names = network.nodes["node_id"].to_numpy()
    assert [names[one] for one in (network.start[1], network.end[1], network.start[2])] == ["C", "A", "B"]


def test_names_of_no_layer_agree_however_the_cables_were_drawn() -> None:
    ways: list[Way] = [[(0, 0), (5000, 0)], [(9000, 0), (5000, 0)], [(5000, 0), (5000, 4000)]]
    layer = cables([line(way) for way in ways], from_node=["A", "B", "D"], to_node=["B", "C", "B"])
    assert cable_network(lay_cables(layer), {}).findings == ()
    ways[2] = [(20_000, 0), (20_000, 4000)]
    apart = cables([line(way) for way in ways], from_node=["A", "C", "A"], to_node=["B", "B", "D"])
    found = cable_network(lay_cables(apart), {}).findings
    assert [one.rule for one in found] == ["OM-TOP-203"]
    assert "A" in found[0].message("en")


def test_names_that_fit_neither_way_are_still_told() -> None:
    nodes = points([(0, 0), (5000, 0)], node_id=["A", "B"], kind=["joint"] * 2)
    layer = cables([line([(0, 0), (2000, 0)])], from_node=["B"], to_node=["A"])
    network = cable_network(lay_cables(layer), {"nodes": nodes})
    assert [one.rule for one in network.findings] == ["OM-TOP-202", "OM-TOP-202"]


def test_cables_that_meet_end_to_end_beside_another_are_no_common_trench() -> None:
    """One cut at the joint takes nothing but the joint: both cables are cut with the other one, not with each other."""
    lines = [
        shapely.LineString([(75.0, 39.0), (75.05, 39.0)]),
        shapely.LineString([(75.05, 39.0), (75.1, 39.0)]),
        shapely.LineString([(75.0, 39.00005), (75.1, 39.00005)]),
    ]
    fields = {"cable_id": ["A", "B", "C"], "operator": ["甲", "甲", "乙"]}
    laid = lay_cables(gpd.GeoDataFrame(fields, geometry=lines, crs="EPSG:4490"))
    found = [links.tolist() for links, _ in trenches(cable_network(laid, {}), sections_of(laid))]
    assert sorted(found) == [[0, 2], [1, 2]]
