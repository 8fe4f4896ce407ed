"""Meet 30,000 demands from 200,000 structures, 20 of them within reach of each; solve it by another solver besides.

The places are synthetic and seeded: structures and demands anywhere in a square of 532 km, 3 km reach. The allotment
alone is compared with `scipy.sparse.csgraph.min_weight_full_bipartite_matching` on the same pairs, each demand with a
seat of its own for going without: as many must be met, at the same cost, at most `RATIO` times as slowly.
"""

from __future__ import annotations

import resource
import sys
import time

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

from onemap.analyses.sharing.allotment import Allotment, Offers, allot
from onemap.analyses.sharing.demands import match_demands

DEMANDS, STRUCTURES = 30_000, 200_000
SIDE_M = 532_000.0
MOST_SECONDS, MOST_GB, RATIO = 60.0, 4.0, 3.0


def main() -> int:
    """Run it; give 1 if a limit is missed."""
    warm = _layers(np.random.default_rng(0), 50, 200, 10_000.0)
    match_demands(warm[0], {"structures": warm[1]})  # loads the kernels
    demands, structures = _layers(np.random.default_rng(1), DEMANDS, STRUCTURES, SIDE_M)
    started, before = time.perf_counter(), time.process_time()
    found = match_demands(demands, {"structures": structures})
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - before
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    twice = int(found.matches["candidate_id"].duplicated().sum())
    reached = float(found.outcomes["in_reach"].mean())
    print(f"{DEMANDS:,} demands, {STRUCTURES:,} structures, {reached:.1f} in reach of each")
    methods = ", ".join(found.outcomes["method"].unique())
    print(f"  whole: {seconds:.1f} s, {gigabytes:.2f} GB; {len(found.matches):,} met ({methods}), {twice} given twice")
    print(f"  {cpu_s:.1f} s of processor time; {len(found.rejections):,} rejections with reasons")
    fine = seconds <= MOST_SECONDS and gigabytes <= MOST_GB and twice == 0 and 19 <= reached <= 21
    fine &= _compare("plenty", DEMANDS, STRUCTURES)
    fine &= _compare("scarce: a structure for two demands", 4_000, 2_000)
    return 0 if fine else 1


def _compare(name: str, demands: int, structures: int) -> bool:
    """Solve one market both ways."""
    offers = _market(np.random.default_rng(2), demands, structures)
    started = time.perf_counter()
    ours = allot(offers)
    ours_s = time.perf_counter() - started
    started = time.perf_counter()
    other = _other_solver(offers)
    other_s = time.perf_counter() - started
    same = _paid(offers, ours) == other
    print(f"  allotment, {name}: {len(offers.cost):,} pairs, {other[0]:,} met; same: {same}")
    print(f"    {ours_s:.2f} s against {other_s:.2f} s: ratio {ours_s / other_s:.2f} (at most {RATIO:g})")
    return same and ours_s <= RATIO * other_s and bool(ours.exact.all())


def _layers(
    rng: np.random.Generator, demands: int, structures: int, side_m: float
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Strew demands and structures over a square."""

    def places(count: int) -> shapely.Geometry:
        lat = 30.0 + rng.uniform(0, side_m, count) / 110_900.0
        lon = 100.0 + rng.uniform(0, side_m, count) / (111_320.0 * np.cos(np.radians(lat)))
        return shapely.points(lon, lat)

    wanted = {
        "demand_id": [f"D{number:06d}" for number in range(demands)],
        "requester": rng.choice(["A", "B", "C"], demands),
        "wanted_height_m": rng.uniform(10, 35, demands).round(1),
        "load_kg": rng.integers(50, 300, demands).astype(float),
    }
    stands = {
        "structure_id": [f"S{number:06d}" for number in range(structures)],
        "owner": "grid",
        "kind": "power tower",
        "height_agl_m": rng.uniform(15, 50, structures).round(1),
        "load_spare_kg": rng.integers(0, 500, structures).astype(float),
    }
    first, second = places(demands), places(structures)
    return (
        gpd.GeoDataFrame(wanted, geometry=first, crs="EPSG:4490"),
        gpd.GeoDataFrame(stands, geometry=second, crs="EPSG:4490"),
    )


def _market(rng: np.random.Generator, demands: int, structures: int) -> Offers:
    """Make pairs: each demand with the 20 structures nearest to it on a plane, at whole centimetres."""
    square_m = SIDE_M * np.sqrt(structures / STRUCTURES)
    there, here = rng.uniform(0, square_m, (structures, 2)), rng.uniform(0, square_m, (demands, 2))
    distance_m, supply = cKDTree(there).query(here, k=20)
    demand = np.repeat(np.arange(demands), 20)
    cost = np.round(distance_m.ravel() * 100).astype(np.int64)
    one, none = np.ones(demands, dtype=np.int64), np.zeros(demands)
    room = np.ones(structures, dtype=np.int64)
    return Offers(demand, supply.ravel().astype(np.int64), cost, one, room, none, np.full(structures, np.inf))


def _other_solver(offers: Offers) -> tuple[int, int]:
    """Solve it by the other solver; give how many are met and what they cost."""
    demands, structures = len(offers.units), len(offers.room)
    own = np.arange(demands)
    rows, columns = np.concatenate([offers.demand, own]), np.concatenate([offers.supply, structures + own])
    costs = np.concatenate([offers.cost + 1.0, np.full(demands, float(offers.cost.max()) * demands + 1.0)])
    graph = coo_array((costs, (rows, columns)), shape=(demands, structures + demands)).tocsr()
    row, column = min_weight_full_bipartite_matching(graph)
    met = column < structures
    return int(met.sum()), int(graph[row[met], column[met]].sum()) - int(met.sum())


def _paid(offers: Offers, found: Allotment) -> tuple[int, int]:
    """Count the demands that are met, and add up what they cost."""
    chosen = found.supply[offers.demand] == offers.supply
    return int((found.supply >= 0).sum()), int(offers.cost[chosen].sum())


if __name__ == "__main__":
    sys.exit(main())
