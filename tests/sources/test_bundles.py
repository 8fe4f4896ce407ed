"""Folders and archives of files: every layer in them can be listed, named and read, and nothing is overlooked."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from onemap.errors import ReadError, RefusedError
from onemap.sources import Reader, list_layers, open_reader, read_file


def sites(*names: str) -> gpd.GeoDataFrame:
    places = [shapely.Point(75 + at / 10, 39) for at in range(len(names))]
    return gpd.GeoDataFrame({"名称": list(names)}, geometry=places, crs="EPSG:4490")


def shapefile(path: Path, *names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pyogrio.write_dataframe(sites(*names), path, encoding="GBK")
    return path


def zipped(folder: Path, path: Path, *, name_encoding: str = "utf-8") -> Path:
    renamed = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for at, file in enumerate(sorted(file for file in folder.rglob("*") if file.is_file())):
            name = file.relative_to(folder).as_posix()
            if name_encoding != "utf-8":  # as Windows packs: the bytes of its code page, without a flag for UTF-8
                raw = name.encode(name_encoding)
                name = str(at).zfill(len(raw))
                renamed.append((name.encode(), raw))
            archive.write(file, name)
    content = path.read_bytes()
    for made, raw in renamed:
        content = content.replace(made, raw)
    path.write_bytes(content)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "报送"
    shapefile(root / "站址.shp", "甲站", "乙站")
    shapefile(root / "道路" / "国道.shp", "起点")
    sites("丙站").to_file(root / "more.gpkg", layer="机房")
    with pd.ExcelWriter(root / "表.xlsx") as book:
        pd.DataFrame({"编码": ["1"], "名称": ["丁"]}).to_excel(book, sheet_name="一", index=False)
        pd.DataFrame({"编码": ["2"], "名称": ["戊"]}).to_excel(book, sheet_name="二", index=False)
    (root / "说明.txt").write_text("联系人：张三", encoding="utf-8")
    (root / "图.pdf").write_bytes(b"%PDF-1.4")
    return root


LAYERS = ["more.gpkg#机房", "站址.shp", "表.xlsx#一", "表.xlsx#二", "道路/国道.shp"]


@pytest.mark.parametrize("is_zip", [False, True], ids=["folder", "zip"])
def test_layers_of_all_files_are_listed_and_read(tmp_path: Path, folder: Path, reader: Reader, *, is_zip: bool) -> None:
    path = zipped(folder, tmp_path / "报送.zip") if is_zip else folder
    infos = list_layers(path, reader=reader)
    assert [info.name for info in infos] == LAYERS
    assert [info.problem for info in infos] == [None] * 5
    for info in infos:
        source = read_file(path, layer=info.name, reader=reader)
        assert (source.path, source.layer, len(source.rows)) == (path, info.name, info.rows)
        assert source.driver == info.driver
    towers = read_file(path, layer="站址.shp", reader=reader)
    assert (towers.frame["名称"].tolist(), towers.encoding) == (["甲站", "乙站"], "gbk")
    assert read_file(path, layer="国道", reader=reader).frame["名称"].tolist() == ["起点"]
    with pytest.raises(ReadError, match=r"must be named, it holds: more\.gpkg#机房"):
        read_file(path, reader=reader)
    with pytest.raises(ReadError, match="must hold the layer 光缆"):
        read_file(path, layer="光缆", reader=reader)


def test_what_is_not_read_is_named_once(folder: Path, reader: Reader) -> None:
    first = read_file(folder, layer=LAYERS[0], reader=reader)
    assert [(one.rule, one.values["names"]) for one in first.findings] == [("OM-PKG-045", "图.pdf、说明.txt")]
    assert read_file(folder, layer=LAYERS[1], reader=reader).findings == ()


def test_a_zip_of_one_shapefile_needs_no_name(tmp_path: Path, reader: Reader) -> None:
    shapefile(tmp_path / "in" / "站址.shp", "甲站")
    path = zipped(tmp_path / "in", tmp_path / "a.zip")
    source = read_file(path, reader=reader)
    assert (source.layer, source.driver, source.frame["名称"].tolist()) == ("站址.shp", "ESRI Shapefile", ["甲站"])


def test_names_that_windows_packed_are_chinese(tmp_path: Path, reader: Reader) -> None:
    shapefile(tmp_path / "in" / "县" / "站址.shp", "甲站")
    path = zipped(tmp_path / "in", tmp_path / "a.zip", name_encoding="gbk")
    assert [info.name for info in list_layers(path, reader=reader)] == ["县/站址.shp"]


def test_the_only_file_with_rows_is_taken(tmp_path: Path, reader: Reader) -> None:
    shapefile(tmp_path / "a" / "空.shp")
    shapefile(tmp_path / "a" / "站址.shp", "甲站")
    assert read_file(tmp_path / "a", reader=reader).layer == "站址.shp"


def test_a_file_that_cannot_be_read_is_an_entry_with_its_problem(tmp_path: Path, reader: Reader) -> None:
    shapefile(tmp_path / "a" / "站址.shp", "甲站")
    (shapefile(tmp_path / "a" / "光缆.shp", "乙")).with_suffix(".dbf").unlink()
    (tmp_path / "a" / "图.dwg").write_bytes(b"AC1018" + b"\0" * 100)
    infos = {info.name: info.problem for info in list_layers(tmp_path / "a", reader=reader)}
    assert infos["站址.shp"] is None
    assert infos["光缆.shp"].rule == "OM-PKG-025"
    assert isinstance(infos["图.dwg"], RefusedError)
    with pytest.raises(ReadError, match=r"a/光缆\.shp is missing"):
        read_file(tmp_path / "a", layer="光缆.shp", reader=reader)
    with pytest.raises(ReadError, match="must be named"):
        read_file(tmp_path / "a", reader=reader)


def test_errors_in_an_archive_name_the_archive(tmp_path: Path, reader: Reader) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_bytes(b'id,name\n1,"open\n')
    path = zipped(tmp_path / "in", tmp_path / "a.zip")
    with pytest.raises(ReadError, match=rf"{path}/a\.csv"):
        read_file(path, reader=reader)


def test_a_bundle_without_data_says_so(tmp_path: Path, reader: Reader) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "图.pdf").write_bytes(b"%PDF-1.4")
    with pytest.raises(ReadError, match="must hold a layer, it holds none"):
        read_file(tmp_path / "a", reader=reader)


def test_an_archive_is_unpacked_once_and_gone_after(tmp_path: Path, folder: Path) -> None:
    path = zipped(folder, tmp_path / "a.zip")
    places = []
    with open_reader() as reader:
        list_layers(path, reader=reader)
        for archive in (path, path, Path(shutil.copy(path, tmp_path / "b.zip"))):
            read_file(archive, layer="站址.shp", reader=reader)
            with reader.unpacked(archive, "ZIP") as place:
                places.append(place)
        assert places[0] == places[1] != places[2]
        assert [place.exists() for place in places] == [False, False, True]
    assert not places[2].exists()


KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>{}</name>{}</Document></kml>'
PLACE = "<Placemark><name>{}</name><Point><coordinates>75.1,39.5</coordinates></Point></Placemark>"


def kmz(path: Path, *texts: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for at, text in enumerate(texts):
            archive.writestr("doc.kml" if at == 0 else f"files/更多{at}.kml", text)
        archive.writestr("images/icon.png", b"\x89PNG\r\n")
    return path


def test_a_kmz_is_its_kml(tmp_path: Path, reader: Reader) -> None:
    path = kmz(tmp_path / "a.kmz", KML.format("站址", PLACE.format("甲站")))
    source = read_file(path, reader=reader)
    assert (source.layer, source.driver, source.crs) == ("站址", "KMZ", "EPSG:4326")
    assert source.frame["Name"].tolist() == ["甲站"]
    assert [(info.name, info.driver) for info in list_layers(path, reader=reader)] == [("站址", "KMZ")]


def test_every_kml_of_a_kmz_is_a_layer(tmp_path: Path, reader: Reader) -> None:
    texts = [KML.format("站址", PLACE.format("甲站")), KML.format("机房", PLACE.format("乙"))]
    path = kmz(tmp_path / "a.kmz", *texts)
    assert [info.name for info in list_layers(path, reader=reader)] == ["doc.kml#站址", "files/更多1.kml#机房"]
    source = read_file(path, layer="files/更多1.kml#机房", reader=reader)
    assert source.frame["Name"].tolist() == ["乙"]
