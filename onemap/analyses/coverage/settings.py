"""What coverage is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from onemap.radio.presets import Presets, shipped_presets

__all__ = [
    "ANY_OPERATOR",
    "FIELD_STRENGTH_MODELS",
    "TERRAIN_MODELS",
    "TOWER_COMPANY",
    "CoverageModel",
    "CoverageSettings",
]

CoverageModel = Literal["radius", "line of sight", "p1812", "delta-bullington", "itm", "tr38901", "hata"]
"""How coverage may be judged; all but the first two by field strength."""

FIELD_STRENGTH_MODELS = ("p1812", "delta-bullington", "itm", "tr38901", "hata")
"""Models that give a loss, and with it the power received."""

TERRAIN_MODELS = ("line of sight", "p1812", "delta-bullington", "itm", "tr38901")
"""Models that need heights of the ground."""

ANY_OPERATOR = "any"
"""In results: whichever operator serves best."""

TOWER_COMPANY = "中国铁塔"
"""Owns towers and serves nobody itself."""


@dataclass(frozen=True, slots=True)
class CoverageSettings:
    """What coverage is judged by.

    Attributes
    ----------
    model
        "radius": a cell covers what lies within its range. "line of sight": of that, what its antenna sees over the
        ground. By field strength: "p1812", "delta-bullington", "itm" and "tr38901" over the ground, "hata" by distance.
    compare
        Further models, judged side by side; where they disagree with `model` the verdict is "depends".
    technologies, operators
        What is asked for; besides each operator, "any" is always answered.
    range_m
        Technology → how far a cell reaches, in metres. An assumption of the project. Field strength does not use it.
    reach_m
        Cells farther than this are not looked at by field strength, in metres.
    rsrp_min_dbm
        Technology → reference signal power that service needs, in dBm. An assumption of the project.
    location_percent
        Covered is what has that power at so many per cent of the locations around the target, uncovered what lacks it
        at as many; between the two the verdict is "depends".
    location_area_m
        Side of the square around the target whose locations are meant, in metres.
    model_sigma_db
        Standard deviation of the model against measurements, in dB; added to the variability with location as
        variances. An assumption of the project until it has measurements.
    time_percent
        Share of time for which the loss is not exceeded, in per cent: 1 to 50.
    delta_n, n0
        Fall of the refractivity in the lowest kilometre, in N-units per kilometre, and the refractivity at sea level,
        in N-units; where missing, they come from the table of `onemap.radio.climate`.
    polarisation
        Of the antennas: "vertical" or "horizontal".
    environment
        Which surroundings "tr38901" (RMa or UMa) and "hata" (open, suburban, city) assume.
    body_loss_db
        Loss by the body beside the receiver, in dB.
    profile_step_cells
        Distance between the samples of the ground under a path, in cells of the elevation model.
    k_factor
        Effective over real radius of the earth for the line of sight; 4/3 is standard refraction.
    target_height_m
        Height of the receiver above the ground, in metres.
    clearance_margin_m
        A ray less than this above or below the ground in the middle of its path leaves the verdict open, in metres;
        towards both ends less (`onemap.terrain.profile.margin_shape`).
    road_step_m
        Distance between the points of a road that are judged, in metres.
    default_tower_height_m
        Height of an antenna for which neither cell nor tower gives one, in metres: an assumption, stated in the reason.
    presets
        What stands in for the radio of cells that do not say: assumptions, stated in the reason.

    Examples
    --------
    >>> CoverageSettings(technologies=("4G",), range_m={"4G": 8_000}).model
    'p1812'
    >>> CoverageSettings(technologies=("6G",))
    Traceback (most recent call last):
    ValueError: range_m must name each technology, got none for 6G
    """

    model: CoverageModel = "p1812"
    compare: tuple[CoverageModel, ...] = ()
    technologies: tuple[str, ...] = ("4G", "5G")
    operators: tuple[str, ...] = ("中国移动", "中国联通", "中国电信")
    range_m: Mapping[str, float] = field(default_factory=lambda: {"4G": 8_000.0, "5G": 3_000.0})
    reach_m: float = 15_000.0
    rsrp_min_dbm: Mapping[str, float] = field(default_factory=lambda: {"4G": -105.0, "5G": -105.0})
    location_percent: float = 90.0
    location_area_m: float = 100.0
    model_sigma_db: float = 6.0
    time_percent: float = 50.0
    delta_n: float | None = None
    n0: float | None = None
    polarisation: Literal["vertical", "horizontal"] = "vertical"
    environment: Literal["rural", "suburban", "urban"] = "rural"
    body_loss_db: float = 0.0
    profile_step_cells: float = 1.0
    k_factor: float = 4.0 / 3.0
    target_height_m: float = 1.5
    clearance_margin_m: float = 5.0
    road_step_m: float = 50.0
    default_tower_height_m: float = 30.0
    presets: Presets = field(default_factory=shipped_presets)

    def __post_init__(self) -> None:
        self._require_each_technology()
        for model in (self.model, *self.compare):
            if model not in get_args(CoverageModel):
                msg = f"model must be one of {', '.join(get_args(CoverageModel))}, got {model!r}"
                raise ValueError(msg)
        for name in ("k_factor", "road_step_m", "reach_m", "location_area_m", "profile_step_cells"):
            if not getattr(self, name) > 0:
                msg = f"{name} must be more than zero, got {getattr(self, name)}"
                raise ValueError(msg)
        for name in ("clearance_margin_m", "model_sigma_db", "body_loss_db"):
            if not getattr(self, name) >= 0:
                msg = f"{name} must not be negative, got {getattr(self, name)}"
                raise ValueError(msg)
        if not 1 <= self.time_percent <= 50 or not 50 <= self.location_percent <= 99:
            msg = (
                "time_percent must lie in [1, 50] and location_percent in [50, 99], "
                f"got {self.time_percent:g} and {self.location_percent:g}"
            )
            raise ValueError(msg)
        if ANY_OPERATOR in self.operators:
            msg = f'operators must not name "{ANY_OPERATOR}": it is always answered'
            raise ValueError(msg)

    def _require_each_technology(self) -> None:
        """Require a range and a threshold for each technology."""
        needed: list[tuple[str, Mapping[str, float]]] = [("range_m", self.range_m)]
        if set(FIELD_STRENGTH_MODELS).intersection((self.model, *self.compare)):
            needed.append(("rsrp_min_dbm", self.rsrp_min_dbm))
        for name, given in needed:
            unknown = [technology for technology in self.technologies if technology not in given]
            if unknown:
                msg = f"{name} must name each technology, got none for {', '.join(unknown)}"
                raise ValueError(msg)
