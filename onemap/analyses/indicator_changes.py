"""What moved between two dates: indicators side by side, and the places whose verdict changed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.analyses.columns import require_geographic, result_layer

__all__ = ["compare_indicators", "verdict_changes"]

_VERDICTS = ("covered", "depends", "uncovered")


def compare_indicators(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Set the indicators of two dates side by side.

    Parameters
    ----------
    before, after
        Result layers `indicators` of an earlier and a later date.

    Returns
    -------
    indicator_changes
        Result layer `indicator_changes`: each target and district of either date, the later one's order first; what one
        date lacks is missing there.

    Examples
    --------
    >>> before = gpd.GeoDataFrame({"target_id": ["a"], "district_code": [""], "covered_share": [0.5], "covered": [1.0],
    ...     "state": ["not met"]}, geometry=[None], crs="EPSG:4490")
    >>> after = before.assign(covered_share=1.0, covered=2.0, state="met")
    >>> compare_indicators(before, after)[["change_share", "covered_change", "state_after"]].values.tolist()
    [[0.5, 1.0, 'met']]
    """
    key = ["target_id", "district_code"]
    names = ["zh", "en", "district_name", "unit"]
    values = ["covered_share", "covered", "total", "state"]
    sides = [frame.reindex(columns=[*key, *names, *values, "geometry"]) for frame in (after, before)]
    sides = [side.assign(district_code=side["district_code"].fillna("")) for side in sides]
    table = pd.DataFrame(sides[0]).merge(
        pd.DataFrame(sides[1]), on=key, how="outer", suffixes=("_after", "_before"), sort=False
    )
    order = pd.concat([side[key] for side in sides]).drop_duplicates()
    table = order.merge(table, on=key, how="left")
    found: dict[str, object] = {name: table[name].array for name in key}
    for name in names:
        found[name] = table[f"{name}_after"].where(table[f"{name}_after"].notna(), table[f"{name}_before"]).array
    for name, of_change in (
        ("covered_share", "{}_share"),
        ("covered", "covered_{}"),
        ("total", "total_{}"),
        ("state", "state_{}"),
    ):
        found |= {of_change.format(when): table[f"{name}_{when}"].array for when in ("before", "after")}
        if name in {"covered_share", "covered"}:
            early, late = (pd.to_numeric(table[f"{name}_{when}"]).astype("float64") for when in ("before", "after"))
            found[of_change.format("change")] = (late - early).to_numpy()
    shapes = table["geometry_after"].where(table["geometry_after"].notna(), table["geometry_before"])
    return result_layer("indicator_changes", found, shapes.to_numpy(dtype=object), after.crs or "EPSG:4490")


def verdict_changes(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """List the places whose verdict moved between two dates.

    Parameters
    ----------
    before, after
        Result layers `verdicts` of an earlier and a later date.

    Returns
    -------
    verdict_changes
        Result layer `verdict_changes`: "gained" (better than before), "lost" (worse), "new" or "gone" (a place that
        only one date has); in the order of the later date, places that are gone last.

    Examples
    --------
    >>> before = gpd.GeoDataFrame({"target_layer": "schools", "target_id": ["A", "B"], "technology": "4G",
    ...     "operator": "any", "verdict": "uncovered"}, geometry=gpd.points_from_xy([75, 76], [39, 39]), crs=4490)
    >>> after = before.assign(verdict=["uncovered", "covered"])
    >>> verdict_changes(before, after)[["target_id", "change"]].values.tolist()
    [['B', 'gained']]
    """
    crs = require_geographic(before=before, after=after)
    key = ["target_layer", "target_id", "technology", "operator"]
    columns = [*key, "name", "village_id", "verdict", "geometry"]
    sides = [
        pd.DataFrame(frame.reindex(columns=columns)).drop_duplicates(key).set_index(key) for frame in (after, before)
    ]
    index = sides[0].index.append(sides[1].index.difference(sides[0].index, sort=True))
    rank = {verdict: place for place, verdict in enumerate(_VERDICTS)}
    ranks = [side["verdict"].map(rank).astype("float64").reindex(index).to_numpy() for side in sides]
    change = np.select(
        [np.isnan(ranks[1]), np.isnan(ranks[0]), ranks[0] < ranks[1], ranks[0] > ranks[1]],
        ["new", "gone", "gained", "lost"],
        default="",
    )
    moved = change != ""
    table = index[moved].to_frame(index=False)
    values: dict[str, object] = {name: table[name].array for name in key} | {"change": change[moved]}
    shapes = sides[0]["geometry"].reindex(index)
    shapes = shapes.where(shapes.notna(), sides[1]["geometry"].reindex(index))[moved]
    for name in ("name", "village_id"):
        later, earlier = (side[name].reindex(index) for side in sides)
        values[name] = later.where(later.notna(), earlier)[moved].array
    for side, when in zip(sides, ("after", "before"), strict=True):
        values[f"verdict_{when}"] = side["verdict"].reindex(index)[moved].array
    return result_layer("verdict_changes", values, shapes.to_numpy(dtype=object), crs)
