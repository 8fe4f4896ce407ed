"""Which indicators each site of a plan moves, and by how much: what becomes covered by it, counted as targets count."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from onemap.analyses.columns import column, ids
from onemap.analyses.indicators import IndicatorSettings, covered_units
from onemap.analyses.plan.effects import PlanEffects
from onemap.analyses.targets import Target, targets

__all__ = ["indicator_moves"]

_COLUMNS = ("site_id", "target_id", "gained", "unit")
Results = Mapping[str, gpd.GeoDataFrame]


def indicator_moves(
    results: Results, effects: PlanEffects, served: pd.DataFrame, settings: IndicatorSettings
) -> pd.DataFrame:
    """Count for each site what it adds to each indicator.

    Parameters
    ----------
    results
        Result layers before.
    effects
        What the plan changes.
    served
        What the plan serves newly: `site_id`, `target_key`, `target_layer`, `target_id`, `technology`.
    settings
        Targets and the operator that counts.

    Returns
    -------
    moves
        `site_id`, `target_id` of the indicator, `gained` in `unit` (count or km): what is covered with the plan and was
        not before, for each site that serves it with one of the services asked for. A village that is covered by its
        official rule counts for the site that is now the station near its committee, or else for all that serve one of
        its places, so that sites may share one.

    Examples
    --------
    >>> import datetime as dt
    >>> from onemap.analyses.coverage import CoverageSettings
    >>> from onemap.analyses.gaps import GapSettings
    >>> from onemap.analyses.plan.effects import plan_effects
    >>> point = gpd.points_from_xy([75.0], [39.0], crs="EPSG:4490")
    >>> verdicts = gpd.GeoDataFrame({"target_layer": "posts", "target_id": ["P1"], "technology": "5G",
    ...     "operator": "any", "verdict": "uncovered"}, geometry=point)
    >>> site = gpd.GeoDataFrame({"candidate_id": ["N1:5G"], "kind": "new site", "technologies": "5G",
    ...     "operators": "any", "bands": "n78", "height_agl_m": 30.0}, geometry=point)
    >>> served = pd.DataFrame({"target_key": ["posts:P1|5G|any"], "target_layer": "posts", "target_id": "P1",
    ...     "technology": "5G", "site_id": ["N1:5G"], "margin_db": [12.0]})
    >>> effects = plan_effects({"verdicts": verdicts}, {}, site, served, date=dt.date(2026, 1, 1), gaps=GapSettings(),
    ...     coverage=CoverageSettings(), indicators=IndicatorSettings())
    >>> moves = indicator_moves({"verdicts": verdicts}, effects, served, IndicatorSettings())
    >>> moves.loc[moves["target_id"].eq("frontier-2027-posts-5g"), ["site_id", "gained"]].values.tolist()
    [['N1:5G', 1.0]]
    """
    parts = []
    for target in settings.targets or targets():
        before = covered_units(results, target, settings)
        gained = {unit: count for unit, count in covered_units(effects.results, target, settings).items()
                  if unit not in before}  # fmt: skip
        if not gained:
            continue
        here = served[served["technology"].isin(target.services).to_numpy(dtype=bool)]
        pairs = _pairs(target, here, effects.results, set(gained))
        worth = pairs.assign(gained=[gained[unit] for unit in pairs["unit"]])
        sums = worth.groupby("site_id", sort=True)["gained"].sum()
        unit = "km" if target.rule == "roads" else "count"
        parts.append(
            pd.DataFrame({"site_id": sums.index, "target_id": target.id, "gained": sums.to_numpy(), "unit": unit})
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_COLUMNS))


def _pairs(target: Target, served: pd.DataFrame, results: Results, gained: set[object]) -> pd.DataFrame:
    """Pair sites with what becomes covered, each pair once."""
    if target.rule == "roads":
        rows = served[served["target_layer"].eq("roads").fillna(value=False).to_numpy(dtype=bool)]
        along = rows["target_key"].str.removeprefix("roads:").str.split("|").str[0].str.rsplit("@", n=1)
        units: list[object] = [(road, round(float(offset), 3)) for road, offset in along]
    elif target.layer == "villages" and "village_verdicts" in results:
        return _villages(target, served, results, gained)
    else:
        rows = served[served["target_layer"].eq(target.layer).fillna(value=False).to_numpy(dtype=bool)]
        units = rows["target_id"].tolist()
    return _kept(rows["site_id"].tolist(), units, gained)


def _kept(sites: list[object], units: list[object], gained: set[object]) -> pd.DataFrame:
    """Keep the pairs of what is gained, each once, in their order."""
    kept = dict.fromkeys((site, unit) for site, unit in zip(sites, units, strict=True) if unit in gained)
    units_kept = pd.Series([unit for _, unit in kept], dtype=object)
    return pd.DataFrame({"site_id": [site for site, _ in kept], "unit": units_kept})


def _villages(target: Target, served: pd.DataFrame, results: Results, gained: set[object]) -> pd.DataFrame:
    """Pair sites with villages: by the station near the committee, else by the places they serve."""
    rows = results["village_verdicts"]
    station = column(rows, "nearest_station_id")
    near = column(rows, "near_station", "boolean").fillna(value=False)
    near &= (
        column(rows, "technology").isin(target.services)
        & station.isin(set(served["site_id"]))
        & column(rows, "verdict").eq("covered")
    )
    rows, station = rows[near.to_numpy(dtype=bool)], station[near.to_numpy(dtype=bool)]
    by_station = _kept(station.tolist(), ids(rows, "villages").tolist(), gained)
    verdicts = results["verdicts"].drop_duplicates(["target_layer", "target_id"])
    village = pd.Series(
        column(verdicts, "village_id").to_numpy(dtype=object),
        index=pd.MultiIndex.from_arrays([column(verdicts, "target_layer"), column(verdicts, "target_id")]),
    )
    own = verdicts["target_layer"].eq("villages").to_numpy(dtype=bool)
    village[own] = column(verdicts[own], "target_id").to_numpy(dtype=object)
    at = village.reindex(pd.MultiIndex.from_arrays([served["target_layer"], served["target_id"]]))
    by_place = _kept(served["site_id"].tolist(), at.tolist(), gained - set(by_station["unit"]))
    return pd.concat([by_station, by_place], ignore_index=True)
