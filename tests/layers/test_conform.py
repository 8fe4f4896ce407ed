"""Conforming: from what departments send to the catalogue, every row accounted for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onemap.errors import CRSError, LayerError
from onemap.findings import findings_table
from onemap.layers.catalogue import schema
from onemap.layers.conform import Conformed, LayerMapping, conform
from onemap.layers.crs import DatumShift
from onemap.layers.join import join_layers
from onemap.layers.webmap_offsets import wgs84_to_bd09, wgs84_to_gcj02

COUNTY = shapely.box(74.7, 39.2, 75.8, 40.1)


@dataclass
class Sheet:
    """A source layer as a reader gives it."""

    frame: pd.DataFrame
    geometry: np.ndarray | None = None
    crs: str | None = None
    layer: str = ""
    path: Path = Path("sites.csv")
    encoding: str | None = "utf-8"
    first_row: int = 2
    rows: np.ndarray = field(init=False)

    def __post_init__(self):
        self.rows = np.arange(self.first_row, self.first_row + len(self.frame))


def sheet(columns, **more):
    return Sheet(pd.DataFrame(columns, dtype=object), **more)


def shapes(geometry, *, crs="EPSG:4490", **columns):
    array = np.empty(len(geometry), dtype=object)
    array[:] = geometry
    columns = columns or {"id": [f"{number}" for number in range(len(geometry))]}
    return Sheet(pd.DataFrame(columns, dtype=object), geometry=array, crs=crs, first_row=1)


def towers(source, *, area=COUNTY, working_crs="EPSG:4490", **mapping):
    mapping = {"crs": "EPSG:4490", "fields": {"tower_id": "编码"}, "lon": "经度", "lat": "纬度"} | mapping
    return conform(source, LayerMapping("towers", **mapping), working_crs=working_crs, area=area, file="in/sites.csv")


def with_field(cells, name="height_agl_m", **mapping):
    count = len(cells)
    source = sheet(
        {"编码": [f"T{n}" for n in range(count)], "经度": [75.2] * count, "纬度": [39.5] * count, "值": cells}
    )
    return towers(source, fields={"tower_id": "编码", name: "值"}, **mapping)


def rules(conformed, action=None):
    return [finding.rule for finding in conformed.findings if action in {None, finding.action}]


# Attributes


def test_fields_are_renamed_cast_and_in_the_order_of_the_catalogue():
    source = sheet(
        {
            "纬度": ["39.5"], "经度": ["75.2"], "平台": ["3.0"], "塔高": ["３５ 米"], "编码": [659900001.0], "状态": ["在网 "], "机房": ["√"],
            "日期": ["2026年1月5日"], "制式": ["4G、5G"],
        }
    )  # fmt: skip
    conformed = towers(
        source,
        fields={
            "status": "状态", "tower_id": "编码", "height_agl_m": "塔高", "platforms_total": "平台", "has_room": "机房",
            "technologies": "制式", "data_date": "日期",
        },
        values={"status": {"在网": "in service"}},
    )  # fmt: skip
    layer = conformed.layer
    assert [name for name in schema("towers").names if name in layer] == [
        name for name in layer.columns if name not in {"source", "geometry"}
    ]
    assert layer.drop(columns="geometry").iloc[0].to_dict() == {
        "tower_id": "659900001", "height_agl_m": 35.0, "platforms_total": 3, "has_room": True, "status": "in service",
        "technologies": "4G;5G", "data_date": "2026-01-05", "source": "in/sites.csv||2",
    }  # fmt: skip
    kinds = {
        "tower_id": "string",
        "height_agl_m": "float64",
        "platforms_total": "Int64",
        "has_room": "boolean",
        "source": "string",
    }
    assert {name: str(layer[name].dtype) for name in kinds} == kinds
    assert layer.crs.to_epsg() == 4490
    assert isinstance(layer.index, pd.RangeIndex)
    assert conformed.findings == ()


@pytest.mark.parametrize("text", ["高", "约30", "30-35", "35 kW", "35层"])
def test_text_where_a_number_must_stand_is_emptied_and_named(text):
    conformed = with_field([text])
    assert np.isnan(conformed.layer["height_agl_m"].iloc[0])
    assert rules(conformed) == ["OM-ATT-002"]
    assert text in conformed.findings[0].message("zh")
    assert text in conformed.findings[0].message("en")


def test_missing_height_is_kept_and_questioned():
    conformed = with_field([None, "-", "12"])
    assert rules(conformed) == ["OM-ATT-004", "OM-ATT-004"]
    assert conformed.layer["height_agl_m"].tolist()[2] == 12.0


def test_implausible_height_is_kept_and_questioned():
    conformed = with_field(["350"])
    assert conformed.layer["height_agl_m"].tolist() == [350.0]
    assert rules(conformed) == ["OM-ATT-007"]


def test_unknown_value_is_kept_and_questioned():
    conformed = with_field(["in service", "IN SERVICE", "弃用"], "status")
    assert conformed.layer["status"].tolist() == ["in service", "in service", "弃用"]
    assert rules(conformed, "kept").count("OM-ATT-003") == 1
    assert "retired" in next(one for one in conformed.findings if one.rule == "OM-ATT-003").message("en")


def test_half_a_platform_is_no_whole_number():
    conformed = with_field(["2.5", 3.0, "3.0", 2], "platforms_total")
    assert conformed.layer["platforms_total"].tolist() == [pd.NA, 3, 3, 2]
    assert rules(conformed).count("OM-ATT-002") == 1


def test_units_are_turned_into_the_field_own():
    conformed = with_field(["0.035", "0.04公里"], units={"height_agl_m": "km"})
    assert conformed.layer["height_agl_m"].round(9).tolist() == [35.0, 40.0]


def test_unit_of_another_thing_is_refused():
    with pytest.raises(LayerError, match="got 'kW'; known are m, km, cm, mm, dm, nmi, ft"):
        with_field(["1"], units={"height_agl_m": "kW"})


def test_yes_no_columns_become_a_list():
    source = sheet(
        {
            "编码": ["A", "B", "C"],
            "经度": [75.2] * 3,
            "纬度": [39.5] * 3,
            "移动": ["是", "N", "也许"],
            "联通": ["√", 1, ""],
        }
    )
    conformed = towers(source, yes_no={"tenants": {"移动": "中国移动", "联通": "中国联通"}})
    assert conformed.layer["tenants"].tolist() == ["中国移动;中国联通", "中国联通", pd.NA]
    assert rules(conformed).count("OM-ATT-002") == 1


def test_members_of_a_list_are_mapped_one_by_one():
    values = {"tenants": {"移动": "中国移动", "联通": "中国联通", "全部": "中国移动;中国联通;中国电信"}}
    conformed = with_field(["移动、联通", "移动/移动", "全部", "广电", None], "tenants", values=values)
    assert conformed.layer["tenants"].tolist() == [
        "中国移动;中国联通", "中国移动", "中国移动;中国联通;中国电信", "广电", pd.NA,
    ]  # fmt: skip


def test_constants_fill_what_is_missing():
    source = sheet({"编码": ["A", "B"], "经度": [75.2] * 2, "纬度": [39.5] * 2, "产权": ["中国移动", None]})
    conformed = towers(
        source, fields={"tower_id": "编码", "owner": "产权"}, constants={"owner": "中国铁塔", "height_agl_m": 30}
    )
    assert conformed.layer["owner"].tolist() == ["中国移动", "中国铁塔"]
    assert conformed.layer["height_agl_m"].tolist() == [30.0, 30.0]


def test_constant_of_another_kind_is_refused():
    with pytest.raises(LayerError, match=r"constant of towers.height_agl_m must be number"):
        with_field(["1"], "name", constants={"height_agl_m": "high"})


@pytest.mark.parametrize("value", ["4.6E+14", "4.60012E14", 1.2e17])
def test_identifier_that_a_spreadsheet_rounded_is_questioned(value):
    source = sheet({"编码": [value], "经度": [75.2], "纬度": [39.5]})
    assert "OM-ATT-008" in rules(towers(source), "kept")


def test_required_value_missing_rejects_the_row():
    conformed = towers(sheet({"编码": ["A", " "], "经度": [75.2] * 2, "纬度": [39.5] * 2}))
    assert conformed.layer["tower_id"].tolist() == ["A"]
    finding = conformed.findings[-1]
    assert (finding.rule, finding.row, finding.action) == ("OM-ATT-001", 3, "rejected")


def test_rows_not_asked_for_are_left_out_one_by_one():
    source = sheet({"编码": ["A", "B", "C"], "经度": [75.2] * 3, "纬度": [39.5] * 3, "类型": ["学校", "医院", None]})
    conformed = towers(source, where={"类型": ["学校"]})
    assert conformed.layer["tower_id"].tolist() == ["A"]
    left_out = [one for one in conformed.findings if one.rule == "OM-ATT-010"]
    assert [(one.row, one.action, one.severity) for one in left_out] == [
        (3, "rejected", "info"),
        (4, "rejected", "info"),
    ]


# Mistakes in the mapping


def test_missing_column_lists_what_there_is():
    with pytest.raises(
        LayerError, match=r"'塔高度'.* did you mean 塔高\? The columns are 编码, 塔高, 经度, 纬度"
    ) as caught:
        towers(
            sheet({"编码": ["A"], "塔高": [1], "经度": [75.2], "纬度": [39.5]}),
            fields={"tower_id": "编码", "height_agl_m": "塔高度"},
        )
    assert caught.value.exit_code == 2
    assert "塔高度" in caught.value.text("zh")


def test_unknown_field_is_refused_with_the_nearest():
    with pytest.raises(LayerError, match="did you mean height_agl_m"):
        with_field(["1"], "heigth_agl_m")


def test_required_field_without_column_is_refused():
    with pytest.raises(LayerError, match="needs the field tower_id"):
        towers(sheet({"经度": [75.2], "纬度": [39.5]}), fields={})


def test_yes_no_of_a_field_that_is_no_list_is_refused():
    with pytest.raises(LayerError, match="list fields are tenants, technologies"):
        towers(sheet({"编码": ["A"], "经度": [75.2], "纬度": [39.5]}), yes_no={"owner": {"编码": "x"}})


def test_table_without_coordinate_columns_is_refused():
    with pytest.raises(LayerError, match="name its coordinate columns"):
        towers(sheet({"编码": ["A"]}), lon=None, lat=None)
    with pytest.raises(LayerError, match="lon is named, lat is not"):
        towers(sheet({"编码": ["A"], "经度": [75.2]}), lat=None)


def test_layer_without_crs_is_refused():
    with pytest.raises(CRSError, match="does not say it; give the key crs"):
        towers(sheet({"编码": ["A"], "经度": [75.2], "纬度": [39.5]}), crs=None)


def test_degree_columns_with_a_metric_crs_are_refused():
    with pytest.raises(CRSError, match="easting and northing for metres"):
        towers(sheet({"编码": ["A"], "经度": [75.2], "纬度": [39.5]}), crs="EPSG:4534")


# Places


def test_places_in_degrees_minutes_and_seconds():
    source = sheet({"编码": ["A", "B"], "经度": ["东经75°12′36″", "75-12-36"], "纬度": ["北纬39度30分0秒", "39 30 00"]})
    conformed = towers(source)
    assert shapely.get_coordinates(conformed.layer.geometry.to_numpy()).round(9).tolist() == [[75.21, 39.5]] * 2
    assert conformed.operation.accuracy_m == 0.0


@pytest.mark.parametrize(
    ("lon", "lat"), [(None, 39.5), ("", ""), ("未知", 39.5), (75.2, "39°75′"), (np.nan, 39.5), (0, 0)]
)
def test_place_that_is_missing_or_unreadable_rejects_the_row(lon, lat):
    conformed = towers(sheet({"编码": ["A", "B"], "经度": [75.2, lon], "纬度": [39.5, lat]}))
    assert rules(conformed, "rejected") == ["OM-GEO-001"]
    assert len(conformed.layer) == 1


@pytest.mark.parametrize(("lon", "lat"), [(39.5, 75.2), ("39°30′N", "75°12′E"), (39.5, 110.2)])
def test_swapped_place_rejects_the_row_and_is_not_mended(lon, lat):
    conformed = towers(sheet({"编码": ["A", "B"], "经度": [75.2, lon], "纬度": [39.5, lat]}))
    assert rules(conformed, "rejected") == ["OM-CRS-006"]
    assert "swapped" in conformed.findings[-1].message("en")


def test_place_in_the_next_province_rejects_the_row():
    conformed = towers(sheet({"编码": ["A", "B"], "经度": [75.2, 94.4], "纬度": [39.5, 36.4]}))
    (finding,) = (one for one in conformed.findings if one.action == "rejected")
    assert (finding.rule, finding.row, finding.feature, finding.lon, finding.lat) == ("OM-GEO-003", 3, "B", 94.4, 36.4)


def test_without_an_area_rows_may_lie_anywhere_in_the_area_of_their_crs():
    source = sheet({"编码": ["A", "B", "C"], "经度": [75.2, 94.4, 10.0], "纬度": [39.5, 36.4, 50.0]})
    conformed = towers(source, area=None)
    assert len(conformed.layer) == 2
    assert rules(conformed, "rejected") == ["OM-CRS-005"]


def test_swap_outside_china_is_told_by_the_project_area():
    andorra = shapely.box(1.3, 42.3, 1.9, 42.8)
    source = sheet({"编码": ["A", "B"], "经度": [1.5, 42.5], "纬度": [42.5, 1.5]})
    conformed = towers(source, crs="EPSG:4326", area=andorra, working_crs="EPSG:4326")
    assert rules(conformed, "rejected") == ["OM-CRS-006"]


def test_arctic_places_of_other_countries_are_not_taken_for_swapped():
    source = sheet({"编码": ["A"], "经度": [15.6], "纬度": [78.2]})
    conformed = towers(source, crs="EPSG:4326", area=None, working_crs="EPSG:4326")
    assert len(conformed.layer) == 1


@pytest.mark.parametrize(
    ("lon", "lat", "words"),
    [
        ([39.5, 39.6], [75.2, 75.3], "swapped"),
        ([500_000] * 2, [4_374_000] * 2, "metres of a projection"),
        ([10.0], [50.0], "outside the area"),
    ],
)
def test_source_of_which_no_row_fits_its_crs_is_refused(lon, lat, words):
    source = sheet({"编码": [f"{n}" for n in range(len(lon))], "经度": lon, "纬度": lat})
    with pytest.raises(CRSError, match=words):
        towers(source)


def test_whole_source_outside_the_county_gets_a_hint_of_the_zone():
    points = [shapely.Point(520_000, 4_374_000), shapely.Point(521_000, 4_375_000)]
    source = shapes(points, crs="EPSG:4537", 编码=["A", "B"])
    conformed = towers(source, crs=None, lon=None, lat=None)
    assert len(conformed.layer) == 0
    assert rules(conformed) == ["OM-CRS-007", "OM-ATT-009", "OM-GEO-003", "OM-GEO-003"]
    assert "EPSG:4534" in conformed.findings[0].message("en")


def test_one_wild_row_does_not_spoil_the_operation_of_the_others():
    points = [
        shapely.Point(520_000, 4_374_000),
        shapely.Point(4_374_000, 520_000),
        shapely.Point(1e9, 1e9),
        shapely.Point(1_400_000, 4.3e6),
    ]
    source = shapes(points, crs="EPSG:4534", 编码=list("ABCD"))
    conformed = towers(source, crs=None, lon=None, lat=None)
    assert conformed.layer["tower_id"].tolist() == ["A"]
    assert rules(conformed, "rejected") == ["OM-CRS-006", "OM-CRS-005", "OM-GEO-003"]


@pytest.mark.parametrize(("name", "forward"), [("GCJ-02", wgs84_to_gcj02), ("BD-09", wgs84_to_bd09)])
def test_web_map_places_come_back(name, forward):
    lon, lat = forward([75.2, 75.3], [39.5, 39.6])
    source = sheet(
        {
            "编码": ["A", "B"],
            "经度": [repr(float(value)) for value in lon],
            "纬度": [repr(float(value)) for value in lat],
        }
    )
    found = shapely.get_coordinates(towers(source, crs=name).layer.geometry.to_numpy())
    np.testing.assert_allclose(found, [[75.2, 39.5], [75.3, 39.6]], atol=1e-11)


def test_old_datum_needs_its_parameters_and_takes_them():
    source = sheet({"编码": ["A"], "东": ["25520000"], "北": ["4374000.5米"]})
    mapping = {"crs": "EPSG:2349", "lon": None, "lat": None, "easting": "东", "northing": "北"}
    with pytest.raises(CRSError, match="seven parameters"):
        towers(source, **mapping)
    shift = DatumShift("coordinate frame", 1.0, 2.0, 3.0, accuracy_m=0.3)
    assert towers(source, **mapping, datum_shift=shift).operation.accuracy_m == 0.3


def test_crs_of_the_project_goes_before_that_of_the_file():
    source = shapes([shapely.Point(75.2, 39.5)], crs="EPSG:4326", 编码=["A"])
    conformed = towers(source, crs="GCJ-02", lon=None, lat=None)
    assert conformed.operation.source_crs == "GCJ-02"
    assert "OM-CRS-003" in rules(conformed, "kept")


# Geometries


def lines(geometry):
    mapping = LayerMapping("roads", fields={"road_id": "id"})
    return conform(shapes(geometry), mapping, working_crs="EPSG:4490", area=COUNTY, file="roads.shp")


def zones(geometry):
    mapping = LayerMapping("zones", fields={"zone_id": "id"}, constants={"kind": "land use"})
    return conform(shapes(geometry), mapping, working_crs="EPSG:4490", area=COUNTY, file="zones.gdb")


LINE = shapely.LineString([(75, 39.5), (75.1, 39.6)])


def test_null_and_empty_geometries_are_rejected():
    with np.errstate(invalid="ignore"):
        broken = shapely.LineString([(75, np.nan), (75.1, 39.6)])
    conformed = lines([LINE, None, shapely.LineString(), broken])
    assert rules(conformed, "rejected") == ["OM-GEO-001"] * 3
    assert [finding.row for finding in conformed.findings] == [2, 3, 4]


def test_geometry_of_another_kind_is_rejected():
    conformed = lines([LINE, shapely.Point(75, 39.5), shapely.box(75, 39.5, 75.1, 39.6)])
    assert rules(conformed, "rejected") == ["OM-GEO-002"] * 2


def test_single_parts_leave_their_collections():
    conformed = lines([shapely.MultiLineString([LINE]), shapely.GeometryCollection([LINE]), LINE])
    assert set(conformed.layer.geometry.geom_type) == {"LineString"}


def test_single_geometries_are_promoted_only_beside_multi_ones():
    two = shapely.MultiLineString([LINE, shapely.LineString([(75.2, 39.5), (75.3, 39.6)])])
    assert set(lines([LINE, two]).layer.geometry.geom_type) == {"MultiLineString"}


def test_heights_are_dropped_with_one_note():
    high = shapely.LineString([(75, 39.5, 1000), (75.3, 39.6, 1100)])
    higher = shapely.LineString([(75, 39.5, 1000), (75.2, 39.6, 1300)])
    conformed = lines([high, higher, LINE])
    assert not conformed.layer.geometry.has_z.any()
    assert [(one.rule, one.row, one.values["count"]) for one in conformed.findings] == [("OM-GEO-005", None, 2)]


def test_bowtie_is_kept_and_flagged_with_its_place():
    bowtie = shapely.Polygon([(75, 39.5), (75.1, 39.6), (75.1, 39.5), (75, 39.6)])
    conformed = zones([bowtie])
    assert len(conformed.layer) == 1
    assert rules(conformed) == ["OM-GEO-004"]
    assert "75.05 39.55" in conformed.findings[0].message("zh")


def test_polygon_that_reaches_into_the_county_is_kept():
    conformed = zones([shapely.box(74.0, 39.0, 74.8, 39.5), shapely.box(73.9, 39.0, 74.1, 39.5)])
    assert len(conformed.layer) == 1
    assert rules(conformed, "rejected") == ["OM-GEO-003"]


def test_source_without_rows_gives_an_empty_layer_and_a_warning():
    conformed = towers(sheet({"编码": [], "经度": [], "纬度": []}))
    assert len(conformed.layer) == 0
    assert conformed.layer.crs.to_epsg() == 4490
    assert str(conformed.layer["tower_id"].dtype) == "string"
    assert [(one.rule, one.severity) for one in conformed.findings] == [("OM-PKG-010", "warning")]


# Every row is accounted for

CELL = st.one_of(
    st.none(), st.floats(), st.integers(-(10**18), 10**18), st.booleans(), st.text(max_size=8),
    st.sampled_from(["75.2", "39.5", "75°12′E", "39°30′", "北纬39度", "0", "是", "35米", "4G、5G", "-", "1e400", "{x}", "在网"]),
)  # fmt: skip
LON = st.one_of(st.floats(74.8, 75.7), st.sampled_from([75.2, "75°12′", "E75.3"]), CELL)
LAT = st.one_of(st.floats(39.3, 40.0), st.sampled_from([39.5, "39°30′", "N39.6"]), CELL)
ROW = st.tuples(CELL, LON, LAT, CELL, CELL, CELL, CELL, CELL)
NAMES = ["编码", "经度", "纬度", "塔高", "平台", "状态", "移动", "日期"]


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROW, max_size=12))
def test_every_row_of_any_table_has_one_output_row_or_one_rejection(table):
    table = [("T-1", 75.2, 39.5, "35", 3, "在网", "是", "2026-01-01"), *table]
    source = sheet({name: [row[column] for row in table] for column, name in enumerate(NAMES)})
    before = source.frame.copy(deep=True)
    conformed = towers(
        source,
        fields={
            "tower_id": "编码",
            "height_agl_m": "塔高",
            "platforms_free": "平台",
            "status": "状态",
            "data_date": "日期",
            "name": "状态",
        },
        values={"status": {"在网": "in service"}},
        yes_no={"tenants": {"移动": "中国移动"}},
    )
    assert_accounted(source, conformed)
    pd.testing.assert_frame_equal(source.frame, before)
    joined = join_layers("towers", [conformed, conformed])
    doubled = [finding.row for finding in joined.findings if finding.action == "rejected"]
    assert (
        len(joined.layer) + len(doubled) - 1 * len(rejected(conformed))
        == 2 * len(source.frame) - len(rejected(conformed)) * 1
    )


GEOMETRY = st.sampled_from(
    [
        None, LINE, shapely.LineString(), shapely.Point(75, 39.5), shapely.MultiLineString([LINE, LINE]), shapely.box(75, 39.5, 75.1, 39.6),
        shapely.LineString([(39.5, 75), (39.6, 75.1)]), shapely.LineString([(100, 30), (101, 31)]), shapely.LineString([(1e9, 1e9), (2e9, 1e9)]),
        shapely.LineString([(75, 39.5, 1), (75.1, 39.6, 2)]), shapely.LineString([(75, np.inf), (75.1, 39.6)]), shapely.LineString([(75, 39.5), (75, 39.5)]),
    ]
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(GEOMETRY, max_size=8), st.lists(CELL, min_size=8, max_size=8))
def test_every_geometry_has_one_output_row_or_one_rejection(geometry, identifiers):
    source = shapes([LINE, *geometry], id=["first", *identifiers[: len(geometry)]])
    mapping = LayerMapping("roads", fields={"road_id": "id"})
    conformed = conform(source, mapping, working_crs="EPSG:4490", area=COUNTY, file="roads.shp")
    assert_accounted(source, conformed)


def rejected(conformed: Conformed) -> list[int]:
    return [finding.row for finding in conformed.findings if finding.action == "rejected"]


def assert_accounted(source, conformed):
    kept = [int(text.rsplit("|", 1)[1]) for text in conformed.layer["source"]]
    assert sorted([*kept, *rejected(conformed)]) == source.rows.tolist()
    table = findings_table(conformed.findings)
    assert table[["message_zh", "message_en", "hint_zh", "hint_en"]].ne("").all().all()
    assert isinstance(conformed.layer, gpd.GeoDataFrame)
    assert conformed.layer.geometry.notna().all()


@pytest.mark.parametrize(("given", "missing"), [("lon", "lat"), ("lat", "lon")])
def test_one_coordinate_column_of_two_is_refused(given, missing):
    source = sheet({"编码": ["T1"], "经度": ["75.2"], "纬度": ["39.5"]})
    with pytest.raises(LayerError, match=f"{given} is named, {missing} is not") as refused:
        towers(source, **{missing: None})
    assert refused.value.rule == "OM-FLD-005"
