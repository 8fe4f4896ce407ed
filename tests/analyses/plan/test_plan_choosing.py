"""Which candidates are chosen: never for more than each alone, never beyond the budget, the same in any order."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from onemap.analyses.candidates import reach_of
from onemap.analyses.connection import ConnectionSettings, connections
from onemap.analyses.costs import package_costs
from onemap.analyses.plan.choosing import Chosen, Ground, PlanQuestion, choose_sites
from onemap.analyses.plan.costing import candidate_costs
from onemap.analyses.siting import SitingSettings
from tests.analyses.candidates.small_county import RADIO
from tests.analyses.plan.plan_county import RADIUS, chosen, ground, question, served_pairs, targets

SEEDS = (3, 7, 11)
CRS = "EPSG:4490"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [0.4, 0.7, 1.0])
def test_together_sites_cost_at_most_what_each_costs_alone(seed: int, share: float) -> None:
    found = chosen(seed, share=share)
    alone = question(seed).costs.table["total"].to_numpy()[found.solution.chosen].sum()
    assert found.cost_alone == pytest.approx(alone)
    assert found.cost <= alone + 1e-4  # each stretch is rounded to a millionth
    parts = found.costs[["site", "radio", "connection", "power", "access"]].to_numpy().sum(axis=1)
    assert found.costs["total"].to_numpy() == pytest.approx(parts)
    assert found.connections is not None
    spent = found.connections.sites[["cost_fibre", "cost_microwave", "cost_satellite"]].to_numpy().sum()
    assert found.costs["connection"].sum() == pytest.approx(spent)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_share_is_reached_and_counted_from_the_pairs(seed: int) -> None:
    found, asked = chosen(seed), question(seed)
    weight = asked.targets["weight"].to_numpy()
    inside = set(found.solution.chosen.tolist())
    served = asked.targets["served_before"].to_numpy().copy()
    for target, by in served_pairs(asked).items():
        served[target] |= bool(by & inside)
    assert (found.solution.served == served).all()
    assert found.solution.reached_share == pytest.approx(weight[served].sum() / weight.sum())
    assert found.solution.reached_share >= 0.7
    assert max(Counter(found.sites["spot_id"]).values()) == 1


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("aim", [{"share": 0.6}, {"share": None, "budget": 250.0}])
def test_rounds_never_make_it_worse(seed: int, aim: dict[str, float | None]) -> None:
    plans = [chosen(seed, rounds=rounds, **aim) for rounds in (0, 1, 3)]  # type: ignore[arg-type]
    for before, after in itertools.pairwise(plans):
        if aim["share"] is None:
            better = after.solution.reached_share > before.solution.reached_share
            assert better or after.cost <= before.cost + 1e-4
            assert after.solution.reached_share >= before.solution.reached_share - 1e-6
        else:
            assert after.solution.reached_share >= 0.6
            assert after.cost <= before.cost + 1e-4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("budget", [0.0, 60.0, 150.0, 300.0, 1_000.0])
def test_the_budget_is_never_exceeded(seed: int, budget: float) -> None:
    found = chosen(seed, share=None, budget=budget)
    assert found.cost <= budget + 1e-4
    assert found.solution.reached_share >= found.solution.share_before


def shuffled(asked: PlanQuestion, seed: int) -> PlanQuestion:
    """Give the same question with its rows in another order."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(asked.targets)), rng.permutation(len(asked.candidates))
    offered = asked.candidates.iloc[columns].reset_index(drop=True)
    wanted = asked.targets.iloc[rows].reset_index(drop=True)
    over = ground()
    reach = reach_of(offered, wanted, coverage=RADIO, grid=over.grid)
    costs = candidate_costs(offered, over.layers, over.grid, book=over.book, settings=over.settings)
    return PlanQuestion(offered, wanted, reach, costs, asked.must[rows])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("aim", [{"target_share": 0.7}, {"budget": 250.0}])
def test_the_order_of_the_rows_does_not_matter(seed: int, aim: dict[str, float]) -> None:
    asked = question(seed)
    plans = [
        choose_sites(one, SitingSettings(**aim), ground(), rounds=1)  # type: ignore[arg-type]
        for one in (asked, shuffled(asked, 1), shuffled(asked, 2))
    ]
    names = [plan.sites["candidate_id"].tolist() for plan in plans]
    assert names[0] == names[1] == names[2]
    for plan in plans[1:]:
        assert plan.costs["way"].tolist() == plans[0].costs["way"].tolist()
        assert plan.costs["total"].tolist() == pytest.approx(plans[0].costs["total"].tolist())
        assert plan.solution.alone.tolist() == pytest.approx(plans[0].solution.alone.tolist())


