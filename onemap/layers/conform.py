"""From a source layer to a canonical layer: rename, cast, repair, reproject, and account for every row.

Each row of the source either has one row in the layer, which carries its `source`, or exactly one finding with the
action "rejected". Nothing else is lost; what was questioned or repaired, and what else is wrong with a rejected row, is
a finding besides.

A large source is conformed in batches: `survey` goes over all of them first, for one operation holds for the whole
layer; `conform` then takes them one by one; `closing_findings` says what is true of the layer as a whole. All three
share a `ConformState`. The rows and findings are those of the source conformed as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onemap.findings import Finding
from onemap.layers.attributes import missing_rows
from onemap.layers.axes import with_axes_exchanged
from onemap.layers.casting import DTYPES
from onemap.layers.catalogue import schema as schema_of
from onemap.layers.conform_state import ConformState
from onemap.layers.crs import Operation
from onemap.layers.crs_names import crs_label, is_offset_system, parse_crs
from onemap.layers.geometry_kinds import promote_mixed
from onemap.layers.layer_checks import layer_findings
from onemap.layers.mapped_source import MappedSource
from onemap.layers.mapping import LayerMapping, Source
from onemap.layers.place_checks import coarse_notes, rough_places
from onemap.layers.places import Places, extent_of, operation_for, place_rows, zone_notes
from onemap.layers.row_checks import header_notes, total_rows
from onemap.layers.row_faults import RowFault
from onemap.layers.row_findings import name_faults
from onemap.layers.shape_faults import checked_shapes

__all__ = ["ConformState", "Conformed", "LayerMapping", "Source", "closing_findings", "conform", "survey"]

_ADVISED = {"towers": "height_agl_m"}
"""Fields that may be missing but that analyses then have to assume."""
_PROVENANCE = "source"


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
    source: Source,
    mapping: LayerMapping,
    *,
    working_crs: str,
    area: BaseGeometry | None = None,
    file: str,
    state: ConformState | None = None,
) -> Conformed:
    """Make a canonical layer of a source layer, or of a batch of its rows.

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
    state
        What goes from batch to batch, where the source is one of several batches: then what is true of the whole layer
        only (its notes, `layer_findings`, and lines being multi where one of them is) is left to the end.

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
    >>> from pathlib import Path
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
    kept = ConformState() if state is None else state
    one = _Conforming(source, mapping, schema_of(mapping.layer), file, kept.above)
    batch = one.run(working_crs, area, kept)
    if state is not None:
        return batch
    layer = batch.layer.set_geometry(gpd.GeoSeries(promote_mixed(_shapes(batch.layer)), crs=batch.layer.crs))
    layer, found = layer_findings(layer, mapping, file=file, sheet=source.layer)
    return Conformed(layer, (*one.closing(kept, area), *batch.findings, *found), batch.operation)


def survey(source: Source, mapping: LayerMapping, *, working_crs: str, file: str, state: ConformState) -> None:
    """Look at the places of one batch, so that `conform` knows the extent of the whole source.

    Parameters
    ----------
    source
        Batch of rows.
    mapping, working_crs, file
        As in `conform`.
    state
        Is told of the extent; go over all batches before the first is conformed.

    Raises
    ------
    LayerError, CRSError
        As in `conform`, where the mapping does not fit.

    Examples
    --------
    >>> import shapely
    >>> from types import SimpleNamespace
    >>> source = SimpleNamespace(
    ...     layer="", crs="EPSG:4490", geometry=shapely.points([[75.2, 39.5]]), rows=np.array([1]),
    ...     frame=pd.DataFrame({"编码": ["T1"]}),
    ... )
    >>> state = ConformState()
    >>> mapping = LayerMapping("towers", fields={"tower_id": "编码"})
    >>> survey(source, mapping, working_crs="EPSG:4490", file="sites.gpkg", state=state)
    >>> state.extent.fitting
    (75.2, 39.5, 75.2, 39.5)
    """
    one = MappedSource(source, mapping, schema_of(mapping.layer), file, state.surveyed)
    one.check_fields()
    read = one.read_places({fault.position for fault in one.left_out()})
    state.precision = one.precision_of(read.geometry, state.precision)
    extent = extent_of(read.geometry, one.crs(), working_crs)
    state.extent = extent if state.extent is None else state.extent.joined(extent)


