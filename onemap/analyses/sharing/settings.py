"""What sharing is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["KEEPER_RULES", "KeeperRule", "SharingSettings"]

KeeperRule = Literal["company", "in service", "height", "platforms", "room", "power"]
KEEPER_RULES: tuple[KeeperRule, ...] = ("company", "in service", "height", "platforms", "room", "power")
"""What the tower that stays is chosen by: of the tower company, in service, highest, most free platforms, with a room,
with mains power; the order is an assumption."""


@dataclass(frozen=True, slots=True)
class SharingSettings:
    """What sharing is judged by.

    Attributes
    ----------
    distance_in_settlements_m, distance_outside_m
        Towers closer than this should be one, inside settlements and outside, in metres.
    match_distance_m
        How far a tower or structure may stand from the place it is to serve, in metres.
    settlement_radius_m
        A tower this close to the point of a settlement stands inside it, in metres: an assumption, as settlements are
        known by points only.
    matches_per_place
        How many candidates are listed for one place.
    in_settlements
        Whether settlements and urban development boundaries decide what stands inside ("by layers"), or all does
        ("everywhere"), or nothing ("nowhere").
    keeper_rules
        What the tower that stays is chosen by, the first that tells two apart; the id after all.

    References
    ----------
    Rules of one province for building and sharing telecommunications infrastructure (about 2009): a new tower within
    500 m inside settlements, or 3 km outside, of an existing one counts as built on the same spot.

    Examples
    --------
    >>> SharingSettings().distance_outside_m
    3000.0
    """

    distance_in_settlements_m: float = 500.0
    distance_outside_m: float = 3_000.0
    match_distance_m: float = 8_000.0
    settlement_radius_m: float = 500.0
    matches_per_place: int = 5
    in_settlements: Literal["by layers", "everywhere", "nowhere"] = "by layers"
    keeper_rules: tuple[KeeperRule, ...] = KEEPER_RULES

    def __post_init__(self) -> None:
        for name in ("distance_in_settlements_m", "distance_outside_m", "match_distance_m", "matches_per_place"):
            if not getattr(self, name) > 0:
                msg = f"{name} must be more than zero, got {getattr(self, name)}"
                raise ValueError(msg)
        unknown = [one for one in self.keeper_rules if one not in KEEPER_RULES]
        if unknown or len(set(self.keeper_rules)) < len(self.keeper_rules):
            msg = f"keeper_rules must be some of {', '.join(KEEPER_RULES)}, each once, got {self.keeper_rules}"
            raise ValueError(msg)
        if not self.settlement_radius_m >= 0:
            msg = f"settlement_radius_m must not be negative, got {self.settlement_radius_m}"
            raise ValueError(msg)
