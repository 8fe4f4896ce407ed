"""Gaps: places, villages by the official rule, stretches of road."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pyproj import Geod

from onemap.analyses.coverage import CoverageSettings, coverage, coverage_along, serving_antennas
from onemap.analyses.gaps import GapSettings, gap_points, gap_stretches, road_summary, village_verdicts
from onemap.errors import LayerError
from onemap.layers.catalogue import schema

GEOD = Geod(ellps="GRS80")
CRS = "EPSG:4490"
RADIUS = CoverageSettings(model="radius", technologies=("4G",), operators=("中国移动",), range_m={"4G": 1_000.0})


def layer(name: str, rows: list[dict[str, object]], places: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    key = schema(name).id_field
    rows = [{key: f"{name}{number}"} | row for number, row in enumerate(rows)]
    return gpd.GeoDataFrame(rows, geometry=[shapely.Point(place) for place in places], crs=CRS)


def cells(*places: tuple[float, float]) -> gpd.GeoDataFrame:
    rows = [{"tower_id": f"T{n}", "operator": "中国移动", "technology": "4G"} for n in range(len(places))]
    return layer("cells", rows, list(places))


# ------------------------------------------------------------------------------------------------------------- points


def test_gap_points_are_what_is_not_covered_with_people_and_nearest_tower() -> None:
    targets = {
        "schools": layer(
            "schools", [{"name": "甲", "pupils": 40}, {"name": "乙", "pupils": 8}], [(75.0, 39.0), (75.2, 39.0)]
        ),
        "settlements": layer("settlements", [{"households": 30, "population": 120}], [(75.3, 39.0)]),
    }
    towers = layer("towers", [{"status": "in service"}, {"status": "retired"}], [(75.0, 39.0), (75.29, 39.0)])
    verdicts = coverage(targets, cells((75.0, 39.0)), None, settings=RADIUS)
    gaps = gap_points(verdicts, targets, towers)
    one = gaps[gaps["operator"] == "any"]
    assert one["target_id"].tolist() == ["schools1", "settlements0"]
    assert one["population"].tolist() == [8, 120]
    assert one["households"].isna().tolist() == [True, False]
    assert one["nearest_tower_id"].tolist() == ["towers0", "towers0"]
    assert one["nearest_tower_m"].tolist() == pytest.approx([GEOD.inv(x, 39, 75, 39)[2] for x in (75.2, 75.3)])
    assert list(gaps.columns) == [*schema("gap_points").names, "geometry"]


def test_without_towers_no_nearest_is_named() -> None:
    targets = {"schools": layer("schools", [{}], [(75.0, 39.0)])}
    gaps = gap_points(coverage(targets, None, None, settings=RADIUS), targets, None)
    assert gaps["nearest_tower_id"].isna().all()
    assert gaps["nearest_tower_m"].isna().all()


# ------------------------------------------------------------------------------------------------------------ villages


def judge_village(station_m: float, covered: dict[str, bool | None]) -> pd.Series:
    """Judge one village whose places are covered or not; None: no such place."""
    places = {"villages": (75.0, 39.0), "schools": (75.0, 39.1), "clinics": (75.0, 39.2), "settlements": (75.0, 39.3)}
    named = {name: {"village_id": "villages0", "name": name} for name in places if covered.get(name) is not None}
    if "settlements" in named:
        named["settlements"]["households"] = 20  # type: ignore[assignment]
    layers = {name: layer(name, [named[name]], [places[name]]) for name in named}
    lon, lat, _ = GEOD.fwd(75.0, 39.0, 90.0, station_m)
    # A station too far for coverage by radius, and one beside each place that is to be covered.
    spots = [(lon, lat), *(places[name] for name in named if covered[name])]
    serving = cells(*spots)
    verdicts = coverage(layers, serving, None, settings=RADIUS)
    targets = {name: layers[name] for name in layers if name != "villages"}
    antennas = serving_antennas(serving, None, default_height_m=30)
    result = village_verdicts(layers["villages"], verdicts, antennas, targets=targets)
    return result[result["operator"] == "any"].iloc[0]


@pytest.mark.parametrize("near", [True, False])
@pytest.mark.parametrize("school", [True, False])
@pytest.mark.parametrize("clinic", [True, False])
@pytest.mark.parametrize("settlement", [True, False])
def test_the_rule_of_villages(near: bool, school: bool, clinic: bool, settlement: bool) -> None:
    # The committee is not covered by radius, so that (b) fails unless a cell stands beside it; then (a) is met as well.
    covered = {"villages": False, "schools": school, "clinics": clinic, "settlements": settlement}
    found = judge_village(4_999.0 if near else 5_001.0, covered)
    assert found["verdict"] == ("covered" if near else "uncovered")
    assert bool(found["near_station"]) == near
    assert found["places_verdict"] == "uncovered"
    assert found["places_total"] == 4
    assert found["places_covered"] == school + clinic + settlement
    failing = ["villages", *(name for name in ("schools", "clinics", "settlements") if not covered[name])]
    assert sorted(found["failing_places"].split(";")) == sorted(failing)


@pytest.mark.parametrize("missing", list(itertools.product([True, None], repeat=3)))
def test_all_places_covered_is_enough_where_no_station_is_near(missing: tuple[bool | None, ...]) -> None:
    covered = {"villages": True, **dict(zip(("schools", "clinics", "settlements"), missing, strict=True))}
    found = judge_village_without_near_station(covered)
    assert not found["near_station"]
    assert found["places_verdict"] == "covered"
    assert found["verdict"] == "covered"
    assert pd.isna(found["failing_places"])


def test_one_place_that_fails_fails_the_village() -> None:
    covered = {"villages": True, "schools": True, "clinics": False, "settlements": True}
    found = judge_village_without_near_station(covered)
    assert found["verdict"] == "uncovered"
    assert found["failing_places"] == "clinics"
    assert "clinics" in found["reason_en"]
    assert "（b）不符合" in found["reason_zh"]


def judge_village_without_near_station(covered: dict[str, bool | None], households: object = 20) -> pd.Series:
    """Judge places with the station that covers the committee 500 m away, and a limit of 400 m for part (a)."""
    places = {"villages": (75.0, 39.0), "schools": (75.0, 39.1), "clinics": (75.0, 39.2), "settlements": (75.0, 39.3)}
    rows = {name: {"village_id": "villages0", "name": name} for name in places if covered[name] is not None}
    if "settlements" in rows:
        rows["settlements"]["households"] = households  # type: ignore[assignment]
    layers = {name: layer(name, [rows[name]], [places[name]]) for name in rows}
    spots = [GEOD.fwd(*places[name], 90.0, 500.0)[:2] for name in places if covered[name]]
    serving = cells(*spots)
    verdicts = coverage(layers, serving, None, settings=RADIUS)
    antennas = serving_antennas(serving, None, default_height_m=30)
    settings = GapSettings(station_distance_m=400.0)
    result = village_verdicts(layers["villages"], verdicts, antennas, targets=layers, settings=settings)
    return result[result["operator"] == "any"].iloc[0]


@pytest.mark.parametrize(
    ("households", "verdict", "total"), [(19, "covered", 3), (20, "uncovered", 4), (None, "depends", 4)]
)
def test_small_settlements_do_not_count_and_unknown_ones_leave_it_open(
    households: int | None, verdict: str, total: int
) -> None:
    covered = {"villages": True, "schools": True, "clinics": True, "settlements": False}
    found = judge_village_without_near_station(covered, households)
    assert (found["verdict"], found["places_total"]) == (verdict, total)


def test_places_without_village_go_to_the_polygon_they_lie_in_or_the_nearest_committee() -> None:
    box = shapely.box(75.0, 39.0, 75.1, 39.1)
    villages = gpd.GeoDataFrame(
        {"village_id": ["V1", "V2"], "name": ["甲", "乙"]}, geometry=[box, shapely.Point(75.11, 39.05)], crs=CRS
    )
    schools = layer(
        "schools",
        [{"village_id": None}, {"village_id": "V9"}, {"village_id": "V1"}],
        [(75.099, 39.05), (75.12, 39.05), (75.13, 39.05)],
    )
    verdicts = coverage({"villages": villages, "schools": schools}, None, None, settings=RADIUS)
    antennas = serving_antennas(None, None, default_height_m=30)
    found = village_verdicts(villages, verdicts, antennas, targets={"schools": schools})
    found = found[found["operator"] == "any"].set_index("village_id")
    # The first school is nearer to the committee of V2, but lies in the polygon of V1.
    assert found.loc["V1", "failing_places"] == "甲;schools0;schools2"
    assert found.loc["V2", "failing_places"] == "乙;schools1"
    assert "there is no base station" in found.loc["V1", "reason_en"]


def test_the_rule_is_applied_for_each_operator() -> None:
    villages = layer("villages", [{"name": "甲"}], [(75.0, 39.0)])
    serving = cells((75.02, 39.0))
    verdicts = coverage({"villages": villages}, serving, None, settings=RADIUS)
    found = village_verdicts(
        villages, verdicts, serving_antennas(serving, None, default_height_m=30), targets={}
    ).set_index("operator")
    assert found.loc["any", "verdict"] == found.loc["中国移动", "verdict"] == "covered"
    assert found.loc["any", "nearest_station_id"] == "T0"
    assert found.loc["any", "nearest_station_m"] == pytest.approx(GEOD.inv(75, 39, 75.02, 39)[2])


def test_verdicts_of_a_layer_that_is_asked_for_must_be_there() -> None:
    villages = layer("villages", [{"name": "甲"}], [(75.0, 39.0)])
    schools = layer("schools", [{}], [(75.0, 39.0)])
    verdicts = coverage({"villages": villages}, None, None, settings=RADIUS)
    antennas = serving_antennas(None, None, default_height_m=30)
    with pytest.raises(LayerError, match="need coverage verdicts of schools"):
        village_verdicts(villages, verdicts, antennas, targets={"schools": schools})


# --------------------------------------------------------------------------------------------------------------- lines


def road(road_id: str = "R1", **fields: object) -> dict[str, object]:
    return {"road_id": road_id, "ref": "G219", "name": "示范路"} | fields


def roads_of(rows: list[dict[str, object]], lines: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry=lines, crs=CRS)


def verdicts_at(roads: gpd.GeoDataFrame, pattern: str, step_m: float = 50.0) -> gpd.GeoDataFrame:
    """Give road verdicts whose points follow a pattern of c, d, u, repeated."""
    settings = CoverageSettings(model="radius", technologies=("4G",), operators=(), road_step_m=step_m)
    verdicts = coverage_along(roads, None, None, settings=settings)
    words = {"c": "covered", "d": "depends", "u": "uncovered"}
    series = [words[letter] for letter in itertools.islice(itertools.cycle(pattern), len(verdicts))]
    return verdicts.assign(verdict=pd.Series(series, dtype="string"))


def straight(length_m: float, lat: float = 39.0) -> shapely.LineString:
    lon, there, _ = GEOD.fwd(75.0, lat, 90.0, length_m)
    return shapely.LineString([(75.0, lat), (lon, there)])


def test_stretches_end_half_way_between_points() -> None:
    roads = roads_of([road(chainage_from_km=12.3)], [straight(250.0)])
    verdicts = verdicts_at(roads, "cuudcc")
    found = gap_stretches(verdicts, roads)
    assert found[["verdict", "from_m", "to_m"]].values.tolist() == [
        ["uncovered", 25.0, 125.0],
        ["depends", 125.0, 175.0],
    ]
    assert found[["chainage_from", "chainage_to"]].values.tolist() == [["K12+325", "K12+425"], ["K12+425", "K12+475"]]
    assert found["length_m"].tolist() == [100.0, 50.0]
    assert [GEOD.geometry_length(piece) for piece in found.geometry] == pytest.approx([100.0, 50.0], abs=1e-6)
    assert list(found.columns) == [*schema("gap_stretches").names, "geometry"]


def test_the_ends_of_a_road_belong_to_its_end_points() -> None:
    roads = roads_of([road()], [straight(120.0)])
    found = gap_stretches(verdicts_at(roads, "uccu"), roads)
    assert found[["from_m", "to_m"]].to_numpy() == pytest.approx(np.array([[0.0, 25.0], [110.0, 120.0]]), abs=1e-6)


def test_chainage_carries_and_falls_where_the_road_is_drawn_backwards() -> None:
    roads = roads_of([road(chainage_from_km=13.0, direction="down")], [straight(200.0)])
    found = gap_stretches(verdicts_at(roads, "uuccc"), roads)
    assert found[["chainage_from", "chainage_to"]].values.tolist() == [["K13+000", "K12+925"]]


def test_a_summary_adds_up_and_is_held_against_the_target() -> None:
    roads = roads_of([road()], [straight(1_000.0)])
    found = road_summary(verdicts_at(roads, "cccccccccuudccccccccc"), roads).iloc[0]
    assert found["covered_m"] == pytest.approx(850.0)
    assert found["uncovered_m"] == pytest.approx(100.0)
    assert found["depends_m"] == pytest.approx(50.0)
    assert found["covered_share"] == pytest.approx(0.85)
    assert found["longest_gap_m"] == pytest.approx(100.0)
    assert not found["meets_target"]
    whole = road_summary(verdicts_at(roads, "c"), roads, settings=GapSettings(road_target_share=1.0)).iloc[0]
    assert whole["meets_target"]
    assert whole["covered_share"] == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_stretches_and_sums_have_the_length_of_the_roads(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = [
        shapely.LineString(np.cumsum(rng.normal(0, 0.004, (30, 2)), axis=0) + np.array([75.0, 39.0])) for _ in range(4)
    ]
    lines.append(shapely.MultiLineString([lines[0].coords[:10], lines[1].coords[:10]]))
    roads = roads_of([road(f"R{number}") for number in range(5)], lines)
    verdicts = verdicts_at(roads, "".join(rng.choice(list("cdu"), 401)), step_m=37.0)
    # Rows in any order give the same answer.
    summary = road_summary(verdicts.sample(frac=1, random_state=seed), roads)
    exact_m = [GEOD.geometry_length(line) for line in lines]
    np.testing.assert_allclose(summary["length_m"], exact_m, rtol=1e-12)
    np.testing.assert_allclose(summary[["covered_m", "depends_m", "uncovered_m"]].sum(axis=1), exact_m, rtol=1e-12)
    stretches = gap_stretches(verdicts, roads)
    lengths = stretches.groupby(["road_id", "verdict"])["length_m"].sum().unstack()
    np.testing.assert_allclose(lengths["uncovered"], summary["uncovered_m"], rtol=1e-9)
    np.testing.assert_allclose(lengths["depends"], summary["depends_m"], rtol=1e-9)
    drawn_m = [GEOD.geometry_length(piece) for piece in stretches.geometry]
    np.testing.assert_allclose(drawn_m, stretches["length_m"], atol=1e-5)
    longest = stretches[stretches["verdict"] == "uncovered"].groupby("road_id")["length_m"].max()
    np.testing.assert_allclose(longest, summary["longest_gap_m"])


def test_short_stretches_are_left_out_of_the_list_only() -> None:
    roads = roads_of([road()], [straight(1_000.0)])
    verdicts = verdicts_at(roads, "cucuuccccc")
    settings = GapSettings(min_stretch_m=60.0)
    listed = gap_stretches(verdicts, roads, settings=settings)
    assert (listed["length_m"] >= 60).all()
    assert len(listed) < len(gap_stretches(verdicts, roads))
    assert road_summary(verdicts, roads, settings=settings)["uncovered_m"].iloc[0] > listed["length_m"].sum()


def test_arguments_stay_as_they_are() -> None:
    villages, schools = layer("villages", [{"name": "甲"}], [(75.0, 39.0)]), layer("schools", [{}], [(75.1, 39.0)])
    towers, targets = layer("towers", [{}], [(75.0, 39.0)]), {"villages": villages, "schools": schools}
    verdicts = coverage(targets, None, None, settings=RADIUS)
    roads = roads_of([road()], [straight(500.0)])
    along = verdicts_at(roads, "cud")
    antennas = serving_antennas(cells((75.0, 39.0)), None, default_height_m=30)
    frames = [villages, schools, towers, verdicts, roads, along]
    copies = [frame.copy(deep=True) for frame in frames]
    before = antennas.copy(deep=True)
    gap_points(verdicts, targets, towers)
    village_verdicts(villages, verdicts, antennas, targets=targets)
    gap_stretches(along, roads)
    road_summary(along, roads)
    for frame, copy in zip(frames, copies, strict=True):
        assert_geodataframe_equal(frame, copy)
    pd.testing.assert_frame_equal(antennas, before)


def test_nothing_judged_gives_empty_layers() -> None:
    roads = roads_of([road()], [straight(500.0)])
    nothing = verdicts_at(roads, "c").iloc[:0]
    assert gap_stretches(nothing, roads).empty
    assert road_summary(nothing, roads).empty
    villages = layer("villages", [{"name": "甲"}], [(75.0, 39.0)])
    verdicts = coverage({"villages": villages}, None, None, settings=RADIUS).iloc[:0]
    assert gap_points(verdicts, {"villages": villages}, None).empty


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="road_target_share must lie in"):
        GapSettings(road_target_share=95)
    with pytest.raises(ValueError, match="min_stretch_m must not be negative"):
        GapSettings(min_stretch_m=-1)
