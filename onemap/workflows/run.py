"""Run a project: the whole way, or some of its steps, into one output folder."""

from __future__ import annotations

import getpass
import logging
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd

from onemap.config import Project
from onemap.delivery.writers import gpkg
from onemap.errors import LayerError
from onemap.findings import Finding, severity_counts
from onemap.layers.catalogue import catalogue
from onemap.progress import Progress, silent
from onemap.workflows.colocation import find_sharing
from onemap.workflows.conflicts import conflicts_of_project, own_rules, wants_conflicts
from onemap.workflows.costs import own_prices
from onemap.workflows.coverage_gaps import coverage_settings, find_gaps, gap_findings
from onemap.workflows.coverage_rasters import write_coverage_rasters
from onemap.workflows.delivery import Delivered, deliver
from onemap.workflows.figures import Figure, key_figures
from onemap.workflows.gap_lists import list_gaps
from onemap.workflows.identifiers_before import trace_before
from onemap.workflows.manifest import fingerprint, write_manifest
from onemap.workflows.measurements import hold_against_measurements
from onemap.workflows.plan import Plan, plan_project, wants_plan, with_planned_sites
from onemap.workflows.reading import Inputs, read_layers
from onemap.workflows.results_before import results_before
from onemap.workflows.routes import find_routes
from onemap.workflows.sharing_both_ways import demand_findings
from onemap.workflows.staging import MANIFEST, staged
from onemap.workflows.viewing import write_map, write_report

__all__ = ["STEPS", "Outcome", "run_project"]

log = logging.getLogger(__name__)

STEPS = ("layers", "gaps", "share", "conflicts", "plan", "deliver", "map", "report")
"""Steps of a project, in order; the first, reading and conforming, comes before all others in any case."""

