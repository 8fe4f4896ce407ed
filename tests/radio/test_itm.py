"""Longley-Rice against the answers of the NTIA reference, and what holds of any path."""

from __future__ import annotations

import csv
import gzip
import itertools
import math
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from onemap.radio import itm
from onemap.radio.itm import ItmConditions, ItmLosses, itm_area_losses, itm_intermediates, itm_losses
from onemap.radio.itm.terrain_shape import RX_EFFECTIVE_M, TX_EFFECTIVE_M, area_shape, fitted_ends, irregularity
from onemap.radio.itm.variability import normal_deviate, varied_attenuation

CONDITIONS = ("n0", "climate", "permittivity", "conductivity", "mdvar", "time", "location", "situation")
ORACLE = ("N0_itm", "climate", "eps", "sig", "mdvar", "time", "loc", "sit")
NTIA = ("N_0", "climate", "epsilon", "sigma", "mdvar", "time", "location", "situation")
HILLS = 400.0 + 150.0 * np.sin(np.arange(301) / 17.0) + 20.0 * np.cos(np.arange(301) / 3.0)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def conditions_of(rows: list[dict[str, str]], names: tuple[str, ...]) -> ItmConditions:
    columns = {own: np.array([float(row[name]) for row in rows]) for own, name in zip(CONDITIONS, names, strict=True)}
    return ItmConditions(**columns)


