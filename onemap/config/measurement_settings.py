"""The table `[measurements]` of a project file, as a frozen model."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, PositiveFloat, field_validator

from onemap.config.strict_model import StrictModel

__all__ = ["MeasurementSettings"]

_Field = Literal["operator", "technology", "band", "distance_class", "line_of_sight"]


class MeasurementSettings(StrictModel):
    """How the model is held against measurements, and whether measured gaps count over it.

    Attributes
    ----------
    place_m
        Side of the squares whose samples of one cell are one place, in metres.
    distance_edges_m
        Edges of the distance classes, in metres, rising.
    residual_edges_db
        Four edges of the classes of residuals on the map, in dB, rising.
    road_distance_m
        A place this near to a road belongs to it, in metres.
    block_m
        Side of the blocks that stand in for roads elsewhere, in metres.
    calibrate_by
        Fields that make the classes of calibration.
    min_count
        Fewest places of a class of calibration.
    override
        Whether measured gaps count over modelled coverage.
    override_radius_m
        Measurements this near to a target are of it, in metres.
    override_min_count
        Fewer of them decide nothing.
    """

    place_m: float = Field(default=50.0, ge=1, le=10_000)
    distance_edges_m: tuple[PositiveFloat, ...] = (1_000.0, 3_000.0, 5_000.0, 10_000.0)
    residual_edges_db: tuple[float, float, float, float] = (-10.0, -5.0, 5.0, 10.0)
    road_distance_m: float = Field(default=100.0, ge=0, le=10_000)
    block_m: float = Field(default=2_000.0, ge=10, le=1_000_000)
    calibrate_by: tuple[_Field, ...] = ("technology", "band", "line_of_sight")
    min_count: int = Field(default=20, ge=1)
    override: bool = False
    override_radius_m: float = Field(default=200.0, gt=0, le=10_000)
    override_min_count: int = Field(default=10, ge=1)

    @field_validator("distance_edges_m", "residual_edges_db")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        """Require edges that rise."""
        if any(low >= high for low, high in pairwise(value)):
            msg = "numbers that rise"
            raise ValueError(msg)
        return value

    @field_validator("calibrate_by")
    @classmethod
    def _once_each(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Require each field only once."""
        if len(set(value)) < len(value):
            msg = "a list that names each once"
            raise ValueError(msg)
        return value
