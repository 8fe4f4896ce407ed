"""The tables `[rasters.…]` of a project file: what stands on the ground, as frozen models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from onemap.config.strict_model import StrictModel
from onemap.layers.land_cover import land_cover_table

__all__ = ["BuildingSettings", "LandCoverClassSettings", "LandCoverSettings", "RasterSettings"]

Height = Annotated[float, Field(ge=0, le=1_000)]
Code = Annotated[int, Field(ge=0, le=65_535)]


class LandCoverClassSettings(StrictModel):
    """What a code stands for, where it differs from the preset.

    Attributes
    ----------
    category
        water, open, suburban, urban, forest or dense-urban.
    height_m
        Height of the clutter above ground, in metres; the default of the category if not given.
    zone
        "inland" or "sea".
    """

    category: Literal["water", "open", "suburban", "urban", "forest", "dense-urban"] | None = None
    height_m: Height | None = None
    zone: Literal["inland", "sea"] | None = None


class LandCoverSettings(StrictModel):
    """A raster of land cover.

    Attributes
    ----------
    path
        GeoTIFF of codes, in any CRS and resolution.
    preset
        What its codes mean: "esa-worldcover", or "none" where `classes` says it all.
    rule
        "nearest": a cell of the elevation model takes the class at its middle; "tallest": the highest class within it.
    classes
        Code → what it stands for, where it differs from the preset.
    """

    path: str = Field(min_length=1)
    preset: Literal["esa-worldcover", "none"] = "esa-worldcover"
    rule: Literal["nearest", "tallest"] = "nearest"
    classes: Mapping[Code, LandCoverClassSettings] = {}

    @model_validator(mode="after")
    def _table(self) -> LandCoverSettings:
        """Require a category for each code that the preset does not know."""
        land_cover_table(self.preset, self.changes())
        return self

    def changes(self) -> dict[int, dict[str, object]]:
        """Give what the classes say otherwise, as `land_cover_table` takes it."""
        return {code: one.model_dump(exclude_none=True) for code, one in self.classes.items()}


class BuildingSettings(StrictModel):
    """A layer of buildings.

    Attributes
    ----------
    path, source_layer
        File and layer in it: polygons.
    height_field
        Column of the heights above ground, in metres.
    crs
        Only where the file does not say: "EPSG:n" or WKT.
    rule
        "nearest": a building counts in the cells whose middle lies in it; "tallest": in all cells that it touches.
    default_height_m
        Height of a building without a usable one, in metres; an assumption of the project.
    """

    path: str = Field(min_length=1)
    source_layer: str = ""
    height_field: str = Field(min_length=1)
    crs: str | None = None
    rule: Literal["nearest", "tallest"] = "nearest"
    default_height_m: Height = 10.0


class RasterSettings(StrictModel):
    """What stands on the ground.

    Attributes
    ----------
    land_cover
        Raster of land cover; open land if not given.
    buildings
        Layer of buildings that stand over it.
    """

    land_cover: LandCoverSettings | None = None
    buildings: BuildingSettings | None = None
