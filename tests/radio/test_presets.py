"""Presets of bands: their figures hang together, and a project's own come first."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from pydantic import ValidationError

from onemap.config.radio_settings import RadioSettings
from onemap.radio.carriers import bands_at, known_bands
from onemap.radio.link_budget import eirp_per_element, power_per_element
from onemap.radio.presets import choose_preset, nearest_preset, shipped_presets, with_overrides

SHIPPED = shipped_presets()


def test_the_bands_that_are_asked_for_have_presets() -> None:
    assert set(SHIPPED.by_band) == {"n28", "n41", "n78", "n1", "B3", "B5", "B8"}


@pytest.mark.parametrize("band", sorted(SHIPPED.by_band))
def test_the_range_of_eirp_follows_from_power_and_gain(band: str) -> None:
    preset = SHIPPED.by_band[band]
    one_port = power_per_element(preset.power_w, preset.resource_blocks)
    together = power_per_element(preset.power_w * preset.ports, preset.resource_blocks)
    least = eirp_per_element(one_port, preset.gain_range_dbi[0])
    most = eirp_per_element(together, preset.gain_range_dbi[1], boost_db=preset.boost_db)
    low, high = preset.eirp_re_range_dbm
    assert least - 1.0 <= low <= high <= most + 1.0
    assert low <= preset.eirp_re_dbm <= high


@pytest.mark.parametrize("band", sorted(SHIPPED.by_band))
def test_a_preset_lies_in_its_band(band: str) -> None:
    preset = SHIPPED.by_band[band]
    known = known_bands()[band]
    half = preset.bandwidth_mhz / 2
    assert known.low_mhz <= preset.frequency_mhz - half <= preset.frequency_mhz + half <= known.high_mhz
    assert band in {found.name for found in bands_at(preset.frequency_mhz, known.family)}
    assert preset.technology == {"LTE": "4G", "NR": "5G"}[known.family]
    assert choose_preset(SHIPPED, preset.technology, frequency_mhz=preset.frequency_mhz) is preset


@pytest.mark.parametrize("technology", ["2G", "3G", "4G", "5G", "NB-IoT", "6G", ""])
def test_every_technology_has_one_that_stands_in(technology: str) -> None:
    for frequency_mhz in (math.nan, 30.0, 60_000.0):
        for band in (None, "n78", "B41", "nonsense"):
            preset = choose_preset(SHIPPED, technology, band=band, frequency_mhz=frequency_mhz)
            assert math.isfinite(preset.eirp_re_dbm + preset.frequency_mhz + preset.tilt_deg)


def test_the_nearest_stands_in() -> None:
    assert choose_preset(SHIPPED, "5G", band="n79").band == "n78"
    assert choose_preset(SHIPPED, "4G", band="B41").band == "B3"
    assert nearest_preset(SHIPPED, "5G", 900.0).band == "n28"
    assert choose_preset(SHIPPED, "5G", operators=("中国移动", "中国广电")).band == "n78"
    assert choose_preset(SHIPPED, "5G", operators=("中国广电",)).band == "n28"


def test_values_of_a_project_come_first() -> None:
    own = RadioSettings.model_validate(
        {"presets": {"n28": {"eirp_re_dbm": 35}, "n8": {"tilt_deg": 1}}, "default_bands": {"5G": "n28", "4G": "B20"}}
    ).band_presets()
    assert own.by_band["n28"].eirp_re_range_dbm == (35, 35)
    assert own.by_band["n28"].v_beamwidth_deg == SHIPPED.by_band["n28"].v_beamwidth_deg
    assert (own.by_band["n8"].tilt_deg, own.by_band["n8"].frequency_mhz) == (1, 942.5)
    assert choose_preset(own, "5G", operators=("中国移动",)).band == "n28"
    assert choose_preset(own, "4G").frequency_mhz == 806.0
    assert SHIPPED.by_band["n28"].eirp_re_dbm == 33.0


@pytest.mark.parametrize(
    ("table", "message"),
    [({"presets": {"x3": {}}}, "a band of 3GPP, such as n78 or B3, got x3"),
     ({"default_bands": {"5G": "n999"}}, "a band of 3GPP, such as n78 or B3, got n999"),
     ({"default_bands": {"6G": "n78"}}, "default_bands.6G"),
     ({"presets": {"B3": {"eirp_re_dbm": 90}}}, "less than or equal to 70"),
     ({"presets": {"B3": {"eirp": 30}}}, "Extra inputs")],
)  # fmt: skip
def test_wrong_settings_are_refused(table: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RadioSettings.model_validate(table)
    with pytest.raises(ValueError, match="band must be one of 3GPP, such as n78 or B3, got 'x'"):
        with_overrides(SHIPPED, {"x": {}})


def test_settings_are_read_without_numba() -> None:
    code = (
        "import sys, onemap.config.radio_settings as s; s.RadioSettings().band_presets(); print('numba' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
