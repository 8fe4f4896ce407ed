"""Stretches of road without certain service, and each road or route against its target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, require_geographic, result_layer
from onemap.analyses.gaps.chainages import RoadChainages, road_chainages
from onemap.analyses.gaps.runs import (
    VERDICTS,
    Axis,
    axes_of,
    merged_stretches,
    road_runs,
    runs_on_axes,
    split_stretches,
)
from onemap.analyses.gaps.settings import GapSettings
from onemap.layers.chainage import chainage_text
from onemap.messages import text

__all__ = ["gap_stretches", "road_summary", "with_chainage"]

_KIND = ["technology", "operator"]
_REASONS = {"uncovered": "gap_stretch_uncovered", "depends": "gap_stretch_depends"}


def gap_stretches(
    road_verdicts: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    *,
    settings: GapSettings | None = None,
    measured: RoadChainages | None = None,
) -> gpd.GeoDataFrame:
    """Join neighbouring road points of one verdict into stretches with chainage.

    A point stands for its road half-way to its neighbours, the first and last to the ends of the road. So the stretches
    of all verdicts together have the length of the road. Covered pieces that are too short join the stretches of one
    verdict at their ends, then short stretches are left out, then long ones are split.

    Parameters
    ----------
    road_verdicts
        Result layer `road_verdicts`, rows in any order.
    roads
        The roads that were judged.
    settings
        Lengths that merge, leave out and split, and how carriageways are taken; the defaults if not given.
    measured
        Chainages of the roads with kilometre posts, as `road_chainages` gives them; without posts if not given.

    Returns
    -------
    gap_stretches
        Result layer `gap_stretches`: uncovered stretches and those that depend, each with its own verdict, in the order
        of roads, technologies and operators. For a road by itself from_m and to_m count along the line, and the
        chainages run as the road is signed: they fall where its direction is "down". For a joined route from_m and to_m
        are chainages that rise, and the length is that of the route, however many carriageways lie there.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a road is no line or its id is not unique.

    Examples
    --------
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
    measured = measured or road_chainages(roads, settings=settings)
    axes = axes_of(roads, measured, settings)
    runs = _runs(road_verdicts, roads, axes, measured=measured, settings=settings)
    merged = merged_stretches(runs, settings.min_covered_m)
    long_enough = merged[(merged["to_m"] - merged["from_m"]).ge(settings.min_stretch_m)]
    gaps = split_stretches(long_enough, settings.max_stretch_m)
    values = _axis_fields(gaps["axis"].to_numpy(dtype=np.int64), axes, roads)
    values |= {name: gaps[name].array for name in (*_KIND, "from_m", "to_m", "part", "parts")}
    values["verdict"] = np.array(VERDICTS, dtype=object)[gaps["rank"].to_numpy(dtype=np.int64)]
    values |= {"length_m": (gaps["to_m"] - gaps["from_m"]).array, "covered_within_m": gaps["covered_m"].array}
    records = gaps.to_dict("records")
    ends = np.array([_chainages(gap, axes[gap["axis"]], measured) for gap in records]).reshape(-1, 2)
    for place, name in enumerate(("from", "to")):
        values[f"chainage_{name}_m"] = ends[:, place]
        values[f"chainage_{name}"] = [chainage_text(value) for value in ends[:, place]]
    if any(axis.joined for axis in axes):
        values |= _own_roads(records, axes, roads, measured)
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [_reason(gap, lang) for gap in records]
    pieces = np.empty(len(gaps), dtype=object)
    pieces[:] = [_piece(gap, axes[gap["axis"]], measured) for gap in records]
    return result_layer("gap_stretches", values, pieces, crs)


