"""The nearest place where a planned site may stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from onemap.analyses.conflicts.footprints import square_round
from onemap.analyses.conflicts.settings import ConflictSettings
from onemap.layers.nearest import GEOD
from onemap.layers.surface import surface_areas

__all__ = ["Place", "nearest_allowed_place"]

_SEGMENTS = 32  # of a quarter of a circle: a chord lies 0.03 % of the radius inside it
_STEP_DEG = 0.001  # between vertices of an edge: 0.2 mm off the straight line in degrees
_METRES_PER_DEGREE = 111_000.0
_SPARE_M = 0.01  # for the rounding of coordinates


@dataclass(frozen=True, slots=True)
class Place:
    """A place where a site may stand.

    Attributes
    ----------
    lon, lat
        In degrees.
    distance_m
        Geodesic distance from where it was planned, in metres.
    azimuth_deg
        Direction from there, clockwise from north, in degrees.
    """

    lon: float
    lat: float
    distance_m: float
    azimuth_deg: float


def nearest_allowed_place(
    site: tuple[float, float],
    area_m2: float,
    forbidden: NDArray[np.object_],
    *,
    settings: ConflictSettings,
    within: shapely.Geometry | None = None,
) -> Place | None:
    """Find the nearest place where a square of the site's area stands clear of zones, whichever way it is turned.

    The middle must stay off the zones by half the diagonal of the square and the clearance. It is looked for in the
    azimuthal equidistant projection round the site, in which distances from the site are geodesic: the nearest point of
    the plane is the nearest on the ellipsoid. Circles round corners are drawn as polygons outside them, so the place
    may lie up to 0.03 % of that offset farther than need be, and never nearer to a zone.

    Parameters
    ----------
    site
        Longitude and latitude in degrees.
    area_m2
        Area that it takes, in square metres.
    forbidden
        Polygons to keep off, in degrees; those out of reach do no harm.
    settings
        Radius and clearance.
    within
        Polygon that must hold the whole square, in degrees; None for no limit.

    Returns
    -------
    place
        The nearest one; None if there is none within the radius.

    References
    ----------
    J. P. Snyder, "Map Projections: A Working Manual" (1987), chapter 25: azimuthal equidistant.

    Examples
    --------
    100 m into a zone, 10 m of clearance and 14.1 m for the diagonal of a square of 400 m²:

    >>> zone = np.array([shapely.box(75, 39, 76, 40)], dtype=object)
    >>> lon = 75 + 100 / 86_000
    >>> place = nearest_allowed_place((lon, 39.5), 400.0, zone, settings=ConflictSettings())
    >>> round(place.distance_m), round(place.azimuth_deg)
    (124, 270)
    """
    lon, lat = site
    half_diagonal_m = float(np.sqrt(area_m2 / 2.0))
    reach_m = half_diagonal_m + settings.clearance_m + _SPARE_M
    to_plane = Transformer.from_crs(
        f"+proj=longlat +a={GEOD.a} +b={GEOD.b}",
        f"+proj=aeqd +lon_0={lon} +lat_0={lat} +a={GEOD.a} +b={GEOD.b} +units=m",
        always_xy=True,
    )
    round_site = _window(lon, lat, settings.search_radius_m + 2 * reach_m)
    near = _in_plane(forbidden, round_site, to_plane)
    outside_m = reach_m / np.cos(np.pi / (4 * _SEGMENTS))
    blocked = shapely.union_all(shapely.buffer(near, outside_m, quad_segs=_SEGMENTS))
    free = shapely.Point(0.0, 0.0).buffer(settings.search_radius_m * 1.01).difference(blocked)
    if within is not None:
        county = shapely.union_all(_in_plane(np.array([within], dtype=object), round_site, to_plane))
        free = free.intersection(county.buffer(-half_diagonal_m - _SPARE_M))
    if free.is_empty:
        return None
    nearest = shapely.get_point(shapely.shortest_line(shapely.Point(0.0, 0.0), free), 1)
    place_lon, place_lat = to_plane.transform(nearest.x, nearest.y, direction="INVERSE")
    azimuth_deg, _, distance_m = GEOD.inv(lon, lat, place_lon, place_lat)
    place = Place(float(place_lon), float(place_lat), float(distance_m), float(azimuth_deg) % 360.0)
    return place if distance_m <= settings.search_radius_m and _clear(place, area_m2, forbidden) else None


def _window(lon: float, lat: float, reach_m: float) -> shapely.Geometry:
    """Give a box in degrees that holds everything within a distance."""
    up = reach_m / _METRES_PER_DEGREE * 1.02
    across = up / max(np.cos(np.radians(min(abs(lat) + up, 89.0))), 0.01)
    return shapely.box(lon - across, lat - up, lon + across, lat + up)


def _in_plane(polygons: NDArray[np.object_], window: shapely.Geometry, to_plane: Transformer) -> NDArray[np.object_]:
    """Bring what lies in a window into the plane, its edges still straight in degrees."""
    near = shapely.intersection(polygons, window)
    near = shapely.segmentize(near[~shapely.is_empty(near)], _STEP_DEG)
    return np.asarray(shapely.transform(near, to_plane.transform, interleaved=False), dtype=object)


def _clear(place: Place, area_m2: float, forbidden: NDArray[np.object_]) -> bool:
    """Prove it: the square at the place shares nothing with any zone."""
    square = square_round([place.lon], [place.lat], [area_m2])[0]
    return not surface_areas(shapely.intersection(forbidden, square)).any()
