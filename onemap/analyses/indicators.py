"""Districts and all of them together against dated targets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.columns import column, ids, require_geographic, result_layer
from onemap.analyses.targets import Target, targets

__all__ = ["IndicatorSettings", "covered_units", "district_members", "indicators"]

_VERDICTS = ("covered", "depends", "uncovered")
_OPEN = 1  # rank of what is not known
_UNITS = {"places": "count", "roads": "km", "areas": "km²", "none": ""}


@dataclass(frozen=True, slots=True)
class IndicatorSettings:
    """How targets are held against results.

    Attributes
    ----------
    operator
        Whose coverage counts: "any", or one operator.
    fibre_reach_m
        A place this near to fibre with free capacity has fibre, in metres: an assumption, where no list of places with
        fibre is given.
    targets
        Rows of data; those of onemap if empty.

    Examples
    --------
    >>> IndicatorSettings().operator
    'any'
    """

    operator: str = "any"
    fibre_reach_m: float = 300.0
    targets: tuple[Target, ...] = ()


def indicators(
    results: Mapping[str, gpd.GeoDataFrame],
    districts: gpd.GeoDataFrame | None,
    *,
    date: dt.date,
    settings: IndicatorSettings | None = None,
) -> gpd.GeoDataFrame:
    """Hold every district, and all of them together, against the targets.

    Parameters
    ----------
    results
        Of which `verdicts`, `village_verdicts`, `road_verdicts`, `area_coverage` and `fibre_distances` are counted, as
        far as they are there; geographic CRS.
    districts
        Canonical layer; a place counts in every district that holds it, once a level (length of the code). None: in
        total only.
    date
        Date of the data: a target is due when its date is not later.
    settings
        Targets, operator, fibre; the defaults if not given.

    Returns
    -------
    indicators
        Result layer `indicators`: for each target a row in total (no code, name "total") and one a district that has
        anything to count; total, covered, depends and uncovered in `unit`, the share covered, how many are missing to
        the target, and `state`: "met", "undecided" (met if what depends proves covered), "not met", "no figure" (the
        document names no share), "no data". A service that was not judged leaves a place open.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.

    Examples
    --------
    >>> villages = gpd.GeoDataFrame({"village_id": ["A", "B"], "technology": "5G", "operator": "any",
    ...     "verdict": ["covered", "uncovered"]}, geometry=gpd.points_from_xy([75, 76], [39, 39]), crs="EPSG:4490")
    >>> found = indicators({"village_verdicts": villages}, None, date=dt.date(2026, 1, 1)).set_index("target_id")
    >>> print(*found.loc["frontier-2027-villages-5g", ["covered_share", "missing", "state"]])
    0.5 1.0 not met
    """
    frames = {name: frame for name, frame in results.items() if name in _USED}
    crs = require_geographic(districts=districts, **frames) if frames or districts is not None else CRS("EPSG:4490")
    settings = settings or IndicatorSettings()
    rows: list[dict[str, object]] = []
    for target in settings.targets or targets():
        counted = _COUNTS[target.rule](target, frames, settings)
        rows += _by_district(target, counted, districts, date)
    table = pd.DataFrame(rows)
    shapes = table.pop("shape").to_numpy(dtype=object) if len(table) else np.empty(0, dtype=object)
    return result_layer("indicators", {str(name): table[name].array for name in table}, shapes, crs)


def covered_units(
    results: Mapping[str, gpd.GeoDataFrame], target: Target, settings: IndicatorSettings
) -> dict[object, float]:
    """Give what of a target is covered: places, or points of roads, each with what it counts.

    Parameters
    ----------
    results
        As for `indicators`.
    target
        One of rule "places" or "roads"; of others nothing is told.
    settings
        The operator that counts, and what near fibre is.

    Returns
    -------
    units
        Id of a place → 1, or (road, offset from its start in metres, to the millimetre) → kilometres.

    Examples
    --------
    >>> from onemap.analyses.targets import targets
    >>> villages = gpd.GeoDataFrame({"village_id": ["A", "B"], "technology": "5G", "operator": "any",
    ...     "verdict": ["covered", "uncovered"]}, geometry=gpd.points_from_xy([75, 76], [39, 39]), crs="EPSG:4490")
    >>> wanted = next(one for one in targets() if one.id == "frontier-2027-villages-5g")
    >>> covered_units({"village_verdicts": villages}, wanted, IndicatorSettings())
    {'A': 1.0}
    """
    if target.rule not in {"places", "roads"}:
        return {}
    frames = {name: frame for name, frame in results.items() if name in _USED}
    counted = _COUNTS[target.rule](target, frames, settings)
    counted = counted[counted["rank"].eq(0).to_numpy(dtype=bool)]
    if target.rule == "places":
        units: list[object] = counted["place"].tolist() if len(counted) else []
    else:
        at = zip(counted["road"], counted["offset_m"].round(3), strict=True) if len(counted) else ()
        units = list(at)
    return dict(zip(units, counted["weight"].astype(float), strict=True))


def district_members(
    geometry: NDArray[np.object_], districts: gpd.GeoDataFrame
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair places with the districts that hold them, one a level.

    Parameters
    ----------
    geometry
        Points, shape (n,).
    districts
        Canonical layer in the same CRS. A place on a common border is of the district with the smaller code.

    Returns
    -------
    place, district
        Positions, ordered by district, then by place.

    Examples
    --------
    >>> squares = gpd.GeoDataFrame({"code": ["650001", "650002"]}, geometry=[shapely.box(0, 0, 1, 1),
    ...     shapely.box(1, 0, 2, 1)])
    >>> [one.tolist() for one in district_members(shapely.points([0.5, 1.0], [0.5, 0.5]), squares)]
    [[0, 1], [0, 0]]
    """
    place, district = shapely.STRtree(districts.geometry.to_numpy()).query(geometry, predicate="intersects")
    code = ids(districts, "districts").fillna("").astype(str).to_numpy(dtype=object)
    table = pd.DataFrame({"place": place, "district": district, "code": code[district]})
    table["level"] = table["code"].str.len()
    table = table.sort_values(["place", "level", "code"], kind="stable").drop_duplicates(["place", "level"])
    table = table.sort_values(["district", "place"], kind="stable")
    return table["place"].to_numpy(dtype=np.int64), table["district"].to_numpy(dtype=np.int64)


