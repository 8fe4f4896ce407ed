"""Disjoint ways and cuts equal networkx's, and trenches are kept apart as trying every pair of ways would."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from onemap.analyses.routes.disjoint import DisjointRoutes, disjoint_routes
from onemap.analyses.routes.network import CableNetwork


def network_of(links: list[tuple[int, int]], count: int) -> CableNetwork:
    nodes = pd.DataFrame({"node_id": [str(node) for node in range(count)], "layer": "cables", "name": "", "kind": ""})
    start, end = (np.array([link[side] for link in links], dtype=np.int64) for side in (0, 1))
    number = np.arange(len(links))
    zero = np.zeros(len(links))
    return CableNetwork(nodes, start, end, number, zero, 100.0 + number % 7, np.full(len(links), "甲", object), ())


def is_way(network: CableNetwork, way: tuple[int, ...], source: int, target: int) -> bool:
    at = source
    for link in way:
        ends = {int(network.start[link]), int(network.end[link])}
        if at not in ends:
            return False
        at = (ends - {at}).pop()
    return at == target


def parted(network: CableNetwork, without: tuple[int, ...], source: int, target: int) -> bool:
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(len(network.nodes)))
    graph.add_edges_from(
        (int(network.start[link]), int(network.end[link])) for link in range(len(network)) if link not in without
    )
    return not nx.has_path(graph, source, target)


@pytest.mark.parametrize("seed", range(60))
def test_ways_and_cuts_equal_the_most_flow_of_networkx(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 25
    links = [tuple(int(one) for one in rng.choice(count, 2, replace=False)) for _ in range(int(rng.integers(25, 60)))]
    graph = nx.DiGraph()
    graph.add_nodes_from(range(count))
    for a, b in links:
        for one, other in ((a, b), (b, a)):
            known = graph.get_edge_data(one, other, {"capacity": 0})["capacity"]
            graph.add_edge(one, other, capacity=known + 1)
    network = network_of(links, count)
    found = disjoint_routes(network, ("0", "1"))
    assert found.edge_disjoint == nx.maximum_flow_value(graph, 0, 1)
    assert len(found.cut) == found.edge_disjoint
    assert parted(network, found.cut, 0, 1)
    assert (len(found.routes) == 2) == (found.edge_disjoint >= 2)
    assert len(found.trench_cut) == (found.edge_disjoint == 1)


def by_trying(network: CableNetwork, groups: list[np.ndarray]) -> bool:
    """Tell whether two ways differ in all links and trenches, by trying each pair."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(len(network.nodes)))
    graph.add_edges_from(
        (int(a), int(b), link) for link, (a, b) in enumerate(zip(network.start, network.end, strict=True))
    )
    uses = []
    for way in nx.all_simple_edge_paths(graph, 0, 1):
        links = {key for _, _, key in way}
        uses.append(links | {-1 - number for number, group in enumerate(groups) if links & set(group.tolist())})
    return any(not one & other for one, other in combinations(uses, 2))


@pytest.mark.parametrize("seed", range(60))
def test_ways_keep_to_different_trenches_as_trying_every_pair_would(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 7
    links = [tuple(int(one) for one in rng.choice(count, 2, replace=False)) for _ in range(13)]
    groups = [np.unique(rng.integers(0, len(links), 3)) for _ in range(int(rng.integers(1, 7)))]
    groups = [group for group in groups if len(group) > 1]
    network = network_of(links, count)
    found = disjoint_routes(network, ("0", "1"), [(group, 0) for group in groups])
    assert (len(found.routes) == 2) == by_trying(network, groups)
    for way in found.routes:
        assert is_way(network, way, 0, 1)
    if found.routes:
        one, other = (set(way) for way in found.routes)
        assert not one & other
        assert not any(set(group.tolist()) & one and set(group.tolist()) & other for group in groups)
    if found.trench_cut:
        assert parted(network, found.trench_cut, 0, 1)


def test_nodes_without_a_way_have_none() -> None:
    found = disjoint_routes(network_of([(0, 2), (1, 3)], 4), ("0", "1"))
    assert found == DisjointRoutes(0, (), (), ())


@pytest.mark.parametrize("ends", [("0", "9"), ("0", "0")])
def test_nodes_that_do_not_exist_are_refused(ends: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=f"got 0 and {ends[1]}"):
        disjoint_routes(network_of([(0, 1)], 2), ends)
