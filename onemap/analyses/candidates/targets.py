"""What a plan is to serve: places and roads, each with its weight, those that are served before among them."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.candidate_settings import TargetSettings
from onemap.analyses.candidates.target_keys import place_keys, road_keys
from onemap.analyses.columns import column, ids, places, require_geographic
from onemap.errors import LayerError

__all__ = ["plan_targets"]

Floats = NDArray[np.float64]

_PER_KM = 1_000.0


def plan_targets(
    verdicts: gpd.GeoDataFrame | None,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    road_verdicts: gpd.GeoDataFrame | None = None,
    priorities: gpd.GeoDataFrame | None = None,
    settings: TargetSettings | None = None,
) -> gpd.GeoDataFrame:
    """List what is to be served with its weight.

    A village whose settlements are listed weighs what people it has beyond them, so that nobody counts twice. A point
    of a road stands for half the way to its neighbours on either side: the points of a road weigh what its length does.

    Parameters
    ----------
    verdicts
        Result layer `verdicts`; None where there are roads only.
    layers
        The layers that were judged, by name, for people and households.
    road_verdicts
        Result layer `road_verdicts`; None leaves roads out.
    priorities
        Result layer `gap_priorities`, needed for weights by score.
    settings
        What weighs how much; the defaults if not given.

    Returns
    -------
    targets
        Of the operator asked for, in the order of the verdicts, roads last: target_key (unique), target_layer,
        target_id, name, technology, operator, verdict, weight, weight_assumed (neither people nor households known),
        length_m (of road; NaN for places), served_before (covered: a verdict that depends is to be served), geometry.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If weights by score are asked for without priorities.

    Examples
    --------
    >>> verdicts = gpd.GeoDataFrame({"target_layer": "settlements", "target_id": ["S1", "S2"], "technology": "4G",
    ...     "operator": "any", "verdict": ["covered", "uncovered"]}, geometry=[shapely.Point(75, 39)] * 2,
    ...     crs="EPSG:4490")
    >>> people = gpd.GeoDataFrame({"settlement_id": ["S1", "S2"], "population": [120, None]},
    ...     geometry=verdicts.geometry)
    >>> plan_targets(verdicts, {"settlements": people})[["target_key", "weight", "served_before"]].values.tolist()
    [['settlements:S1|4G|any', 120.0, True], ['settlements:S2|4G|any', 1.0, False]]
    """
    settings = settings or TargetSettings()
    crs = require_geographic(verdicts=verdicts, road_verdicts=road_verdicts, gap_priorities=priorities)
    if settings.weight == "score" and priorities is None:
        raise LayerError("plan_priorities_missing")
    parts = []
    if verdicts is not None and len(verdicts):
        parts.append(_of_places(verdicts, layers, priorities, settings))
    if road_verdicts is not None and len(road_verdicts) and settings.road_weight_per_km > 0:
        parts.append(_of_roads(road_verdicts, settings))
    parts = [part for part in parts if len(part)] or [_nothing()]
    table = pd.concat(parts, ignore_index=True)
    if settings.technologies:
        table = table[table["technology"].isin(settings.technologies)].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=crs)


_TEXTS = ("target_key", "target_layer", "target_id", "name", "technology", "operator", "verdict")


def _nothing() -> pd.DataFrame:
    """Give the table without rows."""
    columns = {name: pd.Series(dtype="string") for name in _TEXTS}
    columns |= {name: pd.Series(dtype="float64") for name in ("weight", "length_m")}
    columns |= {name: pd.Series(dtype="bool") for name in ("weight_assumed", "served_before")}
    return pd.DataFrame({**columns, "geometry": pd.Series(dtype="object")})


def _of_places(
    verdicts: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    priorities: gpd.GeoDataFrame | None,
    settings: TargetSettings,
) -> pd.DataFrame:
    """List places."""
    asked = verdicts[column(verdicts, "operator").eq(settings.operator).fillna(value=False).to_numpy(dtype=bool)]
    key = pd.MultiIndex.from_arrays([column(asked, "target_layer"), column(asked, "target_id")])
    if settings.weight == "score" and priorities is not None:
        scores = pd.Series(
            column(priorities, "score", "number").to_numpy(),
            index=pd.MultiIndex.from_arrays([column(priorities, "target_layer"), column(priorities, "target_id")]),
        )
        weight = scores[~scores.index.duplicated()].reindex(key).to_numpy(dtype=float)
        asked, weight = asked[~np.isnan(weight)], weight[~np.isnan(weight)]
        return _table(asked, weight, np.zeros(len(asked), dtype=bool))
    known = _people(layers, settings).reindex(key).to_numpy(dtype=float)
    if settings.weight == "places":
        return _table(asked, np.ones(len(asked)), np.zeros(len(asked), dtype=bool))
    weight = np.where(np.isnan(known) | (known <= 0), settings.unknown_weight, known)
    return _table(asked, weight, np.isnan(known) | (known <= 0))


def _table(asked: gpd.GeoDataFrame, weight: Floats, assumed: NDArray[np.bool_]) -> pd.DataFrame:
    """Give the columns of places."""
    table = {name: column(asked, name).array for name in _TEXTS[1:]}
    lon, lat = places(asked, "verdicts")
    return pd.DataFrame(
        {
            "target_key": place_keys(asked).array,
            **table,
            "weight": weight,
            "weight_assumed": assumed,
            "length_m": np.nan,
            "served_before": column(asked, "verdict").eq("covered").fillna(value=False).to_numpy(dtype=bool),
            "geometry": np.asarray(shapely.points(lon, lat), dtype=object),
        }
    )


def _people(layers: Mapping[str, gpd.GeoDataFrame], settings: TargetSettings) -> pd.Series:
    """Give people or households by layer and id, each counted once; NaN where neither is known."""
    parts = []
    for name, layer in layers.items():
        index = pd.MultiIndex.from_arrays([pd.Series(name, index=layer.index, dtype="string"), ids(layer, name)])
        weight = _weights(layer, settings)
        if name == "villages":
            weight = weight - _in_settlements(ids(layer, name), layers.get("settlements"), settings)
        parts.append(pd.Series(weight, index=index))
    if not parts:
        return pd.Series(dtype="float64", index=pd.MultiIndex.from_arrays([[], []]))
    joined = pd.concat(parts)
    return joined[~joined.index.duplicated()]


def _weights(layer: gpd.GeoDataFrame, settings: TargetSettings) -> Floats:
    """Give what each row of a layer weighs; NaN where nothing is known."""
    people = column(layer, "population", "number").fillna(column(layer, "pupils", "number"))
    households = column(layer, "households", "number")
    if settings.weight == "households":
        return np.asarray(households.fillna(people / settings.people_per_household), dtype=float)
    return np.asarray(people.fillna(households * settings.people_per_household), dtype=float)


def _in_settlements(villages: pd.Series, settlements: gpd.GeoDataFrame | None, settings: TargetSettings) -> Floats:
    """Sum up the people of the settlements of each village."""
    if settlements is None or settlements.empty:
        return np.zeros(len(villages))
    weight = pd.Series(np.nan_to_num(_weights(settlements, settings)))
    sums = weight.groupby(column(settlements, "village_id").to_numpy()).sum()
    return np.asarray(sums.reindex(villages.to_numpy()).fillna(0.0), dtype=float)


def _of_roads(verdicts: gpd.GeoDataFrame, settings: TargetSettings) -> pd.DataFrame:
    """List points of roads, each with the length that it stands for."""
    asked = verdicts[column(verdicts, "operator").eq(settings.operator).fillna(value=False).to_numpy(dtype=bool)]
    asked = asked.reset_index(drop=True)
    offset_m = column(asked, "offset_m", "number").to_numpy()
    road, technology = column(asked, "road_id").fillna("-"), column(asked, "technology").fillna("-")
    line = pd.MultiIndex.from_arrays([road, technology]).factorize()[0]
    order = np.lexsort((offset_m, line))
    step_m = np.where(np.diff(line[order]) == 0, np.diff(offset_m[order]), 0.0)
    length_m = np.empty(len(asked))
    length_m[order] = (np.append(step_m, 0.0) + np.insert(step_m, 0, 0.0)) / 2.0
    lon, lat = places(asked, "road_verdicts")
    return pd.DataFrame(
        {
            "target_key": road_keys(asked).array,
            "target_layer": pd.array(["roads"] * len(asked), dtype="string"),
            "target_id": road.array,
            "name": column(asked, "road_name").array,
            "technology": column(asked, "technology").array,
            "operator": column(asked, "operator").array,
            "verdict": column(asked, "verdict").array,
            "weight": length_m / _PER_KM * settings.road_weight_per_km,
            "weight_assumed": False,
            "length_m": length_m,
            "served_before": column(asked, "verdict").eq("covered").fillna(value=False).to_numpy(dtype=bool),
            "geometry": np.asarray(shapely.points(lon, lat), dtype=object),
        }
    )
