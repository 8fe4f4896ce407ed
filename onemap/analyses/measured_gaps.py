"""Measured gaps: where drive tests found no service, whatever the model says.

Only measured gaps count over a model, never measured service: a good sample says nothing of the house behind the hill.
A place that nobody drove by keeps its verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, places, require_geographic
from onemap.analyses.coverage.settings import ANY_OPERATOR
from onemap.analyses.measured_cells import REPORTED_DBM
from onemap.layers.nearest import points_within
from onemap.messages import text

__all__ = ["MEASURED", "OverrideSettings", "override_by_measurements"]

MEASURED = "measured"
"""In place of the model of a verdict that rests on measurements."""

_RANKS = {"covered": 0, "depends": 1, "uncovered": 2}
_POLYGONS = (3, 6)
_KEYS = ("place", "technology", "operator")


@dataclass(frozen=True, slots=True)
class OverrideSettings:
    """When measurements count over a model.

    Attributes
    ----------
    radius_m
        Measurements this near to a target are of it, in metres; for a polygon also those inside.
    min_count
        Fewer of them decide nothing.
    rsrp_min_dbm
        Technology → least RSRP of service, in dBm. A target is a measured gap where the median is below.

    Examples
    --------
    >>> OverrideSettings(rsrp_min_dbm={"4G": -110.0}).min_count
    10
    """

    radius_m: float = 200.0
    min_count: int = 10
    rsrp_min_dbm: Mapping[str, float] = field(default_factory=lambda: {"4G": -105.0, "5G": -105.0})

    def __post_init__(self) -> None:
        if not self.radius_m > 0 or self.min_count < 1:
            msg = f"radius_m and min_count must be more than zero, got {self.radius_m} and {self.min_count}"
            raise ValueError(msg)


def override_by_measurements(
    verdicts: gpd.GeoDataFrame,
    targets: Mapping[str, gpd.GeoDataFrame],
    measurements: gpd.GeoDataFrame,
    *,
    settings: OverrideSettings,
) -> gpd.GeoDataFrame:
    """Set verdicts to uncovered where measurements show a gap.

    Parameters
    ----------
    verdicts
        Result layer `verdicts` or `road_verdicts`.
    targets
        Canonical layers by name: the measurements inside a polygon are of it too. Points need not be given.
    measurements
        Canonical layer `measurements`; levels that no phone reports, and rows without a technology, are left out.
    settings
        When they count.

    Returns
    -------
    verdicts
        New layer on the same index. A verdict on an operator becomes "uncovered" where at least `min_count` samples of
        that operator and technology lie near and their median is below the threshold; `model` is then "measured", and
        the reason begins with what was measured. "any" becomes the best of the operators' verdicts if it was that
        before; where there are no operators, it is judged by all samples.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.

    Examples
    --------
    >>> verdicts = gpd.GeoDataFrame(
    ...     {"technology": ["4G"], "operator": ["any"], "verdict": ["covered"], "model": ["p1812"]},
    ...     geometry=gpd.points_from_xy([75.0], [39.0]), crs="EPSG:4490")
    >>> drive = gpd.GeoDataFrame(
    ...     {"technology": ["4G"] * 12, "rsrp_dbm": [-118.0] * 12},
    ...     geometry=gpd.points_from_xy([75.001] * 12, [39.0] * 12), crs="EPSG:4490")
    >>> override_by_measurements(verdicts, {}, drive, settings=OverrideSettings())[["verdict", "model"]].values.tolist()
    [['uncovered', 'measured']]
    """
    require_geographic(verdicts=verdicts, measurements=measurements)
    changed = verdicts.copy()
    samples = _samples(measurements)
    if verdicts.empty or samples.empty:
        return changed
    place = _places(verdicts)
    facts = _facts(verdicts, place, samples, _pairs(verdicts, targets, samples, place, radius_m=settings.radius_m))
    least = verdicts["technology"].map(settings.rsrp_min_dbm).to_numpy(dtype=float, na_value=np.nan)
    gap = (facts["count"].to_numpy() >= settings.min_count) & (facts["median_dbm"].to_numpy() < least)
    gap &= verdicts["verdict"].ne("uncovered").to_numpy(dtype=bool)
    after = verdicts["verdict"].where(~gap, "uncovered")
    followed = _best_of_operators(verdicts, after, place)
    changed["verdict"] = followed.astype(verdicts["verdict"].dtype)
    moved = followed.ne(verdicts["verdict"]).to_numpy(dtype=bool)
    changed["model"] = verdicts["model"].where(~moved, MEASURED)
    _say(changed, gap, moved, facts.assign(least_dbm=least), radius_m=settings.radius_m)
    return changed


def _samples(measurements: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the samples that can be used."""
    lon, lat = places(measurements, "measurements")
    table = pd.DataFrame(
        {
            "lon": lon,
            "lat": lat,
            "technology": column(measurements, "technology").astype(object).to_numpy(),
            "operator": column(measurements, "operator").fillna("").astype(object).to_numpy(),
            "rsrp_dbm": column(measurements, "rsrp_dbm", "number").to_numpy(),
        }
    )
    possible = table["rsrp_dbm"].between(*REPORTED_DBM) & pd.notna(table["technology"])
    return table[possible].reset_index(drop=True)


