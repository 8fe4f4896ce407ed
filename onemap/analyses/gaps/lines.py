"""Stretches of road without certain service, and each road against its target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, require_geographic, result_layer
from onemap.analyses.coverage.along import measured_roads, start_chainage
from onemap.analyses.gaps.settings import GapSettings
from onemap.layers.chainage import chainage_text
from onemap.messages import text

__all__ = ["gap_stretches", "road_summary"]

_KEYS = ["road_id", "technology", "operator"]
_REASONS = {"uncovered": "gap_stretch_uncovered", "depends": "gap_stretch_depends"}


def gap_stretches(
    road_verdicts: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, *, settings: GapSettings | None = None
) -> gpd.GeoDataFrame:
    """Join neighbouring road points of one verdict into stretches with chainage.

    A point stands for its road half-way to its neighbours, the first and last to the ends of the road. So the stretches
    of all verdicts together have the length of the road.

    Parameters
    ----------
    road_verdicts
        Result layer `road_verdicts`.
    roads
        The roads that were judged.
    settings
        The shortest stretch to list; the defaults if not given.

    Returns
    -------
    gap_stretches
        Result layer `gap_stretches`: uncovered stretches and those that depend, each with its own verdict, in the order
        of roads, technologies and operators. from_m and to_m count along the line, the chainages as the road is signed
        (they fall where its direction is "down").

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a road is no line or its id is not unique.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.coverage import CoverageSettings, coverage_along
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_id": ["R1"]}, geometry=[shapely.LineString([(75, 39), (75.01, 39)])], crs="EPSG:4490")
    >>> settings = CoverageSettings(model="radius", technologies=("4G",), operators=())
    >>> verdicts = coverage_along(roads, None, None, settings=settings)
    >>> gap_stretches(verdicts, roads)[["chainage_from", "chainage_to"]].values.tolist()
    [['K0+000', 'K0+866']]
    """
    crs = require_geographic(road_verdicts=road_verdicts, roads=roads)
    settings = settings or GapSettings()
    lines = measured_roads(roads)
    length_m = np.array([line.length_m for line in lines])
    stretches = _stretches(road_verdicts, roads, length_m)
    listed = stretches["verdict"].ne("covered") & (stretches["to_m"] - stretches["from_m"]).ge(settings.min_stretch_m)
    # A point between two others at its very place stands for nothing.
    gaps = stretches[listed & stretches["to_m"].gt(stretches["from_m"])].reset_index(drop=True)
    start_m, sign = start_chainage(roads, length_m)
    row = gaps["row"].to_numpy()
    values = {name: gaps[name].array for name in (*_KEYS, "verdict", "from_m", "to_m")}
    values |= {name: column(roads, field).iloc[row].array for name, field in (("ref", "ref"), ("road_name", "name"))}
    values["is_border"] = column(roads, "is_border", "boolean").iloc[row].array
    values["length_m"] = (gaps["to_m"] - gaps["from_m"]).array
    for name, end in (("chainage_from", "from_m"), ("chainage_to", "to_m")):
        values[name] = [chainage_text(value) for value in start_m[row] + sign[row] * gaps[end].to_numpy()]
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [_reason(gap, lang) for gap in gaps.to_dict("records")]
    pieces = np.empty(len(gaps), dtype=object)
    for number, (line, from_m, to_m) in enumerate(zip(row, gaps["from_m"], gaps["to_m"], strict=True)):
        pieces[number] = lines[line].piece(from_m, to_m)
    return result_layer("gap_stretches", values, pieces, crs)


def road_summary(
    road_verdicts: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, *, settings: GapSettings | None = None
) -> gpd.GeoDataFrame:
    """Sum up each road: covered share, longest gap, against the target.

    Parameters
    ----------
    road_verdicts
        Result layer `road_verdicts`.
    roads
        The roads that were judged.
    settings
        The share that must be covered; the defaults if not given.

    Returns
    -------
    road_summary
        Result layer `road_summary`: a row for each road, technology and operator. Covered, depending and uncovered
        metres add up to the geodesic length; what depends does not count as covered. `longest_gap_m` is the longest
        stretch that is certainly uncovered.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a road is no line or its id is not unique.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.coverage import CoverageSettings, coverage_along
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_id": ["R1"]}, geometry=[shapely.LineString([(75, 39), (75.01, 39)])], crs="EPSG:4490")
    >>> settings = CoverageSettings(model="radius", technologies=("4G",), operators=())
    >>> verdicts = coverage_along(roads, None, None, settings=settings)
    >>> road_summary(verdicts, roads)[["covered_share", "longest_gap_m"]].round(1).values.tolist()
    [[0.0, 866.3]]
    """
    crs = require_geographic(road_verdicts=road_verdicts, roads=roads)
    settings = settings or GapSettings()
    length_m = np.array([line.length_m for line in measured_roads(roads)])
    stretches = _stretches(road_verdicts, roads, length_m)
    stretches["length_m"] = stretches["to_m"] - stretches["from_m"]
    for verdict in ("covered", "depends", "uncovered"):
        stretches[f"{verdict}_m"] = stretches["length_m"].where(stretches["verdict"].eq(verdict), 0.0)
    stretches["longest_gap_m"] = stretches["uncovered_m"]
    sums = {f"{verdict}_m": "sum" for verdict in ("covered", "depends", "uncovered")}
    keys = ["row", *_KEYS]
    table = stretches.groupby(keys, sort=False).agg({**sums, "longest_gap_m": "max"}).reset_index()
    row = table["row"].to_numpy(dtype=np.int64)
    total_m = length_m[row]
    # A road without length is covered if its points are.
    whole = np.where(total_m > 0, total_m, 1.0)
    uncovered_m = table["uncovered_m"].to_numpy() + table["depends_m"].to_numpy()
    share = np.where(uncovered_m > 0, table["covered_m"].to_numpy() / whole, 1.0)
    values: dict[str, object] = {name: table[name].array for name in (*_KEYS, *sums, "longest_gap_m")}
    values |= {"length_m": total_m, "covered_share": share, "meets_target": share >= settings.road_target_share}
    values |= {"ref": column(roads, "ref").iloc[row].array, "road_name": column(roads, "name").iloc[row].array}
    values["is_border"] = column(roads, "is_border", "boolean").iloc[row].array
    return result_layer("road_summary", values, np.asarray(roads.geometry.to_numpy(), dtype=object)[row], crs)


def _stretches(road_verdicts: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, length_m: NDArray[np.float64]) -> pd.DataFrame:
    """Join points into stretches of all verdicts, by road, technology and operator; row is the road's position."""
    row = pd.Index(ids(roads, "roads")).get_indexer(pd.Index(road_verdicts["road_id"]))
    points = pd.DataFrame({name: road_verdicts[name].array for name in (*_KEYS, "verdict", "offset_m")})
    points["row"] = row
    kind = pd.MultiIndex.from_frame(points[["technology", "operator"]]).factorize()[0]
    order = np.lexsort((points["offset_m"].to_numpy(), kind, row))
    points, kind = points.iloc[order[row[order] >= 0]].reset_index(drop=True), kind[order[row[order] >= 0]]
    if points.empty:
        return pd.DataFrame(points).assign(from_m=points["offset_m"], to_m=points["offset_m"])
    offset_m, line = points["offset_m"].to_numpy(), points["row"].to_numpy()
    starts = np.ones(len(points), dtype=bool)
    starts[1:] = (line[1:] != line[:-1]) | (kind[1:] != kind[:-1])
    half_m = np.append(0.0, (offset_m[1:] + offset_m[:-1]) / 2.0)
    from_m = np.where(starts, 0.0, half_m)
    to_m = np.where(np.append(starts[1:], True), length_m[line], np.append(from_m[1:], 0.0))
    verdict = points["verdict"].to_numpy(dtype=object)
    opens = starts.copy()
    opens[1:] |= verdict[1:] != verdict[:-1]
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(points)) - 1
    return pd.DataFrame(points.iloc[first]).assign(from_m=from_m[first], to_m=to_m[last]).reset_index(drop=True)


def _reason(gap: Mapping[Any, Any], lang: str) -> str:
    """Say what a stretch is."""
    length_m = float(gap["to_m"]) - float(gap["from_m"])
    length_km = f"{length_m / 1000:.2f}"
    return text(_REASONS[str(gap["verdict"])], lang, length_km=length_km, technology=gap["technology"])
