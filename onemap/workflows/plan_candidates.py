"""What a plan is chosen from: targets with their weights, candidates with their costs, and who would serve whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.analyses.candidate_settings import Equipment
from onemap.analyses.candidates import (
    Reach,
    StandingRules,
    joined_candidates,
    joined_reach,
    plan_targets,
    power_sources,
    reach_of,
    rejected_layer,
    rises,
    satellite_candidates,
    satellite_looks,
    standing_candidates,
)
from onemap.analyses.candidates.equipment import usual_equipment
from onemap.analyses.columns import column, places
from onemap.analyses.conflicts import ConflictSettings, PointZones, point_zones
from onemap.analyses.coverage import CoverageSettings, serving_antennas
from onemap.analyses.coverage.settings import ANY_OPERATOR
from onemap.analyses.plan.choosing import Ground, PlanQuestion
from onemap.analyses.plan.costing import CandidateCosts, candidate_costs, with_dishes, without_sky
from onemap.config import PlanSettings, Project
from onemap.errors import ProjectError
from onemap.findings import Finding
from onemap.progress import Progress, silent
from onemap.workflows.conflicts import zone_rules
from onemap.workflows.coverage_gaps import PLACES, coverage_settings
from onemap.workflows.reading import Inputs

__all__ = ["Asked", "ask"]

Layers = Mapping[str, gpd.GeoDataFrame]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is decided upon.

    Attributes
    ----------
    question
        Candidates that something connects, targets, reach, costs.
    rejected
        Result layer `plan_rejected_candidates`.
    looks
        Result layer `satellite_looks` of what is out of reach; None where it was not looked at.
    findings
        What was missing on the way.
    """

    question: PlanQuestion
    rejected: gpd.GeoDataFrame
    looks: gpd.GeoDataFrame | None
    findings: tuple[Finding, ...]


def ask(
    project: Project,
    inputs: Inputs,
    results: Layers,
    ground: Ground,
    *,
    progress: Progress = silent,
) -> Asked:
    """Find candidates, price them, and find who would serve whom.

    Parameters
    ----------
    project, inputs
        The project file, and what was read.
    results
        Result layers of gaps.
    ground
        Layers, elevation model, prices and connection settings.
    progress
        Told how far it is.

    Raises
    ------
    OnemapError
        If prices or an elevation model are missing where they are needed.
    """
    layers, coverage, settings = inputs.layers, coverage_settings(project), project.plan or PlanSettings()
    targets = plan_targets(
        results.get("verdicts"),
        {name: layer for name, layer in layers.items() if name in PLACES},
        road_verdicts=results.get("road_verdicts"),
        priorities=results.get("gap_priorities"),
        settings=settings.targets,
    )
    _require_targets(targets, results, settings)
    candidates, rejected, findings = _candidates(project, inputs, settings, targets, progress=progress)
    costs = _costs(candidates, settings, ground)
    lost = ~costs.connected
    rejected = _with_unconnected(rejected, candidates[lost])
    candidates, costs = candidates[~lost].reset_index(drop=True), costs.at(np.flatnonzero(~lost))
    reach = reach_of(
        candidates, targets, coverage=coverage, settings=settings.reach, grid=inputs.elevation, clutter=inputs.clutter,
        progress=progress,
    )  # fmt: skip
    must = targets["target_layer"].isin(settings.must).to_numpy(dtype=bool)
    question = PlanQuestion(candidates, targets, reach, costs, must)
    looks = _looks(question, settings, ground, progress=progress)
    if looks is not None and settings.satellite == "counted":
        question = _with_dishes(question, looks, settings, project, ground=ground)
    said = (
        *findings,
        *_unconnected(int(lost.sum()), len(lost)),
        *_absent(settings, targets),
        *_idle(settings, targets),
    )
    return Asked(question, rejected, looks, said)


