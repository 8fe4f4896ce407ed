"""Every bad file gets its rule and its exit code, soon, in little memory, without a traceback; good ones do not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
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
READING_RULES_END = 100  # ids from here on belong to deliveries, whose rules have their cases in tests/delivery


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    seconds: float
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
def test_bad_input_gets_its_rule_and_exit_code(case: Case, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    ended = _command(case.words(case.make(folder), out), tmp_path)
    assert "Traceback" not in ended.said + ended.printed
    assert case.rule in ended.rules(out), ended.said or ended.printed
    assert ended.code == case.exit_code, ended.said
    assert ended.seconds <= LONGEST_S
    assert ended.peak_bytes <= MOST_BYTES


@pytest.mark.slow
@pytest.mark.parametrize("maker", sorted(GOOD), ids="-".join)
def test_rules_say_nothing_of_their_good_input(maker: tuple[str, str], tmp_path: Path) -> None:
    cases = GOOD[maker]
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    ended = _command(cases[0].words(cases[0].make(folder), out), tmp_path)
    assert not {case.rule for case in cases} & ended.rules(out)
    assert {ended.code} == {case.exit_code for case in cases}, ended.said


def test_every_rule_of_reading_has_a_good_and_a_bad_input() -> None:
    rules = {rule for rule in catalogue() if rule.startswith("OM-") and int(rule[-3:]) < READING_RULES_END}
    rules -= SHOWN_BY_A_SERVER
    for is_bad in (True, False):
        shown = {case.rule for case in CASES if case.is_bad is is_bad}
        assert not rules - shown, f"rules without a {'bad' if is_bad else 'good'} input: {sorted(rules - shown)}"
        assert not shown - rules, f"cases of unknown rules: {sorted(shown - rules)}"


def test_bad_inputs_are_many() -> None:
    assert sum(case.is_bad for case in CASES) >= FILES_WANTED


def _command(words: list[str], folder: Path) -> Ended:
    """Run onemap in a process of its own and measure it, children included."""
    said, printed = folder / "said.txt", folder / "printed.txt"
    started = time.monotonic()
    with said.open("w") as errors, printed.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "onemap", *words, "--lang", "en"], stdout=output, stderr=errors, cwd=folder
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(
        code=process.returncode,
        seconds=time.monotonic() - started,
        peak_bytes=used.ru_maxrss * 1024,
        said=said.read_text(encoding="utf-8"),
        printed=printed.read_text(encoding="utf-8"),
    )


def _rules_in(content: object) -> set[str]:
    """Find the values of all keys `rule` in what JSON holds."""
    if isinstance(content, list):
        return set().union(*map(_rules_in, content)) if content else set()
    if not isinstance(content, dict):
        return set()
    own = {str(content["rule"])} if content.get("rule") else set()
    return own.union(*map(_rules_in, content.values())) if content else own
