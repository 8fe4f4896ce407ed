"""The pilot delivered by the command in all formats: clean by its own check in each, and the same bytes every time."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from onemap.cli.app import run
from tests.delivery.deliver_small import hashes

FORMATS = ("gdb", "shp", "gpkg", "geojson", "kmz", "dxf", "vct", "xlsx")
LAYERS = ("SZGYSSD", "SZGYSSX", "SZGYSSM", "ZDJCSSD", "ZDJCSSX", "JQZDXMD")
PLACEHOLDERS = Counter((rule, code, "warning") for rule in ("OM-ATT-104", "OM-ATT-108") for code in LAYERS)
"""Every layer of the profile has an example list and a feature code that no source gives."""

LATE_S = 40_000_000
"""More than a year."""

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
    return delivered(root, tmp_path_factory.mktemp("first"), PYTHONHASHSEED="0", TZ="UTC", LC_ALL="C.UTF-8")


@pytest.fixture(scope="module")
def second(root: Path, first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the output of a later run: another hash seed, folder, language, time zone, and (where C compiles) year."""
    assert first.exists()
    top = tmp_path_factory.mktemp("second")
    folder = top / "another folder" / "deeper"
    folder.mkdir(parents=True)
    time.sleep(2.1)  # the clock of a ZIP archive has steps of two seconds
    elsewhere = {"TZ": "Asia/Shanghai", "LC_ALL": "zh_CN.UTF-8", "SOURCE_DATE_EPOCH": "1000000000"}
    return delivered(root, folder, PYTHONHASHSEED="4242", **elsewhere, **late_clock(top))


def late_clock(folder: Path) -> dict[str, str]:
    """Compile the clock that is late (into a folder without blanks, as they part LD_PRELOAD), and give the environment that loads it; nothing where that cannot be done."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        return {}
    made, source = folder / "late_clock.so", Path(__file__).with_name("late_clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(made), str(source), "-ldl"], check=True)
    return {"LD_PRELOAD": str(made), "CLOCK_LATE_S": str(LATE_S)}


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


def test_two_runs_give_the_same_hash_of_every_file(first: Path, second: Path) -> None:
    one, two = hashes(first), hashes(second)
    assert one.pop("run.log") != two.pop("run.log")  # the one file that says who, when and where
    assert one == two
    endings = Counter(Path(name).suffix for name in one)
    assert {".gdbtable", ".shp", ".dbf", ".gpkg", ".geojson", ".kmz", ".dxf", ".vct", ".xlsx", ".docx", ".xml"} <= {
        *endings
    }
    assert "manifest.json" in one


def test_dates_are_the_projects_whatever_the_clock_says(second: Path) -> None:
    """The clock says another year, SOURCE_DATE_EPOCH says 2001, and the project 2026."""
    ended = next(line for line in (second / "run.log").read_text(encoding="utf-8").splitlines() if "ended" in line)
    if shutil.which("cc") and sys.platform.startswith("linux"):
        year = (dt.datetime.now(tz=dt.UTC) + dt.timedelta(seconds=LATE_S)).year
        assert str(year) in ended  # so the late clock was the one that was read
    (workbook,) = (second / "delivery").glob("*.xlsx")
    (globe,) = (second / "delivery").glob("*.kmz")
    always = (1980, 1, 31)  # XlsxWriter's own, which no option changes
    for file, day in ((workbook, always), (globe, (2026, 1, 1)), (second / "delivery" / "建库报告.docx", (2026, 1, 1))):
        with zipfile.ZipFile(file) as archive:
            assert {entry.date_time[:3] for entry in archive.infolist()} == {day}
    assert openpyxl.load_workbook(workbook).properties.modified.date() == dt.date(2026, 1, 1)
    (exchange,) = (second / "delivery").glob("*.vct")
    assert "Date:20260101\n" in exchange.read_text(encoding="gb18030")
    for table in (second / "delivery" / "shapefile").glob("*.dbf"):
        assert tuple(table.read_bytes()[1:4]) == (126, 1, 1)
    (package,) = (second / "delivery").glob("*.gpkg")
    with contextlib.closing(sqlite3.connect(package)) as database:
        changes = database.execute("SELECT DISTINCT substr(last_change, 1, 10) FROM gpkg_contents").fetchall()
    assert changes == [("2026-01-01",)]
