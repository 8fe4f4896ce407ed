"""The shape of the ground: slopes, and cells that stand highest within a distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import maximum_filter

__all__ = ["highest_within", "slopes_deg"]


def slopes_deg(heights: NDArray[np.floating], column_m: ArrayLike, row_m: ArrayLike) -> NDArray[np.float64]:
    r"""Compute the slope of the ground in each cell.

    .. math:: \tan s = \sqrt{p^2 + q^2}, \quad
        p = \frac{(c + 2f + i) - (a + 2d + g)}{8\,\Delta x}, \quad q = \frac{(g + 2h + i) - (a + 2b + c)}{8\,\Delta y}

    Parameters
    ----------
    heights
        Heights of the ground, shape (rows, columns), in metres; NaN is a void.
    column_m, row_m
        Sides of the cells along columns and rows, in metres: numbers, or shape (rows,) where they change by row.

    Returns
    -------
    slope_deg
        Shape (rows, columns), in degrees from the horizontal; NaN in the outermost cells and wherever one of the nine
        cells is a void.

    References
    ----------
    B. K. P. Horn, "Hill shading and the reflectance map", Proc. IEEE 69 (1981): the weights of the eight neighbours.

    Examples
    --------
    A plane that rises 10 m in 100 m to the east:

    >>> slopes_deg(np.arange(3.0) * 10.0 + np.zeros((3, 1)), 100.0, 100.0)[1].round(2)
    array([ nan, 5.71,  nan])
    """
    h = np.asarray(heights, dtype=np.float64)
    slope = np.full(h.shape, np.nan)
    if min(h.shape) < 3:
        return slope
    sides = [
        np.broadcast_to(np.asarray(side, dtype=float).reshape(-1, 1), (h.shape[0], 1)) for side in (column_m, row_m)
    ]
    width_m, depth_m = (side[1:-1] for side in sides)
    north, middle, south = h[:-2], h[1:-1], h[2:]
    east = (north[:, 2:] + 2.0 * middle[:, 2:] + south[:, 2:]) - (north[:, :-2] + 2.0 * middle[:, :-2] + south[:, :-2])
    down = (south[:, :-2] + 2.0 * south[:, 1:-1] + south[:, 2:]) - (north[:, :-2] + 2.0 * north[:, 1:-1] + north[:, 2:])
    void = np.isnan(middle[:, 1:-1])
    inner = np.degrees(np.arctan(np.hypot(east / (8.0 * width_m), down / (8.0 * depth_m))))
    slope[1:-1, 1:-1] = np.where(void, np.nan, inner)
    return slope


def highest_within(heights: NDArray[np.floating], rows: int, columns: int) -> NDArray[np.bool_]:
    """Tell which cells stand higher than all others in the window round them.

    Parameters
    ----------
    heights
        Heights of the ground, shape (rows, columns), in metres; NaN is a void, which is lower than everything.
    rows, columns
        How many cells the window reaches to each side.

    Returns
    -------
    highest
        Shape of the heights. Of cells of one height the first counts as the highest (by row, then column), so a plain
        has one for each window. Beyond the rim there is nothing.

    Raises
    ------
    ValueError
        If the window reaches nowhere.

    Examples
    --------
    >>> highest_within(np.array([[1.0, 5.0, 5.0, 2.0, 3.0]]), 1, 1)
    array([[False,  True, False, False,  True]])
    """
    if rows < 1 or columns < 1:
        msg = f"rows and columns must be one or more, got {rows} and {columns}"
        raise ValueError(msg)
    known = np.isfinite(heights)
    # The place of each cell among all by height: no two are alike, so a window has one highest.
    order = np.argsort(-np.where(known, heights, -np.inf).ravel(), kind="stable")
    flat = np.empty(order.size, dtype=np.int32)
    flat[order] = np.arange(order.size, 0, -1, dtype=np.int32)
    place = flat.reshape(heights.shape)
    top = maximum_filter(place, size=(2 * rows + 1, 2 * columns + 1), mode="constant", cval=0)
    return np.asarray((place == top) & known)
