"""Where a coordinate system may be used, and what it rather is where coordinates do not fit it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from shapely import Point
from shapely.geometry.base import BaseGeometry

from onemap.errors import CRSError
from onemap.layers.crs_names import (
    conversion,
    crs_label,
    datum_key,
    geographic_of,
    is_local_system,
    is_offset_system,
    parse_crs,
)
from onemap.layers.webmap_offsets import GCJ_BOUNDS

__all__ = [
    "DATUM_KEYS",
    "area_of_use",
    "check_bounds",
    "chinese_zones",
    "fitting_zone",
    "in_area_of_use",
    "lonlat_bounds",
    "to_lonlat",
]

Bounds = tuple[float, float, float, float]
Floats = NDArray[np.float64]

_PROJECTED_MARGIN_DEG = 3.0  # a county astride two zones is kept in one of them
_GEOGRAPHIC_MARGIN_DEG = 1.0
_LATITUDE_MARGIN_DEG = 1.0
_ZONE_HALF_WIDTH_DEG = 3.0  # of a Gauss-Krüger system without a code, by its central meridian
_SOUTH_SEA_LON = (106.0, 121.0)
_SOUTH_SEA_LAT = (
    3.0  # EPSG bounds the Chinese systems by the mainland and Hainan; the islands to the south use them too
)
_WORLD = (-180.0, -90.0, 180.0, 90.0)
DATUM_KEYS = {"CGCS2000": "cgcs2000", "Xian 1980": "xian 1980", "Beijing 1954": "beijing 1954"}
"""Datums in the table of Chinese systems → words of `datum_key`."""


def area_of_use(crs: Any) -> Bounds:
    """Give the area that coordinates of a system may lie in, rim included.

    A projected system reaches 3 degrees of longitude beyond its zone, a geographic one 1 degree.

    Parameters
    ----------
    crs
        Coordinate system; "GCJ-02" and "BD-09" too.

    Returns
    -------
    bounds
        West, south, east, north in degrees.

    Examples
    --------
    >>> area_of_use("EPSG:4326")
    (-180.0, -90.0, 180.0, 90.0)
    """
    if is_offset_system(crs):
        return GCJ_BOUNDS
    parsed = parse_crs(crs)
    margin = _PROJECTED_MARGIN_DEG if parsed.is_projected else _GEOGRAPHIC_MARGIN_DEG
    area = parsed.area_of_use
    if area is None:
        west, south, east, north = _by_central_meridian(parsed)
    elif area.west > area.east:  # over the antimeridian
        west, south, east, north = -180.0, area.south, 180.0, area.north
    else:
        west, south, east, north = area.bounds
    in_south = west < _SOUTH_SEA_LON[1] and east > _SOUTH_SEA_LON[0]
    if area is not None and in_south and datum_key(parsed) in DATUM_KEYS.values():
        south = min(south, _SOUTH_SEA_LAT + _LATITUDE_MARGIN_DEG)
    return (
        max(west - margin, -180.0),
        max(south - _LATITUDE_MARGIN_DEG, -90.0),
        min(east + margin, 180.0),
        min(north + _LATITUDE_MARGIN_DEG, 90.0),
    )


def to_lonlat(crs: Any, easting: ArrayLike, northing: ArrayLike) -> tuple[Floats, Floats]:
    """Give lon, lat on a system's own datum; not finite where there is no answer.

    Parameters
    ----------
    crs
        Coordinate system; "GCJ-02" and "BD-09" are taken as they are.
    easting, northing
        Coordinates in it, shape (n,).

    Returns
    -------
    lon, lat
        Degrees, shape (n,).

    Examples
    --------
    >>> [float(value[0].round(6)) for value in to_lonlat("EPSG:4534", [500000.0], [4374014.113])]
    [75.0, 39.5]
    """
    easting, northing = np.asarray(easting, dtype=np.float64), np.asarray(northing, dtype=np.float64)
    if is_offset_system(crs):
        return easting, northing
    if parse_crs(crs).is_geographic:
        return _greenwich_degrees(parse_crs(crs), easting, northing)
    lon, lat = _unproject(parse_crs(crs)).transform(easting, northing)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def in_area_of_use(crs: Any, easting: ArrayLike, northing: ArrayLike) -> NDArray[np.bool_]:
    """Tell which coordinates can be what their system says they are.

    Parameters
    ----------
    crs
        Coordinate system; "GCJ-02" and "BD-09" too.
    easting, northing
        Coordinates in it, shape (n,).

    Returns
    -------
    inside
        True where the point lies in `area_of_use`; False where it is not finite. A local plane reaches everywhere.

    Examples
    --------
    >>> in_area_of_use("EPSG:4534", [500_000, 25_500_000, 75.2], [4_374_012, 4_374_012, 39.5]).tolist()
    [True, False, False]
    """
    if is_local_system(crs):
        return np.isfinite(easting) & np.isfinite(northing)
    lon, lat = to_lonlat(crs, easting, northing)
    west, south, east, north = area_of_use(crs)
    inside: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def lonlat_bounds(crs: CRS, bounds: Sequence[float]) -> Bounds:
    """Give the bounds of a box in degrees, its sides bent as the projection bends them.

    Parameters
    ----------
    crs
        System of the box.
    bounds
        West, south, east, north in it.

    Returns
    -------
    bounds
        West, south, east, north in degrees; NaN where there is no answer.

    Examples
    --------
    >>> lonlat_bounds(parse_crs(4490), (75.0, 39.4, 75.6, 39.9))
    (75.0, 39.4, 75.6, 39.9)
    """
    west, south, east, north = (float(value) for value in bounds)
    across, up = np.linspace(west, east, 22), np.linspace(south, north, 22)
    easting = np.concatenate([across, across, np.full(22, west), np.full(22, east)])
    northing = np.concatenate([np.full(22, south), np.full(22, north), up, up])
    lon, lat = to_lonlat(crs, easting, northing)
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def check_bounds(crs: Any, bounds: Sequence[float]) -> None:
    """Require that a layer lies where its system may be used.

    Parameters
    ----------
    crs
        System that the layer is said to have.
    bounds
        West, south, east, north of the layer, in that system.

    Raises
    ------
    CRSError
        If a corner lies outside; the message says what the coordinates look like and which EPSG code would fit.

    Examples
    --------
    >>> check_bounds("EPSG:4549", (115.5, 39.0, 116.5, 40.0))
    Traceback (most recent call last):
    onemap.errors.CRSError: coordinates must fit EPSG:4549, got 115.5, 39, 116.5, 40: these are ...
    """
    west, south, east, north = (float(value) for value in bounds)
    corners = in_area_of_use(crs, [west, east, west, east], [south, south, north, north])
    if corners.all():
        return
    name = str(crs).strip() if is_offset_system(crs) else crs_label(parse_crs(crs))
    box = f"{west:.10g}, {south:.10g}, {east:.10g}, {north:.10g}"
    kind, suggestion = _looks_like(crs, (west + east) / 2, (south + north) / 2)
    raise CRSError(kind, crs=name, bounds=box, suggestion=suggestion)


def fitting_zone(crs: Any, point: BaseGeometry, area: BaseGeometry) -> str:
    """Find the Gauss-Krüger zone of a datum in which a projected point would lie in an area.

    Parameters
    ----------
    crs
        Projected CRS that the point is said to have.
    point
        Point in it.
    area
        Area in degrees.

    Returns
    -------
    zone
        "EPSG:n (name)" of the first zone that fits, empty if none does.

    Examples
    --------
    >>> import shapely
    >>> county = shapely.box(75, 39, 76, 40)
    >>> fitting_zone("EPSG:4535", shapely.Point(520_000, 4_374_000), county)
    'EPSG:4534 (CGCS2000 / 3-degree Gauss-Kruger CM 75E)'
    """
    if is_local_system(crs):
        return ""
    datum = datum_key(parse_crs(crs))
    for row in chinese_zones():
        if row["false_easting"] and DATUM_KEYS[row["datum"]] == datum and _in_zone(point.x, point.y, row):
            lon, lat = to_lonlat(f"EPSG:{row['epsg']}", [point.x], [point.y])
            if area.intersects(Point(lon[0], lat[0])):
                return f"EPSG:{row['epsg']} ({row['name']})"
    return ""


def _by_central_meridian(crs: CRS) -> Bounds:
    """Give the area of a system without a code."""
    operation = crs.coordinate_operation
    for parameter in operation.params if operation is not None else ():
        if parameter.name in {"Longitude of natural origin", "Longitude of origin", "Central_Meridian"}:
            meridian = float(parameter.value)
            return meridian - _ZONE_HALF_WIDTH_DEG, -90.0, meridian + _ZONE_HALF_WIDTH_DEG, 90.0
    return _WORLD


def _greenwich_degrees(crs: CRS, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Give degrees from Greenwich of a geographic system that may count grads, or from Paris."""
    meridian = crs.prime_meridian
    unit = float(np.degrees(crs.axis_info[0].unit_conversion_factor))
    origin = 0.0 if meridian is None else float(np.degrees(meridian.longitude * float(meridian.unit_conversion_factor)))
    if origin == 0.0 and abs(unit - 1.0) < 1e-9:
        return lon, lat
    return lon * unit + origin, lat * unit


