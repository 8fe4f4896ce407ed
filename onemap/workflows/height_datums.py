"""Which datum the heights of each source stand on, and where two of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from onemap.config import Project, SourceSettings
from onemap.findings import Finding
from onemap.layers.heights import VERTICAL_DATUMS, vertical_datum_of

__all__ = ["height_findings"]


@dataclass(frozen=True, slots=True)
class _Heights:
    """Where heights above sea level come from, and their datum as a code; None where nothing says it."""

    file: str
    layer: str
    sheet: str
    datum: str | None


def height_findings(project: Project, declared: Mapping[str, str | None], elevation_crs: str | None) -> list[Finding]:
    """Compare the datums of all heights in a project.

    The elevation model speaks for the project; without a datum of its own, the first source that names one does.

    Parameters
    ----------
    project
        The project file.
    declared
        Path of each source → the coordinate system that its file declares.
    elevation_crs
        Coordinate system of the elevation model, None without one.

    Returns
    -------
    findings
        An error for each source whose heights stand on another datum, a note for each that does not name one where
        others do. Nothing where no datum is known at all.
    """
    every = list(_all_heights(project, declared, elevation_crs))
    first = next((one for one in every if one.datum is not None), None)
    return [] if first is None else [_finding(one, first) for one in every if one.datum != first.datum]


def _all_heights(project: Project, declared: Mapping[str, str | None], elevation_crs: str | None) -> Iterator[_Heights]:
    """List the elevation model and each source that maps heights above sea level."""
    elevation = project.elevation
    if elevation is not None:
        datum = elevation.vertical_datum or (vertical_datum_of(elevation_crs) if elevation_crs else None)
        yield _Heights(elevation.path, "elevation", "", datum)
    for source in project.source:
        crs = source.crs or declared.get(source.path)
        datum = source.vertical_datum or (vertical_datum_of(crs) if crs else None)
        if _has_heights(source):
            yield _Heights(source.path, source.layer, source.source_layer, datum)


def _has_heights(source: SourceSettings) -> bool:
    """Tell whether a source maps a height above sea level."""
    return any(name == "ground_elev_m" or name.endswith("_amsl_m") for name in (*source.fields, *source.constants))


def _finding(one: _Heights, first: _Heights) -> Finding:
    """Say that heights stand on another datum than the first ones, or on one that is not named."""
    told: dict[str, object] = {"layer": one.layer, "file": one.file, "other": first.file}
    told["other_datum"] = _name(first.datum)
    if one.datum is not None:
        told["datum"] = _name(one.datum)
    rule = "OM-CRS-040" if one.datum is None else "OM-CRS-039"
    layer = "" if one.layer == "elevation" else one.layer
    return Finding(rule=rule, layer=layer, file=one.file, sheet=one.sheet, values=MappingProxyType(told))


def _name(datum: str | None) -> str:
    """Name a datum for people: Chinese name, English name, code."""
    if datum not in VERTICAL_DATUMS:
        return str(datum)
    zh, en = VERTICAL_DATUMS[datum]
    return " ".join(dict.fromkeys([zh, en, f"({datum})"] if zh != en else [en, f"({datum})"]))
