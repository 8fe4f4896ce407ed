"""The network of cables as a graph: nodes are rooms, nodes and ends of cables, links are cables between them.

A cable that passes a room of its operator, or in whose middle another one starts, is two links. Links that lie in one
trench fall together; `trenches` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, require_geographic
from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.cable_ends import KnownNodes, NodeEnds, known_nodes, resolve_ends
from onemap.analyses.routes.measured_lines import MeasuredLines
from onemap.analyses.routes.sections import Sections
from onemap.analyses.routes.shared import LaidCables
from onemap.findings import Finding
from onemap.layers.nearest import geodesic_distance

__all__ = ["CableNetwork", "cable_network", "trenches"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

_ROOMS = ("rooms", "data_centres")


@dataclass(frozen=True, slots=True)
class CableNetwork:
    """Nodes and links.

    Attributes
    ----------
    nodes
        Columns node_id, layer ("cables" for one that only ends tell of), name, kind, operator, lon, lat; plain index.
    start, end
        Nodes of each link, shape (n,).
    cable
        Position of its cable in the layer of `lay_cables`.
    from_m, to_m
        Piece of the cable that it is, in metres from its start.
    operator
        Operator of the cable.
    findings
        Where names and places of ends disagree, and what cannot be placed.
    """

    nodes: pd.DataFrame
    start: Integers
    end: Integers
    cable: Integers
    from_m: Floats
    to_m: Floats
    operator: NDArray[np.object_]
    findings: tuple[Finding, ...]

    def __len__(self) -> int:
        return len(self.start)


def cable_network(
    laid: LaidCables, layers: Mapping[str, gpd.GeoDataFrame | None], *, settings: RouteSettings | None = None
) -> CableNetwork:
    """Build the network of cables.

    Parameters
    ----------
    laid
        Cables of `lay_cables`.
    layers
        Canonical layers by name in the CRS of the cables: nodes, rooms, data_centres; towers, structures and
        planned_sites, which ends may name.
    settings
        Distances.

    Returns
    -------
    network
        All operators in one; links of one operator join its cables only.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a node, room or data centre has no place.

    Examples
    --------
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> cables = gpd.GeoDataFrame({"cable_id": ["A", "B"]}, crs="EPSG:4490", geometry=[
    ...     shapely.LineString([(75, 39), (75.1, 39)]), shapely.LineString([(75.05, 39.0001), (75.05, 39.1)])])
    >>> network = cable_network(lay_cables(cables), {})
    >>> network.cable, network.start, network.end
    (array([0, 0, 1]), array([0, 2, 2]), array([2, 1, 3]))
    """
    settings = settings or RouteSettings()
    used = {name: layers.get(name) for name in ("nodes", *_ROOMS, "towers", "structures", "planned_sites")}
    require_geographic(cables=laid.cables, **used)
    known = known_nodes(used)
    ends = resolve_ends(laid.cables, laid.lines, known, settings=settings)
    operator = column(laid.cables, "operator").fillna("").to_numpy(dtype=object)
    joints = _joints(laid, operator, known, ends, settings)
    cable, start, end, from_m, to_m = _links(laid.lines, ends, joints)
    return CableNetwork(ends.nodes, start, end, cable, from_m, to_m, operator[cable], ends.findings)


def trenches(
    network: CableNetwork, sections: Sections, *, settings: RouteSettings | None = None
) -> list[tuple[NDArray[np.int64], int]]:
    """List the sets of links that one cut severs where more than one lies there.

    Parameters
    ----------
    network
        Of `cable_network`.
    sections
        Of `sections_of`, for the same cables.
    settings
        Distances: links that meet at a node this near are end to end there, not side by side.

    Returns
    -------
    trenches
        Links, ordered, and the section where they lie together, each set once, where it lies first. Links of all
        operators.

    Examples
    --------
    >>> from onemap.analyses.routes.sections import sections_of
    >>> from onemap.analyses.routes.shared import lay_cables
    >>> way = shapely.LineString([(75, 39), (75.1, 39)])
    >>> laid = lay_cables(gpd.GeoDataFrame({"cable_id": ["A", "B"]}, geometry=[way, way], crs="EPSG:4490"))
    >>> trenches(cable_network(laid, {}), sections_of(laid))
    [(array([0, 1]), 0)]
    """
    settings = settings or RouteSettings()
    order = np.lexsort((network.from_m, network.cable))
    begins = np.searchsorted(network.cable[order], np.arange(int(network.cable.max(initial=-1)) + 2))
    found: dict[tuple[int, ...], int] = {}
    together = np.flatnonzero(np.diff(sections.first))
    middle_m = (sections.from_m + sections.to_m) / 2.0
    for one in together:
        low, high = sections.first[one], sections.first[one + 1]
        cable = np.append(sections.other[low:high], sections.cable[one])
        place_m = np.append(sections.other_m[low:high], middle_m[one])
        links: dict[int, float] = {}
        for on, at in zip(cable, place_m, strict=True):
            links.setdefault(_link_at(network, order, begins, int(on), at), float(at))
        links.pop(-1, None)
        beside = _beside_each_other(network, links, settings.tolerance_m + settings.step_m)
        if len(beside) > 1:
            found.setdefault(beside, int(one))
    return [(np.array(links, dtype=np.int64), section) for links, section in found.items()]


def _beside_each_other(network: CableNetwork, links: Mapping[int, float], reach_m: float) -> tuple[int, ...]:
    """Leave out links that only meet another one at a node here, end to end, and do not lie beside it."""
    kept: list[int] = []
    met: set[tuple[int, str]] = set()
    for link in sorted(links):
        ends = {
            (int(node), str(network.operator[link]))
            for node, apart_m in (
                (network.start[link], links[link] - network.from_m[link]),
                (network.end[link], network.to_m[link] - links[link]),
            )
            if apart_m <= reach_m
        }
        if not ends & met:
            kept.append(link)
        met |= ends
    return tuple(kept)


def _link_at(  # noqa: PLR0917
    network: CableNetwork, order: Integers, begins: Integers, cable: int, place_m: float
) -> int:
    """Give the link that a place on a cable belongs to; -1 if the cable is none."""
    if cable + 1 >= len(begins) or begins[cable] == begins[cable + 1]:
        return -1
    mine = order[begins[cable] : begins[cable + 1]]
    at = int(np.searchsorted(network.from_m[mine], place_m, side="right")) - 1
    return int(mine[max(at, 0)])


def _joints(  # noqa: PLR0917
    laid: LaidCables, operator: NDArray[np.object_], known: KnownNodes, ends: NodeEnds, settings: RouteSettings
) -> pd.DataFrame:
    """Find where cables are entered in their middle: at rooms that they pass, and at ends of others beside them."""
    table = known.table
    told = _told_ends(ends, operator)
    linked = told[told["operator"].to_numpy() == ends.nodes["operator"].to_numpy()[told["node"].to_numpy()]]["node"]
    rooms = np.setdiff1d(np.flatnonzero(table["layer"].isin(_ROOMS).to_numpy()), linked)
    parts = [_beside(laid, operator, rooms, ends.nodes, table["operator"].to_numpy()[rooms], settings.room_reach_m)]
    if settings.join_midspan:
        parts.append(_beside_ends(laid, operator, told, ends, settings))
    joints: pd.DataFrame = pd.concat(parts, ignore_index=True)
    own = (ends.ends[joints["cable"].to_numpy()] == joints["node"].to_numpy()[:, None]).any(axis=1)
    return pd.DataFrame(joints[~own].drop_duplicates(["cable", "node"]).reset_index(drop=True))


def _told_ends(ends: NodeEnds, operator: NDArray[np.object_]) -> pd.DataFrame:
    """List the ends of cables: node, operator, cable, 0 for its start and 1 for its end."""
    node, cable = ends.ends.ravel(), np.repeat(np.arange(len(ends.ends)), 2)
    side = np.tile([0, 1], len(ends.ends))
    table = pd.DataFrame({"node": node, "operator": operator[cable], "on": cable, "side": side})
    return table[table["node"] >= 0]


def _beside_ends(  # noqa: PLR0917
    laid: LaidCables, operator: NDArray[np.object_], told: pd.DataFrame, ends: NodeEnds, settings: RouteSettings
) -> pd.DataFrame:
    """Find the nodes beside the middle of another cable: loose ends, and those of cables that do not run along it.

    Where a cable in sections lies beside one in a single piece, their joints are none in the other.
    """
    only = told[ends.nodes["layer"].eq("cables").to_numpy()[told["node"].to_numpy()]]
    groups = only.groupby(["node", "operator"], sort=True)["on"].count().reset_index(name="count")
    node, owner = groups["node"].to_numpy(dtype=np.int64), groups["operator"].to_numpy(dtype=object)
    near = _beside(laid, operator, node, ends.nodes, owner, settings.snap_m)
    near["operator"] = operator[near["cable"].to_numpy()]
    near = near.merge(groups, on=["node", "operator"]).merge(only, on=["node", "operator"])
    found, length_m = laid.stretches, laid.lines.length_m
    reach_m = settings.snap_m + settings.step_m
    starts, stops = found.from_m <= reach_m, found.to_m >= length_m[found.line] - reach_m
    along = pd.MultiIndex.from_arrays(
        [
            np.concatenate([found.line[starts], found.line[stops]]),
            np.concatenate([found.other[starts], found.other[stops]]),
            np.concatenate([np.zeros(starts.sum(), np.int64), np.ones(stops.sum(), np.int64)]),
        ]
    )
    near["along"] = pd.MultiIndex.from_frame(near[["on", "cable", "side"]]).isin(along)
    runs_along = near.groupby(["node", "cable"])["along"].transform("any").to_numpy(dtype=bool)
    kept = near[(near["count"].to_numpy() == 1) | ~runs_along]
    return pd.DataFrame(kept[["cable", "node", "place_m", "apart_m"]])


def _beside(  # noqa: PLR0917
    laid: LaidCables,
    operator: NDArray[np.object_],
    node: Integers,
    nodes: pd.DataFrame,
    owner: NDArray[np.object_],
    reach_m: float,
) -> pd.DataFrame:
    """Find the places nearest to nodes on cables of their operator; of any where the operator is not known."""
    lon, lat = (nodes[name].to_numpy(dtype=float)[node] for name in ("lon", "lat"))
    near, cable, place_m, apart_m = nearest_places(laid, lon, lat, reach_m)
    same = (operator[cable] == owner[near]) | (owner[near] == "")
    near, cable, place_m, apart_m = near[same], cable[same], place_m[same], apart_m[same]
    return pd.DataFrame({"cable": cable, "node": node[near], "place_m": place_m, "apart_m": apart_m})


def nearest_places(
    laid: LaidCables, lon: Floats, lat: Floats, reach_m: float
) -> tuple[Integers, Integers, Floats, Floats]:
    """Find the cables within reach of points, and the place on each that is nearest.

    Parameters
    ----------
    laid
        Cables of `lay_cables`.
    lon, lat
        Points, shape (n,), in degrees.
    reach_m
        In metres; 0 for none.

    Returns
    -------
    point, cable
        Positions of the pairs, ordered by point.
    place_m
        Distance of the nearest place from the start of the cable, in metres.
    apart_m
        Distance between the two, in metres.
    """
    lines = laid.lines
    if reach_m <= 0 or not len(lon) or not len(lines.lon):
        empty = np.empty(0, dtype=np.int64)
        return empty, empty.copy(), np.empty(0), np.empty(0)
    vertex = np.flatnonzero((np.diff(lines.part) == 0) & (np.diff(lines.offset_m) > 0))
    ends = np.stack([np.column_stack([at[vertex], at[vertex + 1]]) for at in (lines.lon, lines.lat)], axis=2)
    reach_deg = reach_m / (110_000.0 * max(np.cos(np.radians(min(np.abs(lat).max() + 0.1, 89.9))), 1e-3))
    point, found = shapely.STRtree(shapely.linestrings(ends)).query(
        shapely.points(lon, lat), predicate="dwithin", distance=reach_deg
    )
    at = vertex[found]
    squeeze = np.cos(np.radians(lat[point]))
    way = np.column_stack([(lines.lon[at + 1] - lines.lon[at]) * squeeze, lines.lat[at + 1] - lines.lat[at]])
    off = np.column_stack([(lon[point] - lines.lon[at]) * squeeze, lat[point] - lines.lat[at]])
    share = np.clip((way * off).sum(axis=1) / np.maximum((way * way).sum(axis=1), 1e-300), 0.0, 1.0)
    place_lon = lines.lon[at] + share * (lines.lon[at + 1] - lines.lon[at])
    place_lat = lines.lat[at] + share * (lines.lat[at + 1] - lines.lat[at])
    apart_m = geodesic_distance(lon[point], lat[point], place_lon, place_lat)
    place_m = lines.offset_m[at] + share * (lines.offset_m[at + 1] - lines.offset_m[at])
    cable = np.searchsorted(lines.first, at, side="right") - 1
    order = np.lexsort((place_m, apart_m, cable, point))
    order = order[apart_m[order] <= reach_m]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (point[order][1:] != point[order][:-1]) | (cable[order][1:] != cable[order][:-1])
    kept = order[first]
    return point[kept].astype(np.int64), cable[kept].astype(np.int64), place_m[kept], apart_m[kept]


def _links(
    lines: MeasuredLines, ends: NodeEnds, joints: pd.DataFrame
) -> tuple[Integers, Integers, Integers, Floats, Floats]:
    """Cut cables at joints: cable, node at both ends, piece of the cable."""
    whole = np.flatnonzero((ends.ends >= 0).all(axis=1))
    length_m = lines.length_m
    inner = joints[np.isin(joints["cable"].to_numpy(), whole)]
    cable = np.concatenate([whole, inner["cable"].to_numpy(), whole])
    node = np.concatenate([ends.ends[whole, 0], inner["node"].to_numpy(), ends.ends[whole, 1]])
    place_m = np.concatenate([np.zeros(len(whole)), inner["place_m"].to_numpy(), length_m[whole]])
    turn = np.concatenate([np.zeros(len(whole)), np.ones(len(inner)), np.full(len(whole), 2)])
    # Joints keep their turn between the two ends, even at one of them.
    order = np.lexsort((node, place_m, turn, cable))
    cable, node, place_m = cable[order], node[order], place_m[order]
    along = cable[1:] == cable[:-1]
    return cable[:-1][along], node[:-1][along], node[1:][along], place_m[:-1][along], place_m[1:][along]
