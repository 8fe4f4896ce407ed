"""Routes of the pilot: every shared route that was laid, and nothing else; single routes as removing by hand finds them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from onemap.analyses.routes import cable_network, lay_cables, sections_of, trenches
from onemap.config import load_project
from onemap.findings import Finding
from onemap.workflows.reading import Inputs, read_layers
from onemap.workflows.routes import find_routes

pytestmark = pytest.mark.slow
METRES = 4534  # the pilot's zone, in which its generator laid the cables


@pytest.fixture(scope="module")
def inputs(root: Path) -> Inputs:
    return read_layers(load_project(root / "data" / "pilot"))


@pytest.fixture(scope="module")
def routes(root: Path, inputs: Inputs) -> tuple[dict[str, gpd.GeoDataFrame], tuple[Finding, ...]]:
    return find_routes(load_project(root / "data" / "pilot"), inputs)


def shared_by_buffers(cables: gpd.GeoDataFrame) -> dict[tuple[str, str], float]:
    """Give the kilometres of each pair within 20 m of each other, by buffers in the plane, of at least 200 m."""
    flat = cables.to_crs(METRES)
    shapes, names = flat.geometry.to_numpy(), flat["cable_id"].to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=20.0)
    found = {}
    for one, two in zip(first, second, strict=True):
        if names[one] < names[two]:
            inside = [
                shapely.intersection(shapes[a], shapely.buffer(shapes[b], 20.0)) for a, b in ((one, two), (two, one))
            ]
            length_m = float(np.mean(shapely.length(inside)))
            if length_m > 200.0:
                found[str(names[one]), str(names[two])] = length_m / 1000.0
    return found


def test_shared_routes_are_those_that_were_laid(
    inputs: Inputs, routes: tuple[dict[str, gpd.GeoDataFrame], tuple[Finding, ...]], root: Path
) -> None:
    pairs = routes[0]["shared_routes"]
    truth = shared_by_buffers(inputs.layers["cables"])
    found = {(row.cable_a, row.cable_b): row.shared_km for row in pairs.itertuples()}
    assert set(found) == set(truth)
    for pair, km in truth.items():
        assert found[pair] == pytest.approx(km, abs=0.06), pair  # buffers reach 20 m past both ends
    assert not pairs["same_operator"].any()
    assert pairs["distance_m"].between(3.0, 7.0).all()
    assert "213 km of it on one route" in (root / "data" / "README.md").read_text(encoding="utf-8")
    assert pairs["shared_km"].sum() == pytest.approx(213.5, abs=0.8)
    total = routes[0]["route_lengths"].set_index("operator").loc["any"]
    assert total["route_km"] == pytest.approx(total["drawn_km"] - pairs["shared_km"].sum(), abs=0.5)


def test_single_routes_are_those_that_one_cut_parts(
    root: Path, inputs: Inputs, routes: tuple[dict[str, gpd.GeoDataFrame], tuple[Finding, ...]]
) -> None:
    laid = lay_cables(inputs.layers["cables"])
    network = cable_network(laid, inputs.layers)
    groups = [links for links, _ in trenches(network, sections_of(laid))]
    listed = routes[0]["network_nodes"]
    names = network.nodes["node_id"].to_numpy()
    for operator, part in listed.groupby("operator"):
        mine = [int(link) for link in np.flatnonzero(network.operator == operator)]
        roots = set(part.loc[part["verdict"].eq("root"), "node_id"])
        assert len(roots) == 1
        graph = nx.MultiGraph()
        graph.add_nodes_from(part["node_id"])
        graph.add_edges_from((names[network.start[link]], names[network.end[link]], link) for link in mine)
        whole = nx.node_connected_component(graph, min(roots))
        single: set[str] = set()
        for lost in [{link} for link in mine] + [{int(link) for link in group} & set(mine) for group in groups]:
            left = graph.edge_subgraph([edge for edge in graph.edges(keys=True) if edge[2] not in lost]).copy()
            left.add_nodes_from(graph)
            single |= whole - nx.node_connected_component(left, min(roots))
        assert set(part.loc[part["verdict"].eq("single route"), "node_id"]) == single
        assert (
            set(part.loc[part["verdict"].isin(["not connected", "no cable"]), "node_id"])
            == set(part["node_id"]) - whole
        )
    # One circle of roads leads round cuts, and one branch ends beside a road; which, the cases of the pilot say.
    second = listed[listed["second_route_km"].notna()]
    assert len(second) == 3
    assert second["verdict"].eq("single route").all()


def test_names_of_the_pilot_agree_with_its_places(
    routes: tuple[dict[str, gpd.GeoDataFrame], tuple[Finding, ...]],
) -> None:
    assert [one.rule for one in routes[1]] == ["OM-TOP-206", "OM-TOP-206"]
