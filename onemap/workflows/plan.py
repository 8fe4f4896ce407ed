"""Make the plan of a project: what is asked, what could be built, what is chosen, and what that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.analyses.columns import column
from onemap.analyses.indicators import IndicatorSettings
from onemap.analyses.plan.choosing import Chosen, Ground, choose_sites
from onemap.analyses.plan.effects import PlanEffects, plan_effects
from onemap.analyses.plan.indicator_moves import indicator_moves
from onemap.analyses.plan.outlook import Outlook, plan_budget_curve, plan_phases, plan_sensitivity, plan_summary
from onemap.analyses.plan.planned import planned_sites_of
from onemap.analyses.plan.served import OUT_OF_REACH, plan_served
from onemap.analyses.plan.site_lines import newly_served, plan_sites
from onemap.analyses.siting import SitingSettings
from onemap.config import PlanSettings, Project
from onemap.errors import OnemapError
from onemap.findings import Finding
from onemap.messages import Told
from onemap.progress import Progress, silent
from onemap.workflows.costs import project_costs
from onemap.workflows.coverage_gaps import coverage_settings, gap_settings
from onemap.workflows.plan_candidates import Asked, ask
from onemap.workflows.reading import Inputs

__all__ = ["STEP", "Plan", "plan_project", "wants_plan", "with_planned_sites"]

STEP = "plan"
_SHOWN_IN = frozenset({STEP, "map", "report"})
_NAMED = 10

Layers = Mapping[str, gpd.GeoDataFrame]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The plan of a project.

    Attributes
    ----------
    results
        Result layers: plan_summary, plan_sites, plan_served, plan_connections, plan_phases, plan_budget_curve,
        plan_sensitivity, plan_indicators, plan_candidates, plan_rejected_candidates, satellite_looks, as far as there
        is anything in them.
    findings
        What the plan lacks.
    planned_sites
        The sites to be built or shared as the canonical layer, ready to be delivered.
    told
        What a script wants to know: target_share, reached_share, cost, optimality_gap, sites, indicators_before,
        indicators_after, and money, budget, status, reason.
    """

    results: Mapping[str, gpd.GeoDataFrame]
    findings: tuple[Finding, ...]
    planned_sites: gpd.GeoDataFrame
    told: Mapping[str, object]


def wants_plan(project: Project, steps: Sequence[str]) -> bool:
    """Tell whether a plan is to be made: alone, or where the project asks for one and a step makes or shows it.

    Parameters
    ----------
    project
        The project file; its table `plan` asks for one.
    steps
        Steps to do.
    """
    if set(steps) == {STEP}:
        return True
    delivered = project.plan is not None and project.plan.deliver_sites and "deliver" in steps
    return delivered or (project.plan is not None and bool(_SHOWN_IN.intersection(steps)))


def plan_project(
    project: Project, inputs: Inputs, results: Layers, *, alone: bool, progress: Progress = silent
) -> tuple[Plan | None, tuple[Finding, ...]]:
    """Make the plan of a project.

    Parameters
    ----------
    project
        The project file; its tables `plan` and `costs` say how.
    inputs
        The layers and the elevation model.
    results
        Result layers of gaps: verdicts, road_verdicts, village_verdicts, gap_priorities, as far as there are.
    alone
        Whether nothing but the plan is asked for: then it is an error if none can be made, else a finding.
    progress
        Told how far it is.

    Returns
    -------
    plan, findings
        The plan, None where none could be made; its findings.

    Raises
    ------
    OnemapError
        If none can be made, and nothing else is asked for.
    """
    try:
        plan = _plan(project, inputs, results, progress)
    except OnemapError as error:
        if alone:
            raise
        problem = Told(error.text_id, error.values)
        return None, (Finding("OM-BIZ-250", layer="planned_sites", values={"problem": problem}),)
    return plan, plan.findings


def _plan(project: Project, inputs: Inputs, results: Layers, progress: Progress) -> Plan:
    """Ask, choose, and tell."""
    settings, layers = project.plan or PlanSettings(), inputs.layers
    siting, coverage = settings.siting(), coverage_settings(project)
    ground = Ground(layers, inputs.elevation, project_costs(project), settings.connection)
    asked = ask(project, inputs, results, ground, progress=progress)
    chosen = choose_sites(asked.question, siting, ground, rounds=settings.rounds, progress=progress)
    served = newly_served(chosen)
    rule = IndicatorSettings(operator=project.indicators.operator, fibre_reach_m=project.indicators.fibre_reach_m)
    effects = plan_effects(
        results, layers, chosen.sites, served, date=project.project.date, gaps=gap_settings(project),
        coverage=coverage, indicators=rule,
    )  # fmt: skip
    moves = indicator_moves(results, effects, served, rule)
    lines = plan_sites(chosen, siting, ground, people=settings.targets.weight, moves=moves)
    found = _tables(chosen, siting, settings, ground, asked=asked, lines=lines)
    found |= _outlook(chosen, siting, settings, progress=progress)
    found["plan_indicators"] = effects.layer
    findings = [
        *asked.findings,
        *_connection_findings(chosen),
        *_gave_way(chosen, siting),
        *_missed(chosen, found["plan_served"]),
    ]
    ready = planned_sites_of(lines, origin=project.project.name)
    kept = {name: layer for name, layer in found.items() if len(layer) or name in {"plan_sites", "plan_summary"}}
    return Plan(kept, tuple(findings), ready, _told(chosen, lines, effects, siting))


