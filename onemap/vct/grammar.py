"""The words of the VCT format: its head, its declarations of layers and tables, and the kinds of values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["AUXILIARY", "DIRECT", "INDIRECT", "KINDS", "Declared", "Field", "Head", "Problem", "Table", "kind_of_type"]

AUXILIARY = "1099000000"
"""Code of lines that exist only as borders of polygons: not declared, without attributes."""

DIRECT, INDIRECT = 1, 100
"""How a line or polygon is made: of coordinates, or of lines that stand elsewhere."""

KINDS = ("Point", "Line", "Polygon", "Annotation")
"""Kinds of geometry that a layer may have; a table without geometry has the kind ""."""

_NEW_KEYS = frozenset({"coordinatesystemtype", "xyunit", "extentmin"})
_TYPES = {
    **dict.fromkeys(("char", "varchar", "varbin", "image", "text", "string"), "text"),
    **dict.fromkeys(("int", "int1", "int2", "int4", "int8", "integer", "smallint", "long"), "whole"),
    **dict.fromkeys(("float", "double", "numeric", "number", "real"), "number"),
    "date": "date",
    "time": "time",
    "datetime": "date-time",
    **dict.fromkeys(("boolean", "bool"), "yes-no"),
}


def kind_of_type(name: str) -> str:
    """Tell the kind of value of a field type; an unknown type holds text.

    Returns
    -------
    kind
        "text", "whole", "number", "date", "time", "date-time" or "yes-no".

    Examples
    --------
    >>> kind_of_type("VarChar"), kind_of_type("Int4"), kind_of_type("Blob")
    ('text', 'whole', 'text')
    """
    return _TYPES.get(name.strip().lower(), "text")


@dataclass(frozen=True, slots=True)
class Problem:
    """A departure of a file from the format that did not end the reading.

    Attributes
    ----------
    text_id
        Id of the sentence in the catalogue of texts.
    line
        Line of the first such place, from 1; None where there is none.
    count
        How often it was met.
    """

    text_id: str
    line: int | None = None
    count: int = 1

    def text(self, lang: str = "en") -> str:
        """Give the sentence in a language, "zh" or "en"."""
        from onemap.messages import Told, text

        return text("vct_departure", lang, done=Told(self.text_id), line=self.line or "-", count=self.count)


@dataclass(frozen=True, slots=True)
class Field:
    """A column of an attribute table.

    Attributes
    ----------
    name
        Name of the column.
    type
        Type as the file names it, such as "Char", "Int4", "Float", "Date", "Varchar".
    length, decimals
        Width and digits after the point; None where none is stated.
    """

    name: str
    type: str = "Varchar"
    length: int | None = None
    decimals: int | None = None

    @property
    def kind(self) -> str:
        """Kind of its values, as `kind_of_type` says."""
        return kind_of_type(self.type)

    def as_text(self, separator: str = ",") -> str:
        """Give the line that declares it."""
        sizes = [str(size) for size in (self.length, self.decimals) if size is not None]
        return separator.join([self.name, self.type, *sizes])


@dataclass(frozen=True, slots=True)
class Table:
    """An attribute table: its name, its fields, and whether its rows stand without a geometry."""

    name: str
    fields: tuple[Field, ...]
    has_geometry: bool = True


@dataclass(frozen=True, slots=True)
class Declared:
    """A layer as the file declares it: code, name, kind of geometry, table, and what else stands there."""

    code: str
    name: str
    kind: str
    table: str
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a file.

    Attributes
    ----------
    entries
        Keyword as written → value, in the order of the file.

    Examples
    --------
    >>> head = Head({"Datamark": "LANDUSE-VCT", "Version": "3.0", "Separator": ","})
    >>> head.get("DataMark"), head.is_new, head.dimensions
    ('LANDUSE-VCT', True, 2)
    """

    entries: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def get(self, *keys: str, default: str = "") -> str:
        """Give the value of the first of some keywords that is there, however its letters are written."""
        lower = {key.lower(): value for key, value in self.entries.items()}
        return next((lower[key.lower()] for key in keys if key.lower() in lower), default)

    @property
    def is_new(self) -> bool:
        """Whether the file follows the model of 2007 (3.0), whatever version it claims."""
        if _NEW_KEYS & {key.lower() for key in self.entries}:
            return True
        version = self.get("Version").replace(" ", "").upper()
        return version.startswith(("3", "GB/T"))

    @property
    def separator(self) -> str:
        """The character between values."""
        return self.get("Separator").strip()[:1] or ","

    @property
    def dimensions(self) -> int:
        """Numbers of a coordinate, 2 or 3."""
        return 3 if self.get("Dim").strip() == "3" else 2

    @property
    def topology(self) -> int:
        """How polygons of the old model are made: 0 of coordinates, 1 of lines, 2 with a network besides."""
        text = self.get("Topo", default="1").strip()
        return int(text) if text in {"0", "1", "2"} else 1

    @property
    def kind(self) -> str:
        """Kind of the system of coordinates: "P" projected, "D" degrees, "C" some plane."""
        said = self.get("CoordinateSystemType").strip()[:1].upper()
        if said in {"P", "D", "C"}:
            return said
        return "D" if self.get("XYUnit", "Unit").strip()[:1].upper() in {"D", "S"} else "P" if not self.is_new else "C"

    @property
    def is_northing_first(self) -> bool:
        """Whether a coordinate names north before east."""
        if self.is_new:
            return self.get("XAxisDirection").strip()[:1].upper() == "N"
        return self.get("Coordinate", "CoordSysType").strip()[:1].upper() == "G" and self.kind != "D"

    @property
    def offset(self) -> tuple[float, float]:
        """What is to be added to each coordinate as it stands."""
        parts = self.get("Offset").replace(self.separator, ",").split(",")
        try:
            first, second = (float(part) for part in parts[:2])
        except ValueError:
            return 0.0, 0.0
        return first, second

    @property
    def unit(self) -> tuple[str, float]:
        """Unit of coordinates: "D" degrees, "S" DDDMMSS, else "M"; and the factor that leads to metres or degrees."""
        said = self.get("XYUnit", "Unit").strip()
        parts = said.split(self.separator)
        if len(parts) >= 3:
            try:
                return ("D" if parts[1].strip().upper() == "A" else "M"), float(parts[2])
            except ValueError:
                return "M", 1.0
        letter = said[:1].upper()
        return (letter if letter in {"D", "S"} else "M"), (1000.0 if letter == "K" and not self.is_new else 1.0)
