"""Where a cable lies beside an earlier part of itself: out and back on one route, or twice round a ring.

A line is walked in short pieces. A piece lies beside itself if a part of the line that was walked long before comes
within the tolerance of its middle. Crossings are shorter than the least stretch, so directions need not be compared.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.measured_lines import MeasuredLines
from onemap.analyses.routes.side_by_side import metres_per_degree

__all__ = ["Doubled", "doubled_back", "doubled_within"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_APART = 5  # tolerances along the line between two parts of it that may lie side by side
_FIRST_ROOM = 1024


class Doubled(NamedTuple):
    """Stretches of lines that lie beside earlier parts of themselves, ordered by line, then along it, none overlapping.

    line: position; from_m, to_m: along it, in metres.
    """

    line: Integers
    from_m: Floats
    to_m: Floats


def doubled_back(lines: MeasuredLines, *, settings: RouteSettings | None = None) -> Doubled:
    """Find where lines lie beside earlier parts of themselves.

    Parameters
    ----------
    lines
        Of `measure_lines`.
    settings
        Tolerance, step, shortest stretch and gap that is passed over.

    Returns
    -------
    doubled
        The stretches; where a line turns back at a point, the stretch begins at the turn.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from onemap.analyses.routes.measured_lines import measure_lines
    >>> out_and_back = shapely.LineString([(75, 39), (75.1, 39), (75.1, 39.0001), (75, 39.0001)])
    >>> found = doubled_back(measure_lines(gpd.GeoDataFrame(geometry=[out_and_back])))
    >>> found.line, found.from_m.round(-1), found.to_m.round(-1)
    (array([0]), array([8670.]), array([17340.]))
    """
    settings = settings or RouteSettings()
    numbers = np.array([settings.tolerance_m, settings.step_m, _APART * settings.tolerance_m])
    table = _pieces(lines.lon, lines.lat, lines.offset_m, lines.first, numbers)
    return _stretches(table, settings)


def doubled_within(doubled: Doubled, line: Integers, from_m: Floats, to_m: Floats) -> Floats:
    """Give how much of stretches lies where their line is doubled.

    Parameters
    ----------
    doubled
        Of `doubled_back`.
    line, from_m, to_m
        The stretches, shape (n,), in metres.

    Returns
    -------
    length_m
        Shape (n,).

    Examples
    --------
    >>> doubled = Doubled(np.array([0]), np.array([50.0]), np.array([100.0]))
    >>> doubled_within(doubled, np.array([0, 1]), np.array([20.0, 20.0]), np.array([80.0, 80.0]))
    array([30.,  0.])
    """
    length_m = np.zeros(len(line))
    if not len(doubled.line):
        return length_m
    first = np.searchsorted(doubled.line, line, side="left")
    count = np.searchsorted(doubled.line, line, side="right") - first
    stretch = np.repeat(np.arange(len(line)), count)
    one = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[stretch]
    low = np.maximum(from_m[stretch], doubled.from_m[one])
    high = np.minimum(to_m[stretch], doubled.to_m[one])
    np.add.at(length_m, stretch, np.maximum(high - low, 0.0))
    return length_m


def _stretches(table: Floats, settings: RouteSettings) -> Doubled:
    """Join pieces to stretches, leave out the short ones, and begin at the turn where there is one."""
    line, from_m, to_m, place_m = table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3]
    opens = np.ones(len(line), dtype=bool)
    opens[1:] = (line[1:] != line[:-1]) | (from_m[1:] - to_m[:-1] > settings.max_gap_m)
    start = np.flatnonzero(opens)
    last = np.append(start[1:], len(line))[: len(start)] - 1
    begin_m, end_m = from_m[start], to_m[last]
    long_enough = end_m - begin_m >= settings.min_shared_m
    # Near the turn both legs are too near along the line to be told apart: the turn is half-way between them.
    middle_m = (from_m[start] + to_m[start]) / 2.0
    turned = middle_m - place_m[start] <= _APART * settings.tolerance_m + 2.0 * settings.step_m
    begin_m = np.where(turned, (middle_m + place_m[start]) / 2.0, begin_m)
    # Two stretches of one line do not overlap, wherever the second one turned.
    before_m = np.zeros(len(start))
    before_m[1:] = np.where(line[start][1:] == line[start][:-1], end_m[:-1], 0.0)
    begin_m = np.maximum(begin_m, before_m)
    return Doubled(line[start][long_enough], begin_m[long_enough], end_m[long_enough])


@numba.njit(cache=True, nogil=True)
def _pieces(lon, lat, offset_m, first, numbers):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """List the pieces of lines that lie beside an earlier part: line, from, to, place of that part."""
    found = np.empty((_FIRST_ROOM, 4))
    filled = 0
    for line in range(len(first) - 1):
        begin, end = first[line], first[line + 1]
        for vertex in range(begin, end - 1):
            if not _comes_near(lon, lat, offset_m, begin, vertex, numbers):
                continue
            cuts = max(int(np.ceil((offset_m[vertex + 1] - offset_m[vertex]) / numbers[1])), 1)
            if filled + cuts > len(found):
                more = np.empty((2 * filled + cuts, 4))
                more[:filled] = found[:filled]
                found = more
            before = filled
            filled = _of_segment(lon, lat, offset_m, begin, vertex, cuts, numbers, found, filled)
            found[before:filled, 0] = line
    return found[:filled]


@numba.njit(cache=True, nogil=True)
def _of_segment(lon, lat, offset_m, begin, vertex, cuts, numbers, found, filled):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Write the pieces of one segment that lie beside an earlier part; give how much is filled."""
    length_m = offset_m[vertex + 1] - offset_m[vertex]
    for cut in range(cuts):
        place_m = _earlier(lon, lat, offset_m, begin, vertex, (cut + 0.5) / cuts, numbers)
        if place_m >= 0.0:
            found[filled, 1] = offset_m[vertex] + length_m * cut / cuts
            found[filled, 2] = offset_m[vertex] + length_m * (cut + 1) / cuts
            found[filled, 3] = place_m
            filled += 1
    return filled


