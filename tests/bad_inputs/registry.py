"""Bad files and what must come of each; good ones beside them, of which a rule does not speak.

A case is a function that makes its files in a folder and returns what onemap is asked about: a file ("inspect", "check"),
a folder with a project file ("run"), or a file of the words of a command ("convert"). Its docstring is its line in `docs/bad-inputs.md`.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Ask = Literal["inspect", "run", "check", "convert"]
Maker = Callable[[Path], Path]

CASES: dict[str, Case] = {}


@dataclass(frozen=True, slots=True)
class Case:
    """One input and what must come of it."""

    name: str
    rule: str
    exit_code: int
    ask: Ask
    is_bad: bool
    make: Maker

    @property
    def line(self) -> str:
        """Say in one line what the input is."""
        return (inspect.getdoc(self.make) or "").splitlines()[0]

    @property
    def part(self) -> str:
        """Name the module that holds the case."""
        return self.make.__module__.rpartition(".")[2].removeprefix("cases_")

    def words(self, asked: Path, out: Path) -> list[str]:
        """Give the words of the command line."""
        if self.ask == "run":
            return ["run", str(asked), "--only", "layers", "--out", str(out), "--json"]
        if self.ask == "convert":  # what is asked stands in a file, one word a line
            return ["convert", *asked.read_text(encoding="utf-8").splitlines(), "--json"]
        return [self.ask, str(asked), "--json"]


def bad(*, rule: str, exit_code: int = 0, ask: Ask = "inspect") -> Callable[[Maker], Maker]:
    """Register an input that a rule must speak of, and the exit code that the command must end with."""
    return _register(rule, exit_code, ask, is_bad=True)


def good(*, rule: str, exit_code: int = 0, ask: Ask = "inspect") -> Callable[[Maker], Maker]:
    """Register a smallest input that a rule must not speak of; one function may stand for several rules."""
    return _register(rule, exit_code, ask, is_bad=False)


def every_case() -> list[Case]:
    """Load all modules of cases and give the cases in order."""
    for module in sorted(Path(__file__).parent.glob("cases_*.py")):
        importlib.import_module(f"tests.bad_inputs.{module.stem}")
    return [CASES[name] for name in sorted(CASES)]


def _register(rule: str, exit_code: int, ask: Ask, *, is_bad: bool) -> Callable[[Maker], Maker]:
    """Keep a case under its module, name and rule."""

    def keep(make: Maker) -> Maker:
        case = Case(make.__name__, rule, exit_code, ask, is_bad, make)
        key = f"{case.part}-{case.name}-{rule}-{'bad' if is_bad else 'good'}"
        if key in CASES or not case.line:
            msg = f"a case needs a name of its own and a docstring, got {key}"
            raise ValueError(msg)
        CASES[key] = case
        return make

    return keep
