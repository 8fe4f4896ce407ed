"""Find towers close enough to share, and structures that could serve what is not covered."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd

from onemap.analyses.colocation import colocation_clusters, colocation_pairs
from onemap.analyses.coverage import serving_antennas
from onemap.analyses.matching import match_gaps
from onemap.analyses.sharing import SharingSettings
from onemap.config import Project
from onemap.progress import Progress, silent
from onemap.workflows.coverage_gaps import coverage_settings
from onemap.workflows.reading import Inputs

__all__ = ["find_sharing"]


def find_sharing(
    project: Project,
    inputs: Inputs,
    results: Mapping[str, gpd.GeoDataFrame],
    *,
    progress: Progress = silent,
) -> dict[str, gpd.GeoDataFrame]:
    """Find what could be shared in a project.

    Parameters
    ----------
    project
        The project file; its table `sharing` says how.
    inputs
        The layers.
    results
        Result layers of `find_gaps`; `gap_points` is matched to what stands already.
    progress
        Told how far it is.

    Returns
    -------
    results
        Result layers: colocation_pairs and colocation_clusters where there are towers, sharing_matches and
        sharing_unmatched.
    """
    layers = inputs.layers
    towers = layers.get("towers")
    settings = SharingSettings(**project.sharing.model_dump())
    found: dict[str, gpd.GeoDataFrame] = {}
    with progress.step("step_sharing", 2) as done:
        if towers is not None and len(towers):
            pairs = colocation_pairs(
                towers, settlements=layers.get("settlements"), zones=layers.get("zones"), settings=settings
            )
            found |= {"colocation_pairs": pairs, "colocation_clusters": colocation_clusters(pairs, towers)}
        done(1)
        coverage = coverage_settings(project)
        matches = match_gaps(
            results["gap_points"],
            towers,
            layers.get("structures"),
            antennas=serving_antennas(
                layers.get("cells"),
                towers,
                default_height_m=coverage.default_tower_height_m,
                presets=coverage.presets,
            ),
            coverage=coverage,
            settings=settings,
            grid=inputs.elevation,
        )
        done(1)
    return found | {"sharing_matches": matches.matched, "sharing_unmatched": matches.unmatched}
