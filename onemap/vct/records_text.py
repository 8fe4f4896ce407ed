"""The records of a 3.0 file as text: points, lines, polygons and annotations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.vct import digits
from onemap.vct.coverage import Coverage
from onemap.vct.grammar import AUXILIARY, DIRECT, INDIRECT

__all__ = ["annotation_records", "border_records", "direct_records", "line_records", "point_records", "polygon_records"]

Geometries = NDArray[np.object_]
Integers = NDArray[np.int64]

_STYLE = "Unknown"
_ONCE = 50_000  # records that are put together at once


def _located(places: NDArray[np.float64], decimals: int) -> tuple[bytes, list[int]]:
    """Write coordinates; the places where each line begins, and the end."""
    text, ends = digits.coordinate_lines(np.rint(places * 10.0**decimals).astype(np.int64), decimals)
    return text, [0, *ends.tolist()]


def point_records(shapes: Geometries, ids: Integers, code: str, decimals: int) -> Iterator[bytes]:
    """Write points, and groups of points.

    Examples
    --------
    >>> b"".join(point_records(np.array([shapely.Point(1, 2)]), np.array([7]), "1000", 1)).split()
    [b'7', b'1000', b'Unknown', b'1', b'1', b'1.0,2.0', b'0']
    """
    places, owner = shapely.get_coordinates(shapes, return_index=True)
    text, at = _located(places, decimals)
    bounds = np.searchsorted(owner, np.arange(len(shapes) + 1)).tolist()
    is_group = (shapely.get_type_id(shapes) == 4).tolist()
    for number, identifier in enumerate(ids.tolist()):
        first, last = bounds[number], bounds[number + 1]
        head = f"{identifier}\r\n{code}\r\n{_STYLE}\r\n{4 if is_group[number] else 1}\r\n{last - first}\r\n"
        yield head.encode() + text[at[first] : at[last]] + b"0\r\n\r\n"


def line_records(shapes: Geometries, ids: Integers, code: str, decimals: int) -> Iterator[bytes]:
    r"""Write lines; parts of a line are its segments.

    Examples
    --------
    >>> line = shapely.LineString([(0, 0), (1, 1)])
    >>> b"".join(line_records(np.array([line]), np.array([7]), "1000", 0)).split()[:8]
    [b'7', b'1000', b'Unknown', b'1', b'1', b'11', b'2', b'0,0']
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    places, part = shapely.get_coordinates(parts, return_index=True)
    text, at = _located(places, decimals)
    bounds = np.searchsorted(part, np.arange(len(parts) + 1)).tolist()
    parts_of = np.searchsorted(owner, np.arange(len(shapes) + 1)).tolist()
    for number, identifier in enumerate(ids.tolist()):
        first, last = parts_of[number], parts_of[number + 1]
        yield f"{identifier}\r\n{code}\r\n{_STYLE}\r\n{DIRECT}\r\n{last - first}\r\n".encode()
        for one in range(first, last):
            start, end = bounds[one], bounds[one + 1]
            yield f"11\r\n{end - start}\r\n".encode() + text[at[start] : at[end]]
        yield b"0\r\n\r\n"


def border_records(coverage: Coverage, first_id: int, decimals: int) -> Iterator[memoryview]:
    """Write the lines that polygons share.

    Examples
    --------
    >>> from onemap.vct.coverage import shared_borders
    >>> coverage = shared_borders(np.array([shapely.box(0, 0, 1, 1)]), 1)
    >>> b"".join(border_records(coverage, 100, 0)).split()[:7]
    [b'100', b'1099000000', b'Unknown', b'1', b'1', b'11', b'5']
    """
    middle = f"\r\n{AUXILIARY}\r\n{_STYLE}\r\n{DIRECT}\r\n1\r\n11\r\n".encode()
    count = len(coverage.firsts) - 1
    for start in range(0, count, _ONCE):
        firsts = coverage.firsts[start : start + _ONCE + 1]
        grid, ids = coverage.grid[firsts[0] : firsts[-1]], np.arange(start, start + len(firsts) - 1) + first_id
        yield digits.line_records(grid, firsts - firsts[0], ids, middle=middle, decimals=decimals)


