"""Several sources joined to one layer, every row once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from onemap.layers.whole_layer import FrameLayer, WholeLayer

__all__ = ["first_rows", "join_layers", "require_one_crs", "sites_perhaps_one"]

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
    require_one_crs([part.layer.crs for part in parts])
    whole = _concatenated(name, parts)
    stay, again = first_rows(name, FrameLayer(whole))
    layer = whole if stay.all() else whole[stay].reset_index(drop=True)
    layer = layer.set_geometry(gpd.GeoSeries(promote_mixed(np.asarray(layer.geometry, dtype=object)), crs=layer.crs))
    operations = {part.operation for part in parts if part.operation is not None}
    found = [*(finding for part in parts for finding in part.findings), *again]
    findings = (*found, *sites_perhaps_one(name, FrameLayer(layer)))
    return Conformed(layer, findings, operations.pop() if len(operations) == 1 else None)


def require_one_crs(systems: Iterable[object]) -> None:
    """Require sources that are to be one layer to have one CRS.

    Parameters
    ----------
    systems
        CRS of each source.

    Raises
    ------
    LayerError
        If there is no source, or CRSs differ.

    Examples
    --------
    >>> require_one_crs(["EPSG:4490", "EPSG:4490"])
    """
    found = {crs_label(parse_crs(one)) for one in systems}
    if len(found) != 1:
        raise LayerError("layers_differ", found=", ".join(sorted(found)) or "-")


def first_rows(name: str, whole: WholeLayer) -> tuple[NDArray[np.bool_], list[Finding]]:
    """Tell which rows of a layer stay where rows stand again.

    Parameters
    ----------
    name
        Name of the canonical layer.
    whole
        All its sources under each other.

    Returns
    -------
    stay
        False for rows that stand again, shape (n,).
    findings
        One a row that stands again, in the order of the rows.

    Examples
    --------
    >>> sites = gpd.GeoDataFrame(
    ...     {"tower_id": ["T1", "T2", "T1"], "source": [f"a.csv||{row}" for row in (2, 3, 4)]},
    ...     geometry=shapely.points([[75.2, 39.5], [75.3, 39.5], [75.2, 39.5]]), crs="EPSG:4490",
    ... )
    >>> stay, findings = first_rows("towers", FrameLayer(sites))
    >>> stay.tolist(), findings[0].rule, findings[0].row
    ([True, True, False], 'OM-ATT-005', 4)
    """
    again = {**_same_place(whole), **_same_identifier(name, whole)}
    rows = sorted(again)
    stay = np.ones(len(whole), dtype=bool)
    stay[rows] = False
    return stay, _findings(name, whole, np.array(rows, dtype=np.int64), [again[row] for row in rows])


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


def _same_identifier(name: str, whole: WholeLayer) -> dict[int, Again]:
    """Find rows whose identifier an earlier row has."""
    id_field = schema_of(name).id_field
    if id_field not in whole:
        return {}
    codes, count = _numbered(whole[id_field])
    known = np.flatnonzero(codes >= 0)
    first = np.zeros(count, dtype=np.int64)
    first[codes[known[::-1]]] = known[::-1]  # the last assignment of each code is that of its first row
    later = known[first[codes[known]] != known]
    earlier = first[codes[later]]
    del codes, first, known
    differs = _differences(whole, earlier, later)
    return {
        row: ("OM-ATT-006" if names else "OM-ATT-005", before, ", ".join(names))
        for row, before, names in zip(later.tolist(), earlier.tolist(), differs, strict=True)
    }


def _differences(whole: WholeLayer, one: NDArray[np.int64], two: NDArray[np.int64]) -> list[list[str]]:
    """Name for each pair of rows the fields that both state, and state differently."""
    names: list[list[str]] = [[] for _ in one]
    if not names:
        return names
    for column in whole.columns:
        if column == "source":
            continue
        values = whole[column]
        here, there = (values.iloc[rows].astype(object).to_numpy() for rows in (one, two))
        for pair in np.flatnonzero(pd.notna(here) & pd.notna(there)):
            if here[pair] != there[pair]:
                names[pair].append(column)
    for pair in np.flatnonzero(~_one_shape(whole, one, two)):
        names[pair].append("geometry")
    return names


def _one_shape(whole: WholeLayer, one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which pairs have the same geometry: points within 1 m, others vertex by vertex."""
    across, up = whole.coordinates()
    points = ~np.isnan(across[one]) & ~np.isnan(across[two])
    same = np.zeros(len(one), dtype=bool)
    first, second = one[points], two[points]
    if whole.crs.is_projected:
        apart_m = np.hypot(across[first] - across[second], up[first] - up[second])
    else:
        apart_m = geodesic_distance(across[first], up[first], across[second], up[second])
    same[points] = apart_m <= SAME_PLACE_M
    here, there = (shapely.normalize(whole.shapes(rows[~points])) for rows in (one, two))
    tolerance = SAME_PLACE_M if whole.crs.is_projected else _SAME_SHAPE_DEG
    same[~points] = shapely.equals_exact(here, there, tolerance)
    return same