def numbers(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


def one_path(**changed: object) -> ItmLosses:
    options: dict[str, object] = {"tx_m": 30.0, "rx_m": 1.5, "frequency_mhz": 900.0, **changed}
    return itm_losses(HILLS, [len(HILLS)], 100.0, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def oracle() -> tuple[list[dict[str, str]], dict[str, np.ndarray]]:
    folder = Path(__file__).resolve().parents[1] / "reference" / "oracle"
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with gzip.open(folder / "profiles.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            points[row["id"]].append((float(row["d_km"]), float(row["h_m"])))
    return rows_of(folder / "cases.csv"), {name: np.array(values) for name, values in points.items()}


def oracle_losses(rows: list[dict[str, str]], profiles: dict[str, np.ndarray]) -> ItmLosses:
    chosen = [profiles[row["id"]] for row in rows]
    return itm_losses(
        np.concatenate([profile[:, 1] for profile in chosen]),
        [len(profile) for profile in chosen],
        [profile[1, 0] * 1000.0 for profile in chosen],
        tx_m=numbers(rows, "htg_m"),
        rx_m=numbers(rows, "hrg_m"),
        frequency_mhz=numbers(rows, "f_GHz") * 1000.0,
        polarisation=numbers(rows, "pol"),
        conditions=conditions_of(rows, ORACLE),
    )


def test_random_paths_have_the_loss_code_and_flags_of_the_reference(oracle) -> None:
    rows, profiles = oracle
    found = oracle_losses(rows, profiles)
    assert np.abs(found.loss_db - numbers(rows, "L_ITM_dB")).max() < 1e-6
    assert found.code.tolist() == [int(row["itm_rc"]) for row in rows]
    assert found.flags.tolist() == [int(row["itm_warn"], 16) for row in rows]


def test_profiles_of_the_reference_have_its_losses(shared: Path) -> None:
    folder = shared / "radio" / "validation" / "itm"
    rows = rows_of(folder / "p2p.csv")
    lines = (folder / "pfls.csv").read_text(encoding="utf-8").splitlines()
    profiles = [np.array([float(word) for word in line.split(",")]) for line in lines]
    found = itm_losses(
        np.concatenate([profile[2 : 3 + int(profile[0])] for profile in profiles]),
        [int(profile[0]) + 1 for profile in profiles],
        [profile[1] for profile in profiles],
        tx_m=numbers(rows, "h_tx__meter"),
        rx_m=numbers(rows, "h_rx__meter"),
        frequency_mhz=numbers(rows, "f__mhz"),
        polarisation=numbers(rows, "pol") + 1,
        conditions=conditions_of(rows, NTIA),
    )
    assert np.abs(found.loss_db - numbers(rows, "A__db")).max() <= 0.005


def test_areas_of_the_reference_have_its_losses(shared: Path) -> None:
    rows = rows_of(shared / "radio" / "validation" / "itm" / "area.csv")
    found = itm_area_losses(
        numbers(rows, "d__km") * 1000.0,
        irregularity_m=numbers(rows, "delta_h__meter"),
        tx_m=numbers(rows, "h_tx__meter"),
        rx_m=numbers(rows, "h_rx__meter"),
        frequency_mhz=numbers(rows, "f__mhz"),
        tx_siting=numbers(rows, "tx_siting_criteria"),
        rx_siting=numbers(rows, "rx_siting_criteria"),
        polarisation=numbers(rows, "pol") + 1,
        conditions=conditions_of(rows, NTIA),
    )
    assert np.abs(found.loss_db - numbers(rows, "A__db")).max() <= 0.05


def example(folder: Path, name: str) -> tuple[dict[str, str], dict[str, float], list[list[float]]]:
    """Read a worked example: its inputs, its single values, the rows of its table."""
    given = dict(line.split(",", 1) for line in (folder / f"i_{name}.txt").read_text(encoding="utf-8").splitlines())
    lines = (folder / f"o_{name}.txt").read_text(encoding="utf-8").splitlines()
    values, table = {}, []
    for line in lines[lines.index("Results") if "Results" in lines else 0 :]:
        named = re.match(r"([A-Za-z_ ]+?) {2,}(-?[\d.]+)\b", line)
        if named:
            values[named[1]] = float(named[2])
        elif re.fullmatch(r"[\d. ]+", line) and len(line.split()) > 2:
            table.append([float(word) for word in line.split()])
    return given, values, table


def example_conditions(given: dict[str, str], reliability: float, confidence: float) -> ItmConditions:
    return ItmConditions(
        n0=float(given["N_0"]),
        climate=int(given["climate"]),
        permittivity=float(given["epsilon"]),
        conductivity=float(given["sigma"]),
        mdvar=int(given["mdvar"]),
        time=reliability,
        location=50.0,
        situation=confidence,
    )


def example_loss(folder: Path, given: dict[str, str], conditions: ItmConditions, distance_km: float) -> float:
    ends = {
        "tx_m": float(given["h_tx__meter"]),
        "rx_m": float(given["h_rx__meter"]),
        "frequency_mhz": float(given["f__mhz"]),
        "polarisation": int(given["pol"]) + 1,
        "conditions": conditions,
    }
    if "d__km" in given:
        return float(
            itm_area_losses([distance_km * 1000.0], irregularity_m=float(given["delta_h__meter"]), **ends).loss_db[0]
        )
    profile = np.array([float(word) for word in (folder / "pfl.txt").read_text(encoding="utf-8").split(",")])
    return float(itm_losses(profile[2:], [int(profile[0]) + 1], profile[1], **ends).loss_db[0])


@pytest.mark.parametrize("name", ["p2ptls", "p2pcr", "areatls", "areacr"])
def test_worked_example_has_its_loss_and_intermediate_values(shared: Path, name: str) -> None:
    folder = shared / "radio" / "validation" / "itm" / "examples"
    given, values, _ = example(folder, name)
    time = float(given.get("time", given.get("reliability", "")))
    situation = float(given.get("situation", given.get("confidence", "")))
    distance_km = float(given.get("d__km", "0"))
    loss_db = example_loss(folder, given, example_conditions(given, time, situation), distance_km)
    assert loss_db == pytest.approx(values["Basic Transmission Loss"], abs=0.05)
    path: dict[str, object] = {
        "distance_m": distance_km * 1000,
        "irregularity_m": float(given.get("delta_h__meter", "0")),
    }
    if "d__km" not in given:
        profile = np.array([float(word) for word in (folder / "pfl.txt").read_text(encoding="utf-8").split(",")])
        path = {"height_m": profile[2:], "step_m": profile[1]}
    found = itm_intermediates(
        tx_m=float(given["h_tx__meter"]),
        rx_m=float(given["h_rx__meter"]),
        frequency_mhz=float(given["f__mhz"]),
        n0=float(given["N_0"]),
        **path,  # type: ignore[arg-type]
    )
    assert found["mode"] == values["Mode of Propagation"]
    for key in ("theta_hzn_tx", "theta_hzn_rx"):
        assert 1000 * found[key] == pytest.approx(values[key], abs=5.1e-4)
    for key, half in (("d_hzn_tx__meter", 0.51), ("d_hzn_rx__meter", 0.51)):
        assert found[key] == pytest.approx(values[key], abs=half)
    for key in ("h_e_tx__meter", "h_e_rx__meter", "N_s", "delta_h__meter", "A_ref__db"):
        assert found[key] == pytest.approx(values[key], abs=0.051)


def test_table_over_reliability_and_confidence_is_that_of_the_example(shared: Path) -> None:
    folder = shared / "radio" / "validation" / "itm" / "examples"
    given, _, table = example(folder, "p2pcr_tbl")
    confidences = [float(word) for word in given["confidence"].split(",")]
    assert len(table) == 3
    for reliability, *losses_db in table:
        for confidence, expected in zip(confidences, losses_db, strict=True):
            loss_db = example_loss(folder, given, example_conditions(given, reliability, confidence), 0.0)
            assert loss_db == pytest.approx(expected, abs=0.051)


def test_table_over_distance_and_confidence_is_that_of_the_example(shared: Path) -> None:
    folder = shared / "radio" / "validation" / "itm" / "examples"
    given, _, table = example(folder, "areacr_tbl")
    confidences = [float(word) for word in given["confidence"].split(",")]
    assert len(table) == 19
    for distance_km, _, *losses_db in table:
        for confidence, expected in zip(confidences, losses_db, strict=True):
            conditions = example_conditions(given, float(given["reliability"]), confidence)
            assert example_loss(folder, given, conditions, distance_km) == pytest.approx(expected, abs=0.051)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"tx_m": 0.4}, "tx_height_out_of_range"),
        ({"rx_m": math.nan}, "rx_height_out_of_range"),
        ({"frequency_mhz": 19.0}, "frequency_out_of_range"),
        ({"frequency_mhz": 26_000.0}, "frequency_out_of_range"),
        ({"polarisation": 3}, "unknown_polarisation"),
        ({"conditions": ItmConditions(n0=249.0)}, "refractivity_out_of_range"),
        ({"conditions": ItmConditions(climate=8)}, "unknown_climate"),
        ({"conditions": ItmConditions(climate=2.5)}, "unknown_climate"),
        ({"conditions": ItmConditions(permittivity=0.5)}, "permittivity_out_of_range"),
        ({"conditions": ItmConditions(conductivity=0.0)}, "conductivity_out_of_range"),
        ({"conditions": ItmConditions(mdvar=4)}, "unknown_mdvar"),
        ({"conditions": ItmConditions(time=100.0)}, "time_out_of_range"),
        ({"conditions": ItmConditions(location=0.0)}, "location_out_of_range"),
        ({"conditions": ItmConditions(situation=math.nan)}, "situation_out_of_range"),
    ],
)
def test_what_is_out_of_range_has_a_code_and_no_loss(changed: dict[str, object], word: str) -> None:
    found = one_path(**changed)
    assert [itm.code_name(code) for code in found.code.tolist()] == [word]
    assert np.isnan(found.loss_db).all()


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"tx_m": 0.7}, "tx_height"),
        ({"rx_m": 1500.0}, "rx_height"),
        ({"frequency_mhz": 30.0}, "frequency"),
        ({"conditions": ItmConditions(situation=99.99, mdvar=3)}, "extreme_variability"),
    ],
)
def test_what_is_near_a_limit_has_a_flag(changed: dict[str, object], word: str) -> None:
    found = one_path(**changed)
    assert found.code.tolist() == [1]
    assert word in itm.flag_names(int(found.flags[0]))
    assert np.isfinite(found.loss_db).all()


