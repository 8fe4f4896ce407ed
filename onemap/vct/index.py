"""One pass over a VCT file: its head and declarations, and where each geometry and each row of a table stands."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO, BinaryIO

from onemap.errors import ReadError
from onemap.vct.grammar import KINDS, Declared, Field, Head, Problem, Table
from onemap.vct.lines import Lines, encoding_of
from onemap.vct.quick import QUICK, Passing, quick_rows
from onemap.vct.records import RECORDS, Places, Section, shown

__all__ = ["Index", "RowPlaces", "read_index", "sections_of"]

_MOST_FIELDS = 10_000
_MOST_DECLARED = 100_000
_MOST_KEYS = 200
_KINDS = {kind.lower(): kind for kind in KINDS}
_GEOMETRIES = frozenset(_KINDS)


@dataclass(slots=True)
class RowPlaces:
    """Where the rows of a table stand: the number each begins with (-1 if it is none), and its stretch of the file."""

    ids: array[int] = field(default_factory=lambda: array("q"))
    starts: array[int] = field(default_factory=lambda: array("q"))
    sizes: array[int] = field(default_factory=lambda: array("i"))


@dataclass(slots=True)
class Index:
    """What one pass over a file found.

    Attributes
    ----------
    encoding
        "utf-8" or "gb18030".
    head
        Its head.
    declared
        Layers, as FeatureCode declares them.
    tables
        Name → attribute table.
    codes
        Code as it stands in geometries → its number in `Places.codes`.
    places
        Section → where its geometries stand.
    rows
        Table → where its rows stand.
    kept
        Sections that are not read → where they stand in the file, first and last byte.
    problems
        Departures from the format.
    """

    encoding: str
    head: Head = field(default_factory=Head)
    declared: list[Declared] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)
    codes: dict[bytes, int] = field(default_factory=dict)
    places: dict[str, Places] = field(default_factory=dict)
    rows: dict[str, RowPlaces] = field(default_factory=dict)
    kept: dict[str, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def note(self, text_id: str, line: int | None = None, *, count: int = 1) -> None:
        """Note a departure, once for all of its kind."""
        for at, one in enumerate(self.problems):
            if one.text_id == text_id:
                self.problems[at] = Problem(text_id, one.line, one.count + count)
                return
        self.problems.append(Problem(text_id, line, count))


def read_index(file: BinaryIO, path: Path, *, encoding: str | None = None) -> Index:
    r"""Pass once over a file.

    Parameters
    ----------
    file
        The open file.
    path
        Its path, for messages.
    encoding
        Encoding of its text; told by its bytes if None.

    Returns
    -------
    index
        Memory: some 60 bytes a geometry and 20 a row, whatever their length.

    Raises
    ------
    ReadError
        If the file is no VCT, is cut short, or holds a record that is none; with the number of the line.

    Examples
    --------
    >>> import io
    >>> words = b"HeadBegin\nDataMark:LANDUSE-VCT\nVersion:3.0\nHeadEnd\nPointBegin\nPointEnd\n"
    >>> read_index(io.BytesIO(words), Path("a.vct")).head.get("Version")
    '3.0'
    """
    index = Index(encoding or encoding_of(file))
    lines = Lines(file, path)
    if not lines.more() or lines.take().lower() != b"headbegin":
        raise ReadError("vct_no_head", path=path.name)
    lines.section = "Head"
    _head(index, lines)
    while lines.more():
        line = lines.take()
        word = line.lower()
        if not word.endswith(b"begin") or len(word) > 60:
            raise lines.error("vct_section_expected", found=shown(line))
        name = word[:-5].decode("ascii", "replace")
        lines.section = shown(line[:-5])
        if name in _GEOMETRIES:
            _geometries(index, lines, name)
        else:
            _SECTIONS.get(name, _kept)(index, lines)
        lines.section = ""
    return index


def sections_of(file: IO[bytes], sections: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    r"""Give the sections behind the head of a file as the writer makes them: name, first and last byte.

    Examples
    --------
    >>> import io
    >>> list(sections_of(io.BytesIO(b"HeadBegin\r\nHeadEnd\r\n\r\nPointBegin\r\n1\r\nPointEnd\r\n"), ["Point"]))
    [('Point', 34, 37)]
    """
    file.seek(0)
    names = {f"{name}Begin\r\n".encode(): name for name in sections}
    name, start, at, end = "", 0, 0, b""
    for line in file:
        if not name and line in names:
            name, start, end = names[line], at + len(line), f"{names[line]}End\r\n".encode()
        elif name and line == end:
            yield name, start, at
            name = ""
        at += len(line)


def _text(index: Index, line: bytes) -> str:
    """Decode a line."""
    return line.decode(index.encoding, "replace")


def _parts(index: Index, line: bytes) -> list[str]:
    """Decode a line and cut it at the separator."""
    return [part.strip() for part in _text(index, line).split(index.head.separator)]


def _head(index: Index, lines: Lines) -> None:
    """Read the head: a keyword and its value a line."""
    entries: dict[str, str] = {}
    while (line := lines.take()).lower() != b"headend":
        key, colon, value = _text(index, line).partition(":")
        if not colon or len(entries) >= _MOST_KEYS:
            raise lines.error("vct_head_line", found=shown(line))
        entries[key.strip()] = value.strip()
    index.head = Head(MappingProxyType(entries))
    if not index.head.is_new and index.head.topology == 2:
        raise lines.error("vct_topology")
    if index.head.offset != (0.0, 0.0):
        index.note("vct_offset")


def _feature_codes(index: Index, lines: Lines) -> None:
    """Read the layers: code, name, kind, table, user item; three colours (2.0) or one (1.0) before the table."""
    while (line := lines.take()).lower() != b"featurecodeend":
        parts = _parts(index, line)
        if len(parts) < 3 or len(index.declared) >= _MOST_DECLARED:
            raise lines.error("vct_code_line", found=shown(line))
        code, name, kind, *rest = parts
        colours = [] if index.head.is_new else rest[: 3 if len(rest) >= 4 else 1] if len(rest) > 1 else []
        table, *extra = rest[len(colours) :] or [""]
        index.declared.append(Declared(code, name, _KINDS.get(kind.lower(), kind), table, (*colours, *extra)))


def _tables(index: Index, lines: Lines) -> None:
    """Read the attribute tables: name and number of fields, a line a field, and a 0 that the old model leaves out."""
    while (line := lines.take()).lower() != b"tablestructureend":
        if line == b"0" and index.tables:
            continue
        name, *said = _parts(index, line)
        if not said or not said[0].isdecimal() or int(said[0]) > _MOST_FIELDS:
            raise lines.error("vct_table_line", found=shown(line))
        fields = tuple(_field(index, lines) for _ in range(int(said[0])))
        has_geometry = not (len(said) > 1 and said[1].lower().startswith(("none", "nogeom")))
        index.tables[name] = Table(name, fields, has_geometry)


def _field(index: Index, lines: Lines) -> Field:
    """Read a field: name, type, and as it may be length and decimals."""
    line = lines.take()
    if line.lower() == b"tablestructureend" or line == b"0":
        raise lines.error("vct_field_line", found=shown(line))
    name, *said = _parts(index, line)
    sizes = [int(size) if size.isdecimal() and len(size) < 10 else None for size in (*said[1:], "", "")]
    return Field(name, said[0] if said else "Char", sizes[0], sizes[1])


def _geometries(index: Index, lines: Lines, name: str) -> None:
    """Find the geometries of a section."""
    end = f"{name}end".encode()

    def noted(text_id: str) -> None:
        is_first = all(one.text_id != text_id for one in index.problems)
        index.note(text_id, lines.line if is_first else None)

    places = index.places.setdefault(name, Places())
    section = Section(lines, index.head, index.head.separator.encode(index.encoding), index.codes, places, noted)
    read = RECORDS[name, index.head.is_new]
    passing = Passing(QUICK.get(name) if index.head.is_new else None)
    while True:
        passing.over(section)
        line = lines.take()
        if not line[:1].isdigit() and line.lower() == end:
            return
        lines.back()
        read(section)


def _attributes(index: Index, lines: Lines) -> None:
    """Find the rows of the attribute tables."""
    separator = index.head.separator.encode(index.encoding)
    while (line := lines.take()).lower() != b"attributeend":
        name = _text(index, line).strip()
        if separator in line:
            raise lines.error("vct_table_name_expected", found=shown(line))
        lines.section = f"Attribute {shown(line)}"
        _rows(index.rows.setdefault(name, RowPlaces()), lines, separator)


def _rows(rows: RowPlaces, lines: Lines, separator: bytes) -> None:
    """Find the rows of one table."""
    ids, starts, sizes = rows.ids, rows.starts, rows.sizes
    while True:
        quick_rows(lines, separator, (ids, starts, sizes))
        line = lines.take()
        if line[:1] in b"Tt" and line.lower() == b"tableend":
            return
        if line.lower() == b"attributeend":
            lines.back()
            return
        start, end = lines.span()
        first = line.partition(separator)[0].strip()
        ids.append(int(first) if first.isdigit() and len(first) < 19 else -1)
        starts.append(start)
        sizes.append(end - start)


def _kept(index: Index, lines: Lines) -> None:
    """Pass over a section that is not read, and keep where it stands."""
    word = lines.take_again().lower()
    first, _ = lines.span()
    end = word[:-5] + b"end"
    while lines.take().lower() != end:
        pass
    index.kept[word[:-5].decode("ascii", "replace")] = (first, lines.span()[1])


_SECTIONS: Mapping[str, Callable[[Index, Lines], None]] = MappingProxyType(
    {"featurecode": _feature_codes, "tablestructure": _tables, "attribute": _attributes}
)
