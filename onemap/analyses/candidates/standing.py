"""Candidates among what stands or is planned: towers, structures of other industries, roofs of rooms, planned sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.candidate_settings import Equipment, StandingSettings
from onemap.analyses.candidates.equipment import bands_of, usual_equipment
from onemap.analyses.candidates.result_tables import candidates_layer, rejected_layer
from onemap.analyses.candidates.stock import SPOT_KINDS, spots_of
from onemap.analyses.columns import require_geographic
from onemap.analyses.conflicts import ConflictSettings, PointZones
from onemap.analyses.coverage.service import serves
from onemap.analyses.coverage.settings import ANY_OPERATOR, CoverageSettings
from onemap.analyses.sharing.demand_settings import DemandSettings
from onemap.analyses.sharing.owner_limits import owner_limits

__all__ = ["Candidates", "StandingRules", "standing_candidates"]

FITS = ""
_CAUSES = ("status", "technology", "closed", "owners", "full", "load", "low", "forbidden")
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class StandingRules:
    """What standing candidates are judged by.

    Attributes
    ----------
    settings
        What may be put up, and where.
    sharing
        Free slots, heights and owners, as demands for sharing are met.
    conflicts
        Ground to assume where a row does not say.
    coverage
        Technologies and presets.
    """

    settings: StandingSettings = field(default_factory=StandingSettings)
    sharing: DemandSettings = field(default_factory=DemandSettings)
    conflicts: ConflictSettings = field(default_factory=ConflictSettings)
    coverage: CoverageSettings = field(default_factory=CoverageSettings)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Candidates, and what is none and why.

    Attributes
    ----------
    found
        Result layer `plan_candidates`.
    rejected
        Result layer `plan_rejected_candidates`.
    """

    found: gpd.GeoDataFrame
    rejected: gpd.GeoDataFrame


def standing_candidates(
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    antennas: pd.DataFrame,
    rules: StandingRules | None = None,
    zones: PointZones | None = None,
) -> Candidates:
    """List where equipment could be put up on what stands or is planned.

    Parameters
    ----------
    layers
        Canonical layers by name; towers, structures, rooms and planned_sites are looked at, any may be missing.
    antennas
        Table of `serving_antennas`: what a tower radiates already is no candidate for it.
    rules
        What they are judged by; the defaults if not given.
    zones
        Zones made ready; None where there are none, and nothing is checked.

    Returns
    -------
    candidates
        A row for each spot and equipment, in the order of the kinds, then of the ids, then of the equipment. Rejected
        are those that are not in service or being built, of another technology than a planned site is for, not open to
        telecommunications, of owners that do not share, full, too weak, too low, or in a zone that forbids building;
        the first of these is the cause.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a row has no place, or a layer lacks its id.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.coverage import serving_antennas
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1", "T2"], "platforms_free": [1, 0], "height_agl_m": 35.0},
    ...     geometry=[shapely.Point(75, 39)] * 2, crs="EPSG:4490")
    >>> rules = StandingRules(coverage=CoverageSettings(technologies=("4G",)))
    >>> none = serving_antennas(None, None, default_height_m=30.0)
    >>> candidates = standing_candidates({"towers": towers}, antennas=none, rules=rules)
    >>> candidates.found["candidate_id"].tolist(), candidates.rejected["reason_en"].tolist()
    (['towers:T1:4G'], ['no platform is free'])
    """
    rules = rules or StandingRules()
    listed = {SPOT_KINDS[name]: name for name in SPOT_KINDS if name in layers and len(layers[name])}
    used = {name: layers[name] for kind, name in listed.items() if kind in rules.settings.kinds}
    crs = require_geographic(**used) if used else "EPSG:4490"
    spots = spots_of(used, rules.settings, rules.sharing, rules.conflicts)
    choices = rules.settings.equipment or usual_equipment(rules.coverage)
    spots = _with_zones(spots, zones)
    parts = [
        _of_equipment(spots, choice, antennas, rules).assign(choice=number) for number, choice in enumerate(choices)
    ]
    table = pd.concat(parts, ignore_index=True).sort_values(["spot", "choice"], kind="stable", ignore_index=True)
    return Candidates(
        candidates_layer(table[table["cause"].eq(FITS).to_numpy()], crs),
        rejected_layer(table[table["cause"].ne(FITS).to_numpy()], crs),
    )