def _places(verdicts: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Give each row the number of its place."""
    lon, lat = places(verdicts, "verdicts")
    return np.asarray(
        pd.DataFrame({"lon": lon, "lat": lat}).groupby(["lon", "lat"], sort=False).ngroup(), dtype=np.intp
    )


def _pairs(
    verdicts: gpd.GeoDataFrame,
    targets: Mapping[str, gpd.GeoDataFrame],
    samples: pd.DataFrame,
    place: NDArray[np.intp],
    *,
    radius_m: float,
) -> pd.DataFrame:
    """List which samples are of which place: near its point, or inside its polygon."""
    first = np.unique(place, return_index=True)[1]
    lon, lat = (side[first] for side in places(verdicts, "verdicts"))
    near, sample, _ = points_within(lon, lat, samples["lon"], samples["lat"], distance_m=radius_m)
    parts = [pd.DataFrame({"place": near, "sample": sample})]
    if "target_layer" in verdicts:
        points = shapely.points(samples["lon"].to_numpy(), samples["lat"].to_numpy())
        rows = verdicts[["target_layer", "target_id"]].assign(place=place).drop_duplicates()
        for name, layer in targets.items():
            parts.append(_inside(rows[rows["target_layer"] == name], layer, name, points))
    return pd.concat(parts, ignore_index=True).drop_duplicates()


def _inside(rows: pd.DataFrame, layer: gpd.GeoDataFrame, name: str, points: NDArray[np.object_]) -> pd.DataFrame:
    """List the samples inside the polygons of one layer."""
    shapes = np.asarray(layer.geometry.array, dtype=object)
    area = np.flatnonzero(np.isin(shapely.get_type_id(shapes), _POLYGONS))
    known = pd.DataFrame({"target_id": ids(layer, name).to_numpy()[area], "shape": area})
    pairs = rows.merge(known, on="target_id")
    if pairs.empty:
        return pd.DataFrame({"place": [], "sample": []}, dtype=np.intp)
    at, sample = shapely.STRtree(points).query(shapes[pairs["shape"].to_numpy()], predicate="intersects")
    return pd.DataFrame({"place": pairs["place"].to_numpy()[at], "sample": sample})


def _facts(
    verdicts: gpd.GeoDataFrame, place: NDArray[np.intp], samples: pd.DataFrame, pairs: pd.DataFrame
) -> pd.DataFrame:
    """Count the samples of each row, and take their median; "any" takes all where there are no operators."""
    met = pairs.assign(**{name: samples[name].to_numpy()[pairs["sample"]] for name in _KEYS[1:]})
    met["rsrp_dbm"] = samples["rsrp_dbm"].to_numpy()[pairs["sample"]]
    known = pd.concat([met, met.assign(operator=ANY_OPERATOR)]).groupby(list(_KEYS))["rsrp_dbm"]
    table = pd.DataFrame({"count": known.size(), "median_dbm": known.median()})
    wanted = pd.DataFrame({"place": place, **{name: verdicts[name].astype(object).to_numpy() for name in _KEYS[1:]}})
    facts = table.reindex(pd.MultiIndex.from_frame(wanted)).reset_index(drop=True)
    is_any = wanted["operator"].eq(ANY_OPERATOR)
    named = (~is_any).groupby([wanted["place"], wanted["technology"]]).transform("any")
    facts[(is_any & named).to_numpy()] = np.nan
    return facts.fillna({"count": 0})


def _best_of_operators(verdicts: gpd.GeoDataFrame, after: pd.Series, place: NDArray[np.intp]) -> pd.Series:
    """Let "any" follow the operators where it was as good as the best of them, and no better."""
    by_operator = verdicts["operator"].ne(ANY_OPERATOR).to_numpy(dtype=bool)
    ranks = pd.DataFrame({"place": place, "technology": verdicts["technology"].astype(object).to_numpy()})
    ranks["before"] = verdicts["verdict"].map(_RANKS).to_numpy(dtype=float, na_value=np.nan)
    ranks["after"] = after.map(_RANKS).to_numpy(dtype=float, na_value=np.nan)
    best = ranks[by_operator].groupby(["place", "technology"])[["before", "after"]].min()
    best = best.reindex(pd.MultiIndex.from_frame(ranks[["place", "technology"]])).reset_index(drop=True)
    follows = ~by_operator & ranks["before"].eq(best["before"]) & best["after"].gt(best["before"])
    names = best["after"].map({float(rank): name for name, rank in _RANKS.items()})
    return after.where(~follows.to_numpy(), pd.Series(names.to_numpy(), index=after.index))


def _say(
    changed: gpd.GeoDataFrame,
    gap: NDArray[np.bool_],
    moved: NDArray[np.bool_],
    facts: pd.DataFrame,
    *,
    radius_m: float,
) -> None:
    """Put what was measured before the reason of the model."""
    for lang in ("zh", "en"):
        name = f"reason_{lang}"
        if name not in changed:
            continue
        reasons = changed[name].astype(object).to_numpy().copy()
        for row in np.flatnonzero(moved):
            fact = facts.iloc[row]
            values = {
                "count": int(fact["count"]),
                "radius_m": f"{radius_m:g}",
                "median_dbm": f"{fact['median_dbm']:.0f}",
                "least_dbm": f"{fact['least_dbm']:.0f}",
                "before": "" if pd.isna(reasons[row]) else str(reasons[row]),
            }
            reasons[row] = text("measured_gap" if gap[row] else "measured_gap_any", lang, **values)
        changed[name] = pd.Series(reasons, index=changed.index).astype(changed[name].dtype)
