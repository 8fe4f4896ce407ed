"""Losses of many paths at once, from profiles and the terms of each case; what is amiss is flagged, never hidden."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from onemap.radio.p1812.basic_loss import diffraction_losses, free_space_losses, path_loss
from onemap.radio.p1812.even_path import trace_even_median, trace_even_path
from onemap.radio.p1812.locations import with_locations
from onemap.radio.p1812.path_geometry import INLAND, SEA_ZONE, SLOTS, effective_radius, trace_path

__all__ = [
    "BRIDGED_VOID",
    "FREE_SPACE",
    "HEIGHT_HELD",
    "OUT_OF_RANGE",
    "VOID_AT_END",
    "Cases",
    "Losses",
    "Profiles",
    "delta_bullington_losses",
    "p1812_losses",
]

FREE_SPACE, OUT_OF_RANGE, BRIDGED_VOID, VOID_AT_END, HEIGHT_HELD = 1, 2, 4, 8, 16
"""Flags: see `Losses`."""

SHORTEST_KM = 0.25
EVEN_SHARE = 1e-8  # points this close to even, of the length, are even but for the rounding of nine digits


@dataclass(frozen=True, slots=True)
class Profiles:
    """Points of many paths, one path after the other; arrays of shape (points,).

    Attributes
    ----------
    distance_km
        Distance from the transmitter, rising from 0 within each path, in kilometres.
    height_m
        Height of the ground above sea level, in metres; NaN is a void.
    clutter_m
        Height of what stands on the ground, in metres; not looked at under the two ends. NaN: nothing is known to stand
        there.
    zone
        1 sea, 3 coastal land, 4 inland.
    starts
        First point of each path, then the number of points, shape (paths + 1,).
    """

    distance_km: NDArray[np.float64]
    height_m: NDArray[np.float64]
    clutter_m: NDArray[np.float64]
    zone: NDArray[np.int64]
    starts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cases:
    """The terms of each path: numbers, or arrays of shape (paths,).

    Attributes
    ----------
    frequency_ghz
        Frequency, 0.03 to 6 gigahertz.
    htg_m, hrg_m
        Heights of the transmitting and the receiving antenna above the ground, 1 to 3000 metres.
    polarisation
        1 horizontal, 2 vertical.
    time_percent, location_percent
        Shares of time (1 to 50) and of locations (1 to 99) for which the loss is not exceeded.
    location_sigma_db
        Standard deviation over locations (`location_sigma`); not used for a receiver on the sea.
    latitude_deg
        Latitude of the middle of the path (`centre_latitude`).
    delta_n, n0
        Lapse of refractivity in N-units per kilometre, refractivity at sea level in N-units.
    coast_t_km, coast_r_km
        Distances of the ends from the coast; 500 where far or not known. An end on the sea has 0 whatever is given.
    """

    frequency_ghz: ArrayLike
    htg_m: ArrayLike
    hrg_m: ArrayLike
    polarisation: ArrayLike = 1
    time_percent: ArrayLike = 50.0
    location_percent: ArrayLike = 50.0
    location_sigma_db: ArrayLike = 0.0
    latitude_deg: ArrayLike = 35.0
    delta_n: ArrayLike = 40.0
    n0: ArrayLike = 325.0
    coast_t_km: ArrayLike = 500.0
    coast_r_km: ArrayLike = 500.0

    def table(self, count: int) -> NDArray[np.float64]:
        """Give all terms as an array of shape (count, 12), in the order of the attributes.

        Examples
        --------
        >>> Cases(2.6, 30.0, 1.5).table(2).shape
        (2, 12)
        """
        columns = [np.broadcast_to(np.asarray(getattr(self, field.name), float), count) for field in fields(self)]
        return np.ascontiguousarray(np.column_stack(columns))


@dataclass(frozen=True, slots=True)
class Losses:
    """What the paths cost; arrays of shape (paths,).

    Attributes
    ----------
    loss_db
        Basic transmission loss for the shares of time and locations asked for.
    median_db
        The same without location variability.
    flags
        Sum of: `FREE_SPACE`, at most four points or shorter than 0.25 km, so the loss is that of free space;
        `OUT_OF_RANGE`, frequency, time, latitude or length beyond the range of the Recommendation;
        `BRIDGED_VOID`, heights missing on the way, taken on the straight line between their neighbours;
        `VOID_AT_END`, no height under an antenna, so the loss is that of free space, a bound from below;
        `HEIGHT_HELD`, an antenna outside 1 to 3000 m, taken at the nearer of the two.
    """

    loss_db: NDArray[np.float64]
    median_db: NDArray[np.float64]
    flags: NDArray[np.int64]


def p1812_losses(profiles: Profiles, cases: Cases) -> Losses:
    """Compute the basic transmission loss of many paths.

    Points that are even but for the rounding of their text (nine digits) are taken as even.

    Parameters
    ----------
    profiles
        Points of the paths.
    cases
        Terms of the paths.

    Returns
    -------
    losses
        Finite for every path; see the flags for what was not as it should be.

    Raises
    ------
    ValueError
        If arrays do not agree, a path has no point, distances do not rise, or a term is not a number that can be used.

    References
    ----------
    ITU-R P.1812-8 (09/2025), sections 3 and 4.

    Examples
    --------
    Over 20 km of a plain at 700 MHz:

    >>> points = np.linspace(0.0, 20.0, 101)
    >>> inland = np.full(101, 4)
    >>> plain = Profiles(points, 0 * points, 0 * points, inland, np.array([0, 101]))
    >>> p1812_losses(plain, Cases([0.7], 40.0, 1.5, latitude_deg=40.0)).loss_db.round(1)
    array([139.2])
    """
    return _computed(profiles, cases, whole=True)


def delta_bullington_losses(profiles: Profiles, cases: Cases) -> Losses:
    """Compute the loss of many paths in free space and by diffraction at the median of time, and by nothing else.

    Parameters
    ----------
    profiles, cases
        As for `p1812_losses`; shares of time and locations, latitude, N0 and coasts are not used.

    Returns
    -------
    losses
        As of `p1812_losses`; the two arrays of losses are the same.

    Raises
    ------
    ValueError
        As `p1812_losses` does.

    References
    ----------
    ITU-R P.526, the delta-Bullington method with the spherical earth; ITU-R P.1812-8, equations 8, 12 to 39 and 42.

    Examples
    --------
    >>> points = np.linspace(0.0, 20.0, 101)
    >>> inland = np.full(101, 4)
    >>> plain = Profiles(points, 0 * points, 0 * points, inland, np.array([0, 101]))
    >>> delta_bullington_losses(plain, Cases([0.7], 40.0, 1.5)).loss_db.round(1)
    array([139.2])
    """
    return _computed(profiles, cases, whole=False)


def _computed(profiles: Profiles, cases: Cases, *, whole: bool) -> Losses:
    """Check what is given and run the kernel, for the whole of P.1812 or for its diffraction alone."""
    count = len(profiles.starts) - 1
    table = cases.table(count)
    _require_profiles(profiles)
    _require_cases(table)
    found = np.empty((count, 2))
    flags = np.zeros(count, dtype=np.int64)
    points = (
        np.ascontiguousarray(profiles.distance_km, dtype=np.float64),
        np.ascontiguousarray(profiles.height_m, dtype=np.float64),
        np.ascontiguousarray(profiles.clutter_m, dtype=np.float64),
        np.ascontiguousarray(profiles.zone, dtype=np.int64),
    )
    _all_losses(points, np.ascontiguousarray(profiles.starts, dtype=np.int64), table, whole, found, flags)
    return Losses(found[:, 0], found[:, 1], flags)


def _require_profiles(profiles: Profiles) -> None:
    """Refuse arrays that are not the points of paths."""
    starts, distance_km = np.asarray(profiles.starts), np.asarray(profiles.distance_km)
    lengths = {len(distance_km), len(profiles.height_m), len(profiles.clutter_m), len(profiles.zone)}
    if len(lengths) != 1 or not len(starts) or starts[0] != 0 or starts[-1] != len(distance_km):
        msg = f"profiles must hold four arrays of one length and starts from 0 to it, got lengths {sorted(lengths)}"
        raise ValueError(msg)
    if (np.diff(starts) < 1).any():
        msg = f"every path must have a point, got none for path {int(np.argmax(np.diff(starts) < 1))}"
        raise ValueError(msg)
    rises = np.diff(distance_km, prepend=-1.0) > 0
    rises[starts[:-1]] = distance_km[starts[:-1]] == 0
    if not rises.all():
        point = int(np.argmin(rises))
        msg = f"distance_km must rise from 0 within each path, got {distance_km[point]:g} km at point {point}"
        raise ValueError(msg)
    if not np.isin(profiles.zone, (1, 3, 4)).all():
        msg = "zone must be 1 (sea), 3 (coastal land) or 4 (inland)"
        raise ValueError(msg)
    if np.isinf(profiles.height_m).any() or np.isinf(profiles.clutter_m).any() or np.less(profiles.clutter_m, 0).any():
        msg = "height_m and clutter_m must be finite or NaN, and clutter_m not negative"
        raise ValueError(msg)


def _require_cases(table: NDArray[np.float64]) -> None:
    """Refuse terms that no loss can be computed from."""
    names = [field.name for field in fields(Cases)]
    bad = ~np.isfinite(table)
    bad[:, 0] |= table[:, 0] <= 0
    bad[:, 3] |= ~np.isin(table[:, 3], (1, 2))
    bad[:, 4] |= (table[:, 4] <= 0) | (table[:, 4] >= 100)
    bad[:, 5] |= (table[:, 5] <= 0) | (table[:, 5] >= 100)
    bad[:, 6] |= table[:, 6] < 0
    bad[:, 8] |= table[:, 8] >= 157
    if bad.any():
        path, term = (int(place[0]) for place in np.nonzero(bad))
        msg = f"{names[term]} must be a number in its range, got {table[path, term]:g} for path {path}"
        raise ValueError(msg)


@numba.njit(cache=True, nogil=True)
def _bridged(height_m):  # type: ignore[no-untyped-def]
    """Give heights with voids on the way filled by straight lines; how many were filled."""
    filled = height_m.copy()
    known, voids = 0, 0
    for point in range(1, filled.shape[0]):
        if math.isnan(filled[point]):
            voids += 1
            continue
        for gap in range(known + 1, point):
            share = (gap - known) / (point - known)
            filled[gap] = filled[known] + share * (filled[point] - filled[known])
        known = point
    return filled, voids


@numba.njit(cache=True, nogil=True)
def _even_step(distance_km):  # type: ignore[no-untyped-def]
    """Give the step of points that are even but for rounding, otherwise 0."""
    last = distance_km.shape[0] - 1
    step_km = distance_km[last] / last
    for point in range(last):
        if abs(distance_km[point] - point * step_km) > EVEN_SHARE * distance_km[last]:
            return 0.0
    return step_km


@numba.njit(cache=True, nogil=True)
def trace_profile(distance_km, height_m, clutter_m, zone, case, geometry):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Fill the geometry of one profile by the fastest way that it allows."""
    count = distance_km.shape[0]
    surface_m = height_m.copy()
    for point in range(1, count - 1):
        if clutter_m[point] > 0.0:
            surface_m[point] += clutter_m[point]
    radius_km = effective_radius(case[8])
    step_km = _even_step(distance_km)
    inland = True
    for point in range(count):
        inland &= zone[point] == INLAND
    if step_km > 0.0 and inland:
        if case[4] >= 50.0:
            trace_even_median(step_km, height_m, surface_m, count, case[1], case[2], radius_km, geometry)
        else:
            trace_even_path(step_km, height_m, surface_m, count, case[1], case[2], radius_km, geometry)
        return
    if step_km > 0.0:
        distance_km = np.arange(count) * step_km
    trace_path(distance_km, height_m, surface_m, zone, count, case[1], case[2], radius_km, geometry)


