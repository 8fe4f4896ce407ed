"""Time and memory of coverage by P.1812 from a county to a country, step by step.

Synthetic: 0.05 towers per km² with one 4G cell each, ten targets a tower, hills of 90 m cells (waves), reach of 10 km,
median of time, the threshold of the settings. Each size runs in a process of its own, kernels warm; memory is the
largest that the process ever held. Run: `python benchmarks/coverage_scale.py [TOWERS ...]` (default 1000 10000 100000).
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

TOWERS, TARGETS_EACH, PER_KM2, REACH_M, CELL_DEG = (1_000, 10_000, 100_000), 10, 0.05, 10_000.0, 0.0008
SOUTH = 30.0
LONGEST_S, LARGEST_MB = 900.0, 6_000.0
KM_PER_DEG = 111.2
_MARGIN = 200  # cells round the towers


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def world(towers: int):
    """Make a square that holds so many towers: the grid, and its size in degrees."""
    from affine import Affine

    from onemap.layers.grid import Grid

    side_km = float(np.sqrt(towers / PER_KM2))
    high = side_km / KM_PER_DEG
    wide = high / np.cos(np.radians(SOUTH + high / 2.0))
    rows, columns = (int(side / CELL_DEG) + 2 * _MARGIN for side in (high, wide))
    values = np.empty((rows, columns), dtype=np.float32)
    along = np.arange(columns, dtype=np.float32)
    for first in range(0, rows, 256):
        down = np.arange(first, min(first + 256, rows), dtype=np.float32)[:, None]
        block = 180.0 * np.sin(down / 19.0) * np.cos(along / 23.0) + 90.0 * np.sin((down + along) / 7.0) + 1_500.0
        values[first : first + 256] = block
    west, north = 100.0 - _MARGIN * CELL_DEG, SOUTH + high + _MARGIN * CELL_DEG
    return Grid(values, Affine(CELL_DEG, 0, west, 0, -CELL_DEG, north), "EPSG:4490"), wide, high


def antennas_and_places(towers: int, wide: float, high: float):
    """Scatter towers and targets."""
    import pandas as pd

    rng = np.random.default_rng(20260101)
    table = pd.DataFrame(
        {
            "cell_id": pd.array(np.char.add("C", np.arange(towers).astype(str)), dtype="string"),
            "tower_id": pd.array(np.char.add("T", np.arange(towers).astype(str)), dtype="string"),
            "technology": "4G",
            "operators": [("A",)] * towers,
            "lon": 100.0 + wide * rng.random(towers),
            "lat": SOUTH + high * rng.random(towers),
            "height_agl_m": rng.uniform(20, 50, towers),
            "height_assumed": False,
            "assumed": "",
            "frequency_mhz": rng.choice([870.0, 1_850.0], towers),
            "eirp_re_dbm": rng.uniform(28, 36, towers),
            "azimuth_deg": np.nan,
            "beamwidth_deg": 360.0,
            "v_beamwidth_deg": 12.0,
            "tilt_deg": 3.0,
            "mech_tilt_deg": 0.0,
        }
    )
    count = towers * TARGETS_EACH
    return table, 100.0 + wide * rng.random(count), SOUTH + high * rng.random(count)


def one_size(towers: int) -> None:
    """Run one size and print its line."""
    from pyproj import CRS

    from onemap.analyses.coverage import CoverageSettings
    from onemap.analyses.coverage.candidates import network_of
    from onemap.analyses.coverage.models import judged_service
    from onemap.analyses.coverage.reasons import reasons_of

    settings = CoverageSettings(technologies=("4G",), operators=(), reach_m=REACH_M)
    crs = CRS("EPSG:4490")
    steps: list[tuple[str, float, float]] = []
    begun = time.perf_counter()

    def step(name: str) -> None:
        nonlocal begun
        steps.append((name, time.perf_counter() - begun, memory_mb()))
        begun = time.perf_counter()

    small, wide, high = world(20)
    table, lon, lat = antennas_and_places(20, wide, high)
    judged_service(lon, lat, table, settings=settings, grid=small, crs=crs)
    step("kernels")
    grid, wide, high = world(towers)
    table, lon, lat = antennas_and_places(towers, wide, high)
    step("data")
    network = network_of(table, [("4G", "any")])
    pairs = int(network.neighbours.counts_within(lon, lat, distance_m=REACH_M).sum())
    step("candidates")
    service = judged_service(lon, lat, table, settings=settings, grid=grid, crs=crs)
    step("paths")
    reasons_of(service, table, settings)
    step("reasons")
    shares = service["verdict"].value_counts(normalize=True)
    told = ", ".join(f"{name} {shares.get(name, 0.0):.0%}" for name in ("covered", "depends", "uncovered"))
    print(f"{towers:,} towers, {len(lon):,} targets, {pairs:,} pairs in reach: {told}")
    for name, seconds, memory in steps:
        each = f"{seconds / pairs * 1e6:8.2f} µs a pair" if name in {"candidates", "paths"} else ""
        print(f"    {name:<12} {seconds:9.1f} s   {memory:8.0f} MB so far {each}")
    whole_s = sum(seconds for name, seconds, _ in steps if name not in {"kernels", "data"})
    print(f"    {'in all':<12} {whole_s:9.1f} s   {memory_mb():8.0f} MB", flush=True)
    if whole_s > LONGEST_S or memory_mb() > LARGEST_MB:
        raise SystemExit(1)


def main() -> None:
    from onemap.terrain.kernel_cache import kernel_cache_folder

    cache = kernel_cache_folder(Path(__file__).resolve().parents[1] / ".numba_cache")
    about = {**os.environ, "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", str(cache))}
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors", flush=True)
    for towers in [int(word) for word in sys.argv[1:]] or TOWERS:
        subprocess.run([sys.executable, __file__, "--one", str(towers)], check=True, env=about)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one_size(int(sys.argv[2]))
    else:
        main()