def closing_findings(
    source: Source, mapping: LayerMapping, *, area: BaseGeometry | None = None, file: str, state: ConformState
) -> tuple[Finding, ...]:
    """Say what is true of a source as a whole, after its last batch; these findings come before those of rows.

    Parameters
    ----------
    source
        Any of the batches.
    mapping, area, file
        As in `conform`.
    state
        What went from batch to batch.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> source = SimpleNamespace(layer="", crs="EPSG:4490", frame=pd.DataFrame(), rows=np.array([]))
    >>> found = closing_findings(source, LayerMapping("towers"), file="sites.gpkg", state=ConformState())
    >>> [finding.rule for finding in found]
    ['OM-PKG-010']
    """
    return _Conforming(source, mapping, schema_of(mapping.layer), file).closing(state, area)


@dataclass(frozen=True, slots=True)
class _Conforming(MappedSource):
    """One source, or a batch of it, on its way to the canonical layer."""

    def run(self, working_crs: str, area: BaseGeometry | None, state: ConformState) -> Conformed:
        """Take the steps in order."""
        self.check_fields()
        columns, faults = self.attributes()
        left_out = self.left_out()
        places = self.places(working_crs, area, {fault.position for fault in left_out}, state)
        required = [one for one in self.schema.fields.values() if one.required]
        rejections = [*left_out, *places.faults, *faults, *missing_rows(columns, required)]
        gone = _first_rejections(rejections)
        unasked = {fault.position for fault in left_out} | {None}
        sums = total_rows(self.source.frame, features=columns.get(self.schema.id_field), rejected=[*gone])
        gone |= {row: fault for row, fault in sums.items() if row not in unasked}
        noted = [*faults, *places.faults, *_further(rejections, gone), *self.heights(columns, faults)]
        for fault in noted:
            if fault.position is None:
                state.note(fault)
        unasked |= set(sums)
        kept = [one for one in noted if one.position not in unasked and one.action != "rejected"]
        found = sorted([*gone.values(), *kept], key=_position)
        findings = name_faults(
            found,
            self.source,
            self.mapping,
            file=self.file,
            features=columns.get(self.schema.id_field),
            geometry=places.geometry,
        )
        stay = np.ones(len(self.source.frame), dtype=bool)
        stay[list(gone)] = False
        return Conformed(self.assembled(columns, places.geometry, stay, working_crs), tuple(findings), places.operation)

    def closing(self, state: ConformState, area: BaseGeometry | None) -> tuple[Finding, ...]:
        """Name what is true of the whole source."""
        notes = list(state.notes.values())
        if state.places.first_outside is not None:
            notes += zone_notes(state.places, self.crs(), area)
        notes += [
            *self.remarks(state.rows),
            *header_notes(self.mapping, self.schema.fields),
            *coarse_notes(state.precision),
        ]
        nowhere = np.empty(0, dtype=object)
        return tuple(name_faults(notes, self.source, self.mapping, file=self.file, features=None, geometry=nowhere))

    def places(
        self, working_crs: str, area: BaseGeometry | None, left_out: set[int | None], state: ConformState
    ) -> Places:
        """Read the places of the rows and bring them to the working CRS."""
        read, crs, shift = self.read_places(left_out), self.crs(), self.mapping.datum_shift
        if state.extent is not None and state.operation is None:
            state.operation = operation_for(state.extent, crs, working_crs, shift)
        place = partial(place_rows, crs=crs, working_crs=working_crs, area=area, datum_shift=shift)
        placed = place(read.geometry, operation=state.operation)
        state.count(placed)
        if "swapped_axes" in self.mapping.repair:
            placed = with_axes_exchanged(read.geometry, placed, partial(place, operation=state.operation))
        if state.extent is None:  # the rows at hand are all there are
            state.precision = self.precision_of(read.geometry, state.precision)
        rough = rough_places(read.geometry, placed.geometry, state.precision)
        geographic = parse_crs(working_crs).is_geographic
        shapes, found = checked_shapes(placed.geometry, geographic=geographic, area=area, repairs=self.mapping.repair)
        placed = replace(placed, geometry=shapes)
        faults = [*read.faults, *placed.faults, *found, *rough]
        return replace(placed, faults=[_at_columns(fault, read.axes) for fault in faults] if read.axes else faults)

    def remarks(self, rows: int) -> list[RowFault]:
        """Note what is no fault of one value: an empty source, a CRS not followed, a height that is nowhere."""
        faults = [] if rows else [RowFault("OM-PKG-010", None)]
        said, followed = self.source.crs, self.mapping.crs
        if said and followed and (is_offset_system(followed) or parse_crs(said) != parse_crs(followed)):
            faults.append(RowFault("OM-CRS-003", None, {"said": _short(said), "followed": _short(followed)}))
        name = _ADVISED.get(self.mapping.layer)
        mapping = self.mapping
        if rows and name is not None and name not in {*mapping.fields, *mapping.constants, *mapping.yes_no}:
            faults.append(RowFault("OM-ATT-009", None, {"field": name, "alias": self.schema.fields[name].alias_zh}))
        return faults

    def heights(self, columns: Mapping[str, pd.Series], known: Sequence[RowFault]) -> list[RowFault]:
        """Note where a height is not there that analyses then have to assume."""
        name = _ADVISED.get(self.mapping.layer)
        if name is None or name not in columns:
            return []
        values = {"field": name, "alias": self.schema.fields[name].alias_zh}
        unread = {fault.position for fault in known if fault.values.get("field") == name}
        empty = np.flatnonzero(columns[name].isna().to_numpy(dtype=bool)).tolist()
        return [RowFault("OM-ATT-004", row, values, fields=(name,)) for row in empty if row not in unread]

    def assembled(
        self,
        columns: Mapping[str, pd.Series],
        geometry: NDArray[np.object_],
        stay: NDArray[np.bool_],
        working_crs: str,
    ) -> gpd.GeoDataFrame:
        """Put the layer together from the rows that stay."""
        if not stay.all():
            columns = {name: column[stay].reset_index(drop=True) for name, column in columns.items()}
        data = {**columns, _PROVENANCE: self.provenance(stay)}
        places = gpd.GeoSeries(geometry[stay], crs=parse_crs(working_crs))
        return gpd.GeoDataFrame(data, geometry=places, crs=parse_crs(working_crs))

    def provenance(self, stay: NDArray[np.bool_]) -> pd.Series:
        """Say for each row that stays where it comes from."""
        numbers = pa.array(np.asarray(self.source.rows)[stay]).cast(pa.large_string())
        start = pa.scalar(f"{self.file}|{self.source.layer}|", pa.large_string())
        joined = pc.binary_join_element_wise(start, numbers, pa.scalar("", pa.large_string()))
        return pd.Series(pd.array(joined, dtype=DTYPES["text"]))