NEEDS_GAPS = {"gaps", "share", "plan", "map", "report"}
NEEDS_SHARING = {"share", "map", "report"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes
    ----------
    paths
        What was written: name → path, the most important last.
    findings
        All findings, of reading and of the delivery.
    delivery_errors
        How many of them are errors of the delivery.
    figures
        Key figures: id of a text → values for its placeholders.
    results
        Result layers: name → number of rows.
    plan
        What the plan reaches, costs and builds, and the indicators before and after; empty where none was made.
    """

    paths: Mapping[str, Path]
    findings: tuple[Finding, ...]
    delivery_errors: int
    figures: tuple[Figure, ...]
    results: Mapping[str, int] = field(default_factory=dict)
    plan: Mapping[str, object] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """Number of findings that are errors or worse."""
        counts = severity_counts(self.findings)
        return counts["fatal"] + counts["error"]

    def as_dict(self) -> dict[str, object]:
        """Give all of it as plain values, for JSON."""
        return {
            "paths": {name: str(path) for name, path in self.paths.items()},
            "findings": severity_counts(self.findings),
            "delivery_errors": self.delivery_errors,
            "figures": [{"figure": text_id.removeprefix("figure_"), **values} for text_id, values in self.figures],
            "results": {
                name: {"rows": rows, "path": str(self.paths["results"]), "layer": name}
                for name, rows in self.results.items()
            },
            **self.plan,
        }


def run_project(
    project: Project,
    out: Path,
    *,
    steps: Sequence[str] = STEPS,
    lang: str | None = None,
    progress: Progress = silent,
) -> Outcome:
    """Run steps of a project and swap the output in as a whole.

    Parameters
    ----------
    project
        The project file.
    out
        Output folder; an earlier output there is replaced when everything is written, and not before.
    steps
        Steps to do, of `STEPS`; what they need is computed, what is not asked for is not written.
    lang
        Language that views show first, that of the project if None.
    progress
        Told how far it is.

    Returns
    -------
    outcome
        Paths, findings, key figures.

    Raises
    ------
    OnemapError
        If an input cannot be read, does not fit the project or is refused, or the output cannot be written. What was in
        `out` before is still there.
    """
    started = time.monotonic()
    with staged(out) as folder:
        with tempfile.TemporaryDirectory(prefix=".rows-", dir=folder) as spool:
            inputs = read_layers(project, spool=Path(spool) if set(steps) == {"layers"} else None, progress=progress)
            results, met, plan = _analyse(project, inputs, steps, progress)
            with progress.step("step_writing"):
                _write_layers(project, inputs, results, folder)
                _write_planned(project, plan, folder)
            if project.coverage_rasters.write and NEEDS_GAPS.intersection(steps):
                write_coverage_rasters(project, inputs, folder / "coverage", progress=progress)
        delivered = Delivered()
        if _delivers(project, steps):
            delivered = deliver(project, with_planned_sites(project, inputs, plan), folder, progress=progress)
        findings = (*inputs.findings, *_said(project, inputs, steps), *met, *delivered.findings)
        _write_views(
            project, inputs, results, findings, folder=folder, steps=steps, lang=lang or project.project.language,
            progress=progress,
        )  # fmt: skip
        _write_log(project, out, folder, time.monotonic() - started)
        write_manifest(
            folder,
            inputs={**inputs.files, **_previous(project), **own_rules(project), **own_prices(project)},
            operations=inputs.operations,
            settings=project.model_dump(mode="json"),
            findings=findings,
            clutter=inputs.clutter_record,
        )
        names = _written(folder)
    return Outcome(
        paths={name: Path(out) / place for name, place in names.items()},
        findings=findings,
        delivery_errors=delivered.errors,
        figures=key_figures(inputs.layers, results),
        results={name: len(layer) for name, layer in results.items()},
        plan={} if plan is None else plan.told,
    )


def _said(project: Project, inputs: Inputs, steps: Sequence[str]) -> tuple[Finding, ...]:
    """Give what the analyses of gaps and of sharing say of their inputs."""
    said = gap_findings(project, inputs) if NEEDS_GAPS.intersection(steps) else ()
    asked = demand_findings(project, inputs.layers) if NEEDS_SHARING.intersection(steps) else ()
    return (*said, *asked)


def _previous(project: Project) -> dict[str, dict[str, object]]:
    """Give the fingerprints of the table of the delivery before and of earlier results, if the project names them."""
    found = {}
    path = trace_before(project)
    if path is not None and project.delivery is not None:
        found[project.delivery.previous] = fingerprint(path)
    results = results_before(project)
    if results is not None:
        found[project.indicators.before] = fingerprint(results)
    return found


def _delivers(project: Project, steps: Sequence[str]) -> bool:
    """Tell whether a delivery is wanted: asked for by the project, or alone."""
    return "deliver" in steps and (project.delivery is not None or len(steps) == 1)


def _analyse(
    project: Project, inputs: Inputs, steps: Sequence[str], progress: Progress
) -> tuple[dict[str, gpd.GeoDataFrame], tuple[Finding, ...], Plan | None]:
    """Compute what the steps need; tell what was found on the way."""
    plan = None
    results: dict[str, gpd.GeoDataFrame] = {}
    met: tuple[Finding, ...] = ()
    if NEEDS_SHARING.intersection(steps):  # indicators ask for single routes
        results, met = find_routes(project, inputs, progress=progress)
    if NEEDS_GAPS.intersection(steps) or wants_plan(project, steps):
        results |= find_gaps(project, inputs, progress=progress)
        results |= list_gaps(project, inputs, results, progress=progress)
        results |= hold_against_measurements(project, inputs, coverage_settings(project), progress=progress)
    if NEEDS_SHARING.intersection(steps):
        results |= find_sharing(project, inputs, results, progress=progress)
    if wants_conflicts(inputs, steps):
        found, said = conflicts_of_project(project, inputs, progress=progress)
        results, met = results | found, (*met, *said)
    if wants_plan(project, steps):
        plan, said = plan_project(project, inputs, results, alone=set(steps) == {"plan"}, progress=progress)
        results, met = results | dict(plan.results if plan else {}), (*met, *said)
    return results, met, plan


def _write_layers(project: Project, inputs: Inputs, results: Mapping[str, gpd.GeoDataFrame], folder: Path) -> None:
    """Write the canonical layers, and the results if there are any."""
    date = project.project.date
    every = {**inputs.layers, **inputs.streamed}
    gpkg.write_layers({name: every[name] for name in catalogue() if name in every}, folder / "layers.gpkg", date=date)
    if results:
        gpkg.write_layers(results, folder / "results.gpkg", date=date)


def _write_planned(project: Project, plan: Plan | None, folder: Path) -> None:
    """Write the sites of the plan as a canonical layer, if it has any."""
    if plan is None or plan.planned_sites.empty:
        return
    (folder / "plan").mkdir()
    ready = {"planned_sites": plan.planned_sites}
    gpkg.write_layers(ready, folder / "plan" / "planned_sites.gpkg", date=project.project.date)


def _write_views(
    project: Project,
    inputs: Inputs,
    results: Mapping[str, gpd.GeoDataFrame],
    findings: Sequence[Finding],
    *,
    folder: Path,
    steps: Sequence[str],
    lang: str,
    progress: Progress,
) -> None:
    """Write the views that are asked for."""
    wanted = [step for step in ("map", "report") if step in steps]
    if not wanted:
        return
    _require_rows(inputs)
    with progress.step("step_views", len(wanted)) as done:
        if "map" in wanted:
            write_map(project, inputs, results, folder / "map", lang=lang, with_report="report" in wanted)
            done(1)
        if "report" in wanted:
            write_report(
                project, inputs, results, findings, folder=folder / "report", lang=lang, with_map="map" in wanted
            )
            done(1)


def _require_rows(inputs: Inputs) -> None:
    """Require something to show, and say why there is nothing."""
    if any(len(layer) for layer in inputs.layers.values()):
        return
    rejected = [finding for finding in inputs.findings if finding.action == "rejected"]
    first = next(iter(rejected or inputs.findings), None)
    place = "" if first is None else f"{first.file}:{first.row or ''} {first.rule}"
    raise LayerError("nothing_left", rejected=len(rejected), first=place)


def _write_log(project: Project, out: Path, folder: Path, seconds: float) -> None:
    """Say who ran this, when and where; the manifest does not, so that it is the same for all."""
    lines = [
        f"user     {_user()}",
        f"ended    {time.strftime('%Y-%m-%d %H:%M:%S %z')}",
        f"took     {seconds:.1f} s",
        f"project  {project.folder}",
        f"output   {out.absolute()}",
    ]
    (folder / "run.log").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _user() -> str:
    """Name the user; a number where the machine knows no name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid()) if hasattr(os, "getuid") else "?"


def _written(folder: Path) -> dict[str, str]:
    """Name what was written, the most important last: that is where a person looks."""
    places = {
        "manifest": MANIFEST,
        "layers": "layers.gpkg",
        "results": "results.gpkg",
        "coverage": "coverage",
        "plan": "plan/planned_sites.gpkg",
        "lists": "report/lists.xlsx",
        "map": "map/index.html",
        "report": "report/index.html",
        "delivery": "delivery",
    }
    return {name: place for name, place in places.items() if (folder / place).exists()}
