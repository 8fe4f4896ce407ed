"""Siting against HiGHS's bound and against spopt, and at the size of a county's, a city's and a province's problem.

    python benchmarks/siting.py [small] [county] [city] [province] [whole]

All problems are synthetic and seeded: candidates and targets anywhere in a square, weights of 1 to 199; each target can
be served by its 10 to 40 nearest candidates (`nearest`), or by all within a radius, 25 in the mean (`radius`).

`small`     covers of all targets and the most weight by some sites, solved by spopt (PuLP, CBC) too: same optimum,
            ratio of times.
`county`    3,000 targets, 1,000 candidates, unit and varied costs: at most 1 % from the bound that HiGHS has after
            `HIGHS_S` seconds, in `MOST_S` seconds of processor time. `whole` serves every target, where bound and
            plan stay further apart; it has no limit.
`city`      30,000 targets, 5,000 candidates: time and gap.
`province`  300,000 targets, 60,000 candidates: time, memory and gap; not run unless named.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, eye_array, hstack
from scipy.spatial import cKDTree

from onemap.analyses.siting import SitingProblem, SitingSettings, SitingSolution, site_plan

HIGHS_S, MOST_S, CITY_S, MOST_GAP = 45.0, 60.0, 30.0, 0.01
RATIO = 3.0


def main(parts: list[str]) -> int:
    """Run the parts; give 1 if a limit is missed."""
    warm_up()
    known = {"small": small, "county": county, "whole": whole, "city": city, "province": province}
    fine = True
    for part in parts or ["small", "county", "city"]:
        print(part)
        fine &= known[part]()
    return 0 if fine else 1


def warm_up() -> None:
    """Load the kernels."""
    problem = planar(np.random.default_rng(0), 300, 100, kind="radius", unit=False)
    for settings in (SitingSettings(target_share=0.9, exact_pairs=0), SitingSettings(budget=900)):
        site_plan(problem, settings)


def planar(rng: np.random.Generator, targets: int, candidates: int, *, kind: str, unit: bool) -> SitingProblem:
    """Strew candidates and targets over a square."""
    sites, places = rng.random((candidates, 2)), rng.random((targets, 2))
    tree = cKDTree(sites)
    if kind == "nearest":
        count = rng.integers(10, 41, targets)
        near = tree.query(places, k=40)[1]
        columns = near[np.arange(40)[None, :] < count[:, None]]
    else:
        lists = tree.query_ball_point(places, np.sqrt(25 / candidates / np.pi))
        count = np.array([len(one) for one in lists])
        columns = np.concatenate(lists).astype(np.int64)
    rows = np.repeat(np.arange(targets), count)
    serves = csc_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(targets, candidates))
    cost = np.ones(candidates) if unit else rng.integers(50, 151, candidates).astype(float)
    no = np.zeros(targets, dtype=bool)
    keys = [f"{number:06d}" for number in range(candidates)]
    weight = rng.integers(1, 200, targets).astype(float)
    return SitingProblem(cost, serves, weight, no, no, np.zeros(candidates, dtype=np.int64), keys)


def timed(problem: SitingProblem, settings: SitingSettings) -> tuple[SitingSolution, float]:
    """Plan; give the seconds of processor time too."""
    before, began = time.process_time(), time.perf_counter()
    plan = site_plan(problem, settings)
    seconds = time.process_time() - before
    print(
        f"    {plan.value:,.0f}, bound {plan.bound:,.0f}, own gap {100 * plan.gap:.2f} % ({plan.status}), "
        f"{len(plan.chosen)} sites; {seconds:.1f} s of processor time, {time.perf_counter() - began:.1f} s"
    )
    return plan, seconds


def highs_bound(problem: SitingProblem, settings: SitingSettings) -> float:
    """Give HiGHS's bound on the same problem after a time."""
    targets, candidates = problem.size
    links = LinearConstraint(hstack([problem.serves.astype(float), -eye_array(targets)]), 0, np.inf)
    zeros, none = np.zeros(candidates), np.zeros(targets)
    if settings.target_share is not None:
        aim, need = np.r_[problem.cost, none], settings.target_share * problem.weight.sum() - 1e-6
        row = LinearConstraint(np.r_[zeros, problem.weight][None], need, np.inf)
    else:
        aim = np.r_[zeros, -problem.weight]
        row = LinearConstraint(np.r_[problem.cost, none][None], -np.inf, settings.budget)
    whole = np.r_[zeros + 1, none]
    options = {"time_limit": HIGHS_S, "mip_rel_gap": 1e-6}
    found = milp(aim, constraints=[links, row], bounds=Bounds(0, 1), integrality=whole, options=options)
    bound = abs(float(found.mip_dual_bound))
    return float(np.ceil(bound - 1e-6)) if settings.target_share is not None else float(np.floor(bound + 1e-6))


