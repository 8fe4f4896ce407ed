"""Paths of P.1812: two kernels for one geometry, properties that must hold, and paths that are not as they should be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onemap.radio.p1812 import (
    SLOTS,
    Cases,
    Profiles,
    delta_bullington_losses,
    effective_radius,
    p1812_intermediates,
    p1812_losses,
    path_loss,
    trace_even_median,
    trace_even_path,
    trace_path,
)
from onemap.radio.p1812 import path_geometry as slots
from onemap.radio.p1812.basic_loss import combined_loss, inverse_normal
from onemap.radio.p1812.losses import BRIDGED_VOID, FREE_SPACE, HEIGHT_HELD, OUT_OF_RANGE, VOID_AT_END

RADIUS_KM = effective_radius(40.0)
COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") != "1"


def hills(seed: int, count: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rough = rng.choice([0.0, 1.0, 10.0, 50.0])
    return np.abs(np.cumsum(rng.normal(0, rough, count))) + rng.choice([0.0, 4_000.0]) + rng.normal(0, 1, count)


def profile_of(height_m: np.ndarray, step_km: float = 0.1, zone: int = 4, clutter_m: float = 0.0) -> Profiles:
    count = len(height_m)
    return Profiles(
        np.arange(count) * step_km,
        np.asarray(height_m, float),
        np.full(count, clutter_m),
        np.full(count, zone),
        np.array([0, count]),
    )


def geometry_of(height_m: np.ndarray, htg_m: float, hrg_m: float, step_km: float = 0.1) -> np.ndarray:
    geometry, count = np.empty(SLOTS), len(height_m)
    trace_path(
        np.arange(count) * step_km, height_m, height_m, np.full(count, 4), count, htg_m, hrg_m, RADIUS_KM, geometry
    )
    return geometry


@pytest.mark.parametrize("seed", range(300 if COMPILED else 20))
def test_the_fast_kernel_gives_the_geometry_of_the_plain_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, step_km = int(rng.integers(5, 1_500 if COMPILED else 100)), float(rng.choice([0.03, 0.0301, 0.09, 0.25]))
    height_m = hills(seed, count)
    surface_m = height_m + rng.choice([0.0, 10.0, 15.0, 20.0], count)
    surface_m[[0, -1]] = height_m[[0, -1]]
    surface_m = surface_m if rng.random() < 0.7 else height_m[:0]
    ends_m = float(rng.choice([1, 10, 45, 500, 3000])), float(rng.choice([1.5, 10, 100]))
    plain, fast, median = np.empty(SLOTS), np.empty(SLOTS), np.empty(SLOTS)
    trace_path(np.arange(count) * step_km, height_m, surface_m, np.full(count, 4), count, *ends_m, RADIUS_KM, plain)
    trace_even_path(step_km, height_m, surface_m, count, *ends_m, RADIUS_KM, fast)
    trace_even_median(step_km, height_m, surface_m, count, *ends_m, RADIUS_KM, median)
    assert fast == pytest.approx(plain, rel=1e-9, abs=1e-9)
    both = ~np.isnan(median)
    assert both.sum() == SLOTS - slots.AT_BETA
    assert (median[both] == fast[both]).all()
    terms = (float(rng.choice([0.1, 0.7, 2.6, 6.0])), 1)
    for percent, geometry in ((1.0, fast), (10.0, fast), (50.0, fast), (50.0, median)):
        rest = (percent, 40.0, 325.0, 35.0, 500.0, 500.0)
        assert path_loss(geometry, *terms, *rest) == pytest.approx(path_loss(plain, *terms, *rest), abs=1e-9)


@pytest.mark.skipif(not COMPILED, reason="too long uncompiled")
def test_a_path_longer_than_the_table_of_reciprocals_is_the_same() -> None:
    height_m = hills(5, 9_001)
    fast = np.empty(SLOTS)
    trace_even_path(0.03, height_m, height_m[:0], 9_001, 30.0, 1.5, RADIUS_KM, fast)
    assert fast == pytest.approx(geometry_of(height_m, 30.0, 1.5, 0.03), rel=1e-9, abs=1e-9)


@given(st.integers(0, 10_000), st.floats(1.0, 200.0), st.floats(1.0, 200.0))
def test_diffraction_is_the_same_in_both_directions(seed: int, htg_m: float, hrg_m: float) -> None:
    height_m = hills(seed, 60)
    there, back = geometry_of(height_m, htg_m, hrg_m), geometry_of(height_m[::-1].copy(), hrg_m, htg_m)
    for place in (
        slots.NU_PROFILE,
        slots.NU_SMOOTH,
        slots.NU_PROFILE + slots.AT_BETA,
        slots.CLEARANCE_M,
        slots.HORIZON_KM,
    ):
        assert there[place] == pytest.approx(back[place], rel=1e-7, abs=1e-7)
    assert there[slots.D_LT_KM] + there[slots.D_LR_KM] == pytest.approx(
        back[slots.D_LT_KM] + back[slots.D_LR_KM], abs=1.0
    )


@pytest.mark.parametrize("frequency_ghz", [0.03, 0.7, 2.6, 6.0])
def test_on_a_plain_the_loss_grows_with_distance(frequency_ghz: float) -> None:
    # At the median of time; for rarer times ducting sets in at some distances, and the method itself then has dips.
    terms = Cases(frequency_ghz, 30.0, 10.0)
    losses = [p1812_losses(profile_of(np.zeros(n + 1), 0.25), terms).loss_db[0] for n in range(10, 400, 10)]
    assert (np.diff(losses) > 0).all()


def test_losses_grow_with_the_shares_of_time_and_locations_and_with_clutter() -> None:
    path = profile_of(hills(11, 300), 0.1)
    by_time = [p1812_losses(path, Cases(0.7, 30.0, 1.5, time_percent=share)).loss_db[0] for share in (1, 5, 20, 50)]
    assert np.diff(by_time).min() >= 0
    shares = (1, 20, 50, 80, 99)
    by_place = [
        p1812_losses(path, Cases(0.7, 30.0, 1.5, location_percent=share, location_sigma_db=5.5)).loss_db[0]
        for share in shares
    ]
    assert np.diff(by_place).min() >= 0
    by_clutter = [
        p1812_losses(profile_of(np.zeros(300), 0.1, clutter_m=high), Cases(0.7, 30.0, 1.5)).loss_db[0]
        for high in (0, 10, 20)
    ]
    assert np.diff(by_clutter).min() > 0


def test_many_paths_cost_what_each_costs_alone() -> None:
    paths = [hills(seed, 20 + 10 * seed) for seed in range(12)]
    together = Profiles(
        np.concatenate([np.arange(len(path)) * 0.1 for path in paths]),
        np.concatenate(paths),
        np.zeros(sum(map(len, paths))),
        np.full(sum(map(len, paths)), 4),
        np.cumsum([0, *map(len, paths)]),
    )
    frequencies = np.linspace(0.1, 5.0, 12)
    found = p1812_losses(together, Cases(frequencies, 30.0, 1.5))
    alone = [
        p1812_losses(profile_of(path), Cases(f, 30.0, 1.5)).loss_db[0]
        for path, f in zip(paths, frequencies, strict=True)
    ]
    assert found.loss_db.tolist() == alone


def test_inputs_stay_as_they_were() -> None:
    path = profile_of(np.where(np.arange(50) == 20, np.nan, hills(2, 50)), clutter_m=10.0)
    before = [getattr(path, name).copy() for name in Profiles.__slots__]
    p1812_losses(path, Cases(0.7, 30.0, 1.5))
    for name, kept in zip(Profiles.__slots__, before, strict=True):
        assert np.array_equal(getattr(path, name), kept, equal_nan=True)


@pytest.mark.parametrize(("count", "step_km"), [(1, 1.0), (2, 5.0), (4, 1.0), (11, 0.02)])
def test_a_short_path_is_free_space_and_says_so(count: int, step_km: float) -> None:
    found = p1812_losses(profile_of(np.zeros(count), step_km), Cases(1.0, 30.0, 30.0))
    assert found.flags[0] == FREE_SPACE
    length_km = max((count - 1) * step_km, 0.001)
    assert found.loss_db[0] == pytest.approx(92.4 + 20 * np.log10(length_km), abs=1e-9)


def test_a_void_on_the_way_is_bridged_and_one_under_an_antenna_leaves_free_space() -> None:
    height_m = hills(4, 101)
    gap = height_m.copy()
    gap[40:43] = np.nan
    bridged = height_m.copy()
    bridged[40:43] = np.interp([40, 41, 42], [39, 43], height_m[[39, 43]])
    found = p1812_losses(profile_of(gap), Cases(0.7, 30.0, 1.5))
    assert found.flags[0] == BRIDGED_VOID
    assert found.loss_db[0] == pytest.approx(
        p1812_losses(profile_of(bridged), Cases(0.7, 30.0, 1.5)).loss_db[0], abs=1e-9
    )
    for end in (0, -1):
        gap[end] = np.nan
        found = p1812_losses(profile_of(gap), Cases(1.0, 30.0, 1.5))
        assert found.flags[0] == VOID_AT_END
        assert found.loss_db[0] == pytest.approx(112.4)


@pytest.mark.parametrize(
    ("terms", "flags"),
    [
        ({"frequency_ghz": 0.02}, OUT_OF_RANGE),
        ({"frequency_ghz": 6.5}, OUT_OF_RANGE),
        ({"time_percent": 60.0}, OUT_OF_RANGE),
        ({"latitude_deg": 95.0}, OUT_OF_RANGE),
        ({"hrg_m": 0.5}, HEIGHT_HELD),
        ({"hrg_m": -3.0}, HEIGHT_HELD),
        ({"htg_m": 5_000.0}, HEIGHT_HELD),
    ],
)
def test_terms_out_of_range_are_flagged(terms: dict[str, float], flags: int) -> None:
    found = p1812_losses(
        profile_of(hills(1, 80)), Cases(**{"frequency_ghz": 0.7, "htg_m": 30.0, "hrg_m": 1.5, **terms})
    )
    assert found.flags[0] == flags
    assert np.isfinite(found.loss_db[0])


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ({"frequency_ghz": 0.0}, "frequency_ghz"),
        ({"htg_m": np.nan}, "htg_m"),
        ({"polarisation": 3}, "polarisation"),
        ({"time_percent": 0.0}, "time_percent"),
        ({"location_percent": 100.0}, "location_percent"),
        ({"delta_n": 157.0}, "delta_n"),
    ],
)
def test_terms_that_nothing_can_be_computed_from_are_refused(terms: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        p1812_losses(profile_of(np.zeros(9)), Cases(**{"frequency_ghz": 0.7, "htg_m": 30.0, "hrg_m": 1.5, **terms}))


def test_profiles_that_do_not_agree_are_refused() -> None:
    points = np.arange(6.0)
    inland = np.full(6, 4)
    terms = Cases(0.7, 30.0, 1.5)
    with pytest.raises(ValueError, match="four arrays of one length"):
        p1812_losses(Profiles(points, points[:5], points, inland, np.array([0, 6])), terms)
    with pytest.raises(ValueError, match=r"distance_km must rise from 0 within each path, got 0 km at point 2"):
        p1812_losses(Profiles(np.array([0, 1, 0, 2, 3, 4.0]), points, points, inland, np.array([0, 6])), terms)
    with pytest.raises(ValueError, match="every path must have a point"):
        p1812_losses(Profiles(points, points, points, inland, np.array([0, 0, 6])), terms)
    with pytest.raises(ValueError, match="zone must be"):
        p1812_losses(Profiles(points, points, points, np.full(6, 2), np.array([0, 6])), terms)
    for height_m, clutter_m in ((np.inf, 0.0), (0.0, -1.0), (0.0, np.inf)):
        with pytest.raises(ValueError, match="height_m and clutter_m must be finite"):
            p1812_losses(profile_of(np.full(6, height_m), clutter_m=clutter_m), terms)
    with pytest.raises(ValueError, match="one path of at least five points"):
        p1812_intermediates(profile_of(np.zeros(4)), terms)


@pytest.mark.parametrize("wall_m", [100.0, 1_000.0, 8_800.0])
@pytest.mark.parametrize("step_km", [0.05, 1.0, 10.0])
def test_no_loss_overflows_over_walls_and_long_ways(wall_m: float, step_km: float) -> None:
    height_m = np.zeros(101)
    height_m[::7] = wall_m
    height_m[[0, -1]] = 0.0
    for percent in (1.0, 50.0):
        found = p1812_losses(profile_of(height_m, step_km), Cases([6.0], 1.0, 1.0, time_percent=percent))
        assert 90.0 < found.loss_db[0] < 5_000.0


def test_sums_of_powers_neither_overflow_nor_vanish() -> None:
    geometry = np.zeros(SLOTS)
    geometry[slots.DISTANCE_KM] = 100.0
    geometry[slots.THETA_MRAD] = 50.0
    lbc_db, _ = combined_loss(geometry, (120.0, 119.0, 118.0), (4_000.0, 4_000.0, 2_000.0, 3_000.0), (0.0, 0.0))
    assert 1_999.0 < lbc_db < 2_001.0


@given(st.floats(1e-6, 1 - 1e-6))
def test_the_inverse_normal_is_odd_and_close(share: float) -> None:
    from statistics import NormalDist

    assert inverse_normal(share) == pytest.approx(-NormalDist().inv_cdf(share), abs=6e-4)
    assert inverse_normal(1 - share) == pytest.approx(-inverse_normal(share), abs=1e-4)


@pytest.mark.parametrize("zone", [1, 3, 4])
def test_zones_reach_half_way_to_the_next_point(zone: int) -> None:
    geometry, plain = np.empty(SLOTS), np.zeros(11)
    zones = np.full(11, 4)
    zones[4:7] = zone
    trace_path(np.arange(11.0), plain, plain, zones, 11, 30.0, 30.0, RADIUS_KM, geometry)
    expected = {1: (0.3, 3.5, 3.5), 3: (0.0, 10.0, 3.5), 4: (0.0, 10.0, 10.0)}[zone]
    assert geometry[[slots.OMEGA, slots.DTM_KM, slots.DLM_KM]] == pytest.approx(expected)


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="is this run")
def test_the_small_tests_pass_uncompiled() -> None:
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "-k",
            "fast_kernel or short_path or void or zones",
            __file__,
        ],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert run.returncode == 0, run.stdout[-3000:]


def test_clutter_that_is_not_known_counts_as_none() -> None:
    open_land, unknown = profile_of(hills(1, 80)), profile_of(hills(1, 80), clutter_m=np.nan)
    terms = Cases(0.7, 30.0, 1.5)
    assert p1812_losses(unknown, terms).loss_db == p1812_losses(open_land, terms).loss_db


@pytest.mark.parametrize("seed", range(8))
def test_delta_bullington_alone_is_its_part_of_the_whole(seed: int) -> None:
    path, terms = profile_of(hills(seed, 90)), Cases(2.6, 30.0, 1.5)
    values = p1812_intermediates(path, terms)
    found = delta_bullington_losses(path, terms)
    assert found.loss_db[0] == pytest.approx(values["Lbfs"] + values["Ld50"], abs=1e-9)
    assert found.median_db[0] == found.loss_db[0]


def test_a_voided_end_with_many_paths_leaves_the_others_alone() -> None:
    height_m = hills(3, 40)
    both = np.concatenate([height_m, np.where(np.arange(40) == 39, np.nan, height_m)])
    points = np.tile(np.arange(40) * 0.1, 2)
    paths = Profiles(points, both, np.zeros(80), np.full(80, 4), np.array([0, 40, 80]))
    found = p1812_losses(paths, Cases(0.7, 30.0, 1.5))
    assert found.flags.tolist() == [0, VOID_AT_END]
    assert found.loss_db[0] == p1812_losses(profile_of(height_m), Cases(0.7, 30.0, 1.5)).loss_db[0]


@pytest.mark.parametrize("seed", range(400 if COMPILED else 20))
def test_every_path_within_range_has_a_finite_loss(seed: int) -> None:
    rng = np.random.default_rng([seed, 1])
    count = int(rng.integers(5, 60))
    gaps = rng.uniform(0.01, 1.0, count - 1) if seed % 3 else np.ones(count - 1)
    distance_km = np.concatenate([[0.0], np.cumsum(gaps)])
    distance_km *= 10 ** rng.uniform(-0.6, 3.47) / distance_km[-1]
    height_m = rng.choice([0.0, 1.0, 100.0, 4_000.0]) * rng.uniform(-0.1, 2.2, count)
    zone = rng.choice(rng.choice([1, 3, 4], int(rng.integers(1, 4))), count)
    profile = Profiles(distance_km, height_m, rng.choice([0.0, 15.0, 20.0], count), zone, np.array([0, count]))
    terms = Cases(
        10 ** rng.uniform(-1.52, 0.77), rng.choice([1.0, 30.0, 3_000.0]), rng.choice([1.0, 1.5, 3_000.0]),
        polarisation=rng.choice([1, 2]), time_percent=rng.choice([1.0, 7.0, 50.0]),
        location_percent=rng.uniform(1, 99), location_sigma_db=5.5, latitude_deg=rng.uniform(-90, 90),
        delta_n=rng.uniform(24, 61), n0=rng.uniform(300, 390), coast_t_km=rng.choice([0.0, 3.0, 500.0]),
    )  # fmt: skip
    found = p1812_losses(profile, terms)
    assert found.flags[0] == 0
    assert 20.0 < found.loss_db[0] < 1e4
    assert found.loss_db[0] == pytest.approx(p1812_intermediates(profile, terms)["Lb"], abs=1e-6)
