"""Areas on the ellipsoid, as planning databases want them."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from onemap.delivery.places import degrees
from onemap.errors import CRSError
from onemap.layers.crs_names import parse_crs

__all__ = ["ellipsoidal_areas", "ellipsoidal_lengths"]


def ellipsoidal_areas(geometry: gpd.GeoSeries) -> NDArray[np.float64]:
    """Compute areas on the ellipsoid of the features' own datum, edges taken as geodesics.

    Parameters
    ----------
    geometry
        Geometries with a CRS, shape (n,).

    Returns
    -------
    area_m2
        Areas in square metres, shape (n,); 0 for points and lines, NaN where there is none or in a local plane.

    Raises
    ------
    CRSError
        If there are geometries without a CRS.

    References
    ----------
    C. F. F. Karney (2013), "Algorithms for geodesics", J. Geodesy 87, section 6, as computed by PROJ.

    Examples
    --------
    >>> ellipsoidal_areas(gpd.GeoSeries([shapely.box(75, 39, 75.01, 39.01)], crs=4490)).round(-2)
    array([961600.])
    """
    return _measured(geometry, _area)


def ellipsoidal_lengths(geometry: gpd.GeoSeries) -> NDArray[np.float64]:
    """Compute lengths of lines on the ellipsoid of the features' own datum, edges taken as geodesics.

    Parameters
    ----------
    geometry
        Geometries with a CRS, shape (n,).

    Returns
    -------
    length_m
        Lengths in metres, shape (n,); 0 for points and areas, NaN where there is none or in a local plane.

    Raises
    ------
    CRSError
        If there are geometries without a CRS.

    References
    ----------
    C. F. F. Karney (2013), "Algorithms for geodesics", J. Geodesy 87, as computed by PROJ.

    Examples
    --------
    >>> line = shapely.LineString([(75, 39), (75, 40)])
    >>> ellipsoidal_lengths(gpd.GeoSeries([line], crs=4490)).round(1)
    array([111025.])
    """
    return _measured(geometry, _length)


def _measured(geometry: gpd.GeoSeries, measure: Callable[[Geod, shapely.Geometry], float]) -> NDArray[np.float64]:
    """Measure each geometry in degrees."""
    if not len(geometry):
        return np.zeros(0)
    if geometry.crs is None:
        raise CRSError("crs_missing", layer="layer")
    own = parse_crs(geometry.crs).geodetic_crs
    geod = None if own is None else own.get_geod()
    if geod is None:
        return np.full(len(geometry), np.nan)
    there = degrees(np.asarray(geometry.array, dtype=object), geometry.crs)
    return np.array([np.nan if one is None else measure(geod, one) for one in there], dtype=np.float64)


def _area(geod: Geod, geometry: shapely.Geometry) -> float:
    """Compute one area, rings of either direction alike."""
    if shapely.get_dimensions(geometry) < 2 or geometry.is_empty:
        return 0.0
    oriented = shapely.orient_polygons(geometry)
    area, _ = geod.geometry_area_perimeter(oriented)
    return abs(float(area))


def _length(geod: Geod, geometry: shapely.Geometry) -> float:
    """Compute one length."""
    if shapely.get_dimensions(geometry) != 1 or geometry.is_empty:
        return 0.0
    return float(geod.geometry_length(geometry))