@pytest.mark.parametrize("seed", SEEDS)
def test_what_must_be_served_is_served(seed: int) -> None:
    found = chosen(seed, share=0.3, must=True)
    asked = question(seed, must=True)
    assert asked.must.any()
    assert found.solution.served[asked.must].all()


# ------------------------------------------------------------------------- where room runs out, by hand


def narrow(*, racks: bool = False) -> tuple[PlanQuestion, Ground]:
    """Two sites on a road to a node with one free port; a second node lies far along the road on the other side."""
    at = {"A": 75.00, "B": 75.002}
    road = gpd.GeoDataFrame({"road_id": ["R"]}, geometry=[shapely.LineString([(74.98, 39.0), (75.30, 39.0)])], crs=CRS)
    spots = [75.01, 75.30] if racks else [75.01]
    nodes = gpd.GeoDataFrame(
        {"node_id": [f"N{one}" for one in range(len(spots))], "owner": "X", "ports_free": [1, 9][: len(spots)]},
        geometry=shapely.points([(one, 39.0) for one in spots]), crs=CRS,
    )  # fmt: skip
    offered = gpd.GeoDataFrame(
        {"candidate_id": list(at), "spot_id": list(at), "kind": "new site", "technologies": "4G", "operators": "any",
         "bands": "B8", "height_agl_m": 30.0},
        geometry=[shapely.Point(one, 39.0) for one in at.values()], crs=CRS,
    )  # fmt: skip
    wanted = targets(2).iloc[:2].assign(
        target_key=["a", "b"], technology="4G", weight=[60.0, 40.0], served_before=False,
        geometry=shapely.points([(74.928, 39.0), (75.074, 39.0)]),
    )  # fmt: skip
    wanted = gpd.GeoDataFrame(wanted.reset_index(drop=True), crs=CRS)
    settings = ConnectionSettings(microwave=False)
    over = Ground({"roads": road, "nodes": nodes}, None, package_costs(), settings)
    costs = candidate_costs(offered, over.layers, None, book=over.book, settings=settings)
    radio = replace(RADIUS, range_m={"4G": 6_300.0, "5G": 3_000.0})
    reach = reach_of(offered, wanted, coverage=radio)
    return PlanQuestion(offered, wanted, reach, costs, np.zeros(2, dtype=bool)), over


def test_the_county_of_the_full_node_is_as_drawn() -> None:
    asked, over = narrow()
    assert asked.reach.serves().toarray().tolist() == [[True, False], [False, True]]
    assert asked.costs.connected.all()
    together = connections(
        asked.candidates.rename(columns={"candidate_id": "site_id"}), over.layers, None, book=over.book,
        settings=over.settings,
    )  # fmt: skip
    assert sorted(together.sites["way"]) == ["fibre", "none"]


def test_a_site_that_nothing_connects_beside_the_others_is_given_up() -> None:
    asked, over = narrow()
    found = choose_sites(asked, SitingSettings(target_share=1.0), over, rounds=2)
    assert len(found.sites) == 1
    assert found.costs["way"].tolist() == ["fibre"]
    assert len(found.banned) == 1
    assert found.solution.status == "unreachable"
    assert not set(found.banned.tolist()) & set(found.solution.chosen.tolist())


def test_a_budget_holds_though_sites_together_cost_more_than_alone() -> None:
    """The second site has to go to the far node, which costs more than it did alone."""
    asked, over = narrow(racks=True)
    alone = float(asked.costs.table["total"].sum())
    both = choose_sites(asked, SitingSettings(target_share=1.0), over)
    assert len(both.sites) == 2
    assert both.cost > alone + 100
    for budget in (alone + 1.0, both.cost - 1.0):
        found = choose_sites(asked, SitingSettings(budget=budget), over)
        assert found.cost <= budget + 1e-4
        assert len(found.sites) == 1
    enough = choose_sites(asked, SitingSettings(budget=both.cost + 1.0), over)
    assert enough.cost <= both.cost + 1.0 + 1e-6


def test_nothing_to_do_costs_nothing() -> None:
    asked = question(3)
    found: Chosen = choose_sites(asked, SitingSettings(target_share=0.01), ground())
    assert found.solution.status == "reached_before"
    assert found.cost == 0.0
    assert found.connections is None
    assert pd.DataFrame(found.sites).empty
