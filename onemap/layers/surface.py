"""Areas and lengths on the ellipsoid that add up: a shape cut into parts has the area of its parts.

An edge is taken as straight in longitude and latitude, as an overlay in degrees cuts it. A geodesic between the same
two ends bulges towards the pole: along the parallel of 39° N by 0.01 m² of area for an edge of 100 m, by 10,000 m² for
one of 10 km. Areas between geodesic edges therefore change when an edge gets a vertex more, and parts do not add up.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from onemap.layers.nearest import GEOD, geodesic_distance

__all__ = ["radii_of_curvature", "surface_areas", "surface_lengths"]

_SEMI_MAJOR_M, _SEMI_MINOR_M = float(GEOD.a), float(GEOD.b)
_SQUARED_ECCENTRICITY = float(GEOD.es)
_ECCENTRICITY = _SQUARED_ECCENTRICITY**0.5
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)
_POLYGON, _LINES = 3, (1, 2)  # kinds of geometry as shapely counts them


def surface_areas(geometry: NDArray[np.object_]) -> NDArray[np.float64]:
    r"""Compute areas on the ellipsoid GRS80 between edges that are straight in longitude and latitude.

    By Green's theorem the area is :math:`\oint q(\varphi)\,d\lambda` along the outline, where

    .. math:: q(\varphi) = \frac{b^2}{2}\left[\frac{\sin\varphi}{1 - e^2\sin^2\varphi}
        + \frac{\operatorname{artanh}(e\sin\varphi)}{e}\right]

    is the area of a belt from the equator, for each radian of longitude. Along an edge it is integrated by five Gauss
    points, which is exact to rounding for edges of several degrees.

    Parameters
    ----------
    geometry
        Shapely geometries in degrees (CGCS2000 or WGS 84), shape (n,); of collections the polygons count.

    Returns
    -------
    area_m2
        Square metres, shape (n,); 0 where there is no polygon. Holes are taken off, whichever way the rings run.

    References
    ----------
    J. P. Snyder, "Map Projections: A Working Manual", USGS Professional Paper 1395 (1987), equation 3-12: q.

    Examples
    --------
    A box from the equator to the pole, one degree wide, is the 720th part of the ellipsoid:

    >>> (surface_areas(np.array([shapely.box(75, 0, 76, 90)], dtype=object)) * 720 / 1e6).round(1)
    array([5.10065622e+08])
    """
    polygons, owner = _parts(geometry, (_POLYGON,))
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    ring_areas = np.abs(_ring_areas(rings))
    is_hole = np.zeros(len(rings), dtype=bool)
    is_hole[1:] = polygon[1:] == polygon[:-1]
    signed = np.where(is_hole, -ring_areas, ring_areas)
    return np.bincount(owner[polygon], weights=signed, minlength=len(geometry)).astype(np.float64)


def surface_lengths(geometry: NDArray[np.object_]) -> NDArray[np.float64]:
    """Compute lengths of lines on the ellipsoid GRS80, geodesic from vertex to vertex.

    An edge cut where a straight line in longitude and latitude passes is longer by less than 1 mm in 10 km.

    Parameters
    ----------
    geometry
        Shapely geometries in degrees (CGCS2000 or WGS 84), shape (n,); of collections the lines count.

    Returns
    -------
    length_m
        Metres, shape (n,); 0 where there is no line.

    References
    ----------
    C. F. F. Karney, "Algorithms for geodesics", J. Geodesy 87 (2013), as computed by PROJ.

    Examples
    --------
    >>> surface_lengths(np.array([shapely.LineString([(75, 39), (75, 40)])], dtype=object)).round(1)
    array([111025.])
    """
    lines, owner = _parts(geometry, _LINES)
    places, line = shapely.get_coordinates(lines, return_index=True)
    if len(places) < 2:
        return np.zeros(len(geometry))
    along = line[1:] == line[:-1]
    start, end = places[:-1][along], places[1:][along]
    length_m = geodesic_distance(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    return np.bincount(owner[line[1:][along]], weights=length_m, minlength=len(geometry)).astype(np.float64)


def radii_of_curvature(lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the radii of curvature of GRS80 along the meridian and across it.

    Parameters
    ----------
    lat
        Latitudes in degrees, shape (n,).

    Returns
    -------
    meridian_m, normal_m
        Radii in metres, shape (n,).

    References
    ----------
    J. P. Snyder, "Map Projections: A Working Manual" (1987), equations 4-18 and 4-20.

    Examples
    --------
    >>> [radius.round(0).item() for radius in radii_of_curvature(90.0)]
    [6399594.0, 6399594.0]
    """
    sine = np.sin(np.radians(np.asarray(lat, dtype=float)))
    flattened = 1.0 - _SQUARED_ECCENTRICITY * sine**2
    normal_m = _SEMI_MAJOR_M / np.sqrt(flattened)
    return np.asarray(normal_m * (1.0 - _SQUARED_ECCENTRICITY) / flattened), np.asarray(normal_m)


def _parts(geometry: NDArray[np.object_], kinds: tuple[int, ...]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Take geometries apart; give the parts of some kinds, and the geometry that each is of."""
    parts, owner = shapely.get_parts(np.asarray(geometry, dtype=object), return_index=True)
    inner, part = shapely.get_parts(parts, return_index=True)  # a collection may hold multiple ones
    chosen = np.isin(shapely.get_type_id(inner), kinds)
    return inner[chosen], owner[part][chosen].astype(np.int64)


def _ring_areas(rings: NDArray[np.object_]) -> NDArray[np.float64]:
    """Integrate along closed rings; positive where they run clockwise."""
    places, ring = shapely.get_coordinates(rings, return_index=True)
    if not len(places):
        return np.zeros(len(rings))
    along = ring[1:] == ring[:-1]
    of = ring[1:][along]
    lon, lat = np.radians(places.T)
    _, first = np.unique(ring, return_index=True)
    belt_first = np.zeros(len(rings))
    belt_first[ring[first]] = _belt(lat[first])  # taken off, so that little is left to round
    width, height = np.diff(lon)[along], np.diff(lat)[along]
    mean_belt = np.zeros(len(of))
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        mean_belt += weight / 2.0 * (_belt(lat[:-1][along] + height * (node + 1.0) / 2.0) - belt_first[of])
    return np.bincount(of, weights=mean_belt * width, minlength=len(rings)).astype(np.float64)


def _belt(lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the area from the equator to a latitude (radians) for each radian of longitude, in m²."""
    sine = np.sin(lat)
    fraction = sine / (1.0 - _SQUARED_ECCENTRICITY * sine**2)
    return np.asarray(_SEMI_MINOR_M**2 / 2.0 * (fraction + np.arctanh(_ECCENTRICITY * sine) / _ECCENTRICITY))
