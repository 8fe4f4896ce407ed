"""Several sources joined to one layer, every row once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from onemap.errors import LayerError
from onemap.findings import Finding
from onemap.layers.catalogue import schema as schema_of
from onemap.layers.conform import Conformed
from onemap.layers.crs_names import crs_label, parse_crs
from onemap.layers.geometry_kinds import promote_mixed
from onemap.layers.nearest import geodesic_distance, pairs_within
from onemap.layers.repeated_sites import repeated_sites

__all__ = ["join_layers"]

SAME_PLACE_M = 1.0
"""Points nearer than this are one place, in metres."""

_SAME_SHAPE_DEG = 1e-5
_OWNERS = ("owner", "operator")
_LISTED_TWICE = ("towers",)


def join_layers(name: str, parts: Sequence[Conformed]) -> Conformed:
    """Join conformed sources of one layer and reject rows that stand again.

    A row stands again if an earlier one has its identifier: as a duplicate if all that both rows state agrees, else as
    an identifier used twice; or if an earlier point has its owner or operator, its name, and its place within 1 m.

    Parameters
    ----------
    name
        Name of the canonical layer.
    parts
        Conformed sources, in the order of precedence, in one CRS.

    Returns
    -------
    joined
        Layer, findings of all parts and of the join; the operation where the parts share one, else None.

    Raises
    ------
    LayerError
        If there is no part, or the parts have different CRSs.

    Examples
    --------
    >>> place = gpd.GeoSeries([shapely.Point(75, 39.5)], crs="EPSG:4490")
    >>> site = gpd.GeoDataFrame({"tower_id": ["T1"], "source": ["a.csv||2"]}, geometry=place)
    >>> joined = join_layers("towers", [Conformed(site, (), None), Conformed(site, (), None)])
    >>> len(joined.layer), joined.findings[0].rule
    (1, 'OM-ATT-005')
    """
    systems = {crs_label(parse_crs(part.layer.crs)) for part in parts}
    if len(systems) != 1:
        raise LayerError("layers_differ", found=", ".join(sorted(systems)) or "-")
    whole = _concatenated(name, parts)
    again = {**_same_place(whole), **_same_identifier(name, whole)}
    found = [_finding(name, whole, row, again[row]) for row in sorted(again)]
    stay = np.ones(len(whole), dtype=bool)
    stay[list(again)] = False
    layer = whole if stay.all() else whole[stay].reset_index(drop=True)
    layer = layer.set_geometry(gpd.GeoSeries(promote_mixed(np.asarray(layer.geometry, dtype=object)), crs=layer.crs))
    operations = {part.operation for part in parts if part.operation is not None}
    findings = [*(finding for part in parts for finding in part.findings), *found, *_perhaps_one(name, layer)]
    return Conformed(layer, tuple(findings), operations.pop() if len(operations) == 1 else None)


Again = tuple[str, int, str]  # rule, position of the first, what differs


def _concatenated(name: str, parts: Sequence[Conformed]) -> gpd.GeoDataFrame:
    """Put the parts under each other, columns in the order of the catalogue."""
    frames = [part.layer for part in parts]
    there = {column for frame in frames for column in frame.columns}
    filled = {column: _stacked(column, frames) for column in (*schema_of(name).names, "source") if column in there}
    places = np.concatenate([np.asarray(frame.geometry.array, dtype=object) for frame in frames])
    return gpd.GeoDataFrame(filled, geometry=gpd.GeoSeries(places, crs=frames[0].crs))


def _stacked(column: str, frames: Sequence[gpd.GeoDataFrame]) -> pd.Series[Any]:
    """Put one column of the parts under each other, nothing where a part does not have it."""
    model = next(frame[column] for frame in frames if column in frame)
    pieces = [
        frame[column] if column in frame else pd.Series(model.array.take([-1] * len(frame), allow_fill=True))
        for frame in frames
    ]
    stacked: pd.Series[Any] = pd.concat([piece.astype(model.dtype) for piece in pieces], ignore_index=True)
    return stacked


def _same_identifier(name: str, whole: gpd.GeoDataFrame) -> dict[int, Again]:
    """Find rows whose identifier an earlier row has."""
    id_field = schema_of(name).id_field
    if id_field not in whole:
        return {}
    codes, _ = pd.factorize(whole[id_field], use_na_sentinel=True)
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    earlier = first[inverse]
    later = np.flatnonzero((codes >= 0) & (earlier != np.arange(len(whole))))
    differs = _differences(whole, earlier[later], later)
    return {
        int(row): ("OM-ATT-006" if names else "OM-ATT-005", int(earlier[row]), ", ".join(names))
        for row, names in zip(later, differs, strict=True)
    }


def _differences(whole: gpd.GeoDataFrame, one: NDArray[np.int64], two: NDArray[np.int64]) -> list[list[str]]:
    """Name for each pair of rows the fields that both state, and state differently."""
    names: list[list[str]] = [[] for _ in one]
    if not names:
        return names
    for column in whole.columns:
        if column in {"source", whole.geometry.name}:
            continue
        here, there = (whole[column].iloc[rows].astype(object).to_numpy() for rows in (one, two))
        for pair in np.flatnonzero(pd.notna(here) & pd.notna(there)):
            if here[pair] != there[pair]:
                names[pair].append(column)
    for pair in np.flatnonzero(~_one_shape(whole, one, two)):
        names[pair].append("geometry")
    return names


def _one_shape(whole: gpd.GeoDataFrame, one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which pairs have the same geometry: points within 1 m, others vertex by vertex."""
    geometry = np.asarray(whole.geometry.array, dtype=object)
    here, there = geometry[one], geometry[two]
    tolerance = SAME_PLACE_M if whole.crs.is_projected else _SAME_SHAPE_DEG
    same = np.asarray(shapely.equals_exact(shapely.normalize(here), shapely.normalize(there), tolerance), dtype=bool)
    points = (shapely.get_type_id(here) == 0) & (shapely.get_type_id(there) == 0)
    same[points] = _distance_m(whole, one[points], two[points]) <= SAME_PLACE_M
    return same


