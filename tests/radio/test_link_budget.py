"""Link budgets: published figures, closed forms and what holds of any."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onemap.radio.antenna import relative_gain_db
from onemap.radio.link_budget import (
    LTE_RESOURCE_BLOCKS,
    NR_RESOURCE_BLOCKS,
    beams_gain_db,
    eirp_per_element,
    power_per_element,
    received_dbm,
    rsrp,
    ssb_beams,
)

DB = st.floats(-60, 60)
LOSSES = st.floats(40, 300)


@pytest.mark.parametrize(
    ("power_w", "resource_blocks", "expected_dbm"),
    [
        (10.0, 273, 4.85),  # published: 10 W over 100 MHz of NR
        (60.0, 160, 15.0), (240.0, 160, 21.0), (240.0, 273, 18.65), (200.0, 273, 17.9), (80.0, 216, 14.9),
        (60.0, 100, 17.0), (40.0, 50, 18.2), (40.0, 25, 21.3), (20.0, 100, 12.2),
    ],
)  # fmt: skip
def test_power_of_a_resource_element(power_w: float, resource_blocks: int, expected_dbm: float) -> None:
    tolerance_db = 0.006 if expected_dbm in {4.85, 18.65} else 0.06  # as many digits as are published
    assert power_per_element(power_w, resource_blocks) == pytest.approx(expected_dbm, abs=tolerance_db)


def test_resource_blocks_of_the_tables() -> None:
    assert [LTE_RESOURCE_BLOCKS[mhz] for mhz in (5, 10, 15, 20)] == [25, 50, 75, 100]
    assert [NR_RESOURCE_BLOCKS[15][mhz] for mhz in (20, 30, 40)] == [106, 160, 216]
    assert NR_RESOURCE_BLOCKS[30][100] == 273


def test_resource_blocks_leave_a_guard_and_waste_little() -> None:
    for spacing_khz, table in NR_RESOURCE_BLOCKS.items():
        for mhz, blocks in table.items():
            used = blocks * 12 * spacing_khz / 1000 / mhz
            assert 0.75 < used < 0.99


def test_power_is_conserved_over_all_elements() -> None:
    for blocks in (25, 106, 273):
        total_mw = 12 * blocks * 10 ** (power_per_element(40.0, blocks) / 10)
        assert total_mw == pytest.approx(40_000.0)


def test_the_whole_budget_of_a_cell_of_lte() -> None:
    eirp = eirp_per_element(power_per_element(60.0, 100), 17.0, feeder_loss_db=0.5, boost_db=3.0)
    gain = relative_gain_db(35.0, -3.0, 70.0, 8.0, 3.0)
    got = rsrp(eirp, 130.0, relative_gain_db=gain, body_loss_db=3.0, penetration_db=12.0, ue_gain_dbi=-1.0)
    assert got == pytest.approx(47.7815 - 30.7918 + 3.0 + 17.0 - 0.5 - 3.0 - 130.0 - 3.0 - 12.0 - 1.0, abs=1e-3)


@given(st.tuples(DB, LOSSES, st.floats(-25, 0), st.floats(0, 20), st.floats(0, 40)))
def test_arrays_give_what_the_scalar_gives(terms: tuple[float, ...]) -> None:
    eirp, loss, relative, body, walls = terms
    scalar = received_dbm(eirp, relative, loss, body, walls, 0.5)
    array = rsrp([eirp], [loss], relative_gain_db=relative, body_loss_db=body, penetration_db=walls, ue_gain_dbi=0.5)
    assert array.tolist() == [pytest.approx(scalar, abs=1e-9)]


@given(DB, LOSSES, st.floats(0, 50), st.floats(-25, 0))
def test_more_power_never_lowers_and_more_loss_never_raises(
    eirp: float, loss: float, more: float, relative: float
) -> None:
    here = rsrp(eirp, loss, relative_gain_db=relative)
    assert rsrp(eirp + more, loss, relative_gain_db=relative) >= here
    assert rsrp(eirp, loss + more, relative_gain_db=relative) <= here
    assert rsrp(eirp, loss, relative_gain_db=relative, penetration_db=more) <= here
    assert rsrp(eirp, loss) >= here


@given(DB, LOSSES, st.floats(-140, -60), st.floats(0, 40))
def test_what_passes_a_threshold_passes_a_lower_one(eirp: float, loss: float, threshold: float, lower: float) -> None:
    got = float(rsrp(eirp, loss))
    assert (got >= threshold - lower) or not (got >= threshold)


@given(st.floats(0.1, 1000), st.integers(1, 300), st.integers(1, 300))
def test_a_wider_carrier_has_less_power_an_element(power_w: float, one: int, other: int) -> None:
    narrow, wide = sorted((one, other))
    assert power_per_element(power_w, narrow) >= power_per_element(power_w, wide)


def test_beams_cover_their_sector_evenly() -> None:
    assert ssb_beams(1).tolist() == [0.0]
    assert ssb_beams(8).tolist() == pytest.approx(np.arange(-52.5, 60, 15).tolist())
    assert np.diff(ssb_beams(5, sector_deg=90.0)) == pytest.approx(18.0)


@given(st.floats(-180, 180), st.floats(-90, 90), st.integers(1, 8))
def test_the_best_beam_is_no_worse_than_any(off: float, up: float, count: int) -> None:
    beams = ssb_beams(count)
    best = beams_gain_db(off, up, beams, 20.0, 10.0, 3.0)
    each = [beams_gain_db(off, up, beams[one : one + 1], 20.0, 10.0, 3.0) for one in range(count)]
    assert best == max(each)
    assert -30.0 <= best <= 0.0


def test_beams_without_an_azimuth_give_no_nan() -> None:
    assert beams_gain_db(math.nan, -3.0, ssb_beams(4), 20.0, 10.0, 3.0) == 0.0


def test_wrong_budgets_are_refused() -> None:
    with pytest.raises(ValueError, match="power_w must be more than zero, got 0"):
        power_per_element(0.0, 100)
    with pytest.raises(ValueError, match="resource_blocks must be more than zero, got -5"):
        power_per_element([20.0, 20.0], [100, -5])
    with pytest.raises(ValueError, match="relative_gain_db must not be positive, got 3 dB"):
        rsrp(30.0, 100.0, relative_gain_db=[0.0, 3.0])
    with pytest.raises(ValueError, match="penetration_db must not be negative, got -1 dB"):
        rsrp(30.0, 100.0, penetration_db=-1.0)
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        ssb_beams(0)
