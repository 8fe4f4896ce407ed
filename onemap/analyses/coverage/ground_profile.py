"""The ground under a path, taken from an elevation grid into a buffer at even steps.

A path is the parabola through its start, its middle and its end in the pixels of the grid, as in
`onemap.terrain.profile`. In the outer half of a rim cell the value of the nearest middles holds on, as in
`Grid.sample`.
"""

from __future__ import annotations

import math

import numba

__all__ = ["KNOWN", "OUTSIDE", "VOID", "clutter_under", "ground_under", "steps_of"]

KNOWN, VOID, OUTSIDE = 0, 1, 2
"""Whether the ground is known all along a path, has a void, or leaves the grid."""

FEWEST_STEPS = 8
"""Short paths are still seen as a profile of nine points: P.1812 asks for more than four."""


@numba.njit(cache=True, nogil=True)
def steps_of(path, step_cells):  # type: ignore[no-untyped-def]
    """Tell in how many even steps to follow a path.

    Parameters
    ----------
    path
        Column and row of start, middle and end, counted from the centre of the first pixel: six numbers.
    step_cells
        Longest step, in pixels.

    Returns
    -------
    steps
        At least `FEWEST_STEPS`; the profile has one point more.

    Examples
    --------
    >>> steps_of((0.0, 0.0, 15.0, 20.0, 30.0, 40.0), 1.0)
    50
    """
    across, down, bend_column, bend_row = _shape_of(path)
    longest = math.hypot(abs(across) + abs(bend_column), abs(down) + abs(bend_row))
    # A hair more than a whole number of steps is that number: rounding must not add one.
    return max(FEWEST_STEPS, math.ceil(longest / step_cells - 1e-6))


@numba.njit(cache=True, nogil=True)
def ground_under(heights, path, steps, ground_m):  # type: ignore[no-untyped-def]
    """Take the heights under a path bilinearly between pixel centres.

    Parameters
    ----------
    heights
        Heights of the ground, shape (rows, columns), in metres; NaN is a void.
    path
        As for `steps_of`.
    steps
        How many even steps; `ground_m` must hold one place more.
    ground_m
        The heights of the points from start to end are written here.

    Returns
    -------
    state
        `KNOWN`; `VOID` or `OUTSIDE`: nothing in the buffer is to be used.

    Examples
    --------
    >>> import numpy as np
    >>> ground_m, slope = np.empty(9), np.arange(20.0).reshape(1, 20).repeat(3, axis=0)
    >>> ground_under(slope, (0.0, 1.0, 4.0, 1.0, 8.0, 1.0), 8, ground_m) == KNOWN, ground_m[:3].tolist()
    (True, [0.0, 1.0, 2.0])
    """
    across, down, bend_column, bend_row = _shape_of(path)
    last_column, last_row = heights.shape[1] - 1, heights.shape[0] - 1
    if not _has_room(path, last_column, last_row):
        return _held_ground(heights, path, steps, ground_m)
    total = 0.0
    each = 1.0 / steps
    for step in range(steps + 1):
        fraction = step * each
        rest = fraction * (1.0 - fraction)
        column = path[0] + fraction * across + rest * bend_column
        row = path[1] + fraction * down + rest * bend_row
        left, top = int(column), int(row)
        east, south = column - left, row - top
        upper = heights[top, left] * (1.0 - east) + heights[top, left + 1] * east
        lower = heights[top + 1, left] * (1.0 - east) + heights[top + 1, left + 1] * east
        ground_m[step] = upper * (1.0 - south) + lower * south
        total += ground_m[step]
    if math.isfinite(total):
        return KNOWN
    return _held_ground(heights, path, steps, ground_m)  # a void that has no weight is none


