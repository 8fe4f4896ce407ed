"""Time the analysis of routes over a country's worth of cables, and hold its growth to near-linear.

A bent grid of streets over 75-130 E, 22-50 N (synthetic, seeded); cable sections of 2 km in the mean, laid along
the streets by three operators with up to 5 m of error, 15-29 vertices each, half of them drawn backwards; each third
street carries several. Route kilometres are held against the streets that were laid. Each size runs in a process of its
own: side by side, pairs, sections and lengths, network, cuts, lists. Ends with an error if the route kilometres are 1 %
off, or if processor time grows faster than n to the 1.25. Run: `python benchmarks/routes.py [COUNT ...]`; 10,000 and
50,000 if no count is given.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import time
from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.analyses.routes import (
    cable_network,
    cuts_by_operator,
    lay_cables,
    network_cuts,
    network_nodes,
    route_lengths,
    route_sections,
    sections_of,
    shared_routes,
    trenches,
)
from onemap.layers.nearest import GEOD

COUNTS = (10_000, 50_000)
LARGEST_POWER, LARGEST_ERROR = 1.25, 0.01
OPERATORS = ("中国移动", "中国联通", "中国电信")
LENGTH_M, NOISE_M = 2_000.0, 5.0


def streets(count: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give crossings in degrees, (n, 2), and two in three of the streets between them, as pairs of crossings.

    Crossings stand 2 km apart whatever the count: more cables cover more land. Counties of 40 × 40 crossings are strewn
    over the country.
    """
    side = 40
    counties = max(1, math.ceil(count / 1.45 / (2 * side * side * 2 / 3)))
    number = np.arange(side * side).reshape(side, side)
    along = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    wide = math.ceil(math.sqrt(counties))
    places, pairs = [], []
    for county in range(counties):
        lon0, lat0 = 75 + 55 * (county % wide) / max(wide, 1), 22 + 28 * (county // wide) / max(wide, 1)
        east = LENGTH_M / (111_320 * math.cos(math.radians(lat0)))
        grid = np.stack(np.meshgrid(np.arange(side) * east, np.arange(side) * LENGTH_M / 111_000), axis=-1)
        grid = grid.reshape(-1, 2) + rng.uniform(-0.002, 0.002, (side * side, 2)) + [lon0, lat0]
        places.append(grid)
        pairs.append(along[rng.random(len(along)) < 2 / 3] + county * side * side)
    return np.concatenate(places), np.concatenate(pairs)


def laid(count: int, rng: np.random.Generator) -> tuple[gpd.GeoDataFrame, float]:
    """Lay cables along streets; give them with the length of the streets that carry any, in kilometres."""
    places, pairs = streets(count, rng)
    carried = np.concatenate([np.arange(len(pairs)), rng.choice(len(pairs), len(pairs) // 3, replace=False)])
    carried = np.concatenate([carried, rng.choice(len(pairs), len(pairs) // 8, replace=False)])
    carried = rng.permutation(carried)[:count]
    ends = places[pairs[carried]]
    back = rng.random(len(carried)) < 0.5
    ends[back] = ends[back][:, ::-1]
    vertices = rng.integers(15, 30, len(carried))
    line = np.repeat(np.arange(len(carried)), vertices)
    step = np.arange(len(line)) - np.repeat(np.cumsum(vertices) - vertices, vertices)
    inner = (step > 0) & (step < vertices[line] - 1)
    share = (step + inner * rng.uniform(-0.3, 0.3, len(line))) / (vertices[line] - 1)
    at = ends[line, 0] + share[:, None] * (ends[line, 1] - ends[line, 0])
    off_m = rng.uniform(-NOISE_M, NOISE_M, at.shape) / math.sqrt(2)
    at += off_m / np.column_stack([111_320 * np.cos(np.radians(at[:, 1])), np.full(len(at), 111_000.0)])
    used = places[pairs[np.unique(carried)]]
    street_m = GEOD.inv(used[:, 0, 0], used[:, 0, 1], used[:, 1, 0], used[:, 1, 1])[2]
    values = {"cable_id": [f"C{number:07d}" for number in range(len(carried))]}
    values["operator"] = [OPERATORS[number] for number in rng.integers(0, 3, len(carried))]
    return gpd.GeoDataFrame(
        values, geometry=shapely.linestrings(at, indices=line), crs="EPSG:4490"
    ), street_m.sum() / 1000.0


def rooms(cables: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each operator a core room at the start of each five-hundredth cable."""
    chosen = cables.iloc[::500]
    places = shapely.get_point(np.asarray(chosen.geometry.to_numpy(), dtype=object), 0)
    ids = [f"R{number}" for number in range(len(chosen))]
    values = {"room_id": ids, "operator": chosen["operator"].tolist(), "kind": "core"}
    return gpd.GeoDataFrame(values, geometry=places, crs=cables.crs)


def run(count: int) -> dict[str, float]:
    """Time every part once."""
    rng = np.random.default_rng(20_260_101)
    lay_cables(laid(200, rng)[0])  # loads the kernels
    cables, street_km = laid(count, rng)
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    parts: dict[str, float] = {"count": len(cables), "km": 0.0, "made_mb": before_mb}
    clock = time.process_time()

    def lap(name: str) -> None:
        nonlocal clock
        parts[name] = time.process_time() - clock
        clock = time.process_time()

    found = lay_cables(cables)
    lap("side by side")
    shared = shared_routes(found)
    lap("pairs")
    sections = sections_of(found)
    listed = route_sections(found, sections)
    lengths = route_lengths(found, sections).set_index("operator")
    lap("lengths")
    network = cable_network(found, {"rooms": rooms(cables)})
    together = trenches(network, sections)
    lap("network")
    judged = cuts_by_operator(network, together)
    lap("cuts")
    nodes = network_nodes(found, network, judged)
    cuts = network_cuts(found, network, judged, sections)
    lap("lists")
    parts["km"] = float(lengths.loc["any", "drawn_km"])
    parts["error"] = float(lengths.loc["any", "route_km"]) / street_km - 1.0
    parts |= {
        "pairs_found": len(shared),
        "sections_found": len(listed),
        "nodes_found": len(nodes),
        "cuts_found": len(cuts),
    }
    parts["seconds"] = sum(value for name, value in parts.items() if name in PARTS)
    parts["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return parts


PARTS = ("side by side", "pairs", "lengths", "network", "cuts", "lists")


def main() -> None:
    counts = [int(word) for word in sys.argv[1:]] or list(COUNTS)
    results = []
    for count in counts:
        command = [sys.executable, __file__, "--alone", str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        one = json.loads(done.stdout.splitlines()[-1])
        results.append(one)
        print(
            f"{one['count']:>8,.0f} cables, {one['km']:>9,.0f} km: {one['seconds']:6.1f} s of processor time, "
            f"{one['mb']:,.0f} MB ({one['made_mb']:,.0f} before); route km {one['error']:+.2%}; "
            f"{', '.join(f'{name} {one[name]:.1f}' for name in PARTS)}; "
            f"{one['pairs_found']:,.0f} pairs, {one['nodes_found']:,.0f} nodes, {one['cuts_found']:,.0f} cuts",
            flush=True,
        )
    for one, two in pairwise(results):
        power = math.log(two["seconds"] / one["seconds"]) / math.log(two["count"] / one["count"])
        print(f"growth from {one['count']:,.0f} to {two['count']:,.0f}: n to the {power:.2f} (at most {LARGEST_POWER})")
        if power > LARGEST_POWER:
            sys.exit(1)
    if any(abs(one["error"]) > LARGEST_ERROR for one in results):
        sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        print(json.dumps(run(int(sys.argv[2]))))
    else:
        main()
