"""Write rasters of power received and best server, and polygons of the classes of power."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.coverage import serving_antennas
from onemap.analyses.coverage.rasters import (
    NOBODY,
    CoverageTile,
    coverage_tiles,
    kinds_asked,
    masts_off_ground,
    out_of_range,
    power_classes,
)
from onemap.config import Project
from onemap.delivery.writers import gpkg
from onemap.delivery.writers.cog import RasterForm, open_cog
from onemap.errors import LayerError
from onemap.layers.class_areas import class_areas
from onemap.layers.grid import Grid
from onemap.layers.nearest import GEOD
from onemap.progress import Progress, silent
from onemap.workflows.coverage_gaps import coverage_settings
from onemap.workflows.reading import Inputs

__all__ = ["write_coverage_rasters"]

WriteBlock = Callable[[int, int, NDArray[np.generic]], None]
"""Writes an array into a raster from a row and column on."""

_NODATA_DBM = -9999.0
_Areas = dict[tuple[int, int], list[shapely.Polygon]]


def write_coverage_rasters(
    project: Project, inputs: Inputs, folder: Path, *, progress: Progress = silent
) -> dict[str, Path]:
    """Write the power received and the best server of each technology and operator as Cloud-Optimised GeoTIFF.

    Parameters
    ----------
    project
        The project file; its tables `coverage` and `coverage_rasters` say how.
    inputs
        The layers and the elevation model.
    folder
        Where to write; made if missing.
    progress
        Told how far it is.

    Returns
    -------
    paths
        Name → path: "rsrp_4G_any", "server_4G_any", …; "servers", the table that numbers of servers point into, with
        those left out because the ground under them is not known; "areas", polygons of the classes of power.

    Raises
    ------
    LayerError
        If the project has no elevation model.
    """
    settings, wanted = coverage_settings(project), project.coverage_rasters
    grid = inputs.elevation
    if grid is None:
        raise LayerError("analysis_elevation_needed")
    antennas = serving_antennas(
        inputs.layers.get("cells"),
        inputs.layers.get("towers"),
        default_height_m=settings.default_tower_height_m,
        presets=settings.presets,
    )
    crs = CRS(project.project.working_crs)
    folder.mkdir(parents=True, exist_ok=True)
    kinds = kinds_asked(settings)
    paths = {"servers": _write_servers(antennas, masts_off_ground(antennas, grid, crs=crs), folder / "servers.csv")}
    areas: _Areas = defaultdict(list)
    with ExitStack() as stack:
        writers = []
        for service in kinds:
            places, pair = _open_pair(stack, project, grid=grid, folder=folder, kind=service)
            paths |= places
            writers.append(pair)
        for tile in coverage_tiles(
            antennas,
            grid,
            settings=settings,
            crs=crs,
            clutter=inputs.clutter,
            tile_cells=wanted.tile_cells,
            threads=os.cpu_count() or 1,
            progress=progress,
        ):
            for kind, (write_power, write_server) in enumerate(writers):
                write_power(tile.window[0], tile.window[1], tile.rsrp_dbm[kind])
                write_server(tile.window[0], tile.window[1], tile.server[kind])
            _outline(tile, wanted.class_edges_dbm, grid.transform, areas)
    paths["areas"] = folder / "coverage_areas.gpkg"
    layer = _area_layer(areas, kinds, wanted.class_edges_dbm, grid.crs)
    gpkg.write_layers({"coverage_areas": layer}, paths["areas"], date=project.project.date)
    return paths


def _open_pair(
    stack: ExitStack, project: Project, *, grid: Grid, folder: Path, kind: tuple[str, str]
) -> tuple[dict[str, Path], tuple[WriteBlock, WriteBlock]]:
    """Open the rasters of power and server of one kind of service."""
    technology, operator = kind
    name = f"{technology}_{operator}".replace("/", "-").replace("\\", "-")
    about = _about(project, technology, operator)
    places = {f"{what}_{name}": folder / f"{what}_{name}.tif" for what in ("rsrp", "server")}
    edges_dbm = project.coverage_rasters.class_edges_dbm
    power = stack.enter_context(open_cog(places[f"rsrp_{name}"], _power_form(grid, about, edges_dbm)))
    server = stack.enter_context(open_cog(places[f"server_{name}"], _server_form(grid, about)))
    return places, (power, server)


def _about(project: Project, technology: str, operator: str) -> dict[str, str]:
    """Give the facts that each raster of a kind of service carries."""
    coverage = project.coverage
    return {
        "technology": technology,
        "operator": operator,
        "model": "ITU-R P.1812-8",
        "time_percent": f"{coverage.time_percent:g}",
        "location_percent": "50",
        "receiver_height_m": f"{max(coverage.target_height_m, 1.0):g}",
        "reach_m": f"{coverage.reach_m:g}",
        "simulated": str(project.project.simulated).lower(),
    }


def _power_form(grid: Grid, about: dict[str, str], edges_dbm: tuple[float, ...]) -> RasterForm:
    """Say what a raster of power is."""
    legend = {f">= {edge:g}": number for number, edge in enumerate(edges_dbm, start=1)}
    legend[f"< {edges_dbm[-1]:g}"] = len(edges_dbm) + 1
    tags = {**about, "legend_classes_dbm": json.dumps(legend)}
    return RasterForm(
        (grid.values.shape[0], grid.values.shape[1]), grid.transform, grid.crs, "float32", _NODATA_DBM, "dBm",
        "power of a resource element of the reference signal (RSRP)", tags, "average",
    )  # fmt: skip


def _server_form(grid: Grid, about: dict[str, str]) -> RasterForm:
    """Say what a raster of servers is."""
    tags = {**about, "legend": "column number of servers.csv"}
    shape = (grid.values.shape[0], grid.values.shape[1])
    return RasterForm(shape, grid.transform, grid.crs, "int32", NOBODY, "", "best server", tags, "nearest")


def _write_servers(antennas: pd.DataFrame, off: np.ndarray[tuple[int], np.dtype[np.bool_]], path: Path) -> Path:
    """Write the table that the numbers of servers point into."""
    names = ["cell_id", "tower_id", "technology", "lon", "lat", "height_agl_m", "frequency_mhz", "eirp_re_dbm",
             "azimuth_deg", "assumed"]  # fmt: skip
    table = antennas[names].copy()
    table.insert(0, "number", np.arange(len(table)))
    table["operators"] = [";".join(group) for group in antennas["operators"]]
    table["left_out"] = np.select(
        [off, out_of_range(antennas)], ["ground not known", "frequency outside 30-6000 MHz"], ""
    )
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")
    return path


def _outline(tile: CoverageTile, edges_dbm: tuple[float, ...], transform: Affine, areas: _Areas) -> None:
    """Add the areas of a tile."""
    place = transform @ Affine.translation(tile.window[1], tile.window[0])
    for kind in range(len(tile.rsrp_dbm)):
        for number, area in class_areas(power_classes(tile.rsrp_dbm[kind], edges_dbm), place):
            areas[kind, number].append(area)


def _area_layer(
    areas: _Areas, kinds: list[tuple[str, str]], edges_dbm: tuple[float, ...], crs: str
) -> gpd.GeoDataFrame:
    """Join the areas of each class over the tiles."""
    rows = []
    for kind, number in sorted(areas):
        whole = shapely.union_all(areas[kind, number])
        technology, operator = kinds[kind]
        rows.append(
            {
                "technology": technology,
                "operator": operator,
                "class_number": number,
                "rsrp_from_dbm": edges_dbm[number - 1] if number <= len(edges_dbm) else np.nan,
                "rsrp_to_dbm": edges_dbm[number - 2] if number > 1 else np.nan,
                "geometry": whole if whole.geom_type == "MultiPolygon" else shapely.MultiPolygon([whole]),
            }
        )
    columns = ["technology", "operator", "class_number", "rsrp_from_dbm", "rsrp_to_dbm", "geometry"]
    layer = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=crs)
    lonlat = layer.geometry.to_crs(4490) if CRS(crs).is_projected else layer.geometry
    layer.insert(5, "area_km2", [abs(GEOD.geometry_area_perimeter(area)[0]) / 1e6 for area in lonlat])
    return layer
