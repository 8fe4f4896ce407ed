"""The offsets of Chinese web maps: GCJ-02 and BD-09, both ways, on arrays.

Web maps in China publish coordinates that are shifted by some hundred metres: GCJ-02 is WGS 84 plus an offset that
varies from place to place, BD-09 is GCJ-02 plus a second one. The official formula is not published; the public one
here is what programs use and agrees with it closely. It has no closed inverse, so the inverse is found by fixed-point
iteration until it stands still.

Out-of-China rule: the GCJ-02 offset exists only inside the box `GCJ_BOUNDS`; outside, GCJ-02 equals WGS 84. The step
from GCJ-02 to BD-09 is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "GCJ_BOUNDS",
    "bd09_to_gcj02",
    "bd09_to_wgs84",
    "gcj02_to_bd09",
    "gcj02_to_wgs84",
    "wgs84_to_bd09",
    "wgs84_to_gcj02",
]

GCJ_BOUNDS = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north of the box in which the GCJ-02 offset exists, in degrees."""

_AXIS_M = 6378245.0  # Krassovsky 1940, as the public formula has it
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD_SHIFT_LON, _BD_SHIFT_LAT = 0.0065, 0.006
_BD_RADIUS, _BD_ANGLE, _BD_WAVE = 0.00002, 0.000003, np.pi * 3000.0 / 180.0
_STILL_DEG = 1e-13  # 1e-8 m: below what a double of some hundred degrees resolves well
_MOST_ROUNDS = 30

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Shift WGS 84 coordinates to GCJ-02.

    Parameters
    ----------
    lon, lat
        WGS 84 degrees, shape (n,); NaN stays NaN.

    Returns
    -------
    lon, lat
        GCJ-02 degrees, shape (n,); equal to the input outside `GCJ_BOUNDS`.

    References
    ----------
    The public formula, as in the open eviltransform and coordtransform programs.

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02([116.404], [39.915])
    >>> lon.round(6).tolist(), lat.round(6).tolist()
    ([116.410244], [39.916404])
    """
    lon, lat = _pair(lon, lat)
    inside = _in_china(lon, lat)
    shift_lon, shift_lat = _gcj_offset(lon, lat)
    return lon + np.where(inside, shift_lon, 0.0), lat + np.where(inside, shift_lat, 0.0)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Take the GCJ-02 offset away, to below 1e-6 m.

    Parameters
    ----------
    lon, lat
        GCJ-02 degrees, shape (n,); NaN stays NaN.

    Returns
    -------
    lon, lat
        WGS 84 degrees, shape (n,); equal to the input where the answer would lie outside `GCJ_BOUNDS`.

    Examples
    --------
    >>> lon, lat = gcj02_to_wgs84(*wgs84_to_gcj02([116.404], [39.915]))
    >>> lon.round(9).tolist(), lat.round(9).tolist()
    ([116.404], [39.915])
    """
    lon, lat = _pair(lon, lat)
    plain_lon, plain_lat = _invert(lambda a, b: _add(a, b, _gcj_offset(a, b)), lon, lat)
    inside = _in_china(plain_lon, plain_lat)
    return np.where(inside, plain_lon, lon), np.where(inside, plain_lat, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Shift GCJ-02 coordinates to BD-09.

    Parameters
    ----------
    lon, lat
        GCJ-02 degrees, shape (n,).

    Returns
    -------
    lon, lat
        BD-09 degrees, shape (n,).

    Examples
    --------
    >>> lon, lat = gcj02_to_bd09([116.410244], [39.916404])
    >>> lon.round(6).tolist(), lat.round(5).tolist()
    ([116.416627], [39.9227])
    """
    lon, lat = _pair(lon, lat)
    radius = np.hypot(lon, lat) + _BD_RADIUS * np.sin(lat * _BD_WAVE)
    angle = np.arctan2(lat, lon) + _BD_ANGLE * np.cos(lon * _BD_WAVE)
    return radius * np.cos(angle) + _BD_SHIFT_LON, radius * np.sin(angle) + _BD_SHIFT_LAT


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Take the BD-09 offset away, to below 1e-6 m.

    Parameters
    ----------
    lon, lat
        BD-09 degrees, shape (n,).

    Returns
    -------
    lon, lat
        GCJ-02 degrees, shape (n,).

    Examples
    --------
    >>> lon, lat = bd09_to_gcj02(*gcj02_to_bd09([116.41], [39.92]))
    >>> lon.round(9).tolist(), lat.round(9).tolist()
    ([116.41], [39.92])
    """
    lon, lat = _pair(lon, lat)
    return _invert(gcj02_to_bd09, lon, lat)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Shift WGS 84 coordinates to BD-09, through GCJ-02.

    Parameters
    ----------
    lon, lat
        WGS 84 degrees, shape (n,).

    Returns
    -------
    lon, lat
        BD-09 degrees, shape (n,).

    Examples
    --------
    >>> lon, lat = wgs84_to_bd09([116.404], [39.915])
    >>> lon.round(6).tolist(), lat.round(5).tolist()
    ([116.416627], [39.9227])
    """
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Take both offsets away, to below 1e-6 m.

    Parameters
    ----------
    lon, lat
        BD-09 degrees, shape (n,).

    Returns
    -------
    lon, lat
        WGS 84 degrees, shape (n,).

    Examples
    --------
    >>> lon, lat = bd09_to_wgs84(*wgs84_to_bd09([75.2], [39.5]))
    >>> lon.round(9).tolist(), lat.round(9).tolist()
    ([75.2], [39.5])
    """
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _pair(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Give both as float arrays of one shape."""
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _add(lon: Floats, lat: Floats, shift: Pair) -> Pair:
    """Add a shift."""
    return lon + shift[0], lat + shift[1]


def _in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Tell which points lie in the box of the offset; NaN does not."""
    west, south, east, north = GCJ_BOUNDS
    inside: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def _gcj_offset(lon: Floats, lat: Floats) -> Pair:
    """Give the offset in degrees, as the public formula has it."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    short = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + short
    north_m += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + short
    east_m += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    lat_rad = np.radians(lat)
    flat = 1.0 - _ECCENTRICITY_SQUARED * np.sin(lat_rad) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY_SQUARED) / (flat * np.sqrt(flat))
    parallel_m = _AXIS_M / np.sqrt(flat) * np.cos(lat_rad)
    return np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)


def _invert(forward: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    """Solve forward(answer) = given by fixed-point iteration; NaN stays NaN."""
    answer_lon, answer_lat = lon, lat
    for _ in range(_MOST_ROUNDS):
        image_lon, image_lat = forward(answer_lon, answer_lat)
        miss_lon, miss_lat = lon - image_lon, lat - image_lat
        answer_lon, answer_lat = answer_lon + miss_lon, answer_lat + miss_lat
        miss = np.maximum(np.abs(miss_lon), np.abs(miss_lat))
        if not (miss > _STILL_DEG).any():
            break
    return answer_lon, answer_lat