def _tables(
    chosen: Chosen,
    siting: SitingSettings,
    settings: PlanSettings,
    ground: Ground,
    *,
    asked: Asked,
    lines: gpd.GeoDataFrame,
) -> dict[str, gpd.GeoDataFrame]:
    """Give the layers that tell what is built and who is served."""
    certainty = [None if pd.isna(one) else str(one) for one in column(lines, "price_certainty")]
    found = {
        "plan_summary": plan_summary(chosen, siting, certainty, weight=settings.targets.weight),
        "plan_sites": lines,
        "plan_served": plan_served(chosen, ground.book, looks=asked.looks),
        "plan_phases": plan_phases(chosen, siting),
        "plan_candidates": asked.question.candidates,
        "plan_rejected_candidates": asked.rejected,
    }
    if chosen.connections is not None:
        found["plan_connections"] = chosen.connections.sites
    if asked.looks is not None:
        found["satellite_looks"] = asked.looks
    return found


def _outlook(
    chosen: Chosen, siting: SitingSettings, settings: PlanSettings, *, progress: Progress
) -> dict[str, gpd.GeoDataFrame]:
    """Give what more money would do, and what changes with margins and prices."""
    outlook = Outlook(settings.curve_points, settings.margin_step_db, settings.price_step)
    return {
        "plan_budget_curve": plan_budget_curve(chosen, siting, outlook.curve_points, progress=progress),
        "plan_sensitivity": plan_sensitivity(chosen, siting, outlook, progress=progress),
    }


def _connection_findings(chosen: Chosen) -> tuple[Finding, ...]:
    """Give what stands in the way of connecting the chosen sites."""
    return () if chosen.connections is None else chosen.connections.findings


def _gave_way(chosen: Chosen, siting: SitingSettings) -> list[Finding]:
    """Name what was given up for want of room in the network, and what the money of the years does not last for."""
    found = []
    names = column(chosen.question.candidates, "candidate_id").iloc[chosen.banned].tolist()
    if names:
        shown = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
        found.append(Finding("OM-BIZ-254", layer="planned_sites", values={"count": len(names), "sites": shown}))
    late = chosen.solution.phase < 0
    if siting.phases and late.any():
        cost = float(chosen.costs["total"].to_numpy(dtype=float)[late].sum())
        values = {"count": int(late.sum()), "cost": f"{cost:,.1f} {chosen.question.costs.money}"}
        found.append(Finding("OM-BIZ-255", layer="planned_sites", values=values))
    return found


def _missed(chosen: Chosen, served: gpd.GeoDataFrame) -> list[Finding]:
    """Say that less is reached than was asked, by how much, and which places."""
    if chosen.solution.status not in {"unreachable", "nothing_affordable"}:
        return []
    lost = served[column(served, "state").eq(OUT_OF_REACH).to_numpy(dtype=bool)]
    lost = lost.sort_values("weight", ascending=False, kind="stable").drop_duplicates(["target_layer", "target_id"])
    names = [
        f"{layer}:{name if pd.isna(said) else said}"
        for layer, name, said in zip(lost["target_layer"], lost["target_id"], column(lost, "name"), strict=True)
    ]
    shown = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    reason = Told(chosen.solution.reason_id, chosen.solution.reason_values)
    return [Finding("OM-BIZ-249", layer="planned_sites", values={"reason": reason, "places": shown or "-"})]


def _told(chosen: Chosen, lines: gpd.GeoDataFrame, effects: PlanEffects, siting: SitingSettings) -> dict[str, object]:
    """Give what a script wants to know as plain values."""
    solution = chosen.solution
    sites = [
        {
            "site_id": name, "kind": kind, "lon": float(point.x), "lat": float(point.y), "reason": reason_en,
            "reason_zh": reason_zh, "cost": float(cost), "year": None if pd.isna(year) else int(year),
        }
        for name, kind, point, reason_en, reason_zh, cost, year in zip(
            lines["site_id"], lines["kind"], lines.geometry, lines["reason_en"], lines["reason_zh"], lines["cost"],
            lines["year"], strict=True,
        )
    ]  # fmt: skip
    gap = float(solution.gap) if np.isfinite(solution.gap) else None  # JSON knows no infinity
    return {
        "target_share": siting.target_share, "budget": siting.budget, "share_before": solution.share_before,
        "reached_share": solution.reached_share, "cost": chosen.cost, "money": chosen.question.costs.money,
        "optimality_gap": gap, "proven": bool(solution.proven), "status": solution.status,
        "reason": solution.reason("en"), "reason_zh": solution.reason("zh"), "sites": sites,
        "indicators_before": _totals(effects.before), "indicators_after": _totals(effects.after),
    }  # fmt: skip


def _totals(indicators: gpd.GeoDataFrame) -> list[dict[str, object]]:
    """Give the indicators of the whole area as plain values."""
    rows = indicators[column(indicators, "district_code").fillna("").eq("").to_numpy(dtype=bool)]
    names = ("target_id", "en", "zh", "unit", "total", "covered", "covered_share", "missing", "state")
    records = pd.DataFrame({name: rows[name].astype(object) for name in names}).to_dict("records")
    return [{str(key): None if pd.isna(value) else value for key, value in row.items()} for row in records]


def with_planned_sites(project: Project, inputs: Inputs, plan: Plan | None) -> Inputs:
    """Give the inputs with the sites of the plan among the planned ones, where the project wants them delivered.

    Parameters
    ----------
    project, inputs, plan
        The project file, what was read, and the plan.
    """
    if plan is None or project.plan is None or not project.plan.deliver_sites or plan.planned_sites.empty:
        return inputs
    before = inputs.layers.get("planned_sites")
    new = plan.planned_sites
    if before is not None and len(before):
        new = new[~column(new, "site_id").isin(column(before, "site_id")).to_numpy(dtype=bool)]
        new = gpd.GeoDataFrame(pd.concat([before, new], ignore_index=True), crs=before.crs)
    return replace(inputs, layers={**inputs.layers, "planned_sites": new})
