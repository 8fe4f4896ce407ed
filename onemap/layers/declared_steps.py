"""Operations from what the user declared: parameters, control points, a pipeline, a published operation by its code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import ProjError

from onemap.errors import CRSError
from onemap.layers.control_points import ControlPoints, ControlReport, ControlResidual
from onemap.layers.crs_area import check_bounds, to_lonlat
from onemap.layers.crs_names import crs_label, datum_key, geographic_of, parse_crs
from onemap.layers.datum_shift import DatumShift
from onemap.layers.declared_pipeline import DeclaredPipeline, NamedOperation
from onemap.layers.operations import (
    Operation,
    conversion_steps,
    known_operation,
    named_operation,
    operation_of,
    operation_through,
    shift_steps,
)
from onemap.layers.plane_shift import PlaneShift
from onemap.layers.similarity_fits import FEWEST_POINTS, fit_plane, fit_space
from onemap.messages import Told

__all__ = ["DatumStep", "declared_operation"]

DatumStep = DatumShift | PlaneShift | ControlPoints | DeclaredPipeline | NamedOperation
"""What a user may declare to cross from one datum to another."""

Bounds = Sequence[float] | None
Floats = NDArray[np.float64]

_FARTHEST_M = 2_000.0  # the datums of the world differ by less than this; more is a wrong sign, unit or axis order
_PLACE_GEOD = Geod(ellps="GRS80")


def declared_operation(source: CRS, target: CRS, bounds: Bounds, declared: DatumStep) -> Operation:
    """Make the operation that the user declared.

    Parameters
    ----------
    source
        System of the layer; a local plane too, for control points and four parameters.
    target
        System wanted.
    bounds
        West, south, east, north of the layer in its own system; None for an empty layer.
    declared
        What was declared.

    Returns
    -------
    operation
        The operation with the accuracy that was stated, or the root mean square of the fit.

    Raises
    ------
    CRSError
        If it is not needed, does not fit the systems, moves the layer farther than datums differ, or was made for
        another area; for control points, if they are too few, lie on a line, or leave more than the stated residual.

    Examples
    --------
    >>> shift = DatumShift("position vector", 15.0, -150.0, -90.0, accuracy_m=1.0)
    >>> declared_operation(parse_crs(4214), parse_crs(4490), (75.0, 39.4, 75.6, 39.9), shift).accuracy_m
    1.0
    """
    operation = _MAKERS[type(declared)](source, target, bounds, declared)
    _require_near(source, target, bounds, operation)
    return operation


def _by_parameters(source: CRS, target: CRS, _bounds: Bounds, shift: DatumShift) -> Operation:
    """Go by three or seven parameters between the geocentric systems."""
    names = {"source": crs_label(source), "target": crs_label(target)}
    if datum_key(source) == datum_key(target):
        raise CRSError("datum_shift_needless", **names)
    count = "three" if shift.method == "translation" else "seven"
    words = f"{count} parameters given by the user, {shift.method}"
    steps = shift_steps(source, target, shift)
    return operation_of(source, target, words, accuracy_m=shift.accuracy_m, steps=steps)


def _by_plane_shift(source: CRS, target: CRS, _bounds: Bounds, shift: PlaneShift) -> Operation:
    """Go by four parameters from the plane of the source to another one."""
    plane = _plane(shift.target_crs or target)
    _plane(source)
    after = _onwards(plane, target)
    chain = [shift.step, *_chain_of(after)]
    accuracy_m = None if shift.accuracy_m is None else shift.accuracy_m + (after.accuracy_m or 0.0)
    words = f"four parameters given by the user to the plane of {crs_label(plane)}"
    return operation_through(source, target, words, accuracy_m=accuracy_m, chain=chain)


def _by_pipeline(source: CRS, target: CRS, _bounds: Bounds, pipeline: DeclaredPipeline) -> Operation:
    """Go by the pipeline that the user wrote, which ends in degrees."""
    chain = [*pipeline.chain, *conversion_steps(geographic_of(target), target)]
    words = "pipeline given by the user"
    operation = operation_through(source, target, words, accuracy_m=pipeline.accuracy_m, chain=chain)
    try:
        Transformer.from_pipeline(operation.pipeline)
    except ProjError as error:
        raise CRSError("pipeline_unusable", pipeline=pipeline.steps[:200], version=operation.proj_version) from error
    return operation


def _by_code(source: CRS, target: CRS, bounds: Bounds, named: NamedOperation) -> Operation:
    """Go by the published operation that the user named."""
    return named_operation(source, target, bounds, named.code)


def _by_control_points(source: CRS, target: CRS, _bounds: Bounds, points: ControlPoints) -> Operation:
    """Fit a transformation to control points, and keep what it leaves over."""
    if len(points.names) < FEWEST_POINTS:
        raise CRSError("control_points_few", count=len(points.names), least=FEWEST_POINTS)
    start = parse_crs(points.crs) if points.crs else source
    end = parse_crs(points.target_crs) if points.target_crs else target
    _require_place(start, points.source, "side_source")
    _require_place(end, points.target, "side_target")
    fitted = _FITS[points.method](start, end, points)
    report = _report(end, points, fitted)
    if report.worst.length_m > points.max_residual_m:
        raise CRSError("control_points_residual", **_residual_values(report))
    after = _onwards(fitted.end, target)
    chain = [*_between(source, start), *fitted.steps, *_chain_of(after)]
    words = (
        f"{points.method} transformation fitted to {len(points.names)} control points, worst {report.worst.name} "
        f"{report.worst.length_m:.3f} m; accuracy is the root mean square of the residuals"
    )
    accuracy_m = round(report.rms_m, 4) + (after.accuracy_m or 0.0)
    operation = operation_through(source, target, words, accuracy_m=accuracy_m, chain=chain)
    lon, lat = to_lonlat(end, *np.array(points.target, dtype=np.float64).T)
    places = tuple(zip((float(one) for one in lon), (float(one) for one in lat), strict=True))
    return replace(operation, control=replace(report, places=places))


def _require_place(crs: CRS, pairs: Sequence[tuple[float, float]], side: str) -> None:
    """Require that control points lie where their system is used; say which of their coordinates do not."""
    corners = np.array(pairs, dtype=np.float64)
    try:
        check_bounds(crs, (*corners.min(axis=0), *corners.max(axis=0)))
    except CRSError as error:
        raise CRSError("control_points_side", side=Told(side), problem=error) from error


_MAKERS: dict[type, Callable[[CRS, CRS, Bounds, Any], Operation]] = {
    DatumShift: _by_parameters,
    PlaneShift: _by_plane_shift,
    DeclaredPipeline: _by_pipeline,
    NamedOperation: _by_code,
    ControlPoints: _by_control_points,
}


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A fit: its steps from the system of the points, the system they end in, names and values of the parameters."""

    steps: list[str]
    end: CRS
    parameters: tuple[tuple[str, float], ...]


