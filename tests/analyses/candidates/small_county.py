"""A small county for tests: hills, places, candidates."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine

from onemap.analyses.coverage import CoverageSettings
from onemap.layers.grid import Grid

CRS_NAME = "EPSG:4490"
CELL_DEG = 0.0008
RADIO = CoverageSettings(
    technologies=("4G", "5G"), operators=("A", "B"), delta_n=45.0, n0=325.0, reach_m=12_000.0, location_percent=75.0
)


def hills(seed: int = 5, size: int = 260) -> Grid:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:size, 0:size]
    values = 1_500 + sum(
        150 * np.sin(rows / rng.uniform(6, 25) + rng.uniform(0, 6)) * np.cos(columns / rng.uniform(6, 25))
        for _ in range(3)
    )
    return Grid(values.astype(np.float32), Affine(CELL_DEG, 0, 75.0, 0, -CELL_DEG, 39.2), CRS_NAME)


def make_targets(count: int, seed: int = 2, *, places: int | None = None) -> gpd.GeoDataFrame:
    """Scatter targets; several may stand at one place."""
    rng = np.random.default_rng(seed)
    spots = rng.uniform([75.03, 39.02], [75.18, 39.17], (places or count, 2))
    where = spots[rng.integers(0, len(spots), count)]
    return gpd.GeoDataFrame(
        {
            "target_key": [f"t{number}" for number in range(count)],
            "technology": rng.choice(["4G", "5G"], count),
            "operator": rng.choice(["any", "A", "B"], count),
            "weight": rng.uniform(1, 100, count),
            "served_before": rng.random(count) < 0.1,
        },
        geometry=shapely.points(where),
        crs=CRS_NAME,
    )


def make_candidates(count: int, seed: int = 3) -> gpd.GeoDataFrame:
    """Scatter candidates with equipment of several kinds; some share a spot."""
    rng = np.random.default_rng(seed)
    spots = rng.uniform([75.04, 39.03], [75.17, 39.16], (max(count // 2, 1), 2))
    kinds = [("4G", "B3"), ("5G", "n78"), ("4G;5G", "B8;n28"), ("4G", "B8")]
    chosen = rng.integers(0, len(kinds), count)
    return gpd.GeoDataFrame(
        {
            "candidate_id": [f"c{number}" for number in range(count)],
            "facility_id": [f"f{number}" for number in range(count)],
            "kind": rng.choice(["existing tower", "structure", "new site"], count),
            "technologies": [kinds[one][0] for one in chosen],
            "bands": [kinds[one][1] for one in chosen],
            "operators": rng.choice(["any", "A", "A;B"], count),
            "height_agl_m": rng.choice([15.0, 30.0], count),
        },
        geometry=shapely.points(spots[rng.integers(0, len(spots), count)]),
        crs=CRS_NAME,
    )
