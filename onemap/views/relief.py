"""The ground of the map: grey relief from an elevation model, in the rows of a Web Mercator page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pyproj import CRS, Transformer
from pyproj.enums import TransformDirection
from scipy.ndimage import map_coordinates

from onemap.layers.grid import Grid

__all__ = ["Relief", "hillshade", "relief_picture"]

_EARTH_RADIUS_M = 6_378_137.0  # sphere of EPSG:3857
_LIGHTS = ((315.0, 0.55), (270.0, 0.15), (360.0, 0.15), (225.0, 0.15))  # azimuth in degrees, weight
_LIGHT_ALTITUDE_DEG = 45.0
_DARKEST, _LIGHTEST = 168.0, 250.0


@dataclass(frozen=True, slots=True)
class Relief:
    """A picture of the ground with its place.

    Attributes
    ----------
    shade
        Grey values, 0-255, north up, rows equally spaced in Web Mercator; 0 where the model has no height.
    known
        True where the model has a height.
    west, south, east, north
        Outer edges in degrees.
    """

    shade: NDArray[np.uint8]
    known: NDArray[np.bool_]
    west: float
    south: float
    east: float
    north: float

    def data_uri(self) -> str:
        """Give the picture as a WebP inside a data address, clear where nothing is known."""
        picture = Image.fromarray(self.shade, mode="L")
        if not self.known.all():
            alpha = Image.fromarray(np.where(self.known, 255, 0).astype(np.uint8), mode="L")
            picture = Image.merge("LA", (picture, alpha)).convert("RGBA")
        else:
            picture = picture.convert("RGB")
        stream = io.BytesIO()
        picture.save(stream, format="WEBP", quality=78, method=6)
        return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def hillshade(
    elevation_m: NDArray[np.float64], cell_width_ratio: float, cell_height_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Compute how bright a slope is under four soft lights from the west and north.

    .. math:: b = \max(0, \sin h + \cos h \, (p \sin a + q \cos a)) / \sqrt{1 + p^2 + q^2}

    Parameters
    ----------
    elevation_m
        Heights, shape (rows, columns), north up, in metres; NaN where not known.
    cell_width_ratio
        Width of a cell as a multiple of its height.
    cell_height_m
        Height of a cell in each row, shape (rows,), in metres.

    Returns
    -------
    brightness
        0 dark to 1 bright, flat ground sin 45°; NaN where a neighbour is not known.

    References
    ----------
    B.K.P. Horn, "Hill shading and the reflectance map", Proc. IEEE 69 (1981): Lambertian reflectance of a slope.

    Examples
    --------
    Flat ground is as bright as the sine of the lights' altitude:

    >>> hillshade(np.zeros((3, 3)), 1.0, np.full(3, 90.0))[1, 1].round(4)
    np.float64(0.7071)
    """
    scale = cell_height_m[:, None]
    down, right = np.gradient(elevation_m)
    east = right / (scale * cell_width_ratio)
    north = -down / scale
    altitude = np.radians(_LIGHT_ALTITUDE_DEG)
    total = np.zeros_like(elevation_m)
    for azimuth_deg, weight in _LIGHTS:
        azimuth = np.radians(azimuth_deg)
        facing = -(east * np.sin(azimuth) + north * np.cos(azimuth))
        light = (np.sin(altitude) + np.cos(altitude) * facing) / np.sqrt(1.0 + east**2 + north**2)
        total += weight * np.clip(light, 0.0, 1.0)
    return total


