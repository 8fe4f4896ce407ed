"""Longley-Rice on 667-point paths against `itmlogic` (PyPI): profiles in hand, nothing is sampled."""

from __future__ import annotations

import cmath
import math
import time
from collections.abc import Iterator

import numpy as np
from itmlogic.misc.qerfi import qerfi
from itmlogic.preparatory_subroutines.qlrpfl import qlrpfl
from itmlogic.statistics.avar import avar
from numpy.typing import NDArray

from onemap.radio.itm import ItmConditions, itm_losses, shape_loss, trace_terrain
from onemap.radio.itm.terrain_shape import SLOTS

POINTS, STEP_M, PATHS, PLAIN_PATHS, ROUNDS = 667, 30.0, 2_000, 20, 5
TX_M, RX_M, MHZ, N0, CLIMATE, EPS, SIGMA, TIME, SITUATION = 30.0, 1.5, 900.0, 325.0, 5, 15.0, 0.005, 90.0, 50.0

LEAST_RATIO = 20.0


def measure() -> Iterator[str]:
    """Yield a line for each measurement."""
    rng = np.random.default_rng(20260101)
    relief_m = rng.uniform(0.2, 8.0, (PATHS, 1))
    profiles = 1_500.0 + np.cumsum(rng.normal(0.0, 1.0, (PATHS, POINTS)) * relief_m, axis=1)
    conditions = ItmConditions(n0=N0, climate=CLIMATE, permittivity=EPS, conductivity=SIGMA, mdvar=11, time=TIME)
    counts, flat = [POINTS] * PATHS, profiles.ravel()
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        found = itm_losses(flat, counts, STEP_M, tx_m=TX_M, rx_m=RX_M, frequency_mhz=MHZ, conditions=conditions)
        seconds.append(time.perf_counter() - begin)
    each_s = min(seconds[1:]) / PATHS
    plain_db = np.empty(PLAIN_PATHS)
    begin = time.perf_counter()
    for path in range(PLAIN_PATHS):
        plain_db[path] = itmlogic_loss(profiles[path])
    plain_s = (time.perf_counter() - begin) / PLAIN_PATHS
    apart_db = np.abs(plain_db - found.loss_db[:PLAIN_PATHS])
    yield f"ITM, {POINTS} points, one thread          {each_s * 1e6:9.1f} µs a path"
    yield f"itmlogic 1.2, the same paths         {plain_s * 1e6:9.1f} µs a path"
    yield f"median difference of the two         {np.median(apart_db):9.2f} dB"
    yield f"ratio                                {plain_s / each_s:9.0f}  (floor {LEAST_RATIO:.0f})"
    assert plain_s / each_s >= LEAST_RATIO
    yield f"further band on a known path         {band_seconds(profiles[0]) * 1e6:9.2f} µs"


def band_seconds(profile_m: NDArray[np.float64]) -> float:
    """Time what another frequency costs; the call from Python is most of it."""
    shape = np.empty(SLOTS)
    trace_terrain(profile_m, POINTS, STEP_M, TX_M, RX_M, N0, shape)
    shape_loss(shape, MHZ, 2, EPS, SIGMA, CLIMATE, 11, TIME, 50.0, SITUATION)
    begin = time.perf_counter()
    for number in range(10_000):
        shape_loss(shape, MHZ + 0.01 * number, 2, EPS, SIGMA, CLIMATE, 11, TIME, 50.0, SITUATION)
    return (time.perf_counter() - begin) / 10_000


def itmlogic_loss(profile_m: NDArray[np.float64]) -> float:
    """Drive itmlogic through one path: vertical polarisation, accidental variability between known places."""
    tenth = int(0.1 * (POINTS - 1))
    wave_number = MHZ / 47.7
    surface_n = N0 * math.exp(-float(profile_m[tenth : POINTS - tenth].mean()) / 9460.0)
    relative = complex(EPS, 376.62 * SIGMA / wave_number)
    path = {
        "fmhz": MHZ,
        "pfl": [POINTS - 1, STEP_M, *profile_m.tolist()],
        "hg": [TX_M, RX_M],
        "wn": wave_number,
        "ens": surface_n,
        "gma": 157e-9,
        "gme": 157e-9 * (1.0 - 0.04665 * math.exp(surface_n / 179.3)),
        "zgnd": cmath.sqrt(relative - 1.0) / relative,
        "eps": EPS,
        "sgm": SIGMA,
        "klim": CLIMATE,
        "klimx": CLIMATE,
        "mdvarx": 11,
        "mdvar": 11,
        "lvar": 5,
        "kwx": 0,
        "mdp": -1,
    }
    path = qlrpfl(path)
    in_time, in_situation = qerfi([TIME / 100, SITUATION / 100])
    varied_db, path = avar(in_time, 0.0, in_situation, path)
    free_db = 8.685890 * math.log(2.0 * wave_number * path["dist"])
    return free_db + varied_db
