"""Metadata are valid by the schemas of ISO 19139, and data notes open again; both say what the delivery is."""

from __future__ import annotations

import datetime as dt
import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from lxml import etree

from onemap.delivery.mapping import Mapped
from onemap.delivery.metadata import CLASSIFICATIONS, DeliveryFacts, bounds_of, write_metadata
from onemap.delivery.metadata_note import write_note
from onemap.delivery.quality import QualityLine

NAMES = {"gmd": "http://www.isotc211.org/2005/gmd", "gco": "http://www.isotc211.org/2005/gco"}
REQUIRED = (
    "gmd:language", "gmd:contact/gmd:CI_ResponsibleParty/gmd:role", "gmd:dateStamp/gco:Date",
    "gmd:referenceSystemInfo//gmd:code/gco:CharacterString",
    "gmd:identificationInfo//gmd:citation//gmd:title/gco:CharacterString",
    "gmd:identificationInfo//gmd:citation//gmd:date//gco:Date",
    "gmd:identificationInfo//gmd:abstract/gco:CharacterString",
    "gmd:identificationInfo//gmd:topicCategory/gmd:MD_TopicCategoryCode",
    "gmd:identificationInfo//gmd:classification/gmd:MD_ClassificationCode",
    "gmd:identificationInfo//gmd:EX_GeographicBoundingBox/gmd:westBoundLongitude/gco:Decimal",
    "gmd:dataQualityInfo//gmd:DQ_ConformanceResult/gmd:pass/gco:Boolean",
    "gmd:dataQualityInfo//gmd:LI_Lineage/gmd:statement/gco:CharacterString",
)  # fmt: skip


@pytest.fixture(scope="session")
def schema() -> etree.XMLSchema:
    package = importlib.util.find_spec("pycsw")
    assert package is not None
    folder = Path(package.origin).parent / "plugins" / "profiles" / "apiso" / "schemas" / "ogc" / "iso" / "19139"
    return etree.XMLSchema(etree.parse(folder / "20060504" / "gmd" / "gmd.xsd", etree.XMLParser(no_network=True)))


@pytest.fixture
def facts(mapped: Mapped) -> DeliveryFacts:
    return DeliveryFacts(
        title="659900示范县通信基础设施专项规划",
        abstract="站址、光缆\x01、机房",
        date=dt.date(2026, 1, 1),
        classification="公开",
        layers=tuple(mapped.layers.values()),
        organisation="示范县工信局 <&>",
        contact="张三",
        profile="通信基础设施专项规划",
        formats=("gdb", "vct", "dxf"),
        quality=(
            QualityLine("OM-GEO-102", of_layers=False, checked=5, failed=0),
            QualityLine("OM-ATT-101", of_layers=False, checked=5, failed=2),
            QualityLine("OM-PKG-101", of_layers=True, checked=1, failed=0),
        ),
        lineage=("towers（towers.csv）：GCJ-02 → CGCS2000，精度 1 米。",),
        losses=("a.dxf SZGYSSD：坐标系无法声明",),
        simulated=True,
    )


def written(facts: DeliveryFacts, folder: Path) -> etree._ElementTree:
    write_metadata(facts, folder / "metadata.xml")
    return etree.parse(folder / "metadata.xml")


@pytest.mark.parametrize("classification", ["公开", "秘密", "商业机密", ""])
def test_metadata_are_valid_by_the_schema(classification, facts, schema, tmp_path) -> None:
    document = written(replace(facts, classification=classification), tmp_path)
    assert schema.validate(document), schema.error_log
    codes = document.xpath("//gmd:MD_ClassificationCode/@codeListValue", namespaces=NAMES)
    assert codes == ([CLASSIFICATIONS[classification]] if classification in CLASSIFICATIONS else [])
    assert f"密级：{classification or '未填写'}" in document.xpath("string(//gmd:userNote)", namespaces=NAMES)


def test_schema_refuses_what_is_not_valid(facts, schema, tmp_path) -> None:
    document = written(facts, tmp_path)
    stamp = document.find("gmd:dateStamp", NAMES)
    stamp.getparent().remove(stamp)
    assert not schema.validate(document)


