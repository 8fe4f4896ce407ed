"""A file is taken for what it is, whatever it is called, and the message says what that is."""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onemap.errors import OnemapError, ReadError, RefusedError
from onemap.sources import sniff
from onemap.sources.guard import FOLDER, FORMATS
from onemap.sources.guard.definitions import refuse_definition
from onemap.sources.guard.opening import opening_of, read_opening
from tests.factories import write_plain

POINTS = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=gpd.points_from_xy([75.2, 75.3], [39.6, 39.7]), crs=4490)
BY_GDAL = {
    ".shp": "ESRI Shapefile", ".gpkg": "GPKG", ".gdb": "OpenFileGDB", ".geojson": "GeoJSON", ".kml": "KML",
    ".tab": "MapInfo File", ".mif": "MapInfo File", ".gml": "GML", ".fgb": "FlatGeobuf", ".gpx": "GPX", ".dxf": "DXF",
}  # fmt: skip
KML = b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"/>'


def written(folder: Path, suffix: str) -> Path:
    """Write a file by another program than onemap."""
    path = folder / f"a{suffix}"
    if suffix in BY_GDAL:
        layer = POINTS[["geometry"]] if suffix in {".gpx", ".dxf"} else POINTS
        layer.to_crs(4326).to_file(path, driver=BY_GDAL[suffix])
    elif suffix == ".parquet":
        POINTS.to_parquet(path)
    elif suffix == ".xlsx":
        openpyxl.Workbook().save(path)
    elif suffix == ".csv":
        path.write_text("id,lon\n1,2\n")
    elif suffix == ".tif":
        write_plain(path)
    else:
        inner = {".kmz": ("doc.kml", KML), ".zip": ("a.csv", b"id\n1\n")}[suffix]
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(*inner)
    return path


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("formats")
    suffixes = [*BY_GDAL, ".parquet", ".xlsx", ".csv", ".kmz", ".zip", ".tif"]
    return {suffix: written(folder, suffix) for suffix in suffixes}


@pytest.mark.parametrize("suffix", [*BY_GDAL, ".parquet", ".xlsx", ".csv", ".kmz", ".zip", ".tif"])
def test_file_of_each_format_is_known(suffix: str, every: dict[str, Path]) -> None:
    assert sniff(every[suffix]) == FORMATS[suffix]


@pytest.mark.parametrize(
    "wrong", [".shp", ".gpkg", ".kml", ".xlsx", ".xls", ".fgb", ".parquet", ".tif", ".dxf", ".gml"]
)
@pytest.mark.parametrize(
    "suffix", [".gpkg", ".shp", ".geojson", ".kml", ".csv", ".xlsx", ".fgb", ".parquet", ".tif", ".dxf"]
)
def test_wrong_extension_is_named_with_the_right_format(
    suffix: str, wrong: str, every: dict[str, Path], tmp_path: Path
) -> None:
    if FORMATS[suffix] == FORMATS[wrong]:
        return
    path = tmp_path / f"a{wrong}"
    path.write_bytes(every[suffix].read_bytes())
    with pytest.raises(ReadError) as caught:
        sniff(path)
    assert caught.value.rule == "OM-PKG-075"
    content = {"CSV": "text"}.get(FORMATS[suffix], FORMATS[suffix])
    assert f"it is {content};" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xls", b"<html><body><table><tr><td>1</td></tr></table></body></html>", "HTML"),
        ("a.xls", b"\xef\xbb\xbf\r\n<table border=1>", "HTML"),
        ("a.xls", b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?><Workbook xmlns='a'/>", "Excel 2003"),
        ("a.xls", "编码\t经度\r\n1\t75\r\n".encode("gbk"), "text"),
        ("a.xls", b"PK\x05\x06" + b"\0" * 18, "ZIP"),
        ("a.xlsx", b"%PDF-1.7", "PDF"),
        ("a.tif", b"\x89PNG\r\n\x1a\n", "PNG"),
        ("a.shp", b"\x1f\x8b\x08\0", "gzip"),
    ],
)
def test_file_in_disguise_is_named(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError) as caught:
        sniff(tmp_path / name)
    assert caught.value.rule == "OM-PKG-075"
    assert said in str(caught.value)


@pytest.mark.parametrize("stream", ["Workbook", "Book", "WordDocument", "EncryptedPackage"])
def test_compound_files_are_told_apart_by_their_streams(stream: str, tmp_path: Path) -> None:
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504)
    header[30:32], header[48:52] = (9).to_bytes(2, "little"), (0).to_bytes(4, "little")
    name = stream.encode("utf-16-le")
    entry = name.ljust(64, b"\0") + (len(name) + 2).to_bytes(2, "little") + b"\2" + b"\0" * 61
    (tmp_path / "a.xls").write_bytes(bytes(header) + entry.ljust(512, b"\0"))
    (tmp_path / "a.xlsx").write_bytes(bytes(header) + entry.ljust(512, b"\0"))
    if stream in {"Workbook", "Book"}:
        assert sniff(tmp_path / "a.xls") == "XLS"
    else:
        with pytest.raises(ReadError, match="must be what its extension"):
            sniff(tmp_path / "a.xls")
    with pytest.raises(ReadError) as caught:
        sniff(tmp_path / "a.xlsx")
    assert caught.value.text_id == ("workbook_locked" if stream == "EncryptedPackage" else "format_other")