@numba.njit(cache=True, nogil=True)
def _free_space(distance_km, height_m, case):  # type: ignore[no-untyped-def]
    """Give the loss of free space between the antennas, at least a metre apart."""
    rise_km = 0.0
    last = height_m.shape[0] - 1
    if not (math.isnan(height_m[0]) or math.isnan(height_m[last])):
        rise_km = 0.001 * (height_m[0] + case[1] - height_m[last] - case[2])
    squared = max(distance_km[last] * distance_km[last] + rise_km * rise_km, 1e-6)
    return 92.4 + 20.0 * math.log10(case[0]) + 10.0 * math.log10(squared)


@numba.njit(cache=True, nogil=True)
def _out_of_range(case, length_km):  # type: ignore[no-untyped-def]
    """Tell whether a case leaves the range of the Recommendation."""
    beyond = case[0] < 0.03 or case[0] > 6.0 or case[4] < 1.0 or case[4] > 50.0
    return beyond or abs(case[7]) > 90.0 or length_km > 3000.0 or case[5] < 1.0 or case[5] > 99.0


@numba.njit(cache=True, nogil=True)
def _profile_losses(points, case, whole):  # type: ignore[no-untyped-def]
    """Give the loss for the shares of time and locations and the one at the median of locations, on a sound profile."""
    distance_km, height_m, clutter_m, zone = points
    geometry = np.empty(SLOTS)
    trace_profile(distance_km, height_m, clutter_m, zone, case, geometry)
    if not whole:
        free_db = free_space_losses(geometry, case[0], 50.0, 50.0)[0]
        loss_db = free_db + diffraction_losses(geometry, effective_radius(case[8]), case[0], int(case[3]))[0]
        return loss_db, loss_db
    coast_t_km = 0.0 if zone[0] == SEA_ZONE else case[10]
    coast_r_km = 0.0 if zone[zone.shape[0] - 1] == SEA_ZONE else case[11]
    lbc_db, lb0p_db = path_loss(
        geometry, case[0], int(case[3]), case[4], case[8], case[9], case[7], coast_t_km, coast_r_km
    )
    sigma_db = 0.0 if zone[zone.shape[0] - 1] == SEA_ZONE else case[6]
    return with_locations(lbc_db, lb0p_db, case[5], sigma_db), max(lbc_db, lb0p_db)


