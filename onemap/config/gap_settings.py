"""The tables `[gaps]`, `[universal_service]` and `[indicators]` of a project file, as frozen models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, field_validator

from onemap.config.strict_model import StrictModel

__all__ = ["FibreSettings", "GapSettings", "IndicatorSettings", "PrioritySettings", "UniversalServiceSettings"]

_Share = Annotated[float, Field(ge=0, le=1)]
_Length = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
_Edge = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
_Part = Literal["people", "kind", "lack", "isolation", "fibre"]
_Technology = Literal["2G", "3G", "4G", "5G", "NB-IoT"]


class FibreSettings(StrictModel):
    """How the way to fibre is measured; all are assumptions of the project.

    Attributes
    ----------
    class_edges_m
        Edges of the classes of distance, rising, in metres.
    drop_m
        A place this near to fibre is reached straight, in metres.
    road_reach_m, road_snap_m
        Farthest that a place may stand from its road; an end of a road this near to another is joined, in metres.
    cable_step_m
        A cable can be reached at points this far apart, in metres.
    unknown_capacity
        Whether supply counts whose free capacity is not stated.
    """

    class_edges_m: tuple[_Edge, ...] = Field(default=(500.0, 2000.0, 5000.0, 10_000.0), min_length=1, max_length=20)
    drop_m: _Length = 300.0
    road_reach_m: _Length = 1000.0
    road_snap_m: _Length = 10.0
    cable_step_m: float = Field(default=100.0, ge=1, le=10_000)
    unknown_capacity: bool = True

    @field_validator("class_edges_m")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        """Require edges that rise."""
        if list(value) != sorted(set(value)):
            msg = "edges that rise, such as [500, 2000, 5000]"
            raise ValueError(msg)
        return value


class PrioritySettings(StrictModel):
    """What makes a gap urgent; weights and scales are assumptions of the project.

    Attributes
    ----------
    weights
        Part → weight; the score is the weighted mean.
    kinds
        Layer of places → worth from 0 to 1.
    people_full, people_per_household
        People that give the whole part; people of a household where only households are known.
    isolation_full_m, fibre_full_m
        Distance of the nearest tower that gives the whole part; distance of fibre that gives none, in metres.
    """

    weights: Mapping[_Part, Annotated[float, Field(ge=0)]] = {
        "people": 0.35,
        "kind": 0.25,
        "lack": 0.2,
        "isolation": 0.1,
        "fibre": 0.1,
    }
    kinds: Mapping[str, _Share] = {
        "villages": 1.0,
        "posts": 1.0,
        "schools": 0.9,
        "clinics": 0.9,
        "townships": 0.9,
        "settlements": 0.7,
        "places": 0.6,
    }
    people_full: PositiveFloat = 1000.0
    people_per_household: PositiveFloat = 3.5
    isolation_full_m: PositiveFloat = 10_000.0
    fibre_full_m: PositiveFloat = 10_000.0

    @field_validator("weights")
    @classmethod
    def _some(cls, value: Mapping[_Part, float]) -> Mapping[_Part, float]:
        """Require a weight."""
        if not sum(value.values()) > 0:
            msg = "at least one weight above zero"
            raise ValueError(msg)
        return value


class GapSettings(StrictModel):
    """What counts as a gap.

    Attributes
    ----------
    station_distance_m
        An administrative village counts as served with a base station this near to its committee, in metres.
    min_households
        Settlements of at least so many households must be covered.
    unknown_households
        A settlement of unknown size leaves the verdict "open", is taken to "count", or is left out ("skip").
    min_stretch_m, min_covered_m, max_stretch_m
        Shortest gap that counts, shortest covered piece that parts two gaps, longest stretch before it is split (0:
        never), in metres.
    road_target_share
        Share of a road's length that must be covered.
    carriageways
        Roads of one route number "apart" or "joined".
    post_distance_m, post_tolerance_m, chainage_hole_m
        A kilometre post this near to its road calibrates it; what chainage and length may differ; a hole in the
        chainage of a joined route that parts no stretch, in metres.
    areas_step_m
        Distance of the points that areas are judged by, in metres; 0: areas by their people alone.
    fibre, priority
        Tables of their own.
    """

    station_distance_m: PositiveFloat = 5000.0
    min_households: int = Field(default=20, ge=0)
    unknown_households: Literal["open", "count", "skip"] = "open"
    min_stretch_m: float = Field(default=0.0, ge=0)
    min_covered_m: _Length = 0.0
    max_stretch_m: _Length = 0.0
    road_target_share: float = Field(default=0.95, ge=0, le=1)
    carriageways: Literal["apart", "joined"] = "apart"
    post_distance_m: _Length = 50.0
    post_tolerance_m: _Length = 100.0
    chainage_hole_m: _Length = 50.0
    areas_step_m: float = Field(default=0.0, ge=0, le=100_000)
    fibre: FibreSettings = FibreSettings()
    priority: PrioritySettings = PrioritySettings()


class UniversalServiceSettings(StrictModel):
    """What is applied for, and how finished places are checked.

    Attributes
    ----------
    technologies, kinds, min_households
        A place of these layers that lacks one of these is applied for; smaller settlements are not.
    sample_share, seed
        Least share of the finished places that is drawn in every county, at least one; seed of the draw.
    radius_m, min_samples
        Samples this near to a place are of it, in metres; fewer decide nothing.
    good_rsrp_dbm, good_share
        Power of a good sample, in dBm; share of good samples that passes. Assumptions: no official figure was found.
    """

    technologies: tuple[_Technology, ...] = Field(default=("4G",), min_length=1)
    kinds: tuple[str, ...] = ("villages", "settlements", "schools", "clinics", "posts")
    min_households: int = Field(default=20, ge=0)
    sample_share: _Share = 0.03
    seed: int = Field(default=0, ge=0)
    radius_m: PositiveFloat = 300.0
    min_samples: int = Field(default=20, ge=1)
    good_rsrp_dbm: float = Field(default=-105.0, ge=-160, le=-20)
    good_share: _Share = 0.9


class IndicatorSettings(StrictModel):
    """How results are held against dated targets.

    Attributes
    ----------
    operator
        Whose coverage counts.
    fibre_reach_m
        A place this near to fibre has fibre, in metres: an assumption.
    old_room_years
        A room this old is to be renovated, in years: an assumption.
    before
        Output of a run on data of an earlier date, to say what moved; empty: none.
    """

    operator: str = Field(default="any", min_length=1)
    fibre_reach_m: _Length = 300.0
    old_room_years: int = Field(default=20, ge=1, le=200)
    before: str = ""
