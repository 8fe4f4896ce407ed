"""Pairs of demands and what lies in their reach: which would do, and why the others would not."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.sharing.demand_settings import DemandSettings
from onemap.analyses.sharing.near_lines import near_segments, nearest_of_each, segments_of
from onemap.analyses.sharing.owner_limits import owner_limits
from onemap.analyses.sharing.sight import Rays, SightFunction, ViewFunction
from onemap.layers.nearest import points_within
from onemap.terrain.profile import BLOCKED, CLEAR

__all__ = ["FITS", "REASONS", "demand_pairs"]

FITS = ""
REASONS = ("status", "own", "owners", "full", "low", "load", "blocked", "uncertain", "view")
"""Why a pair is rejected, the first that holds."""

_EMPTY = {"want": "int64", "item": "int64", "distance_m": "float64", "lon": "float64", "lat": "float64"}
_LINES = {"bore": "ducts", "fibre": "cables"}


def demand_pairs(
    wants: pd.DataFrame,
    stock: pd.DataFrame,
    supply: Mapping[str, gpd.GeoDataFrame],
    *,
    reach_m: NDArray[np.float64],
    settings: DemandSettings,
    sight: SightFunction | None = None,
    view: ViewFunction | None = None,
) -> pd.DataFrame:
    """Judge all pairs in reach.

    Parameters
    ----------
    wants, stock
        Tables of `wants_of` and `stock_of`.
    supply
        The layers that the stock was listed from.
    reach_m
        How far each demand reaches, shape (n,), in metres.
    settings
        Limits.
    sight, view
        Say what is in sight of a mast; without them sight and view decide nothing.

    Returns
    -------
    pairs
        Ordered by demand, then distance, then position in the stock: want, item (positions), distance_m, lon, lat (the
        place that is shared), reason (one of `REASONS`, or `FITS`), clearance_m, obstacle_m, seen_share (NaN where not
        judged), cost (whole centimetres).

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.sharing.stock import stock_of, wants_of
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1"], "platforms_free": [0]}, geometry=[shapely.Point(75, 39)])
    >>> demands = gpd.GeoDataFrame({"demand_id": ["D1"]}, geometry=[shapely.Point(75.001, 39)])
    >>> settings, supply = DemandSettings(), {"towers": towers}
    >>> demand_pairs(wants_of(demands, settings), stock_of(supply, settings), supply, reach_m=np.array([500.0]),
    ...     settings=settings)["reason"].tolist()
    ['full']
    """
    parts = [
        _pairs_of(kind, wants, stock, supply=supply, reach_m=reach_m) for kind in ("mast", "rack", "bore", "fibre")
    ]
    pairs = pd.concat(parts, ignore_index=True)
    pairs = pairs[pairs["distance_m"].to_numpy() <= reach_m[pairs["want"].to_numpy()]]
    pairs = pairs.sort_values(["want", "distance_m", "item"], ignore_index=True)
    pairs["reason"] = _rejected(pairs, wants, stock, settings)
    pairs = pairs.assign(clearance_m=np.nan, obstacle_m=np.nan, seen_share=np.nan)
    if sight is not None:
        pairs = _look(pairs, wants, stock, sight)
    if view is not None:
        pairs = _view(pairs, wants, stock, view, least=settings.camera_min_share)
    pairs["cost"] = _cost(pairs, wants, stock, settings)
    return pairs


def _pairs_of(
    kind: str,
    wants: pd.DataFrame,
    stock: pd.DataFrame,
    *,
    supply: Mapping[str, gpd.GeoDataFrame],
    reach_m: NDArray[np.float64],
) -> pd.DataFrame:
    """Find the pairs of one kind of stock."""
    asking = np.flatnonzero(wants["stock"].eq(kind).fillna(value=False).to_numpy(dtype=bool))
    items = np.flatnonzero(stock["stock"].eq(kind).to_numpy(dtype=bool))
    if not len(asking) or not len(items):
        return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in _EMPTY.items()})
    lon, lat = wants["lon"].to_numpy()[asking], wants["lat"].to_numpy()[asking]
    farthest_m = float(reach_m[asking].max())
    if kind in _LINES:
        segments = segments_of(supply[_LINES[kind]])
        near = near_segments(lon, lat, segments, distance_m=farthest_m)
        rows = nearest_of_each(near, segments)
        place_of = np.empty(len(items), dtype=np.int64)
        place_of[stock["row"].to_numpy()[items]] = items
        one, other = near.point[rows], place_of[segments.line[near.segment[rows]]]
        distance_m, at_lon, at_lat = near.distance_m[rows], near.lon[rows], near.lat[rows]
    else:
        here = stock["lon"].to_numpy()[items], stock["lat"].to_numpy()[items]
        one, found, distance_m = points_within(lon, lat, *here, distance_m=farthest_m)
        other, at_lon, at_lat = items[found], here[0][found], here[1][found]
    return pd.DataFrame({"want": asking[one], "item": other, "distance_m": distance_m, "lon": at_lon, "lat": at_lat})


def _rejected(
    pairs: pd.DataFrame, wants: pd.DataFrame, stock: pd.DataFrame, settings: DemandSettings
) -> NDArray[np.object_]:
    """Say why pairs would not do, as far as the tables tell."""
    want, item = pairs["want"].to_numpy(), pairs["item"].to_numpy()
    asked, given = ({name: table[name].to_numpy()[place] for name in names} for table, place, names in (
        (wants, want, ("units", "load_kg", "wanted_height_m")),
        (stock, item, ("stands", "room", "height_agl_m", "spare_kg")),
    ))  # fmt: skip
    own, refused = owner_limits(wants["requester"].iloc[want], stock["owner"].iloc[item], settings)
    low = given["height_agl_m"] < asked["wanted_height_m"]
    heavy = (given["spare_kg"] <= 0) | (asked["load_kg"] > given["spare_kg"])
    tests = [~given["stands"], own & (not settings.own_resources), refused, given["room"] < asked["units"], low, heavy]
    return np.select(tests, np.array(REASONS[: len(tests)], dtype=object), default=FITS).astype(object)


def _rays(pairs: pd.DataFrame, wants: pd.DataFrame, stock: pd.DataFrame) -> Rays:
    """Lay a ray from what stands to what is wanted for each pair."""
    want, item = pairs["want"].to_numpy(), pairs["item"].to_numpy()
    return Rays(
        pairs["lon"].to_numpy(),
        pairs["lat"].to_numpy(),
        stock["height_agl_m"].to_numpy()[item],
        *(wants[name].to_numpy()[want] for name in ("lon", "lat", "radius_m")),
    )


def _asked(pairs: pd.DataFrame, wants: pd.DataFrame, resource: str) -> NDArray[np.int64]:
    """Give the pairs that are left of demands for a resource."""
    is_kind = wants["resource"].eq(resource).fillna(value=False).to_numpy(dtype=bool)
    return np.flatnonzero(is_kind[pairs["want"].to_numpy()] & pairs["reason"].eq(FITS).to_numpy(dtype=bool))


def _look(pairs: pd.DataFrame, wants: pd.DataFrame, stock: pd.DataFrame, sight: SightFunction) -> pd.DataFrame:
    """Reject masts that do not see, or may not see, the place of the demand."""
    rows = _asked(pairs, wants, "platform")
    if not len(rows):
        return pairs
    seen = sight(_rays(pairs.iloc[rows], wants, stock))
    columns = {name: pairs[name].to_numpy(copy=True) for name in ("reason", "clearance_m", "obstacle_m")}
    columns["clearance_m"][rows], columns["obstacle_m"][rows] = seen.clearance_m, seen.obstacle_m
    verdict = np.where(seen.state == BLOCKED, "blocked", "uncertain").astype(object)
    columns["reason"][rows] = np.where(seen.state == CLEAR, FITS, verdict)
    return pairs.assign(**columns)


def _view(
    pairs: pd.DataFrame, wants: pd.DataFrame, stock: pd.DataFrame, view: ViewFunction, *, least: float
) -> pd.DataFrame:
    """Reject masts from which a camera sees too little of its area."""
    rows = _asked(pairs, wants, "camera")
    if not len(rows):
        return pairs
    share = view(_rays(pairs.iloc[rows], wants, stock))
    columns = {name: pairs[name].to_numpy(copy=True) for name in ("reason", "seen_share")}
    columns["seen_share"][rows] = share
    columns["reason"][rows] = np.where(share >= least, FITS, "view").astype(object)
    return pairs.assign(**columns)


def _cost(pairs: pd.DataFrame, wants: pd.DataFrame, stock: pd.DataFrame, settings: DemandSettings) -> NDArray[np.int64]:
    """Count what a pair costs: its distance, and what is put on it for what is not known or not ours."""
    want, item = pairs["want"].to_numpy(), pairs["item"].to_numpy()
    is_structure = stock["layer"].eq("structures").to_numpy(dtype=bool)[item]
    doubtful = ~stock["room_known"].to_numpy()[item]
    doubtful |= ~stock["height_known"].to_numpy()[item] & np.isfinite(wants["wanted_height_m"].to_numpy()[want])
    doubtful |= ~stock["spare_known"].to_numpy()[item] & (wants["load_kg"].to_numpy()[want] > 0)
    metres = pairs["distance_m"].to_numpy() + settings.structure_penalty_m * is_structure
    metres = metres + settings.unknown_penalty_m * doubtful
    return np.asarray(np.round(metres * 100.0), dtype=np.int64)
