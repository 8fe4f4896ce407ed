"""Read all files of a project and bring them to canonical layers."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from onemap.config import Project, SourceSettings
from onemap.errors import CRSError, LayerError
from onemap.findings import Finding
from onemap.layers.catalogue import catalogue
from onemap.layers.conform import Conformed, LayerMapping, conform
from onemap.layers.crs import DatumStep, choose_operation, metric_crs, to_crs
from onemap.layers.grid import Grid
from onemap.layers.join import join_layers
from onemap.layers.known_places import disagreeing_names
from onemap.progress import Progress, silent
from onemap.sources import Reader, SourceLayer, open_reader, read_elevation, read_file
from onemap.workflows.datum_steps import crs_findings, declared_step, operation_record
from onemap.workflows.height_datums import height_findings
from onemap.workflows.large_sources import conform_batches, is_large
from onemap.workflows.manifest import fingerprint
from onemap.workflows.shift_hints import shift_findings

__all__ = ["Inputs", "mapping_of", "read_layers"]

log = logging.getLogger(__name__)

_ASK_FOR_CRS = frozenset({"OM-PKG-039", "OM-PKG-044", "OM-PKG-048"})
"""What a reader asks of a file that leaves its system open; a project that names it has answered."""
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
    """

    layers: Mapping[str, gpd.GeoDataFrame]
    findings: tuple[Finding, ...]
    operations: tuple[Mapping[str, object], ...]
    files: Mapping[str, Mapping[str, object]]
    elevation: Grid | None


def read_layers(project: Project, *, progress: Progress = silent) -> Inputs:
    """Read and conform every source of a project, and its elevation model.

    The districts come first: rows of other layers farther from them than the margin of the project are rejected.

    Parameters
    ----------
    project
        The project file.
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
    conformed: dict[str, list[Conformed]] = {}
    findings: list[Finding] = []
    operations: list[Mapping[str, object]] = []
    read: list[tuple[SourceSettings, _ReadSource]] = []
    area: BaseGeometry | None = None
    in_order = sorted(project.source, key=lambda source: source.layer != AREA_LAYER)
    with open_reader() as reader, progress.step("step_reading", len(in_order) + 1) as done:
        for source in in_order:
            if area is None and source.layer != AREA_LAYER and AREA_LAYER in conformed:
                area = _area(conformed[AREA_LAYER], project.project.area_margin_km)
            one = _read_source(project, source, area, reader)
            findings += one.read_findings
            operations += one.operations
            read.append((source, one))
            conformed.setdefault(source.layer, []).append(one.conformed)
            done(1)
        layers, met = _joined(conformed)
        met += disagreeing_names(layers)
        elevation, noted = _read_elevation(project, layers, reader)
        declared = {source.path: one.crs for source, one in read}
        met += height_findings(project, declared, None if elevation is None else elevation.crs)
        met += shift_findings([(source, one.conformed) for source, one in read])
        done(1)
    return Inputs(
        layers=MappingProxyType(layers),
        findings=(*findings, *met, *noted),
        operations=tuple(operations),
        files=MappingProxyType(
            _fingerprints(project) | {source.path: one.fingerprint for source, one in read if one.fingerprint}
        ),
        elevation=elevation,
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


@dataclass(frozen=True, slots=True)
class _ReadSource:
    """One source after reading and conforming."""

    conformed: Conformed
    read_findings: tuple[Finding, ...]
    operations: tuple[Mapping[str, object], ...]
    crs: str | None
    fingerprint: Mapping[str, object] | None = None


def _read_source(project: Project, source: SourceSettings, area: BaseGeometry | None, reader: Reader) -> _ReadSource:
    """Read one source and make it canonical."""
    raw, result, rows = _conformed(project, source, area, reader)
    log.info("%s: %d rows read, %d kept", source.path, rows, len(result.layer))
    open_ones = (one for one in raw.findings if not (source.crs and one.rule in _ASK_FOR_CRS))
    noted = tuple(replace(finding, layer=source.layer, file=source.path) for finding in open_ones)
    questioned = crs_findings(project, source, raw.crs, result)
    return _ReadSource(
        result, (*noted, *questioned), operation_record(source, result.operation), raw.crs, _table_hash(raw)
    )


def _conformed(
    project: Project, source: SourceSettings, area: BaseGeometry | None, reader: Reader
) -> tuple[SourceLayer, Conformed, int]:
    """Read and conform one source, a large file in batches; give what was read (the last batch), and how many rows."""
    working_crs = project.project.working_crs
    if source.database is None and is_large(path := project.resolve(source.path)):
        with _naming(source.path):
            large = conform_batches(
                path,
                mapping_of(source, declared_step(project, source, reader)),
                working_crs=working_crs,
                area=area,
                file=source.path,
                layer=source.source_layer or None,
                encoding=source.encoding,
                header_row=source.header_row,
                reader=reader,
            )
        return large.last, large.conformed, large.rows
    raw = _raw(project, source, reader)
    with _naming(source.path):
        mapping = mapping_of(source, declared_step(project, source, reader))
        result = conform(raw, mapping, working_crs=working_crs, area=area, file=source.path)
    return raw, result, len(raw.rows)


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


def _area(districts: list[Conformed], margin_km: float) -> BaseGeometry | None:
    """Give the districts with the margin of the project round them, in the working CRS; None if there are none."""
    shapes = [shape for one in districts for shape in one.layer.geometry]
    if not shapes:
        return None
    whole = shapely.union_all(shapely.make_valid(shapes))
    crs = districts[0].layer.crs
    metric = to_crs(gpd.GeoDataFrame(geometry=[whole], crs=crs), metric_crs(whole.centroid.x, whole.centroid.y))
    wide = gpd.GeoDataFrame(geometry=metric.geometry.buffer(margin_km * 1000.0), crs=metric.crs)
    area: BaseGeometry = to_crs(wide, crs).geometry.iloc[0]
    return area


def _joined(conformed: Mapping[str, list[Conformed]]) -> tuple[dict[str, gpd.GeoDataFrame], list[Finding]]:
    """Join the sources of each layer, in the order of the catalogue."""
    layers: dict[str, gpd.GeoDataFrame] = {}
    findings: list[Finding] = []
    for name in catalogue():
        if name in conformed:
            joined = join_layers(name, conformed[name])
            layers[name] = joined.layer
            findings += joined.findings
    return layers, findings


def _read_elevation(
    project: Project, layers: Mapping[str, gpd.GeoDataFrame], reader: Reader
) -> tuple[Grid | None, tuple[Finding, ...]]:
    """Read the part of the elevation model that the layers lie on."""
    if project.elevation is None:
        return None, ()
    bounds = [layer.total_bounds for layer in layers.values() if len(layer)]
    window = None
    if bounds:
        west, south = (min(one[side] for one in bounds) - ELEVATION_MARGIN_DEG for side in (0, 1))
        east, north = (max(one[side] for one in bounds) + ELEVATION_MARGIN_DEG for side in (2, 3))
        window = (float(west), float(south), float(east), float(north))
    path = project.resolve(project.elevation.path)
    grid, noted = read_elevation(path, bounds=window, bounds_crs=project.project.working_crs, reader=reader)
    if project.coverage.model == "line of sight" and not np.isfinite(grid.values).any():
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
    return {path: fingerprint(project.resolve(path)) for path in sorted(paths)}
