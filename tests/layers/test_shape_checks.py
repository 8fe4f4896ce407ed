"""Shapes: what is wrong is named with its place, what is honest passes, what is repaired is valid and says both."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from onemap.layers.geometry_kinds import single_kinds
from onemap.layers.place_checks import Precision, coarse_notes, heaps, rough_rows
from onemap.layers.shape_checks import repeated_vertices, same_shapes, spikes, validity_reason, without_extent
from onemap.layers.shape_faults import checked_shapes
from onemap.messages import text

SQUARE = shapely.box(75.2, 39.6, 75.22, 39.62)
BOW_TIE = shapely.Polygon([(75.2, 39.6), (75.22, 39.62), (75.22, 39.6), (75.2, 39.62)])
ROAD = shapely.LineString([(75.2, 39.6), (75.25, 39.62), (75.31, 39.65)])


def array(*shapes):
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def checked(*shapes, repairs=(), area=None, geographic=True):
    result, faults = checked_shapes(array(*shapes), geographic=geographic, area=area, repairs=repairs)
    return result, [(fault.rule, fault.position, fault.action) for fault in faults]


@pytest.mark.parametrize(
    ("shape", "zh"),
    [
        (BOW_TIE, "自相交"),
        (shapely.Polygon(SQUARE.exterior.coords, [[(76, 39.6), (76.1, 39.6), (76.1, 39.7)]]), "内环位于外环之外"),
        (shapely.MultiPolygon([SQUARE, SQUARE.buffer(-0.005, join_style="mitre")]), "外环相互嵌套"),
        (
            shapely.Polygon(
                SQUARE.exterior.coords,
                [
                    shapely.box(75.205, 39.605, 75.215, 39.615).exterior.coords,
                    shapely.box(75.207, 39.607, 75.21, 39.61).exterior.coords,
                ],
            ),
            "内环相互嵌套",
        ),
    ],
    ids=["bow tie", "hole outside", "nested shells", "nested holes"],
)
def test_reasons_are_told_in_both_languages_with_their_place(shape, zh):
    reason = validity_reason(shape)
    assert reason.text_id == "shape_at"
    told = text("OM-GEO-004", "zh", reason=reason, done="-")
    assert zh in told
    assert f"{float(reason.values['x']):.10g}" in told


def test_shapes_are_made_valid_only_when_asked_with_both_areas():
    kept, faults = checked(SQUARE, BOW_TIE)
    assert faults == [("OM-GEO-004", 1, "kept")]
    assert not kept[1].is_valid
    result, repaired = checked_shapes(array(SQUARE, BOW_TIE), geographic=True, repairs=["geometry"])
    assert result[1].is_valid
    assert result[1].geom_type == "MultiPolygon"
    assert repaired[0].action == "repaired"
    before, after = (float(repaired[0].values["done"].values[key].split()[0]) for key in ("before", "after"))
    assert before < 1000 < after


def test_shapes_without_extent_are_rejected():
    line = shapely.LineString([(75.2, 39.6), (75.2, 39.6)])
    flat = shapely.Polygon([(75.1, 39.5), (75.2, 39.6), (75.3, 39.7)])
    result, faults = checked(ROAD, line, flat, shapely.Point(75.2, 39.6), None)
    assert faults == [("OM-GEO-010", 1, "rejected"), ("OM-GEO-010", 2, "rejected")]
    assert [shape is None for shape in result] == [False, True, True, False, True]


def test_repeated_vertices_are_dropped_when_asked_and_parts_that_touch_have_none():
    twice = shapely.LineString([(75.2, 39.6), (75.25, 39.62), (75.25, 39.62), (75.31, 39.65)])
    touching = shapely.MultiLineString([[(0, 0), (1, 1)], [(1, 1), (2, 3)]])
    assert repeated_vertices(array(twice, touching, SQUARE, None)).tolist() == [1, 0, 0, 0]
    result, faults = checked(twice, repairs=["duplicate_vertices"])
    assert faults == [("OM-GEO-009", 0, "repaired")]
    assert result[0].equals_exact(ROAD, 1e-12)


def test_rings_may_run_either_way_and_lines_may_run_back():
    there_and_back = shapely.LineString([(75.2, 39.6), (75.3, 39.6), (75.2, 39.6)])
    assert checked(SQUARE, shapely.reverse(SQUARE), there_and_back)[1] == []


@given(st.integers(3, 40), st.floats(0.001, 0.2), st.floats(0, 6))
def test_regular_polygons_are_honest(corners, radius, turn):
    angles = turn + np.linspace(0, 2 * np.pi, corners, endpoint=False)
    ring = shapely.Polygon(np.column_stack([75.5 + radius * np.cos(angles), 39.6 + radius * np.sin(angles)]))
    assert checked(ring)[1] == []


def test_spikes_are_found_at_their_tips():
    spiked = shapely.Polygon([(0, 0), (4, 0), (4, 4), (2, 4), (2, 9), (2, 4), (0, 4)])
    at_start = shapely.Polygon([(2, 9), (2, 4), (0, 4), (0, 0), (4, 0), (4, 4), (2, 4)])
    counts, tips = spikes(array(SQUARE, spiked, at_start, shapely.box(0, 0, 1, 1)), shortest=1.0)
    assert counts.tolist() == [0, 1, 1, 0]
    assert tips[1:3].tolist() == [[2, 9], [2, 9]]


@pytest.mark.parametrize(
    ("shape", "length"),
    [
        (shapely.LineString([(179, -17), (-179, -17)]), 2.0),
        (shapely.LineString([(-179, 10), (179, 10), (178, 10)]), 3.0),
        (shapely.Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)]), None),
    ],
)
def test_no_line_runs_round_the_globe_silently(shape, length):
    assert checked(shape)[1] == [("OM-GEO-012", 0, "kept")]
    result, faults = checked(shape, repairs=["antimeridian"])
    assert faults == [("OM-GEO-012", 0, "repaired")]
    assert result[0].geom_type.startswith("Multi")
    assert all(part.bounds[2] - part.bounds[0] < 5 for part in result[0].geoms)
    if length is not None:
        assert result[0].length == pytest.approx(length)


def test_wide_shapes_that_do_not_jump_are_honest():
    assert checked(shapely.LineString([(-170, 0), (-60, 10), (60, 10), (170, 0)]))[1] == []
    assert checked(shapely.LineString([(179, 0), (-179, 0)]), geographic=False)[1] == []


def test_what_leaves_the_area_is_kept_with_its_share():
    area = shapely.box(75.0, 39.0, 75.25, 40.0)
    inside = shapely.LineString([(75.1, 39.5), (75.2, 39.6)])
    _, faults = checked_shapes(array(ROAD, inside, SQUARE), geographic=True, area=area)
    assert [(fault.rule, fault.position, fault.values["share"]) for fault in faults] == [("OM-GEO-013", 0, "55.5%")]


def test_points_pass_and_an_empty_layer_too():
    points = shapely.points([[0, 0], [1, 1]])
    assert checked_shapes(points, geographic=True)[1] == []
    assert checked_shapes(np.empty(0, dtype=object), geographic=True)[1] == []


def test_same_shapes_are_those_of_the_same_vertices():
    moved = shapely.transform(SQUARE, lambda xy: xy + 1e-7)
    assert same_shapes(array(SQUARE, moved, shapely.reverse(SQUARE), None)).tolist() == [0, 1, 0, 3]


def test_hypothesis_of_extent():
    thin = shapely.Polygon([(75, 39), (75.1, 39), (75.1, 39.00001), (75, 39.00001)])
    assert without_extent(array(thin, SQUARE, BOW_TIE)).tolist() == [False, False, False]


def precision(lon, lat):
    found = Precision()
    found.add(lon, lat)
    return found


def test_places_of_six_decimals_are_honest_however_many_they_are():
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(75, 76, 300_000).round(6), rng.uniform(39, 40, 300_000).round(6)
    known = precision(lon, lat)
    assert len(rough_rows(lon, lat, known)) == 0
    assert coarse_notes(known) == []


def test_a_rough_place_among_exact_ones_is_found_and_a_rough_source_once():
    lon, lat = [75.123456, 75.223457, 75.323458, 75.21], [39.123456, 39.223457, 39.323458, 39.55]
    assert rough_rows(lon, lat, precision(lon, lat)).tolist() == [3]
    lon, lat = [75.12, 75.22, 75.32, 75.4, 75.51], [39.12, 39.22, 39.3, 39.42, 39.5]
    assert rough_rows(lon, lat, precision(lon, lat)).tolist() == []
    assert coarse_notes(precision(lon, lat))[0].values["distance_m"] == 1110


def test_batches_give_the_precision_of_the_whole():
    lon, lat = np.round(np.linspace(75, 76, 97), 3), np.round(np.linspace(39, 40, 97), 3)
    parts = Precision()
    for start in range(0, 97, 7):
        parts.add(lon[start : start + 7], lat[start : start + 7])
    assert parts.counts.tolist() == precision(lon, lat).counts.tolist()
    assert parts.too_few() == precision(lon, lat).too_few() == 3


def test_heaps_are_of_one_spot():
    lon, lat = [75.1] * 12 + [75.2] * 3, [39.1] * 10 + [39.2] * 5
    first, counts = heaps(lon, lat, fewest=10)
    assert (first.tolist(), counts.tolist()) == ([0], [10])
    assert len(heaps([75.1], [39.1], fewest=10)[0]) == 0


def test_collections_of_one_kind_are_multi_and_others_stay():
    both = shapely.GeometryCollection([SQUARE, shapely.transform(SQUARE, lambda xy: xy + 1)])
    mixed = shapely.GeometryCollection([SQUARE, ROAD])
    kept, faults = single_kinds(array(both, mixed, shapely.GeometryCollection([ROAD])), ["Polygon"])
    assert kept[0].geom_type == "MultiPolygon"
    assert [(fault.rule, fault.position) for fault in faults] == [("OM-GEO-002", 1), ("OM-GEO-002", 2)]
