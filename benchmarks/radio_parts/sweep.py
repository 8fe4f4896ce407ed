"""The radial sweep of P.1812: cells a second on one thread and two, how far from the limit, how near to paths.

A disc of 20 km in cells of 30 m, 2.6 GHz, half of the time, on synthetic terrain (seeded). Beside it, in the same run:
the path model asked for each cell over its own ray; the same path model on the sweep's own samples, which must agree to
1e-6 dB; loops that show what the machine can do; and the operations of a cell, counted while kernels run uncompiled.
Two threads are judged against what two threads of plain arithmetic gain at the same time.
"""

from __future__ import annotations

import dis
import json
import math
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import CodeType, FrameType

import numba
import numpy as np
from numpy.typing import NDArray

from onemap.analyses.coverage.ground_profile import ground_under, steps_of
from onemap.radio.p1812 import SLOTS, effective_radius, path_loss, trace_even_median, trace_path
from onemap.radio.sweep import Air, Ground, Mast, sweep_losses
from onemap.radio.sweep.ray import new_ray
from onemap.terrain.plane import even_plane, place_at
from onemap.terrain.rays import ray_cells, ray_direction, ray_of, rays_per_octant, sample_ray

SIZE, CELL_M, REACH_M = 1_500, 30.0, 20_000.0
MAST_M, PHONE_M, DELTA_N, N0, LATITUDE_DEG = 30.0, 1.5, 45.0, 325.0, 35.0
ONE = np.array([[2.6, 2.0]])
THREE = np.array([[2.6, 2.0], [0.7, 2.0], [3.5, 1.0]])
LEAST_CELLS, LEAST_SHARE, LEAST_RATIO = 0.5e6, 0.9, 4.0
COMPARED = 10_000
REAL = {"Everest": "everest/dem_srtm3_N27E086_filled.tif", "Andorra": "andorra/dem_srtm3_N42E001_filled.tif"}
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
BY_SAMPLE = {"sample_ray", "_rim_height", "grow", "push", "block_maxima", "start_ray", "_load_ray"}

Floats = NDArray[np.float64]


def measure() -> Iterator[str]:
    """Yield a line for each measurement."""
    yield f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    rng = np.random.default_rng(20260101)
    mast = Mast(even_plane(749.3, 750.6, CELL_M, CELL_M), MAST_M, REACH_M, LATITUDE_DEG)
    count, cell_s = 0, 0.0
    for name, height_m in (("mountains", _terrain(rng, 400.0)), ("rolling", _terrain(rng, 30.0))):
        ground = Ground(height_m)
        count, cell_s = yield from _speed(name, ground, mast)
        yield from _threads(name, ground, mast)
        yield from _against_paths(name, ground, mast, rng, cell_s)
    yield from _limits(count, cell_s)
    for name, path in REAL.items():
        if (DATA / path).exists():
            yield from _against_paths(name, *_real(DATA / path), rng, None)


def _terrain(rng: np.random.Generator, height_m: float) -> NDArray[np.float32]:
    """Make hills with detail at every size."""
    noise = np.fft.rfft2(rng.normal(size=(SIZE, SIZE)))
    across, down = np.fft.rfftfreq(SIZE), np.fft.fftfreq(SIZE)
    noise /= (np.hypot(across[None, :], down[:, None]) + 1.0 / SIZE) ** 1.8
    hills = np.fft.irfft2(noise, s=(SIZE, SIZE))
    heights: NDArray[np.float32] = (1_000.0 + height_m * hills / hills.std()).astype(np.float32)
    return heights


def _real(path: Path) -> tuple[Ground, Mast]:
    """Read a tile of three seconds and put a mast in its middle."""
    import rasterio

    with rasterio.open(path) as file:
        height_m = file.read(1).astype(np.float32)
    return Ground(height_m), Mast(even_plane(600.3, 599.6, 82.0, 92.0), MAST_M, REACH_M, LATITUDE_DEG)


