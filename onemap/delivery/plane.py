"""A plane in metres for questions of topology, in which edges that are straight in the data stay straight.

A layer in degrees draws its edges straight in degrees. Taken to a conformal projection, an edge of one kilometre bends
by up to 16 mm, so that a vertex which lies on a neighbour's edge no longer does, and a clean coverage shows gaps. The
plane here is linear: longitude times the length of a degree along the parallel, latitude times that along the meridian,
both at the middle latitude of the layer. What touches in the data touches in the plane. Metres are true at the middle
latitude; over a county of one degree they differ by at most 1.5 % (60° N), which no tolerance notices; areas that a
rule states are measured on the ellipsoid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError as ProjCRSError

__all__ = ["Plane", "finite", "plane_for"]

_MAJOR_M, _FLATTENING = 6_378_137.0, 1 / 298.257222101  # CGCS2000; other ellipsoids differ by less than 1e-4

_LARGEST = 1e9  # no system has coordinates so large; the product of four of them is still exact to metres


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres per unit of a layer's coordinates, along both axes.

    Attributes
    ----------
    east_m, north_m
        Metres per unit.
    """

    east_m: float
    north_m: float

    def metres(self, geometry: NDArray[np.object_]) -> NDArray[np.object_]:
        """Bring geometries to the plane, 2-D; what has no finite coordinates becomes None.

        Examples
        --------
        >>> Plane(100.0, 200.0).metres(np.array([shapely.Point(1, 2), None]))[0].wkt
        'POINT (100 400)'
        """
        flat = np.asarray(shapely.force_2d(geometry), dtype=object)
        flat[~finite(geometry)] = None
        scale = np.array([self.east_m, self.north_m])
        return np.asarray(shapely.transform(flat, lambda points: points * scale), dtype=object)

    def back(self, geometry: NDArray[np.object_]) -> NDArray[np.object_]:
        """Bring geometries of the plane back to the coordinates of the layer.

        Examples
        --------
        >>> Plane(100.0, 200.0).back(np.array([shapely.Point(100, 400)]))[0].wkt
        'POINT (1 2)'
        """
        scale = np.array([self.east_m, self.north_m])
        return np.asarray(shapely.transform(geometry, lambda points: points / scale), dtype=object)


def plane_for(geometry: NDArray[np.object_], crs: str | None) -> Plane:
    """Give the plane of a layer: metres at its middle latitude, or the unit of a projected system.

    Parameters
    ----------
    geometry
        Geometries of the layer, shape (n,).
    crs
        Its system; one that is not known or cannot be read is taken by the size of its coordinates.

    Returns
    -------
    plane
        Metres per unit.

    Examples
    --------
    >>> plane = plane_for(np.array([shapely.Point(75, 60)]), "EPSG:4490")
    >>> round(plane.east_m), round(plane.north_m)
    (55800, 111412)
    """
    sound = geometry[finite(geometry)]
    bounds = shapely.total_bounds(sound) if len(sound) else np.full(4, np.nan)
    try:
        system = CRS.from_user_input(crs) if crs else None
    except ProjCRSError:
        system = None
    in_degrees = system.is_geographic if system is not None else bool(np.nanmax(np.abs(bounds), initial=0) <= 360)
    if not in_degrees:
        unit = system.axis_info[0].unit_conversion_factor if system is not None and system.axis_info else 1.0
        return Plane(unit or 1.0, unit or 1.0)
    middle = float(np.clip((bounds[1] + bounds[3]) / 2, -89.0, 89.0)) if np.isfinite(bounds).all() else 0.0
    return Plane(*_metres_per_degree(middle))


def finite(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which geometries are there, not empty, with finite coordinates that can be multiplied.

    Examples
    --------
    >>> finite(np.array([shapely.Point(1, 2), shapely.Point(np.nan, 1), None])).tolist()
    [True, False, False]
    """
    places, which = shapely.get_coordinates(geometry, return_index=True)
    sound = np.isfinite(shapely.bounds(geometry)).all(axis=-1)
    sound[which[~(np.abs(places) < _LARGEST).all(axis=1)]] = False
    return np.asarray(sound, dtype=bool)


def _metres_per_degree(lat: float) -> tuple[float, float]:
    """Give the length of a degree of longitude and of latitude on the ellipsoid, in metres."""
    squared = _FLATTENING * (2 - _FLATTENING)
    sine = np.sin(np.radians(lat))
    across = _MAJOR_M / np.sqrt(1 - squared * sine**2)
    along = across * (1 - squared) / (1 - squared * sine**2)
    return float(np.radians(1) * across * np.cos(np.radians(lat))), float(np.radians(1) * along)
