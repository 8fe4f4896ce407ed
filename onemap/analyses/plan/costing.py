"""What each candidate would cost if it were the only one: the site, radio equipment, connection, power and access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.analyses.columns import column, members
from onemap.analyses.connection import ConnectionSettings, alone_costs
from onemap.analyses.costs import CostBook
from onemap.layers.grid import Grid

__all__ = ["PARTS", "CandidateCosts", "as_planned_sites", "candidate_costs", "items_of", "with_dishes", "without_sky"]

PARTS = ("site", "radio", "connection", "power", "access")
"""Parts of the cost of a site, in the order they are told in."""

_SITE_ITEMS = {
    "existing tower": "site_tower_share",
    "structure": "site_structure_share",
    "room": "site_room_share",
    "planned": "site_new",
    "new site": "site_new",
}
_WAYS = ("existing", "fibre", "microwave", "satellite")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CandidateCosts:
    """Costs of candidates.

    Attributes
    ----------
    table
        On the index of the candidates: `way` (existing, fibre, microwave, satellite, none), each of `PARTS`, `total`,
        and what the connection costs by each way (`by_existing` …); infinite where nothing connects the candidate.
    money
        What they are in.
    """

    table: pd.DataFrame
    money: str

    @property
    def connected(self) -> NDArray[np.bool_]:
        """Whether anything connects each candidate."""
        return np.asarray(np.isfinite(self.table["total"].to_numpy(dtype=float)))

    def at(self, rows: NDArray[np.int64]) -> CandidateCosts:
        """Give the costs of some candidates, numbered anew.

        Parameters
        ----------
        rows
            Their positions.
        """
        return CandidateCosts(self.table.iloc[rows].reset_index(drop=True), self.money)

    def moved(self, part: str, factor: float) -> Floats:
        """Give the totals if the prices of one part were so many times what they are.

        Parameters
        ----------
        part
            One of `PARTS` but the connection, or a way of connecting: fibre, microwave, satellite. Then each candidate
            takes the way that is cheapest at these prices.
        factor
            What prices are multiplied by.
        """
        table = self.table
        if part in PARTS:
            return np.asarray(table["total"] + table[part] * (factor - 1.0), dtype=float)
        moved = {"fibre": ("existing", "fibre")}.get(part, (part,))  # what is connected already takes a fibre end too
        ways = [table[f"by_{way}"] * (factor if way in moved else 1.0) for way in _WAYS if f"by_{way}" in table]
        connection = np.column_stack(ways).min(axis=1)
        return np.asarray(table["total"] - table["connection"] + connection, dtype=float)


def items_of(kind: str) -> tuple[str, ...]:
    """Name the items that a site of some kind is priced by, besides its connection.

    Examples
    --------
    >>> items_of("structure"), items_of("satellite")
    (('site_structure_share', 'site_radio'), ('satellite_site',))
    """
    return ("satellite_site",) if kind == "satellite" else (_SITE_ITEMS[kind], "site_radio")


def as_planned_sites(candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give candidates as the canonical layer `planned_sites`.

    Parameters
    ----------
    candidates
        Result layer `plan_candidates`.

    Examples
    --------
    >>> import shapely
    >>> site = gpd.GeoDataFrame({"candidate_id": ["new:A:4G"], "kind": "new site", "technologies": "4G",
    ...     "height_agl_m": 35.0}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> as_planned_sites(site)[["site_id", "technology", "wanted_height_m"]].values.tolist()
    [['new:A:4G', '4G', 35.0]]
    """
    values = {
        "site_id": column(candidates, "candidate_id"),
        "name": column(candidates, "name"),
        "kind": column(candidates, "kind"),
        "technology": column(candidates, "technologies"),
        "wanted_height_m": column(candidates, "height_agl_m", "number"),
    }
    return gpd.GeoDataFrame(values, geometry=candidates.geometry, crs=candidates.crs)


