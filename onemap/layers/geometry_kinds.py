"""Kinds of geometry: two dimensions, single where there is one part, and of a kind that the layer may hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onemap.layers.row_faults import RowFault

__all__ = ["promote_mixed", "single_kinds"]

Geometry = NDArray[np.object_]
Mask = NDArray[np.bool_]

_KINDS = (
    "Point", "LineString", "LinearRing", "Polygon",
    "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection",
)  # fmt: skip
"""Names of the kinds in the order of GEOS."""
_MULTI = {"MultiPoint": "Point", "MultiLineString": "LineString", "MultiPolygon": "Polygon"}
_COLLECT = {"Point": shapely.multipoints, "LineString": shapely.multilinestrings, "Polygon": shapely.multipolygons}


def single_kinds(geometry: Geometry, allowed: Sequence[str]) -> tuple[Geometry, list[RowFault]]:
    """Bring geometries to two dimensions and to their single kind, and reject what a layer may not hold.

    Parameters
    ----------
    geometry
        Shapely geometries or None, shape (n,).
    allowed
        Single kinds that the layer may hold; their Multi kinds are allowed with them, points excepted.

    Returns
    -------
    geometry
        New geometries; None where rejected.
    faults
        Missing, empty or not finite; of another kind; and one note of the heights that were dropped.

    Examples
    --------
    >>> kept, faults = single_kinds(np.array([shapely.Point(1, 2, 3), shapely.LineString([(0, 0), (1, 1)])]), ["Point"])
    >>> kept.tolist(), [fault.rule for fault in faults]
    ([<POINT (1 2)>, None], ['OM-GEO-002', 'OM-GEO-005'])
    """
    given = np.asarray(geometry, dtype=object)
    heights = shapely.has_z(given) | shapely.has_m(given)
    with np.errstate(invalid="ignore"):  # coordinates that are no numbers are found here, not warned of
        plain = _unwrapped(shapely.force_2d(given) if heights.any() else given.copy())
        lost = ~_has_place(plain)
    faults = [RowFault("OM-GEO-001", row, {"value": _brief(given[row])}, "rejected") for row in _rows(lost)]
    kinds = shapely.get_type_id(plain)
    fitting = np.array([_is_allowed(kind, allowed) for kind in _KINDS])
    other = ~lost & ~fitting[kinds]
    for row in _rows(other):
        values = {"kind": _KINDS[kinds[row]], "allowed": ", ".join(allowed)}
        faults.append(RowFault("OM-GEO-002", row, values, "rejected"))
    plain[lost | other] = None
    if heights.any():
        faults.append(RowFault("OM-GEO-005", None, {"count": int(np.sum(heights))}, "repaired"))
    return plain, faults


def promote_mixed(geometry: Geometry) -> Geometry:
    """Make all geometries of a kind multi where one of them is; leave single ones single otherwise.

    Examples
    --------
    >>> line, two = shapely.LineString([(0, 0), (1, 1)]), shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]])
    >>> [one.geom_type for one in promote_mixed(np.array([line, two], dtype=object))]
    ['MultiLineString', 'MultiLineString']
    """
    promoted = np.asarray(geometry, dtype=object).copy()
    kinds = shapely.get_type_id(promoted)
    for multi, single in _MULTI.items():
        singles = kinds == _KINDS.index(single)
        if singles.any() and (kinds == _KINDS.index(multi)).any():
            promoted[singles] = _COLLECT[single](promoted[singles], indices=np.arange(np.sum(singles)))
    return promoted


def _rows(mask: Mask) -> list[int]:
    """Give the positions that a mask marks."""
    found: list[int] = np.flatnonzero(mask).tolist()
    return found


def _is_allowed(kind: str, allowed: Sequence[str]) -> bool:
    """Tell whether a layer may hold a kind."""
    return kind in allowed or (_MULTI.get(kind) in allowed and kind != "MultiPoint")


def _unwrapped(geometry: Geometry) -> Geometry:
    """Take single parts out of their collections, and rings as the lines they are."""
    kinds = shapely.get_type_id(geometry)
    for row in _rows((kinds == _KINDS.index("LinearRing")) | (kinds >= _KINDS.index("MultiPoint"))):
        part = geometry[row]
        while hasattr(part, "geoms") and len(part.geoms) == 1:
            part = part.geoms[0]
        geometry[row] = shapely.LineString(part.coords) if part.geom_type == "LinearRing" else _of_one_kind(part)
    return geometry


def _of_one_kind(part: BaseGeometry) -> BaseGeometry:
    """Make a collection of lines alone, or polygons alone, the multi geometry that it is."""
    if part.geom_type != "GeometryCollection":
        return part
    members = shapely.get_parts(shapely.get_parts(part))
    kinds = {member.geom_type for member in members}
    multi = _COLLECT.get(kinds.pop()) if len(kinds) == 1 else None
    return part if multi is None else multi(members)


def _has_place(geometry: Geometry) -> Mask:
    """Tell which geometries have coordinates that are finite, and are not the point 0, 0 of an unfilled form."""
    bounds = shapely.bounds(geometry)
    if (shapely.get_type_id(geometry) == 0).all():
        points: Mask = np.isfinite(bounds).all(axis=1) & ~(bounds == 0.0).all(axis=1)
        return points
    counted = np.asarray(shapely.get_num_coordinates(geometry))
    coordinates, row = shapely.get_coordinates(geometry, return_index=True)
    finite = np.ones(len(geometry), dtype=bool)
    finite[row[~np.isfinite(coordinates).all(axis=1)]] = False
    placed: Mask = (counted > 0) & finite & ~(bounds == 0.0).all(axis=1)
    return placed


def _brief(geometry: BaseGeometry | None) -> str:
    """Name a geometry without a place."""
    if geometry is None:
        return "null"
    return str(geometry.wkt[:60])
