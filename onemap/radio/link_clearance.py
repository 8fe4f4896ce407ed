"""How high an antenna must stand for a link whose Fresnel zone stays clear of the ground along the whole path."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from onemap.radio.fresnel import LIGHT_SPEED_M_PER_S
from onemap.terrain.profile import EARTH_RADIUS_M, height_at

__all__ = ["LinkNeeds", "needed_heights"]

_STEPS_PER_PIXEL = 8.0


@dataclass(frozen=True, slots=True)
class LinkNeeds:
    """What links ask of their near ends; arrays of shape (n,).

    Attributes
    ----------
    height_agl_m
        Least height of the near antenna above ground, in metres; infinite where the far antenna has no room itself;
        NaN where an end lies in a void or off the grid.
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
    found, has_void = np.empty((count, 2)), np.zeros(count, dtype=np.bool_)
    _needs(
        np.ascontiguousarray(heights),
        np.ascontiguousarray(pixels, dtype=np.float64),
        np.column_stack([distance_m, far_agl_m]).astype(np.float64),
        (2.0 * k_factor * EARTH_RADIUS_M, zones * math.sqrt(LIGHT_SPEED_M_PER_S / (frequency_mhz * 1e6)), room_m),
        found,
        has_void,
    )
    return LinkNeeds(found[:, 0], found[:, 1], has_void)


@numba.njit(cache=True, nogil=True, parallel=True)
def _needs(heights, pixels, links, shape, found, has_void):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Follow all links, on all processors."""
    for path in numba.prange(pixels.shape[0]):
        has_void[path] = _follow_link(heights, pixels[path], links[path], shape, found[path])


@numba.njit(cache=True, nogil=True)
def _follow_link(heights, pixels, link, shape, found):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Follow one link: its need and the place that decides; tell whether there is a void."""
    near_m = height_at(heights, pixels[0, 0], pixels[0, 1])
    far_m = height_at(heights, pixels[2, 0], pixels[2, 1]) + link[1]
    found[:] = math.nan
    if not (math.isfinite(near_m) and math.isfinite(far_m)):
        return True
    # At the very ends the room alone must be there.
    found[0], found[1] = (shape[2], 0.0) if link[1] >= shape[2] else (math.inf, link[0])
    bend = (
        4.0 * (pixels[1, 0] - 0.5 * (pixels[0, 0] + pixels[2, 0])),
        4.0 * (pixels[1, 1] - 0.5 * (pixels[0, 1] + pixels[2, 1])),
    )
    way = (pixels[2, 0] - pixels[0, 0], pixels[2, 1] - pixels[0, 1])
    # The speed in pixels along the parabola is largest at one of its ends.
    longest = math.hypot(abs(way[0]) + abs(bend[0]), abs(way[1]) + abs(bend[1]))
    steps = max(8, math.ceil(_STEPS_PER_PIXEL * longest))
    ends = (near_m, far_m, link[0])
    void = False
    before = (pixels[0, 0], pixels[0, 1])
    for step in range(1, steps + 1):
        share = step / steps
        rest = share * (1.0 - share)
        here = (pixels[0, 0] + share * way[0] + rest * bend[0], pixels[0, 1] + share * way[1] + rest * bend[1])
        if step < steps:
            void |= _ask(heights, here, share, (ends, shape), found)
        for axis in range(2):
            # Between two steps the path is straight for all that a pixel shows.
            line = max(math.floor(before[axis]), math.floor(here[axis]))
            if min(before[axis], here[axis]) < line < max(before[axis], here[axis]):
                part = (line - before[axis]) / (here[axis] - before[axis])
                at = (before[0] + part * (here[0] - before[0]), before[1] + part * (here[1] - before[1]))
                at = (float(line), at[1]) if axis == 0 else (at[0], float(line))
                void |= _ask(heights, at, (step - 1 + part) / steps, (ends, shape), found)
        before = here
    return void


@numba.njit(cache=True, nogil=True)
def _ask(heights, at, share, link, found):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Keep the larger need of the near end; tell whether the ground is not known here."""
    (near_m, far_m, distance_m), (bulge_divisor_m, zone, room_m) = link
    ground_m = height_at(heights, at[0], at[1])
    if not math.isfinite(ground_m):
        return True
    rest = share * (1.0 - share)
    stands_m = (
        ground_m + rest * distance_m * distance_m / bulge_divisor_m + zone * math.sqrt(distance_m * rest) + room_m
    )
    need_m = (stands_m - far_m * share) / (1.0 - share) - near_m
    if not need_m <= found[0]:
        found[0], found[1] = need_m, share * distance_m
    return False
