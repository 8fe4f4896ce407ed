"""Read land cover and buildings of a project to clutter heights on the cells of its elevation model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd

from onemap.config import Project
from onemap.config.clutter_settings import BuildingSettings, LandCoverSettings
from onemap.errors import CRSError, LayerError
from onemap.findings import Finding
from onemap.layers.clutter import Clutter, clutter_heights, open_land, with_buildings
from onemap.layers.grid import Grid
from onemap.layers.land_cover import land_cover_table
from onemap.sources import Reader, read_elevation, read_file

__all__ = ["ReadClutter", "clutter_files", "read_clutter"]

_SHARE_SAID = 0.001
_CODES_SAID = 10


@dataclass(frozen=True, slots=True)
class ReadClutter:
    """Clutter of a project.

    Attributes
    ----------
    grid
        Heights above ground in metres on the cells of the elevation model; None where the project names no elevation
        model, or neither land cover nor buildings: open land.
    record
        What it rests on, for the manifest.
    findings
        What was met on the way.
    """

    grid: Grid | None
    record: Mapping[str, object]
    findings: tuple[Finding, ...] = ()


def clutter_files(project: Project) -> set[str]:
    """Name the files that clutter is read from.

    Parameters
    ----------
    project
        The project file.
    """
    return {one.path for one in (project.rasters.land_cover, project.rasters.buildings) if one is not None}


def read_clutter(project: Project, elevation: Grid | None, reader: Reader) -> ReadClutter:
    """Read land cover and buildings where the elevation model lies.

    Parameters
    ----------
    project
        The project file.
    elevation
        Its elevation model, as far as it was read.
    reader
        Worker to read with.

    Returns
    -------
    clutter
        Heights, what they rest on, findings.

    Raises
    ------
    ReadError, RefusedError
        If a file is missing, damaged or hostile, or the land cover lies elsewhere.
    CRSError
        If a file has no CRS, or none that can be brought to that of the elevation model without guessing.
    LayerError
        If the buildings have no shapes or no such column.
    """
    land_cover, buildings = project.rasters.land_cover, project.rasters.buildings
    if land_cover is None and buildings is None:
        return ReadClutter(None, {"basis": "open land", "height_m": 0.0})
    if elevation is None:
        return ReadClutter(None, {"basis": "not used: no elevation model", "files": sorted(clutter_files(project))})
    clutter, findings, record = open_land(elevation), list[Finding](), dict[str, object]()
    if land_cover is not None:
        clutter, findings, record = _of_land_cover(project, land_cover, elevation, reader)
    if buildings is not None:
        clutter, found, told = _of_buildings(project, buildings, clutter, reader)
        findings, record = [*findings, *found], {**record, **told}
    basis = " and ".join(name for name in ("land cover", "buildings") if name.replace(" ", "_") in record)
    return ReadClutter(clutter.grid, {"basis": basis, **record}, tuple(findings))


def _of_land_cover(
    project: Project, settings: LandCoverSettings, elevation: Grid, reader: Reader
) -> tuple[Clutter, list[Finding], dict[str, object]]:
    """Read the land cover."""
    path = project.resolve(settings.path)
    cover, noted = read_elevation(path, bounds=elevation.bounds, bounds_crs=elevation.crs, reader=reader)
    table = land_cover_table(settings.preset, settings.changes())
    clutter = clutter_heights(cover, elevation, table, rule=settings.rule)
    findings = [replace(finding, file=settings.path) for finding in noted]
    unknown = sum(clutter.unknown.values())
    if unknown:
        codes = ", ".join(str(code) for code in list(clutter.unknown)[:_CODES_SAID])
        findings.append(_finding("OM-PKG-077", settings.path, percent=_percent(unknown), codes=codes))
    if clutter.void_share > _SHARE_SAID:
        findings.append(_finding("OM-PKG-078", settings.path, percent=_percent(clutter.void_share)))
    classes = {
        str(code): {
            "share": round(share, 6),
            "category": table[code].category if code in table else "unknown, taken as open land",
            "height_m": table[code].height_m if code in table else 0.0,
            "height_assumed": table[code].is_assumed if code in table else True,
        }
        for code, share in clutter.codes.items()
    }
    told = {"file": settings.path, "crs": cover.crs, "preset": settings.preset, "rule": settings.rule}
    return clutter, findings, {"land_cover": {**told, "classes": classes, "void_share": round(clutter.void_share, 6)}}


def _of_buildings(
    project: Project, settings: BuildingSettings, before: Clutter, reader: Reader
) -> tuple[Clutter, list[Finding], dict[str, object]]:
    """Read the buildings, and put them over what there is."""
    raw = read_file(project.resolve(settings.path), layer=settings.source_layer or None, reader=reader)
    if raw.geometry is None:
        raise LayerError("buildings_without_shapes", path=settings.path)
    if settings.height_field not in raw.frame.columns:
        raise LayerError("analysis_field_missing", layer=settings.path, field=settings.height_field)
    crs = settings.crs or raw.crs
    if crs is None:
        raise CRSError("crs_missing", layer=settings.path)
    clutter = with_buildings(
        before,
        gpd.GeoDataFrame(geometry=raw.geometry, crs=crs),
        raw.frame[settings.height_field].to_numpy(),
        default_height_m=settings.default_height_m,
        rule=settings.rule,
    )
    findings = [replace(finding, file=settings.path) for finding in raw.findings]
    if clutter.assumed_buildings:
        values = {"count": clutter.assumed_buildings, "total": len(raw.frame), "height_m": settings.default_height_m}
        findings.append(_finding("OM-PKG-079", settings.path, **values))
    told = {"file": settings.path, "rule": settings.rule, "share": round(clutter.building_share, 6)}
    assumed = {"count": len(raw.frame), "height_assumed": clutter.assumed_buildings}
    return clutter, findings, {"buildings": {**told, **assumed}}


def _finding(rule: str, file: str, **values: object) -> Finding:
    """Give a finding about a file."""
    return Finding(rule, layer="clutter", file=file, values={"file": Path(file).name, **values})


def _percent(share: float) -> str:
    """Write a share in per cent, never as nothing."""
    return f"{max(share * 100, 0.01):.2g}" if share < 0.995 else f"{share * 100:.0f}"
