"""Identifiers of delivered features: numbered in order, unique in a delivery, and kept from the delivery before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from onemap.delivery.profile_keys import BSMKeys

__all__ = ["Feature", "Identifiers"]

Feature = tuple[str, str, str, int]
"""Delivered layer, canonical layer, identifier in it, part: what a feature is known by in the next delivery too."""


@dataclass
class Identifiers:
    """What numbers the features of one delivery.

    A sequence runs for each beginning and end that identifiers have around it: with the number of the layer in the
    pattern it runs in the layer, with the district in the district, else through all layers.

    Attributes
    ----------
    keys
        Key `[bsm]` of the profile.
    county
        Six digits.
    before
        Identifiers of the delivery before, by feature. A feature keeps its own while it stays in its layer and
        district; no other feature is ever given one of them.

    Examples
    --------
    >>> made = Identifiers(BSMKeys(pattern="{county}{sequence:03d}"), "659900", {("D", "towers", "T2", 1): "659900001"})
    >>> made.of(1, [("D", "towers", "T1", 1), ("D", "towers", "T2", 1)], ["", ""])
    ['659900002', '659900001']
    """

    keys: BSMKeys
    county: str
    before: Mapping[Feature, str] = field(default_factory=dict)
    _next: dict[tuple[str, str], int] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Set the identifiers of the delivery before aside."""
        self._taken = set(self.before.values())

    def of(self, layer: int, features: Sequence[Feature], districts: Sequence[str]) -> list[str]:
        """Give the identifiers of the features of one layer, in order.

        Parameters
        ----------
        layer
            Number of the layer.
        features
            What the features are known by.
        districts
            Code of the district of each; empty where the profile has none.

        Returns
        -------
        identifiers
            One a feature.
        """
        given = []
        for feature, district in zip(features, districts, strict=True):
            around = self.keys.around(self.county, layer, district)
            kept = self.before.get(feature, "")
            given.append(kept if self._fits(kept, around) else self._fresh(layer, district, around))
        return given

    def _fits(self, kept: str, around: tuple[str, str]) -> bool:
        """Tell whether an identifier of the delivery before is one that this feature could be given now."""
        before, after = around
        sequence = kept.removeprefix(before).removesuffix(after)
        return bool(kept) and f"{before}{sequence}{after}" == kept and sequence.isdecimal()

    def _fresh(self, layer: int, district: str, around: tuple[str, str]) -> str:
        """Give the next identifier that no feature has or had."""
        while True:
            number = self._next[around] = self._next.get(around, 0) + 1
            made = self.keys.identifier(self.county, layer, number, district)
            if made not in self._taken:
                return made
