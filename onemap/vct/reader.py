"""Read VCT files of any version, layer by layer, whole or in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from onemap.errors import ReadError
from onemap.vct.coordinates import Stretches
from onemap.vct.grammar import AUXILIARY, Declared, Field, Head, Problem
from onemap.vct.index import Index, read_index
from onemap.vct.lines import line_number
from onemap.vct.rows import Rows
from onemap.vct.shapes import Records, Shapes
from onemap.vct.systems import crs_of

__all__ = ["Batch", "Layer", "VctFile", "open_vct"]

Integers = NDArray[np.int64]

_BATCH_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of a VCT file.

    Attributes
    ----------
    name
        Name of its table where no other layer has that, else table and code; the code where it is not declared.
    title
        What people call it.
    code
        Code of its features; "" for a table without geometry.
    kind
        "Point", "Line", "Polygon", "Annotation", or "" for a table.
    table
        Name of its attribute table; "" where it has none.
    fields
        Fields of that table.
    rows
        Number of features, or of rows of a table.
    """

    name: str
    title: str
    code: str
    kind: str
    table: str
    fields: tuple[Field, ...]
    rows: int


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some features of a layer.

    Attributes
    ----------
    ids
        Identifier of each, shape (n,); -1 for a row of a table that has none.
    geometry
        Shapely geometries, shape (n,), None where there is none; None for a table.
    columns
        Field → values, each of length n; None is a missing value.
    texts, angles
        What annotations say, and their angles in degrees; empty for other layers.
    """

    ids: NDArray[np.int64]
    geometry: NDArray[np.object_] | None
    columns: Mapping[str, Sequence[Any]]
    texts: Sequence[str | None] = ()
    angles: Sequence[float | None] = ()


@dataclass(slots=True)
class VctFile:
    """An open VCT file.

    Attributes
    ----------
    path
        Its path.
    layers
        Its layers, in the order that the file declares them.
    crs
        "EPSG:n" where head or coordinates tell it, else None.
    """

    path: Path
    layers: tuple[Layer, ...]
    crs: str | None
    _file: BinaryIO
    _index: Index
    _shapes: Shapes
    _rows: dict[str, Rows] = field(default_factory=dict)

    @property
    def head(self) -> Head:
        """Its head."""
        return self._index.head

    @property
    def encoding(self) -> str:
        """Encoding of its text: "utf-8" or "gb18030"."""
        return self._index.encoding

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Departures from the format that were met so far."""
        return tuple(self._index.problems)

    @property
    def kept(self) -> Mapping[str, tuple[int, int]]:
        """Sections that are not read → first and last byte."""
        return dict(self._index.kept)

    def kept_text(self, section: str) -> str:
        """Give the text of a section that is not read.

        Parameters
        ----------
        section
            A key of `kept`.

        Raises
        ------
        KeyError
            If there is none of this name.
        """
        first, last = self._index.kept[section]
        self._file.seek(first)
        return self._file.read(last - first).decode(self.encoding, "replace")

    def layer(self, name: str) -> Layer:
        """Give a layer by its name or code.

        Raises
        ------
        ReadError
            If there is none.
        """
        found = [one for one in self.layers if one.name == name] or [one for one in self.layers if one.code == name]
        if not found:
            names = "、".join(one.name for one in self.layers)
            raise ReadError("vct_layer_missing", path=self.path.name, layer=name, layers=names)
        return found[0]

    def read(self, layer: str | Layer) -> Batch:
        """Read a layer as a whole.

        Raises
        ------
        ReadError
            If there is no such layer, or a line of it is wrong.
        """
        batches = list(self.batches(layer))
        if len(batches) == 1:
            return batches[0]
        columns = {name: [one for batch in batches for one in batch.columns[name]] for name in batches[0].columns}
        shapes = [batch.geometry for batch in batches if batch.geometry is not None]
        texts = [one for batch in batches for one in batch.texts]
        angles = [one for batch in batches for one in batch.angles]
        ids = np.concatenate([batch.ids for batch in batches])
        return Batch(ids, np.concatenate(shapes) if shapes else None, columns, texts, angles)

    def batches(self, layer: str | Layer, rows: int = _BATCH_ROWS) -> Iterator[Batch]:
        """Read a layer so many features at a time; there is at least one batch, which may be empty.

        Features come in the order of their rows, then those without a row. Rows that belong to no feature come where
        they stand, without geometry, in the first layer that has the table.

        Raises
        ------
        ReadError
            If there is no such layer, or a line of it is wrong.
        """
        one = self.layer(layer) if isinstance(layer, str) else layer
        table = self._table(one)
        of_rows, records = self._sequence(one, table)
        for first in range(0, max(len(records), 1), rows):
            part = slice(first, first + rows)
            yield self._features(one, records[part], of_rows[part], table)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _records(self, layer: Layer) -> NDArray[np.int64]:
        """Give the places of the features of a layer in their section."""
        number = self._index.codes.get(layer.code.encode(self.encoding), -1)
        return self._shapes.sections[layer.kind.lower()].of_code(number)

    def _table(self, layer: Layer) -> Rows | None:
        """Give the rows of a layer's table."""
        if not layer.table or layer.table not in self._index.tables:
            return None
        if layer.table not in self._rows:
            self._rows[layer.table] = Rows.of(self._index, layer.table, self._shapes.stretches, self._shapes.note)
        return self._rows[layer.table]

    def _sequence(self, layer: Layer, table: Rows | None) -> tuple[Integers, Integers]:
        """Give the rows of a layer and the records of their shapes, -1 where there is none."""
        if not layer.kind:
            count = 0 if table is None else len(table.ids)
            return np.arange(count), np.full(count, -1, dtype=np.int64)
        records = self._records(layer)
        if table is None:
            return np.full(len(records), -1, dtype=np.int64), records
        places = self._shapes.sections[layer.kind.lower()]
        rows = table.find(places.ids[records])
        if (bare := records[rows < 0]).size and table.fields:
            self._shapes.note("vct_row_missing", int(places.starts[places.first[bare[0]]]), len(bare))
        alone = self._left_over(layer, table)
        found = rows >= 0
        both = np.concatenate([rows[found], alone])
        shapes = np.concatenate([records[found], np.full(len(alone), -1, dtype=np.int64)])
        order = np.argsort(both, kind="stable")
        none = np.full(len(bare), -1, dtype=np.int64)
        return np.concatenate([both[order], none]), np.concatenate([shapes[order], bare])

    def _left_over(self, layer: Layer, table: Rows) -> Integers:
        """Give the rows that belong to no feature of any layer, for the first layer that has the table."""
        if next(one for one in self.layers if one.table == layer.table) is not layer:
            return np.empty(0, dtype=np.int64)
        sharing = [one for one in self.layers if one.table == layer.table and one.kind]
        known = [self._shapes.sections[one.kind.lower()].ids[self._records(one)] for one in sharing]
        left = table.without(np.concatenate(known))
        if len(left):
            self._shapes.note("vct_row_alone", table.place(int(left[0])), len(left))
        return left

    def _features(self, layer: Layer, records: Integers, rows: Integers, table: Rows | None) -> Batch:
        """Read some features and their rows."""
        columns = {} if table is None else table.read(rows)
        ids = np.full(len(rows), -1, dtype=np.int64)
        if table is not None:
            ids[rows >= 0] = table.ids[rows[rows >= 0]]
        if not layer.kind:
            return Batch(ids, None, columns)
        section = layer.kind.lower()
        there = records >= 0
        ids[there] = self._shapes.sections[section].ids[records[there]]
        shapes: NDArray[np.object_] = np.full(len(records), None, dtype=object)
        shapes[there] = self._shapes.build(section, records[there])
        if section != "annotation":
            return Batch(ids, shapes, columns)
        texts: list[str | None] = [None] * len(records)
        angles: list[float | None] = [None] * len(records)
        for at, text, angle in zip(np.flatnonzero(there).tolist(), *self._shapes.texts(records[there]), strict=True):
            texts[at], angles[at] = text, angle
        return Batch(ids, shapes, columns, texts, angles)


