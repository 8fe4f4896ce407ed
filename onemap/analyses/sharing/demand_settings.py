"""What demands, works and pole routes are judged by; each threshold is an assumption of the project unless said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["DemandSettings", "PoleSettings", "Resource", "WorkSettings"]

Resource = Literal["platform", "camera", "rack", "bore", "fibre"]
Metres = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=1)]

_WORDS: dict[str, Resource] = {
    "platform": "platform", "camera": "camera", "rack": "rack", "bore": "bore", "fibre": "fibre",
    "tower": "platform", "antenna": "platform", "站址": "platform", "铁塔": "platform", "平台": "platform",
    "杆塔": "platform", "挂载": "platform", "视频监控": "camera", "摄像头": "camera", "监控": "camera",
    "机房": "rack", "机位": "rack", "机架": "rack", "room": "rack", "管道": "bore", "管孔": "bore", "duct": "bore",
    "光缆": "fibre", "纤芯": "fibre", "cable": "fibre",
}  # fmt: skip


class _Table(BaseModel):
    """A table whose keys are all known."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


class DemandSettings(_Table):
    """How demands meet what stands already.

    Attributes
    ----------
    resource_words
        Word for a kind of resource in the demands → platform, camera, rack, bore or fibre.
    default_resource
        What a demand that does not say wants.
    distance_m
        How far what is shared may lie from the demand, by resource, in metres.
    platform_distance_in_settlements_m
        The same for platforms wanted inside settlements, in metres: the distance of the rule for one spot.
    structure_slots
        How many antennas or cameras a structure of another industry takes, by kind.
    unknown_room
        Free places of a tower, room, duct or cable that does not say.
    unknown_height_m
        Height of a tower or structure that does not say, by layer or kind, in metres.
    own_resources
        Whether a demand may be met by what the demander owns.
    allowed_pairs
        Demander and owner that may share, "*" for any; where any is named, no other may.
    refused_pairs
        Demander and owner that do not share, "*" for any.
    structure_penalty_m
        A tower is preferred to another industry's structure that is nearer by less than this, in metres.
    unknown_penalty_m
        What is known is preferred to what is nearer by less than this but does not say height, load or room, in metres.
    target_height_m
        Height above ground of what an antenna must see, in metres.
    camera_radius_m
        Radius of the area a camera is to watch, where a demand does not say, in metres.
    camera_min_share
        Share of that area that it must see.
    telecom_parties
        Operators and tower companies: others are other industries.
    rejections_per_demand, misses_per_demand
        How many rejected pairs are listed for a demand, and how many misses its line names, nearest first.
    search_limit, bundle_limit
        Up to where the allotment is exact: pairs looked at in all, and pairs of a part with demands of several sizes.

    Examples
    --------
    >>> DemandSettings().distance_m["fibre"]
    500.0
    """

    resource_words: Mapping[Word, Resource] = _WORDS
    default_resource: Resource = "platform"
    distance_m: Mapping[Resource, Metres] = {
        "platform": 3000.0, "camera": 1000.0, "rack": 3000.0, "bore": 500.0, "fibre": 500.0,
    }  # fmt: skip
    platform_distance_in_settlements_m: Metres = 500.0
    structure_slots: Mapping[Word, Annotated[int, Field(ge=0, le=100)]] = {
        "power tower": 1, "light pole": 1, "police pole": 1, "traffic gantry": 1,
    }  # fmt: skip
    unknown_room: int = Field(default=1, ge=0, le=100)
    unknown_height_m: Mapping[Word, Metres] = {
        "towers": 30.0, "power tower": 20.0, "light pole": 8.0, "police pole": 6.0, "traffic gantry": 6.0,
        "structures": 8.0,
    }  # fmt: skip
    own_resources: bool = False
    allowed_pairs: tuple[tuple[Word, Word], ...] = ()
    refused_pairs: tuple[tuple[Word, Word], ...] = ()
    structure_penalty_m: float = Field(default=200.0, ge=0, le=100_000)
    unknown_penalty_m: float = Field(default=500.0, ge=0, le=100_000)
    target_height_m: float = Field(default=1.5, ge=0, le=100)
    camera_radius_m: float = Field(default=300.0, gt=0, le=20_000)
    camera_min_share: float = Field(default=0.6, ge=0, le=1)
    telecom_parties: tuple[Word, ...] = ("中国移动", "中国联通", "中国电信", "中国广电", "中国铁塔")
    rejections_per_demand: int = Field(default=5, ge=0, le=1000)
    misses_per_demand: int = Field(default=3, ge=0, le=20)
    search_limit: int = Field(default=200_000_000, ge=1)
    bundle_limit: int = Field(default=2_000, ge=0)


class WorkSettings(_Table):
    """Which works something should be reserved in.

    Attributes
    ----------
    distance_m
        How near a work must be to a demand, a gap or a planned cable, in metres.
    named
        How many of them a line names.

    Examples
    --------
    >>> WorkSettings().distance_m
    200.0
    """

    distance_m: Metres = 200.0
    named: int = Field(default=10, ge=1, le=1000)


class PoleSettings(_Table):
    """Which pole routes could go.

    Attributes
    ----------
    beside_m
        Two lines nearer than this run side by side, in metres.
    angle_deg
        Lines whose directions differ by more than this cross, in degrees.
    step_m
        Distance between the points at which that is judged, in metres.
    min_length_m
        Shorter stretches are left out, in metres.

    References
    ----------
    Rules of one province for building and sharing telecommunications infrastructure (about 2009) call pole routes on
    one road inside settlements, or within 500 m in one direction outside, one route; nearer than `beside_m` they can be
    joined without new ground, which is an assumption.

    Examples
    --------
    >>> PoleSettings().beside_m
    20.0
    """

    beside_m: float = Field(default=20.0, gt=0, le=1000)
    angle_deg: float = Field(default=30.0, gt=0, le=90)
    step_m: float = Field(default=10.0, ge=1, le=1000)
    min_length_m: float = Field(default=100.0, ge=0, le=100_000)
