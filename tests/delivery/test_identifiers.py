"""Identifiers are numbered in order, unique in a delivery, and kept from the one before."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from onemap.delivery.checked import CheckedLayer
from onemap.delivery.identifiers import Identifiers
from onemap.delivery.mapping import map_to_profile
from onemap.delivery.profile import load_profile
from onemap.delivery.profile_keys import BSMKeys
from onemap.delivery.quality import check_layers

VILLAGES = gpd.GeoDataFrame(
    {"code": ["659900101001", "659900101002"], "name": ["一村", "二村"], "level": ["village"] * 2},
    geometry=[shapely.box(75.0, 39.0, 75.5, 40.0), shapely.box(75.5, 39.0, 76.0, 40.0)],
    crs=4490,
)
COUNTY = {"county_code": "659900", "county_name": "示范县"}


def village_layers():
    towers = gpd.GeoDataFrame(
        {"tower_id": ["T1", "T2", "T3"], "name": ["甲", "乙", "丙"]},
        geometry=gpd.points_from_xy([75.2, 75.7, 75.3], [39.5, 39.5, 39.4]),
        crs=4490,
    )
    cables = gpd.GeoDataFrame(
        {"cable_id": ["C1"], "name": ["缆"], "role": ["access"]},
        geometry=[shapely.LineString([(75.1, 39.5), (75.2, 39.5)])],
        crs=4490,
    )
    return {"towers": towers, "cables": cables}


def test_a_village_plan_numbers_through_its_layers():
    mapped = map_to_profile(village_layers(), load_profile("village-plan"), districts=VILLAGES, **COUNTY)
    assert mapped.layers["SZGYSSD"].frame["BSM"].tolist() == [
        "65990010100100000001", "65990010100200000001", "65990010100100000002",
    ]  # fmt: skip
    assert mapped.layers["SZGYSSX"].frame["BSM"].tolist() == ["65990010100100000003"]
    layers = {code: CheckedLayer.from_delivery(layer) for code, layer in mapped.layers.items()}
    found = check_layers(layers, load_profile("village-plan"), districts=VILLAGES)
    assert [one.rule for one in found if one.severity in {"fatal", "error"}] == []


@pytest.mark.parametrize("spoilt", ["6599001010010000001", "65990010100X00000001", "12345610100100000001"])
def test_an_identifier_of_another_form_is_found(spoilt):
    profile = load_profile("village-plan")
    mapped = map_to_profile(village_layers(), profile, districts=VILLAGES, **COUNTY)
    layers = {code: CheckedLayer.from_delivery(layer) for code, layer in mapped.layers.items()}
    layers["SZGYSSX"].frame.loc[0, "BSM"] = spoilt
    found = check_layers(layers, profile, districts=VILLAGES)
    assert "OM-ATT-106" in {one.rule for one in found}


def test_features_keep_their_identifiers_when_others_come_and_go():
    profile = load_profile("telecom-special-plan")
    towns = VILLAGES.assign(code=["659900101", "659900102"], level="town")
    old = map_to_profile(village_layers(), profile, districts=towns, **COUNTY)
    before = {
        (row.layer, row.canonical_layer, row.id, row.part): row.identifier for row in old.trace.itertuples(index=False)
    }
    now = village_layers()
    more = gpd.GeoDataFrame({"tower_id": ["T0"], "name": ["新"]}, geometry=[shapely.Point(75.4, 39.4)], crs=4490)
    now["towers"] = gpd.pd.concat([more, now["towers"].iloc[1:]], ignore_index=True)
    new = map_to_profile(now, profile, districts=towns, before=before, **COUNTY)
    frame = new.layers["SZGYSSD"].frame.set_index("MC")["BSM"]
    assert frame["乙"] == "659900010100000002"
    assert frame["丙"] == "659900010100000003"
    assert frame["新"] == "659900010100000004"  # the number of the tower that went is not given again
    assert new.layers["SZGYSSX"].frame["BSM"].tolist() == old.layers["SZGYSSX"].frame["BSM"].tolist()


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 9)), unique=True, max_size=12), st.data())
def test_none_is_given_twice_whatever_was_before(features, data):
    keys = BSMKeys(pattern="{county}{sequence:04d}{layer:02d}")
    known = [(layer, "towers", str(one), 1) for layer, one in features]
    numbers = data.draw(st.lists(st.integers(1, 20), unique=True, min_size=len(known), max_size=len(known)))
    kept = data.draw(st.sets(st.sampled_from(known))) if known else set()
    before = {
        one: keys.identifier("659900", "AB".index(one[0]), number)
        for one, number in zip(known, numbers, strict=True)
        if one in kept
    }
    made = Identifiers(keys, "659900", before)
    given = {}
    for layer in "AB":
        mine = [one for one in known if one[0] == layer]
        given |= dict(zip(mine, made.of("AB".index(layer), mine, [""] * len(mine)), strict=True))
    assert len(set(given.values())) == len(given)
    assert all(given[one] == identifier for one, identifier in before.items())
