"""Towers that stand too close, and gaps matched to what stands already."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from geopandas.testing import assert_geodataframe_equal
from pyproj import Geod

from onemap.analyses.colocation import colocation_clusters, colocation_pairs
from onemap.analyses.coverage import CoverageSettings, coverage, serving_antennas
from onemap.analyses.gaps import gap_points
from onemap.analyses.matching import Matches, match_gaps
from onemap.analyses.sharing import SharingSettings
from onemap.layers.catalogue import schema
from onemap.layers.grid import Grid

GEOD = Geod(ellps="GRS80")
CRS = "EPSG:4490"
SIGHT = CoverageSettings(technologies=("4G",), operators=("中国移动", "中国联通"))


def at(east_m: float, north_m: float = 0.0) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(75.0, 39.0, 90.0, east_m)
    return GEOD.fwd(lon, lat, 0.0, north_m)[:2]


def layer(name: str, rows: list[dict[str, object]], places: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    key = schema(name).id_field
    rows = [{key: f"{name[0].upper()}{number}"} | row for number, row in enumerate(rows)]
    return gpd.GeoDataFrame(rows, geometry=[shapely.Point(place) for place in places], crs=CRS)


def two_towers(apart_m: float, first: dict[str, object], second: dict[str, object]) -> gpd.GeoDataFrame:
    return layer("towers", [first, second], [at(0.0), at(apart_m)])


MOBILE, TELECOM = {"owner": "中国移动"}, {"owner": "中国电信"}


@pytest.mark.parametrize(
    ("apart_m", "inside", "paired"),
    [
        (499.0, True, True),
        (501.0, True, False),
        (501.0, False, True),
        (2_999.0, False, True),
        (3_001.0, False, False),
    ],
)
def test_the_limit_is_that_of_settlements_inside_and_another_outside(
    apart_m: float, inside: bool, paired: bool
) -> None:
    settlements = layer("settlements", [{}], [at(0.0, 100.0) if inside else at(0.0, 50_000.0)])
    found = colocation_pairs(two_towers(apart_m, MOBILE, TELECOM), settlements=settlements)
    assert len(found) == paired
    if paired:
        assert found["distance_m"].iloc[0] == pytest.approx(apart_m, abs=1e-6)
        assert found["limit_m"].iloc[0] == (500.0 if inside else 3_000.0)
        assert GEOD.geometry_length(found.geometry.iloc[0]) == pytest.approx(apart_m, abs=1e-6)
        assert list(found.columns) == [*schema("colocation_pairs").names, "geometry"]


def test_an_urban_development_boundary_is_a_settlement() -> None:
    box = shapely.box(*at(-100, -100), *at(100, 100))
    zones = gpd.GeoDataFrame(
        {"zone_id": ["Z1", "Z2"], "kind": ["urban development boundary", "land use"]},
        geometry=[box, shapely.box(74, 38, 76, 40)],
        crs=CRS,
    )
    towers = two_towers(1_000.0, MOBILE, TELECOM)
    assert colocation_pairs(towers, zones=zones).empty
    assert len(colocation_pairs(towers, zones=zones.iloc[1:])) == 1


@pytest.mark.parametrize(
    ("first", "second", "paired"),
    [
        (MOBILE, TELECOM, True),
        (MOBILE, MOBILE, False),
        ({"owner": "中国铁塔", "tenants": "中国移动"}, {"owner": "中国铁塔", "tenants": "中国联通"}, True),
        (
            {"owner": "中国铁塔", "tenants": "中国移动;中国联通"},
            {"owner": "中国铁塔", "tenants": "中国联通;中国移动"},
            False,
        ),
        ({"owner": "中国铁塔", "tenants": None}, {"owner": "中国铁塔", "tenants": "中国联通"}, False),
        ({"owner": None}, MOBILE, False),
        (MOBILE | {"status": "retired"}, TELECOM, False),
        (MOBILE | {"status": "planned"}, TELECOM, True),
    ],
)
def test_pairs_differ_in_owner_or_operators(first: dict[str, object], second: dict[str, object], paired: bool) -> None:
    assert len(colocation_pairs(two_towers(100.0, first, second))) == paired


@pytest.mark.parametrize(
    ("first", "second", "keeper", "words"),
    [
        (
            {"owner": "中国移动", "height_agl_m": 60},
            {"owner": "中国铁塔", "height_agl_m": 20},
            "T1",
            "of the tower company",
        ),
        (MOBILE | {"height_agl_m": 30}, TELECOM | {"height_agl_m": 45}, "T1", "highest, 45 m"),
        (
            MOBILE | {"height_agl_m": 30, "platforms_free": 1},
            TELECOM | {"height_agl_m": 30, "platforms_free": 2},
            "T1",
            "most free platforms, 2",
        ),
        (MOBILE, TELECOM, "T0", "first by id"),
    ],
)
def test_the_tower_that_stays_is_chosen_by_rule(first: dict, second: dict, keeper: str, words: str) -> None:
    towers = two_towers(100.0, first, second)
    found = colocation_clusters(colocation_pairs(towers), towers).iloc[0]
    assert found["keeper_id"] == keeper
    assert words in found["reason_en"]
    assert "建议保留" in found["reason_zh"]
    assert found["span_m"] == pytest.approx(100.0, abs=1e-6)
    assert found["tower_count"] == 2


def test_every_tower_of_a_cluster_is_near_the_one_that_stays() -> None:
    rng = np.random.default_rng(4)
    owners = ["中国移动", "中国联通", "中国电信", "中国铁塔"]
    rows = [{"owner": owners[rng.integers(4)], "height_agl_m": float(rng.integers(20, 60))} for _ in range(80)]
    towers = layer("towers", rows, [at(*rng.uniform(0, 20_000, 2)) for _ in rows])
    pairs = colocation_pairs(towers)
    clusters = colocation_clusters(pairs, towers)
    paired = {frozenset(pair) for pair in zip(pairs["tower_a"], pairs["tower_b"], strict=True)}
    seen: list[str] = []
    for cluster in clusters.itertuples():
        keeper, *others = cluster.tower_ids.split(";")
        assert keeper == cluster.keeper_id
        assert all(frozenset((keeper, other)) in paired for other in others)
        seen += [keeper, *others]
    assert len(seen) == len(set(seen))
    assert clusters["tower_count"].sum() == len(seen)


def plain(height_m: float = 0.0) -> Grid:
    return Grid(np.full((400, 400), height_m, dtype=np.float32), Affine(0.0005, 0, 74.9, 0, -0.0005, 39.1), CRS)


def matched(
    towers: gpd.GeoDataFrame | None = None,
    structures: gpd.GeoDataFrame | None = None,
    *,
    cells: gpd.GeoDataFrame | None = None,
    grid: Grid | None = None,
    settings: SharingSettings | None = None,
    operator: str = "any",
) -> Matches:
    schools = {"schools": layer("schools", [{"name": "甲校"}], [at(0.0)])}
    grid = grid or plain()
    gaps = gap_points(coverage(schools, cells, towers, settings=SIGHT, grid=grid), schools, towers)
    antennas = serving_antennas(cells, towers, default_height_m=30)
    return match_gaps(
        gaps, towers, structures, antennas=antennas, coverage=SIGHT, settings=settings, grid=grid, operator=operator
    )


def test_a_pylon_that_sees_the_place_is_matched_with_its_reason() -> None:
    found = matched(
        structures=layer("structures", [{"owner": "电网公司", "height_agl_m": 40.0}], [at(2_000.0)])
    ).matched
    assert found["candidate_id"].tolist() == ["S0"]
    assert found["distance_m"].iloc[0] == pytest.approx(2_000.0, abs=1e-6)
    assert found["clearance_m"].iloc[0] > 0
    assert (
        found["reason_en"]
        .iloc[0]
        .startswith("structure S0 of another industry (电网公司) stands 2000 m away; from its height of 40 m")
    )
    assert found.geometry.iloc[0].coords[0] == pytest.approx(at(0.0))
    assert list(found.columns) == [*schema("sharing_matches").names, "geometry"]


def test_what_is_blocked_is_not_matched_and_says_so() -> None:
    grid = plain()
    grid.values[:, 210:213] = 200.0
    pylons = layer("structures", [{"owner": "电网"}, {"owner": "电网"}], [at(3_000.0), at(4_000.0)])
    found = matched(structures=pylons, grid=grid)
    assert found.matched.empty
    assert (
        "of 2 towers and structures within 8000 m none sees the place; the ray from the best"
        in found.unmatched["reason_en"].iloc[0]
    )
    assert list(found.unmatched.columns) == [*schema("sharing_unmatched").names, "geometry"]


def test_what_a_void_hides_is_left_to_a_test_on_site() -> None:
    grid = plain()
    grid.values[:, 210] = np.nan
    found = matched(structures=layer("structures", [{"owner": "电网"}], [at(3_000.0)]), grid=grid)
    assert "none sees the place for certain; S0 may" in found.unmatched["reason_en"].iloc[0]


def test_what_is_too_far_or_not_there_says_so() -> None:
    far = matched(structures=layer("structures", [{"owner": "电网"}], [at(8_001.0)]))
    assert far.unmatched["reason_en"].iloc[0] == "no tower or structure within 8000 m; the nearest stands 8001 m away"
    assert matched().unmatched["reason_zh"].iloc[0] == "没有可共享的站址或杆塔"


def test_nothing_farther_than_the_range_of_the_technology_is_matched() -> None:
    pylons = layer("structures", [{"owner": "电网"}], [at(9_000.0)])
    found = matched(structures=pylons, settings=SharingSettings(match_distance_m=20_000.0))
    assert found.matched.empty


def test_towers_come_before_structures_and_full_towers_last() -> None:
    towers = layer(
        "towers",
        [
            {"platforms_free": 0},
            {"platforms_free": 2},
            {"platforms_free": None},
            {"status": "retired"},
            {"status": "planned"},
        ],
        [at(500.0), at(3_000.0), at(2_000.0), at(100.0), at(200.0)],
    ).assign(technologies=None)
    structures = layer(
        "structures",
        [{"owner": "电网"}, {"owner": "电网", "load_spare_kg": 0.0}, {"owner": "路灯"}],
        [at(700.0), at(300.0), at(600.0)],
    )
    found = matched(towers, structures).matched
    assert found["candidate_id"].tolist() == ["T2", "T1", "S2", "S0", "T0"]
    assert found["rank"].tolist() == [1, 2, 3, 4, 5]
    assert "no free platform" in found["reason_en"].iloc[4]
    assert "free platforms: 2" in found["reason_en"].iloc[1]
    few = matched(towers, structures, settings=SharingSettings(matches_per_place=2)).matched
    assert few["candidate_id"].tolist() == ["T2", "T1"]


def test_a_tower_that_serves_already_is_no_candidate_but_is_one_for_another_operator() -> None:
    towers = layer("towers", [{"owner": "中国移动", "technologies": "4G"}], [at(2_000.0)])
    assert matched(towers).unmatched.empty
    assert matched(towers, operator="any").matched.empty
    for_unicom = matched(towers, operator="中国联通").matched
    assert for_unicom[["candidate_id", "operator"]].values.tolist() == [["T0", "中国联通"]]
    assert matched(towers, operator="any").unmatched["operator"].tolist() == ["any"] * len(matched(towers).unmatched)


def test_by_radius_distance_alone_decides() -> None:
    schools = {"schools": layer("schools", [{}], [at(0.0)])}
    radius = dataclasses.replace(SIGHT, model="radius")
    gaps = gap_points(coverage(schools, None, None, settings=radius), schools, None)
    pylons = layer("structures", [{"owner": "电网"}], [at(2_000.0)])
    antennas = serving_antennas(None, None, default_height_m=30)
    found = match_gaps(gaps, None, pylons, antennas=antennas, coverage=radius).matched
    assert np.isnan(found["clearance_m"].iloc[0])
    assert "judged by distance alone" in found["reason_en"].iloc[0]


def test_no_gap_gives_empty_layers() -> None:
    cells = layer("cells", [{"operator": "中国移动", "technology": "4G", "shared_with": "中国联通"}], [at(100.0)])
    found = matched(cells=cells)
    assert found.matched.empty
    assert found.unmatched.empty
    none = layer("towers", [{}], [at(0.0)]).iloc[:0]
    assert colocation_pairs(none).empty
    assert colocation_clusters(colocation_pairs(none), none).empty


def test_arguments_stay_as_they_are() -> None:
    towers = two_towers(100.0, MOBILE | {"platforms_free": None}, TELECOM).set_index(np.array([4, 2]))
    settlements = layer("settlements", [{}], [at(0.0)])
    structures = layer("structures", [{"owner": "电网"}], [at(500.0)])
    schools = {"schools": layer("schools", [{}], [at(9_000.0)])}
    grid = Grid(np.zeros((400, 800), dtype=np.float32), Affine(0.0005, 0, 74.9, 0, -0.0005, 39.1), CRS)
    gaps = gap_points(coverage(schools, None, towers, settings=SIGHT, grid=grid), schools, towers)
    pairs = colocation_pairs(towers)
    frames = [towers, settlements, structures, gaps, pairs]
    copies = [frame.copy(deep=True) for frame in frames]
    colocation_pairs(towers, settlements=settlements)
    colocation_clusters(pairs, towers)
    antennas = serving_antennas(None, towers, default_height_m=30)
    match_gaps(gaps, towers, structures, antennas=antennas, coverage=SIGHT, grid=grid)
    for frame, copy in zip(frames, copies, strict=True):
        assert_geodataframe_equal(frame, copy)


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="match_distance_m must be more than zero"):
        SharingSettings(match_distance_m=0)
    with pytest.raises(ValueError, match="settlement_radius_m must not be negative"):
        SharingSettings(settlement_radius_m=-1)


@pytest.mark.parametrize(("far_m", "pairs"), [(3_000.0, 1), (3_000.01, 0)])
def test_towers_at_just_the_limit_are_one_place(far_m: float, pairs: int) -> None:
    spots = [(75.3, 39.1), Geod(ellps="GRS80").fwd(75.3, 39.1, 37.0, far_m)[:2]]
    towers = gpd.GeoDataFrame(
        {"tower_id": ["A", "B"], "owner": ["中国移动", "中国电信"]},
        geometry=[shapely.Point(spot) for spot in spots],
        crs="EPSG:4490",
    )
    assert len(colocation_pairs(towers)) == pairs
