"""Commands from outside: what they print, what they write, how they end."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pyogrio
import pytest

from onemap.cli.app import run
from tests.factories import PROJECT, SCHOOLS, TOWERS, make_project, write_plain

COMMANDS = ("init", "inspect", "run", "gaps", "share", "routes", "deliver", "check", "map", "report", "path")


@pytest.fixture(scope="module")
def gaps_of_plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("plain") / "project")
    assert run(["gaps", str(folder), "--json"]) == 0
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Example: onemap {command}" in shown
    assert "--lang" in shown
    assert "--json" in shown


def test_help_loads_no_geo_package() -> None:
    script = (
        "import sys; from onemap.cli.app import run; run(['--help']); "
        "sys.exit(any(name in sys.modules for name in ('geopandas', 'pandas', 'numpy', 'pyproj', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0


def test_run_answers_with_one_json_object(gaps_of_plain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gaps", str(gaps_of_plain), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["findings"] == {"fatal": 0, "error": 0, "warning": 0, "info": 0}
    schools = [one for one in answer["figures"] if one["figure"] == "places" and one["technology"] == "4G"]
    assert schools == [
        {
            "figure": "places",
            "layer": "schools",
            "technology": "4G",
            "covered": 1,
            "depends": 0,
            "uncovered": 1,
            "total": 2,
            "share": 0.5,
            "percent": "50.0%",
        }
    ]


def test_answer_names_every_result_layer_with_its_rows_and_its_file(
    gaps_of_plain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["gaps", str(gaps_of_plain), "--json"]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    files = {one["path"] for one in results.values()}
    assert len(files) == 1
    written = dict(pyogrio.list_layers(files.pop()))
    assert set(results) == set(written)
    assert results["gap_priorities"]["rows"] == len(pyogrio.read_dataframe(one_path(results), layer="gap_priorities"))


def one_path(results: dict[str, dict[str, object]]) -> str:
    return str(results["gap_priorities"]["path"])


def test_models_named_on_the_command_line_take_the_place_of_the_projects(
    gaps_of_plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = ["--model", "hata", "--model", "radius"]
    assert run(["gaps", str(gaps_of_plain), *models, "--out", str(tmp_path / "out"), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert {one["model"] for one in figures if one["figure"] == "models"} == {"hata", "radius"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["coverage"]["compare"] == ["radius"]


@pytest.mark.parametrize(
    ("models", "said"), [("magic", "coverage.model must be"), ("hata hata", "each model must be named once")]
)
def test_models_that_cannot_be_are_refused(
    models: str, said: str, gaps_of_plain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for model in models.split() for word in ("--model", model)]
    assert run(["gaps", str(gaps_of_plain), *words, "--lang", "en"]) > 1
    assert said in capsys.readouterr().err


def test_manifest_tells_inputs_and_outputs_but_no_user_and_no_time(gaps_of_plain: Path) -> None:
    manifest = json.loads((gaps_of_plain / "out-gaps" / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["inputs"]) == {"dem.tif", "schools.csv", "towers.csv"}
    assert set(manifest["outputs"]) == {"layers.gpkg", "results.gpkg"}
    assert str(gaps_of_plain) not in json.dumps(manifest)


@pytest.mark.slow
def test_two_runs_in_two_folders_give_the_same_bytes(tmp_path: Path) -> None:
    manifests = []
    for name in ("one", "two"):
        folder = make_project(tmp_path / name / "project")
        assert run(["run", str(folder), "--out", str(tmp_path / name / "out"), "--json"]) == 0
        manifests.append((tmp_path / name / "out" / "manifest.json").read_bytes())
    assert manifests[0] == manifests[1]


def test_only_writes_what_is_asked_for(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    assert run(["run", str(folder), "--only", "gaps", "--out", str(tmp_path / "out"), "--json"]) == 0
    assert not (tmp_path / "out" / "map").exists()
    assert run(["run", str(folder), "--only", "everything", "--out", str(tmp_path / "out")]) == 2


def test_only_layers_reads_and_conforms_and_no_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path / "project")
    assert run(["run", str(folder), "--only", "layers", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer["paths"]) == {"manifest", "layers"}
    assert sorted(item.name for item in (folder / "out").iterdir()) == ["layers.gpkg", "manifest.json", "run.log"]
    assert pyogrio.read_info(folder / "out" / "layers.gpkg", layer="towers")["features"] > 0


def without_column(folder: Path) -> None:
    make_project(folder, towers=TOWERS.replace("塔高", "高度"))


def without_file(folder: Path) -> None:
    make_project(folder)
    (folder / "towers.csv").unlink()


def with_wrong_key(folder: Path) -> None:
    make_project(folder, project=PROJECT.replace("code =", "kode ="))


def without_crs(folder: Path) -> None:
    make_project(folder, project=PROJECT.replace('crs = "EPSG:4490"\n', ""))


def with_xian_and_no_parameters(folder: Path) -> None:
    make_project(folder, project=PROJECT.replace('crs = "EPSG:4490"', 'crs = "EPSG:4610"'))


def with_elevation_elsewhere(folder: Path) -> None:
    make_project(folder)
    write_plain(folder / "dem.tif", west=80.0)


def with_no_toml(folder: Path) -> None:
    make_project(folder, project="[project\nname=")


def with_virtual_file(folder: Path) -> None:
    make_project(folder, project=PROJECT.replace('path = "towers.csv"', 'path = "towers.geojson"'))
    (folder / "towers.geojson").write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
        "</OGRVRTDataSource>"
    )


BAD_PROJECTS: dict[str, tuple[Callable[[Path], None], int, str]] = {
    "missing file": (without_file, 3, "towers.csv"),
    "missing column": (without_column, 2, "塔高"),
    "wrong key": (with_wrong_key, 2, "project.kode"),
    "layer without CRS": (without_crs, 2, "crs"),
    "Xi'an 1980 without parameters": (with_xian_and_no_parameters, 2, "seven parameters"),
    "elevation model elsewhere": (with_elevation_elsewhere, 2, "dem.tif"),
    "no TOML": (with_no_toml, 2, "TOML"),
    "file that points elsewhere": (with_virtual_file, 4, "towers.geojson"),
}


@pytest.mark.parametrize("case", BAD_PROJECTS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_bad_project_ends_with_one_clear_line(
    case: str, lang: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make, code, named = BAD_PROJECTS[case]
    make(tmp_path / "project")
    assert run(["gaps", str(tmp_path / "project"), "--lang", lang]) == code
    captured = capfd.readouterr()
    assert captured.err.count("\n") == 1, captured.err
    assert captured.err.startswith("error: " if lang == "en" else "错误：")
    assert lang == "zh" or named in captured.err
    assert "Traceback" not in captured.out + captured.err
    assert sorted(item.name for item in tmp_path.iterdir()) == ["project"]
    assert not list((tmp_path / "project").glob("out*"))


def test_missing_project_and_wrong_words_end_with_their_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", str(tmp_path)]) == 3
    assert run(["fly"]) == 2
    assert run(["gaps", "--speed", "9"]) == 2
    assert run(["check", str(tmp_path / "nowhere.gdb")]) == 3
    assert capsys.readouterr().err.count("\n") == 4


def test_output_that_cannot_be_written_is_said_and_nothing_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_project(tmp_path / "project")
    (tmp_path / "file").write_text("mine")
    assert run(["gaps", str(folder), "--out", str(tmp_path / "file" / "out")]) == 3
    assert "must be writable" in capsys.readouterr().err
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    assert run(["gaps", str(folder), "--out", str(tmp_path / "notes")]) == 4
    assert (tmp_path / "notes" / "mine.txt").read_text() == "mine"


BAD_ROWS = {
    "swapped coordinates": (TOWERS + "T3,丙站,30,4G,39.60,75.20\n", "OM-CRS-006", "rejected"),
    "text where a number must stand": (TOWERS + "T3,丙站,很高,4G,75.30,39.70\n", "OM-ATT-002", "kept"),
    "id missing": (TOWERS + ",丙站,30,4G,75.30,39.70\n", "OM-ATT-001", "rejected"),
    "coordinates missing": (TOWERS + "T3,丙站,30,4G,,\n", "OM-GEO-001", "rejected"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_row_is_a_finding_with_its_place(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    towers, rule, action = BAD_ROWS[case]
    folder = make_project(tmp_path / "project", towers=towers)
    assert run(["gaps", str(folder), "--json"]) == 0
    capsys.readouterr()
    manifest = json.loads((folder / "out-gaps" / "manifest.json").read_text(encoding="utf-8"))
    found = [one for one in manifest["findings"]["all"] if one["rule"] == rule]
    assert [(one["file"], one["row"], one["action"]) for one in found] == [("towers.csv", 4, action)]
    assert run(["gaps", str(folder), "--json", "--strict"]) == (1 if found[0]["severity"] == "error" else 0)


def test_empty_layer_is_a_finding_and_the_run_goes_on(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project", schools=SCHOOLS.splitlines()[0] + "\n")
    assert run(["gaps", str(folder), "--json"]) == 0
    manifest = json.loads((folder / "out-gaps" / "manifest.json").read_text(encoding="utf-8"))
    assert [(one["file"], one["row"]) for one in manifest["findings"]["all"]] == [("schools.csv", None)]


def test_init_writes_a_project_that_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path / "project")
    (folder / "onemap.toml").unlink()
    assert run(["init", str(folder), "--lang", "en", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {(one["path"], one["layer"]) for one in answer["sources"]} == {
        ("schools.csv", "schools"),
        ("towers.csv", "towers"),
    }
    tomllib.loads((folder / "onemap.toml").read_text(encoding="utf-8"))
    assert run(["gaps", str(folder), "--json"]) == 0
    assert run(["init", str(folder)]) == 2, "a project file is never overwritten"


def test_inspect_says_what_a_file_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path / "project")
    assert run(["inspect", str(folder / "towers.csv"), "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["files"]
    assert one["layer_kind"] == "towers"
    assert one["rows"] == 2
    assert one["crs_declared"] is None
    assert run(["inspect", str(folder / "towers.csv"), "--lang", "zh"]) == 0
    assert "towers.csv" in capsys.readouterr().out
