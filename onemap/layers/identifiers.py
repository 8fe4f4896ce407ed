"""Identifiers and codes that a spreadsheet spoiled: rounded digits, lost zeros, tails of floats, apostrophes."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from onemap.layers.row_faults import CellFault

__all__ = [
    "SPREADSHEET_DIGITS",
    "is_identifier",
    "rounded_identifiers",
    "scientific_identifiers",
    "shortened_codes",
    "tidy_identifiers",
]

Texts = NDArray[np.object_]

_NAMES = ("_id", "_code", "code")
_FIXED_WIDTH = ("code", "village_id", "township_id")
_SCIENTIFIC = re.compile(r"^[+-]?\d(?:[.,]\d+)?E\+\d+$|^[+-]?\d[.,]\d+E\d{2,}$", re.IGNORECASE)
_TAIL = re.compile(r"^(\d+)\.0$|^(\d{5,})\.0+$")
_APOSTROPHES = "'’‘＇`"
_FULL_WIDTH = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), 0xFF0D)
}
_SUSPECT = re.compile(f"0$|^[{_APOSTROPHES}]|[{''.join(map(chr, _FULL_WIDTH))}]")
SPREADSHEET_DIGITS = 15
"""Digits of a number that a spreadsheet keeps."""

_RARE_BY_CHANCE = 18  # of identifiers this long, one in a thousand ends in three zeros


def is_identifier(field: str) -> bool:
    """Tell whether a field of the catalogue holds identifiers or codes.

    Examples
    --------
    >>> is_identifier("tower_id"), is_identifier("district_code"), is_identifier("name")
    (True, True, False)
    """
    return field.endswith(_NAMES)


def tidy_identifiers(texts: Texts) -> tuple[Texts, NDArray[np.int64]]:
    """Take off what a spreadsheet puts on identifiers: the ".0" of a float, the apostrophe of a text, full width.

    Parameters
    ----------
    texts
        Texts of a column, shape (n,); None where there is none.

    Returns
    -------
    texts, rows
        The texts, and the positions of those that changed.

    Examples
    --------
    >>> texts, rows = tidy_identifiers(np.array(["659900001.0", "'0012", "A.0", "Ｔ０１"], dtype=object))
    >>> texts.tolist(), rows.tolist()
    (['659900001', '0012', 'A.0', 'T01'], [0, 1, 3])
    """
    tidied = np.array(texts, dtype=object)
    changed = []
    for row in (row for row, text in enumerate(texts) if text and _SUSPECT.search(text)):
        plain = _tidy(texts[row])
        if plain != texts[row]:
            tidied[row] = plain
            changed.append(row)
    return tidied, np.array(changed, dtype=np.int64)


def scientific_identifiers(texts: Texts) -> list[CellFault]:
    """Find identifiers that a spreadsheet wrote as 4.6E+14. What was lost cannot be found again.

    Parameters
    ----------
    texts
        Texts of a column, shape (n,); None where there is none.

    Returns
    -------
    faults
        OM-ATT-008.

    Examples
    --------
    >>> [fault.row for fault in scientific_identifiers(np.array(["4.6E+14", "2E05", "T1"], dtype=object))]
    [0]
    """
    return [CellFault("OM-ATT-008", row) for row, text in enumerate(texts) if text and _SCIENTIFIC.match(text)]


def rounded_identifiers(texts: Texts) -> list[CellFault]:
    """Find identifiers that are all zeros after the fifteenth digit, the last that a spreadsheet keeps.

    Parameters
    ----------
    texts
        Texts of a column, shape (n,); None where there is none.

    Returns
    -------
    faults
        OM-ATT-008: all of them where half of the long identifiers are so; else those that chance does not give. Codes
        that are made of groups of three zeros are not meant.

    Examples
    --------
    >>> column = np.array(["460001234567890000", "460001234567891234", "659900001201000000", "T1"], dtype=object)
    >>> [fault.row for fault in rounded_identifiers(column)]
    [0]
    """
    long = np.fromiter((bool(text) and len(text) > SPREADSHEET_DIGITS and text.isdigit() for text in texts), bool)
    zeros = [row for row in np.flatnonzero(long).tolist() if not texts[row][SPREADSHEET_DIGITS:].strip("0")]
    cut = [row for row in zeros if texts[row][SPREADSHEET_DIGITS - 3 : SPREADSHEET_DIGITS] != "000"]
    if 2 * len(cut) < np.sum(long) or len(cut) < 2:  # not the column as a whole
        zeros = [row for row in cut if len(texts[row]) >= _RARE_BY_CHANCE]
    return [CellFault("OM-ATT-008", row) for row in zeros]


def shortened_codes(texts: Texts, *, field: str) -> list[CellFault]:
    """Find codes of digits that are shorter than the others of their column, as where zeros at the front were lost.

    A column counts up where its short numbers end at the length (…, 998, 999, 1000, …): then none is at fault.

    Parameters
    ----------
    texts
        Texts of a column, shape (n,); None where there is none.
    field
        Field of the catalogue; codes of districts and villages have a fixed length, identifiers may count up.

    Returns
    -------
    faults
        OM-ATT-024, with the code filled up with zeros as what was meant.

    Examples
    --------
    >>> column = np.array(["0101", "0102", "0103", "104", "0105", "1106"], dtype=object)
    >>> [(fault.row, fault.meant) for fault in shortened_codes(column, field="operator_site_code")]
    [(3, '0104')]
    """
    widths = Counter(len(text) for text in texts if text and text[0] in "0123456789" and text.isdigit())
    if len(widths) < 2:
        return []
    digits = {row: text for row, text in enumerate(texts) if text and text[0] in "0123456789" and text.isdigit()}
    width, count = widths.most_common(1)[0]
    short = {row: text for row, text in digits.items() if len(text) < width}
    if not short or count < 0.75 * len(digits):
        return []
    zeros_kept = any(text[0] == "0" for text in digits.values() if len(text) == width)
    if not zeros_kept and not _odd_ones(list(short.values()), len(digits), width, field):
        return []
    return [
        CellFault("OM-ATT-024", row, {"digits": len(text), "width": width}, text.zfill(width), "leading_zeros")
        for row, text in short.items()
    ]


def _tidy(text: str) -> str:
    """Take the tail of a float, the apostrophe of a text and the width of full-width letters and digits off."""
    plain = text.translate(_FULL_WIDTH)
    if plain[0] in _APOSTROPHES and len(plain) > 1 and plain[-1] not in _APOSTROPHES:
        plain = plain[1:].strip()
    tail = _TAIL.match(plain)
    return plain if tail is None else tail[1] or tail[2]


def _odd_ones(short: list[str], count: int, width: int, field: str) -> bool:
    """Tell whether short codes stand out in a column that keeps no zeros at the front."""
    few = len(short) <= 0.05 * count or (len(short) == 1 and count >= 5)
    counting_up = all(int(text) >= 0.9 * 10 ** len(text) for text in short)
    return few and not counting_up and width >= (4 if field.endswith(_FIXED_WIDTH) else 6)
