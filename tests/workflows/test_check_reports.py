"""Reports of a check as files: layers of findings, names, dates, and old ones that survive."""

from __future__ import annotations

import datetime as dt
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import docx
import fiona
import geopandas as gpd
import openpyxl
import pytest
import shapely

from onemap.cli.app import run
from onemap.errors import ProjectError, RefusedError, WriteError
from onemap.views.check_report import rule_results
from onemap.views.check_report.as_json import report_as_dict
from onemap.workflows.check_reports import people_of, report_of, require_reports, write_reports
from onemap.workflows.checking import Checked, check_path
from tests.workflows.faulty_deliveries import BOWTIE, head, layer, write_faulty

DATE = dt.date(2026, 3, 1)
PEOPLE = {"送检单位": "某县自然资源局", "质检单位": "某省测绘质检站", "检查人": "张三", "复核人": "李四"}
ENDINGS = ("json", "html", "xlsx", "docx", "gpkg")


@pytest.fixture(scope="module")
def delivery(tmp_path_factory) -> Path:
    return write_faulty(tmp_path_factory.mktemp("delivery") / "示范县.gpkg")


@pytest.fixture(scope="module")
def checked(delivery: Path) -> Checked:
    return check_path(delivery)


def test_findings_stand_where_the_fault_is(checked: Checked, delivery: Path, tmp_path: Path) -> None:
    out = tmp_path / "findings.gpkg"
    report = report_of(checked, date=DATE)
    write_reports(report, [out], checked=delivery, lang="zh")
    samples = [finding for one in rule_results(report) for finding in one.samples]
    names = set(fiona.listlayers(out)) - {"layer_styles"}
    assert names >= {"findings_area", "findings_point", "findings_without_place"}
    frames = {name: gpd.read_file(out, layer=name) for name in names}
    assert sum(map(len, frames.values())) == len(samples)  # each finding in exactly one layer
    crossed = frames["findings_area"].query("rule == 'OM-GEO-102'")
    assert crossed[["layer", "row", "severity"]].to_numpy().tolist() == [["SZGYSSM", 2, "error"]]
    assert crossed.geometry.iloc[0].equals_exact(BOWTIE, 0)
    twice = frames["findings_point"].query("rule == 'OM-GEO-105'")
    assert {(one.x, one.y) for one in twice.geometry} == {(75.4, 39.6)}
    assert {frame.crs.to_epsg() for name, frame in frames.items() if name != "findings_without_place"} == {4490}
    without = frames["findings_without_place"]
    assert set(without["rule"]) >= {"OM-ATT-104"}
    assert without["message"].str.len().gt(0).all()


def test_a_fault_with_a_place_of_its_own_is_a_point_and_a_line_is_a_line(tmp_path: Path) -> None:
    doubled = shapely.from_wkt("POLYGON ((75.3 39.5, 75.301 39.5, 75.301 39.5, 75.301 39.501, 75.3 39.501, 75.3 39.5))")
    crossed = shapely.from_wkt("LINESTRING (75.4 39.5, 75.41 39.51, 75.41 39.5, 75.4 39.51)")
    path = tmp_path / "x.gpkg"
    areas = layer({**head(1, 3, "0000000103"), "MJ": [9500.0]}, [doubled]).to_crs("EPSG:4527")  # a plane, in metres
    areas.to_file(path, layer="SZGYSSM", driver="GPKG")
    layer(head(1, 2, "0000000102"), [crossed]).to_file(path, layer="SZGYSSX", driver="GPKG")
    out = tmp_path / "findings.gpkg"
    write_reports(report_of(check_path(path), date=DATE), [out], checked=path, lang="en")
    twice = gpd.read_file(out, layer="findings_point").query("rule == 'OM-GEO-110'").geometry.iloc[0]
    assert (twice.x, twice.y) == pytest.approx((75.301, 39.5), abs=1e-7)
    lines = gpd.read_file(out, layer="findings_line").query("rule == 'OM-GEO-111'")
    assert [shape.wkt for shape in lines.geometry] == [crossed.wkt]
    assert lines.crs.to_epsg() == 4490


def test_layers_come_with_the_colours_of_severities(checked: Checked, delivery: Path, tmp_path: Path) -> None:
    out = tmp_path / "findings.gpkg"
    write_reports(report_of(checked, date=DATE), [out], checked=delivery, lang="en")
    with fiona.open(out, layer="layer_styles") as styles:
        rows = {row["properties"]["f_table_name"]: dict(row["properties"]) for row in styles}
    assert set(rows) == {"findings_area", "findings_point"}
    for name, kind in {"findings_area": "fill", "findings_point": "marker"}.items():
        style = ET.fromstring(rows[name]["styleQML"])
        assert style.find("renderer-v2").get("attr") == "severity"
        assert [one.get("value") for one in style.iter("category")] == ["fatal", "error", "warning", "info"]
        assert {one.get("type") for one in style.iter("symbol")} == {kind}
        colours = {one.get("v") for one in style.iter("prop") if "color" in one.get("k")} - {"255,255,255,255"}
        assert len({colour.rsplit(",", 1)[0] for colour in colours}) == 4
        assert rows[name]["f_geometry_column"] == "geom"
        assert rows[name]["useAsDefault"]


