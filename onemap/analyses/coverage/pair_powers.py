"""The power of every antenna at every place in its reach, not of the strongest alone: what a plan chooses among.

The paths are judged by the same compiled kernel as coverage is: each pair of a mast and a place stands to it as a place
of its own, and what cannot come near the power asked for is left out before its ground is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.coverage.candidates import Network, batches, candidate_pairs, network_of
from onemap.analyses.coverage.path_inputs import PathGround, longest_profile, path_ground, path_rules, placed_network
from onemap.analyses.coverage.path_kernel import Found, Pairs, Places, Rules, no_service, strongest
from onemap.analyses.coverage.settings import CoverageSettings
from onemap.layers.grid import Grid
from onemap.layers.nearest import in_space

__all__ = ["PairPowers", "pair_powers"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PairPowers:
    """Powers of pairs of one batch of places; arrays of shape (n,).

    Attributes
    ----------
    place, antenna
        Positions among the places and in the table of antennas.
    rsrp_dbm
        Power at the median of locations, in dBm.
    location_db
        Standard deviation of the power with location, in dB.
    certain
        Whether the path is known; where not, free space tells the most that can arrive.
    looked_at
        How many pairs of mast and place were in reach, in the whole batch.
    places
        How many places the batch had.
    """

    place: Integers
    antenna: Integers
    rsrp_dbm: Floats
    location_db: Floats
    certain: NDArray[np.bool_]
    looked_at: int
    places: int


def pair_powers(
    lon: Floats,
    lat: Floats,
    antennas: pd.DataFrame,
    *,
    kinds: Sequence[tuple[str, str]],
    least_dbm: Sequence[float],
    reach_m: float,
    settings: CoverageSettings,
    grid: Grid | None,
    crs: CRS,
    clutter: Grid | None = None,
) -> Iterator[PairPowers]:
    """Give the power of each antenna at each place in reach, batch by batch of places.

    Parameters
    ----------
    lon, lat
        The places, shape (n,), in degrees.
    antennas
        Table of `serving_antennas`; of antennas of one place, height and kind the strongest stands for all.
    kinds
        Technology and operator ("any" for all) of each kind of antenna, at most 62; an antenna is of each that it
        serves.
    least_dbm
        Less than this is nothing, for each kind, in dBm.
    reach_m
        How far is looked, in metres.
    settings
        What coverage is judged by; its model is one of field strength.
    grid
        Heights of the ground; None only for "hata".
    crs
        Geographic CRS of places and antennas.
    clutter
        Heights of what stands on the ground, on the cells of `grid`; None: open land.

    Yields
    ------
    powers
        Pairs of at least the power asked for, ordered by place as batches are laid, then by what may give most.

    Raises
    ------
    ValueError
        If the clutter does not lie on the cells of the elevation model, or there are too many kinds.

    References
    ----------
    As for `onemap.analyses.coverage.propagation.field_service`.

    Examples
    --------
    >>> antennas = pd.DataFrame({"technology": "4G", "operators": [("A",)] * 2, "lon": [75.0, 75.01], "lat": 39.0,
    ...     "height_agl_m": 30.0, "frequency_mhz": 1_850.0, "eirp_re_dbm": 34.0, "azimuth_deg": np.nan,
    ...     "beamwidth_deg": 360.0, "v_beamwidth_deg": 10.0, "tilt_deg": 0.0, "mech_tilt_deg": 0.0})
    >>> settings = CoverageSettings(model="hata", technologies=("4G",))
    >>> found = list(pair_powers(np.array([75.02]), np.array([39.0]), antennas, kinds=[("4G", "any")],
    ...     least_dbm=[-120.0], reach_m=5_000.0, settings=settings, grid=None, crs=CRS("EPSG:4490")))
    >>> found[0].antenna, found[0].looked_at
    (array([1, 0]), 2)
    """
    ground = path_ground(grid, clutter, crs)
    network = placed_network(network_of(antennas, kinds), ground, settings)
    rules = path_rules(settings, terrain=grid is not None)
    floor_dbm = np.asarray(least_dbm, dtype=float)
    step_cells = settings.profile_step_cells
    for place in batches(lon, lat, network, reach_m):
        # In free space a mast must give what the most modest kind asks for.
        least = float(floor_dbm.min()) + rules.body_loss_db - rules.bonus_db
        pairs = candidate_pairs(lon[place], lat[place], network, reach_m=reach_m, least_dbm=least)
        yield _judged(lon[place], lat[place], place, pairs, (network, ground, rules, step_cells), floor_dbm)


def _judged(  # noqa: PLR0917
    lon: Floats,
    lat: Floats,
    place: Integers,
    pairs: Pairs,
    frame: tuple[Network, PathGround, Rules, float],
    floor_dbm: Floats,
) -> PairPowers:
    """Judge the pairs of one batch."""
    network, ground, rules, step_cells = frame
    count = len(pairs.mast)
    tables = tuple(_floored(count, floor_dbm) for _ in range(2))
    here = np.repeat(np.arange(len(place)), np.diff(pairs.first))
    if count:
        middle = np.ascontiguousarray(ground.pixels(pairs.middle[:, 0], pairs.middle[:, 1]))
        pixel = ground.pixels(lon, lat)
        longest = longest_profile(network.masts.pixel, pixel, pairs, middle, step_cells=step_cells)
        places = Places(pixel[here], in_space(lon, lat)[here], lat[here])
        alone = Pairs(np.arange(count + 1), pairs.mast, pairs.distance_m, middle)
        strongest(
            ground.heights, ground.clutter, places, network.masts, network.antennas, alone, rules, longest, *tables
        )
    parts = [_found(table, certain=certain) for table, certain in zip(tables, (True, False), strict=True)]
    row, antenna, rsrp_dbm, location_db, certain = (np.concatenate(one) for one in zip(*parts, strict=True))
    return PairPowers(place[here[row]], antenna, rsrp_dbm, location_db, certain, count, len(place))


def _floored(count: int, floor_dbm: Floats) -> Found:
    """Give a table in which only what reaches the floor is kept."""
    table = no_service(count, len(floor_dbm))
    table.rsrp_dbm[:] = floor_dbm
    return table


def _found(table: Found, *, certain: bool) -> tuple[NDArray[np.generic], ...]:
    """Give what was kept: pair, antenna, power, spread, whether it is certain."""
    row, kind = np.nonzero(table.antenna >= 0)
    return (
        row,
        table.antenna[row, kind],
        table.rsrp_dbm[row, kind],
        table.sigma_db[row, kind],
        np.full(len(row), certain),
    )
