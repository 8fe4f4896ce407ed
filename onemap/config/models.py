"""The tables and keys of a project file, as frozen models. Keys and their meaning: `docs/project-file.md`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, field_validator, model_validator
from pydantic_core import PydanticCustomError

from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.sharing.demand_settings import DemandSettings, PoleSettings, WorkSettings
from onemap.analyses.sharing.settings import KEEPER_RULES, KeeperRule
from onemap.config.clutter_settings import RasterSettings
from onemap.config.conflict_settings import ConflictSettings
from onemap.config.cost_settings import CostSettings
from onemap.config.coverage_raster_settings import CoverageRasterSettings
from onemap.config.datum_settings import VerticalDatum
from onemap.config.delivery_settings import DeliverySettings
from onemap.config.gap_settings import GapSettings, IndicatorSettings, UniversalServiceSettings
from onemap.config.measurement_settings import MeasurementSettings
from onemap.config.plan_settings import PlanSettings
from onemap.config.publish_settings import PublishSettings
from onemap.config.radio_settings import RadioSettings
from onemap.config.source_settings import SourceSettings
from onemap.config.strict_model import StrictModel

__all__ = [
    "ConflictSettings",
    "CostSettings",
    "CoverageSettings",
    "DeliverySettings",
    "ElevationSettings",
    "GapSettings",
    "PlanSettings",
    "Project",
    "ProjectSettings",
    "RouteSettings",
    "SharingSettings",
]

Metres = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=1)]
Dbm = Annotated[float, Field(ge=-200, le=50, allow_inf_nan=False)]
Technology = Literal["2G", "3G", "4G", "5G", "NB-IoT"]
CoverageModel = Literal["radius", "line of sight", "p1812", "delta-bullington", "itm", "tr38901", "hata"]


class ProjectSettings(StrictModel):
    """What the project is: its area, its date, its coordinate system.

    Attributes
    ----------
    name, code
        Name of the county and its six-digit code; the code may be empty outside China.
    date
        Date of the data; every date that is written comes from here.
    data_class
        Class of the data (密级) that maps and reports show.
    simulated
        True for invented data: maps, pictures and reports say so.
    working_crs
        Geographic coordinate system of all layers in the project.
    area_margin_km
        Rows farther than this from the districts are rejected, in kilometres.
    """

    name: str = Field(min_length=1)
    title_en: str = ""
    code: str = Field(default="", pattern=r"^(\d{6})?$")
    date: dt.date = Field(ge=dt.date(1980, 1, 1), le=dt.date(2107, 12, 31))  # what a ZIP archive can hold
    data_class: str = "内部"
    simulated: bool = False
    language: Literal["zh", "en"] = "zh"
    working_crs: str = "EPSG:4490"
    area_margin_km: float = Field(default=20.0, ge=0)

    @field_validator("working_crs")
    @classmethod
    def _geographic(cls, value: str) -> str:
        """Require a geographic system that PROJ knows."""
        from onemap.errors import OnemapError
        from onemap.layers.crs_names import parse_crs

        try:
            known = parse_crs(value)
        except OnemapError as error:
            msg = f"a coordinate system that PROJ knows, such as EPSG:4490, got {value}"
            raise ValueError(msg) from error
        if not known.is_geographic:
            msg = f"a geographic coordinate system, such as EPSG:4490, got {value}"
            raise ValueError(msg)
        return value


class ElevationSettings(StrictModel):
    """The elevation model.

    Attributes
    ----------
    path
        GeoTIFF of heights above sea level in metres.
    vertical_datum
        Datum of its heights, as a code or a name.
    """

    path: str = Field(min_length=1)
    vertical_datum: VerticalDatum | None = None


class CoverageSettings(RadioSettings):
    """How coverage is decided.

    Attributes
    ----------
    model
        By field strength "p1812", "delta-bullington", "itm", "tr38901" (all over the elevation model) or "hata"; or
        "line of sight" over the elevation model, or "radius".
    compare
        Further models, judged side by side; where they disagree with `model` the verdict is "depends".
    technologies, operators
        What is asked for.
    range_m
        Farthest that a cell is taken to serve, by technology, in metres; an assumption of the project. Field strength
        does not use it.
    reach_m
        Cells farther than this are not looked at by field strength, in metres.
    rsrp_min_dbm
        Reference signal power that service needs, by technology, in dBm; an assumption of the project.
    location_percent, location_area_m
        Share of the locations in a square of this side round the target, in per cent and metres, that must have that
        power to be covered, or lack it to be uncovered.
    model_sigma_db
        Standard deviation of the model against measurements, in dB; an assumption of the project.
    time_percent
        Share of time for which the loss is not exceeded, in per cent.
    delta_n, n0
        Fall of the refractivity in the lowest kilometre and refractivity at sea level, in N-units; from a coarse table
        where missing.
    polarisation
        Of the antennas.
    environment
        Surroundings that "tr38901" and "hata" assume.
    body_loss_db
        Loss by the body beside the receiver, in dB.
    profile_step_cells
        Distance between the samples of the ground under a path, in cells of the elevation model.
    k_factor
        Effective earth radius over the true one, for the line of sight.
    target_height_m
        Height of the receiver above ground, in metres.
    clearance_margin_m
        A ray that passes the ground within this distance decides nothing, in metres.
    road_step_m
        Distance of the points along roads, in metres.
    default_tower_height_m
        Height above ground where none is given, in metres; an assumption of the project.
    presets, default_bands
        What stands in for the radio of cells that do not say, see `RadioSettings`.
    """

    model: CoverageModel = "p1812"
    compare: tuple[CoverageModel, ...] = ()
    technologies: tuple[Technology, ...] = Field(default=("4G", "5G"), min_length=1)
    operators: tuple[Word, ...] = ("中国移动", "中国联通", "中国电信")
    range_m: Mapping[Technology, Metres] = {"4G": 8000.0, "5G": 3000.0}
    reach_m: float = Field(default=15_000.0, gt=0, le=100_000)
    rsrp_min_dbm: Mapping[Technology, Dbm] = {"4G": -105.0, "5G": -105.0}
    location_percent: float = Field(default=90.0, ge=50, le=99)
    location_area_m: float = Field(default=100.0, ge=1, le=10_000)
    model_sigma_db: float = Field(default=6.0, ge=0, le=30)
    time_percent: float = Field(default=50.0, ge=1, le=50)
    delta_n: float | None = Field(default=None, ge=10, le=150)
    n0: float | None = Field(default=None, ge=200, le=500)
    polarisation: Literal["vertical", "horizontal"] = "vertical"
    environment: Literal["rural", "suburban", "urban"] = "rural"
    body_loss_db: float = Field(default=0.0, ge=0, le=50)
    profile_step_cells: float = Field(default=1.0, ge=0.1, le=10)
    k_factor: float = Field(default=4 / 3, ge=0.1, le=1_000_000)
    target_height_m: float = Field(default=1.5, ge=0, le=100)
    clearance_margin_m: float = Field(default=5.0, ge=0)
    road_step_m: float = Field(default=50.0, ge=1)
    default_tower_height_m: PositiveFloat = 30.0

    @field_validator("technologies", "operators", "compare")
    @classmethod
    def _once_each(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Require each only once: a repeated one would be counted twice."""
        if len(set(value)) < len(value):
            msg = "a list that names each once"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _of_each_technology(self) -> CoverageSettings:
        """Require a range and a threshold for each technology asked for."""
        needed: list[tuple[str, Mapping[Technology, float]]] = [("range_m", self.range_m)]
        if not {self.model, *self.compare} <= {"radius", "line of sight"}:
            needed.append(("rsrp_min_dbm", self.rsrp_min_dbm))
        for key, given in needed:
            for technology in self.technologies:
                if technology not in given:
                    msg = f"a {key} for each technology, got none for {technology}"
                    raise ValueError(msg)
        return self

    @property
    def needs_elevation(self) -> bool:
        """Tell whether a model looks at the ground."""
        return not {self.model, *self.compare} <= {"radius", "hata"}


