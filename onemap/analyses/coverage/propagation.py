"""Service by field strength: what power arrives at each place, from which antenna, and whether it is enough.

A place is covered by a kind of service (a technology of an operator) if the power expected at the median of locations
exceeds the threshold by so much that the share of locations asked for has it, uncovered if it falls short by as much;
between the two nothing can be said without a measurement. Where the ground on a path is not known, the free space tells
the most that can arrive: too little of that is uncovered, otherwise the verdict depends.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.coverage.candidates import Network, batches, candidate_pairs, network_of
from onemap.analyses.coverage.path_inputs import PathGround, longest_profile, path_ground, path_rules, placed_network
from onemap.analyses.coverage.path_kernel import Found, Pairs, Places, Rules, no_service, strongest
from onemap.analyses.coverage.settings import ANY_OPERATOR, CoverageSettings
from onemap.layers.grid import Grid
from onemap.layers.nearest import in_space, nearest
from onemap.progress import Progress, silent

__all__ = ["field_service", "needed_db"]

Floats = NDArray[np.float64]


def field_service(
    lon: Floats,
    lat: Floats,
    antennas: pd.DataFrame,
    *,
    settings: CoverageSettings,
    grid: Grid | None,
    crs: CRS,
    clutter: Grid | None = None,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Find the strongest antenna at each place for each technology and operator, and judge whether it is enough.

    Parameters
    ----------
    lon, lat
        The places, shape (n,), in degrees.
    antennas
        Table of `serving_antennas`.
    settings
        What coverage is judged by; its model is one of field strength.
    grid
        Heights of the ground; None only for "hata", which needs it only where delta-Bullington stands in.
    crs
        Geographic CRS of places and antennas.
    clutter
        Heights of what stands on the ground, on the cells of `grid`; None: open land.
    progress
        Told how many places are done.

    Returns
    -------
    service
        n rows for each technology and operator ("any" first), as of `best_service`, and: rsrp_dbm at the median of
        locations, margin_db over the threshold, sigma_db, loss_db (all NaN where no antenna comes into question),
        line_of_sight (missing where not known), model (what the loss rests on), basis (`path_models`).

    Raises
    ------
    ValueError
        If the clutter does not lie on the cells of the elevation model.

    References
    ----------
    ITU-R P.1812-8 for the default model; for each model `onemap.analyses.coverage.path_models`.

    Examples
    --------
    >>> from affine import Affine
    >>> plain = Grid(np.zeros((80, 80), dtype="float32"), Affine(0.001, 0, 74.98, 0, -0.001, 39.04), "EPSG:4490")
    >>> antennas = pd.DataFrame({"technology": "4G", "operators": [("A",)], "lon": 75.0, "lat": 39.0,
    ...     "height_agl_m": 30.0, "frequency_mhz": 1_850.0, "eirp_re_dbm": 34.0, "azimuth_deg": np.nan,
    ...     "beamwidth_deg": 360.0, "v_beamwidth_deg": 10.0, "tilt_deg": 0.0, "mech_tilt_deg": 0.0})
    >>> settings = CoverageSettings(model="p1812", technologies=("4G",), operators=())
    >>> place = np.array([75.02]), np.array([39.0])
    >>> field_service(*place, antennas, settings=settings, grid=plain, crs=CRS("EPSG:4490"))["verdict"].tolist()
    ['covered']
    """
    ground = path_ground(grid, clutter, crs)
    kinds = [(one, operator) for one in settings.technologies for operator in (ANY_OPERATOR, *settings.operators)]
    network = placed_network(network_of(antennas, kinds), ground, settings)
    known, bound = no_service(len(lon), len(kinds)), no_service(len(lon), len(kinds))
    rules = path_rules(settings, terrain=grid is not None)
    with progress.step("coverage_step", total=len(lon)) as done:
        for place in batches(lon, lat, network, settings.reach_m):
            parts = _judge(lon[place], lat[place], network, ground, settings, rules, kinds=len(kinds))
            for whole, part in zip((known, bound), parts, strict=True):
                for field in Found._fields:
                    getattr(whole, field)[place] = getattr(part, field)
            done(len(place))
    tables = []
    for kind, name in enumerate(kinds):
        table = _judged(kind, name, (known, bound), settings)
        table["nearest_m"] = _nearest_m(lon, lat, table["antenna"], network, kind)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def needed_db(sigma_db: Floats, location_percent: float) -> Floats:
    """Give the margin over a threshold that so many per cent of the locations need.

    Parameters
    ----------
    sigma_db
        Standard deviation, in dB.
    location_percent
        Share of the locations, in per cent.

    Examples
    --------
    >>> needed_db(np.array([8.0]), 90.0).round(2)
    array([10.25])
    """
    return np.asarray(NormalDist().inv_cdf(location_percent / 100.0) * sigma_db)


