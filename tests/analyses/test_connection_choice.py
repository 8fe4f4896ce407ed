"""Fibre or not, site by site: against all choices there are, and what is promised of any."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest

from onemap.analyses.connection.choice import choose, paths_to_root
from onemap.analyses.connection.steiner import WeightedGraph, exact_tree, steiner_tree, weighted_graph
from onemap.analyses.connection.tree_kernels import FAR


def made(seed: int, nodes: int, sites: int) -> tuple[WeightedGraph, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    start = [int(rng.integers(0, node)) for node in range(1, nodes)] + rng.integers(0, nodes, nodes).tolist()
    end = [*range(1, nodes), *rng.integers(0, nodes, nodes).tolist()]
    graph = weighted_graph(start, end, rng.integers(1, 40, len(start)), size=nodes)
    return graph, rng.choice(np.arange(1, nodes), sites, replace=False), rng.integers(1, 60, sites)


def least(graph: WeightedGraph, sites: np.ndarray, prize: np.ndarray) -> int:
    costs = []
    for count in range(len(sites) + 1):
        for some in itertools.combinations(range(len(sites)), count):
            inside = list(some)
            rest = np.delete(prize, inside).sum()
            costs.append(exact_tree(graph, [0, *sites[inside]]).weight + int(rest))
    return min(costs)


def test_choices_are_nearly_always_those_of_all_subsets() -> None:
    ratio = []
    for seed in range(60):
        graph, sites, prize = made(seed, 20, 6)
        found = choose(graph, sites, 0, prize=prize)
        ratio.append(found.cost / least(graph, sites, prize))
    assert min(ratio) == 1.0
    assert np.mean(np.array(ratio) == 1.0) >= 0.9
    assert max(ratio) < 1.15


@pytest.mark.parametrize("seed", range(30))
def test_what_is_promised_of_every_choice(seed: int) -> None:
    graph, sites, prize = made(seed + 100, 120, 30)
    found = choose(graph, sites, 0, prize=prize)
    assert found.reached.all()
    tree = nx.Graph()
    tree.add_node(0)
    for edge in np.flatnonzero(found.edges):
        tree.add_edge(int(graph.start[edge]), int(graph.end[edge]), weight=int(graph.weight[edge]))
    assert nx.is_tree(tree)
    assert found.cost == tree.size("weight") + prize[~found.on_tree].sum()
    # Never dearer than the tree over all, nor than each for itself.
    everyone = steiner_tree(graph, [0, *sites]).weight
    known = nx.Graph()
    for edge in graph.walked:
        known.add_edge(int(graph.start[edge]), int(graph.end[edge]), weight=int(graph.weight[edge]))
    alone = nx.single_source_dijkstra_path_length(known, 0)
    assert found.cost <= everyone
    assert found.cost <= sum(min(alone[int(site)], int(cost)) for site, cost in zip(sites, prize, strict=True))
    # No other site would cost less by its own way to the tree.
    near = nx.multi_source_dijkstra_path_length(known, set(tree))
    for site, cost in zip(sites[~found.on_tree], prize[~found.on_tree], strict=True):
        assert near[int(site)] >= cost
    # No part behind an edge costs more than its sites would.
    for one, other in tree.edges:
        cut = tree.copy()
        cut.remove_edge(one, other)
        part = next(part for part in nx.connected_components(cut) if 0 not in part)
        cost = cut.subgraph(part).size("weight") + tree[one][other]["weight"]
        assert cost <= prize[found.on_tree & np.isin(sites, list(part))].sum()
    paths = paths_to_root(graph, found.edges, sites[found.on_tree], 0)
    assert all(len(path) for path in paths)


def test_who_must_be_joined_is_and_who_cannot_be_is_not() -> None:
    graph = weighted_graph([0, 1, 3], [1, 2, 4], [100, 1, 1], size=5)
    found = choose(graph, np.array([1, 2, 4]), 0, prize=np.array([1, FAR, 50]))
    assert found.on_tree.tolist() == [True, True, False]
    assert found.reached.tolist() == [True, True, False]
    assert found.cost == 101
    nobody = choose(graph, np.array([1, 2]), 0, prize=np.array([0, 3]))
    assert not nobody.on_tree.any()
    assert nobody.cost == 3
