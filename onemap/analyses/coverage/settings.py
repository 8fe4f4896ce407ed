"""What coverage is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["ANY_OPERATOR", "TOWER_COMPANY", "CoverageSettings"]

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
        ground.
    technologies, operators
        What is asked for; besides each operator, "any" is always answered.
    range_m
        Technology → how far a cell reaches, in metres. An assumption of the project.
    k_factor
        Effective over real radius of the earth; 4/3 is standard refraction.
    target_height_m
        Height of the receiver above the ground, in metres.
    clearance_margin_m
        A ray less than this above or below the ground in the middle of its path leaves the verdict open, in metres;
        towards both ends less (`onemap.terrain.profile.margin_shape`).
    road_step_m
        Distance between the points of a road that are judged, in metres.
    default_tower_height_m
        Height of an antenna for which neither cell nor tower gives one, in metres: an assumption, stated in the reason.

    Examples
    --------
    >>> CoverageSettings(technologies=("4G",), range_m={"4G": 8_000}).model
    'line of sight'
    >>> CoverageSettings(technologies=("6G",))
    Traceback (most recent call last):
    ValueError: range_m must name each technology, got none for 6G
    """

    model: Literal["radius", "line of sight"] = "line of sight"
    technologies: tuple[str, ...] = ("4G", "5G")
    operators: tuple[str, ...] = ("中国移动", "中国联通", "中国电信")
    range_m: Mapping[str, float] = field(default_factory=lambda: {"4G": 8_000.0, "5G": 3_000.0})
    k_factor: float = 4.0 / 3.0
    target_height_m: float = 1.5
    clearance_margin_m: float = 5.0
    road_step_m: float = 50.0
    default_tower_height_m: float = 30.0

    def __post_init__(self) -> None:
        unknown = [technology for technology in self.technologies if technology not in self.range_m]
        if unknown:
            msg = f"range_m must name each technology, got none for {', '.join(unknown)}"
            raise ValueError(msg)
        if self.model not in ("radius", "line of sight"):
            msg = f'model must be "radius" or "line of sight", got {self.model!r}'
            raise ValueError(msg)
        for name in ("k_factor", "road_step_m"):
            if not getattr(self, name) > 0:
                msg = f"{name} must be more than zero, got {getattr(self, name)}"
                raise ValueError(msg)
        if not self.clearance_margin_m >= 0:
            msg = f"clearance_margin_m must not be negative, got {self.clearance_margin_m}"
            raise ValueError(msg)
        if ANY_OPERATOR in self.operators:
            msg = f'operators must not name "{ANY_OPERATOR}": it is always answered'
            raise ValueError(msg)
