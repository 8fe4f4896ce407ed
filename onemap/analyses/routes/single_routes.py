"""Nodes on a single route, the places whose cut takes them, and what one cut anywhere takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from onemap.analyses.columns import result_layer
from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.network import CableNetwork, nearest_places
from onemap.analyses.routes.operator_cuts import OperatorCuts, root_nodes
from onemap.analyses.routes.route_reasons import root_kinds, wording
from onemap.analyses.routes.sections import Sections
from onemap.analyses.routes.shared import LaidCables
from onemap.findings import Finding
from onemap.messages import LANGUAGES

__all__ = ["backhoe", "network_cuts", "network_findings", "network_nodes"]

Integers = NDArray[np.int64]
SecondRoutes = Mapping[tuple[str, int], tuple[float, int]]


def network_nodes(
    laid: LaidCables,
    network: CableNetwork,
    judged: Sequence[OperatorCuts],
    *,
    settings: RouteSettings | None = None,
    second: SecondRoutes | None = None,
) -> gpd.GeoDataFrame:
    """List the nodes of each operator with how safely they are connected.

    Parameters
    ----------
    laid, network
        Of `lay_cables` and `cable_network`.
    judged
        Of `cuts_by_operator`.
    settings
        What was judged by, for the reasons.
    second
        Of `second_routes`; None if not asked for.

    Returns
    -------
    network_nodes
        Result layer `network_nodes`, in order of operator, then of node: nodes at cables of the operator, and its rooms
        that are at none. "protected": no single cut takes it from the roots; "single route": one does.

    Examples
    --------
    >>> from onemap.analyses.routes.network import cable_network
    >>> from onemap.analyses.routes.operator_cuts import cuts_by_operator
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> way = shapely.LineString([(75, 39), (75.1, 39)])
    >>> laid = lay_cables(gpd.GeoDataFrame({"cable_id": ["A"], "operator": ["甲"]}, geometry=[way], crs="EPSG:4490"))
    >>> network = cable_network(laid, {})
    >>> settings = RouteSettings(root_ids=("N00001",))
    >>> judged = cuts_by_operator(network, [], settings=settings)
    >>> network_nodes(laid, network, judged, settings=settings)[["node_id", "verdict", "cuts"]].values.tolist()
    [['N00001', 'root', 0], ['N00002', 'single route', 1]]
    """
    settings = settings or RouteSettings()
    rows = [row for one in judged for row in _rows_of(laid, network, one, settings, second)]
    node = np.array([row.pop("node") for row in rows], dtype=np.int64)
    table = network.nodes
    values: dict[str, object] = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    values |= {name: table[name].to_numpy()[node] for name in ("node_id", "name", "kind")}
    values["node_layer"] = table["layer"].to_numpy()[node]
    shapes = shapely.points(table["lon"].to_numpy(dtype=float)[node], table["lat"].to_numpy(dtype=float)[node])
    return result_layer("network_nodes", values, np.asarray(shapes, dtype=object).reshape(-1), laid.cables.crs)


def network_cuts(
    laid: LaidCables,
    network: CableNetwork,
    judged: Sequence[OperatorCuts],
    sections: Sections,
) -> gpd.GeoDataFrame:
    """List the places whose cut takes nodes from the roots.

    Parameters
    ----------
    laid, network, judged, sections
        Of `lay_cables`, `cable_network`, `cuts_by_operator`, `sections_of`.

    Returns
    -------
    network_cuts
        Result layer `network_cuts`: for each operator what takes most first. Single cables, and trenches whose cables
        together take more than one by one.

    Examples
    --------
    >>> from onemap.analyses.routes.network import cable_network
    >>> from onemap.analyses.routes.operator_cuts import cuts_by_operator
    >>> from onemap.analyses.routes.sections import sections_of
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> way = shapely.LineString([(75, 39), (75.1, 39)])
    >>> laid = lay_cables(gpd.GeoDataFrame({"cable_id": ["A"], "operator": ["甲"]}, geometry=[way], crs="EPSG:4490"))
    >>> network = cable_network(laid, {})
    >>> judged = cuts_by_operator(network, [], settings=RouteSettings(root_ids=("N00001",)))
    >>> network_cuts(laid, network, judged, sections_of(laid))[["cable_ids", "isolated"]].values.tolist()
    [['A', 1]]
    """
    rows: list[dict[str, object]] = []
    pieces: list[tuple[int, float, float]] = []
    for one in judged:
        names = wording(laid, network, (one.operator, one.roots), settings=RouteSettings())
        order = sorted(range(len(one.cuts)), key=lambda at: (-one.cuts[at].count, at))
        for number, at in enumerate(order, start=1):
            cut, section = one.cuts[at], one.sections[at]
            links = one.links[list(cut.links)]
            piece = _piece(network, sections, int(links[0]), section)
            pieces.append(piece)
            row = names.of_cut(network, links, one.nodes_of(cut))
            rows.append({**row, "cut_id": f"{one.operator}-{number:04d}", "length_km": (piece[2] - piece[1]) / 1000.0})
    shapes = _shapes(laid, pieces)
    values = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    return result_layer("network_cuts", values, shapes, laid.cables.crs)


def backhoe(
    laid: LaidCables, network: CableNetwork, place: tuple[float, float], *, settings: RouteSettings | None = None
) -> gpd.GeoDataFrame:
    """Say what one cut at a place takes: all cables there, of all operators, and the nodes behind them.

    Parameters
    ----------
    laid, network
        Of `lay_cables` and `cable_network`.
    place
        Longitude and latitude, in degrees.
    settings
        `tolerance_m` is how far the cut reaches; roots.

    Returns
    -------
    network_cuts
        Result layer `network_cuts`, a row for each operator that has cables there.

    Examples
    --------
    >>> from onemap.analyses.routes.network import cable_network
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> way = shapely.LineString([(75, 39), (75.1, 39)])
    >>> laid = lay_cables(gpd.GeoDataFrame({"cable_id": ["A"], "operator": ["甲"]}, geometry=[way], crs="EPSG:4490"))
    >>> network, settings = cable_network(laid, {}), RouteSettings(root_ids=("N00001",))
    >>> backhoe(laid, network, (75.05, 39.0), settings=settings)[["cable_ids", "node_ids"]].values.tolist()
    [['A', 'N00002']]
    """
    settings = settings or RouteSettings()
    lon, lat = np.array([place[0]]), np.array([place[1]])
    _, cable, place_m, _ = nearest_places(laid, lon, lat, settings.tolerance_m)
    hit = np.zeros(len(network), dtype=bool)
    for on, at in zip(cable, place_m, strict=True):
        hit |= (network.cable == on) & (network.from_m <= at) & (at <= network.to_m)
    rows = []
    for operator in sorted(set(network.operator[hit].tolist())):
        mine = np.flatnonzero(network.operator == operator)
        roots = root_nodes(network, operator, mine, settings)
        before, after = (_reached(network, mine[kept], roots) for kept in (slice(None), ~hit[mine]))
        lost = np.flatnonzero(before & ~after)
        names = wording(laid, network, (operator, roots), settings=settings)
        rows.append(names.of_cut(network, mine[hit[mine]], lost))
    values = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    here = shapely.linestrings([[place, place]])[0]
    return result_layer("network_cuts", values, np.full(len(rows), here, dtype=object), laid.cables.crs)


def network_findings(
    network: CableNetwork, judged: Sequence[OperatorCuts], *, settings: RouteSettings | None = None
) -> list[Finding]:
    """Say what is odd about the network: ends that disagree, operators without roots, networks in pieces.

    Parameters
    ----------
    network, judged
        Of `cable_network` and `cuts_by_operator`.
    settings
        What was judged by.

    Examples
    --------
    >>> from onemap.analyses.routes.network import cable_network
    >>> from onemap.analyses.routes.operator_cuts import cuts_by_operator
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> way = shapely.LineString([(75, 39), (75.1, 39)])
    >>> laid = lay_cables(gpd.GeoDataFrame({"cable_id": ["A"], "operator": ["甲"]}, geometry=[way], crs="EPSG:4490"))
    >>> network = cable_network(laid, {})
    >>> [one.rule for one in network_findings(network, cuts_by_operator(network, []))]
    ['OM-TOP-205']
    """
    settings = settings or RouteSettings()
    found = list(network.findings)
    kinds = {f"kinds_{lang}": root_kinds(settings, lang) for lang in LANGUAGES}
    for one in judged:
        values: dict[str, object] = {"operator": one.operator, **kinds}
        if not len(one.roots):
            found.append(
                Finding("OM-TOP-205", layer="cables", values=values | {"reach_m": f"{settings.room_reach_m:g}"})
            )
            continue
        used = np.unique(np.concatenate([network.start[one.links], network.end[one.links]]))
        away = int((one.spanned.place[used] < 0).sum())
        if away:
            pieces = _piece_count(network, one.links, used)
            found.append(Finding("OM-TOP-206", layer="cables", values=values | {"pieces": pieces, "nodes": away}))
    return found


def _rows_of(  # noqa: PLR0917
    laid: LaidCables,
    network: CableNetwork,
    one: OperatorCuts,
    settings: RouteSettings,
    second: SecondRoutes | None,
) -> list[dict[str, object]]:
    """Judge the nodes of one operator."""
    ends = np.concatenate([network.start[one.links], network.end[one.links]])
    degree = np.bincount(ends, minlength=len(network.nodes))
    table = network.nodes
    rooms = table["layer"].eq("rooms") & table["operator"].eq(one.operator)
    listed = np.flatnonzero((degree > 0) | rooms.to_numpy(dtype=bool))
    count, least = one.cuts_at()
    names = wording(laid, network, (one.operator, one.roots), settings=settings)
    is_root = np.isin(listed, one.roots)
    rows = []
    for node, root in zip(listed.tolist(), is_root.tolist(), strict=True):
        place = int(one.spanned.place[node])
        taken = int(count[place]) if place >= 0 else 0
        verdict = _verdict(int(degree[node]), taken, root=root, connected=place >= 0, roots=len(one.roots))
        row: dict[str, object] = {"node": node, "operator": one.operator, "verdict": verdict, "cuts": taken}
        row["cables"] = int(degree[node])
        row["nearest_cut"], row["second_route_km"], row["second_route_to"] = None, np.nan, None
        said: dict[str, object] = {"cuts": taken}
        if taken:
            cut = one.cuts[int(least[place])]
            row["nearest_cut"] = ";".join(names.cables_of(network, one.links[list(cut.links)]))
            said |= {"cables": str(row["nearest_cut"]).replace(";", ", "), "isolated": cut.count}
        way = None if second is None else second.get((one.operator, node))
        if way is not None:
            row["second_route_km"], row["second_route_to"] = way[0], str(table["node_id"].iloc[way[1]])
        rows.append({**row, **names.of_node(row, said, asked=second is not None)})
    return rows


def _verdict(degree: int, taken: int, *, root: bool, connected: bool, roots: int) -> str:
    """Name how safely a node is connected."""
    if degree == 0:
        return "no cable"
    if not roots:
        return "no root"
    if root:
        return "root"
    if not connected:
        return "not connected"
    return "single route" if taken else "protected"


def _piece(network: CableNetwork, sections: Sections, link: int, section: int) -> tuple[int, float, float]:
    """Give the place of a cut: cable, from, to."""
    if section < 0:
        return int(network.cable[link]), float(network.from_m[link]), float(network.to_m[link])
    return int(sections.cable[section]), float(sections.from_m[section]), float(sections.to_m[section])


def _shapes(laid: LaidCables, pieces: Sequence[tuple[int, float, float]]) -> NDArray[np.object_]:
    """Draw places of cuts; one without length is an empty line."""
    table = np.array(pieces, dtype=float).reshape(-1, 3)
    shapes = np.full(len(table), shapely.LineString(), dtype=object)
    long = np.flatnonzero(table[:, 2] > table[:, 1])
    shapes[long] = laid.lines.pieces(table[long, 0].astype(np.int64), table[long, 1], table[long, 2])
    return shapes


def _labels(network: CableNetwork, links: Integers) -> Integers:
    """Give numbers to the pieces that links make of all nodes."""
    size = len(network.nodes)
    joined = coo_array((np.ones(len(links), np.int8), (network.start[links], network.end[links])), shape=(size, size))
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.int64)


def _reached(network: CableNetwork, links: Integers, roots: Integers) -> NDArray[np.bool_]:
    """Tell which nodes are connected to a root."""
    label = _labels(network, links)
    return np.isin(label, label[roots])


def _piece_count(network: CableNetwork, links: Integers, used: Integers) -> int:
    """Count the pieces of a network."""
    return len(np.unique(_labels(network, links)[used]))