def _distance_m(whole: gpd.GeoDataFrame, one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.float64]:
    """Measure between points, on the ellipsoid where the CRS is geographic."""
    geometry = np.asarray(whole.geometry.array, dtype=object)
    x, y = shapely.get_x(geometry), shapely.get_y(geometry)
    if whole.crs.is_projected:
        return np.asarray(np.hypot(x[one] - x[two], y[one] - y[two]), dtype=np.float64)
    return geodesic_distance(x[one], y[one], x[two], y[two])


def _same_place(whole: gpd.GeoDataFrame) -> dict[int, Again]:
    """Find points that an earlier one of the same owner and name already marks."""
    if "name" not in whole:
        return {}
    group = _groups(whole)
    geometry = np.asarray(whole.geometry.array, dtype=object)
    rows = np.flatnonzero((group >= 0) & (shapely.get_type_id(geometry) == 0))
    rows = rows[np.bincount(group[rows])[group[rows]] > 1] if len(rows) else rows
    spots = pd.DataFrame({"group": group[rows], "x": shapely.get_x(geometry[rows]), "y": shapely.get_y(geometry[rows])})
    spot, _ = pd.factorize(pd.MultiIndex.from_frame(spots))
    _, begins = np.unique(spot, return_index=True)
    first = rows[begins[spot]] if len(rows) else rows
    apart = rows[first == rows]
    earliest: dict[int, int] = {}
    for one, two in sorted(_near_pairs(geometry[apart], projected=whole.crs.is_projected)):
        earlier, later = int(apart[one]), int(apart[two])
        if group[earlier] == group[later] and earlier not in earliest:
            earliest.setdefault(later, earlier)
    for row, spot in zip(rows[first != rows].tolist(), first[first != rows].tolist(), strict=True):
        earliest[row] = earliest.get(spot, spot)
    return {row: ("OM-ATT-005", earlier, "") for row, earlier in earliest.items()}


def _groups(whole: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Give each pair of owner and name a number, -1 where there is no name."""
    group, names = pd.factorize(whole["name"])
    named = group >= 0
    count = len(names)
    for column in _OWNERS:
        if column in whole:
            owner, owners = pd.factorize(whole[column])
            group, count = group.astype(np.int64) * (len(owners) + 1) + owner + 1, count * (len(owners) + 1)
    numbers, _ = pd.factorize(group)
    return np.where(named, numbers, -1)


def _near_pairs(points: NDArray[np.object_], *, projected: bool) -> set[tuple[int, int]]:
    """Find pairs of points within 1 m of each other, the earlier first."""
    x, y = shapely.get_x(points), shapely.get_y(points)
    if projected:
        return {(int(one), int(two)) for one, two in cKDTree(np.column_stack([x, y])).query_pairs(SAME_PLACE_M)}
    first, second, _ = pairs_within(x, y, distance_m=SAME_PLACE_M)
    return set(zip(first.tolist(), second.tolist(), strict=True))


def _perhaps_one(name: str, layer: gpd.GeoDataFrame) -> list[Finding]:
    """Question sites that two owners list at one place under similar names."""
    if name not in _LISTED_TWICE:
        return []
    found = []
    for pair in repeated_sites(layer):
        again = _finding(name, layer, pair.row, ("OM-ATT-028", pair.first, ""))
        values = {**again.values, "distance_m": round(pair.distance_m, 1)}
        found.append(replace(again, values=MappingProxyType(values), action="kept"))
    return found


def _finding(name: str, whole: gpd.GeoDataFrame, row: int, again: Again) -> Finding:
    """Name a row that stands again as a person sees it."""
    rule, earlier, differs = again
    file, sheet, number = str(whole["source"].iloc[row]).rsplit("|", 2)
    id_field = schema_of(name).id_field
    feature = str(whole[id_field].iloc[row]) if id_field in whole else ""
    centre = whole.geometry.iloc[row].centroid
    geographic = whole.crs.is_geographic
    values = {"value": feature, "first": str(whole["source"].iloc[earlier]), "differs": differs}
    return Finding(
        rule=rule,
        layer=name,
        file=file,
        row=int(number) if number.isdigit() else None,
        feature=feature,
        values=MappingProxyType(values),
        action="rejected",
        lon=float(centre.x) if geographic else None,
        lat=float(centre.y) if geographic else None,
        sheet=sheet,
    )
