"""Nearest neighbours on the earth: searched on points in space, measured on the ellipsoid.

The chord between two points of the ellipsoid, straight through the earth, is never longer than the geodesic, and never
shorter than the chord of an equally long arc of the ellipsoid's smallest circle of curvature. So the nearest point by
chord is the nearest by geodesic unless another lies within a known, tiny distance; only those are measured against each
other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod
from scipy.spatial import cKDTree

__all__ = [
    "GEOD",
    "Neighbours",
    "geodesic_distance",
    "in_space",
    "nearest",
    "pairs_within",
    "points_within",
]

GEOD = Geod(ellps="GRS80")
"""The ellipsoid of CGCS2000; WGS 84 differs from it by 0.1 mm in the polar radius."""

_SEMI_MAJOR_M = float(GEOD.a)
_SQUARED_ECCENTRICITY = float(GEOD.es)
_SMALLEST_RADIUS_M = float(GEOD.b) ** 2 / _SEMI_MAJOR_M  # of curvature: along the meridian, at the equator
_ROUNDING = 1.0 + 1e-12  # relative error of chords computed in doubles at 1 m: 1e-9 m against 6e6 m
_DIGITS = 6  # of distances in metres: a micrometre is far below what coordinates hold
_ROUNDING_M = 1e-6  # by which a distance may be rounded


def nearest(
    points_lon: ArrayLike, points_lat: ArrayLike, among_lon: ArrayLike, among_lat: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the nearest neighbour of each point on the ellipsoid.

    Parameters
    ----------
    points_lon, points_lat
        The points, shape (n,), geographic coordinates in degrees (CGCS2000 or WGS 84).
    among_lon, among_lat
        Where neighbours are looked for, shape (m,), in degrees.

    Returns
    -------
    index
        Position of the nearest neighbour, shape (n,); -1 where there is none to look among. Of equally near ones any.
    distance_m
        Geodesic distance to it, shape (n,), in metres; infinite where there is none.

    Raises
    ------
    ValueError
        If a coordinate is not a number.

    References
    ----------
    C. F. F. Karney, "Algorithms for geodesics", J. Geodesy 87 (2013); A. Schur's comparison theorem for the bound on
    chords.

    Examples
    --------
    At 60 degrees north a degree of longitude is half as long as one of latitude:

    >>> index, distance_m = nearest([100.0], [60.0], [101.5, 100.0], [60.0, 61.0])
    >>> index, distance_m.round(-2)
    (array([0]), array([83700.]))
    """
    return Neighbours(among_lon, among_lat).nearest(points_lon, points_lat)


