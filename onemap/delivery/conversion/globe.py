"""What a globe program (KMZ) makes of a layer: WGS 84, no empty text, wedges for the sectors of cells."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import shapely
from pyproj import CRS

from onemap.delivery.conversion.layer import Loss, PlainLayer, Plan
from onemap.delivery.conversion.plans import plan_layer
from onemap.delivery.places import degrees
from onemap.errors import WriteError
from onemap.layers.sectors import sector_wedges

__all__ = ["WEDGES", "plan_globe"]

WEDGES = "_扇区"
"""What the name of a folder of sectors ends with."""

_WGS84 = "EPSG:4326"
_ALIKE = {4326, 4490}  # datums that agree within a metre


def plan_globe(layer: PlainLayer) -> list[Plan]:
    """Plan a layer for a KMZ, and the wedges of its sectors where it tells directions.

    Coordinates become degrees of their own datum, which KML takes for WGS 84: that is a loss, listed as "crs".

    Parameters
    ----------
    layer
        The layer.

    Raises
    ------
    WriteError
        If its system is not known, or its datum differs from WGS 84 by more than a metre.

    Examples
    --------
    >>> import pandas as pd
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> cells = pd.DataFrame({"cell_id": ["C1"], "azimuth_deg": [90.0]})
    >>> layer = plain_layer("cells", cells, np.array([shapely.Point(75, 39)]), crs="EPSG:4490")
    >>> [(plan.stored.name, plan.stored.crs) for plan in plan_globe(layer)]
    [('cells', 'EPSG:4326'), ('cells_扇区', 'EPSG:4326')]
    """
    placed = _in_degrees(layer)
    plan = plan_layer(placed, "kmz")
    plan = dataclasses.replace(plan, given=layer)
    wedges = _wedges(placed)
    return [plan] if wedges is None else [plan, plan_layer(wedges, "kmz")]


def _wedges(layer: PlainLayer) -> PlainLayer | None:
    """Give the wedges of a layer of points in degrees that tells directions; None for another."""
    if layer.geometry is None or "azimuth_deg" not in layer.table.column_names:
        return None
    kinds = shapely.get_type_id(layer.geometry)
    azimuth = _numbers(layer, "azimuth_deg")
    there = (kinds == 0) & ~shapely.is_empty(layer.geometry) & np.isfinite(azimuth)
    if not there.any():
        return None
    points = layer.geometry.copy()
    points[~there] = None
    wedges = sector_wedges(shapely.get_x(points), shapely.get_y(points), azimuth, _numbers(layer, "beamwidth_deg"))
    kept = ~shapely.is_missing(wedges)
    table = layer.table.filter(pa.array(kept))
    return PlainLayer(f"{layer.name}{WEDGES}", table, wedges[kept], layer.crs, layer.aliases)


def _numbers(layer: PlainLayer, name: str) -> np.ndarray:
    """Give a column as numbers, NaN where it is missing or not one of numbers."""
    nothing = np.full(layer.rows, np.nan)
    if name not in layer.table.column_names:
        return nothing
    column = layer.table[name]
    is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    return column.cast(pa.float64()).to_numpy() if is_number else nothing


def _in_degrees(layer: PlainLayer) -> PlainLayer:
    """Bring shapes to degrees, and say what is said no more of their system."""
    if layer.geometry is None or layer.crs == _WGS84:
        return layer if layer.geometry is None else dataclasses.replace(layer, geometry=layer.geometry)
    if layer.crs is None:
        raise WriteError("delivery_crs_missing", layer=layer.name)
    own = CRS.from_user_input(layer.crs)
    datum = own.geodetic_crs
    code = None if datum is None else (datum.to_2d().to_epsg() or 0)
    if code not in _ALIKE:
        raise WriteError("globe_needs_wgs84", layer=layer.name, crs=own.name)
    high = shapely.has_z(layer.geometry) & (not own.is_geographic)
    shapes = layer.geometry if own.is_geographic else degrees(layer.geometry, own)
    losses = [Loss("crs", None, np.array([], dtype=np.int64), own.name, "WGS 84")]
    if high.any():
        losses.append(Loss("height", None, np.flatnonzero(high).astype(np.int64)))
    return dataclasses.replace(layer, geometry=shapes, crs=_WGS84, losses=(*layer.losses, *losses))
