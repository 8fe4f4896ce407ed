"""The places of a canonical layer: from coordinate columns or geometries to valid geometry in the working CRS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onemap.errors import CRSError
from onemap.layers.angles import parse_angle
from onemap.layers.crs import DatumStep, Operation, choose_operation, transform_geometry
from onemap.layers.crs_area import check_bounds, fitting_zone, in_area_of_use, to_lonlat
from onemap.layers.crs_names import crs_label, datum_key, is_offset_system, parse_crs
from onemap.layers.numbers import parse_number
from onemap.layers.row_faults import RowFault

__all__ = ["Places", "place_rows", "points_of_columns", "promote_mixed", "single_kinds"]

Geometry = NDArray[np.object_]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

_CHINA_LON = (73.0, 136.0)
_CHINA_LAT = (3.0, 54.0)
_MULTI = {"MultiPoint": "Point", "MultiLineString": "LineString", "MultiPolygon": "Polygon"}
_COLLECT = {"Point": shapely.multipoints, "LineString": shapely.multilinestrings, "Polygon": shapely.multipolygons}


@dataclass(frozen=True, slots=True)
class Places:
    """Geometries in the working CRS and what was wrong with them.

    Attributes
    ----------
    geometry
        Shapely geometries, shape (n,); None where the row is rejected.
    faults
        One fault of action "rejected" for each of those, and others besides.
    operation
        How the coordinates came to the working CRS; None where there was no row to move.
    """

    geometry: Geometry
    faults: list[RowFault]
    operation: Operation | None


def points_of_columns(
    easting: Sequence[str | None], northing: Sequence[str | None], *, angular: bool
) -> tuple[Geometry, list[RowFault]]:
    """Make points of two coordinate columns.

    Parameters
    ----------
    easting, northing
        Texts of the cells, shape (n,): lon and lat where angular.
    angular
        Whether they are angles (decimal or degrees-minutes-seconds) or plain metres.

    Returns
    -------
    points
        Shapely points, None where a coordinate is missing or cannot be read.
    faults
        Rejected rows: unreadable, or north written in the column of east.

    Examples
    --------
    >>> points, faults = points_of_columns(["75°12′36″", "?"], ["39.5", "39.5"], angular=True)
    >>> points[0], faults[0].rule
    (<POINT (75.21 39.5)>, 'OM-GEO-001')
    """
    points = np.empty(len(easting), dtype=object)
    points[:] = None
    faults = []
    for row, (east, north) in enumerate(zip(easting, northing, strict=True)):
        found = _read(east, angular=angular), _read(north, angular=angular)
        written = {"value": f"{east or ''}, {north or ''}"}
        if found[0] is None or found[1] is None:
            faults.append(RowFault("OM-GEO-001", row, written, "rejected"))
        elif found[0][1] == "lat" or found[1][1] == "lon":
            faults.append(RowFault("OM-CRS-006", row, written, "rejected"))
        else:
            points[row] = shapely.Point(found[0][0], found[1][0])
    return points, faults


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
        New geometries; None where rejected (or None before: those get no fault here).
    faults
        Missing, empty or not finite; of another kind; and one note of the heights that were dropped.

    Examples
    --------
    >>> kept, faults = single_kinds(np.array([shapely.Point(1, 2, 3), shapely.LineString([(0, 0), (1, 1)])]), ["Point"])
    >>> kept.tolist(), [fault.rule for fault in faults]
    ([<POINT (1 2)>, None], ['OM-GEO-002', 'OM-GEO-005'])
    """
    with np.errstate(invalid="ignore"):  # coordinates that are no numbers are found here, not warned of
        plain = _unwrapped(shapely.force_2d(np.asarray(geometry, dtype=object)))
        lost = ~_has_place(plain)
    faults = [
        RowFault("OM-GEO-001", int(row), {"value": _brief(geometry[row])}, "rejected") for row in np.flatnonzero(lost)
    ]
    for row in np.flatnonzero(~lost):
        kind = plain[row].geom_type
        if kind not in allowed and (_MULTI.get(kind) not in allowed or kind == "MultiPoint"):
            values = {"kind": kind, "allowed": ", ".join(allowed)}
            faults.append(RowFault("OM-GEO-002", int(row), values, "rejected"))
    for fault in faults:
        plain[fault.position] = None
    high = int(np.sum(shapely.has_z(geometry) | shapely.has_m(geometry)))
    if high:
        faults.append(RowFault("OM-GEO-005", None, {"count": high}, "repaired"))
    return plain, faults


