"""Large polygons cut into pieces of few vertices, so that a question about a place looks at few of them."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["subdivide"]

_POLYGON = 3
_MOST_CUTS = 60  # each halves the extent: after so many a double has no digits left


def subdivide(
    geometry: NDArray[np.object_], *, most_vertices: int = 256
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Cut polygons in halves until no piece has too many vertices.

    The pieces of a polygon touch and do not overlap; together they are the polygon, but for the rounding of the places
    where a cut meets an edge (1e-14 of a degree). So areas stay, with edges straight in the coordinates.

    Parameters
    ----------
    geometry
        Valid polygons, single or multiple, shape (n,); None and empty ones have no pieces.
    most_vertices
        A piece with more of them is cut again.

    Returns
    -------
    pieces
        Polygons, shape (m,), in the order of the geometries.
    owner
        Position of the geometry that each piece is of, shape (m,).

    Raises
    ------
    ValueError
        If fewer than eight vertices are allowed.

    Examples
    --------
    >>> circle = shapely.Point(75, 39).buffer(1, quad_segs=256)
    >>> pieces, owner = subdivide(np.array([circle], dtype=object))
    >>> len(pieces), bool(abs(shapely.area(pieces).sum() - circle.area) < 1e-12)
    (8, True)
    """
    if most_vertices < 8:
        msg = f"most_vertices must be at least 8, got {most_vertices}"
        raise ValueError(msg)
    pieces, owner = _polygons(np.asarray(geometry, dtype=object), np.arange(len(geometry)))
    done: list[tuple[NDArray[np.object_], NDArray[np.int64]]] = []
    for _ in range(_MOST_CUTS):
        large = shapely.get_num_coordinates(pieces) > most_vertices
        done.append((pieces[~large], owner[~large]))
        pieces, owner = _halved(pieces[large], owner[large])
        if not len(pieces):
            break
    else:
        done.append((pieces, owner))
    every, owners = (np.concatenate(parts) for parts in zip(*done, strict=True))
    order = np.argsort(owners, kind="stable")
    return every[order], owners[order]


def _halved(pieces: NDArray[np.object_], owner: NDArray[np.int64]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Cut each piece across the middle of its longer side."""
    west, south, east, north = shapely.bounds(pieces).T
    wide = (east - west) >= (north - south)
    middle = np.where(wide, (west + east) / 2, (south + north) / 2)
    lower = shapely.box(west, south, np.where(wide, middle, east), np.where(wide, north, middle))
    upper = shapely.box(np.where(wide, middle, west), np.where(wide, south, middle), east, north)
    halves = np.concatenate([shapely.intersection(pieces, lower), shapely.intersection(pieces, upper)])
    return _polygons(halves, np.concatenate([owner, owner]))


def _polygons(geometry: NDArray[np.object_], owner: NDArray[np.int64]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Take geometries apart and keep the polygons with an area."""
    parts, index = shapely.get_parts(geometry, return_index=True)
    inner, part = shapely.get_parts(parts, return_index=True)
    chosen = (shapely.get_type_id(inner) == _POLYGON) & (shapely.area(inner) > 0)
    return inner[chosen], owner[index[part]][chosen].astype(np.int64)
