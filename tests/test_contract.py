"""The import contract holds, and would be seen to break."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PLANTED = {
    "a step imports another step": ("analyses/planted.py", "import onemap.sources.guard", "the flow"),
    "a step reads settings": ("views/planted.py", "import onemap.config", "the flow"),
    "layers look up to analyses": ("layers/planted.py", "import onemap.analyses.columns", "the flow"),
    "terrain knows frames": ("terrain/planted.py", "import pandas", "physics knows arrays only"),
    "an analysis writes": ("analyses/planted.py", "import pyogrio", "analyses import no reader"),
    "a folder without a place": ("planted/__init__.py", "", "the flow"),
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = {"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copied(root: Path, tmp_path: Path) -> Path:
    shutil.copytree(root / "onemap", tmp_path / "onemap", ignore=shutil.ignore_patterns("__pycache__", "assets"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.slow
def test_contract_is_kept(copied: Path) -> None:
    kept = lint_imports(copied)
    assert kept.returncode == 0, kept.stdout


@pytest.mark.slow
@pytest.mark.parametrize("case", PLANTED)
def test_planted_violation_is_caught(copied: Path, case: str) -> None:
    name, content, contract = PLANTED[case]
    (copied / "onemap" / name).parent.mkdir(exist_ok=True)
    (copied / "onemap" / name).write_text(f'"""Planted."""\n\n{content}\n')
    broken = lint_imports(copied)
    assert broken.returncode != 0
    assert contract in broken.stdout
