"""Demands met with what stands already: limits, reasons, directions; reservations; pole routes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pyproj import Geod

from onemap.analyses.colocation import colocation_clusters, colocation_pairs
from onemap.analyses.sharing import SharingSettings, near_lines
from onemap.analyses.sharing.demand_settings import DemandSettings, PoleSettings
from onemap.analyses.sharing.demands import DemandMatches, match_demands
from onemap.analyses.sharing.near_lines import NearSegments, near_segments, nearest_of_each, segments_of
from onemap.analyses.sharing.poles import pole_routes
from onemap.analyses.sharing.sight import Rays, Sights
from onemap.analyses.sharing.works import reserve_in_works
from onemap.layers.catalogue import schema
from onemap.layers.guessing.fields import match_columns
from onemap.terrain.profile import BLOCKED, CLEAR, GRAZING

GEOD = Geod(ellps="GRS80")
CRS = "EPSG:4490"
MOBILE, TOWER_COMPANY, GRID, POLICE = "中国移动", "中国铁塔", "国网", "公安局"


def at(east_m: float, north_m: float = 0.0) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(75.0, 39.0, 90.0, east_m)
    return GEOD.fwd(lon, lat, 0.0, north_m)[:2]


def layer(name: str, rows: list[dict[str, object]], places: list[object]) -> gpd.GeoDataFrame:
    key = schema(name).id_field
    rows = [{key: f"{name[0].upper()}{number}"} | row for number, row in enumerate(rows)]
    shapes = [place if isinstance(place, shapely.Geometry) else shapely.Point(place) for place in places]
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)


def line(*places: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([at(*place) for place in places])


def met(demand: dict[str, object], supply: dict[str, gpd.GeoDataFrame], **options: object) -> DemandMatches:
    return match_demands(layer("demands", [{"requester": MOBILE} | demand], [at(0.0)]), supply, **options)


def reason_of(found: DemandMatches) -> list[str]:
    return found.rejections["rejected_for"].tolist()


GOOD = {"owner": TOWER_COMPANY, "platforms_free": 1, "height_agl_m": 40.0, "status": "in service"}


@pytest.mark.parametrize(
    ("demand", "tower", "expected", "words"),
    [
        ({}, {}, [], ""),
        ({}, {"status": "planned"}, ["status"], "neither in service nor being built"),
        ({}, {"owner": MOBILE}, ["own"], "belongs to 中国移动 itself"),
        ({}, {"platforms_free": 0}, ["full"], "0 free, 1 wanted"),
        ({"quantity": 2}, {}, ["full"], "1 free, 2 wanted"),
        ({"wanted_height_m": 45.0}, {}, ["low"], "40 m high, 45 m wanted"),
        ({"wanted_height_m": 40.0}, {}, [], ""),
    ],
)
def test_a_pair_is_rejected_for_the_first_limit_that_it_breaks(
    demand: dict[str, object], tower: dict[str, object], expected: list[str], words: str
) -> None:
    found = met(demand, {"towers": layer("towers", [GOOD | tower], [at(300.0)])})
    assert reason_of(found) == expected
    assert len(found.matches) == (not expected)
    if not expected:
        assert found.outcomes[["reason_zh", "reason_en"]].equals(found.matches[["reason_zh", "reason_en"]])
    if expected:
        assert words in found.rejections["reason_en"].iloc[0]
        assert words in found.outcomes["reason_en"].iloc[0]
        assert (
            found.outcomes["reason_en"].iloc[0].startswith("of 1 within 3000 m none will do; the nearest: T0 (300 m)")
        )


@pytest.mark.parametrize(
    ("spare_kg", "load_kg", "fits"), [(50.0, 50.0, True), (50.0, 51.0, False), (0.0, None, False), (None, 99.0, True)]
)
def test_a_structure_bears_what_it_can(spare_kg: float | None, load_kg: float | None, fits: bool) -> None:
    pylon = {"owner": GRID, "kind": "power tower", "height_agl_m": 30.0, "load_spare_kg": spare_kg}
    found = met({"load_kg": load_kg}, {"structures": layer("structures", [pylon], [at(300.0)])})
    assert len(found.matches) == fits
    assert reason_of(found) == ([] if fits else ["load"])
    if fits and spare_kg is None:
        assert found.matches["reason_en"].iloc[0].endswith("to be checked: load")
        assert found.matches["cost_m"].iloc[0] == pytest.approx(300 + 200 + 500, abs=0.01)


@pytest.mark.parametrize(
    ("settings", "fits"),
    [
        ({}, True),
        ({"refused_pairs": ((MOBILE, TOWER_COMPANY),)}, False),
        ({"refused_pairs": (("*", TOWER_COMPANY),)}, False),
        ({"refused_pairs": (("中国联通", "*"),)}, True),
        ({"allowed_pairs": (("中国联通", "*"),)}, False),
        ({"allowed_pairs": (("*", TOWER_COMPANY),)}, True),
    ],
)
def test_owners_share_as_the_settings_say(settings: dict[str, object], fits: bool) -> None:
    found = met({}, {"towers": layer("towers", [GOOD], [at(300.0)])}, settings=DemandSettings(**settings))
    assert reason_of(found) == ([] if fits else ["owners"])


def test_a_mast_must_see_the_place_for_certain() -> None:
    towers = layer("towers", [GOOD] * 3, [at(300.0), at(400.0), at(500.0)])

    def sight(rays: Rays) -> Sights:
        state = np.array([BLOCKED, GRAZING, CLEAR], dtype=np.int8)
        return Sights(state, np.array([-7.0, 1.0, 9.0]), np.array([120.0, 10.0, 10.0]))

    found = met({}, {"towers": towers}, sight=sight)
    assert found.matches["candidate_id"].tolist() == ["T2"]
    assert reason_of(found) == ["blocked", "uncertain"]
    assert "7.0 m below the ground 120 m away" in found.rejections["reason_en"].iloc[0]


def test_a_camera_must_see_enough_of_its_area() -> None:
    asked: list[Rays] = []

    def view(rays: Rays) -> np.ndarray:
        asked.append(rays)
        return np.array([0.59, 0.6])

    towers = layer("towers", [GOOD] * 2, [at(300.0), at(400.0)])
    demand = {"requester": POLICE, "kind": "视频监控", "view_radius_m": 150.0}
    found = met(demand, {"towers": towers}, view=view)
    assert found.matches[["candidate_id", "direction", "seen_share"]].values.tolist() == [["T1", "ours to them", 0.6]]
    assert "sees 59% of the area" in found.rejections["reason_en"].iloc[0]
    assert asked[0].radius_m.tolist() == [150.0, 150.0]


def test_bores_cores_and_racks_are_found_where_they_lie() -> None:
    supply = {
        "ducts": layer("ducts", [{"owner": MOBILE, "bores_free": 2}], [line((-900, 200), (2_000, 200))]),
        "cables": layer("cables", [{"operator": MOBILE, "cores_free": 12}], [line((-900, -100), (900, -100))]),
        "rooms": layer("rooms", [{"operator": MOBILE, "racks_free": 1}], [at(0, 1_000)]),
    }
    rows = [{"requester": POLICE, "kind": kind, "quantity": 1 + number} for number, kind in enumerate(("机房", "管孔"))]
    rows += [{"requester": POLICE, "kind": "纤芯", "quantity": 8}] * 2
    found = match_demands(layer("demands", rows, [at(0.0)] * 4), supply)
    assert found.matches["candidate_layer"].tolist() == ["rooms", "ducts", "cables"]
    assert found.matches["distance_m"].tolist() == pytest.approx([1000.0, 200.0, 100.0], abs=0.2)  # lines sag
    assert shapely.get_y(shapely.get_point(found.matches.geometry.iloc[1], 1)) == pytest.approx(at(0, 200)[1], abs=2e-6)
    assert reason_of(found) == ["taken"]
    assert "given to D2" in found.rejections["reason_en"].iloc[0]
    assert found.outcomes["conclusion"].tolist() == ["shared", "shared", "shared", "not shared"]


def test_inside_a_settlement_the_reach_is_shorter() -> None:
    supply = {"towers": layer("towers", [GOOD], [at(600.0)])}
    village = layer("settlements", [{}], [at(0.0)])
    supply["ducts"] = layer("ducts", [{"owner": MOBILE}], [line((0, 0), (900, 0))])  # nobody wants one
    assert len(met({}, supply).matches) == 1
    inside = met({}, supply, settlements=village)
    assert inside.outcomes["reason_en"].iloc[0] == "nothing within 500 m; the nearest lies 600 m away"
    everywhere = SharingSettings(in_settlements="nowhere")
    assert len(met({}, supply, settlements=village, spots=everywhere).matches) == 1


def test_who_opens_what_to_whom_is_told() -> None:
    towers = layer("towers", [GOOD] * 2, [at(10.0), at(20.0)])
    pylons = layer("structures", [{"owner": GRID, "kind": "power tower"}] * 2, [at(5_000.0), at(5_010.0)])
    rows = [{"requester": name} for name in (MOBILE, POLICE, MOBILE, POLICE)]
    demands = layer("demands", rows, [at(0.0), at(0.0), at(5_000.0), at(5_000.0)])
    found = match_demands(demands, {"towers": towers, "structures": pylons}).matches
    assert found["direction"].tolist() == ["between operators", "ours to them", "theirs to us", "between others"]


def test_the_order_of_rows_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    towers = layer("towers", [GOOD] * 30, [at(*rng.uniform(-3_000, 3_000, 2)) for _ in range(30)])
    demands = layer("demands", [{"requester": MOBILE}] * 40, [at(*rng.uniform(-3_000, 3_000, 2)) for _ in range(40)])
    one = match_demands(demands, {"towers": towers})
    other = match_demands(demands.iloc[::-1], {"towers": towers.sample(frac=1, random_state=1)})
    for name in ("matches", "rejections", "outcomes"):
        assert_geodataframe_equal(getattr(one, name), getattr(other, name))
    assert not one.matches["candidate_id"].duplicated().any()
    assert one.outcomes["method"].eq("exact").all()


def test_unknown_words_and_nothing_to_share_are_told() -> None:
    found = met({"kind": "飞艇"}, {"towers": layer("towers", [GOOD], [at(0.0)])})
    assert "the kind of resource 飞艇 is not known" in found.outcomes["reason_en"].iloc[0]
    assert met({}, {}).outcomes["reason_zh"].iloc[0] == "没有此类可共享资源"
    assert met({"kind": "管孔"}, {}).outcomes["reason_en"].iloc[0] == "nothing within 500 m"


def test_no_demand_gives_empty_lists() -> None:
    none = layer("demands", [{}], [at(0.0)]).iloc[:0]
    found = match_demands(none, {"towers": layer("towers", [GOOD], [at(0.0)])})
    for name in ("matches", "rejections", "outcomes"):
        frame = getattr(found, name)
        assert frame.empty
        assert list(frame.columns) == [*schema(f"demand_{name}").names, "geometry"]


def test_arguments_stay_as_they_are() -> None:
    towers = layer("towers", [GOOD] * 2, [at(10.0), at(20.0)]).set_index(np.array([4, 2]))
    demands = layer("demands", [{"requester": POLICE}] * 2, [at(0.0), at(5.0)]).set_index(np.array([9, 9]))
    copies = towers.copy(deep=True), demands.copy(deep=True)
    match_demands(demands, {"towers": towers})
    assert_geodataframe_equal(towers, copies[0])
    assert_geodataframe_equal(demands, copies[1])


def test_a_planned_site_pairs_with_a_tower_of_anyone() -> None:
    towers = layer("towers", [{"owner": MOBILE, "height_agl_m": 30.0}], [at(0.0)])
    planned = layer("planned_sites", [{"submitter": MOBILE}, {"submitter": MOBILE}], [at(2_000.0), at(2_100.0)])
    pairs = colocation_pairs(towers, planned=planned)
    assert pairs[["tower_a", "tower_b", "status_b"]].values.tolist() == [
        ["T0", "P0", "planned"],
        ["T0", "P1", "planned"],
    ]
    assert "a new site outside settlements" in pairs["reason_en"].iloc[0]
    clusters = colocation_clusters(pairs, towers, planned=planned)
    assert clusters[["tower_ids", "reason_en"]].values.tolist() == [
        ["T0;P0;P1", "T0 is proposed to stay: in service, the others are not"]
    ]


@pytest.mark.parametrize(
    ("rules", "keeper", "words"),
    [(("power", "room"), "T1", "has mains power"), (("room",), "T0", "has a room"), ((), "T0", "first by id")],
)
def test_the_rules_of_the_keeper_are_a_setting(rules: tuple[str, ...], keeper: str, words: str) -> None:
    rows = [{"owner": MOBILE, "has_room": True, "power": "无"}, {"owner": TOWER_COMPANY, "power": "直供电"}]
    towers = layer("towers", rows, [at(0.0), at(100.0)])
    found = colocation_clusters(colocation_pairs(towers), towers, settings=SharingSettings(keeper_rules=rules))
    assert found["keeper_id"].tolist() == [keeper]
    assert words in found["reason_en"].iloc[0]


def test_works_are_held_against_what_is_needed() -> None:
    works = layer(
        "works",
        [
            {"kind": "road", "owner": "交通局", "year": 2027},
            {"kind": "bridge", "year": 2020},
            {"kind": "subway", "year": None},
        ],
        [
            line((0, 0), (1_000, 0)),
            line((0, 0), (1_000, 0)),
            shapely.Polygon([at(0, 5_000), at(100, 5_000), at(0, 5_100)]),
        ],
    )
    gaps = gpd.GeoDataFrame(
        {"target_id": ["S1", "S2", "S3"], "operator": ["any", "any", MOBILE]},
        geometry=[shapely.Point(at(500, 199)), shapely.Point(at(500, 201)), shapely.Point(at(500, 0))],
        crs=CRS,
    )
    cables = layer(
        "cables",
        [{"status": "planned"}, {"status": "in service"}],
        [line((-2_000, 50), (500, 50)), line((0, 0), (1_000, 0))],
    )
    demands = met({"kind": "管孔"}, {}).outcomes
    found = reserve_in_works(works, {"gap_points": gaps, "cables": cables, "demands": demands}, from_year=2026)
    expected = [
        ["W0", "demands", "D0", "bores along the road, and across it at junctions"],
        ["W0", "gap_points", "S1", "places for towers beside the road, power, poles that several can use"],
        ["W0", "cables", "C0", "bores along the road, and across it at junctions"],
    ]
    assert found[["work_id", "need_layer", "need_ids", "reserve_en"]].values.tolist() == expected
    assert found["distance_m"].round(1).tolist() == [0.0, 199.0, 50.0]
    corner = np.sqrt(200.0**2 - 50.0**2)  # the round end of what lies within the distance
    assert found["length_m"].iloc[2] == pytest.approx(500 + corner, rel=2e-3)
    assert reserve_in_works(works.iloc[:0], {}).empty
    assert reserve_in_works(works, {}).empty


def aerial(*lines: shapely.LineString, names: str = "ABCDEF") -> gpd.GeoDataFrame:
    rows = [{"cable_id": name, "operator": f"运营商{name}", "laying": "aerial"} for name in names[: len(lines)]]
    return layer("cables", rows, list(lines))


def wandering(
    rng: np.random.Generator, length_m: float, noise_m: float, *, reverse: bool = False
) -> shapely.LineString:
    """Draw one route again: other vertices, off by some noise."""
    along = np.unique(np.concatenate([[0.0, length_m], rng.uniform(0, length_m, 120)]))
    off = rng.uniform(-noise_m, noise_m, len(along))
    places = [at(east, 500 * np.sin(east / 3_000) + north) for east, north in zip(along, off, strict=True)]
    return shapely.LineString(places[::-1] if reverse else places)


def test_a_pole_route_of_three_cables_counts_once() -> None:
    rng = np.random.default_rng(2)
    cables = aerial(
        wandering(rng, 10_000, 3),
        wandering(rng, 10_000, 3, reverse=True),
        wandering(rng, 5_000, 3),
        line((0, -90), (900, -90)),
    )
    found = pole_routes(cables, None)
    true_km = GEOD.geometry_length(wandering(np.random.default_rng(0), 10_000, 0)) / 1000
    assert found[["cable_id", "beside_id"]].values.tolist() == [["A", "B"], ["A", "C"], ["B", "C"]]
    assert found["pole_km"].sum() == pytest.approx(true_km, rel=0.01)
    assert found["pole_km"].tolist()[1:] == pytest.approx([0.0, 0.0], abs=0.05)
    assert found["length_m"].iloc[1] == pytest.approx(5_000, rel=0.02)
    assert found.geometry.iloc[0].geom_type in {"LineString", "MultiLineString"}


def test_an_aerial_cable_beside_free_bores_goes_into_them() -> None:
    cables = aerial(line((0, 0), (3_000, 0)), line((0, -2_000), (0, 2_000)))
    ducts = layer(
        "ducts",
        [{"owner": MOBILE, "bores_free": 2}, {"owner": MOBILE, "bores_free": 0}, {"owner": MOBILE, "bores_free": None}],
        [line((1_000, 15), (2_500, 15)), line((0, 5), (3_000, 5)), line((0, 5), (3_000, 5))],
    )
    found = pole_routes(cables, ducts)
    assert found[["cable_id", "beside_layer", "beside_id", "bores_free"]].values.tolist() == [["A", "ducts", "D0", 2]]
    assert found["length_m"].iloc[0] == pytest.approx(1_500, abs=30)
    assert found["pole_km"].iloc[0] == pytest.approx(found["length_m"].iloc[0] / 1000)
    assert found["distance_m"].iloc[0] == pytest.approx(15, abs=0.5)
    assert GEOD.geometry_length(found.geometry.iloc[0]) == pytest.approx(1_500, abs=30)
    assert pole_routes(cables, ducts, settings=PoleSettings(beside_m=10.0)).empty
    assert pole_routes(cables.iloc[:0], None).empty
    buried = cables.assign(laying="buried")
    assert pole_routes(buried, ducts).empty


def test_lists_have_the_fields_of_the_catalogue() -> None:
    frames = {
        "pole_routes": pole_routes(aerial(line((0, 0), (900, 0)), line((0, 5), (900, 5))), None),
        "work_reservations": reserve_in_works(layer("works", [{}], [line((0, 0), (900, 0))]), {}),
    }
    for name, frame in frames.items():
        assert list(frame.columns) == [*schema(name).names, "geometry"]
        assert isinstance(frame, gpd.GeoDataFrame)
        assert isinstance(frame.dtypes, pd.Series)


def test_a_telephone_number_is_not_taken_for_the_contact() -> None:
    guesses = {guess.column: guess.field for guess in match_columns("demands", ["需求编号", "联系人", "联系电话"])}
    assert guesses == {"需求编号": "demand_id", "联系人": "contact_person", "联系电话": "(contact)"}


def test_lines_near_points_are_those_of_plain_geometry_however_many_are_looked_at_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(8)
    lines = [shapely.LineString([at(*place) for place in rng.uniform(0, 4_000, (5, 2))]) for _ in range(40)]
    segments = segments_of(gpd.GeoDataFrame(geometry=lines, crs=CRS))
    places = np.array([at(*place) for place in rng.uniform(0, 4_000, (200, 2))])
    lon, lat = places.T
    whole = near_segments(lon, lat, segments, distance_m=300.0)
    monkeypatch.setattr(near_lines, "_POINTS_AT_ONCE", 7)
    parts = near_segments(lon, lat, segments, distance_m=300.0)
    for name in NearSegments.__dataclass_fields__:
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name
    flat = gpd.GeoSeries(lines, crs=CRS).to_crs("+proj=aeqd +lat_0=39.02 +lon_0=75.02 +ellps=GRS80")
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=CRS).to_crs(flat.crs)
    rows = nearest_of_each(whole, segments)
    found = dict(
        zip(
            zip(whole.point[rows], segments.line[whole.segment[rows]], strict=True), whole.distance_m[rows], strict=True
        )
    )
    for point, place in enumerate(points):
        for number, far_m in enumerate(flat.distance(place)):
            if abs(far_m - 300.0) > 0.5:
                assert ((point, number) in found) == (far_m < 300.0)
            if (point, number) in found:
                assert found[point, number] == pytest.approx(far_m, abs=0.5)


def test_the_reason_of_a_match_names_what_is_given() -> None:
    found = met({}, {"towers": layer("towers", [GOOD], [at(300.0)])}).matches
    assert found["reason_en"].iloc[0].startswith("T0 of 中国铁塔 lies 300 m away")
    assert found["reason_zh"].iloc[0].count("T0") == 1
    assert not found["reason_zh"].str.contains("D0").any()
