"""The report, the workbook and the KMZ: what stands in them, and that text stays text."""

import base64
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import openpyxl
import pytest

from onemap.findings import Finding
from onemap.views.figures import headline_figures, operator_table, road_shares
from onemap.views.gap_list import gap_list
from onemap.views.kmz import write_kmz
from onemap.views.lists import office_lists
from onemap.views.map_data import map_data
from onemap.views.report import write_report
from onemap.views.workbook import write_findings_sheet, write_workbook

KML = "{http://www.opengis.net/kml/2.2}"


def report(folder: Path, county, settings, *, elevation=None, findings=()):
    layers, results = county
    return write_report(
        folder, layers=layers, results=results, findings=findings, elevation=elevation, settings=settings
    )


def test_report_opens_with_figures_that_are_sums_of_the_results(county, settings):
    figures = {figure.name: figure for figure in headline_figures(county[1], settings)}
    villages = county[1]["village_verdicts"].query("technology == '4G' and operator == 'any'")
    assert figures["villages"].value == (villages["verdict"] == "uncovered").sum()
    assert figures["villages"].total == len(villages)
    assert figures["roads"].value == pytest.approx(12.0)
    assert figures["roads"].share == pytest.approx(0.2)
    assert road_shares(county[1])[0].total == pytest.approx(60.0)


def test_report_has_both_languages_and_pictures_without_fonts(tmp_path, county, settings, elevation):
    paths = report(tmp_path, county, settings, elevation=elevation)
    chinese, english = (path.read_text(encoding="utf-8") for path in paths)
    assert "模拟数据" in chinese
    assert "Simulated data" in english
    assert 'href="en.html"' in chinese
    assert 'href="index.html"' in english
    for picture in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', chinese):
        root = ET.fromstring(base64.b64decode(picture))
        assert root.tag.endswith("svg")
        assert b"<text" in base64.b64decode(picture)
        assert b"DejaVu" not in base64.b64decode(picture)


def test_report_opens_offline_without_a_fault(tmp_path, visit, county, settings):
    one = visit(report(tmp_path, county, settings)[0])
    assert one.faults == []
    assert one.elsewhere() == []
    assert one.page.locator("section.figures .figure").count() == 5


def test_hostile_texts_in_the_report_never_run(tmp_path, visit, hostile_county, hostile_settings):
    finding = Finding(
        "OM-CRS-001", "towers", file="<img src=x onerror=alert(1)>", feature="</td><script>alert(2)</script>"
    )
    for path in report(tmp_path, hostile_county, hostile_settings, findings=_known(finding)):
        one = visit(path)
        one.page.wait_for_timeout(100)
        assert one.faults == []
        assert one.page.locator("script, [onerror], [onload], [onmouseover]").count() == 0


def _known(finding: Finding) -> list[Finding]:
    """Keep the finding if its rule is in the catalogue and needs no values."""
    try:
        finding.message("zh")
    except KeyError:
        return []
    return [finding]


def test_long_lists_are_cut_and_say_so(tmp_path, county, settings):
    layers, results = county
    many = {**results, "gap_stretches": results["gap_stretches"].loc[[0] * 75].reset_index(drop=True)}
    page = report(tmp_path, (layers, many), settings)[0].read_text(encoding="utf-8")
    assert "前 12 条，全部 75 条" in page


def test_empty_results_give_a_report(tmp_path, settings):
    page = report(tmp_path, ({}, {}), settings)[0].read_text(encoding="utf-8")
    assert "未发现问题" in page


