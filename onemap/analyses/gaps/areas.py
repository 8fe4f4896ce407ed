"""Areas against coverage: villages, districts and sea areas by share of area and of people.

Two ways, one result: points at even steps that were judged like any place, or rasters whose cells are cut by the areas
exactly. People come from judged places or from a raster of people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, require_geographic, result_layer
from onemap.layers.grid import Grid
from onemap.layers.nearest import GEOD

__all__ = ["POINT_LAYER", "area_points", "coverage_of_areas", "coverage_of_areas_on_grids"]

POINT_LAYER = "area_points"
"""Name under which the points of areas are judged."""

_KIND = ["technology", "operator"]
_VERDICTS = ("covered", "depends", "uncovered")
_CELLS_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Areas:
    """Polygons of several layers, one after the other."""

    layer: list[str]
    area_id: list[str]
    name: list[object]
    shapes: NDArray[np.object_]


def area_points(areas: Mapping[str, gpd.GeoDataFrame], *, step_m: float) -> gpd.GeoDataFrame:
    """Give points at even steps over areas, to be judged like any place.

    Parameters
    ----------
    areas
        Canonical layer name → layer (villages, districts, sea_areas), geographic CRS; rows that are no polygon have no
        points.
    step_m
        Distance of the points, in metres: rows along parallels, each parallel with its own step in longitude.

    Returns
    -------
    points
        place_id, name, and the geometry, as `coverage` takes the canonical layer `places`; each point once, however
        many areas it lies in. The lattice hangs on the equator and the prime meridian, so that areas cut into tiles
        have the same points.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    ValueError
        If the step is not positive.

    Examples
    --------
    >>> square = gpd.GeoDataFrame({"code": ["1"]}, geometry=[shapely.box(75, 39, 75.1, 39.1)], crs="EPSG:4490")
    >>> len(area_points({"districts": square}, step_m=1_000))
    95
    """
    if not step_m > 0:
        msg = f"step_m must be positive, got {step_m}"
        raise ValueError(msg)
    crs = require_geographic(**areas)
    shapes = _polygons(areas).shapes
    if not len(shapes):
        return gpd.GeoDataFrame({"place_id": [], "name": []}, geometry=[], crs=crs)
    west, south, east, north = shapely.total_bounds(shapes)
    step_deg = step_m / 111_132.95  # mean length of a degree of latitude
    rows = np.arange(np.ceil(south / step_deg), np.floor(north / step_deg) + 1)
    tree = shapely.STRtree(shapes)
    found = []
    for row in rows.tolist():
        lat = row * step_deg
        step_lon = step_deg / max(np.cos(np.radians(lat)), 0.01)
        columns = np.arange(np.ceil(west / step_lon), np.floor(east / step_lon) + 1)
        points = shapely.points(columns * step_lon, np.full(len(columns), lat))
        inside = np.unique(tree.query(points, predicate="intersects")[0])
        found += [(f"{row:.0f}/{columns[one]:.0f}", points[one]) for one in inside]
    labels = [label for label, _ in found]
    return gpd.GeoDataFrame({"place_id": labels, "name": labels}, geometry=[point for _, point in found], crs=crs)


def coverage_of_areas(
    areas: Mapping[str, gpd.GeoDataFrame],
    point_verdicts: gpd.GeoDataFrame,
    *,
    people: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Give the share of each area, and of its people, that is covered, by judged points.

    Parameters
    ----------
    areas
        Canonical layer name → layer, geographic CRS.
    point_verdicts
        Result layer `verdicts` of `area_points`.
    people
        Verdicts of the places that people live at, with `population`; None where nothing is known of people.

    Returns
    -------
    area_coverage
        Result layer `area_coverage`, a row for each area, technology and operator: shares of the points that lie in
        the area, and of the people of the places there. Missing where no point or nobody lies there.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.

    Examples
    --------
    >>> square = gpd.GeoDataFrame({"code": ["1"], "name": ["A"]}, geometry=[shapely.box(75, 39, 76, 40)],
    ...     crs="EPSG:4490")
    >>> verdicts = gpd.GeoDataFrame({"technology": "4G", "operator": "any", "verdict": ["covered", "uncovered"]},
    ...     geometry=gpd.points_from_xy([75.2, 75.4], [39.5, 39.5]), crs="EPSG:4490")
    >>> coverage_of_areas({"districts": square}, verdicts)["covered_share"].tolist()
    [0.5]
    """
    crs = require_geographic(**areas, point_verdicts=point_verdicts, people=people)
    every = _polygons(areas)
    points = _in_areas(every, point_verdicts, np.ones(len(point_verdicts)))
    if people is None:
        living = points.iloc[:0]
    else:
        living = _in_areas(every, people, column(people, "population", "number").fillna(0.0).to_numpy())
    return _shares(every, points, living, crs=crs, basis="points")


