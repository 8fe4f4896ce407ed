"""Stretches of road: exact to the sampling step, merged and split by stated lengths, along calibrated chainages."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from onemap.analyses.gaps import GapSettings, gap_stretches, road_chainages, road_summary, with_chainage
from onemap.layers.chainage import even_offsets, measure_line

GEOD = Geod(ellps="GRS80")
CRS = "EPSG:4490"
STEP_M = 50.0


def roads_of(rows: list[dict[str, object]], lines: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    rows = [{"road_id": f"R{number}", "ref": f"G{number}"} | row for number, row in enumerate(rows)]
    return gpd.GeoDataFrame(rows, geometry=lines, crs=CRS)


def straight(length_m: float, *, lon: float = 75.0, lat: float = 39.0, bearing_deg: float = 90.0) -> shapely.LineString:
    end_lon, end_lat, _ = GEOD.fwd(lon, lat, bearing_deg, length_m)
    return shapely.LineString([(lon, lat), (end_lon, end_lat)])


def judged(
    roads: gpd.GeoDataFrame, uncovered: list[list[tuple[float, float]]], step_m: float = STEP_M, **fields: str
) -> gpd.GeoDataFrame:
    """Sample roads at even steps; points within the given distances along the line are uncovered."""
    parts = []
    for road_id, line, gaps in zip(roads["road_id"], roads.geometry, uncovered, strict=True):
        measured = measure_line(line)
        offset_m = even_offsets(measured.length_m, step_m)
        inside = np.zeros(len(offset_m), dtype=bool)
        for from_m, to_m in gaps:
            inside |= (offset_m >= from_m) & (offset_m <= to_m)
        points = shapely.points(*measured.points_at(offset_m))
        values = {"road_id": road_id, "technology": "4G", "operator": "any", "offset_m": offset_m, "chainage_m": 0.0}
        verdict = np.where(inside, "uncovered", "covered")
        parts.append(gpd.GeoDataFrame({**values, "verdict": verdict, **fields}, geometry=points, crs=CRS))
    return pd.concat(parts, ignore_index=True)


def random_road(rng: np.random.Generator) -> shapely.LineString | shapely.MultiLineString:
    turns = rng.normal(0, 0.3, rng.integers(3, 20)).cumsum() + rng.uniform(0, 2 * np.pi)
    steps = rng.uniform(0.001, 0.02, len(turns))[:, None] * np.column_stack([np.cos(turns), np.sin(turns)])
    places = np.cumsum(np.vstack([[75 + rng.uniform(0, 2), 39 + rng.uniform(0, 2)], steps]), axis=0)
    if rng.random() < 0.3:
        cut = len(places) // 2
        return shapely.MultiLineString([places[: cut + 1], places[cut:] + 0.001])
    return shapely.LineString(places)


def known_gaps(rng: np.random.Generator, length_m: float) -> list[tuple[float, float]]:
    """Give gaps that are longer than two steps, and parted by more than that."""
    edges = np.cumsum(rng.uniform(2.2 * STEP_M, 30 * STEP_M, 200))
    edges = edges[edges < length_m - 2.2 * STEP_M]
    return [(float(a), float(b)) for a, b in zip(edges[::2], edges[1::2], strict=False)]


@pytest.mark.slow
def test_on_1000_random_roads_the_list_is_exact_to_the_sampling_step() -> None:
    rng = np.random.default_rng(6)
    lines = [random_road(rng) for _ in range(1_000)]
    directions = rng.choice(["up", "down"], 1_000)
    starts = np.where(directions == "up", 3.0, 900.0)
    rows = [{"direction": way, "chainage_from_km": start} for way, start in zip(directions, starts, strict=True)]
    roads = roads_of(rows, lines)
    lengths = [GEOD.geometry_length(line) for line in lines]
    gaps = [known_gaps(rng, length) for length in lengths]
    verdicts = judged(roads, gaps).sample(frac=1, random_state=1)
    found = gap_stretches(verdicts, roads)
    of_road = {str(part["road_id"].iloc[0]): part for _, part in found.groupby("road_id")}
    worst_m, count = 0.0, 0
    for number, expected in enumerate(gaps):
        part = of_road.get(f"R{number}", found.iloc[:0])
        assert len(part) == len(expected)
        if not expected:
            continue
        truth = np.array(expected)
        worst_m = max(worst_m, np.abs(part[["from_m", "to_m"]].to_numpy() - truth).max())
        sign = 1 if directions[number] == "up" else -1
        chainage_m = part[["chainage_from_m", "chainage_to_m"]].to_numpy()
        assert (np.sign(np.diff(chainage_m, axis=1)) == sign).all()
        np.testing.assert_allclose(chainage_m, starts[number] * 1000 + sign * part[["from_m", "to_m"]].to_numpy())
        count += len(part)
    assert count > 6_000
    assert worst_m <= STEP_M / 2 + 1e-6
    # Each piece is where it says: as long as it says, and on its road.
    drawn_m = np.array([GEOD.geometry_length(piece) for piece in found.geometry])
    np.testing.assert_allclose(drawn_m, found["length_m"], atol=1e-4)


def test_a_loop_is_judged_like_any_road() -> None:
    ring = shapely.LineString([(75, 39), (75.02, 39), (75.02, 39.02), (75, 39.02), (75, 39)])
    length_m = GEOD.geometry_length(ring)
    roads = roads_of([{"chainage_from_km": 0.0}], [ring])
    found = gap_stretches(judged(roads, [[(0, 200), (length_m - 300, length_m)]]), roads)
    expected = np.array([[0, 200], [length_m - 300, length_m]])
    assert np.abs(found[["from_m", "to_m"]].to_numpy() - expected).max() <= STEP_M / 2 + 1e-6


def test_parts_of_a_road_follow_each_other_without_the_jump_between_them() -> None:
    first, second = straight(1_000.0), straight(1_000.0, lat=39.1)
    roads = roads_of([{}], [shapely.MultiLineString([first, second])])
    found = gap_stretches(judged(roads, [[(900.0, 1_100.0)]]), roads).iloc[0]
    assert found.geometry.geom_type == "MultiLineString"
    assert GEOD.geometry_length(found.geometry) == pytest.approx(found["length_m"])
    assert found["length_m"] == pytest.approx(200.0, abs=STEP_M)


def test_tiles_joined_in_any_order_give_the_gaps_of_the_whole() -> None:
    rng = np.random.default_rng(4)
    lines = [random_road(rng) for _ in range(50)]
    roads = roads_of([{} for _ in lines], lines)
    verdicts = judged(roads, [known_gaps(rng, GEOD.geometry_length(line)) for line in lines])
    place = verdicts.geometry
    tile = np.floor(place.x / 0.05).astype(int) * 1_000 + np.floor(place.y / 0.05).astype(int)
    tiles = [part for _, part in verdicts.groupby(tile)]
    assert len(tiles) > 100
    rng.shuffle(tiles)
    joined = pd.concat(tiles, ignore_index=True)
    chosen = GapSettings(min_covered_m=150, max_stretch_m=700)
    assert_geodataframe_equal(
        gap_stretches(joined, roads, settings=chosen), gap_stretches(verdicts, roads, settings=chosen)
    )
    assert_geodataframe_equal(
        road_summary(joined, roads, settings=chosen), road_summary(verdicts, roads, settings=chosen)
    )


def test_a_road_cut_into_pieces_of_one_route_is_the_whole_when_joined() -> None:
    whole = roads_of([{"road_id": "W", "ref": "G219", "chainage_from_km": 10.0}], [straight(6_000.0)])
    line = measure_line(whole.geometry.iloc[0])
    cuts = [0.0, 1_730.0, 2_500.0, 6_000.0]
    pieces = [line.piece(a, b) for a, b in itertools.pairwise(cuts)]
    rows = [{"ref": "G219", "chainage_from_km": 10.0 + cut / 1000} for cut in cuts[:-1]]
    rows[1] |= {"direction": "down", "chainage_from_km": 10.0 + cuts[2] / 1000}
    pieces[1] = pieces[1].reverse()
    parts = roads_of(rows, pieces)
    gaps = [(1_500.0, 2_800.0), (4_000.0, 4_300.0)]
    of_parts = [[(1_500.0, 1_731.0)], [(0.0, 771.0)], [(0.0, 300.0), (1_500.0, 1_800.0)]]
    joined = gap_stretches(judged(parts, of_parts), parts, settings=GapSettings(carriageways="joined"))
    alone = gap_stretches(judged(whole, [gaps]), whole)
    assert joined["road_id"].tolist() == ["R0;R1;R2", "R2"]
    assert joined["carriageways"].tolist() == [3, 1]
    columns = ["chainage_from_m", "chainage_to_m"]
    assert np.abs(joined[columns].to_numpy() - alone[columns].to_numpy()).max() <= STEP_M
    np.testing.assert_allclose([GEOD.geometry_length(g) for g in joined.geometry], joined["length_m"], atol=1e-3)
    apart = gap_stretches(judged(parts, of_parts), parts)
    assert len(apart) == 4


def test_a_hole_in_the_chainage_parts_a_route_unless_it_is_short() -> None:
    rows = [{"ref": "G30", "chainage_from_km": 1.0}, {"ref": "G30", "chainage_from_km": 2.04}]
    roads = roads_of(rows, [straight(1_000.0), straight(1_000.0, lat=39.1)])
    verdicts = judged(roads, [[(0.0, 1_001.0)]] * 2)
    closed = gap_stretches(verdicts, roads, settings=GapSettings(carriageways="joined"))
    assert closed["length_m"].tolist() == pytest.approx([2_040.0])
    apart = gap_stretches(verdicts, roads, settings=GapSettings(carriageways="joined", chainage_hole_m=30.0))
    assert apart["road_id"].tolist() == ["R0", "R1"]
    assert apart["length_m"].tolist() == pytest.approx([1_000.0, 1_000.0])


def test_a_road_without_length_has_no_gap() -> None:
    roads = roads_of([{"chainage_from_km": 1.0}], [shapely.LineString([(75, 39), (75, 39)])])
    verdicts = judged(roads, [[(0.0, 1.0)]])
    for way in ("apart", "joined"):
        assert gap_stretches(verdicts, roads, settings=GapSettings(carriageways=way)).empty  # type: ignore[arg-type]


def test_two_carriageways_joined_have_the_worst_of_both_once() -> None:
    up, down = straight(3_000.0), straight(3_000.0, lat=39.0002).reverse()
    rows = [
        {"ref": "G30", "chainage_from_km": 5.0, "direction": "up"},
        {"ref": "G30", "chainage_from_km": 8.0, "direction": "down"},
    ]
    roads = roads_of(rows, [up, down])
    # On the way up uncovered from K6 to K6+500, on the way down from K6+300 to K7: together K6 to K7.
    verdicts = judged(roads, [[(1_000.0, 1_500.0)], [(1_000.0, 1_700.0)]])
    joined = GapSettings(carriageways="joined")
    found = gap_stretches(verdicts, roads, settings=joined)
    assert len(found) == 1
    ends = found[["chainage_from_m", "chainage_to_m"]].to_numpy()[0]
    np.testing.assert_allclose(ends, [6_000.0, 7_000.0], atol=STEP_M / 2 + 1)
    summary = road_summary(verdicts, roads, settings=joined).iloc[0]
    assert summary["length_m"] == pytest.approx(3_000.0)
    assert summary["longest_gap_m"] == pytest.approx(found["length_m"].iloc[0])
    assert len(gap_stretches(verdicts, roads)) == 2
    assert road_summary(verdicts, roads)["length_m"].sum() == pytest.approx(6_000.0)


def test_roads_without_number_or_chainage_are_never_joined_and_said() -> None:
    rows = [{"ref": None, "chainage_from_km": 1.0}, {"ref": "G30"}, {"ref": "G30"}]
    roads = roads_of(rows, [straight(1_000.0, lat=39 + n / 10) for n in range(3)])
    found = gap_stretches(judged(roads, [[(200.0, 500.0)]] * 3), roads, settings=GapSettings(carriageways="joined"))
    assert found["road_id"].tolist() == ["R0", "R1", "R2"]
    findings = {one.rule: one for one in road_chainages(roads).findings}
    assert (findings["OM-BIZ-225"].values["count"], findings["OM-BIZ-225"].values["road"]) == (1, "R0")
    assert findings["OM-BIZ-226"].values["count"] == 2
    assert "没有路线编号" in findings["OM-BIZ-225"].message("zh")


def test_short_covered_pieces_join_short_gaps_go_and_long_ones_are_split() -> None:
    roads = roads_of([{}], [straight(10_000.0)])
    verdicts = judged(roads, [[(1_000, 2_000), (2_200, 3_000), (5_000, 5_100), (7_000, 9_500)]])
    found = gap_stretches(
        verdicts, roads, settings=GapSettings(min_covered_m=300, min_stretch_m=200, max_stretch_m=1_100)
    )
    assert found[["from_m", "to_m"]].round(3).values.tolist() == [
        [975.0, 2_000.0], [2_000.0, 3_025.0],
        [6_975.0, 7_825.0], [7_825.0, 8_675.0], [8_675.0, 9_525.0],
    ]  # fmt: skip
    assert found[["part", "parts"]].values.tolist() == [[1, 2], [2, 2], [1, 3], [2, 3], [3, 3]]
    assert found["covered_within_m"].tolist() == pytest.approx([150.0, 150.0, 0, 0, 0])
    summary = road_summary(verdicts, roads, settings=GapSettings(min_covered_m=300)).iloc[0]
    assert summary["longest_gap_m"] == pytest.approx(2_550.0)
    assert summary["uncovered_m"] == pytest.approx(1_050 + 850 + 150 + 2_550)


@pytest.mark.parametrize(("gaps", "share"), [([], 1.0), ([(0.0, 0.0)], 0.0)])
def test_a_road_without_length_is_as_covered_as_its_place(gaps: list[tuple[float, float]], share: float) -> None:
    roads = roads_of([{}], [shapely.LineString([(75, 39), (75, 39)])])
    summary = road_summary(judged(roads, [gaps]), roads).iloc[0]
    assert (summary["length_m"], summary["covered_share"], summary["meets_target"]) == (0.0, share, share == 1.0)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    pattern=st.text("cdu", min_size=2, max_size=60),
    covered=st.floats(0, 400),
    shortest=st.floats(0, 400),
    longest=st.floats(60, 900),
)
def test_stretches_keep_their_lengths(pattern: str, covered: float, shortest: float, longest: float) -> None:
    roads = roads_of([{}], [straight(STEP_M * (len(pattern) - 1))])
    words = {"c": "covered", "d": "depends", "u": "uncovered"}
    verdicts = judged(roads, [[]])
    verdicts = verdicts.iloc[: len(pattern)].assign(verdict=[words[one] for one in pattern])
    chosen = GapSettings(min_covered_m=covered, min_stretch_m=shortest, max_stretch_m=longest)
    found = gap_stretches(verdicts, roads, settings=chosen)
    assert (found["length_m"] <= longest + 1e-6).all()
    whole = gap_stretches(verdicts, roads, settings=GapSettings(min_covered_m=covered))
    assert (found["length_m"] * found["parts"] >= shortest - 1e-6).all()
    assert found["length_m"].sum() == pytest.approx(whole.loc[whole["length_m"] >= shortest, "length_m"].sum())
    # Stretches lie apart, in order, and two of one verdict are parted by a covered piece that is long enough.
    for verdict in ("uncovered", "depends"):
        ends = whole.loc[whole["verdict"] == verdict, ["from_m", "to_m"]].to_numpy()
        assert (ends[1:, 0] - ends[:-1, 1] >= min(covered, STEP_M) - 1e-6).all()
    summary = road_summary(verdicts, roads, settings=chosen).iloc[0]
    total_m = summary[["covered_m", "depends_m", "uncovered_m"]].sum()
    assert total_m == pytest.approx(summary["length_m"])
    assert (whole["length_m"] - whole["covered_within_m"]).sum() == pytest.approx(total_m - summary["covered_m"])


def test_the_share_is_held_against_95_per_cent_for_each_operator() -> None:
    roads = roads_of([{}], [straight(10_000.0)])
    parts = [judged(roads, [[(0.0, to_m)]], operator=name) for name, to_m in (("any", 450.0), ("中国移动", 600.0))]
    found = road_summary(pd.concat(parts, ignore_index=True), roads).set_index("operator")
    assert found["covered_share"].round(4).to_dict() == {"any": 0.9525, "中国移动": 0.9375}
    assert found["meets_target"].to_dict() == {"any": True, "中国移动": False}


# ----------------------------------------------------------------------------------------------------------- chainages


def posts_of(rows: list[tuple[float, float]], line: shapely.LineString, **fields: object) -> gpd.GeoDataFrame:
    """Give posts 10 m beside a line: distance along it, chainage in km."""
    measured = measure_line(line)
    lon, lat = measured.points_at(np.array([offset for offset, _ in rows]))
    lon, lat, _ = GEOD.fwd(lon, lat, np.zeros(len(rows)), np.full(len(rows), 10.0))
    table = {"kilometre_post_id": [f"P{n}" for n in range(len(rows))], "chainage_km": [km for _, km in rows], **fields}
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=CRS)


def test_posts_calibrate_piecewise_linearly() -> None:
    line = straight(3_000.0)
    roads = roads_of([{"chainage_from_km": 9.99}], [line])
    known = road_chainages(roads, posts_of([(0.0, 10.0), (1_020.0, 11.0), (2_000.0, 12.0)], line, ref="G0")).chainages[
        0
    ]
    offsets_m = np.array([0.0, 510.0, 1_020.0, 1_510.0, 2_000.0, 2_500.0])
    np.testing.assert_allclose(known.at(offsets_m), [10_000, 10_500, 11_000, 11_500, 12_000, 12_500], atol=0.01)
    np.testing.assert_allclose(known.offset_at(known.at(offsets_m)), offsets_m, atol=1e-6)
    verdicts = with_chainage(judged(roads, [[]]), roads, road_chainages(roads))
    assert verdicts["chainage_m"].iloc[1] == pytest.approx(10_040.0)


def test_a_stated_start_that_fits_counts_up_to_the_first_post() -> None:
    line = straight(3_000.0)
    roads = roads_of([{"chainage_from_km": 10.0}], [line])
    measured = road_chainages(roads, posts_of([(1_020.0, 11.0)], line, ref="G0"))
    np.testing.assert_allclose(
        measured.chainages[0].at(np.array([0.0, 510.0, 2_020.0])), [10_000, 10_500, 12_000], atol=0.01
    )
    assert not measured.findings


def test_posts_of_a_road_drawn_backwards_run_down() -> None:
    line = straight(3_000.0)
    roads = roads_of([{"direction": "down", "chainage_from_km": 53.0}], [line])
    measured = road_chainages(roads, posts_of([(1_000.0, 52.0), (2_000.0, 51.0)], line, ref="G0"))
    found = gap_stretches(judged(roads, [[(500.0, 1_500.0)]]), roads, measured=measured).iloc[0]
    assert (found["chainage_from"], found["chainage_to"]) == ("K52+525", "K51+475")
    assert not measured.findings


@pytest.mark.parametrize(
    ("posts", "road", "rules"),
    [
        ([(0, 10.0), (1_000, 11.0), (1_500, 99.0), (2_000, 12.0)], {}, {"OM-BIZ-221"}),
        ([(0, 10.0), (1_000, 11.5)], {}, {"OM-BIZ-222"}),
        ([(1_000, 11.0), (2_000, 12.0)], {"chainage_from_km": 12.0}, {"OM-BIZ-223"}),
        ([(1_000, 12.0), (2_000, 11.0)], {"direction": "up", "chainage_from_km": 13.0}, {"OM-BIZ-224"}),
    ],
)
def test_disagreements_are_findings(posts: list[tuple[float, float]], road: dict[str, object], rules: set[str]) -> None:
    line = straight(3_000.0)
    roads = roads_of([{"chainage_from_km": 10.0} | road], [line])
    measured = road_chainages(roads, posts_of(posts, line, ref="G0"))
    assert {one.rule for one in measured.findings} == rules
    for one in measured.findings:
        assert one.message("zh")
        assert one.message("en")
        assert "R0" in one.message("en") + one.feature


def test_posts_of_other_routes_or_far_off_calibrate_nothing() -> None:
    line = straight(3_000.0)
    roads = roads_of([{"chainage_from_km": 10.0}], [line])
    other = road_chainages(roads, posts_of([(1_000.0, 50.0)], line, ref="G7"))
    assert [one.rule for one in other.findings] == ["OM-BIZ-220"]
    assert other.chainages[0].basis == "start"
    far = posts_of([(1_000.0, 50.0)], straight(3_000.0, lat=39.01), ref="G0")
    assert [one.rule for one in road_chainages(roads, far).findings] == ["OM-BIZ-220"]
    by_id = road_chainages(roads, posts_of([(1_000.0, 50.0)], line, road_id="R0"))
    assert by_id.chainages[0].basis == "posts"


def test_a_post_at_the_closing_of_a_loop_is_taken_where_the_chainage_says() -> None:
    ring = shapely.LineString([(75, 39), (75.02, 39), (75.02, 39.02), (75, 39.02), (75, 39)])
    length_km = GEOD.geometry_length(ring) / 1000
    roads = roads_of([{"chainage_from_km": 0.0}], [ring])
    post = gpd.GeoDataFrame(
        {"kilometre_post_id": ["P"], "chainage_km": [length_km + 0.01], "ref": ["G0"]},
        geometry=[shapely.Point(75, 39)], crs=CRS,
    )  # fmt: skip
    known = road_chainages(roads, post).chainages[0]
    np.testing.assert_allclose(known.at(np.array([0.0, length_km * 1000])), [0.0, length_km * 1000 + 10], atol=0.01)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 3_000), st.floats(0, 4)), min_size=1, max_size=8))
def test_any_posts_give_a_chainage_that_runs_one_way(rows: list[tuple[float, float]]) -> None:
    line = straight(3_000.0)
    roads = roads_of([{}], [line])
    known = road_chainages(roads, posts_of(rows, line, ref="G0")).chainages[0]
    steps = np.diff(known.at(np.linspace(0, 3_000, 601)))
    assert (steps * known.sign >= 0).all()
