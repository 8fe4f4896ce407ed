"""The best service at places: which antenna serves each, by technology and operator, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.coverage.buffer import unobstructed
from onemap.analyses.coverage.line_of_sight import Ends, sights_between
from onemap.analyses.coverage.settings import ANY_OPERATOR, CoverageSettings
from onemap.layers.grid import Grid
from onemap.layers.nearest import nearest, points_within
from onemap.progress import Progress, silent
from onemap.terrain.profile import BLOCKED, CLEAR, sight_states

__all__ = ["VERDICTS", "best_service", "serves"]

VERDICTS = np.array(["covered", "depends", "depends", "uncovered"], dtype=object)
"""Verdict of each state of a path: clear, grazing, unknown, blocked."""

_PLACES_AT_ONCE = 4_000  # with 2,000 masts in range of each: 8 million paths, less than 1 GB
_OUTCOME = ("state", "clearance_m", "reduced_m", "obstacle_distance_m", "obstacle_elev_m", "has_void")


@dataclass(frozen=True, slots=True)
class _Paths:
    """Paths from masts (places with one antenna height) to places, best first for each place."""

    place: NDArray[np.int64]
    mast: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    outcome: pd.DataFrame


def best_service(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    antennas: pd.DataFrame,
    *,
    settings: CoverageSettings,
    grid: Grid | None,
    crs: CRS,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Find the best service at each place for each technology and operator.

    A clear path is best, and of clear ones the shortest; then a path that is not certain, then a blocked one, and of
    those the one whose ray passes highest over, or least below, its obstacle.

    Parameters
    ----------
    lon, lat
        The places, shape (n,), in degrees.
    antennas
        Table of `serving_antennas`.
    settings
        What coverage is judged by.
    grid
        Heights of the ground; None only for the model "radius".
    crs
        Geographic CRS of places and antennas.
    progress
        Told how many places are done.

    Returns
    -------
    service
        n rows for each technology and operator ("any" first): place (position), technology, operator, verdict, antenna
        (position in the table, -1 where none is in range), distance_m (NaN where none), state, clearance_m, reduced_m,
        obstacle_distance_m, obstacle_elev_m, has_void, and for places without an antenna in range nearest_m: how far
        the nearest of that kind is (infinite where there is none).

    Examples
    --------
    >>> antennas = pd.DataFrame({"cell_id": ["C1"], "tower_id": ["T1"], "technology": ["4G"], "operators": [("A",)],
    ...     "lon": [75.0], "lat": [39.0], "height_agl_m": [30.0], "height_assumed": [False]})
    >>> settings = CoverageSettings(model="radius", technologies=("4G",), operators=("A", "B"))
    >>> places = np.array([75.01]), np.array([39.0])
    >>> service = best_service(*places, antennas, settings=settings, grid=None, crs=CRS("EPSG:4490"))
    >>> service[["operator", "verdict"]].values.tolist()
    [['any', 'covered'], ['A', 'covered'], ['B', 'uncovered']]
    """
    masts, mast_of = _masts(antennas)
    parts = []
    with progress.step("coverage_step", total=len(lon)) as done:
        for first in range(0, len(lon), _PLACES_AT_ONCE):
            span = slice(first, first + _PLACES_AT_ONCE)
            paths = _paths(lon[span], lat[span], masts, settings, grid, crs)
            for technology in settings.technologies:
                for operator in (ANY_OPERATOR, *settings.operators):
                    chosen = np.flatnonzero(serves(antennas, technology, operator))
                    part = _choose(lon[span], lat[span], masts, chosen, mast_of, paths, settings.range_m[technology])
                    part.insert(0, "technology", technology)
                    part.insert(1, "operator", operator)
                    part["place"] += first
                    parts.append(part)
            done(len(lon[span]))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def serves(antennas: pd.DataFrame, technology: str, operator: str) -> NDArray[np.bool_]:
    """Tell which antennas serve an operator ("any" for all) with a technology.

    Examples
    --------
    >>> antennas = pd.DataFrame({"technology": ["4G", "4G"], "operators": [("A", "B"), ("B",)]})
    >>> serves(antennas, "4G", "A")
    array([ True, False])
    """
    fits = antennas["technology"].eq(technology).fillna(value=False).to_numpy(dtype=bool)
    if operator == ANY_OPERATOR:
        return np.asarray(fits)
    asked = np.array([operator in operators for operators in antennas["operators"]], dtype=bool)
    return np.asarray(fits & asked)