def _require_targets(targets: gpd.GeoDataFrame, results: Layers, settings: PlanSettings) -> None:
    """Require somebody to serve, and say what was asked for and what was judged."""
    if targets["weight"].gt(0).any():
        return
    judged = [results[name] for name in ("verdicts", "road_verdicts") if name in results and len(results[name])]
    known = {
        field: ", ".join(sorted(set(pd.concat([column(one, field) for one in judged]).dropna()))) if judged else ""
        for field in ("operator", "technology")
    }
    asked = settings.targets
    raise ProjectError(
        "plan_no_targets", operator=asked.operator, technologies=", ".join(asked.technologies) or "*",
        road=f"{asked.road_weight_per_km:g}", operators=known["operator"] or "-", judged=known["technology"] or "-",
    )  # fmt: skip


def _unconnected(count: int, total: int) -> list[Finding]:
    """Say how many candidates are left out as nothing connects them."""
    return [Finding("OM-BIZ-252", layer="planned_sites", values={"count": count, "total": total})] if count else []


def _idle(settings: PlanSettings, targets: gpd.GeoDataFrame) -> list[Finding]:
    """Name equipment that radiates nothing that is asked for."""
    asked = set(targets["technology"].dropna())
    return [
        Finding(
            "OM-BIZ-253", layer="planned_sites",
            values={"name": one.name, "technologies": ", ".join(one.technologies), "asked": ", ".join(sorted(asked))},
        )
        for one in settings.candidates.equipment
        if not asked.intersection(one.technologies)
    ]  # fmt: skip


def _absent(settings: PlanSettings, targets: gpd.GeoDataFrame) -> list[Finding]:
    """Name the layers that must be served, and have nothing to be served."""
    there = set(targets["target_layer"].dropna())
    return [Finding("OM-BIZ-251", layer=name, values={"name": name}) for name in settings.must if name not in there]


