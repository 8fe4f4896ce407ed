"""A source as its mapping reads it: texts of columns, attributes, rows left out, places in its own CRS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.errors import LayerError
from onemap.layers.attributes import constant_column, field_column, fill_gaps, yes_no_column
from onemap.layers.cell_checks import checked_texts, meant_above, unseen_marks
from onemap.layers.cells import Texts, cell_texts, words_like
from onemap.layers.columns import find_column
from onemap.layers.coordinates import points_of_columns
from onemap.layers.crs_names import is_offset_system, parse_crs
from onemap.layers.geometry_kinds import single_kinds
from onemap.layers.mapping import LayerMapping, Source, check_mapping, source_crs
from onemap.layers.place_checks import Precision
from onemap.layers.row_faults import RowFault
from onemap.layers.schema import Field, LayerSchema
from onemap.layers.shape_texts import shapes_of_column
from onemap.layers.values import plain_text

__all__ = ["MappedSource", "ReadPlaces"]

HEIGHTS = "geometry.z"
"""What a mapping names in place of a column to take the heights of points."""

_DITTO = "ditto"
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ReadPlaces:
    """Geometries in the CRS of the source, what was wrong with them, and the columns that they come from."""

    geometry: NDArray[np.object_]
    faults: list[RowFault]
    axes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MappedSource:
    """One source, or a batch of its rows, with what a project says of it.

    Attributes
    ----------
    source
        Layer as read.
    mapping
        How it becomes a canonical layer.
    schema
        That layer.
    file
        Name of the file in findings, relative to the project.
    above
        Field → text of the last row of the batch before, for cells that say 同上.
    """

    source: Source
    mapping: LayerMapping
    schema: LayerSchema
    file: str
    above: dict[str, str | None] = field(default_factory=dict)

    def check_fields(self) -> None:
        """Require that the mapping speaks of fields of the layer, and of all that are required."""
        check_mapping(self.mapping, self.schema, file=self.file, columns=self.names())

    def crs(self, *, angular: bool | None = None) -> str:
        """Give the CRS of the places."""
        return source_crs(self.source, self.mapping, file=self.file, angular=angular)

    def names(self) -> list[str]:
        """Give the names of the source's columns."""
        return [str(name) for name in self.source.frame.columns]

    def texts(self, column: str) -> Texts:
        """Give the cells of a column that the mapping names, as texts."""
        if self.source.frame.empty and not self.names():  # without features some formats have no columns either
            return Texts(words_like([]), np.empty(0, dtype=np.int64))
        return cell_texts(self.cells(column))

    def cells(self, column: str) -> pd.Series:
        """Give the cells of a column that the mapping names, or the heights of the points."""
        if column == HEIGHTS and column not in self.names() and self.source.geometry is not None:
            return pd.Series(shapely.get_z(np.asarray(self.source.geometry, dtype=object)))
        position = find_column(column, self.names(), layer=self.mapping.layer, file=self.file)
        return self.source.frame.iloc[:, position]

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
            texts, questioned = self.checked_texts(one, mapping.fields[name])
            values, unit = mapping.values.get(name, _NOTHING), mapping.units.get(name, "")
            part, found = field_column(
                one, texts, layer=mapping.layer, values=values, unit=unit, repairs=mapping.repair
            )
            parts.append(part)
            faults = [*questioned, *found]
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

    def checked_texts(self, field: Field, column: str) -> tuple[Texts, list[RowFault]]:
        """Give the texts of a column as far as they are values of their own rows and not spoiled."""
        texts = self.texts(column)
        above = self.above.get(field.name)
        checked, faults = checked_texts(field, texts, repairs=self.mapping.repair, above=above)
        if _DITTO in self.mapping.repair:
            self.above[field.name] = meant_above(texts, above)
        if len(texts):
            faults += unseen_marks(field, self.cells(column), np.asarray(self.source.rows))
        return checked, faults

    def left_out(self) -> list[RowFault]:
        """Leave out the rows that the mapping does not ask for."""
        faults: dict[int, RowFault] = {}
        asked = [(column, values, True) for column, values in self.mapping.where.items()]
        asked += [(column, values, False) for column, values in self.mapping.leave_out.items()]
        for column, given, is_wanted in asked:
            texts = self.texts(column)
            known = {plain_text(str(value)) for value in given}
            words = texts.words.to_pylist()
            unwanted = np.array(
                [*((word not in known) == is_wanted for word in words), (None not in known) == is_wanted]
            )
            named = [{"column": column, "value": word} for word in (*words, "")]
            for row in np.flatnonzero(unwanted[texts.codes]).tolist():
                faults.setdefault(row, RowFault("OM-ATT-010", row, named[texts.codes[row]], "rejected"))
        return list(faults.values())

    def read_places(self, left_out: set[int | None]) -> ReadPlaces:
        """Read geometries of two dimensions and of a kind that the layer may hold."""
        raw = self.raw_places()
        raw.geometry[[row for row in left_out if row is not None]] = None
        unread = {fault.position for fault in raw.faults} | left_out
        plain, found = single_kinds(raw.geometry, self.schema.geometry)
        faults = [fault for fault in found if fault.position is None or fault.position not in unread]
        return ReadPlaces(plain, [*raw.faults, *faults], raw.axes)

    def precision_of(self, geometry: NDArray[np.object_], known: Precision | None) -> Precision | None:
        """Count the decimals of points in degrees; None where there are no degrees."""
        crs = self.crs()
        if not (is_offset_system(crs) or parse_crs(crs).is_geographic):
            return None
        points = geometry[(shapely.get_type_id(geometry) == 0) & ~shapely.is_empty(geometry)]
        precision = Precision() if known is None else known
        if len(points):
            precision.add(shapely.get_x(points), shapely.get_y(points))
        return precision

    def axis_texts(self, axis: str, column: str) -> tuple[Texts, list[RowFault]]:
        """Give the texts of coordinates; 同上 is filled where the project asks for it."""
        if _DITTO not in self.mapping.repair:
            return self.texts(column), []
        return self.checked_texts(Field(axis, "number", column, column), column)

    def raw_places(self) -> ReadPlaces:
        """Take the geometries of the source, or make points of its coordinate columns."""
        pairs = {("lon", "lat"): True, ("easting", "northing"): False}
        for (first, second), angular in pairs.items():
            across, up = getattr(self.mapping, first), getattr(self.mapping, second)
            if across is not None and up is not None:
                self.crs(angular=angular)
                (east, filled), (north, also) = self.axis_texts(first, across), self.axis_texts(second, up)
                points, faults = points_of_columns(east, north, angular=angular)
                return ReadPlaces(points, [*filled, *also, *faults], (first, second))
            if across is not None or up is not None:
                given, missing = (first, second) if up is None else (second, first)
                raise LayerError("layer_half_places", layer=self.mapping.layer, given=given, missing=missing)
        if self.mapping.shape is not None:
            shapes = shapes_of_column(list(self.texts(self.mapping.shape)), self.schema.geometry)
            return ReadPlaces(*shapes, ("shape",))
        if self.source.geometry is None:
            listed = ", ".join(self.names()) or "-"
            raise LayerError("layer_without_places", layer=self.mapping.layer, file=self.file, known=listed)
        return ReadPlaces(np.asarray(self.source.geometry, dtype=object).copy(), [], ())
