"""Sector patterns against the tables of 3GPP, and what holds of any pattern."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onemap.radio.antenna import (
    PATTERNS,
    elevation_deg,
    pattern_gain_db,
    relative_gain_db,
    sector_gains_db,
    tilted_gain_db,
)

ANGLES = st.floats(-720, 720)
ELEVATIONS = st.floats(-90, 90)
WIDTHS = st.floats(1, 360)
TILTS = st.floats(-10, 30)


def test_three_decibels_are_missing_at_half_the_beamwidth() -> None:
    assert relative_gain_db(35.0, 0.0, 70.0, 10.0, 0.0) == pytest.approx(-3.0, abs=1e-12)
    assert relative_gain_db(0.0, 5.0, 70.0, 10.0, 0.0) == pytest.approx(-3.0, abs=1e-12)
    assert relative_gain_db(0.0, -15.0, 70.0, 10.0, 10.0) == pytest.approx(-3.0, abs=1e-12)


@pytest.mark.parametrize(
    ("azimuth_off_deg", "elevation", "expected_db"),
    [
        (0.0, -15.0, 0.0),  # TR 36.814 table A.2.1.1-2 by hand: 70 and 10 degrees, tilt 15
        (20.0, -15.0, -12 * (20 / 70) ** 2),
        (60.0, -10.0, -(12 * (60 / 70) ** 2 + 3.0)),
        (0.0, 5.0, -20.0),  # side lobes are never deeper than 20 dB
        (101.1, -15.0, -25.0),  # the back is never deeper than 25 dB
        (70.0, 30.0, -25.0),  # neither is the sum
    ],
)
def test_the_pattern_of_36814(azimuth_off_deg: float, elevation: float, expected_db: float) -> None:
    assert relative_gain_db(azimuth_off_deg, elevation, 70.0, 10.0, 15.0) == pytest.approx(expected_db, abs=1e-12)


def test_the_element_of_38901_is_thirty_decibels_deep() -> None:
    gain_db = sector_gains_db(
        [0, 32.5, 180, 0], [0, 32.5, 0, 90], beamwidth_deg=65, v_beamwidth_deg=65, pattern="38.901"
    )
    assert gain_db == pytest.approx([0, -6, -30, -12 * (90 / 65) ** 2], abs=1e-12)


def test_an_omnidirectional_antenna_has_no_azimuth() -> None:
    for off, width in [(math.nan, 65.0), (123.0, math.nan), (180.0, 360.0)]:
        assert relative_gain_db(off, -6.0, width, 10.0, 6.0) == 0.0
        assert relative_gain_db(off, -1.0, width, 10.0, 6.0) == pytest.approx(-3.0)


@given(st.tuples(ANGLES, ELEVATIONS, WIDTHS, st.floats(1, 180), TILTS))
def test_gains_are_never_positive_nor_deeper_than_the_back(direction: tuple[float, ...]) -> None:
    for back_db, side_db in PATTERNS.values():
        assert -back_db <= pattern_gain_db(*direction, back_db, side_db) <= 0.0
    assert -25.0 <= tilted_gain_db(*direction, 3.0) <= 0.0


@given(st.sampled_from([math.nan, -math.inf, math.inf, 0.0, 90.0]), st.sampled_from([math.nan, 0.0]), TILTS)
def test_no_gain_is_ever_nan(off: float, up: float, tilt: float) -> None:
    if math.isinf(off):
        return
    for width in (math.nan, 65.0):
        for v_width in (math.nan, 7.0):
            assert not math.isnan(relative_gain_db(off, up, width, v_width, tilt))
            assert not math.isnan(tilted_gain_db(off, up, width, v_width, tilt, math.nan))


@given(st.integers(-720, 720), ELEVATIONS, TILTS)
def test_a_whole_turn_and_a_mirror_change_nothing(off: int, up: float, tilt: float) -> None:
    here = relative_gain_db(float(off), up, 65.0, 7.0, tilt)
    assert relative_gain_db(float(off + 360), up, 65.0, 7.0, tilt) == here
    assert relative_gain_db(float(-off), up, 65.0, 7.0, tilt) == here


@given(st.floats(0, 180), st.floats(0, 180), ELEVATIONS)
def test_farther_off_the_azimuth_is_never_more_gain(one: float, other: float, up: float) -> None:
    near, far = sorted((one, other))
    assert relative_gain_db(far, up, 65.0, 7.0, 3.0) <= relative_gain_db(near, up, 65.0, 7.0, 3.0) + 1e-9


@given(ANGLES, ELEVATIONS, TILTS)
def test_without_mechanical_tilt_both_ways_agree(off: float, up: float, tilt: float) -> None:
    assert tilted_gain_db(off, up, 65.0, 7.0, tilt, 0.0) == relative_gain_db(off, up, 65.0, 7.0, tilt)


@given(st.floats(-80, 80), st.floats(0, 20))
def test_straight_ahead_the_kind_of_tilt_makes_no_difference(up: float, tilt: float) -> None:
    electrical = relative_gain_db(0.0, up, 65.0, 7.0, tilt)
    assert tilted_gain_db(0.0, up, 65.0, 7.0, tilt, tilt) == pytest.approx(electrical, abs=1e-9)


def test_a_mechanical_tilt_raises_the_beam_behind() -> None:
    up, down = (tilted_gain_db(180.0, angle, 300.0, 10.0, 8.0, 8.0) for angle in (8.0, -8.0))
    assert up == pytest.approx(-12 * (180 / 300) ** 2, abs=1e-9)
    assert down < up


def test_the_elevation_of_a_point() -> None:
    assert elevation_deg(1_000.0, 100.0, 0.0, 8.5e6) == pytest.approx(
        math.degrees(math.atan(-0.1 - 1_000 / 17e6)), abs=1e-12
    )
    assert elevation_deg(0.0, 30.0, 1.5, 8.5e6) == -90.0
    assert elevation_deg(0.0, 1.5, 1.5, 8.5e6) == 0.0


def test_arrays_give_what_scalars_give() -> None:
    rng = np.random.default_rng(3)
    off, up, width, v_width, tilt = (rng.uniform(*bounds, 200) for bounds in
                                     ((-400, 400), (-90, 90), (10, 400), (2, 60), (-5, 15)))  # fmt: skip
    found = sector_gains_db(off, up, beamwidth_deg=width, v_beamwidth_deg=v_width, tilt_deg=tilt)
    expected = [relative_gain_db(*row) for row in zip(off, up, width, v_width, tilt, strict=True)]
    assert found.tolist() == expected


def test_uncompiled_kernels_agree() -> None:
    for arguments in [(40.0, -3.0, 65.0, 7.0, 6.0), (math.nan, 2.0, 65.0, 7.0, 6.0)]:
        plain = getattr(relative_gain_db, "py_func", relative_gain_db)
        assert plain(*arguments) == pytest.approx(relative_gain_db(*arguments), abs=1e-12)


def test_wrong_beamwidths_and_patterns_are_refused() -> None:
    with pytest.raises(ValueError, match="v_beamwidth_deg must be more than zero, got 0 degrees"):
        sector_gains_db([0], [0], v_beamwidth_deg=[0])
    with pytest.raises(ValueError, match="beamwidth_deg must be more than zero, got -65 degrees"):
        sector_gains_db([0], [0], beamwidth_deg=-65)
    with pytest.raises(ValueError, match="pattern must be one of"):
        sector_gains_db([0], [0], pattern="omni")  # type: ignore[arg-type]
