"""Administrative villages by the official rule: a base station near the committee, or every place covered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, places, require_geographic, result_layer
from onemap.analyses.coverage.service import serves
from onemap.analyses.gaps.settings import GapSettings
from onemap.errors import LayerError
from onemap.findings import Finding
from onemap.layers.nearest import nearest
from onemap.messages import Told, text

__all__ = ["household_findings", "village_verdicts"]

_PLACES = ("schools", "clinics", "settlements")
_WORST = ["covered", "depends", "uncovered"]
_OF_KIND = {
    "committee_verdict": "villages",
    "school_verdict": "schools",
    "clinic_verdict": "clinics",
    "settlement_verdict": "settlements",
}


def village_verdicts(
    villages: gpd.GeoDataFrame,
    verdicts: gpd.GeoDataFrame,
    antennas: pd.DataFrame,
    *,
    targets: Mapping[str, gpd.GeoDataFrame],
    settings: GapSettings | None = None,
) -> gpd.GeoDataFrame:
    """Judge each administrative village for each technology and operator.

    A village is covered if (a) a base station stands within `station_distance_m` of its committee, or (b) committee,
    schools, clinics and every settlement of `min_households` are all covered. Both parts are shown, with the places
    that fail.

    Parameters
    ----------
    villages
        Canonical layer, geographic CRS. The point is the committee; a polygon stands for a point inside it.
    verdicts
        Result layer `verdicts`, of villages and of those of schools, clinics and settlements that there are.
    antennas
        Table of `serving_antennas`: each is a base station.
    targets
        The layers of schools, clinics and settlements that were judged, by name. A place belongs to the village it
        names; one that names none (or an unknown one) to the village polygon it lies in, else to the nearest committee.
    settings
        Distance and households of the rule; the defaults if not given.

    Returns
    -------
    village_verdicts
        Result layer `village_verdicts`, with the worst verdict of each kind of place (missing where there is none) and
        the parts of the rule that fail, "a", "b" or both. A settlement whose households are not known is taken as
        `unknown_households` says.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If verdicts of a layer are missing.

    References
    ----------
    Guide to applications for universal telecommunications service, 2018: rule of 4G coverage of administrative
    villages.

    Examples
    --------
    >>> from onemap.analyses.coverage import CoverageSettings, coverage, serving_antennas
    >>> villages = gpd.GeoDataFrame(
    ...     {"village_id": ["V1"], "name": ["甲村"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> coverage_settings = CoverageSettings(model="radius", technologies=("4G",), operators=())
    >>> verdicts = coverage({"villages": villages}, None, None, settings=coverage_settings)
    >>> antennas = serving_antennas(None, None, default_height_m=30)
    >>> village_verdicts(villages, verdicts, antennas, targets={})[["verdict", "failing_places"]].values.tolist()
    [['uncovered', '甲村']]
    """
    layers = {name: targets[name] for name in _PLACES if name in targets and len(targets[name])}
    crs = require_geographic(villages=villages, verdicts=verdicts, **layers)
    settings = settings or GapSettings()
    if villages.empty:
        return result_layer("village_verdicts", {}, np.empty(0, dtype=object), crs)
    parts = _judged_places(villages, layers, verdicts, settings)
    lon, lat = places(villages, "villages")
    points = np.asarray(shapely.points(lon, lat))
    kinds = verdicts[["technology", "operator"]].drop_duplicates()
    results = []
    for technology, operator in kinds.itertuples(index=False):
        judged = parts[parts["technology"].eq(technology) & parts["operator"].eq(operator)]
        station = _nearest_station(lon, lat, antennas[serves(antennas, technology, operator)])
        results.append(_judge(villages, judged, station, settings).assign(technology=technology, operator=operator))
    if not results:
        return result_layer("village_verdicts", {}, np.empty(0, dtype=object), crs)
    table = pd.concat(results).sort_index(kind="stable")
    row = table.index.to_numpy()
    values: dict[str, object] = {name: table[name].array for name in table.columns}
    values |= {name: column(villages, name).iloc[row].array for name in ("village_id", "name", "source")}
    values |= {name: column(villages, name, "integer").iloc[row].array for name in ("households", "population")}
    records = table.assign(limit_km=settings.station_distance_m / 1000).to_dict("records")
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [_reason(record, lang) for record in records]
    return result_layer("village_verdicts", values, points[row], crs)


def household_findings(
    settlements: gpd.GeoDataFrame | None, *, settings: GapSettings | None = None
) -> tuple[Finding, ...]:
    """Say how many settlements have no number of households, and how they are taken.

    Parameters
    ----------
    settlements
        Canonical layer; None where there is none.
    settings
        `unknown_households`; the default if not given.

    Returns
    -------
    findings
        One, or none where all numbers are known.

    Examples
    --------
    >>> settlements = gpd.GeoDataFrame({"settlement_id": ["A", "B"], "households": [30, None]})
    >>> household_findings(settlements)[0].values["count"]
    1
    """
    if settlements is None:
        return ()
    missing = column(settlements, "households", "integer").isna().to_numpy(dtype=bool)
    if not missing.any():
        return ()
    first = str(ids(settlements, "settlements")[missing].iloc[0])
    treatment = Told(f"households_{(settings or GapSettings()).unknown_households}")
    values = {"count": int(missing.sum()), "settlement": first, "treatment": treatment}
    return (Finding("OM-BIZ-227", "settlements", values=values),)


def _judged_places(
    villages: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    verdicts: gpd.GeoDataFrame,
    settings: GapSettings,
) -> pd.DataFrame:
    """List the verdict of every place that the rule asks for, with the position of its village."""
    committee = pd.DataFrame(
        {
            "target_layer": "villages",
            "target_id": ids(villages, "villages").array,
            "label": _labels(villages, "villages"),
            "village": np.arange(len(villages)),
            "certain": True,
        }
    )
    asked = [committee]
    for name, layer in layers.items():
        chosen = layer[_large(layer, settings)] if name == "settlements" else layer
        if len(chosen):
            asked.append(_members(villages, chosen, name, settings))
    table = pd.concat(asked, ignore_index=True)
    given = verdicts[["target_layer", "target_id", "technology", "operator", "verdict"]]
    key = ["target_layer", "target_id"]
    judged = pd.MultiIndex.from_frame(table[key]).isin(pd.MultiIndex.from_frame(pd.DataFrame(given[key])))
    if len(given) and not judged.all():
        raise LayerError("analysis_verdicts_missing", layer=", ".join(table.loc[~judged, "target_layer"].unique()))
    return table.merge(pd.DataFrame(given).drop_duplicates(), on=key, how="inner")


def _large(settlements: gpd.GeoDataFrame, settings: GapSettings) -> NDArray[np.bool_]:
    """Tell which settlements the rule asks for."""
    large = column(settlements, "households", "integer").ge(settings.min_households)
    return large.fillna(value=settings.unknown_households != "skip").to_numpy(dtype=bool)


def _members(villages: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, name: str, settings: GapSettings) -> pd.DataFrame:
    """Say which village each place belongs to."""
    known = column(layer, "households", "integer").notna().to_numpy(dtype=bool)
    leaves_open = name == "settlements" and settings.unknown_households == "open"
    certain = known if leaves_open else np.ones(len(layer), dtype=bool)
    return pd.DataFrame(
        {
            "target_layer": name,
            "target_id": ids(layer, name).array,
            "label": _labels(layer, name),
            "village": _village_of(villages, layer, name),
            "certain": certain,
        }
    )


def _village_of(villages: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, name: str) -> NDArray[np.int64]:
    """Give the village each place names, else lies in, else is nearest to."""
    known = pd.Index(ids(villages, "villages"))
    first = pd.Series(np.arange(len(known)), index=known)[~known.duplicated()]
    village = first.reindex(pd.Index(column(layer, "village_id").fillna(""))).fillna(-1).to_numpy(dtype=np.int64)
    lon, lat = places(layer, name)
    shapes = np.asarray(villages.geometry.to_numpy(), dtype=object)
    polygons = np.flatnonzero(np.isin(shapely.get_type_id(shapes), (3, 6)))
    point, found = shapely.STRtree(shapes[polygons]).query(shapely.points(lon, lat), predicate="intersects")
    inside = np.full(len(layer), -1, dtype=np.int64)
    inside[point[::-1]] = polygons[found[::-1]]
    village = np.where(village < 0, inside, village)
    lost = np.flatnonzero(village < 0)
    village[lost] = nearest(lon[lost], lat[lost], *places(villages, "villages"))[0]
    return village


def _labels(layer: gpd.GeoDataFrame, name: str) -> list[str]:
    """Name each row: by name, else by id; a separator inside becomes a comma."""
    return [str(label).replace(";", ",") for label in column(layer, "name").fillna(ids(layer, name))]


def _nearest_station(lon: NDArray[np.float64], lat: NDArray[np.float64], stations: pd.DataFrame) -> pd.DataFrame:
    """Give the nearest base station of each village: tower, else cell; infinitely far where there is none."""
    found, distance_m = nearest(lon, lat, stations["lon"], stations["lat"])
    label = stations["tower_id"].fillna(stations["cell_id"]).reset_index(drop=True).astype("string")
    return pd.DataFrame({"nearest_station_id": label.reindex(found).array, "nearest_station_m": distance_m})


def _judge(
    villages: gpd.GeoDataFrame, judged: pd.DataFrame, station: pd.DataFrame, settings: GapSettings
) -> pd.DataFrame:
    """Apply both parts of the rule, one row a village."""
    index = pd.RangeIndex(len(villages))
    near = station["nearest_station_m"].le(settings.station_distance_m)
    rank = judged["verdict"].map({verdict: number for number, verdict in enumerate(_WORST)}).astype(int)
    rank = rank.where(judged["certain"].astype(bool), rank.clip(upper=1))
    by_village = judged.assign(rank=rank, covered=rank.eq(0)).groupby("village")
    worst = by_village["rank"].max().reindex(index).to_numpy(dtype=int)
    failing = judged[rank.gt(0)].groupby("village")["label"].agg(";".join)
    kinds = rank.groupby([judged["target_layer"], judged["village"]]).max()
    return pd.DataFrame(
        {
            **{name: _worst_of_kind(kinds, layer, index) for name, layer in _OF_KIND.items()},
            "failing_parts": _failing_parts(near.to_numpy(dtype=bool), worst > 0),
            "households_unknown": (~judged["certain"].astype(bool))
            .groupby(judged["village"])
            .sum()
            .reindex(index)
            .array,
            "verdict": np.where(near, "covered", np.array(_WORST, dtype=object)[worst]),
            "near_station": near.to_numpy(),
            "nearest_station_id": station["nearest_station_id"].array,
            "nearest_station_m": station["nearest_station_m"]
            .where(np.isfinite(station["nearest_station_m"]))
            .to_numpy(),
            "places_verdict": np.array(_WORST, dtype=object)[worst],
            "places_total": by_village.size().reindex(index).to_numpy(dtype=int),
            "places_covered": by_village["covered"].sum().reindex(index).to_numpy(dtype=int),
            "failing_places": failing.reindex(index).astype("string").array,
        },
        index=index,
    )


def _worst_of_kind(kinds: pd.Series, layer: str, index: pd.Index) -> Any:
    """Give the worst verdict of the places of one layer in each village, missing where it has none."""
    found = kinds.xs(layer) if layer in kinds.index.get_level_values(0) else pd.Series(dtype=float)
    return found.map(dict(enumerate(_WORST))).reindex(index).astype("string").array


def _failing_parts(near: NDArray[np.bool_], fails: NDArray[np.bool_]) -> list[str | None]:
    """Name the parts of the rule that are not certainly met."""
    parts = [";".join([*(["a"] if not a else []), *(["b"] if b else [])]) for a, b in zip(near, fails, strict=True)]
    return [part or None for part in parts]


def _reason(record: Mapping[Any, Any], lang: str) -> str:
    """Say how both parts of the rule came out."""
    far = pd.isna(record["nearest_station_id"])
    values = {"limit_km": f"{record['limit_km']:g}", "station": record["nearest_station_id"]}
    values["distance_km"] = "" if far else f"{float(record['nearest_station_m']) / 1000:.1f}"
    station_id = "village_no_station" if far else "village_near" if record["near_station"] else "village_far"
    places_id = "village_places_fail" if record["places_verdict"] != "covered" else "village_places_covered"
    if record["places_verdict"] == "depends":
        places_id = "village_places_depend"
    counts = {"covered": record["places_covered"], "total": record["places_total"]}
    named = record["failing_places"] if record["places_verdict"] != "covered" else ""
    first = text(station_id, lang, **values)
    said = first + text(places_id, lang, **counts, names=str(named).replace(";", text("list_comma", lang)))
    missing = [text(f"village_no_{kind}", lang) for kind in ("school", "clinic") if pd.isna(record[f"{kind}_verdict"])]
    return said + (text("village_unlisted", lang, kinds=text("list_comma", lang).join(missing)) if missing else "")
