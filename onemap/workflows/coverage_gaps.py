"""Judge coverage of places and roads, and list what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd

from onemap.analyses.coverage import CoverageSettings, coverage, coverage_along, serving_antennas
from onemap.analyses.gaps import (
    GapSettings,
    RoadChainages,
    gap_points,
    gap_stretches,
    household_findings,
    road_chainages,
    road_summary,
    village_verdicts,
    with_chainage,
)
from onemap.config import Project
from onemap.errors import LayerError
from onemap.findings import Finding
from onemap.progress import Progress, silent
from onemap.workflows.measurements import measured_verdicts
from onemap.workflows.reading import Inputs

__all__ = ["PLACES", "coverage_settings", "find_gaps", "gap_findings", "gap_settings"]

_TABLES = {"areas_step_m", "fibre", "priority"}  # of the table gaps, for other analyses

PLACES = ("villages", "settlements", "schools", "clinics", "posts", "townships", "places")
"""Canonical layers whose rows are places that ought to be covered."""


def find_gaps(project: Project, inputs: Inputs, *, progress: Progress = silent) -> dict[str, gpd.GeoDataFrame]:
    """Judge every place and road of a project, and list the gaps.

    Parameters
    ----------
    project
        The project file; its tables `coverage` and `gaps` say how.
    inputs
        The layers.
    progress
        Told how far it is.

    Returns
    -------
    results
        Result layers: verdicts, gap_points, and as far as there are villages and roads village_verdicts, road_verdicts,
        gap_stretches, road_summary.

    Raises
    ------
    LayerError
        If the project has neither places nor roads, or the elevation model does not reach them.
    """
    layers = inputs.layers
    cells, towers = layers.get("cells"), layers.get("towers")
    settings = coverage_settings(project)
    gaps = gap_settings(project)
    targets = {name: layers[name] for name in PLACES if name in layers}
    if not targets and "roads" not in layers:
        raise LayerError("nothing_to_cover", layers=", ".join((*PLACES, "roads")))
    verdicts = coverage(
        targets,
        cells,
        towers,
        settings=settings,
        grid=inputs.elevation,
        clutter=inputs.clutter,
        progress=progress,
    )
    verdicts = measured_verdicts(project, inputs, verdicts, targets)
    results = {"verdicts": verdicts, "gap_points": gap_points(verdicts, targets, towers)}
    if "villages" in layers:
        antennas = serving_antennas(
            cells, towers, default_height_m=settings.default_tower_height_m, presets=settings.presets
        )
        results["village_verdicts"] = village_verdicts(
            layers["villages"], verdicts, antennas, targets=targets, settings=gaps
        )
    if "roads" in layers:
        results |= _along_roads(project, inputs, settings, gaps, progress=progress)
    return results


def gap_findings(project: Project, inputs: Inputs) -> tuple[Finding, ...]:
    """Say what the analysis of gaps rests on that is missing or disagrees: households, references, kilometre posts.

    Parameters
    ----------
    project
        The project file.
    inputs
        The layers.
    """
    settings = gap_settings(project)
    households = household_findings(inputs.layers.get("settlements"), settings=settings)
    if "villages" not in inputs.layers:
        households = ()  # nothing asks for them
    return (*households, *_measured(inputs, settings).findings) if "roads" in inputs.layers else households


def gap_settings(project: Project) -> GapSettings:
    """Give the settings of gaps as the analysis takes them.

    Parameters
    ----------
    project
        The project file.
    """
    return GapSettings(**project.gaps.model_dump(exclude=_TABLES))


def _measured(inputs: Inputs, settings: GapSettings) -> RoadChainages:
    """Calibrate the chainage of the roads."""
    return road_chainages(inputs.layers["roads"], inputs.layers.get("kilometre_posts"), settings=settings)


def coverage_settings(project: Project) -> CoverageSettings:
    """Give the settings of coverage as the analysis takes them.

    Parameters
    ----------
    project
        The project file.
    """
    values: Mapping[str, object] = project.coverage.model_dump(exclude={"presets", "default_bands"})
    return CoverageSettings(**values, presets=project.coverage.band_presets())  # type: ignore[arg-type]


def _along_roads(
    project: Project, inputs: Inputs, settings: CoverageSettings, gaps: GapSettings, *, progress: Progress
) -> dict[str, gpd.GeoDataFrame]:
    """Judge the roads."""
    roads = inputs.layers["roads"]
    verdicts = coverage_along(
        roads,
        inputs.layers.get("cells"),
        inputs.layers.get("towers"),
        settings=settings,
        grid=inputs.elevation,
        clutter=inputs.clutter,
        progress=progress,
    )
    verdicts = measured_verdicts(project, inputs, verdicts, {})
    measured = _measured(inputs, gaps)
    return {
        "road_verdicts": with_chainage(verdicts, roads, measured),
        "gap_stretches": gap_stretches(verdicts, roads, settings=gaps, measured=measured),
        "road_summary": road_summary(verdicts, roads, settings=gaps, measured=measured),
    }
