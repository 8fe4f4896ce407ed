"""Candidates and targets taken together where they share a path: one antenna, one place, judged once."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.columns import column, members, places
from onemap.analyses.coverage.antenna_radio import RADIO_COLUMNS
from onemap.analyses.coverage.settings import ANY_OPERATOR, CoverageSettings

__all__ = ["Groups", "groups_of"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Places and antennas without repetition, and who stands behind each.

    Attributes
    ----------
    lon, lat
        Places of targets, shape (places,), in degrees.
    antennas
        Table of antennas, each once; `carrier` numbers those that radiate alike.
    carriers
        Technology of each carrier.
    technology
        Of each antenna, as a number, shape (antennas,).
    group
        Group of targets by place and technology, shape (places, technologies); the last one is empty.
    target_starts, target
        The targets of group g are those from target_starts[g] to target_starts[g + 1].
    candidate_starts, candidate
        The candidates that have an antenna, likewise.
    operator_of, operators_of
        Operator of each target, operators of each candidate, as numbers.
    fits
        Which operators of candidates serve which operator of a target.
    """

    lon: Floats
    lat: Floats
    antennas: pd.DataFrame
    carriers: tuple[str, ...]
    technology: Integers
    group: Integers
    target_starts: Integers
    target: Integers
    candidate_starts: Integers
    candidate: Integers
    operator_of: Integers
    operators_of: Integers
    fits: NDArray[np.bool_]


def groups_of(
    candidates: gpd.GeoDataFrame, antennas: pd.DataFrame, targets: gpd.GeoDataFrame, coverage: CoverageSettings
) -> Groups:
    """Take together what shares a path.

    Parameters
    ----------
    candidates
        Result layer `plan_candidates`.
    antennas
        Their antennas, see `candidate_antennas`.
    targets
        Table of `plan_targets`; those served before are left out.
    coverage
        Technologies that count.

    Returns
    -------
    groups
        Antennas of technologies that no target asks for are left out.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.candidates.equipment import candidate_antennas
    >>> sites = gpd.GeoDataFrame({"candidate_id": ["a", "b"], "kind": "new site", "technologies": "4G",
    ...     "operators": "any", "bands": "B8", "height_agl_m": 30.0}, geometry=[shapely.Point(75, 39)] * 2,
    ...     crs="EPSG:4490")
    >>> school = gpd.GeoDataFrame({"technology": "4G", "operator": ["any", "A"], "served_before": False},
    ...     geometry=[shapely.Point(75.02, 39)] * 2, crs="EPSG:4490")
    >>> groups = groups_of(sites, candidate_antennas(sites, CoverageSettings()), school, CoverageSettings())
    >>> len(groups.antennas), len(groups.lon), groups.candidate, groups.target
    (1, 1, array([0, 1]), array([0, 1]))
    """
    wanted = np.flatnonzero(~targets["served_before"].to_numpy(dtype=bool))
    lon, lat = places(targets.iloc[wanted], "targets")
    asked = column(targets, "technology").iloc[wanted].fillna("")
    kinds = [one for one in coverage.technologies if one in set(asked)]
    known = asked.isin(kinds).to_numpy(dtype=bool)
    wanted, lon, lat = wanted[known], lon[known], lat[known]
    technology = pd.Index(kinds).get_indexer(pd.Index(asked[known])) if len(wanted) else np.empty(0, dtype=np.int64)
    place, spots = _numbered(pd.DataFrame({"lon": lon, "lat": lat}))
    group, target_starts, target = _target_groups(place, technology, wanted, (len(spots), len(kinds)))
    once, carriers, candidate_starts, candidate = _antennas_once(antennas, kinds)
    operator_of, operators_of, fits = _operators(candidates, targets)
    return Groups(
        spots["lon"].to_numpy(),
        spots["lat"].to_numpy(),
        once,
        carriers,
        pd.Index(kinds).get_indexer(pd.Index(once["technology"].astype(object))).astype(np.int64),
        group,
        target_starts,
        target,
        candidate_starts,
        candidate,
        operator_of,
        operators_of,
        fits,
    )


def _numbered(table: pd.DataFrame) -> tuple[Integers, pd.DataFrame]:
    """Give rows the numbers of their values, in the order of their first appearance, and each value once."""
    number = np.asarray(table.groupby(list(table.columns), sort=False, dropna=False).ngroup(), dtype=np.int64)
    return number, table.drop_duplicates(ignore_index=True)


def _target_groups(
    place: Integers, technology: Integers, row: Integers, shape: tuple[int, int]
) -> tuple[Integers, Integers, Integers]:
    """Group targets by place and technology."""
    number = place * max(shape[1], 1) + technology
    order = np.lexsort((row, number))
    starts = np.searchsorted(number[order], np.arange(shape[0] * shape[1] + 1))
    group = np.arange(shape[0] * shape[1], dtype=np.int64).reshape(shape)
    return group, starts.astype(np.int64), row[order]


def _antennas_once(
    antennas: pd.DataFrame, kinds: list[str]
) -> tuple[pd.DataFrame, tuple[str, ...], Integers, Integers]:
    """Give each antenna once, with the candidates that have it."""
    used = antennas[antennas["technology"].isin(kinds).to_numpy(dtype=bool)].reset_index(drop=True)
    radio = used[["technology", *RADIO_COLUMNS]]
    carrier, kinds_of_carrier = _numbered(radio)
    used = used.assign(carrier=carrier)
    number, _ = _numbered(used[["lon", "lat", "height_agl_m", "carrier"]])
    order = np.lexsort((used["candidate"].to_numpy(), number))
    once = used.iloc[np.unique(number, return_index=True)[1]].reset_index(drop=True)
    starts = np.searchsorted(number[order], np.arange(len(once) + 1)).astype(np.int64)
    carriers = tuple(kinds_of_carrier["technology"].astype(str))
    return once, carriers, starts, used["candidate"].to_numpy(dtype=np.int64)[order]


def _operators(candidates: gpd.GeoDataFrame, targets: gpd.GeoDataFrame) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Give operators numbers, and tell who serves whom: "any" is served by everybody."""
    operator_of, names = pd.factorize(column(targets, "operator").fillna(ANY_OPERATOR))
    operators_of, sets = pd.factorize(pd.Series(members(column(candidates, "operators")), dtype=object))
    fits = np.array([[name == ANY_OPERATOR or name in one for name in names] for one in sets], dtype=bool)
    return operator_of.astype(np.int64), operators_of.astype(np.int64), fits.reshape(len(sets), len(names))
