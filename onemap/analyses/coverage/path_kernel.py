"""The compiled heart of coverage by field strength: the strongest antennas at each place, path by path.

Places are judged one by one, so that any batch of them gives the same. For each place the masts in reach come in the
order of what they could at most give there; the ground is looked at only as long as a mast could still be the best of
some kind of service. The geometry of a path is traced once for all antennas of the mast.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from onemap.analyses.coverage.ground_profile import KNOWN, clutter_under, ground_under, steps_of
from onemap.analyses.coverage.path_models import (
    FREE_SPACE_SHORT,
    NO_MODEL,
    free_space_db,
    loss_of_path,
    trace_ground,
)
from onemap.radio.antenna import relative_gain_db, tilted_gain_db
from onemap.radio.itm.terrain_shape import SLOTS as ITM_SLOTS
from onemap.radio.p1812.locations import location_sigma
from onemap.radio.p1812.path_geometry import IS_LOS, SLOTS, THETA_T_MRAD

__all__ = ["Antennas", "Found", "Masts", "Pairs", "Places", "Rules", "no_service", "strongest"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_AT_ONCE = 32  # places that share the buffers of one thread


class Places(NamedTuple):
    """Where service is asked for: pixel (n, 2) in the elevation grid, xyz_m (n, 3) geocentric, lat (n,) in degrees."""

    pixel: Floats
    xyz_m: Floats
    lat: Floats


class Masts(NamedTuple):
    """Places of antennas of one height: the antennas of mast i are those from first[i] to first[i + 1].

    pixel (m, 2), xyz_m (m, 3), axes (m, 2, 3): unit vectors east and north; lat in degrees; height_m above the ground;
    delta_n in N-units per kilometre and n0 in N-units.
    """

    pixel: Floats
    xyz_m: Floats
    axes: Floats
    lat: Floats
    height_m: Floats
    delta_n: Floats
    n0: Floats
    first: Integers


class Antennas(NamedTuple):
    """Antennas in the order of their masts and of frequency; kinds: bit k is set where kind k of service is served."""

    number: Integers
    kinds: Integers
    frequency_ghz: Floats
    eirp_dbm: Floats
    azimuth_deg: Floats
    beamwidth_deg: Floats
    v_beamwidth_deg: Floats
    tilt_deg: Floats
    mech_tilt_deg: Floats


class Pairs(NamedTuple):
    """Masts in reach of each place: those of place i from first[i] to first[i + 1], what may give most first."""

    first: Integers
    mast: Integers
    distance_m: Floats
    middle: Floats


class Rules(NamedTuple):
    """How a path is judged: plain numbers, see `onemap.analyses.coverage.settings.CoverageSettings`.

    `bonus_db`: how much more than in free space the model may give.
    """

    model: int
    environment: int
    polarisation: int
    receiver_m: float
    time_percent: float
    step_cells: float
    location_area_m: float
    body_loss_db: float
    bonus_db: float
    terrain: int


class Found(NamedTuple):
    """The strongest antenna of each place and kind: once of known paths, once of those known only as free space.

    Arrays of shape (n, kinds): antenna (-1: none), rsrp_dbm, loss_db, distance_m, in_sight (1, 0; -1 not known), basis
    and clutter_m, height of what stands at the place.
    """

    antenna: Integers
    rsrp_dbm: Floats
    loss_db: Floats
    distance_m: Floats
    in_sight: NDArray[np.int8]
    basis: NDArray[np.int8]
    sigma_db: Floats


def no_service(places: int, kinds: int) -> Found:
    """Give the table of places without any service, to be filled by `strongest`.

    Parameters
    ----------
    places, kinds
        Shape of the table.

    Examples
    --------
    >>> no_service(1, 2).antenna
    array([[-1, -1]])
    """
    shape = (places, kinds)
    return Found(
        np.full(shape, -1, dtype=np.int64),
        np.full(shape, -np.inf),
        np.full(shape, np.nan),
        np.full(shape, np.nan),
        np.full(shape, -1, dtype=np.int8),
        np.full(shape, NO_MODEL, dtype=np.int8),
        np.zeros(shape),
    )


@numba.njit(cache=True, nogil=True, parallel=True)
def strongest(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    heights, clutter, places, masts, antennas, pairs, rules, longest, known, bound
):
    """Find the strongest antenna of each kind of service at each place.

    Parameters
    ----------
    heights, clutter
        Heights of the ground and of what stands on it, of one shape; the second may be of shape (0, 0).
    places, masts, antennas, pairs, rules
        As their classes say.
    longest
        Number of points that the longest profile may have.
    known, bound
        Tables of `no_service` that are filled: the strongest of known paths, and of those where only the free space
        bounds what arrives (a void, beyond the grid, no model that holds).
    """
    count = places.lat.shape[0]
    for block in numba.prange((count + _AT_ONCE - 1) // _AT_ONCE):
        profile = np.empty((3, longest))
        buffers = (profile[0], profile[1], profile[2], np.zeros(SLOTS), np.zeros(ITM_SLOTS))
        for place in range(block * _AT_ONCE, min(count, (block + 1) * _AT_ONCE)):
            for pair in range(pairs.first[place], pairs.first[place + 1]):
                _judge_pair(
                    heights, clutter, places, masts, antennas, pairs, rules, place, pair,
                    buffers, known, bound,
                )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _judge_pair(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    heights, clutter, places, masts, antennas, pairs, rules, place, pair, buffers, known, bound
):
    """Follow the path from one mast to one place if an antenna there may still be the strongest of its kind."""
    mast = pairs.mast[pair]
    distance_m = pairs.distance_m[pair]
    bearing_deg = _bearing(places.xyz_m[place], masts.xyz_m[mast], masts.axes[mast])
    first, last = masts.first[mast], masts.first[mast + 1]
    while first < last and not _may_win(antennas, first, rules, distance_m, bearing_deg, known, place):
        first += 1
    if first == last:
        return
    state, steps, stands_m = KNOWN, 0, 0.0
    about = (masts.height_m[mast], masts.delta_n[mast], masts.n0[mast])
    if rules.terrain != 0:
        path = (
            masts.pixel[mast, 0], masts.pixel[mast, 1], pairs.middle[pair, 0], pairs.middle[pair, 1],
            places.pixel[place, 0], places.pixel[place, 1],
        )  # fmt: skip
        steps = steps_of(path, rules.step_cells)
        state = ground_under(heights, path, steps, buffers[0])
        if state != KNOWN:
            steps = 0
        else:
            stands_m = clutter_under(clutter, path, steps, buffers[0], buffers[1])
            trace_ground(rules, about, distance_m, (steps, clutter.size > 0), buffers)
    trace = (distance_m, steps, 0.5 * (masts.lat[mast] + places.lat[place]), stands_m, state, bearing_deg)
    for antenna in range(first, last):
        if _may_win(antennas, antenna, rules, distance_m, bearing_deg, known, place):
            _judge_antenna(antennas, rules, place, about, antenna, trace, buffers, known, bound)


@numba.njit(cache=True, nogil=True)
def _judge_antenna(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    antennas, rules, place, mast, antenna, trace, buffers, known, bound
):
    """Give one antenna's power at one place, and keep it where it is the strongest of its kind."""
    distance_m, steps, latitude_deg, stands_m, state, bearing_deg = trace
    geometry = buffers[3]
    frequency_ghz = antennas.frequency_ghz[antenna]
    off_deg = bearing_deg - antennas.azimuth_deg[antenna]
    elevation_deg = math.nan
    in_sight = -1
    if steps > 0:
        in_sight = 1 if geometry[IS_LOS] > 0.0 else 0
        elevation_deg = math.degrees(0.001 * geometry[THETA_T_MRAD])
    loss_db, basis = loss_of_path(rules, mast, latitude_deg, distance_m, steps, frequency_ghz, buffers)
    if state != KNOWN and basis >= FREE_SPACE_SHORT:
        basis = FREE_SPACE_SHORT + state
    gain_db = tilted_gain_db(
        off_deg, elevation_deg, antennas.beamwidth_deg[antenna], antennas.v_beamwidth_deg[antenna],
        antennas.tilt_deg[antenna], antennas.mech_tilt_deg[antenna],
    )  # fmt: skip
    sigma_db = location_sigma(frequency_ghz, rules.location_area_m, stands_m, rules.receiver_m)
    rsrp_dbm = antennas.eirp_dbm[antenna] + gain_db - loss_db - rules.body_loss_db
    outcome = (rsrp_dbm, loss_db, distance_m, in_sight, basis, sigma_db)
    if basis > FREE_SPACE_SHORT:
        _keep(bound, place, antennas.kinds[antenna], antennas.number[antenna], outcome)
    else:
        _keep(known, place, antennas.kinds[antenna], antennas.number[antenna], outcome)