def road_summary(
    road_verdicts: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    *,
    settings: GapSettings | None = None,
    measured: RoadChainages | None = None,
) -> gpd.GeoDataFrame:
    """Sum up each road or joined route: covered share, longest gap, against the target.

    Parameters
    ----------
    road_verdicts, roads, settings, measured
        As for `gap_stretches`; of the settings the share that must be covered.

    Returns
    -------
    road_summary
        Result layer `road_summary`: a row for each road (or route), technology and operator. Covered, depending and
        uncovered metres add up to the length, whatever the settings merge; what depends does not count as covered.
        `longest_gap_m` is the longest stretch that is certainly uncovered, merged but not split.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a road is no line or its id is not unique.

    Examples
    --------
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
    measured = measured or road_chainages(roads, settings=settings)
    axes = axes_of(roads, measured, settings)
    runs = _runs(road_verdicts, roads, axes, measured=measured, settings=settings)
    length_m = runs["to_m"] - runs["from_m"]
    lengths = {f"{word}_m": length_m.where(runs["rank"].eq(rank), 0.0) for rank, word in enumerate(VERDICTS)}
    keys = ["axis", "kind"]
    table = (
        runs.assign(**lengths)
        .groupby(keys, sort=True)
        .agg({**dict.fromkeys(_KIND, "first"), **dict.fromkeys(lengths, "sum"), "rank": "max"})
    )
    merged = merged_stretches(runs, settings.min_covered_m)
    merged = merged[merged["rank"].eq(VERDICTS.index("uncovered"))]
    longest = (merged["to_m"] - merged["from_m"]).groupby([merged[key] for key in keys]).max()
    table["longest_gap_m"] = longest.reindex(table.index).fillna(0.0)
    table = table.reset_index()
    return result_layer("road_summary", *_summary(table, axes, roads, measured=measured, settings=settings), crs)


def with_chainage(
    road_verdicts: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, measured: RoadChainages
) -> gpd.GeoDataFrame:
    """Give the points along roads the chainage that kilometre posts make of their distances.

    Parameters
    ----------
    road_verdicts
        Result layer `road_verdicts`.
    roads
        The roads that were judged.
    measured
        Their chainages.

    Examples
    --------
    >>> line = shapely.LineString([(75, 39), (75.01, 39)])
    >>> roads = gpd.GeoDataFrame({"road_id": ["R1"], "chainage_from_km": [3.0]}, geometry=[line], crs="EPSG:4490")
    >>> points = gpd.GeoDataFrame({"road_id": ["R1"], "offset_m": [50.0], "chainage_m": [50.0]})
    >>> with_chainage(points, roads, road_chainages(roads))["chainage_m"].tolist()
    [3050.0]
    """
    row = pd.Index(ids(roads, "roads")).get_indexer(pd.Index(road_verdicts["road_id"]))
    offset_m = road_verdicts["offset_m"].to_numpy(dtype=float)
    chainage_m = road_verdicts["chainage_m"].to_numpy(dtype=float).copy()
    order = np.argsort(row, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(row[order])) + 1):
        if len(places) and row[places[0]] >= 0:
            chainage_m[places] = measured.chainages[row[places[0]]].at(offset_m[places])
    return road_verdicts.assign(chainage_m=chainage_m)


def _runs(
    road_verdicts: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    axes: list[Axis],
    *,
    measured: RoadChainages,
    settings: GapSettings,
) -> pd.DataFrame:
    """Give the runs of all verdicts along the axes."""
    runs = road_runs(road_verdicts, roads, measured.length_m)
    return runs_on_axes(runs, axes, measured, settings.chainage_hole_m)


def _axis_fields(axis: NDArray[np.int64], axes: list[Axis], roads: gpd.GeoDataFrame) -> dict[str, object]:
    """Name the roads of each axis; of a route the name and the border are those of any of its roads."""
    names = ids(roads, "roads").astype(str).tolist()
    owner = np.repeat(np.arange(len(axes)), [len(one.roads) for one in axes])
    row = np.array([row for one in axes for row in one.roads], dtype=np.int64)
    border = column(roads, "is_border", "boolean").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    any_border = pd.Series(border[row]).groupby(owner).max().to_numpy()[axis]
    first = np.array([one.roads[0] for one in axes], dtype=np.int64)[axis] if len(axes) else axis
    return {
        "road_id": np.array([";".join(names[row] for row in one.roads) for one in axes], dtype=object)[axis],
        "ref": column(roads, "ref").iloc[first].array,
        "road_name": column(roads, "name").iloc[first].array,
        "is_border": pd.Series(any_border, dtype="Float64").astype("boolean").array,
        "carriageways": np.array([len(one.roads) for one in axes], dtype=np.int64)[axis],
    }


def _chainages(gap: Mapping[Any, Any], axis: Axis, measured: RoadChainages) -> NDArray[np.float64]:
    """Give the chainages of both ends of a stretch, as it runs."""
    ends = np.array([gap["from_m"], gap["to_m"]])
    return ends if axis.joined else measured.chainages[axis.roads[0]].at(ends)


def _own_roads(
    records: list[dict[Any, Any]], axes: list[Axis], roads: gpd.GeoDataFrame, measured: RoadChainages
) -> dict[str, object]:
    """Name the roads that each stretch lies on: of a route only some."""
    names = ids(roads, "roads").astype(str).tolist()
    rows = [
        [row for row, _ in _on_roads(gap, axes[gap["axis"]], measured)]
        if axes[gap["axis"]].joined
        else axes[gap["axis"]].roads
        for gap in records
    ]
    own = [";".join(names[row] for row in one) for one in rows]
    return {"road_id": own, "carriageways": [len(one) for one in rows]}


def _on_roads(gap: Mapping[Any, Any], axis: Axis, measured: RoadChainages) -> list[tuple[int, tuple[float, float]]]:
    """Give the roads of a route that a stretch lies on, and where on each."""
    found = []
    for row in axis.roads:
        ends_m = np.sort(measured.chainages[row].offset_at(np.array([gap["from_m"], gap["to_m"]], dtype=float)))
        from_m, to_m = np.clip(ends_m, 0.0, measured.lines[row].length_m).tolist()
        if to_m > from_m:
            found.append((row, (from_m, to_m)))
    return found


def _piece(gap: Mapping[Any, Any], axis: Axis, measured: RoadChainages) -> shapely.Geometry:
    """Cut a stretch out of its road, or out of all roads of its route."""
    ends = np.array([gap["from_m"], gap["to_m"]], dtype=float)
    if not axis.joined:
        return measured.lines[axis.roads[0]].piece(*ends.tolist())
    pieces = [
        part
        for row, offsets_m in _on_roads(gap, axis, measured)
        for part in shapely.get_parts(measured.lines[row].piece(*offsets_m))
    ]
    return pieces[0] if len(pieces) == 1 else shapely.MultiLineString(pieces)


def _summary(
    table: pd.DataFrame, axes: list[Axis], roads: gpd.GeoDataFrame, *, measured: RoadChainages, settings: GapSettings
) -> tuple[dict[str, object], NDArray[np.object_]]:
    """Give the fields and geometries of the summary."""
    axis = table["axis"].to_numpy(dtype=np.int64)
    sums = [f"{word}_m" for word in VERDICTS]
    alone = np.array([not one.joined for one in axes], dtype=bool)[axis]
    first = np.array([one.roads[0] for one in axes], dtype=np.int64)[axis] if len(axes) else axis
    # The length of a road is that of its line to the last digit, not a sum of its pieces.
    total_m = np.where(alone, measured.length_m[first], table[sums].to_numpy(dtype=float).sum(axis=1))
    uncovered_m = table["uncovered_m"].to_numpy() + table["depends_m"].to_numpy()
    # A road without length is covered if its points are.
    whole = np.where((total_m > 0) | table["rank"].eq(0).to_numpy(dtype=bool), 1.0, 0.0)
    share = np.where(uncovered_m > 0, table["covered_m"].to_numpy() / np.where(total_m > 0, total_m, 1.0), whole)
    values = _axis_fields(axis, axes, roads)
    values |= {name: table[name].array for name in (*_KIND, *sums, "longest_gap_m")}
    values |= {"length_m": total_m, "covered_share": share, "meets_target": share >= settings.road_target_share}
    shapes = np.asarray(roads.geometry.to_numpy(), dtype=object)
    joined = np.empty(len(axes), dtype=object)
    joined[:] = [_together(shapes[list(one.roads)]) for one in axes]
    return values, joined[axis]


def _together(shapes: NDArray[np.object_]) -> shapely.Geometry:
    """Give the one line, or all parts of several."""
    return shapes[0] if len(shapes) == 1 else shapely.MultiLineString(shapely.get_parts(shapes).tolist())


def _reason(gap: Mapping[Any, Any], lang: str) -> str:
    """Say what a stretch is."""
    length_km = f"{(float(gap['to_m']) - float(gap['from_m'])) / 1000:.2f}"
    verdict = VERDICTS[int(gap["rank"])]
    said = text(_REASONS[verdict], lang, length_km=length_km, technology=gap["technology"])
    if gap["covered_m"] > 0 and gap["parts"] == 1:
        said += text("gap_stretch_merged", lang, covered_m=f"{gap['covered_m']:.0f}")
    if gap["parts"] > 1:
        said += text("gap_stretch_part", lang, part=gap["part"], parts=gap["parts"])
    return said