def test_delivery_of_nothing_is_valid(schema, tmp_path) -> None:
    nothing = DeliveryFacts("示范县", "", dt.date(2026, 1, 1), "公开", [])
    assert schema.validate(written(nothing, tmp_path)), schema.error_log
    write_note(nothing, tmp_path / "note.docx")
    assert "未进行检查。" in [one.text for one in docx.Document(str(tmp_path / "note.docx")).paragraphs]


def test_metadata_say_what_the_delivery_is(facts, tmp_path) -> None:
    document = written(facts, tmp_path)
    for path in REQUIRED:
        found = document.xpath(f"/gmd:MD_Metadata/{path}", namespaces=NAMES)
        assert found, path
        assert found[0].get("codeListValue") or (found[0].text or "").strip() or len(found[0]), path
    west, south, east, north = bounds_of(facts.layers)
    sides = document.xpath("//gmd:EX_GeographicBoundingBox/*/gco:Decimal/text()", namespaces=NAMES)
    assert [float(one) for one in sides] == pytest.approx([west, east, south, north], abs=1e-6)
    assert document.xpath("//gmd:pass/gco:Boolean/text()", namespaces=NAMES) == ["true", "false", "true"]
    assert document.xpath("//gmd:value/gco:Record/text()", namespaces=NAMES) == ["0", "2", "0"]
    assert document.xpath("//gmd:RS_Identifier/gmd:code/gco:CharacterString/text()", namespaces=NAMES) == ["4490"]


def test_compound_system_is_named_by_both_codes(facts, schema, tmp_path) -> None:
    layers = tuple(replace(layer, crs="EPSG:4490+5737") for layer in facts.layers)
    document = written(replace(facts, layers=layers), tmp_path)
    assert document.xpath("//gmd:RS_Identifier/gmd:code/gco:CharacterString/text()", namespaces=NAMES) == [
        "4490",
        "5737",
    ]
    assert schema.validate(document)


def test_note_says_what_the_delivery_is(facts, tmp_path) -> None:
    write_note(facts, tmp_path / "note.docx")
    note = docx.Document(str(tmp_path / "note.docx"))
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in note.tables]
    overview = dict(tables[0])
    assert overview["密级"] == "公开"
    assert overview["编制单位"] == "示范县工信局 <&>"
    assert overview["坐标系"] == "China Geodetic Coordinate System 2000（EPSG:4490）"
    assert [[layer.code, str(len(layer.frame))] for layer in facts.layers] == [
        [row[0], row[3]] for row in tables[1][1:-1]
    ]
    assert tables[1][-1][3] == str(sum(len(layer.frame) for layer in facts.layers))
    words = "\n".join(one.text for one in note.paragraphs)
    assert facts.quality[1].text("zh") in words
    assert facts.losses[0] in words


def test_note_of_an_english_project_is_english(facts, tmp_path) -> None:
    plain = replace(facts, lang="en", layers=[], abstract="", lineage=[], losses=[], quality=[], simulated=True)
    write_note(replace(plain, title="Andorra", organisation="", profile="generic"), tmp_path / "note.docx")
    note = docx.Document(str(tmp_path / "note.docx"))
    words = [one.text for one in note.paragraphs]
    words += [cell.text for table in note.tables for row in table.rows for cell in row.cells]
    assert words[0] == "Andorra: data note"
    assert {"simulated data", "not given", "Not checked.", "Nothing.", "Data class"} <= set(words)
    given = {facts.classification, facts.contact}
    assert not [one for one in words if re.search("[一-鿿]", one) and one not in given]


def test_metadata_say_their_language(facts, tmp_path) -> None:
    for lang, code in (("zh", "zho"), ("en", "eng")):
        write_metadata(replace(facts, lang=lang), tmp_path / "m.xml")
        assert (tmp_path / "m.xml").read_text(encoding="utf-8").count(f'codeListValue="{code}"') == 2


def test_both_have_the_same_bytes_twice(facts, tmp_path) -> None:
    for name, write in (("a.xml", write_metadata), ("a.docx", write_note)):
        write(facts, tmp_path / name)
        once = (tmp_path / name).read_bytes()
        write(facts, tmp_path / name)
        assert (tmp_path / name).read_bytes() == once
