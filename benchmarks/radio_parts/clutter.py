"""Clutter heights on the cells of an elevation model, and residuals of drive tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine

from onemap.analyses.measured_gaps import OverrideSettings, override_by_measurements
from onemap.analyses.measurements import MeasurementSettings, measurement_residuals, model_errors
from onemap.layers.clutter import clutter_heights
from onemap.layers.grid import Grid
from onemap.layers.land_cover import land_cover_table

CODES = np.array([10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100], dtype=np.float32)
SAMPLES = 200_000
TARGETS = 20_000


def measure() -> Iterator[str]:
    """Yield a line for each part."""
    rng = np.random.default_rng(1)
    cover = Grid(rng.choice(CODES, (6000, 6000)), Affine(0.0001, 0, 75, 0, -0.0001, 40), "EPSG:4490")
    table = land_cover_table()
    for name, like in (
        ("same system", Grid(np.zeros((2000, 2000), "float32"), Affine(0.0003, 0, 75, 0, -0.0003, 40), "EPSG:4490")),
        ("to a plane", Grid(np.zeros((2000, 1600), "float32"), Affine(30, 0, 5e5, 0, -30, 4_428_000), "EPSG:4534")),
    ):
        seconds = _timed(lambda like=like: clutter_heights(cover, like, table))
        yield f"clutter, nearest, {name}: {like.values.size / seconds / 1e6:.1f} M cells/s of the elevation model"
        seconds = _timed(lambda like=like: clutter_heights(cover, like, table, rule="tallest"))
        yield f"clutter, tallest, {name}: {cover.values.size / seconds / 1e6:.1f} M cells/s of the land cover"
    drive, predictions = _drive(rng)
    settings = MeasurementSettings()
    seconds = _timed(lambda: measurement_residuals(drive, predictions, settings=settings))
    yield f"residuals with a road left out each: {SAMPLES / seconds / 1e3:.0f} k samples/s"
    residuals = measurement_residuals(drive, predictions, settings=settings)
    seconds = _timed(lambda: model_errors(residuals, settings=settings))
    yield f"statistics of {len(residuals)} places: {seconds:.2f} s"
    verdicts = _verdicts(rng)
    seconds = _timed(lambda: override_by_measurements(verdicts, {}, drive, settings=OverrideSettings()))
    yield f"measured gaps: {TARGETS / seconds / 1e3:.0f} k verdicts/s against {SAMPLES} samples"


def _timed(run: Callable[[], object]) -> float:
    """Run twice and give the seconds of the second."""
    run()
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _drive(rng: np.random.Generator) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Make a drive test with predictions."""
    lon, lat = rng.uniform(75, 75.6, SAMPLES), rng.uniform(39.5, 40, SAMPLES)
    columns = {
        "rsrp_dbm": rng.normal(-100, 10, SAMPLES),
        "technology": "4G",
        "operator": rng.choice(["A", "B"], SAMPLES),
    }
    drive = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4490")
    predictions = pd.DataFrame(
        {
            "predicted_dbm": rng.normal(-100, 10, SAMPLES),
            "model": "p1812",
            "cell_id": rng.choice([f"C{one}" for one in range(500)], SAMPLES),
            "technology": "4G",
            "band": rng.choice(["B3", "B8"], SAMPLES),
            "distance_m": rng.uniform(100, 15_000, SAMPLES),
            "line_of_sight": rng.random(SAMPLES) < 0.5,
        }
    )
    return drive, predictions


def _verdicts(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Make verdicts of places."""
    lon, lat = rng.uniform(75, 75.6, TARGETS), rng.uniform(39.5, 40, TARGETS)
    columns = {"technology": "4G", "operator": "A", "verdict": "covered", "model": "p1812"}
    return gpd.GeoDataFrame(
        pd.DataFrame(columns, index=range(TARGETS)), geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4490"
    )
