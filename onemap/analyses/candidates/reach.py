"""Which targets each candidate would serve, by the radio model of the project.

A candidate stands to the model as a cell that is there: the same paths, the same presets, the same verdict as the gaps
were found by, for each pair of a candidate and a target on its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import coo_array, csc_array

from onemap.analyses.candidate_settings import ReachSettings
from onemap.analyses.candidates.equipment import candidate_antennas
from onemap.analyses.candidates.reach_groups import Groups, groups_of
from onemap.analyses.candidates.reach_pairs import COVERED, DEPENDS, judged_pairs
from onemap.analyses.columns import column, places, require_geographic
from onemap.analyses.coverage.places import grid_for
from onemap.analyses.coverage.propagation import needed_db
from onemap.analyses.coverage.settings import CoverageSettings
from onemap.layers.grid import Grid
from onemap.progress import Progress, silent

__all__ = ["Reach", "joined_reach", "reach_of"]

Floats = NDArray[np.float32]
Integers = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Pairs of targets and candidates that may serve them, candidate after candidate, targets rising.

    Attributes
    ----------
    shape
        Number of targets and of candidates.
    starts
        Where the pairs of each candidate begin, shape (candidates + 1,).
    target
        Target of each pair, shape (n,).
    margin_db
        Power over the threshold at the median of locations, in dB; NaN by radius, sight and satellite.
    sigma_db
        Standard deviation that the margin is held against, in dB; NaN likewise.
    verdict
        2 covered, 1 depends, 0 neither, but near enough to be kept.
    certain
        Whether the path is known; where not, nothing makes it covered.
    settings
        What it was judged by.
    location_percent
        Share of the locations that must have the threshold, in per cent.
    looked_at
        How many paths of masts to places came into question.
    """

    shape: tuple[int, int]
    starts: NDArray[np.int64]
    target: Integers
    margin_db: Floats
    sigma_db: Floats
    verdict: NDArray[np.int8]
    certain: NDArray[np.bool_]
    settings: ReachSettings
    location_percent: float
    looked_at: int

    def serves(self, *, shift_db: float = 0.0) -> csc_array:
        """Give which candidates serve which targets.

        Parameters
        ----------
        shift_db
            By how much all margins are better (worse where negative) than reckoned; pairs by radius, sight and
            satellite do not change. At most `spare_db` of the settings: what is beyond was not kept.

        Returns
        -------
        serves
            Shape (targets, candidates), True where served.

        Raises
        ------
        ValueError
            If the shift is more than was kept.
        """
        if shift_db > self.settings.spare_db:
            msg = f"shift_db must be at most spare_db = {self.settings.spare_db:g} dB, got {shift_db:g} dB"
            raise ValueError(msg)
        verdict = self.verdict if shift_db == 0.0 else self._shifted(shift_db)
        kept = verdict >= (DEPENDS if self.settings.count_depends else COVERED)
        return self._matrix(np.ones(int(kept.sum()), dtype=bool), kept)

    def margins(self) -> csc_array:
        """Give the margins of all pairs that were kept, in dB, shape (targets, candidates)."""
        return self._matrix(self.margin_db)

    def sigmas(self) -> csc_array:
        """Give the standard deviations of all pairs that were kept, in dB, shape (targets, candidates)."""
        return self._matrix(self.sigma_db)

    def _shifted(self, shift_db: float) -> NDArray[np.int8]:
        """Judge anew with other margins."""
        margin_db = self.margin_db.astype(float) + shift_db
        half_db = needed_db(self.sigma_db.astype(float), self.location_percent)
        enough = (margin_db >= half_db).astype(np.int8) + (margin_db >= -half_db)
        enough = np.where(self.certain, enough, np.minimum(enough, DEPENDS))
        return np.where(np.isnan(margin_db), self.verdict, enough).astype(np.int8)

    def _matrix(self, data: NDArray[np.generic], kept: NDArray[np.bool_] | None = None) -> csc_array:
        """Give values of pairs as a matrix."""
        if kept is None:
            return csc_array((data, self.target, self.starts), shape=self.shape)
        starts = np.concatenate([[0], np.cumsum(kept)])[self.starts]
        return csc_array((data, self.target[kept], starts), shape=self.shape)


