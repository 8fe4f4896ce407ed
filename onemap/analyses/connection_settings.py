"""What connections are planned by; beside their package, so that reading a project file loads no geometry."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ConnectionSettings"]

Metres = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Length = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Height = Annotated[float, Field(ge=1, le=400, allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=1)]


class ConnectionSettings(BaseModel):
    """How new sites are connected. No rule gives these values: all are assumptions of the project unless said.

    Attributes
    ----------
    operators
        Whose cables, rooms and nodes may be used; all if empty. Ducts and pole routes may be used whosever they are.
    existing_m
        A site this near to a room, or to a tower that has fibre, is connected already, in metres.
    road_reach_m, road_snap_m
        Farthest that a site, room or node may stand from the road it is reached by; an end of a road this near to
        another is joined to it, in metres.
    drop_m
        A site this near to a room, node, cable, duct or pole route is joined to it straight, in metres.
    join_m, join_step_m
        Where a cable, duct or pole route and a road lie this near to each other, one can change from one to the other;
        how far apart along them that is looked at, crossings besides, in metres.
    room_reach_m
        A cable that ends or passes this near to a room or node leads into it, in metres.
    cable_ends_at
        Spare cores are followed "to the room where drawn" (a cable whose network has no room or node with free capacity
        counts as one itself), only "to the room", or count as fibre "anywhere" along the cable.
    unknown_capacity
        Whether cables, nodes and rooms count whose free capacity is not stated. A duct that does not state its free
        bores has none.
    cores_per_site, ports_per_site
        Spare cores of a cable, and ports of a node, that each site takes.
    standing_reached
        Whether a site this near (`existing_m`) to a room or tower in service is taken to share its power and its way:
        the power costs what a connection to somebody else's supply does, a track is not needed.
    towers_have_fibre, fibre_near_m
        Which towers in service have fibre, and can be the far end of a microwave link: those "near" a cable, node or
        room by this distance in metres, "all" or "none".
    towers_give_fibre
        Whether those towers are also places where new fibre can end.
    exchange_steps
        Most steps of the search for better trees; a million take some tenths of a second.
    microwave
        Whether microwave is looked at.
    frequency_mhz, max_link_m
        Frequency, and longest link, which rain and fading set: see Recommendations ITU-R P.530 and P.838.
    k_factor, clearance_zones, clearance_margin_m, obstacle_m
        Effective earth radius over the true one; share of the first Fresnel zone that stays clear along the whole path;
        further room for errors of the elevation model, and height of trees and houses on the ground, in metres.
    site_height_m, highest_site_m
        Height above ground of the antenna of a site that does not say (`wanted_height_m`), and up to where its tower
        may be made higher for a link, in metres.
    tower_height_m, room_height_m
        Height above ground of an antenna on an existing tower that does not say, and on a room, in metres.
    far_ends_per_site
        So many of the nearest far ends are looked at for each site.
    most_hops
        1: links end where fibre is already; 2: also at other new sites, which have fibre or a link of their own.
    satellite
        "last resort": sites that neither reaches are connected by satellite; "never".
    mains_reach_m, mains_most_kv
        Farthest that a line is built from the mains: from power towers up to this voltage, in metres and kV; a tower
        that does not state its voltage counts.
    resupply_reach_m
        Farthest that a line is built from a settlement, village, room or tower with mains power, in metres.
    access_reach_m, access_free_m
        Farthest from a road that a track is built, and up to where none is needed, in metres.

    References
    ----------
    Recommendation ITU-R P.530: 0.6 of the first Fresnel zone at k = 4/3 and above is the usual rule of clearance.

    Examples
    --------
    >>> ConnectionSettings().clearance_zones
    0.6
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)

    operators: tuple[Word, ...] = ()
    existing_m: Metres = 50.0
    road_reach_m: Metres = 1_000.0
    road_snap_m: Metres = 10.0
    drop_m: Metres = 300.0
    join_m: Metres = 50.0
    join_step_m: float = Field(default=200.0, ge=10, le=10_000)
    room_reach_m: Metres = 200.0
    cable_ends_at: Literal["to the room where drawn", "to the room", "anywhere"] = "to the room where drawn"
    unknown_capacity: bool = True
    cores_per_site: int = Field(default=2, ge=0, le=1_000)
    ports_per_site: int = Field(default=1, ge=0, le=1_000)
    standing_reached: bool = True
    towers_have_fibre: Literal["near", "all", "none"] = "near"
    fibre_near_m: Metres = 300.0
    towers_give_fibre: bool = False
    exchange_steps: int = Field(default=50_000_000, ge=0)
    microwave: bool = True
    frequency_mhz: float = Field(default=15_000.0, ge=1_000, le=100_000)
    max_link_m: Length = 20_000.0
    k_factor: float = Field(default=4.0 / 3.0, gt=0.3, le=10)
    clearance_zones: float = Field(default=0.6, ge=0, le=3)
    clearance_margin_m: Metres = 1.0
    obstacle_m: Metres = 5.0
    site_height_m: Height = 30.0
    highest_site_m: Height = 50.0
    tower_height_m: Height = 30.0
    room_height_m: Height = 15.0
    far_ends_per_site: int = Field(default=10, ge=1, le=1_000)
    most_hops: Literal[1, 2] = 2
    satellite: Literal["last resort", "never"] = "never"
    mains_reach_m: Metres = 3_000.0
    mains_most_kv: float = Field(default=35.0, gt=0, le=1_500)
    resupply_reach_m: Metres = 1_000.0
    access_reach_m: Metres = 5_000.0
    access_free_m: Metres = 50.0
