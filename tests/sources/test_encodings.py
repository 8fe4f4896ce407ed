"""Encodings found from bytes: by marks, by what decodes, by how ordinary the characters are."""

from __future__ import annotations

import pytest

from onemap.sources.worker.encodings import DOUBTFUL, detect, foreign_lines, remarks_on

TEXT = "经度,纬度,站址名称,桃亭镇中心基站,外市电引入"
TRADITIONAL = "站址編碼,臺北鐵塔基站名稱,經度與緯度"


@pytest.mark.parametrize(("words", "encoding"), [(TEXT, "utf-8"), (TEXT, "gb18030"), (TRADITIONAL, "big5")])
def test_a_line_of_chinese_is_surely_told(words: str, encoding: str) -> None:
    found = detect([words.encode(encoding)])
    assert found.name == encoding
    assert found.confidence > 0.9


def test_marks_and_ascii_leave_no_doubt() -> None:
    assert (detect(["站".encode("utf-8-sig")]).name, detect(["站".encode("utf-16")]).name) == ("utf-8-sig", "utf-16")
    assert detect([b"id,name"]).confidence == 1.0


@pytest.mark.parametrize("words", ["联通", "移动", "中"])
def test_a_few_bytes_of_gbk_are_in_doubt_and_said_so(words: str) -> None:
    found = detect([words.encode("gb18030")])
    assert found.name == "gb18030"
    assert found.confidence < DOUBTFUL
    assert [remark.rule for remark in remarks_on(found, "towers.csv")] == ["OM-ENC-001", "OM-ENC-008"]


def test_more_characters_never_make_it_less_sure() -> None:
    sure = [detect([TEXT[:count].encode("gb18030")]).confidence for count in (4, 9, 14, 23)]
    assert sure == sorted(sure)


def test_rare_characters_in_utf8_are_still_utf8() -> None:
    assert detect(["㵘𠮷村".encode()]).name == "utf-8"


def test_only_lines_that_say_something_are_looked_at() -> None:
    content = "编码,名称\n1,a\n2,乙\n".encode("gb18030")
    assert foreign_lines(content) == ["编码,名称".encode("gb18030"), "2,乙".encode("gb18030")]