def _judge(  # noqa: PLR0917
    lon: Floats,
    lat: Floats,
    network: Network,
    ground: PathGround,
    settings: CoverageSettings,
    rules: Rules,
    *,
    kinds: int,
) -> tuple[Found, Found]:
    """Find the strongest antennas at the places of one batch."""
    sigma_db = settings.model_sigma_db + 10.0  # more than any variability with location
    least = min(settings.rsrp_min_dbm[one] for one in settings.technologies)
    least -= float(needed_db(np.array(sigma_db), settings.location_percent)) - rules.body_loss_db + rules.bonus_db
    pairs = candidate_pairs(lon, lat, network, reach_m=settings.reach_m, least_dbm=least)
    known, bound = no_service(len(lon), kinds), no_service(len(lon), kinds)
    if not len(pairs.mast):
        return known, bound
    middle = np.ascontiguousarray(ground.pixels(pairs.middle[:, 0], pairs.middle[:, 1]))
    places = Places(ground.pixels(lon, lat), in_space(lon, lat), lat)
    longest = longest_profile(network.masts.pixel, places.pixel, pairs, middle, step_cells=settings.profile_step_cells)
    strongest(
        ground.heights, ground.clutter, places, network.masts, network.antennas,
        Pairs(pairs.first, pairs.mast, pairs.distance_m, middle), rules, longest, known, bound,
    )  # fmt: skip
    return known, bound


def _judged(kind: int, name: tuple[str, str], found: tuple[Found, Found], settings: CoverageSettings) -> pd.DataFrame:
    """Judge one kind of service at all places."""
    threshold_dbm = settings.rsrp_min_dbm[name[0]]
    known, bound = ({field: values[:, kind] for field, values in one._asdict().items()} for one in found)
    states = [_state(one, threshold_dbm, settings) for one in (known, bound)]
    open_verdict = states[1]["enough"] >= 1
    takes_bound = (bound["antenna"] >= 0) & (states[0]["enough"] < 2) & (bound["rsrp_dbm"] > known["rsrp_dbm"])
    takes_bound &= open_verdict | (known["antenna"] < 0)
    table = {
        field: np.where(takes_bound, bound[field], known[field])
        for field in ("antenna", "rsrp_dbm", "loss_db", "distance_m", "in_sight", "basis")
    }
    sigma_db = np.where(takes_bound, states[1]["sigma_db"], states[0]["sigma_db"])
    enough = np.where(takes_bound, np.minimum(states[1]["enough"], 1), states[0]["enough"])
    none = table["antenna"] < 0
    rsrp_dbm = np.where(none, np.nan, table["rsrp_dbm"])
    in_sight = table.pop("in_sight")
    return pd.DataFrame(
        {
            **table,
            "technology": name[0],
            "operator": name[1],
            "place": np.arange(len(enough)),
            "verdict": np.array(["uncovered", "depends", "covered"], dtype=object)[enough],
            "rsrp_dbm": rsrp_dbm,
            "margin_db": rsrp_dbm - threshold_dbm,
            "sigma_db": np.where(none, np.nan, sigma_db),
            "line_of_sight": pd.array(in_sight == 1, dtype="boolean"),
            "model": _model_names(table["basis"], settings.model),
        }
    ).assign(line_of_sight=lambda table: table["line_of_sight"].mask(in_sight < 0))


def _state(
    found: Mapping[str, NDArray[np.generic]], threshold_dbm: float, settings: CoverageSettings
) -> dict[str, Floats]:
    """Tell how sure the power of each place is: 2 enough, 1 perhaps, 0 not enough."""
    sigma_db = np.hypot(np.asarray(found["sigma_db"], dtype=float), settings.model_sigma_db)
    margin_db = np.asarray(found["rsrp_dbm"], dtype=float) - threshold_dbm
    half_db = needed_db(sigma_db, settings.location_percent)
    return {"sigma_db": sigma_db, "enough": (margin_db >= half_db).astype(int) + (margin_db >= -half_db)}


def _model_names(basis: NDArray[np.generic], model: str) -> NDArray[np.object_]:
    """Name the model that each loss comes from."""
    names = np.array([model, "delta-bullington", *["free space"] * 4], dtype=object)
    return np.asarray(names[basis.astype(int)])


def _nearest_m(lon: Floats, lat: Floats, antenna: pd.Series, network: Network, kind: int) -> Floats:  # noqa: PLR0917
    """Measure how far the nearest mast of a kind is from the places that none serves; infinite where there is none."""
    alone = np.flatnonzero(antenna.to_numpy() < 0)
    serves = np.flatnonzero((network.antennas.kinds >> kind) & 1)
    masts = np.unique(np.searchsorted(network.masts.first, serves, side="right") - 1)
    found = np.full(len(lon), np.nan)
    found[alone] = nearest(lon[alone], lat[alone], network.lon[masts], network.lat[masts])[1]
    return found
