"""The loss of one path by each model, with a note of whatever was out of range or fell back to something else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from onemap.radio.hata import (
    COST231_MHZ,
    ENVIRONMENTS,
    HATA_MHZ,
    cost231_loss,
    effective_base_height,
    hata_flag_names,
    hata_loss,
)
from onemap.radio.hata import range_flags as hata_flags
from onemap.radio.itm import code_name, flag_names, itm_point_to_point
from onemap.radio.p1812.basic_loss import diffraction_losses
from onemap.radio.p1812.locations import centre_latitude
from onemap.radio.p1812.losses import (
    BRIDGED_VOID,
    FREE_SPACE,
    HEIGHT_HELD,
    VOID_AT_END,
    Cases,
    Profiles,
    p1812_losses,
)
from onemap.radio.p1812.path_geometry import IS_LOS, SLOTS, effective_radius, trace_path
from onemap.radio.tr38901 import SCENARIOS, range_flags, scenario_loss, tr38901_flag_names
from onemap.workflows.path_tables import Profile

__all__ = ["MODELS", "PathModel", "Unusable"]

Numbers = Mapping[str, float]
Answer = tuple[float, list[str]]

NEAREST_KM, FEWEST_POINTS = 0.25, 5
"""P.1812-8, section 1: paths from about 0.25 km on, with more than four points."""
SHORTEST_STEP_KM = 1e-6
EVEN_KM, EVEN_SHARE = 1e-6, 1e-8
"""Distances that leave even spacing by no more than this, or this share of the path, were even before rounding."""
FARTHEST_KM = 3000.0
STANDARD_DN = 157.0 / 4.0
"""Gives 4/3 of the radius of the earth."""
UNEVEN_SHARE = 0.01
"""Points that leave even spacing by more than this share of a step are taken anew for ITM."""
ROUNDED_SHARE = 1e-6
"""A first step that leaves the mean one by more than this share was rounded coarsely: ITM takes the mean one."""

_POSSIBLE = {
    "f_GHz": (1e-3, 1e3),
    "htg_m": (1e-3, 1e5),
    "hrg_m": (1e-3, 1e5),
    "DN": (-1e3, 156.9),
    "N0": (0.0, 1e3),
    "p_pct": (1e-6, 100.0 - 1e-6),
    "pL_pct": (1e-6, 100.0 - 1e-6),
    "phi_t": (-90.0, 90.0),
    "phi_r": (-90.0, 90.0),
    "lam_t": (-360.0, 360.0),
    "lam_r": (-360.0, 360.0),
    "dct_km": (0.0, 1e5),
    "dcr_km": (0.0, 1e5),
    "sigmaL_dB": (0.0, 100.0),
}
"""Columns of the cases and what can stand in them at all; a model's own range is narrower."""
_POSSIBLE_POINTS = {"d_km": (0.0, 2e4), "h_m": (-9e3, 2e4), "R_m": (0.0, 1e3)}
"""The same of the profiles; no ground lies as low as -9999 m, which stands for a void in many tables."""


class Unusable(Exception):  # noqa: N818
    """A path that has no loss; its text is the note."""


@dataclass(frozen=True, slots=True)
class PathModel:
    """A model, and the columns that it needs.

    Attributes
    ----------
    columns
        Columns of the cases besides `id`.
    profile_columns
        Columns of the profiles besides `id`.
    loss
        Gives loss and notes of one path, or raises `Unusable`.
    """

    columns: tuple[str, ...]
    profile_columns: tuple[str, ...]
    loss: Callable[[Numbers, Profile, str], Answer]


def _checked(case: Numbers, profile: Profile, *, voids: bool) -> None:
    """Refuse what no model can compute with."""
    if not len(profile.distance_km):
        raise Unusable("no_profile")
    for name, value in case.items():
        if not math.isfinite(value):
            raise Unusable(f"no_number:{name}")
        low, high = _POSSIBLE.get(name, (-math.inf, math.inf))
        if not low <= value <= high:
            raise Unusable(f"impossible:{name}")
    _checked_profile(profile, voids=voids)
    if "n" in case and case["n"] != len(profile.distance_km):
        raise Unusable(f"profile_has_{len(profile.distance_km)}_points")


