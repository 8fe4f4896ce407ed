"""Where lines run side by side, by distance and direction along them: no equal vertices are needed.

A line is walked in short pieces. A piece lies beside another line if its middle is within the tolerance of it, not
beyond its end, and the chords of both lines round there point the same way or the opposite one. Chords are long against
the errors of drawing, so that a wavering line keeps its direction. Neighbouring pieces make a stretch.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.measured_lines import MeasuredLines
from onemap.layers.nearest import GEOD

__all__ = ["Stretches", "metres_per_degree", "near_pairs", "stretches_beside"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_SEMI_MAJOR_M = float(GEOD.a)
_SQUARED_ECCENTRICITY = float(GEOD.es)
_COLUMNS = 5
_FIRST_ROOM = 4096
_SHORT_SHARE = 0.8


class Stretches(NamedTuple):
    """Stretches of lines that lie beside others, ordered by line, then by place.

    line, other: positions of the two lines; from_m, to_m: along the line; other_from_m, other_to_m: along the other,
    falling where it was drawn the other way; distance_m: mean distance between them, in metres.
    """

    line: Integers
    other: Integers
    from_m: Floats
    to_m: Floats
    other_from_m: Floats
    other_to_m: Floats
    distance_m: Floats


class _Line(NamedTuple):
    """A set of lines for the kernel."""

    lon: Floats
    lat: Floats
    offset_m: Floats
    first: Integers


def near_pairs(
    shapes: NDArray[np.object_], others: NDArray[np.object_] | None, distance_m: float
) -> tuple[Integers, Integers]:
    """Find the pairs of shapes that may come within a distance of each other.

    Parameters
    ----------
    shapes
        Shapes in degrees, shape (n,).
    others
        Shapes in degrees, shape (m,); None for pairs among `shapes`, each then in both orders and none with itself.
    distance_m
        In metres.

    Returns
    -------
    first, second
        Positions of the pairs, ordered; none that comes so near is missing, some lie a little farther apart.

    Examples
    --------
    >>> lines = np.array([shapely.LineString([(75, y), (76, y)]) for y in (39.0, 39.0001, 39.1)])
    >>> near_pairs(lines, None, 20.0)
    (array([0, 1]), array([1, 0]))
    """
    among = shapes if others is None else others
    if not len(shapes) or not len(among):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    bounds = np.abs(shapely.total_bounds(shapes)[[1, 3]])
    highest = float(np.nanmax(bounds)) if np.isfinite(bounds).any() else 0.0
    reach_deg = distance_m / (110_000.0 * max(math.cos(math.radians(min(highest + 0.1, 89.9))), 1e-3))
    first, second = shapely.STRtree(among).query(shapes, predicate="dwithin", distance=reach_deg)
    if others is None:
        first, second = first[first != second], second[first != second]
    order = np.lexsort((second, first))
    return first[order].astype(np.int64), second[order].astype(np.int64)


def stretches_beside(
    lines: MeasuredLines, others: MeasuredLines, pairs: tuple[Integers, Integers], *, settings: RouteSettings
) -> Stretches:
    """Find the stretches of lines that lie beside other lines.

    Parameters
    ----------
    lines, others
        Two sets of lines, or one twice.
    pairs
        Positions of the pairs to compare: a line and one of the others.
    settings
        Tolerance, direction, lengths.

    Returns
    -------
    stretches
        On `lines`; ask again with the sets exchanged for those on `others`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from onemap.analyses.routes.measured_lines import measure_lines
    >>> drawn = [shapely.LineString([(75, 39), (75.1, 39)]), shapely.LineString([(75.2, 39.0001), (75.05, 39.0001)])]
    >>> lines = measure_lines(gpd.GeoSeries(drawn).to_frame("geometry"))
    >>> found = stretches_beside(lines, lines, (np.array([0]), np.array([1])), settings=RouteSettings())
    >>> found.from_m.round(-1), found.to_m.round(-1), found.distance_m.round(1)
    (array([4330.]), array([8660.]), array([11.1]))
    """
    one, two = (_Line(each.lon, each.lat, each.offset_m, each.first) for each in (lines, others))
    boxes = others.boxes()
    numbers = np.array(
        [
            settings.tolerance_m,
            settings.window_m,
            math.cos(math.radians(settings.angle_deg)),
            settings.step_m,
            settings.min_shared_m,
            settings.max_gap_m,
        ]
    )
    longest = int(np.diff(others.first).max(initial=1))
    parts: list[Floats] = []
    start, room = 0, _FIRST_ROOM
    while start < len(pairs[0]):
        found = np.empty((room, 2 + _COLUMNS))
        filled, start = _walk_pairs(
            one, two, boxes, pairs[0], pairs[1], start, numbers, np.empty(longest, np.int64), found
        )
        parts.append(found[:filled].copy())
        room = min(room * 2, 1 << 20) if filled else room * 2
    table = np.concatenate(parts) if parts else np.empty((0, 2 + _COLUMNS))
    table = table[np.lexsort((table[:, 1], table[:, 2], table[:, 0]))]
    return Stretches(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), *table[:, 2:].T)


@numba.njit(cache=True, nogil=True)
def _walk_pairs(lines, others, boxes, first, second, start, numbers, near, found):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Walk pair after pair while there is room; give how much was filled and the pair to go on with."""
    filled = 0
    for pair in range(start, len(first)):
        after = _walk(lines, others, boxes, first[pair], second[pair], numbers, near, found, filled)
        if after < 0:
            return filled, pair
        filled = after
    return filled, len(first)


