"""The text of a Shapefile comes out right whatever its .cpg says, and missing or cut parts are named."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from onemap.errors import ReadError
from onemap.sources import Reader, list_layers, read_file

TEXT = ["示范县电信站", "路口", "山口站"]


def shapefile(folder: Path, encoding: str, text: list[str] | None = None, *, name: str = "名称") -> Path:
    path = folder / "sites.shp"
    points = gpd.GeoDataFrame({name: text or TEXT}, geometry=[shapely.Point(75, 39)] * 3, crs="EPSG:4490")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        pyogrio.write_dataframe(points, path, encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["GBK", "GB18030", "UTF-8"])
def test_a_declared_encoding_is_taken(tmp_path: Path, reader: Reader, encoding: str) -> None:
    source = read_file(shapefile(tmp_path, encoding), reader=reader)
    assert (source.frame["名称"].tolist(), source.findings) == (TEXT, ())


@pytest.mark.parametrize("declared", ["936", "CP936", "ANSI 936", "gb2312", "GBK\r\n"])
def test_the_names_of_gbk_are_known(tmp_path: Path, reader: Reader, declared: str) -> None:
    path = shapefile(tmp_path, "GBK")
    path.with_suffix(".cpg").write_text(declared)
    source = read_file(path, reader=reader)
    assert (source.frame["名称"].tolist(), source.findings) == (TEXT, ())


@pytest.mark.parametrize(("encoding", "taken"), [("GBK", "gb18030"), ("UTF-8", "utf-8")])
def test_without_cpg_the_bytes_decide(tmp_path: Path, reader: Reader, encoding: str, taken: str) -> None:
    path = shapefile(tmp_path, encoding)
    path.with_suffix(".cpg").unlink()
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[29] = 0
    path.with_suffix(".dbf").write_bytes(dbf)
    source = read_file(path, reader=reader)
    assert (source.frame["名称"].tolist(), source.encoding) == (TEXT, taken)
    assert [(finding.rule, finding.values["encoding"]) for finding in source.findings] == [("OM-ENC-001", taken)]


@pytest.mark.parametrize("declared", ["UTF-8", "ISO-8859-1", "88591", "klingon", "1252"])
def test_a_cpg_that_the_bytes_contradict_is_said(tmp_path: Path, reader: Reader, declared: str) -> None:
    path = shapefile(tmp_path, "GBK")
    path.with_suffix(".cpg").write_text(declared)
    source = read_file(path, reader=reader)
    assert source.frame["名称"].tolist() == TEXT
    assert [finding.rule for finding in source.findings] == ["OM-ENC-004"]
    assert list_layers(path, reader=reader)[0].fields == ("名称",)


def test_french_text_declared_as_latin_stays_french(tmp_path: Path, reader: Reader) -> None:
    text = ["école", "Sant Julià de Lòria", "Élan"]
    source = read_file(shapefile(tmp_path, "ISO-8859-1", text, name="nom"), reader=reader)
    assert (source.frame["nom"].tolist(), source.findings) == (text, ())


def test_an_encoding_that_is_given_wins(tmp_path: Path, reader: Reader) -> None:
    path = shapefile(tmp_path, "GBK")
    path.with_suffix(".cpg").write_text("UTF-8")
    source = read_file(path, encoding="gb18030", reader=reader)
    assert (source.frame["名称"].tolist(), source.findings) == (TEXT, ())


def test_a_column_name_cut_within_a_character_can_be_read(tmp_path: Path, reader: Reader) -> None:
    path = shapefile(tmp_path, "UTF-8", name="名称")
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[32:43] = "站址编码".encode()[:10] + b"\0"
    path.with_suffix(".dbf").write_bytes(dbf)
    source = read_file(path, reader=reader)
    assert source.frame.columns.tolist() == ["站址编"]
    assert source.frame["站址编"].tolist() == TEXT
    assert "OM-ENC-003" in [finding.rule for finding in source.findings]


def test_a_missing_projection_means_no_crs(tmp_path: Path, reader: Reader) -> None:
    path = shapefile(tmp_path, "GBK")
    path.with_suffix(".prj").unlink()
    assert read_file(path, reader=reader).crs is None


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_missing_part_is_named(tmp_path: Path, reader: Reader, suffix: str) -> None:
    path = shapefile(tmp_path, "GBK")
    path.with_suffix(suffix).unlink()
    with pytest.raises(ReadError, match=f"sites{suffix} of .* is missing"):
        read_file(path, reader=reader)


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf"])
@pytest.mark.parametrize("cut_bytes", [20, 60])
def test_a_part_cut_short_is_named(tmp_path: Path, reader: Reader, suffix: str, cut_bytes: int) -> None:
    part = shapefile(tmp_path, "GBK").with_suffix(suffix)
    part.write_bytes(part.read_bytes()[:-cut_bytes])
    with pytest.raises(ReadError, match=rf"sites\{suffix} .*cut short|sites\.shp must belong together"):
        read_file(tmp_path / "sites.shp", reader=reader)


def test_parts_of_two_files_are_refused(tmp_path: Path, reader: Reader) -> None:
    path = shapefile(tmp_path, "GBK")
    other = tmp_path / "other"
    other.mkdir()
    points = gpd.GeoDataFrame({"a": ["x"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    pyogrio.write_dataframe(points, other / "sites.shp")
    (other / "sites.dbf").replace(path.with_suffix(".dbf"))
    with pytest.raises(ReadError, match="3 shapes and 1 table rows"):
        read_file(path, reader=reader)


def test_parts_in_capitals_are_found(tmp_path: Path, reader: Reader) -> None:
    path = shapefile(tmp_path, "GBK")
    for part in tmp_path.iterdir():
        part.rename(part.with_suffix(part.suffix.upper()))
    assert read_file(path.with_suffix(".SHP"), reader=reader).frame["名称"].tolist() == TEXT
