"""Places along lines: closed forms on the ellipsoid."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from onemap.layers.chainage import chainage_text, even_offsets, measure_line

GEOD = Geod(ellps="GRS80")


@pytest.mark.parametrize(
    ("chainage_m", "written"),
    [
        (0.0, "K0+000"),
        (12_340.0, "K12+340"),
        (999.4, "K0+999"),
        (999.5, "K1+000"),
        (12_999.9, "K13+000"),
        (1_234_567.0, "K1234+567"),
        (-0.2, "K0+000"),
        (-1_500.0, "-K1+500"),
    ],
)
def test_chainage_is_written_as_on_the_stones(chainage_m: float, written: str) -> None:
    assert chainage_text(chainage_m) == written


@given(st.floats(min_value=0, max_value=1e7))
def test_metres_never_reach_a_thousand(chainage_m: float) -> None:
    kilometres, metres = chainage_text(chainage_m)[1:].split("+")
    assert len(metres) == 3
    assert abs(int(kilometres) * 1000 + int(metres) - chainage_m) <= 0.5


@given(st.floats(min_value=0, max_value=1e5), st.floats(min_value=1, max_value=1e3))
def test_offsets_hold_both_ends_and_no_step_is_longer(length_m: float, step_m: float) -> None:
    offset_m = even_offsets(length_m, step_m)
    assert offset_m[0] == 0
    assert offset_m[-1] == length_m
    assert (np.diff(offset_m) <= step_m * (1 + 1e-9)).all()
    assert (np.diff(offset_m) >= 0).all()


def test_a_point_on_a_meridian_lies_where_the_geodesic_says() -> None:
    line = measure_line(shapely.LineString([(75, 39), (75, 39.1)]))
    lon, lat = line.points_at(np.array([0.0, 5_000.0, line.length_m]))
    exact = GEOD.fwd(75, 39, 0, 5_000.0)
    np.testing.assert_allclose([lon[1], lat[1]], exact[:2], atol=1e-12)
    assert (lat[0], lat[2]) == (39.0, 39.1)


def test_pieces_add_up_to_the_line() -> None:
    rng = np.random.default_rng(5)
    vertices = np.cumsum(rng.normal(0, 0.01, (40, 2)), axis=0) + np.array([75.0, 39.0])
    shape = shapely.LineString(vertices)
    line = measure_line(shape)
    assert line.length_m == pytest.approx(GEOD.geometry_length(shape), rel=1e-12)
    cuts = np.concatenate([[0], np.sort(rng.uniform(0, line.length_m, 9)), [line.length_m]])
    pieces = [line.piece(one, other) for one, other in itertools.pairwise(cuts)]
    for piece, length_m in zip(pieces, np.diff(cuts), strict=True):
        assert GEOD.geometry_length(piece) == pytest.approx(length_m, abs=1e-6)
    assert pieces[0].coords[0] == tuple(vertices[0])
    assert pieces[-1].coords[-1] == tuple(vertices[-1])


def test_a_piece_over_two_parts_keeps_them_apart() -> None:
    shape = shapely.MultiLineString([[(75, 39), (75.01, 39)], [(75.02, 39), (75.03, 39)]])
    line = measure_line(shape)
    assert line.length_m == pytest.approx(GEOD.geometry_length(shape))
    piece = line.piece(line.length_m * 0.25, line.length_m * 0.75)
    assert piece.geom_type == "MultiLineString"
    assert GEOD.geometry_length(piece) == pytest.approx(line.length_m / 2, abs=1e-6)
    assert line.piece(0, line.length_m / 2).geom_type == "LineString"
    assert line.piece(line.length_m / 2, line.length_m).equals(shape.geoms[1])


def test_what_is_no_line_is_refused() -> None:
    with pytest.raises(ValueError, match="line must be a LineString or MultiLineString"):
        measure_line(shapely.Point(75, 39))