def _checked_profile(profile: Profile, *, voids: bool) -> None:
    """Refuse points that are no profile."""
    if len(profile.distance_km) < 2:
        raise Unusable("profile_of_one_point")
    columns = {"d_km": profile.distance_km, "h_m": profile.height_m, "R_m": profile.clutter_m}
    for name, column in columns.items():
        known = column[~np.isnan(column)]
        low, high = _POSSIBLE_POINTS[name]
        if ((known < low) | (known > high)).any():
            raise Unusable(f"impossible:{name}")
    if np.isnan(profile.distance_km).any():
        raise Unusable("no_number:d_km")
    if np.isnan(profile.height_m).any() and not voids:
        raise Unusable("no_number:h_m")
    if profile.distance_km[0] != 0.0 or (np.diff(profile.distance_km) < SHORTEST_STEP_KM).any():
        raise Unusable("distances_do_not_rise_from_zero")


def _even(distance_km: NDArray[np.float64]) -> NDArray[np.float64]:
    """Undo the rounding of evenly spaced distances."""
    even_km = np.linspace(0.0, distance_km[-1], len(distance_km))
    within_km = max(EVEN_KM, EVEN_SHARE * even_km[-1])
    return even_km if np.abs(even_km - distance_km).max() <= within_km else distance_km


def _out_of(case: Numbers, limits: Mapping[str, tuple[float, float]]) -> list[str]:
    """Note which columns lie outside the range of a model."""
    return [f"out_of_range:{name}" for name, (low, high) in limits.items() if not low <= case[name] <= high]


def _slant_km(case: Numbers, profile: Profile) -> float:
    """Distance between the antennas themselves."""
    rise_m = profile.height_m[0] + case["htg_m"] - profile.height_m[-1] - case["hrg_m"]
    return math.hypot(profile.distance_km[-1], rise_m / 1000.0)


def free_space_loss(case: Numbers, profile: Profile, environment: str) -> Answer:  # noqa: ARG001
    """Give the loss with nothing in the way (P.1812-8, equation 8)."""
    return 92.4 + 20.0 * math.log10(case["f_GHz"]) + 20.0 * math.log10(_slant_km(case, profile)), []


def _geometry(case: Numbers, profile: Profile, delta_n: float) -> NDArray[np.float64]:
    """Trace a path for P.1812."""
    surface_m = profile.height_m + profile.clutter_m
    surface_m[0], surface_m[-1] = profile.height_m[0], profile.height_m[-1]
    geometry = np.empty(SLOTS)
    trace_path(
        _even(profile.distance_km),
        profile.height_m,
        surface_m,
        profile.zone.astype(np.int64),
        len(surface_m),
        case["htg_m"],
        case["hrg_m"],
        effective_radius(delta_n),
        geometry,
    )
    return geometry


def _surveyed(case: Numbers, profile: Profile) -> None:
    """Refuse clutter, zones and values that P.1812 cannot compute with."""
    if np.isnan(profile.clutter_m).any():
        raise Unusable("no_number:R_m")
    if not np.isin(profile.zone, (1.0, 3.0, 4.0)).all():
        raise Unusable("unknown:zone")
    if case["pol"] not in {1.0, 2.0}:
        raise Unusable("unknown:pol")


def _short_notes(profile: Profile) -> list[str]:
    """Note why P.1812 does not hold for a path, if it does not."""
    if len(profile.distance_km) < FEWEST_POINTS or profile.distance_km[-1] < NEAREST_KM:
        return ["short_path:free_space"]
    return []


_P1812_LIMITS = {
    "f_GHz": (0.03, 6.0),
    "htg_m": (1.0, 3000.0),
    "hrg_m": (1.0, 3000.0),
}
_P1812_WORDS = {
    FREE_SPACE: "short_path:free_space",
    BRIDGED_VOID: "voids:bridged",
    VOID_AT_END: "void_at_end:free_space",
    HEIGHT_HELD: "antenna_height:held",
}
_SHARES = {"p_pct": (1.0, 50.0), "pL_pct": (1.0, 99.0)}


