"""Canonical layers become layers of a profile: every row once or with a finding."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from onemap.delivery.mapping import map_to_profile
from onemap.delivery.profile import load_profile
from onemap.errors import CRSError, LayerError, ProjectError

COUNTY = {"county_code": "659900", "county_name": "示范县"}


def test_points_are_ordered_by_layer_then_identifier(mapped):
    frame = mapped.layers["SZGYSSD"].frame
    assert frame["BSM"].tolist() == [f"65990001010000000{number}" for number in (1, 2, 3)]
    assert frame["MC"].tolist() == ["T1", "乙站", "核心机楼"]  # the identifier stands in for a missing name
    assert frame["LX"].tolist() == ["10", "13", "21"]
    assert frame["XZQDM"].tolist() == ["659900102000", "659900101000", "659900101000"]
    assert frame["XZQMC"].tolist() == ["乙乡", "甲镇", "甲镇"]
    assert frame["BZ"].tolist() == ["站址 T1", "站址 T2", "机房 R1"]
    assert set(frame["YSDM"]) == {"0000000101"}
    assert list(frame.columns) == ["BSM", "YSDM", "XZQDM", "XZQMC", "MC", "LX", "BZ", "geometry"]


def test_polygons_have_land_use_and_ellipsoidal_area(mapped):
    row = mapped.layers["SZGYSSM"].frame.iloc[0]
    assert row["YDYHFLDM"] == "130600"
    # closed form: a cell of the graticule on the ellipsoid of CGCS2000, by the series of its meridian and parallel radii
    a, f = 6378137.0, 1 / 298.257222101
    e2, lat = f * (2 - f), np.radians(39.5005)
    meridian = a * (1 - e2) / (1 - e2 * np.sin(lat) ** 2) ** 1.5
    parallel = a / np.sqrt(1 - e2 * np.sin(lat) ** 2) * np.cos(lat)
    assert row["MJ"] == pytest.approx(meridian * parallel * np.radians(0.001) ** 2, rel=1e-6)
    assert row["MJ"] == round(row["MJ"], 2)


def test_conditions_choose_rows(mapped):
    assert mapped.layers["ZDJCSSD"].frame["MC"].tolist() == ["核心机楼"]
    assert mapped.layers["ZDJCSSX"].frame["MC"].tolist() == ["干线"]
    assert mapped.layers["JQZDXMD"].frame.empty


def test_parts_are_split_and_each_has_its_own_district(mapped):
    frame = mapped.layers["SZGYSSX"].frame
    assert frame.geometry.geom_type.tolist() == ["LineString"] * 3
    assert frame["BZ"].tolist() == ["光缆段 C1", "光缆段 C2（第1部分）", "光缆段 C2（第2部分）"]
    split = [finding for finding in mapped.findings if finding.rule == "OM-GEO-108"]
    assert [(one.feature, one.values["parts"], one.action) for one in split] == [("C2", 2, "repaired")]


def test_every_source_row_is_delivered_or_rejected_once(layers, mapped):
    delivered = set(mapped.trace["source"])
    rejected = [finding for finding in mapped.findings if finding.action == "rejected"]
    left_out = [f"{one.file}||{one.row}" for one in rejected]
    assert left_out == ["towers.csv||4", "towers.csv||5"]
    assert [one.rule for one in rejected] == ["OM-BIZ-102", "OM-BIZ-103"]
    everything = {source for frame in layers.values() for source in frame["source"]}
    assert delivered | set(left_out) == everything
    assert not delivered & set(left_out)


def test_trace_names_every_delivered_row(mapped):
    rows = sum(len(layer.frame) for layer in mapped.layers.values())
    assert len(mapped.trace) == rows == mapped.trace["identifier"].nunique()
    first = mapped.trace.iloc[0]
    assert first.tolist() == ["SZGYSSD", "659900010100000001", 1, "towers", "T1", "towers.csv||2"]


def test_order_of_input_does_not_matter(layers, profile, districts, mapped):
    turned = {name: frame.iloc[::-1].reset_index(drop=True) for name, frame in reversed(layers.items())}
    again = map_to_profile(turned, profile, districts=districts, **COUNTY)
    for code, layer in mapped.layers.items():
        assert layer.frame.equals(again.layers[code].frame)


def test_arguments_stay_as_they_were(layers, profile, districts):
    before = {name: frame.copy() for name, frame in layers.items()}
    districts_before = districts.copy()
    map_to_profile(layers, profile, districts=districts, **COUNTY)
    assert all(frame.equals(before[name]) for name, frame in layers.items())
    assert districts.equals(districts_before)


def test_long_text_stays_or_is_cut_with_a_finding(layers, profile, districts):
    layers["towers"].loc[0, "name"] = "长" * 101
    kept = map_to_profile(layers, profile, districts=districts, **COUNTY)
    assert kept.layers["SZGYSSD"].frame["MC"].str.len().max() == 101
    cut = map_to_profile(layers, profile, districts=districts, cut_long_text=True, **COUNTY)
    assert cut.layers["SZGYSSD"].frame["MC"].str.len().max() == 100
    found = [one for one in cut.findings if one.rule == "OM-ATT-111"]
    assert [(one.feature, one.values["text"], one.action) for one in found] == [("T2", "长" * 101, "repaired")]
    assert "101" in found[0].message("zh")


def test_row_without_geometry_is_rejected(layers, profile, districts):
    layers["towers"].loc[0, "geometry"] = None
    layers["rooms"].loc[0, "geometry"] = shapely.Point()
    mapped = map_to_profile(layers, profile, districts=districts, **COUNTY)
    found = [(one.layer, one.feature, one.lon) for one in mapped.findings if one.rule == "OM-GEO-107"]
    assert found == [("towers", "T2", None), ("rooms", "R1", None)]


def test_geometry_that_no_layer_takes_is_a_finding(layers, profile, districts):
    layers["towers"].loc[0, "geometry"] = shapely.box(75.2, 39.2, 75.3, 39.3)
    mapped = map_to_profile(layers, profile, districts=districts, **COUNTY)
    assert [one.feature for one in mapped.findings if one.rule == "OM-BIZ-104"] == ["T2"]


def test_layer_without_a_place_is_named(layers, profile, districts):
    schools = gpd.GeoDataFrame({"school_id": ["S"]}, geometry=gpd.points_from_xy([75.2], [39.2]), crs=4490)
    mapped = map_to_profile({**layers, "schools": schools}, profile, districts=districts, **COUNTY)
    found = [one for one in mapped.findings if one.rule == "OM-BIZ-101"]
    assert [(one.layer, one.values["count"], one.severity) for one in found] == [("schools", 1, "info")]


def test_boundary_point_takes_the_first_code(layers, profile, districts):
    layers["towers"].loc[0, "geometry"] = shapely.Point(75.5, 39.5)
    mapped = map_to_profile(layers, profile, districts=districts, **COUNTY)
    assert mapped.layers["SZGYSSD"].frame.set_index("MC").loc["乙站", "XZQDM"] == "659900101000"


def test_one_level_serves_all_features(layers, profile, districts):
    county = gpd.GeoDataFrame(
        {"code": ["659900"], "name": ["示范县"], "level": ["county"]}, geometry=[shapely.box(75, 39, 76, 40)], crs=4490
    )
    mixed = pd.concat([county, districts], ignore_index=True)
    mapped = map_to_profile(layers, profile, districts=mixed, **COUNTY)
    assert set(mapped.layers["SZGYSSD"].frame["XZQDM"]) == {"659900101000", "659900102000"}


def test_zone_of_the_profile_is_used(layers, profile, districts):
    zone = profile.model_copy(update={"crs": profile.crs.model_copy(update={"delivered_in": "EPSG:4513"})})
    zone._code_lists = profile.code_lists
    mapped = map_to_profile(layers, zone, districts=districts, **COUNTY)
    layer = mapped.layers["SZGYSSD"]
    assert layer.crs == "EPSG:4513"
    assert layer.frame.crs.to_epsg() == 4513
    assert 25_500_000 < layer.frame.geometry.x.iloc[1] < 25_530_000
    assert mapped.layers["SZGYSSM"].frame["MJ"].iloc[0] == pytest.approx(9541.6, abs=10)
    assert mapped.layers["JQZDXMD"].crs == "EPSG:4513"


def test_nothing_to_deliver_gives_empty_layers(profile, districts):
    mapped = map_to_profile({}, profile, districts=districts, **COUNTY)
    assert all(layer.frame.empty for layer in mapped.layers.values())
    assert mapped.trace.empty
    assert mapped.layers["SZGYSSM"].crs == "EPSG:4490"


def test_generic_profile_needs_no_chinese_codes():
    towers = gpd.GeoDataFrame(
        {
            "tower_id": ["A"],
            "name": ["Pic"],
            "owner": ["Andorra Telecom"],
            "height_agl_m": [30.0],
            "source": ["m.gpkg|m|1"],
        },
        geometry=gpd.points_from_xy([1.5], [42.5]),
        crs="EPSG:4326",
    )
    mapped = map_to_profile({"towers": towers}, load_profile("generic"), county_code="", county_name="Andorra")
    row = mapped.layers["telecom_points"].frame.iloc[0]
    assert row[["ID", "NAME", "LAYER", "OWNER", "HEIGHT_M", "SOURCE"]].tolist() == [
        "A", "Pic", "towers", "Andorra Telecom", 30.0, "m.gpkg|m|1",
    ]  # fmt: skip
    assert mapped.layers["telecom_points"].crs == "EPSG:4326"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"county_code": "6599"}, (ProjectError, "six digits")),
        ({"districts": None}, (LayerError, "must hold areas")),
    ],
)
def test_wrong_calls_are_refused(layers, profile, change, expected):
    with pytest.raises(expected[0], match=expected[1]):
        map_to_profile(layers, profile, **{"districts": None, **COUNTY, **change})


def test_layer_without_crs_is_refused(layers, profile, districts):
    layers["towers"] = gpd.GeoDataFrame(
        layers["towers"].drop(columns="geometry"), geometry=list(layers["towers"].geometry)
    )
    with pytest.raises(CRSError, match="towers none"):
        map_to_profile(layers, profile, districts=districts, **COUNTY)


def test_layer_without_identifier_is_refused(layers, profile, districts):
    layers["towers"] = layers["towers"].drop(columns="tower_id")
    with pytest.raises(LayerError, match="tower_id"):
        map_to_profile(layers, profile, districts=districts, **COUNTY)


def test_another_datum_is_refused(layers, profile, districts):
    xian = {name: frame.set_crs("EPSG:4610", allow_override=True) for name, frame in layers.items()}
    with pytest.raises(CRSError, match="seven parameters"):
        map_to_profile(xian, profile, districts=districts, **COUNTY)
