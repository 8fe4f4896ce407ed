"""Operations between coordinate systems, put together as PROJ pipelines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from pyproj import CRS, Transformer
from pyproj.network import is_network_enabled  # type: ignore[attr-defined]  # re-exported without saying so
from pyproj.transformer import TransformerGroup

from onemap.errors import CRSError
from onemap.layers.control_points import ControlReport
from onemap.layers.crs_area import lonlat_bounds
from onemap.layers.crs_names import (
    conversion,
    crs_label,
    datum_key,
    geographic_of,
    is_local_system,
    is_offset_system,
    parse_crs,
    realisation,
)
from onemap.layers.datum_shift import DatumShift

__all__ = [
    "Operation",
    "conversion_steps",
    "is_taken_as_it_is",
    "known_operation",
    "named_operation",
    "operation_of",
    "operation_through",
    "published_operation",
    "shift_steps",
]

_WORLD = (-180.0, -90.0, 180.0, 90.0)
_IDENTICAL = {"wgs 84", "cgcs2000"}
_IDENTICAL_ACCURACY_M = 1.0
_ENSEMBLE_ACCURACY_M = 2.0  # EPSG: positional accuracy of the ensemble that the realisations of WGS 84 belong to
_DECLARED_ONLY = {"beijing 1954", "xian 1980", "new beijing"}
"""Datums of which nothing published is taken unasked: their shifts differ from county to county."""


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
    control
        How well it fits control points, where it was fitted to such.
    """

    description: str
    accuracy_m: float | None
    source_crs: str
    target_crs: str
    proj_version: str
    pipeline: str
    control: ControlReport | None = None


def known_operation(source: CRS, target: CRS) -> Operation | None:
    """Give the operation where nothing need be declared: within one datum, or WGS 84 and CGCS2000; else None."""
    here, there = datum_key(source), datum_key(target)
    if here == there and _same_realisation(source, target):
        return operation_of(source, target, "conversion within one datum", accuracy_m=0.0, steps=[])
    if here == there:
        words = "realisations of WGS 84 treated as one"
        return operation_of(source, target, words, accuracy_m=_ENSEMBLE_ACCURACY_M, steps=[])
    if {here, there} == _IDENTICAL:
        words = "WGS 84 and CGCS2000 treated as identical"
        return operation_of(source, target, words, accuracy_m=_IDENTICAL_ACCURACY_M, steps=[])
    return None


def is_taken_as_it_is(source: Any, target: Any) -> bool:
    """Tell whether coordinates on WGS 84 are taken as they are for CGCS2000: then they must lie where that is used.

    Parameters
    ----------
    source, target
        Systems; "GCJ-02" and "BD-09" lie in China by themselves.

    Examples
    --------
    >>> is_taken_as_it_is("EPSG:4326", "EPSG:4490"), is_taken_as_it_is("EPSG:4490", "EPSG:4326")
    (True, False)
    """
    if is_offset_system(source) or is_local_system(source):
        return False
    return datum_key(parse_crs(source)) == "wgs 84" and datum_key(parse_crs(target)) == "cgcs2000"


def _same_realisation(source: CRS, target: CRS) -> bool:
    """Tell whether two systems rest on one realisation of a datum: G1762 and G2139 are two of WGS 84."""
    numbers = {realisation(crs) for crs in (source, target)}
    return len(numbers) == 1


def operation_of(source: CRS, target: CRS, words: str, *, accuracy_m: float | None, steps: Sequence[str]) -> Operation:
    """Put an operation together: out of the projection, the datum steps (degrees in and out), into the projection."""
    chain = [
        *conversion_steps(source, geographic_of(source)),
        *steps,
        *conversion_steps(geographic_of(target), target),
    ]
    return operation_through(source, target, words, accuracy_m=accuracy_m, chain=chain)


def operation_through(
    source: CRS, target: CRS, words: str, *, accuracy_m: float | None, chain: Sequence[str]
) -> Operation:
    """Put an operation together from all its steps."""
    accuracy = "unknown" if accuracy_m is None else f"{accuracy_m:g} m"
    return Operation(
        description=f"{crs_label(source)} → {crs_label(target)}: {words} (accuracy {accuracy})",
        accuracy_m=accuracy_m,
        source_crs=crs_label(source),
        target_crs=crs_label(target),
        proj_version=pyproj.proj_version_str,
        pipeline=" ".join(["proj=pipeline", *(f"step {step}" for step in chain or ["proj=noop"])]),
    )


