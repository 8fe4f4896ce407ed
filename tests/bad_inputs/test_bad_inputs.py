"""Every bad file gets its rule and its exit code, soon, in little memory, without a traceback; good ones do not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from onemap.messages import catalogue
from tests.bad_inputs.registry import Case, every_case

CASES = every_case()
GOOD: dict[tuple[str, str], list[Case]] = {}
for one in CASES:
    if not one.is_bad:
        GOOD.setdefault((one.part, one.name), []).append(one)
LONGEST_S = 10.0
MOST_BYTES = 1024**3
FILES_WANTED = 120
SHOWN_BY_A_SERVER = {
    *("OM-PKG-066", "OM-PKG-067", "OM-PKG-068", "OM-PKG-070", "OM-PKG-071", "OM-PKG-072", "OM-PKG-073", "OM-PKG-074"),
    *("OM-CRS-048", "OM-SEC-044"),
}
"""Rules of what only a real PostGIS answers; their inputs are in tests/sources/test_postgis.py."""
SHOWN_IN_PYTHON = {
    "OM-CRS-009": ("tests/sources/test_rasters.py", "test_bounds_in_an_unknown_system_are_refused"),
    "OM-FLD-005": ("tests/layers/test_conform.py", "test_one_coordinate_column_of_two_is_refused"),
    "OM-PKG-016": ("tests/sources/test_reader.py", "memory allowed"),
    "OM-PKG-029": ("tests/sources/test_reader.py", "must end within"),
    "OM-PKG-030": ("tests/sources/test_reader.py", "ended before it was done"),
}
"""Rules that no file meets at the command line in 10 s, and the tests that show them."""
READING_RULES_END = 100  # ids from here on belong to deliveries, whose rules have their cases in tests/delivery


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    seconds: float  # of the processor, so that other work on the machine does not count
    peak_bytes: int
    said: str
    printed: str

    def rules(self, out: Path) -> set[str]:
        """Give the ids of all rules that were named, on the screen or in the manifest."""
        named = {word.strip(":,·[]") for word in self.said.split() if word.startswith("OM-")}
        if self.printed.strip():
            named |= _rules_in(json.loads(self.printed))
        manifest = out / "manifest.json"
        if manifest.exists():
            named |= set(json.loads(manifest.read_text(encoding="utf-8"))["findings"]["by_rule"])
        return named


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if case.is_bad], ids=lambda case: f"{case.part}-{case.name}")
def test_bad_input_gets_its_rule_and_exit_code(case: Case, commands: Commands, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    ended = commands.run(case.words(case.make(folder), out), tmp_path)
    assert "Traceback" not in ended.said + ended.printed
    assert case.rule in ended.rules(out), ended.said or ended.printed
    assert ended.code == case.exit_code, ended.said
    assert ended.seconds <= LONGEST_S
    assert ended.peak_bytes <= MOST_BYTES


@pytest.mark.slow
@pytest.mark.parametrize("maker", sorted(GOOD), ids="-".join)
def test_rules_say_nothing_of_their_good_input(maker: tuple[str, str], commands: Commands, tmp_path: Path) -> None:
    cases = GOOD[maker]
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    ended = commands.run(cases[0].words(cases[0].make(folder), out), tmp_path)
    assert not {case.rule for case in cases} & ended.rules(out)
    assert {ended.code} == {case.exit_code for case in cases}, ended.said


def test_every_rule_of_reading_has_a_good_and_a_bad_input() -> None:
    rules = {rule for rule in catalogue() if rule.startswith("OM-") and int(rule[-3:]) < READING_RULES_END}
    rules -= SHOWN_BY_A_SERVER | set(SHOWN_IN_PYTHON)
    for is_bad in (True, False):
        shown = {case.rule for case in CASES if case.is_bad is is_bad}
        assert not rules - shown, f"rules without a {'bad' if is_bad else 'good'} input: {sorted(rules - shown)}"
        assert not shown - rules, f"cases of unknown rules: {sorted(shown - rules)}"


@pytest.mark.parametrize("rule", SHOWN_IN_PYTHON)
def test_rule_of_no_file_is_shown_in_python(rule: str, root: Path) -> None:
    file, words = SHOWN_IN_PYTHON[rule]
    assert words in (root / file).read_text(encoding="utf-8")


def test_bad_inputs_are_many() -> None:
    assert sum(case.is_bad for case in CASES) >= FILES_WANTED


class Commands:
    """A process that has everything loaded and forks one of its own for each command."""

    def __init__(self, root: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("runner.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(root)},
        )

    def run(self, words: list[str], folder: Path) -> Ended:
        """Run a command and measure it, children included."""
        said, printed = folder / "said.txt", folder / "printed.txt"
        asked = {"words": [*words, "--lang", "en"], "said": str(said), "printed": str(printed), "folder": str(folder)}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Ended(**answer, said=said.read_text(encoding="utf-8"), printed=printed.read_text(encoding="utf-8"))

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="module")
def commands(root: Path) -> Iterator[Commands]:
    """Give what runs commands."""
    running = Commands(root)
    yield running
    running.close()


def _rules_in(content: object) -> set[str]:
    """Find the values of all keys `rule` in what JSON holds."""
    if isinstance(content, list):
        return set().union(*map(_rules_in, content)) if content else set()
    if not isinstance(content, dict):
        return set()
    own = {str(content["rule"])} if content.get("rule") else set()
    return own.union(*map(_rules_in, content.values())) if content else own
