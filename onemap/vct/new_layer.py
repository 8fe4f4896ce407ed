"""What is to be written into a VCT file, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onemap.vct.grammar import Field

__all__ = ["NewLayer", "Options"]

Geometries = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class NewLayer:
    """A layer to write.

    Attributes
    ----------
    table
        Name of its attribute table.
    code
        Code of its features, by custom ten digits; "" for a table without geometry.
    kind
        "Point", "Line", "Polygon", "Annotation", or "" for a table.
    geometry
        Shapely geometries of that kind, shape (n,), None where there is none; None for a table.
    fields
        Fields of the table.
    columns
        Field → values of its kind, each of length n; None is a missing value.
    title
        What people call the layer; the table's name if empty.
    texts, angles
        What annotations say, and their angles in degrees.
    """

    table: str
    code: str
    kind: str
    geometry: Geometries | None
    fields: Sequence[Field] = ()
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    title: str = ""
    texts: Sequence[str | None] = ()
    angles: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is written.

    Attributes
    ----------
    epsg
        Code of the system of coordinates: CGCS2000, Xi'an 1980 or Beijing 1954, in degrees or Gauss-Krüger zones.
        None: a plane, or degrees if `is_degrees`.
    is_degrees
        Coordinates are degrees, where no code tells.
    decimals
        Digits of coordinates after the point; 4 for metres and 9 for degrees if None.
    direct
        Polygons bear their own coordinates; else they are made of lines that they share.
    encoding
        "gbk" (characters of GBK only, as receivers expect), "gb18030" or "utf-8".
    data_mark, version
        What the head names itself. Which mark a receiver demands is not published; this one is that of land use 3.0.
    scale
        Denominator of the map scale.
    date
        YYYYMMDD.
    extra
        Further entries of the head, or others in place of those it has.
    """

    epsg: int | None = None
    is_degrees: bool = False
    decimals: int | None = None
    direct: bool = False
    encoding: str = "gbk"
    data_mark: str = "LANDUSE-VCT"
    version: str = "3.0"
    scale: int = 2000
    date: str = "20000101"
    extra: Mapping[str, str] = field(default_factory=dict)