def _unproject(crs: CRS) -> Transformer:
    """Give the way out of a projection, within its datum."""
    return conversion(crs, geographic_of(crs))


def _looks_like(crs: Any, easting: float, northing: float) -> tuple[str, str]:
    """Say what coordinates that do not fit their system look like: id of the text, and systems that would fit."""
    if bool(in_area_of_use(crs, [northing], [easting])[0]):
        return "crs_looks_swapped", ""
    projected = not is_offset_system(crs) and parse_crs(crs).is_projected
    if projected and abs(easting) <= 180 and abs(northing) <= 90:
        return "crs_looks_degrees", "EPSG:4490"
    own_code = "" if is_offset_system(crs) else str(parse_crs(crs).to_epsg())
    fitting = [row for row in chinese_zones() if row["epsg"] != own_code and _in_zone(easting, northing, row)]
    if not fitting:
        return "crs_looks_wrong", ""
    datum = "cgcs2000" if is_offset_system(crs) else datum_key(parse_crs(crs))
    own = [row for row in fitting if DATUM_KEYS[row["datum"]] == datum]
    own = own or [row for row in fitting if row["datum"] == "CGCS2000"]
    said = next((row for row in chinese_zones() if projected and row["epsg"] == own_code), None)
    same_zone = [row for row in own if said and _zone(row) == _zone(said)]
    rows = same_zone or [row for row in own if row["kind"] == own[0]["kind"]]
    listed = ", ".join(f"EPSG:{row['epsg']} ({row['name']})" for row in rows[:2])
    if len(rows) > 2:  # no zone number in the easting: any meridian would do
        listed = f"EPSG:{rows[0]['epsg']} … EPSG:{rows[-1]['epsg']}"
    return ("crs_looks_zone" if projected else "crs_looks_metres"), listed


def _zone(row: Mapping[str, str]) -> tuple[str, str]:
    """Give the width and the central meridian of a zone."""
    return row["kind"], row["central_meridian"]


def _in_zone(easting: float, northing: float, row: Mapping[str, str]) -> bool:
    """Tell whether coordinates lie in a Gauss-Krüger zone of the table."""
    if not row["false_easting"] or not 300_000 <= northing <= 6_100_000:
        return False
    half_width_m = 170_000 if row["kind"] == "GK 3deg" else 340_000
    return abs(easting - float(row["false_easting"])) <= half_width_m


@cache
def chinese_zones() -> tuple[Mapping[str, str], ...]:
    """Read the table of Chinese systems; 3-degree zones first, as counties use them.

    Returns
    -------
    rows
        epsg, datum, kind ("geographic", "GK 3deg", "GK 6deg"), zone, central_meridian, false_easting, name, as texts.

    Examples
    --------
    >>> len(chinese_zones()) > 150
    True
    """
    text = (files("onemap.layers") / "epsg_china.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return tuple(sorted(rows, key=lambda row: (row["kind"] != "GK 3deg", int(row["epsg"]))))