def candidate_costs(
    candidates: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    grid: Grid | None,
    *,
    book: CostBook,
    settings: ConnectionSettings,
) -> CandidateCosts:
    """Price each candidate as if no other were built.

    Parameters
    ----------
    candidates
        Result layer `plan_candidates`, satellites not among them; geographic CRS.
    layers
        Canonical layers by name, for ways, supply, power and roads.
    grid
        Heights of the ground; None where there is no elevation model.
    book, settings
        Prices; how sites are connected.

    Returns
    -------
    costs
        A set of radio equipment is counted for each technology.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    ProjectError
        If a quantity has no price, or prices are in different money.

    Examples
    --------
    >>> import shapely
    >>> from onemap.analyses.costs import package_costs
    >>> point = shapely.Point(75, 39)
    >>> sites = gpd.GeoDataFrame({"candidate_id": ["a", "b"], "spot_id": ["a", "b"],
    ...     "kind": ["existing tower", "new site"], "technologies": ["4G", "4G;5G"], "height_agl_m": 30.0},
    ...     geometry=[point] * 2, crs="EPSG:4490")
    >>> room = gpd.GeoDataFrame({"room_id": ["M"]}, geometry=[shapely.Point(75, 39)], crs="EPSG:4490")
    >>> costs = candidate_costs(sites, {"rooms": room}, None, book=package_costs(), settings=ConnectionSettings())
    >>> costs.table[["site", "radio", "connection"]].values.tolist(), costs.money
    ([[4.0, 18.0, 2.0], [40.0, 36.0, 2.0]], '万元')
    """
    kind = column(candidates, "kind").to_numpy(dtype=object)
    items = sorted(set(_SITE_ITEMS.values()))
    built = book.of({item: np.array([_SITE_ITEMS.get(one) == item for one in kind], dtype=float) for item in items})
    sets = np.array([len(one) for one in members(column(candidates, "technologies"))], dtype=float)
    radio = book.of({"site_radio": sets})
    alone = _alone(candidates, layers, grid, book=book, settings=settings)
    table = alone.assign(
        site=np.broadcast_to(built.total, len(kind)),
        radio=np.broadcast_to(radio.total, len(kind)),
    )
    table["total"] = sum(table[part] for part in PARTS)
    money = built.money or radio.money
    used = [*items, "site_radio", *_used_by(table)]
    book.money([name for name in used if name in book.items])
    return CandidateCosts(table, money)


def _used_by(table: pd.DataFrame) -> list[str]:
    """Name an item of each way that is used, so that all are in one money."""
    item = {"existing": "fibre_terminal", "fibre": "fibre_terminal", "microwave": "microwave_end",
            "satellite": "satellite_site"}  # fmt: skip
    return [item[way] for way in sorted(set(table["way"])) if way in item]


def _alone(
    candidates: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    grid: Grid | None,
    *,
    book: CostBook,
    settings: ConnectionSettings,
) -> pd.DataFrame:
    """Price the connection of each spot once, for all equipment that hangs at one height."""
    sites = as_planned_sites(candidates)
    spot = column(candidates, "spot_id").fillna(sites["site_id"])
    group = pd.MultiIndex.from_arrays([spot, sites["wanted_height_m"].fillna(-1.0)])
    number = pd.factorize(group)[0]
    first = np.flatnonzero(~pd.Series(number).duplicated().to_numpy())
    once = alone_costs(sites.iloc[first], layers, grid, book=book, settings=settings)
    return once.iloc[number].set_axis(candidates.index)


def with_dishes(costs: CandidateCosts, count: int, book: CostBook) -> CandidateCosts:
    """Add dishes, each at a place that nothing else reaches, behind the candidates.

    Parameters
    ----------
    costs
        Costs of the candidates on the ground.
    count
        How many dishes there are.
    book
        Prices.

    Examples
    --------
    >>> from onemap.analyses.costs import package_costs
    >>> none = CandidateCosts(pd.DataFrame(columns=["way", *PARTS, "total"]), "")
    >>> with_dishes(none, 2, package_costs()).table["total"].tolist()
    [10.0, 10.0]
    """
    if not count:
        return costs
    price = book.of({"satellite_site": 1.0})
    dish = {"way": "satellite", **dict.fromkeys(PARTS, 0.0), **{f"by_{way}": np.inf for way in _WAYS}}
    dish |= dict.fromkeys(("connection", "by_satellite", "total"), float(price.total))
    parts = [part for part in (costs.table, pd.DataFrame([dish] * count)) if len(part)]
    table = pd.concat(parts, ignore_index=True)
    ways = [f"by_{way}" for way in _WAYS]
    table[ways] = table.reindex(columns=ways).astype(float).fillna(np.inf)
    return CandidateCosts(table, costs.money or price.money)


def without_sky(costs: CandidateCosts, looks: gpd.GeoDataFrame, spots: pd.Series) -> CandidateCosts:
    """Take back the connection by satellite from spots that see no satellite.

    Parameters
    ----------
    costs
        Costs of candidates.
    looks
        Result layer `satellite_looks` of the spots that would be connected by satellite, named in `target_id`.
    spots
        Spot of each candidate, on the index of the costs.

    Examples
    --------
    >>> table = pd.DataFrame({"way": ["satellite"], "connection": 10.0, "total": 30.0, "by_satellite": 10.0})
    >>> looks = gpd.GeoDataFrame({"target_id": ["S"], "verdict": ["blocked"], "low_orbit_verdict": ["blocked"]})
    >>> without_sky(CandidateCosts(table, "万元"), looks, pd.Series(["S"])).table["way"].tolist()
    ['none']
    """
    seen = column(looks, "verdict").eq("visible") | column(looks, "low_orbit_verdict").eq("visible")
    sees = set(column(looks, "target_id")[seen.fillna(value=False).to_numpy(dtype=bool)])
    blind = costs.table["way"].eq("satellite").to_numpy() & ~spots.isin(sees).to_numpy(dtype=bool)
    table = costs.table.copy()
    table.loc[blind, "way"] = "none"
    table.loc[blind, ["connection", "total", "by_satellite"]] = np.inf
    return replace(costs, table=table)