@numba.njit(cache=True, nogil=True)
def _one_loss(points, given, whole, found):  # type: ignore[no-untyped-def]
    """Give the flags of one path; its losses are written."""
    distance_km, height_m, clutter_m, zone = points
    case = given.copy()
    last = distance_km.shape[0] - 1
    flags = OUT_OF_RANGE if _out_of_range(case, distance_km[last]) else 0
    for end in (1, 2):
        case[end] = min(max(case[end], 1.0), 3000.0)
        if case[end] != given[end]:
            flags |= HEIGHT_HELD
    at_end = math.isnan(height_m[0]) or math.isnan(height_m[last])
    if at_end or last < 4 or distance_km[last] < SHORTEST_KM:
        found[:] = _free_space(distance_km, height_m, case)
        return flags | (VOID_AT_END if at_end else FREE_SPACE)
    height_m, voids = _bridged(height_m)
    if voids > 0:
        flags |= BRIDGED_VOID
    case[4] = min(case[4], 50.0)
    found[0], found[1] = _profile_losses((distance_km, height_m, clutter_m, zone), case, whole)
    return flags


@numba.njit(cache=True, nogil=True, parallel=True)
def _all_losses(points, starts, table, whole, found, flags):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the losses of all paths, on all processors."""
    distance_km, height_m, clutter_m, zone = points
    for path in numba.prange(table.shape[0]):
        here = slice(starts[path], starts[path + 1])
        of_path = (distance_km[here], height_m[here], clutter_m[here], zone[here])
        flags[path] = _one_loss(of_path, table[path], whole, found[path])