@numba.njit(cache=True, nogil=True)
def _walk(lines, others, boxes, line, other, numbers, near, found, filled):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Walk one line beside another and write its stretches; -1 where the room does not suffice."""
    tolerance_m, step_m, max_gap_m = numbers[0], numbers[3], numbers[5]
    begin, end = lines.first[line], lines.first[line + 1]
    least_m = _least(lines, others, line, other, numbers[4])
    run = np.zeros(_COLUMNS)
    pieces, is_open, jumped = 0, False, False
    for vertex in range(begin, end - 1):
        length_m = lines.offset_m[vertex + 1] - lines.offset_m[vertex]
        if length_m <= 0.0:
            jumped |= lines.lon[vertex] != lines.lon[vertex + 1] or lines.lat[vertex] != lines.lat[vertex + 1]
            continue
        east_m, north_m = metres_per_degree(lines.lat[vertex])
        count = _segments_near(lines, others, boxes, vertex, other, tolerance_m / east_m, tolerance_m / north_m, near)
        if count == 0:
            continue
        cuts = max(int(np.ceil(length_m / step_m)), 1)
        for cut in range(cuts):
            share = (cut + 0.5) / cuts
            place_m, far_m = _beside(lines, others, line, other, vertex, share, near[:count], numbers)
            if far_m < 0.0:
                continue
            from_m = lines.offset_m[vertex] + length_m * cut / cuts
            to_m = lines.offset_m[vertex] + length_m * (cut + 1) / cuts
            if is_open and (jumped or from_m - run[1] > max_gap_m):
                filled = _close(run, pieces, least_m, line, other, found, filled)
                if filled < 0:
                    return -1
                is_open = False
            if not is_open:
                run[0], run[2], run[4] = from_m, place_m, 0.0
                pieces, is_open = 0, True
            jumped = False
            run[1], run[3] = to_m, place_m
            run[4] += far_m
            pieces += 1
    if is_open:
        filled = _close(run, pieces, least_m, line, other, found, filled)
    return filled


@numba.njit(cache=True, nogil=True)
def _least(lines, others, line, other, min_shared_m):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the least length of a stretch of two lines: short lines are judged by their own length."""
    length_m = lines.offset_m[lines.first[line + 1] - 1]
    other_m = others.offset_m[others.first[other + 1] - 1]
    return min(min_shared_m, _SHORT_SHARE * min(length_m, other_m))


