"""Single points of random networks equal what is found by taking each away and looking what is left."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from onemap.analyses.routes.single_points import cut_off, span

Link = tuple[int, int]


def left_over(links: list[Link], without: set[int], roots: list[int], count: int) -> set[int]:
    """Give the nodes connected to a root when some links are gone."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(link for number, link in enumerate(links) if number not in without)
    return {node for root in roots for node in nx.node_connected_component(graph, root)}


def found_cuts(
    links: list[Link], groups: list[list[int]], roots: list[int], count: int
) -> dict[tuple[int, ...], set[int]]:
    start, end = (np.array([link[side] for link in links], dtype=np.int64) for side in (0, 1))
    spanned = span(start, end, np.array(roots), count)
    cuts = cut_off(spanned, [np.array(group) for group in groups])
    return {cut.links: {int(spanned.order[at]) for low, high in cut.ranges for at in range(low, high)} for cut in cuts}


def expected_cuts(
    links: list[Link], groups: list[list[int]], roots: list[int], count: int
) -> dict[tuple[int, ...], set[int]]:
    whole = left_over(links, set(), roots, count)
    single = {(number,): whole - left_over(links, {number}, roots, count) for number in range(len(links))}
    single = {key: lost for key, lost in single.items() if lost}
    cuts = dict(single)
    for group in groups:
        lost = whole - left_over(links, set(group), roots, count)
        alone = {node for number in group for node in single.get((number,), set())}
        if len(lost) > len(alone):
            cuts[tuple(group)] = lost
    return cuts


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[Link], list[list[int]], list[int], int]:
    count = draw(st.integers(2, 9))
    links = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), min_size=1, max_size=16))
    number = st.integers(0, len(links) - 1)
    groups = draw(st.lists(st.lists(number, max_size=6, unique=True).map(sorted), max_size=6))
    groups = [group for group in groups if len(group) > 1]
    roots = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=2, unique=True))
    unique = [list(group) for group in dict.fromkeys(map(tuple, groups))]
    return links, unique, roots, count


@given(networks())
@settings(max_examples=600)
def test_cuts_equal_removal_by_hand(network: tuple[list[Link], list[list[int]], list[int], int]) -> None:
    assert found_cuts(*network) == expected_cuts(*network)


def test_cuts_of_larger_networks_equal_removal_by_hand() -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        count = 120
        links = [(int(rng.integers(max(0, node - 6), node)), node) for node in range(1, count)]
        links += [tuple(int(one) for one in rng.integers(0, count, 2)) for _ in range(int(rng.integers(0, 60)))]
        groups = [sorted({int(one) for one in rng.integers(0, len(links), rng.integers(2, 9))}) for _ in range(80)]
        groups = [list(group) for group in dict.fromkeys(tuple(one) for one in groups if len(one) > 1)]
        assert found_cuts(links, groups, [0, 60], count) == expected_cuts(links, groups, [0, 60], count)


def test_bridges_equal_those_of_networkx() -> None:
    for seed in range(30):
        graph = nx.gnm_random_graph(60, 75, seed=seed)
        links = [tuple(link) for link in graph.edges]
        whole = nx.node_connected_component(graph, 0)
        bridges = {frozenset(link) for link in nx.bridges(graph) if link[0] in whole}
        assert {frozenset(links[key[0]]) for key in found_cuts(links, [], [0], 60)} == bridges
