"""What is in sight over the elevation model of a project, as the analysis of sharing asks it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.coverage.line_of_sight import Ends, pixels_of, sights_between
from onemap.analyses.coverage.rasters import plane_at
from onemap.analyses.sharing.sight import Rays, SightFunction, Sights, ViewFunction
from onemap.layers.grid import Grid
from onemap.layers.nearest import geodesic_distance
from onemap.terrain.plane import Plane
from onemap.terrain.profile import heights_at, sight_states
from onemap.terrain.viewshed import BEYOND, VISIBLE, Eye, viewshed

__all__ = ["sight_over", "view_over"]

_LIGHT = 7.0 / 6.0
"""Effective over real radius of the earth for light: refraction of the air, as surveyors take it."""


def sight_over(crs: CRS, grid: Grid, target_height_m: float, *, k_factor: float, margin_m: float) -> SightFunction:
    """Give the function that tells whether masts see places.

    Parameters
    ----------
    crs
        Geographic CRS of the places.
    grid
        Heights of the ground, in metres above sea level.
    target_height_m
        Height above ground of what must be seen, in metres.
    k_factor
        Effective over real radius of the earth.
    margin_m
        A ray that passes the ground within this distance decides nothing, in metres.
    """

    def sight(rays: Rays) -> Sights:
        masts = Ends(rays.lon, rays.lat, rays.height_agl_m)
        places = Ends(rays.to_lon, rays.to_lat, np.full(len(rays.lon), target_height_m))
        seen = sights_between(masts, places, grid, crs=crs, k_factor=k_factor)
        state = sight_states(seen, margin_m)
        return Sights(state, seen.clearance_m, seen.obstacle_distance_m)

    return sight


def view_over(crs: CRS, grid: Grid, target_height_m: float) -> ViewFunction:
    """Give the function that tells what share of an area a camera sees.

    Parameters
    ----------
    crs
        Geographic CRS of the places.
    grid
        Heights of the ground, in metres above sea level.
    target_height_m
        Height above ground of what must be seen, in metres.

    Returns
    -------
    view
        Share of the cells of the elevation model in the area that are in sight; a void is not. NaN where the camera
        stands off the model or the area lies beyond it.
    """

    def view(rays: Rays) -> NDArray[np.float64]:
        distance_m = geodesic_distance(rays.lon, rays.lat, rays.to_lon, rays.to_lat)
        return np.array([_share(rays, number, distance_m[number]) for number in range(len(rays.lon))], dtype=float)

    def _share(rays: Rays, number: int, distance_m: float) -> float:
        reach_m = float(distance_m + rays.radius_m[number]) * 1.01 + 1.0
        plane = plane_at(grid, rays.lon[number], rays.lat[number], crs=crs, reach_m=reach_m)
        at = pixels_of(rays.to_lon[[number]], rays.to_lat[[number]], grid, crs)[0]
        window, plane, at = _cut(grid, plane, at, reach_m)
        if not window.size or np.isnan(heights_at(window, np.array([plane.column]), np.array([plane.row]))[0]):
            return np.nan
        eye = Eye(float(rays.height_agl_m[number]), target_height_m, reach_m, _LIGHT)
        sight = viewshed(window, plane, eye)
        wanted = _disc(window.shape, plane, at, rays.radius_m[number]) & (sight != BEYOND)
        return float((sight[wanted] == VISIBLE).mean()) if wanted.any() else np.nan

    return view


def _cut(
    grid: Grid, plane: Plane, at: NDArray[np.float64], reach_m: float
) -> tuple[NDArray[np.floating], Plane, NDArray[np.float64]]:
    """Cut out the part of the grid that is in reach."""
    reach = int(np.ceil(reach_m / plane.cell_m)) + 2
    top, left = max(int(plane.row) - reach, 0), max(int(plane.column) - reach, 0)
    window = grid.values[top : int(plane.row) + reach + 1, left : int(plane.column) + reach + 1]
    return window, replace(plane, column=plane.column - left, row=plane.row - top), at - (left, top)


def _disc(shape: tuple[int, ...], plane: Plane, at: NDArray[np.float64], radius_m: float) -> NDArray[np.bool_]:
    """Tell the cells of an area: those within its radius, or the one at its middle where cells are large."""
    rows, columns = np.indices(shape)
    across, down = columns - at[0], rows - at[1]
    east, north = (part[0] * across + part[1] * down for part in plane.to_metres)
    far_m = np.hypot(east, north)
    return np.asarray(far_m <= max(radius_m, float(far_m.min())))
