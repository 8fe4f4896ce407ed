"""The map of what analyses find: each result in its group, coloured by class, off until it is asked for."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from onemap.views.map_classes import classes_of
from onemap.views.map_data import map_data
from onemap.views.map_styles import GROUPS, STYLES
from onemap.views.web_map import write_map

HERE, THERE = shapely.Point(75.1, 39.6), shapely.Point(75.2, 39.6)
SQUARE = shapely.box(75.0, 39.5, 75.2, 39.7)


def frame(geometry, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs="EPSG:4490")


@pytest.fixture(scope="module")
def found(county) -> dict:
    reason = {"reason_zh": ["依据"], "reason_en": ["reason"]}
    line = [shapely.LineString([HERE, THERE])]
    target = {"target_id": ["t1"] * 3, "zh": ["行政村通宽带"] * 3, "en": ["villages with broadband"] * 3}
    return {
        **county[1],
        "area_coverage": frame(
            [SQUARE] * 2,
            area_layer=["districts"] * 2,
            area_id=["659900101"] * 2,
            name=["东镇"] * 2,
            technology=["4G", "5G"],
            operator=["any"] * 2,
            covered_share=[0.97, None],
            covered_population_share=[1.0, 0.4],
        ),
        "indicators": frame(
            [SQUARE] * 3,
            **target,
            district_code=["", "659900101", "659900102"],
            district_name=["合计", "东镇", "西乡"],
            state=["not met", "met", "not met"],
            covered_share=[0.8, 1.0, 0.5],
        ),
        "gap_priorities": frame([HERE, THERE], rank=[1, 70], name=["甲", "乙"], score=[0.9, 0.1]),
        "fibre_distances": frame([HERE, THERE], distance_class=["500-2000", "0-500"], name=["甲", "乙"]),
        "demand_outcomes": frame([HERE], demand_id=["X1"], conclusion=["shared"], **reason),
        "demand_matches": frame(line, demand_id=["X1"], candidate_id=["T1"], **reason),
        "work_reservations": frame([SQUARE], work_name=["隧道"], **reason),
        "pole_routes": frame(line, cable_id=["L1"], **reason),
        "allowed_places": frame(line, name=["规划站"], **reason),
        "acceptance": frame([HERE], name=["甲"], outcome=["failed"], **reason),
        "verdict_changes": frame([HERE], name=["甲"], change=["gained"]),
        "route_sections": frame(line, cable_ids=["L1;L2"], length_km=[8.6]),
        "path_delays": frame(line, centre_a=["甲"], centre_b=["乙"], delay_us=[43.0]),
    }


def switches(data: dict) -> dict:
    return {one["id"]: one for one in data["layers"]}


def test_every_result_has_a_group_and_only_gaps_ground_and_towers_are_on(county, found, settings):
    made = switches(map_data(county[0], found, settings))
    assert {one.split(":")[0] for one in made} >= set(found) - {"verdicts", "road_summary"}
    assert {one["group"] for one in made.values()} <= set(GROUPS)
    on = {one.split(":")[0] for one, spec in made.items() if spec["on"]}
    assert on == {"gap_points", "village_verdicts", "gap_stretches", "towers", "roads", "districts"}
    assert len({style.layer for style in STYLES}) == len(STYLES)


def test_areas_are_coloured_by_their_share_and_follow_technology_and_operator(county, found, settings):
    area = switches(map_data(county[0], found, settings))["area_coverage:districts"]
    assert [area["classes"][row["k"]][0] for row in area["rows"]] == ["95%–100%", "0%–50%"]
    assert area["filtered"]
    assert area["byOperator"]
    assert area["alone"]
    shares = {field[1]: field[2] for field in area["fields"]}
    assert shares["covered share of the area"] == "%"


def test_indicators_leave_the_county_as_a_whole_to_the_lists(county, found, settings):
    one = switches(map_data(county[0], found, settings))["indicators:t1"]
    assert one["label"] == ["行政村通宽带", "villages with broadband"]
    assert [row["n"] for row in one["rows"]] == ["东镇", "西乡"]
    assert [one["classes"][row["k"]][1] for row in one["rows"]] == ["met", "not met"]


def test_demands_stand_once_where_it_is_known_what_came_of_them(county, found, settings):
    asked = frame([HERE], demand_id=["X1"], requester=["公安"])
    assert "demands" in switches(map_data({**county[0], "demands": asked}, county[1], settings))
    assert "demands" not in switches(map_data({**county[0], "demands": asked}, found, settings))


def test_classes_are_in_order_and_only_those_met():
    layer = frame([HERE] * 4, distance_class=[">10000", "0-500", "10000", None])
    classes = classes_of(layer, ("distance_class",))
    assert [zh for zh, _, _ in classes.legend] == ["0-500 m", "10000 m", ">10000 m", "无数据"]
    assert classes.number == (2, 0, 1, 3)


def test_share_of_one_is_a_class_of_its_own_and_nothing_rounds_up_to_it():
    layer = frame([HERE] * 4, covered_share=[1.0, 0.9999, 0.95, 0.0])
    assert classes_of(layer, ("covered_share",)).number == (2, 1, 1, 0)


def test_state_without_a_figure_gives_way_to_the_share():
    layer = frame([HERE] * 2, state=["no figure", "no data"], covered_share=[0.6, None])
    assert [name for name, _, _ in classes_of(layer, ("state", "covered_share")).legend] == ["50%–80%", "无数据"]
    assert classes_of(layer, ()).number == (0, 0)


def test_missing_words_are_a_class_that_says_so():
    layer = frame([HERE] * 2, outcome=pd.array(["passed", None], dtype="string"))
    assert [name for _, name, _ in classes_of(layer, ("outcome",)).legend] == ["passed", "no figure"]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory, county, found, settings):
    path = tmp_path_factory.mktemp("analyses") / "index.html"
    return write_map(path, layers=county[0], results=found, elevation=None, settings=settings)


def test_areas_show_one_at_a_time_and_the_legend_names_their_classes(visit, page_file):
    one = visit(page_file)
    one.page.wait_for_selector("body[data-ready]", timeout=30_000)
    one.page.evaluate("onemap.turn('area_coverage:districts', true)")
    assert "95%–100%" in one.page.locator("#legend").inner_text()
    one.page.evaluate("onemap.turn('indicators:t1', true)")
    legend = one.page.locator("#legend").inner_text()
    assert "未达标" in legend
    assert "95%–100%" not in legend
    one.page.evaluate("['gap_priorities', 'demand_matches', 'allowed_places'].forEach(id => onemap.turn(id, true))")
    assert one.page.locator(".mark.number i", has_text="1").count() >= 1
    one.page.evaluate(
        "() => { const spec = onemap.data.layers.find(one => one.id === 'indicators:t1');"
        " [...spec.things.values()][0].openPopup(); }"
    )
    assert "100 %" in one.page.locator(".leaflet-popup-content").inner_text()
    assert one.faults == []
    assert one.elsewhere() == []
