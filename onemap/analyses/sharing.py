"""What sharing is judged by."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SharingSettings"]


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

    def __post_init__(self) -> None:
        for name in ("distance_in_settlements_m", "distance_outside_m", "match_distance_m", "matches_per_place"):
            if not getattr(self, name) > 0:
                msg = f"{name} must be more than zero, got {getattr(self, name)}"
                raise ValueError(msg)
        if not self.settlement_radius_m >= 0:
            msg = f"settlement_radius_m must not be negative, got {self.settlement_radius_m}"
            raise ValueError(msg)
