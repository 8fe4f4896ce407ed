"""Hold the models of a project against its measurements, and let measured gaps count where the project says so."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from onemap.analyses.coverage import CoverageSettings, serving_antennas
from onemap.analyses.coverage.settings import FIELD_STRENGTH_MODELS
from onemap.analyses.measured_gaps import OverrideSettings, override_by_measurements
from onemap.analyses.measured_predictions import predict_measurements
from onemap.analyses.measurements import MeasurementSettings, measurement_residuals, model_errors
from onemap.config import Project
from onemap.progress import Progress, silent
from onemap.workflows.reading import Inputs

__all__ = ["hold_against_measurements", "measured_verdicts"]

log = logging.getLogger(__name__)

_OVERRIDE = ("override", "override_radius_m", "override_min_count")


def hold_against_measurements(
    project: Project, inputs: Inputs, settings: CoverageSettings, *, progress: Progress = silent
) -> dict[str, gpd.GeoDataFrame]:
    """Compare the models of a project with what was measured.

    Parameters
    ----------
    project
        The project file; its table `measurements` says how.
    inputs
        The layers.
    settings
        What coverage is judged by: `model` and all of `compare` are held against the measurements.
    progress
        Told how far it is.

    Returns
    -------
    results
        Result layers measurement_residuals (of `model`, or of the first field strength model of `compare`) and
        model_errors (of each); none where there are no measurements, no cells, or no model of field strength.
    """
    measurements, cells = inputs.layers.get("measurements"), inputs.layers.get("cells")
    models = [one for one in dict.fromkeys((settings.model, *settings.compare)) if one in FIELD_STRENGTH_MODELS]
    if measurements is None or not len(measurements) or cells is None or not len(cells) or not models:
        return {}
    how = MeasurementSettings(**project.measurements.model_dump(exclude=set(_OVERRIDE)))
    antennas = serving_antennas(
        cells,
        inputs.layers.get("towers"),
        default_height_m=settings.default_tower_height_m,
        presets=settings.presets,
    )
    residuals, errors = [], []
    for model in models:
        predictions = predict_measurements(
            measurements,
            cells,
            antennas,
            settings=replace(settings, model=model),
            grid=inputs.elevation,
            clutter=inputs.clutter,
            progress=progress,
        )
        known = int(predictions["predicted_dbm"].notna().sum())
        log.info("%s: %d of %d measurements have a prediction", model, known, len(predictions))
        found = measurement_residuals(measurements, predictions, inputs.layers.get("roads"), settings=how)
        residuals.append(found)
        errors.append(model_errors(found, settings=how))
    table = pd.concat(errors, ignore_index=True)
    return {"measurement_residuals": residuals[0], "model_errors": gpd.GeoDataFrame(table, crs=measurements.crs)}


def measured_verdicts(
    project: Project, inputs: Inputs, verdicts: gpd.GeoDataFrame, targets: Mapping[str, gpd.GeoDataFrame]
) -> gpd.GeoDataFrame:
    """Let measured gaps count over modelled coverage, if the project says so.

    Parameters
    ----------
    project
        The project file: `override` in its table `measurements`, thresholds in its table `coverage`.
    inputs
        The layers.
    verdicts
        Result layer `verdicts` or `road_verdicts`.
    targets
        What was judged, by layer; may be empty.

    Returns
    -------
    verdicts
        As they were where the project does not say so or nothing was measured.
    """
    measurements, how = inputs.layers.get("measurements"), project.measurements
    if not how.override or measurements is None or not len(measurements):
        return verdicts
    least = {str(technology): least_dbm for technology, least_dbm in project.coverage.rsrp_min_dbm.items()}
    settings = OverrideSettings(how.override_radius_m, how.override_min_count, least)
    return override_by_measurements(verdicts, targets, measurements, settings=settings)
