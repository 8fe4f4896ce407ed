"""The frames that parent and worker exchange: one letter, a length of eight bytes, the content."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, Any

__all__ = [
    "FACTS",
    "HEAD",
    "PIECE",
    "FrameReader",
    "PieceWriter",
    "read_facts",
    "read_frame",
    "write_facts",
    "write_frame",
]

FACTS = b"F"  # JSON, the last frame of an answer and the only one of a request
HEAD = b"H"  # JSON, before the body of an answer in batches
PIECE = b"P"  # a piece of the body
_HEADER = struct.Struct(">cQ")


def write_frame(stream: IO[bytes], kind: bytes, content: bytes) -> None:
    """Write one frame."""
    stream.write(_HEADER.pack(kind, len(content)))
    stream.write(content)
    stream.flush()


def write_facts(stream: IO[bytes], facts: Mapping[str, Any], kind: bytes = FACTS) -> None:
    """Write a frame of JSON."""
    write_frame(stream, kind, json.dumps(facts, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))


def read_facts(content: bytes) -> dict[str, Any]:
    """Read what a frame of JSON holds."""
    facts: dict[str, Any] = json.loads(content.decode("utf-8", "surrogatepass"))
    return facts


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


class FrameReader:
    """A file to read from whose content comes in pieces, as they are asked for; the facts that end it are kept.

    What is not asked for stays in the pipe, and the other end waits.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._rest = memoryview(b"")
        self.facts: dict[str, Any] | None = None
        self.closed = False

    def read(self, count: int = -1) -> bytes:
        """Give so many bytes, fewer at the end only; all that are left if the count is negative."""
        parts, wanted = [], count
        while wanted and (len(self._rest) or self._next()):
            part = self._rest if wanted < 0 else self._rest[:wanted]
            self._rest = self._rest[len(part) :]
            parts.append(part)
            wanted -= len(part) if wanted > 0 else 0
        return b"".join(parts)

    def readable(self) -> bool:
        """Say that one can read here."""
        return True

    def close(self) -> None:
        """Do nothing: the pipe goes on."""

    def _next(self) -> bool:
        """Take the next piece; tell whether there was one."""
        if self.closed:
            return False
        frame = read_frame(self._stream)
        if frame is not None and frame[0] == PIECE:
            self._rest = memoryview(frame[1])
            return True
        self.facts = None if frame is None else read_facts(frame[1])
        self.closed = True
        return False
