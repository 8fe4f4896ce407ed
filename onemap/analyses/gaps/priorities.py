"""In which order gaps should be closed: a declared, weighted score whose parts are columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.columns import ids, require_geographic, result_layer
from onemap.messages import text

__all__ = ["PARTS", "PrioritySettings", "gap_priorities"]

PARTS = ("people", "kind", "lack", "isolation", "fibre")
"""The parts of the score."""

_WORTH = {"uncovered": 1.0, "depends": 0.5}
_KINDS = {
    "villages": 1.0,
    "posts": 1.0,
    "schools": 0.9,
    "clinics": 0.9,
    "townships": 0.9,
    "settlements": 0.7,
    "places": 0.6,
}
_WEIGHTS = {"people": 0.35, "kind": 0.25, "lack": 0.2, "isolation": 0.1, "fibre": 0.1}


@dataclass(frozen=True, slots=True)
class PrioritySettings:
    """What makes a gap urgent. Weights and scales are choices of the project: no rule gives them.

    Attributes
    ----------
    weights
        Part → weight; the score is the weighted mean. A part that is not named has no weight.
    kinds
        Target layer → worth in [0, 1]; a layer that is not named is worth 0.
    people_full
        Places of so many people have the whole part for people; fewer in proportion.
    people_per_household
        Where only households are known.
    isolation_full_m
        A nearest tower this far off gives the whole part for isolation; nearer in proportion, in metres.
    fibre_full_m
        Fibre at the place gives the whole part for fibre, fibre this far off none, in metres: what can be reached
        sooner comes first.

    Examples
    --------
    >>> sum(PrioritySettings().weights.values())
    1.0
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(_WEIGHTS))
    kinds: Mapping[str, float] = field(default_factory=lambda: dict(_KINDS))
    people_full: float = 1_000.0
    people_per_household: float = 3.5
    isolation_full_m: float = 10_000.0
    fibre_full_m: float = 10_000.0

    def __post_init__(self) -> None:
        unknown = set(self.weights) - set(PARTS)
        if unknown:
            msg = f"weights must be of {', '.join(PARTS)}, got {sorted(unknown)[0]!r}"
            raise ValueError(msg)
        if min(self.weights.values(), default=0) < 0 or not sum(self.weights.values()) > 0:
            msg = f"weights must not be negative, and one must be positive, got {dict(self.weights)}"
            raise ValueError(msg)
        if self.kinds and not 0 <= min(self.kinds.values()) <= max(self.kinds.values()) <= 1:
            msg = f"kinds must be worth from 0 to 1, got {dict(self.kinds)}"
            raise ValueError(msg)
        for name in ("people_full", "people_per_household", "isolation_full_m", "fibre_full_m"):
            if not getattr(self, name) > 0:
                msg = f"{name} must be positive, got {getattr(self, name)}"
                raise ValueError(msg)


def gap_priorities(
    gap_points: gpd.GeoDataFrame,
    *,
    villages: gpd.GeoDataFrame | None = None,
    fibre: gpd.GeoDataFrame | None = None,
    settings: PrioritySettings | None = None,
) -> gpd.GeoDataFrame:
    """Rank the places that lack service of any operator.

    Parameters
    ----------
    gap_points
        Result layer `gap_points`.
    villages
        Result layer `village_verdicts`: a village stands by the official rule, not by its committee alone. None: by its
        committee.
    fibre
        Result layer `fibre_distances`; None where it was not computed.
    settings
        Weights and scales; the defaults if not given.

    Returns
    -------
    gap_priorities
        Result layer `gap_priorities`: each place once, by falling score, ties by layer and id. Each part lies in
        [0, 1]; `lack` is the mean over the technologies judged (uncovered 1, depends 0.5). What is not known gives a
        part of 0, and is named in `unknown_parts`.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.

    Examples
    --------
    >>> import shapely
    >>> gaps = gpd.GeoDataFrame({"target_layer": "settlements", "target_id": ["A", "B"], "population": [500, 40],
    ...     "technology": "4G", "operator": "any", "verdict": "uncovered", "nearest_tower_m": [5000.0, 5000.0]},
    ...     geometry=[shapely.Point(75, 39)] * 2, crs="EPSG:4490")
    >>> gap_priorities(gaps)[["target_id", "people_part", "score"]].round(3).values.tolist()
    [['A', 0.5, 0.6], ['B', 0.04, 0.439]]
    """
    crs = require_geographic(gap_points=gap_points, village_verdicts=villages, fibre_distances=fibre)
    settings = settings or PrioritySettings()
    gaps = _places(gap_points, villages)
    if gaps.empty:
        return result_layer("gap_priorities", {}, np.empty(0, dtype=object), crs)
    parts = _parts(gaps, fibre, settings)
    known = parts.notna()
    weights = np.array([settings.weights.get(name, 0.0) for name in PARTS])
    score = parts.fillna(0.0).to_numpy() @ weights / weights.sum()
    # Equal scores must tie, however their sums were rounded.
    order = np.lexsort((gaps["target_id"].astype(str), gaps["target_layer"].astype(str), -score.round(9)))
    values: dict[str, object] = {
        name: gaps[name].to_numpy(dtype=object)[order]
        for name in ("target_layer", "target_id", "name", "village_id", "households", "population", "lacks", "source")
    }
    values |= {f"{name}_part": parts[name].to_numpy()[order] for name in PARTS}
    values |= {"score": score[order], "rank": np.arange(1, len(order) + 1)}
    unknown = [";".join(np.array(PARTS)[~row]) or None for row in known.to_numpy()[order]]
    values["unknown_parts"] = unknown
    ranked = parts.iloc[order].fillna(0.0).to_numpy() * weights / weights.sum()
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [_reason(row, lang) for row in ranked]
    return result_layer("gap_priorities", values, np.asarray(gaps.geometry.to_numpy(), dtype=object)[order], crs)


