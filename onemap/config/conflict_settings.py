"""The table `[conflicts]` of a project file, as a frozen model."""

from __future__ import annotations

from pydantic import Field

from onemap.config.strict_model import StrictModel

__all__ = ["ConflictSettings"]


class ConflictSettings(StrictModel):
    """How facilities are held against zones.

    Attributes
    ----------
    rules
        TOML file of the project's own rules, which come before those of the package; none if empty.
    tower_area_m2, room_area_m2, centre_area_m2
        Ground that a tower or planned site, a room and a data centre take where they are points without a
        `site_area_m2`, in square metres; assumptions of the project.
    corridor_width_m
        Width of the strip that lines take, in metres; 0: none, lengths only.
    search_radius_m
        How far from a planned site in a zone to avoid another place is looked for, in metres.
    clearance_m
        How far that place stays from the boundary of such zones, in metres; an assumption of the project.
    overlap_min_m2
        Zones of one kind that overlap by at least this are reported, in square metres.
    """

    rules: str = ""
    tower_area_m2: float = Field(default=100.0, gt=0, le=1_000_000)
    room_area_m2: float = Field(default=60.0, gt=0, le=1_000_000)
    centre_area_m2: float = Field(default=2_000.0, gt=0, le=10_000_000)
    corridor_width_m: float = Field(default=0.0, ge=0, le=1_000)
    search_radius_m: float = Field(default=2_000.0, gt=0, le=50_000)
    clearance_m: float = Field(default=10.0, ge=0, le=1_000)
    overlap_min_m2: float = Field(default=1.0, ge=0)
