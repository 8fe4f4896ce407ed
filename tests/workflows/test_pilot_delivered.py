"""The pilot delivered by the command in all formats: clean by its own check in each of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from onemap.cli.app import run

FORMATS = ("gdb", "shp", "gpkg", "geojson", "kmz", "dxf", "vct", "xlsx")
LAYERS = ("SZGYSSD", "SZGYSSX", "SZGYSSM", "ZDJCSSD", "ZDJCSSX", "JQZDXMD")
PLACEHOLDERS = Counter((rule, code, "warning") for rule in ("OM-ATT-104", "OM-ATT-108") for code in LAYERS)
"""Every layer of the profile has an example list and a feature code that no source gives."""

CHECKED = {"gdb": "*.gdb", "gpkg": "*.gpkg", "shp": "shapefile", "geojson": "geojson", "vct": "*.vct"}


def delivered(root: Path, folder: Path, **environment: str) -> Path:
    """Deliver a copy of the pilot in all formats, in a process of its own; give the folder of the output."""
    shutil.copytree(root / "data" / "pilot", folder / "pilot")
    project = folder / "pilot" / "onemap.toml"
    text = project.read_text(encoding="utf-8")
    wanted = text.replace('formats = ["gdb", "gpkg", "shp"]', f"formats = {json.dumps(FORMATS)}")
    assert wanted != text
    project.write_text(wanted, encoding="utf-8")
    words = [sys.executable, "-m", "onemap", "deliver", str(folder / "pilot"), "--out", str(folder / "out")]
    done = subprocess.run(
        [*words, "--allow-loss", "all"],
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "out"


@pytest.fixture(scope="module")
def first(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the output of a run."""
    return delivered(root, tmp_path_factory.mktemp("first"), PYTHONHASHSEED="0")


def found_in(place: Path, root: Path, folder: Path) -> tuple[int, Counter[tuple[str, str, str]], dict[str, int]]:
    """Check a place by the command: exit code, findings, features of each layer."""
    report, districts = folder / "found.json", root / "data" / "pilot" / "planning.gdb"
    code = run(["check", str(place), "--districts", str(districts), "--report", str(report), "--date", "2026-01-01"])
    told = json.loads(report.read_text(encoding="utf-8"))
    findings = Counter((one["rule"], one["layer"], one["severity"]) for one in told["findings"])
    return code, findings, {one["layer"]: one["features"] for one in told["layers"]}


@pytest.mark.parametrize("form", [*CHECKED, "folder"])
def test_delivery_of_the_pilot_is_clean_by_its_own_check(first: Path, root: Path, tmp_path: Path, form: str) -> None:
    delivery = first / "delivery"
    (place,) = delivery.glob(CHECKED[form]) if form in CHECKED else [delivery]
    trace = pd.read_csv(delivery / "trace.csv", dtype=str)["layer"].value_counts().to_dict()
    code, findings, rows = found_in(place, root, tmp_path)
    assert code == 0
    empty = {*LAYERS} - {*trace}
    told = {one: number for one, number in PLACEHOLDERS.items() if form != "geojson" or one[1] not in empty}
    assert findings == Counter(told)  # GeoJSON has no fields where there are no rows
    assert {name: number for name, number in rows.items() if number} == trace
    assert empty  # so that layers without a row are looked at too