def _places(gap_points: gpd.GeoDataFrame, villages: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Give each place once, with what it lacks of any operator."""
    parts = [gap_points]
    if villages is not None:
        names = {"nearest_station_id": "nearest_tower_id", "nearest_station_m": "nearest_tower_m"}
        own = villages.rename(columns=names).assign(target_layer="villages")
        own = own.assign(target_id=ids(villages, "villages"))[villages["verdict"].ne("covered").to_numpy(dtype=bool)]
        parts = [gap_points[gap_points["target_layer"].ne("villages").to_numpy(dtype=bool)], own]
    columns = [
        "target_layer", "target_id", "name", "village_id", "households", "population", "technology", "operator",
        "verdict", "nearest_tower_m", "source", "geometry",
    ]  # fmt: skip
    table = pd.concat([part.reindex(columns=columns).astype(object) for part in parts], ignore_index=True)
    table = table[table["operator"].eq("any").to_numpy(dtype=bool)]
    key = ["target_layer", "target_id"]
    first = table.drop_duplicates(key).drop(columns=["technology", "operator", "verdict"])
    lacks = table["technology"].astype(str).groupby([table[one] for one in key]).agg(";".join)
    worth = table["verdict"].map(_WORTH).astype(float).groupby([table[one] for one in key]).sum()
    index = pd.MultiIndex.from_frame(first[key])
    technologies = max(table["technology"].nunique(), 1)
    first = first.assign(lacks=lacks.reindex(index).array, worth=worth.reindex(index).to_numpy() / technologies)
    return gpd.GeoDataFrame(first.reset_index(drop=True), geometry="geometry")


def _parts(gaps: gpd.GeoDataFrame, fibre: gpd.GeoDataFrame | None, settings: PrioritySettings) -> pd.DataFrame:
    """Reckon the parts of the score; missing where nothing is known."""
    people = _numbers(gaps["population"])
    people = np.where(np.isnan(people), _numbers(gaps["households"]) * settings.people_per_household, people)
    fibre_m = np.full(len(gaps), np.nan)
    if fibre is not None and len(fibre):
        by_place = pd.Series(
            _numbers(fibre["distance_m"]),
            index=pd.MultiIndex.from_frame(fibre[["target_layer", "target_id"]].astype(object)),
        )
        by_place = by_place[~by_place.index.duplicated()]
        fibre_m = by_place.reindex(pd.MultiIndex.from_frame(gaps[["target_layer", "target_id"]])).to_numpy()
    return pd.DataFrame(
        {
            "people": np.minimum(people / settings.people_full, 1.0),
            "kind": gaps["target_layer"].map(dict(settings.kinds)).astype(float).fillna(0.0).to_numpy(),
            "lack": gaps["worth"].to_numpy(dtype=float),
            "isolation": np.minimum(_numbers(gaps["nearest_tower_m"]) / settings.isolation_full_m, 1.0),
            "fibre": np.maximum(1.0 - fibre_m / settings.fibre_full_m, 0.0),
        }
    )


def _numbers(values: pd.Series) -> NDArray[np.float64]:
    """Give numbers, NaN where missing."""
    return np.asarray(pd.to_numeric(values).astype("Float64").to_numpy(dtype=float, na_value=np.nan))


def _reason(row: NDArray[np.float64], lang: str) -> str:
    """Say what each part adds to the score."""
    values = {name: f"{value:.2f}" for name, value in zip(PARTS, row.tolist(), strict=True)}
    return text("priority_parts", lang, score=f"{row.sum():.2f}", **values)
