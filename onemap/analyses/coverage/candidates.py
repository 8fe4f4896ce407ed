"""Which masts may serve which places: by a tree of places in space and the free-space loss, before any ground is read.

Antennas of one place and height share their paths, and are judged as one mast. Places come in batches of neighbours, of
no more pairs of place and mast than fit into memory, however dense the masts are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.coverage.path_kernel import Antennas, Masts, Pairs
from onemap.analyses.coverage.settings import ANY_OPERATOR
from onemap.layers.nearest import GEOD, Neighbours, in_space

__all__ = ["Network", "batches", "candidate_pairs", "kinds_of", "middles", "network_of"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LOWEST_MAST_M = 1.0
"""ITU-R P.1812-8, section 1: antennas stand at least 1 m above the ground."""

_PAIRS_AT_ONCE = 500_000
_MOST_KINDS = 62  # bits of a number


@dataclass(frozen=True, slots=True)
class Network:
    """Masts and antennas as the kernel reads them.

    Attributes
    ----------
    masts, antennas
        Arrays; see `onemap.analyses.coverage.path_kernel`.
    lon, lat
        Places of the masts, in degrees.
    most_dbm
        The most that any antenna of each mast gives 1 km away at 1 GHz but for its frequency's own loss, in dBm.
    neighbours
        The masts, to be looked for.
    """

    masts: Masts
    antennas: Antennas
    lon: Floats
    lat: Floats
    most_dbm: Floats
    neighbours: Neighbours


def kinds_of(antennas: pd.DataFrame, kinds: Sequence[tuple[str, str]]) -> Integers:
    """Give for each antenna the kinds of service that it gives, as bits.

    Parameters
    ----------
    antennas
        Table of `serving_antennas`.
    kinds
        Technology and operator ("any" for all) of each kind, at most 62.

    Returns
    -------
    bits
        Shape (n,): bit k is set where the antenna gives kind k.

    Raises
    ------
    ValueError
        If there are too many kinds.

    Examples
    --------
    >>> antennas = pd.DataFrame({"technology": ["4G", "5G"], "operators": [("A",), ("B",)]})
    >>> kinds_of(antennas, [("4G", "any"), ("4G", "A"), ("5G", "A")])
    array([3, 0])
    """
    if len(kinds) > _MOST_KINDS:
        msg = f"at most {_MOST_KINDS} pairs of technology and operator can be judged at once, got {len(kinds)}"
        raise ValueError(msg)
    technology = antennas["technology"].astype("string").fillna("").to_numpy(dtype=object)
    bits = np.zeros(len(antennas), dtype=np.int64)
    groups = pd.factorize(antennas["operators"])
    for number, (wanted, operator) in enumerate(kinds):
        if operator == ANY_OPERATOR:
            serves = np.ones(len(antennas), dtype=bool)
        else:
            serves = np.array([operator in group for group in groups[1]], dtype=bool)[groups[0]]
        bits |= np.where((technology == wanted) & serves, np.int64(1) << np.int64(number), np.int64(0))
    return bits


def network_of(antennas: pd.DataFrame, kinds: Sequence[tuple[str, str]]) -> Network:
    """Group antennas by place and height, those of one mast by rising frequency; leave out what serves nobody.

    Parameters
    ----------
    antennas
        Table of `serving_antennas`.
    kinds
        As for `kinds_of`.

    Returns
    -------
    network
        Heights of less than 1 m are taken as 1 m. Pixels, refractivity: zeros, to be filled in.

    Examples
    --------
    >>> antennas = pd.DataFrame({"technology": "4G", "operators": [("A",)] * 2, "lon": 75.0, "lat": 39.0,
    ...     "height_agl_m": 30.0, "frequency_mhz": [1_850.0, 870.0], "eirp_re_dbm": 34.0, "azimuth_deg": np.nan,
    ...     "beamwidth_deg": 360.0, "v_beamwidth_deg": 10.0, "tilt_deg": 4.0, "mech_tilt_deg": 0.0})
    >>> network = network_of(antennas, [("4G", "any")])
    >>> len(network.lon), network.antennas.number
    (1, array([1, 0]))
    """
    bits = kinds_of(antennas, kinds)
    used = np.flatnonzero(bits)
    table = antennas.iloc[used]
    keys = pd.DataFrame(
        {
            "lon": table["lon"].to_numpy(dtype=float),
            "lat": table["lat"].to_numpy(dtype=float),
            "height_m": np.maximum(table["height_agl_m"].to_numpy(dtype=float), LOWEST_MAST_M),
        }
    )
    mast = keys.groupby(["lon", "lat", "height_m"], sort=False).ngroup().to_numpy().astype(np.int64)
    places = keys.drop_duplicates(ignore_index=True)
    numbers = {name: table[name].to_numpy(dtype=float) for name in _NUMBERS}
    order = np.lexsort((used, numbers["frequency_mhz"], mast))
    first = np.searchsorted(mast[order], np.arange(len(places) + 1)).astype(np.int64)
    ghz = numbers.pop("frequency_mhz")[order] / 1_000.0
    listed = Antennas(used[order], bits[used][order], ghz, *(values[order] for values in numbers.values()))
    most_dbm = np.full(len(places), -np.inf)
    np.maximum.at(most_dbm, mast[order], listed.eirp_dbm - 20.0 * np.log10(ghz))
    lon, lat = places["lon"].to_numpy(), places["lat"].to_numpy()
    return Network(
        _masts(lon, lat, places["height_m"].to_numpy(), first), listed, lon, lat, most_dbm, Neighbours(lon, lat)
    )


_NUMBERS = ("frequency_mhz", "eirp_re_dbm", "azimuth_deg", "beamwidth_deg", "v_beamwidth_deg", "tilt_deg",
            "mech_tilt_deg")  # fmt: skip


def _masts(lon: Floats, lat: Floats, height_m: Floats, first: Integers) -> Masts:
    """Give the masts, with the directions east and north at each."""
    east, north = np.radians(lon), np.radians(lat)
    flat = np.zeros(len(lon))
    axes = np.empty((len(lon), 2, 3))
    axes[:, 0] = np.column_stack([-np.sin(east), np.cos(east), flat])
    axes[:, 1] = np.column_stack([-np.sin(north) * np.cos(east), -np.sin(north) * np.sin(east), np.cos(north)])
    return Masts(np.zeros((len(lon), 2)), in_space(lon, lat), axes, lat, height_m, flat, flat.copy(), first)


def batches(lon: Floats, lat: Floats, network: Network, reach_m: float) -> Iterator[Integers]:
    """Cut places into batches of neighbours that have few enough masts in reach.

    Parameters
    ----------
    lon, lat
        The places, shape (n,), in degrees.
    network
        The masts.
    reach_m
        How far masts are looked for, in metres.

    Yields
    ------
    place
        Positions of the places of one batch; every place is in one batch.

    Examples
    --------
    >>> antennas = pd.DataFrame({name: pd.Series(dtype=float) for name in (*_NUMBERS, "lon", "lat", "height_agl_m")})
    >>> empty = network_of(antennas.assign(technology="", operators=""), [("4G", "any")])
    >>> [len(place) for place in batches(np.array([75.0, 75.1]), np.array([39.0, 39.0]), empty, 10_000.0)]
    [2]
    """
    order = np.lexsort((lon, np.floor(lat * 10.0))).astype(np.int64)
    count = network.neighbours.counts_within(lon[order], lat[order], distance_m=reach_m)
    batch = np.cumsum(count + 1) // _PAIRS_AT_ONCE
    cuts = np.flatnonzero(np.diff(batch)) + 1
    for place in np.split(order, cuts):
        if len(place):
            yield place


def candidate_pairs(lon: Floats, lat: Floats, network: Network, *, reach_m: float, least_dbm: float) -> Pairs:
    """Find the masts in reach of each place that could be received there, were nothing in the way.

    Parameters
    ----------
    lon, lat
        The places, shape (n,), in degrees.
    network
        The masts.
    reach_m
        How far masts are looked for, in metres.
    least_dbm
        Less than this is nothing: a mast that gives less in free space is left out, in dBm.

    Returns
    -------
    pairs
        The masts of each place, what may give most first; `middle` is in degrees.

    References
    ----------
    ITU-R P.525, free-space loss.

    Examples
    --------
    >>> antennas = pd.DataFrame({"technology": "4G", "operators": [("A",)] * 2, "lon": [75.0, 75.05], "lat": 39.0,
    ...     "height_agl_m": 30.0, "frequency_mhz": 1_850.0, "eirp_re_dbm": [34.0, -40.0], "azimuth_deg": np.nan,
    ...     "beamwidth_deg": 360.0, "v_beamwidth_deg": 10.0, "tilt_deg": 4.0, "mech_tilt_deg": 0.0})
    >>> network = network_of(antennas, [("4G", "any")])
    >>> place = np.array([75.02]), np.array([39.0])
    >>> candidate_pairs(*place, network, reach_m=10_000.0, least_dbm=-120.0).mast
    array([0])
    """
    place, mast, distance_m = network.neighbours.within(lon, lat, distance_m=reach_m)
    # The kernel takes no place for nearer than a metre.
    most_dbm = network.most_dbm[mast] - 92.4 - 20.0 * np.log10(np.maximum(distance_m, 1.0) / 1_000.0)
    heard = np.flatnonzero(most_dbm >= least_dbm)
    order = heard[np.lexsort((mast[heard], -most_dbm[heard], place[heard]))]
    place, mast = place[order], mast[order]
    first = np.searchsorted(place, np.arange(len(lon) + 1)).astype(np.int64)
    middle = middles(in_space(lon, lat)[place], network.masts.xyz_m[mast])
    return Pairs(first, mast, distance_m[order], middle)


def middles(start_m: Floats, end_m: Floats) -> Floats:
    """Give the middle of the path between points of the ellipsoid, straight above the middle of their chord.

    Parameters
    ----------
    start_m, end_m
        Geocentric coordinates, shape (n, 3), in metres.

    Returns
    -------
    middle
        Longitude and latitude, shape (n, 2), in degrees. For paths of up to 100 km within 0.1 m of the geodesic's.

    References
    ----------
    B. R. Bowring, "Transformation from spatial to geographical coordinates", Survey Review 23 (1976).

    Examples
    --------
    >>> ends = in_space(np.array([75.0, 75.2]), np.array([39.0, 39.0]))
    >>> middles(ends[:1], ends[1:]).round(5)
    array([[75.1    , 39.00004]])
    """
    x_m, y_m, z_m = ((start_m + end_m) / 2.0).T
    ring_m = np.hypot(x_m, y_m)
    reduced = np.arctan2(z_m * GEOD.a, ring_m * GEOD.b)
    second = GEOD.es / (1.0 - GEOD.es)
    north_m = z_m + second * GEOD.b * np.sin(reduced) ** 3
    lat = np.arctan2(north_m, ring_m - GEOD.es * GEOD.a * np.cos(reduced) ** 3)
    return np.column_stack([np.degrees(np.arctan2(y_m, x_m)), np.degrees(lat)])