@numba.njit(cache=True, nogil=True)
def clutter_under(clutter, path, steps, ground_m, surface_m):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Add to the ground under a path what stands on it, the height of the cell that each point lies in.

    Parameters
    ----------
    clutter
        Heights of what stands on the ground, shape of the grid, in metres; NaN: nothing known, taken as open land.
        Of shape (0, 0): open land everywhere, and nothing is written.
    path, steps
        As for `ground_under`.
    ground_m
        Heights of the ground, `steps` + 1 of them.
    surface_m
        Ground and clutter are written here; at both ends the ground alone.

    Returns
    -------
    clutter_m
        Height of what stands on the ground at the end of the path, in metres.

    References
    ----------
    ITU-R P.1812-8, equation 1 and its table of clutter: g at both ends is the height of the ground.

    Examples
    --------
    >>> import numpy as np
    >>> surface_m, wood = np.empty(9), np.full((3, 20), 15.0)
    >>> clutter_under(wood, (0.0, 1.0, 4.0, 1.0, 8.0, 1.0), 8, np.zeros(9), surface_m), surface_m[[0, 1, 8]].tolist()
    (15.0, [0.0, 15.0, 0.0])
    """
    if clutter.size == 0:
        return 0.0
    for step in range(steps + 1):
        surface_m[step] = ground_m[step]
    across, down, bend_column, bend_row = _shape_of(path)
    each = 1.0 / steps
    stands_m = 0.0
    for step in range(1, steps + 1):
        fraction = step * each
        rest = fraction * (1.0 - fraction)
        column = min(max(int(path[0] + fraction * across + rest * bend_column + 0.5), 0), clutter.shape[1] - 1)
        row = min(max(int(path[1] + fraction * down + rest * bend_row + 0.5), 0), clutter.shape[0] - 1)
        stands_m = clutter[row, column]
        if not stands_m > 0.0:
            stands_m = 0.0
        if step < steps:
            surface_m[step] += stands_m
    return stands_m


@numba.njit(cache=True, nogil=True)
def _shape_of(path):  # type: ignore[no-untyped-def]
    """Give the parabola of a path: its way from start to end, and its bend."""
    across, down = path[4] - path[0], path[5] - path[1]
    bend_column = 4.0 * (path[2] - 0.5 * (path[0] + path[4]))
    bend_row = 4.0 * (path[3] - 0.5 * (path[1] + path[5]))
    return across, down, bend_column, bend_row


@numba.njit(cache=True, nogil=True)
def _has_room(path, last_column, last_row):  # type: ignore[no-untyped-def]
    """Tell whether a path lies within the pixel centres: its corners do, and the parabola lies between them."""
    bent_column = 2.0 * path[2] - 0.5 * (path[0] + path[4])
    bent_row = 2.0 * path[3] - 0.5 * (path[1] + path[5])
    west, east = min(path[0], path[4], bent_column), max(path[0], path[4], bent_column)
    north, south = min(path[1], path[5], bent_row), max(path[1], path[5], bent_row)
    # Written so that a NaN place is refused too; rounding along the way must not leave the grid either.
    return west >= 1e-6 and north >= 1e-6 and east <= last_column - 1e-6 and south <= last_row - 1e-6


@numba.njit(cache=True, nogil=True)
def _held_ground(heights, path, steps, ground_m):  # type: ignore[no-untyped-def]
    """Take the heights point by point, with the rim held on and voids without weight left out."""
    across, down, bend_column, bend_row = _shape_of(path)
    each = 1.0 / steps
    state = KNOWN
    for step in range(steps + 1):
        fraction = step * each
        rest = fraction * (1.0 - fraction)
        column = path[0] + fraction * across + rest * bend_column
        row = path[1] + fraction * down + rest * bend_row
        last_column, last_row = heights.shape[1] - 1, heights.shape[0] - 1
        if not (-0.5 <= column <= last_column + 0.5 and -0.5 <= row <= last_row + 0.5):
            return OUTSIDE
        ground_m[step] = _held_height(heights, min(max(column, 0.0), last_column), min(max(row, 0.0), last_row))
        if not math.isfinite(ground_m[step]):
            state = VOID
    return state


@numba.njit(cache=True, nogil=True)
def _held_height(heights, column, row):  # type: ignore[no-untyped-def]
    """Interpolate one height within the pixel centres; a pixel without weight makes no void."""
    left, top = int(column), int(row)
    east, south = column - left, row - top
    total = 0.0
    for below in range(2):
        for after in range(2):
            weight = (south if below else 1.0 - south) * (east if after else 1.0 - east)
            if weight > 0.0:
                total += (
                    weight * heights[min(top + below, heights.shape[0] - 1), min(left + after, heights.shape[1] - 1)]
                )
    return total
