"""How many resource blocks a carrier has."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["LTE_RESOURCE_BLOCKS", "NR_RESOURCE_BLOCKS"]

LTE_RESOURCE_BLOCKS: Mapping[float, int] = MappingProxyType({1.4: 6, 3: 15, 5: 25, 10: 50, 15: 75, 20: 100})
"""Bandwidth in MHz → resource blocks: 3GPP TS 36.104, table 5.6-1."""

NR_RESOURCE_BLOCKS: Mapping[int, Mapping[float, int]] = MappingProxyType(
    {
        15: {5: 25, 10: 52, 15: 79, 20: 106, 25: 133, 30: 160, 40: 216, 50: 270},
        30: {5: 11, 10: 24, 15: 38, 20: 51, 25: 65, 30: 78, 40: 106, 50: 133, 60: 162, 70: 189, 80: 217, 90: 245,
             100: 273},
        60: {10: 11, 15: 18, 20: 24, 25: 31, 30: 38, 40: 51, 50: 65, 60: 79, 70: 93, 80: 107, 90: 121, 100: 135},
    }
)  # fmt: skip
"""Subcarrier spacing in kHz → bandwidth in MHz → resource blocks: 3GPP TS 38.104, table 5.3.2-1."""
