"""Who is served by which site of a plan, and what is left and why: for want of money, or out of reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csc_array

from onemap.analyses.candidates import Reach
from onemap.analyses.columns import column, places, result_layer
from onemap.analyses.costs import CostBook
from onemap.analyses.coverage.propagation import needed_db
from onemap.analyses.plan.choosing import Chosen
from onemap.layers.nearest import geodesic_distance
from onemap.messages import LANGUAGES, text

__all__ = ["BY_PLAN", "OUT_OF_REACH", "plan_served", "server_of"]

BY_PLAN, FOR_MONEY, OUT_OF_REACH = "served by the plan", "left for money", "out of reach"
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def server_of(chosen: Chosen) -> tuple[Integers, Floats]:
    """Give the site that serves each target that is newly served.

    Parameters
    ----------
    chosen
        The plan.

    Returns
    -------
    site, margin_db
        Number of the site in the order of building, -1 where the plan serves nothing new, shape (targets,): the one
        with the largest margin, of equal ones the first built; its margin in dB, NaN where the model gives none.

    Examples
    --------
    >>> from onemap.analyses.plan.example import example_plan
    >>> server_of(example_plan()[0])[0]
    array([0, 0, 1])
    """
    picked = chosen.solution.chosen
    targets = chosen.problem.size[0]
    site, best = np.full(targets, -1, dtype=np.int64), np.full(targets, np.nan)
    margins = chosen.question.reach.margins()
    for number, candidate in enumerate(picked):
        rows = _rows(chosen.problem.serves, candidate)
        rows = rows[~chosen.problem.served_before[rows]]
        kept = _rows(margins, candidate)
        values = margins.data[margins.indptr[candidate] : margins.indptr[candidate + 1]]
        margin = values[np.searchsorted(kept, rows)].astype(float)
        better = (site[rows] < 0) | (margin > best[rows])
        site[rows[better]], best[rows[better]] = number, margin[better]
    return site, best


def _rows(matrix: csc_array, one: int) -> Integers:
    """Give the rows of a column."""
    return np.asarray(matrix.indices[matrix.indptr[one] : matrix.indptr[one + 1]], dtype=np.int64)


def plan_served(chosen: Chosen, book: CostBook, *, looks: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """List all that was not served before: by which site the plan serves it, or why it does not.

    Parameters
    ----------
    chosen
        The plan.
    book
        Prices: what a dish costs.
    looks
        Result layer `satellite_looks` of what is out of reach; None where it was not looked at.

    Returns
    -------
    served
        Result layer `plan_served`, in the order of the targets: "served by the plan", "left for money" (a candidate
        would serve it; the cheapest is named) or "out of reach" (no candidate serves it; by how much the best one falls
        short, where that is known, and the satellite that it sees).

    Examples
    --------
    >>> from onemap.analyses.plan.example import example_plan
    >>> chosen, ground = example_plan(target_share=0.9)
    >>> plan_served(chosen, ground.book)[["target_id", "state"]].values.tolist()
    [['S1', 'served by the plan'], ['V1', 'served by the plan'], ['P1', 'left for money']]
    """
    question = chosen.question
    rows = np.flatnonzero(~chosen.problem.served_before)
    targets = question.targets.iloc[rows]
    server, margin = server_of(chosen)
    site, margin_db = server[rows], margin[rows]
    cheapest, cost = _cheapest(chosen)
    short_db = _short_db(question.reach)
    state = np.where(site >= 0, BY_PLAN, np.where(cheapest[rows] >= 0, FOR_MONEY, OUT_OF_REACH)).astype(object)
    key = column(question.candidates, "candidate_id").to_numpy(dtype=object)
    lon, lat = places(targets, "targets")
    values: dict[str, object] = {
        name: column(targets, name).array for name in ("target_layer", "target_id", "name", "technology", "operator")
    }
    values |= {"weight": targets["weight"].to_numpy(dtype=float), "length_m": column(targets, "length_m", "number")}
    values |= {"weight_assumed": targets["weight_assumed"].to_numpy(dtype=bool), "state": state}
    values |= {"site_id": _named(chosen.sites, site), "margin_db": np.where(site >= 0, margin_db, np.nan)}
    values |= {"distance_m": _distance(chosen, site, lon, lat), "must": question.must[rows]}
    left = state == FOR_MONEY
    named = np.array([key[one] if one >= 0 else None for one in cheapest[rows]], dtype=object)
    values["cheapest"] = np.where(left, named, None)  # type: ignore[call-overload]
    values["cheapest_cost"] = np.where(left, cost[rows], np.nan)
    values |= _above(targets, state == OUT_OF_REACH, looks, book)
    table = pd.DataFrame({name: np.asarray(value, dtype=object) for name, value in values.items()})
    records = table.assign(short_db=short_db[rows]).to_dict("records")
    for lang in LANGUAGES:
        values[f"reason_{lang}"] = [_reason(record, chosen.question.costs.money, lang) for record in records]
    return result_layer("plan_served", values, targets.geometry.to_numpy(), targets.crs)


def _cheapest(chosen: Chosen) -> tuple[Integers, Floats]:
    """Give the cheapest candidate that serves each target, the first of equal ones, and its cost."""
    serves = chosen.problem.serves.tocoo()
    total = chosen.question.costs.table["total"].to_numpy(dtype=float)
    order = np.lexsort((serves.col, total[serves.col], serves.row))
    row, first = np.unique(serves.row[order], return_index=True)
    cheapest, cost = np.full(chosen.problem.size[0], -1, dtype=np.int64), np.full(chosen.problem.size[0], np.nan)
    cheapest[row] = serves.col[order][first]
    cost[row] = total[cheapest[row]]
    return cheapest, cost


def _short_db(reach: Reach) -> Floats:
    """Give by how much the best candidate of each target falls short of what "covered" asks for; NaN: by more."""
    need = needed_db(reach.sigma_db.astype(float), reach.location_percent)
    short = need - reach.margin_db.astype(float)
    found = np.full(reach.shape[0], np.inf)
    np.fmin.at(found, reach.target, short)
    return np.where(np.isfinite(found), found, np.nan)


def _named(sites: gpd.GeoDataFrame, number: Integers) -> NDArray[np.object_]:
    """Give the ids of sites by number."""
    names = column(sites, "candidate_id").to_numpy(dtype=object)
    return np.array([names[one] if one >= 0 else None for one in number], dtype=object)


def _distance(chosen: Chosen, site: Integers, lon: Floats, lat: Floats) -> Floats:
    """Give the distance of each target from its site, in metres."""
    distance = np.full(len(site), np.nan)
    served = site >= 0
    if served.any():
        at_lon, at_lat = places(chosen.sites, "plan_candidates")
        distance[served] = geodesic_distance(at_lon[site[served]], at_lat[site[served]], lon[served], lat[served])
    return distance


def _above(
    targets: gpd.GeoDataFrame, lost: NDArray[np.bool_], looks: gpd.GeoDataFrame | None, book: CostBook
) -> dict[str, object]:
    """Give the satellite that each place out of reach sees, and what a dish costs there."""
    name: NDArray[np.object_] = np.full(len(targets), None, dtype=object)
    if looks is None or looks.empty or not lost.any():
        return {"satellite": name, "satellite_cost": np.full(len(targets), np.nan)}
    best = looks[column(looks, "best", "boolean").fillna(value=False).to_numpy(dtype=bool)]
    sees = column(best, "verdict").eq("visible").to_numpy(dtype=bool)
    low = column(best, "low_orbit_verdict").eq("visible").to_numpy(dtype=bool)
    said = pd.Series(
        column(best, "satellite")
        .astype(object)
        .where(sees, pd.Series(["low orbit"] * len(best), index=best.index))
        .where(sees | low, None)
        .to_numpy(),
        index=pd.MultiIndex.from_arrays(places(best, "satellite_looks")),
    )
    said = said[~said.index.duplicated()]
    name[lost] = said.reindex(pd.MultiIndex.from_arrays(places(targets[lost], "targets"))).to_numpy(dtype=object)
    there = np.array([isinstance(one, str) for one in name])
    return {"satellite": name, "satellite_cost": np.where(there, book.price("satellite_site"), np.nan)}


def _reason(record: Mapping[Any, Any], money: str, lang: str) -> str:
    """Say by what a target is served, or why it is not."""
    if record["state"] == BY_PLAN:
        words = text("plan_line_served", lang, site=record["site_id"], distance_m=f"{record['distance_m']:,.0f}")
        if not np.isnan(record["margin_db"]):
            words += text("plan_line_margin", lang, margin_db=f"{record['margin_db']:.1f}")
        return words
    if record["state"] == FOR_MONEY:
        cost = f"{record['cheapest_cost']:,.1f} {money}"
        return text("plan_line_left", lang, candidate=record["cheapest"], cost=cost)
    words = text("plan_line_out_of_reach", lang)
    if not np.isnan(record["short_db"]):
        words += text("plan_line_short", lang, short_db=f"{record['short_db']:.1f}")
    if isinstance(record["satellite"], str):
        cost = f"{record['satellite_cost']:,.1f} {money}"
        words += text("plan_line_satellite", lang, satellite=record["satellite"], cost=cost)
    return words
