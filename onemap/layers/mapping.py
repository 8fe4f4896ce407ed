"""How one source becomes one canonical layer: what a project says, checked against the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.errors import CRSError, LayerError
from onemap.layers.columns import nearest_name
from onemap.layers.crs import DatumStep
from onemap.layers.crs_names import is_offset_system, parse_crs
from onemap.layers.schema import LayerSchema

__all__ = ["AXES", "LayerMapping", "Source", "check_mapping", "source_crs"]

AXES = ("lon", "lat", "easting", "northing", "shape")
"""Keys of a mapping that name columns of places."""


class Source(Protocol):
    """What conforming needs of a layer as read from a file."""

    @property
    def path(self) -> Path:
        """File it was read from."""

    @property
    def layer(self) -> str:
        """Layer or sheet in the file, empty where the format has none."""

    @property
    def frame(self) -> pd.DataFrame:
        """Attributes as read, one row a feature."""

    @property
    def geometry(self) -> NDArray[np.object_] | None:
        """Shapely geometries, None for a table."""

    @property
    def crs(self) -> str | None:
        """CRS that the file declares."""

    @property
    def encoding(self) -> str | None:
        """Encoding that the texts were read with."""

    @property
    def rows(self) -> NDArray[np.int64]:
        """Row numbers as a person sees them."""


@dataclass(frozen=True, slots=True)
class LayerMapping:
    """How one source becomes one canonical layer.

    Attributes
    ----------
    layer
        Name of the canonical layer.
    crs
        CRS of the source where the file lies or is silent: "EPSG:n", WKT, "GCJ-02", "BD-09".
    fields
        Canonical field → column of the source.
    values
        Canonical field → {value of the source → canonical value}.
    constants
        Canonical field → value for all rows that have none.
    yes_no
        Canonical list field → {column of the source → member of the list}.
    units
        Canonical field → unit of its column.
    lon, lat
        Columns of geographic coordinates, decimal or degrees-minutes-seconds.
    easting, northing
        Columns of projected coordinates, in metres.
    datum_shift
        What the user declared to cross from the source's datum to the project's.
    where
        Column of the source → values; rows with others are left out, one finding each.
    shape
        Column of shapes written as text: WKT or a list of coordinates.
    leave_out
        Column of the source → values; rows with one of them are left out, one finding each.
    repair
        Names of repairs that the project asks for.
    """

    layer: str
    crs: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str | float | int | bool] = field(default_factory=dict)
    yes_no: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    lon: str | None = None
    lat: str | None = None
    easting: str | None = None
    northing: str | None = None
    datum_shift: DatumStep | None = None
    where: Mapping[str, Sequence[object]] = field(default_factory=dict)
    shape: str | None = None
    leave_out: Mapping[str, Sequence[object]] = field(default_factory=dict)
    repair: Sequence[str] = ()


def check_mapping(mapping: LayerMapping, schema: LayerSchema, *, file: str, columns: Sequence[str]) -> None:
    """Require that a mapping speaks of fields of its layer, and of all that are required.

    Parameters
    ----------
    mapping
        The mapping.
    schema
        The layer.
    file, columns
        Name and columns of the source, for the message.

    Raises
    ------
    LayerError
        If a field is not there, is no list where it must be one, or is required and has no column.

    Examples
    --------
    >>> from onemap.layers.catalogue import schema
    >>> check_mapping(LayerMapping("towers", fields={"tower_id": "编码"}), schema("towers"), file="", columns=[])
    """
    for name in (*mapping.fields, *mapping.values, *mapping.constants, *mapping.yes_no, *mapping.units):
        if name not in schema.fields:
            known = ", ".join(schema.names)
            nearest = nearest_name(name, schema.names)
            raise LayerError("layer_unknown_field", layer=mapping.layer, field=name, nearest=nearest, known=known)
    for name in mapping.yes_no:
        if schema.fields[name].kind != "list":
            known = ", ".join(one.name for one in schema.fields.values() if one.kind == "list") or "-"
            raise LayerError("layer_not_a_list", layer=mapping.layer, field=name, known=known)
    given = {*mapping.fields, *mapping.constants, *mapping.yes_no}
    absent = [one.name for one in schema.fields.values() if one.required and one.name not in given]
    if absent:
        listed = ", ".join(columns) or "-"
        names = ", ".join(absent)
        raise LayerError("layer_without_required", layer=mapping.layer, field=names, file=file, known=listed)


def source_crs(source: Source, mapping: LayerMapping, *, file: str, angular: bool | None = None) -> str:
    """Give the CRS that the places of a source are in.

    Parameters
    ----------
    source, mapping
        The source and its mapping, which goes before what the file says.
    file
        Name of the file, for the message.
    angular
        Whether the columns of coordinates are degrees (True) or metres (False); None where there are none.

    Raises
    ------
    CRSError
        If there is none, or columns of degrees come with a system in metres, or the reverse.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> source_crs(SimpleNamespace(crs="EPSG:4326"), LayerMapping("towers", crs="GCJ-02"), file="sites.csv")
    'GCJ-02'
    """
    crs = mapping.crs or source.crs
    if crs is None:
        raise CRSError("crs_missing", layer=file)
    if angular is not None and (is_offset_system(crs) or parse_crs(crs).is_geographic) != angular:
        raise CRSError("crs_of_columns", layer=file, crs=crs)
    return crs
