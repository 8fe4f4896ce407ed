"""What is written opens again, the same, with the same bytes each time."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from onemap.delivery.layer import DeliveryLayer
from onemap.delivery.profile import ProfileField
from onemap.delivery.writers import gdb, gpkg, shapefile
from onemap.delivery.writers.arrow import read_back
from onemap.errors import WriteError

WRITERS = {"gdb": (gdb.write, "d.gdb"), "gpkg": (gpkg.write, "d.gpkg"), "shp": (shapefile.write, "shp")}
FIELDS = (
    ProfileField(name="BSM", alias="标识码", length=18, required=True),
    ProfileField(name="MC", alias="名称", length=100),
    ProfileField(name="NUMBER", alias="数量", type="integer", length=9, from_fields=("cores",)),
    ProfileField(name="MJ", alias="面积", type="number", length=15, decimals=2),
    ProfileField(name="BZ", alias="备注", length=255),
)
GEOMETRY = {
    "Point": [shapely.Point(75.1, 39.1), None, shapely.MultiPoint([(75.2, 39.2), (75.3, 39.3)])],
    "LineString": [
        shapely.LineString([(75, 39), (75.5, 39.5)]),
        None,
        shapely.MultiLineString([[(75, 39.5), (75.1, 39.6)], [(75.2, 39.5), (75.3, 39.6)]]),
    ],
    "Polygon": [
        shapely.box(75, 39, 75.1, 39.1),
        None,
        shapely.MultiPolygon([shapely.box(75.2, 39.2, 75.3, 39.3), shapely.box(75.4, 39.4, 75.5, 39.5)]),
    ],
}


def make_layer(geometry: str = "Point", **columns: list) -> DeliveryLayer:
    values = {
        "BSM": ["659900010100000001", "659900010100000002", "659900010100000003"],
        "MC": ["中国铁塔甲站", None, "乙站"],
        "NUMBER": pd.array([1, None, 2**31 - 2], dtype="Int64"),
        "MJ": [12345.67, np.nan, 0.0],
        "BZ": [None, "备注", "x" * 200],
        **columns,
    }
    frame = gpd.GeoDataFrame(values, geometry=GEOMETRY[geometry], crs="EPSG:4490")
    return DeliveryLayer("LAYER_A", "测试图层", geometry, 1, FIELDS, _typed(frame), "EPSG:4490")


def _typed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.astype({"BSM": "string", "MC": "string", "BZ": "string", "NUMBER": "Int64", "MJ": "float64"})


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def stored(folder: Path, kind: str) -> Path:
    return folder / "shp" / "LAYER_A.shp" if kind == "shp" else folder / WRITERS[kind][1]


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("geometry", GEOMETRY)
def test_values_and_geometry_come_back(tmp_path, date, kind, geometry):
    layer = make_layer(geometry)
    write, name = WRITERS[kind]
    written = write([layer], tmp_path / name, date=date)
    assert [(one.code, one.rows) for one in written] == [("LAYER_A", 3)]
    found = pyogrio.read_dataframe(stored(tmp_path, kind), layer="LAYER_A")
    assert found["BSM"].tolist() == layer.frame["BSM"].tolist()
    assert found["MC"].astype(object).where(found["MC"].notna(), None).tolist() == ["中国铁塔甲站", None, "乙站"]
    assert found["NUMBER"].iloc[[0, 2]].tolist() == [1, 2**31 - 2]
    assert found["NUMBER"].isna().tolist() == [False, True, False]
    np.testing.assert_array_equal(found["MJ"], [12345.67, np.nan, 0.0])
    assert found.crs.to_epsg() == 4490
    assert found.geometry.isna().tolist() == [False, True, False]
    for meant, got in zip(layer.frame.geometry.iloc[[0, 2]], found.geometry.iloc[[0, 2]], strict=True):
        assert shapely.get_num_geometries(got) == shapely.get_num_geometries(meant)
        assert shapely.hausdorff_distance(meant, got) < 1e-9


@pytest.mark.parametrize("kind", WRITERS)
def test_widths_are_exact_for_another_reader(tmp_path, date, kind):
    write, name = WRITERS[kind]
    write([make_layer("Polygon")], tmp_path / name, date=date)
    with fiona.open(stored(tmp_path, kind), layer="LAYER_A") as source:
        properties = source.schema["properties"]
        assert source.crs.to_epsg() == 4490
    longest = 254 if kind == "shp" else 255
    assert {name: properties[name] for name in ("BSM", "MC", "BZ")} == {
        "BSM": "str:18",
        "MC": "str:100",
        "BZ": f"str:{longest}",
    }
    if kind == "shp":
        assert properties["MJ"] == "float:15.2"


@pytest.mark.parametrize("kind", ["gdb", "gpkg"])
def test_aliases_and_not_null_arrive(tmp_path, date, kind):
    write, name = WRITERS[kind]
    write([make_layer()], tmp_path / name, date=date)
    _, table = pyogrio.raw.read_arrow(tmp_path / name, layer="LAYER_A")
    aliases = {one.name: (one.metadata or {}).get(b"GDAL:OGR:alternative_name", b"").decode() for one in table.schema}
    assert [aliases[one.name] for one in FIELDS] == ["标识码", "名称", "数量", "面积", "备注"]
    assert [table.schema.field(one.name).nullable for one in FIELDS] == [False, True, True, True, True]


def test_layers_of_a_geodatabase_have_aliases_and_tolerance(tmp_path, date):
    gdb.write([make_layer("LineString")], tmp_path / "d.gdb", date=date)
    assert pyogrio.read_info(tmp_path / "d.gdb", layer="LAYER_A")["layer_metadata"]["ALIAS_NAME"] == "测试图层"
    _, table = pyogrio.raw.read_arrow(tmp_path / "d.gdb", sql="GetLayerDefinition LAYER_A")
    definition = str(table.to_pylist())
    tolerance = float(re.search("<XYTolerance>([^<]*)<", definition)[1])
    assert tolerance * 111_320 == pytest.approx(0.0001, rel=1e-3)


@pytest.mark.parametrize("kind", WRITERS)
def test_two_folders_hold_the_same_bytes(tmp_path, date, kind):
    write, name = WRITERS[kind]
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        layers = [make_layer("Polygon"), make_layer("LineString")]
        layers[1] = DeliveryLayer("LAYER_B", "乙", "LineString", 2, FIELDS, layers[1].frame, "EPSG:4490")
        write(layers, tmp_path / folder / name, date=date)
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    assert len(hashes(tmp_path / "one")) >= 1


@pytest.mark.parametrize("kind", WRITERS)
def test_empty_layer_keeps_its_structure(tmp_path, date, kind):
    layer = make_layer("LineString")
    empty = DeliveryLayer("LAYER_A", "空", "LineString", 1, FIELDS, layer.frame.iloc[:0], "EPSG:4490")
    write, name = WRITERS[kind]
    assert write([empty], tmp_path / name, date=date)[0].rows == 0
    with fiona.open(stored(tmp_path, kind), layer="LAYER_A") as source:
        assert list(source.schema["properties"]) == [one.name for one in FIELDS]
        assert source.crs.to_epsg() == 4490


@pytest.mark.parametrize("kind", WRITERS)
def test_settings_of_gdal_are_put_back(tmp_path, date, kind):
    write, name = WRITERS[kind]
    before = {
        name: pyogrio.get_gdal_config_option(name) for name in ("OGR_CURRENT_DATE", "OPENFILEGDB_REPRODUCIBLE_UUID")
    }
    write([make_layer()], tmp_path / name, date=date) if kind != "shp" else write([], tmp_path / name, date=date)
    after = {name: pyogrio.get_gdal_config_option(name) for name in before}
    assert after == before


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"MC": ["长" * 101, None, None]}, "LAYER_A.MC holds 100 characters .* 659900010100000001"),
        ({"BSM": ["1", None, "3"]}, "LAYER_A.BSM must not be empty"),
        ({"MJ": [1e14, 0.0, 0.0]}, "LAYER_A.MJ holds 15"),
        ({"NUMBER": pd.array([2**31, None, 1], dtype="Int64")}, "LAYER_A.NUMBER holds 9"),
    ],
)
def test_values_that_do_not_fit_are_refused(tmp_path, date, columns, match):
    for write, name in WRITERS.values():
        with pytest.raises(WriteError, match=match):
            write([make_layer("Polygon", **columns)], tmp_path / name, date=date)
        assert not (tmp_path / name).exists()


def test_layer_without_system_is_refused(tmp_path, date):
    layer = DeliveryLayer("LAYER_A", "无", "Point", 1, FIELDS, make_layer().frame, "")
    for write, name in WRITERS.values():
        with pytest.raises(WriteError, match="LAYER_A must have a coordinate system"):
            write([layer], tmp_path / name, date=date)


def test_text_outside_gbk_is_refused_before_a_byte_is_written(tmp_path, date):
    layer = make_layer("Polygon", MC=["㵘𠮷村", "甲", "🗼"])
    with pytest.raises(WriteError, match=r"cannot hold 2 texts .*'㵘'.*'🗼'") as caught:
        shapefile.write([layer], tmp_path / "shp", date=date)
    assert "GBK" in caught.value.text("zh")
    assert not (tmp_path / "shp").exists()
    assert gpkg.write([layer], tmp_path / "d.gpkg", date=date)[0].rows == 3


def test_text_of_more_than_254_bytes_is_refused(tmp_path, date):
    with pytest.raises(WriteError, match="256 bytes"):
        shapefile.write([make_layer("Polygon", BZ=["长" * 128, None, None])], tmp_path / "shp", date=date)


def test_field_is_widened_where_hanzi_need_more_bytes(tmp_path, date):
    name = "长" * 100
    written = shapefile.write([make_layer("Polygon", MC=[name, None, None])], tmp_path / "shp", date=date)
    assert {one.name: one.width for one in written[0].fields}["MC"] == 200
    assert pyogrio.read_dataframe(tmp_path / "shp" / "LAYER_A.shp")["MC"].iloc[0] == name
    assert (tmp_path / "shp" / "LAYER_A.cpg").read_text() == "GBK"


def test_compound_system_is_kept(tmp_path, date):
    layer = make_layer()
    compound = DeliveryLayer("LAYER_A", "测", "Point", 1, FIELDS, layer.frame, "EPSG:4490+5737")
    for kind in ("gdb", "gpkg"):
        write, name = WRITERS[kind]
        write([compound], tmp_path / name, date=date)
        assert "Yellow Sea 1985" in pyogrio.read_info(tmp_path / name, layer="LAYER_A")["crs"]


@pytest.mark.parametrize("kind", WRITERS)
def test_nothing_is_written_over(tmp_path, date, kind):
    write, name = WRITERS[kind]
    (tmp_path / name).mkdir()
    with pytest.raises(WriteError, match="must not exist"):
        write([make_layer("Polygon")], tmp_path / name, date=date)
    with pytest.raises(WriteError, match="must exist to write into"):
        write([make_layer("Polygon")], tmp_path / "missing" / name, date=date)


def test_reading_back_finds_what_was_changed(tmp_path, date):
    import pyarrow as pa

    gpkg.write([make_layer()], tmp_path / "d.gpkg", date=date)
    meant = pa.table({"BSM": ["a", "b"]})
    with pytest.raises(WriteError, match="3 rows, not 2"):
        read_back(tmp_path / "d.gpkg", "LAYER_A", meant, crs=None)
    with pytest.raises(WriteError, match="values of field BSM differ"):
        read_back(tmp_path / "d.gpkg", "LAYER_A", pa.table({"BSM": ["a", "b", "c"]}), crs=None, widths=False)
    with pytest.raises(WriteError, match="CRS EPSG:4490, not EPSG:4214"):
        read_back(tmp_path / "d.gpkg", "LAYER_A", pa.table({"NUMBER": [1, None, 2**31 - 2]}), crs="EPSG:4214")


def test_mapped_delivery_goes_out_in_every_format(tmp_path, date, mapped):
    for kind, (write, name) in WRITERS.items():
        written = write(list(mapped.layers.values()), tmp_path / name, date=date)
        assert [one.rows for one in written] == [len(one.frame) for one in mapped.layers.values()], kind


class TestAnyLayers:
    """`gpkg.write_layers` for layers and results of onemap."""

    def test_types_are_kept(self, tmp_path, date):
        towers = gpd.GeoDataFrame(
            {
                "tower_id": ["T1", "T2"],
                "tenants": [["中国移动", "中国联通"], None],
                "platforms_free": pd.array([3, None], dtype="Int64"),
                "has_room": pd.array([True, None], dtype="boolean"),
                "height_agl_m": [30.5, np.nan],
                "data_date": [date, None],
            },
            geometry=[shapely.Point(75, 39), None],
            crs="EPSG:4490",
        )
        rooms = gpd.GeoDataFrame(
            {"room_id": ["a", "b"]}, geometry=[shapely.Point(75, 39), shapely.box(75, 39, 75.1, 39.1)], crs="EPSG:4490"
        )
        table = pd.DataFrame({"name": pd.array(["甲", None], dtype="string")})
        plain = gpd.GeoDataFrame({"name": ["无"]})
        file = tmp_path / "layers.gpkg"
        written = gpkg.write_layers({"towers": towers, "rooms": rooms, "sums": table, "plain": plain}, file, date=date)
        assert [(one.code, one.rows) for one in written] == [("towers", 2), ("rooms", 2), ("sums", 2), ("plain", 1)]
        _, found = pyogrio.raw.read_arrow(file, layer="towers")
        assert found["tenants"].to_pylist() == ["中国移动;中国联通", None]
        assert found["platforms_free"].to_pylist() == [3, None]
        assert str(found["platforms_free"].type) == "int64"
        assert found["has_room"].to_pylist() == [True, None]
        assert found["height_agl_m"].to_pylist() == [30.5, None]
        assert found["data_date"].to_pylist() == ["2026-01-01", None]
        assert found.schema.field("height_agl_m").metadata[b"GDAL:OGR:alternative_name"].decode() == "塔高"
        assert pyogrio.read_info(file, layer="sums")["geometry_type"] is None
        assert gpd.read_file(file, layer="rooms").geom_type.tolist() == ["Point", "Polygon"]

    def test_heights_and_projected_systems_stay(self, tmp_path, date):
        lines = gpd.GeoDataFrame(
            {"a": [1]},
            geometry=[shapely.LineString([(500_000, 4_300_000, 10), (500_100, 4_300_000, 20)])],
            crs="EPSG:4534",
        )
        gpkg.write_layers({"lines": lines}, tmp_path / "l.gpkg", date=date)
        found = gpd.read_file(tmp_path / "l.gpkg", layer="lines")
        assert found.crs.to_epsg() == 4534
        assert found.geometry.iloc[0].coords[1] == (500_100, 4_300_000, 20)

    def test_two_folders_hold_the_same_bytes(self, tmp_path, date, layers):
        for folder in ("one", "two"):
            (tmp_path / folder).mkdir()
            gpkg.write_layers(layers, tmp_path / folder / "layers.gpkg", date=date)
        assert hashes(tmp_path / "one") == hashes(tmp_path / "two")

    @pytest.mark.parametrize("columns", [["fid"], ["Name", "name"], ["geom"]])
    def test_names_of_the_format_are_refused(self, tmp_path, date, columns):
        with pytest.raises(WriteError, match="must not have a column"):
            gpkg.write_layers(
                {"t": pd.DataFrame([[1] * len(columns)], columns=columns)}, tmp_path / "t.gpkg", date=date
            )

    def test_layer_without_crs_is_refused(self, tmp_path, date):
        with pytest.raises(WriteError, match="must have a coordinate system"):
            gpkg.write_layers(
                {"t": gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 1)])}, tmp_path / "t.gpkg", date=date
            )
