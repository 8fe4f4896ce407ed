"""Hold the facilities of a project against the zones of its spatial plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd

from onemap.analyses.conflicts import ConflictSettings, ZoneRules, find_conflicts, package_rules, read_rules
from onemap.config import Project
from onemap.errors import LayerError, ProjectError
from onemap.findings import Finding
from onemap.messages import Told
from onemap.progress import Progress, silent
from onemap.workflows.manifest import fingerprint
from onemap.workflows.reading import Inputs

__all__ = ["conflicts_of_project", "own_rules", "wants_conflicts", "zone_rules"]

STEP = "conflicts"
_LARGEST_RULES = 1_000_000  # bytes
_SHOWN_IN = frozenset({STEP, "map", "report"})


def wants_conflicts(inputs: Inputs, steps: Sequence[str]) -> bool:
    """Tell whether facilities are to be held against zones: a step shows it, and there are zones.

    Parameters
    ----------
    inputs
        The layers.
    steps
        Steps to do.

    Raises
    ------
    LayerError
        If nothing else is asked for, and there are no zones.
    """
    there = len(inputs.layers.get("zones", ())) > 0
    if set(steps) == {STEP} and not there:
        raise LayerError("conflicts_no_zones")
    return there and bool(_SHOWN_IN.intersection(steps))


def conflicts_of_project(
    project: Project, inputs: Inputs, *, progress: Progress = silent
) -> tuple[dict[str, gpd.GeoDataFrame], tuple[Finding, ...]]:
    """Hold the facilities of a project against its zones.

    Parameters
    ----------
    project
        The project file; its table `conflicts` says how.
    inputs
        The layers; those too large to be held are left out.
    progress
        Told how far it is.

    Returns
    -------
    results, findings
        Result layers conflicts and allowed_places; what is wrong with the zones.

    Raises
    ------
    ProjectError
        If the project's own rules cannot be read, or are wrong.
    """
    rules = zone_rules(project)
    settings = ConflictSettings(**project.conflicts.model_dump(exclude={"rules"}))
    with progress.step("step_conflicts", 1) as done:
        found = find_conflicts(
            inputs.layers,
            inputs.layers["zones"],
            rules=rules,
            settings=settings,
            districts=inputs.layers.get("districts"),
        )
        done(1)
    return {"conflicts": found.found, "allowed_places": found.places}, found.findings


def own_rules(project: Project) -> Mapping[str, Mapping[str, object]]:
    """Give the fingerprint of the project's own rules; nothing where it has none.

    Parameters
    ----------
    project
        The project file.
    """
    named = project.conflicts.rules
    return {named: fingerprint(project.resolve(named))} if named else {}


def zone_rules(project: Project) -> ZoneRules:
    """Read the project's own rules, those of the package behind them.

    Parameters
    ----------
    project
        The project file.

    Raises
    ------
    ProjectError
        If they cannot be read, or are wrong.
    """
    named = project.conflicts.rules
    if not named:
        return package_rules()
    path: Path = project.resolve(named)
    if not path.is_file() or path.stat().st_size > _LARGEST_RULES:
        raise ProjectError("zone_rules_unreadable", file=named, problem=Told("zone_rules_no_file"))
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError("zone_rules_unreadable", file=named, problem=str(error)) from error
    return read_rules(content, file=named)
