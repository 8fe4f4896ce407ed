"""Kernels are compiled once: what `onemap kernels` has asked for is all that the commands ask for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import PROJECT, make_project

COUNTING = """
import json, sys
from numba.core.dispatcher import Dispatcher
from onemap.cli.app import run
from onemap.workflows.kernels import compile_kernels

def known():
    return {
        f"{value.py_func.__module__}.{value.py_func.__qualname__} {signature}"
        for module, held in list(sys.modules.items()) if module.startswith("onemap.")
        for value in list(vars(held).values()) if isinstance(value, Dispatcher)
        for signature in value.signatures
    }

compile_kernels()
before = known()
for words in json.loads(sys.argv[1]):
    assert run(words) == 0, words
print(json.dumps([len(before), sorted(known() - before)]))
"""
RASTERS = '[coverage_rasters]\nwrite = true\ntile_cells = 256\n[coverage]\ncompare = ["itm", "hata", "line of sight"]\n'


@pytest.mark.slow
def test_no_command_asks_for_a_kernel_that_is_not_compiled(tmp_path: Path, root: Path) -> None:
    make_project(tmp_path / "project", project=RASTERS + PROJECT)
    oracle = root / "tests/reference/oracle"
    out = str(tmp_path / "losses.csv")
    words = [["run", str(tmp_path / "project"), "--out", str(tmp_path / "out"), "--only", "gaps"]]
    words += [
        [
            "path",
            str(oracle / "cases.csv"),
            "--profiles",
            str(oracle / "profiles.csv.gz"),
            "--model",
            model,
            "--out",
            out,
        ]
        for model in ("p1812", "itm", "delta-bullington", "rma", "uma", "umi", "hata", "cost231")
    ]
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, json.dumps(words)], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    count, more = json.loads(done.stdout.splitlines()[-1])
    assert count > 10
    assert more == []


def test_the_command_says_where_kernels_are(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "onemap", "kernels", "--json"], capture_output=True, text=True, check=False, cwd=root
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["path"] == os.environ["NUMBA_CACHE_DIR"]
