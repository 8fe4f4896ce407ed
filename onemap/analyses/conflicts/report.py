"""Facilities against zones: one row for each facility and zone, with what it shares and what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.analyses.columns import require_geographic, result_layer
from onemap.analyses.conflicts.footprints import FACILITY_LAYERS, Facilities, facilities_of
from onemap.analyses.conflicts.places import Place, nearest_allowed_place
from onemap.analyses.conflicts.reasons import place_reason, row_reason
from onemap.analyses.conflicts.rules import VERDICTS, ZoneRule, ZoneRules, package_rules
from onemap.analyses.conflicts.settings import ConflictSettings
from onemap.analyses.conflicts.shares import rows_by_group, shares_of
from onemap.analyses.conflicts.zones import Zones, zones_of
from onemap.findings import Finding

__all__ = ["Conflicts", "find_conflicts"]

_AVOIDED = VERDICTS[:2]
_KEYS = ["facility", "kind", "outside", "code", "zone"]


@dataclass(frozen=True, slots=True, eq=False)
class Conflicts:
    """What came of holding facilities against zones.

    Attributes
    ----------
    found
        Result layer `conflicts`.
    places
        Result layer `allowed_places`.
    findings
        What is wrong with the zones.
    """

    found: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    findings: tuple[Finding, ...]


def find_conflicts(
    layers: Mapping[str, gpd.GeoDataFrame],
    zones: gpd.GeoDataFrame,
    *,
    rules: ZoneRules | None = None,
    settings: ConflictSettings | None = None,
    districts: gpd.GeoDataFrame | None = None,
) -> Conflicts:
    """Hold facilities against zones.

    Parameters
    ----------
    layers
        Canonical layers by name, one geographic CRS; towers, rooms, data_centres, cables, ducts, planned_sites and
        works are held against the zones, but for what is retired.
    zones
        Canonical layer `zones`, in the same CRS.
    rules
        What zones mean; those of the package if not given.
    settings
        Areas to assume, radius, clearance; the defaults if not given.
    districts
        Canonical layer: an allowed place lies wholly inside; None for no limit.

    Returns
    -------
    conflicts
        Rows, the gravest verdict first. A row is of a facility and a zone; of zones reported by class (land use), of a
        facility and a class; of kinds reported inside and outside (urban development boundary), also of a facility and
        what lies outside. Area and length are on the ellipsoid, between edges that are straight in degrees. Places are
        given for planned points that stand where it is forbidden or needs recognition.

    Raises
    ------
    CRSError
        If the layers are not in one geographic CRS.
    LayerError
        If a facility has no place, or a layer lacks its id.

    Examples
    --------
    >>> sites = gpd.GeoDataFrame(
    ...     {"site_id": ["P1"]}, geometry=[shapely.Point(75.001, 39.05)], crs="EPSG:4490")
    >>> zones = gpd.GeoDataFrame(
    ...     {"zone_id": ["Z1"], "kind": ["permanent basic farmland"]},
    ...     geometry=[shapely.box(75, 39, 75.1, 39.1)], crs="EPSG:4490")
    >>> conflicts = find_conflicts({"planned_sites": sites}, zones)
    >>> conflicts.found[["facility_id", "zone_ids", "verdict", "area_m2"]].round(2).values.tolist()
    [['P1', 'Z1', 'forbidden', 100.0]]
    >>> conflicts.places["reason_en"][0]
    '104 m to the west, 10 m clear of Z1'
    """
    held = {name: layers[name] for name in FACILITY_LAYERS if name in layers}
    crs = require_geographic(zones=zones, districts=districts, **held)
    rules, settings = rules or package_rules(), settings or ConflictSettings()
    facilities = facilities_of(held, settings)
    ready, findings = zones_of(zones, rules, settings)
    rows = _judged(_rows(facilities, ready, rules), facilities, rules)
    places = _allowed_places(rows, facilities, ready, rules, settings=settings, districts=districts)
    return Conflicts(
        result_layer("conflicts", _values(rows, places, settings), np.asarray(rows["part"], dtype=object), crs),
        _places_layer(rows, facilities, places, settings=settings, crs=crs),
        tuple(findings),
    )


def _rows(facilities: Facilities, zones: Zones, rules: ZoneRules) -> pd.DataFrame:
    """Give a row for each facility and zone, or class, or what lies outside: sizes, part, what is said of it."""
    kinds = tuple(zones.table["kind"].drop_duplicates())
    whole = tuple(kind for kind in kinds if rules.kind(kind).by_class or rules.kind(kind).outside)
    parts = []
    for size, shapes in (("area_m2", facilities.areas), ("length_m", facilities.lines)):
        shares = shares_of(shapes, zones, whole)
        inside = shares.inside.join(zones.table[["kind", "code"]], on="zone").assign(outside=False)
        outside = shares.outside.assign(outside=True, zone=-1, code="")
        parts += [one.rename(columns={"size": size}).assign(is_area=size == "area_m2") for one in (inside, outside)]
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table = table.reindex(
        columns=["facility", "kind", "outside", "code", "zone", "area_m2", "length_m", "is_area", "part"]
    )
    table[["area_m2", "length_m"]] = table[["area_m2", "length_m"]].fillna(0.0)
    by_class = table["kind"].map(lambda kind: rules.kind(kind).by_class).to_numpy(dtype=bool)
    table["zones"] = table["zone"]
    table["zone"] = np.where(by_class, -1, table["zone"])
    table["code"] = np.where(by_class, table["code"], "")
    return _joined(table, zones)


def _joined(table: pd.DataFrame, zones: Zones) -> pd.DataFrame:
    """Add up the rows of one facility and zone or class; name the zones."""
    groups = table.groupby(_KEYS, sort=True)
    rows = groups[["area_m2", "length_m"]].sum().reset_index()
    parts, is_area = np.asarray(table["part"], dtype=object), table["is_area"].to_numpy(dtype=bool)
    of, joined = table["zones"].to_numpy(dtype=np.int64), np.full(len(rows), None, dtype=object)
    said = np.full((len(rows), len(_SAID)), None, dtype=object)
    known = zones.table[list(_SAID.values())].astype(object)
    names = known.where(known.notna(), None).to_numpy()
    for place, members in enumerate(rows_by_group(groups.ngroup().to_numpy())):
        drawn = members[is_area[members]] if is_area[members].any() else members
        joined[place] = parts[drawn[0]] if len(drawn) == 1 else shapely.union_all(parts[drawn])
        said[place] = _said(names[np.unique(of[members][of[members] >= 0])])
    rows[list(_SAID)] = pd.DataFrame(said, columns=list(_SAID), index=rows.index)
    rows["part"] = joined
    return rows


_SAID = {"zone_ids": "zone_id", "zone_name": "name", "class_name": "class_name", "zone_source": "source"}


def _said(names: NDArray[np.object_]) -> tuple[str | None, ...]:
    """Name zones: ids, name, class, source; a name and a source only where there is one zone."""
    ids = ";".join(dict.fromkeys(str(one) for one in names[:, 0] if one is not None))
    if not len(names):
        return None, None, None, None
    name, class_name, source = names[0, 1:]
    return ids or None, name if len(names) == 1 else None, class_name or None, source if len(names) == 1 else None


def _judged(rows: pd.DataFrame, facilities: Facilities, rules: ZoneRules) -> pd.DataFrame:
    """Find the rule of each row, and order them: gravest first, the planned before what stands."""
    table = facilities.table
    about = table.iloc[rows["facility"].to_numpy(dtype=np.int64)].reset_index(drop=True)
    about = about.rename(columns={"area_m2": "footprint_m2", "length_m": "total_length_m", "name": "facility_name"})
    rows = rows.join(about)
    keys = list(zip(rows["kind"], rows["facility_layer"], rows["code"], rows["outside"], strict=True))
    found = {key: rules.find(key[0], key[1], code=key[2], outside=key[3]) for key in dict.fromkeys(keys)}
    rows["rule"] = pd.Series([found[key] for key in keys], index=rows.index, dtype=object)
    rows["verdict"] = [one.verdict for one in rows["rule"]]
    has_area = rows["footprint_m2"].to_numpy() > 0
    part, whole = (
        np.where(has_area, rows[area], rows[length])
        for area, length in (("area_m2", "length_m"), ("footprint_m2", "total_length_m"))
    )
    rows["part_share"] = np.divide(part, whole, out=np.zeros(len(rows)), where=whole > 0)
    order = {
        "verdict": rows["verdict"].map(VERDICTS.index),
        "kind": rows["kind"].map({kind: place for place, kind in enumerate(rules.kinds)}).fillna(len(rules.kinds)),
        "existing": ~rows["planned"],
        "facility": rows["facility"],
        "outside": rows["outside"],
        "zone": rows["zone"],
        "code": rows["code"],
    }
    return rows.iloc[pd.DataFrame(order).sort_values(list(order), kind="stable").index].reset_index(drop=True)


def _allowed_places(
    rows: pd.DataFrame,
    facilities: Facilities,
    zones: Zones,
    rules: ZoneRules,
    *,
    settings: ConflictSettings,
    districts: gpd.GeoDataFrame | None,
) -> dict[int, Place | None]:
    """Look for a place for each planned point in a zone to avoid, by facility."""
    moved = rows[rows["verdict"].isin(_AVOIDED) & rows["planned"] & rows["point"]]["facility"].unique()
    within = None
    if len(moved) and districts is not None and len(districts):
        within = shapely.union_all(shapely.make_valid(np.asarray(districts.geometry.to_numpy(), dtype=object)))
    avoided: dict[str, NDArray[np.bool_]] = {}
    places: dict[int, Place | None] = {}
    for facility in map(int, moved):
        layer = str(facilities.table["facility_layer"].iloc[facility])
        if layer not in avoided:
            verdicts = [rules.find(kind, layer, code=code).verdict for kind, code in _said_of(zones)]
            avoided[layer] = np.isin(verdicts, _AVOIDED)[zones.owner]
        middle = shapely.centroid(facilities.areas[facility])
        radius_m = settings.search_radius_m + 2 * settings.clearance_m
        reach_deg = 3 * (radius_m + float(np.sqrt(facilities.table["area_m2"].iloc[facility]))) / 111_000
        reach_deg /= max(float(np.cos(np.radians(middle.y))), 0.01)
        near = zones.tree.query(middle.buffer(reach_deg))
        forbidden = zones.pieces[np.sort(near[avoided[layer][near]])]
        area_m2 = float(facilities.table["area_m2"].iloc[facility])
        places[facility] = nearest_allowed_place(
            (middle.x, middle.y), area_m2, forbidden, settings=settings, within=within
        )
    return places


def _said_of(zones: Zones) -> list[tuple[str, str]]:
    """Give kind and code of each zone."""
    return list(zip(zones.table["kind"].astype(str), zones.table["code"].astype(str), strict=True))


def _values(rows: pd.DataFrame, places: Mapping[int, Place | None], settings: ConflictSettings) -> dict[str, object]:
    """Give the columns of the result layer."""
    same = (
        "facility_layer", "facility_id", "owner", "footprint_m2", "area_assumed", "total_length_m", "zone_ids",
        "zone_name", "class_name", "area_m2", "length_m", "part_share", "verdict", "source", "zone_source",
    )  # fmt: skip
    values: dict[str, object] = {name: rows[name].array for name in same}
    judging: list[ZoneRule] = list(rows["rule"])
    found = [places.get(facility) for facility in rows["facility"]]
    moved = [place if verdict in _AVOIDED else None for place, verdict in zip(found, rows["verdict"], strict=True)]
    values |= {
        "name": rows["facility_name"].array,
        "stage": ["planned" if planned else "existing" for planned in rows["planned"]],
        "zone_kind": rows["kind"].array,
        "position": ["outside" if outside else "inside" for outside in rows["outside"]],
        "class_code": rows["code"].replace("", None).array,
        "rule_id": [one.id for one in judging],
        "basis": [one.basis or None for one in judging],
        "place_lon": [np.nan if place is None else place.lon for place in moved],
        "place_lat": [np.nan if place is None else place.lat for place in moved],
        "place_distance_m": [np.nan if place is None else place.distance_m for place in moved],
    }
    for lang in ("zh", "en"):
        records = rows.drop(columns="part").to_dict("records")
        values[f"advice_{lang}"] = [
            one.advice(lang, planned=bool(planned)) for one, planned in zip(judging, rows["planned"], strict=True)
        ]
        values[f"reason_{lang}"] = [
            row_reason(record, places, settings, lang, avoided=record["verdict"] in _AVOIDED) for record in records
        ]
    return values


def _places_layer(
    rows: pd.DataFrame,
    facilities: Facilities,
    places: Mapping[int, Place | None],
    *,
    settings: ConflictSettings,
    crs: CRS,
) -> gpd.GeoDataFrame:
    """Give the layer of places: a line from each site to its place, the site itself where there is none."""
    order = list(places)
    table = facilities.table.iloc[order]
    sites = shapely.centroid(facilities.areas[order])
    ends = [places[facility] for facility in order]
    shapes = np.full(len(order), None, dtype=object)
    for at, (site, place) in enumerate(zip(sites, ends, strict=True)):
        shapes[at] = site if place is None else shapely.LineString([(site.x, site.y), (place.lon, place.lat)])
    conflicts = rows[rows["verdict"].isin(_AVOIDED)].groupby("facility", sort=False)["zone_ids"]
    ids = {facility: ";".join(dict.fromkeys(part.dropna())) for facility, part in conflicts}
    values: dict[str, object] = {
        name: table[name].array for name in ("facility_layer", "facility_id", "name", "source")
    }
    values |= {
        "zone_ids": [ids[facility] or None for facility in order],
        "found": [place is not None for place in ends],
        "clearance_m": [settings.clearance_m] * len(order),
        "radius_m": [settings.search_radius_m] * len(order),
    }
    for name in ("lon", "lat", "distance_m", "azimuth_deg"):
        values[name] = [np.nan if place is None else getattr(place, name) for place in ends]
    for lang in ("zh", "en"):
        values[f"reason_{lang}"] = [
            place_reason(place, ids[facility], settings, lang) for facility, place in zip(order, ends, strict=True)
        ]
    return result_layer("allowed_places", values, shapes, crs)
