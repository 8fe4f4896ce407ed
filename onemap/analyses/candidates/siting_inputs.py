"""Candidates and targets as plain arrays, as the optimisation of sites takes them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csc_array

from onemap.analyses.candidate_settings import RANKS
from onemap.analyses.candidates.reach import Reach
from onemap.analyses.columns import column

__all__ = ["SitingInputs", "siting_inputs"]


@dataclass(frozen=True, slots=True, eq=False)
class SitingInputs:
    """What an optimisation of sites needs besides costs; m targets, n candidates.

    Attributes
    ----------
    serves
        Which candidates serve which targets, boolean, shape (m, n).
    weight
        Of the targets, shape (m,).
    served_before
        Whether what stands serves the target already, shape (m,).
    rank
        Order of the kinds of candidates where they are worth the same, shape (n,).
    key
        Ids of the candidates, unique, shape (n,): the last to break ties.
    joint
        Number of the spot, shape (n,): candidates of one spot exclude each other.
    """

    serves: csc_array
    weight: NDArray[np.float64]
    served_before: NDArray[np.bool_]
    rank: NDArray[np.int64]
    key: NDArray[np.object_]
    joint: NDArray[np.int64]


def siting_inputs(
    candidates: gpd.GeoDataFrame, targets: gpd.GeoDataFrame, reach: Reach, *, shift_db: float = 0.0
) -> SitingInputs:
    """Give candidates and targets as arrays.

    Parameters
    ----------
    candidates
        Result layer `plan_candidates`.
    targets
        Table of `plan_targets`.
    reach
        What `reach_of` gave for these two.
    shift_db
        By how much all margins are better than reckoned, see `Reach.serves`.

    Returns
    -------
    inputs
        In the order of the rows.

    Raises
    ------
    ValueError
        If the reach is of other tables, or two candidates have one id.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.candidates.reach import reach_of
    >>> from onemap.analyses.coverage import CoverageSettings
    >>> sites = gpd.GeoDataFrame({"candidate_id": ["T1:4G", "T1:both"], "spot_id": "T1", "kind": "existing tower",
    ...     "technologies": ["4G", "4G;5G"], "operators": "any", "bands": ["B8", "B8;n78"], "height_agl_m": 30.0},
    ...     geometry=[shapely.Point(75, 39)] * 2, crs="EPSG:4490")
    >>> school = gpd.GeoDataFrame({"target_key": ["a"], "technology": "4G", "operator": "any", "weight": 60.0,
    ...     "served_before": False}, geometry=[shapely.Point(75.02, 39)], crs="EPSG:4490")
    >>> inputs = siting_inputs(sites, school, reach_of(sites, school, coverage=CoverageSettings(model="radius")))
    >>> inputs.serves.toarray().tolist(), inputs.joint.tolist(), inputs.rank.tolist()
    ([[True, True]], [0, 0], [0, 0])
    """
    key = column(candidates, "candidate_id").astype(object).to_numpy()
    if reach.shape != (len(targets), len(candidates)):
        wanted, got = (f"{rows} × {columns}" for rows, columns in ((len(targets), len(candidates)), reach.shape))
        msg = f"reach must be of these tables, {wanted}, got {got}"
        raise ValueError(msg)
    if pd.isna(key).any() or len(set(key)) < len(key):
        msg = f"candidate_id must be unique, got {len(key)} candidates with {len(set(key))} ids"
        raise ValueError(msg)
    spot = column(candidates, "spot_id").fillna(column(candidates, "candidate_id"))
    return SitingInputs(
        serves=reach.serves(shift_db=shift_db),
        weight=column(targets, "weight", "number").to_numpy(dtype=np.float64),
        served_before=targets["served_before"].to_numpy(dtype=bool),
        rank=np.array([RANKS[kind] for kind in column(candidates, "kind")], dtype=np.int64),
        key=np.asarray(key, dtype=object),
        joint=pd.factorize(spot)[0].astype(np.int64),
    )
