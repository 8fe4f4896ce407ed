"""The shortest second route along roads for nodes on a single route."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from onemap.analyses.columns import require_geographic
from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.nearest_target import nearest_targets, roadside
from onemap.analyses.routes.network import CableNetwork
from onemap.analyses.routes.operator_cuts import OperatorCuts
from onemap.analyses.routes.road_graph import RoadGraph, road_graph
from onemap.analyses.routes.shared import LaidCables
from onemap.analyses.routes.side_by_side import near_pairs, stretches_beside

__all__ = ["second_routes"]

Integers = NDArray[np.int64]


def second_routes(
    laid: LaidCables,
    network: CableNetwork,
    judged: Sequence[OperatorCuts],
    roads: gpd.GeoDataFrame,
    *,
    settings: RouteSettings | None = None,
) -> dict[tuple[str, int], tuple[float, int]]:
    """Find for each node on a single route the shortest way along roads that would free it of all its single points.

    The way leads to a node of the same operator that none of those cuts takes, over roads along which none of the
    cables of those cuts lies. Nodes are joined to the nearest road within `road_reach_m`.

    Parameters
    ----------
    laid, network, judged
        Of `lay_cables`, `cable_network` and `cuts_by_operator`.
    roads
        Canonical layer in the CRS of the cables.
    settings
        Distances.

    Returns
    -------
    second
        Operator and position of a node → length in kilometres, the way to and from the roads included, and position of
        the node that it leads to. Nodes without such a way are missing. Each search stops at the nearest such node,
        so that the time grows with the nodes and with how far their second routes are.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.

    Examples
    --------
    A road leads round the far side from the end of a cable to its beginning:

    >>> import shapely
    >>> from onemap.analyses.routes.network import cable_network
    >>> from onemap.analyses.routes.operator_cuts import cuts_by_operator
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> way = [shapely.LineString([(75, 39), (75.1, 39)])]
    >>> laid = lay_cables(gpd.GeoDataFrame({"cable_id": ["A"], "operator": ["甲"]}, geometry=way, crs="EPSG:4490"))
    >>> network, settings = cable_network(laid, {}), RouteSettings(root_ids=("N00001",))
    >>> road = gpd.GeoDataFrame(geometry=[shapely.LineString([(75, 39), (75.05, 39.1), (75.1, 39)])], crs="EPSG:4490")
    >>> second = second_routes(laid, network, cuts_by_operator(network, [], settings=settings), road, settings=settings)
    >>> {key: (round(km, 1), node) for key, (km, node) in second.items()}
    {('甲', 1): (23.8, 0)}
    """
    settings = settings or RouteSettings()
    require_geographic(cables=laid.cables, roads=roads)
    graph = road_graph(roads, snap_m=settings.road_snap_m)
    table = network.nodes
    lon, lat = (table[name].to_numpy(dtype=float) for name in ("lon", "lat"))
    lists = roadside(graph, graph.attach(lon, lat, settings.road_reach_m), len(table))
    beside = _links_beside(laid, roads, graph, settings)
    closed = np.zeros(len(graph.start), dtype=bool)
    found: dict[tuple[str, int], tuple[float, int]] = {}
    for one in judged:
        for cuts, nodes in _alike(one):
            cables = np.unique(network.cable[one.links[[link for cut in cuts for link in one.cuts[cut].links]]])
            shut = np.concatenate([beside.get(int(cable), np.empty(0, np.int64)) for cable in cables])
            closed[shut] = True
            length_m, target = nearest_targets(lists, nodes, closed, _safe(one, cuts, len(table)))
            closed[shut] = False
            for at in np.flatnonzero(target >= 0).tolist():
                found[one.operator, int(nodes[at])] = (float(length_m[at]) / 1000.0, int(target[at]))
    return found


def _alike(one: OperatorCuts) -> list[tuple[tuple[int, ...], Integers]]:
    """Gather the nodes that the same cuts take: cuts, nodes."""
    size = len(one.spanned.order)
    opens: list[list[int]] = [[] for _ in range(size + 1)]
    closes: list[list[int]] = [[] for _ in range(size + 1)]
    for number, cut in enumerate(one.cuts):
        for begin, end in cut.ranges:
            opens[begin].append(number)
            closes[end].append(number)
    now: set[int] = set()
    groups: dict[tuple[int, ...], list[int]] = {}
    for place in range(size):
        now.difference_update(closes[place])
        now.update(opens[place])
        if now:
            groups.setdefault(tuple(sorted(now)), []).append(int(one.spanned.order[place]))
    return [(cuts, np.array(nodes, dtype=np.int64)) for cuts, nodes in groups.items()]


def _safe(one: OperatorCuts, cuts: tuple[int, ...], count: int) -> NDArray[np.bool_]:
    """Mark the connected nodes that none of some cuts takes."""
    taken = np.zeros(len(one.spanned.order), dtype=bool)
    for cut in cuts:
        for begin, end in one.cuts[cut].ranges:
            taken[begin:end] = True
    safe = one.spanned.order[~taken]
    marked = np.zeros(count, dtype=bool)
    marked[safe[safe >= 0]] = True
    return marked


def _links_beside(
    laid: LaidCables, roads: gpd.GeoDataFrame, graph: RoadGraph, settings: RouteSettings
) -> dict[int, Integers]:
    """Give for each cable the links of roads along which it lies."""
    lines = graph.lines
    shapes, cables = lines.shapes(roads), laid.lines.shapes(laid.cables)
    pairs = near_pairs(shapes, cables, settings.tolerance_m)
    found = stretches_beside(lines, laid.lines, pairs, settings=settings)
    order = np.lexsort((graph.middle_m, graph.road))
    road, middle_m = graph.road[order], graph.middle_m[order]
    links: dict[int, list[Integers]] = {}
    for on, cable, from_m, to_m in zip(found.line, found.other, found.from_m, found.to_m, strict=True):
        low, high = np.searchsorted(road, on), np.searchsorted(road, on, side="right")
        inside = slice(
            low + np.searchsorted(middle_m[low:high], from_m), low + np.searchsorted(middle_m[low:high], to_m, "right")
        )
        links.setdefault(int(cable), []).append(order[inside])
    return {cable: np.unique(np.concatenate(parts)) for cable, parts in links.items()}