def polygon_records(
    coverage: Coverage, ids: Integers, polygons: Integers, code: str, *, first_line: int, decimals: int
) -> Iterator[memoryview]:
    """Write polygons by the lines that bound them, a 0 between rings, eight numbers a row.

    Parameters
    ----------
    coverage
        The polygons, cut to lines.
    ids
        Identifiers, shape (n,).
    polygons
        Place of each in the coverage, ascending, shape (n,).
    code
        Code of the layer.
    first_line
        Identifier of the first line.
    decimals
        Digits of label points after the point.

    Examples
    --------
    >>> from onemap.vct.coverage import shared_borders
    >>> coverage = shared_borders(np.array([shapely.box(0, 0, 2, 2)]), 1)
    >>> places = np.array([0])
    >>> b"".join(polygon_records(coverage, places + 9, places, "2001", first_line=5, decimals=0)).split()
    [b'9', b'2001', b'Unknown', b'100', b'1,1', b'21', b'1', b'5', b'0']
    """
    items = np.where(coverage.items > 0, coverage.items + first_line - 1, coverage.items - first_line + 1)
    is_ring = np.append(True, coverage.rings[1:] != coverage.rings[:-1])[: len(items)]
    owners = coverage.owners[coverage.rings] if len(items) else np.empty(0, dtype=np.int64)
    is_first = np.append(True, owners[1:] != owners[:-1])[: len(items)]
    breaks = np.flatnonzero(is_ring & ~is_first)
    tokens = np.insert(items, breaks, 0)
    owners = np.insert(owners, breaks, owners[breaks])
    bounds = np.stack([np.searchsorted(owners, polygons), np.searchsorted(owners, polygons, side="right")], axis=1)
    labels = _labels(coverage.shapes[polygons], decimals)
    middle = f"\r\n{code}\r\n{_STYLE}\r\n{INDIRECT}\r\n".encode()
    for at in range(0, len(ids), _ONCE):
        part = slice(at, at + _ONCE)
        first, last = bounds[part][0, 0], bounds[part][-1, 1]
        yield digits.listed_records(
            labels[part], tokens[first:last], bounds[part] - first, ids=ids[part], middle=middle, decimals=decimals
        )


def direct_records(
    coverage: Coverage, ids: Integers, polygons: Integers, code: str, *, decimals: int
) -> Iterator[bytes]:
    """Write polygons with the coordinates of their rings.

    Parameters
    ----------
    coverage, ids, polygons, code, decimals
        As in `polygon_records`.

    Examples
    --------
    >>> from onemap.vct.coverage import shared_borders
    >>> coverage = shared_borders(np.array([shapely.box(0, 0, 2, 2)]), 1)
    >>> places = np.array([0])
    >>> b"".join(direct_records(coverage, places + 9, places, "2001", decimals=0)).split()[:8]
    [b'9', b'2001', b'Unknown', b'1', b'1,1', b'1', b'11', b'5']
    """
    shapes = coverage.shapes[polygons]
    parts, part_owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    owner = part_owner[part]
    places, ring = shapely.get_coordinates(rings, return_index=True)
    text, at = _located(places, decimals)
    bounds = np.searchsorted(ring, np.arange(len(rings) + 1)).tolist()
    rings_of = np.searchsorted(owner, np.arange(len(shapes) + 1)).tolist()
    labels, label_ends = digits.coordinate_lines(_labels(shapes, decimals), decimals)
    label_at = [0, *label_ends.tolist()]
    for number, identifier in enumerate(ids.tolist()):
        first, last = rings_of[number], rings_of[number + 1]
        label = labels[label_at[number] : label_at[number + 1]]
        head = f"{identifier}\r\n{code}\r\n{_STYLE}\r\n{DIRECT}\r\n".encode()
        yield head + label + f"{last - first}\r\n".encode()
        for one in range(first, last):
            start, end = bounds[one], bounds[one + 1]
            yield f"11\r\n{end - start}\r\n".encode() + text[at[start] : at[end]]
        yield b"0\r\n\r\n"


def annotation_records(
    shapes: Geometries, ids: Integers, code: str, *, texts: Sequence[bytes], angles: Sequence[float], decimals: int
) -> Iterator[bytes]:
    """Write texts with their places and angles in degrees.

    Examples
    --------
    >>> place = np.array([shapely.Point(1, 2)])
    >>> b"".join(
    ...     annotation_records(place, np.array([7]), "5", texts=[b"text"], angles=[0.0], decimals=0)
    ... ).split()
    [b'7', b'5', b'Unknown', b'1', b'text', b'1,2,0', b'0']
    """
    places = shapely.get_coordinates(shapes)
    text, at = _located(places, decimals)
    for number, identifier in enumerate(ids.tolist()):
        place = text[at[number] : at[number + 1]].rstrip()
        head = f"{identifier}\r\n{code}\r\n{_STYLE}\r\n1\r\n".encode()
        yield head + texts[number] + b"\r\n" + place + f",{angles[number]:g}\r\n0\r\n\r\n".encode()


def _labels(shapes: Geometries, decimals: int) -> Integers:
    """Give a point within each polygon, on the grid."""
    places = shapely.get_coordinates(shapely.point_on_surface(shapes))
    grid: Integers = np.rint(places * 10.0**decimals).astype(np.int64)
    return grid