def p1812_loss(case: Numbers, profile: Profile, environment: str) -> Answer:  # noqa: ARG001
    """Give the loss by P.1812-8 with location variability."""
    _surveyed(case, profile)
    ends_deg = (case["phi_t"], case["lam_t"], case["phi_r"], case["lam_r"])
    count = len(profile.distance_km)
    points = Profiles(
        _even(profile.distance_km),
        profile.height_m,
        profile.clutter_m,
        profile.zone.astype(np.int64),
        np.array([0, count]),
    )
    terms = Cases(
        case["f_GHz"],
        case["htg_m"],
        case["hrg_m"],
        polarisation=case["pol"],
        time_percent=case["p_pct"],
        location_percent=case["pL_pct"],
        location_sigma_db=case["sigmaL_dB"],
        latitude_deg=centre_latitude(ends_deg, profile.distance_km[-1]),
        delta_n=case["DN"],
        n0=case["N0"],
        coast_t_km=case["dct_km"],
        coast_r_km=case["dcr_km"],
    )
    found = p1812_losses(points, terms)
    notes = [word for bit, word in _P1812_WORDS.items() if int(found.flags[0]) & bit]
    limits = {**_P1812_LIMITS, **_SHARES}
    far = ["out_of_range:d_km"] if profile.distance_km[-1] > FARTHEST_KM else []
    return float(found.loss_db[0]), [*_out_of(case, limits), *far, *notes]


def delta_bullington_loss(case: Numbers, profile: Profile, environment: str) -> Answer:
    """Give the loss in free space and by diffraction at the median (P.1812-8, section 4.3), without any variability."""
    _surveyed(case, profile)
    notes = [*_out_of(case, _P1812_LIMITS), *_short_notes(profile)]
    free_db = free_space_loss(case, profile, environment)[0]
    if _short_notes(profile):
        return free_db, notes
    geometry = _geometry(case, profile, case["DN"])
    radius_km = effective_radius(case["DN"])
    return free_db + diffraction_losses(geometry, radius_km, case["f_GHz"], int(case["pol"]))[0], notes


def itm_loss(case: Numbers, profile: Profile, environment: str) -> Answer:  # noqa: ARG001
    """Give the loss by ITM, point to point."""
    heights_m, step_km, notes = _even_heights(profile)
    whole = {name: _whole(case[name]) for name in ("pol", "climate", "mdvar")}
    loss_db, flags, code = itm_point_to_point(
        heights_m, len(heights_m), step_km * 1000.0, case["htg_m"], case["hrg_m"], case["f_GHz"] * 1000.0, whole["pol"],
        case["N0_itm"], whole["climate"], case["eps"], case["sig"], whole["mdvar"], case["time"], case["loc"],
        case["sit"],
    )  # fmt: skip
    if code > 1:
        raise Unusable(f"itm_{code}:{code_name(code)}")
    if flags:
        notes += [f"itm_warn:{flags:#x}", *(f"near_limit:{name}" for name in flag_names(flags))]
    return loss_db, notes


def _whole(value: float) -> int:
    """Give a whole number of at most two digits; -1, which no code is, for any other."""
    return int(value) if 0.0 <= value < 100.0 and value == round(value) else -1


def _even_heights(profile: Profile) -> tuple[NDArray[np.float64], float, list[str]]:
    """Give heights at even steps and the step; where the points are uneven, take as many anew between them."""
    distance_km = profile.distance_km
    even_km = np.linspace(0.0, distance_km[-1], len(distance_km))
    if np.abs(even_km - distance_km).max() <= UNEVEN_SHARE * even_km[1]:
        is_fine = abs(distance_km[1] - even_km[1]) <= ROUNDED_SHARE * even_km[1]
        return profile.height_m, float((distance_km if is_fine else even_km)[1]), []
    return np.interp(even_km, distance_km, profile.height_m), float(even_km[1]), ["profile_taken_anew:even_steps"]


