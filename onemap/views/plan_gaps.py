"""Gaps before and after a plan: which places, villages and pieces of road the plan serves."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.ops
from numpy.typing import NDArray
from pyproj import Geod

from onemap.messages import text

__all__ = ["gaps_with_plan"]

_GEOD = Geod(ellps="GRS80")
_BY_PLAN = "served by the plan"
_KEYS = ["target_layer", "target_id", "technology", "operator"]
_ON_ROAD_DEG = 2e-4  # a point of a road lies on it; some 20 m are left for rounding and for carriageways


def gaps_with_plan(results: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Say of each gap whether the plan serves it.

    Parameters
    ----------
    results
        Of which `plan_served` is read, and `gap_points`, `village_verdicts`, `gap_stretches` in its CRS, in degrees.

    Returns
    -------
    results
        The same layers; where there is a plan, gaps have `plan_zh` and `plan_en` (by which site they are served,
        missing where they are not), and stretches `plan_lines` (the pieces served) and `plan_m` (their length in
        metres) too. A village counts as served where all its places without service are, or where a site of the plan
        stands no farther from its committee than a station that let another village meet the rule.

    Examples
    --------
    >>> gaps_with_plan({})
    {}
    """
    served = results.get("plan_served")
    if served is None or served.empty:
        return dict(results)
    mine = served[served["state"].eq(_BY_PLAN).to_numpy(dtype=bool)]
    found = dict(results)
    if "gap_points" in results:
        found["gap_points"] = _points(results["gap_points"], mine)
    if "village_verdicts" in results and "gap_points" in results:
        found["village_verdicts"] = _villages(
            results["village_verdicts"], found["gap_points"], results.get("plan_sites")
        )
    if "gap_stretches" in results:
        road = served["target_layer"].eq("roads").to_numpy(dtype=bool)
        found["gap_stretches"] = _stretches(results["gap_stretches"], served[road])
    return found


