"""How high an antenna must stand for a link whose Fresnel zone stays clear of the ground along the whole path."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onemap.radio.fresnel import LIGHT_SPEED_M_PER_S
from onemap.terrain.profile import EARTH_RADIUS_M, heights_at

__all__ = ["LinkNeeds", "needed_heights"]

_STEPS_PER_PIXEL = 8.0


@dataclass(frozen=True, slots=True)
class LinkNeeds:
    """What links ask of their near ends; arrays of shape (n,).

    Attributes
    ----------
    height_agl_m
        Least height of the near antenna above ground, in metres; NaN where an end lies in a void or off the grid.
    obstacle_distance_m
        Distance of the place that decides from the near end, in metres; NaN as above.
    has_void
        True where the height of the ground is not known somewhere on the path: the need is that of the known part.
    """

    height_agl_m: NDArray[np.float64]
    obstacle_distance_m: NDArray[np.float64]
    has_void: NDArray[np.bool_]


def needed_heights(
    heights: NDArray[np.floating],
    pixels: NDArray[np.float64],
    distance_m: NDArray[np.float64],
    *,
    far_agl_m: NDArray[np.float64],
    frequency_mhz: float,
    k_factor: float = 4.0 / 3.0,
    zones: float = 0.6,
    room_m: float = 0.0,
) -> LinkNeeds:
    r"""Give the least height of the near antenna of each link for a clear path.

    At the fraction :math:`t` of a path of length :math:`D` the ray must stand over the ground by

    .. math:: \frac{t (1 - t) D^2}{2 k R} + z \sqrt{\lambda D t (1 - t)} + m

    for the bulge of the earth, the share :math:`z` of the radius of the first Fresnel zone, and further room. The ray
    rises with :math:`1 - t` of the near height, so each place gives a least height, and the largest decides.

    Parameters
    ----------
    heights
        Heights of the ground, shape (rows, columns), in metres above sea level; NaN is a void.
    pixels
        Near end, middle and far end of each path, shape (n, 3, 2): see `onemap.terrain.profile.sight_lines`.
    distance_m
        Geodesic length of each path, shape (n,), in metres.
    far_agl_m
        Height of the far antenna above ground, shape (n,), in metres.
    frequency_mhz
        Carrier frequency, in megahertz.
    k_factor
        Effective earth radius over the true one.
    zones
        Share of the radius of the first zone.
    room_m
        Further room over the ground everywhere between the ends, in metres.

    Returns
    -------
    needs
        The ground is taken bilinearly eight times a pixel and wherever the path meets a line between pixel centres,
        where the ground has its edges: what lies between two such places stands out by less than a few centimetres.

    Raises
    ------
    ValueError
        If shapes do not agree, or a number is not positive.

    References
    ----------
    ITU-R P.526, Fresnel ellipsoids, effective earth radius; ITU-R P.530, clearance of 0.6 of the first zone.

    Examples
    --------
    On a plain, 20 km at 7 GHz with a far antenna of 40 m: 0.6 of 14.6 m and 5.9 m of bulge in the middle:

    >>> plain = np.zeros((3, 201))
    >>> path = np.array([[[0.0, 1.0], [100.0, 1.0], [200.0, 1.0]]])
    >>> far = np.array([14.67])
    >>> needed_heights(plain, path, np.array([20_000.0]), far_agl_m=far, frequency_mhz=7_000).height_agl_m.round(1)
    array([14.7])
    """
    count = len(distance_m)
    if pixels.shape != (count, 3, 2) or len(far_agl_m) != count:
        msg = f"paths must agree in number: {count} lengths, pixels {pixels.shape}, {len(far_agl_m)} far ends"
        raise ValueError(msg)
    for name, value in (("k_factor", k_factor), ("frequency_mhz", frequency_mhz)):
        if not value > 0:
            msg = f"{name} must be more than zero, got {value:g}"
            raise ValueError(msg)
    heights = np.ascontiguousarray(heights)
    need, place, void = np.empty(count), np.empty(count), np.zeros(count, dtype=np.bool_)
    shape = (2.0 * k_factor * EARTH_RADIUS_M, zones * math.sqrt(LIGHT_SPEED_M_PER_S / (frequency_mhz * 1e6)), room_m)
    for path in range(count):
        share, column, row = _places(pixels[path])
        ground = heights_at(heights, column, row)
        need[path], place[path], void[path] = _need(
            share, ground, float(distance_m[path]), float(far_agl_m[path]), shape
        )
    return LinkNeeds(need, place, void)


def _places(
    path: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give the places along a path at which the ground is taken: fractions, columns and rows."""
    (column, row), middle, (last_column, last_row) = path
    bend_column = 4.0 * (middle[0] - 0.5 * (column + last_column))
    bend_row = 4.0 * (middle[1] - 0.5 * (row + last_row))
    longest = math.hypot(abs(last_column - column) + abs(bend_column), abs(last_row - row) + abs(bend_row))
    even = np.linspace(0.0, 1.0, max(2, math.ceil(_STEPS_PER_PIXEL * longest)) + 1)
    lines = [_meets(column, last_column, bend_column), _meets(row, last_row, bend_row)]
    share = np.unique(np.concatenate([even, *lines]))
    rest = share * (1.0 - share)
    columns = column + share * (last_column - column) + rest * bend_column
    rows = row + share * (last_row - row) + rest * bend_row
    return share, columns, rows


def _meets(start: float, end: float, bend: float) -> NDArray[np.float64]:
    """Give the fractions at which one coordinate of a path is a whole number."""
    whole = np.arange(math.ceil(min(start, end)), math.floor(max(start, end)) + 1, dtype=float)
    way = end - start
    if abs(way) < 1e-9:
        return np.empty(0)
    share = (whole - start) / way
    for _ in range(4):  # Newton's method: the bend is small against the way
        share -= (start + share * way + share * (1.0 - share) * bend - whole) / (way + (1.0 - 2.0 * share) * bend)
    share = share[np.isfinite(share)]
    return np.asarray(share[(share > 0.0) & (share < 1.0)])


def _need(  # noqa: PLR0917
    share: NDArray[np.float64],
    ground_m: NDArray[np.float64],
    distance_m: float,
    far_agl_m: float,
    shape: tuple[float, float, float],
) -> tuple[float, float, bool]:
    """Give the least height of the near end, the place that decides, and whether there is a void."""
    near_m, far_m = ground_m[0], ground_m[-1] + far_agl_m
    if not (math.isfinite(near_m) and math.isfinite(far_m)):
        return math.nan, math.nan, True
    bulge_divisor_m, zone, room_m = shape
    inner, ground = share[1:-1], ground_m[1:-1]
    rest = inner * (1.0 - inner)
    stands_m = ground + rest * distance_m**2 / bulge_divisor_m + zone * np.sqrt(distance_m * rest) + room_m
    need_m = (stands_m - far_m * inner) / (1.0 - inner) - near_m
    known = np.isfinite(need_m)
    if not known.any():
        return math.nan, math.nan, True
    at = int(np.argmax(np.where(known, need_m, -np.inf)))
    return float(need_m[at]), float(inner[at] * distance_m), not bool(known.all())