@pytest.mark.slow
def test_all_formats_twice_are_the_same_bytes(checked: Checked, delivery: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        paths = [tmp_path / folder / f"r.{ending}" for ending in ENDINGS]
        write_reports(report_of(checked, date=DATE), paths, checked=delivery, lang="zh")
    for ending in ENDINGS:
        assert (tmp_path / "a" / f"r.{ending}").read_bytes() == (tmp_path / "b" / f"r.{ending}").read_bytes(), ending


def test_an_old_report_survives_an_error(checked: Checked, tmp_path: Path, monkeypatch) -> None:
    def fail(_: object, path: Path, **__: object) -> None:
        path.write_bytes(b"half")
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("onemap.workflows.check_reports._writer", lambda _: fail)
    for ending in ENDINGS:
        out = tmp_path / f"r.{ending}"
        out.write_bytes(b"old")
        with pytest.raises(WriteError, match=f"r.{ending}"):
            write_reports(report_of(checked, date=DATE), [out], checked=tmp_path, lang="zh")
        assert out.read_bytes() == b"old"
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(f"r.{ending}" for ending in ENDINGS)


def test_the_language_of_a_name_wins(checked: Checked, delivery: Path, tmp_path: Path) -> None:
    paths = [tmp_path / "r.en.html", tmp_path / "r.zh.html", tmp_path / "r.html"]
    write_reports(report_of(checked, date=DATE), paths, checked=delivery, lang="zh")
    titles = [re.search("<h1>(.*)</h1>", path.read_text(encoding="utf-8")).group(1) for path in paths]
    assert titles == ["Quality report", "质检报告", "质检报告"]


def test_who_is_named_stands_on_the_form_and_nobody_else(checked: Checked, delivery: Path, tmp_path: Path) -> None:
    people = people_of(["inspector=张三", "unit=某县自然资源局", "checker=某省测绘质检站", "reviewer= 李四 "])
    paths = [tmp_path / "r.docx", tmp_path / "r.xlsx"]
    write_reports(report_of(checked, date=DATE, people=people), paths, checked=delivery, lang="zh")
    cells = [cell.text for row in docx.Document(str(paths[0])).tables[0].rows for cell in row.cells]
    sheet = openpyxl.load_workbook(paths[1]).worksheets[0]
    values = [str(one) for row in sheet.iter_rows(values_only=True) for one in row if one is not None]
    for texts in (cells, values):
        for title, name in PEOPLE.items():
            assert texts[texts.index(title) + 1] == name
    for wrong in ("boss=x", "inspector", "inspector="):
        with pytest.raises(ProjectError, match="unit checker inspector reviewer"):
            people_of([wrong])


def test_an_ending_that_is_none_names_those_there_are() -> None:
    with pytest.raises(ProjectError, match=r"must end in one of \.json \.html \.xlsx \.docx \.gpkg, got report\.pdf"):
        require_reports([Path("report.pdf")], Path("x.gdb"))
    with pytest.raises(ProjectError) as caught:
        require_reports([Path("report")], Path("x.gdb"))
    assert "扩展名应为 .json .html .xlsx .docx .gpkg 之一" in caught.value.text("zh")


def test_a_report_is_never_written_over_another_or_the_input(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="must be different files"):
        require_reports([tmp_path / "r.json", tmp_path / "." / "r.json"], Path("x.gdb"))
    with pytest.raises(RefusedError, match="must not take the place"):
        require_reports([tmp_path / "x.gpkg"], tmp_path / "x.gpkg")
    with pytest.raises(RefusedError, match="must not take the place"):
        require_reports([tmp_path / "x.gdb" / "r.json"], tmp_path / "x.gdb")


def test_what_somebody_accepts_is_listed_with_name_and_reason(delivery: Path, tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.toml"
    waivers.write_text(
        '[[waiver]]\nrule = "OM-GEO-102"\nlayer = "SZGYSSM"\nrow = 2\nreason = "两层"\nby = "张三"\n', encoding="utf-8"
    )
    report = report_of(check_path(delivery, waivers=waivers), date=DATE)
    content = report_as_dict(report)
    assert [(one["rule"], one["row"], one["by"], one["reason"]) for one in content["waived"]] == [
        ("OM-GEO-102", 2, "张三", "两层")
    ]
    assert not [one for one in content["findings"] if one["rule"] == "OM-GEO-102"]
    assert "另有1处经确认不作处理" in report.conclusion("zh")


@pytest.mark.slow
def test_commands_end_with_the_code_of_what_was_found(delivery: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "r.json"
    assert run(["check", str(delivery), "--report", str(out), "--date", "2026-03-01", "--lang", "en"]) == 1
    assert f"report written: {out}" in capsys.readouterr().out
    content = json.loads(out.read_text(encoding="utf-8"))
    assert (content["date"], content["checked"], content["summary"]["features"]) == ("2026-03-01", "示范县.gpkg", 6)
    assert run(["check", str(delivery), "--report", str(tmp_path / "r.txt"), "--lang", "en"]) == 2
    assert "must end in one of" in capsys.readouterr().err
    assert run(["check", str(delivery), "--report", str(delivery), "--lang", "zh"]) == 4
    assert run(["check", str(delivery), "--report", str(tmp_path / "no" / "r.json"), "--lang", "zh"]) == 3
    assert run(["check", str(delivery), "--report", str(out), "--date", "1 March", "--lang", "en"]) == 2
    assert "a day as YYYY-MM-DD, got 1 March" in capsys.readouterr().err


def test_source_date_epoch_dates_a_report(delivery: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1770000000")
    assert run(["check", str(delivery), "--report", str(tmp_path / "r.json")]) == 1
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["date"] == "2026-02-02"