def test_high_ground_is_flagged_and_the_highest_refused() -> None:
    low, high = (
        itm_losses(np.full(101, amsl), [101], 100.0, tx_m=30, rx_m=2, frequency_mhz=900) for amsl in (3e3, 8e3)
    )
    assert itm.flag_names(int(low.flags[0])) == ["surface_refractivity"]
    assert itm.code_name(int(high.code[0])) == "surface_refractivity_too_small"


@pytest.mark.parametrize(("count", "step_m"), [(1, 100.0), (301, 0.0), (301, -5.0), (301, math.nan)])
def test_path_without_length_is_refused(count: int, step_m: float) -> None:
    found = itm_losses(HILLS[:count], [count], step_m, tx_m=30.0, rx_m=1.5, frequency_mhz=900.0)
    assert itm.code_name(int(found.code[0])) == "distance_out_of_range"


def test_void_on_the_path_is_told() -> None:
    holed = HILLS.copy()
    holed[150] = np.nan
    found = itm_losses(holed, [len(holed)], 100.0, tx_m=30.0, rx_m=1.5, frequency_mhz=900.0)
    assert itm.code_name(int(found.code[0])) == "unknown_height"


def test_areas_out_of_range_are_refused() -> None:
    options = {"tx_m": 30.0, "rx_m": 1.5, "frequency_mhz": 900.0}
    assert itm_area_losses([0.0], irregularity_m=90.0, **options).code.tolist() == [1017]
    assert itm_area_losses([1e4], irregularity_m=-1.0, **options).code.tolist() == [1018]
    assert itm_area_losses([1e4], irregularity_m=90.0, tx_siting=3, **options).code.tolist() == [1019]
    assert itm_area_losses([1e4], irregularity_m=90.0, rx_siting=-1, **options).code.tolist() == [1020]


def test_counts_must_add_up() -> None:
    with pytest.raises(ValueError, match="counts must add up to the number of heights, got 300 and 301"):
        itm_losses(HILLS, [300], 100.0, tx_m=30.0, rx_m=1.5, frequency_mhz=900.0)


