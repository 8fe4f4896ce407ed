"""The table `[delivery]` of a project file, as a frozen model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from onemap.config.strict_model import StrictModel

__all__ = ["DeliverySettings", "Format"]

Format = Literal["gdb", "gpkg", "shp", "geojson", "vct", "kmz", "dxf", "xlsx"]


class DeliverySettings(StrictModel):
    """What is delivered.

    Attributes
    ----------
    profile
        Name of a profile that comes with onemap, or the path of one.
    formats
        Formats to write.
    shapefile_encoding
        Encoding of Shapefiles.
    feature_dataset
        Feature dataset of the geodatabase that holds the layers; empty means none.
    drawing_crs
        System of the drawing (DXF), which cannot state one itself; empty means that of the delivery.
    allow_losses
        Kinds of loss, as the findings name them, that a format may force without ending in an error; or "all".
    organisation, contact
        Who made the delivery, for the metadata.
    abstract
        What the delivery is, for the metadata; empty means a sentence of its layers.
    previous
        Output of the delivery before, whose features keep their identifiers; empty means that all are numbered anew.
    """

    profile: str = "telecom-special-plan"
    formats: tuple[Format, ...] = ("gdb", "gpkg", "shp")
    shapefile_encoding: Literal["gbk", "utf-8"] = "gbk"
    feature_dataset: Annotated[str, Field(pattern=r"^([^\W\d]\w{0,62})?$")] = ""
    drawing_crs: str = ""
    allow_losses: tuple[str, ...] = ()
    organisation: str = ""
    contact: str = ""
    abstract: str = ""
    previous: str = ""
