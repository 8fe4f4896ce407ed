"""The reading process can read, and nothing else: no file changes, no socket, no program; only the drivers we name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from onemap.sources.worker.drivers import ALLOWED, environment

TRIALS = """
import json, os, socket, subprocess, sys
from pathlib import Path
from onemap.sources.worker.sandbox import close_in
folder = Path(sys.argv[1])
close_in(1024**3)
def outcome(trial):
    try:
        trial()
    except OSError as error:
        return type(error).__name__
    return "done"
sys.stdout.write(json.dumps({
    "read": outcome(lambda: (folder / "old.csv").read_bytes()),
    "create": outcome(lambda: (folder / "new.csv").touch()),
    "append": outcome(lambda: (folder / "old.csv").open("ab")),
    "truncate": outcome(lambda: os.truncate(folder / "old.csv", 0)),
    "delete": outcome(lambda: (folder / "old.csv").unlink()),
    "rename": outcome(lambda: (folder / "old.csv").rename(folder / "x.csv")),
    "folder": outcome(lambda: (folder / "new").mkdir()),
    "link": outcome(lambda: (folder / "link").symlink_to("/etc")),
    "internet socket": outcome(lambda: socket.socket(socket.AF_INET)),
    "local socket": outcome(lambda: socket.socket(socket.AF_UNIX)),
    "program": outcome(lambda: subprocess.run(["/bin/true"])),
}))
"""


def in_worker_environment(code: str, *words: str) -> str:
    """Run Python as the worker is run; give what it prints."""
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env={**environment(), "PYTHONPATH": root}, capture_output=True, check=True
    )
    return done.stdout.decode()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the rights are those of Linux")
def test_once_closed_in_a_process_can_only_read(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("id\n1\n")
    found = json.loads(in_worker_environment(TRIALS, str(tmp_path)))
    if found["create"] == "done":
        pytest.skip("this kernel has no Landlock")
    if found["internet socket"] == "done":
        pytest.skip("this machine has no filter of system calls")
    assert found.pop("read") == "done"
    assert set(found.values()) == {"PermissionError"}
    assert [item.name for item in tmp_path.iterdir()] == ["old.csv"]
    assert (tmp_path / "old.csv").read_text() == "id\n1\n"


def test_no_other_vector_driver_is_loaded() -> None:
    code = "import pyogrio, json; print(json.dumps(sorted(pyogrio.list_drivers())))"
    assert set(json.loads(in_worker_environment(code))) <= ALLOWED


def test_no_other_raster_driver_is_loaded() -> None:
    code = "import rasterio, json\nwith rasterio.Env() as env: print(json.dumps(sorted(env.drivers())))"
    assert set(json.loads(in_worker_environment(code))) <= ALLOWED | {"GTiff"}
