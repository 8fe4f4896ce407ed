"""ITM on arrays: many paths, or many distances in an area, with the codes and flags of each."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from onemap.radio.itm.attenuation import ground_impedance, reference_attenuation
from onemap.radio.itm.kernels import itm_area, itm_point_to_point
from onemap.radio.itm.terrain_shape import SLOTS, SURFACE_N, area_shape, trace_terrain

__all__ = ["ItmConditions", "ItmLosses", "itm_area_losses", "itm_intermediates", "itm_losses"]


@dataclass(frozen=True, slots=True)
class ItmConditions:
    """What ITM takes besides the path; each a number or an array of shape (n,).

    Attributes
    ----------
    n0
        Refractivity at sea level, 250 to 400 N-units.
    climate
        1 equatorial, 2 continental subtropical, 3 maritime subtropical, 4 desert, 5 continental temperate, 6 maritime
        temperate over land, 7 maritime temperate over sea.
    permittivity, conductivity
        Of the ground: relative, at least 1; in siemens per metre, above 0.
    mdvar
        Mode of variability: 0 single message, 1 accidental, 2 mobile, 3 broadcast; plus 10 leaves out the variation
        with location, plus 20 that with situation.
    time, location, situation
        Percentages of them with which the loss is not exceeded, above 0 and below 100. Where a confidence and a
        reliability are given: time = reliability, location = 50, situation = confidence.
    """

    n0: ArrayLike = 325.0
    climate: ArrayLike = 5
    permittivity: ArrayLike = 15.0
    conductivity: ArrayLike = 0.005
    mdvar: ArrayLike = 12
    time: ArrayLike = 50.0
    location: ArrayLike = 50.0
    situation: ArrayLike = 50.0

    def columns(self, count: int) -> tuple[NDArray[np.generic], ...]:
        """Spread the conditions over paths.

        Parameters
        ----------
        count
            Number of paths.

        Returns
        -------
        columns
            Eight arrays of shape (count,), in the order of the attributes.

        Examples
        --------
        >>> ItmConditions(n0=301.0).columns(2)[0]
        array([301., 301.])
        """
        return (
            _spread(self.n0, count),
            _spread(self.climate, count, np.int64),
            _spread(self.permittivity, count),
            _spread(self.conductivity, count),
            _spread(self.mdvar, count, np.int64),
            _spread(self.time, count),
            _spread(self.location, count),
            _spread(self.situation, count),
        )


@dataclass(frozen=True, slots=True)
class ItmLosses:
    """Losses with the codes and flags of the NTIA reference; arrays of shape (n,).

    Attributes
    ----------
    loss_db
        Basic transmission loss, in dB; NaN where the code is neither 0 nor 1, and, as in the reference, where the
        formulas end in the logarithm of a negative number (very wet ground below some 200 MHz, steep walls close by).
    code
        Return code: 0 success, 1 success with warnings, else what is out of range (see `code_name`).
    flags
        Warning flags, as bits (see `flag_names`).
    """

    loss_db: NDArray[np.float64]
    code: NDArray[np.int64]
    flags: NDArray[np.int64]


def itm_losses(
    height_m: ArrayLike,
    counts: ArrayLike,
    step_m: ArrayLike,
    *,
    tx_m: ArrayLike,
    rx_m: ArrayLike,
    frequency_mhz: ArrayLike,
    polarisation: ArrayLike = 2,
    conditions: ItmConditions | None = None,
) -> ItmLosses:
    """Compute the losses of paths over profiles of heights by ITM, point to point.

    Parameters
    ----------
    height_m
        Heights of all profiles one after another, from the transmitter each, in metres above sea level.
    counts
        Number of heights of each profile, shape (n,), at least 2.
    step_m
        Distance between the heights of each profile, in metres.
    tx_m, rx_m
        Heights of the antennas above ground, 0.5 to 3000 m.
    frequency_mhz
        Frequency, 20 to 20,000 MHz.
    polarisation
        1 horizontal, 2 vertical.
    conditions
        Air, ground, climate and variability; those of `ItmConditions` if None.

    Returns
    -------
    losses
        Loss, code and flags of each path. What is out of range has a code, and no loss.

    Raises
    ------
    ValueError
        If the counts do not add up to the number of heights.

    References
    ----------
    G. A. Hufford, "The ITS Irregular Terrain Model, version 1.2.2: the Algorithm", NTIA; codes and flags as in NTIA's
    reference implementation, version 1.4.

    Examples
    --------
    Ten kilometres of flat ground at 3.5 GHz:

    >>> flat = itm_losses(np.zeros(101), [101], 100.0, tx_m=15.0, rx_m=3.0, frequency_mhz=3_500.0)
    >>> flat.loss_db.round(1), flat.code
    (array([128.1]), array([0]))
    """
    heights = np.ascontiguousarray(height_m, dtype=np.float64)
    sizes = np.atleast_1d(np.asarray(counts, dtype=np.int64))
    if heights.ndim != 1 or (sizes < 0).any() or sizes.sum() != heights.size:
        msg = f"counts must add up to the number of heights, got {sizes.sum()} and {heights.size}"
        raise ValueError(msg)
    count = len(sizes)
    found = _empty_losses(count)
    _along(
        heights,
        sizes,
        _spread(step_m, count),
        _spread(tx_m, count),
        _spread(rx_m, count),
        _spread(frequency_mhz, count),
        _spread(polarisation, count, np.int64),
        (conditions or ItmConditions()).columns(count),
        (found.loss_db, found.flags, found.code),
    )
    return found


def itm_area_losses(
    distance_m: ArrayLike,
    *,
    irregularity_m: ArrayLike,
    tx_m: ArrayLike,
    rx_m: ArrayLike,
    frequency_mhz: ArrayLike,
    tx_siting: ArrayLike = 0,
    rx_siting: ArrayLike = 0,
    polarisation: ArrayLike = 2,
    conditions: ItmConditions | None = None,
) -> ItmLosses:
    """Compute the losses at distances in an area of which only the irregularity is known, by ITM.

    Parameters
    ----------
    distance_m
        Distances, shape (n,), above 0, in metres.
    irregularity_m
        Terrain irregularity (range between the deciles of height), in metres: 0 flat, 30 plains, 90 hills, 200
        mountains, 500 rugged mountains.
    tx_m, rx_m, frequency_mhz, polarisation, conditions
        As in `itm_losses`.
    tx_siting, rx_siting
        How a terminal was sited: 0 at random, 1 carefully, 2 very carefully.

    Returns
    -------
    losses
        Loss, code and flags of each distance.

    References
    ----------
    Hufford, as in `itm_losses`, section 3; NTIA Report 82-100, table 1, for the values of the irregularity.

    Examples
    --------
    >>> plain = itm_area_losses(
    ...     [10e3, 20e3], irregularity_m=20.0, tx_m=15.0, rx_m=3.0, frequency_mhz=3_500.0,
    ...     conditions=ItmConditions(n0=301.0, mdvar=1),
    ... )
    >>> plain.loss_db.round(1)
    array([134.5, 149.3])
    """
    distances = _spread(distance_m, np.size(distance_m))
    count = len(distances)
    found = _empty_losses(count)
    _around(
        distances,
        _spread(irregularity_m, count),
        (_spread(tx_m, count), _spread(rx_m, count)),
        (_spread(tx_siting, count, np.int64), _spread(rx_siting, count, np.int64)),
        _spread(frequency_mhz, count),
        _spread(polarisation, count, np.int64),
        (conditions or ItmConditions()).columns(count),
        (found.loss_db, found.flags, found.code),
    )
    return found


def itm_intermediates(
    *,
    tx_m: float,
    rx_m: float,
    frequency_mhz: float,
    height_m: ArrayLike | None = None,
    step_m: float = 0.0,
    distance_m: float = 0.0,
    irregularity_m: float = 0.0,
    siting: tuple[int, int] = (0, 0),
    polarisation: int = 2,
    ground: tuple[float, float] = (15.0, 0.005),
    n0: float = 325.0,
) -> dict[str, float]:
    """Give what ITM has in hand between profile and loss, by the names of the NTIA reference.

    Parameters
    ----------
    tx_m, rx_m, frequency_mhz, polarisation, n0
        As in `itm_losses` and `ItmConditions`; they are not checked here.
    height_m, step_m
        Profile and its step; for an area leave the profile out.
    distance_m, irregularity_m, siting
        Of an area, as in `itm_area_losses`; siting of transmitter and receiver.
    ground
        Permittivity and conductivity.

    Returns
    -------
    values
        Angles in radians, lengths in metres, the reference attenuation in dB, the mode of propagation (1 line of sight,
        2 diffraction, 3 troposcatter), code and flags.

    Examples
    --------
    >>> itm_intermediates(tx_m=3.0, rx_m=3.0, frequency_mhz=10_000.0, distance_m=1e3, n0=301.0)["d_hzn_tx__meter"]
    7138.26...
    """
    shape = np.empty(SLOTS)
    if height_m is None:
        area_shape(distance_m, irregularity_m, tx_m, rx_m, siting[0], siting[1], n0, shape)
    else:
        heights = np.ascontiguousarray(height_m, dtype=np.float64)
        trace_terrain(heights, len(heights), step_m, tx_m, rx_m, n0, shape)
    impedance = ground_impedance(frequency_mhz, polarisation, ground[0], ground[1])
    attenuation_db, mode, code, flags = reference_attenuation(frequency_mhz, impedance, shape)
    names = (
        "d__meter", "h_tx__meter", "h_rx__meter", "h_e_tx__meter", "h_e_rx__meter", "d_hzn_tx__meter",
        "d_hzn_rx__meter", "theta_hzn_tx", "theta_hzn_rx", "delta_h__meter", "N_s",
    )  # fmt: skip
    values = dict(zip(names, shape[: SURFACE_N + 1].tolist(), strict=True))
    return {**values, "A_ref__db": attenuation_db, "mode": mode, "code": code, "warnings": flags}


def _spread(values: ArrayLike, count: int, kind: type[np.generic] = np.float64) -> NDArray[np.generic]:
    """Repeat a number over all paths, or take an array as it is; a part of a whole number is no number (-1)."""
    given = np.asarray(values)
    if kind is np.int64 and given.dtype.kind == "f":
        given = np.where(np.isfinite(given) & (given == np.round(given)), given, -1.0)
    return np.ascontiguousarray(np.broadcast_to(given, (count,)).astype(kind))


def _empty_losses(count: int) -> ItmLosses:
    """Make room for the answers."""
    return ItmLosses(np.full(count, np.nan), np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _along(height_m, counts, step_m, tx_m, rx_m, frequency_mhz, polarisation, conditions, found):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Follow all profiles."""
    n0, climate, permittivity, conductivity, mdvar, time, location, situation = conditions
    loss_db, flags, code = found
    start = 0
    for path in range(counts.shape[0]):
        end = start + counts[path]
        loss_db[path], flags[path], code[path] = itm_point_to_point(
            height_m[start:end], counts[path], step_m[path], tx_m[path], rx_m[path], frequency_mhz[path],
            polarisation[path], n0[path], climate[path], permittivity[path], conductivity[path], mdvar[path],
            time[path], location[path], situation[path],
        )  # fmt: skip
        start = end


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _around(distance_m, irregularity_m, heights, sitings, frequency_mhz, polarisation, conditions, found):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Go through all distances of an area."""
    n0, climate, permittivity, conductivity, mdvar, time, location, situation = conditions
    loss_db, flags, code = found
    for path in range(distance_m.shape[0]):
        loss_db[path], flags[path], code[path] = itm_area(
            distance_m[path], irregularity_m[path], heights[0][path], heights[1][path], sitings[0][path],
            sitings[1][path], frequency_mhz[path], polarisation[path], n0[path], climate[path], permittivity[path],
            conductivity[path], mdvar[path], time[path], location[path], situation[path],
        )  # fmt: skip
