"""Sector patterns against plain numpy, and the table of antennas by the number of cells."""

from __future__ import annotations

import time
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.analyses.coverage import serving_antennas
from onemap.radio.antenna import sector_gains_db

DIRECTIONS = 2_000_000


def measure() -> Iterator[str]:
    """Yield a line for each measurement."""
    rng = np.random.default_rng(5)
    off, up = rng.uniform(-180, 180, DIRECTIONS), rng.uniform(-20, 20, DIRECTIONS)
    sector_gains_db(off[:10], up[:10])
    kernel_s, plain_s = _best(lambda: sector_gains_db(off, up, tilt_deg=3.0)), _best(lambda: _plain(off, up))
    assert np.allclose(sector_gains_db(off, up, tilt_deg=3.0), _plain(off, up), atol=1e-9)
    yield f"sector pattern: {kernel_s / DIRECTIONS * 1e9:.0f} ns a direction, {plain_s / kernel_s:.1f}x plain numpy"
    for count in (1_000, 10_000, 100_000):
        cells = _cells(count, rng)
        seconds = _best(lambda cells=cells: serving_antennas(cells, None, default_height_m=30), runs=2)
        yield f"table of antennas: {count:>7,} cells in {seconds:.2f} s, {seconds / count * 1e6:.0f} µs each"


def _plain(off: NDArray[np.float64], up: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the pattern of TR 36.814 by numpy."""
    turned = (off + 180) % 360 - 180
    across = np.minimum(12 * (turned / 65.0) ** 2, 25)
    return -np.minimum(across + np.minimum(12 * ((up + 3.0) / 10.0) ** 2, 20), 25)


def _cells(count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Make cells of which about half say their power."""
    return gpd.GeoDataFrame(
        {
            "cell_id": [f"C{number}" for number in range(count)],
            "operator": rng.choice(["中国移动", "中国电信"], count),
            "technology": rng.choice(["4G", "5G"], count),
            "band": rng.choice(["B3", "n78", None], count),
            "rs_power_dbm": np.where(rng.random(count) < 0.5, 15.2, np.nan),
            "azimuth_deg": rng.uniform(0, 400, count),
        },
        geometry=shapely.points(rng.uniform(75, 80, count), rng.uniform(35, 39, count)),
        crs="EPSG:4490",
    )


def _best(call, runs: int = 3) -> float:
    """Give the shortest time of some runs, in seconds."""
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return min(times)


if __name__ == "__main__":
    for line in measure():
        print(line)
