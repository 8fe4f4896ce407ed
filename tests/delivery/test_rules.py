"""Each rule has a smallest good layer, which it passes, and a smallest bad one, which it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from onemap import messages
from onemap.delivery.checked import CheckedField, CheckedLayer, stored_kind
from onemap.delivery.mapping import map_to_profile
from onemap.delivery.profile import load_profile
from onemap.delivery.quality import check_delivery, check_layers, quality_summary, rule_counts
from onemap.delivery.rules.registry import layer_rules, package_rules, row_rules
from tests.delivery.plants import AGAIN, ONCE

WARNED = {"OM-ATT-104", "OM-ATT-108"}  # an example list, placeholder codes: said of every delivery with this profile


@pytest.fixture
def good(mapped) -> dict[str, CheckedLayer]:
    """A delivery without a fault."""
    return {code: CheckedLayer.from_delivery(layer) for code, layer in mapped.layers.items()}


def with_value(layer: CheckedLayer, column: str, value: object) -> CheckedLayer:
    frame = layer.frame.copy()
    frame.loc[0, column] = value
    return replace(layer, frame=frame)


def with_geometry(layer: CheckedLayer, *geometry: shapely.Geometry | None) -> CheckedLayer:
    every = [*geometry, *layer.frame.geometry.iloc[len(geometry) :]]
    return replace(layer, frame=layer.frame.set_geometry(gpd.GeoSeries(every, crs=layer.frame.crs)))


def with_remark(layer: CheckedLayer) -> CheckedLayer:
    return with_value(layer, "BZ", layer.frame["BZ"].iloc[1])


def with_field(layer: CheckedLayer, name: str, **changes: object) -> CheckedLayer:
    return replace(layer, fields=tuple(replace(one, **changes) if one.name == name else one for one in layer.fields))


def without_field(layer: CheckedLayer, name: str) -> CheckedLayer:
    fields = tuple(one for one in layer.fields if one.name != name)
    return replace(layer, fields=fields, frame=layer.frame.drop(columns=name))


ESRI_WKT = (
    'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
BOWTIE = shapely.Polygon([(75.3, 39.5), (75.301, 39.501), (75.301, 39.5), (75.3, 39.501)])
TWO = shapely.MultiPolygon([shapely.box(75.3, 39.5, 75.3005, 39.501), shapely.box(75.3006, 39.5, 75.301, 39.501)])

BAD: dict[str, tuple[str, Callable[[CheckedLayer], CheckedLayer | None]]] = {
    "OM-PKG-101": ("SZGYSSD", lambda _: None),
    "OM-PKG-102": ("SZGYSSM", lambda one: replace(one, problem="truncated", frame=pd.DataFrame(), fields=())),
    "OM-PKG-103": ("SZGYSSD", lambda one: replace(one, frame=one.frame.iloc[:0])),
    "OM-PKG-104": ("OTHER", lambda one: replace(one, name="OTHER")),
    "OM-CRS-101": ("SZGYSSM", lambda one: replace(one, crs="EPSG:4326")),
    "OM-CRS-102": ("SZGYSSM", lambda one: replace(one, crs=None)),
    "OM-FLD-101": ("SZGYSSM", lambda one: without_field(one, "BZ")),
    "OM-FLD-102": ("SZGYSSM", lambda one: with_field(one, "MJ", kind="text")),
    "OM-FLD-103": ("SZGYSSM", lambda one: with_field(one, "MC", width=50)),
    "OM-FLD-104": ("SZGYSSM", lambda one: with_field(one, "MJ", decimals=6)),
    "OM-FLD-105": ("SZGYSSM", lambda one: replace(one, fields=(one.fields[1], one.fields[0], *one.fields[2:]))),
    "OM-FLD-106": ("SZGYSSM", lambda one: replace(one, fields=(*one.fields, CheckedField("EXTRA", "text", 5)))),
    "OM-ATT-101": ("SZGYSSM", lambda one: with_value(one, "MC", "  ")),
    "OM-ATT-102": ("SZGYSSM", lambda one: with_value(one, "BZ", "x" * 256)),
    "OM-ATT-103": ("SZGYSSM", lambda one: with_value(one, "LX", "99")),
    "OM-ATT-105": ("SZGYSSM", lambda one: with_value(one, "BSM", "659900010100000001")),
    "OM-ATT-106": ("SZGYSSM", lambda one: with_value(one, "BSM", "659900010100000009")),
    "OM-ATT-107": ("SZGYSSM", lambda one: with_value(one, "YSDM", "0000000101")),
    "OM-ATT-109": ("SZGYSSM", lambda one: with_value(one, "XZQDM", "659900101")),
    "OM-ATT-110": ("SZGYSSM", lambda one: with_value(one, "MJ", -1.0)),
    "OM-ATT-112": ("SZGYSSM", lambda one: with_value(one, "MJ", 9000.0)),
    "OM-ATT-113": ("SZGYSSD", lambda one: with_value(one, "XZQDM", "659900000000")),
    "OM-GEO-101": ("SZGYSSM", lambda one: with_geometry(one, None)),
    "OM-GEO-102": ("SZGYSSM", lambda one: with_geometry(one, BOWTIE)),
    "OM-GEO-103": ("SZGYSSM", lambda one: with_geometry(one, shapely.Point(75.3, 39.5))),
    "OM-GEO-104": ("SZGYSSM", lambda one: with_geometry(one, TWO)),
    "OM-GEO-105": ("SZGYSSD", lambda one: with_geometry(with_remark(one), *[one.frame.geometry.iloc[1]] * 2)),
    "OM-BIZ-105": ("SZGYSSD", lambda one: with_geometry(one, shapely.Point(80, 39.5))),
    "OM-BIZ-106": ("SZGYSSD", lambda one: with_value(one, "XZQDM", "659900101000")),
}


def broken(good: dict[str, CheckedLayer], rule: str) -> dict[str, CheckedLayer]:
    name, breaks = BAD[rule]
    changed = breaks(good.get(name, good["SZGYSSM"]))
    kept = {code: layer for code, layer in good.items() if code != name}
    return kept if changed is None else {**kept, name: changed}


def test_good_delivery_has_no_finding_but_the_known_warnings(good, profile, districts):
    assert {one.rule for one in check_layers(good, profile, districts=districts)} == WARNED


@pytest.mark.parametrize("rule", BAD)
def test_rule_finds_its_bad_layer(good, profile, districts, rule):
    found = [one for one in check_layers(broken(good, rule), profile, districts=districts) if one.rule == rule]
    assert len(found) == 1
    assert found[0].layer == BAD[rule][0]
    for lang in ("zh", "en"):
        assert all((found[0].title(lang), found[0].message(lang), found[0].hint(lang)))
        assert "<NA>" not in found[0].message(lang)
        assert "nan" not in found[0].message(lang)


def test_every_rule_has_a_bad_layer():
    known = {one.rule_id for one in (*row_rules(), *layer_rules(), *package_rules())} | {"OM-PKG-101"}
    assert known == set(BAD) | WARNED | set(AGAIN) | set(ONCE) | {"OM-CRS-103"}
    assert len(known) >= 60


def test_layers_in_two_systems_are_found_where_the_profile_leaves_it_open(good):
    other = replace(good["SZGYSSX"], crs="EPSG:4326")
    layers = {"a": replace(good["SZGYSSD"], name="a"), "b": replace(other, name="b")}
    found = check_layers(layers, load_profile("generic"))
    assert [(one.layer, one.values["other"]) for one in found if one.rule == "OM-CRS-103"] == [("b", "a")]


def test_two_facilities_may_share_a_spot(good, profile, districts):
    shared = with_geometry(good["SZGYSSD"], *[good["SZGYSSD"].frame.geometry.iloc[1]] * 2)
    found = check_layers({"SZGYSSD": shared}, profile, districts=districts)
    assert "OM-GEO-105" not in {one.rule for one in found}


def test_profile_switches_rules_on_and_off(good, profile):
    layers = broken(good, "OM-GEO-104")
    code = "SZGYSSM"

    def rules_with(**keys: object) -> set[str]:
        changed = profile.model_copy(
            update={"layers": tuple(one.model_copy(update=keys) if one.code == code else one for one in profile.layers)}
        )
        changed._code_lists = profile.code_lists
        return {one.rule for one in check_layers(layers, changed) if one.layer == code}

    assert "OM-GEO-104" in rules_with()
    assert "OM-GEO-104" not in rules_with(skip=("OM-GEO-104",))
    assert "OM-GEO-104" not in rules_with(skip=("OM-GEO-",))
    assert "OM-GEO-104" in rules_with(skip=("OM-GEO-",), rules=("OM-GEO-104",))


def test_every_rule_has_texts():
    for rule, keys in messages.catalogue().items():
        if rule.startswith("OM-"):
            assert {"severity", "title_en", "title_zh", "en", "zh", "hint_en", "hint_zh"} <= set(keys), rule


def test_findings_of_rows_know_row_feature_and_place(good, profile, districts):
    found = check_layers(broken(good, "OM-BIZ-105"), profile, districts=districts)
    outside = next(one for one in found if one.rule == "OM-BIZ-105")
    assert (outside.row, outside.feature) == (1, "659900010100000001")
    assert (outside.lon, outside.lat) == (80.0, 39.5)
    assert "80.00000, 39.50000" in outside.message("zh")


def test_warnings_name_each_layer_once(good, profile, districts):
    found = check_layers(good, profile, districts=districts)
    placeholders = [one.layer for one in found if one.rule == "OM-ATT-108"]
    assert placeholders == [one.code for one in profile.layers]
    assert {one.severity for one in found} == {"warning"}


def test_identifier_is_unique_over_layers_and_the_first_is_not_at_fault(good, profile, districts):
    found = check_layers(broken(good, "OM-ATT-105"), profile, districts=districts)
    again = next(one for one in found if one.rule == "OM-ATT-105")
    assert again.layer == "SZGYSSM"
    assert again.values["other"] == "SZGYSSD 1"


def test_identifier_of_another_county_is_found(good, profile, districts):
    layers = {**good, "SZGYSSM": with_value(good["SZGYSSM"], "BSM", "110101010300000001")}
    assert "OM-ATT-106" in {one.rule for one in check_layers(layers, profile, districts=districts)}
    assert "OM-ATT-106" not in {one.rule for one in check_layers(layers, profile)}


@pytest.mark.parametrize("fault_when", ["both", "either"])
def test_area_by_share_and_size(good, profile, fault_when):
    area = good["SZGYSSM"].frame["MJ"].iloc[0]  # some 9,500 m²: 0.3 % is more than 20 m², but less than 2 %
    keys = profile.model_copy(update={"area_check": profile.area_check.model_copy(update={"fault_when": fault_when})})
    keys._code_lists = profile.code_lists
    for share, is_fault in ((1.0, False), (1.001, False), (1.003, fault_when == "either"), (1.03, True)):
        layers = {"SZGYSSM": with_value(good["SZGYSSM"], "MJ", area * share)}
        assert ("OM-ATT-112" in {one.rule for one in check_layers(layers, keys)}) == is_fault


def test_shapefile_may_count_bytes(good, profile):
    stored = with_field(good["SZGYSSM"], "BZ", width=254)  # as wide as the format can be
    for width, fits in ((99, False), (100, True), (200, True), (254, True)):
        layer = replace(with_field(stored, "MC", width=width), driver="ESRI Shapefile")
        found = {one.rule for one in check_layers({"SZGYSSM": layer}, profile)}
        assert ("OM-FLD-103" not in found) == fits


@pytest.mark.parametrize(
    "crs",
    [ESRI_WKT, "EPSG:4490"],
)
def test_system_is_recognised_however_it_is_written(good, profile, crs):
    layers = {"SZGYSSM": replace(good["SZGYSSM"], crs=crs)}
    assert "OM-CRS-101" not in {one.rule for one in check_layers(layers, profile)}


@pytest.mark.parametrize("crs", ["EPSG:4490+5737", "EPSG:4214", "nonsense", "EPSG:4534"])
def test_other_systems_are_found(good, profile, districts, crs):
    layers = {"SZGYSSM": replace(good["SZGYSSM"], crs=crs)}
    assert "OM-CRS-101" in {one.rule for one in check_layers(layers, profile, districts=districts)}


def test_foreign_layers_meet_general_rules_only(profile, districts):
    points = [shapely.Point(75.2, 39.2), shapely.Point(75.2, 39.2), shapely.Point(1, 1), None, shapely.Point(np.nan, 1)]
    frame = gpd.GeoDataFrame({"站名": list("甲乙丙丁戊")}, geometry=points, crs="EPSG:4490")
    layer = CheckedLayer("基站", frame, (CheckedField("站名", "text", 80),), "EPSG:4490", file="a.gpkg")
    found = check_layers({"基站": layer}, load_profile("generic"), districts=districts)
    assert [(one.rule, one.row) for one in found] == [
        ("OM-PKG-104", None),
        ("OM-BIZ-105", 3),
        ("OM-BIZ-105", 5),
        ("OM-GEO-101", 4),
        ("OM-GEO-102", 5),
        ("OM-GEO-105", 2),
    ]
    assert {one.file for one in found} == {"a.gpkg"}


def test_strange_layers_do_not_stop_the_check(profile, districts):
    table = CheckedLayer("SZGYSSD", pd.DataFrame({"BSM": [1, None]}), (CheckedField("BSM", "integer"),), None)
    collection = gpd.GeoDataFrame(
        {"a": [1]}, geometry=[shapely.GeometryCollection([shapely.Point(75, 39)])], crs="EPSG:4490"
    )
    unknown = CheckedLayer("x", collection, (), 'LOCAL_CS["unknown"]')
    typed = gpd.GeoDataFrame(
        {"BSM": [1.5], "MJ": ["text"], "XZQDM": [659900101000], "MC": [pd.Timestamp("2026-01-01")]},
        geometry=[shapely.box(75.1, 39.1, 75.2, 39.2)],
        crs="EPSG:4490",
    )
    wrong = CheckedLayer(
        "SZGYSSM", typed, tuple(CheckedField(name, "other") for name in typed.columns[:-1]), "EPSG:4490"
    )
    found = check_layers({"SZGYSSD": table, "x": unknown, "SZGYSSM": wrong}, profile, districts=districts)
    assert {one.layer for one in found} == {"SZGYSSD", "x", "SZGYSSM"}


def test_layers_in_another_datum_are_not_located_by_guessing(good, profile, districts):
    layers = {"SZGYSSM": replace(good["SZGYSSM"], crs="EPSG:4610")}
    found = {one.rule for one in check_layers(layers, profile, districts=districts)}
    assert "OM-CRS-101" in found
    assert "OM-BIZ-105" not in found


def test_summary_counts_what_was_looked_at(good, profile, districts):
    layers = broken(good, "OM-GEO-102")
    findings = check_layers(layers, profile, districts=districts)
    lines = {one.rule: one for one in quality_summary(findings, rule_counts(layers, profile, districts=districts))}
    rows = sum(len(layer.frame) for layer in good.values())
    assert (lines["OM-GEO-102"].checked, lines["OM-GEO-102"].failed) == (rows, 1)
    assert lines["OM-GEO-102"].text("zh") == f"共检查{rows}个要素，其中1个要素不符合：几何有效"
    assert lines["OM-GEO-101"].text("zh") == f"共检查{rows}个要素，其中{rows}个要素通过：几何不为空"
    assert lines["OM-ATT-112"].checked == 1
    assert lines["OM-PKG-101"].text("zh") == "共检查1个图层，其中1个图层通过：必选图层齐全"


def test_layers_are_left_as_they_were(good, profile, districts):
    before = {code: layer.frame.copy() for code, layer in good.items()}
    check_layers(good, profile, districts=districts)
    assert all(layer.frame.equals(before[code]) for code, layer in good.items())


def test_mapped_layers_can_be_checked_before_writing(layers, profile, districts):
    layers["towers"].loc[0, "name"] = "长" * 101
    mapped = map_to_profile(layers, profile, county_code="659900", county_name="示范县", districts=districts)
    found = check_delivery(mapped.layers.values(), profile, districts=districts)
    assert [one.feature for one in found if one.severity == "error"] == ["659900010100000002"]


def test_kinds_of_stored_types():
    kinds = {"OFTString": "text", "OFTInteger64": "integer", "OFTReal": "number", "bool": "boolean", "str:20": "other"}
    assert {name: stored_kind(name) for name in kinds} == kinds