def _best(call: Callable[[], object], rounds: int = 3) -> float:
    """Give the processor time of the shortest round."""
    call()
    times = []
    for _ in range(rounds):
        begin = time.thread_time()
        call()
        times.append(time.thread_time() - begin)
    return min(times)


def _speed(name: str, ground: Ground, mast: Mast) -> Generator[str, None, tuple[int, float]]:
    """Time one thread; give the number of cells and the seconds of one."""
    count = int(np.isfinite(sweep_losses(ground, mast, ONE)).sum())
    one_s = _best(lambda: sweep_losses(ground, mast, ONE))
    three_s = _best(lambda: sweep_losses(ground, mast, THREE), 2)
    rare_s = _best(lambda: sweep_losses(ground, mast, ONE, air=Air(time_percent=10.0)), 1)
    yield (
        f"{name}: {count / one_s / 1e6:.2f} M cells/s on one thread ({one_s / count * 1e9:.0f} ns a cell), "
        f"{(three_s - one_s) / 2 / count * 1e9:.0f} ns for a further band; {count / rare_s / 1e6:.2f} M cells/s at 10 %"
    )
    assert count / one_s >= LEAST_CELLS
    return count, one_s / count


def _threads(name: str, ground: Ground, mast: Mast) -> Iterator[str]:
    """Compare two threads with one, beside plain arithmetic on two threads and on one."""
    walls: dict[tuple[str, int], float] = {}
    with ThreadPoolExecutor(2) as pool:
        for _ in range(4):
            for threads in (1, 2):
                begin = time.perf_counter()
                list(pool.map(_multiply_add, [60_000_000 // threads] * threads))
                middle = time.perf_counter()
                sweep_losses(ground, mast, ONE, threads=threads)
                end = time.perf_counter()
                for what, seconds in (("plain", middle - begin), ("sweep", end - middle)):
                    walls[what, threads] = min(walls.get((what, threads), math.inf), seconds)
    gains = {what: walls[what, 1] / walls[what, 2] for what in ("plain", "sweep")}
    yield f"{name}: two threads {gains['sweep']:.2f} times as fast as one (plain arithmetic {gains['plain']:.2f})"
    assert gains["sweep"] >= LEAST_SHARE * gains["plain"]


def _against_paths(  # noqa: PLR0917
    name: str, ground: Ground, mast: Mast, rng: np.random.Generator, cell_s: float | None
) -> Iterator[str]:
    """Hold the sweep against the path model, on its own samples and over the ray of each cell."""
    losses = sweep_losses(ground, mast, ONE)[0]
    cells = np.argwhere(np.isfinite(losses))
    plane = mast.plane
    far = np.hypot(cells[:, 0] - plane.row, cells[:, 1] - plane.column) * plane.cell_m > 10 * plane.cell_m
    cells = cells[far][rng.integers(0, far.sum(), COMPARED)]
    swept = losses[cells[:, 0], cells[:, 1]]
    own, paths = np.empty(COMPARED), np.empty(COMPARED)
    frame = (plane.column, plane.row), plane.to_metres, plane.to_cells, plane.cell_m
    _on_samples(ground.height_m, frame, rays_per_octant(REACH_M, plane.cell_m), cells, own)
    begin = time.thread_time()
    _on_paths(ground.height_m, frame, cells[:1], paths[:1])
    begin = time.thread_time()
    _on_paths(ground.height_m, frame, cells, paths)
    path_s = (time.thread_time() - begin) / COMPARED
    worst_db, apart_db = np.abs(swept - own).max(), swept - paths
    yield (
        f"{name}: {worst_db:.0e} dB at most from the path model on the same samples of {COMPARED} cells; from that on "
        f"each cell's own ray mean {apart_db.mean():+.2f} dB, root mean square {np.sqrt((apart_db**2).mean()):.2f} dB, "
        f"99 % within {np.quantile(np.abs(apart_db), 0.99):.1f} dB"
    )
    assert worst_db < 1e-6
    if cell_s is not None:
        yield f"{name}: a path for each cell {path_s * 1e6:.1f} µs, ratio {path_s / cell_s:.0f}"
        assert path_s / cell_s >= LEAST_RATIO


@numba.njit(nogil=True)
def _on_samples(heights, frame, per_octant, cells, found):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Compute the loss to each cell point by point on the samples that the sweep takes."""
    mast, to_metres, to_cells, step_m = frame
    size = int(REACH_M / step_m) + 4
    geometry, ground_m, radius_km = np.empty(SLOTS), np.empty(size), effective_radius(DELTA_N)
    distance_km, inland = np.arange(size) * (0.001 * step_m), np.full(size, 4)
    for number in range(cells.shape[0]):
        row, column = cells[number]
        east = place_at(to_metres[0], column - mast[0], row - mast[1])
        north = place_at(to_metres[1], column - mast[0], row - mast[1])
        away_m = math.hypot(east, north)
        last = int(away_m / step_m - 0.5)
        to_east, to_north = ray_direction(ray_of(east, north, per_octant), per_octant)
        sample_ray(heights, (0, 0), mast, ray_cells(to_cells, to_east, to_north), step_m, last + 1, ground_m)
        ground_m[last + 1], distance_km[last + 1] = heights[row, column], 0.001 * away_m
        trace_path(distance_km, ground_m, ground_m[:0], inland, last + 2, MAST_M, PHONE_M, radius_km, geometry)
        distance_km[last + 1] = (last + 1) * (0.001 * step_m)
        lbc_db, lb0p_db = path_loss(geometry, 2.6, 2, 50.0, DELTA_N, N0, LATITUDE_DEG, 500.0, 500.0)
        found[number] = max(lbc_db, lb0p_db)


@numba.njit(nogil=True)
def _on_paths(heights, frame, cells, found):  # type: ignore[no-untyped-def]
    """Compute the loss to each cell over heights taken bilinearly on the straight way to it."""
    mast, to_metres, _, step_m = frame
    geometry, ground_m, radius_km = np.empty(SLOTS), np.empty(int(2 * REACH_M / step_m) + 20), effective_radius(DELTA_N)
    for number in range(cells.shape[0]):
        row, column = cells[number]
        u, v = column - mast[0], row - mast[1]
        path = (mast[0], mast[1], mast[0] + 0.5 * u, mast[1] + 0.5 * v, float(column), float(row))
        steps = steps_of(path, 1.0)
        ground_under(heights, path, steps, ground_m)
        step_km = 0.001 * math.hypot(place_at(to_metres[0], u, v), place_at(to_metres[1], u, v)) / steps
        trace_even_median(step_km, ground_m, ground_m[:0], steps + 1, MAST_M, PHONE_M, radius_km, geometry)
        lbc_db, lb0p_db = path_loss(geometry, 2.6, 2, 50.0, DELTA_N, N0, LATITUDE_DEG, 500.0, 500.0)
        found[number] = max(lbc_db, lb0p_db)


@numba.njit(nogil=True, fastmath=True)
def _multiply_add(count):  # type: ignore[no-untyped-def]
    """Multiply and add on 32 numbers at once, as many times as fill the count."""
    values = np.ones(32)
    for _ in range(count // 32):
        for place in range(32):
            values[place] = values[place] * 0.999 + 0.5
    return values.sum()


@numba.njit(nogil=True)
def _roots_and_logs(count):  # type: ignore[no-untyped-def]
    """Take a root and a logarithm of rising numbers, one after the other."""
    total = 0.0
    for number in range(count):
        total += math.sqrt(number + 1.5) + math.log10(number + 2.5)
    return total


def _limits(count: int, cell_s: float) -> Iterator[str]:
    """Say how much state a ray has and what a cell takes, and how long the machine would need at its fastest."""
    size = int(REACH_M / CELL_M) + 2
    ground, surface, maxima, hulls, running = new_ray(size)
    parts = [ground, surface, running, *maxima[0], *maxima[1], *(part for hull in hulls for part in hull)]
    samples = 8 * rays_per_octant(REACH_M, CELL_M) * size / count
    # A cell: its height, loss, rise, ray (written, read) and number (written, read); a sample: four heights, its own
    # height (written, read) and a point of two hulls.
    moved = 4 + 8 + 8 + 12 + 8 + samples * (16 + 16 + 2 * 16)
    block = np.ones(8_000_000)
    copied = np.empty_like(block)
    bytes_s = 2 * block.nbytes / _best(lambda: np.copyto(copied, block))
    flops = 2 * 60_000_000 / _best(lambda: _multiply_add(60_000_000))
    slow_s = _best(lambda: _roots_and_logs(2_000_000)) / 4_000_000
    yield (
        f"state of a ray {sum(part.nbytes for part in parts) / 1024:.0f} KiB, of a cell {8 * SLOTS} bytes; {moved:.0f} "
        f"bytes moved a cell: {moved / bytes_s * 1e9:.0f} ns at the {bytes_s / 1e9:.1f} GB/s of a copy"
    )
    counted = _counted()
    plain, slow = (counted["cell"][kind] + samples * counted["sample"][kind] for kind in ("plain", "slow"))
    least_s = plain / flops + slow * slow_s
    yield (
        f"{plain:.0f} additions, products and comparisons a cell at {flops / 1e9:.1f} G/s, {slow:.1f} roots, "
        f"logarithms and the like at {slow_s * 1e9:.0f} ns: {least_s * 1e9:.0f} ns; "
        f"a cell takes {cell_s / least_s:.1f} times that"
    )


def _counted() -> dict[str, dict[str, float]]:
    """Count the operations of a cell and of a sample in a process without compiled kernels."""
    run = subprocess.run(
        [sys.executable, __file__], env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, check=True
    )
    counted: dict[str, dict[str, float]] = json.loads(run.stdout)
    return counted


def _count() -> dict[str, dict[str, float]]:
    """Follow some rays through rolling hills instruction by instruction."""
    ground = Ground(_terrain(np.random.default_rng(20260101), 100.0))
    mast = Mast(even_plane(20.3, 750.4, CELL_M, CELL_M), MAST_M, REACH_M, LATITUDE_DEG)
    seen: Counter[tuple[CodeType, int]] = Counter()
    calls: Counter[str] = Counter()

    def follow(frame: FrameType, event: str, _: object) -> object:
        if "onemap" not in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "call":
            calls[frame.f_code.co_name] += 1
        elif event == "opcode":
            seen[frame.f_code, frame.f_lasti] += 1
        return follow

    sys.settrace(follow)  # type: ignore[arg-type]
    losses = sweep_losses(ground, mast, ONE, window=(749, 20, 3, SIZE - 20))
    sys.settrace(None)
    counts = {"cell": {"plain": 0.0, "slow": 0.0}, "sample": {"plain": 0.0, "slow": 0.0}}
    cells = float(np.isfinite(losses).sum())
    for (code, at), times in seen.items():
        kind = _kind(code, at)
        if kind and code.co_name not in {"cells_by_ray", "_sorted_cells"}:
            part, each = ("sample", calls["grow"]) if code.co_name in BY_SAMPLE else ("cell", cells)
            counts[part][kind] += times / each
    return counts


def _kind(code: CodeType, at: int) -> str:
    """Tell whether an instruction is arithmetic, and of which kind."""
    for one in dis.get_instructions(code):
        if one.offset == at:
            if one.opname in {"BINARY_OP", "COMPARE_OP", "UNARY_NEGATIVE"} or one.argval in {"max", "min"}:
                return "slow" if one.argrepr == "**" else "plain"
            slow = {"sqrt", "log10", "log1p", "exp", "tanh", "atan", "acos", "cos", "hypot", "log"}
            return "slow" if one.opname in {"LOAD_ATTR", "LOAD_METHOD"} and one.argval in slow else ""
    return ""


if __name__ == "__main__":
    print(json.dumps(_count()))
