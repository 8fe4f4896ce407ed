"""What surrounds a plan: years that add up, a curve that never falls, and moves that are what planning anew gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from onemap.analyses.plan.choosing import Chosen, choose_sites
from onemap.analyses.plan.outlook import Outlook, plan_budget_curve, plan_phases, plan_sensitivity, plan_summary
from onemap.analyses.plan.planned import planned_sites_of
from onemap.analyses.plan.site_lines import plan_sites
from onemap.analyses.siting import Phase, SitingProblem, SitingSettings, site_plan
from onemap.layers.catalogue import schema
from tests.analyses.plan.plan_county import chosen, ground, question

SHARE = SitingSettings(target_share=0.7)
YEARS = (Phase(year=2026, budget=120), Phase(year=2027, budget=180), Phase(year=2029, budget=90))


def in_years(seed: int) -> tuple[Chosen, SitingSettings]:
    settings = SitingSettings(target_share=0.9, phases=YEARS)
    return choose_sites(question(seed), settings, ground()), settings


@pytest.mark.parametrize("seed", [3, 7, 11])
def test_years_add_up_and_stay_within_their_money(seed: int) -> None:
    found, settings = in_years(seed)
    phases = plan_phases(found, settings)
    assert phases["cost"].sum() == pytest.approx(found.cost)
    assert phases["sites"].sum() == len(found.sites)
    assert phases["cost_so_far"].tolist() == pytest.approx(phases["cost"].cumsum().tolist())
    assert phases["share_after"].is_monotonic_increasing
    assert phases["share_after"].iloc[-1] == pytest.approx(found.solution.reached_share)
    years = phases[phases["year"].notna()]
    assert years["year"].tolist() == [2026, 2027, 2029]
    assert (years["cost"].cumsum() <= years["budget"].cumsum() + 1e-4).all()
    order = np.where(found.solution.phase < 0, 99, found.solution.phase)
    assert (np.diff(order) >= 0).all()


def test_without_years_there_is_one_row() -> None:
    phases = plan_phases(chosen(3), SHARE)
    assert len(phases) == 1
    assert phases["cost"].iloc[0] == pytest.approx(chosen(3).cost)
    assert phases[["phase", "year", "budget"]].isna().all().all()


@pytest.mark.parametrize("seed", [3, 7])
def test_the_curve_never_falls_and_never_spends_more_than_there_is(seed: int) -> None:
    found = chosen(seed)
    curve = plan_budget_curve(found, SHARE, 6)
    assert len(curve) == 7
    assert curve["budget"].iloc[0] == curve["cost"].iloc[0] == 0.0
    assert curve["share"].iloc[0] == pytest.approx(found.solution.share_before)
    assert curve["budget"].is_monotonic_increasing
    assert curve["share"].is_monotonic_increasing
    assert (curve["cost"] <= curve["budget"] + 1e-6).all()
    assert (curve["nested_share"] <= curve["share"] + 1e-9).all()
    reachable = site_plan(found.question.problem(), SitingSettings(target_share=1.0)).reached_share
    assert reachable - 0.01 <= curve["share"].iloc[-1] <= reachable + 1e-9  # the greedy order ends the scale
    for _, row in curve.iloc[1:].iterrows():
        direct = site_plan(found.question.problem(), SitingSettings(budget=row["budget"], must_serve=False))
        assert row["share"] == pytest.approx(direct.reached_share)


@pytest.mark.parametrize("seed", [3, 7])
def test_each_move_is_what_planning_anew_gives(seed: int) -> None:
    found = chosen(seed)
    asked = found.question
    moves = plan_sensitivity(found, SHARE, Outlook(margin_step_db=3.0, price_step=0.2))
    assert {"radio margin", "site", "radio", "fibre", "power"} <= set(moves["what"])
    for row in moves.itertuples():
        if row.what == "radio margin":
            problem = asked.problem(shift_db=row.step)
        else:
            problem = _dearer(asked.problem(), asked.costs.moved(row.what, 1.0 + row.step / 100.0))
        anew = site_plan(problem, SHARE)
        assert row.reached_share == pytest.approx(anew.reached_share)
        assert row.cost == pytest.approx(anew.cost)
        assert row.sites_kept + row.sites_added == len(anew.chosen)
        assert row.reason_zh
        assert row.reason_en
    worse = moves[moves["what"].eq("radio margin") & moves["step"].lt(0)].iloc[0]
    better = moves[moves["what"].eq("radio margin") & moves["step"].gt(0)].iloc[0]
    assert worse["old_share"] <= found.solution.reached_share <= better["old_share"]


def _dearer(problem: SitingProblem, cost: np.ndarray) -> SitingProblem:
    return replace(problem, cost=cost)


def test_the_summary_is_of_one_row_and_says_all() -> None:
    found = chosen(3)
    row = plan_summary(found, SHARE, ["example", "quote"], weight="population").iloc[0]
    assert row["cost"] == pytest.approx(found.cost)
    assert row["sites"] == row["shared_sites"] + row["new_sites"] == len(found.sites)
    assert row["price_certainty"] == "example"
    assert row["missing_share"] == 0.0
    for lang in ("zh", "en"):
        assert "70 %" in row[f"reason_{lang}"]
        assert "nan" not in row[f"reason_{lang}"]


def test_sites_of_a_plan_are_planned_sites_with_ids_of_their_own() -> None:
    lines = plan_sites(chosen(3, must=True), SHARE, ground())
    ready = planned_sites_of(lines, origin="示范县")
    fields = schema("planned_sites").fields
    assert set(ready.columns) - {"geometry", "source"} <= set(fields)
    assert ready["site_id"].is_unique
    assert len(ready) == len(lines)
    assert ready.crs == lines.crs
    assert ready.geometry.geom_equals(lines.geometry).all()
