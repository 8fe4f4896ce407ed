"""From a source layer to a canonical layer: rename, cast, repair, reproject, and account for every row.

Each row of the source either has one row in the layer, which carries its `source`, or exactly one finding with the
action "rejected". Nothing else is lost; what was questioned or repaired is a finding besides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onemap.errors import CRSError, LayerError
from onemap.findings import Finding
from onemap.layers.attributes import (
    DTYPES,
    cell_texts,
    constant_column,
    field_column,
    fill_gaps,
    missing_rows,
    yes_no_column,
)
from onemap.layers.catalogue import schema as schema_of
from onemap.layers.columns import find_column, nearest_name
from onemap.layers.crs import DatumStep, Operation
from onemap.layers.crs_names import crs_label, is_offset_system, parse_crs
from onemap.layers.places import Places, place_rows, points_of_columns, promote_mixed, single_kinds
from onemap.layers.row_faults import RowFault
from onemap.layers.schema import LayerSchema
from onemap.layers.shape_texts import shapes_of_column
from onemap.layers.values import plain_text

__all__ = ["Conformed", "LayerMapping", "Source", "conform"]

_ADVISED = {"towers": "height_agl_m"}
"""Fields that may be missing but that analyses then have to assume."""
_PROVENANCE = "source"
_AXES = ("lon", "lat", "easting", "northing", "shape")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


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


@dataclass(frozen=True, slots=True)
class Conformed:
    """A canonical layer and what happened on the way to it.

    Attributes
    ----------
    layer
        The layer in the working CRS: fields of the catalogue that are there, `source`, `geometry`.
    findings
        What was rejected, repaired or questioned, in the order of the rows.
    operation
        How coordinates came to the working CRS; None where there was no row to move.
    """

    layer: gpd.GeoDataFrame
    findings: tuple[Finding, ...]
    operation: Operation | None


def conform(
    source: Source, mapping: LayerMapping, *, working_crs: str, area: BaseGeometry | None = None, file: str
) -> Conformed:
    """Make a canonical layer of a source layer.

    Parameters
    ----------
    source
        Layer as read.
    mapping
        How it becomes the canonical layer.
    working_crs
        CRS of the result, "EPSG:n" or WKT.
    area
        Where rows may lie, in the working CRS; rows outside are rejected. None for anywhere.
    file
        Name of the file in `source` and findings, relative to the project.

    Returns
    -------
    conformed
        Layer, findings, operation. Texts are "string", integers "Int64", numbers float64 with NaN, booleans "boolean",
        lists texts joined with ";", dates ISO texts.

    Raises
    ------
    LayerError
        If the mapping names a field or column that is not there, a required field has no column, or no places.
    CRSError
        If the CRS is not known, does not fit the coordinates, or cannot be brought to the working CRS without guessing.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> source = SimpleNamespace(
    ...     path=Path("sites.csv"), layer="", crs=None, encoding="utf-8", geometry=None, rows=np.array([2, 3]),
    ...     frame=pd.DataFrame({"编码": ["T1", None], "经度": ["75°12′", "75.3"], "纬度": ["39.5", "39.6"]}),
    ... )
    >>> mapping = LayerMapping("towers", crs="EPSG:4490", fields={"tower_id": "编码"}, lon="经度", lat="纬度")
    >>> towers = conform(source, mapping, working_crs="EPSG:4490", file="sites.csv")
    >>> towers.layer[["tower_id", "source"]].values.tolist(), [finding.rule for finding in towers.findings]
    ([['T1', 'sites.csv||2']], ['OM-ATT-009', 'OM-ATT-001'])
    """
    return _Conforming(source, mapping, schema_of(mapping.layer), file).run(working_crs, area)


@dataclass(frozen=True, slots=True)
class _Conforming:
    """One source on its way; holds what all steps look at."""

    source: Source
    mapping: LayerMapping
    schema: LayerSchema
    file: str

    def run(self, working_crs: str, area: BaseGeometry | None) -> Conformed:
        """Take the steps in order."""
        self.check_fields()
        columns, faults = self.attributes()
        left_out = self.left_out()
        places = self.places(working_crs, area, {fault.position for fault in left_out})
        required = [one for one in self.schema.fields.values() if one.required]
        rejections = [*left_out, *places.faults, *missing_rows(columns, required)]
        gone = _first_rejections(rejections)
        notes = [
            fault for fault in [*faults, *places.faults, *self.remarks(columns, faults)] if fault.action != "rejected"
        ]
        kept = [fault for fault in notes if fault.position is None or fault.position not in gone]
        stay = np.array([row for row in range(len(self.source.frame)) if row not in gone], dtype=np.int64)
        layer = self.assembled(columns, places.geometry, stay, working_crs)
        found = sorted([*gone.values(), *kept], key=lambda fault: -1 if fault.position is None else fault.position)
        findings = tuple(self.finding(fault, columns, places) for fault in found)
        return Conformed(layer, findings, places.operation)

    def check_fields(self) -> None:
        """Require that the mapping speaks of fields of the layer, and of all that are required."""
        mapping = self.mapping
        for name in (*mapping.fields, *mapping.values, *mapping.constants, *mapping.yes_no, *mapping.units):
            if name not in self.schema.fields:
                known = ", ".join(self.schema.names)
                nearest = nearest_name(name, self.schema.names)
                raise LayerError("layer_unknown_field", layer=mapping.layer, field=name, nearest=nearest, known=known)
        for name in mapping.yes_no:
            if self.schema.fields[name].kind != "list":
                known = ", ".join(one.name for one in self.schema.fields.values() if one.kind == "list") or "-"
                raise LayerError("layer_not_a_list", layer=mapping.layer, field=name, known=known)
        given = {*mapping.fields, *mapping.constants, *mapping.yes_no}
        absent = [one.name for one in self.schema.fields.values() if one.required and one.name not in given]
        if absent:
            listed = ", ".join(self.names()) or "-"
            names = ", ".join(absent)
            raise LayerError("layer_without_required", layer=mapping.layer, field=names, file=self.file, known=listed)

    def names(self) -> list[str]:
        """Give the names of the source's columns."""
        return [str(name) for name in self.source.frame.columns]

    def texts(self, column: str) -> NDArray[np.object_]:
        """Give the cells of a column that the mapping names, as texts."""
        if self.source.frame.empty and not self.names():  # without features some formats have no columns either
            return np.empty(0, dtype=object)
        position = find_column(column, self.names(), layer=self.mapping.layer, file=self.file)
        return cell_texts(self.source.frame.iloc[:, position])

    def attributes(self) -> tuple[dict[str, pd.Series], list[RowFault]]:
        """Read all fields that the mapping names, in the order of the catalogue."""
        columns: dict[str, pd.Series] = {}
        faults: list[RowFault] = []
        for name in self.schema.names:
            parts, found = self.parts_of(name)
            faults += found
            for part in parts:
                known = columns.get(name)
                columns[name] = part if known is None else fill_gaps(known, part, self.schema.fields[name].kind)
        return columns, faults

    def parts_of(self, name: str) -> tuple[list[pd.Series], list[RowFault]]:
        """Read one field from its column, its yes/no columns and its constant."""
        mapping, one = self.mapping, self.schema.fields[name]
        parts: list[pd.Series] = []
        faults: list[RowFault] = []
        if name in mapping.fields:
            texts = self.texts(mapping.fields[name])
            values, unit = mapping.values.get(name, _NOTHING), mapping.units.get(name, "")
            part, faults = field_column(one, texts, layer=mapping.layer, values=values, unit=unit)
            parts.append(part)
        if mapping.yes_no.get(name):
            members = {member: self.texts(column) for column, member in mapping.yes_no[name].items()}
            titles = {member: column for column, member in mapping.yes_no[name].items()}
            part, found = yes_no_column(one, members, titles)
            parts.append(part)
            faults = [*faults, *found]
        if name in mapping.constants:
            count = len(self.source.frame)
            parts.append(constant_column(one, mapping.constants[name], count, layer=mapping.layer))
        return parts, faults

    def left_out(self) -> list[RowFault]:
        """Leave out the rows that the mapping does not ask for."""
        faults: dict[int, RowFault] = {}
        asked = [(column, values, True) for column, values in self.mapping.where.items()]
        asked += [(column, values, False) for column, values in self.mapping.leave_out.items()]
        for column, given, is_wanted in asked:
            texts = self.texts(column)
            known = {plain_text(str(value)) for value in given}
            for row in np.flatnonzero([(text not in known) == is_wanted for text in texts]):
                values = {"column": column, "value": texts[row] or ""}
                faults.setdefault(int(row), RowFault("OM-ATT-010", int(row), values, "rejected"))
        return list(faults.values())

    def places(self, working_crs: str, area: BaseGeometry | None, left_out: set[int | None]) -> Places:
        """Read the places of the rows and bring them to the working CRS."""
        geometry, faults = self.raw_places()
        for row in left_out:
            if row is not None:
                geometry[row] = None
        unread = {fault.position for fault in faults} | left_out
        plain, found = single_kinds(geometry, self.schema.geometry)
        faults += [fault for fault in found if fault.position is None or fault.position not in unread]
        crs = self.mapping.crs or self.source.crs
        if crs is None:
            raise CRSError("crs_missing", layer=self.file)
        placed = place_rows(plain, crs, working_crs=working_crs, area=area, datum_shift=self.mapping.datum_shift)
        return Places(placed.geometry, [*faults, *placed.faults], placed.operation)

    def raw_places(self) -> tuple[NDArray[np.object_], list[RowFault]]:
        """Take the geometries of the source, or make points of its coordinate columns."""
        pairs = {("lon", "lat"): True, ("easting", "northing"): False}
        for (first, second), angular in pairs.items():
            across, up = getattr(self.mapping, first), getattr(self.mapping, second)
            if across is not None and up is not None:
                self.check_axes(angular=angular)
                return points_of_columns(list(self.texts(across)), list(self.texts(up)), angular=angular)
            if across is not None or up is not None:
                given, missing = (first, second) if up is None else (second, first)
                raise LayerError("layer_half_places", layer=self.mapping.layer, given=given, missing=missing)
        if self.mapping.shape is not None:
            return shapes_of_column(list(self.texts(self.mapping.shape)), self.schema.geometry)
        if self.source.geometry is None:
            listed = ", ".join(self.names()) or "-"
            raise LayerError("layer_without_places", layer=self.mapping.layer, file=self.file, known=listed)
        return np.asarray(self.source.geometry, dtype=object).copy(), []

    def check_axes(self, *, angular: bool) -> None:
        """Require that columns of degrees come with a system in degrees, and metres with one in metres."""
        crs = self.mapping.crs or self.source.crs
        if crs is None:
            raise CRSError("crs_missing", layer=self.file)
        geographic = is_offset_system(crs) or parse_crs(crs).is_geographic
        if geographic != angular:
            raise CRSError("crs_of_columns", layer=self.file, crs=crs)

    def remarks(self, columns: Mapping[str, pd.Series], known: Sequence[RowFault]) -> list[RowFault]:
        """Note what is no fault of one value: an empty source, a CRS not followed, a height that is not there."""
        faults = [] if len(self.source.frame) else [RowFault("OM-PKG-010", None)]
        said, followed = self.source.crs, self.mapping.crs
        if said and followed and (is_offset_system(followed) or parse_crs(said) != parse_crs(followed)):
            faults.append(RowFault("OM-CRS-003", None, {"said": _short(said), "followed": _short(followed)}))
        return faults + self.heights(columns, known)

    def heights(self, columns: Mapping[str, pd.Series], known: Sequence[RowFault]) -> list[RowFault]:
        """Note where a height is not there that analyses then have to assume."""
        name = _ADVISED.get(self.mapping.layer)
        if name is None:
            return []
        values = {"field": name, "alias": self.schema.fields[name].alias_zh}
        if name not in columns:
            return [RowFault("OM-ATT-009", None, values)] if len(self.source.frame) else []
        unread = {fault.position for fault in known if fault.values.get("field") == name}
        empty = np.flatnonzero(columns[name].isna().to_numpy(dtype=bool))
        return [RowFault("OM-ATT-004", int(row), values) for row in empty if int(row) not in unread]

    def assembled(
        self,
        columns: Mapping[str, pd.Series],
        geometry: NDArray[np.object_],
        stay: NDArray[np.int64],
        working_crs: str,
    ) -> gpd.GeoDataFrame:
        """Put the layer together from the rows that stay."""
        names = self.provenance()
        data = {name: column.iloc[stay].reset_index(drop=True) for name, column in columns.items()}
        data[_PROVENANCE] = pd.Series([names[row] for row in stay], dtype=DTYPES["text"])
        places = gpd.GeoSeries(promote_mixed(geometry[stay]), crs=parse_crs(working_crs))
        return gpd.GeoDataFrame(data, geometry=places, crs=parse_crs(working_crs))

    def provenance(self) -> list[str]:
        """Say for each row where it comes from."""
        return [f"{self.file}|{self.source.layer}|{row}" for row in self.source.rows]

    def finding(self, fault: RowFault, columns: Mapping[str, pd.Series], places: Places) -> Finding:
        """Name a fault as a person sees it."""
        row = fault.position
        feature, lon, lat = "", None, None
        if row is not None:
            identity = columns.get(self.schema.id_field)
            feature = "" if identity is None or pd.isna(identity.iloc[row]) else str(identity.iloc[row])
            lon, lat = _place_of(places.geometry[row], fault.values)
        return Finding(
            rule=fault.rule,
            layer=self.mapping.layer,
            file=self.file,
            row=None if row is None else int(self.source.rows[row]),
            feature=feature,
            values=MappingProxyType(dict(fault.values)),
            action=fault.action,
            lon=lon,
            lat=lat,
            sheet=self.source.layer,
            columns=self.columns_of(fault),
        )

    def columns_of(self, fault: RowFault) -> tuple[str, ...]:
        """Name the columns of the source whose cells a fault is about."""
        mapping = self.mapping
        spelled = {**mapping.fields, **{axis: getattr(mapping, axis) for axis in _AXES}}
        return tuple(dict.fromkeys(spelled[name] for name in fault.fields if spelled.get(name)))


def _first_rejections(faults: Sequence[RowFault]) -> dict[int, RowFault]:
    """Keep one rejection a row: the first."""
    gone: dict[int, RowFault] = {}
    for fault in faults:
        if fault.action == "rejected" and fault.position is not None:
            gone.setdefault(fault.position, fault)
    return gone


def _place_of(geometry: BaseGeometry | None, values: Mapping[str, object]) -> tuple[float | None, float | None]:
    """Give the place of a finding in degrees, where there is one."""
    if geometry is not None and not geometry.is_empty:
        centre = geometry.centroid
        if abs(centre.x) <= 180 and abs(centre.y) <= 90:
            return float(centre.x), float(centre.y)
    lon, lat = values.get("lon"), values.get("lat")
    return (lon, lat) if isinstance(lon, float) and isinstance(lat, float) else (None, None)


def _short(crs: str) -> str:
    """Name a CRS briefly."""
    return crs if is_offset_system(crs) else crs_label(parse_crs(crs))
