"""Okumura-Hata and COST 231 against published values, and what holds of any path."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from onemap.radio.hata import ENVIRONMENTS, cost231_losses, effective_base_height, hata_flag_names, hata_losses

MODELS = {"hata": hata_losses, "cost231": cost231_losses}
VARIANTS = {("hata", "open"), ("cost231", "large")}
"""Rows whose other program follows variants of its own."""


def test_losses_are_those_published(shared: Path) -> None:
    path = shared / "radio" / "validation" / "tr38901_hata" / "hata_values.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    for row in rows:
        found = MODELS[row["model"]](
            row["env"],
            float(row["d_km"]),
            base_m=float(row["h_b_m"]),
            terminal_m=float(row["h_m_m"]),
            frequency_mhz=float(row["f_MHz"]),
        )
        assert found.loss_db == pytest.approx(float(row["L_formula_dB"]), abs=1e-3)
        if (row["model"], row["env"]) not in VARIANTS:
            assert found.loss_db == pytest.approx(float(row["L_ns3_dB"]), abs=5.1e-3)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, []),
        ({"distance_km": 0.5}, ["distance_too_small"]),
        ({"distance_km": 25.0}, ["distance_too_large"]),
        ({"base_m": 25.0}, ["base_height"]),
        ({"terminal_m": 20.0}, ["terminal_height"]),
        ({"frequency_mhz": 1_800.0}, ["frequency"]),
    ],
)
def test_what_is_out_of_range_is_flagged(changed: dict[str, float], words: list[str]) -> None:
    options = {"distance_km": 5.0, "base_m": 40.0, "terminal_m": 1.5, "frequency_mhz": 900.0, **changed}
    found = hata_losses("open", **options)
    assert hata_flag_names(int(found.flags)) == words
    assert np.isfinite(found.loss_db)


def test_cost231_has_a_range_of_frequencies_of_its_own() -> None:
    found = cost231_losses("large", 5.0, base_m=40.0, terminal_m=1.5, frequency_mhz=[900.0, 1_800.0, 2_600.0])
    assert (found.flags > 0).tolist() == [True, False, True]


@pytest.mark.parametrize("model", MODELS.values())
def test_what_is_no_positive_number_has_no_loss(model) -> None:
    found = model("small", [0.0, 5.0, np.nan], base_m=[40.0, -1.0, 40.0], terminal_m=1.5, frequency_mhz=1_500.0)
    assert np.isnan(found.loss_db).all()
    assert (found.flags > 0).all()


@pytest.mark.parametrize("model", MODELS.values())
def test_unknown_environment_is_refused(model) -> None:
    with pytest.raises(ValueError, match="environment must be one of open, suburban, small, large, got 'sea'"):
        model("sea", 5.0, base_m=40.0, terminal_m=1.5, frequency_mhz=900.0)


def test_denser_places_lose_more() -> None:
    losses_db = [
        float(hata_losses(place, 5.0, base_m=40.0, terminal_m=1.5, frequency_mhz=900.0).loss_db)
        for place in ENVIRONMENTS
    ]
    assert losses_db[0] < losses_db[1] < min(losses_db[2:])
    assert float(hata_losses("large", 5.0, base_m=40.0, terminal_m=1.5, frequency_mhz=200.0).loss_db) > 0


def test_base_height_counts_from_the_mean_terrain() -> None:
    far_km = np.linspace(0.0, 30.0, 301)
    falling_m = 1_000.0 - 10.0 * far_km
    assert effective_base_height(far_km, falling_m, 301, 30.0) == pytest.approx(30.0 + 90.0)
    assert effective_base_height(far_km, falling_m, 101, 30.0) == pytest.approx(30.0 + 60.0)
    assert effective_base_height(far_km[:1], falling_m[:1], 1, 30.0) == pytest.approx(30.0)