def conversion_steps(source: CRS, target: CRS) -> list[str]:
    """Give the PROJ steps of a conversion between a system and its own geographic one."""
    if source == target:
        return []
    return _split(conversion(source, target).definition)


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
    """Find the best published operation whose area of use contains the layer, where nothing must be declared."""
    found = _published(source, target)
    names = {"source": crs_label(source), "target": crs_label(target)}
    if {datum_key(source), datum_key(target)} & _DECLARED_ONLY:
        fitting = _fitting(found, source, bounds)
        listed = ", ".join(f"EPSG:{code} ({_bare(one)}, {accuracy_m:g} m)" for accuracy_m, code, one in fitting)
        raise CRSError("crs_operation_missing", **names, published=f" ({listed})" if listed else "")
    fitting = _fitting(found, source, bounds)
    if not fitting:
        kind = "crs_operation_elsewhere" if found else "crs_operation_missing"
        raise CRSError(kind, **names, published="")
    return _of_published(fitting[0], source, target)


def named_operation(source: CRS, target: CRS, bounds: Sequence[float] | None, code: str) -> Operation:
    """Take the published operation that the user named, where its area of use contains the layer."""
    names = {"source": crs_label(source), "target": crs_label(target)}
    if datum_key(source) == datum_key(target):
        raise CRSError("datum_shift_needless", **names)
    number = code.strip().upper().removeprefix("EPSG:")
    found = [one for one in _published(source, target) if _code(one) == number]
    if not found:
        known = ", ".join(dict.fromkeys(f"EPSG:{_code(one)}" for one in _published(source, target))) or "-"
        raise CRSError("crs_operation_unknown", **names, code=code, known=known)
    fitting = _fitting(found, source, bounds)
    if not fitting:
        raise CRSError("crs_operation_elsewhere", **names)
    return _of_published(fitting[0], source, target)


def _published(source: CRS, target: CRS) -> list[Transformer]:
    """List the published operations between two datums, none that would fetch a grid; to WGS 84 serves CGCS2000 too."""
    group = TransformerGroup(geographic_of(source), geographic_of(target), always_xy=True, allow_ballpark=False)
    found = list(group.transformers)
    for crs, other in ((source, target), (target, source)):
        if not found and datum_key(crs) == "cgcs2000" and datum_key(other) in _DECLARED_ONLY:
            start, end = (CRS.from_epsg(4326) if one is crs else geographic_of(one) for one in (source, target))
            found = list(TransformerGroup(start, end, always_xy=True, allow_ballpark=False).transformers)
    return [one for one in found if not (is_network_enabled() and "grids=" in one.definition)]


_Fitting = tuple[float, str, Transformer]


def _fitting(found: Sequence[Transformer], source: CRS, bounds: Sequence[float] | None) -> list[_Fitting]:
    """Keep the operations whose area contains the layer, the most accurate first: accuracy (m), code, operation."""
    box = _WORLD if bounds is None else lonlat_bounds(source, bounds)
    fitting = [(one.accuracy if one.accuracy >= 0 else np.inf, _code(one), one) for one in found if _contains(one, box)]
    return sorted(fitting, key=lambda entry: entry[0])


def _of_published(fitting: _Fitting, source: CRS, target: CRS) -> Operation:
    """Make an operation of a published one."""
    accuracy_m, code, best = fitting
    known_m = float(accuracy_m) if np.isfinite(accuracy_m) else None
    words = f"published operation: {_bare(best)}" + (f" (EPSG:{code})" if code else "")
    if "cgcs2000" in {datum_key(source), datum_key(target)} and "WGS 84" in best.description:
        words += "; WGS 84 and CGCS2000 treated as identical"
        known_m = None if known_m is None else known_m + _IDENTICAL_ACCURACY_M
    return operation_of(source, target, words, accuracy_m=known_m, steps=_split(best.definition))


def _bare(operation: Transformer) -> str:
    """Give the name of a published operation without the exchanges of axes round it."""
    return operation.description.replace("axis order change (2D) + ", "").replace(" + axis order change (2D)", "")


def _code(operation: Transformer) -> str:
    """Give the EPSG code of the one datum step of an operation, empty where there are more or none."""
    codes: list[str] = []
    waiting: list[Any] = [operation.to_json_dict()]
    while waiting:
        entry = waiting.pop()
        if "Transformation" in str(entry.get("type")):
            codes.append(str(entry.get("id", {}).get("code", "")))
        waiting += entry.get("steps", [])
    return codes[0] if len(codes) == 1 else ""
