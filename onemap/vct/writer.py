"""Write VCT 3.0: sections in their order, shared borders once, identifiers of 64 bits, a head that is true."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.errors import WriteError
from onemap.vct.coverage import shared_borders
from onemap.vct.grammar import AUXILIARY, KINDS, Field, Problem
from onemap.vct.index import read_index
from onemap.vct.new_layer import NewLayer, Options
from onemap.vct.systems import head_entries, system_of
from onemap.vct.values import column_texts

__all__ = ["DEGREE_DECIMALS", "METRE_DECIMALS", "Writer", "encodable", "write_vct"]

Geometries = NDArray[np.object_]
Integers = NDArray[np.int64]

_SECTIONS = ("FeatureCode", "TableStructure", "Point", "Line", "Polygon", "Annotation", "Attribute")
METRE_DECIMALS, DEGREE_DECIMALS = 4, 9
"""Digits of coordinates after the point where none are asked for."""

_BREAKS = ",\r\n\0"
_EXACT = 2.0**53
_ROWS_AT_ONCE = 20_000
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
        self._replaced = 0
        self._taken: set[str] = set()
        self._bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])
        self._parts: dict[str, IO[bytes]] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What of the values written so far the format could not hold."""
        return (Problem("vct_text_replaced", None, self._replaced),) if self._replaced else ()

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
            for name, start, end in list(sections_of(file)):
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
        """
        self._require(layer)
        count = _rows(layer)
        ids = np.arange(self._next_id, self._next_id + count)
        self._next_id += count
        if layer.kind:
            self._say("FeatureCode", f"{layer.code},{layer.title or layer.table},{layer.kind},{layer.table}\r\n")
            self._write_shapes(layer, ids)
        declared = "" if layer.kind else ",NoneGeometry"
        lines = [f"{layer.table},{len(layer.fields)}{declared}", *(one.as_text() for one in layer.fields), "0", ""]
        self._say("TableStructure", "\r\n".join(lines) + "\r\n")
        self._write_rows(layer, ids)

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
        ):
            raise WriteError("vct_name", name=layer.table or layer.code)
        if {layer.table, layer.code} & self._taken:
            raise WriteError("vct_layer_twice", layer=layer.table)
        self._taken |= {layer.table, layer.code} - {""}
        if layer.geometry is not None:
            kinds = set(np.unique(shapely.get_type_id(layer.geometry)).tolist()) - {-1}
            places = shapely.get_coordinates(layer.geometry)
            if not kinds <= set(_TYPES[layer.kind]) or shapely.is_empty(layer.geometry).any():
                raise WriteError("vct_shapes", layer=layer.table, kind=layer.kind)
            if not np.isfinite(places).all() or (np.abs(places) * 10.0**self.decimals >= _EXACT).any():
                raise WriteError("vct_coordinates", layer=layer.table)

    def _write_shapes(self, layer: NewLayer, ids: Integers) -> None:
        """Write the shapes of a layer."""
        from onemap.vct import records_text  # loads numba, which reading does without

        if layer.geometry is None:
            return
        there = np.flatnonzero(~shapely.is_missing(layer.geometry))
        shapes = layer.geometry[there]
        if len(shapes):
            bounds = shapely.total_bounds(shapes)
            self._bounds = np.append(np.minimum(self._bounds[:2], bounds[:2]), np.maximum(self._bounds[2:], bounds[2:]))
        if layer.kind == "Polygon":
            self._write_polygons(layer, shapes, ids[there])
            return
        if layer.kind == "Annotation":
            texts = [self._bytes(self._plain(layer.texts[at] or "").strip()) for at in there.tolist()]
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

    def _write_rows(self, layer: NewLayer, ids: Integers) -> None:
        """Write the rows of a layer's table; a table without rows is left out."""
        if not len(ids) or not layer.fields:
            return
        self._say("Attribute", f"{layer.table}\r\n")
        for first in range(0, len(ids), _ROWS_AT_ONCE):
            part = slice(first, first + _ROWS_AT_ONCE)
            columns = [self._texts(one, layer.columns[one.name][part]) for one in layer.fields]
            lines = map(",".join, zip(map(str, ids[part].tolist()), *columns, strict=True))
            self._say("Attribute", "\r\n".join(lines) + "\r\n")
        self._say("Attribute", "TableEnd\r\n\r\n")

    def _texts(self, one: Field, values: Sequence[Any]) -> list[str]:
        """Write the values of a field."""
        texts = column_texts(values, one)
        is_plain = one.kind != "text" or not any(mark in text for text in ("\f".join(texts),) for mark in _BREAKS)
        return texts if is_plain else [self._plain(text) for text in texts]

    def _plain(self, text: str) -> str:
        """Take out of a text what would end the value or the line."""
        if not any(mark in text for mark in _BREAKS):
            return text
        self._replaced += 1
        return text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").replace("\0", " ").replace(",", "，")

    def _say(self, section: str, text: str) -> None:
        """Add text to a section."""
        self._parts[section].write(self._bytes(text))

    def _bytes(self, text: str) -> bytes:
        """Encode a text."""
        if text.isascii():
            return text.encode()
        encoded = _encoded(text, self.options.encoding)
        if encoded is None:
            wrong = next(one for one in text if not encodable(one, self.options.encoding))
            raise WriteError("vct_characters", character=wrong, encoding=self.options.encoding)
        return encoded

    def _head(self) -> Iterator[str]:
        """Give the lines of the head, in the order that checkers want."""
        low, high = self._bounds[:2], self._bounds[2:]
        if not np.isfinite(low).all():
            low = high = np.zeros(2)
        system = head_entries(self._system, is_degrees=self.is_degrees)
        entries = {
            "DataMark": self.options.data_mark,
            "Version": self.options.version,
            "CoordinateSystemType": system["CoordinateSystemType"],
            "Dim": "2",
            "XAxisDirection": "E",
            "YAxisDirection": "N",
            "XYUnit": system["XYUnit"],
            "ZUnit": "M",
            **{key: system[key] for key in ("Spheroid", "PrimeMeridian", "Projection", "Parameters")},
            "VerticalDatum": "1985国家高程基准",
            "TemporalReferenceSystem": "北京时间",
            "ExtentMin": ",".join(f"{place:.{self.decimals}f}" for place in low),
            "ExtentMax": ",".join(f"{place:.{self.decimals}f}" for place in high),
            "MapScale": str(self.options.scale),
            "Offset": "0,0",
            "Date": self.options.date,
            "Separator": ",",
            **self.options.extra,
        }
        for key, value in entries.items():
            if any(mark in key + value for mark in "\r\n\0"):
                raise WriteError("vct_name", name=key)
            yield f"{key}:{value}"

    def _put_together(self) -> None:
        """Write the file: the head, then section after section."""
        with self.path.open("wb") as file:
            file.write(self._bytes("\r\n".join(["HeadBegin", *self._head(), "HeadEnd", "", ""])))
            for name, part in self._parts.items():
                file.write(f"{name}Begin\r\n".encode())
                part.seek(0)
                shutil.copyfileobj(part, file, 1024**2)
                file.write(f"{name}End\r\n\r\n".encode())


