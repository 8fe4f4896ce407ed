"""What holds for every plan, other programs' plans, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csc_array, csr_array, eye_array, hstack, vstack
from scipy.spatial import cKDTree

from onemap.analyses.siting import (
    Phase,
    SitingProblem,
    SitingSettings,
    SitingSolution,
    budget_curve,
    plan_again,
    site_plan,
)
from onemap.analyses.siting.problem import whole_numbers
from onemap.errors import LayerError, ProjectError

Rng = np.random.Generator
QUICK = {"search_work": 30_000_000, "bound_work": 30_000_000}


def planar(rng: Rng, targets: int, candidates: int, *, unit: bool = False, reach: float = 12.0) -> SitingProblem:
    """Strew targets and candidates over a square; each target has so many candidates in reach in the mean."""
    sites, places = rng.random((candidates, 2)), rng.random((targets, 2))
    near = cKDTree(sites).query_ball_point(places, np.sqrt(reach / candidates / np.pi))
    rows = np.repeat(np.arange(targets), [len(one) for one in near])
    serves = csc_array(
        (np.ones(len(rows), dtype=bool), (rows, np.concatenate(near).astype(int))), (targets, candidates)
    )
    no = np.zeros(targets, dtype=bool)
    cost = np.ones(candidates) if unit else rng.integers(50, 151, candidates).astype(float)
    keys = [f"c{number:06d}" for number in range(candidates)]
    return SitingProblem(
        cost, serves, rng.integers(1, 200, targets).astype(float), no, no, rng.integers(0, 4, candidates), keys
    )


def small(seed: int) -> SitingProblem:
    """Make a problem of 40 targets and 16 candidates."""
    return planar(np.random.default_rng(seed), 40, 16, reach=3.0)


@examples(max_examples=25)
@given(seed=st.integers(0, 10_000), budget=st.integers(0, 800))
def test_more_budget_never_serves_less(seed: int, budget: int) -> None:
    problem = small(seed)
    less, more = (site_plan(problem, SitingSettings(budget=money)) for money in (budget, budget + 70))
    assert more.value >= less.value
    assert less.cost <= budget


@examples(max_examples=25)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.3, 0.6, 0.8]))
def test_removing_a_chosen_site_misses_the_share(seed: int, share: float) -> None:
    problem = small(seed)
    plan = site_plan(problem, SitingSettings(target_share=share))
    for at, one in enumerate(plan.chosen):
        rest = problem.served_by(np.delete(plan.chosen, at))
        lost = problem.weight[plan.served & ~rest].sum()
        assert plan.alone[at] == pytest.approx(lost)
        if plan.status == "optimal":
            assert problem.weight[rest].sum() < share * problem.weight.sum()
        assert plan.cost == pytest.approx(problem.cost[plan.chosen].sum())
        check_runner_up(problem, plan, at, int(one))


def check_runner_up(problem: SitingProblem, plan: SitingSolution, at: int, one: int) -> None:
    """Try every candidate in the place of one."""
    rest = np.delete(plan.chosen, at)
    able = [
        other
        for other in range(problem.size[1])
        if other not in plan.chosen and not (plan.served & ~problem.served_by(np.append(rest, other))).any()
    ]
    able.sort(key=lambda other: (problem.cost[other], problem.rank[other], str(problem.key[other])))
    assert plan.runner_up[at] == (able[0] if able and plan.alone[at] > 0 else -1)
    assert one not in able


@examples(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_another_candidate_never_raises_the_cost(seed: int) -> None:
    problem = small(seed)
    fewer = replace(
        problem, cost=problem.cost[:-1], serves=problem.serves[:, :-1], rank=problem.rank[:-1], key=problem.key[:-1]
    )
    most = problem.weight[fewer.served_by(np.arange(15))].sum() / problem.weight.sum()
    settings = SitingSettings(target_share=max(0.01, 0.9 * most))
    assert site_plan(problem, settings).cost <= site_plan(fewer, settings).cost


@pytest.mark.parametrize("share", [0.85, None])
def test_order_of_rows_does_not_matter(share: float | None) -> None:
    problem = planar(np.random.default_rng(5), 600, 150)
    turned = np.random.default_rng(6).permutation(150)
    other = replace(
        problem,
        cost=problem.cost[turned],
        serves=problem.serves[:, turned],
        rank=problem.rank[turned],
        key=np.asarray(problem.key)[turned],
    )
    settings = SitingSettings(target_share=share, budget=None if share else 1_500.0, exact_pairs=0, **QUICK)
    one, two = site_plan(problem, settings), site_plan(other, settings)
    assert one.chosen.tolist() == turned[two.chosen].tolist()
    assert (one.bound, one.gap, one.status) == (two.bound, two.gap, two.status)


@pytest.mark.slow
def test_plain_kernels_give_the_plan_of_compiled_ones(root: Path) -> None:
    script = (
        "from tests.analyses.test_siting_properties import planar, np, site_plan, SitingSettings\n"
        "p = planar(np.random.default_rng(3), 60, 25, reach=4.0)\n"
        "for kw in ({'target_share': 0.8}, {'budget': 400.0}):\n"
        "    s = site_plan(p, SitingSettings(**kw, exact_pairs=0, search_work=1000, bound_work=1000))\n"
        "    print(s.chosen.tolist(), s.bound, s.gap, s.runner_up.tolist())\n"
    )
    told = []
    for plain in ("0", "1"):
        environment = os.environ | {"NUMBA_DISABLE_JIT": plain, "PYTHONPATH": str(root)}
        told.append(
            subprocess.run(
                [sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True
            ).stdout
        )
    assert told[0] == told[1]
    assert told[0].count("[") == 4


def test_no_chosen_site_has_an_earlier_one_that_could_stand_for_it() -> None:
    problem = planar(np.random.default_rng(12), 600, 250, unit=True)
    for asked in ({"target_share": 0.8}, {"target_share": 1.0, "unreachable": "best"}, {"budget": 12.0}):
        plan = site_plan(problem, SitingSettings(exact_pairs=0, **asked, **QUICK))
        rule = [(problem.cost[one], problem.rank[one], str(problem.key[one])) for one in range(250)]
        assert len(plan.chosen) > 8
        for one, other in zip(plan.chosen, plan.runner_up, strict=True):
            assert other < 0 or rule[other] > rule[one]


def test_plan_is_the_same_again() -> None:
    problem = planar(np.random.default_rng(8), 500, 200)
    settings = SitingSettings(budget=1_000.0, **QUICK)
    one, two = site_plan(problem, settings), site_plan(problem, settings)
    assert one.chosen.tolist() == two.chosen.tolist()
    assert one.bound == two.bound


def relaxed(problem: SitingProblem, share: float | None, budget: float | None) -> float:
    """Bound a plan by the linear relaxation, solved by another way into HiGHS: cost, or weight."""
    targets, candidates = problem.size
    rows = hstack([-problem.serves.astype(float), eye_array(targets)])
    zeros, ones = np.zeros(candidates), np.zeros(targets)
    if share is not None:
        last, limit = np.r_[zeros, -problem.weight], -share * problem.weight.sum()
        aim = np.r_[problem.cost, ones]
    else:
        last, limit, aim = np.r_[problem.cost, ones], budget, np.r_[zeros, -problem.weight]
    found = linprog(aim, vstack([rows, csr_array(last[None])]), np.r_[ones, limit], bounds=(0, 1), method="highs")
    return abs(float(found.fun))


@pytest.mark.slow
@pytest.mark.parametrize("unit", [True, False])
def test_bound_is_near_that_of_the_linear_relaxation_and_never_wrong(unit: bool) -> None:
    problem = planar(np.random.default_rng(9), 500, 200, unit=unit)
    cases = [
        SitingSettings(target_share=0.9, exact_pairs=0),
        SitingSettings(budget=10 * problem.cost.mean(), exact_pairs=0),
    ]
    for settings in cases:
        plan = site_plan(problem, settings)
        ideal = relaxed(problem, settings.target_share, settings.budget)
        sharp = plan.bound / ideal if settings.target_share else ideal / plan.bound
        whole = 1.0 / ideal if unit and settings.target_share else 0.0
        assert sharp > 0.99
        assert plan.proven or sharp < 1.001 + whole
        assert plan.gap < 0.06
        best = integral(problem, settings)
        assert plan.bound <= best + 1e-6 if settings.target_share else plan.bound >= best - 1e-6
        assert abs(plan.value - best) <= 0.01 * best


def integral(problem: SitingProblem, settings: SitingSettings) -> float:
    """Solve a problem by `scipy.optimize.milp`."""
    targets, candidates = problem.size
    rows = hstack([problem.serves.astype(float), -eye_array(targets)])
    zeros, ones = np.zeros(candidates), np.zeros(targets)
    links = LinearConstraint(rows, 0, np.inf)
    if settings.target_share is not None:
        aim = np.r_[problem.cost, ones]
        row = LinearConstraint(
            np.r_[zeros, problem.weight][None], settings.target_share * problem.weight.sum() - 1e-6, np.inf
        )
    else:
        aim = np.r_[zeros, -problem.weight]
        row = LinearConstraint(np.r_[problem.cost, ones][None], -np.inf, settings.budget)
    whole = np.r_[zeros + 1, ones]
    found = milp(
        aim,
        constraints=[links, row],
        bounds=Bounds(0, 1),
        integrality=whole,
        options={"mip_rel_gap": 0, "time_limit": 120},
    )
    return abs(float(found.mip_dual_bound if found.status else found.fun))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(3))
def test_same_optimum_as_spopt(seed: int) -> None:
    import pulp
    from spopt.locate import LSCP, MCLP

    problem = planar(np.random.default_rng(seed), 80, 30, unit=True, reach=5.0)
    kept = np.diff(problem.serves.tocsr().indptr) > 0
    far = np.where(problem.serves.toarray()[kept], 1.0, 9.0)
    weight, no = problem.weight[kept], np.zeros(int(kept.sum()), dtype=bool)
    problem = replace(problem, serves=csc_array(far < 2), weight=weight, served_before=no, must=no)
    solver = pulp.PULP_CBC_CMD(msg=False)
    cover = LSCP.from_cost_matrix(far, 2.0).solve(solver)
    assert site_plan(problem, SitingSettings(target_share=1.0)).cost == pytest.approx(cover.problem.objective.value())
    most = MCLP.from_cost_matrix(far, weight[:, None], 2.0, p_facilities=4).solve(solver)
    assert site_plan(problem, SitingSettings(budget=4.0)).value == pytest.approx(most.problem.objective.value())


def test_curve_rises_and_step_by_step_is_never_better() -> None:
    curve = budget_curve(small(4), 8)
    assert (np.diff(curve.share) >= 0).all()
    assert (curve.nested_share <= curve.share + 1e-12).all()
    assert (curve.cost <= curve.budget + 1e-9).all()
    assert curve.proven.all()
    assert curve.share[-1] == pytest.approx(curve.nested_share[-1])


def test_dearer_site_is_left_and_the_old_plan_is_told_at_new_prices() -> None:
    problem = small(2)
    settings = SitingSettings(target_share=0.6)
    before = site_plan(problem, settings)
    dear = problem.cost.copy()
    dear[before.chosen[0]] *= 50
    change = plan_again(problem, settings, before, cost=dear)
    assert before.chosen[0] in change.dropped
    assert change.old_cost == pytest.approx(dear[before.chosen].sum())
    assert change.plan.cost <= change.old_cost
    assert change.old_share == pytest.approx(before.reached_share)
    assert sorted([*change.kept, *change.added]) == sorted(change.plan.chosen)


def three(**other: object) -> SitingProblem:
    """Make a problem of three candidates and four targets, one out of reach."""
    serves = csc_array(np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool))
    no = np.zeros(4, dtype=bool)
    known = {"cost": np.array([4.0, 3.0, 5.0]), "serves": serves, "weight": np.array([4.0, 3.0, 2.0, 1.0])}
    return SitingProblem(
        **(known | {"served_before": no, "must": no, "rank": np.zeros(3, int), "key": ["a", "b", "c"]} | other)
    )


def test_share_out_of_reach_says_by_how_much_and_who() -> None:
    plan = site_plan(three(), SitingSettings(target_share=0.95))
    assert plan.status == "unreachable"
    assert plan.proven
    assert sorted(plan.chosen.tolist()) == [0, 2]
    assert plan.missing_share == pytest.approx(0.05)
    assert np.flatnonzero(plan.nobody).tolist() == [3]
    assert "95.00 % cannot be reached: all candidates together come to 90.00 %" in plan.reason("en")
    assert "差 5.00 个百分点" in plan.reason("zh")
    with pytest.raises(ProjectError, match="1 targets \\(weight 1\\) are served by no candidate"):
        site_plan(three(), SitingSettings(target_share=0.95, unreachable="error"))


def test_must_without_a_candidate_is_told_with_a_budget_too() -> None:
    lost = three(must=np.array([False, False, False, True]))
    plan = site_plan(lost, SitingSettings(budget=4))
    assert (plan.status, plan.chosen.tolist()) == ("unreachable", [0])
    assert "1 places that must be served" in plan.reason("en")
    assert site_plan(lost, SitingSettings(budget=4, must_serve=False)).status == "optimal"


def test_nothing_to_do_and_nothing_to_buy() -> None:
    done = three(served_before=np.ones(4, dtype=bool))
    assert site_plan(done, SitingSettings(target_share=1)).status == "reached_before"
    assert site_plan(done, SitingSettings(budget=9)).status == "reached_before"
    for budget in (0, 2.9):
        plan = site_plan(three(), SitingSettings(budget=budget))
        assert (plan.status, len(plan.chosen), plan.cost) == ("nothing_affordable", 0, 0)
        assert "the cheapest candidate that does costs 3" in plan.reason("en")
        assert "3" in plan.reason("zh")


def test_place_that_must_be_served_beyond_the_budget_is_refused() -> None:
    forced = three(must=np.array([True, False, True, False]))
    with pytest.raises(ProjectError, match="2 places that must be served cost at least 9, more than the budget of 8"):
        site_plan(forced, SitingSettings(budget=8))
    assert site_plan(forced, SitingSettings(budget=9)).cost == 9


def test_musts_that_exclude_each_other_are_refused() -> None:
    forced = three(must=np.array([True, False, True, False]), joint=np.array([1, 2, 1]))
    for settings in (SitingSettings(budget=99), SitingSettings(target_share=0.5)):
        with pytest.raises(ProjectError, match="candidates of one spot exclude each other"):
            site_plan(forced, settings)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "a plan needs an aim"),
        ({"target_share": 0.5, "budget": 3}, "either at a share or at a budget"),
        ({"target_share": 0}, "more than 0 and at most 1, got 0"),
        ({"target_share": 95}, "at most 1, got 95"),
        ({"target_share": float("nan")}, "at most 1, got nan"),
        ({"budget": -1}, "a number of zero or more, got -1"),
        ({"budget": float("inf")}, "a number of zero or more, got inf"),
        ({"budget": 3, "phases": (Phase(year=2026, budget=2),)}, "add up to the budget of 3, got 2"),
        ({"budget": 3, "phases": (Phase(year=2027, budget=2), Phase(year=2026, budget=1))}, "2026 comes after 2027"),
        ({"target_share": 1, "phases": (Phase(year=2027, budget=-2),)}, "the money of 2027"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ProjectError, match=said) as refused:
        SitingSettings(**given)
    assert refused.value.text("zh") != str(refused.value)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"cost": np.array([1.0, -2.0, 3.0])}, "b has -2"),
        ({"cost": np.array([1.0, np.nan, 3.0])}, "b has nan .* give its price"),
        ({"weight": np.array([1.0, 2.0, np.inf, 1.0])}, "target 2 has inf"),
        ({"rank": np.zeros(2, int)}, "rank must have one entry for each of 3"),
        ({"key": ["a", "b", "a"]}, "a stands more than once"),
    ],
)
def test_amounts_that_cannot_be_added_up_are_refused(other: dict[str, object], said: str) -> None:
    with pytest.raises(LayerError, match=said):
        three(**other)


def test_no_candidates_and_no_targets_are_refused() -> None:
    empty = three(cost=np.zeros(0), serves=csc_array((4, 0)), rank=np.zeros(0, int), key=[])
    with pytest.raises(ProjectError, match="there is no candidate"):
        site_plan(empty, SitingSettings(budget=3))
    with pytest.raises(ProjectError, match="there is no candidate"):
        budget_curve(empty)
    with pytest.raises(ProjectError, match="there is no target"):
        site_plan(three(weight=np.zeros(4)), SitingSettings(budget=3))


@pytest.mark.slow
@pytest.mark.parametrize(("unit", "share", "budget"), [(True, 0.9, None), (False, 0.9, None), (False, None, 900.0)])
def test_branches_prove_what_another_way_into_the_solver_finds(
    unit: bool, share: float | None, budget: float | None
) -> None:
    problem = planar(np.random.default_rng(21), 500, 160, unit=unit)
    settings = SitingSettings(target_share=share, budget=budget)
    plan, again = site_plan(problem, settings), site_plan(problem, settings)
    assert plan.status == "optimal"
    assert plan.value == pytest.approx(integral(problem, settings))
    assert plan.chosen.tolist() == again.chosen.tolist()


def test_sites_of_one_price_are_counted_not_their_money() -> None:
    problem = planar(np.random.default_rng(13), 400, 130, unit=True)
    dear = replace(problem, cost=problem.cost * 185_000)
    settings = SitingSettings(target_share=0.9, exact_pairs=0, **QUICK)
    one, two = site_plan(problem, settings), site_plan(dear, settings)
    assert one.chosen.tolist() == two.chosen.tolist()
    assert two.bound == one.bound * 185_000


def test_clock_that_cuts_is_told() -> None:
    problem = planar(np.random.default_rng(1), 800, 300)
    plan = site_plan(problem, SitingSettings(target_share=0.9, time_limit_s=1e-9))
    assert plan.status == "cut_by_clock"
    assert not plan.proven
    assert plan.reached_share >= 0.9
    assert "another computer may find another" in plan.reason("en")


def test_gap_that_is_enough_ends_the_search() -> None:
    plan = site_plan(planar(np.random.default_rng(1), 800, 300), SitingSettings(target_share=0.9, gap=0.3))
    assert plan.status == "within_gap"
    assert 0 < plan.gap <= 0.3
    assert plan.bound <= plan.value


def test_argument_is_not_changed() -> None:
    problem = small(1)
    before = problem.cost.copy(), problem.serves.toarray(), problem.weight.copy()
    site_plan(problem, SitingSettings(target_share=0.5))
    assert all(
        (one == two).all()
        for one, two in zip(before, (problem.cost, problem.serves.toarray(), problem.weight), strict=True)
    )


def test_amounts_that_are_no_decimals_keep_their_sums() -> None:
    values = np.array([1 / 3, np.pi, 1e6])
    whole, unit = whole_numbers(values)
    assert whole * unit == pytest.approx(values, abs=1e-6)
    assert (whole == np.round(whole)).all()