def open_vct(path: str | Path, *, encoding: str | None = None) -> VctFile:
    r"""Open a VCT file of version 1.0, 2.0 or 3.0: pass over it once and remember where everything stands.

    Parameters
    ----------
    path
        The file; the version is told by its head.
    encoding
        Encoding of its text; told by its bytes if None.

    Returns
    -------
    file
        To be closed after use, or used in a `with` block. Memory: some 80 bytes a geometry and 30 a row.

    Raises
    ------
    ReadError
        If it is no VCT, is cut short, or holds a record that is none; with the number of the line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.vct"
    >>> _ = path.write_text(
    ...     "HeadBegin\nDataMark:LANDUSE-VCT\nVersion:3.0\nHeadEnd\n"
    ...     "FeatureCodeBegin\n1000,塔,Point,TA\nFeatureCodeEnd\n"
    ...     "TableStructureBegin\nTA,1\nMC,Char,8\n0\nTableStructureEnd\n"
    ...     "PointBegin\n7\n1000\nUnknown\n1\n1\n38500005.0,3000005.0\n0\nPointEnd\n"
    ...     "AttributeBegin\nTA\n7,甲塔\nTableEnd\nAttributeEnd\n", encoding="gb18030")
    >>> with open_vct(path) as file:
    ...     towers = file.read("TA")
    >>> towers.ids, towers.geometry[0].x, towers.columns
    (array([7]), 38500005.0, {'MC': ['甲塔']})
    """
    path = Path(path)
    _require_encoding(path, encoding)
    try:
        file = path.open("rb")
    except OSError as error:
        raise ReadError("file_unreadable", path=str(path), reason=error.strerror or "") from error
    try:
        return _opened(file, path, encoding)
    except BaseException:
        file.close()
        raise


