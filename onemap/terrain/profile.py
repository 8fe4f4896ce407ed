"""Heights under links, and whether the straight ray between two antennas is clear of the ground.

A path is given in the pixels of a grid of heights, by its start, its geodesic middle and its end. The parabola through
the three stands for the geodesic in whatever CRS the grid has; for paths of up to 30 km it leaves the geodesic by less
than 0.1 m up to 70 degrees of latitude (a straight line in degrees: 15 m at 40 degrees, 50 m at 70).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BLOCKED",
    "CLEAR",
    "EARTH_RADIUS_M",
    "GRAZING",
    "UNKNOWN",
    "PathSights",
    "height_at",
    "heights_at",
    "margin_shape",
    "sight_lines",
    "sight_states",
]

EARTH_RADIUS_M = 6_371_000.0

CLEAR, GRAZING, UNKNOWN, BLOCKED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class PathSights:
    """What the ray of each path meets; arrays of shape (n,).

    Attributes
    ----------
    clearance_m
        Height of the ray above the ground at the deciding obstacle, in metres; negative where the ground stands above
        the ray; NaN where an end of the path lies in a void, or all between the ends does.
    reduced_m
        That clearance divided by the shape of the margin there (see `margin_shape`): what is compared with the margin.
    obstacle_distance_m
        Distance of the deciding obstacle from the start, in metres; NaN as above.
    obstacle_elev_m
        Height of the ground there, in metres above sea level; NaN as above.
    has_void
        True where the height of the ground is not known somewhere on the path.
    """

    clearance_m: NDArray[np.float64]
    reduced_m: NDArray[np.float64]
    obstacle_distance_m: NDArray[np.float64]
    obstacle_elev_m: NDArray[np.float64]
    has_void: NDArray[np.bool_]


def margin_shape(fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Give the share of a margin that holds at points along a path.

    .. math:: w(t) = 2 \sqrt{t (1 - t)}

    The margin is full in the middle and nothing at both ends, like the radius of a Fresnel zone: the ends stand on the
    same ground that the ray must clear, so close to them an error of the heights moves the ray along with the ground.

    Parameters
    ----------
    fraction
        Place on the path, 0 at the start, 1 at the end.

    Returns
    -------
    share
        Between 0 and 1, same shape.

    References
    ----------
    ITU-R P.526, "Fresnel ellipsoids and Fresnel zones": the radius goes with the root of d1 d2 / (d1 + d2).

    Examples
    --------
    >>> margin_shape(np.array([0.0, 0.1, 0.5, 1.0]))
    array([0. , 0.6, 1. , 0. ])
    """
    return 2.0 * np.sqrt(fraction * (1.0 - fraction))


def sight_lines(
    heights: NDArray[np.floating],
    pixels: NDArray[np.float64],
    distance_m: NDArray[np.float64],
    *,
    start_agl_m: NDArray[np.float64],
    end_agl_m: NDArray[np.float64],
    k_factor: float = 4.0 / 3.0,
) -> PathSights:
    r"""Follow the ray of each path over the ground and the bulge of the earth.

    Heights are taken bilinearly between pixel centres, at steps of at most half a pixel, both ends included. The ground
    at distance :math:`d` of a path of length :math:`D` is raised by the bulge :math:`d (D - d) / (2 k R)`.

    Parameters
    ----------
    heights
        Heights of the ground, shape (rows, columns), in metres above sea level; NaN is a void.
    pixels
        Start, middle and end of each path, shape (n, 3, 2): column and row, counted from the centre of the first pixel.
    distance_m
        Geodesic length of each path, shape (n,), in metres.
    start_agl_m, end_agl_m
        Heights of the two ends above the ground, shape (n,), in metres.
    k_factor
        Ratio of the effective radius of the earth to its radius (4/3: standard refraction).

    Returns
    -------
    sights
        The deciding obstacle of each path: the place between the ends where the ray's height above the ground, divided
        by `margin_shape`, is smallest.

    Raises
    ------
    ValueError
        If shapes do not agree, or the k-factor is not positive.

    References
    ----------
    ITU-R P.526, effective earth radius; ITU-R P.452, path profile analysis.

    Examples
    --------
    Two masts of 10 m on a plain 20 km apart: the bulge in the middle is 5.9 m, so 4.1 m are left:

    >>> plain = np.zeros((3, 201))
    >>> path = np.array([[[0.0, 1.0], [100.0, 1.0], [200.0, 1.0]]])
    >>> mast = np.array([10.0])
    >>> sight_lines(plain, path, np.array([20_000.0]), start_agl_m=mast, end_agl_m=mast).clearance_m.round(1)
    array([4.1])
    """
    count = len(distance_m)
    if pixels.shape != (count, 3, 2) or len(start_agl_m) != count or len(end_agl_m) != count:
        msg = f"paths must agree in number: {count} lengths, pixels {pixels.shape}, expected ({count}, 3, 2)"
        raise ValueError(msg)
    if not k_factor > 0:
        msg = f"k_factor must be more than zero, got {k_factor:g}"
        raise ValueError(msg)
    found = np.empty((count, 4))
    has_void = np.empty(count, dtype=np.bool_)
    _follow(
        np.ascontiguousarray(heights),
        np.ascontiguousarray(pixels, dtype=np.float64),
        np.ascontiguousarray(distance_m, dtype=np.float64),
        np.ascontiguousarray(np.column_stack([start_agl_m, end_agl_m]), dtype=np.float64),
        2.0 * k_factor * EARTH_RADIUS_M,
        found,
        has_void,
    )
    return PathSights(found[:, 0], found[:, 1], found[:, 2], found[:, 3], has_void)


