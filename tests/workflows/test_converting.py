"""Converting: nothing is shifted, cut or dropped without a word, and an old file survives whatever happens."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from onemap.cli.app import run
from onemap.delivery.conversion.layer import LOSSES, plain_layer
from onemap.errors import CRSError, ProjectError, ReadError, RefusedError, WriteError
from onemap.messages import catalogue
from onemap.sources import list_layers, read_file
from onemap.workflows import format_writing
from onemap.workflows.converting import convert_file, target_of, write_plain
from onemap.workflows.file_staging import staged_file

PLACES = [shapely.Point(75.2, 39.6), shapely.Point(75.3, 39.7)]


def towers(path: Path, crs: str | None = "EPSG:4490", **columns: list[object]) -> Path:
    frame = gpd.GeoDataFrame({"站址编码": ["T1", "T2"], "塔高": [35.5, None], **columns}, geometry=PLACES, crs=crs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a layer without a system is meant
        pyogrio.write_dataframe(frame, path, layer="towers")
    return path


def content(path: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in path.rglob("*") if file.is_file()}


@pytest.mark.parametrize("out", ["out.shp", "out.gpkg", "out.gdb", "out.geojson", "out.parquet"])
def test_every_format_holds_an_honest_layer_whole(out: str, tmp_path: Path) -> None:
    converted = convert_file(towers(tmp_path / "in.gpkg"), tmp_path / out)
    assert not converted.refused
    source = read_file(tmp_path / out)
    assert source.frame["站址编码"].tolist() == ["T1", "T2"]
    assert source.frame["塔高"].iloc[0] == 35.5
    assert pd.isna(source.frame["塔高"].iloc[1])
    assert source.crs == "EPSG:4490"
    assert shapely.equals_exact(source.geometry, PLACES, 1e-9).all()
    assert [item.name for item in tmp_path.iterdir() if "staging" in item.name] == []


@pytest.mark.parametrize("out", ["out.shp", "out.gpkg", "out.gdb", "out.geojson", "out.parquet"])
def test_the_same_input_gives_the_same_bytes(out: str, tmp_path: Path) -> None:
    source = towers(tmp_path / "in.gpkg")
    found = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        convert_file(source, folder / out)
        found.append(content(folder))
    assert found[0] == found[1]


def test_a_loss_ends_with_1_unless_it_is_allowed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = towers(tmp_path / "in.gpkg", 很长的字段名称=["㵘村", "甲村"])
    words = ["convert", str(source), str(tmp_path / "out.shp"), "--json"]
    assert run(words) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["losses_not_allowed"] == ["characters", "names"]
    lost = {finding["rule"]: finding for finding in told["findings"]}
    assert lost["OM-OUT-004"]["values"]["rows"] == "1"
    assert lost["OM-OUT-004"]["values"]["after"] == "〓村"
    assert lost["OM-OUT-004"]["columns"] == ["很长的字段名称"]
    assert told["layers"]["towers"]["renamed"] == {"很长的字段名称": "很长的字段"}
    assert run([*words, "--allow-loss", "characters"]) == 1
    assert run([*words, "--allow-loss", "characters", "--allow-loss", "names"]) == 0
    assert run([*words, "--allow-loss", "all"]) == 0
    assert run([*words, "--encoding", "utf-8"]) == 1  # names of three characters at most
    assert run([*words, "--allow-loss", "nonsense"]) == 2


def test_every_kind_of_loss_has_its_rule() -> None:
    assert all(rule in catalogue() for rule in LOSSES.values())
    assert len(set(LOSSES.values())) == len(LOSSES)


def test_a_datum_step_is_refused_unless_it_is_declared(tmp_path: Path) -> None:
    source = towers(tmp_path / "in.gpkg", crs="EPSG:4610")
    with pytest.raises(CRSError, match="4610"):
        convert_file(source, tmp_path / "out.gpkg", to="EPSG:4490")
    assert not (tmp_path / "out.gpkg").exists()
    with pytest.raises(CRSError):
        convert_file(towers(tmp_path / "none.gpkg", crs=None), tmp_path / "out.gpkg", to="EPSG:4490")


def test_coordinates_go_through_one_operation_that_is_named(tmp_path: Path) -> None:
    converted = convert_file(towers(tmp_path / "in.gpkg"), tmp_path / "out.gpkg", to="EPSG:4534")
    (operation,) = converted.operations
    assert (operation["from"], operation["to"], operation["accuracy_m"]) == ("EPSG:4490", "EPSG:4534", 0.0)
    moved = read_file(tmp_path / "out.gpkg")
    assert moved.crs == "EPSG:4534"
    expected = Transformer.from_crs("EPSG:4490", "EPSG:4534", always_xy=True).transform(75.2, 39.6)
    assert (moved.geometry[0].x, moved.geometry[0].y) == pytest.approx(expected, abs=1e-6)
    back = convert_file(tmp_path / "out.gpkg", tmp_path / "back.gpkg", to="EPSG:4490")
    assert not back.findings
    assert shapely.equals_exact(read_file(tmp_path / "back.gpkg").geometry, PLACES, 1e-11).all()


def test_a_declared_system_wins_and_an_offset_one_is_undone(tmp_path: Path) -> None:
    source = towers(tmp_path / "in.gpkg", crs=None)
    convert_file(source, tmp_path / "out.gpkg", crs="GCJ-02", to="EPSG:4490")
    moved = read_file(tmp_path / "out.gpkg").geometry[0]
    assert 100 < 111_000 * np.hypot(moved.x - 75.2, moved.y - 39.6) < 1000


def test_all_layers_of_a_file_go_into_a_format_of_several(tmp_path: Path) -> None:
    source = towers(tmp_path / "in.gpkg")
    pyogrio.write_dataframe(pd.DataFrame({"code": [1]}), source, layer="a table (1)")
    convert_file(source, tmp_path / "out.gdb")
    assert [info.name for info in list_layers(tmp_path / "out.gdb")] == ["towers", "a_table__1_"]
    convert_file(source, tmp_path / "one.gpkg", layer="a table (1)")
    assert [info.name for info in list_layers(tmp_path / "one.gpkg")] == ["a table (1)"]
    with pytest.raises(ReadError, match="towers"):
        convert_file(source, tmp_path / "out.parquet")


def test_wrong_words_are_said(tmp_path: Path) -> None:
    source = towers(tmp_path / "in.gpkg")
    with pytest.raises(ProjectError, match="must end in one of"):
        convert_file(source, tmp_path / "out.docx")
    with pytest.raises(ProjectError, match="gbk or utf-8"):
        convert_file(source, tmp_path / "out.shp", encoding="big5")
    with pytest.raises(ProjectError, match=r"db:schema\.table"):
        convert_file(source, "db:raw.towers")
    with pytest.raises(RefusedError, match="must not be the file"):
        convert_file(source, source)
    with pytest.raises(RefusedError, match="file on this machine"):
        convert_file("https://example.org/towers.gpkg", tmp_path / "out.gpkg")


@pytest.mark.parametrize("out", ["out.shp", "out.gpkg", "out.gdb", "out.geojson", "out.parquet"])
def test_an_old_file_survives_a_failure(out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "made" / out
    target.parent.mkdir()
    convert_file(towers(tmp_path / "in.gpkg"), target)
    before = content(target.parent)
    other = towers(tmp_path / "other.gpkg", note=["x", "y"])
    monkeypatch.setattr(format_writing, "compare", lambda *_: converting_proof("cell by cell"))
    with pytest.raises(WriteError, match="cell by cell"):
        convert_file(other, target)
    assert content(target.parent) == before
    monkeypatch.undo()
    convert_file(other, target)
    assert "note" in read_file(target).frame
    assert content(target.parent) != before


def converting_proof(problem: str) -> object:
    from onemap.delivery.conversion.comparison import Proof

    return Proof(problem, ())


def test_what_the_file_holds_is_compared_with_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = plain_layer("t", pd.DataFrame({"a": [1, 2]}), np.array(PLACES, dtype=object), crs="EPSG:4490")
    other = plain_layer("t", pd.DataFrame({"a": [1, 3]}), np.array(PLACES, dtype=object), crs="EPSG:4490")
    moved = plain_layer("t", pd.DataFrame({"a": [1, 2]}), np.array(PLACES[::-1], dtype=object), crs="EPSG:4490")
    plan = format_writing.plan_layer
    target = target_of(Path("out.parquet"))
    for number, wrong in enumerate((other, moved)):
        spoiled = type(target)(target.form, lambda _, path, wrong=wrong: target.write([plan(wrong, "parquet")], path))
        with pytest.raises(WriteError, match=r"row 2 holds 3, not 2|shape of row 1"):
            write_plain(layer, tmp_path / f"{number}.parquet", target=spoiled)


def test_parts_of_a_shapefile_that_no_new_one_has_go(tmp_path: Path) -> None:
    convert_file(towers(tmp_path / "in.gpkg"), tmp_path / "out.shp")
    (tmp_path / "out.qix").write_bytes(b"an index of the old file")
    (tmp_path / "output.shp").write_bytes(b"another file")
    convert_file(towers(tmp_path / "other.gpkg"), tmp_path / "out.shp")
    assert not (tmp_path / "out.qix").exists()
    assert (tmp_path / "output.shp").read_bytes() == b"another file"


@pytest.mark.parametrize("at", range(1, 8))
def test_a_kill_while_parts_are_put_in_place_leaves_old_or_new(at: int, tmp_path: Path) -> None:
    for name in (".shp", ".dbf", ".shx"):
        (tmp_path / f"out{name}").write_text("old")
    script = f"""
        import os, pathlib, signal
        from onemap.workflows.file_staging import staged_file
        rename, calls = pathlib.Path.rename, []
        def counted(self, target):
            calls.append(1)
            if len(calls) == {at}:
                os.kill(os.getpid(), signal.SIGKILL)
            return rename(self, target)
        pathlib.Path.rename = counted
        with staged_file(pathlib.Path({str(tmp_path / "out.shp")!r})) as path:
            for name in (".shp", ".dbf", ".shx"):
                path.with_suffix(name).write_text("new")
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert ended.returncode == (-signal.SIGKILL if at <= 6 else 0)
    error = ReadError("file_missing", path="x")  # only to have what was left put right
    with pytest.raises(ReadError), staged_file(tmp_path / "out.shp"):
        raise error
    left = {item.name: item.read_text() for item in tmp_path.iterdir()}
    assert left in ({f"out{name}": words for name in (".shp", ".dbf", ".shx")} for words in ("old", "new"))
    assert (set(left.values()) == {"new"}) == (at > 6)


def test_staging_touches_nothing_of_others(tmp_path: Path) -> None:
    busy = tmp_path / f"out.gpkg.staging-{os.getppid()}"
    busy.mkdir()
    (busy / "out.gpkg").write_text("theirs")
    with staged_file(tmp_path / "out.gpkg") as path:
        path.write_text("ours")
    assert (tmp_path / "out.gpkg").read_text() == "ours"
    assert (busy / "out.gpkg").read_text() == "theirs"
    with pytest.raises(WriteError), staged_file(tmp_path / "nowhere" / "out.gpkg"):
        pass
