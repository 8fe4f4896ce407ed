"""What conflicts with zones are judged by."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ConflictSettings"]


@dataclass(frozen=True, slots=True)
class ConflictSettings:
    """What conflicts with zones are judged by.

    Attributes
    ----------
    tower_area_m2, room_area_m2, centre_area_m2
        Area that a tower or planned site, a room and a data centre take where their row does not say (field
        `site_area_m2`) and they are given as points, in square metres. No document gives a figure: they are
        assumptions, and every line that rests on one says so.
    corridor_width_m
        Width of the strip that cables, ducts and works drawn as lines take, in metres; 0: none, lengths only.
    search_radius_m
        How far from a planned site in a forbidden zone another place is looked for, in metres.
    clearance_m
        How far that place must stay from the boundary of such a zone, in metres: an assumption.
    overlap_min_m2
        Two zones of one kind that overlap by at least this, and by 1 cm of mean width, are reported, in square metres.

    Examples
    --------
    >>> ConflictSettings().search_radius_m
    2000.0
    """

    tower_area_m2: float = 100.0
    room_area_m2: float = 60.0
    centre_area_m2: float = 2_000.0
    corridor_width_m: float = 0.0
    search_radius_m: float = 2_000.0
    clearance_m: float = 10.0
    overlap_min_m2: float = 1.0

    def __post_init__(self) -> None:
        for name in ("tower_area_m2", "room_area_m2", "centre_area_m2", "search_radius_m"):
            if not getattr(self, name) > 0:
                msg = f"{name} must be more than zero, got {getattr(self, name)}"
                raise ValueError(msg)
        for name in ("corridor_width_m", "clearance_m", "overlap_min_m2"):
            if not getattr(self, name) >= 0:
                msg = f"{name} must not be negative, got {getattr(self, name)}"
                raise ValueError(msg)
