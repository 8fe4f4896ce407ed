"""A listener that counts, and all traps laid in one place."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hostile.registry import Goal, Trap, every_trap


class Listener:
    """A port on this machine that counts who calls."""

    def __init__(self) -> None:
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            connection.close()

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)):
            pass
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=5)


@dataclass(frozen=True, slots=True)
class Laid:
    """A trap that lies ready."""

    trap: Trap
    path: str


@dataclass(frozen=True, slots=True)
class Ground:
    """All traps, and who counts."""

    folder: Path
    traps: tuple[Laid, ...]
    listener: Listener
    laid: frozenset[str]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("ground")
    listener = Listener()
    laid = []
    for trap in every_trap():
        inside, goal = folder / "in" / trap.name, folder / "out" / trap.name
        inside.mkdir(parents=True)
        laid.append(Laid(trap, str(trap.make(inside, Goal(goal, listener.port)))))
    before = frozenset(item.relative_to(folder / "in").as_posix() for item in (folder / "in").rglob("*"))
    yield Ground(folder, tuple(laid), listener, before)
    listener.close()
