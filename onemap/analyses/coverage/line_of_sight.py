"""Sight over the ground between pairs of places: paths laid on an elevation grid of any CRS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from onemap.layers.crs import choose_operation, transform
from onemap.layers.grid import Grid
from onemap.layers.nearest import GEOD
from onemap.terrain.profile import PathSights, sight_lines

__all__ = ["Ends", "pixels_of", "sights_between"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ends:
    """One end of each path; arrays of shape (n,).

    Attributes
    ----------
    lon, lat
        Degrees, in the geographic CRS of the layers.
    height_agl_m
        Height above the ground, in metres.
    """

    lon: Floats
    lat: Floats
    height_agl_m: Floats


def sights_between(antennas: Ends, targets: Ends, grid: Grid, *, crs: CRS, k_factor: float) -> PathSights:
    """Look along the geodesic from each antenna to its target.

    Parameters
    ----------
    antennas, targets
        Start and end of each path, shape (n,) each. Their ground is taken from the grid.
    grid
        Heights of the ground in metres above sea level, in any CRS; NaN is a void.
    crs
        The geographic CRS of the ends.
    k_factor
        Effective over real radius of the earth.

    Returns
    -------
    sights
        What each ray meets. Beyond the grid the ground is as unknown as in a void.

    Raises
    ------
    CRSError
        If there is no known operation between the two systems.

    References
    ----------
    The path is the parabola through the ends and the geodesic's middle in the grid's CRS: see `onemap.terrain.profile`.

    Examples
    --------
    >>> from affine import Affine
    >>> plain = Grid(np.zeros((10, 40), dtype="float32"), Affine(0.001, 0, 75, 0, -0.001, 39.01), "EPSG:4490")
    >>> west = Ends(np.array([75.001]), np.array([39.005]), np.array([30.0]))
    >>> east = Ends(np.array([75.031]), np.array([39.005]), np.array([30.0]))
    >>> sights_between(west, east, plain, crs=CRS("EPSG:4490"), k_factor=4 / 3).clearance_m.round(1)
    array([29.9])
    """
    if not len(antennas.lon):
        empty = np.empty(0)
        return PathSights(empty, empty, empty, empty, np.empty(0, dtype=np.bool_))
    azimuth, _, distance_m = GEOD.inv(antennas.lon, antennas.lat, targets.lon, targets.lat)
    middle_lon, middle_lat, _ = GEOD.fwd(antennas.lon, antennas.lat, azimuth, np.asarray(distance_m) / 2.0)
    stops = [
        pixels_of(np.asarray(lon), np.asarray(lat), grid, crs)
        for lon, lat in ((antennas.lon, antennas.lat), (middle_lon, middle_lat), (targets.lon, targets.lat))
    ]
    return sight_lines(
        grid.values,
        np.stack(stops, axis=1),
        np.asarray(distance_m),
        start_agl_m=antennas.height_agl_m,
        end_agl_m=targets.height_agl_m,
        k_factor=k_factor,
    )


def pixels_of(lon: Floats, lat: Floats, grid: Grid, crs: CRS) -> Floats:
    """Give the pixels of places.

    Parameters
    ----------
    lon, lat
        The places, shape (n,), in degrees.
    grid
        A grid in any CRS.
    crs
        Geographic CRS of the places.

    Returns
    -------
    pixels
        Column and row, shape (n, 2), counted from the centre of the first pixel.

    Raises
    ------
    CRSError
        If there is no known operation between the two systems.

    Examples
    --------
    >>> from affine import Affine
    >>> grid = Grid(np.zeros((10, 10), dtype="float32"), Affine(0.01, 0, 75, 0, -0.01, 39.1), "EPSG:4490")
    >>> pixels_of(np.array([75.005]), np.array([39.095]), grid, CRS("EPSG:4490")).round(6) + 0.0
    array([[0., 0.]])
    """
    grid_crs = CRS(grid.crs)
    if not grid_crs.equals(crs):
        bounds = (lon.min(), lat.min(), lon.max(), lat.max())
        lon, lat = transform(choose_operation(crs, grid_crs, bounds), lon, lat)
    back = ~grid.transform
    column, row = back.a * lon + back.b * lat + back.c, back.d * lon + back.e * lat + back.f
    return np.column_stack([column - 0.5, row - 0.5])
