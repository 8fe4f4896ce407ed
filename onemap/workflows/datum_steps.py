"""What a source declares to cross between datums: read from the project, told in the manifest, and questioned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.config import ControlPointSettings, Project
from onemap.config.source_settings import SourceSettings
from onemap.errors import CRSError
from onemap.findings import Finding
from onemap.layers.angles import parse_angle
from onemap.layers.control_points import ControlPoints
from onemap.layers.crs import DatumShift, DatumStep, Operation
from onemap.layers.declared_pipeline import DeclaredPipeline, NamedOperation
from onemap.layers.numbers import parse_number
from onemap.layers.plane_shift import PlaneShift
from onemap.layers.provinces import province_of_code
from onemap.layers.whole_layer import boxes_of
from onemap.sources import Reader, SourceLayer, read_file
from onemap.workflows.streamed_layers import LayerPart

__all__ = ["crs_findings", "declared_step", "operation_record"]

_PLACES = ("source_easting", "source_northing", "target_easting", "target_northing")
_HEIGHTS = ("source_height", "target_height")
_HEADERS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "点名", "点号", "名称"),
    "source_easting": ("source_easting", "source_lon", "源东坐标", "源横坐标", "源经度"),
    "source_northing": ("source_northing", "source_lat", "源北坐标", "源纵坐标", "源纬度"),
    "target_easting": ("target_easting", "target_lon", "目标东坐标", "目标横坐标", "目标经度"),
    "target_northing": ("target_northing", "target_lat", "目标北坐标", "目标纵坐标", "目标纬度"),
    "source_height": ("source_height", "source_height_m", "源大地高"),
    "target_height": ("target_height", "target_height_m", "目标大地高"),
}
"""Columns of a table of control points; a bare X or Y is not among them, for offices mean either axis by it."""
_SPELLINGS = {"lon": "easting", "lat": "northing"}
_FARTHEST_SHARE = 0.5  # of the width of the points: beyond that a fit is an extrapolation


_ROWS_AT_ONCE = 100_000


def declared_step(project: Project, source: SourceSettings, reader: Reader) -> DatumStep | None:
    """Give what a source declares to cross between datums.

    Parameters
    ----------
    project
        The project file; paths start at its folder.
    source
        One `[[source]]` of it.
    reader
        Worker that a table of control points is read with.

    Returns
    -------
    step
        What was declared, None where nothing was.

    Raises
    ------
    CRSError
        If what is declared cannot be used, or a table of control points has other columns, or no numbers.
    ReadError
        If the table is missing or damaged.
    RefusedError
        If it is hostile.
    """
    if source.datum_shift is not None:
        return DatumShift(**source.datum_shift.model_dump())
    if source.plane_shift is not None:
        return PlaneShift(**source.plane_shift.model_dump())
    if source.pipeline is not None:
        return DeclaredPipeline(source.pipeline.steps, source.pipeline.accuracy_m)
    if source.operation is not None:
        return NamedOperation(source.operation)
    if source.control_points is not None:
        return _control_points(project, source.control_points, reader)
    return None


def operation_record(source: SourceSettings, operation: Operation | None) -> tuple[Mapping[str, object], ...]:
    """Give how one source came to the working CRS, as the manifest tells it.

    Parameters
    ----------
    source
        One `[[source]]` of the project file.
    operation
        How its coordinates were moved; None where there were none.

    Returns
    -------
    records
        One record, with the residuals of control points where there are such; none without an operation.
    """
    if operation is None:
        return ()
    record: dict[str, object] = {
        "file": source.path,
        "source_layer": source.source_layer,
        "layer": source.layer,
        "from": operation.source_crs,
        "to": operation.target_crs,
        "operation": operation.description,
        "pipeline": operation.pipeline,
        "accuracy_m": operation.accuracy_m,
        "PROJ": operation.proj_version,
    }
    if operation.control is not None:
        record["control_points"] = operation.control.as_dict()
    return (record,)


def crs_findings(project: Project, source: SourceSettings, crs: str | None, part: LayerPart) -> list[Finding]:
    """Question the way of one source to the working CRS.

    Parameters
    ----------
    project
        The project file; its code names the province.
    source
        One `[[source]]` of it.
    crs
        System that its file declares.
    part
        The canonical layer in the working CRS, and how its coordinates were moved.

    Returns
    -------
    findings
        A shift that the file carries along and that was not applied; rows far outside the control points; a layer
        outside the province.
    """
    operation, boxes = part.operation, boxes_of(part.layer)
    found: list[tuple[str, dict[str, object]]] = []
    if crs is not None and any(mark in crs.upper() for mark in ("TOWGS84", "BOUNDCRS", "ABRIDGEDTRANSFORMATION")):
        found.append(("OM-CRS-037", {}))
    if operation is not None and operation.control is not None and len(boxes):
        outside = _outside_control(operation.control.places, boxes)
        if outside:
            found.append(("OM-CRS-038", outside))
    elsewhere = _outside_province(project.project.code, boxes)
    if elsewhere:
        found.append(("OM-CRS-043", elsewhere))
    return [
        Finding(
            rule=rule, layer=source.layer, file=source.path, sheet=source.source_layer, values=MappingProxyType(told)
        )
        for rule, told in found
    ]


def _outside_control(places: Sequence[tuple[float, float]], boxes: NDArray[np.float64]) -> dict[str, object]:
    """Count the rows far outside the hull of control points; nothing where all lie near it."""
    hull = shapely.convex_hull(shapely.multipoints(np.array(places)))
    metres = 111_200.0 * np.array([np.cos(np.radians(hull.centroid.y)), 1.0])
    flat = shapely.transform(np.array([hull], dtype=object), lambda xy: xy * metres)[0]
    west, south, east, north = flat.bounds
    width_m = float(np.hypot(east - west, north - south))
    corners = [[0, 1], [0, 3], [2, 1], [2, 3]]
    some = (boxes[start : start + _ROWS_AT_ONCE, corners] for start in range(0, len(boxes), _ROWS_AT_ONCE))
    away_m = np.concatenate([shapely.distance(flat, shapely.points(one * metres)).max(axis=1) for one in some])
    far = away_m > _FARTHEST_SHARE * width_m
    if not far.any():
        return {}
    return {"count": int(far.sum()), "farthest": f"{away_m.max() / 1000:.1f}", "width": f"{width_m / 1000:.1f}"}


def _outside_province(code: str, boxes: NDArray[np.float64]) -> dict[str, object]:
    """Count the rows outside the province of a project; nothing where most lie inside, or none is named."""
    province = province_of_code(code)
    if province is None or not len(boxes):
        return {}
    west, south, east, north = boxes.T
    lon, lat = (west + east) / 2, (south + north) / 2
    outside = ~shapely.intersects_xy(province.box, lon, lat)
    if outside.mean() <= 0.5:
        return {}
    first = int(np.flatnonzero(outside)[0])
    return {
        "count": int(outside.sum()),
        "total": len(boxes),
        "code": code,
        "province": f"{province.zh} {province.en}",
        "value": f"{lon[first]:.6f}, {lat[first]:.6f}",
    }


def _control_points(project: Project, settings: ControlPointSettings, reader: Reader) -> ControlPoints:
    """Take control points from the project file or from their table."""
    if settings.path is None:
        names = [one.name for one in settings.points]
        places = [[one.source, one.target] for one in settings.points]
        known = [(one.source_height_m, one.target_height_m) for one in settings.points]
        heights = [(one, other) for one, other in known if one is not None and other is not None]
    else:
        table = read_file(
            project.resolve(settings.path),
            layer=settings.source_layer or None,
            encoding=settings.encoding,
            header_row=settings.header_row,
            reader=reader,
        )
        names, numbers = _table(table, settings)
        places = [[(row[0], row[1]), (row[2], row[3])] for row in numbers]
        heights = [(row[4], row[5]) for row in numbers if len(row) > len(_PLACES)]
    return ControlPoints(
        names=tuple(names),
        source=tuple(pair[0] for pair in places),
        target=tuple(pair[1] for pair in places),
        method=settings.method,
        max_residual_m=settings.max_residual_m,
        crs=settings.crs,
        target_crs=settings.target_crs,
        source_height_m=tuple(pair[0] for pair in heights),
        target_height_m=tuple(pair[1] for pair in heights),
    )


def _table(table: SourceLayer, settings: ControlPointSettings) -> tuple[list[str], list[list[float]]]:
    """Read names and numbers of a table of control points: four coordinates a row, and two heights where there are."""
    known = [str(name).strip() for name in table.frame.columns]
    given = {_canonical(key): column.strip() for key, column in settings.columns.items()}
    columns = {key: given.get(key) or _guessed(key, known) for key in _HEADERS}
    wrong = [given[key] for key in given if given[key] not in known or key not in _HEADERS]
    with_heights = all(columns[key] for key in _HEIGHTS)
    wanted = ("name", *_PLACES, *(_HEIGHTS if with_heights else ()))
    if wrong or not all(columns[key] for key in wanted):
        raise CRSError("control_points_columns", file=settings.path, found=", ".join(known) or "-")
    cells = {key: table.frame.iloc[:, known.index(str(columns[key]))].tolist() for key in wanted}
    names = [str(name).strip() for name in cells["name"]]
    numbers = []
    for row in range(len(names)):
        found = [_number(str(cells[key][row]), angular=key in _PLACES) for key in wanted[1:]]
        wrong_cells = [cells[key][row] for key, value in zip(wanted[1:], found, strict=True) if value is None]
        if wrong_cells:
            values = {"file": settings.path, "row": int(table.rows[row]), "value": _shown(wrong_cells[0])}
            raise CRSError("control_points_cell", **values)
        numbers.append([value for value in found if value is not None])
    return names, numbers


def _canonical(key: str) -> str:
    """Give the name of a column whose coordinates may be called lon and lat."""
    head, _, tail = key.rpartition("_")
    return f"{head}_{_SPELLINGS.get(tail, tail)}" if head else key


def _guessed(key: str, known: Sequence[str]) -> str | None:
    """Find the column of a key by its usual headers."""
    return next((name for name in known if name.lower() in _HEADERS[key]), None)


def _number(text: str, *, angular: bool) -> float | None:
    """Read metres, or an angle where it may be one."""
    number = parse_number(text)
    if number is not None or not angular:
        return number
    angle = parse_angle(text)
    return None if angle is None else angle[0]


def _shown(value: Any) -> str:
    """Show a cell briefly."""
    return "" if pd.isna(value) else str(value)[:40]
