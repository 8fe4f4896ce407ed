"""Rays from a mast to the rim of a disc of cells: which cell belongs to which ray, and the heights under a ray.

The rays are laid in eight equal parts of the circle, in each at even values of ``w = t (1.273 - 0.273 t)``, where t is
the tangent of the angle from the nearest axis. That stands so close to the angle itself that neighbouring rays lie
between 0.82 and 1 of the widest spacing apart, and a cell finds its ray by one division; a grid turned by quarters gets
the same rays.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from onemap.terrain.plane import place_at

__all__ = ["cells_by_ray", "ray_cells", "ray_direction", "ray_of", "rays_per_octant", "sample_ray"]

_BEND = 0.273
_SLOWEST = 1.2  # least growth of w with the angle, per radian; 1.205 at t = 0.34


def rays_per_octant(radius_m: float, spacing_m: float) -> int:
    """Give how many rays an eighth of the circle needs for them to lie at most so far apart at the rim.

    Parameters
    ----------
    radius_m
        Radius of the disc, in metres.
    spacing_m
        Widest distance between neighbouring rays at the rim, in metres.

    Raises
    ------
    ValueError
        If one of them is not a positive number.

    Examples
    --------
    >>> rays_per_octant(20_000.0, 30.0)
    556
    """
    if not (0 < radius_m < math.inf and 0 < spacing_m < math.inf):
        msg = f"radius_m and spacing_m must be more than zero, got {radius_m:g} m and {spacing_m:g} m"
        raise ValueError(msg)
    return max(1, math.ceil(radius_m / spacing_m / _SLOWEST))


@numba.njit(cache=True, nogil=True)
def ray_of(east_m, north_m, per_octant):  # type: ignore[no-untyped-def]
    """Name the ray that passes nearest to a place.

    Parameters
    ----------
    east_m, north_m
        The place, in metres from the mast.
    per_octant
        How many rays an eighth of the circle holds.

    Returns
    -------
    ray
        From 0 (east), counted towards north, less than eight times `per_octant`; 0 for the mast itself.

    Examples
    --------
    >>> [ray_of(east, north, 10) for east, north in ((5.0, 0.0), (5.0, 5.0), (0.0, 5.0), (-5.0, 0.0), (0.0, -5.0))]
    [0, 10, 20, 40, 60]
    """
    if east_m > 0.0 and north_m >= 0.0:
        quarter, u, v = 0, east_m, north_m
    elif east_m <= 0.0 and north_m > 0.0:
        quarter, u, v = 1, north_m, -east_m
    elif east_m < 0.0 and north_m <= 0.0:
        quarter, u, v = 2, -east_m, -north_m
    elif north_m < 0.0:
        quarter, u, v = 3, -north_m, east_m
    else:
        return 0
    if v <= u:
        t = v / u
        place = int(per_octant * t * (1.0 + _BEND - _BEND * t) + 0.5)
    else:
        t = u / v
        place = 2 * per_octant - int(per_octant * t * (1.0 + _BEND - _BEND * t) + 0.5)
    ray = quarter * 2 * per_octant + place
    return ray if ray < 8 * per_octant else 0


@numba.njit(cache=True, nogil=True)
def ray_direction(ray, per_octant):  # type: ignore[no-untyped-def]
    """Give the direction of a ray as metres east and north for each metre along it.

    Parameters
    ----------
    ray, per_octant
        As in `ray_of`.

    Returns
    -------
    east, north
        A vector of length one.

    Examples
    --------
    >>> ray_direction(20, 10), ray_direction(40, 10)
    ((-0.0, 1.0), (-1.0, -0.0))
    """
    quarter, place = divmod(ray, 2 * per_octant)
    near = min(place, 2 * per_octant - place) / per_octant
    rise = 1.0 + _BEND
    t = 2.0 * near / (rise + math.sqrt(rise * rise - 4.0 * _BEND * near))
    length = math.sqrt(1.0 + t * t)
    u, v = 1.0 / length, t / length
    if place > per_octant:
        u, v = v, u
    if quarter == 0:
        return u, v
    if quarter == 1:
        return -v, u
    if quarter == 2:
        return -u, -v
    return v, -u


@numba.njit(cache=True, nogil=True)
def cells_by_ray(mast, to_metres, window, reach_m, per_octant):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Sort the cells of a window by the ray that passes nearest to their centres.

    Parameters
    ----------
    mast
        Column and row of the mast.
    to_metres
        Coefficients of the plane, shape (2, 9).
    window
        First row, first column, number of rows, number of columns, in the count of the mast's column and row.
    reach_m
        Radius of the disc, in metres; cells whose centres lie farther belong to no ray.
    per_octant
        How many rays an eighth of the circle holds.

    Returns
    -------
    starts
        Shape (rays + 1,): the cells of ray r are ``cells[starts[r]:starts[r + 1]]``, by rising distance but for cells
        that lie almost equally far.
    cells
        Flat numbers in the window, row by row.

    Examples
    --------
    >>> from onemap.terrain.plane import even_plane
    >>> plane = even_plane(0.0, 0.0, 30.0, 30.0)
    >>> starts, cells = cells_by_ray((0.0, 0.0), plane.to_metres, (0, 0, 1, 4), 65.0, 4)
    >>> cells
    array([0, 1, 2], dtype=int32)
    """
    first_row, first_column, rows, columns = window
    rays = np.full(rows * columns, -1, dtype=np.int32)
    starts = np.zeros(8 * per_octant + 1, dtype=np.int64)
    reach = reach_m * reach_m
    for row in range(rows):
        v = first_row + row - mast[1]
        for column in range(columns):
            u = first_column + column - mast[0]
            east_m = place_at(to_metres[0], u, v)
            north_m = place_at(to_metres[1], u, v)
            if east_m * east_m + north_m * north_m <= reach:
                ray = ray_of(east_m, north_m, per_octant)
                rays[row * columns + column] = ray
                starts[ray + 1] += 1
    for ray in range(8 * per_octant):
        starts[ray + 1] += starts[ray]
    return starts, _sorted_cells(mast, window, rays, starts)


