"""What a model expects where somebody measured: the power of the very cell that was measured, not of the best one."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.analyses.columns import column, ids, places, require_geographic
from onemap.analyses.coverage.path_models import FREE_SPACE_SHORT
from onemap.analyses.coverage.propagation import field_service
from onemap.analyses.coverage.settings import CoverageSettings
from onemap.analyses.measured_cells import USABLE, measured_cells
from onemap.layers.grid import Grid
from onemap.progress import Progress, silent

__all__ = ["predict_measurements"]

_FARTHEST_M = 100_000.0  # no cell of LTE or NR reaches farther
_ANY_POWER_DBM = -1_000.0
_PREDICTED = ("predicted_dbm", "distance_m", "line_of_sight")


def predict_measurements(
    measurements: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    antennas: pd.DataFrame,
    *,
    settings: CoverageSettings,
    grid: Grid | None,
    clutter: Grid | None = None,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Predict the level of each measurement's own cell.

    Parameters
    ----------
    measurements, cells
        Canonical layers in one geographic CRS.
    antennas
        Table of `serving_antennas` of these cells.
    settings
        What coverage is judged by; its model is one of field strength. Thresholds and reach do not matter here.
    grid, clutter
        As for `onemap.analyses.coverage.propagation.field_service`.
    progress
        Told how many measurements are done.

    Returns
    -------
    predictions
        On the index of the measurements, as `measurement_residuals` takes it: model, cell_id, operator (of the cell
        where the measurement names none), technology, band (or the frequency, where the cell names none), predicted_dbm
        at the median of locations, distance_m, line_of_sight. `predicted_dbm` is NaN where the measurement is not
        usable, the path has a void or leaves the elevation model, the model does not hold, or the cell is more than
        100 km away.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.

    Examples
    --------
    >>> from onemap.analyses.coverage import serving_antennas
    >>> cells = gpd.GeoDataFrame(
    ...     {"cell_id": ["C1"], "operator": ["A"], "technology": ["4G"], "band": ["B3"]},
    ...     geometry=gpd.points_from_xy([75.0], [39.0]), crs="EPSG:4490")
    >>> drive = gpd.GeoDataFrame(
    ...     {"cell_id": ["C1", "C2"], "rsrp_dbm": [-80.0, -80.0]},
    ...     geometry=gpd.points_from_xy([75.02] * 2, [39.0] * 2), crs="EPSG:4490")
    >>> antennas = serving_antennas(cells, None, default_height_m=30.0)
    >>> settings = CoverageSettings(model="hata", technologies=("4G",), operators=())
    >>> found = predict_measurements(drive, cells, antennas, settings=settings, grid=None)
    >>> found["distance_m"].round().tolist(), found["band"].tolist()[0]
    ([1733.0, nan], 'B3')
    """
    crs = require_geographic(measurements=measurements, cells=cells)
    table = _facts(measurements, cells, antennas)
    table["model"] = settings.model
    lon, lat = places(measurements, "measurements")
    antenna = table.pop("antenna").to_numpy()
    found = {name: np.full(len(table), np.nan) for name in _PREDICTED}
    with progress.step("measurements_step", total=len(table)) as done:
        for number in np.unique(antenna):
            place = np.flatnonzero(antenna == number)
            if number >= 0:
                own = antennas.iloc[[number]].reset_index(drop=True)
                of_cell = _for_cell(settings, str(own["technology"].iloc[0]))
                service = field_service(
                    lon[place], lat[place], own, settings=of_cell, grid=grid, crs=crs, clutter=clutter
                )
                _fill(found, place, service)
            done(len(place))
    table["predicted_dbm"], table["distance_m"] = found["predicted_dbm"], found["distance_m"]
    in_sight = pd.Series(found["line_of_sight"], index=table.index)
    table["line_of_sight"] = in_sight.eq(1).astype("boolean").mask(in_sight.isna())
    return table


def _facts(measurements: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, antennas: pd.DataFrame) -> pd.DataFrame:
    """Give what is known of the cell of each measurement, and the number of its antenna, -1 where there is none."""
    of = measured_cells(measurements, cells)
    row = np.where(of["state"] == USABLE, of["row"], -1)
    first = pd.Series(np.arange(len(antennas)), index=pd.Index(antennas["cell_id"].to_numpy(dtype=object)))
    first = first[first.index.notna() & ~first.index.duplicated()]
    cell_id = ids(cells, "cells")
    antenna_of = np.append(first.reindex(cell_id.to_numpy(dtype=object)).fillna(-1).to_numpy(dtype=int), -1)
    antenna = antenna_of[row]
    megahertz = np.append(antennas["frequency_mhz"].to_numpy(dtype=float), np.nan)[antenna]
    frequency = pd.Series([None if np.isnan(one) else f"{one:.0f} MHz" for one in megahertz], index=measurements.index)
    known = {
        name: column(cells, name).astype(object).reset_index(drop=True).reindex(row).set_axis(measurements.index)
        for name in ("cell_id", "operator", "technology", "band")
    }
    own = column(measurements, "operator").astype(object)
    known["operator"] = own.where(own.notna(), known["operator"])
    known["band"] = known["band"].where(known["band"].notna(), frequency)
    return pd.DataFrame({**known, "antenna": antenna}, index=measurements.index)


def _for_cell(settings: CoverageSettings, technology: str) -> CoverageSettings:
    """Give the settings for one cell alone, at whatever power."""
    return replace(
        settings,
        compare=(),
        technologies=(technology,),
        operators=(),
        range_m={technology: 1.0},
        rsrp_min_dbm={technology: _ANY_POWER_DBM},
        reach_m=_FARTHEST_M,
    )


def _fill(found: dict[str, np.ndarray], place: np.ndarray, service: pd.DataFrame) -> None:
    """Take over what is predicted; a bound is no prediction."""
    service = service.sort_values("place")
    holds = (service["antenna"].to_numpy() >= 0) & (service["basis"].to_numpy() <= FREE_SPACE_SHORT)
    found["predicted_dbm"][place] = np.where(holds, service["rsrp_dbm"].to_numpy(dtype=float), np.nan)
    found["distance_m"][place] = service["distance_m"].to_numpy(dtype=float)
    found["line_of_sight"][place] = service["line_of_sight"].to_numpy(dtype=float, na_value=np.nan)
