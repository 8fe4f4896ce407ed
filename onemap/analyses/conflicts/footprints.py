"""What ground facilities take: squares round points, polygons as they are, lines with or without a strip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer

from onemap.analyses.columns import column, ids
from onemap.analyses.conflicts.settings import ConflictSettings
from onemap.errors import LayerError
from onemap.layers.nearest import GEOD
from onemap.layers.shape_checks import mended
from onemap.layers.surface import radii_of_curvature, surface_areas, surface_lengths

__all__ = ["FACILITY_LAYERS", "Facilities", "facilities_of", "square_round"]

FACILITY_LAYERS = ("planned_sites", "towers", "rooms", "data_centres", "cables", "ducts", "works")
"""Canonical layers that are held against zones, in the order in which they are listed."""

_PLANNED_LAYERS = ("planned_sites", "works")
_BAND_DEG = 0.5  # strips are drawn in a projection of their own for each band of longitudes: scale errors below 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Facilities:
    """Facilities of all layers, one after the other.

    Attributes
    ----------
    table
        facility_layer, facility_id, name, owner, status, source (text), planned, area_assumed (boolean), point (whether
        it is given as one), area_m2 and length_m (of the whole), on a range index.
    areas
        Polygon that each takes, in degrees, shape (n,); None for a line without a strip.
    lines
        Line of each, shape (n,); None where it is none.
    """

    table: pd.DataFrame
    areas: NDArray[np.object_]
    lines: NDArray[np.object_]


def facilities_of(layers: Mapping[str, gpd.GeoDataFrame], settings: ConflictSettings) -> Facilities:
    """Gather the facilities of a project with the ground they take.

    A point takes a square of its area, sides north-south and east-west: the direction of its fence is not known, and a
    square of the right size is at most 0.21 of its side off whatever that is. A stretch that a line runs twice, there
    and back, is one stretch of ground and counts once. What is retired is left out.

    Parameters
    ----------
    layers
        Canonical layers by name, in degrees; those of `FACILITY_LAYERS` are taken.
    settings
        Areas to assume, width of strips.

    Returns
    -------
    facilities
        In the order of `FACILITY_LAYERS`, rows in theirs.

    Raises
    ------
    LayerError
        If a row has no place, or a layer lacks its id.

    Examples
    --------
    >>> towers = gpd.GeoDataFrame(
    ...     {"tower_id": ["T1", "T2"], "site_area_m2": [60.0, None]}, geometry=gpd.points_from_xy([75, 76], [39, 39]))
    >>> found = facilities_of({"towers": towers}, ConflictSettings())
    >>> found.table[["area_m2", "area_assumed"]].round(2).values.tolist()
    [[60.0, False], [100.0, True]]
    """
    tables, areas, lines = [], [], []
    for name in FACILITY_LAYERS:
        if name in layers and len(layers[name]):
            table, area, line = _facilities_of_layer(name, layers[name], settings)
            tables.append(table)
            areas.append(area)
            lines.append(line)
    if not tables:
        nothing = np.empty(0, dtype=object)
        return Facilities(_table(0), nothing, nothing)
    every_area, every_line = np.concatenate(areas), np.concatenate(lines)
    table = pd.concat(tables, ignore_index=True)
    table["area_m2"], table["length_m"] = surface_areas(every_area), surface_lengths(every_line)
    return Facilities(table, every_area, every_line)


def square_round(lon: ArrayLike, lat: ArrayLike, area_m2: ArrayLike) -> NDArray[np.object_]:
    """Draw squares of stated areas on the ellipsoid, sides north-south and east-west.

    Parameters
    ----------
    lon, lat
        Middles, in degrees, shape (n,).
    area_m2
        Areas in square metres, shape (n,).

    Returns
    -------
    squares
        Polygons in degrees, shape (n,); their areas are as stated to 1e-9 of them.

    Examples
    --------
    >>> surface_areas(square_round([75.0], [39.0], [400.0])).round(6)
    array([400.])
    """
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    half_m = np.sqrt(np.asarray(area_m2, dtype=float)) / 2.0
    meridian_m, normal_m = radii_of_curvature(lat)
    half_lat = np.degrees(half_m / meridian_m)
    half_lon = np.degrees(half_m / (normal_m * np.cos(np.radians(lat))))
    return np.asarray(shapely.box(lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat), dtype=object)


def _table(count: int) -> pd.DataFrame:
    """Give an empty table of facilities."""
    texts = ("facility_layer", "facility_id", "name", "owner", "status", "source")
    columns: dict[str, pd.Series] = {name: pd.Series(pd.NA, index=range(count), dtype="string") for name in texts}
    for name in ("planned", "area_assumed", "point"):
        columns[name] = pd.Series(np.zeros(count, dtype=bool))
    return pd.DataFrame(columns).assign(area_m2=0.0, length_m=0.0)


def _facilities_of_layer(
    name: str, layer: gpd.GeoDataFrame, settings: ConflictSettings
) -> tuple[pd.DataFrame, NDArray[np.object_], NDArray[np.object_]]:
    """Gather the facilities of one layer."""
    layer = layer[column(layer, "status").fillna("").ne("retired").to_numpy()]
    shapes = _sound(np.asarray(layer.geometry.to_numpy(), dtype=object), name)
    dimension = shapely.get_dimensions(shapes)
    table = _table(len(layer))
    owner = column(layer, "owner").fillna(column(layer, "operator"))
    status = column(layer, "status")
    texts = {"facility_id": ids(layer, name), "name": column(layer, "name"), "owner": owner, "status": status}
    for key, values in {**texts, "source": column(layer, "source")}.items():
        table[key] = values.array
    table["facility_layer"] = pd.array([name] * len(layer), dtype="string")
    table["planned"] = status.eq("planned").fillna(value=False).to_numpy(dtype=bool) | (name in _PLANNED_LAYERS)
    table["point"] = dimension == 0
    given_m2 = column(layer, "site_area_m2", "number").to_numpy()
    known = given_m2 > 0
    table["area_assumed"] = (dimension == 0) & ~known
    areas, lines = np.full(len(layer), None, dtype=object), np.full(len(layer), None, dtype=object)
    points = np.flatnonzero(dimension == 0)
    middles = shapely.centroid(shapes[points])
    area_m2 = np.where(known, given_m2, _assumed_m2(name, settings))[points]
    areas[points] = square_round(shapely.get_x(middles), shapely.get_y(middles), area_m2)
    areas[dimension == 2], lines[dimension == 1] = shapes[dimension == 2], shapes[dimension == 1]
    if settings.corridor_width_m > 0:
        areas[dimension == 1] = _strips(shapes[dimension == 1], settings.corridor_width_m)
    return table, areas, lines


def _assumed_m2(name: str, settings: ConflictSettings) -> float:
    """Give the area that a point of a layer is taken to have."""
    own = {"rooms": settings.room_area_m2, "data_centres": settings.centre_area_m2}
    return own.get(name, settings.tower_area_m2)


def _sound(shapes: NDArray[np.object_], name: str) -> NDArray[np.object_]:
    """Require a place of every row; polygons that cross themselves are mended, lines that run twice run once."""
    wrong = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if wrong.any():
        raise LayerError("analysis_geometry_missing", layer=name, count=int(wrong.sum()), row=int(np.argmax(wrong)) + 1)
    sound = shapely.force_2d(shapes)
    for place in np.flatnonzero(~shapely.is_valid(sound)):
        sound[place] = mended(sound[place]) or sound[place]
    for place in np.flatnonzero((shapely.get_dimensions(sound) == 1) & ~shapely.is_simple(sound)):
        sound[place] = shapely.union_all(sound[place])
    return np.asarray(sound, dtype=object)


def _strips(lines: NDArray[np.object_], width_m: float) -> NDArray[np.object_]:
    """Widen lines to strips with flat ends, each in a transverse Mercator projection through its own longitudes."""
    strips = np.full(len(lines), None, dtype=object)
    if not len(lines):
        return strips
    band = np.round(shapely.get_x(shapely.centroid(lines)) / _BAND_DEG) * _BAND_DEG
    for middle in np.unique(band):
        chosen = np.flatnonzero(band == middle)
        plane = f"+proj=tmerc +lat_0=0 +lon_0={middle} +k=1 +a={GEOD.a} +b={GEOD.b} +units=m"
        there = Transformer.from_crs(f"+proj=longlat +a={GEOD.a} +b={GEOD.b}", plane, always_xy=True)
        flat = shapely.transform(lines[chosen], there.transform, interleaved=False)
        wide = shapely.buffer(flat, width_m / 2.0, cap_style="flat", quad_segs=4)

        def back(
            easting: NDArray[np.float64], northing: NDArray[np.float64], there: Transformer = there
        ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
            return there.transform(easting, northing, direction="INVERSE")

        strips[chosen] = shapely.transform(wide, back, interleaved=False)
    return strips
