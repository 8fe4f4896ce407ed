"""Every quantity on the way to a loss, under the name that the published validation results give it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onemap.radio.p1812 import path_geometry as slots
from onemap.radio.p1812.basic_loss import (
    anomalous_share,
    combined_loss,
    diffraction_losses,
    free_space_losses,
    scatter_loss,
    time_factor,
)
from onemap.radio.p1812.ducting import ducting_loss
from onemap.radio.p1812.locations import field_strength, with_locations
from onemap.radio.p1812.losses import Cases, Profiles, trace_profile

__all__ = ["p1812_intermediates"]


def p1812_intermediates(profile: Profiles, case: Cases) -> dict[str, float]:
    """Compute all intermediate quantities of one path.

    Parameters
    ----------
    profile
        Points of the path; one path with more than four points and no voids.
    case
        Its terms, as numbers.

    Returns
    -------
    values
        By published name, with the equation where a name occurs twice: ``hst (85)`` is the fitted smooth surface under
        the transmitter, ``hst (90a)`` the one used for ducting. ``Lbc`` is the loss at the median of locations.

    Raises
    ------
    ValueError
        If there is not one path of at least five points.

    References
    ----------
    ITU-R P.1812-8 (09/2025), equations 1 to 93.

    Examples
    --------
    >>> points = np.linspace(0.0, 20.0, 101)
    >>> inland = np.full(101, 4)
    >>> plain = Profiles(points, 0 * points, 0 * points, inland, np.array([0, 101]))
    >>> values = p1812_intermediates(plain, Cases(0.7, 40.0, 1.5, latitude_deg=40.0))
    >>> round(float(values["Lbfs"]), 2), round(float(values["Ldsph"]), 2)
    (115.32, 23.89)
    """
    if len(profile.starts) != 2 or len(profile.distance_km) < 5:
        msg = f"one path of at least five points is needed, got {len(profile.starts) - 1} and {profile.starts[-1]}"
        raise ValueError(msg)
    terms = case.table(1)[0]
    geometry = np.empty(slots.SLOTS)
    trace_profile(
        np.asarray(profile.distance_km, float),
        np.asarray(profile.height_m, float),
        np.asarray(profile.clutter_m, float),
        np.asarray(profile.zone),
        # Both radii are wanted, so the terms ask for less than the median of time.
        np.where(np.arange(len(terms)) == 4, 1.0, terms),
        geometry,
    )
    at_sea = (profile.zone[0] == slots.SEA_ZONE, profile.zone[-1] == slots.SEA_ZONE)
    terms[10:] = np.where(at_sea, 0.0, terms[10:])
    terms[6] = 0.0 if at_sea[1] else terms[6]
    names = ("f", "htg", "hrg", "pol", "p", "pL", "sigmaL", "phi", "DN", "N0", "dct", "dcr")
    given = dict(zip(names, terms.tolist(), strict=True))
    return {**given, **_heights(geometry), "ae": slots.effective_radius(terms[8]), **_losses(geometry, terms)}


def _heights(geometry: NDArray[np.float64]) -> dict[str, float]:
    """Name what the geometry holds."""
    places = {
        "d": slots.DISTANCE_KM, "dlt": slots.D_LT_KM, "dlr": slots.D_LR_KM,
        "th_t": slots.THETA_T_MRAD, "th_r": slots.THETA_R_MRAD, "th": slots.THETA_MRAD,
        "hts": slots.HTS_AMSL_M, "hrs": slots.HRS_AMSL_M, "htc": slots.HTS_AMSL_M, "hrc": slots.HRS_AMSL_M,
        "w": slots.OMEGA, "dtm": slots.DTM_KM, "dlm": slots.DLM_KM,
        "hst (85)": slots.HST_M, "hsr (86)": slots.HSR_M,
        "hst (90a)": slots.HST_DUCT_M, "hsr (90b)": slots.HSR_DUCT_M,
        "hstd": slots.HSTD_M, "hsrd": slots.HSRD_M, "hte": slots.HTE_M, "hre": slots.HRE_M, "hm": slots.HM_M,
    }  # fmt: skip
    values = {name: float(geometry[place]) for name, place in places.items()}
    values["htc'"] = values["hts"] - values["hstd"]
    values["hrc'"] = values["hrs"] - values["hsrd"]
    return values


def _losses(geometry: NDArray[np.float64], terms: NDArray[np.float64]) -> dict[str, float]:
    """Name the losses and the factors that join them."""
    frequency_ghz, polarisation, time_percent = terms[0], int(terms[3]), terms[4]
    radius_km = slots.effective_radius(terms[8])
    b0_percent, tau = anomalous_share(geometry, terms[7])
    fi = time_factor(time_percent, b0_percent)
    free_db = free_space_losses(geometry, frequency_ghz, time_percent, b0_percent)
    ld50, lbulla, lbulls, ldsph = diffraction_losses(geometry, radius_km, frequency_ghz, polarisation)
    ldb = diffraction_losses(geometry, slots.BETA_RADIUS_KM, frequency_ghz, polarisation)[0]
    ldp = ld50 + fi * (ldb - ld50) if time_percent < 50.0 else ld50
    lbs = scatter_loss(geometry, frequency_ghz, time_percent, terms[9])
    lba = ducting_loss(geometry, radius_km, (frequency_ghz, time_percent), (b0_percent, tau, terms[10], terms[11]))
    is_rare = 1.0 if time_percent < b0_percent else 0.0
    lbc, parts = combined_loss(geometry, free_db, (ld50, ldp, lba, lbs), (fi, is_rare))
    names = ("Lminb0p", "Lminbap", "Lbda", "Lbam", "Fj", "Fk")
    lb = with_locations(lbc, free_db[1], terms[5], terms[6])
    return {
        "b0": b0_percent, "tau": tau, "Fi": fi, "Lbfs": free_db[0], "Lb0p": free_db[1], "Lb0b": free_db[2],
        "Lbulla": lbulla, "Lbulls": lbulls, "Ldsph": ldsph, "Ld50": ld50, "Ldb": ldb, "Ldp": ldp,
        "Lbd50": free_db[0] + ld50, "Lbd": free_db[1] + ldp, "Lba": lba, "Lbs": lbs,
        **dict(zip(names, parts, strict=True)),
        "Lbc": lbc, "Lb": lb, "Ep": field_strength(lb, frequency_ghz),
    }  # fmt: skip
