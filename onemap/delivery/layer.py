"""A layer as it is delivered: exactly the profile's fields, in order."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd

from onemap.delivery.profile import ProfileField

__all__ = ["DeliveryLayer"]


@dataclass(frozen=True, slots=True)
class DeliveryLayer:
    """A layer that is ready to be written.

    Attributes
    ----------
    code, alias
        Name in the file and what people read.
    geometry
        "Point", "LineString" or "Polygon".
    number
        Number of the layer in its identifiers.
    fields
        Its fields, in order.
    frame
        Rows with exactly these fields, then `geometry`, on a RangeIndex.
    crs
        System of coordinates as delivered: that of the frame, with the vertical one where the profile has it.
    """

    code: str
    alias: str
    geometry: str
    number: int
    fields: tuple[ProfileField, ...]
    frame: gpd.GeoDataFrame
    crs: str
