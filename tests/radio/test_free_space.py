"""Free space, Fresnel zones, entry into buildings and the air, against closed forms and published values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onemap.radio.building_entry import (
    EFFICIENT,
    TRADITIONAL,
    building_entry_loss,
    building_entry_scalar,
    building_entry_sigma,
)
from onemap.radio.climate import DEFAULT_DELTA_N, DEFAULT_N0, PLACES, refractivity_at
from onemap.radio.free_space import free_space_loss, free_space_reach, free_space_scalar
from onemap.radio.fresnel import LIGHT_SPEED_M_PER_S, fresnel_clearance, fresnel_radius


@given(st.floats(1.0, 1e6), st.floats(30.0, 6_000.0))
def test_free_space_is_the_inverse_square_law(distance_m: float, frequency_mhz: float) -> None:
    exact_db = 20 * math.log10(4 * math.pi * distance_m * frequency_mhz * 1e6 / LIGHT_SPEED_M_PER_S)
    assert free_space_loss(distance_m, frequency_mhz) == pytest.approx(exact_db, abs=0.005)
    assert free_space_scalar(distance_m, frequency_mhz) == pytest.approx(
        float(free_space_loss(distance_m, frequency_mhz))
    )


@given(st.floats(0.0, 1e5), st.floats(0.0, 1e5), st.floats(0.0, 1e3), st.floats(0.0, 1e3))
def test_more_height_never_hurts_where_all_else_is_air(
    far_m: float, height_m: float, more_m: float, other_m: float
) -> None:
    # A higher antenna is farther off only if it rises away from the other one; the loss follows the distance alone.
    low, high = math.hypot(far_m, height_m - other_m), math.hypot(far_m, height_m + more_m - other_m)
    assert (free_space_loss(high, 900) >= free_space_loss(low, 900)) == (max(high, 1) >= max(low, 1))


def test_zero_distance_costs_as_much_as_a_metre() -> None:
    assert free_space_loss([0.0], 1_000) == free_space_loss([1.0], 1_000)
    assert free_space_scalar(0.0, 1_000.0) == free_space_scalar(1.0, 1_000.0)


def test_reach_and_loss_undo_each_other() -> None:
    distance_m = np.array([10.0, 1_000.0, 30_000.0])
    assert free_space_reach(free_space_loss(distance_m, 2_600), 2_600) == pytest.approx(distance_m)


@pytest.mark.parametrize(
    ("distance_m", "frequency_mhz", "name"),
    [(-1, 100, "distance_m"), (1, 0, "frequency_mhz"), (np.nan, 1, "distance_m")],
)
def test_nonsense_is_refused(distance_m: float, frequency_mhz: float, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        free_space_loss([distance_m], frequency_mhz)


def test_a_zone_ends_in_both_antennas_and_the_fourth_is_twice_as_wide() -> None:
    assert fresnel_radius([0, 10_000], 10_000, 900).tolist() == [0, 0]
    assert fresnel_radius([3_000], 10_000, 900, zone=4) == pytest.approx(2 * fresnel_radius([3_000], 10_000, 900))


def test_a_point_off_the_path_is_refused() -> None:
    with pytest.raises(ValueError, match="must lie in"):
        fresnel_radius([10_001], 10_000, 900)
    with pytest.raises(ValueError, match="frequency_mhz"):
        fresnel_radius([1], 10_000, 0)
    with pytest.raises(ValueError, match="at least three points"):
        fresnel_clearance([0, 1], [0, 0], (1.0, 1.0), 900)


def test_ground_on_the_ray_leaves_nothing_clear_and_a_void_is_not_known() -> None:
    clear = fresnel_clearance([0, 1, 2, 3], [0, 10, np.nan, 0], (10.0, 10.0), 900, k_factor=1e12)
    assert clear[0] == pytest.approx(0.0, abs=1e-9)
    assert np.isnan(clear[1])


@pytest.mark.parametrize(
    ("building", "frequency_ghz"), [(TRADITIONAL, 0.1), (TRADITIONAL, 3.5), (EFFICIENT, 0.7), (EFFICIENT, 26.0)]
)
def test_the_median_into_a_building_is_that_of_the_formula(building: int, frequency_ghz: float) -> None:
    # At the median, and level, the spread drops out: only r, s, t, w and x count.
    r, s, t, w, x = ((12.64, 3.72, 0.96, 9.1, -3.0), (28.19, -3.0, 8.48, 27.8, -2.9))[building]
    decade = math.log10(frequency_ghz)
    first, second = r + s * decade + t * decade**2, w + x * decade
    expected = 10 * math.log10(10 ** (first / 10) + 10 ** (second / 10) + 10**-0.3)
    assert building_entry_loss(frequency_ghz, building=building) == pytest.approx(expected, abs=1e-12)


@given(st.floats(0.08, 100), st.floats(0.02, 0.97), st.sampled_from([TRADITIONAL, EFFICIENT]), st.floats(0, 90))
def test_entry_costs_more_for_more_buildings_and_steeper_paths(
    frequency_ghz: float, share: float, building: int, elevation_deg: float
) -> None:
    base = building_entry_loss(frequency_ghz, share=share, building=building, elevation_deg=elevation_deg)
    # Above 33 GHz the spread of the second term falls below zero for traditional buildings: the formula's own limit.
    if frequency_ghz < 30:
        assert (
            building_entry_loss(frequency_ghz, share=share + 0.01, building=building, elevation_deg=elevation_deg)
            > base
        )
    assert building_entry_loss(frequency_ghz, share=share, building=building, elevation_deg=elevation_deg + 1) > base
    assert building_entry_sigma(0.9, building=building) > 0


def test_entry_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"frequency_ghz must lie in \[0.08, 100\] GHz, got 0.05"):
        building_entry_loss(0.05)
    with pytest.raises(ValueError, match="share"):
        building_entry_loss(1.0, share=1.0)
    with pytest.raises(ValueError, match="building must be"):
        building_entry_loss(1.0, building=2)


def test_compiled_and_plain_entry_agree() -> None:
    plain = getattr(building_entry_scalar, "py_func", building_entry_scalar)
    assert plain(2.6, 1.3, EFFICIENT, 5.0) == pytest.approx(building_entry_scalar(2.6, 1.3, EFFICIENT, 5.0), abs=1e-12)


def test_each_place_of_the_table_has_its_own_air() -> None:
    lon, lat, delta_n, n0 = np.array(list(PLACES.values())).T
    found = refractivity_at(lon, lat)
    assert found.delta_n == pytest.approx(delta_n, abs=0.01)
    assert found.n0 == pytest.approx(n0, abs=0.01)
    assert found.from_table.all()


def test_between_places_the_air_lies_between_theirs() -> None:
    rng = np.random.default_rng(3)
    found = refractivity_at(rng.uniform(75, 134, 200), rng.uniform(18, 53, 200))
    assert found.delta_n.min() > 28.0
    assert found.delta_n.max() < 48.8
    assert found.n0.min() > 315.0
    assert found.n0.max() < 369.0


def test_far_from_the_table_the_plain_defaults_are_given() -> None:
    found = refractivity_at(-60.0, -10.0)
    assert (found.delta_n[0], found.n0[0], found.from_table[0]) == (DEFAULT_DELTA_N, DEFAULT_N0, False)


def test_places_that_are_not_in_degrees_are_refused() -> None:
    with pytest.raises(ValueError, match="lon and lat must be in degrees"):
        refractivity_at([500_000.0], [3_300_000.0])