def _require_encoding(path: Path, encoding: str | None) -> None:
    """Require an encoding that writes commas and line ends as ASCII does."""
    try:
        fits = encoding is None or ",\n0".encode(encoding) == b",\n0"
    except LookupError:
        fits = False
    if not fits:
        raise ReadError("encoding_unknown", path=path.name, encoding=str(encoding)[:40])


def _opened(file: BinaryIO, path: Path, encoding: str | None) -> VctFile:
    """Index a file and list its layers."""
    index = read_index(file, path, encoding=encoding)
    stretches = Stretches(file, path, index.head, index.encoding)
    noted: set[str] = set()

    def note(text_id: str, offset: int, count: int) -> None:
        line = None if text_id in noted else line_number(file, offset)
        noted.add(text_id)
        index.note(text_id, line, count=count)

    sections = {name: Records.of(index, name) for name in ("point", "line", "polygon", "annotation")}
    shapes = Shapes(stretches, sections, note)
    _note_repeats(sections, note)
    crs = crs_of(index.head, _first_east(shapes))
    return VctFile(path, _layers(index, sections), crs, file, index, shapes)


def _note_repeats(sections: Mapping[str, Records], note: Callable[[str, int, int], None]) -> None:
    """Note identifiers that several shapes have; of lines, the first is the one that polygons mean."""
    places = [one.starts[one.first[:-1]] for one in sections.values()]
    ids, starts = np.concatenate([one.ids for one in sections.values()]), np.concatenate(places)
    order = np.argsort(ids, kind="stable")
    again = np.flatnonzero(np.diff(ids[order]) == 0)
    if len(again):
        note("vct_id_repeated", int(starts[order[again + 1]].min()), len(again))


def _first_east(shapes: Shapes) -> float | None:
    """Give the easting of the first coordinate of the file."""
    for section in ("point", "line", "polygon"):
        places = shapes.sections[section]
        here = np.flatnonzero(places.counts > 0)[:1]
        if len(here) and (section != "polygon" or len(shapes.sections["line"].ids) == 0):
            one = np.ones(1, dtype=np.int64)
            stretch = shapes.stretches.bytes_of(places.starts[here], places.ends[here])[0]
            end = places.starts[here] + len(stretch.lstrip().split(b"\n")[0])
            try:
                return float(shapes.stretches.coordinates(places.starts[here], end, one)[0, 0])
            except ReadError:
                return None
    return None


def _layers(index: Index, sections: Mapping[str, Records]) -> tuple[Layer, ...]:
    """List the layers: those declared, codes that are not, and tables without geometry."""
    declared = [*index.declared, *_undeclared(index, sections)]
    shared = Counter(one.table for one in declared)
    layers = []
    for one in declared:
        fields = index.tables[one.table].fields if one.table in index.tables else ()
        number = index.codes.get(one.code.encode(index.encoding), -1)
        kind = one.kind if one.kind.lower() in sections else ""
        rows = sections[kind.lower()].count(number) if kind else 0
        name = one.table if one.table and shared[one.table] == 1 else f"{one.table}_{one.code}".lstrip("_")
        layers.append(Layer(name, one.name, one.code, kind, one.table, fields, rows))
    for name, table in index.tables.items():
        if name not in shared:
            rows = len(index.rows[name].ids) if name in index.rows else 0
            layers.append(Layer(name, name, "", "", name, table.fields, rows))
    return tuple(layers)


def _undeclared(index: Index, sections: Mapping[str, Records]) -> Iterator[Declared]:
    """Give the codes of geometries that the file does not declare; lines that are only borders are none."""
    known = {(one.code, one.kind) for one in index.declared}
    for section, places in sections.items():
        used = set(np.unique(places.codes).tolist())
        for code, number in index.codes.items():
            words = code.decode(index.encoding, "replace")
            if number not in used or (words, section.title()) in known or (section, words) == ("line", AUXILIARY):
                continue
            index.note("vct_code_unknown")
            yield Declared(words, words, section.title(), "")
