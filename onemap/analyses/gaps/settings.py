"""What counts as a gap, and how stretches of road are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["GapSettings"]

_WORDS = {"unknown_households": ("open", "count", "skip"), "carriageways": ("apart", "joined")}
_LENGTHS = (
    "station_distance_m", "min_households", "min_stretch_m", "min_covered_m", "max_stretch_m", "post_distance_m",
    "post_tolerance_m", "chainage_hole_m",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GapSettings:
    """What counts as a gap.

    Attributes
    ----------
    station_distance_m
        A base station this close to its committee serves an administrative village, in metres.
    min_households
        A settlement of at least this many households counts among the places of its village.
    unknown_households
        What becomes of a settlement whose households are not known: "open" (it counts, but leaves the verdict open at
        worst), "count" (as a large one) or "skip" (as a small one). A choice of onemap: the rule does not say.
    min_stretch_m
        Shortest gap that counts: shorter stretches of road are left out of the list (never out of the sums), in metres.
    min_covered_m
        Shortest covered piece that parts two gaps: a shorter one joins the two stretches of one verdict at its ends, in
        metres. It still counts as covered in the sums.
    max_stretch_m
        Longest stretch before it is split into equal parts, in metres; 0: none is split.
    road_target_share
        Share of a road's length that must be covered.
    carriageways
        Roads of one route number: "apart" (each by itself) or "joined" (one route along its chainage, covered where
        all carriageways are).
    post_distance_m
        A kilometre post this near to a road of its route calibrates it, in metres.
    post_tolerance_m
        Chainage and length between two posts may differ by this much before it is said, in metres.
    chainage_hole_m
        A hole in the chainage between two roads of a joined route that parts no stretch while it is shorter, in metres.

    References
    ----------
    Guide to applications for universal telecommunications service, 2018 (station_distance_m, min_households); the
    campaign 「信号升格」, MIIT 2023 no. 257 (road_target_share). The other lengths are choices of the project.

    Examples
    --------
    >>> GapSettings().station_distance_m
    5000.0
    """

    station_distance_m: float = 5_000.0
    min_households: int = 20
    unknown_households: Literal["open", "count", "skip"] = "open"
    min_stretch_m: float = 0.0
    min_covered_m: float = 0.0
    max_stretch_m: float = 0.0
    road_target_share: float = 0.95
    carriageways: Literal["apart", "joined"] = "apart"
    post_distance_m: float = 50.0
    post_tolerance_m: float = 100.0
    chainage_hole_m: float = 50.0

    def __post_init__(self) -> None:
        for name in _LENGTHS:
            if not getattr(self, name) >= 0:
                msg = f"{name} must not be negative, got {getattr(self, name)}"
                raise ValueError(msg)
        if not 0 <= self.road_target_share <= 1:
            msg = f"road_target_share must lie in [0, 1], got {self.road_target_share}"
            raise ValueError(msg)
        for name, known in _WORDS.items():
            if getattr(self, name) not in known:
                msg = f"{name} must be one of {', '.join(known)}, got {getattr(self, name)!r}"
                raise ValueError(msg)