@numba.njit(cache=True, nogil=True)
def _close(run, pieces, least_m, line, other, found, filled):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Write a stretch if it is long enough; give how much is filled, -1 where there is no room."""
    if run[1] - run[0] < least_m:
        return filled
    if filled >= len(found):
        return -1
    found[filled, 0], found[filled, 1] = line, other
    found[filled, 2:6] = run[:4]
    found[filled, 6] = run[4] / pieces
    return filled + 1


@numba.njit(cache=True, nogil=True)
def _segments_near(lines, others, boxes, vertex, other, reach_lon, reach_lat, near):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """List the segments of the other line whose box comes near that of a segment."""
    west = min(lines.lon[vertex], lines.lon[vertex + 1]) - reach_lon
    east = max(lines.lon[vertex], lines.lon[vertex + 1]) + reach_lon
    south = min(lines.lat[vertex], lines.lat[vertex + 1]) - reach_lat
    north = max(lines.lat[vertex], lines.lat[vertex + 1]) + reach_lat
    if boxes[other, 0] > east or boxes[other, 2] < west or boxes[other, 1] > north or boxes[other, 3] < south:
        return 0
    count = 0
    for at in range(others.first[other], others.first[other + 1] - 1):
        if others.offset_m[at + 1] <= others.offset_m[at]:
            continue
        if max(others.lon[at], others.lon[at + 1]) < west or min(others.lon[at], others.lon[at + 1]) > east:
            continue
        if max(others.lat[at], others.lat[at + 1]) < south or min(others.lat[at], others.lat[at + 1]) > north:
            continue
        near[count] = at
        count += 1
    return count


@numba.njit(cache=True, nogil=True)
def _beside(lines, others, line, other, vertex, share, near, numbers):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the place along the other line, and its distance, of a piece beside it; a distance of -1 if it is not."""
    lon = lines.lon[vertex] + share * (lines.lon[vertex + 1] - lines.lon[vertex])
    lat = lines.lat[vertex] + share * (lines.lat[vertex + 1] - lines.lat[vertex])
    east_m, north_m = metres_per_degree(lat)
    nearest, place_m, off_x, off_y = numbers[0] ** 2, -1.0, 0.0, 0.0
    for at in near:
        from_x, from_y = (others.lon[at] - lon) * east_m, (others.lat[at] - lat) * north_m
        way_x = (others.lon[at + 1] - others.lon[at]) * east_m
        way_y = (others.lat[at + 1] - others.lat[at]) * north_m
        along = -(from_x * way_x + from_y * way_y) / (way_x * way_x + way_y * way_y)
        along = min(max(along, 0.0), 1.0)
        x, y = from_x + along * way_x, from_y + along * way_y
        if x * x + y * y <= nearest:
            nearest, off_x, off_y = x * x + y * y, x, y
            place_m = others.offset_m[at] + along * (others.offset_m[at + 1] - others.offset_m[at])
    if place_m < 0.0:
        return -1.0, -1.0
    here_m = lines.offset_m[vertex] + share * (lines.offset_m[vertex + 1] - lines.offset_m[vertex])
    one_x, one_y = _chord(lines, line, here_m, numbers[1])
    two_x, two_y = _chord(others, other, place_m, numbers[1])
    lengths = math.hypot(one_x, one_y) * math.hypot(two_x, two_y)
    if lengths <= 0.0 or abs(one_x * two_x + one_y * two_y) < numbers[2] * lengths:
        return -1.0, -1.0
    whole_m = others.offset_m[others.first[other + 1] - 1]
    beyond_m = abs(off_x * two_x + off_y * two_y) / math.hypot(two_x, two_y)
    if (place_m <= 0.0 or place_m >= whole_m) and beyond_m > numbers[3] / 2.0:
        return -1.0, -1.0
    return place_m, math.sqrt(nearest)


@numba.njit(cache=True, nogil=True)
def _chord(lines, line, place_m, window_m):  # type: ignore[no-untyped-def]
    """Give the chord of a line round a place, in metres east and north."""
    begin, end = lines.first[line], lines.first[line + 1]
    from_lon, from_lat = _point(lines, begin, end, place_m - window_m)
    to_lon, to_lat = _point(lines, begin, end, place_m + window_m)
    east_m, north_m = metres_per_degree(from_lat)
    return (to_lon - from_lon) * east_m, (to_lat - from_lat) * north_m


@numba.njit(cache=True, nogil=True)
def _point(lines, begin, end, place_m):  # type: ignore[no-untyped-def]
    """Give the point of a line at a distance from its start; its ends beyond them."""
    low, high = begin, end - 1
    while high - low > 1:
        middle = (low + high) // 2
        if lines.offset_m[middle] <= place_m:
            low = middle
        else:
            high = middle
    span_m = lines.offset_m[high] - lines.offset_m[low]
    share = 0.0 if span_m <= 0.0 else min(max((place_m - lines.offset_m[low]) / span_m, 0.0), 1.0)
    return (
        lines.lon[low] + share * (lines.lon[high] - lines.lon[low]),
        lines.lat[low] + share * (lines.lat[high] - lines.lat[low]),
    )


@numba.njit(cache=True, nogil=True)
def metres_per_degree(lat):  # type: ignore[no-untyped-def]
    """Give the metres of a degree of longitude and of latitude on the ellipsoid, at a latitude in degrees.

    Parameters
    ----------
    lat
        In degrees.

    References
    ----------
    Radii of curvature in the prime vertical and in the meridian, IOGP Guidance Note 7-2.

    Examples
    --------
    >>> [round(one) for one in metres_per_degree(0.0)]
    [111319, 110574]
    """
    sine = math.sin(math.radians(lat))
    bulge = 1.0 - _SQUARED_ECCENTRICITY * sine * sine
    normal_m = _SEMI_MAJOR_M / math.sqrt(bulge)
    east_m = math.radians(normal_m * math.cos(math.radians(lat)))
    return max(east_m, 1e-9), math.radians(normal_m * (1.0 - _SQUARED_ECCENTRICITY) / bulge)
