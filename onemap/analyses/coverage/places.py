"""Coverage of places: schools, clinics, border institutions, settlements, villages, whatever has a point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.columns import column, ids, places, require_geographic, result_layer
from onemap.analyses.coverage.antennas import serving_antennas
from onemap.analyses.coverage.line_of_sight import require_cover
from onemap.analyses.coverage.service import best_service
from onemap.analyses.coverage.settings import CoverageSettings
from onemap.errors import LayerError
from onemap.layers.grid import Grid
from onemap.messages import text
from onemap.progress import Progress, silent
from onemap.terrain.profile import CLEAR, GRAZING, UNKNOWN, margin_shape

__all__ = ["coverage", "grid_for", "service_fields"]


def coverage(
    targets: Mapping[str, gpd.GeoDataFrame],
    cells: gpd.GeoDataFrame | None,
    towers: gpd.GeoDataFrame | None,
    *,
    settings: CoverageSettings,
    grid: Grid | None = None,
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
        Heights of the ground, in metres above sea level; needed for the model "line of sight", unused by "radius".
    progress
        Told how far it is.

    Returns
    -------
    verdicts
        Result layer `verdicts`: a row for each target, technology and operator ("any" first). Covered: an antenna in
        range is clear by more than the margin. Depends: none is, but one is within the margin, or only a void of the
        elevation model leaves it open. Uncovered otherwise. Cell, tower, distance and obstacle are those of the best
        path; they are missing where no antenna is in range. `clearance_m` is the height of the ray above its deciding
        obstacle.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a place has no geometry, there is no elevation model where one is needed, or it does not reach all targets.

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
    antennas = serving_antennas(cells, towers, default_height_m=settings.default_tower_height_m)
    parts = [
        _of_layer(name, layer, antennas, settings=settings, grid=grid, crs=crs, progress=progress)
        for name, layer in targets.items()
        if len(layer)
    ]
    if not parts:
        return result_layer("verdicts", {}, np.empty(0, dtype=object), crs)
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=crs)


def grid_for(settings: CoverageSettings, grid: Grid | None) -> Grid | None:
    """Give the grid that the model needs: the one there is for "line of sight", none for "radius".

    Raises
    ------
    LayerError
        If the model needs an elevation model and there is none.

    Examples
    --------
    >>> grid_for(CoverageSettings(model="radius"), None) is None
    True
    """
    if settings.model == "radius":
        return None
    if grid is None:
        raise LayerError("analysis_elevation_needed")
    return grid


def service_fields(service: pd.DataFrame, antennas: pd.DataFrame, settings: CoverageSettings) -> dict[str, object]:
    """Give the result fields that places and road points share.

    Parameters
    ----------
    service
        Table of `best_service`.
    antennas
        Table of `serving_antennas`.
    settings
        What coverage is judged by.

    Returns
    -------
    fields
        technology, operator, verdict, model, cell_id, tower_id, distance_m, clearance_m, obstacle_distance_m,
        obstacle_elev_m.

    Examples
    --------
    >>> service = pd.DataFrame({"antenna": [-1], "technology": "4G", "operator": "any", "verdict": "uncovered",
    ...     **dict.fromkeys(["distance_m", "clearance_m", "obstacle_distance_m", "obstacle_elev_m"], np.nan)})
    >>> antennas = pd.DataFrame({"cell_id": ["C1"], "tower_id": ["T1"]}, dtype="string")
    >>> service_fields(service, antennas, CoverageSettings())["cell_id"].isna().tolist()
    [True]
    """
    antenna = service["antenna"].to_numpy()
    fields: dict[str, object] = {
        name: antennas[name].astype("string").reset_index(drop=True).reindex(antenna).reset_index(drop=True)
        for name in ("cell_id", "tower_id")
    }
    same = ("technology", "operator", "verdict", "distance_m", "clearance_m", "obstacle_distance_m", "obstacle_elev_m")
    fields |= {name: service[name].to_numpy() for name in same}
    return fields | {"model": [settings.model] * len(service)}


def _of_layer(
    name: str,
    layer: gpd.GeoDataFrame,
    antennas: pd.DataFrame,
    *,
    settings: CoverageSettings,
    grid: Grid | None,
    crs: CRS,
    progress: Progress,
) -> gpd.GeoDataFrame:
    """Judge the places of one layer."""
    lon, lat = places(layer, name)
    if grid is not None:
        require_cover(grid, lon, lat, crs=crs, layer=name)
    service = best_service(lon, lat, antennas, settings=settings, grid=grid, crs=crs, progress=progress)
    place = service["place"].to_numpy(dtype=np.int64) if len(service) else np.empty(0, dtype=np.int64)
    if not len(place):
        return result_layer("verdicts", {}, np.empty(0, dtype=object), crs)
    # Rows in the order of the places, within a place as computed: technology, then operator.
    order = np.argsort(place, kind="stable")
    service, place = service.iloc[order].reset_index(drop=True), place[order]
    values: dict[str, object] = {"target_layer": [name] * len(place), "target_id": ids(layer, name).iloc[place].array}
    for field in ("name", "village_id", "source"):
        values[field] = column(layer, field).iloc[place].array
    values |= service_fields(service, antennas, settings)
    values["reason_zh"], values["reason_en"] = _reasons(service, antennas, settings)
    return result_layer("verdicts", values, np.asarray(shapely.points(lon, lat))[place], crs)


def _reasons(
    service: pd.DataFrame, antennas: pd.DataFrame, settings: CoverageSettings
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Say for each verdict what it rests on, in Chinese and in English."""
    known = antennas[["cell_id", "tower_id", "height_agl_m", "height_assumed"]].to_dict("records")
    found = np.empty((2, len(service)), dtype=object)
    rows = service.to_dict("records")
    for number, row in enumerate(rows):
        for side, lang in enumerate(("zh", "en")):
            found[side, number] = _reason(row, known, settings, lang)
    return found[0], found[1]


