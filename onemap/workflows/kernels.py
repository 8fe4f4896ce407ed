"""Compile all kernels once, by asking each for a little, so that no later command waits for a compiler."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from pyproj import CRS
from scipy.sparse import csc_array

from onemap.analyses.coverage import CoverageSettings, coverage, serving_antennas
from onemap.analyses.coverage.rasters import coverage_tiles
from onemap.analyses.routes import lay_cables
from onemap.analyses.sharing.demands import match_demands
from onemap.analyses.siting import SitingProblem, SitingSettings, site_plan
from onemap.layers.grid import Grid
from onemap.progress import Progress, silent
from onemap.workflows.ground_sight import view_over
from onemap.workflows.path_losses import MODELS
from onemap.workflows.path_tables import Profile

__all__ = ["compile_kernels"]

_CRS = "EPSG:4490"
_CELLS = 64
_POINTS = 40
_PATH = {
    "f_GHz": 0.9, "htg_m": 30.0, "hrg_m": 1.5, "pol": 2.0, "p_pct": 10.0, "pL_pct": 50.0, "sigmaL_dB": 5.5,
    "phi_t": 39.0, "lam_t": 75.0, "phi_r": 39.1, "lam_r": 75.0, "DN": 40.0, "N0": 320.0, "dct_km": 500.0,
    "dcr_km": 500.0, "N0_itm": 320.0, "climate": 5.0, "eps": 15.0, "sig": 0.005, "mdvar": 3.0, "time": 50.0,
    "loc": 50.0, "sit": 50.0,
}  # fmt: skip
"""A path that every model can compute."""


def compile_kernels(*, progress: Progress = silent) -> None:
    """Ask every kernel behind the commands for a little: coverage, rasters, routes, plans, losses of given paths.

    What is compiled lies in `NUMBA_CACHE_DIR` then; what lies there already is only loaded.

    Parameters
    ----------
    progress
        Told how far it is.
    """
    plain = Grid(np.zeros((_CELLS, _CELLS), np.float32), Affine(0.001, 0, 75.0, 0, -0.001, 39.064), _CRS)
    towers = _points({"tower_id": ["T"], "technologies": ["4G"], "tenants": ["A"]}, 75.02)
    with progress.step("kernels_step", total=4 + len(MODELS)) as done:
        for model in ("p1812", "line of sight"):
            settings = CoverageSettings(model=model, technologies=("4G",), operators=("A",))
            coverage({"schools": _points({"school_id": ["S"]}, 75.04)}, None, towers, settings=settings, grid=plain)
        done(1)
        _fill_rasters(towers, plain)
        done(1)
        _lay_cables()
        _share(plain)
        done(1)
        _site()
        done(1)
        for asked in MODELS.values():
            _follow_path(asked.columns, asked.loss)
            done(1)


def _site() -> None:
    """Plan for three targets that three candidates serve in turn: no bound proves a plan there, so it is searched."""
    no = np.zeros(3, dtype=bool)
    serves = csc_array(np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=bool))
    two, rank = np.full(3, 2.0), np.zeros(3, dtype=np.int64)
    problem = SitingProblem(two, serves, two, no, no, rank, ["A", "B", "C"])
    for settings in (SitingSettings(target_share=1, exact_pairs=0), SitingSettings(budget=3, exact_pairs=0)):
        site_plan(problem, settings)


def _points(values: dict[str, list[str]], lon: float) -> gpd.GeoDataFrame:
    """Give a layer of one point on the plain."""
    return gpd.GeoDataFrame(values, geometry=[shapely.Point(lon, 39.03)], crs=_CRS)


def _share(plain: Grid) -> None:
    """Give a tower to one of two who ask for it, and look from it."""
    towers = _points({"tower_id": ["T"]}, 75.02)
    demands = pd.concat([_points({"demand_id": [name], "kind": ["camera"]}, 75.021) for name in ("A", "B")])
    view = view_over(CRS(_CRS), plain, 1.5)
    match_demands(gpd.GeoDataFrame(demands, crs=_CRS), {"towers": towers.assign(platforms_free=1)}, view=view)


def _fill_rasters(towers: gpd.GeoDataFrame, plain: Grid) -> None:
    """Fill a tile that lies within the reach of its mast, and one that does not: their arrays lie differently."""
    antennas = serving_antennas(None, towers, default_height_m=30.0)
    for reach_m in (15_000.0, 1_000.0):
        settings = CoverageSettings(technologies=("4G",), operators=("A",), reach_m=reach_m)
        for _ in coverage_tiles(antennas, plain, settings=settings, crs=CRS(_CRS)):
            pass


def _lay_cables() -> None:
    """Lay two cables along one way."""
    way = shapely.LineString([(75.0, 39.0), (75.01, 39.0)])
    lay_cables(gpd.GeoDataFrame({"cable_id": ["A", "B"]}, geometry=[way, way], crs=_CRS))


def _follow_path(columns: Sequence[str], loss: Callable[[Mapping[str, float], Profile, str], object]) -> None:
    """Ask a model for the loss of a path over a hill."""
    count = np.linspace(0.0, 1.0, _POINTS)
    profile = Profile(10.0 * count, 50.0 * np.sin(9.0 * count), np.zeros(_POINTS), np.full(_POINTS, 4.0))
    loss({name: _PATH[name] for name in columns}, profile, "open")
