"""Runs of one verdict along roads or routes, and the stretches that settings make of them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids
from onemap.analyses.gaps.chainages import RoadChainages
from onemap.analyses.gaps.settings import GapSettings

__all__ = ["VERDICTS", "Axis", "axes_of", "merged_stretches", "road_runs", "runs_on_axes", "split_stretches"]

VERDICTS = ("covered", "depends", "uncovered")
"""From the best to the worst."""

_KIND = ["technology", "operator"]
_NOBODY = -1  # rank of a piece of a route that no road lies on


@dataclass(frozen=True, slots=True)
class Axis:
    """What stretches are measured along: one road by its line, or the roads of one route by their chainage.

    Attributes
    ----------
    roads
        Positions of its roads.
    joined
        Whether it is a route along its chainage.
    """

    roads: tuple[int, ...]
    joined: bool


def axes_of(roads: gpd.GeoDataFrame, measured: RoadChainages, settings: GapSettings) -> list[Axis]:
    """Say along what stretches are measured.

    Parameters
    ----------
    roads
        Canonical layer.
    measured
        Its chainages.
    settings
        Whether roads of one route number are joined: those that have a number and a known chainage. The rest stay
        apart.

    Returns
    -------
    axes
        In the order of their first roads; each road is on one.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.gaps.chainages import road_chainages
    >>> line = shapely.LineString([(75, 39), (75.01, 39)])
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_id": ["R1", "R2"], "ref": "G219", "chainage_from_km": [1.0, 1.0]}, geometry=[line] * 2,
    ...     crs="EPSG:4490")
    >>> axes_of(roads, road_chainages(roads), GapSettings(carriageways="joined"))
    [Axis(roads=(0, 1), joined=True)]
    """
    ref = column(roads, "ref")
    known = np.array([one.basis != "drawn" for one in measured.chainages], dtype=bool)
    joinable = ref.notna().to_numpy(dtype=bool) & known & (settings.carriageways == "joined")
    rows = pd.Series(np.arange(len(roads)))[joinable]
    group = {str(value): tuple(part.tolist()) for value, part in rows.groupby(ref[joinable].to_numpy(dtype=object))}
    axes = [
        Axis(group[str(ref.iloc[row])], joined=True) if joinable[row] else Axis((row,), joined=False)
        for row in range(len(roads))
    ]
    return list(dict.fromkeys(axes))


def road_runs(road_verdicts: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, length_m: NDArray[np.float64]) -> pd.DataFrame:
    """Join neighbouring points of one verdict into runs, by road, technology and operator.

    A point stands for its road half-way to its neighbours, the first and last to the ends of the road.

    Parameters
    ----------
    road_verdicts
        Result layer `road_verdicts`, rows in any order.
    roads
        The roads that were judged.
    length_m
        Their lengths, in metres.

    Returns
    -------
    runs
        row (position of the road), technology, operator, rank (position in `VERDICTS`), from_m, to_m along the line; in
        the order of roads, technologies and operators, along the line.

    Examples
    --------
    >>> roads = gpd.GeoDataFrame({"road_id": ["R1"]})
    >>> points = gpd.GeoDataFrame({"road_id": "R1", "technology": "4G", "operator": "any",
    ...     "verdict": ["covered", "uncovered", "uncovered"], "offset_m": [0.0, 50.0, 80.0]})
    >>> road_runs(points, roads, np.array([80.0]))[["rank", "from_m", "to_m"]].values.tolist()
    [[0.0, 0.0, 25.0], [2.0, 25.0, 80.0]]
    """
    row = pd.Index(ids(roads, "roads")).get_indexer(pd.Index(road_verdicts["road_id"]))
    points = pd.DataFrame({name: road_verdicts[name].array for name in (*_KIND, "offset_m")})
    points["row"] = row
    points["rank"] = road_verdicts["verdict"].map({word: place for place, word in enumerate(VERDICTS)}).to_numpy()
    points["kind"] = pd.MultiIndex.from_frame(points[_KIND]).factorize()[0]
    points = points[points["row"].ge(0)].sort_values(["row", "kind", "offset_m"], kind="stable", ignore_index=True)
    if points.empty:
        return points.assign(from_m=points["offset_m"], to_m=points["offset_m"]).drop(columns="offset_m")
    offset_m, line, rank = (points[name].to_numpy() for name in ("offset_m", "row", "rank"))
    starts = _changes(points, ["row", "kind"])
    half_m = np.append(0.0, (offset_m[1:] + offset_m[:-1]) / 2.0)
    from_m = np.where(starts, 0.0, half_m)
    to_m = np.where(np.append(starts[1:], True), length_m[line], np.append(from_m[1:], 0.0))
    opens = starts | np.append(True, rank[1:] != rank[:-1])
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(points)) - 1
    runs = points.iloc[first].assign(from_m=from_m[first], to_m=to_m[last], rank=rank[first].astype(np.int64))
    return runs.drop(columns="offset_m").reset_index(drop=True)


def runs_on_axes(runs: pd.DataFrame, axes: list[Axis], measured: RoadChainages, hole_m: float) -> pd.DataFrame:
    """Measure runs along their axes; on a route each chainage has the worst verdict of its roads.

    Parameters
    ----------
    runs
        Table of `road_runs`.
    axes
        Of `axes_of`.
    measured
        Chainages of the roads.
    hole_m
        A hole between two roads of a route that is at most so long takes the worse verdict of its sides, in metres.

    Returns
    -------
    runs
        axis (position), technology, operator, rank, from_m, to_m along the axis. Pieces of a route without road are
        left out.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.gaps.chainages import road_chainages
    >>> roads = gpd.GeoDataFrame({"road_id": ["R1"]}, geometry=[shapely.LineString([(75, 39), (75.01, 39)])],
    ...     crs="EPSG:4490")
    >>> runs = pd.DataFrame({"row": [0], "kind": 0, "technology": "4G", "operator": "any", "rank": 2,
    ...     "from_m": 0., "to_m": 9.})
    >>> runs_on_axes(runs, [Axis((0,), False)], road_chainages(roads), 0.0)[["axis", "from_m", "to_m"]].values.tolist()
    [[0.0, 0.0, 9.0]]
    """
    of_road = {row: place for place, axis in enumerate(axes) for row in axis.roads}
    table = runs.assign(axis=runs["row"].map(of_road).astype("int64"))
    joined = table["axis"].map(lambda place: axes[place].joined).to_numpy(dtype=bool)
    parts = [table[~joined]]
    for _, part in table[joined].groupby(["axis", "kind"], sort=False):
        route = _worst_of(part, measured, hole_m)
        first = part.iloc[0]
        parts.append(route.assign(**{name: first[name] for name in ("axis", "kind", *_KIND)}))
    columns = ["axis", "kind", *_KIND, "rank", "from_m", "to_m"]
    found = pd.concat([part.reindex(columns=columns) for part in parts], ignore_index=True)
    return found.sort_values(["axis", "kind", "from_m"], kind="stable", ignore_index=True)


def merged_stretches(runs: pd.DataFrame, min_covered_m: float) -> pd.DataFrame:
    """Give the stretches that are not covered, short covered pieces between two of one verdict taken in.

    Parameters
    ----------
    runs
        Table of `runs_on_axes`.
    min_covered_m
        Shortest covered piece that parts two stretches, in metres.

    Returns
    -------
    stretches
        The same columns, and covered_m: how much of each is covered after all. None is without length.

    Examples
    --------
    >>> runs = pd.DataFrame({"axis": 0, "kind": 0, "technology": "4G", "operator": "any", "rank": [2, 0, 2],
    ...     "from_m": [0.0, 400.0, 430.0], "to_m": [400.0, 430.0, 900.0]})
    >>> merged_stretches(runs, 50.0)[["from_m", "to_m", "covered_m"]].values.tolist()
    [[0.0, 900.0, 30.0]]
    """
    gaps = runs[runs["rank"].gt(0) & runs["to_m"].gt(runs["from_m"])].reset_index(drop=True)
    if gaps.empty:
        return gaps.assign(covered_m=gaps["from_m"])
    between_m = gaps["from_m"].to_numpy()[1:] - gaps["to_m"].to_numpy()[:-1]
    parts = _changes(gaps, ["axis", "kind", "rank"])
    parts[1:] |= (between_m > 0) & (between_m >= min_covered_m)
    number = np.cumsum(parts)
    taken_m = np.where(parts, 0.0, np.append(0.0, between_m))
    rules = dict.fromkeys(("axis", "kind", *_KIND, "rank", "from_m"), "first")
    table = gaps.assign(covered_m=taken_m).groupby(number, sort=True).agg({**rules, "to_m": "last", "covered_m": "sum"})
    return table.reset_index(drop=True)


def split_stretches(stretches: pd.DataFrame, longest_m: float) -> pd.DataFrame:
    """Split stretches that are too long into equal parts.

    Parameters
    ----------
    stretches
        Table of `merged_stretches`.
    longest_m
        Longest stretch, in metres; 0: none is split.

    Returns
    -------
    stretches
        The same columns, with part (from 1) and parts.

    Examples
    --------
    >>> stretches = pd.DataFrame({"from_m": [0.0], "to_m": [2500.0], "covered_m": [0.0]})
    >>> split_stretches(stretches, 1000.0)[["to_m", "part", "parts"]].round(1).values.tolist()
    [[833.3, 1.0, 3.0], [1666.7, 2.0, 3.0], [2500.0, 3.0, 3.0]]
    """
    length_m = (stretches["to_m"] - stretches["from_m"]).to_numpy(dtype=float)
    rounding = 1 - 1e-9  # a stretch of just the longest length stays whole
    parts = np.ones(len(length_m), dtype=np.int64)
    if longest_m > 0:
        parts = np.maximum(np.ceil(length_m / longest_m * rounding), 1).astype(np.int64)
    row = np.repeat(np.arange(len(parts)), parts)
    part = np.arange(len(row)) - np.repeat(np.cumsum(parts) - parts, parts) + 1
    table = stretches.iloc[row].reset_index(drop=True)
    step_m = length_m[row] / parts[row]
    start_m = table["from_m"].to_numpy(dtype=float)
    ends_m = np.where(part == parts[row], table["to_m"], start_m + part * step_m)
    return table.assign(from_m=start_m + (part - 1) * step_m, to_m=ends_m, part=part, parts=parts[row])


def _changes(table: pd.DataFrame, names: list[str]) -> NDArray[np.bool_]:
    """Mark the rows that differ from the one before in any of some columns; the first does."""
    values = table[names].to_numpy(dtype=np.int64)
    return np.append(True, np.any(values[1:] != values[:-1], axis=1))


def _worst_of(runs: pd.DataFrame, measured: RoadChainages, hole_m: float) -> pd.DataFrame:
    """Give the worst verdict at each chainage of one route."""
    ends = [
        measured.chainages[row].at(np.array([from_m, to_m]))
        for row, from_m, to_m in runs[["row", "from_m", "to_m"]].itertuples(index=False)
    ]
    low, high = np.min(ends, axis=1), np.max(ends, axis=1)
    edges = np.unique(np.concatenate([low, high]))
    first, last = np.searchsorted(edges, low), np.searchsorted(edges, high)
    counts = last - first
    piece = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    rank = np.full(max(len(edges) - 1, 0), _NOBODY, dtype=np.int64)
    np.maximum.at(rank, piece, np.repeat(runs["rank"].to_numpy(dtype=np.int64), counts))
    hole = np.flatnonzero((rank == _NOBODY) & (np.diff(edges) <= hole_m))
    rank[hole] = np.maximum(rank[hole - 1], rank[hole + 1])
    opens = np.append(True, rank[1:] != rank[:-1]) if len(rank) else np.zeros(0, dtype=bool)
    start = np.flatnonzero(opens)
    end = np.append(start[1:], len(rank)) if len(start) else start
    table = pd.DataFrame({"rank": rank[start], "from_m": edges[start], "to_m": edges[end]})
    return table[table["rank"].ne(_NOBODY)]