def promote_mixed(geometry: Geometry) -> Geometry:
    """Make all geometries of a kind multi where one of them is; leave single ones single otherwise.

    Examples
    --------
    >>> line, two = shapely.LineString([(0, 0), (1, 1)]), shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]])
    >>> [one.geom_type for one in promote_mixed(np.array([line, two], dtype=object))]
    ['MultiLineString', 'MultiLineString']
    """
    kinds = np.array([one.geom_type for one in geometry], dtype=object)
    promoted = np.asarray(geometry, dtype=object).copy()
    for multi, single in _MULTI.items():
        if (kinds == multi).any():
            for row in np.flatnonzero(kinds == single):
                promoted[row] = _COLLECT[single]([promoted[row]])
    return promoted


def place_rows(
    geometry: Geometry,
    crs: Any,
    *,
    working_crs: Any,
    area: BaseGeometry | None,
    datum_shift: DatumStep | None,
) -> Places:
    """Bring geometries to the working CRS through one operation, and reject those that cannot be where they say.

    The operation is chosen from the bounds of the rows that fit their CRS, so one wild row does not spoil a layer.

    Parameters
    ----------
    geometry
        Shapely geometries of two dimensions in `crs`, shape (n,); None is passed over.
    crs
        CRS of the source.
    working_crs
        CRS wanted.
    area
        Where rows may lie, in the working CRS; None for anywhere.
    datum_shift
        What the user declared, where the datums differ.

    Returns
    -------
    places
        Geometries in the working CRS, faults and operation.

    Raises
    ------
    CRSError
        If no row fits the CRS, or there is no operation.

    Examples
    --------
    >>> sites = np.array([shapely.Point(75.2, 39.5), shapely.Point(39.5, 75.2)])
    >>> places = place_rows(sites, "EPSG:4326", working_crs="EPSG:4490", area=None, datum_shift=None)
    >>> places.geometry.tolist(), places.faults[0].rule
    ([<POINT (75.2 39.5)>, None], 'OM-CRS-006')
    """
    moved = np.empty(len(geometry), dtype=object)
    moved[:] = None
    given = np.array([one is not None for one in geometry], dtype=bool)
    if not given.any():
        return Places(moved, [], None)
    swapped = _swapped(geometry, crs, working_crs) & given
    sane = _fits(geometry, crs) & given & ~swapped
    if not sane.any():
        _refuse_all(crs, shapely.total_bounds(geometry[given]))
    operation = choose_operation(crs, working_crs, shapely.total_bounds(geometry[sane]), datum_shift)
    moved[sane] = transform_geometry(operation, geometry[sane])
    faults = [RowFault("OM-CRS-006", int(row), _where(geometry[row]), "rejected") for row in np.flatnonzero(swapped)]
    faults += _wild(geometry, given & ~sane & ~swapped, crs, area)
    if area is not None:
        faults += _outside(geometry, moved, crs, area)
    for fault in faults:
        if fault.position is not None:
            moved[fault.position] = None
    return Places(moved, faults + _invalid(moved), operation)


def _read(text: str | None, *, angular: bool) -> tuple[float, str] | None:
    """Read one coordinate: its value, and the axis that its letter names."""
    if text is None:
        return None
    if angular:
        return parse_angle(text)
    number = parse_number(text, "m")
    return None if number is None else (number, "")


def _unwrapped(geometry: Geometry) -> Geometry:
    """Take single parts out of their collections, and rings as the lines they are."""
    plain = geometry.copy()
    for row, one in enumerate(plain):
        part = one
        while part is not None and hasattr(part, "geoms") and len(part.geoms) == 1:
            part = part.geoms[0]
        if part is not None and part.geom_type == "LinearRing":
            part = shapely.LineString(part.coords)
        plain[row] = part
    return plain


def _has_place(geometry: Geometry) -> Mask:
    """Tell which geometries have coordinates that are finite, and are not the point 0, 0 of an unfilled form."""
    bounds = shapely.bounds(geometry)
    counted = np.asarray(shapely.get_num_coordinates(geometry))
    coordinates, row = shapely.get_coordinates(geometry, return_index=True)
    finite = np.ones(len(geometry), dtype=bool)
    finite[row[~np.isfinite(coordinates).all(axis=1)]] = False
    placed: Mask = (counted > 0) & finite & ~(bounds == 0.0).all(axis=1)
    return placed


