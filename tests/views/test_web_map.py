"""The map page: opened by a browser from disk with the network off."""

import re
from dataclasses import replace

import geopandas as gpd
import pytest
from geopandas.testing import assert_geodataframe_equal

from onemap.errors import LayerError
from onemap.views.web_map import write_map


@pytest.fixture(scope="module")
def page_file(tmp_path_factory, county, elevation, settings):
    layers, results = county
    path = tmp_path_factory.mktemp("map") / "index.html"
    return write_map(path, layers=layers, results=results, elevation=elevation, settings=settings)


@pytest.fixture
def seen(visit, page_file):
    one = visit(page_file)
    one.page.wait_for_selector("body[data-ready]", timeout=30_000)
    return one


def drawn(page, layer_id: str) -> int:
    return page.evaluate("id => onemap.data.layers.find(spec => spec.id === id).drawn?.length ?? 0", layer_id)


def test_page_opens_offline_without_a_request_or_a_fault(seen):
    assert seen.elsewhere() == []
    assert seen.faults == []
    assert seen.page.locator("#mock").inner_text() == "模拟数据"


def test_every_layer_draws_when_it_is_turned_on(seen, county):
    seen.page.evaluate("document.querySelectorAll('#panel details').forEach(one => one.open = true)")
    ids = seen.page.evaluate("onemap.data.layers.map(spec => spec.id)")
    assert {one.split(":")[0] for one in ids} >= {*county[0], *county[1]} - {"verdicts", "road_summary"}
    for one in ids:
        box = seen.page.locator(f'#panel input[data-layer="{one}"]')
        if not box.is_checked():
            box.check()
        shown = seen.page.evaluate(
            "id => { const s = onemap.data.layers.find(spec => spec.id === id); return s.drawn.every(m => onemap.map.hasLayer(m) || s.cluster); }",
            one,
        )
        assert shown
        assert seen.page.locator(f'#panel input[data-layer="{one}"]').is_checked()
    assert seen.faults == []


def test_gaps_follow_technology_and_operator(seen, county):
    gaps = county[1]["gap_points"]
    for technology, operator in (("4G", "any"), ("5G", "any"), ("5G", "中国移动")):
        seen.page.click(f'#panel button[data-filter="{technology}"]')
        seen.page.click(f'#panel button[data-filter="{operator}"]')
        wanted = gaps[
            (gaps.technology == technology) & (gaps.operator == operator) & (gaps.target_layer == "settlements")
        ]
        assert drawn(seen.page, "gap_points:settlements") == len(wanted)


def test_legend_shows_only_what_is_on(seen):
    assert "道路缺口" in seen.page.locator("#legend").inner_text()
    seen.page.locator('#panel input[data-layer="gap_stretches"]').uncheck()
    assert "道路缺口" not in seen.page.locator("#legend").inner_text()


def test_search_finds_a_name_and_opens_its_popup_reason_first_source_last(seen, county):
    gap = county[1]["gap_points"].iloc[0]
    seen.page.fill("#search", gap["name"])
    seen.page.locator("#found li").first.click()
    popup = seen.page.locator(".leaflet-popup-content")
    popup.wait_for()
    lines = popup.inner_text().splitlines()
    assert lines[0].startswith(gap["name"])
    assert gap["reason_zh"] in popup.inner_text()
    assert lines[-1].endswith(gap["source"])


def test_language_switch_changes_texts_and_keeps_names(seen):
    seen.page.fill("#search", "0组")
    seen.page.locator("#found li").first.click()
    seen.page.click("#language")
    assert seen.page.locator("#mock").inner_text() == "Simulated data"
    assert "Gaps" in seen.page.locator("#panel").inner_text()
    assert "terrain blocks" in seen.page.locator(".leaflet-popup-content").inner_text()
    assert seen.page.locator(".leaflet-popup-content h3").inner_text().startswith("0组")
    assert seen.faults == []


def test_ground_lies_where_the_elevation_model_lies(seen):
    """A row of the picture stands on the map at its own latitude."""
    corners = seen.page.evaluate(
        """() => { const [[s, w], [n, e]] = onemap.data.relief.bounds;
        const box = document.querySelector('.leaflet-image-layer').getBoundingClientRect();
        const map = document.querySelector('.folium-map').getBoundingClientRect();
        const a = onemap.map.latLngToContainerPoint([n, w]), b = onemap.map.latLngToContainerPoint([s, e]);
        return [box.left - map.left - a.x, box.top - map.top - a.y, box.right - map.left - b.x, box.bottom - map.top - b.y]; }"""
    )
    assert max(abs(value) for value in corners) < 1.5


