"""Text that was decoded wrongly before it was saved: what it was, and how it came about."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["find_mojibake", "mend_mojibake"]

_MISREAD = (
    ("gb18030", "utf-8"),
    ("cp1252", "utf-8"),
    ("latin-1", "utf-8"),
    ("latin-1", "gb18030"),
    ("cp1252", "gb18030"),
)
"""Encoding that the bytes were taken for, and the one that they were in."""
_LOST = re.compile("\ufffd|锟斤拷|\\?{4,}|烫烫烫|屯屯屯")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LEAST_TEXTS = 0.5


def mend_mojibake(text: str) -> tuple[str, str, str] | None:
    """Undo a wrong decoding.

    Parameters
    ----------
    text
        Text as it stands in a file.

    Returns
    -------
    mended
        What the text was, the encoding that it was in, and the one that it was taken for; None if it is in order or
        cannot be mended.

    Examples
    --------
    >>> mend_mojibake("站址名称".encode("utf-8").decode("gb18030")), mend_mojibake("站址名称")
    (('站址名称', 'utf-8', 'gb18030'), None)
    >>> mend_mojibake("移动".encode("gbk").decode("latin-1"))
    ('移动', 'gb18030', 'latin-1')
    """
    if text.isascii():
        return None
    for taken, true in _MISREAD:
        try:
            mended = text.encode(taken).decode(true)
        except UnicodeError:
            continue
        if mended != text and _is_better(mended, text):
            return mended, true, taken
    return None


def find_mojibake(texts: Iterable[str]) -> tuple[str, str] | None:
    """Find a text that was decoded wrongly, among the headers and values of a table.

    Parameters
    ----------
    texts
        Distinct headers and values.

    Returns
    -------
    found
        The text and what it was, "?" where its characters are lost; None if hardly any text is at fault.

    Examples
    --------
    >>> find_mojibake(["T1", "锟斤拷址"]), find_mojibake(["T1", "站址", "???"])
    (('锟斤拷址', '?'), None)
    """
    foreign = [text for text in texts if not text.isascii() or _LOST.search(text)]
    lost = [text for text in foreign if _LOST.search(text)]
    if lost:
        return lost[0], "?"
    mended = [(text, found[0]) for text in foreign if (found := mend_mojibake(text)) is not None]
    return mended[0] if mended and len(mended) >= _LEAST_TEXTS * len(foreign) else None


def _is_better(mended: str, text: str) -> bool:
    """Tell whether a mended text is Chinese that is more ordinary than before."""
    foreign = [letter for letter in mended if not letter.isascii()]
    ordinary = sum(_is_ordinary(letter) for letter in foreign)
    before = sum(_is_ordinary(letter) for letter in text if not letter.isascii())
    share_before = before / max(1, sum(not letter.isascii() for letter in text))
    return bool(foreign) and bool(_HAN.search(mended)) and ordinary / len(foreign) >= 0.9 and share_before < 0.9


def _is_ordinary(letter: str) -> bool:
    """Tell a common Chinese character or mark."""
    lead = letter.encode("gb2312", "ignore")
    return len(lead) == 2 and (0xB0 <= lead[0] <= 0xD7 or lead[0] <= 0xA3)
