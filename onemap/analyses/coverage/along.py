"""Coverage along roads: points at even steps, with chainage."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, require_geographic, result_layer
from onemap.analyses.coverage.antennas import serving_antennas
from onemap.analyses.coverage.models import judged_service
from onemap.analyses.coverage.places import grid_for, service_fields
from onemap.analyses.coverage.settings import CoverageSettings
from onemap.errors import LayerError
from onemap.layers.chainage import MeasuredLine, even_offsets, measure_line
from onemap.layers.grid import Grid
from onemap.progress import Progress, silent

__all__ = ["coverage_along", "measured_roads", "start_chainage"]


def coverage_along(
    roads: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame | None,
    towers: gpd.GeoDataFrame | None,
    *,
    settings: CoverageSettings,
    grid: Grid | None = None,
    clutter: Grid | None = None,
    progress: Progress = silent,
) -> gpd.GeoDataFrame:
    """Judge points along roads, every `road_step_m` and at both ends.

    Parameters
    ----------
    roads
        Canonical layer in a geographic CRS. `chainage_from_km` is the chainage where the line starts (0 if missing);
        `direction` "down" means that it falls along the line, and then a missing start is taken so that the end is 0.
    cells, towers, settings, grid, clutter, progress
        As for `coverage`.

    Returns
    -------
    road_verdicts
        Result layer `road_verdicts`: for each road, technology and operator the points in the order of the line.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a road is no line or its id is not unique, or there is no elevation model where one is needed.

    Examples
    --------
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_id": ["R1"]}, geometry=[shapely.LineString([(75, 39), (75.001, 39)])], crs="EPSG:4490")
    >>> settings = CoverageSettings(model="radius", technologies=("4G",), operators=())
    >>> coverage_along(roads, None, None, settings=settings)[["offset_m", "verdict"]].round(1).values.tolist()
    [[0.0, 'uncovered'], [50.0, 'uncovered'], [86.6, 'uncovered']]
    """
    crs = require_geographic(roads=roads, cells=cells, towers=towers)
    grid = grid_for(settings, grid)
    lines = measured_roads(roads)
    offsets = [even_offsets(line.length_m, settings.road_step_m) for line in lines]
    if not lines:
        return result_layer("road_verdicts", {}, np.empty(0, dtype=object), crs)
    lon, lat = (np.concatenate(side) for side in zip(*map(_points, lines, offsets), strict=True))
    antennas = serving_antennas(
        cells, towers, default_height_m=settings.default_tower_height_m, presets=settings.presets
    )
    service = judged_service(
        lon, lat, antennas, settings=settings, grid=grid, clutter=clutter, crs=crs, progress=progress
    )
    if not len(service):
        return result_layer("road_verdicts", {}, np.empty(0, dtype=object), crs)
    place = service["place"].to_numpy(dtype=np.int64)
    road = np.repeat(np.arange(len(lines)), [len(offset) for offset in offsets])
    kind = pd.factorize(pd.MultiIndex.from_frame(service[["technology", "operator"]]))[0]
    order = np.lexsort((place, kind, road[place]))
    service, place = service.iloc[order].reset_index(drop=True), place[order]
    values = _road_fields(roads, road[place]) | service_fields(service, antennas)
    offset_m = np.concatenate(offsets)[place]
    start_m, sign = start_chainage(roads, np.array([line.length_m for line in lines]))
    values |= {"offset_m": offset_m, "chainage_m": (start_m[road] + sign[road] * np.concatenate(offsets))[place]}
    return result_layer("road_verdicts", values, np.asarray(shapely.points(lon, lat))[place], crs)


def measured_roads(roads: gpd.GeoDataFrame) -> list[MeasuredLine]:
    """Measure each road on the ellipsoid.

    Raises
    ------
    LayerError
        If a road is no line, or a road id stands for two rows.

    Examples
    --------
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_id": ["R1"]}, geometry=[shapely.LineString([(75, 39), (75.001, 39)])], crs="EPSG:4490")
    >>> round(measured_roads(roads)[0].length_m, 1)
    86.6
    """
    road_id = ids(roads, "roads")
    again = road_id.isna() | road_id.duplicated()
    if again.any():
        raise LayerError("analysis_road_id", road=str(road_id[again].iloc[0]), count=int(again.sum()))
    shapes = np.asarray(roads.geometry.to_numpy(), dtype=object)
    wrong = ~np.isin(shapely.get_type_id(shapes), (1, 5)) | shapely.is_empty(shapes)
    if wrong.any():
        raise LayerError("analysis_road_geometry", road=road_id[wrong].iloc[0], count=int(wrong.sum()))
    return [measure_line(shape) for shape in shapes]


def start_chainage(
    roads: gpd.GeoDataFrame, length_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the chainage where each line starts, in metres, and whether it rises (1) or falls (-1) along the line.

    Examples
    --------
    >>> start_chainage(gpd.GeoDataFrame({"direction": ["up", "down"]}), np.array([500.0, 500.0]))
    (array([  0., 500.]), array([ 1., -1.]))
    """
    falls = column(roads, "direction").eq("down").fillna(value=False).to_numpy(dtype=bool)
    start_m = column(roads, "chainage_from_km", "number").to_numpy() * 1000.0
    return np.where(np.isnan(start_m), np.where(falls, length_m, 0.0), start_m), np.where(falls, -1.0, 1.0)


def _points(line: MeasuredLine, offset_m: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the points of one road."""
    return line.points_at(offset_m)


def _road_fields(roads: gpd.GeoDataFrame, row: NDArray[np.int64]) -> dict[str, object]:
    """Repeat what is known of each road for each of its points."""
    return {
        "road_id": ids(roads, "roads").iloc[row].array,
        "ref": column(roads, "ref").iloc[row].array,
        "road_name": column(roads, "name").iloc[row].array,
        "is_border": column(roads, "is_border", "boolean").iloc[row].array,
    }
