"""Whether each room and data centre has two routes to a core room that share neither a cable nor a trench."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import scipy.sparse as sp
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from onemap.analyses.columns import ids, result_layer
from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.disjoint import disjoint_routes
from onemap.analyses.routes.network import CableNetwork
from onemap.analyses.routes.operator_cuts import OperatorCuts
from onemap.analyses.routes.shared import LaidCables
from onemap.messages import LANGUAGES, text

__all__ = ["routes_between", "two_routes"]

Integers = NDArray[np.int64]
_ASKED = ("rooms", "data_centres")
_EMPTY: dict[str, object] = {"root_id": None, "first_km": None, "second_km": None, "cut_cables": None}


def two_routes(
    laid: LaidCables,
    network: CableNetwork,
    judged: Sequence[OperatorCuts],
    together: Sequence[tuple[Integers, int]] = (),
    *,
    settings: RouteSettings | None = None,
) -> gpd.GeoDataFrame:
    """Seek two routes from each room and data centre to the nearest core room of its operator.

    Parameters
    ----------
    laid, network, judged
        Of `lay_cables`, `cable_network`, `cuts_by_operator`.
    together
        Of `trenches`: links that fall together.
    settings
        `two_route_rooms`: of how many rooms of an operator routes are sought; the rows of others say so.

    Returns
    -------
    two_routes
        Result layer `two_routes`, by operator, then node: rooms and data centres of the operator, or of an unknown one,
        at its cables; its core rooms are left out. "two routes": both are drawn, with their lengths; "one route": drawn
        is what prevents the second, a cable or a trench; else the node.

    Examples
    --------
    >>> from onemap.analyses.routes.network import cable_network
    >>> from onemap.analyses.routes.operator_cuts import cuts_by_operator
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> ways = [shapely.LineString([(75, 39), (75.1, 39)]), shapely.LineString([(75, 39), (75.05, 39.1), (75.1, 39)])]
    >>> cables = {"cable_id": ["A", "B"], "operator": ["甲", "甲"]}
    >>> laid = lay_cables(gpd.GeoDataFrame(cables, geometry=ways, crs="EPSG:4490"))
    >>> rooms = {"room_id": ["R", "S"], "operator": ["甲", "甲"], "kind": ["core", "access"]}
    >>> places = gpd.GeoDataFrame(rooms, geometry=gpd.points_from_xy([75, 75.1], [39, 39]), crs="EPSG:4490")
    >>> network = cable_network(laid, {"rooms": places})
    >>> two_routes(laid, network, cuts_by_operator(network, []))[["node_id", "root_id", "verdict"]].values.tolist()
    [['S', 'R', 'two routes']]
    """
    settings = settings or RouteSettings()
    rows = [
        _row(laid, network, one.operator, (node, root), sought=place < settings.two_route_rooms, together=together)
        for one in judged
        for place, (node, root) in enumerate(_asked(network, one))
    ]
    shapes = np.array([row.pop("shape") for row in rows], dtype=object)
    values = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    return result_layer("two_routes", values, shapes, laid.cables.crs)


def routes_between(
    laid: LaidCables,
    network: CableNetwork,
    ends: tuple[str, str],
    together: Sequence[tuple[Integers, int]] = (),
    *,
    operator: str | None = None,
) -> gpd.GeoDataFrame:
    """Seek two routes between two nodes, or name the cut that prevents them.

    Parameters
    ----------
    laid, network, together
        As for `two_routes`.
    ends
        Ids of two nodes.
    operator
        Whose cables to use; None for those of all.

    Returns
    -------
    two_routes
        One row of the result layer `two_routes`.

    Raises
    ------
    ValueError
        If a node is not in the network, or both are one.

    Examples
    --------
    >>> from onemap.analyses.routes.network import cable_network
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> way = shapely.LineString([(75, 39), (75.1, 39)])
    >>> laid = lay_cables(gpd.GeoDataFrame({"cable_id": ["A"]}, geometry=[way], crs="EPSG:4490"))
    >>> found = routes_between(laid, cable_network(laid, {}), ("N00001", "N00002"))
    >>> found[["verdict", "cut_cables"]].values.tolist()
    [['one route', 'A']]
    """
    known = network.nodes["node_id"].astype(str).tolist()
    missing = [end for end in ends if end not in known]
    if missing or ends[0] == ends[1]:
        msg = f"ends must be two nodes of the network, got {ends[0]} and {ends[1]}"
        raise ValueError(msg)
    places = (known.index(ends[0]), known.index(ends[1]))
    row = _row(laid, network, operator, places, sought=True, together=together)
    shape = np.array([row.pop("shape")], dtype=object)
    return result_layer("two_routes", {name: [value] for name, value in row.items()}, shape, laid.cables.crs)


def _asked(network: CableNetwork, one: OperatorCuts) -> list[tuple[int, int]]:
    """List the nodes of an operator to look at, each with its nearest root, -1 where none is connected."""
    start, end = network.start[one.links], network.end[one.links]
    linked = np.unique(np.concatenate([start, end]))
    owner = network.nodes["operator"].fillna("")
    asked = network.nodes["layer"].isin(_ASKED) & (owner.eq(one.operator) | owner.eq(""))
    nodes = linked[asked.to_numpy(dtype=bool)[linked]]
    nodes = np.setdiff1d(nodes, one.roots)
    if not len(one.roots):
        return [(int(node), -1) for node in nodes]
    length_m = np.maximum((network.to_m - network.from_m)[one.links], 1e-3)
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((length_m, high, low))
    kept = order[np.r_[True, (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)]]
    size = len(network.nodes)
    graph: Any = sp.csr_array((length_m[kept], (low[kept], high[kept])), shape=(size, size))
    far = dijkstra(graph, directed=False, indices=one.roots)
    best = far.argmin(axis=0)
    return [(int(node), int(one.roots[best[node]]) if np.isfinite(far[best[node], node]) else -1) for node in nodes]


def _row(
    laid: LaidCables,
    network: CableNetwork,
    operator: str | None,
    ends: tuple[int, int],
    *,
    sought: bool,
    together: Sequence[tuple[Integers, int]],
) -> dict[str, object]:
    """Describe what there is between two nodes."""
    table = network.nodes.iloc[ends[0]]
    row = {**_EMPTY, "operator": operator, **{name: table[name] for name in ("node_id", "name", "kind")}}
    row |= {"node_layer": table["layer"], "shape": shapely.Point(float(table["lon"]), float(table["lat"]))}
    if ends[1] < 0:
        return _told(row, "not connected")
    root = network.nodes.iloc[ends[1]]
    row["root_id"] = root["node_id"]
    if not sought:
        return _told(row, "not sought")
    found = disjoint_routes(network, (str(table["node_id"]), str(root["node_id"])), together, operator=operator)
    if not found.edge_disjoint:
        return _told(row, "not connected")
    cut = [] if found.routes else list(found.trench_cut or found.cut)
    lengths = [float((network.to_m - network.from_m)[list(way)].sum()) / 1000.0 for way in found.routes]
    links = [link for way in found.routes for link in way] or cut
    row["first_km"], row["second_km"] = sorted(lengths) if lengths else (None, None)
    row["cut_cables"] = ";".join(_cables(laid, network, cut)) or None
    row["shape"] = _drawn(laid, network, links) or row["shape"]
    return _told(row, "two routes" if found.routes else "one route")


def _told(row: dict[str, object], verdict: str) -> dict[str, object]:
    """Add the verdict and why."""
    km = {name: f"{float(str(row[name])):.1f}" if row[name] is not None else "" for name in ("first_km", "second_km")}
    cables = str(row["cut_cables"] or "").replace(";", ", ")
    values = {"root": row["root_id"], "cables": cables, **km}
    text_id = f"two_routes_{verdict.replace(' ', '_')}"
    return {**row, "verdict": verdict, **{f"reason_{lang}": text(text_id, lang, **values) for lang in LANGUAGES}}


def _cables(laid: LaidCables, network: CableNetwork, links: Sequence[int]) -> list[str]:
    """Name the cables of links, each once."""
    names = ids(laid.cables, "cables").fillna("").to_numpy(dtype=object)
    return [str(names[cable]) for cable in np.unique(network.cable[list(links)])]


def _drawn(laid: LaidCables, network: CableNetwork, links: Sequence[int]) -> shapely.Geometry | None:
    """Draw links; None where they have no length."""
    long = [link for link in links if network.to_m[link] > network.from_m[link]]
    if not long:
        return None
    return shapely.multilinestrings(
        shapely.get_parts(laid.lines.pieces(network.cable[long], network.from_m[long], network.to_m[long]))
    )
