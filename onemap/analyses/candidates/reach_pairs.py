"""Paths from antennas of candidates to places of targets, judged batch by batch by the model of the project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.candidate_settings import ReachSettings
from onemap.analyses.candidates.reach_groups import Groups
from onemap.analyses.coverage.buffer import unobstructed
from onemap.analyses.coverage.line_of_sight import Ends, sights_between
from onemap.analyses.coverage.pair_powers import PairPowers, pair_powers
from onemap.analyses.coverage.propagation import needed_db
from onemap.analyses.coverage.settings import ANY_OPERATOR, FIELD_STRENGTH_MODELS, CoverageSettings
from onemap.layers.grid import Grid
from onemap.layers.nearest import Neighbours
from onemap.terrain.profile import BLOCKED, CLEAR, sight_states

__all__ = ["COVERED", "DEPENDS", "JudgedPairs", "judged_pairs"]

UNCOVERED, DEPENDS, COVERED = 0, 1, 2

_MOST_LOCATION_DB = 10.0  # more than any variability with location
_PLACES_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class JudgedPairs:
    """What came of one batch of places.

    Attributes
    ----------
    table
        place, antenna (positions in the groups), margin_db, sigma_db (NaN by radius and sight), verdict, certain.
    looked_at
        How many paths of masts to places came into question.
    places
        How many places the batch had.
    """

    table: pd.DataFrame
    looked_at: int
    places: int


def judged_pairs(
    groups: Groups,
    *,
    coverage: CoverageSettings,
    settings: ReachSettings,
    grid: Grid | None,
    clutter: Grid | None,
    crs: CRS,
) -> Iterator[JudgedPairs]:
    """Judge the pairs of antennas and places.

    Parameters
    ----------
    groups
        Antennas and places, each once.
    coverage
        What coverage is judged by.
    settings
        How far, and what is kept.
    grid, clutter
        Heights of the ground and of what stands on it; None where there are none.
    crs
        Geographic CRS of places and antennas.

    Yields
    ------
    pairs
        Those that count, or may count, by the settings.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> from onemap.analyses.candidates.equipment import candidate_antennas
    >>> from onemap.analyses.candidates.reach_groups import groups_of
    >>> site = gpd.GeoDataFrame({"candidate_id": ["a"], "kind": "new site", "technologies": "4G", "operators": "any",
    ...     "bands": "B8", "height_agl_m": 30.0}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> school = gpd.GeoDataFrame({"technology": ["4G"], "operator": "any", "served_before": False},
    ...     geometry=[shapely.Point(75.02, 39)], crs="EPSG:4490")
    >>> hata = CoverageSettings(model="hata", technologies=("4G",))
    >>> groups = groups_of(site, candidate_antennas(site, hata), school, hata)
    >>> found = next(judged_pairs(groups, coverage=hata, settings=ReachSettings(), grid=None, clutter=None,
    ...     crs=CRS("EPSG:4490")))
    >>> found.table["verdict"].tolist()
    [2]
    """
    if not len(groups.lon) or not len(groups.antennas):
        return
    if coverage.model not in FIELD_STRENGTH_MODELS:
        yield from _by_sight(groups, coverage, settings, grid=grid, crs=crs)
        return
    reach_m = min(settings.reach_m, coverage.reach_m)
    named = groups.antennas.assign(technology=groups.antennas["carrier"].astype(str))
    carriers = [(str(number), ANY_OPERATOR) for number in range(len(groups.carriers))]
    powers = pair_powers(
        groups.lon,
        groups.lat,
        named,
        kinds=carriers,
        least_dbm=[_floor_dbm(one, coverage, settings) for one in groups.carriers],
        reach_m=reach_m,
        settings=coverage,
        grid=grid,
        crs=crs,
        clutter=clutter,
    )
    for batch in powers:
        yield JudgedPairs(_by_power(batch, groups, coverage, settings), batch.looked_at, batch.places)


def _floor_dbm(technology: str, coverage: CoverageSettings, settings: ReachSettings) -> float:
    """Give the power below which a pair can never count: its spread is at least that of the model."""
    sigma_db = coverage.model_sigma_db + (_MOST_LOCATION_DB if settings.count_depends else 0.0)
    needed = float(needed_db(np.array(sigma_db), coverage.location_percent))
    sign = -1.0 if settings.count_depends else 1.0
    # A hair less, so that rounding does not leave out what the verdict would take.
    return coverage.rsrp_min_dbm[technology] + sign * needed - settings.spare_db - 1e-9


def _by_power(powers: PairPowers, groups: Groups, coverage: CoverageSettings, settings: ReachSettings) -> pd.DataFrame:
    """Hold the powers against the threshold, as the gaps were."""
    threshold = np.array([coverage.rsrp_min_dbm[one] for one in groups.carriers])
    carrier = groups.antennas["carrier"].to_numpy()[powers.antenna]
    margin_db = powers.rsrp_dbm - threshold[carrier]
    sigma_db = np.hypot(powers.location_db, coverage.model_sigma_db)
    half_db = needed_db(sigma_db, coverage.location_percent)
    enough = (margin_db >= half_db).astype(np.int8) + (margin_db >= -half_db)
    verdict = np.where(powers.certain, enough, np.minimum(enough, DEPENDS))
    aim_db = -half_db if settings.count_depends else half_db
    kept = (margin_db >= aim_db - settings.spare_db) & (powers.certain | settings.count_depends)
    table = {"place": powers.place, "antenna": powers.antenna, "margin_db": margin_db, "sigma_db": sigma_db,
             "verdict": verdict, "certain": powers.certain}  # fmt: skip
    return pd.DataFrame({name: values[kept] for name, values in table.items()})


def _by_sight(
    groups: Groups, coverage: CoverageSettings, settings: ReachSettings, *, grid: Grid | None, crs: CRS
) -> Iterator[JudgedPairs]:
    """Judge by radius or line of sight, as `onemap.analyses.coverage.service.best_service` does."""
    masts = Neighbours(groups.antennas["lon"], groups.antennas["lat"])
    farthest_m = max(coverage.range_m[one] for one in groups.carriers)
    for first in range(0, len(groups.lon), _PLACES_AT_ONCE):
        here = slice(first, first + _PLACES_AT_ONCE)
        lon, lat = groups.lon[here], groups.lat[here]
        place, antenna, distance_m = masts.within(lon, lat, distance_m=farthest_m)
        range_m = np.array([coverage.range_m[one] for one in groups.carriers])
        near = distance_m <= range_m[groups.antennas["carrier"].to_numpy()[antenna]]
        place, antenna = place[near], antenna[near]
        state = _states((lon[place], lat[place]), groups.antennas.iloc[antenna], coverage, grid=grid, crs=crs)
        verdict = np.where(state == CLEAR, COVERED, np.where(state == BLOCKED, UNCOVERED, DEPENDS))
        kept = verdict >= (DEPENDS if settings.count_depends else COVERED)
        unknown = np.full(int(kept.sum()), np.nan)
        table = {"place": place[kept] + first, "antenna": antenna[kept], "margin_db": unknown, "sigma_db": unknown,
                 "verdict": verdict[kept], "certain": verdict[kept] == COVERED}  # fmt: skip
        yield JudgedPairs(pd.DataFrame(table), len(place), len(lon))


def _states(
    where: tuple[NDArray[np.float64], NDArray[np.float64]],
    antennas: pd.DataFrame,
    coverage: CoverageSettings,
    *,
    grid: Grid | None,
    crs: CRS,
) -> NDArray[np.int8]:
    """Give the state of each path."""
    if grid is None or coverage.model == "radius":
        return sight_states(unobstructed(len(antennas)), 0.0)
    start = Ends(*(antennas[name].to_numpy(dtype=float) for name in ("lon", "lat", "height_agl_m")))
    end = Ends(*where, np.full(len(antennas), coverage.target_height_m))
    sights = sights_between(start, end, grid, crs=crs, k_factor=coverage.k_factor)
    return sight_states(sights, coverage.clearance_margin_m)
