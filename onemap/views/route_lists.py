"""Lists of routes: which result layers they show, and in which columns."""

from __future__ import annotations

import geopandas as gpd

__all__ = ["ROUTE_LISTS", "urgent_first"]

ROUTE_LISTS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "shared_routes": (
        "shared_routes",
        ("cable_a", "operator_a", "cable_b", "operator_b", "same_operator", "shared_km", "share_a", "share_b",
         "stretches", "distance_m", "reason"),
        ("decision", "remarks"),
    ),
    "route_lengths": (
        "route_lengths",
        ("operator", "cables", "sheath_km", "sheath_given_share", "drawn_km", "route_km", "shared_km"),
        (),
    ),
    "single_routes": (
        "network_nodes",
        ("operator", "node_id", "name", "kind", "verdict", "cables", "cuts", "nearest_cut",
         "second_route_km", "second_route_to", "reason"),
        ("measure", "deadline"),
    ),
    "cuts": (
        "network_cuts",
        ("operator", "cut_id", "cable_ids", "length_km", "isolated", "isolated_rooms", "node_ids", "reason"),
        ("measure", "deadline"),
    ),
    "two_routes": (
        "two_routes",
        ("operator", "node_id", "name", "node_layer", "kind", "root_id", "verdict", "first_km", "second_km",
         "cut_cables", "reason"),
        ("measure", "deadline"),
    ),
    "ducts": (
        "duct_routes",
        ("duct_id", "duct_owner", "bores_free", "beside_layer", "beside_id", "operator", "laying", "shared_km",
         "distance_m", "reason"),
        ("decision", "remarks"),
    ),
    "delays": (
        "path_delays",
        ("centre_a", "centre_b", "length_km", "rooms_passed", "delay_us", "cable_ids", "reason"),
        (),
    ),
}  # fmt: skip
"""Name of a list → result layer, its columns in order, and the columns that people fill in."""

_ORDER = ("single route", "not connected", "no root", "no cable")


def urgent_first(nodes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the nodes of a network that are not safely connected, rooms first, those on a single route before others.

    Parameters
    ----------
    nodes
        Result layer `network_nodes`.

    Examples
    --------
    >>> nodes = gpd.GeoDataFrame({"verdict": ["root", "single route"], "node_layer": ["rooms", "cables"]})
    >>> urgent_first(nodes)["verdict"].tolist()
    ['single route']
    """
    asked = nodes[nodes["verdict"].isin(_ORDER).to_numpy(dtype=bool)]
    keys = asked.assign(
        turn=asked["verdict"].map({value: place for place, value in enumerate(_ORDER)}).astype(int),
        end=asked["node_layer"].eq("cables").to_numpy(dtype=bool),
    )
    return asked.loc[keys.sort_values(["turn", "end"], kind="stable").index]
