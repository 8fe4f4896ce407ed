"""The report, the workbook and the KMZ: what stands in them, and that text stays text."""

import base64
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from onemap.findings import Finding
from onemap.views.figures import headline_figures, road_shares
from onemap.views.kmz import write_kmz
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
    assert "前 60 条，全部 75 条" in page


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
    assert book.sheetnames[0] == "覆盖缺口清单"
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
    one = next(row for row in cells if row["自然村（或机构）"] == "3组")
    assert (one["4G"], one["5G"], one["光纤"]) == ("已覆盖", "未覆盖", "未评估")
    assert one["乡镇"] in {"东镇", "西乡"}
    assert one["行政村"] == "第1村"


def test_technology_that_nobody_judged_is_not_called_covered(tmp_path, county, settings):
    from dataclasses import replace

    path = write_workbook(
        tmp_path / "lists.xlsx",
        layers=county[0],
        results=county[1],
        findings=[],
        settings=replace(settings, technologies=("4G", "5G", "NB-IoT")),
    )
    sheet = openpyxl.load_workbook(path)["覆盖缺口清单"]
    column = [cell.value for cell in sheet[3]].index("NB-IoT") + 1
    assert {sheet.cell(row, column).value for row in range(5, sheet.max_row + 1)} == {None}


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


RUN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import numpy as np, datetime as dt
import conftest as made
from onemap.views.kmz import write_kmz
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
