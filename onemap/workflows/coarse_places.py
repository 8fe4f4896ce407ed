"""Round places to a grid, so that a public copy does not tell where something stands more exactly than it may."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

__all__ = ["CoarseGrid", "coarse", "grid_of"]

_METRES_PER_DEGREE_LAT = 110_574.0  # the least there is: at the equator of CGCS2000 and WGS 84
_METRES_PER_DEGREE_LON = 111_319.0  # at the equator
_DIGITS = 10
_POINTS, _LINES, _AREAS = (0, 4), (1, 5), (3, 6)


@dataclass(frozen=True, slots=True)
class CoarseGrid:
    """A grid that coordinates are rounded to.

    Attributes
    ----------
    step_x, step_y
        Steps in the unit of the system, both of at least the metres asked for.
    unit
        "degree" or the unit of the projection.
    """

    step_x: float
    step_y: float
    unit: str


def grid_of(crs: CRS, *, grid_m: float, south_north: tuple[float, float]) -> CoarseGrid:
    """Give the grid of a system of coordinates.

    Parameters
    ----------
    crs
        System of the layers.
    grid_m
        Metres that a step must have at least, in both directions.
    south_north
        Least and largest second coordinate of what is rounded; of a geographic system the latitudes, whose next whole
        degree towards the pole decides how many degrees of longitude a step has.

    Returns
    -------
    grid
        Steps rounded up to two digits.

    Examples
    --------
    >>> grid_of(CRS(4490), grid_m=100, south_north=(39.2, 39.9))
    CoarseGrid(step_x=0.0012, step_y=0.00091, unit='degree')
    """
    horizontal = crs.sub_crs_list[0] if crs.is_compound else crs
    if not horizontal.is_geographic:
        unit = horizontal.axis_info[0]
        step = _rounded_up(grid_m / unit.unit_conversion_factor)
        return CoarseGrid(step, step, unit.unit_name)
    highest = min(math.ceil(max(map(abs, south_north))), 89)
    step_x = _rounded_up(grid_m / (_METRES_PER_DEGREE_LON * math.cos(math.radians(highest))))
    return CoarseGrid(step_x, _rounded_up(grid_m / _METRES_PER_DEGREE_LAT), "degree")


def coarse(geometry: NDArray[np.object_], grid: CoarseGrid) -> NDArray[np.object_]:
    """Round geometries to a grid.

    Parameters
    ----------
    geometry
        2-D geometries, shape (n,); none may be missing.
    grid
        The grid.

    Returns
    -------
    rounded
        Valid geometries of the same kind, shape (n,); None where nothing of the kind is left: a line or an area smaller
        than the grid, or one that cannot be made valid on it.

    Examples
    --------
    >>> places = np.array([shapely.Point(75.12345, 39.54321), shapely.box(75, 39, 75.0001, 39.0001)])
    >>> rounded = coarse(places, CoarseGrid(0.0012, 0.00091, "degree"))
    >>> rounded[0].wkt, rounded[1]
    ('POINT (75.1236 39.54314)', None)
    """
    steps = np.array([grid.step_x, grid.step_y])
    counted = shapely.transform(geometry, lambda places: places / steps)
    is_area = np.isin(shapely.get_type_id(counted), _AREAS)
    snapped = np.array(shapely.transform(counted, np.rint), dtype=object)
    snapped[is_area] = shapely.set_precision(counted[is_area], 1.0)
    is_line = np.isin(shapely.get_type_id(snapped), _LINES)
    snapped[is_line] = shapely.remove_repeated_points(snapped[is_line])
    back = np.array(shapely.transform(snapped, lambda places: np.round(places * steps, _DIGITS)), dtype=object)
    keeps = shapely.is_valid(back) & ~shapely.is_empty(back) & (_kind(back) == _kind(geometry))
    keeps &= ~is_line | (shapely.length(back) > 0)
    back[~keeps] = None
    return back


def _kind(geometry: NDArray[np.object_]) -> NDArray[np.intp]:
    """Tell points, lines and areas apart, single or not."""
    types = shapely.get_type_id(geometry)
    return np.select([np.isin(types, kind) for kind in (_POINTS, _LINES, _AREAS)], [0, 1, 2], default=-1)


def _rounded_up(value: float) -> float:
    """Round up to two digits, so that coordinates stay short."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return round(math.ceil(value / unit - 1e-9) * unit, 12)
