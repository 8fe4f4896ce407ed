"""Universal service: what is applied for, who is drawn, what passes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyproj import Geod

from onemap.analyses.universal_service import (
    UniversalServiceSettings,
    acceptance_by_county,
    acceptance_check,
    application_list,
    draw_sample,
)

GEOD = Geod(ellps="GRS80")
CRS = "EPSG:4490"


def finished_of(rows: list[dict[str, object]], places: list[tuple[float, float]] | None = None) -> gpd.GeoDataFrame:
    rows = [{"finished_id": f"F{number:04d}", "technology": "4G"} | row for number, row in enumerate(rows)]
    places = places or [(75 + 0.1 * number, 39) for number in range(len(rows))]
    return gpd.GeoDataFrame(rows, geometry=[shapely.Point(place) for place in places], crs=CRS)


def samples_at(rows: list[tuple[tuple[float, float], float]], **fields: object) -> gpd.GeoDataFrame:
    table = {"technology": "4G", "rsrp_dbm": [power for _, power in rows], **fields}
    return gpd.GeoDataFrame(table, geometry=[shapely.Point(place) for place, _ in rows], crs=CRS)


@hypothesis_settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(["A", "B", "C", None]), min_size=1, max_size=300), st.integers(0, 5), st.floats(0, 1))
def test_every_county_is_drawn_and_the_share_reached(counties: list[str | None], seed: int, share: float) -> None:
    finished = gpd.GeoDataFrame({"finished_id": [f"F{n}" for n in range(len(counties))]})
    county = pd.Series(counties, dtype="string")
    chosen = UniversalServiceSettings(seed=seed, sample_share=share)
    drawn = draw_sample(finished, county, settings=chosen)
    for _, part in drawn.groupby(county.fillna("")):
        assert part.sum() >= max(1, share * len(part) - 1e-6)
        assert part.sum() <= max(1, share * len(part) + 1)
    # The order of the rows does not matter, the seed does the same again.
    turned = draw_sample(finished[::-1], county[::-1], settings=chosen)
    assert turned.sort_index().tolist() == drawn.tolist()


def test_three_per_cent_of_a_hundred_are_three() -> None:
    finished = gpd.GeoDataFrame({"finished_id": [f"F{n:03d}" for n in range(100)]})
    county = pd.Series(["A"] * 100)
    drawn = [draw_sample(finished, county, settings=UniversalServiceSettings(seed=seed)) for seed in range(20)]
    assert {int(one.sum()) for one in drawn} == {3}
    assert len({tuple(np.flatnonzero(one)) for one in drawn}) > 15


def test_a_place_passes_by_its_own_samples_alone() -> None:
    here, there = (75.0, 39.0), (75.1, 39.0)
    edge = [GEOD.fwd(*here, 45.0, distance)[:2] for distance in (299.0, 301.0)]
    finished = finished_of([{"operator": "中国移动"}, {}], [here, there])
    rows = [(edge[0], -105.0)] * 9 + [(edge[0], -105.1)] + [(edge[1], -130.0)] * 20
    own = samples_at(rows, operator="中国移动")
    others = samples_at([(here, -130.0)] * 30, operator="中国电信")
    fifth = samples_at([(here, -130.0)] * 30, operator="中国移动").assign(technology="5G")
    chosen = UniversalServiceSettings(sample_share=1.0, min_samples=10)
    found = acceptance_check(finished, pd.concat([own, others, fifth], ignore_index=True), settings=chosen)
    assert found["outcome"].tolist() == ["passed", "not measured"]
    assert found["samples"].tolist() == [10, 0]
    assert found["good_share"].iloc[0] == 0.9
    assert "需补测" in found["reason_zh"].iloc[1]
    weak = acceptance_check(finished, own.assign(rsrp_dbm=-120.0), settings=chosen)
    assert weak["outcome"].iloc[0] == "failed"
    assert "only 0% of 10 samples" in weak["reason_en"].iloc[0]


def test_counties_come_from_the_code_or_from_the_map() -> None:
    districts = gpd.GeoDataFrame(
        {"code": ["650001", "650002", "650001100"], "name": ["甲县", "乙县", "甲镇"]},
        geometry=[shapely.box(74, 38, 75.45, 40), shapely.box(75.45, 38, 77, 40), shapely.box(74, 38, 75.1, 40)], crs=CRS,
    )  # fmt: skip
    finished = finished_of([{"district_code": "650009001"}, *({"district_code": None} for _ in range(9))])
    found = acceptance_check(finished, samples_at([]), districts=districts)
    assert found["county"].tolist() == ["650009"] + ["650001"] * 4 + ["650002"] * 5
    assert found.groupby("county")["drawn"].sum().tolist() == [1, 1, 1]
    table = acceptance_by_county(found)
    assert table["finished"].tolist() == [4, 5, 1, 10]
    assert table["drawn"].tolist() == [1, 1, 1, 3]
    assert (table["drawn"] == table[["passed", "failed", "not_measured"]].sum(axis=1)).all()


def test_the_list_holds_what_is_eligible_places_first() -> None:
    rows = [
        {"rank": 3, "target_layer": "settlements", "target_id": "small", "lacks": "4G", "households": 19},
        {"rank": 2, "target_layer": "settlements", "target_id": "unknown", "lacks": "4G", "households": None},
        {"rank": 1, "target_layer": "posts", "target_id": "post", "lacks": "4G;5G", "households": None},
        {"rank": 4, "target_layer": "schools", "target_id": "fifth", "lacks": "5G", "households": None},
        {"rank": 5, "target_layer": "places", "target_id": "sight", "lacks": "4G", "households": None},
    ]
    places = gpd.GeoDataFrame(rows, geometry=[shapely.Point(75, 39)] * 5, crs=CRS)
    line = shapely.LineString([(75, 39), (75.2, 39)])
    usual = {"technology": "4G", "operator": "any", "verdict": "uncovered", "ref": "G219", "from_m": 0.0}
    roads = [
        {"road_id": "A", "is_border": True, "length_m": 100.0},
        {"road_id": "B", "is_border": True, "length_m": 900.0},
        {"road_id": "C", "is_border": False, "length_m": 5_000.0},
        {"road_id": "D", "is_border": True, "length_m": 5_000.0, "verdict": "depends"},
    ]
    stretches = gpd.GeoDataFrame([usual | row for row in roads], geometry=[line] * 4, crs=CRS)
    stretches = stretches.assign(road_name="国道", chainage_from="K0+000", chainage_to="K1+000")
    fibre = gpd.GeoDataFrame(
        {"target_layer": ["posts"], "target_id": ["post"], "distance_m": [1_200.0]},
        geometry=[shapely.Point(75, 39)],
        crs=CRS,
    )
    found = application_list(places, stretches, fibre=fibre)
    assert found["target_id"].tolist() == ["post", "unknown", "B", "A"]
    assert found["number"].tolist() == [1, 2, 3, 4]
    assert found["technology"].tolist() == ["4G"] * 4
    assert found["fibre_m"].iloc[0] == 1_200.0
    assert "户数不详" in found["reason_zh"].iloc[1]
    assert found.geometry.iloc[2].x == pytest.approx(75.1)
    assert application_list(places.iloc[:0]).empty


@pytest.mark.parametrize("wrong", [{"sample_share": 3.0}, {"good_share": -1.0}, {"min_samples": 0}, {"radius_m": 0.0}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must"):
        UniversalServiceSettings(**wrong)  # type: ignore[arg-type]
