"""No hostile file gets what it names opened, nobody calls anyone, and each is refused by its rule with exit code 4.

All traps are put to the real command line and to the functions for Python under one `strace`, children included; then
once more from a process that has loaded geopandas, pyogrio, fiona and rasterio first, as a notebook does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.conftest import Ground
from tests.hostile.registry import CANARY, Trap, every_trap

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CALLS = "open,openat,openat2,creat,execve,execveat,connect,sendto,sendmsg,truncate,rename,renameat2,unlink,unlinkat"
LONGEST_S = 300
WANTED = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of the questions, and what the system was asked for meanwhile."""

    answers: Mapping[str, Any]
    code: int
    trace: tuple[str, ...]
    calls: int


@cache
def no_strace() -> str:
    """Say why system calls cannot be watched here; empty if they can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "-e", "trace=openat", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "ptrace is not permitted here"


def watched(ground: Ground, words: list[str], name: str) -> Asked:
    """Run Python under strace, where that can be."""
    log = ground.folder / f"{name}.trace"
    before = ground.listener.calls
    watch = (
        []
        if no_strace()
        else ["strace", "-f", "--seccomp-bpf", "-qq", "-s", "4096", "-o", str(log), "-e", f"trace={CALLS}"]
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GDAL", "OGR", "PROJ"))}
    done = subprocess.run(
        [*watch, sys.executable, *words],
        capture_output=True, check=False, timeout=LONGEST_S, cwd=ROOT, env={**environment, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout, done.stderr.decode()
    lines = tuple(log.read_text(encoding="utf-8", errors="replace").splitlines()) if watch else ()
    return Asked(json.loads(done.stdout), done.returncode, lines, ground.listener.calls - before)


def ask_each(ground: Ground, how: str) -> Asked:
    """Put each trap to the command line and to Python, one after another."""
    questions = ground.folder / f"{how}.json"
    asked = [[one.trap.name, one.trap.ask, one.path] for one in ground.traps]
    questions.write_text(json.dumps(asked), encoding="utf-8")
    words = [str(Path(__file__).with_name("asking.py")), str(questions), how, str(ground.folder / f"made-{how}")]
    return watched(ground, words, how)


@pytest.fixture(scope="module")
def plain(ground: Ground) -> Asked:
    return ask_each(ground, "plain")


@pytest.fixture(scope="module")
def after_geopandas(ground: Ground) -> Asked:
    return ask_each(ground, "geopandas")


@pytest.fixture(scope="module")
def command(ground: Ground) -> Asked:
    files = [one.path for one in ground.traps if one.trap.ask == "inspect"]
    return watched(ground, ["-m", "onemap", "inspect", *files, "--json", "--lang", "en"], "command")


def touched(asked: Asked) -> list[str]:
    """Give the system calls that name what only a trap names, or that lead to the network."""
    named = [line for line in asked.trace if CANARY in line and "execve" not in line]
    calls = [line for line in asked.trace if re.search(r"AF_INET6?\b", line)]
    return named + calls


@pytest.mark.parametrize("way", ["plain", "after_geopandas", "command"])
def test_nothing_that_only_a_trap_names_is_opened(way: str, request: pytest.FixtureRequest) -> None:
    asked: Asked = request.getfixturevalue(way)
    assert asked.calls == 0
    if no_strace():
        pytest.skip(no_strace())
    assert any('towers.geojson"' in line for line in asked.trace), "the trace must show the traps themselves"
    assert touched(asked) == []


@pytest.mark.parametrize("way", ["plain", "after_geopandas"])
@pytest.mark.parametrize("trap", every_trap(), ids=lambda trap: trap.name)
def test_trap_is_named_by_its_rule_with_its_exit_code(trap: Trap, way: str, request: pytest.FixtureRequest) -> None:
    asked: Asked = request.getfixturevalue(way)
    said = asked.answers[trap.name]["command"]
    assert said["code"] == trap.exit_code, said["said"]
    assert trap.rule in said["said"]
    assert "Traceback" not in said["said"]
    assert "secret" not in said["said"]


@pytest.mark.parametrize("way", ["plain", "after_geopandas"])
@pytest.mark.parametrize("trap", [one for one in every_trap() if one.ask == "inspect"], ids=lambda trap: trap.name)
def test_python_callers_are_protected_alike(trap: Trap, way: str, request: pytest.FixtureRequest) -> None:
    asked: Asked = request.getfixturevalue(way)
    said = asked.answers[trap.name]["python"]
    assert said["code"] == trap.exit_code, said["text"]
    assert trap.rule in said["rules"]


def test_one_command_over_all_files_refuses_each_and_ends_with_4(command: Asked, ground: Ground) -> None:
    assert command.code == 4
    entries = command.answers["files"]
    codes = {Path(entry["path"]).parent.name: entry["exit_code"] for entry in entries}
    for one in ground.traps:
        if one.trap.ask == "inspect" and one.trap.make.__module__ != "tests.hostile.traps_places":
            assert codes[one.trap.name] == one.trap.exit_code, one.trap.name


@pytest.mark.parametrize(("ask", "code"), [("init", 0), ("check", 4), ("inspect", 4)])
def test_folder_of_all_traps_is_gone_through(ask: str, code: int, plain: Asked, ground: Ground) -> None:
    said = plain.answers[f"{ask} everything"]
    assert said["code"] == code, said["said"]
    assert "Traceback" not in said["said"]
    if ask == "init":
        started = json.loads(said["said"].partition("\n")[0])
        harmless = {one.trap.name for one in ground.traps if one.trap.exit_code == 0}
        taken = {one["path"].partition("/")[0] for one in started["sources"]}
        assert taken
        assert taken <= harmless | {
            "folder_with_links_out",
            *(one.trap.name for one in ground.traps if one.trap.ask == "run"),
        }


def test_traps_are_left_as_they_were_laid(ground: Ground, plain: Asked, after_geopandas: Asked, command: Asked) -> None:
    assert {asked.code for asked in (plain, after_geopandas)} == {0}
    assert (command.code, len(command.answers["files"]) > WANTED) == (4, True)
    assert {item.relative_to(ground.folder / "in").as_posix() for item in (ground.folder / "in").rglob("*")} - {
        "onemap.toml"
    } == ground.laid


def test_traps_are_many() -> None:
    assert sum(trap.exit_code == 4 for trap in every_trap()) >= WANTED
