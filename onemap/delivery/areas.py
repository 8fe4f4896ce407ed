"""Areas on the ellipsoid, as planning databases want them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from onemap.delivery.places import degrees
from onemap.errors import CRSError
from onemap.layers.crs_names import parse_crs

__all__ = ["ellipsoidal_areas"]


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
    if not len(geometry):
        return np.zeros(0)
    if geometry.crs is None:
        raise CRSError("crs_missing", layer="layer")
    own = parse_crs(geometry.crs).geodetic_crs
    geod = None if own is None else own.get_geod()
    there = degrees(np.asarray(geometry.array, dtype=object), geometry.crs)
    return np.array([_area(geod, one) for one in there], dtype=np.float64)


def _area(geod: Geod | None, geometry: shapely.Geometry | None) -> float:
    """Compute one area, rings of either direction alike."""
    if geod is None or geometry is None:
        return float("nan")
    if shapely.get_dimensions(geometry) < 2 or geometry.is_empty:
        return 0.0
    oriented = shapely.orient_polygons(geometry)
    area, _ = geod.geometry_area_perimeter(oriented)
    return abs(float(area))
