"""Headers of columns taken apart: what is name, what unit, what decoration."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from onemap.layers.units import unit_factor

__all__ = ["Header", "fold", "parse_header"]

_BRACKETS = re.compile(r"[(\[【（〔{<《]([^)\]】）〕}>》]*)[)\]】）〕}>》]?")
_DECORATION = re.compile(r"^[\s*＊★☆※#●■◆▲√✓+!！?？.。、,，:：;；'\"`|/\\]+|[\s*＊★☆※#●■◆▲:：;；,，.。、'\"`|/\\]+$")
_NUMBERED = re.compile(r"^(?:[(（]?\d{1,2}[)）.、:：]\s*|第?[一二三四五六七八九十]{1,2}[、.:：]\s*)")
_REPEAT = re.compile(r"(?<=[^\d\W])[_\s.]?(\d{1,2})$")
_REMARK = re.compile(
    r"^(?:必填|选填|非必填|可选|必选|单选|多选|下拉|填写|文本|数字|字符|不可修改|required|optional|y/n|是/否)", re.I
)
_UNIT_WORD = re.compile(r"^(?:单位|unit)\s*[:：=]?\s*", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_SEPARATORS = re.compile(r"[\s_\-/\\.,;:|()\[\]{}<>&+#'\"、，；：·]+")
_UNITS_OF_HEADERS = tuple(
    unit
    for line in (
        "皮长公里 沟公里 杆程公里 平方公里 平方千米 平方米 公里 千米 厘米 毫米 公顷 千瓦 兆瓦 千伏 千克 公斤",
        "兆赫兹 吉赫 兆赫 赫兹 平米 米 度 亩 瓦 吨 伏",
        "dBm dBi dBd MHz GHz kHz Hz km² km2 m² m2 km cm mm kW MW kV kg dB ha sqm deg ft m W V t °",
    )
    for unit in line.split()
)
_MARKS = str.maketrans("", "", " \t\r\n　()[]（）【】_-/\\.,，、:：;；'\"·*|")


@dataclass(frozen=True, slots=True)
class Header:
    """One header, taken apart.

    Attributes
    ----------
    text
        As it stands in the source.
    folded
        All of it without width, case, blanks and marks.
    core
        Without brackets, unit, decoration and number, folded.
    words
        Its words in small letters, where it is written in Latin letters; else empty.
    unit
        Unit that it names, empty if none.
    repeat
        Number of a column that bears the name again, 0 if it is the first.
    """

    text: str
    folded: str
    core: str
    words: tuple[str, ...]
    unit: str
    repeat: int


def fold(header: str) -> str:
    """Write a header without the differences that mean nothing: width, case, blanks, marks.

    Examples
    --------
    >>> fold("塔高（ｍ）"), fold("SITE_ID")
    ('塔高m', 'siteid')
    """
    return unicodedata.normalize("NFKC", header).casefold().translate(_MARKS)


def parse_header(text: str) -> Header:
    r"""Take a header apart.

    Parameters
    ----------
    text
        As it stands in the source.

    Examples
    --------
    >>> one = parse_header("*塔桅高度\n（米）（必填）")
    >>> one.core, one.unit
    ('塔桅高度', 'm')
    >>> parse_header("TowerHeight_m").words, parse_header("CD_M").unit, parse_header("经度_1").repeat
    (('tower', 'height'), 'm', 1)
    """
    plain = unicodedata.normalize("NFKC", text.replace("\ufeff", "")).replace("㎡", "m²").strip()
    unit, rest = _unit_in_brackets(plain)
    bare = _BRACKETS.sub(" ", rest).strip() or rest
    bare = _NUMBERED.sub("", _DECORATION.sub("", bare)) or bare
    if not unit:
        unit, bare = _unit_at_end(bare)
    repeat = 0
    if (again := _REPEAT.search(bare)) and not bare[: again.start()].casefold().endswith(("band", "lte", "pm", "wgs")):
        repeat, bare = int(again[1]), bare[: again.start()]
    return Header(
        text=text,
        folded=fold(plain),
        core=fold(bare) or fold(plain),
        words=_words(bare),
        unit=unit,
        repeat=repeat,
    )


def _unit_in_brackets(plain: str) -> tuple[str, str]:
    """Find the unit in brackets, or behind a slash or comma; give it and the rest."""
    for found in _BRACKETS.finditer(plain):
        inside = _UNIT_WORD.sub("", found[1].strip())
        if _REMARK.match(inside):
            continue
        for part in re.split(r"[,，;；、\s]+", inside):
            if part and (unit := _known_unit(part)):
                return unit, plain
    for mark in ("/", ",", "，", "、", "单位", ":", "："):
        name, found_mark, last = plain.rpartition(mark)
        if found_mark and name and (unit := _known_unit(_UNIT_WORD.sub("", last.strip(" :：")))):
            return unit, name
    return "", plain


def _unit_at_end(bare: str) -> tuple[str, str]:
    """Find a unit written right behind the name; give it and the name."""
    for spelled in _UNITS_OF_HEADERS:
        if not bare.casefold().endswith(spelled.casefold()) or len(bare) <= len(spelled):
            continue
        name, tail = bare[: -len(spelled)], bare[-len(spelled) :]
        before = name[-1]
        is_latin = tail[0].isascii() and tail[0].isalpha()
        if is_latin and before.isascii() and before.isalnum() and not _is_new_word(before, tail, spelled):
            continue
        if not is_latin and before in _WORDS_BEFORE_UNIT.get(spelled, ""):
            continue
        if unit := _known_unit(spelled):
            return unit, name.rstrip(" _-.·")
    return "", bare


def _is_new_word(before: str, tail: str, spelled: str) -> bool:
    """Tell whether Latin letters behind Latin letters begin a unit: powerW, RSRPdBm; not item or km in a word."""
    if before.islower():
        return tail[0].isupper()
    return tail == spelled and len(spelled) > 1 and tail[0].islower() and tail[-1].isalpha() and tail != tail.lower()


_WORDS_BEFORE_UNIT = {
    "度": "经纬维高长宽角坡强厚密程精深幅速温湿进年季月限",
    "米": "玉大小海",
    "公里": "皮沟管孔杆",
    "瓦": "千兆",
    "亩": "",
    "吨": "",
    "伏": "千",
}
"""Characters before which a unit is part of the word: 经度 is no unit, and 皮长公里 is found as a whole."""


def _known_unit(spelled: str) -> str:
    """Give the plain writing of a unit, empty if it is none."""
    for unit in (
        "m",
        "km",
        "m²",
        "km²",
        "ha",
        "亩",
        "W",
        "kW",
        "V",
        "kV",
        "kg",
        "g",
        "t",
        "MHz",
        "dBm",
        "dBi",
        "dB",
        "°",
    ):
        if unit_factor(spelled, unit) == 1.0:
            return unit
    for unit in ("cm", "mm", "ft", "MW", "GHz", "kHz", "Hz", "rad", "dBd"):
        if unit_factor(spelled, unit) == 1.0:
            return unit
    return ""


def _words(bare: str) -> tuple[str, ...]:
    """Split a header of Latin letters into its words; empty if it holds others."""
    if not bare.isascii():
        return ()
    spaced = _CAMEL.sub(" ", bare)
    return tuple(word.casefold() for word in _SEPARATORS.split(spaced) if word)