def _same_place(whole: WholeLayer) -> dict[int, Again]:
    """Find points that an earlier one of the same owner and name already marks."""
    if "name" not in whole:
        return {}
    group = _groups(whole)
    across, up = whole.coordinates()
    rows = np.flatnonzero((group >= 0) & ~np.isnan(across))
    if not len(rows):
        return {}
    rows = rows[np.bincount(group[rows])[group[rows]] > 1]
    first = _first_on_spot(group[rows], across[rows], up[rows], rows)
    apart = rows[first == rows]
    earliest: dict[int, int] = {}
    for one, two in _near_pairs(across[apart], up[apart], projected=whole.crs.is_projected):
        earlier, later = int(apart[one]), int(apart[two])
        if group[earlier] == group[later] and earlier not in earliest:
            earliest.setdefault(later, earlier)
    for row, spot in zip(rows[first != rows].tolist(), first[first != rows].tolist(), strict=True):
        earliest[row] = earliest.get(spot, spot)
    return {row: ("OM-ATT-005", earlier, "") for row, earlier in earliest.items()}


def _first_on_spot(
    group: NDArray[np.int64], across: NDArray[np.float64], up: NDArray[np.float64], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give for each row the first of its group on exactly its spot."""
    order = np.lexsort((up, across, group))  # stable: rows of one spot stay in order
    begins = np.ones(len(rows), dtype=bool)
    for values in (group, across, up):
        ordered = values[order]
        begins[1:] &= ordered[1:] == ordered[:-1]
    begins[1:] = ~begins[1:]
    first = np.empty_like(rows)
    first[order] = rows[order][begins][np.cumsum(begins) - 1]
    return first


def _groups(whole: WholeLayer) -> NDArray[np.int64]:
    """Give each pair of owner and name a number, -1 where there is no name."""
    group, _ = _numbered(whole["name"])
    named = group >= 0
    for column in _OWNERS:
        if column in whole:
            owner, owners = _numbered(whole[column])
            group = group * (owners + 1) + owner + 1
    numbers: NDArray[np.int64] = np.where(named, pd.factorize(group)[0], -1)
    return numbers


def _numbered(texts: pd.Series[Any]) -> tuple[NDArray[np.int64], int]:
    """Give equal texts one number, -1 to none, and count the numbers; the texts are let go of."""
    numbers, distinct = pd.factorize(texts)
    return numbers.astype(np.int64, copy=False), len(distinct)


def _near_pairs(across: NDArray[np.float64], up: NDArray[np.float64], *, projected: bool) -> list[tuple[int, int]]:
    """Find pairs of points within 1 m of each other, the earlier first, in order."""
    if projected:
        near = cKDTree(np.column_stack([across, up])).query_pairs(SAME_PLACE_M)
        return sorted((int(one), int(two)) for one, two in near)
    first, second, _ = pairs_within(across, up, distance_m=SAME_PLACE_M)
    return list(zip(first.tolist(), second.tolist(), strict=True))


def sites_perhaps_one(name: str, layer: WholeLayer) -> list[Finding]:
    """Question sites that two owners list at one place under similar names.

    Parameters
    ----------
    name
        Name of the canonical layer; of most layers nothing is asked.
    layer
        Rows that stay.

    Returns
    -------
    findings
        OM-ATT-028, one a later row.

    Examples
    --------
    >>> sites = gpd.GeoDataFrame({"name": ["甲站"], "owner": ["中国铁塔"]}, geometry=shapely.points([[75.2, 39.6]]))
    >>> sites_perhaps_one("villages", FrameLayer(sites))
    []
    """
    pairs = repeated_sites(layer) if name in _LISTED_TWICE else []
    again = [("OM-ATT-028", pair.first, "") for pair in pairs]
    found = _findings(name, layer, np.array([pair.row for pair in pairs], dtype=np.int64), again)
    return [
        replace(
            one,
            values=MappingProxyType({**one.values, "distance_m": round(pair.distance_m, 1)}),
            action="kept",
        )
        for one, pair in zip(found, pairs, strict=True)
    ]


def _findings(name: str, whole: WholeLayer, rows: NDArray[np.int64], again: Sequence[Again]) -> list[Finding]:
    """Name rows that stand again as a person sees them."""
    if not len(rows):
        return []
    id_field = schema_of(name).id_field
    features = [str(one) for one in whole[id_field].iloc[rows]] if id_field in whole else [""] * len(rows)
    sources = whole["source"]
    here, first = (sources.iloc[at].tolist() for at in (rows, np.array([earlier for _, earlier, _ in again])))
    del sources
    centres = shapely.centroid(whole.shapes(rows))
    lon, lat = shapely.get_x(centres).tolist(), shapely.get_y(centres).tolist()
    geographic = whole.crs.is_geographic
    found = []
    for at, (rule, _, differs) in enumerate(again):
        file, sheet, number = str(here[at]).rsplit("|", 2)
        values = {"value": features[at], "first": str(first[at]), "differs": differs}
        found.append(
            Finding(
                rule=rule,
                layer=name,
                file=file,
                row=int(number) if number.isdigit() else None,
                feature=features[at],
                values=MappingProxyType(values),
                action="rejected",
                lon=lon[at] if geographic else None,
                lat=lat[at] if geographic else None,
                sheet=sheet,
            )
        )
    return found
