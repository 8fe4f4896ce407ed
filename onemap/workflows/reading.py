"""Read all files of a project and bring them to canonical layers."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from onemap.config import Project, SourceSettings
from onemap.errors import CRSError, LayerError
from onemap.findings import Finding
from onemap.layers.catalogue import catalogue
from onemap.layers.conform import LayerMapping, conform
from onemap.layers.crs import DatumStep, choose_operation, metric_crs, to_crs
from onemap.layers.grid import Grid
from onemap.layers.known_places import disagreeing_names
from onemap.layers.whole_layer import FrameLayer, WholeLayer, boxes_of
from onemap.progress import Progress, silent
from onemap.sources import Reader, SourceLayer, open_reader, read_elevation, read_file
from onemap.workflows.clutter import clutter_files, read_clutter
from onemap.workflows.datum_steps import crs_findings, declared_step, operation_record
from onemap.workflows.height_datums import height_findings
from onemap.workflows.large_sources import conform_batches, is_large
from onemap.workflows.manifest import fingerprint
from onemap.workflows.measured_cells import measurement_findings
from onemap.workflows.shift_hints import shift_findings
from onemap.workflows.streamed_layers import LayerPart, join_parts, layers_to_stream, spool_batches

__all__ = ["Inputs", "mapping_of", "read_layers"]

log = logging.getLogger(__name__)

_ASK_FOR_CRS = frozenset({"OM-PKG-039", "OM-PKG-044", "OM-PKG-048"})
"""What a reader asks of a file that leaves its system open; a project that names it has answered."""
_SAID_AGAIN = "OM-PKG-055"
"""A layer without rows: conforming says it too, of the canonical layer that gets none."""
AREA_LAYER = "districts"
ELEVATION_MARGIN_DEG = 0.02


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a project was read into.

    Attributes
    ----------
    layers
        Canonical layers by name, in the working CRS, in the order of the catalogue.
    findings
        What was met on the way.
    operations
        How each source came to the working CRS, for the manifest.
    files
        Inputs as named in the project, with size and SHA-256.
    elevation
        Heights above sea level in metres, None where the project names no elevation model.
    streamed
        Further canonical layers, which are too large to be held.
    clutter
        Heights of what stands on the ground in metres, on the cells of `elevation`; None for open land.
    clutter_record
        What the clutter rests on, for the manifest.
    """

    layers: Mapping[str, gpd.GeoDataFrame]
    findings: tuple[Finding, ...]
    operations: tuple[Mapping[str, object], ...]
    files: Mapping[str, Mapping[str, object]]
    elevation: Grid | None
    streamed: Mapping[str, WholeLayer] = field(default_factory=dict)
    clutter: Grid | None = None
    clutter_record: Mapping[str, object] = field(default_factory=dict)


def read_layers(project: Project, *, spool: Path | None = None, progress: Progress = silent) -> Inputs:
    """Read and conform every source of a project, and its elevation model.

    The districts come first: rows of other layers farther from them than the margin of the project are rejected.

    Parameters
    ----------
    project
        The project file.
    spool
        Folder for layers of points too many to be held, which are needed as long as the inputs are; None where all
        layers are to be in memory, as analyses want them.
    progress
        Told of each source.

    Returns
    -------
    inputs
        Layers, findings, operations, fingerprints, elevation.

    Raises
    ------
    ReadError
        If a file is missing or damaged.
    RefusedError
        If a file is hostile.
    CRSError
        If coordinates cannot be brought to the working CRS without guessing.
    LayerError
        If a mapping does not fit its file.
    """
    going = _Going(project, frozenset() if spool is None else layers_to_stream(project), spool)
    in_order = sorted(project.source, key=lambda source: source.layer != AREA_LAYER)
    with open_reader() as reader, progress.step("step_reading", len(in_order) + 1) as done:
        for source in in_order:
            going.read(source, reader)
            done(1)
        layers, met = _joined(going.read_so_far)
        met += [*disagreeing_names(layers), *measurement_findings(layers)]
        elevation, noted = _read_elevation(project, layers, reader)
        clutter = read_clutter(project, elevation, reader)
        declared = {source.path: one.crs for source, one in going.read_so_far}
        met += height_findings(project, declared, None if elevation is None else elevation.crs)
        met += shift_findings([(source, one.part) for source, one in going.read_so_far])
        done(1)
    read = [one for _, one in going.read_so_far]
    hashes = {source.path: one.fingerprint for source, one in going.read_so_far if one.fingerprint}
    in_memory = {name: layer.frame for name, layer in layers.items() if isinstance(layer, FrameLayer)}
    return Inputs(
        layers=MappingProxyType(in_memory),
        findings=(*(finding for one in read for finding in one.read_findings), *met, *noted, *clutter.findings),
        operations=tuple(operation for one in read for operation in one.operations),
        files=MappingProxyType(_fingerprints(project) | hashes),
        elevation=elevation,
        streamed=MappingProxyType({name: layer for name, layer in layers.items() if name not in in_memory}),
        clutter=clutter.grid,
        clutter_record=clutter.record,
    )


