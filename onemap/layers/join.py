"""Several sources joined to one layer, every row once."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

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

__all__ = ["join_layers"]

SAME_PLACE_M = 1.0
"""Points nearer than this are one place, in metres."""

_SAME_SHAPE_DEG = 1e-5
_OWNERS = ("owner", "operator")


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
    stay = np.array([row for row in range(len(whole)) if row not in again], dtype=np.int64)
    layer = whole.iloc[stay].reset_index(drop=True)
    layer = layer.set_geometry(gpd.GeoSeries(promote_mixed(np.asarray(layer.geometry, dtype=object)), crs=layer.crs))
    operations = {part.operation for part in parts if part.operation is not None}
    findings = [*(finding for part in parts for finding in part.findings), *found]
    return Conformed(layer, tuple(findings), operations.pop() if len(operations) == 1 else None)


Again = tuple[str, int, str]  # rule, position of the first, what differs


def _concatenated(name: str, parts: Sequence[Conformed]) -> gpd.GeoDataFrame:
    """Put the parts under each other, columns in the order of the catalogue."""
    frames = [part.layer for part in parts]
    there = {column for frame in frames for column in frame.columns}
    ordered = [column for column in (*schema_of(name).names, "source") if column in there]
    filled = {}
    for column in ordered:
        kind = next(frame[column].dtype for frame in frames if column in frame)
        pieces = [
            frame[column] if column in frame else pd.Series(pd.NA, index=frame.index, dtype="object")
            for frame in frames
        ]
        cells = pd.concat([piece.astype(object) for piece in pieces], ignore_index=True)
        filled[column] = pd.to_numeric(cells.where(cells.notna(), None)) if kind == "float64" else cells
        filled[column] = filled[column].astype(kind)
    places = np.concatenate([np.asarray(frame.geometry.array, dtype=object) for frame in frames])
    return gpd.GeoDataFrame(filled, geometry=gpd.GeoSeries(places, crs=frames[0].crs))


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
    for column in whole.columns:
        if column in {"source", whole.geometry.name}:
            continue
        cells = whole[column].astype(object)
        here, there = cells.iloc[one].to_numpy(), cells.iloc[two].to_numpy()
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
    geometry = np.asarray(whole.geometry.array, dtype=object)
    named = np.flatnonzero(whole["name"].notna().to_numpy(dtype=bool) & (shapely.get_type_id(geometry) == 0))
    keys = whole[[*(column for column in _OWNERS if column in whole), "name"]].astype(object)
    group = keys.groupby(list(keys.columns), dropna=False, sort=False).ngroup().to_numpy()
    again: dict[int, Again] = {}
    for one, two in sorted(_near_pairs(geometry[named], projected=whole.crs.is_projected)):
        earlier, later = int(named[one]), int(named[two])
        if group[earlier] == group[later] and earlier not in again and later not in again:
            again[later] = ("OM-ATT-005", earlier, "")
    return again


def _near_pairs(points: NDArray[np.object_], *, projected: bool) -> set[tuple[int, int]]:
    """Find pairs of points within 1 m of each other, the earlier first."""
    x, y = shapely.get_x(points), shapely.get_y(points)
    if projected:
        return {(int(one), int(two)) for one, two in cKDTree(np.column_stack([x, y])).query_pairs(SAME_PLACE_M)}
    first, second, _ = pairs_within(x, y, distance_m=SAME_PLACE_M)
    return set(zip(first.tolist(), second.tolist(), strict=True))


def _finding(name: str, whole: gpd.GeoDataFrame, row: int, again: Again) -> Finding:
    """Name a row that stands again as a person sees it."""
    rule, earlier, differs = again
    file, _, number = str(whole["source"].iloc[row]).rsplit("|", 2)
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
    )
