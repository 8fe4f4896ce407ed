"""The plan on the map, in the report and in the workbook."""

import base64
import datetime as dt
import re
from xml.etree import ElementTree as ET

import geopandas as gpd
import openpyxl
import pytest
import shapely

from onemap.layers.catalogue import catalogue
from onemap.messages import catalogue as texts
from onemap.views.kmz import write_kmz
from onemap.views.map_data import map_data
from onemap.views.map_styles import STYLES
from onemap.views.plan_gaps import gaps_with_plan
from onemap.views.plan_lists import plan_lists
from onemap.views.plan_report import plan_section
from onemap.views.plan_words import PLAN_LAYERS, plan_in_words
from onemap.views.report import write_report
from onemap.views.view_settings import ViewSettings
from onemap.views.web_map import write_map
from onemap.views.workbook import write_workbook

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


@pytest.fixture(scope="module")
def pages(tmp_path_factory, county, planned, settings):
    folder = tmp_path_factory.mktemp("planned")
    return write_report(folder, layers=county[0], results=planned, findings=(), elevation=None, settings=settings)


def section_of(page) -> str:
    return re.search(r'<section id="plan".*?</section>', page.read_text(encoding="utf-8"), flags=re.DOTALL).group()


def test_report_says_each_site_of_the_plan_with_its_reasons(pages, planned):
    for path, lang in zip(pages, ("zh", "en"), strict=True):
        section = section_of(path)
        for name in ("what", "where", "served", "indicators", "reason", "agree", "certainty"):
            assert all(words in section for words in planned["plan_sites"][f"{name}_{lang}"])
        assert all(f"{cost:,.1f} 万元" in section for cost in planned["plan_sites"]["cost"])
        assert planned["plan_summary"][f"reason_{lang}"].iloc[0] in section
        words = re.sub(r"base64,[^\"]+", "", section)
        assert not re.search(r"\bnan\b|None|NaT|&lt;NA", words)
    assert "不可用于决策" in section_of(pages[0])
    assert section_of(pages[1]).count('class="figure') == 6  # five, and their frame


def test_plan_stands_behind_the_opening_and_before_the_lists(pages):
    page = pages[0].read_text(encoding="utf-8")
    assert page.index('<section class="figures"') < page.index('<section id="plan"') < page.index('<section id="gaps"')


def test_pictures_of_the_plan_are_pictures_with_text(pages):
    pictures = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', section_of(pages[0]))
    assert len(pictures) == 3
    for picture in pictures:
        content = base64.b64decode(picture)
        assert ET.fromstring(content).tag.endswith("svg")
        assert b"<text" in content
        assert b"DejaVu" not in content


def test_prices_that_may_be_used_need_no_warning(county, planned, settings):
    sure = {**planned, "plan_summary": planned["plan_summary"].assign(price_certainty="quote", proven=True)}
    section = plan_section(county[0], sure, None, settings)
    assert section["warning"] == ""
    figures = {figure["label"]: figure for figure in section["figures"]}
    assert figures["与最优选址的差距上限"]["number"] == "0"
    assert figures["价格可信度"]["number"] == "询价"


def test_plan_without_sites_or_outlook_still_has_its_sentence(county, planned, settings):
    bare = {"plan_summary": planned["plan_summary"], "plan_sites": planned["plan_sites"].iloc[:0]}
    section = plan_section(county[0], bare, None, settings, lang="en")
    assert section["sentence"] == "Sites to share or build: 3"
    assert (section["map"], section["sites"], section["curve"], section["left"]) == ("", [], "", {})
    assert plan_section({}, {}, None, ViewSettings("示范县", dt.date(2026, 1, 1))) is None


def test_what_is_left_counts_each_place_once_and_roads_by_length(county, planned, settings):
    section = plan_section(county[0], planned, None, settings)
    rows = planned["plan_served"].query("target_layer != 'roads'")
    places = [row for row in section["balance"] if not row[0].startswith("道路")]
    assert sum(int(row[1]) for row in places) == len(rows)
    assert sum(int(row[2]) for row in places) == rows["state"].eq("served by the plan").sum()
    assert section["left"]["rows"][0][3:5] == ["低轨卫星", "3.5 万元"]


def test_hostile_texts_of_the_plan_never_run_in_the_report(tmp_path, visit, hostile_planned, settings):
    for path in write_report(
        tmp_path, layers={}, results=hostile_planned, findings=(), elevation=None, settings=settings
    ):
        one = visit(path)
        one.page.wait_for_timeout(100)
        assert one.faults == []
        assert one.elsewhere() == []
        assert one.page.locator("script, [onerror], [onload], [onmouseover]").count() == 0


def test_workbook_lists_the_plan_in_both_languages(tmp_path, planned, settings, english):
    lists = {one.name: one for one in plan_lists(planned, lang="en")}
    assert set(lists) == {
        "plan_sites", "plan_connections", "plan_phases", "plan_indicators", "plan_curve", "plan_moves", "plan_served",
        "plan_rejected", "satellites",
    }  # fmt: skip
    heads = {column.en: column for column in lists["plan_sites"].columns}
    assert heads["cost (万元)"].cells == (22.8, 57.7, 110.7)
    assert heads["what is done"].cells[1] == "use a pylon"
    assert heads["connected by"].cells[0] == "connected already"
    assert lists["plan_moves"].columns[1].cells == ("radio margin", "price of fibre")
    assert not any("(Chinese)" in column.en for one in lists.values() for column in one.columns)
    for chosen in (settings, english):
        path = tmp_path / f"{chosen.lang}.xlsx"
        write_workbook(path, layers={}, results=planned, findings=(), settings=chosen)
        book = openpyxl.load_workbook(path)
        titles = [one.title(chosen.lang).replace(":", " ") for one in plan_lists(planned, lang=chosen.lang)]
        assert set(titles) <= set(book.sheetnames)
        assert len(list(book[titles[0]].iter_rows(min_row=5))) == len(planned["plan_sites"])
        index = book[book.sheetnames[0]]
        assert {index.cell(row, 2).value.replace(":", " ") for row in range(5, index.max_row + 1)} >= set(titles)
