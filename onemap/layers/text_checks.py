"""Texts that are damaged: read in the wrong encoding, with characters that nobody else has, with marks of a web page.

Each check looks at a whole column at once and goes into its cells only where something speaks.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from onemap.layers.row_faults import CellFault

__all__ = ["damaged_texts", "spoiled_by_encoding"]

Texts = NDArray[np.object_]

_LOST = re.compile("\ufffd|锟斤拷|烫烫烫|屯屯屯|^锘")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_ENTITY = re.compile(
    r"&(?:#\d{1,6}|#x[0-9a-f]{1,5}|amp|lt|gt|quot|apos|nbsp|middot|ldquo|rdquo|hellip|deg|times);", re.IGNORECASE
)
_LATIN = re.compile(
    "[\x80-\xff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2026\u2030\u2039\u203a\u20ac\u2122]{2}"
)
_WESTERN_LEADS = "åæç"  # what a hanzi in UTF-8 mostly begins with where it is read as Western European
_LAST_LATIN = "\u017f"
_HANZI = re.compile("[\u3400-\u9fff]")
_CP1252 = {byte: bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in range(256)}
_CP1252_BYTES = {character: byte for byte, character in _CP1252.items()} | {chr(byte): byte for byte in range(256)}


def _leads_of_hanzi() -> str:
    """Give the characters that hanzi in UTF-8 begin with where they are read as GBK."""
    pairs = (bytes([lead, follow]) for lead in range(0xE4, 0xEA) for follow in range(0x80, 0xC0))
    return "".join(pair.decode("gb18030", errors="ignore") for pair in pairs)


_GBK_LEADS = re.compile(f"[{_leads_of_hanzi()}]")
_SPOILED = re.compile(f"[\ufffd锟烫屯锘]|{_LATIN.pattern.removesuffix('{2}')}|{_GBK_LEADS.pattern}")


def damaged_texts(texts: Texts) -> list[CellFault]:
    r"""Find cells read in a wrong encoding, with private or rare characters, or with entities of a web page.

    Parameters
    ----------
    texts
        Texts of a column, shape (n,); None where there is none.

    Returns
    -------
    faults
        OM-ATT-020 entities, OM-ATT-021 wrong encoding, OM-ATT-022 characters outside GBK, OM-ATT-023 private
        characters; one fault a cell, the gravest.

    Examples
    --------
    >>> column = np.array(["东塔", "ÒÆ¶¯", "A&amp;B", "㵘洲村", None], dtype=object)
    >>> [(fault.row, fault.rule, fault.meant) for fault in damaged_texts(column)]
    [(1, 'OM-ATT-021', '移动'), (2, 'OM-ATT-020', 'A&B'), (3, 'OM-ATT-022', None)]
    """
    used = _characters("\n".join(text for text in texts if text))
    rare = "".join(one for one in used if not _in_gbk(one))
    checks: list[Callable[[str, int], CellFault | None]] = []
    if _SPOILED.search(used):
        checks.append(_wrong_encoding)
    if _PRIVATE.search(rare):
        checks.append(_private)
    if "&" in used and ";" in used:
        checks.append(_entities)
    if rare and (_HANZI.search(used) or max(rare) > _LAST_LATIN):  # names in Latin letters alone never meet GBK
        outside = re.compile(f"[{re.escape(rare)}]")
        checks.append(lambda text, row: _outside_gbk(text, row, outside))
    if not checks:
        return []
    suspect = re.compile(f"[{re.escape(rare)}&]|{_SPOILED.pattern}")
    cells = ((row, text) for row, text in enumerate(texts) if text and suspect.search(text))
    return [found for row, text in cells if (found := _first(checks, text, row)) is not None]


def spoiled_by_encoding(text: str) -> tuple[bool, str | None]:
    """Tell whether a text was read in a wrong encoding, and what it says in the right one.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    spoiled, meant
        What it says is None where bytes are lost.

    Examples
    --------
    >>> spoiled_by_encoding("ÒÆ¶¯"), spoiled_by_encoding("锟斤拷"), spoiled_by_encoding("Café")
    ((True, '移动'), (True, None), (False, None))
    """
    if _LOST.search(text):
        return True, None
    for pattern, read_again in ((_LATIN, _from_western), (_GBK_LEADS, _utf8_from_gbk)):
        if pattern.search(text):
            spoiled, meant = read_again(text)
            if spoiled:
                return True, meant
    return False, None


def _characters(text: str) -> str:
    """Give the characters that a long text is made of, each once, in order."""
    codes = np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype="<u4")
    there = np.zeros(0x110000, dtype=bool)
    there[codes] = True
    return "".join(map(chr, np.flatnonzero(there)))


def _first(checks: Sequence[Callable[[str, int], CellFault | None]], text: str, row: int) -> CellFault | None:
    """Give what the first check finds."""
    return next((found for check in checks if (found := check(text, row)) is not None), None)


def _wrong_encoding(text: str, row: int) -> CellFault | None:
    """Find a text that was read in a wrong encoding."""
    spoiled, meant = spoiled_by_encoding(text)
    return CellFault("OM-ATT-021", row, {}, meant, "mojibake" if meant else "") if spoiled else None


def _private(text: str, row: int) -> CellFault | None:
    """Find characters that only their maker knows."""
    found = _PRIVATE.findall(text)
    return CellFault("OM-ATT-023", row, {"characters": _codes(found)}) if found else None


def _entities(text: str, row: int) -> CellFault | None:
    """Find marks of a web page."""
    if _ENTITY.search(text) is None:
        return None
    return CellFault("OM-ATT-020", row, {}, html.unescape(text).replace("\xa0", " ").strip(), "html_entities")


def _outside_gbk(text: str, row: int, outside: re.Pattern[str]) -> CellFault | None:
    """Find characters that a Shapefile in GBK cannot hold."""
    found = outside.findall(text)
    return CellFault("OM-ATT-022", row, {"characters": _codes(found), "count": 1}) if found else None


def _codes(characters: Iterable[str]) -> str:
    """Name characters, each once, with their codes."""
    names = (f"{one} U+{ord(one):04X}" if one.isprintable() else f"U+{ord(one):04X}" for one in characters)
    return ", ".join(dict.fromkeys(names))


def _in_gbk(character: str) -> bool:
    """Tell whether GBK has a character."""
    try:
        character.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def _from_western(text: str) -> tuple[bool, str | None]:
    """Read a text again that may be UTF-8 or GBK read as Western European."""
    if not all(one in _CP1252_BYTES for one in text):
        return False, None
    raw = bytes(_CP1252_BYTES[one] for one in text)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        meant = decoder.decode(raw)
    except UnicodeDecodeError:
        return _gbk_from_western(raw)
    if decoder.getstate()[0] != b"":  # cut in the middle of a character
        return not meant.isascii() or any(one in text for one in _WESTERN_LEADS), None
    if not _HANZI.search(meant) and any(one > _LAST_LATIN for one in meant):  # letters of nowhere: rather hanzi in GBK
        found = _gbk_from_western(raw)
        return found if found[0] else (True, meant)
    return not meant.isascii(), meant


def _gbk_from_western(raw: bytes) -> tuple[bool, str | None]:
    """Read bytes as GB 2312 where all that is beyond ASCII comes in pairs, two at least."""
    runs = re.findall(rb"[\x80-\xff]+", raw)
    if any(len(run) % 2 for run in runs) or sum(map(len, runs)) < 4:
        return False, None
    try:
        meant = raw.decode("gbk")
    except UnicodeDecodeError:
        return False, None
    hanzi = len(_HANZI.findall(meant))
    return (True, meant) if hanzi * 4 >= sum(map(len, runs)) else (False, None)


def _utf8_from_gbk(text: str) -> tuple[bool, str | None]:
    """Read a text again that may be UTF-8 read as GBK."""
    try:
        meant = text.encode("gb18030").decode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError):  # bytes may be lost already
        leads = len(_GBK_LEADS.findall(text))
        return leads >= 2 and len(text) >= 3 and leads * 5 >= len(text) * 2, None
    beyond = [one for one in meant if not one.isascii()]
    spoiled = len(beyond) >= 2 and all(_HANZI.match(one) for one in beyond)
    return spoiled, meant if spoiled else None