def _four_parameters(start: CRS, end: CRS, points: ControlPoints) -> _Fitted:
    """Fit four parameters between two planes."""
    for crs in (start, end):
        _plane(crs)
    shift = fit_plane(points.source, points.target)
    names = ("east_m", "north_m", "rotation_arcsec", "scale_ppm")
    return _Fitted([shift.step], end, tuple((name, getattr(shift, name)) for name in names))


def _seven_parameters(start: CRS, end: CRS, points: ControlPoints) -> _Fitted:
    """Fit seven parameters between two geocentric systems."""
    if datum_key(start) == datum_key(end):
        raise CRSError("datum_shift_needless", source=crs_label(start), target=crs_label(end))
    heights = points.heights()
    spaces = [
        _geocentric(crs, np.array(pairs, dtype=np.float64), height_m)
        for crs, pairs, height_m in zip((start, end), (points.source, points.target), heights, strict=True)
    ]
    shift = fit_space(*spaces)
    names = ("tx_m", "ty_m", "tz_m", "rx_arcsec", "ry_arcsec", "rz_arcsec", "scale_ppm")
    steps = [*conversion_steps(start, geographic_of(start)), *shift_steps(start, end, shift)]
    return _Fitted(steps, geographic_of(end), tuple((name, getattr(shift, name)) for name in names))


_FITS: dict[str, Callable[[CRS, CRS, ControlPoints], _Fitted]] = {
    "4-parameter": _four_parameters,
    "7-parameter": _seven_parameters,
}


