"""Formats whose own words can name other files: MapInfo tables and GeoTIFF."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from onemap.errors import ReadError, RefusedError
from onemap.sources.guard.paths import shown

__all__ = ["refuse_named_files"]

_TABLE_BYTES = 1024**2  # a .tab describes its columns, one a line
_TABLE_TYPE = re.compile(r'^\s*type\s+"?(\w+)', re.IGNORECASE | re.MULTILINE)
_TABLE_KINDS = frozenset({"NATIVE", "DBF"})
_TABLE_NAMES = re.compile(r'\bfile\s+"|^\s*(open\s+table|create\s+view)\b', re.IGNORECASE | re.MULTILINE)
_TABLE_FIELDS = re.compile(r"^\s*fields\s+\d", re.IGNORECASE | re.MULTILINE)
_SEAMLESS = re.compile(r'\\isseamless"\s*=\s*"true', re.IGNORECASE)
_TAG_METADATA = 42112  # GDAL_METADATA, XML
_MOST_METADATA_BYTES = 16 * 1024**2
_METADATA_NAMES = re.compile(rb"overview_file|<vrt|domain=\"overviews", re.IGNORECASE)
_ASCII_TYPE = 2
_FLATGEOBUF_HEADER_AT = 8  # after the magic bytes
_MOST_DIRECTORIES = 64
_MOST_TAGS = 4096


def refuse_named_files(path: Path, driver: str) -> None:
    """Refuse a file that names others as part of itself.

    Parameters
    ----------
    path
        The file.
    driver
        Its format.

    Raises
    ------
    RefusedError
        If it does.
    ReadError
        If it is too damaged to tell.

    Examples
    --------
    >>> refuse_named_files(Path("towers.csv"), "CSV")
    """
    if driver in _LOOKS:
        _LOOKS[driver](path)


def _refuse_linked_table(path: Path) -> None:
    """Refuse a .tab that is a view, a seamless or linked table, a raster, or names a file."""
    if path.suffix.lower() != ".tab":
        return
    with path.open("rb") as file:
        words = file.read(_TABLE_BYTES + 1)
    if len(words) > _TABLE_BYTES:
        raise ReadError("format_disagrees", path=shown(path), suffix=path.suffix)
    text = words.decode("latin-1")
    above = _TABLE_FIELDS.split(text)[0]  # below it a column may be called Type or File
    kinds = {kind.upper() for kind in _TABLE_TYPE.findall(above)}
    if not kinds <= _TABLE_KINDS or _TABLE_NAMES.search(above) or _SEAMLESS.search(text):
        raise RefusedError("file_indirect", path=shown(path))


def _refuse_raster_metadata(path: Path) -> None:
    """Refuse a GeoTIFF whose metadata name another file."""
    with path.open("rb") as file:
        for content in _metadata(file):
            if _METADATA_NAMES.search(content):
                raise RefusedError("file_indirect", path=shown(path))


def _metadata(file: BinaryIO) -> Iterator[bytes]:
    """Give the metadata of GDAL in each directory of a TIFF, TIFF 6.0 section 2 and the BigTIFF design."""
    order = "<" if file.read(2) == b"II" else ">"
    is_big = struct.unpack(f"{order}H", file.read(2))[0] == 43
    count, tag, offset = ("Q", "HHQQ", "Q") if is_big else ("H", "HHLL", "L")
    file.seek(8 if is_big else 4)
    try:
        at = _number(file, order + offset)
        seen: set[int] = set()
        while at and at not in seen and len(seen) < _MOST_DIRECTORIES:
            seen.add(at)
            file.seek(at)
            tags = _number(file, order + count)
            if tags > _MOST_TAGS:
                return
            entries = [_entry(file, order + tag) for _ in range(tags)]
            at = _number(file, order + offset)
            yield from _texts(file, entries)
    except struct.error:
        return  # cut short: the reader says so


def _texts(file: BinaryIO, entries: list[tuple[int, ...]]) -> Iterator[bytes]:
    """Give the metadata that entries of a directory lead to."""
    for tag, kind, length, place in entries:
        if tag == _TAG_METADATA and kind == _ASCII_TYPE:
            file.seek(place)
            yield file.read(min(length, _MOST_METADATA_BYTES))


def _entry(file: BinaryIO, form: str) -> tuple[int, ...]:
    """Read one entry of a directory."""
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _number(file: BinaryIO, form: str) -> int:
    """Read one number."""
    return int(struct.unpack(form, file.read(struct.calcsize(form)))[0])


def _refuse_cut_header(path: Path) -> None:
    """Refuse a FlatGeobuf whose header is longer than the file: GDAL finds no layer in it, and says nothing."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_FLATGEOBUF_HEADER_AT + 4)[_FLATGEOBUF_HEADER_AT:], "little")
    if length + _FLATGEOBUF_HEADER_AT + 4 > path.stat().st_size:
        raise ReadError("file_truncated", path=shown(path))


_LOOKS: dict[str, Callable[[Path], None]] = {
    "MapInfo File": _refuse_linked_table,
    "GTiff": _refuse_raster_metadata,
    "FlatGeobuf": _refuse_cut_header,
}
