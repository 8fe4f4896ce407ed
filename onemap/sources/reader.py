"""The parent's end of the guarded worker process."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import onemap
from onemap.errors import ReadError
from onemap.sources.archives import unpacked
from onemap.sources.guard import sniff
from onemap.sources.stream import Stream, raise_said
from onemap.sources.worker.drivers import environment
from onemap.sources.worker.pipe import FACTS, read_frame, write_facts
from onemap.sources.working_copy import untouched

__all__ = ["Reader", "open_reader"]

_log = logging.getLogger(__name__)


class Reader:
    """A worker process that reads files, started at the first read and again after it has died.

    Parameters
    ----------
    timeout_s
        Longest time for one read, in seconds.
    memory_bytes
        Memory that reading may take beyond what the empty worker holds, in bytes.
    """

    def __init__(self, *, timeout_s: float = 300.0, memory_bytes: int = 4 * 1024**3) -> None:
        self.timeout_s = timeout_s
        self.memory_bytes = memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._unpacking = threading.RLock()
        self._archive: tuple[tuple[str, int, int], Path] | None = None
        self._kept = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Number of the worker process, None while there is none."""
        return None if self._process is None else self._process.pid

    def ask(self, ask: str, path: str | Path, **options: object) -> tuple[dict[str, Any], bytearray]:
        """Have a file looked at; give the facts and the raw body of the answer.

        Parameters
        ----------
        ask
            "read" or "describe".
        path
            File, which is sniffed first.
        **options
            What the reader of the format takes; plain values only.

        Raises
        ------
        ReadError, RefusedError
            As the guard or the reader of the format says; if the worker dies or takes too long.
        """
        driver = sniff(path)
        with untouched(Path(path).absolute(), driver) as readable, self._turn:
            request = self._request(ask, readable, driver, options)
            facts, body = self._exchange(request, path)
        raise_said(facts, request, path)
        return {**facts, "driver": driver}, body

    @contextmanager
    def stream(self, path: str | Path, **options: object) -> Iterator[Stream]:
        """Have a file read in batches, each when it is asked for; the worker holds no more than one.

        Parameters
        ----------
        path
            File, which is sniffed first.
        **options
            As in `ask`; `batch_rows` besides.

        Yields
        ------
        stream
            Facts and batches. The worker is ended if not all of them are taken.

        Raises
        ------
        ReadError, RefusedError
            As in `ask`.
        """
        driver = sniff(path)
        with untouched(Path(path).absolute(), driver) as readable, self._turn:
            request = self._request("batches", readable, driver, options)
            one = Stream(self._running(), request, Path(path), timeout_s=self.timeout_s)
            try:
                yield one
            finally:
                if not one.is_done:
                    self._end()

    def _request(self, ask: str, readable: Path, driver: str, options: Mapping[str, object]) -> dict[str, Any]:
        """Write down what the worker is asked."""
        return {
            "ask": ask,
            "path": str(readable),
            "driver": driver,
            "options": options,
            "timeout_s": self.timeout_s,
            "memory_bytes": self.memory_bytes,
        }

    def driver_of(self, path: str | Path) -> str:
        """Tell the format of a file as the guard sees it, or have it refused.

        Parameters
        ----------
        path
            The file or folder.

        Raises
        ------
        ReadError, RefusedError
            As `onemap.sources.guard.sniff` says.
        """
        return sniff(path)

    @contextmanager
    def unpacked(self, path: str | Path, driver: str) -> Iterator[Path]:
        """Give the folder of an unpacked archive, which is kept until another one is wanted or the worker ends.

        Parameters
        ----------
        path
            The archive, which has been sniffed.
        driver
            "ZIP" or "KMZ".

        Yields
        ------
        folder
            Where its members lie; not to be used later.

        Raises
        ------
        ReadError, RefusedError
            As `onemap.sources.archives.unpacked` says.
        """
        with self._unpacking:
            state = Path(path).stat()
            known = (str(Path(path).absolute()), state.st_mtime_ns, state.st_size)
            if self._archive is None or self._archive[0] != known:
                self._archive = None
                self._kept.close()
                self._archive = (known, self._kept.enter_context(unpacked(path, driver)))
            yield self._archive[1]

    def close(self) -> None:
        """End the worker, and remove what was unpacked."""
        self._end()
        self._archive = None
        self._kept.close()

    def _end(self) -> None:
        """End the worker."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _close_quietly(pipe)

    def _exchange(self, request: Mapping[str, Any], path: str | Path) -> tuple[dict[str, Any], bytearray]:
        """Send a request and read the answer to its end."""
        process = self._running()
        is_late = threading.Event()

        def stop() -> None:
            is_late.set()
            process.kill()

        timer = threading.Timer(self.timeout_s, stop)
        timer.start()
        try:
            answer = _talk(process, request)
        except BaseException:
            self._end()
            raise
        finally:
            timer.cancel()
        if answer is None:
            code = process.wait()
            self._end()
            _log.warning("the reading process ended with code %s on %s", code, request["path"])
            if is_late.is_set():
                raise ReadError("read_too_long", path=path, seconds=f"{self.timeout_s:g}")
            raise ReadError("read_process_died", path=path)
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        """Give the worker, a new one if there is none alive."""
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "onemap.sources.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd=Path(sys.executable).anchor,
            )
        return self._process


@contextmanager
def open_reader(*, timeout_s: float = 300.0, memory_bytes: int = 4 * 1024**3) -> Iterator[Reader]:
    """Keep one guarded worker process for many reads.

    Parameters
    ----------
    timeout_s
        Longest time for one read, in seconds.
    memory_bytes
        Memory that reading may take, in bytes.

    Examples
    --------
    >>> with open_reader() as reader:
    ...     reader.pid is None
    True
    """
    with Reader(timeout_s=timeout_s, memory_bytes=memory_bytes) as reader:
        yield reader


def _talk(process: subprocess.Popen[bytes], request: Mapping[str, Any]) -> tuple[dict[str, Any], bytearray] | None:
    """Send a request, collect the pieces of the answer; None if the worker goes before the end."""
    if process.stdin is None or process.stdout is None:
        return None
    body = bytearray()
    try:
        write_facts(process.stdin, request)
        while (frame := read_frame(process.stdout)) is not None:
            kind, content = frame
            if kind == FACTS:
                return json.loads(content.decode("utf-8", "surrogatepass")), body
            body += content
    except (BrokenPipeError, ConnectionResetError):
        return None
    return None


def _environment() -> dict[str, str]:
    """Give the worker's environment: where Python finds its modules, and the guarded settings."""
    package_root = str(Path(onemap.__file__).resolve().parents[1])
    paths = [package_root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, **environment(), "PYTHONPATH": os.pathsep.join(paths)}


def _close_quietly(pipe: Any) -> None:
    """Close a pipe whose other end may be gone."""
    try:
        pipe.close()
    except OSError:
        _log.debug("the pipe was gone already")
