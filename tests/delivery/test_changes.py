"""Changes between two deliveries: what they are, and that they lead from the one to the other."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from onemap.delivery.changes import apply_changes, base_codes, compare_deliveries
from onemap.delivery.checked import CheckedLayer
from onemap.delivery.mapping import map_to_profile
from onemap.delivery.profile import load_profile
from onemap.errors import LayerError, ProjectError

PROFILE = load_profile("annual-maintenance")
DATE = dt.date(2026, 3, 1)
POINTS = "ZDJCSSD"


def rooms(rows, code=POINTS, crs="EPSG:4490"):
    """Make a layer of rooms: identifier → name and place."""
    frame = gpd.GeoDataFrame(
        {"BSM": list(rows), "MC": [name for name, _ in rows.values()], "BZ": None},
        geometry=[None if place is None else shapely.Point(place) for _, place in rows.values()],
        crs=crs,
    )
    return {code: CheckedLayer(code, frame, (), crs, file=f"{code}.gdb")}


def as_checked(changes):
    return {code: CheckedLayer.from_delivery(layer) for code, layer in changes.layers.items()}


def plain(frame):
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(place=shapely.to_wkt(frame.geometry.to_numpy()))
    return table.astype(object).where(table.notna(), None)


def test_each_kind_of_change_stands_in_its_layers():
    old = rooms({"1": ("甲", (75, 39)), "2": ("乙", (75, 40)), "3": ("丙", (76, 39)), "4": ("丁", (76, 40))})
    new = rooms({"0": ("新", (74, 39)), "2": ("乙", (75, 40)), "3": ("丙楼", (76, 39)), "4": ("丁", (76, 40.001))})
    found = compare_deliveries(old, new, PROFILE, date=DATE, values={"WHLY": "9"})
    change = found.layers["WHCZDJCSSD"].frame
    assert change[["BSM", "MC", "WHLX", "WHBH", "WHLY"]].to_numpy().tolist() == [
        ["0", "新", "1", "20260301000001", "9"],
        ["1", "甲", "3", "20260301000002", "9"],
        ["3", "丙楼", "2", "20260301000003", "9"],
        ["4", "丁", "2", "20260301000004", "9"],
    ]
    assert change["JDZBLY"].isna().all()
    assert found.layers["WHQZDJCSSD"].frame["MC"].tolist() == ["甲", "丙", "丁"]
    assert found.layers["WHHZDJCSSD"].frame["MC"].tolist() == ["新", "丙楼", "丁"]
    assert found.table["fields"].tolist() == ["", "", "MC", "geometry"]
    assert found.counts() == {POINTS: {"added": 1, "changed": 2, "removed": 1}}
    assert [list(layer.frame.columns) for layer in found.layers.values()] == [
        [*(field.name for field in layer.fields), "geometry"] for layer in found.layers.values()
    ]


PLACES = st.one_of(st.none(), st.tuples(st.sampled_from([75.0, 75.5]), st.sampled_from([39.0, 39.25])))
DELIVERIES = st.dictionaries(st.sampled_from("123456789"), st.tuples(st.sampled_from(["甲", "乙", None]), PLACES))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(DELIVERIES, DELIVERIES)
def test_applied_to_the_old_they_give_the_new(old, new):
    before, after = rooms(old), rooms(new)
    changes = compare_deliveries(before, after, PROFILE, date=DATE)
    updated = apply_changes(before, as_checked(changes), PROFILE)[POINTS]
    wanted = after[POINTS].frame.sort_values("BSM").reset_index(drop=True)
    assert plain(updated)[["BSM", "MC", "place"]].equals(plain(wanted)[["BSM", "MC", "place"]])
    differing = {one for one in {*old, *new} if old.get(one) != new.get(one)}
    assert set(changes.table["identifier"]) == differing


def test_nothing_changed_between_a_delivery_and_itself(layers, districts):
    profile = load_profile("county-master-plan")
    made = map_to_profile(layers, profile, county_code="659900", county_name="示范县", districts=districts).layers
    once = {code: CheckedLayer.from_delivery(layer) for code, layer in made.items()}
    turned = dict(once)
    for code, layer in once.items():  # rings begun elsewhere, rows in another order, steps of a grid
        moved = shapely.transform(layer.frame.geometry.to_numpy(), lambda points: points + 4e-10)
        frame = layer.frame.set_geometry(shapely.normalize(moved), crs=layer.frame.crs).iloc[::-1]
        turned[code] = CheckedLayer(code, frame, layer.fields, layer.crs)
    found = compare_deliveries(once, turned, PROFILE, date=DATE)
    assert len(found.table) == 0
    assert set(found.layers) == {f"{mark}{code}" for code in base_codes(PROFILE) for mark in ("WHQ", "WHC", "WHH")}


def test_a_layer_that_one_delivery_lacks_has_no_features_there():
    found = compare_deliveries({}, rooms({"1": ("甲", (75, 39))}), PROFILE, date=DATE)
    assert found.counts() == {POINTS: {"added": 1, "changed": 0, "removed": 0}}


def test_one_part_is_the_same_whether_kept_as_one_or_as_the_only_one_of_several():
    plain_rooms = rooms({"1": ("甲", (75, 39)), "2": ("乙", (75, 40)), "3": ("无", None)})
    frame = plain_rooms[POINTS].frame
    several = frame.set_geometry([shapely.MultiPoint([one]) if one else None for one in frame.geometry], crs=frame.crs)
    other = {POINTS: CheckedLayer(POINTS, several, (), "EPSG:4490")}
    assert len(compare_deliveries(plain_rooms, other, PROFILE, date=DATE).table) == 0
    two = frame.set_geometry([shapely.MultiPoint([[75, 39], [75, 41]]), *frame.geometry[1:]], crs=frame.crs)
    split = {POINTS: CheckedLayer(POINTS, two, (), "EPSG:4490")}
    assert compare_deliveries(plain_rooms, split, PROFILE, date=DATE).table["fields"].tolist() == ["geometry"]


def test_features_that_cannot_be_told_apart_are_findings():
    layer = rooms({"1": ("甲", (75, 39))})[POINTS]
    twice = CheckedLayer(POINTS, pd.concat([layer.frame] * 3).assign(BSM=["1", None, "1"]), (), layer.crs, file="a.gdb")
    found = compare_deliveries({POINTS: layer}, {POINTS: twice}, PROFILE, date=DATE)
    assert [(one.rule, one.row) for one in found.findings] == [("OM-ATT-101", 2), ("OM-ATT-105", 3)]
    assert found.layers == {}


def test_identifiers_given_anew_are_said():
    old = rooms({"1": ("甲", (75, 39)), "2": ("乙", (75, 40))})
    new = rooms({"1": ("新", (74, 39)), "2": ("甲", (75, 39)), "3": ("乙", (75, 40))})
    found = compare_deliveries(old, new, PROFILE, date=DATE)
    assert [(one.rule, one.values["count"], one.values["all"]) for one in found.findings] == [("OM-BIZ-113", 2, 2)]


@pytest.mark.parametrize(
    ("old", "new", "values", "match"),
    [
        (rooms({}, "SZGYSSD"), {}, {}, "must hold layers of the profile"),
        (rooms({}), rooms({}, crs="EPSG:4326"), {}, "one system of coordinates"),
        (rooms({}), rooms({}), {"WHLX": "1"}, "can be given to the fields WHLY, JDZBLY, KZBSHSLX"),
        (rooms({}), rooms({}), {"WHLY": "1234"}, "at most 3 characters"),
    ],
)
def test_what_cannot_be_compared_is_said(old, new, values, match):
    with pytest.raises((LayerError, ProjectError), match=match):
        compare_deliveries(old, new, PROFILE, date=DATE, values=values)


def test_a_profile_must_be_one_of_changes():
    with pytest.raises(ProjectError, match=r"must have a table \[changes\]"):
        compare_deliveries(rooms({}), rooms({}), load_profile("county-master-plan"), date=DATE)
    with pytest.raises(ProjectError, match="made by comparing two deliveries"):
        map_to_profile({}, PROFILE, county_code="659900", county_name="示范县")


def test_changes_of_another_delivery_are_refused():
    changes = compare_deliveries(rooms({"1": ("甲", (75, 39))}), rooms({}), PROFILE, date=DATE)
    with pytest.raises(LayerError, match="1 features are missing before or stand there already, first 1"):
        apply_changes(rooms({"2": ("乙", (75, 39))}), as_checked(changes), PROFILE)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('name = "m"\n[changes]\nbase = "nowhere"', "nowhere must be a file or one of"),
        ('name = "m"\n[changes]\nbase = "annual-maintenance"', "annual-maintenance is a profile of changes itself"),
        ('name = "m"\n[changes]\nbase = "generic"\nbefore = "x y"', r"changes.before"),
        ('name = "m"\n[changes]\nbase = "generic"\ncolour = 1', r"changes.colour"),
        ('name = "m"\n[changes]\nbase = 5', "changes.base"),
        ('name = "m"\nfield = 5\n[changes]\nbase = "generic"', "field"),
        ('name = "m"\n[changes]\nbase = "generic"\n[[field]]\nname = "WHLX"\nalias = "x"', r"length"),
    ],
)
def test_wrong_keys_of_a_profile_of_changes_are_named(tmp_path, text, match):
    path = tmp_path / "m.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match=match):
        load_profile(path)


def test_a_profile_of_changes_may_have_any_base(tmp_path):
    path = tmp_path / "m.toml"
    path.write_text('name = "m"\n[changes]\nbase = "telecom-special-plan"\n', encoding="utf-8")
    assert base_codes(load_profile(path))[0] == "SZGYSSD"
