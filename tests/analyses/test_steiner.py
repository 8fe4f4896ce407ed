"""Trees over graphs: against brute force, networkx, and the factor that is promised."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networkx.algorithms.approximation import steiner_tree as networkx_tree

from onemap.analyses.connection.steiner import WeightedGraph, exact_tree, steiner_tree, weighted_graph


def random_graph(seed: int, nodes: int, extra: int, top: int = 100) -> tuple[nx.Graph, WeightedGraph]:
    rng = np.random.default_rng(seed)
    start = [int(rng.integers(0, node)) for node in range(1, nodes)]
    pairs = list(zip(start, range(1, nodes), strict=True)) + [tuple(rng.integers(0, nodes, 2)) for _ in range(extra)]
    weight = rng.integers(0 if seed % 5 == 0 else 1, top, len(pairs))
    known = nx.Graph()
    known.add_nodes_from(range(nodes))
    for (one, other), cost in zip(pairs, weight, strict=True):
        if one != other and (not known.has_edge(one, other) or known[one][other]["weight"] > cost):
            known.add_edge(int(one), int(other), weight=int(cost))
    return known, weighted_graph([a for a, _ in pairs], [b for _, b in pairs], weight, size=nodes)


def as_networkx(graph: WeightedGraph, edges: np.ndarray) -> nx.Graph:
    tree = nx.Graph()
    tree.add_weighted_edges_from(
        zip(graph.start[edges].tolist(), graph.end[edges].tolist(), graph.weight[edges].tolist(), strict=True)
    )
    return tree


def brute_force(known: nx.Graph, terminals: list[int]) -> int:
    """The least spanning tree over the terminals and each set of other nodes."""
    others = [node for node in known if node not in terminals]
    best = None
    for count in range(len(others) + 1):
        for some in itertools.combinations(others, count):
            part = known.subgraph([*terminals, *some])
            if nx.is_connected(part):
                cost = int(nx.minimum_spanning_tree(part).size("weight"))
                best = cost if best is None else min(best, cost)
    assert best is not None
    return best


@pytest.mark.parametrize("seed", range(40))
def test_the_exact_tree_is_that_of_brute_force(seed: int) -> None:
    known, graph = random_graph(seed, 10, 12)
    terminals = np.random.default_rng(seed).choice(10, 2 + seed % 5, replace=False).tolist()
    found = exact_tree(graph, terminals)
    assert found.weight == found.bound == brute_force(known, terminals)
    assert nx.is_tree(as_networkx(graph, found.edges))


def test_two_hundred_trees_hold_the_factor_most_are_least_and_small_ones_all() -> None:
    least = 0
    for seed in range(200):
        nodes = 30 + seed % 3 * 60
        known, graph = random_graph(seed, nodes, nodes)
        terminals = np.random.default_rng(seed + 1).choice(nodes, 3 + seed % 6, replace=False)
        found, best = steiner_tree(graph, terminals, exact_work=0), exact_tree(graph, terminals)
        assert steiner_tree(graph, terminals).weight == best.weight
        tree = as_networkx(graph, found.edges)
        assert nx.is_tree(tree)
        assert set(terminals.tolist()) <= set(tree)
        assert {node for node, degree in tree.degree if degree == 1} <= set(terminals.tolist())
        assert all(known.has_edge(one, other) for one, other in tree.edges)
        assert tree.size("weight") == found.weight
        assert best.weight <= found.weight <= 2 * (1 - 1 / len(terminals)) * best.weight + 1e-9
        assert found.bound <= best.weight
        assert found.weight <= networkx_tree(known, terminals.tolist(), method="mehlhorn").size("weight")
        least += found.weight == best.weight
    assert least >= 175


def test_exchange_makes_trees_of_many_terminals_lighter_than_networkx() -> None:
    ratio = []
    for seed in range(5):
        known, graph = random_graph(seed + 1, 400, 500)
        terminals = np.random.default_rng(seed).choice(400, 60, replace=False).tolist()
        found = steiner_tree(graph, terminals)
        assert found.settled
        assert nx.is_tree(as_networkx(graph, found.edges))
        ratio.append(found.weight / networkx_tree(known, terminals, method="kou").size("weight"))
    assert max(ratio) <= 1.0
    assert np.mean(ratio) < 0.99


@given(st.integers(0, 10_000), st.integers(2, 9))
@settings(max_examples=60, deadline=None)
def test_more_terminals_never_cost_less_and_order_does_not_matter(seed: int, count: int) -> None:
    _, graph = random_graph(seed, 25, 30, top=6)
    terminals = np.random.default_rng(seed).permutation(25)[:count]
    whole = exact_tree(graph, terminals).weight
    assert exact_tree(graph, terminals[:-1]).weight <= whole
    one, other = (steiner_tree(graph, some, exact_work=0) for some in (terminals, terminals[::-1]))
    assert np.array_equal(one.edges, other.edges)
    assert whole <= one.weight <= 2 * whole


def test_a_budget_ends_the_exchange_and_is_said() -> None:
    _, graph = random_graph(3, 400, 500)
    terminals = np.arange(0, 400, 7)
    cut, whole = steiner_tree(graph, terminals, budget=1), steiner_tree(graph, terminals)
    assert not cut.settled
    assert whole.settled
    assert whole.weight <= cut.weight
    assert nx.is_tree(as_networkx(graph, cut.edges))


def test_odd_graphs() -> None:
    graph = weighted_graph([0, 2], [1, 3], [1, 1], size=4)
    for make in (steiner_tree, exact_tree):
        assert make(graph, [1]).weight == 0
        assert make(graph, [0, 1, 0]).weight == 1
        with pytest.raises(ValueError, match="one piece of the graph"):
            make(graph, [0, 3])
        with pytest.raises(ValueError, match="one piece of the graph"):
            make(graph, [0, 1, 2, 3])
    with pytest.raises(ValueError, match="at least 0"):
        weighted_graph([0], [1], [-1], size=2)
