"""The parent's end of an answer in batches: each batch is read from the worker when it is asked for."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from onemap.errors import LayerError, OnemapError, ReadError, RefusedError
from onemap.sources.worker.pipe import HEAD, FrameReader, read_facts, read_frame, write_facts

__all__ = ["Stream", "raise_said"]

_ERRORS: Mapping[str, type[OnemapError]] = {
    "LayerError": LayerError,
    "ReadError": ReadError,
    "RefusedError": RefusedError,
}


class Stream:
    """What the worker answers to one request for batches.

    Parameters
    ----------
    process
        The worker.
    request
        What it is asked; its path is the one that the worker sees.
    path
        The file as messages name it.
    timeout_s
        Longest time to wait for one batch, in seconds.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], request: Mapping[str, Any], path: Path, *, timeout_s: float
    ) -> None:
        self._process, self._request, self._path, self._timeout_s = process, request, path, timeout_s
        self.is_done = False
        self.facts: dict[str, Any] = {}

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give the batches; `facts` are there with the first of them, and complete after the last.

        Yields
        ------
        batch
            Rows; the first one holds none, and says which columns there are.

        Raises
        ------
        ReadError, RefusedError
            As the reader of the format says; if the worker dies or takes too long over one batch.
        """
        frames = self._begun()
        with self._watched():
            opened = self._arrow(frames)
        yield pa.RecordBatch.from_pylist([], schema=opened.schema)
        while True:
            with self._watched():
                batch = self._next(opened, frames)
            if batch is None:
                return
            yield batch

    def _begun(self) -> FrameReader:
        """Send the request and take the facts at the head of the answer."""
        with self._watched():
            if self._process.stdin is None or self._process.stdout is None:
                raise ReadError("read_process_died", path=self._path)
            try:
                write_facts(self._process.stdin, self._request)
                frame = read_frame(self._process.stdout)
            except (BrokenPipeError, ConnectionResetError):
                frame = None
            if frame is None:
                raise ReadError("read_process_died", path=self._path)
            self.facts = {**read_facts(frame[1]), "driver": self._request["driver"]}
            if frame[0] != HEAD:
                self.is_done = True
                raise_said(self.facts, self._request, self._path)
                raise ReadError("not_a_vector_file", path=self._path)
            return FrameReader(self._process.stdout)

    def _arrow(self, frames: FrameReader) -> Any:
        """Open the body."""
        try:
            return pa.ipc.open_stream(pa.PythonFile(frames, mode="r"))
        except (pa.ArrowInvalid, OSError):
            self._close(frames)
            raise ReadError("not_a_vector_file", path=self._path) from None

    def _next(self, opened: Any, frames: FrameReader) -> pa.RecordBatch | None:
        """Read a batch; None after the last, when the closing facts have been taken."""
        try:
            batch: pa.RecordBatch = opened.read_next_batch()
        except (StopIteration, pa.ArrowInvalid, OSError):
            self._close(frames)
            return None
        return batch

    def _close(self, frames: FrameReader) -> None:
        """Take the closing facts; raise what the worker says in them."""
        frames.read()
        if frames.facts is None:
            raise ReadError("read_process_died", path=self._path)
        self.is_done = True
        raise_said(frames.facts, self._request, self._path)
        self.facts |= frames.facts

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """End the worker if it takes too long."""
        is_late = threading.Event()

        def stop() -> None:
            is_late.set()
            self._process.kill()

        timer = threading.Timer(self._timeout_s, stop)
        timer.start()
        try:
            yield
        except ReadError as error:
            if is_late.is_set():
                raise ReadError("read_too_long", path=self._path, seconds=f"{self._timeout_s:g}") from error
            raise
        finally:
            timer.cancel()


def raise_said(facts: Mapping[str, Any], request: Mapping[str, Any], path: str | Path) -> None:
    """Raise the error that the worker answers, if it does.

    Parameters
    ----------
    facts
        What it answers.
    request
        What it was asked; its path is the one that the worker sees.
    path
        The file as messages name it.

    Raises
    ------
    ReadError, RefusedError, LayerError
        As the worker says.

    Examples
    --------
    >>> raise_said({"rows": 1}, {"path": "/copy/a.csv"}, "a.csv")
    """
    if "error" not in facts:
        return
    values = {**facts["values"]}
    if values.get("path") == request["path"]:
        values["path"] = str(path)
    raise _ERRORS.get(facts["error"], ReadError)(facts["text_id"], **values)
