"""Cells in sight of a mast on 2000 × 2000 cells, against `gdal_viewshed` of Debian's gdal-bin.

Synthetic terrain (seeded), cells of 30 m, three masts of 30 m on the highest ground around, targets at 1.5 m, the earth
4/3 of its radius (GDAL's curvature coefficient 3/4; GDAL takes the semi-major axis of the ellipsoid, 6378 km, onemap
the mean radius, 6371 km). Times are processor time: of GDAL's process; of onemap with the same reading and writing, and
alone. GDAL carries the least height in sight outwards from cell to cell, interpolated between two cells farther in;
onemap takes heights bilinearly along rays. The judge is each cell's own ray with bilinear heights, on 20,000 cells.
"""

from __future__ import annotations

import math
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numba
import numpy as np
from numpy.typing import NDArray

from onemap.terrain.plane import even_plane
from onemap.terrain.profile import EARTH_RADIUS_M
from onemap.terrain.viewshed import VISIBLE, Eye, viewshed

SIZE, CELL_M, JUDGED, MOST_RATIO, ROUNDS = 2_000, 30.0, 20_000, 3.0, 3
MASTS = ((1_000, 1_000), (400, 1_500), (1_700, 300))
MAST_M, TARGET_M, K_FACTOR = 30.0, 1.5, 4.0 / 3.0

Sight = NDArray[np.bool_]


def measure() -> Iterator[str]:
    """Yield a line for each measurement."""
    yield f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    if shutil.which("gdal_viewshed") is None:
        yield "gdal_viewshed is not installed (Debian: gdal-bin), so there is nothing to compare with"
        return
    rng = np.random.default_rng(20260101)
    for name, metres in (("mountains", 400.0), ("rolling", 30.0)):
        heights = _terrain(rng, metres)
        with tempfile.TemporaryDirectory() as folder:
            _write(Path(folder) / "dem.tif", heights)
            for column, row in MASTS:
                around = heights[row - 50 : row + 50, column - 50 : column + 50]
                down, right = divmod(int(np.argmax(around)), 100)
                mast = (column - 50 + right, row - 50 + down)
                yield from _compare(name, heights, mast, Path(folder), rng)


def _terrain(rng: np.random.Generator, height_m: float) -> NDArray[np.float32]:
    """Make hills with detail at every size."""
    noise = np.fft.rfft2(rng.normal(size=(SIZE, SIZE)))
    across, down = np.fft.rfftfreq(SIZE), np.fft.fftfreq(SIZE)
    noise /= (np.hypot(across[None, :], down[:, None]) + 1.0 / SIZE) ** 1.8
    hills = np.fft.irfft2(noise, s=(SIZE, SIZE))
    heights: NDArray[np.float32] = (1_000.0 + height_m * hills / hills.std()).astype(np.float32)
    return heights


def _write(path: Path, values: NDArray[np.generic]) -> None:
    """Write a raster as GDAL writes its own."""
    import rasterio

    place = rasterio.Affine(CELL_M, 0, 500_000, 0, -CELL_M, 3_100_000)
    form = {"driver": "GTiff", "width": SIZE, "height": SIZE, "count": 1, "crs": "EPSG:32645", "transform": place}
    with rasterio.open(path, "w", dtype=values.dtype, **form) as file:
        file.write(values, 1)


def _read(path: Path) -> NDArray[np.generic]:
    """Read a raster."""
    import rasterio

    with rasterio.open(path) as file:
        values: NDArray[np.generic] = file.read(1)
    return values


