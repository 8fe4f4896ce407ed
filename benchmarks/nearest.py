"""Time the search for nearest neighbours against a bare k-d tree query, and check it on the ellipsoid.

300,000 points among 2,000,000 (24-40 N, synthetic, seeded). The bare query is `scipy.spatial.cKDTree.query` with k = 1
on unit-sphere coordinates, all processors, as ours. Both are timed from the tree that stands to the answer (ours turns
degrees into coordinates, searches, and measures each distance on the ellipsoid; bare: the query alone), and with the
making of tree and coordinates besides; best of three rounds. Run: `python benchmarks/nearest.py`.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from onemap.layers.nearest import Neighbours, geodesic_distance

POINTS, AMONG, CHECKED, ROUNDS = 300_000, 2_000_000, 2_000, 3
LARGEST_RATIO = 1.5


def scattered(count: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give places between 75 and 120 E, 24 and 40 N: half of them even, half in clusters as towns are."""
    lon, lat = rng.uniform(75, 120, count), rng.uniform(24, 40, count)
    towns = rng.integers(0, 500, count // 2)
    town_lon, town_lat = rng.uniform(75, 120, 500), rng.uniform(24, 40, 500)
    lon[: count // 2] = town_lon[towns] + rng.normal(0, 0.1, count // 2)
    lat[: count // 2] = np.clip(town_lat[towns] + rng.normal(0, 0.1, count // 2), 24, 40)
    return lon, lat


def on_unit_sphere(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give points of the unit sphere, shape (n, 3)."""
    lon_rad, lat_rad = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(lat_rad) * np.cos(lon_rad), np.cos(lat_rad) * np.sin(lon_rad), np.sin(lat_rad)])


def wrong_neighbours(
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    among: tuple[NDArray[np.float64], NDArray[np.float64]],
    found: NDArray[np.int64],
    distance_m: NDArray[np.float64],
) -> int:
    """Count points that have a nearer neighbour, measured to all within 1.01 times the distance found."""
    tree = cKDTree(on_unit_sphere(*among))
    wrong = 0
    for lon, lat, index, length_m in zip(*points, found, distance_m, strict=True):
        # 6,335 km is the smallest radius of curvature, 6,400 km the largest: 1 % more holds all in question.
        reach = 1.01 * length_m / 6_335_000.0
        rivals = np.array(tree.query_ball_point(on_unit_sphere(np.array([lon]), np.array([lat]))[0], reach * 1.01))
        here = np.full(len(rivals), lon), np.full(len(rivals), lat)
        here = np.full(len(rivals), lon), np.full(len(rivals), lat)
        lengths = geodesic_distance(*here, among[0][rivals], among[1][rivals])
        wrong += bool(lengths.min() < length_m) or index not in rivals
    return wrong


def main() -> None:
    rng = np.random.default_rng(20260101)
    points, among = scattered(POINTS, rng), scattered(AMONG, rng)
    seconds: dict[str, list[float]] = {"ours": [], "ours, search": [], "bare": [], "bare, query": []}
    for _ in range(ROUNDS):
        start = time.perf_counter()
        neighbours = Neighbours(*among)
        built = time.perf_counter()
        found, distance_m = neighbours.nearest(*points)
        end = time.perf_counter()
        seconds["ours"].append(end - start)
        seconds["ours, search"].append(end - built)
        start = time.perf_counter()
        tree = cKDTree(on_unit_sphere(*among))
        places = on_unit_sphere(*points)
        built = time.perf_counter()
        tree.query(places, k=1, workers=-1)
        end = time.perf_counter()
        seconds["bare"].append(end - start)
        seconds["bare, query"].append(end - built)
    best = {name: min(times) for name, times in seconds.items()}
    chosen = rng.choice(POINTS, CHECKED, replace=False)
    wrong = wrong_neighbours((points[0][chosen], points[1][chosen]), among, found[chosen], distance_m[chosen])
    ratio, whole = best["ours, search"] / best["bare, query"], best["ours"] / best["bare"]
    print(f"onemap, search to distances    {best['ours, search']:6.2f} s   with the tree {best['ours']:.2f} s")
    print(f"bare cKDTree.query, k = 1      {best['bare, query']:6.2f} s   with the tree {best['bare']:.2f} s")
    print(f"ratio (at most {LARGEST_RATIO})           {ratio:6.2f}     with the tree {whole:.2f}")
    print(f"wrong neighbours of {CHECKED:,}     {wrong:6d}")
    if wrong or ratio > LARGEST_RATIO:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
