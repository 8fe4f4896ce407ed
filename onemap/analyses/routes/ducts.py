"""Ducts with free bores beside cables that hang or lie elsewhere, and near demands."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, require_geographic, result_layer
from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.measured_lines import measure_lines
from onemap.analyses.routes.shared import LaidCables
from onemap.analyses.routes.side_by_side import near_pairs, stretches_beside
from onemap.layers.nearest import geodesic_distance
from onemap.messages import text

__all__ = ["duct_routes"]

_IN_DUCT = "duct"


def duct_routes(
    ducts: gpd.GeoDataFrame,
    laid: LaidCables | None,
    demands: gpd.GeoDataFrame | None = None,
    *,
    settings: RouteSettings | None = None,
) -> gpd.GeoDataFrame:
    """List ducts with free bores beside cables that are not in ducts, and near demands.

    Parameters
    ----------
    ducts
        Canonical layer, geographic CRS; without free bores, or left out by status, a duct is not listed.
    laid
        Cables of `lay_cables`; None where there are none. A cable that already lies in a duct is not listed.
    demands
        Canonical layer in the same CRS; None where there is none.
    settings
        Tolerance for cables, reach for demands.

    Returns
    -------
    duct_routes
        Result layer `duct_routes`: cables first, the longest stretch first; then demands, nearest first. Along the
        duct for a cable, from the demand to the duct for a demand.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.

    Examples
    --------
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> way = [shapely.LineString([(75, 39), (75.1, 39)])]
    >>> ducts = gpd.GeoDataFrame({"duct_id": ["D"], "bores_free": [4]}, geometry=way, crs="EPSG:4490")
    >>> cables = gpd.GeoDataFrame({"cable_id": ["A"], "laying": ["aerial"]}, geometry=way, crs="EPSG:4490")
    >>> duct_routes(ducts, lay_cables(cables))[["duct_id", "beside_id", "shared_km"]].round(2).values.tolist()
    [['D', 'A', 8.66]]
    """
    settings = settings or RouteSettings()
    crs = require_geographic(ducts=ducts, cables=None if laid is None else laid.cables, demands=demands)
    free = column(ducts, "bores_free", "integer").fillna(0).to_numpy(dtype=np.int64) > 0
    there = ~column(ducts, "status").isin(settings.left_out).to_numpy(dtype=bool)
    open_ducts = ducts[free & there].reset_index(drop=True)
    rows = [
        *([] if laid is None else _beside_cables(open_ducts, laid, settings)),
        *([] if demands is None else _near_demands(open_ducts, demands, settings)),
    ]
    table = pd.DataFrame(rows, columns=["duct", "geometry", "beside_layer", "beside_id", *_SAID])
    duct = table.pop("duct").to_numpy(dtype=np.int64)
    bores = column(open_ducts, "bores_free", "integer").iloc[duct]
    values: dict[str, object] = {
        "duct_id": ids(open_ducts, "ducts").iloc[duct].array,
        "duct_owner": column(open_ducts, "owner").iloc[duct].array,
        "bores_free": bores.array,
        **{name: table[name] for name in ("beside_layer", "beside_id", *_SAID)},
    }
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [
            _reason(row, int(count), settings, lang) for row, count in zip(rows, bores, strict=True)
        ]
    return result_layer("duct_routes", values, table["geometry"].to_numpy(dtype=object), crs)


_SAID = ("operator", "laying", "shared_km", "distance_m")


def _beside_cables(ducts: gpd.GeoDataFrame, laid: LaidCables, settings: RouteSettings) -> list[dict[str, object]]:
    """Find the stretches of ducts beside cables that are not in ducts."""
    lines = measure_lines(ducts)
    outside = column(laid.cables, "laying").fillna("").ne(_IN_DUCT).to_numpy(dtype=bool)
    cables = laid.lines.shapes(laid.cables)
    cables[~outside] = None
    pairs = near_pairs(lines.shapes(ducts), cables, settings.tolerance_m)
    found = stretches_beside(lines, laid.lines, pairs, settings=settings)
    pieces = lines.pieces(found.line, found.from_m, found.to_m)
    length_m = found.to_m - found.from_m
    table = pd.DataFrame({"duct": found.line, "cable": found.other, "m": length_m, "far": found.distance_m * length_m})
    sums = table.groupby(["duct", "cable"], sort=True).sum().reset_index()
    sums = sums.sort_values("m", ascending=False, kind="stable")
    groups = table.groupby(["duct", "cable"]).indices
    cable_id, operator, laying = (column(laid.cables, name) for name in ("cable_id", "operator", "laying"))
    return [
        {
            "duct": duct,
            "geometry": _one(pieces[groups[duct, cable]]),
            "beside_layer": "cables",
            "beside_id": cable_id.iloc[cable],
            "operator": operator.iloc[cable],
            "laying": laying.iloc[cable],
            "shared_km": whole_m / 1000.0,
            "distance_m": far / whole_m,
        }
        for duct, cable, whole_m, far in sums.itertuples(index=False)
    ]


def _near_demands(
    ducts: gpd.GeoDataFrame, demands: gpd.GeoDataFrame, settings: RouteSettings
) -> list[dict[str, object]]:
    """Find the ducts within reach of demands."""
    places = np.array(demands.geometry.to_numpy(), dtype=object)
    places[shapely.is_empty(places)] = None
    shapes = measure_lines(ducts).shapes(ducts)
    demand, duct = near_pairs(places, shapes, settings.duct_reach_m)
    # Nearest in degrees stretched to equal scales is nearest on the ground at this distance.
    squeeze = np.cos(np.radians(shapely.get_y(shapely.centroid(places[demand])))) if len(demand) else np.empty(0)
    ways = np.array(
        [_way(places[one], shapes[two], scale) for one, two, scale in zip(demand, duct, squeeze, strict=True)],
        dtype=object,
    )
    ends = shapely.get_coordinates(ways).reshape(-1, 4)
    far_m = geodesic_distance(*ends.T)
    demand_id, asking = ids(demands, "demands"), column(demands, "requester")
    order = [one for one in np.lexsort((duct, demand, far_m)) if far_m[one] <= settings.duct_reach_m]
    return [
        {
            "duct": duct[one],
            "geometry": ways[one],
            "beside_layer": "demands",
            "beside_id": demand_id.iloc[demand[one]],
            "operator": asking.iloc[demand[one]],
            "distance_m": far_m[one],
        }
        for one in order
    ]


def _way(place: shapely.Geometry, line: shapely.Geometry, squeeze: float) -> shapely.Geometry:
    """Give the shortest way from a place to a line."""
    flat = [shapely.transform(each, lambda at: at * [squeeze, 1.0]) for each in (place, line)]
    return shapely.transform(shapely.shortest_line(*flat), lambda at: at / [squeeze, 1.0])


def _one(pieces: NDArray[np.object_]) -> shapely.Geometry:
    """Give pieces as one shape."""
    parts = shapely.get_parts(pieces)
    return parts[0] if len(parts) == 1 else shapely.multilinestrings(parts)


def _reason(row: dict[str, object], bores: int, settings: RouteSettings, lang: str) -> str:
    """Say what lies beside what."""
    apart = f"{row['distance_m']:.1f}"
    if row["beside_layer"] == "cables":
        return text("route_duct_cable", lang, bores=bores, km=f"{row['shared_km']:.2f}", apart=apart)
    return text("route_duct_demand", lang, bores=bores, apart=apart, reach=f"{settings.duct_reach_m:g}")
