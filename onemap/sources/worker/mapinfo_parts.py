"""The parts of a MapInfo table: all there, and each as long as the others say.

GDAL reads as many rows as the shortest part holds, and says nothing of the rest.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from onemap.errors import ReadError

__all__ = ["whole_rows"]

_PARTS = {".tab": (".dat", ".map", ".id"), ".mif": (".mid",)}
_DATA = re.compile(rb"^[ \t]*data[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_OBJECT = re.compile(
    rb"^[ \t]*(point|line|pline|region|arc|text|rect|roundrect|ellipse|none|multipoint|collection)\b[ \t]*(\d*)",
    re.IGNORECASE | re.MULTILINE,
)
_DELETED = 0x2A
_HEADER_BYTES = 32


def whole_rows(path: Path) -> int:
    """Require the parts of a table, whole and plain files beside it, and give the number of its rows."""
    beside = {part.suffix.lower(): part for part in path.parent.iterdir() if part.stem == path.stem}
    for suffix in _PARTS[path.suffix.lower()]:
        part = beside.get(suffix)
        if part is None or part.is_symlink() or not part.is_file():
            raise ReadError("mapinfo_part_missing", path=path, part=path.with_suffix(suffix).name)
    if path.suffix.lower() == ".mif":
        return _exchanged_rows(path, beside[".mid"])
    rows, kept = _table_rows(beside[".dat"])
    if beside[".id"].stat().st_size // 4 < rows:
        raise ReadError("file_truncated", path=beside[".id"])
    places = np.fromfile(beside[".id"], dtype="<u4")
    if places.size and int(places.max()) >= beside[".map"].stat().st_size:
        raise ReadError("file_truncated", path=beside[".map"])
    return kept


def _exchanged_rows(path: Path, values: Path) -> int:
    """Give the number of rows of a .mif, which must be that of its .mid."""
    content = path.read_bytes()
    data = _DATA.search(content)
    if data is None:
        raise ReadError("file_truncated", path=path)
    objects = _object_count(content[data.end() :])
    records = sum(1 for line in values.read_bytes().splitlines() if line.strip())
    if objects != records:
        raise ReadError("file_truncated", path=path if objects < records else values)
    return records


def _object_count(content: bytes) -> int:
    """Count the objects of a .mif; those within a collection are parts of it."""
    count = inner = 0
    for match in _OBJECT.finditer(content):
        if inner:
            inner -= 1
            continue
        count += 1
        if match[1].lower() == b"collection":
            inner = int(match[2] or 0)
    return count


def _table_rows(part: Path) -> tuple[int, int]:
    """Give the number of rows of a .dat, and of those that were not deleted; refuse one cut short."""
    with part.open("rb") as file:
        head = file.read(_HEADER_BYTES)
    if len(head) < _HEADER_BYTES:
        raise ReadError("file_truncated", path=part)
    rows = int.from_bytes(head[4:8], "little")
    header_bytes, row_bytes = (int.from_bytes(head[at : at + 2], "little") for at in (8, 10))
    if row_bytes < 1 or part.stat().st_size < header_bytes + rows * row_bytes:
        raise ReadError("file_truncated", path=part)
    if not rows:
        return 0, 0
    cells = np.memmap(part, dtype=np.uint8, mode="r", offset=header_bytes, shape=(rows, row_bytes))
    return rows, int((cells[:, 0] != _DELETED).sum())