def _first_rejections(faults: Sequence[RowFault]) -> dict[int, RowFault]:
    """Keep one rejection a row: the first."""
    gone: dict[int, RowFault] = {}
    for fault in faults:
        if fault.action == "rejected" and fault.position is not None:
            gone.setdefault(fault.position, fault)
    return gone


def _further(rejections: Sequence[RowFault], gone: Mapping[int, RowFault]) -> list[RowFault]:
    """Give what else is wrong with rows that are rejected already: whoever mends a row wants to know all of it."""
    return [
        replace(fault, action="kept")
        for fault in rejections
        if fault.action == "rejected" and fault.position is not None and fault is not gone[fault.position]
    ]


def _position(fault: RowFault) -> int:
    """Give the position of a fault of a row."""
    return -1 if fault.position is None else fault.position


def _at_columns(fault: RowFault, axes: tuple[str, ...]) -> RowFault:
    """Say of a fault of a place which columns hold it."""
    return fault if fault.fields or fault.position is None else replace(fault, fields=axes)


def _shapes(layer: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Give the geometries of a layer."""
    return np.asarray(layer.geometry.array, dtype=object)


def _short(crs: str) -> str:
    """Name a CRS briefly."""
    return crs if is_offset_system(crs) else crs_label(parse_crs(crs))
