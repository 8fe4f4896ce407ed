"""Delimited text with titles above the header: the delimiter and the header are found together."""

from __future__ import annotations

from pathlib import Path

import pytest

from onemap.sources import Reader, read_file

HEAD = ["站址编码", "站址名称", "经度", "纬度"]
ROWS = [["T1", "甲站", "75.2", "39.6"], ["T2", "乙站", "75.3", "39.7"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("titles", [[], ["示范县站址台账"], ["示范县站址台账", "填报单位：甲公司", ""]])
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_header_below_titles(
    tmp_path: Path, reader: Reader, *, delimiter: str, titles: list[str], encoding: str
) -> None:
    lines = [*titles, *(delimiter.join(row) for row in [HEAD, *ROWS]), "", "注：坐标为2000国家大地坐标系"]
    (tmp_path / "a.csv").write_bytes("\n".join(lines).encode(encoding))
    source = read_file(tmp_path / "a.csv", reader=reader)
    assert list(source.frame.columns) == HEAD
    assert source.rows.tolist() == [len(titles) + 2, len(titles) + 3]
    found = {finding.rule: finding.row for finding in source.findings if finding.rule.startswith("OM-PKG")}
    header = {"OM-PKG-031": len(titles) + 1} if titles else {}
    assert found == {**header, "OM-PKG-034": len(titles) + 5}


def test_a_decimal_comma_is_no_delimiter(tmp_path: Path, reader: Reader) -> None:
    (tmp_path / "a.csv").write_text("编码;经度;纬度\nT1;75,2;39,6\nT2;75,3;39,7\n", encoding="utf-8")
    source = read_file(tmp_path / "a.csv", reader=reader)
    assert source.frame.to_dict("list") == {"编码": ["T1", "T2"], "经度": ["75,2", "75,3"], "纬度": ["39,6", "39,7"]}


def test_a_table_of_words_only_begins_in_its_first_row(tmp_path: Path, reader: Reader) -> None:
    (tmp_path / "a.csv").write_text("名称,单位\n甲站,中国铁塔\n乙站,中国铁塔\n", encoding="utf-8")
    source = read_file(tmp_path / "a.csv", reader=reader)
    assert (list(source.frame.columns), source.rows.tolist(), source.findings) == (["名称", "单位"], [2, 3], ())