def coverage_of_areas_on_grids(
    areas: Mapping[str, gpd.GeoDataFrame],
    verdicts: Mapping[tuple[str, str], Grid],
    *,
    people: Grid | None = None,
) -> gpd.GeoDataFrame:
    """Give the share of each area, and of its people, that is covered, by rasters.

    Cells on the edge of an area count by the part that lies inside, cut exactly; areas are ellipsoidal.

    Parameters
    ----------
    areas
        Canonical layer name → layer, in the geographic CRS of the rasters.
    verdicts
        (technology, operator) → raster: 0 covered, 1 depends, 2 uncovered, NaN unknown (counts as depends). All have
        the shape and transform of the first, without rotation.
    people
        Raster of people per cell on the same cells; None where nothing is known of people.

    Returns
    -------
    area_coverage
        Result layer `area_coverage`. Where an area reaches beyond the raster, shares are of what lies on it.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    ValueError
        If the rasters do not lie on the same cells.

    Examples
    --------
    >>> from affine import Affine
    >>> square = gpd.GeoDataFrame({"code": ["1"], "name": ["A"]}, geometry=[shapely.box(75, 39, 75.15, 39.1)],
    ...     crs="EPSG:4490")
    >>> grid = Grid(np.array([[0.0, 2.0]]), Affine(0.1, 0, 75, 0, -0.1, 39.1), "EPSG:4490")
    >>> coverage_of_areas_on_grids({"districts": square}, {("4G", "any"): grid})["covered_share"].round(6).tolist()
    [0.666667]
    """
    crs = require_geographic(**areas)
    every = _polygons(areas)
    grids = [*verdicts.values(), *([people] if people is not None else [])]
    if not grids:
        return result_layer("area_coverage", {}, np.empty(0, dtype=object), crs)
    first = grids[0]
    for grid in grids:
        if grid.values.shape != first.values.shape or grid.transform != first.transform or first.transform.b:
            msg = "rasters of areas must lie on the same cells, without rotation"
            raise ValueError(msg)
    pieces = [_cells_of(shape, first, row) for row, shape in enumerate(every.shapes)]
    cells = pd.concat(pieces, ignore_index=True) if pieces else _cells_of(shapely.Polygon(), first, 0)
    points, living = [], []
    for (technology, operator), grid in verdicts.items():
        values = grid.values.ravel()[cells["cell"].to_numpy()]
        rank = np.where(np.isnan(values), 1.0, values).astype(np.int64)
        kind = {"technology": technology, "operator": operator, "rank": rank, "area": cells["area"].to_numpy()}
        points.append(pd.DataFrame({**kind, "weight": cells["area_m2"].to_numpy()}))
        if people is not None:
            count = np.nan_to_num(people.values.ravel()[cells["cell"].to_numpy()]) * cells["fraction"].to_numpy()
            living.append(pd.DataFrame({**kind, "weight": count}))
    table = pd.concat(points, ignore_index=True)
    return _shares(
        every, table, pd.concat(living, ignore_index=True) if living else table.iloc[:0], crs=crs, basis="raster"
    )


def _polygons(areas: Mapping[str, gpd.GeoDataFrame]) -> _Areas:
    """Put the polygons of all layers together."""
    layer, area_id, name, shapes = [], [], [], []
    for one, frame in areas.items():
        geometry = np.asarray(frame.geometry.to_numpy(), dtype=object)
        polygon = np.isin(shapely.get_type_id(geometry), (3, 6)) & ~shapely.is_empty(geometry)
        layer += [one] * int(polygon.sum())
        area_id += ids(frame, one)[polygon].tolist()
        name += column(frame, "name")[polygon].tolist()
        shapes += geometry[polygon].tolist()
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return _Areas(layer, area_id, name, found)


def _in_areas(every: _Areas, verdicts: gpd.GeoDataFrame, weight: NDArray[np.float64]) -> pd.DataFrame:
    """Pair verdicts with the areas that hold their places."""
    geometry = np.asarray(verdicts.geometry.to_numpy(), dtype=object)
    row, area = shapely.STRtree(every.shapes).query(geometry, predicate="intersects")
    table = pd.DataFrame(verdicts[_KIND]).iloc[row].reset_index(drop=True)
    rank = verdicts["verdict"].map({word: place for place, word in enumerate(_VERDICTS)}).to_numpy()[row]
    return pd.DataFrame(table.assign(rank=rank, area=area, weight=weight[row]))


