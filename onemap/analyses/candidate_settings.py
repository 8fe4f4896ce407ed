"""What candidates of a plan are found and judged by; each threshold is an assumption of the project unless said.

Beside their package, so that reading a project file loads no geometry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "EXAMPLE_SATELLITES",
    "KINDS",
    "RANKS",
    "Equipment",
    "ReachSettings",
    "RiseSettings",
    "SatelliteSettings",
    "StandingSettings",
    "TargetSettings",
]

KINDS = ("existing tower", "structure", "room", "planned", "new site", "satellite")
"""Kinds of candidates."""

RANKS: Mapping[str, int] = {
    "existing tower": 0, "structure": 1, "room": 1, "planned": 2, "new site": 3, "satellite": 4,
}  # fmt: skip
"""Which kind comes first where candidates are worth the same: what stands before what is to be built."""

EXAMPLE_SATELLITES: Mapping[str, float] = {"example 100.0E": 100.0, "example 110.5E": 110.5, "example 125.0E": 125.0}
"""Places on the geostationary arc, in degrees of longitude: an example, no list of satellites that offer service."""

Word = Annotated[str, Field(min_length=1)]
Metres = Annotated[float, Field(gt=0, le=1_000_000)]


class _Table(BaseModel):
    """A table whose keys are all known."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


class Equipment(_Table):
    """What may be put up at a candidate: one carrier of each technology.

    Attributes
    ----------
    name
        What it is called; part of the ids of candidates.
    technologies
        What it radiates, such as ("4G",).
    operators
        Whom it serves; empty: nobody is named, and it counts for "any" operator only.
    bands
        Technology → band of 3GPP whose preset gives frequency, power and beam; the preset of the technology otherwise.
    min_height_m
        Structures lower than this do not fit, in metres.
    load_kg
        What it weighs on a structure, in kilograms; 0: not said, then only a structure without any spare load is
        refused.

    Examples
    --------
    >>> Equipment(name="4G 700", technologies=("4G",), bands={"4G": "B28"}).operators
    ()
    """

    name: Word
    technologies: Annotated[tuple[Word, ...], Field(min_length=1)]
    operators: tuple[Word, ...] = ()
    bands: Mapping[Word, Word] = {}
    min_height_m: float = Field(default=10.0, ge=0, le=200)
    load_kg: float = Field(default=0.0, ge=0, le=10_000)

    @model_validator(mode="after")
    def _bands_of_technologies(self) -> Equipment:
        """Require bands of technologies that it has, each technology once."""
        strange = [name for name in self.bands if name not in self.technologies]
        if strange or len(set(self.technologies)) < len(self.technologies):
            msg = f"bands must be of its technologies, each once, got {', '.join(strange or self.technologies)}"
            raise ValueError(msg)
        return self


class StandingSettings(_Table):
    """Which of what stands, or is planned already, could carry equipment.

    Attributes
    ----------
    equipment
        What may be put up; each choice is a candidate of its own on every spot. Empty: each technology of the coverage
        alone, and all of them together, for nobody named.
    kinds
        Which kinds are looked for.
    new_height_m
        Height of the antenna on a mast that is yet to be built, where nothing tells it, in metres.
    roof_height_m
        Height of the antenna over the ground on the roof of a room, in metres: layers of rooms tell none.
    below_top_m
        How far below the top an antenna hangs, by layer (towers, structures) or kind, in metres.
    unknown_platforms
        Whether a tower that does not say how many platforms are free is taken to have one.
    standing_in_forbidden
        Whether what stands already in a zone that forbids building may get equipment: it takes no new ground, but
        stands in conflict. Otherwise it is listed as rejected.

    Examples
    --------
    >>> StandingSettings().new_height_m
    30.0
    """

    equipment: tuple[Equipment, ...] = ()
    kinds: tuple[Literal["existing tower", "structure", "room", "planned"], ...] = (
        "existing tower", "structure", "room", "planned",
    )  # fmt: skip
    new_height_m: float = Field(default=30.0, gt=0, le=200)
    roof_height_m: float = Field(default=15.0, gt=0, le=200)
    below_top_m: Mapping[Word, Annotated[float, Field(ge=0, le=100)]] = {}
    unknown_platforms: bool = True
    standing_in_forbidden: bool = False

    @model_validator(mode="after")
    def _names_once(self) -> StandingSettings:
        """Require that names tell equipment apart."""
        names = [one.name for one in self.equipment]
        if len(set(names)) < len(names):
            msg = f"equipment must have names of its own, got {', '.join(names)}"
            raise ValueError(msg)
        return self


