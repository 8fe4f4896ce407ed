"""What a plan changes in the verdicts of places, villages and roads, and in the indicators that rest on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.candidates.equipment import candidate_antennas
from onemap.analyses.candidates.target_keys import place_keys, road_keys
from onemap.analyses.columns import column, places, require_geographic
from onemap.analyses.coverage import CoverageSettings, serving_antennas
from onemap.analyses.coverage.settings import ANY_OPERATOR
from onemap.analyses.gaps import GapSettings, village_verdicts
from onemap.analyses.indicators import IndicatorSettings
from onemap.analyses.indicators import indicators as held_indicators
from onemap.analyses.plan.indicator_effects import plan_indicators
from onemap.errors import LayerError
from onemap.layers.catalogue import schema
from onemap.layers.nearest import geodesic_distance
from onemap.messages import LANGUAGES, text

__all__ = ["PlanEffects", "plan_effects"]

Layers = Mapping[str, gpd.GeoDataFrame]

_KEYS: Mapping[str, Callable[..., pd.Series]] = {"verdicts": place_keys, "road_verdicts": road_keys}
_OF_OLD_PATH = (
    "cell_id", "rsrp_dbm", "sigma_db", "loss_db", "line_of_sight", "compared", "clearance_m", "obstacle_distance_m",
    "obstacle_elev_m",
)  # fmt: skip
_SERVED = ("target_key", "site_id", "margin_db")


@dataclass(frozen=True, slots=True, eq=False)
class PlanEffects:
    """What a plan changes.

    Attributes
    ----------
    results
        Result layers with the plan: `verdicts`, `village_verdicts` and `road_verdicts` as they would be, as far as they
        were given, all others as they were.
    before, after
        Result layer `indicators` without and with the plan.
    layer
        Result layer `plan_indicators`: both side by side, with what is gained and a reason.
    """

    results: Mapping[str, gpd.GeoDataFrame]
    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame
    layer: gpd.GeoDataFrame


def plan_effects(
    results: Layers,
    layers: Layers,
    sites: gpd.GeoDataFrame,
    served: pd.DataFrame,
    *,
    date: dt.date,
    gaps: GapSettings,
    coverage: CoverageSettings,
    indicators: IndicatorSettings,
) -> PlanEffects:
    """Judge places, villages and roads as if the plan were built, and hold them against the targets.

    What the plan serves becomes covered, by the site of the largest margin, of equal ones by the nearest; where it
    serves one operator, so does the row "any" of that place and technology. Villages are judged anew by both parts of
    their rule, with the stations that stand and those of the plan; one that names no operator is a station of the row
    "any" alone. Coverage of areas is not judged anew, and no fibre is taken to come with a site: what rests on
    `area_coverage` or `fibre_distances` stays as it was, and so does every other result layer (stretches and summaries
    of roads, lists of gaps).

    Parameters
    ----------
    results
        Result layers without the plan, as `indicators` takes them.
    layers
        Canonical layers: `villages` with schools, clinics and settlements, `cells` and `towers` for the villages,
        `districts` for the indicators.
    sites
        The candidates that were chosen: rows of the result layer `plan_candidates`. A satellite covers no place and
        is no station.
    served
        What the plan serves that was not served before: target_key (as in `plan_targets`), site_id (candidate_id of a
        site), margin_db (NaN where the model gives none). Rows of a satellite are passed over.
    date
        Date of the data.
    gaps, coverage, indicators
        As the results were made.

    Returns
    -------
    effects
        The same rows in the same order as before. A row that the plan covers names the site as its tower, has its
        distance in metres and its margin in dB, and keeps the model that judged it; cell, power, loss and obstacle are
        missing, as they were those of another path.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a served row is none of the verdicts or names none of the sites, a site has no place, or verdicts of a layer
        that the rule of villages asks for are missing.

    Examples
    --------
    >>> point = gpd.points_from_xy([75.0], [39.0], crs="EPSG:4490")
    >>> verdicts = gpd.GeoDataFrame({"target_layer": "posts", "target_id": ["P1"], "technology": "5G",
    ...     "operator": "any", "verdict": "uncovered"}, geometry=point)
    >>> site = gpd.GeoDataFrame({"candidate_id": ["N1:5G"], "kind": "new site", "technologies": "5G",
    ...     "operators": "any", "bands": "n78", "height_agl_m": 30.0}, geometry=point)
    >>> served = pd.DataFrame({"target_key": ["posts:P1|5G|any"], "site_id": ["N1:5G"], "margin_db": [12.0]})
    >>> found = plan_effects({"verdicts": verdicts}, {}, site, served, date=dt.date(2026, 1, 1), gaps=GapSettings(),
    ...     coverage=CoverageSettings(), indicators=IndicatorSettings())
    >>> found.layer.set_index("target_id").loc["frontier-2027-posts-5g", ["share_before", "share_after"]].tolist()
    [0.0, 1.0]
    """
    judged = {name: results[name] for name in (*_KEYS, "village_verdicts") if name in results}
    require_geographic(plan_candidates=sites if len(sites) else None, **judged)
    known = _by_site(served, sites)
    ground = _ground(sites)
    found = dict(results) | _served(results, ground, known)
    if len(ground) and "village_verdicts" in results and "verdicts" in results and "villages" in layers:
        found["village_verdicts"] = village_verdicts(
            layers["villages"],
            found["verdicts"],
            _stations(layers, ground, coverage),
            targets=layers,
            settings=gaps,
        )
    districts = layers.get("districts")
    before, after = (held_indicators(side, districts, date=date, settings=indicators) for side in (results, found))
    return PlanEffects(found, before, after, plan_indicators(before, after, held=indicators.targets))


def _ground(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the sites that are stations."""
    return sites[column(sites, "kind").ne("satellite").fillna(value=True).to_numpy(dtype=bool)]


