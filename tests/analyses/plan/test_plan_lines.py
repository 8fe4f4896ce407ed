"""The lines of a plan against brute force over the pairs of candidates and targets."""

from __future__ import annotations

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

from onemap.analyses.candidates import satellite_looks
from onemap.analyses.plan.alternatives import BUILT_KINDS, SHARED_KINDS, alternatives
from onemap.analyses.plan.choosing import Chosen, choose_sites
from onemap.analyses.plan.served import BY_PLAN, FOR_MONEY, OUT_OF_REACH, plan_served, server_of
from onemap.analyses.plan.site_lines import newly_served, plan_sites
from onemap.analyses.siting import Phase, SitingSettings
from onemap.layers.catalogue import schema
from tests.analyses.plan.plan_county import chosen, ground, question, served_pairs

SEEDS = (3, 7, 11)
GEOD = Geod(ellps="GRS80")
SETTINGS = SitingSettings(target_share=0.7)


def alone(found: Chosen, one: int) -> set[int]:
    """Give the targets that only one of the chosen serves."""
    inside, before = set(found.solution.chosen.tolist()), found.question.targets["served_before"].to_numpy()
    pairs = served_pairs(found.question)
    return {target for target, by in pairs.items() if by & inside == {one} and not before[target]}


@pytest.mark.parametrize("must", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_runner_up_is_whoever_serves_most_of_what_a_site_alone_serves(seed: int, must: bool) -> None:
    found = chosen(seed, must=must)
    asked, pairs = found.question, served_pairs(found.question)
    weight, spot = asked.targets["weight"].to_numpy(), asked.candidates["spot_id"].to_numpy()
    kind, cost = asked.candidates["kind"].to_numpy(), asked.costs.table["total"].to_numpy()
    picked = found.solution.chosen.tolist()
    for one, other in zip(picked, alternatives(found), strict=True):
        mine = alone(found, one)
        total = sum(weight[target] for target in mine)
        share = {
            rival: sum(weight[target] for target in mine if rival in pairs[target]) / total
            for rival in range(len(cost))
            if mine and rival not in picked and spot[rival] != spot[one]
        }
        best = max(share.values(), default=0.0)
        if best <= 0:
            assert other.candidate == -1
            continue
        equal = [rival for rival, value in share.items() if value >= best - 1e-9]
        assert other.share == pytest.approx(best)
        assert other.cost == pytest.approx(min(cost[rival] for rival in equal))
        assert other.candidate in equal
        if kind[one] in BUILT_KINDS:
            standing = max((share[rival] for rival in share if kind[rival] in SHARED_KINDS), default=0.0)
            assert other.shared_share == pytest.approx(standing)
            assert (other.shared >= 0) == (standing > 0)
        else:
            assert other.shared == -1


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("radio", [True, False])
def test_each_target_is_served_by_the_chosen_site_of_the_largest_margin(seed: int, radio: bool) -> None:
    found = chosen(seed, radio=radio)
    asked, pairs = found.question, served_pairs(found.question)
    margins = asked.reach.margins().toarray()
    site, margin_db = server_of(found)
    picked = found.solution.chosen.tolist()
    before = asked.targets["served_before"].to_numpy()
    for target, by in pairs.items():
        mine = [number for number, one in enumerate(picked) if one in by]
        if before[target] or not mine:
            assert site[target] == -1
            assert np.isnan(margin_db[target])
        elif radio:
            best = max(margins[target, picked[number]] for number in mine)
            assert site[target] in mine
            assert margin_db[target] == pytest.approx(best)
            assert margins[target, picked[site[target]]] == pytest.approx(best)
        else:
            assert site[target] == mine[0]
            assert np.isnan(margin_db[target])


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_left_names_the_cheapest_that_would_serve_it(seed: int) -> None:
    found, over = chosen(seed), ground()
    asked, pairs = found.question, served_pairs(found.question)
    lines = plan_served(found, over.book)
    rows = np.flatnonzero(~asked.targets["served_before"].to_numpy())
    assert len(lines) == len(rows)
    cost, name = asked.costs.table["total"].to_numpy(), asked.candidates["candidate_id"].to_numpy()
    inside = set(found.solution.chosen.tolist())
    for row, line in zip(rows.tolist(), lines.itertuples(), strict=True):
        by = pairs[row]
        assert (line.target_layer, line.target_id) == tuple(asked.targets.loc[row, ["target_layer", "target_id"]])
        if by & inside:
            assert line.state == BY_PLAN
            server = name.tolist().index(line.site_id)
            assert server in by
            apart = GEOD.inv(
                asked.candidates.geometry[server].x, asked.candidates.geometry[server].y, line.geometry.x,
                line.geometry.y,
            )[2]  # fmt: skip
            assert line.distance_m == pytest.approx(apart, abs=0.01)
            assert pd.isna(line.cheapest)
        elif by:
            assert line.state == FOR_MONEY
            assert line.cheapest_cost == pytest.approx(min(cost[one] for one in by))
            assert name.tolist().index(line.cheapest) in by
            assert pd.isna(line.site_id)
        else:
            assert line.state == OUT_OF_REACH
            assert pd.isna(line.site_id)
            assert pd.isna(line.cheapest)
    assert set(lines["state"]) == {BY_PLAN, FOR_MONEY, OUT_OF_REACH}


def test_what_is_out_of_reach_names_the_satellite_it_sees() -> None:
    found, over = chosen(3), ground()
    before = plan_served(found, over.book)
    lost = before[before["state"].eq(OUT_OF_REACH) & before["target_layer"].ne("roads")]
    assert over.grid is not None
    looks = satellite_looks(lost, over.grid)
    after = plan_served(found, over.book, looks=looks).loc[lost.index]
    best = looks[looks["best"].astype(bool)].drop_duplicates("geometry")
    seen = {
        row.geometry.wkb: row.verdict == "visible" or row.low_orbit_verdict == "visible" for row in best.itertuples()
    }
    assert len(lost)
    for line in after.itertuples():
        assert pd.notna(line.satellite) == seen[line.geometry.wkb]
        assert (line.satellite_cost == 10.0) if seen[line.geometry.wkb] else np.isnan(line.satellite_cost)
        assert pd.isna(line.satellite) or line.satellite in line.reason_en


def lines_of(seed: int, *, must: bool = True) -> gpd.GeoDataFrame:
    return plan_sites(chosen(seed, must=must), SETTINGS, ground())


@pytest.mark.parametrize("seed", SEEDS)
def test_sums_of_the_lines_are_those_of_the_targets(seed: int) -> None:
    found, lines = chosen(seed, must=True), lines_of(seed)
    served = newly_served(found)
    assert lines["served_weight"].sum() == pytest.approx(served["weight"].sum())
    gained = found.solution.reached_share - found.solution.share_before
    total = found.question.targets["weight"].sum()
    assert lines["served_weight"].sum() / total == pytest.approx(gained)
    assert lines["cost"].sum() == pytest.approx(found.cost)
    parts = lines[["cost_site", "cost_radio", "cost_connection", "cost_power", "cost_access"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(lines["cost"].to_numpy())
    road = served[served["target_layer"].eq("roads")]
    assert lines["served_road_km"].sum() == pytest.approx(road["length_m"].sum() / 1000.0)
    place = served[served["target_layer"].ne("roads")].drop_duplicates(["site_id", "target_layer", "target_id"])
    assert lines["served_places"].sum() == len(place)
    assert lines["build_order"].tolist() == list(range(1, len(lines) + 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_line_says_all_in_both_languages(seed: int) -> None:
    lines = lines_of(seed)
    assert len(lines)
    told = [name for name in schema("plan_sites").fields if name.endswith(("_zh", "_en"))]
    assert {name.rpartition("_")[0] for name in told} == {
        "where", "what", "served", "indicators", "reason", "agree", "certainty",
    }  # fmt: skip
    for name in told:
        for words in lines[name]:
            assert isinstance(words, str), name
            assert words.strip(), name
            assert not re.search(r"\b(nan|None|NaT|inf)\b|<NA>|[{}<]", words), (name, words)
            if name.endswith("_zh"):
                assert re.search("[一-鿿]", words), (name, words)
            else:
                assert not re.search("[一-鿿]", words.replace("万元", "").replace("甲村", "").replace("地名", "")), (
                    words
                )
    sure = ["site_id", "kind", "equipment", "technologies", "operators", "bands", "height_agl_m", "way", "money",
            "price_certainty", "zone_status"]  # fmt: skip
    assert lines[sure].notna().all().all()
    assert lines.geometry.geom_type.eq("Point").all()


def test_a_shared_site_asks_its_owner_and_a_built_one_for_land() -> None:
    for seed in SEEDS:
        for line in lines_of(seed).itertuples():
            if line.kind in SHARED_KINDS:
                assert "Owner (owner)" in line.agree_en
            else:
                assert "Owner (owner)" not in line.agree_en
                assert "土地" in line.agree_zh or "用地" in line.agree_zh


def test_years_follow_the_phases() -> None:
    years = (Phase(year=2026, budget=150), Phase(year=2027, budget=150))
    settings = SitingSettings(target_share=0.8, phases=years)
    found = choose_sites(question(3), settings, ground())
    lines = plan_sites(found, settings, ground())
    spent = found.costs["total"].groupby(lines["year"].fillna(0).to_numpy()).sum()
    assert set(lines["year"].dropna()) <= {2026, 2027}
    assert spent.get(2026, 0.0) <= 150
    assert spent.get(2026, 0.0) + spent.get(2027, 0.0) <= 300
    assert lines["year"].isna().sum() == (found.solution.phase < 0).sum()


def test_text_of_a_layer_stays_text() -> None:
    """What a file says is told as it is; views make it harmless."""
    found = chosen(3, must=True)
    offered = found.question.candidates.assign(name="<b>x</b> {lon} %s", owner="{owner}")
    other = replace(found, question=replace(found.question, candidates=offered))
    lines = plan_sites(other, SETTINGS, ground())
    shared = lines["kind"].isin(SHARED_KINDS)
    assert lines.loc[shared, "what_en"].str.contains("<b>x</b> {lon} %s", regex=False).all()
    assert lines.loc[shared, "agree_zh"].str.contains("{owner}", regex=False).all()