def compare(kind: str, *, unit: bool, share: float | None, strict: bool) -> bool:
    """Plan for a county, and hold it against HiGHS's bound."""
    problem = planar(np.random.default_rng(1), 3_000, 1_000, kind=kind, unit=unit)
    if share == 1.0:
        share = float(problem.weight[problem.served_by(np.arange(1_000))].sum() / problem.weight.sum())
    settings = SitingSettings(target_share=share, budget=None if share else 30 * problem.cost.mean())
    asked = f"share {share:.3f}" if share else f"budget {settings.budget:g}"
    print(f"  {kind}, {'unit' if unit else 'varied'} costs, {asked}")
    plan, seconds = timed(problem, settings)
    bound = highs_bound(problem, settings)
    gap = abs(plan.value - bound) / plan.value
    print(
        f"    HiGHS's bound after {HIGHS_S:.0f} s: {bound:,.0f}; {100 * gap:.2f} % from it (at most {100 * MOST_GAP:g})"
    )
    return not strict or (gap <= MOST_GAP and seconds <= MOST_S)


def county() -> bool:
    """Hold plans for a share and for a budget against HiGHS's bound."""
    cases = [(kind, unit, share) for kind in ("nearest", "radius") for unit in (True, False) for share in (0.9, None)]
    fine = [compare(kind, unit=unit, share=share, strict=True) for kind, unit, share in cases]
    return all(fine)


def whole() -> bool:
    """Serve every target that can be served."""
    cases = [(kind, unit) for kind in ("nearest", "radius") for unit in (True, False)]
    fine = [compare(kind, unit=unit, share=1.0, strict=False) for kind, unit in cases]
    return all(fine)


def city() -> bool:
    """Plan for a city."""
    problem = planar(np.random.default_rng(1), 30_000, 5_000, kind="radius", unit=False)
    taken = []
    for settings in (SitingSettings(target_share=0.9), SitingSettings(budget=150 * problem.cost.mean())):
        print(f"  30,000 x 5,000, {problem.serves.nnz:,} pairs, {settings.target_share or settings.budget}")
        taken.append(timed(problem, settings)[1])
    return max(taken) <= CITY_S


def province() -> bool:
    """Plan for a province."""
    problem = planar(np.random.default_rng(1), 300_000, 60_000, kind="radius", unit=False)
    print(f"  300,000 x 60,000, {problem.serves.nnz:,} pairs")
    timed(problem, SitingSettings(target_share=0.9, time_limit_s=1_800))
    print(f"    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    return True


def small() -> bool:
    """Solve problems that spopt solves too."""
    import pulp
    from spopt.locate import LSCP, MCLP

    ours, theirs, same = 0.0, 0.0, True
    for seed in range(10):
        problem = planar(np.random.default_rng(seed), 200, 60, kind="radius", unit=True)
        far = np.where(problem.serves.toarray(), 1.0, 9.0)
        solver = pulp.PULP_CBC_CMD(msg=False, threads=1)
        began = time.perf_counter()
        cover = LSCP.from_cost_matrix(far, 2.0).solve(solver)
        most = MCLP.from_cost_matrix(far, problem.weight[:, None], 2.0, p_facilities=4).solve(solver)
        theirs += time.perf_counter() - began
        began = time.perf_counter()
        plans = [site_plan(problem, one) for one in (SitingSettings(target_share=1.0), SitingSettings(budget=4.0))]
        ours += time.perf_counter() - began
        same &= abs(plans[0].value - cover.problem.objective.value()) < 1e-6
        same &= abs(plans[1].value - most.problem.objective.value()) < 1e-6
        same &= all(plan.proven for plan in plans)
    print(f"  20 problems of 200 x 60: same optimum: {same}; {ours:.1f} s against {theirs:.1f} s by spopt, "
          f"ratio {ours / theirs:.2f} (at most {RATIO:g})")  # fmt: skip
    return bool(same) and ours <= RATIO * theirs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
