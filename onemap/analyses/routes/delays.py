"""How long light takes between data centres, over the cables that there are."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import scipy.sparse as sp
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from onemap.analyses.columns import column, ids, result_layer
from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.network import CableNetwork
from onemap.analyses.routes.shared import LaidCables
from onemap.messages import text

__all__ = ["path_delays"]


def path_delays(laid: LaidCables, network: CableNetwork, *, settings: RouteSettings | None = None) -> gpd.GeoDataFrame:
    """Find the quickest way over cables of any operator between each two data centres.

    A piece of a cable counts with its part of the sheath length, as drawn where none is given. Each room on the way,
    other than the two ends, adds the delay of its equipment.

    Parameters
    ----------
    laid, network
        Of `lay_cables` and `cable_network`.
    settings
        `delay_us_per_km` and `hop_us`.

    Returns
    -------
    path_delays
        Result layer `path_delays`, quickest first; pairs without a way over cables last.

    Examples
    --------
    >>> from onemap.analyses.routes.network import cable_network
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> way = [shapely.LineString([(75, 39), (75.1, 39)])]
    >>> cables = gpd.GeoDataFrame({"cable_id": ["A"], "sheath_km": [10.0]}, geometry=way, crs="EPSG:4490")
    >>> ends = [shapely.Point(75, 39), shapely.Point(75.1, 39)]
    >>> centres = gpd.GeoDataFrame({"centre_id": ["D1", "D2"]}, geometry=ends, crs="EPSG:4490")
    >>> laid = lay_cables(cables)
    >>> path_delays(laid, cable_network(laid, {"data_centres": centres}))[["centre_a", "centre_b", "delay_us"]].values
    array([['D1', 'D2', 50.0]], dtype=object)
    """
    settings = settings or RouteSettings()
    table = network.nodes
    centres = np.flatnonzero(table["layer"].eq("data_centres").to_numpy(dtype=bool))
    km = _lengths_km(laid, network)
    is_room = table["layer"].isin(("rooms", "data_centres")).to_numpy(dtype=bool)
    cable_id = ids(laid.cables, "cables").fillna("").to_numpy(dtype=object)
    rows, shapes = [], []
    for (a, b), (nodes, links) in _ways(network, _costs(network, km, is_room, settings), centres).items():
        ends = {"centre_a": table["node_id"].iloc[a], "centre_b": table["node_id"].iloc[b]}
        cables = list(dict.fromkeys(str(cable_id[network.cable[link]]) for link in links))
        length_km = float(km[links].sum()) if links else np.nan
        told = _told(length_km, int(is_room[nodes[1:-1]].sum()), settings)
        rows.append({**ends, **told, "cable_ids": ";".join(cables)})
        shapes.append(_drawn(laid, network, links))
    order = sorted(range(len(rows)), key=lambda at: (np.nan_to_num(float(str(rows[at]["delay_us"])), nan=np.inf), at))
    values = {name: [rows[at][name] for at in order] for name in rows[0]} if rows else {}
    geometry = np.empty(len(rows), dtype=object)
    geometry[:] = [shapes[at] for at in order]
    return result_layer("path_delays", values, geometry, laid.cables.crs)


def _costs(
    network: CableNetwork, km: NDArray[np.float64], is_room: NDArray[np.bool_], settings: RouteSettings
) -> NDArray[np.float64]:
    """Give the delay of each link, half of that of the rooms at its ends with it, in microseconds."""
    rooms = is_room[network.start] / 2 + is_room[network.end] / 2
    return np.asarray(km * settings.delay_us_per_km + settings.hop_us * rooms)


def _ways(
    network: CableNetwork, cost: NDArray[np.float64], centres: NDArray[np.int64]
) -> dict[tuple[int, int], tuple[list[int], list[int]]]:
    """Give the nodes and links of the quickest way between each two centres; none of both where there is no way."""
    best, size = _best_links(network, cost), len(network.nodes)
    # A way without cost would look like no way: the smallest cost is a picosecond.
    costs = np.maximum(cost[best], 1e-6)
    graph: Any = sp.csr_array((costs, (network.start[best], network.end[best])), shape=(size, size))
    far, before = dijkstra(graph, directed=False, indices=centres, return_predecessors=True)
    far, before = np.reshape(far, (len(centres), size)), np.reshape(before, (len(centres), size))
    link_of = {_pair(network, int(link)): int(link) for link in best}
    found = {}
    for a, b in combinations(range(len(centres)), 2):
        source, target = int(centres[a]), int(centres[b])
        nodes = _way(before[a], source, target) if np.isfinite(far[a, target]) else []
        found[source, target] = nodes, [link_of[min(pair), max(pair)] for pair in pairwise(nodes)]
    return found


def _told(length_km: float, rooms: int, settings: RouteSettings) -> dict[str, object]:
    """Give the length, the rooms and the delay of a way, and say how it comes about; nothing known where it is NaN."""
    known = not np.isnan(length_km)
    per_km, hop = settings.delay_us_per_km, settings.hop_us
    said = {"km": f"{length_km:.2f}", "per_km": f"{per_km:g}", "rooms": rooms, "hop": f"{hop:g}"}
    return {
        "length_km": length_km,
        "rooms_passed": rooms if known else None,
        "delay_us": length_km * per_km + rooms * hop,
        **{f"reason_{lang}": text("route_delay" if known else "route_no_delay", lang, **said) for lang in ("zh", "en")},
    }


def _lengths_km(laid: LaidCables, network: CableNetwork) -> NDArray[np.float64]:
    """Give the length of each link: its part of the sheath, as drawn where none is given."""
    drawn_km = (network.to_m - network.from_m) / 1000.0
    sheath_km = column(laid.cables, "sheath_km", "number").to_numpy(dtype=float)[network.cable]
    whole_km = laid.lines.length_m[network.cable] / 1000.0
    known = (sheath_km > 0) & (whole_km > 0)
    return np.where(known, drawn_km * sheath_km / np.where(known, whole_km, 1.0), drawn_km)


def _pair(network: CableNetwork, link: int) -> tuple[int, int]:
    """Give the two nodes of a link, the smaller first."""
    a, b = int(network.start[link]), int(network.end[link])
    return min(a, b), max(a, b)


def _best_links(network: CableNetwork, cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give the cheapest link between each two nodes."""
    low, high = np.minimum(network.start, network.end), np.maximum(network.start, network.end)
    order = np.lexsort((cost, high, low))
    order = order[low[order] != high[order]]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (low[order][1:] != low[order][:-1]) | (high[order][1:] != high[order][:-1])
    return np.asarray(order[first], dtype=np.int64)


def _way(before: NDArray[np.int32], source: int, target: int) -> list[int]:
    """Give the nodes of a way."""
    way = [target]
    while way[-1] != source:
        way.append(int(before[way[-1]]))
    return way[::-1]


def _drawn(laid: LaidCables, network: CableNetwork, links: list[int]) -> shapely.Geometry:
    """Draw a way; an empty line where there is none."""
    long = [link for link in links if network.to_m[link] > network.from_m[link]]
    if not long:
        return shapely.LineString()
    parts = shapely.get_parts(laid.lines.pieces(network.cable[long], network.from_m[long], network.to_m[long]))
    return parts[0] if len(parts) == 1 else shapely.multilinestrings(parts)
