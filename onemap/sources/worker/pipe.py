"""The frames that parent and worker exchange: one letter, a length of eight bytes, the content."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, Any

__all__ = ["FACTS", "PIECE", "PieceWriter", "read_frame", "write_facts", "write_frame"]

FACTS = b"F"  # JSON, the last frame of an answer and the only one of a request
PIECE = b"P"  # a piece of the body
_HEADER = struct.Struct(">cQ")


def write_frame(stream: IO[bytes], kind: bytes, content: bytes) -> None:
    """Write one frame."""
    stream.write(_HEADER.pack(kind, len(content)))
    stream.write(content)
    stream.flush()


def write_facts(stream: IO[bytes], facts: Mapping[str, Any]) -> None:
    """Write a frame of JSON."""
    write_frame(stream, FACTS, json.dumps(facts, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))


def read_frame(stream: IO[bytes]) -> tuple[bytes, bytes] | None:
    """Read one frame; None where the other end has gone."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, length = _HEADER.unpack(header)
    content = stream.read(length)
    return (kind, content) if len(content) == length else None


class PieceWriter:
    """A file to write to that sends what it gets as pieces."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.closed = False

    def write(self, content: bytes) -> int:
        """Send one piece."""
        view = memoryview(content).cast("B")
        write_frame(self._stream, PIECE, bytes(view))
        return view.nbytes

    def flush(self) -> None:
        """Do nothing: each piece is sent at once."""

    def writable(self) -> bool:
        """Say that one can write here."""
        return True
