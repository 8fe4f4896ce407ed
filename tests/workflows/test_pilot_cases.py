"""Every case planted in the pilot, and every natural one its generator counted by formulas of its own, is found; nothing else is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

from onemap.analyses.colocation import colocation_clusters, colocation_pairs
from onemap.analyses.gaps.chainages import road_chainages
from onemap.config import Project, load_project
from onemap.findings import Finding
from onemap.workflows.conflicts import conflicts_of_project
from onemap.workflows.coverage_gaps import find_gaps
from onemap.workflows.gap_lists import list_gaps
from onemap.workflows.reading import Inputs, read_layers
from onemap.workflows.routes import find_routes
from onemap.workflows.sharing_both_ways import share_both_ways, sharing_settings

pytestmark = pytest.mark.slow
GEOD = Geod(a=6378137.0, rf=298.257222101)
Results = dict[str, gpd.GeoDataFrame]


@pytest.fixture(scope="module")
def project(root: Path) -> Project:
    return load_project(root / "data" / "pilot")


@pytest.fixture(scope="module")
def inputs(project: Project) -> Inputs:
    return read_layers(project)


@pytest.fixture(scope="module")
def cases(pilot: Path) -> pd.DataFrame:
    return pd.read_csv(pilot / "truth" / "cases.csv", keep_default_na=False, dtype=str)


@pytest.fixture(scope="module")
def routes(project: Project, inputs: Inputs) -> tuple[Results, tuple[Finding, ...]]:
    return find_routes(project, inputs)


@pytest.fixture(scope="module")
def shared(project: Project, inputs: Inputs) -> Results:
    return share_both_ways(project, inputs, {})


def expected(cases: pd.DataFrame, analysis: str, *, without: str = "none") -> pd.DataFrame:
    """Give the cases of an analysis that must be found."""
    return cases[cases["analysis"].eq(analysis) & cases["expected"].ne(without)].reset_index(drop=True)


def joined(rows: Iterable[Iterable[object]]) -> set[str]:
    """Write rows of identifiers as the list of cases does."""
    return {";".join("" if pd.isna(one) else str(one) for one in row).rstrip(";") for row in rows}


def pairs_of(layer: gpd.GeoDataFrame, one: str, other: str, value: str) -> dict[str, float]:
    """Give the pairs of a result layer in the order of their identifiers, with a value."""
    return {
        ";".join(sorted((str(a), str(b)))): float(number)
        for a, b, number in zip(layer[one], layer[other], layer[value], strict=True)
    }


def test_shared_routes_are_those_expected_and_no_others(
    cases: pd.DataFrame, routes: tuple[Results, tuple[Finding, ...]]
) -> None:
    truth = expected(cases, "shared_routes").set_index("ids")["value"].astype(float)
    found = pairs_of(routes[0]["shared_routes"], "cable_a", "cable_b", "shared_km")
    assert set(found) == set(truth.index)
    for pair, km in truth.items():
        assert found[str(pair)] == pytest.approx(km, abs=0.07), pair  # buffers reach 20 m past both ends


def test_every_node_is_as_safe_as_expected(cases: pd.DataFrame, routes: tuple[Results, tuple[Finding, ...]]) -> None:
    truth, nodes = expected(cases, "network_nodes", without=""), routes[0]["network_nodes"]
    assert len(truth) == len(nodes)
    placed = pd.Series([place_of(nodes, row) for row in truth.itertuples()])
    assert placed.is_unique
    said = nodes["verdict"].to_numpy()[placed.to_numpy()]
    wrong = truth[said != truth["expected"].to_numpy()]
    assert wrong.empty, wrong["ids"].tolist()
    counts = truth["expected"].value_counts()
    assert counts["protected"] >= 25
    assert counts["single route"] >= 25


def place_of(nodes: gpd.GeoDataFrame, case: object) -> int:
    """Give the node of an operator nearest to a case, not farther than 5 m."""
    lon, lat = (float(getattr(case, name)) for name in ("lon", "lat"))
    mine = np.flatnonzero(nodes["operator"].eq(str(case.ids).split(";")[0]).to_numpy(dtype=bool))  # type: ignore[attr-defined]
    count = len(mine)
    places = nodes.geometry.iloc[mine]
    metres = GEOD.inv(np.full(count, lon), np.full(count, lat), places.x, places.y)[2]
    assert np.min(metres) < 5.0, case
    return int(mine[int(np.argmin(metres))])


def test_second_routes_along_roads_are_those_expected(
    cases: pd.DataFrame, routes: tuple[Results, tuple[Finding, ...]]
) -> None:
    truth, nodes = expected(cases, "second_routes"), routes[0]["network_nodes"]
    placed = {place_of(nodes, row): float(row.value) for row in truth.itertuples()}
    found = nodes["second_route_km"]
    assert set(np.flatnonzero(found.notna())) == set(placed)
    for place, km in placed.items():
        assert found.iloc[place] == pytest.approx(km, rel=0.01, abs=0.05)


def test_clusters_and_pairs_are_those_expected_and_no_others(
    cases: pd.DataFrame, project: Project, inputs: Inputs
) -> None:
    layers, settings = inputs.layers, sharing_settings(project)
    planned, settled = layers["planned_sites"], {name: layers[name] for name in ("settlements", "zones")}
    close = colocation_pairs(layers["towers"], planned=planned, settings=settings, **settled)
    clusters = colocation_clusters(close, layers["towers"], planned=planned, settings=settings)
    truth = expected(cases, "colocation_pairs").set_index("ids")["value"].astype(float)
    pairs = pairs_of(close, "tower_a", "tower_b", "distance_m")
    assert set(pairs) == set(truth.index)
    for pair, metres in truth.items():
        assert pairs[str(pair)] == pytest.approx(metres, abs=0.3), pair
    apart = cases.loc[cases["case"].eq("pair outside the limit"), "ids"]
    assert len(apart) == 1
    assert not set(pairs) & set(apart)
    groups = expected(cases, "colocation_clusters")
    assert dict(zip(clusters["tower_ids"], clusters["keeper_id"], strict=True)) == dict(
        zip(groups["ids"], groups["expected"], strict=True)
    )
    assert groups["planted"].eq("yes").sum() == 1


def test_facilities_in_farmland_and_red_lines_are_those_expected(
    cases: pd.DataFrame, project: Project, inputs: Inputs
) -> None:
    results, findings = conflicts_of_project(project, inputs)
    rows = results["conflicts"]
    avoided = rows[rows["verdict"].isin(["forbidden", "needs recognition"])]
    found = {
        f"{row.facility_id};{row.zone_ids}": (row.verdict, row.area_m2 + row.length_m) for row in avoided.itertuples()
    }
    truth = expected(cases, "conflicts").set_index("ids")
    assert set(found) == set(truth.index)
    assert truth["planted"].eq("yes").all()
    for key, row in truth.iterrows():
        assert found[str(key)] == (row["expected"], pytest.approx(float(row["value"]), rel=1e-3)), key
    planned = cases.loc[cases["case"].eq("planned_sites in a zone"), "ids"].str.split(";").str[0]
    assert results["allowed_places"]["facility_id"].tolist() == planned.tolist()
    assert results["allowed_places"]["found"].all()
    assert [one.rule for one in findings] == [
        "OM-GEO-261",
        "OM-TOP-261",
    ]  # the plot that crosses itself lies on another


def test_demands_get_what_was_planted_and_unfit_structures_say_why(cases: pd.DataFrame, shared: Results) -> None:
    outcomes, truth = shared["demand_outcomes"], expected(cases, "demands")
    found = joined(outcomes[["demand_id", "candidate_id"]].to_numpy().tolist())
    assert found == set(truth["ids"])
    said = dict(zip(outcomes["demand_id"], outcomes["conclusion"], strict=True))
    assert said == dict(zip(truth["ids"].str.split(";").str[0], truth["expected"], strict=True))
    rejected = shared["demand_rejections"][["demand_id", "candidate_id", "rejected_for"]].to_numpy().tolist()
    for case in expected(cases, "demand_rejections").itertuples():
        assert [*str(case.ids).split(";"), case.expected] in rejected


def test_ducts_poles_and_works_are_those_expected(
    cases: pd.DataFrame, routes: tuple[Results, tuple[Finding, ...]], shared: Results
) -> None:
    ducts = routes[0]["duct_routes"][["duct_id", "beside_id"]]
    assert joined(ducts.to_numpy().tolist()) == set(expected(cases, "duct_routes")["ids"])
    poles = expected(cases, "pole_routes")
    rows = shared["pole_routes"][["cable_id", "beside_id"]].to_numpy().tolist()
    assert {";".join(row) for row in rows} == set(poles["ids"])
    works = shared["work_reservations"]
    assert works["need_layer"].eq("demands").all()
    assert joined(works[["work_id", "need_ids"]].to_numpy().tolist()) == set(expected(cases, "works")["ids"])


def test_the_post_out_of_order_is_found_and_no_other(cases: pd.DataFrame, inputs: Inputs) -> None:
    layers = inputs.layers
    chainages = road_chainages(layers["roads"], layers["kilometre_posts"])
    wrong = [one for one in chainages.findings if one.layer == "kilometre_posts"]
    truth = expected(cases, "chainage")
    assert [(one.rule, one.feature) for one in wrong] == [
        (case.expected, str(case.ids).split(";")[0]) for case in truth.itertuples()
    ]
    road = layers["roads"]["road_id"].tolist().index(truth["ids"].iloc[0].split(";")[1])
    known = chainages.chainages[road]
    assert known.basis == "posts"
    kept = layers["kilometre_posts"][
        ~layers["kilometre_posts"]["kilometre_post_id"].isin([one.feature for one in wrong])
    ]
    assert set(1000.0 * kept["chainage_km"]) <= set(known.chainage_m)
    assert set(known.chainage_m) <= {0.0, *(1000.0 * kept["chainage_km"])}  # the road states its start


def test_the_village_that_fails_only_by_its_clinic_is_found_and_no_other(
    cases: pd.DataFrame, project: Project, inputs: Inputs
) -> None:
    asked = project.model_copy(update={"coverage": project.coverage.model_copy(update={"technologies": ("4G",)})})
    names = ("villages", "settlements", "schools", "clinics", "districts", "cells", "towers", "finished_places")
    layers = {name: inputs.layers[name] for name in (*names, "measurements")}
    few = replace(inputs, layers=layers)
    gaps = find_gaps(asked, few)
    rows = gaps["village_verdicts"]
    far = ~rows["near_station"].astype(bool)
    others = ["committee_verdict", "school_verdict", "settlement_verdict"]
    whole = rows[others].fillna("covered").eq("covered").all(axis=1)
    alone = rows[far & whole & rows["clinic_verdict"].notna() & rows["clinic_verdict"].ne("covered")]
    truth = [case.split(";")[:2] for case in expected(cases, "villages")["ids"]]
    assert alone[["village_id", "operator"]].to_numpy().tolist() == truth
    assert alone["failing_parts"].tolist() == ["a;b"]
    lists = list_gaps(asked, few, gaps)
    checked = dict(zip(lists["acceptance"]["finished_id"], lists["acceptance"]["outcome"], strict=True))
    finished = expected(cases, "acceptance")
    assert checked == dict(zip(finished["ids"], finished["expected"], strict=True))
