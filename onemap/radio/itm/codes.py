"""Return codes and warning flags of ITM, with the numbers of the NTIA reference."""

from __future__ import annotations

import numba

__all__ = ["CODE_NAMES", "FLAG_NAMES", "SUCCESS", "SUCCESS_WITH_WARNINGS", "UNKNOWN_HEIGHT", "code_name", "flag_names"]

SUCCESS, SUCCESS_WITH_WARNINGS = 0, 1

TX_HEIGHT, RX_HEIGHT, CLIMATE, TIME, LOCATION, SITUATION = 1000, 1001, 1002, 1003, 1004, 1005
REFRACTIVITY, FREQUENCY, POLARISATION, PERMITTIVITY, CONDUCTIVITY = 1008, 1009, 1010, 1011, 1012
GROUND_IMPEDANCE, MDVAR, EFFECTIVE_EARTH, PATH_DISTANCE, IRREGULARITY = 1013, 1014, 1016, 1017, 1018
TX_SITING, RX_SITING, SURFACE_REFRACTIVITY_SMALL, SURFACE_REFRACTIVITY_LARGE = 1019, 1020, 1021, 1022
UNKNOWN_HEIGHT = 2000
"""Not one of NTIA's: a height of the profile is not a number."""

CODE_NAMES = {
    SUCCESS: "success",
    SUCCESS_WITH_WARNINGS: "success_with_warnings",
    TX_HEIGHT: "tx_height_out_of_range",
    RX_HEIGHT: "rx_height_out_of_range",
    CLIMATE: "unknown_climate",
    TIME: "time_out_of_range",
    LOCATION: "location_out_of_range",
    SITUATION: "situation_out_of_range",
    REFRACTIVITY: "refractivity_out_of_range",
    FREQUENCY: "frequency_out_of_range",
    POLARISATION: "unknown_polarisation",
    PERMITTIVITY: "permittivity_out_of_range",
    CONDUCTIVITY: "conductivity_out_of_range",
    GROUND_IMPEDANCE: "ground_impedance_out_of_range",
    MDVAR: "unknown_mdvar",
    EFFECTIVE_EARTH: "effective_earth_out_of_range",
    PATH_DISTANCE: "distance_out_of_range",
    IRREGULARITY: "irregularity_out_of_range",
    TX_SITING: "unknown_tx_siting",
    RX_SITING: "unknown_rx_siting",
    SURFACE_REFRACTIVITY_SMALL: "surface_refractivity_too_small",
    SURFACE_REFRACTIVITY_LARGE: "surface_refractivity_too_large",
    UNKNOWN_HEIGHT: "unknown_height",
}
"""Words for the return codes."""

WARN_TX_HEIGHT, WARN_RX_HEIGHT, WARN_FREQUENCY = 0x1, 0x2, 0x4
WARN_DISTANCE_LARGE, WARN_DISTANCE_VERY_LARGE = 0x8, 0x10
WARN_DISTANCE_SMALL, WARN_DISTANCE_VERY_SMALL = 0x20, 0x40
WARN_TX_ANGLE, WARN_RX_ANGLE = 0x80, 0x100
WARN_TX_HORIZON_NEAR, WARN_RX_HORIZON_NEAR, WARN_TX_HORIZON_FAR, WARN_RX_HORIZON_FAR = 0x200, 0x400, 0x800, 0x1000
WARN_VARIABILITY, WARN_SURFACE_REFRACTIVITY = 0x2000, 0x4000

FLAG_NAMES = {
    WARN_TX_HEIGHT: "tx_height",
    WARN_RX_HEIGHT: "rx_height",
    WARN_FREQUENCY: "frequency",
    WARN_DISTANCE_LARGE: "distance_over_1000_km",
    WARN_DISTANCE_VERY_LARGE: "distance_over_2000_km",
    WARN_DISTANCE_SMALL: "distance_small_for_heights",
    WARN_DISTANCE_VERY_SMALL: "distance_under_1_km",
    WARN_TX_ANGLE: "tx_horizon_angle",
    WARN_RX_ANGLE: "rx_horizon_angle",
    WARN_TX_HORIZON_NEAR: "tx_horizon_near",
    WARN_RX_HORIZON_NEAR: "rx_horizon_near",
    WARN_TX_HORIZON_FAR: "tx_horizon_far",
    WARN_RX_HORIZON_FAR: "rx_horizon_far",
    WARN_VARIABILITY: "extreme_variability",
    WARN_SURFACE_REFRACTIVITY: "surface_refractivity",
}
"""Words for the warning flags."""


def code_name(code: int) -> str:
    """Name a return code.

    Parameters
    ----------
    code
        Return code.

    Returns
    -------
    name
        One word; the number itself where it is not a code of ITM.

    Examples
    --------
    >>> code_name(1009)
    'frequency_out_of_range'
    """
    return CODE_NAMES.get(code, str(code))


def flag_names(flags: int) -> list[str]:
    """Name the warning flags that are set.

    Parameters
    ----------
    flags
        Warning flags, as bits.

    Returns
    -------
    names
        One word a flag, from the lowest bit.

    Examples
    --------
    >>> flag_names(0x280)
    ['tx_horizon_angle', 'tx_horizon_near']
    """
    return [name for bit, name in FLAG_NAMES.items() if flags & bit]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def check_heights(tx_m, rx_m):  # type: ignore[no-untyped-def]
    """Check the heights of the terminals: return code and warning flags."""
    flags = 0
    if tx_m < 1.0 or tx_m > 1000.0:
        flags |= WARN_TX_HEIGHT
    if not 0.5 <= tx_m <= 3000.0:
        return TX_HEIGHT, flags
    if rx_m < 1.0 or rx_m > 1000.0:
        flags |= WARN_RX_HEIGHT
    if not 0.5 <= rx_m <= 3000.0:
        return RX_HEIGHT, flags
    return SUCCESS, flags


@numba.njit(cache=True, nogil=True, error_model="numpy")
def check_medium(frequency_mhz, polarisation, permittivity, conductivity, n0):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Check what the wave runs through and over: return code and warning flags."""
    flags = 0
    if not 250.0 <= n0 <= 400.0:
        return REFRACTIVITY, flags
    if frequency_mhz < 40.0 or frequency_mhz > 10_000.0:
        flags |= WARN_FREQUENCY
    if not 20.0 <= frequency_mhz <= 20_000.0:
        return FREQUENCY, flags
    if polarisation not in (1, 2):
        return POLARISATION, flags
    if not permittivity >= 1.0:
        return PERMITTIVITY, flags
    if not conductivity > 0.0:
        return CONDUCTIVITY, flags
    return SUCCESS, flags


@numba.njit(cache=True, nogil=True, error_model="numpy")
def check_variability(mdvar, time, location, situation):  # type: ignore[no-untyped-def]
    """Check the mode of variability and the three percentages: return code."""
    if mdvar < 0 or mdvar > 33 or mdvar % 10 > 3:
        return MDVAR
    if not 0.0 < situation < 100.0:
        return SITUATION
    if not 0.0 < time < 100.0:
        return TIME
    if not 0.0 < location < 100.0:
        return LOCATION
    return SUCCESS
