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
    out.rename(tmp_path / "out.previous")
    recover(out)
    assert (out / "layers.gpkg").read_text() == "old"


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
