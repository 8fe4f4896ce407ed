"""Losses of given paths: the oracle set through every model, and what is amiss in tables."""

from __future__ import annotations

import csv
import gzip
import json
import math
from pathlib import Path

import pytest

from onemap.cli.app import run
from onemap.errors import LayerError, ProjectError, ReadError, RefusedError, WriteError
from onemap.workflows.path_losses import MODELS
from onemap.workflows.paths import PathLosses, compute_paths

ORACLE = Path(__file__).resolve().parents[1] / "reference" / "oracle"
CASE = {
    "id": "a", "n": "6", "f_GHz": "0.9", "p_pct": "50", "htg_m": "30", "hrg_m": "1.5", "pol": "2", "phi_t": "30",
    "lam_t": "100", "phi_r": "30.05", "lam_r": "100", "DN": "40", "N0": "325", "dct_km": "500", "dcr_km": "500",
    "pL_pct": "50", "sigmaL_dB": "5.5", "N0_itm": "325", "climate": "5", "eps": "15", "sig": "0.005", "mdvar": "12",
    "time": "50", "loc": "50", "sit": "50",
}  # fmt: skip
POINTS = [("a", str(i), f"{i}", f"{100 + i}", "0", "4") for i in range(6)]
PROFILE_TITLES = ("id", "i", "d_km", "h_m", "R_m", "zone")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_points(path: Path, points: list[tuple[str, ...]], titles: tuple[str, ...] = PROFILE_TITLES) -> Path:
    path.write_text("\n".join(",".join(row) for row in [titles, *points]) + "\n", encoding="utf-8")
    return path


def one_case(
    folder: Path, model: str, points: list[tuple[str, ...]] | None = None, **changed: str
) -> tuple[str, list[str]]:
    """Compute one case and give its two new cells."""
    cases = write(folder / "cases.csv", [{**CASE, **changed}])
    profiles = write_points(folder / "profiles.csv", POINTS if points is None else points)
    compute_paths(cases, profiles, folder / "out.csv", model=model)
    (row,) = read(folder / "out.csv")
    return row["loss_db"], row["note"].split("; ") if row["note"] else []


@pytest.mark.parametrize(("model", "column"), [("p1812", "Lb_P1812_dB"), ("itm", "L_ITM_dB")])
def test_random_paths_have_the_losses_of_other_programs(tmp_path: Path, model: str, column: str) -> None:
    out = tmp_path / "out.csv"
    computed = compute_paths(ORACLE / "cases.csv", ORACLE / "profiles.csv.gz", out, model=model)
    assert (computed.paths, computed.without_loss) == (200, 0)
    given, found = read(ORACLE / "cases.csv"), read(out)
    assert [{name: row[name] for name in given[0]} for row in found] == given
    for row in found:
        assert float(row["loss_db"]) == pytest.approx(float(row[column]), abs=1e-6)


def test_flags_of_itm_stand_in_the_note(tmp_path: Path) -> None:
    compute_paths(ORACLE / "cases.csv", ORACLE / "profiles.csv.gz", tmp_path / "out.csv", model="itm")
    for row in read(tmp_path / "out.csv"):
        flags = [note for note in row["note"].split("; ") if note.startswith("itm_warn:")]
        assert flags == ([f"itm_warn:{row['itm_warn']}"] if row["itm_warn"] != "0x0" else [])


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_a_loss(tmp_path: Path, model: str) -> None:
    loss_db, _ = one_case(tmp_path, model)
    assert 80.0 < float(loss_db) < 200.0


def test_free_space_is_that_of_the_formula(tmp_path: Path) -> None:
    loss_db, notes = one_case(tmp_path, "free-space", hrg_m="25")
    assert float(loss_db) == pytest.approx(92.4 + 20 * math.log10(0.9) + 20 * math.log10(5.0), abs=1e-6)
    assert notes == []


def test_terrain_decides_on_line_of_sight(tmp_path: Path) -> None:
    wall = [*POINTS[:3], ("a", "3", "3", "900", "0", "4"), *POINTS[4:]]
    seen, hidden = one_case(tmp_path, "rma"), one_case(tmp_path, "rma", wall)
    assert seen[1] == ["los"]
    assert hidden[1] == ["nlos"]
    assert float(hidden[0]) > float(seen[0])


