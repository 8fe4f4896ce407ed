"""Plans against every plan there is."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csc_array

from onemap.analyses.siting import Phase, SitingProblem, SitingSettings, site_plan
from onemap.analyses.siting.branching import branch_and_bound
from onemap.analyses.siting.core import Aim, core_of
from onemap.analyses.siting.exact import allowed
from onemap.errors import ProjectError

Rng = np.random.Generator
Key = tuple[float, ...]


def instance(
    rng: Rng, *, candidates: int = 8, targets: int = 10, groups: bool = False, unit: bool = False
) -> SitingProblem:
    """Make a small problem: few different costs and weights, so that many plans are equal."""
    serves = rng.random((targets, candidates)) < rng.uniform(0.15, 0.5)
    return SitingProblem(
        cost=np.ones(candidates) if unit else rng.integers(1, 6, candidates) * 2.5,
        serves=csc_array(serves),
        weight=rng.integers(0, 5, targets) * 1.25,
        served_before=rng.random(targets) < 0.15,
        must=rng.random(targets) < 0.2,
        rank=rng.integers(0, 5, candidates),
        key=rng.permutation([f"c{number}" for number in range(candidates)]),
        joint=rng.integers(-1, 3, candidates) if groups else None,
    )


def plans(problem: SitingProblem) -> list[tuple[tuple[int, ...], float, float, np.ndarray]]:
    """List all plans in which no group is taken twice: who is in, cost, weight newly served, what is served."""
    candidates = problem.size[1]
    dense = problem.serves.toarray()
    found = []
    for word in itertools.product([False, True], repeat=candidates):
        inside = np.flatnonzero(word)
        if problem.joint is not None:
            joint = problem.joint[inside]
            joint = joint[joint >= 0]
            if len(set(joint.tolist())) < len(joint):
                continue
        served = problem.served_before | dense[:, inside].any(axis=1)
        new = float(problem.weight[served & ~problem.served_before].sum())
        found.append((tuple(inside.tolist()), float(problem.cost[inside].sum()), new, served))
    return found


def rule(problem: SitingProblem, inside: tuple[int, ...]) -> Key:
    """Give what tells equal plans apart: sum of ranks from one, then the first candidate by cost, rank, key."""
    order = sorted(
        range(problem.size[1]), key=lambda one: (problem.cost[one], problem.rank[one], str(problem.key[one]))
    )
    return (float(sum(problem.rank[one] + 1 for one in inside)), *(0.0 if one in inside else 1.0 for one in order))


def serveable(problem: SitingProblem) -> np.ndarray:
    """Tell the targets that must be served and can be."""
    return problem.must & (problem.serves.toarray().any(axis=1) | problem.served_before)


def cheapest(problem: SitingProblem, share: float) -> tuple[int, ...] | None:
    """Find the cheapest plan that reaches a share, by trying all."""
    before = problem.weight[problem.served_before].sum()
    need = share * problem.weight.sum() - before
    must = serveable(problem)
    fit = [one for one in plans(problem) if one[2] >= need - 1e-9 and one[3][must].all()]
    return min(fit, key=lambda one: (round(one[1], 6), *rule(problem, one[0])))[0] if fit else None


def strongest(problem: SitingProblem, budget: float) -> tuple[int, ...] | None:
    """Find the plan that serves most for a budget, by trying all."""
    must = serveable(problem)
    fit = [one for one in plans(problem) if one[1] <= budget + 1e-9 and one[3][must].all()]
    return min(fit, key=lambda one: (-one[2], round(one[1], 6), *rule(problem, one[0])))[0] if fit else None


@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("number", range(50))
def test_least_cost_equals_the_best_of_all_plans(number: int, groups: bool) -> None:
    rng = np.random.default_rng([1, number, groups])
    problem = instance(rng, groups=groups, unit=number % 3 == 0)
    share = float(rng.choice([0.4, 0.7, 0.9]))
    best = cheapest(problem, share)
    if best is None:
        check_unreachable(problem, share)
        return
    plan = site_plan(problem, SitingSettings(target_share=share))
    assert sorted(plan.chosen.tolist()) == sorted(best)
    assert plan.proven
    assert plan.gap == 0
    assert plan.cost == pytest.approx(plan.value)
    lost = problem.must & ~problem.serves.toarray().any(axis=1) & ~problem.served_before
    assert plan.status == ("unreachable" if lost.any() else "optimal" if best else "reached_before")


def check_unreachable(problem: SitingProblem, share: float) -> None:
    """Require the best that can be reached, at the least cost, or an error where musts exclude each other."""
    must = serveable(problem)
    fit = [one for one in plans(problem) if one[3][must].all()]
    if not fit:
        with pytest.raises(ProjectError, match="cannot all be served"):
            site_plan(problem, SitingSettings(target_share=share))
        return
    best = min(fit, key=lambda one: (-one[2], round(one[1], 6), *rule(problem, one[0])))
    plan = site_plan(problem, SitingSettings(target_share=share))
    assert sorted(plan.chosen.tolist()) == sorted(best[0])
    assert plan.status == "unreachable"
    assert plan.missing_share == pytest.approx(share - plan.reached_share)


@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("number", range(50))
def test_most_weight_equals_the_best_of_all_plans(number: int, groups: bool) -> None:
    rng = np.random.default_rng([2, number, groups])
    problem = instance(rng, groups=groups, unit=number % 3 == 0)
    budget = float(rng.integers(0, 25)) * (0.2 if number % 3 == 0 else 1.0)
    best = strongest(problem, budget)
    if best is None:
        with pytest.raises(ProjectError, match=r"cost at least|cannot all be served"):
            site_plan(problem, SitingSettings(budget=budget))
        return
    plan = site_plan(problem, SitingSettings(budget=budget))
    assert sorted(plan.chosen.tolist()) == sorted(best)
    assert plan.proven
    assert plan.value == pytest.approx(next(one[2] for one in plans(problem) if one[0] == best))


@pytest.mark.parametrize("number", range(40))
def test_years_buy_the_most_weight_one_after_another(number: int) -> None:
    rng = np.random.default_rng([3, number])
    problem = replace(instance(rng, candidates=9, targets=14), must=np.zeros(14, dtype=bool))
    money = rng.integers(2, 9, 3).astype(float)
    phases = tuple(Phase(year=2026 + at, budget=one) for at, one in enumerate(money))
    settings = (
        SitingSettings(budget=money.sum(), phases=phases)
        if number % 2
        else SitingSettings(target_share=0.8, phases=phases)
    )
    plan = site_plan(problem, settings)
    left, built, purse = set(plan.chosen.tolist()), [], 0.0
    for phase in range(3):
        purse += money[phase]
        taken = best_year(problem, left, built, purse)
        bought = [int(one) for one in plan.chosen[plan.phase == phase]]
        if phase == 2:
            assert set(taken) <= set(bought)
        else:
            assert sorted(bought) == sorted(taken)
        assert sum(problem.cost[bought]) <= purse + 1e-9
        left, built, purse = left - set(bought), built + bought, purse - sum(problem.cost[bought])
    assert left == set(plan.chosen[plan.phase == -1].tolist())
    assert settings.budget is None or not left


def best_year(problem: SitingProblem, left: set[int], built: list[int], purse: float) -> tuple[int, ...]:
    """Find what the money of a year buys, by trying all."""
    before = problem.served_by(np.array(built, dtype=np.int64))
    rest = replace(problem, served_before=before)
    fit = [one for one in plans(rest) if set(one[0]) <= left and one[1] <= purse + 1e-9]
    return min(fit, key=lambda one: (-one[2], round(one[1], 6), *rule(rest, one[0])))[0]


@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("number", range(60))
def test_branches_end_at_the_best_of_all_plans(number: int, groups: bool) -> None:
    rng = np.random.default_rng([4, number, groups])
    problem = instance(rng, candidates=10, targets=24, groups=groups, unit=number % 3 == 0)
    core = core_of(problem, must_serve=number % 2 == 0)[0]
    words = np.array(list(itertools.product([False, True], repeat=len(core.columns))))
    cost, served, _ = np.array([core.tell(word) for word in words]).T
    need = float(np.ceil(rng.choice([0.5, 0.8, 0.95]) * core.total))
    cheaper = bool(number % 4 < 2)
    aim = Aim(cheaper, need, cost.max()) if cheaper else Aim(cheaper, 0.0, float(np.floor(rng.uniform() * cost.max())))
    fit = np.array([allowed(core, aim, word) for word in words])
    if not fit.any():
        return
    sure = float(core.ground[6][core.ground[7]].sum())
    value = cost if cheaper else sure - served
    worst = words[fit][np.argmax(value[fit])]
    for work in (0, 10**9):
        found = branch_and_bound(core, aim, worst, work=work, seconds_left=lambda: 60.0)
        told = core.tell(found.inside)
        assert allowed(core, aim, found.inside)
        assert found.bound <= value[fit].min()
        assert not found.cut
        assert (told[0] if cheaper else sure - told[1]) == value[fit].min() or not work
        assert found.proven == bool(work)
