"""Demands of all parties met with what stands already, ours and others', nothing given away twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.colocation import inside_settlements
from onemap.analyses.columns import require_geographic, result_layer
from onemap.analyses.sharing.allotment import Allotment, Limits, Offers, allot
from onemap.analyses.sharing.demand_pairs import FITS, demand_pairs
from onemap.analyses.sharing.demand_settings import DemandSettings
from onemap.analyses.sharing.pair_reasons import match_reasons, outcome_reasons, pair_reasons
from onemap.analyses.sharing.settings import SharingSettings
from onemap.analyses.sharing.sight import SightFunction, ViewFunction
from onemap.analyses.sharing.stock import SUPPLY, stock_of, wants_of
from onemap.layers.nearest import nearest

__all__ = ["DemandMatches", "match_demands"]


@dataclass(frozen=True, slots=True)
class DemandMatches:
    """What came of the demands.

    Attributes
    ----------
    matches
        Result layer `demand_matches`: a row for each demand that is met, with what it is given.
    rejections
        Result layer `demand_rejections`: for each demand the nearest of what it is not given, each with its reason.
    outcomes
        Result layer `demand_outcomes`: a row for each demand.
    """

    matches: gpd.GeoDataFrame
    rejections: gpd.GeoDataFrame
    outcomes: gpd.GeoDataFrame


def match_demands(
    demands: gpd.GeoDataFrame,
    supply: Mapping[str, gpd.GeoDataFrame],
    *,
    settlements: gpd.GeoDataFrame | None = None,
    zones: gpd.GeoDataFrame | None = None,
    settings: DemandSettings | None = None,
    spots: SharingSettings | None = None,
    sight: SightFunction | None = None,
    view: ViewFunction | None = None,
) -> DemandMatches:
    """Give towers, structures, rooms, ducts and cables to demands.

    Parameters
    ----------
    demands
        Canonical layer: what operators want, and what police, forest or transport want of them.
    supply
        Canonical layers towers, structures, rooms, ducts, cables; any may be missing, others are not looked at.
    settlements, zones
        Decide which demands for a platform stand inside a settlement, where the reach is shorter.
    settings
        Limits; the defaults if not given.
    spots
        How settlements are told; the defaults if not given.
    sight
        Tells whether a mast sees the place of a demand for a platform; without it sight decides nothing.
    view
        Tells what share of its area a camera would see from a mast; likewise.

    Returns
    -------
    matches
        As many demands met as can be, then at the least cost: distance, with what the settings put on structures of
        other industries and on what is not known. No slot, rack, bore, core or load is given twice. `method` is
        "exact", or "bounded" beyond the limits of the settings: then `more_at_most` and `less_at_most_m` say what
        another allotment could gain at most.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a row has no place.

    Examples
    --------
    >>> demands = gpd.GeoDataFrame({"demand_id": ["D1"], "requester": ["公安"], "kind": ["监控"]},
    ...     geometry=[shapely.Point(75.001, 39)], crs="EPSG:4490")
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1", "T2"], "owner": ["中国铁塔", "中国铁塔"],
    ...     "platforms_free": [0, 1], "height_agl_m": [30.0, 40.0]},
    ...     geometry=[shapely.Point(75, 39), shapely.Point(75.005, 39)], crs="EPSG:4490")
    >>> found = match_demands(demands, {"towers": towers})
    >>> found.matches[["candidate_id", "direction"]].values.tolist(), found.rejections["rejected_for"].tolist()
    ([['T2', 'ours to them']], ['full'])
    """
    supply = {name: supply[name] for name in SUPPLY if name in supply}
    crs = require_geographic(demands=demands, settlements=settlements, zones=zones, **supply)
    settings, spots = settings or DemandSettings(), spots or SharingSettings()
    wants, stock = wants_of(demands, settings), stock_of(supply, settings)
    reach_m = _reach(wants, settlements, zones, settings=settings, spots=spots)
    pairs = demand_pairs(wants, stock, supply, reach_m=reach_m, settings=settings, sight=sight, view=view)
    found = _allot(pairs, wants, stock, settings)
    pairs = _with_losers(pairs, found, stock, wants)
    given = np.flatnonzero(found.supply[pairs["want"].to_numpy()] == pairs["item"].to_numpy())
    given = given[pairs["reason"].to_numpy()[given] == FITS]
    missed = np.flatnonzero(pairs["reason"].ne(FITS).to_numpy(dtype=bool))
    taken = _takers(found, wants)
    missed_reasons = _bounded(pairs, missed, settings.rejections_per_demand)
    rejected = pairs.iloc[missed_reasons].reset_index(drop=True)
    clauses = pair_reasons(rejected, wants, stock, taken)
    matches = _matches(pairs.iloc[given].reset_index(drop=True), wants, stock, found=found, settings=settings, crs=crs)
    rejections = _rejections(rejected, wants, stock, clauses=clauses, crs=crs)
    of_unmet = missed[found.supply[pairs["want"].to_numpy()[missed]] < 0]
    misses = _bounded(pairs, of_unmet, settings.misses_per_demand)
    told = pairs.iloc[misses].reset_index(drop=True)
    told = told.assign(**{f"clause_{lang}": words for lang, words in pair_reasons(told, wants, stock, taken).items()})
    outcomes = _outcomes(wants, stock, pairs, told, found=found, reach_m=reach_m, crs=crs)
    for name in ("reason_zh", "reason_en"):
        outcomes.loc[pairs["want"].to_numpy()[given], name] = matches[name].to_numpy()
    return DemandMatches(matches, rejections, outcomes)


def _reach(
    wants: pd.DataFrame,
    settlements: gpd.GeoDataFrame | None,
    zones: gpd.GeoDataFrame | None,
    *,
    settings: DemandSettings,
    spots: SharingSettings,
) -> NDArray[np.float64]:
    """Give how far each demand reaches."""
    reach_m = wants["resource"].map(dict(settings.distance_m)).astype("float64").fillna(0.0).to_numpy(copy=True)
    inside = inside_settlements(wants["lon"].to_numpy(), wants["lat"].to_numpy(), settlements, zones, settings=spots)
    near = inside & wants["resource"].eq("platform").fillna(value=False).to_numpy(dtype=bool)
    reach_m[near] = np.minimum(reach_m[near], settings.platform_distance_in_settlements_m)
    return np.asarray(reach_m)


def _allot(pairs: pd.DataFrame, wants: pd.DataFrame, stock: pd.DataFrame, settings: DemandSettings) -> Allotment:
    """Choose among the pairs that would do."""
    rows = pairs[pairs["reason"].eq(FITS).to_numpy(dtype=bool)]
    is_structure = stock["layer"].eq("structures").to_numpy(dtype=bool)
    offers = Offers(
        rows["want"].to_numpy(dtype=np.int64),
        rows["item"].to_numpy(dtype=np.int64),
        rows["cost"].to_numpy(dtype=np.int64),
        wants["units"].to_numpy(dtype=np.int64),
        stock["room"].to_numpy(dtype=np.int64),
        wants["load_kg"].to_numpy(dtype=float),
        np.where(is_structure, stock["spare_kg"].to_numpy(dtype=float), np.inf),
    )
    return allot(offers, Limits(settings.search_limit, settings.bundle_limit))


def _with_losers(pairs: pd.DataFrame, found: Allotment, stock: pd.DataFrame, wants: pd.DataFrame) -> pd.DataFrame:
    """Say of pairs that would do and were not chosen whether others hold the supply, or another was better."""
    want, item = pairs["want"].to_numpy(), pairs["item"].to_numpy()
    got = np.flatnonzero(found.supply >= 0)
    used = np.bincount(found.supply[got], weights=wants["units"].to_numpy()[got], minlength=len(stock))
    borne = np.bincount(found.supply[got], weights=wants["load_kg"].to_numpy()[got], minlength=len(stock))
    full = stock["room"].to_numpy()[item] - used[item] < wants["units"].to_numpy()[want]
    full |= stock["spare_kg"].to_numpy()[item] - borne[item] < wants["load_kg"].to_numpy()[want]
    lost = pairs["reason"].eq(FITS).to_numpy(dtype=bool) & (found.supply[want] != item)
    reason = np.where(lost, np.where(full, "taken", "dearer"), pairs["reason"].to_numpy(dtype=object))
    return pairs.assign(reason=reason)


def _takers(found: Allotment, wants: pd.DataFrame) -> dict[int, str]:
    """Name the demands that hold each supply."""
    got = np.flatnonzero(found.supply >= 0)
    names = wants["id"].to_numpy(dtype=object)
    takers: dict[int, str] = {}
    for demand, item in zip(got, found.supply[got], strict=True):
        takers[int(item)] = f"{takers[int(item)]}, {names[demand]}" if int(item) in takers else str(names[demand])
    return takers


def _bounded(pairs: pd.DataFrame, rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Keep the nearest few of each demand."""
    number = pairs["want"].iloc[rows].groupby(pairs["want"].iloc[rows]).cumcount().to_numpy()
    return rows[number < count]


