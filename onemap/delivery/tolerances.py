"""Key `[tolerances]` of a delivery profile: how far is too far, how small too small, and where each default is from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import Field, field_validator

from onemap.delivery.profile_keys import Part

__all__ = ["ORIGINS", "Tolerances"]

Positive = Annotated[float, Field(gt=0, le=1e6)]
NotNegative = Annotated[float, Field(ge=0, le=1e6)]

ORIGINS: Mapping[str, str] = MappingProxyType(
    {
        "topology_m": "0.001 m, the XY tolerance of one published template of a village plan (certainty B)",
        "vertex_m": "0.001 m, as topology_m: vertices nearer than the XY tolerance are one",
        "angle_deg": "10 degrees, default of a checker in daily use (certainty B)",
        "control_line_m2": "1 m², what one offline tool of 2026 counts as overlap with a control line (certainty B)",
        "smallest_m2": "100, 200, 400, 600 m² by land use, one province, legacy (certainty C)",
        "allowance_m2": "20 m², one province, legacy (certainty C)",
        "table_m2": "0.01, as areas have two decimals",
        "sliver_m": "0.5 m mean width, chosen here: no published figure was found",
        "hole_m2": "1 m², chosen here: no published figure was found",
        "line_m": "0.1 m, chosen here: no published figure was found",
        "break_m": "5 m, chosen here: no published figure was found",
        "end_m": "10 m, chosen here: rooms are drawn as points beside the end of a cable",
        "outside_m": "1 m, chosen here: no published figure was found",
    }
)
"""Where each default comes from; certainty as the profiles' page says: A official, B one working tool, C draft."""

_BUILT, _FARM_FACILITY, _FARM, _OTHER = 100.0, 200.0, 400.0, 600.0
_SMALLEST: Mapping[str, float] = {
    "06": _FARM_FACILITY,  # 农业设施建设用地
    **{f"{code:02d}": _FARM for code in range(1, 6)},  # 耕地, 园地, 林地, 草地, 湿地
    **{f"{code:02d}": _BUILT for code in range(7, 15)},  # 居住用地 to 绿地与开敞空间用地
}


class Tolerances(Part):
    """How far is too far, in metres on the ground whatever the system of the layer; see `ORIGINS`.

    Attributes
    ----------
    topology_m
        Overlaps and gaps narrower than this, and ends nearer than this, are none.
    vertex_m
        Vertices of one feature nearer than this are the same.
    angle_deg
        Smallest angle between two edges.
    sliver_m
        Smallest mean width of an area (twice its area over its perimeter).
    hole_m2
        Smallest hole.
    line_m
        Shortest line.
    break_m
        Ends of roads nearer than this to another road, without touching it, are broken.
    end_m
        How far a cable may end from a room or joint.
    outside_m
        Length of a line that may lie outside the county; of an area, the mean width.
    control_line_m2
        Overlap with a control line that counts.
    table_m2
        How far a total of a table may be from that of the layer.
    smallest_m2
        Smallest area by the beginning of the land use code; the longest beginning that fits counts.
    smallest_other_m2
        Smallest area of every other code.
    allowance_m2
        What is taken off the smallest areas.

    Examples
    --------
    >>> Tolerances().smallest("130600"), Tolerances().smallest("010100"), Tolerances().smallest("17")
    (80.0, 380.0, 580.0)
    """

    topology_m: Positive = 0.001
    vertex_m: NotNegative = 0.001
    angle_deg: Annotated[float, Field(ge=0, lt=90)] = 10.0
    sliver_m: NotNegative = 0.5
    hole_m2: NotNegative = 1.0
    line_m: NotNegative = 0.1
    break_m: Positive = 5.0
    end_m: Positive = 10.0
    outside_m: NotNegative = 1.0
    control_line_m2: NotNegative = 1.0
    table_m2: NotNegative = 0.01
    smallest_m2: Mapping[str, NotNegative] = Field(default_factory=lambda: dict(_SMALLEST))
    smallest_other_m2: NotNegative = _OTHER
    allowance_m2: NotNegative = 20.0

    @field_validator("smallest_m2")
    @classmethod
    def _codes(cls, smallest: Mapping[str, float]) -> Mapping[str, float]:
        """Require beginnings of land use codes: digits."""
        wrong = [code for code in smallest if not (code.isascii() and code.isdigit())]
        if wrong:
            msg = f"smallest_m2 must name beginnings of land use codes, digits only, got {wrong[0]!r}"
            raise ValueError(msg)
        return dict(smallest)

    def smallest(self, land_use: str) -> float:
        """Give the smallest area of a land use code, in square metres, the allowance taken off."""
        fitting = [code for code in self.smallest_m2 if land_use.startswith(code)]
        smallest = self.smallest_m2[max(fitting, key=len)] if fitting else self.smallest_other_m2
        return max(smallest - self.allowance_m2, 0.0)
