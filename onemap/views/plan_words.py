"""Results of the plan as people read them: words that mean something else elsewhere, money as a unit, no zeros."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.messages import entry

__all__ = ["IN_BOTH", "MONEY", "PLAN_LAYERS", "is_missing", "move_words", "plan_in_words", "unit_of_money"]

PLAN_LAYERS = (
    "plan_summary", "plan_sites", "plan_connections", "plan_phases", "plan_served", "plan_indicators",
    "plan_budget_curve", "plan_sensitivity", "plan_candidates", "plan_rejected_candidates", "satellite_looks",
)  # fmt: skip
IN_BOTH = ("where", "what", "served", "indicators", "reason", "agree", "certainty")
"""Fields that a line of the plan holds in both languages, as `where_zh` and `where_en`."""
MONEY = frozenset({
    "budget", "cost", "cost_alone", "cost_site", "cost_radio", "cost_connection", "cost_power", "cost_access",
    "cost_fibre", "cost_microwave", "cost_satellite", "cost_so_far", "cost_change", "old_cost", "cheapest_cost",
    "satellite_cost", "runner_up_cost",
})  # fmt: skip
"""Fields that are sums of money."""
_PARTS = frozenset({
    "cost_site", "cost_radio", "cost_connection", "cost_power", "cost_access", "cost_fibre", "cost_microwave",
    "cost_satellite", "trench_m", "bore_m", "hung_m", "spare_m", "leg_m", "served_places", "served_people",
    "served_road_km", "shared_with", "route_m", "link_m", "power_m", "road_m",
})  # fmt: skip
"""Quantities of which zero says no more than nothing."""
_MEANT = {
    ("way", "existing"): "existing connection",
    ("way", "none"): "no connection",
    ("kind", "planned"): "planned site",
    ("runner_up_kind", "planned"): "planned site",
    ("zone_status", "forbidden"): "forbidden zone",
    ("cause", "forbidden"): "forbidden zone",
}
_NO_MONEY = {"plan_served", "plan_indicators", "plan_candidates", "plan_rejected_candidates", "satellite_looks"}


def plan_in_words(results: Mapping[str, gpd.GeoDataFrame], *, zeros: bool = False) -> dict[str, gpd.GeoDataFrame]:
    """Prepare the results of the plan for people; other results stay as they are.

    Parameters
    ----------
    results
        Result layers by name; any may be missing.
    zeros
        Whether parts of a sum that are zero stay zero; they become missing if not.

    Returns
    -------
    results
        The same layers: values that mean something else in other layers have words of their own.

    Examples
    --------
    >>> point = gpd.points_from_xy([75.1], [39.6])
    >>> sites = gpd.GeoDataFrame({"way": ["existing"], "cost_power": [0.0]}, geometry=point)
    >>> plan_in_words({"plan_sites": sites})["plan_sites"][["way", "cost_power"]].values.tolist()
    [['existing connection', None]]
    """
    return {name: _in_words(frame, zeros=zeros) if name in PLAN_LAYERS else frame for name, frame in results.items()}


def _in_words(frame: gpd.GeoDataFrame, *, zeros: bool) -> gpd.GeoDataFrame:
    """Change what would be misread in one layer."""
    changed: dict[str, object] = {}
    for name in frame.columns:
        meant = {value: word for (field, value), word in _MEANT.items() if field == name}
        if meant:
            changed[name] = frame[name].astype(object).replace(meant).to_numpy()
        elif name in _PARTS and not zeros:
            numbers = pd.to_numeric(frame[name], errors="coerce").astype("float64").round(3)
            changed[name] = numbers.astype(object).where(numbers.ne(0.0) & numbers.notna(), None)
    return frame.assign(**changed) if changed else frame


def unit_of_money(results: Mapping[str, gpd.GeoDataFrame]) -> str:
    """Give the unit in which the plan counts money, such as 万元; empty where it says none.

    Examples
    --------
    >>> unit_of_money({})
    ''
    """
    for name in PLAN_LAYERS:
        frame = results.get(name)
        if frame is None or "money" not in frame or name in _NO_MONEY:
            continue
        said = frame["money"].dropna()
        if len(said):
            return str(said.iloc[0])
    return ""


def move_words(what: object, lang: str) -> str:
    """Name what a row of the sensitivity moves.

    Examples
    --------
    >>> move_words("fibre", "en")
    'price of fibre'
    """
    try:
        return entry(f"plan_move_{str(what).replace(' ', '_')}")[lang]
    except KeyError:
        return str(what)


def is_missing(value: object) -> bool:
    """Tell whether a cell of a frame holds nothing.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(0.0)
    (True, False)
    """
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and bool(np.isnan(value)))
