"""A source conformed in batches: the layer, the findings and their order are those of the source as a whole."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onemap.errors import CRSError
from onemap.layers.conform import LayerMapping, conform
from onemap.sources import open_reader, read_file
from onemap.workflows import large_sources
from onemap.workflows.large_sources import SAMPLES, conform_batches, is_large

COUNTY = shapely.box(74.7, 39.2, 75.8, 40.1)
TOWERS = LayerMapping(
    "towers",
    crs="EPSG:4490",
    fields={"tower_id": "编码", "name": "名称", "height_agl_m": "塔高", "status": "状态"},
    values={"status": {"在网": "in service"}},
    lon="经度",
    lat="纬度",
)
ROW = st.tuples(
    st.sampled_from(["T1", "T2", "0012", "013", "", "合计", "4.6E+14"]),
    st.sampled_from(["甲站", "乙站", "", "同上"]),
    st.sampled_from(["30", "35米", "高", "", "3500"]),
    st.sampled_from(["在网", "弃用", ""]),
    st.sampled_from(["75.2", "75°12′", "39.5", "100.1", "", "75.21", "0"]),
    st.sampled_from(["39.5", "39.6", "75.2", "", "39°30′N", "0"]),
)


@pytest.fixture(scope="module")
def reader():
    with open_reader() as one:
        yield one


def assert_same(whole, batched):
    pd.testing.assert_frame_equal(pd.DataFrame(batched.layer), pd.DataFrame(whole.layer))
    assert batched.layer.crs == whole.layer.crs
    assert [one.as_dict() for one in batched.findings] == [one.as_dict() for one in whole.findings]
    assert batched.operation == whole.operation


@pytest.mark.parametrize("size", [1, 7, 1000])
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=st.lists(ROW, max_size=20))
def test_batches_of_any_size_conform_as_the_whole(tmp_path_factory, reader, size, rows):
    path = tmp_path_factory.mktemp("table") / "towers.csv"
    table = pd.DataFrame(
        [("T0", "零站", "30", "在网", "75.2", "39.5"), *rows], columns=["编码", "名称", "塔高", "状态", "经度", "纬度"]
    )
    table.to_csv(path, index=False)
    given_all = {"working_crs": "EPSG:4490", "area": COUNTY, "file": "towers.csv"}
    whole = conform(read_file(path, reader=reader), TOWERS, **given_all)
    batched = conform_batches(path, TOWERS, **given_all, reader=reader, batch_rows=size)
    assert_same(whole, batched.conformed)
    assert batched.rows == len(table)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_lines_are_multi_in_all_batches_where_one_is_and_heights_are_counted_once(tmp_path, reader, size):
    line = shapely.LineString([(75.0, 39.5, 5.0), (75.1, 39.6, 5.0)])
    two = shapely.MultiLineString([line, shapely.LineString([(75.2, 39.5), (75.3, 39.6)])])
    roads = gpd.GeoDataFrame({"id": list("abcd")}, geometry=[line, line, two, None], crs="EPSG:4490")
    roads.to_file(tmp_path / "roads.gpkg")
    mapping = LayerMapping("roads", fields={"road_id": "id"})
    given_all = {"working_crs": "EPSG:4490", "area": COUNTY, "file": "roads.gpkg"}
    whole = conform(read_file(tmp_path / "roads.gpkg", reader=reader), mapping, **given_all)
    batched = conform_batches(tmp_path / "roads.gpkg", mapping, **given_all, reader=reader, batch_rows=size)
    assert_same(whole, batched.conformed)
    assert set(batched.conformed.layer.geom_type) == {"MultiLineString"}


def test_a_source_that_lies_elsewhere_as_a_whole_is_told_so_once(tmp_path, reader):
    path = tmp_path / "towers.csv"
    path.write_text("编码,名称,塔高,状态,经度,纬度\n" + "T1,甲,30,在网,100.1,30.5\n" * 5, encoding="utf-8")
    batched = conform_batches(
        path, TOWERS, working_crs="EPSG:4490", area=COUNTY, file="t.csv", reader=reader, batch_rows=2
    )
    assert [one.values["count"] for one in batched.conformed.findings if one.rule == "OM-CRS-007"] == [5]
    path.write_text("编码,名称,塔高,状态,经度,纬度\n" + "T1,甲,30,在网,10,50\n" * 5, encoding="utf-8")
    with pytest.raises(CRSError, match="outside the area"):
        conform_batches(path, TOWERS, working_crs="EPSG:4490", area=COUNTY, file="t.csv", reader=reader, batch_rows=2)


def test_of_many_findings_on_rows_that_stay_the_first_are_listed_and_all_are_counted(tmp_path, reader):
    path = tmp_path / "towers.csv"
    rows = "".join(f"T{n},站{n},高,在网,{75 + n / 10_000:.6f},39.5\n" for n in range(SAMPLES + 7))
    path.write_text("编码,名称,塔高,状态,经度,纬度\n" + rows + "X,站,30,在网,,\n" * 3, encoding="utf-8")
    source = conform_batches(
        path, TOWERS, working_crs="EPSG:4490", area=COUNTY, file="t.csv", reader=reader, batch_rows=300
    )
    found = [one.rule for one in source.conformed.findings]
    assert found.count("OM-ATT-002") == SAMPLES
    assert [one.values["count"] for one in source.conformed.findings if one.rule == "OM-PKG-050"] == [SAMPLES + 7]
    assert sum(one.action == "rejected" for one in source.conformed.findings) == 3
    assert len(source.conformed.layer) == SAMPLES + 7


def test_only_large_files_are_taken_in_batches(tmp_path, monkeypatch):
    path = tmp_path / "towers.csv"
    path.write_text("编码\n" * 100, encoding="utf-8")
    assert not is_large(path)
    monkeypatch.setattr(large_sources, "LARGE_BYTES", 100)
    assert is_large(path)


def test_a_ditto_at_the_head_of_a_batch_means_the_row_above(tmp_path):
    rows = ["T1,中国铁塔,75.10,39.51", "T2,,75.11,39.52", "T3,同上,同上,39.53", "T4,甲,75.12,39.54", "T5,〃,〃,〃"]
    file = tmp_path / "towers.csv"
    file.write_text("\n".join(["编码,产权,经度,纬度", *rows, ""]), encoding="utf-8")
    fields = {"tower_id": "编码", "owner": "产权"}
    mapping = LayerMapping("towers", crs="EPSG:4490", fields=fields, lon="经度", lat="纬度", repair=("ditto",))
    whole = conform_batches(file, mapping, working_crs="EPSG:4490", file="towers.csv").conformed
    for batch_rows in (1, 2, 3):
        parts = conform_batches(file, mapping, working_crs="EPSG:4490", file="towers.csv", batch_rows=batch_rows)
        assert parts.conformed.layer.equals(whole.layer)
        assert parts.conformed.findings == whole.findings
    assert whole.layer["owner"].fillna("-").tolist() == ["中国铁塔", "-", "-", "甲", "甲"]
    assert whole.layer.geometry.x.tolist() == [75.10, 75.11, 75.11, 75.12, 75.12]
