"""The horizon round a place: how high the ground stands above the horizontal in some directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onemap.terrain.plane import POWERS, Plane
from onemap.terrain.profile import EARTH_RADIUS_M, heights_at

__all__ = ["HIGHEST_GROUND_M", "Horizon", "horizon_of", "open_sky_share"]

Floats = NDArray[np.float64]

HIGHEST_GROUND_M = 8_849.0
"""Nothing stands higher above the sea than Mount Everest (8,848.86 m, survey of 2020)."""


@dataclass(frozen=True, slots=True, eq=False)
class Horizon:
    """What stands round a place; arrays of shape (directions,).

    Attributes
    ----------
    elevation_deg
        Elevation of the highest ground in sight, in degrees above the horizontal; NaN where no ground is known.
    distance_m
        Where that ground is, in metres; NaN likewise.
    known
        Whether the ground is known all the way.
    could_be_deg
        Elevation that the ground could reach at most where it is not known, were it the highest on earth, in degrees;
        -90 where it is known all the way.
    eye_m
        Height of the eye above the sea, in metres; NaN in a void.
    """

    elevation_deg: Floats
    distance_m: Floats
    known: NDArray[np.bool_]
    could_be_deg: Floats
    eye_m: float


def horizon_of(
    heights: NDArray[np.floating],
    plane: Plane,
    azimuth_deg: Floats,
    *,
    height_agl_m: float,
    reach_m: float,
    k_factor: float = 4.0 / 3.0,
) -> Horizon:
    r"""Find the elevation of the horizon in some directions.

    .. math:: \theta = \max_d \arctan\left(\frac{h(d) - h_0}{d} - \frac{d}{2 k R}\right)

    Parameters
    ----------
    heights
        Heights of the ground, shape (rows, columns), in metres above sea level; NaN is a void.
    plane
        Where the eye stands, and the metres round it.
    azimuth_deg
        Directions, shape (n,), in degrees clockwise from north.
    height_agl_m
        Height of the eye above the ground, in metres.
    reach_m
        How far is looked, in metres.
    k_factor
        Effective over real radius of the earth.

    Returns
    -------
    horizon
        From samples a cell apart, heights taken bilinearly.

    References
    ----------
    ITU-R P.526, effective earth radius; ITU-R P.452, horizon angles of a path profile.

    Examples
    --------
    A wall of 100 m, 500 m to the east, seen from the ground:

    >>> from onemap.terrain.plane import even_plane
    >>> ground = np.zeros((21, 41))
    >>> ground[:, 30:] = 100.0
    >>> found = horizon_of(ground, even_plane(20.0, 10.0, 50.0, 50.0), np.array([90.0, 270.0]),
    ...     height_agl_m=0.0, reach_m=900.0)
    >>> found.elevation_deg.round(1) + 0.0
    array([11.3,  0. ])
    """
    ground_m = float(heights_at(heights, np.array([plane.column]), np.array([plane.row]))[0])
    eye_m = ground_m + height_agl_m
    distance_m = np.arange(1, max(int(reach_m / plane.cell_m), 1) + 1) * plane.cell_m
    angle = np.radians(np.asarray(azimuth_deg, dtype=float))
    east, north = np.sin(angle)[:, None] * distance_m, np.cos(angle)[:, None] * distance_m
    column, row = (_image(terms, east, north) for terms in plane.to_cells)
    taken = heights_at(heights, (plane.column + column).ravel(), (plane.row + row).ravel()).reshape(east.shape)
    rise = (taken - eye_m) / distance_m - distance_m / (2.0 * k_factor * EARTH_RADIUS_M)
    known = np.isfinite(rise).all(axis=1)
    steepest = np.where(np.isnan(rise), -np.inf, rise)
    at = steepest.argmax(axis=1)
    top = steepest[np.arange(len(at)), at]
    seen = np.isfinite(top)
    elevation_deg = np.where(seen, np.degrees(np.arctan(np.where(seen, top, 0.0))), np.nan)
    first_m = np.where(known, np.inf, distance_m[(~np.isfinite(rise)).argmax(axis=1)])
    highest = (HIGHEST_GROUND_M - (0.0 if np.isnan(eye_m) else eye_m)) / first_m  # nearer unknown ground rises steeper
    could_be_deg = np.where(known, -90.0, np.degrees(np.arctan(highest)))
    return Horizon(elevation_deg, np.where(seen, distance_m[at], np.nan), known, could_be_deg, eye_m)


def open_sky_share(elevation_deg: Floats, mask_deg: float) -> float:
    r"""Compute the share of the sky above a mask that the ground leaves free, by solid angle.

    .. math:: \frac{1}{n} \sum_i \frac{1 - \sin \max(\theta_i, \theta_0)}{1 - \sin \theta_0}

    Parameters
    ----------
    elevation_deg
        Horizon in directions evenly round, shape (n,), in degrees; NaN: nothing stands there.
    mask_deg
        Lower is of no use, in degrees.

    Examples
    --------
    >>> round(open_sky_share(np.array([30.0, 30.0, np.nan, -2.0]), 0.0), 3)
    0.75
    """
    mask = np.radians(mask_deg)
    edge = np.maximum(np.nan_to_num(np.radians(elevation_deg), nan=-np.pi / 2.0), mask)
    return float(np.mean((1.0 - np.sin(edge)) / (1.0 - np.sin(mask))))


def _image(terms: Floats, u: Floats, v: Floats) -> Floats:
    """Evaluate one polynomial of a plane."""
    total = np.zeros(u.shape)
    for (across, along), coefficient in zip(POWERS, terms, strict=True):
        if coefficient != 0.0:
            total += coefficient * u**across * v**along
    return total
