"""Rules over lines that form a network: overlaps, crossings, ends, nodes, broken roads, cables to rooms and joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.delivery.checked import CheckContext
from onemap.delivery.rules.kinds import first_of, has_lines, row_mask
from onemap.delivery.rules.paths import Ends, ends_of, nodes_of
from onemap.delivery.rules.registry import faults, row_rule
from onemap.findings import Faults

__all__ = [
    "cables_end_somewhere",
    "ends_meet",
    "lines_apart",
    "lines_meet_at_nodes",
    "nodes_needed",
    "roads_whole",
]

_OWN_FILLS = {"identifier", "area", "remark", "id", "source"}


@row_rule("OM-TOP-103", when=has_lines, named=True)
def lines_apart(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require lines of a layer that share no stretch; the later of two is at fault."""
    metres = _lines_of(context)
    later, earlier = _crossing_pairs(metres, "1********")
    parts = shapely.intersection(metres[later], metres[earlier])
    long = shapely.length(parts) > context.profile.tolerances.topology_m
    return _pairs_at_fault(layer, context, _Pairs(later[long], earlier[long], parts[long]))


@row_rule("OM-TOP-104", when=has_lines, named=True)
def lines_meet_at_nodes(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require lines that cross at their ends only; the later of two is at fault."""
    metres = _lines_of(context)
    later, earlier = _crossing_pairs(metres, "0********")
    parts = shapely.intersection(metres[later], metres[earlier])
    return _pairs_at_fault(layer, context, _Pairs(later, earlier, parts))


@row_rule("OM-TOP-105", when=has_lines, named=True)
def ends_meet(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require ends that meet another line, or the border of the county."""
    ends, tolerance_m = ends_of(_lines_of(context)), context.profile.tolerances.topology_m
    free = ~_touching(ends, _lines_of(context), tolerance_m)
    border = shapely.boundary(context.county())
    at_border = np.zeros(len(ends.row), dtype=bool)
    within_m = context.profile.tolerances.outside_m
    at_border[shapely.STRtree(border).query(ends.points, predicate="dwithin", distance=within_m)[0]] = True
    return _ends_at_fault(layer, context, ends, free & ~at_border)


@row_rule("OM-TOP-106", when=has_lines, named=True)
def nodes_needed(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require that two lines which meet end to end, and nothing else there, differ in some value."""
    ends = ends_of(_lines_of(context))
    node = nodes_of(ends.points, context.profile.tolerances.topology_m)
    pairs = pd.DataFrame({"node": node, "row": ends.row, "end": np.arange(len(node))})
    counts = pairs.groupby("node")["row"].agg(["size", "nunique", "min", "max"])
    two = counts[counts["size"].eq(2) & counts["nunique"].eq(2)]
    values = _values(context).to_numpy(dtype=object)
    alike = two[values[two["min"]] == values[two["max"]]]
    at = pairs[pairs["node"].isin(alike.index)].drop_duplicates("node", keep="last")
    alone = ~_touching(ends, _lines_of(context), context.profile.tolerances.topology_m, besides=1)[at["end"]]
    at = at[alone]
    later, earlier = alike.loc[at["node"], "max"].to_numpy(), alike.loc[at["node"], "min"].to_numpy()
    return _pairs_at_fault(layer, context, _Pairs(later, earlier, ends.points[at["end"]]))


@row_rule("OM-BIZ-108", when=lambda context: has_lines(context) and bool(_end_layers(context)))
def cables_end_somewhere(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require cables that end at a room or joint that the profile names, or at the end of another cable."""
    ends, tolerances = ends_of(_lines_of(context)), context.profile.tolerances
    targets = np.concatenate([geometry for _, geometry in context.others(_end_layers(context))])
    free = np.ones(len(ends.row), dtype=bool)
    free[shapely.STRtree(targets).query(ends.points, predicate="dwithin", distance=tolerances.end_m)[0]] = False
    node = nodes_of(ends.points, tolerances.topology_m)
    joined = pd.Series(ends.row).groupby(node).transform("nunique").gt(1).to_numpy(dtype=bool)
    return _ends_at_fault(layer, context, ends, free & ~joined)


@row_rule(
    "OM-BIZ-110",
    when=lambda context: has_lines(context) and context.layer is not None and "roads" in context.layer.sources,
)
def roads_whole(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require roads that do not stop just short of another; a road's end out in the open is none."""
    ends, metres, tolerances = ends_of(_lines_of(context)), _lines_of(context), context.profile.tolerances
    free = np.flatnonzero(~_touching(ends, metres, tolerances.topology_m))
    near, line = shapely.STRtree(metres).query(ends.points[free], predicate="dwithin", distance=tolerances.break_m)
    other = line != ends.row[free][near]
    broken = np.zeros(len(ends.row), dtype=bool)
    broken[free[near[other]]] = True
    found = _ends_at_fault(layer, context, ends, broken)
    first = first_of(ends.row[free][near[other]], line[other], len(layer))
    return Faults(found.mask, found.values.assign(other=(first + 1).astype(str)))


def _lines_of(context: CheckContext) -> NDArray[np.object_]:
    """Give the lines of a layer in the plane; None for what another rule finds to be of another kind."""
    metres = context.metres().copy()
    metres[~np.isin(shapely.get_type_id(metres), (1, 2, 5))] = None
    return metres


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Lines at fault, the earlier line of each, and the part where they meet."""

    later: NDArray[np.int64]
    earlier: NDArray[np.int64]
    parts: NDArray[np.object_]


def _end_layers(context: CheckContext) -> tuple[str, ...]:
    """Give the layers of rooms and joints that the profile names and that are there."""
    names = () if context.layer is None else context.layer.ends_at
    return tuple(name for name in names if name in context.layers and context.layers[name].has_geometry)


def _crossing_pairs(metres: NDArray[np.object_], pattern: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give pairs of lines, the later first, whose insides meet as a pattern says."""
    later, earlier = shapely.STRtree(metres).query(metres, predicate="intersects")
    once = later > earlier
    later, earlier = later[once], earlier[once]
    meets = shapely.relate_pattern(metres[later], metres[earlier], pattern)
    return later[meets], earlier[meets]


def _touching(ends: Ends, metres: NDArray[np.object_], within_m: float, besides: int = 0) -> NDArray[np.bool_]:
    """Tell which ends are touched by more than so many other lines."""
    end, line = shapely.STRtree(metres).query(ends.points, predicate="dwithin", distance=within_m)
    others = np.bincount(end[line != ends.row[end]], minlength=len(ends.row))
    return np.asarray(others > besides, dtype=bool)


def _values(context: CheckContext) -> pd.Series[str]:
    """Give what a line says besides its identifiers, as one text a row."""
    fields = () if context.layer is None else context.profile.fields_of(context.layer)
    names = [one.name for one in fields if one.filled_by not in _OWN_FILLS and one.name in context.checked.frame]
    joined = pd.Series("", index=context.checked.frame.index, dtype="string")
    for name in names:
        joined = joined + "|" + context.text(name)
    return joined


def _pairs_at_fault(layer: pd.DataFrame, context: CheckContext, found: _Pairs) -> Faults:
    """Give the later rows with the first other and the place where they meet."""
    real = np.flatnonzero(~shapely.is_empty(found.parts))  # far from the origin, lines that cross may meet nowhere
    rows, at = np.unique(found.later[real], return_index=True)
    first = real[at]
    points = context.plane().back(np.asarray(shapely.point_on_surface(found.parts[first]), dtype=object))
    other, places = np.full(len(layer), -1, dtype=np.int64), np.full((len(layer), 2), np.nan)
    other[rows] = found.earlier[first] + 1
    places[rows] = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    return faults(row_mask(rows, layer), other=other, lon=places[:, 0], lat=places[:, 1])


def _ends_at_fault(layer: pd.DataFrame, context: CheckContext, ends: Ends, wrong: NDArray[np.bool_]) -> Faults:
    """Give rows with ends at fault and the place of the first such end."""
    at = np.flatnonzero(wrong)
    rows, first, count = np.unique(ends.row[at], return_index=True, return_counts=True)
    points = context.plane().back(ends.points[at[first]])
    places, ending = np.full((len(layer), 2), np.nan), np.zeros(len(layer), dtype=np.int64)
    places[rows] = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    ending[rows] = count
    return faults(row_mask(rows, layer), count=ending, lon=places[:, 0], lat=places[:, 1])
