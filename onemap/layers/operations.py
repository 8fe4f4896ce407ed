"""Operations between coordinate systems, put together as PROJ pipelines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from pyproj import CRS, Transformer
from pyproj.transformer import TransformerGroup

from onemap.errors import CRSError
from onemap.layers.crs_area import lonlat_bounds
from onemap.layers.crs_names import crs_label, geographic_of
from onemap.layers.datum_shift import DatumShift

__all__ = ["Operation", "operation_of", "published_operation", "shift_steps"]

_WORLD = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True)
class Operation:
    """How the coordinates of one layer were brought to another system.

    Attributes
    ----------
    description
        What is done, in words, for the manifest.
    accuracy_m
        Accuracy in metres; 0 for a pure conversion, None where nobody has stated it.
    source_crs, target_crs
        The systems, as "EPSG:n", "GCJ-02", "BD-09" or a name.
    proj_version
        Version of PROJ that the pipeline was made with.
    pipeline
        The PROJ pipeline; for GCJ-02 and BD-09 it follows the inverse of the offset.
    """

    description: str
    accuracy_m: float | None
    source_crs: str
    target_crs: str
    proj_version: str
    pipeline: str


def operation_of(source: CRS, target: CRS, words: str, *, accuracy_m: float | None, steps: Sequence[str]) -> Operation:
    """Put an operation together: out of the projection, the datum steps (degrees in and out), into the projection."""
    chain = [*_steps(source, geographic_of(source)), *steps, *_steps(geographic_of(target), target)]
    accuracy = "unknown" if accuracy_m is None else f"{accuracy_m:g} m"
    return Operation(
        description=f"{crs_label(source)} → {crs_label(target)}: {words} (accuracy {accuracy})",
        accuracy_m=accuracy_m,
        source_crs=crs_label(source),
        target_crs=crs_label(target),
        proj_version=pyproj.proj_version_str,
        pipeline=" ".join(["proj=pipeline", *(f"step {step}" for step in chain or ["proj=noop"])]),
    )


def _steps(source: CRS, target: CRS) -> list[str]:
    """Give the PROJ steps of a conversion between a system and its own geographic one."""
    if source == target:
        return []
    definition = Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False).definition
    return _split(definition)


def _split(definition: str) -> list[str]:
    """Split a PROJ definition into its steps."""
    steps = definition.removeprefix("proj=pipeline ").removeprefix("step ").split(" step ")
    return [step for step in steps if not step.startswith("proj=noop")]


def shift_steps(source: CRS, target: CRS, shift: DatumShift) -> list[str]:
    """Give the steps of seven parameters between the geographic systems of two CRSs, degrees in and out."""
    for crs in (source, target):
        meridian = geographic_of(crs).prime_meridian
        if meridian is None or meridian.longitude != 0 or geographic_of(crs).axis_info[0].unit_name != "degree":
            raise CRSError("datum_shift_degrees", crs=crs_label(crs))
    return [
        "proj=unitconvert xy_in=deg xy_out=rad",
        "proj=push v_3",
        f"proj=cart {_ellipsoid(source)}",
        shift.step,
        f"inv proj=cart {_ellipsoid(target)}",
        "proj=pop v_3",
        "proj=unitconvert xy_in=rad xy_out=deg",
    ]


def _ellipsoid(crs: CRS) -> str:
    """Write the ellipsoid of a system for PROJ."""
    ellipsoid = geographic_of(crs).ellipsoid
    if ellipsoid is None:
        raise CRSError("crs_datum_unknown", crs=crs.name, datum="-")
    return f"a={ellipsoid.semi_major_metre!r} rf={ellipsoid.inverse_flattening!r}"


def _contains(operation: Transformer, box: tuple[float, float, float, float]) -> bool:
    """Tell whether the area of an operation contains a box of degrees; an unknown area contains nothing."""
    area: Any = operation.area_of_use
    if area is None:
        return False
    west, south, east, north = box
    return bool(area.west <= west and area.south <= south and east <= area.east and north <= area.north)


def published_operation(source: CRS, target: CRS, bounds: Sequence[float] | None) -> Operation:
    """Find the best published operation whose area of use contains the layer."""
    group = TransformerGroup(geographic_of(source), geographic_of(target), always_xy=True, allow_ballpark=False)
    box = _WORLD if bounds is None else lonlat_bounds(source, bounds)
    fitting = [
        (one.accuracy if one.accuracy >= 0 else np.inf, one) for one in group.transformers if _contains(one, box)
    ]
    if not fitting:
        kind = "crs_operation_elsewhere" if group.transformers else "crs_operation_missing"
        raise CRSError(kind, source=crs_label(source), target=crs_label(target))
    accuracy_m, best = min(fitting, key=lambda pair: pair[0])
    name = best.description.replace("axis order change (2D) + ", "").replace(" + axis order change (2D)", "")
    known_m = float(accuracy_m) if np.isfinite(accuracy_m) else None
    return operation_of(
        source, target, f"published operation: {name}", accuracy_m=known_m, steps=_split(best.definition)
    )
