"""Findings at their places: the shapes of faulty features, taken from what was checked, and written as layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.delivery.places import degrees
from onemap.delivery.writers.finding_layers import write_finding_layers
from onemap.errors import CRSError
from onemap.findings import Finding
from onemap.layers.crs_names import crs_label, parse_crs
from onemap.sources import open_reader
from onemap.views.check_report import CheckReport, rule_results
from onemap.workflows.checked_files import checked_files, read_layers

__all__ = ["write_gpkg"]

_UNKNOWN = "EPSG:4490"  # of points whose layer cannot be read again


def write_gpkg(report: CheckReport, path: Path, *, checked: Path, lang: str) -> None:
    """Write the samples of a report as layers: a fault at its own place, else as the feature that it is in.

    Parameters
    ----------
    report
        What was found.
    path
        GeoPackage to make; it must not exist.
    checked
        What was checked.
    lang
        Language of titles, messages and hints.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    findings = [finding for one in rule_results(report) for finding in one.samples]
    known, crs = _shapes_by_layer(checked, {one.layer for one in findings if one.row is not None})
    shapes = [_shape(one, known) for one in findings]
    write_finding_layers(findings, shapes, path, crs=crs, date=report.date, lang=lang)


def _shape(finding: Finding, known: Mapping[str, NDArray[np.object_]]) -> shapely.Geometry | None:
    """Give the place of a fault: the point that the rule gave, else the feature, else the place of the finding."""
    point = None
    if finding.lon is not None and finding.lat is not None:
        point = shapely.Point(finding.lon, finding.lat)
    if point is not None and str(finding.values.get("lon", "-")) != "-":
        return point
    shapes = known.get(finding.layer, ())
    if finding.row is not None and finding.row <= len(shapes) and shapes[finding.row - 1] is not None:
        return shapes[finding.row - 1]
    return point


def _shapes_by_layer(checked: Path, layers: Iterable[str]) -> tuple[dict[str, NDArray[np.object_]], str]:
    """Read the shapes of layers in degrees, and the geographic system of the first; those on another are left out."""
    wanted, shapes, system = set(layers), {}, ""
    if not wanted:
        return {}, _UNKNOWN
    with open_reader() as reader:
        for file in checked_files(checked):
            for name, layer in read_layers(file, reader):
                if name not in wanted or layer.geometry is None or not layer.crs:
                    continue
                own = _geographic(layer.crs)
                system = system or own
                if own and own == system:
                    shapes[name] = degrees(layer.geometry, layer.crs)
    return shapes, system or _UNKNOWN


def _geographic(crs: str) -> str:
    """Name the geographic system that a system rests on; empty where it cannot be read."""
    try:
        geodetic = parse_crs(crs).geodetic_crs
    except CRSError:
        return ""
    if geodetic is None:
        return ""
    label = crs_label(geodetic)
    return label if label.startswith("EPSG:") else str(geodetic.to_wkt())