@numba.njit(cache=True, nogil=True)
def _comes_near(lon, lat, offset_m, begin, vertex, numbers):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Tell whether the box of a segment comes near that of an earlier one, far enough before it along the line."""
    if offset_m[vertex + 1] <= offset_m[vertex] or offset_m[vertex + 1] < numbers[2]:
        return False
    east_m, north_m = metres_per_degree(lat[vertex])
    reach_lon, reach_lat = 1.05 * numbers[0] / east_m, 1.05 * numbers[0] / north_m  # a segment may lead north
    west = min(lon[vertex], lon[vertex + 1]) - reach_lon
    east = max(lon[vertex], lon[vertex + 1]) + reach_lon
    south = min(lat[vertex], lat[vertex + 1]) - reach_lat
    north = max(lat[vertex], lat[vertex + 1]) + reach_lat
    for at in range(begin, vertex):
        if offset_m[at] > offset_m[vertex + 1] - numbers[2]:
            return False
        if max(lon[at], lon[at + 1]) < west or min(lon[at], lon[at + 1]) > east:
            continue
        if max(lat[at], lat[at + 1]) >= south and min(lat[at], lat[at + 1]) <= north:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _earlier(lon, lat, offset_m, begin, vertex, share, numbers):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give where an earlier part of the line lies nearest to a place of it; -1 if none is within the tolerance."""
    here_lon = lon[vertex] + share * (lon[vertex + 1] - lon[vertex])
    here_lat = lat[vertex] + share * (lat[vertex + 1] - lat[vertex])
    here_m = offset_m[vertex] + share * (offset_m[vertex + 1] - offset_m[vertex])
    east_m, north_m = metres_per_degree(here_lat)
    nearest, place_m = numbers[0] ** 2, -1.0
    for at in range(begin, vertex):
        long_m = offset_m[at + 1] - offset_m[at]
        room_m = here_m - numbers[2] - offset_m[at]
        if room_m < 0.0:
            break
        if long_m <= 0.0:
            continue
        from_x, from_y = (lon[at] - here_lon) * east_m, (lat[at] - here_lat) * north_m
        way_x, way_y = (lon[at + 1] - lon[at]) * east_m, (lat[at + 1] - lat[at]) * north_m
        along = -(from_x * way_x + from_y * way_y) / (way_x * way_x + way_y * way_y)
        along = min(max(along, 0.0), room_m / long_m, 1.0)
        x, y = from_x + along * way_x, from_y + along * way_y
        if x * x + y * y <= nearest:
            nearest, place_m = x * x + y * y, offset_m[at] + along * long_m
    return place_m
