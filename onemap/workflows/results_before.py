"""The results of an earlier date, and what moved since."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from onemap.analyses.indicator_changes import compare_indicators, verdict_changes
from onemap.config import Project
from onemap.errors import ProjectError
from onemap.layers.catalogue import schema
from onemap.sources import read_file

__all__ = ["RESULTS_FILE", "changes_since", "results_before"]

RESULTS_FILE = "results.gpkg"


def results_before(project: Project) -> Path | None:
    """Find the results of the earlier date; None where the project names none.

    Parameters
    ----------
    project
        The project file; `indicators.before` names the output of an earlier run, or its file of results.

    Raises
    ------
    ProjectError
        If there is none.
    """
    before = project.indicators.before
    if not before:
        return None
    place = project.resolve(before)
    for path in (place / RESULTS_FILE, place):
        if path.is_file():
            return path
    raise ProjectError("before_missing", path=before, file=RESULTS_FILE)


def changes_since(project: Project, results: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Say what moved since an earlier date; nothing where the project names none.

    Parameters
    ----------
    project
        The project file; see `results_before`.
    results
        Result layers `indicators` and `verdicts` of this date.

    Returns
    -------
    results
        Result layers indicator_changes and verdict_changes.

    Raises
    ------
    ProjectError
        If the earlier results are missing or hold no such layers.
    ReadError
        If they cannot be read.
    RefusedError
        If they are hostile.
    """
    path = results_before(project)
    if path is None:
        return {}
    crs = project.project.working_crs
    return {
        "indicator_changes": compare_indicators(_layer(path, "indicators", crs), results["indicators"]),
        "verdict_changes": verdict_changes(_layer(path, "verdicts", crs), results["verdicts"]),
    }


def _layer(path: Path, name: str, crs: str) -> gpd.GeoDataFrame:
    """Read one result layer of the earlier date."""
    found = read_file(path, layer=name)
    missing = [field for field in schema(name).names if field not in found.frame]
    if missing or found.geometry is None:
        raise ProjectError("before_columns", path=path.name, layer=name, columns=", ".join(missing) or "geometry")
    return gpd.GeoDataFrame(found.frame.reset_index(drop=True), geometry=found.geometry, crs=crs)