def _candidates(
    project: Project, inputs: Inputs, settings: PlanSettings, targets: gpd.GeoDataFrame, *, progress: Progress
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Give what stands, what is planned and what could be built, what is no candidate, and what was missing."""
    layers, coverage = inputs.layers, coverage_settings(project)
    conflicts = ConflictSettings(**project.conflicts.model_dump(exclude={"rules"}))
    zones = _zones(project, layers, conflicts)
    radiating = serving_antennas(
        layers.get("cells"), layers.get("towers"), default_height_m=coverage.default_tower_height_m,
        presets=coverage.presets,
    )  # fmt: skip
    standing_rules = settings.candidates.model_copy(update={"equipment": _equipment(settings, coverage)})
    rules = StandingRules(
        settings=standing_rules, sharing=project.sharing.demands, conflicts=conflicts, coverage=coverage
    )
    stock = {name: layer for name, layer in layers.items() if name in _STOCK}
    standing = standing_candidates(stock, antennas=radiating, rules=rules, zones=zones)
    if inputs.elevation is None:
        return standing.found, standing.rejected, (Finding("OM-BIZ-248", layer="planned_sites"),)
    if not settings.new_sites:
        return standing.found, standing.rejected, ()
    new = rises(
        targets, inputs.elevation, coverage=coverage, settings=settings.rises, equipment=standing_rules.equipment,
        roads=layers.get("roads"), power=power_sources(layers), shared=_beside(layers), zones=zones, progress=progress,
    )  # fmt: skip
    found = joined_candidates(standing.found.set_crs(new.found.crs, allow_override=True), new.found)
    rejected = joined_candidates(standing.rejected.set_crs(new.found.crs, allow_override=True), new.rejected)
    return found, rejected, new.findings


def _equipment(settings: PlanSettings, coverage: CoverageSettings) -> tuple[Equipment, ...]:
    """Give what may be put up: that of the project, else the usual, for the operator that is planned for."""
    if settings.candidates.equipment or settings.targets.operator == ANY_OPERATOR:
        return settings.candidates.equipment
    return tuple(
        one.model_copy(update={"operators": (settings.targets.operator,)}) for one in usual_equipment(coverage)
    )


_STOCK = ("towers", "structures", "rooms", "planned_sites")


def _zones(project: Project, layers: Layers, settings: ConflictSettings) -> PointZones | None:
    """Make the zones of the project ready; None where there are none."""
    zones = layers.get("zones")
    return None if zones is None or zones.empty else point_zones(zones, rules=zone_rules(project), settings=settings)


def _beside(layers: Layers) -> gpd.GeoDataFrame | None:
    """Give what stands or is planned already, beside which nothing new is built."""
    parts = [layers[name].geometry for name in ("towers", "planned_sites") if name in layers and len(layers[name])]
    if not parts:
        return None
    return gpd.GeoDataFrame(geometry=pd.concat(parts, ignore_index=True), crs=parts[0].crs)


def _costs(candidates: gpd.GeoDataFrame, settings: PlanSettings, ground: Ground) -> CandidateCosts:
    """Price candidates; those that only a satellite would connect must see one."""
    costs = candidate_costs(candidates, ground.layers, ground.grid, book=ground.book, settings=ground.settings)
    spots = column(candidates, "spot_id").fillna(column(candidates, "candidate_id"))
    wanted = costs.table["way"].eq("satellite").to_numpy(dtype=bool)
    if not wanted.any() or ground.grid is None:
        return costs
    asking = candidates[wanted][~spots[wanted].duplicated().to_numpy()]
    asked = gpd.GeoDataFrame(
        {"target_layer": "planned_sites", "target_id": spots.loc[asking.index].to_numpy()},
        geometry=asking.geometry.to_numpy(), crs=candidates.crs,
    )  # fmt: skip
    return without_sky(costs, satellite_looks(asked, ground.grid, settings=settings.sky), spots)


def _with_unconnected(rejected: gpd.GeoDataFrame, lost: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the candidates that nothing connects to those that are left out."""
    if lost.empty:
        return rejected
    lon, lat = places(lost, "plan_candidates")
    table = pd.DataFrame(lost.drop(columns="geometry")).assign(lon=lon, lat=lat, cause="connection", zone_ids="")
    return joined_candidates(rejected, rejected_layer(table, lost.crs))


def _looks(
    question: PlanQuestion, settings: PlanSettings, ground: Ground, *, progress: Progress
) -> gpd.GeoDataFrame | None:
    """Tell which satellites those see whom no candidate serves; None where there is nobody, or no elevation model."""
    if settings.satellite == "not looked at" or ground.grid is None:
        return None
    lost = _out_of_reach(question)
    return satellite_looks(lost, ground.grid, settings=settings.sky, progress=progress) if len(lost) else None


def _out_of_reach(question: PlanQuestion) -> gpd.GeoDataFrame:
    """Give the places that no candidate serves; points of roads need no dish."""
    served = np.asarray(question.reach.serves().sum(axis=1)).ravel() > 0
    targets = question.targets
    road = targets["target_layer"].eq("roads").fillna(value=False).to_numpy(dtype=bool)
    return targets[~served & ~targets["served_before"].to_numpy(dtype=bool) & ~road].reset_index(drop=True)


def _with_dishes(
    question: PlanQuestion, looks: gpd.GeoDataFrame, settings: PlanSettings, project: Project, *, ground: Ground
) -> PlanQuestion:
    """Offer a dish to each place that nothing else reaches."""
    dishes = satellite_candidates(_out_of_reach(question), looks)
    if dishes.empty:
        return question
    above: Reach = reach_of(
        dishes, question.targets, coverage=coverage_settings(project), settings=settings.reach, grid=ground.grid
    )
    return replace(
        question,
        candidates=joined_candidates(question.candidates, dishes) if len(question.candidates) else dishes,
        reach=joined_reach(question.reach, above),
        costs=with_dishes(question.costs, len(dishes), ground.book),
    )
