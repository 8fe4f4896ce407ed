"""Facilities against zones: growth with their number, and pieces of large zones against whole ones.

10,000, 20,000 and 40,000 towers and a tenth as many cables on a county of land use parcels and a red line of 40,000
vertices (synthetic, seeded). Ends with an error if parts do not sum to the whole, if the time grows faster than the
number to the power 1.3, or if the cut red line gives other areas than one overlay with the whole.
"""

from __future__ import annotations

import math
import resource
import sys
import time

import geopandas as gpd
import numpy as np
import shapely

from onemap.analyses.conflicts import ConflictSettings, find_conflicts
from onemap.analyses.conflicts.footprints import square_round
from onemap.layers.surface import surface_areas

SIZES = (10_000, 20_000, 40_000)
SIDE = 100  # parcels on a side
WEST, SOUTH, WIDTH = 75.0, 39.0, 0.5
STEEPEST = 1.3


def red_line(rng: np.random.Generator, vertices: int) -> shapely.Polygon:
    turn = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    waves = sum(rng.normal(0, 1 / n) * np.cos(n * turn + rng.uniform(0, 6)) for n in range(1, 500))
    radius = 0.15 * (1 + 0.3 * waves / np.abs(waves).max())
    middle = WEST + WIDTH / 2, SOUTH + WIDTH / 2
    return shapely.Polygon(np.column_stack([middle[0] + radius * np.cos(turn), middle[1] + radius * np.sin(turn)]))


def zones_of(rng: np.random.Generator) -> gpd.GeoDataFrame:
    step = WIDTH / SIDE
    column, row = (one.ravel() for one in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    parcels = shapely.box(
        WEST + column * step, SOUTH + row * step, WEST + (column + 1) * step, SOUTH + (row + 1) * step
    )
    codes = rng.choice(["0101", "0301", "0401", "0702", "1306"], len(parcels))
    return gpd.GeoDataFrame(
        {
            "zone_id": [*(f"D{n:05d}" for n in range(len(parcels))), "RED"],
            "kind": [*["land use"] * len(parcels), "ecological red line"],
            "kind_code": [*codes, None],
        },
        geometry=[*parcels, red_line(rng, 40_000)],
        crs=4490,
    )


def facilities_of(rng: np.random.Generator, count: int) -> dict[str, gpd.GeoDataFrame]:
    places = rng.uniform((WEST, SOUTH), (WEST + WIDTH, SOUTH + WIDTH), (count, 2))
    towers = gpd.GeoDataFrame(
        {"tower_id": [f"T{n}" for n in range(count)], "site_area_m2": rng.uniform(20, 400, count)},
        geometry=shapely.points(places),
        crs=4490,
    )
    starts = rng.uniform((WEST, SOUTH), (WEST + WIDTH, SOUTH + WIDTH), (count // 10, 1, 2))
    steps = np.cumsum(rng.normal(0, 0.003, (count // 10, 12, 2)), axis=1)
    lines = np.clip(starts + steps, (WEST, SOUTH), (WEST + WIDTH, SOUTH + WIDTH))
    ids = [f"C{n}" for n in range(count // 10)]
    cables = gpd.GeoDataFrame({"cable_id": ids, "operator": "A"}, geometry=shapely.linestrings(lines), crs=4490)
    return {"towers": towers, "cables": cables}


def main() -> None:
    seconds = []
    for count in SIZES:
        rng = np.random.default_rng(count)
        zones, layers = zones_of(rng), facilities_of(rng, count)
        start = time.process_time()
        found = find_conflicts(layers, zones, settings=ConflictSettings()).found
        seconds.append(time.process_time() - start)
        land = found[found["zone_kind"] == "land use"].groupby("facility_id")
        off_m2 = float((land["area_m2"].sum() - land["footprint_m2"].first()).abs().max())
        off_m = float((land["length_m"].sum() - land["total_length_m"].first()).abs().max())
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(
            f"{count} towers: {len(found)} rows in {seconds[-1]:.1f} s; {off_m2:.1e} m², {off_m:.1e} m; {memory:.2f} GB"
        )
        if off_m2 > 0.01 or off_m > 0.01:
            sys.exit("parts do not sum to the whole")
    growth = math.log(seconds[-1] / seconds[0]) / math.log(SIZES[-1] / SIZES[0])
    print(f"growth: the number to the power {growth:.2f}")
    towers, red = layers["towers"].iloc[:2_000], zones.geometry.iloc[-1]
    squares = square_round(towers.geometry.x, towers.geometry.y, towers["site_area_m2"])
    start = time.process_time()
    whole_m2 = surface_areas(shapely.intersection(squares, red))
    whole_s = time.process_time() - start
    start = time.process_time()
    cut = find_conflicts({"towers": towers}, zones.iloc[-1:]).found.set_index("facility_id")["area_m2"]
    cut_s = time.process_time() - start
    worst_m2 = float(np.abs(cut.reindex(towers["tower_id"]).fillna(0).to_numpy() - whole_m2).max())
    print(
        f"red line whole: {whole_s:.1f} s for 2,000 towers; in pieces, all told: {cut_s:.2f} s; {worst_m2:.1e} m² apart"
    )
    if growth > STEEPEST or worst_m2 > 0.001 or cut_s > whole_s:
        sys.exit("slower than linear, or other areas")


if __name__ == "__main__":
    main()
