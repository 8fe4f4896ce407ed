"""Places without certain service."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.analyses.columns import column, ids, places, require_geographic, result_layer
from onemap.layers.nearest import nearest

__all__ = ["gap_points"]


def gap_points(
    verdicts: gpd.GeoDataFrame, targets: Mapping[str, gpd.GeoDataFrame], towers: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """List the places that are not covered, or not certainly, with people concerned and the nearest tower.

    Parameters
    ----------
    verdicts
        Result layer `verdicts`.
    targets
        The layers that were judged, by name; households and population (pupils of a school) are taken from them.
    towers
        Canonical layer; the nearest in service (or of unknown status) is named, whoever uses it. None where there is
        none.

    Returns
    -------
    gap_points
        Result layer `gap_points`: the rows of `verdicts` that are uncovered or depend, in the same order.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a tower has no place, or a target layer lacks its id.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.coverage import CoverageSettings, coverage
    >>> schools = gpd.GeoDataFrame({"school_id": ["S1"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> settings = CoverageSettings(model="radius", technologies=("4G",), operators=())
    >>> verdicts = coverage({"schools": schools}, None, None, settings=settings)
    >>> gap_points(verdicts, {"schools": schools}, None)[["target_id", "verdict"]].values.tolist()
    [['S1', 'uncovered']]
    """
    crs = require_geographic(verdicts=verdicts, towers=towers, **targets)
    gaps = verdicts[verdicts["verdict"].ne("covered").to_numpy()].reset_index(drop=True)
    people = _people(targets)
    key = pd.MultiIndex.from_arrays([gaps["target_layer"], gaps["target_id"]])
    same = (
        "target_layer",
        "target_id",
        "name",
        "village_id",
        "technology",
        "operator",
        "verdict",
        "reason_zh",
        "reason_en",
    )
    values: dict[str, object] = {name: gaps[name].array for name in (*same, "source")}
    for name in ("households", "population"):
        values[name] = people[name].reindex(key).array
    values["nearest_tower_id"], values["nearest_tower_m"] = _nearest_tower(gaps, towers)
    return result_layer("gap_points", values, np.asarray(gaps.geometry.to_numpy(), dtype=object), crs)


def _people(targets: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Give households and people by layer and id."""
    parts = []
    for name, layer in targets.items():
        people = column(layer, "population", "integer").fillna(column(layer, "pupils", "integer"))
        index = pd.MultiIndex.from_arrays([pd.Series(name, index=layer.index, dtype="string"), ids(layer, name)])
        households = column(layer, "households", "integer")
        parts.append(pd.DataFrame({"households": households.array, "population": people.array}, index=index))
    if not parts:
        empty = pd.MultiIndex.from_arrays([[], []])
        return pd.DataFrame({name: pd.Series(dtype="Int64") for name in ("households", "population")}, index=empty)
    table = pd.concat(parts)
    return table[~table.index.duplicated()]


def _nearest_tower(gaps: gpd.GeoDataFrame, towers: gpd.GeoDataFrame | None) -> tuple[object, object]:
    """Find the nearest tower in service to each gap; missing where there is none."""
    if towers is None:
        return None, None
    serving = towers[column(towers, "status").fillna("in service").eq("in service").to_numpy()]
    if serving.empty:
        return None, None
    found, distance_m = nearest(*places(gaps, "gaps"), *places(serving, "towers"))
    return ids(serving, "towers").iloc[found].array, distance_m
