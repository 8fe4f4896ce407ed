"""Connect 2,000 new sites over a road graph of 200,000 segments, and hold the tree against networkx on a small size.

A grid of roads with bends (synthetic, seeded), a room for every thousand segments, aerial cables with spare cores along
some roads, ducts along others, rolling ground of 90 m cells. Each size runs in a process of its own. Ends with an error
beyond 60 s or 3 GB at the largest size, or if the small tree is heavier than that of `networkx`'s `steiner_tree`
("kou": its "mehlhorn" gives heavier trees) or not at least ten times as fast. Run:
`python benchmarks/connection.py [SEGMENTS ...]`.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from affine import Affine
from networkx.algorithms.approximation import steiner_tree as networkx_tree

from onemap.analyses.connection import connections, steiner_tree, weighted_graph
from onemap.layers.grid import Grid

SIZES = (20_000, 200_000)
MOST_SECONDS, MOST_GB, LEAST_RATIO = 60.0, 3.0, 10.0
STEP_DEG = 0.01
CRS = "EPSG:4490"


def roads(segments: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Lay a bent grid of roads of about as many segments, one row between two crossings."""
    side = max(int(np.sqrt(segments / 8)), 3)
    lon, lat = (axis.ravel() for axis in np.meshgrid(np.arange(side) * STEP_DEG, np.arange(side) * STEP_DEG))
    at = np.column_stack([75 + lon, 39 + lat]) + rng.uniform(-0.002, 0.002, (side * side, 2))
    number = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    share = np.linspace(0, 1, 5)[None, :, None]
    line = at[pairs[:, 0], None] * (1 - share) + at[pairs[:, 1], None] * share
    line[:, 1:-1] += rng.uniform(-3e-4, 3e-4, (len(pairs), 3, 2))
    ids = [f"R{one:06d}" for one in range(len(pairs))]
    return gpd.GeoDataFrame({"road_id": ids}, geometry=shapely.linestrings(line), crs=CRS)


def county(segments: int, sites: int) -> tuple[gpd.GeoDataFrame, dict[str, gpd.GeoDataFrame], Grid]:
    """Make sites, layers and ground."""
    rng = np.random.default_rng(20_260_301)
    way = roads(segments, rng)
    west, south, east, north = way.total_bounds

    def points(field: str, number: int) -> gpd.GeoDataFrame:
        at = shapely.points(rng.uniform(west, east, number), rng.uniform(south, north, number))
        return gpd.GeoDataFrame({field: [f"{field}{one:05d}" for one in range(number)]}, geometry=at, crs=CRS)

    shapes = np.asarray(way.geometry.to_numpy(), dtype=object)
    chosen = rng.choice(len(shapes), len(shapes) // 20, replace=False)
    moved = shapely.transform(shapes[chosen], lambda at: at + 5e-5)
    cables = gpd.GeoDataFrame(
        {
            "cable_id": [f"C{one}" for one in range(len(moved))],
            "laying": np.where(np.arange(len(moved)) % 2, "aerial", "buried"),
            "cores_free": rng.integers(0, 24, len(moved)),
        },
        geometry=moved,
        crs=CRS,
    )
    ducts = gpd.GeoDataFrame(
        {"duct_id": [f"D{one}" for one in range(len(moved) // 4)], "bores_free": 1}, geometry=moved[: len(moved) // 4],
        crs=CRS,
    )  # fmt: skip
    side = int((east - west) / 0.001) + 200
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    ground = 300 * np.sin(x / 37.0) * np.cos(y / 53.0) + 60 * np.sin(x / 5.0 + y / 7.0) + 1500
    grid = Grid(ground.astype("float32"), Affine(0.001, 0, west - 0.1, 0, -0.001, south - 0.1 + side * 0.001), CRS)
    layers = {"roads": way, "cables": cables, "ducts": ducts, "rooms": points("room_id", max(len(way) * 4 // 1000, 2))}
    layers |= {"settlements": points("settlement_id", sites)}
    return points("site_id", sites), layers, grid


def run(segments: int) -> dict[str, float]:
    """Time one size."""
    first, layers, grid = county(2_000, 20)
    connections(first, layers, grid)  # loads the kernels
    sites, layers, grid = county(segments, max(segments // 100, 20))
    count = int(shapely.get_num_coordinates(layers["roads"].geometry.to_numpy()).sum()) - len(layers["roads"])
    started, worked = time.perf_counter(), time.process_time()
    found = connections(sites, layers, grid)
    ways = found.sites["way"].value_counts().to_dict()
    return {
        "segments": count, "sites": len(sites), "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - worked, "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "fibre": ways.get("fibre", 0), "microwave": ways.get("microwave", 0), "none": ways.get("none", 0),
        "cost": float(found.costs.total.sum()),
    }  # fmt: skip


def against_networkx(nodes: int, terminals: int) -> tuple[float, float, float]:
    """Give the seconds of both on one graph, and the weight of ours over theirs."""
    rng = np.random.default_rng(7)
    at = rng.uniform(0, 1, (nodes, 2))
    lines = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(at), only_edges=True))
    ends = shapely.get_coordinates(shapely.get_parts(lines)).reshape(-1, 2, 2)
    known = {tuple(one): number for number, one in enumerate(at.tolist())}
    pairs = np.array([[known[tuple(one)] for one in pair] for pair in ends.tolist()])
    weight = np.rint(np.hypot(*(ends[:, 1] - ends[:, 0]).T) * 1e6).astype(int)
    graph = nx.Graph()
    graph.add_weighted_edges_from((*pair, cost) for pair, cost in zip(pairs.tolist(), weight.tolist(), strict=True))
    chosen = rng.choice(nodes, terminals, replace=False)
    small = weighted_graph([0, 0, 0, 1, 2], [1, 2, 3, 2, 3], [1, 5, 5, 1, 1], size=4)
    steiner_tree(small, [0, 1, 3], exact_work=0)  # loads the kernels
    started = time.process_time()
    ours = steiner_tree(weighted_graph(pairs[:, 0], pairs[:, 1], weight, size=nodes), chosen)
    between = time.process_time()
    theirs = networkx_tree(graph, chosen.tolist(), method="kou").size("weight")
    return between - started, time.process_time() - between, ours.weight / theirs


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(run(int(sys.argv[2]))))
        return
    ours, theirs, ratio = against_networkx(800, 60)
    print(f"800 nodes, 60 terminals: {ours:.2f} s against {theirs:.2f} s of networkx, {ratio:.4f} of its weight")
    assert ratio <= 1.0
    assert theirs / ours >= LEAST_RATIO, theirs / ours
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    for size in sizes:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(size)], check=True, capture_output=True, text=True
        )
        told = json.loads(done.stdout)
        print(
            f"{told['segments']:,} segments, {told['sites']:,} sites: {told['seconds']:.1f} s ({told['cpu']:.1f} s of "
            f"processor time), {told['gb']:.2f} GB; fibre {told['fibre']}, microwave {told['microwave']}, "
            f"none {told['none']}; {told['cost']:,.0f} of example money"
        )
        if size == SIZES[-1]:
            assert told["seconds"] <= MOST_SECONDS
            assert told["gb"] <= MOST_GB


if __name__ == "__main__":
    main()