def reach_of(
    candidates: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    *,
    coverage: CoverageSettings,
    settings: ReachSettings | None = None,
    grid: Grid | None = None,
    clutter: Grid | None = None,
    progress: Progress = silent,
) -> Reach:
    """Find which targets each candidate would serve.

    Parameters
    ----------
    candidates
        Result layer `plan_candidates`.
    targets
        Table of `plan_targets`: those that are served before are not looked at.
    coverage
        What coverage is judged by: model, thresholds, presets. Models to compare are asked too: covered is what all
        cover, and where they disagree the verdict is "depends".
    settings
        How far, and what counts; the defaults if not given.
    grid
        Heights of the ground, needed for models that look at it.
    clutter
        Heights of what stands on the ground, on the cells of `grid`; None: open land.
    progress
        Told how many places are done.

    Returns
    -------
    reach
        A pair for each target of the technology, and of an operator that the candidate serves (each serves "any"),
        whose verdict from this candidate alone is "covered", or may count by the settings. A satellite serves the
        targets of its own place.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a candidate or target has no place, or there is no elevation model where one is needed.

    References
    ----------
    As for `onemap.analyses.coverage.propagation.field_service` and `onemap.analyses.coverage.service.best_service`.

    Examples
    --------
    >>> import shapely
    >>> site = gpd.GeoDataFrame({"candidate_id": ["T1:4G"], "kind": "existing tower", "technologies": "4G",
    ...     "operators": "any", "bands": "B8", "height_agl_m": 30.0}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> school = gpd.GeoDataFrame({"target_key": ["a", "b"], "technology": "4G", "operator": "any",
    ...     "served_before": False}, geometry=[shapely.Point(75.02, 39), shapely.Point(75.2, 39)], crs="EPSG:4490")
    >>> radius = CoverageSettings(model="radius", technologies=("4G",))
    >>> reach_of(site, school, coverage=radius).serves().toarray().tolist()
    [[True], [False]]
    """
    settings = settings or ReachSettings()
    crs = require_geographic(plan_candidates=candidates, targets=targets)
    grid = grid_for(coverage, grid)
    groups = groups_of(candidates, candidate_antennas(candidates, coverage), targets, coverage)
    models = dict.fromkeys((coverage.model, *coverage.compare))
    found = [
        _by_model(
            (candidates, targets, groups),
            coverage=replace(coverage, model=model, compare=()),
            settings=settings,
            ground=(grid, clutter, crs),
            progress=progress,
        )
        for model in models
    ]
    return found[0] if len(found) == 1 else _agreed(found)


def joined_reach(first: Reach, second: Reach) -> Reach:
    """Put the pairs of further candidates behind those of others, for the same targets.

    Parameters
    ----------
    first, second
        Of the same targets and settings.

    Raises
    ------
    ValueError
        If they are of different numbers of targets.

    Examples
    --------
    >>> import shapely
    >>> site = gpd.GeoDataFrame({"candidate_id": ["a"], "kind": "planned", "technologies": "4G", "operators": "any",
    ...     "bands": "B8", "height_agl_m": 30.0}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> school = gpd.GeoDataFrame({"target_key": ["a"], "technology": "4G", "operator": "any", "served_before": False},
    ...     geometry=[shapely.Point(75.02, 39)], crs="EPSG:4490")
    >>> reach = reach_of(site, school, coverage=CoverageSettings(model="radius"))
    >>> joined_reach(reach, reach).serves().toarray().tolist()
    [[True, True]]
    """
    if first.shape[0] != second.shape[0]:
        msg = f"both must be of the same targets, got {first.shape[0]} and {second.shape[0]}"
        raise ValueError(msg)
    return replace(
        first,
        shape=(first.shape[0], first.shape[1] + second.shape[1]),
        starts=np.concatenate([first.starts, first.starts[-1] + second.starts[1:]]),
        looked_at=first.looked_at + second.looked_at,
        target=np.concatenate([first.target, second.target]),
        margin_db=np.concatenate([first.margin_db, second.margin_db]),
        sigma_db=np.concatenate([first.sigma_db, second.sigma_db]),
        verdict=np.concatenate([first.verdict, second.verdict]),
        certain=np.concatenate([first.certain, second.certain]),
    )


def _by_model(
    tables: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, Groups],
    *,
    coverage: CoverageSettings,
    settings: ReachSettings,
    ground: tuple[Grid | None, Grid | None, CRS],
    progress: Progress,
) -> Reach:
    """Find what each candidate would serve by one model."""
    (candidates, targets, groups), (grid, clutter, crs) = tables, ground
    parts, looked_at = [], 0
    with progress.step("plan_reach_step", total=len(groups.lon)) as done:
        for pairs in judged_pairs(groups, coverage=coverage, settings=settings, grid=grid, clutter=clutter, crs=crs):
            parts.append(_spread(pairs.table, groups))
            looked_at += pairs.looked_at
            done(pairs.places)
    parts.append(_from_above(candidates, targets))
    return _joined(parts, (len(targets), len(candidates)), settings, coverage, looked_at=looked_at)


_FIELDS = {
    "target": np.int32, "candidate": np.int32, "margin_db": np.float32, "sigma_db": np.float32, "verdict": np.int8,
    "certain": np.bool_,
}  # fmt: skip


