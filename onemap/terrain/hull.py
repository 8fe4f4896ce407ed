"""The upper hull of the ground along a ray, grown point by point, and the questions it answers at once.

The steepest point seen from a receiver beyond the last point, and the highest point over a slanting line, always lie
on the hull. Where the bulge of the earth is taken off the heights (``h - C d * d``), rays over the curved earth are
straight lines, so the same hull finds horizons. Neighbouring receivers ask for neighbouring points, so a search
starts where the last one ended.
"""

from __future__ import annotations

import numba
import numpy as np

from onemap.terrain.uncounted import UNCOUNTED

__all__ = ["clear_hull", "new_hull", "push", "support", "tangent"]


@numba.njit(cache=True, nogil=True)
def new_hull(size):  # type: ignore[no-untyped-def]
    """Make room for a hull.

    Parameters
    ----------
    size
        Largest number of points.

    Returns
    -------
    hull
        Places and heights of its points from left to right, and three marks: last point, where the last search for a
        tangent and for a support ended.

    Examples
    --------
    >>> new_hull(3)[2].tolist()
    [-1, 0, 0]
    """
    return np.empty(size), np.empty(size), np.array([-1, 0, 0])


@numba.njit(cache=True, nogil=True)
def clear_hull(hull):  # type: ignore[no-untyped-def]
    """Forget all points of a hull.

    Parameters
    ----------
    hull
        As `new_hull` gives it.

    Examples
    --------
    >>> hull = new_hull(3)
    >>> push(hull, 0.0, 1.0); clear_hull(hull)
    >>> hull[2].tolist()
    [-1, 0, 0]
    """
    hull[2][0] = -1
    hull[2][1] = 0
    hull[2][2] = 0


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def push(hull, place, height):  # type: ignore[no-untyped-def]
    """Add a point to the right of all others; points that the hull no longer touches go.

    Parameters
    ----------
    hull
        As `new_hull` gives it; it is changed.
    place, height
        The point.

    Examples
    --------
    >>> hull = new_hull(3)
    >>> for place, height in enumerate((0.0, 1.0, 5.0)):
    ...     push(hull, float(place), height)
    >>> hull[0][: hull[2][0] + 1].tolist()
    [0.0, 2.0]
    """
    places, heights, marks = hull
    top = marks[0]
    while top >= 1:
        inner = (heights[top] - heights[top - 1]) * (place - places[top])
        if inner > (height - heights[top]) * (places[top] - places[top - 1]):
            break
        top -= 1
    top += 1
    places[top], heights[top] = place, height
    marks[0] = top
    marks[1] = min(marks[1], top)
    marks[2] = min(marks[2], top)


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def tangent(hull, place, height):  # type: ignore[no-untyped-def]
    """Find the point of a hull that is seen at the steepest rise from a point to the right of it.

    Parameters
    ----------
    hull
        As `new_hull` gives it, with a point or more.
    place, height
        From where.

    Returns
    -------
    point
        Its number in the hull; of equally steep ones the last.

    Examples
    --------
    >>> hull = new_hull(3)
    >>> for number, height in enumerate((9.0, 5.0, 0.0)):
    ...     push(hull, float(number), height)
    >>> tangent(hull, 3.0, 0.0), tangent(hull, 3.0, -9.0)
    (0, 2)
    """
    places, heights, marks = hull
    at = marks[1]
    best_over, best_along = heights[at] - height, place - places[at]
    start = at
    while at < marks[0]:
        over, along = heights[at + 1] - height, place - places[at + 1]
        if over * best_along < best_over * along:
            break
        best_over, best_along = over, along
        at += 1
    if at == start:
        while at > 0:
            over, along = heights[at - 1] - height, place - places[at - 1]
            if over * best_along <= best_over * along:
                break
            best_over, best_along = over, along
            at -= 1
    marks[1] = at
    return at


@numba.njit(cache=True, nogil=True, **UNCOUNTED)
def support(hull, slope):  # type: ignore[no-untyped-def]
    """Find the point of a hull that stands highest over lines of a slope.

    Parameters
    ----------
    hull
        As `new_hull` gives it, with a point or more.
    slope
        Rise of the lines for each unit of place.

    Returns
    -------
    point
        Its number in the hull.

    Examples
    --------
    >>> hull = new_hull(3)
    >>> for number, height in enumerate((9.0, 5.0, 0.0)):
    ...     push(hull, float(number), height)
    >>> support(hull, 0.0), support(hull, -4.5), support(hull, -9.0)
    (0, 1, 2)
    """
    places, heights, marks = hull
    at = marks[2]
    start = at
    while at < marks[0] and heights[at + 1] - heights[at] > slope * (places[at + 1] - places[at]):
        at += 1
    if at == start:
        while at > 0 and heights[at - 1] - heights[at] > slope * (places[at - 1] - places[at]):
            at -= 1
    marks[2] = at
    return at
