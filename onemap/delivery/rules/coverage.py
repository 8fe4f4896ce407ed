"""Rules over areas that lie beside and upon one another: overlaps, gaps, cover, control lines, the county."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.delivery.areas import ellipsoidal_areas
from onemap.delivery.checked import CheckContext
from onemap.delivery.rules.kinds import first_of, has_areas, has_lines, has_points, row_mask
from onemap.delivery.rules.paths import vertices_of
from onemap.delivery.rules.registry import faults, row_rule
from onemap.findings import Faults

__all__ = [
    "areas_apart",
    "areas_inside_layer",
    "clear_of_control_lines",
    "no_gaps",
    "points_inside_layer",
    "points_on_lines",
    "wholly_in_the_county",
]

Geometries = NDArray[np.object_]
_COLLECTION = 7


@row_rule("OM-TOP-101", when=has_areas)
def areas_apart(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require areas of a layer that do not overlap; the later of two is at fault."""
    metres = _sound(context.metres())
    shared = _overlaps(metres, context.profile.tolerances.topology_m)
    return _over(layer, context, shared)


@row_rule("OM-TOP-102", when=has_areas, named=True)
def no_gaps(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require areas that leave no gap among them; the first area beside a gap is at fault."""
    metres, tolerance_m = _sound(context.metres()), context.profile.tolerances.topology_m
    gaps = _holes_of_all(metres)
    gaps = gaps[_width(gaps) > tolerance_m]
    found, beside = shapely.STRtree(metres).query(gaps, predicate="dwithin", distance=tolerance_m)
    first = first_of(found, beside, len(gaps))
    known = first >= 0
    return _over(layer, context, Overlaps(first[known], first[known], gaps[known]))


@row_rule("OM-TOP-107", when=lambda context: has_points(context) and _named_layers(context, "inside"))
def points_inside_layer(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require points in the areas that the profile names."""
    return _not_met(layer, context, "inside", 0.0)


@row_rule("OM-TOP-108", when=lambda context: has_points(context) and _named_layers(context, "on_lines"))
def points_on_lines(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require points on the lines that the profile names, within the tolerance."""
    return _not_met(layer, context, "on_lines", context.profile.tolerances.topology_m)


@row_rule("OM-TOP-109", when=lambda context: has_areas(context) and _named_layers(context, "inside"))
def areas_inside_layer(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require areas that lie wholly in those that the profile names."""
    names = () if context.layer is None else context.layer.inside
    covers = np.concatenate([_sound(geometry) for _, geometry in context.others(names)])
    rows, outside = _outside(_sound(context.metres()), covers, touching_only=False)
    wide = _width(outside) > context.profile.tolerances.topology_m
    return _over(layer, context, Overlaps(rows[wide], rows[wide], outside[wide]))


@row_rule(
    "OM-BIZ-107",
    when=lambda context: (has_lines(context) or has_areas(context)) and context.districts is not None,
)
def wholly_in_the_county(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require that a feature which touches the county does not leave it."""
    rows, outside = _outside(_sound(context.metres()), _sound(context.county()), touching_only=True)
    size_m = shapely.length(outside) if has_lines(context) else _width(outside)
    beyond = size_m > context.profile.tolerances.outside_m
    found = _over(layer, context, Overlaps(rows[beyond], rows[beyond], outside[beyond]))
    length = np.full(len(layer), "-", dtype=object)
    length[rows[beyond]] = [f"{one:.1f}" for one in shapely.length(outside[beyond])]
    return Faults(found.mask, found.values.assign(length=length))


@row_rule(
    "OM-BIZ-111",
    when=lambda context: (
        has_areas(context)
        and bool(context.checked.crs)
        and any(name in context.layers for name in context.profile.control_lines if name != context.checked.name)
    ),
)
def clear_of_control_lines(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require areas that overlap a control line by no more than the tolerance."""
    metres = _sound(context.metres())
    names = np.full(len(layer), "-", dtype=object)
    largest, places = np.zeros(len(layer)), np.full((len(layer), 2), np.nan)
    for name, geometry in context.others(context.profile.control_lines):
        rows, parts = _shared(metres, _sound(geometry))
        area_m2 = _ellipsoidal(parts, context)
        for row, size, part in zip(rows, area_m2, parts, strict=True):
            if size > max(context.profile.tolerances.control_line_m2, largest[row]):
                names[row], largest[row], places[row] = name, size, _place(part, context)
    size = pd.Series(largest, index=layer.index).map("{:.2f}".format)
    mask = pd.Series(largest > 0, index=layer.index)
    return faults(mask, other=names, area=size, lon=places[:, 0], lat=places[:, 1])


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Areas at fault: the row, the earlier row that it is at fault with, and the part of the plane that is wrong."""

    rows: NDArray[np.int64]
    others: NDArray[np.int64]
    parts: Geometries


def _holes_of_all(metres: Geometries) -> Geometries:
    """Give the places that areas enclose and none of them covers.

    An edge that two areas share from both sides bounds no gap; the few others are noded and made to faces, so that a
    clean coverage costs a look at each edge and no overlay.
    """
    vertices = vertices_of(shapely.orient_polygons(metres))
    if not len(vertices.path):
        return np.array([], dtype=object)
    node = pd.factorize(vertices.places @ np.array([1, 1j]))[0]
    inner = np.flatnonzero(np.diff(vertices.path) == 0)
    start, end = node[inner].astype(np.int64), node[inner + 1].astype(np.int64)
    key = np.minimum(start, end) * (node.max() + 1) + np.maximum(start, end)
    edge = pd.factorize(key)[0]
    both_ways = (np.bincount(edge) == 2) & (np.bincount(edge, weights=np.sign(end - start)) == 0)
    left = inner[~both_ways[edge]]
    lines = shapely.linestrings(np.stack([vertices.places[left], vertices.places[left + 1]], axis=1))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(lines))))
    covered = np.zeros(len(faces), dtype=bool)
    covered[shapely.STRtree(metres).query(shapely.point_on_surface(faces), predicate="intersects")[0]] = True
    return np.asarray(faces[~covered], dtype=object)


def _overlaps(metres: Geometries, wider_m: float) -> Overlaps:
    """Find areas that overlap by more than a mean width; areas with shared borders take no overlay."""
    later, earlier = shapely.STRtree(metres).query(metres)
    once = later > earlier
    later, earlier = later[once], earlier[once]
    inner = shapely.relate_pattern(metres[later], metres[earlier], "T********")
    later, earlier = later[inner], earlier[inner]
    parts = shapely.intersection(metres[later], metres[earlier])
    wide = _width(parts) > wider_m
    return Overlaps(later[wide], earlier[wide], parts[wide])


def _named_layers(context: CheckContext, key: str) -> bool:
    """Tell whether the profile names layers for a rule, and one of them is there."""
    names = () if context.layer is None else getattr(context.layer, key)
    return any(name in context.layers and context.layers[name].has_geometry for name in names)


def _sound(metres: Geometries) -> Geometries:
    """Leave out what is not valid, and collections: other rules find them, and an overlay would fail on them."""
    sound = metres.copy()
    sound[~shapely.is_valid(metres) | (shapely.get_type_id(metres) == _COLLECTION)] = None
    return sound


def _width(parts: Geometries) -> NDArray[np.float64]:
    """Give the mean width of areas in metres: twice the area over the perimeter; 0 for none."""
    length, area = shapely.length(parts), shapely.area(parts)
    width = 2 * np.nan_to_num(area) / np.where(np.nan_to_num(length) > 0, length, 1.0)
    return np.asarray(width, dtype=np.float64)


def _shared(metres: Geometries, covers: Geometries) -> tuple[NDArray[np.int64], Geometries]:
    """Give what each area shares with others: rows, and the parts of one row united."""
    rows, found = shapely.STRtree(covers).query(metres, predicate="intersects")
    return _united(rows, shapely.intersection(metres[rows], covers[found]))


def _united(rows: NDArray[np.int64], parts: Geometries) -> tuple[NDArray[np.int64], Geometries]:
    """Unite the parts of each row."""
    order = np.argsort(rows, kind="stable")
    each, start = np.unique(rows[order], return_index=True)
    groups = np.split(parts[order], start[1:]) if len(each) else []
    united = np.empty(len(each), dtype=object)
    united[:] = [group[0] if len(group) == 1 else shapely.union_all(group) for group in groups]
    return each, united


def _outside(metres: Geometries, covers: Geometries, *, touching_only: bool) -> tuple[NDArray[np.int64], Geometries]:
    """Give rows that are not covered, and their parts outside; only of those that touch the cover if so asked."""
    tree = shapely.STRtree(covers)
    within = np.zeros(len(metres), dtype=bool)
    within[tree.query(metres, predicate="covered_by")[0]] = True
    rest = np.flatnonzero(~within & ~shapely.is_missing(metres))
    pairs, found = tree.query(metres[rest], predicate="intersects")
    touching, cover = _united(pairs, covers[found])
    outside = metres[rest].copy()
    outside[touching] = shapely.difference(metres[rest][touching], cover)
    chosen = touching if touching_only else np.arange(len(rest))
    return rest[chosen], outside[chosen]


def _not_met(layer: pd.DataFrame, context: CheckContext, key: str, within_m: float) -> Faults:
    """Find points that none of the named layers comes near."""
    names = () if context.layer is None else getattr(context.layer, key)
    metres = context.metres()
    targets = np.concatenate([geometry for _, geometry in context.others(names)])
    met = shapely.STRtree(targets).query(metres, predicate="dwithin", distance=within_m)[0]
    mask = pd.Series(~shapely.is_missing(metres), index=layer.index) & ~row_mask(met, layer)
    return faults(mask, other=pd.Series(", ".join(names), index=layer.index))


def _over(layer: pd.DataFrame, context: CheckContext, found: Overlaps) -> Faults:
    """Give rows with the first other, the area on the ellipsoid and the place of the part at fault."""
    each, first = np.unique(found.rows, return_index=True)
    area, other = np.full(len(layer), "-", dtype=object), np.full(len(layer), -1, dtype=np.int64)
    places = np.full((len(layer), 2), np.nan)
    if len(each):
        area[each] = [f"{size:.2f}" for size in _ellipsoidal(found.parts[first], context)]
        other[each] = found.others[first] + 1
        places[each] = [_place(part, context) for part in found.parts[first]]
    return faults(row_mask(each, layer), other=other, area=area, lon=places[:, 0], lat=places[:, 1])


def _place(part: shapely.Geometry, context: CheckContext) -> tuple[float, float]:
    """Give a point of a part, in the coordinates of the layer."""
    point = context.plane().back(np.array([shapely.point_on_surface(part)], dtype=object))[0]
    return (float(shapely.get_x(point)), float(shapely.get_y(point)))


def _ellipsoidal(parts: Geometries, context: CheckContext) -> NDArray[np.float64]:
    """Give the areas of parts of the plane on the ellipsoid; in the plane where there is no system."""
    system: Any = context.checked.frame.crs  # None where the file names none
    if system is None:
        return np.asarray(shapely.area(parts), dtype=np.float64)
    return ellipsoidal_areas(gpd.GeoSeries(context.plane().back(parts), crs=system))
