"""Shapes from coordinates: rings into areas by what contains what, lines from their pieces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["area_of_rings", "areas_of_rings", "joined_lines"]

Geometries = NDArray[np.object_]
Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]


def areas_of_rings(rings: Geometries, owners: Integers, count: int) -> Geometries:
    """Put rings together to areas.

    The direction of a ring says nothing reliable; what lies within an odd number of other rings is a hole.

    Parameters
    ----------
    rings
        Closed lines, shape (n,).
    owners
        Number of the area that each belongs to, ascending, shape (n,).
    count
        Number of areas.

    Returns
    -------
    areas
        Polygon, or MultiPolygon where there are several shells, shape (count,); None for an area without rings.

    Examples
    --------
    >>> ring = shapely.box(0, 0, 9, 9).exterior, shapely.box(2, 2, 4, 4).exterior
    >>> areas_of_rings(np.array(ring, dtype=object), np.array([0, 0]), 1)[0].area
    77.0
    """
    areas: Geometries = np.full(count, None, dtype=object)
    number = np.bincount(owners, minlength=count)
    alone = number[owners] == 1
    areas[owners[alone]] = shapely.polygons(rings[alone])
    firsts = np.concatenate([[0], np.cumsum(number)])
    for at in np.flatnonzero(number > 1).tolist():
        areas[at] = area_of_rings(rings[firsts[at] : firsts[at + 1]])
    return areas


def area_of_rings(rings: Geometries) -> shapely.Geometry:
    """Put several rings together to one area; shells and holes keep their order.

    Examples
    --------
    >>> rings = np.array([shapely.box(0, 0, 1, 1).exterior, shapely.box(5, 5, 6, 6).exterior], dtype=object)
    >>> area_of_rings(rings).geom_type
    'MultiPolygon'
    """
    parts = shapely.polygons(rings)
    rank = np.empty(len(parts), dtype=np.int64)
    rank[np.argsort(-shapely.area(parts), kind="stable")] = np.arange(len(parts))
    inner, outer = shapely.STRtree(parts).query(_points_within(parts), predicate="within")
    holds = rank[outer] < rank[inner]
    inner, outer = inner[holds], outer[holds]
    depth = np.bincount(inner, minlength=len(parts))
    nearest = np.full(len(parts), -1, dtype=np.int64)
    order = np.argsort(rank[outer], kind="stable")
    nearest[inner[order]] = outer[order]  # the last one written is the smallest that holds it
    is_hole = depth % 2 == 1
    holes: dict[int, list[shapely.Geometry]] = {}
    for at in np.flatnonzero(is_hole).tolist():
        holes.setdefault(int(nearest[at]), []).append(rings[at])
    shells = np.flatnonzero(~is_hole).tolist()
    areas = [shapely.Polygon(rings[at], holes.get(at, ())) for at in shells]
    return areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)


def _points_within(parts: Geometries) -> Geometries:
    """Give a point within each area; a ring that crosses itself has none that is sure, any will do."""
    points: Geometries = shapely.point_on_surface(parts)
    return points


def joined_lines(pieces: Sequence[Numbers]) -> shapely.Geometry:
    """Join pieces that follow each other end to start; a line of several parts where they do not.

    Examples
    --------
    >>> joined_lines([np.array([[0.0, 0], [1, 1]]), np.array([[1.0, 1], [2, 0]])]).wkt
    'LINESTRING (0 0, 1 1, 2 0)'
    """
    parts: list[list[Numbers]] = []
    for piece in pieces:
        if parts and np.array_equal(parts[-1][-1][-1], piece[0], equal_nan=True):
            parts[-1].append(piece[1:])
        else:
            parts.append([piece])
    lines = [shapely.linestrings(np.concatenate(part)) for part in parts]
    return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)
