"""Indicators before and after a plan, side by side, with a sentence for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.analyses.columns import column, result_layer
from onemap.analyses.targets import Target, targets
from onemap.layers.catalogue import catalogue
from onemap.messages import LANGUAGES, text

__all__ = ["plan_indicators"]

_KEY = ["target_id", "district_code"]
_UNITS = {"count": "plan_effect_count", "km": "plan_effect_km", "km²": "plan_effect_km2"}
_DIGITS = 9  # of what is gained: kilometres are sums, and sums of the same parts may differ in the last place


def plan_indicators(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, *, held: Sequence[Target] = ()
) -> gpd.GeoDataFrame:
    """Set the indicators before and after a plan side by side.

    Parameters
    ----------
    before, after
        Result layers `indicators` without and with the plan.
    held
        The targets that they were held against; those of onemap if empty.

    Returns
    -------
    plan_indicators
        Result layer `plan_indicators`, a row for each row of `before`, in its order. `judged` is False where the
        indicator rests on areas, or where it asks for fibre that nothing else can stand in for: of these the plan
        changes at most the part that rests on verdicts.

    Examples
    --------
    >>> before = gpd.GeoDataFrame({"target_id": ["frontier-2027-villages-5g"], "district_code": [""], "unit": "count",
    ...     "target_layer": "villages", "total": [20.0], "covered": [18.0], "covered_share": [0.9], "missing": [1.0],
    ...     "required_share": [0.95], "state": ["not met"]}, geometry=[None], crs="EPSG:4490")
    >>> after = before.assign(covered=19.0, covered_share=0.95, missing=0.0, state="met")
    >>> plan_indicators(before, after)["reason_en"].item()
    'from 90.0% to 95.0%, +1 villages; target 95% met'
    """
    sides = {"before": before, "after": _in_order_of(before, after)}
    values: dict[str, object] = {
        name: column(before, name).array for name in (*_KEY, "zh", "en", "district_name", "unit")
    }
    values["total"] = column(before, "total", "number").to_numpy()
    for when, side in sides.items():
        values |= {
            f"{name}_{when}": column(side, name, "number").to_numpy() for name in ("covered", "depends", "missing")
        }
        values[f"share_{when}"] = column(side, "covered_share", "number").to_numpy()
        values[f"state_{when}"] = column(side, "state").array
    covered = [column(side, "covered", "number").to_numpy() for side in sides.values()]
    values["gained"] = np.round(covered[1] - covered[0], _DIGITS)
    known = {one.id: one for one in held or targets()}
    open_parts = [_not_judged(known.get(name)) for name in column(before, "target_id")]
    values["judged"] = [not part for part in open_parts]
    told = pd.DataFrame({**values, "left": open_parts})
    told = told.assign(layer=column(before, "target_layer").array)
    told = told.assign(required=column(before, "required_share", "number").to_numpy())
    records = told.to_dict("records")
    for lang in LANGUAGES:
        values[f"reason_{lang}"] = [_reason(record, lang) for record in records]
    return result_layer("plan_indicators", values, before.geometry.to_numpy(dtype=object), before.crs or "EPSG:4490")


def _in_order_of(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put the rows after the plan beside those before it; districts of one code in their order."""
    index = []
    for side in (before, after):
        key = pd.DataFrame({name: column(side, name).fillna("").to_numpy() for name in _KEY})
        index.append(pd.MultiIndex.from_frame(key.assign(turn=key.groupby(_KEY).cumcount())))
    row = index[1].get_indexer(index[0])
    return after.reset_index(drop=True).reindex(row)


def _not_judged(target: Target | None) -> str:
    """Say what of a target a plan was not judged for; empty where all of it was."""
    if target is None:
        return ""
    if target.rule == "areas":
        return "areas"
    asks = "fibre" in target.services and (target.need == "all" or set(target.services) == {"fibre"})
    return "fibre" if asks else ""


def _reason(record: Mapping[Any, Any], lang: str) -> str:
    """Say what the plan does for an indicator."""
    left = text(f"plan_effect_{record['left']}", lang) if record["left"] else ""
    state = str(record["state_after"])
    if state == "no data":
        return text("plan_effect_no_data", lang)
    figures = {
        "before": f"{record['share_before']:.1%}",
        "after": f"{record['share_after']:.1%}",
        "gained": _amount(record["gained"], record["unit"]),
        "missing": _amount(record["missing_after"], record["unit"]),
        "required": "" if pd.isna(record["required"]) else f"{round(100 * record['required'], 1):g}%",
        "unit": _unit(record, lang),
    }
    said = text("plan_effect_gained" if record["gained"] > 0 else "plan_effect_same", lang, **figures)
    return said + text("plan_effect_" + state.replace(" ", "_"), lang, **figures) + left


def _amount(value: float, unit: str) -> str:
    """Give a number of places whole, and a length or area to the third digit after the point."""
    return "-" if np.isnan(value) else f"{value:,.0f}" if unit == "count" else f"{round(value, 3):,g}"


def _unit(record: Mapping[Any, Any], lang: str) -> str:
    """Name what is counted: the places of a layer, or a unit of length or area."""
    layer = catalogue().get(str(record["layer"]))
    named = "" if layer is None else layer.alias_zh if lang == "zh" else layer.alias_en
    return text(_UNITS[str(record["unit"])], lang, layer=named) if record["unit"] in _UNITS else ""