class RiseSettings(_Table):
    """Where new sites are looked for in the terrain.

    Attributes
    ----------
    view_m
        How far a new site is thought to serve when sites are looked for, in metres; the radio model decides later.
    mast_m, target_m
        Heights of the antenna and of what it must see over the ground, in metres.
    k_factor
        Effective over real radius of the earth for these sights.
    scales_m
        A cell that is the highest within one of these distances (a square of cells, half its side) is a rise.
    min_rise_m
        A rise stands at least this much above the mean ground of the square in which it is the highest, in metres.
    square_m
        Of each square of this side, the cell with most of the gap in sight is looked at too, rise or not, in metres.
    sample_m
        Gap places in one square of this side are seen as one, at the heaviest of them, in the first test, in metres.
    sight_cell_m
        Cells finer than this are thinned to about it where what is in sight is added up, in metres: a first test, by
        which sites are ranked; single sight lines over all cells follow.
    max_slope_deg
        Steeper ground is left out, in degrees.
    max_road_m, max_power_m
        Farther from a road, or from power, is left out, in metres.
    beside_m
        Nearer than this to a tower that stands or a site that is planned nothing new is built: it is shared, in metres.
    spacing_m
        Least distance between two new sites, in metres.
    cluster_m
        Gap places within this distance of the heaviest one not yet taken are one cluster, in metres.
    per_cluster
        How many new sites are offered for a cluster at most.
    rejected_per_cluster
        How many sites in forbidden zones are listed for a cluster at most.
    site_area_m2
        Ground that a new site takes, in square metres, when it is held against zones.
    tile_cells
        Cells of one side of a tile of work; the result does not depend on it.

    References
    ----------
    Rules of one province for building and sharing telecommunications infrastructure (about 2009): a new tower within
    500 m inside settlements, or 3 km outside, of an existing one counts as built on the same spot; `beside_m` is the
    smaller of the two, as a ridge may hide what lies 3 km away.

    Examples
    --------
    >>> RiseSettings().scales_m
    (300.0, 1000.0, 3000.0)
    """

    view_m: Metres = 8_000.0
    mast_m: float = Field(default=30.0, gt=0, le=200)
    target_m: float = Field(default=1.5, ge=0, le=100)
    k_factor: float = Field(default=4.0 / 3.0, gt=0, le=10)
    scales_m: tuple[Metres, ...] = (300.0, 1_000.0, 3_000.0)
    min_rise_m: float = Field(default=10.0, ge=0, le=5_000)
    square_m: Metres = 1_000.0
    sample_m: Metres = 1_000.0
    sight_cell_m: Metres = 180.0
    max_slope_deg: float = Field(default=15.0, gt=0, le=90)
    max_road_m: Metres = 1_000.0
    max_power_m: Metres = 5_000.0
    beside_m: Metres = 500.0
    spacing_m: float = Field(default=1_000.0, ge=0, le=100_000)
    cluster_m: Metres = 3_000.0
    per_cluster: int = Field(default=5, ge=1, le=1_000)
    rejected_per_cluster: int = Field(default=3, ge=0, le=1_000)
    site_area_m2: float = Field(default=100.0, gt=0, le=1_000_000)
    tile_cells: int = Field(default=1_024, ge=16, le=100_000)


class TargetSettings(_Table):
    """What is to be served, and how much each of it weighs.

    Attributes
    ----------
    weight
        "population" (people; pupils of a school), "households", "score" (of the priorities of gaps; what is covered has
        none and is left out), or "places" (each one).
    operator
        Whose service is planned: "any" for places that nobody serves.
    technologies
        Which technologies are planned; all that were judged if empty.
    people_per_household
        Where only households are known.
    unknown_weight
        Weight of a place of which neither people nor households are known, and of a village all of whose people are
        counted in its settlements.
    road_weight_per_km
        Weight of a kilometre of road; 0 leaves roads out. What a kilometre is worth against a person is a choice of the
        project: no rule gives it.

    Examples
    --------
    >>> TargetSettings().weight
    'population'
    """

    weight: Literal["population", "households", "score", "places"] = "population"
    operator: Word = "any"
    technologies: tuple[Word, ...] = ()
    people_per_household: float = Field(default=3.5, gt=0, le=20)
    unknown_weight: float = Field(default=1.0, ge=0, le=1_000_000)
    road_weight_per_km: float = Field(default=10.0, ge=0, le=1_000_000)


class ReachSettings(_Table):
    """Which candidates are taken to serve which targets.

    Attributes
    ----------
    reach_m
        Targets farther from a candidate are not looked at, in metres, nor farther than the coverage looks: what it
        serves is understated, never overstated.
    count_depends
        Whether a target whose verdict would be "depends" counts as served.
    spare_db
        Pairs that fall short by so much are kept too, to tell what a better radio margin would change, in dB.

    Examples
    --------
    >>> ReachSettings().count_depends
    False
    """

    reach_m: Metres = 10_000.0
    count_depends: bool = False
    spare_db: float = Field(default=3.0, ge=0, le=60)


class SatelliteSettings(_Table):
    """How the sky is judged.

    Attributes
    ----------
    satellites
        Name → longitude in degrees, east positive, of geostationary satellites. What comes with onemap is an example:
        a project names those whose service can be had.
    dish_m
        Height of the antenna above the ground, in metres.
    min_elevation_deg
        Lower satellites are of no use, in degrees.
    margin_deg
        A satellite less than this above or below the horizon is to be tested on site, in degrees.
    horizon_m
        How far the ground is looked at, in metres.
    azimuths
        In how many directions the horizon is taken for the share of the sky.
    mask_deg
        Low orbits are of use above this elevation, in degrees.
    min_sky_share
        Share of that sky that must be free for service by low orbits.
    k_factor
        Effective over real radius of the earth for the horizon.

    Examples
    --------
    >>> SatelliteSettings(satellites={"A": 200.0})
    Traceback (most recent call last):
    pydantic_core._pydantic_core.ValidationError: 1 validation error for SatelliteSettings
    ...
    """

    satellites: Mapping[Word, Annotated[float, Field(ge=-180, le=180)]] = EXAMPLE_SATELLITES
    dish_m: float = Field(default=3.0, ge=0, le=100)
    min_elevation_deg: float = Field(default=10.0, ge=0, lt=90)
    margin_deg: float = Field(default=1.0, ge=0, le=45)
    horizon_m: Metres = 30_000.0
    azimuths: int = Field(default=72, ge=4, le=3_600)
    mask_deg: float = Field(default=25.0, ge=0, lt=90)
    min_sky_share: float = Field(default=0.8, ge=0, le=1)
    k_factor: float = Field(default=4.0 / 3.0, gt=0, le=10)
