"""An output is seen whole or not at all, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from onemap.errors import RefusedError, WriteError
from onemap.workflows.staging import recover, staged


def write_output(folder: Path, content: str) -> None:
    (folder / "layers.gpkg").write_text(content)
    (folder / "manifest.json").write_text("{}")


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_new_output_takes_the_place_of_the_old_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for content in ("old", "new"):
        with staged(out) as folder:
            assert folder.parent == out.parent
            write_output(folder, content)
    assert (out / "layers.gpkg").read_text() == "new"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["out"]


def test_an_error_leaves_the_old_output_untouched(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with staged(out) as folder:
        write_output(folder, "old")

    def fail(folder: Path) -> None:
        write_output(folder, "half")
        raise KeyError

    with pytest.raises(KeyError), staged(out) as folder:
        fail(folder)
    assert (out / "layers.gpkg").read_text() == "old"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["out"]


def test_a_kill_between_the_renames_is_mended_by_the_next_command(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with staged(out) as folder:
        write_output(folder, "old")
    out.rename(tmp_path / "out.staging-999999999.previous")
    recover(out)
    assert (out / "layers.gpkg").read_text() == "old"


def test_a_folder_that_only_sounds_like_ours_is_not_touched(tmp_path: Path) -> None:
    for name in ("out.previous", "out.staging-notes", "out.staging-1.old"):
        write_output(make(tmp_path / name), "mine")
    for _ in range(2):
        with staged(tmp_path / "out") as folder:
            write_output(folder, "new")
    assert sorted(item.name for item in tmp_path.iterdir()) == [
        "out",
        "out.previous",
        "out.staging-1.old",
        "out.staging-notes",
    ]


def test_a_link_stays_and_the_folder_behind_it_holds_the_output(tmp_path: Path) -> None:
    make(tmp_path / "disk")
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "output")
    for content in ("old", "new"):
        with staged(tmp_path / "out") as folder:
            assert folder.parent == tmp_path / "disk"
            write_output(folder, content)
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "disk" / "output" / "layers.gpkg").read_text() == "new"
    assert sorted(item.name for item in (tmp_path / "disk").iterdir()) == ["output"]


def test_signs_of_patterns_in_a_name_are_plain_signs(tmp_path: Path) -> None:
    make(tmp_path / f"o[1]*.staging-{os.getppid()}")
    with pytest.raises(WriteError, match="is writing it"), staged(tmp_path / "o[1]*"):
        pass


@pytest.mark.parametrize("name", ["x" * 250, "x" * 300])
def test_a_name_too_long_for_the_disk_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(WriteError, match="must be writable"), staged(tmp_path / name) as folder:
        write_output(folder, "new")
    assert not list(tmp_path.iterdir())


def test_the_root_is_no_output() -> None:
    with pytest.raises(RefusedError), staged(Path("/")):
        pass


@pytest.mark.parametrize("moment", ["while writing", "between the renames"])
def test_kill_9_leaves_the_old_output(tmp_path: Path, moment: str) -> None:
    out = tmp_path / "out"
    with staged(out) as folder:
        write_output(folder, "old")
    script = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from onemap.workflows import staging
        rename = Path.rename
        def killing(self, target):
            if ".staging-" in self.name:
                os.kill(os.getpid(), signal.SIGKILL)
            return rename(self, target)
        with staging.staged(Path({str(out)!r})) as folder:
            (folder / "layers.gpkg").write_text("half")
            if {moment!r} == "while writing":
                os.kill(os.getpid(), signal.SIGKILL)
            (folder / "manifest.json").write_text("{{}}")
            Path.rename = killing
    """)
    ended = subprocess.run([sys.executable, "-c", script], check=False)
    assert ended.returncode == -signal.SIGKILL
    recover(out)
    assert (out / "layers.gpkg").read_text() == "old"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["out"]


def test_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("ten years of work")
    with pytest.raises(RefusedError, match="earlier output of onemap"), staged(tmp_path / "out"):
        pass
    assert (tmp_path / "out" / "thesis.docx").read_text() == "ten years of work"


def test_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(RefusedError, match="earlier output of onemap"), staged(tmp_path / "out"):
        pass


def test_output_that_another_process_writes_is_refused(tmp_path: Path) -> None:
    (tmp_path / f"out.staging-{os.getppid()}").mkdir()
    with pytest.raises(WriteError, match=f"process {os.getppid()} is writing it"), staged(tmp_path / "out"):
        pass


def test_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="must be writable"), staged(tmp_path / "file" / "out"):
        pass
