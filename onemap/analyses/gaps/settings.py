"""What counts as a gap."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GapSettings"]


@dataclass(frozen=True, slots=True)
class GapSettings:
    """What counts as a gap.

    Attributes
    ----------
    station_distance_m
        A base station this close to its committee serves an administrative village, in metres.
    min_households
        A settlement of at least this many households counts among the places of its village.
    min_stretch_m
        Shorter stretches of road are left out of the list (never out of the sums), in metres.
    road_target_share
        Share of a road's length that must be covered.

    References
    ----------
    Guide to applications for universal telecommunications service, 2018 (station_distance_m, min_households); the
    campaign 「信号升格」, MIIT 2023 no. 257 (road_target_share).

    Examples
    --------
    >>> GapSettings().station_distance_m
    5000.0
    """

    station_distance_m: float = 5_000.0
    min_households: int = 20
    min_stretch_m: float = 0.0
    road_target_share: float = 0.95

    def __post_init__(self) -> None:
        for name in ("station_distance_m", "min_households", "min_stretch_m"):
            if not getattr(self, name) >= 0:
                msg = f"{name} must not be negative, got {getattr(self, name)}"
                raise ValueError(msg)
        if not 0 <= self.road_target_share <= 1:
            msg = f"road_target_share must lie in [0, 1], got {self.road_target_share}"
            raise ValueError(msg)
