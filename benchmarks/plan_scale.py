"""Time and memory of a plan: what candidates reach by P.1812, which are chosen, new sites in the terrain, size by size.

Synthetic: hills of 90 m cells (waves), 1.5 targets and 0.3 candidates for each km², 8 km reach, 4G at 900 MHz; as many
candidates for the targets as in a province of 300,000 and 60,000. A candidate costs 50 to 150; 95 % of the weight that
candidates can serve is to be served. New sites are looked for up to `MOST_SEARCHED` targets only.
Each size runs in a process of its own, kernels warm; memory is the largest that the process ever held. It ends with an
error if a pair costs more than twice in the largest size what it does in the smallest, if the pairs of a candidate
differ from its coverage alone, if the plan misses its share, or if a size takes more than 30 minutes or 8 GB.
Run: `python benchmarks/plan_scale.py [TARGETS ...]` (default 1000 3000 9000).
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

TARGETS, PER_CANDIDATE, PER_KM2, REACH_M, CELL_DEG = (1_000, 3_000, 9_000), 5, 1.5, 8_000.0, 0.0008
SOUTH, KM_PER_DEG, MARGIN = 30.0, 111.2, 120
MOST_GROWTH, LARGEST_MB, LONGEST_S, MOST_SEARCHED = 2.0, 8_000.0, 1_800.0, 30_000
REACHED_SHARE = 0.95


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def world(targets: int):
    """Make a square that holds so many targets: the grid, targets, candidates, a road every 5 km."""
    import geopandas as gpd
    import shapely
    from affine import Affine

    from onemap.layers.grid import Grid

    high = float(np.sqrt(targets / PER_KM2)) / KM_PER_DEG
    wide = high / np.cos(np.radians(SOUTH + high / 2.0))
    rows, columns = (int(side / CELL_DEG) + 2 * MARGIN for side in (high, wide))
    down, along = np.arange(rows, dtype=np.float32)[:, None], np.arange(columns, dtype=np.float32)
    values = 180.0 * np.sin(down / 19.0) * np.cos(along / 23.0) + 90.0 * np.sin((down + along) / 7.0) + 1_500.0
    place = Affine(CELL_DEG, 0, 100.0 - MARGIN * CELL_DEG, 0, -CELL_DEG, SOUTH + high + MARGIN * CELL_DEG)
    rng = np.random.default_rng(20260101)
    where = [rng.uniform([100.0, SOUTH], [100.0 + wide, SOUTH + high], (count, 2))
             for count in (targets, max(targets // PER_CANDIDATE, 1))]  # fmt: skip
    lacking = gpd.GeoDataFrame(
        {"technology": "4G", "operator": "any", "weight": rng.integers(1, 200, targets), "served_before": False},
        geometry=shapely.points(where[0]), crs="EPSG:4490",
    )  # fmt: skip
    names = [f"c{number}" for number in range(len(where[1]))]
    sites = gpd.GeoDataFrame(
        {"candidate_id": names, "facility_id": names, "kind": "new site", "technologies": "4G", "operators": "any",
         "bands": "B8", "height_agl_m": rng.choice([25.0, 35.0], len(names))},
        geometry=shapely.points(where[1]), crs="EPSG:4490",
    )  # fmt: skip
    lats = np.arange(SOUTH, SOUTH + high, 5.0 / KM_PER_DEG)
    roads = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(100.0, lat), (100.0 + wide, lat)]) for lat in lats], crs="EPSG:4490"
    )
    return Grid(values.astype(np.float32), place, "EPSG:4490"), lacking, sites, roads


def one_size(targets: int) -> None:
    """Run one size and print its line."""
    from pyproj import CRS

    from onemap.analyses.candidates import ReachSettings, reach_of, rises
    from onemap.analyses.candidates.equipment import candidate_antennas
    from onemap.analyses.coverage import CoverageSettings
    from onemap.analyses.coverage.propagation import field_service

    coverage = CoverageSettings(technologies=("4G",), operators=())
    settings = ReachSettings(reach_m=REACH_M)
    grid, lacking, sites, roads = world(30)
    reach_of(sites, lacking, coverage=coverage, settings=settings, grid=grid)
    rises(lacking, grid, coverage=coverage, roads=roads, power=roads)
    grid, lacking, sites, roads = world(targets)
    begun, processor = time.perf_counter(), time.process_time()
    reach = reach_of(sites, lacking, coverage=coverage, settings=settings, grid=grid)
    serves = reach.serves()
    taken_s, processor_s = time.perf_counter() - begun, time.process_time() - processor
    each_us = processor_s / max(reach.looked_at, 1) * 1e6
    one = int(np.argmax(np.diff(serves.indptr)))
    antennas = candidate_antennas(sites.iloc[[one]], coverage)
    lon, lat = lacking.geometry.x.to_numpy(), lacking.geometry.y.to_numpy()
    alone = field_service(lon, lat, antennas, settings=coverage, grid=grid, crs=CRS("EPSG:4490"))
    near = alone["distance_m"].fillna(np.inf).le(REACH_M).to_numpy()
    wrong = int((serves[:, [one]].toarray()[:, 0] != (alone["verdict"].eq("covered").to_numpy() & near)).sum())
    print(
        f"{targets:,} targets × {len(sites):,} candidates: {reach.looked_at:,} pairs in reach, {serves.nnz:,} serve, "
        f"{taken_s:.1f} s, {each_us:.1f} µs of processor time a pair, {memory_mb():,.0f} MB; pairs wrong "
        f"of one candidate: {wrong}", flush=True
    )  # fmt: skip
    del serves
    fine = choose(sites, lacking, reach)
    del reach
    if targets <= MOST_SEARCHED:
        search(lacking, grid, roads)
    whole_s = time.perf_counter() - begun
    print(f"    in all {whole_s:.0f} s, {memory_mb():,.0f} MB, load {os.getloadavg()[0]:.1f}", flush=True)
    if wrong or not fine or memory_mb() > LARGEST_MB or whole_s > LONGEST_S:
        raise SystemExit(1)
    print(f"each {each_us}", file=sys.stderr)


def choose(sites, lacking, reach) -> bool:
    """Bring what is reached to arrays and choose the sites; tell whether the plan serves its share."""
    from onemap.analyses.candidates import siting_inputs
    from onemap.analyses.siting import SitingProblem, SitingSettings, site_plan

    begun, processor = time.perf_counter(), time.process_time()
    inputs = siting_inputs(sites, lacking, reach)
    cost = np.random.default_rng(20260102).integers(50, 151, len(sites)).astype(np.float64)
    must = np.zeros(len(lacking), dtype=bool)
    problem = SitingProblem(
        cost, inputs.serves, inputs.weight, inputs.served_before, must, inputs.rank, inputs.key, inputs.joint
    )
    most = float(problem.weight[problem.served_by(np.arange(len(sites)))].sum() / problem.weight.sum())
    share = REACHED_SHARE * most
    print(
        f"    arrays: {time.perf_counter() - begun:.1f} s ({time.process_time() - processor:.1f} s of processor time), "
        f"{memory_mb():,.0f} MB; all candidates serve {100 * most:.2f} %, asked for {100 * share:.2f} %", flush=True
    )  # fmt: skip
    begun, processor = time.perf_counter(), time.process_time()
    plan = site_plan(problem, SitingSettings(target_share=share, time_limit_s=LONGEST_S))
    print(
        f"    plan: {len(plan.chosen):,} sites at {plan.cost:,.0f}, at least {plan.bound:,.0f}, gap "
        f"{100 * plan.gap:.2f} % ({plan.status}), {100 * plan.reached_share:.2f} % served; "
        f"{time.perf_counter() - begun:.1f} s ({time.process_time() - processor:.1f} s of processor time), "
        f"{memory_mb():,.0f} MB", flush=True
    )  # fmt: skip
    return plan.reached_share >= share - 1e-12


def search(lacking, grid, roads) -> None:
    """Look for new sites in the terrain."""
    from onemap.analyses.candidates import RiseSettings, rises
    from onemap.analyses.coverage import CoverageSettings

    coverage = CoverageSettings(technologies=("4G",), operators=())
    begun, processor = time.perf_counter(), time.process_time()
    found = rises(lacking, grid, coverage=coverage, settings=RiseSettings(), roads=roads, power=roads)
    print(
        f"    new sites: {len(found.found):,} on {grid.values.size / 1e6:.1f} M cells in "
        f"{time.perf_counter() - begun:.1f} s ({time.process_time() - processor:.1f} s of processor time), "
        f"{memory_mb():,.0f} MB", flush=True,
    )  # fmt: skip


def main() -> None:
    from onemap.terrain.kernel_cache import kernel_cache_folder

    cache = kernel_cache_folder(Path(__file__).resolve().parents[1] / ".numba_cache")
    about = {**os.environ, "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", str(cache))}
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors", flush=True)
    each = []
    for targets in [int(word) for word in sys.argv[1:]] or TARGETS:
        done = subprocess.run(
            [sys.executable, __file__, f"--one={targets}"], env=about, stderr=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            raise SystemExit(done.returncode)
        each.append(float(done.stderr.rsplit("each ", 1)[1]))
    if each[-1] > MOST_GROWTH * each[0]:
        print(f"a pair costs {each[-1]:.1f} µs, at most {MOST_GROWTH:g} × {each[0]:.1f} µs are allowed")
        raise SystemExit(1)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith("--one="):
        one_size(int(sys.argv[1].removeprefix("--one=")))
    else:
        main()