def test_workbook_has_every_list_in_both_headers_and_text_only(tmp_path, hostile_county, settings):
    layers, results = hostile_county
    results = {
        **results,
        "gap_points": results["gap_points"].assign(name="=HYPERLINK(1)", nearest_tower_id="+1", reason_zh="@x"),
    }
    path = write_workbook(tmp_path / "lists.xlsx", layers=layers, results=results, findings=[], settings=settings)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[:2] == ["目录", "覆盖缺口清单"]
    index = book["目录"]
    assert [index.cell(row, 2).value for row in range(5, index.max_row + 1)] == book.sheetnames[1:]
    assert all(sheet.page_setup.orientation == "landscape" and sheet.print_title_rows == "$3:$4" for sheet in book)
    assert {"道路缺口清单", "共建共享需求清单", "同址清单", "质检问题清单"} <= set(book.sheetnames)
    details = book["缺口明细（分运营商）"]
    assert [details.cell(3, 4).value, details.cell(4, 4).value] == ["名称", "name"]
    assert details.cell(5, 4).value == "=HYPERLINK(1)"
    assert all(cell.data_type in "sn" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert details.freeze_panes == "C5"
    assert len(list(details.iter_rows(min_row=5))) == len(results["gap_points"])


def test_gap_list_holds_each_place_once_with_its_verdicts(tmp_path, county, settings):
    layers, results = county
    path = write_workbook(tmp_path / "lists.xlsx", layers=layers, results=results, findings=[], settings=settings)
    rows = list(openpyxl.load_workbook(path)["覆盖缺口清单"].iter_rows(min_row=3, values_only=True))
    heads, cells = rows[0], [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]
    assert heads[:4] == ("序号", "县", "乡镇", "行政村")
    points = results["gap_points"].query("operator == 'any'")[["target_layer", "target_id"]].drop_duplicates()
    villages = results["village_verdicts"].query("operator == 'any' and verdict != 'covered'")["village_id"].nunique()
    assert len(cells) == len(points) + villages
    one = next(row for row in cells if row["自然村"] == "3组")
    assert (one["4G"], one["5G"], one["光纤"]) == ("已覆盖", "未覆盖", "未评估")
    assert one["乡镇"] in {"东镇", "西乡"}
    assert one["行政村"] == "第1村"


def test_measures_say_what_can_be_shared_and_how_fibre_gets_there(county, settings):
    layers, results = county
    one = results["gap_points"].query("operator == 'any' and target_layer == 'settlements'").iloc[[0]]
    where = {"target_layer": "settlements", "target_id": one["target_id"].iloc[0]}
    asked = {**where, "way": "road", "distance_m": 2345.0}
    spot = {"place_layer": "settlements", "place_id": where["target_id"], "technology": "5G"}
    distances = gpd.GeoDataFrame([asked], geometry=list(one.geometry), crs=4490)
    point = one.assign(technology="5G", verdict="uncovered")
    for how, wanted in {
        "towers": "5G：共享 P0 塔平台（某公司，0.3 km）；沿路光缆 2.3 km 接入",
        "structures": "5G：利用电力杆塔 P0（某公司，0.3 km）；沿路光缆 2.3 km 接入",
        "none": "5G：需新建（见规划）；沿路光缆 2.3 km 接入",
    }.items():
        best = {**spot, "candidate_layer": how, "candidate_id": "P0", "candidate_owner": "某公司", "distance_m": 321.0}
        frames = [gpd.GeoDataFrame([{**row, "rank": 1}], geometry=list(one.geometry), crs=4490) for row in (best, spot)]
        matched, unmatched = (frames[0].iloc[:0], frames[1]) if how == "none" else (frames[0], frames[1].iloc[:0])
        found = {"gap_points": point, "sharing_matches": matched, "sharing_unmatched": unmatched}
        listed = gap_list(layers, {**found, "fibre_distances": distances}, settings)
        measures = next(column for column in listed.columns if column.zh == "拟采取措施").cells
        assert measures == (wanted,)


def test_technology_that_nobody_judged_is_not_called_covered(county, settings):
    chosen = replace(settings, technologies=("4G", "5G", "NB-IoT"))
    columns = {column.zh: column.cells for column in gap_list(*county, chosen).columns}
    assert columns["备注"]
    assert all("NB-IoT 未评估" in str(cell) for cell in columns["备注"])
    empty = {column.zh: column.cells for column in gap_list(*_without(county, "5G"), settings).columns}
    assert set(empty["5G"]) == {"未评估"}


def _without(county, technology):
    """Take a technology out of the results."""
    layers, results = county
    return layers, {
        name: frame[frame["technology"].ne(technology)] if "technology" in frame else frame
        for name, frame in results.items()
    }


def test_office_lists_have_exactly_the_columns_that_offices_use(county, settings):
    lists = {one.name: one for one in office_lists(*county, [], settings)}
    gaps = (
        "序号, 县, 乡镇, 行政村, 自然村, 户数, 人口, 4G, 5G, 光纤, 最近站址及距离, 拟采取措施, 责任单位, 完成时限, 备注"
    )
    demands = (
        "需求编号, 需求单位, 资源类型, 点位, 经纬度, 挂高或孔数或芯数或机位, 需求时间, "
        "拟共享资源编码, 产权单位, 偏移距离, 结论, 不共享原因, 联系人"
    )
    assert [column.zh for column in lists["gaps"].columns] == gaps.split(", ")
    assert [column.zh for column in lists["demands"].columns] == demands.split(", ")


def test_lists_put_the_worst_first(county, settings):
    lists = {one.name: one for one in office_lists(*county, [], settings)}
    gaps = {column.zh: column.cells for column in lists["gaps"].columns}
    rank = {"未覆盖": 0, "存疑（需测试核实）": 1, "已覆盖": 2}
    order = [rank[verdict] for verdict in gaps["4G"]]
    assert order == sorted(order)
    stretches = {column.zh: column.cells for column in lists["stretches"].columns}
    first = [
        length
        for length, *key in zip(
            *(stretches[name] for name in ("长度 (m)", "网络制式", "运营商", "覆盖结论")), strict=True
        )
        if key == ["4G", "任一运营商", "未覆盖"]
    ]
    assert first
    assert first == sorted(first, reverse=True)
    assert list(stretches["长度 (m)"][: len(first)]) == first


def test_each_demand_stands_once_with_its_best_match(county, settings):
    lists = {one.name: one for one in office_lists(*county, [], settings)}
    demands = lists["demands"].columns[0].cells
    assert len(demands) == len(set(demands))
    results = county[1]
    wanted = {
        f"{place}-{technology}"
        for name in ("sharing_matches", "sharing_unmatched")
        if name in results
        for place, technology in zip(results[name]["place_id"], results[name]["technology"], strict=True)
    }
    assert set(demands) == wanted
    assert len(lists["matches"]) == len(results["sharing_matches"])


@pytest.mark.parametrize("simulated", [True, False])
def test_map_of_the_report_says_when_data_are_simulated(tmp_path, county, settings, simulated):
    page = report(tmp_path, county, replace(settings, simulated=simulated))[0].read_text(encoding="utf-8")
    overview = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)[0]
    assert ("模拟数据" in base64.b64decode(overview).decode()) is simulated
    assert ("模拟数据" in page) is simulated


