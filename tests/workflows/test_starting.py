"""The first project file: from the pilot's raw folder, mapped rightly, run without an edit but the parameters."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest

from onemap.cli.app import run
from onemap.workflows.starting import start_project
from tests.workflows.office_folders import OFFICES, Truth

LEAST_SHARE = 0.95
PARTS = ("fields", "yes_no", "units")
AXES = ("lon", "lat", "easting", "northing", "header_row")


def mapped(project: dict[str, Any]) -> dict[tuple[str, str], dict[str, object]]:
    """Give what each source says, one key a field, column of coordinates, unit or yes/no column."""
    told: dict[tuple[str, str], dict[str, object]] = {}
    for source in project["source"]:
        said = {"layer": source["layer"], **{axis: source[axis] for axis in AXES if axis in source}}
        for part in PARTS:
            said |= {f"{part}.{field}": value for field, value in source.get(part, {}).items()}
        told[source["path"], source.get("source_layer", "")] = said
    return told


def share_right(found: dict[str, Any], truth: dict[str, Any]) -> tuple[float, list[str]]:
    """Give the share of what the truth says that was found, and what was not."""
    here, missed, total = mapped(found), [], 0
    for key, said in mapped(truth).items():
        path, layer = key
        told = here.get(key) or here.get((path, ""), {})
        for field, value in said.items():
            total += 1
            if told.get(field) != value:
                missed.append(f"{path}#{layer} {field}: {value!r}, found {told.get(field)!r}")
    return 1.0 - len(missed) / total, missed


@pytest.fixture(scope="module")
def raw_pilot(pilot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw") / "示范县"
    shutil.copytree(pilot, folder, ignore=shutil.ignore_patterns("truth", "onemap.toml", "SHA256SUMS"))
    start_project(folder)
    return folder


def test_pilot_is_mapped_rightly_field_by_field(raw_pilot: Path, pilot: Path) -> None:
    found = tomllib.loads((raw_pilot / "onemap.toml").read_text(encoding="utf-8"))
    truth = tomllib.loads((pilot / "onemap.toml").read_text(encoding="utf-8"))
    share, missed = share_right(found, truth)
    assert share >= LEAST_SHARE, missed
    assert len(found["source"]) == len(truth["source"])
    assert found["project"]["code"] == truth["project"]["code"]
    assert found["elevation"]["path"] == "dem.tif"


def test_every_guess_of_a_field_carries_score_and_reason(raw_pilot: Path) -> None:
    in_fields = False
    for line in (raw_pilot / "onemap.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            in_fields = line == "[source.fields]"
        elif in_fields and " = " in line and not line.startswith("#"):
            reason = line.split("#", 1)[1].split()
            assert 0.5 <= float(reason[1 if reason[0] == "??" else 0]) <= 1.0, line
            assert len(reason) > 1, line


def test_pilot_asks_for_the_parameters_of_xian_1980_and_for_nothing_else(
    raw_pilot: Path, pilot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "示范县"
    shutil.copytree(raw_pilot, folder)
    words = ["run", str(folder), "--only", "layers", "--out", str(tmp_path / "out"), "--lang", "en"]
    assert run(words) == 2
    assert "OM-CRS-004" in capsys.readouterr().err
    file = folder / "onemap.toml"
    file.write_text(with_parameters(file.read_text(encoding="utf-8"), pilot), encoding="utf-8")
    assert run(words) == 0


@pytest.mark.slow
def test_pilot_runs_the_whole_way(raw_pilot: Path, pilot: Path, tmp_path: Path) -> None:
    folder = tmp_path / "示范县"
    shutil.copytree(raw_pilot, folder)
    file = folder / "onemap.toml"
    file.write_text(with_parameters(file.read_text(encoding="utf-8"), pilot), encoding="utf-8")
    assert run(["run", str(folder), "--out", str(tmp_path / "out"), "--json"]) == 0
    assert (tmp_path / "out" / "delivery").is_dir()


def with_parameters(content: str, pilot: Path) -> str:
    """Fill the marked place with the pilot's own (invented) parameters."""
    truth = tomllib.loads((pilot / "onemap.toml").read_text(encoding="utf-8"))
    shift = next(source["datum_shift"] for source in truth["source"] if "datum_shift" in source)
    lines, filled = [], 0
    for line in content.splitlines():
        key = line.removeprefix("# ").split(" =")[0]
        if line == "# [source.datum_shift]":
            lines.append("[source.datum_shift]")
        elif line.startswith("# ") and key in shift:
            value = shift[key]
            lines.append(f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}")
            filled += 1
        else:
            lines.append(line)
    assert filled == len(shift)
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module", params=list(OFFICES))
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp(request.param) / request.param
    truth = OFFICES[request.param](folder)
    start_project(folder, lang="en")
    return folder, truth


def test_other_wordings_are_mapped_rightly_too(office: tuple[Path, Truth]) -> None:
    folder, truth = office
    here = mapped(tomllib.loads((folder / "onemap.toml").read_text(encoding="utf-8")))
    right, missed = 0, []
    for (path, layer), said in truth.items():
        told = here.get((path, layer)) or here.get((path, ""), {})
        for field, value in said.items():
            right += told.get(field) == value
            missed += [] if told.get(field) == value else [f"{path}#{layer} {field}: {value!r}, {told.get(field)!r}"]
    assert right / (right + len(missed)) >= LEAST_SHARE, missed


def test_other_wordings_run_without_an_edit(office: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = office
    assert run(["run", str(folder), "--only", "layers", "--out", str(tmp_path / "out")]) == 0
    layers = {str(said["layer"]) for said in truth.values()}
    assert layers <= set(pyogrio.list_layers(tmp_path / "out" / "layers.gpkg")[:, 0])


@pytest.mark.slow
def test_other_wordings_run_the_whole_way(office: tuple[Path, Truth], tmp_path: Path) -> None:
    assert run(["run", str(office[0]), "--out", str(tmp_path / "out")]) == 0


def test_header_over_two_rows_runs_as_it_was_guessed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["规划表"], ["规划站编号", "规划站名", "位置", None], [None, None, "经度", "纬度"]):
        sheet.append(row)
    for cells in ("A1:D1", "C2:D2", "A2:A3", "B2:B3"):
        sheet.merge_cells(cells)
    for at in range(3):
        sheet.append([f"P{at}", f"北站{at}", 101.2 + at / 100, 25.1])
    (tmp_path / "county").mkdir()
    book.save(tmp_path / "county" / "规划站址.xlsx")
    start_project(tmp_path / "county", lang="en")
    assert run(["run", str(tmp_path / "county"), "--only", "layers", "--out", str(tmp_path / "out")]) == 0
    assert len(pyogrio.read_dataframe(tmp_path / "out" / "layers.gpkg", layer="planned_sites")) == 3
