"""Rows and columns that speak against themselves, and repairs that say what they did."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from onemap.layers.agreement import network_operator, odd_names
from onemap.layers.catalogue import catalogue, schema
from onemap.layers.column_checks import above_sea_column, likely_unit, stated_unit
from onemap.layers.conform import LayerMapping, conform
from onemap.layers.known_places import disagreeing_names
from onemap.layers.number_doubts import number_rule
from onemap.layers.repairs import REPAIRS
from onemap.layers.repeated_sites import name_stem, repeated_sites
from onemap.layers.row_checks import total_rows


def conformed(columns, *, layer="towers", repair=(), **mapping):
    """Conform a table: its first column identifies the rows, which lie at places of their own."""
    frame = pd.DataFrame(columns, dtype=object)
    count = len(frame)
    geometry = shapely.points(75.203458 + np.arange(count) * 0.012347, 39.604567 + np.arange(count) * 0.011239)
    source = SimpleNamespace(
        path=None, layer="表", crs="EPSG:4490", encoding="utf-8", geometry=geometry, rows=np.arange(2, count + 2), frame=frame
    )  # fmt: skip
    return conform(source, LayerMapping(layer, repair=repair, **mapping), working_crs="EPSG:4490", file="a.xlsx")


def one_field(cells, field="height_agl_m", *, layer="towers", repair=(), column="值", **mapping):
    fields = {schema(layer).id_field: "编码", field: column}
    return conformed(
        {"编码": [f"T{at}" for at in range(len(cells))], column: cells}, layer=layer, repair=repair, fields=fields, **mapping
    )  # fmt: skip


def found(result, *, without=("OM-ATT-004", "OM-ATT-009")):
    return [(one.rule, one.row, one.action) for one in result.findings if one.rule not in without]


@pytest.mark.parametrize(
    ("cell", "repair", "before_is", "after"),
    [
        ("约35", "rough_numbers", "OM-ATT-002", 35.0),
        ("三十五", "chinese_numerals", "OM-ATT-002", 35.0),
        ("12,5", "decimal_comma", "OM-ATT-002", 12.5),
        ("9999", "sentinels", "OM-ATT-014", None),
        ("-1", "sentinels", "OM-ATT-014", None),
    ],
)
def test_a_doubtful_number_is_repaired_only_when_asked(cell, repair, before_is, after):
    kept = one_field(["30", cell])
    assert found(kept) == [(before_is, 3, "kept")]
    mended = one_field(["30", cell], repair=[repair])
    assert found(mended) == [(before_is, 3, "repaired")]
    value = mended.layer["height_agl_m"].iloc[1]
    assert value == after or (after is None and np.isnan(value))
    told = mended.findings[0]
    assert told.columns == ("值",)
    for lang in ("zh", "en"):
        assert cell in told.message(lang)
        assert cell not in REPAIRS


def test_an_azimuth_of_a_full_turn_becomes_zero_only_when_asked():
    fields = {"cell_id": "编码", "azimuth_deg": "值"}
    columns = {"编码": ["A", "B"], "值": ["360", 360.0]}
    constants = {"operator": "中国移动", "technology": "4G"}
    kept = conformed(columns, layer="cells", fields=fields, constants=constants)
    assert kept.layer["azimuth_deg"].tolist() == [360.0, 360.0]
    assert found(kept) == [("OM-ATT-015", 2, "kept"), ("OM-ATT-015", 3, "kept")]
    mended = conformed(columns, layer="cells", fields=fields, constants=constants, repair=["azimuth_360"])
    assert mended.layer["azimuth_deg"].tolist() == [0.0, 0.0]
    assert found(mended) == [("OM-ATT-015", 2, "repaired"), ("OM-ATT-015", 3, "repaired")]


def test_days_are_repaired_in_the_order_asked_for():
    cells = ["2024-03-05", "05.03.2024", "24-3-5"]
    assert one_field(cells, "data_date").layer["data_date"].tolist() == ["2024-03-05", pd.NA, pd.NA]
    day = one_field(cells, "data_date", repair=["day_first", "two_digit_years"]).layer["data_date"]
    month = one_field(cells, "data_date", repair=["month_first"]).layer["data_date"]
    assert day.tolist() == ["2024-03-05"] * 3
    assert month.tolist() == ["2024-03-05", "2024-05-03", pd.NA]


def test_units_reckoned_are_one_note_for_the_column():
    result = one_field(["35m", "0.04km", "35 米", "4000cm"])
    assert result.layer["height_agl_m"].tolist() == [35.0, 40.0, 35.0, 40.0]
    assert found(result) == [("OM-ATT-011", None, "kept")]
    assert result.findings[0].values["count"] == 2


def test_shortened_codes_are_filled_up_when_asked():
    codes = ["0101", "0102", "103", "0104"]
    result = conformed({"编码": codes}, fields={"tower_id": "编码"}, repair=["leading_zeros"])
    assert result.layer["tower_id"].tolist() == ["0101", "0102", "0103", "0104"]
    assert found(result) == [("OM-ATT-024", 4, "repaired")]
    assert conformed({"编码": codes}, fields={"tower_id": "编码"}).layer["tower_id"].tolist() == codes


def test_heights_above_the_sea_lose_the_ground_when_asked():
    columns = {"编码": ["A", "B", "C"], "高": ["1535", "40", "1742.5"], "地面": ["1500", "1510", "1700"]}
    fields = {"tower_id": "编码", "height_agl_m": "高", "ground_elev_m": "地面"}
    kept = conformed(columns, fields=fields)
    assert [one.row for one in kept.findings if one.rule == "OM-ATT-016"] == [2, 4]
    mended = conformed(columns, fields=fields, repair=["above_sea_heights"])
    assert mended.layer["height_agl_m"].tolist() == [35.0, 40.0, 42.5]


@pytest.mark.parametrize("word", ["合计", "合 计", "小计：", "总计(3个)", "Total", "平均", "合计：12", "Grand total"])
def test_totals_are_left_out_where_they_are_the_identifier(word):
    result = conformed({"编码": ["A", word, "B"]}, fields={"tower_id": "编码"})
    assert found(result) == [("OM-ATT-017", 3, "rejected")]
    assert result.layer["tower_id"].tolist() == ["A", "B"]


@pytest.mark.parametrize("word", ["合计村", "总计站", "Totalan", "平均海拔站", "Summit", "小计算中心"])
def test_names_that_only_hold_such_words_stay(word):
    result = conformed({"编码": ["A", word], "名称": [word, "甲"]}, fields={"tower_id": "编码", "name": "名称"})
    assert len(result.layer) == 2
    assert found(result) == []


def test_totals_in_any_cell_of_a_row_that_cannot_stay_are_found_and_others_keep_their_rule():
    frame = pd.DataFrame({"序号": ["1", "桃亭镇小计", "3", "共 35 个"], "编码": ["A", None, None, None]}, dtype=object)
    result = conformed(frame.to_dict("list"), fields={"tower_id": "编码"})
    assert found(result) == [
        ("OM-ATT-017", 3, "rejected"),
        ("OM-ATT-001", 4, "rejected"),
        ("OM-ATT-017", 5, "rejected"),
    ]
    assert total_rows(frame, features=None, rejected=[0]) == {}


def test_every_number_in_its_range_is_expected():
    for one in (
        field
        for layer in catalogue().values()
        for field in layer.fields.values()
        if field.kind in {"number", "integer"}
    ):
        middle = [one.minimum, one.maximum]
        for number in (
            number for number in middle if number is not None and not (one.name == "azimuth_deg" and number == 360)
        ):
            assert number_rule(one, float(number)) == ("", "", None), one.name


@given(st.lists(st.floats(5, 150), min_size=3, max_size=50))
def test_plausible_heights_are_in_metres(heights):
    assert likely_unit(schema("towers").field("height_agl_m"), heights) == ""
    assert not above_sea_column(heights)


@pytest.mark.parametrize(
    ("header", "unit"),
    [("塔高(m)", "m"), ("皮长（公里）", "公里"), ("占地面积_m2", "m2"), ("负责人(签字)", ""), ("A/B", "")],
)
def test_units_of_headers(header, unit):
    assert stated_unit(header) == unit


def test_headers_that_follow_their_units_are_not_questioned():
    assert found(one_field(["3500"], column="塔高(cm)", units={"height_agl_m": "cm"})) == []
    assert found(one_field(["35"], column="塔高(m)")) == []
    assert found(one_field(["35"], column="塔高(cm)")) == [("OM-FLD-017", None, "kept")]


def test_names_are_questioned_by_most_rows_and_by_the_districts():
    assert odd_names(["1"] * 4, ["桃亭村", "桃亭", "桃亭行政村", "梨湾村"]) == {3: "桃亭村"}
    assert odd_names(["1"] * 4, ["甲", "甲", "乙", "乙"]) == {}
    assert odd_names(["1", "1"], ["甲", "乙"]) == {}
    here = shapely.points([[75.2, 39.6], [75.3, 39.7]])
    districts = gpd.GeoDataFrame({"code": ["659900001"], "name": ["桃亭镇"]}, geometry=here[:1], crs="EPSG:4490")
    sites = gpd.GeoDataFrame(
        {"tower_id": ["T1", "T2"], "district_code": ["659900001201"] * 2, "town": ["桃亭", "梨湾镇"], "source": ["a||2", "a||3"]},
        geometry=here, crs="EPSG:4490",
    )  # fmt: skip
    assert [one.row for one in disagreeing_names({"districts": districts, "towers": sites})] == [3]
    assert disagreeing_names({"towers": sites}) == []


@pytest.mark.parametrize(
    ("cell", "operator"),
    [
        ("460-00-1-1", "中国移动"),
        ("46001123456789", "中国联通"),
        ("460 11 1", "中国电信"),
        ("4601", ""),
        ("460-99-1", ""),
        ("46000", ""),
    ],
)
def test_networks_of_operators(cell, operator):
    assert network_operator(cell) == operator


def sites(names, owners, step_deg=0.0001):
    places = shapely.points(75.2 + np.arange(len(names)) * step_deg, np.full(len(names), 39.6))
    return gpd.GeoDataFrame({"name": names, "owner": owners}, geometry=places, crs="EPSG:4490")


def test_one_site_of_two_lists_is_questioned_and_others_are_not():
    assert [one.row for one in repeated_sites(sites(["桃亭镇东基站", "桃亭镇东站"], ["中国铁塔", "中国移动"]))] == [1]
    assert repeated_sites(sites(["桃亭镇东基站", "桃亭镇东站"], ["中国移动", "中国移动"])) == []
    assert repeated_sites(sites(["桃亭镇东基站", "桃亭镇西基站"], ["中国铁塔", "中国移动"])) == []
    assert repeated_sites(sites(["桃亭镇东基站", "桃亭镇东站"], ["中国铁塔", "中国移动"], step_deg=0.001)) == []
    assert repeated_sites(sites(["移动基站", "电信基站"], ["中国移动", "中国电信"])) == []
    assert name_stem("中国铁塔-桃亭镇东#2塔") == "桃亭镇东2"


@pytest.mark.parametrize("word", ["同上", "#N/A"])
def test_a_required_field_without_a_value_of_its_own_rejects_the_row_by_that_rule(word):
    rule = "OM-ATT-018" if word == "同上" else "OM-ATT-013"
    kept = conformed({"编码": ["A", word]}, fields={"tower_id": "编码"})
    assert [one for one in found(kept) if one[2] == "rejected"] == [(rule, 3, "rejected")]
    assert len(kept.layer) == 1


def test_heights_of_points_become_the_ground_where_mapped():
    frame = pd.DataFrame({"编码": ["A", "B"]}, dtype=object)
    geometry = np.array([shapely.Point(75.203458, 39.604567, 1500), shapely.Point(75.213459, 39.614568)])
    source = SimpleNamespace(
        path=None, layer="", crs="EPSG:4490", encoding=None, geometry=geometry, rows=np.arange(2), frame=frame
    )
    mapping = LayerMapping("towers", fields={"tower_id": "编码", "ground_elev_m": "geometry.z"})
    layer = conform(source, mapping, working_crs="EPSG:4490", file="a.gpkg").layer
    assert layer["ground_elev_m"].iloc[0] == 1500.0
    assert np.isnan(layer["ground_elev_m"].iloc[1])
    assert not layer.geometry.has_z.any()


@pytest.mark.parametrize(
    "cell", ["移动、联通", "移动 联通", "移动联通", "移动和联通", "移动+联通", "移动;联通", "移动/联通", "移动 & 联通"]
)
def test_known_members_of_a_list_are_parted_however_they_are_joined(cell):
    values = {"tenants": {"移动": "中国移动", "联通": "中国联通"}}
    result = one_field([cell, "移动互联"], "tenants", values=values)
    assert result.layer["tenants"].tolist() == ["中国移动;中国联通", "移动互联"]


def test_full_width_identifiers_are_those_of_other_lists():
    result = conformed({"编码": ["Ｔ－００１", "T-002"]}, fields={"tower_id": "编码"})
    assert result.layer["tower_id"].tolist() == ["T-001", "T-002"]
    assert found(result) == [("OM-ATT-025", None, "repaired")]


def test_coordinates_of_the_row_above_are_filled_when_asked():
    frame = pd.DataFrame({"编码": ["A", "B"], "经度": ["75.203458", "同上"], "纬度": ["39.604567", "〃"]}, dtype=object)
    source = SimpleNamespace(
        path=None, layer="", crs=None, encoding=None, geometry=None, rows=np.arange(2), frame=frame
    )
    mapping = {"fields": {"tower_id": "编码"}, "lon": "经度", "lat": "纬度", "crs": "EPSG:4490"}
    kept = conform(source, LayerMapping("towers", **mapping), working_crs="EPSG:4490", file="a.csv")
    assert found(kept) == [("OM-GEO-001", 1, "rejected")]
    filled = conform(source, LayerMapping("towers", **mapping, repair=["ditto"]), working_crs="EPSG:4490", file="a.csv")
    assert found(filled) == [("OM-ATT-018", 1, "repaired"), ("OM-ATT-018", 1, "repaired")]
    assert filled.layer.geometry.iloc[1].equals(filled.layer.geometry.iloc[0])
    assert {one.columns for one in filled.findings if one.rule == "OM-ATT-018"} == {("经度",), ("纬度",)}


@given(
    st.lists(
        st.tuples(
            st.integers(10, 60), st.sampled_from(["中国铁塔", "中国移动", "喀什地区铁塔", "中国广电"]), st.sampled_from(["4G", "4G、5G", "5G"]),
            st.dates(), st.sampled_from(["有", "无", "是", "Y"]), st.text(st.sampled_from("东西南北山河村镇站0123456789-（）#"), min_size=1, max_size=8),
        ),
        min_size=1, max_size=15,
    )
)  # fmt: skip
def test_honest_tables_are_not_questioned(rows):
    columns = {
        "编码": [f"6599TT{at:06d}" for at in range(len(rows))], "高": [f"{one[0]}米" for one in rows], "产权": [one[1] for one in rows],
        "制式": [one[2] for one in rows], "日期": [one[3].isoformat() for one in rows], "机房": [one[4] for one in rows], "名称": ["站" + one[5] for one in rows],
    }  # fmt: skip
    fields = {
        "tower_id": "编码", "height_agl_m": "高", "owner": "产权", "technologies": "制式", "data_date": "日期", "has_room": "机房", "name": "名称",
    }  # fmt: skip
    result = conformed(columns, fields=fields)
    assert found(result) == []
    assert len(result.layer) == len(rows)