def _reason(row: Mapping[Any, Any], antennas: list[dict[Any, Any]], settings: CoverageSettings, lang: str) -> str:
    """Say what one verdict rests on."""
    number = int(row["antenna"])
    range_m = settings.range_m[str(row["technology"])]
    if number < 0:
        nearest_m = float(row["nearest_m"])
        if np.isinf(nearest_m):
            return text("coverage_none_at_all", lang)
        return text("coverage_none_in_range", lang, range_m=f"{range_m:.0f}", nearest_m=f"{nearest_m:.0f}")
    antenna = antennas[number]
    values = {name: f"{row[name]:.0f}" for name in ("distance_m", "obstacle_distance_m", "obstacle_elev_m")}
    clearance_m = float(row["clearance_m"])
    values |= {"clearance_m": f"{abs(clearance_m):.1f}", "range_m": f"{range_m:.0f}"}
    values["server"] = _server(antenna, lang)
    values["needed_m"] = f"{_needed(row, settings):.1f}"
    said = text(_reason_id(row, clearance_m, settings), lang, **values)
    if antenna["height_assumed"] and settings.model != "radius":
        said += text("coverage_height_assumed", lang, height_m=f"{round(antenna['height_agl_m'], 1):g}")
    return said


def _needed(row: Mapping[Any, Any], settings: CoverageSettings) -> float:
    """Give the margin that holds at the deciding obstacle, in metres; NaN where there is none."""
    share = np.array([row["obstacle_distance_m"] / row["distance_m"] if row["distance_m"] else 0.5])
    return settings.clearance_margin_m * float(margin_shape(share)[0])


def _reason_id(row: Mapping[Any, Any], clearance_m: float, settings: CoverageSettings) -> str:
    """Choose the text for the outcome of a path."""
    if settings.model == "radius":
        return "coverage_in_radius"
    if row["state"] == CLEAR:
        return "coverage_clear"
    if row["state"] == UNKNOWN:
        return "coverage_void_ends" if np.isnan(clearance_m) else "coverage_void"
    if row["state"] == GRAZING:
        return "coverage_grazing_above" if clearance_m >= 0 else "coverage_grazing_below"
    return "coverage_blocked"


def _server(antenna: Mapping[Any, Any], lang: str) -> str:
    """Name an antenna by cell and tower, whichever is known."""
    cell, tower = antenna["cell_id"], antenna["tower_id"]
    if pd.isna(cell):
        return text("coverage_server_tower", lang, tower=tower)
    if pd.isna(tower):
        return text("coverage_server_cell", lang, cell=cell)
    return text("coverage_server", lang, cell=cell, tower=tower)
