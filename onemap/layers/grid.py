"""A raster layer: values, transform, CRS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray

__all__ = ["Grid"]


@dataclass(frozen=True, slots=True)
class Grid:
    """Values on a regular grid; a value stands for the middle of its cell.

    Attributes
    ----------
    values
        Shape (rows, columns), floating point; NaN where nothing is known (voids).
    transform
        From (column, row) to coordinates of the CRS; (0, 0) is the outer corner of the first cell.
    crs
        "EPSG:n" or WKT.

    Raises
    ------
    ValueError
        If the values are no 2-D array of floating point numbers, or the transform cannot be turned round.

    Examples
    --------
    >>> grid = Grid(np.array([[1.0, 2.0], [3.0, 4.0]]), Affine(1, 0, 75, 0, -1, 40), "EPSG:4490")
    >>> grid.bounds
    (75.0, 38.0, 77.0, 40.0)
    >>> grid.sample([76.0, 75.0], [39.0, 39.0])
    array([2.5, nan])
    """

    values: NDArray[np.floating[Any]]
    transform: Affine
    crs: str

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or not np.issubdtype(self.values.dtype, np.floating):
            msg = f"values must be a 2-D array of floats, got shape {self.values.shape} of {self.values.dtype}"
            raise ValueError(msg)
        if self.transform.is_degenerate:
            msg = f"the transform must have an inverse, got {tuple(self.transform)[:6]}"
            raise ValueError(msg)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Outer bounds (west, south, east, north) in the CRS."""
        rows, columns = self.values.shape
        corners = [self.transform @ corner for corner in ((0, 0), (columns, 0), (0, rows), (columns, rows))]
        eastings, northings = zip(*corners, strict=True)
        return float(min(eastings)), float(min(northings)), float(max(eastings)), float(max(northings))

    def covers(self, bounds: tuple[float, float, float, float]) -> bool:
        """Tell whether bounds (west, south, east, north) in the CRS of the grid lie inside it.

        Examples
        --------
        >>> Grid(np.zeros((2, 2)), Affine(1, 0, 75, 0, -1, 40), "EPSG:4490").covers((75.5, 38.5, 77.5, 39))
        False
        """
        west, south, east, north = self.bounds
        return west <= bounds[0] and south <= bounds[1] and bounds[2] <= east and bounds[3] <= north

    def sample(self, easting: ArrayLike, northing: ArrayLike) -> NDArray[np.float64]:
        """Give values between the middles of cells, bilinearly.

        Parameters
        ----------
        easting, northing
            Coordinates in the CRS of the grid (longitude and latitude where it is geographic), of one shape.

        Returns
        -------
        values
            Same shape. NaN beyond the middles of the outermost cells, and where a cell that takes part is void.
        """
        column, row = ~self.transform @ (np.asarray(easting, dtype=float), np.asarray(northing, dtype=float))
        column, row = np.asarray(column) - 0.5, np.asarray(row) - 0.5
        rows, columns = self.values.shape
        inside = (column >= 0) & (column <= columns - 1) & (row >= 0) & (row <= rows - 1)
        left = np.clip(np.floor(np.where(inside, column, 0)).astype(np.int64), 0, max(columns - 2, 0))
        top = np.clip(np.floor(np.where(inside, row, 0)).astype(np.int64), 0, max(rows - 2, 0))
        right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
        across, down = np.where(inside, column - left, 0.0), np.where(inside, row - top, 0.0)
        total = np.zeros(np.shape(column))
        for row_at, down_weight in ((top, 1 - down), (bottom, down)):
            for column_at, across_weight in ((left, 1 - across), (right, across)):
                weight = down_weight * across_weight
                total += np.where(weight > 0, weight * self.values[row_at, column_at], 0.0)
        return np.where(inside, total, np.nan)
