"""Lines near points: searched by boxes of their segments, measured on the ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.layers.nearest import GEOD, geodesic_distance

__all__ = ["NearSegments", "Segments", "metres_per_degree", "near_segments", "nearest_of_each", "segments_of"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_POINTS_AT_ONCE = 200_000  # keeps what is looked at together small
_ROOM = 1.01  # boxes are this much larger than they need be


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """The segments of lines.

    Attributes
    ----------
    line
        Row of the line of each segment, shape (m,).
    start, end
        Ends, shape (m, 2), in degrees.
    """

    line: Ints
    start: Floats
    end: Floats


@dataclass(frozen=True, slots=True, eq=False)
class NearSegments:
    """Pairs of points and segments near them, ordered by point, then segment.

    Attributes
    ----------
    point, segment
        Positions, shape (n,).
    distance_m
        Geodesic distance of the point from the foot on the segment, in metres.
    lon, lat
        The foot, in degrees.
    share
        Where the foot lies on the segment, 0 at its start, 1 at its end.
    bearing_deg
        Direction of the segment at the point, in degrees from north, 0-180: it has no sense.
    """

    point: Ints
    segment: Ints
    distance_m: Floats
    lon: Floats
    lat: Floats
    share: Floats
    bearing_deg: Floats


def segments_of(lines: gpd.GeoDataFrame) -> Segments:
    """Take lines apart.

    Parameters
    ----------
    lines
        LineStrings and MultiLineStrings, geographic CRS; a row without line has no segments.

    Examples
    --------
    >>> segments_of(gpd.GeoDataFrame(geometry=[shapely.LineString([(75, 39), (75, 40), (76, 40)])])).line
    array([0, 0])
    """
    parts, row = shapely.get_parts(np.asarray(lines.geometry.to_numpy(), dtype=object), return_index=True)
    places, part = shapely.get_coordinates(parts, return_index=True)
    inner = np.flatnonzero(part[1:] == part[:-1])
    return Segments(row[part[inner]].astype(np.int64), places[inner], places[inner + 1])


def metres_per_degree(lat: Floats) -> tuple[Floats, Floats]:
    """Give the length of a degree of longitude and of latitude.

    Parameters
    ----------
    lat
        Latitudes, in degrees.

    References
    ----------
    Radii of curvature in the prime vertical and the meridian of the ellipsoid GRS 80.

    Examples
    --------
    >>> [part.round().tolist() for part in metres_per_degree(np.array([0.0]))]
    [[111319.0], [110574.0]]
    """
    sine = np.sin(np.radians(lat))
    slack = 1.0 - GEOD.es * sine * sine
    normal_m = GEOD.a / np.sqrt(slack)
    meridian_m = GEOD.a * (1.0 - GEOD.es) / slack**1.5
    one = np.pi / 180.0
    return np.asarray(normal_m * np.cos(np.radians(lat)) * one), np.asarray(meridian_m * one)


def near_segments(lon: Floats, lat: Floats, segments: Segments, *, distance_m: float) -> NearSegments:
    """Find the segments within a distance of points.

    Parameters
    ----------
    lon, lat
        The points, shape (n,), in degrees (CGCS2000 or WGS 84).
    segments
        Where it is looked for; straight in longitude and latitude between their ends.
    distance_m
        Largest distance, inclusive, in metres; up to some kilometres.

    Returns
    -------
    near
        The foot is found in a plane at the point's latitude, which turns it by less than 1e-3 of the distance squared
        over the earth's radius; the distance to it is geodesic.

    Examples
    --------
    >>> line = gpd.GeoDataFrame(geometry=[shapely.LineString([(75, 39), (75, 40)])])
    >>> near = near_segments(np.array([75.001]), np.array([39.5]), segments_of(line), distance_m=100)
    >>> near.distance_m.round(1), near.bearing_deg
    (array([86.]), array([0.]))
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    if not len(lon) or not len(segments.line):
        none, whole = np.empty(0), np.empty(0, dtype=np.int64)
        return NearSegments(whole, whole, none, none, none, none, none)
    tree = shapely.STRtree(shapely.linestrings(np.stack([segments.start, segments.end], axis=1)))
    parts = []
    for first in range(0, len(lon), _POINTS_AT_ONCE):
        here = slice(first, first + _POINTS_AT_ONCE)
        parts.append(_near(lon[here], lat[here], (segments, tree), distance_m=distance_m, first=first))
    return NearSegments(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _near(
    lon: Floats, lat: Floats, among: tuple[Segments, shapely.STRtree], *, distance_m: float, first: int
) -> tuple[NDArray[np.generic], ...]:
    """Find the segments near some of the points; give the fields of `NearSegments`."""
    segments, tree = among
    east_m, north_m = metres_per_degree(lat)
    wide, high = _ROOM * distance_m / east_m, _ROOM * distance_m / north_m
    point, segment = tree.query(shapely.box(lon - wide, lat - high, lon + wide, lat + high))
    order = np.lexsort((segment, point))
    point, segment = point[order].astype(np.int64), segment[order].astype(np.int64)
    scale = np.column_stack([east_m[point], north_m[point]])
    start = (segments.start[segment] - np.column_stack([lon[point], lat[point]])) * scale
    along = (segments.end[segment] - segments.start[segment]) * scale
    squared = (along * along).sum(axis=1)
    share = np.where(squared > 0, -(start * along).sum(axis=1) / np.where(squared > 0, squared, 1.0), 0.0)
    share = np.clip(share, 0.0, 1.0)
    foot = segments.start[segment] + share[:, None] * (segments.end[segment] - segments.start[segment])
    length_m = geodesic_distance(lon[point], lat[point], foot[:, 0], foot[:, 1])
    bearing = np.degrees(np.arctan2(along[:, 0], along[:, 1])) % 180.0
    near = length_m <= distance_m
    columns = (point + first, segment, length_m, foot[:, 0], foot[:, 1], share, bearing)
    return tuple(values[near] for values in columns)


def nearest_of_each(near: NearSegments, segments: Segments) -> Ints:
    """Choose the nearest segment of each line for each point.

    Parameters
    ----------
    near
        Pairs of points and segments.
    segments
        The segments.

    Returns
    -------
    rows
        Positions in `near`, ordered by point, then line.

    Examples
    --------
    >>> line = gpd.GeoDataFrame(geometry=[shapely.LineString([(75, 39), (75, 39.5), (75, 40)])])
    >>> segments = segments_of(line)
    >>> near = near_segments(np.array([75.0]), np.array([39.5]), segments, distance_m=100)
    >>> len(near.point), nearest_of_each(near, segments)
    (2, array([0]))
    """
    line = segments.line[near.segment]
    order = np.lexsort((near.segment, near.distance_m, line, near.point))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(near.point[order]) != 0) | (np.diff(line[order]) != 0)
    return np.asarray(order[first], dtype=np.int64)