def scenario_path_loss(case: Numbers, profile: Profile, environment: str, *, name: str) -> Answer:  # noqa: ARG001
    """Give the loss by TR 38.901; the ground of the profile decides on line of sight."""
    is_seen = _is_seen(case, profile)
    scenario, far_m = SCENARIOS[name], 1000.0 * profile.distance_km[-1]
    flags = range_flags(scenario, far_m, case["htg_m"], case["hrg_m"], case["f_GHz"], is_seen)
    loss_db = scenario_loss(scenario, far_m, case["htg_m"], case["hrg_m"], case["f_GHz"], is_seen)
    return loss_db, ["los" if is_seen else "nlos", *(f"out_of_range:{word}" for word in tr38901_flag_names(flags))]


def _is_seen(case: Numbers, profile: Profile) -> bool:
    """Tell whether the ground leaves line of sight at 4/3 of the earth's radius or that of column DN."""
    if len(profile.distance_km) < 3:
        return True
    delta_n = case.get("DN", STANDARD_DN)
    bare = Profile(profile.distance_km, profile.height_m, 0.0 * profile.height_m, np.full(len(profile.height_m), 4.0))
    return bool(_geometry(case, bare, delta_n)[IS_LOS] > 0.0)


def hata_path_loss(case: Numbers, profile: Profile, environment: str, *, name: str) -> Answer:
    """Give the loss by Hata or COST 231, with the height of the base over the mean terrain."""
    far_km, frequency_mhz = float(profile.distance_km[-1]), 1000.0 * case["f_GHz"]
    base_m = effective_base_height(profile.distance_km, profile.height_m, len(profile.height_m), case["htg_m"])
    notes = []
    if base_m <= 0.0:
        base_m = case["htg_m"]
        notes.append("base_height:above_ground")
    limits_mhz = HATA_MHZ if name == "hata" else COST231_MHZ
    flags = hata_flags(far_km, base_m, case["hrg_m"], frequency_mhz, limits_mhz)
    loss = hata_loss if name == "hata" else cost231_loss
    loss_db = loss(ENVIRONMENTS[environment], far_km, base_m, case["hrg_m"], frequency_mhz)
    return loss_db, [*notes, *(f"out_of_range:{word}" for word in hata_flag_names(flags))]


def _checking(
    loss: Callable[[Numbers, Profile, str], Answer], *, voids: bool = False
) -> Callable[[Numbers, Profile, str], Answer]:
    """Check what all models share before a loss is computed."""

    def checked(case: Numbers, profile: Profile, environment: str) -> Answer:
        _checked(case, profile, voids=voids)
        try:
            loss_db, notes = loss(case, profile, environment)
        except ArithmeticError as error:  # values far beyond any path, such as a height of 1e300 m
            raise Unusable("loss_is_no_number") from error
        if not math.isfinite(loss_db):
            raise Unusable("loss_is_no_number")
        return float(loss_db), notes

    return checked


_ENDS = ("f_GHz", "htg_m", "hrg_m")
_GROUND = ("d_km", "h_m")
_SURVEYED = ("d_km", "h_m", "R_m", "zone")

MODELS: Mapping[str, PathModel] = MappingProxyType(
    {
        "p1812": PathModel(
            (
                *_ENDS, "p_pct", "pol", "phi_t", "lam_t", "phi_r", "lam_r", "DN", "N0", "dct_km", "dcr_km", "pL_pct",
                "sigmaL_dB",
            ),
            _SURVEYED,
            _checking(p1812_loss, voids=True),
        ),
        "itm": PathModel(
            (*_ENDS, "pol", "N0_itm", "climate", "eps", "sig", "mdvar", "time", "loc", "sit"),
            _GROUND,
            _checking(itm_loss),
        ),
        "delta-bullington": PathModel((*_ENDS, "pol", "DN"), _SURVEYED, _checking(delta_bullington_loss)),
        "free-space": PathModel(_ENDS, _GROUND, _checking(free_space_loss)),
        **{
            name: PathModel(_ENDS, _GROUND, _checking(partial(scenario_path_loss, name=name))) for name in SCENARIOS
        },
        **{
            name: PathModel(_ENDS, _GROUND, _checking(partial(hata_path_loss, name=name)))
            for name in ("hata", "cost231")
        },
    }
)  # fmt: skip
"""Models by the name on the command line."""