@pytest.mark.parametrize("suffix", [".dwg", ".mdb", ".accdb", ".rar", ".7z"])
def test_format_to_convert_is_refused_with_a_way_in_both_languages(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").write_bytes(b"anything")
    with pytest.raises(RefusedError) as caught:
        sniff(tmp_path / f"a{suffix}")
    assert caught.value.exit_code == 4
    for lang, way in (("en", (".dxf", ".csv", ".zip")), ("zh", (".dxf", ".csv", ".zip"))):
        assert any(word in caught.value.text(lang) for word in way)


def test_plain_folder_is_one_of_files_and_a_named_one_is_not(tmp_path: Path) -> None:
    assert sniff(tmp_path) == FOLDER
    for name in ("a.shp", "a.dwg", "a.zip"):
        (tmp_path / name).mkdir()
        with pytest.raises(RefusedError, match="must be a regular file"):
            sniff(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_stands_before_the_data_is_passed_over(encoding: str, data: st.DataObject) -> None:
    aside = st.sampled_from(["<?xml version='1.0'?>", "<!-- <kml> -->", "<?a b?>", "\n", " " * 70_000, "<!---->"])
    before = "".join(data.draw(st.lists(aside, max_size=6)))
    content = (before + "<OGRVRTDataSource>甲</OGRVRTDataSource>").encode(encoding)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=3)))
    first = max(64, cuts[0]) if cuts else len(content)
    pieces = [
        content[:first],
        *(content[a:b] for a, b in zip([first, *cuts], [*cuts, len(content)], strict=True) if a < b),
    ]
    if sum(map(len, pieces)) == len(content):
        assert opening_of(Path("a"), iter(pieces)).text.startswith(b"<OGRVRTDataSource>")


def test_marks_are_not_text(tmp_path: Path) -> None:
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        encoding = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le"}.get(mark, "utf-16-be")
        (tmp_path / "a.kml").write_bytes(mark + KML.decode().encode(encoding))
        assert read_opening(tmp_path / "a.kml").text.startswith(b"<kml")
        assert sniff(tmp_path / "a.kml") == "KML"


@pytest.mark.parametrize("words", ["<!DOCTYPE kml>", "<!doctype a [<!ENTITY b 'c'>]>", "<!DOCTYPE a SYSTEM 'b.dtd'>"])
def test_document_type_is_refused_wherever_it_stands(words: str, tmp_path: Path) -> None:
    (tmp_path / "a.kml").write_text(f"<?xml version='1.0'?>{'<!-- x -->' * 9_000}{words}<kml/>")
    with pytest.raises(RefusedError, match="must not declare XML entities"):
        sniff(tmp_path / "a.kml")


@pytest.mark.parametrize(
    "definition",
    [
        'DATUM["a",EXTENSION["PROJ4_GRIDS","/tmp/a.gsb"]]',
        'DATUM["a",EXTENSION["proj4_grids","good.gsb,C:\\a.gsb"]]',
        "+proj=longlat +nadgrids=@null,https://example.org/a.tif",
        "+proj=vgridshift +grids=../a.gtx",
        "+init=~/a:4326",
        "+proj=tinshift +file=/tmp/a.json",
        'PARAMETERFILE["Latitude and longitude difference file","/tmp/a.gsb"]',
        '{"name": "Geoid (height correction) model file", "value": "/tmp/a.gtx"}',
        '{"value": "/tmp/a.gtx", "name": "Vertical offset file"}',
    ],
)
def test_definition_that_names_a_place_is_refused(definition: str) -> None:
    with pytest.raises(RefusedError, match="must not name files"):
        refuse_definition("a.prj", definition)


@pytest.mark.parametrize(
    "definition",
    [
        'PROJCS["a",EXTENSION["PROJ4","+proj=merc +a=6378137 +nadgrids=@null +wktext +no_defs"]]',
        'DATUM["a",EXTENSION["PROJ4_GRIDS","ntv2_0.gsb"]]',
        'GEOGCS["D:/projects/a",DATUM["b/c"]]',
        "+proj=longlat +init=epsg:4490",
        "TIFFTAG_IMAGEDESCRIPTION=made from file=D:/dem/a.asc",
    ],
)
def test_honest_definition_passes(definition: str) -> None:
    refuse_definition("a.prj", definition)


@pytest.mark.parametrize(
    "header", ["MZ编码,经度", "PAR1,PAR2", "AC1015,b", "<5 km,b", "!table,b", "version 3,columns", "0\nSECTION\n"]
)
def test_table_whose_header_looks_like_another_format_is_a_table(header: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{header}\n1,2\n", encoding="utf-8")
    assert sniff(tmp_path / "a.csv") == "CSV"


def test_columns_of_a_mapinfo_table_may_be_called_type_and_file(tmp_path: Path) -> None:
    head = '!table\n!version 300\n!charset WindowsSimpChinese\n\nDefinition Table\n  Type NATIVE Charset "Neutral"\n'
    fields = "  Fields 3\n    Type Char (10) ;\n    File Char (20) ;\n    Open Char (4) ;\n"
    (tmp_path / "a.tab").write_text(head + fields)
    assert sniff(tmp_path / "a.tab") == "MapInfo File"


def test_answer_of_a_feature_service_is_data(tmp_path: Path) -> None:
    told = "http://www.opengis.net/wfs http://example.org/wfs?request=WFS_Capabilities"
    root = f'<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" schemaLocation="{told}"/>'
    (tmp_path / "a.gml").write_text(root)
    assert sniff(tmp_path / "a.gml") == "GML"


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=400), suffix=st.sampled_from(sorted(set(FORMATS) - {".gdb"})))
def test_any_bytes_under_any_extension_are_known_or_turned_away(
    content: bytes, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / f"bytes{suffix}"
    path.write_bytes(content)
    try:
        assert sniff(path) == FORMATS[suffix]
    except OnemapError as error:
        assert error.rule.startswith(("OM-PKG-", "OM-SEC-"))  # noqa: PT017
