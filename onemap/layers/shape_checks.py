"""Shapes that are not what they should be, on arrays of geometries: every check looks at all of them at once."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from onemap.messages import Told

__all__ = [
    "area_m2",
    "crossing_antimeridian",
    "mended",
    "outside_share",
    "repeated_vertices",
    "same_shapes",
    "spikes",
    "split_at_antimeridian",
    "validity_reason",
    "without_extent",
]

Geometry = NDArray[np.object_]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_REASONS: Mapping[str, str] = {
    "Repeated Point": "shape_repeated_point",
    "Hole lies outside shell": "shape_hole_outside",
    "Holes are nested": "shape_nested_holes",
    "Interior is disconnected": "shape_disconnected",
    "Self-intersection": "shape_self_intersection",
    "Ring Self-intersection": "shape_ring_self_intersection",
    "Nested shells": "shape_nested_shells",
    "Duplicate Rings": "shape_duplicate_rings",
    "Too few points in geometry component": "shape_too_few_points",
    "Invalid Coordinate": "shape_invalid_coordinate",
    "Ring is not closed": "shape_open_ring",
}
"""What GEOS says of a geometry that is not valid → text of the catalogue."""

_PLACE = re.compile(r"^(?P<phrase>[^\[]*)(?:\[(?P<x>\S+) (?P<y>\S+)\])?$")
_GEOD = Geod(ellps="GRS80")
_SPIKE_COSINE = float(np.cos(np.radians(0.05)))
_FULL_TURN = 360.0
_FLAT = 1e-9  # a polygon whose width is this share of its length is a line


def validity_reason(geometry: BaseGeometry) -> Told:
    """Say why a geometry is not valid, and where.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> str(validity_reason(bow_tie))
    'Self-intersection at 1 1'
    """
    said = str(shapely.is_valid_reason(geometry))
    found = _PLACE.match(said)
    if found is None or found["phrase"] not in _REASONS:
        return Told("shape_other", {"phrase": said})
    reason = Told(_REASONS[found["phrase"]])
    if found["x"] is None:
        return reason
    return Told("shape_at", {"phrase": reason, "x": f"{float(found['x']):.10g}", "y": f"{float(found['y']):.10g}"})


def mended(geometry: BaseGeometry) -> BaseGeometry | None:
    """Make a geometry valid, in its own dimension; None where nothing of it is left.

    Examples
    --------
    >>> mended(shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])).area
    2.0
    """
    whole: BaseGeometry = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    return None if whole.is_empty or shapely.get_dimensions(whole) < shapely.get_dimensions(geometry) else whole


def area_m2(geometry: BaseGeometry, *, geographic: bool) -> float:
    """Measure an area as its vertices give it, in m²; what runs the other way round counts less.

    Examples
    --------
    >>> round(area_m2(shapely.box(75.0, 39.0, 75.01, 39.01), geographic=True))
    961620
    """
    if not geographic:
        return float(geometry.area)
    return abs(float(_GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))[0]))


def repeated_vertices(geometry: Geometry) -> Counts:
    """Count in each geometry the vertices that stand twice in a row.

    Parameters
    ----------
    geometry
        Shapely geometries or None, shape (n,).

    Returns
    -------
    counts
        Shape (n,); 0 for points.

    Examples
    --------
    >>> repeated_vertices(np.array([shapely.LineString([(0, 0), (1, 1), (1, 1)]), shapely.Point(0, 0)])).tolist()
    [1, 0]
    """
    outlines, owner = _outlines(geometry)
    coordinates, part = shapely.get_coordinates(outlines, return_index=True)
    again = (part[1:] == part[:-1]) & (coordinates[1:] == coordinates[:-1]).all(axis=1)
    counts: Counts = np.bincount(owner[part[1:][again]], minlength=len(geometry)).astype(np.int64)
    return counts


def without_extent(geometry: Geometry) -> Mask:
    """Tell which lines have no length and which polygons collapse to a line or a point.

    Examples
    --------
    >>> flat = shapely.Polygon([(0, 0), (1, 1), (2, 2)])
    >>> bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> without_extent(np.array([shapely.LineString([(1, 1), (1, 1)]), flat, bow_tie, shapely.Point(0, 0)])).tolist()
    [True, True, False, False]
    """
    dimension = shapely.get_dimensions(geometry)
    nothing = (dimension == 1) & (shapely.length(geometry) == 0.0)
    west, south, east, north = shapely.bounds(geometry).T
    least = _FLAT * np.maximum(east - west, north - south) ** 2
    with np.errstate(invalid="ignore"):
        flat = np.flatnonzero((dimension == 2) & (shapely.area(geometry) <= least))
    nothing[flat] = shapely.area(shapely.convex_hull(geometry[flat])) <= least[flat]
    return np.asarray(nothing, dtype=bool)


def spikes(geometry: Geometry, *, shortest: float) -> tuple[Counts, Floats]:
    """Count the vertices of polygons where the outline runs out and straight back again.

    Parameters
    ----------
    geometry
        Shapely geometries or None, shape (n,); lines may run back, only polygons are looked at.
    shortest
        Both sides of a spike are at least so long, in the units of the coordinates.

    Returns
    -------
    counts, tips
        Shape (n,), and the coordinates of the first tip, shape (n, 2), NaN where there is none.

    Examples
    --------
    >>> spiked = shapely.Polygon([(0, 0), (4, 0), (4, 4), (2, 4), (2, 9), (2, 4), (0, 4)])
    >>> counts, tips = spikes(np.array([spiked]), shortest=1.0)
    >>> counts.tolist(), tips.tolist()
    ([1], [[2.0, 9.0]])
    """
    areal = np.flatnonzero(shapely.get_dimensions(geometry) == 2)
    rings, owner = _outlines(geometry[areal])
    coordinates, ring = shapely.get_coordinates(shapely.remove_repeated_points(rings), return_index=True)
    first, last = _ends(ring)
    before, behind = np.roll(coordinates, 1, axis=0), np.roll(coordinates, -1, axis=0)
    before[first], behind[last] = coordinates[last - 1], coordinates[first + 1]
    one, two = before - coordinates, behind - coordinates
    lengths = np.hypot(*one.T), np.hypot(*two.T)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = (one * two).sum(axis=1) / (lengths[0] * lengths[1])
    sharp = (cosine > _SPIKE_COSINE) & (np.minimum(*lengths) >= shortest)
    sharp[last] = False  # the same vertex as the first
    at = areal[owner[ring[sharp]]]
    tips = np.full((len(geometry), 2), np.nan)
    tips[at[::-1]] = coordinates[sharp][::-1]
    return np.bincount(at, minlength=len(geometry)).astype(np.int64), tips


def crossing_antimeridian(geometry: Geometry) -> Mask:
    """Tell which geometries jump from one side of the 180th meridian to the other, in degrees of longitude.

    Examples
    --------
    >>> crossing_antimeridian(np.array([shapely.LineString([(179, 0), (-179, 1)]), shapely.Point(179, 0)])).tolist()
    [True, False]
    """
    wide = np.flatnonzero(np.subtract(*shapely.bounds(geometry)[:, [2, 0]].T) > _FULL_TURN / 2)
    outlines, owner = _outlines(geometry[wide])
    coordinates, part = shapely.get_coordinates(outlines, return_index=True)
    jumps = (part[1:] == part[:-1]) & (np.abs(np.diff(coordinates[:, 0])) > _FULL_TURN / 2)
    crossing = np.zeros(len(geometry), dtype=bool)
    crossing[wide[owner[part[1:][jumps]]]] = True
    return crossing


def split_at_antimeridian(geometry: BaseGeometry) -> BaseGeometry:
    """Cut a geometry that jumps over the 180th meridian there, so that no part of it runs round the globe.

    Examples
    --------
    >>> split_at_antimeridian(shapely.LineString([(179, 0), (-179, 0)])).wkt
    'MULTILINESTRING ((179 0, 180 0), (-180 0, -179 0))'
    """
    eastward = shapely.transform(geometry, lambda xy: np.column_stack([xy[:, 0] % _FULL_TURN, xy[:, 1]]))
    west_side = shapely.intersection(eastward, shapely.box(0, -90, 180, 90))
    east_side = shapely.intersection(eastward, shapely.box(180, -90, 360, 90))
    there = shapely.transform(east_side, lambda xy: xy - [_FULL_TURN, 0.0])
    parts = [part for side in (west_side, there) for part in shapely.get_parts(side)]
    joined: BaseGeometry = shapely.union_all(parts)
    return joined


def outside_share(geometry: Geometry, area: BaseGeometry) -> Floats:
    """Give the share of each line (by length) or polygon (by area) that lies outside an area.

    Parameters
    ----------
    geometry
        Shapely geometries or None, shape (n,), in the CRS of the area.
    area
        Where they should lie.

    Returns
    -------
    shares
        0 to 1, shape (n,); 0 for points, and for geometries that are not valid or lie outside altogether.

    Examples
    --------
    >>> line = shapely.LineString([(0, 0), (4, 0)])
    >>> outside_share(np.array([line]), shapely.box(-1, -1, 1, 1)).tolist()
    [0.75]
    """
    shares = np.zeros(len(geometry))
    shapely.prepare(area)
    extended = (shapely.get_dimensions(geometry) >= 1) & shapely.is_valid(geometry)
    rows = np.flatnonzero(extended)
    rows = rows[~shapely.covered_by(geometry[rows], area) & shapely.intersects(geometry[rows], area)]
    inside = shapely.intersection(geometry[rows], area)
    areal = shapely.get_dimensions(geometry[rows]) == 2
    whole = np.where(areal, shapely.area(geometry[rows]), shapely.length(geometry[rows]))
    kept = np.where(areal, shapely.area(inside), shapely.length(inside))
    with np.errstate(invalid="ignore", divide="ignore"):
        shares[rows] = np.nan_to_num(1.0 - kept / whole)
    return shares


def same_shapes(geometry: Geometry) -> Counts:
    """Give for each line or polygon the position of the first that has the same vertices, its own where none has.

    Examples
    --------
    >>> line = shapely.LineString([(0, 0), (1, 1)])
    >>> same_shapes(np.array([line, shapely.reverse(line), shapely.Point(0, 0), shapely.Point(0, 0)])).tolist()
    [0, 0, 2, 3]
    """
    first: Counts = np.arange(len(geometry))
    rows = np.flatnonzero(shapely.get_dimensions(geometry) >= 1)
    if len(rows) < 2:
        return first
    written = shapely.to_wkb(shapely.normalize(geometry[rows]))
    _, at, inverse = np.unique(np.asarray(written, dtype=object), return_index=True, return_inverse=True)
    first[rows] = rows[at[inverse]]
    return first


def _outlines(geometry: Geometry) -> tuple[Geometry, Counts]:
    """Give the lines and rings that geometries are made of, and the position of the geometry that each belongs to."""
    parts, owner = shapely.get_parts(np.asarray(geometry, dtype=object), return_index=True)
    areal = shapely.get_dimensions(parts) == 2
    linear = shapely.get_dimensions(parts) == 1
    rings, of = shapely.get_rings(parts[areal], return_index=True)
    return np.concatenate([parts[linear], rings]), np.concatenate([owner[linear], owner[areal][of]]).astype(np.int64)


def _ends(part: Counts) -> tuple[Counts, Counts]:
    """Give the first and last position of each run of equal numbers."""
    turns = np.flatnonzero(np.diff(part)) + 1
    return np.concatenate([[0], turns])[: len(part)], np.concatenate([turns, [len(part)]])[: len(part)] - 1
