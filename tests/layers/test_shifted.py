"""Layers that carry the offset of a web map: found where spots are shared, never in noise nor in honest offsets."""

from __future__ import annotations

import numpy as np
import pytest

from onemap.layers.shifted import ShiftReference, looks_shifted, shift_hints
from onemap.layers.webmap_offsets import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02

FORWARD = {"GCJ-02": wgs84_to_gcj02, "BD-09": wgs84_to_bd09}
INVERSE = {"GCJ-02": gcj02_to_wgs84, "BD-09": bd09_to_wgs84}


class County:
    """Random places in a random county."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.middle = self.rng.uniform([76, 21], [128, 47])
        self.half = self.rng.uniform(0.15, 0.8)

    def places(self, count):
        return (self.middle + self.rng.uniform(-self.half, self.half, (count, 2))).T

    def two_layers(self, *, shared, alone, noise_m=15.0):
        spots = self.places(shared)
        near = spots + self.rng.normal(0, noise_m / 111_320, spots.shape)
        return np.hstack([near, self.places(alone)]), np.hstack([spots, self.places(alone)])


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("system", FORWARD)
def test_shifted_layer_is_told_by_a_fifth_of_its_spots(system, seed):
    here, there = County(seed).two_layers(shared=20, alone=80)
    hint = looks_shifted(*FORWARD[system](*here), *there)
    assert hint is not None
    assert (hint.system, hint.twice) == (system, False)
    assert 50 < hint.offset_m < 1_500
    assert hint.matches > 3 * hint.by_chance


@pytest.mark.parametrize("system", FORWARD)
def test_offset_taken_away_twice_is_told(system):
    here, there = County(3).two_layers(shared=30, alone=30)
    hint = looks_shifted(*INVERSE[system](*here), *there)
    assert (hint.system, hint.twice) == (system, True)


@pytest.mark.parametrize("seed", range(40))
def test_noise_says_nothing(seed):
    county = County(100 + seed)
    few, many = county.rng.integers(8, 2_500, 2)
    assert looks_shifted(*county.places(few), *county.places(many)) is None


@pytest.mark.parametrize("seed", range(20))
def test_towns_say_nothing(seed):
    county = County(200 + seed)
    towns = county.places(15)
    layers = [
        towns[:, county.rng.integers(0, 15, count)] + county.rng.normal(0, 0.008, (2, count)) for count in (900, 1_400)
    ]
    assert looks_shifted(*layers[0], *layers[1]) is None


@pytest.mark.parametrize("seed", range(40))
def test_honest_offset_says_nothing(seed):
    county = County(300 + seed)
    here, there = county.two_layers(shared=60, alone=60)
    angle, length = county.rng.uniform(0, 2 * np.pi), county.rng.uniform(40, 1_200) / 111_320
    expected = np.array(FORWARD["GCJ-02"](*county.middle)) - county.middle
    step = length * np.array([np.cos(angle), np.sin(angle)])
    if np.hypot(*(step - expected)) * 111_320 < 150:  # by chance the very offset of the model
        step = -step
    assert looks_shifted(*(here + step[:, None]), *there) is None


@pytest.mark.parametrize("system", [None, *FORWARD])
def test_layers_that_agree_say_nothing(system):
    here, there = County(5).two_layers(shared=50, alone=50)
    if system:
        here, there = (np.array(FORWARD[system](*one)) for one in (here, there))
    assert looks_shifted(*here, *there) is None


def test_grid_of_streets_says_nothing():
    east, north = np.meshgrid(np.arange(0, 0.05, 0.002), np.arange(0, 0.05, 0.002))
    grid = np.array([116.3 + east.ravel(), 39.9 + north.ravel()])
    rng = np.random.default_rng(6)
    sites = grid[:, rng.integers(0, grid.shape[1], 200)] + rng.normal(0, 1e-4, (2, 200))
    assert looks_shifted(*sites, *grid) is None


def test_few_points_say_nothing():
    here, there = County(7).two_layers(shared=5, alone=0)
    assert looks_shifted(*FORWARD["GCJ-02"](*here), *there) is None


def test_another_county_is_no_witness():
    here, _ = County(8).two_layers(shared=50, alone=0)
    assert shift_hints(*FORWARD["GCJ-02"](*here), ShiftReference.of(*(here + 5.0))) == []


def test_points_without_a_place_are_passed_over():
    here, there = County(9).two_layers(shared=40, alone=0)
    here = np.hstack([FORWARD["GCJ-02"](*here), [[np.nan, np.inf], [1.0, 2.0]]])
    assert looks_shifted(*here, *there).system == "GCJ-02"
