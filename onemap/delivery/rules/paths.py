"""The vertices of lines and rings as arrays, with the row that each belongs to, and the ends of lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = ["Ends", "Vertices", "ends_of", "nodes_of", "vertices_of"]

_LINES = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Vertices:
    """Vertices in order along their paths.

    Attributes
    ----------
    places
        Coordinates, shape (n, 2); a ring ends with its first vertex.
    path, row
        Number of the line or ring, and row of its feature, shape (n,).
    is_ring
        Whether the path is a ring of an area, shape (n,).
    """

    places: NDArray[np.float64]
    path: NDArray[np.int64]
    row: NDArray[np.int64]
    is_ring: NDArray[np.bool_]

    def without_repeats(self, nearer_m: float) -> Vertices:
        """Leave out vertices that are nearer than a distance to the one before."""
        steps = np.hypot(*np.diff(self.places, axis=0, prepend=self.places[:1]).T)
        keep = (steps >= max(nearer_m, 1e-9)) | np.diff(self.path, prepend=-1).astype(bool)
        return Vertices(self.places[keep], self.path[keep], self.row[keep], self.is_ring[keep])


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of each line that is not closed.

    Attributes
    ----------
    points
        Points, shape (n,).
    row
        Row of the line, shape (n,).
    """

    points: NDArray[np.object_]
    row: NDArray[np.int64]


def vertices_of(geometry: NDArray[np.object_]) -> Vertices:
    """Give the vertices of all lines and rings.

    Examples
    --------
    >>> vertices_of(np.array([shapely.box(0, 0, 1, 1), shapely.Point(1, 1)])).row.tolist()
    [0, 0, 0, 0, 0]
    """
    parts, part_row = shapely.get_parts(geometry, return_index=True)
    is_area = shapely.get_type_id(parts) == 3
    is_line = np.isin(shapely.get_type_id(parts), _LINES)
    rings, ring_part = shapely.get_rings(parts[is_area], return_index=True)
    paths = np.concatenate([rings, parts[is_line]])
    rows = np.concatenate([part_row[is_area][ring_part], part_row[is_line]]).astype(np.int64)
    places, path = shapely.get_coordinates(paths, return_index=True)
    return Vertices(places, path.astype(np.int64), rows[path], path < len(rings))


def ends_of(geometry: NDArray[np.object_]) -> Ends:
    """Give the ends of lines, the first and the last; closed lines have none.

    Examples
    --------
    >>> ends_of(np.array([shapely.LineString([(0, 0), (1, 0)])])).row.tolist()
    [0, 0]
    """
    parts, row = shapely.get_parts(geometry, return_index=True)
    is_open = np.isin(shapely.get_type_id(parts), _LINES) & ~shapely.is_closed(parts)
    lines, row = parts[is_open], row[is_open].astype(np.int64)
    points = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    return Ends(np.asarray(points, dtype=object), np.concatenate([row, row]))


def nodes_of(points: NDArray[np.object_], nearer_m: float) -> NDArray[np.int64]:
    """Give points the number of their place: those within a distance of one another share it.

    Examples
    --------
    >>> nodes_of(shapely.points([[0, 0], [5, 5], [0, 0.0005]]), 0.001).tolist()
    [0, 1, 0]
    """
    if not len(points):
        return np.zeros(0, dtype=np.int64)
    places, which = np.unique(shapely.get_coordinates(points), axis=0, return_inverse=True)
    single = shapely.points(places)
    left, right = shapely.STRtree(single).query(single, predicate="dwithin", distance=nearer_m)
    graph = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(len(places), len(places)))
    _, groups = connected_components(graph, directed=False)
    return np.asarray(groups[which.ravel()], dtype=np.int64)
