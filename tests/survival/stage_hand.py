"""A process that writes outputs in children of its own, so that tests can kill them or starve them of disk.

It loads everything once and forks for each request: a line of JSON in, a line of JSON out.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import geopandas as gpd
import numpy as np

from onemap.delivery.conversion.layer import plain_layer
from onemap.delivery.writers import gpkg
from onemap.errors import OnemapError
from onemap.findings import Finding
from onemap.views.check_report import CheckReport
from onemap.views.kmz import write_kmz
from onemap.views.view_settings import ViewSettings
from onemap.views.web_map import write_map
from onemap.views.workbook import write_workbook
from onemap.workflows.check_reports import write_reports
from onemap.workflows.converting import target_of, write_plain
from onemap.workflows.file_staging import staged_file
from onemap.workflows.staging import recover, staged
from onemap.workflows.templates import write_templates

ROWS = {"old": 400, "new": 900}
DATE = dt.date(2026, 1, 1)
SETTINGS = ViewSettings("示范县", DATE)


def towers(version: str) -> gpd.GeoDataFrame:
    count = ROWS[version]
    rng = np.random.default_rng(count)
    names = [f"{version}站{at}" for at in range(count)]
    places = gpd.points_from_xy(75 + rng.random(count), 39 + rng.random(count))
    return gpd.GeoDataFrame({"tower_id": names, "name": names}, geometry=places, crs="EPSG:4490")


def write_vector(version: str, out: Path) -> None:
    layer = towers(version)
    plain = plain_layer(
        "towers", layer.drop(columns="geometry"), np.asarray(layer.geometry, dtype=object), crs="EPSG:4490"
    )
    with staged_file(out) as path:
        write_plain(plain, path, target=target_of(out))


def write_page(version: str, out: Path) -> None:
    with staged_file(out) as path:
        write_map(path, layers={"towers": towers(version)}, results={}, elevation=None, settings=SETTINGS)


def write_globe(version: str, out: Path) -> None:
    with staged_file(out) as path:
        write_kmz(path, layers={"towers": towers(version)}, results={}, settings=SETTINGS)


def write_sheet(version: str, out: Path) -> None:
    found = [Finding("OM-FLD-031", "towers", row=at, values={"column": version}) for at in range(ROWS[version])]
    report = CheckReport("towers.gpkg", "generic", {}, found, [], DATE)
    write_reports(report, [out], checked=out.with_name("towers.gpkg"), lang="zh")


def write_folder(version: str, out: Path) -> None:
    layers = {"towers": towers(version)}
    with staged(out) as folder:
        gpkg.write_layers(layers, folder / "layers.gpkg", date=DATE)
        (folder / "map").mkdir()
        write_map(folder / "map" / "index.html", layers=layers, results={}, elevation=None, settings=SETTINGS)
        write_kmz(folder / "map" / "onemap.kmz", layers=layers, results={}, settings=SETTINGS)
        write_workbook(folder / "lists.xlsx", layers=layers, results={}, findings=[], settings=SETTINGS)
        (folder / "manifest.json").write_text(json.dumps({"version": version}) + "\n", encoding="utf-8")


def write_form(version: str, out: Path) -> None:
    write_templates(["towers"], out, lang="zh" if version == "old" else "en")


def write_words(version: str, out: Path) -> None:
    with staged_file(out) as path:
        path.write_text(f"{version}\n" * 1000, encoding="utf-8")


def put_right(_version: str, out: Path) -> None:
    recover(out)


TASKS: dict[str, Callable[[str, Path], None]] = {
    **dict.fromkeys(["gdb", "shp", "gpkg", "geojson", "parquet", "vct", "dxf"], write_vector),
    "html": write_page,
    "kmz": write_globe,
    "xlsx": write_sheet,
    "folder": write_folder,
    "template": write_form,
    "csv": write_words,
    "recover": put_right,
}


def do(asked: dict[str, object], told: TextIO) -> int:
    """Do what is asked in the child, and give the exit code that the command line would end with."""
    if asked.get("limit") is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(str(asked["limit"])),) * 2)
    if asked.get("uid") is not None:
        os.setgroups([])
        os.setresuid(*(int(str(asked["uid"])),) * 3)
    try:
        TASKS[str(asked["task"])](str(asked.get("version")), Path(str(asked["out"])))
    except OnemapError as error:
        with contextlib.suppress(OSError):
            told.write(str(error))
            told.flush()
        return error.exit_code
    except BaseException:  # noqa: BLE001
        with contextlib.suppress(OSError):
            told.write(traceback.format_exc())
            told.flush()
        return 99
    return 0


def wait_for_staging(out: Path, pid: int) -> tuple[bool, int]:
    """Wait until a child stages something, or has ended."""
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return True, status
        if any(".staging-" in item.name for item in out.parent.iterdir()):
            return False, 0
        time.sleep(0.0005)


def answer(asked: dict[str, object], told: Path) -> dict[str, object]:
    with told.open("w", encoding="utf-8") as words:
        pid = os.fork()
        if pid == 0:
            os._exit(do(asked, words))
    ended, status = wait_for_staging(Path(str(asked["out"])), pid) if asked.get("watch") else (False, 0)
    began = time.monotonic()
    if not ended and asked.get("kill_after") is not None:
        time.sleep(float(str(asked["kill_after"])))
        os.kill(pid, signal.SIGKILL)
    if not ended:
        _, status = os.waitpid(pid, 0)
    seconds = time.monotonic() - began
    return {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "said": told.read_text(encoding="utf-8"),
    }


def requests() -> Iterator[dict[str, object]]:
    for line in sys.stdin:
        yield json.loads(line)


if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    place = Path(sys.argv[1])
    for one in requests():
        sys.stdout.write(json.dumps(answer(one, place)) + "\n")
        sys.stdout.flush()
