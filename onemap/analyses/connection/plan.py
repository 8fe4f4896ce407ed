"""How each new site is connected: fibre or microwave, whichever is cheaper with what is shared; power and access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.columns import column, ids, places, require_geographic
from onemap.analyses.connection.access import road_distance, without_track
from onemap.analyses.connection.fibre import FibrePlan, Room, edge_costs, fibre_plan
from onemap.analyses.connection.microwave import Links, Stands, known_ground, microwave_links, site_links
from onemap.analyses.connection.power import Power, power_supply
from onemap.analyses.connection.relays import relayed
from onemap.analyses.connection.supply import FarEnds, Supply, far_ends, supply_of
from onemap.analyses.connection.ways import Ways, way_lines, ways
from onemap.analyses.connection_settings import ConnectionSettings
from onemap.analyses.costs import CostBook
from onemap.layers.grid import Grid
from onemap.layers.nearest import nearest

__all__ = ["ConnectionPlan", "plan_of"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
_STANDS_ALREADY = ("existing tower", "structure", "room")  # kinds of sites whose masts are not made higher


@dataclass(frozen=True, slots=True, eq=False)
class ConnectionPlan:
    """All that a plan of connections holds; arrays of one value a site have shape (n,), in the order of the ids.

    Attributes
    ----------
    name, stands
        Ids of the sites, and where they stand.
    existing
        Far end that a site shares its spot with; -1 for none.
    lines, supply, ways, costs, fibre
        Lines that fibre can follow, where it is free, the graph of both with the costs of its edges, what was chosen.
    ends, links, direct
        Far ends of microwave links, the links looked at, and the cheapest of each site; -1 for none.
    between, hangs
        Links between new sites, and the one that each site hangs on; -1 for none.
    ground
        Whether the elevation model knows the ground of each site; None where there is no elevation model.
    power, road_m
        Power of each site; distance of its nearest road.
    """

    name: NDArray[np.object_]
    stands: Stands
    existing: Integers
    lines: Mapping[str, gpd.GeoDataFrame]
    supply: Supply
    ways: Ways
    costs: Floats
    fibre: FibrePlan
    ends: FarEnds
    links: Links
    direct: Integers
    between: Links
    hangs: Integers
    ground: Flags | None
    power: Power
    road_m: Floats

    @property
    def by_link(self) -> Flags:
        """Whether each site is connected by a link of its own to a far end."""
        return (self.direct >= 0) & ~self.fibre.on_fibre & (self.hangs < 0) & (self.existing < 0)


def plan_of(
    sites: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    grid: Grid | None,
    *,
    book: CostBook,
    settings: ConnectionSettings,
) -> ConnectionPlan:
    """Plan the connections of sites.

    Parameters
    ----------
    sites
        Canonical layer `planned_sites`, geographic CRS.
    layers
        Canonical layers by name, as far as there are.
    grid
        Heights of the ground; None where there is no elevation model.
    book, settings
        Prices and assumptions.

    Returns
    -------
    plan
        Sites in the order of their ids.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.costs import package_costs
    >>> site = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[shapely.Point(75.1, 39)], crs="EPSG:4490")
    >>> road = gpd.GeoDataFrame({"road_id": ["R"]}, geometry=[shapely.LineString([(75, 39), (75.1, 39)])],
    ...     crs="EPSG:4490")
    >>> room = gpd.GeoDataFrame({"room_id": ["M"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> plan = plan_of(site, {"roads": road, "rooms": room}, None, book=package_costs(), settings=ConnectionSettings())
    >>> plan.fibre.on_fibre
    array([ True])
    """
    crs = require_geographic(**{**layers, "planned_sites": sites})
    _, name, stands = stands_of(sites, settings)
    ends, supply = far_ends(layers, settings), supply_of(layers, settings)
    existing = on_spot(stands, ends, settings)
    lines = way_lines(layers, layers.get("roads"), settings)
    graph = ways(stands.lon, stands.lat, lines, supply, settings=settings)
    costs = edge_costs(graph, book)
    links, between, ground = links_of(stands, ends, grid, crs=crs, settings=settings)
    price, hop = (link_prices(one, stands, book) for one in (links, between))
    direct, alone = cheapest_links(links, price, len(name))
    end = book.price("fibre_terminal") if len(name) else 0.0
    without = np.where(existing >= 0, -1.0, np.where(np.isfinite(alone), alone - end, np.inf))
    fibre = fibre_plan(graph, costs, without, room=_room(lines, supply, settings), budget=settings.exchange_steps)
    hangs = np.full(len(name), -1, dtype=np.int64)
    if settings.most_hops > 1 and len(between.site):
        found = relayed(fibre, between, hop, direct=alone, existing=existing >= 0, fibre=costs, end=end)
        fibre, hangs = found.plan, found.link
    power = power_supply(stands.lon, stands.lat, layers, book, settings=settings)
    road_m = road_distance(stands.lon, stands.lat, layers.get("roads"), settings=settings)
    road_m = without_track(road_m, stands.lon, stands.lat, layers, settings=settings)
    return ConnectionPlan(
        name, stands, existing, lines, supply, graph, costs, fibre, ends, links, direct, between, hangs, ground, power,
        road_m,
    )  # fmt: skip


def stands_of(sites: gpd.GeoDataFrame, settings: ConnectionSettings) -> tuple[Integers, NDArray[np.object_], Stands]:
    """Give the order of the sites by their ids, then their ids, places and heights in that order.

    Parameters
    ----------
    sites, settings
        As for `plan_of`.
    """
    lon, lat = places(sites, "planned_sites")
    name = ids(sites, "planned_sites").fillna("").to_numpy(dtype=object)
    height_m = column(sites, "wanted_height_m", "number").fillna(settings.site_height_m).to_numpy()
    order = np.array(sorted(range(len(name)), key=lambda at: (name[at], lon[at], lat[at])), dtype=np.int64)
    fixed = column(sites, "kind").isin(_STANDS_ALREADY).to_numpy(dtype=bool)
    return order, name[order], Stands(lon[order], lat[order], height_m[order], fixed[order])


def on_spot(stands: Stands, ends: FarEnds, settings: ConnectionSettings) -> Integers:
    """Give the far end on whose spot each site stands; -1 for none.

    Parameters
    ----------
    stands, ends, settings
        The sites, where fibre is, how near counts.
    """
    found, distance_m = nearest(stands.lon, stands.lat, ends.lon, ends.lat)
    return np.where(distance_m <= settings.existing_m, found, -1).astype(np.int64)


def links_of(
    stands: Stands, ends: FarEnds, grid: Grid | None, *, crs: CRS, settings: ConnectionSettings, between: bool = True
) -> tuple[Links, Links, Flags | None]:
    """Give the links to far ends and between sites, and for which sites the ground is known.

    Parameters
    ----------
    stands, ends, grid, crs, settings
        As for `microwave_links`.
    between
        Whether links between sites are looked at.
    """
    none, number = np.empty(0), np.empty(0, dtype=np.int64)
    nothing = Links(number, number, none, none, none, np.empty(0, dtype=bool))
    ground = None if grid is None else known_ground(stands, grid, crs)
    if grid is None or not settings.microwave:
        return nothing, nothing, ground
    links = microwave_links(stands, ends, grid, crs=crs, settings=settings)
    asked = between and settings.most_hops > 1
    return links, site_links(stands, grid, crs=crs, settings=settings) if asked else nothing, ground


def link_prices(links: Links, stands: Stands, book: CostBook) -> Floats:
    """Price links; infinite where one cannot be built.

    Parameters
    ----------
    links, stands, book
        Links, the sites they start from, prices.
    """
    price = np.full(len(links.site), np.inf)
    clear = links.clear
    if clear.any():
        higher_m = links.height_m[clear] - stands.height_agl_m[links.site[clear]]
        price[clear] = 2.0 * book.price("microwave_end")
        if higher_m.any():
            price[clear] += higher_m * book.price("microwave_tower")
    return price


def cheapest_links(links: Links, price: Floats, count: int) -> tuple[Integers, Floats]:
    """Give the cheapest link of each site, the shortest of equal ones, and its price.

    Parameters
    ----------
    links, price, count
        Links, their prices, number of sites.
    """
    best, alone = np.full(count, -1, dtype=np.int64), np.full(count, np.inf)
    order = np.lexsort((links.far, links.length_m, price, links.site))
    order = order[np.isfinite(price[order])]
    site, first = np.unique(links.site[order], return_index=True)
    best[site], alone[site] = order[first], price[order[first]]
    return best, alone


def _room(lines: Mapping[str, gpd.GeoDataFrame], supply: Supply, settings: ConnectionSettings) -> Room:
    """Say how many sites each cable and each place of supply can take."""
    if "spare" not in lines or not settings.cores_per_site:
        return Room(np.full(len(lines.get("spare", ())), np.inf), supply.room_for)
    free = column(lines["spare"], "cores_free", "number").to_numpy()
    room = np.floor(free / settings.cores_per_site)
    return Room(np.where(np.isnan(room), np.inf, room), supply.room_for)
