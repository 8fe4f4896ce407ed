"""The nearest of many targets along open roads, against searches over the whole graph by networkx."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from onemap.analyses.routes.nearest_target import nearest_targets, roadside
from onemap.analyses.routes.road_graph import RoadGraph, road_graph

SIDE = 7


def streets(rng: np.random.Generator) -> RoadGraph:
    """Make a bent grid of streets, a quarter of them missing, so that some lie in pieces."""
    at = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1).reshape(-1, 2) * 0.01
    at = at + rng.uniform(-0.002, 0.002, at.shape) + [75, 39]
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    pairs = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    kept = pairs[rng.random(len(pairs)) < 0.75]
    return road_graph(gpd.GeoDataFrame(geometry=shapely.linestrings(at[kept]), crs="EPSG:4490"), pieces_m=500.0)


@pytest.mark.parametrize("seed", range(25))
def test_nearest_target_is_that_of_a_search_over_the_whole_graph(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = streets(rng)
    count = 40
    lon, lat = 75 + rng.uniform(0, 0.06, count), 39 + rng.uniform(0, 0.06, count)
    joined = graph.attach(lon, lat, 400.0)
    closed = rng.random(len(graph.start)) < 0.2
    is_target = rng.random(count) < 0.15
    asking = np.flatnonzero(~is_target)
    length_m, target = nearest_targets(roadside(graph, joined, count), asking, closed, is_target)
    roads = nx.MultiGraph()
    roads.add_nodes_from(range(graph.size))
    for link in np.flatnonzero(~closed).tolist():
        roads.add_edge(int(graph.start[link]), int(graph.end[link]), weight=float(graph.length_m[link]))
    ways = {
        place: [(int(n), float(m)) for p, n, m in zip(*joined, strict=True) if p == place] for place in range(count)
    }
    for place, found_m, found in zip(asking.tolist(), length_m, target, strict=True):
        best: list[tuple[float, int]] = []
        for node, reach_m in ways[place]:
            far = nx.single_source_dijkstra_path_length(roads, node)
            best += [
                (reach_m + far[end] + last_m, other)
                for other in np.flatnonzero(is_target).tolist()
                for end, last_m in ways[other]
                if end in far
            ]
        if not best:
            assert found == -1
            assert np.isinf(found_m)
            continue
        assert found_m == pytest.approx(min(best)[0], abs=1e-6)
        assert min(m for m, other in best if other == found) == pytest.approx(found_m, abs=1e-6)


def test_no_places_and_no_roads_give_nothing() -> None:
    empty = road_graph(gpd.GeoDataFrame(geometry=[], crs="EPSG:4490"))
    lists = roadside(empty, empty.attach(np.array([75.0]), np.array([39.0]), 100.0), 1)
    length_m, target = nearest_targets(lists, np.array([0]), np.zeros(0, dtype=bool), np.array([True]))
    assert np.isinf(length_m).all()
    assert target.tolist() == [-1]