def test_all_modes_and_climates_have_losses() -> None:
    mdvar, climate = (
        grid.ravel() for grid in np.meshgrid([p + m for p in (0, 10, 20, 30) for m in range(4)], range(1, 8))
    )
    count = len(mdvar)
    conditions = ItmConditions(mdvar=mdvar, climate=climate, time=90.0, location=70.0, situation=80.0)
    found = itm_area_losses(
        np.full(count, 30e3), irregularity_m=90.0, tx_m=30.0, rx_m=1.5, frequency_mhz=900.0, conditions=conditions
    )
    assert np.isfinite(found.loss_db).all()
    assert len(np.unique(found.loss_db.round(9))) > count // 2


def test_loss_grows_with_percentages_and_over_distance() -> None:
    shares = np.array([5.0, 25.0, 50.0, 75.0, 95.0])
    for name in ("time", "location", "situation"):
        found = itm_area_losses(
            np.full(5, 40e3), irregularity_m=90.0, tx_m=30.0, rx_m=1.5, frequency_mhz=900.0,
            conditions=ItmConditions(mdvar=3, **{name: shares}),
        )  # fmt: skip
        assert (np.diff(found.loss_db) > 0).all()
    far = itm_area_losses(np.arange(2e3, 500e3, 5e3), irregularity_m=0.0, tx_m=30.0, rx_m=1.5, frequency_mhz=900.0)
    assert (np.diff(far.loss_db) > 0).all()


def test_path_and_way_back_have_one_loss() -> None:
    there = one_path()
    back = itm_losses(HILLS[::-1], [len(HILLS)], 100.0, tx_m=1.5, rx_m=30.0, frequency_mhz=900.0)
    assert back.loss_db[0] == pytest.approx(there.loss_db[0], abs=1e-6)


def test_line_through_points_on_a_line_is_that_line() -> None:
    slope = 10.0 + 0.5 * np.arange(50)
    ends = np.array(fitted_ends(slope, 49, 5.0, 40.0))
    assert ends == pytest.approx([10.0, 34.5])


def test_irregularity_of_a_plane_is_nothing_and_scales_with_heights() -> None:
    assert irregularity(np.full(100, 7.0), 99, 100.0, 0.0, 9_900.0) == pytest.approx(0.0, abs=1e-9)
    once, twice = (irregularity(factor * HILLS, 300, 100.0, 0.0, 30e3) for factor in (1.0, 2.0))
    assert twice == pytest.approx(2 * once)


def test_deviate_is_that_of_the_normal_distribution() -> None:
    from statistics import NormalDist

    for share in (0.001, 0.1, 0.5, 0.8, 0.999):
        assert normal_deviate(share) == pytest.approx(NormalDist().inv_cdf(1 - share), abs=4.5e-4)


def test_uncompiled_gives_the_same(tmp_path: Path) -> None:
    code = (
        "from tests_path import one_path; found = one_path(); "
        "print(repr(float(found.loss_db[0])), int(found.code[0]), int(found.flags[0]))"
    )
    (tmp_path / "tests_path.py").write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    plain = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    loss_db, status, flags = plain.stdout.split()
    found = one_path()
    assert float(loss_db) == pytest.approx(found.loss_db[0], abs=1e-9)
    assert (int(status), int(flags)) == (found.code[0], found.flags[0])


@pytest.mark.parametrize("climate", range(1, 8))
def test_variability_is_that_of_another_program(climate: int) -> None:
    avar = pytest.importorskip("itmlogic.statistics.avar").avar
    for plus, mode, (time, location, situation), far_m in itertools.product(
        (0, 10, 20, 30), range(4), [(50.0, 50.0, 50.0), (5.0, 80.0, 30.0), (95.0, 20.0, 70.0)], (2e3, 60e3, 400e3)
    ):
        shape = np.empty(itm.SLOTS)
        area_shape(far_m, 90.0, 30.0, 5.0, 1, 0, 301.0, shape)
        found_db, _ = varied_attenuation(25.0, 900.0, climate, plus + mode, time, location, situation, shape)
        path = {
            "wn": 900.0 / 47.7,
            "dist": far_m,
            "he": [shape[TX_EFFECTIVE_M], shape[RX_EFFECTIVE_M]],
            "dh": 90.0,
            "aref": 25.0,
            "klim": climate,
            "mdvar": plus + mode,
            "lvar": 5,
            "kwx": 0,
        }
        deviates = [normal_deviate(share / 100.0) for share in (time, location, situation)]
        assert found_db == pytest.approx(avar(*deviates, path)[0], abs=1e-9)