@pytest.mark.parametrize(
    ("model", "changed", "note"),
    [
        ("p1812", {"f_GHz": "x"}, "no_number:f_GHz"),
        ("p1812", {"f_GHz": ""}, "no_number:f_GHz"),
        ("p1812", {"f_GHz": "inf"}, "no_number:f_GHz"),
        ("p1812", {"htg_m": "1e300"}, "impossible:htg_m"),
        ("p1812", {"phi_t": "91"}, "impossible:phi_t"),
        ("free-space", {"htg_m": "0"}, "impossible:htg_m"),
        ("free-space", {"n": "7"}, "profile_has_6_points"),
        ("free-space", {"id": "b"}, "no_profile"),
        ("p1812", {"p_pct": "0"}, "impossible:p_pct"),
        ("p1812", {"pL_pct": "100"}, "impossible:pL_pct"),
        ("p1812", {"DN": "157"}, "impossible:DN"),
        ("p1812", {"pol": "3"}, "unknown:pol"),
        ("p1812", {"sigmaL_dB": "-1"}, "impossible:sigmaL_dB"),
        ("itm", {"climate": "2.5"}, "itm_1002:unknown_climate"),
        ("itm", {"f_GHz": "26"}, "itm_1009:frequency_out_of_range"),
        ("itm", {"mdvar": "7"}, "itm_1014:unknown_mdvar"),
    ],
)
def test_row_at_fault_has_a_note_and_no_loss(tmp_path: Path, model: str, changed: dict[str, str], note: str) -> None:
    assert one_case(tmp_path, model, **changed) == ("", [note])


@pytest.mark.parametrize(
    ("model", "changed", "note"),
    [
        ("p1812", {"f_GHz": "8"}, "out_of_range:f_GHz"),
        ("p1812", {"p_pct": "80"}, "out_of_range:p_pct"),
        ("p1812", {"hrg_m": "0.5"}, "antenna_height:held"),
        ("delta-bullington", {"f_GHz": "8"}, "out_of_range:f_GHz"),
        ("rma", {"f_GHz": "0.4"}, "out_of_range:frequency"),
        ("uma", {}, "out_of_range:base_height"),
        ("hata", {"f_GHz": "2.6"}, "out_of_range:frequency"),
        ("cost231", {}, "out_of_range:frequency"),
    ],
)
def test_row_out_of_range_has_a_note_and_a_loss(tmp_path: Path, model: str, changed: dict[str, str], note: str) -> None:
    loss_db, notes = one_case(tmp_path, model, **changed)
    assert note in notes
    assert math.isfinite(float(loss_db))


@pytest.mark.parametrize(
    ("points", "note"),
    [
        (POINTS[:1], "profile_of_one_point"),
        ([*POINTS[:3], ("a", "3", "x", "1", "0", "4"), *POINTS[4:]], "no_number:d_km"),
        ([*POINTS[:3], ("a", "3", "2", "1", "0", "4"), *POINTS[4:]], "distances_do_not_rise_from_zero"),
        ([*POINTS[:5], ("a", "5", "5", "inf", "0", "4")], "impossible:h_m"),
        ([*POINTS[:5], ("a", "5", "5", "-9999", "0", "4")], "impossible:h_m"),
        ([*POINTS[:5], ("a", "5", "5", "1", "-1", "4")], "impossible:R_m"),
        ([*POINTS[:5], ("a", "5", "5", "1", "0", "2")], "unknown:zone"),
    ],
)
def test_profile_at_fault_has_a_note_and_no_loss(tmp_path: Path, points: list[tuple[str, ...]], note: str) -> None:
    assert one_case(tmp_path, "p1812", points, n=str(len(points))) == ("", [note])


def test_void_is_bridged_by_p1812_and_refused_by_itm(tmp_path: Path) -> None:
    holed = [*POINTS[:3], ("a", "3", "3", "", "0", "4"), *POINTS[4:]]
    whole, bridged = one_case(tmp_path, "p1812"), one_case(tmp_path, "p1812", holed)
    assert bridged == (whole[0], ["voids:bridged"])
    assert one_case(tmp_path, "itm", holed) == ("", ["no_number:h_m"])


def test_short_path_is_free_space(tmp_path: Path) -> None:
    near = [(*row[:2], f"0.0{row[1]}", *row[3:]) for row in POINTS]
    loss_db, notes = one_case(tmp_path, "p1812", near)
    assert notes == ["short_path:free_space"]
    assert float(loss_db) == pytest.approx(float(one_case(tmp_path, "free-space", near)[0]), abs=1e-6)


def test_uneven_points_are_taken_anew_for_itm(tmp_path: Path) -> None:
    uneven = [*POINTS[:3], ("a", "3", "3.4", "103.4", "0", "4"), *POINTS[4:]]
    loss_db, notes = one_case(tmp_path, "itm", uneven)
    assert "profile_taken_anew:even_steps" in notes
    assert float(loss_db) == pytest.approx(float(one_case(tmp_path, "itm")[0]), abs=1e-6)


def test_a_step_that_was_rounded_coarsely_does_not_shorten_the_path(tmp_path: Path) -> None:
    fine = [(*row[:2], f"{int(row[1]) / 6:.9g}", *row[3:]) for row in POINTS]
    coarse = [(*row[:2], f"{int(row[1]) / 6:.3f}", *row[3:]) for row in POINTS]  # 0.167, 0.333, 0.500 ...
    whole, rounded = (float(one_case(tmp_path, "itm", points)[0]) for points in (fine, coarse))
    assert rounded == pytest.approx(whole, abs=0.005)


def test_points_are_ordered_by_their_number(tmp_path: Path) -> None:
    assert one_case(tmp_path, "p1812", POINTS[::-1]) == one_case(tmp_path, "p1812")


