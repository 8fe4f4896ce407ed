"""Service by the model of a project, and by others side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.coverage.propagation import field_service
from onemap.analyses.coverage.service import best_service
from onemap.analyses.coverage.settings import FIELD_STRENGTH_MODELS, CoverageModel, CoverageSettings
from onemap.layers.grid import Grid
from onemap.progress import Progress, silent

__all__ = ["judged_service"]

_BY_SIGHT = {"rsrp_dbm": np.nan, "margin_db": np.nan, "sigma_db": np.nan, "loss_db": np.nan, "basis": 0}
_BY_FIELD = {"clearance_m": np.nan, "obstacle_distance_m": np.nan, "obstacle_elev_m": np.nan, "state": -1}


def judged_service(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    antennas: pd.DataFrame,
    *,
    settings: CoverageSettings,
    grid: Grid | None,
    crs: CRS,
    clutter: Grid | None = None,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Find the best service at each place by the model of the settings, and hold the models to compare against it.

    Parameters
    ----------
    lon, lat
        The places, shape (n,), in degrees.
    antennas
        Table of `serving_antennas`.
    settings
        What coverage is judged by.
    grid
        Heights of the ground; None only for models that need none.
    crs
        Geographic CRS of places and antennas.
    clutter
        Heights of what stands on the ground, on the cells of `grid`; None: open land.
    progress
        Told how many places are done.

    Returns
    -------
    service
        The columns of `best_service` and of `field_service`, in the order of the places, within a place as asked for:
        technology, then operator. `compared` names the verdict and power of each model, that of the settings first
        (missing where nothing is compared); where they differ, `verdict` is "depends", and `own_verdict` that of the
        model of the settings.

    Examples
    --------
    >>> antennas = pd.DataFrame({"cell_id": ["C1"], "tower_id": ["T1"], "technology": ["4G"], "operators": [("A",)],
    ...     "lon": [75.0], "lat": [39.0], "height_agl_m": [30.0], "height_assumed": [False]})
    >>> settings = CoverageSettings(model="radius", technologies=("4G",), operators=("A", "B"))
    >>> places = np.array([75.01]), np.array([39.0])
    >>> judged_service(*places, antennas, settings=settings, grid=None, crs=CRS("EPSG:4490"))["model"].tolist()
    ['radius', 'radius', 'radius']
    """
    others = [model for model in settings.compare if model != settings.model]
    tables = {
        model: _by_model(
            lon,
            lat,
            antennas,
            settings=replace(settings, model=model, compare=()),
            grid=None if model == "radius" else grid,
            crs=crs,
            clutter=clutter,
            progress=progress,
        )
        for model in (settings.model, *others)
    }
    service = tables[settings.model]
    if not len(service):
        return service
    service["own_verdict"] = service["verdict"]
    service["compared"] = pd.Series(pd.NA, index=service.index, dtype="string")
    if others:
        service["compared"] = _compared(tables)
        agree = np.all([tables[model]["verdict"].eq(service["own_verdict"]) for model in others], axis=0)
        service["verdict"] = service["own_verdict"].where(agree, "depends")
    return service


def _by_model(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    antennas: pd.DataFrame,
    *,
    settings: CoverageSettings,
    grid: Grid | None,
    crs: CRS,
    clutter: Grid | None,
    progress: Progress,
) -> pd.DataFrame:
    """Find the best service by one model, place after place."""
    if settings.model in FIELD_STRENGTH_MODELS:
        service = field_service(
            lon, lat, antennas, settings=settings, grid=grid, crs=crs, clutter=clutter, progress=progress
        ).assign(**_BY_FIELD)
    else:
        service = best_service(lon, lat, antennas, settings=settings, grid=grid, crs=crs, progress=progress)
        service = service.assign(**_BY_SIGHT, model=settings.model)
        service["line_of_sight"] = _in_sight(service, settings.model)
    if not len(service):
        return service
    return service.iloc[np.argsort(service["place"].to_numpy(), kind="stable")].reset_index(drop=True)


def _in_sight(service: pd.DataFrame, model: CoverageModel) -> pd.Series:
    """Tell where the ray is clear of the ground; missing where the ground is not known or not looked at."""
    if model == "radius" or not len(service):
        return pd.Series(pd.NA, index=service.index, dtype="boolean")
    known = service["clearance_m"].notna() & ~service["has_void"].astype(bool)
    return service["clearance_m"].ge(0.0).astype("boolean").where(known)


def _compared(tables: dict[CoverageModel, pd.DataFrame]) -> pd.Series:
    """Name the verdict of each model and the power that it expects."""
    told = []
    for model, table in tables.items():
        power = table["rsrp_dbm"].map(lambda value: "" if np.isnan(value) else f" {value:.1f} dBm")
        told.append(f"{model}: " + table["verdict"].astype("string") + power.astype("string"))
    whole = told[0]
    for more in told[1:]:
        whole = whole + "; " + more
    return whole
