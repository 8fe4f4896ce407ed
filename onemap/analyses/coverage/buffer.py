"""Coverage by radius: whatever lies within a cell's range is covered."""

from __future__ import annotations

import numpy as np

from onemap.terrain.profile import PathSights

__all__ = ["unobstructed"]


def unobstructed(count: int) -> PathSights:
    """Give paths on which nothing stands in the way and no height is known.

    Parameters
    ----------
    count
        Number of paths.

    Returns
    -------
    sights
        All clear; clearance and obstacle are NaN, as nothing was measured.

    Examples
    --------
    >>> unobstructed(2).reduced_m
    array([inf, inf])
    """
    unknown = np.full(count, np.nan)
    return PathSights(unknown, np.full(count, np.inf), unknown.copy(), unknown.copy(), np.zeros(count, dtype=np.bool_))
