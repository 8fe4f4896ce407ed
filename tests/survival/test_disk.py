"""A disk that is full, a limit, a folder that may not be written: a sentence, exit code 3, the old output unchanged."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from onemap.errors import WriteError
from onemap.workflows.file_staging import staged_file
from onemap.workflows.staging import staged
from tests.survival.conftest import Hand, content, name_of

FILLER = "filler"
FREE_KB = (0, 4, 16, 64, 256, 1024)
LIMITS = (4096, 65536)
IS_ROOT = os.getuid() == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not IS_ROOT:
        pytest.skip("only root may mount a small disk")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], capture_output=True, check=False, text=True
    )
    if made.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {made.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path, free_kb: int) -> None:
    (disk / FILLER).unlink(missing_ok=True)
    room = shutil.disk_usage(disk).free - free_kb * 1024
    with (disk / FILLER).open("wb") as file:
        file.write(b"\0" * max(room, 0))


@pytest.mark.slow
def test_a_full_disk_is_said_and_the_old_output_is_unchanged(form: str, hand: Hand, small_disk: Path) -> None:
    out = small_disk / name_of(form)
    assert hand(form, out, version="old")["code"] == 0
    old = content(small_disk, besides=(FILLER,))
    failed = 0
    for free_kb in FREE_KB:
        fill(small_disk, free_kb)
        written = hand(form, out, version="new")
        now = content(small_disk, besides=(FILLER,))
        if written["code"] == 0:
            assert now != old
            assert {name for name in now if "staging" in name or "previous" in name or "lock" in name} == set()
            break
        failed += 1
        assert written["code"] == 3, written["said"]
        assert "must have room" in written["said"]
        assert now == old
    assert failed >= 3


@pytest.mark.slow
@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_of_the_size_of_files_is_said_and_the_old_output_is_unchanged(
    form: str, limit: int, hand: Hand, tmp_path: Path
) -> None:
    out = tmp_path / name_of(form)
    assert hand(form, out, version="old")["code"] == 0
    old = content(tmp_path)
    written = hand(form, out, version="new", limit=limit)
    if written["code"] == 0:
        assert limit > LIMITS[0]
        assert max(item.stat().st_size for item in tmp_path.rglob("*")) <= limit
        return
    assert written["code"] == 3, written["said"]
    assert "Traceback" not in written["said"]
    assert content(tmp_path) == old


@pytest.mark.parametrize("task", ["csv", "folder", "template"])
def test_a_folder_that_may_not_be_written_is_said(task: str, hand: Hand, open_place: Path) -> None:
    place = open_place / "place"
    place.mkdir()
    (place / "mine.txt").write_text("mine")
    place.chmod(0o555)
    written = hand(task, place / name_of(task), version="new", uid=65534 if IS_ROOT else None)
    place.chmod(0o755)
    assert written["code"] == 3, written["said"]
    assert "must be writable" in written["said"]
    assert list(content(place)) == ["mine.txt"]


def test_a_folder_that_goes_while_it_is_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    with pytest.raises(WriteError, match="must be writable"), staged(tmp_path / "place" / "out") as folder:  # noqa: PT012
        shutil.rmtree(tmp_path / "place")
        (folder / "manifest.json").write_text("{}")
    with pytest.raises(WriteError, match="must be writable"), staged(tmp_path / "out") as folder:
        shutil.rmtree(folder)
    with staged(tmp_path / "out") as folder:
        (folder / "manifest.json").write_text("{}")
        (tmp_path / "out").mkdir()
    with staged(tmp_path / "out") as folder:
        (folder / "manifest.json").write_text("{}")
        shutil.rmtree(tmp_path / "out")
    assert sorted(content(tmp_path)) == ["out", "out/manifest.json"]


def test_a_link_stays_and_the_file_behind_it_is_replaced(small_disk: Path, tmp_path: Path) -> None:
    (small_disk / "real.csv").write_text("old\n")
    (tmp_path / "out.csv").symlink_to(small_disk / "real.csv")
    with staged_file(tmp_path / "out.csv") as path:
        assert path.parent.parent == small_disk
        path.write_text("new\n")
    assert (tmp_path / "out.csv").is_symlink()
    assert (small_disk / "real.csv").read_text() == "new\n"
    assert list(content(small_disk)) == ["real.csv"]


def test_a_folder_that_is_a_disk_of_its_own_is_said_and_stays(small_disk: Path) -> None:
    (small_disk / "manifest.json").write_text("{}")
    with pytest.raises(WriteError, match="must be writable"), staged(small_disk) as folder:
        (folder / "manifest.json").write_text('{"new": 1}')
    assert content(small_disk).keys() == {"manifest.json"}
    assert sorted(item.name for item in small_disk.parent.iterdir()) == ["disk"]
