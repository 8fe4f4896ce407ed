"""VCT to other formats and back, by the command and the worker that everything is read in."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from onemap.cli.app import run
from onemap.errors import ReadError, WriteError
from onemap.sources import list_layers, read_file
from onemap.sources.batches import read_batches
from onemap.vct import open_vct
from onemap.workflows.converting import convert_file
from tests.factories import make_project
from tests.vct.writing_by_hand import HEAD_3, SQUARES_3, document, saved

SAMPLE = Path(__file__).with_name("data") / "landuse_vct_3_0.vct"


def test_sample_goes_to_a_geopackage_and_back(tmp_path: Path) -> None:
    there = convert_file(SAMPLE, tmp_path / "a.gpkg", allow_loss=["all"])
    assert set(there.layers) == {"CLKZD", "XZQJX", "DLTB", "ZJ"}
    back = convert_file(tmp_path / "a.gpkg", tmp_path / "b.vct", allow_loss=["all"])
    assert not back.refused
    with open_vct(SAMPLE) as before, open_vct(tmp_path / "b.vct") as after:
        assert before.crs == after.crs == "EPSG:4526"
        codes = {layer.name: layer.code for layer in after.layers}
        assert codes["DLTB"] == "2001010100", "the code stands in the column YSDM"
        for name in ("CLKZD", "XZQJX", "DLTB"):
            one, two = before.read(name), after.read(name)
            assert one.columns == two.columns
            assert [a.equals(b) for a, b in zip(one.geometry, two.geometry, strict=True)] == [True] * len(one.ids)
        assert len({identifier for layer in after.layers for identifier in after.read(layer).ids.tolist()}) == 6


@pytest.mark.parametrize("ending", [".gpkg", ".gdb", ".geojson", ".shp"])
def test_plots_go_to_every_format_and_back(tmp_path: Path, ending: str) -> None:
    there = convert_file(SAMPLE, tmp_path / f"a{ending}", layer="DLTB", allow_loss=["all"])
    assert list(there.layers) == ["DLTB"]
    back = convert_file(tmp_path / f"a{ending}", tmp_path / "b.vct", to="EPSG:4526", allow_loss=["all"])
    assert not back.refused
    with open_vct(SAMPLE) as before, open_vct(tmp_path / "b.vct") as after:
        one, two = before.read("DLTB"), after.read(after.layers[0])
        assert after.crs == "EPSG:4526"
        assert after.problems == ()
    assert two.columns["BZ"] == one.columns["BZ"]
    assert two.columns["TBMJ"] == one.columns["TBMJ"]
    for a, b in zip(one.geometry, two.geometry, strict=True):
        assert abs(a.area - b.area) < 0.01, "degrees of GeoJSON have so many decimals"
        assert a.hausdorff_distance(b) < 0.001


def test_inspect_lists_the_layers(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(SAMPLE)]) == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("CLKZD", "XZQJX", "DLTB", "ZJ", "4526"))


def test_layers_in_several_systems_are_refused(tmp_path: Path) -> None:
    for name, crs, place in (("a", 4490, (114, 30)), ("b", 4526, (38_500_005, 3_300_000))):
        frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(place)], crs=crs)
        pyogrio.write_dataframe(frame, tmp_path / "in.gpkg", layer=name)
    with pytest.raises(WriteError, match="one system of coordinates"):
        convert_file(tmp_path / "in.gpkg", tmp_path / "out.vct")
    assert not (tmp_path / "out.vct").exists()
    assert not convert_file(tmp_path / "in.gpkg", tmp_path / "out.vct", to="EPSG:4490").refused


def test_losses_are_listed_and_end_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = gpd.GeoDataFrame(
        {"a,b": ["x,y", "", "𠮷"]}, geometry=[shapely.Point(1, 2, 3), shapely.Point(1.00000000004, 2), None], crs=4326
    )
    pyogrio.write_dataframe(frame, tmp_path / "in.gpkg", layer="towers")
    converted = convert_file(tmp_path / "in.gpkg", tmp_path / "out.vct")
    assert set(converted.refused) == {"separators", "empty-text", "characters", "names", "height", "crs"}
    assert run(["convert", str(tmp_path / "in.gpkg"), str(tmp_path / "out.vct")]) == 1
    assert "OM-OUT-020" in capsys.readouterr().out
    read = read_file(tmp_path / "out.vct", layer="towers")
    assert read.frame["a_b"].iloc[0] == "x，y"
    assert read.frame["a_b"].iloc[2] == "〓"
    assert (read.crs, read.geometry[2]) == (None, None)


def test_departures_are_findings_with_their_line(tmp_path: Path) -> None:
    text = document(HEAD_3, SQUARES_3).replace("-11,13", "-11,14")
    source = read_file(saved(tmp_path, text))
    (finding,) = source.findings
    assert finding.rule == "OM-PKG-080"
    assert finding.values["line"] > 40
    assert "引用了文件中没有的线" in finding.message("zh")


def test_worker_lists_layers_and_reads_in_batches(tmp_path: Path) -> None:
    assert [(one.name, one.rows, one.crs) for one in list_layers(SAMPLE)][2] == ("DLTB", 3, "EPSG:4526")
    assert [len(batch.rows) for batch in read_batches(SAMPLE, layer="DLTB", batch_rows=2)] == [2, 1]
    assert read_file(SAMPLE, layer="ZJ").frame["annotation_text"].tolist() == ["水田"]
    with pytest.raises(ReadError, match="CLKZD"):
        read_file(SAMPLE)


def test_what_is_no_vct_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.vct").write_text("id,lon\n1,2\n", encoding="utf-8")
    with pytest.raises(ReadError, match="HeadBegin"):
        read_file(tmp_path / "a.vct")
    shutil.copy(SAMPLE, tmp_path / "a.csv")
    with pytest.raises(ReadError, match="VCT"):
        read_file(tmp_path / "a.csv")


@pytest.mark.slow
def test_a_project_runs_on_towers_in_vct(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    assert not convert_file(folder / "towers.csv", folder / "towers.vct", to="EPSG:4490", allow_loss=["all"]).refused
    project = (folder / "onemap.toml").read_text(encoding="utf-8").replace("towers.csv", "towers.vct")
    (folder / "towers.csv").unlink()
    (folder / "onemap.toml").write_text(project, encoding="utf-8")
    assert run(["run", str(folder), "--out", str(tmp_path / "out"), "--only", "layers"]) in {0, 1}
    (towers,) = [
        one
        for one in (tmp_path / "out").rglob("*.gpkg")
        if "towers" in {layer for layer, _ in pyogrio.list_layers(one)}
    ]
    assert len(pyogrio.read_dataframe(towers, layer="towers")) == 2