def test_hostile_texts_are_shown_and_never_run(visit, tmp_path, hostile_county, hostile_settings):
    layers, results = hostile_county
    path = write_map(tmp_path / "index.html", layers=layers, results=results, elevation=None, settings=hostile_settings)
    one = visit(path)
    one.page.wait_for_selector("body[data-ready]", timeout=30_000)
    one.page.evaluate(
        """() => { for (const spec of onemap.data.layers) { onemap.turn(spec.id, true);
          for (const thing of [...spec.things.values()].slice(0, 9)) { onemap.map.openPopup(thing.getPopup(), onemap.map.getCenter());
            thing.getPopup().setContent(thing.getPopup()._content); } } onemap.speak('en'); onemap.speak('zh'); }"""
    )
    one.page.fill("#search", "alert")
    assert one.page.locator("#found li").count() > 0
    one.page.locator("#found li").first.click()
    one.page.wait_for_selector(".leaflet-popup-content")
    injected = one.page.evaluate(
        "() => document.querySelectorAll('#head img, #panel img, #legend img, .leaflet-popup img, [onerror], [onload], [onmouseover]').length"
    )
    assert injected == 0
    assert one.faults == []
    assert one.elsewhere() == []
    assert "alert" in one.page.title()


def test_page_carries_a_policy_and_no_address_to_load(page_file):
    page = page_file.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page).group(1)
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy.split("style-src")[0]
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!data:)', markup)
    assert not re.search(r"url\((?!#)", page.split("</style>")[0])


def test_same_arguments_give_the_same_bytes(tmp_path, county, elevation, settings):
    layers, results = county
    pages = [
        write_map(tmp_path / name, layers=layers, results=results, elevation=elevation, settings=settings).read_bytes()
        for name in ("a.html", "b.html")
    ]
    assert pages[0] == pages[1]


def test_arguments_are_not_changed(tmp_path, county, settings):
    layers, results = county
    before = {name: layer.copy() for name, layer in {**layers, **results}.items()}
    write_map(tmp_path / "a.html", layers=layers, results=results, elevation=None, settings=settings)
    for name, layer in {**layers, **results}.items():
        assert_geodataframe_equal(layer, before[name])


def test_layers_without_places_are_refused(tmp_path, settings):
    empty = gpd.GeoDataFrame({"tower_id": []}, geometry=[], crs=4490)
    with pytest.raises(LayerError, match="at least one layer"):
        write_map(tmp_path / "a.html", layers={"towers": empty}, results={}, elevation=None, settings=settings)


def test_county_with_towers_alone_draws(tmp_path, visit, county, settings):
    layers = {"towers": county[0]["towers"].to_crs(4534).drop(columns=["owner"])}
    real = replace(settings, simulated=False)
    one = visit(write_map(tmp_path / "a.html", layers=layers, results={}, elevation=None, settings=real))
    one.page.wait_for_selector("body[data-ready]", timeout=30_000)
    assert one.faults == []
    assert not one.page.locator("#mock").is_visible()


def test_matches_follow_the_technology(seen, county):
    seen.page.evaluate("onemap.turn('sharing_matches', true)")
    assert drawn(seen.page, "sharing_matches") == len(county[1]["sharing_matches"])
    seen.page.click('#panel button[data-filter="5G"]')
    assert drawn(seen.page, "sharing_matches") == 0


def test_cards_hide_no_part_of_the_county_on_any_screen(visit, page_file):
    one = visit(page_file)
    for width, height in ((1400, 900), (1024, 700), (390, 844)):
        one.page.set_viewport_size({"width": width, "height": height})
        one.page.reload()
        one.page.wait_for_selector("body[data-ready]", timeout=30_000)
        folded = one.page.locator("#panel").evaluate("panel => panel.classList.contains('folded')")
        assert folded is (width < 1100)
        north_west, head = one.page.evaluate(
            "[onemap.map.latLngToContainerPoint([onemap.data.bounds[1][0], onemap.data.bounds[0][1]]),"
            " document.getElementById('head').getBoundingClientRect()]"
        )
        assert north_west["x"] > head["right"] - 20 or north_west["y"] > head["bottom"]
    one.page.click("#panel .fold")
    assert one.page.locator("#panel input").first.is_visible()


def test_panel_counts_uncovered_and_depending_apart(seen, county):
    villages = county[1]["village_verdicts"].query("technology == '4G' and operator == 'any'")["verdict"]
    label = seen.page.locator('#panel label:has(input[data-layer="village_verdicts"])')
    for verdict in ("uncovered", "depends"):
        wanted = [str((villages == verdict).sum())] if (villages == verdict).any() else []
        assert label.locator(f"small.{verdict}").all_inner_texts() == wanted


def test_map_links_the_report_that_stands_beside_it(visit, tmp_path, county, settings):
    layers = {"towers": county[0]["towers"]}
    path = tmp_path / "m.html"
    write_map(path, layers=layers, results={}, elevation=None, settings=settings, report="../report/index.html")
    assert visit(path).page.locator("#head a").get_attribute("href") == "../report/index.html"
