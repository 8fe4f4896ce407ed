"""What a project may ask to have repaired, by name; nothing is repaired that it does not ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from onemap.messages import Told

__all__ = ["REPAIRS", "outcome"]

REPAIRS: Mapping[str, str] = MappingProxyType(
    {
        "fill_merged": "put the value of merged cells of a workbook into all of them",
        "ditto": "fill 同上 and the like with the value of the row above",
        "sentinels": "leave numbers empty that stand for 'unknown', such as 65535",
        "azimuth_360": "write an azimuth of 360° as 0°",
        "above_sea_heights": "take the ground off heights above the sea, where the row has ground_elev_m",
        "leading_zeros": "fill shortened codes up with zeros",
        "decimal_comma": "read 12,5 as 12.5",
        "chinese_numerals": "read 三十五 as 35",
        "rough_numbers": "read 约35 as 35",
        "day_first": "read 05.03.2024 as 5 March",
        "month_first": "read 05.03.2024 as 3 May",
        "two_digit_years": "read 24-3-5 as 2024-03-05",
        "html_entities": "read A&amp;B as A&B",
        "mojibake": "read texts again that were read in a wrong encoding, where no byte is lost",
        "swapped_axes": "exchange coordinates that are swapped beyond doubt",
        "geometry": "make shapes valid",
        "duplicate_vertices": "drop vertices that stand twice in a row",
        "antimeridian": "cut shapes at the 180th meridian that jump over it",
    }
)
"""Name of a repair → what it does."""


def outcome(repair: str, asked: Collection[str], *, before: object, after: object, left: str = "done_kept") -> Told:
    """Say what became of a value.

    Parameters
    ----------
    repair
        Name of the repair that fits, empty if none does.
    asked
        Repairs that the project asks for.
    before, after
        The value as it was, and as the repair gives it.
    left
        Text that is told where nothing was repaired: "done_kept", "done_empty" or "done_rejected".

    Examples
    --------
    >>> str(outcome("azimuth_360", ["azimuth_360"], before="360", after="0"))
    "repaired as the project asks, from '360' to '0'"
    >>> str(outcome("azimuth_360", [], before="360", after="0"))
    'it was kept'
    """
    if repair and repair in asked:
        return Told("done_repaired", {"before": before, "after": after})
    return Told(left)
