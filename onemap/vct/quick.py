"""Records in their usual form, passed over without a look at each line; any other is left to `onemap.vct.records`."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from types import MappingProxyType

from onemap.vct.lines import Lines
from onemap.vct.records import BY_LINES, LINE, POINTS, Section

__all__ = ["QUICK", "quick_rows"]

_MOST_FORMS = 1_000
_LONGEST_ID = 18


def _code(section: Section, middle: bytes, ending: list[bytes]) -> int:
    """Give the number of the code that begins some lines, if they end as expected; else -1."""
    parts = [part.strip() for part in middle.split(b"\n")]
    if len(parts) != len(ending) + 2 or parts[2:] != ending:
        return -1
    return section.codes.setdefault(parts[0], len(section.codes))


def _points(section: Section) -> None:
    """Pass over single points with their count."""
    data, base, starts, ends, at = section.lines.window()
    known: dict[bytes, int] = {}
    found: list[tuple[int, int, int, int, int]] = []
    last = len(starts) - 7
    while at <= last:
        middle = data[starts[at + 1] : ends[at + 4]]
        code = known.get(middle)
        if code is None:
            if len(known) > _MOST_FORMS:
                break
            code = known[middle] = _code(section, middle, [b"1", b"1"])
        identifier = data[starts[at] : ends[at]]
        if code < 0 or not _is_id(identifier) or data[starts[at + 6] : ends[at + 6]] != b"0":
            break
        found.append((int(identifier), code, base + starts[at + 5], base + ends[at + 5], 1))
        at += 7
    section.places.add(found, POINTS)
    section.lines.advance(at)


def _lines(section: Section) -> None:
    """Pass over lines of one piece."""
    data, base, starts, ends, at = section.lines.window()
    known: dict[bytes, int] = {}
    found: list[tuple[int, int, int, int, int]] = []
    count = len(starts)
    while at + 8 < count:
        middle = data[starts[at + 1] : ends[at + 5]]
        code = known.get(middle)
        if code is None:
            if len(known) > _MOST_FORMS:
                break
            code = known[middle] = _code(section, middle, [b"1", b"1", b"11"])
        identifier, size = data[starts[at] : ends[at]], data[starts[at + 6] : ends[at + 6]]
        if code < 0 or not (identifier.isdigit() and size.isdigit()) or len(identifier) + len(size) > _LONGEST_ID:
            break
        number = int(size)
        end = at + 7 + number
        if end >= count or not number or data[starts[end] : ends[end]] != b"0":
            break
        found.append((int(identifier), code, base + starts[at + 7], base + ends[end - 1], number))
        at = end + 1
    section.places.add(found, LINE)
    section.lines.advance(at)


def _polygons(section: Section) -> None:
    """Pass over polygons whose lines stand in one row."""
    data, base, starts, ends, at = section.lines.window()
    separator = section.separator
    known: dict[bytes, int] = {}
    found: list[tuple[int, int, int, int, int]] = []
    last = len(starts) - 9
    numbers = b"0123456789-" + separator
    while at <= last:
        middle = data[starts[at + 1] : ends[at + 3]]
        code = known.get(middle)
        if code is None:
            if len(known) > _MOST_FORMS:
                break
            code = known[middle] = _code(section, middle, [b"100"])
        identifier, row = data[starts[at] : ends[at]], data[starts[at + 7] : ends[at + 7]]
        counted = row.count(separator) + 1
        if (
            code < 0
            or not identifier.isdigit()
            or len(identifier) > _LONGEST_ID
            or separator not in data[starts[at + 4] : ends[at + 4]]
            or data[starts[at + 5] : ends[at + 8]].split() != [b"21", b"%d" % counted, row, b"0"]
            or row.translate(None, numbers)
            or row == b"0"
        ):
            break
        found.append((int(identifier), code, base + starts[at + 7], base + ends[at + 7], counted))
        at += 9
    section.places.add(found, BY_LINES)
    section.lines.advance(at)


def quick_rows(lines: Lines, separator: bytes, found: tuple[array[int], array[int], array[int]]) -> None:
    r"""Pass over rows that begin with a number and a separator.

    Parameters
    ----------
    lines
        The lines of the file.
    separator
        What stands between values.
    found
        Takes the number of each row, where it begins, and its length.

    Examples
    --------
    >>> import io
    >>> from pathlib import Path
    >>> lines = Lines(io.BytesIO(b"1,a\n2,b\nTableEnd\n"), Path("a.vct"))
    >>> found = array("q"), array("q"), array("i")
    >>> lines.more(), quick_rows(lines, b",", found), found[0].tolist(), lines.take()
    (True, None, [1, 2], b'TableEnd')
    """
    data, base, starts, ends, at = lines.window()
    ids, places, sizes = found
    while at < len(starts):
        start, end = starts[at], ends[at]
        first = data[start : max(data.find(separator, start, end), start)]
        if not _is_id(first):
            break
        ids.append(int(first))
        places.append(base + start)
        sizes.append(end - start)
        at += 1
    lines.advance(at)


def _is_id(word: bytes) -> bool:
    """Tell whether a word is a number that fits into 64 bits for sure."""
    return word.isdigit() and len(word) <= _LONGEST_ID


QUICK: Mapping[str, Callable[[Section], None]] = MappingProxyType(
    {"point": _points, "line": _lines, "polygon": _polygons}
)
"""Section → what passes over the usual records of the model of 2007 that are at hand, as far as it can."""
