"""Texts that were damaged on the way, and honest ones that only look unusual."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onemap.layers.cell_checks import checked_texts, unseen_marks
from onemap.layers.cells import cell_texts
from onemap.layers.schema import Field
from onemap.layers.text_checks import damaged_texts, spoiled_by_encoding

NAME = Field("name", "text", "名称", "name")
HANZI = st.text(st.sampled_from([chr(code) for code in range(0x4E00, 0x9FA6)]), min_size=2, max_size=12)


def common_hanzi() -> list[str]:
    """The 3,755 characters of the first level of GB 2312: those that names are made of."""
    pairs = (bytes([one, two]) for one in range(0xB0, 0xD8) for two in range(0xA1, 0xFF))
    return [found for pair in pairs if (found := pair.decode("gb2312", errors="ignore"))]


COMMON = st.text(st.sampled_from(common_hanzi()), min_size=2, max_size=12)


def column(*texts):
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array


def rules(*texts):
    return [fault.rule for fault in damaged_texts(column(*texts))]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ÒÆ¶¯", "移动"), ("ÖÐ¹úÒÆ¶¯-1", "中国移动-1"), ("ç§»åŠ¨", "移动"), ("æ—¥", "日"), ("绉诲姩鍩虹珯", "移动基站"),
        ("锟斤拷锟斤拷", None), ("烫烫烫烫", None), ("东\ufffd塔", None), ("æ—", None), ("鍠浠鍦板尯濉", None),
    ],
)  # fmt: skip
def test_texts_of_a_wrong_encoding_are_found_and_read_again_where_no_byte_is_lost(text, meant):
    assert spoiled_by_encoding(text) == (True, meant)


@pytest.mark.parametrize(
    "text",
    [
        "联通", "浏阳市滗水", "漯河", "濮阳市", "Kraków", "Zürich", "São Paulo", "café…", "Straße", "Encamp – è", "ئۇيغۇر", "བོད", "ÄÖÜ",
        "喀什地区塔什库尔干塔吉克自治县", "5G基站①", "±0.5℃", "naïve—é", "Ångström", "La Massana (Ordino)", "㵘洲村",
    ],
)  # fmt: skip
def test_honest_texts_are_not_taken_for_damaged(text):
    assert spoiled_by_encoding(text) == (False, None)


@given(COMMON)
def test_common_hanzi_are_never_taken_for_damaged(text):
    assert rules(text) == []


@given(COMMON)
def test_any_text_read_as_western_is_found_and_comes_back(text):
    found, meant = spoiled_by_encoding(text.encode("gbk").decode("latin-1"))
    assert found
    assert meant == text or not any(one > "\u017f" for one in meant)  # 茅茅 in GBK is éé in UTF-8
    assert spoiled_by_encoding(text.encode().decode("latin-1")) == (True, text)


@given(HANZI)
def test_what_gbk_has_is_not_called_rare(text):
    found = rules(text)
    assert ("OM-ATT-022" in found) == any(not one.encode("gbk", errors="ignore") for one in text)


def test_one_fault_a_cell_the_gravest():
    assert rules("东塔", "A&amp;B", "㵘洲村", "\ue001村", "𠮷村", "ÒÆ¶¯", None, "R&D; x", "👍站") == [
        "OM-ATT-020", "OM-ATT-022", "OM-ATT-023", "OM-ATT-022", "OM-ATT-021", "OM-ATT-022",
    ]  # fmt: skip


def test_characters_are_named_with_their_codes():
    assert damaged_texts(column("㵘㵘²"))[0].values["characters"] == "㵘 U+3D58, ² U+00B2"


def test_lines_and_unseen_characters_count_but_blanks_at_the_ends_do_not():
    cells = pd.Series([" 西塔 ", "东\n塔", "南\x07塔", "北\u200b塔", "中塔\n", "塔", None, 5], dtype=object)
    note = unseen_marks(NAME, cells, np.arange(2, 10))[0]
    assert (note.rule, note.position, note.values["count"], note.values["row"]) == ("OM-ATT-019", None, 3, 3)
    assert unseen_marks(NAME, pd.Series([" 西塔 ", "中  塔\r\n"]), np.arange(2)) == []


def checked(cells, *repairs, field=NAME):
    texts, faults = checked_texts(field, cell_texts(pd.Series(cells, dtype=object)), repairs=repairs)
    return list(texts), [(fault.rule, fault.position, fault.action) for fault in faults]


@pytest.mark.parametrize("word", ["同上", "〃", "″", '"', "ditto", "Ditto", "同前", "''"])
def test_words_for_the_row_above_are_emptied_or_filled_as_asked(word):
    assert checked(["甲", word, word, "乙", word]) == (
        ["甲", None, None, "乙", None],
        [("OM-ATT-018", 1, "kept"), ("OM-ATT-018", 2, "kept"), ("OM-ATT-018", 4, "kept")],
    )
    assert checked(["甲", word, word, "乙", word], "ditto")[0] == ["甲", "甲", "甲", "乙", "乙"]
    assert checked([word, "甲"], "ditto")[0] == [None, "甲"]


@pytest.mark.parametrize("word", ["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "########", "Err:502"])
def test_errors_of_formulas_are_emptied_and_named(word):
    assert checked([word, "甲"]) == ([None, "甲"], [("OM-ATT-013", 0, "kept")])


@pytest.mark.parametrize("word", ["#5机房", "同上村", "A同上", "#1", "Err: 5", "合计"])
def test_words_that_only_hold_such_marks_stay(word):
    assert checked([word]) == ([word], [])


def test_repairs_give_what_was_meant_and_say_both():
    texts, faults = checked_texts(
        NAME, cell_texts(pd.Series(["A&amp;B", "ÒÆ¶¯"], dtype=object)), repairs=["html_entities", "mojibake"]
    )
    assert list(texts) == ["A&B", "移动"]
    assert [fault.action for fault in faults] == ["repaired", "repaired"]
    assert faults[0].values["done"].values == {"before": "A&amp;B", "after": "A&B"}


def test_very_many_notes_become_one_for_the_column():
    _, faults = checked([f"㵘{number}" for number in range(101)])
    assert faults == [("OM-ATT-022", None, "kept")]
    assert len(checked([f"㵘{number}" for number in range(100)])[1]) == 100
