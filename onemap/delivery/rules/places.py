"""Rules over coordinates and systems: one system, within its range, axes in order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError as ProjCRSError

from onemap.delivery.checked import CheckContext
from onemap.delivery.places import lonlat
from onemap.delivery.rules.registry import LayerFault, faults, package_rule, row_rule
from onemap.errors import CRSError
from onemap.findings import Faults

__all__ = ["axes_in_order", "coordinates_in_range", "one_system"]

_BEYOND_DEG = 1.5  # half of a 3-degree zone: data of a county may reach into the next


@package_rule("OM-CRS-103", when=lambda context: bool(context.checked.crs) and not context.profile.crs.text)
def one_system(contexts: Sequence[CheckContext]) -> list[LayerFault]:
    """Require one system in all layers, where the profile leaves open which."""
    return [
        LayerFault(
            one.checked.name,
            one.checked.file,
            {"layer": one.checked.name, "found": str(one.checked.crs)[:80], "other": contexts[0].checked.name},
        )
        for one in contexts[1:]
        if one.checked.crs != contexts[0].checked.crs
    ]


@row_rule("OM-CRS-104", when=lambda context: context.checked.has_geometry and _readable(context) is not None)
def coordinates_in_range(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Require coordinates that the system of the layer can have."""
    geometry, system = context.checked.geometry(), _readable(context)
    present = np.isfinite(shapely.bounds(geometry)).all(axis=-1)
    west, south, east, north = shapely.bounds(geometry).T
    if system is not None and not system.is_geographic:
        wrong = present & _off_area(geometry, context, system)
    else:
        wrong = present & ((west < -180) | (east > 180) | (south < -90) | (north > 90))
    east_text = pd.Series(np.where(wrong, west, 0.0), index=layer.index).map("{:.1f}".format)
    north_text = pd.Series(np.where(wrong, south, 0.0), index=layer.index).map("{:.1f}".format)
    return faults(pd.Series(wrong, index=layer.index), easting=east_text, northing=north_text)


@row_rule(
    "OM-CRS-105",
    when=lambda context: (
        context.checked.has_geometry
        and context.districts is not None
        and (_readable(context) or CRS("EPSG:32650")).is_geographic
    ),
)
def axes_in_order(layer: pd.DataFrame, context: CheckContext) -> Faults:
    """Name features that would lie in the county if longitude and latitude changed places."""
    geometry = context.checked.geometry()
    areas = np.asarray([] if context.districts is None else context.districts.geometry.array, dtype=object)
    west, south, east, north = shapely.total_bounds(areas)
    low_lon, low_lat, high_lon, high_lat = shapely.bounds(geometry).T
    swapped = (low_lat >= west) & (high_lat <= east) & (low_lon >= south) & (high_lon <= north)
    as_they_are = (high_lon >= west) & (low_lon <= east) & (high_lat >= south) & (low_lat <= north)
    return faults(pd.Series(swapped & ~as_they_are, index=layer.index))


def _readable(context: CheckContext) -> CRS | None:
    """Read the system of a layer, None where that cannot be done."""
    try:
        return CRS.from_user_input(context.checked.crs) if context.checked.crs else None
    except ProjCRSError:
        return None


def _off_area(geometry: NDArray[np.object_], context: CheckContext, system: CRS) -> NDArray[np.bool_]:
    """Tell which features lie off the area that a projected system is for."""
    area = system.area_of_use
    if area is None:
        return np.zeros(len(geometry), dtype=bool)
    try:
        lon, lat = lonlat(geometry, context.checked.crs).T
    except CRSError:
        return np.zeros(len(geometry), dtype=bool)
    inside = (lon >= area.west - _BEYOND_DEG) & (lon <= area.east + _BEYOND_DEG)
    inside &= (lat >= area.south - _BEYOND_DEG) & (lat <= area.north + _BEYOND_DEG)
    return np.asarray(~inside, dtype=bool)