def _by_gdal(mast: tuple[int, int], folder: Path) -> tuple[Sight, float]:
    """Ask GDAL; give what is in sight and the processor time."""
    place = 500_000 + CELL_M * (mast[0] + 0.5), 3_100_000 - CELL_M * (mast[1] + 0.5)
    words = ["gdal_viewshed", "-q", "-ox", f"{place[0]}", "-oy", f"{place[1]}", "-oz", f"{MAST_M}"]
    words += ["-tz", f"{TARGET_M}", "-md", "0", "-cc", "0.75", "-vv", "1", "-iv", "0", "dem.tif", "theirs.tif"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, cwd=folder, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _read(folder / "theirs.tif") == 1, seconds


def _by_onemap(mast: tuple[int, int], folder: Path) -> tuple[Sight, float, float]:
    """Ask onemap; give what is in sight, and the processor time with reading and writing and without."""
    begin = time.thread_time()
    heights = _read(folder / "dem.tif").astype(np.float32, copy=False)
    middle = time.thread_time()
    farthest_m = CELL_M * math.hypot(max(mast[0], SIZE - mast[0]), max(mast[1], SIZE - mast[1]))
    sight = viewshed(heights, even_plane(*mast, CELL_M, CELL_M), Eye(MAST_M, TARGET_M, farthest_m, K_FACTOR))
    seconds = time.thread_time() - middle
    _write(folder / "ours.tif", sight)
    return sight == VISIBLE, time.thread_time() - begin, seconds


def _compare(  # noqa: PLR0917
    name: str, heights: NDArray[np.float32], mast: tuple[int, int], folder: Path, rng: np.random.Generator
) -> Iterator[str]:
    """Time both in turn, count where they differ, and judge both by each cell's own ray."""
    _by_onemap(mast, folder)
    theirs_s = ours_s = alone_s = math.inf
    for _ in range(ROUNDS):
        theirs, seconds = _by_gdal(mast, folder)
        ours, whole_s, kernel_s = _by_onemap(mast, folder)
        theirs_s, ours_s, alone_s = min(theirs_s, seconds), min(ours_s, whole_s), min(alone_s, kernel_s)
    yield (
        f"{name}, mast at {mast}: onemap {ours_s:.2f} s ({alone_s:.2f} s without files), gdal_viewshed {theirs_s:.2f} "
        f"s, ratio {ours_s / theirs_s:.2f}"
    )
    assert ours_s <= MOST_RATIO * theirs_s
    apart = ours != theirs
    border = apart & _near_change(ours)
    cells = rng.integers(0, SIZE, (JUDGED, 2))
    judged = np.empty(JUDGED, dtype=np.bool_)
    _judge(heights, mast, (MAST_M, TARGET_M, 0.5 / (K_FACTOR * EARTH_RADIUS_M)), cells, judged)
    right = [(sight[cells[:, 0], cells[:, 1]] == judged).mean() for sight in (ours, theirs)]
    beside = border.sum() / max(apart.sum(), 1)
    yield (
        f"  {ours.mean():.1%} in sight; {apart.mean():.2%} of the cells differ, {beside:.0%} of them beside a border "
        f"of a shadow; each cell's own ray confirms onemap on {right[0]:.2%}, GDAL on {right[1]:.2%}"
    )
    assert apart.mean() < 0.05
    assert right[0] >= right[1] - 0.002


def _near_change(sight: Sight) -> Sight:
    """Mark the cells with a neighbour of the other kind, two cells away at most."""
    near = np.zeros_like(sight)
    padded = np.pad(sight, 2, mode="edge")
    for down in range(5):
        for right in range(5):
            near |= padded[down : down + SIZE, right : right + SIZE] != sight
    return near


@numba.njit(nogil=True)
def _judge(heights, mast, view, cells, judged):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Judge each cell by its own straight ray with bilinear heights, a sample for each cell of its longer side."""
    eye_agl_m, target_agl_m, bulge = view
    eye_m = np.float64(heights[mast[1], mast[0]]) + eye_agl_m
    for number in range(cells.shape[0]):
        down, right = cells[number, 0] - mast[1], cells[number, 1] - mast[0]
        steps = max(abs(down), abs(right))
        length_m = CELL_M * math.hypot(down, right)
        above_m = np.float64(heights[cells[number, 0], cells[number, 1]]) + target_agl_m - eye_m
        judged[number] = True
        for step in range(1, steps):
            d = length_m * step / steps
            row, column = mast[1] + down * step / steps, mast[0] + right * step / steps
            top, left = min(int(row), SIZE - 2), min(int(column), SIZE - 2)
            south, east = row - top, column - left
            upper = heights[top, left] * (1.0 - east) + heights[top, left + 1] * east
            lower = heights[top + 1, left] * (1.0 - east) + heights[top + 1, left + 1] * east
            rise = (upper * (1.0 - south) + lower * south - eye_m) / d - bulge * d
            if rise > above_m / length_m - bulge * length_m:
                judged[number] = False
                break
