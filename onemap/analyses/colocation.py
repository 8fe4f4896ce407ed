"""Towers of different users that stand close enough to be one."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.analyses.columns import column, ids, places, require_geographic, result_layer
from onemap.analyses.coverage.antennas import tower_users
from onemap.analyses.coverage.settings import TOWER_COMPANY
from onemap.analyses.sharing import SharingSettings
from onemap.layers.nearest import geodesic_distance, pairs_within, points_within
from onemap.messages import text

__all__ = ["colocation_clusters", "colocation_pairs", "inside_settlements"]

_BOUNDARY = "urban development boundary"
_NO_POWER = ("", "无", "否", "no", "none", "No", "None", "N", "0")  # how tables say that there is no mains power
_NEW = "is_new"  # marks planned sites among the towers


def colocation_pairs(
    towers: gpd.GeoDataFrame,
    *,
    settlements: gpd.GeoDataFrame | None = None,
    zones: gpd.GeoDataFrame | None = None,
    planned: gpd.GeoDataFrame | None = None,
    settings: SharingSettings | None = None,
) -> gpd.GeoDataFrame:
    """List pairs of towers of different owners or operators that are too close to each other.

    Parameters
    ----------
    towers
        Canonical layer, geographic CRS; retired towers are left out.
    settlements
        Canonical layer: a tower within `settlement_radius_m` of one stands inside.
    zones
        Canonical layer: a tower inside an urban development boundary stands inside a settlement.
    planned
        Canonical layer `planned_sites`: a new site pairs with every tower that is too close, whoever owns it, and with
        planned sites that another unit has reported.
    settings
        Distances; the defaults if not given.

    Returns
    -------
    colocation_pairs
        Result layer `colocation_pairs`, nearest pairs first. The limit is that of settlements if either tower stands
        inside.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a tower has no place.

    Examples
    --------
    >>> towers = gpd.GeoDataFrame(
    ...     {"tower_id": ["T1", "T2"], "owner": ["中国移动", "中国电信"]},
    ...     geometry=[shapely.Point(75, 39), shapely.Point(75.001, 39)], crs="EPSG:4490")
    >>> colocation_pairs(towers)[["tower_a", "tower_b", "distance_m"]].round(1).values.tolist()
    [['T1', 'T2', 86.6]]
    """
    crs = require_geographic(towers=towers, settlements=settlements, zones=zones, planned=planned)
    settings = settings or SharingSettings()
    towers = _standing(towers, planned)
    lon, lat = places(towers, "towers")
    longest_m = max(settings.distance_in_settlements_m, settings.distance_outside_m)
    first, second, distance_m = pairs_within(lon, lat, distance_m=longest_m)
    inside = inside_settlements(lon, lat, settlements, zones, settings=settings)
    within = inside[first] | inside[second]
    limit_m = np.where(within, settings.distance_in_settlements_m, settings.distance_outside_m)
    shareable = (distance_m <= limit_m) & _differ(towers, first, second)
    order = np.flatnonzero(shareable)[np.lexsort((second[shareable], first[shareable], distance_m[shareable]))]
    first, second, within = first[order], second[order], within[order]
    distance_m, limit_m = distance_m[order], limit_m[order]
    tower_id, owner, status = ids(towers, "towers"), column(towers, "owner"), column(towers, "status")
    values: dict[str, object] = {"distance_m": distance_m, "limit_m": limit_m}
    for side, rows in (("a", first), ("b", second)):
        values |= {f"tower_{side}": tower_id.iloc[rows].array, f"owner_{side}": owner.iloc[rows].array}
        values[f"status_{side}"] = status.iloc[rows].array
    new = _new(towers)
    reason = np.where(within, "pair_inside", "pair_outside").astype(object)
    reason = np.where(new[first] != new[second], np.where(within, "pair_new_inside", "pair_new_outside"), reason)
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [
            text(str(why), lang, distance_m=f"{far:.0f}", limit_m=f"{limit:.0f}")
            for far, limit, why in zip(distance_m, limit_m, reason, strict=True)
        ]
    ends = np.column_stack([lon[first], lat[first], lon[second], lat[second]]).reshape(-1, 2, 2)
    return result_layer("colocation_pairs", values, np.asarray(shapely.linestrings(ends), dtype=object), crs)


def colocation_clusters(
    pairs: gpd.GeoDataFrame,
    towers: gpd.GeoDataFrame,
    *,
    planned: gpd.GeoDataFrame | None = None,
    settings: SharingSettings | None = None,
) -> gpd.GeoDataFrame:
    """Gather pairs into clusters round the tower that is proposed to stay.

    The tower that stays is chosen by `keeper_rules` of the settings, one after another: of the tower company, in
    service, highest, most free platforms, with a room, with mains power; then the first by id. All towers that are
    paired with it go to its cluster; then the next is chosen among those that are left. So every tower of a cluster is
    within the limit of the one that stays.

    Parameters
    ----------
    pairs
        Result layer `colocation_pairs`.
    towers, planned
        The towers and planned sites that were paired.
    settings
        Order of the rules; the defaults if not given.

    Returns
    -------
    colocation_clusters
        Result layer `colocation_clusters`, at the place of the tower that stays; its id comes first in the list.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a tower has no place.

    Examples
    --------
    >>> towers = gpd.GeoDataFrame(
    ...     {"tower_id": ["T1", "T2"], "owner": ["中国移动", "中国铁塔"]},
    ...     geometry=[shapely.Point(75, 39), shapely.Point(75.001, 39)], crs="EPSG:4490")
    >>> clusters = colocation_clusters(colocation_pairs(towers), towers)
    >>> clusters[["tower_ids", "keeper_id", "reason_en"]].values.tolist()
    [['T2;T1', 'T2', 'T2 is proposed to stay: of the tower company']]
    """
    crs = require_geographic(pairs=pairs, towers=towers, planned=planned)
    rules = (settings or SharingSettings()).keeper_rules
    towers = _standing(towers, planned).drop_duplicates(subset="tower_id").reset_index(drop=True)
    merits = _merits(towers)[[*rules, "tower_id"]]
    position = pd.Series(np.arange(len(towers)), index=pd.Index(ids(towers, "towers")))
    clusters = _gather(
        position[pairs["tower_a"]].to_numpy(), position[pairs["tower_b"]].to_numpy(), _keeping_order(merits)
    )
    lon, lat = places(towers, "towers")
    tower_id = ids(towers, "towers").to_numpy(dtype=object)
    users, owner = tower_users(towers), column(towers, "owner").to_numpy(dtype=object)
    values: dict[str, object] = {
        "cluster_id": [f"C{number:04d}" for number in range(1, len(clusters) + 1)],
        "tower_ids": [";".join(tower_id[cluster]) for cluster in clusters],
        "operators": [_parties(cluster, users, owner) for cluster in clusters],
        "tower_count": [len(cluster) for cluster in clusters],
        "span_m": [_span(lon[cluster], lat[cluster]) for cluster in clusters],
        "keeper_id": [tower_id[cluster[0]] for cluster in clusters],
    }
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [_why_kept(cluster, merits, tower_id, lang) for cluster in clusters]
    keepers = np.array([cluster[0] for cluster in clusters], dtype=np.int64)
    return result_layer("colocation_clusters", values, np.asarray(shapely.points(lon[keepers], lat[keepers])), crs)


def inside_settlements(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    settlements: gpd.GeoDataFrame | None,
    zones: gpd.GeoDataFrame | None,
    *,
    settings: SharingSettings,
) -> NDArray[np.bool_]:
    """Tell which places lie inside a settlement or an urban development boundary.

    Parameters
    ----------
    lon, lat
        The places, shape (n,), in degrees.
    settlements, zones
        Canonical layers, geographic CRS; None where there is none.
    settings
        How near to the point of a settlement is inside, or that all is, or nothing.

    Examples
    --------
    >>> inside_settlements(np.array([75.0]), np.array([39.0]), None, None, settings=SharingSettings())
    array([False])
    """
    if settings.in_settlements != "by layers":
        return np.full(len(lon), settings.in_settlements == "everywhere")
    inside = np.zeros(len(lon), dtype=bool)
    if settlements is not None and len(settlements):
        near_m = settings.settlement_radius_m
        inside[points_within(lon, lat, *places(settlements, "settlements"), distance_m=near_m)[0]] = True
    if zones is not None and len(zones):
        towns = zones[column(zones, "kind").eq(_BOUNDARY).fillna(value=False).to_numpy(dtype=bool)]
        tree = shapely.STRtree(np.asarray(towns.geometry.to_numpy(), dtype=object))
        inside[tree.query(shapely.points(lon, lat), predicate="intersects")[0]] = True
    return inside


def _standing(towers: gpd.GeoDataFrame, planned: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Leave out retired towers; add planned sites."""
    standing = towers[column(towers, "status").fillna("").ne("retired").to_numpy()].reset_index(drop=True)
    if planned is None or planned.empty:
        return standing
    values: dict[str, object] = {
        "tower_id": ids(planned, "planned_sites").array,
        "owner": column(planned, "submitter").array,
        "height_agl_m": column(planned, "wanted_height_m", "number").array,
        "status": pd.array(["planned"] * len(planned), dtype="string"),
        _NEW: np.ones(len(planned), dtype=bool),
    }
    added = gpd.GeoDataFrame(values, geometry=planned.geometry.to_numpy(), crs=towers.crs)
    known = [standing.dropna(axis="columns", how="all"), added.dropna(axis="columns", how="all")]
    joined = pd.concat([part for part in known if len(part)], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=towers.crs)