def relief_picture(
    elevation: Grid, bounds: tuple[float, float, float, float], *, longest_side_px: int = 1400
) -> Relief | None:
    """Shade the part of an elevation model that lies in a window.

    The rows of the picture are equally spaced in Web Mercator, so that a page that stretches it between its corners
    shows each pixel where it belongs. The datum of the model is taken for that of the map (they differ by less than
    a metre for every datum in use).

    Parameters
    ----------
    elevation
        Elevation model in metres.
    bounds
        West, south, east, north of the window, in degrees.
    longest_side_px
        Pixels along the longer side, at most; never finer than half a cell of the model.

    Returns
    -------
    relief
        The picture; None where window and model do not meet.

    Examples
    --------
    >>> from affine import Affine
    >>> plain = Grid(np.zeros((20, 20), dtype="float32"), Affine(0.01, 0, 75, 0, -0.01, 40), "EPSG:4490")
    >>> relief_picture(plain, (10.0, 10.0, 11.0, 11.0)) is None
    True
    """
    to_grid = _lonlat_to(elevation.crs)
    west, south, east, north = _overlap(bounds, _bounds_lonlat(elevation, to_grid))
    if west >= east or south >= north:
        return None
    bottom, top = _mercator(np.array([south, north]))
    left, right = np.radians([west, east]) * _EARTH_RADIUS_M
    pixel_m = max((right - left) / longest_side_px, (top - bottom) / longest_side_px, 0.5 * _cell_m(elevation, top))
    columns = max(2, round((right - left) / pixel_m))
    rows = max(2, round((top - bottom) / pixel_m))
    height_m = (top - bottom) / rows
    lats = _latitude(top - (np.arange(rows) + 0.5) * height_m)
    lons = west + (np.arange(columns) + 0.5) * (east - west) / columns
    heights_m = _heights_at(elevation, to_grid, lons, lats)
    bright = hillshade(heights_m, (right - left) / columns / height_m, height_m * np.cos(np.radians(lats)))
    known = np.isfinite(bright)
    grey = _DARKEST + (_LIGHTEST - _DARKEST) * _stretched(bright)
    return Relief(np.where(known, grey, 0.0).round().astype(np.uint8), known, west, south, east, north)


def _stretched(brightness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spread brightness over 0-1 between its 1st and 99th percentile; plains stay even."""
    if not np.isfinite(brightness).any():
        return np.zeros_like(brightness)
    dark, bright = np.nanpercentile(brightness, [1, 99])
    middle = (dark + bright) / 2
    reach = max(bright - dark, 0.25)
    share: NDArray[np.float64] = np.clip((brightness - middle) / reach + 0.5, 0.0, 1.0)
    return share


def _mercator(lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the northing in EPSG:3857 of latitudes in degrees."""
    return _EARTH_RADIUS_M * np.arctanh(np.sin(np.radians(lat)))


def _latitude(northing_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the latitude in degrees of northings in EPSG:3857."""
    return np.degrees(np.arcsin(np.tanh(northing_m / _EARTH_RADIUS_M)))


def _lonlat_to(crs: str) -> Transformer | None:
    """Give the way from degrees of the model's own datum to its grid; None where the grid is in degrees."""
    system = CRS.from_user_input(crs)
    if system.is_geographic:
        return None
    return Transformer.from_crs(system.geodetic_crs, system, always_xy=True)


def _bounds_lonlat(elevation: Grid, to_grid: Transformer | None) -> tuple[float, float, float, float]:
    """Give west, south, east, north of the model in degrees."""
    rows, columns = elevation.values.shape
    step = elevation.transform
    x1, y1 = step.c + step.a * columns, step.f + step.e * rows
    box = (min(step.c, x1), min(step.f, y1), max(step.c, x1), max(step.f, y1))
    if to_grid is None:
        return box
    west, south, east, north = to_grid.transform_bounds(*box, direction=TransformDirection.INVERSE)
    return west, south, east, north


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Give the common part of two boxes; its edges cross where there is none."""
    return max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])


def _cell_m(elevation: Grid, northing_m: float) -> float:
    """Give the size of a cell of the model on the map, in metres of Web Mercator."""
    size = abs(elevation.transform.e)
    if CRS.from_user_input(elevation.crs).is_geographic:
        return float(np.radians(abs(elevation.transform.a)) * _EARTH_RADIUS_M)
    return float(size / np.cos(np.radians(_latitude(np.array(northing_m)))))


def _heights_at(
    elevation: Grid, to_grid: Transformer | None, lons: NDArray[np.float64], lats: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give heights on the crossings of meridians and parallels, between the four cells around; NaN off the model."""
    x, y = np.meshgrid(lons, lats)
    if to_grid is not None:
        x, y = to_grid.transform(x, y)
    back = ~elevation.transform
    column = back.a * x + back.b * y + back.c
    row = back.d * x + back.e * y + back.f
    rows, columns = elevation.values.shape
    # The rim outside the outermost centres takes their height, so that the picture reaches the edge of the model.
    inside = (column >= 0) & (column <= columns) & (row >= 0) & (row <= rows)
    places = np.stack([np.clip(row - 0.5, 0, rows - 1), np.clip(column - 0.5, 0, columns - 1)])
    heights_m = map_coordinates(np.asarray(elevation.values, dtype=float), places, order=1, mode="nearest")
    return np.where(inside, heights_m, np.nan)