def _direction(wants: pd.DataFrame, stock: pd.DataFrame, settings: DemandSettings) -> list[object]:
    """Say who opens what to whom, row by row."""
    words = {(True, True): "between operators", (True, False): "theirs to us", (False, True): "ours to them",
             (False, False): "between others"}  # fmt: skip
    parties = set(settings.telecom_parties)
    return [
        pd.NA if pd.isna(asker) or pd.isna(owner) else words[asker in parties, owner in parties]
        for asker, owner in zip(wants["requester"], stock["owner"], strict=True)
    ]


def _lines(pairs: pd.DataFrame, wants: pd.DataFrame) -> NDArray[np.object_]:
    """Draw a line from each demand to what it was paired with."""
    want = pairs["want"].to_numpy()
    ends = [wants["lon"].to_numpy()[want], wants["lat"].to_numpy()[want], pairs["lon"], pairs["lat"]]
    return np.asarray(shapely.linestrings(np.column_stack(ends).astype(float).reshape(-1, 2, 2)), dtype=object)


def _asked_fields(wants: pd.DataFrame) -> dict[str, object]:
    """Give the fields that say what is wanted."""
    names = {"demand_id": "id", "demand_name": "name", "requester": "requester", "resource": "resource",
             "year": "year", "units": "units", "wanted_height_m": "wanted_height_m"}  # fmt: skip
    return {name: wants[source].array for name, source in names.items()}


