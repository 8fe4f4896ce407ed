"""The `[[source]]` tables of a project file, and the tables inside them, as frozen models."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, field_validator, model_validator

from onemap.config.datum_settings import (
    ControlPointSettings,
    DatumShiftSettings,
    PipelineSettings,
    PlaneShiftSettings,
    VerticalDatum,
)
from onemap.config.strict_model import StrictModel
from onemap.layers.catalogue import catalogue
from onemap.layers.repairs import REPAIRS
from onemap.sources.database import source_label

__all__ = ["SourceSettings"]

Scalar = str | int | float | bool
_CROSSINGS = ("datum_shift", "plane_shift", "control_points", "pipeline", "operation")


class SourceSettings(StrictModel):
    """One file, or one layer of a file, that feeds one canonical layer.

    Attributes
    ----------
    layer
        Canonical layer it becomes.
    path
        File, relative to the folder of the project file.
    database, table, query
        In place of a file: a PostGIS database as "host=… dbname=… user=…" or "service=…", without a password, and in it
        a table "schema.table" or one SELECT.
    source_layer
        Layer or sheet inside the file; empty for its only one.
    crs
        Coordinate system where the file is silent or wrong: "EPSG:n", WKT, "GCJ-02" or "BD-09".
    encoding
        Encoding where the file is silent or wrong.
    header_row
        Line that holds the names of the columns, 1 if not given.
    lon, lat, easting, northing
        Columns of the coordinates.
    fields
        Canonical field → column of the source.
    values
        Canonical field → value of the source → canonical value.
    constants
        Canonical field → value of all rows.
    yes_no
        Canonical list field → column of the source → member that a yes stands for.
    units
        Canonical field → unit of the numbers in the source.
    where
        Column of the source → values of the rows to take.
    shape
        Column of shapes written as text: WKT or a list of coordinates.
    leave_out
        Column of the source → values of the rows to leave out.
    datum_shift, plane_shift, control_points, pipeline, operation
        What crosses from the datum of the source to that of the project, one of them: three or seven parameters; four;
        common points; a PROJ pipeline; the code of a published operation.
    vertical_datum
        Datum of the heights above sea level in the source, as a code or a name.
    repair
        What may be repaired in this source, by name; each repair is reported with before and after.
    """

    layer: str
    path: str = Field(min_length=1)
    database: str | None = None
    table: str | None = None
    query: str | None = None
    source_layer: str = ""
    crs: str | None = None
    encoding: str | None = None
    header_row: int | None = Field(default=None, ge=1, le=1_048_576)
    lon: str | None = None
    lat: str | None = None
    easting: str | None = None
    northing: str | None = None
    fields: Mapping[str, str] = {}
    values: Mapping[str, Mapping[str, str]] = {}
    constants: Mapping[str, Scalar] = {}
    yes_no: Mapping[str, Mapping[str, str]] = {}
    units: Mapping[str, str] = {}
    where: Mapping[str, list[Scalar]] = {}
    shape: str | None = None
    leave_out: Mapping[str, list[Scalar]] = {}
    datum_shift: DatumShiftSettings | None = None
    plane_shift: PlaneShiftSettings | None = None
    control_points: ControlPointSettings | None = None
    pipeline: PipelineSettings | None = None
    operation: str | None = Field(default=None, pattern=r"^(?i:EPSG:)?\d{4,6}$")
    vertical_datum: VerticalDatum | None = None
    repair: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _named_table(cls, keys: object) -> object:
        """Require a table or query of a database, or else a file; a table is named where a file would be."""
        if not isinstance(keys, dict) or not ({"database", "table", "query"} & keys.keys()):
            return keys
        wrong = "database" not in keys or ("table" in keys) == ("query" in keys) or "path" in keys
        if wrong or not all(isinstance(keys.get(key, ""), str) for key in ("database", "table", "query")):
            msg = "either path, or database with one of table and query, all as text"
            raise ValueError(msg)
        return {**keys, "path": source_label(keys.get("table"), keys.get("query"))}

    @field_validator("layer")
    @classmethod
    def _known_layer(cls, value: str) -> str:
        """Require a canonical layer."""
        known = [name for name, schema in catalogue().items() if not schema.result]
        if value not in known:
            msg = f"one of {', '.join(known)}, got {value}"
            raise ValueError(msg)
        return value

    @field_validator("repair")
    @classmethod
    def _known_repairs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Require repairs that there are, and one order of day and month."""
        for name in value:
            if name not in REPAIRS:
                msg = f"names of repairs ({', '.join(REPAIRS)}), got {name}"
                raise ValueError(msg)
        if {"day_first", "month_first"} <= set(value):
            msg = "day_first or month_first, got both"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _known_fields(self) -> SourceSettings:
        """Require fields of that layer, and coordinates in pairs."""
        names = catalogue()[self.layer].names
        for key in ("fields", "values", "constants", "yes_no", "units"):
            for field in getattr(self, key):
                if field not in names:
                    msg = f"fields of {self.layer} in {key} ({', '.join(names)}), got {field}"
                    raise ValueError(msg)
        declared = [key for key in _CROSSINGS if getattr(self, key) is not None]
        if len(declared) > 1:
            msg = f"at most one of {', '.join(_CROSSINGS)}, got {' and '.join(declared)}"
            raise ValueError(msg)
        for one, other in (("lon", "lat"), ("easting", "northing")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                msg = f"{one} and {other} together, got one of them"
                raise ValueError(msg)
        return self
