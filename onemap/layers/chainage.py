"""Places along lines: geodesic lengths, points at distances, pieces between them, chainage as roads write it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onemap.layers.nearest import GEOD

__all__ = ["MeasuredLine", "chainage_text", "even_offsets", "measure_line"]


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """A line with the geodesic distance of its vertices from its start; parts of a multi-line follow each other.

    Attributes
    ----------
    lon, lat
        Vertices, shape (n,), in degrees.
    part
        Number of the part that each vertex belongs to, shape (n,).
    offset_m
        Distance from the start along the line, shape (n,), in metres; the jump between two parts has no length.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    part: NDArray[np.int64]
    offset_m: NDArray[np.float64]

    @property
    def length_m(self) -> float:
        """Geodesic length of all parts, in metres."""
        return float(self.offset_m[-1])

    def points_at(self, offset_m: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give the points at distances along the line.

        Parameters
        ----------
        offset_m
            Distances from the start, shape (m,), in metres, within the line.

        Returns
        -------
        lon, lat
            Points on the geodesics between the vertices, shape (m,), in degrees.

        Examples
        --------
        >>> line = measure_line(shapely.LineString([(0, 0), (1, 0)]))
        >>> line.points_at(np.array([line.length_m / 2]))[0].round(9)
        array([0.5])
        """
        before = np.clip(np.searchsorted(self.offset_m, offset_m, side="right") - 1, 0, len(self.offset_m) - 2)
        after = before + 1
        azimuth, _, _ = GEOD.inv(self.lon[before], self.lat[before], self.lon[after], self.lat[after])
        beyond_m = offset_m - self.offset_m[before]
        lon, lat, _ = GEOD.fwd(self.lon[before], self.lat[before], azimuth, beyond_m)
        # A vertex is its own point, and the start of a part is not the end of the one before.
        at_end = offset_m >= self.offset_m[after]
        lon = np.where(at_end, self.lon[after], np.where(beyond_m == 0, self.lon[before], lon))
        lat = np.where(at_end, self.lat[after], np.where(beyond_m == 0, self.lat[before], lat))
        return lon, lat

    def piece(self, from_m: float, to_m: float) -> BaseGeometry:
        """Cut out the piece between two distances.

        Parameters
        ----------
        from_m, to_m
            Distances from the start, in metres, from_m < to_m.

        Returns
        -------
        piece
            LineString, or MultiLineString where it spans parts, in degrees.

        Examples
        --------
        >>> line = measure_line(shapely.LineString([(0, 0), (1, 0), (2, 0)]))
        >>> line.piece(0, line.length_m / 2).wkt
        'LINESTRING (0 0, 1 0)'
        """
        ends_m = np.array([from_m, to_m])
        lon, lat = self.points_at(ends_m)
        inside = np.flatnonzero((self.offset_m > from_m) & (self.offset_m < to_m))
        first = max(int(np.searchsorted(self.offset_m, from_m, side="right")) - 1, 0)
        last = int(np.searchsorted(self.offset_m, to_m, side="left"))
        lons = np.concatenate([lon[:1], self.lon[inside], lon[1:]])
        lats = np.concatenate([lat[:1], self.lat[inside], lat[1:]])
        parts = np.concatenate([self.part[[first]], self.part[inside], self.part[[last]]])
        places = np.column_stack([lons, lats])
        runs = [places[parts == part] for part in np.unique(parts)]
        lines = [shapely.LineString(run) for run in runs if len(run) > 1]
        return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)


def measure_line(line: BaseGeometry) -> MeasuredLine:
    """Measure a line or multi-line in geographic coordinates.

    Parameters
    ----------
    line
        LineString or MultiLineString, in degrees (CGCS2000 or WGS 84).

    Returns
    -------
    measured
        Its vertices with their distances.

    Raises
    ------
    ValueError
        If it is no line, or empty.

    Examples
    --------
    >>> round(measure_line(shapely.LineString([(0, 0), (1, 0)])).length_m, 1)
    111319.5
    """
    if line is None or line.is_empty or line.geom_type not in ("LineString", "MultiLineString"):
        msg = f"line must be a LineString or MultiLineString with vertices, got {line}"
        raise ValueError(msg)
    parts = shapely.get_parts(line)
    places, part = shapely.get_coordinates(parts, return_index=True)
    lon, lat = np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1])
    step_m = np.asarray(GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2])
    step_m = np.where(part[1:] == part[:-1], step_m, 0.0)
    return MeasuredLine(lon, lat, part.astype(np.int64), np.concatenate([[0.0], np.cumsum(step_m)]))


def even_offsets(length_m: float, step_m: float) -> NDArray[np.float64]:
    """Give distances every step along a line, both ends included.

    Parameters
    ----------
    length_m
        Length of the line, in metres.
    step_m
        Distance between two points, in metres; the last two may be closer.

    Returns
    -------
    offset_m
        Distances from the start, rising, in metres.

    Examples
    --------
    >>> even_offsets(120.0, 50.0)
    array([  0.,  50., 100., 120.])
    """
    # A last step of rounding errors would make two points at one place.
    whole = np.arange(max(int(np.ceil(length_m / step_m - 1e-9)), 1)) * float(step_m)
    return np.append(whole, length_m)


def chainage_text(chainage_m: float) -> str:
    """Write a chainage as it stands on kilometre stones.

    Parameters
    ----------
    chainage_m
        Distance from the zero of the route, in metres; rounded to whole metres.

    Returns
    -------
    text
        "K", kilometres, "+", three digits of metres; a minus before it ahead of the zero.

    Examples
    --------
    >>> chainage_text(12_340.2), chainage_text(12_999.6), chainage_text(0)
    ('K12+340', 'K13+000', 'K0+000')
    """
    whole = int(np.floor(abs(chainage_m) + 0.5))
    sign = "-" if chainage_m < 0 and whole else ""
    return f"{sign}K{whole // 1000}+{whole % 1000:03d}"
