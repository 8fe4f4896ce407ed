"""Shapes in the native encodings of GeoArrow: lists of places in place of WKB."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import shapely

__all__ = ["NATIVE", "as_wkb"]

NATIVE = {
    "point": (shapely.GeometryType.POINT, 0),
    "linestring": (shapely.GeometryType.LINESTRING, 1),
    "polygon": (shapely.GeometryType.POLYGON, 2),
    "multipoint": (shapely.GeometryType.MULTIPOINT, 1),
    "multilinestring": (shapely.GeometryType.MULTILINESTRING, 2),
    "multipolygon": (shapely.GeometryType.MULTIPOLYGON, 3),
}
"""Name of an encoding → kind of shape, and how deep its lists are."""

_AXES = ("x", "y", "z")


def as_wkb(column: pa.ChunkedArray, encoding: str) -> pa.ChunkedArray:
    """Give a column of shapes as WKB.

    Parameters
    ----------
    column
        The shapes.
    encoding
        "WKB" or a key of `NATIVE`, in any case.
    """
    if encoding.upper() == "WKB":
        return column.cast(pa.binary())
    kind, depth = NATIVE[encoding.lower()]
    return pa.chunked_array([_chunk(chunk, kind, depth) for chunk in column.chunks], pa.binary())


def _chunk(array: pa.Array, kind: shapely.GeometryType, depth: int) -> pa.Array:
    """Turn one piece of a column into WKB."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    present = array.drop_null()
    places = present
    offsets: list[np.ndarray[Any, Any]] = []
    for _ in range(depth):
        starts = places.offsets.to_numpy(zero_copy_only=False)
        offsets.insert(0, starts - starts[0])
        places = places.flatten()
    shapes = shapely.from_ragged_array(kind, _coordinates(places), tuple(offsets) if offsets else None)
    wkb = np.full(len(array), None, dtype=object)
    wkb[np.asarray(array.is_valid())] = shapely.to_wkb(shapes)
    return pa.array(wkb.tolist(), pa.binary())


def _coordinates(places: pa.Array) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give places as an array of two or three columns, whichever way they are stored; M is left out."""
    if pa.types.is_struct(places.type):
        names = [places.type.field(at).name for at in range(places.type.num_fields)]
        axes = [places.field(names.index(axis)).to_numpy(zero_copy_only=False) for axis in _AXES if axis in names]
        return np.column_stack(axes).astype(np.float64)
    width = places.type.list_size
    flat = places.flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    return np.ascontiguousarray(flat.reshape(-1, width)[:, :3])