@numba.njit(cache=True, nogil=True)
def _sorted_cells(mast, window, rays, starts):  # type: ignore[no-untyped-def]
    """Lay the cells behind one another, ray by ray, each quarter of the window outward from the mast."""
    first_row, first_column, rows, columns = window
    ends = starts[:-1].copy()
    cells = np.empty(starts[-1], dtype=np.int32)
    middle_row = min(max(math.ceil(mast[1]) - first_row, 0), rows)
    middle_column = min(max(math.ceil(mast[0]) - first_column, 0), columns)
    for turn in range(rows):
        row = middle_row + turn if middle_row + turn < rows else rows - 1 - turn
        for step in range(columns):
            column = middle_column + step if middle_column + step < columns else columns - 1 - step
            ray = rays[row * columns + column]
            if ray >= 0:
                cells[ends[ray]] = row * columns + column
                ends[ray] += 1
    return cells


@numba.njit(cache=True, nogil=True)
def ray_cells(to_cells, east, north):  # type: ignore[no-untyped-def]
    """Give the columns and rows along a ray, as polynomials of the distance.

    Parameters
    ----------
    to_cells
        Coefficients of the plane, shape (2, 9).
    east, north
        Direction of the ray, see `ray_direction`.

    Returns
    -------
    across, along
        Three coefficients each, of the distance in metres, its square and its cube.

    Examples
    --------
    >>> from onemap.terrain.plane import even_plane
    >>> ray_cells(even_plane(0.0, 0.0, 25.0, 25.0).to_cells, 1.0, 0.0)
    ((0.04, 0.0, 0.0), (0.0, 0.0, 0.0))
    """
    return _along(to_cells[0], east, north), _along(to_cells[1], east, north)


@numba.njit(cache=True, nogil=True)
def _along(terms, u, v):  # type: ignore[no-untyped-def]
    """Give one polynomial along a direction."""
    return (
        terms[0] * u + terms[1] * v,
        terms[2] * u * u + terms[3] * u * v + terms[4] * v * v,
        terms[5] * u * u * u + terms[6] * u * u * v + terms[7] * u * v * v + terms[8] * v * v * v,
    )


@numba.njit(cache=True, nogil=True)
def sample_ray(heights, first, mast, lines, step_m, count, found):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Take heights bilinearly at even steps along a ray.

    Parameters
    ----------
    heights
        Shape (rows, columns), NaN is a void.
    first
        Row and column of the first height, in the count of the mast's.
    mast
        Column and row of the mast.
    lines
        As `ray_cells` gives them.
    step_m
        Distance between samples, in metres; the first one is the mast.
    count
        How many samples to take.
    found
        Where to write them; NaN in voids and off the heights.

    Examples
    --------
    >>> from onemap.terrain.plane import even_plane
    >>> lines = ray_cells(even_plane(0.0, 0.0, 20.0, 20.0).to_cells, 1.0, 0.0)
    >>> found = np.empty(4)
    >>> sample_ray(np.array([[0.0, 10.0, 20.0]]), (0, 0), (0.0, 0.0), lines, 15.0, 4, found)
    >>> found
    array([ 0. ,  7.5, 15. ,  nan])
    """
    (a1, a2, a3), (b1, b2, b3) = lines
    last_row = heights.shape[0] - 1
    last_column = heights.shape[1] - 1
    for number in range(count):
        d = number * step_m
        column = mast[0] + d * (a1 + d * (a2 + d * a3))
        row = mast[1] + d * (b1 + d * (b2 + d * b3))
        # Shares are taken before the window's own count begins, so that every window gives the same height.
        whole_column, whole_row = math.floor(column), math.floor(row)
        east, south = column - whole_column, row - whole_row
        left, top = int(whole_column) - first[1], int(whole_row) - first[0]
        height = math.nan
        if 0 <= left < last_column and 0 <= top < last_row:
            # Compiled, float() would keep the 32 bits of the heights.
            northwest, southwest = np.float64(heights[top, left]), np.float64(heights[top + 1, left])
            upper = northwest + east * (np.float64(heights[top, left + 1]) - northwest)
            lower = southwest + east * (np.float64(heights[top + 1, left + 1]) - southwest)
            height = upper + south * (lower - upper)
        found[number] = _rim_height(heights, left, top, east, south) if math.isnan(height) else height


@numba.njit(cache=True, nogil=True)
def _rim_height(heights, left, top, east, south):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Interpolate beside voids and on the last row or column; NaN beyond it and where a void has a weight."""
    height = 0.0
    for down, row_share in ((0, 1.0 - south), (1, south)):
        for right, column_share in ((0, 1.0 - east), (1, east)):
            share = row_share * column_share
            row, column = top + down, left + right
            if share > 0.0:
                if not (0 <= row < heights.shape[0] and 0 <= column < heights.shape[1]):
                    return math.nan
                height += share * heights[row, column]
    return height
