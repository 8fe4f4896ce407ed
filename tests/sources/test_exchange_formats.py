"""Exchange formats as other programs write them: DXF, MapInfo, GML, GPX, FlatGeobuf, GeoJSON in its odd forms."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from onemap.errors import ReadError, RefusedError
from onemap.sources import Reader, SourceLayer, list_layers, read_file

NAMES = ["甲站", "乙站", "丙站"]
PLACES = [(116.1, 39.5), (116.3, 39.9), (116.2, 39.6)]


def sites(crs: str = "EPSG:4490") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"名称": NAMES, "编码": ["007", "012", "120"], "塔高": [30.5, 35.0, 40.0], "数量": [1, 2, 3]},
        geometry=[shapely.Point(place) for place in PLACES],
        crs=crs,
    )


def write(path: Path, driver: str, layer: gpd.GeoDataFrame | None = None, **options: object) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(sites() if layer is None else layer, path, driver=driver, **options)
    return path


def rules(source: SourceLayer) -> list[str]:
    return sorted(finding.rule for finding in source.findings)


def by_name(source: SourceLayer) -> dict[str, tuple[float, float]]:
    assert source.geometry is not None
    found = zip(source.frame["名称"], source.geometry, strict=True)
    return {name: (round(shape.x, 7), round(shape.y, 7)) for name, shape in found}


@pytest.mark.parametrize(
    ("name", "driver", "options"),
    [
        ("utf8.tab", "MapInfo File", {"ENCODING": "UTF-8"}),
        ("gbk.tab", "MapInfo File", {"ENCODING": "CP936"}),
        ("gbk.mif", "MapInfo File", {"ENCODING": "CP936"}),
        ("utf8.mif", "MapInfo File", {"ENCODING": "UTF-8"}),
        ("two.gml", "GML", {"FORMAT": "GML2"}),
        ("three.gml", "GML", {"FORMAT": "GML3.2"}),
        ("deegree.gml", "GML", {"FORMAT": "GML3Deegree"}),
        ("indexed.fgb", "FlatGeobuf", {}),
        ("plain.fgb", "FlatGeobuf", {"SPATIAL_INDEX": "NO"}),
        ("plain.geojson", "GeoJSON", {}),
        ("old.geojson", "GeoJSON", {"RFC7946": "NO"}),
    ],
)
def test_rows_come_back_as_another_program_wrote_them(
    tmp_path: Path, reader: Reader, *, name: str, driver: str, options: dict[str, str]
) -> None:
    path = write(tmp_path / name, driver, **options)
    source = read_file(path, reader=reader)
    assert by_name(source) == dict(zip(NAMES, PLACES, strict=True))
    rows = source.frame.set_index("名称")
    assert rows.loc[NAMES, "编码"].tolist() == ["007", "012", "120"]
    assert rows.loc[NAMES, "塔高"].tolist() == [30.5, 35.0, 40.0]
    assert rows.loc[NAMES, "数量"].tolist() == [1, 2, 3]
    assert source.driver == driver
    assert source.crs == ("EPSG:4326" if driver == "MapInfo File" else "EPSG:4490")  # MapInfo 3 has no code for 4490
    info = list_layers(path, reader=reader)
    assert [(one.rows, one.encoding) for one in info] == [(3, source.encoding)]
    assert {"名称", "编码", "塔高", "数量"} <= set(info[0].fields)


def test_flatgeobuf_says_that_its_rows_were_sorted(tmp_path: Path, reader: Reader) -> None:
    assert rules(read_file(write(tmp_path / "a.fgb", "FlatGeobuf"), reader=reader)) == ["OM-PKG-040"]
    plain = read_file(write(tmp_path / "b.fgb", "FlatGeobuf", SPATIAL_INDEX="NO"), reader=reader)
    assert (rules(plain), plain.frame["名称"].tolist()) == ([], NAMES)


def test_a_flatgeobuf_cut_short_is_no_shorter_layer(tmp_path: Path, reader: Reader) -> None:
    many = gpd.GeoDataFrame(
        {"n": range(500)}, geometry=[shapely.Point(116 + k / 1e4, 39) for k in range(500)], crs=4490
    )
    path = write(tmp_path / "a.fgb", "FlatGeobuf", many, SPATIAL_INDEX="NO")
    content = path.read_bytes()
    for share in (0.3, 0.6, 0.95):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(ReadError, match=r"a\.fgb"):
            read_file(path, reader=reader)


@pytest.mark.parametrize("missing", [".dat", ".map", ".id"])
def test_a_mapinfo_table_needs_its_parts(tmp_path: Path, reader: Reader, missing: str) -> None:
    path = write(tmp_path / "a.tab", "MapInfo File", ENCODING="CP936")
    path.with_suffix(missing).unlink()
    with pytest.raises(ReadError, match=f"a{missing} of .*a.tab is missing"):
        read_file(path, reader=reader)


def test_a_mapinfo_table_that_leads_to_another_file_is_refused(tmp_path: Path, reader: Reader) -> None:
    path = write(tmp_path / "a.tab", "MapInfo File", ENCODING="CP936")
    path.write_text('!table\n!version 300\nDefinition Table\n  File "/etc/passwd"\n  Type "RASTER"\n', encoding="ascii")
    with pytest.raises((RefusedError, ReadError), match=r"a\.tab"):
        read_file(path, reader=reader)


@pytest.mark.parametrize("name", ["a.tab", "a.mif"])
def test_a_mapinfo_table_without_a_character_set_is_decoded_by_its_bytes(
    tmp_path: Path, reader: Reader, name: str
) -> None:
    path = write(tmp_path / name, "MapInfo File", ENCODING="CP936")
    path.write_bytes(path.read_bytes().replace(b"WindowsSimpChinese", b"Neutral"))
    source = read_file(path, reader=reader)
    assert by_name(source) == dict(zip(NAMES, PLACES, strict=True))
    assert (source.encoding, rules(source)) == ("gb18030", ["OM-ENC-001"])
    asked = read_file(path, encoding="gbk", reader=reader)
    assert (asked.frame["名称"].tolist(), rules(asked)) == (NAMES, [])
    with pytest.raises(ReadError, match="encoding"):
        read_file(path, encoding="klingon", reader=reader)


def test_chinese_under_a_western_character_set_is_told_again(tmp_path: Path, reader: Reader) -> None:
    path = write(tmp_path / "a.mif", "MapInfo File", ENCODING="CP936")
    path.write_bytes(path.read_bytes().replace(b"WindowsSimpChinese", b"WindowsLatin1"))
    source = read_file(path, reader=reader)
    assert (source.frame["名称"].tolist(), source.encoding, rules(source)) == (NAMES, "gb18030", ["OM-ENC-004"])


def test_a_mapinfo_zone_is_a_transverse_mercator_of_its_meridian(tmp_path: Path, reader: Reader) -> None:
    path = write(tmp_path / "a.mif", "MapInfo File", sites().to_crs(4548), ENCODING="CP936")
    source = read_file(path, reader=reader)
    assert source.crs is not None
    back = gpd.GeoSeries(source.geometry, crs=source.crs).to_crs(4326)
    assert [(round(shape.x, 6), round(shape.y, 6)) for shape in back] == PLACES


def gml(name: str, place: str) -> str:
    return (
        '<?xml version="1.0" encoding="GBK"?><gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml">'
        "<gml:featureMember><站址><名称>甲站</名称><位置>"
        f'<gml:Point srsName="{name}"><gml:pos>{place}</gml:pos></gml:Point>'
        "</位置></站址></gml:featureMember></gml:FeatureCollection>"
    )


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("urn:ogc:def:crs:EPSG::4490", "39.5 116.1"),
        ("http://www.opengis.net/def/crs/EPSG/0/4490", "39.5 116.1"),
        ("EPSG:4490", "116.1 39.5"),
        ("urn:ogc:def:crs:EPSG::4326", "39.5 116.1"),
    ],
)
def test_gml_axes_are_taken_as_the_name_of_the_system_says(
    tmp_path: Path, reader: Reader, name: str, place: str
) -> None:
    path = tmp_path / "a.gml"
    path.write_bytes(gml(name, place).encode("gbk"))
    source = read_file(path, reader=reader)
    assert source.geometry is not None
    assert (source.geometry[0].x, source.geometry[0].y) == (116.1, 39.5)
    assert (source.crs, source.encoding) == (f"EPSG:{name[-4:]}", "gb18030")
    assert source.frame["名称"].tolist() == ["甲站"]


def test_reading_gml_leaves_nothing_beside_it(tmp_path: Path, reader: Reader) -> None:
    path = write(tmp_path / "a.gml", "GML")
    path.with_suffix(".xsd").unlink()
    read_file(path, reader=reader)
    assert [file.name for file in tmp_path.iterdir()] == ["a.gml"]


def test_arcs_of_gml_are_straightened_with_a_word(tmp_path: Path, reader: Reader) -> None:
    text = gml("EPSG:4490", "0 0").replace(
        '<gml:Point srsName="EPSG:4490"><gml:pos>0 0</gml:pos></gml:Point>',
        '<gml:Curve srsName="EPSG:4490"><gml:segments><gml:Arc><gml:posList>0 0 1 1 2 0</gml:posList></gml:Arc>'
        "</gml:segments></gml:Curve>",
    )
    path = tmp_path / "a.gml"
    path.write_bytes(text.encode("gbk"))
    source = read_file(path, reader=reader)
    assert source.geometry is not None
    assert source.geometry[0].geom_type == "LineString"
    assert shapely.get_num_coordinates(source.geometry[0]) > 10
    assert rules(source) == ["OM-PKG-006"]


def test_gml_with_entities_is_refused(tmp_path: Path, reader: Reader) -> None:
    text = gml("EPSG:4490", "116 39").replace("<gml:Feat", '<!DOCTYPE x [<!ENTITY a "b">]><gml:Feat', 1)
    (tmp_path / "a.gml").write_bytes(text.encode("gbk"))
    with pytest.raises(RefusedError, match="entities"):
        read_file(tmp_path / "a.gml", reader=reader)


GPX = '<?xml version="1.0"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">{}</gpx>'
WAYPOINT = '<wpt lat="39.5" lon="116.1"><ele>12.5</ele><name>甲站</name></wpt>'
TRACK = '<trk><name>路测</name><trkseg><trkpt lat="39.5" lon="116.1"/><trkpt lat="39.6" lon="116.2"/></trkseg></trk>'


def test_gpx_gives_waypoints_and_tracks_as_layers(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.gpx"
    path.write_text(GPX.format(WAYPOINT), encoding="utf-8")
    source = read_file(path, reader=reader)
    assert (source.layer, source.crs) == ("waypoints", "EPSG:4326")
    assert source.frame.to_dict("list") == {"ele": [12.5], "name": ["甲站"]}
    path.write_text(GPX.format(WAYPOINT + TRACK), encoding="utf-8")
    assert [info.name for info in list_layers(path, reader=reader)] == ["waypoints", "tracks", "track_points"]
    with pytest.raises(ReadError, match="it holds: waypoints、tracks"):
        read_file(path, reader=reader)
    assert read_file(path, layer="tracks", reader=reader).frame["name"].tolist() == ["路测"]
    assert len(read_file(path, layer="track_points", reader=reader).rows) == 2


def dxf(entities: str, page: str = "ANSI_936", version: str = "AC1018", blocks: str = "") -> str:
    return (
        f"0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\n{version}\n9\n$DWGCODEPAGE\n3\n{page}\n0\nENDSEC\n"
        f"0\nSECTION\n2\nBLOCKS\n{blocks}0\nENDSEC\n0\nSECTION\n2\nENTITIES\n{entities}0\nENDSEC\n0\nEOF\n"
    )


DRAWN = (
    "0\nPOINT\n8\n站址\n10\n500000\n20\n4400000\n30\n12.5\n"
    "0\nLINE\n8\n光缆\n10\n500000\n20\n4400000\n11\n500100\n21\n4400100\n"
    "0\nTEXT\n8\n注记\n10\n500000\n20\n4400010\n40\n2\n1\n甲站\n"
    "0\nINSERT\n8\n设备\n66\n1\n2\n基站\n10\n500050\n20\n4400050\n"
    "0\nATTRIB\n8\n设备\n10\n500050\n20\n4400050\n40\n1\n2\nNAME\n1\n丙站\n0\nSEQEND\n8\n设备\n"
)
BLOCK = (
    "0\nBLOCK\n8\n0\n2\n基站\n70\n2\n10\n0\n20\n0\n30\n0\n3\n基站\n"
    "0\nCIRCLE\n8\n0\n10\n0\n20\n0\n40\n5\n0\nENDBLK\n8\n0\n"
)


@pytest.mark.parametrize(
    ("page", "version", "encoding", "said"),
    [
        ("ANSI_936", "AC1018", "gb18030", []),
        ("ANSI_936", "AC1027", "utf-8", []),
        ("ANSI_936", "AC1015", "utf-8", ["OM-ENC-004"]),
        ("ANSI_1252", "AC1015", "gb18030", ["OM-ENC-004"]),
    ],
)
def test_drawings_are_decoded_by_what_their_bytes_are(
    tmp_path: Path, reader: Reader, *, page: str, version: str, encoding: str, said: list[str]
) -> None:
    path = tmp_path / "a.dxf"
    path.write_bytes(dxf(DRAWN, page, version, BLOCK).encode(encoding))
    source = read_file(path, reader=reader)
    assert source.frame["Layer"].tolist() == ["站址", "光缆", "注记", "设备"]
    assert source.frame["Text"].tolist()[2] == "甲站"
    assert source.frame["BlockName"].tolist()[3] == "基站"
    assert source.frame["BlockAttributes"].tolist()[3] == "NAME 丙站"
    assert source.geometry is not None
    assert source.geometry[0].wkt == "POINT Z (500000 4400000 12.5)"
    assert source.geometry[3].wkt == "POINT Z (500050 4400050 0)"
    assert (source.crs, source.encoding) == (None, encoding)
    assert [rule for rule in rules(source) if rule.startswith("OM-ENC")] == said
    assert {"OM-PKG-041", "OM-FLD-012"} <= set(rules(source))


def test_one_layer_of_a_drawing_can_be_named(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.dxf"
    path.write_bytes(dxf(DRAWN, blocks=BLOCK).encode("gbk"))
    source = read_file(path, layer="光缆", reader=reader)
    assert (source.frame["Layer"].tolist(), source.rows.tolist()) == (["光缆"], [2])
    with pytest.raises(ReadError, match="it holds: 站址、光缆、注记、设备"):
        read_file(path, layer="道路", reader=reader)


def test_entities_that_are_passed_over_are_counted(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.dxf"
    path.write_bytes(dxf(DRAWN + "0\n3DSOLID\n8\nx\n0\nIMAGE\n8\nx\n", blocks=BLOCK).encode("gbk"))
    source = read_file(path, reader=reader)
    found = next(finding for finding in source.findings if finding.rule == "OM-PKG-042")
    assert (found.values["count"], found.values["kinds"]) == (2, "3DSOLID 1、IMAGE 1")


def test_a_drawing_written_by_gdal_is_read(tmp_path: Path, reader: Reader) -> None:
    layer = gpd.GeoDataFrame(
        {"Layer": ["a", "b"]}, geometry=[shapely.Point(1, 2), shapely.LineString([(0, 0), (1, 1)])]
    )
    source = read_file(write(tmp_path / "a.dxf", "DXF", layer), reader=reader)
    assert source.geometry is not None
    assert [shape.geom_type for shape in source.geometry] == ["Point", "LineString"]


def feature(place: list[float]) -> dict[str, object]:
    return {"type": "Feature", "properties": {"名称": "甲站"}, "geometry": {"type": "Point", "coordinates": place}}


def collection(place: list[float], **members: object) -> dict[str, object]:
    return {"type": "FeatureCollection", **members, "features": [feature(place)]}


def test_geojson_in_gbk_is_read_with_a_word(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes(json.dumps(collection([116.1, 39.5]), ensure_ascii=False).encode("gbk"))
    source = read_file(path, reader=reader)
    assert source.frame["名称"].tolist() == ["甲站"]
    assert (source.encoding, rules(source)) == ("gb18030", ["OM-ENC-004"])


@pytest.mark.parametrize("suffix", [".json", ".geojsonl", ".ndjson"])
def test_geojson_line_by_line_is_one_layer(tmp_path: Path, reader: Reader, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    lines = [json.dumps(feature([116.1, 39.5 + k]), ensure_ascii=False) for k in range(3)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    source = read_file(path, reader=reader)
    assert by_name(source) == {"甲站": (116.1, 41.5)}
    assert source.rows.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("members", "place", "crs", "said"),
    [
        ({}, [116.1, 39.5], "EPSG:4326", []),
        ({}, [500000, 4400000], None, ["OM-PKG-044"]),
        (
            {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}},
            [5e5, 4.4e6],
            "EPSG:4548",
            [],
        ),
        ({"crs": {"type": "name", "properties": {"name": "EPSG:4490"}}}, [116.1, 39.5], "EPSG:4490", []),
        ({"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}}, [1, 2], "EPSG:4326", []),
        ({"crs": {"type": "name", "properties": {"name": "GCJ-02"}}}, [116.1, 39.5], None, ["OM-PKG-048"]),
        ({"crs": None}, [116.1, 39.5], None, ["OM-PKG-048"]),
    ],
)
def test_geojson_names_its_system_or_means_degrees(
    tmp_path: Path, reader: Reader, *, members: dict[str, object], place: list[float], crs: str | None, said: list[str]
) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(collection(place, **members), ensure_ascii=False), encoding="utf-8")
    source = read_file(path, reader=reader)
    assert (source.crs, rules(source)) == (crs, said)


WRITTEN = {
    "a.tab": "MapInfo File",
    "a.mif": "MapInfo File",
    "a.gml": "GML",
    "a.fgb": "FlatGeobuf",
    "a.geojson": "GeoJSON",
}


@pytest.mark.parametrize("name", [*WRITTEN, "a.gpx", "a.dxf"])
def test_a_cut_file_never_is_a_shorter_layer(tmp_path: Path, reader: Reader, name: str) -> None:
    made = tmp_path / "made"
    made.mkdir()
    if name in WRITTEN:
        many = pd.concat([sites()] * 30, ignore_index=True)
        options = {"ENCODING": "CP936"} if WRITTEN[name] == "MapInfo File" else {}
        write(made / name, WRITTEN[name], gpd.GeoDataFrame(many, crs=4490), **options)
    else:
        (made / name).write_text(GPX.format(WAYPOINT * 90) if name == "a.gpx" else dxf(DRAWN * 30), encoding="utf-8")
    rows = len(read_file(made / name, reader=reader).rows)
    for part in made.iterdir():
        for share in (0.1, 0.5, 0.9, 0.97):
            cut = tmp_path / f"{part.name}{share}"
            shutil.copytree(made, cut)
            (cut / part.name).write_bytes(part.read_bytes()[: int(part.stat().st_size * share)])
            try:
                source = read_file(cut / name, reader=reader)
            except (ReadError, RefusedError) as error:
                said = str(error)
            else:
                said = f"{len(source.rows)} rows of {name}" if len(source.rows) == rows else "fewer"
            assert part.stem in said
            assert "fewer" not in said


@pytest.mark.parametrize("name", WRITTEN)
def test_layers_without_features_have_no_rows(tmp_path: Path, reader: Reader, name: str) -> None:
    if name == "a.gml":  # which GDAL writes without any feature type
        (tmp_path / name).write_text(
            '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml"/>', encoding="utf-8"
        )
        with pytest.raises(ReadError, match="must hold a layer"):
            read_file(tmp_path / name, reader=reader)
        return
    path = write(tmp_path / name, WRITTEN[name], sites().iloc[:0])
    source = read_file(path, reader=reader)
    assert (len(source.rows), len(source.frame)) == (0, 0)
    assert [info.rows for info in list_layers(path, reader=reader)] == [0]


@pytest.mark.parametrize("name", ["a.fgb", "a.geojson", "a.gml", "a.mif"])
def test_shapes_of_every_kind_come_back_together(tmp_path: Path, reader: Reader, name: str) -> None:
    shapes = [
        shapely.Point(116, 39),
        shapely.LineString([(116, 39), (117, 40)]),
        shapely.box(116, 39, 117, 40),
        shapely.MultiLineString([[(116, 39), (117, 40)], [(118, 39), (119, 40)]]),
    ]
    layer = gpd.GeoDataFrame({"名称": [f"图{at}" for at in range(4)]}, geometry=shapes, crs=4326)
    options = {"geometry_type": "Unknown", **({"ENCODING": "CP936"} if name == "a.mif" else {})}
    source = read_file(write(tmp_path / name, WRITTEN[name], layer, **options), reader=reader)
    assert source.geometry is not None
    found = dict(zip(source.frame["名称"], source.geometry, strict=True))
    assert [
        shapely.normalize(found[f"图{at}"]).equals_exact(shapely.normalize(one), 1e-9) for at, one in enumerate(shapes)
    ] == [True] * 4
