"""Shapes written as text: WKT, or a list of coordinates as a person types it into a cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onemap.layers.row_faults import RowFault

__all__ = ["parse_shape", "shapes_of_column"]

_PARTS = re.compile(r"[|\n]+")
_POINTS = re.compile(r"[,;、]+")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_WKT = re.compile(r"^(?:SRID=\d+;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\b", re.IGNORECASE)
_SHOWN = 60


def shapes_of_column(texts: Sequence[str | None], allowed: Sequence[str]) -> tuple[NDArray[np.object_], list[RowFault]]:
    """Read the shapes of a column.

    Parameters
    ----------
    texts
        Texts of the cells, shape (n,).
    allowed
        Kinds of geometry that the layer may hold; they decide whether a list of coordinates is a line or an area.

    Returns
    -------
    shapes
        Shapely geometries in the units of the texts; None where there is none.
    faults
        Rejected rows: empty, or not readable as a shape.

    Examples
    --------
    >>> shapes, faults = shapes_of_column(["75 39, 76 39", "见图"], ["LineString"])
    >>> shapes[0], faults[0].rule
    (<LINESTRING (75 39, 76 39)>, 'OM-FLD-030')
    """
    shapes = np.empty(len(texts), dtype=object)
    shapes[:] = [None if text is None else parse_shape(text, allowed) for text in texts]
    faults = [
        RowFault("OM-GEO-001", row, {"value": ""}, "rejected", ("shape",))
        if text is None
        else RowFault("OM-FLD-030", row, {"value": text[:_SHOWN]}, "rejected", ("shape",))
        for row, (text, shape) in enumerate(zip(texts, shapes, strict=True))
        if shape is None
    ]
    return shapes, faults


def parse_shape(text: str, allowed: Sequence[str]) -> BaseGeometry | None:
    """Read one shape.

    Parameters
    ----------
    text
        WKT; or points parted by commas or semicolons, each as longitude, blank, latitude; parts of a shape parted by
        "|" or line breaks.
    allowed
        Kinds of geometry of the layer. Where areas are allowed, points that end where they began bound one; where
        nothing else is, they do so in any case.

    Returns
    -------
    shape
        None if the text is neither.

    Examples
    --------
    >>> parse_shape("75.1 39.1；75.2 39.1；75.2 39.2", ["Polygon"]).geom_type
    'Polygon'
    >>> parse_shape("LINESTRING (75 39, 76 39)", ["LineString"]).length
    1.0
    >>> parse_shape("75.1,39.1", ["LineString"]) is None
    True
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if _WKT.match(plain):
        shape: BaseGeometry | None = shapely.from_wkt(plain.rpartition(";")[2], on_invalid="ignore")
        return shape
    parts = [_part(part, allowed) for part in _PARTS.split(plain) if part.strip()]
    if not parts or any(part is None for part in parts) or len({part.geom_type for part in parts if part}) > 1:
        return None
    if len(parts) == 1:
        return parts[0]
    gather: Any = shapely.multipolygons if isinstance(parts[0], shapely.Polygon) else shapely.multilinestrings
    gathered: BaseGeometry = gather(parts)
    return gathered


def _part(text: str, allowed: Sequence[str]) -> BaseGeometry | None:
    """Read one part of a list of coordinates."""
    points = []
    for point in _POINTS.split(text.strip(" ,;、")):
        numbers = point.split()
        if len(numbers) not in {2, 3} or not all(_NUMBER.fullmatch(number) for number in numbers):
            return None
        points.append((float(numbers[0]), float(numbers[1])))
    is_closed = len(points) > 3 and points[0] == points[-1]
    if "Polygon" in allowed and len(points) > 2 and (is_closed or "LineString" not in allowed):
        return shapely.Polygon(points)
    return shapely.LineString(points) if len(points) > 1 and "LineString" in allowed else None
