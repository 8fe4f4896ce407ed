"""Time and memory of the ways to fibre along roads, and how they grow: python benchmarks/fibre_ways.py [SEGMENTS …].

A grid of roads of 500 m with bends, a place for every ten segments, a room for every thousand. Each size runs in a
process of its own, so that the peak of memory is its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time

import geopandas as gpd
import numpy as np
import shapely

from onemap.analyses.gaps.fibre import FibreSettings, fibre_distances

BENDS = 4  # segments between two crossings
STEP_DEG = 0.005


def grid(segments: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Give roads with about so many segments."""
    side = max(int(np.sqrt(segments / (2 * BENDS))), 2)
    along = np.arange((side - 1) * BENDS + 1) * STEP_DEG / BENDS
    bend = rng.normal(0, STEP_DEG / 50, len(along)) * (np.arange(len(along)) % BENDS > 0)
    lines = [shapely.LineString(np.column_stack([75 + along, 39 + STEP_DEG * row + bend])) for row in range(side)]
    lines += [shapely.LineString(np.column_stack([75 + STEP_DEG * row + bend, 39 + along])) for row in range(side)]
    return gpd.GeoDataFrame({"road_id": [str(row) for row in range(len(lines))]}, geometry=lines, crs="EPSG:4490")


def measured(segments: int) -> tuple[int, float, float]:
    """Give the segments, seconds and gigabytes of one size."""
    rng = np.random.default_rng(0)
    roads = grid(segments, rng)
    count = int(shapely.get_num_coordinates(roads.geometry.to_numpy()).sum()) - len(roads)
    west, south, east, north = roads.total_bounds

    def places(number: int) -> np.ndarray:
        return shapely.points(rng.uniform(west, east, number), rng.uniform(south, north, number))

    def layer(field: str, number: int) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame({field: np.arange(number).astype(str)}, geometry=places(number), crs=roads.crs)

    schools, rooms = layer("school_id", count // 10), layer("room_id", max(count // 1_000, 1))
    started = time.perf_counter()
    fibre_distances({"schools": schools}, {"rooms": rooms}, roads, settings=FibreSettings())
    seconds = time.perf_counter() - started
    return count, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Measure each size."""
    sizes = [int(size) for size in sys.argv[1:]] or [10_000, 50_000, 200_000]
    for size in sizes:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            count, seconds, gigabytes = pool.apply(measured, (size,))
        each = f"{1e6 * seconds / count:6.1f} µs a segment"
        print(f"{count:>9,} segments  {seconds:6.1f} s  {each}  peak {gigabytes:.2f} GB")


if __name__ == "__main__":
    main()
