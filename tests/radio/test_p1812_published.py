"""P.1812 against its published validation results, the P.452 ones it shares parts with, and random paths."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from onemap.radio.p1812 import SLOTS, effective_radius, p1812_intermediates, p1812_losses, trace_path
from onemap.radio.p1812.basic_loss import anomalous_share, diffraction_losses, time_factor
from onemap.radio.p1812.locations import centre_latitude
from onemap.radio.p1812.path_geometry import BETA_RADIUS_KM, OMEGA
from tests.radio.path_cases import PUBLISHED, oracle_paths, published_path

P452 = (
    "b2iseac_eqdist_no_clutter", "cebreros_3995_no_clutter", "flat_land_100km", "flat_land_5km", "land_70km",
    "mixed_109km", "rburg_rural_no_clutter",
)  # fmt: skip
NOT_COMPUTED = {
    "Ptx",
    "phi_t",
    "phi_r",
    "lam_t",
    "lam_r",
    "R2",
    "Rn-1",
    "Ct Tx",
    "Ct Rx",
    "Ep Ptx",
}  # given, and not terms


@pytest.mark.parametrize(("name", "case"), PUBLISHED)
def test_published_losses_are_met(shared: Path, name: str, case: int) -> None:
    profile, terms, values, loss_db = published_path(shared, name, case)
    found = p1812_losses(profile, terms)
    assert found.flags[0] == 0
    assert found.loss_db[0] == pytest.approx(loss_db, abs=1e-7)
    assert p1812_intermediates(profile, terms)["Lb"] == pytest.approx(found.loss_db[0], abs=1e-9)
    assert p1812_intermediates(profile, terms)["Ep"] == pytest.approx(values["Ep"], rel=1e-6)


@pytest.mark.parametrize(("name", "case"), PUBLISHED)
def test_published_intermediate_quantities_are_met_by_name(shared: Path, name: str, case: int) -> None:
    profile, terms, values, _ = published_path(shared, name, case)
    found = p1812_intermediates(profile, terms)
    assert len(set(values) - NOT_COMPUTED) > 55
    for quantity in set(values) - NOT_COMPUTED:
        assert found[quantity] == pytest.approx(values[quantity], rel=1e-6, abs=1e-9), quantity


@cache
def p452_rows(shared: Path, name: str) -> tuple[np.ndarray, list[dict[str, str]]]:
    folder = shared / "radio" / "validation" / "p452"
    zones = {"1": 3, "2": 4, "3": 1}
    with (folder / "profiles" / f"test_profile_{name}.csv").open(encoding="utf-8-sig") as file:
        points = [[float(row[0]), float(row[1]), float(row[2]), zones[row[4]]] for row in list(csv.reader(file))[1:]]
    with (folder / "results" / f"test_result_{name}.csv").open(encoding="utf-8-sig") as file:
        rows = [{key.strip(): value for key, value in row.items()} for row in csv.DictReader(file)]
    return np.array(points), rows


@pytest.mark.parametrize("number", range(35))
@pytest.mark.parametrize("name", P452)
def test_diffraction_is_that_of_p452(shared: Path, name: str, number: int) -> None:
    points, rows = p452_rows(shared, name)
    row = rows[number]
    given = {key: float(row[key]) for key in row if key not in {"profile", "path"}}
    distance_km, height_m, clutter_m, zone = np.ascontiguousarray(points.T)
    near = (distance_km < 0.05) | (distance_km > distance_km[-1] - 0.05)
    surface_m = np.where(near, height_m, height_m + clutter_m)
    geometry = np.empty(SLOTS)
    radius_km = effective_radius(given["DN"])
    ends_m = (given["htg (m)"], given["hrg (m)"])
    trace_path(distance_km, height_m, surface_m, zone, len(zone), *ends_m, radius_km, geometry)
    ends = (given["phit_n (deg)"], given["phit_e (deg)"], given["phir_n (deg)"], given["phir_e (deg)"])
    b0_percent, _ = anomalous_share(geometry, centre_latitude(ends, distance_km[-1]))
    wave = (given["f (GHz)"], int(given["pol (1-h/2-v)"]))
    ld50, _, _, ldsph = diffraction_losses(geometry, radius_km, *wave)
    ldb = diffraction_losses(geometry, BETA_RADIUS_KM, *wave)[0]
    factor = time_factor(given["p (%)"], b0_percent) if given["p (%)"] < 50 else 0.0
    assert geometry[OMEGA] == pytest.approx(given["omega"], abs=1e-6)
    assert b0_percent == pytest.approx(given["b0"], abs=2e-6)
    assert ldsph == pytest.approx(given["Ldsph"], abs=1e-5)
    assert ld50 == pytest.approx(given["Ld50"], abs=1e-5)
    assert ld50 + factor * (ldb - ld50) == pytest.approx(given["Ldp"], abs=1e-5)


@pytest.mark.parametrize("number", range(11))
def test_delta_bullington_is_that_of_the_examples(shared: Path, number: int) -> None:
    folder = shared / "radio" / "validation" / "delta_bullington"
    with (folder / "reference.csv").open(encoding="utf-8-sig") as file:
        row = list(csv.DictReader(file))[number]
    distance_km, height_m = np.ascontiguousarray(np.loadtxt(folder / row["profile_file"], usecols=(0, 1)).T)
    geometry = np.empty(SLOTS)
    zone = np.full(len(height_m), 4)
    trace_path(
        distance_km, height_m, height_m, zone, len(zone), float(row["htg_m"]), float(row["hrg_m"]), 8500.0, geometry
    )
    found = diffraction_losses(geometry, 8500.0, float(row["f_GHz"]), 1)
    expected = [float(row[name]) for name in ("Ld_dB", "Lbulla_dB", "Lbulls_dB", "Ldsph_dB")]
    assert found == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("path", range(200))
def test_random_paths_cost_what_the_reference_says(path: int) -> None:
    found, expected = oracle_answers()
    assert found[path] == pytest.approx(expected[path], abs=1e-6)


@cache
def oracle_answers() -> tuple[np.ndarray, np.ndarray]:
    profiles, terms, expected = oracle_paths()
    found = p1812_losses(profiles, terms)
    assert not found.flags.any()
    return found.loss_db, expected