def _shares(every: _Areas, points: pd.DataFrame, living: pd.DataFrame, *, crs: object, basis: str) -> gpd.GeoDataFrame:
    """Make the result layer from weights by area, technology, operator and verdict."""
    kinds = pd.concat([points[_KIND], living[_KIND]]).drop_duplicates()
    count = len(every.shapes)
    keys = pd.DataFrame({"area": np.repeat(np.arange(count), len(kinds))})
    for name in _KIND:
        keys[name] = np.tile(kinds[name].to_numpy(dtype=object), count)
    index = pd.MultiIndex.from_frame(keys)
    area_m2 = np.array([abs(GEOD.geometry_area_perimeter(shape)[0]) for shape in every.shapes])
    row = keys["area"].to_numpy(dtype=np.int64)
    values: dict[str, object] = {name: keys[name].array for name in _KIND}
    values |= {"area_layer": np.array(every.layer, dtype=object)[row], "basis": [basis] * len(row)}
    values |= {"area_id": np.array(every.area_id, dtype=object)[row], "name": np.array(every.name, dtype=object)[row]}
    values["area_km2"] = area_m2[row] / 1e6
    sums = _sums(points, index)
    whole = np.where(sums.sum(axis=1) > 0, sums.sum(axis=1), np.nan)
    for place, word in enumerate(_VERDICTS):
        values[f"{word}_share"] = sums[:, place] / whole
    people = _sums(living, index)
    total = people.sum(axis=1)
    values["population"] = np.where(total > 0, total, np.nan)
    values["covered_population_share"] = people[:, 0] / np.where(total > 0, total, np.nan)
    return result_layer("area_coverage", values, every.shapes[row], crs)  # type: ignore[arg-type]


def _sums(table: pd.DataFrame, index: pd.MultiIndex) -> NDArray[np.float64]:
    """Add up weights by verdict, a row for each area, technology and operator."""
    sums = table.groupby(["area", *_KIND, "rank"])["weight"].sum().unstack("rank", fill_value=0)
    return sums.reindex(index=index, columns=range(len(_VERDICTS)), fill_value=0.0).fillna(0.0).to_numpy(dtype=float)


def _cells_of(shape: shapely.Geometry, grid: Grid, area: int) -> pd.DataFrame:
    """Give the cells of a grid that an area covers: which, what part, and how many square metres."""
    place, (height, width) = grid.transform, grid.values.shape
    empty = pd.DataFrame({"area": [], "cell": [], "fraction": [], "area_m2": []}).astype({"area": int, "cell": int})
    if shapely.is_empty(shape):
        return empty
    west, south, east, north = shapely.bounds(shape)
    columns = _span((np.array([west, east]) - place.c) / place.a, width)
    rows = _span((np.array([south, north]) - place.f) / place.e, height)
    step = max(_CELLS_AT_ONCE // max(columns[1] - columns[0], 1), 1)
    shapely.prepare(shape)
    blocks = [(first, min(first + step, rows[1])) for first in range(rows[0], rows[1], step)]
    parts = [_block(shape, grid, columns, block).assign(area=area) for block in blocks]
    return pd.concat([empty, *parts], ignore_index=True)


def _block(shape: shapely.Geometry, grid: Grid, columns: tuple[int, int], rows: tuple[int, int]) -> pd.DataFrame:
    """Cut a block of cells by an area: whole cells inside, the rest by their intersection."""
    place, width = grid.transform, grid.values.shape[1]
    row, col = (one.ravel() for one in np.meshgrid(np.arange(*rows), np.arange(*columns), indexing="ij"))
    sides = [place.c + place.a * (col + one) for one in (0, 1)], [place.f + place.e * (row + one) for one in (0, 1)]
    boxes = shapely.box(np.minimum(*sides[0]), np.minimum(*sides[1]), np.maximum(*sides[0]), np.maximum(*sides[1]))
    fraction = shapely.contains_properly(shape, boxes).astype(float)
    edge = np.flatnonzero((fraction == 0) & shapely.intersects(shape, boxes))
    fraction[edge] = shapely.area(shapely.intersection(shape, boxes[edge])) / shapely.area(boxes[edge])
    touched = fraction > 0
    height_of = np.array([_cell_area(place.a, place.f + place.e * one, place.e) for one in range(*rows)])
    area_m2 = fraction * height_of[row - rows[0]]
    table = pd.DataFrame({"cell": row * width + col, "fraction": fraction, "area_m2": area_m2})
    return pd.DataFrame(table[touched])


def _cell_area(width_deg: float, lat: float, height_deg: float) -> float:
    """Give the ellipsoidal area of a cell by its upper edge, in square metres.

    References
    ----------
    J. P. Snyder, "Map Projections: A Working Manual", USGS 1395, 1987, eq. 3-12: authalic q.
    """
    eccentricity = np.sqrt(GEOD.es)
    sine = np.sin(np.radians(np.array([lat, lat + height_deg])))
    q = (1 - GEOD.es) * (sine / (1 - GEOD.es * sine**2) + np.arctanh(eccentricity * sine) / eccentricity)
    return float(abs(np.radians(width_deg) * GEOD.a**2 * (q[1] - q[0]) / 2))


def _span(ends: NDArray[np.float64], size: int) -> tuple[int, int]:
    """Give the first cell and the one after the last between two places along one axis."""
    low, high = np.floor(ends.min()), np.ceil(ends.max())
    return int(np.clip(low, 0, size)), int(np.clip(high, 0, size))