def _by_site(served: pd.DataFrame, sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the rows served from the ground with the position of their site among those on the ground; -1: unknown."""
    for field in _SERVED:
        if field not in served:
            raise LayerError("analysis_field_missing", layer="served", field=field)
    named, ground = served["site_id"].astype("string"), _ground(sites)
    own = column(ground, "candidate_id")
    above = set(column(sites, "candidate_id")) - set(own)
    kept = ~named.isin(above).to_numpy(dtype=bool)
    first = pd.Series(np.arange(len(own)), index=pd.Index(own))[~own.duplicated().to_numpy()]
    return pd.DataFrame(
        {
            "target_key": served["target_key"].astype("string").array[kept],
            "site_id": named.array[kept],
            "site": first.reindex(pd.Index(named[kept])).fillna(-1).to_numpy(dtype=np.int64),
            "margin_db": pd.to_numeric(served["margin_db"]).astype("float64").to_numpy()[kept],
        }
    )


def _served(results: Layers, ground: gpd.GeoDataFrame, known: pd.DataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Give the verdicts with what is served."""
    keys = {name: key_of(results[name]) for name, key_of in _KEYS.items() if name in results}
    there = np.zeros(len(known), dtype=bool)
    for own in keys.values():
        there |= known["target_key"].isin(own).to_numpy(dtype=bool)
    wrong = ~there | known["site"].lt(0).to_numpy(dtype=bool)
    if wrong.any():
        target, site = known.loc[wrong, ["target_key", "site_id"]].iloc[0]
        raise LayerError("plan_served_unknown", count=int(wrong.sum()), target=target, site=site)
    if known.empty:
        return {}
    return {
        name: _covered(name, results[name], _pairs(results[name], own, _KEYS[name], known), ground)
        for name, own in keys.items()
    }


def _pairs(
    verdicts: gpd.GeoDataFrame, own: pd.Series, key_of: Callable[..., pd.Series], known: pd.DataFrame
) -> pd.DataFrame:
    """Pair rows that were not covered with the sites that serve them, or an operator of the same place."""
    row = pd.DataFrame({"target_key": own.array, "row": np.arange(len(own))})
    shared = row.assign(shared=key_of(verdicts, operator=ANY_OPERATOR).array)
    direct = shared.merge(known, on="target_key")
    for_all = row.merge(direct.drop(columns=["row", "target_key"]), left_on="target_key", right_on="shared")
    columns = ["row", "site", "margin_db"]
    pairs = pd.concat([direct[columns], for_all[columns]], ignore_index=True).drop_duplicates()
    covered = column(verdicts, "verdict").eq("covered").fillna(value=False).to_numpy(dtype=bool)
    return pd.DataFrame(pairs[~covered[pairs["row"].to_numpy()]])


def _covered(name: str, verdicts: gpd.GeoDataFrame, pairs: pd.DataFrame, ground: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cover each row by the best of its sites."""
    if pairs.empty:
        return verdicts
    row, site, margin_db = (pairs[one].to_numpy() for one in ("row", "site", "margin_db"))
    at = [side[site] for side in places(ground, "plan_candidates")]
    distance_m = geodesic_distance(*(side[row] for side in places(verdicts, name)), *at)
    order = np.lexsort((site, distance_m, np.where(np.isnan(margin_db), np.inf, -margin_db), row))
    row, first = np.unique(row[order], return_index=True)
    best = order[first]
    named = column(ground, "candidate_id").to_numpy(dtype=object)[site[best]]
    values: dict[str, object] = {
        "verdict": "covered", "tower_id": named, "distance_m": distance_m[best], "margin_db": margin_db[best],
        **dict.fromkeys(_OF_OLD_PATH, None),
    }  # fmt: skip
    for lang in LANGUAGES:
        values[f"reason_{lang}"] = [
            _reason(*one, lang) for one in zip(named, distance_m[best], margin_db[best], strict=True)
        ]
    return _replaced(name, verdicts, row, values)


def _replaced(
    name: str, verdicts: gpd.GeoDataFrame, row: NDArray[np.int64], values: Mapping[str, object]
) -> gpd.GeoDataFrame:
    """Put values into some rows, of those fields that are there."""
    changed = {}
    for field, given in values.items():
        if field not in verdicts:
            continue
        kind = schema(name).fields[field].kind
        filled = column(verdicts, field, kind).copy()
        filled.iloc[row] = (np.nan if kind == "number" else pd.NA) if given is None else given
        changed[field] = filled
    return verdicts.assign(**changed)


def _reason(site: str, distance_m: float, margin_db: float, lang: str) -> str:
    """Say which site would serve a place, and how well."""
    values = {"site": site, "distance_m": f"{distance_m:,.0f}"}
    if np.isnan(margin_db):
        return text("plan_served_no_margin", lang, **values)
    return text("plan_served", lang, **values, margin_db=f"{margin_db:.1f}")


def _stations(layers: Layers, ground: gpd.GeoDataFrame, coverage: CoverageSettings) -> pd.DataFrame:
    """List the antennas that stand, then those of the plan: each is called by its candidate."""
    standing = serving_antennas(
        layers.get("cells"),
        layers.get("towers"),
        default_height_m=coverage.default_tower_height_m,
        presets=coverage.presets,
    )
    planned = candidate_antennas(ground, coverage)
    parts = [part for part in (standing, planned.assign(tower_id=planned["cell_id"])) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else standing
