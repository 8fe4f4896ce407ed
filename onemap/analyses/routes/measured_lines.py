"""Many lines as flat arrays, with the distance of each vertex from the start of its line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.layers.nearest import geodesic_distance

__all__ = ["MeasuredLines", "measure_lines"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MeasuredLines:
    """Lines in degrees, one after the other.

    Attributes
    ----------
    lon, lat
        Vertices, shape (n,), in degrees.
    offset_m
        Geodesic distance of each vertex from the start of its line, shape (n,); a jump between two parts has no length.
    part
        Number of the part that a vertex belongs to, shape (n,), rising over all lines.
    first
        The vertices of line i are those from first[i] to first[i + 1], shape (m + 1,); a line may have none.
    """

    lon: Floats
    lat: Floats
    offset_m: Floats
    part: Integers
    first: Integers

    def __len__(self) -> int:
        return len(self.first) - 1

    @property
    def length_m(self) -> Floats:
        """Geodesic length of each line, shape (m,), in metres; 0 for one without vertices."""
        last = np.maximum(self.first[1:] - 1, 0)
        filled = self.first[1:] > self.first[:-1]
        return np.where(filled, self.offset_m[last], 0.0) if len(self.offset_m) else np.zeros(len(self))

    def shapes(self, layer: gpd.GeoDataFrame) -> NDArray[np.object_]:
        """Give the shapes of the layer that was measured, None where one is no line."""
        shapes = np.array(layer.geometry.to_numpy(), dtype=object)
        shapes[np.diff(self.first) < 2] = None
        return shapes

    def boxes(self) -> Floats:
        """Give west, south, east, north of each line, shape (m, 4), in degrees; NaN for one without vertices."""
        box = np.full((len(self), 4), np.nan)
        filled = np.flatnonzero(self.first[1:] > self.first[:-1])
        starts = self.first[filled]
        if len(filled):
            box[filled, 0] = np.minimum.reduceat(self.lon, starts)
            box[filled, 1] = np.minimum.reduceat(self.lat, starts)
            box[filled, 2] = np.maximum.reduceat(self.lon, starts)
            box[filled, 3] = np.maximum.reduceat(self.lat, starts)
        return box

    def points_at(self, line: Integers, offset_m: Floats) -> tuple[Floats, Floats]:
        """Give points at distances along lines.

        Parameters
        ----------
        line
            Positions of the lines, shape (k,); each must have vertices.
        offset_m
            Distances from their starts, shape (k,), in metres.

        Returns
        -------
        lon, lat
            Shape (k,), in degrees, on the straight line in degrees between two vertices.
        """
        after = self._after(line, offset_m, side="right")
        return self._between(after, offset_m)

    def pieces(self, line: Integers, from_m: Floats, to_m: Floats) -> NDArray[np.object_]:
        """Cut out pieces of lines.

        Parameters
        ----------
        line
            Positions of the lines, shape (k,).
        from_m, to_m
            Distances from their starts, shape (k,), in metres, from_m < to_m.

        Returns
        -------
        pieces
            Shape (k,): LineString, or MultiLineString where a piece spans parts.
        """
        if not len(line):
            return np.empty(0, dtype=object)
        low, high = self._after(line, from_m, side="right"), self._after(line, to_m, side="left")
        starts, ends = self._between(low, from_m), self._between(high, to_m)
        inside = np.maximum(high - low, 0)
        place = np.arange(len(line))
        inner = np.repeat(low - np.concatenate([[0], np.cumsum(inside)[:-1]]), inside) + np.arange(inside.sum())
        key = np.concatenate([place, np.repeat(place, inside), place])
        turn = np.concatenate([np.zeros(len(line)), np.ones(inside.sum()), np.full(len(line), 2)])
        part = np.concatenate([self.part[low - 1], self.part[inner], self.part[high]])
        lon = np.concatenate([starts[0], self.lon[inner], ends[0]])
        lat = np.concatenate([starts[1], self.lat[inner], ends[1]])
        order = np.lexsort((turn, key))
        return _joined(np.column_stack([lon, lat])[order], key[order], part[order], len(line))

    def _after(self, line: Integers, offset_m: Floats, *, side: Any) -> Integers:
        """Find the vertex behind each distance, so that the one before it belongs to the line too."""
        # Lines follow each other a metre apart on one axis, so that one search serves all.
        start_m = np.concatenate([[0.0], np.cumsum(self.length_m + 1.0)])
        axis = self.offset_m + np.repeat(start_m[:-1], np.diff(self.first))
        found = np.searchsorted(axis, offset_m + start_m[line], side=side)
        return np.asarray(np.clip(found, self.first[line] + 1, self.first[line + 1] - 1), dtype=np.int64)

    def _between(self, after: Integers, offset_m: Floats) -> tuple[Floats, Floats]:
        """Give the points at distances between a vertex and the one before it."""
        before = after - 1
        span_m = self.offset_m[after] - self.offset_m[before]
        share = np.clip((offset_m - self.offset_m[before]) / np.where(span_m > 0, span_m, 1.0), 0.0, 1.0)
        lon = self.lon[before] + share * (self.lon[after] - self.lon[before])
        lat = self.lat[before] + share * (self.lat[after] - self.lat[before])
        return lon, lat


def measure_lines(layer: gpd.GeoDataFrame) -> MeasuredLines:
    """Measure the lines of a layer in geographic coordinates.

    Parameters
    ----------
    layer
        Any layer in degrees; a row that is no line, or empty, has no vertices.

    Returns
    -------
    lines
        One for each row.

    Examples
    --------
    >>> lines = measure_lines(gpd.GeoSeries([shapely.LineString([(0, 0), (1, 0)]), None]).to_frame("geometry"))
    >>> lines.length_m.round(1)
    array([111319.5,      0. ])
    """
    shapes = np.asarray(layer.geometry.to_numpy(), dtype=object)
    is_line = np.isin(shapely.get_type_id(shapes), (1, 5)) & ~shapely.is_empty(shapes)
    parts, row = shapely.get_parts(shapes[is_line], return_index=True)
    row = np.flatnonzero(is_line)[row]
    places, part = shapely.get_coordinates(parts, return_index=True)
    real = np.isfinite(places).all(axis=1)
    places, part = places[real], part[real].astype(np.int64)
    of_row = np.asarray(row, dtype=np.int64)[part]
    first = np.searchsorted(of_row, np.arange(len(layer) + 1)).astype(np.int64)
    lon, lat = np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1])
    step_m = np.zeros(len(lon))
    if len(lon) > 1:
        step_m[1:] = geodesic_distance(lon[:-1], lat[:-1], lon[1:], lat[1:])
        step_m[1:][part[1:] != part[:-1]] = 0.0
    along = np.cumsum(step_m)
    filled = first[1:] > first[:-1]
    start = np.where(filled, along[np.minimum(first[:-1], max(len(along) - 1, 0))] if len(along) else 0.0, 0.0)
    offset_m = along - np.repeat(start, np.diff(first))
    return MeasuredLines(lon, lat, offset_m, part, first)


def _joined(places: Floats, key: Integers, part: Integers, count: int) -> NDArray[np.object_]:
    """Make one shape for each key of runs of points with one part."""
    opens = np.ones(len(key), dtype=bool)
    opens[1:] = (key[1:] != key[:-1]) | (part[1:] != part[:-1])
    run = np.cumsum(opens) - 1
    enough = (np.bincount(run) > 1)[run]
    run = np.unique(run[enough], return_inverse=True)[1]
    lines = shapely.linestrings(places[enough], indices=run)
    of_key = key[enough][np.unique(run, return_index=True)[1]]
    pieces = np.full(count, None, dtype=object)
    pieces[of_key] = lines
    several = np.flatnonzero(np.bincount(of_key, minlength=count) > 1)
    for one in several:
        pieces[one] = shapely.multilinestrings(lines[of_key == one])
    return pieces