def _by_district(
    target: Target, counted: pd.DataFrame, districts: gpd.GeoDataFrame | None, date: dt.date
) -> list[dict[str, object]]:
    """Sum up what is counted for a target, in total and by district."""
    shared: dict[str, object] = {
        "target_id": target.id,
        "programme_zh": target.programme_zh,
        "programme_en": target.programme_en,
        "zh": target.zh,
        "en": target.en,
        "target_layer": target.layer,
        "services": ";".join(target.services),
        "deadline": target.date.isoformat(),
        "due": target.date <= date,
        "required_share": np.nan if target.share is None else target.share,
        "unit": _UNITS[target.rule],
        "source": target.source,
        "confidence": target.confidence,
    }
    rows = [{**shared, "district_code": "", "district_name": "total", "shape": None, **_sums(target, counted)}]
    if districts is None or counted.empty:
        return rows
    place, district = district_members(counted["geometry"].to_numpy(dtype=object), districts)
    codes, names = ids(districts, "districts").tolist(), column(districts, "name").tolist()
    shapes = districts.geometry.to_numpy()
    for one in np.unique(district).tolist():
        sums = _sums(target, counted.iloc[place[district == one]])
        rows.append({**shared, "district_code": codes[one], "district_name": names[one], "shape": shapes[one], **sums})
    return rows