@numba.njit(cache=True, nogil=True)
def _may_win(antennas, antenna, rules, distance_m, bearing_deg, known, place):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Tell whether an antenna could give a kind of service more than what is known, were the path free."""
    gain_db = 0.0
    if antennas.mech_tilt_deg[antenna] == 0.0:  # leaning turns the beam also in azimuth
        off_deg = bearing_deg - antennas.azimuth_deg[antenna]
        gain_db = relative_gain_db(off_deg, math.nan, antennas.beamwidth_deg[antenna], math.nan, 0.0)
    least_db = free_space_db(distance_m, 0.0, antennas.frequency_ghz[antenna]) - rules.bonus_db
    most_dbm = antennas.eirp_dbm[antenna] + gain_db - least_db - rules.body_loss_db
    for kind in range(known.antenna.shape[1]):
        if (antennas.kinds[antenna] >> kind) & 1 and most_dbm >= known.rsrp_dbm[place, kind]:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _keep(table, place, kinds, number, outcome):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Keep an outcome for each kind where it is the strongest; of equally strong ones the first antenna."""
    rsrp_dbm = outcome[0]
    for kind in range(table.antenna.shape[1]):
        if not (kinds >> kind) & 1 or rsrp_dbm < table.rsrp_dbm[place, kind]:
            continue
        if rsrp_dbm == table.rsrp_dbm[place, kind] and number > table.antenna[place, kind] >= 0:
            continue
        table.antenna[place, kind] = number
        table.rsrp_dbm[place, kind] = rsrp_dbm
        table.loss_db[place, kind] = outcome[1]
        table.distance_m[place, kind] = outcome[2]
        table.in_sight[place, kind] = outcome[3]
        table.basis[place, kind] = outcome[4]
        table.sigma_db[place, kind] = outcome[5]


@numba.njit(cache=True, nogil=True)
def _bearing(to_m, from_m, axes):  # type: ignore[no-untyped-def]
    """Give the azimuth of a place as seen from a mast, in degrees, from geocentric coordinates."""
    east = north = 0.0
    for side in range(3):
        away_m = to_m[side] - from_m[side]
        east += axes[0, side] * away_m
        north += axes[1, side] * away_m
    return math.degrees(math.atan2(east, north))
