"""Rules over the shape of single features: vertices, angles, slivers, holes, sizes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from onemap.delivery.checked import CheckContext
from onemap.delivery.plane import finite
from onemap.delivery.rules.kinds import facility_of, has_areas, has_lines, row_mask
from onemap.delivery.rules.paths import Vertices, vertices_of
from onemap.delivery.rules.registry import faults, row_rule
from onemap.findings import Faults

__all__ = [
    "angles_of_areas",
    "angles_of_lines",
    "holes_not_tiny",
    "lines_not_short",
    "lines_simple",
    "no_heights",
    "no_slivers",
    "shape_once",
    "smallest_areas",
    "vertices_once",
]


def _has_outlines(context: CheckContext) -> bool:
    """Tell whether a layer of the profile holds lines or areas."""
    return has_lines(context) or has_areas(context)


@row_rule("OM-GEO-106", when=_has_outlines)
def shape_once(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require that a shape stands once; two cables on one route are two facilities, two equal areas never are."""
    metres = context.metres()
    shape = pd.Series(shapely.to_wkb(shapely.normalize(metres)), index=layer.index, dtype=object)
    which = facility_of(context) if has_lines(context) else pd.Series("", index=layer.index)
    keys = pd.DataFrame({"shape": shape, "which": which.astype(object)})
    again = keys.duplicated() & shape.notna()
    number = pd.Series(np.arange(1, len(layer) + 1), index=layer.index)
    if not again.any():
        return faults(again, other=number)
    return faults(again, other=number.groupby([keys["shape"], keys["which"]], dropna=False).transform("first"))


