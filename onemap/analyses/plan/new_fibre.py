"""The fibre of a plan as what others can be connected to: cables to tap, and their ends."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
import shapely

from onemap.analyses.columns import column

__all__ = ["with_new_fibre"]

_CORES = 1_000  # of new fibre: it is laid for what comes


def with_new_fibre(
    connections: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]
) -> Mapping[str, gpd.GeoDataFrame] | None:
    """Give the layers with the new fibre among the cables, and its ends among the nodes.

    Parameters
    ----------
    connections
        Result layer `plan_connections`.
    layers
        Canonical layers in the same CRS.

    Returns
    -------
    layers
        None where there is no new fibre.

    Examples
    --------
    >>> road = shapely.LineString([(75, 39), (75.1, 39)])
    >>> way = gpd.GeoDataFrame({"site_id": ["S"], "way": ["fibre"]}, geometry=[road], crs="EPSG:4490")
    >>> sorted(with_new_fibre(way, {}))
    ['cables', 'nodes']
    """
    fibre = connections["way"].eq("fibre").to_numpy(dtype=bool)
    lines = connections[fibre & connections.geometry.geom_type.eq("LineString").to_numpy()]
    if lines.empty:
        return None
    name = "plan:" + column(lines, "site_id")
    new = gpd.GeoDataFrame(
        {"cable_id": name, "operator": "plan", "cores_free": _CORES, "status": "in service"},
        geometry=lines.geometry, crs=lines.crs,
    )  # fmt: skip
    ends = gpd.GeoDataFrame(
        {"node_id": name, "kind": "cabinet", "owner": "plan", "ports_free": _CORES},
        geometry=shapely.get_point(lines.geometry.to_numpy(), -1), crs=lines.crs,
    )  # fmt: skip
    joined = dict(layers)
    for layer, more in (("cables", new), ("nodes", ends)):
        before = joined.get(layer)
        together = more if before is None or before.empty else pd.concat([before, more], ignore_index=True)
        joined[layer] = gpd.GeoDataFrame(together, crs=lines.crs)
    return joined
