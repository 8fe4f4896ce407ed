"""Whether a layer still carries the offset of a web map, seen against another layer of the same area.

Two layers of one county share spots: two operators on one tower, a tower beside a road, a site in a village. Where one
of them is shifted, the shared spots come together only when the shift is taken away, and nowhere else. So spots are
counted that lie close together after the inverse of GCJ-02 or BD-09, as they are, and after moves of the same length in
other directions, which say how many come together by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from onemap.layers.webmap_offsets import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02

__all__ = ["ShiftHint", "ShiftReference", "looks_shifted", "shift_hints"]

Floats = NDArray[np.float64]

_CLOSE_M = 40.0
_METRES_PER_DEGREE = 111_320.0
_FEWEST_MATCHES = 8
_LEAST_SHARE = 0.04
_TIMES_CHANCE = 3.0
_SIGMAS = 6.0
_TURNS_DEG = (45, 90, 135, 180, 225, 270, 315)
_MOST_POINTS = 20_000
_REACH_DEG = 0.03
_CORRECTIONS: dict[str, Callable[[ArrayLike, ArrayLike], tuple[Floats, Floats]]] = {
    "GCJ-02": gcj02_to_wgs84,
    "BD-09": bd09_to_wgs84,
    "GCJ-02 taken away twice": wgs84_to_gcj02,
    "BD-09 taken away twice": wgs84_to_bd09,
}


@dataclass(frozen=True, slots=True)
class ShiftHint:
    """What speaks for the offset of a web map.

    Attributes
    ----------
    system
        "GCJ-02" or "BD-09".
    twice
        True where the offset was taken away although the layer had none.
    matches
        Points that have a neighbour in the other layer once the offset is mended.
    by_chance
        Points that have one by chance: the most over moves of the same length in other directions, and as it is.
    points
        Points that were looked at.
    offset_m
        Mean length of the offset here, in metres.
    """

    system: str
    twice: bool
    matches: int
    by_chance: int
    points: int
    offset_m: float


def looks_shifted(lon: ArrayLike, lat: ArrayLike, other_lon: ArrayLike, other_lat: ArrayLike) -> ShiftHint | None:
    """Tell whether points look shifted by GCJ-02 or BD-09 against those of another layer.

    Parameters
    ----------
    lon, lat
        Points of the layer, in degrees, shape (n,).
    other_lon, other_lat
        Points of the other layer, shape (m,): sites, or points along roads less than 50 m apart.

    Returns
    -------
    hint
        What speaks for it; None where nothing does, or where the points are too few to tell.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> lon, lat = rng.uniform(116, 116.5, 60), rng.uniform(39.5, 40, 60)
    >>> looks_shifted(*wgs84_to_gcj02(lon, lat), lon, lat).system, looks_shifted(lon, lat, lon, lat)
    ('GCJ-02', None)
    """
    hints = shift_hints(lon, lat, ShiftReference.of(other_lon, other_lat))
    return max(hints, key=lambda hint: hint.matches, default=None)


@dataclass(frozen=True, slots=True, eq=False)
class ShiftReference:
    """The points of a layer that others are held against, as a search tree.

    Attributes
    ----------
    tree
        The points in metres from the origin of the degrees.
    scale
        Metres of a degree of lon and of lat there, shape (2,).
    bounds
        West, south, east, north in degrees; NaN without points.
    """

    tree: cKDTree[None]
    scale: Floats
    bounds: tuple[float, float, float, float]

    @classmethod
    def of(cls, lon: ArrayLike, lat: ArrayLike) -> ShiftReference:
        """Make the tree of points in degrees, shape (n,)."""
        place = _finite(lon, lat)
        if not len(place):
            return cls(cKDTree(np.empty((0, 2))), np.ones(2), (np.nan, np.nan, np.nan, np.nan))
        scale = _METRES_PER_DEGREE * np.array([np.cos(np.radians(np.median(place[:, 1]))), 1.0])
        west, south = place.min(axis=0)
        east, north = place.max(axis=0)
        return cls(cKDTree(place * scale), scale, (float(west), float(south), float(east), float(north)))


def shift_hints(lon: ArrayLike, lat: ArrayLike, reference: ShiftReference) -> list[ShiftHint]:
    """Give all that speaks for the offset of a web map between points and a reference.

    Parameters
    ----------
    lon, lat
        Points of the layer, in degrees, shape (n,); some ten thousand of them are looked at.
    reference
        Points of another layer.

    Examples
    --------
    >>> shift_hints([116.0] * 9, [39.0] * 9, ShiftReference.of([], []))
    []
    """
    place = _finite(lon, lat)
    place = np.unique(place[:: max(1, len(place) // _MOST_POINTS)], axis=0)
    if len(place) < _FEWEST_MATCHES or reference.tree.n < _FEWEST_MATCHES:
        return []
    west, south, east, north = reference.bounds
    near = (place >= np.array([west, south]) - _REACH_DEG) & (place <= np.array([east, north]) + _REACH_DEG)
    if near.all(axis=1).sum() < _FEWEST_MATCHES:
        return []
    as_it_is = _matches(reference.tree, place * reference.scale)
    return list(_hints(reference.tree, place, reference.scale, as_it_is))


def _hints(tree: cKDTree[None], place: Floats, scale: Floats, as_it_is: int) -> Iterator[ShiftHint]:
    """Try each correction; give those that bring far more points together than chance does."""
    for name, mend in _CORRECTIONS.items():
        moved = np.column_stack(mend(place[:, 0], place[:, 1])) - place
        step_m = moved * scale
        offset_m = float(np.hypot(*step_m.T).mean())
        if offset_m < 2 * _CLOSE_M:
            continue
        matches = _matches(tree, place * scale + step_m)
        if matches < max(_FEWEST_MATCHES, _LEAST_SHARE * min(len(place), tree.n), _TIMES_CHANCE * as_it_is):
            continue
        chances = [as_it_is, *(_matches(tree, place * scale + _turned(step_m, turn)) for turn in _TURNS_DEG)]
        usual = max(chances)
        if matches > _TIMES_CHANCE * usual and matches > usual + _SIGMAS * np.sqrt(usual + 1.0):
            system, _, twice = name.partition(" ")
            yield ShiftHint(system, bool(twice), matches, usual, len(place), round(offset_m))


def _matches(tree: cKDTree[None], place_m: Floats) -> int:
    """Count the points that have a neighbour close by."""
    away_m, _ = tree.query(place_m, distance_upper_bound=_CLOSE_M)
    return int(np.isfinite(away_m).sum())


def _turned(step_m: Floats, turn_deg: float) -> Floats:
    """Turn the steps by an angle."""
    cos, sin = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    turned: Floats = step_m @ np.array([[cos, sin], [-sin, cos]])
    return turned


def _finite(lon: ArrayLike, lat: ArrayLike) -> Floats:
    """Put the finite points together, shape (n, 2)."""
    place = np.column_stack([np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)])
    finite: Floats = place[np.isfinite(place).all(axis=1)]
    return finite