def _with_zones(spots: pd.DataFrame, zones: PointZones | None) -> pd.DataFrame:
    """Say what zones say of each spot."""
    if zones is None or spots.empty:
        return spots.assign(zone_status="not checked", zone_ids="", zone_kind="")
    told = zones.at(*(spots[name].to_numpy(dtype=float) for name in ("lon", "lat", "area_m2")), layer="planned_sites")
    return spots.assign(zone_status=told.verdict, zone_ids=told.zone_ids, zone_kind=told.kind)


def _of_equipment(spots: pd.DataFrame, choice: Equipment, antennas: pd.DataFrame, rules: StandingRules) -> pd.DataFrame:
    """Judge all spots for one equipment; those that have any of it already are left out."""
    table = spots[~_has_already(spots, choice, antennas)].assign(spot=lambda rows: rows.index)
    table = table.reset_index(drop=True)
    standing = table["kind"].ne("planned").to_numpy(dtype=bool)
    forbidden = table["zone_status"].eq("forbidden").to_numpy(dtype=bool)
    tests = [
        ~table["stands"].to_numpy(dtype=bool),
        _of_other_technology(table, choice),
        table["closed"].to_numpy(dtype=bool),
        _refused(table, choice, rules.sharing),
        table["room"].to_numpy() < 1,
        (table["spare_kg"].to_numpy() <= 0) | (table["spare_kg"].to_numpy() < choice.load_kg),
        standing & (table["height_agl_m"].to_numpy() < choice.min_height_m),
        forbidden & ~(standing & rules.settings.standing_in_forbidden),
    ]
    cause = np.select(tests, np.array(_CAUSES, dtype=object), default=FITS).astype(object)
    return table.assign(
        cause=cause,
        equipment=choice.name,
        technologies=";".join(choice.technologies),
        operators=";".join(choice.operators) or ANY_OPERATOR,
        bands=";".join(bands_of(choice, rules.coverage)),
        load_kg=choice.load_kg,
        min_height_m=choice.min_height_m,
        candidate_id=[f"{spot}:{choice.name}" for spot in table["spot_id"]],
    )


def _has_already(spots: pd.DataFrame, choice: Equipment, antennas: pd.DataFrame) -> Mask:
    """Tell towers that serve all its operators already with one of its technologies."""
    has = np.zeros(len(spots), dtype=bool)
    for technology in choice.technologies:
        here = np.ones(len(spots), dtype=bool)
        for operator in choice.operators or (ANY_OPERATOR,):
            serving = set(antennas.loc[serves(antennas, technology, operator), "tower_id"].dropna())
            here &= spots["facility_id"].isin(serving).to_numpy(dtype=bool)
        has |= here
    return has & spots["kind"].eq("existing tower").to_numpy(dtype=bool)


def _of_other_technology(table: pd.DataFrame, choice: Equipment) -> Mask:
    """Tell planned sites that are planned for other technologies."""
    wanted = [set(str(one).replace("/", ";").split(";")) if one else set() for one in table["technology"].fillna("")]
    return np.array([bool(one) and not one.intersection(choice.technologies) for one in wanted], dtype=bool)


def _refused(table: pd.DataFrame, choice: Equipment, sharing: DemandSettings) -> Mask:
    """Tell owners that do not share with one of the operators, or with anybody where none is named."""
    refused = np.zeros(len(table), dtype=bool)
    for operator in choice.operators or ("",):
        asker = pd.Series([operator or pd.NA] * len(table), dtype="string")
        own, no = owner_limits(asker, table["owner"].astype("string"), sharing)
        refused |= no & ~own & table["owner"].notna().to_numpy(dtype=bool)
    return refused
