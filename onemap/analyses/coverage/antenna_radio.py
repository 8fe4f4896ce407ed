"""What antennas radiate, on what frequency and where to: as cells say, and by presets where they do not."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.columns import column
from onemap.analyses.coverage.assumptions import Notes, in_limits
from onemap.radio.carriers import CHANNEL_FREQUENCIES, known_bands, parse_band
from onemap.radio.presets import BandPreset, Presets, choose_preset
from onemap.radio.resource_elements import eirp_per_element

__all__ = ["RADIO_COLUMNS", "given_radio", "with_radio"]

RADIO_COLUMNS = ("frequency_mhz", "eirp_re_dbm", "azimuth_deg", "beamwidth_deg", "v_beamwidth_deg", "tilt_deg",
                 "mech_tilt_deg")  # fmt: skip
"""What `with_radio` fills for each antenna."""

_NUMBERS = ("frequency_mhz", "arfcn", "eirp_re_dbm", "rs_power_dbm", "gain_dbi", "feeder_loss_db", "azimuth_deg",
            "beamwidth_deg", "v_beamwidth_deg", "mech_downtilt_deg", "elec_downtilt_deg")  # fmt: skip
_OMNI_DEG = 360.0


def given_radio(layer: gpd.GeoDataFrame) -> dict[str, pd.Series]:
    """Give what a layer of cells says of their radio; all missing for a layer of towers.

    Examples
    --------
    >>> given = given_radio(gpd.GeoDataFrame({"arfcn": [1850]}))
    >>> given["arfcn"].tolist(), given["gain_dbi"].tolist()
    ([1850.0], [nan])
    """
    numbers = {name: column(layer, name, "number") for name in _NUMBERS}
    return {**numbers, "band": column(layer, "band")}


def with_radio(antennas: pd.DataFrame, presets: Presets, notes: Notes) -> pd.DataFrame:
    """Fill in frequency, EIRP and beam of antennas.

    The frequency is that of the cell, else that of its channel number, else of its band. The EIRP of a resource element
    is that of the cell, else the power of its reference signal with gain and feeder loss. What is missing or impossible
    comes from the preset of the band, of the frequency or of the technology; then it is noted.

    Parameters
    ----------
    antennas
        Columns technology, operators and those of `given_radio`, n rows.
    presets
        What stands in.
    notes
        Takes up what was assumed.

    Returns
    -------
    antennas
        A new table with the columns `RADIO_COLUMNS` in place of those of `given_radio`: megahertz, dBm, degrees.
        azimuth_deg is NaN for an antenna that radiates all round, or of which no azimuth is known; nothing else is ever
        NaN. tilt_deg is the whole tilt, mech_tilt_deg the mechanical part of it.

    Examples
    --------
    >>> cell = {"technology": ["4G"], "operators": [("A",)], **given_radio(gpd.GeoDataFrame({"band": ["B3"]}))}
    >>> from onemap.radio.presets import shipped_presets
    >>> with_radio(pd.DataFrame(cell), shipped_presets(), Notes(1))[["frequency_mhz", "eirp_re_dbm"]].values.tolist()
    [[1842.5, 35.5]]
    """
    raw = _possible(antennas, notes)
    frequency, band = _frequency(raw, notes)
    chosen = _presets_of(raw, band, frequency, presets)
    filled = {
        "frequency_mhz": _known_frequency(frequency, band, chosen, notes),
        "eirp_re_dbm": _eirp(raw, chosen, notes),
        **_beam(raw, chosen, notes),
    }
    kept = antennas.drop(columns=[*_NUMBERS, "band"])
    return kept.assign(**{name: filled[name] for name in RADIO_COLUMNS})


def _possible(antennas: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    """Leave out numbers that cannot be."""
    raw = antennas.reset_index(drop=True)
    for name in _NUMBERS:
        values = raw[name].astype("float64")
        wrong = values.notna().to_numpy() & ~in_limits(values, "cells", name)
        notes.add(name, "ignored", wrong, values.tolist())
        raw[name] = values.mask(wrong)
    return raw


def _frequency(raw: pd.DataFrame, notes: Notes) -> tuple[NDArray[np.float64], list[str | None]]:
    """Find the frequency that each cell tells, NaN where it does not, and its band."""
    frequency = raw["frequency_mhz"].to_numpy(dtype=np.float64, copy=True)
    unknown = np.isnan(frequency)
    for technology, frequencies in CHANNEL_FREQUENCIES.items():
        of_it = unknown & raw["technology"].eq(technology).fillna(value=False).to_numpy(dtype=bool)
        frequency[of_it] = frequencies(raw["arfcn"].to_numpy(dtype=np.float64)[of_it])
    frequency[~in_limits(pd.Series(frequency), "cells", "frequency_mhz")] = np.nan
    unknown = np.isnan(frequency)
    notes.add("arfcn", "ignored", unknown & raw["arfcn"].notna().to_numpy(), raw["arfcn"].tolist())
    texts = raw["band"].fillna("").astype(str)
    pairs = list(zip(texts, raw["technology"].fillna("").astype(str), strict=True))
    parsed = {pair: parse_band(*pair) for pair in set(pairs)}
    band = [parsed[pair] for pair in pairs]
    nonsense = texts.ne("").to_numpy() & np.array([name is None for name in band], dtype=bool)
    notes.add("band", "ignored", unknown & nonsense, texts.tolist())
    return frequency, band


def _presets_of(
    raw: pd.DataFrame, band: list[str | None], frequency: NDArray[np.float64], presets: Presets
) -> list[BandPreset]:
    """Choose the preset of each antenna, once for antennas that are alike."""
    found: dict[tuple[object, ...], BandPreset] = {}
    chosen = []
    rows = zip(raw["technology"].fillna("").astype(str), band, frequency.tolist(), raw["operators"], strict=True)
    for technology, name, mhz, operators in rows:
        mhz_or_none = None if math.isnan(mhz) else mhz
        key = (technology, name, mhz_or_none, operators if mhz_or_none is None else ())
        if key not in found:
            found[key] = _preset_of(technology, name, mhz, operators=operators, presets=presets)
        chosen.append(found[key])
    return chosen


def _preset_of(
    technology: str, band: str | None, frequency_mhz: float, *, operators: tuple[str, ...], presets: Presets
) -> BandPreset:
    """Choose a preset; that of a band only if the frequency does not contradict it."""
    known = known_bands().get(band or "")
    off = known is not None and not math.isnan(frequency_mhz) and not known.low_mhz <= frequency_mhz <= known.high_mhz
    return choose_preset(
        presets, technology, band=None if off else band, frequency_mhz=frequency_mhz, operators=operators
    )


def _known_frequency(
    frequency: NDArray[np.float64], band: list[str | None], chosen: list[BandPreset], notes: Notes
) -> NDArray[np.float64]:
    """Fill in the frequency of the preset, or the middle of a band that has no preset."""
    unknown = np.isnan(frequency)
    own = np.array([preset.band == name or name is None for preset, name in zip(chosen, band, strict=True)], dtype=bool)
    notes.add("frequency_mhz", "preset", unknown & own, [preset.band for preset in chosen])
    notes.add("frequency_mhz", "band", unknown & ~own, band)
    middle = [preset.frequency_mhz if at_own else known_bands()[str(name)].centre_mhz
              for preset, name, at_own in zip(chosen, band, own.tolist(), strict=True)]  # fmt: skip
    return np.where(unknown, middle, frequency)


def _eirp(raw: pd.DataFrame, chosen: list[BandPreset], notes: Notes) -> NDArray[np.float64]:
    """Give the EIRP of a resource element."""
    names = [preset.band for preset in chosen]
    own = raw["eirp_re_dbm"].to_numpy(dtype=np.float64)
    power = raw["rs_power_dbm"].to_numpy(dtype=np.float64)
    parts = {}
    for name in ("gain_dbi", "feeder_loss_db"):
        given = raw[name].to_numpy(dtype=np.float64)
        parts[name] = np.where(np.isnan(given), [getattr(preset, name) for preset in chosen], given)
    summed = eirp_per_element(power, parts["gain_dbi"], feeder_loss_db=parts["feeder_loss_db"])
    possible = in_limits(pd.Series(summed), "cells", "eirp_re_dbm")
    by_power = np.isnan(own) & possible
    for name in ("gain_dbi", "feeder_loss_db"):
        notes.add(name, "preset", by_power & raw[name].isna().to_numpy(), names)
    notes.add("rs_power_dbm", "ignored", np.isnan(own) & ~possible & ~np.isnan(power), power.tolist())
    unknown = np.isnan(own) & ~by_power
    notes.add("eirp_re_dbm", "preset", unknown, names)
    assumed = np.array([preset.eirp_re_dbm for preset in chosen], dtype=np.float64)
    return np.where(unknown, assumed, np.where(by_power, summed, own))


def _beam(raw: pd.DataFrame, chosen: list[BandPreset], notes: Notes) -> dict[str, NDArray[np.float64]]:
    """Give azimuth, widths and tilt of the beam."""
    names = [preset.band for preset in chosen]
    given = {name: raw[name].to_numpy(dtype=np.float64) for name in _NUMBERS}
    all_round = given["beamwidth_deg"] >= _OMNI_DEG
    azimuth = np.where(all_round, np.nan, given["azimuth_deg"] % _OMNI_DEG)
    unknown = np.isnan(azimuth)
    notes.add("azimuth_deg", "omni", unknown & ~all_round)
    electrical, mechanical = given["elec_downtilt_deg"], given["mech_downtilt_deg"]
    untold = np.isnan(electrical) & np.isnan(mechanical)
    tilt = np.where(untold, np.nan, np.nan_to_num(electrical) + np.nan_to_num(mechanical))
    beam = {"azimuth_deg": azimuth, "mech_tilt_deg": np.where(unknown, 0.0, np.nan_to_num(mechanical))}
    for name, values in (("beamwidth_deg", given["beamwidth_deg"]), ("v_beamwidth_deg", given["v_beamwidth_deg"]),
                         ("tilt_deg", tilt)):  # fmt: skip
        missing = np.isnan(values)
        notes.add(name, "preset", missing & ~(unknown & (name == "beamwidth_deg")), names)
        beam[name] = np.where(missing, [getattr(preset, name) for preset in chosen], values)
    return beam
