"""The table `[coverage_rasters]` of a project file, as a frozen model."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator

from onemap.config.strict_model import StrictModel

__all__ = ["CoverageRasterSettings"]

_Dbm = Annotated[float, Field(ge=-200, le=0)]


class CoverageRasterSettings(StrictModel):
    """Rasters and polygons of the power received.

    Attributes
    ----------
    write
        Whether they are wanted.
    class_edges_dbm
        Lower edges of the classes of power, falling, in dBm.
    tile_cells
        Side of the tiles that are computed at once, in cells: memory follows it.
    """

    write: bool = False
    class_edges_dbm: tuple[_Dbm, ...] = Field(default=(-85.0, -95.0, -105.0, -115.0), min_length=1, max_length=20)
    tile_cells: int = Field(default=1024, ge=64, le=16_384)

    @field_validator("class_edges_dbm")
    @classmethod
    def _falling(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        """Require edges that fall."""
        if any(after >= before for before, after in pairwise(value)):
            msg = "edges that fall, such as [-85, -95, -105]"
            raise ValueError(msg)
        return value
