"""GeoParquet as geopandas and pyarrow write it: encodings, systems, several columns of shapes, odd columns."""

from __future__ import annotations

import datetime as dt
import decimal
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from onemap.errors import ReadError
from onemap.sources import Reader, SourceLayer, list_layers, read_file

SHAPES = {
    "point": [shapely.Point(75.1, 39.5), None, shapely.Point(75.2, 39.6)],
    "pointz": [shapely.Point(75.1, 39.5, 1200), None, shapely.Point(75.2, 39.6, 1300)],
    "linestring": [shapely.LineString([(0, 0), (1, 1)]), shapely.LineString([(2, 2), (3, 3), (4, 4)])],
    "polygon": [shapely.box(0, 0, 1, 1), shapely.box(0, 0, 9, 9).difference(shapely.box(1, 1, 2, 2))],
    "multipoint": [shapely.MultiPoint([(0, 0), (1, 1)]), None],
    "multilinestring": [shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]])],
    "multipolygon": [shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)]), None],
}


def rules(source: SourceLayer) -> list[str]:
    return sorted(finding.rule for finding in source.findings)


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
@pytest.mark.parametrize("kind", SHAPES)
def test_shapes_come_back_in_either_encoding(tmp_path: Path, reader: Reader, *, kind: str, encoding: str) -> None:
    shapes = SHAPES[kind]
    layer = gpd.GeoDataFrame({"名称": [f"站{at}" for at in range(len(shapes))]}, geometry=shapes, crs="EPSG:4490")
    layer.to_parquet(tmp_path / "a.parquet", geometry_encoding=encoding, schema_version="1.1.0")
    source = read_file(tmp_path / "a.parquet", reader=reader)
    assert source.geometry is not None
    assert [a is b or bool(a.equals(b)) for a, b in zip(source.geometry, shapes, strict=True)] == [True] * len(shapes)
    assert shapely.has_z(source.geometry[0]) == (kind == "pointz")
    assert (source.crs, source.driver, source.layer) == ("EPSG:4490", "Parquet", "")
    assert source.frame["名称"].tolist() == layer["名称"].tolist()
    info = list_layers(tmp_path / "a.parquet", reader=reader)[0]
    assert (info.rows, info.crs, info.fields) == (len(shapes), "EPSG:4490", ("名称",))


