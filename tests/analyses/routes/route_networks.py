"""Cables whose shared and single routes are known because they were laid so."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

GEOD = Geod(ellps="GRS80")
CRS = "EPSG:4490"
AT = (75.2, 39.6)


def in_degrees(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring metres east and north of a place to degrees: by azimuth and distance on the ellipsoid."""
    azimuth = np.degrees(np.arctan2(plane[:, 0], plane[:, 1]))
    lon, lat, _ = GEOD.fwd(
        np.full(len(plane), AT[0]), np.full(len(plane), AT[1]), azimuth, np.hypot(plane[:, 0], plane[:, 1])
    )
    return np.column_stack([lon, lat])


def drawn_along(
    way: NDArray[np.float64], rng: np.random.Generator, *, noise_m: float = 8.0, side_m: float = 0.0
) -> shapely.LineString:
    """Draw a cable along a way in metres: at its bends and in between, each vertex up to `noise_m` off, in degrees."""
    line = shapely.LineString(way)
    bends = [line.project(shapely.Point(place)) for place in way]
    between = np.cumsum(rng.uniform(60, 140, int(line.length / 60) + 1))
    at = np.unique(np.concatenate([bends, between[between < line.length]]))
    at = at[np.concatenate([[True], np.diff(at) > 1.0])]
    if side_m:
        line = line.offset_curve(side_m)
        at = at * line.length / at[-1]
    points = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    angle, off = rng.uniform(0, 2 * np.pi, len(at)), rng.uniform(0, noise_m, len(at))
    points += np.column_stack([np.cos(angle), np.sin(angle)]) * off[:, None]
    return shapely.LineString(in_degrees(points))


def cables(lines: list[shapely.LineString], **values: list[object]) -> gpd.GeoDataFrame:
    """Make a layer of cables, ids in order."""
    ids = [f"C{place:05d}" for place in range(len(lines))]
    given = {"cable_id": ids, "operator": ["甲"] * len(lines)} | values
    return gpd.GeoDataFrame(given, geometry=lines, crs=CRS)


def streets(
    rng: np.random.Generator, *, side: int = 4, block_m: float = 1500.0
) -> tuple[NDArray[np.float64], list[tuple[int, int]]]:
    """Give the crossings of a bent grid, in metres, and the streets between them."""
    grid = np.array([(i, j) for i in range(side) for j in range(side)], dtype=float) * block_m
    crossings = grid + rng.uniform(-250, 250, grid.shape)
    pairs = [(i * side + j, i * side + j + 1) for i in range(side) for j in range(side - 1)]
    pairs += [(i * side + j, (i + 1) * side + j) for i in range(side - 1) for j in range(side)]
    return crossings, [pair for pair in pairs if rng.random() < 0.85]


def random_walks(
    pairs: list[tuple[int, int]], rng: np.random.Generator, *, count: int, longest: int = 5
) -> list[list[int]]:
    """Walk from crossing to crossing, never along one street twice."""
    walks = []
    for _ in range(count):
        walk = list(pairs[rng.integers(len(pairs))])
        if rng.random() < 0.5:
            walk.reverse()
        for _ in range(int(rng.integers(0, longest))):
            used = {frozenset(step) for step in pairwise(walk)}
            onward = [set(pair) - {walk[-1]} for pair in pairs if walk[-1] in pair and frozenset(pair) not in used]
            ahead = sorted(one.pop() for one in onward)
            if not ahead:
                break
            walk.append(ahead[rng.integers(len(ahead))])
        walks.append(walk)
    return walks
