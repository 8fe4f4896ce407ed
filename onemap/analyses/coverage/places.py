"""Coverage of places: schools, clinics, border institutions, settlements, villages, whatever has a point."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from onemap.analyses.columns import column, ids, places, require_geographic, result_layer
from onemap.analyses.coverage.antennas import serving_antennas
from onemap.analyses.coverage.models import judged_service
from onemap.analyses.coverage.reasons import reasons_of
from onemap.analyses.coverage.settings import TERRAIN_MODELS, CoverageSettings
from onemap.errors import LayerError
from onemap.layers.grid import Grid
from onemap.progress import Progress, silent

__all__ = ["coverage", "grid_for", "service_fields"]

_SAME = (
    "technology", "operator", "verdict", "model", "rsrp_dbm", "margin_db", "sigma_db", "loss_db", "line_of_sight",
    "compared", "distance_m", "clearance_m", "obstacle_distance_m", "obstacle_elev_m",
)  # fmt: skip


def coverage(
    targets: Mapping[str, gpd.GeoDataFrame],
    cells: gpd.GeoDataFrame | None,
    towers: gpd.GeoDataFrame | None,
    *,
    settings: CoverageSettings,
    grid: Grid | None = None,
    clutter: Grid | None = None,
    progress: Progress = silent,
) -> gpd.GeoDataFrame:
    """Judge for each place, technology and operator whether it is covered.

    Parameters
    ----------
    targets
        Canonical layer name → layer, such as schools, clinics, posts, settlements, villages; geographic CRS. A polygon
        stands for a point inside it.
    cells, towers
        What serves: see `serving_antennas`. None where there is none.
    settings
        What coverage is judged by.
    grid
        Heights of the ground, in metres above sea level; needed for models that look at the ground, unused by "radius".
    clutter
        Heights of what stands on the ground, in metres, on the cells of `grid`; None: open land. Used by P.1812 and
        delta-Bullington.
    progress
        Told how far it is.

    Returns
    -------
    verdicts
        Result layer `verdicts`: a row for each target, technology and operator ("any" first). By field strength as in
        `onemap.analyses.coverage.propagation`, a target beyond the elevation model or behind a void of it depends. By
        sight, covered: an antenna in range is clear by more than the margin. Depends: none is, but one is within the
        margin, or only a void of the elevation model leaves it open. Uncovered otherwise. Where models that are
        compared disagree the verdict depends. Cell, tower, distance and obstacle are those of the best path; they are
        missing where no antenna is in range. `clearance_m` is the height of the ray above its deciding obstacle, known
        by sight only; power, margin and loss by field strength only.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a place has no geometry, or there is no elevation model where one is needed.

    Examples
    --------
    >>> schools = gpd.GeoDataFrame(
    ...     {"school_id": ["S1"]}, geometry=[shapely.Point(75.01, 39)], crs="EPSG:4490")
    >>> towers = gpd.GeoDataFrame(
    ...     {"tower_id": ["T1"], "technologies": ["4G"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> settings = CoverageSettings(model="radius", technologies=("4G",), operators=())
    >>> verdicts = coverage({"schools": schools}, None, towers, settings=settings)
    >>> verdicts.loc[0, "reason_en"]
    'tower T1, standing in for its cells, is 866 m away, within its range of 8000 m'
    """
    crs = require_geographic(**targets, cells=cells, towers=towers)
    grid = grid_for(settings, grid)
    antennas = serving_antennas(
        cells, towers, default_height_m=settings.default_tower_height_m, presets=settings.presets
    )
    parts = [
        _of_layer(name, layer, antennas, settings=settings, grid=grid, clutter=clutter, crs=crs, progress=progress)
        for name, layer in targets.items()
        if len(layer)
    ]
    if not parts:
        return result_layer("verdicts", {}, np.empty(0, dtype=object), crs)
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=crs)


def grid_for(settings: CoverageSettings, grid: Grid | None) -> Grid | None:
    """Give the grid that the models need: the one there is, but none where all is by radius.

    Raises
    ------
    LayerError
        If a model needs an elevation model and there is none.

    Examples
    --------
    >>> grid_for(CoverageSettings(model="radius"), None) is None
    True
    """
    models = {settings.model, *settings.compare}
    if models == {"radius"}:
        return None
    if grid is None and models.intersection(TERRAIN_MODELS):
        raise LayerError("analysis_elevation_needed")
    return grid


def service_fields(service: pd.DataFrame, antennas: pd.DataFrame) -> dict[str, object]:
    """Give the result fields that places and road points share.

    Parameters
    ----------
    service
        Table of `judged_service`.
    antennas
        Table of `serving_antennas`.

    Returns
    -------
    fields
        cell_id, tower_id, and the columns of the table that `verdicts` and `road_verdicts` both have.

    Examples
    --------
    >>> service = pd.DataFrame({"antenna": [-1], **dict.fromkeys(_SAME, np.nan)})
    >>> antennas = pd.DataFrame({"cell_id": ["C1"], "tower_id": ["T1"]}, dtype="string")
    >>> service_fields(service, antennas)["cell_id"].isna().tolist()
    [True]
    """
    antenna = service["antenna"].to_numpy()
    fields: dict[str, object] = {
        name: antennas[name].astype("string").reset_index(drop=True).reindex(antenna).reset_index(drop=True)
        for name in ("cell_id", "tower_id")
    }
    return fields | {name: service[name].array for name in _SAME}


def _of_layer(
    name: str,
    layer: gpd.GeoDataFrame,
    antennas: pd.DataFrame,
    *,
    settings: CoverageSettings,
    grid: Grid | None,
    clutter: Grid | None,
    crs: CRS,
    progress: Progress,
) -> gpd.GeoDataFrame:
    """Judge the places of one layer."""
    lon, lat = places(layer, name)
    service = judged_service(
        lon, lat, antennas, settings=settings, grid=grid, clutter=clutter, crs=crs, progress=progress
    )
    if not len(service):
        return result_layer("verdicts", {}, np.empty(0, dtype=object), crs)
    place = service["place"].to_numpy(dtype=np.int64)
    values: dict[str, object] = {"target_layer": [name] * len(place), "target_id": ids(layer, name).iloc[place].array}
    for field in ("name", "village_id", "source"):
        values[field] = column(layer, field).iloc[place].array
    values |= service_fields(service, antennas)
    values["reason_zh"], values["reason_en"] = reasons_of(service, antennas, settings)
    return result_layer("verdicts", values, np.asarray(shapely.points(lon, lat))[place], crs)
