"""The places of a canonical layer: geometries of a source in the working CRS, where they can be what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onemap.errors import CRSError
from onemap.layers.crs import DatumStep, Operation, choose_operation, transform, transform_geometry
from onemap.layers.crs_area import (
    area_of_use,
    check_bounds,
    fitting_zone,
    in_area_of_use,
    lonlat_bounds,
    to_lonlat,
)
from onemap.layers.crs_names import crs_label, datum_key, geographic_of, is_offset_system, parse_crs
from onemap.layers.operations import is_taken_as_it_is
from onemap.layers.row_faults import RowFault

__all__ = ["Extent", "Places", "extent_of", "operation_for", "place_rows", "zone_notes"]

Geometry = NDArray[np.object_]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

_CHINA_LON = (73.0, 136.0)
_CHINA_LAT = (3.0, 54.0)
_SURE_DEG = 0.5  # a box whose grid of points lies this far within an area lies in it as a whole
_SURE_SIDE_M = 2_000_000.0
_GRID = 33


@dataclass(frozen=True, slots=True)
class Extent:
    """Where the rows of a source lie, in its own system.

    Attributes
    ----------
    fitting
        West, south, east, north of the rows that fit their CRS; None where there is no such row.
    given
        The same of all rows that have a place.
    """

    fitting: tuple[float, float, float, float] | None = None
    given: tuple[float, float, float, float] | None = None

    def joined(self, other: Extent) -> Extent:
        """Give the extent of both.

        Examples
        --------
        >>> Extent((0, 0, 1, 1)).joined(Extent((2, 0, 3, 1), (2, 0, 3, 5)))
        Extent(fitting=(0, 0, 3, 1), given=(2, 0, 3, 5))
        """
        return Extent(_joined(self.fitting, other.fitting), _joined(self.given, other.given))


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
    placed
        Number of rows that were moved.
    outside
        Number of those that lie outside the area.
    first_outside
        Geometry of the first of them in the system of the source.
    """

    geometry: Geometry
    faults: list[RowFault]
    operation: Operation | None
    placed: int = 0
    outside: int = 0
    first_outside: BaseGeometry | None = None


def extent_of(geometry: Geometry, crs: Any, working_crs: Any) -> Extent:
    """Give the extent of geometries.

    Parameters
    ----------
    geometry
        Shapely geometries in `crs`, shape (n,); None is passed over.
    crs
        CRS of the source.
    working_crs
        CRS wanted: in China other places count as swapped.

    Examples
    --------
    >>> extent_of(np.array([shapely.Point(75.2, 39.5), shapely.Point(39.5, 75.2)]), "EPSG:4326", "EPSG:4490").fitting
    (75.2, 39.5, 75.2, 39.5)
    """
    given = ~shapely.is_missing(geometry)
    boxes = shapely.bounds(geometry)
    fits, _ = _sorted_out(boxes, given, crs, working_crs)
    return Extent(_total(boxes[fits]), _total(boxes[given]))


def operation_for(extent: Extent, crs: Any, working_crs: Any, datum_shift: DatumStep | None) -> Operation | None:
    """Choose the one operation of a source from its extent.

    The rows that fit their CRS decide, so one wild row does not spoil a layer.

    Parameters
    ----------
    extent
        Extent of the whole source.
    crs
        CRS of the source.
    working_crs
        CRS wanted.
    datum_shift
        What the user declared to cross from one datum to the other.

    Returns
    -------
    operation
        None where no row has a place.

    Raises
    ------
    CRSError
        If no row fits the CRS, or there is no operation.

    Examples
    --------
    >>> operation_for(Extent(), "EPSG:4326", "EPSG:4490", None) is None
    True
    """
    if extent.given is None:
        return None
    if extent.fitting is None:
        _refuse_all(crs, extent.given, working_crs)
    return choose_operation(crs, working_crs, extent.fitting, datum_shift)


