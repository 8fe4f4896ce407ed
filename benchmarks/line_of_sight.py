"""Time the sight lines of one county's roads, and compare the compiled kernel with its loop run in Python.

A synthetic grid of about 90 m (seeded hills, 1,200 x 1,200), 100,000 paths of 0.3 to 8 km. Run:
`python benchmarks/line_of_sight.py`.
"""

from __future__ import annotations

import time

import numpy as np

from onemap.terrain import profile
from onemap.terrain.profile import sight_lines

PATHS, PLAIN_PATHS, SIZE, CELL_M = 100_000, 50, 1_200, 90.0


def main() -> None:
    rng = np.random.default_rng(20260101)
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    heights = (2_000 + 300 * np.sin(rows / 17) * np.cos(columns / 23) + rng.normal(0, 5, (SIZE, SIZE))).astype(
        np.float32
    )
    length_m = rng.uniform(300, 8_000, PATHS)
    azimuth = rng.uniform(0, 2 * np.pi, PATHS)
    start = rng.uniform(100, SIZE - 100, (PATHS, 2))
    step = np.column_stack([np.sin(azimuth), -np.cos(azimuth)]) * (length_m / CELL_M)[:, None]
    pixels = np.stack([start, start + step / 2, start + step], axis=1)
    masts_m, targets_m = np.full(PATHS, 30.0), np.full(PATHS, 1.5)

    begin = time.perf_counter()
    sight_lines(heights, pixels[:1], length_m[:1], start_agl_m=masts_m[:1], end_agl_m=targets_m[:1])
    warm_s = time.perf_counter() - begin
    begin = time.perf_counter()
    sights = sight_lines(heights, pixels, length_m, start_agl_m=masts_m, end_agl_m=targets_m)
    compiled_s = time.perf_counter() - begin
    plain = np.empty((PLAIN_PATHS, 4))
    begin = time.perf_counter()
    for number in range(PLAIN_PATHS):
        ends = np.array([30.0, 1.5])
        divisor_m = 2 * 4 / 3 * profile.EARTH_RADIUS_M
        profile._follow_one.py_func(heights, pixels[number], length_m[number], ends, divisor_m, plain[number])  # noqa: SLF001
    plain_s = time.perf_counter() - begin
    if not np.allclose(plain[:, 0], sights.clearance_m[:PLAIN_PATHS], atol=1e-9, equal_nan=True):
        raise SystemExit(1)
    each_s, plain_each_s = compiled_s / PATHS, plain_s / PLAIN_PATHS
    print(f"first call (loads or compiles the kernel)   {warm_s:8.2f} s")
    print(f"{PATHS:,} paths, compiled, all processors   {compiled_s:8.2f} s   {each_s * 1e6:7.1f} µs each")
    print(f"{PLAIN_PATHS} paths, its loop in Python             {plain_s:8.2f} s   {plain_each_s * 1e6:7.1f} µs each")
    print(f"ratio                                       {plain_each_s / each_s:8.0f}")


if __name__ == "__main__":
    main()