@row_rule("OM-GEO-110", when=_has_outlines)
def vertices_once(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require neighbouring vertices that are not nearer than the tolerance."""
    vertices = vertices_of(context.metres())
    steps = np.hypot(*np.diff(vertices.places, axis=0).T)
    at = np.flatnonzero((steps < context.profile.tolerances.vertex_m) & (np.diff(vertices.path) == 0))
    return _at_vertices(layer, context, vertices, at)


@row_rule("OM-GEO-111", when=has_lines)
def lines_simple(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require lines that neither cross nor cover themselves."""
    metres = context.metres()
    return faults(pd.Series(finite(metres) & ~shapely.is_simple(metres), index=layer.index))


@row_rule("OM-GEO-112", when=has_areas)
def angles_of_areas(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require angles of at least the tolerance between the edges of an area."""
    return _sharp(layer, context)


@row_rule("OM-GEO-118", when=has_lines, named=True)
def angles_of_lines(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require lines that do not turn back on themselves."""
    return _sharp(layer, context)


@row_rule("OM-GEO-113", when=has_lines)
def lines_not_short(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require lines of at least the tolerance."""
    length_m = pd.Series(shapely.length(context.metres()), index=layer.index)
    return faults(length_m.lt(context.profile.tolerances.line_m), length=length_m.map("{:.3f}".format))


@row_rule("OM-GEO-114", when=has_areas)
def no_slivers(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require areas of a mean width of at least the tolerance."""
    metres = context.metres()
    with np.errstate(divide="ignore", invalid="ignore"):
        width_m = pd.Series(2 * shapely.area(metres) / shapely.length(metres), index=layer.index)
    return faults(width_m.lt(context.profile.tolerances.sliver_m), width=width_m.map("{:.3f}".format))


@row_rule("OM-GEO-115", when=lambda context: has_areas(context) and bool(context.column("land_use")))
def smallest_areas(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require areas of at least the smallest of their land use."""
    use = context.text(context.column("land_use"))
    smallest = use.map({code: context.profile.tolerances.smallest(code) for code in use.unique()}).astype(float)
    area_m2 = _areas(context, layer)
    wrong = use.ne("") & area_m2.gt(0) & area_m2.lt(smallest)
    return faults(wrong, area=area_m2.map("{:.2f}".format), smallest=smallest.map("{:g}".format), value=use)


@row_rule("OM-GEO-116", when=has_areas)
def holes_not_tiny(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require holes of at least the tolerance."""
    parts, part_row = shapely.get_parts(context.metres(), return_index=True)
    holed = shapely.get_num_interior_rings(parts) > 0
    rings, ring_part = shapely.get_rings(parts[holed], return_index=True)
    is_hole = np.diff(ring_part, prepend=-1) == 0  # the first ring of each is its border
    holes = shapely.polygons(rings[is_hole])
    area_m2 = shapely.area(holes)
    tiny = area_m2 < context.profile.tolerances.hole_m2
    rows = part_row[holed][ring_part[is_hole]][tiny]
    size = np.full(len(layer), np.nan)
    size[rows] = area_m2[tiny]
    return faults(row_mask(rows, layer), area=pd.Series(size, index=layer.index).map("{:.4f}".format))


@row_rule("OM-GEO-117", when=lambda context: context.checked.has_geometry and not context.profile.crs.vertical)
def no_heights(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require coordinates without heights where the profile has no system of heights."""
    return faults(pd.Series(shapely.has_z(context.checked.geometry()), index=layer.index))


def _areas(context: CheckContext, layer: pd.DataFrame) -> pd.Series[float]:
    """Give areas: on the ellipsoid where the system is known, else in the plane."""
    areas = context.areas_m2() if context.checked.crs else shapely.area(context.metres())
    return pd.Series(areas, index=layer.index)


def _sharp(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Find vertices where two edges meet at less than the tolerance."""
    vertices = vertices_of(context.metres()).without_repeats(context.profile.tolerances.vertex_m)
    before, after = _neighbours(vertices)
    at = np.flatnonzero((before >= 0) & (after >= 0))
    back = vertices.places[before[at]] - vertices.places[at]
    on = vertices.places[after[at]] - vertices.places[at]
    across = back[:, 0] * on[:, 1] - back[:, 1] * on[:, 0]
    angle = np.degrees(np.abs(np.arctan2(across, (back * on).sum(axis=1))))
    sharp = angle < context.profile.tolerances.angle_deg
    found = _at_vertices(layer, context, vertices, at[sharp])
    return Faults(found.mask, found.values.assign(angle=_of_first(layer, vertices.row[at[sharp]], angle[sharp])))


def _neighbours(vertices: Vertices) -> tuple[np.ndarray, np.ndarray]:
    """Give the vertices before and after each; a ring's first vertex has that before its last; -1 for none."""
    count = len(vertices.path)
    before, after = np.arange(count) - 1, np.arange(count) + 1
    starts = np.diff(vertices.path, prepend=-1) != 0
    ends = np.append(starts[1:], True) if count else starts
    before[starts], after[ends] = -1, -1
    if count:
        first, last = np.flatnonzero(starts), np.flatnonzero(ends)
        closed = vertices.is_ring[first] & (last - first > 2)
        before[first[closed]] = last[closed] - 1
    return before, after


def _of_first(layer: pd.DataFrame, rows: np.ndarray, values: np.ndarray) -> pd.Series[str]:
    """Give the value of the first vertex of each row, as text."""
    text = np.full(len(layer), "-", dtype=object)
    first, position = np.unique(rows, return_index=True)
    text[first] = [f"{value:.1f}" for value in values[position]]
    return pd.Series(text, index=layer.index)


def _at_vertices(layer: pd.DataFrame, context: CheckContext, vertices: Vertices, at: np.ndarray) -> Faults:
    """Give rows with vertices at fault, and the place of the first."""
    rows, first, times = np.unique(vertices.row[at], return_index=True, return_counts=True)
    plane = context.plane()
    places = np.full((len(layer), 2), np.nan)
    places[rows] = vertices.places[at[first]] / [plane.east_m, plane.north_m]
    count = np.zeros(len(layer), dtype=np.int64)
    count[rows] = times
    return faults(row_mask(rows, layer), lon=places[:, 0], lat=places[:, 1], count=count)