class SharingSettings(StrictModel):
    """What is close enough to share.

    Attributes
    ----------
    distance_in_settlements_m, distance_outside_m
        Towers of different owners nearer than this are one place, inside settlements and outside, in metres.
    match_distance_m
        Farthest structure that is proposed for an uncovered place, in metres.
    settlement_radius_m
        A tower this near to the point of a settlement stands inside it, in metres; an assumption of the project.
    matches_per_place
        How many structures are listed for one place.
    in_settlements
        Whether settlements and urban development boundaries decide what stands inside, or all does, or nothing.
    keeper_rules
        What the tower of a cluster that stays is chosen by, one after another.
    demands, works, poles
        Tables on demands met, on what to reserve in works, on pole routes: see
        `onemap.analyses.sharing.demand_settings`.
    """

    distance_in_settlements_m: PositiveFloat = 500.0
    distance_outside_m: PositiveFloat = 3000.0
    match_distance_m: PositiveFloat = 8000.0
    settlement_radius_m: float = Field(default=500.0, ge=0)
    matches_per_place: int = Field(default=5, ge=1)
    in_settlements: Literal["by layers", "everywhere", "nowhere"] = "by layers"
    keeper_rules: tuple[KeeperRule, ...] = KEEPER_RULES
    demands: DemandSettings = DemandSettings()
    works: WorkSettings = WorkSettings()
    poles: PoleSettings = PoleSettings()

    @field_validator("keeper_rules")
    @classmethod
    def _once_each(cls, value: tuple[KeeperRule, ...]) -> tuple[KeeperRule, ...]:
        """Require each rule only once."""
        if len(set(value)) < len(value):
            msg = "a list that names each once"
            raise ValueError(msg)
        return value


class Project(StrictModel):
    """A whole project file.

    Attributes
    ----------
    project, source, elevation, rasters, coverage, coverage_rasters, measurements, gaps, universal_service, indicators,
    sharing, routes, conflicts, costs, plan, delivery, publish
        Its tables; `source` is repeated, once a file or layer.
    folder
        Folder of the project file; paths in it start there.
    """

    project: ProjectSettings
    source: tuple[SourceSettings, ...] = Field(min_length=1)
    elevation: ElevationSettings | None = None
    rasters: RasterSettings = RasterSettings()
    coverage: CoverageSettings = CoverageSettings()
    coverage_rasters: CoverageRasterSettings = CoverageRasterSettings()
    measurements: MeasurementSettings = MeasurementSettings()
    gaps: GapSettings = GapSettings()
    universal_service: UniversalServiceSettings = UniversalServiceSettings()
    indicators: IndicatorSettings = IndicatorSettings()
    sharing: SharingSettings = SharingSettings()
    routes: RouteSettings = RouteSettings()
    conflicts: ConflictSettings = ConflictSettings()
    costs: CostSettings = CostSettings()
    plan: PlanSettings | None = None
    delivery: DeliverySettings | None = None
    publish: PublishSettings = PublishSettings()
    folder: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def _elevation_for_models(self) -> Project:
        """Require an elevation model for models that look at the ground."""
        if self.coverage.needs_elevation and self.elevation is None:
            raise PydanticCustomError("elevation_missing", "no elevation model")
        return self

    def resolve(self, path: str) -> Path:
        """Give the path of a file named in the project; refuse what is no plain path, such as a URL."""
        from onemap.sources.guard import require_local

        require_local(path)
        return self.folder / path