def _geocentric(crs: CRS, pairs: Floats, height_m: Floats) -> Floats:
    """Give geocentric coordinates of points, shape (n, 3)."""
    lon, lat = to_lonlat(crs, *pairs.T)
    ellipsoid = geographic_of(crs).ellipsoid
    if ellipsoid is None:
        raise CRSError("crs_datum_unknown", crs=crs.name, datum="-")
    cart = f"proj=cart a={ellipsoid.semi_major_metre!r} rf={ellipsoid.inverse_flattening!r}"
    pipeline = f"proj=pipeline step proj=unitconvert xy_in=deg xy_out=rad step {cart}"
    return np.column_stack(Transformer.from_pipeline(pipeline).transform(lon, lat, height_m))


def _report(end: CRS, points: ControlPoints, fitted: _Fitted) -> ControlReport:
    """Compare the given target coordinates with what the fit makes of the source ones."""
    steps = [*fitted.steps, *conversion_steps(fitted.end, end)]
    pipeline = Transformer.from_pipeline(" ".join(["proj=pipeline", *(f"step {step}" for step in steps)]))
    given = np.array(points.target, dtype=np.float64).T
    found = np.array(pipeline.transform(*np.array(points.source, dtype=np.float64).T))
    east_m, north_m = given - found
    if end.is_geographic:
        bearing, _, length_m = _PLACE_GEOD.inv(*found, *given)
        east_m, north_m = length_m * np.sin(np.radians(bearing)), length_m * np.cos(np.radians(bearing))
    residuals = tuple(
        ControlResidual(name, float(east), float(north))
        for name, east, north in zip(points.names, east_m, north_m, strict=True)
    )
    return ControlReport(points.method, fitted.parameters, residuals, points.max_residual_m, ())


def _residual_values(report: ControlReport) -> dict[str, object]:
    """Give what the refusal of a fit names: the worst point, and every residual."""
    return {
        "limit": f"{report.max_residual_m:g}",
        "name": report.worst.name,
        "worst": f"{report.worst.length_m:.3f}",
        "rms": f"{report.rms_m:.3f}",
        "listed": ", ".join(f"{one.name} {one.length_m:.3f}" for one in report.residuals[:20]),
    }


def _plane(crs: Any) -> CRS:
    """Require a plane in metres."""
    plane = parse_crs(crs)
    if not (plane.is_projected or plane.is_engineering) or plane.axis_info[0].unit_name != "metre":
        raise CRSError("plane_needed", crs=crs_label(plane))
    return plane


def _onwards(start: CRS, target: CRS) -> Operation:
    """Give the way from the system that a declared step ends in to the one wanted; it may cross no further datum."""
    after = known_operation(start, target)
    if after is None:
        raise CRSError("declared_ends_elsewhere", end=crs_label(start), target=crs_label(target))
    return after


def _between(source: CRS, start: CRS) -> list[str]:
    """Give the steps from the system of a layer to that of the control points, on one datum."""
    if source == start:
        return []
    if datum_key(source) != datum_key(start):
        raise CRSError("control_points_elsewhere", source=crs_label(source), points=crs_label(start))
    return [*conversion_steps(source, geographic_of(source)), *conversion_steps(geographic_of(start), start)]


def _chain_of(operation: Operation) -> list[str]:
    """Give the steps of an operation."""
    steps = operation.pipeline.removeprefix("proj=pipeline step ").split(" step ")
    return [step for step in steps if step != "proj=noop"]


def _require_near(source: CRS, target: CRS, bounds: Bounds, operation: Operation) -> None:
    """Require that a declared step moves a layer no farther than datums differ."""
    if bounds is None or source.is_engineering or not (source.is_geographic or source.is_projected):
        return
    west, south, east, north = (float(value) for value in bounds)
    easting, northing = [west, east, (west + east) / 2], [south, north, (south + north) / 2]
    plain = to_lonlat(source, easting, northing)
    moved = to_lonlat(target, *Transformer.from_pipeline(operation.pipeline).transform(easting, northing))
    on_globe = np.isfinite(moved).all() and (np.abs(moved[1]) <= 90).all()
    farthest_m = float(np.max(_PLACE_GEOD.inv(*plain, *moved)[2])) if on_globe else np.inf
    if farthest_m > _FARTHEST_M:
        raise CRSError(
            "declared_too_far", source=operation.source_crs, target=operation.target_crs, moved=f"{farthest_m:,.0f}"
        )
