"""How the analysis asks what is in sight: the caller knows the ground, the analysis does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Rays", "SightFunction", "Sights", "ViewFunction"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """From what stands to what must be seen; arrays of shape (n,).

    Attributes
    ----------
    lon, lat
        Where the antenna or camera stands, in degrees.
    height_agl_m
        Its height above the ground, in metres.
    to_lon, to_lat
        What must be seen, or the middle of the area, in degrees.
    radius_m
        Radius of the area, in metres.
    """

    lon: Floats
    lat: Floats
    height_agl_m: Floats
    to_lon: Floats
    to_lat: Floats
    radius_m: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Sights:
    """What the rays meet; arrays of shape (n,).

    Attributes
    ----------
    state
        CLEAR, GRAZING, UNKNOWN or BLOCKED of `onemap.terrain.profile`.
    clearance_m
        Height of the ray above the ground at the deciding place, in metres; NaN where it is not known.
    obstacle_m
        Distance of that place from the antenna, in metres; NaN where it is not known.
    """

    state: NDArray[np.int8]
    clearance_m: Floats
    obstacle_m: Floats


SightFunction = Callable[[Rays], Sights]
ViewFunction = Callable[[Rays], Floats]
"""Gives the share of each area that is seen, 0 to 1; NaN where it is not known."""
