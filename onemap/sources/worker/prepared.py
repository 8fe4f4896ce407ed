"""A file made ready for GDAL: its content or path, how to open it, and what is known of it before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from onemap.sources.worker.answer import Remark

__all__ = ["Content", "Prepared", "unchanged"]


@dataclass(slots=True)
class Content:
    """One layer as GDAL gives it.

    Names, columns, shapes as WKB (None: a table), row numbers, CRS, remarks,
    and the encoding where it shows only in the text.
    """

    names: list[str]
    columns: list[pa.ChunkedArray]
    geometry: pa.ChunkedArray | None
    rows: pa.Array
    crs: str | None
    remarks: list[Remark] = field(default_factory=list)
    encoding: str | None = None


def unchanged(content: Content) -> Content:
    """Leave a layer as it is."""
    return content


@dataclass(frozen=True, slots=True)
class Prepared:
    """How a file is opened.

    Attributes
    ----------
    source
        What GDAL opens: the file, or its content brought to UTF-8.
    encoding
        Encoding of the text in the file.
    options
        Open options of the driver.
    settings
        Settings of GDAL that the driver reads, for this file only.
    remarks
        What there is to say of the file.
    finish
        What is still to be done to a layer.
    decode
        Encoding in which text comes out of GDAL where that is not UTF-8.
    passed_over
        Layers that are not taken where none is named.
    rows
        Number of features that the file says it holds; None where it does not say.
    """

    source: Path | bytes
    encoding: str = "utf-8"
    options: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[Remark] = ()
    finish: Callable[[Content], Content] = unchanged
    decode: str | None = None
    passed_over: frozenset[str] = frozenset()
    rows: int | None = None