def _fits(geometry: Geometry, crs: Any) -> Mask:
    """Tell which geometries lie where their CRS may be used."""
    west, south, east, north = shapely.bounds(geometry).T
    inside: Mask = in_area_of_use(crs, west, south) & in_area_of_use(crs, east, north)
    return inside


def _swapped(geometry: Geometry, crs: Any, working_crs: Any) -> Mask:
    """Tell which geometries have their axes exchanged, beyond doubt."""
    west, south, east, north = shapely.bounds(geometry).T
    easting, northing = (west + east) / 2, (south + north) / 2
    exchanged: Mask
    if not (is_offset_system(crs) or parse_crs(crs).is_geographic):
        exchanged = ~_fits(geometry, crs) & in_area_of_use(crs, northing, easting)
        return exchanged
    exchanged = (np.abs(northing) > 90) & (np.abs(northing) <= 180) & (np.abs(easting) <= 90)
    if is_offset_system(crs) or datum_key(parse_crs(working_crs)) == "cgcs2000":
        low, high = _CHINA_LON
        south_rim, north_rim = _CHINA_LAT
        exchanged |= (northing >= low) & (northing <= high) & (easting >= south_rim) & (easting <= north_rim)
    return exchanged


def _refuse_all(crs: Any, bounds: Floats) -> None:
    """Refuse a source of which no row fits its CRS."""
    check_bounds(crs, bounds.tolist())
    name = str(crs) if is_offset_system(crs) else crs_label(parse_crs(crs))
    box = ", ".join(f"{value:.10g}" for value in bounds)
    raise CRSError("crs_looks_swapped", crs=name, bounds=box, suggestion="")


def _wild(geometry: Geometry, wild: Mask, crs: Any, area: BaseGeometry | None) -> list[RowFault]:
    """Reject rows outside the area of use of their CRS; where there is a county, as outside the county."""
    faults = []
    for row in np.flatnonzero(wild):
        west, south, east, north = geometry[row].bounds
        lon, lat = to_lonlat(crs, [(west + east) / 2], [(south + north) / 2])
        on_globe = bool(np.isfinite(lon[0]) and abs(lon[0]) <= 180 and abs(lat[0]) <= 90)
        rule = "OM-GEO-003" if area is not None and on_globe else "OM-CRS-005"
        values = {"lon": round(float(lon[0]), 6), "lat": round(float(lat[0]), 6)} if on_globe else {}
        name = str(crs) if is_offset_system(crs) else crs_label(parse_crs(crs))
        faults.append(RowFault(rule, int(row), {**_where(geometry[row]), "crs": name, **values}, "rejected"))
    return faults


def _outside(geometry: Geometry, moved: Geometry, crs: Any, area: BaseGeometry) -> list[RowFault]:
    """Reject rows outside the county; say where exchanged axes, or another zone, would bring them in."""
    shapely.prepare(area)
    placed = np.array([one is not None for one in moved], dtype=bool)
    rows = np.flatnonzero(placed)[~shapely.intersects(area, moved[placed])]
    geographic = is_offset_system(crs) or parse_crs(crs).is_geographic
    faults = []
    for row in rows:
        centre = shapely.centroid(moved[row])
        turned = geographic and shapely.intersects_xy(area, centre.y, centre.x)
        values = {**_where(geometry[row]), "lon": round(centre.x, 6), "lat": round(centre.y, 6)}
        faults.append(RowFault("OM-CRS-006" if turned else "OM-GEO-003", int(row), values, "rejected"))
    if len(rows) and len(rows) == placed.sum():
        zone = "" if geographic else fitting_zone(crs, geometry[rows[0]].centroid, area)
        faults.append(RowFault("OM-CRS-007", None, {"count": len(rows), "suggestion": zone or "-"}))
    return faults


def _invalid(geometry: Geometry) -> list[RowFault]:
    """Flag geometries that are not valid, with the place."""
    rows = [row for row, one in enumerate(geometry) if one is not None and not one.is_valid]
    return [RowFault("OM-GEO-004", row, {"reason": shapely.is_valid_reason(geometry[row])}) for row in rows]


def _where(geometry: BaseGeometry) -> dict[str, object]:
    """Give the middle of a geometry as the message names it."""
    west, south, east, north = geometry.bounds
    return {"value": f"{(west + east) / 2:.10g}, {(south + north) / 2:.10g}"}


def _brief(geometry: BaseGeometry | None) -> str:
    """Name a geometry without a place."""
    if geometry is None:
        return "null"
    return str(geometry.wkt[:60])