def test_owners_of_other_lands_have_one_colour_in_every_view(tmp_path, county, settings):
    layers, results = county
    towers = layers["towers"].assign(owner=["masts", "power towers"] * (len(layers["towers"]) // 2))
    page = report(tmp_path, ({**layers, "towers": towers}, results), settings)[0].read_text(encoding="utf-8")
    data = map_data({"towers": towers}, {}, settings)
    colors = {switch["label"][1]: switch["color"] for switch in data["layers"]}
    assert colors["towers: masts"] != colors["towers: power towers"]
    assert all(f'style="background:{color}"' in page for color in colors.values())


def test_report_states_methods_in_its_language_and_links_what_stands_beside_it(tmp_path, county, settings):
    pages = write_report(
        tmp_path,
        layers=county[0],
        results=county[1],
        findings=[],
        elevation=None,
        settings=replace(settings, county_name_en="Shifan County"),
        methods=[{"zh": ("覆盖模型", "视线"), "en": ("Model of coverage", "line of sight")}],
        links={"map": "../map/index.html", "lists": "lists.xlsx"},
    )
    chinese, english = (page.read_text(encoding="utf-8") for page in pages)
    assert "<th>覆盖模型</th><td>视线</td>" in chinese
    assert "<th>Model of coverage</th><td>line of sight</td>" in english
    assert 'href="../map/index.html"' in chinese
    assert 'href="lists.xlsx"' in english
    assert "<title>Shifan County: coverage gaps and sharing</title>" in english


def test_report_says_what_each_operator_covers(county):
    rows = {(technology, operator): shares for technology, operator, shares in operator_table(county[1])}
    roads = county[1]["road_summary"].query("technology == '4G' and operator == 'any'")
    assert rows["4G", "any"]["roads"].covered == pytest.approx(roads["covered_m"].sum() / 1000)
    assert rows["4G", "any"]["roads"].total == pytest.approx(roads["length_m"].sum() / 1000)


def test_lists_without_rows_are_left_out_of_the_report(tmp_path, county, settings):
    layers, results = county
    fewer = {name: frame for name, frame in results.items() if name != "village_verdicts"}
    assert "行政村通达清单" not in report(tmp_path, (layers, fewer), settings)[0].read_text(encoding="utf-8")


def test_findings_sheet_holds_text_as_text(tmp_path):
    import pandas as pd

    table = pd.DataFrame({"rule": ["OM-X"], "row": pd.array([3], dtype="Int64"), "message_zh": ["=1+1"]})
    sheet = openpyxl.load_workbook(write_findings_sheet(tmp_path / "f.xlsx", table)).active
    assert [cell.value for cell in sheet[3]] == ["OM-X", 3, "=1+1"]
    assert sheet.cell(3, 3).data_type == "s"


def test_kmz_reads_back_with_names_and_escaped_descriptions(tmp_path, hostile_county, settings):
    layers, results = hostile_county
    count = write_kmz(tmp_path / "a.kmz", layers=layers, results=results, settings=settings)
    uncovered = results["village_verdicts"]["verdict"].ne("covered").sum()
    expected = len(layers["towers"]) + len(results["gap_points"]) + len(results["gap_stretches"]) + uncovered
    assert count == expected
    with zipfile.ZipFile(tmp_path / "a.kmz") as archive:
        root = ET.fromstring(archive.read("doc.kml"))
    for text in (mark.findtext(f"{KML}description") for mark in root.iter(f"{KML}Placemark")):
        assert "<" not in text.replace("<br>", "")
        assert "$" not in text
    styles = {style.get("id") for style in root.iter(f"{KML}Style")}
    assert {mark.findtext(f"{KML}styleUrl")[1:] for mark in root.iter(f"{KML}Placemark")} <= styles
    assert not any(element.tag == f"{KML}href" for element in root.iter())
    assert "模拟数据" in root.findtext(f"{KML}Document/{KML}name")


def test_tables_of_the_report_fit_the_page_and_the_paper(tmp_path, visit, county, settings):
    page = visit(report(tmp_path, county, settings)[0]).page
    wider = "[...document.querySelectorAll('.wide')].filter((one) => one.scrollWidth > one.clientWidth + 1).length"
    page.set_viewport_size({"width": 1200, "height": 900})
    assert page.evaluate(wider) == 0
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1010, "height": 680})  # A4 landscape within its margins
    assert page.evaluate(wider) == 0


