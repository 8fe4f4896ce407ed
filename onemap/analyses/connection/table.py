"""The list of connections: one row a site with its way, metres by kind, costs by part, geometry and reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import ids, require_geographic, result_layer
from onemap.analyses.connection.access import track_length
from onemap.analyses.connection.findings import plan_findings
from onemap.analyses.connection.plan import ConnectionPlan, plan_of
from onemap.analyses.connection.reasons import reasons
from onemap.analyses.connection.ways import KINDS
from onemap.analyses.connection_settings import ConnectionSettings
from onemap.analyses.costs import CERTAINTIES, CostBook, CostSum, package_costs
from onemap.findings import Finding
from onemap.layers.grid import Grid
from onemap.messages import LANGUAGES

__all__ = ["Connections", "connections"]

Floats = NDArray[np.float64]

_METRES = KINDS[:5]
_PARTS = ("fibre", "microwave", "satellite", "power", "access")


@dataclass(frozen=True, slots=True, eq=False)
class Connections:
    """Connections of new sites.

    Attributes
    ----------
    sites
        Result layer `plan_connections`, a row for each site, in the order of the sites.
    costs
        What all of it costs, by item, by part and in all: arrays of one value a site.
    fibre_cost, fibre_bound
        Cost of all fibre ways, each metre once; and what no tree over all sites that can be reached costs less than. In
        the money of the costs.
    settled
        False where the search for better trees was cut off by `exchange_steps`.
    findings
        What stands in the way of the plan as a whole.
    """

    sites: gpd.GeoDataFrame
    costs: CostSum
    fibre_cost: float
    fibre_bound: float
    settled: bool
    findings: tuple[Finding, ...]


def connections(
    sites: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    grid: Grid | None = None,
    *,
    book: CostBook | None = None,
    settings: ConnectionSettings | None = None,
    first_pays: bool = False,
) -> Connections:
    """Connect new sites by fibre or microwave, with power and access, at least cost.

    Parameters
    ----------
    sites
        Canonical layer `planned_sites`, geographic CRS; `wanted_height_m` is the antenna's height above ground.
    layers
        Canonical layers in the same CRS, as far as there are: `roads`, `cables`, `ducts`, `nodes`, `rooms`, `towers`
        for fibre and microwave; `structures`, `settlements`, `villages`, `townships` for power.
    grid
        Heights of the ground in metres above sea level, any CRS; without it no microwave link can be judged.
    book
        Prices; those of the package, which are examples, if not given.
    settings
        Reaches, clearance, capacities: assumptions of the project.
    first_pays
        Whether what several sites use is paid by the first of them in the order of the rows, which is that of building,
        and not split evenly.

    Returns
    -------
    connections
        Ways of fibre form trees from where cores, ports or racks are free; a metre that several sites use is built
        once, and its length and cost are split evenly among them, so that rows sum to the whole. A site is on fibre
        where no link is cheaper, its share of all trees considered; see `choose` for what is proven. What is not
        priced, because nothing reaches the site, stands in `open_parts`.

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
    >>> site = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[shapely.Point(75.1, 39)], crs="EPSG:4490")
    >>> road = gpd.GeoDataFrame({"road_id": ["R"]}, geometry=[shapely.LineString([(75, 39), (75.1, 39)])],
    ...     crs="EPSG:4490")
    >>> room = gpd.GeoDataFrame({"room_id": ["M"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> found = connections(site, {"roads": road, "rooms": room})
    >>> found.sites[["way", "to_id", "trench_m", "cost_fibre"]].round(1).values.tolist()
    [['fibre', 'M', 8662.6, 106.0]]
    """
    book, settings = book or package_costs(), settings or ConnectionSettings()
    crs = require_geographic(**{**layers, "planned_sites": sites})
    plan = plan_of(sites, layers, grid, book=book, settings=settings)
    way = _ways(plan, settings)
    order = _rows_of(sites, plan).tolist() if first_pays else None
    amounts = _amounts(plan, way, settings, order=order)
    costs = book.of(amounts)
    values = {"site_id": plan.name, "way": way, **_ends(plan, way), **_metres(plan, order), **_links(plan)}
    values |= {"power": plan.power.way, "power_layer": plan.power.layer, "power_id": plan.power.name}
    values |= {"power_m": plan.power.distance_m, "road_m": np.where(np.isfinite(plan.road_m), plan.road_m, np.nan)}
    values |= _money(costs, len(way)) | _doubts(plan, way, amounts, book)
    said = reasons(plan, way, book=book, settings=settings)
    values |= {f"reason_{lang}": said[lang] for lang in LANGUAGES}
    layer = result_layer("plan_connections", values, _shapes(plan, way), crs)
    layer = layer.iloc[_rows_of(sites, plan)].reset_index(drop=True)
    found = plan_findings(plan, way, layers, settings=settings)
    return Connections(layer, costs, plan.fibre.cost, plan.fibre.bound, plan.fibre.settled, found)


def _rows_of(sites: gpd.GeoDataFrame, plan: ConnectionPlan) -> NDArray[np.int64]:
    """Give the row of the plan for each site as it came."""
    name = ids(sites, "planned_sites").fillna("").to_numpy(dtype=object)
    points = shapely.point_on_surface(np.asarray(sites.geometry.to_numpy(), dtype=object))
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    order = sorted(range(len(name)), key=lambda at: (name[at], lon[at], lat[at]))
    rows = np.empty(len(order), dtype=np.int64)
    rows[np.array(order, dtype=np.int64)] = np.arange(len(order))
    return rows if len(plan.name) else rows[:0]


def _ways(plan: ConnectionPlan, settings: ConnectionSettings) -> NDArray[np.object_]:
    """Name the way of each site."""
    last = "satellite" if settings.satellite == "last resort" else "none"
    way = np.full(len(plan.name), last, dtype=object)
    way[plan.by_link | (plan.hangs >= 0)] = "microwave"
    way[plan.fibre.on_fibre] = "fibre"
    way[plan.existing >= 0] = "existing"
    return way


def _amounts(
    plan: ConnectionPlan, way: NDArray[np.object_], settings: ConnectionSettings, *, order: list[int] | None
) -> dict[str, Floats]:
    """Give how much of each priced item each site takes."""
    km = {f"fibre_{kind}": metres / 1000.0 for kind, metres in _lengths(plan, order).items()}
    power, line_km = plan.power.way, np.nan_to_num(plan.power.distance_m) / 1000.0
    track_km = track_length(plan.road_m, known="trench" in plan.lines, settings=settings) / 1000.0
    higher_m = np.nan_to_num(_heights(plan) - plan.stands.height_agl_m)
    return {
        **km,
        "fibre_tap": plan.fibre.share(plan.ways.taps.astype(float), order=order),
        "fibre_terminal": np.isin(way, ("fibre", "existing")).astype(float),
        "microwave_end": 2.0 * (way == "microwave"),
        "microwave_tower": np.where(way == "microwave", higher_m, 0.0),
        "satellite_site": (way == "satellite").astype(float),
        "power_line": np.where(power == "mains", line_km, 0.0),
        "power_transformer": (power == "mains").astype(float),
        "power_resupply_line": np.where(power == "resupply", line_km, 0.0),
        "power_resupply": (power == "resupply").astype(float),
        "power_solar": (power == "solar").astype(float),
        "access_track": track_km,
    }


def _lengths(plan: ConnectionPlan, order: list[int] | None) -> dict[str, Floats]:
    """Give the metres of each kind, split among those who use them."""
    return {
        kind: plan.fibre.share(plan.ways.length_m, plan.ways.kind == place, order=order)
        for place, kind in enumerate(_METRES)
    }


def _heights(plan: ConnectionPlan) -> Floats:
    """Give the height of the microwave antenna of each site; NaN where it has none."""
    height_m = np.full(len(plan.name), np.nan)
    if len(plan.links.site):
        height_m = np.where(plan.by_link, plan.links.height_m[np.maximum(plan.direct, 0)], height_m)
    if len(plan.between.site):
        height_m = np.where(plan.hangs >= 0, plan.between.height_m[np.maximum(plan.hangs, 0)], height_m)
    return height_m


def _metres(plan: ConnectionPlan, order: list[int] | None) -> dict[str, object]:
    """Give the lengths of each site's fibre, and with how many others it is shared."""
    paths, users = plan.fibre.paths, plan.fibre.users
    others = [int(users[path[:-1]].max(initial=1)) - 1 if len(path) else pd.NA for path in paths]
    route_m = [float(plan.ways.length_m[path].sum()) if len(path) else np.nan for path in paths]
    own = {f"{kind}_m": np.where(plan.fibre.on_fibre, metres, np.nan) for kind, metres in _lengths(plan, order).items()}
    return {"route_m": np.array(route_m, dtype=float), "shared_with": pd.array(others, dtype="Int64"), **own}


def _links(plan: ConnectionPlan) -> dict[str, object]:
    """Give length and height of each site's microwave link."""
    length_m = np.full(len(plan.name), np.nan)
    for used, rows, links in ((plan.by_link, plan.direct, plan.links), (plan.hangs >= 0, plan.hangs, plan.between)):
        length_m[used] = links.length_m[rows[used]]
    return {"link_m": length_m, "antenna_m": _heights(plan)}


def _ends(plan: ConnectionPlan, way: NDArray[np.object_]) -> dict[str, object]:
    """Give where each connection ends."""
    layer, name = (np.full(len(way), None, dtype=object) for _ in range(2))
    for used, rows in ((plan.existing >= 0, plan.existing), (plan.by_link, _far(plan))):
        layer[used], name[used] = plan.ends.layer[rows[used]], plan.ends.name[rows[used]]
    hangs = plan.hangs >= 0
    layer[hangs] = "planned_sites"
    name[hangs] = plan.name[plan.between.far[plan.hangs[hangs]]]
    for site in np.flatnonzero(plan.fibre.on_fibre).tolist():
        path = plan.fibre.paths[site]
        row = int(plan.ways.row[path[-1]])
        if row >= 0:
            layer[site], name[site] = plan.supply.layer[row], plan.supply.name[row]
        else:
            layer[site] = "cables"
            name[site] = ids(plan.lines["spare"], "cables").iloc[int(plan.ways.row[path[-2]])]
    return {"to_layer": layer, "to_id": name}


def _far(plan: ConnectionPlan) -> NDArray[np.int64]:
    """Give the far end of each site's own link."""
    if not len(plan.links.site):
        return np.full(len(plan.name), -1, dtype=np.int64)
    return np.where(plan.direct >= 0, plan.links.far[np.maximum(plan.direct, 0)], -1)


def _money(costs: CostSum, count: int) -> dict[str, object]:
    """Give the costs of each site by part and in all."""
    parts: dict[str, object] = {f"cost_{part}": costs.parts.get(part, np.zeros(count)) for part in _PARTS}
    return {**parts, "cost": np.broadcast_to(costs.total, count), "money": [costs.money or None] * count}


def _doubts(
    plan: ConnectionPlan, way: NDArray[np.object_], amounts: Mapping[str, Floats], book: CostBook
) -> dict[str, object]:
    """Give the least sure price in each site's cost, and what could not be priced."""
    sure = np.full(len(way), len(CERTAINTIES))
    for name, amount in amounts.items():
        rank = CERTAINTIES.index(book.items[name].certainty) if name in book.items else len(CERTAINTIES)
        sure = np.where(amount > 0, np.minimum(sure, rank), sure)
    words = np.array([*CERTAINTIES, ""], dtype=object)[sure]
    open_parts = [
        ";".join([*(["connection"] if one == "none" else []), *([] if near else ["access"])]) or None
        for one, near in zip(way, np.isfinite(plan.road_m), strict=True)
    ]
    return {"price_certainty": [word or None for word in words], "open_parts": open_parts}


def _shapes(plan: ConnectionPlan, way: NDArray[np.object_]) -> NDArray[np.object_]:
    """Draw each connection: the way of the fibre, the line of the link, else the site."""
    lon, lat = plan.stands.lon, plan.stands.lat
    shapes = np.empty(len(way), dtype=object)
    shapes[:] = shapely.points(lon, lat)
    far = _far(plan)
    for used, to_lon, to_lat in (
        (plan.by_link, plan.ends.lon[far], plan.ends.lat[far]) if len(plan.ends.lon) else (plan.by_link, lon, lat),
        _hung(plan),
    ):
        ends = np.stack([np.column_stack([lon, lat]), np.column_stack([to_lon, to_lat])], axis=1)[used]
        shapes[used] = shapely.linestrings(ends) if len(ends) else []
    for site in np.flatnonzero(plan.fibre.on_fibre).tolist():
        at, nodes = site, [site]
        for edge in plan.fibre.paths[site][:-1].tolist():
            at = int(plan.ways.start[edge] + plan.ways.end[edge]) - at
            nodes.append(at)
        line = np.column_stack([plan.ways.lon[nodes], plan.ways.lat[nodes]])
        line = line[np.append(True, np.any(np.diff(line, axis=0) != 0, axis=1))]
        if len(line) > 1:
            shapes[site] = shapely.linestrings(line)
    return shapes


def _hung(plan: ConnectionPlan) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Give which sites hang on others, and where those stand."""
    hangs = plan.hangs >= 0
    if not hangs.any():
        return hangs, plan.stands.lon, plan.stands.lat
    far = plan.between.far[np.maximum(plan.hangs, 0)]
    return hangs, plan.stands.lon[far], plan.stands.lat[far]
