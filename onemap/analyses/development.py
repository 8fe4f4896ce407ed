"""Coordinated development: what is shared, what hangs on one route, what is old, what stands open, by district."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.columns import column, ids, members, places, require_geographic, result_layer
from onemap.analyses.indicators import district_members

__all__ = ["MEASURES", "DevelopmentSettings", "coordinated_development"]

MEASURES = (
    "towers shared", "tenants of towers", "rooms shared", "single-route nodes", "single-route rooms", "rooms old",
    "structures open", "towers open",
)  # fmt: skip
"""What is measured, in order."""

_MEAN = "tenants of towers"  # not a share: a tower has several
_ROUTES = {"single route": 1.0, "protected": 0.0, "root": 0.0}  # others are not judged
_LAYERS = ("towers", "rooms", "nodes", "structures")


@dataclass(frozen=True, slots=True)
class DevelopmentSettings:
    """What counts as shared, old and open. The age is a choice of the project.

    Attributes
    ----------
    old_room_years
        A room this old is to be renovated, in years.
    operators
        Those of telecommunications; a tenant who is none of them is of another industry.

    Examples
    --------
    >>> DevelopmentSettings().old_room_years
    20
    """

    old_room_years: int = 20
    operators: tuple[str, ...] = ("中国移动", "中国联通", "中国电信", "中国广电", "中国铁塔")


def coordinated_development(
    layers: Mapping[str, gpd.GeoDataFrame],
    districts: gpd.GeoDataFrame | None,
    *,
    date: dt.date,
    network_nodes: gpd.GeoDataFrame | None = None,
    settings: DevelopmentSettings | None = None,
) -> gpd.GeoDataFrame:
    """Measure how far facilities are shared and open, in total and by district.

    Parameters
    ----------
    layers
        Canonical layers towers, rooms, nodes and structures, as far as there are; what is retired or planned does not
        count.
    districts
        Canonical layer; None: in total only.
    date
        Date of the data, from which ages are reckoned.
    network_nodes
        Result layer of the routes: what it judges goes before what rows say of their routes.
    settings
        Age and operators; the defaults if not given.

    Returns
    -------
    development
        Result layer `development`: for each measure a row in total (no code) and one a district: `value` of `total`
        rows of which it is known, `known_share` between them, and `unknown`, the rows that do not say. The value of
        "tenants of towers" is tenants: it has a `mean` in place of a share.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.

    Examples
    --------
    >>> towers = gpd.GeoDataFrame({"tower_id": ["A", "B", "C"], "tenants": ["中国移动;中国电信", "中国移动", None]},
    ...     geometry=[shapely.Point(75, 39)] * 3, crs="EPSG:4490")
    >>> found = coordinated_development({"towers": towers}, None, date=dt.date(2026, 1, 1)).set_index("measure")
    >>> found.loc["towers shared", ["value", "total", "known_share", "unknown"]].tolist()
    [1.0, 2.0, 0.5, 1.0]
    """
    used = {name: layers[name] for name in _LAYERS if name in layers}
    crs = require_geographic(districts=districts, **used) if used or districts is not None else CRS("EPSG:4490")
    settings = settings or DevelopmentSettings()
    rows: list[dict[str, object]] = []
    for measure, name, value in _measured(used, network_nodes, date, settings):
        rows += _by_district(measure, used[name], value, districts)
    table = pd.DataFrame(rows)
    shapes = table.pop("shape").to_numpy(dtype=object) if len(table) else np.empty(0, dtype=object)
    return result_layer("development", {str(name): table[name].array for name in table}, shapes, crs)


def _measured(
    layers: dict[str, gpd.GeoDataFrame], nodes: gpd.GeoDataFrame | None, date: dt.date, settings: DevelopmentSettings
) -> Iterator[tuple[str, str, NDArray[np.float64]]]:
    """Give measure, layer and the value of each row; NaN where the row does not say."""
    for name, layer in layers.items():
        standing = column(layer, "status").fillna("in service").isin(["in service", "building"])
        layers[name] = layer[standing.to_numpy(dtype=bool)].reset_index(drop=True)
    if "towers" in layers:
        tenants = column(layers["towers"], "tenants")
        count = _listed(tenants)
        yield "towers shared", "towers", np.where(np.isnan(count), np.nan, count >= 2)
        yield "tenants of towers", "towers", count
        yield "towers open", "towers", _others(tenants, settings.operators)
    if "rooms" in layers:
        rooms = layers["rooms"]
        shared = _listed(column(rooms, "shared_with"))
        yield "rooms shared", "rooms", np.where(np.isnan(shared), np.nan, shared >= 1)
        yield "single-route rooms", "rooms", _single_route("rooms", rooms, nodes)
        age = date.year - column(rooms, "built_year", "number").to_numpy()
        yield "rooms old", "rooms", np.where(np.isnan(age), np.nan, age >= settings.old_room_years)
    if "nodes" in layers:
        yield "single-route nodes", "nodes", _single_route("nodes", layers["nodes"], nodes)
    if "structures" in layers:
        stated = _yes(column(layers["structures"], "open_to_telecom", "boolean"))
        count = _listed(column(layers["structures"], "tenants"))
        used = np.where(np.isnan(count), np.nan, count >= 1)
        yield "structures open", "structures", np.fmax(stated, used)


def _single_route(name: str, layer: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame | None) -> NDArray[np.float64]:
    """Tell of each row whether one cut takes it from the network: as judged, else as it says itself, else NaN."""
    stated = _yes(column(layer, "single_route", "boolean"))
    if nodes is None:
        return stated
    judged = nodes[nodes["node_layer"].eq(name).to_numpy(dtype=bool)]
    worst = judged["verdict"].map(_ROUTES).groupby(judged["node_id"].to_numpy(dtype=object)).max()
    found = ids(layer, name).map(worst).to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(found), stated, found)


def _by_district(
    measure: str, layer: gpd.GeoDataFrame, value: NDArray[np.float64], districts: gpd.GeoDataFrame | None
) -> list[dict[str, object]]:
    """Sum up a measure, in total and by district."""
    whole = {"district_code": "", "district_name": "total", "shape": None}
    rows: list[dict[str, object]] = [{"measure": measure, **whole, **_sums(measure, value)}]
    if districts is None or layer.empty:
        return rows
    points = np.asarray(shapely.points(*places(layer, "facilities")))
    place, district = district_members(points, districts)
    codes, names, shapes = ids(districts, "districts").tolist(), column(districts, "name").tolist(), districts.geometry
    for one in np.unique(district).tolist():
        where = {"district_code": codes[one], "district_name": names[one], "shape": shapes.iloc[one]}
        rows.append({"measure": measure, **where, **_sums(measure, value[place[district == one]])})
    return rows


def _sums(measure: str, value: NDArray[np.float64]) -> dict[str, object]:
    """Add up what is known."""
    known = value[~np.isnan(value)]
    found: dict[str, object] = {"total": len(known), "unknown": len(value) - len(known)}
    nothing = {"value": np.nan, "known_share": np.nan, "mean": np.nan}
    if not len(known):
        return {**found, **nothing}
    each = "mean" if measure == _MEAN else "known_share"
    return {**found, **nothing, "value": float(known.sum()), each: float(known.sum() / len(known))}


def _listed(values: pd.Series) -> NDArray[np.float64]:
    """Count the different members of lists; NaN where there is none."""
    counts = [len(set(row)) for row in members(values)]
    return np.where(values.isna().to_numpy(dtype=bool), np.nan, np.array(counts, dtype=float))


def _others(values: pd.Series, operators: tuple[str, ...]) -> NDArray[np.float64]:
    """Tell whether a list names anyone beside the operators; NaN where there is none."""
    other = np.array([bool(set(row) - set(operators)) for row in members(values)], dtype=float)
    return np.where(values.isna().to_numpy(dtype=bool), np.nan, other)


def _yes(values: pd.Series) -> NDArray[np.float64]:
    """Give 1 for yes, 0 for no, NaN for neither."""
    return np.asarray(values.astype("Float64").to_numpy(dtype=float, na_value=np.nan))