@pytest.mark.parametrize("groups", [1, 100])
def test_row_groups_and_nullable_columns(tmp_path: Path, reader: Reader, groups: int) -> None:
    count = 1_000
    layer = gpd.GeoDataFrame(
        {
            "整数": pd.array([None, *range(1, count)], dtype="Int64"),
            "是否": pd.array([None, *([True] * (count - 1))], dtype="boolean"),
            "大数": pd.array([2**63 + 1] * count, dtype="uint64"),
        },
        geometry=shapely.points(np.linspace(75, 76, count), 39),
        crs=4326,
    )
    layer.to_parquet(tmp_path / "a.geoparquet", row_group_size=count // groups)
    source = read_file(tmp_path / "a.geoparquet", reader=reader)
    assert source.rows.tolist() == list(range(1, count + 1))
    assert source.frame["整数"].iloc[:2].tolist() == [pd.NA, 1]
    assert source.frame["是否"].iloc[:2].tolist() == [pd.NA, True]
    assert source.frame["大数"].iloc[0] == 2**63 + 1


def table(path: Path, columns: dict[str, pa.Array], geo: object = None) -> Path:
    made = pa.table(columns)
    if geo is not None:
        made = made.replace_schema_metadata({b"geo": json.dumps(geo).encode()})
    pq.write_table(made, path)
    return path


def geo(column: str = "geometry", **more: object) -> dict[str, object]:
    one = {"encoding": "WKB", "geometry_types": ["Point"], **more}
    return {"version": "1.1.0", "primary_column": column, "columns": {column: one}}


POINT = pa.array([shapely.to_wkb(shapely.Point(75, 39))])


def test_columns_of_every_kind_come_as_plain_ones(tmp_path: Path, reader: Reader) -> None:
    day, now = dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    path = table(
        tmp_path / "a.parquet",
        {
            "字典": pa.array(["移动"]).dictionary_encode(),
            "小数": pa.array([decimal.Decimal("12.50")], pa.decimal128(10, 2)),
            "长小数": pa.array([decimal.Decimal("123456789012345678.5")], pa.decimal128(20, 1)),
            "列表": pa.array([["a", "b"]]),
            "记录": pa.array([{"甲": 1}]),
            "图": pa.array([b"\x00\x01"]),
            "日": pa.array([day]),
            "时刻": pa.array([now]),
            "时": pa.array([dt.time(3, 4)]),
            "空": pa.nulls(1),
            "geometry": POINT,
        },
        geo(),
    )
    source = read_file(path, reader=reader)
    row = source.frame.iloc[0].to_dict()
    assert row["字典"] == "移动"
    assert (row["小数"], row["长小数"]) == (12.5, "123456789012345678.5")
    assert (row["列表"], row["记录"]) == ("a;b", '{"甲": 1}')
    assert (row["日"], row["时刻"], row["时"]) == (day, pd.Timestamp(now), "03:04:00")
    assert "图" not in row
    assert pd.isna(row["空"])
    assert rules(source) == ["OM-FLD-011", "OM-FLD-011", "OM-PKG-005"]


def test_several_columns_of_shapes_are_named(tmp_path: Path, reader: Reader) -> None:
    said = geo("位置")
    said["columns"]["范围"] = {"encoding": "WKB", "geometry_types": []}  # type: ignore[index]
    path = table(tmp_path / "a.parquet", {"位置": POINT, "范围": POINT, "n": pa.array([1])}, said)
    source = read_file(path, reader=reader)
    assert (rules(source), list(source.frame.columns)) == (["OM-PKG-043"], ["n"])
    assert source.findings[0].values["others"] == "范围"


@pytest.mark.parametrize(
    ("more", "crs"),
    [
        ({}, "EPSG:4326"),
        ({"crs": None}, None),
        ({"crs": {"id": {"authority": "EPSG", "code": 4548}}}, "EPSG:4548"),
        ({"crs": {"id": {"authority": "OGC", "code": "CRS84"}}}, "EPSG:4326"),
        ({"crs": {"type": "nonsense"}}, None),
    ],
)
def test_the_system_is_what_the_metadata_say(
    tmp_path: Path, reader: Reader, more: dict[str, object], crs: str | None
) -> None:
    assert read_file(table(tmp_path / "a.parquet", {"geometry": POINT}, geo(**more)), reader=reader).crs == crs


def test_a_system_without_a_code_comes_as_wkt(tmp_path: Path, reader: Reader) -> None:
    local = "+proj=tmerc +lon_0=116.35 +x_0=500000 +ellps=GRS80 +units=m"
    layer = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(1, 2)], crs=local)
    layer.to_parquet(tmp_path / "a.parquet")
    crs = read_file(tmp_path / "a.parquet", reader=reader).crs
    assert crs is not None
    assert "116.35" in crs


def test_a_table_without_shapes_is_a_table(tmp_path: Path, reader: Reader) -> None:
    source = read_file(table(tmp_path / "a.parquet", {"编码": pa.array(["007"])}), reader=reader)
    assert (source.geometry, source.crs, source.frame["编码"].tolist()) == (None, None, ["007"])


@pytest.mark.parametrize(
    "said", [[], {"columns": {}}, {"columns": {"geometry": 3}}, {"columns": {"geometry": {"encoding": "KML"}}}, 7]
)
def test_broken_metadata_end_in_words(tmp_path: Path, reader: Reader, said: object) -> None:
    with pytest.raises(ReadError, match="must be whole"):
        read_file(table(tmp_path / "a.parquet", {"geometry": POINT}, said), reader=reader)


def test_what_is_no_wkb_is_a_fault_of_its_row(tmp_path: Path, reader: Reader) -> None:
    shapes = pa.array([b"no shape", POINT[0].as_py()])
    source = read_file(table(tmp_path / "a.parquet", {"geometry": shapes}, geo()), reader=reader)
    assert source.geometry is not None
    assert [shape is None for shape in source.geometry] == [True, False]
    assert [(finding.rule, finding.row) for finding in source.findings] == [("OM-GEO-015", 1)]


def test_a_file_cut_short_is_no_shorter_layer(tmp_path: Path, reader: Reader) -> None:
    path = table(tmp_path / "a.parquet", {"geometry": POINT}, geo())
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ReadError, match=r"a\.parquet"):
        read_file(path, reader=reader)
