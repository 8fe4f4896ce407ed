"""The plan line by line: what, where, for whom, why this one, who has to agree, for how much, when, how sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.columns import column, result_layer
from onemap.analyses.costs import CERTAINTIES
from onemap.analyses.plan.alternatives import Alternative, alternatives
from onemap.analyses.plan.choosing import Chosen, Ground
from onemap.analyses.plan.costing import items_of
from onemap.analyses.plan.served import server_of
from onemap.analyses.plan.site_words import SiteWords, site_words
from onemap.analyses.siting import SitingSettings
from onemap.messages import LANGUAGES

__all__ = ["newly_served", "plan_sites", "years_of"]

_SAME = (
    "kind", "name", "facility_layer", "facility_id", "owner", "equipment", "technologies", "operators", "bands",
    "height_agl_m", "zone_status", "zone_ids", "source",
)  # fmt: skip
_KM = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What each site newly serves: sums in the order of building."""

    places: NDArray[np.int64]
    people: NDArray[np.float64]
    road_km: NDArray[np.float64]
    weight: NDArray[np.float64]
    margin_db: NDArray[np.float64]
    least_db: NDArray[np.float64]


def newly_served(chosen: Chosen) -> pd.DataFrame:
    """List what the plan serves newly, with the site that serves it.

    Parameters
    ----------
    chosen
        The plan.

    Returns
    -------
    served
        Rows of the targets, with `site_id`, `site` (number in the order of building) and `margin_db`.

    Examples
    --------
    >>> from onemap.analyses.plan.example import example_plan
    >>> newly_served(example_plan()[0])[["site_id", "target_id"]].values.tolist()
    [['towers:T1:4G', 'S1'], ['towers:T1:4G', 'V1'], ['new:N1:4G', 'P1']]
    """
    site, margin_db = server_of(chosen)
    mine = site >= 0
    names = column(chosen.sites, "candidate_id").to_numpy(dtype=object)
    rows = chosen.question.targets[mine].drop(columns="geometry")
    picked = site[mine]
    named = names[picked] if len(names) else np.empty(0, dtype=object)
    return pd.DataFrame(rows).assign(site=picked, site_id=named, margin_db=margin_db[mine])


def years_of(chosen: Chosen, settings: SitingSettings) -> pd.arrays.IntegerArray:
    """Give the year in which each site is built; missing without phases, or where their money does not last.

    Parameters
    ----------
    chosen, settings
        The plan, and its phases.

    Examples
    --------
    >>> from onemap.analyses.plan.example import example_plan
    >>> years_of(example_plan()[0], SitingSettings(target_share=1)).isna().tolist()
    [True, True]
    """
    years = [settings.phases[one].year if one >= 0 else pd.NA for one in chosen.solution.phase]
    return pd.array(years, dtype="Int64")


