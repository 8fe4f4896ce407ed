"""What a source declares to cross from its datum to that of the project, and the datum of heights, as frozen models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PositiveFloat, model_validator

from onemap.config.strict_model import StrictModel
from onemap.layers.heights import vertical_datum

__all__ = [
    "CommonPointSettings",
    "ControlPointSettings",
    "DatumShiftSettings",
    "PipelineSettings",
    "PlaneShiftSettings",
    "VerticalDatum",
]

VerticalDatum = Annotated[str, AfterValidator(vertical_datum)]
"""Name or code of a datum of heights, kept as its code."""


class DatumShiftSettings(StrictModel):
    """Three or seven parameters from the datum of a source to the working datum; the method has no default.

    Attributes
    ----------
    method
        Convention of the rotations, "position vector" or "coordinate frame"; "translation" for three parameters.
    tx_m, ty_m, tz_m
        Translations in metres.
    rx_arcsec, ry_arcsec, rz_arcsec
        Rotations in seconds of arc.
    scale_ppm
        Scale less one, in parts per million.
    accuracy_m
        Accuracy in metres as stated by whoever gave the parameters.
    """

    method: Literal["position vector", "coordinate frame", "translation"]
    tx_m: float
    ty_m: float
    tz_m: float
    rx_arcsec: float = 0.0
    ry_arcsec: float = 0.0
    rz_arcsec: float = 0.0
    scale_ppm: float = 0.0
    accuracy_m: float | None = None

    @model_validator(mode="after")
    def _three_only(self) -> DatumShiftSettings:
        """Require that a translation neither turns nor scales."""
        if self.method == "translation" and any((self.rx_arcsec, self.ry_arcsec, self.rz_arcsec, self.scale_ppm)):
            msg = "rotations and scale 0 for a translation; else the method of the seven parameters"
            raise ValueError(msg)
        return self


class PlaneShiftSettings(StrictModel):
    """Four parameters from the plane of a source to another one; the sense of the turn has no default.

    Attributes
    ----------
    east_m, north_m
        Where the origin of the source plane lies in the target plane, in metres.
    rotation_arcsec
        Turn of the points, in seconds of arc.
    scale_ppm
        Scale less one, in parts per million.
    positive_rotation
        Sense of a positive rotation, "counterclockwise" or "clockwise", seen with north up.
    target_crs
        Projected system of the target plane.
    accuracy_m
        Accuracy in metres as stated by whoever gave the parameters.
    """

    east_m: float
    north_m: float
    rotation_arcsec: float = 0.0
    scale_ppm: float = 0.0
    positive_rotation: Literal["counterclockwise", "clockwise"]
    target_crs: str = Field(min_length=1)
    accuracy_m: float | None = None


class PipelineSettings(StrictModel):
    """A PROJ pipeline from the coordinates of a source to degrees of the working datum.

    Attributes
    ----------
    steps
        The pipeline; in: easting, northing or lon, lat in degrees; out: lon, lat in degrees.
    accuracy_m
        Accuracy in metres as stated by whoever gave it.
    """

    steps: str = Field(min_length=1)
    accuracy_m: float = Field(ge=0)


class CommonPointSettings(StrictModel):
    """One control point, written in the project file.

    Attributes
    ----------
    name
        Name of the point.
    source, target
        Easting and northing, or lon and lat, in either system.
    source_height_m, target_height_m
        Ellipsoidal heights in metres, where known.
    """

    name: str = Field(min_length=1)
    source: tuple[float, float]
    target: tuple[float, float]
    source_height_m: float | None = None
    target_height_m: float | None = None


class ControlPointSettings(StrictModel):
    """Control points that a transformation is fitted to; the limit of the residuals has no default.

    Attributes
    ----------
    path, source_layer, header_row, encoding
        Table of the points, as for a source.
    points
        The points themselves, instead of a table.
    columns
        "name", "source_easting", "source_northing", "target_easting", "target_northing" (or …_lon, …_lat),
        "source_height", "target_height" → column, where they are not named so.
    method
        "4-parameter" between planes or "7-parameter" between geocentric systems.
    max_residual_m
        Largest residual of a point that is accepted, in metres.
    crs, target_crs
        Systems of the coordinates; that of the source and the working one if not given.
    """

    path: str | None = None
    source_layer: str = ""
    header_row: int | None = Field(default=None, ge=1, le=1_048_576)
    encoding: str | None = None
    points: tuple[CommonPointSettings, ...] = ()
    columns: Mapping[str, str] = {}
    method: Literal["4-parameter", "7-parameter"]
    max_residual_m: PositiveFloat
    crs: str = ""
    target_crs: str = ""

    @model_validator(mode="after")
    def _one_table(self) -> ControlPointSettings:
        """Require the points once, and heights for all of them or none."""
        if (self.path is None) == (not self.points):
            msg = "either path or points, got both or neither"
            raise ValueError(msg)
        heights = {height is None for one in self.points for height in (one.source_height_m, one.target_height_m)}
        if len(heights) > 1:
            msg = "both heights for every point or for none"
            raise ValueError(msg)
        return self
