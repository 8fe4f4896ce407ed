"""The records of geometries: where each begins, of what it is made, and where its coordinates stand in the file.

Nothing is kept of a record but its identifier, its code and places in the file: some 50 bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from onemap.vct.grammar import DIRECT, INDIRECT, Head
from onemap.vct.lines import Lines

__all__ = [
    "BY_AREAS",
    "BY_LINES",
    "DIRECTED",
    "LINE",
    "LINES",
    "POINTS",
    "RECORDS",
    "RINGS",
    "TEXT",
    "Places",
    "Section",
]

Integers = NDArray[np.int64]

POINTS, LINE, RINGS, BY_LINES, BY_AREAS, LINES, TEXT, DIRECTED = range(1, 9)
"""Forms of a geometry: coordinates of points, of a line, of rings; identifiers of lines that bound a polygon, of
polygons, of lines that make a line; a text with its place; a point with a direction."""

_ROW = 8  # identifiers that stand in a row
_LARGEST = 2**63
_POINT_KINDS = {1: POINTS, 2: POINTS, 3: DIRECTED, 4: POINTS}
_POLYLINE, _RING = 11, 11
_BY_LINES, _BY_AREAS = 21, 22


@dataclass(slots=True)
class Places:
    """Geometries of one section: identifier, number of the code, form, and the first of its pieces.

    A piece is a stretch of the file: where it begins and ends, and the number of coordinates or identifiers in it.
    """

    ids: array[int] = field(default_factory=lambda: array("q"))
    codes: array[int] = field(default_factory=lambda: array("i"))
    forms: array[int] = field(default_factory=lambda: array("b"))
    first: array[int] = field(default_factory=lambda: array("q"))
    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    counts: array[int] = field(default_factory=lambda: array("q"))

    def begin(self, identifier: int, code: int) -> None:
        """Begin a geometry whose pieces follow."""
        self.ids.append(identifier)
        self.codes.append(code)
        self.first.append(len(self.starts))

    def add(self, form: int, ids: Integers, codes: Integers, pieces: Sequence[Integers]) -> None:
        """Add geometries of one form and one piece each: pieces are their begins, ends and counts."""
        self.first.frombytes(np.arange(len(self.starts), len(self.starts) + len(ids)).tobytes())
        self.ids.frombytes(ids.tobytes())
        self.codes.frombytes(codes.astype(np.int32).tobytes())
        self.forms.frombytes(bytes([form]) * len(ids))
        for kept, numbers in zip((self.starts, self.ends, self.counts), pieces, strict=True):
            kept.frombytes(numbers.tobytes())

    def piece(self, start: int, end: int, count: int) -> None:
        """Add a piece."""
        self.starts.append(start)
        self.ends.append(end)
        self.counts.append(count)


@dataclass(slots=True)
class Section:
    """What the reading of a section of geometries needs, and what it gathers."""

    lines: Lines
    head: Head
    separator: bytes
    codes: dict[bytes, int]
    places: Places = field(default_factory=Places)
    noted: Callable[[str], None] = lambda _: None

    def number(self, wanted: str) -> int:
        """Take a line that holds a whole number of zero or more."""
        line = self.lines.take()
        if not line.isdigit() or len(line) > 19 or (number := int(line)) >= _LARGEST:
            raise self.lines.error("vct_number_expected", wanted=wanted, found=shown(line))
        return number

    def begin(self) -> None:
        """Take identifier and code."""
        lines = self.lines
        line = lines.take()
        if not line.isdigit() or len(line) > 19 or not 0 <= (identifier := int(line)) < _LARGEST:
            raise lines.error("vct_number_expected", wanted="id", found=shown(line))
        code = lines.take()
        known = self.codes.get(code)
        if known is None:
            known = self.codes[code] = len(self.codes)
        self.places.begin(identifier, known)

    def coordinates(self, count: int) -> None:
        """Pass over so many coordinates."""
        if count < 1:
            raise self.lines.error("vct_count_zero")
        start, end = self.lines.skip(count)
        self.places.piece(start, end, count)

    def end(self) -> None:
        """Take the 0 that ends a record of the new model."""
        line = self.lines.take()
        if line != b"0":
            raise self.lines.error("vct_end_expected", found=shown(line))


def shown(line: bytes) -> str:
    """Show a line in a message, cut where it is long.

    Examples
    --------
    >>> shown(b"38500000.0,3000000.0")
    '38500000.0,3000000.0'
    """
    text = "".join(one if one.isprintable() else "?" for one in line[:120].decode("gb18030", "replace"))
    return text if len(text) <= 40 else text[:37] + "..."


def _point(section: Section) -> None:
    """Read where a point of the new model stands; a line of coordinates may come without a count before it."""
    section.begin()
    lines = section.lines
    lines.take()
    kind = section.number("point type")
    if kind not in _POINT_KINDS:
        raise lines.error("vct_kind_unknown", what="PointType", found=kind)
    if section.separator in lines.take():
        lines.back()
        section.coordinates(2 if kind == 3 else 1)
    else:
        lines.back()
        section.coordinates(section.number("count"))
    section.places.forms.append(_POINT_KINDS[kind])
    section.end()


def _line(section: Section) -> None:
    """Read where a line of the new model stands: of pieces, or of other lines."""
    section.begin()
    section.lines.take()
    kind = section.number("line type")
    if kind == INDIRECT:
        section.places.forms.append(LINES)
        _identifiers(section, section.number("count"))
        return
    if kind != DIRECT:
        raise section.lines.error("vct_kind_unknown", what="LineType", found=kind)
    section.places.forms.append(LINE)
    for _ in range(section.number("segments")):
        piece = section.number("segment type")
        if piece != _POLYLINE:
            raise section.lines.error("vct_arc", found=piece)
        section.coordinates(section.number("count"))
    section.end()


def _polygon(section: Section) -> None:
    """Read where a polygon of the new model stands: of rings, of lines or of polygons."""
    section.begin()
    lines = section.lines
    lines.take()
    kind = section.number("polygon type")
    if kind not in {DIRECT, INDIRECT}:
        raise lines.error("vct_kind_unknown", what="PolygonType", found=kind)
    if section.separator not in lines.take():  # the label point
        lines.back()
    if kind == DIRECT:
        section.places.forms.append(RINGS)
        for _ in range(section.number("rings")):
            ring = section.number("ring type")
            if ring != _RING:
                raise lines.error("vct_arc", found=ring)
            section.coordinates(section.number("count"))
        section.end()
        return
    made_of = section.number("composition")
    if made_of not in {_BY_LINES, _BY_AREAS}:
        raise lines.error("vct_kind_unknown", what="ComposeType", found=made_of)
    section.places.forms.append(BY_LINES if made_of == _BY_LINES else BY_AREAS)
    _identifiers(section, section.number("count"))


def _identifiers(section: Section, count: int) -> None:
    """Read where a list of identifiers stands, and the 0 that ends the record.

    A 0 alone in a row ends the list, for full rows hold eight and a list does not end in a separator; only where rows
    are of other lengths can it be one of the list, and the count decides.
    """
    lines, separator = section.lines, section.separator
    start = end = got = zeros = rows = 0
    is_ragged, length = False, _ROW
    while True:
        row = lines.take()
        if row == b"0" and not (got < count and (is_ragged or (rows == 1 and length == 1))):
            break
        _require_identifiers(section, row)
        is_ragged = is_ragged or length != _ROW
        tokens = [token for token in row.split(separator) if token.strip()]
        length, rows = len(tokens), rows + 1
        got += length
        zeros += sum(token.strip() == b"0" for token in tokens)
        first, end = lines.span()
        start = start or first
    if count not in {got, got - zeros}:
        section.noted("vct_items_differ")
    section.places.piece(start, end, got)


def _require_identifiers(section: Section, row: bytes) -> None:
    """Require a row of numbers with signs."""
    if row.translate(None, b"0123456789-+ \t" + section.separator):
        raise section.lines.error("vct_number_expected", wanted="id", found=shown(row))


def _annotation(section: Section) -> None:
    """Read where a text of the new model and its places stand; the angle may follow in a line of its own."""
    section.begin()
    lines = section.lines
    lines.take()
    kind = section.number("annotation type")
    if kind not in {1, 2}:
        raise lines.error("vct_kind_unknown", what="AnnotationType", found=kind)
    section.places.forms.append(TEXT)
    text = lines.take()
    start, end = lines.span()
    if lines.take() == b"0" and _is_place(text, section.separator):  # the text was empty: a blank line
        lines.back()
        section.places.piece(start, start, 0)
        section.places.piece(start, end, 1)
        section.end()
        return
    lines.back()
    section.places.piece(start, end, 0)
    section.coordinates(section.number("count") if kind == 2 else 1)
    _end_of_annotation(section)


def _end_of_annotation(section: Section) -> None:
    """Take the end of an annotation, and the angle before it if it stands there."""
    lines = section.lines
    line = lines.take()
    if line != b"0":
        _require_angle(section, line)
        section.places.piece(*lines.span(), 0)
        section.end()
    elif lines.take() == b"0":
        section.places.piece(*lines.span(), 0)
    else:
        lines.back()


def _require_angle(section: Section, line: bytes) -> None:
    """Require a number."""
    try:
        float(line)
    except ValueError:
        raise section.lines.error("vct_end_expected", found=shown(line)) from None


def _is_place(line: bytes, separator: bytes) -> bool:
    """Tell whether a line holds two or three numbers."""
    parts = line.split(separator)
    try:
        return len(parts) in {2, 3} and all(float(part) is not None for part in parts)
    except ValueError:
        return False


def _old_point(section: Section) -> None:
    """Read where a point of the old model stands."""
    section.begin()
    section.lines.take()
    kind = section.number("point type")
    if kind not in {1, 2, 3}:
        raise section.lines.error("vct_kind_unknown", what="PointType", found=kind)
    section.places.forms.append(POINTS)
    section.coordinates(1)


def _old_line(section: Section) -> None:
    """Read where a line of the old model stands."""
    section.begin()
    section.lines.take()
    kind = section.number("line type")
    if kind not in {1, INDIRECT}:
        raise section.lines.error("vct_arc", found=kind)
    count = section.number("count")
    section.places.forms.append(LINE if kind == 1 else LINES)
    if kind == 1:
        section.coordinates(count)
    else:
        _counted_identifiers(section, count)


def _old_polygon(section: Section) -> None:
    """Read where a polygon of the old model stands: lists of coordinates up to a 0, or a counted list of lines."""
    section.begin()
    lines = section.lines
    lines.take()
    if section.separator not in lines.take() and section.separator not in lines.take():
        raise lines.error("vct_coordinate_expected", found="-")
    if section.head.topology:
        section.places.forms.append(BY_LINES)
        _counted_identifiers(section, section.number("count"))
        return
    section.places.forms.append(RINGS)
    while count := section.number("count"):
        section.coordinates(count)


def _counted_identifiers(section: Section, count: int) -> None:
    """Read where a list of so many identifiers stands; it has no end of its own."""
    lines = section.lines
    start = end = got = 0
    while got < count:
        row = lines.take()
        _require_identifiers(section, row)
        got += sum(bool(token.strip()) for token in row.split(section.separator))
        first, end = lines.span()
        start = start or first
    section.places.piece(start, end, got)


def _old_annotation(section: Section) -> None:
    """Read where a text of the old model and its places stand, past font, colour, look, size and spacing."""
    section.begin()
    lines = section.lines
    for _ in range(6):
        lines.take()
    lines.take()
    section.places.forms.append(TEXT)
    section.places.piece(*lines.span(), 0)
    section.coordinates(section.number("count"))


RECORDS: Mapping[tuple[str, bool], Callable[[Section], None]] = MappingProxyType(
    {
        ("point", True): _point,
        ("line", True): _line,
        ("polygon", True): _polygon,
        ("annotation", True): _annotation,
        ("point", False): _old_point,
        ("line", False): _old_line,
        ("polygon", False): _old_polygon,
        ("annotation", False): _old_annotation,
    }
)
"""Section, and whether the model is that of 2007 → what reads one record of it."""