def plan_sites(
    chosen: Chosen,
    settings: SitingSettings,
    ground: Ground,
    *,
    people: str = "population",
    moves: pd.DataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Write the plan, a line for each site.

    Parameters
    ----------
    chosen
        The plan.
    settings
        What was asked for.
    ground
        Layers that sites are named by, prices.
    people
        What targets are weighed by: only "population" counts people.
    moves
        Table of `indicator_moves`; None where indicators were not looked at.

    Returns
    -------
    plan_sites
        Result layer `plan_sites`, in the order of building.

    Examples
    --------
    >>> from onemap.analyses.plan.example import example_plan
    >>> lines = plan_sites(example_plan()[0], SitingSettings(target_share=1), example_plan()[1])
    >>> lines["served_en"].tolist()
    ['schools: 1 (4G), School; villages: 1 (4G), Village', 'border institutions: 1 (4G), Post']
    """
    sites, served, others = chosen.sites, newly_served(chosen), alternatives(chosen)
    sums = _sums(served, len(sites), people=people)
    values: dict[str, object] = {name: column(sites, name).array for name in _SAME if name != "height_agl_m"}
    values |= {"site_id": column(sites, "candidate_id").array, "build_order": np.arange(1, len(sites) + 1)}
    values |= {"height_agl_m": column(sites, "height_agl_m", "number"), "year": years_of(chosen, settings)}
    values["phase"] = pd.array([one + 1 if one >= 0 else pd.NA for one in chosen.solution.phase], dtype="Int64")
    values |= {"served_places": sums.places, "served_people": sums.people, "served_road_km": sums.road_km}
    values |= {"served_weight": sums.weight, "alone_weight": chosen.solution.alone}
    values |= {"margin_db": sums.margin_db, "margin_least_db": sums.least_db}
    values |= _money(chosen, ground) | _runner_ups(chosen, others)
    words = site_words(chosen, ground, served, others, moves=moves, certainty=values["price_certainty"])
    for lang in LANGUAGES:
        values |= {f"{name}_{lang}": said for name, said in _columns(words[lang]).items()}
    return result_layer("plan_sites", values, sites.geometry.to_numpy(), sites.crs)


def _columns(words: SiteWords) -> Mapping[str, list[str]]:
    """Give the words of one language by column."""
    return {"where": words.where, "what": words.what, "served": words.served, "indicators": words.indicators,
            "reason": words.reason, "agree": words.agree, "certainty": words.certainty}  # fmt: skip


def _sums(served: pd.DataFrame, count: int, *, people: str) -> _Sums:
    """Sum up what each site serves; a place that gets several technologies counts once."""
    road = served["target_layer"].eq("roads").fillna(value=False).to_numpy(dtype=bool)
    once = served.drop_duplicates(["site", "target_layer", "target_id"])
    standing = once[once["target_layer"].ne("roads").fillna(value=True).to_numpy(dtype=bool)]
    spot = served["target_key"].str.split("|").str[0]
    points = served[road & ~pd.DataFrame({"site": served["site"], "spot": spot}).duplicated().to_numpy()]
    known = standing[~standing["weight_assumed"].to_numpy(dtype=bool)]

    def summed(values: pd.Series, default: float = 0.0) -> NDArray[np.float64]:
        return np.asarray(values.reindex(range(count), fill_value=default), dtype=float)

    crowd = summed(known.groupby("site")["weight"].sum()) if people == "population" else np.full(count, np.nan)
    margins = served.groupby("site")["margin_db"]
    return _Sums(
        places=summed(standing.groupby("site").size()).astype(np.int64),
        people=crowd,
        road_km=summed(points.groupby("site")["length_m"].sum()) / _KM,
        weight=summed(served.groupby("site")["weight"].sum()),
        margin_db=summed(margins.median(), np.nan),
        least_db=summed(margins.min(), np.nan),
    )


def _money(chosen: Chosen, ground: Ground) -> dict[str, object]:
    """Give the costs by part, and the least sure price of each site."""
    table = chosen.costs
    values: dict[str, object] = {f"cost_{part}": table[part].to_numpy(dtype=float)
                                 for part in ("site", "radio", "connection", "power", "access")}  # fmt: skip
    values |= {"cost": table["total"].to_numpy(dtype=float), "way": table["way"].to_numpy(dtype=object)}
    money = chosen.question.costs.money
    return {**values, "money": [money or None] * len(table), "price_certainty": price_certainty(chosen, ground)}


def price_certainty(chosen: Chosen, ground: Ground) -> list[str | None]:
    """Give the least sure price among those that each site is priced by.

    Parameters
    ----------
    chosen, ground
        The plan, and the prices.
    """
    said: list[str | None] = []
    ways = {} if chosen.connections is None else dict(
        zip(chosen.connections.sites["site_id"], chosen.connections.sites["price_certainty"], strict=True)
    )  # fmt: skip
    for kind, name in zip(column(chosen.sites, "kind"), column(chosen.sites, "candidate_id"), strict=True):
        own = ground.book.certainty([item for item in items_of(str(kind)) if item in ground.book.items])
        said.append(_least(own, ways.get(name)))
    return said


def _least(*words: object) -> str | None:
    """Give the least sure of several."""
    known = [CERTAINTIES.index(word) for word in words if isinstance(word, str) and word in CERTAINTIES]
    return CERTAINTIES[min(known)] if known else None


def _runner_ups(chosen: Chosen, others: list[Alternative]) -> dict[str, object]:
    """Name the runner-up of each site."""
    names = column(chosen.question.candidates, "candidate_id").to_numpy(dtype=object)
    kinds = column(chosen.question.candidates, "kind").to_numpy(dtype=object)
    there = [one.candidate for one in others]
    return {
        "runner_up": [names[one] if one >= 0 else None for one in there],
        "runner_up_kind": [kinds[one] if one >= 0 else None for one in there],
        "runner_up_share": np.array([one.share if one.candidate >= 0 else np.nan for one in others], dtype=float),
        "runner_up_cost": np.array([one.cost for one in others], dtype=float),
    }
