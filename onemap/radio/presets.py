"""Presets: what stands in for the power, gain and beams of cells of which they are not known.

All of it is assumed (`bands.toml`, `docs/bands.md`); a project puts its own values in their place.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from onemap.radio.carriers import known_bands
from onemap.radio.resource_elements import LTE_RESOURCE_BLOCKS, NR_RESOURCE_BLOCKS

__all__ = ["BandPreset", "Presets", "choose_preset", "nearest_preset", "shipped_presets", "with_overrides"]

_BEAMWIDTH_DEG = 65.0
_TILT_DEG = 3.0
_MAY_STAND_IN: Mapping[str, tuple[str, ...]] = {"5G": ("5G",), "4G": ("4G",), "NB-IoT": ("4G",)}


@dataclass(frozen=True, slots=True)
class BandPreset:
    """What is assumed of a cell of a band.

    Attributes
    ----------
    band
        Name of the band, such as "n78".
    technology
        "4G" or "5G".
    frequency_mhz
        Downlink, in megahertz.
    eirp_re_dbm
        EIRP of a resource element of the reference signal in the main direction, in dBm.
    eirp_re_range_dbm
        Between what it lies with usual equipment, in dBm.
    gain_dbi, feeder_loss_db
        Largest gain, and loss between port and antenna, where only the power of the reference signal is known.
    beamwidth_deg, v_beamwidth_deg, tilt_deg
        Of the beam, in degrees; tilt is positive downwards.
    bandwidth_mhz, subcarrier_khz, power_w, ports, boost_db, gain_range_dbi
        Where the EIRP comes from; nothing is computed of them.
    """

    band: str
    technology: str
    frequency_mhz: float
    eirp_re_dbm: float
    eirp_re_range_dbm: tuple[float, float]
    gain_dbi: float
    v_beamwidth_deg: float
    beamwidth_deg: float = _BEAMWIDTH_DEG
    tilt_deg: float = _TILT_DEG
    feeder_loss_db: float = 0.0
    bandwidth_mhz: float = math.nan
    subcarrier_khz: int = 15
    power_w: float = math.nan
    ports: int = 1
    boost_db: float = 0.0
    gain_range_dbi: tuple[float, float] = (math.nan, math.nan)

    @property
    def resource_blocks(self) -> int:
        """Give the number of resource blocks of the carrier."""
        tables = LTE_RESOURCE_BLOCKS if self.technology == "4G" else NR_RESOURCE_BLOCKS[self.subcarrier_khz]
        return tables[self.bandwidth_mhz]


@dataclass(frozen=True, slots=True)
class Presets:
    """All presets, and which of them stands in where nothing tells a band.

    Attributes
    ----------
    by_band
        Name of a band → preset.
    defaults
        Technology → band.
    operator_defaults
        Operator → technology → band, where that operator alone is served.
    """

    by_band: Mapping[str, BandPreset]
    defaults: Mapping[str, str]
    operator_defaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@cache
def shipped_presets() -> Presets:
    """Give the presets that come with onemap.

    Examples
    --------
    >>> preset = shipped_presets().by_band["n41"]
    >>> preset.frequency_mhz, preset.eirp_re_dbm, preset.resource_blocks
    (2565.0, 41.0, 273)
    """
    table = tomllib.loads((files("onemap.radio") / "bands.toml").read_text(encoding="utf-8"))
    by_band = {}
    for band, values in table["presets"].items():
        gains, eirps = values.pop("gain_dbi"), values.pop("eirp_re_range_dbm")
        by_band[band] = BandPreset(
            band=band,
            gain_dbi=sum(gains) / 2,
            gain_range_dbi=tuple(gains),
            eirp_re_dbm=sum(eirps) / 2,
            eirp_re_range_dbm=tuple(eirps),
            **values,
        )
    return Presets(by_band, table["defaults"], table["operators"])


def with_overrides(
    presets: Presets,
    overrides: Mapping[str, Mapping[str, float]],
    *,
    defaults: Mapping[str, str] | None = None,
) -> Presets:
    """Put values of a project in the place of shipped ones.

    Parameters
    ----------
    presets
        What to start from.
    overrides
        Name of a band → attribute of `BandPreset` → value. A band without a preset starts from the one nearest in
        frequency; its frequency is the middle of the band unless given. An EIRP that is given has no range.
    defaults
        Technology → band that stands in where nothing tells one; it comes before that of an operator.

    Returns
    -------
    presets
        A new table.

    Raises
    ------
    ValueError
        If a band is not known.

    Examples
    --------
    >>> own = with_overrides(shipped_presets(), {"n78": {"tilt_deg": 6.0}, "n79": {"eirp_re_dbm": 38.0}})
    >>> own.by_band["n78"].tilt_deg, own.by_band["n79"].frequency_mhz, own.by_band["n79"].gain_dbi
    (6.0, 4700.0, 22.5)
    """
    by_band = dict(presets.by_band)
    for band, values in overrides.items():
        changed = dict(values)
        if "eirp_re_dbm" in changed:
            changed["eirp_re_range_dbm"] = (changed["eirp_re_dbm"],) * 2  # type: ignore[assignment]
        by_band[band] = dataclasses.replace(by_band.get(band) or _new_preset(presets, band), **changed)  # type: ignore[arg-type]
    missing = [band for band in (defaults or {}).values() if band not in by_band]
    for band in missing:
        by_band[band] = _new_preset(presets, band)
    operators = {
        operator: {technology: band for technology, band in bands.items() if technology not in (defaults or {})}
        for operator, bands in presets.operator_defaults.items()
    }
    return Presets(by_band, {**presets.defaults, **(defaults or {})}, operators)


def choose_preset(
    presets: Presets,
    technology: str,
    *,
    band: str | None = None,
    frequency_mhz: float = math.nan,
    operators: Sequence[str] = (),
) -> BandPreset:
    """Choose the preset that stands in for a cell.

    Parameters
    ----------
    presets
        To choose from.
    technology
        Of the cell; one that is not known goes with 4G.
    band
        Its band, where known.
    frequency_mhz
        Its frequency, where known: the preset of the same technology nearest to it stands in; NaN: not known.
    operators
        Whom it serves.

    Returns
    -------
    preset
        That of the band; else the nearest in frequency; else that of the operator, or of the technology.

    Examples
    --------
    >>> choose = lambda *words, **known: choose_preset(shipped_presets(), *words, **known).band
    >>> choose("4G", band="B8"), choose("5G", frequency_mhz=4_850.0), choose("5G", operators=["中国移动"]), choose("4G")
    ('B8', 'n78', 'n41', 'B3')
    """
    if band in presets.by_band:
        return presets.by_band[str(band)]
    if math.isnan(frequency_mhz) and band in known_bands():
        frequency_mhz = known_bands()[str(band)].centre_mhz
    if not math.isnan(frequency_mhz):
        return nearest_preset(presets, technology, frequency_mhz)
    own = presets.operator_defaults.get(operators[0], {}) if len(operators) == 1 else {}
    return presets.by_band[own.get(technology) or presets.defaults.get(technology) or presets.defaults["4G"]]


def nearest_preset(presets: Presets, technology: str, frequency_mhz: float) -> BandPreset:
    """Choose the preset nearest in frequency, by ratio, among those of a technology (of all for 2G and 3G).

    Examples
    --------
    >>> nearest_preset(shipped_presets(), "4G", 2_330.0).band, nearest_preset(shipped_presets(), "3G", 2_140.0).band
    ('B3', 'n1')
    """
    may = _MAY_STAND_IN.get(technology, ("4G", "5G"))
    fitting = [preset for preset in presets.by_band.values() if preset.technology in may]
    return min(fitting, key=lambda preset: abs(math.log(preset.frequency_mhz / frequency_mhz)))


def _new_preset(presets: Presets, band: str) -> BandPreset:
    """Make a preset of a band that has none."""
    known = known_bands().get(band)
    if known is None:
        msg = f"band must be one of 3GPP, such as n78 or B3, got {band!r}"
        raise ValueError(msg)
    technology = "5G" if known.family == "NR" else "4G"
    like = nearest_preset(presets, technology, known.centre_mhz)
    return dataclasses.replace(like, band=band, frequency_mhz=known.centre_mhz)
