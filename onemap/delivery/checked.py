"""A layer to be checked: rows, and how they are stored; ours or anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.profile import Profile, ProfileLayer

__all__ = ["CheckContext", "CheckedField", "CheckedLayer", "stored_kind"]

_KINDS = {
    "text": ("oftstring", "string", "str", "object", "text", "large_string", "large_utf8", "utf8"),
    "integer": (
        "oftinteger", "oftinteger64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "integer", "int",
    ),
    "number": ("oftreal", "float", "float16", "float32", "float64", "double", "number", "real"),
    "boolean": ("bool", "boolean"),
    "date": ("oftdate", "oftdatetime", "ofttime", "date", "date32", "datetime", "timestamp", "time"),
}  # fmt: skip


def stored_kind(type_name: str) -> str:
    """Tell the kind of a stored field from the name of its type in GDAL, numpy, pandas or Arrow.

    Returns
    -------
    kind
        "text", "integer", "number", "boolean", "date" or "other".

    Examples
    --------
    >>> [stored_kind(name) for name in ("OFTString", "int32", "decimal128(15, 2)", "datetime64[ms]", "binary")]
    ['text', 'integer', 'number', 'date', 'other']
    """
    plain = type_name.lower().split("[")[0].split("(")[0]
    if plain.startswith("decimal"):
        return "number"
    if plain.startswith(("datetime", "timestamp")):
        return "date"
    return next((kind for kind, names in _KINDS.items() if plain in names), "other")


@dataclass(frozen=True, slots=True)
class CheckedField:
    """A field as stored.

    Attributes
    ----------
    name
        Name in the file.
    kind
        "text", "integer", "number", "boolean", "date" or "other"; see `stored_kind`.
    width
        Characters (bytes in a Shapefile) or digits; None or 0 where the format has none.
    decimals
        Digits after the point, None where the format has none.
    """

    name: str
    kind: str
    width: int | None = None
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class CheckedLayer:
    """A layer to be checked.

    Attributes
    ----------
    name
        Name of the layer in the file.
    frame
        Its rows as read; a GeoDataFrame, or a plain frame for a table without geometry.
    fields
        Its fields as stored, in order.
    crs
        System of coordinates that the file declares, None if it does not.
    driver
        Name of the GDAL driver; "" for a layer in memory.
    file
        File named in findings.
    problem
        Why the layer could not be opened; empty if it was.
    """

    name: str
    frame: pd.DataFrame
    fields: tuple[CheckedField, ...]
    crs: str | None
    driver: str = ""
    file: str = ""
    problem: str = ""

    @classmethod
    def from_delivery(cls, layer: DeliveryLayer) -> CheckedLayer:
        """Give a delivery layer as it will be stored, to check it before it is written."""
        fields = tuple(
            CheckedField(one.name, one.type, one.length, one.decimals if one.type == "number" else None)
            for one in layer.fields
        )
        return cls(layer.code, layer.frame, fields, layer.crs)

    @property
    def has_geometry(self) -> bool:
        """Whether its rows have geometries."""
        return isinstance(self.frame, gpd.GeoDataFrame) and self.frame.active_geometry_name is not None

    def geometry(self) -> np.ndarray:
        """Give the geometries, shape (rows,)."""
        return np.asarray(self.frame.geometry.array, dtype=object) if self.has_geometry else np.array([], dtype=object)


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What a rule may ask for besides the rows.

    Attributes
    ----------
    checked
        The layer.
    profile
        The profile.
    layer
        What the profile says of the layer, None for one that is not its own.
    districts
        Canonical districts, brought to the layer's system; None where there are none or they cannot be.
    identifiers
        How often each identifier stands in all layers together, with the first layer and row that has it.
    """

    checked: CheckedLayer
    profile: Profile
    layer: ProfileLayer | None
    districts: gpd.GeoDataFrame | None
    identifiers: Mapping[str, tuple[int, str, int]]

    def column(self, fill: str) -> str:
        """Give the name of the field of this layer that something fills; empty if it has none."""
        if self.layer is None:
            return ""
        field = next((one for one in self.profile.fields_of(self.layer) if one.filled_by == fill), None)
        return field.name if field is not None and field.name in self.checked.frame else ""

    def text(self, name: str) -> pd.Series[str]:
        """Give a column as text without blanks around it; missing values as empty text."""
        return self.checked.frame[name].astype("string").fillna("").str.strip()
