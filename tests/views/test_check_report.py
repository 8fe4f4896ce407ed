"""Reports of a check as JSON and as a page: totals, samples, texts in both languages, hostile values."""

from __future__ import annotations

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from onemap.findings import Finding
from onemap.messages import catalogue
from onemap.views.check_report import item_of, rule_results, sentence
from onemap.views.check_report.as_html import write_html
from onemap.views.check_report.as_json import report_as_dict, report_schema, write_json
from tests.views.check_reports import HOSTILE, invalid, make_report

MANY = [invalid(row) for row in range(1, 1201)] + [invalid(row, layer="ZDJCSSM") for row in range(1, 11)]


class Page(HTMLParser):
    """Elements and text of a page."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def validator() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(report_schema())
    return jsonschema.Draft202012Validator(report_schema())


def test_json_is_as_its_schema_says() -> None:
    assert not list(validator().iter_errors(report_as_dict(make_report())))
    assert not list(validator().iter_errors(report_as_dict(make_report(findings=MANY))))
    assert not list(validator().iter_errors(report_as_dict(make_report(findings=[], counted=[], layers={}))))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.pop("summary"),
        lambda content: content["findings"][0].pop("message_zh"),
        lambda content: content["findings"][0].update(severity="grave"),
        lambda content: content["findings"][0].update(row=0),
        lambda content: content["findings"][0].update(more="a key that nobody knows"),
        lambda content: content["rules"][0].update(listed=1001),
    ],
)
def test_schema_refuses_what_it_must(spoil) -> None:
    content = report_as_dict(make_report())
    spoil(content)
    assert list(validator().iter_errors(content))


def test_every_key_of_a_finding_that_readers_were_promised_is_there(tmp_path: Path) -> None:
    write_json(make_report(), tmp_path / "r.json")
    content = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    promised = {"rule", "severity", "layer", "row", "message_zh", "message_en", "count"}
    assert all(promised <= set(finding) for finding in content["findings"])
    assert content["summary"]["passed"] is False
    assert content["summary"]["error"] == 5
    assert content["summary"]["warning"] == 1


def test_counts_add_up_to_true_totals_and_samples_stay_under_a_thousand() -> None:
    content = report_as_dict(make_report(findings=MANY, counted=[]))
    (rule,) = content["rules"]
    assert (rule["findings"], rule["listed"]) == (1210, 1000)
    assert sum(finding["count"] for finding in content["findings"]) == 1210
    rest = [finding for finding in content["findings"] if finding["row"] is None]
    assert {finding["layer"]: finding["count"] for finding in rest} == {"SZGYSSM": 200, "ZDJCSSM": 10}
    assert rest[0]["message_en"] == "200 more are not listed one by one"
    assert rest[0]["message_zh"] == "另有200处未逐条列出"


def test_exactly_a_thousand_findings_are_all_listed() -> None:
    content = report_as_dict(make_report(findings=MANY[:1000], counted=[]))
    assert len(content["findings"]) == 1000
    assert all(finding["row"] for finding in content["findings"])


def test_sentence_is_that_of_departments() -> None:
    results = {one.rule: one for one in rule_results(make_report())}
    assert sentence(results["OM-GEO-102"], "zh").startswith("共检查300个要素，其中297个要素通过，3个要素不符合")
    assert sentence(results["OM-ATT-105"], "zh").startswith("共检查320个要素，其中320个要素通过")
    assert sentence(results["OM-PKG-101"], "en").startswith("3 layers checked in all, 2 of them pass, 1 are at fault")
    assert results["OM-GEO-102"].share == 3 / 300


def test_warnings_alone_pass() -> None:
    warned = make_report(findings=[Finding("OM-ATT-104", "A", values={"layer": "A", "field": "LX", "code_list": "x"})])
    assert warned.passed
    assert "通过" in warned.conclusion("zh")
    assert not make_report().passed


def test_every_rule_of_a_delivery_has_a_check_item() -> None:
    rules = [text_id for text_id in catalogue() if re.fullmatch(r"OM-[A-Z]{3}-[0-9]{3}", text_id)]
    assert len(rules) > 100
    for rule in rules:
        assert item_of(rule).primary["zh"]
        assert item_of(rule).secondary["en"]


def test_check_items_are_those_of_the_departments() -> None:
    assert (item_of("OM-ATT-112").primary["zh"], item_of("OM-ATT-112").secondary["zh"]) == ("面积", "面积一致性")
    assert item_of("OM-CRS-101").code == "1202/2201"
    assert item_of("OM-ATT-107").code == "3301"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_loads_nothing_and_runs_nothing(tmp_path: Path, lang: str) -> None:
    write_html(make_report(), tmp_path / "r.html", lang=lang)
    content = (tmp_path / "r.html").read_text(encoding="utf-8")
    page = Page(content)
    assert page.tags["script"] == 0
    assert "default-src 'none'" in content
    links = [value for name, value in page.attributes if name in {"href", "src"}]
    assert all(value.startswith(("#", "data:")) for value in links)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in page.text  # it is text
    assert "\x01" not in content


def test_page_opens_with_the_conclusion_and_links_lead_to_findings(tmp_path: Path) -> None:
    write_html(make_report(), tmp_path / "r.html")
    page = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    text = " ".join(page.text.split())
    assert text.index("不通过") < text.index("检查项统计") < text.index("错误记录")
    for words in ("一级检查项", "检查数", "错误数", "错误率", "1.00%", "659900020100000007", "75.000700, 39.500000"):
        assert words in text, words
    ids = {value for name, value in page.attributes if name == "id"}
    assert {value[1:] for name, value in page.attributes if name == "href" and value.startswith("#")} <= ids
    assert all(words in text for words in ("张三", "两家机房上下两层", "100.00", "102.50"))


def test_page_of_english_has_no_chinese_but_names(tmp_path: Path) -> None:
    report = make_report(name="county.gdb", profile="generic", waived=[], findings=[invalid(1)])
    write_html(report, tmp_path / "r.html", lang="en")
    text = Page((tmp_path / "r.html").read_text(encoding="utf-8")).text
    assert not re.search("[\u4e00-\u9fff]", text)


def test_page_says_that_it_is_cut(tmp_path: Path) -> None:
    write_html(make_report(findings=MANY), tmp_path / "r.html", lang="en")
    text = Page((tmp_path / "r.html").read_text(encoding="utf-8")).text
    assert "1,210 in all, the first 1,000 are listed" in text
    assert "At most 1,000 findings of a rule are listed" in text


@pytest.mark.parametrize(("write", "ending"), [(write_json, "json"), (write_html, "html")])
def test_the_same_report_gives_the_same_bytes(tmp_path: Path, write, ending: str) -> None:
    write(make_report(), tmp_path / f"a.{ending}")
    write(make_report(), tmp_path / f"b.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_hostile_text_survives_json(tmp_path: Path) -> None:
    write_json(make_report(), tmp_path / "r.json")
    content = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert HOSTILE in {finding["feature"] for finding in content["findings"]}