RUN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import numpy as np, datetime as dt
import conftest as made
from onemap.views.kmz import write_kmz
from onemap.views.lists import office_lists
from onemap.views.map_data import map_data
from onemap.views.report import write_report
from onemap.views.web_map import write_map
from onemap.views.workbook import write_workbook
layers, results = made.make_county(np.random.default_rng(7))
settings = made.ViewSettings("示范县", dt.date(2026, 1, 1), simulated=True)
out = Path(sys.argv[2])
write_map(out / "map.html", layers=layers, results=results, elevation=made.make_elevation(), settings=settings)
write_report(out, layers=layers, results=results, findings=[], elevation=made.make_elevation(), settings=settings)
write_workbook(out / "lists.xlsx", layers=layers, results=results, findings=[], settings=settings)
write_kmz(out / "a.kmz", layers=layers, results=results, settings=settings)
"""


@pytest.mark.slow
def test_two_runs_with_different_hash_seeds_give_the_same_bytes(tmp_path):
    written = []
    for seed in ("1", "77"):
        folder = tmp_path / seed
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-c", RUN, str(Path(__file__).parent), str(folder)],
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            timeout=120,
        )
        written.append({path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()})
    assert list(written[0]) == ["a.kmz", "en.html", "index.html", "lists.xlsx", "map.html"]
    for name, content in written[0].items():
        assert content == written[1][name], name
