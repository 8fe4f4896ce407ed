"""A layer to be checked: rows, and how they are stored; ours or anybody's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.delivery.areas import ellipsoidal_areas
from onemap.delivery.cells import text_of
from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.plane import Plane, plane_for
from onemap.delivery.profile import Profile, ProfileLayer
from onemap.errors import CRSError
from onemap.layers.crs import to_crs
from onemap.layers.crs_names import parse_crs

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
        Identifiers that stand more than once in all layers together: how often, and the first layer and row.
    layers
        All layers of the delivery by name, this one among them.
    tables
        Tables and sheets of the delivery by name.
    package
        Names of the files of the delivery; None where they are not known.
    """

    checked: CheckedLayer
    profile: Profile
    layer: ProfileLayer | None
    districts: gpd.GeoDataFrame | None
    identifiers: Mapping[str, tuple[int, str, int]]
    layers: Mapping[str, CheckedLayer] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    package: tuple[str, ...] | None = None
    _memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def forget(self) -> None:
        """Let go of what was computed on the way: metres, areas, text."""
        self._memo.clear()

    def column(self, fill: str) -> str:
        """Give the name of the field of this layer that something fills; empty if it has none."""
        if self.layer is None:
            return ""
        found = next((one for one in self.profile.fields_of(self.layer) if one.filled_by == fill), None)
        return found.name if found is not None and found.name in self.checked.frame else ""

    def column_from(self, *names: str) -> str:
        """Give the name of the field of this layer that one of some canonical fields fills; empty if it has none."""
        if self.layer is None:
            return ""
        fields = self.profile.fields_of(self.layer)
        found = next((one for one in fields if set(one.from_fields) & set(names)), None)
        return found.name if found is not None and found.name in self.checked.frame else ""

    def text(self, name: str) -> pd.Series[str]:
        """Give a column as text without blanks around it; missing values as empty text."""
        key = f"text {name}"
        if key not in self._memo:
            self._memo[key] = text_of(self.checked.frame[name])
        text: pd.Series[str] = self._memo[key]
        return text

    def plane(self) -> Plane:
        """Give the plane in metres that questions of topology are asked in."""
        if "plane" not in self._memo:
            self._memo["plane"] = plane_for(self.checked.geometry(), self.checked.crs)
        plane: Plane = self._memo["plane"]
        return plane

    def metres(self) -> NDArray[np.object_]:
        """Give the geometries in the plane, shape (rows,); None where there is none with finite coordinates."""
        if "metres" not in self._memo:
            self._memo["metres"] = self.plane().metres(self.checked.geometry())
        metres: NDArray[np.object_] = self._memo["metres"]
        return metres

    def areas_m2(self) -> NDArray[np.float64]:
        """Give the areas on the ellipsoid, shape (rows,)."""
        if "areas" not in self._memo:
            self._memo["areas"] = ellipsoidal_areas(self.checked.frame.geometry)
        areas: NDArray[np.float64] = self._memo["areas"]
        return areas

    def county(self) -> NDArray[np.object_]:
        """Give the districts in the plane; none where there are none."""
        if self.districts is None:
            return np.array([], dtype=object)
        return self.plane().metres(np.asarray(self.districts.geometry.array, dtype=object))

    def others(self, names: Iterable[str]) -> list[tuple[str, NDArray[np.object_]]]:
        """Give geometries of other layers in the plane of this one, without layers that cannot be brought there."""
        found = []
        for name in names:
            other = self.layers.get(name)
            if other is not None and other.has_geometry and name != self.checked.name:
                geometry = self._brought(other)
                if geometry is not None:
                    found.append((name, self.plane().metres(geometry)))
        return found

    def _brought(self, other: CheckedLayer) -> NDArray[np.object_] | None:
        """Bring another layer to the system of this one; None where that cannot be done without guessing."""
        if other.crs == self.checked.crs:
            return other.geometry()
        try:
            series = gpd.GeoSeries(other.geometry(), crs=parse_crs(other.crs or ""))
            moved = to_crs(gpd.GeoDataFrame(geometry=series), parse_crs(self.checked.crs or ""))
        except CRSError:
            return None
        return np.asarray(moved.geometry.array, dtype=object)