def place_rows(
    geometry: Geometry,
    crs: Any,
    *,
    working_crs: Any,
    area: BaseGeometry | None,
    datum_shift: DatumStep | None,
    operation: Operation | None = None,
) -> Places:
    """Bring geometries to the working CRS through one operation, and reject those that cannot be where they say.

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
        What the user declared to cross from one datum to the other.
    operation
        The operation of the whole source, where these are a part of its rows; chosen from these rows if None.

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
    moved = np.full(len(geometry), None, dtype=object)
    given = ~shapely.is_missing(geometry)
    if not given.any():
        return Places(moved, [], operation)
    boxes = shapely.bounds(geometry)
    sane, swapped = _sorted_out(boxes, given, crs, working_crs)
    wild = given & ~sane & ~swapped
    if operation is None:
        extent = Extent(_total(boxes[sane]), _total(boxes[given]))
        operation = operation_for(extent, crs, working_crs, datum_shift)
    if operation is not None and sane.any():
        moved[sane] = _through(operation, geometry[sane])
    faults = [RowFault("OM-CRS-006", row, _where(boxes[row]), "rejected") for row in np.flatnonzero(swapped).tolist()]
    there = np.zeros(len(boxes), dtype=bool)
    there[wild] = _fits(boxes[wild], crs)
    faults += _wild(boxes, wild & ~there, crs, area)
    faults += _wild(boxes, wild & there, crs, area, fitting=working_crs)
    outside = np.empty(0, dtype=np.int64) if area is None else _rows_outside(moved, area)
    first = geometry[outside[0]] if len(outside) else None
    if area is not None:
        faults += _outside(boxes[outside], moved[outside], outside, crs=crs, area=area)
    for fault in faults:
        moved[fault.position] = None
    return Places(moved, faults, operation, int(np.sum(sane)), len(outside), first)


def zone_notes(places: Places, crs: Any, area: BaseGeometry | None) -> list[RowFault]:
    """Note a source that lies outside the area as a whole, with the zone in which it would lie inside.

    Parameters
    ----------
    places
        What came of the whole source.
    crs
        CRS of the source.
    area
        Where rows may lie, in the working CRS.

    Examples
    --------
    >>> zone_notes(Places(np.empty(0, dtype=object), [], None), "EPSG:4490", None)
    []
    """
    if area is None or places.first_outside is None or places.outside != places.placed:
        return []
    geographic = is_offset_system(crs) or parse_crs(crs).is_geographic
    zone = "" if geographic else fitting_zone(crs, places.first_outside.centroid, area)
    return [RowFault("OM-CRS-007", None, {"count": places.outside, "suggestion": zone or "-"})]


def _joined(
    one: tuple[float, float, float, float] | None, two: tuple[float, float, float, float] | None
) -> tuple[float, float, float, float] | None:
    """Give the bounds of two boxes."""
    if one is None or two is None:
        return one or two
    return min(one[0], two[0]), min(one[1], two[1]), max(one[2], two[2]), max(one[3], two[3])


def _total(boxes: Floats) -> tuple[float, float, float, float] | None:
    """Give the bounds of boxes, None if there are none."""
    if not len(boxes):
        return None
    west, south = np.fmin.reduce(boxes[:, :2], axis=0).tolist()  # passes over what is no number
    east, north = np.fmax.reduce(boxes[:, 2:], axis=0).tolist()
    return None if np.isnan(west) else (west, south, east, north)


def _sorted_out(boxes: Floats, given: Mask, crs: Any, working_crs: Any) -> tuple[Mask, Mask]:
    """Tell which rows fit their CRS, and which have their axes exchanged beyond doubt."""
    fits = _fits(boxes, crs) & _wanted(boxes, crs, working_crs) & given
    west, south, east, north = boxes.T
    easting, northing = (west + east) / 2, (south + north) / 2
    if not is_offset_system(crs) and parse_crs(crs).is_projected:
        exchanged = given & ~fits
        exchanged[exchanged] = in_area_of_use(crs, northing[exchanged], easting[exchanged])
        return fits, exchanged
    exchanged = (np.abs(northing) > 90) & (np.abs(northing) <= 180) & (np.abs(easting) <= 90)
    if is_offset_system(crs) or datum_key(parse_crs(working_crs)) == "cgcs2000":
        low, high = _CHINA_LON
        south_rim, north_rim = _CHINA_LAT
        exchanged |= (northing >= low) & (northing <= high) & (easting >= south_rim) & (easting <= north_rim)
    exchanged &= given
    return fits & ~exchanged, exchanged


def _fits(boxes: Floats, crs: Any) -> Mask:
    """Tell which boxes lie where their CRS may be used."""
    west, south, east, north = boxes.T
    if _surely_inside(boxes, crs, area_of_use(crs)):
        there: Mask = ~np.isnan(west)
        return there
    inside: Mask = in_area_of_use(crs, west, south)
    wide = (west != east) | (south != north)
    inside[wide] &= in_area_of_use(crs, east[wide], north[wide])
    return inside


def _wanted(boxes: Floats, crs: Any, working_crs: Any) -> Mask:
    """Tell which boxes lie where the CRS wanted is used, if coordinates come into it as they are."""
    if not is_taken_as_it_is(crs, working_crs):
        return np.ones(len(boxes), dtype=bool)
    west, south, east, north = area_of_use(working_crs)
    if _surely_inside(boxes, crs, (west, south, east, north)):
        return np.ones(len(boxes), dtype=bool)
    lon, lat = to_lonlat(crs, (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2)
    inside: Mask = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def _surely_inside(boxes: Floats, crs: Any, area: tuple[float, float, float, float]) -> bool:
    """Tell whether all boxes of a projected CRS lie well within an area: then no row has to be looked at."""
    if is_offset_system(crs) or not parse_crs(crs).is_projected or len(boxes) < _GRID**2:
        return False
    total = _total(boxes)
    if total is None or max(total[2] - total[0], total[3] - total[1]) > _SURE_SIDE_M:
        return False
    easting, northing = np.meshgrid(np.linspace(total[0], total[2], _GRID), np.linspace(total[1], total[3], _GRID))
    lon, lat = to_lonlat(crs, easting.ravel(), northing.ravel())
    west, south, east, north = area
    return bool(
        lon.min() >= west + _SURE_DEG
        and lon.max() <= east - _SURE_DEG
        and lat.min() >= south + _SURE_DEG
        and lat.max() <= north - _SURE_DEG
    )


def _through(operation: Operation, geometry: Geometry) -> Geometry:
    """Bring geometries through an operation; points alone the short way."""
    if (shapely.get_type_id(geometry) != 0).any():
        return transform_geometry(operation, geometry)
    points: Geometry = shapely.points(*transform(operation, shapely.get_x(geometry), shapely.get_y(geometry)))
    return points


def _refuse_all(crs: Any, bounds: tuple[float, float, float, float], working_crs: Any) -> None:
    """Refuse a source of which no row fits its CRS, and the one wanted."""
    check_bounds(crs, bounds)
    if is_taken_as_it_is(crs, working_crs):
        check_bounds(geographic_of(parse_crs(working_crs)), lonlat_bounds(crs, bounds))
    name = str(crs) if is_offset_system(crs) else crs_label(parse_crs(crs))
    box = ", ".join(f"{value:.10g}" for value in bounds)
    raise CRSError("crs_looks_swapped", crs=name, bounds=box, suggestion="")


def _wild(
    boxes: Floats, wild: Mask, crs: Any, area: BaseGeometry | None, *, fitting: Any | None = None
) -> list[RowFault]:
    """Reject rows outside the area of their CRS, or of the `fitting` one; where there is a county, as outside it."""
    rows = np.flatnonzero(wild)
    if not len(rows):
        return []
    system = crs if fitting is None else fitting
    name = str(system) if is_offset_system(system) else crs_label(parse_crs(system))
    west, south, east, north = boxes[rows].T
    lon, lat = to_lonlat(crs, (west + east) / 2, (south + north) / 2)
    on_globe = np.isfinite(lon) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    faults = []
    for at, row in enumerate(rows.tolist()):
        rule = "OM-GEO-003" if area is not None and on_globe[at] else "OM-CRS-005"
        values = {"lon": round(float(lon[at]), 6), "lat": round(float(lat[at]), 6)} if on_globe[at] else {}
        faults.append(RowFault(rule, row, {**_where(boxes[row]), "crs": name, **values}, "rejected"))
    return faults


def _rows_outside(moved: Geometry, area: BaseGeometry) -> NDArray[np.int64]:
    """Give the rows that do not touch the area."""
    shapely.prepare(area)
    kinds = shapely.get_type_id(moved)
    points, others = np.flatnonzero(kinds == 0), np.flatnonzero(kinds > 0)
    far = points[~shapely.intersects_xy(area, shapely.get_x(moved[points]), shapely.get_y(moved[points]))]
    return np.sort(np.concatenate([far, others[~shapely.intersects(area, moved[others])]]))


def _outside(
    boxes: Floats, moved: Geometry, rows: NDArray[np.int64], *, crs: Any, area: BaseGeometry
) -> list[RowFault]:
    """Reject rows outside the county; say where exchanged axes would bring them in."""
    geographic = is_offset_system(crs) or parse_crs(crs).is_geographic
    centres = shapely.get_coordinates(shapely.centroid(moved))
    turned = shapely.intersects_xy(area, centres[:, 1], centres[:, 0]) & geographic
    faults = []
    for at, row in enumerate(rows.tolist()):
        lon, lat = centres[at].tolist()
        values = {**_where(boxes[at]), "lon": round(lon, 6), "lat": round(lat, 6)}
        faults.append(RowFault("OM-CRS-006" if turned[at] else "OM-GEO-003", row, values, "rejected"))
    return faults


def _where(box: Floats) -> dict[str, object]:
    """Give the middle of a box as the message names it."""
    west, south, east, north = box.tolist()
    return {"value": f"{(west + east) / 2:.10g}, {(south + north) / 2:.10g}"}
