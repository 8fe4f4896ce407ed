"""The plan on the map, in the report and in the workbook."""

import geopandas as gpd
import pytest
import shapely

from onemap.layers.catalogue import catalogue
from onemap.messages import catalogue as texts
from onemap.views.kmz import write_kmz
from onemap.views.map_data import map_data
from onemap.views.map_styles import STYLES
from onemap.views.plan_gaps import gaps_with_plan
from onemap.views.plan_words import PLAN_LAYERS, plan_in_words
from onemap.views.web_map import write_map

LISTED_ONLY = {"plan_summary", "plan_phases", "plan_indicators", "plan_budget_curve", "plan_sensitivity"}


def switches(data: dict) -> dict:
    return {one["id"]: one for one in data["layers"]}


def test_every_place_of_the_plan_has_a_style_and_the_plan_is_on(county, planned, settings):
    styled = {style.layer for style in STYLES}
    assert set(PLAN_LAYERS) - LISTED_ONLY - {"plan_candidates"} <= styled  # thousands of candidates stay in the results
    made = switches(map_data(county[0], planned, settings))
    on = {one for one, spec in made.items() if spec["on"] and spec["group"] == "plan"}
    assert on == {
        "plan_sites:existing tower", "plan_sites:structure", "plan_sites:new site", "plan_connections:fibre",
        "plan_connections:microwave",
    }  # fmt: skip
    assert made["plan_connections:microwave"]["mark"] == "6 4"
    assert len({made[f"plan_sites:{kind}"]["mark"] for kind in ("existing tower", "structure", "new site")}) == 3


def test_popup_of_a_site_has_both_languages_money_and_no_empty_parts(county, planned, settings):
    spec = switches(map_data(county[0], planned, settings))["plan_sites:existing tower"]
    heads, row = [field[1] for field in spec["fields"]], spec["rows"][0]
    assert row["v"][heads.index("what is done")] == ["加装 5G 设备", "put 5G on a tower"]
    assert spec["fields"][heads.index("cost")] == ["费用合计", "cost", "万元"]
    assert row["v"][heads.index("cost of access")] is None
    assert row["v"][spec["number"]] == 1


def test_every_value_of_the_plan_has_words():
    for name in PLAN_LAYERS:
        for field, known in catalogue()[name].fields.items():
            for value in known.values if name not in LISTED_ONLY else ():
                said = plan_in_words({name: gpd.GeoDataFrame({field: [value]}, geometry=[shapely.Point(75, 39)])})
                assert f"word {said[name][field].iloc[0]}" in texts(), (name, field, value)


def test_gaps_after_the_plan_are_those_it_serves(planned):
    after = gaps_with_plan(planned)
    mine = planned["plan_served"].query("state == 'served by the plan' and target_layer != 'roads'")
    points = after["gap_points"].dropna(subset=["plan_zh"])
    keys = ["target_layer", "target_id", "technology", "operator"]
    assert set(map(tuple, points[keys].values)) == set(map(tuple, mine[keys].values))
    assert len(after["gap_points"]) == len(planned["gap_points"])
    first = after["gap_stretches"].loc[after["gap_stretches"]["plan_m"].idxmax()]
    assert first["plan_m"] == pytest.approx(0.45 * first["length_m"], rel=1e-6)  # half way from 0.3 to 0.6
    whole = shapely.length(first.geometry)
    assert sum(part.length for part in first["plan_lines"]) == pytest.approx(0.45 * whole, rel=1e-6)


def test_village_is_served_by_a_station_no_farther_than_one_that_was_near_enough():
    at = [shapely.Point(75.0, 39.5), shapely.Point(75.2, 39.5), shapely.Point(75.4, 39.5)]
    villages = gpd.GeoDataFrame(
        {"village_id": ["V1", "V2", "V3"], "technology": "5G", "operator": "any",
         "verdict": ["covered", "uncovered", "uncovered"], "near_station": [True, False, False],
         "nearest_station_m": [4000.0, 9000.0, 9000.0]}, geometry=at, crs=4490)  # fmt: skip
    sites = gpd.GeoDataFrame(
        {"site_id": ["N1"], "kind": ["new site"], "technologies": ["4G;5G"]},
        geometry=[shapely.Point(75.23, 39.5)], crs=4490)  # fmt: skip
    served = gpd.GeoDataFrame(
        {"target_layer": ["posts"], "target_id": ["B1"], "technology": ["5G"], "operator": ["any"],
         "state": ["left for money"], "reason_zh": ["-"], "reason_en": ["-"]}, geometry=at[:1], crs=4490)  # fmt: skip
    gaps = served.assign(village_id="V3").drop(columns="state")
    found = gaps_with_plan(
        {"village_verdicts": villages, "plan_sites": sites, "plan_served": served, "gap_points": gaps}
    )["village_verdicts"]
    assert found["plan_en"].notna().tolist() == [False, True, False]
    assert "N1" in found["plan_en"].iloc[1]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory, county, planned, settings):
    path = tmp_path_factory.mktemp("plan") / "index.html"
    return write_map(path, layers=county[0], results=planned, elevation=None, settings=settings)


def test_after_the_plan_fewer_gaps_are_left(visit, page_file, planned):
    one = visit(page_file)
    one.page.wait_for_selector("body[data-ready]", timeout=30_000)
    assert "方案：新建站址" in one.page.locator("#legend").inner_text()
    left = "() => document.querySelectorAll('.leaflet-marker-icon .mark.gap').length"
    before = one.page.evaluate(left)
    one.page.click("[data-plan=after]")
    technology = one.page.evaluate("onemap.data.technologies[0]")
    frames = [gaps_with_plan(planned)[name] for name in ("gap_points", "village_verdicts")]
    gained = sum(
        (one["plan_zh"].notna() & one["technology"].eq(technology) & one["operator"].eq("any")).sum() for one in frames
    )
    assert before - one.page.evaluate(left) == gained > 0
    assert "规划后可服务" in one.page.locator("#legend").inner_text()
    one.page.click("[data-plan=before]")
    assert one.page.evaluate(left) == before
    one.page.evaluate("onemap.turn('plan_sites:existing tower', false)")
    assert "方案：共享既有站址" not in one.page.locator("#legend").inner_text()
    assert one.faults == []
    assert one.elsewhere() == []


def test_hostile_texts_of_the_plan_never_run_on_the_map(tmp_path, visit, hostile_planned, settings):
    page = write_map(tmp_path / "map.html", layers={}, results=hostile_planned, elevation=None, settings=settings)
    one = visit(page)
    one.page.wait_for_selector("body[data-ready]", timeout=30_000)
    one.page.evaluate(
        "() => { for (const spec of onemap.data.layers.filter(one => one.group === 'plan')) {"
        " onemap.turn(spec.id, true); [...spec.things.values()][0].openPopup(); } onemap.plan(true); }"
    )
    one.page.wait_for_timeout(100)
    assert one.faults == []
    assert one.page.locator("[onerror], [onload], [onmouseover]").count() == 0


def test_kmz_takes_the_sites_of_the_plan(tmp_path, county, planned, settings):
    count = write_kmz(tmp_path / "with.kmz", layers=county[0], results=planned, settings=settings)
    without = write_kmz(tmp_path / "without.kmz", layers=county[0], results=county[1], settings=settings)
    assert count - without == len(planned["plan_sites"]) + 2
