"""The worker may die, hang or run out of memory; the next read works all the same."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from onemap.errors import ReadError
from onemap.sources import open_reader, read_file


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "towers.csv"
    path.write_text("id\nT1\n", encoding="utf-8")
    return path


@pytest.fixture
def endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a pipe that nobody writes to, smuggled past the guard: reading it never ends."""
    path = tmp_path / "endless.csv"
    os.mkfifo(path)
    monkeypatch.setattr("onemap.sources.reader.sniff", lambda _path: "CSV")
    return path


def test_one_worker_serves_many_reads(table: Path) -> None:
    with open_reader() as reader:
        pids = {read_file(table, reader=reader).frame.shape and reader.pid for _ in range(3)}
    assert len(pids) == 1
    assert reader.pid is None


def test_a_worker_killed_between_reads_is_replaced(table: Path) -> None:
    with open_reader() as reader:
        read_file(table, reader=reader)
        assert reader.pid is not None
        first = reader.pid
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert read_file(table, reader=reader).frame["id"].tolist() == ["T1"]
        assert reader.pid != first


def test_a_worker_killed_in_the_middle_is_a_clear_error(table: Path, endless: Path) -> None:
    with open_reader() as reader:
        read_file(table, reader=reader)
        pid = reader.pid
        assert pid is not None
        threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()
        with pytest.raises(ReadError, match=r"endless\.csv ended before it was done"):
            read_file(endless, reader=reader)
        assert read_file(table, reader=reader).frame["id"].tolist() == ["T1"]


def test_a_read_that_takes_too_long_is_ended(table: Path, endless: Path) -> None:
    with open_reader(timeout_s=1.5) as reader:
        started = time.monotonic()
        with pytest.raises(ReadError, match=r"must end within 1\.5 s"):
            read_file(endless, reader=reader)
        assert time.monotonic() - started < 60
        reader.timeout_s = 120.0  # a worker started anew on a busy machine may take longer than that
        assert read_file(table, reader=reader).frame["id"].tolist() == ["T1"]


def test_too_little_memory_is_a_clear_error(tmp_path: Path, table: Path) -> None:
    big = tmp_path / "big.csv"
    big.write_text("id\n" + "a,b,c,d\n" * 4_000_000, encoding="utf-8")
    with open_reader(memory_bytes=64 * 1024**2) as reader:
        with pytest.raises(ReadError, match="memory allowed"):
            read_file(big, reader=reader)
        assert read_file(table, reader=reader).frame["id"].tolist() == ["T1"]


def test_the_worker_inherits_no_settings(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("GDAL_DRIVER_PATH", "/tmp")
    with open_reader() as reader:
        read_file(table, reader=reader)
        environment = Path(f"/proc/{reader.pid}/environ").read_bytes()
    assert b"https_proxy" not in environment
    assert b"GDAL_DRIVER_PATH=disable" in environment


def test_a_reader_may_be_shared_by_threads(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.csv" for number in range(8)]
    for number, path in enumerate(paths):
        path.write_text(f"id\n{number}\n", encoding="utf-8")
    found: dict[int, list[str]] = {}
    with open_reader() as reader:

        def read(number: int) -> None:
            found[number] = read_file(paths[number], reader=reader).frame["id"].tolist()

        threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {number: [str(number)] for number in range(8)}
