"""TR 38.901 against published values, and what holds of any path."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from onemap.radio.tr38901 import (
    RMA,
    SCENARIOS,
    UMA,
    UMI,
    break_distance,
    tr38901_flag_names,
    tr38901_losses,
)
from onemap.radio.tr38901_shadowing import shadow_sigma_db, sight_share


def rows_of(shared: Path, name: str) -> list[dict[str, str]]:
    with (shared / "radio" / "validation" / "tr38901_hata" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("name", "column"),
    [("tr38901_values.csv", "PL_formula_dB"), ("tr38901_values.csv", "PL_ns3_dB"), ("tr38901_grid.csv", "PL_dB")],
)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_losses_are_those_published(shared: Path, name: str, column: str, scenario: str) -> None:
    rows = [row for row in rows_of(shared, name) if row["scenario"].lower() == scenario]
    number = {
        key: np.array([float(row[key]) for row in rows]) for key in ("d2d_m", "h_bs_m", "h_ut_m", "f_GHz", column)
    }
    found = tr38901_losses(
        scenario,
        number["d2d_m"],
        base_m=number["h_bs_m"],
        terminal_m=number["h_ut_m"],
        frequency_ghz=number["f_GHz"],
        los=[row["los"] == "1" for row in rows],
    )
    assert rows
    assert np.abs(found.loss_db - number[column]).max() < 1e-3


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, []),
        ({"distance2d_m": 9.0}, ["distance_too_small"]),
        ({"distance2d_m": 5_001.0}, ["distance_too_large"]),
        ({"distance2d_m": 9_999.0, "los": True}, []),
        ({"base_m": 9.0}, ["base_height"]),
        ({"terminal_m": 11.0}, ["terminal_height"]),
        ({"frequency_ghz": 0.45}, ["frequency"]),
        ({"building_m": 60.0}, ["building_or_street"]),
    ],
)
def test_what_is_out_of_range_is_flagged(changed: dict[str, float], words: list[str]) -> None:
    options = {"distance2d_m": 500.0, "base_m": 35.0, "terminal_m": 1.5, "frequency_ghz": 0.7, "los": False, **changed}
    found = tr38901_losses("rma", **options)
    assert tr38901_flag_names(int(found.flags)) == words
    assert np.isfinite(found.loss_db)


@pytest.mark.parametrize(
    "changed", [{"base_m": 0.0}, {"frequency_ghz": np.nan}, {"distance2d_m": -1.0}, {"terminal_m": -1}]
)
def test_what_is_no_positive_number_has_no_loss(changed: dict[str, float]) -> None:
    options = {"distance2d_m": 500.0, "base_m": 25.0, "terminal_m": 1.5, "frequency_ghz": 0.7, "los": False, **changed}
    found = tr38901_losses("uma", **options)
    assert np.isnan(found.loss_db)
    assert int(found.flags)


def test_unknown_scenario_is_refused() -> None:
    with pytest.raises(ValueError, match="scenario must be one of rma, uma, umi, got 'inh'"):
        tr38901_losses("inh", 100.0, base_m=3.0, terminal_m=1.0, frequency_ghz=3.5, los=True)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("los", [True, False])
def test_loss_grows_with_distance(scenario: str, los: bool) -> None:
    far_m = np.geomspace(10.0, 5_000.0, 200)
    found = tr38901_losses(scenario, far_m, base_m=25.0, terminal_m=1.5, frequency_ghz=2.6, los=los)
    assert (np.diff(found.loss_db) > 0).all()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_hidden_paths_lose_no_less(scenario: str) -> None:
    far_m = np.geomspace(10.0, 5_000.0, 50)
    options = {"base_m": 25.0, "terminal_m": 1.5, "frequency_ghz": 2.6}
    seen = tr38901_losses(scenario, far_m, los=True, **options)
    hidden = tr38901_losses(scenario, far_m, los=False, **options)
    assert (hidden.loss_db >= seen.loss_db).all()


def test_chance_of_sight_falls_from_one() -> None:
    assert [sight_share(scenario, 10.0, 1.5) for scenario in (RMA, UMA, UMI)] == [1.0, 1.0, 1.0]
    assert sight_share(RMA, 1_010.0, 1.5) == pytest.approx(np.exp(-1.0))
    assert sight_share(UMI, 36.0, 1.5) == pytest.approx(0.5 + np.exp(-1.0) / 2)
    assert sight_share(UMA, 126.0, 1.5) == pytest.approx(1 / 7 + np.exp(-2.0) * 6 / 7)
    assert sight_share(UMA, 126.0, 20.0) > sight_share(UMA, 126.0, 1.5)


def test_shadowing_changes_at_the_break_point() -> None:
    break_m = break_distance(RMA, 35.0, 1.5, 0.7)
    assert break_m == pytest.approx(2 * np.pi * 35 * 1.5 * 0.7e9 / 3e8)
    near, far, hidden = (
        shadow_sigma_db(RMA, factor * break_m, 35.0, 1.5, 0.7, los)
        for factor, los in ((0.9, True), (1.1, True), (1, False))
    )
    assert (near, far, hidden) == (4.0, 6.0, 8.0)
