"""What a target of a plan is called: place or point of a road, technology and operator in one key."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from onemap.analyses.columns import column

__all__ = ["place_keys", "road_keys"]

_MISSING = "-"


def place_keys(verdicts: gpd.GeoDataFrame, *, operator: str | None = None) -> pd.Series:
    """Give the key of each place, technology and operator.

    Parameters
    ----------
    verdicts
        Result layer `verdicts`.
    operator
        Whose key to give for the place and technology of each row; the row's own operator if None.

    Returns
    -------
    target_key
        As in `plan_targets`, on the index of the verdicts; "-" stands for what is missing.

    Examples
    --------
    >>> verdicts = gpd.GeoDataFrame({"target_layer": ["schools"], "target_id": ["S1"], "technology": ["4G"],
    ...     "operator": ["中国移动"]})
    >>> place_keys(verdicts).tolist(), place_keys(verdicts, operator="any").tolist()
    (['schools:S1|4G|中国移动'], ['schools:S1|4G|any'])
    """
    layer, name = (column(verdicts, field).fillna(_MISSING) for field in ("target_layer", "target_id"))
    return pd.Series(layer + ":" + name + _service(verdicts, operator))


def road_keys(road_verdicts: gpd.GeoDataFrame, *, operator: str | None = None) -> pd.Series:
    """Give the key of each point of a road, technology and operator.

    Parameters
    ----------
    road_verdicts
        Result layer `road_verdicts`.
    operator
        Whose key to give for the point and technology of each row; the row's own operator if None.

    Returns
    -------
    target_key
        As in `plan_targets`, on the index of the verdicts: the point by its offset from the start of the road, in
        metres to the millimetre.

    Examples
    --------
    >>> road_keys(gpd.GeoDataFrame({"road_id": ["R1"], "offset_m": [1250.0], "technology": "4G", "operator": "any"})
    ...     ).tolist()
    ['roads:R1@1250.0|4G|any']
    """
    road = column(road_verdicts, "road_id").fillna(_MISSING)
    along = column(road_verdicts, "offset_m", "number").round(3).astype(str).astype("string")
    return pd.Series("roads:" + road + "@" + along + _service(road_verdicts, operator))


def _service(verdicts: gpd.GeoDataFrame, operator: str | None) -> pd.Series:
    """Give the end of each key."""
    technology = column(verdicts, "technology").fillna(_MISSING)
    whose = column(verdicts, "operator").fillna(_MISSING) if operator is None else operator
    return pd.Series("|" + technology + "|" + whose)
