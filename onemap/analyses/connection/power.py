"""Power for new sites: from the mains, from somebody else's supply, or from the sun, whichever is cheapest in reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, places
from onemap.analyses.connection_settings import ConnectionSettings
from onemap.analyses.costs import CostBook
from onemap.layers.nearest import nearest

__all__ = ["POWER_WAYS", "Power", "power_supply"]

Floats = NDArray[np.float64]

POWER_WAYS = ("mains", "resupply", "solar")
"""市电, 转供, 太阳能; of equal costs the first."""

_SUPPLIED = ("settlements", "villages", "townships", "rooms", "towers")
_NO_POWER = ("无", "none", "no", "太阳能", "solar")


@dataclass(frozen=True, slots=True, eq=False)
class Power:
    """How each site gets power; arrays of shape (n,).

    Attributes
    ----------
    way
        One of `POWER_WAYS`.
    layer, name
        From what; None for the sun.
    distance_m
        Straight distance to that, in metres; NaN for the sun.
    cost
        In the money of the prices.
    items
        Ids of the prices that were used.
    """

    way: NDArray[np.object_]
    layer: NDArray[np.object_]
    name: NDArray[np.object_]
    distance_m: Floats
    cost: Floats
    items: tuple[str, ...]


def power_supply(
    lon: Floats, lat: Floats, layers: Mapping[str, gpd.GeoDataFrame], book: CostBook, *, settings: ConnectionSettings
) -> Power:
    """Choose the cheapest power for each site.

    Parameters
    ----------
    lon, lat
        The sites, shape (n,), in degrees.
    layers
        Canonical layers `structures` (power towers), `settlements`, `villages`, `townships`, `rooms` and `towers` with
        mains power, as far as there are.
    book
        Prices; only what is in reach needs one, and the sun.
    settings
        Reaches and the highest voltage that is tapped.

    Returns
    -------
    power
        Distances are straight: lines take ways of their own. Whether a tower may be tapped, or a supply has power to
        spare, is not known.

    Raises
    ------
    ProjectError
        If a price is missing.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.costs import package_costs
    >>> village = gpd.GeoDataFrame({"village_id": ["V"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> power = power_supply(np.array([75.005, 76.0]), np.array([39.0, 39.0]), {"villages": village}, package_costs(),
    ...     settings=ConnectionSettings())
    >>> power.way, power.cost.round(1)
    (array(['resupply', 'solar'], dtype=object), array([ 3.4, 15. ]))
    """
    count = len(lon)
    sources = {"mains": _mains(layers, settings), "resupply": _resupply(layers, settings)}
    reach_m = {"mains": settings.mains_reach_m, "resupply": settings.resupply_reach_m}
    line = {"mains": "power_line", "resupply": "power_resupply_line"}
    fixed = {"mains": "power_transformer", "resupply": "power_resupply"}
    cost = np.full((count, 3), np.inf)
    far_m, at = np.full((count, 3), np.nan), np.full((count, 3), -1, dtype=np.int64)
    for place, way in enumerate(POWER_WAYS[:2]):
        found, distance_m = nearest(lon, lat, sources[way][2], sources[way][3])
        near = distance_m <= reach_m[way]
        if near.any():
            cost[near, place] = distance_m[near] / 1000.0 * book.price(line[way]) + book.price(fixed[way])
            far_m[near, place], at[near, place] = distance_m[near], found[near]
    if count and not np.isfinite(cost[:, :2]).any(axis=1).all():
        book.price("power_solar")
    if count and book.items["power_solar"].value is not None:
        cost[:, 2] = book.price("power_solar")
    best = np.argmin(cost, axis=1)
    row = np.arange(count)
    layer, name = np.full(count, None, dtype=object), np.full(count, None, dtype=object)
    used = set[str]({"power_solar"} if (best == 2).any() else ())
    for place, way in enumerate(POWER_WAYS[:2]):
        here = best == place
        layer[here], name[here] = sources[way][0][at[here, place]], sources[way][1][at[here, place]]
        used |= {line[way], fixed[way]} if here.any() else set()
    ways = np.array(POWER_WAYS, dtype=object)[best] if count else np.empty(0, dtype=object)
    return Power(ways, layer, name, far_m[row, best], cost[row, best], tuple(sorted(used)))


_Source = tuple[NDArray[np.object_], NDArray[np.object_], Floats, Floats]


def _mains(layers: Mapping[str, gpd.GeoDataFrame], settings: ConnectionSettings) -> _Source:
    """List the power towers that a line can start at."""
    if "structures" not in layers:
        return _listed([])
    towers = layers["structures"]
    volts = column(towers, "voltage_kv", "number").fillna(0.0).to_numpy() <= settings.mains_most_kv
    kind = column(towers, "kind").eq("power tower").fillna(value=False).to_numpy(dtype=bool)
    serving = column(towers, "status").fillna("in service").eq("in service").to_numpy(dtype=bool)
    return _listed([("structures", towers[volts & kind & serving])])


def _resupply(layers: Mapping[str, gpd.GeoDataFrame], settings: ConnectionSettings) -> _Source:
    """List what has power that may be passed on."""
    found = []
    for name in _SUPPLIED:
        if name not in layers:
            continue
        layer = layers[name]
        serving = column(layer, "status").fillna("in service").eq("in service").to_numpy(dtype=bool)
        if name == "towers":
            power = column(layer, "power").str.strip().str.lower()
            stated = power.notna() & power.ne("")
            serving &= (~power.isin(_NO_POWER) & (stated | settings.standing_reached)).to_numpy(dtype=bool)
        found.append((name, layer[serving]))
    return _listed(found)


def _listed(layers: list[tuple[str, gpd.GeoDataFrame]]) -> _Source:
    """Give layer, id and place of all rows, by layer and id."""
    rows: list[tuple[str, str, float, float]] = []
    for name, layer in layers:
        lon, lat = places(layer, name)
        rows += sorted(zip([name] * len(lon), ids(layer, name).astype(str), lon.tolist(), lat.tolist(), strict=True))
    table = np.array(rows, dtype=object).reshape(-1, 4)
    return table[:, 0], table[:, 1], table[:, 2].astype(float), table[:, 3].astype(float)
