"""Curves, for which GDAL puts short straight pieces, as no other library here knows them."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import pyogrio._ogr
import pyogrio.raw

from onemap.sources.worker.answer import Remark

__all__ = ["straight", "straighten"]

_CURVES = frozenset({8, 9, 10, 11, 12, 13, 14})  # codes of OGC 06-103r4 and ISO 13249-3, less thousands for Z and M


def straighten() -> None:
    """Have GDAL put short straight pieces in place of curves."""
    ctypes.CDLL(pyogrio._ogr.__file__).OGRSetNonLinearGeometriesEnabledFlag(0)  # noqa: SLF001


def straight(
    source: Path | bytes, layer: str | int, geometry: pa.ChunkedArray, options: Mapping[str, str]
) -> tuple[pa.ChunkedArray, list[Remark]]:
    """Give the shapes of a layer without curves, with a remark if there were any."""
    if not _holds_curves(geometry):  # the general way of GDAL to Arrow hands shapes over as they are
        return geometry, []
    _, _, shapes, _ = pyogrio.raw.read(source, layer=layer, columns=[], **options)
    return pa.chunked_array([pa.array(shapes.tolist(), pa.binary())]), [Remark("OM-PKG-006")]


def _holds_curves(geometry: pa.ChunkedArray) -> bool:
    """Tell whether the code of any shape, its second to fifth byte, is one of a curve."""
    heads = pc.unique(pc.binary_slice(geometry.cast(pa.binary()), 0, 5)).to_pylist()
    codes = [int.from_bytes(head[1:], "little" if head[0] else "big") for head in heads if head]
    return any((code & 0x0FFFFFFF) % 1000 in _CURVES for code in codes)
