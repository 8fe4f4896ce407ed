"""Cells in sight of a point: rays to the rim of a disc, and on each the steepest rise so far.

A cell is in sight where the straight ray from the observer to it rises at least as steeply as all the ground before,
the bulge of the earth added. The ground is taken bilinearly along the nearest ray, at steps of one cell; the cell
itself counts with its own centre and its own height.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from onemap.terrain.plane import Plane, place_at
from onemap.terrain.profile import EARTH_RADIUS_M, heights_at
from onemap.terrain.rays import cells_by_ray, ray_cells, ray_direction, rays_per_octant, sample_ray

__all__ = ["BEYOND", "HIDDEN", "VISIBLE", "VOID", "Eye", "viewshed"]

HIDDEN, VISIBLE, VOID, BEYOND = 0, 1, 2, 255


@dataclass(frozen=True, slots=True)
class Eye:
    """Who looks, and how far.

    Attributes
    ----------
    height_agl_m
        Height of the observer above the ground, in metres.
    target_agl_m
        Height above the ground of what is looked for, in metres.
    reach_m
        Farthest distance, in metres.
    k_factor
        Ratio of the effective radius of the earth to its radius (4/3 for radio, about 7/6 for light).
    """

    height_agl_m: float
    target_agl_m: float
    reach_m: float
    k_factor: float = 4.0 / 3.0

    def __post_init__(self) -> None:
        for name in ("height_agl_m", "target_agl_m"):
            if not 0 <= getattr(self, name) < math.inf:
                msg = f"{name} must be zero or more, got {getattr(self, name):g} m"
                raise ValueError(msg)
        for name in ("reach_m", "k_factor"):
            if not 0 < getattr(self, name) < math.inf:
                msg = f"{name} must be more than zero, got {getattr(self, name):g}"
                raise ValueError(msg)


def viewshed(heights: NDArray[np.floating], plane: Plane, eye: Eye) -> NDArray[np.uint8]:
    r"""Tell which cells of a grid are in sight of a point.

    .. math:: \frac{h_r - h_t}{D} \ge \max_i \left( \frac{h_i - h_t}{d_i} + \frac{D - d_i}{2 k R} \right)

    Parameters
    ----------
    heights
        Heights of the ground, shape (rows, columns), in metres above sea level; NaN is a void.
    plane
        Where the observer stands, and the metres round it.
    eye
        Heights, reach and refraction.

    Returns
    -------
    sight
        Shape (rows, columns): VISIBLE, HIDDEN, VOID (the cell or the ground before it is not known, and what is known
        does not hide it), BEYOND the reach.

    Raises
    ------
    ValueError
        If the observer stands outside the grid or in a void.

    References
    ----------
    ITU-R P.526, effective earth radius. W. R. Franklin, C. K. Ray, "Higher isn't necessarily better: visibility
    algorithms and experiments" (1994), for rays to the rim (R2).

    Examples
    --------
    A wall of 50 m hides what lies behind it:

    >>> from onemap.terrain.plane import even_plane
    >>> ground = np.zeros((3, 8))
    >>> ground[:, 3] = 50.0
    >>> viewshed(ground, even_plane(0.0, 1.0, 30.0, 30.0), Eye(10.0, 1.5, 190.0))[1]
    array([  1,   1,   1,   1,   0,   0,   0, 255], dtype=uint8)
    """
    ground_m = float(heights_at(heights, np.array([plane.column]), np.array([plane.row]))[0])
    if math.isnan(ground_m):
        msg = f"the observer must stand on known ground, got column {plane.column:g}, row {plane.row:g}"
        raise ValueError(msg)
    step_m = plane.cell_m
    per_octant = rays_per_octant(eye.reach_m, step_m)
    mast = (plane.column, plane.row)
    rows, columns = heights.shape
    heights = np.ascontiguousarray(heights)
    starts, cells = cells_by_ray(mast, plane.to_metres, (0, 0, rows, columns), eye.reach_m, per_octant)
    sight = np.full(heights.shape, BEYOND, dtype=np.uint8)
    bulge = 0.5 / (eye.k_factor * EARTH_RADIUS_M)
    ends = (ground_m + eye.height_agl_m, eye.target_agl_m)
    _look(heights, (mast, plane.to_metres, plane.to_cells), (starts, cells), (ends, bulge, step_m, eye.reach_m), sight)
    return sight


@numba.njit(cache=True, nogil=True)
def _look(heights, frame, order, view, sight):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Follow all rays."""
    mast, to_metres, to_cells = frame
    starts, cells = order
    (eye_m, target_agl_m), bulge, step_m, reach_m = view
    rays = starts.shape[0] - 1
    # One sample more than the reach, for the cell that lies half a step beyond the last one.
    ground = np.empty(int(reach_m / step_m) + 2)
    rises = np.empty(ground.shape[0])
    places = np.empty((ground.shape[0] * 8, 2))
    columns = heights.shape[1]
    for ray in range(rays):
        first, last = starts[ray], starts[ray + 1]
        if first == last:
            continue
        if last - first > places.shape[0]:
            places = np.empty((2 * (last - first), 2))
        farthest_m = 0.0
        for number in range(first, last):
            u, v = cells[number] % columns - mast[0], cells[number] // columns - mast[1]
            distance_m = math.hypot(place_at(to_metres[0], u, v), place_at(to_metres[1], u, v))
            places[number - first, 0] = distance_m
            farthest_m = max(farthest_m, distance_m)
        east, north = ray_direction(ray, rays // 8)
        count = min(int(farthest_m / step_m - 0.5) + 1, ground.shape[0])
        sample_ray(heights, (0, 0), mast, ray_cells(to_cells, east, north), step_m, count, ground)
        known = _rises(ground, count, (eye_m, bulge, step_m), rises)
        for number in range(first, last):
            cell = cells[number]
            distance_m = places[number - first, 0]
            end_m = heights[cell // columns, cell % columns] + target_agl_m
            before = max(int(distance_m / step_m - 0.5), 0)
            sight.flat[cell] = _verdict(end_m - eye_m, distance_m, bulge, (rises[before], before < known))


@numba.njit(cache=True, nogil=True)
def _rises(ground, count, view, rises):  # type: ignore[no-untyped-def]
    """Fill in the steepest rise up to each sample, the fall of the earth taken off; give the number before a void."""
    eye_m, bulge, step_m = view
    known = count
    steepest = -math.inf
    rises[0] = steepest
    for number in range(1, count):
        d = number * step_m
        rise = (ground[number] - eye_m) / d - bulge * d
        if rise > steepest:
            steepest = rise
        elif math.isnan(rise):
            known = min(known, number)
        rises[number] = steepest
    return known


@numba.njit(cache=True, nogil=True)
def _verdict(above_m, distance_m, bulge, before):  # type: ignore[no-untyped-def]
    """Judge one cell."""
    steepest, known = before
    if math.isnan(above_m):
        return VOID
    if distance_m > 0.0 and above_m / distance_m - bulge * distance_m < steepest:
        return HIDDEN
    return VISIBLE if known else VOID
