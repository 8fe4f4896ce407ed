"""`import onemap`, its public names and the command line need the core dependencies only."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.factories import make_project

EXTRAS = (
    "folium",
    "jinja2",
    "matplotlib",
    "simplekml",
    "xlsxwriter",
    "docx",
    "PIL",
    "psycopg",
    "dask",
    "distributed",
    "highspy",
)

BLOCK = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {EXTRAS!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
"""


def run_without_extras(script: str) -> subprocess.CompletedProcess[str]:
    words = BLOCK + textwrap.dedent(script)
    return subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False)


def test_public_names_need_the_core_only() -> None:
    ended = run_without_extras("import onemap\nfor name in onemap.__all__: getattr(onemap, name)")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
def test_gaps_and_delivery_need_the_core_only(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    ended = run_without_extras(f"""
        from onemap.cli.app import run
        sys.exit(run(["gaps", {str(folder)!r}, "--json"]))
    """)
    assert ended.returncode == 0, ended.stderr


def test_import_is_light() -> None:
    script = "import sys, onemap; sys.exit(any(name in sys.modules for name in ('pandas', 'geopandas', 'pyproj')))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
