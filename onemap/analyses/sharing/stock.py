"""What is wanted and what stands already, as two plain tables in the order that breaks ties."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.analyses.columns import column, ids, places
from onemap.analyses.sharing.demand_settings import DemandSettings

__all__ = ["SUPPLY", "stock_of", "wants_of"]

SUPPLY = {"towers": "mast", "structures": "mast", "rooms": "rack", "ducts": "bore", "cables": "fibre"}
"""Canonical layers that can be shared, and as what."""

_LINES = ("ducts", "cables")
_OWNER = {"rooms": "operator", "cables": "operator"}
_FREE = {"towers": "platforms_free", "rooms": "racks_free", "ducts": "bores_free", "cables": "cores_free"}


def wants_of(demands: gpd.GeoDataFrame, settings: DemandSettings) -> pd.DataFrame:
    """Read what is wanted.

    Parameters
    ----------
    demands
        Canonical layer, geographic CRS.
    settings
        Words of resources and defaults.

    Returns
    -------
    wants
        In the order of the ids: row (in the layer), id, name, requester, resource (missing: its word is not known),
        said (the word), stock (mast, rack, bore, fibre), units, load_kg, wanted_height_m (NaN: any), radius_m, year,
        contact_person, lon, lat.

    Raises
    ------
    LayerError
        If a demand has no place.

    Examples
    --------
    >>> import shapely
    >>> demands = gpd.GeoDataFrame({"demand_id": ["D2", "D1"], "kind": ["管孔", None]},
    ...     geometry=[shapely.Point(75, 39), shapely.Point(75, 40)], crs="EPSG:4490")
    >>> wants_of(demands, DemandSettings())[["id", "resource"]].values.tolist()
    [['D1', 'platform'], ['D2', 'bore']]
    """
    lon, lat = places(demands, "demands")
    said = column(demands, "kind").str.strip()
    words = {word.casefold(): resource for word, resource in settings.resource_words.items()}
    resource = said.str.casefold().map(words).astype("string")
    resource = resource.mask(said.isna() | said.eq(""), settings.default_resource)
    table = pd.DataFrame(
        {
            "row": np.arange(len(demands)),
            "id": ids(demands, "demands").array,
            "name": column(demands, "name").array,
            "requester": column(demands, "requester").array,
            "resource": resource.array,
            "said": said.array,
            "stock": resource.replace({"platform": "mast", "camera": "mast"}).array,
            "units": column(demands, "quantity", "integer").fillna(1).clip(lower=1).to_numpy(dtype=np.int64),
            "load_kg": column(demands, "load_kg", "number").fillna(0.0).clip(lower=0.0).to_numpy(),
            "wanted_height_m": column(demands, "wanted_height_m", "number").to_numpy(),
            "radius_m": column(demands, "view_radius_m", "number").fillna(settings.camera_radius_m).to_numpy(),
            "year": column(demands, "year", "integer").array,
            "contact_person": column(demands, "contact_person").array,
            "lon": lon,
            "lat": lat,
        }
    )
    return table.sort_values(["id", "row"], ignore_index=True)


def stock_of(supply: Mapping[str, gpd.GeoDataFrame], settings: DemandSettings) -> pd.DataFrame:
    """List what could be shared.

    Parameters
    ----------
    supply
        Canonical layers of `SUPPLY`, geographic CRS; any may be missing.
    settings
        Defaults for what is not said.

    Returns
    -------
    stock
        In the order of `SUPPLY`, then of the ids: layer, row (in it), id, owner, kind, stock, stands (in service or
        being built), room, room_known, height_agl_m, height_known, spare_kg (infinite: not said), spare_known, lon, lat
        (NaN for lines).

    Raises
    ------
    LayerError
        If a row has no place.

    Examples
    --------
    >>> import shapely
    >>> towers = gpd.GeoDataFrame({"tower_id": ["T1"], "platforms_free": [2]}, geometry=[shapely.Point(75, 39)])
    >>> stock_of({"towers": towers}, DemandSettings())[["id", "room", "height_agl_m", "height_known"]].values.tolist()
    [['T1', 2, 30.0, False]]
    """
    parts = [_stock_of_layer(name, supply[name], settings) for name in SUPPLY if name in supply and len(supply[name])]
    if not parts:
        texts = {name: pd.Series(dtype="string") for name in ("layer", "id", "owner", "kind", "stock")}
        numbers = {name: pd.Series(dtype="float64") for name in ("height_agl_m", "spare_kg", "lon", "lat")}
        whole = {name: pd.Series(dtype="int64") for name in ("row", "room")}
        marks = {name: pd.Series(dtype=bool) for name in ("stands", "room_known", "height_known", "spare_known")}
        return pd.DataFrame({**texts, **numbers, **whole, **marks})
    return pd.concat(parts, ignore_index=True)


def _stock_of_layer(name: str, layer: gpd.GeoDataFrame, settings: DemandSettings) -> pd.DataFrame:
    """List one layer."""
    empty = np.full(len(layer), np.nan)
    lon, lat = (empty, empty) if name in _LINES else places(layer, name)
    kind = column(layer, "kind")
    free = _free(name, layer, kind, settings)
    height_m = column(layer, "height_agl_m", "number")
    usual = kind.map(dict(settings.unknown_height_m)).astype("float64")
    usual = usual.fillna(settings.unknown_height_m.get(name, np.nan))
    spare_kg = column(layer, "load_spare_kg", "number")
    table = pd.DataFrame(
        {
            "layer": pd.array([name] * len(layer), dtype="string"),
            "row": np.arange(len(layer)),
            "id": ids(layer, name).array,
            "owner": column(layer, _OWNER.get(name, "owner")).array,
            "kind": kind.array,
            "stock": pd.array([SUPPLY[name]] * len(layer), dtype="string"),
            "stands": column(layer, "status").fillna("in service").isin(["in service", "building"]).to_numpy(bool),
            "room": free.fillna(settings.unknown_room).clip(lower=0).to_numpy(dtype=np.int64),
            "room_known": free.notna().to_numpy(dtype=bool),
            "height_agl_m": height_m.fillna(usual).to_numpy(),
            "height_known": height_m.notna().to_numpy(),
            "spare_kg": spare_kg.fillna(np.inf).to_numpy(),
            "spare_known": spare_kg.notna().to_numpy() | (name != "structures"),
            "lon": lon,
            "lat": lat,
        }
    )
    return table.sort_values(["id", "row"], ignore_index=True)


def _free(name: str, layer: gpd.GeoDataFrame, kind: pd.Series, settings: DemandSettings) -> pd.Series:
    """Give the free places; a structure has as many as the settings say of its kind."""
    if name == "structures":
        return pd.Series(kind.map(dict(settings.structure_slots)).astype("Int64"))
    return column(layer, _FREE[name], "integer")
