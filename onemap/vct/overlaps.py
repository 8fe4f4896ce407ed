"""Polygons that are no clean coverage: they overlap others or cross themselves, which a file can but repeat."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.vct.coverage import Coverage

__all__ = ["invalid_polygons", "overlapping_polygons"]

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_INTERIORS_MEET = "T********"


def invalid_polygons(coverage: Coverage) -> Integers:
    """Give the polygons that cross or touch themselves as no valid polygon does, once on the grid.

    Examples
    --------
    >>> from onemap.vct.coverage import shared_borders
    >>> bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> invalid_polygons(shared_borders(np.array([bow, shapely.box(5, 5, 6, 6)], dtype=object), 1)).tolist()
    [0]
    """
    shapes = coverage.shapes
    return np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes))


def overlapping_polygons(coverage: Coverage, invalid: Integers) -> Integers:
    """Give the polygons that share some of their inside with others.

    Only polygons with a border that is no other's, or that others follow the same way, are looked at: within a clean
    coverage there are none but those at its rim.

    Parameters
    ----------
    coverage
        The polygons.
    invalid
        Those that are left out.

    Examples
    --------
    >>> from onemap.vct.coverage import shared_borders
    >>> shapes = np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3), shapely.box(3, 3, 4, 4)], dtype=object)
    >>> overlapping_polygons(shared_borders(shapes, 1), np.empty(0, dtype=np.int64)).tolist()
    [0, 1]
    """
    usable = ~shapely.is_missing(coverage.shapes)
    usable[invalid] = False
    asked = np.flatnonzero(usable & _may_overlap(coverage))
    held = np.flatnonzero(usable)
    one, other = shapely.STRtree(coverage.shapes[held]).query(coverage.shapes[asked], predicate="intersects")
    one, other = asked[one], held[other]
    pairs = one != other
    one, other = one[pairs], other[pairs]
    meet = shapely.relate_pattern(coverage.shapes[one], coverage.shapes[other], _INTERIORS_MEET)
    found: Integers = np.unique(np.concatenate([one[meet], other[meet]]))
    return found


def _may_overlap(coverage: Coverage) -> Mask:
    """Tell which polygons have a border of their own, or one that another follows the same way."""
    lines, count = np.abs(coverage.items), len(coverage.firsts)
    forward = np.bincount(lines[coverage.items > 0], minlength=count)
    backward = np.bincount(lines[coverage.items < 0], minlength=count)
    is_odd = (forward != 1) | (backward != 1)
    found = np.zeros(len(coverage.shapes), dtype=bool)
    found[coverage.owners[coverage.rings[is_odd[lines]]]] = True
    return found