def _sums(target: Target, counted: pd.DataFrame) -> dict[str, object]:
    """Add up weights by verdict, and hold the share against the target."""
    weight, rank = counted["weight"].to_numpy(dtype=float), counted["rank"].to_numpy(dtype=float)
    sums = {verdict: float(weight[rank == place].sum()) for place, verdict in enumerate(_VERDICTS)}
    total = float(weight.sum())
    if not total > 0:
        return {"total": 0.0, "state": "no data"}
    share, best = sums["covered"] / total, (sums["covered"] + sums["depends"]) / total
    found: dict[str, object] = {**sums, "total": total, "covered_share": share}
    if target.share is None:
        return {**found, "state": "no figure"}
    rounding = 1e-9
    missing = max(target.share * total - sums["covered"], 0.0)
    if target.rule == "places":
        missing = max(float(np.ceil(target.share * total - rounding)) - sums["covered"], 0.0)
    met, may = share >= target.share - rounding, best >= target.share - rounding
    return {**found, "missing": missing, "state": "met" if met else "undecided" if may else "not met"}


def _places(target: Target, results: Mapping[str, gpd.GeoDataFrame], settings: IndicatorSettings) -> pd.DataFrame:
    """Count the places of a layer."""
    parts = [*_wireless(target, results, settings), *_by_wire(target, results, settings)]
    if not parts:
        return _nothing()
    table = pd.concat(parts, ignore_index=True)
    households = pd.to_numeric(table["households"]).astype("float64")
    table = table[~(households < target.min_households)]  # of unknown size: counts
    return _combined(table, ["place"], target)


def _wireless(
    target: Target, results: Mapping[str, gpd.GeoDataFrame], settings: IndicatorSettings
) -> list[pd.DataFrame]:
    """Give the verdicts of the places of a layer; villages by the official rule where it was applied."""
    official = target.layer == "villages" and "village_verdicts" in results
    name = "village_verdicts" if official else "verdicts"
    if name not in results:
        return []
    rows = results[name]
    place = ids(rows, "villages") if official else rows["target_id"]
    chosen = rows["operator"].eq(settings.operator) & rows["technology"].isin(target.services)
    if not official:
        chosen &= rows["target_layer"].eq(target.layer)
    rows, place = rows[chosen.to_numpy(dtype=bool)], place[chosen.to_numpy(dtype=bool)]
    households = _households(rows, target, results, place)
    return [_units(place, rows["technology"], rows["verdict"].map(_RANKS), rows.geometry, households=households)]


def _households(
    rows: gpd.GeoDataFrame, target: Target, results: Mapping[str, gpd.GeoDataFrame], place: pd.Series
) -> NDArray[np.object_]:
    """Give the households of places: of the verdicts, else of the list of fibre."""
    if "households" in rows or "fibre_distances" not in results:
        return column(rows, "households", "number").to_numpy(dtype=object)
    fibre = results["fibre_distances"]
    fibre = fibre[fibre["target_layer"].eq(target.layer).to_numpy(dtype=bool)].drop_duplicates("target_id")
    known = pd.Series(column(fibre, "households", "number").to_numpy(), index=pd.Index(fibre["target_id"]))
    return known.reindex(pd.Index(place)).to_numpy(dtype=object)


def _by_wire(
    target: Target, results: Mapping[str, gpd.GeoDataFrame], settings: IndicatorSettings
) -> list[pd.DataFrame]:
    """Say which places of a layer have fibre."""
    if "fibre" not in target.services or "fibre_distances" not in results:
        return []
    rows = results["fibre_distances"]
    rows = rows[rows["target_layer"].eq(target.layer).to_numpy(dtype=bool)]
    near = column(rows, "distance_m", "number").le(settings.fibre_reach_m).to_numpy(dtype=bool)
    rank = pd.Series(np.where(near, 0, len(_VERDICTS) - 1), index=rows.index)
    service = pd.Series("fibre", index=rows.index)
    return [_units(rows["target_id"], service, rank, rows.geometry, households=column(rows, "households", "number"))]


