"""What routes are judged by; beside their package, so that reading a project file loads no geometry."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["RouteSettings"]

Metres = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=1)]


class RouteSettings(BaseModel):
    """What routes are judged by. No rule states these distances: all of them are working values to be set locally.

    Attributes
    ----------
    tolerance_m
        Lines this near to each other, in about one direction, lie on one route, in metres.
    window_m
        The direction of a line at a place is that of its chord this far to either side, in metres.
    angle_deg
        Largest angle between two lines on one route, in degrees, whichever way each was drawn.
    step_m
        Lines are compared piece by piece of at most this length, in metres.
    min_shared_m
        Shorter stretches side by side are crossings and ends, not routes, in metres; for a line shorter than this, four
        fifths of its length.
    max_gap_m
        Stretches of one pair are joined over gaps up to this length, in metres.
    left_out
        Statuses of cables and ducts that do not lie in the ground.
    snap_m
        Ends of cables this near to each other, or to a node, are one where no name says so, in metres.
    end_distance_m
        An end farther than this from the node that it names disagrees with it, in metres.
    room_reach_m
        A cable that passes a room of its operator this near is taken to enter it, in metres; 0: only ends count.
    join_midspan
        Whether an end beside the middle of another cable of its operator is a joint in that cable; not where several
        ends meet whose cables run along it.
    root_kinds
        Rooms of these kinds are what nodes must stay connected to.
    root_ids
        Further rooms, nodes and data centres of that sort.
    two_route_rooms
        For so many rooms and data centres of an operator two routes to a core room are sought; further ones are listed
        as not sought.
    duct_reach_m
        A duct this near to a demand is listed for it, in metres.
    road_reach_m
        Farthest that a node may lie from a road for a second route along it, in metres.
    road_snap_m
        Ends of roads this near to another road meet it, in metres.
    delay_us_per_km
        Delay of light in fibre, in microseconds per kilometre: 5 with a group index of about 1.5.
    hop_us
        Delay of the equipment in each room on the way, in microseconds; none unless the project knows it.

    Examples
    --------
    >>> RouteSettings().tolerance_m
    20.0
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tolerance_m: Metres = 20.0
    window_m: Metres = 30.0
    angle_deg: float = Field(default=45.0, gt=0, le=90)
    step_m: Metres = 10.0
    min_shared_m: Metres = 100.0
    max_gap_m: float = Field(default=50.0, ge=0, le=10_000)
    left_out: tuple[Word, ...] = ("planned", "retired")
    snap_m: Metres = 20.0
    end_distance_m: Metres = 100.0
    room_reach_m: float = Field(default=200.0, ge=0, le=10_000)
    join_midspan: bool = True
    root_kinds: tuple[Word, ...] = ("core",)
    root_ids: tuple[Word, ...] = ()
    two_route_rooms: int = Field(default=500, ge=0, le=1_000_000)
    duct_reach_m: Metres = 100.0
    road_reach_m: Metres = 500.0
    road_snap_m: Metres = 5.0
    delay_us_per_km: float = Field(default=5.0, gt=0, le=1_000)
    hop_us: float = Field(default=0.0, ge=0, le=1_000_000)