def _new(towers: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell planned sites from towers."""
    return column(towers, _NEW, "boolean").fillna(value=False).to_numpy(dtype=bool)


def _differ(towers: gpd.GeoDataFrame, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which pairs differ in owner or in operators; what is not stated differs from nothing."""
    owner = column(towers, "owner").fillna("").to_numpy(dtype=object)
    users = [frozenset(names) for names in tower_users(towers)]
    owners = (owner[first] != owner[second]) & (owner[first] != "") & (owner[second] != "")
    operators = [
        bool(users[one]) and bool(users[other]) and users[one] != users[other]
        for one, other in zip(first, second, strict=True)
    ]
    new = _new(towers)
    return np.asarray(owners.astype(bool) | np.array(operators, dtype=bool) | (new[first] != new[second]))


def _merits(towers: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give what the tower that stays is chosen by, more is better, a column for each rule."""
    power = column(towers, "power").str.strip()
    return pd.DataFrame(
        {
            "company": column(towers, "owner").eq(TOWER_COMPANY).fillna(value=False).astype(float),
            "in service": column(towers, "status").fillna("in service").eq("in service").astype(float),
            "height": column(towers, "height_agl_m", "number").fillna(0.0),
            "platforms": column(towers, "platforms_free", "integer").fillna(0).astype(float),
            "room": column(towers, "has_room", "boolean").fillna(value=False).astype(float),
            "power": (power.notna() & ~power.isin(_NO_POWER)).astype(float),
            "tower_id": ids(towers, "towers"),
        }
    )


def _keeping_order(merits: pd.DataFrame) -> NDArray[np.int64]:
    """Order towers, first the one that would stay before all others."""
    ascending = [name == "tower_id" for name in merits.columns]
    return merits.sort_values(list(merits.columns), ascending=ascending).index.to_numpy(dtype=np.int64)


def _gather(first: NDArray[np.int64], second: NDArray[np.int64], order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Give to each tower in turn those paired with it that are left; the one that stays comes first."""
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    paired: dict[int, list[int]] = {}
    for one, other in zip(first, second, strict=True):
        paired.setdefault(int(one), []).append(int(other))
        paired.setdefault(int(other), []).append(int(one))
    taken: set[int] = set()
    clusters = []
    for keeper in sorted(paired, key=lambda tower: rank[tower]):
        joining = [tower for tower in paired[keeper] if tower not in taken]
        if keeper not in taken and joining:
            cluster = [keeper, *sorted(set(joining), key=lambda tower: rank[tower])]
            taken.update(cluster)
            clusters.append(np.array(cluster, dtype=np.int64))
    return clusters


def _parties(cluster: NDArray[np.int64], users: list[tuple[str, ...]], owner: NDArray[np.object_]) -> str:
    """List operators and owners of a cluster, each once."""
    named = [name for tower in cluster for name in (*users[tower], owner[tower]) if not pd.isna(name)]
    return ";".join(dict.fromkeys(str(name) for name in named))


def _span(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> float:
    """Give the largest distance between two towers, in metres."""
    one, other = np.triu_indices(len(lon), k=1)
    return float(geodesic_distance(lon[one], lat[one], lon[other], lat[other]).max())


def _why_kept(cluster: NDArray[np.int64], merits: pd.DataFrame, tower_id: NDArray[np.object_], lang: str) -> str:
    """Say by which part of the rule the tower that stays was chosen."""
    rivals, reason = merits.iloc[cluster], "keeper_first"
    for name in merits.columns[:-1]:
        equal = rivals[name].eq(rivals[name].iloc[0])
        rivals = rivals[equal.to_numpy()]
        if len(rivals) == 1:
            reason = f"keeper_{str(name).replace(' ', '_')}"
            break
    kept = merits.iloc[cluster[0]]
    values = {name: f"{kept.get(rule, 0.0):g}" for name, rule in (("height_m", "height"), ("platforms", "platforms"))}
    return text("keeper", lang, tower=tower_id[cluster[0]]) + text(reason, lang, **values)
