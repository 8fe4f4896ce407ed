"""What a project assumes of cells: the tables `[coverage.presets.<band>]` and `[coverage.default_bands]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator

from onemap.config.strict_model import StrictModel
from onemap.radio.carriers import known_bands
from onemap.radio.presets import Presets, shipped_presets, with_overrides

__all__ = ["PresetSettings", "RadioSettings"]

_Technology = Literal["2G", "3G", "4G", "5G", "NB-IoT"]
_HIGHEST_M = 1_000.0
_Degrees = Annotated[float, Field(ge=1, le=360)]


class PresetSettings(StrictModel):
    """What stands in for cells of one band that do not say; what is left out stays as it comes with onemap.

    Attributes
    ----------
    frequency_mhz
        Downlink frequency, in megahertz.
    eirp_re_dbm
        EIRP of a resource element of the reference signal, in dBm.
    gain_dbi, feeder_loss_db
        Gain, and loss before the antenna, of cells of which only the power of the reference signal is known.
    beamwidth_deg, v_beamwidth_deg, tilt_deg
        Of the beam, in degrees.
    """

    frequency_mhz: float | None = Field(default=None, ge=30, le=60_000)
    eirp_re_dbm: float | None = Field(default=None, ge=-30, le=70)
    gain_dbi: float | None = Field(default=None, ge=-10, le=40)
    feeder_loss_db: float | None = Field(default=None, ge=0, le=20)
    beamwidth_deg: _Degrees | None = None
    v_beamwidth_deg: float | None = Field(default=None, ge=1, le=180)
    tilt_deg: float | None = Field(default=None, ge=-10, le=30)


class RadioSettings(StrictModel):
    """What is assumed of cells; a part of the table `[coverage]`.

    Attributes
    ----------
    presets
        Band, such as "n28" or "B3" → what is assumed of its cells.
    default_bands
        Technology → band that stands in where nothing tells one.
    """

    presets: Mapping[str, PresetSettings] = {}
    default_bands: Mapping[_Technology, str] = {}

    @field_validator("presets", "default_bands")
    @classmethod
    def _known(cls, value: Mapping[str, object]) -> Mapping[str, object]:
        """Require bands of 3GPP: they are the keys of presets, and what stands in for a technology."""
        named = [band if isinstance(band, str) else key for key, band in value.items()]
        unknown = [name for name in named if name not in known_bands()]
        if unknown:
            msg = f"a band of 3GPP, such as n78 or B3, got {unknown[0]}"
            raise ValueError(msg)
        return value

    @field_validator("operators", check_fields=False)
    @classmethod
    def _no_operator_called_any(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Keep the word for whichever operator serves best: it is always answered."""
        if "any" in value:
            msg = 'a list of operators without "any", which is always answered'
            raise ValueError(msg)
        return value

    @field_validator("default_tower_height_m", check_fields=False)
    @classmethod
    def _height_of_a_tower(cls, value: float) -> float:
        """Require a height that a tower can have."""
        if value > _HIGHEST_M:
            msg = f"at most {_HIGHEST_M:g}"
            raise ValueError(msg)
        return value

    def band_presets(self) -> Presets:
        """Give the presets of the project: those that come with onemap, with its own values in their place.

        Examples
        --------
        >>> RadioSettings(presets={"B3": {"eirp_re_dbm": 33.0}}).band_presets().by_band["B3"].eirp_re_dbm
        33.0
        """
        overrides = {band: preset.model_dump(exclude_none=True) for band, preset in self.presets.items()}
        return with_overrides(
            shipped_presets(), overrides, defaults={str(name): band for name, band in self.default_bands.items()}
        )
