"""What `inspect` says of files: good ones, bad ones beside them, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onemap.cli.app import run

TOWERS = "站址编码,塔高(m),经度,纬度\nT1,30,75.2,39.5\n"


def test_bad_file_does_not_hide_the_good_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "towers.csv").write_text(TOWERS, encoding="utf-8")
    (tmp_path / "letter.docx").write_bytes(b"PK\x03\x04")
    words = [str(tmp_path / name) for name in ("letter.docx", "none.csv", "towers.csv")]
    assert run(["inspect", *words, "--json"]) == 3
    answer = json.loads(capsys.readouterr().out)
    assert [one["exit_code"] for one in answer["files"]] == [3, 3, 0]
    assert [one["findings"][0]["rule"] for one in answer["files"][:2]] == ["OM-PKG-018", "OM-PKG-011"]
    assert answer["files"][2]["layer_kind"] == "towers"


def test_refused_file_is_the_worst_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "towers.geojson").write_text("<OGRVRTDataSource></OGRVRTDataSource>")
    words = [str(tmp_path / name) for name in ("none.csv", "towers.geojson")]
    assert run(["inspect", *words, "--json"]) == 4
    found = json.loads(capsys.readouterr().out)["files"][1]["findings"][0]
    assert (found["rule"], found["severity"]) == ("OM-SEC-004", "fatal")
    assert found["message"]
    assert found["hint"]


def test_one_file_gives_its_keys_at_the_top(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "towers.csv").write_text(TOWERS, encoding="utf-8")
    assert run(["inspect", str(tmp_path / "towers.csv"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {"driver", "encoding", "crs_declared", "crs_likely", "layer_kind", "rows", "findings"} <= set(answer)
    assert (answer["driver"], answer["encoding"], answer["rows"]) == ("CSV", "utf-8", 1)


def test_error_of_a_command_is_one_json_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "nowhere"), "--json"]) == 3
    answer = json.loads(capsys.readouterr().out)
    assert set(answer["error"]) == {"rule", "message", "exit_code"}
    assert answer["error"]["exit_code"] == 3
    assert "nowhere" in answer["error"]["message"]