def _spread(pairs: pd.DataFrame, groups: Groups) -> dict[str, NDArray[np.generic]]:
    """Give each pair of a place and an antenna to the targets at the place and the candidates that have the antenna."""
    place, antenna = pairs["place"].to_numpy(), pairs["antenna"].to_numpy()
    group = groups.group[place, groups.technology[antenna]]
    first_target, first_candidate = groups.target_starts[group], groups.candidate_starts[antenna]
    targets = groups.target_starts[group + 1] - first_target
    candidates = groups.candidate_starts[antenna + 1] - first_candidate
    total = targets * candidates
    row = np.repeat(np.arange(len(pairs)), total)
    number = np.arange(len(row)) - np.repeat(np.cumsum(total) - total, total)
    target = groups.target[first_target[row] + number // candidates[row]]
    candidate = groups.candidate[first_candidate[row] + number % candidates[row]]
    fits = groups.fits[groups.operators_of[candidate], groups.operator_of[target]]
    row = row[fits]
    spread = {name: pairs[name].to_numpy()[row] for name in ("margin_db", "sigma_db", "verdict", "certain")}
    spread |= {"target": target[fits], "candidate": candidate[fits]}
    return {name: spread[name].astype(kind) for name, kind in _FIELDS.items()}


def _from_above(candidates: gpd.GeoDataFrame, targets: gpd.GeoDataFrame) -> dict[str, NDArray[np.generic]]:
    """Let each satellite serve what stands at its place."""
    above = np.flatnonzero(column(candidates, "kind").eq("satellite").to_numpy(dtype=bool))
    wanted = np.flatnonzero(~targets["served_before"].to_numpy(dtype=bool))
    one, other = (
        pd.DataFrame(dict(zip(("lon", "lat"), places(layer.iloc[rows], name), strict=True))).assign(**{name: rows})
        for layer, rows, name in ((candidates, above, "candidate"), (targets, wanted, "target"))
    )
    pairs = one.merge(other, on=["lon", "lat"])
    count = len(pairs)
    named = {"target": pairs["target"].to_numpy(), "candidate": pairs["candidate"].to_numpy()}
    rest = {"margin_db": np.full(count, np.nan), "sigma_db": np.full(count, np.nan)}
    rest |= {"verdict": np.full(count, COVERED), "certain": np.ones(count, dtype=bool)}
    return {name: (named | rest)[name].astype(kind) for name, kind in _FIELDS.items()}


def _joined(
    parts: list[dict[str, NDArray[np.generic]]],
    shape: tuple[int, int],
    settings: ReachSettings,
    coverage: CoverageSettings,
    *,
    looked_at: int,
) -> Reach:
    """Lay the pairs of all batches behind one another, candidate after candidate."""
    columns = {}
    for name in _FIELDS:
        columns[name] = np.concatenate([part.pop(name) for part in parts])  # what is joined is let go
    number = np.arange(len(columns["target"]), dtype=np.int32)
    sorted_pairs = coo_array((number, (columns.pop("target"), columns.pop("candidate"))), shape=shape).tocsc()
    sorted_pairs.sort_indices()
    order = sorted_pairs.data
    return Reach(
        shape=shape,
        starts=sorted_pairs.indptr.astype(np.int64),
        target=sorted_pairs.indices.astype(np.int32),
        **{name: values[order] for name, values in columns.items()},
        settings=settings,
        location_percent=coverage.location_percent,
        looked_at=looked_at,
    )


def _agreed(found: list[Reach]) -> Reach:
    """Hold further models against the first: covered is what all cover, what they disagree on depends.

    A better margin is that of the first model: what another does not cover stays at "depends".
    """
    first = found[0]
    keys = [_keys(one) for one in found]
    pairs = keys[0] if not first.settings.count_depends else np.unique(np.concatenate(keys))
    verdicts = np.zeros((len(found), len(pairs)), dtype=np.int8)
    at = np.zeros((len(found), len(pairs)), dtype=np.int64)
    there = np.zeros((len(found), len(pairs)), dtype=bool)
    for number, (one, own) in enumerate(zip(found, keys, strict=True)):
        if len(own):
            at[number] = np.minimum(np.searchsorted(own, pairs), len(own) - 1)
            there[number] = own[at[number]] == pairs
            verdicts[number, there[number]] = one.verdict[at[number, there[number]]]
    known, row = there[0], at[0]
    margin_db, sigma_db = (np.full(len(pairs), np.nan, dtype=np.float32) for _ in range(2))
    margin_db[known], sigma_db[known] = first.margin_db[row[known]], first.sigma_db[row[known]]
    certain = (verdicts[1:] == COVERED).all(axis=0)
    certain[known] &= first.certain[row[known]]
    verdict = np.where(verdicts.min(axis=0) == COVERED, COVERED, np.where(verdicts.max(axis=0) > 0, DEPENDS, 0))
    return replace(
        first,
        starts=np.searchsorted(pairs, np.arange(first.shape[1] + 1) * first.shape[0]).astype(np.int64),
        target=(pairs % max(first.shape[0], 1)).astype(np.int32),
        verdict=verdict.astype(np.int8),
        certain=certain & known,
        margin_db=margin_db,
        sigma_db=sigma_db,
        looked_at=sum(one.looked_at for one in found),
    )


def _keys(reach: Reach) -> NDArray[np.int64]:
    """Give pairs numbers that rise candidate after candidate."""
    candidate = np.repeat(np.arange(reach.shape[1], dtype=np.int64), np.diff(reach.starts))
    return candidate * reach.shape[0] + reach.target
