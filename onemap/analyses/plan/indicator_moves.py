"""Which indicators each site of a plan moves, and by how much: what it serves, counted as the targets count."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.analyses.columns import column, ids
from onemap.analyses.indicators import IndicatorSettings
from onemap.analyses.plan.effects import PlanEffects
from onemap.analyses.targets import Target, targets

__all__ = ["indicator_moves"]

_COLUMNS = ("site_id", "target_id", "gained", "unit")


def indicator_moves(
    results: Mapping[str, gpd.GeoDataFrame], effects: PlanEffects, served: pd.DataFrame, settings: IndicatorSettings
) -> pd.DataFrame:
    """Count for each site what it adds to each indicator.

    Parameters
    ----------
    results
        Result layers before.
    effects
        What the plan changes.
    served
        What the plan serves newly: `site_id`, `target_key`, `target_layer`, `target_id`, `technology`, `length_m`.
    settings
        Targets and the operator that counts.

    Returns
    -------
    moves
        `site_id`, `target_id` of the indicator, `gained` in `unit` (count or km). A village counts for each site that
        is now the station near its committee, or else serves one of its places, so that sites may share one.
    """
    gained = _villages_gained(results, effects.results, settings.operator)
    parts = []
    for target in settings.targets or targets():
        if target.rule == "roads":
            parts.append(_roads(target, results, served))
        elif target.rule == "places" and target.layer == "villages" and gained is not None:
            parts.append(_villages(target, gained, served, effects.results))
        elif target.rule == "places":
            parts.append(_places(target, served))
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_COLUMNS))


def _of(target: Target, served: pd.DataFrame) -> pd.DataFrame:
    """Give what is served of the layer and the services of a target."""
    wanted = served["target_layer"].eq(target.layer) & served["technology"].isin(target.services)
    return served[wanted.fillna(value=False).to_numpy(dtype=bool)]


def _places(target: Target, served: pd.DataFrame) -> pd.DataFrame:
    """Count places, each once."""
    rows = _of(target, served).drop_duplicates(["site_id", "target_id"])
    counts = rows.groupby("site_id").size()
    return _table(target, counts, "count")


def _roads(target: Target, results: Mapping[str, gpd.GeoDataFrame], served: pd.DataFrame) -> pd.DataFrame:
    """Count kilometres of road."""
    rows = _of(target, served.replace({"target_layer": {"roads": target.layer}}))
    verdicts = results.get("road_verdicts")
    if verdicts is not None and (target.roads == "border" or target.refs):
        roads = verdicts.drop_duplicates("road_id")
        counts = np.ones(len(roads), dtype=bool)
        if target.roads == "border":
            counts &= column(roads, "is_border", "boolean").fillna(value=False).to_numpy(dtype=bool)
        if target.refs:
            counts &= column(roads, "ref").fillna("").str.startswith(target.refs).to_numpy(dtype=bool)
        rows = rows[rows["target_id"].isin(set(roads.loc[counts, "road_id"])).to_numpy(dtype=bool)]
    spot = rows["target_key"].str.split("|").str[0]  # several services of one point count once
    rows = rows[~pd.DataFrame({"site": rows["site_id"], "spot": spot}).duplicated().to_numpy()]
    return _table(target, rows.groupby("site_id")["length_m"].sum() / 1000.0, "km")


def _villages_gained(
    before: Mapping[str, gpd.GeoDataFrame], after: Mapping[str, gpd.GeoDataFrame], operator: str
) -> pd.DataFrame | None:
    """List the villages that the plan covers, by technology; None where the official rule was not applied."""
    if "village_verdicts" not in before or "village_verdicts" not in after:
        return None
    old, new = before["village_verdicts"], after["village_verdicts"]
    turned = column(new, "verdict").eq("covered").to_numpy(dtype=bool) & ~(
        column(old, "verdict").eq("covered").to_numpy(dtype=bool)
    )
    turned &= column(new, "operator").eq(operator).to_numpy(dtype=bool)
    rows = new[turned]
    near = column(rows, "near_station", "boolean").fillna(value=False).astype(bool)
    return pd.DataFrame(
        {
            "village_id": ids(rows, "villages").to_numpy(),
            "technology": column(rows, "technology").to_numpy(),
            "station": column(rows, "nearest_station_id").astype(object).where(near, None).to_numpy(),
        }
    )


def _villages(
    target: Target, gained: pd.DataFrame, served: pd.DataFrame, results: Mapping[str, gpd.GeoDataFrame]
) -> pd.DataFrame:
    """Count villages for the sites that bring them."""
    rows = gained[gained["technology"].isin(target.services).to_numpy(dtype=bool)]
    known = set(served["site_id"].dropna())
    by_station = rows[rows["station"].isin(known).to_numpy(dtype=bool)]
    others = rows[~rows["station"].isin(known).to_numpy(dtype=bool)]
    verdicts = results["verdicts"].drop_duplicates(["target_layer", "target_id"])
    village = pd.Series(
        column(verdicts, "village_id").to_numpy(),
        index=pd.MultiIndex.from_arrays([column(verdicts, "target_layer"), column(verdicts, "target_id")]),
    )
    here = served[served["technology"].isin(target.services).to_numpy(dtype=bool)]
    key = pd.MultiIndex.from_arrays([here["target_layer"], here["target_id"]])
    places = pd.DataFrame({"site_id": here["site_id"].to_numpy(), "village_id": village.reindex(key).to_numpy()})
    by_place = places[places["village_id"].isin(set(others["village_id"])).to_numpy(dtype=bool)].drop_duplicates()
    stations = by_station.rename(columns={"station": "site_id"})[["site_id", "village_id"]].drop_duplicates()
    counts = pd.concat([stations, by_place]).drop_duplicates().groupby("site_id").size()
    return _table(target, counts, "count")


def _table(target: Target, counts: pd.Series, unit: str) -> pd.DataFrame:
    """Give sums by site as rows."""
    counts = counts[counts > 0]
    return pd.DataFrame(
        {"site_id": counts.index.to_numpy(), "target_id": target.id, "gained": counts.to_numpy(float), "unit": unit}
    )