def _given_fields(stock: pd.DataFrame) -> dict[str, object]:
    """Give the fields that say what is shared."""
    return {f"candidate_{name}": stock[name].array for name in ("layer", "id", "owner", "kind")}


def _matches(
    pairs: pd.DataFrame,
    wants: pd.DataFrame,
    stock: pd.DataFrame,
    *,
    found: Allotment,
    settings: DemandSettings,
    crs: CRS,
) -> gpd.GeoDataFrame:
    """List what was given."""
    asked = wants.iloc[pairs["want"]].reset_index(drop=True)
    given = stock.iloc[pairs["item"]].reset_index(drop=True)
    values = {**_asked_fields(asked), **_given_fields(given)}
    values |= {name: pairs[name].to_numpy() for name in ("distance_m", "clearance_m", "seen_share")}
    values |= {"height_agl_m": given["height_agl_m"].to_numpy(), "room_free": given["room"].array}
    values["direction"] = _direction(asked, given, settings)
    values["cost_m"] = pairs["cost"].to_numpy() / 100.0
    values["method"] = np.where(found.exact[pairs["want"]], "exact", "bounded")
    for lang, words in match_reasons(pairs, asked, given).items():
        values[f"reason_{lang}"] = words
    return result_layer("demand_matches", values, _lines(pairs, wants), crs)


def _rejections(
    pairs: pd.DataFrame, wants: pd.DataFrame, stock: pd.DataFrame, *, clauses: Mapping[str, list[str]], crs: CRS
) -> gpd.GeoDataFrame:
    """List what was not given."""
    asked = wants.iloc[pairs["want"]].reset_index(drop=True)
    given = stock.iloc[pairs["item"]].reset_index(drop=True)
    values = {**_asked_fields(asked), **_given_fields(given), "distance_m": pairs["distance_m"].to_numpy()}
    values["rejected_for"] = pairs["reason"].array
    values |= {f"reason_{lang}": words for lang, words in clauses.items()}
    return result_layer("demand_rejections", values, _lines(pairs, wants), crs)


def _outcomes(
    wants: pd.DataFrame,
    stock: pd.DataFrame,
    pairs: pd.DataFrame,
    told: pd.DataFrame,
    *,
    found: Allotment,
    reach_m: NDArray[np.float64],
    crs: CRS,
) -> gpd.GeoDataFrame:
    """Say what came of each demand."""
    chosen = found.supply
    met = chosen >= 0
    given = stock.reindex(np.where(met, chosen, -1)).reset_index(drop=True)
    values = {**_asked_fields(wants), **_given_fields(given), "contact_person": wants["contact_person"].array}
    at = pairs[pairs["reason"].eq(FITS).to_numpy(dtype=bool)].set_index("want")["distance_m"]
    values["distance_m"] = at.reindex(range(len(wants))).to_numpy()
    values["in_reach"] = np.bincount(pairs["want"], minlength=len(wants))
    values["conclusion"] = np.where(met, "shared", "not shared")
    values["method"] = np.where(found.exact, "exact", "bounded")
    values["more_at_most"] = np.full(len(wants), found.more_at_most)
    values["less_at_most_m"] = np.full(len(wants), found.less_at_most / 100.0)
    nearest_m = _nearest(wants, stock, ~met & (values["in_reach"] == 0))
    words = outcome_reasons(wants, told, met=met, reach_m=reach_m, nearest_m=nearest_m, in_reach=values["in_reach"])
    values |= {f"reason_{lang}": one for lang, one in words.items()}
    points = np.asarray(shapely.points(wants["lon"].to_numpy(), wants["lat"].to_numpy()), dtype=object)
    return result_layer("demand_outcomes", values, points, crs)


def _nearest(wants: pd.DataFrame, stock: pd.DataFrame, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Measure how far the nearest is for demands that reach nothing; infinite where there is none, NaN for lines."""
    found_m = np.full(len(wants), np.nan)
    for kind in ("mast", "rack"):
        asking = np.flatnonzero(rows & wants["stock"].eq(kind).fillna(value=False).to_numpy(dtype=bool))
        among = stock[stock["stock"].eq(kind).to_numpy(dtype=bool)]
        lon, lat = (wants[name].to_numpy()[asking] for name in ("lon", "lat"))
        found_m[asking] = nearest(lon, lat, among["lon"].to_numpy(), among["lat"].to_numpy())[1]
    return found_m