def mapping_of(source: SourceSettings, datum_step: DatumStep | None = None) -> LayerMapping:
    """Give a source of a project file as conforming takes it.

    Parameters
    ----------
    source
        One `[[source]]` of the project file.
    datum_step
        What it declares to cross between datums, from `declared_step`.
    """
    return LayerMapping(
        layer=source.layer,
        crs=source.crs,
        fields=source.fields,
        values=source.values,
        constants=source.constants,
        yes_no=source.yes_no,
        units=source.units,
        lon=source.lon,
        lat=source.lat,
        easting=source.easting,
        northing=source.northing,
        datum_shift=datum_step,
        where=source.where,
        shape=source.shape,
        leave_out=source.leave_out,
        repair=source.repair,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _ReadSource:
    """One source after reading and conforming."""

    part: LayerPart
    read_findings: tuple[Finding, ...]
    operations: tuple[Mapping[str, object], ...]
    crs: str | None
    fingerprint: Mapping[str, object] | None = None


@dataclass(slots=True)
class _Going:
    """The sources of a project as they are read, one after another."""

    project: Project
    streamed: frozenset[str]
    spool: Path | None
    read_so_far: list[tuple[SourceSettings, _ReadSource]] = field(default_factory=list)
    area: BaseGeometry | None = None

    def read(self, source: SourceSettings, reader: Reader) -> None:
        """Read one source and make it canonical."""
        project = self.project
        districts = [one.part for known, one in self.read_so_far if known.layer == AREA_LAYER]
        if self.area is None and source.layer != AREA_LAYER and districts:
            self.area = _area(districts, project.project.area_margin_km)
        raw, part, rows = self.conformed(source, reader)
        log.info("%s: %d rows read, %d kept", source.path, rows, len(part.layer))
        answered = {_SAID_AGAIN, *(_ASK_FOR_CRS if source.crs else ())}
        open_ones = (one for one in raw.findings if one.rule not in answered)
        noted = tuple(replace(finding, layer=source.layer, file=source.path) for finding in open_ones)
        questioned = crs_findings(project, source, raw.crs, part)
        operations = operation_record(source, part.operation)
        one = _ReadSource(part, (*noted, *questioned), operations, raw.crs, _table_hash(raw))
        self.read_so_far.append((source, one))

    def conformed(self, source: SourceSettings, reader: Reader) -> tuple[SourceLayer, LayerPart, int]:
        """Read and conform one source; give what was read (the last batch), and how many rows."""
        if source.database is None and is_large(self.project.resolve(source.path)):
            return self.in_batches(source, reader)
        raw = _raw(self.project, source, reader)
        with _naming(source.path):
            mapping = mapping_of(source, declared_step(self.project, source, reader))
            working_crs = self.project.project.working_crs
            result = conform(raw, mapping, working_crs=working_crs, area=self.area, file=source.path)
        return raw, LayerPart.of(result), len(raw.rows)

    def in_batches(self, source: SourceSettings, reader: Reader) -> tuple[SourceLayer, LayerPart, int]:
        """Read and conform a large file."""
        path = self.project.resolve(source.path)
        with _naming(source.path):
            mapping = mapping_of(source, declared_step(self.project, source, reader))
            reading: dict[str, Any] = {
                "working_crs": self.project.project.working_crs,
                "area": self.area,
                "file": source.path,
                "layer": source.source_layer or None,
                "encoding": source.encoding,
                "header_row": source.header_row,
                "reader": reader,
            }
            if self.spool is not None and source.layer in self.streamed:
                return spool_batches(path, mapping, self.spool / f"{len(self.read_so_far)}.arrow", **reading)
            large = conform_batches(path, mapping, **reading)
        return large.last, LayerPart.of(large.conformed), large.rows


def _table_hash(raw: SourceLayer) -> Mapping[str, object] | None:
    """Give what identifies the rows of a table, in place of a file's hash; None for a file."""
    if raw.driver != "PostGIS":
        return None
    from onemap.sources.content_hash import content_hash

    return content_hash(raw)


def _raw(project: Project, source: SourceSettings, reader: Reader) -> SourceLayer:
    """Read one source, a file or a table, as it is."""
    if source.database is not None:
        from onemap.sources.postgis import read_postgis

        return read_postgis(source.database, table=source.table, query=source.query)
    return read_file(
        project.resolve(source.path),
        layer=source.source_layer or None,
        encoding=source.encoding,
        header_row=source.header_row,
        fill_merged="fill_merged" in source.repair,
        reader=reader,
    )


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """Name the file in an error that does not."""
    try:
        yield
    except (CRSError, LayerError) as error:
        if file in str(error):
            raise
        raise type(error)("source_problem", file=file, problem=error) from error


def _area(districts: Sequence[LayerPart], margin_km: float) -> BaseGeometry | None:
    """Give the districts with the margin of the project round them, in the working CRS; None if there are none."""
    shapes = [shape for one in districts for shape in one.layer.shapes(np.arange(len(one.layer)))]
    if not shapes:
        return None
    whole = shapely.union_all(shapely.make_valid(shapes))
    crs = districts[0].layer.crs
    metric = to_crs(gpd.GeoDataFrame(geometry=[whole], crs=crs), metric_crs(whole.centroid.x, whole.centroid.y))
    wide = gpd.GeoDataFrame(geometry=metric.geometry.buffer(margin_km * 1000.0), crs=metric.crs)
    area: BaseGeometry = to_crs(wide, crs).geometry.iloc[0]
    return area


def _joined(read: Sequence[tuple[SourceSettings, _ReadSource]]) -> tuple[dict[str, WholeLayer], list[Finding]]:
    """Join the sources of each layer, in the order of the catalogue."""
    layers: dict[str, WholeLayer] = {}
    findings: list[Finding] = []
    for name in catalogue():
        parts = [one.part for source, one in read if source.layer == name]
        if parts:
            layers[name], found = join_parts(name, parts)
            findings += found
    return layers, findings


def _read_elevation(
    project: Project, layers: Mapping[str, WholeLayer], reader: Reader
) -> tuple[Grid | None, tuple[Finding, ...]]:
    """Read the part of the elevation model that the layers lie on."""
    if project.elevation is None:
        return None, ()
    boxes = [boxes_of(layer) for layer in layers.values() if len(layer)]
    bounds = [(*np.nanmin(one[:, :2], axis=0), *np.nanmax(one[:, 2:], axis=0)) for one in boxes]
    window = None
    if bounds:
        west, south = (min(one[side] for one in bounds) - ELEVATION_MARGIN_DEG for side in (0, 1))
        east, north = (max(one[side] for one in bounds) + ELEVATION_MARGIN_DEG for side in (2, 3))
        window = (float(west), float(south), float(east), float(north))
    path = project.resolve(project.elevation.path)
    grid, noted = read_elevation(path, bounds=window, bounds_crs=project.project.working_crs, reader=reader)
    if project.coverage.needs_elevation and not np.isfinite(grid.values).any():
        raise LayerError("elevation_void", path=project.elevation.path)
    working_crs = CRS(project.project.working_crs)
    if window is not None and not CRS(grid.crs).equals(working_crs):
        with _naming(project.elevation.path):
            choose_operation(working_crs, grid.crs, window)
    return grid, tuple(replace(finding, file=project.elevation.path) for finding in noted)


def _fingerprints(project: Project) -> dict[str, Mapping[str, object]]:
    """Hash every input once."""
    paths = {source.path for source in project.source if source.database is None}
    paths |= {one.control_points.path for one in project.source if one.control_points and one.control_points.path}
    if project.elevation is not None:
        paths.add(project.elevation.path)
    paths |= clutter_files(project)
    return {path: fingerprint(project.resolve(path)) for path in sorted(paths)}
