"""A plane in metres round one place, and how it lies on the cells of a grid.

Radio and sight need distances and directions from a mast; grids come in degrees, in metres that are not quite
metres, or turned. Two polynomials of the third degree, fitted round the mast, lead from cells to metres east and north
of it and back; `error_m` says how far they leave the geodesic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["POWERS", "Plane", "even_plane", "fit_plane", "place_at"]

Floats = NDArray[np.float64]

POWERS = ((1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3))
"""Exponents of the two coordinates in each term of the polynomials; there is no constant term."""


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Metres round a mast on a grid.

    Attributes
    ----------
    column, row
        The mast, counted from the centre of the first cell of the grid.
    to_metres
        Coefficients, shape (2, 9), of metres east and north over columns and rows from the mast; terms as in `POWERS`.
    to_cells
        Coefficients, shape (2, 9), of columns and rows from the mast over metres east and north.
    error_m
        Largest distance between a place and its image there and back, or its given place in metres, in the fit.
    """

    column: float
    row: float
    to_metres: Floats
    to_cells: Floats
    error_m: float

    @property
    def cell_m(self) -> float:
        """Shorter side of a cell at the mast, in metres."""
        return float(np.hypot(self.to_metres[0, :2], self.to_metres[1, :2]).min())


def even_plane(column: float, row: float, column_m: float, row_m: float) -> Plane:
    """Give the plane of a grid whose cells all have the same sides in metres, rows running south.

    Parameters
    ----------
    column, row
        The mast, counted from the centre of the first cell.
    column_m, row_m
        Sides of a cell, in metres.

    Raises
    ------
    ValueError
        If a side is not positive.

    Examples
    --------
    >>> plane = even_plane(10.0, 5.0, 30.0, 30.0)
    >>> plane.cell_m, plane.error_m
    (30.0, 0.0)
    """
    if not (column_m > 0 and row_m > 0):
        msg = f"column_m and row_m must be more than zero, got {column_m:g} m and {row_m:g} m"
        raise ValueError(msg)
    to_metres, to_cells = np.zeros((2, 9)), np.zeros((2, 9))
    to_metres[0, 0], to_metres[1, 1] = column_m, -row_m
    to_cells[0, 0], to_cells[1, 1] = 1.0 / column_m, -1.0 / row_m
    return Plane(float(column), float(row), to_metres, to_cells, 0.0)


def fit_plane(column: float, row: float, cells: Floats, metres: Floats) -> Plane:
    """Fit the plane of a grid in any CRS to places that are known both in cells and in metres.

    Parameters
    ----------
    column, row
        The mast, counted from the centre of the first cell.
    cells
        Columns and rows of the places, shape (n, 2), n at least 9, counted from the centre of the first cell.
    metres
        The same places, shape (n, 2), in metres east and north of the mast along geodesics.

    Returns
    -------
    plane
        With the largest residual of the fit as its `error_m`.

    Raises
    ------
    ValueError
        If there are too few places, or one is not a number.

    Examples
    --------
    >>> metres = np.array([[east, north] for east in (-90, -30, 30, 60) for north in (-60, 0, 30, 90.0)])
    >>> cells = metres / [30.0, -30.0] + [4.0, 7.0]
    >>> plane = fit_plane(4.0, 7.0, cells, metres)
    >>> round(plane.cell_m, 9), plane.error_m < 1e-9
    (30.0, True)
    """
    offsets = np.asarray(cells, dtype=float) - (column, row)
    if offsets.shape != metres.shape or len(offsets) < len(POWERS) or not np.isfinite([offsets, metres]).all():
        msg = f"cells and metres must be {len(POWERS)} places or more that are numbers, got {offsets.shape}"
        raise ValueError(msg)
    to_metres = _fitted(offsets, metres)
    to_cells = _fitted(metres, offsets)
    there = _terms(offsets) @ to_metres.T
    back = _terms(_terms(metres) @ to_cells.T) @ to_metres.T
    error_m = max(np.hypot(*(there - metres).T).max(), np.hypot(*(back - there).T).max())
    return Plane(float(column), float(row), to_metres, to_cells, float(error_m))


def _fitted(places: Floats, wanted: Floats) -> Floats:
    """Fit the coefficients that lead from places to wanted ones."""
    reach = np.abs(places).max()
    found = np.linalg.lstsq(_terms(places / reach), wanted, rcond=None)[0]
    scale = np.array([reach ** -(across + along) for across, along in POWERS])
    coefficients: Floats = np.ascontiguousarray((found * scale[:, None]).T)
    return coefficients


def _terms(places: Floats) -> Floats:
    """Give the terms of the polynomials, shape (n, 9)."""
    terms: Floats = np.stack([places[:, 0] ** across * places[:, 1] ** along for across, along in POWERS], axis=1)
    return terms


@numba.njit(cache=True, nogil=True)
def place_at(terms, u, v):  # type: ignore[no-untyped-def]
    """Evaluate one polynomial of a plane.

    Parameters
    ----------
    terms
        Its nine coefficients.
    u, v
        The two coordinates, counted from the mast.

    Returns
    -------
    value
        The coordinate that it leads to.

    Examples
    --------
    >>> place_at(even_plane(0.0, 0.0, 30.0, 20.0).to_metres[1], 2.0, 5.0)
    -100.0
    """
    first = terms[0] + u * (terms[2] + u * terms[5]) + v * (terms[3] + u * terms[6] + v * terms[7])
    return u * first + v * (terms[1] + v * (terms[4] + v * terms[8]))
