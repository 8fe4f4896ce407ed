"""A raster layer: values, transform, CRS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray

__all__ = ["Grid"]

_SNAP_CELLS = 1e-9  # a place this near to a cell's middle is that middle: rounding must not pull in a neighbour


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A raster with its place on the ground.

    Attributes
    ----------
    values
        Shape (rows, columns), floating; NaN where nothing is known (a void). A value stands for the middle of its cell.
    transform
        From (column, row), counted at the corner of the first cell, to coordinates in `crs`.
    crs
        "EPSG:n" or WKT.

    Examples
    --------
    >>> grid = Grid(np.array([[1.0, 2.0], [3.0, 4.0]]), Affine(1, 0, 75, 0, -1, 40), "EPSG:4490")
    >>> grid.bounds
    (75.0, 38.0, 77.0, 40.0)
    >>> grid.sample(76, 39).item()
    2.5
    """

    values: NDArray[np.floating]
    transform: Affine
    crs: str

    def __post_init__(self) -> None:
        if np.ndim(self.values) != 2 or not np.issubdtype(self.values.dtype, np.floating):
            msg = f"values must be a floating 2-D array, got {self.values.dtype} with {np.ndim(self.values)} dimensions"
            raise ValueError(msg)
        if self.transform.is_degenerate:
            msg = f"transform must be invertible, got {tuple(self.transform)[:6]}"
            raise ValueError(msg)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge in `crs`, at the outer edges of the cells."""
        rows, columns = self.values.shape
        place = self.transform
        corners = ((0, 0), (columns, 0), (0, rows), (columns, rows))
        easts = [place.a * column + place.b * row + place.c for column, row in corners]
        norths = [place.d * column + place.e * row + place.f for column, row in corners]
        return (min(easts), min(norths), max(easts), max(norths))

    def covers(self, bounds: tuple[float, float, float, float]) -> bool:
        """Tell whether a box lies within the grid; voids inside are not looked at.

        Parameters
        ----------
        bounds
            West, south, east and north edge in `crs`.

        Examples
        --------
        >>> grid = Grid(np.zeros((2, 2)), Affine(1, 0, 75, 0, -1, 40), "EPSG:4490")
        >>> grid.covers((75, 38, 77, 40)), grid.covers((74.9, 38, 77, 40))
        (True, False)
        """
        west, south, east, north = bounds
        columns, rows = self._places(np.array([west, west, east, east]), np.array([south, north, south, north]))
        height, width = self.values.shape
        inside = (columns >= -0.5) & (columns <= width - 0.5) & (rows >= -0.5) & (rows <= height - 0.5)
        return bool(inside.all())

    def sample(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """Interpolate the values at places, bilinearly between the middles of the four cells around.

        In the outer half of a rim cell, where there are no four, the value of the nearest middles holds on.

        Parameters
        ----------
        lon, lat
            Places in `crs` (easting and northing in a projected one), of one shape or that broadcast to one.

        Returns
        -------
        values
            Of that shape; NaN outside the grid, for a place that is not finite, and wherever a cell that has a weight
            is a void.

        Examples
        --------
        >>> grid = Grid(np.array([[1.0, np.nan], [3.0, 4.0]]), Affine(1, 0, 75, 0, -1, 40), "EPSG:4490")
        >>> grid.sample([75.5, 76.0, 76.0, 80.0], [39.0, 39.0, 38.5, 38.5])
        array([2. , nan, 3.5, nan])
        """
        lon, lat = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
        column, row = self._places(lon, lat)
        height, width = self.values.shape
        inside = (column >= -0.5) & (column <= width - 0.5) & (row >= -0.5) & (row <= height - 0.5)
        left, right, east_share = _neighbours(column, inside, width)
        upper, lower, south_share = _neighbours(row, inside, height)
        total = np.zeros(lon.shape)
        for rows, row_share in ((upper, 1 - south_share), (lower, south_share)):
            for columns, column_share in ((left, 1 - east_share), (right, east_share)):
                weight = row_share * column_share
                total += np.where(weight > 0, weight * self.values[rows, columns].astype(float), 0.0)
        return np.where(inside, total, np.nan)

    def _places(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give columns and rows, counted from the middle of the first cell."""
        inverse = ~self.transform
        known = np.isfinite(lon) & np.isfinite(lat)
        lon, lat = np.where(known, lon, np.nan), np.where(known, lat, np.nan)
        column = inverse.a * lon + inverse.b * lat + inverse.c - 0.5
        row = inverse.d * lon + inverse.e * lat + inverse.f - 0.5
        return _snapped(column), _snapped(row)


def _snapped(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move places to the next half cell where only rounding keeps them off it."""
    nearest = np.round(place * 2) / 2
    snapped: NDArray[np.float64] = np.where(np.abs(place - nearest) < _SNAP_CELLS, nearest, place)
    return snapped


def _neighbours(
    place: NDArray[np.float64], inside: NDArray[np.bool_], size: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Give the cells before and after each place along one axis, and the share of the one after."""
    held = np.clip(np.where(inside, place, 0.0), 0, size - 1)
    before = np.floor(held).astype(np.intp)
    after = np.minimum(before + 1, size - 1)
    return before, after, held - before
