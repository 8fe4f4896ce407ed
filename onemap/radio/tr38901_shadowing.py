"""Shadowing and the probability of line of sight by 3GPP TR 38.901 (tables 7.4.1-1 and 7.4.2-1)."""

from __future__ import annotations

import math

import numba
import numpy as np

from onemap.radio.tr38901 import RMA, UMI, break_distance

__all__ = ["shadow_sigma_db", "sight_share"]

# Rows RMa, UMa, UMi: standard deviation of shadowing in dB before and after the break point, and without line of sight.
SIGMAS = np.array([[4.0, 6.0, 8.0], [4.0, 4.0, 6.0], [4.0, 4.0, 7.82]])


@numba.njit(cache=True, nogil=True)
def shadow_sigma_db(scenario, distance2d_m, base_m, terminal_m, frequency_ghz, los):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Give the standard deviation of shadowing (table 7.4.1-1).

    Parameters
    ----------
    scenario
        0 RMa, 1 UMa, 2 UMi.
    distance2d_m, base_m, terminal_m, frequency_ghz, los
        As in `onemap.radio.tr38901.rma_loss`.

    Returns
    -------
    sigma_db
        In dB.

    Examples
    --------
    >>> float(shadow_sigma_db(0, 1_000.0, 35.0, 1.5, 0.7, True))
    6.0
    """
    if not los:
        return SIGMAS[scenario, 2]
    is_far = distance2d_m > break_distance(scenario, base_m, terminal_m, frequency_ghz)
    return SIGMAS[scenario, 1 if is_far else 0]


@numba.njit(cache=True, nogil=True)
def sight_share(scenario, distance2d_m, terminal_m):  # type: ignore[no-untyped-def]
    """Give the probability of line of sight where no terrain is known (table 7.4.2-1).

    Parameters
    ----------
    scenario
        0 RMa, 1 UMa, 2 UMi.
    distance2d_m
        Distance over the ground, in metres.
    terminal_m
        Height of the terminal above ground, in metres.

    Returns
    -------
    share
        Between 0 and 1.

    Examples
    --------
    >>> round(sight_share(0, 1_010.0, 1.5), 4)
    0.3679
    """
    if scenario == RMA:
        return 1.0 if distance2d_m <= 10.0 else math.exp(-(distance2d_m - 10.0) / 1000.0)
    if distance2d_m <= 18.0:
        return 1.0
    near = 18.0 / distance2d_m
    if scenario == UMI:
        return near + math.exp(-distance2d_m / 36.0) * (1.0 - near)
    raised = 0.0 if terminal_m <= 13.0 else ((terminal_m - 13.0) / 10.0) ** 1.5
    bonus = 1.0 + raised * 1.25 * (distance2d_m / 100.0) ** 3 * math.exp(-distance2d_m / 150.0)
    return (near + math.exp(-distance2d_m / 63.0) * (1.0 - near)) * bonus
