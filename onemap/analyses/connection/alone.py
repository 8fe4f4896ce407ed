"""What connecting each site would cost if it were the only one: the price of a candidate before any is chosen."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.columns import require_geographic
from onemap.analyses.connection.access import road_distance, track_length, without_track
from onemap.analyses.connection.fibre import edge_costs
from onemap.analyses.connection.plan import cheapest_links, link_prices, links_of, on_spot, stands_of
from onemap.analyses.connection.power import power_supply
from onemap.analyses.connection.steiner import weighted_graph
from onemap.analyses.connection.supply import far_ends, supply_of
from onemap.analyses.connection.tree_kernels import FAR, nearest_sources
from onemap.analyses.connection.ways import Ways, way_lines, ways
from onemap.analyses.connection_settings import ConnectionSettings
from onemap.analyses.costs import CostBook, package_costs
from onemap.layers.grid import Grid

__all__ = ["alone_costs"]

Floats = NDArray[np.float64]

_PARTS_OF_MONEY = 1e6


def alone_costs(
    sites: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    grid: Grid | None = None,
    *,
    book: CostBook | None = None,
    settings: ConnectionSettings | None = None,
) -> pd.DataFrame:
    """Price the connection of each site as if no other were built.

    Parameters
    ----------
    sites
        Canonical layer `planned_sites`, geographic CRS.
    layers, grid, book, settings
        As for `connections`.

    Returns
    -------
    costs
        On the index of `sites`: `way` (existing, fibre, microwave, satellite, none), `connection`, `power`, `access`
        and their sum `total`, in the money of the prices; infinite where nothing reaches the site; `by_existing`,
        `by_fibre`, `by_microwave` and, where it may be used, `by_satellite`: what each way costs. Each is what
        `connections` gives for the site alone, room in cables and nodes aside; several together cost at most the sum,
        as they share trenches.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a site has no geometry.
    ProjectError
        If a quantity has no price.

    Examples
    --------
    >>> import shapely
    >>> site = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[shapely.Point(75.1, 39)], crs="EPSG:4490")
    >>> road = gpd.GeoDataFrame({"road_id": ["R"]}, geometry=[shapely.LineString([(75, 39), (75.1, 39)])],
    ...     crs="EPSG:4490")
    >>> room = gpd.GeoDataFrame({"room_id": ["M"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> alone_costs(site, {"roads": road, "rooms": room})[["way", "connection"]].round(1).values.tolist()
    [['fibre', 106.0]]
    """
    book, settings = book or package_costs(), settings or ConnectionSettings()
    crs = require_geographic(**{**layers, "planned_sites": sites})
    order, _, stands = stands_of(sites, settings)
    ends = far_ends(layers, settings)
    graph = ways(
        stands.lon, stands.lat, way_lines(layers, layers.get("roads"), settings), supply_of(layers, settings),
        settings=settings,
    )  # fmt: skip
    links, _, _ = links_of(stands, ends, grid, crs=crs, settings=settings, between=False)
    link = cheapest_links(links, link_prices(links, stands, book), len(order))[1]
    fibre = _by_fibre(graph, book, len(order))
    there = on_spot(stands, ends, settings) >= 0
    existing = np.where(there, _priced(book, "fibre_terminal", there), np.inf)
    choices = {"existing": existing, "fibre": fibre, "microwave": link}
    if settings.satellite == "last resort":
        reached = np.isfinite(np.column_stack(list(choices.values()))).any(axis=1)
        choices["satellite"] = np.where(reached, np.inf, _priced(book, "satellite_site", ~reached))
    table = np.column_stack(list(choices.values()))
    table[np.isfinite(table[:, 0]), 1:] = np.inf  # what is connected already needs no other way
    best = table.argmin(axis=1) if len(table) else np.empty(0, dtype=np.int64)
    connection = table[np.arange(len(table)), best]
    names = np.array([*choices, "none"], dtype=object)
    way = names[np.where(np.isfinite(connection), best, len(choices))]
    power = power_supply(stands.lon, stands.lat, layers, book, settings=settings)
    road_m = road_distance(stands.lon, stands.lat, layers.get("roads"), settings=settings)
    road_m = without_track(road_m, stands.lon, stands.lat, layers, settings=settings)
    track_km = track_length(road_m, known=len(layers.get("roads", ())) > 0, settings=settings)
    access = book.of({"access_track": track_km / 1000.0}).total
    found = pd.DataFrame({"way": way, "connection": connection, "power": power.cost, "access": access})
    found["total"] = found[["connection", "power", "access"]].sum(axis=1)
    found = found.assign(**{f"by_{name}": table[:, number] for number, name in enumerate(choices)})
    rows = np.empty(len(order), dtype=np.int64)
    rows[order] = np.arange(len(order))
    return found.iloc[rows].set_axis(sites.index)


def _by_fibre(graph: Ways, book: CostBook, count: int) -> Floats:
    """Give the cheapest way of each site to free fibre, past no other site; infinite where there is none."""
    start, end = np.minimum(graph.start, graph.end), np.maximum(graph.start, graph.end)  # sites are the first nodes
    weight = np.rint(edge_costs(graph, book) * _PARTS_OF_MONEY).astype(np.int64)
    leg = (start < count) & (end >= count)
    net = weighted_graph(start[start >= count], end[start >= count], weight[start >= count], size=graph.root + 1)
    distance = nearest_sources(net.indptr, net.head, net.edge, net.weight, np.array([graph.root]))[0]
    cost = np.full(count, np.inf)
    far = np.where(distance[end[leg]] < FAR, distance[end[leg]] + weight[leg], np.inf)
    np.minimum.at(cost, start[leg], far / _PARTS_OF_MONEY)
    return cost + _priced(book, "fibre_terminal", np.isfinite(cost))


def _priced(book: CostBook, item: str, wanted: NDArray[np.bool_]) -> float:
    """Give a price, which nobody needs where nothing is wanted."""
    return book.price(item) if np.any(wanted) else 0.0
