"""Spots that stand or are planned: one table of towers, structures, rooms and planned sites."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.analyses.candidate_settings import StandingSettings
from onemap.analyses.columns import column, ids, places
from onemap.analyses.conflicts import ConflictSettings
from onemap.analyses.sharing.demand_settings import DemandSettings
from onemap.analyses.sharing.stock import stock_of
from onemap.layers.catalogue import schema

__all__ = ["SPOT_KINDS", "spots_of"]

SPOT_KINDS = {"towers": "existing tower", "structures": "structure", "rooms": "room", "planned_sites": "planned"}
"""Canonical layers that candidates come from, and what kind each gives."""


def spots_of(
    layers: Mapping[str, gpd.GeoDataFrame],
    settings: StandingSettings,
    sharing: DemandSettings,
    conflicts: ConflictSettings,
) -> pd.DataFrame:
    """List spots with what is known of them.

    Parameters
    ----------
    layers
        Canonical layers of `SPOT_KINDS`, geographic CRS; any may be missing.
    settings
        Heights of what does not say.
    sharing
        Free slots and heights, as for demands.
    conflicts
        Ground that a spot takes where it does not say.

    Returns
    -------
    spots
        In the order of `SPOT_KINDS`, then of the ids: spot_id, kind, facility_layer, facility_id, name, owner,
        technology (planned sites only), year, stands, closed (said not to be open to telecommunications), room,
        room_known, platforms_free, height_agl_m (of the antenna), height_known, spare_kg (infinite: not said),
        area_m2, lon, lat, source.

    Raises
    ------
    LayerError
        If a row has no place, or a layer lacks its id.

    Examples
    --------
    >>> import shapely
    >>> sites = gpd.GeoDataFrame({"site_id": ["P1"], "wanted_height_m": [40.0]}, geometry=[shapely.Point(75, 39)])
    >>> spots = spots_of({"planned_sites": sites}, StandingSettings(), DemandSettings(), ConflictSettings())
    >>> spots[["spot_id", "height_agl_m", "height_known"]].values.tolist()
    [['planned_sites:P1', 40.0, True]]
    """
    parts = []
    for name in SPOT_KINDS:
        if name in layers and len(layers[name]):
            make = _planned if name == "planned_sites" else _standing
            parts.append(make(name, layers[name], settings, (sharing, conflicts)))
    if parts:
        return pd.concat(parts, ignore_index=True)
    site = gpd.GeoDataFrame({"site_id": ["-"]}, geometry=gpd.points_from_xy([0.0], [0.0]))
    return _planned("planned_sites", site, settings, (sharing, conflicts)).iloc[:0]


def _standing(
    name: str, layer: gpd.GeoDataFrame, settings: StandingSettings, others: tuple[DemandSettings, ConflictSettings]
) -> pd.DataFrame:
    """List what stands."""
    sharing, conflicts = others
    layer = _believed(name, layer)
    stock = stock_of({name: layer}, sharing)
    rows = stock["row"].to_numpy()
    below = pd.Series(stock["kind"].map(dict(settings.below_top_m)), dtype="float64")
    below_m = below.fillna(settings.below_top_m.get(name, 0.0)).to_numpy()
    height_m, known = stock["height_agl_m"].to_numpy() - below_m, stock["height_known"].to_numpy()
    if name == "rooms":
        height_m, known = np.full(len(stock), settings.roof_height_m), np.zeros(len(stock), dtype=bool)
    room = stock["room"].to_numpy()
    if name == "towers" and not settings.unknown_platforms:
        room = np.where(stock["room_known"], room, 0)
    own_m2 = column(layer, "site_area_m2", "number").to_numpy()[rows]
    usual_m2 = conflicts.room_area_m2 if name == "rooms" else conflicts.tower_area_m2
    return _table(
        name,
        layer.iloc[rows],
        owner=stock["owner"].array,
        stands=stock["stands"].to_numpy(),
        closed=column(layer, "open_to_telecom", "boolean").eq(False).fillna(value=False).to_numpy(dtype=bool)[rows],  # noqa: FBT003
        room=room,
        room_known=stock["room_known"].to_numpy(),
        height_agl_m=np.maximum(height_m, 1.0),
        height_known=known,
        spare_kg=stock["spare_kg"].to_numpy(),
        area_m2=np.where(own_m2 > 0, own_m2, usual_m2),
    )


def _believed(name: str, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take heights beyond the limits of the layer for unknown: centimetres given as metres carry nothing."""
    field = schema(name).fields.get("height_agl_m")
    if field is None or "height_agl_m" not in layer:
        return layer
    height_m = column(layer, "height_agl_m", "number")
    low, high = (
        (-np.inf if field.minimum is None else field.minimum),
        (np.inf if field.maximum is None else field.maximum),
    )
    return layer.assign(height_agl_m=height_m.where(height_m.between(low, high)))


def _planned(
    name: str, layer: gpd.GeoDataFrame, settings: StandingSettings, others: tuple[DemandSettings, ConflictSettings]
) -> pd.DataFrame:
    """List planned sites."""
    order = np.lexsort((np.arange(len(layer)), ids(layer, name).fillna("").to_numpy(dtype=object)))
    layer = layer.iloc[order]
    wanted_m = column(layer, "wanted_height_m", "number").to_numpy()
    own_m2 = column(layer, "site_area_m2", "number").to_numpy()
    return _table(
        name,
        layer,
        owner=column(layer, "owner").array,
        stands=True,
        closed=False,
        room=1,
        room_known=True,
        height_agl_m=np.where(np.isnan(wanted_m), settings.new_height_m, wanted_m),
        height_known=~np.isnan(wanted_m),
        spare_kg=np.inf,
        area_m2=np.where(own_m2 > 0, own_m2, others[1].tower_area_m2),
    )


def _table(name: str, layer: gpd.GeoDataFrame, **values: object) -> pd.DataFrame:
    """Give the columns that all kinds have."""
    lon, lat = places(layer, name)
    facility_id = ids(layer, name)
    same = {
        "spot_id": (f"{name}:" + facility_id.fillna("-")).array,
        "kind": pd.array([SPOT_KINDS[name]] * len(layer), dtype="string"),
        "facility_layer": pd.array([name] * len(layer), dtype="string"),
        "facility_id": facility_id.array,
        "name": column(layer, "name").array,
        "technology": column(layer, "technology").array,
        "year": column(layer, "year", "integer").array,
        "platforms_free": column(layer, "platforms_free", "integer").array,
        "lon": lon,
        "lat": lat,
        "source": column(layer, "source").array,
    }
    return pd.DataFrame({**same, **values})