def sections_of(file: IO[bytes]) -> Iterator[tuple[str, int, int]]:
    r"""Give the sections behind the head of a file of this writer: name, first and last byte.

    Examples
    --------
    >>> import io
    >>> list(sections_of(io.BytesIO(b"HeadBegin\r\nHeadEnd\r\n\r\nPointBegin\r\n1\r\nPointEnd\r\n")))
    [('Point', 34, 37)]
    """
    file.seek(0)
    names = {f"{name}Begin\r\n".encode(): name for name in _SECTIONS}
    name, start, at, end = "", 0, 0, b""
    for line in file:
        if not name and line in names:
            name, start, end = names[line], at + len(line), f"{names[line]}End\r\n".encode()
        elif name and line == end:
            yield name, start, at
            name = ""
        at += len(line)


def encodable(text: str, encoding: str) -> bool:
    """Tell whether a text can stand in an encoding; "gbk" means characters that GBK and GB 18030 write the same.

    Examples
    --------
    >>> encodable("水田", "gbk"), encodable("𠮷", "gbk"), encodable("𠮷", "gb18030")
    (True, False, True)
    """
    return _encoded(text, encoding) is not None


def _encoded(text: str, encoding: str) -> bytes | None:
    """Encode a text; None if it holds a character that the encoding lacks."""
    try:
        encoded = text.encode(encoding)
    except UnicodeEncodeError:
        return None
    return encoded if encoding != "gbk" or encoded == text.encode("gb18030") else None


def _rows(layer: NewLayer) -> int:
    """Count the features of a layer, or the rows of a table."""
    if layer.geometry is not None:
        return len(layer.geometry)
    return max((len(values) for values in layer.columns.values()), default=0)
