"""Write VCT 3.0: sections in their order, shared borders once, identifiers of 64 bits, a head that is true."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.errors import WriteError
from onemap.vct.coverage import Coverage, shared_borders
from onemap.vct.grammar import AUXILIARY, KINDS, Problem
from onemap.vct.head_text import head_lines
from onemap.vct.index import read_index, sections_of
from onemap.vct.new_layer import NewLayer, Options
from onemap.vct.overlaps import invalid_polygons, overlapping_polygons
from onemap.vct.systems import system_of
from onemap.vct.table_text import TableText

__all__ = ["DEGREE_DECIMALS", "METRE_DECIMALS", "Writer", "write_vct"]

Geometries = NDArray[np.object_]
Integers = NDArray[np.int64]

_SECTIONS = ("FeatureCode", "TableStructure", "Point", "Line", "Polygon", "Annotation", "Attribute")
METRE_DECIMALS, DEGREE_DECIMALS = 4, 9
"""Digits of coordinates after the point where none are asked for."""

_EXACT = 2.0**53
_WORDS = frozenset({"0", "tableend", "attributeend", "commentbegin", "tablestructureend"})  # no names of tables
_PIECE_BYTES = 1024**2
_TYPES = {"Point": (0, 4), "Line": (1, 2, 5), "Polygon": (3, 6), "Annotation": (0,), "": ()}


def write_vct(path: str | Path, layers: Sequence[NewLayer], options: Options | None = None) -> tuple[Problem, ...]:
    """Write a VCT 3.0 file.

    Parameters
    ----------
    path
        File to make.
    layers
        Its layers, each with a table and code of its own.
    options
        How it is written.

    Returns
    -------
    problems
        What of the values the format could not hold.

    Raises
    ------
    WriteError
        If a layer holds shapes of another kind, coordinates that are not finite, or characters outside the encoding; if
        a name cannot stand in the format; if no head can state the system of coordinates.

    Examples
    --------
    >>> from onemap.vct import Field
    >>> path = Path(tempfile.mkdtemp()) / "a.vct"
    >>> squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object)
    >>> layer = NewLayer("DLTB", "2001010100", "Polygon", squares, [Field("MC", "Char", 8)], {"MC": ["水田", None]})
    >>> write_vct(path, [layer], Options(epsg=4526))
    ()
    >>> from onemap.vct import open_vct
    >>> with open_vct(path) as file:
    ...     file.crs, file.read("DLTB").columns
    ('EPSG:4526', {'MC': ['水田', None]})
    """
    with Writer(path, options or Options()) as writer:
        for layer in layers:
            writer.add(layer)
    return writer.problems


class Writer:
    """Writes a file layer by layer: one layer is held at a time, and the sections wait in unnamed files.

    Parameters
    ----------
    path
        File to make when the block ends without an error.
    options
        How it is written.

    Examples
    --------
    >>> from onemap.vct import Field
    >>> path = Path(tempfile.mkdtemp()) / "a.vct"
    >>> with Writer(path, Options()) as writer:
    ...     writer.add(NewLayer("FB", "", "", None, [Field("N", "Int", 4)], {"N": [1, 2]}))
    >>> path.read_bytes().splitlines()[:2]
    [b'HeadBegin', b'DataMark:LANDUSE-VCT']
    """

    def __init__(self, path: str | Path, options: Options) -> None:
        self.path = Path(path)
        self.options = options
        self._system = None if options.epsg is None else system_of(options.epsg)
        if options.epsg is not None and self._system is None:
            raise WriteError("vct_crs", epsg=options.epsg)
        self.is_degrees = options.is_degrees if self._system is None else self._system.zone_width is None
        usual = DEGREE_DECIMALS if self.is_degrees else METRE_DECIMALS
        self.decimals = usual if options.decimals is None else options.decimals
        self._next_id = 1
        self._text = TableText(options.encoding)
        self._taken: set[str] = set()
        self._bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])
        self._parts: dict[str, IO[bytes]] = {}
        self._has_rows = False

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What of the values written so far the format could not hold, and polygons that are no clean coverage."""
        return self._text.problems

    def is_free(self, name: str) -> bool:
        """Tell whether no layer has this code or table yet."""
        return name not in self._taken and name != AUXILIARY

    def __enter__(self) -> Self:
        self._parts = {name: tempfile.TemporaryFile(dir=self.path.parent) for name in _SECTIONS}  # noqa: SIM115
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._put_together()
        finally:
            for part in self._parts.values():
                part.close()

    def resume(self, path: Path) -> None:
        """Take over what a file of this writer holds, to add layers behind it.

        Parameters
        ----------
        path
            The file; it may be the one that is being made.

        Raises
        ------
        ReadError
            If it is no VCT.
        WriteError
            If its shapes are in another system of coordinates.
        """
        with path.open("rb") as file:
            index = read_index(
                file, path, encoding="gb18030" if self.options.encoding == "gbk" else self.options.encoding
            )
            stated = dict(line.split(":", 1) for line in self._head())
            kept = ("CoordinateSystemType", "Spheroid", "Parameters")
            if index.declared and any(index.head.get(key) != stated[key] for key in kept):
                raise WriteError("vct_crs_differs", path=path.name)
            ids = [number for places in index.places.values() for number in places.ids]
            ids += [number for rows in index.rows.values() for number in rows.ids]
            self._next_id = max(ids, default=0) + 1
            self._taken = {*index.tables, *(one.code for one in index.declared)}
            if index.declared:
                self._bounds = np.array(
                    [float(part) for key in ("ExtentMin", "ExtentMax") for part in index.head.get(key).split(",")]
                )
            for name, start, end in list(sections_of(file, _SECTIONS)):
                file.seek(start)
                for left in range(end - start, 0, -_PIECE_BYTES):
                    self._parts[name].write(file.read(min(left, _PIECE_BYTES)))

    def add(self, layer: NewLayer) -> None:
        """Write a layer.

        Parameters
        ----------
        layer
            Its code and table must not be those of another layer.

        Raises
        ------
        WriteError
            As in `write_vct`.
        ValueError
            If a field has no column, or one of another length than there are features.
        """
        self.add_batches([layer])

    def add_batches(self, batches: Iterable[NewLayer]) -> None:
        """Write a layer that comes in pieces, of which only one is held at a time.

        Of polygons that share lines the shapes of all pieces are held, as neighbours may come in different pieces.

        Parameters
        ----------
        batches
            Pieces of one layer: table, code, kind and fields are those of the first.

        Raises
        ------
        WriteError, ValueError
            As in `add`.

        Examples
        --------
        >>> from onemap.vct import Field
        >>> path = Path(tempfile.mkdtemp()) / "a.vct"
        >>> pieces = (NewLayer("FB", "", "", None, [Field("N", "Int", 4)], {"N": [number]}) for number in range(3))
        >>> with Writer(path, Options()) as writer:
        ...     writer.add_batches(pieces)
        >>> path.read_bytes().split(b"FB")[-1].split()[:3]
        [b'1,0', b'2,1', b'3,2']
        """
        first: NewLayer | None = None
        held: list[tuple[Geometries, Integers]] = []
        for batch in batches:
            if first is None:
                first = batch
                self._declare(batch)
            layer = replace(batch, table=first.table, code=first.code, kind=first.kind, fields=first.fields)
            self._require_values(layer)
            ids = np.arange(self._next_id, self._next_id + _rows(layer))
            self._next_id += len(ids)
            if layer.geometry is not None:
                there = np.flatnonzero(~shapely.is_missing(layer.geometry))
                self._widen(layer.geometry[there])
                if layer.kind == "Polygon" and not self.options.direct:
                    held.append((layer.geometry[there], ids[there]))
                else:
                    self._write_shapes(layer, there, ids)
            self._write_rows(layer, ids)
        if first is not None:
            self._finish(first, held)

    def _declare(self, layer: NewLayer) -> None:
        """Declare a layer and its table."""
        self._require(layer)
        self._has_rows = False
        if layer.kind:
            self._say("FeatureCode", f"{layer.code},{layer.title or layer.table},{layer.kind},{layer.table}\r\n")
        declared = "" if layer.kind else ",NoneGeometry"
        lines = [f"{layer.table},{len(layer.fields)}{declared}", *(one.as_text() for one in layer.fields), "0", ""]
        self._say("TableStructure", "\r\n".join(lines) + "\r\n")

    def _finish(self, layer: NewLayer, held: Sequence[tuple[Geometries, Integers]]) -> None:
        """Write the polygons that were held, and the end of the rows."""
        if held:
            shapes, ids = (np.concatenate(parts) for parts in zip(*held, strict=True))
            self._write_polygons(layer, shapes, ids)
        if self._has_rows:
            self._say("Attribute", "TableEnd\r\n\r\n")

    def _require(self, layer: NewLayer) -> None:
        """Require names and shapes that the format can hold."""
        names = [layer.table, layer.title, layer.code, *(one.name for one in layer.fields)]
        for name in names:
            if any(mark in name for mark in ",\r\n\0") or name.strip() != name:
                raise WriteError("vct_name", name=name)
        if (
            not layer.table
            or (layer.kind and not layer.code)
            or layer.code == AUXILIARY
            or layer.kind not in {*KINDS, ""}
            or layer.table.lower() in _WORDS
        ):
            raise WriteError("vct_name", name=layer.table or layer.code)
        if {layer.table, layer.code} & self._taken:
            raise WriteError("vct_layer_twice", layer=layer.table)
        self._taken |= {layer.table, layer.code} - {""}

    def _require_values(self, layer: NewLayer) -> None:
        """Require shapes that the format can hold, and as many values of each field."""
        count = _rows(layer)
        for one in layer.fields:
            if len(layer.columns.get(one.name, ())) != count:
                msg = f"columns must hold {count} values of each field, got {len(layer.columns.get(one.name, ()))}"
                raise ValueError(f"{msg} of {one.name}")
        if layer.kind == "Annotation" and not len(layer.texts) == len(layer.angles) == count:
            msg = f"texts and angles must hold {count} values, got {len(layer.texts)} and {len(layer.angles)}"
            raise ValueError(msg)
        if layer.geometry is not None:
            kinds = set(np.unique(shapely.get_type_id(layer.geometry)).tolist()) - {-1}
            places = shapely.get_coordinates(layer.geometry)
            if not kinds <= set(_TYPES[layer.kind]) or shapely.is_empty(layer.geometry).any():
                raise WriteError("vct_shapes", layer=layer.table, kind=layer.kind)
            if not np.isfinite(places).all() or (np.abs(places) * 10.0**self.decimals >= _EXACT).any():
                raise WriteError("vct_coordinates", layer=layer.table)
            self._text.note("vct_height", int(shapely.has_z(layer.geometry).sum()))

    def _widen(self, shapes: Geometries) -> None:
        """Widen the extent to hold some shapes."""
        if len(shapes):
            bounds = shapely.total_bounds(shapes)
            self._bounds = np.append(np.minimum(self._bounds[:2], bounds[:2]), np.maximum(self._bounds[2:], bounds[2:]))

    def _write_shapes(self, layer: NewLayer, there: Integers, ids: Integers) -> None:
        """Write the shapes of a piece of a layer that stand for themselves."""
        from onemap.vct import records_text  # loads numba, which reading does without

        if layer.geometry is None:
            return
        shapes = layer.geometry[there]
        if layer.kind == "Polygon":
            self._write_polygons(layer, shapes, ids[there])
            return
        if layer.kind == "Annotation":
            texts = [self._text.annotation(layer.texts[at]) for at in there.tolist()]
            angles = [float(layer.angles[at] or 0.0) for at in there.tolist()]
            records = records_text.annotation_records(
                shapes, ids[there], layer.code, texts=texts, angles=angles, decimals=self.decimals
            )
        else:
            write = records_text.point_records if layer.kind == "Point" else records_text.line_records
            records = write(shapes, ids[there], layer.code, self.decimals)
        self._parts[layer.kind].writelines(records)

    def _write_polygons(self, layer: NewLayer, shapes: Geometries, ids: Integers) -> None:
        """Write polygons, and the lines that they share."""
        from onemap.vct import records_text

        coverage = shared_borders(shapes, 10.0**self.decimals)
        left = np.flatnonzero(~shapely.is_missing(coverage.shapes))
        if len(left) < len(shapes):
            raise WriteError("vct_polygon_small", layer=layer.table, count=len(shapes) - len(left))
        self._look_at(coverage)
        records: Iterator[bytes] | Iterator[memoryview]
        if self.options.direct:
            records = records_text.direct_records(coverage, ids, left, layer.code, decimals=self.decimals)
        else:
            first = self._next_id
            self._next_id += len(coverage.firsts) - 1
            self._parts["Line"].writelines(records_text.border_records(coverage, first, self.decimals))
            records = records_text.polygon_records(
                coverage, ids, left, layer.code, first_line=first, decimals=self.decimals
            )
        self._parts["Polygon"].writelines(records)

    def _look_at(self, coverage: Coverage) -> None:
        """Count what is not as in a clean coverage: it is written as it is, and comes back so."""
        invalid = invalid_polygons(coverage)
        self._text.note("vct_polygon_invalid", len(invalid))
        self._text.note("vct_ring_vanished", coverage.vanished)
        if not self.options.direct:
            self._text.note("vct_polygon_overlap", len(overlapping_polygons(coverage, invalid)))

    def _write_rows(self, layer: NewLayer, ids: Integers) -> None:
        """Write rows of a layer's table; a table without rows is left out."""
        if not len(ids) or not layer.fields:
            return
        if not self._has_rows:
            self._say("Attribute", f"{layer.table}\r\n")
            self._has_rows = True
        self._parts["Attribute"].writelines(self._text.rows(layer, ids))

    def _say(self, section: str, text: str) -> None:
        """Add text to a section."""
        self._parts[section].write(self._text.encoded(text))

    def _head(self) -> Iterator[str]:
        """Give the lines of the head."""
        return head_lines(self.options, self._system, self._bounds, decimals=self.decimals)

    def _put_together(self) -> None:
        """Write the file: the head, then section after section."""
        with self.path.open("wb") as file:
            file.write(self._text.encoded("\r\n".join(["HeadBegin", *self._head(), "HeadEnd", "", ""])))
            for name, part in self._parts.items():
                file.write(f"{name}Begin\r\n".encode())
                part.seek(0)
                shutil.copyfileobj(part, file, 1024**2)
                file.write(f"{name}End\r\n\r\n".encode())


def _rows(layer: NewLayer) -> int:
    """Count the features of a layer, or the rows of a table."""
    if layer.geometry is not None:
        return len(layer.geometry)
    return max((len(values) for values in layer.columns.values()), default=0)
