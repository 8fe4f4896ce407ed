"""Find towers close enough to share, and structures that could serve what is not covered."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd

from onemap.analyses.colocation import colocation_clusters, colocation_pairs
from onemap.analyses.coverage import serving_antennas
from onemap.analyses.matching import match_gaps
from onemap.config import Project
from onemap.progress import Progress, silent
from onemap.workflows.coverage_gaps import coverage_settings
from onemap.workflows.reading import Inputs
from onemap.workflows.sharing_both_ways import share_both_ways, sharing_settings

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
        sharing_unmatched; and those of `share_both_ways`.
    """
    layers = inputs.layers
    towers = layers.get("towers")
    settings, planned = sharing_settings(project), layers.get("planned_sites")
    found: dict[str, gpd.GeoDataFrame] = {}
    with progress.step("step_sharing", 3) as done:
        if towers is not None and len(towers):
            pairs = colocation_pairs(
                towers,
                settlements=layers.get("settlements"),
                zones=layers.get("zones"),
                planned=planned,
                settings=settings,
            )
            clusters = colocation_clusters(pairs, towers, planned=planned, settings=settings)
            found |= {"colocation_pairs": pairs, "colocation_clusters": clusters}
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
        found |= {"sharing_matches": matches.matched, "sharing_unmatched": matches.unmatched}
        found |= share_both_ways(project, inputs, results)
        done(1)
    return found
