"""Places without service, matched to towers and other industries' structures that would see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.columns import column, ids, places, require_geographic, result_layer
from onemap.analyses.coverage.buffer import unobstructed
from onemap.analyses.coverage.line_of_sight import Ends, sights_between
from onemap.analyses.coverage.places import grid_for
from onemap.analyses.coverage.service import serves
from onemap.analyses.coverage.settings import ANY_OPERATOR, CoverageSettings
from onemap.analyses.sharing import SharingSettings
from onemap.layers.grid import Grid
from onemap.layers.nearest import nearest, points_within
from onemap.messages import text
from onemap.terrain.profile import BLOCKED, CLEAR, sight_states

__all__ = ["Matches", "match_gaps"]


@dataclass(frozen=True, slots=True)
class Matches:
    """What could serve the places without service.

    Attributes
    ----------
    matched
        Result layer `sharing_matches`: a row for each candidate of each place, rank 1 is best.
    unmatched
        Result layer `sharing_unmatched`: a row for each place that no candidate sees, with the reason.
    """

    matched: gpd.GeoDataFrame
    unmatched: gpd.GeoDataFrame


def match_gaps(
    gaps: gpd.GeoDataFrame,
    towers: gpd.GeoDataFrame | None,
    structures: gpd.GeoDataFrame | None,
    *,
    antennas: pd.DataFrame,
    coverage: CoverageSettings,
    settings: SharingSettings | None = None,
    grid: Grid | None = None,
    operator: str = ANY_OPERATOR,
) -> Matches:
    """Match places without certain service to what stands already and would see them.

    Parameters
    ----------
    gaps
        Result layer `gap_points`.
    towers
        Canonical layer. Candidates are those in service or being built that do not serve the operator with that
        technology.
    structures
        Canonical layer of power towers, light poles and the like. Candidates are those in service with load to spare,
        or of which neither is known. None where there is none.
    antennas
        Table of `serving_antennas`: what serves already.
    coverage
        How sight is judged, and how far each technology reaches: nothing farther than its range is matched.
    settings
        How far a candidate may stand, how many are listed; the defaults if not given.
    grid
        Heights of the ground; needed for the model "line of sight". By "radius" distance alone decides.
    operator
        Whose gaps: "any" for places that nobody serves.

    Returns
    -------
    matches
        Candidates whose sight of the place is certain: towers first, unless their platforms are known to be taken, then
        other industries' structures, then towers without a free platform; each by distance. A candidate of unknown
        height is taken with the project's default, and says so.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a row has no place, or there is no elevation model where one is needed.

    Examples
    --------
    >>> from onemap.analyses.coverage import coverage as judge, serving_antennas
    >>> from onemap.analyses.gaps import gap_points
    >>> schools = gpd.GeoDataFrame({"school_id": ["S1"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> pylons = gpd.GeoDataFrame(
    ...     {"structure_id": ["P1"], "owner": ["电网"]}, geometry=[shapely.Point(75.01, 39)], crs="EPSG:4490")
    >>> radius = CoverageSettings(model="radius", technologies=("4G",), operators=())
    >>> gaps = gap_points(judge({"schools": schools}, None, None, settings=radius), {"schools": schools}, None)
    >>> antennas = serving_antennas(None, None, default_height_m=30)
    >>> match_gaps(gaps, None, pylons, antennas=antennas, coverage=radius).matched.loc[0, "candidate_id"]
    'P1'
    """
    crs = require_geographic(gaps=gaps, towers=towers, structures=structures)
    settings = settings or SharingSettings()
    grid = grid_for(coverage, grid)
    stock = _stock(towers, structures, coverage.default_tower_height_m)
    asked = gaps[gaps["operator"].eq(operator).fillna(value=False).to_numpy(dtype=bool)].reset_index(drop=True)
    parts, unmet = [], []
    for technology in coverage.technologies:
        wanting = asked[asked["technology"].eq(technology).to_numpy(dtype=bool)].reset_index(drop=True)
        serving = set(antennas.loc[serves(antennas, technology, operator), "tower_id"].dropna())
        busy = stock["layer"].eq("towers") & stock["id"].isin(serving)
        free = stock[~busy.to_numpy(dtype=bool)].reset_index(drop=True)
        reach_m = min(settings.match_distance_m, coverage.range_m[technology])
        paths = _paths(wanting, free, reach_m, coverage, grid, crs)
        best = paths[paths["state"].eq(CLEAR)].head(len(paths))
        best = best[best.groupby("place").cumcount().lt(settings.matches_per_place).to_numpy(dtype=bool)]
        parts.append(_matched(wanting, free, best, coverage, crs))
        unmet.append(_unmatched(wanting, free, paths, reach_m, crs))
    if not parts:
        empty = np.empty(0, dtype=object)
        return Matches(*(result_layer(name, {}, empty, crs) for name in ("sharing_matches", "sharing_unmatched")))
    return Matches(*(gpd.GeoDataFrame(pd.concat(part, ignore_index=True), crs=crs) for part in (parts, unmet)))


def _stock(
    towers: gpd.GeoDataFrame | None, structures: gpd.GeoDataFrame | None, default_height_m: float
) -> pd.DataFrame:
    """List what could be shared, towers first."""
    parts = []
    for name, layer in (("towers", towers), ("structures", structures)):
        if layer is None or layer.empty:
            continue
        usable = column(layer, "status").fillna("in service").isin(["in service", "building"])
        usable &= ~column(layer, "load_spare_kg", "number").le(0)
        chosen = layer[usable.to_numpy(dtype=bool)]
        lon, lat = places(chosen, name)
        height_m = column(chosen, "height_agl_m", "number")
        table = {
            "layer": name,
            "id": ids(chosen, name).array,
            "owner": column(chosen, "owner").array,
            "kind": column(chosen, "kind").array,
            "height_agl_m": height_m.fillna(default_height_m).to_numpy(),
            "height_assumed": height_m.isna().to_numpy(),
            "platforms_free": column(chosen, "platforms_free", "integer").array,
            "lon": lon,
            "lat": lat,
        }
        parts.append(pd.DataFrame(table))
    if parts:
        return pd.concat(parts, ignore_index=True)
    numbers = {name: pd.Series(dtype="float64") for name in ("height_agl_m", "lon", "lat")}
    texts = {name: pd.Series(dtype="string") for name in ("layer", "id", "owner", "kind")}
    return pd.DataFrame(
        {**texts, **numbers, "height_assumed": pd.Series(dtype=bool), "platforms_free": pd.Series(dtype="Int64")}
    )


def _paths(  # noqa: PLR0917
    wanting: gpd.GeoDataFrame,
    free: pd.DataFrame,
    reach_m: float,
    coverage: CoverageSettings,
    grid: Grid | None,
    crs: CRS,
) -> pd.DataFrame:
    """Judge the paths from all candidates in reach; order them, best first for each place."""
    lon, lat = places(wanting, "gaps")
    place, candidate, distance_m = points_within(lon, lat, free["lon"], free["lat"], distance_m=reach_m)
    if grid is None:
        sights, margin_m = unobstructed(len(place)), 0.0
    else:
        start = Ends(*(free[name].to_numpy()[candidate] for name in ("lon", "lat", "height_agl_m")))
        end = Ends(lon[place], lat[place], np.full(len(place), coverage.target_height_m))
        sights, margin_m = (
            sights_between(start, end, grid, crs=crs, k_factor=coverage.k_factor),
            coverage.clearance_margin_m,
        )
    paths = pd.DataFrame(
        {
            "place": place,
            "candidate": candidate,
            "distance_m": distance_m,
            "state": sight_states(sights, margin_m),
            "clearance_m": sights.clearance_m,
            "obstacle_distance_m": sights.obstacle_distance_m,
            "obstacle_elev_m": sights.obstacle_elev_m,
            "lowest": -np.nan_to_num(sights.reduced_m, nan=-np.inf),
        }
    )
    is_tower = free["layer"].eq("towers").to_numpy(dtype=bool)[candidate]
    is_full = free["platforms_free"].eq(0).fillna(value=False).to_numpy(dtype=bool)[candidate]
    paths["preference"] = np.where(is_tower, np.where(is_full, 2, 0), 1)
    clear = paths["state"].eq(CLEAR)
    paths["lowest"] = paths["lowest"].where(~clear, 0.0)
    paths["preference"] = paths["preference"].where(clear, 0)
    return paths.sort_values(["place", "state", "preference", "lowest", "distance_m", "candidate"], ignore_index=True)


def _matched(  # noqa: PLR0917
    wanting: gpd.GeoDataFrame, free: pd.DataFrame, best: pd.DataFrame, coverage: CoverageSettings, crs: CRS
) -> gpd.GeoDataFrame:
    """List the candidates that see a place."""
    place, candidate = best["place"].to_numpy(), best["candidate"].to_numpy()
    chosen = free.iloc[candidate].reset_index(drop=True)
    values = _place_fields(wanting, place)
    values |= {f"candidate_{name}": chosen[name].array for name in ("layer", "id", "owner")}
    values |= {name: chosen[name].array for name in ("height_agl_m", "platforms_free")}
    values |= {name: best[name].to_numpy() for name in ("distance_m", "clearance_m")}
    values["rank"] = best.groupby("place").cumcount().add(1).to_numpy()
    records = [{**one, **other} for one, other in zip(chosen.to_dict("records"), best.to_dict("records"), strict=True)]
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [_why(record, coverage, lang) for record in records]
    lon, lat = places(wanting, "gaps")
    ends = np.column_stack([lon[place], lat[place], chosen["lon"], chosen["lat"]]).astype(float).reshape(-1, 2, 2)
    return result_layer("sharing_matches", values, np.asarray(shapely.linestrings(ends), dtype=object), crs)


def _unmatched(  # noqa: PLR0917
    wanting: gpd.GeoDataFrame, free: pd.DataFrame, paths: pd.DataFrame, reach_m: float, crs: CRS
) -> gpd.GeoDataFrame:
    """List the places that nothing sees, with the reason."""
    first = paths.drop_duplicates("place").set_index("place").reindex(range(len(wanting)))
    lost = np.flatnonzero(~first["state"].eq(CLEAR).to_numpy(dtype=bool))
    values = _place_fields(wanting, lost)
    lon, lat = places(wanting, "gaps")
    nearest_m = nearest(lon[lost], lat[lost], free["lon"], free["lat"])[1]
    counts = paths["place"].value_counts().reindex(lost, fill_value=0)
    records = first.iloc[lost].assign(nearest_m=nearest_m, count=counts.to_numpy(), reach_m=reach_m).to_dict("records")
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [_why_not(record, free, lang) for record in records]
    return result_layer("sharing_unmatched", values, np.asarray(wanting.geometry.to_numpy(), dtype=object)[lost], crs)


def _place_fields(wanting: gpd.GeoDataFrame, row: NDArray[np.int64]) -> dict[str, object]:
    """Repeat what is known of each place."""
    names = {"place_layer": "target_layer", "place_id": "target_id", "place_name": "name", "technology": "technology",
             "operator": "operator"}  # fmt: skip
    return {name: wanting[field].iloc[row].array for name, field in names.items()}


def _why(record: Mapping[Any, Any], coverage: CoverageSettings, lang: str) -> str:
    """Say why a candidate would do."""
    kind = "match_tower" if record["layer"] == "towers" else "match_structure"
    owner = "-" if pd.isna(record["owner"]) else record["owner"]
    said = text(kind, lang, candidate=record["id"], owner=owner, distance_m=f"{record['distance_m']:.0f}")
    if coverage.model == "radius" or pd.isna(record["clearance_m"]):
        said += text("match_by_distance", lang)
    else:
        figures = {"clearance_m": f"{record['clearance_m']:.1f}", "height_m": f"{round(record['height_agl_m'], 1):g}"}
        said += text("match_sees", lang, **figures, obstacle_distance_m=f"{record['obstacle_distance_m']:.0f}")
        if record["height_assumed"]:
            said += text("match_height_assumed", lang)
    if record["layer"] == "towers":
        free = record["platforms_free"]
        said += text("match_platforms_unknown", lang) if pd.isna(free) else _platforms(int(free), lang)
    return said


def _platforms(free: int, lang: str) -> str:
    """Say how many platforms are free."""
    return text("match_platforms_none", lang) if free == 0 else text("match_platforms", lang, count=free)


def _why_not(record: Mapping[Any, Any], free: pd.DataFrame, lang: str) -> str:
    """Say why nothing would do."""
    reach_m = f"{record['reach_m']:.0f}"
    if record["count"] == 0:
        if np.isinf(record["nearest_m"]):
            return text("unmatched_nothing", lang)
        return text("unmatched_far", lang, reach_m=reach_m, nearest_m=f"{record['nearest_m']:.0f}")
    candidate = free["id"].iloc[int(record["candidate"])]
    values = {"count": record["count"], "reach_m": reach_m, "candidate": candidate}
    if record["state"] != BLOCKED:
        return text("unmatched_uncertain", lang, **values)
    figures = {name: f"{record[name]:.0f}" for name in ("obstacle_distance_m", "obstacle_elev_m")}
    return text("unmatched_blocked", lang, **values, **figures, below_m=f"{-record['clearance_m']:.1f}")
