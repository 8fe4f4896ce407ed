"""Sectors of cells as areas on the ground, to be drawn: they show where a cell looks, not how far it reaches."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

__all__ = ["sector_wedges"]

_GEOD = Geod(ellps="GRS80")
_STEPS = 9


def sector_wedges(
    lon: ArrayLike, lat: ArrayLike, azimuth_deg: ArrayLike, beamwidth_deg: ArrayLike, *, radius_m: float = 150.0
) -> NDArray[np.object_]:
    """Draw the sector of each cell as a wedge.

    Parameters
    ----------
    lon, lat
        Places in degrees, shape (n,).
    azimuth_deg
        Directions clockwise from north, shape (n,); NaN where there is none.
    beamwidth_deg
        Widths of the wedges, shape (n,); NaN for a narrow one of 20 degrees, which stands for a width not given.
    radius_m
        Length of the wedges as drawn.

    Returns
    -------
    wedges
        Polygons in degrees, shape (n,); None where a place or direction is missing.

    Examples
    --------
    >>> wedge, nothing = sector_wedges([75, 75], [39.5, 39.5], [0, np.nan], [60, 60], radius_m=111)
    >>> [round(side, 3) for side in wedge.bounds], nothing
    ([74.999, 39.5, 75.001, 39.501], None)
    """
    east, north, azimuth, width = (
        np.atleast_1d(np.asarray(part, float)) for part in (lon, lat, azimuth_deg, beamwidth_deg)
    )
    width = np.clip(np.where(np.isfinite(width), width, 20.0), 1.0, 359.0)
    there = np.isfinite(east) & np.isfinite(north) & np.isfinite(azimuth)
    wedges = np.full(len(east), None, dtype=object)
    if not there.any():
        return wedges
    turns = azimuth[there, None] + width[there, None] * np.linspace(-0.5, 0.5, _STEPS)
    starts = [np.repeat(part[there], _STEPS) for part in (east, north)]
    far_east, far_north, _ = _GEOD.fwd(starts[0], starts[1], turns.ravel(), np.full(turns.size, radius_m))
    arcs = np.stack([far_east, far_north], axis=1).reshape(-1, _STEPS, 2)
    centre = np.stack([east[there], north[there]], axis=1)[:, None, :]
    wedges[there] = shapely.polygons(np.concatenate([centre, arcs, centre], axis=1))
    return wedges