def test_missing_columns_are_named(tmp_path: Path) -> None:
    cases = write(tmp_path / "cases.csv", [{name: CASE[name] for name in CASE if name not in {"DN", "pol"}}])
    profiles = write_points(tmp_path / "profiles.csv", POINTS)
    with pytest.raises(LayerError, match=r"cases\.csv must have .* it lacks: pol, DN"):
        compute_paths(cases, profiles, tmp_path / "out.csv", model="p1812")
    bare = write_points(tmp_path / "bare.csv", [row[:4] for row in POINTS], PROFILE_TITLES[:4])
    with pytest.raises(LayerError, match=r"bare\.csv must have .* it lacks: R_m, zone"):
        compute_paths(write(tmp_path / "whole.csv", [CASE]), bare, tmp_path / "out.csv", model="p1812")
    assert compute_paths(tmp_path / "whole.csv", bare, tmp_path / "out.csv", model="itm").without_loss == 0


def test_old_output_survives_a_failure(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old", encoding="utf-8")
    profiles = write_points(tmp_path / "profiles.csv", POINTS)
    cases = write(tmp_path / "cases.csv", [CASE])
    with pytest.raises(ProjectError, match="--model must be one of p1812"):
        compute_paths(cases, profiles, out, model="p526")
    with pytest.raises(ProjectError, match="--environment must be one of open"):
        compute_paths(cases, profiles, out, model="hata", environment="sea")
    with pytest.raises(ReadError, match="must exist"):
        compute_paths(tmp_path / "none.csv", profiles, out)
    assert out.read_text(encoding="utf-8") == "old"
    assert [one.name for one in tmp_path.iterdir() if "staging" in one.name] == []


def test_inputs_are_not_written_over(tmp_path: Path) -> None:
    cases, profiles = write(tmp_path / "cases.csv", [CASE]), write_points(tmp_path / "profiles.csv", POINTS)
    for path in (cases, profiles):
        before = path.read_bytes()
        with pytest.raises(RefusedError, match="must be another file than the inputs"):
            compute_paths(cases, profiles, path)
        assert path.read_bytes() == before
    with pytest.raises(WriteError):
        compute_paths(cases, profiles, tmp_path / "missing" / "out.csv", model="free-space")


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("a.csv", b"id,f_GHz,htg_m,hrg_m\n\xff\xfe,1\n", "UTF-8"),
        ("a.csv", b'id,f_GHz,htg_m,hrg_m\n"a,1\n', "must be whole"),
        ("a.csv.gz", b"id,f_GHz\n", "must be whole"),
        ("a.csv.gz", gzip.compress(b"id,f_GHz,htg_m,hrg_m\n" * 5000, mtime=0)[:60], "must be whole"),
        ("a.csv", b"x" * 2_000_000, "must fit the memory"),
        ("a.csv", b"", "it lacks: id"),
    ],
)
def test_damaged_table_is_refused(tmp_path: Path, name: str, content: bytes, match: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises((ReadError, LayerError), match=match):
        compute_paths(
            tmp_path / name, write_points(tmp_path / "profiles.csv", POINTS), tmp_path / "out.csv", model="free-space"
        )


def test_packed_output_and_second_run_keep_the_table(tmp_path: Path) -> None:
    cases, profiles = write(tmp_path / "cases.csv", [CASE]), write_points(tmp_path / "profiles.csv", POINTS)
    compute_paths(cases, profiles, tmp_path / "once.csv", model="free-space")
    again = compute_paths(tmp_path / "once.csv", profiles, tmp_path / "twice.csv.gz", model="free-space")
    assert isinstance(again, PathLosses)
    packed = gzip.decompress((tmp_path / "twice.csv.gz").read_bytes())
    assert packed == (tmp_path / "once.csv").read_bytes()


def test_short_rows_and_byte_order_mark_are_read(tmp_path: Path) -> None:
    cases = tmp_path / "cases.csv"
    cases.write_text("\ufeffid,f_GHz,htg_m,hrg_m,备注\na,0.9,30,1.5,好\na,0.9\n", encoding="utf-8")
    compute_paths(cases, write_points(tmp_path / "p.csv", POINTS), tmp_path / "out.csv", model="free-space")
    rows = read(tmp_path / "out.csv")
    assert [row["note"] for row in rows] == ["", "no_number:htg_m"]
    assert rows[0]["备注"] == "好"


def test_command_answers_people_and_scripts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases, profiles = write(tmp_path / "cases.csv", [CASE]), write_points(tmp_path / "profiles.csv", POINTS)
    words = ["path", str(cases), "--profiles", str(profiles), "--out", str(tmp_path / "out.csv"), "--model", "rma"]
    assert run([*words, "--lang", "zh"]) == 0
    assert "1 条路径" in capsys.readouterr().out
    assert run([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "path": str(tmp_path / "out.csv"),
        "model": "rma",
        "paths": 1,
        "without_loss": 0,
        "notes": {"los": 1},
    }
    assert run([*words[:-1], "p526", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["exit_code"] == 2
    assert run(["path", "--help"]) == 0
    assert "Example: onemap path" in capsys.readouterr().out
