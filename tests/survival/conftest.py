"""A hand that writes outputs in processes that may be killed, and what it takes to judge what is left."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
FORMATS = ("gdb", "shp", "gpkg", "geojson", "parquet", "vct", "dxf", "kmz", "xlsx", "html", "folder")
NAMES = {"folder": "out"}

Hand = Callable[..., dict[str, Any]]


def content(folder: Path, *, besides: tuple[str, ...] = ()) -> dict[str, str]:
    """Give the hash of every file in a folder; folders too, so that an empty one left over is seen."""
    return {
        item.relative_to(folder).as_posix(): hashlib.sha256(item.read_bytes()).hexdigest()
        if item.is_file()
        else "folder"
        for item in sorted(folder.rglob("*"))
        if item.name not in besides
    }


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    told = tmp_path_factory.mktemp("told") / "said.txt"
    process = subprocess.Popen(
        [sys.executable, str(HERE / "stage_hand.py"), str(told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
    )

    def ask(task: str, out: Path, **asked: object) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"task": task, "out": str(out), **asked}) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        return answer

    yield ask
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
    process.wait()


@pytest.fixture
def open_place() -> Iterator[Path]:
    """Give a folder that every user of the machine may look into."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(params=FORMATS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def name_of(form: str) -> str:
    return NAMES.get(form, f"out.{form}")
