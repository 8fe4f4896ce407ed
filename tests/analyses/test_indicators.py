"""Indicators against counts made by hand, two dates, and the view of coordinated development."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from onemap.analyses.coverage import CoverageSettings, coverage_along
from onemap.analyses.development import DevelopmentSettings, coordinated_development
from onemap.analyses.indicator_changes import compare_indicators, verdict_changes
from onemap.analyses.indicators import IndicatorSettings, indicators
from onemap.analyses.targets import RULES, Target, read_targets, targets

GEOD = Geod(ellps="GRS80")
CRS = "EPSG:4490"
DATE = dt.date(2026, 1, 1)
PLACES = Target(
    "t", "行动", "programme", "指标", "target", dt.date(2025, 12, 31), "schools", "places", ("4G",), share=0.95
)


def verdicts_of(rows: list[tuple[str, float, str, str]], layer: str = "schools") -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows, columns=["target_id", "lon", "technology", "verdict"])
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table.pop("lon"), [39.5] * len(rows)), crs=CRS)
    return frame.assign(target_layer=layer, operator="any")


def districts_of() -> gpd.GeoDataFrame:
    boxes = [shapely.box(75, 39, 76, 40), shapely.box(76, 39, 77, 40), shapely.box(75, 39, 75.5, 40)]
    names = {"code": ["650001", "650002", "650001100"], "name": ["甲县", "乙县", "甲镇"]}
    return gpd.GeoDataFrame(names, geometry=boxes, crs=CRS)


def judged(target: Target, **results: gpd.GeoDataFrame) -> pd.DataFrame:
    settings = IndicatorSettings(targets=(target,))
    return indicators(results, districts_of(), date=DATE, settings=settings).set_index("district_code")


def test_places_are_counted_in_total_and_in_every_district_that_holds_them() -> None:
    spots = [75.1, 75.2, 75.8, 76.0, 76.5, 80.0]
    words = ["covered", "depends", "covered", "covered", "uncovered", "covered"]
    found = judged(
        PLACES, verdicts=verdicts_of([(f"S{n}", x, "4G", w) for n, (x, w) in enumerate(zip(spots, words, strict=True))])
    )
    # 76.0 lies on the border of two counties: it counts in the one with the smaller code.
    assert found["total"].to_dict() == {"": 6, "650001": 4, "650002": 1, "650001100": 2}
    assert found["covered"].to_dict() == {"": 4, "650001": 3, "650002": 0, "650001100": 1}
    assert found.loc["", ["covered_share", "missing"]].tolist() == [pytest.approx(4 / 6), 2.0]
    assert found["state"].to_dict() == {
        "": "not met",
        "650001": "undecided",
        "650002": "not met",
        "650001100": "undecided",
    }
    assert found["due"].all()
    assert found.loc["650001", "district_name"] == "甲县"


@pytest.mark.parametrize(
    ("verdicts", "need", "expected"),
    [
        ({"4G": "uncovered", "5G": "covered"}, "any", "covered"),
        ({"4G": "uncovered", "5G": "covered"}, "all", "uncovered"),
        ({"4G": "covered", "5G": "depends"}, "all", "depends"),
        ({"4G": "uncovered"}, "any", "depends"),  # nobody judged 5G
        ({"4G": "covered"}, "all", "depends"),
        ({"4G": "covered"}, "any", "covered"),
        ({"4G": "uncovered"}, "all", "uncovered"),
    ],
)
def test_services_are_any_or_all_and_what_nobody_judged_is_open(
    verdicts: dict[str, str], need: str, expected: str
) -> None:
    target = replace(PLACES, services=("4G", "5G"), need=need)
    found = judged(target, verdicts=verdicts_of([("S", 75.1, *one) for one in verdicts.items()])).loc[""]
    assert found[expected] == found["total"] == 1


@pytest.mark.parametrize(("distance_m", "expected"), [(200.0, "covered"), (400.0, "uncovered"), (np.nan, "uncovered")])
def test_fibre_counts_within_reach(distance_m: float, expected: str) -> None:
    fibre = verdicts_of([("S", 75.1, "", "")]).assign(distance_m=distance_m)
    verdicts = verdicts_of([("S", 75.1, "4G", "uncovered")])
    target = replace(PLACES, services=("fibre", "4G"))
    assert judged(target, fibre_distances=fibre, verdicts=verdicts).loc["", expected] == 1


def test_small_settlements_are_left_out_and_unknown_ones_count() -> None:
    target = replace(PLACES, layer="settlements", min_households=20)
    verdicts = verdicts_of(
        [("A", 75.1, "4G", "covered"), ("B", 75.1, "4G", "covered"), ("C", 75.1, "4G", "covered")], "settlements"
    )
    assert judged(target, verdicts=verdicts.assign(households=[20, 19, None])).loc["", "total"] == 2
    fibre = verdicts.assign(households=[20, 19, None], distance_m=1.0)
    assert judged(target, verdicts=verdicts, fibre_distances=fibre).loc["", "total"] == 2


def test_villages_stand_by_the_official_rule() -> None:
    villages = verdicts_of([("V", 75.1, "4G", "covered")], "villages").rename(columns={"target_id": "village_id"})
    committee = verdicts_of([("V", 75.1, "4G", "uncovered")], "villages")
    target = replace(PLACES, layer="villages")
    assert judged(target, village_verdicts=villages, verdicts=committee).loc["", "covered"] == 1
    assert judged(target, verdicts=committee).loc["", "uncovered"] == 1


def test_roads_are_counted_by_length_in_the_district_they_run_through() -> None:
    line = shapely.LineString([(75.5, 39.5), (76.0, 39.5), (76.3, 39.5)])
    roads = gpd.GeoDataFrame(
        {"road_id": ["R", "X"], "ref": ["G219", "X1"], "is_border": [True, True]}, geometry=[line, line], crs=CRS
    )
    settings = CoverageSettings(model="radius", technologies=("4G",), operators=(), road_step_m=100.0)
    verdicts = coverage_along(roads, None, None, settings=settings)
    verdicts = verdicts.assign(verdict=np.where(verdicts.geometry.x < 75.75, "covered", "uncovered"))
    target = replace(PLACES, layer="roads", rule="roads", roads="border", refs=("G", "S"))
    found = judged(target, road_verdicts=verdicts)
    whole_km = GEOD.geometry_length(line) / 1000
    assert found.loc["", "total"] == pytest.approx(whole_km)
    assert found.loc["", "covered"] == pytest.approx(GEOD.line_length([75.5, 75.75], [39.5, 39.5]) / 1000, abs=0.06)
    assert found.loc["650002", "total"] == pytest.approx(GEOD.line_length([76, 76.3], [39.5, 39.5]) / 1000, abs=0.06)
    assert found["unit"].tolist() == ["km"] * len(found)
    every = judged(replace(target, roads="", refs=()), road_verdicts=verdicts)
    assert every.loc["", "total"] == pytest.approx(2 * whole_km)


def test_seas_are_counted_by_area() -> None:
    areas = gpd.GeoDataFrame(
        {"area_layer": "sea_areas", "area_id": ["A", "A", "B"], "technology": ["4G", "5G", "4G"], "operator": "any",
         "area_km2": [100.0, 100.0, 50.0], "covered_share": [0.2, 0.6, 0.5], "depends_share": 0.1,
         "uncovered_share": [0.7, 0.3, 0.4]},
        geometry=[shapely.box(75, 39, 75.1, 39.1)] * 3, crs=CRS,
    )  # fmt: skip
    target = replace(PLACES, layer="sea_areas", rule="areas", services=("4G", "5G"))
    assert judged(target, area_coverage=areas).loc["", ["total", "covered"]].tolist() == pytest.approx([150.0, 85.0])


def test_what_has_no_figure_or_no_data_says_so() -> None:
    verdicts = verdicts_of([("S", 75.1, "4G", "covered")])
    assert judged(replace(PLACES, share=None), verdicts=verdicts).loc["", "state"] == "no figure"
    assert judged(replace(PLACES, rule="none"), verdicts=verdicts)["state"].tolist() == ["no data"]
    assert judged(PLACES)["state"].tolist() == ["no data"]
    later = replace(PLACES, date=dt.date(2027, 12, 31))
    assert not judged(later, verdicts=verdicts)["due"].any()
    assert len(indicators({}, None, date=DATE)) == len(targets())


def test_the_targets_are_rows_with_date_and_source() -> None:
    known = {one.id: one for one in targets()}
    assert {one.date.year for one in known.values() if one.programme_zh == "宽带边疆"} == {2025, 2027}
    assert known["frontier-2027-villages-5g"].share == 0.95
    assert known["signal-2024-roads"].share == 0.95
    assert known["frontier-2025-settlements"].min_households == 20
    assert all(one.source and one.rule in RULES for one in known.values())


@pytest.mark.parametrize("words", ["colour = 1", "share = 2.0", 'rule = "guess"', 'need = "some"', "services = []"])
def test_wrong_rows_are_refused(words: str) -> None:
    row = '[[target]]\nid="a"\nprogramme_zh="a"\nprogramme_en="a"\nzh="a"\nen="a"\ndate=2025-12-31\nlayer="schools"\n'
    usual = {"rule": 'rule = "places"', "services": 'services = ["4G"]'}
    lines = [line for name, line in usual.items() if not words.startswith(name)]
    with pytest.raises(ValueError, match="a target must have"):
        read_targets(row + "\n".join([*lines, words]))
    with pytest.raises(ValueError, match="twice"):
        read_targets(2 * (row + "\n".join(usual.values()) + "\n"))


def test_two_dates_side_by_side() -> None:
    early = verdicts_of([("A", 75.1, "4G", "uncovered"), ("B", 75.2, "4G", "covered"), ("C", 76.2, "4G", "covered")])
    late = verdicts_of([("A", 75.1, "4G", "covered"), ("B", 75.2, "4G", "depends"), ("D", 75.3, "4G", "covered")])
    settings = IndicatorSettings(targets=(PLACES,))
    sides = [indicators({"verdicts": one}, districts_of(), date=DATE, settings=settings) for one in (early, late)]
    found = compare_indicators(*sides).set_index("district_code")
    assert found.loc["", "covered_change"] == 0
    assert found.loc["650001", ["before_share", "after_share"]].tolist() == [0.5, pytest.approx(2 / 3)]
    # Of the second county the later date knows nothing.
    assert found.loc["650002", "before_share"] == 1.0
    assert pd.isna(found.loc["650002", "after_share"])
    moved = verdict_changes(early, late).set_index("target_id")
    assert moved["change"].to_dict() == {"A": "gained", "B": "lost", "D": "new", "C": "gone"}
    assert moved.loc["C"].geometry.x == 76.2
    assert verdict_changes(early, early).empty


def test_what_is_shared_old_and_open() -> None:
    at = [shapely.Point(75.1, 39.5), shapely.Point(75.2, 39.5), shapely.Point(76.5, 39.5), shapely.Point(75.3, 39.5)]
    towers = gpd.GeoDataFrame(
        {"tower_id": list("ABCD"), "tenants": ["中国移动;中国联通", "中国移动;森林防火", "中国电信", "中国电信;中国移动"],
         "status": ["in service", None, "in service", "retired"]}, geometry=at, crs=CRS,
    )  # fmt: skip
    rooms = gpd.GeoDataFrame({"room_id": list("ABCD"), "built_year": [2006, 2007, None, 1990]}, geometry=at, crs=CRS)
    nodes = gpd.GeoDataFrame({"node_id": list("AB"), "single_route": [True, False]}, geometry=at[:2], crs=CRS)
    structures = gpd.GeoDataFrame(
        {"structure_id": list("ABC"), "open_to_telecom": [None, False, None], "tenants": ["中国移动", None, None]},
        geometry=at[:3],
        crs=CRS,
    )
    layers = {"towers": towers, "rooms": rooms, "nodes": nodes, "structures": structures}
    found = coordinated_development(layers, districts_of(), date=DATE, settings=DevelopmentSettings(old_room_years=20))
    total = found[found["district_code"] == ""].set_index("measure")
    columns = ["value", "total", "unknown"]
    assert total.loc["towers shared", columns].tolist() == [2, 3, 0]
    assert total.loc["tenants of towers", columns].tolist() == [5, 3, 0]
    assert total.loc["towers open", columns].tolist() == [1, 3, 0]
    assert total.loc["rooms old", columns].tolist() == [2, 3, 1]
    assert total.loc["single-route nodes", columns].tolist() == [1, 2, 0]
    assert total.loc["structures open", columns].tolist() == [1, 2, 1]
    assert pd.isna(total.loc["rooms shared", "value"])
    assert total.loc["rooms shared", "unknown"] == 4
    county = found[found["district_code"] == "650001"].set_index("measure")
    assert county.loc["towers shared", "known_share"] == 1.0
    assert total.loc["tenants of towers", "mean"] == pytest.approx(5 / 3)
    assert coordinated_development({}, None, date=DATE).empty


def test_what_the_routes_judge_goes_before_what_rooms_say():
    place = [shapely.Point(75, 39)] * 4
    rooms = gpd.GeoDataFrame(
        {"room_id": ["A", "B", "C", "D"], "single_route": [False, True, None, True]}, geometry=place, crs=4490
    )
    verdicts = {"A": "single route", "B": "protected", "C": "root", "D": "not connected"}
    nodes = gpd.GeoDataFrame(
        {"node_id": list(verdicts), "verdict": list(verdicts.values()), "node_layer": "rooms"}, geometry=place, crs=4490
    )
    for judged, wanted in ((None, [2.0, 3.0, 1.0]), (nodes, [2.0, 4.0, 0.0])):
        found = coordinated_development({"rooms": rooms}, None, date=dt.date(2026, 1, 1), network_nodes=judged)
        row = found.set_index("measure").loc["single-route rooms"]
        assert row[["value", "total", "unknown"]].tolist() == wanted
