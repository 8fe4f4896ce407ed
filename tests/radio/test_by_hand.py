"""Every model against a second one that is written for reading, over the whole range of the arguments."""

# ruff: noqa: PLR0917 (formulas have as many arguments as they have)

from __future__ import annotations

import math
import os
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from onemap.radio.antenna import PATTERNS, pattern_gain_db
from onemap.radio.building_entry import building_entry_loss
from onemap.radio.carriers import nr_arfcn_frequency
from onemap.radio.hata import ENVIRONMENTS, cost231_losses, hata_losses
from onemap.radio.itm import ItmConditions, itm_area_losses, itm_losses
from onemap.radio.link_budget import eirp_per_element, power_per_element, rsrp
from onemap.radio.p1812 import Cases, Profiles, p1812_losses
from onemap.radio.p1812.locations import location_sigma
from onemap.radio.tr38901 import RMA, UMA, UMI, tr38901_losses
from onemap.radio.tr38901_shadowing import sight_share
from tests.radio import formulas_by_hand, itm_by_hand, p1812_by_hand

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") != "1"
EXAMPLES = settings(
    max_examples=100 if COMPILED else 5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
ANTENNAS = st.one_of(st.sampled_from([1.0, 1.5, 10.0, 30.0, 300.0, 3_000.0]), st.floats(1, 3_000))
SCENARIO_NUMBERS = {"rma": RMA, "uma": UMA, "umi": UMI}


def decades(low: float, high: float) -> st.SearchStrategy[float]:
    """Draw with as many small values as large ones."""
    return st.floats(math.log10(low), math.log10(high)).map(lambda power: min(max(10**power, low), high))


@st.composite
def heights(draw: st.DrawFn, count: int) -> list[float]:
    """Draw the sea, a plain, low and high, whole metres with ties, and mountains."""
    kind = draw(st.sampled_from(["sea", "plain", "whole", "hills", "mountains"]))
    if kind in {"sea", "plain"}:
        return [0.0 if kind == "sea" else draw(st.floats(-400, 5_000))] * count
    seed = np.random.default_rng(draw(st.integers(0, 2**32)))
    top_m = draw(decades(1, 8_000))
    if kind == "whole":
        return seed.integers(-5, int(top_m) + 1, count).astype(float).tolist()
    steps = seed.normal(0, top_m / math.sqrt(count), count)
    return (np.cumsum(steps) if kind == "hills" else seed.uniform(0, top_m, count)).tolist()


@st.composite
def p1812_paths(draw: st.DrawFn) -> p1812_by_hand.Path:
    """Draw a profile: 5 to 60 points, 0.25 to 3000 km, even and uneven, all mixes of zones."""
    count = draw(st.sampled_from([5, 6, 7, 20, 60]))
    far_km, seed = draw(decades(0.25, 3_000)), np.random.default_rng(draw(st.integers(0, 2**32)))
    gaps = np.ones(count - 1) if draw(st.booleans()) else seed.uniform(0.01, 1, count - 1)
    distance_km = np.concatenate([[0.0], np.cumsum(gaps)])
    distance_km *= far_km / distance_km[-1]
    distance_km[-1] = far_km
    kinds = draw(st.lists(st.sampled_from([1, 3, 4]), min_size=1, max_size=3, unique=True))
    zone = seed.choice(kinds, count)
    if draw(st.booleans()):  # a sea between two shores, for the coasts
        zone[1:-1] = 1
    clutter_m = seed.choice([0.0, 0.0, 10.0, 15.0, 20.0], count)
    return p1812_by_hand.Path(distance_km.tolist(), draw(heights(count)), clutter_m.tolist(), zone.tolist())


P1812_TERMS = st.builds(
    p1812_by_hand.Terms,
    f=decades(0.03, 6),
    htg=ANTENNAS,
    hrg=ANTENNAS,
    pol=st.sampled_from([1, 2]),
    p=st.one_of(st.sampled_from([1.0, 5.0, 10.0, 50.0]), st.floats(1, 50)),
    pl=st.floats(1, 99),
    sigma=st.sampled_from([0.0, 5.5, 9.0]),
    phi=st.floats(-90, 90),
    dn=st.floats(-20, 100),
    n0=st.floats(290, 400),
    dct=st.sampled_from([0.0, 1.0, 4.9, 5.0, 500.0]),
    dcr=st.sampled_from([0.0, 3.0, 5.0, 500.0]),
)


@EXAMPLES
@given(p1812_paths(), P1812_TERMS)
def test_p1812_costs_what_the_second_one_says(path: p1812_by_hand.Path, of: p1812_by_hand.Terms) -> None:
    assume(abs(p1812_by_hand.zones(path)[0] - 0.75) > 1e-9)  # ducting over coasts sets in there: rounding would decide
    distance_km, height_m, clutter_m, zone = (np.array(column) for column in astuple(path))
    profile = Profiles(distance_km, height_m, clutter_m, zone, np.array([0, len(zone)]))
    # The terms stand in the order of the dataclass: frequency, antennas, polarisation, shares, sigma, air, coasts.
    found = p1812_losses(profile, Cases(*astuple(of)))
    assert found.flags[0] == 0
    assert found.loss_db[0] == pytest.approx(p1812_by_hand.basic_loss(path, of), abs=1e-6)


ITM_AIR = st.tuples(
    st.floats(250, 400),
    st.integers(1, 7),
    st.sampled_from([tens + kind for tens in (0, 10, 20, 30) for kind in range(4)]),
    *[st.sampled_from([0.01, 1.0, 5.0, 30.0, 50.0, 80.0, 95.0, 99.99])] * 3,
)
ITM_GROUND = st.tuples(st.sampled_from([1, 2]), st.sampled_from([4.0, 15.0, 25.0, 81.0]), st.sampled_from([0.001, 0.005, 0.02, 5.0]))  # fmt: skip
ITM_ENDS = st.tuples(*[st.one_of(st.sampled_from([0.5, 1.0, 3.0, 120.0, 3_000.0]), st.floats(0.5, 3_000))] * 2)


def conditions(ground: tuple[int, float, float], air: tuple[float, ...]) -> ItmConditions:
    n0, climate, mdvar, *shares = air
    return ItmConditions(n0, climate, ground[1], ground[2], mdvar, *shares)


def holds(found_db: float, code: int, second) -> None:  # type: ignore[no-untyped-def]
    """Compare a loss; what has none must have a code for it, or no logarithm in the second model either."""
    if code > 1:
        assert math.isnan(found_db)
    elif math.isnan(found_db):  # steep walls and wet ground below 200 MHz leave the formulas; NTIA's reference too
        with pytest.raises(ValueError, match="math domain"):
            second()
    else:
        assert found_db == pytest.approx(second(), abs=1e-6)


@EXAMPLES
@given(st.data(), st.sampled_from([2, 3, 5, 11, 20, 120]), decades(10, 10_000), ITM_ENDS, decades(20, 20_000), ITM_GROUND, ITM_AIR)  # fmt: skip
def test_itm_over_profiles_costs_what_the_second_one_says(
    data: st.DataObject, count: int, step_m: float, ends: tuple[float, float], mhz: float, ground: tuple[int, float, float],
    air: tuple[float, ...],
) -> None:  # fmt: skip
    height_m = data.draw(heights(count))
    assume(height_m[0] == 0.0 or len(set(height_m)) > 1)  # of a plain above the sea only rounding is left, to 1e-4 dB
    found = itm_losses(
        height_m, [count], step_m, tx_m=ends[0], rx_m=ends[1], frequency_mhz=mhz, polarisation=ground[0],
        conditions=conditions(ground, air),
    )  # fmt: skip
    holds(
        float(found.loss_db[0]),
        int(found.code[0]),
        lambda: itm_by_hand.point_to_point(height_m, step_m, itm_by_hand.Link(mhz, ends), ground, air),
    )


@EXAMPLES
@given(
    decades(100, 2e6), st.sampled_from([0.0, 0.5, 30.0, 90.0, 500.0]), st.tuples(*[st.integers(0, 2)] * 2), ITM_ENDS,
    decades(20, 20_000), ITM_GROUND, ITM_AIR,
)  # fmt: skip
def test_itm_in_areas_costs_what_the_second_one_says(
    far_m: float, rough_m: float, sitings: tuple[int, int], ends: tuple[float, float], mhz: float,
    ground: tuple[int, float, float], air: tuple[float, ...],
) -> None:  # fmt: skip
    found = itm_area_losses(
        [far_m], irregularity_m=rough_m, tx_m=ends[0], rx_m=ends[1], frequency_mhz=mhz, tx_siting=sitings[0],
        rx_siting=sitings[1], polarisation=ground[0], conditions=conditions(ground, air),
    )  # fmt: skip
    holds(
        float(found.loss_db[0]),
        int(found.code[0]),
        lambda: itm_by_hand.area(far_m, rough_m, sitings, itm_by_hand.Link(mhz, ends), ground, air),
    )


@given(
    st.sampled_from(["rma", "uma", "umi"]), decades(1, 20_000), st.floats(10, 150), st.floats(1.1, 22.5), decades(0.5, 100),
    st.booleans(), st.floats(5, 50), st.floats(5, 50),
)  # fmt: skip
def test_tr38901_costs_what_the_second_one_says(
    scenario: str, far_m: float, base_m: float, phone_m: float, ghz: float, los: bool, house_m: float, street_m: float,
) -> None:  # fmt: skip
    found = tr38901_losses(
        scenario, far_m, base_m=base_m, terminal_m=phone_m, frequency_ghz=ghz, los=los, building_m=house_m, street_m=street_m
    )  # fmt: skip
    expected = formulas_by_hand.tr38901(scenario, far_m, base_m, phone_m, ghz, los, house_m, street_m)
    assert found.loss_db == pytest.approx(expected, abs=1e-9)
    share = formulas_by_hand.sight_share(scenario, far_m, phone_m)
    assert sight_share(SCENARIO_NUMBERS[scenario], far_m, phone_m) == pytest.approx(share, abs=1e-12)


@given(
    st.sampled_from(sorted(ENVIRONMENTS)), decades(0.1, 100), st.floats(1, 300), st.floats(0.5, 20), decades(100, 4_000)
)
def test_hata_costs_what_the_second_one_says(place: str, km: float, base_m: float, phone_m: float, mhz: float) -> None:
    for model, second in ((hata_losses, formulas_by_hand.hata), (cost231_losses, formulas_by_hand.cost231)):
        found = model(place, km, base_m=base_m, terminal_m=phone_m, frequency_mhz=mhz)
        assert found.loss_db == pytest.approx(second(place, km, base_m, phone_m, mhz), abs=1e-9)


@given(decades(0.08, 100), st.floats(0.001, 0.999), st.sampled_from([0, 1]), st.floats(-90, 90))
def test_entry_costs_what_the_second_one_says(ghz: float, share: float, building: int, elevation: float) -> None:
    found = building_entry_loss(ghz, share=share, building=building, elevation_deg=elevation)
    assert found == pytest.approx(formulas_by_hand.entry(ghz, share, building, elevation), abs=1e-9)


@given(decades(0.03, 6), st.floats(10, 1_000), st.sampled_from([0.0, 10.0, 15.0, 20.0]), st.floats(1, 40))
def test_locations_vary_as_the_second_one_says(ghz: float, cell_m: float, clutter_m: float, phone_m: float) -> None:
    expected = formulas_by_hand.locations(ghz, cell_m, clutter_m, phone_m)
    assert location_sigma(ghz, cell_m, clutter_m, phone_m) == pytest.approx(expected, abs=1e-12)


@given(st.floats(-900, 900), st.floats(-90, 90), st.floats(5, 180), st.floats(2, 90), st.floats(-5, 20))
def test_patterns_are_those_of_the_second_one(off: float, up: float, width: float, height: float, tilt: float) -> None:
    for depths in PATTERNS.values():
        expected = formulas_by_hand.sector(off, up, width, height, tilt, *depths)
        assert pattern_gain_db(off, up, width, height, tilt, *depths) == pytest.approx(expected, abs=1e-8)


@given(st.integers(0, 3_279_165))
def test_channels_of_nr_are_those_of_the_second_one(number: int) -> None:
    assert nr_arfcn_frequency(number) == pytest.approx(formulas_by_hand.nr_mhz(number), abs=1e-9)


@given(
    decades(0.1, 320), st.integers(6, 273), st.floats(0, 6), st.floats(-30, 30), st.floats(-30, 0),
    st.tuples(*[st.floats(0, 40)] * 3), st.floats(60, 250),
)  # fmt: skip
def test_budgets_are_those_of_the_second_one(
    watts: float, blocks: int, boost: float, gain: float, off: float, losses: tuple[float, float, float], path_db: float
) -> None:
    feeder, body, walls = losses
    eirp = eirp_per_element(power_per_element(watts, blocks), gain, feeder_loss_db=feeder, boost_db=boost)
    found = rsrp(eirp, path_db, relative_gain_db=off, body_loss_db=body, penetration_db=walls)
    assert found == pytest.approx(formulas_by_hand.rsrp(watts, blocks, boost, gain + off, (*losses, path_db)), abs=1e-8)
