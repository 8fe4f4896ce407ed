"""Hostile and damaged input is turned away with one clear sentence, and nothing it names is touched."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4

import geopandas as gpd
import openpyxl
import pytest
import shapely

from onemap.errors import OnemapError, ReadError, RefusedError
from onemap.sources import Reader, read_file, read_raster, sniff
from onemap.sources.guard import FORMATS

CANARY = "canary-7f3a"
VRT = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{target}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
SERVICES = {
    "wfs": "<OGRWFSDataSource><URL>{target}</URL></OGRWFSDataSource>",
    "capabilities": '<?xml version="1.0"?><wfs:WFS_Capabilities xmlns:wfs="x"><a>{target}</a></wfs:WFS_Capabilities>',
    "raster": '<VRTDataset rasterXSize="1" rasterYSize="1"><SourceFilename>{target}</SourceFilename></VRTDataset>',
    "command": '{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read {target} ! write x"}}',
    "tiles": '{{"tilejson": "2.2.0", "tiles": ["{target}"]}}',
    "wms": "<GDAL_WMS><Service><ServerUrl>{target}</ServerUrl></Service></GDAL_WMS>",
}
SUFFIXES = [".geojson", ".gpkg", ".shp", ".kml", ".csv", ".tif"]


class Listener:
    """A port on this machine that counts who calls."""

    def __init__(self) -> None:
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            connection.close()

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)):
            pass
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=5)


@pytest.fixture
def listener() -> Iterator[Listener]:
    opened = Listener()
    yield opened
    opened.close()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_virtual_dataset_in_disguise_is_refused(tmp_path: Path, reader: Reader, suffix: str) -> None:
    (tmp_path / "secret.csv").write_text(f"id,word\n1,{CANARY}\n", encoding="utf-8")
    path = tmp_path / f"towers{suffix}"
    path.write_text("\n  " + VRT.format(target=tmp_path / "secret.csv"), encoding="utf-8")
    with pytest.raises(RefusedError, match="points to other files or services") as caught:
        read_file(path, reader=reader)
    assert CANARY not in caught.value.text("zh") + str(caught.value)


@pytest.mark.parametrize("suffix", [".geojson", ".kml", ".shp", ".json"])
@pytest.mark.parametrize("service", SERVICES)
def test_no_content_makes_us_call_anyone(  # noqa: PLR0917
    tmp_path: Path, reader: Reader, listener: Listener, suffix: str, service: str
) -> None:
    path = tmp_path / f"towers{suffix}"
    path.write_text(SERVICES[service].format(target=f"http://127.0.0.1:{listener.port}/a.csv"), encoding="utf-8")
    with pytest.raises(RefusedError, match="points to other files or services"):
        read_file(path, reader=reader)
    path.write_text(VRT.format(target=f"/vsicurl/http://127.0.0.1:{listener.port}/a.csv"), encoding="utf-8")
    with pytest.raises(RefusedError, match="points to other files or services"):
        read_file(path, reader=reader)
    assert listener.calls == 0


def test_behind_the_sniff_the_worker_has_no_such_driver(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.csv").write_text(f"id,word\n1,{CANARY}\n", encoding="utf-8")
    monkeypatch.setattr("onemap.sources.reader.sniff", lambda _path: "GeoJSON")
    path = tmp_path / "towers.geojson"
    for target in (tmp_path / "secret.csv", f"/vsicurl/http://127.0.0.1:{listener.port}/a.csv"):
        path.write_text(VRT.format(target=target), encoding="utf-8")
        with pytest.raises(ReadError, match="must be whole"):
            read_file(path)
    assert listener.calls == 0


@pytest.mark.parametrize(
    "path",
    [
        "/vsicurl/http://127.0.0.1/a.gpkg",
        "/VSIZIP/a.zip/a.shp",
        "https://example.org/a.geojson",
        "PG:dbname=a",
        "GeoJSON:/etc/passwd",
        "CSV:/etc/passwd",
        "file:///etc/passwd",
        "a\0.csv",
    ],
)
def test_what_is_no_plain_path_is_refused(path: str) -> None:
    with pytest.raises(RefusedError, match="must be a file on this machine"):
        sniff(path)


def test_devices_pipes_and_folders_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "pipe.csv", tmp_path / "folder.csv", Path("/dev/zero")):
        with pytest.raises(RefusedError, match="must be a regular file"):
            sniff(path)


def test_a_link_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.csv").write_text("a\n1\n")
    (inside / "towers.csv").symlink_to(outside / "secret.csv")
    with pytest.raises(RefusedError, match="a link that leads out of its folder"):
        sniff(inside / "towers.csv")


def test_an_unknown_format_lists_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "towers.dgn").write_bytes(b"\x08\x09\xfe\x02")
    with pytest.raises(ReadError, match=r"\.shp \.gpkg"):
        sniff(tmp_path / "towers.dgn")


@pytest.mark.parametrize("suffix", [suffix for suffix in FORMATS if suffix != ".gdb"])
@pytest.mark.parametrize("content", [b"\x00\x01\x02\xff" * 400, b"", b"PK\x03\x04garbage", b"\xff\xfe\x00"])
def test_garbage_is_a_clear_error_under_every_extension(
    tmp_path: Path, reader: Reader, suffix: str, content: bytes
) -> None:
    path = tmp_path / f"towers{suffix}"
    path.write_bytes(content)
    read = read_raster if FORMATS[suffix] == "GTiff" else read_file
    with pytest.raises(ReadError, match="towers"):
        read(path, reader=reader)


@pytest.mark.parametrize(
    ("suffix", "head"),
    [
        (".gpkg", b"SQLite format 3\x00"),
        (".shp", b"\x00\x00\x27\x0a"),
        (".geojson", b'{"type": "FeatureCollection", "features": ['),
        (".kml", b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'),
        (".tif", b"II*\x00"),
    ],
)
def test_a_right_beginning_with_garbage_behind_is_a_clear_error(
    tmp_path: Path, reader: Reader, suffix: str, head: bytes
) -> None:
    path = tmp_path / f"towers{suffix}"
    path.write_bytes(head + b"\x07\x80\xff" * 200)
    read = read_raster if suffix == ".tif" else read_file
    with pytest.raises(ReadError, match="towers"):
        read(path, reader=reader)


def test_a_geodatabase_of_garbage_is_a_clear_error(tmp_path: Path, reader: Reader) -> None:
    folder = tmp_path / "planning.gdb"
    folder.mkdir()
    with pytest.raises(ReadError, match="must be what its extension"):
        read_file(folder, reader=reader)
    (folder / "a00000001.gdbtable").write_bytes(b"\x03\x00\x00\x00" + b"\xff" * 500)
    with pytest.raises(ReadError, match="planning"):
        read_file(folder, reader=reader)


def test_a_workbook_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<a/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 100_000_000)
    with pytest.raises(RefusedError, match="must not unpack"):
        sniff(path)


def test_entities_in_a_workbook_are_refused(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.xlsx"
    openpyxl.Workbook().save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/extra.xml", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>')
    with pytest.raises(RefusedError, match="must not declare XML entities"):
        read_file(path, reader=reader)


def test_entities_in_kml_bring_nothing_in(tmp_path: Path, reader: Reader) -> None:
    (tmp_path / "secret.txt").write_text(CANARY)
    path = tmp_path / "a.kml"
    path.write_text(
        f'<!DOCTYPE kml [<!ENTITY b SYSTEM "file://{tmp_path}/secret.txt">]><kml xmlns="http://www.opengis.net/kml/2.2">'
        "<Placemark><name>&b;</name><Point><coordinates>75,39</coordinates></Point></Placemark></kml>"
    )
    try:
        content = read_file(path, reader=reader).frame.to_csv()
    except OnemapError as error:
        content = str(error)
    assert CANARY not in content


def geopackage(path: Path, word: str) -> Path:
    """Write a GeoPackage of one word, under a name that GDAL would not take."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = Path(gettempdir()) / f"{uuid4().hex}.gpkg"
    gpd.GeoDataFrame({"word": [word]}, geometry=[shapely.Point(75, 39)], crs=4490).to_file(plain, layer="a")
    return Path(shutil.move(plain, path))


def test_folder_with_an_exclamation_mark_leads_nowhere_else(tmp_path: Path, reader: Reader) -> None:
    secret = geopackage(tmp_path / "secret" / "a.gpkg", CANARY)
    inside = geopackage(Path(f"{tmp_path / 'in' / 'x!'}{secret}"), "inside")
    assert read_file(inside, reader=reader).frame["word"].tolist() == ["inside"]


@pytest.mark.parametrize(
    "name", ["a;b.gpkg", "a!b.gpkg", "a.zip!b.gpkg", "a#b?c%20.gpkg", "站!址.gpkg", "a b'c\"d.gpkg"]
)
def test_name_is_taken_as_it_stands(name: str, tmp_path: Path, reader: Reader) -> None:
    path = geopackage(tmp_path / name, "word")
    assert read_file(path, reader=reader).frame["word"].tolist() == ["word"]
