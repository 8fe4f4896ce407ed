"""What VCT makes of a layer: text without commas, coordinates of so many decimals, polygons of shared borders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from onemap.delivery.conversion.columns import Mask, Stored, as_text, same
from onemap.delivery.conversion.comparison import grid_step
from onemap.delivery.conversion.layer import PlainLayer
from onemap.delivery.conversion.shapes import Geometries
from onemap.vct.areas import area_of_rings, joined_lines
from onemap.vct.coverage import shared_borders
from onemap.vct.systems import system_of
from onemap.vct.table_text import encodable
from onemap.vct.writer import DEGREE_DECIMALS, METRE_DECIMALS

__all__ = ["date_time", "is_degrees", "placed", "states", "text"]

_STAND_IN = "〓"
_BREAKS = r"[\r\n\x00]+"
_EXACT = 2.0**52
_SMALL_STEP = 1e-6


def states(epsg: int) -> bool:
    """Tell whether the head of a VCT file can state a system.

    Examples
    --------
    >>> states(4490), states(4326)
    (True, False)
    """
    return system_of(epsg) is not None


def is_degrees(layer: PlainLayer) -> bool:
    """Tell whether a layer is in degrees.

    Examples
    --------
    >>> is_degrees(PlainLayer("towers", pa.table({}), np.array([shapely.Point(75, 39)]), "EPSG:4490"))
    True
    """
    return grid_step(layer) < _SMALL_STEP


def text(array: pa.Array) -> Stored:
    """Take commas and line ends out of text, and characters that GBK lacks; empty text becomes none.

    Examples
    --------
    >>> stored = text(pa.array(["a,b", "𠮷村", ""]))
    >>> stored.array.to_pylist(), [kind for kind, mask in stored.losses if mask.any()]
    (['a，b', '〓村', None], ['separators', 'characters', 'empty-text'])
    """
    split = _mask(pc.match_substring_regex(array, r"[,\r\n\x00]"))
    fresh = pc.replace_substring(pc.replace_substring_regex(array, _BREAKS, " "), ",", "，")
    foreign = _mask(pc.invert(pc.string_is_ascii(fresh)))
    values = fresh.to_pylist()
    outside = np.zeros(len(values), dtype=bool)
    for at in np.flatnonzero(foreign).tolist():
        if not encodable(values[at], "gbk"):
            outside[at] = True
            values[at] = "".join(one if encodable(one, "gbk") else _STAND_IN for one in values[at])
    emptied = _mask(pc.equal(pc.binary_length(array), 0))
    stored = pa.array([value or None for value in values], pa.string())
    width = max((len(value.encode("gbk")) for value in values if value), default=1)
    return Stored(stored, [("separators", split), ("characters", outside), ("empty-text", emptied)], width=width)


def date_time(array: pa.Array) -> Stored:
    """Keep date-times that have no zone; others are text.

    Examples
    --------
    >>> import datetime as dt
    >>> date_time(pa.array([dt.datetime(2026, 1, 2)])).losses
    ()
    """
    return same(array) if array.type.tz is None else as_text(array)


def placed(geometry: Geometries, in_degrees: bool) -> tuple[Geometries, Sequence[tuple[str, Mask]]]:  # noqa: FBT001
    """Give shapes as they come back: flat, on the grid of the decimals, polygons with the corners of their neighbours.

    Parameters
    ----------
    geometry
        Shapes of one family, shape (n,), None where there is none.
    in_degrees
        Whether coordinates are degrees: nine decimals, else four.

    Returns
    -------
    shapes, losses
        The shapes, and kinds of loss with their rows.

    Examples
    --------
    >>> shapes, losses = placed(np.array([shapely.Point(1.00004, 2, 3)]), False)
    >>> shapes[0].wkt, [kind for kind, mask in losses if mask.any()]
    ('POINT (1 2)', ['height', 'coordinates-rounded'])
    """
    steps = 10.0 ** (DEGREE_DECIMALS if in_degrees else METRE_DECIMALS)
    high = shapely.has_z(geometry)
    flat = shapely.force_2d(geometry)
    far = _too_far(flat, steps)
    flat[far] = None
    is_area = np.isin(shapely.get_type_id(flat), [3, 6])
    fresh = _areas(flat, steps) if is_area.any() else _others(flat, steps)
    there = ~shapely.is_missing(flat)
    vanished = there & shapely.is_missing(fresh)
    changed = there & ~vanished & ~shapely.equals_identical(shapely.normalize(flat), shapely.normalize(fresh))
    other = there & ~vanished & (shapely.get_type_id(flat) != shapely.get_type_id(fresh))
    losses = [
        ("height", high),
        ("coordinates-not-finite", far),
        ("empty-geometry", vanished),
        ("geometry-kind", other),
        ("coordinates-rounded", changed & ~other),
    ]
    return fresh, losses


def _too_far(geometry: Geometries, steps: float) -> Mask:
    """Tell which shapes have coordinates too large for the decimals."""
    places, owner = shapely.get_coordinates(geometry, return_index=True)
    far = np.zeros(len(geometry), dtype=bool)
    far[owner[(np.abs(places) * steps >= _EXACT).any(axis=1)]] = True
    return far


def _areas(geometry: Geometries, steps: float) -> Geometries:
    """Give polygons as they are rebuilt; rings of invalid ones by what holds what."""
    shapes = shared_borders(geometry, steps).shapes
    for at in np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)).tolist():
        rings = np.asarray(shapely.get_rings(shapely.get_parts(shapes[at])), dtype=object)
        if len(rings) > 1:
            shapes[at] = area_of_rings(rings)
    return shapes


def _others(geometry: Geometries, steps: float) -> Geometries:
    """Give points and lines on the grid; parts that follow each other are one, a single part is no group."""
    shapes: Geometries = shapely.transform(geometry, lambda places: np.rint(places * steps) / steps)
    for at in np.flatnonzero(np.isin(shapely.get_type_id(shapes), [2, 4, 5])).tolist():
        parts = [part for part in shapely.get_parts(shapes[at]) if not part.is_empty]
        if shapes[at].geom_type == "MultiPoint":
            shapes[at] = parts[0] if len(parts) == 1 else shapely.MultiPoint(parts)
        else:
            shapes[at] = joined_lines([shapely.get_coordinates(part) for part in parts])
    return shapes


def _mask(values: pa.Array) -> Mask:
    """Give an Arrow array of truth values as a mask; what is missing is not so."""
    mask: Mask = pc.fill_null(values, False).to_numpy(zero_copy_only=False).astype(bool)  # noqa: FBT003
    return mask
