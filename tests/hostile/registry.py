"""Traps: hostile files, each made by code, with the rule that must refuse it and the exit code it must end with."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["CANARY", "Goal", "Trap", "every_trap", "trap"]

CANARY = "canary-7f3a91"
"""Stands in the path of every file that only a hostile file names."""

Ask = Literal["inspect", "run", "folder"]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a trap wants opened or called."""

    folder: Path
    port: int

    def file(self, name: str, content: bytes | str = "id,word\n1,secret\n") -> Path:
        """Make a file that nobody but the trap names."""
        path = self.folder / CANARY / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def url(self, name: str = "a.csv") -> str:
        """Give an address at which somebody counts."""
        return f"http://127.0.0.1:{self.port}/{CANARY}/{name}"


Maker = Callable[[Path, Goal], "Path | str"]


@dataclass(frozen=True, slots=True)
class Trap:
    """A hostile input and what must come of it."""

    name: str
    rule: str
    exit_code: int
    ask: Ask
    make: Maker

    @property
    def line(self) -> str:
        """Say in one line what it is."""
        return (inspect.getdoc(self.make) or "").splitlines()[0]


_TRAPS: dict[str, Trap] = {}
_MODULES = ("traps_pointers", "traps_parts", "traps_databases", "traps_mark_up", "traps_packs", "traps_places")


def trap(rule: str, *, exit_code: int = 4, ask: Ask = "inspect") -> Callable[[Maker], Maker]:
    """Register a hostile input; `exit_code` 0 is for one that is read without following what it names."""

    def keep(make: Maker) -> Maker:
        name = make.__name__
        if name in _TRAPS or not inspect.getdoc(make):
            msg = f"a trap needs a name of its own and a docstring, got {name}"
            raise ValueError(msg)
        _TRAPS[name] = Trap(name, rule, exit_code, ask, make)
        return make

    return keep


def every_trap() -> list[Trap]:
    """Load all modules of traps and give the traps in order."""
    for module in _MODULES:
        importlib.import_module(f"tests.hostile.{module}")
    return [_TRAPS[name] for name in sorted(_TRAPS)]
