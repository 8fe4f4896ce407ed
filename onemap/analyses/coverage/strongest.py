"""The strongest antenna of each kind of service on the cells of a tile."""

from __future__ import annotations

import math

import numba
import numpy as np

from onemap.radio.antenna import tilted_gain_db
from onemap.terrain.plane import place_at

__all__ = ["keep_strongest"]


@numba.njit(cache=True, nogil=True)
def keep_strongest(waves, frame, antennas, rsrp_dbm, server):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Keep each antenna where it is the strongest of its kind; of equally strong ones the first.

    Parameters
    ----------
    waves
        Losses in dB, shape (carriers, rows, columns), and rises of the paths at the mast in mrad, shape (rows,
        columns), NaN where no path is.
    frame
        Column and row of the mast and its 2 × 2 matrix from cells to metres; first row and column of the window.
    antennas
        Antennas of the mast, shape (n, 7): number of the carrier, EIRP a resource element less losses at the receiver
        (dBm), azimuth, horizontal and vertical beamwidth, electrical and mechanical tilt (degrees); kinds of service
        that each serves, as bits; numbers of the antennas.
    rsrp_dbm, server
        Power and number of the strongest antenna of each kind so far, shape (kinds, rows, columns); written into. The
        number is below 0 where there is none.
    """
    losses, rises = waves
    (mast_column, mast_row, to_metres), (first_row, first_column) = frame
    sectors, kinds, numbers = antennas
    for row in range(rises.shape[0]):
        v = first_row + row - mast_row
        for column in range(rises.shape[1]):
            if math.isnan(rises[row, column]):
                continue
            u = first_column + column - mast_column
            bearing_deg = math.degrees(math.atan2(place_at(to_metres[0], u, v), place_at(to_metres[1], u, v)))
            elevation_deg = math.degrees(0.001 * rises[row, column])
            for sector in range(sectors.shape[0]):
                one = sectors[sector]
                gain_db = tilted_gain_db(bearing_deg - one[2], elevation_deg, one[3], one[4], one[5], one[6])
                power = np.float32(one[1] + gain_db - losses[int(one[0]), row, column])
                for kind in range(rsrp_dbm.shape[0]):
                    if not (kinds[sector] >> kind) & 1:
                        continue
                    best, holder = rsrp_dbm[kind, row, column], server[kind, row, column]
                    if holder < 0 or power > best or (power == best and numbers[sector] < holder):
                        rsrp_dbm[kind, row, column] = power
                        server[kind, row, column] = numbers[sector]