def _roads(target: Target, results: Mapping[str, gpd.GeoDataFrame], settings: IndicatorSettings) -> pd.DataFrame:
    """Count kilometres of road: each point stands for the road half-way to its neighbours."""
    if "road_verdicts" not in results:
        return _nothing()
    rows = results["road_verdicts"]
    chosen = rows["operator"].eq(settings.operator) & rows["technology"].isin(target.services)
    if target.roads == "border":
        chosen &= column(rows, "is_border", "boolean").fillna(value=False).astype(bool)
    if target.refs:
        chosen &= column(rows, "ref").fillna("").str.startswith(target.refs)
    rows = rows[chosen.to_numpy(dtype=bool)]
    place = rows["road_id"].astype(str) + "\n" + rows["offset_m"].round(3).astype(str)
    table = _units(place, rows["technology"], rows["verdict"].map(_RANKS), rows.geometry)
    table = table.assign(road=rows["road_id"].to_numpy(), offset_m=rows["offset_m"].to_numpy(dtype=float))
    found = _combined(table, ["road", "offset_m"], target)
    if found.empty:
        return found
    offset_m = found["offset_m"].to_numpy(dtype=float)
    starts = np.append(True, found["road"].to_numpy()[1:] != found["road"].to_numpy()[:-1])
    half_m = np.append(0.0, np.diff(offset_m) / 2)
    before_m = np.where(starts, 0.0, half_m)
    after_m = np.append(before_m[1:], 0.0)
    return found.assign(weight=(before_m + after_m) / 1000)


def _areas(target: Target, results: Mapping[str, gpd.GeoDataFrame], settings: IndicatorSettings) -> pd.DataFrame:
    """Count square kilometres; of several technologies that any may give, the best one of each area."""
    if "area_coverage" not in results:
        return _nothing()
    rows = results["area_coverage"]
    chosen = rows["operator"].eq(settings.operator) & rows["technology"].isin(target.services)
    rows = rows[(chosen & rows["area_layer"].eq(target.layer) & rows["covered_share"].notna()).to_numpy(dtype=bool)]
    rows = rows.sort_values("covered_share", ascending=target.need == "all", kind="stable").drop_duplicates("area_id")
    points = shapely.point_on_surface(rows.geometry.to_numpy())
    parts = [
        pd.DataFrame({"rank": rank, "weight": rows["area_km2"] * rows[f"{verdict}_share"], "geometry": points})
        for rank, verdict in enumerate(_VERDICTS)
    ]
    return pd.concat(parts, ignore_index=True)


def _none(_target: Target, _results: Mapping[str, gpd.GeoDataFrame], _settings: IndicatorSettings) -> pd.DataFrame:
    """Count nothing: no layer tells."""
    return _nothing()


def _units(
    place: pd.Series,
    service: pd.Series,
    rank: pd.Series,
    geometry: gpd.GeoSeries,
    *,
    households: Sequence[object] | NDArray[np.object_] | pd.Series | None = None,
) -> pd.DataFrame:
    """Put what is counted into one table."""
    return pd.DataFrame(
        {
            "place": place.to_numpy(dtype=object),
            "service": service.to_numpy(dtype=object),
            "rank": rank.to_numpy(dtype=float),
            "geometry": geometry.to_numpy(),
            "households": np.nan if households is None else np.asarray(households, dtype=object),
        }
    )


def _combined(table: pd.DataFrame, key: list[str], target: Target) -> pd.DataFrame:
    """Take the best of the services of each place, or the worst; one that was not judged leaves it open."""
    if table.empty:
        return _nothing().reindex(columns=["rank", "weight", "geometry", *key])
    groups = table.groupby(key, sort=True)
    best = target.need == "any"
    found = groups["rank"].min() if best else groups["rank"].max()
    judged = groups["service"].nunique()
    unknown = judged < len(target.services)
    found = found.where(~unknown, np.minimum(found, _OPEN) if best else np.maximum(found, _OPEN))
    return pd.DataFrame({"rank": found, "weight": 1.0, "geometry": groups["geometry"].first()}).reset_index()


def _nothing() -> pd.DataFrame:
    """Give a table without rows."""
    return pd.DataFrame(
        {"rank": pd.Series(dtype=float), "weight": pd.Series(dtype=float), "geometry": pd.Series(dtype=object)}
    )


_USED = ("verdicts", "village_verdicts", "road_verdicts", "area_coverage", "fibre_distances")
_RANKS = {verdict: place for place, verdict in enumerate(_VERDICTS)}
_COUNTS = {"places": _places, "roads": _roads, "areas": _areas, "none": _none}
