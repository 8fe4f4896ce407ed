"""A project file (TOML) read into frozen models.

One project file names the layers with the files they come from, the elevation model, the analyses with their settings,
and what is delivered. A key that does not exist, is missing or holds the wrong kind of value is an error that names it;
all such errors of a file are reported at once.
"""

from onemap.config.datum_settings import ControlPointSettings, DatumShiftSettings, PipelineSettings, PlaneShiftSettings
from onemap.config.loading import PROJECT_FILE, load_project, with_aim, with_allowed_losses, with_models
from onemap.config.models import (
    ConflictSettings,
    CostSettings,
    CoverageSettings,
    DeliverySettings,
    ElevationSettings,
    GapSettings,
    PlanSettings,
    Project,
    ProjectSettings,
    RouteSettings,
    SharingSettings,
)
from onemap.config.source_settings import SourceSettings

__all__ = [
    "PROJECT_FILE",
    "ConflictSettings",
    "ControlPointSettings",
    "CostSettings",
    "CoverageSettings",
    "DatumShiftSettings",
    "DeliverySettings",
    "ElevationSettings",
    "GapSettings",
    "PipelineSettings",
    "PlanSettings",
    "PlaneShiftSettings",
    "Project",
    "ProjectSettings",
    "RouteSettings",
    "SharingSettings",
    "SourceSettings",
    "load_project",
    "with_aim",
    "with_allowed_losses",
    "with_models",
]
