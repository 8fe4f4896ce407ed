"""Cells of an elevation model on the ground: their places, their sides, and how far they lie from lines and points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import cKDTree

from onemap.analyses.sharing.near_lines import near_segments, segments_of
from onemap.layers.crs import choose_operation, transform
from onemap.layers.grid import Grid
from onemap.layers.nearest import Neighbours, geodesic_distance, in_space

__all__ = ["Near", "cell_places", "cell_sides"]

Floats = NDArray[np.float64]

_METRES_PER_DEGREE = 111_320.0


def cell_places(grid: Grid, columns: Floats, rows: Floats, crs: CRS) -> tuple[Floats, Floats]:
    """Give the places of cells.

    Parameters
    ----------
    grid
        A grid in any CRS.
    columns, rows
        Shape (n,), counted from the centre of the first cell.
    crs
        Geographic CRS of the places.

    Returns
    -------
    lon, lat
        Shape (n,), in degrees.

    Examples
    --------
    >>> from affine import Affine
    >>> grid = Grid(np.zeros((10, 10), dtype="float32"), Affine(0.01, 0, 75, 0, -0.01, 39.1), "EPSG:4490")
    >>> [part.round(6).tolist() for part in cell_places(grid, np.array([0.0]), np.array([0.0]), CRS("EPSG:4490"))]
    [[75.005], [39.095]]
    """
    place = grid.transform
    east = place.a * (columns + 0.5) + place.b * (rows + 0.5) + place.c
    north = place.d * (columns + 0.5) + place.e * (rows + 0.5) + place.f
    grid_crs = CRS(grid.crs)
    if grid_crs.equals(crs) or not len(east):
        return np.asarray(east), np.asarray(north)
    bounds = (*grid.bounds,)
    lon, lat = transform(choose_operation(grid_crs, crs, bounds), east, north)
    return np.asarray(lon), np.asarray(lat)


def cell_sides(grid: Grid, rows: Floats, crs: CRS) -> tuple[Floats, Floats]:
    """Measure the sides of cells in some rows, in the middle column of the grid.

    Parameters
    ----------
    grid
        A grid in any CRS.
    rows
        Shape (n,), counted from the centre of the first cell.
    crs
        Geographic CRS to measure in.

    Returns
    -------
    column_m, row_m
        Sides along columns and along rows, shape (n,), in metres on the ellipsoid.

    Examples
    --------
    >>> from affine import Affine
    >>> grid = Grid(np.zeros((10, 10), dtype="float32"), Affine(0.01, 0, 75, 0, -0.01, 39.1), "EPSG:4490")
    >>> [part.round().tolist() for part in cell_sides(grid, np.array([0.0]), CRS("EPSG:4490"))]
    [[865.0], [1110.0]]
    """
    middle = np.full(len(rows), (grid.values.shape[1] - 1) / 2.0)
    sides = []
    for across, down in ((0.5, 0.0), (0.0, 0.5)):
        start = cell_places(grid, middle - across, rows - down, crs)
        end = cell_places(grid, middle + across, rows + down, crs)
        sides.append(geodesic_distance(*start, *end))
    return sides[0], sides[1]


class Near:
    """How far places lie from the points and lines of a layer, prepared once.

    Parameters
    ----------
    layer
        Points, lines or polygons (taken by their outlines), geographic CRS.
    distance_m
        Farther is too far, in metres.
    step_m
        Distance between the points that lines are laid out as for a quick look, in metres.

    Examples
    --------
    >>> road = gpd.GeoDataFrame(geometry=[shapely.LineString([(75, 39), (75, 39.1)])], crs="EPSG:4490")
    >>> near = Near(road, 500.0, step_m=50.0)
    >>> where = np.array([75.001, 75.1]), np.array([39.05, 39.05])
    >>> near.about(*where), near.exactly(*where).round(1)
    (array([ True, False]), array([86.6,  inf]))
    """

    def __init__(self, layer: gpd.GeoDataFrame, distance_m: float, *, step_m: float) -> None:
        shapes = np.asarray(layer.geometry.to_numpy(), dtype=object)
        shapes = shapely.get_parts(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
        is_area = shapely.get_dimensions(shapes) == 2
        shapes[is_area] = shapely.boundary(shapes[is_area])
        points = shapes[shapely.get_dimensions(shapes) == 0]
        self._distance_m = distance_m
        self._segments = segments_of(gpd.GeoDataFrame(geometry=shapes[shapely.get_dimensions(shapes) == 1]))
        self._points = Neighbours(shapely.get_x(points), shapely.get_y(points))
        dense = shapely.segmentize(shapes, step_m / _METRES_PER_DEGREE)
        self._tree = cKDTree(in_space(*shapely.get_coordinates(dense).T), balanced_tree=False)

    def about(self, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
        """Tell what lies within the distance of the points laid out: nothing that is farther, less than all that is."""
        if not self._tree.n or not len(lon):
            return np.zeros(len(lon), dtype=bool)
        found, _ = self._tree.query(in_space(lon, lat), distance_upper_bound=self._distance_m, workers=-1)
        return np.asarray(np.isfinite(found))

    def exactly(self, lon: Floats, lat: Floats) -> Floats:
        """Measure on the ellipsoid, in metres; infinite beyond the distance."""
        found = self._points.nearest(lon, lat)[1]
        near = near_segments(lon, lat, self._segments, distance_m=self._distance_m)
        np.minimum.at(found, near.point, near.distance_m)
        return np.asarray(np.where(found <= self._distance_m, found, np.inf))
