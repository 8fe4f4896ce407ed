"""FlatGeobuf: what its header says that GDAL does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onemap.errors import ReadError
from onemap.sources.worker.answer import Remark
from onemap.sources.worker.prepared import Prepared

__all__ = ["prepare_flatgeobuf"]

_HEAD_BYTES = 65536
_ROOT_AT = 12  # after eight bytes of magic and four of the header's length
_FEATURES_COUNT, _INDEX_NODE_SIZE = 8, 9  # places of fields in table Header, header.fbs of FlatGeobuf 3


def prepare_flatgeobuf(path: Path, _options: Mapping[str, Any]) -> Prepared:
    """Make FlatGeobuf ready; with an index, its writer has sorted the features by place."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    try:
        count, node_size = _number(head, _FEATURES_COUNT, 8, 0), _number(head, _INDEX_NODE_SIZE, 2, 16)
    except (IndexError, ValueError) as error:
        raise ReadError("file_truncated", path=path) from error
    remarks = [Remark("OM-PKG-040", {"rows": count})] if node_size and count > 1 else []
    return Prepared(path, remarks=remarks, rows=count or None)


def _number(head: bytes, place: int, size: int, absent: int) -> int:
    """Read a whole number from the table Header of a FlatBuffer."""
    root = _ROOT_AT + _whole(head, _ROOT_AT, 4)
    table = root - int.from_bytes(head[root : root + 4], "little", signed=True)
    entry = 4 + 2 * place
    if entry + 2 > _whole(head, table, 2):
        return absent
    offset = _whole(head, table + entry, 2)
    return _whole(head, root + offset, size) if offset else absent


def _whole(head: bytes, at: int, size: int) -> int:
    """Read bytes as a whole number."""
    if at < 0 or at + size > len(head):
        msg = "the header ends early"
        raise ValueError(msg)
    return int.from_bytes(head[at : at + size], "little")