def _masts(antennas: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Group antennas that share place and height: their paths are the same."""
    keys = ["lon", "lat", "height_agl_m"]
    mast_of = antennas.groupby(keys, sort=False).ngroup().to_numpy().astype(np.int64)
    return antennas[keys].drop_duplicates(ignore_index=True), mast_of


def _paths(  # noqa: PLR0917
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    masts: pd.DataFrame,
    settings: CoverageSettings,
    grid: Grid | None,
    crs: CRS,
) -> _Paths:
    """Judge the paths to all masts within the longest range; order them, best first for each place."""
    reach_m = max((settings.range_m[technology] for technology in settings.technologies), default=0.0)
    place, mast, distance_m = points_within(lon, lat, masts["lon"], masts["lat"], distance_m=reach_m)
    if grid is None:
        sights = unobstructed(len(place))
    else:
        from_mast = Ends(*(masts[name].to_numpy()[mast] for name in ("lon", "lat", "height_agl_m")))
        to_place = Ends(lon[place], lat[place], np.full(len(place), settings.target_height_m))
        sights = sights_between(from_mast, to_place, grid, crs=crs, k_factor=settings.k_factor)
    states = sight_states(sights, settings.clearance_margin_m if grid is not None else 0.0)
    verdict = np.array([0, 1, 1, 2])[states]
    lowest_first = np.where(states == CLEAR, distance_m, -np.nan_to_num(sights.reduced_m, nan=-np.inf))
    order = np.lexsort((mast, distance_m, lowest_first, verdict, place))
    outcome = (
        pd.DataFrame({"state": states, **{name: getattr(sights, name) for name in _OUTCOME[1:]}})
        .iloc[order]
        .reset_index(drop=True)
    )
    return _Paths(place[order], mast[order], distance_m[order], outcome)


def _choose(  # noqa: PLR0917
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    masts: pd.DataFrame,
    chosen: NDArray[np.int64],
    mast_of: NDArray[np.int64],
    paths: _Paths,
    range_m: float,
) -> pd.DataFrame:
    """Take the best path of each place among the chosen antennas; where there is none in range, measure the nearest."""
    first_antenna = np.full(len(masts), -1, dtype=np.int64)
    first_antenna[mast_of[chosen][::-1]] = chosen[::-1]
    fits = np.flatnonzero((first_antenna[paths.mast] >= 0) & (paths.distance_m <= range_m))
    served, first = np.unique(paths.place[fits], return_index=True)
    best = fits[first]
    antenna = np.full(len(lon), -1, dtype=np.int64)
    antenna[served] = first_antenna[paths.mast[best]]
    distance_m = np.full(len(lon), np.nan)
    distance_m[served] = paths.distance_m[best]
    table = pd.DataFrame({"place": np.arange(len(lon)), "antenna": antenna, "distance_m": distance_m})
    outcome = paths.outcome.iloc[best].set_index(served).reindex(table.index)
    outcome["state"] = outcome["state"].fillna(BLOCKED).astype(int)
    outcome["has_void"] = outcome["has_void"].eq(other=True)
    table = pd.concat([table, outcome], axis=1)
    table.insert(1, "verdict", VERDICTS[outcome["state"].to_numpy()])
    alone = np.flatnonzero(antenna < 0)
    kind = masts.iloc[np.unique(mast_of[chosen])]
    table["nearest_m"] = np.nan
    table.loc[alone, "nearest_m"] = nearest(lon[alone], lat[alone], kind["lon"], kind["lat"])[1]
    return table