def sight_states(sights: PathSights, margin_m: float) -> NDArray[np.int8]:
    """Judge each path: clear, grazing, unknown or blocked.

    Parameters
    ----------
    sights
        What the rays meet.
    margin_m
        The ray must pass this much above the ground in the middle of the path (less towards its ends) to be clear, and
        as much below to be blocked.

    Returns
    -------
    states
        CLEAR; GRAZING: within the margin; UNKNOWN: a void lies on the path and what is known does not block it;
        BLOCKED: the ground that is known stands in the way, whatever hides in a void.

    Examples
    --------
    >>> one = np.array([3.0])
    >>> sights = PathSights(one, one, one, one, np.array([False]))
    >>> sight_states(sights, 5.0).tolist() == [GRAZING], sight_states(sights, 2.0).tolist() == [CLEAR]
    (True, True)
    """
    states = np.full(len(sights.reduced_m), GRAZING, dtype=np.int8)
    states[sights.reduced_m > margin_m] = CLEAR
    states[sights.has_void] = UNKNOWN
    states[sights.reduced_m < -margin_m] = BLOCKED
    return states


def heights_at(
    heights: NDArray[np.floating], columns: NDArray[np.float64], rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Take heights bilinearly between pixel centres.

    Parameters
    ----------
    heights
        Shape (rows, columns); NaN is a void.
    columns, rows
        Places, shape (n,), counted from the centre of the first pixel.

    Returns
    -------
    height
        Shape (n,); NaN beyond the centres of the border pixels and where a pixel that has a weight is a void.

    Examples
    --------
    >>> heights_at(np.array([[0.0, 10.0]]), np.array([0.25, 5.0]), np.array([0.0, 0.0]))
    array([2.5, nan])
    """
    found = np.empty(len(columns))
    _take(np.ascontiguousarray(heights), columns.astype(np.float64), rows.astype(np.float64), found)
    return found


@numba.njit(cache=True, nogil=True)
def height_at(heights, column, row):  # type: ignore[no-untyped-def]
    """Interpolate one height; NaN off the grid or beside a void."""
    last_row = heights.shape[0] - 1
    last_column = heights.shape[1] - 1
    # Written so that a NaN place is refused too.
    if not (0.0 <= column <= last_column and 0.0 <= row <= last_row):
        return math.nan
    left = int(column)
    top = int(row)
    right = min(left + 1, last_column)
    bottom = min(top + 1, last_row)
    east = column - left
    south = row - top
    # A pixel without weight must not make a void of the place.
    upper = float(heights[top, left])
    if east > 0.0:
        upper = upper * (1.0 - east) + float(heights[top, right]) * east
    if south == 0.0:
        return upper
    lower = float(heights[bottom, left])
    if east > 0.0:
        lower = lower * (1.0 - east) + float(heights[bottom, right]) * east
    return upper * (1.0 - south) + lower * south


@numba.njit(cache=True, nogil=True)
def _take(heights, columns, rows, found):  # type: ignore[no-untyped-def]
    """Interpolate many heights."""
    for index in range(columns.shape[0]):
        found[index] = height_at(heights, columns[index], rows[index])


@numba.njit(cache=True, nogil=True)
def _follow_one(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    heights, pixels, distance_m, ends_agl_m, bulge_divisor_m, found
):
    """Follow one ray; fill in what `PathSights` holds of it, tell whether there is a void."""
    start_column, start_row = pixels[0, 0], pixels[0, 1]
    across, down = pixels[2, 0] - start_column, pixels[2, 1] - start_row
    bend_column = 4.0 * (pixels[1, 0] - 0.5 * (start_column + pixels[2, 0]))
    bend_row = 4.0 * (pixels[1, 1] - 0.5 * (start_row + pixels[2, 1]))
    start_m = height_at(heights, start_column, start_row) + ends_agl_m[0]
    end_m = height_at(heights, pixels[2, 0], pixels[2, 1]) + ends_agl_m[1]
    found[:] = math.nan
    if not (math.isfinite(start_m) and math.isfinite(end_m)):
        return True
    has_void = False
    smallest = math.inf
    # The speed in pixels along the parabola is largest at one of its ends.
    longest = math.hypot(abs(across) + abs(bend_column), abs(down) + abs(bend_row))
    steps = max(2, math.ceil(2.0 * longest))
    for step in range(1, steps):
        fraction = step / steps
        rest = fraction * (1.0 - fraction)
        column = start_column + fraction * across + rest * bend_column
        row = start_row + fraction * down + rest * bend_row
        ground_m = height_at(heights, column, row)
        if not math.isfinite(ground_m):
            has_void = True
            continue
        bulge_m = rest * distance_m * distance_m / bulge_divisor_m
        clearance_m = start_m + fraction * (end_m - start_m) - ground_m - bulge_m
        reduced_m = clearance_m / (2.0 * math.sqrt(rest))
        if reduced_m < smallest:
            smallest = reduced_m
            found[0] = clearance_m
            found[1] = reduced_m
            found[2] = fraction * distance_m
            found[3] = ground_m
    return has_void


@numba.njit(cache=True, nogil=True, parallel=True)
def _follow(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    heights, pixels, distance_m, ends_agl_m, bulge_divisor_m, found, has_void
):
    """Follow all rays, on all processors."""
    for path in numba.prange(pixels.shape[0]):
        has_void[path] = _follow_one(
            heights, pixels[path], distance_m[path], ends_agl_m[path], bulge_divisor_m, found[path]
        )