class Neighbours:
    """Places among which neighbours are looked for, prepared once for many questions.

    Parameters
    ----------
    lon, lat
        The places, shape (m,), geographic coordinates in degrees (CGCS2000 or WGS 84).

    Raises
    ------
    ValueError
        If a coordinate is not a number.

    Examples
    --------
    >>> towns = Neighbours([100.0, 101.0], [30.0, 30.0])
    >>> towns.nearest([100.2, 100.9], [30.0, 30.0])[0]
    array([0, 1])
    """

    def __init__(self, lon: ArrayLike, lat: ArrayLike) -> None:
        self._lon, self._lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
        _require_numbers(self._lon, self._lat)
        self._tree = cKDTree(in_space(self._lon, self._lat), balanced_tree=False)

    def nearest(self, lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Find the nearest place to each point; see `onemap.layers.nearest.nearest`.

        Parameters
        ----------
        lon, lat
            The points, shape (n,), in degrees.

        Returns
        -------
        index
            Position of the nearest place, shape (n,); -1 where there is none at all.
        distance_m
            Geodesic distance to it, shape (n,), in metres; infinite where there is none.

        Raises
        ------
        ValueError
            If a coordinate is not a number.

        Examples
        --------
        >>> Neighbours([], []).nearest([100.0], [30.0])
        (array([-1]), array([inf]))
        """
        lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
        _require_numbers(lon, lat)
        if not len(lon) or not len(self._lon):
            return np.full(len(lon), -1), np.full(len(lon), np.inf)
        order = _along_bands(lon, lat)
        found = np.zeros(len(lon), dtype=np.int64)
        if len(self._lon) > 1:
            found[order] = self._search(lon[order], lat[order])
        return found, geodesic_distance(lon, lat, self._lon[found], self._lat[found])

    def counts_within(self, lon: ArrayLike, lat: ArrayLike, *, distance_m: float) -> NDArray[np.int64]:
        """Count the places near each point; a few that lie a hair beyond the distance may be among them.

        Parameters
        ----------
        lon, lat
            The points, shape (n,), in degrees.
        distance_m
            Largest distance, in metres.

        Returns
        -------
        count
            Shape (n,); never less than `within` finds.

        Raises
        ------
        ValueError
            If a coordinate is not a number.

        Examples
        --------
        >>> Neighbours([100.0, 101.0], [30.0, 30.0]).counts_within([100.2, 103.0], [30.0, 30.0], distance_m=90_000)
        array([2, 0])
        """
        lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
        _require_numbers(lon, lat)
        count = np.zeros(len(lon), dtype=np.int64)
        if len(lon) and len(self._lon):
            order = _along_bands(lon, lat)
            count[order] = self._tree.query_ball_point(
                in_space(lon[order], lat[order]), _reach(distance_m), return_length=True, workers=-1
            )
        return count

    def within(
        self, lon: ArrayLike, lat: ArrayLike, *, distance_m: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Find all places within a geodesic distance of each point; see `onemap.layers.nearest.points_within`.

        Parameters
        ----------
        lon, lat
            The points, shape (n,), in degrees.
        distance_m
            Largest distance, inclusive, in metres.

        Returns
        -------
        point, neighbour
            Positions of the pairs found, ordered by point, then by neighbour.
        length_m
            Their geodesic distances, in metres.

        Raises
        ------
        ValueError
            If a coordinate is not a number.

        Examples
        --------
        >>> Neighbours([100.01, 100.2], [30.0, 30.0]).within([100.0], [30.0], distance_m=5_000)[1]
        array([0])
        """
        lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
        _require_numbers(lon, lat)
        if not len(lon) or not len(self._lon):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
        points = cKDTree(in_space(lon, lat), balanced_tree=False)
        pairs = points.sparse_distance_matrix(self._tree, _reach(distance_m), output_type="ndarray")
        order = np.lexsort((pairs["j"], pairs["i"]))
        point, neighbour = pairs["i"][order].astype(np.int64), pairs["j"][order].astype(np.int64)
        length_m = geodesic_distance(lon[point], lat[point], self._lon[neighbour], self._lat[neighbour])
        near = length_m <= round(distance_m, _DIGITS)
        return point[near], neighbour[near], length_m[near]

    def _search(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
        """Take the nearest by chord; where others come close enough to be nearer by geodesic, measure."""
        places = in_space(lon, lat)
        chord_m, found = self._query(places, 2)
        index = found[:, 0].copy()
        reach_m = _longest_geodesic(chord_m[:, 0])
        still = np.flatnonzero(chord_m[:, 1] <= reach_m)
        count = 2
        while len(still):
            count = min(4 * count, self._tree.n)
            chord_m, found = self._query(places[still], count)
            rivals = found.ravel()
            length_m = geodesic_distance(
                np.repeat(lon[still], count), np.repeat(lat[still], count), self._lon[rivals], self._lat[rivals]
            ).reshape(found.shape)
            index[still] = found[np.arange(len(still)), length_m.argmin(axis=1)]
            still = still[(chord_m[:, -1] <= reach_m[still]) & (count < self._tree.n)]
        return index

    def _query(self, places: NDArray[np.float64], count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Find the nearest few by chord."""
        chord_m, found = self._tree.query(places, k=count, workers=-1)
        return np.asarray(chord_m), np.asarray(found, dtype=np.int64)


def points_within(
    points_lon: ArrayLike, points_lat: ArrayLike, among_lon: ArrayLike, among_lat: ArrayLike, *, distance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Find all neighbours of each point within a geodesic distance.

    Parameters
    ----------
    points_lon, points_lat
        The points, shape (n,), in degrees (CGCS2000 or WGS 84).
    among_lon, among_lat
        Where neighbours are looked for, shape (m,), in degrees.
    distance_m
        Largest distance, inclusive, in metres.

    Returns
    -------
    point, neighbour
        Positions of the pairs found, ordered by point, then by neighbour.
    length_m
        Their geodesic distances, in metres.

    Raises
    ------
    ValueError
        If a coordinate is not a number.

    Examples
    --------
    >>> points_within([100.0], [30.0], [100.01, 100.2], [30.0, 30.0], distance_m=5_000)[1]
    array([0])
    """
    return Neighbours(among_lon, among_lat).within(points_lon, points_lat, distance_m=distance_m)


def pairs_within(
    lon: ArrayLike, lat: ArrayLike, *, distance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Find all pairs of points within a geodesic distance of each other.

    Parameters
    ----------
    lon, lat
        The points, shape (n,), in degrees (CGCS2000 or WGS 84).
    distance_m
        Largest distance, inclusive, in metres.

    Returns
    -------
    first, second
        Positions of the two points, first < second, ordered.
    length_m
        Geodesic distances, in metres.

    Raises
    ------
    ValueError
        If a coordinate is not a number.

    Examples
    --------
    >>> pairs_within([100.0, 100.0, 101.0], [30.0, 30.001, 30.0], distance_m=500)[:2]
    (array([0]), array([1]))
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    _require_numbers(lon, lat)
    if len(lon) < 2:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    pairs = cKDTree(in_space(lon, lat)).query_pairs(_reach(distance_m), output_type="ndarray")
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].astype(np.int64, copy=False)
    first, second = pairs[:, 0], pairs[:, 1]
    length_m = geodesic_distance(lon[first], lat[first], lon[second], lat[second])
    near = length_m <= round(distance_m, _DIGITS)
    return first[near], second[near], length_m[near]


def geodesic_distance(
    from_lon: ArrayLike, from_lat: ArrayLike, to_lon: ArrayLike, to_lat: ArrayLike
) -> NDArray[np.float64]:
    """Measure geodesics between pairs of points.

    Parameters
    ----------
    from_lon, from_lat, to_lon, to_lat
        Shape (n,), in degrees (CGCS2000 or WGS 84).

    Returns
    -------
    distance_m
        Shape (n,), in metres, to the micrometre.

    References
    ----------
    C. F. F. Karney, "Algorithms for geodesics", J. Geodesy 87 (2013).

    Examples
    --------
    >>> geodesic_distance([0.0], [0.0], [0.0], [1.0]).round(1)
    array([110574.4])
    """
    start_lon, start_lat = np.asarray(from_lon, dtype=float), np.asarray(from_lat, dtype=float)
    end_lon, end_lat = np.asarray(to_lon, dtype=float), np.asarray(to_lat, dtype=float)
    length_m = np.asarray(GEOD.inv(start_lon, start_lat, end_lon, end_lat)[2], dtype=np.float64)
    # A place at just 5 km is given as 5000.000000001 m: no limit should turn on that.
    return np.round(length_m, _DIGITS)


def _reach(distance_m: float) -> float:
    """Give the chord within which all places of a geodesic distance lie."""
    return distance_m * _ROUNDING + _ROUNDING_M


def _longest_geodesic(chord_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bound the geodesic of a chord from above; a rival by geodesic has a shorter chord than this."""
    half = np.minimum(chord_m * _ROUNDING / (2.0 * _SMALLEST_RADIUS_M), 1.0)
    # Beyond the smallest circle nothing is known but the half circumference.
    arc_m = np.where(half < 1.0, 2.0 * _SMALLEST_RADIUS_M * np.arcsin(half), np.pi * _SEMI_MAJOR_M)
    return np.asarray(arc_m + _ROUNDING_M)


def in_space(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give geocentric coordinates of points on the ellipsoid.

    Parameters
    ----------
    lon, lat
        Shape (n,), in degrees (CGCS2000 or WGS 84).

    Returns
    -------
    places
        Shape (n, 3), in metres.

    Examples
    --------
    >>> in_space(np.array([90.0]), np.array([0.0])).round(1)
    array([[      0., 6378137.,       0.]])
    """
    lon_rad, lat_rad = np.radians(lon), np.radians(lat)
    sine = np.sin(lat_rad)
    normal_m = _SEMI_MAJOR_M / np.sqrt(1.0 - _SQUARED_ECCENTRICITY * sine * sine)
    ring_m = normal_m * np.cos(lat_rad)
    places = np.empty((len(lon), 3))
    places[:, 0] = ring_m * np.cos(lon_rad)
    places[:, 1] = ring_m * np.sin(lon_rad)
    places[:, 2] = normal_m * (1.0 - _SQUARED_ECCENTRICITY) * sine
    return places


def _along_bands(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order points so that neighbours are asked for one after another: the tree's memory is then at hand."""
    band = np.floor(lat * 4.0).astype(np.int64)
    turned = np.where(band % 2, -lon, lon)
    return np.lexsort((turned, band))


def _require_numbers(*coordinates: NDArray[np.float64]) -> None:
    """Refuse NaN and infinite coordinates."""
    for values in coordinates:
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            msg = f"coordinates must be numbers, got {values[wrong[0]]} at position {wrong[0]}"
            raise ValueError(msg)
