"""One writer at a time: each writes all or says who writes; a lock of the dead hinders nobody."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from onemap.errors import WriteError
from onemap.workflows.file_staging import staged_file
from onemap.workflows.output_lock import lock_file, locked
from onemap.workflows.staging import staged
from tests.survival.conftest import HERE, name_of

WRITERS, ROUNDS = 8, 20


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["folder", "shp", "csv"])
def test_eight_writers_lose_nothing_and_leave_nothing(kind: str, tmp_path: Path) -> None:
    out = tmp_path / "place" / name_of(kind)
    out.parent.mkdir()
    script = (
        "import sys; from pathlib import Path; from tests.survival.rounds import many_rounds; "
        f"sys.stdin.read(); many_rounds(Path({str(out)!r}), {ROUNDS}, {kind!r}, Path(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / f"{at}.json")], stdin=subprocess.PIPE, env=environment
        )
        for at in range(WRITERS)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.close()
    assert [writer.wait() for writer in writers] == [0] * WRITERS
    notes = [note for at in range(WRITERS) for note in json.loads((tmp_path / f"{at}.json").read_text())]
    done = {note["done"] for note in notes if "done" in note}
    refused = [note for note in notes if "done" not in note]
    assert len(done) == WRITERS * ROUNDS
    for note in refused:
        assert note["text_id"] == "output_busy", note
        named = re.search(r"process (\d+|\?) is writing it", note["said"])
        assert named is not None
        assert named[1] == "?" or int(named[1]) in {writer.pid for writer in writers}
    if kind == "folder":
        left = {item.name: item.read_text() for item in out.iterdir()}
        assert set(left) == {"a.txt", "b.txt", "manifest.json"}
        assert [item.name for item in out.parent.iterdir()] == ["out"]
    else:
        left = {item.name: item.read_text() for item in out.parent.iterdir()}
        assert set(left) == ({"out.shp", "out.shx", "out.dbf"} if kind == "shp" else {"out.csv"})
    assert len(set(left.values())) == 1
    assert set(left.values()) <= done


def test_who_holds_the_lock_is_said(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with staged_file(out) as path:
        path.write_text("ours\n")
        with pytest.raises(WriteError, match=f"process {os.getpid()} is writing it") as caught, staged_file(out):
            pass
        assert caught.value.values["host"] == os.uname().nodename
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", str(caught.value.values["since"]))
        assert caught.value.exit_code == 3
    assert [item.name for item in tmp_path.iterdir()] == ["out.csv"]


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = (
        "import os, signal; from pathlib import Path; from onemap.workflows.staging import staged\n"
        f"with staged(Path({str(out)!r})) as folder: os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    assert lock_file(out).exists()
    with staged(out) as folder:
        (folder / "manifest.json").write_text("{}")
    assert [item.name for item in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("owner", "is_held"),
    [
        ({"pid": os.getppid(), "started": "right"}, True),
        ({"pid": os.getppid(), "started": "1"}, False),
        ({"pid": 2**22 + 1, "started": "1"}, False),
        ({"pid": os.getppid(), "started": "right", "boot": "another start"}, False),
        ({"pid": 1, "host": "another machine", "started": "1"}, True),
        ({}, False),
    ],
    ids=["alive", "number in use again", "dead", "before a restart", "another machine", "empty"],
)
def test_without_locks_of_the_system_the_record_decides(
    owner: dict[str, object], is_held: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    out = tmp_path / "out"
    with locked(out):
        record = json.loads(lock_file(out).read_text())
    started = Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[19]
    if owner:
        owner = {**record, **owner, "started": started if owner["started"] == "right" else owner["started"]}
    lock_file(out).write_text(json.dumps(owner))
    monkeypatch.setattr(fcntl, "flock", no_locks)
    if is_held:
        with pytest.raises(WriteError, match=f"process {owner['pid']} is writing it"), locked(out):
            pass
    else:
        with locked(out):
            assert json.loads(lock_file(out).read_text())["pid"] == os.getpid()
        assert not lock_file(out).exists()


def test_a_staging_folder_older_than_the_process_of_its_number_is_swept(tmp_path: Path) -> None:
    folder = tmp_path / f"out.staging-{os.getppid()}"
    folder.mkdir()
    os.utime(folder, (1e9, 1e9))
    with staged(tmp_path / "out") as fresh:
        (fresh / "manifest.json").write_text("{}")
    assert [item.name for item in tmp_path.iterdir()] == ["out"]


def test_a_note_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    place = tmp_path / "place"
    place.mkdir()
    lock_file(place / "out").write_text(json.dumps({"swap": {"previous": "../other", "new": None}}))
    with pytest.raises(WriteError, match="plain names"), staged(place / "out"):
        pass
    assert other.is_dir()


@pytest.mark.parametrize("cut", ["index.html", "lists.xlsx", "layers.gpkg", "layer.shp", "table.csv", "layer.geojson"])
def test_a_file_that_was_cut_is_no_output(cut: str, tmp_path: Path) -> None:
    starts = {
        "index.html": b"<!DOCTYPE html><html><body>",
        "lists.xlsx": b"PK\x03\x04 the rest is missing",
        "layers.gpkg": b"SQLite format 3\0" + b"\x10\0" + b"\0" * 200,
        "layer.shp": b"\0\0\x27\x0a" + b"\0" * 20 + b"\0\0\xff\xff" + b"\0" * 72,
        "table.csv": b"id,name\r\nT1,cut he",
        "layer.geojson": b'{"type": "FeatureCollection", "features": [',
    }
    with pytest.raises(WriteError, match="does not read back"), staged(tmp_path / "out") as folder:  # noqa: PT012
        (folder / "manifest.json").write_text("{}")
        (folder / cut).write_bytes(starts[cut])
    assert not list(tmp_path.iterdir())