def _points(gaps: gpd.GeoDataFrame, mine: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join the reasons of what is served to places."""
    said = mine.drop_duplicates(_KEYS).set_index(_KEYS)[["reason_zh", "reason_en"]]
    joined = said.reindex(pd.MultiIndex.from_frame(gaps[_KEYS].astype(object)))
    return gaps.assign(plan_zh=joined["reason_zh"].to_numpy(), plan_en=joined["reason_en"].to_numpy())


def _villages(villages: gpd.GeoDataFrame, gaps: gpd.GeoDataFrame, sites: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Count a village as served where every gap of its places is, or a site of the plan stands near."""
    said = _all_served(villages, gaps)
    for place, pair in _stations_near(villages, sites).items():
        said.iloc[place] = pair
    return villages.assign(plan_zh=said["plan_zh"].to_numpy(), plan_en=said["plan_en"].to_numpy())


def _all_served(villages: gpd.GeoDataFrame, gaps: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the reasons of villages of which every gap is served."""
    keys = ["village_id", "technology", "operator"]
    if "village_id" not in gaps:
        return pd.DataFrame(None, index=villages.index, columns=["plan_zh", "plan_en"], dtype=object)
    same = gaps["target_layer"].eq("villages").to_numpy(dtype=bool)
    own = gaps.assign(village_id=gaps["target_id"].where(same, gaps["village_id"]).astype(object))
    groups = own.assign(left=own["plan_zh"].isna()).groupby(keys, dropna=True)
    first, left = groups[["plan_zh", "plan_en"]].first(), groups["left"].any()
    index = pd.MultiIndex.from_frame(villages[keys].astype(object))
    done = ~left.reindex(index).astype("boolean").fillna(value=True).to_numpy(dtype=bool)
    said = pd.DataFrame(first.reindex(index).astype(object))
    said.loc[~done] = None
    return pd.DataFrame(said.set_axis(villages.index))


def _stations_near(villages: gpd.GeoDataFrame, sites: gpd.GeoDataFrame | None) -> dict[int, tuple[str, str]]:
    """Give the villages that a site of the plan is near enough to, by their place in the layer."""
    if sites is None or sites.empty or "near_station" not in villages:
        return {}
    near: NDArray[np.bool_] = villages["near_station"].fillna(value=False).to_numpy(dtype=bool)
    if not near.any():
        return {}
    limit_m = float(
        pd.to_numeric(villages["nearest_station_m"], errors="coerce")[near].max()
    )  # at most that of the rule
    found: dict[int, tuple[str, str]] = {}
    stations = sites[sites["kind"].ne("satellite").to_numpy(dtype=bool)]
    lon, lat = stations.geometry.x.to_numpy(), stations.geometry.y.to_numpy()
    wanted = villages["verdict"].ne("covered").fillna(value=False).to_numpy(dtype=bool) & ~near
    for place in np.flatnonzero(wanted & villages["operator"].eq("any").to_numpy(dtype=bool)):
        at, technology = villages.geometry.iloc[place], str(villages["technology"].iloc[place])
        has = np.array([technology in str(one).split(";") for one in stations["technologies"]])
        away = _GEOD.inv(np.full(len(lon), at.x), np.full(len(lat), at.y), lon, lat)[2]
        away = np.where(has, away, np.inf)
        if away.min(initial=np.inf) <= limit_m:
            first = int(away.argmin())
            values = {"site": stations["site_id"].iloc[first], "distance_m": f"{away[first]:,.0f}"}
            found[int(place)] = (text("plan_village_near", "zh", **values), text("plan_village_near", "en", **values))
    return found


def _stretches(stretches: gpd.GeoDataFrame, road: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut out of each stretch what is served."""
    groups = dict(iter(road.groupby(["target_id", "technology", "operator"], dropna=False)))
    keys = zip(stretches["road_id"], stretches["technology"], stretches["operator"], strict=True)
    parts: list[list[shapely.LineString]] = []
    shares: list[float] = []
    for key, shape in zip(keys, stretches.geometry, strict=True):
        lines, share = _served_parts(shape, groups.get(key))
        parts.append(lines)
        shares.append(share)
    length = pd.to_numeric(stretches["length_m"], errors="coerce").to_numpy(dtype=float)
    return stretches.assign(plan_lines=pd.Series(parts, index=stretches.index, dtype=object), plan_m=length * shares)


def _served_parts(shape: shapely.Geometry, road: gpd.GeoDataFrame | None) -> tuple[list[shapely.LineString], float]:
    """Give the pieces of a stretch that are served, each point standing for half the way to its neighbours."""
    if road is None or shape is None or shape.is_empty:
        return [], 0.0
    points, by_plan = road.geometry.to_numpy(), road["state"].eq(_BY_PLAN).to_numpy(dtype=bool)
    found, served, whole = [], 0.0, 0.0
    for line in getattr(shape, "geoms", [shape]):
        near = shapely.distance(points, line) <= _ON_ROAD_DEG
        whole += line.length
        if not (near & by_plan).any():
            continue
        pieces = _pieces(line, shapely.line_locate_point(line, points[near]), by_plan[near])
        found += pieces
        served += sum(piece.length for piece in pieces)
    return found, served / whole if whole else 0.0


def _pieces(
    line: shapely.LineString, along: NDArray[np.float64], by_plan: NDArray[np.bool_]
) -> list[shapely.LineString]:
    """Join neighbouring served points of a line into pieces, in the units of the line."""
    order = np.lexsort((by_plan, along))
    along, by_plan = along[order], by_plan[order]
    ends = np.concatenate([[0.0], (along[1:] + along[:-1]) / 2, [line.length]])
    starts = np.flatnonzero(by_plan & ~np.concatenate([[False], by_plan[:-1]]))
    stops = np.flatnonzero(by_plan & ~np.concatenate([by_plan[1:], [False]]))
    pieces = [shapely.ops.substring(line, ends[a], ends[b + 1]) for a, b in zip(starts, stops, strict=True)]
    return [piece for piece in pieces if piece.geom_type == "LineString" and piece.length > 0]
