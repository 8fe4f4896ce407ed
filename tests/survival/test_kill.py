"""kill -9 at any moment leaves the old output or the new one, and nothing beside it once the next run has begun."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from onemap.errors import ReadError
from onemap.workflows.checking import check_path
from onemap.workflows.staging import recover
from tests.survival.conftest import Hand, content, name_of

KILLS = 200 if "ONEMAP_EXAMPLES" in os.environ else 20
CHANGING = ("rename", "mkdir", "rmdir", "unlink", "unlinkat", "fsync", "pwrite64")
WRITES = {
    "folder": "with staged(out) as folder:\n    for name in NAMES: (folder / name).write_text('new')",
    "gdb": "with staged_file(out) as path:\n    path.mkdir()\n    for name in NAMES: (path / name).write_text('new')",
    "shp": "with staged_file(out) as path:\n    for end in ENDS: path.with_suffix(end).write_text('new')",
    "csv": "with staged_file(out) as path:\n    path.write_text('new\\n')",
}
INSIDE = ("a00000001.gdbtable", "manifest.json")
ENDS = (".shp", ".shx", ".dbf")


def lay_out(kind: str, folder: Path, words: str) -> None:
    if kind in {"folder", "gdb"}:
        place = folder / name_of(kind)
        place.mkdir(parents=True)
        for name in INSIDE:
            (place / name).write_text(words)
    else:
        folder.mkdir(exist_ok=True)
        for end in ENDS if kind == "shp" else (".csv",):
            (folder / f"out{end}").write_text(words + "\n" * (kind == "csv"))


@pytest.mark.slow
def test_a_kill_at_random_leaves_old_or_new_and_the_next_run_sweeps(form: str, hand: Hand, tmp_path: Path) -> None:
    place, spare = tmp_path / "place", {}
    out = place / name_of(form)
    for version in ("new", "old"):
        place.mkdir()
        written = hand(form, out, version=version, watch=True)
        assert written["code"] == 0, written["said"]
        spare[version] = shutil.copytree(place, tmp_path / version)
        lasted = written["seconds"]
        if version == "new":
            shutil.rmtree(place)
            longest = lasted
    old, new = content(spare["old"]), content(spare["new"])
    assert old != new
    chance = random.Random(form)  # noqa: S311
    ends = {"old": 0, "new": 0, "in time": 0}
    for _ in range(3 * KILLS):
        if ends["in time"] == KILLS:
            break
        killed = hand(form, out, version="new", watch=True, kill_after=chance.uniform(0, 1.05 * longest))
        if killed["code"] == -signal.SIGKILL:
            ends["in time"] += 1
        else:  # how long it takes goes with what else the machine does
            longest = killed["seconds"]
        at_once = content(place)
        if out.exists() and form != "shp":
            standing = {name: words for name, words in at_once.items() if name.split("/")[0] == out.name}
            assert standing in (old, new)
        assert hand("recover", out)["code"] == 0
        left = content(place)
        assert left in (old, new), sorted(left)
        ends["old" if left == old else "new"] += 1
        if left == new:
            shutil.rmtree(place)
            shutil.copytree(spare["old"], place)
    assert ends["in time"] == KILLS
    assert ends["old"] > 0
    again = hand(form, out, version="new")
    assert again["code"] == 0, again["said"]
    assert content(place) == new


@pytest.fixture(scope="module")
def strace() -> str:
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed")
    if subprocess.run([found, "-f", "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here")
    return found


def kill_at(strace: str, kind: str, out: Path, call: str, number: int) -> int:  # noqa: PLR0917
    """Write with a kill at the entry of the nth call of the system of one kind; the call itself is not done."""
    script = "\n".join(
        [
            "from pathlib import Path",
            "from onemap.workflows.staging import staged",
            "from onemap.workflows.file_staging import staged_file",
            f"out, NAMES, ENDS = Path({str(out)!r}), {INSIDE!r}, {ENDS!r}",
            textwrap.dedent(WRITES[kind]),
        ]
    )
    command = [strace, "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([*command, sys.executable, "-c", script], env=environment, check=False).returncode


@pytest.mark.slow
@pytest.mark.parametrize("kind", WRITES)
def test_a_kill_at_each_call_that_changes_the_disk_leaves_old_or_new(kind: str, strace: str, tmp_path: Path) -> None:
    wanted = {}
    for words in ("old", "new"):
        lay_out(kind, tmp_path / words, words)
        wanted[words] = content(tmp_path / words)
    seen_between = 0
    for call in CHANGING:
        for number in range(1, 30):
            place = tmp_path / f"{call}{number}"
            lay_out(kind, place, "old")
            out = place / name_of(kind)
            code = kill_at(strace, kind, out, call, number)
            assert code in {0, -signal.SIGKILL, 128 + signal.SIGKILL}, code
            if code == 0:
                assert content(place) == wanted["new"]
                break
            if not out.exists() and kind in {"folder", "gdb"}:
                seen_between += 1
                assert sorted(item.name for item in (place / f"{out.name}.previous").iterdir()) == sorted(INSIDE)
            recover(out)
            assert content(place) in (wanted["old"], wanted["new"]), (call, number)
        else:
            pytest.fail(f"more than 30 calls of {call}")
    assert seen_between >= (kind in {"folder", "gdb"})


def test_a_previous_output_that_is_somebody_elses_stays(strace: str, tmp_path: Path) -> None:
    lay_out("folder", tmp_path / "place", "old")
    out = tmp_path / "place" / "out"
    mine = tmp_path / "place" / "out.previous"
    shutil.copytree(out, mine)
    assert kill_at(strace, "folder", out, "rename", 2) != 0
    assert not out.exists()
    recover(out)
    assert (out / "manifest.json").read_text() == "old"
    assert kill_at(strace, "folder", out, "rename", 99) == 0
    assert (out / "manifest.json").read_text() == "new"
    assert (mine / "manifest.json").read_text() == "old"
    assert sorted(item.name for item in out.parent.iterdir()) == ["out", "out.previous"]


def test_whoever_checks_a_delivery_puts_it_back_first(strace: str, tmp_path: Path) -> None:
    lay_out("folder", tmp_path / "place", "old")
    out = tmp_path / "place" / "out"
    assert kill_at(strace, "folder", out, "rename", 2) != 0
    with pytest.raises(ReadError, match="must exist"):
        check_path(out / "delivery" / "nothing.gpkg")
    assert (out / "manifest.json").read_text() == "old"
    assert [item.name for item in out.parent.iterdir()] == ["out"]


def test_what_somebody_puts_in_the_place_meanwhile_is_no_new_output(strace: str, tmp_path: Path) -> None:
    lay_out("folder", tmp_path / "place", "old")
    out = tmp_path / "place" / "out"
    assert kill_at(strace, "folder", out, "rename", 2) != 0
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    recover(out)
    assert (out / "thesis.txt").read_text() == "mine"
    assert (out.parent / "out.previous" / "manifest.json").read_text() == "old"
