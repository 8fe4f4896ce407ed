"""Coordinates in degrees on a layer's own datum, for places in findings and for areas: no step between datums."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from onemap.layers.crs_names import parse_crs

__all__ = ["degrees", "lonlat"]


def degrees(geometry: NDArray[np.object_], crs: Any) -> NDArray[np.object_]:
    """Bring geometries to the geographic system that their own rests on.

    Parameters
    ----------
    geometry
        Shapely geometries, shape (n,); None stays None.
    crs
        Their system.

    Returns
    -------
    geometry
        The geometries in degrees lon, lat, 2-D; not finite where they do not fit their system, None in a local plane.

    Raises
    ------
    CRSError
        If the system cannot be read.

    Examples
    --------
    >>> degrees(np.array([shapely.Point(500_000, 0)]), "EPSG:4534")[0].wkt
    'POINT (75 0)'
    """
    own = parse_crs(crs)
    flat = shapely.force_2d(geometry)
    if own.is_geographic:
        return np.asarray(flat, dtype=object)
    geographic = own.geodetic_crs
    if geographic is None:
        return np.full(len(flat), None, dtype=object)
    step = Transformer.from_crs(own, geographic, always_xy=True)

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(step.transform(points[:, 0], points[:, 1]))

    return np.asarray(shapely.transform(flat, move), dtype=object)


def lonlat(geometry: NDArray[np.object_], crs: Any) -> NDArray[np.float64]:
    """Give the centroid of each geometry in degrees.

    Parameters
    ----------
    geometry
        Shapely geometries, shape (n,).
    crs
        Their system.

    Returns
    -------
    lonlat
        Longitude and latitude, shape (n, 2); NaN where there is none.

    Raises
    ------
    CRSError
        If the system cannot be read.

    Examples
    --------
    >>> lonlat(np.array([shapely.Point(75, 39), None]), "EPSG:4490").tolist()
    [[75.0, 39.0], [nan, nan]]
    """
    centres = shapely.centroid(degrees(geometry, crs))
    centres = np.where(shapely.is_empty(centres), None, centres)  # an empty point has no coordinate to ask for
    places = np.column_stack([shapely.get_x(centres), shapely.get_y(centres)]).reshape(-1, 2)
    places[~np.isfinite(places).all(axis=1)] = np.nan
    return places
