"""Which node each end of a cable is: by the name it gives, else by its place; and where the two disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from onemap.analyses.columns import column, ids, places
from onemap.analyses.route_settings import RouteSettings
from onemap.analyses.routes.measured_lines import MeasuredLines
from onemap.findings import Finding
from onemap.layers.nearest import Neighbours, geodesic_distance, pairs_within

__all__ = ["KnownNodes", "NodeEnds", "end_findings", "known_nodes", "resolve_ends"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class KnownNodes:
    """Rooms, nodes and data centres as one table.

    Attributes
    ----------
    table
        Columns node_id, layer, name, kind, operator, lon, lat; each id once, the first of nodes, rooms, data centres.
    elsewhere
        Ids of other layers that ends may name, such as towers: they exist, but ends need not lie there.
    complete
        Whether there is a layer of nodes, so that a name that is in none is a fault.
    """

    table: pd.DataFrame
    elsewhere: frozenset[str]
    complete: bool


@dataclass(frozen=True, slots=True)
class NodeEnds:
    """Nodes of a network, and which of them the ends of each cable are.

    Attributes
    ----------
    nodes
        As `KnownNodes.table`, known nodes first, then those that only ends of cables tell of.
    ends
        Node of both ends of each cable, shape (m, 2); -1 for a cable without a line or names.
    findings
        Names that no node has, ends far from the node they name, cables without length.
    """

    nodes: pd.DataFrame
    ends: Integers
    findings: tuple[Finding, ...]


def known_nodes(layers: Mapping[str, gpd.GeoDataFrame | None]) -> KnownNodes:
    """Gather the nodes that layers tell of.

    Parameters
    ----------
    layers
        Canonical layers by name: nodes, rooms and data_centres are nodes; towers, structures and planned_sites may be
        named by ends.

    Returns
    -------
    known
        One table.

    Raises
    ------
    LayerError
        If a row has no place.

    Examples
    --------
    >>> import shapely
    >>> rooms = gpd.GeoDataFrame({"room_id": ["R"], "kind": ["core"]}, geometry=[shapely.Point(75, 39)])
    >>> known_nodes({"rooms": rooms}).table[["node_id", "layer", "kind"]].values.tolist()
    [['R', 'rooms', 'core']]
    """
    parts = [pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _COLUMNS.items()})]
    for name in ("nodes", "rooms", "data_centres"):
        layer = layers.get(name)
        if layer is None or layer.empty:
            continue
        lon, lat = places(layer, name)
        operator = column(layer, "operator").fillna(column(layer, "owner")).fillna("")
        part = pd.DataFrame({"node_id": ids(layer, name).fillna(""), "layer": name})
        part = part.assign(
            name=column(layer, "name").fillna(""), kind=column(layer, "kind").fillna(""), operator=operator
        )
        parts.append(part.astype(object).assign(lon=lon, lat=lat))
    table = pd.concat(parts, ignore_index=True)
    table = table[table["node_id"].ne("") & ~table["node_id"].duplicated()].reset_index(drop=True)
    elsewhere = [ids(layers[name], name).dropna() for name in _ELSEWHERE if layers.get(name) is not None]
    named = frozenset(str(one) for part in elsewhere for one in part)
    nodes = layers.get("nodes")
    return KnownNodes(table, named, complete=nodes is not None and len(nodes) > 0)


_COLUMNS = {"node_id": object, "layer": object, "name": object, "kind": object, "operator": object}
_COLUMNS |= {"lon": float, "lat": float}
_ELSEWHERE = ("towers", "structures", "planned_sites")


def resolve_ends(
    cables: gpd.GeoDataFrame, lines: MeasuredLines, known: KnownNodes, *, settings: RouteSettings
) -> NodeEnds:
    """Find the node of each end.

    A cable may be drawn from its Z end to its A end: where the names fit the ends only in exchange, they are exchanged.
    An end that names a known node is that node, wherever it was drawn. Others are the nearest known node within
    `snap_m`, or the node of an end within `snap_m` that names one; what is left joins the ends with the same name and
    those within `snap_m`, as names that no layer knows tell no place.

    Parameters
    ----------
    cables, lines
        Canonical layer, and its lines.
    known
        Of `known_nodes`.
    settings
        Distances.

    Returns
    -------
    ends
        Nodes, ends, findings.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.routes.measured_lines import measure_lines
    >>> cables = gpd.GeoDataFrame({"cable_id": ["A", "B"]}, crs="EPSG:4490", geometry=[
    ...     shapely.LineString([(75, 39), (75.1, 39)]), shapely.LineString([(75.2, 39), (75.10001, 39)])])
    >>> resolve_ends(cables, measure_lines(cables), known_nodes({}), settings=RouteSettings()).ends
    array([[0, 1],
           [2, 1]])
    """
    ends = _as_drawn(_ends(cables, lines), known, settings.end_distance_m)
    by_name = pd.Index(known.table["node_id"]).get_indexer(pd.Index(ends["label"]))
    drawn = np.isfinite(ends["lon"].to_numpy())
    node = by_name.copy()
    open_ends = np.flatnonzero(drawn & (by_name < 0))
    node[open_ends] = _by_place(ends, open_ends, by_name, known, settings)
    made = _gathered(ends, np.flatnonzero(drawn & (node < 0)), known, settings)
    node = np.where(made >= 0, made + len(known.table), node)
    findings = end_findings(cables, ends, by_name, known, settings=settings)
    return NodeEnds(_with_made(known.table, ends, node), node.reshape(2, -1).T, findings)


def _ends(cables: gpd.GeoDataFrame, lines: MeasuredLines) -> pd.DataFrame:
    """List the first ends of all cables, then the last ones."""
    filled = np.diff(lines.first) > 1
    parts = []
    for name, at in (("from_node", lines.first[:-1]), ("to_node", lines.first[1:] - 1)):
        lon, lat = np.full(len(cables), np.nan), np.full(len(cables), np.nan)
        lon[filled], lat[filled] = lines.lon[at[filled]], lines.lat[at[filled]]
        label = column(cables, name).fillna("").str.strip().to_numpy(dtype=object)
        table = {"cable": np.arange(len(cables)), "label": label, "lon": lon, "lat": lat, "length_m": lines.length_m}
        parts.append(pd.DataFrame(table))
    return pd.concat(parts, ignore_index=True)


def _as_drawn(ends: pd.DataFrame, known: KnownNodes, limit_m: float) -> pd.DataFrame:
    """Exchange the names of cables that were drawn from their Z end, as the places of the nodes named tell."""
    node = pd.Index(known.table["node_id"]).get_indexer(pd.Index(ends["label"]))
    named = node >= 0
    lon, lat = (known.table[name].to_numpy(dtype=float)[node] if len(known.table) else None for name in ("lon", "lat"))
    if lon is None or lat is None:
        return ends
    half = len(ends) // 2
    other = np.roll(np.arange(len(ends)), half)
    end_lon, end_lat = ends["lon"].to_numpy(), ends["lat"].to_numpy()
    own_m = geodesic_distance(end_lon, end_lat, lon, lat)
    other_m = geodesic_distance(end_lon[other], end_lat[other], lon, lat)
    fits = ~named | (own_m <= limit_m)
    fits_other = ~named | (other_m <= limit_m)
    fits, fits_other = fits[:half] & fits[half:], fits_other[:half] & fits_other[half:]
    exchanged = np.tile(~fits & fits_other, 2)
    label = ends["label"].to_numpy(dtype=object)
    return ends.assign(label=np.where(exchanged, label[other], label))


def _by_place(  # noqa: PLR0917
    ends: pd.DataFrame, which: Integers, by_name: Integers, known: KnownNodes, settings: RouteSettings
) -> Integers:
    """Give the known node nearest to each end, or that of a named end there; -1 where none is near."""
    found = np.full(len(which), -1, dtype=np.int64)
    lon, lat = ends["lon"].to_numpy()[which], ends["lat"].to_numpy()[which]
    named = np.flatnonzero((by_name >= 0) & np.isfinite(ends["lon"].to_numpy()))
    for places_of, node in (
        (known.table, np.arange(len(known.table))),
        (ends.iloc[named], by_name[named]),
    ):
        left = np.flatnonzero(found < 0)
        near, distance_m = Neighbours(places_of["lon"].to_numpy(), places_of["lat"].to_numpy()).nearest(
            lon[left], lat[left]
        )
        close = distance_m <= settings.snap_m
        found[left[close]] = node[near[close]]
    return found


def _gathered(ends: pd.DataFrame, left: Integers, known: KnownNodes, settings: RouteSettings) -> Integers:
    """Give numbers to the nodes that only ends tell of: ends at one place, and of one name not far apart."""
    made = np.full(len(ends), -1, dtype=np.int64)
    if not len(left):
        return made
    lon, lat, label = (ends[name].to_numpy()[left] for name in ("lon", "lat", "label"))
    _, word = np.unique(label.astype(str), return_inverse=True)
    reach_m = max(settings.snap_m, settings.end_distance_m)
    first, second, apart_m = pairs_within(lon, lat, distance_m=reach_m)
    named = (label != "")[first] & (word[first] == word[second])
    one = (apart_m <= settings.snap_m) | named
    # A tower that ends name is one place, however far from it the lines stop.
    sites = np.flatnonzero([str(name) in known.elsewhere for name in label])
    lead = pd.Series(sites).groupby(word[sites]).transform("first").to_numpy(dtype=np.int64)
    tails, heads = np.concatenate([first[one], sites]), np.concatenate([second[one], lead])
    links = coo_array((np.ones(len(tails), np.int8), (tails, heads)), shape=(len(left), len(left)))
    _, cluster = connected_components(links, directed=False)
    # Nodes are numbered by the first cable that ends there, its first end before its last.
    turn = np.lexsort((left, ends["cable"].to_numpy()[left]))
    _, opening = np.unique(cluster[turn], return_index=True)
    number = np.empty(len(opening), dtype=np.int64)
    number[np.argsort(opening)] = np.arange(len(opening))
    made[left] = number[cluster]
    return made


def _with_made(known: pd.DataFrame, ends: pd.DataFrame, node: Integers) -> pd.DataFrame:
    """Add the nodes that only ends tell of: the first name among them, the middle of their places."""
    only = node >= len(known)
    table = ends[only].assign(node=node[only]).sort_values(["cable"], kind="stable")
    middle = table.groupby("node", sort=True)[["lon", "lat"]].mean()
    label = table[table["label"].ne("")].groupby("node", sort=True)["label"].first().reindex(middle.index)
    unnamed = pd.Series([f"N{place:05d}" for place in range(1, len(middle) + 1)], index=middle.index, dtype=object)
    name = label.astype(object).where(label.notna(), unnamed)
    twice = name.duplicated(keep=False) | name.isin(set(known["node_id"]))
    made = pd.DataFrame(
        {"node_id": name.where(~twice, name + "@" + unnamed), "layer": "cables", "name": label.fillna("")}
    )
    made = made.assign(kind="", operator="", lon=middle["lon"], lat=middle["lat"]).astype({"name": object})
    return pd.concat([known, made], ignore_index=True) if len(made) else known


def end_findings(
    cables: gpd.GeoDataFrame,
    ends: pd.DataFrame,
    by_name: Integers,
    known: KnownNodes,
    *,
    settings: RouteSettings,
) -> tuple[Finding, ...]:
    """Say which ends name nodes that do not exist, or lie far from those they name, and which cables have no length.

    Parameters
    ----------
    cables
        Canonical layer.
    ends
        First ends of all cables, then last ones: cable, label, lon, lat, length_m of the cable.
    by_name
        Known node that each end names, -1 where none.
    known
        Of `known_nodes`.
    settings
        Distances.

    Returns
    -------
    findings
        In order of rule, then cable.

    Examples
    --------
    >>> cables = gpd.GeoDataFrame({"cable_id": ["A"], "source": ["c.gpkg||1"]})
    >>> ends = pd.DataFrame({"cable": [0, 0], "label": ["X", ""], "lon": [75.0, 75.1], "lat": [39.0, 39.0]})
    >>> ends["length_m"] = 8658.0
    >>> known = KnownNodes(known_nodes({}).table, frozenset(), complete=True)
    >>> [one.rule for one in end_findings(cables, ends, np.array([-1, -1]), known, settings=RouteSettings())]
    ['OM-TOP-201']
    """
    label = ends["label"].to_numpy(dtype=object)
    unknown = (label != "") & (by_name < 0) & known.complete
    found = [
        _finding("OM-TOP-201", cables, ends, one, node=label[one])
        for one in np.flatnonzero(unknown)
        if str(label[one]) not in known.elsewhere
    ]
    named = np.flatnonzero((by_name >= 0) & np.isfinite(ends["lon"].to_numpy()))
    node = known.table.iloc[by_name[named]]
    lon, lat = (ends[name].to_numpy()[named] for name in ("lon", "lat"))
    apart_m = geodesic_distance(lon, lat, node["lon"].to_numpy(dtype=float), node["lat"].to_numpy(dtype=float))
    limit_m = settings.end_distance_m
    found += [
        _finding("OM-TOP-202", cables, ends, one, node=label[one], distance_m=f"{far:.0f}", limit_m=f"{limit_m:g}")
        for one, far in zip(named, apart_m, strict=True)
        if far > limit_m
    ]
    found += _names_at_two_places(cables, ends, by_name, known, limit_m)
    bare = np.flatnonzero(~(ends["length_m"].to_numpy()[: len(cables)] > 0))
    found += [_finding("OM-TOP-204", cables, ends, one) for one in bare]
    return tuple(sorted(found, key=lambda one: (one.rule, one.feature)))


def _names_at_two_places(  # noqa: PLR0917
    cables: gpd.GeoDataFrame, ends: pd.DataFrame, by_name: Integers, known: KnownNodes, limit_m: float
) -> list[Finding]:
    """Say which names that no layer knows stand at ends far from each other, however each cable was drawn."""
    label = ends["label"]
    asked = ends[(by_name < 0) & label.ne("") & np.isfinite(ends["lon"]) & ~label.isin(known.elsewhere)]
    apart_m = _from_first(asked, ends)
    far = asked.assign(apart_m=apart_m[0])
    fits = [pd.Series(one, asked.index).groupby(asked["label"]).transform("max").le(limit_m) for one in apart_m[1:]]
    far = far[~np.any(fits, axis=0) & far["apart_m"].gt(limit_m)].drop_duplicates("label")
    return [
        _finding("OM-TOP-203", cables, ends, at, node=row["label"], distance_m=f"{row['apart_m']:.0f}")
        for at, row in far.to_dict("index").items()
    ]


def _from_first(asked: pd.DataFrame, ends: pd.DataFrame) -> list[NDArray[np.float64]]:
    """Measure from the first end of a name to others; then from either end of that cable to the nearer of theirs."""
    turned = ends[["lon", "lat"]].take(np.roll(np.arange(len(ends)), len(ends) // 2)).set_axis(ends.index)
    places = [asked[["lon", "lat"]], turned.loc[asked.index]]
    lead = [place.groupby(asked["label"], sort=False).transform("first").to_numpy() for place in places]
    far_m = [[geodesic_distance(*place.to_numpy(dtype=float).T, *first.T) for place in places] for first in lead]
    return [far_m[0][0], *(np.fmin(*both) for both in far_m)]


def _finding(
    rule: str, cables: gpd.GeoDataFrame, ends: pd.DataFrame, at: int | np.integer[Any], **values: object
) -> Finding:
    """Name a fault of an end of a cable."""
    row = int(ends["cable"].iloc[at])
    cable = cables.iloc[row]
    file, sheet, number = ([*str(cable.get("source") or "").split("|"), "", "", ""])[:3]
    lon, lat = float(ends["lon"].iloc[at]), float(ends["lat"].iloc[at])
    drawn = np.isfinite(lon)
    return Finding(
        rule,
        layer="cables",
        file=file,
        row=int(number) if number.isdigit() else None,
        feature=str(cable.get("cable_id") or ""),
        values={"cable": str(cable.get("cable_id") or ""), **values},
        lon=lon if drawn else None,
        lat=lat if drawn else None,
        sheet=sheet,
        columns=("from_node" if at < len(cables) else "to_node",) if values else (),
    )
